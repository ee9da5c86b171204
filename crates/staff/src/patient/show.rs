//! `GET /patients/{patient}`: the chart's first page, as far as the reader may see it. What they may not see is not there.

use aceso_policy::Action;
use aceso_web::page::{
    Card, Csrf, Empty, Entries, Entry, Facts, Link, Measured, Page, Readings, Tag, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, Render, html};

use super::banner::Allergies;
use super::emergency::Emergency;
use super::entry::List;
use super::path;
use super::plan::show::glance;
use super::record::{Found, Wanted};
use super::save::{may, may_add};
use super::top::{Opened, Top, open};
use crate::Staff;
use crate::account_access;
use crate::chart::entry::{Line, condition, is_mistake, medication};
use crate::chart::measured::{header, series, tone};
use crate::chart::result::{Test, tests};
use crate::chart::story;
use crate::words::{ago, fhir_day};

/// A chart's first page.
pub(crate) struct Chart {
    top: Top,
    vitals: Vec<Measured>,
    cards: Vec<Card>,
    /// Whether the reader may open the chart with a reason.
    way: Way,
    reader: Reader,
    writes: Writes,
}

/// Whose eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// The patient's own.
    Patient,
    /// Somebody else's.
    Other,
}

/// How a reader who sees nothing clinical comes further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// They see something.
    Open,
    /// By breaking the glass.
    WithReason,
    /// Not at all.
    Closed,
}

/// What the page offers to write, by what the reader's role ever writes.
#[derive(Clone, Copy, Debug, Default)]
struct Writes {
    vitals: bool,
    problems: bool,
    allergies: bool,
    medications: bool,
    notes: bool,
    orders: bool,
    vaccines: bool,
    particulars: bool,
    appointments: bool,
}

impl Writes {
    fn of(staff: &Staff, ask: &Ask) -> Result<Self, PageFault> {
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
        })
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

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mut opened = open(&staff, &ask, wanted(&ask, &staff)).await?;
    let writes = if opened.own {
        Writes::default()
    } else {
        Writes::of(&staff, &ask)?
    };
    let (vitals, cards, clinical) = cards(&mut opened, writes);
    let open = clinical || opened.treated || opened.top.emergency.is_some();
    let way = match (open, opened.may_break) {
        (true, _) => Way::Open,
        (false, true) => Way::WithReason,
        (false, false) => Way::Closed,
    };
    let mut top = opened.top;
    if way != Way::Open {
        // An empty list here only means that the reader sees nothing.
        top.banner.allergies = Allergies::Unseen;
    }
    let own = opened.own;
    Ok(Reply::page(
        &ask,
        &Chart {
            top,
            vitals,
            cards,
            way,
            reader: if own { Reader::Patient } else { Reader::Other },
            writes,
        },
    ))
}

fn wanted(_: &Ask, staff: &Staff) -> Vec<Wanted> {
    let today = crate::words::field_day(staff.store().now());
    vec![
        Wanted::new("Condition")
            .with("_sort", "-onset-date")
            .most(200),
        Wanted::new("MedicationRequest")
            .with("status", "active,on-hold")
            .with("_sort", "-authoredon")
            .with("_include", "MedicationRequest:medication")
            .most(60),
        Wanted::new("MedicationStatement")
            .with("status", "active,intended,on-hold")
            .most(40),
        Wanted::measured(120),
        Wanted::new("Observation")
            .with("category", "laboratory")
            .with("_sort", "-date")
            .most(120),
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
    ]
}

/// The vital signs, the cards, and whether something clinical is among them.
fn cards(opened: &mut Opened, writes: Writes) -> (Vec<Measured>, Vec<Card>, bool) {
    let base = path(opened.top.id());
    let mut cards = Vec::new();
    let problems = opened.take();
    let mut seen = problems.as_ref().is_some_and(|f| !f.is_empty());
    cards.extend(problems.map(|f| {
        adding(
            self::problems(&f, &opened.top, writes),
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
        .map(|d| story::visit(d, &visits))
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
    let papers = papers(opened);
    seen |= papers.is_some();
    cards.extend(papers);
    cards.extend(desk(opened, writes));
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

fn problems(found: &Found, top: &Top, writes: Writes) -> Card {
    let real = found.matches.iter().filter(|d| !is_mistake(d));
    let (now, past): (Vec<_>, Vec<_>) = real.partition(|d| story::is_current(d));
    let lines = |all: &[&aceso_fhir::Value]| -> Vec<Entry> {
        let lines = all.iter().map(|d| condition(d));
        lines
            .map(|line| leading(&line, List::Problems, top, writes.problems))
            .collect()
    };
    let (current, resolved) = (lines(&now), lines(&past));
    let body = html! {
        @if current.is_empty() { p.soft { "No active problems that you can see." } } @else { (Entries::new(current)) }
        (folded(&format!("{} resolved", resolved.len()), resolved))
    };
    Card::new("Problems", body)
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
            let answer = test.answers.first()?;
            let range = if test.range.is_empty() {
                String::new()
            } else {
                format!("normal {}", test.range)
            };
            let value = format!("{}: {} {}", test.name, answer.text, test.unit);
            let entry = Entry::new(value.trim())
                .more(range)
                .aside(test.spark())
                .end(ago(&answer.at, today));
            Some(match answer.level.and_then(|l| Some((l, tone(l)?))) {
                Some((level, tone)) => entry.tag(Tag::new(tone, level.word())),
                None => entry,
            })
        });
    let card = Card::new("Results", Entries::new(lines.collect()).render()).act(
        "All",
        "results",
        [base, "/results"].concat(),
    );
    if tests.len() > TESTS {
        card.note(format!("{TESTS} of {}", tests.len()))
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
    cards.extend(card("Open orders", orders));
    cards
}

/// None where there is nothing to see and nothing to add.
fn shots(found: &Found, writes: Writes) -> Option<Card> {
    let mut lines = story::vaccines(found);
    let rest = lines.split_off(lines.len().min(6));
    let more = format!("{} more", rest.len());
    let none = lines.is_empty();
    let body = html! {
        @if none { p.soft { "No vaccinations that you can see." } } @else { (Entries::new(lines)) }
        (folded(&more, rest))
    };
    (!none || writes.vaccines).then(|| Card::new("Immunizations", body))
}

fn papers(opened: &mut Opened) -> Option<Card> {
    let mut lines = Vec::new();
    let mut notes = Vec::new();
    let base = path(opened.top.id());
    for kind in ["DiagnosticReport", "DocumentReference", "Composition"] {
        let found = opened.take().unwrap_or_default();
        for document in found.matches.iter().filter(|d| !is_mistake(d)) {
            let entry = story::paper(document, &found);
            match (kind, document.id()) {
                ("Composition", Some(id)) => notes.push(entry.to([&base, "/notes/", id].concat())),
                _ => lines.push(entry),
            }
        }
    }
    notes.extend(lines);
    card("Notes and documents", notes)
}

/// What is booked; whoever books finds the way there also when nothing is.
fn booked_card(lines: Vec<Entry>, writes: Writes, patient: &str) -> Option<Card> {
    if !writes.appointments {
        return card("Appointments", lines);
    }
    let body = if lines.is_empty() {
        html! { p.soft { "Nothing is booked." } }
    } else {
        Entries::new(lines).render()
    };
    let to = [&path(patient), "/appointments/new"].concat();
    Some(Card::new("Appointments", body).act("Book", "an appointment", to))
}

fn desk(opened: &mut Opened, writes: Writes) -> Vec<Card> {
    let (booked, covers) = (opened.take(), opened.take());
    let mut cards = Vec::new();
    if let Some(found) = booked {
        let lines: Vec<Entry> = found
            .matches
            .iter()
            .map(|d| {
                let entry = story::appointment(d, &found);
                match d.id() {
                    Some(id) => entry.to(crate::schedule::path(opened.top.id(), id)),
                    None => entry,
                }
            })
            .collect();
        cards.extend(booked_card(lines, writes, opened.top.id()));
    }
    if let Some(found) = covers {
        let lines: Vec<Entry> = found
            .matches
            .iter()
            .map(|d| story::cover(d, &found))
            .collect();
        cards.extend(card("Insurance", lines));
    }
    let mut facts = Facts::new();
    let known = story::contact(&opened.patient);
    let none = known.is_empty();
    for (name, value) in known {
        facts = facts.with(name, value);
    }
    let body = html! { @if none { p.soft { "Nothing recorded." } } @else { (facts) } };
    let edit = [&path(opened.top.id()), "/edit"].concat();
    let contact = Card::new("Contact", body);
    cards.push(if !writes.particulars {
        contact
    } else {
        let merge = [&path(opened.top.id()), "/merge"].concat();
        contact
            .act("Merge", "with another record", merge)
            .act("Change", "particulars", edit)
    });
    cards
}

impl Chart {
    fn acts(&self) -> Markup {
        let base = path(self.top.id());
        html! {
            @match self.reader {
                Reader::Patient => (Link::secondary("Who looked into it", account_access::HERE)),
                Reader::Other => {
                    @if self.way == Way::Open && self.writes.notes {
                        (Link::secondary("Write a note", [&base, "/notes/new"].concat()).small())
                    }
                    @if self.way == Way::Open && self.writes.orders {
                        (Link::secondary("Orders", [&base, "/orders"].concat()).small())
                    }
                    @if self.way == Way::Open && self.writes.vitals {
                        (Link::secondary("Record vital signs", [&base, "/vitals/new"].concat()).small())
                    }
                }
            }
        }
    }
}

impl View for Chart {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let all = html! { div.sections { @for card in &self.cards { (card) } } };
        let body = match self.way {
            Way::Open => html! {
                @if !self.vitals.is_empty() { (Readings::new("Latest vital signs", self.vitals.clone())) }
                (all)
            },
            Way::WithReason => html! {
                (Empty::new(
                    "The chart is not open to you",
                    "You are not among those who treat this patient. In an emergency you can open it with a reason: the patient and the security officer will see that you did.",
                )
                .way(Link::secondary("Open with a reason", [&path(id), "/break-glass"].concat())))
            },
            // The desk sees who, when and who pays.
            Way::Closed => all,
        };
        match self.way {
            Way::Open => self.top.page(csrf, "", body).acts(self.acts()),
            Way::WithReason | Way::Closed => self.top.form(csrf, "Chart", body).acts(self.acts()),
        }
    }

    fn samples() -> Vec<Self> {
        let problems = Card::new(
            "Problems",
            Entries::new(vec![Entry::new("Asthma").end(fhir_day("1990"))]).render(),
        );
        let sample = |cards: Vec<Card>, way, reader| Self {
            top: Top {
                emergency: (way == Way::Open).then(Emergency::sample),
                ..Top::sample()
            },
            vitals: vec![Measured::new("Pulse", "72", "/min", "today")],
            cards,
            way,
            reader,
            writes: Writes {
                vitals: true,
                ..Writes::default()
            },
        };
        vec![
            sample(vec![problems.clone()], Way::Open, Reader::Other),
            sample(vec![problems], Way::Open, Reader::Patient),
            sample(Vec::new(), Way::WithReason, Reader::Other),
            sample(Vec::new(), Way::Closed, Reader::Other),
        ]
    }
}
