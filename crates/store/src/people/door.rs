//! Who may act on people's tables, and the entry that each act leaves.

use aceso_base::Instant;
use aceso_policy::{
    Action, ApiClient, Caller, Context, Job, Policies, Purpose, Scope, Task, Verdict, Who,
};
use rusqlite::Connection;

use crate::audit::{Entry, Outcome, entry};
use crate::oauth::GrantRefusal;
use crate::{Store, StoreError};

/// Why an act on accounts, credentials or sessions was refused.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// There is no such thing, or the caller may not know of it.
    #[error("not known")]
    Unknown,
    /// The caller may not do this.
    #[error("not allowed")]
    Forbidden,
    /// The caller may, after a fresh proof of who they are.
    #[error("prove again who you are first")]
    NeedsStepUp,
    /// The caller may, signed in with a second factor.
    #[error("sign in with a second factor first")]
    NeedsSecondFactor,
    /// A rule stands against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed; hidden from the caller.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// A rule that stands against an act; the text may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The user name is another account's.
    #[error("this user name is taken")]
    NameTaken,
    /// The text of a field does not fit.
    #[error("{0}")]
    Field(&'static str),
    /// Somebody else changed it in between.
    #[error("somebody else has changed this in the meantime: look again")]
    Stale,
    /// Nobody could administer the installation any more.
    #[error("the last active administrator cannot be disabled, demoted or given a leaving date")]
    LastAdministrator,
    /// A person's own rights are given by another administrator.
    #[error("your own rights can only be changed by another administrator")]
    OwnRights,
    /// It takes two.
    #[error("a second administrator has to agree: not who asks, nor who is to have the roles")]
    SecondPerson,
    /// People hold the role already.
    #[error(
        "people hold this role, and would come to give roles or use keys by it: make a role of its own for that, and give it to them, which a second administrator agrees to"
    )]
    Widened,
    /// The account is disabled, or its leaving date has come.
    #[error("the account is disabled")]
    Disabled,
    /// The person could not sign in any more.
    #[error("your last way to sign in cannot be removed")]
    LastCredential,
    /// The roles ask for a second factor.
    #[error("your role needs a second factor: add another one before you remove this one")]
    LastFactor,
    /// The passkey is registered already.
    #[error("this passkey is registered already")]
    KeyTaken,
    /// The outside identity is linked already.
    #[error("this name at the provider is linked to an account already")]
    IdentityTaken,
    /// There is an administrator already.
    #[error("the installation is set up already: an administrator can invite you")]
    SetUp,
    /// Too many waiting sign-ins.
    #[error("too many requests for approval: use another way to sign in")]
    Approvals,
    /// A case's guards stand against it.
    #[error("the case's guards stand against it")]
    Guards,
    /// It was decided before.
    #[error("this was decided already")]
    Decided,
    /// The id is another client's.
    #[error("there is a client of this name already")]
    ClientTaken,
    /// A code or token of an app is not good (any more).
    #[error(transparent)]
    Grant(#[from] GrantRefusal),
}

impl From<GrantRefusal> for PeopleError {
    fn from(refusal: GrantRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<rusqlite::Error> for PeopleError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a caller must be, or be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need<'a> {
    /// Be allowed a task.
    May(Task),
    /// Manage accounts, or be the clinic's directory: a client with the scope `system/User` for this act, by name.
    Provision(Action),
    /// Be the person that the account is, manage accounts, or sign people in.
    SeeAccount(&'a str),
    /// Be the person that the account is, or manage sessions.
    OwnOrSessions(&'a str),
    /// Be the person that the account is, or manage accounts.
    OwnOrUsers(&'a str),
    /// Be the person that the account is.
    Own(&'a str),
    /// Be the person that the account is, with a fresh proof, or sign that person in.
    OwnFresh(&'a str),
    /// Be the person that the account is, with a fresh proof, or manage accounts.
    OwnFreshOrUsers(&'a str),
    /// Be at the console.
    Console,
    /// Be the part of the program that signs people in.
    SignIn,
    /// Manage clients, or sign people and apps in.
    SeeClients,
    /// Leave notices to people.
    Notify,
    /// Check what is stored: at the console, or as the part of the program that does.
    Check,
    /// See what such checks found: also who manages settings.
    SeeChecks,
    /// Be the part of the program that reminds people.
    Remind,
    /// Copy what is stored as it is, sealed: at the console, or as the part of the program that does.
    Backup,
    /// Be the part of the program that sends mail, or at the console.
    Mail,
    /// See what waits to be mailed: also who manages settings, and what checks the installation.
    SeeMail,
    /// Take up again what could not be mailed: manage settings, or be at the console.
    MendMail,
    /// Be the part of the program that reviews accesses.
    Watch,
    /// Look after what is published about the program: manage settings or review what is unusual, check what is stored, or make
    /// backups and updates.
    Findings,
    /// See it: also who reads the audit log.
    SeeFindings,
    /// Be the response desk's clerk.
    Clerk,
    /// Be this client, acting for itself, or the operator.
    Client(&'a str),
    /// Be the person that the account is, or this client, or manage sessions.
    OwnOrClient(&'a str, &'a str),
}

impl Need<'_> {
    /// Whether the caller is allowed now.
    pub(crate) fn verdict(self, policies: &Policies, caller: &Caller, now: Instant) -> Verdict {
        let own_or = |account: &str, task: Task| {
            let task = if own(caller, account) {
                Task::OwnAccount
            } else {
                task
            };
            policies.may(caller, task, now)
        };
        match (self, &caller.who) {
            (
                Need::SignIn | Need::SeeAccount(_) | Need::OwnFresh(_) | Need::Notify,
                Who::Job(Job::SignIn),
            )
            | (
                Need::SignIn
                | Need::Notify
                | Need::Console
                | Need::Check
                | Need::SeeChecks
                | Need::Remind
                | Need::Mail
                | Need::SeeMail
                | Need::MendMail
                | Need::Backup,
                Who::Operator,
            )
            | (Need::Mail | Need::SeeMail, Who::Job(Job::Mail))
            | (Need::SeeMail, Who::Job(Job::SignIn | Job::Verify))
            | (Need::Remind, Who::Job(Job::Remind))
            | (Need::Backup | Need::SeeChecks, Who::Job(Job::Backup))
            | (Need::SeeClients, Who::Job(Job::SignIn))
            | (Need::Check | Need::SeeChecks, Who::Job(Job::Verify)) => Verdict::Allow,
            (Need::SeeChecks | Need::SeeMail | Need::MendMail, Who::Person(_)) => {
                policies.may(caller, Task::ManageSettings, now)
            }
            (Need::OwnFresh(account) | Need::OwnFreshOrUsers(account), Who::Person(person))
                if person.account == account && !person.session.is_stepped_up(now) =>
            {
                Verdict::NeedsStepUp
            }
            (
                Need::Findings | Need::SeeFindings,
                Who::Operator | Who::Job(Job::Verify | Job::Backup),
            ) => Verdict::Allow,
            (Need::Findings | Need::SeeFindings, Who::Person(_)) => {
                let tasks = [
                    Task::ManageSettings,
                    Task::ReviewBreakGlass,
                    Task::ReadAudit,
                ];
                let count = if self == Need::SeeFindings { 3 } else { 2 };
                let verdicts = tasks.into_iter().take(count);
                let mut verdicts = verdicts.map(|task| policies.may(caller, task, now));
                let found = verdicts.find(|verdict| *verdict != Verdict::Deny);
                found.unwrap_or(Verdict::Deny)
            }
            (Need::SeeClients, _) => policies.may(caller, Task::ManageClients, now),
            (Need::Watch, Who::Job(Job::Watch)) | (Need::Clerk, Who::Job(Job::Desk)) => {
                Verdict::Allow
            }
            (Need::Provision(action), Who::Client(client)) if provisions(client, action) => {
                Verdict::Allow
            }
            (Need::Provision(_), _) => policies.may(caller, Task::ManageUsers, now),
            (Need::May(task), _) => policies.may(caller, task, now),
            (
                Need::SeeAccount(account)
                | Need::OwnOrUsers(account)
                | Need::OwnFreshOrUsers(account),
                _,
            ) => own_or(account, Task::ManageUsers),
            (Need::OwnOrSessions(account), _) => own_or(account, Task::ManageSessions),
            (Need::Own(account) | Need::OwnFresh(account), _) if own(caller, account) => {
                policies.may(caller, Task::OwnAccount, now)
            }
            (Need::Client(id), Who::Client(client)) if client.id == id => Verdict::Allow,
            (Need::Client(_), Who::Operator) => Verdict::Allow,
            (Need::OwnOrClient(_, id), Who::Client(client)) if client.id == id => Verdict::Allow,
            (Need::OwnOrClient(account, _), _) => own_or(account, Task::ManageSessions),
            (
                Need::Own(_)
                | Need::OwnFresh(_)
                | Need::SignIn
                | Need::Notify
                | Need::Check
                | Need::SeeChecks
                | Need::Remind
                | Need::Mail
                | Need::SeeMail
                | Need::MendMail
                | Need::Backup
                | Need::Watch
                | Need::Findings
                | Need::SeeFindings
                | Need::Clerk
                | Need::Console
                | Need::Client(_),
                _,
            ) => Verdict::Deny,
        }
    }
}

/// Whether the caller is the person that the account is: they themselves, not an app that acts for them.
pub(crate) fn own(caller: &Caller, account: &str) -> bool {
    match &caller.who {
        Who::Person(person) => person.account == account,
        Who::Operator | Who::Job(_) | Who::Client(_) => false,
    }
}

/// Whether a client was given this right over accounts by name: `system/*` is about the record.
fn provisions(client: &ApiClient, action: Action) -> bool {
    let named = |s: &Scope| s.context == Context::System && s.kind.as_deref() == Some("User");
    let covered = |s: &Scope| named(s) && s.arguments.is_none() && s.actions.contains(&action);
    client.person.is_none() && client.patient.is_none() && client.scopes.iter().any(covered)
}

/// What an audit entry says of an act: its name, what it was done to, and more that is no secret.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) name: &'static str,
    pub(crate) on: Vec<String>,
    pub(crate) detail: String,
}

impl Act {
    /// An act on an account.
    pub(crate) fn on_account(name: &'static str, account: &str) -> Self {
        Self {
            name,
            on: vec![["account/", account].concat()],
            detail: String::new(),
        }
    }

    /// An act on nothing in particular.
    pub(crate) const fn plain(name: &'static str) -> Self {
        Self {
            name,
            on: Vec::new(),
            detail: String::new(),
        }
    }

    /// With more words.
    pub(crate) fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    fn entry(self, at: Instant, caller: &Caller, outcome: Outcome, why: Option<Refusal>) -> Entry {
        let detail = match why {
            Some(why) if self.detail.is_empty() => why.to_string(),
            Some(why) => format!("{}: {why}", self.detail),
            None => self.detail,
        };
        let purpose = Purpose::Administration;
        let mut on = self.on.into_iter();
        entry(at, caller, purpose, self.name, outcome, &detail, &mut on)
    }

    /// Its entry, when it was done.
    pub(crate) fn done(self, at: Instant, caller: &Caller) -> Entry {
        self.entry(at, caller, Outcome::Done, None)
    }

    fn ended<T>(self, at: Instant, caller: &Caller, answer: &Result<T, PeopleError>) -> Entry {
        match answer {
            Ok(_) | Err(PeopleError::Store(_)) => self.entry(at, caller, Outcome::Done, None),
            Err(PeopleError::Unknown) => self.entry(at, caller, Outcome::Unknown, None),
            Err(
                PeopleError::Forbidden | PeopleError::NeedsStepUp | PeopleError::NeedsSecondFactor,
            ) => self.entry(at, caller, Outcome::Denied, None),
            Err(PeopleError::Refused(why)) => self.entry(at, caller, Outcome::Denied, Some(*why)),
        }
    }
}

impl Store {
    /// Decides, acts, and leaves the entry, in one transaction. When `work` refuses, nothing of it stays but the entry.
    pub(crate) async fn act<T: Send + 'static>(
        &self,
        caller: &Caller,
        need: Need<'_>,
        act: Act,
        work: impl FnOnce(&Connection) -> Result<T, PeopleError> + Send + 'static,
    ) -> Result<T, PeopleError> {
        self.permit(caller, need, &act).await?;
        let (at, caller) = (self.now(), caller.clone());
        let (told, answer) = tokio::sync::oneshot::channel();
        let all = move |tx: &Connection| {
            let done = undo_unless_done(tx, work)?;
            let entry = act.ended(at, &caller, &done);
            let _ = told.send(done);
            Ok(Some(entry))
        };
        self.0.writer.act(all).await?;
        answer.await.map_err(|_| StoreError::closed())?
    }

    /// Leaves the entry of an act that was refused.
    pub(crate) async fn refused(&self, caller: &Caller, act: Act) -> Result<(), PeopleError> {
        let entry = act.entry(self.now(), caller, Outcome::Denied, None);
        Ok(self.0.readers.logged(move |_| ((), entry)).await?)
    }

    /// Leaves the entry of an act on what is not there.
    pub(crate) async fn unknown<T>(&self, caller: &Caller, act: Act) -> Result<T, PeopleError> {
        let entry = act.entry(self.now(), caller, Outcome::Unknown, None);
        self.0.readers.logged(move |_| ((), entry)).await?;
        Err(PeopleError::Unknown)
    }

    /// [`Store::act`] without an entry, for what would drown the log (that a session is still in use).
    pub(crate) async fn act_quietly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, PeopleError> + Send + 'static,
    ) -> Result<T, PeopleError> {
        let (told, answer) = tokio::sync::oneshot::channel();
        let all = move |tx: &Connection| {
            let _ = told.send(undo_unless_done(tx, work)?);
            Ok(None)
        };
        self.0.writer.act(all).await?;
        answer.await.map_err(|_| StoreError::closed())?
    }

    /// Decides, reads, and answers when the entry is on disk.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        caller: &Caller,
        need: Need<'_>,
        act: Act,
        work: impl FnOnce(&Connection) -> Result<T, PeopleError> + Send + 'static,
    ) -> Result<T, PeopleError> {
        self.permit(caller, need, &act).await?;
        let (at, caller) = (self.now(), caller.clone());
        let job = move |connection: &mut Connection| {
            let answer = work(connection);
            let entry = act.ended(at, &caller, &answer);
            (answer, entry)
        };
        self.0.readers.logged(job).await?
    }

    /// Refuses unless the caller is allowed; a refusal leaves its entry.
    pub(crate) async fn permit(
        &self,
        caller: &Caller,
        need: Need<'_>,
        act: &Act,
    ) -> Result<(), PeopleError> {
        let Err(error) = self.verdict(caller, need) else {
            if let Need::May(task) = need {
                self.note_task(caller, task).await;
            }
            if let Need::Provision(_) = need {
                self.note_task(caller, Task::ManageUsers).await;
            }
            return Ok(());
        };
        self.refused(caller, act.clone()).await?;
        Err(error)
    }

    /// Whether the caller is allowed. Leaves no entry.
    pub(crate) fn verdict(&self, caller: &Caller, need: Need<'_>) -> Result<(), PeopleError> {
        match need.verdict(&self.0.policies.load(), caller, self.now()) {
            Verdict::Allow => Ok(()),
            Verdict::Deny => Err(PeopleError::Forbidden),
            Verdict::NeedsStepUp => Err(PeopleError::NeedsStepUp),
            Verdict::NeedsSecondFactor => Err(PeopleError::NeedsSecondFactor),
        }
    }
}

/// Runs the work; a refusal takes back what it wrote before it refused, and leaves its neighbours in the group alone.
fn undo_unless_done<T>(
    tx: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, PeopleError>,
) -> Result<Result<T, PeopleError>, StoreError> {
    tx.execute_batch("savepoint act")?;
    let done = work(tx);
    match &done {
        Ok(_) => tx.execute_batch("release act")?,
        Err(PeopleError::Store(error)) => return Err(error.clone()),
        Err(_) => {
            tx.execute_batch("rollback to act; release act")?;
        }
    }
    Ok(done)
}
