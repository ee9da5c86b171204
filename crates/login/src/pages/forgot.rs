//! `/forgot`: what to do when signing in does not work. Where mail is sent, a link to a new password can be asked for here: the
//! answer is the same for everybody, and does not wait for what comes of it (ASVS 6.3.8, 6.4.2).

use std::time::Duration;

use aceso_base::Secret;
use aceso_store::MailedLink;
use aceso_web::page::{Banner, Button, Csrf, Errors, Field, Form, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::Pages;
use super::fault::fault;
use crate::issue::fresh;

/// Longer than any user name or address.
const LONGEST: usize = 254;

/// A link is made so long after it was asked for.
const LATER: Duration = Duration::from_millis(300);

/// Whether a link can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By mail.
    Mail,
    /// Of an administrator alone.
    Administrator,
}

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Forgot {
    way: Way,
    errors: Errors,
    notice: Option<Banner>,
}

impl View for Forgot {
    fn page(&self, csrf: &Csrf) -> Page {
        let form = Form::post(
            csrf,
            "/forgot",
            html! {
                (Field::text("user", "User name or e-mail address").autocomplete("username").errors(&self.errors))
                (Button::primary("Send me a link").whole())
            },
        );
        let body = html! {
            (self.errors)
            h2 { "You forgot your password" }
            @match self.way {
                Way::Mail => {
                    p { "We send a link to the e-mail address in your account. It works once, for 15 minutes, and lets you choose a new password; your passkeys, your authenticator app and your recovery codes stay as they are, and are still asked for." }
                    (form)
                    p.soft.small { "No mail after a few minutes? Look among unwanted mail, or ask an administrator of the clinic for a link." }
                }
                Way::Administrator => p { "Ask an administrator of the clinic for a reset link. It lets you choose a new password; your passkeys, your authenticator app and your recovery codes stay as they are. Nobody but you ever knows the password." }
            }
            h2 { "You lost your phone or key" }
            p { "Sign in with your password and one of your recovery codes, then add a new passkey or app in your account. Without a code, an administrator can take away what you lost." }
            h2 { "It says to wait" }
            p { "After wrong attempts there is a pause that grows. From a browser you have used before, other people's attempts do not count against you." }
            div.buttons { (Link::secondary("Back to sign-in", "/sign-in")) }
        };
        let page = Page::new("Cannot sign in?", body).layout(Layout::Alone);
        match &self.notice {
            Some(notice) => page.notice(notice.clone()),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let view = |way, errors, notice| Self {
            way,
            errors,
            notice,
        };
        vec![
            view(Way::Administrator, Errors::none(), None),
            view(Way::Mail, Errors::none(), asked("yes")),
            view(Way::Mail, Errors::one("user", EMPTY), None),
        ]
    }
}

const EMPTY: &str = "Enter your user name or your e-mail address";

fn asked(text: &str) -> Option<Banner> {
    (text == "yes").then(|| {
        Banner::new(Tone::Good, "Look into your mail").text(
            "If an account goes by what you entered and has an e-mail address, a link is on its way.",
        )
    })
}

async fn way(pages: &Pages, ask: &Ask) -> Result<Way, PageFault> {
    let standing = pages.0.store.mail_standing(&Pages::caller(ask)).await;
    Ok(match standing.map_err(fault)?.since {
        Some(_) => Way::Mail,
        None => Way::Administrator,
    })
}

/// `GET /forgot`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let view = Forgot {
        way: way(&pages, &ask).await?,
        errors: Errors::none(),
        notice: ask.query("asked").and_then(asked),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /forgot`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("user")])?;
    let typed = fields.trimmed("user");
    if way(&pages, &ask).await? == Way::Administrator {
        return Err(PageFault::Missing);
    }
    if typed.is_empty() || typed.len() > LONGEST {
        let view = Forgot {
            way: Way::Mail,
            errors: Errors::one("user", EMPTY),
            notice: None,
        };
        return Ok(Reply::wrong(&ask, &view));
    }
    let link = fresh().map_err(PageFault::hidden)?;
    let address = [&pages.0.settings.base, "/reset/", &link.token].concat();
    let link = MailedLink {
        hash: link.hash,
        address: Secret::new(address),
    };
    // How long it takes would tell whether there is such an account: nobody waits for it, and it begins when the answer is
    // long gone, so that a busy machine does not do it first. How many are under way at a time is limited, and waiting for
    // that is the same for all.
    let turn = std::sync::Arc::clone(&pages.0.resets).acquire_owned().await;
    let turn = turn.map_err(PageFault::hidden)?;
    let (store, caller, typed) = (pages.0.store.clone(), Pages::caller(&ask), typed.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(LATER).await;
        if let Err(error) = store.mail_reset(&caller, &typed, link).await {
            tracing::error!(%error, "a link to a new password could not be kept for mailing");
        }
        drop(turn);
    });
    Ok(Reply::to(Local::with("/forgot", &[("asked", "yes")])))
}
