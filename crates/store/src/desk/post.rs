//! What the desk tells by mail: kept in the outbox in the transaction of what it tells of. Nothing is written to an address
//! more often than a person would bear, whoever sends reports in its name.

use std::cell::Cell;

use aceso_base::Instant;
use aceso_desk::When;
use aceso_desk::case::{Case, Participant, PartyId, Role};
use aceso_policy::{Caller, Job};
use aceso_vault::Sealer;
use rusqlite::{Connection, OptionalExtension};

use super::act::{is_taken, sees};
use super::intake::once;
use super::{CLERK, Desk, DeskError};
use crate::people::{Act, KEPT_TRYING_MILLIS, MailKind, Need, NewMail, mail_sealer};
use crate::statements as sql;
use crate::{PeopleError, StoreError};

const DAY: i64 = 86_400_000;

/// What a mail of the desk is about. Its detail holds numbers; what only its reader may see is sealed until it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskMail {
    /// To a reporter: the numbers of case and report; the secret of the status page and, a line each, what to ask.
    Receipt,
    /// To who wrote too little for a report: what to ask, a line each.
    Questions,
    /// To a reporter: the number of the report; what somebody of the group wrote.
    Answer,
    /// To the group: the numbers of case and report.
    NewReport,
    /// To those who lead a case: the numbers of case and report. The reporter wrote more.
    More,
    /// To somebody who is in a case from now on: its number, and the roles.
    Joined,
    /// To an implementer: the number of the case; the secret of the page that tells of it before the public.
    Notice,
    /// To an implementer: the secret of the page that asks whether they still are one.
    Check,
    /// To those who are to be reminded: a line each for the case's number, what is due, and how it stands.
    Due,
    /// To who answers for a standing duty: a line each for what is due, and how it stands.
    Duty,
}

impl DeskMail {
    const ALL: [Self; 10] = [
        Self::Receipt,
        Self::Questions,
        Self::Answer,
        Self::NewReport,
        Self::More,
        Self::Joined,
        Self::Due,
        Self::Notice,
        Self::Check,
        Self::Duty,
    ];

    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Receipt => 200,
            Self::Questions => 201,
            Self::Answer => 202,
            Self::NewReport => 203,
            Self::More => 204,
            Self::Joined => 205,
            Self::Due => 206,
            Self::Notice => 207,
            Self::Check => 208,
            Self::Duty => 209,
        }
    }

    pub(crate) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// So many go to an address within a day; what a person wrote, or a clock asks for, always goes.
    const fn most_a_day(self) -> Option<i64> {
        match self {
            Self::Receipt => Some(5),
            Self::Questions => Some(2),
            Self::NewReport | Self::More => Some(20),
            Self::Answer | Self::Joined | Self::Due | Self::Duty | Self::Notice | Self::Check => {
                None
            }
        }
    }
}

/// Writes the mail of one transaction.
pub(super) struct Post {
    id: String,
    number: Cell<u32>,
    sealer: Sealer,
}

/// Whom a mail goes to.
#[derive(Clone, Copy)]
struct Reader<'a> {
    account: &'a str,
    address: &'a str,
}

impl Post {
    pub(super) fn new(desk: &Desk) -> Self {
        Self {
            id: desk.store.new_id(),
            number: Cell::new(0),
            sealer: mail_sealer(&desk.store),
        }
    }

    /// To somebody outside; answers the mail's id, if one is kept.
    pub(super) fn to_stranger(
        &self,
        tx: &Connection,
        at: When,
        kind: DeskMail,
        address: &str,
        (detail, secret): (&str, &str),
    ) -> Result<Option<String>, StoreError> {
        let to = Reader {
            account: "",
            address,
        };
        self.keep(tx, at, kind, to, (detail, Some(secret)))
    }

    /// To the people of a case who have one of these roles and no conflict; to the whole group, where none of them has an address.
    pub(super) fn to_roles(
        &self,
        tx: &Connection,
        at: When,
        kind: DeskMail,
        (case, roles): (&Case, &[Role]),
        detail: &str,
    ) -> Result<(), StoreError> {
        let has = |(id, person): &(&PartyId, &Participant)| {
            id.0 != CLERK && person.roles.iter().any(|r| roles.contains(r)) && sees(case, id)
        };
        let mut told = 0;
        if is_taken(case) {
            for (id, _) in case.people.iter().filter(has) {
                told += self.to_member(tx, at, kind, id, detail)?;
            }
        }
        if told == 0 {
            self.to_group(tx, at, kind, detail)?;
        }
        Ok(())
    }

    /// To everybody of the group: what it says is numbers and times, as not all of them are in the case.
    pub(super) fn to_group(
        &self,
        tx: &Connection,
        at: When,
        kind: DeskMail,
        detail: &str,
    ) -> Result<(), StoreError> {
        let mut statement = tx.prepare_cached(sql::DESK_GROUP)?;
        let like = format!("% {} %", aceso_policy::Role::SECURITY_OFFICER);
        let rows = statement.query_map([like], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let all: rusqlite::Result<Vec<(String, String)>> = rows.collect();
        for (account, address) in &all? {
            self.keep(tx, at, kind, Reader { account, address }, (detail, None))?;
        }
        Ok(())
    }

    /// To one account, if it has an address; answers how many that are.
    pub(super) fn to_member(
        &self,
        tx: &Connection,
        at: When,
        kind: DeskMail,
        to: &PartyId,
        detail: &str,
    ) -> Result<usize, StoreError> {
        let address: Option<String> = tx
            .prepare_cached(sql::DESK_MEMBER)?
            .query_row([&to.0], |row| row.get(0))
            .optional()?;
        let Some(address) = address else {
            return Ok(0);
        };
        let to = Reader {
            account: &to.0,
            address: &address,
        };
        self.keep(tx, at, kind, to, (detail, None))?;
        Ok(1)
    }

    fn keep(
        &self,
        tx: &Connection,
        at: When,
        kind: DeskMail,
        to: Reader<'_>,
        (detail, secret): (&str, Option<&str>),
    ) -> Result<Option<String>, StoreError> {
        if let Some(most) = kind.most_a_day() {
            let since = at.plus_millis(-DAY).millis();
            let lately: i64 = tx
                .prepare_cached(sql::MAIL_LATELY)?
                .query_row((to.address.to_lowercase(), since, kind.code()), |row| {
                    row.get(0)
                })?;
            if lately >= most {
                tracing::info!(?kind, "nothing more is written to an address today");
                return Ok(None);
            }
        }
        let number = self.number.replace(self.number.get() + 1);
        let id = format!("{}-{number}", self.id);
        let sealed = secret.map(|text| self.sealer.seal(&id, text.as_bytes()));
        let sealed = sealed.transpose();
        let now = Instant::from_millis(at.millis());
        let new = NewMail {
            id: &id,
            kind: MailKind::Desk(kind),
            account: to.account,
            address: to.address,
            detail,
            secret: sealed.map_err(|error| StoreError(error.to_string()))?,
            until: now.plus_millis(KEPT_TRYING_MILLIS),
        };
        Ok(new.keep(tx, now)?.then_some(id))
    }
}

impl Desk {
    /// Asks who sent a mail what it lacks for a report: once for one mail.
    pub async fn ask_sender(
        &self,
        mail: [u8; 32],
        address: &str,
        questions: &[&str],
    ) -> Result<(), DeskError> {
        let (at, post) = (self.now(), Post::new(self));
        let (address, questions) = (address.to_owned(), questions.join("\n"));
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk questions");
        let asked = self.store.act(&caller, Need::Clerk, act, move |tx| {
            once(tx, &mail, at, "asked")?;
            let words = ("", questions.as_str());
            post.to_stranger(tx, at, DeskMail::Questions, &address, words)?;
            Ok(())
        });
        Ok(asked.await?)
    }

    /// A mail of ours came back: it is shown with those that could not be sent. One that was not sent from here is not known.
    pub async fn mail_came_back(&self, id: &str) -> Result<(), DeskError> {
        let (now, id) = (self.now(), id.to_owned());
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk mail back").with(id.as_str());
        let noted = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let values = (now.millis(), "it came back from its reader's server", id);
            match tx.prepare_cached(sql::MAIL_BACK)?.execute(values)? {
                0 => Err(PeopleError::Unknown),
                _ => Ok(()),
            }
        });
        Ok(noted.await?)
    }
}
