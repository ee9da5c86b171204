//! Whom an incident concerns: every patient whose record somebody's acts touched in a time, and what of it, as the audit log
//! says (45 CFR 164.404(c)(1)(B)).

use std::collections::{BTreeMap, BTreeSet};

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_shield::incident::Incident;
use rusqlite::Connection;

use super::records::one;
use crate::audit::{LoggedEntry, Walk, Wanted, logged};
use crate::key::Names;
use crate::people::{Act, Need, PeopleError};
use crate::{Store, StoreError};

/// What of one patient's record was touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// Types of resources, or what an entry without one was about.
    pub kinds: BTreeSet<String>,
    /// Acts: `read`, `search`, `update`.
    pub acts: BTreeSet<String>,
    /// The first entry.
    pub first: u64,
    /// How many entries.
    pub entries: u64,
}

/// Whom an incident concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// By the patient's logical id.
    pub patients: BTreeMap<String, Concerned>,
    /// Entries of the time that were looked at.
    pub looked_at: u64,
    /// Entries that do not say whom they are about: they are of before the log did, or were erased.
    pub unsaid: u64,
}

impl Store {
    /// Whom an incident concerns, from the log under the head that was signed when it was opened.
    pub async fn affected(&self, caller: &Caller, id: &str) -> Result<Affected, PeopleError> {
        let act = Act::plain("incident affected").with(id);
        let (store, id) = (self.clone(), id.to_owned());
        let need = Need::May(aceso_policy::Task::ReviewBreakGlass);
        self.look(caller, need, act, move |c| {
            let kept = one(c, &id)?.ok_or(PeopleError::Unknown)?;
            let names = store.0.keys.names();
            Ok(store.on_log(|log| walk(log, &names, &kept.incident))??)
        })
        .await
    }
}

/// By the log's indexes: the entries of the time, or those among them that are of somebody.
fn walk(log: &Connection, names: &Names, incident: &Incident) -> Result<Affected, StoreError> {
    let who = Some(incident.who.clone()).filter(|who| !who.is_empty());
    let wanted = Wanted {
        who: who.into_iter().collect(),
        from: Some(Instant::from_millis(incident.from)),
        until: Some(Instant::from_millis(incident.until)),
        upto: Some(incident.last_entry),
        ..Wanted::default()
    };
    let mut affected = Affected::default();
    let mut walk = Walk::new(log, names, &wanted, None)?;
    while let Some(seq) = walk.step()? {
        let Some((seq, at, said)) = logged(log, seq)? else {
            continue;
        };
        // The index leads to whole spans of the log.
        if incident.from <= at.millis() && at.millis() <= incident.until {
            affected.add(incident, seq, said);
        }
    }
    Ok(affected)
}

impl Affected {
    /// Entries come the newest first.
    fn add(&mut self, incident: &Incident, seq: u64, said: Option<LoggedEntry>) {
        self.looked_at += 1;
        let Some(said) = said else {
            self.unsaid += 1;
            return;
        };
        let is_theirs = |who: &str| who == incident.who;
        let theirs = incident.who.is_empty()
            || is_theirs(&said.who)
            || said.by.as_deref().is_some_and(is_theirs);
        // Who was refused saw nothing.
        if !theirs || said.outcome.is_some() {
            return;
        }
        let Some(patients) = &said.patients else {
            self.unsaid += 1;
            return;
        };
        let kinds: Vec<String> = (said.on.iter())
            .filter_map(|on| on.split_once('/').map(|(kind, _)| kind.to_owned()))
            .collect();
        for patient in patients {
            let concerned = self.patients.entry(patient.clone()).or_default();
            concerned.first = seq;
            concerned.entries += 1;
            concerned.acts.insert(said.act.clone());
            concerned.kinds.extend(kinds.iter().cloned());
        }
    }
}
