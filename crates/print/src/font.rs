//! The fonts, and glyphs of text in them.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};

use crate::write::PrintError;

static REGULAR: &[u8] = include_bytes!("../data/DejaVuSansCondensed.ttf");
static BOLD: &[u8] = include_bytes!("../data/DejaVuSansCondensed-Bold.ttf");

/// How heavy text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A font of one weight.
pub(crate) struct Face {
    shapes: rustybuzz::Face<'static>,
    pub(crate) file: Font,
    units: f32,
}

/// Both weights.
pub(crate) struct Fonts {
    regular: Face,
    bold: Face,
}

impl Fonts {
    pub(crate) fn load() -> Result<Self, PrintError> {
        let face = |data: &'static [u8]| -> Option<Face> {
            let shapes = rustybuzz::Face::from_slice(data, 0)?;
            let units = f32::from(i16::try_from(shapes.units_per_em()).ok()?);
            let file = Font::new(data.into(), 0)?;
            Some(Face {
                shapes,
                file,
                units,
            })
        };
        Ok(Self {
            regular: face(REGULAR).ok_or(PrintError::Fonts)?,
            bold: face(BOLD).ok_or(PrintError::Fonts)?,
        })
    }

    pub(crate) const fn of(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Face {
    /// How wide a text is at a size of one; nearly so for most scripts, exactly where letters join.
    pub(crate) fn width(&self, text: &str) -> f32 {
        if text.chars().all(|c| c < '\u{300}') {
            return text.chars().map(|c| self.letter(c)).sum();
        }
        let glyphs = self.glyphs(text, Direction::LeftToRight);
        glyphs.iter().map(|g| g.x_advance).sum()
    }

    fn letter(&self, letter: char) -> f32 {
        let glyph = self.shapes.glyph_index(letter).unwrap_or_default();
        f32::from(self.shapes.glyph_hor_advance(glyph).unwrap_or(0)) / self.units
    }

    /// The glyphs of a text that runs in one direction, in the order in which they stand from left to right.
    pub(crate) fn glyphs(&self, text: &str, direction: Direction) -> Vec<KrillaGlyph> {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(direction);
        let shaped = rustybuzz::shape(&self.shapes, &[], buffer);
        let starts = shaped.glyph_infos().iter();
        let starts: Vec<usize> = starts.map(|g| count(g.cluster)).collect();
        let mut ends = starts.clone();
        ends.sort_unstable();
        ends.dedup();
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        glyphs
            .zip(starts)
            .map(|((glyph, place), start)| {
                let next = ends.partition_point(|e| *e <= start);
                let end = ends.get(next).copied().unwrap_or(text.len());
                let part = |units: i32| f32::from(i16::try_from(units).unwrap_or(0)) / self.units;
                KrillaGlyph::new(
                    GlyphId::new(glyph.glyph_id),
                    part(place.x_advance),
                    part(place.x_offset),
                    part(place.y_offset),
                    part(place.y_advance),
                    start..end,
                    None,
                )
            })
            .collect()
    }
}

fn count(cluster: u32) -> usize {
    usize::try_from(cluster).unwrap_or(usize::MAX)
}
