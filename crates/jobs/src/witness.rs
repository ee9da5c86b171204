//! Asking witnesses: another installation cosigns the head of the audit log, every minute or every thousand entries (C2SP
//! tlog-witness). What a witness objects to is kept as a finding, and told.

use std::time::Duration;

use aceso_egress::{Client, Request, SendError};
use aceso_policy::{Caller, Job};
use aceso_store::{Cosigned, Objection, PeopleError, Store, WitnessKey};

/// How often to look whether it is time.
const LOOK: Duration = Duration::from_secs(10);
/// A witness is asked after so many entries …
const ENTRIES: u64 = 1_000;
/// … or after so long, when there are new ones.
const WITHIN_MILLIS: i64 = 60_000;

/// A witness of the log: where it is, and the key of its cosignatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// `https://other.example/witness`; `add-checkpoint` is below.
    pub url: String,
    /// Its key.
    pub key: WitnessKey,
}

/// What a witness said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It cosigned so many entries.
    Cosigned(u64),
    /// It objects.
    Objects(Objection),
}

/// Why a witness could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// It cannot be reached.
    #[error(transparent)]
    Send(#[from] SendError),
    /// It does not know this log, or refuses it.
    #[error("the witness answered {0}: does it have this log's key (audit.witness_for)?")]
    Refused(u16),
    /// What it answered is no cosignature of its key.
    #[error("the witness's answer is not what its key signs")]
    Answer,
    /// The store failed, or refused.
    #[error(transparent)]
    Store(#[from] PeopleError),
}

/// Asks the witnesses, again and again.
pub struct Witnesses {
    store: Store,
    client: Client,
    all: Vec<Witness>,
    caller: Caller,
}

impl Witnesses {
    /// These, by this client.
    pub fn new(store: Store, client: Client, all: Vec<Witness>) -> Self {
        let caller = Caller::job(Job::Verify);
        Self {
            store,
            client,
            all,
            caller,
        }
    }

    /// Asks until it is dropped; never, when there is no witness.
    pub async fn run(&self) {
        while !self.all.is_empty() {
            for witness in &self.all {
                match self.due(witness).await {
                    Ok(true) => self.ask_and_tell(witness).await,
                    Ok(false) => {}
                    Err(error) => tracing::error!(%error, "witnesses cannot be looked after"),
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn ask_and_tell(&self, witness: &Witness) {
        let name = witness.key.name();
        match self.ask(witness).await {
            Ok(Said::Cosigned(size)) => tracing::debug!(name, size, "the witness cosigned"),
            Ok(Said::Objects(why)) => {
                tracing::error!(name, ?why, "the witness objects to the audit log")
            }
            Err(error) => tracing::warn!(name, %error, "the witness did not cosign"),
        }
    }

    /// Whether it is time to ask.
    async fn due(&self, witness: &Witness) -> Result<bool, PeopleError> {
        let log = self.store.log_standing(&self.caller).await?;
        let known = self.store.witnesses(&self.caller).await?;
        let Some(last) = known.into_iter().find(|w| w.name == witness.key.name()) else {
            return Ok(log.entries > 0);
        };
        let old = self.store.now().millis() - last.at.millis() >= WITHIN_MILLIS;
        let new = log.entries.abs_diff(last.size);
        Ok(new >= ENTRIES || (old && new > 0))
    }

    /// Asks one witness now.
    pub async fn ask(&self, witness: &Witness) -> Result<Said, WitnessError> {
        let known = self.store.witnesses(&self.caller).await?;
        let last = known.iter().find(|w| w.name == witness.key.name());
        let mut old = last.map_or(0, |w| w.size);
        // What it has seen is what counts: once more, with that.
        for _ in 0..2 {
            let asked = self.store.ask_witness(&self.caller, old).await?;
            let Some((size, asked)) = asked else {
                return self.objects(witness, Objection::Cut { seen: old }).await;
            };
            let url = [witness.url.trim_end_matches('/'), "/add-checkpoint"].concat();
            let request = Request::post(self.client.target(&url)?, asked.body());
            let answer = self.client.send(request.content_type("text/plain")).await?;
            match answer.status.as_u16() {
                200 => {
                    let line = String::from_utf8_lossy(&answer.body);
                    let note = [asked.note.as_str(), &line].concat();
                    if witness.key.seen(&note).is_none() {
                        return Err(WitnessError::Answer);
                    }
                    let cosigned = Cosigned { size, note };
                    let (caller, key) = (&self.caller, &witness.key);
                    self.store.keep_cosigned(caller, key, cosigned).await?;
                    return Ok(Said::Cosigned(size));
                }
                409 => {
                    let seen = String::from_utf8_lossy(&answer.body);
                    old = seen.trim().parse().map_err(|_| WitnessError::Answer)?;
                }
                422 => {
                    return self.objects(witness, Objection::Rewritten).await;
                }
                other => return Err(WitnessError::Refused(other)),
            }
        }
        Err(WitnessError::Answer)
    }

    async fn objects(&self, witness: &Witness, why: Objection) -> Result<Said, WitnessError> {
        self.store
            .keep_objection(&self.caller, &witness.key, why)
            .await?;
        Ok(Said::Objects(why))
    }
}
