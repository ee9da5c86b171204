//! The outbox of mail: committed with what it tells of, sent at least once. What a message says is written when it is sent, from
//! what it is about; only a link that nobody else may see is kept, sealed, until then.

use aceso_base::{Instant, Secret};
use aceso_policy::Caller;
use aceso_vault::Sealer;
use rusqlite::{Connection, OptionalExtension, Row};

use super::door::{Act, Need, PeopleError};
use super::notice::NoticeKind;
use crate::desk::DeskMail;
use crate::statements as sql;
use crate::{Store, StoreError};

/// A message is given up after so long.
pub(crate) const KEPT_TRYING_MILLIS: i64 = 3 * 86_400_000;
/// What was sent, or given up, is forgotten after so long.
const KEPT_MILLIS: i64 = 30 * 86_400_000;
/// The head of the log is mailed so often.
const HEAD_EVERY_MILLIS: i64 = 86_400_000;
const LONGEST_FAILURE: usize = 300;
const PAGE: u32 = 200;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// A notice to the person.
    Notice(NoticeKind),
    /// A link to choose a new password; the secret is its address.
    Reset,
    /// An invitation; the secret is its address.
    Invitation,
    /// The audit log's head; the detail is the signed note.
    LogHead,
    /// Something that the response desk tells.
    Desk(DeskMail),
}

/// A message.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: MailKind,
    /// The account that it is about; empty for none.
    pub account: String,
    /// Whom it goes to.
    pub address: String,
    /// More words.
    pub detail: String,
    /// What only its reader may see.
    pub secret: Option<Secret<String>>,
    /// When it was written.
    pub made: Instant,
    /// Until when it is worth sending.
    pub until: Instant,
    /// How often sending it was tried.
    pub tries: u32,
    /// When it was sent, or given up.
    pub ended: Option<Instant>,
    /// Why it was not sent the last time.
    pub failure: String,
}

/// Which messages to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailList {
    /// Those that wait.
    Waiting,
    /// Those that were sent.
    Sent,
    /// Those that could not be.
    Dead,
}

/// Whether mail is sent from this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailing {
    /// It is.
    On,
    /// It is not, and none is kept.
    Off,
}

/// How the outbox stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailStanding {
    /// Since when mail is sent; none when it is not.
    pub since: Option<Instant>,
    /// So many messages wait.
    pub waiting: u64,
    /// So many of these were tried in vain.
    pub failing: u64,
    /// So many were given up within the last 30 days.
    pub dead: u64,
}

/// What comes after a message that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// It is tried again then.
    Again(Instant),
    /// It is given up.
    Dead,
}

/// Where a message is not written by a notice.
pub(crate) struct NewMail<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: MailKind,
    pub(crate) account: &'a str,
    pub(crate) address: &'a str,
    pub(crate) detail: &'a str,
    /// Sealed.
    pub(crate) secret: Option<Vec<u8>>,
    pub(crate) until: Instant,
}

impl Store {
    /// Notes whether mail is sent from here: from then on it is kept for sending, or no more.
    pub async fn set_mailing(&self, caller: &Caller, mailing: Mailing) -> Result<(), PeopleError> {
        let now = self.now();
        self.permit(caller, Need::Mail, &Act::plain("mail setting"))
            .await?;
        let is_on = self.mail_standing(caller).await?.since.is_some();
        let (text, name) = match (mailing, is_on) {
            (Mailing::On, true) | (Mailing::Off, false) => return Ok(()),
            (Mailing::On, false) => (sql::MAILING_ON, "on"),
            (Mailing::Off, true) => (sql::MAILING_OFF, "off"),
        };
        let act = Act::plain("mail setting").with(name);
        self.act(caller, Need::Mail, act, move |tx| {
            let mut statement = tx.prepare_cached(text)?;
            match mailing {
                Mailing::On => statement.execute([now.millis()])?,
                Mailing::Off => statement.execute([])?,
            };
            Ok(())
        })
        .await
    }

    /// Messages whose time has come, the longest due first. Leaves no entry: sending each of them does.
    pub async fn due_mail(&self, caller: &Caller, limit: u32) -> Result<Vec<Mail>, PeopleError> {
        let (now, sealer) = (self.now().millis(), mail_sealer(self));
        self.permit(caller, Need::Mail, &Act::plain("mail list"))
            .await?;
        let look = move |c: &mut Connection| -> Result<Vec<Mail>, StoreError> {
            let mut due = c.prepare_cached(sql::MAIL_DUE)?;
            let rows = due.query_map((now, limit), from_row)?;
            rows.map(|row| opened(row?, &sealer)).collect()
        };
        Ok(self.0.readers.quiet(look).await??)
    }

    /// A message was handed over.
    pub async fn mail_sent(&self, caller: &Caller, mail: &Mail) -> Result<(), PeopleError> {
        let (now, id) = (self.now(), mail.id.clone());
        let act = mail.act("mail sent");
        self.act(caller, Need::Mail, act, move |tx| {
            tx.prepare_cached(sql::MAIL_SENT)?
                .execute((now.millis(), id))?;
            tx.prepare_cached(sql::MAIL_PRUNE)?
                .execute([now.plus_millis(-KEPT_MILLIS).millis()])?;
            Ok(())
        })
        .await
    }

    /// A message was not taken.
    pub async fn mail_not_sent(
        &self,
        caller: &Caller,
        mail: &Mail,
        what: NotSent,
        why: &str,
    ) -> Result<(), PeopleError> {
        let (now, id) = (self.now(), mail.id.clone());
        let why: String = why.chars().take(LONGEST_FAILURE).collect();
        let name = match what {
            NotSent::Again(_) => "mail failed",
            NotSent::Dead => "mail given up",
        };
        let act = mail.act(name);
        self.act(caller, Need::Mail, act, move |tx| {
            match what {
                NotSent::Again(at) => {
                    tx.prepare_cached(sql::MAIL_LATER)?
                        .execute((at.millis(), why, id))?
                }
                NotSent::Dead => {
                    tx.prepare_cached(sql::MAIL_DEAD)?
                        .execute((now.millis(), why, id))?
                }
            };
            Ok(())
        })
        .await
    }

    /// How the outbox stands. Leaves no entry: it is counts.
    pub async fn mail_standing(&self, caller: &Caller) -> Result<MailStanding, PeopleError> {
        self.permit(caller, Need::SeeMail, &Act::plain("mail counts"))
            .await?;
        let look = |c: &mut Connection| -> Result<MailStanding, StoreError> {
            let mut counts = c.prepare_cached(sql::MAIL_COUNTS)?;
            let (waiting, failing, dead) = counts
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .map(|(a, b, c): (i64, i64, i64)| {
                    (a.cast_unsigned(), b.cast_unsigned(), c.cast_unsigned())
                })?;
            Ok(MailStanding {
                since: since(c)?,
                waiting,
                failing,
                dead,
            })
        };
        Ok(self.0.readers.quiet(look).await??)
    }

    /// Messages, the newest first, at most 200; without what only their readers may see.
    pub async fn mails(&self, caller: &Caller, list: MailList) -> Result<Vec<Mail>, PeopleError> {
        let act = Act::plain("mail list").with(list.name());
        self.look(caller, Need::SeeMail, act, move |c| {
            let mut statement = c.prepare_cached(sql::MAIL_OF)?;
            let rows = statement.query_map((list.code(), PAGE), from_row)?;
            let all: rusqlite::Result<Vec<(Mail, _)>> = rows.collect();
            Ok(all?.into_iter().map(|(mail, _)| mail).collect())
        })
        .await
    }

    /// Whether mail is sent from here.
    pub async fn sends_mail(&self) -> Result<bool, StoreError> {
        let look = |c: &mut Connection| since(c);
        Ok(self.0.readers.quiet(look).await??.is_some())
    }

    /// Takes up a message again that was given up. A link is not: its time is over.
    pub async fn send_again(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let (now, id) = (self.now(), id.to_owned());
        let until = now.plus_millis(KEPT_TRYING_MILLIS);
        let act = Act::plain("mail again").with(id.as_str());
        self.act(caller, Need::MendMail, act, move |tx| {
            let links = (MailKind::Reset.code(), MailKind::Invitation.code());
            let values = (now.millis(), until.millis(), id, links.0, links.1);
            match tx.prepare_cached(sql::MAIL_AGAIN)?.execute(values)? {
                0 => Err(PeopleError::Unknown),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Writes the audit log's head to these addresses, when the last time is a day ago: kept somewhere else, it shows when the
    /// log is written anew. Answers whether it did.
    pub async fn mail_log_head(
        &self,
        caller: &Caller,
        addresses: &[String],
    ) -> Result<bool, PeopleError> {
        let (now, id) = (self.now(), self.new_id());
        self.permit(caller, Need::Mail, &Act::plain("mail head"))
            .await?;
        let last = |c: &mut Connection| -> Result<Option<i64>, StoreError> {
            let mut last = c.prepare_cached(sql::MAIL_LAST)?;
            Ok(last.query_row([MailKind::LogHead.code()], |row| row.get(0))?)
        };
        let last = self.0.readers.quiet(last).await??;
        let due = last.is_none_or(|at| now.millis() - at >= HEAD_EVERY_MILLIS);
        if addresses.is_empty() || !due {
            return Ok(false);
        }
        let store = self.clone();
        let head = tokio::task::spawn_blocking(move || store.audit_head()).await;
        let (note, key) = head.map_err(|_| StoreError::closed())??;
        let detail = format!("{note}\n{key}");
        let addresses = addresses.to_vec();
        let act = Act::plain("mail head");
        self.act(caller, Need::Mail, act, move |tx| {
            for (number, address) in addresses.iter().enumerate() {
                let new = NewMail {
                    id: &format!("{id}-{number}"),
                    kind: MailKind::LogHead,
                    account: "",
                    address,
                    detail: &detail,
                    secret: None,
                    until: now.plus_millis(KEPT_TRYING_MILLIS),
                };
                new.keep(tx, now)?;
            }
            Ok(true)
        })
        .await
    }
}

impl NewMail<'_> {
    /// Keeps it for sending; false where no mail is sent.
    pub(crate) fn keep(self, tx: &Connection, now: Instant) -> Result<bool, StoreError> {
        let count = tx.prepare_cached(sql::MAIL_ADD)?.execute((
            self.id,
            self.kind.code(),
            self.account,
            self.address,
            self.detail,
            self.secret,
            now.millis(),
            self.until.millis(),
        ))?;
        Ok(count == 1)
    }
}

/// A notice goes by mail, too, to whoever has an address, where mail is sent.
pub(super) fn mail_notice(
    tx: &Connection,
    id: &str,
    account: &str,
    kind: NoticeKind,
    at: Instant,
    detail: &str,
) -> Result<(), StoreError> {
    let kind = MailKind::Notice(kind).code();
    let until = at.plus_millis(KEPT_TRYING_MILLIS);
    tx.prepare_cached(sql::MAIL_NOTICE)?.execute((
        id,
        kind,
        detail,
        at.millis(),
        until.millis(),
        account,
    ))?;
    Ok(())
}

/// The seal of what only a reader may see.
pub(crate) fn mail_sealer(store: &Store) -> Sealer {
    store.sealer("mail")
}

fn since(c: &Connection) -> Result<Option<Instant>, StoreError> {
    let mut since = c.prepare_cached(sql::MAILING_SINCE)?;
    let found: Option<i64> = since.query_row([], |row| row.get(0)).optional()?;
    Ok(found.map(Instant::from_millis))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<(Mail, Option<Vec<u8>>)> {
    let mail = Mail {
        id: row.get(0)?,
        kind: MailKind::from_code(row.get(1)?),
        account: row.get(2)?,
        address: row.get(3)?,
        detail: row.get(4)?,
        secret: None,
        made: Instant::from_millis(row.get(6)?),
        until: Instant::from_millis(row.get(7)?),
        tries: row.get(8)?,
        ended: row.get::<_, Option<i64>>(9)?.map(Instant::from_millis),
        failure: row.get(10)?,
    };
    Ok((mail, row.get(5)?))
}

fn opened(
    (mut mail, sealed): (Mail, Option<Vec<u8>>),
    sealer: &Sealer,
) -> Result<Mail, StoreError> {
    if let Some(sealed) = sealed {
        let open = sealer.open(&mail.id, &sealed);
        let open = open.map_err(|error| StoreError(error.to_string()))?;
        let text = String::from_utf8(open.to_vec());
        mail.secret = Some(Secret::new(text.map_err(|e| StoreError(e.to_string()))?));
    }
    Ok(mail)
}

impl Mail {
    fn act(&self, name: &'static str) -> Act {
        let act = match self.account.as_str() {
            "" => Act::plain(name),
            account => Act::on_account(name, account),
        };
        act.with(self.id.as_str())
    }
}

impl MailKind {
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Notice(kind) => kind.code(),
            Self::Reset => 100,
            Self::LogHead => 101,
            Self::Invitation => 102,
            Self::Desk(kind) => kind.code(),
        }
    }

    fn from_code(code: i64) -> Self {
        match code {
            100 => Self::Reset,
            101 => Self::LogHead,
            102 => Self::Invitation,
            other => match DeskMail::from_code(other) {
                Some(kind) => Self::Desk(kind),
                None => Self::Notice(NoticeKind::from_code(other)),
            },
        }
    }
}

impl MailList {
    const fn code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Sent => 1,
            Self::Dead => 2,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "given up",
        }
    }
}
