//! Choosing a password: the rule, and `/account/password`.

use aceso_store::{Account, CredentialSecret, NewCredential};
use aceso_vault::password::{Flaw, PasswordRule, Use};
use aceso_web::page::{Button, Crumb, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{html, say};

use super::Pages;
use super::account::{fresh, own};
use super::fault::fault;

/// What a person must not make their password of.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) user: String,
    pub(super) display: String,
    pub(super) email: String,
}

impl Words {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            user: account.user_name.to_string(),
            display: account.display.clone(),
            email: account.email.clone().unwrap_or_default(),
        }
    }
}

/// The field for a new password.
pub(super) fn field(used: Use, errors: &Errors) -> Field {
    let hint = match used {
        Use::Alone => {
            "At least 15 characters: some words that belong together only for you. No rules about digits or signs."
        }
        Use::WithSecondFactor => {
            "At least 8 characters, better some words. No rules about digits or signs."
        }
    };
    Field::password("password", "New password")
        .hint(hint)
        .autocomplete("new-password")
        .errors(errors)
}

impl Pages {
    /// What speaks against a new password (NIST SP 800-63B-4, section 3.1.1.2; rows N1 and N2).
    pub(super) fn flaws(&self, used: Use, words: &Words, password: &str) -> Errors {
        let known = [
            words.user.as_str(),
            words.display.as_str(),
            words.email.as_str(),
            self.0.settings.clinic.as_str(),
            "aceso",
        ];
        let known: Vec<&str> = known.into_iter().filter(|w| !w.is_empty()).collect();
        let flaws = PasswordRule {
            used,
            known: &known,
        }
        .flaws(password);
        match flaws.first() {
            Some(flaw) => Errors::one("password", capital(&said(flaw))),
            None => Errors::none(),
        }
    }

    /// What stands beside the password of an account with these roles.
    pub(super) fn password_use(&self, account: &Account) -> Use {
        match self.0.store.wants_second_factor(account) {
            true => Use::WithSecondFactor,
            false => Use::Alone,
        }
    }

    /// A password as a credential.
    pub(super) async fn as_credential(&self, password: &str) -> Result<NewCredential, PageFault> {
        let hash = self.hash(password).await?;
        Ok(NewCredential {
            label: aceso_web::page::known("Password"),
            secret: CredentialSecret::Password(aceso_base::Secret::new(hash)),
        })
    }
}

/// Why it may not be the password.
fn said(flaw: &Flaw) -> String {
    match flaw {
        Flaw::Short(least) => say("use at least {0} characters", &[least]),
        Flaw::Long(most) => say("use at most {0} characters", &[most]),
        Flaw::Common => say("this is one of the passwords that attackers try first", &[]),
        Flaw::Known(word) => say(
            "this is little more than “{0}”, which others know about you",
            &[word],
        ),
        Flaw::Repeats => say("this repeats the same few characters", &[]),
        Flaw::Sequence => say("this follows the alphabet or the keyboard", &[]),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The page.
#[derive(Clone, Debug)]
pub(super) struct NewPassword {
    user: String,
    used: Use,
    errors: Errors,
}

impl View for NewPassword {
    fn page(&self, csrf: &Csrf) -> Page {
        let form = Form::post(
            csrf,
            "/account/password",
            html! {
                input type="text" name="user" value=(self.user) autocomplete="username" aria-label="User name" readonly hidden;
                (field(self.used, &self.errors).first())
                div.buttons { (Button::primary("Set password")) (Link::quiet("Cancel", "/account")) }
            },
        );
        Page::new("New password", html! { (self.errors) (form) })
            .layout(Layout::Column)
            .here("/account")
            .crumbs(vec![Crumb::new("Your account", "/account")])
            .lead("Your other sessions end when the password changes.")
    }

    fn samples() -> Vec<Self> {
        let view = |used, errors| Self {
            user: "ann".into(),
            used,
            errors,
        };
        vec![
            view(Use::WithSecondFactor, Errors::none()),
            view(
                Use::Alone,
                Errors::one("password", "this repeats the same few characters"),
            ),
        ]
    }
}

/// `GET /account/password`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    fresh(&pages, &ask)?;
    let account = own(&pages, &ask).await?;
    let view = NewPassword {
        user: account.user_name.to_string(),
        used: pages.password_use(&account),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /account/password`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("user"), Take::One("password")])?;
    fresh(&pages, &ask)?;
    let account = own(&pages, &ask).await?;
    let used = pages.password_use(&account);
    let errors = pages.flaws(used, &Words::of(&account), fields.one("password"));
    if !errors.is_empty() {
        let user = account.user_name.to_string();
        return Ok(Reply::wrong(&ask, &NewPassword { user, used, errors }));
    }
    let new = pages.as_credential(fields.one("password")).await?;
    let (store, caller) = (&pages.0.store, ask.caller()?);
    store
        .add_credential(caller, &account.id, new)
        .await
        .map_err(fault)?;
    let here = super::device::session(&ask)?;
    store
        .end_sessions_of(caller, &account.id, Some(here))
        .await
        .map_err(fault)?;
    Ok(Reply::to(Local::with("/account", &[("done", "password")])))
}
