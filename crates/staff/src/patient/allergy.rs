//! `/patients/{patient}/allergies/new`: recording an allergy, or that there are none.

use aceso_clinic::drug::{Named, drug_names};
use aceso_fhir::{Object, Value};
use aceso_store::Tx;
use aceso_web::page::{
    Button, Choice, Choices, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::banner::says_none;
use super::path;
use super::save::{
    Saved, add, begin, checked, commit, form_id, must_add, refused, signer, subject,
};
use super::top::{Opened, Top, open};
use crate::Staff;
use crate::chart::concept;
use crate::chart::drug::{allergen, coded_drug};
use crate::chart::entry::is_active;
use crate::chart::write::{SNOMED, coded, coding, of_hl7, one, resource, words};
use crate::words::field_day;

/// The form.
pub(crate) struct NewAllergy {
    top: Top,
    form: String,
    none: bool,
    substance: String,
    kind: String,
    risk: String,
    reaction: String,
    errors: Errors,
}

/// AllergyIntolerance.category.
const KINDS: [(&str, &str); 4] = [
    ("medication", "Medication"),
    ("food", "Food"),
    ("environment", "Environment"),
    ("biologic", "Biologic"),
];
/// AllergyIntolerance.criticality.
const RISKS: [(&str, &str); 3] = [
    ("unable-to-assess", "Not known"),
    ("low", "Low: not life-threatening"),
    ("high", "High: can kill"),
];

async fn opened(staff: &Staff, ask: &Ask) -> Result<Opened, PageFault> {
    must_add(staff, ask, "AllergyIntolerance")?;
    open(staff, ask, Vec::new()).await
}

/// `GET /patients/{patient}/allergies/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let opened = opened(&staff, &ask).await?;
    let page = NewAllergy {
        top: opened.top,
        form: staff.store().new_id(),
        none: false,
        substance: String::new(),
        kind: "medication".into(),
        risk: "unable-to-assess".into(),
        reaction: String::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/allergies/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut takes: Vec<Take> = ["form", "substance", "kind", "risk", "reaction"]
        .map(Take::One)
        .into();
    takes.push(Take::Many("none"));
    ask.of_patient()?;
    let fields = ask.fields(&takes)?;
    let opened = opened(&staff, &ask).await?;
    let known = opened.allergies;
    let mut page = NewAllergy {
        top: opened.top,
        form: form_id(&staff, fields.one("form")),
        none: fields.has("none"),
        substance: fields.trimmed("substance").to_owned(),
        kind: fields.one("kind").to_owned(),
        risk: fields.one("risk").to_owned(),
        reaction: fields.trimmed("reaction").to_owned(),
        errors: Errors::none(),
    };
    page.check(&known);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let document = page.document(&ask, &field_day(staff.store().now()))?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    if !page.none {
        withdraw_none(&mut tx, &known).await?;
    }
    match commit(&staff, &ask, tx, ("AllergyIntolerance", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&path(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("substance", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// What said that there are none holds no longer.
async fn withdraw_none(tx: &mut Tx, known: &[Value]) -> Result<(), PageFault> {
    for document in known.iter().filter(|d| is_active(d) && says_none(d)) {
        let (Some(id), Some(object)) = (document.id(), document.as_object()) else {
            continue;
        };
        let mut object = object.clone();
        object.set(
            "clinicalStatus",
            of_hl7("allergyintolerance-clinical", "inactive"),
        );
        let version = document
            .get("meta")
            .and_then(|m| m.str_at("versionId"))
            .and_then(|v| v.parse().ok());
        tx.update(id, checked(object)?, version)
            .await
            .map_err(refused)?;
    }
    Ok(())
}

impl NewAllergy {
    fn check(&mut self, known: &[Value]) {
        let active = known.iter().filter(|d| is_active(d));
        let (none, some): (Vec<&Value>, Vec<&Value>) = active.partition(|d| says_none(d));
        if self.none {
            if !self.substance.is_empty() {
                self.errors.add(
                    "none",
                    "Either there are none, or name the substance: not both",
                );
            } else if let Some(first) = some.first() {
                let name = concept(first.get("code")).unwrap_or_default();
                self.errors.add(
                    "none",
                    crate::words::say(
                        "{0} is on the list: it cannot be that there are none",
                        &[&name],
                    ),
                );
            } else if !none.is_empty() {
                self.errors.add("none", "This is recorded already");
            }
            return;
        }
        if self.substance.is_empty() || self.substance.len() > 200 {
            self.errors.add(
                "substance",
                "Enter the substance in words, or tick that there are no known allergies",
            );
        }
        // The same thing by another name is the same thing.
        let new = Named::new(&self.substance, []);
        let same = |d: &&Value| {
            let there = allergen(d).named;
            there.said.eq_ignore_ascii_case(&self.substance)
                || (new.is_known() && new.drugs == there.drugs && new.classes == there.classes)
        };
        if some.iter().any(same) {
            self.errors
                .add("substance", "This allergy is on the list already");
        }
        for (field, value, all) in [
            ("kind", &self.kind, &KINDS[..]),
            ("risk", &self.risk, &RISKS[..]),
        ] {
            if !all.iter().any(|(code, _)| code == value) {
                self.errors.add(field, "Choose one");
            }
        }
    }

    fn document(&self, ask: &Ask, today: &str) -> Result<Object, PageFault> {
        let mut document = resource("AllergyIntolerance");
        document.set(
            "clinicalStatus",
            of_hl7("allergyintolerance-clinical", "active"),
        );
        document.set(
            "verificationStatus",
            of_hl7("allergyintolerance-verification", "confirmed"),
        );
        if self.none {
            let code = coding(SNOMED, "716186003", "No known allergy");
            document.set("code", coded(code, "No known allergies"));
        } else {
            document.set("category", one(Value::from(self.kind.as_str())));
            document.set("criticality", self.risk.as_str());
            document.set("code", coded_drug(&self.substance));
        }
        document.set("patient", subject(ask)?);
        document.set("recordedDate", today);
        if let Some(signer) = signer(ask)? {
            document.set("recorder", signer);
        }
        if !self.reaction.is_empty() && !self.none {
            let reaction = Value::from([("manifestation", one(words(&self.reaction)))]);
            document.set("reaction", one(reaction));
        }
        Ok(document)
    }
}

impl View for NewAllergy {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let choices = |all: &[(&str, &'static str)]| {
            all.iter().map(|(c, said)| Choice::new(*c, *said)).collect()
        };
        let none = vec![
            Choice::new("yes", "No known allergies")
                .hint("Asked, and there are none. Leave the rest empty."),
        ];
        let fields = html! {
            (self.errors)
            (Field::text("substance", "Substance").value(&self.substance).errors(&self.errors).longest(200).optional().offers(drug_names()).first())
            div.pair {
                (Select::new("kind", "Kind", choices(&KINDS)).chosen(&self.kind).errors(&self.errors))
                (Select::new("risk", "Risk of the next contact", choices(&RISKS)).chosen(&self.risk).errors(&self.errors))
            }
            (Field::text("reaction", "Reaction").value(&self.reaction).errors(&self.errors).longest(200).optional().hint("Hives, anaphylaxis, nausea"))
            (Choices::many("none", "Or", none).chosen(self.none.then_some("yes")).errors(&self.errors))
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", path(id))) }
        };
        let form = Form::post(csrf, [&path(id), "/allergies/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        self.top
            .form(csrf, "Add an allergy", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |none, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            none,
            substance: "Penicillin".into(),
            kind: "medication".into(),
            risk: "high".into(),
            reaction: "Hives".into(),
            errors,
        };
        vec![
            sample(false, Errors::none()),
            sample(
                true,
                Errors::one(
                    "none",
                    "Either there are none, or name the substance: not both",
                ),
            ),
        ]
    }
}
