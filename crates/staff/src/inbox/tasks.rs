//! `GET /tasks`: what the reader, whoever has one of their roles, and those whom they cover for are to do.

use aceso_fhir::Value;
use aceso_policy::{Action, Role};
use aceso_web::page::{Banner, Column, Csrf, Empty, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::html;

use super::counts::{Counts, counts};
use super::covering::covered;
use super::list::tabs;
use super::review::{ESCALATED, LOOK, is};
use super::{HERE, TASKS};
use crate::Staff;
use crate::chart::person;
use crate::letters::referral::REFERRAL;
use crate::patient::path;
use crate::patient::record::{Found, Wanted, searches};
use crate::patient::save::{may, signer};
use crate::words::{ago, field_day, headed};

/// The states in which a task waits.
pub(crate) const OPEN: &str = "requested,received,accepted,in-progress,on-hold";
/// Where roles are named.
pub(crate) const ROLE: &str = "urn:aceso:role";
const MOST: u32 = 200;

/// Whose task it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The reader's own.
    Own,
    /// Everybody's of a role.
    Role,
    /// Of somebody of this name, who is away, and whom the reader covers for.
    Covered(String),
}

/// A task.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) patient: String,
    pub(crate) name: String,
    /// Until when, as FHIR writes days; empty without a day.
    pub(crate) due: String,
    pub(crate) priority: String,
    pub(crate) status: String,
    pub(crate) whose: Whose,
    /// Whether it is a result that was handed on.
    pub(crate) handed_on: bool,
}

impl Line {
    /// Whether its day has passed.
    pub(crate) fn is_overdue(&self, today: &str) -> bool {
        !self.due.is_empty() && self.due.as_str() < today
    }

    fn rank(&self) -> u8 {
        match self.priority.as_str() {
            "stat" => 0,
            "asap" => 1,
            "urgent" => 2,
            _ => 3,
        }
    }
}

/// The open tasks of the reader, of their roles and of those whom they cover for, the urgent and the early first; none for roles without tasks.
pub(crate) async fn open_tasks(staff: &Staff, ask: &Ask) -> Result<Option<Vec<Line>>, PageFault> {
    if !may(staff, ask, Action::Create, "Task")? {
        return Ok(None);
    }
    let of = || {
        Wanted::new("Task")
            .with("status", OPEN)
            .with("_include", "Task:patient")
            .most(MOST)
    };
    let person = ask.caller()?.as_person();
    let roles = person.map(|p| p.roles.iter().map(Role::as_str).collect::<Vec<_>>());
    let roles = roles.unwrap_or_default().into_iter();
    let roles: Vec<String> = roles.map(|role| [ROLE, "|", role].concat()).collect();
    let mut wanted = vec![of().with("performer", roles.join(","))];
    let me = signer(ask)?;
    if let Some(me) = me.as_ref().and_then(|m| m.str_at("reference")) {
        wanted.push(of().with("owner", me));
    }
    let away = covered(staff, ask).await?;
    if !away.is_empty() {
        let whom: Vec<&str> = away.iter().map(|a| a.who.as_str()).collect();
        wanted.push(of().with("owner", whom.join(",")));
    }
    if wanted.iter().any(Wanted::has_empty) {
        return Ok(None);
    }
    let lists = searches(staff, ask, wanted).await?;
    if lists.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut all: Vec<Line> = Vec::new();
    for found in lists.iter().flatten() {
        for task in &found.matches {
            let owner = task.get("owner").and_then(|o| o.str_at("reference"));
            let own = me.as_ref().and_then(|m| m.str_at("reference"));
            let whose = match owner {
                None => Some(Whose::Role),
                Some(owner) if Some(owner) == own => Some(Whose::Own),
                Some(owner) => {
                    let absent = away.iter().find(|a| a.who == owner);
                    absent.map(|a| Whose::Covered(a.name.clone()))
                }
            };
            let Some(line) = whose.and_then(|whose| line(found, task, whose)) else {
                continue;
            };
            if all.iter().all(|other| other.id != line.id) {
                all.push(line);
            }
        }
    }
    let due = |l: &Line| match l.due.is_empty() {
        true => "9999".to_owned(),
        false => l.due.clone(),
    };
    all.sort_by_key(|l| (l.rank(), due(l)));
    Ok(Some(all))
}

/// Until when a task is to be done.
pub(crate) fn due(task: &Value) -> &str {
    let period = task.get("restriction").and_then(|r| r.get("period"));
    period.and_then(|p| p.str_at("end")).unwrap_or_default()
}

/// What the program writes into tasks of its own.
const OURS: [&str; 2] = [REFERRAL, LOOK];

/// What a task is: one of the program's own in the page's language, a person's as they wrote it.
pub(crate) fn what(task: &Value) -> String {
    let said = task.str_at("description");
    let said = said.map(|text| headed(text, &OURS).unwrap_or_else(|| text.to_owned()));
    let said = said.or_else(|| crate::chart::concept(task.get("code")));
    said.unwrap_or_else(|| maud::say("Task", &[]))
}

fn line(found: &Found, task: &Value, whose: Whose) -> Option<Line> {
    let patient = found.target(task.get("for"))?;
    let text = |name| task.str_at(name).unwrap_or_default().to_owned();
    Some(Line {
        id: task.id()?.to_owned(),
        what: what(task),
        patient: patient.id()?.to_owned(),
        name: person::name(patient),
        due: due(task).get(..10).unwrap_or(due(task)).to_owned(),
        priority: text("priority"),
        status: text("status"),
        whose,
        handed_on: is(task, ESCALATED),
    })
}

/// The page.
pub(crate) struct Tasks {
    lines: Vec<Line>,
    today: String,
    counts: Counts,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let Some(lines) = open_tasks(&staff, &ask).await? else {
        return Ok(Reply::page(&ask, &super::NONE));
    };
    let page = Tasks {
        lines,
        today: field_day(staff.store().now()),
        counts: counts(&staff, &ask).await?.unwrap_or_default(),
    };
    Ok(Reply::page(&ask, &page))
}

/// A priority that is more than the usual one.
pub(crate) fn priority(code: &str) -> Option<Tag> {
    match code {
        "stat" => Some(Tag::new(Tone::Danger, "at once")),
        "asap" | "urgent" => Some(Tag::new(Tone::Warning, "urgent")),
        _ => None,
    }
}

impl View for Tasks {
    fn page(&self, _: &Csrf) -> Page {
        let mut table = Table::new(
            "Open tasks",
            &[
                Column::text("What"),
                Column::text("Patient"),
                Column::text("Due"),
                Column::text("Whose"),
            ],
        );
        for line in &self.lines {
            table.row(vec![
                html! { a href={ (TASKS) "/" (line.id) } { (line.what) } @if let Some(tag) = priority(&line.priority) { " " (tag) } },
                html! { a href=(path(&line.patient)) { (line.name) } },
                html! {
                    @if line.is_overdue(&self.today) { (Tag::new(Tone::Danger, "overdue")) " " }
                    @if !line.due.is_empty() { (ago(&line.due, &self.today)) }
                },
                html! {
                    @match &line.whose {
                        Whose::Own => { "Yours" @if line.status == "in-progress" { ", begun" } },
                        Whose::Role => "Anybody of your role",
                        Whose::Covered(name) => { (name) ", who is away: you cover" },
                    }
                },
            ]);
        }
        let body = html! {
            (tabs(TASKS, Some(self.counts.results), Some(self.counts.tasks)))
            @if self.lines.is_empty() { (Empty::new("No open tasks", "Tasks are made from a chart or from the inbox.")) } @else { (table) }
        };
        let page = Page::new("Tasks", body).here(HERE);
        let page = match self.counts.overdue {
            0 => page,
            n => page.lead(crate::words::say("{0} overdue", &[&n])),
        };
        let Counts { critical, late, .. } = self.counts;
        let look = html! { p { a href=(HERE) { "Look at the results that wait" } } };
        match (late, critical) {
            (0, 0) => page,
            (0, n) => page.notice(
                Banner::new(
                    Tone::Warning,
                    crate::words::say("Critical results that wait: {0}", &[&n]),
                )
                .body(look),
            ),
            (n, _) => page.notice(
                Banner::new(
                    Tone::Danger,
                    crate::words::say(
                        "Critical results that have waited for more than an hour: {0}",
                        &[&n],
                    ),
                )
                .body(look),
            ),
        }
    }

    fn samples() -> Vec<Self> {
        let line = |id: &str, due: &str, priority: &str, whose| Line {
            id: id.into(),
            what: "Call about the potassium".into(),
            patient: "p1".into(),
            name: "Ann Example".into(),
            due: due.into(),
            priority: priority.into(),
            status: "in-progress".into(),
            whose,
            handed_on: false,
        };
        let page = |lines, late| Self {
            lines,
            today: "2026-03-04".into(),
            counts: Counts {
                sent_on: 0,
                results: 4,
                critical: 2,
                late,
                tasks: 2,
                overdue: 1,
            },
        };
        vec![
            page(
                vec![
                    line("t1", "2026-03-01", "stat", Whose::Own),
                    line("t2", "", "routine", Whose::Role),
                    line("t3", "", "routine", Whose::Covered("Eve".into())),
                ],
                1,
            ),
            page(Vec::new(), 0),
        ]
    }
}
