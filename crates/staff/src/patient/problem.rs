//! `/patients/{patient}/problems/new`: adding to the problem list.

use aceso_fhir::Object;
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::record::{Found, Wanted};
use super::save::{Saved, add, begin, commit, form_id, must_add, signer, subject};
use super::top::{Opened, Top, open};
use crate::Staff;
use crate::chart::entry::is_mistake;
use crate::chart::story::is_current;
use crate::chart::write::{ICD10, coded, coding, of_hl7, one, resource, words};
use crate::chart::{codes, concept};
use crate::words::{field_day, is_fhir_day};

/// The form.
pub(crate) struct Problem {
    top: Top,
    form: String,
    name: String,
    code: String,
    since: String,
    certainty: String,
    errors: Errors,
}

/// How sure (HL7 condition-ver-status).
const CERTAINTY: [(&str, &str); 3] = [
    ("confirmed", "Confirmed"),
    ("provisional", "Provisional"),
    ("differential", "One of several that it may be"),
];

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Opened, Found), PageFault> {
    must_add(staff, ask, "Condition")?;
    let mut opened = open(staff, ask, vec![Wanted::new("Condition").most(300)]).await?;
    let found = opened.take().unwrap_or_default();
    Ok((opened, found))
}

/// `GET /patients/{patient}/problems/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (opened, _) = opened(&staff, &ask).await?;
    let page = Problem {
        top: opened.top,
        form: staff.store().new_id(),
        name: String::new(),
        code: String::new(),
        since: String::new(),
        certainty: "confirmed".into(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/problems/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let names = ["form", "name", "code", "since", "certainty"].map(Take::One);
    ask.of_patient()?;
    let fields = ask.fields(&names)?;
    let (opened, found) = opened(&staff, &ask).await?;
    let mut page = Problem {
        top: opened.top,
        form: form_id(&staff, fields.one("form")),
        name: fields.trimmed("name").to_owned(),
        code: fields.trimmed("code").to_ascii_uppercase(),
        since: fields.trimmed("since").to_owned(),
        certainty: fields.one("certainty").to_owned(),
        errors: Errors::none(),
    };
    page.check(&found, &opened.today);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let document = page.document(&ask, &field_day(staff.store().now()))?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("Condition", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&path(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("name", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Problem {
    fn check(&mut self, found: &Found, today: &str) {
        if self.name.is_empty() || self.name.len() > 300 {
            self.errors
                .add("name", "Enter the problem in words, at most 300 letters");
        }
        let form = |c: &str| {
            let (head, rest) = c.split_at_checked(3).unwrap_or((c, ""));
            let letter = head.starts_with(|c: char| c.is_ascii_uppercase());
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            letter
                && head.len() == 3
                && head.bytes().all(|b| b.is_ascii_alphanumeric())
                && rest.len() <= 4
                && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !self.code.is_empty() && !form(&self.code) {
            self.errors.add(
                "code",
                "Enter an ICD-10-CM code, as J45.909, or leave it empty",
            );
        }
        if !self.since.is_empty() && (!is_fhir_day(&self.since) || self.since.as_str() > today) {
            self.errors.add(
                "since",
                "Enter a day, month or year that is past: 2019-05-01, 2019-05 or 2019",
            );
        }
        if !CERTAINTY.iter().any(|(code, _)| *code == self.certainty) {
            self.errors.add("certainty", "Choose how sure it is");
        }
        let same = |d: &&aceso_fhir::Value| {
            let named = concept(d.get("code")).is_some_and(|n| n.eq_ignore_ascii_case(&self.name));
            named || (!self.code.is_empty() && codes(d.get("code")).any(|c| c == self.code))
        };
        let current = found
            .matches
            .iter()
            .filter(|d| !is_mistake(d) && is_current(d));
        if current.clone().any(|d| same(&d)) {
            self.errors
                .add("name", "This problem is on the list already");
        }
    }

    fn document(&self, ask: &Ask, today: &str) -> Result<Object, PageFault> {
        let mut document = resource("Condition");
        document.set("clinicalStatus", of_hl7("condition-clinical", "active"));
        document.set(
            "verificationStatus",
            of_hl7("condition-ver-status", &self.certainty),
        );
        document.set(
            "category",
            one(of_hl7("condition-category", "problem-list-item")),
        );
        let code = if self.code.is_empty() {
            words(&self.name)
        } else {
            coded(coding(ICD10, &self.code, ""), &self.name)
        };
        document.set("code", code);
        document.set("subject", subject(ask)?);
        if !self.since.is_empty() {
            document.set("onsetDateTime", self.since.as_str());
        }
        document.set("recordedDate", today);
        if let Some(signer) = signer(ask)? {
            document.set("recorder", signer);
        }
        Ok(document)
    }
}

impl View for Problem {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let sure = CERTAINTY
            .iter()
            .map(|(code, said)| Choice::new(*code, *said))
            .collect();
        let fields = html! {
            (self.errors)
            (Field::text("name", "Problem").value(&self.name).errors(&self.errors).longest(300).first())
            div.pair {
                (Field::text("code", "ICD-10-CM code").value(&self.code).errors(&self.errors).optional().short().longest(8))
                (Field::text("since", "Since").value(&self.since).errors(&self.errors).optional().short().longest(10).hint("A day, month or year: 2019-05"))
            }
            (Select::new("certainty", "How sure", sure).chosen(&self.certainty).errors(&self.errors))
            div.buttons { (Button::primary("Add to the problem list")) (Link::quiet("Cancel", path(id))) }
        };
        let form = Form::post(csrf, [&path(id), "/problems/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        self.top
            .form(csrf, "Add a problem", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            name: "Asthma".into(),
            code: "J45.909".into(),
            since: "2019-05".into(),
            certainty: "confirmed".into(),
            errors,
        };
        vec![
            sample(Errors::none()),
            sample(Errors::one("name", "This problem is on the list already")),
        ]
    }
}
