//! The pages that say no.

use maud::{html, known};

use super::FormProblem;
use crate::page::{Csrf, Layout, Link, Page, View};

/// What does not exist, or not for this person: one and the same page.
#[derive(Clone, Copy, Debug)]
pub struct Missing;

impl View for Missing {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            p { "The address may be mistyped or out of date, or the page may not be among those you can open." }
            div.buttons { (Link::secondary("To the first page", "/")) }
        };
        Page::new("There is no such page", body).layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}

/// A form that is not taken.
#[derive(Clone, Debug)]
pub struct FormRefused(pub FormProblem);

impl View for FormRefused {
    fn page(&self, _: &Csrf) -> Page {
        let (title, text) = match self.0 {
            FormProblem::Token => (
                "This form is out of date",
                "You have signed in again since the page was opened, or your browser does not keep our cookie. Go back, reload the page, and send the form once more. Nothing was changed.",
            ),
            FormProblem::OtherPatient => (
                "This form is about another patient",
                "The patient of the form is not the one of its address, perhaps because it was left open in another tab. Nothing was changed. Open the chart of the right patient and begin again.",
            ),
            FormProblem::Foreign => (
                "This form came from elsewhere",
                "Another site sent it in your name. Nothing was changed.",
            ),
            FormProblem::TooLong => (
                "That is too much for one form",
                "The form is longer than what is taken at a time. Nothing was changed. Go back and shorten it.",
            ),
            FormProblem::FileTooLong => (
                "This file is too large",
                "A file may have 20 MB at most. Nothing was changed. Go back and choose a smaller one, or scan it once more with less detail.",
            ),
            FormProblem::Unreadable | FormProblem::Unknown | FormProblem::Twice => (
                "This form cannot be read",
                "It holds something that the page does not have. Nothing was changed. Go back, reload the page, and send the form once more.",
            ),
        };
        let body = html! {
            p { (maud::words(text)) }
            div.buttons { (Link::secondary("To the first page", "/")) }
        };
        Page::new(title, body).layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        [
            FormProblem::Token,
            FormProblem::OtherPatient,
            FormProblem::Foreign,
            FormProblem::TooLong,
            FormProblem::FileTooLong,
            FormProblem::Unknown,
        ]
        .map(Self)
        .to_vec()
    }
}

/// What went wrong, as far as the person is concerned.
#[derive(Clone, Debug)]
pub enum Refused {
    /// Something failed; the reference number finds it in the log.
    Failed(String),
    /// A rule stands against it.
    Against(String),
    /// Too much at a time; again after so many seconds.
    Busy(u32),
}

impl View for Refused {
    fn page(&self, _: &Csrf) -> Page {
        let (title, body) = match self {
            Self::Failed(reference) => (
                "Something failed",
                html! {
                    p { "It is not your doing, and what you asked for was not done. Try again; if it fails again, tell whoever looks after this installation this number:" }
                    p.mono { strong { (reference) } }
                },
            ),
            Self::Against(why) => (
                "This cannot be done",
                html! { p { (known(why)) "." } p { "Nothing was changed." } },
            ),
            Self::Busy(seconds) => (
                "Too many at a time",
                html! { p { "Many people sign in just now. Nothing was changed; please try again in " (seconds) " seconds." } },
            ),
        };
        let body = html! { (body) div.buttons { (Link::secondary("To the first page", "/")) } };
        Page::new(title, body).layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![
            Self::Failed("0123456789abcdef".into()),
            Self::Against("this was decided already".into()),
            Self::Busy(5),
        ]
    }
}
