//! `aceso client add --app`: registers an app that acts for people.

use std::process::ExitCode;

use aceso_login::{Register, check_redirect, check_scopes, fresh};
use aceso_policy::Caller;
use aceso_store::{App, AppKind, Audience, BrowserOrigin, NewClient, States};
use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::client::{Keys, check_name, public_keys};
use crate::place::Place;
use crate::say::say;
use crate::wrong::{OrWrong, wrong};

/// Where an app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runs {
    /// In the browser: no secret
    Browser,
    /// Installed on a phone or computer: no secret
    Native,
    /// On a server of its own: with a secret or keys
    Server,
}

/// For whom an app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum For {
    /// Patients and those who act for them
    Patients,
    /// The clinic's staff
    Staff,
    /// Both
    Everybody,
}

/// What an app needs besides a client's name and scopes.
#[derive(Debug, Args)]
pub(crate) struct AppArgs {
    /// An app that acts for people (SMART App Launch), and where it runs
    #[arg(long, value_enum)]
    pub(crate) app: Option<Runs>,
    /// An address that answers may be sent to, letter by letter; may be given again
    #[arg(long, value_name = "URL", requires = "app")]
    pub(crate) redirect: Vec<String>,
    /// An origin whose scripts may call with its tokens; may be given again [default for an app in the browser: those of
    /// its addresses]
    #[arg(long, value_name = "ORIGIN", requires = "app")]
    pub(crate) origin: Vec<String>,
    /// The address by which it is opened from within the clinic
    #[arg(long, value_name = "URL", requires = "app")]
    pub(crate) launch: Option<String>,
    /// What people call it; its name if left out
    #[arg(long, value_name = "TEXT", requires = "app")]
    pub(crate) title: Option<String>,
    /// Who answers for it; people see this before they allow it anything
    #[arg(long, value_name = "TEXT", requires = "app")]
    pub(crate) contact: Option<String>,
    /// For whom it is
    #[arg(
        long = "for",
        value_enum,
        default_value = "everybody",
        requires = "app"
    )]
    pub(crate) audience: For,
    /// Make a client secret and print it as the last line, once
    #[arg(long, requires = "app", conflicts_with_all = ["jwks", "new_key"])]
    pub(crate) secret: bool,
    /// Its library makes a "state" of fewer than 122 bits (fhirclient 2 makes 95): accept 90 or more
    #[arg(long, requires = "app")]
    pub(crate) short_states: bool,
}

/// Registers an app; the secret, when wanted, is the last line.
pub(crate) async fn add(
    place: &Place,
    name: &str,
    scopes: &str,
    keys: Keys,
    runs: Runs,
    args: AppArgs,
    json: bool,
) -> Result<ExitCode> {
    check_name(name)?;
    check_scopes(scopes, Register::App).or_wrong()?;
    if scopes.trim().is_empty() {
        return Err(wrong(
            "an app without scopes could do nothing: --scopes \"openid fhirUser launch/patient patient/*.rs\"",
        ));
    }
    let kind = match runs {
        Runs::Browser => AppKind::Browser,
        Runs::Native => AppKind::Native,
        Runs::Server => AppKind::Server,
    };
    if args.redirect.is_empty() {
        return Err(wrong(
            "an app needs an address for its answers: --redirect https://app.example/callback",
        ));
    }
    for address in &args.redirect {
        check_redirect(kind, address).or_wrong()?;
    }
    if let Some(address) = &args.launch {
        check_redirect(AppKind::Server, address).or_wrong()?;
    }
    match (kind, args.secret, &keys) {
        (AppKind::Server, false, Keys::None) => {
            return Err(wrong(
                "an app on a server proves who it is: --secret, --jwks FILE or --new-key FILE",
            ));
        }
        (AppKind::Browser | AppKind::Native, true, _) => {
            return Err(wrong(
                "an app in the browser or on a phone can keep no secret: leave out --secret",
            ));
        }
        (AppKind::Server | AppKind::Browser | AppKind::Native, _, _) => {}
    }
    let named = args.origin.iter().map(|text| {
        let read = BrowserOrigin::parse(text);
        read.ok_or_else(|| wrong(format!("{text} is not an origin like https://app.example")))
    });
    let mut origins = named.collect::<Result<Vec<_>>>()?;
    if origins.is_empty() {
        origins = App::origins_of(kind, &args.redirect);
    }
    let secret = if args.secret { Some(fresh()?) } else { None };
    let client = NewClient {
        id: name.to_owned(),
        name: args.title.unwrap_or_else(|| name.to_owned()),
        scopes: scopes.split_whitespace().collect::<Vec<_>>().join(" "),
        jwks: public_keys(name, keys)?,
    };
    let app = App {
        kind,
        redirects: args.redirect,
        launch: args.launch,
        contact: args.contact.unwrap_or_default(),
        secret: secret.as_ref().map(|s| s.hash),
        audience: match args.audience {
            For::Patients => Audience::Patients,
            For::Staff => Audience::Staff,
            For::Everybody => Audience::Everybody,
        },
        states: if args.short_states {
            States::Short
        } else {
            States::Full
        },
        origins,
    };
    let store = place.open_or_create()?;
    store.add_app(&Caller::operator(), client, app).await?;
    let secret = secret.map(|s| s.token);
    if json {
        say(&json!({"client": name, "scopes": scopes, "secret": secret}).to_string());
    } else {
        say(&format!("registered the app {name} with {scopes}"));
        if let Some(secret) = secret {
            say(&secret);
        }
    }
    Ok(ExitCode::SUCCESS)
}
