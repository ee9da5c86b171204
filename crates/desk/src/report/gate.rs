//! The evidence gate: what a report lacks to be worked with, as questions to its reporter. It closes nothing.

use serde::Serialize;

use super::{Envelope, Report};
use crate::sentence::{Part, Sentence};

/// What to do with a report next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// What to ask the reporter; nothing, if it can be worked with.
    pub questions: Vec<Question>,
    /// How many of the five kinds of evidence it has.
    pub evidence: u8,
    /// Where it stands in the queue: lower first.
    pub rank: u8,
    /// Why it stands there.
    pub because: Vec<Sentence>,
}

/// A question to a reporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Which product and which part.
    Product,
    /// Which version.
    Version,
    /// How to see it.
    Steps,
    /// What was seen.
    Observed,
    /// What it does.
    Impact,
    /// Please send it so that it can be read.
    Readable,
}

impl Question {
    /// As it is asked.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Product => "Which product is it, and which page, address or function of it?",
            Self::Version => {
                "Which version did you look at? (aceso --version, or the foot of any page)"
            }
            Self::Steps => {
                "Which steps show it, one by one, from a new installation on? A request or a script is best."
            }
            Self::Observed => {
                "What did you see when you did this? An answer, a screenshot, or lines of the log."
            }
            Self::Impact => {
                "What can somebody do with it who should not, and what do they need for it?"
            }
            Self::Readable => {
                "We could not read your text. Please send it as plain text, or encrypt it to the key in our security.txt."
            }
        }
    }
}

/// What became of a reporter's reports before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Were vulnerabilities.
    pub valid: u32,
    /// Were none.
    pub invalid: u32,
    /// Were known.
    pub duplicates: u32,
}

/// Looks at the evidence. Words are looked for in English; a form's own fields count in any language.
pub fn gate(report: &Report, products: &[&str], history: History) -> Gate {
    let mut because = Vec::new();
    if report.envelope != Envelope::Plain {
        because.push("it is encrypted: somebody with the key must read it".into());
        return Gate {
            questions: Vec::new(),
            evidence: 0,
            rank: 1,
            because,
        };
    }
    let text = format!("{}\n{}", report.subject, report.text).to_lowercase();
    let answers = &report.answers;
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let product = !answers.product.trim().is_empty()
        || products.iter().any(|p| text.contains(&p.to_lowercase()))
        || route(&text);
    let version = !answers.version.trim().is_empty()
        || numbered_version(&text)
        || has(&["commit ", "main branch", "git rev"]);
    let steps = !answers.steps.trim().is_empty()
        || numbered_lines(&report.text) >= 2
        || has(&[
            "curl ",
            "http/1.1",
            "proof of concept",
            "poc:",
            "steps to reproduce",
            "#!/",
            "import requests",
            "<script",
        ])
        || !report.attachments.is_empty();
    let observed = has(&[
        "i saw",
        "returns",
        "returned",
        "response",
        "shows",
        "observed",
        "result",
        "stack trace",
        "http/1.1 200",
        "i got",
        "was able to",
    ]) || report
        .attachments
        .iter()
        .any(|a| a.kind.starts_with("image/") || a.kind.starts_with("text/"));
    let impact = !answers.impact.trim().is_empty()
        || has(&[
            "attacker",
            "impact",
            "can read",
            "can write",
            "can delete",
            "bypass",
            "execute",
            "escalat",
            "leak",
            "disclos",
            "inject",
            "denial",
        ]);
    let found = [
        (product, Question::Product),
        (version, Question::Version),
        (steps, Question::Steps),
        (observed, Question::Observed),
        (impact, Question::Impact),
    ];
    let mut questions: Vec<Question> = found
        .iter()
        .filter(|(has, _)| !has)
        .map(|(_, q)| *q)
        .collect();
    let evidence = u8::try_from(found.len() - questions.len()).unwrap_or(0);
    if report.text.trim().is_empty() && answers.steps.trim().is_empty() {
        questions.push(Question::Readable);
    }
    let urgent = has(&["exploited", "in the wild", "attacks", "0-day", "zero-day"])
        || !answers.exploited.trim().is_empty();
    let mut rank = 6 - evidence;
    if urgent {
        because.push("it says that it is exploited".into());
        rank = rank.min(1);
    }
    if history.valid > 0 {
        because.push(Sentence::new(
            "{0} earlier reports of this reporter were right",
            [Part::said(history.valid)],
        ));
        rank = rank.saturating_sub(1);
    }
    if history.valid == 0 && history.invalid >= 3 {
        because.push(Sentence::new(
            "{0} earlier reports of this reporter were none",
            [Part::said(history.invalid)],
        ));
        rank += 1;
    }
    because.push(Sentence::new(
        "{0} of 5 kinds of evidence",
        [Part::said(evidence)],
    ));
    Gate {
        questions,
        evidence,
        rank,
        because,
    }
}

/// A path of an address, such as `/ws/rest/v1/module`.
fn route(text: &str) -> bool {
    text.split_whitespace().any(|w| {
        let w = w.trim_matches(['`', '"', '\'', '(', ')', ',', '.']);
        w.starts_with('/') && w.len() > 3 && w.bytes().skip(1).any(|b| b == b'/')
    })
}

/// `2.7.8`, `v8.0`.
fn numbered_version(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .any(|word| {
            let word = word.trim_start_matches('v').trim_matches('.');
            let parts: Vec<&str> = word.split('.').collect();
            (2..=4).contains(&parts.len())
                && parts
                    .iter()
                    .all(|p| !p.is_empty() && p.len() <= 5 && p.bytes().all(|b| b.is_ascii_digit()))
        })
}

/// Lines that begin with a number and a dot, or a hyphen.
fn numbered_lines(text: &str) -> usize {
    let begins = |l: &&str| {
        let l = l.trim_start();
        let rest = l.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < l.len() && rest.starts_with(['.', ')', ':'])
    };
    text.lines().filter(begins).count()
}
