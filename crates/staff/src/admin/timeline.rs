//! What was done about something, when and by whom.

use aceso_base::Instant;
use aceso_web::page::{Column, Table};
use maud::{Markup, html};

use crate::words::{sentence, when};

/// Notes, each with its time in milliseconds since 1970, who made it as the audit log names them, and its text.
pub(super) fn timeline<'a>(notes: impl Iterator<Item = (i64, &'a str, &'a str)>) -> Markup {
    let columns = [
        Column::text("When"),
        Column::text("Who"),
        Column::text("What"),
    ];
    let mut table = Table::new("Timeline", &columns).under_heading();
    for (at, by, text) in notes {
        table.row(vec![
            when(Instant::from_millis(at)),
            html! { (by.trim_start_matches("person/")) },
            html! { (sentence(&maud::known(text))) },
        ]);
    }
    html! { (table) }
}
