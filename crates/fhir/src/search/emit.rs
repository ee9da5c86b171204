//! Index values of one element, by its type and the kind of search (R4, section 3.1.1.4, and the table of each kind).

use std::borrow::Cow;

use super::date::date_span;
use super::entry::{BEGINNING, END, Entry, IndexValue};
use super::reference::{Target, read_reference, split_version};
use super::units::canonical_unit;
use crate::definitions::{ElementDef, ParamKind, TypeDef, parameters};
use crate::{Number, Value};

const UCUM: &str = "http://unitsofmeasure.org";
const CURRENCY: &str = "urn:iso:std:iso:4217";

/// How an element is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A plain string or code as a token, with the system that its binding implies.
    Code(Option<&'static str>),
    Boolean,
    Coding,
    Concept,
    Identifier,
    Contact,
    /// A reference's or canonical's text as a token.
    ReferenceToken,
    Date,
    Period,
    Timing,
    Str,
    /// Every string of an address.
    Address,
    /// Every part of a name.
    Name,
    ConceptText,
    Reference,
    Canonical,
    /// A resource inside: as a reference to it.
    Inline,
    Number,
    NumberRange,
    Quantity,
    Money,
    QuantityRange,
    Sampled,
    Uri,
    /// Nothing is indexed: the value itself is wanted.
    Group,
}

impl How {
    /// How a search of this kind sees an element of this type; none when it does not.
    pub(super) fn of(kind: ParamKind, ty: &TypeDef, element: &ElementDef) -> Option<Self> {
        match kind {
            ParamKind::Token => Self::token(ty, element),
            ParamKind::Date => match ty.name {
                "date" | "dateTime" | "instant" => Some(Self::Date),
                "Period" => Some(Self::Period),
                "Timing" => Some(Self::Timing),
                _ => None,
            },
            ParamKind::String => match ty.name {
                "HumanName" => Some(Self::Name),
                "Address" => Some(Self::Address),
                "CodeableConcept" => Some(Self::ConceptText),
                _ if ty.is_a("string") || ty.is_a("uri") => Some(Self::Str),
                _ => None,
            },
            ParamKind::Reference => match ty.name {
                "Reference" => Some(Self::Reference),
                "Resource" => Some(Self::Inline),
                _ if ty.is_a("uri") => Some(Self::Canonical),
                _ => None,
            },
            ParamKind::Number => match ty.name {
                "decimal" => Some(Self::Number),
                "Range" => Some(Self::NumberRange),
                _ if ty.is_a("integer") => Some(Self::Number),
                _ => None,
            },
            ParamKind::Quantity => match ty.name {
                "Money" => Some(Self::Money),
                "Range" => Some(Self::QuantityRange),
                "SampledData" => Some(Self::Sampled),
                _ if ty.is_a("Quantity") => Some(Self::Quantity),
                _ => None,
            },
            ParamKind::Uri => ty.is_a("uri").then_some(Self::Uri),
            ParamKind::Special => Some(Self::Group),
            ParamKind::Composite => None,
        }
    }

    fn token(ty: &TypeDef, element: &ElementDef) -> Option<Self> {
        match ty.name {
            "boolean" => Some(Self::Boolean),
            "Coding" => Some(Self::Coding),
            "CodeableConcept" => Some(Self::Concept),
            "Identifier" => Some(Self::Identifier),
            "ContactPoint" => Some(Self::Contact),
            "Reference" => Some(Self::ReferenceToken),
            "code" => {
                let set = element.binding.as_ref().map(|b| b.value_set);
                Some(Self::Code(set.and_then(|s| parameters().implied_system(s))))
            }
            _ if ty.is_a("string") || ty.is_a("uri") || ty.is_a("date") => Some(Self::Code(None)),
            _ => None,
        }
    }
}

/// Collects entries.
pub(super) struct Sink<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    /// The values found at [`How::Group`].
    pub(super) groups: Vec<&'a Value>,
    /// The server's own base URL, without a slash at the end.
    pub(super) base: Option<&'a str>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(base: Option<&'a str>) -> Self {
        Self {
            entries: Vec::new(),
            groups: Vec::new(),
            base,
        }
    }

    pub(super) fn push(&mut self, branch: u16, value: IndexValue<'a>) {
        self.entries.push(Entry { branch, value });
    }

    pub(super) fn emit(&mut self, branch: u16, how: How, item: &'a Value) {
        match how {
            How::Code(system) => {
                if let Some(code) = item.as_str() {
                    self.push(branch, IndexValue::Token { system, code });
                }
            }
            How::Boolean => {
                if let Some(b) = item.as_bool() {
                    let code = if b { "true" } else { "false" };
                    self.push(branch, IndexValue::Token { system: None, code });
                }
            }
            How::Coding => self.coding(branch, item),
            How::Concept => self.concept(branch, item),
            How::Identifier => self.identifier(branch, item),
            How::Contact => self.token(branch, item.str_at("system"), item.str_at("value")),
            How::ReferenceToken => self.token(branch, None, item.str_at("reference")),
            How::Date => self.date(branch, item.as_str().and_then(date_span)),
            How::Period => self.date(branch, period_span(item)),
            How::Timing => self.date(branch, timing_span(item)),
            How::Str => self.str(branch, Some(item)),
            How::Address => self.strs(branch, item, &ADDRESS),
            How::Name => self.strs(branch, item, &NAME),
            How::ConceptText => self.strs(branch, item, &["text"]),
            How::Reference => self.reference(branch, item),
            How::Canonical => {
                if let Some(text) = item.as_str() {
                    self.target(branch, text);
                }
            }
            How::Inline => self.inline(branch, item),
            How::Number => {
                if let Some(n) = item.as_number().and_then(finite) {
                    self.push(branch, IndexValue::Number { lo: n, hi: n });
                }
            }
            How::NumberRange => {
                if let Some((lo, hi)) = range(item) {
                    self.push(branch, IndexValue::Number { lo, hi });
                }
            }
            How::Quantity => self.quantity(branch, item, quantity_span(item)),
            How::Money => self.money(branch, item),
            How::QuantityRange => {
                let unit = item.get("low").or_else(|| item.get("high"));
                if let Some(unit) = unit {
                    self.quantity(branch, unit, range(item));
                }
            }
            How::Sampled => {
                if let Some(origin) = item.get("origin") {
                    self.quantity(branch, origin, sampled_span(item));
                }
            }
            How::Uri => {
                if let Some(text) = item.as_str() {
                    self.push(branch, IndexValue::Uri(split_version(text).0));
                }
            }
            How::Group => self.groups.push(item),
        }
    }

    fn token(&mut self, branch: u16, system: Option<&'a str>, code: Option<&'a str>) {
        if let Some(code) = code.or(system.and(Some(""))) {
            self.push(branch, IndexValue::Token { system, code });
        }
    }

    fn text(&mut self, branch: u16, text: Option<&'a str>) {
        if let Some(text) = text {
            self.push(branch, IndexValue::TokenText(text));
        }
    }

    fn coding(&mut self, branch: u16, coding: &'a Value) {
        self.token(branch, coding.str_at("system"), coding.str_at("code"));
        self.text(branch, coding.str_at("display"));
    }

    fn concept(&mut self, branch: u16, concept: &'a Value) {
        for coding in each(concept, "coding") {
            self.coding(branch, coding);
        }
        self.text(branch, concept.str_at("text"));
    }

    fn identifier(&mut self, branch: u16, identifier: &'a Value) {
        let value = identifier.str_at("value");
        self.token(branch, identifier.str_at("system"), value);
        let Some(ty) = identifier.get("type") else {
            return;
        };
        self.text(branch, ty.str_at("text"));
        for coding in each(ty, "coding") {
            if let (Some(system), Some(code), Some(value)) =
                (coding.str_at("system"), coding.str_at("code"), value)
            {
                self.push(
                    branch,
                    IndexValue::OfType {
                        system,
                        code,
                        value,
                    },
                );
            }
        }
    }

    fn date(&mut self, branch: u16, span: Option<(i64, i64)>) {
        if let Some((lo, hi)) = span {
            self.push(branch, IndexValue::Date { lo, hi });
        }
    }

    fn str(&mut self, branch: u16, value: Option<&'a Value>) {
        for item in value.map(Value::each).unwrap_or_default() {
            if let Some(text) = item.as_str() {
                self.push(branch, IndexValue::Str(Cow::Borrowed(text)));
            }
        }
    }

    fn strs(&mut self, branch: u16, item: &'a Value, members: &[&str]) {
        for member in members {
            self.str(branch, item.get(member));
        }
    }

    fn reference(&mut self, branch: u16, reference: &'a Value) {
        if let Some(text) = reference.str_at("reference") {
            self.target(branch, text);
        }
        if let Some(identifier) = reference.get("identifier") {
            let (system, value) = (identifier.str_at("system"), identifier.str_at("value"));
            if let Some(value) = value.or(system.and(Some(""))) {
                self.push(branch, IndexValue::ReferenceIdentifier { system, value });
            }
        }
    }

    fn target(&mut self, branch: u16, text: &'a str) {
        match read_reference(text, self.base) {
            Some(Target::Local { kind, id, version }) => {
                self.push(branch, IndexValue::Reference { kind, id, version });
            }
            Some(Target::Url { url, version }) => {
                self.push(branch, IndexValue::ReferenceUrl { url, version });
            }
            None => {}
        }
    }

    fn inline(&mut self, branch: u16, resource: &'a Value) {
        let kind = resource
            .resource_type()
            .and_then(|k| crate::definitions::types().resource(k));
        if let (Some(kind), Some(id)) = (kind, resource.id()) {
            self.push(
                branch,
                IndexValue::Reference {
                    kind: kind.name,
                    id,
                    version: None,
                },
            );
        }
    }

    fn quantity(&mut self, branch: u16, unit: &'a Value, span: Option<(f64, f64)>) {
        let Some((lo, hi)) = span else { return };
        let (system, printed) = (unit.str_at("system"), unit.str_at("unit"));
        let code = unit.str_at("code").or(printed).unwrap_or_default();
        let canonical = if system == Some(UCUM) {
            canonical_unit(code)
        } else {
            None
        };
        self.push(
            branch,
            IndexValue::Quantity {
                lo,
                hi,
                system,
                code,
                canonical,
            },
        );
        if let Some(printed) = printed.filter(|p| *p != code) {
            let (system, canonical) = (None, None);
            self.push(
                branch,
                IndexValue::Quantity {
                    lo,
                    hi,
                    system,
                    code: printed,
                    canonical,
                },
            );
        }
    }

    fn money(&mut self, branch: u16, money: &'a Value) {
        if let Some(n) = money
            .get("value")
            .and_then(Value::as_number)
            .and_then(finite)
        {
            let code = money.str_at("currency").unwrap_or_default();
            self.push(
                branch,
                IndexValue::Quantity {
                    lo: n,
                    hi: n,
                    system: Some(CURRENCY),
                    code,
                    canonical: None,
                },
            );
        }
    }
}

const ADDRESS: [&str; 7] = [
    "text",
    "line",
    "city",
    "district",
    "state",
    "postalCode",
    "country",
];
const NAME: [&str; 5] = ["text", "family", "given", "prefix", "suffix"];

fn each<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).map(Value::each).unwrap_or_default()
}

fn finite(number: &Number) -> Option<f64> {
    Some(number.to_f64()).filter(|n| n.is_finite())
}

fn number_at(value: &Value, member: &str) -> Option<f64> {
    value.get(member)?.as_number().and_then(finite)
}

fn period_span(period: &Value) -> Option<(i64, i64)> {
    let start = period.str_at("start").and_then(date_span);
    let end = period.str_at("end").and_then(date_span);
    if start.is_none() && end.is_none() {
        return None;
    }
    let lo = start.map_or(BEGINNING, |s| s.0);
    let hi = end.map_or(END, |e| e.1);
    Some((lo, hi.max(lo + 1)))
}

/// Only the outer limits of a timing count.
fn timing_span(timing: &Value) -> Option<(i64, i64)> {
    let events = each(timing, "event").iter();
    let spans = events.filter_map(|e| e.as_str().and_then(date_span));
    let bounds = timing
        .get("repeat")
        .and_then(|r| r.get("boundsPeriod"))
        .and_then(period_span);
    spans
        .chain(bounds)
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn quantity_span(quantity: &Value) -> Option<(f64, f64)> {
    let n = number_at(quantity, "value")?;
    Some(match quantity.str_at("comparator") {
        Some("<" | "<=") => (f64::NEG_INFINITY, n),
        Some(">" | ">=") => (n, f64::INFINITY),
        _ => (n, n),
    })
}

fn range(range: &Value) -> Option<(f64, f64)> {
    let end = |name| range.get(name).and_then(|q| number_at(q, "value"));
    let (low, high) = (end("low"), end("high"));
    if low.is_none() && high.is_none() {
        return None;
    }
    Some((
        low.unwrap_or(f64::NEG_INFINITY),
        high.unwrap_or(f64::INFINITY),
    ))
}

/// From the least to the greatest sample.
fn sampled_span(sampled: &Value) -> Option<(f64, f64)> {
    let origin = sampled.get("origin").and_then(|o| number_at(o, "value"))?;
    let factor = number_at(sampled, "factor").unwrap_or(1.0);
    let samples = sampled.str_at("data")?.split_ascii_whitespace();
    samples
        .filter_map(|s| s.parse::<f64>().ok())
        .filter(|n| n.is_finite())
        .map(|n| origin + n * factor)
        .map(|n| (n, n))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}
