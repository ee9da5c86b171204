//! `/admin/advisories/{finding}`: why it is affected, what to do, by when; and what is decided.

use aceso_base::Instant;
use aceso_desk::advisory::Justification;
use aceso_policy::Task;
use aceso_store::{Decide, Decision, KeptFinding, Refusal};
use aceso_web::page::{
    Button, Card, Choice, Crumb, Csrf, Errors, Facts, Field, Form, Page, Select, View,
};
use aceso_web::site::{Ask, Fields, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, path, says, state, urgency};
use crate::Staff;
use crate::admin::timeline::timeline;
use crate::fault::{fault, weigh};
use crate::state::fresh;
use crate::words::{read_day, rule, when};

const DAY: i64 = 86_400_000;
const FIELDS: [Take; 8] = [
    Take::One("act"),
    Take::One("version"),
    Take::One("done"),
    Take::One("why"),
    Take::One("until"),
    Take::One("justification"),
    Take::One("because"),
    Take::One("again"),
];

/// The finding.
pub(crate) struct ShowFinding {
    kept: KeptFinding,
    now: Instant,
    /// Whether the reader may decide; auditors look.
    decides: bool,
    typed: Fields,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = find(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

async fn find(staff: &Staff, ask: &Ask) -> Result<ShowFinding, PageFault> {
    let (store, caller) = (staff.store(), ask.caller()?);
    let kept = store.finding(caller, ask.param("finding")).await;
    Ok(ShowFinding {
        kept: kept.map_err(fault)?,
        now: store.now(),
        decides: [Task::ManageSettings, Task::ReviewBreakGlass]
            .into_iter()
            .any(|task| staff.offers(caller, task)),
        typed: Fields::default(),
        errors: Errors::none(),
    })
}

pub(crate) async fn decide(staff: Staff, ask: Ask) -> Outcome {
    let typed = ask.fields(&FIELDS)?;
    let mut page = find(&staff, &ask).await?;
    let version = typed.one("version").parse().unwrap_or_default();
    page.typed = typed;
    let Some((field, what)) = page.read() else {
        return Ok(Reply::wrong(&ask, &page));
    };
    // What leaves a weakness open needs a fresh proof of who decides it.
    match &what {
        Decide::Accept { .. } | Decide::Agree | Decide::NotAffected { .. } => fresh(&staff, &ask)?,
        Decide::Mitigate(_) | Decide::Refuse | Decide::Update | Decide::Reopen(_) => {}
    }
    let (store, caller, id) = (staff.store(), ask.caller()?, page.kept.id.clone());
    match weigh(store.decide_finding(caller, &id, version, what).await)? {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "decided")]))),
        Err(refusal) => {
            page.against(field, refusal);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl ShowFinding {
    fn against(&mut self, field: &'static str, refusal: Refusal) {
        self.errors.add(field, rule(&refusal));
    }

    /// What was decided, with the field that a refusal stands beside.
    fn read(&mut self) -> Option<(&'static str, Decide)> {
        let text = |name: &'static str| self.typed.trimmed(name).to_owned();
        let read = match self.typed.one("act") {
            "mitigate" => ("done", Decide::Mitigate(text("done"))),
            "accept" => {
                let Some(until) = read_day(self.typed.one("until")) else {
                    let wrong = "Enter the day as year-month-day: 2026-03-01";
                    self.errors.add("until", wrong);
                    return None;
                };
                let (why, until) = (text("why"), until.plus_millis(DAY - 1));
                let field = if why.is_empty() { "why" } else { "until" };
                (field, Decide::Accept { why, until })
            }
            "agree" => ("why", Decide::Agree),
            "refuse" => ("why", Decide::Refuse),
            "not-affected" => {
                let typed = self.typed.one("justification");
                let mut all = Justification::ALL.into_iter();
                let Some(justification) = all.find(|one| one.key() == typed) else {
                    self.errors.add("justification", "Choose one");
                    return None;
                };
                let why = text("because");
                let what = Decide::NotAffected { justification, why };
                ("because", what)
            }
            "update" => ("done", Decide::Update),
            _ => ("again", Decide::Reopen(text("again"))),
        };
        Some(read)
    }

    fn facts(&self) -> Facts {
        let (kept, finding) = (&self.kept, &self.kept.about.finding);
        let facts = Facts::new()
            .show("State", html! { (state(kept, self.now)) })
            .show(
                "Vulnerability",
                html! { span.mono { (finding.vulnerability) } },
            )
            .show("Part", html! { (finding.said) " " (says(finding.state)) });
        let facts = match &kept.about.severity {
            Some(level) => facts.with("Severity, as the makers say", maud::known(level)),
            None => facts,
        };
        let facts = facts.show(
            "How soon",
            html! { (urgency(&kept.about.urgency.decision)) },
        );
        let facts = match kept.due {
            Some(due) => facts.show("Due", when(due)),
            None => facts,
        };
        match kept.until {
            Some(until) => facts.show("Accepted until", when(until)),
            None => facts,
        }
    }

    fn why(&self) -> Markup {
        let about = &self.kept.about;
        html! {
            ul { @for why in &about.finding.because { li { (maud::recalled(why)) } } }
            @if !about.threats.is_empty() { h3 { "What it takes, and what it does" } (lines(&about.threats)) }
            @if !about.patients.is_empty() { h3 { "For patients" } (lines(&about.patients)) }
            h3 { "Why so soon" }
            p.soft.small { "By the decision tree for deployers (SSVC): " (self.inputs()) "." }
            @if let Some(most) = about.urgency.most {
                p.soft.small { "A weakness of this severity is to be mended within " (most) " days." }
            }
        }
    }

    fn inputs(&self) -> String {
        let inputs = self.kept.about.urgency.inputs.iter();
        let said: Vec<String> = inputs
            .map(|(point, value)| format!("{point}: {value}"))
            .collect();
        said.join("; ")
    }

    fn what(&self) -> Markup {
        let about = &self.kept.about;
        html! {
            h3 { "Fix" }
            @if about.fixes.is_empty() { p { "The makers name none." } } @else { (lines(&about.fixes)) }
            h3 { "Workarounds" }
            @if about.workarounds.is_empty() { p { "The makers name none." } } @else { (lines(&about.workarounds)) }
            @if !about.detection.is_empty() { h3 { "Was it used here?" } (lines(&about.detection)) }
        }
    }

    fn form(&self, csrf: &Csrf, act: &'static str, fields: Markup) -> Markup {
        let form = Form::post(csrf, path(&self.kept.id), fields).keep("act", act);
        html! { (form.keep("version", self.kept.version.to_string())) }
    }

    fn area(&self, name: &'static str, label: &'static str) -> Field {
        let field = Field::area(name, label).value(self.typed.one(name));
        field.errors(&self.errors).longest(2000)
    }

    fn second(&self, csrf: &Csrf) -> Markup {
        let Some(asked) = &self.kept.asked else {
            return Markup::default();
        };
        let by = asked.by.trim_start_matches("person/");
        html! {
            section.card {
                h2 { "A second person" }
                p { (by) " asks to accept this until " (when(Instant::from_millis(asked.until))) ":" }
                p { (asked.why) }
                (self.errors)
                div.row {
                    (self.form(csrf, "agree", html! { (Button::secondary("Agree")) }))
                    (self.form(csrf, "refuse", html! { (Button::quiet("Refuse")) }))
                }
            }
        }
    }

    fn forms(&self, csrf: &Csrf) -> Markup {
        let update = html! {
            p { "The release is fetched, checked, tried on a copy of the record and put in place in the next quiet hours; when it does not serve, the one before is back. To do it now: aceso update apply." }
            div.buttons { (Button::primary("Update in the quiet hours")) }
        };
        let mitigate = html! {
            (self.area("done", "What was done about it"))
            div.buttons { (Button::secondary("It is mitigated")) }
        };
        let accept = html! {
            (self.area("why", "Why it can stay as it is"))
            (Field::date("until", "Until").value(self.typed.one("until")).errors(&self.errors).hint("Within half a year; then it opens again."))
            div.buttons { (Button::secondary("Ask a second person to agree")) }
        };
        let reasons = Justification::ALL.map(|one| Choice::new(one.key(), reason(one)));
        let reasons = Select::new("justification", "Reason", reasons.to_vec());
        let not = html! {
            (reasons.chosen(self.typed.one("justification")).errors(&self.errors))
            (self.area("because", "How you know"))
            div.buttons { (Button::secondary("It does not concern us")) }
        };
        html! {
            @if self.kept.asked.is_none() { (self.errors) }
            (Card::new("Put the update in place", self.form(csrf, "update", update)))
            (Card::new("Mitigate", self.form(csrf, "mitigate", mitigate)))
            (Card::new("Accept for a while", self.form(csrf, "accept", accept)))
            (Card::new("Not affected", self.form(csrf, "not-affected", not)))
        }
    }

    fn decided(&self, csrf: &Csrf) -> Markup {
        let again = html! {
            (self.errors)
            (self.area("again", "Why it is open again"))
            div.buttons { (Button::secondary("Open it again")) }
        };
        html! { (Card::new("Decide again", self.form(csrf, "reopen", again))) }
    }
}

/// Each in a paragraph of its own.
fn lines(texts: &[String]) -> Markup {
    html! { @for text in texts { p { (text) } } }
}

/// Why a weakness does not concern this installation, in words.
pub(crate) const fn reason(justification: Justification) -> &'static str {
    match justification {
        Justification::ComponentNotPresent => "The part is not in this installation",
        Justification::VulnerableCodeNotPresent => "The weak code is not in it",
        Justification::VulnerableCodeCannotBeControlledByAdversary => {
            "An attacker cannot steer that code"
        }
        Justification::VulnerableCodeNotInExecutePath => "That code never runs here",
        Justification::InlineMitigationsAlreadyExist => "Something stands before it already",
    }
}

impl View for ShowFinding {
    fn page(&self, csrf: &Csrf) -> Page {
        let kept = &self.kept;
        let body = html! {
            div.stack {
                (Card::new("The finding", html! { (self.facts()) }))
                (Card::new("Why", self.why()))
                (Card::new("What to do", self.what()))
                @if self.decides { (self.second(csrf)) }
                @if kept.is_live() && self.decides {
                    @match kept.decision {
                        Decision::Open | Decision::Queued => { (self.forms(csrf)) }
                        Decision::Mitigated | Decision::Accepted | Decision::NotAffected | Decision::Settled => { (self.decided(csrf)) }
                    }
                }
                (Card::new("Timeline", timeline(self.kept.notes.iter().map(|note| (note.at, &*note.by, &*note.text)))))
            }
        };
        Page::new(kept.about.title.clone(), body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("Advisories", HERE)])
            .lead(kept.about.finding.advisory.clone())
    }

    fn samples() -> Vec<Self> {
        use aceso_store::Asked;
        let sample = |kept: KeptFinding| Self {
            now: kept.first,
            kept,
            decides: true,
            typed: Fields::default(),
            errors: Errors::one("until", maud::said("(what is wrong with this day)")),
        };
        let mut all = Vec::from(Decision::ALL.map(super::sample).map(sample));
        let mut asked = super::sample(Decision::Open);
        asked.asked = Some(Asked {
            by: "person/ada".into(),
            account: "a1".into(),
            why: "Documents are switched off.".into(),
            until: asked.first.millis() + 30 * DAY,
        });
        all.push(sample(asked));
        all
    }
}
