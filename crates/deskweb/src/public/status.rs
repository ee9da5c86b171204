//! `/report/status/{token}`: how far a report is, its reporter's own clock, and what is written back and forth. Whoever has
//! the link is the reporter.

use aceso_desk::When;
use aceso_desk::case::{Case, Stage, Verdict};
use aceso_desk::clock::Standing;
use aceso_desk::regime::Regime;
use aceso_desk::report::inert;
use aceso_store::{Credit, DeskError, Letter, ReportStatus};
use aceso_web::page::{
    Banner, Button, Card, Choice, Choices, Crumb, Csrf, Empty, Errors, Facts, Field, Form, Layout,
    Page, Tone, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html, say, words};

use crate::DeskWeb;
use crate::fault::{fault, sentence};
use crate::intake::secret;

const LONG: u32 = 50_000;

/// What a reporter sees.
pub(crate) struct Status {
    token: String,
    base: String,
    now: When,
    status: ReportStatus,
    typed: String,
    errors: Errors,
}

async fn look(web: &DeskWeb, ask: &Ask) -> Result<Status, PageFault> {
    let token = ask.param("token").to_owned();
    let status = web.desk().report_status(secret(&token)).await;
    Ok(Status {
        base: web.settings().base.clone(),
        now: web.desk().now(),
        status: status.map_err(fault)?,
        token,
        typed: String::new(),
        errors: Errors::none(),
    })
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let page = look(&web, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn more(web: DeskWeb, ask: Ask) -> Outcome {
    let mut page = look(&web, &ask).await?;
    let fields = ask.fields(&[Take::One("more")])?;
    let text = inert(fields.trimmed("more"));
    let length = text.chars().count();
    page.typed = fields.one("more").to_owned();
    if text.is_empty() {
        page.errors.add("more", "Write something first");
    } else if length > 50_000 {
        page.errors
            .add("more", "At most 50,000 characters at a time");
    } else {
        match web.desk().add_to_report(secret(&page.token), text).await {
            Ok(()) => return Ok(Reply::to_path(&page.path())),
            Err(DeskError::Rule(why)) => page.errors.add("more", sentence(why)),
            Err(other) => return Err(fault(other)),
        }
    }
    Ok(Reply::wrong(&ask, &page))
}

pub(crate) async fn credit(web: DeskWeb, ask: Ask) -> Outcome {
    let mut page = look(&web, &ask).await?;
    let fields = ask.fields(&[Take::One("credit"), Take::One("credit_name")])?;
    let name = inert(fields.trimmed("credit_name"));
    let credit = match (fields.one("credit"), name.is_empty()) {
        ("yes", true) => {
            page.errors
                .add("credit_name", "Say by which name we may thank you");
            return Ok(Reply::wrong(&ask, &page));
        }
        ("yes", false) => Credit::As(name.chars().take(200).collect()),
        _ => Credit::No,
    };
    web.desk()
        .set_credit(secret(&page.token), credit)
        .await
        .map_err(fault)?;
    Ok(Reply::to_path(&page.path()))
}

/// How far a case is, in words for who reported it.
fn so_far(case: &Case) -> &'static str {
    match case.stage {
        Stage::Intake => "It is here. Somebody of the group reads it next.",
        Stage::Triage => "It is a vulnerability. We find out how grave it is.",
        Stage::Team | Stage::Plan => "A team takes it on and plans what to do.",
        Stage::Fix => "It is being fixed.",
        Stage::Verify => "There is a fix. It is being tested.",
        Stage::Release => "The fix is being released.",
        Stage::PreNotice => "Those who run the software are being told, before everybody else is.",
        Stage::Publish if case.publications.is_empty() => "The advisory is about to be published.",
        Stage::Publish | Stage::Rollout => "It is published. Installations are being updated.",
        Stage::Review | Stage::Closed => "It is published, and we look back at what to do better.",
        Stage::Rejected => "We looked into it and do not think that it is a vulnerability.",
        Stage::Merged => "It was known already; it is worked on together with the earlier report.",
        Stage::Transferred => "It concerns somebody else, to whom we handed it.",
    }
}

impl Status {
    fn path(&self) -> String {
        format!("/report/status/{}", self.token)
    }

    /// Of the case's clocks, those that are the reporter's own.
    fn clocks(&self) -> Vec<(&'static str, String)> {
        let own = [Regime::Acknowledge, Regime::Resolve];
        let mut all: Vec<_> = self
            .status
            .case
            .clocks
            .values()
            .filter(|c| own.contains(&c.regime))
            .collect();
        all.sort_by_key(|c| c.due());
        let said = |standing| match standing {
            Standing::Running { due } => say("by {0}", &[&due.said()]),
            Standing::Paused { until } => say("paused until {0}", &[&until.said()]),
            Standing::Overdue { since } => say("overdue since {0}", &[&since.said()]),
            Standing::Met { at } | Standing::MetLate { at, .. } => {
                say("done on {0}", &[&at.said()])
            }
        };
        let one = |c: &aceso_desk::clock::Clock| {
            let what = match c.regime {
                Regime::Acknowledge => "We answer that somebody has read it",
                _ => "A fix is available",
            };
            (what, said(c.standing(self.now)))
        };
        all.into_iter().map(one).collect()
    }

    fn facts(&self) -> Facts {
        let report = &self.status.report;
        let mut facts = Facts::new()
            .with("Case", report.case.as_str())
            .with(
                "Your report",
                format!("{}, {}", report.id, report.at.said()),
            )
            .with("So far", words(so_far(&self.status.case)));
        let verdict = self.status.case.reports.get(&report.id);
        if let Some((Verdict::Invalid, _)) = verdict.and_then(|r| r.verdict.as_ref()) {
            facts = facts.with(
                "Our view",
                words("We do not think that it is a vulnerability; you can answer below."),
            );
        }
        for (what, when) in self.clocks() {
            facts = facts.with(what, when);
        }
        facts
    }

    fn credit(&self, csrf: &Csrf) -> Markup {
        let (chosen, name) = match &self.status.report.credit {
            Credit::As(name) => ("yes", name.as_str()),
            Credit::No => ("no", ""),
        };
        let choices = vec![Choice::new("no", "No"), Choice::new("yes", "Yes")];
        let fields = html! {
            (Choices::one("credit", "May we thank you by name?", choices).across().chosen([chosen]))
            (Field::text("credit_name", "By this name").any().value(name).errors(&self.errors).longest(200))
            div.buttons { (Button::secondary("Save")) }
        };
        html! { (Form::post(csrf, format!("{}/credit", self.path()), fields)) }
    }
}

/// What was written, as text.
pub(crate) fn talk(letters: &[&Letter], who: &dyn Fn(&Letter) -> String) -> Markup {
    html! {
        @for letter in letters {
            section.card.compact {
                p.small { strong { (who(letter)) } " " span.soft { (letter.at.said()) } }
                p.note-text { (letter.text) }
            }
        }
    }
}

impl View for Status {
    fn page(&self, csrf: &Csrf) -> Page {
        let letters: Vec<&Letter> = self.status.letters.iter().collect();
        let who = |letter: &Letter| match letter.who {
            Some(_) => words("The security group").to_string(),
            None => words("You").to_string(),
        };
        let more = html! {
            (self.errors)
            (Field::area("more", "Send more").value(&self.typed).errors(&self.errors).longest(LONG).hint("Answers, logs, a better proof. Text only"))
            div.buttons { (Button::primary("Send")) }
        };
        let body = html! {
            (Card::new("Where it stands", html! { (self.facts()) }))
            (Card::new("What was written", html! {
                @if letters.is_empty() { (Empty::new("Nothing yet", "We answer here: come back to this page.")) }
                (talk(&letters, &who))
                (Form::post(csrf, format!("{}/more", self.path()), more))
            }))
            (Card::new("Thanks", self.credit(csrf)))
            (Card::new("What you sent", html! { p { strong { (self.status.report.report.subject) } } p.note-text { (self.status.report.report.text) } }))
        };
        let address = [self.base.as_str(), &self.path()].concat();
        let keep = say(
            "{0} Whoever has this link can read and answer. We cannot send it again.",
            &[&address],
        );
        Page::new(say("Your report {0}", &[&self.status.report.id]), body)
            .layout(Layout::Column)
            .crumbs(vec![Crumb::new("Security", "/")])
            .notice(Banner::new(Tone::Info, "Keep this address").text(keep))
    }

    fn samples() -> Vec<Self> {
        let one = |errors| {
            let status = crate::inside::samples::status()?;
            Some(Self {
                token: "t".repeat(43),
                base: "https://desk.example".into(),
                now: When::from_millis(1_772_625_600_000),
                status,
                typed: String::new(),
                errors,
            })
        };
        let wrong = Errors::one("more", "Write something first");
        [one(Errors::none()), one(wrong)]
            .into_iter()
            .flatten()
            .collect()
    }
}
