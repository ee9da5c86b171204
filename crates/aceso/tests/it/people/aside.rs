//! The disk is full, so the audit log cannot be written: nobody sees anything, but who opens a chart in an emergency; and what
//! they saw is in the log when there is room again, also when the program was killed in between.

use serde_json::{Value, json};

use super::Clinic;
use crate::browser::{Browser, Page};
use crate::small::{Small, fill};
use crate::stage::Stage;
use crate::wire::Wire;

pub(super) const FAMILY: &str = "Quillfeather";

pub(super) fn add(clinic: &Clinic, token: &str, id: &str) {
    let mut wire = Wire::open(&clinic.server.address, token).unwrap();
    let patient = json!({"resourceType": "Patient", "id": id, "name": [{"family": FAMILY}]});
    let reply = wire.ask(
        "PUT",
        &format!("/fhir/Patient/{id}"),
        &[],
        patient.to_string().as_bytes(),
    );
    assert_eq!(reply.unwrap().status, 201);
    let problem = json!({"resourceType": "Condition", "id": format!("c-{id}"), "subject": {"reference": format!("Patient/{id}")},
        "code": {"text": "Anaphylaxis to wasp venom"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}});
    let path = format!("/fhir/Condition/c-{id}");
    let reply = wire.ask("PUT", &path, &[], problem.to_string().as_bytes());
    assert_eq!(reply.unwrap().status, 201);
}

/// Looks at a chart until that cannot be written down; what is answered then.
fn until_down(browser: &mut Browser, path: &str) -> Page {
    for _ in 0..2000 {
        let page = browser.get(path);
        if page.status != 200 {
            return page;
        }
    }
    panic!("the audit log always found room");
}

/// The entries of a report.
fn report(stage: &Stage, args: &[&str]) -> Vec<Value> {
    let args = [&["audit", "report"], args, &["--json"]].concat();
    let said = stage.expect(&args, 0);
    let lines = said.lines();
    lines.map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn late(entries: &[Value]) -> Vec<&Value> {
    entries.iter().filter(|e| e["late"] == true).collect()
}

#[test]
fn r5_a_chart_opens_in_an_emergency_while_the_log_cannot_be_written_and_the_log_has_it_afterwards()
{
    let stage = Stage::new();
    let Some(_small) = Small::mount(&stage.data()) else {
        return;
    };
    let clinic = Clinic::at(stage, "");
    let token = clinic.stage.token("writer", "system/*.cruds");
    for id in ["p1", "p2"] {
        add(&clinic, &token, id);
    }
    let (mut ann, _) = clinic.person("ann", "clinician", &[]);
    assert_eq!(ann.get("/patients/p1").status, 200);
    let filler = clinic.stage.data().join("filler");
    // Somebody else's files take the room that was kept, too.
    std::fs::remove_file(clinic.stage.data().join("reserve")).unwrap();
    fill(&filler);

    // Nothing is shown, not even a name; the way in is.
    let page = until_down(&mut ann, "/patients/p1");
    assert_eq!(page.status, 303, "{}", page.body);
    assert_eq!(page.location(), "/patients/p1/break-glass");
    let page = ann.open("/patients/p1").expect(200, "the way in");
    assert!(
        page.body.contains("audit log cannot be written"),
        "{}",
        page.body
    );
    assert!(!page.body.contains(FAMILY), "{}", page.body);
    let typed = [
        ("reason", "emergency"),
        ("detail", "Unconscious in the waiting room"),
    ];
    let at = "/patients/p1/break-glass";
    let opened = ann.submit(&page, at, &typed);
    let chart = ann.follow(opened).expect(200, "the chart");
    assert!(chart.body.contains(FAMILY), "{}", chart.body);
    assert!(chart.body.contains("wasp venom"), "{}", chart.body);
    assert!(chart.body.contains("Emergency access"), "{}", chart.body);
    // Another patient's is not, nor anything to anybody else.
    let other = ann.open("/patients/p2").expect(200, "the way in");
    assert!(!other.body.contains(FAMILY), "{}", other.body);
    let mut wire = Wire::open(&clinic.server.address, &token).unwrap();
    let reply = wire.ask("GET", "/fhir/Patient/p1", &[], &[]).unwrap();
    assert_eq!(reply.status, 507, "{}", reply.text());
    let gauges = wire.ask("GET", "/metrics", &[], &[]).unwrap().text();
    assert!(gauges.contains("aceso_audit_writable 0"), "{gauges}");
    assert!(!gauges.contains("aceso_audit_spool_entries 0"), "{gauges}");
    // What is kept aside is sealed.
    let spool = std::fs::read(clinic.stage.data().join("audit.spool")).unwrap();
    assert!(!spool.windows(11).any(|w| w == b"Unconscious"));

    // Killed with the disk still full; started again when there is room.
    drop(wire);
    let Clinic {
        stage, mut server, ..
    } = clinic;
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    std::fs::remove_file(&filler).unwrap();
    drop(server);
    let server = stage.serve();
    let emergencies = report(&stage, &["emergency"]);
    let opened: Vec<&Value> = late(&emergencies);
    assert_eq!(opened.len(), 1, "{emergencies:?}");
    assert_eq!(opened[0]["act"], "break-glass");
    assert_eq!(opened[0]["who"], "person/ann");
    assert_eq!(opened[0]["roles"], json!(["clinician"]));
    let seen = report(&stage, &["patient", "--patient", "p1"]);
    let seen = late(&seen).len();
    assert!(seen >= 3, "{seen} late entries about the patient");
    assert!(late(&report(&stage, &["patient", "--patient", "p2"])).is_empty());
    // The record has the emergency access now: it waits for its review.
    let breaks = stage.json(&["doctor"], 1);
    assert!(breaks.to_string().contains("audit-spool"), "{breaks}");
    let mut wire = Wire::open(&server.address, &token).unwrap();
    let gauges = wire.ask("GET", "/metrics", &[], &[]).unwrap().text();
    assert!(gauges.contains("aceso_audit_spool_entries 0"), "{gauges}");
    assert!(gauges.contains("aceso_audit_writable 1"), "{gauges}");
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(stage.json(&["verify"], 0)["findings"], json!([]));
    // Nothing is taken over twice.
    assert_eq!(late(&report(&stage, &["emergency"])).len(), 1);
    assert_eq!(
        late(&report(&stage, &["patient", "--patient", "p1"])).len(),
        seen
    );
}
