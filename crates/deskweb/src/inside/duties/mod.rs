//! `/duties`: what the desk does whether or not somebody reports something.

mod lists;

use aceso_desk::When;
use aceso_desk::case::PartyId;
use aceso_desk::duty::Duty;
use aceso_store::{DeskError, DeskPerson, DutyLine, DutyOrigin, NewDeskDuty};
use aceso_web::page::{
    Banner, Button, Card, Choice, Csrf, Empty, Errors, Field, Form, Layout, Page, Select, Tone,
    View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::{Markup, html, known, say};

use super::words::{called, key, of_key};
use crate::DeskWeb;
use crate::fault::{fault, sentence};

/// The address of the list.
pub(crate) const HERE: &str = "/duties";

/// The list.
pub(crate) struct Duties {
    all: Vec<DutyLine>,
    people: Vec<DeskPerson>,
    me: PartyId,
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
        me: desk.me(caller),
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
    let fields = ["kind", "what", "owner", "due", "scan"].map(Take::One);
    let typed = ask.fields(&fields)?;
    let mut errors = Errors::none();
    let Some(new) = read(&typed, &mut errors).filter(|_| errors.is_empty()) else {
        let page = look(&web, &ask).await?;
        let page = Duties {
            typed,
            errors,
            ..page
        };
        return Ok(Reply::wrong(&ask, &page));
    };
    let added = web.desk().add_duty(ask.caller()?, new).await;
    refused(&web, &ask, typed, added).await
}

/// What somebody enters.
fn read(typed: &Fields, errors: &mut Errors) -> Option<NewDeskDuty> {
    let kind: Option<Duty> = of_key(typed.trimmed("kind"));
    let kind = kind.filter(|kind| kind.is_entered());
    if kind.is_none() {
        errors.add("kind", "Choose one");
    }
    let due: Option<When> = format!("{}T23:59:59Z", typed.trimmed("due")).parse().ok();
    if due.is_none() {
        errors.add("due", "Choose a day");
    }
    let what = typed.trimmed("what").to_owned();
    if what.is_empty() {
        errors.add("what", "Say what is to be done");
    }
    let scan = typed.trimmed("scan");
    Some(NewDeskDuty {
        kind: kind?,
        what,
        owner: Some(PartyId(typed.trimmed("owner").to_owned())),
        due: due?,
        origin: match scan.is_empty() || kind? != Duty::CorrectiveAction {
            true => DutyOrigin::Itself,
            false => DutyOrigin::Scan(scan.to_owned()),
        },
    })
}

/// What came of an act; a rule that stands against it is told on the page.
async fn refused(web: &DeskWeb, ask: &Ask, typed: Fields, done: Result<(), DeskError>) -> Outcome {
    match done {
        Ok(()) => Ok(Reply::to_path(HERE)),
        Err(DeskError::Rule(why)) => {
            let page = look(web, ask).await?;
            let page = Duties {
                typed,
                refused: Some(sentence(&known(why))),
                ..page
            };
            Ok(Reply::wrong(ask, &page))
        }
        Err(other) => Err(fault(other)),
    }
}

impl Duties {
    fn who(&self, id: &PartyId) -> String {
        called(&self.people, &id.0).unwrap_or_else(|| say("somebody who left", &[]))
    }

    /// Says that something is done; what the desk sees by itself is none of it.
    fn finish(&self, csrf: &Csrf) -> Markup {
        let open = self.all.iter().filter(|d| d.done.is_none());
        let open = open.filter(|d| !d.kind.is_seen());
        let choices = open.map(|d| Choice::new(d.id.clone(), lists::what(d)));
        let body = html! {
            (Select::new("duty", "Duty", choices.collect()).chosen(self.typed.one("duty")))
            (Field::text("evidence", "What shows that it is done").value(self.typed.one("evidence")).errors(&self.errors))
            div.buttons { (Button::primary("It is done")) }
        };
        html! { (Form::post(csrf, format!("{HERE}/done"), body)) }
    }

    fn enter(&self, csrf: &Csrf) -> Markup {
        let kinds = Duty::ALL.into_iter().filter(|d| d.is_entered());
        let kinds = kinds.map(|kind| Choice::new(key(&kind), kind.what()));
        let people = self.people.iter();
        let people = people.map(|p| Choice::new(&*p.id.0, p.name.clone()));
        let owner = match self.typed.one("owner") {
            "" => self.me.0.as_str(),
            typed => typed,
        };
        let none = Choice::new("", "None");
        let scans = self.all.iter().filter(|d| d.kind == Duty::ScanProgramme);
        let scans = scans.map(|d| Choice::new(d.id.clone(), lists::scan(d)));
        let body = html! {
            (self.errors)
            (Select::new("kind", "Kind", kinds.collect()).chosen(self.typed.one("kind")).errors(&self.errors))
            (Field::text("what", "What is to be done").value(self.typed.one("what")).errors(&self.errors))
            (Select::new("scan", "The scan that it comes of", [none].into_iter().chain(scans).collect()).chosen(self.typed.one("scan")).hint("Of a corrective action"))
            (Select::new("owner", "Who answers for it", people.collect()).chosen(owner))
            (Field::date("due", "Until").value(self.typed.one("due")).errors(&self.errors))
            div.buttons { (Button::primary("Enter")) }
        };
        html! { (Form::post(csrf, HERE, body)) }
    }
}

impl View for Duties {
    fn page(&self, csrf: &Csrf) -> Page {
        let standing = self.open(csrf, "What is to be done", |kind| {
            kind != Duty::CorrectiveAction
        });
        let actions = self.open(csrf, "Corrective actions", |kind| {
            kind == Duty::CorrectiveAction
        });
        let over = self.over();
        let body = html! {
            @if standing.is_empty() && actions.is_empty() { (Empty::new("Nothing is to be done", "What comes back by itself is entered when the desk runs.")) } @else {
                (standing)
                @if !actions.is_empty() { (Card::new("Corrective actions", html! { (actions) })) }
                (Card::new("Say that something is done", self.finish(csrf)))
            }
            (Card::new("Enter a corrective action, or a release", self.enter(csrf)))
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
        let me = PartyId("m1".into());
        let one = |kind: Duty, days: i64, done: bool| DutyLine {
            id: format!("d{days}"),
            kind,
            what: kind.what().into(),
            owner: Some(me.clone()).filter(|_| days > 0),
            due: now.plus_days(days),
            done: done.then(|| (now, me.clone(), "reports/2026/scan.pdf".to_owned())),
            origin: DutyOrigin::Itself,
        };
        let of = |origin: DutyOrigin, kind: Duty, days: i64| DutyLine {
            origin,
            ..one(kind, days, false)
        };
        let found = DutyOrigin::Found {
            bill: "Portal".into(),
            component: "pkg:cargo/time@0.1.42".into(),
        };
        let all = vec![
            one(Duty::BacklogReview, -2, false),
            one(Duty::DependencyScan, 1, false),
            one(Duty::ScanProgramme, 40, false),
            of(
                DutyOrigin::Case("C-2026-0001".into()),
                Duty::EmergencyReview,
                9,
            ),
            of(DutyOrigin::Scan("d40".into()), Duty::CorrectiveAction, 12),
            of(found, Duty::CorrectiveAction, 30),
            one(Duty::AnnualReport, -60, true),
        ];
        let page = |all, refused| Self {
            all,
            people: super::samples::people(),
            me: me.clone(),
            now,
            typed: Fields::default(),
            errors: Errors::none(),
            refused,
        };
        let why = "What stood against it.".to_owned();
        vec![page(Vec::new(), None), page(all, Some(why))]
    }
}
