//! Sending the audit log out. The log itself is the spool: for each place the store keeps how far it was sent, and what
//! comes after is read from the log when the place can be reached. No request ever waits for it.
//!
//! Every entry is sent at least once and in order. Syslog and plain lines have no acknowledgement: an entry counts as out
//! once it has been in the hands of the operating system for [`Settings::settle`] on a connection that still stands. When
//! a connection breaks, what is younger than that is sent again; entries carry their number, so a receiver can tell.
//! A file is synced before its entries count.

mod atna;
mod cef;
mod deed;
mod ecs;
mod file;
mod syslog;
mod target;
#[cfg(test)]
mod tests;
mod text;

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Duration;

use aceso_egress::{Receiver, Wire};
use aceso_store::{SendNews, StoreError, Trail, TrailEntry};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use target::Outlet;
pub use target::{SendTo, Target, TargetError};

/// Entries read and written at once.
const BATCH: u32 = 500;

/// What every message says of where it is from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The clinic.
    pub site: String,
    /// The machine's name.
    pub host: String,
    /// The program's version.
    pub version: String,
    /// The process's number.
    pub process: u32,
}

/// How the log is sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long to wait after each failure in a row; the last one for good.
    pub pauses: Vec<Duration>,
    /// How often to look for new entries.
    pub every: Duration,
    /// How long what was written may still be lost with its connection.
    pub settle: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pauses: [1, 2, 5, 15, 60].map(Duration::from_secs).to_vec(),
            every: Duration::from_secs(1),
            settle: Duration::from_secs(10),
        }
    }
}

/// Sends the log to all places.
pub struct Sender {
    trail: Trail,
    targets: Vec<Target>,
    origin: Origin,
    settings: Settings,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Wire(#[from] io::Error),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Sender {
    /// For the log on its way out.
    pub fn new(trail: Trail, targets: Vec<Target>, origin: Origin, settings: Settings) -> Self {
        Self {
            trail,
            targets,
            origin,
            settings,
        }
    }

    /// Sends until it is dropped.
    pub async fn run(self) {
        let mut running = JoinSet::new();
        for target in self.targets {
            let link = Link {
                trail: self.trail.clone(),
                target,
                origin: self.origin.clone(),
                settings: self.settings.clone(),
                state: State::New,
                tries: 0,
            };
            running.spawn(link.run());
        }
        while running.join_next().await.is_some() {}
    }
}

/// Whether what comes is news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    On,
    Off,
}

/// One place, and how it goes with it.
struct Link {
    trail: Trail,
    target: Target,
    origin: Origin,
    settings: Settings,
    state: State,
    /// Failures since the position last moved.
    tries: usize,
}

impl Link {
    async fn run(mut self) {
        loop {
            let Err(error) = self.send().await;
            if let Err(error) = self.off(&error).await {
                tracing::error!(target = %self.target.name, %error, "the audit log's sending cannot be kept track of");
            }
            let last = self.settings.pauses.last();
            let pause = self.settings.pauses.get(self.tries).or(last);
            self.tries = self.tries.saturating_add(1);
            sleep(pause.copied().unwrap_or(self.settings.every)).await;
        }
    }

    async fn send(&mut self) -> Result<std::convert::Infallible, Failure> {
        let begun = self
            .trail
            .begin(&self.target.name, self.target.begin)
            .await?;
        match self.target.outlet.clone() {
            Outlet::File(path) => self.append_to_file(&path, begun.seq).await,
            Outlet::Wire(receiver) => self.write_to_wire(&receiver, begun.seq).await,
        }
    }

    async fn append_to_file(
        &mut self,
        path: &Path,
        mut seq: u64,
    ) -> Result<std::convert::Infallible, Failure> {
        loop {
            let Some((last, bytes)) = self.batch(seq).await? else {
                sleep(self.settings.every).await;
                continue;
            };
            let path = path.to_path_buf();
            let write = move || file::append(&path, &bytes);
            let written = tokio::task::spawn_blocking(write).await;
            written.map_err(io::Error::other)??;
            self.on().await?;
            self.moved(last).await?;
            seq = last;
        }
    }

    async fn write_to_wire(
        &mut self,
        receiver: &Receiver,
        mut seq: u64,
    ) -> Result<std::convert::Infallible, Failure> {
        let mut wire = receiver.open().await?;
        self.on().await?;
        // What was written and when, until it counts.
        let mut young: VecDeque<(Instant, u64)> = VecDeque::new();
        loop {
            match self.batch(seq).await? {
                Some((last, bytes)) => {
                    wire.write(&bytes).await?;
                    young.push_back((Instant::now(), last));
                    seq = last;
                    lives(&mut wire, Duration::ZERO).await?;
                }
                None => lives(&mut wire, self.settings.every).await?,
            }
            let mut old = None;
            while let Some((_, last)) =
                young.pop_front_if(|(at, _)| at.elapsed() >= self.settings.settle)
            {
                old = Some(last);
            }
            if let Some(last) = old {
                self.moved(last).await?;
            }
        }
    }

    /// The next entries as they go out, and the last one's number; none when there are none.
    async fn batch(&self, seq: u64) -> Result<Option<(u64, Vec<u8>)>, Failure> {
        let entries: Vec<TrailEntry> = self.trail.after(seq, BATCH).await?;
        let Some(last) = entries.last().map(|e| e.seq) else {
            return Ok(None);
        };
        let each = entries.iter();
        let bytes = each
            .flat_map(|e| self.target.bytes(e, &self.origin))
            .collect();
        Ok(Some((last, bytes)))
    }

    async fn moved(&mut self, seq: u64) -> Result<(), Failure> {
        self.tries = 0;
        Ok(self.trail.moved(&self.target.name, seq).await?)
    }

    async fn on(&mut self) -> Result<(), Failure> {
        if self.state != State::On {
            self.state = State::On;
            let name = &self.target.name;
            tracing::info!(target = %name, "the audit log is sent");
            self.trail.note(SendNews::On, name).await?;
        }
        Ok(())
    }

    async fn off(&mut self, error: &Failure) -> Result<(), StoreError> {
        let name = &self.target.name;
        tracing::warn!(target = %name, %error, "the audit log cannot be sent: it waits");
        if self.state != State::Off {
            self.state = State::Off;
            self.trail.note(SendNews::Off, name).await?;
        }
        self.trail.failed(name, &error.to_string()).await
    }
}

/// Waits so long; fails when the connection ends before.
async fn lives(wire: &mut Wire, wait: Duration) -> io::Result<()> {
    match timeout(wait, wire.ended()).await {
        Ok(error) => Err(error),
        Err(_) => Ok(()),
    }
}
