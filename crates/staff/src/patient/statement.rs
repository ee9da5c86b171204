//! `/patients/{patient}/medications/new`: what the patient says they take. What stands against it (an allergy of that
//! name, the same drug twice) is told with the reason, and saved when the person says so.

use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Banner, Button, Choice, Choices, Csrf, Errors, Field, Form, Layout, Link, Page, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::record::{Found, Wanted};
use super::save::{Saved, add, begin, commit, form_id, must_add, subject};
use super::top::{Opened, Top, open};
use crate::Staff;
use crate::chart::entry::{is_mistake, medication};
use crate::chart::write::{one, resource, words};
use crate::words::{field_day, is_fhir_day};

/// The form.
pub(crate) struct Statement {
    top: Top,
    form: String,
    drug: String,
    dose: String,
    since: String,
    doubts: Vec<String>,
    errors: Errors,
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Opened, Vec<String>), PageFault> {
    must_add(staff, ask, "MedicationStatement")?;
    let wanted = vec![
        Wanted::new("MedicationRequest")
            .with("status", "active,on-hold")
            .with("_include", "MedicationRequest:medication")
            .most(100),
        Wanted::new("MedicationStatement")
            .with("status", "active,intended")
            .most(100),
    ];
    let mut opened = open(staff, ask, wanted).await?;
    let mut taken = Vec::new();
    for found in [opened.take(), opened.take()].into_iter().flatten() {
        taken.extend(names(&found));
    }
    Ok((opened, taken))
}

fn names(found: &Found) -> Vec<String> {
    let real = found.matches.iter().filter(|d| !is_mistake(d));
    real.map(|d| medication(d, &found.along).what).collect()
}

/// `GET /patients/{patient}/medications/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (opened, _) = opened(&staff, &ask).await?;
    let page = Statement {
        top: opened.top,
        form: staff.store().new_id(),
        drug: String::new(),
        dose: String::new(),
        since: String::new(),
        doubts: Vec::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/medications/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut takes: Vec<Take> = ["form", "drug", "dose", "since"].map(Take::One).into();
    takes.push(Take::Many("right"));
    ask.of_patient()?;
    let fields = ask.fields(&takes)?;
    let (opened, taken) = opened(&staff, &ask).await?;
    let mut page = Statement {
        top: opened.top,
        form: form_id(&staff, fields.one("form")),
        drug: fields.trimmed("drug").to_owned(),
        dose: fields.trimmed("dose").to_owned(),
        since: fields.trimmed("since").to_owned(),
        doubts: Vec::new(),
        errors: Errors::none(),
    };
    page.check(&taken, &opened.today);
    // The confirmation is of this very drug.
    if fields.many("right").any(|said| said == page.drug) {
        page.doubts.clear();
    }
    if !page.errors.is_empty() || !page.doubts.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let document = page.document(&ask, &field_day(staff.store().now()))?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("MedicationStatement", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&path(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("drug", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// Words of four letters and more, small.
fn parts(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|w| w.chars().count() >= 4)
        .map(str::to_lowercase)
        .collect()
}

/// Whether two names share what a drug is called by: a word, or the stem of one (`penicillin`, `penicillins`).
fn shared(one: &str, other: &str) -> Option<String> {
    const COMMON: [&str; 12] = [
        "oral",
        "tablet",
        "tablets",
        "capsule",
        "solution",
        "injection",
        "release",
        "extended",
        "product",
        "allergy",
        "hour",
        "actuat",
    ];
    let stem = |w: &String| w.strip_suffix('s').unwrap_or(w).to_owned();
    let others: Vec<String> = parts(other).iter().map(stem).collect();
    parts(one)
        .iter()
        .map(stem)
        .find(|w| others.contains(w) && !COMMON.contains(&w.as_str()))
}

impl Statement {
    fn check(&mut self, taken: &[String], today: &str) {
        if self.drug.is_empty() || self.drug.len() > 200 {
            self.errors
                .add("drug", "Enter the medication, at most 200 letters");
        }
        if !self.since.is_empty() && (!is_fhir_day(&self.since) || self.since.as_str() > today) {
            self.errors.add(
                "since",
                "Enter a day, month or year that is past: 2019-05-01, 2019-05 or 2019",
            );
        }
        for line in self.top.banner.allergies.lines() {
            if shared(&self.drug, &line.what).is_some() {
                let reaction = if line.more.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", line.more)
                };
                self.doubts
                    .push(format!("Allergy on record: {}{reaction}", line.what));
            }
        }
        for other in taken {
            if let Some(word) = shared(&self.drug, other) {
                self.doubts.push(format!("Taken already: {other} ({word})"));
            }
        }
    }

    fn document(&self, ask: &Ask, today: &str) -> Result<Object, PageFault> {
        let mut document = resource("MedicationStatement");
        document.set("status", "active");
        document.set("medicationCodeableConcept", words(&self.drug));
        document.set("subject", subject(ask)?);
        if !self.since.is_empty() {
            document.set(
                "effectivePeriod",
                Value::from([("start", Value::from(self.since.as_str()))]),
            );
        }
        document.set("dateAsserted", today);
        document.set("informationSource", subject(ask)?);
        if !self.dose.is_empty() {
            document.set(
                "dosage",
                one(Value::from([("text", Value::from(self.dose.as_str()))])),
            );
        }
        Ok(document)
    }
}

impl View for Statement {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let right = vec![
            Choice::new(&self.drug, "Record it all the same")
                .hint("It says what the patient takes, not what they should take."),
        ];
        let fields = html! {
            (self.errors)
            (Field::text("drug", "Medication").value(&self.drug).errors(&self.errors).longest(200).first())
            (Field::text("dose", "Dose and how often").value(&self.dose).errors(&self.errors).longest(300).optional())
            (Field::text("since", "Since").value(&self.since).errors(&self.errors).optional().short().longest(10).hint("A day, month or year: 2019-05"))
            @if !self.doubts.is_empty() { (Choices::many("right", "Please look at this", right)) }
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", path(id))) }
        };
        let form = Form::post(csrf, [&path(id), "/medications/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        let page = self
            .top
            .form(csrf, "Add a medication", html! { div.card { (form) } })
            .layout(Layout::Column)
            .lead("As the patient tells it; prescriptions are orders of their own.");
        if self.doubts.is_empty() {
            return page;
        }
        let why = html! { ul { @for doubt in &self.doubts { li { (doubt) } } } };
        page.notice(Banner::new(Tone::Warning, "Nothing is saved yet").body(why))
    }

    fn samples() -> Vec<Self> {
        let sample = |doubts, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            drug: "Penicillin V 500 mg".into(),
            dose: "one tablet twice a day".into(),
            since: "2026-02".into(),
            doubts,
            errors,
        };
        vec![
            sample(Vec::new(), Errors::none()),
            sample(
                vec!["Allergy on record: Penicillin (Hives)".into()],
                Errors::none(),
            ),
            sample(
                Vec::new(),
                Errors::one("drug", "Enter the medication, at most 200 letters"),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drug_and_an_allergy_are_compared_by_what_they_are_called() {
        for (one, other, expected) in [
            (
                "Penicillin V 500 mg oral tablet",
                "Allergy to penicillins",
                Some("penicillin"),
            ),
            (
                "Metformin 500 mg tablet",
                "metformin hydrochloride 850 MG Oral Tablet",
                Some("metformin"),
            ),
            (
                "Aspirin 81 mg oral tablet",
                "Ibuprofen 200 mg oral tablet",
                None,
            ),
        ] {
            assert_eq!(shared(one, other).as_deref(), expected);
        }
    }
}
