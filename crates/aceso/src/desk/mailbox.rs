//! The desk's mailbox: a Maildir of this machine's mail server. One mail is one report, or joins its case; it leaves `new/`
//! after what became of it is committed, so that a mail is never lost and never taken in twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aceso_desk::report::signature;
use aceso_deskweb::{IntakeError, Mailed, receive_mail};
use aceso_store::{Desk, DeskError};
use anyhow::{Context, Result};

use crate::config::Config;

const EVERY: Duration = Duration::from_secs(10);
/// What is longer is not read.
const LONGEST: u64 = 30 << 20;

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
    const fn flag(self) -> &'static str {
        match self {
            Self::Taken => "S",
            Self::Refused => "F",
        }
    }
}

/// Takes in what comes, for good. Without a mailbox it waits.
pub(super) async fn run(desk: Desk, config: Config) {
    if config.desk.maildir.is_empty() {
        return std::future::pending().await;
    }
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = look(&desk, &config).await {
            tracing::error!(%error, "the mailbox could not be read; it is tried again");
        }
    }
}

/// Everything that is new, the oldest first.
pub(super) async fn look(desk: &Desk, config: &Config) -> Result<usize> {
    let dir = PathBuf::from(&config.desk.maildir);
    let new = dir.join("new");
    let entries = std::fs::read_dir(&new).with_context(|| new.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut taken = 0;
    for file in files {
        let end = one(desk, config, &file).await?;
        taken += usize::from(end == End::Taken);
        put_away(&dir, &file, end)?;
    }
    Ok(taken)
}

async fn one(desk: &Desk, config: &Config, file: &Path) -> Result<End> {
    let about = std::fs::metadata(file).with_context(|| file.display().to_string())?;
    if about.len() > LONGEST {
        tracing::warn!(
            bytes = about.len(),
            "a mail is too long and stays in the mailbox, flagged"
        );
        return Ok(End::Refused);
    }
    let mail = std::fs::read(file).with_context(|| file.display().to_string())?;
    let dkim = signature(&mail, &config.desk.mail_server);
    match receive_mail(desk, &config.desk.products, &mail, dkim).await {
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
        Err(IntakeError::Desk(DeskError::Done)) => Ok(End::Taken),
        Err(
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
    let to = dir.join("cur").join(format!("{plain}:2,{}", end.flag()));
    std::fs::rename(file, &to).with_context(|| to.display().to_string())
}
