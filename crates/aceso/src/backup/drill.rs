//! `aceso backup drill`: a restore that is tried out, so that the day of need is not the first time.

use std::process::ExitCode;
use std::time::Instant;

use aceso_backup::Manifest;
use aceso_fhir::search::{Query, Total};
use aceso_policy::{Caller, Purpose};
use aceso_staff::Sheet;
use aceso_store::{Finding, Rehearsal, Report, Store};
use anyhow::{Context, Result};
use serde_json::json;

use super::scratch::Scratch;
use super::{Where, Which};
use crate::place::Place;
use crate::say::{complain, say};

/// A lost machine's record must be back within this (proposed 45 CFR 164.308(a)(13)(ii)(B)).
const ALLOWED_HOURS: f64 = 72.0;
/// How many charts are drawn.
const CHARTS: u32 = 20;

/// What a drill found.
#[derive(Debug)]
pub(super) struct Drilled {
    snapshot: String,
    of: String,
    resources: u64,
    audit_entries: u64,
    charts: usize,
    /// To bring it, to open and check it, all together; in seconds.
    brought: f64,
    seconds: f64,
    /// What is wrong.
    pub(super) wrong: Vec<Finding>,
}

/// Makes one, and says what it found.
pub(super) async fn run(place: &Place, at: &Where, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let done = drill(place, at, &store, &Caller::operator()).await?;
    if as_json {
        let wrong: Vec<_> = done
            .wrong
            .iter()
            .map(|w| json!({"place": w.place, "what": w.what}))
            .collect();
        say(&json!({
            "snapshot": done.snapshot, "of": done.of, "resources": done.resources, "auditEntries": done.audit_entries,
            "charts": done.charts, "restoreSeconds": done.brought, "seconds": done.seconds, "allowedHours": ALLOWED_HOURS,
            "wrong": wrong
        })
        .to_string());
    } else {
        for one in &done.wrong {
            complain(&format!("{}: {}", one.place, one.what));
        }
        say(&done.to_string());
    }
    Ok(if done.wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Makes one; what came of it is kept in the record, and told when it is wrong.
pub(super) async fn drill(
    place: &Place,
    at: &Where,
    store: &Store,
    caller: &Caller,
) -> Result<Drilled> {
    match rehearse(place, at, store).await {
        Ok(done) => {
            let detail = done.to_string();
            store
                .keep_rehearsal(caller, Rehearsal::Drill, &done.wrong, &detail)
                .await?;
            Ok(done)
        }
        Err(error) => {
            let wrong = finding(format!("a restore does not work: {error:#}"));
            store
                .keep_rehearsal(caller, Rehearsal::Drill, &[wrong], "tried")
                .await?;
            Err(error)
        }
    }
}

async fn rehearse(place: &Place, at: &Where, store: &Store) -> Result<Drilled> {
    let begin = Instant::now();
    let scratch = Scratch::open(place, at, &Which::default()).await?;
    let copy = scratch.store.clone();
    let (head, live) = (scratch.manifest.audit_head.clone(), store.clone());
    let checks = move || -> Result<(Report, Vec<Finding>)> {
        let report = copy.verify(&mut |_| ())?;
        let mut wrong = report.findings.clone();
        // What the manifest signed is the beginning of the restored log, and of the one that goes on here.
        for (log, name) in [
            (&copy, "the restored audit log"),
            (&live, "the audit log of today"),
        ] {
            let found = log.verify_audit(std::slice::from_ref(&head))?.findings;
            wrong.extend(found.into_iter().map(|f| Finding {
                place: format!("{name}: {}", f.place),
                ..f
            }));
        }
        Ok((report, wrong))
    };
    let checked = tokio::task::spawn_blocking(checks).await;
    let (report, mut wrong) = checked.context("the check ended early")??;
    let changes = scratch.store.key_status(&Caller::operator()).await?.serial;
    let erased = scratch.manifest.key_changes < changes;
    let unlike = Unlike {
        fewer: erased.then_some(Fewer::Erased),
        more: (scratch.pieces > 0).then_some(More::Log),
    };
    wrong.extend(miscounted(&scratch.manifest, &report, unlike));
    let charts = charts(&scratch.store).await?;
    wrong.extend(
        charts
            .iter()
            .filter_map(|one| one.as_ref().err().cloned().map(finding)),
    );
    Ok(Drilled {
        snapshot: scratch.snapshot.short().to_owned(),
        of: scratch.snapshot.at.to_fhir(),
        resources: report.resources,
        audit_entries: report.audit_entries,
        charts: charts.len(),
        brought: scratch.brought,
        seconds: begin.elapsed().as_secs_f64(),
        wrong,
    })
}

fn finding(what: String) -> Finding {
    Finding {
        place: "drill".to_owned(),
        what,
        mend: "run `aceso backup verify`, then `aceso backup run` and `aceso backup drill`; keep older snapshots".to_owned(),
    }
}

/// Why there may be less than was backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fewer {
    /// Patients were erased since, and are removed from what comes back.
    Erased,
}

/// Why there may be more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    /// What was written after the backup is there, too.
    Log,
}

/// Why there may be other figures than were backed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Unlike {
    fewer: Option<Fewer>,
    more: Option<More>,
}

/// Where the restored record has not the figures that the manifest has.
fn miscounted(manifest: &Manifest, report: &Report, unlike: Unlike) -> Vec<Finding> {
    let fits = |then: u64, now: u64| match unlike {
        _ if now == then => true,
        Unlike { fewer, .. } if now < then => fewer == Some(Fewer::Erased),
        Unlike { more, .. } => more == Some(More::Log),
    };
    let entries = (manifest.audit_entries, report.audit_entries);
    let figures = [
        ("resources", manifest.resources, report.resources),
        ("older versions", manifest.versions, report.versions),
        // Opening may leave entries of its own.
        ("audit entries", entries.0, entries.1.min(entries.0)),
    ];
    (figures.iter())
        .filter(|(_, then, now)| !fits(*then, *now))
        .map(|(what, then, now)| {
            finding(format!("{now} {what} came back, and {then} were backed up"))
        })
        .collect()
}

/// Draws some charts: how long each is, or what is wrong with it.
pub(crate) async fn charts(store: &Store) -> Result<Vec<Result<usize, String>>> {
    let query = Query {
        kind: Some("Patient"),
        count: Some(CHARTS),
        total: Some(Total::None),
        ..Query::default()
    };
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    let patients = reading.search(query).await?.matches;
    let mut read = Vec::new();
    for patient in &patients {
        let sheet = Sheet::of(store, &Caller::operator(), &patient.id).await;
        read.push(match sheet {
            Ok(sheet) => Ok(sheet.to_html("").into_string().len()),
            Err(error) => Err(format!(
                "the chart of Patient/{} cannot be shown: {error}",
                patient.id
            )),
        });
    }
    Ok(read)
}

impl std::fmt::Display for Drilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "snapshot {} of {}: {} resources, {} audit entries and {} charts came back in {:.1} s, checked in {:.1} s; \
             {ALLOWED_HOURS} h are allowed",
            self.snapshot,
            self.of,
            self.resources,
            self.audit_entries,
            self.charts,
            self.brought,
            self.seconds
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hn3_a_drill_that_brings_less_back_than_was_backed_up_is_wrong() {
        let top = std::env::temp_dir();
        let manifest = Manifest {
            resources: 10,
            versions: 4,
            audit_entries: 100,
            ..Manifest::of(&top, Vec::new()).unwrap()
        };
        let report = |resources, versions, audit_entries| {
            let mut report = Report::default();
            report.resources = resources;
            report.versions = versions;
            report.audit_entries = audit_entries;
            report
        };
        let wrong = |r: &Report, fewer| {
            let unlike = Unlike { fewer, more: None };
            miscounted(&manifest, r, unlike).len()
        };
        assert_eq!(wrong(&report(10, 4, 100), None), 0);
        assert_eq!(wrong(&report(10, 4, 105), None), 0);
        assert_eq!(wrong(&report(9, 4, 99), None), 2);
        assert_eq!(wrong(&report(11, 4, 100), None), 1);
        assert_eq!(wrong(&report(7, 3, 101), Some(Fewer::Erased)), 0);
        assert_eq!(wrong(&report(11, 4, 101), Some(Fewer::Erased)), 1);
        let logged = |resources| {
            let unlike = Unlike {
                fewer: None,
                more: Some(More::Log),
            };
            miscounted(&manifest, &report(resources, 4, 101), unlike).len()
        };
        assert_eq!((logged(11), logged(9)), (0, 1));
    }
}
