//! What people prove themselves with: a password, passkeys, authenticator apps. Secrets are sealed for their account and
//! place, on top of the encrypted pages.

use std::fmt;

use aceso_base::{Instant, Secret};
use aceso_policy::Caller;
use aceso_vault::{Sealer, sha256_chain};
use rusqlite::{Connection, OptionalExtension, Row};

use super::account::{Account, Enrol};
use super::door::{Act, Need, PeopleError, Refusal};
use super::notice::{NoticeKind, notify};
use super::session_life::printable;
use crate::statements as sql;
use crate::{Store, StoreError};

/// Most credentials of an account.
const MOST: usize = 30;

/// The kinds of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A password; an account has one at most.
    Password,
    /// A passkey (WebAuthn).
    Passkey,
    /// An authenticator app (TOTP).
    Totp,
}

/// What is kept secret of a credential.
#[derive(Clone, Debug)]
pub enum CredentialSecret {
    /// The password's hash (PHC text).
    Password(Secret<String>),
    /// A passkey.
    Passkey {
        /// The credential id that the authenticator chose.
        key_id: Vec<u8>,
        /// The key as the vault writes it.
        text: Secret<String>,
    },
    /// The authenticator app's secret.
    Totp(Secret<Vec<u8>>),
}

/// A credential to be added.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// What the person calls it; cut at 200 characters.
    pub label: String,
    /// The secret.
    pub secret: CredentialSecret,
}

/// A credential as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// Its kind.
    pub kind: CredentialKind,
    /// What the person calls it.
    pub label: String,
    /// When it was added.
    pub created: Instant,
    /// When it was used last.
    pub used: Option<Instant>,
    /// A passkey: how often it was brought up to date. TOTP: the last step that was accepted, 0 for none.
    pub counter: i64,
}

/// A credential with its secret, for checking an answer.
#[derive(Clone, Debug)]
pub struct OpenCredential {
    /// The credential.
    pub credential: Credential,
    /// PHC text, the passkey's text, or the TOTP secret, as bytes.
    pub secret: Secret<Vec<u8>>,
}

impl OpenCredential {
    /// A password's hash or a passkey as text.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.secret.expose()).ok()
    }
}

impl Store {
    /// Adds a credential: the person's own after a fresh proof, or while signing in. A password takes the place of the
    /// one before; a second factor ends the duty to enrol one. The person has a notice. Answers the credential's id.
    pub async fn add_credential(
        &self,
        caller: &Caller,
        account: &str,
        new: NewCredential,
    ) -> Result<String, PeopleError> {
        let act = Act::on_account("credential add", account).with(new.secret.kind().name());
        let adding = Adding::new(self, account, new);
        self.act(caller, Need::OwnFresh(account), act, move |tx| {
            super::account::one(tx, &adding.account)?.ok_or(PeopleError::Unknown)?;
            adding.write(tx)
        })
        .await
    }

    /// The credentials of an account: one's own, or for those who manage accounts.
    pub async fn credentials(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<Credential>, PeopleError> {
        let (id, act) = (
            account.to_owned(),
            Act::on_account("credential list", account),
        );
        self.look(caller, Need::SeeAccount(account), act, move |c| {
            Ok(rows(c, &id)?.into_iter().map(|(c, _)| c).collect())
        })
        .await
    }

    /// The credentials of an account with their secrets, for checking an answer while signing in.
    pub async fn open_credentials(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<OpenCredential>, PeopleError> {
        let act = Act::on_account("credential open", account);
        self.permit(caller, Need::SignIn, &act).await?;
        let (id, sealer) = (account.to_owned(), sealer(self));
        let found = self.0.readers.quiet(move |c| rows(c, &id)).await??;
        found.into_iter().map(|row| open(&sealer, row)).collect()
    }

    /// The passkey with this credential id, for a sign-in without a user name.
    pub async fn open_passkey(
        &self,
        caller: &Caller,
        key_id: &[u8],
    ) -> Result<Option<OpenCredential>, PeopleError> {
        self.permit(caller, Need::SignIn, &Act::plain("credential open"))
            .await?;
        let (handle, sealer) = (key_digest(key_id), sealer(self));
        let look = move |c: &mut Connection| {
            c.prepare_cached(sql::CREDENTIAL_BY_HANDLE)?
                .query_row([handle.as_slice()], from_row)
                .optional()
        };
        let found = self
            .0
            .readers
            .quiet(look)
            .await?
            .map_err(StoreError::from)?;
        found.map(|row| open(&sealer, row)).transpose()
    }

    /// Gives a credential another name.
    pub async fn rename_credential(
        &self,
        caller: &Caller,
        account: &str,
        id: &str,
        label: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::on_account("credential rename", account);
        let (account_id, id, label) = (account.to_owned(), id.to_owned(), printable(label));
        self.act(caller, Need::Own(account), act, move |tx| {
            of_account(tx, &account_id, &id)?;
            tx.prepare_cached(sql::CREDENTIAL_RENAME)?
                .execute((label, id))?;
            Ok(())
        })
        .await
    }

    /// Removes a credential. A person cannot remove their last one, nor the last second factor where their roles ask for
    /// one; when an administrator does, a new second factor must be enrolled at the next sign-in. The person has a notice.
    pub async fn remove_credential(
        &self,
        caller: &Caller,
        account: &str,
        id: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::on_account("credential remove", account).with(id);
        let own = super::door::own(caller, account);
        let rule = self.0.settings.people.clone();
        let (account_id, id) = (account.to_owned(), id.to_owned());
        let (now, notice) = (self.now(), self.new_id());
        self.act(caller, Need::OwnFreshOrUsers(account), act, move |tx| {
            let account = super::account::one(tx, &account_id)?.ok_or(PeopleError::Unknown)?;
            let gone = of_account(tx, &account_id, &id)?;
            let left = rows(tx, &account_id)?;
            let left: Vec<_> = left.iter().filter(|(c, _)| c.id != id).collect();
            let factor_left = left.iter().any(|(c, _)| c.kind.is_second_factor());
            if own && left.is_empty() {
                return Err(Refusal::LastCredential.into());
            }
            if gone.kind.is_second_factor() && !factor_left && rule.wants_second_factor(&account) {
                if own {
                    return Err(Refusal::LastFactor.into());
                }
                enrol(tx, &account_id, Enrol::Must)?;
            }
            tx.prepare_cached(sql::CREDENTIAL_REMOVE)?.execute([&id])?;
            let kind = NoticeKind::CredentialRemoved;
            Ok(notify(tx, &notice, &account_id, kind, now, &gone.label)?)
        })
        .await?;
        self.forget_sessions();
        Ok(())
    }

    /// Takes a TOTP step: false when this step or a later one was taken before (RFC 6238, section 5.2; ASVS 6.5.1).
    pub async fn take_totp_step(
        &self,
        caller: &Caller,
        credential: &Credential,
        step: i64,
    ) -> Result<bool, PeopleError> {
        let act = Act::on_account("credential use", &credential.account).with("totp");
        let (now, id) = (self.now(), credential.id.clone());
        self.act(caller, Need::SignIn, act, move |tx| {
            let count =
                tx.prepare_cached(sql::CREDENTIAL_STEP)?
                    .execute((step, now.millis(), id))?;
            Ok(count == 1)
        })
        .await
    }

    /// Notes the use of a passkey that was opened in this state, and keeps it as the vault brought it up to date: false
    /// when another use came in between.
    pub async fn take_passkey(
        &self,
        caller: &Caller,
        credential: &Credential,
        text: &str,
    ) -> Result<bool, PeopleError> {
        let act = Act::on_account("credential use", &credential.account).with("passkey");
        let sealed = sealer(self)
            .seal(&place(&credential.account, &credential.id), text.as_bytes())
            .map_err(sealing)?;
        let (now, id, before) = (self.now(), credential.id.clone(), credential.counter);
        self.act(caller, Need::SignIn, act, move |tx| {
            let count = tx.prepare_cached(sql::CREDENTIAL_PASSKEY)?.execute((
                sealed,
                before + 1,
                now.millis(),
                id,
                before,
            ))?;
            Ok(count == 1)
        })
        .await
    }

    /// Notes the use of a password; `hash` is a new one of it when the old one was made at another cost.
    pub async fn take_password(
        &self,
        caller: &Caller,
        credential: &Credential,
        hash: Option<&str>,
    ) -> Result<(), PeopleError> {
        let act = Act::on_account("credential use", &credential.account).with("password");
        let place = place(&credential.account, &credential.id);
        let sealed = hash.map(|h| sealer(self).seal(&place, h.as_bytes()));
        let sealed = sealed.transpose().map_err(sealing)?;
        let (now, id) = (self.now(), credential.id.clone());
        self.act(caller, Need::SignIn, act, move |tx| {
            tx.prepare_cached(sql::CREDENTIAL_USED)?
                .execute((now.millis(), &id))?;
            if let Some(sealed) = sealed {
                tx.prepare_cached(sql::CREDENTIAL_SECRET)?
                    .execute((sealed, &id))?;
            }
            Ok(())
        })
        .await
    }

    /// The name that an account's passkeys know the person by: says nothing about the account.
    pub fn passkey_handle(&self, account: &str) -> [u8; 16] {
        let tag = self
            .0
            .keyring
            .mac("passkey handle")
            .tag(&[account.as_bytes()]);
        let mut handle = [0; 16];
        handle.iter_mut().zip(tag).for_each(|(h, t)| *h = t);
        handle
    }

    /// Whether an account's roles ask for a second factor.
    pub fn wants_second_factor(&self, account: &Account) -> bool {
        self.0.settings.people.wants_second_factor(account)
    }
}

/// A credential on its way in, with all that it needs.
pub(super) struct Adding {
    pub(super) account: String,
    id: String,
    notice: String,
    now: Instant,
    sealer: Sealer,
    new: NewCredential,
}

impl Adding {
    pub(super) fn new(store: &Store, account: &str, new: NewCredential) -> Self {
        Self {
            account: account.to_owned(),
            id: store.new_id(),
            notice: store.new_id(),
            now: store.now(),
            sealer: sealer(store),
            new,
        }
    }

    /// Writes it, with its notice; answers its id.
    pub(super) fn write(self, tx: &Connection) -> Result<String, PeopleError> {
        let Self {
            account, id, now, ..
        } = &self;
        let kind = self.new.secret.kind();
        let (plain, handle): (&[u8], Option<[u8; 32]>) = match &self.new.secret {
            CredentialSecret::Password(hash) => (hash.expose().as_bytes(), None),
            CredentialSecret::Passkey { key_id, text } => {
                (text.expose().as_bytes(), Some(key_digest(key_id)))
            }
            CredentialSecret::Totp(secret) => (secret.expose().as_slice(), None),
        };
        let sealed = self.sealer.seal(&place(account, id), plain);
        let sealed = sealed.map_err(sealing)?;
        let notice = match kind {
            CredentialKind::Password => {
                tx.prepare_cached(sql::CREDENTIAL_DROP_KIND)?
                    .execute((account, kind.code()))?;
                NoticeKind::PasswordChanged
            }
            CredentialKind::Passkey | CredentialKind::Totp => NoticeKind::CredentialAdded,
        };
        if rows(tx, account)?.len() >= MOST {
            return Err(Refusal::Field("an account has at most 30 ways to sign in").into());
        }
        let label = printable(&self.new.label);
        let count = tx.prepare_cached(sql::CREDENTIAL_ADD)?.execute((
            id,
            account,
            kind.code(),
            &label,
            sealed,
            handle.as_ref().map(<[u8; 32]>::as_slice),
            0,
            now.millis(),
        ))?;
        if count != 1 {
            return Err(Refusal::KeyTaken.into());
        }
        if kind.is_second_factor() {
            enrol(tx, account, Enrol::No)?;
        }
        notify(tx, &self.notice, account, notice, *now, &label)?;
        Ok(self.id)
    }
}

impl CredentialSecret {
    /// Its kind.
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::Password(_) => CredentialKind::Password,
            Self::Passkey { .. } => CredentialKind::Passkey,
            Self::Totp(_) => CredentialKind::Totp,
        }
    }
}

impl CredentialKind {
    /// Whether it stands beside a password as a second factor (a passkey stands alone, too).
    pub const fn is_second_factor(self) -> bool {
        match self {
            Self::Password => false,
            Self::Passkey | Self::Totp => true,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey => "passkey",
            Self::Totp => "totp",
        }
    }

    const fn code(self) -> i64 {
        match self {
            Self::Password => 1,
            Self::Passkey => 2,
            Self::Totp => 3,
        }
    }

    const fn from_code(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Password),
            2 => Some(Self::Passkey),
            3 => Some(Self::Totp),
            _ => None,
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Sets whether a second factor must be enrolled.
fn enrol(tx: &Connection, account: &str, enrol: Enrol) -> Result<(), StoreError> {
    tx.prepare_cached(sql::ACCOUNT_ENROLLED)?
        .execute((enrol.code(), account))?;
    Ok(())
}

fn of_account(tx: &Connection, account: &str, id: &str) -> Result<Credential, PeopleError> {
    let mut statement = tx.prepare_cached(sql::CREDENTIAL_ONE)?;
    let found = statement.query_row([id], from_row).optional()?;
    found
        .map(|(credential, _)| credential)
        .filter(|c| c.account == account)
        .ok_or(PeopleError::Unknown)
}

type Sealed = (Credential, Vec<u8>);

fn rows(connection: &Connection, account: &str) -> Result<Vec<Sealed>, StoreError> {
    let mut statement = connection.prepare_cached(sql::CREDENTIAL_OF)?;
    let all = statement.query_map([account], from_row)?;
    Ok(all.collect::<Result<_, _>>()?)
}

fn open(sealer: &Sealer, (credential, sealed): Sealed) -> Result<OpenCredential, PeopleError> {
    let place = place(&credential.account, &credential.id);
    let plain = sealer.open(&place, &sealed).map_err(sealing)?;
    Ok(OpenCredential {
        credential,
        secret: Secret::new(plain.to_vec()),
    })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    let code: i64 = row.get(2)?;
    let kind =
        CredentialKind::from_code(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(2, code))?;
    let credential = Credential {
        id: row.get(0)?,
        account: row.get(1)?,
        kind,
        label: row.get(3)?,
        created: Instant::from_millis(row.get(6)?),
        used: row.get::<_, Option<i64>>(7)?.map(Instant::from_millis),
        counter: row.get(5)?,
    };
    Ok((credential, row.get(4)?))
}

/// Whether a row's secret opens at its place and is of its kind; what is wrong otherwise.
pub(crate) fn check(sealer: &Sealer, row: &Row<'_>) -> Result<(), String> {
    let (credential, sealed) = from_row(row).map_err(|error| error.to_string())?;
    let place = place(&credential.account, &credential.id);
    let plain = sealer
        .open(&place, &sealed)
        .map_err(|error| error.to_string())?;
    let text = std::str::from_utf8(&plain).ok();
    let fits = match credential.kind {
        CredentialKind::Password => text.is_some_and(|t| t.starts_with("$argon2id$")),
        CredentialKind::Passkey => text.is_some_and(|t| t.starts_with('{')),
        CredentialKind::Totp => (16..=40).contains(&plain.len()),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("what is sealed is no {}", credential.kind))
    }
}

fn sealer(store: &Store) -> Sealer {
    store.0.keyring.sealer("credential")
}

fn place(account: &str, id: &str) -> String {
    format!("account {account} credential {id}")
}

pub(super) fn sealing(error: aceso_vault::SealError) -> PeopleError {
    PeopleError::Store(StoreError::text(&error.to_string()))
}

/// What a passkey is found by.
fn key_digest(key_id: &[u8]) -> [u8; 32] {
    sha256_chain(&[b"passkey ", key_id])
}
