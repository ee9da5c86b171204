//! A clinic with a store, people who sign in, and a browser for each.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, ManualClock, Secret};
use aceso_clinic::schedule::{WaitBands, Week, Zone};
use aceso_fhir::search::{Options, parse};
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Decision, FhirUser, Origin, Place, Purpose, Role, Strength, decide};
use aceso_store::{
    CredentialSecret, Enrol, FoundSession, LinkKind, NewAccount, NewCredential, NewLink,
    NewSession, Proof, Redeem, SessionState, Settings, Store, UserName,
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
use jiff::civil::time;

use crate::{ENTRIES, ROUTES, Staff};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;

pub(super) struct Clinic {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    floor: Floor,
    dir: PathBuf,
}

/// Somebody's browser.
pub(super) struct Browser {
    pub(super) account: String,
    token: String,
    session: String,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) text: String,
}

impl Clinic {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "aceso-staff-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        // 2026-03-04T12:00:00Z, a Wednesday.
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
        let settings = Settings {
            cache_mib: 16,
            allow_dangling: true,
            ..Settings::new(dir.join("data"))
        };
        let store = Store::open(settings, &root, clock.clone()).unwrap();
        let floor = floor(&store);
        Self {
            store,
            clock,
            floor,
            dir,
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
        let user = user.and_then(FhirUser::parse);
        let new = NewAccount {
            user_name: UserName::parse(name).unwrap(),
            display: format!("{name} Example"),
            email: None,
            patients: user
                .iter()
                .filter(|u| u.kind.name() == "Patient")
                .map(|u| u.id.clone())
                .collect(),
            fhir_user: user,
            roles: roles.to_vec(),
            facilities: Vec::new(),
            not_after: None,
            enrol: Enrol::No,
        };
        let operator = Caller::operator();
        let account = self.store.add_account(&operator, new).await.unwrap();
        let link = NewLink {
            hash: sha256(&random::<32>().unwrap()),
            kind: LinkKind::Invitation,
            account,
            ends: self.store.now().plus_millis(HOUR),
        };
        self.store.make_link(&operator, link.clone()).await.unwrap();
        let credential = NewCredential {
            label: String::new(),
            secret: CredentialSecret::Password(Secret::new(
                "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".to_owned(),
            )),
        };
        self.store
            .redeem(&sign_in(), link.hash, Redeem::TakeUp(credential))
            .await
            .unwrap()
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
        let token = token();
        let new = NewSession {
            hash: sha256(token.as_bytes()),
            account: account.to_owned(),
            state: SessionState::Full,
            strength: Strength::Two,
            address: None,
            agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned(),
            device: None,
        };
        let session = self
            .store
            .make_session(&sign_in(), new, None)
            .await
            .unwrap();
        Browser {
            account: account.to_owned(),
            token,
            session,
        }
    }

    /// A person with these roles, signed in.
    pub(super) async fn signed_in(&self, name: &str, roles: &[Role]) -> Browser {
        let account = self.person(name, roles).await;
        self.browser(&account).await
    }

    /// The person proves again who they are.
    pub(super) async fn step_up(&self, browser: &mut Browser) {
        let next = token();
        let proof = Proof::StepUp {
            until: self.store.now().plus_millis(10 * MINUTE),
            strength: Strength::Two,
        };
        let (old, new) = (sha256(browser.token.as_bytes()), sha256(next.as_bytes()));
        self.store
            .prove_session(&sign_in(), &old, new, proof)
            .await
            .unwrap();
        browser.token = next;
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
        let body: Vec<String> = all
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        let request = Request::post(path)
            .header("host", "clinic")
            .header("cookie", browser.cookie())
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.join("&"))).unwrap())
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
        let ended = self.store.end_session(&operator, &browser.session).await;
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

impl Browser {
    fn cookie(&self) -> String {
        format!("__Host-aceso={}", self.token)
    }

    fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(stamp(format!("session {}", self.session).as_bytes()))
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn floor(store: &Store) -> Floor {
    let look = store.clone();
    let sessions = Sessions::new(move |token, origin| {
        let store = look.clone();
        Box::pin(async move {
            let found = store.session(&sha256(token.as_bytes())).await?;
            Ok(found.and_then(|found| signed_in(&found, origin)))
        })
    });
    let of = store.clone();
    let noting = store.clone();
    let ever = store.clone();
    let rights = Rights::new(move |caller, task| of.policies().may(caller, task, of.now()));
    let rights = rights.acting(move |caller, action, kind| {
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
            week: Week::workdays(time(8, 0, 0, 0), time(18, 0, 0, 0)),
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
    let site = Site::new(settings, sessions, rights, Stamp::new(stamp)).with(&staff, ROUTES);
    Floor::new(site.router(), FloorSettings::default())
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

fn sign_in() -> Caller {
    Caller::sign_in(Origin::default())
}

fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>().unwrap())
}

fn stamp(text: &[u8]) -> [u8; 32] {
    sha256_chain(&[b"key", text])
}

/// The value of a hidden field.
pub(super) fn hidden(page: &str, name: &str) -> String {
    let field = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = field.unwrap_or_else(|| panic!("no field {name}: {page}"));
    value.split('"').next().unwrap().replace("&amp;", "&")
}

pub(super) fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(b).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
