//! A clinic with one person in it, a clock that is moved by hand, and a browser that keeps its cookies.

use std::collections::BTreeMap;
use std::sync::Arc;

use aceso_base::{Clock, Instant, ManualClock, Secret};
use aceso_policy::{Caller, Role};
use aceso_store::{CredentialSecret, LinkKind, NewAccount, NewCredential, NewLink, Store};
use aceso_testkit::site::{Scratch, account, form, newcomer, sign_in};
use aceso_vault::passkey::Devices;
use aceso_vault::password::{Cost, Hasher};
use aceso_vault::{TotpSecret, shares};
use aceso_web::Floor;
use aceso_web::page::Styleguide;
use aceso_web::site::{Admit, PageRoute, Reply, Settings, Site};
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;

use crate::outside::Providers;
use crate::pages::{Installation, PageSettings, Pages, ROUTES};
use crate::{APP_ROUTES, Login};

pub(super) const PASSWORD: &str = "violet otter reads maps";

/// The first page, which is the clinic's.
const HOME: &[PageRoute<()>] = &[PageRoute::get("/", Admit::SignedIn, |(), ask| {
    Box::pin(async move { Ok(Reply::page(&ask, &Styleguide)) })
})];

pub(super) struct Clinic {
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Store,
    pub(super) floor: Floor,
    hasher: Hasher,
    _dir: Scratch,
}

/// What an installation is like.
pub(super) struct Plan {
    pub(super) base: String,
    pub(super) cost: Cost,
    pub(super) installation: Installation,
    pub(super) providers: Providers,
    pub(super) devices: Option<Devices>,
}

/// What costs as little as it may.
pub(super) const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
};

impl Clinic {
    pub(super) fn new() -> Self {
        Self::with(CHEAP, Installation::Clinic)
    }

    pub(super) fn with(cost: Cost, installation: Installation) -> Self {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        let plan = Plan {
            base: "https://clinic.example".into(),
            cost,
            installation,
            providers: Providers::default(),
            devices: None,
        };
        Self::of(plan, clock)
    }

    /// An installation of its own, with the authorization server, too.
    pub(super) fn of(plan: Plan, clock: Arc<ManualClock>) -> Self {
        let dir = Scratch::new("pages");
        let (store, root) = dir.store(clock.clone(), dir.settings());
        let login = Login::new(
            store.clone(),
            clock.clone(),
            crate::Settings {
                base: plan.base.clone(),
                origins: Vec::new(),
                token_seconds: 300,
            },
        );
        let settings = PageSettings {
            clinic: "Riverside Clinic".into(),
            base: plan.base,
            installation: plan.installation,
            cost: plan.cost,
            hashers: 1,
            networks: Vec::new(),
            providers: plan.providers,
            devices: plan.devices,
            shares: Some(Arc::new(move || shares::split(&root).ok())),
        };
        let pages = Pages::new(store.clone(), clock.clone(), settings).unwrap();
        let shown = Settings {
            clinic: "Riverside Clinic".into(),
            ribbon: None,
            entries: Vec::new(),
        };
        let site = Site::new(shown, pages.sessions(), pages.rights(), pages.stamp());
        let site = site
            .with(&(), HOME)
            .with(&pages, ROUTES)
            .with(&login, APP_ROUTES);
        let router = login.routes().merge(site.router());
        Self {
            floor: Floor::new(router, aceso_web::Settings::default()),
            hasher: Hasher::new(plan.cost, 1, 8).unwrap(),
            clock,
            store,
            _dir: dir,
        }
    }

    /// An account with a password, and an app where a secret is given.
    pub(super) async fn person(&self, name: &str, role: Role, app: Option<&TotpSecret>) -> String {
        let new = NewAccount {
            display: "Ann Example".into(),
            ..newcomer(name, &[role], None)
        };
        let hash = self.hasher.hash(PASSWORD).unwrap().unwrap();
        let id = account(&self.store, new, &hash).await;
        if let Some(secret) = app {
            let app = NewCredential {
                label: "App".into(),
                secret: CredentialSecret::Totp(Secret::new(secret.as_bytes().to_vec())),
            };
            self.store
                .add_credential(&sign_in(), &id, app)
                .await
                .unwrap();
        }
        id
    }

    /// A link for an account; gives what is in its address.
    pub(super) async fn link(&self, kind: LinkKind, account: &str) -> String {
        let (token, hash) = crate::pages::device::fresh().unwrap();
        let new = NewLink {
            hash,
            kind,
            account: account.to_owned(),
            ends: self.clock.now().plus_millis(86_400_000),
        };
        self.store
            .make_link(&Caller::operator(), new)
            .await
            .unwrap();
        token
    }

    pub(super) fn browser(&self) -> Browser {
        Browser {
            floor: self.floor.clone(),
            cookies: BTreeMap::new(),
            csrf: String::new(),
        }
    }

    pub(super) fn minutes(&self, minutes: i64) {
        self.clock.advance_millis(minutes * 60_000);
    }

    /// The code that an app shows now: found by trying, since the vault tells none.
    pub(super) fn code(&self, secret: &TotpSecret) -> String {
        let now = self.clock.now();
        let codes = (0..1_000_000).map(|n| format!("{n:06}"));
        let mut right = codes.filter(|code| secret.check(now, code, None).is_some());
        right.next().unwrap()
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    /// Where it leads.
    pub(super) fn to(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |v| v.to_str().unwrap())
    }

    /// Where it leads on to by itself, at another site.
    pub(super) fn onward(&self) -> &str {
        let text = self.headers.get(header::REFRESH);
        let text = text.map_or("", |v| v.to_str().unwrap());
        text.strip_prefix("0; url=").unwrap_or_default()
    }

    pub(super) fn title(&self) -> &str {
        let after = self.text.split("<h1>").nth(1).unwrap_or_default();
        after.split('<').next().unwrap_or_default()
    }

    /// A hidden field's value, as a browser would send it.
    pub(super) fn hidden(&self, name: &str) -> String {
        self.quoted(&format!("name=\"{name}\" value=\""))
    }

    /// What the page asks passkeys.
    pub(super) fn options(&self) -> String {
        self.quoted("data-options=\"")
    }

    /// What stands between this and the next quotation mark.
    fn quoted(&self, mark: &str) -> String {
        let value = self.text.split(mark).nth(1).unwrap_or_default();
        let value = value.split('"').next().unwrap_or_default();
        value
            .replace("&amp;", "&")
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
    }

    /// The page without what is fresh in each answer.
    pub(super) fn settled(&self) -> String {
        let mut text = self.text.clone();
        for name in ["csrf", "state"] {
            let value = self.hidden(name);
            if !value.is_empty() {
                text = text.replace(&value, "");
            }
        }
        for mark in ["nonce=\"", "challenge&quot;:&quot;"] {
            while let Some(at) = text.find(mark) {
                let rest = text[at + mark.len()..].to_owned();
                let end = rest.find(['"', '&']).unwrap();
                text = [&text[..at], &rest[end..]].concat();
            }
        }
        text
    }
}

/// Keeps cookies, and the token of the last page that had one.
#[derive(Clone)]
pub(super) struct Browser {
    floor: Floor,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) csrf: String,
}

impl Browser {
    pub(super) async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", self.line());
        self.send(
            request
                .header("host", "clinic.example")
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let body = form(
            [("csrf", csrf.as_str())]
                .into_iter()
                .chain(fields.iter().copied()),
        );
        let request = Request::post(path)
            .header("cookie", self.line())
            .header("host", "clinic.example")
            .header("sec-fetch-site", "same-origin")
            .header(
                "user-agent",
                "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36",
            )
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Types a user name and a password.
    pub(super) async fn password(&mut self, name: &str, password: &str) -> Answer {
        self.get("/sign-in").await;
        self.post("/sign-in", &[("user", name), ("password", password)])
            .await
    }

    /// Signs in with a password and an app.
    pub(super) async fn sign_in(&mut self, clinic: &Clinic, name: &str, app: &TotpSecret) {
        // A code counts once: time for a new one.
        clinic.clock.advance_millis(90_000);
        assert_eq!(
            self.password(name, PASSWORD).await.to(),
            "/sign-in/second?to=%2F"
        );
        let code = clinic.code(app);
        let done = self
            .post("/sign-in/second", &[("code", &code), ("to", "/")])
            .await;
        assert_eq!(
            (done.status, done.to()),
            (StatusCode::SEE_OTHER, "/"),
            "{}",
            done.text
        );
        self.get("/").await;
    }

    pub(super) fn session(&self) -> &str {
        self.cookies.get("__Host-aceso").map_or("", String::as_str)
    }

    fn line(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        pairs.join("; ")
    }

    async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.floor.answer(request).await;
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        };
        let csrf = answer.hidden("csrf");
        if !csrf.is_empty() {
            self.csrf = csrf;
        }
        answer
    }
}
