//! Somebody who belongs to a patient (RelatedPerson): a parent, a spouse, whoever holds a power of attorney.

use aceso_fhir::{Object, Value};
use aceso_web::page::{Entry, Errors, Field, Select};
use aceso_web::site::{Ask, Fields, PageFault, Take};
use maud::{Markup, html};

use super::{PAGE, choices};
use crate::Staff;
use crate::chart::person::name;
use crate::chart::write::{coded, coding, one};
use crate::chart::{code, concept};
use crate::patient::particulars::is_phone;
use crate::patient::sheet::{Record, Writing};
use crate::words::read_day;

/// The form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Related {
    given: String,
    family: String,
    kinship: String,
    phone: String,
    email: String,
    until: String,
    state: String,
}

const NAMES: [&str; 7] = [
    "given", "family", "kinship", "phone", "email", "until", "state",
];
/// HL7 v3 RoleCode, as far as people choose it.
const KINSHIP: [(&str, &str); 14] = [
    ("MTH", "Mother"),
    ("FTH", "Father"),
    ("SPS", "Spouse"),
    ("DOMPART", "Partner"),
    ("CHILD", "Child"),
    ("SIB", "Brother or sister"),
    ("GRPRN", "Grandparent"),
    ("FAMMEMB", "Other family"),
    ("GUARD", "Guardian"),
    ("POWATT", "Holds a power of attorney"),
    ("HPOWATT", "Decides on health care for the patient"),
    ("FRND", "Friend"),
    ("NBOR", "Neighbour"),
    ("ECON", "To be called in an emergency"),
];
const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
const STATES: [(&str, &str); 2] = [("active", "Counts now"), ("ended", "No longer")];

impl Record for Related {
    type Options = ();
    const KIND: &'static str = "RelatedPerson";
    const PLACE: &'static str = "related";
    const PAGE: &'static str = PAGE;
    const TITLES: (&'static str, &'static str) =
        ("Add somebody close", "Somebody close to the patient");
    const FIRST: &'static str = "family";

    fn takes() -> Vec<Take> {
        NAMES.map(Take::One).into()
    }

    async fn options(_: &Staff, _: &Ask, _: Option<&Value>) -> Result<(), PageFault> {
        Ok(())
    }

    fn typed(fields: &Fields) -> Self {
        let [given, family, kinship, phone, email, until, state] =
            NAMES.map(|name| fields.trimmed(name).to_owned());
        Self {
            given,
            family,
            kinship,
            phone,
            email,
            until,
            state,
        }
    }

    fn of(document: &Value) -> Self {
        let name = document.items_at("name").first();
        let given = name.map(|n| n.items_at("given")).unwrap_or_default();
        let given: Vec<&str> = given.iter().filter_map(Value::as_str).collect();
        let telecom = |system: &str| {
            let mut all = document.items_at("telecom").iter();
            let found = all.find(|t| t.str_at("system") == Some(system));
            found.and_then(|t| t.str_at("value")).unwrap_or_default()
        };
        let relationship = document.items_at("relationship").first();
        let ended = document.get("active").and_then(Value::as_bool) == Some(false);
        let end = document.get("period").and_then(|p| p.str_at("end"));
        Self {
            given: given.join(" "),
            family: name
                .and_then(|n| n.str_at("family").or_else(|| n.str_at("text")))
                .unwrap_or_default()
                .to_owned(),
            kinship: code(relationship).unwrap_or_default().to_owned(),
            phone: telecom("phone").to_owned(),
            email: telecom("email").to_owned(),
            until: end.unwrap_or_default().to_owned(),
            state: if ended { "ended" } else { "active" }.to_owned(),
        }
    }

    fn check(&self, (): &(), _: &str, errors: &mut Errors) {
        if self.family.is_empty() {
            errors.add("family", "Enter the family name, or the whole name");
        }
        if !KINSHIP.iter().any(|(code, _)| *code == self.kinship) {
            errors.add("kinship", "Choose what they are to the patient");
        }
        if !self.phone.is_empty() && !is_phone(&self.phone) {
            errors.add("phone", "Enter the number in digits, as 555-010-2030");
        }
        if !self.email.is_empty() && !self.email.contains('@') {
            errors.add("email", "Enter the address, as ann@example.org");
        }
        if !self.until.is_empty() && read_day(&self.until).is_none() {
            errors.add("until", "Enter the day as year-month-day");
        }
        if !STATES.iter().any(|(code, _)| *code == self.state) {
            errors.add("state", "Choose one");
        }
        for (name, text) in [
            ("given", &self.given),
            ("family", &self.family),
            ("email", &self.email),
        ] {
            if text.chars().count() > 200 {
                errors.add(name, "At most 200 letters");
            }
        }
    }

    fn write(&self, (): &(), writing: &Writing, person: &mut Object) {
        let before = Self::of(&Value::from(person.clone()));
        person.set("active", self.state == "active");
        person.set("patient", writing.subject.clone());
        if self.kinship != before.kinship {
            let said = KINSHIP.iter().find(|(code, _)| *code == self.kinship);
            let said = said.map(|(_, said)| *said).unwrap_or_default();
            let kinship = coded(coding(SYSTEM, &self.kinship, ""), said);
            person.set("relationship", one(kinship));
        }
        if (&self.given, &self.family) != (&before.given, &before.family) {
            let mut name = Object::new();
            name.set("family", self.family.as_str());
            let given: Vec<Value> = self.given.split_whitespace().map(Value::from).collect();
            if !given.is_empty() {
                name.set("given", given);
            }
            person.set("name", one(Value::from(name)));
        }
        if (&self.phone, &self.email) != (&before.phone, &before.email) {
            let all = [("phone", &self.phone), ("email", &self.email)];
            let all = all.into_iter().filter(|(_, value)| !value.is_empty());
            let all: Vec<Value> = all
                .map(|(system, value)| {
                    Value::from([
                        ("system", Value::from(system)),
                        ("value", Value::from(value.as_str())),
                    ])
                })
                .collect();
            match all.is_empty() {
                true => drop(person.remove("telecom")),
                false => person.set("telecom", all),
            }
        }
        if self.until != before.until {
            match self.until.as_str() {
                "" => drop(person.remove("period")),
                day => person.set("period", Value::from([("end", Value::from(day))])),
            }
        }
    }

    fn fields(&self, (): &(), errors: &Errors) -> Markup {
        html! {
            div.pair {
                (Field::text("given", "Given names").value(&self.given).errors(errors).longest(200).optional().first())
                (Field::text("family", "Family name").value(&self.family).errors(errors).longest(200))
            }
            (Select::new("kinship", "What they are to the patient", choices(&KINSHIP)).chosen(&self.kinship).errors(errors))
            div.pair {
                (Field::text("phone", "Telephone").value(&self.phone).errors(errors).longest(40).optional())
                (Field::text("email", "E-mail").value(&self.email).errors(errors).longest(200).optional())
            }
            div.pair {
                (Select::new("state", "Status", choices(&STATES)).chosen(&self.state).errors(errors))
                (Field::date("until", "Until").value(&self.until).errors(errors).optional())
            }
        }
    }

    fn line(document: &Value) -> Entry {
        let telecom = document.items_at("telecom").iter();
        let numbers: Vec<&str> = telecom.filter_map(|t| t.str_at("value")).collect();
        let kinship = document.items_at("relationship").first();
        let kinship = kinship.and_then(|k| {
            let said = KINSHIP.iter().find(|(c, _)| Some(*c) == code(Some(k)));
            said.map(|(_, said)| crate::words::known(said))
                .or_else(|| concept(Some(k)))
        });
        Entry::new(name(document))
            .more(kinship.unwrap_or_default())
            .end(numbers.join(", "))
    }

    fn sample() -> (Self, ()) {
        let related = Self {
            given: "Ned".into(),
            family: "Example".into(),
            kinship: "SPS".into(),
            state: "active".into(),
            ..Self::default()
        };
        (related, ())
    }
}
