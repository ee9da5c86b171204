//! `aceso update check`: what is offered, believed as far as it is signed.

use std::process::ExitCode;
use std::time::Duration;

use aceso_egress::{Limits, Request};
use aceso_supply::{Fetch, FetchError, Release, Source, Trusted};
use anyhow::{Context, Result, bail};
use semver::Version;
use serde_json::json;

use super::From;
use super::running::{Running, own_version};
use crate::delivery::egress;
use crate::place::Place;
use crate::say::say;

/// A program is some hundred MiB at most, and may come slowly.
const LARGEST: usize = 512 << 20;
const SLOWEST: Duration = Duration::from_secs(1800);

/// Says whether there is a newer one.
pub(super) async fn run(place: &Place, from: &From, as_json: bool) -> Result<ExitCode> {
    let trusted = place.look(from).await?;
    let (release, own) = (trusted.release(), version()?);
    let newer = release.version > own;
    if as_json {
        say(&json!({
            "running": own.to_string(), "offered": release.version.to_string(), "newer": newer,
            "critical": release.critical, "notes": release.notes
        })
        .to_string());
    } else if newer {
        say(&format!("{}; {own} runs", told(release)));
        say("Put it in place with: aceso update apply");
    } else {
        say(&format!("{own} is the newest release"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Of a release, in a line.
pub(super) fn told(release: &Release) -> String {
    let critical = if release.critical {
        " (critical: do not wait)"
    } else {
        ""
    };
    let notes = release.notes.trim();
    let notes = if notes.is_empty() {
        String::new()
    } else {
        format!(": {notes}")
    };
    format!("release {} is there{critical}{notes}", release.version)
}

/// The version that runs.
pub(super) fn version() -> Result<Version> {
    Running::here().map_or_else(|_| own_version(), |running| running.version())
}

impl Place {
    /// Looks at the repository of releases.
    pub(super) async fn look(&self, from: &From) -> Result<Trusted> {
        let configured = &self.config.update;
        let at = from.from.as_deref().unwrap_or(&configured.from);
        if at.is_empty() {
            bail!(
                "nothing says where releases come from: set update.from in {}, or say --from PLACE",
                self.config_path.display()
            );
        }
        let root = match &from.root {
            Some(file) => file.clone(),
            None => configured.root_file()?,
        };
        let root = std::fs::read(&root).with_context(|| root.display().to_string())?;
        let memory = self.beside(".updates");
        std::fs::create_dir_all(&memory).with_context(|| memory.display().to_string())?;
        let source = if at.contains("://") {
            Source::network(at, self.fetch()?)?
        } else {
            Source::directory(at.as_ref())?
        };
        let looked = Trusted::look(&source, &root, &memory).await;
        looked.with_context(|| at.to_owned())
    }

    /// Asks the network, as far as the configuration allows.
    fn fetch(&self) -> Result<Fetch> {
        let client = egress(&self.config)?.with_limits(Limits {
            body: LARGEST,
            whole: SLOWEST,
            ..Limits::default()
        });
        Ok(Fetch::new(move |url| {
            let client = client.clone();
            Box::pin(async move {
                let failed = |error: aceso_egress::SendError| FetchError::Failed(error.to_string());
                let target = client.target(&url).map_err(failed)?;
                let answer = client.send(Request::get(target)).await.map_err(failed)?;
                match answer.status.as_u16() {
                    200 => Ok(answer.body.to_vec()),
                    403 | 404 | 410 => Err(FetchError::Absent),
                    other => Err(FetchError::Failed(format!("the answer is {other}"))),
                }
            })
        }))
    }
}
