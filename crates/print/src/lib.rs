//! Papers: reports, letters and summaries as PDF files. A [`Paper`] is what stands on it (title, headings, paragraphs, facts,
//! tables); [`Paper::pdf`] sets it on pages and writes it. Pure: text goes in, bytes come out.
//!
//! Text is UTF-8 from left to right and from right to left, in the scripts of the embedded fonts (DejaVu Sans Condensed:
//! Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic). The files are tagged, so that they can be read aloud.
//!
//! Deliberately absent: pictures, links, scripts, forms, anything of the machine: fonts are compiled in.

mod font;
mod pages;
mod paper;
mod text;
mod write;

pub use paper::{Paper, Sheet, Table};
pub use write::PrintError;
