//! `aceso import`: FHIR files into the record, the way every request goes.
//!
//! The unit of work is a JSON file, or a piece of some hundred lines of an NDJSON file. What a unit writes and the note
//! that it is done (its SHA-256) are one transaction, so that a run that was killed goes on where it stopped. What is
//! refused is tried again as long as other units get in: it may refer to something that comes later.

mod bundle;
mod source;
mod tally;
mod unit;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use aceso_api::Api;
use aceso_fhir::Value;
use aceso_policy::Caller;
use aceso_store::Store;
use aceso_web::Tokens;
use anyhow::Result;
use tokio::task::JoinSet;

use crate::place::Place;
use crate::progress::Progress;
use crate::serve::api_settings;
use bundle::of_resources;
use source::{Form, Source};
use tally::{Refused, Tally};
pub(crate) use unit::Outcome;
use unit::{Unit, Units};

/// Units under way at a time: enough to read and check while another commits.
const WORKERS: usize = 4;

/// Loads what the paths hold.
pub(crate) async fn run(place: &Place, paths: &[PathBuf], json: bool) -> Result<ExitCode> {
    let start = Instant::now();
    let sources = source::find(paths)?;
    let store = place.open_or_create()?;
    let tally = Loader::new(store, place).load(sources).await?;
    Ok(tally.tell(start.elapsed().as_secs_f64(), json))
}

/// Puts Bundles into the record.
#[derive(Clone)]
pub(crate) struct Loader(Arc<Parts>);

struct Parts {
    store: Store,
    api: Api,
}

impl Loader {
    /// Over this store. Nobody can come in through this instance of the API by a token.
    pub(crate) fn new(store: Store, place: &Place) -> Self {
        let nobody = Tokens::new(|_| Box::pin(std::future::ready(None)));
        let api = Api::new(store.clone(), nobody, api_settings(&place.config));
        Self(Arc::new(Parts { store, api }))
    }

    /// One Bundle from memory, once.
    pub(crate) async fn document(&self, name: &str, bytes: Vec<u8>) -> Vec<Outcome> {
        let unit = Unit::document(0, name.to_owned(), bytes);
        unit.load(&self.0.store, &self.0.api).await
    }

    /// These resources as one transaction, each at its id. What is refused is told, and nothing of it is written.
    pub(crate) async fn transaction(&self, resources: Vec<Value>) -> Result<(), String> {
        let ready = of_resources(resources);
        let done = self
            .0
            .api
            .apply(Caller::operator(), ready.bundle, None)
            .await;
        done.map(drop).map_err(|refusal| unit::reasons(&refusal))
    }

    /// Loads units until nothing more gets in.
    async fn load(&self, mut sources: Vec<Source>) -> Result<Tally> {
        let mut pass = Pass::new("import");
        self.pass(&sources, &mut pass).await?;
        let mut tally = std::mem::take(&mut pass.tally);
        let mut progressed = tally.count() > 0;
        while progressed && !pass.again.is_empty() {
            sources = pass.sources_again(&sources);
            if sources.is_empty() {
                break;
            }
            pass = Pass::new("again");
            self.pass(&sources, &mut pass).await?;
            progressed = pass.tally.count() > 0;
            tally.join(std::mem::take(&mut pass.tally));
        }
        Ok(tally)
    }

    /// All units of these sources once.
    async fn pass(&self, sources: &[Source], pass: &mut Pass) -> Result<()> {
        let total = sources.iter().map(|s| s.size).sum();
        let mut progress = Progress::new(pass.what, total);
        let mut work = JoinSet::new();
        let mut rank = 0;
        for (number, source) in sources.iter().enumerate() {
            // What is referred to is there before what refers to it begins.
            if source.rank() != rank {
                rank = source.rank();
                pass.drain(&mut work, 0, &mut progress).await?;
            }
            let mut units = match Units::open(number, source) {
                Ok(units) => units,
                Err(error) => {
                    let refused = Outcome::refused(source.name(), error.to_string());
                    pass.settle(number, vec![refused]);
                    continue;
                }
            };
            while let Some(unit) = units.next()? {
                pass.drain(&mut work, WORKERS - 1, &mut progress).await?;
                work.spawn(self.clone().unit(unit));
            }
        }
        pass.drain(&mut work, 0, &mut progress).await
    }

    async fn unit(self, unit: Unit) -> Done {
        let (source, size) = (unit.source(), unit.size());
        (source, size, unit.load(&self.0.store, &self.0.api).await)
    }
}

/// A unit's source, its size, and what became of it.
type Done = (usize, u64, Vec<Outcome>);

/// One walk over the sources.
struct Pass {
    what: &'static str,
    tally: Tally,
    /// Numbers of the sources of which something was refused.
    again: Vec<usize>,
}

impl Pass {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            tally: Tally::default(),
            again: Vec::new(),
        }
    }

    /// Waits until at most this many units are under way.
    async fn drain(
        &mut self,
        work: &mut JoinSet<Done>,
        most: usize,
        progress: &mut Progress,
    ) -> Result<()> {
        while work.len() > most
            && let Some(done) = work.join_next().await
        {
            let (number, size, outcomes) = done?;
            progress.advance(size);
            self.settle(number, outcomes);
        }
        Ok(())
    }

    fn settle(&mut self, source: usize, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Loaded(kinds) => self.tally.load(kinds),
                Outcome::Skipped => self.tally.skipped += 1,
                Outcome::Refused { place, why } => {
                    self.tally.refused.push(Refused { place, why });
                    if !self.again.contains(&source) {
                        self.again.push(source);
                    }
                }
            }
        }
    }

    /// Standard input cannot be read again.
    fn sources_again(&self, sources: &[Source]) -> Vec<Source> {
        let wanted = self.again.iter().filter_map(|n| sources.get(*n));
        let mut wanted: Vec<Source> = wanted.cloned().collect();
        wanted.retain(|s| s.form != Form::Input);
        wanted
    }
}
