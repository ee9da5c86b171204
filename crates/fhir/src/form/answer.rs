//! One answer: the member by which FHIR writes it, and the value.

use std::cmp::Ordering;

use super::{Item, Kind, ORDINAL, extension};
use crate::path::Stamp;
use crate::{Number, Object, Value};

/// UCUM.
const UCUM: &str = "http://unitsofmeasure.org";
/// The most characters of an answer in words, where the form does not say.
const LINE: u32 = 1_000;
const LINES: u32 = 10_000;

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// `valueCoding`, `valueInteger` …
    pub member: &'static str,
    /// The value.
    pub value: Value,
}

/// The members that an answer can have, without `value` before them.
const MEMBERS: [(&str, &str); 12] = [
    ("Boolean", "valueBoolean"),
    ("Decimal", "valueDecimal"),
    ("Integer", "valueInteger"),
    ("Date", "valueDate"),
    ("DateTime", "valueDateTime"),
    ("Time", "valueTime"),
    ("String", "valueString"),
    ("Uri", "valueUri"),
    ("Coding", "valueCoding"),
    ("Quantity", "valueQuantity"),
    ("Text", "valueString"),
    ("Url", "valueUri"),
];

impl Kind {
    /// By which member its answers are written, and its conditions ask for them after `answer`.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Decimal => "Decimal",
            Self::Integer => "Integer",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Time => "Time",
            Self::String | Self::Text => "String",
            Self::Url => "Uri",
            Self::Choice | Self::OpenChoice => "Coding",
            Self::Quantity => "Quantity",
            Self::Group | Self::Display => "",
        }
    }
}

impl Answer {
    pub(super) fn new(ending: &str, value: Value) -> Option<Self> {
        let found = MEMBERS.iter().find(|(end, _)| *end == ending);
        found.map(|(_, member)| Self { member, value })
    }

    /// The first member of the object that begins with this word: `value` or `answer`.
    pub(super) fn of(object: &Value, word: &str) -> Option<Self> {
        let mut members = object.as_object()?.iter();
        members.find_map(|(name, value)| Self::new(name.strip_prefix(word)?, value.clone()))
    }

    /// The value of one `answer` of a response.
    pub fn of_response(answer: &Value) -> Option<Self> {
        Self::of(answer, "value")
    }

    /// As people read it.
    pub fn text(&self) -> String {
        let value = &self.value;
        match self.member {
            "valueBoolean" if value.as_bool() == Some(true) => "Yes".to_owned(),
            "valueBoolean" => "No".to_owned(),
            "valueCoding" => value
                .str_at("display")
                .or_else(|| value.str_at("code"))
                .unwrap_or_default()
                .to_owned(),
            "valueQuantity" => {
                let number = value.get("value").and_then(Value::as_number);
                let unit = value.str_at("unit").or_else(|| value.str_at("code"));
                [number.map_or("", Number::as_str), unit.unwrap_or_default()]
                    .join(" ")
                    .trim()
                    .to_owned()
            }
            _ => match value {
                Value::Number(number) => number.as_str().to_owned(),
                other => other.as_str().unwrap_or_default().to_owned(),
            },
        }
    }

    /// As a field of a page holds it. Options are held by their place in the list.
    pub(super) fn typed(&self) -> String {
        match (self.member, &self.value) {
            ("valueBoolean", value) => (value.as_bool() == Some(true)).to_string(),
            ("valueDateTime", value) => {
                let text = value.as_str().unwrap_or_default();
                text.get(..16).unwrap_or(text).to_owned()
            }
            ("valueTime", value) => {
                let text = value.as_str().unwrap_or_default();
                text.get(..5).unwrap_or(text).to_owned()
            }
            ("valueQuantity", value) => {
                let number = value.get("value").and_then(Value::as_number);
                number.map_or("", Number::as_str).to_owned()
            }
            (_, Value::Number(number)) => number.as_str().to_owned(),
            (_, value) => value.as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The number, for what has one.
    pub fn number(&self) -> Option<f64> {
        let value = match self.member {
            "valueQuantity" => self.value.get("value")?,
            _ => &self.value,
        };
        value.as_number().map(Number::to_f64)
    }

    /// The points of a coded answer.
    pub fn points(&self) -> Option<f64> {
        let points = extension(&self.value, ORDINAL)?.get("valueDecimal")?;
        points.as_number().map(Number::to_f64)
    }

    /// Whether it says yes: true, or with points.
    pub(super) fn is_positive(&self) -> bool {
        self.value.as_bool() == Some(true) || self.points().is_some_and(|p| p > 0.0)
    }

    /// Whether both are the same answer.
    pub(super) fn same(&self, other: &Self) -> bool {
        if self.member == "valueCoding" && other.member == "valueCoding" {
            let system = |a: &Self| a.value.str_at("system").map(str::to_owned);
            let (ours, theirs) = (system(self), system(other));
            let agree = ours.is_none() || theirs.is_none() || ours == theirs;
            return agree
                && self.value.str_at("code").is_some()
                && self.value.str_at("code") == other.value.str_at("code");
        }
        match self.compare(other) {
            Some(order) => order == Ordering::Equal,
            None => self.member == other.member && self.value == other.value,
        }
    }

    /// Which is more; none where that cannot be said.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Some(a), Some(b)) = (self.number(), other.number()) {
            let unit = |a: &Self| a.value.str_at("code").map(str::to_owned);
            let (ours, theirs) = (unit(self), unit(other));
            if ours.is_some() && theirs.is_some() && ours != theirs {
                return None;
            }
            return a.partial_cmp(&b);
        }
        let (a, b) = (self.value.as_str()?, other.value.as_str()?);
        match (self.member, other.member) {
            ("valueDate" | "valueDateTime", "valueDate" | "valueDateTime") => {
                Stamp::date_time(a)?.compare(Stamp::date_time(b)?)
            }
            ("valueTime", "valueTime") | ("valueString", "valueString") => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// What was typed, as an answer; what is wrong with it in words. Nothing typed is no answer.
pub(super) fn parse(item: &Item, text: &str) -> Result<Option<Answer>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let value = match item.kind {
        Kind::Group | Kind::Display => return Ok(None),
        Kind::Choice | Kind::OpenChoice => return option(item, text).map(Some),
        Kind::Boolean => match text {
            "true" => Value::from(true),
            "false" => Value::from(false),
            _ => return Err("Choose yes or no".to_owned()),
        },
        Kind::Integer => match text.parse::<i32>() {
            Ok(n) => Value::from(i64::from(n)),
            Err(_) => return Err("Enter a whole number".to_owned()),
        },
        Kind::Decimal => decimal(text)?,
        Kind::Quantity => quantity(item, text)?,
        Kind::Date if text.len() <= 10 && Stamp::date(text).is_some() => Value::from(text),
        Kind::Date => return Err("Enter the day as year-month-day".to_owned()),
        Kind::DateTime => date_time(text)?,
        Kind::Time => time(text)?,
        Kind::Url => match text.split_once("://") {
            Some(("http" | "https", rest)) if !rest.is_empty() && !text.contains(' ') => {
                Value::from(text)
            }
            Some(_) | None => return Err("Enter an address that begins with https://".to_owned()),
        },
        Kind::String | Kind::Text => Value::from(text.replace("\r\n", "\n")),
    };
    let answer = Answer::new(item.kind.ending(), value).ok_or("This cannot be answered")?;
    fits(item, &answer, text)?;
    Ok(Some(answer))
}

/// What somebody wrote where none of the options was right.
pub(super) fn other(item: &Item, text: &str) -> Result<Option<Answer>, String> {
    let text = text.trim();
    if text.is_empty() || item.kind != Kind::OpenChoice {
        return Ok(None);
    }
    let answer = Answer {
        member: "valueString",
        value: Value::from(text),
    };
    fits(item, &answer, text)?;
    Ok(Some(answer))
}

fn fits(item: &Item, answer: &Answer, text: &str) -> Result<(), String> {
    let longest = item.longest.unwrap_or(match item.kind {
        Kind::Text => LINES,
        _ => LINE,
    });
    let kept = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    if !text.chars().all(kept) {
        return Err("It has characters that cannot be kept: please type it anew".to_owned());
    }
    let length = text.chars().count();
    if u32::try_from(length).map_or(true, |n| n > longest) {
        return Err(format!("At most {longest} characters; these are {length}"));
    }
    let less = |bound: &Option<Answer>, order| {
        let bound = bound.as_ref()?;
        (answer.compare(bound) == Some(order)).then(|| bound.text())
    };
    if let Some(least) = less(&item.least, Ordering::Less) {
        return Err(format!("Enter {least} or more"));
    }
    if let Some(most) = less(&item.most, Ordering::Greater) {
        return Err(format!("Enter {most} or less"));
    }
    let matches = item.pattern.as_ref().is_none_or(|pattern| {
        let found = pattern.find(text);
        found.is_some_and(|m| m.start() == 0 && m.end() == text.len())
    });
    if !matches {
        let help = if item.help.is_empty() {
            "The form asks for another way of writing this".to_owned()
        } else {
            format!("Not written as asked: {}", item.help)
        };
        return Err(help);
    }
    Ok(())
}

fn option(item: &Item, text: &str) -> Result<Answer, String> {
    let chosen = text.parse::<usize>().ok();
    let chosen = chosen.and_then(|at| item.options.get(at));
    let chosen = chosen.ok_or_else(|| "Choose one of the options".to_owned())?;
    Ok(chosen.coded())
}

impl super::Choice {
    /// The answer, with the points that its option has.
    fn coded(&self) -> Answer {
        let mut answer = self.answer.clone();
        let points = self.points.as_ref();
        if let (Some(points), Some(object)) = (points, answer.value.as_object_mut()) {
            let points = Value::from([
                ("url", Value::from(ORDINAL)),
                ("valueDecimal", Value::from(Number::from_json_text(points))),
            ]);
            object.insert_at(0, "extension", vec![points]);
        }
        answer
    }
}

fn decimal(text: &str) -> Result<Value, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let leading = whole.len() > 1 && whole.starts_with('0');
    if !number(whole) || !number(rest) || leading || digits.len() > 18 {
        return Err("Enter a number, with a point before decimals".to_owned());
    }
    Ok(Value::from(Number::from_json_text(text)))
}

fn quantity(item: &Item, text: &str) -> Result<Value, String> {
    let mut object = Object::new();
    object.set("value", decimal(text)?);
    if let Some(unit) = &item.unit {
        let code = unit.str_at("code").unwrap_or_default();
        object.set("unit", unit.str_at("display").unwrap_or(code));
        object.set("system", unit.str_at("system").unwrap_or(UCUM));
        object.set("code", code);
    }
    Ok(object.into())
}

fn date_time(text: &str) -> Result<Value, String> {
    if text.len() <= 10 && Stamp::date(text).is_some() {
        return Ok(Value::from(text));
    }
    // What a browser's field for a day and a time holds, in UTC.
    let whole = match text.len() {
        16 => [text, ":00Z"].concat(),
        19 => [text, "Z"].concat(),
        _ => text.to_owned(),
    };
    match Stamp::date_time(&whole) {
        Some(_) if whole.len() >= 20 => Ok(Value::from(whole)),
        Some(_) | None => Err("Enter a day and a time: 2026-03-01T09:30".to_owned()),
    }
}

fn time(text: &str) -> Result<Value, String> {
    let whole = match text.len() {
        5 => [text, ":00"].concat(),
        _ => text.to_owned(),
    };
    match Stamp::time(&whole) {
        Some(_) if whole.len() >= 8 => Ok(Value::from(whole)),
        Some(_) | None => Err("Enter a time: 09:30".to_owned()),
    }
}
