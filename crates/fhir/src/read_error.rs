//! Why a document could not be read.

use std::fmt::Write as _;

use compact_str::CompactString;

/// Why a document could not be read, where, and what to do about it. Values are never quoted, only names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}{}: {problem}; {}", at(path), .problem.fix())]
pub struct ReadError {
    line: usize,
    column: usize,
    path: String,
    problem: Problem,
}

fn at(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" ({path})")
    }
}

impl ReadError {
    /// The line, from 1.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1.
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Where in the document, as an `OperationOutcome.issue.expression`: `Patient.name[0].given[1]`; none at the root
    /// of something whose type is not known.
    pub fn path(&self) -> Option<&str> {
        (!self.path.is_empty()).then_some(self.path.as_str())
    }

    /// What is wrong.
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// How to mend it.
    pub const fn fix(&self) -> &'static str {
        self.problem.fix()
    }

    /// The place as text, for a person: `line 3, column 14`.
    pub fn place(&self) -> String {
        format!("line {}, column {}", self.line, self.column)
    }

    /// The code of an `OperationOutcome.issue` (<http://hl7.org/fhir/issue-type>).
    pub const fn issue_code(&self) -> &'static str {
        match self.problem {
            Problem::TooDeep | Problem::TooMany => "too-costly",
            Problem::Forbidden(_) => "security",
            Problem::Empty
            | Problem::NotUtf8
            | Problem::Unfinished
            | Problem::Expected(_)
            | Problem::Trailing
            | Problem::Duplicate(_)
            | Problem::DanglingComma
            | Problem::Number
            | Problem::Escape
            | Problem::LoneSurrogate
            | Problem::Control
            | Problem::Malformed(_)
            | Problem::NotAResource(_)
            | Problem::UnknownElement(_)
            | Problem::UnknownAttribute(_)
            | Problem::Namespace(_)
            | Problem::Repeated(_)
            | Problem::OutOfOrder(_)
            | Problem::StrayText
            | Problem::EmptyElement => "structure",
            Problem::NotA(_) => "value",
        }
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing but white space.
    #[error("the document is empty")]
    Empty,
    /// The bytes are not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// The document ends too early.
    #[error("the document ends before it is complete")]
    Unfinished,
    /// Something else was needed here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// More after the end.
    #[error("there is more after the end of the document")]
    Trailing,
    /// A member name twice in one object.
    #[error("the member {0:?} occurs twice in one object")]
    Duplicate(CompactString),
    /// A comma with nothing after it.
    #[error("a comma must be followed by another item")]
    DanglingComma,
    /// A number JSON does not know.
    #[error("this is not a JSON number")]
    Number,
    /// An unknown escape.
    #[error("this is not a JSON escape")]
    Escape,
    /// Half of a surrogate pair.
    #[error("a \\u escape is half of a surrogate pair")]
    LoneSurrogate,
    /// A control character that is not escaped.
    #[error("a control character stands in a string")]
    Control,
    /// Nested too deeply.
    #[error("the document is nested deeper than {} levels", crate::MAX_DEPTH)]
    TooDeep,
    /// Far more values than a document of this size has.
    #[error("the document has too many values for its size")]
    TooMany,
    /// The XML is not well formed.
    #[error("the XML is not well formed: {0}")]
    Malformed(String),
    /// A construct that is refused for safety.
    #[error("{0} is not allowed in FHIR XML")]
    Forbidden(&'static str),
    /// The root or `resourceType` is not a resource type of R4.
    #[error("{0:?} is not a resource type of FHIR R4")]
    NotAResource(CompactString),
    /// An element that the type does not have.
    #[error("the element <{0}> is not known here")]
    UnknownElement(CompactString),
    /// An attribute that the element does not have.
    #[error("the attribute {0:?} is not known here")]
    UnknownAttribute(CompactString),
    /// An element in the wrong namespace.
    #[error("the element <{0}> is in the wrong namespace")]
    Namespace(CompactString),
    /// A second element where one is allowed.
    #[error("the element <{0}> may occur only once")]
    Repeated(CompactString),
    /// An element that comes after one that must follow it.
    #[error("the element <{0}> comes too late")]
    OutOfOrder(CompactString),
    /// Text between elements.
    #[error("text stands between elements")]
    StrayText,
    /// A value that is not of its type.
    #[error("this is not a value of type {0}")]
    NotA(&'static str),
    /// An element without value, id, extension or children.
    #[error("the element is empty")]
    EmptyElement,
}

impl Problem {
    /// How to mend it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Empty => "send one FHIR resource",
            Self::NotUtf8 => "encode the document as UTF-8",
            Self::Unfinished => "check that the whole document was sent",
            Self::Expected(_) => "correct the syntax here",
            Self::Trailing => "send exactly one document",
            Self::Duplicate(_) => "keep one of them",
            Self::DanglingComma => "remove the comma or add the item",
            Self::Number => "write it like -12.50 or 1e3, without leading zeros",
            Self::Escape => "use one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX",
            Self::LoneSurrogate => "write both halves, or the character itself",
            Self::Control => "escape it: \\n, \\t, \\u001f",
            Self::TooDeep => "nest less deeply",
            Self::TooMany => "split the document",
            Self::Malformed(_) => "correct the XML here",
            Self::Forbidden(_) => "remove it",
            Self::NotAResource(_) => {
                "use a resource type of FHIR R4, with the same capital letters"
            }
            Self::UnknownElement(_) => {
                "check its name against the FHIR R4 definition, or use an extension"
            }
            Self::UnknownAttribute(_) => "remove it; values belong in value=\"…\"",
            Self::Namespace(_) => {
                "use xmlns=\"http://hl7.org/fhir\", and http://www.w3.org/1999/xhtml for the narrative's div"
            }
            Self::Repeated(_) => "keep one of them",
            Self::OutOfOrder(_) => "write the elements in the order of the FHIR R4 definition",
            Self::StrayText => "put values in value=\"…\"",
            Self::NotA(_) => "correct the value",
            Self::EmptyElement => "give it a value or children, or leave it out",
        }
    }
}

/// A problem on its way up to the root; each level adds its step to the path.
#[derive(Debug)]
pub(crate) struct Fail {
    problem: Problem,
    offset: usize,
    /// Innermost step first.
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Member(CompactString),
    Index(usize),
}

impl Fail {
    #[cold]
    pub(crate) fn new(problem: Problem, offset: usize) -> Box<Self> {
        Box::new(Self {
            problem,
            offset,
            steps: Vec::new(),
        })
    }

    /// Another problem, which is what really ends the document at `end`, when this one is only that it ends there.
    #[cold]
    pub(crate) fn instead_at_end(mut self: Box<Self>, problem: Problem, end: usize) -> Box<Self> {
        if self.offset >= end {
            self.problem = problem;
        }
        self
    }

    #[cold]
    pub(crate) fn within_member(mut self: Box<Self>, name: &str) -> Box<Self> {
        self.steps
            .push(Step::Member(name.chars().take(64).collect()));
        self
    }

    #[cold]
    pub(crate) fn within_index(mut self: Box<Self>, index: usize) -> Box<Self> {
        self.steps.push(Step::Index(index));
        self
    }

    /// Whether the whole document is an array.
    pub(crate) fn is_in_array(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Index(_)))
    }

    /// The error for the caller: `bytes` is the document, `root` its resource type when known.
    #[cold]
    pub(crate) fn finish(self, bytes: &[u8], root: Option<&str>) -> ReadError {
        let mut path: String = root.unwrap_or_default().chars().take(64).collect();
        for step in self.steps.iter().rev() {
            match step {
                Step::Member(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Index(index) => {
                    // Writing to a `String` cannot fail.
                    let _ = write!(path, "[{index}]");
                }
            }
        }
        let before = bytes.get(..self.offset).unwrap_or(bytes);
        let line_start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let on_line = before.get(line_start..).unwrap_or_default();
        ReadError {
            line: before.iter().filter(|b| **b == b'\n').count() + 1,
            column: on_line.iter().filter(|b| (**b & 0xC0) != 0x80).count() + 1,
            path,
            problem: self.problem,
        }
    }
}
