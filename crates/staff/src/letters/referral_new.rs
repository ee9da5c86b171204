//! `/patients/{patient}/referrals/new`: sending a patient to somebody else: the request, and the task that follows it until
//! the report is back.

use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::referral::{REFERRAL, Stage};
use crate::Staff;
use crate::chart::write::{SNOMED, coded, coding, one, reference, resource, words};
use crate::patient::save::{Saved, add, begin, commit, form_id, must_add, signer, subject};
use crate::patient::top::{Top, open};
use crate::words::{field_day, read_day};

const PRIORITIES: [(&str, &str); 3] = [
    ("routine", "Usual"),
    ("urgent", "Urgent"),
    ("stat", "At once"),
];

/// The form.
pub(crate) struct NewReferral {
    top: Top,
    form: String,
    what: String,
    to: String,
    reason: String,
    priority: String,
    due: String,
    errors: Errors,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<NewReferral, PageFault> {
    must_add(staff, ask, "ServiceRequest")?;
    must_add(staff, ask, "Task")?;
    let opened = open(staff, ask, Vec::new()).await?;
    Ok(NewReferral {
        top: opened.top,
        form: staff.store().new_id(),
        what: String::new(),
        to: String::new(),
        reason: String::new(),
        priority: "routine".into(),
        due: String::new(),
        errors: Errors::none(),
    })
}

/// `GET /patients/{patient}/referrals/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = page(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/referrals/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["form", "what", "to", "reason", "priority", "due"].map(Take::One))?;
    let mut page = page(&staff, &ask).await?;
    page.form = form_id(&staff, fields.one("form"));
    page.what = fields.trimmed("what").to_owned();
    page.to = fields.trimmed("to").to_owned();
    page.reason = fields.trimmed("reason").replace("\r\n", "\n");
    page.priority = fields.one("priority").to_owned();
    page.due = fields.trimmed("due").to_owned();
    page.check(&field_day(staff.store().now()));
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let at = staff.store().now().to_fhir();
    let documents = page.documents(&ask, &at)?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, documents)?;
    match commit(&staff, &ask, tx, ("ServiceRequest", &page.form)).await? {
        Saved::Done => {
            let id = ask.of_patient()?;
            let to = [&crate::patient::path(id), "/referrals/", &page.form].concat();
            Ok(Reply::to_path(&to))
        }
        Saved::Overtaken => {
            page.errors
                .add("what", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl NewReferral {
    fn check(&mut self, today: &str) {
        for (name, text, most, said) in [
            (
                "what",
                &self.what,
                120,
                "Say which specialty or service, in 120 letters at most",
            ),
            ("to", &self.to, 200, "Say to whom, in 200 letters at most"),
            (
                "reason",
                &self.reason,
                4_000,
                "Say why, in 4,000 letters at most",
            ),
        ] {
            if text.is_empty() || text.chars().count() > most {
                self.errors.add(name, said);
            }
        }
        if !PRIORITIES.iter().any(|(code, _)| *code == self.priority) {
            self.errors.add("priority", "Choose one");
        }
        if read_day(&self.due).is_none() {
            self.errors.add("due", "Enter the day as year-month-day");
        } else if self.due.as_str() < today {
            self.errors.add("due", "That day has passed");
        }
    }

    /// The request, and the task that follows it; the reader follows it.
    fn documents(&self, ask: &Ask, at: &str) -> Result<Vec<Object>, PageFault> {
        let me = signer(ask)?;
        let mut request = resource("ServiceRequest");
        request.set("status", "active");
        request.set("intent", "order");
        let category = coded(coding(SNOMED, "3457005", "Patient referral"), "Referral");
        request.set("category", one(category));
        request.set("priority", self.priority.as_str());
        request.set("code", words(&self.what));
        request.set("subject", subject(ask)?);
        request.set("authoredOn", at);
        let to = Value::from([("display", Value::from(self.to.as_str()))]);
        request.set("performer", one(to));
        request.set("reasonCode", one(words(&self.reason)));
        let mut task = resource("Task");
        task.set("status", Stage::Sent.status());
        task.set("businessStatus", Stage::Sent.concept());
        task.set("intent", "order");
        task.set("priority", self.priority.as_str());
        // In English, as everybody's tasks are kept: each reader has it in their language.
        task.set("description", REFERRAL.replace("{0}", &self.what));
        task.set("focus", reference(["ServiceRequest/", &self.form].concat()));
        task.set("for", subject(ask)?);
        task.set("authoredOn", at);
        task.set("lastModified", at);
        if let Some(me) = me {
            request.set("requester", me.clone());
            task.set("requester", me.clone());
            task.set("owner", me);
        }
        let period = Value::from([("end", Value::from(self.due.as_str()))]);
        task.set("restriction", Value::from([("period", period)]));
        Ok(vec![request, task])
    }
}

impl View for NewReferral {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let priorities = PRIORITIES
            .iter()
            .map(|(code, label)| Choice::new(*code, *label));
        let fields = html! {
            (self.errors)
            div.pair {
                (Field::text("what", "Specialty or service").value(&self.what).errors(&self.errors).longest(120).first())
                (Field::text("to", "To whom").value(&self.to).errors(&self.errors).longest(200))
            }
            (Field::area("reason", "Why, and what is asked").value(&self.reason).errors(&self.errors).longest(4_000))
            div.pair {
                (Select::new("priority", "How urgent", priorities.collect()).chosen(&self.priority).errors(&self.errors))
                (Field::date("due", "Report expected by").value(&self.due).errors(&self.errors))
            }
            div.buttons { (Button::primary("Send")) (Link::quiet("Cancel", path(id))) }
            p.soft.small { "It stays among your tasks until the report is back and you close it." }
        };
        let to = [&crate::patient::path(id), "/referrals/new"].concat();
        let form = Form::post(csrf, to, fields)
            .of_patient(id)
            .keep("form", &self.form);
        self.top
            .form(csrf, "New referral", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            top: Top::sample(),
            form: "f1".into(),
            what: "Cardiology".into(),
            to: String::new(),
            reason: "Chest pain on exertion".into(),
            priority: "urgent".into(),
            due: "2026-03-20".into(),
            errors: Errors::one("to", "Say to whom, in 200 letters at most"),
        }]
    }
}
