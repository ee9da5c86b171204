//! An installation and a desk's signed directory: affected, patched, proved; stale, rolled back, wrongly signed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aceso_base::{Clock, Instant, ManualClock};
use aceso_desk::When;
use aceso_desk::advisory::{Advisory, Level, csaf};
use aceso_desk::deploy::{Exploited, SelfTest, Standing};
use aceso_desk::matching::Facts;
use aceso_desk::severity::Severity;
use aceso_policy::{Caller, Job, Origin, Person, Purpose, Role, Session, Strength};
use aceso_shield::alert::Kind;
use aceso_store::{AlertList, Decide, Decision, Store};
use aceso_testkit::site::Scratch;
use aceso_vault::{PgpSigner, RootKey};

use super::{Advisories, Identity, Own, PullError, Settings, Source, Tested};
use crate::Alerter;

const DESK: &str = "https://desk.example";
const DAY: i64 = 86_400_000;

struct Bench {
    clock: Arc<ManualClock>,
    store: Store,
    signer: PgpSigner,
    feed: PathBuf,
    _dir: Scratch,
}

impl Bench {
    fn new() -> Self {
        let dir = Scratch::new("advisories");
        let root = RootKey::create_file(&dir.path().join("key")).unwrap();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_000_000_000)));
        let store = Store::open(dir.settings(), &root, clock.clone()).unwrap();
        Self {
            clock,
            store,
            signer: PgpSigner::new(&[7; 32], "Desk <security@desk.example>").unwrap(),
            feed: dir.path().join("bundle"),
            _dir: dir,
        }
    }

    fn now(&self) -> When {
        When::from(self.clock.now())
    }

    fn put(&self, path: &str, bytes: &[u8], by: &PgpSigner) {
        let file = self.feed.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let at = u32::try_from(self.now().millis() / 1000).unwrap();
        let text = std::str::from_utf8(bytes).unwrap();
        std::fs::write(&file, bytes).unwrap();
        let beside = Path::new(&self.feed).join(format!("{path}.asc"));
        std::fs::write(beside, by.sign(text.as_bytes(), at)).unwrap();
    }

    /// The desk's directory with these advisories, signed now by this key.
    fn publish(&self, advisories: &[Advisory], by: &PgpSigner) {
        const CSAF: &str = ".well-known/csaf";
        let key = format!("{CSAF}/openpgp/{}.asc", self.signer.fingerprint());
        self.put(&key, self.signer.public().as_bytes(), &self.signer);
        let mut entries = Vec::new();
        for one in advisories {
            let path = format!("{CSAF}/white/2026/{}.json", one.id.to_lowercase());
            self.put(&path, csaf::write(one).to_string().as_bytes(), by);
            entries.push(serde_json::json!({
                "id": one.id, "updated": one.current, "content": {"src": format!("{DESK}/{path}")},
            }));
        }
        let feed = serde_json::json!({"feed": {"entry": entries}}).to_string();
        self.put(&format!("{CSAF}/feed-tlp-white.json"), feed.as_bytes(), by);
    }

    /// This release of the program over the directory.
    fn running(&self, version: &str) -> Advisories {
        let mut facts = Facts::default();
        facts.add("module", "portal");
        facts.add("exposed", "internet");
        let own = Own {
            version: version.into(),
            bill: format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
                {{"type":"application","name":"aceso","version":"{version}","purl":"pkg:cargo/aceso@{version}"}}]}}"#
            )
            .into_bytes(),
            facts,
        };
        let settings = Settings {
            desk: DESK.into(),
            key: self.signer.fingerprint(),
            stale_days: 14,
            exploited: Exploited::default(),
            identity: Identity::default(),
        };
        let passes = || SelfTest {
            passed: true,
            said: "12 audit entries verified".into(),
        };
        let tested: Tested = Arc::new(move || Box::pin(async move { passes() }));
        let source = Source::Directory(self.feed.clone());
        Advisories::new(self.store.clone(), source, own, settings, tested)
    }

    async fn alerts(&self) -> Vec<(Kind, String)> {
        // The log has all that was done by now.
        self.store.audit_head().unwrap();
        Alerter::new(self.store.clone(), None).look().await.unwrap();
        let olga = Caller::operator();
        let all = self.store.alerts(&olga, AlertList::Open).await.unwrap();
        all.into_iter().map(|a| (a.kind, a.text)).collect()
    }
}

fn person(name: &str, role: Role) -> Caller {
    let person = Person {
        account: name.into(),
        name: name.into(),
        roles: vec![role],
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Operations),
    };
    Caller::person(Arc::new(person), Origin::default())
}

fn advisory() -> Advisory {
    let text = include_str!("../../../desk/tests/data/ACESO-2026-0001.json");
    serde_json::from_str(text).unwrap()
}

fn machine() -> Caller {
    Caller::job(Job::Verify)
}

#[tokio::test]
async fn d57_from_the_feed_to_the_receipt_each_step_is_kept_and_explained() {
    let bench = Bench::new();
    bench.publish(&[advisory()], &bench.signer);
    let turned = bench.running("0.9.1").turn().await.unwrap();
    let opened = turned.taken.unwrap().opened;
    assert!(
        opened[0].starts_with("ACESO-2026-0001: aceso 0.9.1"),
        "{opened:?}"
    );
    assert_eq!(
        turned.receipt,
        Some(1),
        "the first release is on record, too"
    );
    let (waiting, overdue) = bench.store.findings_waiting(&machine()).await.unwrap();
    assert_eq!((waiting, overdue), (1, 0));
    let alerts = bench.alerts().await;
    assert!(
        alerts
            .iter()
            .any(|(kind, text)| *kind == Kind::Affected && text.contains("0.9.1")),
        "{alerts:?}"
    );
    let before = bench.store.standings(&machine()).await.unwrap();
    assert_eq!(before[0].standing, Standing::Affected);
    // Nothing is new: nothing is matched, and no second receipt made.
    let again = bench.running("0.9.1").turn().await.unwrap();
    assert_eq!((again.taken, again.receipt), (None, None));
    bench.clock.advance_millis(DAY);
    bench.publish(&[advisory()], &bench.signer);
    let patched = bench.running("0.9.4").turn().await.unwrap();
    assert_eq!(patched.taken.unwrap().settled, ["ACESO-2026-0001"]);
    let after = bench.store.standings(&machine()).await.unwrap();
    assert_eq!(after[0].standing, Standing::Patched, "{after:?}");
    let receipts = bench.store.receipts(&machine()).await.unwrap();
    let last = &receipts[0];
    assert_eq!(last.receipt.before.as_deref(), Some("0.9.1"));
    assert_eq!(last.receipt.settled, ["ACESO-2026-0001"]);
    assert!(last.receipt.self_test.passed && last.receipt.sbom.len() == 64);
    assert_eq!(last.signed.key, bench.store.installation_key().unwrap());
    let findings = bench.store.findings(&machine()).await.unwrap();
    let gone = findings.iter().filter(|f| f.gone).count();
    assert_eq!(
        (findings.len(), gone),
        (2, 1),
        "what was there stays, and says that it is gone"
    );
}

#[tokio::test]
async fn hn9_a_match_starts_the_clock_and_neither_a_new_text_nor_an_end_of_a_decision_gives_more_time()
 {
    let bench = Bench::new();
    let mut graver = advisory();
    graver.severity.as_mut().unwrap().level = Level::Ours(Severity::Critical);
    bench.publish(&[graver.clone()], &bench.signer);
    let began = bench.store.now();
    bench.running("0.9.1").turn().await.unwrap();
    let one = async || bench.store.findings(&machine()).await.unwrap().remove(0);
    let found = one().await;
    assert!(
        found.due.unwrap() <= began.plus_millis(15 * DAY),
        "{found:?}"
    );
    let due = found.due;
    bench.clock.advance_millis(10 * DAY);
    graver.current = bench.now();
    bench.publish(&[graver.clone()], &bench.signer);
    bench.running("0.9.1").turn().await.unwrap();
    assert_eq!(one().await.due, due, "a new text is no new match");
    bench.clock.advance_millis(5 * DAY);
    let waiting = bench.store.findings_waiting(&machine()).await.unwrap();
    assert_eq!(waiting, (1, 1));
    // The update ends it.
    bench.publish(&[graver], &bench.signer);
    bench.running("0.9.4").turn().await.unwrap();
    let waiting = bench.store.findings_waiting(&machine()).await.unwrap();
    assert_eq!(waiting, (0, 0));
}

#[tokio::test]
async fn d56_a_risk_is_accepted_by_two_until_a_day_and_a_decision_holds_for_its_text() {
    let bench = Bench::new();
    bench.publish(&[advisory()], &bench.signer);
    bench.running("0.9.1").turn().await.unwrap();
    let ada = person("ada", Role::ADMINISTRATOR);
    let olga = person("olga", Role::SECURITY_OFFICER);
    let clara = person("clara", Role::CLINICIAN);
    let store = &bench.store;
    let id = store.findings(&ada).await.unwrap()[0].id.clone();
    let one = async || store.finding(&machine(), &id).await.unwrap();
    let decide = async |who: &Caller, what: Decide| {
        let version = one().await.version;
        store.decide_finding(who, &id, version, what).await
    };
    let until = store.now().plus_millis(30 * DAY);
    let accept = |until| Decide::Accept {
        why: "the portal is off".into(),
        until,
    };
    assert!(
        decide(&clara, accept(until)).await.is_err(),
        "a clinician does not decide"
    );
    assert!(store.findings(&clara).await.is_err());
    assert!(
        decide(&ada, accept(store.now())).await.is_err(),
        "it has to end"
    );
    assert!(
        decide(&ada, accept(until.plus_millis(365 * DAY)))
            .await
            .is_err()
    );
    decide(&ada, accept(until)).await.unwrap();
    assert_eq!(one().await.decision, Decision::Open);
    assert!(decide(&ada, Decide::Agree).await.is_err(), "not who asks");
    decide(&olga, Decide::Agree).await.unwrap();
    assert_eq!(one().await.decision, Decision::Accepted);
    assert!(
        store
            .decide_finding(&ada, &id, 1, Decide::Update)
            .await
            .is_err(),
        "stale"
    );

    // The day comes.
    bench.clock.advance_millis(31 * DAY);
    bench.publish(&[advisory()], &bench.signer);
    bench.running("0.9.1").turn().await.unwrap();
    let open = one().await;
    assert_eq!(open.decision, Decision::Open);
    assert!(open.is_overdue(store.now()));

    // A mitigation holds until the advisory says something else.
    decide(&ada, Decide::Mitigate("the portal is off".into()))
        .await
        .unwrap();
    bench.running("0.9.1").turn().await.unwrap();
    assert_eq!(one().await.decision, Decision::Mitigated);
    let mut changed = advisory();
    changed.current = bench.now();
    bench.publish(&[changed], &bench.signer);
    bench.running("0.9.1").turn().await.unwrap();
    let open = one().await;
    assert_eq!(open.decision, Decision::Open);
    assert!(
        open.notes
            .iter()
            .any(|n| n.text.contains("to be decided again"))
    );
}

#[tokio::test]
async fn a_feed_that_is_stale_rolled_back_or_wrongly_signed_is_an_alert_and_changes_nothing() {
    let bench = Bench::new();
    bench.publish(&[advisory()], &bench.signer);
    bench.running("0.9.1").turn().await.unwrap();
    let other = PgpSigner::new(&[8; 32], "Desk <security@desk.example>").unwrap();
    bench.clock.advance_millis(DAY);
    bench.publish(&[], &other);
    let refused = bench.running("0.9.1").turn().await.unwrap_err();
    assert!(matches!(refused, PullError::Refused(_)), "{refused}");
    bench.publish(&[], &bench.signer);
    let lost = bench.running("0.9.1").turn().await.unwrap_err().to_string();
    assert!(lost.contains("is not any more"), "{lost}");
    assert_eq!(bench.store.findings_waiting(&machine()).await.unwrap().0, 1);
    let alerts = bench.alerts().await;
    assert!(
        alerts.iter().any(|(kind, _)| *kind == Kind::FeedTrouble),
        "{alerts:?}"
    );

    // A desk that nobody reaches is no alarm at once, and one when its last word is too old.
    std::fs::remove_dir_all(&bench.feed).unwrap();
    bench.clock.advance_millis(20 * DAY);
    let gone = bench.running("0.9.1").turn().await.unwrap_err();
    assert!(matches!(gone, PullError::Unreachable(_)), "{gone}");
    let feed = bench.store.advisory_feed(&machine()).await.unwrap();
    assert!(feed.trouble.unwrap().contains("more than 14 days ago"));
}

#[tokio::test]
async fn d52_a_decision_is_kept_under_vulnerability_and_component_and_holds_for_no_other() {
    let bench = Bench::new();
    let first = advisory();
    let mut second = advisory();
    second.id = "ACESO-2026-0002".into();
    second.vulnerabilities[0].cve = Some("CVE-2026-99999".into());
    bench.publish(&[first, second], &bench.signer);
    bench.running("0.9.1").turn().await.unwrap();
    let ada = person("ada", Role::ADMINISTRATOR);
    let all = bench.store.findings(&ada).await.unwrap();
    assert_eq!(all.len(), 2);
    let not = Decide::NotAffected {
        justification: aceso_desk::advisory::Justification::VulnerableCodeNotInExecutePath,
        why: "the portal is off".into(),
    };
    bench
        .store
        .decide_finding(&ada, &all[0].id, 1, not)
        .await
        .unwrap();
    let said = bench.store.standings(&ada).await.unwrap();
    let said: Vec<Standing> = said.into_iter().map(|s| s.standing).collect();
    assert_eq!(said, [Standing::NotAffected, Standing::Affected]);
}
