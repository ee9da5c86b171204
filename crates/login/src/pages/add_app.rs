//! `/account/app`: an authenticator app, by a drawing to scan or a key to type. It counts once a code of it was right.

use aceso_policy::Strength;
use aceso_store::{CredentialSecret, FoundSession, NewCredential, SessionState};
use aceso_vault::TotpSecret;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, State, Take};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;

use super::Pages;
use super::account::fresh;
use super::enrol::{self, First, first};
use super::fault::fault;
use super::lock::found;

/// The page.
#[derive(Clone)]
pub(super) struct AddApp {
    first: First,
    enrolling: bool,
    /// The new secret, sealed for the account.
    sealed: String,
    typed: String,
    drawing: Markup,
    errors: Errors,
}

impl std::fmt::Debug for AddApp {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddApp")
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

impl View for AddApp {
    fn page(&self, csrf: &Csrf) -> Page {
        let back = if self.enrolling {
            "/account/enrol"
        } else {
            "/account"
        };
        let form = Form::post(
            csrf,
            "/account/app",
            html! {
                (Field::code("code", "Code that the app shows now").hint("Six digits").errors(&self.errors))
                div.buttons { (Button::primary("Confirm")) (Link::quiet("Cancel", back)) }
            },
        );
        let steps = if self.enrolling {
            self.first.steps(1)
        } else {
            Markup::default()
        };
        let body = html! {
            (steps)
            (self.errors)
            ol.stack.tight {
                li { "Open an authenticator app on your phone." }
                li { "Scan this drawing with it, or type the key below." }
                li { "Type the code that the app shows." }
            }
            figure.row {
                (self.drawing)
                figcaption.stack.tight {
                    span.label { "Key" }
                    span.mono { (self.typed) }
                    span.soft.small { "Time-based, six digits, 30 seconds" }
                }
            }
            (form.keep("sealed", self.sealed.as_str()))
        };
        Page::new("Authenticator app", body).layout(Layout::AloneBroad)
    }

    fn samples() -> Vec<Self> {
        let view = |enrolling, errors| Self {
            first: First::Administrator,
            enrolling,
            sealed: "sample".into(),
            typed: "ABCD EFGH IJKL MNOP".into(),
            drawing: drawing("otpauth://totp/sample"),
            errors,
        };
        vec![
            view(true, Errors::none()),
            view(
                false,
                Errors::one(
                    "code",
                    "That code is not right. Type the one that the app shows now.",
                ),
            ),
        ]
    }
}

/// A QR code as SVG, black on white whatever the theme: cameras want it so.
fn drawing(text: &str) -> Markup {
    let Ok(code) = QrCode::new(text.as_bytes()) else {
        return Markup::default();
    };
    let image = code
        .render::<svg::Color<'_>>()
        .min_dimensions(208, 208)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build();
    // The renderer's own: a path of numbers, nothing that anybody typed.
    let inner = image
        .split_once("?>")
        .map_or(image.as_str(), |(_, rest)| rest);
    html! { div.qr role="img" aria-label="QR code with the key below" { (PreEscaped(inner)) } }
}

fn place(account: &str) -> String {
    ["new app of ", account].concat()
}

fn page(
    pages: &Pages,
    found: &FoundSession,
    secret: &TotpSecret,
    errors: Errors,
) -> Result<AddApp, PageFault> {
    let account = &found.account;
    let sealer = pages.0.store.sealer("sign-in ceremony");
    let sealed = sealer
        .seal(&place(&account.id), secret.as_bytes())
        .map_err(PageFault::hidden)?;
    let uri = secret.to_uri(&pages.0.settings.clinic, account.user_name.as_str());
    Ok(AddApp {
        first: first(found),
        enrolling: found.session.state == SessionState::Enrol,
        sealed: URL_SAFE_NO_PAD.encode(sealed),
        typed: secret.to_typed().to_string(),
        drawing: drawing(&uri),
        errors,
    })
}

/// `GET /account/app`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    if ask.person()?.state == State::Open {
        fresh(&pages, &ask)?;
    }
    let found = found(&pages, &ask).await?;
    let secret = TotpSecret::generate().map_err(PageFault::hidden)?;
    Ok(Reply::page(
        &ask,
        &page(&pages, &found, &secret, Errors::none())?,
    ))
}

/// `POST /account/app`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("sealed"), Take::One("code")])?;
    let who = ask.person()?;
    if who.state == State::Open {
        fresh(&pages, &ask)?;
    }
    let found = found(&pages, &ask).await?;
    let account = &found.account;
    let sealer = pages.0.store.sealer("sign-in ceremony");
    let bytes = URL_SAFE_NO_PAD
        .decode(fields.one("sealed"))
        .map_err(|_| PageFault::Missing)?;
    let opened = sealer
        .open(&place(&account.id), &bytes)
        .map_err(|_| PageFault::Missing)?;
    let secret = TotpSecret::from_bytes(&opened).ok_or(PageFault::Missing)?;
    let code: String = fields
        .one("code")
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let Some(step) = secret.check(pages.now(), &code, None) else {
        let errors = Errors::one(
            "code",
            "That code is not right. Type the one that the app shows now.",
        );
        return Ok(Reply::wrong(&ask, &page(&pages, &found, &secret, errors)?));
    };
    add(&pages, &ask, &account.id, &secret, step).await?;
    if found.session.state == SessionState::Enrol {
        return enrol::complete(&pages, &ask, &found, Strength::Two).await;
    }
    Ok(Reply::to(Local::with("/account", &[("done", "app")])))
}

/// Keeps the app; the code that showed it works counts as used (ASVS 6.5.1).
async fn add(
    pages: &Pages,
    ask: &Ask,
    account: &str,
    secret: &TotpSecret,
    step: i64,
) -> Result<(), PageFault> {
    let (store, caller) = (&pages.0.store, Pages::caller(ask));
    let new = NewCredential {
        label: aceso_web::page::known("Authenticator app"),
        secret: CredentialSecret::Totp(aceso_base::Secret::new(secret.as_bytes().to_vec())),
    };
    let id = store
        .add_credential(&ask.person()?.caller, account, new)
        .await
        .map_err(fault)?;
    let all = store.credentials(&caller, account).await.map_err(fault)?;
    let added = all.iter().find(|c| c.id == id).ok_or(PageFault::Missing)?;
    store
        .take_totp_step(&caller, added, step)
        .await
        .map_err(fault)?;
    Ok(())
}
