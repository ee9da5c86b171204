//! `POST /api/counters` and `POST /api/statements`: what installations tell, without a name or under their key.

use aceso_desk::deploy::{Counters, LONGEST_STATEMENT, Signed, StatementError};
use aceso_store::{DeskError, KnownInstallation};
use aceso_web::Visit;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::DeskWeb;

/// The two, with the most bytes that each takes: a statement is quoted within its envelope.
pub(crate) fn routes() -> Router<DeskWeb> {
    Router::new()
        .route("/api/counters", post(counters))
        .route("/api/statements", post(statement))
        .layer(DefaultBodyLimit::max(LONGEST_STATEMENT * 2))
}

/// One of them in the description for programs: what it is, and the name of what it takes (`desk::deploy`).
pub(crate) fn described(summary: &str, body: &str) -> Value {
    let problem = json!({"description": "What is wrong", "content": {"application/problem+json": {"schema": {"type": "object"}}}});
    json!({"post": {
        "summary": summary,
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "title": body}}}},
        "responses": {
            "200": {"description": "It was taken"}, "202": {"description": "It was taken, and counts when its key is vetted"},
            "400": problem, "413": problem, "422": problem, "429": problem,
        },
    }})
}

async fn counters(
    State(web): State<DeskWeb>,
    visit: axum::Extension<Visit>,
    body: String,
) -> Response {
    if let Some(answer) = too_often(&web, &visit) {
        return answer;
    }
    let counters = match Counters::read(&body) {
        Ok(counters) => counters,
        Err(error) => return unread(&error),
    };
    match web.desk().take_counters(counters).await {
        Ok(taken) => said(StatusCode::OK, &json!({"taken": taken})),
        Err(error) => refused(error),
    }
}

async fn statement(
    State(web): State<DeskWeb>,
    visit: axum::Extension<Visit>,
    body: String,
) -> Response {
    if let Some(answer) = too_often(&web, &visit) {
        return answer;
    }
    let signed: Signed = match serde_json::from_str(&body) {
        Ok(signed) => signed,
        Err(error) => return unread(&error.into()),
    };
    match web.desk().take_statement(signed).await {
        Ok(KnownInstallation::Vetted) => said(StatusCode::OK, &json!({"known": true})),
        Ok(KnownInstallation::Waiting) => said(StatusCode::ACCEPTED, &json!({"known": false})),
        Err(error) => refused(error),
    }
}

fn too_often(web: &DeskWeb, visit: &Visit) -> Option<Response> {
    let seconds = web.told().take(visit.peer, web.desk().now()).err()?;
    let mut answer = problem(StatusCode::TOO_MANY_REQUESTS, "too much from there");
    let wait = seconds.into();
    answer.headers_mut().insert(header::RETRY_AFTER, wait);
    Some(answer)
}

fn unread(error: &StatementError) -> Response {
    match error {
        StatementError::Json(_) => problem(StatusCode::BAD_REQUEST, "it cannot be read"),
        StatementError::Bounds(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, why),
    }
}

fn refused(error: DeskError) -> Response {
    match error {
        DeskError::Rule(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, why),
        other => {
            tracing::error!(error = %other, "what an installation told could not be taken");
            problem(StatusCode::INTERNAL_SERVER_ERROR, "it could not be taken")
        }
    }
}

fn said(status: StatusCode, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body.to_string()).into_response()
}

fn problem(status: StatusCode, title: &str) -> Response {
    let body = json!({"type": "about:blank", "title": title, "status": status.as_u16()});
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}
