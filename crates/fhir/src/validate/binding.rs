//! Bindings: whether codes are of the value sets that their elements are bound to.

use std::sync::{Arc, OnceLock};

use crate::definitions::Strength;
use crate::outcome::{Code, Issue, Severity};
use crate::terminology::{CodeSet, Member, Source, value_set_codes};
use crate::{Object, Value};

use super::say::short;

/// A value set that elements are bound to, worked out when the first value meets it.
#[derive(Debug)]
pub(crate) struct Bound {
    url: &'static str,
    strength: Strength,
    set: OnceLock<Option<Arc<CodeSet>>>,
}

impl Bound {
    pub(crate) const fn new(url: &'static str, strength: Strength) -> Self {
        Self {
            url,
            strength,
            set: OnceLock::new(),
        }
    }

    /// Whether it refuses, or only advises.
    pub(super) fn is_required(&self) -> bool {
        self.strength == Strength::Required
    }

    fn set(&self) -> Option<&CodeSet> {
        self.set
            .get_or_init(|| value_set_codes(&Source::default(), self.url))
            .as_deref()
    }

    /// A bare code: `code`, `string`, `uri`.
    pub(super) fn check_code(&self, code: &str) -> Result<(), Issue> {
        match self
            .set()
            .map_or(Member::Unknown, |s| s.contains_code(code))
        {
            Member::Yes | Member::Unknown => Ok(()),
            Member::No => Err(self.issue(&format!("The code '{}'", short(code)))),
        }
    }

    /// A `Coding`, or what is written like one: `Quantity` names its unit so.
    pub(super) fn check_coding(&self, coding: &Object) -> Result<(), Issue> {
        match self.coding(coding) {
            Member::Yes | Member::Unknown => Ok(()),
            Member::No => Err(self.issue(&name_of(coding))),
        }
    }

    /// A `CodeableConcept`: one of its codings must be of the value set.
    pub(super) fn check_concept(&self, concept: &Object) -> Result<(), Issue> {
        let codings = concept
            .get("coding")
            .and_then(Value::as_array)
            .unwrap_or_default();
        let fits = |c: &Value| c.as_object().is_some_and(|c| self.coding(c) != Member::No);
        if codings.iter().any(fits) {
            return Ok(());
        }
        Err(match codings.first().and_then(Value::as_object) {
            Some(coding) => self.issue(&name_of(coding)),
            None if self.is_required() => self.issue("A concept with text alone"),
            None => return Ok(()),
        })
    }

    fn coding(&self, coding: &Object) -> Member {
        let text = |name| coding.get(name).and_then(Value::as_str);
        let Some(set) = self.set() else {
            return Member::Unknown;
        };
        match (text("system"), text("code")) {
            (Some(system), Some(code)) => set.contains(system, code),
            // A code without its system has no meaning; a missing code may have extensions in its place.
            (None, Some(_)) => Member::No,
            (_, None) if coding.contains("extension") || coding.contains("_code") => {
                Member::Unknown
            }
            (_, None) => Member::No,
        }
    }

    fn issue(&self, what: &str) -> Issue {
        let (severity, must) = if self.is_required() {
            (Severity::Error, "must")
        } else {
            (Severity::Warning, "should")
        };
        let mut fix = format!("Use a code of {}", self.url);
        if let Some(set) = self.set()
            && set.is_closed()
            && set.len() <= 12
        {
            let mut codes: Vec<&str> = set.iter().map(|(_, code)| code).collect();
            codes.sort_unstable();
            fix.push_str(": ");
            fix.push_str(&codes.join(", "));
        }
        fix.push('.');
        Issue::new(
            severity,
            Code::CodeInvalid,
            format!(
                "{what} is not in the value set {} that it {must} come from",
                self.url
            ),
        )
        .fix(fix)
    }
}

fn name_of(coding: &Object) -> String {
    let text = |name| coding.get(name).and_then(Value::as_str);
    format!(
        "The code '{}' of {}",
        short(text("code").unwrap_or_default()),
        text("system").map_or_else(|| "no system".to_owned(), short)
    )
}
