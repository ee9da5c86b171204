//! Roles that let their holder give roles or use keys are given when a second administrator agrees (OWASP ASVS 5.0, 2.3.5).
//! As long as there is nobody who could agree, one administrator is enough.

use std::sync::Arc;

use aceso_base::Instant;
use aceso_policy::{Caller, Origin, Policies, Role, Strength, Task, Verdict};
use rusqlite::{Connection, OptionalExtension, Row};

use super::account::{Account, one as account_one, role_ids};
use super::account_change::give_roles;
use super::door::{Act, Need, PeopleError, Refusal};
use super::notice::{NoticeKind, notify};
use crate::access::tell_role;
use crate::statements as sql;
use crate::{Store, StoreError};

/// How long a second administrator may take.
const LIFE_MILLIS: i64 = 7 * 86_400_000;
const LONGEST_REASON: usize = 500;
const ROLES: &str = "roles";

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// It waits for a second administrator.
    Waiting,
    /// It was agreed to, and took effect.
    Agreed,
    /// It was refused.
    Refused,
    /// Nobody answered in time.
    Ended,
}

/// What a second administrator says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Agree,
    /// No.
    Refuse,
}

/// Roles that an administrator wants to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// The account that is to have them.
    pub account: String,
    /// Its user name.
    pub user_name: String,
    /// All roles that it is to have.
    pub roles: Vec<Role>,
    /// Who asks, as the audit log names them.
    pub asker: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made: Instant,
    /// Until when it can be agreed to.
    pub ends: Instant,
    /// Where it stands.
    pub state: ProposalState,
    /// Who decided, as the audit log names them.
    pub decider: Option<String>,
    /// When.
    pub decided: Option<Instant>,
    asker_account: String,
    version: u64,
}

impl Store {
    /// Asks a second administrator to agree that an account that is still at this version has exactly these roles.
    /// Administrators have a notice. Answers the proposal's id.
    pub async fn propose_roles(
        &self,
        caller: &Caller,
        id: &str,
        version: u64,
        roles: Vec<Role>,
        reason: &str,
    ) -> Result<String, PeopleError> {
        let act = Act::on_account("roles propose", id).with(role_ids(&roles));
        let (now, proposal, notice) = (self.now(), self.new_id(), self.new_id());
        let asker = caller.as_person().map(|p| p.account.clone());
        let (name, reason) = (caller.name(), reason.trim().to_owned());
        let account = id.to_owned();
        let work = move |tx: &Connection| {
            let asker = asker.ok_or(PeopleError::Forbidden)?;
            if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
                return Err(Refusal::Field("say why, in at most 500 letters").into());
            }
            let found = account_one(tx, &account)?.ok_or(PeopleError::Unknown)?;
            if found.version != version {
                return Err(Refusal::Stale.into());
            }
            if asker == account {
                return Err(Refusal::OwnRights.into());
            }
            tx.prepare_cached(sql::PROPOSAL_ADD)?.execute((
                &proposal,
                ROLES,
                &account,
                role_ids(&roles),
                version.cast_signed(),
                asker,
                &name,
                reason,
                now.millis(),
                now.plus_millis(LIFE_MILLIS).millis(),
            ))?;
            let who = name.trim_start_matches("person/");
            let text = format!("{who} asks you to agree to roles of {}", found.user_name);
            let (kind, role) = (NoticeKind::Proposal, Role::ADMINISTRATOR);
            tell_role(tx, &notice, &role, kind, now, &text)?;
            Ok(proposal)
        };
        self.act(caller, Need::May(Task::ManageRoles), act, work)
            .await
    }

    /// The last hundred proposals, newest first, for those who manage accounts.
    pub async fn proposals(&self, caller: &Caller) -> Result<Vec<Proposal>, PeopleError> {
        let (now, act) = (self.now(), Act::plain("proposal list"));
        self.look(caller, Need::May(Task::ManageUsers), act, move |c| {
            let mut statement = c.prepare_cached(sql::PROPOSAL_ALL)?;
            let all = statement.query_map([], |row| from_row(row, now))?;
            Ok(all.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// How many wait for a second administrator, for those who manage accounts. Leaves no entry.
    pub async fn proposals_waiting(&self, caller: &Caller) -> Result<u64, PeopleError> {
        let (now, act) = (self.now(), Act::plain("proposal count"));
        self.permit(caller, Need::May(Task::ManageUsers), &act)
            .await?;
        let count: Result<i64, StoreError> = self
            .0
            .readers
            .quiet(move |c| {
                let mut statement = c.prepare_cached(sql::PROPOSAL_WAITING)?;
                Ok(statement.query_row([now.millis()], |row| row.get(0))?)
            })
            .await?;
        Ok(count?.cast_unsigned())
    }

    /// Agrees to a proposal, or refuses it: somebody else than who asks and than who is to have the roles. Agreed, it takes
    /// effect at once, unless the account was changed in between.
    pub async fn answer_proposal(
        &self,
        caller: &Caller,
        id: &str,
        answer: Answer,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("roles agree").with(format!("{id}: {answer:?}"));
        let (now, notices) = (self.now(), [self.new_id(), self.new_id()]);
        let (own, by) = (caller.as_person().map(|p| p.account.clone()), caller.name());
        let id = id.to_owned();
        let work = move |tx: &Connection| {
            let proposal = one(tx, &id, now)?.ok_or(PeopleError::Unknown)?;
            let involved = [&proposal.asker_account, &proposal.account];
            if own.is_none_or(|own| involved.contains(&&own)) {
                return Err(Refusal::SecondPerson.into());
            }
            let outcome = match answer {
                Answer::Agree => ProposalState::Agreed,
                Answer::Refuse => ProposalState::Refused,
            };
            let count = tx.prepare_cached(sql::PROPOSAL_DECIDE)?.execute((
                outcome.code(),
                now.millis(),
                by,
                &id,
            ))?;
            if count != 1 {
                return Err(Refusal::Decided.into());
            }
            let [given, told] = &notices;
            if answer == Answer::Agree {
                let account = account_one(tx, &proposal.account)?.ok_or(PeopleError::Unknown)?;
                if account.version != proposal.version {
                    return Err(Refusal::Stale.into());
                }
                give_roles(tx, &account.id, &proposal.roles, given, now)?;
            }
            let text = match answer {
                Answer::Agree => format!("{} has the roles you asked for", proposal.user_name),
                Answer::Refuse => format!("roles of {} were refused", proposal.user_name),
            };
            let (kind, asker) = (NoticeKind::Proposal, &proposal.asker_account);
            Ok(notify(tx, told, asker, kind, now, &text)?)
        };
        self.act(caller, Need::May(Task::ManageRoles), act, work)
            .await?;
        self.forget_sessions();
        Ok(())
    }
}

/// Refuses when these roles are more than one administrator may give alone; `asker`: the person who gives them.
pub(super) fn alone(
    tx: &Connection,
    policies: &Policies,
    asker: Option<&str>,
    account: Option<&Account>,
    roles: &[Role],
    now: Instant,
) -> Result<(), PeopleError> {
    // The console holds the root key already.
    let Some(asker) = asker else { return Ok(()) };
    let had = |role: &Role| account.is_some_and(|a| a.has_role(role));
    let more = roles
        .iter()
        .any(|r| !had(r) && is_guarded(policies, r, now));
    if !more {
        return Ok(());
    }
    let themselves = account.is_some_and(|a| a.is_live(now) && a.has_role(&Role::ADMINISTRATOR));
    if other_administrators(tx, asker, now)? > i64::from(themselves) {
        return Err(Refusal::SecondPerson.into());
    }
    Ok(())
}

/// Refuses when one administrator would let the people who hold a role give roles or use keys, by changing the role:
/// such a right is given to each of them, which takes two. `asker`: the person who changes it.
pub(crate) fn widen(
    tx: &Connection,
    (before, after): (&Policies, &Policies),
    asker: Option<&str>,
    role: &Role,
    now: Instant,
) -> Result<(), PeopleError> {
    let Some(asker) = asker else { return Ok(()) };
    if is_guarded(before, role, now) || !is_guarded(after, role, now) {
        return Ok(());
    }
    let held = tx
        .prepare_cached(sql::ACCOUNT_IN_ROLE)?
        .exists([format!("% {role} %")])?;
    if held && other_administrators(tx, asker, now)? > 0 {
        return Err(Refusal::Widened.into());
    }
    Ok(())
}

fn other_administrators(tx: &Connection, asker: &str, now: Instant) -> Result<i64, StoreError> {
    let mut statement = tx.prepare_cached(sql::ACCOUNT_OTHER_ADMINISTRATORS)?;
    Ok(statement.query_row((asker, now.millis()), |row| row.get(0))?)
}

/// Whether a role lets its holder give roles, or use keys.
pub(super) fn is_guarded(policies: &Policies, role: &Role, now: Instant) -> bool {
    let mut session = aceso_policy::Session::new(
        Strength::PhishingResistant,
        aceso_policy::Purpose::Administration,
    );
    session.stepped_up_until = Some(now.plus_millis(1));
    let person = aceso_policy::Person {
        account: String::new(),
        name: String::new(),
        roles: vec![role.clone()],
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session,
    };
    let caller = Caller::person(Arc::new(person), Origin::default());
    [Task::ManageRoles, Task::ManageKeys]
        .into_iter()
        .any(|task| policies.may(&caller, task, now) == Verdict::Allow)
}

fn one(connection: &Connection, id: &str, now: Instant) -> Result<Option<Proposal>, StoreError> {
    let mut statement = connection.prepare_cached(sql::PROPOSAL_ONE)?;
    let found = statement.query_row([id], |row| from_row(row, now));
    Ok(found.optional()?)
}

fn from_row(row: &Row<'_>, now: Instant) -> rusqlite::Result<Proposal> {
    let roles: String = row.get(3)?;
    let ends = Instant::from_millis(row.get(9)?);
    Ok(Proposal {
        id: row.get(0)?,
        account: row.get(1)?,
        user_name: row.get(2)?,
        roles: roles
            .split_ascii_whitespace()
            .filter_map(|id| Role::parse(id).ok())
            .collect(),
        version: row.get::<_, i64>(4)?.cast_unsigned(),
        asker_account: row.get(5)?,
        asker: row.get(6)?,
        reason: row.get(7)?,
        made: Instant::from_millis(row.get(8)?),
        ends,
        state: match ProposalState::from_code(row.get(10)?) {
            ProposalState::Waiting if ends <= now => ProposalState::Ended,
            state => state,
        },
        decided: row.get::<_, Option<i64>>(11)?.map(Instant::from_millis),
        decider: row.get(12)?,
    })
}

impl Proposal {
    /// One for samples of pages.
    pub fn sample() -> Self {
        let made = Instant::from_millis(1_795_314_068_000);
        Self {
            id: "p1".into(),
            account: "a1".into(),
            user_name: "bea".into(),
            roles: vec![Role::ADMINISTRATOR],
            asker: "person/ann".into(),
            reason: "Stands in for Ann in August".into(),
            made,
            ends: made.plus_millis(LIFE_MILLIS),
            state: ProposalState::Waiting,
            decider: None,
            decided: None,
            asker_account: "a2".into(),
            version: 1,
        }
    }
}

impl ProposalState {
    const fn code(self) -> i64 {
        match self {
            Self::Waiting | Self::Ended => 0,
            Self::Agreed => 1,
            Self::Refused => 2,
        }
    }

    /// What cannot be read counts as refused.
    const fn from_code(code: i64) -> Self {
        match code {
            0 => Self::Waiting,
            1 => Self::Agreed,
            _ => Self::Refused,
        }
    }
}
