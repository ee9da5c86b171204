//! The words of the pages: languages, the message catalogue, text that is looked up in it, and how a language writes days and
//! numbers. Pure but for the task's language, which holds while a page is made, as the zone of its times does.
//!
//! The English text is the key. What our code says as a literal is interface text ([`Text`] of a `&'static str`, [`say`], the
//! literals within [`html!`]) and looked up; whatever else is shown (names, notes, what codes mean) is a `String` and never
//! reaches the catalogue. Crates that make pages depend on this one under the name `maud`, so that their `html!` is ours.
//! A text that a language lacks is shown in English.

mod catalogue;
mod lacking;
mod language;
mod locale;
mod message;
mod recalled;
mod text;

pub use aceso_words_macro::html;
#[doc(hidden)]
pub use maud::html as plain_html;
#[doc(hidden)]
pub use maud::macro_private;
pub use maud::{DOCTYPE, Markup, PreEscaped, Render, display};

pub use catalogue::{Entry, UnreadablePo, catalogue, places, read_po};
pub use lacking::lacking;
pub use language::{Direction, Language, in_language, language, speaking};
pub use locale::{dated, figure, month, month_and_year, month_day};
pub use message::{counted, known, say, sentence};
pub use recalled::{recalled, recalled_all};
pub use text::{Shown, Text, Words, said, words};
