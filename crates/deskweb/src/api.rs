//! `/api/reports`: the report form for programs, and `/openapi.json`, which describes it.

use aceso_desk::When;
use aceso_desk::report::{
    Answers, Attachment, Dkim, Envelope, Report, Source, file_kind, file_name, inert,
};
use aceso_store::{Credit, DeskError};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::DeskWeb;
use crate::adopt::receive::described;
use crate::intake::{IntakeError, receive, secret};
use aceso_web::Visit;

/// The most characters of all texts together.
const LONGEST: usize = 200_000;
/// The most files, and the most bytes of a request: they are in base64.
const MOST_FILES: usize = 10;
pub(crate) const MOST_BYTES: usize = 14 << 20;

/// A report as a program sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    product: String,
    #[serde(default)]
    version: String,
    subject: String,
    text: String,
    #[serde(default)]
    steps: String,
    #[serde(default)]
    impact: String,
    #[serde(default)]
    exploited: bool,
    #[serde(default)]
    disclosure: Option<When>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    mail: Option<String>,
    /// By which name the reporter may be thanked.
    #[serde(default)]
    credit: Option<String>,
    /// What comes with it.
    #[serde(default)]
    files: Vec<Attached>,
}

/// A file as a program sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attached {
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
    /// Base64.
    content: String,
}

fn problem(status: StatusCode, title: &str, more: Value) -> Response {
    let mut body = json!({"type": "about:blank", "title": title, "status": status.as_u16()});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}

/// `POST /api/reports`.
pub(crate) async fn report(
    State(web): State<DeskWeb>,
    visit: axum::Extension<Visit>,
    body: Result<Json<Body>, JsonRejection>,
) -> Response {
    let body = match body {
        Ok(Json(body)) => body,
        Err(wrong) => {
            return problem(
                StatusCode::BAD_REQUEST,
                "The report cannot be read",
                json!({"detail": wrong.body_text()}),
            );
        }
    };
    let texts = [
        &body.subject,
        &body.text,
        &body.steps,
        &body.impact,
        &body.product,
        &body.version,
    ];
    let length: usize = texts.iter().map(|t| t.len()).sum();
    if length > LONGEST || body.subject.trim().is_empty() || body.text.trim().is_empty() {
        let detail =
            "subject and text say something, and all texts together have at most 200,000 bytes";
        return problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The report is empty or too long",
            json!({"detail": detail}),
        );
    }
    let now = web.desk().now();
    if let Err(seconds) = web.flood().take(visit.peer, now) {
        let mut answer = problem(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many reports from there",
            json!({}),
        );
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
        return answer;
    }
    let Some(files) = body.files() else {
        return problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "A file cannot be read",
            json!({"detail": "content is base64, and at most 10 files come with a report"}),
        );
    };
    let (report, credit) = body.report(now, &files);
    let sent = receive(
        web.desk(),
        &web.settings().products,
        report,
        (credit, files),
    )
    .await;
    match sent {
        Ok(sent) => {
            let status = format!("{}/report/status/{}", web.settings().base, sent.token);
            let questions: Vec<&str> = sent.gate.questions.iter().map(|q| q.text()).collect();
            let answer = json!({"case": sent.received.case, "report": sent.received.report, "status": status, "token": sent.token, "questions": questions});
            (StatusCode::CREATED, Json(answer)).into_response()
        }
        Err(IntakeError::Evidence(gate)) => {
            let questions: Vec<&str> = gate.questions.iter().map(|q| q.text()).collect();
            problem(
                StatusCode::UNPROCESSABLE_ENTITY,
                "The report says too little to be looked into",
                json!({"questions": questions}),
            )
        }
        Err(IntakeError::Desk(error)) => failed(&error),
        Err(IntakeError::Random(error)) => failed(&error),
        Err(IntakeError::Mail(error)) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a report could not be taken in");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "It could not be taken in",
        json!({}),
    )
}

/// `GET /api/reports/{token}`.
pub(crate) async fn status(State(web): State<DeskWeb>, Path(token): Path<String>) -> Response {
    match web.desk().report_status(secret(&token)).await {
        Ok(status) => {
            let letters: Vec<Value> = status
                .letters
                .iter()
                .map(|l| json!({"at": l.at, "from": if l.who.is_some() { "group" } else { "reporter" }, "text": l.text}))
                .collect();
            Json(json!({
                "case": status.report.case,
                "report": status.report.id,
                "received": status.report.at,
                "stage": status.case.stage,
                "messages": letters,
            }))
            .into_response()
        }
        Err(DeskError::Unknown) => {
            problem(StatusCode::NOT_FOUND, "There is no such report", json!({}))
        }
        Err(error) => failed(&error),
    }
}

impl Body {
    /// Name, kind and bytes of each; none, when one cannot be read or there are too many.
    fn files(&self) -> Option<Vec<(String, String, Vec<u8>)>> {
        let read = |file: &Attached| {
            let bytes = STANDARD.decode(&file.content).ok()?;
            Some((file_name(&file.name), file_kind(&file.kind), bytes))
        };
        let few = self.files.len() <= MOST_FILES;
        few.then(|| self.files.iter().map(read).collect()).flatten()
    }

    fn report(self, at: When, files: &[(String, String, Vec<u8>)]) -> (Report, Credit) {
        let some = |text: Option<String>| text.map(|t| inert(t.trim())).filter(|t| !t.is_empty());
        let credit = some(self.credit).map_or(Credit::No, Credit::As);
        let report = Report {
            at,
            source: Source::Api,
            from: some(self.mail),
            name: some(self.name),
            subject: inert(self.subject.trim()).replace('\n', " "),
            text: inert(self.text.trim()),
            attachments: files
                .iter()
                .map(|(name, kind, bytes)| Attachment {
                    name: name.clone(),
                    kind: kind.clone(),
                    size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                })
                .collect(),
            answers: Answers {
                product: inert(self.product.trim()),
                version: inert(self.version.trim()),
                steps: inert(self.steps.trim()),
                impact: inert(self.impact.trim()),
                exploited: if self.exploited {
                    "the reporter says that it is".to_owned()
                } else {
                    String::new()
                },
                disclosure: self.disclosure,
            },
            dkim: Dkim::None,
            envelope: Envelope::Plain,
            message_id: None,
        };
        (report, credit)
    }
}

/// `GET /openapi.json`.
pub(crate) async fn openapi(State(web): State<DeskWeb>) -> Response {
    let text = json!({"type": "string"});
    let problem = json!({"description": "What is wrong", "content": {"application/problem+json": {"schema": {"type": "object"}}}});
    let report = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["product", "subject", "text"],
        "properties": {
            "product": text, "version": text,
            "subject": {"type": "string", "minLength": 1}, "text": {"type": "string", "minLength": 1},
            "steps": text, "impact": text, "exploited": {"type": "boolean"},
            "disclosure": {"type": ["string", "null"], "format": "date-time"},
            "name": {"type": ["string", "null"]}, "mail": {"type": ["string", "null"]},
            "credit": {"type": ["string", "null"], "description": "By which name the reporter may be thanked"},
            "files": {"type": "array", "maxItems": MOST_FILES, "items": {
                "type": "object", "additionalProperties": false, "required": ["name", "content"],
                "properties": {"name": text, "type": text, "content": {"type": "string", "contentEncoding": "base64"}},
            }},
        },
    });
    let receipt = json!({
        "type": "object",
        "required": ["case", "report", "status", "token", "questions"],
        "properties": {
            "case": text, "report": text, "status": {"type": "string", "format": "uri"}, "token": text,
            "questions": {"type": "array", "items": text},
        },
    });
    let status = json!({
        "type": "object",
        "required": ["case", "report", "received", "stage", "messages"],
        "properties": {"case": text, "report": text, "received": {"type": "string", "format": "date-time"}, "stage": text,
            "messages": {"type": "array", "items": {"type": "object"}}},
    });
    let of = |schema: Value| json!({"application/json": {"schema": schema}});
    Json(json!({
        "openapi": "3.1.0",
        "info": {"title": format!("Security desk of {}", web.settings().publisher), "version": "1"},
        "servers": [{"url": web.settings().base}],
        "paths": {
            "/api/reports": {"post": {
                "summary": "Report a vulnerability",
                "requestBody": {"required": true, "content": of(report)},
                "responses": {
                    "201": {"description": "It was taken in; keep the token", "content": of(receipt)},
                    "400": problem, "415": problem, "422": problem, "429": problem,
                },
            }},
            "/api/reports/{token}": {"get": {
                "summary": "How far a report is",
                "parameters": [{"name": "token", "in": "path", "required": true, "schema": text}],
                "responses": {"200": {"description": "Its status", "content": of(status)}, "404": problem},
            }},
            "/api/counters": described("How an installation stands, without a name", "Counters"),
            "/api/statements": described("How an installation stands, signed by its key", "Signed"),
        },
    }))
    .into_response()
}
