//! `/set-up/{token}`: whoever installed the program becomes the first administrator. There is no account before (ASVS 6.3.2).

use aceso_policy::{Role, Strength};
use aceso_store::{Enrol, LinkKind, NewAccount, Redeem, SessionState, UserName};
use aceso_vault::password::Use;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Page, Steps, View, say};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{html, known, said};

use super::Pages;
use super::fault::fault;
use super::password::{Words, field};
use crate::issue::digest;

/// The steps of setting up.
pub(super) const STEPS: &[&str] = &["You", "Second factor", "Recovery codes", "Key shares"];

/// The page.
#[derive(Clone, Debug)]
pub(super) struct SetUp {
    token: String,
    display: String,
    user: String,
    errors: Errors,
}

impl View for SetUp {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            (Field::text("display", "Your name").value(self.display.as_str()).autocomplete("name").hint("As colleagues see it").errors(&self.errors).first())
            (Field::text("user", "User name").value(self.user.as_str()).autocomplete("username").hint("What you type to sign in: letters, digits and . _ - @").errors(&self.errors))
            (field(Use::WithSecondFactor, &self.errors))
            (Button::primary("Go on").whole())
        };
        let form = Form::post(csrf, ["/set-up/", &self.token].concat(), body);
        Page::new("Set up Aceso", html! { (Steps::new(STEPS, 0)) (self.errors) (form) })
            .layout(Layout::AloneBroad)
            .lead("You become the first administrator. There are no other accounts, and no default password.")
    }

    fn samples() -> Vec<Self> {
        let first = Self {
            token: "sample".into(),
            display: String::new(),
            user: String::new(),
            errors: Errors::none(),
        };
        let mut errors = Errors::one("user", said("(what is wrong with this name)"));
        errors.add("password", said("(what is wrong with this password)"));
        let wrong = Self {
            display: "Ann Example".into(),
            user: "a".into(),
            errors,
            ..first.clone()
        };
        vec![first, wrong]
    }
}

async fn linked(pages: &Pages, ask: &Ask) -> Result<(), PageFault> {
    let hash = digest(ask.param("token"));
    let link = pages.0.store.link(&hash).await.map_err(PageFault::hidden)?;
    link.filter(|l| l.kind == LinkKind::SetUp)
        .map(|_| ())
        .ok_or(PageFault::Missing)
}

/// `GET /set-up/{token}`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    linked(&pages, &ask).await?;
    let view = SetUp {
        token: ask.param("token").to_owned(),
        display: String::new(),
        user: String::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /set-up/{token}`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[
        Take::One("display"),
        Take::One("user"),
        Take::One("password"),
    ])?;
    linked(&pages, &ask).await?;
    let (display, user) = (fields.trimmed("display"), fields.trimmed("user"));
    let mut errors = Errors::none();
    if display.is_empty() {
        errors.add("display", "Enter your name");
    }
    let name = UserName::parse(user);
    if let Err(error) = &name {
        errors.add(
            "user",
            say(
                "Please choose another one: {0}",
                &[&known(&error.to_string())],
            ),
        );
    }
    let words = Words {
        user: user.to_owned(),
        display: display.to_owned(),
        email: String::new(),
    };
    let flaws = pages.flaws(Use::WithSecondFactor, &words, fields.one("password"));
    if let Some(flaw) = flaws.text_of("password") {
        errors.add("password", flaw);
    }
    let (Ok(user_name), true) = (name, errors.is_empty()) else {
        let view = SetUp {
            token: ask.param("token").to_owned(),
            display: display.to_owned(),
            user: user.to_owned(),
            errors,
        };
        return Ok(Reply::wrong(&ask, &view));
    };
    let account = NewAccount {
        user_name,
        display: display.to_owned(),
        email: None,
        fhir_user: None,
        roles: vec![Role::ADMINISTRATOR],
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: Enrol::Must,
    };
    let password = pages.as_credential(fields.one("password")).await?;
    let hash = digest(ask.param("token"));
    let redeem = Redeem::SetUp(account, password);
    let id = pages
        .0
        .store
        .redeem(&Pages::caller(&ask), hash, redeem)
        .await
        .map_err(fault)?;
    let on = Local::with("/account/enrol", &[]);
    pages
        .enter(&ask, &id, SessionState::Enrol, Strength::One, on)
        .await
}
