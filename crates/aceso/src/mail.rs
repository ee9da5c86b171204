//! `aceso mail`: how the outbox stands, whether the mail server takes a message, and another try for what was given up.

use std::process::ExitCode;

use aceso_base::Instant;
use aceso_jobs::mail::with_cause;
use aceso_mail::{Address, Line, Message};
use aceso_policy::Caller;
use aceso_store::{Mail, MailKind, MailList, Mailing};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::clock::clock;
use crate::delivery::trust;
use crate::place::Place;
use crate::say::say;

/// Mail out.
#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// Tell what waits, what could not be sent, and why
    #[command(after_help = "Example:
  aceso mail status

The exit code is 1 when messages were given up within the last 30 days.")]
    Status,
    /// Hand a test message to the mail server that the configuration names
    #[command(after_help = "Example:
  aceso mail test ann@clinic.example")]
    Test {
        /// Whom it goes to
        #[arg(value_name = "ADDRESS", value_parser = Address::parse)]
        to: Address,
    },
    /// Take up a message again that was given up
    #[command(after_help = "Example:
  aceso mail again 0Ab1Cd2Ef3G

Links to new passwords are not sent again: their time is over.")]
    Again {
        /// Its id, as `aceso mail status` tells it
        id: String,
    },
}

/// Carries a command out.
pub(crate) async fn run(place: &Place, command: MailCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        MailCommand::Status => status(place, as_json).await,
        MailCommand::Test { to } => test(place, to).await,
        MailCommand::Again { id } => {
            let store = place.open()?;
            let again = store.send_again(&Caller::operator(), &id).await;
            again
                .with_context(|| format!("{id} is no message that was given up and can be sent"))?;
            say("it waits to be sent by the server");
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn status(place: &Place, as_json: bool) -> Result<ExitCode> {
    let (store, console) = (place.open()?, Caller::operator());
    if !place.config.mail.is_on() {
        store.set_mailing(&console, Mailing::Off).await?;
    }
    let standing = store.mail_standing(&console).await?;
    let waiting = store.mails(&console, MailList::Waiting).await?;
    let dead = store.mails(&console, MailList::Dead).await?;
    if as_json {
        let all = |mails: &[Mail]| mails.iter().map(told).collect::<Vec<Value>>();
        let told = json!({
            "server": place.config.mail.server, "since": standing.since.map(Instant::to_fhir),
            "waiting": all(&waiting), "givenUp": all(&dead),
        });
        say(&told.to_string());
    } else {
        match standing.since {
            Some(since) => say(&format!(
                "mail is sent since {}: {} wait, {} of them tried in vain, {} given up",
                since.to_fhir(),
                standing.waiting,
                standing.failing,
                standing.dead
            )),
            None if place.config.mail.is_on() => {
                say("mail is sent as soon as `aceso serve` runs with this configuration");
            }
            None => say("no mail is sent: the configuration names no server (mail.server)"),
        }
        for mail in waiting.iter().filter(|m| m.tries > 0).chain(&dead) {
            say(&line(mail));
        }
    }
    Ok(match standing.dead {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

async fn test(place: &Place, to: Address) -> Result<ExitCode> {
    let Some(mailer) = place.config.mailer(&trust(&place.config))? else {
        bail!("the configuration names no mail server (mail.server)");
    };
    let message = Message {
        id: aceso_login::fresh()?.token,
        to,
        subject: Line::parse(&format!("{}: a test", place.config.listen.clinic))?,
        text: "This is a test of mail from Aceso. It arrived.\n".to_owned(),
        at: clock().now(),
    };
    match mailer.send(&message).await {
        Ok(()) => say(&format!("{} took it", place.config.mail.server)),
        Err(error) => bail!("{}: {}", place.config.mail.server, with_cause(&error)),
    }
    Ok(ExitCode::SUCCESS)
}

fn about(kind: MailKind) -> String {
    match kind {
        MailKind::Notice(kind) => format!("{kind:?}"),
        MailKind::Reset => "link to a new password".to_owned(),
        MailKind::Invitation => "invitation".to_owned(),
        MailKind::LogHead => "head of the audit log".to_owned(),
        MailKind::Desk(kind) => format!("desk: {kind:?}"),
    }
}

fn line(mail: &Mail) -> String {
    let state = match mail.ended {
        Some(at) => format!("given up at {}", at.to_fhir()),
        None => "waits".to_owned(),
    };
    let (id, about, at) = (&mail.id, about(mail.kind), mail.made.to_fhir());
    format!(
        "{id}  {about} of {at}, {state}, tried {} times: {}",
        mail.tries, mail.failure
    )
}

fn told(mail: &Mail) -> Value {
    json!({
        "id": mail.id, "about": about(mail.kind), "account": mail.account, "written": mail.made.to_fhir(),
        "tries": mail.tries, "givenUp": mail.ended.map(Instant::to_fhir), "error": mail.failure,
    })
}
