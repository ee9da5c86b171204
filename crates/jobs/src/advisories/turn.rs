//! One turn: what is published is taken, matched, kept; a release that was not proved yet is; and what was chosen is told.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aceso_base::{Instant, hex};
use aceso_desk::When;
use aceso_desk::deploy::{Exploited, Match, SelfTest, assess};
use aceso_desk::matching::{Facts, Sbom};
use aceso_policy::{Caller, Job};
use aceso_store::{Store, Taken};
use aceso_vault::sha256;

use super::error::PullError;
use super::feed::Feed;
use super::forward::forward;
use super::report::{Identity, Told, tell};
use super::source::Source;

/// What an installation knows of itself.
#[derive(Clone, Debug)]
pub struct Own {
    /// The release that runs.
    pub version: String,
    /// Its bill of materials, CycloneDX JSON.
    pub bill: Vec<u8>,
    /// How it is configured, as advisories may ask.
    pub facts: Facts,
}

/// The desk that is asked, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address.
    pub desk: String,
    /// The fingerprint of its OpenPGP key.
    pub key: String,
    /// A feed that was signed more than so many days ago is an alarm.
    pub stale_days: u16,
    /// What is known to be exploited.
    pub exploited: Exploited,
    /// What is told back, and as whom.
    pub identity: Identity,
}

/// What a release says when it is tried after an update.
pub type Tested = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = SelfTest> + Send>> + Send + Sync>;

/// What a turn did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// What the match changed; none where nothing had to be matched.
    pub taken: Option<Taken>,
    /// The receipt's number, where one was made.
    pub receipt: Option<u64>,
    /// What was told to the desk.
    pub told: Option<Told>,
}

/// The makers' advisories, for one installation.
pub struct Advisories {
    store: Store,
    source: Source,
    own: Own,
    settings: Settings,
    tested: Tested,
    /// What was told last, and when.
    last: Mutex<Option<(String, Instant)>>,
}

impl std::fmt::Debug for Advisories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Advisories")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Advisories {
    /// Of this source, for this installation; a release that is new here is tried by `tested`.
    pub fn new(store: Store, source: Source, own: Own, settings: Settings, tested: Tested) -> Self {
        Self {
            store,
            source,
            own,
            settings,
            tested,
            last: Mutex::default(),
        }
    }

    /// Does a turn now and then every so often, until it is dropped.
    pub async fn run(self, every: Duration) {
        let mut turns = tokio::time::interval(every);
        loop {
            turns.tick().await;
            match self.turn().await {
                Ok(turned) => {
                    for one in turned.taken.iter().flat_map(|taken| &taken.opened) {
                        tracing::warn!(
                            advisory = one,
                            "a published weakness concerns this installation"
                        );
                    }
                }
                Err(error) => tracing::error!(%error, "the makers' advisories"),
            }
        }
    }

    /// One turn. A feed that cannot be had or trusted does not keep the rest from being done; why is answered at the end.
    pub async fn turn(&self) -> Result<Turned, PullError> {
        let caller = Caller::job(Job::Verify);
        self.store.reopen_findings(&caller).await?;
        let pulled = self.pull(&caller).await;
        let mut turned = Turned {
            taken: self.rematch(&caller).await?,
            ..Turned::default()
        };
        turned.receipt = self.prove(&caller).await?;
        turned.told = match &self.source {
            Source::Desk(client, _) => {
                let last = self
                    .last
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                let told = tell(&self.store, client, &self.settings, &self.own, last).await?;
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = told.remembered;
                told.told
            }
            Source::Directory(_) => None,
        };
        pulled.map(|()| turned)
    }

    /// Takes what is published. What is wrong with it is kept, and told by an alert when it is not to be trusted or too old.
    async fn pull(&self, caller: &Caller) -> Result<(), PullError> {
        let error = match self.take(caller).await {
            Ok(()) => None,
            Err(error @ PullError::Store(_)) => return Err(error),
            Err(error) => Some(error),
        };
        let signed = self.store.advisory_feed(caller).await?.signed;
        let stale = signed.and_then(|at| self.stale(at));
        let trouble = match &error {
            Some(PullError::Refused(why)) => Some(why.clone()),
            Some(_) | None => stale,
        };
        if let Some(trouble) = trouble {
            self.store.note_feed_trouble(caller, &trouble).await?;
        }
        error.map_or(Ok(()), Err)
    }

    async fn take(&self, caller: &Caller) -> Result<(), PullError> {
        let known = self.store.advisories(caller).await?;
        let before = self.store.advisory_feed(caller).await?.signed;
        let (desk, key) = (&self.settings.desk, &self.settings.key);
        let feed = Feed::fetch(&self.source, desk, key, &known).await?;
        forward(&feed, before.map(When::from), &known)?;
        let signed = feed.signed.into();
        Ok(self.store.take_feed(caller, signed, feed.fetched).await?)
    }

    /// What is wrong with a feed that was signed then.
    fn stale(&self, signed: Instant) -> Option<String> {
        let days = i64::from(self.settings.stale_days);
        let signed = When::from(signed);
        (signed.plus_days(days) < When::from(self.store.now())).then(|| {
            let on = signed.said();
            format!("the feed was signed on {on}, more than {days} days ago: nobody knows what came since")
        })
    }

    /// Matches, when feed, program, configuration or the list of what is exploited are not those of the last time.
    async fn rematch(&self, caller: &Caller) -> Result<Option<Taken>, PullError> {
        let known = self.store.advisories(caller).await?;
        let mut about = format!("{}\n{}\n", self.sbom(), self.settings.exploited.len());
        for one in &known {
            let _ = writeln!(about, "{} {}", one.id, one.current);
        }
        for (kind, names) in self.own.facts.all() {
            let _ = writeln!(about, "{kind} {names:?}");
        }
        let matched = hex(&sha256(about.as_bytes()));
        if self.store.advisory_feed(caller).await?.matched == matched {
            return Ok(None);
        }
        let bill = Sbom::read(&self.own.bill)?;
        let matches: Vec<Match> = assess(&known, &bill, &self.own.facts, &self.settings.exploited);
        Ok(Some(
            self.store.take_matches(caller, matches, matched).await?,
        ))
    }

    /// Tries and proves the release that runs, when the last receipt is of another one.
    async fn prove(&self, caller: &Caller) -> Result<Option<u64>, PullError> {
        let sbom = self.sbom();
        let last = self.store.receipts(caller).await?.into_iter().next();
        let version = &self.own.version;
        if last.is_some_and(|l| l.receipt.version == *version && l.receipt.sbom == sbom) {
            return Ok(None);
        }
        let tested = (self.tested)().await;
        let kept = self.store.keep_receipt(caller, version, &sbom, tested);
        Ok(Some(kept.await?.number))
    }

    fn sbom(&self) -> String {
        hex(&sha256(&self.own.bill))
    }
}
