//! People, apps and access: references hold, values are of their kind, sealed values open at their place, numbers that
//! were drawn from names are those of the names.

use aceso_policy::Role;
use rusqlite::Connection;

use super::{Check, LOOK, PAGE, RESTORE};
use crate::access::account_number;
use crate::people::check_credential;
use crate::statements as sql;
use crate::{StoreError, is_role, signed};

const UNSEALED: &str = "the person adds it anew (`aceso user reset NAME --factors`); find out who wrote to the database";

impl Check<'_> {
    pub(super) fn people(&mut self) -> Result<(), StoreError> {
        self.references()?;
        self.values()?;
        self.roles()?;
        self.credentials()?;
        self.signing_keys()?;
        self.person_keys()?;
        self.emergencies()
    }

    fn references(&mut self) -> Result<(), StoreError> {
        let wrong = lines(&self.record, sql::VERIFY_REFERENCES, [self.now.millis()])?;
        for [table, one, field, value] in wrong {
            let what = format!("{field} refers to \"{value}\", which is not there");
            self.find(&format!("table {table}, {one}"), &what, LOOK);
        }
        Ok(())
    }

    fn values(&mut self) -> Result<(), StoreError> {
        for [table, one, field, value] in lines(&self.record, sql::VERIFY_VALUES, [])? {
            let what = format!("{field} is {value}, which it cannot be");
            self.find(&format!("table {table}, {one}"), &what, LOOK);
        }
        Ok(())
    }

    /// Everybody's roles are roles.
    fn roles(&mut self) -> Result<(), StoreError> {
        let policies = self.store.policies();
        let mut after = String::new();
        loop {
            let page: Vec<(String, String, String)> =
                three(&self.record, sql::ACCOUNT_AFTER, &after)?;
            let Some((last, _, _)) = page.last() else {
                return Ok(());
            };
            after.clone_from(last);
            for (_, name, roles) in page {
                for id in roles.split(' ').filter(|r| !r.is_empty()) {
                    let known = Role::parse(id).is_ok_and(|role| is_role(&policies, &role));
                    if !known {
                        let what = format!("has the role \"{id}\", which there is not");
                        let mend = format!("give the right ones: `aceso user role {name} ROLE…`");
                        self.find(&format!("account {name}"), &what, &mend);
                    }
                }
            }
        }
    }

    fn credentials(&mut self) -> Result<(), StoreError> {
        let sealer = self.keyring.sealer("credential");
        let mut after = String::new();
        loop {
            let page = {
                let mut statement = self.record.prepare_cached(sql::CREDENTIAL_ALL)?;
                let rows = statement.query_map((&after, PAGE), |row| {
                    let id: String = row.get(0)?;
                    let account: String = row.get(1)?;
                    Ok((id, account, check_credential(&sealer, row)))
                })?;
                rows.collect::<Result<Vec<_>, _>>()?
            };
            let Some((last, _, _)) = page.last() else {
                return Ok(());
            };
            after.clone_from(last);
            for (id, account, opened) in page {
                self.report.sealed += 1;
                if let Err(what) = opened {
                    let place = format!("credential {id} of account {account}");
                    self.find(&place, &what, UNSEALED);
                }
            }
        }
    }

    fn signing_keys(&mut self) -> Result<(), StoreError> {
        let sealer = self.keyring.sealer("signing key");
        let found: Vec<(String, Vec<u8>)> = {
            let mut statement = self.record.prepare_cached(sql::SIGNING_KEY_AFTER)?;
            let rows = statement.query_map(("", PAGE), |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for (id, sealed) in found {
            self.report.sealed += 1;
            if let Err(error) = sealer.open(&id, &sealed) {
                let mend = "ID tokens cannot be signed with it: restore the row from a backup";
                self.find(&format!("signing key {id}"), &error.to_string(), mend);
            }
        }
        Ok(())
    }

    fn person_keys(&mut self) -> Result<(), StoreError> {
        type Row = (String, String, Vec<u8>, Option<Vec<u8>>);
        let sealer = self.keyring.sealer(signed::SEAL);
        let mut after = String::new();
        loop {
            let page: Vec<Row> = {
                let mut statement = self.record.prepare_cached(sql::PERSON_KEY_AFTER)?;
                let rows = statement.query_map((&after, PAGE), |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?;
                rows.collect::<Result<_, _>>()?
            };
            let Some((last, ..)) = page.last() else {
                return Ok(());
            };
            after.clone_from(last);
            for (id, account, public, sealed) in page {
                self.report.sealed += u64::from(sealed.is_some());
                let names = (id.as_str(), account.as_str());
                let checked = signed::check_row(&sealer, names, &public, sealed.as_deref());
                if let Err(what) = checked {
                    let place = format!("key {id} of account {account}");
                    self.find(&place, &what, RESTORE);
                }
            }
        }
    }

    /// The numbers that guards compare are those of the account and of the patient.
    fn emergencies(&mut self) -> Result<(), StoreError> {
        let found: Vec<(String, i64, i64, i64, i64)> = {
            let keys = &self.keys;
            let mut statement = self.record.prepare_cached(sql::BREAK_AFTER)?;
            let rows = statement.query_map(("", i64::MAX), |row| {
                let (account, patient): (String, String) = (row.get(1)?, row.get(3)?);
                let wanted = (account_number(keys, &account), keys.of("Patient", &patient));
                Ok((row.get(0)?, row.get(2)?, wanted.0, row.get(4)?, wanted.1))
            })?;
            rows.collect::<Result<_, _>>()?
        };
        for (id, person, wanted_person, patient, wanted_patient) in found {
            if person != wanted_person || patient != wanted_patient {
                let what = "it opens another chart, or for another person, than it says";
                self.find(&format!("emergency access {id}"), what, LOOK);
            }
        }
        Ok(())
    }
}

fn lines(
    record: &Connection,
    text: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<[String; 4]>, StoreError> {
    let mut statement = record.prepare_cached(text)?;
    let rows = statement.query_map(parameters, |row| {
        let value: Option<String> = row.get(3)?;
        let value = value.unwrap_or_default();
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, value])
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn three(
    record: &Connection,
    text: &str,
    after: &str,
) -> Result<Vec<(String, String, String)>, StoreError> {
    let mut statement = record.prepare_cached(text)?;
    let rows = statement.query_map((after, PAGE), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
