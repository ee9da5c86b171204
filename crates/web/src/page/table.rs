//! Rows and columns; on a phone each row becomes a card.

use maud::{Markup, Render, html, words};

use super::Text;

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    label: &'static str,
    end: bool,
    quiet: bool,
}

impl Column {
    /// Of text.
    pub const fn text(label: &'static str) -> Self {
        Self {
            label,
            end: false,
            quiet: false,
        }
    }

    /// Of numbers, which stand under each other.
    pub const fn number(label: &'static str) -> Self {
        Self {
            label,
            end: true,
            quiet: false,
        }
    }

    /// Of buttons: the label is only read out.
    pub const fn acts(label: &'static str) -> Self {
        Self {
            label,
            end: true,
            quiet: true,
        }
    }
}

/// Rows and columns. The first column names the row.
#[derive(Clone, Debug)]
pub struct Table {
    caption: Text,
    quiet: bool,
    columns: Vec<Column>,
    rows: Vec<Vec<Markup>>,
}

impl Table {
    /// Without rows yet. The caption says what they are.
    pub fn new(caption: impl Into<Text>, columns: &[Column]) -> Self {
        Self {
            caption: caption.into(),
            quiet: false,
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Where a heading above says already what the caption says, it is only read out.
    #[must_use]
    pub fn under_heading(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// One more row, a cell for each column.
    pub fn row(&mut self, cells: Vec<Markup>) {
        self.rows.push(cells);
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One with two rows.
    pub fn samples() -> Vec<Self> {
        let columns = [
            Column::text("Device"),
            Column::text("Last seen"),
            Column::number("Visits"),
            Column::acts("What you can do"),
        ];
        let mut table = Self::new("Sessions", &columns);
        for (device, seen, visits) in [
            ("Chrome on Linux", "now", "12"),
            ("Safari on iPhone", "yesterday, 18:20", "3"),
        ] {
            let end = super::Button::secondary("End").of(device).small();
            table.row(vec![
                html! { (device) },
                html! { (seen) },
                html! { (visits) },
                html! { (end) },
            ]);
        }
        vec![table]
    }
}

impl Render for Table {
    // The roles are repeated because `display: block`, by which rows become cards, takes them away.
    fn render(&self) -> Markup {
        html! {
            div.table tabindex="0" role="region" aria-label=(self.caption) {
                table role="table" {
                    caption class=[self.quiet.then_some("hidden")] { (self.caption) }
                    thead role="rowgroup" {
                        tr role="row" {
                            @for column in &self.columns {
                                th role="columnheader" scope="col" class=[column.end.then_some("end")] {
                                    @if column.quiet { span.hidden { (words(column.label)) } } @else { (words(column.label)) }
                                }
                            }
                        }
                    }
                    tbody role="rowgroup" { @for row in &self.rows { (self.cells(row)) } }
                }
            }
        }
    }
}

impl Table {
    fn cells(&self, row: &[Markup]) -> Markup {
        html! {
            tr role="row" {
                @for (at, (column, cell)) in self.columns.iter().zip(row).enumerate() {
                    @let label = if column.quiet { "" } else { column.label };
                    @if at == 0 {
                        th role="rowheader" scope="row" data-label=(words(label)) { div { (cell) } }
                    } @else {
                        td role="cell" data-label=(words(label)) class=[column.end.then_some("end")] { div { (cell) } }
                    }
                }
            }
        }
    }
}
