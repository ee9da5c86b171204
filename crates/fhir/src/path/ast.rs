//! The tree an expression is compiled to.

use std::sync::OnceLock;

use regex::Regex;
use rust_decimal::Decimal;

use super::function::Function;
use super::quantity::Quantity;
use super::temporal::Stamp;
use crate::definitions::TypeId;

/// A compiled (sub)expression. Every operand evaluates against `$this` of the frame it is in.
#[derive(Debug)]
pub(super) enum Expr {
    /// `{}`
    Empty,
    Literal(Literal),
    /// `$this`
    This,
    /// `$index`
    Index,
    /// `$total`
    Total,
    /// `%name`
    Variable(Variable),
    /// An identifier that starts a path: an element of `$this`, or the name of its type.
    Start(Name),
    /// `base.name`
    Member(Box<Expr>, Name),
    /// `base.function(arguments)`; no base for a call on `$this`.
    Call(Box<Call>),
    /// `base[index]`
    At(Box<Expr>, Box<Expr>),
    /// `-base`, `+base`
    Sign(Sign, Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `base is Type`, `base as Type`, `base.ofType(Type)`
    Typed(TypeTest, Box<Expr>, TypeName),
}

/// The name of an element, and the type that it names when it starts a path.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: Box<str>,
    pub(super) ty: Option<TypeId>,
}

#[derive(Debug)]
pub(super) enum Literal {
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    String(Box<str>),
    Date(Stamp),
    DateTime(Stamp),
    Time(Stamp),
    Quantity(Quantity),
}

#[derive(Debug)]
pub(super) enum Variable {
    Context,
    Resource,
    RootResource,
    /// `%ucum`, `%sct`, `%loinc`, `%vs-…`, `%ext-…`: a fixed string.
    Fixed(Box<str>),
    Named(Box<str>),
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) base: Option<Expr>,
    pub(super) function: Function,
    pub(super) arguments: Vec<Expr>,
    /// For `sort`: which keys are descending, in the order of the arguments.
    pub(super) descending: Vec<bool>,
    /// For `matches` and its kin with a literal pattern: compiled at first use.
    pub(super) pattern: OnceLock<Option<Regex>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Multiply,
    Divide,
    Div,
    Mod,
    Add,
    Subtract,
    Concatenate,
    Union,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeTest {
    Is,
    As,
    OfType,
}

/// A type an expression names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeName {
    Fhir(TypeId),
    System(SystemType),
    /// A name in the `System` namespace that nothing can have.
    Nothing,
}

/// The types of FHIRPath itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemType {
    /// `System.Boolean`
    Boolean,
    /// `System.Integer`
    Integer,
    /// `System.Decimal`
    Decimal,
    /// `System.String`
    String,
    /// `System.Date`
    Date,
    /// `System.DateTime`
    DateTime,
    /// `System.Time`
    Time,
    /// `System.Quantity`
    Quantity,
    /// What `type()` returns.
    TypeInfo,
}

impl SystemType {
    /// Its name without the namespace.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::Decimal => "Decimal",
            Self::String => "String",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Time => "Time",
            Self::Quantity => "Quantity",
            Self::TypeInfo => "ClassInfo",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "Boolean" => Self::Boolean,
            "Integer" => Self::Integer,
            "Decimal" => Self::Decimal,
            "String" => Self::String,
            "Date" => Self::Date,
            "DateTime" => Self::DateTime,
            "Time" => Self::Time,
            "Quantity" => Self::Quantity,
            _ => return None,
        })
    }
}
