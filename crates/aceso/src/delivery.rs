//! The way out of the program, and what it does there of its own.

use aceso_egress::{Client, Limits, Trust};
use aceso_jobs::{Deliverer, Exporter};
use aceso_policy::Endpoints;
use aceso_store::Store;
use anyhow::{Context, Result};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::place::Place;

/// The one client, to the addresses that the configuration allows.
pub(crate) fn egress(config: &Config) -> Result<Client> {
    let endpoints = Endpoints::new(&config.egress.endpoints)?;
    let trust = match config.egress.certificates.as_str() {
        "" => Trust::Machine,
        file => Trust::MachineAnd(file.into()),
    };
    Ok(Client::new(endpoints, &trust, Limits::default())?)
}

/// Tells subscribers, and makes exports ready, from now on.
pub(crate) async fn start(place: &Place, store: &Store, base: &str) -> Result<JoinHandle<()>> {
    let client = egress(&place.config)?;
    store
        .serve_subscriptions(client.endpoints().clone())
        .await?;
    let base = [base, aceso_api::BASE].concat();
    let settings = aceso_jobs::Settings::default();
    let deliverer = Deliverer::new(store.clone(), client, base, settings);
    let deliverer = deliverer.context("the store has no outbox")?;
    let exporter = Exporter::new(store.clone()).context("the store has no exports")?;
    Ok(tokio::spawn(async move {
        tokio::join!(deliverer.run(), exporter.run());
    }))
}
