//! A store with a clock that is moved by hand, a subscriber's endpoint, and the deliverer between them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aceso_base::{Instant, ManualClock};
use aceso_egress::{Client, Limits, Trust};
use aceso_fhir::{Value, json};
use aceso_jobs::{Deliverer, Settings};
use aceso_policy::{ApiClient, Caller, Endpoints, Origin, Purpose, Scopes};
use aceso_store::{NewClient, Store, WriteError};
use aceso_vault::RootKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub(crate) struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Kit {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) deliverer: Deliverer,
    pub(crate) hook: Hook,
    pub(crate) dir: Dir,
}

/// A subscriber's endpoint: keeps what it hears, answers with the statuses given, then with 200.
pub(crate) struct Hook {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Hook {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(Vec::new()));
        let (all, next) = (Arc::clone(&heard), Arc::clone(&answers));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let text = hear(&mut stream).await;
                all.lock().unwrap().push(text);
                let status = next.lock().unwrap().pop().unwrap_or(200);
                let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self {
            url,
            heard,
            answers,
        }
    }

    /// What was heard since the last time.
    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    /// The next answers.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        *self.answers.lock().unwrap() = statuses.iter().rev().copied().collect();
    }
}

async fn hear(stream: &mut tokio::net::TcpStream) -> String {
    let mut text = String::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        text.push_str(str::from_utf8(&part[..count]).unwrap());
        let lower = text.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1);
        let length = length.and_then(|t| t.split("\r\n").next()?.parse().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if count == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
            return text;
        }
    }
}

fn open(dir: &Path, clock: Arc<ManualClock>) -> Store {
    let key = dir.join("key");
    let root = if key.exists() {
        RootKey::from_file(&key)
    } else {
        RootKey::create_file(&key)
    };
    let settings = aceso_store::Settings {
        cache_mib: 32,
        ..aceso_store::Settings::new(dir.join("data"))
    };
    Store::open(settings, &root.unwrap(), clock).unwrap()
}

async fn deliverer(store: &Store, url: &str) -> Deliverer {
    let endpoints = Endpoints::new(&[url]).unwrap();
    store.serve_subscriptions(endpoints.clone()).await.unwrap();
    let client = Client::new(endpoints, &Trust::Machine, Limits::default()).unwrap();
    let base = "https://clinic.example/fhir".to_owned();
    Deliverer::new(store.clone(), client, base, Settings::default()).unwrap()
}

impl Kit {
    pub(crate) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("aceso-jobs-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        let store = open(&path, Arc::clone(&clock));
        let hook = Hook::new().await;
        let deliverer = deliverer(&store, &hook.url).await;
        let kit = Self {
            store,
            clock,
            deliverer,
            hook,
            dir: Dir(path),
        };
        kit.register("all", "system/*.cruds").await;
        kit
    }

    /// The same after the program ended and was started again.
    pub(crate) async fn again(self) -> Self {
        let Self {
            store,
            clock,
            deliverer: old,
            hook,
            dir,
        } = self;
        drop((store, old));
        let store = open(&dir.0, Arc::clone(&clock));
        let deliverer = deliverer(&store, &hook.url).await;
        Self {
            store,
            clock,
            deliverer,
            hook,
            dir,
        }
    }

    pub(crate) async fn register(&self, id: &str, scopes: &str) {
        let new = NewClient {
            id: id.into(),
            name: id.into(),
            scopes: scopes.into(),
            jwks: None,
        };
        self.store
            .add_client(&Caller::operator(), new)
            .await
            .unwrap();
    }

    pub(crate) async fn create(&self, caller: &Caller, text: &str) -> Result<String, WriteError> {
        let mut tx = self.store.write(caller, Purpose::Treatment);
        let id = self.store.new_id();
        tx.create(&id, json::read(text.as_bytes()).unwrap())?;
        tx.commit().await?;
        Ok(id)
    }

    pub(crate) async fn update(&self, caller: &Caller, id: &str, text: &str) {
        let mut tx = self.store.write(caller, Purpose::Treatment);
        tx.update(id, json::read(text.as_bytes()).unwrap(), None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn subscription(&self, id: &str) -> Value {
        let reading = self.store.read(&Caller::operator(), Purpose::Operations);
        let stored = reading.fetch("Subscription", id).await.unwrap();
        json::read(&stored.body).unwrap()
    }

    pub(crate) async fn status(&self, id: &str) -> String {
        self.subscription(id)
            .await
            .str_at("status")
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn round(&self) -> Vec<String> {
        self.deliverer.round().await.unwrap();
        self.hook.heard()
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.clock.advance_millis(seconds * 1000);
    }

    pub(crate) fn wanting(&self, criteria: &str) -> String {
        wanting(criteria, &self.hook.url)
    }

    /// A subscription to a topic, its extension for filters, and what more its channel has.
    pub(crate) fn to_topic(
        &self,
        topic: &str,
        filter: &str,
        content: &str,
        channel: &str,
    ) -> String {
        const BACKPORT: &str =
            "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";
        format!(
            r#"{{"resourceType":"Subscription","status":"requested","reason":"r","criteria":"{topic}",
            "_criteria":{{"extension":[{{"url":"{BACKPORT}filter-criteria","valueString":"{filter}"}}]}},
            "channel":{{"type":"rest-hook","endpoint":"{}","payload":"application/fhir+json",
            "_payload":{{"extension":[{{"url":"{BACKPORT}payload-content","valueCode":"{content}"}}]}}{channel}}}}}"#,
            self.hook.url
        )
    }
}

pub(crate) fn wanting(criteria: &str, endpoint: &str) -> String {
    format!(
        r#"{{"resourceType":"Subscription","status":"requested","reason":"r","criteria":"{criteria}","channel":{{"type":"rest-hook","endpoint":"{endpoint}","payload":"application/fhir+json","header":["X-Test: 1"]}}}}"#
    )
}

pub(crate) fn client(id: &str, scopes: &str) -> Caller {
    let client = ApiClient {
        id: id.into(),
        scopes: Scopes::parse(scopes).unwrap(),
        patient: None,
        person: None,
    };
    Caller::client(Arc::new(client), Origin::default())
}

pub(crate) fn all() -> Caller {
    client("all", "system/*.cruds")
}
