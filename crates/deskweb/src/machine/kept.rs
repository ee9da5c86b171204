//! Documents made of everything that is public: each is made once for as long as that stays the same.

use std::sync::{Arc, Mutex, PoisonError};

use aceso_store::Published;
use axum::body::Bytes;

/// The feeds.
#[derive(Default)]
pub(crate) struct Feeds {
    pub(super) atom: Kept,
    pub(super) json: Kept,
    pub(super) rolie: Kept,
}

/// A document, with what it was made of.
#[derive(Default)]
pub(super) struct Kept(Mutex<Option<(Arc<Vec<Published>>, Bytes)>>);

impl Kept {
    /// The document of what is public now; made anew when that is not what it was made of.
    pub(super) fn of(
        &self,
        all: Arc<Vec<Published>>,
        make: impl FnOnce(&[Published]) -> String,
    ) -> Bytes {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, document)) = &*kept
            && Arc::ptr_eq(of, &all)
        {
            return document.clone();
        }
        let document = Bytes::from(make(&all));
        *kept = Some((all, document.clone()));
        document
    }
}
