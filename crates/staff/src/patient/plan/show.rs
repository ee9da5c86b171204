//! `GET /patients/{patient}/plan`: care plans, goals and care teams, those in force first.

use aceso_fhir::Value;
use aceso_web::page::{Card, Csrf, Entries, Entry, Page, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use super::PAGE;
use super::care_plan::CarePlan;
use super::goal::Goal;
use super::team::Team;
use crate::Staff;
use crate::chart::entry::is_mistake;
use crate::chart::{concept, story};
use crate::patient::listed::Listed;
use crate::patient::record::{Found, Wanted};
use crate::patient::top::{Top, open};
use crate::words::{fhir_day, fhir_field_day};

/// The page.
pub(crate) struct Plan {
    top: Top,
    plans: Listed,
    goals: Listed,
    teams: Listed,
    /// What is to be done by when, the most urgent first.
    steps: Vec<Step>,
}

/// Something that a plan in force wants done.
struct Step {
    what: String,
    /// As FHIR writes days; empty where there is none.
    due: String,
    plan: String,
    late: Late,
}

/// Whether a step's day has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    Yes,
    No,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let wanted = vec![
        Wanted::new("CarePlan").with("_sort", "-date").most(100),
        Wanted::new("Goal").with("_sort", "-start-date").most(200),
        Wanted::new("CareTeam")
            .with("_include", "CareTeam:participant")
            .most(50),
    ];
    let mut opened = open(&staff, &ask, wanted).await?;
    let mut take = || opened.take().unwrap_or_default();
    let (plans, goals, teams) = (take(), take(), take());
    let steps = steps(&plans, &opened.today);
    let active = |d: &Value| d.str_at("status") == Some("active");
    let open_goal = |d: &Value| {
        !matches!(
            d.str_at("lifecycleStatus"),
            Some("completed" | "cancelled" | "rejected")
        )
    };
    let page = Plan {
        plans: Listed::of::<CarePlan>(&staff, &ask, &plans, active)?,
        goals: Listed::of::<Goal>(&staff, &ask, &goals, open_goal)?,
        teams: Listed::saying::<Team>(&staff, &ask, &teams, active, |d| members(d, &teams))?,
        steps,
        top: opened.top,
    };
    Ok(Reply::page(&ask, &page))
}

/// A team's line says who is in it.
fn members(team: &Value, found: &Found) -> Entry {
    let all = team.items_at("participant").iter().filter_map(|one| {
        let name = found.name(one.get("member"))?;
        let role = one.items_at("role").first();
        Some(match role.and_then(|r| concept(Some(r))) {
            Some(role) => format!("{name} ({role})"),
            None => name,
        })
    });
    let said: Vec<String> = all.collect();
    Entry::new(
        team.str_at("name")
            .map_or_else(|| crate::words::known("Care team"), str::to_owned),
    )
    .more(said.join(", "))
}

fn steps(plans: &Found, today: &str) -> Vec<Step> {
    let active = plans
        .matches
        .iter()
        .filter(|d| d.str_at("status") == Some("active"));
    let mut all: Vec<Step> = active
        .flat_map(|plan| {
            let title = plan
                .str_at("title")
                .map_or_else(|| crate::words::known("Care plan"), str::to_owned);
            let open = plan.items_at("activity").iter().filter_map(|a| {
                let detail = a.get("detail")?;
                let over = matches!(
                    detail.str_at("status"),
                    Some("completed" | "cancelled" | "stopped" | "entered-in-error")
                );
                let what = concept(detail.get("code"));
                let what = what.or_else(|| detail.str_at("description").map(str::to_owned));
                let end = detail.get("scheduledPeriod").and_then(|p| p.str_at("end"));
                let due = end.map(fhir_field_day).unwrap_or_default();
                let late = match !due.is_empty() && due.as_str() < today {
                    true => Late::Yes,
                    false => Late::No,
                };
                (!over).then_some(Step {
                    what: what?,
                    due,
                    plan: title.to_owned(),
                    late,
                })
            });
            open.collect::<Vec<_>>()
        })
        .collect();
    // Without a day, last.
    all.sort_by_key(|step| (step.due.is_empty(), step.due.clone()));
    all
}

impl Plan {
    fn to_do(&self) -> Markup {
        let lines = self.steps.iter().map(|step| {
            let entry = Entry::new(&step.what)
                .more(&step.plan)
                .end(fhir_day(&step.due));
            match step.late {
                Late::Yes => entry.tag(Tag::new(Tone::Danger, "overdue")),
                Late::No => entry,
            }
        });
        html! { (Entries::new(lines.collect())) }
    }
}

impl View for Plan {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            div.sections {
                @if !self.steps.is_empty() { (Card::new("To be done", self.to_do())) }
                (self.plans.card("Care plans", "a care plan", "No plan in force that you can see."))
                (self.goals.card("Goals", "a goal", "No goals that you can see."))
                (self.teams.card("Care teams", "a care team", "No team that you can see."))
            }
        };
        self.top.page(csrf, PAGE, body)
    }

    fn samples() -> Vec<Self> {
        vec![
            Self {
                top: Top::sample(),
                plans: Listed::sample("Diabetes care"),
                goals: Listed::sample("Walk every day"),
                teams: Listed::sample("Diabetes"),
                steps: vec![Step {
                    what: "Look at the feet".into(),
                    due: "2026-02-01".into(),
                    plan: "Diabetes care".into(),
                    late: Late::Yes,
                }],
            },
            Self {
                top: Top::sample(),
                plans: Listed::default(),
                goals: Listed::default(),
                teams: Listed::default(),
                steps: Vec::new(),
            },
        ]
    }
}

/// What the chart's first page says of what is planned, with the way to all of it.
pub(crate) fn glance(plans: &Found, goals: &Found, team: &Found, base: &str) -> Option<Card> {
    let lines = |found: &Found, line: fn(&Value) -> Entry| -> Vec<Entry> {
        let real = found.matches.iter().filter(|d| !is_mistake(d));
        real.map(line).collect()
    };
    let (plan, goal) = (lines(plans, story::plan), lines(goals, story::goal));
    let team = story::team(team);
    if plan.is_empty() && goal.is_empty() && team.is_empty() {
        return None;
    }
    let body = html! {
        (Entries::new(plan))
        @if !goal.is_empty() { h3 { "Goals" } (Entries::new(goal)) }
        @if !team.is_empty() { h3 { "Care team" } (Entries::new(team)) }
    };
    Some(Card::new("Care plan", body).act("All", "care plans", [base, PAGE].concat()))
}
