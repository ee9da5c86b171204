//! `/patients/{patient}/medications/new`: what the patient says they take. What stands against it (an allergy, the same
//! drug twice, another drug) is told with the reason, and saved when the person says why.

use aceso_clinic::drug::drug_names;
use aceso_fhir::{Object, Value};
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::safety::{Doubts, opened};
use super::save::{Saved, add, begin, commit, form_id, subject};
use super::top::Top;
use crate::Staff;
use crate::chart::drug::coded_drug;
use crate::chart::write::{one, resource};
use crate::words::{field_day, is_fhir_day};

/// The form.
pub(crate) struct Statement {
    top: Top,
    form: String,
    drug: String,
    dose: String,
    since: String,
    doubts: Doubts,
    errors: Errors,
}

/// `GET /patients/{patient}/medications/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (opened, _) = opened(&staff, &ask, "MedicationStatement").await?;
    let page = Statement {
        top: opened.top,
        form: staff.store().new_id(),
        drug: String::new(),
        dose: String::new(),
        since: String::new(),
        doubts: Doubts::default(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/medications/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut takes: Vec<Take> = ["form", "drug", "dose", "since"].map(Take::One).into();
    takes.extend(Doubts::takes());
    ask.of_patient()?;
    let fields = ask.fields(&takes)?;
    let (opened, against) = opened(&staff, &ask, "MedicationStatement").await?;
    let drug = fields.trimmed("drug");
    let form = form_id(&staff, fields.one("form"));
    let mut page = Statement {
        top: opened.top,
        form: form.clone(),
        drug: drug.to_owned(),
        dose: fields.trimmed("dose").to_owned(),
        since: fields.trimmed("since").to_owned(),
        doubts: against.besides(&form).doubts(drug),
        errors: Errors::none(),
    };
    page.check(&opened.today);
    let fine = page.doubts.answered(&fields, &mut page.errors);
    if !fine || !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let document = page.document(&ask, &field_day(staff.store().now()))?;
    let mut tx = begin(&staff, &ask)?;
    let mut documents = vec![document];
    let statement = ["MedicationStatement/", &page.form].concat();
    let now = staff.store().now().to_fhir();
    documents.extend(page.doubts.documents(&ask, &statement, &now)?);
    add(&staff, &mut tx, &page.form, documents)?;
    match commit(&staff, &ask, tx, ("MedicationStatement", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&path(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("drug", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Statement {
    fn check(&mut self, today: &str) {
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
    }

    fn document(&self, ask: &Ask, today: &str) -> Result<Object, PageFault> {
        let mut document = resource("MedicationStatement");
        document.set("status", "active");
        document.set("medicationCodeableConcept", coded_drug(&self.drug));
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
        let drug = Field::text("drug", "Medication")
            .value(&self.drug)
            .errors(&self.errors)
            .longest(200)
            .offers(drug_names())
            .first();
        let drug = match self.doubts.hint() {
            Some(hint) => drug.hint(hint),
            None => drug,
        };
        let fields = html! {
            (self.errors)
            (drug)
            (Field::text("dose", "Dose and how often").value(&self.dose).errors(&self.errors).longest(300).optional())
            (Field::text("since", "Since").value(&self.since).errors(&self.errors).optional().short().longest(10).hint("A day, month or year: 2019-05"))
            (self.doubts.fields(&self.errors))
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
        match self.doubts.banner() {
            Some(banner) => page.notice(banner),
            None => page,
        }
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
            sample(Doubts::default(), Errors::none()),
            sample(Doubts::sample(), Errors::none()),
            sample(
                Doubts::default(),
                Errors::one("drug", "Enter the medication, at most 200 letters"),
            ),
        ]
    }
}
