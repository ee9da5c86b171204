//! `aceso key rotate --pages`: who has the record open brings its pages under a new key. A running server is asked for it by a
//! file in the data directory, which holds no secret, and answers there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aceso_policy::Caller;
use aceso_store::{Beside, Store, is_open};
use aceso_vault::RootKey;
use anyhow::{Context, Result, anyhow};

use crate::doctor::held_by;
use crate::place::Place;
use crate::root::replace;
use crate::say::{complain, say};

const FILE: &str = "pages.asked";
/// How often a server looks whether it is asked, and who asked whether there is an answer.
const LOOK: Duration = Duration::from_millis(500);
const DONE: &str = "done ";
const FAILED: &str = "failed ";

/// Brings the pages under a new key, or has the server that runs do it, and waits for it.
pub(crate) async fn rotate(place: &Place, as_json: bool) -> Result<()> {
    place.expect_record()?;
    let root = place.root_key()?;
    let request = Own::make(&place.dir)?;
    let mut is_told = false;
    let number = loop {
        if let Some(number) = alone(place, &root).await? {
            break number;
        }
        if let Some(answer) = request.0.answer()? {
            break answer?;
        }
        if !is_told {
            is_told = true;
            complain(
                "The record is in use: a running server brings the pages under a new key beside its work; other commands are waited for.",
            );
        }
        tokio::time::sleep(LOOK).await;
    };
    if as_json {
        say(&serde_json::json!({ "version": number }).to_string());
    } else {
        say(&format!("all pages are under a new key, version {number}"));
    }
    Ok(())
}

/// When nobody else has the record open; others wait before they open it.
async fn alone(place: &Place, root: &RootKey) -> Result<Option<u32>> {
    // A program of a release that did not say so may have it open, too.
    let is_held = !held_by(&place.dir.join("record.db")).is_empty();
    if is_held || is_open(&place.dir)? {
        return Ok(None);
    }
    let store = place.open()?;
    let operator = Caller::operator();
    let done = store.rotate_page_keys(&operator, root, Beside::Nobody);
    Ok(done.await?)
}

/// Does what a command asks for, until it is dropped.
pub(crate) async fn keep_up(place: Place, store: Store) {
    let mut turns = tokio::time::interval(LOOK);
    loop {
        turns.tick().await;
        let request = Request::in_dir(&place.dir);
        if !request.is_open() {
            continue;
        }
        tracing::info!("the pages are brought under a new key");
        let answer = match asked(&place, &store).await {
            Ok(number) => {
                tracing::info!(number, "all pages are under a new key");
                format!("{DONE}{number}")
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "the pages could not be brought under a new key");
                [FAILED, &error].concat()
            }
        };
        if let Err(error) = request.say(&answer) {
            tracing::error!(%error, "who asked for another page key could not be answered");
        }
    }
}

async fn asked(place: &Place, store: &Store) -> Result<u32> {
    let root = place.root_key_now()?;
    let operator = Caller::operator();
    let done = store.rotate_page_keys(&operator, &root, Beside::Others);
    done.await?
        .context("another command changes the page keys now")
}

/// The file that asks, and that holds the answer.
struct Request(PathBuf);

impl Request {
    fn in_dir(dir: &Path) -> Self {
        Self(dir.join(FILE))
    }

    /// Whether it waits for an answer.
    fn is_open(&self) -> bool {
        fs::metadata(&self.0).is_ok_and(|about| about.len() == 0)
    }

    fn answer(&self) -> Result<Option<Result<u32>>> {
        let path = || self.0.display().to_string();
        let text = fs::read_to_string(&self.0).with_context(path)?;
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(why) = text.strip_prefix(FAILED) {
            return Ok(Some(Err(anyhow!("the server could not do it: {why}"))));
        }
        let number = text.strip_prefix(DONE).and_then(|n| n.parse().ok());
        let number = number.with_context(|| format!("{} says {text}", path()))?;
        Ok(Some(Ok(number)))
    }

    /// Answers, if somebody still asks.
    fn say(&self, answer: &str) -> Result<()> {
        if self.is_open() {
            replace(&self.0, answer.as_bytes())?;
        }
        Ok(())
    }
}

/// A request, of who made it. It is withdrawn when dropped; after a kill the server goes on with it.
struct Own(Request);

impl Own {
    fn make(dir: &Path) -> Result<Self> {
        let request = Request::in_dir(dir);
        replace(&request.0, b"")?;
        Ok(Self(request))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let removed = fs::remove_file(&self.0.0);
        if let Err(error) = removed
            && error.kind() != ErrorKind::NotFound
        {
            complain(&format!("{}: {error}", self.0.0.display()));
        }
    }
}
