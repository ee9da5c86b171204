//! What programs fetch.

use http::StatusCode;

use super::kit::{Bench, GOOD};
use super::path::Team;

async fn published() -> Bench {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_published(&bench).await;
    bench
}

#[tokio::test]
async fn every_document_of_a_csaf_provider_is_where_the_others_say_it_is() {
    let bench = published().await;
    let who = bench.stranger();
    let get = async |path: &str| -> serde_json::Value {
        let path = path.strip_prefix("https://desk.example").unwrap_or(path);
        serde_json::from_str(&bench.page(&who, path).await).unwrap()
    };
    let provider = get("/.well-known/csaf/provider-metadata.json").await;
    let feed = provider["distributions"][0]["rolie"]["feeds"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let feed = get(&feed).await;
    let entry = &feed["feed"]["entry"][0];
    let url = entry["content"]["src"].as_str().unwrap();
    let document = get(url).await;
    assert_eq!(document["document"]["tracking"]["id"], "ACESO-SA-2026-0001");
    let directory = provider["distributions"][1]["directory_url"]
        .as_str()
        .unwrap();
    let path = |name: &str| format!("{directory}/{name}").replace("https://desk.example", "");
    let index = bench.page(&who, &path("index.txt")).await;
    assert_eq!(index, "2026/aceso-sa-2026-0001.json\n");
    assert!(url.ends_with(index.trim()));
    assert!(
        bench
            .page(&who, &path("changes.csv"))
            .await
            .starts_with("\"2026/aceso-sa-2026-0001.json\",\"2026-03-04T")
    );
    let text = bench
        .page(&who, url.strip_prefix("https://desk.example").unwrap())
        .await;
    let link = entry["link"][1]["href"]
        .as_str()
        .unwrap()
        .replace("https://desk.example", "");
    let digest = aceso_base::hex(&aceso_vault::sha256(text.as_bytes()));
    assert_eq!(
        bench.page(&who, &link).await,
        format!("{digest} aceso-sa-2026-0001.json\n")
    );
    let key = provider["public_openpgp_keys"][0]["url"].as_str().unwrap();
    let key = bench
        .page(&who, &key.replace("https://desk.example", ""))
        .await;
    let key = aceso_vault::PgpPublic::read(&key).unwrap();
    assert_eq!(
        provider["public_openpgp_keys"][0]["fingerprint"],
        key.fingerprint()
    );
    let link = entry["link"][3]["href"].as_str().unwrap();
    let signature = bench
        .page(&who, &link.replace("https://desk.example", ""))
        .await;
    assert!(key.check(&signature, text.as_bytes()).is_ok());
}

#[tokio::test]
async fn an_advisory_is_there_in_each_of_its_forms() {
    let bench = published().await;
    let who = bench.stranger();
    for form in [
        "record",
        "csaf",
        "osv",
        "cyclonedx",
        "github",
        "markdown",
        "mail",
        "post",
        "atom",
        "jsonfeed",
    ] {
        let answer = bench
            .get(&who, &format!("/advisories/ACESO-SA-2026-0001/{form}"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{form}");
        assert!(!answer.kind.starts_with("text/html"), "{form}");
    }
    // It has no CVE id: there is no CVE record, and no name that OpenVEX could have.
    for none in ["cve", "openvex", "pdf"] {
        let answer = bench
            .get(&who, &format!("/advisories/ACESO-SA-2026-0001/{none}"))
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{none}");
    }
    assert_eq!(
        bench.get(&who, "/advisories/C-2026-0002/csaf").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn security_txt_is_never_out_of_date() {
    let bench = Bench::new();
    let text = bench
        .page(&bench.stranger(), "/.well-known/security.txt")
        .await;
    assert!(text.contains("Expires: 2026-06-02T00:00:00Z"), "{text}");
    bench.hours(24 * 365);
    let text = bench
        .page(&bench.stranger(), "/.well-known/security.txt")
        .await;
    assert!(text.contains("Expires: 2027-06-02T00:00:00Z"), "{text}");
    assert!(text.contains("Contact: mailto:security@desk.example\n"));
}
