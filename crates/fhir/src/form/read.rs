//! A Questionnaire, read and checked: what could not be filled in is refused, every fault with its item.

use regex::RegexBuilder;

use super::order::order;
use super::{
    Answer, Behaviour, CALCULATED, Choice, Condition, FLAG, Form, INITIAL, Item, Kind, OBSERVED,
    ORDINAL, Operator, extension,
};
use crate::path::Expression;
use crate::terminology::{self, Source};
use crate::{Number, Object, Value};

const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";
/// Items that a form may have, and how deep they may lie.
const ITEMS: usize = 500;
const DEPTH: usize = 8;
/// Options that a list may have.
const OPTIONS: usize = 300;
/// Bytes that a compiled pattern may take.
const PATTERN: usize = 64 * 1024;

/// What is wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", if link.is_empty() { String::new() } else { format!("{link}: ") })]
pub struct Fault {
    /// The link id of the item; empty for the form itself.
    pub link: String,
    /// What is wrong, and how to mend it.
    pub what: String,
}

struct Reader<'q> {
    questionnaire: &'q Value,
    items: Vec<Item>,
    /// Conditions, before the numbers of their questions are known.
    waiting: Vec<(usize, &'q Value)>,
    faults: Vec<Fault>,
}

/// Reads a form.
///
/// # Errors
/// All faults that were found, in the order of the items.
pub fn read(questionnaire: &Value) -> Result<Form, Vec<Fault>> {
    let mut reader = Reader {
        questionnaire,
        items: Vec::new(),
        waiting: Vec::new(),
        faults: Vec::new(),
    };
    let title = questionnaire
        .str_at("title")
        .or_else(|| questionnaire.str_at("name"))
        .unwrap_or_default();
    if title.trim().is_empty() {
        reader.fault("", "The form needs a title");
    }
    if questionnaire.str_at("url").is_none_or(str::is_empty) {
        reader.fault("", "The form needs an address (url) of its own");
    }
    reader.walk(questionnaire.items_at("item"), None, 0);
    if !reader.items.iter().any(|item| item.kind.asks()) {
        reader.fault("", "The form asks nothing yet");
    }
    reader.check_links();
    reader.connect();
    let order = match order(&reader.items) {
        Ok(order) => order,
        Err(turning) => {
            for number in turning {
                let item = reader.items.get(number);
                let link = item.map_or(String::new(), |i| i.link.clone());
                reader.fault(&link, "Its conditions turn in a circle: it would be asked only if it were answered already");
            }
            Vec::new()
        }
    };
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    let text = |name| questionnaire.str_at(name).unwrap_or_default().to_owned();
    Ok(Form {
        url: text("url"),
        version: text("version"),
        title: title.to_owned(),
        purpose: text("description"),
        copyright: text("copyright"),
        items: reader.items,
        order,
    })
}

impl<'q> Reader<'q> {
    fn fault(&mut self, link: &str, what: impl Into<String>) {
        self.faults.push(Fault {
            link: link.to_owned(),
            what: what.into(),
        });
    }

    fn walk(&mut self, items: &'q [Value], parent: Option<usize>, depth: usize) -> Vec<usize> {
        let mut numbers = Vec::new();
        for value in items {
            let link = value.str_at("linkId").unwrap_or_default();
            if self.items.len() >= ITEMS || depth >= DEPTH {
                self.fault(link, format!("A form may have {ITEMS} items, {DEPTH} deep"));
                return numbers;
            }
            if let Some(help) = help_text(value)
                && let Some(item) = parent.and_then(|p| self.items.get_mut(p))
            {
                help.clone_into(&mut item.help);
                continue;
            }
            let number = self.items.len();
            let item = self.item(value, parent);
            self.items.push(item);
            numbers.push(number);
            let all = value.items_at("enableWhen").iter();
            self.waiting
                .extend(all.map(|condition| (number, condition)));
            let children = self.walk(value.items_at("item"), Some(number), depth + 1);
            if let Some(item) = self.items.get_mut(number) {
                item.children = children;
            }
        }
        numbers
    }

    fn item(&mut self, value: &'q Value, parent: Option<usize>) -> Item {
        let link = value.str_at("linkId").unwrap_or_default().to_owned();
        let code = value.str_at("type").unwrap_or_default();
        let kind = Kind::parse(code).unwrap_or_else(|| {
            self.fault(&link, format!("The type '{code}' cannot be filled in here"));
            Kind::Display
        });
        let flag = |name: &str| value.get(name).and_then(Value::as_bool) == Some(true);
        let said = |url: &str, member: &str| extension(value, url).and_then(|e| e.get(member));
        let core = |name: &str| [CORE, name].concat();
        let computed = self.expression(value, CALCULATED, &link);
        let mut item = Item {
            text: value.str_at("text").unwrap_or_default().to_owned(),
            prefix: value.str_at("prefix").unwrap_or_default().to_owned(),
            kind,
            required: flag("required"),
            repeats: flag("repeats") && kind != Kind::Display,
            fixed: flag("readOnly") || computed.is_some(),
            hidden: said(&core("questionnaire-hidden"), "valueBoolean").and_then(Value::as_bool)
                == Some(true),
            help: said(&core("entryFormat"), "valueString")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            options: Vec::new(),
            unit: said(&core("questionnaire-unit"), "valueCoding").cloned(),
            longest: value
                .get("maxLength")
                .and_then(Value::as_number)
                .and_then(|n| n.as_str().parse().ok()),
            least: extension(value, &core("minValue")).and_then(|e| Answer::of(e, "value")),
            most: extension(value, &core("maxValue")).and_then(|e| Answer::of(e, "value")),
            pattern: None,
            conditions: Vec::new(),
            behaviour: match value.str_at("enableBehavior") {
                Some("any") => Behaviour::Any,
                _ => Behaviour::All,
            },
            code: value.get("code").cloned(),
            observed: said(OBSERVED, "valueBoolean").and_then(Value::as_bool) == Some(true),
            flag: said(FLAG, "valueString")
                .and_then(Value::as_str)
                .map(str::to_owned),
            parent,
            children: Vec::new(),
            initial: value
                .items_at("initial")
                .iter()
                .filter_map(|i| Answer::of(i, "value"))
                .collect(),
            begins: self.expression(value, INITIAL, &link),
            computed,
            link,
        };
        self.bounds(&mut item, value);
        if kind.chooses() {
            item.options = self.options(value, &item.link);
        }
        item
    }

    fn bounds(&mut self, item: &mut Item, value: &Value) {
        if item.text.trim().is_empty() && item.kind != Kind::Group {
            self.fault(&item.link, "It has no text");
        }
        if let (Some(least), Some(most)) = (&item.least, &item.most)
            && least.compare(most) == Some(std::cmp::Ordering::Greater)
        {
            self.fault(&item.link, "The least answer is more than the greatest");
        }
        let url = [CORE, "regex"].concat();
        let pattern = extension(value, &url).and_then(|e| e.str_at("valueString"));
        if let Some(pattern) = pattern {
            match RegexBuilder::new(pattern).size_limit(PATTERN).build() {
                Ok(pattern) => item.pattern = Some(pattern),
                Err(_) => self.fault(&item.link, "The pattern is not a regular expression"),
            }
        }
    }

    fn expression(&mut self, value: &Value, url: &str, link: &str) -> Option<Expression> {
        let said = extension(value, url)?.get("valueExpression")?;
        if said.str_at("language") != Some("text/fhirpath") {
            self.fault(link, "Expressions are written in FHIRPath here");
            return None;
        }
        match Expression::parse(said.str_at("expression").unwrap_or_default()) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.fault(link, format!("The expression cannot be read: {error}"));
                None
            }
        }
    }

    fn options(&mut self, value: &Value, link: &str) -> Vec<Choice> {
        let said: Vec<Value> = match value.str_at("answerValueSet") {
            Some(url) => self.value_set(url),
            None => value.items_at("answerOption").to_vec(),
        };
        let options: Vec<Choice> = said.iter().filter_map(choice).collect();
        if options.is_empty() || options.len() > OPTIONS {
            let count = options.len();
            self.fault(
                link,
                format!("It needs options to choose from, {OPTIONS} at most; there are {count}"),
            );
        }
        let twice = |(at, one): (usize, &Choice)| {
            let before = options.iter().take(at);
            before
                .into_iter()
                .any(|other| other.answer.same(&one.answer))
        };
        if options.iter().enumerate().any(twice) {
            self.fault(link, "An option stands twice");
        }
        options
    }

    /// The codes of a value set that the form holds itself, or that is built in.
    fn value_set(&self, url: &str) -> Vec<Value> {
        let asked = match url.strip_prefix('#') {
            Some(id) => {
                let all = self.questionnaire.items_at("contained").iter();
                let own = all.into_iter().find(|c| c.id() == Some(id));
                own.map(|set| ("valueSet", "resource", set.clone()))
            }
            None => Some(("url", "valueUri", Value::from(url))),
        };
        let Some((name, member, value)) = asked else {
            return Vec::new();
        };
        let mut parameter = Object::new();
        parameter.set("name", name);
        parameter.set(member, value);
        let asked = Value::from([
            ("resourceType", Value::from("Parameters")),
            ("parameter", Value::from(vec![Value::from(parameter)])),
        ]);
        let found = terminology::expand(&Source::default(), &asked).ok();
        let expansion = found.as_ref().and_then(|set| set.get("expansion"));
        let contains = expansion.map(|e| e.items_at("contains"));
        let coding = |one: &Value| {
            let mut coding = Object::new();
            for name in ["system", "code", "display"] {
                if let Some(text) = one.str_at(name) {
                    coding.set(name, text);
                }
            }
            Value::from([("valueCoding", Value::from(coding))])
        };
        contains.unwrap_or_default().iter().map(coding).collect()
    }

    fn check_links(&mut self) {
        let mut seen: Vec<String> = Vec::with_capacity(self.items.len());
        for at in 0..self.items.len() {
            let Some(link) = self.items.get(at).map(|i| i.link.clone()) else {
                continue;
            };
            if link.trim().is_empty() || link.len() > 255 {
                self.fault(&link, "Every item needs a link id");
            } else if seen.contains(&link) {
                self.fault(&link, "The link id stands twice");
            }
            seen.push(link);
        }
    }

    fn connect(&mut self) {
        for (number, said) in std::mem::take(&mut self.waiting) {
            let link = self.items.get(number).map_or("", |i| &i.link).to_owned();
            match self.condition(number, said) {
                Ok(condition) => {
                    if let Some(item) = self.items.get_mut(number) {
                        item.conditions.push(condition);
                    }
                }
                Err(what) => self.fault(&link, what),
            }
        }
    }

    fn condition(&self, number: usize, said: &Value) -> Result<Condition, String> {
        let link = said.str_at("question").unwrap_or_default();
        let mut all = self.items.iter().enumerate();
        let (question, item) = all
            .find(|(_, item)| item.link == link)
            .ok_or_else(|| format!("A condition looks at '{link}', which is not in the form"))?;
        if question == number {
            return Err("A condition looks at the item itself".to_owned());
        }
        if !item.kind.asks() {
            return Err(format!("A condition looks at '{link}', which asks nothing"));
        }
        let operator = said.str_at("operator").and_then(Operator::parse);
        let operator = operator.ok_or("A condition compares in a way that FHIR does not have")?;
        let with = Answer::of(said, "answer").ok_or("A condition does not say with what")?;
        let truth = with.member == "valueBoolean";
        let of_kind = with.member.strip_prefix("value") == Some(item.kind.ending());
        let fits = match operator {
            Operator::Exists => truth,
            Operator::Equal | Operator::Unequal => {
                of_kind || (item.kind.chooses() && with.member == "valueString")
            }
            Operator::More | Operator::Less | Operator::AtLeast | Operator::AtMost => {
                item.kind.has_order() && of_kind
            }
        };
        if !fits {
            return Err(format!(
                "A condition compares '{link}' with what it cannot be"
            ));
        }
        Ok(Condition {
            question,
            operator,
            with,
        })
    }
}

/// The text of an item that is only the help of the item it is in.
fn help_text(value: &Value) -> Option<&str> {
    let url = [CORE, "questionnaire-itemControl"].concat();
    let control = extension(value, &url)?.get("valueCodeableConcept")?;
    let help = control.items_at("coding").iter();
    let help = help.into_iter().any(|c| c.str_at("code") == Some("help"));
    (help && value.str_at("type") == Some("display")).then(|| value.str_at("text"))?
}

fn choice(option: &Value) -> Option<Choice> {
    let answer = Answer::of(option, "value")?;
    let own = extension(option, ORDINAL);
    let points = own.or_else(|| extension(&answer.value, ORDINAL));
    let points = points.and_then(|e| e.get("valueDecimal")?.as_number());
    Some(Choice {
        points: points.map(Number::as_str).map(str::to_owned),
        answer,
    })
}
