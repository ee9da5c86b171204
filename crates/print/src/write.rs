//! Pages as a PDF file.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};

use crate::font::Fonts;
use crate::pages::{Item, Place, pages};
use crate::paper::{Paper, Part, Table};
use crate::text::{Line, Tone};

/// Why a paper was not written.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The embedded fonts cannot be read.
    #[error("the embedded fonts cannot be read")]
    Fonts,
    /// A page cannot be so large.
    #[error("the paper's size is none")]
    Size,
    /// The file cannot be written.
    #[error("the PDF file could not be made: {0}")]
    Write(String),
}

/// What is on the pages of each piece of the paper.
type Tags = BTreeMap<Place, Vec<Identifier>>;

impl Paper {
    /// The paper as a PDF file.
    pub fn pdf(&self) -> Result<Vec<u8>, PrintError> {
        let fonts = Fonts::load()?;
        let (width, height) = self.sheet.size();
        let settings = PageSettings::from_wh(width, height).ok_or(PrintError::Size)?;
        let mut document = Document::new();
        let mut tags = Tags::new();
        for items in pages(self, &fonts) {
            let mut page = document.start_page_with(settings.clone());
            let mut surface = page.surface();
            for item in &items {
                draw(&mut surface, &fonts, item, &mut tags);
            }
            surface.finish();
            page.finish();
        }
        document.set_metadata(
            Metadata::new()
                .title(self.title.clone())
                .language(self.language.clone())
                .producer("Aceso".to_owned()),
        );
        document.set_tag_tree(self.tree(tags));
        document
            .finish()
            .map_err(|error| PrintError::Write(format!("{error:?}")))
    }

    fn tree(&self, mut tags: Tags) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(self.language.clone()));
        tree.push(heading(NonZeroU16::MIN, leaf(&mut tags, 0, 0, 0)));
        for (part, at) in self.parts.iter().zip(1..) {
            match part {
                Part::Heading(_) => {
                    let second = NonZeroU16::MIN.saturating_add(1);
                    tree.push(heading(second, leaf(&mut tags, at, 0, 0)));
                }
                Part::Paragraph(_) => {
                    tree.push(group(TagGroup::new(Tag::P), leaf(&mut tags, at, 0, 0)));
                }
                Part::Facts(facts) => tree.push(facts_tag(&mut tags, at, facts.len())),
                Part::Table(table) => tree.push(table_tag(&mut tags, at, table)),
            }
        }
        tree
    }
}

fn leaf(tags: &mut Tags, part: usize, row: usize, column: usize) -> Vec<Identifier> {
    let place = Place { part, row, column };
    tags.remove(&place).unwrap_or_default()
}

fn group(mut group: TagGroup, leaves: Vec<Identifier>) -> TagGroup {
    for leaf in leaves {
        group.push(leaf);
    }
    group
}

fn heading(level: NonZeroU16, leaves: Vec<Identifier>) -> TagGroup {
    group(TagGroup::new(Tag::Hn(level, None)), leaves)
}

fn facts_tag(tags: &mut Tags, part: usize, rows: usize) -> TagGroup {
    let mut table = TagGroup::new(Tag::Table);
    for row in 0..rows {
        let mut both = TagGroup::new(Tag::TR);
        let name = TagGroup::new(Tag::TH(TableHeaderScope::Row));
        both.push(group(name, leaf(tags, part, row, 0)));
        both.push(group(TagGroup::new(Tag::TD), leaf(tags, part, row, 1)));
        table.push(both);
    }
    table
}

fn table_tag(tags: &mut Tags, part: usize, table: &Table) -> TagGroup {
    let mut whole = TagGroup::new(Tag::Table);
    for row in 0..=table.rows.len() {
        let mut cells = TagGroup::new(Tag::TR);
        for column in 0..table.columns.len() {
            let cell = if row == 0 {
                TagGroup::new(Tag::TH(TableHeaderScope::Column))
            } else {
                TagGroup::new(Tag::TD)
            };
            cells.push(group(cell, leaf(tags, part, row, column)));
        }
        whole.push(cells);
    }
    whole
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, item: &Item, tags: &mut Tags) {
    let aside = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
    match item {
        Item::Text { x, y, line, place } => {
            let tag = match place {
                Some(_) => ContentTag::Span(SpanTag::empty()),
                None => aside(ArtifactType::PaginationOther),
            };
            let id = surface.start_tagged(tag);
            write(surface, fonts, *x, *y, line);
            surface.end_tagged();
            if let Some(place) = place {
                tags.entry(*place).or_default().push(id);
            }
        }
        Item::Rule { x, y, width } => {
            let mut path = PathBuilder::new();
            if let Some(thin) = Rect::from_xywh(*x, *y, *width, 0.4) {
                path.push_rect(thin);
            }
            let _ = surface.start_tagged(aside(ArtifactType::Layout));
            surface.set_fill(Some(fill(Tone::Soft)));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
            surface.end_tagged();
        }
    }
}

fn write(surface: &mut Surface<'_>, fonts: &Fonts, x: f32, y: f32, line: &Line) {
    surface.set_fill(Some(fill(line.look.tone)));
    let mut x = x;
    for run in &line.runs {
        surface.draw_glyphs(
            Point::from_xy(x, y),
            &run.glyphs,
            fonts.of(line.look.weight).file.clone(),
            &run.text,
            line.look.size,
            false,
        );
        x += run.width;
    }
}

fn fill(tone: Tone) -> Fill {
    let color = match tone {
        Tone::Ink => rgb::Color::new(0x11, 0x18, 0x20),
        Tone::Soft => rgb::Color::new(0x55, 0x5f, 0x6b),
    };
    Fill {
        paint: color.into(),
        ..Fill::default()
    }
}
