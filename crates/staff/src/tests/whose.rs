//! Whose chart a form is about.

use aceso_policy::Role;
use aceso_web::site::Verb;
use http::StatusCode;

use super::kit::Clinic;
use super::record::fill;
use crate::ROUTES;

#[tokio::test]
async fn every_form_of_a_patients_page_says_whose_it_is_and_another_patients_is_refused() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let roles = [Role::CLINICIAN, Role::NURSE];
    let account = clinic
        .person_who_is("ines", &roles, Some("Practitioner/doc"))
        .await;
    let mut doctor = clinic.browser(&account).await;
    clinic.step_up(&mut doctor).await;
    let rows = ROUTES.iter().filter(|row| row.path.contains("{patient}"));
    let (mut forms, mut posts) = (0, 0);
    for row in rows {
        let at = row.path.replace("{patient}", "p1");
        let parts = at.split('/').map(|part| match part.starts_with('{') {
            true => "none",
            false => part,
        });
        let at = parts.collect::<Vec<_>>().join("/");
        match row.verb {
            Verb::Get => {
                let page = clinic.get(&doctor, &at).await;
                if page.status == StatusCode::NOT_FOUND {
                    // What is not there names no patient.
                    assert!(!page.text.contains("name=\"patient\""), "{at}");
                    continue;
                }
                let main = page.text.split("<main").nth(1).unwrap_or_default();
                for form in main.split("<form").skip(1) {
                    let form = form.split("</form>").next().unwrap_or_default();
                    let own = form.contains("name=\"patient\" value=\"p1\"");
                    assert!(own || !form.contains("method=\"post\""), "{at}: {form}");
                    forms += usize::from(own);
                }
            }
            Verb::Post => {
                posts += 1;
                for fields in [&[("patient", "p2")][..], &[("reason", "emergency")]] {
                    let answer = clinic.post(&doctor, &at, fields).await;
                    let refused = answer.status.is_client_error();
                    assert!(
                        refused,
                        "{at} {fields:?}: {} {}",
                        answer.status, answer.text
                    );
                }
            }
        }
    }
    assert!(forms > 0 && posts > 0, "{forms} forms, {posts} posts");
}
