//! Names for what entries name by ids: people, accounts, patients.

use aceso_fhir::Value;
use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use super::form::Said;
use super::query::AuditLine;
use super::walk::Found;
use crate::key::Keys;
use crate::reading::{current, document};
use crate::statements as sql;
use crate::{Change, StoreError};

/// An account, as far as reports tell.
#[derive(Clone)]
struct Account {
    id: String,
    user: String,
    display: String,
    facilities: Vec<String>,
}

/// A patient, as far as reports tell.
#[derive(Clone, Default)]
struct Patient {
    name: Option<String>,
    organization: Option<String>,
}

/// Names that were looked up.
pub(super) struct Named<'a> {
    record: &'a Connection,
    keys: &'a Keys,
    users: FxHashMap<String, Option<Account>>,
    accounts: FxHashMap<String, Option<Account>>,
    patients: FxHashMap<String, Patient>,
}

impl<'a> Named<'a> {
    pub(super) fn new(record: &'a Connection, keys: &'a Keys) -> Self {
        Self {
            record,
            keys,
            users: FxHashMap::default(),
            accounts: FxHashMap::default(),
            patients: FxHashMap::default(),
        }
    }

    /// What the log calls somebody: as a person and as an account, or as an app.
    pub(super) fn all_names(&mut self, person: &str) -> Result<Vec<String>, StoreError> {
        let user = match person.split_once('/') {
            None => person,
            Some(("person", user)) => user,
            Some(("account", id)) => {
                let found = self.account(id)?.map(|a| ["person/", &a.user].concat());
                return Ok(std::iter::once(person.to_owned()).chain(found).collect());
            }
            Some(_) => return Ok(vec![person.to_owned()]),
        };
        let account = self.user(user)?.map(|a| ["account/", &a.id].concat());
        let name = ["person/", user].concat();
        Ok(std::iter::once(name).chain(account).collect())
    }

    pub(super) fn line(&mut self, found: Found) -> Result<AuditLine, StoreError> {
        let Found { seq, at, said } = found;
        let name = self.person(Some(&said.who))?;
        let by = self.person(said.by.as_ref())?;
        let mut patients = Vec::new();
        for id in &said.patients {
            patients.push((id.clone(), self.patient(id)?.name));
        }
        let mut accounts = Vec::new();
        for id in said.on.iter().filter_map(|i| i.strip_prefix("account/")) {
            accounts.push((id.to_owned(), self.account(id)?.map(|a| a.display)));
        }
        Ok(AuditLine {
            seq: seq.cast_unsigned(),
            at,
            said,
            name,
            by,
            patients,
            accounts,
        })
    }

    /// Whether an entry is of a person, or about a patient, of an organization.
    pub(super) fn is_of(&mut self, said: &Said, organization: &str) -> Result<bool, StoreError> {
        for name in std::iter::once(&said.who).chain(&said.by) {
            let Some(user) = name.strip_prefix("person/") else {
                continue;
            };
            let account = self.user(user)?;
            if account.is_some_and(|a| a.facilities.iter().any(|f| f == organization)) {
                return Ok(true);
            }
        }
        for id in &said.patients {
            if self.patient(id)?.organization.as_deref() == Some(organization) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn person(&mut self, name: Option<&String>) -> Result<Option<String>, StoreError> {
        match name.and_then(|name| name.strip_prefix("person/")) {
            Some(user) => Ok(self.user(user)?.map(|a| a.display)),
            None => Ok(None),
        }
    }

    fn user(&mut self, user: &str) -> Result<Option<Account>, StoreError> {
        if let Some(known) = self.users.get(user) {
            return Ok(known.clone());
        }
        let found = self.look(sql::ACCOUNT_NAMED, user)?;
        self.users.insert(user.to_owned(), found.clone());
        Ok(found)
    }

    fn account(&mut self, id: &str) -> Result<Option<Account>, StoreError> {
        if let Some(known) = self.accounts.get(id) {
            return Ok(known.clone());
        }
        let found = self.look(sql::ACCOUNT_ONE, id)?;
        self.accounts.insert(id.to_owned(), found.clone());
        Ok(found)
    }

    fn look(&self, text: &str, value: &str) -> Result<Option<Account>, StoreError> {
        let mut statement = self.record.prepare_cached(text)?;
        Ok(statement
            .query_row([value], |row| {
                let facilities: String = row.get(6)?;
                Ok(Account {
                    id: row.get(0)?,
                    user: row.get(1)?,
                    display: row.get(2)?,
                    facilities: facilities.split_whitespace().map(str::to_owned).collect(),
                })
            })
            .optional()?)
    }

    fn patient(&mut self, id: &str) -> Result<Patient, StoreError> {
        if let Some(known) = self.patients.get(id) {
            return Ok(known.clone());
        }
        // A patient whose data were erased, or cannot be read, has no name here: the report goes on with the id.
        let found = current(self.record, self.keys, "Patient", id).unwrap_or(None);
        let found = found
            .filter(|stored| stored.change != Change::Deleted)
            .and_then(|stored| document(&stored).ok())
            .map(|document| Patient {
                name: name(&document),
                organization: organization(&document),
            })
            .unwrap_or_default();
        self.patients.insert(id.to_owned(), found.clone());
        Ok(found)
    }
}

fn name(document: &Value) -> Option<String> {
    let names = document.items_at("name");
    let of = |used: &str| names.iter().find(|n| n.str_at("use") == Some(used));
    let name = of("official").or_else(|| of("usual")).or(names.first())?;
    if let Some(text) = name.str_at("text") {
        return Some(text.to_owned());
    }
    let given = name.items_at("given").iter().filter_map(Value::as_str);
    let parts: Vec<&str> = given.chain(name.str_at("family")).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn organization(document: &Value) -> Option<String> {
    let reference = document.get("managingOrganization")?.str_at("reference")?;
    let id = reference.strip_prefix("Organization/")?;
    Some(id.to_owned())
}
