//! One test against one index value.

use super::entry::IndexValue;
use super::fold::fold;
use super::query::{NumberTest, Prefix, StrTest, SystemTest, Test, UriTest};
use crate::definitions::BranchUse;

/// Whether a parameter's use of a branch counts this value: a reference must lead to the type that the use names.
pub(super) fn used(wanted: &BranchUse, value: &IndexValue<'_>) -> bool {
    match (wanted.target, value) {
        (Some(target), IndexValue::Reference { kind, .. }) => *kind == target,
        _ => true,
    }
}

/// Whether a value passes a test. [`Test::ReferenceHierarchy`] is passed by the resource itself only;
/// [`Test::Composite`] and [`Test::Near`] by nothing: they are not about one value.
pub(super) fn passes(test: &Test, value: &IndexValue<'_>) -> bool {
    match (test, value) {
        (Test::Token { system, code }, IndexValue::Token { system: s, code: c }) => {
            system.accepts(*s) && code.as_ref().is_none_or(|code| code == c)
        }
        (Test::TokenText(text), IndexValue::TokenText(t)) => fold(t).starts_with(text.as_str()),
        (Test::TokenSet(set), IndexValue::Token { system, code }) => set.has(*system, code),
        (
            Test::OfType {
                system,
                code,
                value,
            },
            IndexValue::OfType {
                system: s,
                code: c,
                value: v,
            },
        ) => system == s && code == c && value == v,
        (
            Test::Reference { kind, id, version },
            IndexValue::Reference {
                kind: k,
                id: i,
                version: v,
            },
        ) => {
            kind.is_none_or(|kind| kind == *k)
                && id == i
                && version
                    .as_ref()
                    .is_none_or(|version| Some(version.as_str()) == *v)
        }
        (
            Test::ReferenceHierarchy { kind, id, .. },
            IndexValue::Reference { kind: k, id: i, .. },
        ) => kind == k && id == i,
        (Test::ReferenceUrl { url, version }, IndexValue::ReferenceUrl { url: u, version: v }) => {
            url == u
                && version
                    .as_ref()
                    .is_none_or(|version| Some(version.as_str()) == *v)
        }
        (
            Test::ReferenceIdentifier { system, value },
            IndexValue::ReferenceIdentifier {
                system: s,
                value: v,
            },
        ) => system.accepts(*s) && value.as_ref().is_none_or(|value| value == v),
        (Test::Str { how, text, folded }, IndexValue::Str(s)) => string(*how, text, folded, s),
        (Test::Date(test), IndexValue::Date { lo, hi }) => test.accepts(*lo, *hi),
        (Test::DateWithin(tests), IndexValue::Date { lo, hi }) => {
            tests.iter().all(|test| test.accepts(*lo, *hi))
        }
        (Test::Number(test), IndexValue::Number { lo, hi }) => test.accepts(*lo, *hi),
        (Test::Quantity { .. }, IndexValue::Quantity { .. }) => quantity(test, value),
        (Test::Uri { how, value }, IndexValue::Uri(uri)) => match how {
            UriTest::Exact => value == uri,
            UriTest::Below => uri.starts_with(value.as_str()),
            UriTest::Above => value.starts_with(uri),
            UriTest::Contains => uri.contains(value.as_str()),
        },
        _ => false,
    }
}

fn string(how: StrTest, text: &str, folded: &str, value: &str) -> bool {
    match how {
        StrTest::Exact => value == text,
        StrTest::Prefix => fold(value).starts_with(folded),
        StrTest::Contains => fold(value).contains(folded),
        StrTest::Equal => fold(value) == folded,
        StrTest::Suffix => fold(value).ends_with(folded),
    }
}

fn quantity(test: &Test, value: &IndexValue<'_>) -> bool {
    let (
        Test::Quantity {
            number,
            system,
            code,
            canonical,
        },
        IndexValue::Quantity {
            lo,
            hi,
            system: s,
            code: c,
            canonical: found,
        },
    ) = (test, value)
    else {
        return false;
    };
    if let (Some((scaled, unit)), Some((factor, u))) = (canonical, found) {
        return unit == u && scaled.widened().accepts(lo * factor, hi * factor);
    }
    system.accepts(*s) && code.as_ref().is_none_or(|code| code == c) && number.accepts(*lo, *hi)
}

impl SystemTest {
    /// Whether a system, or none, passes.
    pub fn accepts(&self, system: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::None => system.is_none(),
            Self::Is(wanted) => system == Some(wanted),
        }
    }
}

impl NumberTest {
    /// Whether a number (`lo == hi`) or range passes. Only `eq`, `ne` and `ap` look at the precision that was given
    /// (R4, section 3.1.1.4.5.1).
    pub fn accepts(&self, lo: f64, hi: f64) -> bool {
        let within = self.lo <= lo && (hi < self.hi || self.value == hi);
        match self.prefix {
            Prefix::Eq => within,
            Prefix::Ne => !within,
            Prefix::Gt => hi > self.value,
            Prefix::Lt => lo < self.value,
            Prefix::Ge => hi >= self.value,
            Prefix::Le => lo <= self.value,
            Prefix::Sa => lo > self.value,
            Prefix::Eb => hi < self.value,
            Prefix::Ap => lo <= self.hi && hi >= self.lo,
        }
    }

    /// The same with room for the rounding of a conversion of units.
    #[must_use]
    pub fn widened(&self) -> Self {
        let room = self.value.abs() * 1e-12;
        let value = match self.prefix {
            Prefix::Ge | Prefix::Sa => self.value - room,
            Prefix::Le | Prefix::Eb => self.value + room,
            Prefix::Eq | Prefix::Ne | Prefix::Ap | Prefix::Gt | Prefix::Lt => self.value,
        };
        Self {
            prefix: self.prefix,
            value,
            lo: self.lo - room,
            hi: self.hi + room,
        }
    }
}
