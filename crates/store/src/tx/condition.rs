//! What a transaction asks of the record, and what must still be so when it commits.

use std::sync::Arc;

use aceso_fhir::search::Query;
use aceso_policy::Action;
use rusqlite::OptionalExtension;

use super::Tx;
use crate::engine::Snapshot;
use crate::mask;
use crate::reach::limit;
use crate::search::{Condition, confine, restrict};
use crate::statements::RES_ONE;
use crate::stored::from_row;
use crate::{Stored, WriteError};

/// So many matches of a condition are looked at one by one.
const MOST_MATCHES: usize = 1000;

impl Tx {
    /// At most two matches of a conditional act's condition, in no order; that these are the matches is part of what
    /// must still be true at commit. What this transaction itself has written is not looked at.
    pub async fn matches(&mut self, query: &Query) -> Result<Vec<Stored>, WriteError> {
        self.conditional(query, Condition::new).await
    }

    /// As [`Tx::matches`], all of them: that no match comes or goes is part of what must still be true at commit. More
    /// than a thousand are refused, as nothing could be said of the rest.
    pub async fn all_matches(&mut self, query: &Query) -> Result<Vec<Stored>, WriteError> {
        let found = self
            .conditional(query, |query| Condition::of_all(query, MOST_MATCHES + 1))
            .await?;
        in_reason(&found)?;
        Ok(found)
    }

    /// As [`Tx::all_matches`], whoever may see them: for rules that hold whatever the caller sees, such as that nobody is
    /// booked twice. What is found is for the rule alone and is shown to nobody.
    /// Only of what says when somebody or something is taken.
    pub async fn all_there(&mut self, query: &Query) -> Result<Vec<Stored>, WriteError> {
        if !matches!(query.kind, Some("Appointment" | "Schedule" | "Slot")) {
            let why = "only times that are taken are asked for whoever may see them";
            return Err(WriteError::BadQuery(why.to_owned()));
        }
        let found = self.hold(Condition::of_all(query.clone(), MOST_MATCHES + 1));
        let found = found.await?;
        in_reason(&found)?;
        Ok(found.into_iter().map(|(_, stored)| stored).collect())
    }

    async fn conditional(
        &mut self,
        query: &Query,
        condition: impl FnOnce(Query) -> Condition,
    ) -> Result<Vec<Stored>, WriteError> {
        let kind = query
            .kind
            .ok_or_else(|| WriteError::BadQuery("a condition needs a resource type".to_owned()))?;
        let mut query = query.clone();
        let masks = self.masks();
        if let Err(error) = mask::restrain(&masks, &mut query) {
            self.denied("search", kind, "");
            return Err(error.into());
        }
        confine(&mut query.clauses, &|kind| {
            limit(&self.asking(), Action::Search, kind).ok()
        });
        restrict(
            &mut query,
            &[(kind, self.allowed(Action::Search, kind, "search", "")?)],
        );
        let found = self.hold(condition(query)).await?;
        self.shown
            .extend(found.iter().map(|(key, stored)| (*key, stored.name())));
        let found = found.into_iter().map(|(_, stored)| stored);
        Ok(mask::all_for(&masks, found.collect())?)
    }

    /// What a condition finds; that it finds this is part of what must still be true at commit.
    async fn hold(&mut self, condition: Condition) -> Result<Vec<(i64, Stored)>, WriteError> {
        let condition = Arc::new(condition);
        let (asked, keys) = (Arc::clone(&condition), self.store.0.keys.clone());
        let found = self.store.0.readers.quiet(move |connection| {
            let snapshot = Snapshot::new(connection)?;
            let mut all = Vec::new();
            for key in asked.find(&snapshot, &keys)? {
                let mut one = snapshot.prepare_cached(RES_ONE)?;
                if let Some(row) = one
                    .query_row([key], |row| Ok(from_row(&keys, row)))
                    .optional()?
                {
                    all.push(row?);
                }
            }
            Ok::<_, WriteError>(all)
        });
        let found = found.await??;
        self.plan
            .conditions
            .push((condition, found.iter().map(|(key, _)| *key).collect()));
        Ok(found)
    }
}

fn in_reason<T>(found: &[T]) -> Result<(), WriteError> {
    if found.len() > MOST_MATCHES {
        let why = format!("a condition matches more than {MOST_MATCHES} resources");
        return Err(WriteError::BadQuery(why));
    }
    Ok(())
}
