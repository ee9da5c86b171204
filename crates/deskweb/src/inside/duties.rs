//! `/duties`: what the desk does whether or not somebody reports something.

use aceso_desk::When;
use aceso_desk::duty::Duty;
use aceso_store::{DeskError, DeskPerson, DutyLine};
use aceso_web::page::{
    Banner, Button, Card, Choice, Column, Csrf, Empty, Errors, Field, Form, Layout, Page, Select,
    Table, Tag, Tone, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::cases::left;
use super::words::{key, of_key};
use crate::DeskWeb;
use crate::fault::{fault, sentence};

/// The address of the list.
pub(crate) const HERE: &str = "/duties";

/// The list.
pub(crate) struct Duties {
    all: Vec<DutyLine>,
    people: Vec<DeskPerson>,
    now: When,
    typed: Fields,
    errors: Errors,
    /// Why something was not done.
    refused: Option<String>,
}

async fn look(web: &DeskWeb, ask: &Ask) -> Result<Duties, PageFault> {
    let (desk, caller) = (web.desk(), ask.caller()?);
    Ok(Duties {
        all: desk.duties(caller).await.map_err(fault)?,
        people: desk.people(caller).await.map_err(fault)?,
        now: desk.now(),
        typed: Fields::default(),
        errors: Errors::none(),
        refused: None,
    })
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let page = look(&web, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn own(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let owned = web.desk().own_duty(ask.caller()?, ask.param("duty"));
    owned.await.map_err(fault)?;
    Ok(Reply::to_path(HERE))
}

pub(crate) async fn done(web: DeskWeb, ask: Ask) -> Outcome {
    let typed = ask.fields(&[Take::One("duty"), Take::One("evidence")])?;
    let evidence = typed.trimmed("evidence").to_owned();
    let duty = typed.trimmed("duty");
    let done = web.desk().do_duty(ask.caller()?, duty, evidence).await;
    refused(&web, &ask, typed.clone(), done).await
}

pub(crate) async fn add(web: DeskWeb, ask: Ask) -> Outcome {
    let fields = [Take::One("kind"), Take::One("what"), Take::One("due")];
    let typed = ask.fields(&fields)?;
    let kind: Option<Duty> = of_key(typed.trimmed("kind"));
    let kind = kind.filter(|kind| kind.every_days().is_none());
    let due: Option<When> = format!("{}T23:59:59Z", typed.trimmed("due")).parse().ok();
    let mut errors = Errors::none();
    if typed.trimmed("what").is_empty() {
        errors.add("what", "Say what is to be done");
    }
    let (Some(kind), Some(due), true) = (kind, due, errors.is_empty()) else {
        if due.is_none() {
            errors.add("due", "Choose a day");
        }
        let page = look(&web, &ask).await?;
        let page = Duties {
            typed,
            errors,
            ..page
        };
        return Ok(Reply::wrong(&ask, &page));
    };
    let what = typed.trimmed("what").to_owned();
    let added = web.desk().add_duty(ask.caller()?, kind, what, due).await;
    refused(&web, &ask, typed, added).await
}

/// Where a duty is seen to.
const fn place(of: Duty) -> Option<(&'static str, &'static str)> {
    match of {
        Duty::BacklogReview => Some((
            "/cases?sort=idle",
            "The open cases, untouched for longest first",
        )),
        Duty::DependencyScan | Duty::ReleaseSbom => Some(("/bills", "The bills of materials")),
        Duty::AnnualReport => Some(("/figures", "The figures, and each year on a page")),
        Duty::ScanProgramme | Duty::CorrectiveAction | Duty::CodeReview => None,
    }
}

/// What came of an act; a rule that stands against it is told on the page.
async fn refused(web: &DeskWeb, ask: &Ask, typed: Fields, done: Result<(), DeskError>) -> Outcome {
    match done {
        Ok(()) => Ok(Reply::to_path(HERE)),
        Err(DeskError::Rule(why)) => {
            let page = look(web, ask).await?;
            let page = Duties {
                typed,
                refused: Some(sentence(why)),
                ..page
            };
            Ok(Reply::wrong(ask, &page))
        }
        Err(other) => Err(fault(other)),
    }
}

impl Duties {
    fn who(&self, id: &aceso_desk::case::PartyId) -> String {
        let found = self.people.iter().find(|p| p.id == *id);
        match found {
            Some(person) => person.name.clone(),
            None if id.0 == aceso_store::CLERK => "The desk".to_owned(),
            None => "somebody who left".to_owned(),
        }
    }

    fn open(&self, csrf: &Csrf) -> Table {
        let columns = [
            Column::text("Duty"),
            Column::text("Due"),
            Column::text("Who answers for it"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("What is to be done", &columns).under_heading();
        for duty in self.all.iter().filter(|d| d.done.is_none()) {
            let by_itself = duty.kind == Duty::DependencyScan;
            let button = Button::quiet("I answer for it")
                .of(duty.what.clone())
                .small();
            let own = Form::post(csrf, format!("{HERE}/{}/own", duty.id), html! { (button) });
            table.row(vec![
                html! {
                    (duty.what) br; span.soft.small { (duty.kind.evidence()) }
                    @if let Some((to, label)) = place(duty.kind) { br; a.small href=(to) { (label) } }
                },
                html! { (left(duty.due, self.now)) },
                html! { @match &duty.owner { Some(id) => (self.who(id)), None if by_itself => "The desk, by itself", None => (Tag::new(Tone::Warning, "nobody")) } },
                html! { @if !by_itself { (own.inline()) } },
            ]);
        }
        table
    }

    fn over(&self) -> Table {
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
                html! { (duty.what) },
                html! { (at.date()) @if late { " " (Tag::new(Tone::Warning, "late")) } },
                html! { (self.who(by)) },
                html! { (evidence) },
            ]);
        }
        table
    }

    /// Says that something is done; what the desk does by itself is none of it.
    fn finish(&self, csrf: &Csrf) -> Markup {
        let open = self
            .all
            .iter()
            .filter(|d| d.done.is_none() && d.kind != Duty::DependencyScan);
        let choices = open.map(|d| Choice::new(d.id.clone(), d.what.clone()));
        let body = html! {
            (Select::new("duty", "Duty", choices.collect()).chosen(self.typed.one("duty")))
            (Field::text("evidence", "What shows that it is done").value(self.typed.one("evidence")).errors(&self.errors))
            div.buttons { (Button::primary("It is done")) }
        };
        html! { (Form::post(csrf, format!("{HERE}/done"), body)) }
    }

    fn enter(&self, csrf: &Csrf) -> Markup {
        let once = Duty::ALL.into_iter().filter(|d| d.every_days().is_none());
        let kinds = once.map(|kind| Choice::new(key(&kind), kind.what()));
        let body = html! {
            (self.errors)
            (Select::new("kind", "Kind", kinds.collect()).chosen(self.typed.one("kind")))
            (Field::text("what", "What is to be done").value(self.typed.one("what")).errors(&self.errors))
            (Field::date("due", "Until").value(self.typed.one("due")).errors(&self.errors))
            div.buttons { (Button::primary("Enter")) }
        };
        html! { (Form::post(csrf, HERE, body)) }
    }
}

impl View for Duties {
    fn page(&self, csrf: &Csrf) -> Page {
        let (open, over) = (self.open(csrf), self.over());
        let body = html! {
            @if open.is_empty() { (Empty::new("Nothing is to be done", "What comes back by itself is entered when the desk runs.")) } @else {
                (open)
                (Card::new("Say that something is done", self.finish(csrf)))
            }
            (Card::new("Enter a step of a plan, or a release", self.enter(csrf)))
            @if !over.is_empty() { (Card::new("What was done", html! { (over) })) }
        };
        let page = Page::new("Standing duties", body)
            .layout(Layout::Wide)
            .here(HERE)
            .lead("Scans, reviews, bills of materials and reports, each with its day. Who answers for one is told by mail a week before, and again while it is late.");
        match &self.refused {
            Some(why) => {
                page.notice(Banner::new(Tone::Danger, "This was not done").text(why.clone()))
            }
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        let me = aceso_desk::case::PartyId("m1".into());
        let one = |kind: Duty, days: i64, done: bool| DutyLine {
            id: format!("d{days}"),
            kind,
            what: kind.what().into(),
            owner: Some(me.clone()).filter(|_| days > 0),
            due: now.plus_days(days),
            done: done.then(|| (now, me.clone(), "reports/2026/scan.pdf".to_owned())),
        };
        let all = vec![
            one(Duty::BacklogReview, -2, false),
            one(Duty::DependencyScan, 1, false),
            one(Duty::ScanProgramme, 40, false),
            one(Duty::AnnualReport, -60, true),
        ];
        let page = |all, refused| Self {
            all,
            people: super::samples::people(),
            now,
            typed: Fields::default(),
            errors: Errors::none(),
            refused,
        };
        let why = "Say what shows that it is done.".to_owned();
        vec![page(Vec::new(), None), page(all, Some(why))]
    }
}
