//! What is written: among the team, and with each reporter.

use aceso_store::{Letter, Thread};
use aceso_web::page::{Button, Card, Choice, Csrf, Empty, Field, Select};
use maud::{Markup, html, say};

use super::CasePage;
use crate::public::status::talk;

pub(super) fn show(page: &CasePage, csrf: &Csrf) -> Markup {
    let mut to = vec![Choice::new("team", "The team")];
    to.extend(
        page.file
            .reports
            .iter()
            .map(|r| Choice::new(&*r.id, say("The reporter of {0}", &[&r.id]))),
    );
    let who = |letter: &Letter| match &letter.who {
        Some(id) => page.name(id),
        None => say("The reporter", &[]),
    };
    let of = |thread: &Thread| -> Vec<&Letter> {
        page.file
            .letters
            .iter()
            .filter(|l| l.thread == *thread)
            .collect()
    };
    let threads: Vec<(String, Vec<&Letter>)> =
        std::iter::once((say("Among the team", &[]), of(&Thread::Team)))
            .chain(page.file.reports.iter().map(|r| {
                (
                    say("With the reporter of {0}", &[&r.id]),
                    of(&Thread::Reporter(r.id.clone())),
                )
            }))
            .collect();
    html! {
        @for (title, letters) in &threads {
            (Card::new(title.clone(), html! {
                @if letters.is_empty() { (Empty::new("Nothing yet", "What is written here stays in the case.")) }
                (talk(letters, &who))
            }))
        }
        (Card::new("Write", html! {
            (page.form(csrf, "write", html! {
                (Select::new("to", "To", to).chosen(page.old("to", "")).hint("The first message to a reporter says that the report is read"))
                (Field::area("letter", "Message").value(page.old("letter", "")).errors(&page.errors))
                div.buttons { (Button::primary("Send")) }
            }))
        }))
    }
}
