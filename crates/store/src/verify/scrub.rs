//! The scrub: the same checks in slices, beside the running server, from the first resource to the last audit entry and
//! then again. How far it has come stands in the record, so a restart goes on where the last slice ended.

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_vault::tree::Edge;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

use super::cells::{Cells, TABLES};
use super::kept::{self, SCRUB};
use super::strays::Lately;
use super::versions::Versions;
use super::{Check, Finding, LOG, Report};
use crate::people::{Act, Need, PeopleError};
use crate::statements as sql;
use crate::{Store, StoreError};

/// Where the running round stands.
const ROUND: &str = "scrub round";
/// A round begins a day after the last one began, at the earliest.
const REST_MILLIS: i64 = 86_400_000;
/// Resources in one step.
const STEP: i64 = 64;
const CACHE_KIB: u32 = 2048;

/// Checks the store slice by slice.
pub struct Scrub(Store);

/// What a slice did.
#[derive(Clone, Debug)]
pub struct Scrubbed {
    started: Instant,
    /// Where the next slice begins; none: the round is over.
    next: Option<Place>,
    seen: Seen,
    /// What was found.
    pub report: Report,
}

/// How much the round has looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    resources: u64,
    versions: u64,
    entries: u64,
}

/// A place in a round.
#[derive(Clone, Debug)]
enum Place {
    /// After the resource of this key.
    Resources(i64),
    /// After a row of an index table.
    Rows(usize, Cells),
    People,
    /// After the entries of this tree.
    Log(Edge),
}

impl Store {
    /// The scrub, for the part of the program that checks.
    pub fn scrub(&self, caller: &Caller) -> Option<Scrub> {
        let allowed = Need::Check.verdict(&self.policies(), caller, self.now());
        (allowed == aceso_policy::Verdict::Allow).then(|| Scrub(self.clone()))
    }
}

impl Scrub {
    /// Goes on for as long as `go_on` says so, at least one step; none when the last round was short ago. Runs on the
    /// calling thread.
    pub fn slice(&self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Scrubbed>, StoreError> {
        let mut check = Check::new(&self.0, CACHE_KIB)?;
        let Some((started, seen, mut place)) = position(&check.record, check.now)? else {
            return Ok(None);
        };
        let mut lately = Lately::default();
        let next = loop {
            let Some(next) = step(&mut check, place, &mut lately) else {
                break None;
            };
            if !go_on() {
                break Some(next);
            }
            place = next;
        };
        let report = std::mem::take(&mut check.report);
        Ok(Some(Scrubbed {
            started,
            next,
            seen: Seen {
                resources: seen.resources + report.resources,
                versions: seen.versions + report.versions,
                entries: seen.entries + report.audit_entries,
            },
            report,
        }))
    }

    /// Keeps what a slice found and where it ended. What was not known before is told to the administrators, and named in
    /// an entry; so is the end of a round.
    pub async fn keep(&self, caller: &Caller, slice: Scrubbed) -> Result<(), PeopleError> {
        let store = &self.0;
        let (now, notice) = (store.now(), store.new_id());
        let over = slice.next.is_none();
        if slice.report.findings.is_empty() && !over {
            store
                .permit(caller, Need::Check, &Act::plain("scrub"))
                .await?;
            return store.act_quietly(move |tx| Ok(slice.position(tx)?)).await;
        }
        let mut act = Act::plain("scrub").with(slice.summary());
        act.on = slice
            .report
            .findings
            .iter()
            .take(50)
            .map(|f| f.place.clone())
            .collect();
        store
            .act(caller, Need::Check, act, move |tx| {
                let known = known(tx)?;
                let is_new = |f: &&Finding| !known.contains(&(f.place.clone(), f.what.clone()));
                let fresh: Vec<Finding> = slice
                    .report
                    .findings
                    .iter()
                    .filter(is_new)
                    .cloned()
                    .collect();
                kept::tell(tx, &notice, now, &fresh)?;
                kept::add(tx, now, &slice.report.findings)?;
                if over {
                    tx.prepare_cached(sql::FOUND_PRUNE)?
                        .execute([slice.started.millis()])?;
                    let wrong = tx.query_row(sql::FOUND_COUNT, [], |row| row.get(0))?;
                    kept::set(tx, SCRUB, now, wrong, &slice.summary())?;
                }
                Ok(slice.position(tx)?)
            })
            .await
    }
}

/// One step; answers where the next begins, or none at the end of the round.
fn step(check: &mut Check<'_>, place: Place, lately: &mut Lately) -> Option<Place> {
    match place {
        Place::Resources(after) => {
            let mut next = None;
            check.part("table res", |c| {
                let mut versions = Versions::after(after);
                next = c.some_resources(after, STEP, &mut versions)?;
                if next.is_none() {
                    c.left_over(&mut versions, i64::MAX)?;
                }
                Ok(())
            });
            next.map(Place::Resources).or_else(|| rows(0))
        }
        Place::Rows(number, after) => {
            let mut next = None;
            check.part("index tables", |c| {
                next = c.strays(number, &after, lately)?;
                Ok(())
            });
            match next {
                Some(last) => Some(Place::Rows(number, last)),
                None => rows(number + 1).or(Some(Place::People)),
            }
        }
        Place::People => {
            check.part("people and apps", Check::people);
            Some(Place::Log(Edge::default()))
        }
        Place::Log(edge) => log(check, edge),
    }
}

fn rows(number: usize) -> Option<Place> {
    let table = TABLES.get(number)?;
    Some(Place::Rows(number, table.least()))
}

fn log(check: &mut Check<'_>, edge: Edge) -> Option<Place> {
    let before = edge.size();
    match crate::audit::check_some(&check.log, check.keyring, edge) {
        Ok(some) => {
            check.report.audit_entries += some.edge.size() - before;
            if let Some((place, what)) = some.wrong {
                check.find(&place, &what, LOG);
                return None;
            }
            (!some.over).then_some(Place::Log(some.edge))
        }
        Err(error) => {
            check.find("audit log", &format!("cannot be read: {error}"), LOG);
            None
        }
    }
}

impl Scrubbed {
    /// What the round has looked at so far, in words.
    fn summary(&self) -> String {
        let seen = format!(
            "{} resources, {} older versions, {} audit entries since {}",
            self.seen.resources,
            self.seen.versions,
            self.seen.entries,
            self.started.to_fhir(),
        );
        match self.next {
            Some(_) => seen,
            None => [&seen, "the whole store"].join(": "),
        }
    }

    fn position(&self, tx: &Connection) -> Result<(), StoreError> {
        let detail = json!({
            "next": self.next.as_ref().map(Place::to_json),
            "seen": [self.seen.resources, self.seen.versions, self.seen.entries],
        });
        kept::set(tx, ROUND, self.started, 0, &detail.to_string())
    }
}

/// When the round began, what it has seen, where it goes on; none while it rests.
fn position(
    record: &Connection,
    now: Instant,
) -> Result<Option<(Instant, Seen, Place)>, StoreError> {
    let fresh = Some((now, Seen::default(), Place::Resources(i64::MIN)));
    let Some(round) = kept::one(record, ROUND)? else {
        return Ok(fresh);
    };
    let detail: Value = serde_json::from_str(&round.detail).unwrap_or_default();
    match detail.get("next").and_then(Place::from_json) {
        Some(place) => {
            let seen = |at: usize| {
                detail
                    .pointer(&format!("/seen/{at}"))
                    .and_then(Value::as_u64)
            };
            let seen = Seen {
                resources: seen(0).unwrap_or(0),
                versions: seen(1).unwrap_or(0),
                entries: seen(2).unwrap_or(0),
            };
            Ok(Some((round.at, seen, place)))
        }
        None if now.millis() - round.at.millis() < REST_MILLIS && round.at <= now => Ok(None),
        None => Ok(fresh),
    }
}

fn known(tx: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = tx.prepare_cached(sql::FOUND_ALL)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows
        .collect::<Result<_, _>>()
        .optional()?
        .unwrap_or_default())
}

impl Place {
    fn to_json(&self) -> Value {
        match self {
            Self::Resources(after) => json!({"resources": after}),
            Self::Rows(number, after) => {
                json!({"rows": number, "after": after.iter().map(cell).collect::<Vec<_>>()})
            }
            Self::People => json!({"people": true}),
            Self::Log(edge) => json!({"log": edge.size(), "peaks": edge.peaks()}),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        if let Some(after) = value.get("resources") {
            return after.as_i64().map(Self::Resources);
        }
        if let Some(number) = value.get("rows") {
            let number = usize::try_from(number.as_u64()?).ok()?;
            let cells = value.get("after")?.as_array()?.iter().map(from_cell);
            return Some(Self::Rows(number, cells.collect::<Option<_>>()?));
        }
        if value.get("people").is_some() {
            return Some(Self::People);
        }
        let peaks = serde_json::from_value(value.get("peaks")?.clone()).ok()?;
        Edge::new(value.get("log")?.as_u64()?, peaks).map(Self::Log)
    }
}

fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Integer(n) => json!(n),
        Cell::Text(text) => json!(text),
        Cell::Real(n) => json!({"bits": n.to_bits()}),
        Cell::Null | Cell::Blob(_) => Value::Null,
    }
}

fn from_cell(value: &Value) -> Option<Cell> {
    if let Some(bits) = value.get("bits") {
        return Some(Cell::Real(f64::from_bits(bits.as_u64()?)));
    }
    value
        .as_i64()
        .map(Cell::Integer)
        .or_else(|| value.as_str().map(|text| Cell::Text(text.to_owned())))
}
