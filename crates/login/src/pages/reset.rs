//! `/reset/{token}`: a new password by a link that an administrator made, or that was mailed. Every other factor stays, and is asked for at the
//! sign-in that follows (ASVS 6.4.1 to 6.4.4).

use aceso_store::{LinkKind, Redeem};
use aceso_vault::password::Use;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Page, View};
use aceso_web::site::{Ask, Local, Outcome, Reply, Take};
use maud::html;

use super::Pages;
use super::fault::fault;
use super::invitation::invited_by;
use super::password::{Words, field};
use crate::issue::digest;

/// Links that it is opened by.
const RESETS: [LinkKind; 2] = [LinkKind::Reset, LinkKind::Mailed];

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Reset {
    token: String,
    user: String,
    used: Use,
    errors: Errors,
}

impl View for Reset {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            (Field::text("user", "User name").value(self.user.as_str()).autocomplete("username").fixed())
            (field(self.used, &self.errors).first())
            (Button::primary("Set password").whole())
        };
        let form = Form::post(csrf, ["/reset/", &self.token].concat(), body);
        Page::new("Choose a new password", html! { (self.errors) (form) })
            .layout(Layout::Alone)
            .lead("Your passkeys, your authenticator app and your recovery codes stay as they are. All your sessions end.")
    }

    fn samples() -> Vec<Self> {
        let view = |errors| Self {
            token: "sample".into(),
            user: "ann".into(),
            used: Use::WithSecondFactor,
            errors,
        };
        vec![
            view(Errors::none()),
            view(Errors::one(
                "password",
                "this is one of the passwords that attackers try first",
            )),
        ]
    }
}

/// `GET /reset/{token}`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let account = invited_by(&pages, &ask, &RESETS).await?;
    let view = Reset {
        token: ask.param("token").to_owned(),
        user: account.user_name.to_string(),
        used: pages.password_use(&account),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /reset/{token}`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("user"), Take::One("password")])?;
    let account = invited_by(&pages, &ask, &RESETS).await?;
    let used = pages.password_use(&account);
    let errors = pages.flaws(used, &Words::of(&account), fields.one("password"));
    if !errors.is_empty() {
        let view = Reset {
            token: ask.param("token").to_owned(),
            user: account.user_name.to_string(),
            used,
            errors,
        };
        return Ok(Reply::wrong(&ask, &view));
    }
    let password = aceso_base::Secret::new(pages.hash(fields.one("password")).await?);
    let hash = digest(ask.param("token"));
    let redeemed = pages
        .0
        .store
        .redeem(&Pages::caller(&ask), hash, Redeem::Reset(password))
        .await;
    redeemed.map_err(fault)?;
    Ok(Reply::to(Local::with("/sign-in", &[("after", "reset")])))
}
