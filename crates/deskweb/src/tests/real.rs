//! The real OpenMRS and OpenEMR records as whole cases through the service: from a mail to the published advisory.

use aceso_desk::advisory::{self, Form};
use aceso_desk::report::Dkim;
use http::StatusCode;

use super::kit::{Bench, between};
use super::path::{CASE, Team};
use crate::inside::text::Typed;
use crate::{Mailed, receive_mail};

/// What the desk adds to what the CVE record says: who is affected stays as the record has it.
fn completed(record: &advisory::Advisory, fixed: &str) -> Vec<(&'static str, String)> {
    let product = &record.products[0];
    let line = format!(
        "{} | {} | {fixed}",
        product.vendor().unwrap(),
        product.product()
    );
    let mut fields: Vec<(&'static str, String)> = crate::inside::text::fields()
        .map(|name| (name, Typed::of(record).get(name).to_owned()))
        .collect();
    let add = [
        ("status", "final".to_owned()),
        ("level", "High".to_owned()),
        ("why", "As scored.".to_owned()),
        (
            "patient_safety",
            "Nothing that care depends on changes.".to_owned(),
        ),
        ("patient_data", "Patients' data can be read.".to_owned()),
        ("exploit", "Not seen in the wild.".to_owned()),
        ("fixed", line),
        (
            "fix",
            format!("Upgrade to {fixed}, and see it at the foot of any page."),
        ),
        (
            "workaround",
            "Keep it off the Internet until then.".to_owned(),
        ),
        ("credits", "Finder | finder | given".to_owned()),
        ("change", "First release".to_owned()),
    ];
    for (name, value) in add {
        fields.retain(|(n, _)| *n != name);
        fields.push((name, value));
    }
    fields
}

async fn replay(name: &str, bytes: &[u8], fixed: &str) {
    let bench = Bench::new();
    let record = advisory::read(bytes).unwrap().advisory;
    let words = record.vulnerabilities[0].described().unwrap();
    let mail = format!(
        "From: finder@example.org\r\nSubject: {}\r\n\r\n{words}\r\n",
        record.title
    );
    let products = [record.products[0].product().to_owned()];
    let taken = receive_mail(&bench.desk, &products, mail.as_bytes(), Dkim::None).await;
    assert!(matches!(taken, Ok(Mailed::Report(_))), "{name}: {taken:?}");
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;

    let place = format!("/cases/{CASE}/text");
    let seen = async || {
        between(
            &bench.page(&team.owen, &place).await,
            "name=\"seen\" value=\"",
            "\"",
        )
    };
    let pasted = String::from_utf8(bytes.to_vec()).unwrap();
    let form = [("seen", &*seen().await), ("document", &*pasted)];
    let paste = bench
        .post(&team.owen, &format!("{place}/paste"), &form)
        .await;
    assert_eq!(
        paste.status,
        StatusCode::SEE_OTHER,
        "{name}: {}",
        paste.text
    );
    let fields = completed(&record, fixed);
    let seen = seen().await;
    let form: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (*n, v.as_str()))
        .chain([("seen", seen.as_str())])
        .collect();
    let saved = bench.post(&team.owen, &place, &form).await;
    assert_eq!(
        saved.status,
        StatusCode::SEE_OTHER,
        "{name}: {}",
        saved.text
    );
    team.approved(&bench).await;
    team.on(&bench, "publish").await;
    let published = team.publish(&bench, &team.mara).await;
    let why = published
        .text
        .split("This was not done")
        .nth(1)
        .unwrap_or("");
    assert_eq!(
        published.status,
        StatusCode::SEE_OTHER,
        "{name}: {why:.900}"
    );

    // Every form of it is served, and the CVE record still says what it was.
    let who = bench.stranger();
    for form in [
        Form::Csaf,
        Form::Cve,
        Form::Osv,
        Form::OpenVex,
        Form::CycloneDx,
    ] {
        let text = bench
            .page(&who, &format!("/advisories/{}/{}", record.id, form.name()))
            .await;
        assert!(text.contains(name), "{name} as {}", form.name());
    }
    let served = bench
        .page(&who, &format!("/advisories/{}/cve", record.id))
        .await;
    let again = advisory::read(served.as_bytes()).unwrap().advisory;
    assert_eq!(again.vulnerabilities[0].cve, record.vulnerabilities[0].cve);
    assert_eq!(
        again.vulnerabilities[0].scores,
        record.vulnerabilities[0].scores
    );
}

#[tokio::test]
async fn real_records_go_from_a_mail_to_published_advisories_under_every_guard() {
    let Some(files) = aceso_testkit::shared::archive("desk-data.tar.xz") else {
        return;
    };
    for (name, fixed) in [
        ("CVE-2026-25744", "8.0.0.2"),
        ("CVE-2026-32238", "8.0.0.2"),
        ("CVE-2026-40076", "2.8.6"),
        ("CVE-2026-41258", "2.7.9"),
    ] {
        let path = format!("emr/{name}.json");
        let (_, bytes) = files.iter().find(|(p, _)| p.ends_with(&path)).unwrap();
        replay(name, bytes, fixed).await;
    }
}

#[tokio::test]
async fn a_real_record_that_names_no_version_is_held_back() {
    let Some(files) = aceso_testkit::shared::archive("desk-data.tar.xz") else {
        return;
    };
    let path = "emr/CVE-2025-25925.json";
    let (_, bytes) = files.iter().find(|(p, _)| p.ends_with(path)).unwrap();
    let bench = Bench::new();
    bench.report(super::kit::GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    let place = format!("/cases/{CASE}/text");
    let seen = between(
        &bench.page(&team.owen, &place).await,
        "name=\"seen\" value=\"",
        "\"",
    );
    let pasted = String::from_utf8(bytes.to_vec()).unwrap();
    let paste = bench
        .post(
            &team.owen,
            &format!("{place}/paste"),
            &[("seen", &seen), ("document", &pasted)],
        )
        .await;
    assert_eq!(paste.status, StatusCode::SEE_OTHER, "{}", paste.text);
    team.approved(&bench).await;
    team.on(&bench, "publish").await;
    let held = team.publish(&bench, &team.mara).await;
    assert!(held.text.contains("names no version"), "{}", held.text);
}
