//! The resources of a transaction, made ready to be written.

use std::collections::HashMap;
use std::sync::Arc;

use aceso_fhir::Value;
use aceso_fhir::outcome::Issue;
use aceso_store::{Draft, Store};

use crate::form;
use crate::problem::{Answered, Problem};

use super::place;
use super::rewrite::{Names, rewrite};

/// A resource that is ready to be written.
pub(crate) enum Ready {
    Draft(Box<Draft>),
    Document(Box<Value>),
}

/// Rewrites, validates and prepares all resources, on as many threads as there are cores.
pub(crate) async fn prepare(
    store: &Store,
    mut jobs: Vec<Job>,
    names: Names,
) -> Answered<HashMap<usize, Ready>> {
    let names = Arc::new(names);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = jobs.len().div_ceil(threads).max(8);
    let mut running = Vec::new();
    while !jobs.is_empty() {
        let rest = jobs.split_off(jobs.len().min(share));
        let mine = std::mem::replace(&mut jobs, rest);
        let (names, store) = (Arc::clone(&names), store.clone());
        let work = move || {
            mine.into_iter()
                .map(|job| job.run(&store, &names))
                .collect::<Answered<Vec<_>>>()
        };
        running.push(tokio::task::spawn_blocking(work));
    }
    let mut ready = HashMap::new();
    let mut problems: Vec<Issue> = Vec::new();
    let mut failed = None;
    for job in running {
        match job.await {
            Ok(Ok(done)) => ready.extend(done),
            Ok(Err(Problem::Refused(refusal))) => {
                failed = Some(failed.unwrap_or(refusal.status).min(refusal.status));
                problems.extend(refusal.issues);
            }
            Ok(Err(problem)) => return Err(problem),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    match failed {
        Some(status) => Err(Problem::with(status, problems)),
        None => Ok(ready),
    }
}

/// A resource to be prepared.
pub(crate) struct Job {
    pub(crate) index: usize,
    pub(crate) resource: Arc<Value>,
    /// For a creation: its id.
    pub(crate) draft: Option<String>,
    pub(crate) full_url: Option<String>,
}

impl Job {
    fn run(self, store: &Store, names: &Names) -> Answered<(usize, Ready)> {
        let mut value = self.resource.as_ref().clone();
        // Judged as it came: what a `urn:uuid:` of the same Bundle leads to is not for the resource to answer for
        // (Synthea's ExplanationOfBenefit.insurer leads to a Patient).
        form::check_loaded(&value).map_err(|p| p.within(&(place(self.index) + ".resource")))?;
        rewrite(&mut value, names, self.full_url.as_deref());
        let ready = match &self.draft {
            Some(id) => Ready::Draft(Box::new(store.draft(id, value)?)),
            None => Ready::Document(Box::new(value)),
        };
        Ok((self.index, ready))
    }
}
