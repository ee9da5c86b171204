//! API clients, their access tokens, and the assertions they used.

use std::collections::HashMap;
use std::sync::Mutex;

use aceso_base::Instant;
use aceso_policy::{Caller, Purpose};
use rusqlite::{OptionalExtension, Row};

use crate::audit::{Outcome, entry};
use crate::statements as sql;
use crate::{Store, StoreError};

/// How long a token's record is believed without looking again (another process may have revoked it).
const BELIEVED_MILLIS: i64 = 2_000;
const REMEMBERED: usize = 10_000;

/// A client to register.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its id; must be new.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The scopes it may be granted, separated by spaces.
    pub scopes: String,
    /// Its public keys (a JWK set), when it authenticates by `private_key_jwt`.
    pub jwks: Option<String>,
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct ClientRecord {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The scopes it may be granted.
    pub scopes: String,
    /// Its public keys (a JWK set).
    pub jwks: Option<String>,
    /// When it was registered.
    pub created: Instant,
    /// When it was disabled.
    pub disabled: Option<Instant>,
}

/// An access token to be kept.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// The client's id.
    pub client: String,
    /// The scopes granted.
    pub scopes: String,
    /// The patient in context.
    pub patient: Option<String>,
    /// When it ends.
    pub expires: Instant,
}

/// An access token as it is kept.
#[derive(Clone, Debug)]
pub struct TokenRecord {
    /// The client's id.
    pub client: String,
    /// The scopes granted.
    pub scopes: String,
    /// The patient in context.
    pub patient: Option<String>,
    /// When it ends.
    pub expires: Instant,
    /// Whether it was revoked, or its client disabled.
    pub revoked: bool,
}

/// A piece of an import, by the SHA-256 of its content.
#[derive(Clone, Debug)]
pub struct Mark {
    /// SHA-256.
    pub digest: [u8; 32],
    /// Where it came from, for people.
    pub source: String,
}

/// Token records seen lately.
#[derive(Default)]
pub(crate) struct Clients(Mutex<HashMap<[u8; 32], (Instant, TokenRecord)>>);

impl Store {
    /// Registers a client.
    pub async fn add_client(&self, caller: &Caller, client: NewClient) -> Result<(), StoreError> {
        let now = self.now();
        let entry = self.admin(caller, "client add", &client.id);
        self.0
            .writer
            .run(
                move |tx| {
                    let NewClient {
                        id,
                        name,
                        scopes,
                        jwks,
                    } = client;
                    tx.prepare_cached(sql::CLIENT_ADD)?.execute((
                        id,
                        name,
                        scopes,
                        jwks,
                        now.millis(),
                    ))?;
                    Ok(())
                },
                Some(entry),
            )
            .await
    }

    /// A client by its id.
    pub async fn client(&self, id: &str) -> Result<Option<ClientRecord>, StoreError> {
        let id = id.to_owned();
        let look = move |connection: &mut rusqlite::Connection| {
            connection
                .prepare_cached(sql::CLIENT_ONE)?
                .query_row([id], client_row)
                .optional()
        };
        Ok(self.0.readers.quiet(look).await??)
    }

    /// All clients, oldest first.
    pub async fn clients(&self) -> Result<Vec<ClientRecord>, StoreError> {
        let look = |connection: &mut rusqlite::Connection| {
            connection
                .prepare_cached(sql::CLIENT_ALL)?
                .query_map([], client_row)?
                .collect()
        };
        let all: rusqlite::Result<Vec<_>> = self.0.readers.quiet(look).await?;
        Ok(all?)
    }

    /// Disables a client and with it its tokens. Answers whether there is such a client.
    pub async fn disable_client(&self, caller: &Caller, id: &str) -> Result<bool, StoreError> {
        if self.client(id).await?.is_none() {
            return Ok(false);
        }
        let (now, name) = (self.now(), id.to_owned());
        let entry = self.admin(caller, "client disable", id);
        let work = move |tx: &rusqlite::Connection| {
            tx.prepare_cached(sql::CLIENT_DISABLE)?
                .execute((now.millis(), name))?;
            Ok(())
        };
        self.0.writer.run(work, Some(entry)).await?;
        self.forget_tokens();
        Ok(true)
    }

    /// Keeps an access token.
    pub async fn add_token(&self, caller: &Caller, token: NewToken) -> Result<(), StoreError> {
        let entry = self.admin(caller, "token add", &token.client);
        let now = self.now();
        let work = move |tx: &rusqlite::Connection| {
            let NewToken {
                hash,
                client,
                scopes,
                patient,
                expires,
            } = token;
            tx.prepare_cached(sql::TOKEN_PRUNE)?
                .execute([now.millis()])?;
            tx.prepare_cached(sql::TOKEN_ADD)?.execute((
                hash.as_slice(),
                client,
                scopes,
                patient,
                expires.millis(),
            ))?;
            Ok(())
        };
        self.0.writer.run(work, Some(entry)).await
    }

    /// The record of a token by its SHA-256; at most two seconds old.
    pub async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        let now = self.now();
        if let Some(known) = self.remembered(hash, now) {
            return Ok(Some(known));
        }
        let hash = *hash;
        let look = move |connection: &mut rusqlite::Connection| {
            connection
                .prepare_cached(sql::TOKEN_ONE)?
                .query_row([hash.as_slice()], token_row)
                .optional()
        };
        let found = self.0.readers.quiet(look).await??;
        if let (Some(record), Ok(mut seen)) = (&found, self.0.clients.0.lock()) {
            if seen.len() >= REMEMBERED {
                seen.clear();
            }
            seen.insert(hash, (now, record.clone()));
        }
        Ok(found)
    }

    /// Revokes a token by its SHA-256.
    pub async fn revoke_token(&self, caller: &Caller, hash: &[u8; 32]) -> Result<(), StoreError> {
        let (now, hash) = (self.now(), *hash);
        let entry = self.admin(caller, "token revoke", "");
        let work = move |tx: &rusqlite::Connection| {
            tx.prepare_cached(sql::TOKEN_REVOKE)?
                .execute((now.millis(), hash.as_slice()))?;
            Ok(())
        };
        self.0.writer.run(work, Some(entry)).await?;
        self.forget_tokens();
        Ok(())
    }

    /// Marks an assertion (`jti`) of a client as used; false when it was used before.
    pub async fn use_assertion(
        &self,
        client: &str,
        jti: &str,
        expires: Instant,
    ) -> Result<bool, StoreError> {
        let (now, client, jti) = (self.now(), client.to_owned(), jti.to_owned());
        let (told, answer) = tokio::sync::oneshot::channel();
        let work = move |tx: &rusqlite::Connection| {
            tx.prepare_cached(sql::ASSERTION_PRUNE)?
                .execute([now.millis()])?;
            let added =
                tx.prepare_cached(sql::ASSERTION_ADD)?
                    .execute((client, jti, expires.millis()))?;
            let _ = told.send(added == 1);
            Ok(())
        };
        self.0.writer.run(work, None).await?;
        answer.await.map_err(|_| StoreError::closed())
    }

    /// Whether a file with this digest was imported.
    pub async fn was_imported(&self, digest: [u8; 32]) -> Result<bool, StoreError> {
        let look = move |connection: &mut rusqlite::Connection| {
            connection
                .prepare_cached(sql::IMPORT_ONE)?
                .query_row([digest.as_slice()], |r| r.get::<_, i64>(0))
                .optional()
        };
        Ok(self.0.readers.quiet(look).await??.is_some())
    }

    /// Marks a file with this digest as imported.
    pub async fn mark_imported(&self, digest: [u8; 32], source: &str) -> Result<(), StoreError> {
        let (now, source) = (self.now(), source.to_owned());
        let work = move |tx: &rusqlite::Connection| {
            tx.prepare_cached(sql::IMPORT_ADD)?.execute((
                digest.as_slice(),
                source,
                now.millis(),
            ))?;
            Ok(())
        };
        self.0.writer.run(work, None).await
    }

    fn admin(&self, caller: &Caller, act: &'static str, detail: &str) -> crate::audit::Entry {
        entry(
            self.now(),
            caller,
            Purpose::Administration,
            act,
            Outcome::Done,
            detail,
            &mut std::iter::empty(),
        )
    }

    fn remembered(&self, hash: &[u8; 32], now: Instant) -> Option<TokenRecord> {
        let seen = self.0.clients.0.lock().ok()?;
        let (at, record) = seen.get(hash)?;
        (now.millis() - at.millis() < BELIEVED_MILLIS).then(|| record.clone())
    }

    fn forget_tokens(&self) {
        if let Ok(mut seen) = self.0.clients.0.lock() {
            seen.clear();
        }
    }
}

fn client_row(row: &Row<'_>) -> rusqlite::Result<ClientRecord> {
    Ok(ClientRecord {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: row.get(2)?,
        jwks: row.get(3)?,
        created: Instant::from_millis(row.get(4)?),
        disabled: row.get::<_, Option<i64>>(5)?.map(Instant::from_millis),
    })
}

fn token_row(row: &Row<'_>) -> rusqlite::Result<TokenRecord> {
    Ok(TokenRecord {
        client: row.get(0)?,
        scopes: row.get(1)?,
        patient: row.get(2)?,
        expires: Instant::from_millis(row.get(3)?),
        revoked: row.get::<_, Option<i64>>(4)?.is_some() || row.get::<_, Option<i64>>(5)?.is_some(),
    })
}
