//! Documents: listed, looked at without ever being a page of ours, filed, taken out of use; photographs.

use std::io::Cursor;

use aceso_policy::Role;
use aceso_store::{AuditKind, AuditOutcome};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use image::{DynamicImage, ImageFormat};

use super::kit::{Browser, Clinic};
use super::record::{clinician, fill};

/// A picture with a script behind it.
fn picture() -> String {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(300, 400)
        .write_to(&mut out, ImageFormat::Png)
        .unwrap();
    let mut bytes = out.into_inner();
    bytes.extend_from_slice(b"<script>alert(1)</script>");
    STANDARD.encode(bytes)
}

fn document(id: &str, patient: &str, kind: &str, content: &str) -> String {
    format!(
        r#"{{"resourceType":"DocumentReference","id":"{id}","status":"current","subject":{{"reference":"Patient/{patient}"}},
        "type":{{"text":"Report"}},"date":"2026-03-01T10:00:00Z","description":"Report {id}","author":[{{"reference":"Practitioner/doc"}}],
        "content":[{{"attachment":{{"contentType":"{kind}",{content}}}}}]}}"#
    )
}

async fn filled(clinic: &Clinic) {
    let html = STANDARD.encode("<script>alert(1)</script><b>bold</b>");
    let pdf = STANDARD.encode("%PDF-1.7");
    let image = picture();
    clinic
        .put(&[
            format!(
                r#"{{"resourceType":"Binary","id":"b1","contentType":"image/png","securityContext":{{"reference":"Patient/p1"}},"data":"{image}"}}"#
            ),
            document("html", "p1", "text/html", &format!(r#""data":"{html}""#)),
            document("pdf", "p1", "application/pdf", &format!(r#""data":"{pdf}""#)),
            document("svg", "p1", "image/svg+xml", &format!(r#""data":"{html}""#)),
            document("png", "p1", "image/png", r#""url":"Binary/b1""#),
            document("away", "p1", "application/pdf", r#""url":"https://example.org/x""#),
            document("other", "p2", "text/plain", r#""data":"U2VjcmV0""#),
        ])
        .await;
}

#[tokio::test]
async fn asvs_3_2_1_what_is_in_a_document_is_never_a_page_of_ours() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    filled(&clinic).await;
    let at = |end: &str| ["/patients/p1/documents", end].concat();
    let list = clinic.get(&doc, &at("")).await.text;
    for said in [
        "Report html",
        "Not filed yet",
        "1 Mar 2026",
        "href=\"/patients/p1/documents/png\"",
    ] {
        assert!(list.contains(said), "{said}: {list}");
    }
    assert!(!list.contains("Report other"), "{list}");
    let html = clinic.get(&doc, &at("/html")).await.text;
    assert!(
        html.contains("&lt;script&gt;alert(1)") && !html.contains("<script>alert"),
        "{html}"
    );
    let png = clinic.get(&doc, &at("/png")).await.text;
    assert!(
        png.contains("src=\"/patients/p1/documents/png/picture\""),
        "{png}"
    );
    let away = clinic.get(&doc, &at("/away")).await.text;
    assert!(
        away.contains("not kept here") && !away.contains("href=\"https://example.org"),
        "{away}"
    );
    for (end, kind, disposition) in [
        ("/pdf/file", "application/pdf", "attachment"),
        ("/html/file", "application/octet-stream", "attachment"),
        ("/svg/file", "application/octet-stream", "attachment"),
        ("/png/file", "image/png", "attachment"),
        ("/png/picture", "image/jpeg", "inline"),
    ] {
        let answer = clinic.open(&doc, &at(end)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{end}");
        let header = |name: header::HeaderName| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header(header::CONTENT_TYPE), kind, "{end}");
        assert!(
            header(header::CONTENT_DISPOSITION).starts_with(disposition),
            "{end}"
        );
        assert!(
            header(header::CONTENT_SECURITY_POLICY).contains("sandbox"),
            "{end}"
        );
        assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{end}");
    }
    let drawn = clinic.get(&doc, &at("/png/picture")).await.text;
    assert!(!drawn.contains("<script"));
    for end in [
        "/svg/picture",
        "/pdf/picture",
        "/away/file",
        "/other",
        "/other/file",
        "/other/picture",
    ] {
        let refused = clinic.get(&doc, &at(end)).await.status;
        assert_eq!(refused, StatusCode::NOT_FOUND, "{end}");
    }
}

#[tokio::test]
async fn a_document_is_filed_and_taken_out_of_use_with_the_reason() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    filled(&clinic).await;
    let at = "/patients/p1/documents/pdf";
    let send = async |version: &str, fields: &[(&str, &str)]| {
        let own = [
            ("patient", "p1"),
            ("version", version),
            ("title", "Chest X-ray"),
        ];
        clinic.post(&doc, at, &[&own[..], fields].concat()).await
    };
    let wrong = send("1", &[("category", "nowhere"), ("state", "current")]).await;
    assert!(
        wrong.text.contains("Choose where it is filed"),
        "{}",
        wrong.text
    );
    let filed = send("1", &[("category", "imaging"), ("state", "current")]).await;
    assert_eq!(filed.place, at, "{}", filed.text);
    let list = clinic
        .get(&doc, "/patients/p1/documents?category=imaging")
        .await
        .text;
    assert!(
        list.contains("Chest X-ray") && !list.contains("Report html"),
        "{list}"
    );
    let late = send("1", &[("category", "other"), ("state", "current")]).await;
    assert!(late.text.contains("Somebody else changed"), "{}", late.text);
    let gone = [("category", "imaging"), ("state", "entered-in-error")];
    assert!(send("2", &gone).await.text.contains("Say why"));
    let why = [&gone[..], &[("why", "Another patient's")]].concat();
    assert_eq!(send("2", &why).await.place, at);
    assert_eq!(send("3", &gone).await.status, StatusCode::NOT_FOUND);
    let list = clinic.get(&doc, "/patients/p1/documents").await.text;
    assert!(list.contains("a mistake"), "{list}");
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    assert!(!chart.contains("Chest X-ray"), "{chart}");
    let told = clinic
        .find("Provenance", "target=DocumentReference/pdf")
        .await;
    let told: String = told.iter().map(aceso_fhir::json::to_string).collect();
    assert!(
        told.contains("Another patient") && told.contains("Practitioner/doc"),
        "{told}"
    );
}

#[tokio::test]
async fn a_patients_photograph_is_drawn_anew_and_initials_stand_for_it_until_then() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    filled(&clinic).await;
    let doc = clinic.doctor().await;
    let page = clinic.get(&doc, "/patients/p1").await.text;
    assert!(page.contains(">AE</span>"), "{page}");
    let own = [("patient", "p1")];
    let no = clinic
        .post(&doc, "/patients/p1/documents/pdf/photo", &own)
        .await;
    assert_eq!(no.status, StatusCode::NOT_FOUND);
    let made = clinic
        .post(&doc, "/patients/p1/documents/png/photo", &own)
        .await;
    assert_eq!(made.place, "/patients/p1", "{}", made.text);
    let page = clinic.get(&doc, "/patients/p1").await.text;
    assert!(page.contains("src=\"/patients/p1/photo?v=2\""), "{page}");
    let stored = clinic.find("Patient", "_id=p1").await;
    let photo = stored.first().unwrap().items_at("photo");
    let data = STANDARD
        .decode(photo.first().unwrap().str_at("data").unwrap())
        .unwrap();
    let drawn = image::load_from_memory(&data).unwrap();
    assert_eq!((drawn.width(), drawn.height()), (256, 256));
    assert!(!data.windows(7).any(|w| w == b"<script"));
    let shown = clinic.get(&doc, "/patients/p1/photo").await;
    assert_eq!(
        (shown.status, shown.kind.as_str()),
        (StatusCode::OK, "image/jpeg")
    );
    let gone = clinic.post(&doc, "/patients/p1/photo/remove", &own).await;
    assert_eq!(gone.place, "/patients/p1", "{}", gone.text);
    assert_eq!(
        clinic.get(&doc, "/patients/p1/photo").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn emr_1_22_a_file_is_filed_with_its_document_in_one_act_and_is_what_its_bytes_say() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let at = "/patients/p1/documents/new";
    let form = clinic.get(&doc, at).await.text;
    assert!(form.contains("enctype=\"multipart/form-data\""), "{form}");
    let own = [
        ("patient", "p1"),
        ("form", "01uploadform"),
        ("category", "imaging"),
    ];
    let send = async |fields: &[(&str, &str)], bytes: &[u8]| {
        clinic
            .post_file(&doc, at, fields, ("file", "report.html", bytes))
            .await
    };
    // Named HTML, said to be HTML, and a picture all the same.
    let bytes = STANDARD.decode(picture()).unwrap();
    let saved = send(
        &[&own[..], &[("title", "Chest"), ("day", "2026-02-01")]].concat(),
        &bytes,
    )
    .await;
    assert_eq!(
        saved.place, "/patients/p1/documents/01uploadform",
        "{}",
        saved.text
    );
    let page = clinic.get(&doc, &saved.place).await.text;
    for said in ["Chest", "Imaging", "picture", "1 Feb 2026", "/picture\""] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let file = clinic.get(&doc, &[&saved.place, "/file"].concat()).await;
    assert_eq!(file.kind, "image/png");
    assert!(!file.text.contains("<script"));
    let binaries = clinic.find("Binary", "").await;
    let kept = binaries.first().unwrap();
    let context = kept.get("securityContext").unwrap();
    assert_eq!(context.str_at("reference"), Some("Patient/p1"));
    // Sent twice, it is there once.
    assert_eq!(send(&own, &bytes).await.place, saved.place);
    assert_eq!(clinic.find("Binary", "").await.len(), 1);
    assert_eq!(clinic.find("DocumentReference", "").await.len(), 1);
}

#[tokio::test]
async fn emr_1_22_a_file_that_is_not_taken_leaves_nothing_and_says_why() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let at = "/patients/p1/documents/new";
    let check = async |patient: &str, category: &str, bytes: &[u8], said: &str| {
        let own = [
            ("patient", patient),
            ("form", "01uploadform"),
            ("category", category),
        ];
        let file = ("file", "letter.pdf", bytes);
        let answer = clinic.post_file(&doc, at, &own, file).await;
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
        assert!(clinic.find("Binary", "").await.is_empty(), "{said}");
        assert!(
            clinic.find("DocumentReference", "").await.is_empty(),
            "{said}"
        );
    };
    check("p1", "imaging", b"", "There is nothing in this file").await;
    check("p1", "imaging", b"PK\x03\x04word", "save it as PDF").await;
    check("p1", "imaging", b"MZ\x90\0\x03", "This is a program").await;
    check("p1", "imaging", b"\x89PNG\r\n\x1a\n", "cannot be read").await;
    check("p1", "nowhere", b"%PDF-1.7", "Choose where it is filed").await;
    check("p1", "nowhere", b"%PDF-1.7", "Choose the file once more").await;
    check("p2", "imaging", b"%PDF-1.7", "about another patient").await;
    check(
        "p1",
        "imaging",
        &vec![b'a'; 20_000_001],
        "This file is too large",
    )
    .await;
    let own = [("patient", "p1"), ("category", "imaging")];
    let other = clinic
        .post_file(&doc, at, &own, ("other", "a.pdf", b"%PDF-1.7"))
        .await;
    assert!(
        other.text.contains("This form cannot be read"),
        "{}",
        other.text
    );
    let plain = clinic.post(&doc, at, &own).await;
    assert!(plain.text.contains("Choose a file"), "{}", plain.text);
    // A row whose form brings no file takes none.
    let list = clinic
        .post_file(&doc, "/patients", &own, ("file", "a.pdf", b"%PDF-1.7"))
        .await;
    assert!(
        list.text.contains("This form cannot be read"),
        "{}",
        list.text
    );
    let biller = clinic.signed_in("bill", &[Role::BILLER]).await;
    assert_eq!(clinic.get(&biller, at).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_1_a_photograph_is_chosen_at_registration_and_later() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = clinic
        .signed_in("desk", &[aceso_policy::Role::FRONT_DESK])
        .await;
    let bytes = STANDARD.decode(picture()).unwrap();
    let own = [
        ("form", "01newpatient"),
        ("family", "Newcomer"),
        ("birth", "1990-05-05"),
        ("gender", "female"),
    ];
    let file = |bytes| ("photo", "me.png", bytes);
    let wrong = clinic
        .post_file(&desk, "/patients/new", &own, file(&b"GIF89a"[..]))
        .await;
    assert!(
        wrong.text.contains("save it as JPEG or PNG"),
        "{}",
        wrong.text
    );
    let missing = clinic
        .post_file(&desk, "/patients/new", &own[..2], file(&bytes))
        .await;
    assert!(
        missing.text.contains("Choose the photograph once more"),
        "{}",
        missing.text
    );
    let made = clinic
        .post_file(&desk, "/patients/new", &own, file(&bytes))
        .await;
    assert_eq!(made.place, "/patients/01newpatient", "{}", made.text);
    let face = |stored: &[aceso_fhir::Value]| {
        let data = stored
            .first()?
            .items_at("photo")
            .first()?
            .str_at("data")?
            .to_owned();
        let drawn = image::load_from_memory(&STANDARD.decode(data).ok()?).ok()?;
        Some((drawn.width(), drawn.height()))
    };
    let stored = clinic.find("Patient", "_id=01newpatient").await;
    assert_eq!(face(&stored), Some((256, 256)));
    let at = "/patients/p1/photo/new";
    let form = clinic.get(&desk, at).await.text;
    assert!(form.contains("capture=\"environment\""), "{form}");
    let own = [("patient", "p1")];
    let none = clinic.post(&desk, at, &own).await;
    assert!(none.text.contains("Choose a picture"), "{}", none.text);
    let made = clinic
        .post_file(&desk, at, &own, ("file", "me.png", &bytes))
        .await;
    assert_eq!(made.place, "/patients/p1", "{}", made.text);
    assert_eq!(
        face(&clinic.find("Patient", "_id=p1").await),
        Some((256, 256))
    );
}

#[tokio::test]
async fn ha5_asvs_5_4_3_a_file_with_a_virus_or_one_that_cannot_be_searched_is_not_kept() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let at = "/patients/p1/documents/new";
    let own = [
        ("patient", "p1"),
        ("form", "01uploadform"),
        ("category", "imaging"),
    ];
    let send = async |bytes: &[u8]| {
        let file = ("file", "scan.pdf", bytes);
        clinic.post_file(&doc, at, &own, file).await
    };
    let hit = send(b"%PDF-1.7 EICAR").await;
    assert_eq!(hit.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(hit.text.contains("A virus was found"), "{}", hit.text);
    let down = send(b"%PDF-1.7 DOWN").await;
    assert_eq!(down.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(down.text.contains("cannot be searched"), "{}", down.text);
    let clean = send(b"%PDF-1.7 all well").await;
    assert_eq!(clean.status, StatusCode::SEE_OTHER, "{}", clean.text);
    let hits = clinic.logged(AuditKind::of("antivirus hit"), None).await;
    let hits: Vec<_> = hits
        .into_iter()
        .map(|line| line.said)
        .filter(|said| said.act == "antivirus hit")
        .collect();
    let [hit] = &hits[..] else {
        panic!("{hits:?}");
    };
    assert_eq!(hit.detail, "Eicar-Test-Signature");
    assert_eq!(hit.outcome, AuditOutcome::Denied);
    assert_eq!(hit.patients, ["p1"]);
}

#[tokio::test]
async fn emr_1_22_the_desk_files_what_patients_bring_and_sees_no_letter_about_their_health() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    filled(&clinic).await;
    let doc = clinic.doctor().await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let at = "/patients/p1/documents/new";
    let form = clinic.get(&desk, at).await.text;
    assert!(form.contains("Identity and insurance"), "{form}");
    assert!(!form.contains("value=\"imaging\""), "{form}");
    let send = async |who: &Browser, form: &str, category: &str| {
        let fields = [("patient", "p1"), ("form", form), ("category", category)];
        let file = ("file", "card.png", &STANDARD.decode(picture()).unwrap()[..]);
        clinic.post_file(who, at, &fields, file).await
    };
    let card = send(&desk, "01insurance", "identity").await;
    assert_eq!(
        card.place, "/patients/p1/documents/01insurance",
        "{}",
        card.text
    );
    let file = [&card.place, "/file"].concat();
    assert_eq!(clinic.get(&desk, &file).await.status, StatusCode::OK);
    let chart = clinic.get(&desk, "/patients/p1").await.text;
    assert!(
        chart.contains("/patients/p1/documents/01insurance"),
        "{chart}"
    );
    assert!(!chart.contains("Report html"), "{chart}");
    // A letter is handed over: it is in the record, and not the desk's to read.
    let letter = send(&desk, "01letter", "letter-received").await;
    assert_eq!(letter.place, "/patients/p1/documents", "{}", letter.text);
    let letter = "/patients/p1/documents/01letter";
    for (who, expected) in [(&desk, StatusCode::NOT_FOUND), (&doc, StatusCode::OK)] {
        assert_eq!(clinic.get(who, letter).await.status, expected);
        let file = clinic.get(who, &[letter, "/file"].concat()).await;
        assert_eq!(file.status, expected);
    }
    let x_ray = send(&desk, "01xray", "imaging").await;
    assert_eq!(x_ray.status, StatusCode::UNPROCESSABLE_ENTITY);
    // What turns out to be an X-ray is the desk's no more, and neither is its file.
    let fields = [
        ("patient", "p1"),
        ("version", "1"),
        ("title", "Chest"),
        ("category", "imaging"),
        ("state", "current"),
    ];
    let filed = clinic.post(&doc, &card.place, &fields).await;
    assert_eq!(filed.status, StatusCode::SEE_OTHER, "{}", filed.text);
    assert_eq!(clinic.get(&doc, &file).await.status, StatusCode::OK);
    assert_eq!(clinic.get(&desk, &file).await.status, StatusCode::NOT_FOUND);
    let tagged = clinic
        .find("Binary", "_tag=urn:aceso:document|imaging")
        .await;
    assert_eq!(tagged.len(), 1);
}
