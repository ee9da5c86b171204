//! `ValueSet/$validate-code` and `CodeSystem/$validate-code`.

use compact_str::CompactString;

use super::code_set::{CodeSet, Member};
use super::compose::{Contents, Trouble, code_set, contents_at, contents_of};
use super::display::{concept_display, own_designations};
use super::grammar;
use super::parameters::{Input, Output};
use super::source::Source;
use super::system::{Content, System};
use crate::Value;
use std::sync::Arc;

/// A code as it is asked about.
struct Asked<'v> {
    system: Option<&'v str>,
    code: &'v str,
    display: Option<&'v str>,
}

/// Whether a code is in a value set: `url` or `valueSet`; `code` with `system` (and `display`), or `coding`, or
/// `codeableConcept`. The answer is a `Parameters` with `result`, `message`, `display`.
///
/// # Errors
/// When the value set is not known or cannot be worked out. An unknown code is an answer, not an error.
pub fn validate_code(source: &Source, parameters: &Value) -> Result<Value, Trouble> {
    let input = Input::of(parameters);
    let asked = asked(input)?;
    let (contents, url) = match (input.resource("valueSet"), input.text("url")) {
        (Some(given), _) => (
            contents_of(source, given, &mut Vec::new())?,
            given.str_at("url").unwrap_or("the value set"),
        ),
        (None, Some(url)) => (contents_at(source, url, &mut Vec::new())?, url),
        (None, None) => {
            return Err(Trouble::Request("$validate-code needs 'url' or 'valueSet'"));
        }
    };
    let set = code_set(&contents);
    let verdict = asked
        .iter()
        .map(|a| in_value_set(source, &set, &contents, a))
        .reduce(better)
        .unwrap_or_default();
    Ok(verdict.into_value(&format!("is not in {url}")))
}

/// Whether a code is in a code system: `url` (or `codeSystem`) and `code` (and `display`), or `coding`, or
/// `codeableConcept`. The answer is a `Parameters` with `result`, `message`, `display`.
///
/// # Errors
/// When the code system is not known.
pub fn validate_code_in_system(source: &Source, parameters: &Value) -> Result<Value, Trouble> {
    let input = Input::of(parameters);
    let asked = asked(input)?;
    let given = input
        .resource("codeSystem")
        .and_then(System::of)
        .map(Arc::new);
    let mut verdict: Option<Verdict> = None;
    for one in &asked {
        let url = input.text("url").or(one.system);
        let system = match (&given, url) {
            (Some(given), _) => Arc::clone(given),
            (None, Some(url)) => source
                .system(url)
                .ok_or_else(|| Trouble::Unknown(url.to_owned()))?,
            (None, None) => {
                return Err(Trouble::Request(
                    "$validate-code needs the code system's 'url'",
                ));
            }
        };
        let next = in_system(&system, one);
        verdict = Some(verdict.map_or_else(|| in_system(&system, one), |v| better(v, next)));
    }
    Ok(verdict
        .unwrap_or_default()
        .into_value("is not in the code system"))
}

fn asked(input: Input<'_>) -> Result<Vec<Asked<'_>>, Trouble> {
    let found = input.codings(
        |code| Asked {
            system: input.text("system"),
            code,
            display: input.text("display"),
        },
        |coding| {
            Some(Asked {
                system: coding.str_at("system"),
                code: coding.str_at("code")?,
                display: coding.str_at("display"),
            })
        },
    );
    if found.is_empty() {
        return Err(Trouble::Request(
            "$validate-code needs 'code' and 'system', or 'coding', or 'codeableConcept'",
        ));
    }
    Ok(found)
}

/// What came of one code.
#[derive(Default)]
struct Verdict {
    code: String,
    good: bool,
    display: Option<CompactString>,
    message: Option<String>,
}

fn better(a: Verdict, b: Verdict) -> Verdict {
    if b.good && !a.good { b } else { a }
}

impl Verdict {
    fn into_value(self, not: &str) -> Value {
        let mut out = Output::default();
        out.add("result", "Boolean", self.good);
        let message = match (self.message, self.good) {
            (Some(message), _) => Some(message),
            (None, false) => Some(format!("The code '{}' {not}", self.code)),
            (None, true) => None,
        };
        out.add_some("message", "String", message);
        out.add_some("display", "String", self.display);
        out.into_value()
    }
}

fn in_value_set(source: &Source, set: &CodeSet, contents: &Contents, asked: &Asked<'_>) -> Verdict {
    let member = match asked.system {
        Some(system) => set.contains(system, asked.code),
        None => set.contains_code(asked.code),
    };
    let code = match asked.system {
        Some(system) => format!("{system}|{}", asked.code),
        None => asked.code.to_owned(),
    };
    let system = asked.system.map(str::to_owned).or_else(|| {
        let item = contents.items.iter().find(|i| i.code == asked.code)?;
        Some(item.system.to_string())
    });
    let own = contents
        .items
        .iter()
        .find(|i| i.code == asked.code && asked.system.is_none_or(|s| i.system == s));
    let system = system.and_then(|s| source.system(&s));
    let concept = system.as_ref().and_then(|s| s.concept(asked.code));
    let usual = concept.and_then(|c| c.display.clone());
    let display = own
        .and_then(|i| i.display.clone())
        .or_else(|| usual.clone());
    match member {
        Member::Yes => {
            let designations = concept.map_or(&[][..], own_designations);
            let mut known: Vec<&str> = designations
                .iter()
                .filter_map(|d| d.str_at("value"))
                .collect();
            known.extend(display.as_deref());
            known.extend(usual.as_deref());
            judged(code, asked, &known, display.clone())
        }
        Member::No => Verdict {
            code,
            display,
            ..Verdict::default()
        },
        Member::Unknown => Verdict {
            message: Some(format!(
                "The code '{code}' cannot be checked: its code system is not loaded"
            )),
            code,
            ..Verdict::default()
        },
    }
}

fn in_system(system: &System, asked: &Asked<'_>) -> Verdict {
    let code = asked.code.to_owned();
    match system.concept(asked.code) {
        Some(concept) => {
            let display = concept_display(concept, None);
            let mut known: Vec<&str> = own_designations(concept)
                .iter()
                .filter_map(|d| d.str_at("value"))
                .collect();
            known.extend(display.as_deref());
            judged(code, asked, &known, display.clone())
        }
        None if grammar::member(&system.url, asked.code) == Some(true) => Verdict {
            code,
            good: true,
            ..Verdict::default()
        },
        None if system.content != Content::Complete => Verdict {
            message: Some(format!(
                "The code '{code}' cannot be checked: only a part of {} is loaded",
                system.url
            )),
            code,
            ..Verdict::default()
        },
        None => Verdict {
            code,
            ..Verdict::default()
        },
    }
}

/// A code that is there is good when the display asked about is one of its known ones.
fn judged(
    code: String,
    asked: &Asked<'_>,
    known: &[&str],
    display: Option<CompactString>,
) -> Verdict {
    let wrong = asked
        .display
        .filter(|d| !known.is_empty() && !known.iter().any(|k| k.eq_ignore_ascii_case(d)));
    Verdict {
        good: wrong.is_none(),
        message: wrong
            .map(|_| format!("The display given for '{code}' is not one of its displays")),
        code,
        display,
    }
}
