//! Mail out: what waits in the store's outbox is written, handed to the mail server, and noted as sent: at least once, with
//! growing pauses, and given up after three days, visibly.

mod desk;
mod letter;

use std::time::Duration;

use aceso_mail::{Address, Line, Mailer, Message, SendError};
use aceso_policy::{Caller, Job};
use aceso_store::{Mail, Mailing, NotSent, PeopleError, Store};
use tokio::time::sleep;

pub use letter::Letterhead;

/// How often it is looked what waits.
const EVERY: Duration = Duration::from_secs(5);
/// So many are sent before it is looked again.
const MOST: u32 = 50;
/// The pauses after a message was not taken, in minutes; the last one is kept to.
const PAUSES: [i64; 6] = [1, 5, 15, 60, 120, 240];

/// Whom mail may go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(Vec<String>);

impl Allowed {
    /// Addresses at these domains; all, when there are none.
    pub fn domains(domains: &[String]) -> Self {
        Self(domains.iter().map(|d| d.to_ascii_lowercase()).collect())
    }

    fn holds(&self, address: &Address) -> bool {
        self.0.is_empty() || self.0.contains(&address.domain())
    }
}

/// Sends what waits.
pub struct Postman {
    store: Store,
    mailer: Mailer,
    head: Letterhead,
    allowed: Allowed,
    /// Who is mailed the audit log's head every day.
    witnesses: Vec<String>,
    caller: Caller,
}

/// How a message went.
enum Went {
    Out,
    Wrong { why: String, is_final: bool },
}

impl Postman {
    /// Sends by this server, in the clinic's name.
    pub fn new(store: Store, mailer: Mailer, head: Letterhead, allowed: Allowed) -> Self {
        Self {
            store,
            mailer,
            head,
            allowed,
            witnesses: Vec::new(),
            caller: Caller::job(Job::Mail),
        }
    }

    /// Mails the audit log's head to these every day.
    pub fn with_witnesses(mut self, witnesses: &[Address]) -> Self {
        self.witnesses = witnesses.iter().map(ToString::to_string).collect();
        self
    }

    /// Sends until it is dropped.
    pub async fn run(self) {
        loop {
            match self.turn().await {
                Ok(0) => {}
                Ok(sent) => tracing::info!(sent, "mail was sent"),
                Err(error) => tracing::error!(%error, "mail cannot be looked after"),
            }
            sleep(EVERY).await;
        }
    }

    /// Sends what is due; answers how many messages the server took.
    pub async fn turn(&self) -> Result<usize, PeopleError> {
        self.store.set_mailing(&self.caller, Mailing::On).await?;
        self.store
            .mail_log_head(&self.caller, &self.witnesses)
            .await?;
        let mut sent = 0;
        for mail in self.store.due_mail(&self.caller, MOST).await? {
            match self.hand_over(&mail).await {
                Went::Out => {
                    self.store.mail_sent(&self.caller, &mail).await?;
                    sent += 1;
                }
                Went::Wrong { why, is_final } => self.not_sent(&mail, &why, is_final).await?,
            }
        }
        Ok(sent)
    }

    async fn hand_over(&self, mail: &Mail) -> Went {
        let wrong = |why: &str| Went::Wrong {
            why: why.to_owned(),
            is_final: true,
        };
        if self.store.now() >= mail.until {
            return wrong("it could not be sent in time");
        }
        let Ok(to) = Address::parse(&mail.address) else {
            return wrong("the account's address is none that mail can be sent to");
        };
        if !self.allowed.holds(&to) {
            return wrong("mail may not go to this domain (mail.only_to)");
        }
        let (subject, text) = letter::write(mail, &self.head);
        let Ok(subject) = Line::parse(&subject) else {
            return wrong("the subject is no line");
        };
        let message = Message {
            id: mail.id.clone(),
            to,
            subject,
            text,
            at: mail.made,
        };
        match self.mailer.send(&message).await {
            Ok(()) => Went::Out,
            Err(error) => Went::Wrong {
                why: with_cause(&error),
                is_final: error.is_final(),
            },
        }
    }

    async fn not_sent(&self, mail: &Mail, why: &str, is_final: bool) -> Result<(), PeopleError> {
        let tries = usize::try_from(mail.tries).unwrap_or(usize::MAX);
        let minutes = PAUSES.get(tries).or(PAUSES.last()).copied().unwrap_or(1);
        let again = self.store.now().plus_millis(minutes * 60_000);
        let what = match is_final || again >= mail.until && mail.tries > 0 {
            true => NotSent::Dead,
            false => NotSent::Again(again.min(mail.until)),
        };
        tracing::warn!(
            id = mail.id,
            tries = mail.tries + 1,
            why,
            "a message was not sent"
        );
        self.store
            .mail_not_sent(&self.caller, mail, what, why)
            .await
    }
}

/// An error with what caused it: for the administrator who looks why mail does not go out.
pub fn with_cause(error: &SendError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
