//! The desk's mailbox: a Maildir of this machine's mail server, or a box on a server. One mail is one report, or joins its case. It
//! leaves `new/`, or the box's place moves on, after what became of it is committed: so a mail is never lost, and as its digest is kept
//! never taken in twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aceso_desk::report::{Dkim, signature};
use aceso_deskweb::{IntakeError, Mailed, receive_mail};
use aceso_jobs::Signatures;
use aceso_mail::{Flag, Found, Mailbox};
use aceso_store::{BoxPlace, Desk, DeskError};
use anyhow::{Context, Result};

use crate::config::Config;

const EVERY: Duration = Duration::from_secs(10);
/// A server is asked less often.
const ASKED: Duration = Duration::from_secs(30);
/// What is longer is not read.
const LONGEST: u32 = 30 << 20;

/// What is done with a mail that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is in the desk: seen.
    Taken,
    /// It is no report: flagged, for somebody to look at it with a mail program.
    Refused,
}

impl End {
    /// As Maildir marks it.
    const fn letter(self) -> &'static str {
        match self {
            Self::Taken => "S",
            Self::Refused => "F",
        }
    }

    /// As a server is told.
    const fn flag(self) -> Flag {
        match self {
            Self::Taken => Flag::Seen,
            Self::Refused => Flag::Flagged,
        }
    }
}

/// The desk, with what it takes to believe a mail.
#[derive(Clone)]
pub(super) struct Intake {
    desk: Desk,
    config: Config,
    signatures: Option<Signatures>,
}

impl Intake {
    pub(super) fn new(desk: &Desk, config: &Config) -> Result<Self> {
        Ok(Self {
            desk: desk.clone(),
            signatures: config.signatures()?,
            config: config.clone(),
        })
    }

    /// What our own mail server found of a mail's signature; where it says nothing, what is found here.
    async fn dkim(&self, mail: &[u8]) -> Dkim {
        let said = signature(mail, &self.config.desk.mail_server);
        match (said, &self.signatures) {
            (Some(said), _) => said,
            (None, Some(own)) => own.check(mail, self.desk.store().now()).await,
            (None, None) => Dkim::None,
        }
    }
}

/// Takes in what comes, for good. Without a mailbox it waits.
pub(super) async fn run(intake: Intake) {
    if intake.config.desk.maildir.is_empty() {
        return std::future::pending().await;
    }
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = look(&intake).await {
            tracing::error!(%error, "the mailbox could not be read; it is tried again");
        }
    }
}

/// Everything that is new, the oldest first.
async fn look(intake: &Intake) -> Result<usize> {
    let dir = PathBuf::from(&intake.config.desk.maildir);
    let new = dir.join("new");
    let entries = std::fs::read_dir(&new).with_context(|| new.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut taken = 0;
    for file in files {
        let end = in_file(intake, &file).await?;
        taken += usize::from(end == End::Taken);
        put_away(&dir, &file, end)?;
    }
    Ok(taken)
}

/// Asks a server what is new, for good. Without one it waits.
pub(super) async fn ask(intake: Intake, mailbox: Option<Mailbox>) {
    let Some(mailbox) = mailbox else {
        return std::future::pending().await;
    };
    let mut tick = tokio::time::interval(ASKED);
    loop {
        tick.tick().await;
        if let Err(error) = read(&intake, &mailbox).await {
            tracing::error!(%error, "the mailbox's server could not be asked; it is tried again");
        }
    }
}

/// Everything behind the place up to which the box was read.
async fn read(intake: &Intake, mailbox: &Mailbox) -> Result<()> {
    let (desk, settings) = (&intake.desk, &intake.config.desk);
    let name = [&settings.imap, &settings.imap_user, &settings.imap_box]
        .map(String::as_str)
        .join(" ");
    let mut open = mailbox.open().await?;
    let validity = open.validity();
    let place = desk.mailbox_place(&name).await?;
    let place = place.filter(|place| place.validity == validity);
    let last = place.map_or(0, |place| place.last);
    for Found { number, size } in open.after(last).await? {
        let end = if size > LONGEST {
            too_long(size.into())
        } else {
            let longest = usize::try_from(LONGEST).unwrap_or(usize::MAX);
            match open.fetch(number, longest).await? {
                Some(mail) => one(intake, &mail).await?,
                // Somebody else took it out in between.
                None => continue,
            }
        };
        open.note(number, end.flag()).await?;
        let place = BoxPlace {
            validity,
            last: number,
        };
        desk.note_mailbox_place(&name, place).await?;
    }
    open.close().await;
    Ok(())
}

fn too_long(bytes: u64) -> End {
    tracing::warn!(
        bytes,
        "a mail is too long and stays in the mailbox, flagged"
    );
    End::Refused
}

/// A mail in a file.
async fn in_file(intake: &Intake, file: &Path) -> Result<End> {
    let about = std::fs::metadata(file).with_context(|| file.display().to_string())?;
    if about.len() > LONGEST.into() {
        return Ok(too_long(about.len()));
    }
    let mail = std::fs::read(file).with_context(|| file.display().to_string())?;
    one(intake, &mail).await
}

async fn one(intake: &Intake, mail: &[u8]) -> Result<End> {
    let dkim = intake.dkim(mail).await;
    let products = &intake.config.desk.products;
    match receive_mail(&intake.desk, products, mail, dkim).await {
        Ok(Mailed::Report(sent)) => {
            tracing::info!(
                case = sent.received.case,
                report = sent.received.report,
                "a report came by mail"
            );
            Ok(End::Taken)
        }
        Ok(Mailed::Added(report)) => {
            tracing::info!(report, "a mail joined a report");
            Ok(End::Taken)
        }
        Ok(Mailed::Back(Some(id))) => {
            tracing::warn!(id, "a mail came back");
            Ok(End::Taken)
        }
        Err(IntakeError::Desk(DeskError::Done)) => Ok(End::Taken),
        Ok(Mailed::Back(None) | Mailed::Machine)
        | Err(
            IntakeError::Evidence(_) | IntakeError::Mail(_) | IntakeError::Desk(DeskError::Rule(_)),
        ) => {
            tracing::info!("a mail that is no report stays in the mailbox, flagged");
            Ok(End::Refused)
        }
        Err(other) => Err(other.into()),
    }
}

/// Moves a mail to `cur/` with its flag.
fn put_away(dir: &Path, file: &Path, end: End) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let plain = name.split(":2,").next().unwrap_or_default();
    let to = dir.join("cur").join(format!("{plain}:2,{}", end.letter()));
    std::fs::rename(file, &to).with_context(|| to.display().to_string())
}
