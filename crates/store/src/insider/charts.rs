//! Patients, as far as the rules compare them with people.

use std::collections::{BTreeMap, BTreeSet};

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_policy::Label;
use aceso_shield::insider::{Chart, Touch, What};
use rusqlite::Connection;

use super::decoys::{Decoy, DecoyKind};
use super::documents::{homes, name, phones, span, text};
use super::workers::{Staff, live};
use crate::key::{Keys, kind_code};
use crate::reading::{current, document};
use crate::stored::from_row;
use crate::{Change, StoreError, statements as sql};

const PAGE: i64 = 1000;

/// How many patients there are, and how many bear a worker's surname.
pub(super) struct Counts {
    pub(super) patients: usize,
    pub(super) surnames: BTreeMap<String, usize>,
}

/// Counts over all patients.
pub(super) fn surnames(
    record: &Connection,
    keys: &Keys,
    staff: &[Staff],
) -> Result<Counts, StoreError> {
    let names: BTreeSet<&str> = staff.iter().map(|s| s.worker.family.as_str()).collect();
    let mut counts = Counts {
        patients: 0,
        surnames: BTreeMap::new(),
    };
    let kind = kind_code("Patient").map_or(-1, i64::from);
    let mut statement = record.prepare_cached(sql::RES_KIND)?;
    let (mut updated, mut key) = (i64::MAX, i64::MAX);
    loop {
        let rows =
            statement.query_map((kind, updated, key, PAGE), |row| Ok(from_row(keys, row)))?;
        let mut read = 0;
        for row in rows {
            let (at, stored) = row??;
            read += 1;
            (updated, key) = (stored.updated.millis(), at);
            if stored.change == Change::Deleted {
                continue;
            }
            counts.patients += 1;
            let (family, _) = name(&document(&stored)?);
            if names.contains(family.as_str()) && !family.is_empty() {
                *counts.surnames.entry(family).or_default() += 1;
            }
        }
        if read < PAGE {
            return Ok(counts);
        }
    }
}

/// The patients that were touched.
pub(super) fn charts(
    record: &Connection,
    keys: &Keys,
    touches: &[Touch],
    decoys: &[Decoy],
) -> Result<BTreeMap<String, Chart>, StoreError> {
    let mut charts = BTreeMap::new();
    for touch in touches {
        let (What::Opened(id, _) | What::TakenOut(id)) = &touch.what else {
            continue;
        };
        if charts.contains_key(id) {
            continue;
        }
        let planted = |d: &Decoy| d.kind == DecoyKind::Patient && d.id == *id;
        let mut chart = match live(current(record, keys, "Patient", id)?) {
            Some(stored) => chart(&document(&stored)?),
            None => Chart::default(),
        };
        chart.planted = decoys.iter().any(planted);
        let mut labels = record.prepare_cached(sql::LABEL_OF)?;
        let labels = labels.query_map([keys.of("Patient", id)], |row| row.get(0))?;
        for label in labels {
            let label: i64 = label?;
            chart.known |= label == i64::from(Label::Vip.number());
            chart.employee |= label == i64::from(Label::Employee.number());
        }
        charts.insert(id.clone(), chart);
    }
    Ok(charts)
}

fn chart(document: &Value) -> Chart {
    let (family, given) = name(document);
    let mut all = phones(document);
    let mut contacts = Vec::new();
    for contact in document.items_at("contact") {
        all.extend(phones(contact));
        if let Some(named) = contact.get("name") {
            let given = named.items_at("given").first().and_then(Value::as_str);
            let plain = aceso_shield::insider::plain_name;
            contacts.push((
                plain(&text(named, "family")),
                plain(given.unwrap_or_default()),
            ));
        }
    }
    let died = span(document, "deceasedDateTime").map(|(from, _)| from);
    let dead = document.get("deceasedBoolean").and_then(Value::as_bool) == Some(true);
    let numbers = document.items_at("identifier").iter();
    let mut numbers = numbers.filter_map(|i| i.str_at("value")?.parse::<u64>().ok());
    Chart {
        family,
        given,
        birth: text(document, "birthDate"),
        phones: all,
        contacts,
        addresses: homes(document),
        died: died.or_else(|| dead.then(|| Instant::from_millis(i64::MIN))),
        number: numbers.next(),
        ..Chart::default()
    }
}
