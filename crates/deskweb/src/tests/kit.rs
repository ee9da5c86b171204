//! A desk with a store, a group, and a browser for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_desk::calendar::Calendar;
use aceso_desk::case::Rules;
use aceso_desk::severity::Policy;
use aceso_policy::{Caller, Job, Role, Strength};
use aceso_store::{Desk, DeskMail, Mail, MailKind, Mailing, NewAccount, Store};
use aceso_testkit::site::{Scratch, Session, csrf, form, newcomer, rights, sessions, stamp, token};
use aceso_vault::RootKey;
use aceso_web::site::Site;
use aceso_web::{Floor, Settings as FloorSettings};
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;

use crate::{DeskWeb, ENTRIES, ROUTES, Settings};

pub(super) const HOUR: i64 = 3_600_000;

pub(super) struct Bench {
    pub(super) desk: Desk,
    pub(super) clock: Arc<ManualClock>,
    floor: Floor,
    _dir: Scratch,
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
        let dir = Scratch::new("desk");
        let root = RootKey::create_file(&dir.path().join("key")).unwrap();
        // 2026-03-04T12:00:00Z, a Wednesday.
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
        let store = Store::open_desk(dir.settings(), &root, clock.clone()).unwrap();
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
            _dir: dir,
        }
    }

    /// From now on what is told by mail is kept.
    pub(super) async fn mails_on(&self) {
        let store = self.desk.store();
        store
            .set_mailing(&Caller::job(Job::Mail), Mailing::On)
            .await
            .unwrap();
    }

    /// What waits to be mailed of a kind.
    pub(super) async fn mailed(&self, kind: DeskMail) -> Vec<Mail> {
        let store = self.desk.store();
        let due = store.due_mail(&Caller::job(Job::Mail), 5000).await.unwrap();
        let of = |m: &Mail| m.kind == MailKind::Desk(kind);
        due.into_iter().filter(of).collect()
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
            email: Some(format!("{name}@desk.example")),
            ..newcomer(name, &[role], None)
        };
        let operator = Caller::operator();
        let made = store.add_account(&operator, new);
        let account = made.await.unwrap();
        store.activate_account(&operator, &account).await.unwrap();
        let session = Session::of(store, &account, strength).await;
        Browser {
            account,
            cookie: session.cookie(),
            stamped: format!("session {}", session.id),
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
        let csrf = csrf(&browser.stamped);
        let all = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let request = Request::post(path)
            .header("host", "desk")
            .header("cookie", &browser.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(all))).unwrap())
            .await
    }

    /// Sends a form with files, whose body is made with the token.
    pub(super) async fn post_files(
        &self,
        browser: &Browser,
        path: &str,
        body: impl FnOnce(&str) -> Vec<u8>,
    ) -> Answer {
        let csrf = csrf(&browser.stamped);
        let request = Request::post(path)
            .header("host", "desk")
            .header("cookie", &browser.cookie)
            .header("content-type", "multipart/form-data; boundary=b0");
        self.send(request.body(Body::from(body(&csrf))).unwrap())
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

fn floor(desk: &Desk) -> Floor {
    let store = desk.store();
    let web = DeskWeb::new(
        desk.clone(),
        Settings {
            publisher: "Aceso".into(),
            base: "https://desk.example".into(),
            contact: Some("security@desk.example".into()),
            products: vec!["Aceso".into()],
            places: crate::inside::samples::places(),
        },
    )
    .unwrap();
    let shown = aceso_web::site::Settings {
        clinic: "Desk".into(),
        ribbon: None,
        entries: ENTRIES.to_vec(),
    };
    let site = Site::new(shown, sessions(store), rights(store), stamp()).with(&web, ROUTES);
    Floor::new(web.router().merge(site.router()), FloorSettings::default())
}
