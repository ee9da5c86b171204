//! What was heard, as it is kept: sealed.

use aceso_base::hex;
use aceso_desk::When;
use aceso_desk::deploy::{Heard, Receipt, Signed, Standing, Statement};
use aceso_vault::Sealer;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::desk::json;
use crate::statements as sql;

/// What seals it.
pub(super) const SEAL: &str = "desk installation";
/// The level of those who tell without a name, and of those who tell under their key.
pub(super) const ANONYMOUS: i64 = 1;
pub(super) const NAMED: i64 = 2;

/// An installation that said something under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// SHA-256 of its public key.
    pub id: [u8; 32],
    /// What it said last.
    pub statement: Statement,
    /// Its last receipt, whose signature held.
    pub receipt: Option<Receipt>,
    /// When it was heard of first.
    pub first: When,
    /// When it was heard of last.
    pub last: When,
    /// Who vetted it; none before that.
    pub vetted_by: Option<String>,
}

/// What an installation said of an advisory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) standing: Standing,
    pub(super) version: String,
    pub(super) last: When,
}

/// All installations, the oldest first.
pub(super) fn installations(
    c: &Connection,
    seal: &Sealer,
) -> Result<Vec<Installation>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_INSTALLATION_ALL)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(installation(row, seal)?);
    }
    Ok(found)
}

pub(super) fn installation(row: &Row<'_>, seal: &Sealer) -> Result<Installation, StoreError> {
    let id: [u8; 32] = row.get(0)?;
    let sealed: Vec<u8> = row.get(5)?;
    let signed: Signed = opened(seal, &place(&id), &sealed)?;
    let statement: Statement = serde_json::from_str(&signed.text).map_err(json)?;
    let receipt = statement.receipt.as_ref();
    let receipt = receipt.map(|signed| serde_json::from_str(&signed.text).map_err(json));
    let (state, vetted_by): (i64, Option<String>) = (row.get(1)?, row.get(4)?);
    Ok(Installation {
        id,
        receipt: receipt.transpose()?,
        statement,
        first: When::from_millis(row.get(2)?),
        last: When::from_millis(row.get(3)?),
        vetted_by: vetted_by.filter(|_| state == 1),
    })
}

/// What is known of the installations that are vetted: each of them, also those that said nothing of this advisory.
pub(super) fn named(
    c: &Connection,
    seal: &Sealer,
    advisory: &str,
) -> Result<Vec<Heard>, StoreError> {
    let said = standings(c, seal, advisory, NAMED)?;
    let vetted = installations(c, seal)?.into_iter();
    let vetted = vetted.filter(|one| one.vetted_by.is_some());
    Ok(vetted
        .map(|one| {
            let about = said.iter().find(|(who, ..)| *who == one.id);
            let mut failed = one.statement.failed.clone();
            let receipt = one.receipt.filter(|r| !r.self_test.passed);
            failed.extend(receipt.map(|r| r.version));
            failed.dedup();
            Heard {
                name: one.statement.name,
                contact: one.statement.contact,
                last: one.last,
                standing: about.map(|(_, _, kept)| kept.standing),
                since: about.map_or(one.first, |(_, since, _)| *since),
                version: one.statement.version,
                failed,
            }
        })
        .collect())
}

/// What was told without a name.
pub(super) fn anonymous(
    c: &Connection,
    seal: &Sealer,
    advisory: &str,
) -> Result<Vec<Heard>, StoreError> {
    let said = standings(c, seal, advisory, ANONYMOUS)?.into_iter();
    Ok(said
        .map(|(_, since, kept)| Heard {
            name: String::new(),
            contact: String::new(),
            last: kept.last,
            standing: Some(kept.standing),
            since,
            version: kept.version,
            failed: Vec::new(),
        })
        .collect())
}

type Said = ([u8; 32], When, Kept);

fn standings(
    c: &Connection,
    seal: &Sealer,
    advisory: &str,
    level: i64,
) -> Result<Vec<Said>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_STANDING_OF)?;
    let mut rows = statement.query([advisory])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(1)? == level {
            found.push(standing(row, seal, advisory)?);
        }
    }
    Ok(found)
}

pub(super) fn standing(row: &Row<'_>, seal: &Sealer, advisory: &str) -> Result<Said, StoreError> {
    let who: [u8; 32] = row.get(0)?;
    let sealed: Vec<u8> = row.get(3)?;
    let kept = opened(seal, &place_of(advisory, &who), &sealed)?;
    Ok((who, When::from_millis(row.get(2)?), kept))
}

/// What a sealed text is bound to.
pub(super) fn place(id: &[u8; 32]) -> String {
    ["installation/", &hex(id)].concat()
}

pub(super) fn place_of(advisory: &str, who: &[u8; 32]) -> String {
    ["standing/", advisory, "/", &hex(who)].concat()
}

pub(super) fn sealed<T: Serialize>(
    seal: &Sealer,
    place: &str,
    value: &T,
) -> Result<Vec<u8>, StoreError> {
    let text = serde_json::to_vec(value).map_err(json)?;
    seal.seal(place, &text)
        .map_err(super::super::intake::sealing)
}

fn opened<T: serde::de::DeserializeOwned>(
    seal: &Sealer,
    place: &str,
    sealed: &[u8],
) -> Result<T, StoreError> {
    let plain = seal.open(place, sealed);
    let plain = plain.map_err(super::super::intake::sealing)?;
    serde_json::from_slice(&plain).map_err(json)
}
