//! `aceso desk serve`: the desk under one address, in a directory of its own.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aceso_desk::calendar::Calendar;
use aceso_desk::case::Rules;
use aceso_desk::severity::Policy;
use aceso_deskweb::{DeskWeb, ENTRIES, ROUTES, advisories_of};
use aceso_egress::{Client, Limits};
use aceso_jobs::Errands;
use aceso_login::pages::{Installation, PageSettings, Pages, ROUTES as SIGN_IN};
use aceso_login::{check_redirect, pages};
use aceso_staff::Staff;
use aceso_store::{Desk, Store};
use aceso_vault::password::Cost;
use aceso_web::site::{Entry, PageRoute, Settings, Site};
use aceso_web::{Address, Floor, Listener};
use anyhow::{Context, Result, bail};

use crate::clock::{Behind, accept_time, clock};
use crate::delivery::{postman, trust};
use crate::page_keys;
use crate::place::Place;
use crate::say::say;
use crate::serve::{Kind, base, stop, tls};
use crate::site::{at_home, for_browsers, print, week};
use crate::{set_up, site};

use super::{demo, mailbox, scan};

/// What is scheduled is looked for this often.
const PUBLISHING: Duration = Duration::from_secs(15);

/// Of the administration pages, those about people, sessions and the audit log.
const ADMINISTERED: [&str; 5] = [
    "/admin/people",
    "/admin/sessions",
    "/admin/reports",
    "/admin/recheck",
    "/admin/proposals",
];

const ACCOUNT: Entry = Entry::of(
    "",
    "Your account",
    "Passwords, passkeys, sessions, notices",
    "/account",
);

/// Serves until SIGINT or SIGTERM.
pub(super) async fn run(
    place: &Place,
    kind: Kind,
    listen: Option<Address>,
    behind: Behind,
) -> Result<ExitCode> {
    let settings = &place.config.listen;
    let address = listen.map_or_else(|| Address::parse(&settings.address), Ok)?;
    let store = match kind {
        Kind::Clinic => place.open_desk()?,
        Kind::Demo => demo::open(place)?,
    };
    accept_time(&store, behind).await?;
    crate::config::history::keep(place, &store).await?;
    let tls = match address {
        Address::Plain(_) => None,
        Address::Tls(socket) => Some(tls(place, socket)?),
    };
    let listener = Listener::bind(address, tls).await?;
    let base = base(settings, address, listener.address()?);
    let base = if settings.public.is_empty() {
        for_browsers(&base)
    } else {
        base
    };
    let desk = Desk::new(store.clone(), rules(place)?);
    let ready = Arc::new(AtomicBool::new(true));
    let floor = floor(place, kind, &desk, &base, Arc::clone(&ready))?;
    let stop = stop(ready, std::future::pending())?;
    let publishing = tokio::spawn(keep_up(desk.clone()));
    let postman = postman(place, &store, &for_browsers(&base)).await?;
    let mailing = tokio::spawn(async move {
        if let Some(postman) = postman {
            postman.run().await;
        }
    });
    let intake = mailbox::Intake::new(&desk, &place.config)?;
    let reading = tokio::spawn(mailbox::run(intake.clone()));
    let box_there = place.config.mailbox(&trust(&place.config))?;
    let asking = tokio::spawn(mailbox::ask(intake, box_there));
    let asking_elsewhere = tokio::spawn(errands(place, &desk, &base)?.run());
    let scanning = tokio::spawn(scan::run(desk.clone(), place.config.clone()));
    let rotating = tokio::spawn(page_keys::keep_up(place.clone(), store.clone()));
    let serving = listener.serve(floor, stop);
    say(&format!(
        "The desk of {} serves {base}",
        place.dir.display()
    ));
    match kind {
        Kind::Clinic => set_up::offer(&store, &base).await?,
        Kind::Demo => demo::fill(&desk, &base).await?,
    }
    serving.await;
    publishing.abort();
    for job in [
        reading,
        asking,
        mailing,
        asking_elsewhere,
        scanning,
        rotating,
    ] {
        job.abort();
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// What is asked of services elsewhere, and of no others.
fn errands(place: &Place, desk: &Desk, base: &str) -> Result<Errands> {
    let (config, services) = (&place.config, &place.config.services);
    let client = Client::new(services.endpoints()?, &trust(config), Limits::default())?;
    let publisher = &config.listen.clinic;
    let site = advisories_of(publisher, base);
    let places = services.places(publisher);
    let secrets = services.secrets()?;
    Ok(Errands::new(desk.clone(), client, (places, site), secrets))
}

/// What the desk decided for all its cases.
pub(super) fn rules(place: &Place) -> Result<Rules> {
    let settings = &place.config.desk;
    let policy = match settings.policy.as_str() {
        "ceiling" => Policy::ceiling(),
        "fast" => Policy::fast(),
        other => bail!("desk.policy is ceiling or fast, not {other}"),
    };
    let holidays: Vec<&str> = settings.holidays.iter().map(String::as_str).collect();
    let zone = &place.config.hours.time_zone;
    Ok(Rules {
        policy,
        calendar: Calendar::new(zone, &[6, 7], &holidays).context("desk.holidays")?,
        coverage: settings.coverage.min(100),
    })
}

/// Publishes what is scheduled, to the minute, and reminds of what is due.
async fn keep_up(desk: Desk) {
    let mut tick = tokio::time::interval(PUBLISHING);
    loop {
        tick.tick().await;
        match desk.remind_of_clocks().await {
            Ok(0) => {}
            Ok(cases) => tracing::info!(cases, "told of what is due"),
            Err(error) => tracing::error!(%error, "what is due could not be told"),
        }
        match desk.keep_duties().await {
            Ok(0) => {}
            Ok(duties) => tracing::info!(duties, "told of standing duties"),
            Err(error) => tracing::error!(%error, "standing duties could not be looked through"),
        }
        match desk.ask_contacts().await {
            Ok(0) => {}
            Ok(asked) => tracing::info!(asked, "asked who still runs the software"),
            Err(error) => tracing::error!(%error, "the register could not be looked through"),
        }
        match desk.end_rollouts().await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(
                ended,
                "deleted what installations said of advisories whose case is over"
            ),
            Err(error) => tracing::error!(%error, "rollouts could not be ended"),
        }
        match desk.publish_due().await {
            Ok(out) => {
                for case in out {
                    tracing::info!(case, "published as scheduled");
                }
            }
            Err(error) => tracing::error!(%error, "what is scheduled could not be looked at"),
        }
    }
}

fn floor(
    place: &Place,
    kind: Kind,
    desk: &Desk,
    base: &str,
    ready: Arc<AtomicBool>,
) -> Result<Floor> {
    let config = &place.config;
    let web = DeskWeb::new(
        desk.clone(),
        aceso_deskweb::Settings {
            publisher: config.listen.clinic.clone(),
            base: base.to_owned(),
            contact: Some(config.desk.contact.clone()).filter(|c| !c.is_empty()),
            products: config.desk.products.clone(),
            places: config.services.places(&config.listen.clinic),
        },
    )
    .context("the desk's OpenPGP key")?;
    let router = web
        .router()
        .merge(aceso_web::health(move || ready.load(Ordering::Relaxed)))
        .merge(pages_of(place, kind, desk.store(), base, &web)?.router());
    let settings = aceso_web::Settings {
        // The form's files, and what is around them.
        body_limit: 24 << 20,
        connections: config.limits.connections,
        trust_forwarded: config.listen.trust_forwarded,
        ..aceso_web::Settings::default()
    };
    Ok(Floor::new(router, settings))
}

fn pages_of(place: &Place, kind: Kind, store: &Store, base: &str, web: &DeskWeb) -> Result<Site> {
    let config = &place.config;
    let name = format!("{} security desk", config.listen.clinic);
    let (installation, ribbon) = match kind {
        Kind::Clinic => (Installation::Clinic, None),
        Kind::Demo => (
            Installation::Demo,
            Some("A demonstration: nobody reads reports here".into()),
        ),
    };
    let shares: pages::PrintShares = print(place.root_key()?, place.dir.join("keyring"));
    let settings = PageSettings {
        clinic: name.clone(),
        base: base.to_owned(),
        installation,
        cost: Cost {
            memory_kib: config.sign_in.hash_memory_mib * 1024,
            passes: config.sign_in.hash_passes,
        },
        hashers: usize::try_from(config.sign_in.hash_workers)?,
        networks: config.trusted_networks()?,
        providers: crate::outside::providers(config)?,
        devices: config.listed_devices()?,
        shares: Some(shares),
    };
    let pages = Pages::new(store.clone(), clock(), settings).context("the sign-in pages")?;
    let administered = |path: &str| {
        let mut all = ADMINISTERED.iter();
        all.any(|at| path == *at || path.starts_with(&format!("{at}/")))
    };
    let routes: Vec<PageRoute<Staff>> = aceso_staff::ROUTES
        .iter()
        .filter(|route| administered(route.path))
        .map(|route| PageRoute { ..*route })
        .collect();
    let entries = aceso_staff::ENTRIES.iter().filter(|e| administered(e.path));
    // At a desk reports are what strangers send.
    let named = |entry: &Entry| match entry.path {
        "/admin/reports" => Entry {
            label: "Reports of the log",
            ..*entry
        },
        _ => *entry,
    };
    let shown = Settings {
        clinic: name.clone(),
        ribbon,
        entries: ENTRIES
            .iter()
            .chain([&ACCOUNT])
            .copied()
            .chain(entries.map(named))
            .collect(),
    };
    let site = Site::new(shown, pages.sessions(), pages.rights(), pages.stamp());
    let site = at_home(site, config, store)?;
    let staff = Staff::new(
        store.clone(),
        aceso_staff::Settings {
            clinic: name,
            base: base.to_owned(),
            zone: store.people_rule().hours.zone().clone(),
            week: week(store),
            // Incidents of a desk are cases, and nobody brings files to a chart.
            holidays: Vec::new(),
            antivirus: None,
            bands: aceso_clinic::schedule::WaitBands::default(),
            providers: site::outside_sign_ins(config),
            examine: crate::security::examine(place, store),
            makers: aceso_staff::Makers::default(),
            check_redirect: |kind, address| {
                check_redirect(kind, address).map_err(|error| error.to_string())
            },
        },
    );
    Ok(site
        .with(&pages, SIGN_IN)
        .with(web, ROUTES)
        .with(&staff, &routes))
}
