//! Those who work here, as far as the record and their accounts say it.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_policy::{FhirUser, Side, UserKind};
use aceso_shield::insider::{Shift, Worker};
use rusqlite::{Connection, OptionalExtension};

use super::documents::{homes, name, period, phones, referred, text};
use crate::access::known::roles;
use crate::key::Keys;
use crate::people::{Account, accounts};
use crate::reading::{current, document};
use crate::stored::from_row;
use crate::{Change, StoreError, Stored, statements as sql};

/// Somebody who works here, with what links need.
pub(super) struct Staff {
    pub(super) worker: Worker,
    /// The keys by which resources name them.
    pub(super) actors: Vec<i64>,
    /// The Practitioner's id.
    pub(super) practitioner: Option<String>,
    /// Where they work, and when.
    pub(super) posts: Vec<Post>,
}

/// A place (logical id of a Location) that somebody works at for some time.
pub(super) struct Post {
    pub(super) location: String,
    pub(super) since: Instant,
    pub(super) until: Instant,
}

/// All of them, but not those whose roles are all a patient's or a program's.
pub(super) fn staff(
    record: &Connection,
    keys: &Keys,
    since: Instant,
) -> Result<Vec<Staff>, StoreError> {
    let mut staff = Vec::new();
    for account in accounts(record)? {
        let works =
            |role: &aceso_policy::Role| role.built_in().is_none_or(|b| b.side() == Side::Staff);
        if account.roles.iter().any(works) {
            staff.push(one(record, keys, &account, since)?);
        }
    }
    Ok(staff)
}

fn one(
    record: &Connection,
    keys: &Keys,
    account: &Account,
    since: Instant,
) -> Result<Staff, StoreError> {
    let mut browsers = record.prepare_cached(sql::DEVICE_FIRST)?;
    let browsers = browsers.query_map((&account.id, since.millis()), |row| row.get(0))?;
    let browsers: Vec<i64> = browsers.collect::<rusqlite::Result<_>>()?;
    let mut staff = Staff {
        worker: Worker {
            account: account.id.clone(),
            name: account.user_name.to_string(),
            roles: account.roles.iter().map(ToString::to_string).collect(),
            own: account.patients.clone(),
            // Their first browser is no news.
            browsers: browsers
                .into_iter()
                .map(Instant::from_millis)
                .filter(|seen| seen.millis() - account.created.millis() > 3 * 86_400_000)
                .collect(),
            ..Worker::default()
        },
        actors: Vec::new(),
        practitioner: None,
        posts: Vec::new(),
    };
    let Some(user) = &account.fhir_user else {
        return Ok(staff);
    };
    for role in practice(record, keys, user, &mut staff)? {
        staff.work(&role);
    }
    let id = staff.practitioner.clone().unwrap_or_default();
    if let Some(stored) = live(current(record, keys, "Practitioner", &id)?) {
        staff.person(&document(&stored)?);
    }
    Ok(staff)
}

/// Notes who they are; answers the documents of their PractitionerRoles.
fn practice(
    record: &Connection,
    keys: &Keys,
    user: &FhirUser,
    staff: &mut Staff,
) -> Result<Vec<Value>, StoreError> {
    match user.kind {
        UserKind::Patient | UserKind::RelatedPerson => return Ok(Vec::new()),
        UserKind::Practitioner => staff.practitioner = Some(user.id.clone()),
        UserKind::PractitionerRole => {
            if let Some(stored) = live(current(record, keys, "PractitionerRole", &user.id)?) {
                let role = document(&stored)?;
                let named = referred(role.get("practitioner").into_iter(), "Practitioner");
                staff.practitioner = named.into_iter().next();
            }
        }
    }
    staff.actors.push(keys.of(user.kind.name(), &user.id));
    let Some(id) = &staff.practitioner else {
        return Ok(Vec::new());
    };
    let practitioner = keys.of("Practitioner", id);
    let mut documents = Vec::new();
    let mut actors = vec![practitioner];
    for key in roles(record, practitioner)? {
        actors.push(key);
        let mut statement = record.prepare_cached(sql::RES_ONE)?;
        let found = statement
            .query_row([key], |row| Ok(from_row(keys, row)))
            .optional()?;
        let found = found.transpose()?.map(|(_, stored)| stored);
        if let Some(stored) = live(found) {
            documents.push(document(&stored)?);
        }
    }
    staff.actors.extend(actors);
    staff.actors.sort_unstable();
    staff.actors.dedup();
    Ok(documents)
}

/// What is there and not deleted.
pub(super) fn live(stored: Option<Stored>) -> Option<Stored> {
    stored.filter(|s| s.change != Change::Deleted)
}

impl Staff {
    fn person(&mut self, document: &Value) {
        let (family, given) = name(document);
        let worker = &mut self.worker;
        worker.family = family;
        worker.given = given;
        worker.birth = text(document, "birthDate");
        worker.phones = phones(document);
        worker.addresses = homes(document);
    }

    fn work(&mut self, role: &Value) {
        let (since, until) = period(role.get("period"));
        for location in referred(role.items_at("location").iter(), "Location") {
            self.posts.push(Post {
                location,
                since,
                until,
            });
        }
        for time in role.items_at("availableTime") {
            let all_day = time.get("allDay").and_then(Value::as_bool) == Some(true);
            let (from, to) = if all_day {
                (0, 1440)
            } else {
                let start = minute(time.str_at("availableStartTime"));
                let end = minute(time.str_at("availableEndTime"));
                match (start, end) {
                    (Some(from), Some(to)) if to <= from => (from, to + 1440),
                    (Some(from), Some(to)) => (from, to),
                    (_, _) => continue,
                }
            };
            for day in time.items_at("daysOfWeek").iter().filter_map(Value::as_str) {
                let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                let number = (0_u8..).zip(days).find(|(_, d)| *d == day);
                if let Some((day, _)) = number {
                    self.worker.shifts.push(Shift { day, from, to });
                }
            }
        }
    }
}

/// `08:30:00` as minutes.
fn minute(time: Option<&str>) -> Option<u16> {
    let mut parts = time?.split(':');
    let hours: u16 = parts.next()?.parse().ok()?;
    let minutes: u16 = parts.next()?.parse().ok()?;
    (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
}
