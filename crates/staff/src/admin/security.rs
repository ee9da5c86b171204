//! `GET /admin/security`: are we safe? Every check of the installation, the work that waits, and what is to be known of keys,
//! the audit log and the program itself, each with what mends it. All of it as it is at this moment.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aceso_policy::Task;
use aceso_web::page::{Banner, Card, Column, Csrf, Facts, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html, recalled_all};

use super::{advisories, integrity, overview, people, recheck, reports, sessions, tellings};
use crate::Staff;

/// The page's address.
pub(crate) const HERE: &str = "/admin/security";

/// How bad it is when a check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Patients' data lies open, or cannot be trusted.
    High,
    /// A line of defence is missing.
    Medium,
    /// It could be better.
    Low,
}

/// What a check of the installation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is so.
    Met,
    /// It is not so.
    Failed,
    /// There is nothing yet that could be checked.
    Open,
}

/// A check of the installation, as the program made it just now.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Its name, for good.
    pub id: &'static str,
    /// What should be so.
    pub title: &'static str,
    /// How bad it is otherwise.
    pub weight: Weight,
    /// What it says.
    pub said: Said,
    /// What was found.
    pub found: String,
    /// How to mend it; empty when there is nothing to mend.
    pub fix: String,
}

/// What the program says of itself: its checks, and what is to be known besides, as name and text.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// The checks.
    pub checks: Vec<Examined>,
    /// Release, parts, keys, the audit log's head and its witnesses.
    pub facts: Vec<(String, String)>,
}

type Examination =
    Pin<Box<dyn Future<Output = Result<Outlook, Box<dyn Error + Send + Sync>>> + Send>>;

/// Examines the installation, when it is asked.
#[derive(Clone)]
pub struct Examine(Arc<dyn Fn() -> Examination + Send + Sync>);

impl Examine {
    /// By this function.
    pub fn new(examine: impl Fn() -> Examination + Send + Sync + 'static) -> Self {
        Self(Arc::new(examine))
    }
}

impl fmt::Debug for Examine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Examine")
    }
}

/// Why the installation could not be examined.
#[derive(Debug, thiserror::Error)]
#[error("the installation cannot be examined")]
struct Unexamined(#[source] Box<dyn Error + Send + Sync>);

/// Work that waits: name, address, and how much of it.
type Work = (&'static str, &'static str, Vec<(Tone, String)>);

/// The page.
pub(crate) struct Security {
    outlook: Outlook,
    /// What waits: name, address, and how much.
    work: Vec<Work>,
}

/// `GET /admin/security`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let caller = ask.caller()?;
    // Who looks after the installation, and who looks after those who do.
    let sees = [Task::ManageSettings, Task::ReadAudit];
    if !sees.into_iter().any(|task| staff.offers(caller, task)) {
        return Err(PageFault::Missing);
    }
    let examined = (staff.settings().examine.0)().await;
    let page = Security {
        outlook: examined.map_err(|error| PageFault::hidden(Unexamined(error)))?,
        work: overview::waiting(&staff, &ask).await?,
    };
    Ok(Reply::page(&ask, &page))
}

/// The page where something is mended that a check is about; the others are mended at the machine.
fn place(check: &str) -> Option<(&'static str, &'static str)> {
    match check {
        "findings" | "scrub" | "verify" | "audit-spool" | "backups" | "restore-drill" => {
            Some((integrity::HERE, "Stored data"))
        }
        "second-factor"
        | "second-factor-staff"
        | "passkeys"
        | "two-administrators"
        | "unused-accounts" => Some((people::HERE, "People")),
        "session-limits" => Some((sessions::HERE, "Sessions")),
        "advisories" | "patch-deadlines" => Some((advisories::HERE, "Advisories")),
        "tellings" => Some((tellings::HERE, "Whom to tell")),
        "reviews" => Some((recheck::HERE, "Recertification")),
        "audit-head" | "audit-witness" => Some((reports::HERE, "Reports")),
        _ => None,
    }
}

fn weight(weight: Weight) -> Tag {
    match weight {
        Weight::High => Tag::new(Tone::Danger, "high"),
        Weight::Medium => Tag::new(Tone::Warning, "medium"),
        Weight::Low => Tag::plain("low"),
    }
}

impl Security {
    fn of(&self, said: Said) -> Vec<&Examined> {
        let all = self.outlook.checks.iter().filter(|c| c.said == said);
        let mut all: Vec<&Examined> = all.collect();
        all.sort_by_key(|c| c.weight);
        all
    }

    /// The answer, in a line.
    fn answer(&self) -> Banner {
        let failed = self.of(Said::Failed);
        let grave = failed.iter().filter(|c| c.weight == Weight::High).count();
        let urgent = self.work.iter().flat_map(|(.., todo)| todo);
        let urgent = urgent.filter(|(tone, _)| *tone == Tone::Danger).count();
        let met = self.of(Said::Met).len();
        let all = self.outlook.checks.len();
        let text = crate::words::say("{0} of {1} checks are met.", &[&met, &all]);
        match (grave + urgent, failed.len()) {
            (0, 0) => Banner::new(Tone::Good, "Nothing is found wrong").text(text),
            (0, some) => {
                let title = crate::words::say("No grave finding; {0} to be mended", &[&some]);
                Banner::new(Tone::Warning, title).text(text)
            }
            (grave, some) => {
                let title = crate::words::say(
                    "{0} need somebody now; {1} checks failed in all",
                    &[&grave, &some],
                );
                Banner::new(Tone::Danger, title).text(text)
            }
        }
    }

    fn failed(&self) -> Markup {
        let columns = [
            Column::text("What should be so"),
            Column::text("Weight"),
            Column::text("Found"),
            Column::text("How to mend it"),
        ];
        let mut table = Table::new("Checks that failed", &columns).under_heading();
        for check in self.of(Said::Failed) {
            table.row(vec![
                html! { (maud::known(check.title)) p.soft.small.mono { (check.id) } },
                html! { (weight(check.weight)) },
                html! { (recalled_all(&check.found)) },
                html! { (recalled_all(&check.fix)) @if let Some((to, name)) = place(check.id) { " " a href=(to) { (maud::words(name)) } } },
            ]);
        }
        html! { @if table.is_empty() { p { "None." } } @else { (table) } }
    }

    fn others(&self, said: Said, caption: &'static str) -> Markup {
        let columns = [Column::text("What should be so"), Column::text("Found")];
        let mut table = Table::new(caption, &columns).under_heading();
        for check in self.of(said) {
            table.row(vec![
                html! { (maud::known(check.title)) p.soft.small.mono { (check.id) } },
                html! { (recalled_all(&check.found)) @if let Some((to, name)) = place(check.id) { " " a href=(to) { (maud::words(name)) } } },
            ]);
        }
        html! { @if table.is_empty() { p { "None." } } @else { (table) } }
    }

    fn work(&self) -> Markup {
        html! {
            @if self.work.is_empty() { p { "Nothing that you look after waits." } }
            ul.tiles {
                @for (title, to, todo) in &self.work {
                    li { a href=(to) {
                        strong { (maud::words(title)) }
                        span.tags { @for (tone, text) in todo { (Tag::new(*tone, text)) " " } }
                    } }
                }
            }
        }
    }
}

impl View for Security {
    fn page(&self, _: &Csrf) -> Page {
        let facts = self.outlook.facts.iter();
        let facts = facts.fold(Facts::new(), |all, (name, text)| {
            all.with(maud::known(name), recalled_all(text))
        });
        let met = self.of(Said::Met).len();
        let body = html! {
            div.stack {
                (self.answer())
                (Card::new("To be mended", self.failed()).note(self.of(Said::Failed).len().to_string()))
                (Card::new("Work that waits", self.work()))
                (Card::new("Keys, log and program", html! { (facts) }))
                (Card::new("Not set up", self.others(Said::Open, "Checks with nothing to look at yet")))
                details.card { summary { "What is met: " (met) } (self.others(Said::Met, "Checks that are met")) }
            }
        };
        Page::new("Are we safe?", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("The installation as it is at this moment. The hardening guide explains each check; “aceso doctor” says the same at the machine.")
    }

    fn samples() -> Vec<Self> {
        let check = |id, weight, said| Examined {
            id,
            title: "Backups are made, the last within 48 hours",
            weight,
            said,
            found: "the last backup is 3 days old".into(),
            fix: "run aceso backup run".into(),
        };
        let facts = vec![("Release".to_owned(), "0.1.0".to_owned())];
        let sample = |checks, work| Self {
            outlook: Outlook {
                checks,
                facts: facts.clone(),
            },
            work,
        };
        let busy = vec![(
            "People",
            people::HERE,
            vec![(
                Tone::Warning,
                crate::words::say("without a second factor: {0}", &[&2]),
            )],
        )];
        vec![
            sample(
                vec![
                    check("backups", Weight::High, Said::Failed),
                    check("swap", Weight::Low, Said::Failed),
                    check("second-factor", Weight::Medium, Said::Open),
                    check("clock", Weight::Medium, Said::Met),
                ],
                busy,
            ),
            sample(vec![check("swap", Weight::Low, Said::Failed)], Vec::new()),
            sample(vec![check("clock", Weight::Medium, Said::Met)], Vec::new()),
        ]
    }
}
