//! What an expression yields.

use std::borrow::Cow;

use rust_decimal::Decimal;
use smallvec::SmallVec;

use super::ast::SystemType;
use super::node::{Node, Shape};
use super::quantity::{Quantity, decimal};
use super::temporal::Stamp;
use crate::value::Value;

/// One result: a place in the document, or a value that was computed.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A place in the document.
    Node(Node<'a>),
    /// `System.Boolean`
    Boolean(bool),
    /// `System.Integer`
    Integer(i64),
    /// `System.Decimal`
    Decimal(Decimal),
    /// `System.String`
    String(Cow<'a, str>),
    /// `System.Date`
    Date(Stamp),
    /// `System.DateTime`
    DateTime(Stamp),
    /// `System.Time`
    Time(Stamp),
    /// `System.Quantity`
    Quantity(Box<Quantity>),
    /// What `type()` returns.
    Type(Box<TypeInfo>),
}

/// The name of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    /// `System` or `FHIR`.
    pub namespace: &'static str,
    /// `Boolean`, `Patient` …
    pub name: &'static str,
}

/// A collection; most hold one item.
pub(super) type Items<'a> = SmallVec<[Item<'a>; 1]>;

impl<'a> Item<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }

    pub(super) fn owned(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }

    /// The place, when it is one.
    pub fn as_node(&self) -> Option<Node<'a>> {
        match self {
            Self::Node(node) => Some(*node),
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::String(_)
            | Self::Date(_)
            | Self::DateTime(_)
            | Self::Time(_)
            | Self::Quantity(_)
            | Self::Type(_) => None,
        }
    }

    /// As a value of FHIRPath's own types: a primitive of the document is read, anything else computed stays. None
    /// for a structure, and for a primitive without (readable) value.
    pub fn system(&self) -> Option<Item<'_>> {
        Some(match self {
            Self::Node(node) => return of_node(*node),
            Self::Boolean(b) => Item::Boolean(*b),
            Self::Integer(n) => Item::Integer(*n),
            Self::Decimal(d) => Item::Decimal(*d),
            Self::String(s) => Item::String(Cow::Borrowed(s)),
            Self::Date(s) => Item::Date(*s),
            Self::DateTime(s) => Item::DateTime(*s),
            Self::Time(s) => Item::Time(*s),
            Self::Quantity(q) => Item::Quantity(q.clone()),
            Self::Type(t) => Item::Type(t.clone()),
        })
    }

    /// [`Item::system`], by value.
    pub(super) fn into_system(self) -> Option<Self> {
        match self {
            Self::Node(node) => of_node(node),
            other => Some(other),
        }
    }

    /// The truth value, when it has one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(b) => Some(*b),
            Self::Node(node) if node.shape() == Shape::Primitive(SystemType::Boolean) => {
                node.value().as_bool()
            }
            _ => None,
        }
    }

    /// The text of a string, of a primitive the document writes as one, or of a quotation of a type.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(s) => Some(s),
            Self::Node(node) => match node.shape() {
                Shape::Primitive(_) => node.value().as_str(),
                Shape::Quantity | Shape::Resource | Shape::Complex => None,
            },
            _ => None,
        }
    }

    /// The type of this item.
    pub fn type_info(&self) -> TypeInfo {
        match self.system_type() {
            Some(ty) => TypeInfo {
                namespace: "System",
                name: ty.name(),
            },
            None => TypeInfo {
                namespace: "FHIR",
                name: self.as_node().map_or("Element", |n| n.definition().name),
            },
        }
    }

    pub(super) fn system_type(&self) -> Option<SystemType> {
        Some(match self {
            Self::Node(_) => return None,
            Self::Boolean(_) => SystemType::Boolean,
            Self::Integer(_) => SystemType::Integer,
            Self::Decimal(_) => SystemType::Decimal,
            Self::String(_) => SystemType::String,
            Self::Date(_) => SystemType::Date,
            Self::DateTime(_) => SystemType::DateTime,
            Self::Time(_) => SystemType::Time,
            Self::Quantity(_) => SystemType::Quantity,
            Self::Type(_) => SystemType::TypeInfo,
        })
    }

    /// As `toString()` writes it; none for a structure.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        if let Self::Node(node) = self
            && let Value::Number(number) = node.value()
        {
            return Some(Cow::Borrowed(number.as_str()));
        }
        if let Some(text) = self.as_str() {
            return Some(Cow::Borrowed(text));
        }
        Some(Cow::Owned(match self.system()? {
            Item::Boolean(b) => b.to_string(),
            Item::Integer(n) => n.to_string(),
            Item::Decimal(d) => d.to_string(),
            Item::String(s) => s.into_owned(),
            Item::Date(s) | Item::DateTime(s) => s.to_text(),
            Item::Time(s) => s.to_time_text(),
            Item::Quantity(q) => q.to_text(),
            Item::Node(_) | Item::Type(_) => return None,
        }))
    }
}

fn of_node(node: Node<'_>) -> Option<Item<'_>> {
    let value = node.value();
    let ty = match node.shape() {
        Shape::Primitive(ty) => ty,
        Shape::Quantity => return Quantity::of_fhir(value).map(|q| Item::Quantity(Box::new(q))),
        Shape::Resource | Shape::Complex => return None,
    };
    Some(match ty {
        SystemType::Boolean => Item::Boolean(value.as_bool()?),
        SystemType::Integer => Item::Integer(value.as_number()?.to_i64()?),
        SystemType::Decimal => Item::Decimal(decimal(value.as_number()?.as_str())?),
        SystemType::Date => Item::Date(Stamp::date(value.as_str()?)?),
        SystemType::DateTime => Item::DateTime(Stamp::date_time(value.as_str()?)?),
        SystemType::Time => Item::Time(Stamp::time(value.as_str()?)?),
        SystemType::String | SystemType::Quantity | SystemType::TypeInfo => {
            Item::text(value.as_str()?)
        }
    })
}
