//! `/notice/{token}`: what somebody is told before the public, after they agreed to the embargo. `/contact/{token}`: the yearly answer of
//! who is in the register. Whoever has the link is who it was sent to.

use aceso_desk::When;
use aceso_desk::advisory::page;
use aceso_desk::case::Terms;
use aceso_store::NoticeShown;
use aceso_web::page::{Banner, Button, Card, Csrf, Empty, Facts, Form, Layout, Page, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use crate::DeskWeb;
use crate::fault::fault;
use crate::intake::secret;
use crate::public::advisories::severity as grave;

/// A notice, as its reader sees it.
pub(crate) struct Notice {
    token: String,
    shown: NoticeShown,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let token = ask.param("token").to_owned();
    let shown = web.desk().notice_shown(secret(&token)).await;
    let shown = shown.map_err(fault)?;
    Ok(Reply::page(&ask, &Notice { token, shown }))
}

pub(crate) async fn agree(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let token = ask.param("token");
    let agreed = web.desk().agree_to_notice(secret(token)).await;
    agreed.map_err(fault)?;
    Ok(Reply::to_path(&format!("/notice/{token}")))
}

impl Notice {
    fn facts(&self) -> Facts {
        let shown = &self.shown;
        let mut facts = Facts::new().with("For", format!("{}, {}", shown.name, shown.organisation));
        if let Some(severity) = shown.severity {
            facts = facts.show("Severity", html! { (grave(severity)) });
        }
        if let Some(until) = shown.until {
            facts = facts.with("Before the public until", until.said());
        }
        facts
    }

    /// What to agree to, with the one button.
    fn ask(&self, csrf: &Csrf, terms: Option<&Terms>) -> Markup {
        let to = format!("/notice/{}", self.token);
        html! {
            @if let Some(terms) = terms {
                p { "It is kept back from the public until " strong { (terms.end.said()) } ". Until then:" }
                p.note-text { (terms.text) }
                p { "Agreeing binds you and whoever you show it to. What you read is marked as your copy." }
                (Form::post(csrf, to, html! { div.buttons { (Button::primary("We agree, and read it")) } }))
            } @else {
                p { "Say that you got this, and read it." }
                (Form::post(csrf, to, html! { div.buttons { (Button::primary("We got it")) } }))
            }
        }
    }

    fn mark(&self) -> Markup {
        let shown = &self.shown;
        html! { p.small { "Copy " span.mono { (shown.copy) } " for " (shown.name) ", " (shown.organisation) ". Not for others." } }
    }
}

impl View for Notice {
    fn page(&self, csrf: &Csrf) -> Page {
        let inner = match (&self.shown.text, &self.shown.terms) {
            (Some(advisory), _) => html! {
                (Card::new("Your copy", html! {
                    (self.mark())
                    article.stack lang=(advisory.lang) { (page::inner_markup(advisory)) }
                    (self.mark())
                }))
            },
            (None, terms) => {
                html! { (Card::new("Before you read it", self.ask(csrf, terms.as_ref()))) }
            }
        };
        let body =
            html! { (Card::new("A notice before the public", html! { (self.facts()) })) (inner) };
        Page::new("A security notice for you", body)
            .layout(Layout::Column)
            .lead("You run installations of our software, and are told of a vulnerability before everybody is.")
            .notice(
                Banner::new(Tone::Warning, "This link is yours alone")
                    .text("Do not pass it on: what is opened with it was opened by you."),
            )
    }

    fn samples() -> Vec<Self> {
        let at = When::from_millis(1_772_625_600_000);
        let one = |terms, text| Self {
            token: "t".repeat(43),
            shown: NoticeShown {
                name: "Nia Okello".into(),
                organisation: "Hospital 1".into(),
                copy: "AB12CD34".into(),
                terms,
                severity: Some("High"),
                until: Some(at),
                text,
            },
        };
        let terms = Terms {
            end: at,
            text: "Tell those who need it to patch.".into(),
        };
        vec![
            one(Some(terms), None),
            one(None, None),
            one(None, Some(crate::inside::samples::advisory())),
        ]
    }
}

/// The yearly question.
pub(crate) struct Asked {
    token: String,
    name: String,
    organisation: String,
    over: Option<When>,
}

pub(crate) async fn asked(web: DeskWeb, ask: Ask) -> Outcome {
    let token = ask.param("token").to_owned();
    let found = web.desk().asked_contact(secret(&token)).await;
    let contact = match found {
        Ok(contact) => contact,
        // It was answered, or is another year's.
        Err(aceso_store::DeskError::Unknown) => return Err(PageFault::Missing),
        Err(other) => return Err(fault(other)),
    };
    let page = Asked {
        token,
        name: contact.name,
        organisation: contact.organisation,
        over: contact.vetted.map(|(_, ends)| ends),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn confirm(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let done = web.desk().confirm_contact(secret(ask.param("token"))).await;
    done.map_err(fault)?;
    Ok(Reply::page(&ask, &Thanks))
}

impl View for Asked {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            p { "You are in our register as " strong { (self.name) } " of " strong { (self.organisation) } ", and are told of vulnerabilities before the public." }
            @if let Some(over) = self.over { p { "Without your answer that ends on " (over.date()) "." } }
            (Form::post(csrf, format!("/contact/{}", self.token), html! { div.buttons { (Button::primary("Still so, for another year")) } }))
            p.hint { "If something of this is not so any more, answer our mail, or do nothing." }
        };
        Page::new(
            "Do you still run our software?",
            html! { div.card { (body) } },
        )
        .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            token: "t".repeat(43),
            name: "Nia Okello".into(),
            organisation: "Hospital 1".into(),
            over: Some(When::from_millis(1_772_625_600_000)),
        }]
    }
}

/// After the answer.
pub(crate) struct Thanks;

impl View for Thanks {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! { (Empty::new("Thank you", "You are told for another year.")) };
        Page::new("You stay in the register", body).layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}
