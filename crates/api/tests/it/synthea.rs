//! Real bundles, whole.

use aceso_fhir::json;

use crate::kit::Server;

/// The first bundles of the shared Synthea patients go in whole, and with one bad entry not at all.
#[tokio::test(flavor = "multi_thread")]
async fn synthea_patients_load_whole_or_not_at_all() {
    let Some(files) = aceso_testkit::shared::archive("synthea-100-patients.tar.xz") else {
        return;
    };
    let mut bundles: Vec<_> = files
        .into_iter()
        .filter(|(path, _)| path.ends_with(".json"))
        .collect();
    bundles.sort_by_key(|(_, bytes)| bytes.len());
    let server = Server::new();
    let mut stored = 0;
    for (path, bytes) in bundles.iter().take(3) {
        let text = std::str::from_utf8(bytes).unwrap();
        let count = json::read(bytes).unwrap().items_at("entry").len();
        let got = server.post("/fhir", text).await;
        assert_eq!(got.status.as_u16(), 200, "{path}: {:.2000}", got.text);
        assert_eq!(got.json().items_at("entry").len(), count);
        stored += count;
    }
    assert!(stored > 0);
    let (path, bytes) = &bundles[3];
    let mut bundle = json::read(bytes).unwrap();
    let entries = bundle
        .as_object_mut()
        .unwrap()
        .get_mut("entry")
        .unwrap()
        .as_array_mut()
        .unwrap();
    let last = entries.len() - 1;
    let resource = entries[last]
        .as_object_mut()
        .unwrap()
        .get_mut("resource")
        .unwrap();
    resource.as_object_mut().unwrap().set("nonsense", true);
    let before = server.count("Patient").await;
    let got = server
        .post("/fhir", &json::to_string(&bundle))
        .await
        .is(400)
        .json();
    let place = got.items_at("issue")[0].items_at("expression")[0]
        .as_str()
        .map(str::to_owned);
    assert!(
        place
            .unwrap()
            .starts_with(&format!("Bundle.entry[{last}].resource")),
        "{path}"
    );
    assert_eq!(server.count("Patient").await, before);
}
