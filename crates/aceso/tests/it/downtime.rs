//! Downtime packs: sealed, opened by the secret alone, and with the patients of today in them.

use std::process::Command;

use serde_json::json;

use crate::stage::{Stage, name, text};

/// Opens a pack as a browser does, by the Web Cryptography API of Node.
const OPEN: &str = r#"
const page = require('fs').readFileSync(process.argv[2], 'utf8');
const pack = /<pre id="pack" hidden data-salt="([^"]*)" data-rounds="(\d+)" data-place="([^"]*)">([^<]*)</.exec(page);
const [, salt, rounds, place, sealed] = pack;
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
const { subtle } = globalThis.crypto ?? require('crypto').webcrypto;
(async () => {
  const words = await subtle.importKey('raw', new TextEncoder().encode(process.argv[3]), 'PBKDF2', false, ['deriveKey']);
  const stretch = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations: Number(rounds) };
  const key = await subtle.deriveKey(stretch, words, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
  const whole = bytes(sealed);
  const cipher = { name: 'AES-GCM', iv: whole.slice(1, 13), additionalData: new TextEncoder().encode(place) };
  process.stdout.write(Buffer.from(await subtle.decrypt(cipher, key, whole.slice(13))));
})().catch(() => process.exit(3));
"#;

fn clinic() -> Stage {
    let stage = Stage::new();
    let today = text(
        &Command::new("date")
            .args(["-u", "+%Y-%m-%d"])
            .output()
            .unwrap()
            .stdout,
    );
    let today = today.trim();
    let visit = |id: &str, patient: &str, status: &str, at: &str| {
        json!({"resourceType": "Appointment", "id": id, "status": status, "description": "Check-up",
            "start": format!("{at}T12:00:00Z"), "end": format!("{at}T12:20:00Z"),
            "participant": [{"actor": {"reference": format!("Patient/{patient}")}, "status": "accepted"}]})
    };
    let lines = [
        json!({"resourceType": "Patient", "id": "p1", "name": [{"family": "Expected", "given": ["Eve"]}], "birthDate": "1970-01-01"}),
        json!({"resourceType": "Patient", "id": "p2", "name": [{"family": "Elsewhere"}]}),
        json!({"resourceType": "Patient", "id": "p3", "name": [{"family": "Calledoff"}]}),
        json!({"resourceType": "AllergyIntolerance", "id": "a1", "patient": {"reference": "Patient/p1"}, "criticality": "high",
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
            "code": {"text": "<script>alert(1)</script> Penicillin"}}),
        visit("v1", "p1", "booked", today),
        visit("v2", "p2", "booked", "2020-01-01"),
        visit("v3", "p3", "cancelled", today),
    ];
    let lines: Vec<String> = lines.iter().map(|l| l.to_string()).collect();
    let file = stage.file("clinic.ndjson", lines.join("\n"));
    stage.expect(&["import", name(&file)], 0);
    stage
}

fn open(stage: &Stage, pack: &str, secret: &str) -> Option<(Option<i32>, String)> {
    let script = stage.file("open.js", OPEN);
    let words: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
    let done = Command::new("node")
        .args([name(&script), pack, &words])
        .output();
    let Ok(out) = done else {
        aceso_testkit::absent("node (package nodejs)");
        return None;
    };
    Some((out.status.code(), text(&out.stdout)))
}

#[test]
fn ha7_a_downtime_pack_has_todays_patients_and_opens_with_its_secret_alone() {
    let stage = clinic();
    let pack = stage.dir.join("today.html");
    let said = stage.expect(&["downtime", name(&pack)], 0);
    let secret = std::fs::read_to_string(stage.dir.join("data.downtime-key")).unwrap();
    assert!(
        said.contains(secret.trim()) && said.contains("1 patients of today"),
        "{said}"
    );
    let page = std::fs::read_to_string(&pack).unwrap();
    for hidden in ["Expected", "Penicillin", "1970", secret.trim()] {
        assert!(!page.contains(hidden), "{hidden} is readable");
    }
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "it asks nobody"
    );
    // The secret stays, and is not shown again.
    assert!(
        !stage
            .expect(&["downtime", name(&pack)], 0)
            .contains(secret.trim())
    );
    let Some((code, body)) = open(&stage, name(&pack), &secret) else {
        return;
    };
    assert_eq!(code, Some(0));
    assert!(
        body.contains("Eve Expected") && body.contains("12:00 Check-up"),
        "{body}"
    );
    assert!(
        body.contains("high risk") && body.contains("&lt;script&gt;"),
        "{body}"
    );
    assert!(
        !body.contains("Elsewhere") && !body.contains("Calledoff"),
        "{body}"
    );
    let (code, body) = open(
        &stage,
        name(&pack),
        "0000-0000-0000-0000-0000-0000-0000-0000",
    )
    .unwrap();
    assert_eq!((code, body.as_str()), (Some(3), ""));
    let report = stage.expect(&["audit", "report", "patient", "--patient", "p1"], 0);
    assert!(
        report.contains("operator"),
        "whose chart is in a pack is logged: {report}"
    );
}

#[test]
fn the_server_writes_the_pack_of_its_own() {
    let stage = clinic();
    let pack = stage.dir.join("today.html");
    stage.expect(&["downtime", name(&pack)], 0);
    std::fs::remove_file(&pack).unwrap();
    let config = format!("[backup]\ndowntime = '{}'\n", pack.display());
    std::fs::write(stage.data().join("aceso.toml"), config).unwrap();
    let server = stage.serve();
    while !pack.exists() {
        std::thread::yield_now();
    }
    assert_eq!(server.stop("-TERM"), Some(0));
    let report = stage.expect(&["audit", "report", "patient", "--patient", "p1"], 0);
    assert!(report.contains("downtime"), "{report}");
}
