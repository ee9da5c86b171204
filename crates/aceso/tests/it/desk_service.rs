//! `aceso desk serve` as a process, and the installations that ask it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use aceso_base::{Clock, SystemClock};
use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::calendar::Calendar;
use aceso_desk::case::*;
use aceso_desk::report::Dkim;
use aceso_desk::severity::Policy;
use aceso_deskweb::{Mailed, receive_mail};
use aceso_policy::{Caller, Origin, Person, Purpose, Role as Rights, Session, Strength};
use aceso_store::{CaseQuestion, Desk, Settings, Store};
use aceso_vault::RootKey;

use crate::stage::{Server, Stage};

/// Serves a desk at an address of its own.
pub(crate) fn serve(stage: &Stage, more: &str) -> Server {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let listen = format!("http://{address}");
    let config = stage.file(
        "desk.toml",
        format!("[listen]\npublic = \"{listen}\"\n{more}"),
    );
    let config = config.to_str().unwrap();
    let args = ["desk", "serve", "--listen", &listen, "--config", config];
    let mut command = stage.command(&args);
    command.stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.contains(&listen), "{line}");
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    Server { child, address }
}

/// The desk beside the server, in this process.
pub(crate) fn beside(stage: &Stage) -> Desk {
    let root = RootKey::from_file(&stage.dir.join("data.key")).unwrap();
    let settings = Settings {
        cache_mib: 16,
        ..Settings::new(stage.data())
    };
    let store = Store::open_desk(settings, &root, Arc::new(SystemClock)).unwrap();
    let rules = Rules {
        policy: Policy::ceiling(),
        calendar: Calendar::plain(),
        coverage: 90,
    };
    Desk::new(store, rules)
}

pub(crate) fn person(name: &str) -> Caller {
    let person = Person {
        account: name.into(),
        name: name.into(),
        roles: vec![Rights::SECURITY_OFFICER],
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Operations),
    };
    Caller::person(Arc::new(person), Origin::default())
}

async fn does(desk: &Desk, case: &str, who: &str, what: What) {
    let seen = desk.case(&person("mara"), case).await.unwrap().case.seq;
    let done = desk.act(&person(who), case, seen, what.clone()).await;
    assert!(done.is_ok(), "{who} {what:?}: {done:?}");
}

const MAIL: &str = "From: fin@finder.example\r\nSubject: Documents of others\r\n\r\n\
    In Aceso 0.9.0 an attacker can read documents of others.\r\n1. GET /portal/documents/2\r\nThe response was the document.\r\n";

/// A case up to the approvals, by the shortest way that its guards leave open.
pub(crate) async fn approved(desk: &Desk, advisory: Advisory) -> (String, ContentHash) {
    approved_of(desk, ("Aceso", MAIL), advisory).await
}

/// The same, from a mail about a product.
pub(crate) async fn approved_of(
    desk: &Desk,
    (product, mail): (&str, &str),
    advisory: Advisory,
) -> (String, ContentHash) {
    let taken = receive_mail(desk, &[product.into()], mail.as_bytes(), Dkim::None).await;
    let Ok(Mailed::Report(sent)) = taken else {
        panic!("{taken:?}");
    };
    let (case, report) = (sent.received.case, sent.received.report);
    desk.take_case(&person("mara"), &case).await.unwrap();
    let join = |who: &str, role| What::Joined {
        party: PartyId(who.into()),
        roles: BTreeSet::from([role, Role::Reviewer]),
    };
    for (who, role) in [
        ("owen", Role::Owner),
        ("dev", Role::Developer),
        ("tess", Role::Tester),
        ("cora", Role::Coordinator),
    ] {
        does(desk, &case, "mara", join(who, role)).await;
        let need = What::NeedSet {
            party: PartyId(who.into()),
            need: Need::ToKnow,
        };
        does(desk, &case, "mara", need).await;
        does(
            desk,
            &case,
            who,
            What::ConflictSaid {
                conflict: Conflict::None,
            },
        )
        .await;
    }
    // The public knows: two people publish at once.
    does(desk, &case, "mara", What::Acknowledged { report }).await;
    does(
        desk,
        &case,
        "mara",
        What::BitSet {
            bit: Bit::PublicAware,
        },
    )
    .await;
    let seen = desk.case(&person("mara"), &case).await.unwrap().case.seq;
    desk.save_text(&person("owen"), &case, seen, advisory)
        .await
        .unwrap();
    let hash = desk
        .case(&person("mara"), &case)
        .await
        .unwrap()
        .text
        .unwrap()
        .hash;
    (case, hash)
}

pub(crate) async fn publish(desk: &Desk, case: &str, hash: ContentHash) {
    assert_eq!(
        publish_with(desk, case, hash).await,
        Vec::<String>::new(),
        "nothing is to follow"
    );
}

/// Publishes it with what is to follow; gives that.
pub(crate) async fn publish_with(desk: &Desk, case: &str, hash: ContentHash) -> Vec<String> {
    let file = desk.case(&person("mara"), case).await.unwrap();
    let to_follow = file.case.draft.unwrap().draft.errors;
    let what = What::EmergencyPublished {
        hash,
        second: PartyId("owen".into()),
        why: "it is in a forum".into(),
        to_follow: to_follow.clone(),
    };
    desk.publish(&person("mara"), case, file.case.seq, what)
        .await
        .unwrap();
    to_follow
}

/// The record that the tests of `desk` have, of now and for installations on the loopback.
pub(crate) fn advisory() -> Advisory {
    let text = include_str!("../../../desk/tests/data/ACESO-2026-0001.json");
    let mut advisory: Advisory = serde_json::from_str(text).unwrap();
    let now = When::from(SystemClock.now()).plus_hours(-1);
    (advisory.initial, advisory.current) = (now, now);
    advisory.revisions[0].at = now;
    advisory.products[0].when = Some("exposed(loopback)".into());
    advisory
}

pub(crate) fn bill(version: &str, number: usize) -> String {
    format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:00000000-0000-4000-8000-{number:012}",
        "components": [{{"type": "application", "name": "aceso", "version": "{version}", "purl": "pkg:cargo/aceso@{version}"}}]}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn within_a_minute_of_publication_fifty_installations_know_that_they_are_affected_and_why() {
    let stage = Stage::new();
    let server = serve(&stage, "");
    let desk = beside(&stage);
    let (case, hash) = approved(&desk, advisory()).await;
    let (_, _, provider) = server.ask("GET", "/.well-known/csaf/provider-metadata.json", "", "");
    let provider: serde_json::Value = serde_json::from_str(&provider).unwrap();
    let key = provider["public_openpgp_keys"][0]["fingerprint"]
        .as_str()
        .unwrap();
    let config = |more: &str| {
        format!(
            "[advisories]\ndesk = \"http://{}\"\nkey = \"{key}\"\n{more}",
            server.address
        )
    };
    let installations: Vec<Stage> = (0..50).map(|_| Stage::new()).collect();
    for (number, one) in installations.iter().enumerate() {
        one.file("data/aceso.toml", config(""));
        // Every tenth is patched already.
        let version = if number % 10 == 0 { "0.9.4" } else { "0.9.1" };
        one.file("bill.json", bill(version, number));
    }
    let check = |one: &Stage| one.run(&["advisories", "check", "--sbom", "bill.json", "--json"]);
    assert_eq!(check(&installations[1]).status.code(), Some(0));

    publish(&desk, &case, hash).await;
    let published = Instant::now();
    let mut affected = 0;
    for (number, one) in installations.iter().enumerate() {
        let out = check(one);
        let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let wanted = usize::from(number % 10 != 0);
        assert_eq!(told["open"], wanted, "{told}");
        assert_eq!(out.status.code(), Some(i32::try_from(wanted).unwrap()));
        if wanted == 1 {
            let because = told["findings"][0]["because"].to_string();
            assert!(because.contains("0.9.1"), "{because}");
            affected += 1;
        }
    }
    let took = published.elapsed();
    assert_eq!(affected, 45);
    eprintln!(
        "50 installations, one after the other: {} ms",
        took.as_millis()
    );
    assert!(took.as_secs() < 60, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_another_key_signed_or_that_was_changed_is_refused() {
    let stage = Stage::new();
    let server = serve(&stage, "");
    let desk = beside(&stage);
    let (case, hash) = approved(&desk, advisory()).await;
    publish(&desk, &case, hash).await;
    let (_, _, provider) = server.ask("GET", "/.well-known/csaf/provider-metadata.json", "", "");
    let provider: serde_json::Value = serde_json::from_str(&provider).unwrap();
    let key = provider["public_openpgp_keys"][0]["fingerprint"]
        .as_str()
        .unwrap();
    let one = Stage::new();
    let config = |key: &str| {
        let text = format!(
            "[advisories]\ndesk = \"http://{}\"\nkey = \"{key}\"\n",
            server.address
        );
        one.file("data/aceso.toml", text);
    };
    config(&"AB".repeat(20));
    let check = |args: &[&str]| {
        let out = one.run(&[&["advisories", "check"][..], args].concat());
        (out.status.code(), crate::stage::text(&out.stderr))
    };
    assert!(
        check(&[])
            .1
            .contains("does not have the key that is configured")
    );
    config(key);
    // 0.1.0, as this program is, has not the part that the advisory is about.
    assert_eq!(check(&["--save", "bundle"]).0, Some(0));
    assert_eq!(check(&["--from", "bundle"]).0, Some(0));
    let feed = one.dir.join("bundle/.well-known/csaf/feed-tlp-white.json");
    let text = std::fs::read_to_string(&feed).unwrap();
    std::fs::write(&feed, format!("{text} ")).unwrap();
    let (code, said) = check(&["--from", "bundle"]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("is refused") && said.contains("signature does not hold"),
        "{said}"
    );
}

#[test]
fn a_desk_and_a_clinic_do_not_serve_each_others_directories() {
    let clinic = Stage::new();
    clinic.token("a", "system/*.rs");
    let user = ["user", "add", "ana", "--role", "administrator"];
    clinic.expect(&user, 0);
    let refused = clinic.run(&["desk", "serve", "--listen", "http://127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(crate::stage::text(&refused.stderr).contains("holds a clinic's record"));
    let desk = Stage::new();
    drop(serve(&desk, ""));
    let refused = desk.run(&["serve", "--listen", "http://127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(crate::stage::text(&refused.stderr).contains("is a response desk's directory"));
    desk.expect(&["verify"], 0);
    desk.expect(&["audit", "verify"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_the_maildir_becomes_a_case_and_is_marked() {
    let stage = Stage::new();
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(stage.dir.join("mail").join(part)).unwrap();
    }
    stage.file("mail/new/1.a.host", MAIL);
    stage.file(
        "mail/new/2.b.host",
        "From: eve@evil.example\r\nSubject: hi\r\n\r\nBounty please\r\n",
    );
    let maildir = stage.dir.join("mail");
    let _server = serve(
        &stage,
        &format!("[desk]\nmaildir = \"{}\"\n", maildir.display()),
    );
    let desk = beside(&stage);
    let (taken, refused) = (
        maildir.join("cur/1.a.host:2,S"),
        maildir.join("cur/2.b.host:2,F"),
    );
    let start = Instant::now();
    while !(taken.exists() && refused.exists()) {
        assert!(start.elapsed().as_secs() < 30, "the mails stay in new/");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let asked = aceso_store::CaseQuestion::default();
    let cases = desk.cases(&person("mara"), asked).await.unwrap().rows;
    assert_eq!(cases.len(), 1);
    // The same mail again, as after a crash between commit and move.
    stage.file("mail/new/3.c.host", MAIL);
    let again = maildir.join("cur/3.c.host:2,S");
    while !again.exists() {
        assert!(start.elapsed().as_secs() < 60, "the mail stays in new/");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let file = desk.case(&person("mara"), &cases[0].id).await.unwrap();
    assert_eq!(file.reports.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ha6_an_incident_is_handed_over_to_a_desk_that_runs_and_is_a_case_there() {
    let (clinic, makers) = (Stage::new(), Stage::new());
    clinic.token("any", "system/*.rs");
    let opened = clinic.json(&["incident", "open", "Charts open twice"], 0);
    let id = opened["id"].as_str().unwrap();
    let steps =
        "Sign in as a nurse, open /patients/new twice; the response was another patient's chart";
    let hand_over = ["incident", "hand-over", id, "--steps", steps];
    clinic.expect(&hand_over, 1);
    let server = serve(&makers, "");
    let config = |key: &str| format!("[advisories]\ndesk = \"http://{}\"\n{key}", server.address);
    clinic.file("data/aceso.toml", config(""));
    let shown = clinic.expect(&[&hand_over[..], &["--dry-run"]].concat(), 0);
    assert!(shown.contains("Charts open twice"), "{shown}");
    let desk = beside(&makers);
    let cases = async || {
        let all = desk.cases(&person("mara"), CaseQuestion::default()).await;
        all.unwrap().rows
    };
    assert!(cases().await.is_empty(), "shown, and not sent");

    let said = clinic.expect(&hand_over, 0);
    let all = cases().await;
    assert_eq!(all.len(), 1, "{all:?}");
    let (number, status) = said.rsplit_once(": ").unwrap();
    assert!(number.contains("handed over to http://"), "{said}");
    // The secret page says how it stands, without an account.
    let path = status.trim().split_once(&server.address).unwrap().1;
    let (code, _, page) = server.ask("GET", path, "", "");
    assert_eq!(code, 200, "{path}: {page}");
    drop(server);
    let noted = clinic.expect(&hand_over, 1);
    assert!(noted.is_empty(), "the desk is away: {noted}");
}
