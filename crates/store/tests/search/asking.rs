//! Random queries, mostly of what is there.

use aceso_fhir::Value;
use aceso_fhir::definitions::{Param, ParamKind, parameters};
use aceso_fhir::search::{IndexValue, escape, extract};

use super::making::Chance;

type Pairs = Vec<(String, String)>;

fn fhir(ms: i64) -> String {
    aceso_base::Instant::from_millis(ms).to_fhir()
}

/// Names and values of a query that finds a value through a parameter.
fn value_of(
    c: &mut Chance,
    param: &Param,
    value: &IndexValue<'_>,
) -> Option<(&'static str, String)> {
    Some(match value {
        IndexValue::Token { system, code } => match (system, c.below(4)) {
            (Some(s), 0) => ("", format!("{}|", escape(s))),
            (Some(s), 1) => ("", format!("{}|{}", escape(s), escape(code))),
            (None, 0 | 1) => ("", format!("|{}", escape(code))),
            _ if code.is_empty() => return None,
            _ => ("", escape(code).into_owned()),
        },
        IndexValue::TokenText(text) => (":text", escape(text).into_owned()),
        IndexValue::OfType {
            system,
            code,
            value,
        } => (
            ":of-type",
            format!("{}|{}|{}", escape(system), escape(code), escape(value)),
        ),
        IndexValue::Reference { kind, id, version } => match (version, c.below(3)) {
            (Some(v), 0) => ("", format!("{kind}/{id}/_history/{v}")),
            (_, 1) => ("", (*id).to_owned()),
            _ => ("", format!("{kind}/{id}")),
        },
        IndexValue::ReferenceUrl {
            url,
            version: Some(v),
        } if c.one_in(2) => ("", escape(&format!("{url}|{v}")).replace("\\|", "|")),
        IndexValue::ReferenceUrl { url, .. } => ("", escape(url).into_owned()),
        IndexValue::ReferenceIdentifier { system, value } => (
            ":identifier",
            format!("{}|{}", escape(system.unwrap_or_default()), escape(value)),
        ),
        IndexValue::Str(text) => match c.below(3) {
            0 => (":exact", escape(text).into_owned()),
            1 => (":contains", escape(text).into_owned()),
            _ => ("", escape(text).into_owned()),
        },
        IndexValue::Date { lo, hi } if hi - lo < 86_400_000 * 4000 => {
            ("", format!("{}{}", c.of(&["ge", "ap"]), fhir(*lo)))
        }
        IndexValue::Date { .. } => ("", "ge0001".to_owned()),
        IndexValue::Number { lo, hi } => {
            ("", format!("ge{}", if lo.is_finite() { lo } else { hi }))
        }
        IndexValue::Quantity {
            lo,
            hi,
            system,
            code,
            ..
        } => {
            let n = if lo.is_finite() { lo } else { hi };
            let system = system.filter(|_| !code.is_empty()).unwrap_or_default();
            let prefix = if lo == hi { "" } else { "ap" };
            (
                "",
                format!("{prefix}{n}|{}|{}", escape(system), escape(code)),
            )
        }
        IndexValue::Uri(uri) if param.kind == ParamKind::Uri => {
            (*c.of(&["", ":below", ":above"]), escape(uri).into_owned())
        }
        IndexValue::Uri(_) => return None,
    })
}

fn params_of(kind: &str, branch: u16) -> Vec<&'static Param> {
    parameters()
        .of(kind)
        .chain(parameters().of("Resource"))
        .filter(|p| {
            p.uses
                .iter()
                .any(|u| u.branch == branch && u.target.is_none())
        })
        .collect()
}

/// Queries that must find this document: up to `most`, of different values.
pub(crate) fn own_queries(c: &mut Chance, document: &Value, most: usize) -> Vec<Pairs> {
    let kind = document.resource_type().unwrap();
    let found = extract(document, None);
    let mut all = Vec::new();
    let step = found.entries.len().div_ceil(most).max(1);
    for entry in found.entries.iter().skip(c.below(step)).step_by(step) {
        let params = params_of(kind, entry.branch);
        if params.is_empty() {
            continue;
        }
        let param = *c.of(&params);
        if let Some((modifier, value)) = value_of(c, param, &entry.value) {
            all.push(vec![(format!("{}{modifier}", param.code), value)]);
        }
    }
    all
}

/// One or two conditions on a type, mostly drawn from what is there.
fn conditions(c: &mut Chance, kind: &str, stored: &[Value]) -> Pairs {
    let of_kind: Vec<&Value> = stored
        .iter()
        .filter(|d| d.resource_type() == Some(kind))
        .collect();
    let params: Vec<&Param> = parameters().of(kind).collect();
    let mut all = Vec::new();
    for _ in 0..1 + c.below(2) {
        if of_kind.is_empty() || c.one_in(8) {
            all.push((
                format!("{}:missing", c.of(&params).code),
                ["true", "false"][c.below(2)].to_owned(),
            ));
            continue;
        }
        let document = *c.of(&of_kind);
        let mut pairs = own_queries(c, document, 30);
        if pairs.is_empty() {
            continue;
        }
        let mut pair = pairs.swap_remove(c.below(pairs.len())).remove(0);
        twist(c, kind, &mut pair);
        all.push(pair);
    }
    all
}

/// Another prefix, a negation, an alternative.
fn twist(c: &mut Chance, kind: &str, pair: &mut (String, String)) {
    let Some(param) = parameters().find(kind, &pair.0) else {
        return;
    };
    let bare = pair
        .1
        .trim_start_matches(|x: char| x.is_ascii_lowercase())
        .to_owned();
    match param.kind {
        ParamKind::Date => {
            let cut = *c.of(&[4, 7, 10, bare.len()]);
            let bare = bare.get(..cut).unwrap_or(&bare).to_owned();
            pair.1 = format!(
                "{}{bare}",
                c.of(&["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])
            );
        }
        ParamKind::Number | ParamKind::Quantity => {
            pair.1 = format!(
                "{}{bare}",
                c.of(&["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])
            );
        }
        ParamKind::Token if c.one_in(4) => pair.0.push_str(":not"),
        ParamKind::Token if c.one_in(4) => pair.1.push_str(",c2,http://s/2|"),
        ParamKind::String if c.one_in(2) => {
            let cut = pair
                .1
                .char_indices()
                .nth(3)
                .map_or(pair.1.len(), |(at, _)| at);
            pair.1.truncate(cut);
        }
        ParamKind::String
        | ParamKind::Token
        | ParamKind::Reference
        | ParamKind::Uri
        | ParamKind::Composite
        | ParamKind::Special => {}
    }
}

const LINKS: [(&str, &str, &str); 9] = [
    ("Observation", "subject:Patient", "Patient"),
    ("Observation", "patient", "Patient"),
    ("Observation", "encounter", "Encounter"),
    ("Observation", "performer:Organization", "Organization"),
    ("Patient", "organization", "Organization"),
    (
        "Patient",
        "general-practitioner:Practitioner",
        "Practitioner",
    ),
    ("Encounter", "location", "Location"),
    ("Condition", "patient", "Patient"),
    (
        "MedicationRequest",
        "requester:Practitioner",
        "Practitioner",
    ),
];
const SORTS: [(&str, &str); 10] = [
    ("Observation", "-date"),
    ("Observation", "date,_id"),
    ("Observation", "-_lastUpdated"),
    ("Patient", "family,-birthdate"),
    ("Patient", "-given"),
    ("Patient", "_id"),
    ("Condition", "-recorded-date"),
    ("Encounter", "date"),
    ("RiskAssessment", "-probability"),
    ("Organization", "name"),
];

/// A random query: conditions, chains, `_has`, an order.
pub(crate) fn random_query(c: &mut Chance, stored: &[Value]) -> (&'static str, Pairs) {
    let (kind, link, target) = *c.of(&LINKS);
    let mut pairs = match c.below(6) {
        0 => prefixed(&format!("{link}."), conditions(c, target, stored)),
        1 => {
            let code = link.split(':').next().unwrap_or(link);
            let pairs = prefixed(&format!("_has:{kind}:{code}:"), conditions(c, kind, stored));
            return (target, pairs);
        }
        2 => {
            let kinds = [
                "RiskAssessment",
                "Questionnaire",
                "QuestionnaireResponse",
                "Group",
                "List",
                "Location",
                "Practitioner",
                "Organization",
            ];
            let kind = *c.of(&kinds);
            return (kind, conditions(c, kind, stored));
        }
        _ => conditions(c, kind, stored),
    };
    if c.one_in(4) {
        pairs.extend(conditions(c, kind, stored));
    }
    let sorts: Vec<&str> = SORTS
        .iter()
        .filter(|(k, _)| *k == kind)
        .map(|(_, s)| *s)
        .collect();
    if !sorts.is_empty() && c.one_in(3) {
        pairs.push(("_sort".to_owned(), (*c.of(&sorts)).to_owned()));
    }
    (kind, pairs)
}

fn prefixed(prefix: &str, pairs: Pairs) -> Pairs {
    pairs
        .into_iter()
        .map(|(name, value)| (format!("{prefix}{name}"), value))
        .collect()
}
