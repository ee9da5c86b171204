//! `/admin/facility`: the clinic as its papers name it: name, address, how to reach it, its number. Kept as an Organization.

use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::{ReadError, WriteError};
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Page, View};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::html;

use crate::Staff;
use crate::chart::write::{one, resource};
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::save::{checked, refused};

/// The page's address.
pub(crate) const HERE: &str = "/admin/facility";
/// The type and id of what is kept.
const KIND: &str = "Organization";
const ID: &str = "aceso-facility";
/// National provider identifiers.
const NPI: &str = "http://hl7.org/fhir/sid/us-npi";

const FIELDS: [&str; 8] = [
    "name", "line", "city", "state", "zip", "phone", "email", "npi",
];

/// The clinic as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facility([String; 8]);

impl Facility {
    fn of(document: &Value) -> Self {
        let address = document.items_at("address").first();
        let part = |name: &str| address.and_then(|a| a.str_at(name));
        let telecom = |system: &str| {
            let mut all = document.items_at("telecom").iter();
            let found = all.find(|t| t.str_at("system") == Some(system));
            found.and_then(|t| t.str_at("value"))
        };
        let mut identifiers = document.items_at("identifier").iter();
        let npi = identifiers.find(|i| i.str_at("system") == Some(NPI));
        let line = address.and_then(|a| a.items_at("line").first());
        let all = [
            document.str_at("name"),
            line.and_then(Value::as_str),
            part("city"),
            part("state"),
            part("postalCode"),
            telecom("phone"),
            telecom("email"),
            npi.and_then(|i| i.str_at("value")),
        ];
        Self(all.map(|text| text.unwrap_or_default().to_owned()))
    }

    fn typed(fields: &Fields) -> Self {
        Self(FIELDS.map(|name| fields.trimmed(name).to_owned()))
    }

    fn get(&self, name: &str) -> &str {
        let mut both = FIELDS.iter().zip(&self.0);
        let found = both.find(|(field, _)| **field == name);
        found.map_or("", |(_, value)| value)
    }

    /// The lines under the clinic's name on a paper.
    pub(crate) fn lines(&self) -> Vec<String> {
        let joined = |names: &[&str], between: &str| {
            let all = names.iter().map(|name| self.get(name));
            let all: Vec<&str> = all.filter(|text| !text.is_empty()).collect();
            all.join(between)
        };
        let place = joined(&["state", "zip"], " ");
        let city = [self.get("city"), &place]
            .into_iter()
            .filter(|t| !t.is_empty());
        let city = city.collect::<Vec<_>>().join(", ");
        let street = [self.get("line"), &city]
            .into_iter()
            .filter(|t| !t.is_empty());
        let street = street.collect::<Vec<_>>().join(", ");
        let reach = joined(&["phone", "email"], " · ");
        let all = [street, reach].into_iter();
        all.filter(|line| !line.is_empty()).collect()
    }

    fn check(&self, errors: &mut Errors) {
        if self.get("name").is_empty() {
            errors.add("name", "Enter the clinic's name");
        }
        for name in FIELDS {
            if self.get(name).chars().count() > 100 {
                errors.add(name, "100 letters at most");
            }
        }
        let email = self.get("email");
        if !email.is_empty() && !email.contains('@') {
            errors.add("email", "An e-mail address has an @");
        }
        let npi = self.get("npi");
        if !npi.is_empty() && !is_npi(npi) {
            errors.add("npi", "Ten digits, the last of which checks the others");
        }
    }

    fn document(&self) -> Object {
        let mut document = resource(KIND);
        document.set("id", ID);
        document.set("active", true);
        document.set("name", self.get("name"));
        let mut address = Object::new();
        if !self.get("line").is_empty() {
            address.set("line", one(Value::from(self.get("line"))));
        }
        for (name, field) in [("city", "city"), ("state", "state"), ("postalCode", "zip")] {
            if !self.get(field).is_empty() {
                address.set(name, self.get(field));
            }
        }
        if address.iter().next().is_some() {
            document.set("address", one(Value::from(address)));
        }
        let ways = ["phone", "email"].into_iter();
        let ways = ways.filter(|system| !self.get(system).is_empty());
        let ways: Vec<Value> = ways
            .map(|system| {
                Value::from([
                    ("system", Value::from(system)),
                    ("value", Value::from(self.get(system))),
                ])
            })
            .collect();
        if !ways.is_empty() {
            document.set("telecom", ways);
        }
        if !self.get("npi").is_empty() {
            let npi = [
                ("system", Value::from(NPI)),
                ("value", Value::from(self.get("npi"))),
            ];
            document.set("identifier", one(Value::from(npi)));
        }
        document
    }
}

/// Whether a National Provider Identifier checks: the Luhn sum over `80840` and its digits (45 CFR 162.406).
fn is_npi(text: &str) -> bool {
    if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let digits = text.bytes().rev().map(|b| u32::from(b - b'0'));
    let sum = digits.enumerate().map(|(at, digit)| match at % 2 {
        0 => digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    });
    (sum.sum::<u32>() + 24) % 10 == 0
}

/// The clinic as it is kept, and the version of the document; 0 where nothing is kept yet.
pub(crate) async fn facility(staff: &Staff, ask: &Ask) -> Result<(Facility, u64), PageFault> {
    let reading = staff.store().read(ask.caller()?, Purpose::Operations);
    match reading.fetch(KIND, ID).await {
        Ok(stored) => Ok((Facility::of(&document(&stored)?), stored.version)),
        Err(ReadError::Unknown | ReadError::Gone { .. }) => {
            let mut facility = Facility::default();
            if let Some(name) = facility.0.first_mut() {
                name.clone_from(&staff.settings().clinic);
            }
            Ok((facility, 0))
        }
        Err(other) => Err(unreadable(other)),
    }
}

/// The form.
pub(crate) struct EditFacility {
    facility: Facility,
    version: u64,
    errors: Errors,
}

/// `GET /admin/facility`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (facility, version) = facility(&staff, &ask).await?;
    let page = EditFacility {
        facility,
        version,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/facility`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut takes: Vec<Take> = FIELDS.map(Take::One).into();
    takes.push(Take::One("version"));
    let fields = ask.fields(&takes)?;
    let (_, version) = facility(&staff, &ask).await?;
    if fields.one("version").parse() != Ok(version) {
        return Err(refused(WriteError::Stale));
    }
    let mut page = EditFacility {
        facility: Facility::typed(&fields),
        version,
        errors: Errors::none(),
    };
    page.facility.check(&mut page.errors);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut tx = staff.store().write(ask.caller()?, Purpose::Operations);
    let known = (version > 0).then_some(version);
    tx.update(ID, checked(page.facility.document())?, known)
        .await
        .map_err(refused)?;
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(HERE))
}

impl View for EditFacility {
    fn page(&self, csrf: &Csrf) -> Page {
        let field = |name: &'static str, label: &'static str| {
            let field = Field::text(name, label).value(self.facility.get(name));
            field.errors(&self.errors).longest(100)
        };
        let fields = html! {
            (self.errors)
            (field("name", "Name"))
            (field("line", "Street").optional())
            div.pair {
                (field("city", "City").optional())
                (field("state", "State").optional())
                (field("zip", "Postal code").optional())
            }
            div.pair {
                (field("phone", "Telephone").optional())
                (field("email", "E-mail").optional())
            }
            (field("npi", "National Provider Identifier").optional())
            div.buttons { (Button::primary("Save")) }
        };
        let form = Form::post(csrf, HERE, fields).keep("version", self.version.to_string());
        Page::new("The clinic", html! { div.card { (form) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("As letters and other papers name it. Hours and holidays are under Calendars.")
    }

    fn samples() -> Vec<Self> {
        let facility = Facility(FIELDS.map(str::to_owned));
        vec![
            Self {
                facility,
                version: 2,
                errors: Errors::one("npi", "Ten digits, the last of which checks the others"),
            },
            Self {
                facility: Facility::default(),
                version: 0,
                errors: Errors::none(),
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clinic_comes_back_as_it_was_typed_and_stands_on_papers() {
        let typed = Facility(
            [
                "Riverside",
                "1 Main St",
                "Springfield",
                "MA",
                "01101",
                "555 1234",
                "a@b.example",
                "1234567893",
            ]
            .map(str::to_owned),
        );
        assert_eq!(Facility::of(&Value::from(typed.document())), typed);
        assert_eq!(
            typed.lines(),
            ["1 Main St, Springfield, MA 01101", "555 1234 · a@b.example"]
        );
        assert_eq!(Facility::default().lines(), Vec::<String>::new());
    }

    #[test]
    fn a_provider_number_checks_itself() {
        for (number, right) in [
            ("1234567893", true),
            ("1234567890", false),
            ("123456789", false),
            ("12345678x3", false),
        ] {
            assert_eq!(is_npi(number), right, "{number}");
        }
    }
}
