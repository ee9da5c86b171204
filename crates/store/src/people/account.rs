//! Accounts: who can sign in, with which roles.

use std::fmt;

use aceso_base::Instant;
use aceso_policy::{Action, Caller, FhirUser, Role, Side, Task, Who};
use rusqlite::{Connection, OptionalExtension, Row};

use super::door::{Act, Need, PeopleError, Refusal};
use super::name::UserName;
use super::proposal::{alone, is_guarded};
use crate::statements as sql;
use crate::{Store, StoreError};

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// Invited; the person has not taken the invitation up yet.
    Invited,
    /// The person can sign in.
    Active,
    /// Nobody can sign in as this person.
    Disabled,
}

/// Whether a person must enrol a second factor before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrol {
    /// Yes.
    Must,
    /// No: they have one, or their roles do not ask for one.
    No,
}

/// An account. Its `Debug` form shows no name.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// The user name, folded.
    pub user_name: UserName,
    /// The name that people see.
    pub display: String,
    /// Where notices go.
    pub email: Option<String>,
    /// Who they are in the record.
    pub fhir_user: Option<FhirUser>,
    /// Their roles, sorted.
    pub roles: Vec<Role>,
    /// Logical ids of the organizations or locations that the person works at, sorted; none: all.
    pub facilities: Vec<String>,
    /// Logical ids of the patients that a patient or proxy acts for, sorted.
    pub patients: Vec<String>,
    /// Where it stands.
    pub state: AccountState,
    /// When it was made.
    pub created: Instant,
    /// From then on the person is gone (leaving date).
    pub not_after: Option<Instant>,
    /// Whether a second factor must be enrolled first.
    pub enrol: Enrol,
    /// Goes up with each change; a change names the version it was made on.
    pub version: u64,
    /// The last sign-in.
    pub signed_in: Option<Instant>,
}

/// An account to be made; it is invited until its link is used.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The user name.
    pub user_name: UserName,
    /// The name that people see.
    pub display: String,
    /// Where notices go.
    pub email: Option<String>,
    /// Who they are in the record.
    pub fhir_user: Option<FhirUser>,
    /// Their roles.
    pub roles: Vec<Role>,
    /// Logical ids of the organizations or locations that the person works at.
    pub facilities: Vec<String>,
    /// Logical ids of the patients that a patient or proxy acts for.
    pub patients: Vec<String>,
    /// Leaving date.
    pub not_after: Option<Instant>,
    /// Whether a second factor must be enrolled first.
    pub enrol: Enrol,
}

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct AccountQuery {
    /// Only those that stand so.
    pub state: Option<AccountState>,
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only those with this in their user name or display name.
    pub text: Option<String>,
    /// Those after this user name (the page before ended there).
    pub after: Option<String>,
    /// At most so many; 1 to 500.
    pub count: u32,
}

/// A page of accounts by user name.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// What `after` of the next page is; none: this is the last.
    pub next: Option<String>,
}

impl Account {
    /// Whether the person can use the installation now.
    pub fn is_live(&self, now: Instant) -> bool {
        self.state == AccountState::Active && self.not_after.is_none_or(|end| now < end)
    }

    /// Whether the person has the role.
    pub fn has_role(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("roles", &self.roles)
            .field("state", &self.state)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Makes an account, invited; answers its id. Roles beyond the patient's and the proxy's need the right to give
    /// roles, too.
    pub async fn add_account(
        &self,
        caller: &Caller,
        new: NewAccount,
    ) -> Result<String, PeopleError> {
        let (id, now) = (self.new_id(), self.now());
        let act = Act::on_account("account add", &id).with(role_ids(&new.roles));
        let need = Need::Provision(Action::Create);
        self.permit(caller, need, &act).await?;
        let policies = self.policies();
        let portal = |r: &Role| r.built_in().is_some_and(|b| b.side() == Side::Portal);
        // The directory gives roles, too, but none that gives roles or uses keys.
        let given = matches!(caller.who, Who::Client(_))
            && !new.roles.iter().any(|r| is_guarded(&policies, r, now));
        let need = if given || new.roles.iter().all(portal) {
            need
        } else {
            Need::May(Task::ManageRoles)
        };
        let asker = caller.as_person().map(|p| p.account.clone());
        let work = move |tx: &Connection| {
            alone(tx, &policies, asker.as_deref(), None, &new.roles, now)?;
            add(tx, &id, AccountState::Invited, &new, now)?;
            Ok(id)
        };
        self.act(caller, need, act, work).await
    }

    /// An account by its id: one's own, or anybody's for those who manage accounts or sign people in.
    pub async fn account(&self, caller: &Caller, id: &str) -> Result<Account, PeopleError> {
        let act = Act::on_account("account read", id);
        let own = id.to_owned();
        self.look(caller, Need::SeeAccount(id), act, move |c| {
            one(c, &own)?.ok_or(PeopleError::Unknown)
        })
        .await
    }

    /// An account by its id, for the clinic's directory.
    pub async fn provisioned(&self, caller: &Caller, id: &str) -> Result<Account, PeopleError> {
        let act = Act::on_account("account read", id);
        let id = id.to_owned();
        self.look(caller, Need::Provision(Action::Read), act, move |c| {
            one(c, &id)?.ok_or(PeopleError::Unknown)
        })
        .await
    }

    /// The account with a user name, for signing in.
    pub async fn account_named(
        &self,
        caller: &Caller,
        name: &UserName,
    ) -> Result<Option<Account>, PeopleError> {
        self.permit(caller, Need::SeeAccount(""), &Act::plain("account find"))
            .await?;
        let name = name.clone();
        Ok(self.0.readers.quiet(move |c| named(c, &name)).await??)
    }

    /// A page of accounts.
    pub async fn accounts(
        &self,
        caller: &Caller,
        query: AccountQuery,
    ) -> Result<AccountPage, PeopleError> {
        let act = Act::plain("account list");
        let need = Need::Provision(Action::Search);
        self.look(caller, need, act, move |c| Ok(page(c, query)?))
            .await
    }
}

/// Writes a new account.
pub(super) fn add(
    tx: &Connection,
    id: &str,
    state: AccountState,
    new: &NewAccount,
    now: Instant,
) -> Result<(), PeopleError> {
    check_display(&new.display)?;
    check_email(new.email.as_deref())?;
    let count = tx.prepare_cached(sql::ACCOUNT_ADD)?.execute((
        id,
        new.user_name.as_str(),
        &new.display,
        &new.email,
        new.fhir_user.as_ref().map(ToString::to_string),
        role_ids(&new.roles),
        joined(&new.facilities)?,
        joined(&new.patients)?,
        state.code(),
        now.millis(),
        new.not_after.map(Instant::millis),
        new.enrol.code(),
    ))?;
    if count != 1 {
        return Err(Refusal::NameTaken.into());
    }
    Ok(())
}

/// An account by its id.
pub(crate) fn one(connection: &Connection, id: &str) -> Result<Option<Account>, StoreError> {
    let mut statement = connection.prepare_cached(sql::ACCOUNT_ONE)?;
    Ok(statement.query_row([id], from_row).optional()?)
}

fn named(connection: &Connection, name: &UserName) -> Result<Option<Account>, StoreError> {
    let mut statement = connection.prepare_cached(sql::ACCOUNT_NAMED)?;
    Ok(statement.query_row([name.as_str()], from_row).optional()?)
}

/// Every account, by name.
pub(crate) fn accounts(connection: &Connection) -> Result<Vec<Account>, StoreError> {
    let mut all = Vec::new();
    let mut query = AccountQuery {
        count: 500,
        ..AccountQuery::default()
    };
    loop {
        let found = page(connection, query.clone())?;
        all.extend(found.accounts);
        match found.next {
            Some(last) => query.after = Some(last),
            None => return Ok(all),
        }
    }
}

/// A page of accounts.
pub(super) fn page(
    connection: &Connection,
    query: AccountQuery,
) -> Result<AccountPage, StoreError> {
    let count = query.count.clamp(1, 500);
    let text = query.text.unwrap_or_default().to_lowercase();
    let text = text
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_");
    let mut statement = connection.prepare_cached(sql::ACCOUNT_PAGE)?;
    let rows = statement.query_map(
        (
            query.after.unwrap_or_default(),
            query.state.map_or(-1, AccountState::code),
            query.role.map(|r| r.to_string()).unwrap_or_default(),
            text,
            count + 1,
        ),
        from_row,
    )?;
    let mut accounts: Vec<Account> = rows.collect::<Result<_, _>>()?;
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    let more = accounts.len() > wanted;
    accounts.truncate(wanted);
    let last = accounts.last().map(|a| a.user_name.to_string());
    Ok(AccountPage {
        accounts,
        next: last.filter(|_| more),
    })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    let list = |at: usize| -> rusqlite::Result<Vec<String>> {
        let text: String = row.get(at)?;
        Ok(text.split_ascii_whitespace().map(str::to_owned).collect())
    };
    Ok(Account {
        id: row.get(0)?,
        user_name: UserName::kept(row.get(1)?),
        display: row.get(2)?,
        email: row.get(3)?,
        fhir_user: row
            .get::<_, Option<String>>(4)?
            .and_then(|text| FhirUser::parse(&text)),
        roles: list(5)?
            .iter()
            .filter_map(|id| Role::parse(id).ok())
            .collect(),
        facilities: list(6)?,
        patients: list(7)?,
        state: AccountState::from_code(row.get(8)?),
        created: Instant::from_millis(row.get(9)?),
        not_after: row.get::<_, Option<i64>>(10)?.map(Instant::from_millis),
        enrol: Enrol::from_code(row.get(11)?),
        version: row.get::<_, i64>(12)?.cast_unsigned(),
        signed_in: row.get::<_, Option<i64>>(13)?.map(Instant::from_millis),
    })
}

/// Roles as they are kept and shown in the log.
pub(super) fn role_ids(roles: &[Role]) -> String {
    let mut roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
    roles.sort_unstable();
    roles.dedup();
    roles.join(" ")
}

/// A list of ids as it is kept: sorted, each once, separated by blanks.
pub(super) fn joined(ids: &[String]) -> Result<String, Refusal> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    if ids.len() > 500 {
        return Err(Refusal::Field("at most 500 entries fit in a list"));
    }
    for id in ids {
        if id.is_empty() || id.len() > 64 || !id.bytes().all(fine) {
            return Err(Refusal::Field(
                "an id has letters, digits, - and . only, 64 at most",
            ));
        }
    }
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids.join(" "))
}

/// A name that people see.
pub(super) fn check_display(text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > 100 || text.chars().any(char::is_control) {
        return Err(Refusal::Field("a name has 1 to 100 characters"));
    }
    Ok(())
}

/// An address that mail could go to; whether it arrives only mail can tell.
pub(super) fn check_email(text: Option<&str>) -> Result<(), Refusal> {
    let Some(text) = text else { return Ok(()) };
    let halves = text.rsplit_once('@');
    let fine = halves.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
    if !fine || text.len() > 254 || text.chars().any(odd) {
        return Err(Refusal::Field("this is no e-mail address"));
    }
    Ok(())
}

impl AccountState {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Invited => 0,
            Self::Active => 1,
            Self::Disabled => 2,
        }
    }

    /// What cannot be read counts as disabled.
    const fn from_code(code: i64) -> Self {
        match code {
            0 => Self::Invited,
            1 => Self::Active,
            _ => Self::Disabled,
        }
    }
}

impl Enrol {
    pub(super) const fn code(self) -> i64 {
        match self {
            Self::No => 0,
            Self::Must => 1,
        }
    }

    const fn from_code(code: i64) -> Self {
        match code {
            0 => Self::No,
            _ => Self::Must,
        }
    }
}
