//! `/account/recovery-codes`: ten codes on paper for the day the phone is lost.

use aceso_vault::recovery::RecoveryCode;
use aceso_web::page::{Banner, Button, Crumb, Csrf, Form, Layout, Link, Page, Tone, View, counted};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::html;

use super::Pages;
use super::account::{fresh, own};
use super::enrol::First;
use super::fault::fault;

/// The codes, shown once.
#[derive(Clone)]
pub(super) struct Sheet {
    pub(super) first: First,
    pub(super) enrolled: bool,
    pub(super) codes: Vec<String>,
    pub(super) user: String,
    pub(super) clinic: String,
}

impl std::fmt::Debug for Sheet {
    /// Without the codes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet").finish_non_exhaustive()
    }
}

impl View for Sheet {
    fn page(&self, _: &Csrf) -> Page {
        let (on, label) = match (self.enrolled, self.first) {
            (true, First::Administrator) => ("/recovery-shares", "I have them, go on"),
            (true, First::Person) => ("/", "I have them, go on"),
            (false, _) => ("/account", "I have them"),
        };
        let steps = if self.enrolled {
            self.first.steps(2)
        } else {
            maud::Markup::default()
        };
        let body = html! {
            (steps)
            p { "Each code signs you in once, together with your password, when your passkey or phone is not at hand. Print them or write them down, and keep them where you keep a spare key. They are not shown again." }
            p.small { strong { (self.clinic) } " · " span.mono { (self.user) } }
            ul.codes id="codes" { @for code in &self.codes { li { (code) } } }
            div.buttons {
                (Link::primary(label, on))
                button.button.secondary type="button" data-print="" hidden { "Print" }
                button.button.secondary type="button" data-copy="codes" hidden { "Copy" }
            }
        };
        Page::new("Your recovery codes", body).layout(Layout::AloneBroad)
    }

    fn samples() -> Vec<Self> {
        let view = |first, enrolled| Self {
            first,
            enrolled,
            codes: vec!["ABCD-EFGH-JKMN-PQRS-TVWX-YZ23".into(); 10],
            user: "ann".into(),
            clinic: "Riverside Clinic".into(),
        };
        vec![view(First::Administrator, true), view(First::Person, false)]
    }
}

/// The page before: how many are left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left(u32);

impl View for Left {
    fn page(&self, csrf: &Csrf) -> Page {
        let left = match self.0 {
            0 => Banner::new(Tone::Warning, "You have no recovery codes"),
            some => {
                let tone = if some > 3 { Tone::Info } else { Tone::Warning };
                let left = counted(
                    some.into(),
                    "{0} recovery code is left",
                    "{0} recovery codes are left",
                    &[],
                );
                Banner::new(tone, left)
            }
        };
        let form = html! { div.buttons { (Button::primary("Make new codes")) (Link::quiet("Cancel", "/account")) } };
        let body = html! {
            p { "Ten new codes take the place of those before, which stop working." }
            (Form::post(csrf, "/account/recovery-codes", form))
        };
        Page::new("Recovery codes", body)
            .layout(Layout::Column)
            .here("/account")
            .crumbs(vec![Crumb::new("Your account", "/account")])
            .notice(left)
    }

    fn samples() -> Vec<Self> {
        vec![Self(0), Self(2), Self(10)]
    }
}

/// `GET /account/recovery-codes`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    fresh(&pages, &ask)?;
    let account = own(&pages, &ask).await?;
    let left = pages
        .0
        .store
        .recovery_codes_left(ask.caller()?, &account.id)
        .await
        .map_err(fault)?;
    Ok(Reply::page(&ask, &Left(left)))
}

/// `POST /account/recovery-codes`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    fresh(&pages, &ask)?;
    let account = own(&pages, &ask).await?;
    let sheet = RecoveryCode::sheet().map_err(PageFault::hidden)?;
    let digests = sheet.iter().map(RecoveryCode::digest).collect();
    pages
        .0
        .store
        .set_recovery_codes(ask.caller()?, &account.id, digests)
        .await
        .map_err(fault)?;
    let view = Sheet {
        first: First::Person,
        enrolled: false,
        codes: sheet.iter().map(|c| c.to_printed().to_string()).collect(),
        user: account.user_name.to_string(),
        clinic: pages.0.settings.clinic.clone(),
    };
    Ok(Reply::page(&ask, &view))
}
