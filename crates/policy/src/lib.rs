//! Who asks, for what purpose, and what they may do. Pure: a decision is a value computed from values.
//!
//! Deliberately absent: storage, sessions, tokens; they only lead to a [`Caller`].

mod caller;
mod class;
mod decision;
mod endpoint;
mod engine;
mod explain;
mod formula;
mod grid;
mod hours;
mod mask;
mod person;
mod policies;
mod role;
mod rule;
mod scope;
mod table;
mod task;
mod text;

pub use caller::{ApiClient, Caller, Job, Origin, Purpose, Who};
pub use class::{Group, Label, Labels, Relation};
pub use decision::{Action, Decision, Grant, Reach, decide};
pub use endpoint::{EndpointError, Endpoints, Scheme, Target, header_line, is_public};
pub use explain::{Because, Explanation, Hidden, Phrase, Thing};
pub use grid::{Grid, GridError, GridRow, Within};
pub use hours::{HoursError, OpeningHours};
pub use mask::{Mask, MaskError, Masks};
pub use person::{FhirUser, Hours, Person, Place, Session, Strength, UserKind};
pub use policies::{Policies, PolicyError, RoleText};
pub use role::{BuiltIn, Role, RoleError, Side};
pub use scope::{Context, Scope, ScopeError, Scopes};
pub use task::{Task, Verdict};
