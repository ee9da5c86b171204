//! Text in lines.

use krilla::text::KrillaGlyph;
use rustybuzz::Direction;
use unicode_bidi::{BidiInfo, Level};

use crate::font::{Face, Fonts, Weight};

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) tone: Tone,
}

/// How dark a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Ink,
    Soft,
}

/// One line of a text, ready to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) look: Look,
    pub(crate) runs: Vec<Run>,
    /// How wide it is, in points.
    pub(crate) width: f32,
    /// From which side it is read.
    pub(crate) from: Side,
}

/// A side of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A piece of a line that runs in one direction.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// How wide it is, in points.
    pub(crate) width: f32,
}

impl Look {
    pub(crate) const fn new(size: f32, weight: Weight, tone: Tone) -> Self {
        Self { size, weight, tone }
    }

    /// From one line to the next, in points.
    pub(crate) const fn height(self) -> f32 {
        self.size * 1.35
    }
}

/// Breaks a text into lines of at most this width, in points. A word that is longer is cut. `from`: the side at which the paper's
/// language begins; on a paper that begins at the left, a text's first letter decides.
pub(crate) fn lines(fonts: &Fonts, text: &str, look: Look, width: f32, from: Side) -> Vec<Line> {
    let face = fonts.of(look.weight);
    let room = width / look.size;
    let mut found = Vec::new();
    for paragraph in text.lines() {
        let clean: String = paragraph
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let level = match from {
            Side::Right => Level::rtl(),
            Side::Left => BidiInfo::new(&clean, None)
                .paragraphs
                .first()
                .map_or(Level::ltr(), |p| p.level),
        };
        for line in broken(face, &clean, room) {
            found.push(shaped(face, &line, look, level));
        }
    }
    found
}

/// One line, however long.
pub(crate) fn line(fonts: &Fonts, text: &str, look: Look, from: Side) -> Option<Line> {
    lines(fonts, &text.replace('\n', " "), look, f32::MAX, from).pop()
}

fn broken(face: &Face, text: &str, room: f32) -> Vec<String> {
    let blank = face.width(" ");
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for word in text.split_whitespace() {
        let wide = face.width(word);
        if !line.is_empty() && used + blank + wide > room {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += blank;
        }
        if wide <= room {
            line.push_str(word);
            used += wide;
            continue;
        }
        for letter in word.chars() {
            let wide = face.width(letter.encode_utf8(&mut [0; 4]));
            if used + wide > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(letter);
            used += wide;
        }
    }
    lines.push(line);
    lines
}

fn shaped(face: &Face, text: &str, look: Look, level: Level) -> Line {
    let order = BidiInfo::new(text, Some(level));
    let mut runs = Vec::new();
    if let Some(whole) = order.paragraphs.first() {
        let (levels, pieces) = order.visual_runs(whole, whole.range.clone());
        for piece in pieces {
            let is_rtl = levels.get(piece.start).is_some_and(Level::is_rtl);
            let direction = if is_rtl {
                Direction::RightToLeft
            } else {
                Direction::LeftToRight
            };
            let text = text.get(piece).unwrap_or_default().to_owned();
            let glyphs = face.glyphs(&text, direction);
            let width: f32 = glyphs.iter().map(|g| g.x_advance).sum();
            runs.push(Run {
                text,
                glyphs,
                width: width * look.size,
            });
        }
    }
    Line {
        look,
        width: runs.iter().map(|r| r.width).sum(),
        runs,
        from: if level.is_rtl() {
            Side::Right
        } else {
            Side::Left
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look::new(10.0, Weight::Regular, Tone::Ink);

    fn said(line: &Line) -> String {
        line.runs.iter().map(|r| r.text.as_str()).collect()
    }

    #[test]
    fn no_line_is_wider_than_its_room_and_no_letter_is_lost() {
        let fonts = Fonts::load().unwrap();
        let text = "A sentence of some words, and one-very-long-word-that-fits-in-no-line-of-such-a-width.\n\nEnd";
        let lines = lines(&fonts, text, LOOK, 90.0, Side::Left);
        assert!(lines.iter().all(|l| l.width <= 90.5), "{lines:?}");
        let letters = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let all: String = lines.iter().map(said).collect();
        assert_eq!(letters(&all), letters(text));
        assert_eq!(said(lines.last().unwrap()), "End");
    }

    #[test]
    fn arabic_joins_and_runs_from_the_right_and_numbers_in_it_do_not() {
        let fonts = Fonts::load().unwrap();
        let line = line(&fonts, "فاطمة 12/2026", LOOK, Side::Left).unwrap();
        assert_eq!(line.from, Side::Right);
        // The number stands at the left.
        assert!(line.runs.first().unwrap().text.contains("2026"));
        let name = &line.runs.last().unwrap();
        let apart: f32 = name
            .text
            .chars()
            .map(|c| fonts.of(Weight::Regular).width(c.encode_utf8(&mut [0; 4])))
            .sum();
        assert!(name.width < apart * LOOK.size, "letters do not join");
        assert!(name.glyphs.iter().all(|g| g.glyph_id.to_u32() != 0));
    }
}
