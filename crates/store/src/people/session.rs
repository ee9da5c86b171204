//! Sessions: what stands behind the cookie. Only the SHA-256 of the cookie's value is kept.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aceso_base::Instant;
use aceso_policy::{Person, Place, Purpose, Role, Side, Strength};
use rusqlite::{Connection, OptionalExtension, Row};

use super::account::{Account, one as account_one};
use super::rule::SessionRule;
use crate::statements as sql;
use crate::{Store, StoreError};

/// How long a session's record is believed without looking again (another process may have ended it).
const BELIEVED_MILLIS: i64 = 2_000;
/// The time of the last request is written at most this often.
const WRITTEN_MILLIS: i64 = 60_000;
const REMEMBERED: usize = 10_000;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The first factor was right; the second is awaited. Good for nothing else.
    SecondFactor,
    /// Signed in, but a second factor must be enrolled before anything else.
    Enrol,
    /// Signed in.
    Full,
    /// Signed in and locked: one factor opens it again.
    Locked,
}

/// A session to be made.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of the cookie's value; always of a new one.
    pub hash: [u8; 32],
    /// Whose it is.
    pub account: String,
    /// Where it stands.
    pub state: SessionState,
    /// How strongly the person proved who they are.
    pub strength: Strength,
    /// The browser's address.
    pub address: Option<IpAddr>,
    /// What the browser calls itself; cut at 200 characters.
    pub agent: String,
    /// SHA-256 of the device cookie.
    pub device: Option<[u8; 32]>,
}

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, for lists: not what is in the cookie.
    pub id: String,
    /// SHA-256 of the cookie's value.
    pub hash: [u8; 32],
    /// Whose it is.
    pub account: String,
    /// When it was made.
    pub created: Instant,
    /// The last request, to a minute.
    pub seen: Instant,
    /// When it ends, whatever happens.
    pub ends: Instant,
    /// Where it stands; idle too long is [`SessionState::Locked`].
    pub state: SessionState,
    /// How strongly the person proved who they are.
    pub strength: Strength,
    /// Until when what needs a fresh proof is allowed.
    pub stepped_up: Option<Instant>,
    /// The browser's address when it was made.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub agent: String,
    /// SHA-256 of the device cookie.
    pub device: Option<[u8; 32]>,
}

/// A live session with its account.
#[derive(Clone, Debug)]
pub struct FoundSession {
    /// The session.
    pub session: Session,
    /// Its account, which is active.
    pub account: Arc<Account>,
}

impl SessionState {
    pub(super) const fn code(self) -> i64 {
        match self {
            Self::SecondFactor => 0,
            Self::Enrol => 1,
            Self::Full => 2,
            Self::Locked => 3,
        }
    }

    /// What cannot be read counts as locked.
    const fn from_code(code: i64) -> Self {
        match code {
            0 => Self::SecondFactor,
            1 => Self::Enrol,
            2 => Self::Full,
            _ => Self::Locked,
        }
    }
}

/// A strength as it is kept.
pub(crate) const fn strength_code(strength: Strength) -> i64 {
    match strength {
        Strength::One => 1,
        Strength::Two => 2,
        Strength::PhishingResistant => 3,
    }
}

/// What cannot be read counts as the weakest.
pub(crate) const fn strength_from(code: i64) -> Strength {
    match code {
        3 => Strength::PhishingResistant,
        2 => Strength::Two,
        _ => Strength::One,
    }
}

impl FoundSession {
    /// The person as decisions see them; none unless the session is complete and open.
    pub fn person(&self, place: Place) -> Option<Person> {
        if self.session.state != SessionState::Full {
            return None;
        }
        let mut person = self.account.person(self.session.strength);
        person.session.stepped_up_until = self.session.stepped_up;
        person.session.place = place;
        Some(person)
    }
}

impl Account {
    /// The person as decisions see them, signed in this well, from nowhere in particular: what a token stands for.
    pub fn person(&self, strength: Strength) -> Person {
        let staff = |r: &Role| r.built_in().is_none_or(|b| b.side() == Side::Staff);
        let purpose = if self.roles.iter().any(staff) {
            Purpose::Treatment
        } else {
            Purpose::PatientRequest
        };
        Person {
            account: self.id.clone(),
            name: self.user_name.to_string(),
            roles: self.roles.clone(),
            user: self.fhir_user.clone(),
            patients: self.patients.clone(),
            facilities: self.facilities.clone(),
            session: aceso_policy::Session::new(strength, purpose),
        }
    }
}

/// Sessions and accounts seen lately.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Known>);

#[derive(Default)]
struct Known {
    sessions: HashMap<[u8; 32], Seen>,
    accounts: HashMap<String, (Instant, Option<Arc<Account>>)>,
}

struct Seen {
    asked: Instant,
    /// The last request that this process saw, and the one that the table shows.
    touched: Instant,
    written: Instant,
    found: FoundSession,
}

impl Store {
    /// The live session of a cookie, with its account; none when there is none, it has ended, or the account is not
    /// active. A session that was idle too long comes back locked. Believed for two seconds. This is no use of it: see
    /// [`Store::touch_session`].
    pub async fn session(&self, hash: &[u8; 32]) -> Result<Option<FoundSession>, StoreError> {
        let now = self.now();
        if let Some(found) = self.known_session(hash, now) {
            return Ok(self.judged(found, now));
        }
        let wanted = *hash;
        let look = move |c: &mut Connection| {
            let Some(session) = one(c, &wanted)? else {
                return Ok(None);
            };
            let account = account_one(c, &session.account)?;
            Ok::<_, StoreError>(account.map(|account| FoundSession {
                session,
                account: Arc::new(account),
            }))
        };
        let Some(found) = self.0.readers.quiet(look).await?? else {
            return Ok(None);
        };
        Ok(self.judged(self.remember_session(found, now), now))
    }

    /// Notes that the person used the session; written at most once a minute. A locked one stays locked.
    pub async fn touch_session(&self, hash: &[u8; 32]) -> Result<(), StoreError> {
        let (now, rule) = (self.now(), &self.0.settings.people.sessions);
        let due = {
            let mut known = self.0.sessions.lock();
            let Some(seen) = known.sessions.get_mut(hash) else {
                return Ok(());
            };
            if seen.state(rule, now) == SessionState::Locked {
                return Ok(());
            }
            seen.touched = now;
            let due = now.millis() - seen.written.millis() >= WRITTEN_MILLIS;
            if due {
                seen.written = now;
            }
            due
        };
        if !due {
            return Ok(());
        }
        let hash = *hash;
        let work = move |tx: &Connection| {
            tx.prepare_cached(sql::SESSION_TOUCH)?
                .execute((now.millis(), hash.as_slice()))?;
            Ok(())
        };
        self.0.writer.run(work, None).await
    }

    /// The account that something other than a session stands for (an access or refresh token); none unless it is active.
    /// Believed for two seconds.
    pub async fn live_account(&self, id: &str) -> Result<Option<Arc<Account>>, StoreError> {
        let now = self.now();
        let known = self.0.sessions.lock().accounts.get(id).cloned();
        let found = match known {
            Some((at, account)) if fresh(at, now) => account,
            Some(_) | None => {
                let wanted = id.to_owned();
                let look = move |c: &mut Connection| account_one(c, &wanted);
                let account = self.0.readers.quiet(look).await??.map(Arc::new);
                let mut known = self.0.sessions.lock();
                if known.accounts.len() >= REMEMBERED {
                    known.accounts.clear();
                }
                known.accounts.insert(id.to_owned(), (now, account.clone()));
                account
            }
        };
        Ok(found.filter(|a| a.is_live(now)))
    }

    /// Forgets what is believed of sessions and accounts, so that a change counts at once. When each was last used is kept.
    pub(crate) fn forget_sessions(&self) {
        let mut known = self.0.sessions.lock();
        known.accounts.clear();
        for seen in known.sessions.values_mut() {
            seen.asked = Instant::from_millis(i64::MIN);
        }
    }

    /// Forgets one session.
    pub(crate) fn forget_session(&self, hash: &[u8; 32]) {
        self.0.sessions.lock().sessions.remove(hash);
    }

    fn known_session(&self, hash: &[u8; 32], now: Instant) -> Option<FoundSession> {
        let known = self.0.sessions.lock();
        let seen = known.sessions.get(hash).filter(|s| fresh(s.asked, now))?;
        Some(seen.shown(&self.0.settings.people.sessions, now))
    }

    fn remember_session(&self, found: FoundSession, now: Instant) -> FoundSession {
        let rule = &self.0.settings.people.sessions;
        let mut known = self.0.sessions.lock();
        if known.sessions.len() >= REMEMBERED {
            known
                .sessions
                .retain(|_, s| now.millis() - s.touched.millis() < rule.idle_millis);
        }
        let hash = found.session.hash;
        let before = known.sessions.get(&hash).map(|s| s.touched);
        let seen = Seen {
            asked: now,
            touched: before.map_or(found.session.seen, |t| t.max(found.session.seen)),
            written: found.session.seen,
            found,
        };
        let shown = seen.shown(rule, now);
        if known.sessions.len() < REMEMBERED {
            known.sessions.insert(hash, seen);
        }
        shown
    }

    /// A session that has ended, or whose person may not come in any more, is none.
    fn judged(&self, found: FoundSession, now: Instant) -> Option<FoundSession> {
        let live = now < found.session.ends && found.account.is_live(now);
        live.then_some(found)
    }
}

impl Sessions {
    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn state(&self, rule: &SessionRule, now: Instant) -> SessionState {
        match self.found.session.state {
            SessionState::Full | SessionState::Enrol
                if now.millis() - self.touched.millis() >= rule.idle_millis =>
            {
                SessionState::Locked
            }
            state => state,
        }
    }

    fn shown(&self, rule: &SessionRule, now: Instant) -> FoundSession {
        let mut found = self.found.clone();
        found.session.state = self.state(rule, now);
        found.session.seen = self.touched;
        found
    }
}

fn fresh(asked: Instant, now: Instant) -> bool {
    now.millis().saturating_sub(asked.millis()) < BELIEVED_MILLIS
}

/// A session by its hash.
pub(super) fn one(connection: &Connection, hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
    let mut statement = connection.prepare_cached(sql::SESSION_ONE)?;
    Ok(statement
        .query_row([hash.as_slice()], from_row)
        .optional()?)
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    let time = |at: usize| row.get(at).map(Instant::from_millis);
    let address: Option<String> = row.get(9)?;
    Ok(Session {
        hash: row.get(0)?,
        id: row.get(1)?,
        account: row.get(2)?,
        created: time(3)?,
        seen: time(4)?,
        ends: time(5)?,
        state: SessionState::from_code(row.get(6)?),
        strength: strength_from(row.get(7)?),
        stepped_up: row.get::<_, Option<i64>>(8)?.map(Instant::from_millis),
        address: address.and_then(|a| a.parse().ok()),
        agent: row.get(10)?,
        device: row.get(11)?,
    })
}
