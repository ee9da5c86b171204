//! `/recovery-shares`: the root key on five papers, any three of which give it back. One is asked back, so that it is known
//! that they were printed.

use aceso_vault::shares::{NEEDED, SHARES, Share};
use aceso_vault::{random, sha256};
use aceso_web::page::{
    Banner, Button, Csrf, Errors, Field, Form, Layout, Link, Page, Steps, Tone, View, say,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{html, said};
use serde::{Deserialize, Serialize};

use super::Pages;
use super::set_up::STEPS;

/// What is sealed into the form that asks a share back.
#[derive(Clone, Serialize, Deserialize)]
struct Asked {
    number: u8,
    digest: String,
}

/// The pages of this task.
#[derive(Clone)]
pub(super) enum Shares {
    /// What they are.
    Intro,
    /// The shares, shown once, and the form that asks one back.
    Printed {
        clinic: String,
        shares: Vec<String>,
        number: u8,
        sealed: String,
    },
    /// The form again.
    Back {
        number: u8,
        sealed: String,
        errors: Errors,
    },
    /// It was right.
    Done,
}

impl std::fmt::Debug for Shares {
    /// Without the shares.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shares")
    }
}

fn back(csrf: &Csrf, number: u8, sealed: &str, errors: &Errors) -> Form {
    let field = Field::area("share", say("Share {0}, from the paper", &[&number]))
        .hint("Blanks, hyphens and capitals do not matter.")
        .errors(errors);
    let body = html! { (field) div.buttons { (Button::primary("Check the share")) } };
    Form::post(csrf, "/recovery-shares/check", body).keep("sealed", sealed)
}

impl View for Shares {
    fn page(&self, csrf: &Csrf) -> Page {
        let steps = html! { (Steps::new(STEPS, 3)) };
        let none = Errors::none();
        let body = match self {
            Self::Intro => html! {
                (steps)
                p { "Everything in this record is encrypted under one root key. If the machine and its key file are lost, only this key opens the backups." }
                p { "Print it as " strong { (SHARES) " shares" } ": any " (NEEDED) " together give the key back, two alone say nothing about it. Give them to people or places that are not lost together: a safe, a notary, a partner." }
                (Form::post(csrf, "/recovery-shares", html! { div.buttons { (Button::primary("Show the shares")) (Link::quiet("Later", "/")) } }))
            },
            Self::Printed {
                clinic,
                shares,
                number,
                sealed,
            } => html! {
                (steps)
                (Banner::new(Tone::Warning, "Shown once").text("Print this page, cut it, and hand the shares out. Shares printed before go on working together."))
                p.small { strong { (clinic) } " · any " (NEEDED) " of these " (SHARES) " shares give the root key back" }
                ol.codes.long { @for (at, share) in shares.iter().enumerate() { li { strong { "Share " (at + 1) } br; (share) } } }
                div.buttons { button.button.secondary type="button" data-print="" hidden { "Print" } }
                section.stack.no-print { h2 { "Now from the paper" } (back(csrf, *number, sealed, &none)) }
            },
            Self::Back {
                number,
                sealed,
                errors,
            } => {
                html! { (steps) (errors) (back(csrf, *number, sealed, errors)) p { a href="/recovery-shares" { "Print them again" } } }
            }
            Self::Done => html! {
                (Steps::new(STEPS, 4))
                (Banner::new(Tone::Good, "The share is right").text("Hand the shares out now, and destroy what is left on this machine: the print queue, a file."))
                div.buttons { (Link::primary("To the first page", "/")) }
            },
        };
        Page::new("Recovery shares", body).layout(Layout::AloneBroad)
    }

    fn samples() -> Vec<Self> {
        let sealed = || "sample".to_owned();
        vec![
            Self::Intro,
            Self::Printed {
                clinic: "Riverside Clinic".into(),
                shares: vec!["ABCDE FGHIJ KLMNO PQRST UVWXY Z2345 67ABC DEFGH IJKLM NOPQR STUVW XYZ23 4567A BCDEF GHIJK LMNOP".into(); 5],
                number: 3,
                sealed: sealed(),
            },
            Self::Back {
                number: 3,
                sealed: sealed(),
                errors: Errors::one("share", said("(what is wrong with this share)")),
            },
            Self::Done,
        ]
    }
}

const PLACE: &str = "share asked back";

/// `GET /recovery-shares`
pub(super) async fn show(_: Pages, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &Shares::Intro))
}

/// `POST /recovery-shares`
pub(super) async fn post(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let print = pages.0.settings.shares.as_ref().ok_or_else(|| {
        PageFault::Refused("the root key of this installation cannot be printed: it is kept where it cannot be read".into())
    })?;
    let shares = print().ok_or(PageFault::Refused(
        "the root key's file cannot be read".into(),
    ))?;
    let [byte] = random::<1>().map_err(PageFault::hidden)?;
    let share = shares
        .get(usize::from(byte) % shares.len().max(1))
        .ok_or(PageFault::Missing)?;
    let asked = Asked {
        number: share.number(),
        digest: fingerprint(share),
    };
    let text = serde_json::to_vec(&asked).map_err(PageFault::hidden)?;
    let sealed = pages
        .0
        .store
        .sealer("sign-in ceremony")
        .seal(PLACE, &text)
        .map_err(PageFault::hidden)?;
    tracing::info!(reference = %ask.visit.id, "recovery shares were shown");
    let view = Shares::Printed {
        clinic: pages.0.settings.clinic.clone(),
        shares: shares.iter().map(|s| s.to_printed().to_string()).collect(),
        number: asked.number,
        sealed: URL_SAFE_NO_PAD.encode(sealed),
    };
    Ok(Reply::page(&ask, &view))
}

/// `POST /recovery-shares/check`
pub(super) async fn check(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("sealed"), Take::One("share")])?;
    let bytes = URL_SAFE_NO_PAD
        .decode(fields.one("sealed"))
        .map_err(|_| PageFault::Missing)?;
    let text = pages
        .0
        .store
        .sealer("sign-in ceremony")
        .open(PLACE, &bytes)
        .map_err(|_| PageFault::Missing)?;
    let asked: Asked = serde_json::from_slice(&text).map_err(|_| PageFault::Missing)?;
    let right =
        Share::parse(fields.one("share")).is_ok_and(|share| fingerprint(&share) == asked.digest);
    if right {
        return Ok(Reply::page(&ask, &Shares::Done));
    }
    let view = Shares::Back {
        number: asked.number,
        sealed: fields.one("sealed").to_owned(),
        errors: Errors::one(
            "share",
            say("That is not share {0} of this printing", &[&asked.number]),
        ),
    };
    Ok(Reply::wrong(&ask, &view))
}

fn fingerprint(share: &Share) -> String {
    URL_SAFE_NO_PAD.encode(sha256(share.to_printed().as_bytes()))
}
