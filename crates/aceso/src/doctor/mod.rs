//! `aceso doctor`: checks the installation against the rows of the hardening guide, and says how to mend what fails.
//!
//! A check is a line of [`CHECKS`] and a pure function over [`Facts`]; what the machine and the record say is gathered once.

mod access;
mod checks;
mod facts;
mod machine;
mod network;
mod record;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::place::Place;
use crate::say::say;

pub(crate) use checks::CHECKS;
pub(crate) use facts::{Facts, gather};
pub(crate) use machine::{free_bytes, held_by, listening};

/// How bad it is when a check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Patients' data lies open, or cannot be trusted.
    High,
    /// A line of defence is missing.
    Medium,
    /// It could be better.
    Low,
}

/// A check of the installation.
pub(crate) struct Check {
    /// Its name, for good: scripts and the guide use it.
    pub(crate) id: &'static str,
    /// The rows of the requirements that it is about, blanks between.
    pub(crate) rows: &'static str,
    pub(crate) severity: Severity,
    /// What should be so.
    pub(crate) title: &'static str,
    pub(crate) judge: fn(&Facts) -> Verdict,
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is so.
    Met(String),
    /// It is not so; what was found, and how to mend it.
    Failed { found: String, fix: String },
    /// There is nothing yet that could be checked.
    Open(String),
}

/// A check with what it says.
pub(crate) struct Judged {
    pub(crate) check: &'static Check,
    pub(crate) verdict: Verdict,
}

impl Severity {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl Verdict {
    fn met(found: impl Into<String>) -> Self {
        Self::Met(found.into())
    }

    fn failed(found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Failed {
            found: found.into(),
            fix: fix.into(),
        }
    }

    pub(crate) const fn state(&self) -> &'static str {
        match self {
            Self::Met(_) => "met",
            Self::Failed { .. } => "failed",
            Self::Open(_) => "not set up",
        }
    }

    pub(crate) fn found(&self) -> &str {
        match self {
            Self::Met(found) | Self::Failed { found, .. } | Self::Open(found) => found,
        }
    }

    pub(crate) fn fix(&self) -> &str {
        match self {
            Self::Failed { fix, .. } => fix,
            Self::Met(_) | Self::Open(_) => "",
        }
    }
}

impl Judged {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'static str> {
        self.check.rows.split(' ')
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.check.id,
            "rows": self.rows().collect::<Vec<_>>(),
            "severity": self.check.severity.name(),
            "title": self.check.title,
            "state": self.verdict.state(),
            "found": self.verdict.found(),
            "fix": self.verdict.fix(),
        })
    }
}

/// Every check, judged.
pub(crate) fn judge(facts: &Facts) -> Vec<Judged> {
    CHECKS
        .iter()
        .map(|check| Judged {
            check,
            verdict: (check.judge)(facts),
        })
        .collect()
}

/// Checks the installation; fails when one of the checks does.
pub(crate) async fn run(place: &Place, as_json: bool) -> Result<ExitCode> {
    let store = place.open_at_any_time()?;
    let facts = gather(place, &store).await?;
    let judged = judge(&facts);
    let failed = count(&judged, "failed");
    if as_json {
        let checks: Vec<Value> = judged.iter().map(Judged::to_json).collect();
        say(&json!({
            "checks": checks,
            "met": count(&judged, "met"),
            "failed": failed,
            "notSetUp": count(&judged, "not set up"),
        })
        .to_string());
    } else {
        table(&judged);
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn count(judged: &[Judged], state: &str) -> usize {
    judged.iter().filter(|j| j.verdict.state() == state).count()
}

/// Failed ones first, the worst on top.
fn table(judged: &[Judged]) {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    let rank = |j: &Judged| match j.verdict {
        Verdict::Failed { .. } => 0,
        Verdict::Open(_) => 1,
        Verdict::Met(_) => 2,
    };
    sorted.sort_by_key(|j| (rank(j), j.check.severity));
    for j in sorted {
        let mark = match &j.verdict {
            Verdict::Met(_) => "  ok    ",
            Verdict::Failed { .. } => "  FAILED",
            Verdict::Open(_) => "  open  ",
        };
        let check = j.check;
        let severity = check.severity.name();
        say(&format!(
            "{mark} {severity:6} {:22} {}",
            check.id, check.title
        ));
        if !matches!(j.verdict, Verdict::Met(_)) {
            say(&format!("{:17}found: {}", "", j.verdict.found()));
        }
        if !j.verdict.fix().is_empty() {
            say(&format!("{:17}fix:   {}", "", j.verdict.fix()));
            say(&format!("{:17}rows:  {}", "", check.rows));
        }
    }
    say(&format!(
        "{} met, {} failed, {} not set up (docs/hardening.md explains each)",
        count(judged, "met"),
        count(judged, "failed"),
        count(judged, "not set up")
    ));
}
