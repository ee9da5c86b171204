//! The advisory's editor says what the text lacks in the words of its fields, with the way there.

use aceso_desk::advisory::Part;
use http::StatusCode;

use super::kit::{Bench, GOOD, between};
use super::path::{CASE, Team};

/// The fields that a list of what is to be mended leads to.
fn leads_to(page: &str, list: &str) -> Vec<String> {
    let list = page.split(list).nth(1).unwrap();
    let list = list.split("</ul>").next().unwrap();
    let ways = list.split("href=\"#f-").skip(1);
    ways.map(|way| way.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn n28_what_a_text_lacks_is_said_by_its_field_and_leads_there() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    let lacking = [
        ("no_cve", ""),
        ("vector", ""),
        ("fixed", ""),
        ("exploit", "n/a"),
        ("credits", ""),
        ("workaround", ""),
    ];
    let saved = team.write(&bench, &team.owen, &lacking).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);

    let page = bench.page(&team.owen, &format!("/cases/{CASE}/text")).await;
    let fields = leads_to(&page, "to mend before it can be published");
    let mut expected = vec!["cve", "vector", "fixed", "exploit", "credits"];
    expected.sort_unstable();
    let mut found = fields.clone();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(leads_to(&page, "Could be better"), ["workaround"]);
    for key in fields {
        let part = Part::ALL.iter().find(|p| p.key() == key).unwrap();
        let way = format!("href=\"#f-{key}\">{}</a>", part.label());
        assert!(page.contains(&way), "{way}");
        assert!(page.contains(&format!("id=\"f-{key}\"")), "{key}");
        let label = between(&page, &format!("<label for=\"f-{key}\">"), "</label>");
        assert!(label.starts_with(part.label()), "{label}");
    }

    let case = bench
        .page(&team.owen, &format!("/cases/{CASE}/advisory"))
        .await;
    assert!(case.contains("CVE id: there is no CVE id"), "{case}");
    for path in ["vulnerabilities/", "severity/", "products/", "credits:"] {
        assert!(!page.contains(path) && !case.contains(path), "{path}");
    }
}

#[tokio::test]
async fn n50_a_text_that_no_bill_of_materials_has_a_part_of_warns_whoever_writes_it() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    let clerk = aceso_policy::Caller::job(aceso_policy::Job::Desk);
    let (name, bill) = crate::inside::samples::bills().remove(0);
    bench.desk.put_sbom(&clerk, &name, bill).await.unwrap();
    let text = format!("/cases/{CASE}/text");

    // The text names a crate; the program's own bill has it as none.
    team.write(&bench, &team.owen, &[]).await;
    let page = bench.page(&team.owen, &text).await;
    assert!(
        page.contains("Nobody would find themselves in it"),
        "{page}"
    );
    assert!(
        page.contains("Aceso 0.1.0 has pkg:generic/aceso@0.1.0"),
        "{page}"
    );

    let mended = [
        ("affected", "Aceso | Aceso | < 0.1.1 | pkg:generic/aceso"),
        ("fixed", "Aceso | Aceso | 0.1.1 | pkg:generic/aceso"),
    ];
    team.write(&bench, &team.owen, &mended).await;
    let page = bench.page(&team.owen, &text).await;
    assert!(
        page.contains("Aceso 0.1.0: aceso 0.1.0, affected"),
        "{page}"
    );
}
