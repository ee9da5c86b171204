//! What a person allows an app, remembered until it ends or is taken back.

use aceso_base::Instant;
use aceso_policy::{Caller, Strength, Task, Verdict};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::people::{Act, Need, strength_code};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// What a person allowed an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppGrant {
    /// Its id.
    pub id: String,
    /// The app's client id.
    pub client: String,
    /// The app's name.
    pub name: String,
    /// The scopes.
    pub scopes: String,
    /// The patient whose data it is about; none where each launch says so.
    pub patient: Option<String>,
    /// When it was allowed.
    pub made: Instant,
    /// When it ends.
    pub ends: Instant,
    /// When it last got tokens by it.
    pub used: Option<Instant>,
}

/// How what is allowed becomes an authorization.
#[derive(Clone, Debug)]
pub struct NewFamily {
    /// The scopes of this authorization.
    pub scopes: String,
    /// The patient in context.
    pub patient: Option<String>,
    /// The encounter in context.
    pub encounter: Option<String>,
    /// How well the person had proved who they are.
    pub strength: Strength,
    /// When they had.
    pub auth_time: Instant,
    /// The session that it lives and dies with.
    pub session: Option<String>,
    /// The thumbprint that the request named (`dpop_jkt`).
    pub key: Option<String>,
    /// When it ends.
    pub ends: Instant,
}

/// A person's yes to an app's request.
#[derive(Clone, Debug)]
pub struct AppApproval {
    /// The account.
    pub account: String,
    /// The app's client id.
    pub client: String,
    /// What is allowed from now on, in place of what was; none: what is remembered already covers it.
    pub remember: Option<Remember>,
    /// This authorization.
    pub family: NewFamily,
    /// SHA-256 of the code.
    pub code: [u8; 32],
    /// The address that the code is sent to.
    pub redirect: String,
    /// The challenge (PKCE, S256).
    pub challenge: String,
    /// The request's nonce, for the ID token.
    pub nonce: Option<String>,
    /// When the code ends.
    pub code_ends: Instant,
}

/// What is remembered of a person's yes.
#[derive(Clone, Debug)]
pub struct Remember {
    /// The scopes.
    pub scopes: String,
    /// The patient.
    pub patient: Option<String>,
    /// Until when.
    pub ends: Instant,
}

impl Store {
    /// Lets an app act for the person who calls, as they said on the consent page.
    pub async fn approve_app(
        &self,
        caller: &Caller,
        approval: AppApproval,
    ) -> Result<(), PeopleError> {
        let act = Act::on_account("app allow", &approval.account)
            .with(format!("{}: {}", approval.client, approval.family.scopes));
        self.permit(caller, Need::May(Task::ApproveClient), &act)
            .await?;
        let (now, account) = (self.now(), approval.account.clone());
        let (consent, family) = (self.new_id(), self.new_id());
        let work = move |tx: &Connection| approve(tx, &approval, &consent, &family, now);
        self.act(caller, Need::Own(&account), act, work).await
    }

    /// When a session of this account began; none when it is over.
    pub async fn session_began(
        &self,
        account: &str,
        session: &str,
    ) -> Result<Option<Instant>, StoreError> {
        let (account, session) = (account.to_owned(), session.to_owned());
        let look = move |c: &mut Connection| {
            c.prepare_cached(sql::SESSION_BY_ID_LIVE)?
                .query_row((session, account), |row| {
                    row.get(0).map(Instant::from_millis)
                })
                .optional()
        };
        Ok(self.0.readers.quiet(look).await??)
    }

    /// Whether the person may allow apps anything at all.
    pub fn may_allow_apps(&self, caller: &Caller) -> Verdict {
        self.policies().may(caller, Task::ApproveClient, self.now())
    }

    /// What the account allowed this app and has not taken back; for the person who calls.
    pub async fn allowed(
        &self,
        caller: &Caller,
        account: &str,
        client: &str,
    ) -> Result<Option<AppGrant>, PeopleError> {
        let act = Act::on_account("app read", account).with(client);
        self.permit(caller, Need::Own(account), &act).await?;
        let (account, client, now) = (account.to_owned(), client.to_owned(), self.now());
        let look = move |c: &mut Connection| live(c, &account, &client, now);
        Ok(self.0.readers.quiet(look).await??)
    }

    /// The apps that an account lets act for it, the latest first: one's own, or anybody's for those who manage sessions.
    pub async fn apps_of(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<AppGrant>, PeopleError> {
        let (id, now) = (account.to_owned(), self.now());
        let act = Act::on_account("app list", account);
        self.look(caller, Need::OwnOrSessions(account), act, move |c| {
            let mut statement = c.prepare_cached(sql::CONSENT_OF)?;
            let rows = statement.query_map((id, now.millis()), |row| from_row(row, row.get(7)?))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Takes back what an account allowed an app: all its tokens end at once. For the person, or those who manage sessions.
    pub async fn revoke_app(
        &self,
        caller: &Caller,
        account: &str,
        client: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::on_account("app revoke", account).with(client);
        let (id, client, now) = (account.to_owned(), client.to_owned(), self.now());
        let work = move |tx: &Connection| {
            let ended = (now.millis(), &id, &client);
            let count = tx.prepare_cached(sql::CONSENT_REVOKE)?.execute(ended)?;
            tx.prepare_cached(sql::FAMILY_REVOKE_APP)?.execute(ended)?;
            match count {
                0 => Err(PeopleError::Unknown),
                _ => Ok(()),
            }
        };
        self.act(caller, Need::OwnOrSessions(account), act, work)
            .await?;
        self.forget_tokens();
        Ok(())
    }
}

fn approve(
    tx: &Connection,
    approval: &AppApproval,
    consent: &str,
    family: &str,
    now: Instant,
) -> Result<(), PeopleError> {
    for prune in [
        sql::CODE_PRUNE,
        sql::REFRESH_PRUNE,
        sql::FAMILY_PRUNE,
        sql::CONSENT_PRUNE,
    ] {
        // A day longer, so that a code or token that comes again is known for what it is.
        tx.prepare_cached(prune)?
            .execute([now.millis() - 86_400_000])?;
    }
    let AppApproval {
        account, client, ..
    } = approval;
    let consent = match &approval.remember {
        Some(remember) => {
            tx.prepare_cached(sql::CONSENT_REVOKE)?
                .execute((now.millis(), account, client))?;
            tx.prepare_cached(sql::CONSENT_ADD)?.execute((
                consent,
                account,
                client,
                &remember.scopes,
                &remember.patient,
                now.millis(),
                remember.ends.millis(),
            ))?;
            consent.to_owned()
        }
        None => {
            live(tx, account, client, now)?
                .ok_or(PeopleError::Unknown)?
                .id
        }
    };
    tx.prepare_cached(sql::CONSENT_USE)?
        .execute((now.millis(), &consent))?;
    let new = &approval.family;
    tx.prepare_cached(sql::FAMILY_ADD)?.execute((
        family,
        &consent,
        account,
        client,
        &new.scopes,
        &new.patient,
        &new.encounter,
        strength_code(new.strength),
        new.auth_time.millis(),
        &new.session,
        &new.key,
        now.millis(),
        new.ends.millis(),
    ))?;
    tx.prepare_cached(sql::CODE_ADD)?.execute((
        approval.code.as_slice(),
        family,
        &approval.redirect,
        &approval.challenge,
        &approval.nonce,
        approval.code_ends.millis(),
    ))?;
    Ok(())
}

fn live(
    connection: &Connection,
    account: &str,
    client: &str,
    now: Instant,
) -> Result<Option<AppGrant>, StoreError> {
    let mut statement = connection.prepare_cached(sql::CONSENT_LIVE)?;
    let found = statement.query_row((account, client, now.millis()), |row| {
        from_row(row, String::new())
    });
    Ok(found.optional()?)
}

fn from_row(row: &Row<'_>, name: String) -> rusqlite::Result<AppGrant> {
    Ok(AppGrant {
        id: row.get(0)?,
        client: row.get(1)?,
        name,
        scopes: row.get(2)?,
        patient: row.get(3)?,
        made: Instant::from_millis(row.get(4)?),
        ends: Instant::from_millis(row.get(5)?),
        used: row.get::<_, Option<i64>>(6)?.map(Instant::from_millis),
    })
}
