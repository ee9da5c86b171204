//! A care plan: for which problems and goals, what is done, by when, and how far it is.

use aceso_fhir::{Object, Value};
use aceso_web::page::{Choice, Choices, Entry, Errors, Field, Select};
use aceso_web::site::{Ask, Fields, PageFault, Take};
use maud::{Markup, html};

use super::{PAGE, state};
use crate::Staff;
use crate::chart::entry::{condition, is_mistake};
use crate::chart::write::{coding, one, reference, words};
use crate::chart::{concept, story};
use crate::patient::record::{Wanted, lists};
use crate::patient::sheet::{Record, Writing};
use crate::words::{is_fhir_day, read_day};

/// The form.
#[derive(Clone, Debug, Default)]
pub(crate) struct CarePlan {
    title: String,
    problems: Vec<String>,
    goals: Vec<String>,
    start: String,
    status: String,
    doing: [Activity; ROWS],
    note: String,
}

/// One thing that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Activity {
    what: String,
    due: String,
    status: String,
}

/// What a plan can be for: references, and what people call them.
pub(crate) struct Aims {
    problems: Vec<(String, String)>,
    goals: Vec<(String, String)>,
}

/// So many things to be done stand in the form.
const ROWS: usize = 6;
const WHAT: [&str; ROWS] = ["what-1", "what-2", "what-3", "what-4", "what-5", "what-6"];
const DUE: [&str; ROWS] = ["due-1", "due-2", "due-3", "due-4", "due-5", "due-6"];
const DONE: [&str; ROWS] = ["done-1", "done-2", "done-3", "done-4", "done-5", "done-6"];
/// FHIR's request-status, as far as people choose it.
const STATUS: [(&str, &str); 6] = [
    ("active", "In force"),
    ("draft", "Draft: not agreed on yet"),
    ("on-hold", "On hold"),
    ("completed", "Carried out"),
    ("revoked", "Given up"),
    ("entered-in-error", "It was a mistake: never so"),
];
/// FHIR's care-plan-activity-status, as far as people choose it.
const STEPS: [(&str, &str); 5] = [
    ("not-started", "To do"),
    ("scheduled", "Appointed"),
    ("in-progress", "Going on"),
    ("completed", "Done"),
    ("cancelled", "Dropped"),
];
/// US Core's category of a plan that comes of an assessment.
const CATEGORY: (&str, &str) = (
    "http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
    "assess-plan",
);

fn choices(all: &[(&'static str, &'static str)]) -> Vec<Choice> {
    all.iter().map(|(c, said)| Choice::new(*c, *said)).collect()
}

/// Whether the form shows an activity: what refers to an order of its own stays as it is.
fn in_form(activity: &Value) -> bool {
    activity.get("detail").is_some()
}

impl Record for CarePlan {
    type Options = Aims;
    const KIND: &'static str = "CarePlan";
    const PLACE: &'static str = "plans";
    const PAGE: &'static str = PAGE;
    const TITLES: (&'static str, &'static str) = ("Add a care plan", "A care plan");
    const FIRST: &'static str = "title";

    fn takes() -> Vec<Take> {
        let plain = ["title", "start", "status", "note"].into_iter();
        let rows = WHAT.into_iter().chain(DUE).chain(DONE);
        let all = plain.chain(rows).map(Take::One);
        all.chain(["problem", "goal"].map(Take::Many)).collect()
    }

    async fn options(staff: &Staff, ask: &Ask, _: Option<&Value>) -> Result<Aims, PageFault> {
        let wanted = vec![
            Wanted::new("Condition")
                .with("_sort", "-onset-date")
                .most(200),
            Wanted::new("Goal").most(100),
        ];
        let mut found = lists(staff, ask, &[], wanted).await?.into_iter().flatten();
        let mut named = |name: fn(&Value) -> Option<String>| -> Vec<(String, String)> {
            let found = found.next().unwrap_or_default();
            let real = found.matches.iter().filter(|d| !is_mistake(d));
            let named = real.filter_map(|d| {
                let of = [d.resource_type()?, "/", d.id()?].concat();
                Some((of, name(d)?))
            });
            named.collect()
        };
        Ok(Aims {
            problems: named(|d| story::is_current(d).then(|| condition(d).what)),
            goals: named(|d| concept(d.get("description"))),
        })
    }

    fn typed(fields: &Fields) -> Self {
        let text = |name: &str| fields.trimmed(name).to_owned();
        let many = |name: &str| fields.many(name).map(str::to_owned).collect();
        let mut rows = WHAT.into_iter().zip(DUE).zip(DONE);
        Self {
            title: text("title"),
            problems: many("problem"),
            goals: many("goal"),
            start: text("start"),
            status: text("status"),
            doing: std::array::from_fn(|_| {
                rows.next()
                    .map_or_else(Activity::default, |((what, due), done)| Activity {
                        what: text(what),
                        due: text(due),
                        status: text(done),
                    })
            }),
            note: text("note"),
        }
    }

    fn of(document: &Value) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let many = |name: &str| -> Vec<String> {
            let items = document.items_at(name).iter();
            let all = items.filter_map(|r| r.str_at("reference"));
            all.map(str::to_owned).collect()
        };
        let activities = document.items_at("activity").iter();
        let mut activities = activities.filter(|a| in_form(a));
        Self {
            title: text(document.str_at("title")),
            problems: many("addresses"),
            goals: many("goal"),
            start: text(document.get("period").and_then(|p| p.str_at("start"))),
            status: text(document.str_at("status")),
            doing: std::array::from_fn(|_| activities.next().map(Activity::of).unwrap_or_default()),
            note: String::new(),
        }
    }

    fn check(&self, aims: &Aims, today: &str, errors: &mut Errors) {
        if self.title.is_empty() || self.title.chars().count() > 200 {
            errors.add("title", "Say what the plan is for, in 200 letters at most");
        }
        for (name, said, known) in [
            ("problem", &self.problems, &aims.problems),
            ("goal", &self.goals, &aims.goals),
        ] {
            // What a plan names already may be over by now.
            if said.iter().any(|one| !one.contains('/')) || (said.len() > known.len() + 50) {
                errors.add(name, "Choose among those that are listed");
            }
        }
        if !self.start.is_empty() && (!is_fhir_day(&self.start) || self.start.as_str() > today) {
            errors.add("start", "Enter a day, month or year that is past: 2026-02");
        }
        if !STATUS.iter().any(|(code, _)| *code == self.status) {
            errors.add("status", "Choose how it stands");
        }
        let rows = WHAT.into_iter().zip(DUE).zip(DONE).zip(&self.doing);
        for (((what, due), done), row) in rows {
            row.check([what, due, done], errors);
        }
        let ended = matches!(self.status.as_str(), "revoked" | "entered-in-error");
        if ended && self.note.is_empty() {
            errors.add("note", "Say why");
        }
        if self.note.chars().count() > 2_000 {
            errors.add("note", "2,000 letters at most");
        }
    }

    fn write(&self, aims: &Aims, writing: &Writing, plan: &mut Object) {
        let document = Value::from(plan.clone());
        let before = Self::of(&document);
        plan.set("status", self.status.as_str());
        if plan.get("intent").is_none() {
            plan.set("intent", "plan");
            plan.set("created", writing.now.as_str());
            let category = coding(CATEGORY.0, CATEGORY.1, "");
            let category = Value::from([("coding", one(category))]);
            plan.set("category", one(category));
        }
        plan.set("title", self.title.as_str());
        plan.set("subject", writing.subject.clone());
        for (name, said, then, known) in [
            (
                "addresses",
                &self.problems,
                &before.problems,
                &aims.problems,
            ),
            ("goal", &self.goals, &before.goals, &aims.goals),
        ] {
            refer(plan, name, (said, then), known);
        }
        let period = document.get("period").and_then(Value::as_object);
        let mut period = period.cloned().unwrap_or_default();
        match self.start.as_str() {
            "" => drop(period.remove("start")),
            day => period.set("start", day),
        }
        match self.status.as_str() {
            "completed" | "revoked" if period.get("end").is_none() => {
                period.set("end", writing.now.as_str());
            }
            "active" | "draft" | "on-hold" => drop(period.remove("end")),
            _ => {}
        }
        let some = period.iter().next().is_some();
        match some {
            true => plan.set("period", Value::from(period)),
            false => drop(plan.remove("period")),
        }
        self.write_activities(&before, &document, plan);
        if plan.get("author").is_none()
            && let Some(signer) = &writing.signer
        {
            plan.set("author", signer.clone());
        }
        writing.annotate(plan, &self.note);
    }

    fn fields(&self, aims: &Aims, errors: &Errors) -> Markup {
        let listed = |all: &[(String, String)]| -> Vec<Choice> {
            let all = all.iter().map(|(of, name)| Choice::new(of, name));
            all.collect()
        };
        let rows = WHAT.into_iter().zip(DUE).zip(DONE).zip(&self.doing);
        html! {
            (Field::text("title", "What the plan is for").value(&self.title).errors(errors).longest(200).first())
            div.pair {
                (Select::new("status", "Status", choices(&STATUS)).chosen(&self.status).errors(errors))
                (Field::text("start", "Since").value(&self.start).errors(errors).short().longest(10).optional().hint("A day, month or year: 2026-02"))
            }
            @if !aims.problems.is_empty() {
                (Choices::many("problem", "For which problems", listed(&aims.problems)).chosen(self.problems.clone()).errors(errors))
            }
            @if !aims.goals.is_empty() {
                (Choices::many("goal", "Towards which goals", listed(&aims.goals)).chosen(self.goals.clone()).errors(errors))
            }
            fieldset.group {
                legend { "What is done" }
                @for ((((what, due), done), row), number) in rows.zip(1..) {
                    div.pair {
                        (Field::text(what, crate::words::say("Step {0}", &[&number])).value(&row.what).errors(errors).longest(300).optional())
                        (Field::date(due, crate::words::say("Step {0}: by when", &[&number])).value(&row.due).errors(errors).optional())
                        (Select::new(done, crate::words::say("Step {0}: state", &[&number]), choices(&STEPS)).chosen(&row.status).errors(errors))
                    }
                }
            }
            (Field::area("note", "Note").value(&self.note).errors(errors).optional().hint("Kept with your name and the time."))
        }
    }

    fn line(document: &Value) -> Entry {
        state(story::plan(document), document)
    }

    fn sample() -> (Self, Aims) {
        let mut plan = Self {
            title: "Diabetes care".into(),
            problems: vec!["Condition/c1".into()],
            status: "active".into(),
            ..Self::default()
        };
        if let Some(first) = plan.doing.first_mut() {
            first.what = "Look at the feet".into();
            first.due = "2026-06-01".into();
        }
        let aims = Aims {
            problems: vec![("Condition/c1".into(), "Diabetes".into())],
            goals: vec![("Goal/g1".into(), "Walk every day".into())],
        };
        (plan, aims)
    }
}

/// Sets the references of a list: those that are chosen, and of those that the form did not offer the ones that stood there.
fn refer(
    plan: &mut Object,
    name: &str,
    (said, then): (&[String], &[String]),
    known: &[(String, String)],
) {
    let offered = |one: &&String| known.iter().any(|(of, _)| of == *one);
    let kept = then.iter().filter(|one| !offered(one));
    let chosen = said.iter().filter(offered);
    let all: Vec<Value> = kept
        .chain(chosen)
        .map(|one| reference(one.as_str()))
        .collect();
    match all.is_empty() {
        true => drop(plan.remove(name)),
        false => plan.set(name, all),
    }
}

impl CarePlan {
    fn write_activities(&self, before: &Self, document: &Value, plan: &mut Object) {
        let old = document.items_at("activity");
        let mut kept = self.doing.iter().zip(&before.doing);
        let mut all: Vec<Value> = Vec::with_capacity(old.len() + ROWS);
        for activity in old {
            // What the form has no row for stays.
            let row = if in_form(activity) { kept.next() } else { None };
            match row {
                None => all.push(activity.clone()),
                Some((now, then)) if now == then => all.push(activity.clone()),
                Some((now, _)) => all.extend(now.document(Some(activity))),
            }
        }
        all.extend(kept.filter_map(|(now, _)| now.document(None)));
        match all.is_empty() {
            true => drop(plan.remove("activity")),
            false => plan.set("activity", all),
        }
    }
}

impl Activity {
    fn of(activity: &Value) -> Self {
        let detail = activity.get("detail");
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let period = detail.and_then(|d| d.get("scheduledPeriod"));
        let what = detail.and_then(|d| {
            let said = d.str_at("description").map(str::to_owned);
            concept(d.get("code")).or(said)
        });
        Self {
            what: what.unwrap_or_default(),
            due: text(period.and_then(|p| p.str_at("end"))),
            status: text(detail.and_then(|d| d.str_at("status"))),
        }
    }

    /// As FHIR has it; none where nothing is to be done.
    fn document(&self, old: Option<&Value>) -> Option<Value> {
        if self.what.is_empty() {
            return None;
        }
        let before = old.map(Self::of).unwrap_or_default();
        let detail = old.and_then(|a| a.get("detail")).and_then(Value::as_object);
        let mut detail = detail.cloned().unwrap_or_default();
        if self.what != before.what {
            detail.remove("description");
            detail.set("code", words(&self.what));
        }
        if self.due != before.due {
            for name in ["scheduledTiming", "scheduledString", "scheduledPeriod"] {
                detail.remove(name);
            }
            if !self.due.is_empty() {
                let until = Value::from([("end", Value::from(self.due.as_str()))]);
                detail.set("scheduledPeriod", until);
            }
        }
        detail.set("status", self.status.as_str());
        let activity = old.and_then(Value::as_object);
        let mut activity = activity.cloned().unwrap_or_default();
        activity.set("detail", Value::from(detail));
        Some(Value::from(activity))
    }

    fn check(&self, [what, due, done]: [&str; 3], errors: &mut Errors) {
        if self.what.chars().count() > 300 {
            errors.add(what, "300 letters at most");
        }
        if self.what.is_empty() && !self.due.is_empty() {
            errors.add(what, "Say what is to be done by that day");
        }
        if !self.due.is_empty() && read_day(&self.due).is_none() {
            errors.add(due, "Enter the day as year-month-day");
        }
        let known = ["unknown", "on-hold", "stopped", "entered-in-error"];
        let known = known.contains(&self.status.as_str());
        if !self.what.is_empty() && !known && !STEPS.iter().any(|(c, _)| *c == self.status) {
            errors.add(done, "Choose how far it is");
        }
    }
}
