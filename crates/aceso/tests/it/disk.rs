//! The disk is full: writes are refused, nothing is half stored, reads and starts go on in the room that was kept for the log, and
//! when there is room again all goes on.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::small::{Small, fill};
use crate::stage::Stage;
use crate::wire::Wire;

fn patient(id: &str) -> Vec<u8> {
    let text = "long ".repeat(200);
    let body =
        json!({"resourceType": "Patient", "id": id, "name": [{"family": id, "text": text.trim()}]});
    serde_json::to_vec(&body).unwrap()
}

#[test]
fn r5_a_full_disk_refuses_writes_goes_on_with_reads_and_starts_and_loses_nothing() {
    let stage = Stage::new();
    let Some(_small) = Small::mount(&stage.data()) else {
        return;
    };
    let token = stage.token("writer", "system/*.cruds");
    // It logs each failure.
    let server = stage.serve_with(Stdio::null());
    let mut wire = Wire::open(&server.address, &token).unwrap();
    let mut kept = Vec::new();
    let mut write = |wire: &mut Wire, id: String| {
        let reply = wire
            .ask("PUT", &format!("/fhir/Patient/{id}"), &[], &patient(&id))
            .unwrap();
        if reply.status == 201 {
            kept.push(id);
        }
        reply
    };
    for n in 0..20 {
        assert_eq!(write(&mut wire, format!("before{n}")).status, 201);
    }
    let filler = stage.data().join("filler");
    fill(&filler);
    let mut refused = Vec::new();
    for n in 0..400 {
        let reply = write(&mut wire, format!("full{n}"));
        if reply.status != 201 {
            assert_eq!(reply.status, 507, "{}", reply.text());
            assert!(reply.text().contains("no room"), "{}", reply.text());
            let outcome: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(outcome["resourceType"], "OperationOutcome");
            refused.push(format!("full{n}"));
        }
    }
    assert!(refused.len() > 50, "only {} refused", refused.len());
    let mut entries = Vec::new();
    for n in 0..50 {
        let body: Value = serde_json::from_slice(&patient(&format!("bundle{n}"))).unwrap();
        entries.push(json!({"resource": body, "request": {"method": "PUT", "url": format!("Patient/bundle{n}")}}));
    }
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    let bundle = serde_json::to_vec(&bundle).unwrap();
    let reply = wire.ask("POST", "/fhir", &[], &bundle).unwrap();
    assert_eq!(reply.status, 507, "{}", reply.text());
    // What is read is logged in the room that was kept for that, and shown.
    for _ in 0..500 {
        let reply = wire.ask("GET", "/fhir/Patient/before0", &[], &[]);
        let reply = reply.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let reserve = stage.data().join("reserve");
    assert!(!reserve.exists());
    // Another process logs, too.
    assert!(stage.json(&["audit", "head"], 0)["head"].is_string());
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    // With room, it is kept again; and a server starts where there is no other.
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(stage.serve_with(Stdio::null()).stop("-TERM"), Some(0));
    assert!(reserve.exists());
    fill(&filler);
    let server = stage.serve_with(Stdio::null());
    let mut wire = Wire::open(&server.address, &token).unwrap();
    for n in 0..20 {
        let reply = wire.ask("GET", &format!("/fhir/Patient/before{n}"), &[], &[]);
        assert_eq!(reply.unwrap().status, 200, "{n}");
    }
    let reply = write(&mut wire, "full-after-start".to_owned());
    assert_eq!(reply.status, 507, "{}", reply.text());
    refused.push("full-after-start".to_owned());

    std::fs::remove_file(&filler).unwrap();
    for n in 0..20 {
        let reply = write(&mut wire, format!("after{n}"));
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    assert!(reserve.exists(), "the room is kept again");
    for id in &kept {
        let reply = wire
            .ask("GET", &format!("/fhir/Patient/{id}"), &[], &[])
            .unwrap();
        assert_eq!(reply.status, 200, "{id} was acknowledged");
    }
    let transaction = (0..50).map(|n| format!("bundle{n}"));
    for id in refused.iter().cloned().chain(transaction) {
        let reply = wire
            .ask("GET", &format!("/fhir/Patient/{id}"), &[], &[])
            .unwrap();
        assert_eq!(reply.status, 404, "{id} was refused");
    }
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    let report = stage.json(&["verify"], 0);
    assert_eq!(report["findings"], json!([]));
    assert_eq!(report["resources"], kept.len());
    eprintln!(
        "figure: full disk: {} refused, {} kept",
        refused.len() + 50,
        kept.len()
    );
}
