//! `/admin/recertification`: the lists so far, and a new one.

use aceso_base::Instant;
use aceso_store::Recheck;
use aceso_web::page::{Banner, Button, Column, Csrf, Empty, Form, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::{HERE, path};
use crate::Staff;
use crate::fault::fault;
use crate::words::day;

/// The lists.
pub(crate) struct Lists {
    lists: Vec<Recheck>,
    turn: Turn,
    now: Instant,
}

/// Whether it is time for a new list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It is.
    Due,
    /// The last one is not a quarter old.
    NotYet,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let lists = staff.store().rechecks(ask.caller()?).await.map_err(fault)?;
    let due = staff
        .store()
        .recheck_is_due()
        .await
        .map_err(PageFault::hidden)?;
    let turn = if due { Turn::Due } else { Turn::NotYet };
    let now = staff.store().now();
    Ok(Reply::page(&ask, &Lists { lists, turn, now }))
}

pub(crate) async fn open(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let id = staff
        .store()
        .open_recheck(ask.caller()?)
        .await
        .map_err(fault)?;
    Ok(Reply::to(Local::with(&path(&id), &[])))
}

impl Lists {
    fn state(&self, list: &Recheck) -> Markup {
        html! {
            @match list.closed {
                Some(_) => (Tag::new(Tone::Good, "done")),
                None if list.due < self.now => (Tag::new(Tone::Danger, "overdue")),
                None => (Tag::new(Tone::Warning, "open")),
            }
        }
    }
}

impl View for Lists {
    fn page(&self, csrf: &Csrf) -> Page {
        let columns = [
            Column::text("Opened"),
            Column::text("Due"),
            Column::number("Decided"),
            Column::text("Status"),
        ];
        let mut table = Table::new("Lists", &columns).under_heading();
        for list in &self.lists {
            table.row(vec![
                html! { a href=(path(&list.id)) { (day(list.opened)) } },
                html! { (day(list.due)) },
                html! { (list.decided) " of " (list.accounts) },
                self.state(list),
            ]);
        }
        let open = Form::post(csrf, HERE, html! { (Button::primary("Open a new list")) }).inline();
        let body = html! {
            @if table.is_empty() {
                (Empty::new("No list yet", "A list names everybody who can sign in, with their roles, to be confirmed or taken away one by one."))
            } @else { (table) }
            div { (open) }
        };
        let page = Page::new("Recertification", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("Every quarter, somebody confirms who may do what.");
        match self.turn {
            Turn::Due => page.notice(
                Banner::new(Tone::Warning, "It is time for a new list")
                    .text("The last one was opened a quarter ago, or there was none."),
            ),
            Turn::NotYet => page,
        }
    }

    fn samples() -> Vec<Self> {
        let (list, _) = super::sample();
        let now = list.due.plus_millis(1);
        let done = Recheck {
            closed: Some(now),
            ..list.clone()
        };
        let full = Self {
            lists: vec![list, done],
            turn: Turn::NotYet,
            now,
        };
        let empty = Self {
            lists: Vec::new(),
            turn: Turn::Due,
            now,
        };
        vec![full, empty]
    }
}
