//! Forms: a Questionnaire (R4) read, checked and filled in, and the QuestionnaireResponse that comes of it.
//!
//! Of Structured Data Capture (HL7 SDC 3.0) it understands: groups, `enableWhen` with all operators and both behaviours,
//! `calculatedExpression` and `initialExpression` in FHIRPath (`%resource` is the response so far, `%patient` the patient),
//! repeats, `required`, `minValue`, `maxValue`, `maxLength`, `regex`, options and value sets, units, help texts, points of
//! options (`ordinalValue`) and `observationExtract`. Of its own it has one extension, [`FLAG`].
//!
//! A form is refused whole when it could not be filled in: a question that a condition names and that is not there, link ids
//! that stand twice, conditions that turn in a circle. Attachments and references are refused too: nobody types them.

mod answer;
mod enable;
mod expression;
mod fill;
mod order;
mod read;
mod response;
mod slot;

use regex::Regex;

pub use answer::Answer;
pub use fill::{Entry, Filled, fill};
pub use read::{Fault, read};
pub use response::Head;
pub use slot::{Slot, Typed};

use crate::Value;
use crate::path::Expression;

/// Extension on an item: the text (`valueString`) of the Flag that an answer with points, or a yes, raises.
pub const FLAG: &str = "urn:aceso:form:flag";
/// Points of an option (FHIR R4 extension).
pub const ORDINAL: &str = "http://hl7.org/fhir/StructureDefinition/ordinalValue";
/// What computes an item (SDC).
pub const CALCULATED: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression";
/// What an item begins with (SDC).
pub const INITIAL: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression";
/// The answer is an Observation too (SDC).
pub const OBSERVED: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-observationExtract";

/// A form that can be filled in.
#[derive(Debug)]
pub struct Form {
    /// Its canonical address.
    pub url: String,
    /// Its version; empty when it has none.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Whose it is.
    pub copyright: String,
    items: Vec<Item>,
    /// The items, each after what its conditions look at.
    order: Vec<usize>,
}

impl Form {
    /// All items, parents before their children, as they are read.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The item with this number.
    pub fn item(&self, number: usize) -> Option<&Item> {
        self.items.get(number)
    }

    /// The items that are in no other.
    pub fn top(&self) -> impl Iterator<Item = usize> {
        let all = self.items.iter().enumerate();
        all.filter(|(_, item)| item.parent.is_none())
            .map(|(number, _)| number)
    }

    /// The number of the item with this link id.
    pub fn number(&self, link: &str) -> Option<usize> {
        self.items.iter().position(|item| item.link == link)
    }

    /// `url|version`, as a response names it.
    pub fn canonical(&self) -> String {
        if self.version.is_empty() {
            self.url.clone()
        } else {
            [&self.url, "|", &self.version].concat()
        }
    }

    /// The items from the outermost to this one that come several times.
    pub(super) fn levels(&self, number: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = Some(number);
        while let Some((here, item)) = at.and_then(|n| Some((n, self.items.get(n)?))) {
            if item.comes_often() {
                found.push(here);
            }
            at = item.parent;
        }
        found.reverse();
        found
    }
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Items together.
    Group,
    /// A text to read.
    Display,
    /// Yes or no.
    Boolean,
    /// A number.
    Decimal,
    /// A whole number.
    Integer,
    /// A day, month or year.
    Date,
    /// A day, perhaps with a time.
    DateTime,
    /// A time of day.
    Time,
    /// A line of text.
    String,
    /// Lines of text.
    Text,
    /// An address on the web.
    Url,
    /// One of the options.
    Choice,
    /// One of the options, or something else.
    OpenChoice,
    /// A number with a unit.
    Quantity,
}

impl Kind {
    /// All of them, with their codes in FHIR.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Group, "group"),
        (Self::Display, "display"),
        (Self::Boolean, "boolean"),
        (Self::Decimal, "decimal"),
        (Self::Integer, "integer"),
        (Self::Date, "date"),
        (Self::DateTime, "dateTime"),
        (Self::Time, "time"),
        (Self::String, "string"),
        (Self::Text, "text"),
        (Self::Url, "url"),
        (Self::Choice, "choice"),
        (Self::OpenChoice, "open-choice"),
        (Self::Quantity, "quantity"),
    ];

    /// The kind with this code.
    pub fn parse(code: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, name)| *name == code);
        found.map(|(kind, _)| *kind)
    }

    /// Whether it is a question.
    pub const fn asks(self) -> bool {
        !matches!(self, Self::Group | Self::Display)
    }

    /// Whether it is answered from a list.
    pub const fn chooses(self) -> bool {
        matches!(self, Self::Choice | Self::OpenChoice)
    }

    /// Whether one answer can be more than another.
    pub const fn has_order(self) -> bool {
        matches!(
            self,
            Self::Decimal
                | Self::Integer
                | Self::Date
                | Self::DateTime
                | Self::Time
                | Self::String
                | Self::Quantity
        )
    }
}

/// How many conditions must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Each of them.
    All,
    /// One of them.
    Any,
}

/// How an answer is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Whether there is one.
    Exists,
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `>`
    More,
    /// `<`
    Less,
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
}

impl Operator {
    /// All of them, with their codes in FHIR.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Exists, "exists"),
        (Self::Equal, "="),
        (Self::Unequal, "!="),
        (Self::More, ">"),
        (Self::Less, "<"),
        (Self::AtLeast, ">="),
        (Self::AtMost, "<="),
    ];

    /// The operator with this code.
    pub fn parse(code: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, name)| *name == code);
        found.map(|(operator, _)| *operator)
    }
}

/// When an item is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The number of the question it looks at.
    pub question: usize,
    /// How.
    pub operator: Operator,
    /// With what.
    pub with: Answer,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The answer that it is.
    pub answer: Answer,
    /// Its points, when it has any.
    pub points: Option<String>,
}

/// One item of a form.
#[derive(Debug)]
pub struct Item {
    /// Its link id.
    pub link: String,
    /// What it asks or says.
    pub text: String,
    /// What stands before it: `1.`
    pub prefix: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it must be answered.
    pub required: bool,
    /// Whether it may be answered more than once.
    pub repeats: bool,
    /// Whether people do not fill it in.
    pub fixed: bool,
    /// Whether it is not shown.
    pub hidden: bool,
    /// What helps to answer.
    pub help: String,
    /// The options.
    pub options: Vec<Choice>,
    /// The unit: a Coding.
    pub unit: Option<Value>,
    /// The most characters.
    pub longest: Option<u32>,
    /// The least answer.
    pub least: Option<Answer>,
    /// The greatest answer.
    pub most: Option<Answer>,
    /// What the whole answer must look like.
    pub pattern: Option<Regex>,
    /// When it is asked.
    pub conditions: Vec<Condition>,
    /// How many of the conditions must hold.
    pub behaviour: Behaviour,
    /// Its codings, an array of Coding.
    pub code: Option<Value>,
    /// Whether its answer is an Observation too.
    pub observed: bool,
    /// The flag that a positive answer raises.
    pub flag: Option<String>,
    /// The group or question that it is in.
    pub parent: Option<usize>,
    /// What is in it.
    pub children: Vec<usize>,
    initial: Vec<Answer>,
    begins: Option<Expression>,
    computed: Option<Expression>,
}

impl Item {
    /// Whether an expression computes it.
    pub const fn is_computed(&self) -> bool {
        self.computed.is_some()
    }

    /// Whether it comes with a number: a group or a question that repeats. Options are ticked instead.
    pub const fn comes_often(&self) -> bool {
        self.repeats && !self.kind.chooses()
    }
}

/// The extension of this address.
pub(super) fn extension<'v>(of: &'v Value, url: &str) -> Option<&'v Value> {
    let all = of.items_at("extension").iter();
    all.into_iter().find(|e| e.str_at("url") == Some(url))
}
