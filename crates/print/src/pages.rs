//! What stands where on which page.

use crate::font::{Fonts, Weight};
use crate::paper::{Paper, Part, Table};
use crate::text::{Line, Look, Side, Tone, line, lines};

/// From the paper's edges, in points.
const MARGIN: f32 = 48.0;
/// Between columns.
const GAP: f32 = 8.0;
/// Above and below the text of a row.
const PAD: f32 = 3.0;

const TITLE: Look = Look::new(16.0, Weight::Bold, Tone::Ink);
const HEADING: Look = Look::new(11.5, Weight::Bold, Tone::Ink);
const TEXT: Look = Look::new(9.5, Weight::Regular, Tone::Ink);
const NAME: Look = Look::new(9.5, Weight::Regular, Tone::Soft);
const CELL: Look = Look::new(8.0, Weight::Regular, Tone::Ink);
const HEAD_CELL: Look = Look::new(8.0, Weight::Bold, Tone::Ink);
const SMALL: Look = Look::new(8.0, Weight::Regular, Tone::Soft);
const ABOUT: Look = Look::new(9.5, Weight::Bold, Tone::Ink);

/// Which piece of the paper something belongs to: its part (0 is the title), and row and column of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) part: usize,
    /// The head's is 0.
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// Something to be drawn; distances in points from the left and the top.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A line of text, from the left end of its baseline; of no place what stands on every page.
    Text {
        x: f32,
        y: f32,
        line: Line,
        place: Option<Place>,
    },
    /// A thin line across.
    Rule { x: f32, y: f32, width: f32 },
}

/// Sets a paper on pages.
pub(crate) fn pages(paper: &Paper, fonts: &Fonts) -> Vec<Vec<Item>> {
    let (width, height) = paper.sheet.size();
    let foot = SMALL.height() * count(paper.foot.len().max(1));
    let mut setter = Setter {
        paper,
        fonts,
        width: width - 2.0 * MARGIN,
        from: match paper.is_from_right() {
            true => Side::Right,
            false => Side::Left,
        },
        top: MARGIN,
        bottom: height - MARGIN - foot - 6.0,
        y: 0.0,
        pages: Vec::new(),
    };
    setter.turn();
    setter.block(&paper.title, TITLE, 0);
    for (at, part) in paper.parts.iter().enumerate() {
        setter.part(part, at + 1);
    }
    setter.feet();
    setter.pages
}

fn count(n: usize) -> f32 {
    f32::from(u16::try_from(n).unwrap_or(u16::MAX))
}

struct Setter<'a> {
    paper: &'a Paper,
    fonts: &'a Fonts,
    width: f32,
    /// Where lines and columns begin.
    from: Side,
    /// Where a page's own text begins and ends.
    top: f32,
    bottom: f32,
    y: f32,
    pages: Vec<Vec<Item>>,
}

/// A row of a table that is being set: the lines of each column that are left.
struct Row {
    cells: Vec<std::vec::IntoIter<Line>>,
    look: Look,
    number: usize,
}

impl Setter<'_> {
    /// Begins a page, with what stands at the top of each.
    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
        let heads = self.paper.head.iter().map(|h| (h, SMALL));
        let about = self.paper.about.iter().map(|a| (a, ABOUT));
        let mut is_bare = true;
        for (text, look) in heads.chain(about) {
            is_bare = false;
            for line in lines(self.fonts, text, look, self.width, self.from) {
                self.text(MARGIN, self.width, line, None);
            }
        }
        if !is_bare {
            self.y += 4.0;
            self.rule();
            self.y += 12.0;
        }
        self.top = self.y;
    }

    fn item(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    fn rule(&mut self) {
        let (y, width) = (self.y, self.width);
        self.item(Item::Rule {
            x: MARGIN,
            y,
            width,
        });
    }

    /// Puts a line where the setter is, and goes on below it.
    fn text(&mut self, x: f32, width: f32, line: Line, place: Option<Place>) {
        let height = line.look.height();
        let y = self.y + line.look.size;
        let x = match line.from {
            Side::Left => x,
            Side::Right => x + width - line.width,
        };
        self.item(Item::Text { x, y, line, place });
        self.y += height;
    }

    /// Turns the page when there is no room for so much.
    fn need(&mut self, height: f32) {
        if self.y + height > self.bottom && self.y > self.top {
            self.turn();
        }
    }

    fn block(&mut self, text: &str, look: Look, part: usize) {
        let place = Place {
            part,
            row: 0,
            column: 0,
        };
        for line in lines(self.fonts, text, look, self.width, self.from) {
            self.need(look.height());
            self.text(MARGIN, self.width, line, Some(place));
        }
        self.y += look.size * 0.5;
    }

    fn part(&mut self, part: &Part, at: usize) {
        match part {
            Part::Heading(text) => {
                self.y += 6.0;
                // A heading alone at the end of a page leads nowhere.
                self.need(HEADING.height() + 4.0 * TEXT.height());
                self.block(text, HEADING, at);
            }
            Part::Paragraph(text) => self.block(text, TEXT, at),
            Part::Facts(facts) => self.facts(facts, at),
            Part::Table(table) => self.table(table, at),
        }
    }

    fn facts(&mut self, facts: &[(String, String)], part: usize) {
        let names = self.width * 0.28;
        for (number, (name, value)) in facts.iter().enumerate() {
            let row = self.row(
                &[(name, names, NAME), (value, self.width - names, TEXT)],
                number,
            );
            self.set(row, &[0.0, names], part, None);
        }
        self.y += TEXT.size * 0.5;
    }

    fn table(&mut self, table: &Table, part: usize) {
        let shares: f32 = table.columns.iter().map(|(_, share)| share).sum();
        let mut at = 0.0;
        let mut places = Vec::new();
        let mut widths = Vec::new();
        for (_, share) in &table.columns {
            let width = self.width * share / shares;
            places.push(at);
            widths.push(width);
            at += width;
        }
        let heads: Vec<_> = (table.columns.iter().zip(&widths))
            .map(|((head, _), width)| (head, *width, HEAD_CELL))
            .collect();
        self.need(6.0 * CELL.height());
        self.head(&heads, &places, part);
        for (number, cells) in table.rows.iter().enumerate() {
            let cells: Vec<_> = (cells.iter().zip(&widths))
                .map(|(cell, width)| (cell, *width, CELL))
                .collect();
            let row = self.row(&cells, number + 1);
            self.set(row, &places, part, Some(&heads));
            self.rule();
        }
        self.y += TEXT.size;
    }

    fn head(&mut self, heads: &[(&String, f32, Look)], places: &[f32], part: usize) {
        let row = self.row(heads, 0);
        self.set(row, places, part, None);
        self.rule();
        self.y += 0.8;
        self.rule();
    }

    fn row(&self, cells: &[(&String, f32, Look)], number: usize) -> Row {
        let set = |(text, width, look): &(&String, f32, Look)| {
            lines(self.fonts, text, *look, width - GAP, self.from).into_iter()
        };
        Row {
            cells: cells.iter().map(set).collect(),
            look: cells.last().map_or(CELL, |(_, _, look)| *look),
            number,
        }
    }

    /// Sets a row; one that is longer than a page goes on overleaf, under the heads.
    fn set(
        &mut self,
        mut row: Row,
        places: &[f32],
        part: usize,
        heads: Option<&[(&String, f32, Look)]>,
    ) {
        let ends: Vec<f32> = (places.iter().skip(1).copied())
            .chain([self.width])
            .collect();
        let tall = row.cells.iter().map(ExactSizeIterator::len).max();
        let mut left = tall.unwrap_or(0).max(1);
        let line = row.look.height();
        let mut is_new = self.y <= self.top;
        loop {
            let room = self.bottom - self.y - 2.0 * PAD;
            if count(left) * line > room && !is_new {
                self.turn();
                if let Some(heads) = heads {
                    self.head(heads, places, part);
                }
                is_new = true;
                continue;
            }
            let mut fit = 1;
            while fit < left && count(fit + 1) * line <= room {
                fit += 1;
            }
            let start = self.y + PAD;
            for (column, cell) in row.cells.iter_mut().enumerate() {
                let from = places.get(column).copied().unwrap_or(0.0);
                let to = ends.get(column).copied().unwrap_or(self.width);
                let place = Place {
                    part,
                    row: row.number,
                    column,
                };
                self.y = start;
                for text in cell.take(fit) {
                    // From right to left the first column is the rightmost.
                    let x = match self.from {
                        Side::Left => MARGIN + from,
                        Side::Right => MARGIN + self.width - to + GAP,
                    };
                    self.text(x, to - from - GAP, text, Some(place));
                }
            }
            self.y = start + count(fit) * line + PAD;
            left = left.saturating_sub(fit);
            if left == 0 {
                return;
            }
            is_new = false;
        }
    }

    /// What stands at the bottom of each page, with its number.
    fn feet(&mut self) {
        let pages = self.pages.len();
        let (_, height) = self.paper.sheet.size();
        let first = height - MARGIN - SMALL.height() * count(self.paper.foot.len().max(1));
        for number in 1..=pages {
            let mut items = Vec::new();
            let mut y = first + SMALL.size;
            for text in &self.paper.foot {
                if let Some(line) = line(self.fonts, text, SMALL, self.from) {
                    let place = None;
                    let x = match self.from {
                        Side::Left => MARGIN,
                        Side::Right => MARGIN + self.width - line.width,
                    };
                    items.push(Item::Text { x, y, line, place });
                }
                y += SMALL.height();
            }
            let said = self.paper.number.replace("{0}", &number.to_string());
            let said = said.replace("{1}", &pages.to_string());
            if let Some(line) = line(self.fonts, &said, SMALL, self.from) {
                items.push(Item::Text {
                    x: match self.from {
                        Side::Left => MARGIN + self.width - line.width,
                        Side::Right => MARGIN,
                    },
                    y: first + SMALL.size,
                    line,
                    place: None,
                });
            }
            if let Some(page) = self.pages.get_mut(number - 1) {
                page.extend(items);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::Sheet;

    fn paper(rows: usize, cell: &str) -> Paper {
        let mut paper = Paper::new("Who saw this patient")
            .head("Clinic")
            .about("Rosa Marín");
        let mut table = Table::new(&[("When", 1.0), ("Who", 2.0)]);
        for row in 0..rows {
            table.row([row.to_string(), cell.to_owned()]);
        }
        paper.table(table);
        paper
    }

    fn said(page: &[Item]) -> Vec<String> {
        let text = |item: &Item| match item {
            Item::Text { line, .. } => line.runs.first().map(|r| r.text.clone()),
            Item::Rule { .. } => None,
        };
        page.iter().filter_map(text).collect()
    }

    #[test]
    fn a_long_table_goes_on_under_its_head_and_each_page_says_whose_it_is() {
        let pages = pages(&paper(200, "Ann"), &Fonts::load().unwrap());
        assert!(pages.len() > 2);
        for (at, page) in pages.iter().enumerate() {
            let said = said(page);
            assert!(said.iter().any(|t| t == "Rosa Marín"));
            assert!(said.iter().any(|t| t == "Who"), "{said:?}");
            let number = format!("Page {} of {}", at + 1, pages.len());
            assert!(said.contains(&number));
        }
        let all: Vec<String> = pages.iter().flat_map(|p| said(p)).collect();
        for row in 0..200 {
            assert!(all.contains(&row.to_string()), "row {row}");
        }
    }

    #[test]
    fn a_paper_from_right_to_left_begins_its_lines_and_columns_at_the_right() {
        let place = |language: &str, wanted: &str| {
            let paper = paper(1, "Ann").language(language);
            let pages = pages(&paper, &Fonts::load().unwrap());
            let found = pages.iter().flatten().find_map(|item| match item {
                Item::Text { x, line, .. } => {
                    let text = &line.runs.first()?.text;
                    (text == wanted).then_some((*x, *x + line.width))
                }
                Item::Rule { .. } => None,
            });
            found.unwrap()
        };
        let (width, _) = Sheet::A4.size();
        assert!(place("en", "When").0 < place("en", "Who").0);
        assert!(place("ar", "When").0 > place("ar", "Who").0);
        assert!((place("ar", "When").1 - (width - MARGIN)).abs() < 1.0);
        assert!((place("ar", "Who saw this patient").1 - (width - MARGIN)).abs() < 1.0);
    }

    #[test]
    fn nothing_is_set_outside_of_the_paper_however_long_a_cell_is() {
        let cell = "word ".repeat(6000);
        let pages = pages(&paper(2, &cell), &Fonts::load().unwrap());
        assert!(pages.len() > 3);
        let (width, height) = paper(0, "").sheet.size();
        for item in pages.iter().flatten() {
            match item {
                Item::Text { x, y, line, .. } => {
                    assert!(*x >= MARGIN && x + line.width <= width - MARGIN + 1.0);
                    assert!(*y > MARGIN && *y <= height - MARGIN, "{y}");
                }
                Item::Rule { y, .. } => assert!(*y <= height - MARGIN),
            }
        }
    }
}
