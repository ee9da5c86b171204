//! Which reports are about the same thing, with reasons. Somebody decides; this only puts them side by side.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::Report;

/// Reports that look alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cluster {
    /// Their places in what was given, the earliest first.
    pub members: Vec<usize>,
    /// Why each but the first is here.
    pub because: Vec<String>,
}

/// The least share of common word triples that makes two texts alike, in percent.
const ALIKE: usize = 50;

/// What of a report is compared.
struct Print {
    /// Words, without punctuation and case.
    words: Vec<String>,
    triples: BTreeSet<u64>,
    routes: BTreeSet<String>,
    weaknesses: BTreeSet<&'static str>,
}

/// Puts reports that look alike together; reports that are like no other are clusters of one.
pub fn cluster(reports: &[Report]) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut prints: Vec<Print> = Vec::new();
    let mut same: HashMap<Vec<String>, usize> = HashMap::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for (at, report) in reports.iter().enumerate() {
        let print = print(report);
        let by_number = report
            .message_id
            .as_deref()
            .and_then(|id| numbers.get(id).copied());
        let found = by_number.map(|c| (c, "it is the same mail".to_owned()));
        let found = found.or_else(|| {
            same.get(&print.words)
                .map(|c| (*c, "the text is the same word by word".to_owned()))
        });
        let found = found.or_else(|| nearest(&print, &prints));
        let place = match found {
            Some((place, reason)) => {
                if let Some(cluster) = clusters.get_mut(place) {
                    cluster.members.push(at);
                    cluster.because.push(reason);
                }
                place
            }
            None => {
                clusters.push(Cluster {
                    members: vec![at],
                    because: Vec::new(),
                });
                clusters.len() - 1
            }
        };
        if let Some(id) = report.message_id.as_deref() {
            numbers.entry(id).or_insert(place);
        }
        same.entry(print.words.clone()).or_insert(place);
        // A cluster is known by its first report.
        if prints.len() == place {
            prints.push(print);
        }
    }
    clusters
}

/// The words of a report without case, punctuation and what it quotes: the same for the same text however it is wrapped.
pub fn plain_words(report: &Report) -> String {
    print(report).words.join(" ")
}

/// Which of others look like a report, each with the reason: their places, those most alike first.
pub fn alike(report: &Report, others: &[Report]) -> Vec<(usize, String)> {
    let ours = print(report);
    let same_mail =
        |other: &Report| report.message_id.is_some() && report.message_id == other.message_id;
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (at, other) in others.iter().enumerate() {
        let theirs = print(other);
        if same_mail(other) {
            found.push((at, 3000, "it is the same mail".to_owned()));
        } else if ours.words == theirs.words {
            found.push((at, 2000, "the text is the same word by word".to_owned()));
        } else if let Some((weight, reason)) = resemblance(&ours, &theirs) {
            found.push((at, weight, reason));
        }
    }
    found.sort_by_key(|(at, weight, _)| (std::cmp::Reverse(*weight), *at));
    found.into_iter().map(|(at, _, why)| (at, why)).collect()
}

/// Scrambles of the word triples. Of two texts with half of their triples in common, all but one in 65,000 pairs share the least
/// triple of at least one of them (Broder's min-wise hashing).
const SCRAMBLES: u64 = 16;

/// Numbers of which reports that look alike have one in common: by these an index finds what [`alike`] is then asked about.
pub fn marks(report: &Report) -> BTreeSet<u64> {
    let print = print(report);
    let mut marks = BTreeSet::from([number(&["words ", &print.words.join(" ")].concat())]);
    if let Some(id) = &report.message_id {
        marks.insert(number(&["mail ", id].concat()));
    }
    for scramble in 1..=SCRAMBLES {
        let salt = scrambled(scramble);
        let least = print.triples.iter().map(|t| scrambled(t ^ salt)).min();
        marks.extend(least.map(|least| least.wrapping_add(salt)));
    }
    for route in &print.routes {
        for weakness in &print.weaknesses {
            marks.insert(number(&[route.as_str(), " ", weakness].concat()));
        }
    }
    marks
}

/// The finish of SplitMix64: other bits of the number decide which is the least.
const fn scrambled(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn nearest(print: &Print, others: &[Print]) -> Option<(usize, String)> {
    let mut best: Option<(usize, usize, String)> = None;
    for (at, other) in others.iter().enumerate() {
        let Some((weight, reason)) = resemblance(print, other) else {
            continue;
        };
        if best.as_ref().is_none_or(|(_, least, _)| weight > *least) {
            best = Some((at, weight, reason));
        }
    }
    best.map(|(at, _, reason)| (at, reason))
}

/// How much two reports are alike, and why; none, when they are not.
fn resemblance(print: &Print, other: &Print) -> Option<(usize, String)> {
    let common = print.triples.intersection(&other.triples).count();
    let all = print.triples.len() + other.triples.len() - common;
    let share = (common * 100).checked_div(all).unwrap_or(0);
    if share >= ALIKE {
        let why = format!("{share}% of its word triples are the same");
        return Some((share + 1000, why));
    }
    let routes: Vec<&str> = print
        .routes
        .intersection(&other.routes)
        .map(String::as_str)
        .collect();
    let weaknesses: Vec<&str> = print
        .weaknesses
        .intersection(&other.weaknesses)
        .copied()
        .collect();
    if routes.is_empty() || weaknesses.is_empty() {
        return None;
    }
    let why = format!(
        "the same address ({}) and the same weakness ({})",
        routes.join(", "),
        weaknesses.join(", ")
    );
    Some((share + 500, why))
}

fn print(report: &Report) -> Print {
    let text = format!(
        "{}\n{}\n{}",
        report.text, report.answers.steps, report.answers.impact
    )
    .to_lowercase();
    let words: Vec<String> = text
        .lines()
        .filter(|l| !l.trim_start().starts_with('>'))
        .flat_map(|l| l.split(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    let triples = words.windows(3).map(|w| number(&w.join(" "))).collect();
    let routes = text
        .split(|c: char| c.is_whitespace() || "`\"'(),<>".contains(c))
        .filter_map(route)
        .collect();
    let known = WEAKNESSES
        .iter()
        .filter(|(_, says)| says.iter().any(|s| text.contains(s)));
    Print {
        triples,
        routes,
        weaknesses: known.map(|(cwe, _)| *cwe).collect(),
        words,
    }
}

/// A path without its numbers, its query and its end: `/patients/17/edit?x=1` is `/patients/*/edit`.
fn route(word: &str) -> Option<String> {
    let path = word
        .find("://")
        .and_then(|at| word.get(at + 3..))
        .map_or(word, |rest| {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("")
        });
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or(path)
        .trim_end_matches(['.', ';', ':', '/']);
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    if parts.len() < 2 || parts.iter().any(|p| p.is_empty()) {
        return None;
    }
    let plain = |part: &&str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let counts = digits == part.len() || (digits > 0 && part.len() > 2);
        if counts {
            "*".to_owned()
        } else {
            (*part).to_owned()
        }
    };
    Some(format!(
        "/{}",
        parts.iter().map(plain).collect::<Vec<_>>().join("/")
    ))
}

/// FNV-1a: the same number for the same words on every machine.
fn number(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Weaknesses by the words that reporters use for them.
const WEAKNESSES: &[(&str, &[&str])] = &[
    (
        "CWE-79",
        &[
            "cross-site scripting",
            "cross site scripting",
            "xss",
            "<script",
        ],
    ),
    (
        "CWE-89",
        &["sql injection", "sqli", "union select", "' or '1'='1"],
    ),
    (
        "CWE-22",
        &["path traversal", "directory traversal", "zip slip", "../"],
    ),
    ("CWE-352", &["cross-site request forgery", "csrf", "xsrf"]),
    (
        "CWE-639",
        &[
            "idor",
            "insecure direct object",
            "another patient",
            "other users' ",
        ],
    ),
    (
        "CWE-287",
        &[
            "authentication bypass",
            "without authentication",
            "unauthenticated",
        ],
    ),
    (
        "CWE-862",
        &[
            "missing authorization",
            "privilege escalation",
            "without permission",
        ],
    ),
    ("CWE-611", &["xxe", "xml external entit"]),
    ("CWE-918", &["ssrf", "server-side request forgery"]),
    ("CWE-502", &["deserialization", "deserialisation"]),
    (
        "CWE-78",
        &["command injection", "remote code execution", "rce"],
    ),
    ("CWE-601", &["open redirect"]),
    (
        "CWE-400",
        &["denial of service", "resource exhaustion", "redos"],
    ),
];
