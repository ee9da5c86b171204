//! Recertification (45 CFR 164.308(a)(4)): every quarter somebody confirms, person by person, who may do what.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aceso_base::Instant;
use aceso_policy::{Caller, Origin, Policies, Role, Strength, Task, Verdict, Who};
use rusqlite::{Connection, Row};

use super::account::{Account, AccountQuery, AccountState, one as account_one, page, role_ids};
use super::account_change::{give_roles, keep_an_administrator};
use super::door::{Act, Need, PeopleError, Refusal, own};
use crate::statements as sql;
use crate::{Store, StoreError};

const DAY_MILLIS: i64 = 86_400_000;
/// A list is due a quarter after the one before.
const QUARTER_MILLIS: i64 = 91 * DAY_MILLIS;
/// And is to be worked through within two weeks.
const WORK_MILLIS: i64 = 14 * DAY_MILLIS;
const REMEMBERED: usize = 10_000;
const LONGEST_REASON: usize = 500;

/// A list of accounts to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// Its id.
    pub id: String,
    /// When it was opened.
    pub opened: Instant,
    /// When it must be done.
    pub due: Instant,
    /// When the last account was decided.
    pub closed: Option<Instant>,
    /// How many accounts it has.
    pub accounts: u32,
    /// How many of them are decided.
    pub decided: u32,
}

/// What was decided about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecheckDecision {
    /// Nothing yet.
    Open,
    /// The roles stay.
    Kept,
    /// Roles were taken away.
    Removed,
}

/// An account on the list, as it was when the list was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecheckItem {
    /// The account.
    pub account: String,
    /// Its user name.
    pub user_name: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The last sign-in.
    pub signed_in: Option<Instant>,
    /// Tasks that the roles allow and that were not used for a quarter.
    pub unused: Vec<Task>,
    /// What was decided.
    pub decision: RecheckDecision,
    /// When.
    pub decided: Option<Instant>,
    /// By whom: the name as in the audit log.
    pub decided_by: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// Which tasks were noted as used today.
#[derive(Default)]
pub(crate) struct TasksUsed(Mutex<HashMap<(String, Task), i64>>);

impl Store {
    /// Opens a list of all staff's and proxies' accounts that can be used; answers its id.
    pub async fn open_recheck(&self, caller: &Caller) -> Result<String, PeopleError> {
        let (id, now, policies) = (self.new_id(), self.now(), self.policies());
        let act = Act::plain("recertification open");
        self.act(caller, Need::May(Task::Recertify), act, move |tx| {
            open(tx, &id, &policies, now)?;
            Ok(id)
        })
        .await
    }

    /// All lists, newest first.
    pub async fn rechecks(&self, caller: &Caller) -> Result<Vec<Recheck>, PeopleError> {
        let act = Act::plain("recertification list");
        self.look(caller, Need::May(Task::Recertify), act, |c| {
            let mut statement = c.prepare_cached(sql::RECHECK_ALL)?;
            let all = statement.query_map([], recheck_row)?;
            Ok(all.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Whether it is time for a new list: the last was opened a quarter ago, or never. Leaves no entry.
    pub async fn recheck_is_due(&self) -> Result<bool, StoreError> {
        let now = self.now();
        let last: Option<i64> = self
            .0
            .readers
            .quiet(|c| {
                c.prepare_cached(sql::RECHECK_LAST)?
                    .query_row([], |row| row.get(0))
            })
            .await??;
        Ok(last.is_none_or(|last| now.millis() - last >= QUARTER_MILLIS))
    }

    /// The accounts on a list.
    pub async fn recheck_items(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Vec<RecheckItem>, PeopleError> {
        let (id, act) = (id.to_owned(), Act::plain("recertification read").with(id));
        self.look(caller, Need::May(Task::Recertify), act, move |c| {
            let mut statement = c.prepare_cached(sql::RECHECK_ITEMS)?;
            let all = statement.query_map([id], item_row)?;
            Ok(all.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Decides about an account on a list, once: it keeps these of its roles, and loses the others at once. Somebody else
    /// than the person must decide.
    pub async fn decide_recheck(
        &self,
        caller: &Caller,
        id: &str,
        account: &str,
        keep: Vec<Role>,
        reason: &str,
    ) -> Result<(), PeopleError> {
        let (now, notice, by) = (self.now(), self.new_id(), caller.name());
        let own = own(caller, account);
        let act = Act::on_account("recertification decide", account).with(role_ids(&keep));
        let (id, account) = (id.to_owned(), account.to_owned());
        let reason = Some(reason.trim().to_owned()).filter(|text| !text.is_empty());
        let work = move |tx: &Connection| {
            if reason
                .as_ref()
                .is_some_and(|r| r.chars().count() > LONGEST_REASON)
            {
                return Err(Refusal::Field("a reason has at most 500 letters").into());
            }
            if own {
                return Err(Refusal::OwnRights.into());
            }
            let now_has = account_one(tx, &account)?.ok_or(PeopleError::Unknown)?;
            if keep.iter().any(|r| !now_has.has_role(r)) {
                return Err(Refusal::Field("only roles that the account has can be kept").into());
            }
            let removed = now_has.roles.iter().any(|r| !keep.contains(r));
            let decision = if removed {
                RecheckDecision::Removed
            } else {
                RecheckDecision::Kept
            };
            let count = tx.prepare_cached(sql::RECHECK_ITEM_DECIDE)?.execute((
                decision.code(),
                now.millis(),
                by,
                reason,
                &id,
                &account,
            ))?;
            if count != 1 {
                return Err(Refusal::Decided.into());
            }
            if removed {
                if !keep.contains(&Role::ADMINISTRATOR) {
                    keep_an_administrator(tx, &now_has, now)?;
                }
                give_roles(tx, &account, &keep, &notice, now)?;
            }
            tx.prepare_cached(sql::RECHECK_CLOSE)?
                .execute((now.millis(), &id))?;
            Ok(())
        };
        self.act(caller, Need::May(Task::Recertify), act, work)
            .await?;
        self.forget_sessions();
        Ok(())
    }

    /// Notes that a person used a task that their roles allow; written at most once a day for each. It is no part of the
    /// act: what cannot be noted now is noted the next time.
    pub(crate) async fn note_task(&self, caller: &Caller, task: Task) {
        let Who::Person(person) = &caller.who else {
            return;
        };
        let now = self.now();
        let day = now.millis().div_euclid(DAY_MILLIS);
        {
            let used = self.0.tasks_used.0.lock();
            let mut used = used.unwrap_or_else(PoisonError::into_inner);
            if used.len() >= REMEMBERED {
                used.clear();
            }
            if used.insert((person.account.clone(), task), day) == Some(day) {
                return;
            }
        }
        let account = person.account.clone();
        let work = move |tx: &Connection| {
            tx.prepare_cached(sql::TASK_USE_SET)?
                .execute((account, task.name(), now.millis()))?;
            Ok(())
        };
        if let Err(error) = self.0.writer.run(work, None).await {
            tracing::warn!(%error, "the use of a task was not noted");
            let used = self.0.tasks_used.0.lock();
            let mut used = used.unwrap_or_else(PoisonError::into_inner);
            used.remove(&(person.account.clone(), task));
        }
    }
}

/// Opens a list.
pub(super) fn open(
    tx: &Connection,
    id: &str,
    policies: &Policies,
    now: Instant,
) -> Result<(), PeopleError> {
    let due = now.plus_millis(WORK_MILLIS);
    tx.prepare_cached(sql::RECHECK_ADD)?
        .execute((id, now.millis(), due.millis()))?;
    let mut query = AccountQuery {
        count: 500,
        ..AccountQuery::default()
    };
    loop {
        let page = page(tx, query.clone())?;
        for account in page.accounts.iter().filter(|a| is_listed(a)) {
            add_item(tx, id, account, policies, now)?;
        }
        query.after = page.next;
        if query.after.is_none() {
            return Ok(());
        }
    }
}

/// Whether a list is to be opened by itself: a quarter after the one before, or after the first account was made.
pub(super) fn opens_itself(c: &Connection, now: Instant) -> Result<bool, StoreError> {
    let last: Option<i64> = c
        .prepare_cached(sql::RECHECK_LAST)?
        .query_row([], |row| row.get(0))?;
    let since = match last {
        Some(last) => Some(last),
        None => c
            .prepare_cached(sql::ACCOUNT_OLDEST)?
            .query_row([], |row| row.get(0))?,
    };
    Ok(since.is_some_and(|since: i64| now.millis() - since >= QUARTER_MILLIS))
}

/// Patients with nothing but their own record are no matter of recertification.
fn is_listed(account: &Account) -> bool {
    account.state != AccountState::Disabled && account.roles.iter().any(|r| *r != Role::PATIENT)
}

fn add_item(
    tx: &Connection,
    id: &str,
    account: &Account,
    policies: &Policies,
    now: Instant,
) -> Result<(), StoreError> {
    let since = now.plus_millis(-QUARTER_MILLIS).millis();
    let mut statement = tx.prepare_cached(sql::TASK_USE_OF)?;
    let used = statement.query_map((&account.id, since), |row| row.get::<_, String>(0))?;
    let used: BTreeSet<String> = used.collect::<Result<_, _>>()?;
    let mut person = account.person(Strength::PhishingResistant);
    person.session.stepped_up_until = Some(now.plus_millis(1));
    let caller = Caller::person(Arc::new(person), Origin::default());
    let unused: Vec<&str> = Task::ALL
        .into_iter()
        .filter(|t| *t != Task::OwnAccount && policies.may(&caller, *t, now) == Verdict::Allow)
        .map(Task::name)
        .filter(|name| !used.contains(*name))
        .collect();
    tx.prepare_cached(sql::RECHECK_ITEM_ADD)?.execute((
        id,
        &account.id,
        account.user_name.as_str(),
        role_ids(&account.roles),
        account.signed_in.map(Instant::millis),
        unused.join(" "),
    ))?;
    Ok(())
}

fn recheck_row(row: &Row<'_>) -> rusqlite::Result<Recheck> {
    Ok(Recheck {
        id: row.get(0)?,
        opened: Instant::from_millis(row.get(1)?),
        due: Instant::from_millis(row.get(2)?),
        closed: row.get::<_, Option<i64>>(3)?.map(Instant::from_millis),
        accounts: row.get(4)?,
        decided: row.get(5)?,
    })
}

fn item_row(row: &Row<'_>) -> rusqlite::Result<RecheckItem> {
    let words = |at: usize| row.get::<_, String>(at);
    Ok(RecheckItem {
        account: row.get(0)?,
        user_name: row.get(1)?,
        roles: words(2)?
            .split_ascii_whitespace()
            .filter_map(|id| Role::parse(id).ok())
            .collect(),
        signed_in: row.get::<_, Option<i64>>(3)?.map(Instant::from_millis),
        unused: words(4)?
            .split_ascii_whitespace()
            .filter_map(Task::parse)
            .collect(),
        decision: RecheckDecision::from_code(row.get(5)?),
        decided: row.get::<_, Option<i64>>(6)?.map(Instant::from_millis),
        decided_by: row.get(7)?,
        reason: row.get(8)?,
    })
}

impl RecheckDecision {
    const fn code(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Kept => 1,
            Self::Removed => 2,
        }
    }

    const fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Kept,
            2 => Self::Removed,
            _ => Self::Open,
        }
    }
}
