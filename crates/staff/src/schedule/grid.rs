//! Columns of time side by side: people, rooms, or the days of a week. A table whose rows are five minutes long, so that
//! times stand beside each other in every column; on a phone each column becomes a list.

use aceso_clinic::schedule::{AppointmentStatus, Span, Zone};
use jiff::civil::Date;
use maud::{Markup, Render, html};

use super::appointment::Booking;
use super::hue::Hue;
use super::plan::hours;
use super::show::status_tag;

/// A row's length.
const ROW: i64 = 5;
/// Rows of half an hour: each has its time written beside it.
const LABELLED: u16 = 6;
/// Less free time than so many rows is not offered: no visit fits into it, and nobody could press it (WCAG 2.2, 2.5.8).
const LEAST: u16 = 3;
/// The rows of a day.
const DAY_ROWS: u16 = 288;

/// What stands in a column.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// An appointment.
    Booked(Box<Booking>),
    /// Time that is taken by something of which the reader knows no more.
    Busy,
    /// Time that can be booked, with the address where.
    Free(String),
}

/// A span of a column and what is in it.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) span: Span,
    pub(crate) what: What,
}

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Where its heading leads.
    pub(crate) to: String,
    pub(crate) date: Date,
    /// What is booked or busy.
    pub(crate) taken: Vec<Block>,
    /// When it is open.
    pub(crate) open: Vec<Span>,
    /// Where a time is booked: the address, to which the time is added; none where nothing is offered.
    pub(crate) book: Option<String>,
}

/// Columns side by side.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) zone: Zone,
    pub(crate) columns: Vec<Column>,
    /// Now, in milliseconds since 1970: nothing is booked before it.
    pub(crate) now: i64,
    pub(crate) caption: String,
    /// Colours of the kinds of visits, by their ids.
    pub(crate) hues: Vec<(String, Hue)>,
}

/// Rows that belong together, from one up to another.
#[derive(Clone, Debug)]
struct Cell {
    from: u16,
    to: u16,
    blocks: Vec<Block>,
}

impl Cell {
    /// Whether nothing stands in it but time that is taken.
    fn is_busy(&self) -> bool {
        self.blocks.iter().all(|b| matches!(b.what, What::Busy))
    }
}

impl Grid {
    /// The rows of a span on a date, as the wall's clock tells them; at least one.
    fn rows(&self, date: Date, span: &Span) -> Option<(u16, u16)> {
        let day = Span::of_day(&self.zone, date)?;
        let here = day.common(span)?;
        let row = |at: i64| {
            let local = self.zone.local(at)?;
            let minutes = i64::from(local.hour()) * 60 + i64::from(local.minute());
            u16::try_from(minutes / ROW).ok()
        };
        let from = row(here.start())?;
        let to = if here.end() >= day.end() {
            DAY_ROWS
        } else {
            row(here.end() + (ROW * 60_000 - 1))?
        };
        Some((from, to.max(from + 1).min(DAY_ROWS)))
    }

    /// The cells of a column: what overlaps stands together in one; what is open and not taken is free.
    fn cells(&self, column: &Column) -> Vec<Cell> {
        let mut cells: Vec<Cell> = Vec::new();
        let mut taken: Vec<&Block> = column.taken.iter().collect();
        taken.sort_by_key(|b| b.span.start());
        for block in taken {
            let Some((from, to)) = self.rows(column.date, &block.span) else {
                continue;
            };
            match cells.last_mut() {
                Some(last) if from < last.to => {
                    last.to = last.to.max(to);
                    last.blocks.push(block.clone());
                }
                Some(_) | None => cells.push(Cell {
                    from,
                    to,
                    blocks: vec![block.clone()],
                }),
            }
        }
        cells.extend(self.free(column, &cells));
        cells.sort_by_key(|c| c.from);
        cells
    }

    fn free(&self, column: &Column, taken: &[Cell]) -> Vec<Cell> {
        let mut all = Vec::new();
        for open in &column.open {
            let Some((start, end)) = self.rows(column.date, open) else {
                continue;
            };
            let mut from = start;
            for cell in taken.iter().filter(|c| c.from < end && c.to > start) {
                all.extend(self.gap(column, from, cell.from));
                from = from.max(cell.to);
            }
            all.extend(self.gap(column, from, end));
        }
        all
    }

    /// A gap, cut at the hours, so that each part offers its own time.
    fn gap(&self, column: &Column, from: u16, to: u16) -> Vec<Cell> {
        let mut all = Vec::new();
        let mut at = from;
        while at < to {
            let next = (at / (2 * LABELLED) + 1) * (2 * LABELLED);
            let end = next.min(to);
            let time = self.moment(column.date, at);
            let span = time.and_then(|t| Span::new(t, self.moment(column.date, end)?));
            if let Some(span) = span {
                let offered = span.end() > self.now && end - at >= LEAST;
                let to = column.book.as_ref().filter(|_| offered).map(|book| {
                    let (hour, minute) = (at / 12, at % 12 * 5);
                    format!("{book}&at={}T{hour:02}:{minute:02}", column.date)
                });
                let what = What::Free(to.unwrap_or_default());
                all.push(Cell {
                    from: at,
                    to: end,
                    blocks: vec![Block { span, what }],
                });
            }
            at = end;
        }
        all
    }

    fn moment(&self, date: Date, row: u16) -> Option<i64> {
        if row >= DAY_ROWS {
            return Some(Span::of_day(&self.zone, date)?.end());
        }
        let (hour, minute) = (row / 12, row % 12 * 5);
        let time =
            jiff::civil::Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
        self.zone.moment_or_after(date, time.ok()?).ok()
    }

    /// From the first to the last row that holds something, in whole half hours. A whole day on which somebody is away
    /// makes nobody's day longer.
    fn range(cells: &[Vec<Cell>]) -> (u16, u16) {
        let whole = |c: &&Cell| c.from == 0 && c.to == DAY_ROWS && c.is_busy();
        let all = || cells.iter().flatten().filter(|c| !whole(c));
        let first = all().map(|c| c.from).min().unwrap_or(96);
        let last = all().map(|c| c.to).max().unwrap_or(216);
        (
            first / LABELLED * LABELLED,
            last.div_ceil(LABELLED) * LABELLED,
        )
    }
}

/// A status as a class, for its colour.
const fn class(status: AppointmentStatus) -> &'static str {
    match status {
        AppointmentStatus::Booked | AppointmentStatus::Pending | AppointmentStatus::Proposed => {
            "booked"
        }
        AppointmentStatus::Arrived => "arrived",
        AppointmentStatus::CheckedIn => "inside",
        AppointmentStatus::Fulfilled => "done",
        AppointmentStatus::Cancelled
        | AppointmentStatus::NoShow
        | AppointmentStatus::EnteredInError
        | AppointmentStatus::Waitlist => "off",
    }
}

impl Grid {
    /// The class of a kind's colour.
    fn hue(&self, kind: &str) -> String {
        let own = self.hues.iter().find(|(id, _)| id == kind);
        own.map_or_else(String::new, |(_, hue)| [" hue-", hue.code()].concat())
    }

    fn block(&self, column: &Column, block: &Block) -> Markup {
        let time = hours(&self.zone, &block.span);
        match &block.what {
            What::Booked(booking) => {
                let marked = booking.status != AppointmentStatus::Booked;
                let more = [booking.what.as_str(), booking.reason.as_str()];
                let more: Vec<&str> = more.into_iter().filter(|t| !t.is_empty()).collect();
                html! {
                    div class={ "visit " (class(booking.status)) (self.hue(&booking.kind)) } {
                        span.time { (time) } " "
                        @match booking.path() {
                            Some(path) => a href=(path) { (booking.who()) },
                            None => span { (booking.who()) },
                        }
                        @if marked { " " (status_tag(booking.status)) }
                        @else if !booking.confirmed { " " span.soft.small title="Not yet confirmed by the patient" { "?" span.hidden { " not yet confirmed" } } }
                        span.soft.small { " " (more.join(" · ")) }
                    }
                }
            }
            What::Busy => html! { div.visit.busy { span.time { (time) } " Busy" } },
            What::Free(to) if to.is_empty() => html! {},
            What::Free(to) => html! {
                a.free href=(to) { span.time { (time) } span.hidden { " free, book with " (column.name) } }
            },
        }
    }

    fn cell(&self, column: &Column, cell: &Cell) -> Markup {
        let free = |b: &Block| matches!(b.what, What::Free(_));
        let kind = if cell.blocks.is_empty() {
            "closed"
        } else if cell.blocks.iter().all(free) {
            "open"
        } else if cell.blocks.len() > 1 {
            "taken several"
        } else {
            "taken"
        };
        html! {
            td class=(kind) rowspan=(cell.to - cell.from) data-label=(column.name) {
                @for block in &cell.blocks { (self.block(column, block)) }
            }
        }
    }
}

impl Render for Grid {
    fn render(&self) -> Markup {
        let cells: Vec<Vec<Cell>> = self.columns.iter().map(|c| self.cells(c)).collect();
        let (first, last) = Self::range(&cells);
        let cells: Vec<Vec<Cell>> = cells
            .into_iter()
            .map(|all| filled(clipped(all, first, last), first, last))
            .collect();
        html! {
            div.calendar tabindex="0" role="region" aria-label=(self.caption) {
                table {
                    caption.hidden { (self.caption) }
                    thead { tr {
                        th scope="col" { span.hidden { "Time" } }
                        @for column in &self.columns {
                            th scope="col" { @if column.to.is_empty() { (column.name) } @else { a href=(column.to) { (column.name) } } }
                        }
                    } }
                    tbody {
                        @for row in first..last {
                            tr {
                                @if row % LABELLED == 0 {
                                    th.hour scope="row" rowspan=(LABELLED) { (format!("{:02}:{:02}", row / 12, row % 12 * 5)) }
                                }
                                @for (column, cells) in self.columns.iter().zip(&cells) {
                                    @if let Some(cell) = cells.iter().find(|c| c.from == row) { (self.cell(column, cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What of the cells lies between two rows.
fn clipped(cells: Vec<Cell>, first: u16, last: u16) -> Vec<Cell> {
    let inside = cells.into_iter().filter(|c| c.from < last && c.to > first);
    let cut = inside.map(|cell| Cell {
        from: cell.from.max(first),
        to: cell.to.min(last),
        ..cell
    });
    cut.collect()
}

/// With the closed time between them, so that every row is in one cell.
fn filled(cells: Vec<Cell>, first: u16, last: u16) -> Vec<Cell> {
    let mut all = Vec::with_capacity(cells.len() * 2);
    let mut at = first;
    let closed = |from, to| Cell {
        from,
        to,
        blocks: Vec::new(),
    };
    for cell in cells {
        if cell.from > at {
            all.push(closed(at, cell.from));
        }
        at = cell.to;
        all.push(cell);
    }
    if at < last {
        all.push(closed(at, last));
    }
    all
}

#[cfg(test)]
mod tests {
    use aceso_clinic::schedule::Week;
    use jiff::civil::{date, time};

    use super::*;

    const DAY: Date = date(2026, 3, 29);

    fn at(zone: &Zone, hour: i8, minute: i8) -> i64 {
        zone.moment(DAY, time(hour, minute, 0, 0)).unwrap()
    }

    fn grid(zone: &Zone, taken: &[Span]) -> Grid {
        let hours = aceso_clinic::schedule::Hours {
            days: vec![DAY.weekday()],
            from: time(1, 0, 0, 0),
            to: time(5, 0, 0, 0),
        };
        let week = Week {
            hours: vec![hours],
            away: Vec::new(),
        };
        let busy = |span: &Span| Block {
            span: *span,
            what: What::Busy,
        };
        Grid {
            zone: zone.clone(),
            columns: vec![Column {
                name: "Dr. Doc".into(),
                to: String::new(),
                date: DAY,
                taken: taken.iter().map(busy).collect(),
                open: week.open_on(zone, DAY),
                book: Some("/schedule/new?person=doc".into()),
            }],
            now: 0,
            caption: "Day".into(),
            hues: Vec::new(),
        }
    }

    #[test]
    fn what_overlaps_stands_together_and_what_is_left_is_free() {
        let zone = Zone::utc();
        let span = |h, m, minutes| Span::of_minutes(at(&zone, h, m), minutes).unwrap();
        let grid = grid(&zone, &[span(2, 0, 30), span(2, 20, 20), span(3, 0, 7)]);
        let cells = grid.cells(&grid.columns[0]);
        let rows: Vec<(u16, u16, usize)> = cells
            .iter()
            .map(|c| (c.from, c.to, c.blocks.len()))
            .collect();
        assert_eq!(
            rows,
            [
                (12, 24, 1),
                (24, 32, 2),
                (32, 36, 1),
                (36, 38, 1),
                (38, 48, 1),
                (48, 60, 1)
            ]
        );
        let filled = filled(cells, 6, 66);
        assert_eq!((filled[0].from, filled[0].to), (6, 12));
        let end = filled.last().unwrap();
        assert_eq!((end.from, end.to), (60, 66));
        let shown = grid.render().into_string();
        assert!(shown.contains("at=2026-03-29T01:00"), "{shown}");
        assert!(shown.contains("at=2026-03-29T03:10"), "after seven minutes");
    }

    #[test]
    fn every_row_of_every_column_is_in_one_cell_also_when_clocks_change() {
        for name in ["UTC", "Europe/Berlin"] {
            let zone = Zone::named(name).unwrap();
            let spans = [Span::of_minutes(at(&zone, 1, 30), 60).unwrap()];
            let grid = grid(&zone, &spans);
            let cells = grid.cells(&grid.columns[0]);
            let (first, last) = Grid::range(std::slice::from_ref(&cells));
            let mut row = first;
            for cell in filled(cells, first, last) {
                assert_eq!(cell.from, row, "{name}");
                row = cell.to;
            }
            assert_eq!(row, last, "{name}");
        }
    }

    #[test]
    fn what_goes_over_midnight_is_shown_up_to_it_and_from_it() {
        let zone = Zone::utc();
        let night = Span::of_minutes(at(&zone, 23, 30), 60).unwrap();
        let grid = grid(&zone, &[night]);
        assert_eq!(grid.rows(DAY, &night), Some((282, 288)));
        let next = DAY.tomorrow().unwrap();
        assert_eq!(grid.rows(next, &night), Some((0, 6)));
        assert_eq!(grid.rows(DAY.yesterday().unwrap(), &night), None);
    }
}
