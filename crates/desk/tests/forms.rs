//! One record in every form, and real documents of others read and written again.
#![cfg(test)]

use std::collections::HashSet;

use aceso_desk::advisory::feed::Site;
use aceso_desk::advisory::{self, Advisory, Consent, Form, Support, Weight};
use aceso_desk::{When, cvss::Vector};

fn sample() -> Advisory {
    serde_json::from_str(include_str!("data/ACESO-2026-0001.json")).unwrap()
}

fn now() -> When {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn site() -> Site {
    Site {
        title: "Aceso: security advisories".into(),
        base: "https://desk.example".into(),
    }
}

fn render(form: Form) -> String {
    form.write(&sample(), &site(), 0).unwrap()
}

/// The shared files whose path has this in it.
fn shared(part: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let mut files = aceso_testkit::shared::archive("desk-data.tar.xz")?;
    files.retain(|(path, _)| path.contains(part) && path.ends_with(".json"));
    assert!(!files.is_empty(), "{part}");
    Some(files)
}

#[test]
fn the_record_in_csaf_is_the_same_record_but_for_who_is_not_named() {
    let mut expected = sample();
    expected.credits.retain(|c| c.consent != Consent::Refused);
    for credit in &mut expected.credits {
        credit.consent = Consent::Published;
    }
    // CSAF 2.0 has no place for these.
    expected.publisher.cna = None;
    expected.references[1].tags.clear();
    expected.vulnerabilities[0].scores.reverse();
    let text = render(Form::Csaf);
    let document = advisory::read(text.as_bytes()).unwrap();
    assert_eq!(document.form, Form::Csaf);
    assert_eq!(document.advisory, expected);
    assert_eq!(document.advisory.products[1].support, Support::EndOfLife);
    assert!(!text.contains("Somebody Else"));
}

#[test]
fn a_whole_advisory_has_no_errors_and_each_required_field_is_missed() {
    let errors = |a: &Advisory| -> Vec<String> {
        let all = advisory::check(a, now()).into_iter();
        all.filter(|p| p.weight == Weight::Error)
            .map(|p| format!("{}: {}", p.at, p.what))
            .collect()
    };
    assert_eq!(errors(&sample()), Vec::<String>::new());
    let check = |at: &str, change: &dyn Fn(&mut Advisory)| {
        let mut advisory = sample();
        change(&mut advisory);
        let found = errors(&advisory);
        assert!(found.iter().any(|e| e.starts_with(at)), "{at}: {found:?}");
    };
    check("severity", &|a| a.severity = None);
    check("severity/patient_safety", &|a| {
        a.severity.as_mut().unwrap().patient_safety = "n/a".into()
    });
    check("credits", &|a| a.credits.clear());
    check("credits/0/consent", &|a| {
        a.credits[0].consent = Consent::Unknown
    });
    check("current", &|a| {
        a.current = "2027-01-01T00:00:00Z".parse().unwrap()
    });
    check("revisions", &|a| a.version = "2".into());
    check("products/0", &|a| {
        a.products[0].branches[2].name = "n/a".into()
    });
    check("products/0/when", &|a| {
        a.products[0].when = Some("portal".into())
    });
    check("products/1", &|a| a.products[1].id = "CSAFPID-0001".into());
    check("vulnerabilities/0/cve", &|a| {
        a.vulnerabilities[0].cve = Some("CVE-26-1".into())
    });
    check("vulnerabilities/0/cve", &|a| {
        a.vulnerabilities[0].cve = None
    });
    check("vulnerabilities/0/weaknesses", &|a| {
        a.vulnerabilities[0].weaknesses.clear()
    });
    check("vulnerabilities/0/scores", &|a| {
        a.vulnerabilities[0].scores.clear()
    });
    check("vulnerabilities/0/threats", &|a| {
        a.vulnerabilities[0].threats.remove(0).details.clear()
    });
    check("vulnerabilities/0/statuses", &|a| {
        a.vulnerabilities[0].statuses.clear()
    });
    check("vulnerabilities/0/statuses", &|a| {
        a.vulnerabilities[0].statuses[1]
            .products
            .push("CSAFPID-0099".into())
    });
    check("vulnerabilities/0/statuses", &|a| {
        a.vulnerabilities[0].statuses[1]
            .products
            .push("CSAFPID-0003".into())
    });
    check("vulnerabilities/0/remedies", &|a| {
        a.vulnerabilities[0].remedies.clear()
    });
    check("vulnerabilities/0/remedies", &|a| {
        a.vulnerabilities[0].remedies[0].details = "Upgrade.".into()
    });
}

#[test]
fn a_cve_record_is_described_in_english_has_a_reference_and_says_nothing_twice() {
    let mut text = sample();
    text.references.clear();
    text.vulnerabilities[0].references.clear();
    let fix = text.vulnerabilities[0].remedies[0].clone();
    text.vulnerabilities[0].remedies.push(fix);
    text.vulnerabilities[0].title = Some("long ".repeat(200));
    let record = advisory::cve::write(&text, 0).unwrap();
    let said = &record["containers"]["cna"];
    assert_eq!(said["references"][0]["url"], text.publisher.namespace);
    let solutions = said["solutions"].as_array().unwrap();
    for (at, one) in solutions.iter().enumerate() {
        assert!(!solutions[..at].contains(one), "{one}");
    }
    assert_eq!(said["title"].as_str().unwrap().chars().count(), 256);
    for (lang, expected) in [("en-GB", true), ("en", true), ("es", false)] {
        text.lang = lang.into();
        assert_eq!(advisory::cve::write(&text, 0).is_ok(), expected, "{lang}");
    }
}

#[test]
fn real_cisa_medical_advisories_are_read_and_written_with_the_same_meaning() {
    let Some(files) = shared("csaf-real/cisa-icsma/") else {
        return;
    };
    for (path, bytes) in &files {
        let document = advisory::read(bytes).unwrap_or_else(|e| panic!("{path}: {e}"));
        // Branches that stood twice stand once: what is in them is compared below.
        let twice = |l: &&String| {
            ["/branches/category: ", "/branches/name: "]
                .iter()
                .any(|b| l.contains(b))
        };
        let lost: Vec<_> = document
            .lost
            .iter()
            .filter(|l| !l.contains("/tracking/generator/") && !twice(l))
            .collect();
        let again = Form::Csaf.write(&document.advisory, &site(), 0).unwrap();
        let mut again = advisory::read(again.as_bytes()).unwrap().advisory;
        let mut first = document.advisory.clone();
        again.products.sort_by(|a, b| a.id.cmp(&b.id));
        first.products.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(again, first, "{path}");
        assert!(lost.is_empty(), "{path}: {lost:#?}");
        for form in [
            Form::Page,
            Form::Markdown,
            Form::Mail,
            Form::Atom,
            Form::Osv,
            Form::CycloneDx,
            Form::OpenVex,
            Form::Github,
        ] {
            let text = form
                .write(&document.advisory, &site(), 0)
                .unwrap_or_else(|e| panic!("{path}: {e}"));
            let cve = document.advisory.vulnerabilities[0].cve.clone().unwrap();
            assert!(text.contains(&cve), "{path}: no {cve} as {}", form.name());
        }
    }
    assert!(files.len() >= 18);
}

#[test]
fn real_cve_records_are_read_and_what_is_not_kept_is_said() {
    let Some(files) = shared("desk-data/cve/") else {
        return;
    };
    let mut read = 0;
    for (path, bytes) in &files {
        let document = match advisory::read(bytes) {
            Ok(document) => document,
            Err(error) => {
                assert!(error.to_string().contains("REJECTED"), "{path}: {error}");
                continue;
            }
        };
        read += 1;
        let vulnerability = &document.advisory.vulnerabilities[0];
        assert!(
            path.contains(vulnerability.cve.as_deref().unwrap()),
            "{path}"
        );
        let kept = [
            "/containers/cna/descriptions/value",
            "/containers/cna/references/url",
            "/containers/cna/title",
        ];
        let again = Form::Cve.write(&document.advisory, &site(), 0).unwrap();
        // What stands twice in a list stands once.
        let stays = |text: &str| again.contains(&serde_json::to_string(text).unwrap());
        for (place, text) in document.lost.iter().filter_map(|l| l.split_once(": ")) {
            assert!(
                !kept.contains(&place) || stays(text),
                "{path}: {place}: {text}"
            );
        }
        let twice = advisory::read(again.as_bytes()).unwrap();
        // A record may list a product twice, for two places where it is had.
        let ranges = document.advisory.products.iter();
        let ranges: HashSet<_> = ranges
            .map(|p| (p.vendor(), p.product(), p.versions()))
            .collect();
        assert_eq!(twice.advisory.products.len(), ranges.len(), "{path}");
    }
    assert!(read >= 20, "{read} of {}", files.len());
}

#[test]
fn free_text_ranges_of_openmrs_and_openemr_records_are_read_or_flagged() {
    let Some(files) = shared("cve/emr/") else {
        return;
    };
    let mut all = Vec::new();
    for (_, bytes) in &files {
        for product in advisory::read(bytes).unwrap().advisory.products {
            let read = product.range();
            all.push((
                product.product().to_owned(),
                read.range.map(|r| r.to_string()),
                read.doubts.len(),
            ));
        }
    }
    all.sort();
    let expected = [
        ("n/a", None, 1),
        ("openemr", Some("< 8.0.0.2"), 0),
        ("openemr", Some("< 8.0.0.2"), 0),
        ("openmrs-core", Some("<= 2.7.8"), 0),
        ("openmrs-core", Some(">= 2.7.0, < 2.7.9"), 1),
        ("openmrs-core", Some(">= 2.8.0, < 2.8.6"), 1),
        ("openmrs-core", Some(">= 2.8.0, <= 2.8.5"), 0),
    ];
    let expected = expected.map(|(p, r, d)| (p.to_owned(), r.map(str::to_owned), d));
    assert_eq!(all, expected);
}

#[test]
fn real_osv_records_are_read_and_written_with_the_same_ranges() {
    let Some(files) = shared("desk-data/osv/") else {
        return;
    };
    let mut read = 0;
    for (path, bytes) in files
        .iter()
        .filter(|(p, _)| p.matches('/').count() == 2 && !p.ends_with("ecosystems.json"))
    {
        let document = advisory::read(bytes).unwrap_or_else(|e| panic!("{path}: {e}"));
        let again = Form::Osv.write(&document.advisory, &site(), 0).unwrap();
        let twice = advisory::read(again.as_bytes()).unwrap();
        let ranges = |a: &Advisory| {
            a.products
                .iter()
                .map(|p| (p.product().to_owned(), p.purl.clone(), p.range().range))
                .collect::<Vec<_>>()
        };
        let (mut first, mut second) = (ranges(&document.advisory), ranges(&twice.advisory));
        first.sort_by_key(|r| format!("{r:?}"));
        second.sort_by_key(|r| format!("{r:?}"));
        assert_eq!(first.len(), second.len(), "{path}");
        read += 1;
    }
    assert!(read >= 12, "{read}");
}

#[test]
fn what_reporters_wrote_is_never_markup() {
    let mut advisory = sample();
    let hostile =
        "<script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1)) \u{1b}[31m";
    advisory.title = hostile.into();
    advisory.notes[0].text = hostile.into();
    advisory.references[0].url = "javascript:alert(1)".into();
    advisory.credits[0].names[0] = hostile.into();
    let page = Form::Page.write(&advisory, &site(), 0).unwrap();
    assert!(!page.contains('\u{1b}'));
    assert!(
        !page.contains("<script") && !page.contains("<img") && !page.contains("href=\"javascript"),
        "{page}"
    );
    let markdown = Form::Markdown.write(&advisory, &site(), 0).unwrap();
    assert!(
        !markdown.contains("<script")
            && !markdown.contains("[a](javascript")
            && !markdown.contains('\u{1b}'),
        "{markdown}"
    );
    let atom = Form::Atom.write(&advisory, &site(), 0).unwrap();
    assert!(!atom.contains("<script"), "{atom}");
    let mail = Form::Mail.write(&advisory, &site(), 0).unwrap();
    assert_eq!(
        mail.lines().filter(|l| l.starts_with("Subject: ")).count(),
        1
    );
}

#[test]
fn a_mail_is_tagged_and_a_post_is_short_and_leads_to_the_page() {
    let mail = render(Form::Mail);
    assert!(
        mail.starts_with("Subject: [Security Advisory] High: Portal"),
        "{mail}"
    );
    for part in [
        "CVE-2026-90001",
        "0.9.4",
        "(end of life)",
        "Amina Diallo",
        "reporting the vulnerability",
        "portal.documents = false",
    ] {
        assert!(mail.contains(part), "{part}");
    }
    let post = render(Form::Post);
    assert!(
        post.chars().count() <= 500
            && post.ends_with("https://desk.example/advisories/ACESO-2026-0001"),
        "{post}"
    );
    let mut long = sample();
    long.title = "x".repeat(900);
    let post = Form::Post.write(&long, &site(), 0).unwrap();
    assert!(
        post.chars().count() == 500 && post.ends_with("ACESO-2026-0001"),
        "{post}"
    );
}

#[test]
fn a_document_that_is_nothing_known_says_what_could_be_read() {
    let check = |text: &str, part: &str| {
        let error = advisory::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    };
    check("", "not JSON");
    check("{}", "CSAF 2.0 (document)");
    check(
        "{\"document\": {\"csaf_version\": \"2.0\"}}",
        "tracking is missing",
    );
    check(
        "{\"document\": {\"csaf_version\": \"2.1\"}}",
        "2.0 is read here",
    );
    check(
        "{\"cveMetadata\": {\"cveId\": \"CVE-2026-1\", \"state\": \"REJECTED\"}}",
        "REJECTED",
    );
    check("{\"id\": \"x\", \"modified\": \"yesterday\"}", "/modified");
    let mut record: serde_json::Value =
        serde_json::from_str(include_str!("data/ACESO-2026-0001.json")).unwrap();
    record["vulnerabilities"][0]["scores"][0]["vector"] = "CVSS:3.1/AV:N".into();
    check(&record.to_string(), "AC (Attack Complexity) is missing");
    assert!("CVSS:3.1/AV:N".parse::<Vector>().is_err());
}

#[test]
fn each_vex_statement_names_exactly_the_versions_that_it_is_about() {
    let openvex: serde_json::Value = serde_json::from_str(&render(Form::OpenVex)).unwrap();
    let mut seen = Vec::new();
    for statement in openvex["statements"].as_array().unwrap() {
        for product in statement["products"].as_array().unwrap() {
            seen.push((
                statement["status"].as_str().unwrap(),
                product["@id"].as_str().unwrap(),
            ));
        }
    }
    let expected = [
        ("fixed", "pkg:cargo/aceso@0.9.4"),
        (
            "affected",
            "pkg:cargo/aceso?vers=vers:semver%2F%3E%3D0.8.0%7C%3C0.9.4",
        ),
        (
            "affected",
            "pkg:cargo/aceso?vers=vers:semver%2F%3E%3D0.5.0%7C%3C0.8.0",
        ),
        (
            "not_affected",
            "pkg:cargo/aceso?vers=vers:semver%2F%3C0.5.0",
        ),
    ];
    assert_eq!(seen, expected);
}
