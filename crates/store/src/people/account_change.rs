//! Changes to accounts, and the two rules that stand over them: the last active administrator stays, and nobody changes
//! their own rights.

use aceso_base::Instant;
use aceso_policy::{Action, Caller, FhirUser, Role, Task, Who};
use rusqlite::Connection;

use super::account::{
    Account, AccountState, Enrol, check_display, check_email, joined, one, role_ids,
};
use super::door::{Act, Need, PeopleError, Refusal, own};
use super::mail::mail_notice;
use super::notice::{NoticeKind, notify};
use super::proposal::{alone, is_guarded};
use super::telling::access_ended;
use crate::statements as sql;
use crate::{Store, StoreError};

/// What of an account can be changed beside its roles and state; every field is the new value.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountChange {
    /// The name that people see.
    pub display: String,
    /// Where notices go.
    pub email: Option<String>,
    /// Who they are in the record.
    pub fhir_user: Option<FhirUser>,
    /// Logical ids of the organizations or locations that the person works at.
    pub facilities: Vec<String>,
    /// Logical ids of the patients that a patient or proxy acts for.
    pub patients: Vec<String>,
    /// Leaving date.
    pub not_after: Option<Instant>,
    /// Whether a second factor must be enrolled first.
    pub enrol: Enrol,
}

impl AccountChange {
    /// An account as it is, to be changed.
    pub fn of(account: &Account) -> Self {
        Self {
            display: account.display.clone(),
            email: account.email.clone(),
            fhir_user: account.fhir_user.clone(),
            facilities: account.facilities.clone(),
            patients: account.patients.clone(),
            not_after: account.not_after,
            enrol: account.enrol,
        }
    }

    /// Whether it gives or takes rights.
    fn touches_rights(&self, account: &Account) -> bool {
        self.fhir_user != account.fhir_user
            || self.facilities != account.facilities
            || self.patients != account.patients
            || self.not_after != account.not_after
            || self.enrol != account.enrol
    }
}

impl std::fmt::Debug for AccountChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountChange").finish_non_exhaustive()
    }
}

impl Store {
    /// Changes an account that is still at this version. That notices go to another address is told at both.
    pub async fn update_account(
        &self,
        caller: &Caller,
        id: &str,
        version: u64,
        change: AccountChange,
    ) -> Result<(), PeopleError> {
        let (now, own, id) = (self.now(), own(caller, id), id.to_owned());
        let notices = (self.new_id(), self.new_id());
        let act = Act::on_account("account update", &id);
        let work = move |tx: &Connection| {
            let account = at_version(tx, &id, version)?;
            if own && change.touches_rights(&account) {
                return Err(Refusal::OwnRights.into());
            }
            if change.not_after.is_some() && change.not_after != account.not_after {
                keep_an_administrator(tx, &account, now)?;
            }
            let moved = change.email != account.email;
            let kind = NoticeKind::AddressChanged;
            if moved {
                mail_notice(tx, &notices.0, &id, kind, now, "")?;
            }
            update(tx, &id, &change)?;
            if moved {
                notify(tx, &notices.1, &id, kind, now, "")?;
            }
            Ok(())
        };
        self.act(caller, Need::May(Task::ManageUsers), act, work)
            .await?;
        self.forget_sessions();
        Ok(())
    }

    /// Gives an account that is still at this version exactly these roles. More than one administrator may give alone is
    /// [`Refusal::SecondPerson`]: see [`Store::propose_roles`]. Takes effect at once here, within two seconds
    /// in another process.
    pub async fn set_roles(
        &self,
        caller: &Caller,
        id: &str,
        version: u64,
        roles: Vec<Role>,
    ) -> Result<(), PeopleError> {
        let (now, own, id) = (self.now(), own(caller, id), id.to_owned());
        let asker = caller.as_person().map(|p| p.account.clone());
        let (notice, policies) = (self.new_id(), self.policies());
        let act = Act::on_account("account roles", &id).with(role_ids(&roles));
        let work = move |tx: &Connection| {
            let account = at_version(tx, &id, version)?;
            if own && role_ids(&roles) != role_ids(&account.roles) {
                return Err(Refusal::OwnRights.into());
            }
            if !roles.contains(&Role::ADMINISTRATOR) {
                keep_an_administrator(tx, &account, now)?;
            }
            let asker = asker.as_deref();
            alone(tx, &policies, asker, Some(&account), &roles, now)?;
            give_roles(tx, &id, &roles, &notice, now)
        };
        self.act(caller, Need::May(Task::ManageRoles), act, work)
            .await?;
        self.forget_sessions();
        Ok(())
    }

    /// Disables an account: its sessions, links and waiting sign-ins end with it, and nothing that stands for the person
    /// is believed any more, here at once and in another process within two seconds. It can be enabled again.
    pub async fn disable_account(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let (now, id, telling) = (self.now(), id.to_owned(), self.new_id());
        let act = Act::on_account("account disable", &id);
        let work = move |tx: &Connection| {
            let account = one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            keep_an_administrator(tx, &account, now)?;
            tx.prepare_cached(sql::ACCOUNT_STATE)?
                .execute((AccountState::Disabled.code(), &id))?;
            if account.state != AccountState::Disabled {
                access_ended(tx, telling, &account, now)?;
            }
            Ok(end_access(tx, &id, now)?)
        };
        self.act(caller, Need::Provision(Action::Update), act, work)
            .await?;
        self.forget_sessions();
        self.forget_tokens();
        Ok(())
    }

    /// Makes an invited account usable without a credential of its own: for a demonstration, whose links sign in. At the
    /// console only.
    pub async fn activate_account(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let id = id.to_owned();
        let act = Act::on_account("account activate", &id);
        let work = move |tx: &Connection| {
            let account = one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            if account.state == AccountState::Disabled {
                return Err(Refusal::Disabled.into());
            }
            tx.prepare_cached(sql::ACCOUNT_STATE)?
                .execute((AccountState::Active.code(), &id))?;
            Ok(())
        };
        self.act(caller, Need::Console, act, work).await?;
        self.forget_sessions();
        Ok(())
    }

    /// Enables an account again, also one whose leaving date has come (the date is taken away). A person who never took
    /// up the invitation is invited again.
    pub async fn enable_account(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let (now, own, id) = (self.now(), own(caller, id), id.to_owned());
        let (policies, directory) = (self.policies(), matches!(caller.who, Who::Client(_)));
        let act = Act::on_account("account enable", &id);
        let work = move |tx: &Connection| {
            let account = one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            if own {
                return Err(Refusal::OwnRights.into());
            }
            // Who gives roles or uses keys is brought back by people.
            let guarded = account.roles.iter().any(|r| is_guarded(&policies, r, now));
            if directory && guarded {
                return Err(PeopleError::Forbidden);
            }
            if account.not_after.is_some_and(|end| end <= now) {
                let mut change = AccountChange::of(&account);
                change.not_after = None;
                update(tx, &id, &change)?;
                end_access(tx, &id, now)?;
            }
            let credentials: i64 = tx
                .prepare_cached(sql::CREDENTIAL_COUNT)?
                .query_row([&id], |row| row.get(0))?;
            let state = if credentials == 0 {
                AccountState::Invited
            } else {
                AccountState::Active
            };
            tx.prepare_cached(sql::ACCOUNT_STATE)?
                .execute((state.code(), &id))?;
            Ok(())
        };
        self.act(caller, Need::Provision(Action::Update), act, work)
            .await?;
        self.forget_sessions();
        self.forget_tokens();
        Ok(())
    }
}

fn at_version(tx: &Connection, id: &str, version: u64) -> Result<Account, PeopleError> {
    let account = one(tx, id)?.ok_or(PeopleError::Unknown)?;
    if account.version != version {
        return Err(Refusal::Stale.into());
    }
    Ok(account)
}

fn update(tx: &Connection, id: &str, change: &AccountChange) -> Result<(), PeopleError> {
    check_display(&change.display)?;
    check_email(change.email.as_deref())?;
    tx.prepare_cached(sql::ACCOUNT_UPDATE)?.execute((
        &change.display,
        &change.email,
        change.fhir_user.as_ref().map(ToString::to_string),
        joined(&change.facilities)?,
        joined(&change.patients)?,
        change.not_after.map(Instant::millis),
        change.enrol.code(),
        id,
    ))?;
    Ok(())
}

/// Gives an account exactly these roles, with a notice to the person.
pub(super) fn give_roles(
    tx: &Connection,
    id: &str,
    roles: &[Role],
    notice: &str,
    now: Instant,
) -> Result<(), PeopleError> {
    let kept = role_ids(roles);
    tx.prepare_cached(sql::ACCOUNT_ROLES)?
        .execute((&kept, id))?;
    Ok(notify(tx, notice, id, NoticeKind::Roles, now, &kept)?)
}

/// Refuses when this account is the only one that can administer the installation.
pub(super) fn keep_an_administrator(
    tx: &Connection,
    account: &Account,
    now: Instant,
) -> Result<(), PeopleError> {
    if !account.is_live(now) || !account.has_role(&Role::ADMINISTRATOR) {
        return Ok(());
    }
    let others: i64 = tx
        .prepare_cached(sql::ACCOUNT_OTHER_ADMINISTRATORS)?
        .query_row((&account.id, now.millis()), |row| row.get(0))?;
    if others == 0 {
        return Err(Refusal::LastAdministrator.into());
    }
    Ok(())
}

/// Ends everything that stands for a person: sessions, links, waiting sign-ins, what apps may do in their name. That is
/// over for good, also when they come back.
pub(crate) fn end_access(tx: &Connection, account: &str, now: Instant) -> Result<(), StoreError> {
    tx.prepare_cached(sql::SESSION_END_OF)?
        .execute((account, [].as_slice()))?;
    tx.prepare_cached(sql::LINK_END_OF)?
        .execute((now.millis(), account))?;
    tx.prepare_cached(sql::FAMILY_REVOKE_OF)?
        .execute((now.millis(), account))?;
    tx.prepare_cached(sql::APPROVAL_END_OF)?
        .execute([account])?;
    Ok(())
}
