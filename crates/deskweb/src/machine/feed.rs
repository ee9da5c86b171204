//! `/advisories.atom` and `/advisories.json`.

use aceso_desk::advisory::feed;
use axum::extract::State;
use axum::response::Response;

use super::{document, standing};
use crate::DeskWeb;

pub(super) async fn atom(State(web): State<DeskWeb>) -> Response {
    match standing(&web).await {
        Ok(all) => document(
            "application/atom+xml; charset=utf-8",
            feed::atom(&web.site(), &all),
        ),
        Err(answer) => answer,
    }
}

pub(super) async fn json(State(web): State<DeskWeb>) -> Response {
    match standing(&web).await {
        Ok(all) => {
            let feed = feed::json_feed(&web.site(), &all);
            document("application/feed+json", feed.to_string())
        }
        Err(answer) => answer,
    }
}
