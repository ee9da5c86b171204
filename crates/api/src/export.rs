//! Bulk Data Access 2.0: `$export` over all, all patients or a Group; its status; its files.
//!
//! A file is read from the record when it is fetched, as the client that fetches it: nothing lies about in the clear.

use aceso_fhir::bulk::{BulkTerms, Level};
use aceso_fhir::consent::NOTICE;
use aceso_fhir::disclosure::DISCLOSURE;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::Query;
use aceso_fhir::{Object, Value, json};
use aceso_store::{Export, ExportError, ExportState, Marking, NewExport, ReadError};
use bytes::Bytes;
use http::header::{CONTENT_LOCATION, ETAG, EXPIRES, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode};

use crate::answer::{Answer, Content};
use crate::ask::Ask;
use crate::everything::pairs;
use crate::negotiate::Handling;
use crate::problem::{Answered, Problem};

const NDJSON: &str = "application/fhir+ndjson";

/// Takes an export on: 202 with where its status is.
pub(crate) async fn begin(ask: Ask) -> Answered<Answer> {
    let wishes = ask.headers.get_all("prefer").iter();
    let wishes = wishes
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split([',', ';']));
    if !wishes.map(str::trim).any(|wish| wish == "respond-async") {
        let issue = Issue::error(Code::NotSupported, "An export is answered later")
            .fix("Send the header 'Prefer: respond-async'.");
        return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
    }
    let level = match ask.place.kind {
        None => Level::System,
        Some("Patient") => Level::Patient,
        Some(_) => Level::Group(ask.id()?.to_owned()),
    };
    if let Level::Group(id) = &level {
        ask.reading().fetch("Group", id).await?;
    }
    let mut given = pairs(&ask)?;
    if ask.show.handling == Handling::Lenient {
        let offered = ["_type", "_since", "_typeFilter", "_outputFormat"];
        given.retain(|(name, _)| offered.contains(&name.as_str()));
    }
    let terms = BulkTerms::read(&given, ask.api.0.store.now());
    let terms = terms.map_err(|(name, why)| {
        Problem::bad(Code::NotSupported, format!("The parameter {name} is {why}"))
    })?;
    may_read(&ask, &terms).await?;
    let pair = |(name, value): &(String, String)| {
        Value::from(vec![
            Value::from(name.as_str()),
            Value::from(value.as_str()),
        ])
    };
    let query: Value = given.iter().map(pair).collect::<Vec<_>>().into();
    let mut request = [&ask.base(), address(&level).as_str()].concat();
    if !ask.query.is_empty() {
        request.push('?');
        request.push_str(&ask.query);
    }
    let new = NewExport {
        level: level.name(),
        query: json::to_string(&query),
        request,
    };
    let begun = ask.api.0.store.begin_export(&ask.caller, new).await;
    let id = begun.map_err(refused)?;
    let place = [&ask.base(), "/$export-status/", &id].concat();
    let mut answer = Answer::new(StatusCode::ACCEPTED, Content::None);
    answer.headers.extend(header(CONTENT_LOCATION, &place));
    Ok(answer)
}

fn address(level: &Level) -> String {
    match level {
        Level::System => "/$export".to_owned(),
        Level::Patient => "/Patient/$export".to_owned(),
        Level::Group(id) => ["/Group/", id, "/$export"].concat(),
    }
}

/// Who names types must be allowed to search each of them; who names none is given those that they may.
async fn may_read(ask: &Ask, terms: &BulkTerms) -> Answered<()> {
    let mut query = terms.everything();
    query.count = Some(0);
    if ask.place.kind.is_some() {
        let patients = Query {
            kind: Some("Patient"),
            count: Some(0),
            ..Query::default()
        };
        ask.reading().search(patients).await?;
    }
    if terms.kinds.is_empty() {
        ask.reading().search(query).await?;
        return Ok(());
    }
    for kind in &terms.kinds {
        let mut one = query.clone();
        one.types = Vec::new();
        one.kind = Some(kind);
        ask.reading().search(one).await?;
    }
    Ok(())
}

fn refused(error: ExportError) -> Problem {
    let text = error.to_string();
    match error {
        ExportError::NotAClient => {
            Problem::of(StatusCode::FORBIDDEN, Issue::error(Code::Forbidden, text))
        }
        ExportError::TooMany => {
            let issue =
                Issue::error(Code::Throttled, text).fix("Wait for one to be ready, or end it.");
            Problem::of(StatusCode::TOO_MANY_REQUESTS, issue)
        }
        ExportError::Store(error) => ReadError::Store(error).into(),
    }
}

fn header(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    HeaderValue::from_str(value).ok().map(|value| (name, value))
}

async fn found(ask: &Ask) -> Answered<Export> {
    let found = ask.api.0.store.export(&ask.caller, ask.id()?).await;
    found
        .map_err(ReadError::Store)?
        .ok_or_else(Problem::not_found)
}

/// 202 while it is made, then the manifest; `DELETE` ends it.
pub(crate) async fn status(ask: Ask) -> Answered<Answer> {
    if ask.method == Method::DELETE {
        let ended = ask.api.0.store.end_export(&ask.caller, ask.id()?).await;
        return match ended.map_err(ReadError::Store)? {
            true => Ok(Answer::new(StatusCode::ACCEPTED, Content::None)),
            false => Err(Problem::not_found()),
        };
    }
    let export = found(&ask).await?;
    match &export.state {
        ExportState::Waiting => {
            let mut answer = Answer::new(StatusCode::ACCEPTED, Content::None);
            answer.headers.extend(header(RETRY_AFTER, "1"));
            let progress = HeaderName::from_static("x-progress");
            let files = format!("{} files are listed", export.files.len());
            answer.headers.extend(header(progress, &files));
            Ok(answer)
        }
        ExportState::Failed(why) => {
            let issue = Issue::error(
                Code::Processing,
                format!("The export cannot be made: {why}"),
            );
            Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, issue))
        }
        ExportState::Ready => {
            let manifest = manifest(&ask.base(), &export);
            let bytes = Bytes::from(json::to_string(&manifest));
            let content = Content::Other("application/json", bytes);
            let mut answer = Answer::new(StatusCode::OK, content);
            answer
                .headers
                .extend(header(EXPIRES, &export.expires.to_http_date()));
            answer
                .headers
                .extend(header(ETAG, &format!("\"{}\"", export.id)));
            Ok(answer)
        }
    }
}

fn manifest(base: &str, export: &Export) -> Value {
    let output = export.files.iter().map(|file| {
        let url = format!("{base}/$export-file/{}/{}", export.id, file.number);
        Value::from([
            ("type", file.kind.into()),
            ("url", url.into()),
            (
                "count",
                i64::try_from(file.count).unwrap_or(i64::MAX).into(),
            ),
        ])
    });
    let mut out = Object::new();
    out.set("transactionTime", export.at.to_fhir());
    out.set("request", export.request.as_str());
    out.set("requiresAccessToken", true);
    out.set("output", output.collect::<Vec<_>>());
    out.set("error", Vec::<Value>::new());
    if export.files.iter().any(|f| f.marking == Marking::Some) {
        // Each line says of itself on which consent it is given (Bulk Data Access 2.0: `extension` is the server's own).
        let notice = Value::from([("notice", NOTICE.into())]);
        out.set("extension", Value::from([(DISCLOSURE, notice)]));
    }
    out.into()
}

/// A file, one resource a line. What the client may not see any more is not in it.
pub(crate) async fn file(ask: Ask) -> Answered<Answer> {
    let export = found(&ask).await?;
    let number = ask.place.version.as_deref().and_then(|n| n.parse().ok());
    let number: u32 = number.ok_or_else(Problem::not_found)?;
    let tag = format!("\"{}-{number}\"", export.id);
    let items = ask
        .api
        .0
        .store
        .export_items(&ask.caller, &export.id, number)
        .await;
    let (kind, items) = items
        .map_err(ReadError::Store)?
        .ok_or_else(Problem::not_found)?;
    let versions = ask.reading().versions(kind, items).await?;
    let size = versions.iter().map(|s| s.body.len() + 1).sum();
    let mut lines = Vec::with_capacity(size);
    for stored in versions {
        lines.extend_from_slice(&stored.body);
        lines.push(b'\n');
    }
    let mut answer = Answer::new(StatusCode::OK, Content::Other(NDJSON, lines.into()));
    answer.headers.extend(header(ETAG, &tag));
    answer
        .headers
        .extend(header(EXPIRES, &export.expires.to_http_date()));
    Ok(answer)
}
