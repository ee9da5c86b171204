//! What is to be done and what was, as tables.

use aceso_desk::duty::Duty;
use aceso_store::{DutyLine, DutyOrigin};
use aceso_web::page::{Button, Column, Csrf, Form, Table, Tag, Tone};
use maud::{Markup, counted, html, known, recalled, say, words};

use super::{Duties, HERE};
use crate::inside::cases::left;
use crate::inside::{bills, cases};

/// Where a duty is seen to.
const fn place(of: Duty) -> Option<(&'static str, &'static str)> {
    match of {
        Duty::BacklogReview => Some((
            "/cases?sort=idle",
            "The open cases, untouched for longest first",
        )),
        Duty::DependencyScan | Duty::ReleaseSbom => Some(("/bills", "The bills of materials")),
        Duty::AnnualReport => Some(("/figures", "The figures, and each year on a page")),
        Duty::ScanProgramme | Duty::CorrectiveAction | Duty::CodeReview | Duty::EmergencyReview => {
            None
        }
    }
}

/// A scan of the programme, by its day.
pub(super) fn scan(duty: &DutyLine) -> String {
    match &duty.done {
        Some((at, _, _)) => say("The scan of {0}", &[&at.date()]),
        None => say("The scan that is due {0}", &[&duty.due.date()]),
    }
}

/// What is to be done: what the desk entered by itself in the reader's language, else as it was entered.
pub(super) fn what(duty: &DutyLine) -> String {
    match &duty.origin {
        DutyOrigin::Itself | DutyOrigin::Scan(_) => known(&duty.what),
        DutyOrigin::Case(id) => format!("{id}: {}", words(duty.kind.what())),
        DutyOrigin::Found { bill, .. } => {
            let found = duty.what.strip_prefix(&format!("{bill}: mend "));
            found.map_or_else(
                || known(&duty.what),
                |found| say("{0}: mend {1}", &[bill, &found]),
            )
        }
    }
}

impl Duties {
    /// Those of some kinds that are open.
    pub(super) fn open(
        &self,
        csrf: &Csrf,
        caption: &'static str,
        of: impl Fn(Duty) -> bool,
    ) -> Table {
        let columns = [
            Column::text("Duty"),
            Column::text("Due"),
            Column::text("Who answers for it"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new(caption, &columns).under_heading();
        let open = self.all.iter().filter(|d| d.done.is_none() && of(d.kind));
        for duty in open {
            let by_itself = duty.kind == Duty::DependencyScan;
            let button = Button::quiet("I answer for it").of(what(duty)).small();
            let own = Form::post(csrf, format!("{HERE}/{}/own", duty.id), html! { (button) });
            table.row(vec![
                html! {
                    (what(duty)) br; span.soft.small { (words(duty.kind.evidence())) }
                    @if let Some((to, label)) = place(duty.kind) { br; a.small href=(to) { (words(label)) } }
                    (self.origin(duty))
                    (self.plan(duty))
                },
                html! { (left(duty.due, self.now)) },
                html! { @match &duty.owner { Some(id) => (self.who(id)), None if by_itself => "The desk, by itself", None => (Tag::new(Tone::Warning, "nobody")) } },
                html! { @if !by_itself && duty.owner.as_ref() != Some(&self.me) { (own.inline()) } },
            ]);
        }
        table
    }

    pub(super) fn over(&self) -> Table {
        let columns = [
            Column::text("Duty"),
            Column::text("Done"),
            Column::text("By"),
            Column::text("Evidence"),
        ];
        let mut table = Table::new("What was done", &columns).under_heading();
        for duty in &self.all {
            let Some((at, by, evidence)) = &duty.done else {
                continue;
            };
            let late = *at > duty.due;
            table.row(vec![
                html! { (what(duty)) (self.origin(duty)) (self.plan(duty)) },
                html! { (at.date()) @if late { " " (Tag::new(Tone::Warning, "late")) } },
                html! { (self.who(by)) },
                html! { @if by.0 == aceso_store::CLERK { (recalled(evidence)) } @else { (evidence) } },
            ]);
        }
        table
    }

    /// What a duty comes of.
    fn origin(&self, duty: &DutyLine) -> Markup {
        match &duty.origin {
            DutyOrigin::Itself => html! {},
            DutyOrigin::Scan(id) => {
                let scan = self.all.iter().find(|d| d.id == *id).map(scan);
                html! { br; span.small { "Of: " (scan.unwrap_or_else(|| say("an earlier scan", &[]))) } }
            }
            DutyOrigin::Case(id) => {
                html! { br; a.small href={ (cases::HERE) "/" (id) } { "The case" } }
            }
            DutyOrigin::Found { bill, component } => html! {
                br; span.small { "Of: " a href=(bills::HERE) { "the nightly comparison of " (bill) } @if !component.is_empty() { ", " (component) } }
            },
        }
    }

    /// How far the plan that came of a scan is.
    fn plan(&self, scan: &DutyLine) -> Markup {
        let of = |d: &&DutyLine| matches!(&d.origin, DutyOrigin::Scan(id) if *id == scan.id);
        let all = self.all.iter().filter(of).count();
        let done = self.all.iter().filter(of).filter(|d| d.done.is_some());
        html! { @if all > 0 { br; span.small { (counted(u64::try_from(all).unwrap_or(u64::MAX), "Its plan: {1} of {0} action done", "Its plan: {1} of {0} actions done", &[&done.count()])) } } }
    }
}
