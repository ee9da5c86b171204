//! What this installation is made of and how it is configured, as advisories may ask; and what it says when it is tried after
//! an update.

use std::sync::Arc;

use aceso_desk::deploy::{Exploited, Level, SelfTest};
use aceso_desk::matching::Facts;
use aceso_jobs::advisories::{Advisories, Identity, Own, Settings, Source, Tested};
use aceso_store::Store;
use anyhow::{Context, Result, bail};

use crate::backup::charts;
use crate::config::Config;
use crate::delivery::trust;
use crate::place::Place;
use crate::sbom;

/// This program, as it is configured.
pub(super) fn own(config: &Config) -> Result<Own> {
    Ok(Own {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        bill: serde_json::to_vec(&sbom::whole()?)?,
        facts: facts(config),
    })
}

/// The desk that is configured, and what is told to it.
pub(super) fn settings(config: &Config) -> Result<Settings> {
    let asked = &config.advisories;
    if asked.desk.is_empty() || asked.key.is_empty() {
        bail!(
            "no desk is configured: set desk and key in [advisories]; the desk's page names its key's fingerprint"
        );
    }
    let exploited = match asked.known_exploited.as_str() {
        "" => Exploited::default(),
        file => {
            let bytes = std::fs::read(file).with_context(|| file.to_owned())?;
            Exploited::read(&bytes).context("advisories.known_exploited")?
        }
    };
    Ok(Settings {
        desk: asked.desk.trim_end_matches('/').to_owned(),
        key: asked.key.clone(),
        stale_days: asked.stale_days,
        exploited,
        identity: Identity {
            level: level(config)?,
            name: asked.name.clone(),
            contact: asked.contact.clone(),
        },
    })
}

/// What the clinic chose to tell.
pub(crate) fn level(config: &Config) -> Result<Level> {
    let asked = &config.advisories;
    match asked.report.as_str() {
        "nothing" => Ok(Level::Nothing),
        "counters" => Ok(Level::Counters),
        "named" if asked.name.trim().is_empty() => {
            bail!("advisories.report = \"named\" needs advisories.name")
        }
        "named" => Ok(Level::Named),
        other => bail!("advisories.report is nothing, counters or named, not {other}"),
    }
}

/// The desk, or the directory that is in its place.
pub(super) fn source(config: &Config) -> Result<Source> {
    let asked = &config.advisories;
    Ok(match asked.bundle.as_str() {
        "" => Source::desk(asked.desk.trim_end_matches('/'), &trust(config), None)?,
        dir => Source::Directory(dir.into()),
    })
}

/// All of it, for this installation; none where no desk is configured.
pub(crate) fn of(place: &Place, store: &Store) -> Result<Option<Advisories>> {
    let config = &place.config;
    if config.advisories.desk.is_empty() {
        return Ok(None);
    }
    let (own, settings) = (own(config)?, settings(config)?);
    let advisories = Advisories::new(store.clone(), source(config)?, own, settings, tested(store));
    Ok(Some(advisories))
}

/// The audit log is verified, and charts are drawn, as in a trial of a restore.
pub(super) fn tested(store: &Store) -> Tested {
    let store = store.clone();
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move {
            match try_out(&store).await {
                Ok(said) => SelfTest { passed: true, said },
                Err(error) => SelfTest {
                    passed: false,
                    said: format!("{error:#}"),
                },
            }
        })
    })
}

async fn try_out(store: &Store) -> Result<String> {
    let checked = store.clone();
    let audit = tokio::task::spawn_blocking(move || checked.verify_audit(&[])).await??;
    if let Some(wrong) = audit.findings.first() {
        bail!("the audit log: {}: {}", wrong.place, wrong.what);
    }
    let drawn = charts(store).await?;
    if let Some(error) = drawn.iter().find_map(|one| one.as_ref().err()) {
        bail!("{error}");
    }
    Ok(format!(
        "{} audit entries verified, {} charts drawn",
        audit.audit_entries,
        drawn.len()
    ))
}

/// What is true of this installation: where it can be reached from, which database and parts it has.
fn facts(config: &Config) -> Facts {
    let mut facts = Facts::default();
    let listen = &config.listen;
    let loopback = ["127.0.0.1", "[::1]", "localhost"];
    let near = loopback.iter().any(|host| listen.address.contains(host));
    let exposed = match (near, listen.public.is_empty(), listen.trust_forwarded) {
        (true, true, false) => "loopback",
        (_, false, _) | (_, _, true) => "internet",
        (false, true, false) => "lan",
    };
    facts.add("exposed", exposed);
    facts.add("database", "embedded");
    for module in ["staff", "fhir", "smart"] {
        facts.add("module", module);
    }
    if config.sign_in.provider.is_empty() {
        facts.know("sign-in");
    } else {
        facts.add("sign-in", "outside");
    }
    facts
}
