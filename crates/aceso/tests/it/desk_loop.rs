//! The loop, with a desk's process and installations with stores of their own: published, known there with the reason, patched, proved,
//! counted. The five real records of OpenMRS and OpenEMR go the same way, from a mail on.

use std::sync::Arc;
use std::time::Instant;

use aceso_base::{Clock, SystemClock};
use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::case::{Stage as CaseStage, What};
use aceso_desk::deploy::{Exploited, Level, SelfTest, Standing};
use aceso_desk::matching::Facts;
use aceso_egress::Trust;
use aceso_jobs::advisories::{Advisories, Identity, Own, Settings, Source, Tested, Told};
use aceso_policy::{Caller, Job};
use aceso_store::{Adoption, Desk, DeskError, Settings as StoreSettings, Store};
use aceso_vault::RootKey;

use crate::desk_service::{
    advisory, approved, approved_of, beside, bill, person, publish, publish_with, serve,
};
use crate::stage::{Server, Stage};

const INSTALLATIONS: usize = 50;

/// A clinic with a store of its own.
struct Installation {
    store: Store,
    settings: Settings,
    source: Source,
    number: usize,
    _stage: Stage,
}

impl Installation {
    fn new(number: usize, server: &Server, level: Level) -> Self {
        let stage = Stage::new();
        let root = RootKey::create_file(&stage.dir.join("data.key")).unwrap();
        let settings = StoreSettings {
            cache_mib: 1,
            ..StoreSettings::new(stage.data())
        };
        let store = Store::open(settings, &root, Arc::new(SystemClock)).unwrap();
        let desk = format!("http://{}", server.address);
        let settings = Settings {
            desk: desk.clone(),
            key: key(server),
            stale_days: 14,
            exploited: Exploited::default(),
            identity: Identity {
                level,
                name: format!("Clinic {number}"),
                contact: format!("it@clinic-{number}.example"),
            },
        };
        Self {
            store,
            settings,
            source: Source::desk(&desk, &Trust::Machine, None).unwrap(),
            number,
            _stage: stage,
        }
    }

    /// The program in a release, made of these parts.
    fn running(&self, bill: Vec<u8>, version: &str, facts: Facts) -> Advisories {
        let passes = || SelfTest {
            passed: true,
            said: "the pages answer".into(),
        };
        let tested: Tested = Arc::new(move || Box::pin(async move { passes() }));
        let own = Own {
            version: version.into(),
            bill,
            facts,
        };
        let (source, settings) = (self.source.clone(), self.settings.clone());
        Advisories::new(self.store.clone(), source, own, settings, tested)
    }

    fn aceso(&self, version: &str) -> Advisories {
        let mut facts = Facts::default();
        facts.add("exposed", "loopback");
        self.running(bill(version, self.number).into_bytes(), version, facts)
    }

    async fn standing(&self) -> Option<Standing> {
        let said = self.store.standings(&Caller::job(Job::Verify)).await;
        said.unwrap().first().map(|one| one.standing)
    }
}

fn key(server: &Server) -> String {
    let (_, _, provider) = server.ask("GET", "/.well-known/csaf/provider-metadata.json", "", "");
    let provider: serde_json::Value = serde_json::from_str(&provider).unwrap();
    let key = provider["public_openpgp_keys"][0]["fingerprint"].as_str();
    key.unwrap().to_owned()
}

async fn vet_all(desk: &Desk) -> usize {
    let all = desk.installations(&person("mara")).await.unwrap();
    let waiting = all.iter().filter(|one| one.vetted_by.is_none());
    let mut count = 0;
    for one in waiting {
        desk.vet_installation(&person("mara"), one.id)
            .await
            .unwrap();
        count += 1;
    }
    count
}

async fn adoption(desk: &Desk, who: &str, advisory: &str) -> Adoption {
    desk.adoption(&person(who), advisory).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn d59_fifty_installations_know_why_within_a_minute_and_are_proved_patched_within_ten() {
    let stage = Stage::new();
    let server = serve(&stage, "");
    let desk = beside(&stage);
    let text = advisory();
    let id = text.id.clone();
    let (case, hash) = approved(&desk, text).await;
    let all: Vec<Installation> = (0..INSTALLATIONS)
        .map(|number| Installation::new(number, &server, Level::Named))
        .collect();
    for one in &all {
        one.aceso("0.9.1").turn().await.unwrap();
        assert_eq!(one.standing().await, None);
    }
    assert_eq!(vet_all(&desk).await, INSTALLATIONS);

    publish(&desk, &case, hash).await;
    let published = Instant::now();
    for one in &all {
        let turned = one.aceso("0.9.1").turn().await.unwrap();
        assert_eq!(turned.told, Some(Told::Taken));
        let findings = one.store.findings(&Caller::operator()).await.unwrap();
        assert!(findings[0].is_live() && findings[0].due.is_some());
        let because = findings[0].about.finding.because.join(" ");
        assert!(
            because.contains("0.9.1") && because.contains("exposed(loopback)"),
            "{because}"
        );
    }
    let known = published.elapsed();
    let affected = adoption(&desk, "mara", &id).await;
    assert_eq!((affected.named.known, affected.named.done), (50, 0));
    assert_eq!(affected.named.open["affected"], 50);
    // Who does not lead the case sees numbers and no names.
    assert_eq!(affected.laggards.map(|all| all.len()), Some(50));
    assert_eq!(adoption(&desk, "dev", &id).await.laggards, None);

    for one in &all {
        let turned = one.aceso("0.9.4").turn().await.unwrap();
        assert!(turned.receipt.is_some() && turned.told == Some(Told::Taken));
        assert_eq!(one.standing().await, Some(Standing::Patched));
        let receipts = one.store.receipts(&Caller::operator()).await.unwrap();
        assert_eq!(receipts[0].receipt.settled, std::slice::from_ref(&id));
    }
    let patched = published.elapsed();
    let done = adoption(&desk, "mara", &id).await;
    assert_eq!(
        (done.named.known, done.named.done, done.named.silent),
        (50, 50, 0)
    );
    assert_eq!(done.named.percent(), 100);
    assert_eq!(done.named.curve.last().unwrap().1, 50);
    let installations = desk.installations(&person("mara")).await.unwrap();
    assert!(
        installations
            .iter()
            .all(|one| one.receipt.as_ref().unwrap().version == "0.9.4")
    );
    eprintln!(
        "{INSTALLATIONS} installations, one after the other: affected and why after {} ms, patched and proved after {} ms, desk shows {}/{}",
        known.as_millis(),
        patched.as_millis(),
        done.named.done,
        done.named.known
    );
    assert!(known.as_secs() < 60 && patched.as_secs() < 600);

    // The case goes on by these figures.
    desk.say_coverage(&person("mara"), &case, done.seq)
        .await
        .unwrap();
    let said = desk.case(&person("mara"), &case).await.unwrap();
    assert_eq!(said.case.coverage, Some((100, Vec::new())));
}

#[tokio::test(flavor = "multi_thread")]
async fn d58_nothing_leaves_unless_it_is_chosen_and_a_rollout_does_not_end_by_a_word() {
    let stage = Stage::new();
    let server = serve(&stage, "");
    let desk = beside(&stage);
    let text = advisory();
    let id = text.id.clone();
    let (case, hash) = approved(&desk, text).await;
    let quiet = Installation::new(1, &server, Level::Nothing);
    let counted = Installation::new(2, &server, Level::Counters);
    let named = Installation::new(3, &server, Level::Named);
    publish(&desk, &case, hash).await;
    assert_eq!(quiet.aceso("0.9.1").turn().await.unwrap().told, None);
    counted.aceso("0.9.1").turn().await.unwrap();
    named.aceso("0.9.1").turn().await.unwrap();
    let before = adoption(&desk, "mara", &id).await;
    assert_eq!(
        (before.anonymous.known, before.named.known),
        (1, 0),
        "not vetted yet"
    );
    assert_eq!(vet_all(&desk).await, 1);
    let act = async |what: What| {
        let seen = desk.case(&person("mara"), &case).await.unwrap().case.seq;
        desk.act(&person("mara"), &case, seen, what).await
    };
    let all = What::CoverageSaid {
        percent: 100,
        laggards: Vec::new(),
    };
    let refused = act(all).await;
    assert!(matches!(refused, Err(DeskError::Rule(why)) if why.contains("say less")));
    let seq = adoption(&desk, "mara", &id).await.seq;
    desk.say_coverage(&person("mara"), &case, seq)
        .await
        .unwrap();
    let said = desk
        .case(&person("mara"), &case)
        .await
        .unwrap()
        .case
        .coverage;
    assert_eq!(said, Some((0, vec!["Clinic 3".to_owned()])));
    let early = act(What::Moved {
        to: CaseStage::Review,
    })
    .await;
    assert!(matches!(early, Err(DeskError::Rule(why)) if why.contains("only after the time")));

    counted.aceso("0.9.4").turn().await.unwrap();
    let after = adoption(&desk, "mara", &id).await;
    assert_eq!(
        (after.anonymous.known, after.anonymous.done),
        (1, 1),
        "its later answer took the place"
    );
    assert_eq!(
        after.named.done, 0,
        "nothing is decided by what anybody can say"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_by_its_key_or_is_older_or_too_much_is_refused() {
    let stage = Stage::new();
    let server = serve(&stage, "");
    let one = Installation::new(1, &server, Level::Named);
    let caller = Caller::job(Job::Verify);
    let statement = |minutes: i64| aceso_desk::deploy::Statement {
        name: "Clinic".into(),
        contact: String::new(),
        at: When::from(one.store.now()).plus_millis(minutes * 60_000),
        version: "0.9.1".into(),
        sbom: "ab".into(),
        standings: Vec::new(),
        failed: Vec::new(),
        receipt: None,
    };
    let send = |body: &str| server.ask("POST", "/api/statements", "", body).0;
    let first = one
        .store
        .sign_statement(&caller, &statement(0))
        .await
        .unwrap();
    let text = serde_json::to_string(&first).unwrap();
    assert_eq!(send(&text), 202, "it waits to be vetted");
    assert_eq!(send(&text), 422, "the same again");
    let older = one
        .store
        .sign_statement(&caller, &statement(-5))
        .await
        .unwrap();
    assert_eq!(send(&serde_json::to_string(&older).unwrap()), 422);
    let ahead = one
        .store
        .sign_statement(&caller, &statement(60))
        .await
        .unwrap();
    assert_eq!(send(&serde_json::to_string(&ahead).unwrap()), 422);
    let mut forged = one
        .store
        .sign_statement(&caller, &statement(1))
        .await
        .unwrap();
    forged.text = forged.text.replace("0.9.1", "0.9.4");
    assert_eq!(send(&serde_json::to_string(&forged).unwrap()), 422);
    assert_eq!(send("{}"), 400);
    let mut long = statement(2);
    long.sbom = "ab".repeat(40_000);
    let long = one.store.sign_statement(&caller, &long).await.unwrap();
    assert_eq!(send(&serde_json::to_string(&long).unwrap()), 422);
}

/// Real records, with a release that each names as affected, and the one that has the fix.
const REAL: [(&str, &str, &str); 4] = [
    ("CVE-2026-25744", "8.0.0.1", "8.0.0.2"),
    ("CVE-2026-32238", "8.0.0.1", "8.0.0.2"),
    ("CVE-2026-40076", "2.8.5", "2.8.6"),
    ("CVE-2026-41258", "2.7.8", "2.7.9"),
];

/// One part for each record, named as the record names its product; two of one product are told apart by where they are.
fn parts(records: &[Advisory], versions: [&str; 4]) -> Vec<u8> {
    let part = |(number, (record, version)): (usize, (&Advisory, &str))| {
        let product = &record.products[0];
        serde_json::json!({
            "type": "application", "name": product.product(), "group": product.vendor(), "version": version,
            "bom-ref": format!("part-{number}"),
        })
    };
    let all = records.iter().zip(versions).enumerate();
    let parts: Vec<serde_json::Value> = all.map(part).collect();
    let bill =
        serde_json::json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": parts});
    bill.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn real_records_go_from_a_mail_to_fifty_patched_installations() {
    let Some(files) = aceso_testkit::shared::archive("desk-data.tar.xz") else {
        return;
    };
    let stage = Stage::new();
    let server = serve(&stage, "");
    let desk = beside(&stage);
    let mut records = Vec::new();
    for (name, ..) in REAL {
        let path = format!("emr/{name}.json");
        let (_, bytes) = files.iter().find(|(p, _)| p.ends_with(&path)).unwrap();
        let mut record = aceso_desk::advisory::read(bytes).unwrap().advisory;
        let now = When::from(SystemClock.now()).plus_hours(-1);
        (record.initial, record.current) = (now, now);
        records.push(record);
    }
    let all: Vec<Installation> = (0..INSTALLATIONS)
        .map(|number| Installation::new(number, &server, Level::Named))
        .collect();
    for record in &records {
        let words = record.vulnerabilities[0].described().unwrap();
        let mail = format!(
            "From: finder@example.org\r\nSubject: {}\r\n\r\n{words}\r\n",
            record.title
        );
        let product = record.products[0].product().to_owned();
        let (case, hash) = approved_of(&desk, (&product, &mail), record.clone()).await;
        publish_with(&desk, &case, hash).await;
    }
    let published = Instant::now();
    let affected = parts(&records, REAL.map(|(_, affected, _)| affected));
    let fixed = parts(&records, REAL.map(|(.., fixed)| fixed));
    for one in &all {
        let turned = one
            .running(affected.clone(), "1", Facts::default())
            .turn()
            .await
            .unwrap();
        let opened = turned.taken.unwrap().opened;
        assert!(opened.len() >= REAL.len(), "{opened:?}");
    }
    let known = published.elapsed();
    assert_eq!(vet_all(&desk).await, INSTALLATIONS);
    for one in &all {
        let turned = one
            .running(fixed.clone(), "2", Facts::default())
            .turn()
            .await
            .unwrap();
        assert_eq!(turned.told, Some(Told::Taken));
        let receipts = one.store.receipts(&Caller::operator()).await.unwrap();
        assert_eq!(receipts[0].receipt.settled.len(), REAL.len());
    }
    let patched = published.elapsed();
    for (name, ..) in REAL {
        let shown = adoption(&desk, "mara", name).await.named;
        assert_eq!(
            (shown.known, shown.done, shown.percent()),
            (50, 50, 100),
            "{name}"
        );
    }
    eprintln!(
        "{} real records, {INSTALLATIONS} installations: affected and why after {} ms, patched and proved after {} ms",
        REAL.len(),
        known.as_millis(),
        patched.as_millis()
    );
    assert!(known.as_secs() < 60 && patched.as_secs() < 600);
}
