//! What every handler is given.

use std::fmt;
use std::sync::Arc;

use aceso_policy::{Caller, Task, Verdict};
use aceso_store::Store;

/// What the pages need to know besides the store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that people use, without a slash at the end: links for people begin with it.
    pub base: String,
}

/// The pages' state; cheap to clone.
#[derive(Clone)]
pub struct Staff(Arc<Inner>);

struct Inner {
    store: Store,
    settings: Settings,
}

impl Staff {
    /// Over this store.
    pub fn new(store: Store, settings: Settings) -> Self {
        Self(Arc::new(Inner { store, settings }))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Whether a page offers this task: also to those who need a fresh proof first.
    pub(crate) fn offers(&self, caller: &Caller, task: Task) -> bool {
        match self
            .store()
            .policies()
            .may(caller, task, self.store().now())
        {
            Verdict::Allow | Verdict::NeedsStepUp | Verdict::NeedsSecondFactor => true,
            Verdict::Deny => false,
        }
    }
}

impl fmt::Debug for Staff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staff")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
