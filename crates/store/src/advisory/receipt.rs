//! The proofs of updates, and what the installation says of itself: signed with a key of its own, which is drawn from the
//! keyring and so is the same in each copy of it.

use aceso_base::Instant;
use aceso_desk::deploy::{Receipt, SelfTest, Signed, Standing, Statement};
use aceso_policy::Caller;
use aceso_vault::{PersonKey, PublicKey, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;

use super::feed::standings;
use super::kept::{all, json};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, Store, StoreError};

/// A receipt as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReceipt {
    /// Its number, from 1 on.
    pub number: u64,
    /// What it says.
    pub receipt: Receipt,
    /// The text that was signed, and the signature.
    pub signed: Signed,
}

impl Store {
    /// The public half of the installation's key, in base64url: what a desk knows it by.
    pub fn installation_key(&self) -> Result<String, StoreError> {
        Ok(encoded(self.installation()?.public()))
    }

    fn installation(&self) -> Result<PersonKey, StoreError> {
        let seed = self.mac("installation key").tag(&[b"seed"]);
        PersonKey::from_seed(&seed).map_err(|error| StoreError(error.to_string()))
    }

    /// What stands for this installation in counters about an advisory, and says nothing of it: another one for each.
    pub fn counter_token(&self, advisory: &str) -> String {
        let tag = self.mac("advisory counter").tag(&[advisory.as_bytes()]);
        URL_SAFE_NO_PAD.encode(tag)
    }

    /// The receipts, the newest first; the last 200. Leaves no entry: they are about the program.
    pub async fn receipts(&self, caller: &Caller) -> Result<Vec<KeptReceipt>, PeopleError> {
        self.permit(caller, Need::SeeFindings, &Act::plain("receipts"))
            .await?;
        let key = self.installation_key()?;
        let read: Result<Vec<KeptReceipt>, StoreError> =
            self.0.readers.quiet(move |c| read(c, &key)).await?;
        Ok(read?)
    }

    /// Signs and keeps that this release runs now and what its self-test said: the advisories that are patched by now and were
    /// in no receipt before are settled by it.
    pub async fn keep_receipt(
        &self,
        caller: &Caller,
        version: &str,
        sbom: &str,
        self_test: SelfTest,
    ) -> Result<KeptReceipt, PeopleError> {
        let (key, now) = (self.installation()?, self.now());
        let act = Act::plain("receipt").with(format!("{version}, {sbom}: {}", self_test.said));
        let (version, sbom) = (version.to_owned(), sbom.to_owned());
        self.act(caller, Need::Findings, act, move |tx| {
            let public = encoded(key.public());
            let before = read(tx, &public)?;
            let known: Vec<&String> = before.iter().flat_map(|b| &b.receipt.settled).collect();
            let patched = standings(all(tx)?).into_iter();
            let patched = patched.filter(|s| s.standing == Standing::Patched);
            let settled = patched.map(|s| s.advisory).filter(|a| !known.contains(&a));
            let receipt = Receipt {
                before: before.first().map(|b| b.receipt.version.clone()),
                version,
                sbom,
                at: now.into(),
                self_test,
                settled: settled.collect(),
            };
            let kept = KeptReceipt {
                number: before.first().map_or(1, |b| b.number + 1),
                signed: sign(&key, serde_json::to_string(&receipt).map_err(json)?),
                receipt,
            };
            kept.add(tx, now)?;
            Ok(kept)
        })
        .await
    }

    /// Signs what the installation says of itself.
    pub async fn sign_statement(
        &self,
        caller: &Caller,
        statement: &Statement,
    ) -> Result<Signed, PeopleError> {
        let text = serde_json::to_string(statement).map_err(json)?;
        let digest = URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()));
        let act = Act::plain("statement").with(format!("sha256 {digest}"));
        let key = self.installation()?;
        self.look(caller, Need::Findings, act, move |_| Ok(sign(&key, text)))
            .await
    }
}

impl KeptReceipt {
    fn add(&self, tx: &Connection, now: Instant) -> Result<(), PeopleError> {
        let values = (
            self.number.cast_signed(),
            now.millis(),
            &self.receipt.version,
            &self.receipt.sbom,
            &self.signed.text,
            &self.signed.signature,
        );
        match tx.prepare_cached(sql::RECEIPT_ADD)?.execute(values)? {
            1 => Ok(()),
            _ => Err(Refusal::Stale.into()),
        }
    }
}

fn encoded(key: PublicKey) -> String {
    URL_SAFE_NO_PAD.encode(key.bytes())
}

fn sign(key: &PersonKey, text: String) -> Signed {
    Signed {
        key: encoded(key.public()),
        signature: key.sign(text.as_bytes()),
        text,
    }
}

fn read(c: &Connection, key: &str) -> Result<Vec<KeptReceipt>, StoreError> {
    let mut statement = c.prepare_cached(sql::RECEIPT_ALL)?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?))
    })?;
    rows.map(|row| {
        let (number, text, signature) = row?;
        let receipt = Receipt::read(&text).map_err(|error| StoreError(error.to_string()))?;
        Ok(KeptReceipt {
            number: number.cast_unsigned(),
            receipt,
            signed: Signed {
                key: key.to_owned(),
                text,
                signature,
            },
        })
    })
    .collect()
}
