//! Showing once more, or with a second factor, who one is: the form that three pages share, and what they check.

use aceso_policy::Strength;
use aceso_store::{Account, CredentialKind, FoundSession, OpenCredential};
use aceso_vault::TotpSecret;
use aceso_vault::password::Verdict;
use aceso_web::page::{
    Banner, Button, Csrf, Errors, Field, Form, Layout, Page, Passkey, Tone, View, say,
};
use aceso_web::site::{Ask, Fields, Kept, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::ceremony::Offer;
use super::enter::Tried;
use super::fault::fault;
use super::outside::said;
use super::parts::{Onward, Other, passkey_form};
use super::sign_in::TOO_MANY;
use super::{Installation, Pages, identities};

/// What the proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// The second factor of a sign-in.
    Second,
    /// Opening a locked session.
    Unlock,
    /// A fresh proof before something that matters.
    StepUp,
}

impl Aim {
    const fn action(self) -> &'static str {
        match self {
            Self::Second => "/sign-in/second",
            Self::Unlock => "/unlock",
            Self::StepUp => "/step-up",
        }
    }

    const fn passkey_action(self) -> &'static str {
        match self {
            Self::Second => "/sign-in/second/passkey",
            Self::Unlock => "/unlock/passkey",
            Self::StepUp => "/step-up/passkey",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Second => "Second step",
            Self::Unlock => "Locked",
            Self::StepUp => "Confirm that it is you",
        }
    }
}

/// What an account can answer with here.
#[derive(Clone, Debug, Default)]
pub(super) struct Means {
    passkey: Option<Offer>,
    password: Option<()>,
    code: Option<()>,
    /// A demonstration's people have nothing to show: they say that it is they.
    word: Option<()>,
    /// Outside providers that the account is linked to.
    others: Vec<Other>,
}

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    pub(super) aim: Aim,
    pub(super) display: String,
    pub(super) user: String,
    pub(super) means: Means,
    pub(super) onward: Onward,
    pub(super) errors: Errors,
    /// What happened on the way to an outside provider.
    pub(super) after: Option<(&'static str, &'static str)>,
}

impl View for Challenge {
    fn page(&self, csrf: &Csrf) -> Page {
        let means = &self.means;
        let typed = means.password.is_some() || means.code.is_some() || means.word.is_some();
        let body = html! {
            (self.errors)
            @if let Some(offer) = &self.means.passkey {
                (self.onward.carry(passkey_form(csrf, self.aim.passkey_action(), Passkey::Use, offer, "Use a passkey")))
                @if typed { p.or data-with-passkey hidden { "or" } }
                @else { noscript { p { "A passkey needs script, and your browser has it turned off for this page." } } }
            }
            @if typed { (self.typed(csrf)) }
            @if !means.others.is_empty() {
                @if typed || means.passkey.is_some() { p.or { "or" } }
                @for other in &means.others { (self.onward.carry(other.form(csrf, self.aim.action()))) }
            }
            (self.ways(csrf))
        };
        let page = Page::new(self.aim.title(), body).layout(Layout::Alone);
        let page = match self.after {
            Some((title, text)) => page.notice(Banner::new(Tone::Warning, title).text(text)),
            None => page,
        };
        let waits = self.onward.kept.is_some();
        match self.aim {
            Aim::Second => page.lead(say("Signing in as {0}", &[&self.user])),
            Aim::Unlock if waits => page
                .lead(say("{0} is signed in here.", &[&self.display]))
                .notice(
                    Banner::new(Tone::Info, "What you typed is kept")
                        .text("Unlock, and it is sent."),
                ),
            Aim::Unlock => page.lead(say("{0} is signed in here.", &[&self.display])),
            Aim::StepUp if waits => page
                .lead("This needs a fresh proof; it holds for ten minutes.")
                .notice(
                    Banner::new(Tone::Info, "What you typed is kept")
                        .text("Confirm, and it is sent."),
                ),
            Aim::StepUp => page.lead("This needs a fresh proof; it holds for ten minutes."),
        }
    }

    fn samples() -> Vec<Self> {
        let all = Means {
            passkey: Some(Offer::sample()),
            password: Some(()),
            code: Some(()),
            word: None,
            others: Vec::new(),
        };
        let view = |aim, means: &Means, kept: Option<Kept>, errors| Self {
            aim,
            display: "Ann Example".into(),
            user: "ann".into(),
            means: means.clone(),
            onward: Onward {
                to: "/".into(),
                kept,
            },
            errors,
            after: None,
        };
        let code_only = Means {
            password: None,
            ..all.clone()
        };
        let password_only = Means {
            password: Some(()),
            ..Means::default()
        };
        vec![
            view(Aim::Second, &code_only, None, Errors::none()),
            view(
                Aim::Second,
                &code_only,
                None,
                Errors::one("code", "That is not right. Please try again."),
            ),
            view(
                Aim::Unlock,
                &password_only,
                Kept::read("/notes", "note=a"),
                Errors::none(),
            ),
            view(
                Aim::StepUp,
                &all,
                None,
                Errors::one("password", "That is not right. Please try again."),
            ),
        ]
    }
}

impl Challenge {
    fn typed(&self, csrf: &Csrf) -> Markup {
        let first = self.means.passkey.is_none();
        let focus = |field: Field| if first { field.first() } else { field };
        let body = html! {
            // Password managers look for the name that a password belongs to.
            @if self.means.password.is_some() {
                input type="text" name="user" value=(self.user) autocomplete="username" aria-label="User name" readonly hidden;
                (focus(Field::password("password", "Password").autocomplete("current-password")).errors(&self.errors))
            }
            @if self.means.word.is_some() { p.soft { "This is a demonstration: nothing has to be proved." } }
            @if self.means.code.is_some() {
                (focus(Field::code("code", "Code from your authenticator app").hint("Six digits")).errors(&self.errors))
            }
            (Button::primary(match self.aim { Aim::Second => "Go on", Aim::Unlock => "Unlock", Aim::StepUp => "Confirm" }).whole())
        };
        html! { (self.onward.carry(Form::post(csrf, self.aim.action(), body))) }
    }

    fn ways(&self, csrf: &Csrf) -> Markup {
        match self.aim {
            Aim::Second => {
                let other = Local::with("/sign-in/recovery", &[("to", &self.onward.to)]);
                let approve = Form::post(
                    csrf,
                    "/sign-in/approval",
                    html! { (Button::quiet("Approve on another device").small()) },
                );
                html! {
                    (approve.keep("to", self.onward.to.as_str()).inline())
                    p { a href=(other.as_str()) { "Use a recovery code" } }
                    p { a href="/sign-in" { "Sign in as somebody else" } }
                }
            }
            Aim::Unlock => html! {
                div.row {
                    (Form::post(csrf, "/sign-out", html! { (Button::quiet("Sign out").small()) }).inline())
                    a.button.quiet.small href="/switch" { "Not " (self.display) "? Switch person" }
                }
            },
            Aim::StepUp => html! { p { a href="/" { "Cancel" } } },
        }
    }
}

/// What is wrong with a proof, beside its field.
pub(super) fn wrong(field: &'static str, tried: &Tried) -> Errors {
    match tried {
        Tried::Right => Errors::none(),
        Tried::Wrong => Errors::one(field, "That is not right. Please try again."),
        Tried::Wait(seconds) => Errors::one(field, say(TOO_MANY, &[&seconds])),
    }
}

/// The fields of these forms.
pub(super) const FIELDS: [Take; 7] = [
    Take::One("to"),
    Take::One("kept"),
    Take::One("user"),
    Take::One("password"),
    Take::One("code"),
    Take::One("state"),
    Take::One("credential"),
];

/// Where a form of these leads on to.
pub(super) fn onward(ask: &Ask, fields: &Fields) -> Onward {
    let kept = match fields.has("kept") {
        true => Kept::read(fields.one("to"), fields.one("kept")),
        false => None,
    };
    Onward {
        to: ask.onward().as_str().to_owned(),
        kept,
    }
}

/// On with the form that waits, or to the place.
pub(super) fn go(onward: Onward) -> Reply {
    match onward.kept {
        Some(kept) => Reply::go_on(kept),
        None => Reply::to(Local::parse(&onward.to).unwrap_or_else(Local::home)),
    }
}

impl Pages {
    /// What an account can show for an aim.
    pub(super) fn means(
        &self,
        aim: Aim,
        account: &str,
        credentials: &[OpenCredential],
    ) -> Result<Means, PageFault> {
        let has = |kind: CredentialKind| {
            credentials
                .iter()
                .any(|c| c.credential.kind == kind)
                .then_some(())
        };
        let passkey = self.ask_account(account, credentials)?;
        let (password, code) = (has(CredentialKind::Password), has(CredentialKind::Totp));
        if credentials.is_empty() && self.0.settings.installation == Installation::Demo {
            let word = Some(());
            return Ok(Means {
                word,
                ..Means::default()
            });
        }
        Ok(match aim {
            Aim::Second => Means {
                passkey,
                password: None,
                code,
                word: None,
                others: Vec::new(),
            },
            Aim::Unlock => Means {
                passkey,
                password,
                code: None,
                word: None,
                others: Vec::new(),
            },
            // Where the account has a second factor, a password alone is not proof enough.
            Aim::StepUp => Means {
                password: password.filter(|()| code.is_some() || passkey.is_none()),
                code: code.filter(|()| password.is_some()),
                passkey,
                word: None,
                others: Vec::new(),
            },
        })
    }

    /// Checks what was typed; the strength of the proof when it is right.
    pub(super) async fn typed_proof(
        &self,
        ask: &Ask,
        aim: Aim,
        account: &Account,
        credentials: &[OpenCredential],
        fields: &Fields,
    ) -> Result<(Tried, Strength), PageFault> {
        let means = self.means(aim, &account.id, credentials)?;
        let (password, code) = (
            fields.one("password").to_owned(),
            fields.one("code").to_owned(),
        );
        let strength = match (aim, means.code) {
            (Aim::Second, _) | (Aim::StepUp, Some(())) => Strength::Two,
            (Aim::Unlock, _) | (Aim::StepUp, None) => Strength::One,
        };
        let (wants_password, wants_code) = (means.password.is_some(), means.code.is_some());
        let word = means.word.is_some();
        let proof = async {
            if !wants_password && !wants_code {
                return Ok(word);
            }
            let right = !wants_password || self.password_right(credentials, &password).await?;
            Ok(right && (!wants_code || self.code_right(ask, credentials, &code).await?))
        };
        let tried = self.try_proof(ask, account, "proof", proof).await?;
        Ok((tried, strength))
    }

    async fn password_right(
        &self,
        credentials: &[OpenCredential],
        password: &str,
    ) -> Result<bool, PageFault> {
        let stored = credentials
            .iter()
            .find(|c| c.credential.kind == CredentialKind::Password);
        let hash = stored.and_then(OpenCredential::text).map(str::to_owned);
        Ok(self.check(password, hash).await? != Verdict::Wrong)
    }

    /// Whether a code of one of the account's apps is right; it counts once (ASVS 6.5.1).
    async fn code_right(
        &self,
        ask: &Ask,
        credentials: &[OpenCredential],
        code: &str,
    ) -> Result<bool, PageFault> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        for open in credentials
            .iter()
            .filter(|c| c.credential.kind == CredentialKind::Totp)
        {
            let last = Some(open.credential.counter).filter(|c| *c > 0);
            let step = TotpSecret::from_bytes(open.secret.expose())
                .and_then(|secret| secret.check(self.now(), &digits, last));
            if let Some(step) = step {
                let caller = Self::caller(ask);
                let taken = self.0.store.take_totp_step(&caller, &open.credential, step);
                return taken.await.map_err(fault);
            }
        }
        Ok(false)
    }
}

/// The page that asks for a proof, with what the account can give.
pub(super) async fn page(
    pages: &Pages,
    ask: &Ask,
    found: &FoundSession,
    aim: Aim,
    onward: Onward,
    errors: Errors,
) -> Outcome {
    let account = &found.account;
    let credentials = pages.credentials(ask, &account.id).await?;
    let mut means = pages.means(aim, &account.id, &credentials)?;
    means.others = match aim {
        Aim::Second => Vec::new(),
        Aim::Unlock | Aim::StepUp => identities::linked(pages, ask, &account.id).await?,
    };
    let view = Challenge {
        aim,
        display: account.display.clone(),
        user: account.user_name.to_string(),
        means,
        onward,
        errors: errors.clone(),
        after: ask.query("after").and_then(said),
    };
    Ok(match errors.is_empty() {
        true => Reply::page(ask, &view),
        false => Reply::wrong(ask, &view),
    })
}

impl Pages {
    /// What the account can prove itself with, opened.
    pub(super) async fn credentials(
        &self,
        ask: &Ask,
        account: &str,
    ) -> Result<Vec<OpenCredential>, PageFault> {
        let caller = Self::caller(ask);
        let opened = self.0.store.open_credentials(&caller, account).await;
        opened.map_err(fault)
    }
}
