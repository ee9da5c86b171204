//! `/cases/{case}` and its parts: where it stands and what it lacks, its reports, people, fix, advisory, and what was
//! written and done in it.

mod advisory;
mod elsewhere;
mod fix;
mod log;
mod overview;
pub(super) mod reports;
mod talk;
mod team;

use aceso_desk::case::{
    ContentHash, Embargo, PartyId, Publication, Stage, Unmet, Way, owed, unmet,
};
use aceso_desk::port::Places;
use aceso_desk::{Sentence, When};
use aceso_store::{CaseFile, DeskPerson};
use aceso_web::page::{
    Banner, Button, Crumb, Csrf, Errors, Facts, Form, Layout, Page, Tab, Tabs, Tag, Tone, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply};
use maud::{Markup, html, words};

use super::cases::{HERE, left};
use super::words::{called, stage};
use crate::DeskWeb;
use crate::fault::fault;
use crate::public::advisories::severity;
use crate::told::told;

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Overview,
    Reports,
    Team,
    Fix,
    Advisory,
    Elsewhere,
    Talk,
    Log,
}

impl Part {
    pub(crate) const ALL: [Self; 8] = [
        Self::Overview,
        Self::Reports,
        Self::Team,
        Self::Fix,
        Self::Advisory,
        Self::Elsewhere,
        Self::Talk,
        Self::Log,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Reports => "reports",
            Self::Team => "team",
            Self::Fix => "fix",
            Self::Advisory => "advisory",
            Self::Elsewhere => "elsewhere",
            Self::Talk => "talk",
            Self::Log => "log",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Reports => "Reports and severity",
            Self::Team => "Team and plan",
            Self::Fix => "Fix and release",
            Self::Advisory => "Advisory",
            Self::Elsewhere => "Elsewhere",
            Self::Talk => "Messages",
            Self::Log => "Log",
        }
    }

    /// Where what a guard misses is seen to.
    fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "acknowledged" => Self::Talk,
            "duplicates-searched"
            | "valid"
            | "invalid"
            | "second-person"
            | "duplicates"
            | "assessed"
            | "characteristics"
            | "why"
            | "vector"
            | "ssvc"
            | "patient-safety"
            | "patient-data" => Self::Reports,
            "role" | "team-size" | "conflict" | "need-to-know" | "plan" => Self::Team,
            "fix" | "two-reviews" | "ci" | "regression" | "tester" | "branches" | "branch"
            | "step" | "coverage" | "links" => Self::Fix,
            "notice-window" | "notice-policy" | "published" | "interim" | "text" | "field"
            | "two-approvals" => Self::Advisory,
            "embargo" | "clocks" | "clock-runs" => Self::Overview,
            _ => return None,
        })
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// The page of a part.
pub(crate) struct CasePage {
    pub(super) file: CaseFile,
    pub(super) people: Vec<DeskPerson>,
    pub(super) part: Part,
    pub(super) now: When,
    pub(super) notice_days: u8,
    /// The services that the desk may ask.
    pub(super) places: Places,
    pub(super) missing: Vec<Unmet>,
    /// What it owes of an emergency.
    pub(super) owed: Vec<Unmet>,
    /// What was typed into the form of an act that was refused.
    pub(super) typed: Fields,
    pub(super) errors: Errors,
    /// Why it was refused.
    pub(super) refused: Vec<String>,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let page = look(&web, &ask, Part::Overview).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn part(web: DeskWeb, ask: Ask) -> Outcome {
    let part = Part::of_name(ask.param("part")).ok_or(PageFault::Missing)?;
    let page = look(&web, &ask, part).await?;
    Ok(Reply::page(&ask, &page))
}

/// The case as it is now.
pub(crate) async fn look(web: &DeskWeb, ask: &Ask, part: Part) -> Result<CasePage, PageFault> {
    let caller = ask.caller()?;
    let file = web
        .desk()
        .case(caller, ask.param("case"))
        .await
        .map_err(fault)?;
    let people = web.desk().people(caller).await.map_err(fault)?;
    let now = web.desk().now().max(file.case.at);
    let next = file.case.stage.next();
    let rules = web.desk().rules();
    Ok(CasePage {
        missing: next
            .map(|to| unmet(&file.case, to, now, rules))
            .unwrap_or_default(),
        owed: owed(&file.case, now, rules),
        places: web.settings().places.clone(),
        notice_days: rules.policy.notice_days(file.case.severity()),
        file,
        people,
        part,
        now,
        typed: Fields::default(),
        errors: Errors::none(),
        refused: Vec::new(),
    })
}

impl CasePage {
    /// The address of this part.
    pub(super) fn path(&self) -> String {
        format!("{HERE}/{}/{}", self.file.line.id, self.part.name())
    }

    /// What is missing, each with the way to the part where it is seen to.
    pub(super) fn list(&self, missing: &[Unmet]) -> Markup {
        let way = |unmet: &Unmet| Part::of_code(unmet.code).filter(|part| *part != self.part);
        html! {
            ul { @for unmet in missing { li {
                (told(&unmet.what, &|id| self.name(id)))
                @if let Some(part) = way(unmet) { " " a href={ (HERE) "/" (self.file.line.id) "/" (part.name()) } { (words(part.label())) } }
            } } }
        }
    }

    /// A form of an act.
    pub(super) fn form(&self, csrf: &Csrf, act: &'static str, body: Markup) -> Form {
        Form::post(csrf, format!("{}/act", self.path()), body)
            .keep("act", act)
            .keep("seen", self.file.case.seq.to_string())
    }

    /// An act that takes no words.
    pub(super) fn press(&self, csrf: &Csrf, act: &'static str, label: &'static str) -> Markup {
        html! { (self.form(csrf, act, html! { (Button::secondary(label)) }).inline()) }
    }

    /// What somebody is called.
    pub(super) fn name(&self, id: &PartyId) -> String {
        called(&self.people, &id.0).unwrap_or_else(|| id.0.clone())
    }

    /// What was typed into a field, or what it shows at first.
    pub(super) fn old(&self, name: &str, first: &str) -> String {
        if self.typed.has(name) {
            self.typed.one(name).to_owned()
        } else {
            first.to_owned()
        }
    }

    fn head(&self) -> Markup {
        let case = &self.file.case;
        let assessed = case.assessment.as_ref();
        let due = case.running(self.now).first().map(|(_, clock)| clock.due());
        let mut facts = Facts::new()
            .show("Stage", html! { (words(stage(case.stage))) @if case.is_emergency() { " " (Tag::new(Tone::Danger, "emergency")) } @if !self.owed.is_empty() { " " (Tag::new(Tone::Warning, "published in an emergency")) } })
            .show("Severity", html! { @match assessed { Some(a) => (severity(a.severity.name())), None => span.soft { "not assessed: deadlines count as for critical" } } });
        if let Some(due) = due {
            facts = facts.show("Next deadline", html! { (left(due, self.now)) });
        }
        facts = facts.show("Embargo", self.embargo_said());
        html! { (facts) }
    }

    pub(super) fn embargo_said(&self) -> Markup {
        let embargo = &self.file.case.embargo;
        match embargo {
            Embargo::Undecided => html! { "not decided; nothing is shown to others" },
            Embargo::None { reason } => html! { "none: " (reason) },
            Embargo::Proposed { terms, .. } => html! { "proposed until " (terms.end.said()) },
            Embargo::Active { terms, .. } => html! { "in force: " (left(terms.end, self.now)) },
            Embargo::Revise { terms, next, .. } => {
                html! { "in force: " (left(terms.end, self.now)) "; other terms proposed, until " (next.end.said()) }
            }
            Embargo::Exited { at, reason } => html! { "over since " (at.said()) ": " (reason) },
        }
    }

    fn body(&self, csrf: &Csrf) -> Markup {
        match self.part {
            Part::Overview => overview::show(self, csrf),
            Part::Reports => reports::show(self, csrf),
            Part::Team => team::show(self, csrf),
            Part::Fix => fix::show(self, csrf),
            Part::Advisory => advisory::show(self, csrf),
            Part::Elsewhere => elsewhere::show(self, csrf),
            Part::Talk => talk::show(self, csrf),
            Part::Log => log::show(self),
        }
    }
}

/// A stage that follows by the way.
pub(super) fn next(page: &CasePage) -> Option<Stage> {
    page.file.case.stage.next()
}

impl View for CasePage {
    fn page(&self, csrf: &Csrf) -> Page {
        let of = |part: Part| format!("{HERE}/{}/{}", self.file.line.id, part.name());
        let tabs = Part::ALL
            .iter()
            .map(|part| Tab::new(part.label(), of(*part)));
        let body = html! {
            (self.head())
            (Tabs::new("Parts of the case", tabs.collect(), of(self.part)))
            (self.errors)
            (self.body(csrf))
        };
        let title = format!("{}: {}", self.file.line.id, self.file.line.title);
        let page = Page::new(title, body)
            .layout(Layout::Wide)
            .here(HERE)
            .crumbs(vec![Crumb::new("Cases", HERE)]);
        if self.refused.is_empty() {
            return page;
        }
        let list = html! { ul { @for why in &self.refused { li { (why) } } } };
        page.notice(Banner::new(Tone::Danger, "This was not done").body(list))
    }

    fn samples() -> Vec<Self> {
        let one = |part| {
            let file = super::samples::file()?;
            Some(Self {
                file,
                people: super::samples::people(),
                part,
                now: When::from_millis(1_772_625_600_000),
                notice_days: 7,
                places: crate::inside::samples::places(),
                missing: Vec::new(),
                owed: Vec::new(),
                typed: Fields::default(),
                errors: Errors::none(),
                refused: Vec::new(),
            })
        };
        let refused = one(Part::Reports).map(|page| Self {
            refused: vec!["R-2026-0001: what stood against it.".into()],
            ..page
        });
        let hurried = one(Part::Overview).map(hurried);
        let skipped = one(Part::Overview).map(hurried_on);
        Part::ALL
            .into_iter()
            .filter_map(one)
            .chain([refused, hurried, skipped].into_iter().flatten())
            .collect()
    }
}

/// A case that was published in an emergency.
fn hurried(mut page: CasePage) -> CasePage {
    page.file.case.publications = vec![Publication {
        at: page.now,
        hash: ContentHash([7; 32]),
        by: [page.file.me.clone()].into(),
        how: Way::Interim(Vec::new()),
    }];
    page.owed = vec![Unmet {
        code: "fix",
        what: Sentence {
            text: "there is no fix: submit its patch",
            parts: Vec::new(),
        },
    }];
    page
}

/// The same, at its rollout.
fn hurried_on(page: CasePage) -> CasePage {
    let mut page = hurried(page);
    page.file.case.left = Some(Stage::Plan);
    page.file.case.stage = Stage::Rollout;
    page.missing = page.owed.clone();
    page
}
