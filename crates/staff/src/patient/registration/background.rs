//! What else is known of a patient (US Core): race, ethnicity, sex at birth, gender identity, pronouns, whether an interpreter
//! is needed, and whether they have died. Whoever is asked may leave each unanswered.

use aceso_fhir::{Object, Value};
use aceso_web::page::{Choice, Choices, Errors, Field, Select};
use aceso_web::site::{Fields, Take};
use maud::{Markup, html};

use super::choices;
use crate::chart::code;
use crate::chart::write::{SNOMED, coded, coding, one};
use crate::words::is_fhir_day;

/// The fields of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Background {
    race: Vec<String>,
    ethnicity: String,
    birth_sex: String,
    identity: String,
    pronouns: String,
    interpreter: String,
    alive: String,
    died: String,
}

const NAMES: [&str; 7] = [
    "ethnicity",
    "birth-sex",
    "identity",
    "pronouns",
    "interpreter",
    "alive",
    "died",
];
/// CDC race and ethnicity, the categories of the OMB.
const CDC: &str = "urn:oid:2.16.840.1.113883.6.238";
const RACES: [(&str, &str); 5] = [
    ("1002-5", "American Indian or Alaska Native"),
    ("2028-9", "Asian"),
    ("2054-5", "Black or African American"),
    ("2076-8", "Native Hawaiian or Other Pacific Islander"),
    ("2106-3", "White"),
];
const ETHNICITIES: [(&str, &str); 3] = [
    ("", "Not recorded"),
    ("2135-2", "Hispanic or Latino"),
    ("2186-5", "Not Hispanic or Latino"),
];
/// US Core birth sex.
const BIRTH_SEXES: [(&str, &str); 6] = [
    ("", "Not recorded"),
    ("F", "Female"),
    ("M", "Male"),
    ("OTH", "Other"),
    ("UNK", "Unknown"),
    ("ASKU", "Asked, not said"),
];
/// SNOMED CT.
const IDENTITIES: [(&str, &str); 6] = [
    ("", "Not recorded"),
    ("446141000124107", "Female"),
    ("446151000124109", "Male"),
    ("33791000087105", "Non-binary"),
    ("407376001", "Trans woman"),
    ("407377005", "Trans man"),
];
/// LOINC answers of personal pronouns.
const PRONOUNS: [(&str, &str); 4] = [
    ("", "Not recorded"),
    ("LA29519-8", "she/her"),
    ("LA29518-0", "he/him"),
    ("LA29520-6", "they/them"),
];
/// SNOMED CT: yes, no.
const INTERPRETER: [(&str, &str); 3] = [
    ("", "Not recorded"),
    ("373066001", "Needed"),
    ("373067005", "Not needed"),
];
const ALIVE: [(&str, &str); 2] = [("", "Alive"), ("dead", "Has died")];

const CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-";
const PRONOUN: &str = "http://hl7.org/fhir/StructureDefinition/individual-pronouns";
const LOINC: &str = "http://loinc.org";

impl Background {
    /// The fields that the form has.
    pub(crate) fn takes() -> impl Iterator<Item = Take> {
        let plain = NAMES.into_iter().map(Take::One);
        plain.chain([Take::Many("race")])
    }

    /// From a form that was sent.
    pub(crate) fn typed(fields: &Fields) -> Self {
        let [
            ethnicity,
            birth_sex,
            identity,
            pronouns,
            interpreter,
            alive,
            died,
        ] = NAMES.map(|name| fields.trimmed(name).to_owned());
        Self {
            race: fields.many("race").map(str::to_owned).collect(),
            ethnicity,
            birth_sex,
            identity,
            pronouns,
            interpreter,
            alive,
            died,
        }
    }

    /// From a Patient.
    pub(crate) fn of(patient: &Value) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let core = |name: &str| extension(patient, &[CORE, name].concat());
        let omb = |name: &str| -> Vec<String> {
            let Some(all) = core(name) else {
                return Vec::new();
            };
            let parts = all.items_at("extension").iter();
            let parts = parts.filter(|e| e.str_at("url") == Some("ombCategory"));
            let codes = parts.filter_map(|e| e.get("valueCoding")?.str_at("code"));
            codes.map(str::to_owned).collect()
        };
        let pronouns = extension(patient, PRONOUN);
        let pronouns = pronouns.and_then(|all| {
            let mut parts = all.items_at("extension").iter();
            parts.find(|e| e.str_at("url") == Some("value"))
        });
        let dead = patient.get("deceasedBoolean").and_then(Value::as_bool) == Some(true);
        let died = patient.str_at("deceasedDateTime");
        Self {
            race: omb("race"),
            ethnicity: omb("ethnicity").into_iter().next().unwrap_or_default(),
            birth_sex: text(chosen(core("birthsex"))),
            identity: text(chosen(core("genderIdentity"))),
            pronouns: text(chosen(pronouns)),
            interpreter: text(chosen(core("interpreter-needed"))),
            alive: if dead || died.is_some() { "dead" } else { "" }.to_owned(),
            died: text(died.map(|d| d.get(..10).unwrap_or(d))),
        }
    }

    /// Notes what is wrong.
    pub(crate) fn check(&self, today: &str, errors: &mut Errors) {
        let listed = |all: &[(&str, &str)], one: &str| all.iter().any(|(code, _)| *code == one);
        if !self.race.iter().all(|one| listed(&RACES, one)) {
            errors.add("race", "Choose among those that are listed");
        }
        for (name, value, known) in [
            ("interpreter", &self.interpreter, &INTERPRETER[..]),
            ("alive", &self.alive, &ALIVE[..]),
        ] {
            if !listed(known, value) {
                errors.add(name, "Choose one");
            }
        }
        if self.alive.is_empty() && !self.died.is_empty() {
            errors.add("alive", "Say that they have died, or leave the day empty");
        }
        let day = is_fhir_day(&self.died) && self.died.as_str() <= today;
        if !self.died.is_empty() && !day {
            errors.add("died", "Enter a day, month or year that is past: 2026-02");
        }
    }

    /// Writes what differs from `before` into a Patient; all else stays as it is.
    pub(crate) fn write(&self, before: &Self, patient: &mut Object) {
        if self.race != before.race {
            let parts = omb(&self.race, &RACES);
            set(patient, &[CORE, "race"].concat(), parts);
        }
        if self.ethnicity != before.ethnicity {
            let one: Vec<String> = Some(self.ethnicity.clone())
                .filter(|c| !c.is_empty())
                .into_iter()
                .collect();
            set(
                patient,
                &[CORE, "ethnicity"].concat(),
                omb(&one, &ETHNICITIES),
            );
        }
        if self.birth_sex != before.birth_sex {
            let code = (!self.birth_sex.is_empty()).then(|| Value::from(self.birth_sex.as_str()));
            let value = code.map(|code| ("valueCode", code));
            set(patient, &[CORE, "birthsex"].concat(), value);
        }
        if self.identity != before.identity {
            let concept = answer(SNOMED, &self.identity, &IDENTITIES);
            let value = concept.map(|c| ("valueCodeableConcept", c));
            set(patient, &[CORE, "genderIdentity"].concat(), value);
        }
        if self.pronouns != before.pronouns {
            let parts = answer(LOINC, &self.pronouns, &PRONOUNS).map(|concept| {
                let part = Value::from([
                    ("url", Value::from("value")),
                    ("valueCodeableConcept", concept),
                ]);
                ("extension", one(part))
            });
            set(patient, PRONOUN, parts);
        }
        if self.interpreter != before.interpreter {
            let said = INTERPRETER.iter().find(|(c, _)| *c == self.interpreter);
            let coding = said
                .filter(|(code, _)| !code.is_empty())
                .map(|(code, said)| ("valueCoding", coding(SNOMED, code, said)));
            set(patient, &[CORE, "interpreter-needed"].concat(), coding);
        }
        if (&self.alive, &self.died) != (&before.alive, &before.died) {
            patient.remove("deceasedBoolean");
            patient.remove("deceasedDateTime");
            match (self.alive.as_str(), self.died.as_str()) {
                ("", _) => {}
                (_, "") => patient.set("deceasedBoolean", true),
                (_, day) => patient.set("deceasedDateTime", day),
            }
        }
    }

    /// What is known, for a list of facts.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        let said = |all: &[(&str, &str)], code: &str| {
            let found = all.iter().find(|(c, _)| *c == code && !c.is_empty());
            found
                .map(|(_, said)| crate::words::known(said))
                .unwrap_or_default()
        };
        let races: Vec<String> = self.race.iter().map(|code| said(&RACES, code)).collect();
        vec![
            ("Race", races.join(", ")),
            ("Ethnicity", said(&ETHNICITIES, &self.ethnicity)),
            ("Sex at birth", said(&BIRTH_SEXES, &self.birth_sex)),
            ("Gender identity", said(&IDENTITIES, &self.identity)),
            ("Pronouns", said(&PRONOUNS, &self.pronouns)),
            ("Interpreter", said(&INTERPRETER, &self.interpreter)),
        ]
    }

    /// What differs from another state: name, there, here.
    pub(crate) fn differences(&self, there: &Self) -> Vec<(&'static str, String, String)> {
        let died = |b: &Self| {
            (
                "Died",
                [b.alive.as_str(), &b.died].join(" ").trim().to_owned(),
            )
        };
        let all = |b: &Self| {
            let mut facts = b.facts();
            facts.push(died(b));
            facts
        };
        let pairs = all(there).into_iter().zip(all(self));
        pairs
            .filter(|((_, there), (_, here))| there != here)
            .map(|((name, there), (_, here))| (name, there, here))
            .collect()
    }

    /// The form's fields.
    pub(crate) fn fields(&self, errors: &Errors) -> Markup {
        let races = RACES.iter().map(|(c, said)| Choice::new(*c, *said));
        // What another system recorded stays to be chosen.
        let select = |name: &'static str,
                      label: &'static str,
                      all: &[(&'static str, &'static str)],
                      value: &str| {
            let mut choices = choices(all);
            if !all.iter().any(|(code, _)| *code == value) {
                choices.push(Choice::new(
                    value,
                    crate::words::say("as recorded: {0}", &[&value]),
                ));
            }
            Select::new(name, label, choices)
                .chosen(value)
                .errors(errors)
        };
        html! {
            fieldset.group {
                legend { "About the person" }
                div.pair {
                    (select("birth-sex", "Sex at birth", &BIRTH_SEXES, &self.birth_sex))
                    (select("identity", "Gender identity", &IDENTITIES, &self.identity))
                    (select("pronouns", "Pronouns", &PRONOUNS, &self.pronouns))
                }
                (Choices::many("race", "Race", races.collect()).chosen(self.race.clone()).errors(errors))
                div.pair {
                    (select("ethnicity", "Ethnicity", &ETHNICITIES, &self.ethnicity))
                    (select("interpreter", "Interpreter", &INTERPRETER, &self.interpreter))
                }
                div.pair {
                    (select("alive", "Alive", &ALIVE, &self.alive))
                    (Field::text("died", "Day of death").value(&self.died).errors(errors).short().longest(10).optional().hint("A day, month or year"))
                }
            }
        }
    }
}

/// The code of an extension's answer, whichever way it is given.
fn chosen(extension: Option<&Value>) -> Option<&str> {
    let extension = extension?;
    let concept = code(extension.get("valueCodeableConcept"));
    let coding = extension.get("valueCoding").and_then(|c| c.str_at("code"));
    concept.or(coding).or_else(|| extension.str_at("valueCode"))
}

fn extension<'a>(patient: &'a Value, url: &str) -> Option<&'a Value> {
    let mut all = patient.items_at("extension").iter();
    all.find(|e| e.str_at("url") == Some(url))
}

/// A coded answer out of a list.
fn answer(system: &str, code: &str, all: &[(&str, &str)]) -> Option<Value> {
    let (code, said) = all.iter().find(|(c, _)| *c == code && !c.is_empty())?;
    Some(coded(coding(system, code, ""), said))
}

/// Categories of the OMB with their text, as US Core nests them.
fn omb(codes: &[String], all: &[(&str, &str)]) -> Option<(&'static str, Value)> {
    let found: Vec<&(&str, &str)> = codes
        .iter()
        .filter_map(|code| all.iter().find(|(c, _)| c == code))
        .collect();
    let mut parts: Vec<Value> = found
        .iter()
        .map(|(code, said)| {
            Value::from([
                ("url", Value::from("ombCategory")),
                ("valueCoding", coding(CDC, code, said)),
            ])
        })
        .collect();
    let said: Vec<&str> = found.iter().map(|(_, said)| *said).collect();
    if parts.is_empty() {
        return None;
    }
    parts.push(Value::from([
        ("url", Value::from("text")),
        ("valueString", Value::from(said.join(", "))),
    ]));
    Some(("extension", Value::from(parts)))
}

/// Sets one extension of a patient, or takes it away.
fn set(patient: &mut Object, url: &str, value: Option<(&'static str, Value)>) {
    let all = patient.get("extension").and_then(Value::as_array);
    let others = all.unwrap_or_default().iter();
    let mut all: Vec<Value> = others
        .filter(|e| e.str_at("url") != Some(url))
        .cloned()
        .collect();
    all.extend(value.map(|(name, value)| Value::from([("url", Value::from(url)), (name, value)])));
    match all.is_empty() {
        true => drop(patient.remove("extension")),
        false => patient.set("extension", all),
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_is_read_and_what_others_wrote_stays() {
        let text =
            r#"{"resourceType":"Patient","extension":[{"url":"urn:other","valueString":"stays"}]}"#;
        let patient = json::read(text.as_bytes()).unwrap();
        let full = Background {
            race: vec!["2106-3".into(), "2028-9".into()],
            ethnicity: "2186-5".into(),
            birth_sex: "F".into(),
            identity: "446141000124107".into(),
            pronouns: "LA29519-8".into(),
            interpreter: "373066001".into(),
            alive: "dead".into(),
            died: "2026-02".into(),
        };
        let mut object = patient.as_object().unwrap().clone();
        full.write(&Background::of(&patient), &mut object);
        let written = Value::from(object.clone());
        assert_eq!(Background::of(&written), full);
        let issues =
            aceso_fhir::validate::resource(&written, &aceso_fhir::validate::Options::WRITE);
        assert!(issues.is_empty(), "{issues:?}");
        Background::default().write(&full, &mut object);
        assert_eq!(json::to_string(&Value::from(object)), text);
    }
}
