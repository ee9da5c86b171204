//! One request, read as far as every act needs it.

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::Query;
use aceso_policy::{ApiClient, Caller, Purpose, Who};
use aceso_store::{Mark, Reading, Tx};
use aceso_web::Visit;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};

use crate::negotiate::{Format, Sent, Show, sent};
use crate::problem::{Answered, Problem, short};
use crate::routes::{Place, is_id};
use crate::{Api, criteria, form, query};

/// A request's body.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// As it was sent.
    Bytes(Bytes),
    /// Inside a Bundle that was read already.
    Value(Box<Value>),
}

/// A request.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) api: Api,
    pub(crate) visit: Visit,
    pub(crate) caller: Caller,
    pub(crate) method: Method,
    pub(crate) place: Place,
    /// The query string, as sent, without `?`.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) show: Show,
    pub(crate) input: Input,
    /// Noted as done with what this request writes: a piece of an import.
    pub(crate) mark: Option<Mark>,
}

impl Ask {
    /// Where the server is for this client: `https://clinic.example/fhir`.
    pub(crate) fn base(&self) -> String {
        [&self.visit.base, crate::BASE].concat()
    }

    pub(crate) fn reading(&self) -> Reading {
        self.api.0.store.read(&self.caller, self.purpose())
    }

    pub(crate) fn tx(&self) -> Tx {
        let mut tx = self.api.0.store.write(&self.caller, self.purpose());
        if let Some(mark) = &self.mark {
            tx.mark(mark.clone());
        }
        tx
    }

    fn purpose(&self) -> Purpose {
        match &self.caller.who {
            Who::Person(person) => person.session.purpose,
            Who::Client(client) => of_app(client),
            Who::Operator | Who::Job(_) => Purpose::Operations,
        }
    }

    /// The type in the path.
    pub(crate) fn kind(&self) -> Answered<&'static str> {
        self.place.kind.ok_or_else(Problem::not_found)
    }

    /// The id in the path; what cannot be an id names nothing.
    pub(crate) fn id(&self) -> Answered<&str> {
        self.place
            .id
            .as_deref()
            .filter(|id| is_id(id))
            .ok_or_else(Problem::not_found)
    }

    /// The id in the path, to be written to.
    pub(crate) fn new_id(&self) -> Answered<&str> {
        let id = self.place.id.as_deref().unwrap_or_default();
        if is_id(id) {
            return Ok(id);
        }
        let issue = Issue::error(Code::Value, format!("'{}' cannot be an id", short(id)))
            .fix("An id has 1 to 64 letters, digits, '-' and '.'.");
        Err(Problem::of(StatusCode::BAD_REQUEST, issue))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::trim)
            .filter(|v| !v.is_empty())
    }

    /// The version in `If-Match`.
    pub(crate) fn if_match(&self) -> Answered<Option<u64>> {
        let Some(text) = self.header("if-match") else {
            return Ok(None);
        };
        version_of(text).map(Some).ok_or_else(|| {
            let issue = Issue::error(
                Code::Value,
                format!("If-Match is '{}', which names no version", short(text)),
            )
            .fix("Send a version as in the ETag header: W/\"3\".");
            Problem::of(StatusCode::BAD_REQUEST, issue)
        })
    }

    /// Whether `If-None-Match: *` asks for creation only.
    pub(crate) fn only_new(&self) -> bool {
        self.header("if-none-match") == Some("*")
    }

    /// `If-None-Exist`: what must not exist yet.
    pub(crate) fn if_none_exist(&self, kind: &'static str) -> Answered<Option<Query>> {
        let Some(text) = self.header("if-none-exist") else {
            return Ok(None);
        };
        let text = text.split_once('?').map_or(text, |(_, criteria)| criteria);
        criteria::condition(self, kind, text).map(Some)
    }

    /// The size of the body.
    pub(crate) fn size(&self) -> usize {
        match &self.input {
            Input::Bytes(bytes) => bytes.len(),
            Input::Value(_) => 0,
        }
    }

    /// The body as a resource of any type, read but not checked.
    pub(crate) fn resource(&self) -> Answered<Value> {
        match &self.input {
            Input::Value(value) => Ok(value.as_ref().clone()),
            Input::Bytes(bytes) => form::read(bytes, self.sent_format()?),
        }
    }

    fn sent_format(&self) -> Answered<Format> {
        match sent(&self.headers)? {
            Sent::Resource(format) => Ok(format),
            Sent::PlainJson => Ok(Format::Json),
            Sent::JsonPatch | Sent::MergePatch | Sent::Form => {
                let text = self
                    .header(header::CONTENT_TYPE.as_str())
                    .unwrap_or_default();
                Err(crate::negotiate::unsupported(text))
            }
        }
    }

    /// The body as a valid resource of this type, to be stored.
    pub(crate) async fn document(&self, kind: &'static str) -> Answered<Value> {
        let base = self.base();
        let input = self.input.clone();
        let (size, format) = match &input {
            Input::Value(_) => (0, Format::Json),
            Input::Bytes(bytes) => (bytes.len(), self.sent_format()?),
        };
        form::aside(size, move || {
            let mut value = match input {
                Input::Value(value) => *value,
                Input::Bytes(bytes) => form::read(&bytes, format)?,
            };
            form::expect_kind(&value, kind)?;
            form::make_local(&mut value, &base);
            form::check(&value)?;
            Ok(value)
        })
        .await
    }

    /// Query and, for a form POST, body parameters, decoded.
    pub(crate) fn pairs(&self) -> Answered<Vec<(String, String)>> {
        Ok(query::pairs(&self.criteria()?))
    }

    /// Query and, for a form POST, body parameters as one query string.
    pub(crate) fn criteria(&self) -> Answered<String> {
        let body = match &self.input {
            Input::Bytes(bytes) if !bytes.is_empty() && sent(&self.headers)? == Sent::Form => {
                str::from_utf8(bytes)
                    .map_err(|_| Problem::bad(Code::Structure, "The form is not UTF-8"))?
            }
            Input::Bytes(_) | Input::Value(_) => "",
        };
        Ok(match (self.query.as_str(), body) {
            (query, "") => query.to_owned(),
            ("", body) => body.to_owned(),
            (query, body) => [query, "&", body].concat(),
        })
    }
}

/// The version that an entity tag names: `W/"3"`, `"3"`, `3`.
pub(crate) fn version_of(text: &str) -> Option<u64> {
    let text = text.strip_prefix("W/").unwrap_or(text);
    let text = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(text);
    text.parse()
        .ok()
        .filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// What an app asks for: what the person has whom it acts for, the patient's own request where that is the token's patient.
fn of_app(client: &ApiClient) -> Purpose {
    match (&client.person, &client.patient) {
        (Some(person), Some(patient)) if person.patients.contains(patient) => {
            Purpose::PatientRequest
        }
        (Some(person), _) => person.session.purpose,
        (None, Some(_)) => Purpose::PatientRequest,
        (None, None) => Purpose::Treatment,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aceso_policy::{Person, Scopes, Session, Strength};

    use super::*;

    #[test]
    fn an_app_asks_for_what_its_person_has_and_for_the_patient_only_as_the_patient() {
        let person = |patients: &[&str], purpose| Person {
            account: "one".into(),
            name: String::new(),
            user: None,
            patients: patients.iter().map(|id| (*id).to_owned()).collect(),
            roles: Vec::new(),
            facilities: Vec::new(),
            session: Session::new(Strength::Two, purpose),
        };
        let doctor = person(&[], Purpose::Treatment);
        let who_is_a_patient_too = person(&["a"], Purpose::Treatment);
        let patient = person(&["a"], Purpose::PatientRequest);
        for (person, of, expected) in [
            (Some(doctor), Some("a"), Purpose::Treatment),
            (
                Some(who_is_a_patient_too.clone()),
                Some("b"),
                Purpose::Treatment,
            ),
            (
                Some(who_is_a_patient_too),
                Some("a"),
                Purpose::PatientRequest,
            ),
            (Some(patient), Some("a"), Purpose::PatientRequest),
            (None, Some("a"), Purpose::PatientRequest),
            (None, None, Purpose::Treatment),
        ] {
            let client = ApiClient {
                id: "app".into(),
                scopes: Scopes::default(),
                patient: of.map(str::to_owned),
                person: person.map(Arc::new),
            };
            assert_eq!(of_app(&client), expected, "{client:?}");
        }
    }

    #[test]
    fn an_entity_tag_names_a_version() {
        for (text, expected) in [
            ("W/\"3\"", Some(3)),
            ("\"3\"", Some(3)),
            ("3", Some(3)),
            ("W/\"x\"", None),
            ("*", None),
            ("+3", None),
        ] {
            assert_eq!(version_of(text), expected, "{text}");
        }
    }
}
