//! Everything that happened in the case, as its log has it.

use aceso_web::page::{Column, Table};
use maud::{Markup, html};

use super::CasePage;

pub(super) fn show(page: &CasePage) -> Markup {
    let columns = [
        Column::number("No."),
        Column::text("When"),
        Column::text("Who"),
        Column::text("What"),
    ];
    let mut table = Table::new("The log", &columns).under_heading();
    for event in page.file.log.iter().rev() {
        let what = serde_json::to_string(&event.what).unwrap_or_default();
        table.row(vec![
            html! { (event.seq) },
            html! { (event.at.said()) },
            html! { (page.name(&event.by)) },
            html! { span.mono.small { (what) } },
        ]);
    }
    html! {
        p.hint { "Nothing is ever changed or taken back: the case is what this log makes of it." }
        (table)
    }
}
