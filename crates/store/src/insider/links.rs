//! What links people and patients: the care relation, then, for those whom it does not link, what the patient's
//! appointments, visits, bills and studies say, and emergency accesses.

use std::collections::{BTreeMap, BTreeSet};

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_shield::insider::{Facts, Hold, Link, What, Why};
use rusqlite::Connection;

use super::documents::{period, referred, span};
use super::workers::{Staff, live};
use crate::key::{Keys, kind_code, kind_name};
use crate::reading::{current, document};
use crate::stored::from_row;
use crate::{StoreError, statements as sql};

const DAY: i64 = 86_400_000;
/// An appointment is of the day of those who work at its place for so long before and after it.
const THAT_DAY: i64 = DAY / 2;
/// They prepare it, and see to what is left to do.
const AROUND: i64 = 2 * DAY;
/// A visit's charges are entered within this time; what comes after has a claim.
const CHARGED: i64 = 7 * DAY;
/// A visit is billed within this time.
const BILLED: i64 = 45 * DAY;
/// A claim is followed up within this time.
const CLAIMED: i64 = 120 * DAY;

/// Fills in the links, and when patients were discharged.
pub(super) fn find(
    record: &Connection,
    keys: &Keys,
    staff: &[Staff],
    facts: &mut Facts,
) -> Result<(), StoreError> {
    let ids: BTreeMap<i64, &String> = facts
        .charts
        .keys()
        .map(|id| (keys.of("Patient", id), id))
        .collect();
    let mut links = Vec::new();
    for (worker, one) in staff.iter().enumerate() {
        for actor in &one.actors {
            care(record, *actor, worker, &ids, &mut links)?;
        }
    }
    let mut left: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for touch in &facts.touches {
        if let What::Opened(patient, _) | What::TakenOut(patient) = &touch.what {
            left.entry(patient.clone())
                .or_default()
                .insert(touch.worker);
        }
    }
    for (patient, workers) in left {
        let about = About::read(record, keys, &patient)?;
        if let Some(chart) = facts.charts.get_mut(&patient) {
            chart.discharged = about.discharged();
        }
        about.emergencies(record, keys, staff, &mut links)?;
        for worker in workers {
            if let Some(one) = staff.get(worker) {
                about.explain(record, keys, worker, one, &mut links)?;
            }
        }
    }
    facts.links = links;
    Ok(())
}

fn care(
    record: &Connection,
    actor: i64,
    worker: usize,
    ids: &BTreeMap<i64, &String>,
    links: &mut Vec<Link>,
) -> Result<(), StoreError> {
    let mut statement = record.prepare_cached(sql::CARE_LINKS)?;
    let mut rows = statement.query([actor])?;
    while let Some(row) = rows.next()? {
        let patient: i64 = row.get(0)?;
        let Some(id) = ids.get(&patient) else {
            continue;
        };
        let kind: Option<i64> = row.get(3)?;
        links.push(Link {
            worker,
            patient: (*id).clone(),
            since: Instant::from_millis(row.get(1)?),
            until: Instant::from_millis(row.get(2)?),
            why: why(kind.and_then(kind_name).unwrap_or_default()),
            hold: Hold::Named,
        });
    }
    Ok(())
}

fn why(kind: &str) -> Why {
    match kind {
        "Appointment" => Why::Appointment,
        "Communication" => Why::Message,
        "DiagnosticReport" => Why::Result,
        "Encounter" => Why::Visit,
        "MedicationRequest" | "ServiceRequest" => Why::Order,
        "Task" => Why::Task,
        _ => Why::Team,
    }
}

/// What the record says about a patient's days here.
struct About {
    patient: String,
    documents: Vec<(&'static str, Value)>,
}

impl About {
    fn read(record: &Connection, keys: &Keys, patient: &str) -> Result<Self, StoreError> {
        let kind = |name: &str| kind_code(name).map_or(-1, i64::from);
        let mut statement = record.prepare_cached(sql::ABOUT_PATIENT)?;
        let values = (
            keys.of("Patient", patient),
            kind("Appointment"),
            kind("Encounter"),
            kind("Claim"),
            kind("ResearchSubject"),
        );
        let rows = statement.query_map(values, |row| Ok(from_row(keys, row)))?;
        let mut documents = Vec::new();
        for row in rows {
            let (_, stored) = row??;
            if let Some(stored) = live(Some(stored)) {
                documents.push((stored.kind, document(&stored)?));
            }
        }
        Ok(Self {
            patient: patient.to_owned(),
            documents,
        })
    }

    fn of<'a>(&'a self, kind: &'static str) -> impl Iterator<Item = &'a Value> {
        self.documents
            .iter()
            .filter(move |(k, _)| *k == kind)
            .map(|(_, d)| d)
    }

    /// When the last stay ended; none when there is one now, or there was none.
    fn discharged(&self) -> Option<Instant> {
        let stays = self.of("Encounter").filter(|e| {
            let class = e.get("class").and_then(|c| c.str_at("code"));
            matches!(
                class,
                Some("IMP" | "ACUTE" | "NONAC" | "EMER" | "OBSENC" | "SS")
            )
        });
        let ends: Vec<Option<Instant>> = stays
            .map(|e| {
                e.get("period")
                    .and_then(|p| span(p, "end"))
                    .map(|(_, end)| end)
            })
            .collect();
        if ends.iter().any(Option::is_none) {
            return None;
        }
        // Whoever came again since is no stranger.
        let later = self
            .of("Appointment")
            .filter_map(|a| span(a, "start"))
            .map(|(at, _)| at);
        let last = ends.into_iter().flatten().max()?;
        let again = later.max().is_some_and(|at| at > last);
        (!again).then_some(last)
    }

    fn emergencies(
        &self,
        record: &Connection,
        keys: &Keys,
        staff: &[Staff],
        links: &mut Vec<Link>,
    ) -> Result<(), StoreError> {
        let mut statement = record.prepare_cached(sql::BREAK_OF)?;
        let mut rows = statement.query((keys.of("Patient", &self.patient), 500))?;
        while let Some(row) = rows.next()? {
            let account: String = row.get(1)?;
            let place = staff.iter().position(|s| s.worker.account == account);
            if let Some(worker) = place {
                links.push(Link {
                    worker,
                    patient: self.patient.clone(),
                    since: Instant::from_millis(row.get(6)?),
                    until: Instant::from_millis(row.get(7)?),
                    why: Why::Emergency,
                    hold: Hold::Named,
                });
            }
        }
        Ok(())
    }

    /// What links somebody who is not named with the patient's care, by their role and where they work.
    fn explain(
        &self,
        record: &Connection,
        keys: &Keys,
        worker: usize,
        one: &Staff,
        links: &mut Vec<Link>,
    ) -> Result<(), StoreError> {
        let mut add = |since: Instant, until: Instant, why: Why, hold: Hold| {
            if since < until {
                links.push(Link {
                    worker,
                    patient: self.patient.clone(),
                    since,
                    until,
                    why,
                    hold,
                });
            }
        };
        let has = |role: &str| one.worker.roles.iter().any(|r| r == role);
        for appointment in self.of("Appointment") {
            if let Some(start) = day_list(appointment, one) {
                for (around, hold) in [(THAT_DAY, Hold::Place), (AROUND, Hold::Around)] {
                    let (since, until) = (start.plus_millis(-around), start.plus_millis(around));
                    add(since, until, Why::DayList, hold);
                }
            }
        }
        for encounter in self.of("Encounter") {
            for (since, until) in wards(encounter, one) {
                add(since, until, Why::Ward, Hold::Named);
            }
            if has("biller") {
                let (_, end) = period(encounter.get("period"));
                for (after, hold) in [(CHARGED, Hold::Place), (BILLED, Hold::Around)] {
                    let until = end.plus_millis(after);
                    add(end.plus_millis(-DAY), until, Why::Bill, hold);
                }
            }
        }
        for claim in self.of("Claim").filter(|_| has("biller")) {
            if let Some((made, _)) = span(claim, "created") {
                let until = made.plus_millis(CLAIMED);
                add(made.plus_millis(-DAY), until, Why::Bill, Hold::Place);
            }
        }
        for subject in self.of("ResearchSubject") {
            if conducts(record, keys, subject, one)? {
                let (since, until) = period(subject.get("period"));
                add(since, until, Why::Study, Hold::Named);
            }
        }
        Ok(())
    }
}

/// For those who work at the place of an appointment: when it begins.
fn day_list(appointment: &Value, one: &Staff) -> Option<Instant> {
    if matches!(
        appointment.str_at("status"),
        Some("cancelled" | "entered-in-error")
    ) {
        return None;
    }
    let (start, _) = span(appointment, "start")?;
    let actors = appointment
        .items_at("participant")
        .iter()
        .filter_map(|p| p.get("actor"));
    let places = referred(actors, "Location");
    let mut posts = one.posts.iter();
    let here = posts.any(|p| places.contains(&p.location) && p.since <= start && start <= p.until);
    here.then_some(start)
}

/// The times in which somebody covers a ward that the patient stays at, and the day after.
fn wards(encounter: &Value, one: &Staff) -> Vec<(Instant, Instant)> {
    let (from, to) = period(encounter.get("period"));
    let mut spans = Vec::new();
    for stay in encounter.items_at("location") {
        let (stay_from, stay_to) = period(stay.get("period"));
        let (since, until) = (from.max(stay_from), to.min(stay_to).plus_millis(DAY));
        for location in referred(stay.get("location").into_iter(), "Location") {
            let posts = one.posts.iter().filter(|p| p.location == location);
            spans.extend(posts.map(|p| (since.max(p.since), until.min(p.until.plus_millis(DAY)))));
        }
    }
    spans
}

/// Whether somebody leads the study that a patient takes part in.
fn conducts(
    record: &Connection,
    keys: &Keys,
    subject: &Value,
    one: &Staff,
) -> Result<bool, StoreError> {
    let Some(practitioner) = &one.practitioner else {
        return Ok(false);
    };
    for study in referred(subject.get("study").into_iter(), "ResearchStudy") {
        if let Some(stored) = live(current(record, keys, "ResearchStudy", &study)?) {
            let study = document(&stored)?;
            let leads = referred(
                study.get("principalInvestigator").into_iter(),
                "Practitioner",
            );
            if leads.contains(practitioner) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
