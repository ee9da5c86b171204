//! `/tasks/{task}`: one task: what it is about, who said what, and how it goes on.

use aceso_fhir::{Object, Value};
use aceso_policy::Action;
use aceso_store::{Change, WriteError};
use aceso_web::page::{
    Button, Card, Crumb, Csrf, Errors, Facts, Field, Form, Layout, Page, Tag, Tone, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::html;

use super::TASKS;
use super::review::note;
use super::tasks::{OPEN, due, priority, what};
use crate::Staff;
use crate::chart::{code, concept};
use crate::find::document;
use crate::patient::record::{Found, Wanted, searches};
use crate::patient::save::{begin, checked, may, refused, signer};
use crate::words::{clock, fhir_day};

/// The page.
pub(crate) struct ShowTask {
    id: String,
    version: u64,
    task: Value,
    found: Found,
    /// Whether the reader may change it, and who they are.
    me: Option<Value>,
    comment: String,
    errors: Errors,
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<ShowTask, PageFault> {
    let id = ask.param("task");
    let wanted = Wanted::new("Task")
        .with("_id", id)
        .with("_include", "Task:patient")
        .with("_include", "Task:owner")
        .with("_include", "Task:requester");
    let lists = searches(staff, ask, vec![wanted]).await?;
    let found = lists
        .into_iter()
        .flatten()
        .next()
        .ok_or(PageFault::Missing)?;
    let task = found.matches.first().cloned().ok_or(PageFault::Missing)?;
    let version = task.get("meta").and_then(|m| m.str_at("versionId"));
    let writes = may(staff, ask, Action::Update, "Task")?;
    Ok(ShowTask {
        id: id.to_owned(),
        version: version.and_then(|v| v.parse().ok()).unwrap_or_default(),
        task,
        found,
        me: signer(ask)?.filter(|_| writes),
        comment: String::new(),
        errors: Errors::none(),
    })
}

/// `GET /tasks/{task}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = opened(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /tasks/{task}`
pub(crate) async fn act(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["version", "comment", "act"].map(Take::One))?;
    let mut page = opened(&staff, &ask).await?;
    let Some(me) = page.me.clone() else {
        return Err(PageFault::Missing);
    };
    page.comment = fields.trimmed("comment").to_owned();
    let act = fields.one("act");
    if page.comment.chars().count() > 2_000 {
        page.errors.add("comment", "2,000 letters at most");
    }
    if page.comment.is_empty() && matches!(act, "comment" | "cancel") {
        page.errors
            .add("comment", "Write why, or what there is to say");
    }
    if !page.is_open() && act != "comment" {
        page.errors.add("comment", "This task is closed already");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut tx = begin(&staff, &ask)?;
    let stored = tx.current("Task", &page.id).await.map_err(refused)?;
    let stored = stored.filter(|s| s.change != Change::Deleted);
    let stored = stored.ok_or(PageFault::Missing)?;
    let shown = fields.one("version").parse().unwrap_or_default();
    if stored.version != shown {
        return Err(refused(WriteError::Stale));
    }
    let Value::Object(mut task) = document(&stored)? else {
        return Err(PageFault::Missing);
    };
    go_on(&mut task, act, &me).ok_or(PageFault::Missing)?;
    let at = staff.store().now().to_fhir();
    task.set("lastModified", at.as_str());
    if !page.comment.is_empty() {
        let mut notes = page.task.items_at("note").to_vec();
        notes.push(note(&me, &at, &page.comment));
        task.set("note", notes);
    }
    tx.update(&page.id, checked(task)?, Some(shown))
        .await
        .map_err(refused)?;
    tx.commit().await.map_err(refused)?;
    match act {
        "done" | "cancel" => Ok(Reply::to_path(TASKS)),
        _ => Ok(Reply::to_path(&[TASKS, "/", &page.id].concat())),
    }
}

/// The task after an act; none for an act that there is not.
fn go_on(task: &mut Object, act: &str, me: &Value) -> Option<()> {
    match act {
        "take" => {
            task.set("status", "in-progress");
            task.set("owner", me.clone());
        }
        "done" => task.set("status", "completed"),
        "cancel" => task.set("status", "cancelled"),
        "comment" => {}
        _ => return None,
    }
    Some(())
}

impl ShowTask {
    fn status(&self) -> &str {
        self.task.str_at("status").unwrap_or_default()
    }

    fn is_open(&self) -> bool {
        OPEN.split(',').any(|open| open == self.status())
    }

    fn facts(&self) -> Facts {
        let patient = self.task.get("for");
        let name = self.found.name(patient).unwrap_or_default();
        let to = patient
            .and_then(|p| p.str_at("reference"))
            .and_then(|r| r.strip_prefix("Patient/"));
        let whose = self.found.name(self.task.get("owner"));
        let role = self.task.items_at("performerType").first();
        let role = role.and_then(|r| concept(Some(r)).or_else(|| code(Some(r)).map(str::to_owned)));
        let whose = whose.or_else(|| role.map(|r| ["any ", &r.to_lowercase()].concat()));
        let mut facts = Facts::new()
            .show("Patient", html! { @match to { Some(id) => a href=(crate::patient::path(id)) { (name) }, None => (name) } })
            .show("Status", html! { (Tag::new(if self.is_open() { Tone::Info } else { Tone::Good }, self.status().to_owned())) })
            .with("Who does it", whose.unwrap_or_else(|| crate::words::say("nobody yet", &[])))
            .with("Given by", self.found.name(self.task.get("requester")).unwrap_or_default());
        if let Some(tag) = priority(self.task.str_at("priority").unwrap_or_default()) {
            facts = facts.show("How urgent", html! { (tag) });
        }
        if !due(&self.task).is_empty() {
            facts = facts.with("Until", fhir_day(due(&self.task)));
        }
        facts
    }
}

impl View for ShowTask {
    fn page(&self, csrf: &Csrf) -> Page {
        let mine = self.me.is_some() && self.task.get("owner") == self.me.as_ref();
        let fields = html! {
            (self.errors)
            (Field::area("comment", "Comment").value(&self.comment).errors(&self.errors).longest(2_000).optional())
            div.buttons {
                @if self.is_open() {
                    (Button::primary("Done").says("act", "done"))
                    @if !mine || self.status() != "in-progress" { (Button::secondary("Take it").says("act", "take")) }
                }
                (Button::secondary("Only comment").says("act", "comment"))
                @if self.is_open() { (Button::danger("Cancel the task").says("act", "cancel")) }
            }
        };
        let form = Form::post(csrf, [TASKS, "/", &self.id].concat(), fields)
            .keep("version", self.version.to_string());
        let notes = html! {
            @for one in self.task.items_at("note") {
                @let at = one.str_at("time").unwrap_or_default();
                p.note-text { (one.str_at("text").unwrap_or_default()) }
                p.soft.small { (self.found.name(one.get("authorReference")).unwrap_or_default()) " " (fhir_day(at)) " " (clock(at)) }
            }
        };
        let body = html! {
            div.card { (self.facts()) }
            @if !self.task.items_at("note").is_empty() { (Card::new("Comments", notes)) }
            @if self.me.is_some() { div.card { (form) } }
        };
        Page::new(what(&self.task), body)
            .layout(Layout::Column)
            .here(super::HERE)
            .crumbs(vec![Crumb::new("Tasks", TASKS)])
    }

    fn samples() -> Vec<Self> {
        let text = r#"{"resourceType":"Task","status":"requested","intent":"order","priority":"urgent","description":"Call about the potassium",
            "for":{"reference":"Patient/p1","display":"Ann Example"},"performerType":[{"text":"Nurse"}],
            "restriction":{"period":{"end":"2026-03-01"}},"note":[{"time":"2026-03-01T09:00:00Z","text":"No answer at noon"}]}"#;
        let task = aceso_fhir::json::read(text.as_bytes()).unwrap_or_default();
        let page = |me, errors| Self {
            id: "t1".into(),
            version: 1,
            task: task.clone(),
            found: Found::default(),
            me,
            comment: String::new(),
            errors,
        };
        let me = crate::chart::write::reference("Practitioner/doc");
        vec![
            page(
                Some(me),
                Errors::one("comment", "Write why, or what there is to say"),
            ),
            page(None, Errors::none()),
        ]
    }
}
