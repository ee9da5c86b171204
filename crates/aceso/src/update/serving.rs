//! The server's part in an update: it says that it serves, and goes on as another release when the link is turned.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::time::Duration;

use aceso_supply::{Slot, Slots};
use aceso_web::Floor;
use anyhow::{Context, Result, bail};
use axum::body::Body;
use http::{Request, StatusCode, header};

use super::aside;
use super::running::{Running, own_schema};
use crate::place::Place;

/// How often to look where the link leads.
const LOOK: Duration = Duration::from_millis(500);

/// A server that lies where two releases have room; or one that does not, and is never replaced.
#[derive(Clone, Debug)]
pub(crate) struct Serving(Option<(Slots, Slot)>);

impl Serving {
    /// To be called before the record is opened: a release that is tried, and that changes the record's form, puts the record
    /// aside first.
    pub(crate) fn begin(place: &Place) -> Result<Self> {
        let Ok(running) = Running::here() else {
            return Ok(Self(None));
        };
        let (slots, slot) = (running.slots, running.slot);
        if let Some(trial) = slots.trial()?.filter(|trial| trial.to == slot) {
            let before = slots.release(trial.from)?.map(|release| release.schema);
            let changes = before.is_none_or(|schema| schema != own_schema());
            if changes && place.holds_record() && !aside::is_whole(place) {
                aside::put(place)?;
            }
        }
        Ok(Self(Some((slots, slot))))
    }

    /// Says that this release serves, once the server answers that it is ready.
    pub(crate) async fn confirm(&self, place: &Place, floor: &Floor) -> Result<()> {
        let Some((slots, slot)) = &self.0 else {
            return Ok(());
        };
        if slots.trial()?.is_none_or(|trial| trial.to != *slot) {
            return Ok(());
        }
        let request = Request::get("/health/ready").header(header::HOST, "localhost");
        let answer = floor.answer(request.body(Body::empty())?).await;
        if answer.status() != StatusCode::OK {
            bail!("the server is not ready: {}", answer.status());
        }
        slots.end_trial()?;
        aside::discard(place)?;
        tracing::info!(slot = slot.name(), "this release serves");
        Ok(())
    }

    /// Ready when another release is in place.
    pub(crate) async fn replaced(&self) {
        let Some((slots, slot)) = &self.0 else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(LOOK).await;
            if slots.current().is_ok_and(|current| current != *slot) {
                return;
            }
        }
    }

    /// Goes on as the release that is in place now, when it is another one; with the arguments that this one has.
    pub(crate) fn go_on(&self) -> Result<()> {
        let Some((slots, slot)) = &self.0 else {
            return Ok(());
        };
        if slots.current()? == *slot {
            return Ok(());
        }
        let next: PathBuf = slots.linked();
        tracing::info!("going on as the release that is in place now");
        #[allow(
            clippy::disallowed_methods,
            reason = "the program becomes its own next release, and starts no other"
        )]
        let error = std::process::Command::new(&next)
            .args(std::env::args_os().skip(1))
            .exec();
        Err(error).with_context(|| next.display().to_string())
    }
}
