//! As the witness of other installations' logs.

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_vault::tree::{Hash, Head, HeadKey, consistent};
use rusqlite::{Connection, OptionalExtension};

use super::AddCheckpoint;
use crate::people::{Act, Need, PeopleError};
use crate::statements as sql;
use crate::verify::object;
use crate::{Finding, Store, StoreError};

/// What a witness answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// The line with its cosignature.
    Cosigned(String),
    /// It is no witness of this log.
    Unknown,
    /// The head is not signed by the log's key.
    Unsigned,
    /// It has seen the log at this size, not at the one that was said.
    Conflict(u64),
    /// The log did not only grow: its beginning is not what was cosigned.
    Rewritten,
    /// What was asked makes no sense.
    Malformed,
}

impl Store {
    /// Cosigns another installation's head, if it is one of `logs` and only grew since the last one. That it did not is
    /// named in an entry and told to the administrators.
    pub async fn cosign(
        &self,
        caller: &Caller,
        logs: &[HeadKey],
        asked: AddCheckpoint,
    ) -> Result<WitnessAnswer, PeopleError> {
        let read = |key: &HeadKey| key.read(&asked.note).ok();
        let Some(head) = logs.iter().find_map(read) else {
            let origin = asked.note.lines().next().unwrap_or_default();
            let known = logs.iter().any(|key| key.name() == origin);
            return Ok(if known {
                WitnessAnswer::Unsigned
            } else {
                WitnessAnswer::Unknown
            });
        };
        self.permit(caller, Need::Check, &Act::plain("witness"))
            .await?;
        let now = self.now();
        let (origin, proof, old) = (head.origin.clone(), asked.proof, asked.old);
        let judge = move |tx: &Connection| Ok(judge(tx, &head, old, &proof, now)?);
        let judged = self.act_quietly(judge).await?;
        match judged {
            WitnessAnswer::Cosigned(_) => {
                let signer = self.0.keyring.head_signer();
                let seconds = u64::try_from(now.seconds()).unwrap_or(0);
                let line = signer.and_then(|signer| signer.cosign(&asked.note, seconds));
                let line =
                    line.ok_or_else(|| StoreError::text("the head could not be cosigned"))?;
                Ok(WitnessAnswer::Cosigned(line))
            }
            WitnessAnswer::Rewritten => {
                let finding = Finding {
                    place: format!("the audit log of {origin}"),
                    what: "it was rewritten: its beginning is not what this witness cosigned"
                        .to_owned(),
                    mend:
                        "call those who run it: somebody with all its keys changed or cut its log"
                            .to_owned(),
                };
                object(self, caller, "witness objects", &origin, finding).await?;
                Ok(WitnessAnswer::Rewritten)
            }
            WitnessAnswer::Unknown
            | WitnessAnswer::Unsigned
            | WitnessAnswer::Conflict(_)
            | WitnessAnswer::Malformed => Ok(judged),
        }
    }
}

/// Decides by what is remembered, and remembers the head that is good (C2SP tlog-witness, add-checkpoint).
fn judge(
    tx: &Connection,
    head: &Head,
    old: u64,
    proof: &[Hash],
    now: Instant,
) -> Result<WitnessAnswer, StoreError> {
    if old > head.size {
        return Ok(WitnessAnswer::Malformed);
    }
    let seen = tx
        .prepare_cached(sql::WITNESSED_ONE)?
        .query_row([&head.origin], |row| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                row.get::<_, Hash>(1)?,
            ))
        })
        .optional()?;
    let (size, root) = seen.unwrap_or_else(|| (0, aceso_vault::tree::empty()));
    if old != size {
        return Ok(WitnessAnswer::Conflict(size));
    }
    if !consistent(old, head.size, &root, &head.root, proof) {
        return Ok(WitnessAnswer::Rewritten);
    }
    tx.prepare_cached(sql::WITNESSED_SET)?.execute((
        &head.origin,
        head.size.cast_signed(),
        head.root.as_slice(),
        now.millis(),
    ))?;
    Ok(WitnessAnswer::Cosigned(String::new()))
}
