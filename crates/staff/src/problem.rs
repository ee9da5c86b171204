//! `/problem`: anybody who is signed in says that something is wrong. It becomes an incident here; when they choose so, what they
//! wrote also goes to the makers' response desk, after they saw exactly what is sent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aceso_web::page::{
    Banner, Button, Choice, Choices, Csrf, Errors, Facts, Field, Form, Layout, Link, Page, Tone,
    View,
};
use aceso_web::site::{Ask, Outcome, Reply, Take};
use maud::{Markup, html};

use crate::Staff;
use crate::fault::weigh;
use crate::words::{rule, sentence};

/// The page's address.
const HERE: &str = "/problem";

/// What is sent to the makers: this, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as it was written.
    pub text: String,
    /// Which page it was on, without whom it was about: `/patients/{patient}`.
    pub place: String,
    /// The release.
    pub version: String,
}

/// What the desk answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The number of its case.
    pub case: String,
    /// The secret link to how far it is.
    pub status: String,
}

type Telling = Pin<Box<dyn Future<Output = Result<Answered, String>> + Send>>;

/// Sends a problem to the makers' desk, when it is asked.
#[derive(Clone)]
pub struct Tell(Arc<dyn Fn(Problem) -> Telling + Send + Sync>);

impl Tell {
    /// By this function.
    pub fn new(tell: impl Fn(Problem) -> Telling + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tell")
    }
}

/// Who is to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    /// This installation alone.
    Here,
    /// The makers, too.
    Makers,
}

impl Goes {
    const fn key(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Makers => "makers",
        }
    }
}

/// The form.
pub(crate) struct ReportProblem {
    problem: Problem,
    goes: Goes,
    /// The desk, where there is one.
    desk: Option<String>,
    /// Whether what is sent stands below, to be agreed to.
    shown: bool,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = ReportProblem {
        problem: Problem {
            place: pattern(ask.query("from").unwrap_or_default()),
            ..Problem::default()
        },
        goes: Goes::Here,
        desk: desk(&staff),
        shown: false,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// The desk's address, where somebody can be told.
fn desk(staff: &Staff) -> Option<String> {
    let makers = &staff.settings().makers;
    makers.tell.as_ref().map(|_| makers.desk.clone())
}

/// Which page an address is of, with its places instead of what stands in them; empty when it is none of ours.
fn pattern(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |route: &str| {
        let known: Vec<&str> = route.split('/').collect();
        known.len() == parts.len()
            && known
                .iter()
                .zip(&parts)
                .all(|(k, p)| k == p || (k.starts_with('{') && !p.is_empty()))
    };
    let mut all = crate::ROUTES.iter().map(|route| route.path);
    let exact = crate::ROUTES.iter().find(|route| route.path == path);
    let found = exact
        .map(|route| route.path)
        .or_else(|| all.find(|r| fits(r)));
    found.unwrap_or_default().to_owned()
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["text", "place", "goes", "sure"].map(Take::One))?;
    let goes = match fields.one("goes") {
        "makers" => Goes::Makers,
        _ => Goes::Here,
    };
    let mut page = ReportProblem {
        problem: Problem {
            text: fields.trimmed("text").to_owned(),
            // What comes from a form is not trusted to be a pattern.
            place: pattern(fields.one("place")),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        goes,
        desk: desk(&staff),
        shown: false,
        errors: Errors::none(),
    };
    if page.problem.text.is_empty() {
        page.errors.add("text", "Say what is wrong");
        return Ok(Reply::wrong(&ask, &page));
    }
    let tell = staff.settings().makers.tell.clone();
    let tell = tell.filter(|_| page.goes == Goes::Makers);
    // Browsers write the ends of lines in their own way.
    let lines = |text: &str| text.replace('\r', "");
    if tell.is_some() && lines(fields.one("sure")) != lines(&page.problem.text) {
        page.shown = true;
        return Ok(Reply::wrong(&ask, &page));
    }
    let (store, caller, problem) = (staff.store(), ask.caller()?, page.problem.clone());
    let kept = store
        .report_problem(caller, &problem.text, &problem.place)
        .await;
    let id = match weigh(kept)? {
        Ok(id) => id,
        Err(refusal) => {
            page.errors.add("text", rule(&refusal));
            return Ok(Reply::wrong(&ask, &page));
        }
    };
    let answered = match tell {
        None => None,
        Some(tell) => {
            let answered = (tell.0)(problem).await;
            let said = match &answered {
                Ok(told) => crate::words::say(
                    "the makers have it as {0}: {1}",
                    &[&told.case, &told.status],
                ),
                Err(why) => crate::words::say("the makers could not be told: {0}", &[why]),
            };
            let _ = weigh(store.note_problem(caller, &id, &said).await)?;
            Some(answered)
        }
    };
    Ok(Reply::page(&ask, &Reported { answered }))
}

impl ReportProblem {
    /// Exactly what is sent.
    fn sent(&self) -> Markup {
        let problem = &self.problem;
        let facts = Facts::new()
            .with("What is wrong", problem.text.as_str())
            .with("Page", problem.place.as_str())
            .with("Release", problem.version.as_str());
        html! {
            section.card {
                h2 { "This is sent" }
                p { "Exactly this goes to " (self.desk.as_deref().unwrap_or_default()) ", and nothing else: not your name, not the clinic's." }
                p { "Read it once more: if it names a patient, or could only be about one, change it before you send it." }
                (facts)
            }
        }
    }
}

impl View for ReportProblem {
    fn page(&self, csrf: &Csrf) -> Page {
        let choices = vec![
            Choice::new(Goes::Here.key(), "Those who look after this installation"),
            Choice::new(Goes::Makers.key(), "They, and the makers of the program")
                .hint("You see what is sent before it is."),
        ];
        let button = match self.shown {
            true => Button::primary("Send exactly this"),
            false => Button::primary("Report it"),
        };
        let fields = html! {
            (self.errors)
            (Field::area("text", "What is wrong").value(&self.problem.text).errors(&self.errors).longest(4000)
                .hint("What you did, what you expected, what happened. Without names or numbers of patients."))
            @if self.desk.is_some() {
                (Choices::one("goes", "Who is told", choices).chosen([self.goes.key()]))
            }
            div.buttons { (button) (Link::quiet("Cancel", "/")) }
        };
        let mut form = Form::post(csrf, HERE, fields).keep("place", self.problem.place.as_str());
        if self.shown {
            form = form.keep("sure", self.problem.text.as_str());
        }
        let body = html! {
            @if self.shown { (self.sent()) }
            section.card { (form) }
        };
        Page::new("Report a problem", body)
            .layout(Layout::Column)
            .lead("It becomes an incident, and whoever looks after them is told at once.")
    }

    fn samples() -> Vec<Self> {
        let problem = Problem {
            text: "The list shows a document twice.".into(),
            place: "/patients/{patient}/documents".into(),
            version: "0.1.0".into(),
        };
        let sample = |shown, desk: Option<&str>, errors| Self {
            problem: problem.clone(),
            goes: Goes::Makers,
            desk: desk.map(str::to_owned),
            shown,
            errors,
        };
        vec![
            sample(false, None, Errors::one("text", "Say what is wrong")),
            sample(true, Some("https://security.example.org"), Errors::none()),
        ]
    }
}

/// What became of it.
pub(crate) struct Reported {
    answered: Option<Result<Answered, String>>,
}

impl View for Reported {
    fn page(&self, _: &Csrf) -> Page {
        let makers = match &self.answered {
            None => Markup::default(),
            Some(Ok(told)) => html! {
                p { "The makers have it, too, as " strong { (told.case) } ". How far it is: " a href=(told.status) { (told.status) } }
            },
            Some(Err(why)) => {
                let banner = Banner::new(Tone::Warning, "The makers could not be told");
                html! { (banner.text(sentence(why))) }
            }
        };
        let body = html! {
            section.card {
                p { "Thank you. It is kept as an incident, and those who look after incidents have been told." }
                (makers)
                div.buttons { (Link::primary("Back to work", "/")) }
            }
        };
        Page::new("It is reported", body).layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let told = Answered {
            case: "C-2026-0007".into(),
            status: "https://security.example.org/report/status/abc".into(),
        };
        let wrong = "no answer in time".to_owned();
        vec![
            Self { answered: None },
            Self {
                answered: Some(Ok(told)),
            },
            Self {
                answered: Some(Err(wrong)),
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_page_only_which_one_it_is_is_kept() {
        let check = |path: &str, kept: &str| assert_eq!(pattern(path), kept);
        check("/patients/p1", "/patients/{patient}");
        check("/patients/new", "/patients/new");
        check("/patients/anna/notes/7", "/patients/{patient}/notes/{note}");
        check("/schedule", "/schedule");
        check("/nowhere/anna/kowalska/1954/x/y", "");
        check("", "");
    }
}
