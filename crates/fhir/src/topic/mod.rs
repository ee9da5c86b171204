//! Topics of the Subscriptions R5 Backport (implementation guide 1.1): what happens to which type of resource, what
//! subscriptions to them may filter by, and how notifications are written in R4.

mod basic;
mod built_in;
mod notification;
mod subscription;

use aceso_base::Instant;

use crate::Value;
use crate::path::{Env, Expression, Item, Node};
use crate::search::{Clause, Subject};

pub use built_in::built_in;
pub use notification::{Content, Event, Notification, NotificationKind, status_parameters};
pub use subscription::{Filter, Mime, Terms, TermsError, Wants};

/// A topic: what is told of.
#[derive(Debug)]
pub struct Topic {
    /// The canonical URL that subscriptions name it by.
    pub url: String,
    /// Its title.
    pub title: String,
    /// What it tells of; any one is enough.
    pub triggers: Vec<Trigger>,
    /// What a subscription may filter by: resource type and search parameter; empty for any.
    pub filters: Vec<(&'static str, String)>,
}

/// A change to a resource that a topic tells of. What is given must hold together.
#[derive(Debug)]
pub struct Trigger {
    /// The resource type.
    pub kind: &'static str,
    /// Whether creations count, updates, or both.
    pub on: Interaction,
    /// What the version before must have satisfied, and what a creation counts as.
    pub previous: Option<(Vec<Clause>, OnCreate)>,
    /// What the new version must satisfy.
    pub current: Option<Vec<Clause>>,
    /// Whether one of the two is enough (`requireBoth` is false).
    pub either: bool,
    /// A FHIRPath expression over `%previous` and `%current` that must be true.
    pub expression: Option<Expression>,
}

/// Which changes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// Creations.
    Create,
    /// Updates.
    Update,
    /// Both.
    Either,
}

/// What a test of the version before says of a creation, which has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCreate {
    /// It passes.
    Passes,
    /// It fails.
    Fails,
}

/// Steps that the expression of a trigger may take; a write waits for it.
const BUDGET: u64 = 20_000;

impl Trigger {
    /// Whether a change counts: from `previous` (none for a creation) to `current`.
    pub fn fires(&self, previous: Option<&Value>, current: &Value, now: Instant) -> bool {
        let counts = match self.on {
            Interaction::Create => previous.is_none(),
            Interaction::Update => previous.is_some(),
            Interaction::Either => true,
        };
        counts
            && current.resource_type() == Some(self.kind)
            && self.by_search(previous, current)
            && self.by_expression(previous, current, now)
    }

    fn by_search(&self, previous: Option<&Value>, current: &Value) -> bool {
        let before = self
            .previous
            .as_ref()
            .map(|(clauses, on_create)| match previous {
                Some(previous) => satisfies(previous, clauses),
                None => *on_create == OnCreate::Passes,
            });
        let after = self
            .current
            .as_ref()
            .map(|clauses| satisfies(current, clauses));
        match (before, after) {
            (Some(before), Some(after)) if self.either => before || after,
            (before, after) => before.unwrap_or(true) && after.unwrap_or(true),
        }
    }

    /// An expression that fails is not true.
    fn by_expression(&self, previous: Option<&Value>, current: &Value, now: Instant) -> bool {
        let Some(expression) = &self.expression else {
            return true;
        };
        let Some(focus) = Node::resource(current) else {
            return false;
        };
        let mut variables = vec![("current", Item::Node(focus))];
        let before = previous.and_then(Node::resource);
        variables.extend(before.map(|node| ("previous", Item::Node(node))));
        let empty: &[&str] = if before.is_none() { &["previous"] } else { &[] };
        let env = Env::new(Some(focus), now)
            .with_variables(&variables)
            .with_empty(empty)
            .with_budget(BUDGET);
        let result = expression.evaluate(&env, focus).unwrap_or_default();
        !result.is_empty() && result.iter().all(|item| item.as_bool() == Some(true))
    }
}

/// Whether a document alone satisfies all of these.
pub fn satisfies(document: &Value, clauses: &[Clause]) -> bool {
    let subject = Subject::new(document, None);
    clauses.iter().all(|c| subject.satisfies(c) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn check(url: &str, before: Option<&str>, after: &str, expected: bool) {
        let topic = built_in().iter().find(|t| t.url.ends_with(url)).unwrap();
        let read = |status: &str| {
            let kind = topic.triggers[0].kind;
            let text = format!(r#"{{"resourceType":"{kind}","status":"{status}"}}"#);
            json::read(text.as_bytes()).unwrap()
        };
        let (before, after) = (before.map(read), read(after));
        let now = Instant::from_millis(0);
        let fires = topic
            .triggers
            .iter()
            .any(|t| t.fires(before.as_ref(), &after, now));
        assert_eq!(fires, expected, "{url} {before:?} {after:?}");
    }

    #[test]
    fn a_topic_tells_of_the_change_into_a_state_and_not_of_staying_there() {
        check("encounter-complete", Some("in-progress"), "finished", true);
        check("encounter-complete", None, "finished", true);
        check("encounter-complete", Some("finished"), "finished", false);
        check("encounter-complete", Some("planned"), "in-progress", false);
        check("encounter-start", Some("planned"), "in-progress", true);
        check("order-placed", None, "active", true);
        check("order-placed", Some("active"), "active", false);
        check("report-released", Some("preliminary"), "final", true);
        check("report-released", Some("final"), "corrected", true);
        check("report-released", Some("final"), "final", false);
        check("appointment-booked", Some("proposed"), "booked", true);
    }
}
