//! The equations of CVSS 3.0 and 3.1 (section 7 of each specification). Where the two differ, it is said.

use super::{Score, Vector, Version};

/// Weight of a metric's value (section 7.4).
fn weight(vector: &Vector, key: &str, modified: Modified) -> f64 {
    let of = |key: &str| match modified {
        Modified::No => vector.value(key),
        Modified::Yes => vector.modified(key),
    };
    let value = of(key);
    match (key, value) {
        ("AV", "N") => 0.85,
        ("AV", "A") => 0.62,
        ("AV", "L") => 0.55,
        ("AV", _) => 0.2,
        ("AC", "L") => 0.77,
        ("AC", _) => 0.44,
        ("PR", "N") => 0.85,
        ("PR", "L") if of("S") == "C" => 0.68,
        ("PR", "L") => 0.62,
        ("PR", _) if of("S") == "C" => 0.5,
        ("PR", _) => 0.27,
        ("UI", "N") => 0.85,
        ("UI", _) => 0.62,
        ("C" | "I" | "A", "H") => 0.56,
        ("C" | "I" | "A", "L") => 0.22,
        ("C" | "I" | "A", _) => 0.0,
        ("E", "U") => 0.91,
        ("E", "P") => 0.94,
        ("E", "F") => 0.97,
        ("RL", "O") => 0.95,
        ("RL", "T") => 0.96,
        ("RL", "W") => 0.97,
        ("RC", "U") => 0.92,
        ("RC", "R") => 0.96,
        ("CR" | "IR" | "AR", "H") => 1.5,
        ("CR" | "IR" | "AR", "L") => 0.5,
        _ => 1.0,
    }
}

#[derive(Clone, Copy)]
enum Modified {
    No,
    Yes,
}

pub(super) fn base(vector: &Vector) -> Score {
    let w = |key| weight(vector, key, Modified::No);
    let iss = 1.0 - (1.0 - w("C")) * (1.0 - w("I")) * (1.0 - w("A"));
    let changed = vector.value("S") == "C";
    let impact = if changed {
        7.52 * (iss - 0.029) - 3.25 * (iss - 0.02).powi(15)
    } else {
        6.42 * iss
    };
    let exploitability = 8.22 * w("AV") * w("AC") * w("PR") * w("UI");
    if impact <= 0.0 {
        return Score::from_tenths(0);
    }
    let spread = if changed { 1.08 } else { 1.0 };
    round_up(
        vector.version,
        (spread * (impact + exploitability)).min(10.0),
    )
}

pub(super) fn temporal(vector: &Vector) -> Score {
    round_up(vector.version, base(vector).number() * time(vector))
}

pub(super) fn environmental(vector: &Vector) -> Score {
    let w = |key| weight(vector, key, Modified::Yes);
    let left = |impact, wanted| 1.0 - w(impact) * w(wanted);
    let miss = (1.0 - left("C", "CR") * left("I", "IR") * left("A", "AR")).min(0.915);
    let changed = vector.modified("S") == "C";
    let impact = match (changed, vector.version) {
        (false, _) => 6.42 * miss,
        (true, Version::V30) => 7.52 * (miss - 0.029) - 3.25 * (miss - 0.02).powi(15),
        (true, Version::V31 | Version::V40) => {
            7.52 * (miss - 0.029) - 3.25 * (miss * 0.9731 - 0.02).powi(13)
        }
    };
    let exploitability = 8.22 * w("AV") * w("AC") * w("PR") * w("UI");
    if impact <= 0.0 {
        return Score::from_tenths(0);
    }
    let spread = if changed { 1.08 } else { 1.0 };
    let inner = round_up(
        vector.version,
        (spread * (impact + exploitability)).min(10.0),
    );
    round_up(vector.version, inner.number() * time(vector))
}

/// What the temporal metrics leave.
fn time(vector: &Vector) -> f64 {
    let w = |key| weight(vector, key, Modified::No);
    w("E") * w("RL") * w("RC")
}

/// The next tenth: 3.1 looks at five digits (its appendix A), 3.0 at all of them.
fn round_up(version: Version, value: f64) -> Score {
    let tenths = match version {
        Version::V30 => value * 10.0,
        Version::V31 | Version::V40 => (value * 100_000.0).round() / 10_000.0,
    };
    Score::floor(tenths.ceil())
}
