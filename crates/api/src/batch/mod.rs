//! `POST /fhir`: batches, whose entries stand alone, and transactions, which happen whole or not at all.

mod alone;
mod entry;
mod prepare;
mod rewrite;
mod transaction;

use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::{Value, validate};
use http::StatusCode;

use crate::answer::{Answer, Content, etag};
use crate::ask::Ask;
use crate::bundle::{Bundle, Parts, Response};
use crate::problem::{Answered, Problem};
use crate::{form, notice};

use entry::Entry;

/// Answers a Bundle of responses, in the order of the requests.
pub(crate) async fn post(ask: Ask) -> Answered {
    let reader = ask.clone();
    let read = form::aside(ask.size(), move || read(&reader, reader.resource()?)).await?;
    carry_out(&ask, read).await
}

/// The same for a Bundle in memory.
pub(crate) async fn apply(ask: Ask, bundle: Value) -> Answered {
    let reader = ask.clone();
    let read = form::aside(usize::MAX, move || read(&reader, bundle)).await?;
    carry_out(&ask, read).await
}

async fn carry_out(ask: &Ask, read: (Kind, Vec<Entry>)) -> Answered {
    let (kind, answers) = match read {
        (Kind::Batch, entries) => ("batch-response", alone::run(ask, entries).await),
        (Kind::Transaction, entries) => (
            "transaction-response",
            transaction::run(ask, entries).await?,
        ),
    };
    let base = ask.base();
    let mut bundle = Bundle::new(kind, answers.iter().map(|a| size(a) + 256).sum());
    let meta = notice::meta_of_answers(&answers)?;
    bundle
        .head_with(&ask.api.0.store.new_id(), ask.api.0.store.now(), meta)
        .links(&[("self", base.clone())]);
    for answer in answers {
        respond(&mut bundle, &base, &answer);
    }
    Ok(Answer::new(StatusCode::OK, Content::Json(bundle.end())))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Batch,
    Transaction,
}

/// Reads the Bundle; its entries' resources are not checked yet.
fn read(ask: &Ask, mut bundle: Value) -> Answered<(Kind, Vec<Entry>)> {
    form::expect_kind(&bundle, "Bundle")?;
    let kind = match bundle.str_at("type") {
        Some("batch") => Kind::Batch,
        Some("transaction") => Kind::Transaction,
        Some(_) | None => {
            let issue = Issue::error(Code::Value, "Only a batch or a transaction can be sent here")
                .at("Bundle.type")
                .fix("Use type 'batch' or 'transaction'; to store a Bundle as it is, POST it to /fhir/Bundle.");
            return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
        }
    };
    let resources = take_resources(&mut bundle);
    let issues = validate::resource(&bundle, &validate::Options::WRITE);
    if issues.iter().any(|i| i.severity.refuses()) {
        return Err(Problem::with(StatusCode::BAD_REQUEST, issues));
    }
    let shells = bundle.items_at("entry").iter().zip(resources).enumerate();
    let base = ask.base();
    let entries =
        shells.map(|(index, (shell, resource))| entry::read(index, shell, resource, &base));
    match kind {
        Kind::Transaction => Ok((
            kind,
            entries
                .map(|e| e.map_err(|(index, p)| p.within(&place(index))))
                .collect::<Answered<_>>()?,
        )),
        Kind::Batch => Ok((
            kind,
            entries
                .map(|e| e.unwrap_or_else(|(index, problem)| Entry::broken(index, problem)))
                .collect(),
        )),
    }
}

/// The resources of the entries, taken out: they are checked one by one, the Bundle without them.
fn take_resources(bundle: &mut Value) -> Vec<Option<Value>> {
    let entries = bundle
        .as_object_mut()
        .and_then(|b| b.get_mut("entry"))
        .and_then(Value::as_array_mut);
    let entries = entries.map(Vec::as_mut_slice).unwrap_or_default();
    entries
        .iter_mut()
        .map(|e| e.as_object_mut().and_then(|e| e.remove("resource")))
        .collect()
}

/// Where an entry is.
pub(crate) fn place(index: usize) -> String {
    format!("Bundle.entry[{index}]")
}

fn size(answer: &Answer) -> usize {
    match &answer.content {
        Content::Json(bytes) => bytes.len(),
        Content::None | Content::Other(..) => 0,
    }
}

fn respond(bundle: &mut Bundle, base: &str, answer: &Answer) {
    let reason = answer.status.canonical_reason().unwrap_or_default();
    let status = [answer.status.as_str(), " ", reason].concat();
    let tag = answer.version.map(etag);
    let content = match &answer.content {
        Content::Json(bytes) => bytes.as_ref(),
        Content::None | Content::Other(..) => &[],
    };
    let is_outcome = content.starts_with(b"{\"resourceType\":\"OperationOutcome\"")
        && answer.version.is_none()
        || !answer.status.is_success();
    let full_url = answer
        .location
        .as_deref()
        .and_then(|l| l.split("/_history/").next());
    let full_url = full_url.map(|local| [base, "/", local].concat());
    let response = Response {
        status: &status,
        location: answer.location.as_deref(),
        etag: tag.as_deref(),
        updated: answer.updated,
        outcome: Some(content).filter(|c| is_outcome && !c.is_empty()),
    };
    let resource: &[u8] = if is_outcome { &[] } else { content };
    bundle.entry(
        resource,
        &Parts {
            full_url: full_url.as_deref(),
            response: Some(response),
            ..Parts::default()
        },
    );
}
