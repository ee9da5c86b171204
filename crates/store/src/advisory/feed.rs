//! The feed as it was checked, and what follows from it.

use aceso_base::Instant;
use aceso_desk::advisory::Advisory;
use aceso_desk::deploy::{Match, StandingSaid};
use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension};

use super::kept::{Decision, KeptFinding, all, json};
use super::plan::{Plan, reopen};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// What is wrong with the feed is told again after so long.
const TOLD_MILLIS: i64 = 86_400_000;

/// How the feed stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedState {
    /// When the desk signed what was taken last.
    pub signed: Option<Instant>,
    /// When it was asked last, and answered.
    pub asked: Option<Instant>,
    /// What was matched last: names feed, program, configuration.
    pub matched: String,
    /// What is wrong with it now.
    pub trouble: Option<String>,
    /// When it was told last what is wrong.
    pub told: Option<Instant>,
}

/// What a match changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What is affected and was not before: advisory, component, how soon.
    pub opened: Vec<String>,
    /// Advisories of which something was affected and nothing is any more.
    pub settled: Vec<String>,
}

impl Store {
    /// How the feed stands. Leaves no entry.
    pub async fn advisory_feed(&self, caller: &Caller) -> Result<FeedState, PeopleError> {
        self.permit(caller, Need::SeeFindings, &Act::plain("advisories feed"))
            .await?;
        let read: Result<FeedState, StoreError> = self.0.readers.quiet(|c| state(c)).await?;
        Ok(read?)
    }

    /// The advisories that were taken. Leaves no entry: they are public.
    pub async fn advisories(&self, caller: &Caller) -> Result<Vec<Advisory>, PeopleError> {
        self.permit(caller, Need::SeeFindings, &Act::plain("advisories"))
            .await?;
        let read = |c: &mut Connection| {
            let mut statement = c.prepare_cached(sql::ADVISORY_ALL)?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.map(|body| serde_json::from_str(&body?).map_err(json))
                .collect::<Result<Vec<Advisory>, StoreError>>()
        };
        Ok(self.0.readers.quiet(read).await??)
    }

    /// Keeps what the feed brought: advisories that are new or changed, and when the desk signed it.
    pub async fn take_feed(
        &self,
        caller: &Caller,
        signed: Instant,
        changed: Vec<Advisory>,
    ) -> Result<(), PeopleError> {
        let now = self.now();
        let act = Act::plain("advisories take").with(format!("{} new or changed", changed.len()));
        self.act(caller, Need::Findings, act, move |tx| {
            let mut put = tx.prepare_cached(sql::ADVISORY_PUT)?;
            for one in &changed {
                let body = serde_json::to_string(one).map_err(json)?;
                put.execute((&one.id, one.current.millis(), body))?;
            }
            let mut feed = state(tx)?;
            (feed.signed, feed.asked) = (Some(signed), Some(now));
            (feed.trouble, feed.told) = (None, None);
            Ok(keep(tx, &feed)?)
        })
        .await
    }

    /// Keeps what is wrong with the feed. It is told, by the entry that this leaves, when it is something else than before, and
    /// then once a day.
    pub async fn note_feed_trouble(
        &self,
        caller: &Caller,
        trouble: &str,
    ) -> Result<(), PeopleError> {
        let (now, mut feed) = (self.now(), self.advisory_feed(caller).await?);
        let lately = feed
            .told
            .is_some_and(|at| now < at.plus_millis(TOLD_MILLIS));
        if feed.trouble.as_deref() == Some(trouble) && lately {
            return Ok(());
        }
        (feed.trouble, feed.told) = (Some(trouble.to_owned()), Some(now));
        let act = Act::plain(aceso_shield::alert::FEED_TROUBLE).with(trouble);
        self.act(caller, Need::Findings, act, move |tx| Ok(keep(tx, &feed)?))
            .await
    }

    /// Keeps what the advisories say of each component now, and what of the decisions still holds. `matched` names what was
    /// matched, so that it is not done twice.
    pub async fn take_matches(
        &self,
        caller: &Caller,
        matches: Vec<Match>,
        matched: String,
    ) -> Result<Taken, PeopleError> {
        self.permit(caller, Need::Findings, &Act::plain("advisories match"))
            .await?;
        let read: Result<Vec<KeptFinding>, StoreError> = self.0.readers.quiet(|c| all(c)).await?;
        let (now, store) = (self.now(), self.clone());
        let plan = Plan::of(read?, matches, now, || store.new_id());
        let taken = Taken {
            opened: plan.opened.clone(),
            settled: plan.settled.clone(),
        };
        let act = match taken.opened.is_empty() {
            true => Act::plain("advisories match").with(taken.settled.join(", ")),
            false => Act::plain(aceso_shield::alert::AFFECTED).with(taken.opened.join("; ")),
        };
        self.act(caller, Need::Findings, act, move |tx| {
            for row in &plan.add {
                row.add(tx)?;
            }
            for row in &plan.set {
                row.set(tx)?;
            }
            let mut feed = state(tx)?;
            feed.matched = matched;
            Ok(keep(tx, &feed)?)
        })
        .await?;
        Ok(taken)
    }

    /// Opens again what was accepted until now. Answers how many; nothing leaves no entry.
    pub async fn reopen_findings(&self, caller: &Caller) -> Result<usize, PeopleError> {
        let act = Act::plain("finding expired");
        self.permit(caller, Need::Findings, &act).await?;
        let read: Result<Vec<KeptFinding>, StoreError> = self.0.readers.quiet(|c| all(c)).await?;
        let now = self.now();
        let over = |row: &KeptFinding| {
            row.decision == Decision::Accepted && row.until.is_some_and(|until| until <= now)
        };
        let over: Vec<KeptFinding> = read?.into_iter().filter(over).collect();
        if over.is_empty() {
            return Ok(0);
        }
        let count = over.len();
        let ids: Vec<String> = over.iter().map(|row| row.id.clone()).collect();
        let act = act.with(ids.join(", "));
        self.act(caller, Need::Findings, act, move |tx| {
            for mut row in over {
                row.note(now, "the calendar", "what was accepted has run out");
                reopen(&mut row, now);
                row.due = Some(now);
                row.set(tx)?;
            }
            Ok(count)
        })
        .await
    }

    /// How the installation stands to each advisory: as its gravest component does. Leaves no entry.
    pub async fn standings(&self, caller: &Caller) -> Result<Vec<StandingSaid>, PeopleError> {
        self.permit(caller, Need::SeeFindings, &Act::plain("standings"))
            .await?;
        let read: Result<Vec<KeptFinding>, StoreError> = self.0.readers.quiet(|c| all(c)).await?;
        Ok(standings(read?))
    }
}

/// How an installation stands to each advisory, as the findings say in the order of advisories.
pub(super) fn standings(findings: Vec<KeptFinding>) -> Vec<StandingSaid> {
    let mut said: Vec<StandingSaid> = Vec::new();
    for row in findings {
        let (standing, since) = (row.standing(), row.since.into());
        let advisory = row.about.finding.advisory;
        match said.last_mut().filter(|last| last.advisory == advisory) {
            // The first of the words are the gravest; to be patched says more than never to have been affected.
            Some(last) if last.standing <= standing => {}
            Some(last) => (last.standing, last.since) = (standing, since),
            None => said.push(StandingSaid {
                advisory,
                standing,
                since,
            }),
        }
    }
    said
}

fn state(c: &Connection) -> Result<FeedState, StoreError> {
    let time = |at: Option<i64>| at.map(Instant::from_millis);
    let mut statement = c.prepare_cached(sql::ADVISORY_FEED_ONE)?;
    let found = statement.query_row([], |row| {
        Ok(FeedState {
            signed: time(row.get(0)?),
            asked: time(row.get(1)?),
            matched: row.get(2)?,
            trouble: row.get(3)?,
            told: time(row.get(4)?),
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

fn keep(tx: &Connection, feed: &FeedState) -> Result<(), StoreError> {
    tx.prepare_cached(sql::ADVISORY_FEED_PUT)?.execute((
        feed.signed.map(Instant::millis),
        feed.asked.map(Instant::millis),
        &feed.matched,
        &feed.trouble,
        feed.told.map(Instant::millis),
    ))?;
    Ok(())
}
