//! The text of a case's advisory: each saving is kept, and its digest is what people approve.

use aceso_desk::When;
use aceso_desk::advisory::{Advisory, Weight, check};
use aceso_desk::case::{ContentHash, Draft, PartyId, What};
use aceso_policy::Caller;
use aceso_vault::sha256;
use rusqlite::{Connection, OptionalExtension};

use super::act::sees;
use super::{Desk, DeskError, find, json, party};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// A text as it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftText {
    /// Its number in the case, from 1.
    pub number: u64,
    /// When.
    pub at: When,
    /// Who saved it.
    pub who: PartyId,
    /// Its digest.
    pub hash: ContentHash,
    /// What it says.
    pub advisory: Advisory,
}

impl Desk {
    /// Saves a text: approvals of another one are void from then on. `seen` as in [`Desk::act`].
    pub async fn save_text(
        &self,
        caller: &Caller,
        id: &str,
        seen: u64,
        advisory: Advisory,
    ) -> Result<(), DeskError> {
        let me = party(caller);
        let body = serde_json::to_string(&advisory).map_err(|e| DeskError::Store(json(e)))?;
        let hash = ContentHash(sha256(body.as_bytes()));
        self.change(caller, id, "drafted".to_owned(), move |open, at, slot| {
            if !sees(&open.case, &me) {
                return Err(PeopleError::Unknown);
            }
            if open.case.seq != seen {
                return Err(PeopleError::Refused(Refusal::Stale));
            }
            let problems = check(&advisory, at).into_iter();
            let errors = problems
                .filter(|p| p.weight == Weight::Error)
                .map(|p| format!("{}: {}; {}", p.place(), p.what, p.fix))
                .collect();
            let draft = Draft { hash, errors };
            open.act(at, &me, What::Drafted { draft }, slot)?;
            let values = (
                open.id,
                at.millis(),
                &me.0,
                hash.0.as_slice(),
                body.as_str(),
            );
            open.tx
                .prepare_cached(sql::DESK_TEXT_ADD)?
                .execute(values)?;
            open.tx
                .prepare_cached(sql::DESK_CASE_TITLE)?
                .execute((&advisory.title, open.id))?;
            find::add_words(open.tx, open.id, &find::named(&advisory))?;
            Ok(())
        })
        .await
    }
}

pub(super) fn last_text(c: &Connection, case: &str) -> Result<Option<DraftText>, PeopleError> {
    let row = c
        .prepare_cached(sql::DESK_TEXT_LAST)?
        .query_row([case], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, Vec<u8>>(3)?,
                row.get::<_, String>(4)?,
            ))
        })
        .optional()?;
    let Some((number, at, who, hash, body)) = row else {
        return Ok(None);
    };
    let hash: [u8; 32] = hash
        .try_into()
        .map_err(|_| StoreError::text("a text's digest has another length"))?;
    Ok(Some(DraftText {
        number: number.cast_unsigned(),
        at: When::from_millis(at),
        who: PartyId(who),
        hash: ContentHash(hash),
        advisory: serde_json::from_str(&body).map_err(json)?,
    }))
}

/// The text of this digest in a case.
pub(super) fn text_of(
    c: &Connection,
    case: &str,
    hash: ContentHash,
) -> Result<(String, Advisory), PeopleError> {
    let body: Option<String> = c
        .prepare_cached(sql::DESK_TEXT_BY_HASH)?
        .query_row((case, hash.0.as_slice()), |row| row.get(0))
        .optional()?;
    let body = body.ok_or(PeopleError::Unknown)?;
    let advisory = serde_json::from_str(&body).map_err(json)?;
    Ok((body, advisory))
}
