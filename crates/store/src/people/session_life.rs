//! Sessions: made, locked, opened, stepped up, listed, ended.

use aceso_base::Instant;
use aceso_policy::{Caller, Strength, Task};
use rusqlite::{Connection, OptionalExtension};

use super::account::one as account_one;
use super::door::{Act, Need, PeopleError, Refusal};
use super::session::{NewSession, Session, SessionState, from_row, one, strength_code};
use crate::statements as sql;
use crate::{Store, StoreError};

/// What a fresh proof changes of a session. Each gives it a new cookie (ASVS 7.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is opened again.
    Unlock,
    /// What needs a fresh proof is allowed until then.
    StepUp {
        /// Until when; at most ten minutes from now.
        until: Instant,
        /// What was proved.
        strength: Strength,
    },
    /// The second factor was enrolled or shown: it is complete.
    Complete {
        /// What was proved.
        strength: Strength,
    },
}

/// A locked session that waits at a browser for its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The session's id.
    pub id: String,
    /// Whose it is: the name that people see.
    pub display: String,
    /// The last request.
    pub seen: Instant,
}

/// The longest that a fresh proof holds.
const STEP_UP_MOST_MILLIS: i64 = 10 * 60_000;

impl Store {
    /// Makes a session of an active account, in place of the browser's one before: that ends, but another person's is locked
    /// and waits for them at the same browser ([`Store::parked_sessions`]). Sessions beyond the most that an
    /// account may have end, oldest first. Answers its id.
    pub async fn make_session(
        &self,
        caller: &Caller,
        new: NewSession,
        before: Option<[u8; 32]>,
    ) -> Result<String, PeopleError> {
        let rule = self.0.settings.people.sessions.clone();
        let now = self.now();
        let life = match new.state {
            SessionState::SecondFactor => rule.pending_millis,
            SessionState::Enrol | SessionState::Full | SessionState::Locked => rule.absolute_millis,
        };
        let session = Session {
            id: self.new_id(),
            hash: new.hash,
            account: new.account,
            created: now,
            seen: now,
            ends: now.plus_millis(life),
            state: new.state,
            strength: new.strength,
            stepped_up: None,
            address: new.address,
            agent: printable(&new.agent),
            device: new.device,
        };
        let name = match session.state {
            SessionState::SecondFactor => "sign-in first factor",
            SessionState::Enrol | SessionState::Full | SessionState::Locked => "sign-in",
        };
        let act = Act::on_account(name, &session.account);
        let work = move |tx: &Connection| make(tx, &session, before.as_ref(), rule.most, now);
        let id = self.act(caller, Need::SignIn, act, work).await?;
        if let Some(before) = before {
            self.forget_session(&before);
        }
        Ok(id)
    }

    /// Changes a live session after a fresh proof, and gives it a new cookie in the same step.
    pub async fn prove_session(
        &self,
        caller: &Caller,
        hash: &[u8; 32],
        new_hash: [u8; 32],
        proof: Proof,
    ) -> Result<(), PeopleError> {
        let (now, old) = (self.now(), *hash);
        let name = match proof {
            Proof::Unlock => "session unlock",
            Proof::StepUp { .. } => "session step-up",
            Proof::Complete { .. } => "sign-in second factor",
        };
        let Some(account) = self.session(hash).await?.map(|f| f.session.account) else {
            return Err(PeopleError::Unknown);
        };
        let act = Act::on_account(name, &account);
        let life = self.0.settings.people.sessions.absolute_millis;
        let work = move |tx: &Connection| prove(tx, &old, new_hash, proof, life, now);
        self.act(caller, Need::SignIn, act, work).await?;
        self.forget_session(hash);
        Ok(())
    }

    /// Locks a session: the person's own, by its hash.
    pub async fn lock_session(&self, caller: &Caller, hash: &[u8; 32]) -> Result<(), PeopleError> {
        let Some(found) = self.session(hash).await? else {
            return Err(PeopleError::Unknown);
        };
        let (account, hash) = (found.session.account, *hash);
        let act = Act::on_account("session lock", &account);
        let work = move |tx: &Connection| {
            let session = one(tx, &hash)?.ok_or(PeopleError::Unknown)?;
            if session.state != SessionState::Full {
                return Ok(());
            }
            tx.prepare_cached(sql::SESSION_STATE)?
                .execute((SessionState::Locked.code(), hash.as_slice()))?;
            Ok(())
        };
        self.act(caller, Need::OwnOrSessions(&account), act, work)
            .await?;
        self.forget_session(&hash);
        Ok(())
    }

    /// The locked sessions that wait at a browser, by the SHA-256 of its device cookie; the last used first.
    pub async fn parked_sessions(
        &self,
        caller: &Caller,
        device: &[u8; 32],
    ) -> Result<Vec<Parked>, PeopleError> {
        self.permit(caller, Need::SignIn, &Act::plain("session parked"))
            .await?;
        let (now, device) = (self.now(), *device);
        let look = move |c: &mut Connection| -> Result<Vec<Parked>, StoreError> {
            let mut statement = c.prepare_cached(sql::SESSION_PARKED)?;
            let all = statement.query_map((device.as_slice(), now.millis()), |row| {
                Ok(Parked {
                    id: row.get(0)?,
                    display: row.get(1)?,
                    seen: Instant::from_millis(row.get(2)?),
                })
            })?;
            Ok(all.collect::<Result<_, _>>()?)
        };
        Ok(self.0.readers.quiet(look).await??)
    }

    /// Gives a locked session that waits at this browser a new cookie; it stays locked until its person proves who they are.
    pub async fn resume_session(
        &self,
        caller: &Caller,
        id: &str,
        device: &[u8; 32],
        new_hash: [u8; 32],
    ) -> Result<(), PeopleError> {
        let (wanted, device, now) = (id.to_owned(), *device, self.now());
        let find = move |c: &mut Connection| named(c, &wanted);
        let found = self.0.readers.quiet(find).await??;
        let fits = |s: &Session| {
            s.device == Some(device) && s.state == SessionState::Locked && now < s.ends
        };
        let Some(session) = found.filter(fits) else {
            return self.unknown(caller, Act::plain("session resume")).await;
        };
        let act = Act::on_account("session resume", &session.account);
        let old = session.hash;
        let work = move |tx: &Connection| {
            let mut session = one(tx, &old)?.ok_or(PeopleError::Unknown)?;
            session.hash = new_hash;
            tx.prepare_cached(sql::SESSION_END)?
                .execute([old.as_slice()])?;
            Ok(insert(tx, &session)?)
        };
        self.act(caller, Need::SignIn, act, work).await?;
        self.forget_session(&old);
        Ok(())
    }

    /// Ends the session of a cookie: signing out. Whoever holds the cookie may; one that is not there is no error.
    pub async fn sign_out(&self, caller: &Caller, hash: &[u8; 32]) -> Result<(), PeopleError> {
        let account = self.session(hash).await?.map(|f| f.session.account);
        let act = match &account {
            Some(account) => Act::on_account("sign-out", account),
            None => Act::plain("sign-out"),
        };
        let gone = *hash;
        let work = move |tx: &Connection| {
            tx.prepare_cached(sql::SESSION_END)?
                .execute([gone.as_slice()])?;
            Ok(())
        };
        self.act(caller, Need::SignIn, act, work).await?;
        self.forget_session(hash);
        Ok(())
    }

    /// Ends a session by its id: one's own, or anybody's for those who manage sessions.
    pub async fn end_session(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let wanted = id.to_owned();
        let find = move |c: &mut Connection| named(c, &wanted);
        let Some(session) = self.0.readers.quiet(find).await?? else {
            return self.unknown(caller, Act::plain("session end")).await;
        };
        let act = Act::on_account("session end", &session.account);
        let hash = session.hash;
        let work = move |tx: &Connection| {
            tx.prepare_cached(sql::SESSION_END)?
                .execute([hash.as_slice()])?;
            Ok(())
        };
        let done = self
            .act(caller, Need::OwnOrSessions(&session.account), act, work)
            .await;
        // Somebody else's session answers as one that is not there.
        if matches!(done, Err(PeopleError::Forbidden)) {
            return Err(PeopleError::Unknown);
        }
        done?;
        self.forget_session(&hash);
        Ok(())
    }

    /// Ends all sessions of an account but the one with this hash: one's own, or anybody's for those who manage sessions.
    pub async fn end_sessions_of(
        &self,
        caller: &Caller,
        account: &str,
        but: Option<[u8; 32]>,
    ) -> Result<(), PeopleError> {
        let id = account.to_owned();
        let act = Act::on_account("session end all", account);
        let work = move |tx: &Connection| {
            let but = but.as_ref().map_or([].as_slice(), <[u8; 32]>::as_slice);
            tx.prepare_cached(sql::SESSION_END_OF)?.execute((id, but))?;
            Ok(())
        };
        self.act(caller, Need::OwnOrSessions(account), act, work)
            .await?;
        self.forget_sessions();
        Ok(())
    }

    /// The live sessions of an account, newest first: one's own, or anybody's for those who manage sessions.
    pub async fn sessions_of(
        &self,
        caller: &Caller,
        account: &str,
    ) -> Result<Vec<Session>, PeopleError> {
        let (id, now) = (account.to_owned(), self.now());
        let act = Act::on_account("session list", account);
        self.look(caller, Need::OwnOrSessions(account), act, move |c| {
            let mut statement = c.prepare_cached(sql::SESSION_OF)?;
            let rows = statement.query_map((id, now.millis()), from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// At most 200 live sessions of all accounts, those whose id comes after this one.
    pub async fn sessions(
        &self,
        caller: &Caller,
        after: &str,
    ) -> Result<Vec<Session>, PeopleError> {
        let (after, now) = (after.to_owned(), self.now());
        let act = Act::plain("session list");
        self.look(caller, Need::May(Task::ManageSessions), act, move |c| {
            let mut statement = c.prepare_cached(sql::SESSION_PAGE)?;
            let rows = statement.query_map((after, now.millis(), 200), from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn make(
    tx: &Connection,
    session: &Session,
    before: Option<&[u8; 32]>,
    most: u32,
    now: Instant,
) -> Result<String, PeopleError> {
    let account = account_one(tx, &session.account)?.ok_or(PeopleError::Unknown)?;
    if !account.is_live(now) {
        return Err(Refusal::Disabled.into());
    }
    tx.prepare_cached(sql::SESSION_PRUNE)?
        .execute([now.millis()])?;
    if let Some(before) = before {
        leave(tx, before, &session.account)?;
    }
    loop {
        let oldest: Option<[u8; 32]> = tx
            .prepare_cached(sql::SESSION_OLDEST)?
            .query_row((&session.account, most.max(1) - 1), |row| row.get(0))
            .optional()?;
        let Some(hash) = oldest else { break };
        tx.prepare_cached(sql::SESSION_END)?
            .execute([hash.as_slice()])?;
    }
    insert(tx, session)?;
    if session.state != SessionState::SecondFactor {
        tx.prepare_cached(sql::ACCOUNT_SIGNED_IN)?
            .execute((now.millis(), &session.account))?;
    }
    Ok(session.id.clone())
}

/// A browser's session before: one's own, or one that was not complete, ends; another person's is locked.
fn leave(tx: &Connection, before: &[u8; 32], account: &str) -> Result<(), StoreError> {
    let found = one(tx, before)?;
    let waits = found.is_some_and(|other| {
        let complete = match other.state {
            SessionState::Full | SessionState::Locked => true,
            SessionState::SecondFactor | SessionState::Enrol => false,
        };
        complete && other.account != account
    });
    if waits {
        tx.prepare_cached(sql::SESSION_STATE)?
            .execute((SessionState::Locked.code(), before.as_slice()))?;
    } else {
        tx.prepare_cached(sql::SESSION_END)?
            .execute([before.as_slice()])?;
    }
    Ok(())
}

fn prove(
    tx: &Connection,
    old: &[u8; 32],
    new_hash: [u8; 32],
    proof: Proof,
    life: i64,
    now: Instant,
) -> Result<(), PeopleError> {
    let mut session = one(tx, old)?.ok_or(PeopleError::Unknown)?;
    let account = account_one(tx, &session.account)?.ok_or(PeopleError::Unknown)?;
    if now >= session.ends || !account.is_live(now) {
        return Err(PeopleError::Unknown);
    }
    session.seen = now;
    match (proof, session.state) {
        (Proof::Unlock, SessionState::Full | SessionState::Locked) => {
            session.state = SessionState::Full;
        }
        (Proof::StepUp { until, strength }, SessionState::Full | SessionState::Locked) => {
            session.state = SessionState::Full;
            session.stepped_up = Some(until.min(now.plus_millis(STEP_UP_MOST_MILLIS)));
            session.strength = session.strength.max(strength);
        }
        (Proof::Complete { strength }, SessionState::SecondFactor | SessionState::Enrol) => {
            session.ends = session.created.plus_millis(life);
            session.state = SessionState::Full;
            session.strength = strength;
            tx.prepare_cached(sql::ACCOUNT_SIGNED_IN)?
                .execute((now.millis(), &session.account))?;
        }
        (
            Proof::Unlock | Proof::StepUp { .. },
            SessionState::SecondFactor | SessionState::Enrol,
        )
        | (Proof::Complete { .. }, SessionState::Full | SessionState::Locked) => {
            return Err(PeopleError::Forbidden);
        }
    }
    session.hash = new_hash;
    tx.prepare_cached(sql::SESSION_END)?
        .execute([old.as_slice()])?;
    Ok(insert(tx, &session)?)
}

fn insert(tx: &Connection, session: &Session) -> Result<(), StoreError> {
    tx.prepare_cached(sql::SESSION_ADD)?.execute((
        session.hash.as_slice(),
        &session.id,
        &session.account,
        session.created.millis(),
        session.seen.millis(),
        session.ends.millis(),
        session.state.code(),
        strength_code(session.strength),
        session.stepped_up.map(Instant::millis),
        session.address.map(|a| a.to_string()),
        &session.agent,
        session.device.as_ref().map(<[u8; 32]>::as_slice),
    ))?;
    Ok(())
}

fn named(connection: &Connection, id: &str) -> Result<Option<Session>, StoreError> {
    let mut statement = connection.prepare_cached(sql::SESSION_NAMED)?;
    Ok(statement.query_row([id], from_row).optional()?)
}

/// What a browser calls itself, cut, and without what could forge a line somewhere.
pub(super) fn printable(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(200).collect()
}
