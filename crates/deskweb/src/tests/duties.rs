//! Standing duties come back, are told of, and are done with evidence; figures and bills of materials are the whole group's.

use aceso_desk::duty::Duty;
use aceso_store::{DeskMail, DutyLine, DutyOrigin};
use http::StatusCode;
use serde_json::{Value, json};

use super::kit::{Bench, GOOD};
use super::path::Team;
use super::strangers::caller;

#[tokio::test]
async fn r45_a_duty_comes_back_is_told_of_and_takes_evidence() {
    let bench = Bench::new();
    bench.mails_on().await;
    let mara = bench.member("mara").await;
    let who = caller(&bench, &mara).await;
    bench.desk.keep_duties().await.unwrap();
    bench.desk.keep_duties().await.unwrap();
    let all = bench.desk.duties(&who).await.unwrap();
    let of = |kind: Duty| all.iter().filter(|d| d.kind == kind).count();
    assert_eq!(
        of(Duty::ScanProgramme),
        1,
        "once, however often it is looked at"
    );
    assert_eq!((all.len(), of(Duty::CorrectiveAction)), (5, 0));
    let scan = all
        .iter()
        .find(|d| d.kind == Duty::ScanProgramme)
        .unwrap()
        .clone();

    let owned = bench
        .post(&mara, &format!("/duties/{}/own", scan.id), &[])
        .await;
    assert_eq!(owned.status, StatusCode::SEE_OTHER);
    let before = bench.mailed(DeskMail::Duty).await.len();
    bench.hours(24 * 360);
    bench.desk.keep_duties().await.unwrap();
    let mails = bench.mailed(DeskMail::Duty).await;
    let told = mails
        .iter()
        .filter(|m| m.detail.contains("Scan everything"));
    assert_eq!(told.count(), 1, "{before}");
    bench.desk.keep_duties().await.unwrap();
    assert_eq!(
        bench.mailed(DeskMail::Duty).await.len(),
        mails.len(),
        "once a week"
    );

    // So long afterwards that one signs in anew.
    let nora = bench.member("nora").await;
    let done = |evidence: &'static str| {
        let (bench, nora, duty) = (&bench, &nora, scan.id.as_str());
        async move {
            let fields = [("duty", duty), ("evidence", evidence)];
            bench.post(nora, "/duties/done", &fields).await.status
        }
    };
    assert_eq!(done(" ").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(done("reports/2026/scan.pdf").await, StatusCode::SEE_OTHER);
    let all = bench.desk.duties(&who).await.unwrap();
    let next = all
        .iter()
        .find(|d| d.kind == Duty::ScanProgramme && d.done.is_none())
        .unwrap();
    assert_eq!(next.due, bench.desk.now().plus_days(365));
    assert_eq!(next.owner, scan.owner.or(Some(bench.desk.me(&who))));
    let page = bench.page(&nora, "/duties").await;
    assert!(page.contains("reports/2026/scan.pdf"), "{page}");

    // A step of the plan that came of it, and who answers for it.
    let step = [
        ("kind", "corrective-action"),
        ("what", "Update the forum"),
        ("scan", scan.id.as_str()),
        ("owner", mara.account.as_str()),
        ("due", "2027-06-01"),
    ];
    assert_eq!(
        bench.post(&nora, "/duties", &step).await.status,
        StatusCode::SEE_OTHER
    );
    let page = bench.page(&nora, "/duties").await;
    for said in ["The scan of 2027-02-27", "0 of 1 action done"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let all = bench.desk.duties(&who).await.unwrap();
    let action = all.iter().find(|d| d.what == "Update the forum").unwrap();
    assert_eq!(action.origin, DutyOrigin::Scan(scan.id.clone()));
    assert_eq!(action.owner, Some(bench.desk.me(&who)));
    let strange = [
        ("scan", action.id.as_str()),
        ("owner", nora.account.as_str()),
    ];
    let strange: Vec<_> = step
        .iter()
        .copied()
        .filter(|(n, _)| !["scan", "owner"].contains(n))
        .chain(strange)
        .collect();
    let strange = bench.post(&nora, "/duties", &strange).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND, "of no scan");
    let no_day = [
        ("kind", "corrective-action"),
        ("what", ""),
        ("due", "soon"),
        ("owner", ""),
        ("scan", ""),
    ];
    let wrong = bench.post(&nora, "/duties", &no_day).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Choose a day") && wrong.text.contains("Say what is to be done"));
}

#[tokio::test]
async fn n50_a_bill_of_materials_is_read_before_it_is_kept() {
    let bench = Bench::new();
    let mara = bench.member("mara").await;
    let send = |name: &'static str, text: &'static str| {
        let (bench, mara) = (&bench, mara.clone());
        async move {
            let body = |csrf: &str| {
                let mut body = String::new();
                for (field, value) in [("csrf", csrf), ("name", name)] {
                    body += &format!(
                        "--b0\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
                    );
                }
                body += "--b0\r\nContent-Disposition: form-data; name=\"bill\"; filename=\"a.lock\"\r\n";
                body += &format!("Content-Type: text/plain\r\n\r\n{text}\r\n--b0--\r\n");
                body.into_bytes()
            };
            bench.post_files(&mara, "/bills", body).await
        }
    };
    let lock = "[[package]]\nname = \"time\"\nversion = \"0.1.42\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let kept = send("Portal", lock).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    for wrong in ["<html>", "{\"bomFormat\": 7}", ""] {
        let answer = send("Portal", wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let due = bench.desk.sboms_to_scan().await.unwrap();
    assert_eq!(
        due,
        [("Portal".to_owned(), lock.trim_end().to_owned() + "\n")]
    );
    let found = serde_json::json!({"said": "time 0.1.42", "vulnerability": "RUSTSEC-2020-0071", "advisory": "x", "because": []});
    bench
        .desk
        .sbom_scanned("Portal", vec![found])
        .await
        .unwrap();
    assert!(bench.desk.sboms_to_scan().await.unwrap().is_empty());
    assert!(
        bench
            .page(&mara, "/bills")
            .await
            .contains("RUSTSEC-2020-0071")
    );
    bench.hours(25);
    assert_eq!(
        bench.desk.sboms_to_scan().await.unwrap().len(),
        1,
        "every night"
    );
    let mara = bench.member("mia").await;
    let ended = bench.post(&mara, "/bills/end", &[("name", "Portal")]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert!(bench.desk.sboms_to_scan().await.unwrap().is_empty());
}

/// What a night found of a component.
fn found(component: &str, vulnerability: &str) -> Value {
    json!({"said": component, "component": format!("pkg:cargo/{component}"), "vulnerability": vulnerability, "advisory": vulnerability, "because": []})
}

#[tokio::test]
async fn n61_r45_what_a_scan_finds_is_an_action_until_it_is_mended_or_dealt_with() {
    let bench = Bench::new();
    bench.mails_on().await;
    let mara = bench.member("mara").await;
    let who = caller(&bench, &mara).await;
    bench.desk.keep_duties().await.unwrap();
    let put = |name: &'static str| bench.desk.put_sbom(&who, name, "{}".to_owned());
    put("Portal").await.unwrap();
    put("Forum").await.unwrap();
    let night = async |bill: &str, found: &[Value]| -> Vec<DutyLine> {
        bench.hours(24);
        bench.desk.sbom_scanned(bill, found.to_vec()).await.unwrap();
        let all = bench.desk.duties(&who).await.unwrap();
        let of =
            |d: &DutyLine| matches!(&d.origin, DutyOrigin::Found { bill: of, .. } if of == bill);
        all.into_iter().filter(of).collect()
    };
    let (one, two) = (found("time 0.1", "R-1"), found("time 0.1", "R-2"));
    let other = found("smallvec 1", "R-3");
    let all = night("Portal", &[one.clone(), other.clone()]).await;
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|d| d.done.is_none() && d.owner == Some(bench.desk.me(&who)))
    );
    assert!(all.iter().all(|d| d.due == bench.desk.now().plus_days(30)));
    assert_eq!(
        night("Portal", &[one.clone(), other.clone()]).await,
        all,
        "once"
    );

    // More of the same component is the same action; what is mended is done by itself.
    let all = night("Portal", &[one.clone(), two.clone()]).await;
    let time = all.iter().find(|d| d.what.contains("time 0.1")).unwrap();
    assert_eq!(time.what, "Portal: mend time 0.1 (R-1, R-2)");
    let (_, by, evidence) = all.iter().find_map(|d| d.done.clone()).unwrap();
    assert_eq!(
        (by.0.as_str(), evidence.as_str()),
        (aceso_store::CLERK, "not found any more on 2026-03-07")
    );

    // What somebody dealt with stays so, until something else is found of it.
    let why = "It is not reachable: see VEX-7".to_owned();
    bench.desk.do_duty(&who, &time.id, why).await.unwrap();
    let open = |all: &[DutyLine]| all.iter().filter(|d| d.done.is_none()).count();
    assert_eq!(open(&night("Portal", &[one.clone(), two.clone()]).await), 0);
    let all = night("Portal", std::slice::from_ref(&two)).await;
    assert_eq!((open(&all), all.len()), (0, 2), "a part of it is no news");
    let more = [one.clone(), two, found("time 0.1", "R-4")];
    let all = night("Portal", &more).await;
    assert_eq!((open(&all), all.len()), (1, 3));
    let new = all.iter().find(|d| d.done.is_none()).unwrap();
    assert_eq!(
        new.what, "Portal: mend time 0.1 (R-4)",
        "the rest is dealt with"
    );
    let all = night("Portal", &more[..2]).await;
    assert_eq!((open(&all), all.len()), (0, 3));
    let ends = |d: &&DutyLine| d.what.ends_with("(R-4)");
    let (_, by, evidence) = all.iter().find(ends).and_then(|d| d.done.clone()).unwrap();
    assert_eq!(
        (by.0.as_str(), evidence.as_str()),
        (
            aceso_store::CLERK,
            "what is still found was dealt with before"
        )
    );
    // What the desk ended by itself comes again when it is found again.
    let all = night("Portal", &more).await;
    assert_eq!((open(&all), all.len()), (1, 4));

    // One mail for a bill, without what is wrong; no action is left of a bill that is taken out.
    night("Forum", &[one, other]).await;
    bench.hours(24 * 25);
    bench.desk.keep_duties().await.unwrap();
    let mails = bench.mailed(DeskMail::Duty).await;
    let of = |bill: &str| -> Vec<&str> {
        let mails = mails.iter().map(|m| m.detail.as_str());
        mails.filter(|d| d.contains(bill)).collect()
    };
    let forum = of("Forum");
    assert_eq!(forum.len(), 1, "{forum:?}");
    assert!(
        forum[0].contains("found in Forum: 2") && !forum[0].contains("time"),
        "{forum:?}"
    );
    bench.desk.end_sbom(&who, "Forum").await.unwrap();
    let all = bench.desk.duties(&who).await.unwrap();
    assert!(
        !all.iter()
            .any(|d| d.what.starts_with("Forum") && d.done.is_none())
    );
}

#[tokio::test]
async fn n65_figures_count_what_happened_and_name_no_case() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    bench.hours(6);
    let team = Team::of(&bench).await;
    team.to_published(&bench).await;
    let other = bench.member("otto").await;
    let page = bench.page(&other, "/figures").await;
    assert!(page.contains("From the report to its answer"), "{page}");
    assert!(page.contains("6.0") && page.contains("2026 Q1"), "{page}");
    assert!(
        page.contains("<svg") && !page.contains("front desk"),
        "{page}"
    );
    let year = bench.page(&other, "/figures/2026").await;
    assert!(
        year.contains("ACESO-SA-2026-0001") && year.contains("Valid"),
        "{year}"
    );
    assert_eq!(
        bench.get(&other, "/figures/1e9").await.status,
        StatusCode::NOT_FOUND
    );
    let before = bench.page(&other, "/figures/2025").await;
    assert!(before.contains("Nothing was published"), "{before}");
}
