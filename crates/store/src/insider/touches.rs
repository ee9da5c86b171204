//! What people did with patients' records, from the audit log.

use std::collections::BTreeMap;
use std::net::IpAddr;

use aceso_base::Instant;
use aceso_shield::insider::{TokenUse, Touch, What};
use rusqlite::Connection;

use super::decoys::{Decoy, DecoyKind};
use super::workers::Staff;
use crate::StoreError;
use crate::audit::{LoggedEntry, logged_after, logged_count};
use crate::key::Keys;
use crate::trail::patients_of;

const PAGE: u32 = 2000;
/// A token used from an address that somebody used this long before or after is thought to be used by them.
const HOUR: i64 = 3_600_000;

/// What the log says.
#[derive(Default)]
pub(super) struct Read {
    pub(super) touches: Vec<Touch>,
    pub(super) tokens: Vec<TokenUse>,
}

/// Reads the log's entries of a time.
pub(super) fn read(
    record: &Connection,
    log: &Connection,
    keys: &Keys,
    staff: &[Staff],
    decoys: &[Decoy],
    (since, until): (Instant, Instant),
) -> Result<Read, StoreError> {
    let mut by_name = BTreeMap::new();
    for (place, one) in staff.iter().enumerate() {
        by_name.insert(one.worker.name.as_str(), place);
        by_name.insert(one.worker.account.as_str(), place);
    }
    let mut reading = Reading {
        record,
        keys,
        by_name,
        decoys,
        known: BTreeMap::new(),
        read: Read::default(),
    };
    let mut seq = first(log, since)?;
    'log: loop {
        let page = logged_after(log, seq, PAGE)?;
        let Some((last, ..)) = page.last() else {
            break;
        };
        seq = *last;
        for (seq, at, said) in page {
            if at >= until {
                break 'log;
            }
            if let Some(said) = said {
                reading.entry(seq, at, &said)?;
            }
        }
    }
    let mut read = reading.read;
    let touches = &read.touches;
    for token in &mut read.tokens {
        let near = |t: &&Touch| (t.at.millis() - token.at.millis()).abs() <= HOUR;
        let same = touches
            .iter()
            .filter(near)
            .find(|t| t.from.is_some() && t.from == token.from);
        token.worker = same.map(|t| t.worker);
    }
    Ok(read)
}

/// The number of the last entry before a time: entries stand in the order of time, but for those that a process left
/// behind for moments.
fn first(log: &Connection, since: Instant) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, logged_count(log)?);
    while low < high {
        let middle = low + (high - low) / 2;
        let page = logged_after(log, middle, 1)?;
        match page.first() {
            Some((_, at, _)) if *at < since => low = middle + 1,
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

struct Reading<'a> {
    record: &'a Connection,
    keys: &'a Keys,
    by_name: BTreeMap<&'a str, usize>,
    decoys: &'a [Decoy],
    known: BTreeMap<String, Vec<String>>,
    read: Read,
}

impl Reading<'_> {
    fn entry(&mut self, seq: u64, at: Instant, said: &LoggedEntry) -> Result<(), StoreError> {
        let from: Option<IpAddr> = said.from.as_deref().and_then(|f| f.parse().ok());
        if let Some(client) = said.who.strip_prefix("client/")
            && self
                .decoys
                .iter()
                .any(|d| d.kind == DecoyKind::Client && d.id == client)
        {
            self.read.tokens.push(TokenUse {
                seq,
                at,
                from,
                client: client.to_owned(),
                worker: None,
            });
        }
        let actor = said.by.as_deref().unwrap_or(&said.who);
        let name = actor.strip_prefix("person/");
        let Some(worker) = name.and_then(|n| self.by_name.get(n)).copied() else {
            return Ok(());
        };
        for what in self.what(said)? {
            self.read.touches.push(Touch {
                seq,
                at,
                worker,
                what,
                from,
            });
        }
        Ok(())
    }

    fn what(&mut self, said: &LoggedEntry) -> Result<Vec<What>, StoreError> {
        let verb = said.act.split(' ').next().unwrap_or_default();
        let taken = matches!(verb, "export" | "print" | "bulk");
        let opened = matches!(
            verb,
            "read"
                | "vread"
                | "history"
                | "search"
                | "create"
                | "update"
                | "patch"
                | "delete"
                | "transaction"
        );
        if !taken && !opened {
            return Ok(vec![What::Present]);
        }
        // What was not found, or refused, the entry names without its patient.
        let all_named = said.patients.is_some() && said.outcome.is_none();
        let mut patients = said.patients.clone().unwrap_or_default();
        let mut kinds = Vec::new();
        for item in said.on.iter().chain(tried(said).as_ref()) {
            let kind = item.split('/').next().unwrap_or_default();
            if !kinds.iter().any(|k| k == kind) {
                kinds.push(kind.to_owned());
            }
            if all_named {
                continue;
            }
            for id in patients_of(self.record, self.keys, &mut self.known, item)? {
                if !patients.contains(&id) {
                    patients.push(id);
                }
            }
        }
        if taken {
            return Ok(patients.into_iter().map(What::TakenOut).collect());
        }
        let mut out = Vec::new();
        let query = said.detail.as_deref().filter(|_| verb == "search");
        let listed = query.and_then(|q| q.strip_prefix("Patient?"));
        if listed.is_some() || patients.len() > 1 {
            out.push(What::Listed(listed.and_then(prefix)));
        }
        match patients.as_slice() {
            [one] => out.push(What::Opened(one.clone(), kinds)),
            [] if out.is_empty() => out.push(What::Present),
            _ => {}
        }
        Ok(out)
    }
}

/// What somebody was refused: the type and, where the request named it, the resource or the patient.
fn tried(said: &LoggedEntry) -> Option<String> {
    let (kind, rest) = said.detail.as_deref()?.split_once('/')?;
    if said.outcome.as_deref() != Some("denied") || !said.on.is_empty() {
        return None;
    }
    let patient = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let id = value.strip_prefix("Patient/").unwrap_or(value);
        matches!(name, "patient" | "subject").then(|| ["Patient/", id].concat())
    };
    if rest.contains('=') {
        rest.split('&').find_map(patient)
    } else {
        Some([kind, "/", rest].concat())
    }
}

/// The beginning of a name that was searched for.
fn prefix(query: &str) -> Option<String> {
    let parameter = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name = name.split(':').next().unwrap_or_default();
        matches!(name, "name" | "family" | "given").then(|| value.to_lowercase())
    };
    query
        .split('&')
        .find_map(parameter)
        .filter(|v| !v.is_empty())
}
