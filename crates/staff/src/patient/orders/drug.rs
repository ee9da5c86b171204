//! `/patients/{patient}/orders/drug`: prescribing a drug, into the basket. What stands against it is told with the reason,
//! and passed with a reason that is kept.

use aceso_clinic::drug::{Named, drug_names};
use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Choices, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Fields, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::basket;
use crate::Staff;
use crate::chart::drug::coded_drug;
use crate::chart::sig::{OFTEN, ROUTES, Sig, UNITS};
use crate::chart::write::{one, resource, words};
use crate::patient::safety::{Doubts, opened};
use crate::patient::save::{Saved, add, begin, commit, form_id, signer, subject};
use crate::patient::top::Top;

/// The form.
pub(crate) struct Prescribe {
    top: Top,
    form: String,
    drug: String,
    reason: String,
    sig: Sig,
    doubts: Doubts,
    errors: Errors,
}

/// `GET /patients/{patient}/orders/drug`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (opened, _) = opened(&staff, &ask, "MedicationRequest").await?;
    let page = Prescribe {
        top: opened.top,
        form: staff.store().new_id(),
        drug: ask.query("drug").unwrap_or_default().to_owned(),
        reason: String::new(),
        sig: Sig {
            amount: "1".into(),
            unit: "tablet".into(),
            route: "26643006".into(),
            often: "qd".into(),
            refills: "0".into(),
            ..Sig::default()
        },
        doubts: Doubts::default(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

fn takes() -> Vec<Take> {
    let plain = [
        "form",
        "drug",
        "for",
        "amount",
        "unit",
        "route",
        "often",
        "days",
        "needed-for",
        "quantity",
        "refills",
        "more",
    ];
    let mut all: Vec<Take> = plain.map(Take::One).into();
    all.extend(Doubts::takes());
    all.push(Take::Many("needed"));
    all
}

fn sig(fields: &Fields) -> Sig {
    let text = |name: &str| fields.trimmed(name).to_owned();
    Sig {
        amount: text("amount"),
        unit: text("unit"),
        route: text("route"),
        often: text("often"),
        days: text("days"),
        needed_for: text("needed-for"),
        needed: fields.has("needed") || !fields.trimmed("needed-for").is_empty(),
        quantity: text("quantity"),
        refills: text("refills"),
        more: text("more"),
    }
}

/// `POST /patients/{patient}/orders/drug`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&takes())?;
    let (opened, against) = opened(&staff, &ask, "MedicationRequest").await?;
    let drug = fields.trimmed("drug");
    let form = form_id(&staff, fields.one("form"));
    let mut page = Prescribe {
        top: opened.top,
        form: form.clone(),
        drug: drug.to_owned(),
        reason: fields.trimmed("for").to_owned(),
        sig: sig(&fields),
        doubts: against.besides(&form).doubts(drug),
        errors: Errors::none(),
    };
    page.check();
    let fine = page.doubts.answered(&fields, &mut page.errors);
    let Some(requester) = signer(&ask)? else {
        return Err(PageFault::Refused(
            "Your account is not joined to a practitioner of the record, who signs orders; an administrator can do that".to_owned(),
        ));
    };
    if !fine || !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let now = staff.store().now().to_fhir();
    let mut documents = vec![page.document(subject(&ask)?, requester)];
    let order = ["MedicationRequest/", &page.form].concat();
    documents.extend(page.doubts.documents(&ask, &order, &now)?);
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, documents)?;
    match commit(&staff, &ask, tx, ("MedicationRequest", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&basket(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("drug", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Prescribe {
    fn check(&mut self) {
        if self.drug.is_empty() || self.drug.len() > 200 {
            self.errors.add(
                "drug",
                "Enter the drug with its strength, at most 200 letters",
            );
        }
        if self.reason.chars().count() > 300 {
            self.errors.add("for", "At most 300 letters");
        }
        let schedule = Named::new(&self.drug, []).schedule();
        for (field, what) in self.sig.wrong(schedule) {
            self.errors.add(field, what);
        }
    }

    /// The draft.
    fn document(&self, subject: Value, requester: Value) -> Object {
        let mut document = resource("MedicationRequest");
        document.set("status", "draft");
        document.set("intent", "order");
        document.set("medicationCodeableConcept", coded_drug(&self.drug));
        document.set("subject", subject);
        document.set("requester", requester);
        if !self.reason.is_empty() {
            document.set("reasonCode", one(words(&self.reason)));
        }
        document.set("dosageInstruction", one(self.sig.dosage()));
        document.set("dispenseRequest", self.sig.dispense());
        document
    }

    fn dose(&self) -> Markup {
        let (sig, errors) = (&self.sig, &self.errors);
        let units = UNITS.map(|(unit, _)| Choice::new(unit, unit)).into();
        let routes = ROUTES.map(|(code, said)| Choice::new(code, said)).into();
        let often = OFTEN.map(|(code, said, _)| Choice::new(code, said)).into();
        let needed = vec![Choice::new("yes", "Only as needed")];
        html! {
            div.pair {
                (Field::text("amount", "How much at a time").value(&sig.amount).errors(errors).short().longest(9).suggested())
                (Select::new("unit", "Of", units).chosen(&sig.unit).errors(errors))
            }
            div.pair {
                (Select::new("route", "How", routes).chosen(&sig.route).errors(errors))
                (Select::new("often", "How often", often).chosen(&sig.often).errors(errors))
            }
            div.pair {
                (Field::text("days", "For days").value(&sig.days).errors(errors).optional().short().longest(3))
                (Field::text("needed-for", "As needed for").value(&sig.needed_for).errors(errors).optional().longest(300).hint("Pain, fever, sleep"))
            }
            (Choices::many("needed", "When", needed).chosen(sig.needed.then_some("yes")))
            div.pair {
                (Field::text("quantity", "Dispense").value(&sig.quantity).errors(errors).optional().short().longest(9))
                (Field::text("refills", "Refills").value(&sig.refills).errors(errors).short().longest(2).suggested())
            }
            (Field::text("more", "Instructions").value(&sig.more).errors(errors).optional().longest(300))
        }
    }
}

impl View for Prescribe {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let drug = Field::text("drug", "Drug and strength")
            .value(&self.drug)
            .errors(&self.errors)
            .longest(200)
            .offers(drug_names())
            .first();
        let drug = match self.doubts.hint() {
            Some(hint) => drug.hint(hint),
            None => drug.hint("Lisinopril 10 mg tablet"),
        };
        let fields = html! {
            (self.errors)
            (drug)
            (self.dose())
            (Field::text("for", "What it is for").value(&self.reason).errors(&self.errors).optional().longest(300))
            (self.doubts.fields(&self.errors))
            div.buttons { (Button::primary("Put into the basket")) (Link::quiet("To the basket", basket(id))) }
        };
        let form = Form::post(csrf, [&basket(id), "/drug"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        let page = self
            .top
            .form(csrf, "Prescribe a drug", html! { div.card { (form) } })
            .layout(Layout::Column);
        match self.doubts.banner() {
            Some(banner) => page.notice(banner),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let sample = |doubts, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            drug: "Amoxicillin 500 mg".into(),
            reason: "Otitis media".into(),
            sig: Sig {
                amount: "1".into(),
                unit: "capsule".into(),
                route: "26643006".into(),
                often: "tid".into(),
                days: "7".into(),
                refills: "0".into(),
                ..Sig::default()
            },
            doubts,
            errors,
        };
        vec![
            sample(Doubts::default(), Errors::none()),
            sample(Doubts::sample(), Errors::none()),
            sample(
                Doubts::default(),
                Errors::one("days", "Enter days: 1 to 365, or leave it empty"),
            ),
        ]
    }
}
