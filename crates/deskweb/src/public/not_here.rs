//! `/not-a-vulnerability`: what is by design, so that nobody spends an evening on it.

use aceso_web::page::{Crumb, Csrf, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{html, words};

use crate::DeskWeb;

/// What is often reported, and why it is none.
const NOT: &[(&str, &str)] = &[
    (
        "The desk's own public pages can be framed, indexed or copied",
        "They are public. Nobody is signed in on them, and no form on them acts for somebody who is.",
    ),
    (
        "A header, a cookie flag or a TLS setting that a scanner would like, without something that follows from it",
        "Say what somebody can do with it. The output of a scanner alone tells us nothing that we cannot run ourselves.",
    ),
    (
        "An administrator can do what administrators may",
        "Who may make accounts can make accounts. It is a vulnerability when somebody can without being allowed to.",
    ),
    (
        "Whoever has the machine, its memory and its root key can read the record",
        "The key has to be somewhere while the program runs. It is one when the disk or a backup alone is enough.",
    ),
    (
        "The demonstration's data, accounts and passwords",
        "They are synthetic and printed at its start. It refuses a directory that holds real data.",
    ),
    (
        "A library with a known vulnerability that our program cannot reach",
        "We say so in our VEX statements, with the reason. Show us the way in, and it is one.",
    ),
    (
        "Many requests make a small machine slow",
        "It is one when a single request, or a few, does it.",
    ),
    (
        "Somebody who was shown a patient's chart remembers it",
        "Emergency access and prints are logged and reviewed; no program forgets for people.",
    ),
];

pub(crate) struct NotHere;

pub(crate) async fn show(_: DeskWeb, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &NotHere))
}

impl View for NotHere {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            div.card {
                dl.facts { @for &(what, why) in NOT { div { dt { (words(what)) } dd { (words(why)) } } } }
            }
            p { "If you are not sure, report it. A short, friendly answer costs us little; a missed vulnerability costs patients." }
            div.buttons { (Link::primary("Report a vulnerability", "/report")) }
        };
        Page::new("What is not a vulnerability here", body)
            .layout(Layout::Column)
            .crumbs(vec![Crumb::new("Security", "/")])
            .lead("These are by design. Reports of them are closed with a pointer to this page.")
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}
