//! Each request that there is, of our own text and of real ones, against a peer that knows the services' own descriptions:
//! `cargo xtask judges elsewhere` starts it and runs this test. Without it nothing is sent.

use aceso_desk::advisory::{self, Advisory};
use aceso_desk::port::{Errand, Forum, Places, System};
use aceso_store::ErrandEnd;

use super::errand::{due, errands, places};

/// Where the peer is.
const PEER: &str = "ACESO_TEST_ELSEWHERE";
const GHSA: &str = "GHSA-2g5x-9qqv-w2c7";

fn sample() -> Advisory {
    serde_json::from_str(include_str!(
        "../../../desk/tests/data/ACESO-2026-0001.json"
    ))
    .unwrap()
}

/// The sample, with texts as long as no service takes them.
fn long() -> Advisory {
    let mut advisory = sample();
    let line = "Wherever a form is filled in, it is read twice: añadir, إضافة.\n";
    advisory.title = line.trim().repeat(40);
    advisory.id = format!("{}-{}", advisory.id, "0".repeat(40));
    for note in &mut advisory.notes {
        note.text = line.repeat(1500);
    }
    for vulnerability in &mut advisory.vulnerabilities {
        vulnerability.references.clear();
        for note in &mut vulnerability.notes {
            note.text = line.repeat(200);
        }
        for remedy in &mut vulnerability.remedies {
            remedy.details = line.repeat(200);
        }
    }
    advisory.references.clear();
    advisory
}

/// Our own and the shared real ones.
fn texts() -> Vec<(String, Advisory)> {
    let mut all = vec![("ours".to_owned(), sample()), ("long".to_owned(), long())];
    let files = aceso_testkit::shared::archive("desk-data.tar.xz").unwrap_or_default();
    for (path, bytes) in files {
        let real = ["csaf-real/cisa-icsma/", "desk-data/cve/"];
        if path.ends_with(".json") && real.iter().any(|part| path.contains(part)) {
            all.extend(advisory::read(&bytes).map(|read| (path, read.advisory)));
        }
    }
    all
}

/// Each service below its own path of the peer.
fn apart(peer: &str) -> Places {
    let of = |service: &str| places(&format!("{peer}/{service}"));
    let forum = of("forum").forum.map(|forum| Forum {
        tag_id: Some(12),
        ..forum
    });
    Places {
        github: of("github").github,
        cve: of("cve").cve,
        forum,
        list: of("list").list,
        social: of("social").social,
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the judge says where its peer is"
)]
#[tokio::test]
async fn n35_elsewhere_every_request_is_one_that_its_service_describes() {
    let Ok(peer) = std::env::var(PEER) else {
        return;
    };
    let (errands, _desk, _dir) = errands(&peer, apart(&peer));
    let kept = [
        (System::Ghsa, GHSA),
        (System::Campaign, "42694e9e57"),
        (System::Topic, "https://talk.example/t/a/77"),
    ];
    let mut sent = 0;
    for (name, text) in texts() {
        let cve = text.vulnerabilities.first().and_then(|v| v.cve.clone());
        for errand in Errand::ALL {
            let record = matches!(errand, Errand::CvePublish | Errand::CveUpdate);
            if record && cve.is_none() {
                continue;
            }
            let end = errands.send(&due(errand, &kept, text.clone())).await;
            let ErrandEnd::Done(made) = end else {
                panic!("{name}: {errand:?}: {end:?}");
            };
            assert_eq!(made.map(|(system, _)| system), errand.makes(), "{name}");
            sent += 1;
        }
    }
    assert!(sent >= 20, "{sent}");
}
