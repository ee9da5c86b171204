//! Patient lists: found as the reader, kept, taken along.

use aceso_policy::Role;
use aceso_store::AuditKind;
use http::StatusCode;

use aceso_testkit::site::escape;

use super::kit::Clinic;
use super::record::fill;

/// Ann (52, in the doctor's care) has diabetes and takes metformin; Bert (76, too) is healthy and vaccinated; the second
/// patient, whom the doctor does not treat, has diabetes too.
async fn records(clinic: &Clinic) {
    let active = r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}"#;
    let diabetes = |id: &str, patient: &str| {
        format!(
            r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/{patient}"}},{active},"code":{{"coding":[{{"system":"http://snomed.info/sct","code":"44054006"}}],"text":"Diabetes mellitus type 2"}}}}"#
        )
    };
    let texts = [
        r#"{"resourceType":"Patient","id":"p3","birthDate":"1950-02-01","gender":"male","name":[{"given":["Bert"],"family":"Example"}],"generalPractitioner":[{"reference":"Practitioner/doc"}]}"#.to_owned(),
        diabetes("d1", "p1"),
        diabetes("d2", "p2"),
        r#"{"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"medicationCodeableConcept":{"text":"Metformin 500 mg"}}"#.to_owned(),
        r#"{"resourceType":"Observation","id":"h1","status":"final","subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-01-10","code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}],"text":"HbA1c"},"valueQuantity":{"value":8.4,"unit":"%"}}"#.to_owned(),
        r#"{"resourceType":"Immunization","id":"i3","status":"completed","patient":{"reference":"Patient/p3"},"occurrenceDateTime":"2025-10-01","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"140"}],"text":"Influenza"}}"#.to_owned(),
        r#"{"resourceType":"Encounter","id":"e3","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p3"},"period":{"start":"2026-02-20","end":"2026-02-20"}}"#.to_owned(),
    ];
    clinic.put(&texts).await;
}

#[tokio::test]
async fn emr_1_27_a_list_finds_by_what_records_hold_and_only_in_records_that_the_reader_sees() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    records(&clinic).await;
    let doc = clinic.doctor().await;
    let check = async |query: &[(&str, &str)], people: &[&str]| {
        let pairs: Vec<String> = query
            .iter()
            .map(|(n, v)| format!("{n}={}", escape(v)))
            .collect();
        let text = clinic
            .get(&doc, &format!("/lists?{}", pairs.join("&")))
            .await
            .text;
        let count = match people.len() {
            0 => "Nobody fits".to_owned(),
            1 => "One patient fits".to_owned(),
            n => format!("{n} patients fit"),
        };
        assert!(text.contains(&count), "{query:?}: {count}: {text}");
        for name in ["/patients/p1", "/patients/p3", "/patients/p2"] {
            assert_eq!(
                text.contains(name),
                people.contains(&name),
                "{query:?}: {name}"
            );
        }
    };
    let (ann, bert) = ("/patients/p1", "/patients/p3");
    check(&[("older", "18")], &[ann, bert]).await;
    check(&[("older", "76")], &[bert]).await;
    check(&[("older", "77")], &[]).await;
    check(&[("younger", "52")], &[ann]).await;
    check(&[("sex", "male")], &[bert]).await;
    check(&[("problem", "Diabetes")], &[ann]).await;
    check(&[("problem", "44054006")], &[ann]).await;
    check(&[("problem", "mellitus")], &[]).await;
    check(&[("without", "Diabetes")], &[bert]).await;
    check(&[("medication", "metformin")], &[ann]).await;
    check(
        &[("test", "4548-4"), ("comparison", "gt"), ("value", "8")],
        &[ann],
    )
    .await;
    check(
        &[("test", "4548-4"), ("comparison", "lt"), ("value", "8")],
        &[],
    )
    .await;
    check(&[("test", "4548-4"), ("since", "2026-02-01")], &[]).await;
    check(&[("seen", "2026-01-01")], &[bert]).await;
    check(&[("unseen", "2026-01-01")], &[ann]).await;
    check(&[("vaccine", "140"), ("vaccinated", "2025-09-01")], &[ann]).await;
    check(
        &[("vaccine", "140"), ("vaccinated", "2025-11-01")],
        &[ann, bert],
    )
    .await;
    check(&[("problem", "Diabetes"), ("vaccine", "140")], &[ann]).await;
    check(&[("problem", "a,b|c$d\\")], &[]).await;
    let wrong = clinic.get(&doc, "/lists?older=old").await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY
            && wrong.text.contains("A number of years")
    );
}

#[tokio::test]
async fn emr_1_27_a_list_is_kept_found_anew_taken_along_after_a_fresh_proof_and_put_away() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    records(&clinic).await;
    let mut doc = clinic.doctor().await;
    let asked = [
        ("problem", "Diabetes"),
        ("name", "Diabetes"),
        ("form", "01listlistlist"),
    ];
    for _ in 0..2 {
        assert_eq!(
            clinic.post(&doc, "/lists", &asked).await.place,
            "/lists/01listlistlist"
        );
    }
    let unnamed = clinic
        .post(&doc, "/lists", &[("problem", "Diabetes"), ("name", "")])
        .await;
    assert!(unnamed.text.contains("Give it a name"));
    let page = clinic.get(&doc, "/lists/01listlistlist").await.text;
    assert!(
        page.contains("One patient fits") && page.contains("Ann Example"),
        "{page}"
    );
    // A colleague sees the question, and of the answer what is theirs.
    let other = clinic
        .person_who_is("else", &[Role::CLINICIAN], Some("Practitioner/other"))
        .await;
    let other = clinic.browser(&other).await;
    let theirs = clinic.get(&other, "/lists/01listlistlist").await.text;
    assert!(
        theirs.contains("Nobody fits") && !theirs.contains("Ann Example"),
        "{theirs}"
    );
    // Taking it along asks who they are, and is on record for each patient.
    let early = clinic
        .post(&doc, "/lists/export", &[("problem", "Diabetes")])
        .await;
    assert_ne!(early.kind, "text/csv; charset=utf-8");
    clinic.step_up(&mut doc).await;
    let file = clinic
        .post(&doc, "/lists/export", &[("problem", "Diabetes")])
        .await;
    assert_eq!(file.kind, "text/csv; charset=utf-8");
    assert!(
        file.text
            .contains("\"4711\",\"Ann Example\",\"1 Mar 1974\""),
        "{}",
        file.text
    );
    let prints = clinic.logged(AuditKind::Print, Some("p1")).await;
    assert_eq!(prints.len(), 1);

    let away = clinic
        .post(&doc, "/lists/01listlistlist", &[("version", "1")])
        .await;
    assert_eq!(away.place, "/lists");
    let left = clinic.get(&doc, "/lists").await.text;
    assert!(!left.contains("01listlistlist"));
}

#[tokio::test]
async fn s4_a_list_that_tells_of_substance_use_carries_notice_and_scope_with_whom_it_tells_it_of() {
    let clinic = Clinic::under_part2();
    fill(&clinic).await;
    records(&clinic).await;
    clinic
        .put(&[r#"{"resourceType":"Condition","id":"use1","subject":{"reference":"Patient/p1"},
            "clinicalStatus":{"coding":[{"code":"active"}]},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F11.20"}],"text":"Opioid dependence"}}"#])
        .await;
    let mut doc = clinic.doctor().await;
    clinic.step_up(&mut doc).await;
    let file = async |problem: &str| {
        let asked = [("problem", problem)];
        clinic.post(&doc, "/lists/export", &asked).await.text
    };
    let nobody = file("Opioid dependence").await;
    assert!(!nobody.contains("Ann Example"), "{nobody}");
    clinic
        .put(&[r#"{"resourceType":"Consent","id":"yes","status":"active","patient":{"reference":"Patient/p1"},
            "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],"dateTime":"2026-03-01",
            "organization":[{"display":"Clinic"}],"policyRule":{"coding":[{"code":"42CFRPart2"}]},"verification":[{"verified":true}],
            "provision":{"type":"permit","securityLabel":[{"code":"ETH"}],
            "purpose":[{"code":"TREAT"},{"code":"HPAYMT"},{"code":"HOPERAT"}],
            "actor":[{"role":{"text":"recipient"},"reference":{"display":"my treating providers"}}]}}"#])
        .await;
    let told = file("Opioid dependence").await;
    let line = told.lines().find(|line| line.contains("Ann Example"));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(
        line.contains("42 CFR part 2 prohibits") && line.contains("my treating providers"),
        "{line}"
    );
    let ordinary = file("Diabetes").await;
    assert!(
        ordinary.contains("Ann Example") && !ordinary.contains("42 CFR"),
        "{ordinary}"
    );
}

#[tokio::test]
async fn who_sees_no_charts_has_no_lists() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    records(&clinic).await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    for path in ["/lists", "/lists?older=18"] {
        let page = clinic.get(&desk, path).await.text;
        assert!(
            page.contains("Nothing here for you") && !page.contains("Ann Example"),
            "{path}: {page}"
        );
    }
    let kept = clinic.get(&desk, "/lists/01listlistlist").await;
    assert_eq!(kept.status, StatusCode::NOT_FOUND);
    let sent = clinic
        .post(&desk, "/lists/export", &[("older", "18")])
        .await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_26_reports_count_whom_they_are_about_and_each_number_opens_its_list() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    records(&clinic).await;
    let doc = clinic.doctor().await;
    let page = clinic.get(&doc, "/lists/measures/counted").await.text;
    // Bert is over 65 and had this season's vaccine; of the two with diabetes the doctor sees one.
    let table = clinic.get(&doc, "/lists/measures/csv").await;
    assert!(table.kind.starts_with("text/csv"), "{}", table.kind);
    for line in [
        r#""Influenza this season, 65 and older","ACIP adult schedule","1","1","0","100 %""#,
        r#""Diabetes: HbA1c measured within a year","as CMS122, HbA1c present","1","1","0","100 %""#,
        r#""Diabetes: an HbA1c over 9 % within a year","as CMS122, poor control","1","1","0","100 %""#,
        r#""Diabetes mellitus type 2","SNOMED CT 44054006","1","","","""#,
    ] {
        assert!(table.text.contains(line), "{line}: {}", table.text);
    }
    let link = "/lists?problem=44054006&amp;test=4548-4&amp;since=2025-03-04";
    assert!(page.contains(link), "{page}");
    let list = clinic.get(&doc, &link.replace("&amp;", "&")).await.text;
    assert!(list.contains("One patient fits"), "{list}");
    let paper = clinic.get(&doc, "/lists/measures/pdf").await;
    assert!(paper.text.starts_with("%PDF"), "{}", paper.kind);
    // Kept for a while; who asks for it has them counted anew.
    let registered = async |number: &str| {
        let table = clinic.get(&doc, "/lists/measures/csv").await.text;
        let line = format!(r#""Asthma","SNOMED CT 195967001","{number}","#);
        assert!(table.contains(&line), "{number}: {table}");
    };
    registered("0").await;
    let asthma = r#"{"resourceType":"Condition","id":"a1","subject":{"reference":"Patient/p1"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"195967001"}]}}"#;
    clinic.put(&[asthma.to_owned()]).await;
    registered("0").await;
    let again = clinic.post(&doc, "/lists/measures", &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    registered("1").await;
    let felix = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let none = clinic.get(&felix, "/lists/measures").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_26_the_page_of_reports_waits_for_no_counting_and_its_figures_come_after_it() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    records(&clinic).await;
    let doc = clinic.doctor().await;
    let searches = async || {
        let searches = clinic.logged(AuditKind::Search, None).await;
        let of_lists = ["problem=", "older="];
        let asked = searches.iter().map(|line| &line.said.detail);
        let asked = asked.filter(|detail| of_lists.iter().any(|field| detail.contains(field)));
        asked.count()
    };
    // Where the figures will be, the script finds whence; without it a link leads there.
    let pending = [
        r#"data-soon="/lists/measures/counted""#,
        r#"href="/lists/measures/counted""#,
    ];
    let figure = r#"<a href="/lists?problem=44054006">1<"#;
    let first = clinic.get(&doc, "/lists/measures").await.text;
    assert!(pending.iter().all(|p| first.contains(p)), "{first}");
    assert!(first.contains("Diabetes mellitus type 2") && !first.contains(figure));
    assert_eq!(searches().await, 0, "nothing was counted");

    let counted = clinic.get(&doc, "/lists/measures/counted").await.text;
    assert!(counted.contains(r#"id="figures""#) && counted.contains(figure));
    assert_eq!(
        searches().await,
        2,
        "each half of the questions is on record"
    );
    // Then the page has them at once, for this reader alone, until they are to be counted again.
    let then = clinic.get(&doc, "/lists/measures").await.text;
    assert!(then.contains(figure) && !pending.iter().any(|p| then.contains(p)));
    assert_eq!(searches().await, 2);
    let other = clinic.signed_in("else", &[Role::CLINICIAN]).await;
    let theirs = clinic.get(&other, "/lists/measures").await.text;
    assert!(pending.iter().all(|p| theirs.contains(p)), "{theirs}");
    clinic.post(&doc, "/lists/measures", &[]).await;
    let anew = clinic.get(&doc, "/lists/measures").await.text;
    assert!(pending.iter().all(|p| anew.contains(p)), "{anew}");
    let felix = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let none = clinic.get(&felix, "/lists/measures/counted").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
