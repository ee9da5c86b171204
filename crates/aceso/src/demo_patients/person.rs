//! Who the demonstration's patients are. Names are common ones put together by chance; nobody is meant.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::chance::Chance;

/// A patient.
pub(super) struct Person {
    pub(super) number: u32,
    pub(super) born: Date,
    pub(super) female: bool,
    given: &'static str,
    family: &'static str,
    /// Whose patient: a Practitioner's id.
    physician: String,
    /// How heavy and how tall for their age: 1 is the middle.
    pub(super) build: (f64, f64),
}

const WOMEN: [&str; 32] = [
    "Maria", "Olivia", "Aisha", "Grace", "Mei", "Sofia", "Hannah", "Fatima", "Ruth", "Elena",
    "Priya", "Nadia", "Claire", "Imani", "Linda", "Yuki", "Rosa", "Amelia", "Leila", "Joan",
    "Keisha", "Ingrid", "Paula", "Noor", "Emily", "Carmen", "Thandi", "Vera", "Lucia", "Beth",
    "Anika", "Dolores",
];
const MEN: [&str; 32] = [
    "James", "Mateo", "Omar", "Daniel", "Wei", "Luis", "Samuel", "Ibrahim", "Peter", "Nikolai",
    "Arjun", "Tariq", "Louis", "Kwame", "Robert", "Kenji", "Diego", "Noah", "Karim", "Walter",
    "Marcus", "Erik", "Pablo", "Hassan", "Ethan", "Rafael", "Sipho", "Viktor", "Marco", "George",
    "Ravi", "Hector",
];
const FAMILIES: [&str; 48] = [
    "Garcia",
    "Johnson",
    "Nguyen",
    "Okafor",
    "Kowalski",
    "Patel",
    "Smith",
    "Haddad",
    "Kim",
    "Rossi",
    "Brown",
    "Silva",
    "Müller",
    "Tanaka",
    "Williams",
    "Hernandez",
    "Cohen",
    "Andersson",
    "Mensah",
    "Davis",
    "Ivanova",
    "Lopez",
    "Chen",
    "O'Brien",
    "Dubois",
    "Abebe",
    "Martin",
    "Rahman",
    "Novak",
    "Clark",
    "Fernandes",
    "Yilmaz",
    "Walker",
    "Santos",
    "Park",
    "Lewis",
    "Popescu",
    "Young",
    "Diaz",
    "Jansen",
    "Hill",
    "Baker",
    "Moreau",
    "Reyes",
    "Ortiz",
    "Wood",
    "Sato",
    "Bennett",
];
const STREETS: [&str; 8] = [
    "Alder Street",
    "Mill Road",
    "River Lane",
    "Chapel Street",
    "Orchard Avenue",
    "Station Road",
    "Hillside Drive",
    "Canal Street",
];
const TOWNS: [(&str, &str); 4] = [
    ("Riverside", "01901"),
    ("Millbrook", "01902"),
    ("Easton", "01903"),
    ("Harbor Point", "01904"),
];
/// Code and name in BCP 47; English most of all.
const LANGUAGES: [(&str, &str); 8] = [
    ("en", "English"),
    ("en", "English"),
    ("en", "English"),
    ("en", "English"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("ar", "Arabic"),
];
/// OMB categories of race, as US Core writes them.
const RACES: [(&str, &str); 5] = [
    ("2106-3", "White"),
    ("2106-3", "White"),
    ("2054-5", "Black or African American"),
    ("2028-9", "Asian"),
    ("2131-1", "Other Race"),
];

impl Person {
    /// The patient of a number, seen from a day.
    pub(super) fn of(number: u32, today: Date, physicians: &[String], chance: &mut Chance) -> Self {
        let years = match chance.below(100) {
            0..18 => chance.below(18),
            18..70 => 18 + chance.below(47),
            _ => 65 + chance.below(29),
        };
        let days = i64::from(years) * 365 + i64::from(chance.below(365));
        let born = today.saturating_sub(jiff::Span::new().days(days));
        let female = chance.percent(53);
        let names = if female { &WOMEN } else { &MEN };
        // The first ones have something that their physician should find.
        let physician = match chance.percent(55) || number < 20 {
            true => physicians.first(),
            false => physicians.get(1).or(physicians.first()),
        };
        Self {
            number,
            born,
            female,
            given: chance.pick(names, "Ann"),
            family: chance.pick(&FAMILIES, "Example"),
            physician: physician.cloned().unwrap_or_default(),
            build: (
                chance.around(1.06, 0.45).max(0.72),
                chance.around(1.0, 0.09),
            ),
        }
    }

    /// Called as somebody else nearly is.
    pub(super) fn called(mut self, given: &'static str, family: &'static str, born: Date) -> Self {
        (self.given, self.family, self.born) = (given, family, born);
        self
    }

    /// Its id in the record.
    pub(super) fn id(&self) -> String {
        format!("demo-{:03}", self.number)
    }

    /// Its physician.
    pub(super) fn physician(&self) -> Value {
        json!({"reference": format!("Practitioner/{}", self.physician)})
    }

    /// Years on a day.
    pub(super) fn years(&self, on: Date) -> u32 {
        let span = self.born.until((jiff::Unit::Year, on));
        let years = span.map_or(0, |span| span.get_years());
        u32::try_from(years).unwrap_or(0)
    }

    /// As a Patient by US Core.
    pub(super) fn document(&self, chance: &mut Chance) -> Value {
        let (language, spoken) = chance.pick(&LANGUAGES, ("en", "English"));
        let (race, race_name) = chance.pick(&RACES, ("2131-1", "Other Race"));
        let (town, post) = chance.pick(&TOWNS, ("Riverside", "01901"));
        let street = chance.pick(&STREETS, "Mill Road");
        let house = 1 + chance.below(240);
        // 555-0100 to 555-0199 are for fiction.
        let phone = format!("(617) 555-01{:02}", chance.below(100));
        let married = chance.percent(45);
        json!({
            "resourceType": "Patient",
            "id": self.id(),
            "active": true,
            "extension": [{
                "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
                "extension": [
                    {"url": "ombCategory", "valueCoding": {
                        "system": "urn:oid:2.16.840.1.113883.6.238", "code": race, "display": race_name
                    }},
                    {"url": "text", "valueString": race_name}
                ]
            }],
            "identifier": [{
                "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
                "system": "urn:aceso:mrn",
                "value": format!("D{:05}", 10_000 + self.number)
            }],
            "name": [{"use": "official", "family": self.family, "given": [self.given]}],
            "gender": if self.female { "female" } else { "male" },
            "birthDate": self.born.to_string(),
            "telecom": [{"system": "phone", "use": "mobile", "value": phone}],
            "address": [{
                "use": "home", "line": [format!("{house} {street}")], "city": town, "state": "MA",
                "postalCode": post, "country": "US"
            }],
            "maritalStatus": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
                "code": if married { "M" } else { "S" }
            }]},
            "communication": [{"language": {
                "coding": [{"system": "urn:ietf:bcp:47", "code": language, "display": spoken}], "text": spoken
            }, "preferred": true}],
            "generalPractitioner": [self.physician()],
        })
    }
}
