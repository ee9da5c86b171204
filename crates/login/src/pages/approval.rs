//! `/sign-in/approval` and `/account/approvals`: a second factor by a device where the person is signed in already. The
//! sign-in shows a number, and the person types it there: nobody approves by habit (ASVS 6.6.4).

use aceso_policy::Strength;
use aceso_store::{Approval, ApprovalState, NewApproval, Proof};
use aceso_vault::random;
use aceso_web::page::{
    Banner, Button, Crumb, Csrf, Empty, Facts, Field, Form, Layout, Page, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::Pages;
use super::account::person;
use super::device::session;
use super::fault::fault;
use super::parts::{browser, when};
use super::second::{begin_again, waiting};

/// The page that shows the number.
#[derive(Clone, Debug)]
pub(super) struct Number {
    id: String,
    number: u8,
    to: String,
    state: ApprovalState,
}

impl View for Number {
    fn page(&self, csrf: &Csrf) -> Page {
        let go_on = Form::post(
            csrf,
            ["/sign-in/approval/", &self.id].concat(),
            html! { (Button::primary("I have approved it").whole()) },
        );
        let body = html! {
            @match self.state {
                ApprovalState::Refused | ApprovalState::Taken => {
                    p { "It was refused, got another number, or took longer than two minutes." }
                    p { a href="/sign-in/second" { "Use another way" } }
                }
                ApprovalState::Waiting | ApprovalState::Approved => {
                    p { "On a device where you are signed in, open " strong { "Your account" } ", " strong { "Approve a sign-in" } ", and type this number there:" }
                    p.big-number { (self.number) }
                    (go_on.keep("to", self.to.as_str()).keep("number", self.number.to_string()))
                    p { a href="/sign-in/second" { "Use another way" } }
                }
            }
        };
        let page = Page::new("Approve on another device", body).layout(Layout::Alone);
        match self.state {
            ApprovalState::Refused | ApprovalState::Taken => {
                page.notice(Banner::new(Tone::Danger, "This sign-in was not approved"))
            }
            ApprovalState::Waiting => {
                page.notice(Banner::new(Tone::Info, "Waiting for your approval"))
            }
            ApprovalState::Approved => page,
        }
    }

    fn samples() -> Vec<Self> {
        [ApprovalState::Waiting, ApprovalState::Refused]
            .map(|state| Self {
                id: "1".into(),
                number: 42,
                to: "/".into(),
                state,
            })
            .to_vec()
    }
}

/// `POST /sign-in/approval`
pub(super) async fn ask(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[Take::One("to")])?;
    let Some(found) = waiting(&pages, &ask).await? else {
        return begin_again();
    };
    let [byte] = random::<1>().map_err(PageFault::hidden)?;
    let number = 10 + byte % 90;
    let new = NewApproval {
        account: found.account.id.clone(),
        session: session(&ask)?,
        number,
        address: ask.visit.peer,
        agent: ask.agent.clone(),
    };
    let caller = Pages::caller(&ask);
    let id = pages.0.store.ask_approval(&caller, new).await;
    let view = Number {
        id: id.map_err(fault)?,
        number,
        to: ask.onward().as_str().to_owned(),
        state: ApprovalState::Waiting,
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /sign-in/approval/{id}`
pub(super) async fn take(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("to"), Take::One("number")])?;
    let Some(found) = waiting(&pages, &ask).await? else {
        return begin_again();
    };
    let (caller, hash) = (Pages::caller(&ask), session(&ask)?);
    let state = pages.0.store.take_approval(&caller, ask.param("id"), &hash);
    let state = state.await.map_err(fault)?;
    if state == ApprovalState::Approved {
        let strength = Strength::Two;
        let reply = Reply::to(ask.onward());
        let proof = Proof::Complete { strength };
        return pages.prove(&ask, &found.account.id, proof, reply).await;
    }
    let view = Number {
        id: ask.param("id").to_owned(),
        number: fields.one("number").parse().unwrap_or_default(),
        to: ask.onward().as_str().to_owned(),
        state,
    };
    Ok(Reply::page(&ask, &view))
}

/// The page on the device that approves.
#[derive(Clone, Debug)]
pub(super) struct Approvals {
    waiting: Vec<Approval>,
    answered: Option<ApprovalState>,
}

fn card(csrf: &Csrf, one: &Approval) -> Markup {
    let address = one
        .address
        .map_or(aceso_web::page::known("unknown"), |a| a.to_string());
    let facts = Facts::new()
        .with("Browser", browser(&one.agent))
        .with("Address", address)
        .show("Asked", when(one.made));
    let answer = html! {
        (Field::text("number", "Number on the sign-in page").autocomplete("off").short().longest(2))
        div.buttons { (Button::primary("Approve")) (Button::danger("It was not me").says("refuse", "yes")) }
    };
    let action = ["/account/approvals/", &one.id].concat();
    html! { section.card { (facts) (Form::post(csrf, action, answer)) } }
}

impl View for Approvals {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            // One at a time: a field's name stands once on a page.
            @match self.waiting.first() {
                Some(one) => (card(csrf, one)),
                None => (Empty::new("No sign-in waits", "Begin on the other device, choose to approve it here, then reload this page.")),
            }
        };
        let page = Page::new("Approve a sign-in", body)
            .layout(Layout::Column)
            .here("/account")
            .crumbs(vec![Crumb::new("Your account", "/account")])
            .lead("Approve only what you have just begun yourself.");
        match self.answered {
            None => page,
            Some(ApprovalState::Approved) => {
                page.notice(Banner::new(Tone::Good, "Approved").text("Go on at the other device."))
            }
            Some(ApprovalState::Waiting | ApprovalState::Refused | ApprovalState::Taken) => page
                .notice(
                    Banner::new(Tone::Warning, "Refused").text(
                        "If you did not begin it, somebody knows your password: change it now.",
                    ),
                ),
        }
    }

    fn samples() -> Vec<Self> {
        let at = aceso_base::Instant::from_millis(1_795_300_000_000);
        let one = Approval {
            id: "1".into(),
            account: "1".into(),
            address: "192.0.2.7".parse().ok(),
            agent: "Chrome/1 Linux".into(),
            made: at,
            ends: at,
        };
        vec![
            Self {
                waiting: vec![one],
                answered: None,
            },
            Self {
                waiting: Vec::new(),
                answered: Some(ApprovalState::Approved),
            },
            Self {
                waiting: Vec::new(),
                answered: Some(ApprovalState::Refused),
            },
        ]
    }
}

/// `GET /account/approvals`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let account = &person(&ask)?.account;
    let waiting = pages.0.store.approvals(ask.caller()?, account).await;
    let answered = ask.query("done").map(|done| match done {
        "approved" => ApprovalState::Approved,
        _ => ApprovalState::Refused,
    });
    let view = Approvals {
        waiting: waiting.map_err(fault)?,
        answered,
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /account/approvals/{id}`
pub(super) async fn answer(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("number"), Take::One("refuse")])?;
    let account = &person(&ask)?.account;
    // What is no number is a wrong one.
    let number = match fields.has("refuse") {
        true => None,
        false => fields.trimmed("number").parse().ok(),
    };
    let (store, caller) = (&pages.0.store, ask.caller()?);
    let answered = store
        .answer_approval(caller, account, ask.param("id"), number)
        .await;
    let done = match answered.map_err(fault)? {
        ApprovalState::Approved => "approved",
        ApprovalState::Waiting | ApprovalState::Refused | ApprovalState::Taken => "refused",
    };
    Ok(Reply::to(Local::with(
        "/account/approvals",
        &[("done", done)],
    )))
}
