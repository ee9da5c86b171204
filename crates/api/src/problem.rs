//! From errors to statuses: the one page.

use std::error::Error;

use aceso_fhir::outcome::{Code, Issue, Outcome};
use aceso_fhir::{ReadError as Unreadable, json};
use aceso_store::{ReadError, StoreError, WriteError};
use aceso_web::{BodyError, TokenProblem, Visit};
use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};

use crate::answer::{Answer, Content};

/// Why an act did not happen.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The caller is told.
    Refused(Box<Refusal>),
    /// Overtaken by another write: run the whole act again.
    Stale,
    /// A failure inside: the log is told, the caller gets a reference number.
    Hidden(Box<dyn std::error::Error + Send + Sync>),
}

/// A refusal as the caller gets it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) issues: Vec<Issue>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// The most characters of a text in an answer.
const LONGEST: usize = 1000;

/// The result of an act.
pub(crate) type Answered<T = Answer> = Result<T, Problem>;

impl Problem {
    /// A refusal with these issues.
    pub(crate) fn with(status: StatusCode, issues: Vec<Issue>) -> Self {
        Self::Refused(Box::new(Refusal {
            status,
            issues,
            headers: Vec::new(),
        }))
    }

    /// A refusal with one issue.
    pub(crate) fn of(status: StatusCode, issue: Issue) -> Self {
        Self::with(status, vec![issue])
    }

    /// 400: the request is wrong.
    pub(crate) fn bad(code: Code, text: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, Issue::error(code, text))
    }

    /// 404, also for what the caller may not know of.
    pub(crate) fn not_found() -> Self {
        Self::of(
            StatusCode::NOT_FOUND,
            Issue::error(
                Code::NotFound,
                "There is no such resource, or it is not yours to see",
            ),
        )
    }

    /// 412: a condition of the request does not hold.
    pub(crate) fn precondition(code: Code, text: impl Into<String>) -> Self {
        Self::of(StatusCode::PRECONDITION_FAILED, Issue::error(code, text))
    }

    /// 412: a conditional act found several resources.
    pub(crate) fn several(criteria: &str) -> Self {
        let text = format!("More than one resource matches '{}'", short(criteria));
        let issue = Issue::error(Code::MultipleMatches, text)
            .fix("Narrow the criteria until at most one resource matches.");
        Self::of(StatusCode::PRECONDITION_FAILED, issue)
    }

    /// 503: too many others write the same.
    pub(crate) fn busy() -> Self {
        let issue = Issue::error(
            Code::Transient,
            "Other requests kept changing the same data",
        )
        .fix("Send the request again.");
        Self::of(StatusCode::SERVICE_UNAVAILABLE, issue).header(header::RETRY_AFTER, "1")
    }

    /// The same with a header, when the value can be one.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let (Self::Refused(refusal), Ok(value)) = (&mut self, HeaderValue::from_str(value)) {
            refusal.headers.push((name, value));
        }
        self
    }

    /// A resource that validation refused. What breaks the basic rules of FHIR is a bad request (400); what is well-formed
    /// but against an invariant, a profile or a binding cannot be processed (422) (R4, section 3.1.0.1.5).
    pub(crate) fn invalid(issues: Vec<Issue>) -> Self {
        let basic = issues.iter().filter(|i| i.severity.refuses()).any(|i| {
            !matches!(
                i.code,
                Code::Invariant | Code::BusinessRule | Code::CodeInvalid | Code::Extension
            )
        });
        Self::with(
            if basic {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            },
            issues,
        )
    }

    /// The same, its issues placed below `prefix` (`Bundle.entry[3].resource`).
    pub(crate) fn within(mut self, prefix: &str) -> Self {
        if let Self::Refused(refusal) = &mut self {
            for issue in &mut refusal.issues {
                issue.expression = Some(below(prefix, issue.expression.as_deref()));
            }
        }
        self
    }

    /// As an answer. A hidden failure is logged here, once.
    pub(crate) fn answer(self, visit: &Visit) -> Answer {
        let refusal = match self {
            Self::Refused(refusal) => *refusal,
            Self::Stale => return Self::busy().answer(visit),
            Self::Hidden(error) if is_full(error.as_ref()) => no_room(&visit.hide(error.as_ref())),
            Self::Hidden(error) => {
                let text = format!(
                    "Something failed inside; reference {}",
                    visit.hide(error.as_ref())
                );
                let issue = Issue::error(Code::Exception, text);
                Refusal {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    issues: vec![issue],
                    headers: Vec::new(),
                }
            }
        };
        let mut issues = refusal.issues;
        issues.iter_mut().for_each(bound);
        let mut answer = Answer::new(refusal.status, Content::outcome(&Outcome::from(issues)));
        answer.headers.extend(refusal.headers);
        answer
    }
}

/// Whether the store had no room.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error
            .downcast_ref::<StoreError>()
            .is_some_and(StoreError::is_full)
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// 507: neither the record nor the audit log can be written, so nothing is done and nothing is shown (RFC 4918, section
/// 11.5).
fn no_room(reference: &str) -> Refusal {
    let text =
        format!("There is no room left to store this; nothing was done; reference {reference}");
    let issue = Issue::error(Code::NoStore, text)
        .fix("Tell those who run the server; send the request again when there is room.");
    Refusal {
        status: StatusCode::INSUFFICIENT_STORAGE,
        issues: vec![issue],
        headers: Vec::new(),
    }
}

/// What a caller sent is repeated in part only, whatever its length.
fn bound(issue: &mut Issue) {
    for text in std::iter::once(&mut issue.text).chain(&mut issue.expression) {
        if let Some((at, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(at);
            text.push('…');
        }
    }
}

/// An element's place when its resource is itself inside something: `Patient.name[0]` in `Bundle.entry[3].resource`.
pub(crate) fn below(prefix: &str, expression: Option<&str>) -> String {
    match expression.and_then(|e| e.split_once('.')) {
        Some((_, rest)) => [prefix, ".", rest].concat(),
        None => prefix.to_owned(),
    }
}

/// A caller's own text, short enough to be repeated.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unknown => Self::not_found(),
            ReadError::Gone { version } => gone(version),
            ReadError::Forbidden => forbidden(),
            ReadError::BadQuery(text) => Self::bad(Code::Invalid, text),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Unknown => Self::not_found(),
            WriteError::Forbidden => forbidden(),
            WriteError::VersionMismatch { current } => mismatch(current),
            WriteError::Dangling(references) => dangling(&references),
            WriteError::Referenced(by) => referenced(&by),
            WriteError::Stale => Self::Stale,
            WriteError::Twice(what) => twice(&what),
            WriteError::BadQuery(text) => Self::bad(Code::Invalid, text),
            WriteError::Subscription { path, text } => Self::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                Issue::error(Code::BusinessRule, text).at(path),
            ),
            WriteError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Hidden(Box::new(error))
    }
}

impl From<TokenProblem> for Problem {
    fn from(problem: TokenProblem) -> Self {
        let code = match problem {
            TokenProblem::Missing => Code::Login,
            TokenProblem::Malformed => Code::Invalid,
            TokenProblem::Invalid | TokenProblem::Unproven => Code::Unknown,
        };
        Self::of(
            problem.status(),
            Issue::error(code, sentence(&problem.to_string())),
        )
        .header(header::WWW_AUTHENTICATE, problem.challenge())
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let (status, code) = match error {
            BodyError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, Code::TooLong),
            BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, Code::Timeout),
            BodyError::Broken => (StatusCode::BAD_REQUEST, Code::Structure),
        };
        Self::of(status, Issue::error(code, sentence(&error.to_string())))
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        let text = format!(
            "{} ({})",
            sentence(&error.problem().to_string()),
            error.place()
        );
        let mut issue = Issue::error(Code::Structure, text).fix(error.fix());
        if let Some(path) = error.path() {
            issue = issue.at(path);
        }
        Self::of(StatusCode::BAD_REQUEST, issue)
    }
}

/// 410: deleted.
pub(crate) fn gone(version: u64) -> Problem {
    Problem::of(
        StatusCode::GONE,
        Issue::error(Code::Deleted, "The resource was deleted"),
    )
    .header(header::ETAG, &crate::answer::etag(version))
}

/// 405 with the methods that are allowed.
pub(crate) fn method(allowed: &[&str]) -> Problem {
    let list = allowed.join(", ");
    Problem::of(
        StatusCode::METHOD_NOT_ALLOWED,
        Issue::error(
            Code::NotSupported,
            "This address does not answer to this method",
        )
        .fix(format!("It answers to {list}.")),
    )
    .header(header::ALLOW, &list)
}

fn forbidden() -> Problem {
    let issue = Issue::error(Code::Forbidden, "The token's scopes do not cover this")
        .fix("Ask for a token with wider scopes.");
    Problem::of(StatusCode::FORBIDDEN, issue)
}

fn mismatch(current: u64) -> Problem {
    let text = match current {
        0 => "If-Match names a version, but there is no such resource".to_owned(),
        _ => format!("If-Match names another version; the current one is {current}"),
    };
    let issue = Issue::error(Code::Conflict, text)
        .fix("Read the resource again, merge, and send the new version in If-Match.");
    let problem = Problem::of(StatusCode::PRECONDITION_FAILED, issue);
    if current == 0 {
        problem
    } else {
        problem.header(header::ETAG, &crate::answer::etag(current))
    }
}

fn dangling(references: &[String]) -> Problem {
    let issue = |reference: &String| {
        Issue::error(
            Code::NotFound,
            format!(
                "The reference '{}' leads to nothing on this server",
                short(reference)
            ),
        )
        .fix("Create the resource first, send both in one transaction, or correct the reference.")
        .rule("reference-integrity")
    };
    Problem::with(
        StatusCode::UNPROCESSABLE_ENTITY,
        references.iter().map(issue).collect(),
    )
}

fn referenced(by: &[String]) -> Problem {
    let some: Vec<&str> = by.iter().take(5).map(String::as_str).collect();
    let text = format!("Other resources still refer to it: {}", some.join(", "));
    let issue = Issue::error(Code::Conflict, text)
        .fix("Delete or change those first, or delete all in one transaction.")
        .rule("reference-integrity");
    Problem::of(StatusCode::CONFLICT, issue)
}

fn twice(what: &str) -> Problem {
    let issue = Issue::error(
        Code::Duplicate,
        format!("{what} is written twice in one transaction"),
    )
    .fix("Each resource may be written once in a transaction.");
    Problem::of(StatusCode::BAD_REQUEST, issue)
}

/// A message as a sentence: its first letter large.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}

/// Places dangling references in the document they come from.
pub(crate) fn place(problem: Problem, find: impl Fn(&str) -> Option<String>) -> Problem {
    match problem {
        Problem::Refused(mut refusal) => {
            for issue in refusal
                .issues
                .iter_mut()
                .filter(|i| i.rule.as_deref() == Some("reference-integrity"))
            {
                let quoted = issue.text.split('\'').nth(1).unwrap_or_default();
                if let Some(path) = find(quoted) {
                    issue.expression = Some(path);
                }
            }
            Problem::Refused(refusal)
        }
        Problem::Stale | Problem::Hidden(_) => problem,
    }
}

impl Content {
    /// An OperationOutcome.
    pub(crate) fn outcome(outcome: &Outcome) -> Self {
        let mut out = Vec::with_capacity(256);
        json::write(&outcome.to_value(), &mut out);
        Self::Json(out.into())
    }
}

/// 404: there is no such address.
pub(crate) fn nothing(why: String) -> Problem {
    let issue = Issue::error(Code::NotFound, why).fix("GET /fhir/metadata lists what is there.");
    Problem::of(StatusCode::NOT_FOUND, issue)
}
