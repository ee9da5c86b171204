//! `/advisories.atom` and `/advisories.json`.

use aceso_desk::advisory::{Advisory, feed};
use aceso_store::Published;
use axum::extract::State;
use axum::response::Response;

use super::{all, document};
use crate::DeskWeb;

pub(super) async fn atom(State(web): State<DeskWeb>) -> Response {
    let made = |all: &[Published]| feed::atom(&web.site(), &standing(all));
    match all(&web).await {
        Ok(all) => document(
            "application/atom+xml; charset=utf-8",
            web.feeds().atom.of(all, made),
        ),
        Err(answer) => answer,
    }
}

pub(super) async fn json(State(web): State<DeskWeb>) -> Response {
    let made = |all: &[Published]| feed::json_feed(&web.site(), &standing(all)).to_string();
    match all(&web).await {
        Ok(all) => document("application/feed+json", web.feeds().json.of(all, made)),
        Err(answer) => answer,
    }
}

/// What is public and stands.
fn standing(all: &[Published]) -> Vec<Advisory> {
    let standing = all.iter().filter(|p| p.withdrawn.is_none());
    standing.map(|p| p.advisory.clone()).collect()
}
