//! An insurance (Coverage): who pays, under which numbers, from when to when, and in which order.

use aceso_fhir::{Number, Object, Value};
use aceso_web::page::{Entry, Errors, Field, Select, Tag};
use aceso_web::site::{Ask, Fields, PageFault, Take};
use maud::{Markup, html};

use super::{PAGE, choices};
use crate::Staff;
use crate::chart::write::{coded, coding, of_hl7, one};
use crate::chart::{code, concept};
use crate::patient::sheet::{Record, Writing};
use crate::words::{fhir_day, read_day};

/// The form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cover {
    payer: String,
    kind: String,
    member: String,
    classes: [String; 4],
    holder: String,
    order: String,
    start: String,
    end: String,
    status: String,
}

const NAMES: [&str; 8] = [
    "payer", "kind", "member", "holder", "order", "start", "end", "status",
];
/// What else stands on a card: the field, HL7's coverage-class, and what people call it.
const CLASSES: [(&str, &str, &str); 4] = [
    ("group", "group", "Group"),
    ("plan", "plan", "Plan"),
    ("rxbin", "rxbin", "Pharmacy BIN"),
    ("rxpcn", "rxpcn", "Pharmacy PCN"),
];
/// HL7 v3 ActCode, and FHIR's own code for whoever pays themselves.
const KINDS: [(&str, &str); 6] = [
    ("", "Not recorded"),
    ("EHCPOL", "Health insurance"),
    ("PUBLICPOL", "Public programme"),
    ("AUTOPOL", "Motor insurance"),
    ("WCBPOL", "Injury at work"),
    ("pay", "Pays themselves"),
];
/// HL7 subscriber-relationship.
const HOLDERS: [(&str, &str); 6] = [
    ("self", "The patient"),
    ("spouse", "Their spouse"),
    ("parent", "Their parent"),
    ("child", "Their child"),
    ("common", "Their partner"),
    ("other", "Somebody else"),
];
const ORDERS: [(&str, &str); 3] = [("1", "First"), ("2", "Second"), ("3", "Third")];
/// FHIR's fm-status, as far as people choose it.
const STATUS: [(&str, &str); 3] = [
    ("active", "In force"),
    ("cancelled", "Ended"),
    ("entered-in-error", "It was a mistake: never so"),
];

impl Record for Cover {
    type Options = ();
    const KIND: &'static str = "Coverage";
    const PLACE: &'static str = "insurance";
    const PAGE: &'static str = PAGE;
    const TITLES: (&'static str, &'static str) = ("Add an insurance", "An insurance");
    const FIRST: &'static str = "payer";

    fn takes() -> Vec<Take> {
        let classes = CLASSES.map(|(name, ..)| name);
        NAMES.into_iter().chain(classes).map(Take::One).collect()
    }

    async fn options(_: &Staff, _: &Ask, _: Option<&Value>) -> Result<(), PageFault> {
        Ok(())
    }

    fn typed(fields: &Fields) -> Self {
        let [payer, kind, member, holder, order, start, end, status] =
            NAMES.map(|name| fields.trimmed(name).to_owned());
        Self {
            payer,
            kind,
            member,
            classes: CLASSES.map(|(name, ..)| fields.trimmed(name).to_owned()),
            holder,
            order,
            start,
            end,
            status,
        }
    }

    fn of(document: &Value) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let period = document.get("period");
        let order = document.get("order").and_then(Value::as_number);
        let payor = document.items_at("payor").first();
        Self {
            payer: text(payor.and_then(|p| p.str_at("display").or_else(|| p.str_at("reference")))),
            kind: text(code(document.get("type"))),
            member: text(document.str_at("subscriberId")),
            classes: CLASSES.map(|(_, class, _)| {
                let mut all = document.items_at("class").iter();
                let found = all.find(|c| code(c.get("type")) == Some(class));
                text(found.and_then(|c| c.str_at("value")))
            }),
            holder: text(code(document.get("relationship"))),
            order: order.map(|n| n.as_str().to_owned()).unwrap_or_default(),
            start: text(period.and_then(|p| p.str_at("start"))),
            end: text(period.and_then(|p| p.str_at("end"))),
            status: text(document.str_at("status")),
        }
    }

    fn check(&self, (): &(), _: &str, errors: &mut Errors) {
        if self.payer.is_empty() {
            errors.add("payer", "Enter who pays, as the card has it");
        }
        let insured = self.kind != "pay";
        if insured && self.member.is_empty() {
            errors.add("member", "Enter the member's number, as the card has it");
        }
        for (name, value, known) in [
            ("kind", &self.kind, &KINDS[..]),
            ("holder", &self.holder, &HOLDERS[..]),
            ("order", &self.order, &ORDERS[..]),
            ("status", &self.status, &STATUS[..]),
        ] {
            if !known.iter().any(|(code, _)| code == value) {
                errors.add(name, "Choose one");
            }
        }
        for (name, day) in [("start", &self.start), ("end", &self.end)] {
            if !day.is_empty() && read_day(day).is_none() {
                errors.add(name, "Enter the day as year-month-day");
            }
        }
        if !self.start.is_empty() && !self.end.is_empty() && self.end < self.start {
            errors.add("end", "It ends before it begins");
        }
        let classes = CLASSES.into_iter().zip(&self.classes);
        let classes = classes.map(|((name, ..), text)| (name, text));
        for (name, text) in [("payer", &self.payer), ("member", &self.member)]
            .into_iter()
            .chain(classes)
        {
            if text.chars().count() > 120 {
                errors.add(name, "At most 120 letters");
            }
        }
    }

    fn write(&self, (): &(), writing: &Writing, cover: &mut Object) {
        let before = Self::of(&Value::from(cover.clone()));
        cover.set("status", self.status.as_str());
        cover.set("beneficiary", writing.subject.clone());
        if self.payer != before.payer {
            let payer = Value::from([("display", Value::from(self.payer.as_str()))]);
            cover.set("payor", one(payer));
        }
        if self.kind != before.kind {
            let said = KINDS.iter().find(|(code, _)| *code == self.kind);
            let said = said.map(|(_, said)| *said).unwrap_or_default();
            let system = match self.kind.as_str() {
                "pay" => "http://terminology.hl7.org/CodeSystem/coverage-selfpay",
                _ => "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            };
            match self.kind.as_str() {
                "" => drop(cover.remove("type")),
                code => cover.set("type", coded(coding(system, code, ""), said)),
            }
        }
        match self.member.as_str() {
            "" => drop(cover.remove("subscriberId")),
            number => cover.set("subscriberId", number),
        }
        if self.holder != before.holder {
            let holder = of_hl7("subscriber-relationship", &self.holder);
            cover.set("relationship", holder);
        }
        cover.set("order", Number::from_json_text(&self.order));
        if self.classes != before.classes {
            self.write_classes(cover);
        }
        let days = [("start", &self.start), ("end", &self.end)];
        let days = days.into_iter().filter(|(_, day)| !day.is_empty());
        let mut period = Object::new();
        for (name, day) in days {
            period.set(name, day.as_str());
        }
        let some = period.iter().next().is_some();
        match some {
            true => cover.set("period", Value::from(period)),
            false => drop(cover.remove("period")),
        }
    }

    fn fields(&self, (): &(), errors: &Errors) -> Markup {
        let plain = |name: &'static str, label: &'static str, value: &str| {
            Field::text(name, label)
                .value(value)
                .errors(errors)
                .longest(120)
        };
        html! {
            div.pair {
                (plain("payer", "Who pays", &self.payer).first())
                (Select::new("kind", "Kind", choices(&KINDS)).chosen(&self.kind).errors(errors))
            }
            div.pair {
                (plain("member", "Member's number", &self.member).optional())
                (Select::new("holder", "In whose name", choices(&HOLDERS)).chosen(&self.holder).errors(errors))
            }
            div.pair {
                @for ((name, _, label), value) in CLASSES.into_iter().zip(&self.classes) {
                    (plain(name, label, value).optional())
                }
            }
            div.pair {
                (Field::date("start", "From").value(&self.start).errors(errors).optional())
                (Field::date("end", "Until").value(&self.end).errors(errors).optional())
            }
            div.pair {
                (Select::new("order", "Asked to pay", choices(&ORDERS)).chosen(&self.order).errors(errors))
                (Select::new("status", "Status", choices(&STATUS)).chosen(&self.status).errors(errors))
            }
        }
    }

    /// All that stands on the card.
    fn line(document: &Value) -> Entry {
        let cover = Self::of(document);
        let order = ORDERS.iter().find(|(code, _)| *code == cover.order);
        let classes = CLASSES.into_iter().zip(&cover.classes);
        let classes = classes.filter(|(_, value)| !value.is_empty());
        let mut more: Vec<String> = Vec::new();
        more.extend(concept(document.get("type")));
        if !cover.member.is_empty() {
            more.push(crate::words::say("no. {0}", &[&cover.member]));
        }
        more.extend(classes.map(|((.., label), value)| {
            crate::words::say("{0} {1}", &[&crate::words::known(label), value])
        }));
        let when = match (cover.start.as_str(), cover.end.as_str()) {
            ("", "") => String::new(),
            (start, "") => crate::words::say("since {0}", &[&fhir_day(start)]),
            ("", end) => crate::words::say("until {0}", &[&fhir_day(end)]),
            (start, end) => crate::words::say("{0} to {1}", &[&fhir_day(start), &fhir_day(end)]),
        };
        let payer = match cover.payer.as_str() {
            "" => crate::words::known("Insurance"),
            payer => payer.to_owned(),
        };
        let entry = Entry::new(payer).more(more.join(" · ")).end(when);
        match (order, cover.status.as_str()) {
            (_, "cancelled") => entry.tag(Tag::plain("ended")),
            (Some((_, said)), _) => entry.tag(Tag::plain(crate::words::known(said).to_lowercase())),
            (None, _) => entry,
        }
    }

    fn sample() -> (Self, ()) {
        let cover = Self {
            payer: "Example Health".into(),
            kind: "EHCPOL".into(),
            member: "M-4711".into(),
            order: "1".into(),
            status: "active".into(),
            ..Self::default()
        };
        (cover, ())
    }
}

impl Cover {
    /// What the form shows of the classes; others stay.
    fn write_classes(&self, cover: &mut Object) {
        let old = cover.get("class").and_then(Value::as_array);
        let shown = |c: &Value| {
            let code = code(c.get("type"));
            CLASSES.iter().any(|(_, class, _)| Some(*class) == code)
        };
        let others = old.unwrap_or_default().iter().filter(|c| !shown(c));
        let mut all: Vec<Value> = others.cloned().collect();
        let typed = CLASSES.into_iter().zip(&self.classes);
        let typed = typed.filter(|(_, value)| !value.is_empty());
        all.extend(typed.map(|((_, class, _), value)| {
            Value::from([
                ("type", of_hl7("coverage-class", class)),
                ("value", Value::from(value.as_str())),
            ])
        }));
        match all.is_empty() {
            true => drop(cover.remove("class")),
            false => cover.set("class", all),
        }
    }
}
