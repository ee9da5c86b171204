//! The register of implementers who are told before the public. Whom one of the group enters another one vets; each answers a mail
//! once a year, or is told no more.

use aceso_desk::When;
use aceso_desk::report::is_address;
use aceso_policy::{Caller, Job, Task};
use rusqlite::{OptionalExtension, Row};

use super::post::{DeskMail, Post};
use super::wave::fresh;
use super::{Desk, DeskError, party};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal};

/// An answer holds for a year; it is asked for so many days before, and again every two weeks.
const YEAR_DAYS: i64 = 365;
const ASKED_BEFORE_DAYS: i64 = 30;
const ASKED_AGAIN_DAYS: i64 = 14;
const LONGEST: usize = 200;
const MOST_TAGS: usize = 10;

/// Somebody who runs installations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who they are in the logs of cases.
    pub id: String,
    /// Their name.
    pub name: String,
    /// For whom they run them.
    pub organisation: String,
    /// Where they are told.
    pub address: String,
    /// What they are told of: `security-advisory`.
    pub tags: Vec<String>,
    /// Who entered them.
    pub added_by: String,
    /// When.
    pub added: When,
    /// Who vetted them, and until when that holds; none before.
    pub vetted: Option<(String, When)>,
    /// When they were asked last whether they still are who they are.
    pub asked: Option<When>,
}

/// Somebody new.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// Their name.
    pub name: String,
    /// For whom they run installations.
    pub organisation: String,
    /// Where they are told.
    pub address: String,
    /// What they are told of.
    pub tags: Vec<String>,
}

impl NewContact {
    fn check(&self) -> Result<(), PeopleError> {
        let wrong = |text| Err(PeopleError::Refused(Refusal::Field(text)));
        let short = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST;
        if !short(&self.name) || !short(&self.organisation) {
            return wrong("name and organisation say something, in 200 bytes at most");
        }
        if !is_address(&self.address) {
            return wrong("the address is of the form name@example.org");
        }
        let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fine = |t: &String| (1..=40).contains(&t.len()) && t.bytes().all(sign);
        let count = (1..=MOST_TAGS).contains(&self.tags.len());
        if !count || !self.tags.iter().all(fine) {
            return wrong("one to ten tags, of small letters, digits and hyphens");
        }
        Ok(())
    }
}

impl Desk {
    /// Everybody in the register, by organisation.
    pub async fn contacts(&self, caller: &Caller) -> Result<Vec<Contact>, DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let act = Act::plain("desk contacts");
        let found = self.store.look(caller, need, act, |c| {
            let mut statement = c.prepare_cached(sql::DESK_CONTACT_ALL)?;
            let rows = statement.query_map([], contact)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        Ok(found.await?)
    }

    /// Enters somebody, who is told nothing until another one of the group vets them.
    pub async fn add_contact(&self, caller: &Caller, new: NewContact) -> Result<(), DeskError> {
        let (me, at, id) = (party(caller), self.now(), self.store.new_id());
        let need = Need::May(Task::WorkOnCases);
        let act = on_contact("desk contact add", &id);
        let added = self.store.act(caller, need, act, move |tx| {
            new.check()?;
            let tags = format!(" {} ", new.tags.join(" "));
            let values = (
                format!("contact-{id}"),
                new.name.trim(),
                new.organisation.trim(),
                &new.address,
                tags,
                &me.0,
                at.millis(),
            );
            match tx.prepare_cached(sql::DESK_CONTACT_ADD)?.execute(values)? {
                1 => Ok(()),
                _ => Err(PeopleError::Refused(Refusal::Field(
                    "somebody with this address is in the register",
                ))),
            }
        });
        Ok(added.await?)
    }

    /// Vets somebody whom another one entered: for a year.
    pub async fn vet_contact(&self, caller: &Caller, id: &str) -> Result<(), DeskError> {
        let (me, ends) = (party(caller), self.now().plus_days(YEAR_DAYS));
        let need = Need::May(Task::WorkOnCases);
        let act = on_contact("desk contact vet", id);
        let id = id.to_owned();
        let vetted = self.store.act(caller, need, act, move |tx| {
            let values = (&me.0, ends.millis(), &id);
            match tx.prepare_cached(sql::DESK_CONTACT_VET)?.execute(values)? {
                1 => Ok(()),
                _ => Err(PeopleError::Refused(Refusal::Field(
                    "who entered somebody does not vet them: another one of the group does, once",
                ))),
            }
        });
        Ok(vetted.await?)
    }

    /// Takes somebody out: what was sent to them before cannot be opened any more.
    pub async fn end_contact(&self, caller: &Caller, id: &str) -> Result<(), DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let act = on_contact("desk contact end", id);
        let id = id.to_owned();
        let ended = self.store.act(caller, need, act, move |tx| {
            match tx.prepare_cached(sql::DESK_CONTACT_END)?.execute([&id])? {
                1 => Ok(()),
                _ => Err(PeopleError::Unknown),
            }
        });
        Ok(ended.await?)
    }

    /// Asks those whose year is nearly over whether they still are who they are. Answers how many that were.
    pub async fn ask_contacts(&self) -> Result<usize, DeskError> {
        let (at, post) = (self.now(), Post::new(self));
        let soon = at.plus_days(ASKED_BEFORE_DAYS).millis();
        let lately = at.plus_days(-ASKED_AGAIN_DAYS).millis();
        let due = self
            .store
            .0
            .readers
            .quiet(move |c| -> rusqlite::Result<Vec<(String, String)>> {
                let mut statement = c.prepare_cached(sql::DESK_CONTACT_DUE)?;
                let rows =
                    statement.query_map((soon, lately), |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect()
            });
        let due = due.await?.map_err(crate::StoreError::from)?;
        if due.is_empty() {
            return Ok(0);
        }
        let (caller, count) = (Caller::job(Job::Desk), due.len());
        let act = Act::plain("desk contacts ask");
        let asked = self.store.act(&caller, Need::Clerk, act, move |tx| {
            for (id, address) in &due {
                let (token, hash) = fresh()?;
                let words = ("", token.as_str());
                post.to_stranger(tx, at, DeskMail::Check, address, words)?;
                let values = (at.millis(), hash.as_slice(), id);
                tx.prepare_cached(sql::DESK_CONTACT_ASKED)?
                    .execute(values)?;
            }
            Ok(())
        });
        asked.await?;
        Ok(count)
    }

    /// Whose answer a link is.
    pub async fn asked_contact(&self, token: [u8; 32]) -> Result<Contact, DeskError> {
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk contact asked");
        let found = self.store.look(&caller, Need::Clerk, act, move |c| {
            let mut statement = c.prepare_cached(sql::DESK_CONTACT_TOKEN)?;
            let row = statement.query_row([token.as_slice()], contact);
            row.optional()?.ok_or(PeopleError::Unknown)
        });
        Ok(found.await?)
    }

    /// The answer: they are told for another year.
    pub async fn confirm_contact(&self, token: [u8; 32]) -> Result<(), DeskError> {
        let id = self.asked_contact(token).await?.id;
        let ends = self.now().plus_days(YEAR_DAYS);
        let caller = Caller::job(Job::Desk);
        let act = on_contact("desk contact confirmed", &id);
        let done = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let values = (ends.millis(), &id);
            tx.prepare_cached(sql::DESK_CONTACT_CONFIRM)?
                .execute(values)?;
            Ok(())
        });
        Ok(done.await?)
    }
}

fn on_contact(name: &'static str, id: &str) -> Act {
    Act::plain(name).with(id)
}

fn contact(row: &Row<'_>) -> rusqlite::Result<Contact> {
    let (tags, vetted_by): (String, Option<String>) = (row.get(4)?, row.get(8)?);
    let ends: Option<i64> = row.get(9)?;
    Ok(Contact {
        id: row.get(0)?,
        name: row.get(1)?,
        organisation: row.get(2)?,
        address: row.get(3)?,
        tags: tags.split_whitespace().map(str::to_owned).collect(),
        added_by: row.get(6)?,
        added: When::from_millis(row.get(7)?),
        vetted: vetted_by.zip(ends.map(When::from_millis)),
        asked: row.get::<_, Option<i64>>(10)?.map(When::from_millis),
    })
}
