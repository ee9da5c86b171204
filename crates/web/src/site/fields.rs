//! What a form says, taken by name: a handler states the fields it knows, and a form with any other is refused (ASVS 15.3.3).

use crate::page::{Csrf, PATIENT};

/// A field that a handler takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// At most once.
    One(&'static str),
    /// Any number of times: boxes to tick.
    Many(&'static str),
}

impl Take {
    const fn name(self) -> &'static str {
        match self {
            Self::One(name) | Self::Many(name) => name,
        }
    }
}

/// Why a form is refused whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormProblem {
    /// The body is not a form, or not encoded as one.
    #[error("the form cannot be read")]
    Unreadable,
    /// Longer than a form may be.
    #[error("the form is longer than a form may be")]
    TooLong,
    /// The file that comes with it is longer than a file may be.
    #[error("the file is longer than a file may be")]
    FileTooLong,
    /// A field that this page does not have.
    #[error("the form has a field that this page does not know")]
    Unknown,
    /// A field comes twice.
    #[error("the form has a field twice")]
    Twice,
    /// It does not carry the token of this session.
    #[error("the form does not belong to this session")]
    Token,
    /// It comes from another site.
    #[error("the form was sent by another site")]
    Foreign,
    /// It is about another patient than the page's address.
    #[error("the form is about another patient than its address")]
    OtherPatient,
}

/// The fields of a form that was sent.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl std::fmt::Debug for Fields {
    /// Names only: values may be secrets or patient data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Fields {
    pub(super) fn take(pairs: &[(String, String)], known: &[Take]) -> Result<Self, FormProblem> {
        Self::take_and(pairs, known, &|_| false)
    }

    pub(super) fn take_and(
        pairs: &[(String, String)],
        known: &[Take],
        also: &dyn Fn(&str) -> bool,
    ) -> Result<Self, FormProblem> {
        let mut seen: Vec<&str> = Vec::with_capacity(pairs.len());
        for (name, _) in pairs {
            let always = [Take::One(Csrf::FIELD), Take::One(PATIENT)];
            let take = known.iter().chain(&always).find(|t| t.name() == name);
            match take {
                None if also(name) => {}
                None => return Err(FormProblem::Unknown),
                Some(Take::One(_)) if seen.contains(&name.as_str()) => {
                    return Err(FormProblem::Twice);
                }
                Some(Take::One(_) | Take::Many(_)) => seen.push(name),
            }
        }
        Ok(Self(pairs.to_vec()))
    }

    /// All fields, in the order in which they came.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A field's value; empty when the form does not have it.
    pub fn one(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A field's value without the blanks around it.
    pub fn trimmed(&self, name: &str) -> &str {
        self.one(name).trim()
    }

    /// Whether the form has this field.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// All values of a field.
    pub fn many<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), FormProblem>) {
        let pairs = super::super::urlencoded::parse(text.as_bytes()).unwrap();
        let known = [Take::One("name"), Take::Many("roles")];
        assert_eq!(Fields::take(&pairs, &known).map(|_| ()), expected, "{text}");
    }

    #[test]
    fn asvs_15_3_3_a_field_that_the_page_does_not_have_is_refused() {
        check("name=a&csrf=t", Ok(()));
        check("name=a&roles=x&roles=y&patient=1", Ok(()));
        check("name=a&administrator=1", Err(FormProblem::Unknown));
        check("name=a&name=b", Err(FormProblem::Twice));
        check("csrf=a&csrf=b", Err(FormProblem::Twice));
        let pairs = super::super::urlencoded::parse(b"name=a&a1=x&a1=y&b1=z").unwrap();
        let also = |names: &'static [&'static str]| move |name: &str| names.contains(&name);
        let known = [Take::One("name")];
        let count = |names| Fields::take_and(&pairs, &known, &also(names)).map(|f| f.all().count());
        assert_eq!(count(&["a1"]), Err(FormProblem::Unknown));
        assert_eq!(count(&["a1", "b1"]), Ok(4));
    }
}
