//! `/patients/{patient}/visits/{visit}`: one visit: why, with whom, what was found, decided and ordered; and `…/pdf`: the same
//! for the patient to take home.

use aceso_fhir::Value;
use aceso_print::Paper;
use aceso_web::page::{Card, Csrf, Entries, Entry, Facts, Layout, Link, Page, View, words};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Render, html};

use super::path;
use super::record::{Found, Goes, Releases, Wanted};
use super::top::{Opened, Top, open_for};
use crate::Staff;
use crate::chart::entry::{Line, condition, is_mistake, medication};
use crate::chart::measured::series;
use crate::chart::note::{State, section_text, state};
use crate::chart::{concept, story};
use crate::letters::given::{Given, absent};
use crate::letters::{hand_out, paper};
use crate::words::{clock, fhir_day};

/// The page.
pub(crate) struct Visit {
    top: Top,
    id: String,
    facts: Vec<(&'static str, String)>,
    /// Headings with their lines, in the order in which they are read.
    parts: Vec<(&'static str, Vec<Said>)>,
}

/// One line: what, more about it, and when.
#[derive(Clone, Debug, Default)]
struct Said {
    what: String,
    more: String,
    to: Option<String>,
}

fn wanted(id: &str) -> Vec<Wanted> {
    let of = ["Encounter/", id].concat();
    let within = |kind| Wanted::new(kind).with("encounter", of.clone()).most(100);
    vec![
        Wanted::new("Encounter")
            .with("_id", id)
            .with("_include", "Encounter:participant")
            .with("_include", "Encounter:service-provider")
            .most(1),
        within("Condition"),
        within("Observation"),
        within("MedicationRequest").with("_include", "MedicationRequest:medication"),
        within("ServiceRequest"),
        within("Composition"),
    ]
}

async fn read(staff: &Staff, ask: &Ask, goes: Goes) -> Result<(Visit, Releases), PageFault> {
    let id = ask.param("visit");
    let mut opened = open_for(staff, ask, goes, wanted(id)).await?;
    let found = opened.take().unwrap_or_default();
    let Some(visit) = found.matches.first().cloned() else {
        return Err(absent(staff, ask, goes, ("Encounter", id)).await);
    };
    let parts = parts(&mut opened);
    let page = Visit {
        id: id.to_owned(),
        facts: facts(&visit, &found),
        parts,
        top: opened.top,
    };
    Ok((page, opened.releases))
}

/// `GET /patients/{patient}/visits/{visit}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (page, _) = read(&staff, &ask, Goes::Here).await?;
    Ok(Reply::page(&ask, &page))
}

/// `GET /patients/{patient}/visits/{visit}/pdf`
pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    let given = Given::asked(&ask)?;
    let (visit, releases) = read(&staff, &ask, given.goes()).await?;
    let handing = given.with(releases);
    let mut paper = paper(&staff, &ask, "Visit summary", &visit.top.banner.identity).await?;
    visit.print(&mut paper);
    hand_out(&staff, &ask, paper, (&handing, "visit")).await
}

fn facts(visit: &Value, found: &Found) -> Vec<(&'static str, String)> {
    let period = visit.get("period");
    let at = |name: &str| {
        let at = period.and_then(|p| p.str_at(name))?;
        Some([&fhir_day(at), " ", &clock(at)].concat().trim().to_owned())
    };
    let joined = |name: &str, inner: Option<&str>| -> Option<String> {
        let items = visit.items_at(name).iter();
        let said: Vec<String> = match inner {
            Some(inner) => items.filter_map(|p| found.name(p.get(inner))).collect(),
            None => items.filter_map(|r| concept(Some(r))).collect(),
        };
        Some(said.join(", "))
    };
    let facts = [
        ("Kind", joined("type", None)),
        ("Came for", joined("reasonCode", None)),
        ("Began", at("start")),
        ("Ended", at("end")),
        ("Seen by", joined("participant", Some("individual"))),
        ("Where", found.name(visit.get("serviceProvider"))),
    ];
    let facts = facts.into_iter();
    facts
        .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)))
        .collect()
}

fn parts(opened: &mut Opened) -> Vec<(&'static str, Vec<Said>)> {
    let mut take = || {
        let mut found = opened.take().unwrap_or_default();
        found.matches.retain(|d| !is_mistake(d));
        found
    };
    let (problems, measured, drugs, orders, notes) = (take(), take(), take(), take(), take());
    let of = |line: Line| Said {
        what: line.what,
        more: line.more,
        to: None,
    };
    let signed = |d: &&Value| d.str_at("status") != Some("draft");
    let all = vec![
        (
            "Diagnoses",
            problems.matches.iter().map(|d| of(condition(d))).collect(),
        ),
        ("Vital signs", vitals(&measured, opened)),
        ("Results", results(&measured, opened)),
        (
            "Prescribed",
            drugs
                .matches
                .iter()
                .filter(signed)
                .map(|d| of(medication(d, &drugs.along)))
                .collect(),
        ),
        (
            "Ordered",
            orders
                .matches
                .iter()
                .filter(signed)
                .map(|d| Said {
                    what: concept(d.get("code")).unwrap_or_else(|| crate::words::say("Order", &[])),
                    ..Said::default()
                })
                .collect(),
        ),
        ("Note", written(&notes, opened.top.id())),
    ];
    all.into_iter().filter(|(_, all)| !all.is_empty()).collect()
}

fn vitals(found: &Found, opened: &Opened) -> Vec<Said> {
    let all = series(&found.matches, opened.birth());
    let newest = all
        .iter()
        .filter_map(|s| Some((s.vital, s.points.first()?)));
    newest
        .map(|(vital, point)| Said {
            what: crate::words::say(
                "{0}: {1} {2}",
                &[
                    &maud::words(vital.name()),
                    &vital.say(point.value),
                    &vital.unit_said(),
                ],
            ),
            ..Said::default()
        })
        .collect()
}

fn results(found: &Found, opened: &Opened) -> Vec<Said> {
    let laboratory = |d: &&Value| {
        let categories = d.items_at("category").iter();
        let mut codes = categories.flat_map(|c| crate::chart::codes(Some(c)));
        codes.any(|code| code == "laboratory")
    };
    let all: Vec<Value> = found.matches.iter().filter(laboratory).cloned().collect();
    let tests = crate::chart::result::tests(&all, opened.birth(), opened.sex());
    let newest = tests.iter().filter_map(|t| Some((t, t.answers.first()?)));
    newest
        .map(|(test, answer)| {
            let level = answer.level.filter(|l| l.is_abnormal());
            let range = match test.range.as_str() {
                "" => None,
                range => Some(crate::words::say("normal {0}", &[&range])),
            };
            let more = level
                .map(|l| words(l.word()).to_string())
                .into_iter()
                .chain(range);
            Said {
                what: format!("{}: {} {}", test.name, answer.text, test.unit),
                more: more.collect::<Vec<_>>().join(", "),
                to: None,
            }
        })
        .collect()
}

/// What was written, part by part: of signed notes only.
fn written(found: &Found, patient: &str) -> Vec<Said> {
    let signed = found.matches.iter().filter(|d| state(d) == State::Signed);
    signed
        .flat_map(|note| {
            let to = note.id().map(|id| [&path(patient), "/notes/", id].concat());
            let parts = note.items_at("section").iter().map(move |section| Said {
                what: section
                    .str_at("title")
                    .map_or_else(|| crate::words::known("Note"), str::to_owned),
                more: section_text(section),
                to: to.clone(),
            });
            parts.collect::<Vec<_>>()
        })
        .collect()
}

impl Visit {
    fn print(&self, paper: &mut Paper) {
        let facts = self.facts.iter();
        paper.facts(facts.map(|(n, v)| (words(n).to_string(), v.clone())));
        for (title, lines) in &self.parts {
            paper.heading(words(title).to_string());
            for line in lines {
                let text = match line.more.as_str() {
                    "" => line.what.clone(),
                    more => [&line.what, ": ", more].concat(),
                };
                paper.paragraph(text);
            }
        }
        if self.parts.is_empty() {
            paper.paragraph(words("Nothing else is recorded of this visit.").to_string());
        }
    }
}

impl View for Visit {
    fn page(&self, csrf: &Csrf) -> Page {
        let base = [&path(self.top.id()), "/visits/", &self.id].concat();
        let mut facts = Facts::new();
        for (name, value) in &self.facts {
            facts = facts.with(*name, value);
        }
        let cards = self.parts.iter().map(|(title, lines)| {
            let lines = lines.iter().map(|line| {
                let entry = Entry::new(&line.what).more(&line.more);
                match &line.to {
                    Some(to) => entry.to(to),
                    None => entry,
                }
            });
            Card::new(*title, Entries::new(lines.collect()).render())
        });
        let cards: Vec<Card> = cards.collect();
        let body = html! {
            section.card.compact { (facts) }
            @if cards.is_empty() { p.soft { "Nothing else is recorded of this visit that you can see." } }
            @for card in &cards { (card) }
        };
        self.top
            .form(csrf, "A visit", body)
            .layout(Layout::Column)
            .acts(html! { (Link::secondary("Print for the patient", [&base, "/pdf?for=patient"].concat()).small()) })
    }

    fn samples() -> Vec<Self> {
        let said = Said {
            what: "Asthma".into(),
            more: "provisional".into(),
            to: Some("/patients/p1/notes/n1".into()),
        };
        let sample = |parts| Self {
            top: Top::sample(),
            id: "e1".into(),
            facts: vec![("Came for", "Cough".into())],
            parts,
        };
        vec![sample(vec![("Diagnoses", vec![said])]), sample(Vec::new())]
    }
}

/// The patient's visit that goes on now, for a page that asks for it.
pub(crate) fn under_way() -> Wanted {
    Wanted::new("Encounter")
        .with("status", "arrived,triaged,in-progress")
        .with("_sort", "-date")
        .most(1)
}

/// A visit's line in a list, with the way to it.
pub(crate) fn line(patient: &str, document: &Value, found: &Found) -> Entry {
    let entry = story::visit(document, found);
    match document.id() {
        Some(id) => entry.to([&path(patient), "/visits/", id].concat()),
        None => entry,
    }
}
