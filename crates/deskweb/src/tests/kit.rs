//! A desk with a store, a group, and a browser for each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, ManualClock};
use aceso_desk::calendar::Calendar;
use aceso_desk::case::Rules;
use aceso_desk::severity::Policy;
use aceso_policy::{Caller, Origin, Place, Role, Strength};
use aceso_store::{
    Desk, Enrol, FoundSession, NewAccount, NewSession, SessionState, Settings as StoreSettings,
    Store, UserName,
};
use aceso_vault::{RootKey, random, sha256, sha256_chain};
use aceso_web::page::Badge;
use aceso_web::site::{Rights, Sessions, SignedIn, Site, Stamp, State};
use aceso_web::{Floor, Settings as FloorSettings};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;

use crate::{DeskWeb, ENTRIES, ROUTES, Settings};

pub(super) const HOUR: i64 = 3_600_000;

pub(super) struct Bench {
    pub(super) desk: Desk,
    pub(super) clock: Arc<ManualClock>,
    floor: Floor,
    dir: PathBuf,
}

/// Somebody's browser; one of nobody's has a visit alone.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) account: String,
    cookie: String,
    stamped: String,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) text: String,
}

impl Bench {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "aceso-desk-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        // 2026-03-04T12:00:00Z, a Wednesday.
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
        let settings = StoreSettings {
            cache_mib: 16,
            ..StoreSettings::new(dir.join("data"))
        };
        let store = Store::open_desk(settings, &root, clock.clone()).unwrap();
        let rules = Rules {
            policy: Policy::ceiling(),
            calendar: Calendar::plain(),
            coverage: 90,
        };
        let desk = Desk::new(store, rules);
        let floor = floor(&desk);
        Self {
            desk,
            clock,
            floor,
            dir,
        }
    }

    pub(super) fn hours(&self, hours: i64) {
        self.clock.advance_millis(hours * HOUR);
    }

    /// A browser in which nobody is signed in.
    pub(super) fn stranger(&self) -> Browser {
        let visit = token();
        Browser {
            account: String::new(),
            cookie: format!("__Host-aceso-visit={visit}"),
            stamped: format!("visit {visit}"),
        }
    }

    /// Somebody with a role, signed in this well.
    pub(super) async fn signed_in(&self, name: &str, role: Role, strength: Strength) -> Browser {
        let store = self.desk.store();
        let new = NewAccount {
            user_name: UserName::parse(name).unwrap(),
            display: format!("{name} Example"),
            email: None,
            fhir_user: None,
            roles: vec![role],
            facilities: Vec::new(),
            patients: Vec::new(),
            not_after: None,
            enrol: Enrol::No,
        };
        let operator = Caller::operator();
        let account = store.add_account(&operator, new).await.unwrap();
        store.activate_account(&operator, &account).await.unwrap();
        let token = token();
        let new = NewSession {
            hash: sha256(token.as_bytes()),
            account: account.clone(),
            state: SessionState::Full,
            strength,
            address: None,
            agent: String::new(),
            device: None,
        };
        let caller = Caller::sign_in(Origin::default());
        let session = store.make_session(&caller, new, None).await.unwrap();
        Browser {
            account,
            cookie: format!("__Host-aceso={token}"),
            stamped: format!("session {session}"),
        }
    }

    /// A member of the group.
    pub(super) async fn member(&self, name: &str) -> Browser {
        self.signed_in(name, Role::SECURITY_OFFICER, Strength::Two)
            .await
    }

    pub(super) async fn get(&self, browser: &Browser, path: &str) -> Answer {
        let request = Request::get(path)
            .header("host", "desk")
            .header("cookie", &browser.cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A page that is there.
    #[track_caller]
    pub(super) fn page(
        &self,
        browser: &Browser,
        path: &str,
    ) -> impl Future<Output = String> + use<'_> {
        let (browser, path) = (browser.clone(), path.to_owned());
        async move {
            let answer = self.get(&browser, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            answer.text
        }
    }

    /// Sends a form with the token of the visit or session.
    pub(super) async fn post(
        &self,
        browser: &Browser,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let csrf = URL_SAFE_NO_PAD.encode(stamp(browser.stamped.as_bytes()));
        let all = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let body: Vec<String> = all
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        let request = Request::post(path)
            .header("host", "desk")
            .header("cookie", &browser.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.join("&"))).unwrap())
            .await
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.floor.answer(request).await.into_parts();
        let text = body.collect().await.unwrap().to_bytes().to_vec();
        let headers: BTreeMap<String, String> = parts
            .headers
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()))
            .collect();
        let header =
            |name: http::HeaderName| headers.get(name.as_str()).cloned().unwrap_or_default();
        Answer {
            status: parts.status,
            place: header(header::LOCATION),
            kind: header(header::CONTENT_TYPE),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// Reports something with the form; gives the address of its status page.
    pub(super) async fn report(&self, fields: &[(&str, &str)]) -> String {
        let answer = self.post(&self.stranger(), "/report", fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert!(answer.place.starts_with("/report/status/"));
        answer.place
    }

    /// Does something in a case as its page has it now, with the form that the page offers.
    pub(super) async fn act(
        &self,
        browser: &Browser,
        case: &str,
        part: &str,
        act: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let page = self.page(browser, &format!("/cases/{case}/{part}")).await;
        let seen = between(&page, "name=\"seen\" value=\"", "\"");
        let all: Vec<(&str, &str)> = [("act", act), ("seen", seen.as_str())]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        let path = format!("/cases/{case}/{part}/act");
        self.post(browser, &path, &all).await
    }

    /// The same; it is done.
    pub(super) async fn done(
        &self,
        browser: &Browser,
        case: &str,
        part: &str,
        act: &str,
        fields: &[(&str, &str)],
    ) {
        let answer = self.act(browser, case, part, act, fields).await;
        let why = answer
            .text
            .split("This was not done")
            .nth(1)
            .unwrap_or(&answer.text);
        assert_eq!(
            answer.status,
            StatusCode::SEE_OTHER,
            "{act} {fields:?}: {why:.600}"
        );
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// What stands between two texts.
#[track_caller]
pub(super) fn between(text: &str, from: &str, to: &str) -> String {
    let after = text.split(from).nth(1);
    let found = after.and_then(|t| t.split(to).next());
    found
        .unwrap_or_else(|| panic!("no {from} in {text}"))
        .to_owned()
}

/// A report with enough in it.
pub(super) const GOOD: &[(&str, &str)] = &[
    ("product", "Aceso"),
    ("version", "0.1.0"),
    ("subject", "A front desk account reads notes"),
    (
        "text",
        "I asked for the note and the response was the whole text.",
    ),
    ("steps", "1. Sign in\n2. GET /patients/1/notes/2 HTTP/1.1"),
    (
        "impact",
        "Somebody reads clinical notes without the right to.",
    ),
    ("exploited", "no"),
    ("public", "no"),
    ("credit", "yes"),
    ("credit_name", "Fin Okoye"),
];

fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>().unwrap())
}

fn stamp(of: &[u8]) -> [u8; 32] {
    sha256_chain(&[b"test", of])
}

pub(super) fn escape(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn signed_in(found: &FoundSession, origin: Origin) -> Option<SignedIn> {
    let person = found.person(Place::Unknown)?;
    Some(SignedIn {
        caller: Caller::person(Arc::new(person), origin),
        session: found.session.id.clone(),
        state: State::Open,
        badge: Badge {
            name: found.account.display.clone(),
            roles: Vec::new(),
        },
    })
}

fn floor(desk: &Desk) -> Floor {
    let look = desk.store().clone();
    let sessions = Sessions::new(move |token, origin| {
        let store = look.clone();
        Box::pin(async move {
            let found = store.session(&sha256(token.as_bytes())).await?;
            Ok(found.and_then(|found| signed_in(&found, origin)))
        })
    });
    let of = desk.store().clone();
    let rights = Rights::new(move |caller, task| of.policies().may(caller, task, of.now()));
    let web = DeskWeb::new(
        desk.clone(),
        Settings {
            publisher: "Aceso".into(),
            base: "https://desk.example".into(),
            contact: Some("security@desk.example".into()),
            products: vec!["Aceso".into()],
        },
    )
    .unwrap();
    let shown = aceso_web::site::Settings {
        clinic: "Desk".into(),
        ribbon: None,
        entries: ENTRIES.to_vec(),
    };
    let site = Site::new(shown, sessions, rights, Stamp::new(stamp)).with(&web, ROUTES);
    Floor::new(web.router().merge(site.router()), FloorSettings::default())
}
