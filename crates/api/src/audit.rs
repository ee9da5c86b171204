//! `GET /fhir/AuditEvent`, made from the audit log as it is asked for: IHE Basic Audit Log Patterns. Nobody writes it but
//! the program itself, so that every other act on the type is refused.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::outcome::Code;
use aceso_fhir::search::date_span;
use aceso_store::{
    AuditKind, AuditOutcome, AuditPage, AuditQuery, AuditSort, AuditUse, PeopleError, ReadError,
};
use bytes::Bytes;
use http::StatusCode;

use crate::answer::{Answer, Content};
use crate::ask::Ask;
use crate::audit_event::event;
use crate::bundle::{Bundle, Parts};
use crate::form;
use crate::problem::{Answered, Problem, method, short};
use crate::routes::Act;

/// The type that the log is read as.
pub(crate) const KIND: &str = "AuditEvent";

/// What it is searched by.
pub(crate) const PARAMETERS: [&str; 7] = [
    "patient",
    "entity",
    "date",
    "agent",
    "agent-name",
    "action",
    "outcome",
];

/// Whether a row of the table is answered from the log, or refused.
pub(crate) fn is_ours(act: Act, kind: Option<&str>) -> bool {
    kind == Some(KIND)
        && match act {
            Act::Read
            | Act::Vread
            | Act::Create
            | Act::Update
            | Act::UpdateBy
            | Act::Patch
            | Act::PatchBy
            | Act::Delete
            | Act::DeleteBy
            | Act::History
            | Act::Search
            | Act::Meta
            | Act::MetaAdd
            | Act::MetaDelete => true,
            Act::Metadata
            | Act::Bundle
            | Act::Compartment
            | Act::Validate
            | Act::Everything
            | Act::Lastn
            | Act::Message
            | Act::Export
            | Act::ExportStatus
            | Act::ExportFile
            | Act::SubscriptionStatus
            | Act::SubscriptionEvents
            | Act::Topics
            | Act::Expand
            | Act::ValidateInValueSet
            | Act::Lookup
            | Act::ValidateInCodeSystem
            | Act::Subsumes
            | Act::Translate => false,
        }
}

/// Answers a row of the table for the type.
pub(crate) async fn serve(act: Act, ask: Ask) -> Answered {
    match act {
        Act::Read => read(ask).await,
        Act::Search => search(ask).await,
        _ => Err(method(&["GET"])),
    }
}

async fn read(ask: Ask) -> Answered {
    let seq = ask.id()?.parse().map_err(|_| Problem::not_found())?;
    let line = ask.api.0.store.audit_entry(&ask.caller, seq).await;
    let value = event(&line.map_err(problem)?);
    let body = form::part(body(&value), &ask.show)?;
    Ok(Answer::new(StatusCode::OK, Content::Json(body)))
}

async fn search(ask: Ask) -> Answered {
    let settings = &ask.api.0.settings;
    let pairs = crate::query::pairs(&ask.criteria()?);
    let mut wanted = Asked::default();
    wanted.query.count = settings.page;
    for (name, value) in &pairs {
        wanted.take(name, value)?;
    }
    wanted.query.count = wanted.query.count.clamp(1, settings.page_limit);
    let store = &ask.api.0.store;
    let page = match wanted.id {
        Some(seq) => match store.audit_entry(&ask.caller, seq).await {
            Ok(line) => AuditPage {
                lines: vec![line],
                ..AuditPage::default()
            },
            Err(PeopleError::Unknown) => AuditPage::default(),
            Err(other) => return Err(problem(other)),
        },
        None => store
            .audit(&ask.caller, wanted.query, AuditUse::Program)
            .await
            .map_err(problem)?,
    };
    answer(&ask, &page, &wanted.link)
}

fn answer(ask: &Ask, page: &AuditPage, said: &[(String, String)]) -> Answered {
    let base = ask.base();
    let link = |more: Option<u64>| {
        let mut pairs = said.to_vec();
        pairs.extend(more.map(|mark| ("_cursor".to_owned(), mark.to_string())));
        let query = crate::query::join(&pairs);
        let mark = if query.is_empty() { "" } else { "?" };
        [base.as_str(), "/", KIND, mark, &query].concat()
    };
    let mut links = vec![("self", link(None))];
    links.extend(page.next.map(|mark| ("next", link(Some(mark)))));
    let mut bundle = Bundle::new("searchset", page.lines.len() * 2048);
    bundle
        .head(&ask.api.0.store.new_id(), ask.api.0.store.now())
        .links(&links);
    for line in &page.lines {
        let url = [&base, "/", KIND, "/", &line.seq.to_string()].concat();
        let body = form::part(body(&event(line)), &ask.show)?;
        let parts = Parts {
            full_url: Some(&url),
            mode: Some("match"),
            ..Parts::default()
        };
        bundle.entry(&body, &parts);
    }
    Ok(Answer::new(StatusCode::OK, Content::Json(bundle.end())))
}

fn body(value: &Value) -> Bytes {
    let mut out = Vec::with_capacity(2048);
    aceso_fhir::json::write(value, &mut out);
    out.into()
}

fn problem(error: PeopleError) -> Problem {
    match error {
        PeopleError::Unknown => Problem::not_found(),
        PeopleError::Store(error) => ReadError::Store(error).into(),
        PeopleError::Forbidden
        | PeopleError::NeedsStepUp
        | PeopleError::NeedsSecondFactor
        | PeopleError::Refused(_) => ReadError::Forbidden.into(),
    }
}

/// What a search asks for.
#[derive(Default)]
struct Asked {
    query: AuditQuery,
    id: Option<u64>,
    /// The parameters as the links of the page repeat them.
    link: Vec<(String, String)>,
}

impl Asked {
    fn take(&mut self, name: &str, value: &str) -> Answered<()> {
        let number = || value.parse().map_err(|_| bad(name, value));
        let query = &mut self.query;
        match name {
            "patient" | "entity" => {
                let id = value.strip_prefix("Patient/").unwrap_or(value);
                if id.contains('/') {
                    return Err(bad(name, value));
                }
                query.patient = Some(id.to_owned());
            }
            "date" => period(query, value)?,
            "agent" | "agent-name" => query.person = Some(value.to_owned()),
            "outcome" => query.outcome = Some(outcome(value).ok_or_else(|| bad(name, value))?),
            "action" => query.kinds = kinds(value).ok_or_else(|| bad(name, value))?.to_vec(),
            "_id" => self.id = Some(value.parse().unwrap_or(0)),
            "_count" => query.count = number()?,
            "_sort" => {
                query.sort = match value {
                    "-date" => AuditSort::Newest,
                    "date" => AuditSort::Oldest,
                    _ => return Err(bad(name, value)),
                };
            }
            "_cursor" => {
                query.mark = Some(value.parse().map_err(|_| bad(name, value))?);
                return Ok(());
            }
            "_format" | "_pretty" | "_summary" | "_elements" => {}
            _ => {
                let text = format!(
                    "AuditEvent has no search parameter '{}' here: patient, entity, date, agent, agent-name, action, outcome, _id, _count and _sort are",
                    short(name)
                );
                return Err(Problem::bad(Code::NotSupported, text));
            }
        }
        self.link.push((name.to_owned(), value.to_owned()));
        Ok(())
    }
}

fn bad(name: &str, value: &str) -> Problem {
    let text = format!("'{}' is no value for {name} here", short(value));
    Problem::bad(Code::Value, text)
}

/// A date with its prefix (R4, section 3.1.1.4.5).
fn period(query: &mut AuditQuery, value: &str) -> Answered<()> {
    let letters = value.bytes().take_while(u8::is_ascii_lowercase).count();
    let (prefix, date) = value.split_at(letters);
    let (from, until) = date_span(date).ok_or_else(|| bad("date", value))?;
    let at = Instant::from_millis;
    match prefix {
        "" | "eq" => {
            query.from = Some(at(from));
            query.until = Some(at(until - 1));
        }
        "ge" => query.from = Some(at(from)),
        "gt" | "sa" => query.from = Some(at(until)),
        "le" => query.until = Some(at(until - 1)),
        "lt" | "eb" => query.until = Some(at(from - 1)),
        _ => return Err(bad("date", value)),
    }
    Ok(())
}

fn outcome(code: &str) -> Option<AuditOutcome> {
    match code {
        "0" => Some(AuditOutcome::Done),
        "4" => Some(AuditOutcome::Unknown),
        "8" => Some(AuditOutcome::Denied),
        _ => None,
    }
}

fn kinds(action: &str) -> Option<&'static [AuditKind]> {
    match action {
        "R" => Some(&[AuditKind::Read]),
        "C" | "U" => Some(&[AuditKind::Write]),
        "D" => Some(&[AuditKind::Delete]),
        "E" => Some(&[
            AuditKind::Search,
            AuditKind::Export,
            AuditKind::Print,
            AuditKind::SignIn,
            AuditKind::Session,
            AuditKind::Emergency,
            AuditKind::Permission,
            AuditKind::Credential,
            AuditKind::App,
            AuditKind::Audit,
            AuditKind::Key,
            AuditKind::System,
            AuditKind::Look,
            AuditKind::Other,
        ]),
        _ => None,
    }
}
