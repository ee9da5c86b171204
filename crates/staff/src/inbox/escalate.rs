//! Critical results that nobody looked at within the hour are sent on: to whoever covers for the person who ordered the
//! test or treats the patient, else to the clinicians who treat the patient. Each arrival is looked at once, an hour after.

use std::time::Duration;

use aceso_base::Instant;
use aceso_clinic::schedule::{Span, Zone};
use aceso_fhir::search::{Options, parse_pairs};
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Job, Purpose};
use aceso_store::{ReadError, Store, WriteError};
use tokio::time::sleep;

use super::review::HandedOn;
use super::waiting::{CRITICAL_MILLIS, DAYS, Waiting, of_document};
use crate::patient::record::Found;
use crate::schedule::off;
use crate::schedule::setting::{absences, own_role};

/// Who covers for a person: at a PractitionerRole, and at a Slot in which they are away.
pub(crate) const COVERED_BY: &str = "urn:aceso:covered-by";
/// How often it looks.
const EVERY: Duration = Duration::from_secs(60);
/// After a start it looks so far back: what came while nothing ran is not forgotten.
const BACK_MILLIS: i64 = 7 * 86_400_000;
/// So many arrivals are read at a time.
const PAGE: usize = 200;
/// Who is away may be covered by somebody who is away: so often it is asked again.
const HOPS: usize = 4;
/// What the Task says.
const WHY: &str =
    "Critical, and nobody looked at it within an hour of its arrival: the program sent it on.";

/// Why a pass failed.
#[derive(Debug, thiserror::Error)]
pub enum EscalateError {
    /// The record could not be read.
    #[error("results cannot be read")]
    Read(#[from] ReadError),
    /// The Task could not be written.
    #[error("a result cannot be sent on")]
    Write(#[from] WriteError),
}

/// Sends critical results on. One for each running server.
pub struct Escalator {
    store: Store,
    zone: Zone,
}

impl Escalator {
    /// For this store, with absences by the clinic's clock.
    pub const fn new(store: Store, zone: Zone) -> Self {
        Self { store, zone }
    }

    /// Looks every minute until it is dropped.
    pub async fn run(self) {
        let mut from = self.store.now().plus_millis(-BACK_MILLIS);
        loop {
            let until = self.store.now().plus_millis(-CRITICAL_MILLIS);
            match self.look(from, until).await {
                Ok(0) => from = until,
                Ok(sent) => {
                    from = until;
                    tracing::warn!(sent, "critical results were sent on");
                }
                // What was not looked at is looked at the next time.
                Err(error) => tracing::error!(%error, "critical results cannot be sent on"),
            }
            sleep(EVERY).await;
        }
    }

    /// Looks at what came after one moment and not after another; answers how many results were sent on.
    pub async fn look(&self, from: Instant, until: Instant) -> Result<usize, EscalateError> {
        let (mut from, mut sent) = (from.to_fhir(), 0);
        loop {
            let found = self.arrivals(&from, until).await?;
            let mut late = Vec::new();
            for document in &found.matches {
                let waiting = of_document(&found, document, None);
                let waiting = waiting.filter(|w| w.is_critical() && !w.escalated);
                late.extend(waiting.map(|w| (w, responsible(&found, document))));
            }
            for (waiting, responsible) in late {
                self.send(&waiting, responsible.as_deref()).await?;
                sent += 1;
            }
            let last = found.matches.last();
            let last = last.and_then(|d| d.get("meta")?.str_at("lastUpdated"));
            match last {
                Some(last) if found.matches.len() >= PAGE && last != from => {
                    last.clone_into(&mut from)
                }
                Some(_) | None => return Ok(sent),
            }
        }
    }

    /// Laboratory results that came then, with their patients, orders, and the Tasks about them.
    async fn arrivals(&self, from: &str, until: Instant) -> Result<Found, ReadError> {
        let taken = self.store.now().plus_millis(-DAYS * 86_400_000);
        let pairs = [
            ("category", "laboratory".to_owned()),
            ("_lastUpdated", ["gt", from].concat()),
            ("_lastUpdated", ["le", &until.to_fhir()].concat()),
            ("date", ["ge", &crate::words::field_day(taken)].concat()),
            ("_sort", "_lastUpdated".to_owned()),
            ("_include", "Observation:patient".to_owned()),
            ("_include", "Observation:based-on".to_owned()),
            ("_revinclude", "Task:focus".to_owned()),
            ("_count", PAGE.to_string()),
        ];
        self.find("Observation", &pairs).await
    }

    async fn find(&self, kind: &'static str, pairs: &[(&str, String)]) -> Result<Found, ReadError> {
        let pairs = pairs.iter().map(|(n, v)| ((*n).to_owned(), v.clone()));
        let pairs: Vec<(String, String)> = pairs.collect();
        let options = Options {
            now: self.store.now().millis(),
            ..Options::default()
        };
        let query = parse_pairs(Some(kind), &pairs, &options)
            .map_err(|error| ReadError::BadQuery(format!("{kind}: {error}")))?;
        let caller = Caller::job(Job::Escalate);
        let page = self.store.read(&caller, Purpose::Treatment);
        let page = page.search(query).await?;
        let read = |all: &[aceso_store::Stored]| -> Result<Vec<Value>, ReadError> {
            let each = all.iter().map(|s| json::read(&s.body));
            let each: Result<Vec<Value>, _> = each.collect();
            each.map_err(|error| ReadError::BadQuery(format!("{kind}: {error}")))
        };
        Ok(Found {
            matches: read(&page.matches)?,
            along: read(&page.included)?,
            next: page.next,
            releases: Vec::new(),
        })
    }

    async fn send(&self, late: &Waiting, responsible: Option<&str>) -> Result<(), EscalateError> {
        let to = match responsible {
            Some(person) => self.covering(person).await?,
            None => None,
        };
        let at = self.store.now().to_fhir();
        let task = HandedOn {
            focus: &late.reference,
            title: &late.title,
            patient: &["Patient/", &late.patient].concat(),
            by: None,
            to: to.as_deref(),
            at: &at,
            comment: WHY,
        };
        let caller = Caller::job(Job::Escalate);
        let mut tx = self.store.write(&caller, Purpose::Treatment);
        tx.create(&self.store.new_id(), Value::from(task.task()))?;
        tx.commit().await?;
        Ok(())
    }

    /// Who covers for a person; whoever covers for those who are away themselves. None where nobody is named.
    async fn covering(&self, person: &str) -> Result<Option<String>, ReadError> {
        let (mut seen, mut next) = (vec![person.to_owned()], None);
        for _ in 0..HOPS {
            let of = seen.last().cloned().unwrap_or_default();
            let pairs = [("practitioner", of.clone()), ("active", "true".to_owned())];
            let found = self.find("PractitionerRole", &pairs).await?;
            let role = own_role(&found.matches, &of);
            let off = self.off(&of).await?;
            // Whoever covers and is here does it.
            if next.is_some() && off.is_none() && !role.is_some_and(|r| self.is_away(r)) {
                break;
            }
            let cover = off
                .as_ref()
                .and_then(cover)
                .or_else(|| role.and_then(cover));
            let Some(cover) = cover.filter(|c| !seen.iter().any(|s| s == c)) else {
                break;
            };
            next = Some(cover.to_owned());
            seen.push(cover.to_owned());
        }
        Ok(next)
    }

    /// The time that a person who is away now closed themselves.
    async fn off(&self, person: &str) -> Result<Option<Value>, ReadError> {
        let pairs = [("actor", person.to_owned()), ("active", "true".to_owned())];
        let schedules = self.find("Schedule", &pairs).await?;
        let ids = schedules.matches.iter().filter_map(Value::id);
        let ids: Vec<String> = ids.map(|id| ["Schedule/", id].concat()).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let at = self.store.now().millis();
        let [status, start] = off::now(at);
        let pairs = [("schedule", ids.join(",")), status, start];
        let found = self.find("Slot", &pairs).await?;
        Ok(found.matches.into_iter().find(|slot| off::holds(slot, at)))
    }

    fn is_away(&self, role: &Value) -> bool {
        let now = self.store.now().millis();
        let here = |span: &Span| span.start() <= now && now < span.end();
        absences(role, &self.zone).iter().any(here)
    }
}

/// Who covers, as a PractitionerRole or a Slot in which its person is away says: `Practitioner/x`.
pub(crate) fn cover(role: &Value) -> Option<&str> {
    let mut told = role.items_at("extension").iter();
    let own = told.find(|e| e.str_at("url") == Some(COVERED_BY))?;
    own.get("valueReference")?.str_at("reference")
}

/// Who has to look at a result: who ordered it, else who treats the patient.
fn responsible(found: &Found, result: &Value) -> Option<String> {
    let practises = |reference: &str| reference.starts_with("Practitioner/");
    let orders = result.items_at("basedOn").iter();
    let mut orders = orders.filter_map(|order| found.target(Some(order)));
    let ordered = orders.find_map(|order| order.get("requester")?.str_at("reference"));
    let treats = || {
        let patient = found.target(result.get("subject"))?;
        let mut all = patient.items_at("generalPractitioner").iter();
        all.find_map(|p| p.str_at("reference").filter(|r| practises(r)))
    };
    let found = ordered.filter(|r| practises(r)).or_else(treats);
    found.map(str::to_owned)
}
