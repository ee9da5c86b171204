//! With witnesses of the own log: what they cosigned last, and what they object to.

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_vault::tree::WitnessKey;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::AddCheckpoint;
use crate::audit::Extension;
use crate::people::{Act, Need, PeopleError};
use crate::statements as sql;
use crate::verify::{keep_checked, object};
use crate::{Finding, Store, StoreError};

/// What stands before a witness's name where its state is kept.
const PREFIX: &str = "witness ";

/// How a witness stands to the own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// The witness's name.
    pub name: String,
    /// When it cosigned last, or objected.
    pub at: Instant,
    /// How many entries it has cosigned.
    pub size: u64,
    /// Whether it objects.
    pub objects: bool,
    /// The head with its cosignature.
    pub note: String,
}

/// A head with the cosignature of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// How many entries.
    pub size: u64,
    /// The signed note with both signatures.
    pub note: String,
}

/// Why a witness objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It has seen more entries than there are.
    Cut {
        /// How many it has seen.
        seen: u64,
    },
    /// The log does not begin with what it cosigned.
    Rewritten,
}

impl Store {
    /// The key that this installation's cosignatures on other logs are checked with.
    pub fn witness_key(&self) -> Result<WitnessKey, StoreError> {
        let signer = self.0.keyring.head_signer();
        let signer = signer.ok_or_else(|| StoreError::text("the signing key cannot be made"))?;
        Ok(signer.witness_key())
    }

    /// What to ask a witness that has seen the first `old` entries; none when there are fewer now.
    pub async fn ask_witness(
        &self,
        caller: &Caller,
        old: u64,
    ) -> Result<Option<(u64, AddCheckpoint)>, PeopleError> {
        self.permit(caller, Need::Check, &Act::plain("witness"))
            .await?;
        let found = self.extension(old)?;
        Ok(found.map(|Extension { size, note, proof }| (size, AddCheckpoint { old, proof, note })))
    }

    /// How witnesses stand to the log.
    pub async fn witnesses(&self, caller: &Caller) -> Result<Vec<Witnessed>, PeopleError> {
        self.permit(caller, Need::SeeChecks, &Act::plain("witness"))
            .await?;
        Ok(self.0.readers.quiet(|c| all(c)).await??)
    }

    /// Keeps what a witness cosigned.
    pub async fn keep_cosigned(
        &self,
        caller: &Caller,
        witness: &WitnessKey,
        cosigned: Cosigned,
    ) -> Result<(), PeopleError> {
        self.permit(caller, Need::Check, &Act::plain("witness"))
            .await?;
        let (now, what) = (self.now(), [PREFIX, witness.name()].concat());
        let detail = json!({"size": cosigned.size, "note": cosigned.note}).to_string();
        self.act_quietly(move |tx| Ok(keep_checked(tx, &what, now, 0, &detail)?))
            .await
    }

    /// Keeps that a witness objects: an entry, a finding, a notice to the administrators.
    pub async fn keep_objection(
        &self,
        caller: &Caller,
        witness: &WitnessKey,
        objection: Objection,
    ) -> Result<(), PeopleError> {
        let name = witness.name();
        let what = match objection {
            Objection::Cut { seen } => {
                format!(
                    "the witness {name} has cosigned {seen} entries, and there are fewer: the log was cut"
                )
            }
            Objection::Rewritten => {
                format!("the witness {name} objects: the log does not begin with what it cosigned")
            }
        };
        let finding = Finding {
            place: "audit log".to_owned(),
            what,
            mend: "keep a copy of the data directory for whoever investigates; the witness has the head that was true".to_owned(),
        };
        object(self, caller, "witness objects", name, finding).await?;
        let (now, key) = (self.now(), [PREFIX, name].concat());
        let before = self.witnesses(caller).await?;
        let before = before.into_iter().find(|w| w.name == name);
        let (size, note) = before.map_or((0, String::new()), |w| (w.size, w.note));
        let detail = json!({"size": size, "note": note}).to_string();
        self.act_quietly(move |tx| Ok(keep_checked(tx, &key, now, 1, &detail)?))
            .await
    }
}

fn all(record: &Connection) -> Result<Vec<Witnessed>, StoreError> {
    let mut statement = record.prepare_cached(sql::CHECKED_LIKE)?;
    let rows = statement.query_map([[PREFIX, "%"].concat()], |row| {
        let (what, detail): (String, String) = (row.get(0)?, row.get(3)?);
        let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
        let note = detail.get("note").and_then(Value::as_str);
        Ok(Witnessed {
            name: what.strip_prefix(PREFIX).unwrap_or(&what).to_owned(),
            at: Instant::from_millis(row.get(1)?),
            size: detail.get("size").and_then(Value::as_u64).unwrap_or(0),
            objects: row.get::<_, i64>(2)? > 0,
            note: note.unwrap_or_default().to_owned(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
