//! `/metrics`: gauges of the store, the audit log and the machine.

use std::fmt::Write as _;
use std::path::Path;

use aceso_base::Instant;
use aceso_policy::{Caller, Job};
use aceso_store::{Checked, PeopleError, Store};
use aceso_web::Figures;

use crate::backup::log_reaches_to;
use crate::clock::steady;
use crate::doctor::free_bytes;

/// All of them; none when the record cannot be asked.
pub(crate) async fn text(store: &Store, dir: &Path, shield: Figures) -> Option<String> {
    match gauges(store, dir, shield).await {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::error!(%error, "the gauges cannot be read");
            None
        }
    }
}

async fn gauges(store: &Store, dir: &Path, shield: Figures) -> Result<String, PeopleError> {
    let caller = Caller::job(Job::Verify);
    let spool = store.spool_standing(&caller).await?;
    let checks = store.checks(&caller).await?;
    let mail = store.mail_standing(&caller).await?;
    // Gauges are read also while the log cannot be written: it is what they are for.
    let log = store.log_standing(&caller).await;
    let log = log.inspect_err(|error| tracing::error!(%error, "the audit log cannot be asked"));
    let mut text = format!(
        "# TYPE aceso_build_info gauge\naceso_build_info{{version=\"{}\"}} 1\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut gauge = |name: &str, help: &str, value: String| {
        let _ = write!(
            text,
            "# HELP aceso_{name} {help}\n# TYPE aceso_{name} gauge\naceso_{name} {value}\n"
        );
    };
    let seconds = |at: Option<Instant>| at.map_or(0, Instant::seconds).to_string();
    let ended = |checked: &Option<Checked>| seconds(checked.as_ref().map(|c| c.at));
    let wrong = |one: &Option<Checked>, other: &Option<Checked>| -> u64 {
        one.iter().chain(other).map(|c| c.wrong).sum()
    };
    if let Ok(log) = log {
        gauge(
            "audit_entries",
            "Entries of the audit log.",
            log.entries.to_string(),
        );
        gauge(
            "audit_signed_entries",
            "Entries under the last signed head.",
            log.signed.to_string(),
        );
        gauge(
            "audit_head_seconds",
            "When the last head was signed, since 1970; 0: never.",
            seconds(log.signed_at),
        );
    }
    gauge(
        "audit_writable",
        "1: the audit log's last entry was written; 0: it could not be, and no patient data are shown.",
        u8::from(!spool.is_log_down).to_string(),
    );
    gauge(
        "audit_spool_entries",
        "Entries of emergencies that wait for the audit log.",
        spool.entries.to_string(),
    );
    gauge(
        "audit_spool_ready",
        "1: the emergency spool has its room on the disk.",
        u8::from(spool.is_ready).to_string(),
    );
    gauge(
        "findings",
        "Things that checks of the store found wrong.",
        checks.findings.len().to_string(),
    );
    gauge(
        "scrub_seconds",
        "When the last whole round of the scrub ended, since 1970; 0: never.",
        ended(&checks.scrub),
    );
    gauge(
        "verify_seconds",
        "When aceso verify last ended, since 1970; 0: never.",
        ended(&checks.verify),
    );
    gauge(
        "backup_seconds",
        "When the last backup was made, since 1970; 0: never.",
        ended(&checks.backup),
    );
    gauge(
        "backup_alarms",
        "Things that looked wrong with the last backup, or stood against making one.",
        wrong(&checks.backup, &checks.attempt).to_string(),
    );
    gauge(
        "backup_log_seconds",
        "Up to when the repository has what was written, since 1970; 0: this process has added nothing.",
        seconds(log_reaches_to()),
    );
    gauge(
        "drill_seconds",
        "When a restore was last tried out, since 1970; 0: never.",
        ended(&checks.drill),
    );
    gauge(
        "drill_alarms",
        "Things that were wrong with that restore.",
        wrong(&checks.drill, &None).to_string(),
    );
    gauge(
        "mail_waiting",
        "Messages that wait to be sent.",
        mail.waiting.to_string(),
    );
    gauge(
        "mail_given_up",
        "Messages that could not be sent within the last 30 days.",
        mail.dead.to_string(),
    );
    gauge(
        "clock_behind_seconds",
        "How far the machine's clock was set back.",
        (steady().behind() / 1000).to_string(),
    );
    for (name, help, value) in [
        ("shield_out", "Addresses that are kept out.", shield.out),
        (
            "shield_sentenced",
            "Times that an address was put out since the start.",
            shield.sentenced,
        ),
        (
            "shield_refused",
            "Requests refused for where they came from since the start.",
            shield.refused,
        ),
        (
            "release_waits",
            "1: a newer release of the program is there, or cannot be looked for.",
            wrong(&checks.release, &None),
        ),
    ] {
        gauge(name, help, value.to_string());
    }
    if let Some(free) = free_bytes(dir) {
        gauge(
            "disk_free_bytes",
            "Room on the data's file system.",
            free.to_string(),
        );
    }
    Ok(text)
}
