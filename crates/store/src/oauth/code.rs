//! An authorization code becomes tokens, once.

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension};

use super::family::{self, Family, GrantRefusal, Tokens};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store};

/// What a client brings with a code.
#[derive(Clone, Debug)]
pub struct CodeRedeem {
    /// The client, which has proved who it is, as far as it can.
    pub client: String,
    /// SHA-256 of the code.
    pub code: [u8; 32],
    /// The redirect address that it names.
    pub redirect: String,
    /// The challenge that its verifier gives.
    pub challenge: String,
    /// The thumbprint of the key that it proved to have (DPoP).
    pub key: Option<String>,
    /// The tokens to be kept.
    pub tokens: Tokens,
}

/// What the code gave.
#[derive(Clone, Debug)]
pub struct CodeGrant {
    /// The authorization.
    pub family: Family,
    /// The request's nonce.
    pub nonce: Option<String>,
    /// Until when the access token is good.
    pub expires: Instant,
}

struct Code {
    family: String,
    redirect: String,
    challenge: String,
    nonce: Option<String>,
    ends: Instant,
    used: bool,
}

impl Store {
    /// Takes a code for tokens, in one step. A code that comes a second time ends all that the first gave; one that comes
    /// from the wrong client or with the wrong verifier is spent.
    pub async fn redeem_code(
        &self,
        caller: &Caller,
        redeem: CodeRedeem,
    ) -> Result<CodeGrant, PeopleError> {
        let now = self.now();
        let act = Act::plain("code redeem").with(redeem.client.as_str());
        let (client, code) = (redeem.client.clone(), redeem.code);
        let work = move |tx: &Connection| take(tx, &redeem, now);
        let done = self.act(caller, Need::Client(&client), act, work).await;
        let spoiled = matches!(
            &done,
            Err(PeopleError::Refused(crate::Refusal::Grant(why))) if why.ends_others()
        );
        if spoiled {
            let act = Act::plain("code spoiled").with(client.as_str());
            let work = move |tx: &Connection| {
                tx.prepare_cached(sql::CODE_USE)?
                    .execute((now.millis(), code.as_slice()))?;
                match find(tx, &code)? {
                    Some(code) => family::end(tx, &code.family, now),
                    None => Ok(()),
                }
            };
            self.act(caller, Need::Client(&client), act, work).await?;
            self.forget_tokens();
        }
        done
    }
}

fn take(tx: &Connection, redeem: &CodeRedeem, now: Instant) -> Result<CodeGrant, PeopleError> {
    let code = find(tx, &redeem.code)?.ok_or(GrantRefusal::Unknown)?;
    let mut family = family::one(tx, &code.family)?.ok_or(GrantRefusal::Unknown)?;
    if family.client != redeem.client {
        return Err(GrantRefusal::OtherClient.into());
    }
    if code.used {
        return Err(GrantRefusal::Used.into());
    }
    if now >= code.ends {
        return Err(GrantRefusal::Expired.into());
    }
    if code.redirect != redeem.redirect {
        return Err(GrantRefusal::Redirect.into());
    }
    if !aceso_vault::equal(code.challenge.as_bytes(), redeem.challenge.as_bytes()) {
        return Err(GrantRefusal::Verifier.into());
    }
    family::check(tx, &family, now)?;
    match (&family.key, &redeem.key) {
        (Some(bound), given) if given.as_ref() != Some(bound) => {
            return Err(GrantRefusal::Key.into());
        }
        (None, Some(given)) => {
            tx.prepare_cached(sql::FAMILY_BIND)?
                .execute((given, &family.id))?;
            family.key = Some(given.clone());
        }
        (Some(_), _) | (None, None) => {}
    }
    tx.prepare_cached(sql::CODE_USE)?
        .execute((now.millis(), redeem.code.as_slice()))?;
    let expires = family::give(tx, &family, &family.scopes, &redeem.tokens, now)?;
    Ok(CodeGrant {
        family,
        nonce: code.nonce,
        expires,
    })
}

fn find(tx: &Connection, hash: &[u8; 32]) -> Result<Option<Code>, PeopleError> {
    let mut statement = tx.prepare_cached(sql::CODE_ONE)?;
    let found = statement.query_row([hash.as_slice()], |row| {
        Ok(Code {
            family: row.get(0)?,
            redirect: row.get(1)?,
            challenge: row.get(2)?,
            nonce: row.get(3)?,
            ends: Instant::from_millis(row.get(4)?),
            used: row.get::<_, Option<i64>>(5)?.is_some(),
        })
    });
    Ok(found.optional()?)
}
