//! The terminology operations, on what is built in and what is stored.

use std::collections::HashSet;

use aceso_fhir::Value;
use aceso_fhir::definitions::parameters as search_parameters;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::{Clause, Query, Test, UriTest};
use aceso_fhir::terminology::{self, Source, Trouble};
use aceso_store::ReadError;
use http::StatusCode;

use crate::answer::{Answer, own};
use crate::ask::Ask;
use crate::parameters;
use crate::problem::{Answered, Problem};

/// The most stored resources that one question brings in.
const MOST: usize = 200;

/// One of `aceso_fhir::terminology`'s operations.
type Operation = fn(&Source, &Value) -> Result<Value, Trouble>;

/// `ValueSet/$expand`.
pub(crate) async fn expand(ask: Ask) -> Answered {
    let mut value = answer(&ask, "ValueSet", "valueSet", terminology::expand).await?;
    let now = ask.api.0.store.now().to_fhir();
    let expansion = value
        .as_object_mut()
        .and_then(|v| v.get_mut("expansion"))
        .and_then(Value::as_object_mut);
    if let Some(expansion) = expansion {
        expansion.set("timestamp", now);
        expansion.insert_at(
            0,
            "identifier",
            ["urn:aceso:expansion:", &ask.visit.id].concat(),
        );
    }
    Ok(Answer::ok(&value))
}

/// `ValueSet/$validate-code`.
pub(crate) async fn in_value_set(ask: Ask) -> Answered {
    Ok(Answer::ok(
        &answer(&ask, "ValueSet", "valueSet", terminology::validate_code).await?,
    ))
}

/// `CodeSystem/$validate-code`.
pub(crate) async fn in_code_system(ask: Ask) -> Answered {
    Ok(Answer::ok(
        &answer(
            &ask,
            "CodeSystem",
            "codeSystem",
            terminology::validate_code_in_system,
        )
        .await?,
    ))
}

/// `CodeSystem/$lookup`.
pub(crate) async fn lookup(ask: Ask) -> Answered {
    Ok(Answer::ok(
        &answer(&ask, "CodeSystem", "codeSystem", terminology::lookup).await?,
    ))
}

/// `CodeSystem/$subsumes`.
pub(crate) async fn subsumes(ask: Ask) -> Answered {
    Ok(Answer::ok(
        &answer(&ask, "CodeSystem", "codeSystem", terminology::subsumes).await?,
    ))
}

/// `ConceptMap/$translate`.
pub(crate) async fn translate(ask: Ask) -> Answered {
    Ok(Answer::ok(
        &answer(&ask, "ConceptMap", "conceptMap", terminology::translate).await?,
    ))
}

/// Runs an operation; with an id in the path the resource there is what it is about.
async fn answer(
    ask: &Ask,
    kind: &'static str,
    given: &str,
    operation: Operation,
) -> Answered<Value> {
    let mut input = parameters::read(ask)?;
    if ask.place.id.is_some() {
        let stored = ask.reading().fetch(kind, ask.id()?).await?;
        let resource = own(&stored.body)?;
        input = parameters::with(
            input,
            Value::from([("name", given.into()), ("resource", resource)]),
        );
    }
    let mut wanted = Vec::new();
    canonicals(&input, &mut wanted);
    let source = gather(ask, wanted).await?;
    match tokio::task::spawn_blocking(move || operation(&source, &input)).await {
        Ok(done) => done.map_err(trouble),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn trouble(trouble: Trouble) -> Problem {
    let text = trouble.to_string();
    let (status, code) = match trouble {
        Trouble::Unknown(_) => (StatusCode::NOT_FOUND, Code::NotFound),
        Trouble::Circular(_) => (StatusCode::UNPROCESSABLE_ENTITY, Code::Processing),
        Trouble::Filter { .. } => (StatusCode::UNPROCESSABLE_ENTITY, Code::NotSupported),
        Trouble::TooMany(_) => (StatusCode::UNPROCESSABLE_ENTITY, Code::TooCostly),
        Trouble::Request(_) => (StatusCode::BAD_REQUEST, Code::Required),
    };
    Problem::of(status, Issue::error(code, text))
}

/// What is stored at these canonical URLs, and at those that are named there in turn, as far as the caller may read it.
pub(crate) async fn gather(ask: &Ask, mut wanted: Vec<String>) -> Answered<Source> {
    let mut source = Source::default();
    let mut asked: HashSet<String> = HashSet::new();
    let mut found = 0;
    while let Some(url) = wanted.pop() {
        let url = url.split('|').next().unwrap_or_default().to_owned();
        if found >= MOST || asked.len() >= MOST || !asked.insert(url.clone()) {
            continue;
        }
        for kind in ["ValueSet", "CodeSystem", "ConceptMap"] {
            for value in stored(ask, kind, &url).await? {
                found += 1;
                canonicals(&value, &mut wanted);
                source.add(&value);
            }
        }
    }
    Ok(source)
}

async fn stored(ask: &Ask, kind: &'static str, url: &str) -> Answered<Vec<Value>> {
    let Some(param) = search_parameters().find(kind, "url") else {
        return Ok(Vec::new());
    };
    let test = Test::Uri {
        how: UriTest::Exact,
        value: url.to_owned(),
    };
    let query = Query {
        kind: Some(kind),
        clauses: vec![Clause::Match {
            param,
            tests: vec![test],
        }],
        count: Some(5),
        ..Query::default()
    };
    match ask.reading().search(query).await {
        Ok(page) => page.matches.iter().map(|s| own(&s.body)).collect(),
        // Then only what is built in counts.
        Err(ReadError::Forbidden) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// The canonical URLs that a resource or `Parameters` names: members that hold URLs of value sets, code systems, maps.
fn canonicals(value: &Value, found: &mut Vec<String>) {
    const MEMBERS: [&str; 8] = [
        "url",
        "system",
        "valueSet",
        "valueUri",
        "valueCanonical",
        "source",
        "target",
        "supplements",
    ];
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter() {
                match member {
                    Value::String(text) if MEMBERS.contains(&name) && found.len() < MOST => {
                        found.push(text.to_string())
                    }
                    Value::Array(items) if name == "valueSet" => {
                        found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    Value::Array(_) if name == "concept" || name == "contains" => {}
                    _ => canonicals(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| canonicals(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
