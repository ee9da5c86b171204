//! What the policies were asked already, and what they answered.

use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::engine::{Bench, Here, Principal, Refused};
use crate::policies::Cell;
use crate::{Action, Role, Task, Verdict};

/// More answers than this are not kept.
const MOST_KEPT: usize = 100_000;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum What<'a> {
    Item(Action, &'a str),
    Task(Task),
}

/// Who asks what.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key<'a> {
    pub(crate) principal: Principal,
    pub(crate) roles: &'a [Role],
    pub(crate) here: Here,
    pub(crate) what: What<'a>,
}

/// The answer.
#[derive(Clone)]
pub(crate) enum Value {
    Cells(Arc<[Cell]>),
    Verdict(Verdict),
}

/// Answers by question. It only grows; a change of policies begins with an empty one.
#[derive(Default)]
pub(crate) struct Table(RwLock<Rows>);

#[derive(Default)]
struct Rows {
    answers: FxHashMap<u64, Vec<(Kept, Value)>>,
    kept: usize,
    benches: FxHashMap<u64, Vec<(BenchKey, Arc<Bench>)>>,
}

/// Whose class, which roles, which act.
type BenchKey = (Principal, Box<[Role]>, &'static str);

/// A key that is kept.
struct Kept {
    principal: Principal,
    roles: Box<[Role]>,
    here: Here,
    action: Option<Action>,
    kind: Box<str>,
    task: Option<Task>,
}

impl Table {
    /// The answer to a question that was asked before.
    pub(crate) fn find(&self, key: &Key<'_>) -> Option<Value> {
        let hash = FxBuildHasher.hash_one(key);
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = rows.answers.get(&hash)?.iter().find(|(k, _)| k.is(key))?;
        Some(found.1.clone())
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, key: &Key<'_>, value: Value) {
        let hash = FxBuildHasher.hash_one(key);
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if rows.kept >= MOST_KEPT {
            *rows = Rows::default();
        }
        rows.kept += 1;
        let kept = (Kept::new(key), value);
        rows.answers.entry(hash).or_default().push(kept);
    }

    /// What was set up for a class of caller, roles and an act, or is now.
    pub(crate) fn bench(
        &self,
        (principal, roles, act): (Principal, &[Role], &'static str),
        set_up: impl FnOnce() -> Result<Bench, Refused>,
    ) -> Result<Arc<Bench>, Refused> {
        let hash = FxBuildHasher.hash_one((principal, roles, act));
        {
            let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let some = rows.benches.get(&hash).map_or(&[][..], Vec::as_slice);
            for ((who, of, what), bench) in some {
                if *who == principal && **of == *roles && *what == act {
                    return Ok(Arc::clone(bench));
                }
            }
        }
        let bench = Arc::new(set_up()?);
        let key = (principal, roles.into(), act);
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let some = rows.benches.entry(hash).or_default();
        some.push((key, Arc::clone(&bench)));
        Ok(bench)
    }
}

impl Kept {
    fn new(key: &Key<'_>) -> Self {
        let (action, kind, task) = match key.what {
            What::Item(action, kind) => (Some(action), kind, None),
            What::Task(task) => (None, "", Some(task)),
        };
        Self {
            principal: key.principal,
            roles: key.roles.into(),
            here: key.here,
            action,
            kind: kind.into(),
            task,
        }
    }

    fn is(&self, key: &Key<'_>) -> bool {
        let same = match key.what {
            What::Item(action, kind) => self.action == Some(action) && *self.kind == *kind,
            What::Task(task) => self.task == Some(task),
        };
        same && self.principal == key.principal
            && *self.roles == *key.roles
            && self.here == key.here
    }
}
