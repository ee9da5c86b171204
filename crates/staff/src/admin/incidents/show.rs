//! `/admin/incidents/{incident}`: clocks, whom it concerns, the assessment, what was noted; and how it is closed.

use std::collections::{BTreeMap, BTreeSet};

use aceso_base::{Instant, Zone};
use aceso_shield::incident::{Clock, Factor, Finding, clocks};
use aceso_store::{Affected, Concerned, IncidentChange, KeptIncident};
use aceso_web::page::{
    Banner, Button, Column, Crumb, Csrf, Errors, Facts, Field, Form, Link, Page, Table, Tag, Tone,
    View, words,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use jiff::civil::{Date, Weekday};
use maud::{Markup, html};

use super::{HERE, path, state, whose};
use crate::Staff;
use crate::admin::timeline::timeline;
use crate::fault::{fault, weigh};
use crate::words::{counted, rule, when};

const DAY: i64 = 86_400_000;
/// So many patients are listed on the page; the notice and the figures count all.
const LISTED: usize = 1000;

/// The incident.
pub(crate) struct ShowIncident {
    pub(super) kept: KeptIncident,
    pub(super) affected: Affected,
    clocks: Vec<Clock>,
    now: Instant,
    typed: BTreeMap<&'static str, String>,
    errors: Errors,
    done: Option<&'static str>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mut page = find(&staff, &ask).await?;
    page.done = ask.query("done").map(|_| "The incident is kept");
    Ok(Reply::page(&ask, &page))
}

/// One form, three ways to send it: a note, an answer, the end.
pub(crate) async fn change(staff: Staff, ask: Ask) -> Outcome {
    let names = ["note", "finding", "version"];
    let all = names.into_iter().chain(Factor::ALL.map(Factor::name));
    let all: Vec<Take> = all.map(Take::One).collect();
    let fields = ask.fields(&all)?;
    let mut page = find(&staff, &ask).await?;
    for name in Factor::ALL.map(Factor::name).into_iter().chain(["note"]) {
        page.typed.insert(name, fields.trimmed(name).to_owned());
    }
    let version = fields.one("version").parse().unwrap_or_default();
    let (field, change) = page.change(fields.one("finding"));
    let (store, caller) = (staff.store(), ask.caller()?);
    let done = store
        .change_incident(caller, &page.kept.id, version, change)
        .await;
    match weigh(done)? {
        Ok(()) => Ok(Reply::to(Local::with(
            &path(&page.kept.id),
            &[("done", "kept")],
        ))),
        Err(refusal) => {
            page.errors.add(field, rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

pub(super) async fn find(staff: &Staff, ask: &Ask) -> Result<ShowIncident, PageFault> {
    let (store, caller) = (staff.store(), ask.caller()?);
    let id = ask.param("incident");
    let kept = store.incident(caller, id).await.map_err(fault)?;
    let affected = store.affected(caller, id).await.map_err(fault)?;
    let settings = staff.settings();
    let calendar = (&settings.zone, settings.holidays.as_slice());
    let clocks = due(&kept, affected.patients.len(), calendar);
    Ok(ShowIncident {
        kept,
        affected,
        clocks,
        now: store.now(),
        typed: BTreeMap::new(),
        errors: Errors::none(),
        done: None,
    })
}

/// The clinic's clocks, and the days on which nobody works.
type Calendar<'a> = (&'a Zone, &'a [Date]);

/// The clocks. Where people live is in records that the reviewer may not see: they are counted as of one state.
fn due(kept: &KeptIncident, people: usize, (zone, holidays): Calendar<'_>) -> Vec<Clock> {
    let discovered = Instant::from_millis(kept.incident.discovered);
    let next = zone.shown(discovered).year().saturating_add(1);
    let year_ends = jiff::civil::Date::new(next, 1, 1).map_or(discovered, |day| zone.begins(day));
    let by_state = [(crate::words::say("one state", &[]), people)].into();
    let business = business(discovered, (zone, holidays));
    clocks(discovered, &by_state, year_ends, business)
}

/// The same time of day, five days from Monday to Friday later that are no holidays.
fn business(from: Instant, (zone, holidays): Calendar<'_>) -> Instant {
    let is_workday = |at: &Instant| {
        let day = zone.shown(*at).date();
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays.contains(&day)
    };
    let days = (1..).map(|number| from.plus_millis(number * DAY));
    days.filter(is_workday).nth(4).unwrap_or(from)
}

fn joined(all: &BTreeSet<String>) -> String {
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    all.join(", ")
}

impl ShowIncident {
    /// What was sent: the first of what differs from what is kept; and the field that it stands in.
    fn change(&self, finding: &str) -> (&'static str, IncidentChange) {
        let typed = |name: &str| self.typed.get(name).cloned().unwrap_or_default();
        for known in [Finding::LowProbability, Finding::Breach] {
            if finding == known.name() {
                return ("finding", IncidentChange::Close(known));
            }
        }
        let kept = |factor: Factor| {
            self.kept
                .incident
                .factors
                .get(&factor)
                .cloned()
                .unwrap_or_default()
        };
        let changed = Factor::ALL.into_iter().find(|factor| {
            let typed = typed(factor.name());
            !typed.is_empty() && typed != kept(*factor)
        });
        match changed {
            Some(factor) => (
                factor.name(),
                IncidentChange::Factor(factor, typed(factor.name())),
            ),
            None => ("note", IncidentChange::Note(typed("note"))),
        }
    }

    fn facts(&self) -> Facts {
        let incident = &self.kept.incident;
        let at = |millis| when(Instant::from_millis(millis));
        Facts::new()
            .show("State", html! { (state(&self.kept)) })
            .show("Discovered", at(incident.discovered))
            .show("Whose accesses", whose(&self.kept))
            .show(
                "Time",
                html! { (at(incident.from)) " to " (at(incident.until)) },
            )
            .show(
                "Log frozen at",
                html! { "entry " span.mono { (incident.last_entry) } },
            )
    }

    fn due(&self) -> Markup {
        let columns = [
            Column::text("What"),
            Column::text("By when"),
            Column::text("Rule"),
            Column::text("Left"),
        ];
        let mut table = Table::new("Clocks", &columns).under_heading();
        for clock in &self.clocks {
            let left = (clock.due.millis() - self.now.millis()).div_euclid(DAY);
            let tag = match left {
                ..0 => Tag::new(Tone::Danger, "late"),
                0..3 => Tag::new(Tone::Warning, "less than three days"),
                days => Tag::plain(counted(days.unsigned_abs(), "{0} day", "{0} days", &[])),
            };
            table.row(vec![
                html! { (words(clock.what)) },
                html! { (when(clock.due)) },
                html! { (words(clock.rule)) },
                html! { (tag) },
            ]);
        }
        html! { (table) }
    }

    fn people(&self) -> Markup {
        let affected = &self.affected;
        let columns = [
            Column::text("Patient"),
            Column::text("What of the record"),
            Column::text("How"),
            Column::number("Entries"),
        ];
        let mut table = Table::new("Patients", &columns).under_heading();
        for (id, concerned) in affected.patients.iter().take(LISTED) {
            table.row(vec![
                html! { a href=(format!("/patients/{id}")) { span.mono.nowrap { (id) } } },
                html! { (joined(&concerned.kinds)) },
                html! { (joined(&concerned.acts)) },
                html! { (concerned.entries) },
            ]);
        }
        html! {
            p { (affected.patients.len()) " patients, from " (affected.looked_at) " entries of the log." }
            @if affected.unsaid > 0 {
                p { (affected.unsaid) " entries do not say whom they are about: they were erased, or are of an older release." }
            }
            @if affected.patients.len() > LISTED { p.soft { "The first " (LISTED) " are listed." } }
            @if !table.is_empty() { (table) }
        }
    }

    fn form(&self, csrf: &Csrf, fields: Markup) -> Markup {
        let form = Form::post(csrf, path(&self.kept.id), fields);
        html! { (form.keep("version", self.kept.version.to_string())) }
    }

    fn forms(&self, csrf: &Csrf) -> Markup {
        let answer = |factor: Factor| {
            let kept = self
                .kept
                .incident
                .factors
                .get(&factor)
                .map_or("", String::as_str);
            let typed = self.typed.get(factor.name()).map_or(kept, String::as_str);
            let field = Field::area(factor.name(), factor.question()).value(typed);
            let field = field.errors(&self.errors).longest(4000);
            html! { (field) div.buttons { (Button::secondary("Keep the answer").of(factor.question())) } }
        };
        let note = self.typed.get("note").map_or("", String::as_str);
        let note = Field::area("note", "What was found out or done").value(note);
        let note = note.errors(&self.errors).longest(4000);
        let ends = html! {
            div.buttons {
                (Button::secondary("Close: low probability").says("finding", Finding::LowProbability.name()))
                (Button::danger("Close: a breach").says("finding", Finding::Breach.name()))
            }
        };
        html! {
            section.card { h2 { "Note something" } (self.form(csrf, html! { (self.errors) (note) div.buttons { (Button::primary("Keep the note")) } })) }
            section.card {
                h2 { "Assessment" }
                p.soft { "Whether there is a low probability that health information was compromised (45 CFR 164.402). All four have to be answered before the incident can be closed." }
                @for factor in Factor::ALL { (self.form(csrf, answer(factor))) }
            }
            section.card { h2 { "Close" } (self.form(csrf, ends)) }
        }
    }
}

impl View for ShowIncident {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            section.card { h2 { "The incident" } (self.facts()) div.buttons { (Link::secondary("Draft of the notice", format!("{}/notice", path(&self.kept.id)))) } }
            section.card { h2 { "By when" } (self.due()) }
            section.card { h2 { "Timeline" } (timeline(self.kept.incident.notes.iter().map(|note| (note.at, &*note.by, &*note.text)))) }
            @if self.kept.closed.is_none() { (self.forms(csrf)) }
            section.card { h2 { "Whom it concerns" } (self.people()) }
        };
        let page = Page::new(self.kept.incident.title.clone(), body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("Incidents", HERE)]);
        match self.done {
            Some(done) => page.notice(Banner::new(Tone::Good, done)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let kept = super::sample();
        let concerned = Concerned {
            kinds: ["Condition".to_owned(), "Patient".to_owned()].into(),
            acts: ["read".to_owned()].into(),
            first: 12,
            entries: 3,
        };
        let affected = Affected {
            patients: [("p7".to_owned(), concerned)].into(),
            looked_at: 400,
            unsaid: 2,
        };
        let closed = KeptIncident {
            closed: Some(kept.opened.plus_millis(DAY)),
            ..kept.clone()
        };
        let sample = |kept: KeptIncident| Self {
            clocks: due(&kept, 1, (&Zone::default(), &[])),
            now: kept.opened.plus_millis(2 * DAY),
            kept,
            affected: affected.clone(),
            typed: BTreeMap::new(),
            errors: Errors::one(
                "note",
                crate::words::rule(&"say in at most 4000 letters what is to be kept"),
            ),
            done: Some("The incident is kept"),
        };
        vec![sample(kept), sample(closed)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, holidays: &[&str], expected: &str) {
        let zone = Zone::named("America/New_York").unwrap();
        let holidays: Vec<Date> = holidays.iter().map(|day| day.parse().unwrap()).collect();
        let at: jiff::Timestamp = from.parse().unwrap();
        let from = Instant::from_millis(at.as_millisecond());
        let due = business(from, (&zone, &holidays));
        assert_eq!(due.to_fhir(), expected, "{holidays:?}");
    }

    #[test]
    fn b2_five_business_days_leave_out_weekends_and_holidays_of_the_clinics_calendar() {
        // A Thursday.
        let from = "2026-12-17T15:00:00Z";
        check(from, &[], "2026-12-24T15:00:00.000Z");
        check(from, &["2026-12-24"], "2026-12-25T15:00:00.000Z");
        let season = ["2026-12-24", "2026-12-25", "2026-12-26", "2026-12-28"];
        check(from, &season, "2026-12-29T15:00:00.000Z");
        // Late on a Friday in New York is Saturday elsewhere.
        check("2026-12-19T03:00:00Z", &[], "2026-12-26T03:00:00.000Z");
    }
}
