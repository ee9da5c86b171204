//! `/demo/sign-in/{token}`: a demonstration's links sign in without a password. Only a demonstration serves them, and only to
//! its own machine.

use aceso_policy::Strength;
use aceso_store::{LinkKind, SessionState};
use aceso_web::page::{Button, Csrf, Form, Layout, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::html;

use super::Installation;
use super::Pages;
use super::invitation::invited;
use super::parts::role_text;

/// The page.
#[derive(Clone, Debug)]
pub(super) struct DemoSignIn {
    token: String,
    display: String,
    roles: Vec<String>,
}

impl View for DemoSignIn {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            p { "This is a demonstration with synthetic patients. You sign in as " strong { (self.display) } ", " (self.roles.join(", ").to_lowercase()) "." }
            (Form::post(csrf, ["/demo/sign-in/", &self.token].concat(), html! { (Button::primary("Sign in").whole()) }))
        };
        Page::new("Demonstration", body).layout(Layout::Alone)
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            token: "sample".into(),
            display: "Ann Example".into(),
            roles: vec!["Clinician".into()],
        }]
    }
}

fn allowed(pages: &Pages, ask: &Ask) -> Result<(), PageFault> {
    let here = ask.visit.peer.is_none_or(|peer| peer.is_loopback());
    match pages.0.settings.installation {
        Installation::Demo if here => Ok(()),
        Installation::Demo | Installation::Clinic => Err(PageFault::Missing),
    }
}

/// `GET /demo/sign-in/{token}`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    allowed(&pages, &ask)?;
    let account = invited(&pages, &ask, LinkKind::Demo).await?;
    let view = DemoSignIn {
        token: ask.param("token").to_owned(),
        display: account.display.clone(),
        roles: account
            .roles
            .iter()
            .map(|r| role_text(r).shown().into_owned())
            .collect(),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /demo/sign-in/{token}`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    allowed(&pages, &ask)?;
    let account = invited(&pages, &ask, LinkKind::Demo).await?;
    pages
        .enter(
            &ask,
            &account.id,
            SessionState::Full,
            Strength::Two,
            Local::home(),
        )
        .await
}
