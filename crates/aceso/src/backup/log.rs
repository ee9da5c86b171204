//! Between backups: what was written since the last piece goes to the repository every few minutes, so that a lost machine
//! costs no more than that.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aceso_backup::{Figures, Indexed, Link, Manifest, Series};
use aceso_base::Instant;
use aceso_policy::{Caller, Job};
use aceso_store::{Cut, Finding, Following, Rehearsal, Store};
use anyhow::{Context, Result, bail};
use tokio::sync::{Mutex, MutexGuard};

use super::Where;
use super::left::{Left, marks};
use super::run::{KEYS, Made, PROGRAM, files_in};
use super::work::{Turn, clear, private};
use crate::place::Place;

/// What a file of pages adds to its database's name.
pub(super) const PAGES: &str = ".pages";
/// The keyring's name, in a data directory and in a piece.
pub(super) const KEYRING: &str = "keyring";
/// How often to look whether a piece is due.
const LOOK: Duration = Duration::from_millis(500);
/// The engine's own log is not let grow larger than this between two pieces.
const MOST_IN_ENGINE: u64 = 256 << 20;
/// Pieces that wait for a repository that cannot be reached; with more, the next backup begins a new log.
const MOST_WAITING: u64 = 2 << 30;
/// How often what is written beside the end is taken, too.
const ENDS: usize = 3;
/// So much later than it is due a piece may be before somebody is told.
const GRACE_MILLIS: i64 = 60_000;

/// Up to when the repository has everything, in milliseconds since 1970; 0: nothing is known.
static REACHES: AtomicI64 = AtomicI64::new(0);

/// Up to when the repository has everything that was written; none when this process has seen none of it there.
pub(crate) fn log_reaches_to() -> Option<Instant> {
    match REACHES.load(Ordering::Relaxed) {
        0 => None,
        millis => Some(Instant::from_millis(millis)),
    }
}

/// The log of a backup: which pieces are in the repository, and what comes next.
struct Log {
    base: String,
    following: Following,
    next: u32,
    cut_at: Instant,
    waiting: VecDeque<Piece>,
    waiting_bytes: u64,
    key_changes: u64,
    /// Kept open: pieces hold nothing that was there before.
    repository: Option<Indexed>,
}

/// A piece that is not in the repository yet.
struct Piece {
    number: u32,
    dir: PathBuf,
    bytes: u64,
    cut: Cut,
}

/// The log that goes on now, if there is one.
#[derive(Default)]
pub(crate) struct Current(Mutex<Option<Log>>);

impl Current {
    /// Whether what is written now comes to the repository between backups.
    pub(super) async fn goes_on(&self) -> bool {
        self.0.lock().await.is_some()
    }

    /// Begins with a backup; the log of the one before ends.
    pub(super) async fn begin(&self, place: &Place, made: Made) -> Result<()> {
        let Some(following) = made.following else {
            return Ok(());
        };
        let mut current = self.0.lock().await;
        *current = None;
        clear(&spool(place)?)?;
        private(&spool(place)?)?;
        REACHES.store(made.snapshot.at.millis(), Ordering::Relaxed);
        *current = Some(Log {
            base: made.snapshot.id,
            following,
            next: 1,
            cut_at: made.snapshot.at,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            key_changes: made.snapshot.figures.key_changes,
            repository: None,
        });
        Ok(())
    }

    /// Goes on with the log that a server left when it stopped, if what was written since this start is still known, and its
    /// snapshot is in the repository.
    pub(super) async fn go_on(&self, place: &Place, store: &Store, left: Left) -> Result<()> {
        let mut current = self.0.lock().await;
        let following = store.follow_on(&Caller::job(Job::Backup)).await?;
        let Some(following) = following else {
            return Ok(());
        };
        let (asked, base) = (place.clone(), left.base.clone());
        let look = move || {
            let repository = asked.open_repository(&Where::default())?;
            let all = repository.snapshots()?;
            Ok::<_, anyhow::Error>(all.iter().any(|one| one.id == base))
        };
        if !tokio::task::spawn_blocking(look).await?? {
            return Ok(());
        }
        private(&spool(place)?)?;
        REACHES.store(left.at().millis(), Ordering::Relaxed);
        *current = Some(Log {
            cut_at: left.at(),
            base: left.base,
            following,
            next: left.next,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            key_changes: left.key_changes,
            repository: None,
        });
        Ok(())
    }

    /// Waits for a piece that is under way; no other one begins.
    pub(crate) async fn last(&self) -> Last<'_> {
        Last(self.0.lock().await)
    }

    /// Adds pieces when they are due, until it is dropped; tells when it does not come after.
    pub(super) async fn keep_up(&self, place: &Place, store: &Store) {
        let seconds = place.config.backup.log_seconds;
        if seconds == 0 || !place.config.backup.is_wanted() {
            return;
        }
        let every = i64::from(seconds) * 1000;
        let mut standing = Standing::new(store.now(), every);
        let mut turns = tokio::time::interval(LOOK);
        loop {
            turns.tick().await;
            let mut current = self.0.lock().await;
            if let Some(log) = current.take_if(|log| log.is_due(store.now(), every)) {
                match log.add(place, store).await {
                    Ok((log, done)) => {
                        *current = Some(log);
                        standing.failed = done.err().map(|error| format!("{error:#}"));
                    }
                    Err(error) => standing.failed = Some(format!("{error:#}")),
                }
            }
            drop(current);
            if let Err(error) = standing.look(store).await {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the standing of the backup log"
                );
            }
        }
    }
}

/// The log, when nothing but its end may come any more.
pub(crate) struct Last<'a>(MutexGuard<'a, Option<Log>>);

impl Last<'_> {
    /// Adds what was written last, and leaves for the next start how the log stands. Whoever wrote has ended; what they left
    /// under way is taken, too.
    pub(crate) async fn end(mut self, place: &Place, store: &Store) -> Result<()> {
        let Some(mut log) = self.0.take() else {
            return Ok(());
        };
        for _ in 0..ENDS {
            let (added, brought) = log.add(place, store).await?;
            brought?;
            let (dir, following) = (place.dir.clone(), added.following);
            let (following, files) = following.at_rest(move || marks(&dir)).await?;
            if let Some(files) = files {
                let at = (added.base, added.next);
                return Left::new(at, added.cut_at, added.key_changes, files?).keep(place);
            }
            log = Log { following, ..added };
        }
        tracing::warn!("the record did not come to rest: the next start begins with a backup");
        Ok(())
    }
}

impl Log {
    fn is_due(&self, now: Instant, every: i64) -> bool {
        self.cut_at.plus_millis(every) <= now || self.following.waiting() > MOST_IN_ENGINE
    }

    /// Takes what was written, and brings all that waits to the repository. When it cannot be reached, the log goes on, and
    /// the reason is the second answer; otherwise the log is at its end.
    async fn add(mut self, place: &Place, store: &Store) -> Result<(Self, Result<()>)> {
        let caller = Caller::job(Job::Backup);
        let dir = spool(place)?.join(self.next.to_string());
        private(&dir)?;
        private(&dir.join(KEYS_OF_PIECE))?;
        let (piece, keys) = (dir.join(PIECE), dir.join(KEYS_OF_PIECE).join(KEYS));
        private(&piece)?;
        let (following, cut) = store.cut(&caller, self.following, &piece, &keys).await?;
        self.following = following;
        self.cut_at = cut.at;
        describe(&piece, &cut)?;
        let bytes = sizes(&piece)?;
        self.waiting_bytes += bytes;
        self.waiting.push_back(Piece {
            number: self.next,
            dir,
            bytes,
            cut,
        });
        self.next += 1;
        let place = place.clone();
        let bring = move || {
            let brought = self.bring(&place);
            if brought.is_err() && self.waiting_bytes > MOST_WAITING {
                clear(&spool(&place)?)?;
                bail!("too much waits for the repository: the next backup begins anew");
            }
            Ok((self, brought))
        };
        let brought = tokio::task::spawn_blocking(bring).await;
        brought.context("the backup log ended early")?
    }

    fn bring(&mut self, place: &Place) -> Result<()> {
        let _turn = Turn::to_add(place)?;
        let repository = match self.repository.take() {
            Some(repository) => repository,
            None => place.open_repository(&Where::default())?.with_index()?,
        };
        while let Some(piece) = self.waiting.front() {
            let figures = Figures {
                audit_entries: piece.cut.audit_entries,
                key_changes: piece.cut.key_changes,
                ..Figures::default()
            };
            let at = piece.cut.at;
            if piece.cut.key_changes != self.key_changes {
                repository.save(Series::Keys, &piece.dir.join(KEYS_OF_PIECE), at, figures)?;
                self.key_changes = piece.cut.key_changes;
            }
            let link = Link {
                base: self.base.clone(),
                number: piece.number,
            };
            repository.save_log(&link, &piece.dir.join(PIECE), at, figures)?;
            clear(&piece.dir)?;
            self.waiting_bytes -= piece.bytes;
            REACHES.store(at.millis(), Ordering::Relaxed);
            self.waiting.pop_front();
        }
        self.repository = Some(repository);
        Ok(())
    }
}

const PIECE: &str = "piece";
const KEYS_OF_PIECE: &str = "keys";

/// Where pieces wait.
pub(super) fn spool(place: &Place) -> Result<PathBuf> {
    let dir = place.beside(".backup-log");
    place.apart(&dir, "what waits for the repository")?;
    Ok(dir)
}

/// Adds the manifest.
fn describe(piece: &Path, cut: &Cut) -> Result<()> {
    let manifest = Manifest {
        program: PROGRAM.to_owned(),
        at: cut.at.to_fhir(),
        audit_entries: cut.audit_entries,
        audit_head: cut.head.clone(),
        audit_key: cut.head_key.clone(),
        key_changes: cut.key_changes,
        ..Manifest::of(piece, files_in(piece, piece)?)?
    };
    Ok(manifest.write(piece)?)
}

fn sizes(dir: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// Whether the repository has what it should, and who was told.
struct Standing {
    began: Instant,
    every: i64,
    /// Why the last piece is not there.
    failed: Option<String>,
    told: Option<Told>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Behind,
    UpToDate,
}

impl Standing {
    fn new(began: Instant, every: i64) -> Self {
        Self {
            began,
            every,
            failed: None,
            told: None,
        }
    }

    /// Keeps in the record how it stands when that has changed; administrators are told when it is wrong.
    async fn look(&mut self, store: &Store) -> Result<()> {
        let reaches = log_reaches_to();
        let is = self.is(reaches, store.now());
        if is.is_none() || is == self.told {
            return Ok(());
        }
        let caller = Caller::job(Job::Backup);
        let every = format!(
            "what is written is added every {} seconds",
            self.every / 1000
        );
        let wrong = (is == Some(Told::Behind)).then(|| self.finding(reaches));
        let wrong: Vec<Finding> = wrong.into_iter().collect();
        store
            .keep_rehearsal(&caller, Rehearsal::Shipping, &wrong, &every)
            .await?;
        self.told = is;
        Ok(())
    }

    /// None while it is too early to say.
    fn is(&self, reaches: Option<Instant>, now: Instant) -> Option<Told> {
        let late = |from: Instant| from.plus_millis(self.every + GRACE_MILLIS) < now;
        match reaches {
            Some(reaches) if !late(reaches) => Some(Told::UpToDate),
            Some(_) => Some(Told::Behind),
            None if late(self.began) => Some(Told::Behind),
            None => None,
        }
    }

    fn finding(&self, reaches: Option<Instant>) -> Finding {
        let since = reaches.map_or_else(
            || format!("at least {}", self.began.to_fhir()),
            Instant::to_fhir,
        );
        let why = self
            .failed
            .as_deref()
            .unwrap_or("no backup was made that it could go on from");
        Finding {
            place: "backup log".to_owned(),
            what: format!("a lost machine would cost what was written since {since}: {why}"),
            mend: "see that the repository can be reached and has room: `aceso backup run`"
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hn4_a_log_that_does_not_come_after_is_told_once_it_is_late() {
        let at = |seconds: i64| Instant::from_millis(1_795_000_000_000 + seconds * 1000);
        let standing = Standing::new(at(0), 240_000);
        for (reaches, now, expected) in [
            (None, 300, None),
            (None, 301, Some(Told::Behind)),
            (Some(100), 400, Some(Told::UpToDate)),
            (Some(100), 401, Some(Told::Behind)),
        ] {
            let found = standing.is(reaches.map(at), at(now));
            assert_eq!(found, expected, "{reaches:?} {now}");
        }
        let told = standing.finding(Some(at(100))).what;
        assert!(told.contains(&at(100).to_fhir()), "{told}");
    }
}
