//! Apps and programs: what may call with a token. Only an administrator registers one.

pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod scopes;
pub(crate) mod show;

use aceso_base::Instant;
use aceso_store::{App, AppKind, Audience, ClientRecord, States};
use aceso_web::page::{Tag, Tone};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/clients";

/// The address of an app's page.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// Where it runs, and how it proves who it is.
fn kind(client: &ClientRecord) -> &'static str {
    match &client.app {
        None => "Backend service",
        Some(App {
            kind: AppKind::Browser,
            ..
        }) => "App in the browser",
        Some(App {
            kind: AppKind::Native,
            ..
        }) => "Installed app",
        Some(App {
            kind: AppKind::Server,
            ..
        }) => "App on a server",
    }
}

const fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Patients => "patients and their proxies",
        Audience::Staff => "staff",
        Audience::Everybody => "patients and staff",
    }
}

fn state(client: &ClientRecord) -> Tag {
    match client.disabled {
        None => Tag::new(Tone::Good, "active"),
        Some(_) => Tag::new(Tone::Danger, "disabled"),
    }
}

/// An app for samples.
fn sample() -> ClientRecord {
    ClientRecord {
        id: "growth-charts".into(),
        name: "Growth charts".into(),
        scopes: "launch/patient patient/Observation.rs patient/Patient.r offline_access".into(),
        jwks: None,
        created: Instant::from_millis(1_795_314_068_000),
        disabled: None,
        app: Some(App {
            kind: AppKind::Browser,
            redirects: vec!["https://app.example/callback".into()],
            launch: Some("https://app.example/launch".into()),
            contact: "help@app.example".into(),
            secret: None,
            audience: Audience::Everybody,
            states: States::Full,
            origins: Vec::new(),
        }),
    }
}

/// For samples.
pub(crate) const IN_USE: aceso_store::InUse = aceso_store::InUse {
    tokens: 3,
    grants: 12,
};
