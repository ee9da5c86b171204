//! A refresh token becomes new tokens, once; its successor takes its place.

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, OptionalExtension};

use super::family::{self, Family, GrantRefusal, Tokens};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Store};

/// What a refresh token gave.
#[derive(Clone, Debug)]
pub struct RefreshGrant {
    /// The authorization.
    pub family: Family,
    /// The scopes of the new access token.
    pub scopes: String,
    /// Until when it is good.
    pub expires: Instant,
}

impl Store {
    /// Takes a refresh token for new tokens, in one step. `key` is the thumbprint of the key that the client proved to
    /// have; `narrow` gives the new access token's scopes from those of the authorization, or none where it was asked for
    /// more. A token that comes a second time ends the whole family: either the client or a thief has used it before.
    pub async fn refresh_tokens(
        &self,
        caller: &Caller,
        client: &str,
        refresh: [u8; 32],
        key: Option<String>,
        narrow: impl FnOnce(&str) -> String + Send + 'static,
        tokens: Tokens,
    ) -> Result<RefreshGrant, PeopleError> {
        let now = self.now();
        let act = Act::plain("token refresh").with(client);
        let name = client.to_owned();
        let work = move |tx: &Connection| {
            let (family, used) = find(tx, &refresh)?.ok_or(GrantRefusal::Unknown)?;
            if family.client != name {
                return Err(GrantRefusal::OtherClient.into());
            }
            if used {
                return Err(GrantRefusal::Used.into());
            }
            family::check(tx, &family, now)?;
            if family.key.is_some() && family.key != key {
                return Err(GrantRefusal::Key.into());
            }
            tx.prepare_cached(sql::REFRESH_USE)?
                .execute((now.millis(), refresh.as_slice()))?;
            tx.prepare_cached(sql::CONSENT_USE)?
                .execute((now.millis(), &family.consent))?;
            let scopes = narrow(&family.scopes);
            let expires = family::give(tx, &family, &scopes, &tokens, now)?;
            Ok(RefreshGrant {
                family,
                scopes,
                expires,
            })
        };
        let done = self.act(caller, Need::Client(client), act, work).await;
        if matches!(
            done,
            Err(PeopleError::Refused(crate::Refusal::Grant(
                GrantRefusal::Used
            )))
        ) {
            let act = Act::plain("refresh token reused").with(client);
            let work = move |tx: &Connection| match find(tx, &refresh)? {
                Some((family, _)) => family::end(tx, &family.id, now),
                None => Ok(()),
            };
            self.act(caller, Need::Client(client), act, work).await?;
            self.forget_tokens();
        }
        done
    }

    /// The client that a refresh token was issued to, be it used or not.
    pub async fn client_of_refresh(
        &self,
        refresh: &[u8; 32],
    ) -> Result<Option<String>, PeopleError> {
        let hash = *refresh;
        let look = move |c: &mut Connection| find(c, &hash);
        let found = self.0.readers.quiet(look).await??;
        Ok(found.map(|(family, _)| family.client))
    }

    /// The authorization that a refresh token belongs to, if the token can still be used; for the client that it was
    /// issued to.
    pub async fn refresh_token(
        &self,
        client: &str,
        refresh: &[u8; 32],
    ) -> Result<Option<Family>, PeopleError> {
        let (hash, now, name) = (*refresh, self.now(), client.to_owned());
        let look = move |c: &mut Connection| find(c, &hash);
        let found = self.0.readers.quiet(look).await??;
        Ok(found.and_then(|(family, used)| {
            let good =
                !used && family.client == name && family.revoked.is_none() && now < family.ends;
            good.then_some(family)
        }))
    }
}

fn find(tx: &Connection, hash: &[u8; 32]) -> Result<Option<(Family, bool)>, PeopleError> {
    let found: Option<(String, bool)> = tx
        .prepare_cached(sql::REFRESH_ONE)?
        .query_row([hash.as_slice()], |row| {
            Ok((row.get(0)?, row.get::<_, Option<i64>>(2)?.is_some()))
        })
        .optional()?;
    let Some((id, used)) = found else {
        return Ok(None);
    };
    Ok(family::one(tx, &id)?.map(|family| (family, used)))
}
