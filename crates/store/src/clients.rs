//! API clients, their access tokens, and the assertions they used.

use std::collections::HashMap;
use std::sync::Mutex;

use aceso_base::Instant;
use aceso_policy::{Caller, Strength, Task};
use rusqlite::{OptionalExtension, Row};

use crate::oauth::{App, BrowserOrigin, strength_from};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, Store, StoreError};

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
    /// What it is besides, when it acts for people; none for a backend service or a script.
    pub app: Option<App>,
}

/// What of a client is alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    /// Access tokens that are good now.
    pub tokens: u64,
    /// What people allowed it and that has not ended.
    pub grants: u64,
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
    /// Whether it was revoked, or its client disabled, or what it came of.
    pub revoked: bool,
    /// The person it acts for.
    pub person: Option<ActsFor>,
}

/// The person that a token acts for, and what the token came of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActsFor {
    /// The account.
    pub account: String,
    /// How well they had proved who they are when they allowed it.
    pub strength: Strength,
    /// All tokens that came of the same authorization.
    pub family: String,
    /// The thumbprint of the key that the token is bound to.
    pub key: Option<String>,
    /// The encounter in context (logical id).
    pub encounter: Option<String>,
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
    /// Registers a backend service or a client for scripts.
    pub async fn add_client(&self, caller: &Caller, client: NewClient) -> Result<(), PeopleError> {
        self.register(caller, client, None).await
    }

    /// Registers an app that acts for people.
    pub async fn add_app(
        &self,
        caller: &Caller,
        client: NewClient,
        app: App,
    ) -> Result<(), PeopleError> {
        self.register(caller, client, Some(app)).await
    }

    async fn register(
        &self,
        caller: &Caller,
        client: NewClient,
        app: Option<App>,
    ) -> Result<(), PeopleError> {
        let now = self.now();
        let act = Act::plain("client add").with(client.id.as_str());
        let work = move |tx: &rusqlite::Connection| {
            let app = app.as_ref();
            let added = tx.prepare_cached(sql::CLIENT_ADD)?.execute((
                client.id,
                client.name,
                client.scopes,
                client.jwks,
                now.millis(),
                app.map(|a| a.kind.code()),
                app.map(|a| a.redirects.join("\n")),
                app.and_then(|a| a.launch.as_deref()),
                app.map(|a| a.contact.as_str()),
                app.and_then(|a| a.secret.as_ref())
                    .map(<[u8; 32]>::as_slice),
                app.map(|a| a.audience.code()),
                app.map(|a| a.states.code()),
                app.filter(|a| !a.origins.is_empty()).map(|a| {
                    let origins = a.origins.iter().map(BrowserOrigin::as_str);
                    origins.collect::<Vec<_>>().join("\n")
                }),
            ))?;
            match added {
                1 => Ok(()),
                _ => Err(Refusal::ClientTaken.into()),
            }
        };
        self.act(caller, Need::May(Task::ManageClients), act, work)
            .await
    }

    /// A client by its id: for those who manage clients, and for signing people and apps in, which leaves no entry.
    pub async fn client(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<ClientRecord>, PeopleError> {
        let act = Act::plain("client read").with(id);
        self.permit(caller, Need::SeeClients, &act).await?;
        if !caller.is_signing_in() {
            self.look(caller, Need::SeeClients, act, |_| Ok(())).await?;
        }
        Ok(self.registered(id).await?)
    }

    /// A client, for the store itself.
    pub(crate) async fn registered(&self, id: &str) -> Result<Option<ClientRecord>, StoreError> {
        let id = id.to_owned();
        let look = move |connection: &mut rusqlite::Connection| {
            connection
                .prepare_cached(sql::CLIENT_ONE)?
                .query_row([id], client_row)
                .optional()
        };
        Ok(self.0.readers.quiet(look).await??)
    }

    /// All clients, oldest first: for those who manage clients, and for showing people what they allowed.
    pub async fn clients(&self, caller: &Caller) -> Result<Vec<ClientRecord>, PeopleError> {
        let act = Act::plain("client list");
        self.look(caller, Need::SeeClients, act, |connection| {
            let mut statement = connection.prepare_cached(sql::CLIENT_ALL)?;
            let all = statement.query_map([], client_row)?;
            Ok(all.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// What of each client is alive, by its id, for those who manage clients.
    pub async fn clients_in_use(
        &self,
        caller: &Caller,
    ) -> Result<HashMap<String, InUse>, PeopleError> {
        let (now, act) = (self.now(), Act::plain("client counts"));
        self.look(caller, Need::May(Task::ManageClients), act, move |c| {
            let mut all: HashMap<String, InUse> = HashMap::new();
            for (client, count) in counts(c, sql::CLIENT_TOKENS, now)? {
                all.entry(client).or_default().tokens = count;
            }
            for (client, count) in counts(c, sql::CLIENT_GRANTS, now)? {
                all.entry(client).or_default().grants = count;
            }
            Ok(all)
        })
        .await
    }

    /// Disables a client and with it its tokens. Answers whether there is such a client.
    pub async fn disable_client(&self, caller: &Caller, id: &str) -> Result<bool, PeopleError> {
        let (now, name) = (self.now(), id.to_owned());
        let act = Act::plain("client disable").with(id);
        let work = move |tx: &rusqlite::Connection| {
            let there = tx
                .prepare_cached(sql::CLIENT_DISABLE)?
                .execute((now.millis(), name))?;
            if there == 0 {
                return Err(PeopleError::Unknown);
            }
            Ok(())
        };
        let need = Need::May(Task::ManageClients);
        match self.act(caller, need, act, work).await {
            Ok(()) => {
                self.forget_tokens();
                Ok(true)
            }
            Err(PeopleError::Unknown) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keeps an access token of a client's own: for the client itself, or the operator.
    pub async fn add_token(&self, caller: &Caller, token: NewToken) -> Result<(), PeopleError> {
        let act = Act::plain("token add").with(token.client.as_str());
        let (now, client) = (self.now(), token.client.clone());
        let work = move |tx: &rusqlite::Connection| {
            tx.prepare_cached(sql::TOKEN_PRUNE)?
                .execute([now.millis()])?;
            keep(tx, &token, None)
        };
        self.act(caller, Need::Client(&client), act, work).await
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

    /// Revokes an access token by its SHA-256: for the client it was issued to, or the operator.
    pub async fn revoke_token(&self, caller: &Caller, hash: &[u8; 32]) -> Result<(), PeopleError> {
        let (now, hash) = (self.now(), *hash);
        let Some(record) = self.token(&hash).await? else {
            return self.unknown(caller, Act::plain("token revoke")).await;
        };
        let work = move |tx: &rusqlite::Connection| {
            tx.prepare_cached(sql::TOKEN_REVOKE)?
                .execute((now.millis(), hash.as_slice()))?;
            Ok(())
        };
        let act = Act::plain("token revoke").with(record.client.as_str());
        self.act(caller, Need::Client(&record.client), act, work)
            .await?;
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

    fn remembered(&self, hash: &[u8; 32], now: Instant) -> Option<TokenRecord> {
        let seen = self.0.clients.0.lock().ok()?;
        let (at, record) = seen.get(hash)?;
        (now.millis() - at.millis() < BELIEVED_MILLIS).then(|| record.clone())
    }

    /// Forgets what is believed of tokens, so that a change counts at once.
    pub(crate) fn forget_tokens(&self) {
        if let Ok(mut seen) = self.0.clients.0.lock() {
            seen.clear();
        }
    }
}

/// Writes an access token.
pub(crate) fn keep(
    tx: &rusqlite::Connection,
    token: &NewToken,
    family: Option<&str>,
) -> Result<(), PeopleError> {
    tx.prepare_cached(sql::TOKEN_ADD)?.execute((
        token.hash.as_slice(),
        &token.client,
        &token.scopes,
        &token.patient,
        token.expires.millis(),
        family,
    ))?;
    Ok(())
}

fn counts(
    c: &rusqlite::Connection,
    text: &str,
    now: Instant,
) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = c.prepare_cached(text)?;
    let rows = statement.query_map([now.millis()], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn client_row(row: &Row<'_>) -> rusqlite::Result<ClientRecord> {
    Ok(ClientRecord {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: row.get(2)?,
        jwks: row.get(3)?,
        created: Instant::from_millis(row.get(4)?),
        disabled: row.get::<_, Option<i64>>(5)?.map(Instant::from_millis),
        app: App::from_row(row, 6)?,
    })
}

fn token_row(row: &Row<'_>) -> rusqlite::Result<TokenRecord> {
    let family: Option<String> = row.get(6)?;
    let account: Option<String> = row.get(7)?;
    let expires = Instant::from_millis(row.get(3)?);
    let set = |at: usize| row.get::<_, Option<i64>>(at).map(|v| v.is_some());
    // A token whose family is gone stands for nobody.
    let orphan = family.is_some() && account.is_none();
    let revoked = set(4)? || set(5)? || set(10)? || orphan;
    let person = match (family, account) {
        (Some(family), Some(account)) => Some(ActsFor {
            account,
            strength: strength_from(row.get::<_, Option<i64>>(8)?.unwrap_or_default()),
            family,
            key: row.get(9)?,
            encounter: row.get(12)?,
        }),
        (None, _) | (Some(_), None) => None,
    };
    let ends = row.get::<_, Option<i64>>(11)?.map(Instant::from_millis);
    Ok(TokenRecord {
        client: row.get(0)?,
        scopes: row.get(1)?,
        patient: row.get(2)?,
        expires: ends.map_or(expires, |ends| expires.min(ends)),
        revoked,
        person,
    })
}
