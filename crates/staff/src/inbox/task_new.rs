//! `/patients/{patient}/tasks/new`: something to be done for a patient, by somebody or by whoever has a role.

use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::html;

use super::TASKS;
use super::review::note;
use super::tasks::ROLE;
use crate::Staff;
use crate::chart::concept;
use crate::chart::write::{coding, one, reference, resource};
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::path;
use crate::patient::save::{Saved, add, begin, commit, form_id, must_add, signer, subject};
use crate::patient::top::{Opened, Top, open};
use crate::words::{field_day, read_day};

/// What a task can be about.
const ABOUT: [&str; 5] = [
    "Observation",
    "DiagnosticReport",
    "DocumentReference",
    "ServiceRequest",
    "QuestionnaireResponse",
];
/// Roles that a task can be given to.
const ROLES: [(&str, &str); 2] = [("nurse", "Any nurse"), ("clinician", "Any clinician")];
const PRIORITIES: [(&str, &str); 3] = [
    ("routine", "Usual"),
    ("urgent", "Urgent"),
    ("stat", "At once"),
];

/// The form.
pub(crate) struct NewTask {
    top: Top,
    form: String,
    what: String,
    /// `role:nurse`, or a reference to a person.
    whose: String,
    due: String,
    priority: String,
    comment: String,
    /// What it is about: a reference, and how people call it.
    about: Option<(String, String)>,
    /// Whom it can be given to.
    people: Vec<(String, String)>,
    errors: Errors,
}

/// `GET /patients/{patient}/tasks/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let about = about(&staff, &ask, ask.query("about").unwrap_or_default()).await?;
    let mut page = page(&staff, &ask, about).await?;
    page.form = staff.store().new_id();
    page.what = match &page.about {
        Some((_, title)) => crate::words::say("Follow up: {0}", &[title]),
        None => String::new(),
    };
    Ok(Reply::page(&ask, &page))
}

async fn page(
    staff: &Staff,
    ask: &Ask,
    about: Option<(String, String)>,
) -> Result<NewTask, PageFault> {
    must_add(staff, ask, "Task")?;
    let opened = open(staff, ask, Vec::new()).await?;
    Ok(NewTask {
        people: people(ask, &opened)?,
        top: opened.top,
        form: String::new(),
        what: String::new(),
        whose: "role:nurse".into(),
        due: String::new(),
        priority: "routine".into(),
        comment: String::new(),
        about,
        errors: Errors::none(),
    })
}

/// The reader, and who else treats the patient.
fn people(ask: &Ask, opened: &Opened) -> Result<Vec<(String, String)>, PageFault> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |reference: Option<&Value>, name: Option<String>| {
        let to = reference
            .and_then(|r| r.str_at("reference"))
            .unwrap_or_default();
        if to.starts_with("Practitioner/") && all.iter().all(|(other, _)| other != to) {
            let name =
                name.unwrap_or_else(|| crate::words::say("A practitioner of the patient", &[]));
            all.push((to.to_owned(), name));
        }
    };
    add(signer(ask)?.as_ref(), Some(crate::words::say("You", &[])));
    for team in &opened.team.matches {
        for one in team.items_at("participant") {
            let member = one.get("member");
            add(member, opened.team.name(member));
        }
    }
    for doctor in opened.patient.items_at("generalPractitioner") {
        let name = doctor.str_at("display").map_or_else(
            || crate::words::known("The patient's own practitioner"),
            str::to_owned,
        );
        add(Some(doctor), Some(name));
    }
    Ok(all)
}

/// What a task is about, if it is the patient's and the reader may see it.
async fn about(
    staff: &Staff,
    ask: &Ask,
    said: &str,
) -> Result<Option<(String, String)>, PageFault> {
    if said.is_empty() {
        return Ok(None);
    }
    let (kind, id) = said.split_once('/').ok_or(PageFault::Missing)?;
    let kind = ABOUT.into_iter().find(|k| *k == kind);
    let kind = kind.ok_or(PageFault::Missing)?;
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let stored = reading.fetch(kind, id).await.map_err(unreadable)?;
    let document = document(&stored)?;
    if document.get("subject") != Some(&subject(ask)?) {
        return Err(PageFault::Missing);
    }
    let title = document.str_at("description").map(str::to_owned);
    let title = title
        .or_else(|| concept(document.get("code")))
        .or_else(|| concept(document.get("type")))
        .unwrap_or_else(|| kind.to_owned());
    Ok(Some((said.to_owned(), title)))
}

/// `POST /patients/{patient}/tasks/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let names = [
        "form", "what", "whose", "due", "priority", "comment", "about",
    ];
    let fields = ask.fields(&names.map(Take::One))?;
    let about = about(&staff, &ask, fields.one("about")).await?;
    let mut page = page(&staff, &ask, about).await?;
    page.form = form_id(&staff, fields.one("form"));
    page.what = fields.trimmed("what").to_owned();
    page.whose = fields.one("whose").to_owned();
    page.due = fields.trimmed("due").to_owned();
    page.priority = fields.one("priority").to_owned();
    page.comment = fields.trimmed("comment").to_owned();
    page.check(&field_day(staff.store().now()));
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let document = page.document(&ask, &staff.store().now().to_fhir())?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("Task", &page.form)).await? {
        Saved::Done => Ok(Reply::to_path(&[TASKS, "/", &page.form].concat())),
        Saved::Overtaken => {
            page.errors
                .add("what", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl NewTask {
    fn check(&mut self, today: &str) {
        if self.what.is_empty() || self.what.chars().count() > 300 {
            self.errors
                .add("what", "Say what is to be done, in 300 letters at most");
        }
        let role = self.whose.strip_prefix("role:");
        let known = match role {
            Some(role) => ROLES.iter().any(|(code, _)| *code == role),
            None => self.people.iter().any(|(to, _)| *to == self.whose),
        };
        if !known {
            self.errors.add("whose", "Choose who is to do it");
        }
        if !self.due.is_empty() && read_day(&self.due).is_none() {
            self.errors.add("due", "Enter the day as year-month-day");
        } else if !self.due.is_empty() && self.due.as_str() < today {
            self.errors.add("due", "That day has passed");
        }
        if !PRIORITIES.iter().any(|(code, _)| *code == self.priority) {
            self.errors.add("priority", "Choose one");
        }
        if self.comment.chars().count() > 2_000 {
            self.errors.add("comment", "2,000 letters at most");
        }
    }

    fn document(&self, ask: &Ask, at: &str) -> Result<Object, PageFault> {
        let mut task = resource("Task");
        task.set("status", "requested");
        task.set("intent", "order");
        task.set("priority", self.priority.as_str());
        task.set("description", self.what.as_str());
        if let Some((about, _)) = &self.about {
            task.set("focus", reference(about.as_str()));
        }
        task.set("for", subject(ask)?);
        task.set("authoredOn", at);
        task.set("lastModified", at);
        let me = signer(ask)?;
        if let Some(me) = &me {
            task.set("requester", me.clone());
        }
        match self.whose.strip_prefix("role:") {
            Some(role) => {
                let role = Value::from([("coding", one(coding(ROLE, role, "")))]);
                task.set("performerType", one(role));
            }
            None => task.set("owner", reference(self.whose.as_str())),
        }
        if !self.due.is_empty() {
            let period = Value::from([("end", Value::from(self.due.as_str()))]);
            task.set("restriction", Value::from([("period", period)]));
        }
        if let Some(me) = me.filter(|_| !self.comment.is_empty()) {
            task.set("note", one(note(&me, at, &self.comment)));
        }
        Ok(task)
    }
}

impl View for NewTask {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let roles = ROLES
            .iter()
            .map(|(code, label)| Choice::new(["role:", code].concat(), *label));
        let people = self.people.iter().map(|(to, name)| Choice::new(to, name));
        let priorities = PRIORITIES
            .iter()
            .map(|(code, label)| Choice::new(*code, *label));
        let fields = html! {
            (self.errors)
            (Field::area("what", "What is to be done").value(&self.what).errors(&self.errors).longest(300).first())
            @if let Some((_, title)) = &self.about { p.soft { "About: " (title) } }
            div.pair {
                (Select::new("whose", "Who does it", roles.chain(people).collect()).chosen(&self.whose).errors(&self.errors))
                (Select::new("priority", "How urgent", priorities.collect()).chosen(&self.priority).errors(&self.errors))
                (Field::date("due", "Until").value(&self.due).errors(&self.errors).optional())
            }
            (Field::area("comment", "Comment").value(&self.comment).errors(&self.errors).longest(2_000).optional())
            p.soft.small { "Whoever a task is given to may open this patient's record while it is open." }
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", path(id))) }
        };
        let about = self.about.as_ref().map_or("", |(about, _)| about);
        let form = Form::post(csrf, [&path(id), "/tasks/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form)
            .keep("about", about);
        self.top
            .form(csrf, "New task", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            top: Top::sample(),
            form: "f1".into(),
            what: "Follow up: Potassium".into(),
            whose: "role:nurse".into(),
            due: "2026-03-01".into(),
            priority: "urgent".into(),
            comment: String::new(),
            about: Some(("Observation/1".into(), "Potassium".into())),
            people: vec![("Practitioner/doc".into(), crate::words::say("You", &[]))],
            errors: Errors::one("due", "That day has passed"),
        }]
    }
}
