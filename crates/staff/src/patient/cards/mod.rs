//! The cards of the chart's first page, each where the reader sees something of it.

mod desk;
mod papers;

use aceso_policy::{Action, Task};
use aceso_web::page::{Card, Entries, Entry, Measured, Tag, Tone};
use aceso_web::site::{Ask, PageFault};
use maud::{Markup, Render, html};

use super::banner::Allergies;
use super::entry::List;
use super::path;
use super::plan::show::glance;
use super::problem_order;
use super::record::{Found, Wanted};
use super::save::{may, may_add};
use super::top::{Opened, Top};
use super::visit;
use crate::Staff;
use crate::chart::entry::{Line, condition, is_mistake, medication};
use crate::chart::measured::{header, series};
use crate::chart::result::{Test, tests};
use crate::chart::story;

/// What the page offers to write, by what the reader's role ever writes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Writes {
    pub(super) vitals: bool,
    problems: bool,
    allergies: bool,
    medications: bool,
    pub(super) notes: bool,
    pub(super) orders: bool,
    vaccines: bool,
    particulars: bool,
    appointments: bool,
    documents: bool,
    /// Whether the reader may see who looked.
    pub(super) looks: bool,
}

impl Writes {
    pub(super) fn of(staff: &Staff, ask: &Ask) -> Result<Self, PageFault> {
        Ok(Self {
            vitals: may_add(staff, ask, "Observation")?,
            problems: may_add(staff, ask, "Condition")?,
            allergies: may_add(staff, ask, "AllergyIntolerance")?,
            medications: may_add(staff, ask, "MedicationStatement")?,
            notes: may_add(staff, ask, "Composition")?,
            vaccines: may_add(staff, ask, "Immunization")?,
            orders: may_add(staff, ask, "ServiceRequest")?
                || may_add(staff, ask, "MedicationRequest")?,
            particulars: may(staff, ask, Action::Update, "Patient")?,
            appointments: may_add(staff, ask, "Slot")?,
            documents: may_add(staff, ask, "DocumentReference")?,
            looks: staff.offers(ask.caller()?, Task::ReadAudit),
        })
    }

    /// One for samples.
    pub(super) fn sample() -> Self {
        Self {
            vitals: true,
            looks: true,
            ..Self::default()
        }
    }
}

/// With the way to add something, where the page offers it.
fn adding(card: Card, may: bool, of: &'static str, to: &[&str]) -> Card {
    if may {
        card.act("Add", of, to.concat())
    } else {
        card
    }
}

/// So many tests stand on the first page.
const TESTS: usize = 12;

/// What the page asks for, in the order in which [`cards`] takes it.
pub(super) fn wanted(staff: &Staff) -> Vec<Wanted> {
    let today = crate::words::field_day(staff.store().now());
    vec![
        Wanted::new("Condition")
            .with("_sort", "-onset-date")
            .most(200),
        problem_order::wanted(),
        Wanted::prescribed(60),
        Wanted::taken(40),
        Wanted::measured(120),
        Wanted::laboratory(120),
        Wanted::new("Immunization").with("_sort", "-date").most(100),
        Wanted::new("Encounter")
            .with("_sort", "-date")
            .with("_include", "Encounter:participant")
            .with("_include", "Encounter:service-provider")
            .most(6),
        Wanted::new("CarePlan")
            .with("status", "active")
            .with("_sort", "-date")
            .most(10),
        Wanted::new("Goal")
            .with("lifecycle-status", "active,proposed,planned,accepted")
            .most(10),
        Wanted::new("ServiceRequest")
            .with("status", "active,on-hold,draft")
            .with("_sort", "-authored")
            .most(8),
        Wanted::new("DiagnosticReport")
            .with("_sort", "-date")
            .most(5),
        Wanted::new("DocumentReference")
            .with("_sort", "-date")
            .with("_include", "DocumentReference:author")
            .most(5),
        Wanted::new("Composition")
            .with("_sort", "-date")
            .with("_include", "Composition:author")
            .most(5),
        Wanted::new("Appointment")
            .with("date", ["ge", &today].concat())
            .with(
                "status",
                "booked,pending,proposed,arrived,checked-in,waitlist",
            )
            .with("_sort", "date")
            .with("_include", "Appointment:practitioner")
            .most(5),
        Wanted::new("Coverage")
            .with("status", "active")
            .with("_include", "Coverage:payor")
            .most(3),
        Wanted::new("Claim")
            .with("status", "active,draft")
            .with("_sort", "-created")
            .with("_include", "Claim:insurer")
            .most(5),
        Wanted::new("Invoice")
            .with("status", "issued,draft")
            .with("_sort", "-date")
            .most(5),
    ]
}

/// The vital signs, the cards, and whether something clinical is among them.
pub(super) fn cards(opened: &mut Opened, writes: Writes) -> (Vec<Measured>, Vec<Card>, bool) {
    let base = path(opened.top.id());
    let mut cards = Vec::new();
    let (problems, order) = (opened.take(), opened.take().unwrap_or_default());
    let mut seen = problems.as_ref().is_some_and(|f| !f.is_empty());
    cards.extend(problems.map(|f| {
        adding(
            self::problems(&f, &order, &opened.top, writes),
            writes.problems,
            "a problem",
            &[&base, "/problems/new"],
        )
    }));
    let (ordered, stated) = (opened.take(), opened.take());
    seen |= [&ordered, &stated]
        .into_iter()
        .flatten()
        .any(|f| !f.is_empty());
    if ordered.is_some() || stated.is_some() {
        let card = medications(
            &ordered.unwrap_or_default(),
            &stated.unwrap_or_default(),
            &base,
        );
        cards.push(adding(
            card,
            writes.medications,
            "a medication",
            &[&base, "/medications/new"],
        ));
    }
    seen |= !opened.top.banner.allergies.lines().is_empty();
    let known = allergies(&opened.top, writes);
    cards.extend(known.map(|c| {
        adding(
            c,
            writes.allergies,
            "an allergy",
            &[&base, "/allergies/new"],
        )
    }));
    let measured = opened.take().unwrap_or_default();
    let vitals = header(&series(&measured.matches, opened.birth()), &opened.today);
    let laboratory = opened.take().unwrap_or_default();
    let tests = tests(&laboratory.matches, opened.birth(), opened.sex());
    seen |= !measured.is_empty() || !laboratory.is_empty();
    if !tests.is_empty() {
        cards.push(results(&tests, &base, &opened.today));
    }
    let vaccines = opened.take().unwrap_or_default();
    let visits = opened.take().unwrap_or_default();
    seen |= !visits.is_empty() || !vaccines.is_empty();
    let lines = visits
        .matches
        .iter()
        .map(|d| visit::line(opened.top.id(), d, &visits))
        .collect();
    cards.extend(
        card("Visits", lines).map(|c| c.act("All", "visits", [&base, "/timeline"].concat())),
    );
    let rest = plans(opened);
    seen |= !rest.is_empty();
    cards.extend(rest);
    cards.extend(shots(&vaccines, writes).map(|card| {
        adding(
            card,
            writes.vaccines,
            "a vaccination",
            &[&base, "/immunizations/new"],
        )
    }));
    let (papers, clinical) = papers::card(opened, writes);
    seen |= clinical;
    cards.extend(papers);
    cards.extend(desk::cards(opened, writes));
    (vitals, cards, seen)
}

fn card(title: &'static str, lines: Vec<Entry>) -> Option<Card> {
    (!lines.is_empty()).then(|| Card::new(title, Entries::new(lines).render()))
}

/// A line that leads to what may become of it, where the reader may say so.
fn leading(line: &Line, list: List, top: &Top, may: bool) -> Entry {
    match may {
        true => line.entry().to(list.address(top.id(), &line.id)),
        false => line.entry(),
    }
}

fn problems(found: &Found, order: &Found, top: &Top, writes: Writes) -> Card {
    let real = found.matches.iter().filter(|d| !is_mistake(d));
    let (now, past): (Vec<_>, Vec<_>) = real.partition(|d| story::is_current(d));
    let entry =
        |d: &aceso_fhir::Value| leading(&condition(d), List::Problems, top, writes.problems);
    let now = problem_order::ordered(now, order.matches.first());
    let current: Vec<Entry> = now
        .into_iter()
        .map(|(d, concern)| match concern {
            true => entry(d).tag(Tag::new(Tone::Info, "concern")),
            false => entry(d),
        })
        .collect();
    let resolved: Vec<Entry> = past.into_iter().map(entry).collect();
    let some = current.len() > 1;
    let body = html! {
        @if current.is_empty() { p.soft { "No active problems that you can see." } } @else { (Entries::new(current)) }
        (folded(&crate::words::say("{0} resolved", &[&resolved.len()]), resolved))
    };
    let card = Card::new("Problems", body);
    match writes.problems && some {
        true => card.act(
            "Sort",
            "the problems",
            [&path(top.id()), "/problems/order"].concat(),
        ),
        false => card,
    }
}

/// A list that opens when it is asked for.
fn folded(label: &str, lines: Vec<Entry>) -> Markup {
    html! { @if !lines.is_empty() { details { summary { (label) } (Entries::new(lines)) } } }
}

fn medications(ordered: &Found, stated: &Found, base: &str) -> Card {
    let orders = ordered.matches.iter();
    let mut lines: Vec<Entry> = orders
        .map(|d| medication(d, &ordered.along).entry())
        .collect();
    let own = stated.matches.iter().filter(|d| !is_mistake(d));
    lines.extend(own.map(|d| medication(d, &[]).entry().tag(Tag::plain("as told"))));
    let body = if lines.is_empty() {
        html! { p.soft { "No current medications that you can see." } }
    } else {
        Entries::new(lines).render()
    };
    Card::new("Medications", body).act("All", "medications", [base, "/medications"].concat())
}

fn allergies(top: &Top, writes: Writes) -> Option<Card> {
    let body = match &top.banner.allergies {
        Allergies::Unseen => return None,
        Allergies::NotRecorded => {
            html! { p { "Nobody has recorded allergies, or that there are none." } }
        }
        Allergies::NoneKnown(said) => html! { p { (said.join(", ")) } },
        Allergies::Known(lines) => {
            let lines = lines
                .iter()
                .map(|line| leading(line, List::Allergies, top, writes.allergies));
            Entries::new(lines.collect()).render()
        }
    };
    Some(Card::new("Allergies", body))
}

/// What lies outside its range comes first.
fn results(tests: &[Test], base: &str, today: &str) -> Card {
    let abnormal = |t: &&Test| {
        t.answers
            .first()
            .and_then(|a| a.level)
            .is_some_and(|l| l.is_abnormal())
    };
    let (first, rest): (Vec<_>, Vec<_>) = tests.iter().partition(abnormal);
    let lines = first
        .into_iter()
        .chain(rest)
        .take(TESTS)
        .filter_map(|test| {
            let latest = test.latest(today)?;
            let range = if test.range.is_empty() {
                String::new()
            } else {
                crate::words::say("normal {0}", &[&test.range])
            };
            let more = match test.note {
                Some(note) => [&range, " · ", &maud::words(note).to_string()].concat(),
                None => range,
            };
            Some(latest.more(more).aside(test.spark()))
        });
    let card = Card::new("Results", Entries::new(lines.collect()).render()).act(
        "All",
        "results",
        [base, "/results"].concat(),
    );
    if tests.len() > TESTS {
        card.note(crate::words::say("{0} of {1}", &[&TESTS, &tests.len()]))
    } else {
        card
    }
}

fn plans(opened: &mut Opened) -> Vec<Card> {
    let plans = opened.take().unwrap_or_default();
    let team = std::mem::take(&mut opened.team);
    let (goals, orders) = (
        opened.take().unwrap_or_default(),
        opened.take().unwrap_or_default(),
    );
    let base = path(opened.top.id());
    let mut cards = Vec::new();
    cards.extend(glance(&plans, &goals, &team, &base));
    let orders = orders.matches.iter().filter(|d| !is_mistake(d));
    let orders = orders.map(story::order).collect();
    let all = crate::letters::path(opened.top.id());
    cards.extend(card("Open orders", orders).map(|c| c.act("Referrals", "and letters", all)));
    cards
}

/// None where there is nothing to see and nothing to add.
fn shots(found: &Found, writes: Writes) -> Option<Card> {
    let mut lines = story::vaccines(found);
    let rest = lines.split_off(lines.len().min(6));
    let more = crate::words::say("{0} more", &[&rest.len()]);
    let none = lines.is_empty();
    let body = html! {
        @if none { p.soft { "No vaccinations that you can see." } } @else { (Entries::new(lines)) }
        (folded(&more, rest))
    };
    (!none || writes.vaccines).then(|| Card::new("Immunizations", body))
}
