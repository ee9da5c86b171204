//! `/admin/clients/new`: registering an app. Needs a fresh proof; a secret is shown once, in the answer itself.

use aceso_store::{App, AppKind, Audience, BrowserOrigin, NewClient, States};
use aceso_vault::jwt::KeySet;
use aceso_web::page::{
    Banner, Button, Choice, Choices, Crumb, Csrf, Errors, Facts, Field, Form, Layout, Link, Page,
    Tone, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::html;

use super::{HERE, path, scopes, show::scope_table};
use crate::Staff;
use crate::fault::weigh;
use crate::state::fresh;
use crate::words::{rule, sentence};

/// The address of the form.
pub(crate) const PATH: &str = "/admin/clients/new";

const FIELDS: [&str; 11] = [
    "states",
    "id",
    "name",
    "kind",
    "audience",
    "scopes",
    "redirects",
    "origins",
    "launch",
    "contact",
    "jwks",
];

/// The form, as it was typed.
#[derive(Default)]
pub(crate) struct Register {
    typed: Vec<(&'static str, String)>,
    errors: Errors,
    explained: Option<String>,
}

/// What was registered; with its secret, this once.
pub(crate) struct Registered {
    id: String,
    name: String,
    secret: Option<String>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    fresh(&staff, &ask)?;
    Ok(Reply::page(&ask, &Register::default()))
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let known: Vec<Take> = FIELDS.into_iter().chain(["act"]).map(Take::One).collect();
    let fields = ask.fields(&known)?;
    fresh(&staff, &ask)?;
    let mut page = Register::of(&fields);
    if fields.one("act") == "explain" {
        page.explain();
        return Ok(Reply::page(&ask, &page));
    }
    let kind = page.kind();
    let client = page.client();
    let app = page.app(kind, staff.settings().check_redirect);
    let secret = match kind {
        Kind::Server if client.jwks.is_none() => Some(secret()?),
        Kind::Server | Kind::Backend | Kind::Browser | Kind::Native => None,
    };
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let (id, name) = (client.id.clone(), client.name.clone());
    let (store, caller) = (staff.store(), ask.caller()?);
    let added = match app {
        None => store.add_client(caller, client).await,
        Some(app) => {
            let hash = secret.as_ref().map(|s| aceso_vault::sha256(s.as_bytes()));
            store
                .add_app(
                    caller,
                    client,
                    App {
                        secret: hash,
                        ..app
                    },
                )
                .await
        }
    };
    match weigh(added)? {
        Ok(()) => Ok(Reply::page(&ask, &Registered { id, name, secret })),
        Err(refusal) => {
            page.errors.add("id", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

fn secret() -> Result<String, PageFault> {
    Ok(URL_SAFE_NO_PAD.encode(aceso_vault::random::<32>().map_err(PageFault::hidden)?))
}

/// What is to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Backend,
    Browser,
    Native,
    Server,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str, &'static str); 4] = [
        (
            Self::Browser,
            "browser",
            "App in the browser",
            "Keeps no secret; its codes are bound to the browser (PKCE).",
        ),
        (
            Self::Native,
            "native",
            "Installed app",
            "On a phone or computer. Keeps no secret either.",
        ),
        (
            Self::Server,
            "server",
            "App on a server",
            "Proves who it is with a key, or with a secret that you get once.",
        ),
        (
            Self::Backend,
            "backend",
            "Backend service",
            "Calls by itself, with nobody signed in. Needs a key.",
        ),
    ];

    const fn app(self) -> Option<AppKind> {
        match self {
            Self::Backend => None,
            Self::Browser => Some(AppKind::Browser),
            Self::Native => Some(AppKind::Native),
            Self::Server => Some(AppKind::Server),
        }
    }
}

const AUDIENCES: [(Audience, &str, &str); 3] = [
    (Audience::Patients, "patients", "Patients and their proxies"),
    (Audience::Staff, "staff", "Staff"),
    (Audience::Everybody, "everybody", "Both"),
];

impl Register {
    fn of(fields: &Fields) -> Self {
        Self {
            typed: FIELDS
                .into_iter()
                .map(|name| (name, fields.trimmed(name).to_owned()))
                .collect(),
            ..Self::default()
        }
    }

    fn said(&self, name: &str) -> &str {
        let found = self.typed.iter().find(|(n, _)| *n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn explain(&mut self) {
        match scopes::read(self.said("scopes")) {
            Ok(_) => self.explained = Some(self.said("scopes").to_owned()),
            Err(why) => self.errors.add("scopes", sentence(&why)),
        }
    }

    fn kind(&mut self) -> Kind {
        let said = self.said("kind");
        let found = Kind::ALL.into_iter().find(|(_, name, ..)| *name == said);
        if found.is_none() {
            self.errors.add("kind", "Choose where it runs");
        }
        found.map_or(Kind::Browser, |(kind, ..)| kind)
    }

    fn client(&mut self) -> NewClient {
        let (id, name) = (self.said("id").to_owned(), self.said("name").to_owned());
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
        if !(2..=64).contains(&id.len()) || !id.bytes().all(plain) {
            self.errors
                .add("id", "Enter 2 to 64 small letters, digits, - _ or .");
        }
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            self.errors.add(
                "name",
                "Enter the name that people see, at most 100 characters",
            );
        }
        match scopes::read(self.said("scopes")) {
            Ok(scopes) if scopes.is_empty() => self
                .errors
                .add("scopes", "Without scopes it could do nothing"),
            Ok(_) => {}
            Err(why) => self.errors.add("scopes", sentence(&why)),
        }
        let jwks = Some(self.said("jwks").to_owned()).filter(|j| !j.is_empty());
        if let Some(Err(error)) = jwks.as_deref().map(KeySet::parse) {
            self.errors.add("jwks", rule(&error));
        }
        if self.said("kind") == "backend" && jwks.is_none() {
            self.errors
                .add("jwks", "A backend service needs its public keys");
        }
        let scopes = self
            .said("scopes")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        NewClient {
            id,
            name,
            scopes,
            jwks,
        }
    }

    /// What it is besides; none for a backend service.
    fn app(&mut self, kind: Kind, check: fn(AppKind, &str) -> Result<(), String>) -> Option<App> {
        let kind = kind.app()?;
        let redirects: Vec<String> = self
            .said("redirects")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        match redirects
            .iter()
            .map(|r| check(kind, r))
            .find_map(Result::err)
        {
            Some(why) => self.errors.add("redirects", rule(&why)),
            None if redirects.is_empty() => {
                self.errors.add("redirects", "Enter at least one address")
            }
            None => {}
        }
        let origins = self.origins(kind, &redirects);
        let launch = Some(self.said("launch").to_owned()).filter(|l| !l.is_empty());
        if launch.as_ref().is_some_and(|l| !l.starts_with("https://")) {
            self.errors
                .add("launch", "The address must begin with https://");
        }
        if self.said("contact").is_empty() {
            self.errors
                .add("contact", "Enter whom to ask about the app");
        }
        let said = self.said("audience");
        let audience = AUDIENCES.into_iter().find(|(_, name, _)| *name == said);
        if audience.is_none() {
            self.errors.add("audience", "Choose whom it is for");
        }
        Some(App {
            kind,
            redirects,
            launch,
            contact: self.said("contact").to_owned(),
            secret: None,
            audience: audience.map_or(Audience::Patients, |(audience, ..)| audience),
            states: if self.said("states") == "short" {
                States::Short
            } else {
                States::Full
            },
            origins,
        })
    }

    /// What was typed; of an app in the browser where nothing was, the origins of its addresses.
    fn origins(&mut self, kind: AppKind, redirects: &[String]) -> Vec<BrowserOrigin> {
        let typed = self.said("origins").split_whitespace();
        let read: Result<Vec<_>, &str> = typed
            .map(|text| BrowserOrigin::parse(text).ok_or(text))
            .collect();
        match read {
            Ok(none) if none.is_empty() => App::origins_of(kind, redirects),
            Ok(some) => some,
            Err(text) => {
                let why = crate::words::say(
                    "“{0}” is not an exact origin like https://app.example",
                    &[&text],
                );
                self.errors.add("origins", why);
                Vec::new()
            }
        }
    }

    fn text(&self, name: &'static str, label: &'static str) -> Field {
        Field::text(name, label)
            .value(self.said(name))
            .errors(&self.errors)
    }

    fn area(&self, name: &'static str, label: &'static str) -> Field {
        Field::area(name, label)
            .value(self.said(name))
            .errors(&self.errors)
    }
}

impl View for Register {
    fn page(&self, csrf: &Csrf) -> Page {
        let kinds = Kind::ALL
            .into_iter()
            .map(|(_, name, title, hint)| Choice::new(name, title).hint(hint))
            .collect();
        let audiences = AUDIENCES
            .into_iter()
            .map(|(_, name, title)| Choice::new(name, title))
            .collect();
        let fields = html! {
            (self.errors)
            (self.text("name", "Name").longest(100).hint("People see it when they are asked whether they allow the app.").first())
            (self.text("id", "Client id").longest(64).hint("The app sends it: small letters, digits, - _ ."))
            (Choices::one("kind", "Where it runs", kinds).chosen([self.said("kind")]).errors(&self.errors))
            (self.area("scopes", "Scopes").hint("What it may ask for, separated by blanks: patient/Observation.rs launch/patient"))
            div { (Button::secondary("What do these scopes mean?").says("act", "explain")) }
            @if let Some(scopes) = &self.explained { (scope_table(scopes)) }
            fieldset.group {
                legend { "For apps that act for people" }
                (Choices::one("audience", "For whom", audiences).chosen([self.said("audience")]).errors(&self.errors))
                (self.area("redirects", "Addresses that answers go to").optional().hint("One a line, compared letter by letter."))
                (self.area("origins", "Origins that may call").optional().hint("Whose scripts may call from a browser, one a line: https://app.example. An app in the browser has those of its addresses."))
                (Choices::many("states", "Compatibility", vec![Choice::new("short", "It sends short states").hint("For apps built with a library that makes shorter ones than SMART asks for. Its codes are protected by PKCE either way.")]).chosen([self.said("states")]))
                (self.text("launch", "Opened at").optional().hint("Where it is opened from within a chart."))
                (self.text("contact", "Contact").optional().hint("Whom to ask about it: a name, an address."))
            }
            (self.area("jwks", "Public keys (JWK Set)").optional().hint("For a backend service, and for an app on a server that proves who it is with a key. Never a private key."))
            div.buttons { (Button::primary("Register")) (Link::quiet("Cancel", HERE)) }
        };
        Page::new(
            "Register an app",
            html! { div.card { (Form::post(csrf, PATH, fields)) } },
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(vec![crate::admin::crumb(), Crumb::new("Apps", HERE)])
    }

    fn samples() -> Vec<Self> {
        let typed = |scopes: &str| {
            vec![
                ("id", "growth".to_owned()),
                ("name", "Growth charts".to_owned()),
                ("kind", "server".to_owned()),
                ("scopes", scopes.to_owned()),
            ]
        };
        let explained = Self {
            typed: typed("patient/Observation.rs offline_access"),
            explained: Some("patient/Observation.rs offline_access".into()),
            errors: Errors::none(),
        };
        let wrong = Self {
            typed: typed("everything"),
            explained: None,
            errors: Errors::one(
                "redirects",
                maud::said("(what is wrong with http://app.example)"),
            ),
        };
        vec![Self::default(), explained, wrong]
    }
}

impl View for Registered {
    fn page(&self, _: &Csrf) -> Page {
        let facts = Facts::new().show("Client id", html! { span.mono { (self.id) } });
        let body = html! {
            div.card {
                (facts)
                @if let Some(secret) = &self.secret {
                    p.label id="secret-label" { "Client secret" }
                    ul.codes.long aria-labelledby="secret-label" { li { (secret) } }
                    p.soft.no-print { "Give it to whoever runs the app, over a way that you trust. We keep a digest only." }
                }
            }
            div.buttons { (Link::primary("Done", path(&self.id))) }
        };
        let page = Page::new(
            crate::words::say("“{0}” is registered", &[&self.name]),
            body,
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(vec![crate::admin::crumb(), Crumb::new("Apps", HERE)]);
        match self.secret {
            Some(_) => page.notice(Banner::new(Tone::Warning, "The secret is shown only now")),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let secret = Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned());
        let sample = |secret| Self {
            id: "growth".into(),
            name: "Growth charts".into(),
            secret,
        };
        vec![sample(secret), sample(None)]
    }
}
