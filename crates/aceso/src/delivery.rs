//! The way out of the program, and what it does there of its own.

use std::time::Duration;

use aceso_egress::{Client, Limits, Trust};
use aceso_jobs::mail::{Letterhead, Postman};
use aceso_jobs::send::{Origin, Sender};
use aceso_jobs::witness::{Witness, Witnesses};
use aceso_jobs::{Alerter, Deliverer, Exporter, Reporter, Scrubber, Watcher};
use aceso_policy::{Caller, Endpoints, Job};
use aceso_staff::Escalator;
use aceso_store::{Mailing, Reminded, Store};
use anyhow::{Context, Result};
use tokio::task::JoinHandle;

use crate::advisories;
use crate::backup::{Shipping, keep_up};
use crate::config::Config;
use crate::page_keys;
use crate::place::Place;
use crate::site;
use crate::update;

const SCRUB_EVERY: Duration = Duration::from_secs(60);
const REMIND: Duration = Duration::from_secs(600);

/// The one client, to the addresses that the configuration allows.
pub(crate) fn egress(config: &Config) -> Result<Client> {
    let endpoints = Endpoints::new(&config.egress.endpoints)?;
    Ok(Client::new(endpoints, &trust(config), Limits::default())?)
}

/// Whose certificates are believed.
pub(crate) fn trust(config: &Config) -> Trust {
    match config.egress.certificates.as_str() {
        "" => Trust::Machine,
        file => Trust::MachineAnd(file.into()),
    }
}

/// Tells subscribers, makes exports ready, checks what is stored, and makes backups, from now on.
pub(crate) async fn start(
    place: &Place,
    store: &Store,
    base: &str,
    shipping: Shipping,
) -> Result<JoinHandle<()>> {
    let client = egress(&place.config)?;
    store
        .serve_subscriptions(client.endpoints().clone())
        .await?;
    let public = site::for_browsers(base);
    let base = [base, aceso_api::BASE].concat();
    let settings = aceso_jobs::Settings::default();
    let deliverer = Deliverer::new(store.clone(), client, base, settings);
    let deliverer = deliverer.context("the store has no outbox")?;
    let exporter = Exporter::new(store.clone()).context("the store has no exports")?;
    let sender = sender(&place.config, store)?;
    let hour = place.config.insiders.hour;
    let watcher = Watcher::new(store.clone(), place.config.insiders()?, hour);
    let (witness_client, witnesses) = witnesses(&place.config)?;
    let witnesses = Witnesses::new(store.clone(), witness_client, witnesses);
    let budget = Duration::from_millis(place.config.record.scrub_millis.into());
    let scrubber = if budget.is_zero() {
        None
    } else {
        Some(Scrubber::new(store, SCRUB_EVERY, budget).context("the store has no scrub")?)
    };
    let scrubbing = async move {
        if let Some(scrubber) = scrubber {
            scrubber.run().await;
        }
    };
    let reminded = store.clone();
    let backing_up = keep_up(place.clone(), store.clone(), shipping);
    let updating = update::keep_up(place.clone(), store.clone());
    let rotating = page_keys::keep_up(place.clone(), store.clone());
    let reporter = Reporter::new(store.clone());
    let zone = store.people_rule().hours.zone().clone();
    let escalator = Escalator::new(store.clone(), zone);
    let postman = postman(place, store, &public).await?;
    let mailing = async move {
        if let Some(postman) = postman {
            postman.run().await;
        }
    };
    let published = published(place, store)?;
    let alerter = Alerter::new(store.clone(), webhook(&place.config)?);
    Ok(tokio::spawn(async move {
        tokio::join!(
            deliverer.run(),
            exporter.run(),
            sender.run(),
            scrubbing,
            witnesses.run(),
            remind(reminded),
            backing_up,
            updating,
            rotating,
            watcher.run(),
            reporter.run(),
            escalator.run(),
            mailing,
            published,
            alerter.run()
        );
    }))
}

/// Looks after what the makers publish.
fn published(place: &Place, store: &Store) -> Result<impl Future<Output = ()> + use<>> {
    let minutes = u64::from(place.config.advisories.every_minutes);
    let advisories = advisories::of(place, store)?.filter(|_| minutes > 0);
    Ok(async move {
        if let Some(advisories) = advisories {
            advisories.run(Duration::from_secs(minutes * 60)).await;
        }
    })
}

/// Who else is told of alerts.
fn webhook(config: &Config) -> Result<Option<(Client, String)>> {
    let address = config.shield.webhook.as_str();
    if address.is_empty() {
        return Ok(None);
    }
    let client = egress(config)?;
    client.target(address).context("shield.webhook")?;
    Ok(Some((client, address.to_owned())))
}

/// The witnesses of the log, and a client that may call them and nothing else.
pub(crate) fn witnesses(config: &Config) -> Result<(Client, Vec<Witness>)> {
    let (witnesses, places): (Vec<Witness>, Vec<String>) =
        config.audit.witnesses()?.into_iter().unzip();
    let trust = trust(config);
    let client = Client::new(Endpoints::new(&places)?, &trust, Limits::default())?;
    Ok((client, witnesses))
}

/// Sends mail; where none is sent, none is kept from now on.
pub(crate) async fn postman(place: &Place, store: &Store, base: &str) -> Result<Option<Postman>> {
    let config = &place.config;
    let Some(mailer) = config.mailer(&trust(config))? else {
        let caller = Caller::job(Job::Mail);
        store.set_mailing(&caller, Mailing::Off).await?;
        return Ok(None);
    };
    let head = Letterhead {
        clinic: config.listen.clinic.clone(),
        base: base.to_owned(),
    };
    let postman = Postman::new(store.clone(), mailer, head, config.mail.allowed());
    Ok(Some(postman.with_witnesses(&config.mail.witnesses()?)))
}

/// Sends the audit log out.
fn sender(config: &Config, store: &Store) -> Result<Sender> {
    let trail = store.trail(&Caller::job(Job::Send))?;
    let trail = trail.context("the store has no way out for the log")?;
    let origin = Origin {
        site: config.listen.clinic.clone(),
        host: host(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        process: std::process::id(),
    };
    let settings = aceso_jobs::send::Settings::default();
    Ok(Sender::new(
        trail,
        config.audit.targets()?,
        origin,
        settings,
    ))
}

/// The machine's name, as it calls itself.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let name = name.or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.map_or_else(|_| "localhost".to_owned(), |n| n.trim().to_owned())
}

/// Looks every ten minutes whether something is due by itself.
async fn remind(store: Store) {
    let mut turns = tokio::time::interval(REMIND);
    loop {
        turns.tick().await;
        match store.remind(&Caller::job(Job::Remind)).await {
            Ok(done) if done == Reminded::default() => {}
            Ok(done) => tracing::info!(
                escalated = done.escalated,
                recheck = done.recheck.is_some(),
                corrected = done.corrected,
                pruned = done.pruned,
                "reminded"
            ),
            Err(error) => tracing::error!(%error, "reminders"),
        }
    }
}
