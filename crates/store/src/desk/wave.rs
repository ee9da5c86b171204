//! The notice to implementers before the public: a first mail that says that there is one, and the text itself on a page of their own,
//! once they agreed to the embargo. `desk::case` decides what may be shown to whom; each showing is an event of the case.

use std::sync::Arc;

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::case::{Embargo, Need as NeedToKnow, PartyId, Role, Terms, What};
use aceso_policy::{Caller, Job};
use aceso_vault::{random, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, OptionalExtension};

use super::act::{Open, Slot, replayed};
use super::post::{DeskMail, Post};
use super::text::last_text;
use super::{CLERK, Desk, DeskError, party};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// How far the notice to somebody came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It waits to be sent.
    Waiting,
    /// Their server has it; they did nothing yet.
    Silent,
    /// It could not be sent, or came back: why.
    Back(String),
    /// They agreed to the embargo.
    Agreed(When),
    /// They read the text, the last time then.
    Read(When),
}

/// The notice to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Who; empty when they are not in the register any more.
    pub name: String,
    /// For whom they run installations.
    pub organisation: String,
    /// What their copy of the text is marked with.
    pub copy: String,
    /// When it was written.
    pub at: When,
    /// How far it came.
    pub reached: Reached,
}

/// What somebody who was told sees.
#[derive(Clone, Debug)]
pub struct NoticeShown {
    /// For whom it is.
    pub name: String,
    /// For whom they run installations.
    pub organisation: String,
    /// What their copy is marked with.
    pub copy: String,
    /// What they are to agree to first; none, when they did, or when there is no embargo.
    pub terms: Option<Terms>,
    /// How grave it is, once that was set.
    pub severity: Option<&'static str>,
    /// Until when they are told before the public.
    pub until: Option<When>,
    /// The text, once they may read it and there is one.
    pub text: Option<Advisory>,
}

/// A row of a delivery, by its token.
struct Told {
    case: String,
    contact: PartyId,
    shown: NoticeShown,
    agreed: bool,
}

impl Desk {
    /// Tells everybody in the register who is vetted and has this tag, until a time: they join the case as deployers who need to know.
    /// Who was told before is not told again. Answers how many are told.
    pub async fn start_wave(
        &self,
        caller: &Caller,
        id: &str,
        seen: u64,
        (tag, until): (&str, When),
    ) -> Result<(), DeskError> {
        let (me, post) = (party(caller), Post::new(self));
        let like = format!("% {tag} %");
        self.change(caller, id, "wave".to_owned(), move |open, at, slot| {
            open.is_as_seen(&me, seen)?;
            let mut statement = open.tx.prepare_cached(sql::DESK_CONTACT_TAGGED)?;
            let rows = statement.query_map((at.millis(), &like), |r| Ok((r.get(0)?, r.get(1)?)))?;
            let all: rusqlite::Result<Vec<(String, String)>> = rows.collect();
            let all = all?;
            if all.is_empty() {
                return Err(PeopleError::Refused(Refusal::Field(
                    "nobody in the register is vetted and has this tag",
                )));
            }
            open.act(at, &me, What::NoticeStarted { until, days: None }, slot)?;
            for (contact, address) in all {
                tell(open, (at, &me), (contact, &address), &post, slot)?;
            }
            Ok(())
        })
        .await
    }

    /// What a link of a notice shows. The text is shown as the case's guards allow, and that it was is in the case's log.
    pub async fn notice_shown(&self, token: [u8; 32]) -> Result<NoticeShown, DeskError> {
        let (rules, at) = (Arc::clone(&self.rules), self.now());
        let slot = Slot::default();
        let inner = slot.clone();
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk notice");
        let found = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let mut told = told(tx, &token)?;
            let (case, _) = replayed(tx, &told.case, &rules)?;
            told.shown.severity = case.assessment.as_ref().map(|a| a.severity.name());
            told.shown.until = case.notice;
            if case.embargo.holds() && !case.embargo.has_consent(&told.contact) {
                told.shown.terms = Some(terms(&case.embargo)?);
                return Ok(told.shown);
            }
            let Some(text) = last_text(tx, &told.case)?.filter(|_| told.agreed) else {
                return Ok(told.shown);
            };
            let mut open = Open::read(tx, &told.case, &rules)?;
            let what = What::Shown {
                to: told.contact.clone(),
                hash: text.hash,
            };
            let known = open.case.shown.iter();
            let again = known
                .rev()
                .any(|s| s.to == told.contact && s.hash == text.hash);
            if !again {
                open.act(at, &PartyId(CLERK.to_owned()), what, &inner)?;
            }
            tx.prepare_cached(sql::DESK_DELIVERY_SEEN)?
                .execute((at.millis(), token.as_slice()))?;
            told.shown.text = Some(text.advisory);
            Ok(told.shown)
        });
        found.await.map_err(|error| slot.told(error))
    }

    /// Who was told agrees to the embargo, and says so that they got the notice.
    pub async fn agree_to_notice(&self, token: [u8; 32]) -> Result<(), DeskError> {
        let (rules, at) = (Arc::clone(&self.rules), self.now());
        let slot = Slot::default();
        let inner = slot.clone();
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk notice agreed");
        let done = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let told = told(tx, &token)?;
            let mut open = Open::read(tx, &told.case, &rules)?;
            let embargo = &open.case.embargo;
            if embargo.holds() && !embargo.has_consent(&told.contact) {
                open.act(at, &told.contact, What::EmbargoAccepted, &inner)?;
            }
            tx.prepare_cached(sql::DESK_DELIVERY_AGREED)?
                .execute((at.millis(), token.as_slice()))?;
            Ok(())
        });
        done.await.map_err(|error| slot.told(error))
    }
}

/// One of a wave: into the case, into the list, into the outbox.
fn tell(
    open: &mut Open<'_>,
    (at, by): (When, &PartyId),
    (contact, address): (String, &str),
    post: &Post,
    slot: &Slot,
) -> Result<(), PeopleError> {
    let (token, hash) = fresh()?;
    // What a copy is marked with says nothing to who does not have the desk's list.
    let copy: String = hash.iter().take(4).map(|b| format!("{b:02X}")).collect();
    let values = (
        hash.as_slice(),
        open.id,
        &contact,
        copy,
        None::<String>,
        at.millis(),
    );
    let added = open
        .tx
        .prepare_cached(sql::DESK_DELIVERY_ADD)?
        .execute(values)?;
    if added == 0 {
        return Ok(());
    }
    let contact = PartyId(contact);
    let joined = What::Joined {
        party: contact.clone(),
        roles: [Role::Deployer].into(),
    };
    open.act(at, by, joined, slot)?;
    let need = What::NeedSet {
        party: contact,
        need: NeedToKnow::ToKnow,
    };
    open.act(at, by, need, slot)?;
    let words = (open.id, token.as_str());
    let mail = post.to_stranger(open.tx, at, DeskMail::Notice, address, words)?;
    open.tx
        .prepare_cached(sql::DESK_DELIVERY_MAIL)?
        .execute((mail, hash.as_slice()))?;
    Ok(())
}

fn told(tx: &Connection, token: &[u8; 32]) -> Result<Told, PeopleError> {
    let mut statement = tx.prepare_cached(sql::DESK_DELIVERY_ONE)?;
    let row = statement.query_row([token.as_slice()], |row| {
        Ok(Told {
            case: row.get(0)?,
            contact: PartyId(row.get(1)?),
            agreed: row.get::<_, Option<i64>>(5)?.is_some(),
            shown: NoticeShown {
                copy: row.get(2)?,
                name: row.get(3)?,
                organisation: row.get(4)?,
                terms: None,
                severity: None,
                until: None,
                text: None,
            },
        })
    });
    row.optional()?.ok_or(PeopleError::Unknown)
}

/// What somebody agrees to: the terms in force, or those proposed.
fn terms(embargo: &Embargo) -> Result<Terms, PeopleError> {
    match embargo {
        Embargo::Proposed { terms, .. }
        | Embargo::Active { terms, .. }
        | Embargo::Revise { terms, .. } => Ok(terms.clone()),
        Embargo::Undecided | Embargo::None { .. } | Embargo::Exited { .. } => {
            Err(PeopleError::Refused(Refusal::Field(
                "there are no terms of an embargo yet: the group proposes them first",
            )))
        }
    }
}

pub(super) fn deliveries_of(c: &Connection, case: &str) -> Result<Vec<Delivery>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_DELIVERY_OF)?;
    let rows = statement.query_map([case], |row| {
        let time = |at: Option<i64>| at.map(When::from_millis);
        let (agreed, seen) = (time(row.get(5)?), time(row.get(6)?));
        let (state, failure): (i64, String) = (row.get(7)?, row.get(8)?);
        let reached = match (seen, agreed, state) {
            (Some(at), _, _) => Reached::Read(at),
            (None, Some(at), _) => Reached::Agreed(at),
            (None, None, 0) => Reached::Waiting,
            (None, None, 2) => Reached::Back(failure),
            (None, None, _) => Reached::Silent,
        };
        Ok(Delivery {
            name: row.get(1)?,
            organisation: row.get(2)?,
            copy: row.get(3)?,
            at: When::from_millis(row.get(4)?),
            reached,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A secret for a link, and what is kept of it.
pub(super) fn fresh() -> Result<(String, [u8; 32]), StoreError> {
    let bytes = random::<32>().map_err(|error| StoreError(error.to_string()))?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let hash = sha256(token.as_bytes());
    Ok((token, hash))
}
