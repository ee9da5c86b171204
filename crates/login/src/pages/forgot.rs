//! `/forgot`: what to do when signing in does not work. The same for everybody: it asks nothing and tells nothing.

use aceso_web::page::{Csrf, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::Pages;

/// The page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forgot;

impl View for Forgot {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            h2 { "You forgot your password" }
            p { "Ask an administrator of the clinic for a reset link. It lets you choose a new password; your passkeys, your authenticator app and your recovery codes stay as they are. Nobody but you ever knows the password." }
            h2 { "You lost your phone or key" }
            p { "Sign in with your password and one of your recovery codes, then add a new passkey or app in your account. Without a code, an administrator can take away what you lost." }
            h2 { "It says to wait" }
            p { "After wrong attempts there is a pause that grows. From a browser you have used before, other people's attempts do not count against you." }
            div.buttons { (Link::secondary("Back to sign-in", "/sign-in")) }
        };
        Page::new("Cannot sign in?", body).layout(Layout::Alone)
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}

/// `GET /forgot`
pub(super) async fn show(_: Pages, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &Forgot))
}
