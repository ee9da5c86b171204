//! `PATCH /fhir/{type}/{id}` and `PATCH /fhir/{type}?criteria`.
//!
//! The body is told apart by its type: `application/json-patch+json` (RFC 6902), `application/merge-patch+json`
//! (RFC 7396), a FHIR media type with a `Parameters` (FHIRPath Patch). Clients also send plain `application/json`: an
//! array is a JSON Patch, a `Parameters` a FHIRPath Patch, any other object a Merge Patch; no two of these can be
//! mistaken for each other.

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::patch::{self, PatchError};
use aceso_store::{Change, Stored, Tx};
use http::StatusCode;

use crate::answer::{Answer, own};
use crate::ask::{Ask, Input};
use crate::create::located;
use crate::negotiate::{Format, Sent, sent, unsupported};
use crate::problem::{Answered, Problem, gone};
use crate::tries::Tries;
use crate::{criteria, form};

/// A patch that was read.
#[derive(Debug)]
pub(crate) enum Patch {
    /// RFC 6902.
    Json(Value),
    /// RFC 7396.
    Merge(Value),
    /// R4, section 3.1.0.7.2: a `Parameters`.
    FhirPath(Value),
}

/// Patches a resource.
pub(crate) async fn patch(ask: Ask) -> Answered {
    let (kind, id) = (ask.kind()?, ask.id()?);
    let if_match = ask.if_match()?;
    let patch = read(&ask)?;
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let done = at(&mut tx, kind, id, &patch, if_match, &ask.base()).await;
        let body = done.as_ref().map(|s| s.body.clone()).unwrap_or_default();
        if let Some(stored) = tries
            .settle(tx, done)
            .await
            .map_err(|p| located(p, &body))?
        {
            return Ok(Answer::written(StatusCode::OK, stored, ask.show.wish));
        }
    }
}

/// Patches the one resource that the criteria find.
pub(crate) async fn patch_by(ask: Ask) -> Answered {
    let kind = ask.kind()?;
    let condition = criteria::condition(&ask, kind, &ask.query)?;
    let if_match = ask.if_match()?;
    let patch = read(&ask)?;
    let mut tries = Tries::default();
    loop {
        let mut tx = ask.tx();
        let found = tx.matches(&condition).await?;
        let done = match found.as_slice() {
            [] => Err(Problem::not_found()),
            [one] => at(&mut tx, kind, &one.id, &patch, if_match, &ask.base()).await,
            _ => Err(Problem::several(&condition.self_link)),
        };
        let body = done.as_ref().map(|s| s.body.clone()).unwrap_or_default();
        if let Some(stored) = tries
            .settle(tx, done)
            .await
            .map_err(|p| located(p, &body))?
        {
            return Ok(Answer::written(StatusCode::OK, stored, ask.show.wish));
        }
    }
}

fn read(ask: &Ask) -> Answered<Patch> {
    let bytes = match &ask.input {
        Input::Value(value) => return Patch::in_entry(value),
        Input::Bytes(bytes) => bytes,
    };
    match sent(&ask.headers)? {
        Sent::JsonPatch => Ok(Patch::Json(form::read(bytes, Format::Json)?)),
        Sent::MergePatch => Ok(Patch::Merge(form::read(bytes, Format::Json)?)),
        Sent::Resource(format) => {
            let value = form::read(bytes, format)?;
            form::expect_kind(&value, "Parameters")?;
            Ok(Patch::FhirPath(value))
        }
        Sent::PlainJson => match form::read(bytes, Format::Json)? {
            value @ Value::Array(_) => Ok(Patch::Json(value)),
            value if value.resource_type() == Some("Parameters") => Ok(Patch::FhirPath(value)),
            value @ Value::Object(_) => Ok(Patch::Merge(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Err(Problem::bad(Code::Structure, "The body is not a patch"))
            }
        },
        Sent::Form => Err(unsupported("application/x-www-form-urlencoded")),
    }
}

impl Patch {
    /// From the resource of a batch or transaction entry: a `Parameters`, or a `Binary` with a JSON Patch.
    pub(crate) fn in_entry(value: &Value) -> Answered<Self> {
        match (value.resource_type(), value.str_at("contentType")) {
            (Some("Parameters"), _) => Ok(Self::FhirPath(value.clone())),
            (Some("Binary"), Some("application/json-patch+json")) => {
                let data = value.str_at("data").and_then(|d| base64(d.as_bytes()));
                let data = data
                    .ok_or_else(|| Problem::bad(Code::Value, "The Binary's data is not base64"))?;
                Ok(Self::Json(form::read(&data, Format::Json)?))
            }
            _ => {
                let issue = Issue::error(Code::Invalid, "The entry's resource is not a patch")
                    .fix("Send a Parameters (FHIRPath Patch) or a Binary of application/json-patch+json.");
                Err(Problem::of(StatusCode::BAD_REQUEST, issue))
            }
        }
    }

    fn apply(&self, document: &Value) -> Answered<Value> {
        let done = match self {
            Self::Merge(patch) => Ok(patch::merge(document, patch)),
            Self::Json(patch) => patch::json(document, patch),
            Self::FhirPath(patch) => patch::fhirpath(document, patch),
        };
        Ok(done?)
    }
}

impl From<PatchError> for Problem {
    fn from(error: PatchError) -> Self {
        let text = error.to_string();
        let (status, code) = match error {
            PatchError::NotAPatch(_) => (StatusCode::BAD_REQUEST, Code::Structure),
            PatchError::Operation { problem, .. } => match problem {
                patch::Problem::Missing(_)
                | patch::Problem::UnknownOperation(_)
                | patch::Problem::Pointer(_)
                | patch::Problem::Path(_) => (StatusCode::BAD_REQUEST, Code::Invalid),
                patch::Problem::TestFailed(_) => (StatusCode::CONFLICT, Code::Conflict),
                _ => (StatusCode::UNPROCESSABLE_ENTITY, Code::Processing),
            },
        };
        Self::of(status, Issue::error(code, text))
    }
}

/// Patches a resource within a transaction.
pub(crate) async fn at(
    tx: &mut Tx,
    kind: &'static str,
    id: &str,
    patch: &Patch,
    if_match: Option<u64>,
    base: &str,
) -> Answered<Stored> {
    let current = match tx.current(kind, id).await? {
        Some(stored) if stored.change == Change::Deleted => return Err(gone(stored.version)),
        Some(stored) => stored,
        None => return Err(Problem::not_found()),
    };
    let mut document = patch.apply(&own(&current.body)?)?;
    for (member, was) in [("resourceType", Some(kind)), ("id", Some(id))] {
        if document.str_at(member) != was {
            let issue = Issue::error(
                Code::BusinessRule,
                format!("A patch cannot change {kind}.{member}"),
            );
            return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, issue));
        }
    }
    form::make_local(&mut document, base);
    form::check(&document)?;
    Ok(tx.update(id, document, if_match).await?)
}

/// Decodes base64 (RFC 4648, section 4), white space allowed.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut digits = text.iter().filter(|b| !b.is_ascii_whitespace()).peekable();
    while let Some(byte) = digits.next_if(|b| **b != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    digits.all(|b| *b == b'=').then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        assert_eq!(base64(b"W3sib3Ai OiJhIn1d\n").unwrap(), b"[{\"op\":\"a\"}]");
        assert_eq!(base64(b"YQ==").unwrap(), b"a");
        assert_eq!(base64(b"Y!=="), None);
        assert_eq!(base64(b"YQ==YQ"), None);
    }
}
