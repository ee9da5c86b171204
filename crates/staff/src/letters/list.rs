//! `GET /patients/{patient}/letters`: letters, referrals on their way, and what can be printed.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::consent::{Agreement, agreement};
use aceso_policy::Action;
use aceso_web::page::{Card, Csrf, Entries, Entry, Page, Tag, Tone, View, say};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::given::Given;
use super::letter::{LETTER, SYSTEM};
use super::papers::PAPERS;
use super::path;
use super::referral::{Stage, is_late, task, wanted};
use super::template::{Template, Use, templates};
use crate::Staff;
use crate::chart::concept;
use crate::chart::filing::Filing;
use crate::patient::record::{Found, Wanted};
use crate::patient::save::may_add;
use crate::patient::top::{Top, open};
use crate::words::fhir_day;

/// A referral in the list.
struct Line {
    id: String,
    what: String,
    to: String,
    when: String,
    stage: Stage,
    late: bool,
}

/// Consents to what leaves about substance use.
#[derive(Default)]
struct Agreed {
    /// The day of the one for treatment.
    since: Option<String>,
    /// The proceeding of one for proceedings.
    proceeding: Option<String>,
}

/// The page.
pub(crate) struct Letters {
    top: Top,
    /// Id, title and day.
    letters: Vec<(String, String, String)>,
    referrals: Vec<Line>,
    writes: bool,
    refers: bool,
    /// Whether the reader sees what the papers say.
    prints: bool,
    /// What lets papers say something about substance use, where something must.
    agreed: Option<Agreed>,
    templates: Vec<Template>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let letters = Wanted::new("DocumentReference")
        .with("category", [SYSTEM, "|", LETTER].concat())
        .with("_sort", "-date")
        .most(100);
    let consents = Wanted::new("Consent").with("status", "active").most(100);
    let mut opened = open(&staff, &ask, vec![letters, wanted(), consents]).await?;
    let letters = opened.take();
    let prints = Filing::of(&staff, &ask, Action::Read)?.has(LETTER);
    let letters = letters.unwrap_or_default();
    let found = opened.take().unwrap_or_default();
    let consents = opened.take().unwrap_or_default();
    let letter = |d: &Value| {
        let title = d
            .str_at("description")
            .map_or_else(|| crate::words::known("Letter"), str::to_owned);
        let day = fhir_day(d.str_at("date").unwrap_or_default());
        Some((d.id()?.to_owned(), title, day))
    };
    let referral = |d: &Value| {
        let task = task(&found, d)?;
        let to = d.items_at("performer").first();
        Some(Line {
            id: d.id()?.to_owned(),
            what: concept(d.get("code")).unwrap_or_default(),
            to: to
                .and_then(|t| t.str_at("display"))
                .unwrap_or_default()
                .to_owned(),
            when: fhir_day(d.str_at("authoredOn").unwrap_or_default()),
            stage: Stage::of(task),
            late: is_late(task, &opened.today),
        })
    };
    let page = Letters {
        letters: letters.matches.iter().filter_map(letter).collect(),
        referrals: found.matches.iter().filter_map(referral).collect(),
        writes: Filing::of(&staff, &ask, Action::Create)?.has(LETTER),
        refers: may_add(&staff, &ask, "ServiceRequest")? && may_add(&staff, &ask, "Task")?,
        prints,
        agreed: staff
            .store()
            .is_under_part2()
            .then(|| Agreed::of(&consents, staff.store().now())),
        templates: templates(&staff, &ask, Use::Letter).await?,
        top: opened.top,
    };
    Ok(Reply::page(&ask, &page))
}

impl Agreed {
    fn of(found: &Found, now: Instant) -> Self {
        let all = found.matches.iter().filter_map(agreement);
        let all: Vec<Agreement> = all
            .filter(|a| (a.since..a.until).contains(&now.millis()))
            .collect();
        let treats = |a: &&Agreement| a.purposes.iter().any(|p| p == "TREAT");
        Self {
            since: all.iter().find(treats).map(|a| fhir_day(&a.signed)),
            proceeding: all.iter().find_map(|a| a.proceeding.clone()),
        }
    }

    /// In words.
    fn said(&self) -> String {
        match &self.since {
            Some(day) => say(
                "The patient's consent of {0} lets it say something about substance use.",
                &[day],
            ),
            None => say(
                "Without the patient's consent it says nothing about substance use.",
                &[],
            ),
        }
    }
}

fn stage(stage: Stage) -> Tag {
    match stage {
        Stage::Sent => Tag::new(Tone::Info, "sent"),
        Stage::Accepted => Tag::new(Tone::Info, "accepted"),
        Stage::Scheduled => Tag::new(Tone::Info, "scheduled"),
        Stage::Reported => Tag::new(Tone::Warning, "reported"),
        Stage::Closed => Tag::new(Tone::Good, "closed"),
        Stage::Declined => Tag::plain("declined"),
    }
}

impl View for Letters {
    fn page(&self, csrf: &Csrf) -> Page {
        let chart = crate::patient::path(self.top.id());
        let base = path(self.top.id());
        let letters = self
            .letters
            .iter()
            .map(|(id, title, day)| Entry::new(title).end(day).to([&base, "/", id].concat()));
        let referrals = self.referrals.iter().map(|line| {
            let entry = Entry::new(&line.what)
                .more(&line.to)
                .end(&line.when)
                .tag(stage(line.stage))
                .to([&chart, "/referrals/", &line.id].concat());
            match line.late {
                true => entry.tag(Tag::new(Tone::Danger, "report overdue")),
                false => entry,
            }
        });
        let templates = self.templates.iter();
        let templates =
            templates.map(|t| Entry::new(&t.title).to([&base, "/new/", &t.key].concat()));
        let papers = |given: Given| {
            let all = PAPERS.iter().map(|(name, title)| {
                let to = [&chart, "/papers/", name, "?for=", given.code()].concat();
                Entry::new(maud::words(title)).to(to)
            });
            html! { (Entries::new(all.collect())) }
        };
        let none = |text: &'static str| html! { p.soft { (maud::words(text)) } };
        let mut sent = Card::new(
            "Referrals",
            html! {
                @if self.referrals.is_empty() { (none("None yet")) } @else { (Entries::new(referrals.collect())) }
            },
        );
        if self.refers {
            sent = sent.act(
                "Refer",
                "the patient to somebody else",
                [&chart, "/referrals/new"].concat(),
            );
        }
        let body = html! {
            div.columns {
                (sent)
                (Card::new("Letters", html! {
                    @if self.letters.is_empty() { (none("None yet")) } @else { (Entries::new(letters.collect())) }
                }))
                @if self.writes { (Card::new("Write a letter", html! { (Entries::new(templates.collect())) })) }
                @if self.prints {
                    (Card::new("Print for the patient", papers(Given::Patient)).note("each print is on record"))
                    (Card::new("Print for somebody else", html! {
                        @if let Some(agreed) = &self.agreed { p.soft { (agreed.said()) } }
                        (papers(Given::Treatment))
                    }))
                    @if let Some(proceeding) = self.agreed.as_ref().and_then(|a| a.proceeding.as_ref()) {
                        (Card::new("Print for proceedings", html! {
                            p.soft { (proceeding) }
                            (papers(Given::Proceedings))
                        }))
                    }
                }
            }
        };
        self.top.page(csrf, "/letters", body)
    }

    fn samples() -> Vec<Self> {
        let line = |stage, late| Line {
            id: "r1".into(),
            what: "Cardiology".into(),
            to: "Heart Centre".into(),
            when: "1 Mar 2026".into(),
            stage,
            late,
        };
        vec![
            Self {
                top: Top::sample(),
                letters: vec![("l1".into(), "Your results".into(), "1 Mar 2026".into())],
                referrals: vec![line(Stage::Sent, true), line(Stage::Closed, false)],
                writes: true,
                refers: true,
                prints: true,
                agreed: Some(Agreed {
                    since: Some("1 Mar 2026".into()),
                    proceeding: Some("Circuit court, 26-117".into()),
                }),
                templates: vec![Template::own(
                    Use::Letter,
                    ("recall", "Please come", "Dear {patient}"),
                )],
            },
            Self {
                top: Top::sample(),
                letters: Vec::new(),
                referrals: Vec::new(),
                writes: false,
                refers: false,
                prints: false,
                agreed: Some(Agreed::default()),
                templates: Vec::new(),
            },
        ]
    }
}
