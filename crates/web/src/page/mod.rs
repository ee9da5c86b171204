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
mod form;
mod frame;
mod icon;
mod pager;
mod plot;
mod readings;
mod steps;
mod styleguide;
mod table;
mod tabs;
mod tag;
pub mod time;
mod view;

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
pub use form::{Csrf, Form, PATIENT, Passkey};
pub use frame::{Badge, Frame, Group, Item};
pub use icon::Icon;
pub use pager::Pager;
pub use plot::{Curve, Plot, Spark, Stroke};
pub use readings::{Measured, Readings};
pub use steps::Steps;
pub use styleguide::Styleguide;
pub use table::{Column, Table};
pub use tabs::{Tab, Tabs};
pub use tag::Tag;
pub use view::{Layout, Page, View};
