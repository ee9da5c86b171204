//! Values that must not be printed by accident.

use std::fmt;

/// Patient data: prints as `[phi]`. The ways out are named, so that they can be found.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Marks a value as patient data.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, to be shown to a caller who was allowed to see it.
    pub const fn to_authorized(&self) -> &T {
        &self.0
    }

    /// The value, to be put at rest under seal.
    pub fn into_sealed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[phi]")
    }
}

/// A secret: prints as `[secret]`.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Marks a value as secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one use it has.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
