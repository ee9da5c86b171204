//! Checks of keys, files and the store.

use super::Verdict;
use super::facts::{Facts, FileFact};

const DAY: i64 = 86_400_000;

fn names(files: &[&FileFact]) -> String {
    let names: Vec<String> = files.iter().map(|f| f.path.display().to_string()).collect();
    names.join(" ")
}

pub(super) fn directory_mode(facts: &Facts) -> Verdict {
    let dir = &facts.dir;
    if dir.is_open() {
        return Verdict::failed(
            format!("{} has mode {:04o}", dir.path.display(), dir.mode),
            format!("chmod 700 {}", dir.path.display()),
        );
    }
    Verdict::met(format!("mode {:04o}", dir.mode))
}

pub(super) fn files_mode(facts: &Facts) -> Verdict {
    let open: Vec<&FileFact> = facts.files.iter().filter(|f| f.is_open()).collect();
    if open.is_empty() {
        return Verdict::met(format!("{} files", facts.files.len()));
    }
    Verdict::failed(
        format!("{} can be read by others", names(&open)),
        format!("chmod 600 {}", names(&open)),
    )
}

pub(super) fn directory_owner(facts: &Facts) -> Verdict {
    let (owner, uid) = (facts.dir.owner, facts.machine.uid);
    let foreign: Vec<&FileFact> = facts.files.iter().filter(|f| f.owner != owner).collect();
    match uid {
        Some(uid) if uid != owner && uid != 0 => Verdict::failed(
            format!("the directory belongs to user {owner}, and this is user {uid}"),
            format!(
                "run the program as user {owner}, or: chown -R {uid} {}",
                facts.dir.path.display()
            ),
        ),
        Some(_) | None if foreign.is_empty() => Verdict::met(format!("user {owner}")),
        Some(_) | None => Verdict::failed(
            format!("{} belong(s) to somebody else", names(&foreign)),
            format!("chown {owner} {}", names(&foreign)),
        ),
    }
}

/// The files that keys are in.
fn key_files(facts: &Facts) -> Vec<&FileFact> {
    facts.key.iter().chain(&facts.patient_keys).collect()
}

pub(super) fn key_outside(facts: &Facts) -> Verdict {
    let files = key_files(facts);
    let inside: Vec<&FileFact> = files
        .iter()
        .copied()
        .filter(|f| f.path.starts_with(&facts.dir.path))
        .collect();
    if inside.is_empty() {
        return Verdict::met(match files.len() {
            0 => "no key is in a file".to_owned(),
            _ => names(&files),
        });
    }
    Verdict::failed(
        format!("{} inside the data directory", names(&inside)),
        "move them elsewhere, and say where with root_key.file and root_key.patient_keys",
    )
}

pub(super) fn key_mode(facts: &Facts) -> Verdict {
    let files = key_files(facts);
    let open: Vec<&FileFact> = files.iter().copied().filter(|f| f.is_open()).collect();
    if open.is_empty() {
        return Verdict::met(format!("{} files", files.len()));
    }
    Verdict::failed(
        format!("{} can be read by others", names(&open)),
        format!("chmod 600 {}", names(&open)),
    )
}

pub(super) fn key_apart(facts: &Facts) -> Verdict {
    match &facts.key {
        Some(key) if key.device == facts.dir.device => Verdict::failed(
            "the key file and the data are on the same file system: a stolen disk is readable",
            "take it from a passphrase or a token (root_key.source), or put the file on another medium (root_key.file)",
        ),
        Some(_) => Verdict::met("the key file is on another file system than the data"),
        None => Verdict::met("the key is in no file"),
    }
}

pub(super) fn recovery_shares(facts: &Facts) -> Verdict {
    let mend = "aceso key shares prints five; aceso key shares --check joins three";
    match &facts.standing.checks.shares {
        None => Verdict::failed("they were never joined", mend),
        Some(last) if last.wrong > 0 => Verdict::failed(last.detail.clone(), mend),
        Some(last) if last.at.plus_millis(366 * DAY) < facts.now => Verdict::failed(
            format!("they were last joined {}", last.at.to_fhir()),
            "aceso key shares --check, once a year",
        ),
        Some(last) => Verdict::met(format!("{}: {}", last.at.to_fhir(), last.detail)),
    }
}

pub(super) fn findings(facts: &Facts) -> Verdict {
    let findings = &facts.standing.checks.findings;
    match findings.first() {
        None => Verdict::met("nothing known"),
        Some((first, at)) => Verdict::failed(
            format!(
                "{} things, the first since {}: {}: {}",
                findings.len(),
                at.to_fhir(),
                first.place,
                first.what
            ),
            format!("{}; `aceso verify` names them all", first.mend),
        ),
    }
}

pub(super) fn scrub(facts: &Facts) -> Verdict {
    if facts.config.record.scrub_millis == 0 {
        return Verdict::failed(
            "the scrub is switched off",
            "set record.scrub_millis = 500 and restart the server",
        );
    }
    match &facts.standing.checks.scrub {
        Some(last) if last.at.plus_millis(7 * DAY) >= facts.now => {
            Verdict::met(format!("{}: {}", last.at.to_fhir(), last.detail))
        }
        Some(last) => Verdict::failed(
            format!("the last whole round ended {}", last.at.to_fhir()),
            "keep the server running, or raise record.scrub_millis",
        ),
        None => Verdict::failed(
            "no whole round has ended yet",
            "keep the server running (the first round ends within minutes in a small clinic), or raise record.scrub_millis",
        ),
    }
}

pub(super) fn verify(facts: &Facts) -> Verdict {
    match &facts.standing.checks.verify {
        Some(last) if last.at.plus_millis(31 * DAY) >= facts.now => {
            Verdict::met(format!("{}: {} wrong", last.at.to_fhir(), last.wrong))
        }
        Some(last) => Verdict::failed(
            format!("the last was {}", last.at.to_fhir()),
            "aceso verify",
        ),
        None => Verdict::failed("never", "aceso verify"),
    }
}

pub(super) fn audit_head(facts: &Facts) -> Verdict {
    let log = &facts.standing.log;
    let old = |at: aceso_base::Instant| at.plus_millis(5 * 60_000) < facts.now;
    match (log.signed_at, log.last) {
        (_, None) => Verdict::met("the log is empty"),
        (Some(at), Some(_)) if log.signed == log.entries || !old(at) => Verdict::met(format!(
            "{} of {} entries are under the head of {}",
            log.signed,
            log.entries,
            at.to_fhir()
        )),
        (Some(_) | None, Some(last)) if !old(last) => {
            Verdict::met("the newest entries are younger than five minutes")
        }
        (Some(_) | None, Some(_)) => Verdict::failed(
            format!(
                "{} entries, of which the last head covers {}",
                log.entries, log.signed
            ),
            "start the server, which signs a head every minute; then `aceso audit verify`",
        ),
    }
}

pub(super) fn spool(facts: &Facts) -> Verdict {
    let spool = &facts.standing.spool;
    match (spool.since, spool.is_ready) {
        (Some(since), _) => Verdict::failed(
            format!(
                "{} entries of emergencies since {} wait for the audit log, which cannot be written",
                spool.entries,
                since.to_fhir()
            ),
            "make room on the disk; the running server takes them over within a second",
        ),
        (None, true) => Verdict::met("its room is kept, and it is empty"),
        (None, false) => Verdict::failed(
            "audit.spool is not there: while the log cannot be written, no chart can be opened in an emergency",
            "make room on the disk (1 MiB) and start the server again",
        ),
    }
}

pub(super) fn witness(facts: &Facts) -> Verdict {
    let wanted = facts.config.audit.witnesses.len();
    let mailed = facts.config.mail.daily_root_to.len();
    if wanted == 0 && mailed > 0 {
        return Verdict::met(format!("its head is mailed to {mailed} every day"));
    }
    if wanted == 0 {
        return Verdict::failed(
            "whoever holds the keys of this machine could write the log anew, and nobody would know",
            "name another installation in audit.witnesses (aceso audit witness), or somebody outside in mail.daily_root_to",
        );
    }
    if let Some(one) = facts.witnesses.iter().find(|w| w.objects) {
        return Verdict::failed(
            format!("{} objects since {}", one.name, one.at.to_fhir()),
            "keep a copy of the data directory, and find out who wrote to audit.db",
        );
    }
    let fresh = |w: &&aceso_store::Witnessed| w.at.plus_millis(DAY) >= facts.now;
    let fresh = facts.witnesses.iter().filter(fresh).count();
    if fresh < wanted {
        return Verdict::failed(
            format!("{fresh} of {wanted} witnesses cosigned within a day"),
            "aceso audit witness --now: it says why not",
        );
    }
    Verdict::met(format!("{fresh} cosigned within a day"))
}

/// A backup must not be older (proposed 45 CFR 164.308(a)(13)(ii)(B)).
const BACKUP_MILLIS: i64 = 48 * 3_600_000;
/// A restore is tried out every month, with some days to spare.
const DRILL_MILLIS: i64 = 35 * DAY;

pub(super) fn backups(facts: &Facts) -> Verdict {
    let checks = &facts.standing.checks;
    let Some(last) = &checks.backup else {
        let fix = "set backup.repository, run `aceso backup init` and `aceso backup run`; or copy the data directory of a stopped server, and keep the key elsewhere";
        return Verdict::Open(format!("no backup was made: {fix}"));
    };
    let said = format!("{}: {}", last.at.to_fhir(), last.detail);
    let failed = (checks.attempt.as_ref()).filter(|tried| tried.wrong > 0 && tried.at > last.at);
    if last.at.plus_millis(BACKUP_MILLIS) < facts.now {
        let why = failed.map_or(String::new(), |tried| format!("; {}", tried.detail));
        return Verdict::failed(
            format!("the last is of {said}{why}"),
            "run `aceso backup run`, and see that the server does (backup.every_hours)",
        );
    }
    if last.wrong > 0 {
        return Verdict::failed(
            said,
            "find out what happened before older backups are let go; `aceso backup list` has them",
        );
    }
    if let Some(behind) = checks.shipping.as_ref().filter(|log| log.wrong > 0) {
        return Verdict::failed(
            format!("{}: {}", behind.at.to_fhir(), behind.detail),
            "see that the repository can be reached and has room; the server then goes on by itself",
        );
    }
    Verdict::met(said)
}

pub(super) fn drill(facts: &Facts) -> Verdict {
    let Some(last) = &facts.standing.checks.drill else {
        return Verdict::Open("no restore was tried out: aceso backup drill".to_owned());
    };
    let said = format!("{}: {}", last.at.to_fhir(), last.detail);
    if last.wrong > 0 || last.at.plus_millis(DRILL_MILLIS) < facts.now {
        let fix = "run `aceso backup verify` and `aceso backup drill`, and see that the server does (backup.drill_days)";
        return Verdict::failed(said, fix);
    }
    Verdict::met(said)
}

pub(super) fn demonstration(facts: &Facts) -> Verdict {
    if facts.demonstration {
        return Verdict::failed(
            format!(
                "{} is a demonstration: its sign-ins are printed at every start",
                facts.dir.path.display()
            ),
            "begin with an empty directory: aceso serve --data DIR",
        );
    }
    Verdict::met("a clinic's own record")
}
