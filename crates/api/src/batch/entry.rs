//! One entry of a batch or transaction.

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::ask::{Ask, Input};
use crate::audit::is_ours;
use crate::negotiate::{Return, Show};
use crate::problem::{Answered, Problem, method, nothing, short};
use crate::routes::{Act, Found, Place, find};

/// A request in an entry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) index: usize,
    pub(crate) full_url: Option<String>,
    pub(crate) method: Method,
    pub(crate) act: Act,
    pub(crate) place: Place,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) resource: Option<Value>,
    /// In a batch: it could not be read, this is its answer.
    pub(crate) problem: Option<Problem>,
}

/// Reads an entry; its resource is not checked yet. A problem comes with the entry's index.
pub(crate) fn read(
    index: usize,
    shell: &Value,
    resource: Option<Value>,
    base: &str,
) -> Result<Entry, (usize, Problem)> {
    parts(index, shell, resource, base).map_err(|problem| (index, problem))
}

fn parts(index: usize, shell: &Value, resource: Option<Value>, base: &str) -> Answered<Entry> {
    let request = shell.get("request").ok_or_else(|| missing("request"))?;
    let verb = request
        .str_at("method")
        .ok_or_else(|| missing("request.method"))?;
    let url = request
        .str_at("url")
        .ok_or_else(|| missing("request.url"))?;
    let verb = Method::from_bytes(verb.as_bytes()).map_err(|_| missing("request.method"))?;
    let local = url.strip_prefix(base).unwrap_or(url);
    if local.contains("://") {
        let issue = Issue::error(
            Code::Value,
            format!("'{}' is not an address on this server", short(url)),
        );
        return Err(Problem::of(
            StatusCode::BAD_REQUEST,
            issue.at("Entry.request.url"),
        ));
    }
    let (path, query) = local.split_once('?').unwrap_or((local, ""));
    let path = path.trim_matches('/');
    let rooted = if path.is_empty() {
        String::new()
    } else {
        ["/", path].concat()
    };
    let (act, place) = match find(&verb, &rooted) {
        Found::Route(route, place) => (route.act, place),
        Found::Method(allowed) => return Err(method(&allowed)),
        Found::Nothing(why) => return Err(nothing(why)),
    };
    if verb != Method::GET && is_ours(act, place.kind) {
        return Err(method(&["GET"]));
    }
    if act == Act::Bundle {
        return Err(Problem::bad(
            Code::NotSupported,
            "A batch or transaction cannot hold another one",
        ));
    }
    if matches!(
        act,
        Act::Message | Act::Export | Act::ExportStatus | Act::ExportFile
    ) {
        let text = "A batch or transaction cannot hold messages or exports";
        return Err(Problem::bad(Code::NotSupported, text));
    }
    if resource.is_none()
        && matches!(
            act,
            Act::Create | Act::Update | Act::UpdateBy | Act::Patch | Act::PatchBy
        )
    {
        return Err(missing("resource"));
    }
    Ok(Entry {
        index,
        full_url: shell.str_at("fullUrl").map(str::to_owned),
        method: verb,
        act,
        place,
        query: query.to_owned(),
        headers: headers(request),
        resource,
        problem: None,
    })
}

fn missing(what: &str) -> Problem {
    let issue = Issue::error(Code::Required, format!("The entry has no {what}"))
        .at(["Entry.", what].concat());
    Problem::of(StatusCode::BAD_REQUEST, issue)
}

/// The entry's conditions as the headers they stand for.
fn headers(request: &Value) -> HeaderMap {
    let names = [
        ("ifMatch", "if-match"),
        ("ifNoneMatch", "if-none-match"),
        ("ifNoneExist", "if-none-exist"),
    ];
    let mut headers = HeaderMap::new();
    for (member, name) in names {
        if let Some(value) = request
            .str_at(member)
            .and_then(|v| HeaderValue::from_str(v).ok())
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let since = request
        .str_at("ifModifiedSince")
        .and_then(aceso_fhir::search::date_span);
    let since = since.map(|(lo, _)| aceso_base::Instant::from_millis(lo).to_http_date());
    if let Some(value) = since.and_then(|v| HeaderValue::try_from(v).ok()) {
        headers.insert(http::header::IF_MODIFIED_SINCE, value);
    }
    headers
}

impl Entry {
    /// An entry of a batch that could not be read.
    pub(crate) fn broken(index: usize, problem: Problem) -> Self {
        Self {
            index,
            full_url: None,
            method: Method::GET,
            act: Act::Read,
            place: Place::default(),
            query: String::new(),
            headers: HeaderMap::new(),
            resource: None,
            problem: Some(problem),
        }
    }

    /// The entry as a request of its own. Writes answer with the resource only when the whole request asked for that.
    pub(crate) fn ask(&mut self, whole: &Ask) -> Answered<Ask> {
        let mut show = Show::of(&HeaderMap::new(), &self.query)?;
        show.format = crate::negotiate::Format::Json;
        show.pretty = false;
        show.handling = whole.show.handling;
        show.wish = Some(whole.show.wish.unwrap_or(Return::Minimal));
        let input = match self.resource.take() {
            Some(value) => Input::Value(Box::new(value)),
            None => Input::Bytes(bytes::Bytes::new()),
        };
        Ok(Ask {
            api: whole.api.clone(),
            visit: whole.visit.clone(),
            caller: whole.caller.clone(),
            method: self.method.clone(),
            place: self.place.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            show,
            input,
            mark: None,
        })
    }

    /// Its turn: DELETE, POST, PUT and PATCH, GET (R4, section 3.1.0.11.2).
    pub(crate) fn turn(&self) -> u8 {
        match self.act {
            Act::Delete | Act::DeleteBy => 0,
            Act::Create => 1,
            Act::Update | Act::UpdateBy | Act::Patch | Act::PatchBy => 2,
            _ => 3,
        }
    }
}
