//! The score of CVSS 4.0 (section 8 of its specification): the macro vector's score, less the mean share of the way to
//! the next lower ones. All in whole numbers, so that nothing is rounded but the end.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Score, Vector};

/// The 270 macro vectors with their scores in tenths.
static SCORES: LazyLock<HashMap<[u8; 6], i64>> = LazyLock::new(|| {
    let lines = include_str!("../../data/cvss4-scores.txt").lines();
    lines.filter_map(line).collect()
});

fn line(text: &str) -> Option<([u8; 6], i64)> {
    let (digits, tenths) = text.split_once(' ')?;
    let levels: Vec<u8> = digits.bytes().map(|b| b.wrapping_sub(b'0')).collect();
    Some((levels.try_into().ok()?, tenths.parse().ok()?))
}

/// Divides by every depth and every count of lower macro vectors.
const COMMON: i64 = 840 * 60;

pub(super) fn score(vector: &Vector) -> Score {
    let impacts = ["VC", "VI", "VA", "SC", "SI", "SA"];
    if impacts.iter().all(|key| vector.modified(key) == "N") {
        return Score::from_tenths(0);
    }
    let eq = levels(vector);
    let Some(whole) = SCORES.get(&eq).copied() else {
        return Score::from_tenths(0);
    };
    let mut lower = 0;
    let mut sum = 0;
    for (next, at, depth) in ways_down(vector, eq) {
        let Some(below) = next else { continue };
        lower += 1;
        sum += (whole - below) * at * (COMMON / depth);
    }
    let mean = if lower == 0 { 0 } else { sum / lower };
    // Half a tenth goes up.
    let tenths = (whole * COMMON - mean + COMMON / 2).div_euclid(COMMON);
    Score::from_tenths(u8::try_from(tenths.clamp(0, 100)).unwrap_or(0))
}

/// The value that counts: modified before plain, and the worst for what is not defined.
fn effective(vector: &Vector, key: &str) -> &'static str {
    match (key, vector.modified(key)) {
        ("E", "X") => "A",
        ("CR" | "IR" | "AR", "X") => "H",
        (_, value) => value,
    }
}

/// The levels of the six equivalence sets (tables 24 to 29).
fn levels(vector: &Vector) -> [u8; 6] {
    let is = |key: &str, value: &str| effective(vector, key) == value;
    let (network, nobody, alone) = (is("AV", "N"), is("PR", "N"), is("UI", "N"));
    let eq1 = match (network && nobody && alone, network || nobody || alone) {
        (true, _) => 0,
        (false, true) if !is("AV", "P") => 1,
        (false, _) => 2,
    };
    let eq2 = u8::from(!(is("AC", "L") && is("AT", "N")));
    let eq3 = match (
        is("VC", "H") && is("VI", "H"),
        is("VC", "H") || is("VI", "H") || is("VA", "H"),
    ) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    let eq4 = match (
        is("SI", "S") || is("SA", "S"),
        is("SC", "H") || is("SI", "H") || is("SA", "H"),
    ) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    let eq5 = match effective(vector, "E") {
        "A" => 0,
        "P" => 1,
        _ => 2,
    };
    let wanted = [("CR", "VC"), ("IR", "VI"), ("AR", "VA")];
    let eq6 = u8::from(
        !wanted
            .iter()
            .any(|(need, impact)| is(need, "H") && is(impact, "H")),
    );
    [eq1, eq2, eq3, eq4, eq5, eq6]
}

/// For each set: the score of the next lower macro vector if there is one, how far the vector is below the highest of its
/// own, and how deep that one is (in steps).
fn ways_down(vector: &Vector, eq: [u8; 6]) -> [(Option<i64>, i64, i64); 5] {
    let [eq1, eq2, eq3, eq4, eq5, eq6] = eq;
    let look = |levels: [u8; 6]| SCORES.get(&levels).copied();
    let at = |highest: &[&str]| distance(vector, highest);
    let [depth1, depth2] = [
        [1, 4, 5].get(usize::from(eq1)),
        [1, 2].get(usize::from(eq2)),
    ];
    let joint = match (eq3, eq6) {
        (0, 0) => look([eq1, eq2, 0, eq4, eq5, 1]).max(look([eq1, eq2, 1, eq4, eq5, 0])),
        (0, _) | (1, 0) => look([eq1, eq2, 1, eq4, eq5, 1]),
        (_, _) => look([eq1, eq2, 2, eq4, eq5, 1]).filter(|_| eq3 == 1),
    };
    let joint_depth = match (eq3, eq6) {
        (0, 0) => 7,
        (0, _) => 6,
        (1, _) => 8,
        (_, _) => 10,
    };
    [
        (
            look([eq1 + 1, eq2, eq3, eq4, eq5, eq6]),
            at(highest1(eq1)),
            depth1.copied().unwrap_or(1),
        ),
        (
            look([eq1, eq2 + 1, eq3, eq4, eq5, eq6]),
            at(highest2(eq2)),
            depth2.copied().unwrap_or(1),
        ),
        (joint, at(highest36(eq3, eq6)), joint_depth),
        (
            look([eq1, eq2, eq3, eq4 + 1, eq5, eq6]),
            at(highest4(eq4)),
            6 - i64::from(eq4),
        ),
        (look([eq1, eq2, eq3, eq4, eq5 + 1, eq6]), 0, 1),
    ]
}

/// Steps from the first of the highest vectors that is nowhere below this one.
fn distance(vector: &Vector, highest: &[&str]) -> i64 {
    let steps = highest.iter().find_map(|text| {
        let mut sum = 0;
        for part in text.split('/') {
            let (key, value) = part.split_once(':')?;
            let below = severity(key, effective(vector, key)) - severity(key, value);
            if below < 0 {
                return None;
            }
            sum += below;
        }
        Some(sum)
    });
    steps.unwrap_or(0)
}

/// How far a value is from the worst of its metric.
fn severity(key: &str, value: &str) -> i64 {
    let worst_first = match key {
        "AV" => "NALP",
        "PR" => "NLH",
        "UI" => "NPA",
        "AC" => "LH",
        "AT" => "NP",
        "VC" | "VI" | "VA" => "HLN",
        "SC" | "SI" | "SA" => "SHLN",
        _ => "HML",
    };
    let place = worst_first.find(value).unwrap_or(0);
    i64::try_from(place).unwrap_or(0)
}

fn highest1(eq1: u8) -> &'static [&'static str] {
    match eq1 {
        0 => &["AV:N/PR:N/UI:N"],
        1 => &["AV:A/PR:N/UI:N", "AV:N/PR:L/UI:N", "AV:N/PR:N/UI:P"],
        _ => &["AV:P/PR:N/UI:N", "AV:A/PR:L/UI:P"],
    }
}

fn highest2(eq2: u8) -> &'static [&'static str] {
    match eq2 {
        0 => &["AC:L/AT:N"],
        _ => &["AC:H/AT:N", "AC:L/AT:P"],
    }
}

fn highest36(eq3: u8, eq6: u8) -> &'static [&'static str] {
    match (eq3, eq6) {
        (0, 0) => &["VC:H/VI:H/VA:H/CR:H/IR:H/AR:H"],
        (0, _) => &[
            "VC:H/VI:H/VA:L/CR:M/IR:M/AR:H",
            "VC:H/VI:H/VA:H/CR:M/IR:M/AR:M",
        ],
        (1, 0) => &[
            "VC:L/VI:H/VA:H/CR:H/IR:H/AR:H",
            "VC:H/VI:L/VA:H/CR:H/IR:H/AR:H",
        ],
        (1, _) => &[
            "VC:L/VI:H/VA:L/CR:H/IR:M/AR:H",
            "VC:L/VI:H/VA:H/CR:H/IR:M/AR:M",
            "VC:H/VI:L/VA:H/CR:M/IR:H/AR:M",
            "VC:H/VI:L/VA:L/CR:M/IR:H/AR:H",
            "VC:L/VI:L/VA:H/CR:H/IR:H/AR:M",
        ],
        (_, _) => &["VC:L/VI:L/VA:L/CR:H/IR:H/AR:H"],
    }
}

fn highest4(eq4: u8) -> &'static [&'static str] {
    match eq4 {
        0 => &["SC:H/SI:S/SA:S"],
        1 => &["SC:H/SI:H/SA:H"],
        _ => &["SC:L/SI:L/SA:L"],
    }
}
