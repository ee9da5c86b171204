//! All tokens that came of one authorization: they end together.

use aceso_base::Instant;
use aceso_policy::{Caller, Strength};
use rusqlite::{Connection, OptionalExtension, Row};

use super::strength_from;
use crate::clients::keep;
use crate::people::{Act, Need, account_one};
use crate::statements as sql;
use crate::{NewToken, PeopleError, Store, StoreError};

/// What an authorization gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its id.
    pub id: String,
    /// What the person allowed, of which this came.
    pub consent: String,
    /// Who allowed it.
    pub account: String,
    /// The client that may act.
    pub client: String,
    /// The scopes, separated by blanks: clinical ones in the v2 grammar, and `openid`, `offline_access` and their like.
    pub scopes: String,
    /// The patient in context (logical id).
    pub patient: Option<String>,
    /// The encounter in context (logical id).
    pub encounter: Option<String>,
    /// How well the person had proved who they are.
    pub strength: Strength,
    /// When they had.
    pub auth_time: Instant,
    /// The session that it lives and dies with; none: it outlives the session.
    pub session: Option<String>,
    /// The thumbprint of the key that its tokens are bound to.
    pub key: Option<String>,
    /// When it began.
    pub made: Instant,
    /// When it ends, however often it is refreshed.
    pub ends: Instant,
    /// When it was revoked.
    pub revoked: Option<Instant>,
}

/// Why a code or refresh token gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// Never issued, or long gone.
    #[error("never issued here")]
    Unknown,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It was used before: whoever used it, all that came of it has ended.
    #[error("it was used before; all tokens that came of it have ended")]
    Used,
    /// It was issued to another client.
    #[error("it was issued to another client")]
    OtherClient,
    /// The redirect address is not that of the request.
    #[error("redirect_uri is not that of the authorization request")]
    Redirect,
    /// The verifier does not fit the challenge.
    #[error("code_verifier does not fit the code_challenge")]
    Verifier,
    /// It is bound to another key, or the proof is missing.
    #[error("it is bound to a key of which no proof was given")]
    Key,
    /// It was revoked, or the person cannot come in any more.
    #[error("it was revoked, or the person signed out or was disabled")]
    Ended,
}

impl GrantRefusal {
    /// Whether it shows that somebody else has the code or token, so that all that came of it has ended.
    pub const fn ends_others(self) -> bool {
        match self {
            Self::Used | Self::OtherClient | Self::Redirect | Self::Verifier => true,
            Self::Unknown | Self::Expired | Self::Key | Self::Ended => false,
        }
    }
}

/// The tokens to be kept for a family.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// SHA-256 of the access token.
    pub access: [u8; 32],
    /// How long it lives, in milliseconds; never longer than the family.
    pub access_millis: i64,
    /// SHA-256 of the refresh token; kept where the scopes ask for one.
    pub refresh: [u8; 32],
}

impl Family {
    /// Whether these scopes come with a refresh token.
    pub fn is_refreshable(&self) -> bool {
        let mut scopes = self.scopes.split(' ');
        scopes.any(|s| matches!(s, "offline_access" | "online_access"))
    }
}

impl Store {
    /// Ends an authorization and all its tokens: for the person, the client, or those who manage sessions.
    pub async fn end_family(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let wanted = id.to_owned();
        let look = move |c: &mut Connection| one(c, &wanted);
        let Some(family) = self.0.readers.quiet(look).await?? else {
            return self.unknown(caller, Act::plain("app end")).await;
        };
        let act = Act::on_account("app end", &family.account).with(family.client.as_str());
        let need = Need::OwnOrClient(&family.account, &family.client);
        let (now, id) = (self.now(), family.id.clone());
        let work = move |tx: &Connection| end(tx, &id, now);
        self.act(caller, need, act, work).await?;
        self.forget_tokens();
        Ok(())
    }
}

/// Ends a family and its access tokens.
pub(super) fn end(tx: &Connection, id: &str, now: Instant) -> Result<(), PeopleError> {
    tx.prepare_cached(sql::FAMILY_REVOKE)?
        .execute((now.millis(), id))?;
    tx.prepare_cached(sql::TOKEN_END_FAMILY)?
        .execute((now.millis(), id))?;
    Ok(())
}

/// A family by its id.
pub(super) fn one(connection: &Connection, id: &str) -> Result<Option<Family>, StoreError> {
    let mut statement = connection.prepare_cached(sql::FAMILY_ONE)?;
    Ok(statement.query_row([id], from_row).optional()?)
}

/// Refuses unless the family may still give tokens: not revoked, not over, its person active, its session there.
pub(super) fn check(tx: &Connection, family: &Family, now: Instant) -> Result<(), PeopleError> {
    if family.revoked.is_some() {
        return Err(GrantRefusal::Ended.into());
    }
    if now >= family.ends {
        return Err(GrantRefusal::Expired.into());
    }
    let live = account_one(tx, &family.account)?.is_some_and(|a| a.is_live(now));
    if !live || !session_lives(tx, family, now)? {
        return Err(GrantRefusal::Ended.into());
    }
    Ok(())
}

fn session_lives(tx: &Connection, family: &Family, now: Instant) -> Result<bool, PeopleError> {
    let Some(session) = &family.session else {
        return Ok(true);
    };
    let ends: Option<i64> = tx
        .prepare_cached(sql::SESSION_BY_ID_LIVE)?
        .query_row((session, &family.account), |row| row.get(1))
        .optional()?;
    Ok(ends.is_some_and(|ends| now.millis() < ends))
}

/// Keeps an access token of the family, and a refresh token where its scopes ask for one. Answers until when the access
/// token is good.
pub(super) fn give(
    tx: &Connection,
    family: &Family,
    scopes: &str,
    tokens: &Tokens,
    now: Instant,
) -> Result<Instant, PeopleError> {
    tx.prepare_cached(sql::TOKEN_PRUNE)?
        .execute([now.millis()])?;
    let expires = now.plus_millis(tokens.access_millis).min(family.ends);
    let token = NewToken {
        hash: tokens.access,
        client: family.client.clone(),
        scopes: scopes.to_owned(),
        patient: family.patient.clone(),
        expires,
    };
    keep(tx, &token, Some(&family.id))?;
    if family.is_refreshable() {
        tx.prepare_cached(sql::REFRESH_ADD)?.execute((
            tokens.refresh.as_slice(),
            &family.id,
            now.millis(),
            family.ends.millis(),
        ))?;
    }
    Ok(expires)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Family> {
    let time = |at: usize| row.get(at).map(Instant::from_millis);
    Ok(Family {
        id: row.get(0)?,
        consent: row.get(1)?,
        account: row.get(2)?,
        client: row.get(3)?,
        scopes: row.get(4)?,
        patient: row.get(5)?,
        encounter: row.get(6)?,
        strength: strength_from(row.get(7)?),
        auth_time: time(8)?,
        session: row.get(9)?,
        key: row.get(10)?,
        made: time(11)?,
        ends: time(12)?,
        revoked: row.get::<_, Option<i64>>(13)?.map(Instant::from_millis),
    })
}
