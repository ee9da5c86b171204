//! Documents in: read, of the right type, valid. Documents out: the part that was asked for.

use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::{Value, json, subset, validate, xml};
use bytes::Bytes;
use http::StatusCode;

use crate::negotiate::{Format, Show};
use crate::problem::{Answered, Problem, short};

/// From this size on, reading and validating move off the threads that serve connections.
const LONG: usize = 64 * 1024;

/// Reads a resource of any type.
pub(crate) fn read(bytes: &[u8], format: Format) -> Answered<Value> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let issue =
            Issue::error(Code::Structure, "The request has no body").fix("Send a resource.");
        return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
    }
    match format {
        Format::Json => Ok(json::read(bytes)?),
        Format::Xml => Ok(xml::read(bytes)?),
    }
}

/// Refuses a resource that is not of this type.
pub(crate) fn expect_kind(value: &Value, kind: &str) -> Answered<()> {
    match value.resource_type() {
        Some(given) if given == kind => Ok(()),
        Some(given) => {
            let text = format!("The body is a {}, the address is for {kind}", short(given));
            Err(Problem::of(
                StatusCode::BAD_REQUEST,
                Issue::error(Code::Invalid, text),
            ))
        }
        None => {
            let issue = Issue::error(Code::Structure, "The body has no resourceType")
                .fix(format!("Send a {kind}."));
            Err(Problem::of(StatusCode::BAD_REQUEST, issue))
        }
    }
}

/// Refuses a resource that is not valid, or does not keep to the profiles that it names.
pub(crate) fn check(value: &Value) -> Answered<()> {
    check_as(value, &validate::Options::WRITE)
}

/// Refuses a resource of a transaction that is not valid. Profiles that it names are not held against it: a record that
/// comes whole from another system is kept whole.
pub(crate) fn check_loaded(value: &Value) -> Answered<()> {
    check_as(value, &validate::Options::LOAD)
}

fn check_as(value: &Value, options: &validate::Options) -> Answered<()> {
    let issues = validate::resource(value, options);
    if issues.iter().any(|i| i.severity.refuses()) {
        Err(Problem::invalid(issues))
    } else {
        Ok(())
    }
}

/// Runs work on a body of this size: at once when it is short, aside when it is long.
pub(crate) async fn aside<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> Answered<T> + Send + 'static,
) -> Answered<T> {
    if size < LONG {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// References to resources on this server become relative: a resource means the same under every address that the
/// server has. `base` is where the server is for this client, without a final `/`.
pub(crate) fn make_local(value: &mut Value, base: &str) {
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter_mut() {
                match member {
                    Value::String(text) if name == "reference" => {
                        if let Some(rest) =
                            text.strip_prefix(base).and_then(|r| r.strip_prefix('/'))
                        {
                            *text = rest.into();
                        }
                    }
                    Value::Object(_) | Value::Array(_) => make_local(member, base),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| make_local(item, base)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where in a resource a reference is, as FHIRPath.
pub(crate) fn place_of(value: &Value, reference: &str) -> Option<String> {
    let mut path = value.resource_type()?.to_owned();
    search(value, reference, &mut path).then_some(path)
}

fn search(value: &Value, reference: &str, path: &mut String) -> bool {
    let length = path.len();
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter() {
                path.push('.');
                path.push_str(name);
                if name == "reference" && member.as_str() == Some(reference) {
                    return true;
                }
                if search(member, reference, path) {
                    return true;
                }
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                if search(item, reference, path) {
                    return true;
                }
                path.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    false
}

/// The part of a resource that was asked for, as JSON.
pub(crate) fn part(body: Bytes, show: &Show) -> Answered<Bytes> {
    let Some(part) = &show.part else {
        return Ok(body);
    };
    let mut out = Vec::with_capacity(body.len());
    json::write(&subset::apply(&crate::answer::own(&body)?, part), &mut out);
    Ok(out.into())
}
