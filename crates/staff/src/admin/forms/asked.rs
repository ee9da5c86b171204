//! One item of a form as the builder's fields hold it, and as FHIR writes it.

use aceso_fhir::form::{CALCULATED, FLAG, INITIAL, Kind, OBSERVED, ORDINAL};
use aceso_fhir::{Number, Object, Value};
use aceso_web::page::Errors;
use aceso_web::site::Fields;

use super::condition::{When, Wrong};
use super::tree::{help, is_help};
use crate::chart::write::{LOINC, UCUM, coding, one};

pub(super) const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";
/// The system of options that are no codes of somebody else's.
const ANSWERS: &str = "urn:aceso:form:answer";
/// So many conditions have fields.
pub(crate) const CONDITIONS: usize = 3;

/// The names of the fields that come once.
pub(crate) const ONCE: [&str; 26] = [
    "link",
    "text",
    "help",
    "kind",
    "within",
    "options",
    "set",
    "unit",
    "least",
    "most",
    "longest",
    "pattern",
    "behaviour",
    "calculated",
    "initial",
    "code",
    "flag",
    "q0",
    "o0",
    "v0",
    "q1",
    "o1",
    "v1",
    "q2",
    "o2",
    "v2",
];
/// Those that are ticked.
pub(crate) const OFTEN: [&str; 4] = ["required", "repeats", "observed", "sum"];
/// The fields of each condition: the question, how, and with what.
pub(crate) const CONDITION: [[&str; 3]; CONDITIONS] =
    [["q0", "o0", "v0"], ["q1", "o1", "v1"], ["q2", "o2", "v2"]];

/// One item as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) link: String,
    pub(crate) text: String,
    pub(crate) help: String,
    pub(crate) kind: String,
    /// The link id of the group that it is in; empty at the top.
    pub(crate) within: String,
    pub(crate) options: String,
    pub(crate) set: String,
    pub(crate) unit: String,
    pub(crate) least: String,
    pub(crate) most: String,
    pub(crate) longest: String,
    pub(crate) pattern: String,
    pub(crate) behaviour: String,
    pub(crate) calculated: String,
    pub(crate) initial: String,
    pub(crate) code: String,
    pub(crate) flag: String,
    pub(crate) required: bool,
    pub(crate) repeats: bool,
    pub(crate) observed: bool,
    /// Link ids of the questions whose points it adds up.
    pub(crate) sum: Vec<String>,
    pub(crate) when: [When; CONDITIONS],
}

impl Asked {
    /// Out of what was sent.
    pub(crate) fn sent(fields: &Fields) -> Self {
        let text = |name: &str| fields.trimmed(name).replace("\r\n", "\n");
        Self {
            link: text("link"),
            text: text("text"),
            help: text("help"),
            kind: text("kind"),
            within: text("within"),
            options: text("options"),
            set: text("set"),
            unit: text("unit"),
            least: text("least"),
            most: text("most"),
            longest: text("longest"),
            pattern: text("pattern"),
            behaviour: text("behaviour"),
            calculated: text("calculated"),
            initial: text("initial"),
            code: text("code"),
            flag: text("flag"),
            required: fields.has("required"),
            repeats: fields.has("repeats"),
            observed: fields.has("observed"),
            sum: fields.many("sum").map(str::to_owned).collect(),
            when: CONDITION.map(|[question, operator, value]| When {
                question: text(question),
                operator: text(operator),
                value: text(value),
            }),
        }
    }

    /// Out of an item of a form.
    pub(crate) fn of(item: &Value) -> Self {
        let text = |name: &str| item.str_at(name).unwrap_or_default().to_owned();
        let flag = |name: &str| item.get(name).and_then(Value::as_bool) == Some(true);
        let core = |name: &str| said(item, &[CORE, name].concat());
        let expression = |url: &str| {
            let found = said(item, url).and_then(|e| e.str_at("expression"));
            found.unwrap_or_default().to_owned()
        };
        let calculated = expression(CALCULATED);
        let sum = summed(&calculated).unwrap_or_default();
        let helps = item.items_at("item").iter().find(|i| is_help(i));
        let mut conditions = item.items_at("enableWhen").iter().map(When::of);
        let loinc = item
            .items_at("code")
            .iter()
            .find(|c| c.str_at("system") == Some(LOINC));
        Self {
            link: text("linkId"),
            text: text("text"),
            help: helps
                .and_then(|h| h.str_at("text"))
                .unwrap_or_default()
                .to_owned(),
            kind: text("type"),
            within: String::new(),
            options: item
                .items_at("answerOption")
                .iter()
                .map(option_line)
                .collect::<Vec<_>>()
                .join("\n"),
            set: text("answerValueSet"),
            unit: core("questionnaire-unit")
                .and_then(|u| u.str_at("code"))
                .unwrap_or_default()
                .to_owned(),
            least: core("minValue").map(plain).unwrap_or_default(),
            most: core("maxValue").map(plain).unwrap_or_default(),
            longest: item.get("maxLength").map(plain).unwrap_or_default(),
            pattern: core("regex").map(plain).unwrap_or_default(),
            behaviour: text("enableBehavior"),
            calculated: if sum.is_empty() {
                calculated
            } else {
                String::new()
            },
            initial: expression(INITIAL),
            code: loinc
                .and_then(|c| c.str_at("code"))
                .unwrap_or_default()
                .to_owned(),
            flag: said(item, FLAG).map(plain).unwrap_or_default(),
            required: flag("required"),
            repeats: flag("repeats"),
            observed: said(item, OBSERVED).and_then(Value::as_bool) == Some(true),
            sum,
            when: std::array::from_fn(|_| conditions.next().unwrap_or_default()),
        }
    }

    /// The item. `before` is what it takes the place of: what the builder has no field for stays.
    pub(crate) fn item(
        &self,
        document: &Value,
        before: Option<&Value>,
        errors: &mut Errors,
    ) -> Value {
        let mut item = Object::new();
        let kind = Kind::parse(&self.kind).unwrap_or_else(|| {
            errors.add("kind", "Choose what it is");
            Kind::String
        });
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._/".contains(&b);
        if self.link.is_empty() || self.link.len() > 64 || !self.link.bytes().all(plain) {
            errors.add(
                "link",
                "Letters without accents, digits, and - . _ / only, 64 at most",
            );
        }
        let extensions = self.extensions(kind, before, errors);
        if !extensions.is_empty() {
            item.set("extension", extensions);
        }
        item.set("linkId", self.link.as_str());
        if let Some(code) = self.codes(before) {
            item.set("code", code);
        }
        if let Some(prefix) = before.and_then(|b| b.str_at("prefix")) {
            item.set("prefix", prefix);
        }
        if self.text.is_empty() || self.text.chars().count() > 2_000 {
            errors.add("text", "Write what it asks or says, 2,000 letters at most");
        }
        item.set("text", self.text.as_str());
        item.set("type", self.kind.as_str());
        self.conditions(document, before, &mut item, errors);
        let asks = kind.asks();
        if self.required && kind != Kind::Display {
            item.set("required", true);
        }
        if self.repeats && kind != Kind::Display {
            item.set("repeats", true);
        }
        if !self.sum.is_empty() || !self.calculated.is_empty() {
            item.set("readOnly", true);
        }
        if asks && !self.longest.is_empty() {
            match self.longest.parse::<i64>() {
                Ok(n @ 1..=100_000) => item.set("maxLength", n),
                Ok(_) | Err(_) => errors.add("longest", "A whole number from 1 on"),
            }
        }
        self.choices(kind, before, &mut item, errors);
        let inner = before.map(|b| b.items_at("item")).unwrap_or_default();
        let mut inner: Vec<Value> = inner.iter().filter(|i| !is_help(i)).cloned().collect();
        if !self.help.is_empty() {
            inner.insert(0, help(&self.link, &self.help));
        }
        if !inner.is_empty() {
            item.set("item", inner);
        }
        item.into()
    }

    fn codes(&self, before: Option<&Value>) -> Option<Value> {
        let had = before.map(|b| b.items_at("code")).unwrap_or_default();
        let same = had.iter().any(|c| c.str_at("code") == Some(&self.code));
        if same && !self.code.is_empty() {
            return before?.get("code").cloned();
        }
        let other = had.iter().filter(|c| c.str_at("system") != Some(LOINC));
        let mut all: Vec<Value> = other.cloned().collect();
        if !self.code.is_empty() {
            all.push(coding(LOINC, &self.code, &self.text));
        }
        (!all.is_empty()).then(|| all.into())
    }

    fn extensions(&self, kind: Kind, before: Option<&Value>, errors: &mut Errors) -> Vec<Value> {
        let core = |name: &str| [CORE, name].concat();
        let ours = ["questionnaire-unit", "minValue", "maxValue", "regex"].map(core);
        let known = [CALCULATED, INITIAL, OBSERVED, FLAG].map(str::to_owned);
        let is_ours = |e: &&Value| {
            let url = e.str_at("url").unwrap_or_default();
            ours.iter().chain(&known).any(|one| one == url)
        };
        let had = before.map(|b| b.items_at("extension")).unwrap_or_default();
        let mut all: Vec<Value> = had.iter().filter(|e| !is_ours(e)).cloned().collect();
        let mut add = |url: String, member: &str, value: Value| {
            all.push(Value::from([("url", Value::from(url)), (member, value)]));
        };
        let unit = |code: &str| {
            let had = had.iter().filter_map(|e| e.get("valueCoding"));
            let same = had.into_iter().find(|c| c.str_at("code") == Some(code));
            same.cloned().unwrap_or_else(|| coding(UCUM, code, code))
        };
        if !self.unit.is_empty() {
            add(core("questionnaire-unit"), "valueCoding", unit(&self.unit));
        }
        for (field, text, name) in [
            ("least", &self.least, "minValue"),
            ("most", &self.most, "maxValue"),
        ] {
            if text.is_empty() {
                continue;
            }
            match bound(kind, text, &self.unit) {
                Some((member, value)) => add(core(name), member, value),
                None => errors.add(field, "A number, or a day for questions about days"),
            }
        }
        if !self.pattern.is_empty() {
            add(
                core("regex"),
                "valueString",
                Value::from(self.pattern.as_str()),
            );
        }
        let sum = (!self.sum.is_empty()).then(|| points_of(&self.sum));
        if sum.is_some() && kind != Kind::Integer && kind != Kind::Decimal {
            errors.add("kind", "A score is a number");
        }
        for (url, text) in [
            (CALCULATED, sum.as_deref().unwrap_or(&self.calculated)),
            (INITIAL, &self.initial),
        ] {
            if !text.is_empty() {
                let expression = Value::from([
                    ("language", Value::from("text/fhirpath")),
                    ("expression", Value::from(text)),
                ]);
                add(url.to_owned(), "valueExpression", expression);
            }
        }
        if self.observed {
            if self.code.is_empty() {
                errors.add("code", "A result of the chart needs a LOINC code");
            }
            add(OBSERVED.to_owned(), "valueBoolean", Value::from(true));
        }
        if !self.flag.is_empty() {
            add(
                FLAG.to_owned(),
                "valueString",
                Value::from(self.flag.as_str()),
            );
        }
        all
    }

    fn choices(&self, kind: Kind, before: Option<&Value>, item: &mut Object, errors: &mut Errors) {
        if !kind.chooses() {
            return;
        }
        if !self.set.is_empty() {
            item.set("answerValueSet", self.set.as_str());
            return;
        }
        let had = before
            .map(|b| b.items_at("answerOption"))
            .unwrap_or_default();
        let lines = self
            .options
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty());
        let options: Vec<Value> = lines.map(|line| option(line, had)).collect();
        if options.is_empty() {
            errors.add("options", "Write one option on each line");
        } else {
            item.set("answerOption", options);
        }
    }

    fn conditions(
        &self,
        document: &Value,
        before: Option<&Value>,
        item: &mut Object,
        errors: &mut Errors,
    ) {
        let mut all = Vec::new();
        for (at, when) in self.when.iter().enumerate() {
            let Some([field, _, value]) = CONDITION.get(at) else {
                continue;
            };
            if when.question.is_empty() {
                continue;
            }
            match when.condition(document) {
                Ok(condition) => all.push(condition),
                Err(Wrong::Question) => errors.add(field, "That question is not in the form"),
                Err(Wrong::Value) => errors.add(value, "Not an answer of that question"),
            }
        }
        // Those that have no fields stay.
        let had = before.map(|b| b.items_at("enableWhen")).unwrap_or_default();
        all.extend(had.iter().skip(CONDITIONS).cloned());
        if all.len() > 1 {
            let any = self.behaviour == "any";
            item.set("enableBehavior", if any { "any" } else { "all" });
        }
        if !all.is_empty() {
            item.set("enableWhen", all);
        }
    }
}

/// A value to compare with, for a question of this kind.
pub(super) fn bound(kind: Kind, text: &str, unit: &str) -> Option<(&'static str, Value)> {
    let number = |text: &str| {
        let fine = text.parse::<f64>().is_ok_and(f64::is_finite)
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || b"-.".contains(&b))
            && !text.ends_with('.')
            && !text.starts_with('.');
        fine.then(|| Value::from(Number::from_json_text(text)))
    };
    Some(match kind {
        Kind::Integer => ("valueInteger", Value::from(text.parse::<i64>().ok()?)),
        Kind::Decimal => ("valueDecimal", number(text)?),
        Kind::Quantity => {
            let mut quantity = Object::new();
            quantity.set("value", number(text)?);
            if !unit.is_empty() {
                quantity.set("unit", unit);
                quantity.set("system", UCUM);
                quantity.set("code", unit);
            }
            ("valueQuantity", quantity.into())
        }
        Kind::Date if crate::words::is_fhir_day(text) => ("valueDate", Value::from(text)),
        Kind::DateTime if crate::words::is_fhir_day(text) => ("valueDateTime", Value::from(text)),
        Kind::Time if text.len() == 5 => ("valueTime", Value::from([text, ":00"].concat())),
        Kind::String | Kind::Text | Kind::Url if !text.is_empty() => {
            ("valueString", Value::from(text))
        }
        Kind::Group
        | Kind::Display
        | Kind::Boolean
        | Kind::Choice
        | Kind::OpenChoice
        | Kind::Date
        | Kind::DateTime
        | Kind::Time
        | Kind::String
        | Kind::Text
        | Kind::Url => return None,
    })
}

pub(super) fn said<'v>(item: &'v Value, url: &str) -> Option<&'v Value> {
    let mut all = item.items_at("extension").iter();
    let found = all.find(|e| e.str_at("url") == Some(url))?.as_object()?;
    found
        .iter()
        .find(|(name, _)| name.starts_with("value"))
        .map(|(_, v)| v)
}

/// A value as a field holds it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_str().to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.to_string(),
        Value::Null | Value::Array(_) => String::new(),
        Value::Object(_) => match value.get("value") {
            Some(number) => plain(number),
            None => value
                .str_at("display")
                .or_else(|| value.str_at("code"))
                .unwrap_or_default()
                .to_owned(),
        },
    }
}

fn points(option: &Value) -> Option<&str> {
    let found = said(option, ORDINAL).or_else(|| said(option.get("valueCoding")?, ORDINAL));
    found?.as_number().map(Number::as_str)
}

/// `Several days = 1`
fn option_line(option: &Value) -> String {
    let value = option
        .get("valueCoding")
        .or_else(|| option.get("valueString"));
    let text = value.map(plain).unwrap_or_default();
    match points(option) {
        Some(points) => [&text, " = ", points].concat(),
        None => text,
    }
}

/// The option of a line; one that was there under the same name keeps its code.
fn option(line: &str, had: &[Value]) -> Value {
    let (text, points) = match line.rsplit_once('=') {
        Some((text, points)) if bound(Kind::Decimal, points.trim(), "").is_some() => {
            (text.trim(), Some(points.trim()))
        }
        Some(_) | None => (line, None),
    };
    let same = |o: &&Value| {
        let value = o.get("valueCoding").or_else(|| o.get("valueString"));
        value.map(plain).as_deref() == Some(text)
    };
    let mut object = Object::new();
    if let Some(points) = points {
        let points = Value::from(Number::from_json_text(points));
        let extension = [("url", Value::from(ORDINAL)), ("valueDecimal", points)];
        object.set("extension", one(Value::from(extension)));
    }
    let old = had.iter().find(same);
    match old.and_then(|o| o.get("valueString")) {
        Some(text) => object.set("valueString", text.clone()),
        None => {
            let old = old.and_then(|o| o.get("valueCoding")).cloned();
            let fresh = || coding(ANSWERS, &slug(text), text);
            object.set("valueCoding", old.unwrap_or_else(fresh));
        }
    }
    object.into()
}

/// A code out of words: letters and digits, a hyphen for whatever else.
pub(crate) fn slug(text: &str) -> String {
    let letters = text.to_lowercase();
    let words = letters.split(|c: char| !c.is_alphanumeric());
    let code = words
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    code.chars().take(60).collect()
}

/// The points of these questions together, once all of them are answered.
fn points_of(links: &[String]) -> String {
    let all: Vec<String> = links.iter().map(|link| ["'", link, "'"].concat()).collect();
    let answers = format!(
        "%resource.descendants().where(linkId in ({})).answer",
        all.join("|")
    );
    let count = links.len();
    format!(
        "iif({answers}.count() = {count}, {answers}.value.extension('{ORDINAL}').value.aggregate($this + $total, 0), {{}})"
    )
}

/// The questions of an expression that [`points_of`] wrote.
fn summed(expression: &str) -> Option<Vec<String>> {
    let (_, rest) = expression.split_once("where(linkId in (")?;
    let (list, _) = rest.split_once("))")?;
    let link = |part: &str| {
        let link = part.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(link.to_owned())
    };
    let links: Vec<String> = list.split('|').map(link).collect::<Option<_>>()?;
    (points_of(&links) == expression).then_some(links)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::shipped;

    #[test]
    fn emr_1_9_a_shipped_item_goes_through_the_builders_fields_and_comes_back_the_same() {
        for shipped in shipped::all() {
            let paths = super::super::tree::paths(&shipped.document);
            for path in paths {
                let item = super::super::tree::at(&shipped.document, &path).unwrap();
                let mut errors = Errors::none();
                let again = Asked::of(item).item(&shipped.document, Some(item), &mut errors);
                assert!(errors.is_empty(), "{item:?}: {errors:?}");
                let sorted = |value: &Value| {
                    let mut bytes = Vec::new();
                    aceso_fhir::json::write(value, &mut bytes);
                    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                    value
                };
                let (mut ours, mut theirs) = (sorted(&again), sorted(item));
                for one in [&mut ours, &mut theirs] {
                    if let Some(list) = one.get_mut("extension").and_then(|e| e.as_array_mut()) {
                        list.sort_by_key(ToString::to_string);
                    }
                }
                assert_eq!(ours, theirs);
            }
        }
    }

    #[test]
    fn an_option_may_have_points_and_keeps_its_code() {
        let fresh = option("Nearly every day = 3", &[]);
        assert_eq!(option_line(&fresh), "Nearly every day = 3");
        let code = |o: &Value| {
            o.get("valueCoding")
                .unwrap()
                .str_at("code")
                .unwrap()
                .to_owned()
        };
        assert_eq!(code(&fresh), "nearly-every-day");
        let old = Value::from([("valueCoding", coding(LOINC, "LA6571-9", "Nearly every day"))]);
        assert_eq!(code(&option("Nearly every day = 3", &[old])), "LA6571-9");
        assert_eq!(option_line(&option("a = b", &[])), "a = b");
    }
}
