//! Incidents as they are kept: each change is an act of somebody, and names the version that it was made on.

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use aceso_shield::incident::{Factor, Finding, Incident, NotYet, Note};
use rusqlite::{Connection, OptionalExtension, Row};

use super::alerts::decide;
use super::names::name_of;
use crate::audit::signed_head;
use crate::people::{Act, Need, PeopleError, Refusal};
use crate::{Store, StoreError, statements as sql};

const PAGE: i64 = 500;
const LONGEST: usize = 4000;
const NEED: Need<'static> = Need::May(Task::ReviewBreakGlass);

/// An incident as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptIncident {
    /// Its id.
    pub id: String,
    /// Goes up with each change.
    pub version: u64,
    /// When it was opened.
    pub opened: Instant,
    /// When it was closed.
    pub closed: Option<Instant>,
    /// The name of whose accesses are looked at, when they work here.
    pub name: Option<String>,
    /// What is known.
    pub incident: Incident,
}

/// An incident to be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewIncident {
    /// What it is called. Names no patient.
    pub title: String,
    /// When it was discovered.
    pub discovered: Option<Instant>,
    /// Whose accesses are looked at, as the audit log names them; empty: anybody's.
    pub who: String,
    /// From when on.
    pub from: Option<Instant>,
    /// Until when.
    pub until: Option<Instant>,
    /// The alert that it was.
    pub alert: Option<String>,
}

/// A change of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentChange {
    /// Something to be kept.
    Note(String),
    /// The answer to a question of the assessment.
    Factor(Factor, String),
    /// It is closed.
    Close(Finding),
}

impl Store {
    /// Opens an incident. The log's head is signed now: what is looked at stands under it. Answers its id.
    pub async fn open_incident(
        &self,
        caller: &Caller,
        new: NewIncident,
    ) -> Result<String, PeopleError> {
        let (id, now, by) = (self.new_id(), self.now(), caller.name());
        let act = Act::plain("incident open").with(id.clone());
        self.permit(caller, NEED, &act).await?;
        let store = self.clone();
        let frozen = tokio::task::spawn_blocking(move || store.frozen()).await;
        let (last_entry, head) = frozen.map_err(|_| StoreError::closed())??;
        self.act(caller, NEED, act, move |tx| {
            let title = text(&new.title, "say in at most 4000 letters what happened")?;
            let discovered = new.discovered.unwrap_or(now);
            let (from, until) = (new.from.unwrap_or(discovered), new.until.unwrap_or(now));
            if until < from || discovered > now {
                return Err(
                    Refusal::Field("the time must not end before it begins, or lie ahead").into(),
                );
            }
            let incident = Incident {
                title: title.clone(),
                discovered: discovered.millis(),
                who: new.who.trim().to_owned(),
                from: from.millis(),
                until: until.millis(),
                head,
                last_entry,
                notes: vec![note(now, &by, "opened")],
                ..Incident::default()
            };
            if let Some(alert) = &new.alert {
                decide(tx, alert, now, &by, &title, Some(&id))?;
            }
            let values = (&id, now.millis(), body(&incident)?);
            tx.prepare_cached(sql::INCIDENT_ADD)?.execute(values)?;
            Ok(id)
        })
        .await
    }

    /// How many entries the log has, with all that is done by now, and its signed head of that size.
    pub(super) fn frozen(&self) -> Result<(u64, String), StoreError> {
        self.0.readers.log().settle()?;
        let signed = self.on_log(|log| signed_head(log, &self.0.keyring))?;
        signed.map(|(size, head, _)| (size, head))
    }

    /// The incidents, newest first; the last 500.
    pub async fn incidents(&self, caller: &Caller) -> Result<Vec<KeptIncident>, PeopleError> {
        self.look(caller, NEED, Act::plain("incident list"), move |c| {
            let mut statement = c.prepare_cached(sql::INCIDENT_ALL)?;
            let rows = statement.query_map([PAGE], from_row)?;
            let named = rows.map(|row| with_name(c, row?));
            Ok(named.collect::<Result<_, StoreError>>()?)
        })
        .await
    }

    /// One incident.
    pub async fn incident(&self, caller: &Caller, id: &str) -> Result<KeptIncident, PeopleError> {
        let act = Act::plain("incident read").with(id);
        let id = id.to_owned();
        self.look(caller, NEED, act, move |c| {
            one(c, &id)?.ok_or(PeopleError::Unknown)
        })
        .await
    }

    /// Changes an incident that is open, in the version that the caller saw.
    pub async fn change_incident(
        &self,
        caller: &Caller,
        id: &str,
        version: u64,
        change: IncidentChange,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("incident change").with(format!("{id}: {}", change.name()));
        let (id, now, by) = (id.to_owned(), self.now(), caller.name());
        self.act(caller, NEED, act, move |tx| {
            let kept = one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            let mut incident = kept.incident;
            let closed = apply(&mut incident, change, now, &by)?;
            let closed = closed.map(Instant::millis);
            let values = (closed, body(&incident)?, &id, version.cast_signed());
            if tx.prepare_cached(sql::INCIDENT_SET)?.execute(values)? == 0 {
                return Err(Refusal::Decided.into());
            }
            Ok(())
        })
        .await
    }
}

impl IncidentChange {
    const fn name(&self) -> &'static str {
        match self {
            Self::Note(_) => "note",
            Self::Factor(factor, _) => factor.name(),
            Self::Close(finding) => finding.name(),
        }
    }
}

/// Answers when it was closed by this.
fn apply(
    incident: &mut Incident,
    change: IncidentChange,
    now: Instant,
    by: &str,
) -> Result<Option<Instant>, PeopleError> {
    match change {
        IncidentChange::Note(said) => {
            let said = text(&said, "say in at most 4000 letters what is to be kept")?;
            incident.notes.push(note(now, by, &said));
            Ok(None)
        }
        IncidentChange::Factor(factor, said) => {
            let said = text(&said, "answer in at most 4000 letters")?;
            incident.factors.insert(factor, said);
            incident
                .notes
                .push(note(now, by, &format!("assessed: {}", factor.question())));
            Ok(None)
        }
        IncidentChange::Close(finding) => {
            incident.close(finding).map_err(|why| {
                Refusal::Field(match why {
                    NotYet::Factor(_) => "answer all four questions of the assessment first",
                    NotYet::Closed => "it is closed already",
                })
            })?;
            let closed = match finding {
                Finding::LowProbability => "closed: low-probability",
                Finding::Breach => "closed: breach",
            };
            incident.notes.push(note(now, by, closed));
            Ok(Some(now))
        }
    }
}

pub(super) fn note(now: Instant, by: &str, text: &str) -> Note {
    Note {
        at: now.millis(),
        by: by.to_owned(),
        text: text.to_owned(),
    }
}

pub(super) fn text(typed: &str, wrong: &'static str) -> Result<String, PeopleError> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().count() > LONGEST {
        return Err(Refusal::Field(wrong).into());
    }
    Ok(typed.to_owned())
}

pub(super) fn body(incident: &Incident) -> Result<String, StoreError> {
    serde_json::to_string(incident).map_err(|error| StoreError(error.to_string()))
}

/// One incident.
pub(super) fn one(c: &Connection, id: &str) -> Result<Option<KeptIncident>, PeopleError> {
    let mut statement = c.prepare_cached(sql::INCIDENT_ONE)?;
    let found = statement.query_row([id], from_row).optional()?;
    Ok(found.map(|kept| with_name(c, kept)).transpose()?)
}

fn with_name(c: &Connection, mut kept: KeptIncident) -> Result<KeptIncident, StoreError> {
    kept.name = name_of(c, &kept.incident.who)?;
    Ok(kept)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<KeptIncident> {
    let body: String = row.get(4)?;
    let incident = serde_json::from_str(&body).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(KeptIncident {
        id: row.get(0)?,
        version: row.get::<_, i64>(1)?.cast_unsigned(),
        opened: Instant::from_millis(row.get(2)?),
        closed: row.get::<_, Option<i64>>(3)?.map(Instant::from_millis),
        name: None,
        incident,
    })
}
