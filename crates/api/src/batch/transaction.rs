//! Transactions: all entries or none.
//!
//! One run: (1) the conditions are looked up, (2) every entry gets its id and the references their new form, (3) the
//! resources are validated and prepared on all cores, (4) the writes go into one store transaction in the order
//! DELETE, POST, PUT and PATCH, (5) reads of single resources see the result, (6) it commits. When what was looked up
//! has changed by then, everything runs again. Searches, history and operations are answered after the commit.

use std::collections::HashSet;
use std::sync::Arc;

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::Query;
use aceso_store::{Change, Stored, Tx};
use http::StatusCode;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::problem::{Answered, Problem, gone, short};
use crate::routes::{Act, is_id};
use crate::tries::Tries;
use crate::update::{Demand, own_id};
use crate::{criteria, form, patch};

use super::prepare::{Job, Ready, prepare};
use super::rewrite::{Names, conditional};
use super::{Entry, place};

/// What an entry will do, as far as that is known before anything is looked up.
struct Plan {
    index: usize,
    kind: &'static str,
    act: Act,
    /// The id in the address, or the id that a creation will get.
    id: String,
    /// What is looked up first.
    condition: Option<Query>,
    if_match: Option<u64>,
    only_new: bool,
    full_url: Option<String>,
    resource: Option<Arc<Value>>,
}

/// Where an entry's act goes in this run.
enum Goal {
    /// A new resource with this id.
    New(String),
    /// This resource, which is there or will be.
    At(String),
    /// Nothing is done: this is there already (conditional create).
    There(Stored),
    /// Nothing is done: there is nothing to delete.
    Absent,
}

/// Runs a transaction; the answers are in the order of the entries.
pub(crate) async fn run(ask: &Ask, entries: Vec<Entry>) -> Answered<Vec<Answer>> {
    let mut answers: Vec<Option<Answer>> = entries.iter().map(|_| None).collect();
    let mut writes = Vec::new();
    let mut reads = Vec::new();
    for entry in entries {
        let index = entry.index;
        if entry.turn() == 3 {
            reads.push(entry);
        } else {
            writes.push(plan(ask, entry).map_err(|p| p.within(&place(index)))?);
        }
    }
    // Steady: entries of the same turn keep their order.
    writes.sort_by_key(|w| turn(w.act));
    check_reads(ask, &reads)?;
    let mut tries = Tries::default();
    let (written, seen) = loop {
        let mut tx = ask.tx();
        let done = attempt(ask, &mut tx, &writes, &reads).await;
        let bodies: Vec<(usize, bytes::Bytes)> = match &done {
            Ok((written, _)) => written
                .iter()
                .map(|(index, _, stored)| (*index, body(stored)))
                .collect(),
            Err(_) => Vec::new(),
        };
        if let Some(done) = tries
            .settle(tx, done)
            .await
            .map_err(|p| located(p, &bodies))?
        {
            break done;
        }
    };
    let wish = ask.show.wish.or(Some(crate::negotiate::Return::Minimal));
    for (index, status, stored) in written {
        let answer = match stored {
            Some(stored) => Answer::written(status, stored, wish),
            None => Answer::new(status, crate::answer::Content::None),
        };
        put(&mut answers, index, answer);
    }
    for (index, stored) in seen {
        put(&mut answers, index, Answer::stored(stored));
    }
    for mut entry in reads {
        let (index, act) = (entry.index, entry.act);
        if answers.get(index).is_some_and(Option::is_some) {
            continue;
        }
        let one = entry.ask(ask)?;
        let answered = crate::act_within(act, one).await;
        put(
            &mut answers,
            index,
            answered.unwrap_or_else(|p| p.within(&place(index)).answer(&ask.visit)),
        );
    }
    Ok(answers.into_iter().flatten().collect())
}

fn body(stored: &Option<Stored>) -> bytes::Bytes {
    stored.as_ref().map(|s| s.body.clone()).unwrap_or_default()
}

fn put(answers: &mut [Option<Answer>], index: usize, answer: Answer) {
    if let Some(place) = answers.get_mut(index) {
        *place = Some(answer);
    }
}

fn turn(act: Act) -> u8 {
    match act {
        Act::Delete | Act::DeleteBy => 0,
        Act::Create => 1,
        _ => 2,
    }
}

fn plan(ask: &Ask, mut entry: Entry) -> Answered<Plan> {
    let resource = entry.resource.take();
    let one = entry.ask(ask)?;
    let kind = one.kind()?;
    let condition = match entry.act {
        Act::Create => one.if_none_exist(kind)?,
        Act::UpdateBy | Act::PatchBy | Act::DeleteBy => {
            Some(criteria::condition(&one, kind, &one.query)?)
        }
        _ => None,
    };
    let id = match entry.act {
        Act::Update => one.new_id()?.to_owned(),
        Act::Patch | Act::Delete => one.id()?.to_owned(),
        _ => ask.api.0.store.new_id(),
    };
    if let (Act::Create | Act::Update | Act::UpdateBy, Some(value)) = (entry.act, &resource) {
        form::expect_kind(value, kind)?;
        if entry.act == Act::Update {
            own_id(value, &id)?;
        }
    }
    Ok(Plan {
        index: entry.index,
        kind,
        act: entry.act,
        id,
        condition,
        if_match: one.if_match()?,
        only_new: one.only_new() && entry.act != Act::Create,
        full_url: entry.full_url,
        resource: resource.map(Arc::new),
    })
}

/// Reads that cannot be right are refused before anything is written.
fn check_reads(ask: &Ask, reads: &[Entry]) -> Answered<()> {
    for entry in reads {
        let checked = match entry.act {
            Act::Search => criteria::query(ask, entry.place.kind, &entry.query).map(|_| ()),
            Act::Compartment => criteria::query(ask, entry.place.inner, &entry.query).map(|_| ()),
            _ => Ok(()),
        };
        checked.map_err(|p| p.within(&place(entry.index)))?;
    }
    Ok(())
}

type Written = Vec<(usize, StatusCode, Option<Stored>)>;
type Seen = Vec<(usize, Stored)>;

async fn attempt(
    ask: &Ask,
    tx: &mut Tx,
    writes: &[Plan],
    reads: &[Entry],
) -> Answered<(Written, Seen)> {
    let goals = goals(tx, writes).await?;
    let mut names = names(ask, writes, &goals)?;
    resolve(ask, tx, writes, &goals, &mut names).await?;
    let mut ready = prepare(&ask.api.0.store, jobs(writes, &goals), names).await?;
    let mut written = Vec::with_capacity(writes.len());
    for (plan, goal) in writes.iter().zip(goals) {
        let done = write(ask, tx, plan, goal, ready.remove(&plan.index)).await;
        let (status, stored) = done.map_err(|p| p.within(&place(plan.index)))?;
        written.push((plan.index, status, stored));
    }
    let mut seen = Vec::new();
    for entry in reads
        .iter()
        .filter(|e| e.act == Act::Read && e.headers.is_empty() && e.query.is_empty())
    {
        let stored = read(tx, entry)
            .await
            .map_err(|p| p.within(&place(entry.index)))?;
        seen.push((entry.index, stored));
    }
    Ok((written, seen))
}

async fn read(tx: &mut Tx, entry: &Entry) -> Answered<Stored> {
    let id = entry.place.id.as_deref().filter(|id| is_id(id));
    let (kind, id) = entry.place.kind.zip(id).ok_or_else(Problem::not_found)?;
    match tx.current(kind, id).await? {
        Some(stored) if stored.change == Change::Deleted => Err(gone(stored.version)),
        Some(stored) => Ok(stored),
        None => Err(Problem::not_found()),
    }
}

/// Looks the conditions up; refuses entries that go to the same resource.
async fn goals(tx: &mut Tx, writes: &[Plan]) -> Answered<Vec<Goal>> {
    let mut goals = Vec::with_capacity(writes.len());
    let mut taken: HashSet<(&'static str, String)> = HashSet::with_capacity(writes.len());
    for plan in writes {
        let goal = goal(tx, plan)
            .await
            .map_err(|p| p.within(&place(plan.index)))?;
        let what = match (&goal, &plan.condition) {
            (Goal::At(id), _) => Some(id.clone()),
            // Two creations on the same condition would each make what the other must not find.
            (Goal::New(_), Some(condition)) => Some(["?", &condition.self_link].concat()),
            (Goal::New(_) | Goal::There(_) | Goal::Absent, _) => None,
        };
        if let Some(what) = what
            && !taken.insert((plan.kind, what.clone()))
        {
            let issue = Issue::error(
                Code::Duplicate,
                format!("Two entries go to {}/{}", plan.kind, short(&what)),
            )
            .at(place(plan.index))
            .fix("Each resource may be written once in a transaction.");
            return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
        }
        goals.push(goal);
    }
    Ok(goals)
}

async fn goal(tx: &mut Tx, plan: &Plan) -> Answered<Goal> {
    let Some(condition) = &plan.condition else {
        return Ok(match plan.act {
            Act::Create => Goal::New(plan.id.clone()),
            _ => Goal::At(plan.id.clone()),
        });
    };
    let mut matches = tx.matches(condition).await?.into_iter();
    match (matches.next(), matches.next(), plan.act) {
        (Some(_), Some(_), _) => Err(Problem::several(&condition.self_link)),
        (Some(there), None, Act::Create) => Ok(Goal::There(there)),
        (Some(there), None, Act::UpdateBy) => match plan.resource.as_deref().and_then(Value::id) {
            Some(id) if id != there.id => {
                let text = format!(
                    "The resource's id is {}, but the criteria find {}",
                    short(id),
                    there.id
                );
                Err(Problem::bad(Code::Invalid, text))
            }
            Some(_) | None => Ok(Goal::At(there.id)),
        },
        (Some(there), None, _) => Ok(Goal::At(there.id)),
        (None, _, Act::DeleteBy) => Ok(Goal::Absent),
        (None, _, Act::PatchBy) => Err(Problem::not_found()),
        (None, _, Act::UpdateBy) => match plan
            .resource
            .as_deref()
            .and_then(Value::id)
            .filter(|id| is_id(id))
        {
            Some(id) => Ok(Goal::At(id.to_owned())),
            None => Ok(Goal::New(plan.id.clone())),
        },
        (None, _, _) => Ok(Goal::New(plan.id.clone())),
    }
}

/// What the entries are called → what they are on this server.
fn names(ask: &Ask, writes: &[Plan], goals: &[Goal]) -> Answered<Names> {
    let mut names = Names::new(ask.base());
    for (plan, goal) in writes.iter().zip(goals) {
        let id = match goal {
            Goal::New(id) | Goal::At(id) => id,
            Goal::There(stored) => &stored.id,
            Goal::Absent => continue,
        };
        let local = [plan.kind, "/", id].concat();
        let conditional = plan
            .condition
            .as_ref()
            .map(|c| [plan.kind, "?", &c.self_link].concat());
        for name in [plan.full_url.as_deref(), conditional.as_deref()]
            .into_iter()
            .flatten()
        {
            if !names.add(name, local.clone())
                && plan.act != Act::DeleteBy
                && plan.act != Act::Delete
            {
                let issue = Issue::error(
                    Code::Duplicate,
                    format!("Two entries are called '{}'", short(name)),
                );
                return Err(Problem::of(
                    StatusCode::BAD_REQUEST,
                    issue.at(place(plan.index) + ".fullUrl"),
                ));
            }
        }
    }
    Ok(names)
}

/// Looks conditional references up: `Practitioner?identifier=system|value`.
async fn resolve(
    ask: &Ask,
    tx: &mut Tx,
    writes: &[Plan],
    goals: &[Goal],
    names: &mut Names,
) -> Answered<()> {
    let mut wanted: Vec<(&str, usize)> = Vec::new();
    let mut known = HashSet::new();
    for (plan, goal) in writes.iter().zip(goals) {
        if let (Some(value), false) = (&plan.resource, matches!(goal, Goal::There(_))) {
            conditional(value, &mut |text| {
                if known.insert(text) {
                    wanted.push((text, plan.index));
                }
            });
        }
    }
    for (text, index) in wanted {
        let local = look_up(ask, tx, names, text)
            .await
            .map_err(|p| p.within(&place(index)))?;
        names.add(text, local);
    }
    Ok(())
}

async fn look_up(ask: &Ask, tx: &mut Tx, names: &Names, text: &str) -> Answered<String> {
    let (kind, criteria) = text.split_once('?').unwrap_or((text, ""));
    let kind = aceso_fhir::definitions::types()
        .resource(kind)
        .map(|t| t.name);
    let kind = kind.ok_or_else(|| {
        Problem::bad(Code::Value, format!("'{}' is not a reference", short(text)))
    })?;
    let query = criteria::condition(ask, kind, criteria)?;
    // It may mean what another entry creates on the same condition.
    if let Some(local) = names.get(&[kind, "?", &query.self_link].concat()) {
        return Ok(local.to_owned());
    }
    let mut matches = tx.matches(&query).await?.into_iter();
    match (matches.next(), matches.next()) {
        (Some(there), None) => Ok([kind, "/", &there.id].concat()),
        (Some(_), Some(_)) => Err(Problem::several(text)),
        (None, _) => {
            let issue = Issue::error(Code::NotFound, format!("The reference '{}' finds nothing", short(text)))
                .fix("Create the resource first, or in the same transaction with the same criteria in ifNoneExist.");
            Err(Problem::of(StatusCode::PRECONDITION_FAILED, issue))
        }
    }
}

/// The resources that are to be rewritten and prepared.
fn jobs(writes: &[Plan], goals: &[Goal]) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for (plan, goal) in writes.iter().zip(goals) {
        let Some(resource) = &plan.resource else {
            continue;
        };
        let draft = match (plan.act, goal) {
            (Act::Patch | Act::PatchBy, _) | (_, Goal::There(_) | Goal::Absent) => continue,
            (_, Goal::New(id)) => Some(id.clone()),
            (_, Goal::At(_)) => None,
        };
        jobs.push(Job {
            index: plan.index,
            resource: Arc::clone(resource),
            draft,
            full_url: plan.full_url.clone(),
        });
    }
    jobs
}

async fn write(
    ask: &Ask,
    tx: &mut Tx,
    plan: &Plan,
    goal: Goal,
    ready: Option<Ready>,
) -> Answered<(StatusCode, Option<Stored>)> {
    let id = match goal {
        Goal::There(stored) => return Ok((StatusCode::OK, Some(stored))),
        Goal::Absent => return Ok((StatusCode::NO_CONTENT, None)),
        Goal::New(id) | Goal::At(id) => id,
    };
    let demand = Demand {
        version: plan.if_match,
        only_new: plan.only_new,
    };
    match (plan.act, ready) {
        (Act::Delete | Act::DeleteBy, _) => Ok((
            StatusCode::NO_CONTENT,
            tx.delete(plan.kind, &id, plan.if_match).await?,
        )),
        (Act::Patch | Act::PatchBy, _) => {
            let input = plan.resource.as_deref().ok_or_else(Problem::not_found)?;
            let patch = patch::Patch::in_entry(input)?;
            let stored = patch::at(tx, plan.kind, &id, &patch, plan.if_match, &ask.base()).await?;
            Ok((StatusCode::OK, Some(stored)))
        }
        (_, Some(Ready::Draft(draft))) => Ok((StatusCode::CREATED, Some(tx.add(*draft)?))),
        (_, Some(Ready::Document(document))) => {
            let (status, stored) = crate::update::at(tx, plan.kind, &id, &document, demand).await?;
            Ok((status, Some(stored)))
        }
        (_, None) => Err(Problem::bad(Code::Required, "The entry has no resource")),
    }
}

/// Dangling references at their elements: `Bundle.entry[17].resource.subject.reference`.
fn located(problem: Problem, bodies: &[(usize, bytes::Bytes)]) -> Problem {
    crate::problem::place(problem, |reference| {
        bodies
            .iter()
            .filter(|(_, body)| !body.is_empty())
            .find_map(|(index, body)| {
                let value = crate::answer::own(body).ok()?;
                let path = form::place_of(&value, reference)?;
                Some(crate::problem::below(
                    &(place(*index) + ".resource"),
                    Some(&path),
                ))
            })
    })
}
