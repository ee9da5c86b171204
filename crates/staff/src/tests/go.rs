//! The command palette and its page.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::Clinic;
use super::schedule::{desk, fill};

#[tokio::test]
async fn the_palette_shows_what_the_reader_may_open_and_nothing_else() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let check = async |who, path: &str, said: &[&str], unsaid: &[&str]| {
        let page = clinic.get(who, path).await;
        assert_eq!(page.status, StatusCode::OK);
        let main = page.text.split("<main").nth(1).unwrap_or_default();
        for text in said {
            assert!(main.contains(text), "{path} {text}: {main}");
        }
        for text in unsaid {
            assert!(!main.contains(text), "{path} {text}: {main}");
        }
    };
    check(&desk, "/go?q=ann", &["href=\"/patients/p1\""], &[]).await;
    let books = ["href=\"/patients/p1/appointments/new\""];
    check(&desk, "/go?q=book&patient=p1", &books, &[]).await;
    check(&desk, "/go?q=vital&patient=p1", &[], &["/vitals"]).await;
    check(&ada, "/go?q=ann", &[], &["/patients/p1"]).await;
    check(&ada, "/go?q=people", &["href=\"/admin/people\""], &[]).await;
    check(&desk, "/go?q=people", &[], &["/admin/people"]).await;
}

#[tokio::test]
async fn what_is_typed_into_the_palette_is_posted() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let found = clinic.post(&desk, "/go", &[("q", "ann")]).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.text.contains("id=\"go-found\""));
    assert!(found.text.contains("href=\"/patients/p1\""));
}
