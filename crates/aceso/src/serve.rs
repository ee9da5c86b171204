//! `aceso serve`: everything under one address.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aceso_api::Api;
use aceso_base::Secret;
use aceso_login::Login;
use aceso_store::Store;
use aceso_web::{
    Address, Certificate, Cors, Floor, Gate, Identity, Listener, Registered, Shield, Tls, Traffic,
};
use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::backup::{Left, Shipping};
use crate::client::write_secret;
use crate::clock::{Behind, accept_time, clock};
use crate::config::{self, Config, Listen};
use crate::delivery;
use crate::demo;
use crate::jail;
use crate::metrics;
use crate::place::Place;
use crate::say::say;
use crate::set_up;
use crate::site;
use crate::traces;
use crate::update::Serving;
use crate::witness;

/// Whose record is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A clinic's own.
    Clinic,
    /// A synthetic one, in a directory of its own.
    Demo,
}

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn run(
    place: &Place,
    kind: Kind,
    listen: Option<Address>,
    behind: Behind,
) -> Result<ExitCode> {
    let settings = &place.config.listen;
    let address = listen.map_or_else(|| Address::parse(&settings.address), Ok)?;
    let release = Serving::begin(place)?;
    // Asked before anything is opened, and so written.
    let shipping = Shipping {
        left: Left::take(place),
        ..Shipping::default()
    };
    let store = match kind {
        Kind::Clinic => place.open_or_create_at_any_time()?,
        Kind::Demo => demo::open(place)?,
    };
    if store.is_desk() {
        bail!(
            "{} is a response desk's directory: run `aceso desk serve` there",
            place.dir.display()
        );
    }
    accept_time(&store, behind).await?;
    config::history::keep(place, &store).await?;
    let tls = match address {
        Address::Plain(_) => None,
        Address::Tls(socket) => Some(tls(place, socket)?),
    };
    let listener = Listener::bind(address, tls).await?;
    let base = base(settings, address, listener.address()?);
    let ready = Arc::new(AtomicBool::new(true));
    let people = site::for_browsers(&base);
    let delivering = delivery::start(place, &store, &base, shipping.clone()).await?;
    let shield = shield(&place.config)?;
    let (traffic, tracer) = traces::traffic(&place.config)?;
    let guard = Guard {
        shield: shield.clone(),
        traffic,
    };
    let floor = floor(place, kind, &store, &base, Arc::clone(&ready), guard)?;
    let tracing_out = tokio::spawn(async move {
        if let Some(tracer) = tracer {
            tracer.run().await;
        }
    });
    let nftables = place.config.shield.nftables.clone();
    let exporting = tokio::spawn(jail::keep_up(nftables, shield, store.clone()));
    let watched = release.clone();
    let stop = stop(ready, async move { watched.replaced().await })?;
    let itself = floor.clone();
    let serving = async {
        tokio::join!(
            listener.serve(floor, stop),
            confirm(&release, place, &itself)
        );
    };
    match kind {
        Kind::Clinic => {
            say(&format!(
                "Aceso serves {} at {base}/fhir",
                place.dir.display()
            ));
            set_up::offer(&store, &people).await?;
            serving.await;
        }
        Kind::Demo => {
            // The clinic is filled while the server answers already.
            let serving = async {
                serving.await;
                Ok(())
            };
            tokio::try_join!(demo::fill(place, &store, &base, &people, address), serving)?;
        }
    }
    let last = shipping.log.last().await;
    for task in [delivering, exporting, tracing_out] {
        task.abort();
        // Whether it had ended before is all the same.
        let _ = task.await;
    }
    if let Err(error) = last.end(place, &store).await {
        tracing::error!(
            error = format!("{error:#}"),
            "what was written last is not in the repository"
        );
    }
    tracing::info!("stopped");
    drop((itself, store));
    release.go_on()?;
    Ok(ExitCode::SUCCESS)
}

/// A release that cannot say that it serves is taken back by who put it in place.
async fn confirm(release: &Serving, place: &Place, floor: &Floor) {
    if let Err(error) = release.confirm(place, floor).await {
        tracing::error!(error = format!("{error:#}"), "this release");
    }
}

/// What looks at each request.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    shield: Shield,
    traffic: Traffic,
}

pub(crate) fn floor(
    place: &Place,
    kind: Kind,
    store: &Store,
    base: &str,
    ready: Arc<AtomicBool>,
    guard: Guard,
) -> Result<Floor> {
    let config = &place.config;
    let login = Login::new(
        store.clone(),
        clock(),
        aceso_login::Settings {
            base: base.to_owned(),
            origins: config.listen.origins.clone(),
            token_seconds: config.tokens.backend_seconds,
        },
    );
    let api = Api::new(store.clone(), login.tokens(), api_settings(config));
    let router = api
        .router()
        .merge(login.routes())
        .merge(aceso_web::health(move || ready.load(Ordering::Relaxed)))
        .merge(gauges(place, store, &guard))
        .merge(witness::router(config, store)?)
        .merge(site::site(place, kind, store, base, &login)?.router());
    let limits = &config.limits;
    let settings = aceso_web::Settings {
        body_limit: mib(limits.bundle_mib.max(limits.body_mib)),
        connections: limits.connections,
        trust_forwarded: config.listen.trust_forwarded,
        cors: Cors {
            origins: config.listen.origins.clone(),
            registered: registered(store),
            paths: ["/fhir", "/oauth", "/.well-known"]
                .map(str::to_owned)
                .to_vec(),
        },
        gate: gate(config)?,
        shield: guard.shield,
        traffic: guard.traffic,
        ..aceso_web::Settings::default()
    };
    Ok(Floor::new(router, settings))
}

/// The origins that apps registered; where the store cannot be asked there are none.
fn registered(store: &Store) -> Registered {
    let store = store.clone();
    Registered::new(move |origin| {
        let store = store.clone();
        Box::pin(async move {
            let found = store.origin_is_registered(&origin).await;
            found.unwrap_or_else(|error| {
                tracing::error!(%error, "an origin could not be looked up");
                false
            })
        })
    })
}

/// `/metrics`.
fn gauges(place: &Place, store: &Store, guard: &Guard) -> axum::Router {
    let (store, dir, guard) = (store.clone(), place.dir.clone(), guard.clone());
    aceso_web::metrics(move || {
        let (store, dir, guard) = (store.clone(), dir.clone(), guard.clone());
        async move {
            let text = metrics::text(&store, &dir, guard.shield.figures()).await?;
            Some([text, guard.traffic.text()].concat())
        }
    })
}

/// What keeps attackers out.
fn shield(config: &Config) -> Result<Shield> {
    if !config.shield.active {
        return Ok(Shield::default());
    }
    let never = config.never_kept_out()?;
    Ok(Shield::new(config.shield.rule(), never, clock()))
}

/// The API's settings, for serving and for importing alike.
pub(crate) fn api_settings(config: &Config) -> aceso_api::Settings {
    let limits = &config.limits;
    aceso_api::Settings {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        page: limits.page,
        page_limit: limits.page_most,
        bundle_limit: mib(limits.bundle_mib),
        body_limit: mib(limits.body_mib),
        ..aceso_api::Settings::default()
    }
}

fn mib(count: u16) -> u64 {
    u64::from(count) * 1024 * 1024
}

/// The name that clients use, for a command that listens nowhere.
pub(crate) fn public_base(config: &Config) -> Result<String> {
    let address = Address::parse(&config.listen.address)?;
    Ok(base(&config.listen, address, address.socket()))
}

/// The name that clients use.
pub(crate) fn base(settings: &Listen, address: Address, bound: SocketAddr) -> String {
    if !settings.public.is_empty() {
        return settings.public.trim_end_matches('/').to_owned();
    }
    let scheme = match address {
        Address::Plain(_) => "http",
        Address::Tls(_) => "https",
    };
    format!("{scheme}://{bound}")
}

/// With the configured authorities for client certificates, if any.
pub(crate) fn tls(place: &Place, socket: SocketAddr) -> Result<Tls> {
    let identity = identity(place, socket)?;
    let authorities = &place.config.administration.client_authorities;
    if authorities.is_empty() {
        return Ok(Tls::new(&identity)?);
    }
    let pem = std::fs::read_to_string(authorities)
        .with_context(|| format!("administration.client_authorities: {authorities}"))?;
    Tls::with_clients(&identity, &pem).with_context(|| authorities.clone())
}

/// Who may come to the administration area.
fn gate(config: &Config) -> Result<Gate> {
    let certificate = if config.administration.client_authorities.is_empty() {
        Certificate::Absent
    } else {
        Certificate::Shown
    };
    Ok(Gate {
        networks: config.administration.networks()?,
        certificate,
    })
}

/// The configured certificate, or one of our own, made at the first run and kept beside the data directory.
fn identity(place: &Place, socket: SocketAddr) -> Result<Identity> {
    let settings = &place.config.listen;
    if !settings.certificate.is_empty() {
        return read_identity(
            settings.certificate.as_ref(),
            settings.certificate_key.as_ref(),
        );
    }
    let (chain, key) = (place.beside(".cert.pem"), place.beside(".cert.key"));
    if !key.exists() {
        let public = settings.public.split("://").nth(1).unwrap_or_default();
        let host = public.split(['/', ':']).next().unwrap_or_default();
        let mut names = vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        names.push(socket.ip().to_string());
        names.push(host.to_owned());
        names.retain(|n| !n.is_empty());
        names.sort_unstable();
        names.dedup();
        let own = Identity::self_signed(names)?;
        std::fs::write(&chain, &own.chain).with_context(|| chain.display().to_string())?;
        write_secret(&key, own.key.expose())?;
        return Ok(own);
    }
    read_identity(&chain, &key)
}

fn read_identity(chain: &Path, key: &Path) -> Result<Identity> {
    let read =
        |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    Ok(Identity {
        chain: read(chain)?,
        key: Secret::new(read(key)?),
    })
}

/// Ready when the process is asked to end, or to go on as another release; from then on supervisors are told so.
pub(crate) fn stop(
    ready: Arc<AtomicBool>,
    replaced: impl Future<Output = ()>,
) -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = replaced => {}
        }
        ready.store(false, Ordering::Relaxed);
        tracing::info!("ending: requests under way are finished first");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(public: &str, address: &str, expected: &str) {
        let settings = Listen {
            public: public.into(),
            ..Listen::default()
        };
        let address = Address::parse(address).unwrap();
        assert_eq!(base(&settings, address, address.socket()), expected);
    }

    #[test]
    fn the_public_name_is_the_configured_one_or_the_address() {
        check("", "http://127.0.0.1:8080", "http://127.0.0.1:8080");
        check("", "https://[::1]:8443", "https://[::1]:8443");
        check(
            "https://clinic.example/",
            "http://127.0.0.1:1",
            "https://clinic.example",
        );
    }
}
