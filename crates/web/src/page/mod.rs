//! The look of every page: the frame around it and the parts it is made of. Parts are values that render themselves;
//! each offers samples, which the style guide shows and a test renders.

mod banner;
mod button;
mod card;
mod choices;
mod crumbs;
mod empty;
mod entries;
mod errors;
mod facts;
mod field;
mod file_field;
mod form;
mod frame;
mod icon;
mod look;
mod pager;
mod panel;
mod plot;
mod readings;
mod steps;
mod styleguide;
mod table;
mod tabs;
mod tag;
pub mod time;
mod toast;
mod view;

#[cfg(test)]
mod contrast;
#[cfg(test)]
mod tests;

pub use banner::{Banner, Tone};
pub use button::{Button, Link};
pub use card::Card;
pub use choices::{Choice, Choices, Select};
pub use crumbs::Crumb;
pub use empty::Empty;
pub use entries::{Entries, Entry};
pub use errors::Errors;
pub use facts::Facts;
pub use field::Field;
pub use file_field::FileField;
pub use form::{Csrf, Form, PATIENT, Passkey};
pub use frame::{Badge, Frame, Group, Item, Palette};
pub use icon::Icon;
pub use look::{Density, Look, Theme};
pub use pager::Pager;
pub use panel::Panel;
pub use plot::{Curve, Plot, Spark, Stroke};
pub use readings::{Measured, Readings};
pub use steps::Steps;
pub use styleguide::Styleguide;
pub use table::{Column, Table};
pub use tabs::{Tab, Tabs};
pub use tag::Tag;
pub use toast::Toast;
pub use view::{Layout, Page, View};

pub use maud::{
    Direction, Language, Shown, Text, Words, counted, figure, in_language, known, language, said,
    say, speaking, words,
};
