//! What is said about a request or a resource: issues, and the `OperationOutcome` that carries them.

use crate::{Object, Value};

/// How bad an issue is (value set `issue-severity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is wrong.
    Information,
    /// Could be better; the request went on.
    Warning,
    /// Wrong; the request was refused.
    Error,
    /// So wrong that nothing further was looked at.
    Fatal,
}

impl Severity {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Whether a request with such an issue is refused.
    pub const fn refuses(self) -> bool {
        matches!(self, Self::Error | Self::Fatal)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// What kind of issue it is (value set `issue-type`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

codes! {
    /// The content is against the specification or a profile.
    Invalid = "invalid",
    /// The shape is wrong: not JSON, an unknown element, an array where one value belongs.
    Structure = "structure",
    /// A required element is missing.
    Required = "required",
    /// An element or header has a value that is not allowed.
    Value = "value",
    /// An invariant does not hold.
    Invariant = "invariant",
    /// Something about permission, not told apart further.
    Security = "security",
    /// Nobody is signed in.
    Login = "login",
    /// The caller is not known.
    Unknown = "unknown",
    /// The session is over.
    Expired = "expired",
    /// The caller may not do this.
    Forbidden = "forbidden",
    /// Part of the answer is held back.
    Suppressed = "suppressed",
    /// Something went wrong in the processing.
    Processing = "processing",
    /// The server does not do this.
    NotSupported = "not-supported",
    /// It exists already.
    Duplicate = "duplicate",
    /// Several matched where one was wanted.
    MultipleMatches = "multiple-matches",
    /// Not found.
    NotFound = "not-found",
    /// Deleted.
    Deleted = "deleted",
    /// Too long or too large.
    TooLong = "too-long",
    /// A code or system that could not be understood or is not in the value set.
    CodeInvalid = "code-invalid",
    /// An extension that is not acceptable here.
    Extension = "extension",
    /// Too much work.
    TooCostly = "too-costly",
    /// Against a rule of the practice or of the server.
    BusinessRule = "business-rule",
    /// Somebody else changed it.
    Conflict = "conflict",
    /// Try again.
    Transient = "transient",
    /// A lock could not be had.
    LockError = "lock-error",
    /// The store is not there.
    NoStore = "no-store",
    /// An internal failure.
    Exception = "exception",
    /// Took too long.
    Timeout = "timeout",
    /// Not everything could be looked at.
    Incomplete = "incomplete",
    /// Too many requests.
    Throttled = "throttled",
    /// Only information.
    Informational = "informational",
}

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// What kind it is.
    pub code: Code,
    /// What is wrong, in a sentence for people. Never holds patient data beyond the short value that is at fault.
    pub text: String,
    /// How to put it right.
    pub fix: Option<String>,
    /// The element as FHIRPath: `Patient.name[0].family`; none when it is not about one element.
    pub expression: Option<String>,
    /// The rule that was broken, where it has a name: `obs-6`, a profile's URL.
    pub rule: Option<String>,
}

impl Issue {
    /// An issue of any severity.
    pub fn new(severity: Severity, code: Code, text: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            text: text.into(),
            fix: None,
            expression: None,
            rule: None,
        }
    }

    /// An error.
    pub fn error(code: Code, text: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, text)
    }

    /// Something to know.
    pub fn information(text: impl Into<String>) -> Self {
        Self::new(Severity::Information, Code::Informational, text)
    }

    /// The same, with the element it is about.
    #[must_use]
    pub fn at(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    /// The same, with the way to put it right.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same, with the name of the rule.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// As an entry of `OperationOutcome.issue`: the sentence in `details.text`; rule, sentence and fix in `diagnostics`.
    fn to_value(&self) -> Value {
        let mut out = Object::new();
        out.set("severity", self.severity.as_str());
        out.set("code", self.code.as_str());
        out.set(
            "details",
            Value::from([("text", self.text.as_str().into())]),
        );
        let mut diagnostics = String::new();
        if let Some(rule) = &self.rule {
            diagnostics.push_str(rule);
            diagnostics.push_str(": ");
        }
        diagnostics.push_str(&self.text);
        if let Some(fix) = &self.fix {
            diagnostics.push_str(". ");
            diagnostics.push_str(fix);
        }
        out.set("diagnostics", diagnostics);
        if let Some(expression) = &self.expression {
            out.set("expression", vec![Value::from(expression.as_str())]);
        }
        out.into()
    }
}

/// The issues of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The issues, in the order they were found.
    pub issues: Vec<Issue>,
}

impl Outcome {
    /// With one issue.
    pub fn of(issue: Issue) -> Self {
        Self {
            issues: vec![issue],
        }
    }

    /// The answer when there is nothing to complain about: `OperationOutcome.issue` must not be empty.
    pub fn all_ok() -> Self {
        Self::of(Issue::information("All OK"))
    }

    /// Whether an issue refuses the request.
    pub fn refuses(&self) -> bool {
        self.issues.iter().any(|i| i.severity.refuses())
    }

    /// The `OperationOutcome`.
    pub fn to_value(&self) -> Value {
        let issues: Vec<Value> = if self.issues.is_empty() {
            vec![Issue::information("All OK").to_value()]
        } else {
            self.issues.iter().map(Issue::to_value).collect()
        };
        Value::from([
            ("resourceType", "OperationOutcome".into()),
            ("issue", issues.into()),
        ])
    }
}

impl From<Issue> for Outcome {
    fn from(issue: Issue) -> Self {
        Self::of(issue)
    }
}

impl From<Vec<Issue>> for Outcome {
    fn from(issues: Vec<Issue>) -> Self {
        Self { issues }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_says_where_what_and_how_to_fix_it() {
        let outcome = Outcome::of(
            Issue::error(Code::Value, "'2024-13-01' is not a date")
                .at("Patient.birthDate")
                .fix("Write YYYY, YYYY-MM or YYYY-MM-DD."),
        );
        assert!(outcome.refuses());
        let issue = &outcome.to_value().items_at("issue")[0].clone();
        assert_eq!(issue.str_at("severity"), Some("error"));
        assert_eq!(issue.str_at("code"), Some("value"));
        assert_eq!(
            issue.items_at("expression"),
            [Value::from("Patient.birthDate")]
        );
        assert_eq!(
            issue.str_at("diagnostics"),
            Some("'2024-13-01' is not a date. Write YYYY, YYYY-MM or YYYY-MM-DD.")
        );
    }

    #[test]
    fn an_outcome_without_issues_still_has_one() {
        assert_eq!(Outcome::default().to_value(), Outcome::all_ok().to_value());
        assert!(!Outcome::all_ok().refuses());
    }
}
