//! FHIRPath: the normative release 1 (2.0.0) with what FHIR R4 adds and the string functions of the 2.1 draft.
//!
//! An [`Expression`] is compiled once and evaluated often; evaluation borrows from the document and copies nothing.
//! Depth is bounded when parsing, work and memory by the budget of the [`Env`], so hostile expressions end with an
//! error.
//!
//! Deliberate: `elementDefinition()`, `slice()`, `checkModifiers()` and `subsumes()` are absent; UCUM is a table of
//! the common units; a trace goes nowhere, because what it would print is patient data.

mod ast;
mod calendar;
mod call;
mod collection;
mod compare;
mod convert;
mod env;
mod eval;
mod fhir;
mod function;
mod item;
mod iterate;
mod lexer;
mod node;
mod number;
mod operator;
mod parser;
mod quantity;
mod temporal;
mod text;
mod ucum;

pub use ast::SystemType;
pub use env::{DEFAULT_BUDGET, Env, Host, Mode};
pub use item::{Item, TypeInfo};
pub use node::Node;
pub use quantity::{CalendarUnit, Quantity, Unit};
pub use temporal::{Precision, Stamp};

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {
    root: ast::Expr,
}

/// Why a text is no expression. Positions are byte offsets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The grammar does not allow it.
    #[error("{what} (at byte {at})")]
    Syntax {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A function that there is not.
    #[error("there is no function {0}")]
    UnknownFunction(Box<str>),
    /// A type that R4 does not have.
    #[error("there is no type {0}")]
    UnknownType(Box<str>),
    /// The wrong number of arguments.
    #[error("{0} with the wrong number of arguments")]
    Arguments(&'static str),
    /// Brackets or chains beyond the limit.
    #[error("the expression is nested too deeply")]
    TooDeep,
    /// More than 64 KiB.
    #[error("the expression is too long")]
    TooLong,
}

/// Why an evaluation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// The budget of steps is used up.
    #[error("the expression takes too much work")]
    Budget,
    /// Several items where one was needed.
    #[error("{0} needs a single item")]
    NotSingle(&'static str),
    /// A value of a type the operation does not take.
    #[error("{operation} does not take {found}")]
    WrongType {
        /// The function or operator.
        operation: &'static str,
        /// The type it met.
        found: &'static str,
    },
    /// An element that the type does not have (strict mode only).
    #[error("{ty} has no element {name}")]
    UnknownElement {
        /// The type.
        ty: &'static str,
        /// The name.
        name: Box<str>,
    },
    /// A function that picks by position, on a collection without order (strict mode only).
    #[error("{0} needs a collection in order")]
    Unordered(&'static str),
    /// A variable that nobody set.
    #[error("there is no variable %{0}")]
    UnknownVariable(Box<str>),
    /// A variable that is set already.
    #[error("the variable %{0} is set already")]
    VariableTaken(Box<str>),
    /// A pattern that is no regular expression, or too large a one.
    #[error("the pattern is not a regular expression that can be used")]
    Pattern,
    /// The time of day, where there is no clock.
    #[error("there is no clock here")]
    NoClock,
    /// A profile that nobody knows.
    #[error("the profile {0} is not known")]
    UnknownProfile(Box<str>),
    /// A unit that cannot be added to a date or time.
    #[error("a date or time cannot be moved by {0}")]
    Unit(Box<str>),
    /// An encoding, escape or option that is none of those defined.
    #[error("{0} does not know this argument")]
    Argument(&'static str),
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// When the text is not FHIRPath, names a function or type that there is not, or is too long or deep.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self {
            root: parser::parse(text)?,
        })
    }

    /// Evaluates with `focus` as `$this` and `%context`.
    ///
    /// # Errors
    /// When an operand has the wrong type or number, or the budget is used up.
    pub fn evaluate<'a>(
        &'a self,
        env: &Env<'a>,
        focus: Node<'a>,
    ) -> Result<Vec<Item<'a>>, EvaluateError> {
        let items = eval::Eval::new(*env, focus).run(&self.root)?;
        Ok(items.into_vec())
    }

    /// Evaluates an invariant: an empty result passes, a single truth value is the answer, anything else passes.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_bool<'a>(
        &'a self,
        env: &Env<'a>,
        focus: Node<'a>,
    ) -> Result<bool, EvaluateError> {
        eval::Eval::new(*env, focus).test(&self.root)
    }
}
