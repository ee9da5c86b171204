//! A clinic with a store, people who sign in, and a browser for each.

use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_clinic::schedule::{WaitBands, Week, Zone};
use aceso_fhir::search::{Options, parse};
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Decision, Purpose, Role, Strength, decide};
use aceso_store::{AuditKind, AuditLine, AuditQuery, AuditUse, Settings, Store, UserName};
use aceso_testkit::site::{Scratch, Session, account, form, newcomer, rights, sessions, stamp};
use aceso_web::site::Site;
use aceso_web::{Floor, Settings as FloorSettings};
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::civil::time;

use crate::{ENTRIES, ROUTES, Staff};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;

pub(super) struct Clinic {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    floor: Floor,
    _dir: Scratch,
}

/// Somebody's browser, where they are signed in.
pub(super) type Browser = Session;

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) text: String,
}

impl Clinic {
    /// The newest entries of a kind in the log, of one patient's record or of all.
    pub(super) async fn logged(&self, kind: AuditKind, patient: Option<&str>) -> Vec<AuditLine> {
        let query = AuditQuery {
            kinds: vec![kind],
            patient: patient.map(str::to_owned),
            count: 100,
            ..AuditQuery::default()
        };
        let operator = Caller::operator();
        let log = self.store.audit(&operator, query, AuditUse::View).await;
        log.unwrap().lines
    }

    pub(super) fn new() -> Self {
        Self::set(|usual| usual)
    }

    /// What is about substance use leaves as 42 CFR part 2 lets it.
    pub(super) fn under_part2() -> Self {
        Self::set(|usual| Settings {
            part2: true,
            ..usual
        })
    }

    fn set(set: impl FnOnce(Settings) -> Settings) -> Self {
        let dir = Scratch::new("staff");
        // 2026-03-04T12:00:00Z, a Wednesday.
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
        let settings = set(Settings {
            allow_dangling: true,
            ..dir.settings()
        });
        let (store, _) = dir.store(clock.clone(), settings);
        let floor = floor(&store);
        Self {
            store,
            clock,
            floor,
            _dir: dir,
        }
    }

    /// An active person.
    pub(super) async fn person(&self, name: &str, roles: &[Role]) -> String {
        self.person_who_is(name, roles, None).await
    }

    /// An active person who is somebody in the record.
    pub(super) async fn person_who_is(
        &self,
        name: &str,
        roles: &[Role],
        user: Option<&str>,
    ) -> String {
        let hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA";
        account(&self.store, newcomer(name, roles, user), hash).await
    }

    /// A clinician who is somebody in the record, signed in.
    pub(super) async fn clinician(&self, name: &str, user: &str) -> Browser {
        let account = self.person_who_is(name, &[Role::CLINICIAN], Some(user));
        self.browser(&account.await).await
    }

    /// The clinician who is `Practitioner/doc`, signed in.
    pub(super) async fn doctor(&self) -> Browser {
        self.clinician("doc", "Practitioner/doc").await
    }

    /// Puts resources, each with its id, into the record.
    pub(super) async fn put<T: AsRef<str>>(&self, texts: &[T]) {
        let mut tx = self.store.write(&Caller::operator(), Purpose::Treatment);
        for text in texts {
            let document = json::read(text.as_ref().as_bytes()).unwrap();
            let id = document.id().unwrap().to_owned();
            tx.update(&id, document, None).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// What a search finds, whoever may see it.
    pub(super) async fn find(&self, kind: &str, query: &str) -> Vec<Value> {
        let options = Options {
            now: self.store.now().millis(),
            ..Options::default()
        };
        let query = parse(Some(kind), query, &options).unwrap();
        let reading = self.store.read(&Caller::operator(), Purpose::Treatment);
        let page = reading.search(query).await.unwrap();
        let found = page.matches.iter();
        found.map(|s| json::read(&s.body).unwrap()).collect()
    }

    /// Takes a resource out of the record.
    pub(super) async fn remove(&self, kind: &'static str, id: &str) {
        let mut tx = self.store.write(&Caller::operator(), Purpose::Treatment);
        tx.delete(kind, id, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The id of the account with this user name.
    pub(super) async fn named(&self, name: &str) -> String {
        let name = UserName::parse(name).unwrap();
        let found = self.store.account_named(&Caller::operator(), &name).await;
        found.unwrap().unwrap().id
    }

    /// A browser in which a person is signed in with two factors.
    pub(super) async fn browser(&self, account: &str) -> Browser {
        Session::of(&self.store, account, Strength::Two).await
    }

    /// A person with these roles, signed in.
    pub(super) async fn signed_in(&self, name: &str, roles: &[Role]) -> Browser {
        let account = self.person(name, roles).await;
        self.browser(&account).await
    }

    /// The person proves again who they are.
    pub(super) async fn step_up(&self, browser: &mut Browser) {
        browser.step_up(&self.store).await;
    }

    pub(super) async fn get(&self, browser: &Browser, path: &str) -> Answer {
        let request = Request::get(path)
            .header("host", "clinic")
            .header("cookie", browser.cookie());
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the token of the session.
    pub(super) async fn post(
        &self,
        browser: &Browser,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let csrf = browser.csrf();
        let all = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let request = Request::post(path)
            .header("host", "clinic")
            .header("cookie", browser.cookie())
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(all))).unwrap())
            .await
    }

    /// Sends a form with the token of the session and a file in its field of this name.
    pub(super) async fn post_file(
        &self,
        browser: &Browser,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, bytes): (&str, &str, &[u8]),
    ) -> Answer {
        let csrf = browser.csrf();
        let mut body = Vec::new();
        let all = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        for (name, value) in all {
            let part = format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let request = Request::post(path)
            .header("host", "clinic")
            .header("cookie", browser.cookie())
            .header("content-type", "multipart/form-data; boundary=edge");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The answer with its body still to come.
    pub(super) async fn open(&self, browser: &Browser, path: &str) -> axum::response::Response {
        let request = Request::get(path)
            .header("host", "clinic")
            .header("cookie", browser.cookie());
        self.floor
            .answer(request.body(Body::empty()).unwrap())
            .await
    }

    /// Ends the session of a browser.
    pub(super) async fn end(&self, browser: &Browser) {
        let operator = Caller::operator();
        let ended = self.store.end_session(&operator, &browser.id).await;
        ended.unwrap();
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.floor.answer(request).await.into_parts();
        let text = body.collect().await.unwrap().to_bytes().to_vec();
        let header = |name| {
            parts
                .headers
                .get(name)
                .map_or(String::new(), |v| v.to_str().unwrap().to_owned())
        };
        Answer {
            status: parts.status,
            place: header(header::LOCATION),
            kind: header(header::CONTENT_TYPE),
            // A file that is no text is looked at by its beginning.
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

fn floor(store: &Store) -> Floor {
    let noting = store.clone();
    let ever = store.clone();
    let rights = rights(store).acting(move |caller, action, kind| {
        let (policies, now) = (ever.policies(), ever.now());
        let decision = decide(&policies, caller, action, kind, Purpose::Treatment, now);
        !matches!(decision, Decision::Deny)
    });
    let rights = rights.noting(move |caller, task, path| {
        let store = noting.clone();
        Box::pin(async move { Ok(store.page_refused(&caller, task, path).await?) })
    });
    let settings = aceso_web::site::Settings {
        clinic: "Riverside".into(),
        ribbon: None,
        entries: ENTRIES.to_vec(),
    };
    let staff = Staff::new(
        store.clone(),
        crate::Settings {
            clinic: "Riverside".into(),
            base: "https://clinic.example".into(),
            providers: Vec::new(),
            zone: Zone::named("Europe/Berlin").unwrap(),
            bands: WaitBands::default(),
            holidays: Vec::new(),
            antivirus: Some(antivirus()),
            week: Week::workdays(time(8, 0, 0, 0), time(18, 0, 0, 0)),
            makers: crate::Makers::default(),
            examine: crate::Examine::new(|| {
                let check = |id, said| crate::Examined {
                    id,
                    title: "Backups are made, the last within 48 hours",
                    weight: crate::Weight::High,
                    said,
                    found: "the last one is three days old".into(),
                    fix: "run `aceso backup run`".into(),
                };
                let checks = vec![
                    check("backups", crate::Said::Failed),
                    check("clock", crate::Said::Met),
                ];
                let facts = vec![("Release".to_owned(), "1.2.3".to_owned())];
                Box::pin(async move { Ok(crate::Outlook { checks, facts }) })
            }),
            check_redirect: |_, address| {
                if address.starts_with("https://") {
                    Ok(())
                } else {
                    Err(format!("{address} must begin with https://"))
                }
            },
        },
    );
    let site = Site::new(settings, sessions(store), rights, stamp()).with(&staff, ROUTES);
    Floor::new(site.router(), FloorSettings::default())
}

/// The value of a hidden field.
pub(super) fn hidden(page: &str, name: &str) -> String {
    let field = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = field.unwrap_or_else(|| panic!("no field {name}: {page}"));
    value.split('"').next().unwrap().replace("&amp;", "&")
}

/// Finds a virus in whatever says EICAR, and cannot search what says DOWN.
fn antivirus() -> crate::Antivirus {
    crate::Antivirus::new(|file| {
        let text = String::from_utf8_lossy(&file).into_owned();
        Box::pin(async move {
            match text {
                text if text.contains("DOWN") => Err("nobody listens".into()),
                text => Ok(text
                    .contains("EICAR")
                    .then(|| "Eicar-Test-Signature".to_owned())),
            }
        })
    })
}
