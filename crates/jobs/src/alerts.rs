//! The rules over the audit log, while it is written.

use std::time::Duration;

use aceso_egress::{Client, Request};
use aceso_policy::{Caller, Job};
use aceso_shield::alert::{Rules, Seen};
use aceso_store::{KeptAlert, PeopleError, Store};
use serde_json::{Value, json};

/// How often to look.
const LOOK: Duration = Duration::from_secs(5);
/// Entries that are looked at in one go.
const PIECE: u32 = 500;
/// After a start the rules first see so many entries from before, to know what happened lately.
const BEFORE: u64 = 5_000;

/// Looks at each entry of the log once, in order.
pub struct Alerter {
    store: Store,
    rules: Rules,
    /// The last entry that was looked at; none before the first look.
    last: Option<u64>,
    /// Who else is told, and by which client.
    webhook: Option<(Client, String)>,
}

impl Alerter {
    /// Over this store's log; new alerts also go to this address.
    pub fn new(store: Store, webhook: Option<(Client, String)>) -> Self {
        Self {
            store,
            rules: Rules::default(),
            last: None,
            webhook,
        }
    }

    /// Looks until it is dropped.
    pub async fn run(mut self) {
        let mut turns = tokio::time::interval(LOOK);
        loop {
            turns.tick().await;
            match self.look().await {
                Ok(new) => self.tell(&new).await,
                Err(error) => tracing::error!(%error, "the log cannot be watched"),
            }
        }
    }

    /// Looks at what is new; answers the alerts that are.
    pub async fn look(&mut self) -> Result<Vec<KeptAlert>, PeopleError> {
        let caller = Caller::job(Job::Watch);
        let mut last = match self.last {
            Some(last) => last,
            None => self
                .store
                .entries_to_watch_end(&caller)
                .await?
                .saturating_sub(BEFORE),
        };
        let mut new = Vec::new();
        loop {
            let entries = self.store.entries_to_watch(&caller, last, PIECE).await?;
            let mut found = Vec::new();
            for (seq, at, said) in &entries {
                let said = said.clone().unwrap_or_default();
                let seen = Seen {
                    seq: *seq,
                    at: at.millis(),
                    who: &said.who,
                    from: said.from.as_deref(),
                    act: &said.act,
                    outcome: said.outcome.as_deref(),
                    detail: said.detail.as_deref().unwrap_or_default(),
                    on: &said.on,
                    patients: said.patients.as_deref().unwrap_or_default(),
                };
                found.extend(self.rules.see(&seen));
                last = *seq;
            }
            if !found.is_empty() {
                new.extend(self.store.raise_alerts(&caller, found).await?);
            }
            self.last = Some(last);
            if entries.len() < usize::try_from(PIECE).unwrap_or(usize::MAX) {
                return Ok(new);
            }
        }
    }

    async fn tell(&self, new: &[KeptAlert]) {
        for alert in new {
            tracing::warn!(
                kind = alert.kind.name(),
                severity = alert.kind.severity().name(),
                entry = alert.seq,
                "alert"
            );
            let Some((client, address)) = &self.webhook else {
                continue;
            };
            let sent = match client.target(address) {
                Ok(target) => client.send(Request::post_json(target, &ecs(alert))).await,
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                tracing::error!(%error, "an alert could not be sent out");
            }
        }
    }
}

/// An alert in the fields of the Elastic Common Schema 8.11, with the class of an OCSF 1.3 Detection Finding (2004) beside them.
fn ecs(alert: &KeptAlert) -> Value {
    let kind = alert.kind;
    let severity: u8 = match kind.severity() {
        aceso_shield::alert::Severity::Low => 2,
        aceso_shield::alert::Severity::Medium => 3,
        aceso_shield::alert::Severity::High => 4,
        aceso_shield::alert::Severity::Critical => 5,
    };
    json!({
        "@timestamp": alert.last.to_fhir(),
        "ecs": {"version": "8.11.0"},
        "event": {
            "kind": "alert", "category": ["intrusion_detection"], "type": ["info"], "module": "aceso",
            "id": alert.id, "severity": severity, "reason": alert.text, "sequence": alert.seq
        },
        "rule": {"id": kind.name(), "name": kind.title()},
        "threat": {"framework": "MITRE ATT&CK", "technique": {"id": kind.technique()}},
        "ocsf": {
            "class_uid": 2004, "category_uid": 2, "activity_id": 1, "type_uid": 200_401, "severity_id": severity,
            "time": alert.last.millis(), "finding_info": {"uid": alert.id, "title": kind.title()}
        }
    })
}
