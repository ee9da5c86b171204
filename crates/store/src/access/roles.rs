//! A clinic's own roles: kept with all their versions, put in force for the next request.

use aceso_base::Instant;
use aceso_policy::{
    BuiltIn, Caller, Grid, GridError, Label, Labels, OpeningHours, Policies, PolicyError, Role,
    RoleText, Task,
};
use rusqlite::{Connection, Row};

use crate::people::{Act, Need, PeopleError, Refusal, widen};
use crate::statements as sql;
use crate::{Store, StoreError};

/// How a role is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleForm {
    /// As a grid, in the text form of [`Grid`].
    Grid(String),
    /// In Cedar, for experts; with the labels whose data it may see.
    Cedar {
        /// The policies.
        text: String,
        /// Labels.
        sees: Labels,
    },
}

/// A role to be kept.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// Its id.
    pub role: Role,
    /// What people call it.
    pub title: String,
    /// What it may.
    pub form: RoleForm,
    /// The version that this changes; none for a new role.
    pub version: Option<u64>,
}

/// A version of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRecord {
    /// Its id.
    pub role: Role,
    /// Which version, from 1.
    pub version: u64,
    /// What people call it.
    pub title: String,
    /// What it may.
    pub form: RoleForm,
    /// When this version was made.
    pub at: Instant,
    /// By whom, as the audit log names them.
    pub by: String,
    /// Whether the role was removed with this version.
    pub removed: bool,
}

/// Why a role is refused.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The grid cannot be read.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// The policies are wrong.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Not allowed, not known, overtaken; or the store failed.
    #[error(transparent)]
    People(#[from] PeopleError),
}

impl From<StoreError> for RoleError {
    fn from(error: StoreError) -> Self {
        Self::People(error.into())
    }
}

impl NewRole {
    /// The policies of the role.
    pub fn text(&self) -> Result<RoleText, RoleError> {
        text_of(&self.role, &self.form)
    }
}

fn text_of(role: &Role, form: &RoleForm) -> Result<RoleText, RoleError> {
    Ok(match form {
        RoleForm::Grid(text) => Grid::parse(text)?.role_text(role),
        RoleForm::Cedar { text, sees } => RoleText {
            role: role.clone(),
            text: text.clone(),
            sees: *sees,
        },
    })
}

impl Store {
    /// Keeps a role and puts it in force: the next request is decided by it. [`Refusal::Widened`]: people hold it, and one
    /// administrator alone would let them give roles or use keys.
    pub async fn set_role(&self, caller: &Caller, new: NewRole) -> Result<u64, RoleError> {
        let act = Act::plain("role set").with(new.role.as_str());
        self.permit(caller, Need::May(Task::ManageRoles), &act)
            .await?;
        let mut texts = self.role_texts(Some(&new.role)).await?;
        texts.push(new.text()?);
        let after = Policies::with(&texts)?;
        let before = self.0.policies.load_full();
        let (now, by) = (self.now(), caller.name());
        let asker = caller.as_person().map(|p| p.account.clone());
        let version = self
            .act(caller, Need::May(Task::ManageRoles), act, move |tx| {
                let have = newest(tx, &new.role)?;
                let current = have.as_ref().filter(|r| !r.removed).map(|r| r.version);
                if current != new.version {
                    return Err(Refusal::Stale.into());
                }
                widen(tx, (&before, &after), asker.as_deref(), &new.role, now)?;
                let version = have.map_or(0, |r| r.version) + 1;
                add(tx, &new, version, now, &by, 0)?;
                Ok(version)
            })
            .await?;
        self.reload_policies().await?;
        Ok(version)
    }

    /// Removes a role: who has it has no rights by it any more.
    pub async fn remove_role(
        &self,
        caller: &Caller,
        role: &Role,
        version: u64,
    ) -> Result<(), RoleError> {
        let act = Act::plain("role remove").with(role.as_str());
        let (now, by, role) = (self.now(), caller.name(), role.clone());
        self.act(caller, Need::May(Task::ManageRoles), act, move |tx| {
            let have = newest(tx, &role)?.filter(|r| !r.removed);
            let have = have.ok_or(PeopleError::Unknown)?;
            if have.version != version {
                return Err(Refusal::Stale.into());
            }
            let new = NewRole {
                role: have.role,
                title: have.title,
                form: have.form,
                version: None,
            };
            add(tx, &new, version + 1, now, &by, 1)
        })
        .await?;
        Ok(self.reload_policies().await?)
    }

    /// A clinic's own roles as they are now.
    pub async fn own_roles(&self, caller: &Caller) -> Result<Vec<RoleRecord>, PeopleError> {
        let act = Act::plain("role list");
        self.look(caller, Need::May(Task::TestPolicies), act, |c| {
            Ok(current(c)?)
        })
        .await
    }

    /// Every version of a role, newest first.
    pub async fn role_versions(
        &self,
        caller: &Caller,
        role: &Role,
    ) -> Result<Vec<RoleRecord>, PeopleError> {
        let act = Act::plain("role versions").with(role.as_str());
        let role = role.clone();
        self.look(caller, Need::May(Task::TestPolicies), act, move |c| {
            Ok(read(c, sql::ROLE_VERSIONS, [role.as_str()])?)
        })
        .await
    }

    /// Reads the roles and puts them in force: after a change, also one by another process.
    pub async fn reload_policies(&self) -> Result<(), StoreError> {
        let roles = self.0.readers.quiet(|c| current(c)).await??;
        self.0.policies.store(std::sync::Arc::new(in_force(
            &roles,
            &self.people_rule().hours,
        )?));
        Ok(())
    }

    async fn role_texts(&self, but: Option<&Role>) -> Result<Vec<RoleText>, RoleError> {
        let roles = self.0.readers.quiet(|c| current(c)).await??;
        let others = roles.iter().filter(|r| Some(&r.role) != but);
        others.map(|r| text_of(&r.role, &r.form)).collect()
    }
}

/// The policies with these roles. A role that this release finds wrong gives no rights, and is told of in the log.
fn in_force(roles: &[RoleRecord], hours: &OpeningHours) -> Result<Policies, StoreError> {
    let wrong = |error: &dyn std::fmt::Display| StoreError::text(&error.to_string());
    let mut good = Vec::new();
    for one in roles {
        let text = match text_of(&one.role, &one.form) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(role = %one.role, %error, "a role gives no rights");
                continue;
            }
        };
        good.push(text);
        if let Err(error) = Policies::with(&good) {
            tracing::error!(role = %one.role, %error, "a role gives no rights");
            good.pop();
        }
    }
    Policies::keeping(&good, hours.clone()).map_err(|e| wrong(&e))
}

/// The policies in force by what the record holds.
pub(crate) fn policies(
    connection: &Connection,
    hours: &OpeningHours,
) -> Result<Policies, StoreError> {
    in_force(&current(connection)?, hours)
}

/// Whether a role may be given to an account: built in, or a clinic's own.
pub fn is_role(policies: &Policies, role: &Role) -> bool {
    match role.built_in() {
        Some(BuiltIn::ApiClient) => false,
        Some(_) => true,
        None => policies.roles().contains(role),
    }
}

fn current(c: &Connection) -> Result<Vec<RoleRecord>, StoreError> {
    let mut all = read(c, sql::ROLE_ALL, [])?;
    all.retain(|r| !r.removed);
    Ok(all)
}

fn newest(c: &Connection, role: &Role) -> Result<Option<RoleRecord>, StoreError> {
    Ok(read(c, sql::ROLE_VERSIONS, [role.as_str()])?
        .into_iter()
        .next())
}

fn add(
    tx: &Connection,
    new: &NewRole,
    version: u64,
    at: Instant,
    by: &str,
    removed: i64,
) -> Result<(), PeopleError> {
    let (form, body, sees) = match &new.form {
        RoleForm::Grid(text) => (1, text, Labels::NONE),
        RoleForm::Cedar { text, sees } => (2, text, *sees),
    };
    let labels: Vec<&str> = sees.iter().map(Label::name).collect();
    let labels = labels.join(" ");
    tx.prepare_cached(sql::ROLE_ADD)?.execute((
        new.role.as_str(),
        version.cast_signed(),
        &new.title,
        form,
        body,
        labels,
        at.millis(),
        by,
        removed,
    ))?;
    Ok(())
}

fn read(
    c: &Connection,
    text: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<RoleRecord>, StoreError> {
    let mut statement = c.prepare_cached(text)?;
    let mut rows = statement.query(parameters)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(from_row(row)?);
    }
    Ok(all)
}

fn from_row(row: &Row<'_>) -> Result<RoleRecord, StoreError> {
    let (id, form, text, labels): (String, i64, String, String) =
        (row.get(0)?, row.get(3)?, row.get(4)?, row.get(5)?);
    let form = match form {
        1 => RoleForm::Grid(text),
        _ => RoleForm::Cedar {
            text,
            sees: labels.split_whitespace().filter_map(Label::parse).collect(),
        },
    };
    Ok(RoleRecord {
        role: Role::parse(&id).map_err(|e| StoreError::text(&e.to_string()))?,
        version: row.get::<_, i64>(1)?.cast_unsigned(),
        title: row.get(2)?,
        form,
        at: Instant::from_millis(row.get(6)?),
        by: row.get(7)?,
        removed: row.get::<_, i64>(8)? != 0,
    })
}
