//! `/.well-known/security.txt` (RFC 9116), signed and made when it is asked for: it is always good for the next 90 days.

use aceso_desk::When;
use axum::extract::State;
use axum::response::Response;

use super::{document, seconds};
use crate::DeskWeb;

const DAY: i64 = 86_400_000;
/// It is to be looked at again after so many days.
const GOOD_DAYS: i64 = 90;

pub(super) async fn show(State(web): State<DeskWeb>) -> Response {
    let now = web.desk().now();
    let day = When::from_millis(now.millis().div_euclid(DAY) * DAY);
    let signed = web.signer().clear_sign(&text(&web, now), seconds(day));
    document("text/plain; charset=utf-8", signed)
}

/// Its lines. The expiry is at a full day, so that the text is the same for a day.
fn text(web: &DeskWeb, now: When) -> String {
    let settings = web.settings();
    let base = &settings.base;
    let expires = now.plus_days(GOOD_DAYS).date();
    let mut text = String::new();
    if let Some(mail) = &settings.contact {
        text.push_str(&format!("Contact: mailto:{mail}\n"));
    }
    text.push_str(&format!(
        "Contact: {base}/report\n\
         Expires: {expires}T00:00:00Z\n\
         Preferred-Languages: en\n\
         Canonical: {base}/.well-known/security.txt\n\
         Policy: {base}/not-a-vulnerability\n\
         CSAF: {base}/.well-known/csaf/provider-metadata.json\n"
    ));
    text
}
