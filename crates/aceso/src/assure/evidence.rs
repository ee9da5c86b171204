//! Evidence: what is so in this installation now.

use aceso_policy::Role;
use aceso_store::{AccountStanding, Report, Standing};

use crate::doctor::Judged;

/// Of what kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A check of this installation, made for this document.
    Check,
    /// A figure from its record: says how things are, decides nothing.
    Figure,
    /// A test that passed on a release.
    Test,
}

/// Whether it supports the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It does.
    For,
    /// It speaks against it.
    Against,
    /// It says that there is nothing yet.
    Nothing,
    /// It only says how things are.
    Neutral,
}

/// A piece of evidence for rows.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    pub(super) kind: Kind,
    pub(super) weight: Weight,
    /// The rows it speaks of.
    pub(super) rows: Vec<String>,
    /// The check, the test.
    pub(super) name: String,
    /// What was found.
    pub(super) found: String,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Figure => "figure",
            Self::Test => "test",
        }
    }
}

impl Weight {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::For => "for",
            Self::Against => "against",
            Self::Nothing => "nothing yet",
            Self::Neutral => "figure",
        }
    }
}

/// The checks of `aceso doctor`.
pub(super) fn of_checks(judged: &[Judged]) -> Vec<Evidence> {
    let one = |j: &Judged| Evidence {
        kind: Kind::Check,
        weight: match j.verdict.state() {
            "met" => Weight::For,
            "failed" => Weight::Against,
            _ => Weight::Nothing,
        },
        rows: j.rows().map(str::to_owned).collect(),
        name: format!("doctor {}: {}", j.check.id, j.check.title),
        found: j.verdict.found().to_owned(),
    };
    judged.iter().map(one).collect()
}

/// The audit log, checked from its first entry to its last.
pub(super) fn of_log(report: &Report) -> Evidence {
    let (weight, found) = match report.findings.first() {
        None => (
            Weight::For,
            format!(
                "{} entries, root {}",
                report.audit_entries, report.audit_root
            ),
        ),
        Some(first) => (Weight::Against, format!("{}: {}", first.place, first.what)),
    };
    Evidence {
        kind: Kind::Check,
        weight,
        rows: ["H7", "O-d2", "16.4.2"].map(str::to_owned).to_vec(),
        name: "audit verify: every entry, tile and head of the log".to_owned(),
        found,
    }
}

/// Figures from the record.
pub(super) fn figures(standing: &Standing) -> Vec<Evidence> {
    let accounts = &standing.accounts;
    let is_staff = |a: &&AccountStanding| {
        let patient = |role: &Role| *role == Role::PATIENT || *role == Role::PROXY;
        !a.roles.iter().all(patient)
    };
    let staff: Vec<&AccountStanding> = accounts.iter().filter(is_staff).collect();
    let share = |count: usize| format!("{count} of {}", staff.len());
    let factors = staff.iter().filter(|a| a.passkeys + a.apps > 0).count();
    let passkeys = staff.iter().filter(|a| a.passkeys > 0).count();
    let log = &standing.log;
    let figure = |rows: &[&str], name: &str, found: String| Evidence {
        kind: Kind::Figure,
        weight: Weight::Neutral,
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
        name: name.to_owned(),
        found,
    };
    let mut all = vec![
        figure(
            &["H2", "O-d1"],
            "active accounts, each with a name of its own",
            accounts.len().to_string(),
        ),
        figure(
            &["HN1", "O-d13", "6.3.3"],
            "staff with a second factor",
            share(factors),
        ),
        figure(&["N6", "N7"], "staff with a passkey", share(passkeys)),
        figure(
            &["H6", "O-d2", "O-d10"],
            "entries in the audit log",
            log.entries.to_string(),
        ),
        figure(
            &["BG3", "HA1"],
            "reviews of emergency access overdue",
            standing.breaks_overdue.to_string(),
        ),
        figure(
            &["HA4"],
            "recertifications overdue",
            standing.rechecks_overdue.to_string(),
        ),
    ];
    if let Some(scrub) = &standing.checks.scrub {
        all.push(figure(
            &["H7", "R7"],
            "last whole round of the scrub",
            format!("{}: {}", scrub.at.to_fhir(), scrub.detail),
        ));
    }
    all
}
