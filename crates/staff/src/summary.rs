//! A patient on one sheet, without a page around it: what to know when nothing else can be looked up. For downtime packs, and
//! for charts that are read to see whether they can be.

use aceso_clinic::Sex;
use aceso_fhir::search::{Options, parse_pairs};
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Purpose};
use aceso_store::{ReadError, Store};
use maud::{Markup, html};

use crate::chart::entry::{Line, Mark, allergy, condition, is_mistake, medication};
use crate::chart::measured::{CODES, Series, series};
use crate::chart::person::Identity;
use crate::chart::result::{Test, tests};
use crate::chart::story::{contact, is_current, warning};
use crate::words::fhir_day;

/// How many tests stand on a sheet.
const TESTS: usize = 20;

/// A sheet.
pub struct Sheet {
    identity: Identity,
    warnings: Vec<String>,
    allergies: Vec<Line>,
    problems: Vec<Line>,
    medications: Vec<Line>,
    vitals: Vec<Series>,
    tests: Vec<Test>,
    contacts: Vec<(&'static str, String)>,
}

/// The lists of a sheet: type and conditions, in the order in which [`Sheet::read`] takes them.
const LISTS: [(&str, &[(&str, &str)]); 7] = [
    ("AllergyIntolerance", &[("_count", "100")]),
    ("Flag", &[("_count", "50")]),
    ("Condition", &[("_sort", "-onset-date"), ("_count", "200")]),
    (
        "MedicationRequest",
        &[
            ("status", "active,on-hold"),
            ("_sort", "-authoredon"),
            ("_include", "MedicationRequest:medication"),
            ("_count", "60"),
        ],
    ),
    (
        "MedicationStatement",
        &[("status", "active,intended,on-hold"), ("_count", "40")],
    ),
    (
        "Observation",
        &[("code", CODES), ("_sort", "-date"), ("_count", "120")],
    ),
    (
        "Observation",
        &[
            ("category", "laboratory"),
            ("_sort", "-date"),
            ("_count", "120"),
        ],
    ),
];

impl Sheet {
    /// A patient's, as far as the caller may see it.
    pub async fn of(store: &Store, caller: &Caller, patient: &str) -> Result<Self, ReadError> {
        let reading = store.read(caller, Purpose::Operations);
        let who = document(&reading.fetch("Patient", patient).await?.body)?;
        let options = Options {
            now: store.now().millis(),
            ..Options::default()
        };
        let about = ["Patient/", patient].concat();
        let mut queries = Vec::with_capacity(LISTS.len());
        for (kind, conditions) in LISTS {
            let pairs =
                std::iter::once(("patient", about.as_str())).chain(conditions.iter().copied());
            let pairs: Vec<(String, String)> =
                pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let query = parse_pairs(Some(kind), &pairs, &options);
            queries.push(query.map_err(|e| ReadError::BadQuery(format!("{kind}: {e}")))?);
        }
        let mut lists = Vec::with_capacity(LISTS.len());
        for page in reading.search_many(queries).await? {
            let page = page.map(|p| (p.matches, p.included)).unwrap_or_default();
            let read = |all: Vec<aceso_store::Stored>| -> Result<Vec<Value>, ReadError> {
                all.iter().map(|one| document(&one.body)).collect()
            };
            lists.push((read(page.0)?, read(page.1)?));
        }
        Ok(Self::read(store, patient, &who, lists))
    }

    fn read(
        store: &Store,
        patient: &str,
        who: &Value,
        lists: Vec<(Vec<Value>, Vec<Value>)>,
    ) -> Self {
        let mut lists = lists.into_iter();
        let mut next = || lists.next().unwrap_or_default();
        let stands = |all: Vec<Value>| all.into_iter().filter(|d| !is_mistake(d));
        let allergies = stands(next().0).map(|d| allergy(&d)).collect();
        let warnings = next().0.iter().filter_map(warning).collect();
        let problems = stands(next().0)
            .filter(is_current)
            .map(|d| condition(&d))
            .collect();
        let (ordered, along) = next();
        let mut medications: Vec<Line> = ordered.iter().map(|d| medication(d, &along)).collect();
        medications.extend(stands(next().0).map(|d| medication(&d, &[])));
        let birth = who.str_at("birthDate");
        let vitals = series(&next().0, birth);
        let mut tests = tests(&next().0, birth, Sex::of_gender(who.str_at("gender")));
        tests.truncate(TESTS);
        Self {
            identity: Identity::of(patient, who, store.now()),
            warnings,
            allergies,
            problems,
            medications,
            vitals,
            tests,
            contacts: contact(who),
        }
    }

    /// The patient's name.
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// As HTML, with a line about why the patient is on it.
    pub fn to_html(&self, why: &str) -> Markup {
        let who = &self.identity;
        let facts: Vec<&str> = [&who.born, &who.age, &who.gender]
            .into_iter()
            .filter_map(|fact| fact.as_deref())
            .collect();
        html! {
            section data-name=(who.name.to_lowercase()) {
                h2 { (who.name) }
                p {
                    (facts.join(" · "))
                    @for (what, number) in &who.numbers { " · " (what) " " (number) }
                    @if let Some(died) = &who.deceased { " · " strong { "deceased: " (died) } }
                }
                @if !why.is_empty() { p.why { (why) } }
                @for warning in &self.warnings { p.warning { strong { "Warning: " } (warning) } }
                (lines("Allergies", "None are recorded, nor that there are none.", &self.allergies))
                (lines("Problems", "No active problem is recorded.", &self.problems))
                (lines("Medications", "No current medication is recorded.", &self.medications))
                (self.measured())
                (self.tested())
                @if !self.contacts.is_empty() {
                    h3 { "Contact" }
                    ul { @for (what, value) in &self.contacts { li { (what) ": " (value) } } }
                }
            }
        }
    }

    fn measured(&self) -> Markup {
        let newest = self
            .vitals
            .iter()
            .filter_map(|s| Some((s.vital, s.points.first()?)));
        html! {
            @if !self.vitals.is_empty() {
                h3 { "Vital signs" }
                ul {
                    @for (vital, point) in newest {
                        li { (maud::words(vital.name())) ": " strong { (vital.say(point.value)) } " " bdi { (vital.unit_said()) } span.when { (fhir_day(&point.at)) } }
                    }
                }
            }
        }
    }

    fn tested(&self) -> Markup {
        let newest = self
            .tests
            .iter()
            .filter_map(|t| Some((t, t.answers.first()?)));
        html! {
            @if !self.tests.is_empty() {
                h3 { "Results" }
                ul {
                    @for (test, answer) in newest {
                        li {
                            (test.name) ": " strong { (answer.text) } " " bdi { (test.unit) }
                            @if answer.level.is_some_and(|level| level.is_abnormal()) { span.warning { " outside its range" } }
                            span.when { (fhir_day(&answer.at)) }
                        }
                    }
                }
            }
        }
    }
}

fn lines(title: &'static str, none: &'static str, all: &[Line]) -> Markup {
    html! {
        h3 { (maud::words(title)) }
        @if all.is_empty() { p.none { (maud::words(none)) } } @else {
            ul {
                @for line in all {
                    li {
                        strong { (line.what) }
                        @if line.mark == Mark::HighRisk { span.warning { " high risk" } }
                        @if !line.more.is_empty() { " – " (line.more) }
                        @if !line.when.is_empty() { span.when { (line.when) } }
                    }
                }
            }
        }
    }
}

fn document(body: &[u8]) -> Result<Value, ReadError> {
    json::read(body)
        .map_err(|error| ReadError::BadQuery(format!("a stored document cannot be read: {error}")))
}
