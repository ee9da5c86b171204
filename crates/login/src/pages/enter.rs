//! The one way in: every sign-in, by whatever proof, ends here.

use aceso_base::Instant;
use aceso_policy::{Caller, Strength};
use aceso_store::{
    Account, Attempt, Gate, NewSession, OpenCredential, Proof, Right, SessionState, UserName,
};
use aceso_vault::password::Verdict;
use aceso_web::site::{Ask, Cookie, Local, PageFault, Reply};

use super::Pages;
use super::device::{self, fresh, session};
use super::fault::fault;

/// How many seconds to wait when too many passwords are checked at once.
const BUSY_SECONDS: u32 = 5;

/// What came of a first look at a password.
pub(super) enum Look {
    /// Right: whose it is, and all that the account has to prove itself with.
    Right(Box<Account>, Vec<OpenCredential>, Attempt),
    /// Wrong: the name, the password, or the account is not active. Nobody is told which.
    Wrong,
    /// Not looked at: too many wrong ones came before; so many seconds are to pass.
    Wait(i64),
}

/// What stands against a proof that was tried.
pub(super) enum Tried {
    Right,
    Wrong,
    Wait(i64),
}

impl Pages {
    /// The part of the program that signs people in, for this request.
    pub(super) fn caller(ask: &Ask) -> Caller {
        Caller::sign_in(ask.origin())
    }

    pub(super) fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// Looks at a user name and a password. Takes as long for a name that nobody has.
    pub(super) async fn look(
        &self,
        ask: &Ask,
        typed: &str,
        password: &str,
    ) -> Result<Look, PageFault> {
        // Nothing is read, counted or written for those whom a flood leaves no place.
        if self.0.hasher.is_full() {
            return Err(PageFault::Busy(BUSY_SECONDS));
        }
        let (caller, store) = (Self::caller(ask), &self.0.store);
        let name = match UserName::parse(typed) {
            Ok(name) => name,
            // Counted like any other name that nobody has.
            Err(_) => UserName::parse("not-a-user-name").map_err(PageFault::hidden)?,
        };
        let account = store.account_named(&caller, &name).await.map_err(fault)?;
        let attempt = Attempt {
            account: account.as_ref().map(|a| a.id.clone()),
            name,
            address: ask.visit.peer,
            device: device::known(ask),
        };
        if let Gate::Closed { until } = store
            .begin_attempt(&caller, attempt.clone())
            .await
            .map_err(fault)?
        {
            return Ok(Look::Wait(self.seconds_to(until)));
        }
        let id = account.as_ref().map_or("", |a| a.id.as_str());
        let credentials = store.open_credentials(&caller, id).await.map_err(fault)?;
        let stored = credentials
            .iter()
            .find(|c| c.credential.kind == aceso_store::CredentialKind::Password);
        let hash = stored.and_then(OpenCredential::text).map(str::to_owned);
        let verdict = match self.check(password, hash).await {
            Err(busy @ PageFault::Busy(_)) => {
                // It was not looked at: it does not count.
                let forgiven = store.attempt_right(&caller, attempt, Right::More);
                forgiven.await.map_err(fault)?;
                return Err(busy);
            }
            other => other?,
        };
        let live = account.filter(|a| a.is_live(self.now()));
        match (verdict, live, stored) {
            (Verdict::Right | Verdict::RightButStale, Some(account), Some(stored)) => {
                let again = match verdict {
                    Verdict::RightButStale => Some(self.hash(password).await?),
                    Verdict::Right | Verdict::Wrong => None,
                };
                let taken = store.take_password(&caller, &stored.credential, again.as_deref());
                taken.await.map_err(fault)?;
                Ok(Look::Right(Box::new(account), credentials, attempt))
            }
            _ => {
                store
                    .attempt_failed(&caller, &attempt, "password")
                    .await
                    .map_err(fault)?;
                Ok(Look::Wrong)
            }
        }
    }

    /// Checks a password on the few threads that do nothing else.
    pub(super) async fn check(
        &self,
        password: &str,
        stored: Option<String>,
    ) -> Result<Verdict, PageFault> {
        let (pages, password) = (self.clone(), aceso_base::Secret::new(password.to_owned()));
        let work = move || pages.0.hasher.check(password.expose(), stored.as_deref());
        let done = tokio::task::spawn_blocking(work)
            .await
            .map_err(PageFault::hidden)?;
        done.map_err(|_| PageFault::Busy(BUSY_SECONDS))
    }

    /// Makes a password's hash.
    pub(super) async fn hash(&self, password: &str) -> Result<String, PageFault> {
        let (pages, password) = (self.clone(), aceso_base::Secret::new(password.to_owned()));
        let work = move || pages.0.hasher.hash(password.expose());
        let done = tokio::task::spawn_blocking(work)
            .await
            .map_err(PageFault::hidden)?;
        done.map_err(|_| PageFault::Busy(BUSY_SECONDS))?
            .map_err(PageFault::hidden)
    }

    /// Tries a proof of an account that is known already, behind the same counter as passwords.
    pub(super) async fn try_proof<F>(
        &self,
        ask: &Ask,
        account: &Account,
        why: &'static str,
        proof: F,
    ) -> Result<Tried, PageFault>
    where
        F: Future<Output = Result<bool, PageFault>>,
    {
        let (caller, store) = (Self::caller(ask), &self.0.store);
        let attempt = Attempt {
            account: Some(account.id.clone()),
            name: account.user_name.clone(),
            address: ask.visit.peer,
            device: device::known(ask),
        };
        if let Gate::Closed { until } = store
            .begin_attempt(&caller, attempt.clone())
            .await
            .map_err(fault)?
        {
            return Ok(Tried::Wait(self.seconds_to(until)));
        }
        if proof.await? {
            store
                .attempt_right(&caller, attempt, Right::Done)
                .await
                .map_err(fault)?;
            return Ok(Tried::Right);
        }
        store
            .attempt_failed(&caller, &attempt, why)
            .await
            .map_err(fault)?;
        Ok(Tried::Wrong)
    }

    /// Makes a session in place of the browser's one before, and leads on. A session is always new (ASVS 7.2.4).
    pub(super) async fn enter(
        &self,
        ask: &Ask,
        account: &str,
        state: SessionState,
        strength: Strength,
        on: Local,
    ) -> Result<Reply, PageFault> {
        let (caller, store) = (Self::caller(ask), &self.0.store);
        let (token, hash) = fresh()?;
        let before = session(ask).ok();
        // The browser's own cookie: another person's session waits at it.
        let (device, known) = device::of(ask)?;
        let new = NewSession {
            hash,
            account: account.to_owned(),
            state,
            strength,
            address: ask.visit.peer,
            agent: ask.agent.clone(),
            device: Some(device),
        };
        store
            .make_session(&caller, new, before)
            .await
            .map_err(fault)?;
        let reply = Reply::to(on).cookie(Cookie::session(token)).cookie(known);
        match state {
            SessionState::Full | SessionState::Enrol => {
                self.recognized(ask, account, device).await?;
                Ok(reply)
            }
            SessionState::SecondFactor | SessionState::Locked => Ok(reply),
        }
    }

    /// Changes the browser's session by a fresh proof; it gets a new cookie.
    pub(super) async fn prove(
        &self,
        ask: &Ask,
        account: &str,
        proof: Proof,
        reply: Reply,
    ) -> Result<Reply, PageFault> {
        let (token, hash) = fresh()?;
        let old = session(ask)?;
        let proved = self
            .0
            .store
            .prove_session(&Self::caller(ask), &old, hash, proof)
            .await;
        proved.map_err(fault)?;
        let reply = reply.cookie(Cookie::session(token));
        match proof {
            Proof::Complete { .. } => {
                let (device, known) = device::of(ask)?;
                self.recognized(ask, account, device).await?;
                Ok(reply.cookie(known))
            }
            Proof::Unlock | Proof::StepUp { .. } => Ok(reply),
        }
    }

    /// Notes the browser; the person hears of a new one.
    async fn recognized(
        &self,
        ask: &Ask,
        account: &str,
        device: [u8; 32],
    ) -> Result<(), PageFault> {
        let label = super::parts::browser(&ask.agent);
        let caller = Self::caller(ask);
        let known = self.0.store.know_device(&caller, account, device, &label);
        known.await.map_err(fault)?;
        Ok(())
    }

    fn seconds_to(&self, until: Instant) -> i64 {
        (until.millis() - self.now().millis()).max(0) / 1000 + 1
    }
}
