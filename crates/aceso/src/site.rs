//! The pages of all rooms under one table.

use std::path::PathBuf;
use std::sync::Arc;

use aceso_clinic::schedule::{Hours, Span, WaitBands, Week};
use aceso_egress::Searched;
use aceso_login::pages::{Installation, PageSettings, Pages, ROUTES};
use aceso_login::{APP_ROUTES, Login};
use aceso_staff::{Antivirus, Staff};
use aceso_store::Store;
use aceso_vault::password::Cost;
use aceso_vault::{Head, RootKey, shares};
use aceso_web::page::Text;
use aceso_web::site::{Entry, Settings, Site};
use anyhow::{Context, Result};
use jiff::civil::Time;

use crate::clock::clock;
use crate::config::{Config, Provider};
use crate::outside;
use crate::place::Place;
use crate::serve::Kind;

/// When appointments are offered where nobody says otherwise: Monday to Friday.
const USUAL: (Time, Time) = (Time::constant(8, 0, 0, 0), Time::constant(18, 0, 0, 0));

/// The navigation, in order. Who may open an entry's page sees it.
const ENTRIES: &[Entry] = &[
    Entry::of("", "Home", "Where to go from here", "/"),
    Entry::of(
        "",
        "Your account",
        "Passwords, passkeys, sessions, notices",
        "/account",
    ),
    Entry::of(
        "",
        "Your apps",
        "Apps that act for you, and how to stop them",
        "/account/apps",
    ),
    Entry::of(
        "Administration",
        "Recovery shares",
        "The root key on paper, for the day the machine is lost",
        "/recovery-shares",
    ),
    Entry::of(
        "Demonstration",
        "Style guide",
        "Every part that pages are made of",
        "/styleguide",
    ),
];

/// The first of ours, then the clinic's, then the rest of ours.
fn entries() -> Vec<Entry> {
    let (first, rest): (Vec<Entry>, Vec<Entry>) =
        ENTRIES.iter().partition(|entry| entry.group.is_empty());
    let staff = aceso_staff::ENTRIES.iter().copied();
    first.into_iter().chain(staff).chain(rest).collect()
}

/// All pages.
pub(crate) fn site(
    place: &Place,
    kind: Kind,
    store: &Store,
    base: &str,
    login: &Login,
) -> Result<Site> {
    let config = &place.config;
    let (clinic, ribbon, installation) = match kind {
        Kind::Clinic => (config.listen.clinic.clone(), None, Installation::Clinic),
        Kind::Demo => (
            "Riverside Clinic".to_owned(),
            Some(Text::from("A demonstration with synthetic patients")),
            Installation::Demo,
        ),
    };
    let root = place.root_key()?;
    let providers = outside::providers(config)?;
    let settings = PageSettings {
        clinic: clinic.clone(),
        base: for_browsers(base),
        installation,
        cost: Cost {
            memory_kib: config.sign_in.hash_memory_mib * 1024,
            passes: config.sign_in.hash_passes,
        },
        hashers: usize::try_from(config.sign_in.hash_workers)?,
        networks: config.trusted_networks()?,
        providers,
        devices: config.listed_devices()?,
        shares: Some(print(root, place.dir.join("keyring"))),
    };
    let pages = Pages::new(store.clone(), clock(), settings).context("the sign-in pages")?;
    let shown = Settings {
        clinic: clinic.clone(),
        ribbon,
        entries: entries(),
    };
    let site = Site::new(shown, pages.sessions(), pages.rights(), pages.stamp());
    let site = at_home(site, config, store)?;
    let week = week(store);
    let staff = Staff::new(
        store.clone(),
        aceso_staff::Settings {
            clinic,
            base: for_browsers(base),
            zone: store.people_rule().hours.zone().clone(),
            week,
            holidays: config.holidays()?,
            antivirus: antivirus(config)?,
            bands: WaitBands::new(
                config.board.long_wait_minutes,
                config.board.too_long_wait_minutes,
            )
            .unwrap_or_default(),
            providers: outside_sign_ins(config),
            examine: crate::security::examine(place, store),
            makers: crate::makers::makers(place)?,
            check_redirect: |kind, address| {
                aceso_login::check_redirect(kind, address).map_err(|error| error.to_string())
            },
        },
    );
    let site = site
        .with(&pages, ROUTES)
        .with(&staff, aceso_staff::ROUTES)
        .with(login, APP_ROUTES);
    Ok(match kind {
        Kind::Clinic => site,
        Kind::Demo => site.with_styleguide(),
    })
}

/// In the installation's zone, and in its language where it has one.
pub(crate) fn at_home(site: Site, config: &Config, store: &Store) -> Result<Site> {
    let site = site.in_zone(store.people_rule().hours.zone());
    Ok(match config.page_language()? {
        Some(language) => site.in_language(language),
        None => site,
    })
}

/// The outside providers, as far as administrators name people of them.
pub(crate) fn outside_sign_ins(config: &Config) -> Vec<aceso_staff::OutsideSignIn> {
    let one = |one: &Provider| aceso_staff::OutsideSignIn {
        name: one.name.clone(),
        issuer: one.issuer.clone(),
        claim: one.claim.clone(),
    };
    config.sign_in.provider.iter().map(one).collect()
}

/// What searches files that people bring for viruses.
fn antivirus(config: &Config) -> Result<Option<Antivirus>> {
    let Some(clamd) = config.antivirus()? else {
        return Ok(None);
    };
    Ok(Some(Antivirus::new(move |file| {
        let clamd = clamd.clone();
        Box::pin(async move {
            Ok(match clamd.search(&file).await? {
                Searched::Clean => None,
                Searched::Found(name) => Some(name),
            })
        })
    })))
}

/// The clinic's week, as appointments go by it: where the configuration keeps no hours, those that are usual.
pub(crate) fn week(store: &Store) -> Week {
    let kept = &store.people_rule().hours;
    let hours: Vec<Hours> = kept
        .week()
        .map(|(days, from, to)| Hours {
            days: days.to_vec(),
            from,
            to,
        })
        .collect();
    let mut week = if hours.is_empty() {
        Week::workdays(USUAL.0, USUAL.1)
    } else {
        Week {
            hours,
            away: Vec::new(),
        }
    };
    let closed = kept.closed().iter();
    week.away
        .extend(closed.filter_map(|day| Span::of_day(kept.zone(), *day)));
    week
}

/// Shares of the root key that the record is locked with now: after a change of key, those of the one before are good for
/// copies alone, and are not printed any more.
pub(crate) fn print(root: RootKey, keyring: PathBuf) -> aceso_login::pages::PrintShares {
    Arc::new(move || {
        let head = Head::read(&std::fs::read(&keyring).ok()?).ok()?;
        (head.root.is_none_or(|name| name == root.name()))
            .then(|| shares::split(&root).ok())
            .flatten()
    })
}

/// The address to give to people: passkeys need a name, and the loopback has one.
pub(crate) fn for_browsers(base: &str) -> String {
    base.replace("://127.0.0.1:", "://localhost:")
        .replace("://[::1]:", "://localhost:")
}
