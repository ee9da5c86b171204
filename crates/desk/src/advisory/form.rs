//! All forms by name: what a document is, and a record in a form.

use serde_json::Value;

use super::feed::{Site, atom, json_feed};
use super::json::ReadError;
use super::record::Advisory;
use super::vex::{VexError, cyclonedx, openvex};
use super::{csaf, cve, github, letter, lost, osv, page, post};

/// A form of an advisory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The record itself.
    Record,
    /// CSAF 2.0.
    Csaf,
    /// CVE record format 5.1.
    Cve,
    /// OSV.
    Osv,
    /// OpenVEX 0.2.0.
    OpenVex,
    /// CycloneDX 1.6 with vulnerabilities.
    CycloneDx,
    /// GitHub's repository security advisory.
    Github,
    /// Markup of a page.
    Page,
    /// Markdown.
    Markdown,
    /// An Atom feed.
    Atom,
    /// A JSON feed.
    JsonFeed,
    /// A mail.
    Mail,
    /// A short post.
    Post,
}

/// The most characters of a short post.
const POST: usize = 500;

/// Why there is no such form of a record.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// CVE.
    #[error(transparent)]
    Cve(#[from] cve::CveError),
    /// VEX.
    #[error(transparent)]
    Vex(#[from] VexError),
    /// Not writable as JSON.
    #[error("the document cannot be written")]
    Json(#[from] serde_json::Error),
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Record,
        Self::Csaf,
        Self::Cve,
        Self::Osv,
        Self::OpenVex,
        Self::CycloneDx,
        Self::Github,
        Self::Page,
        Self::Markdown,
        Self::Atom,
        Self::JsonFeed,
        Self::Mail,
        Self::Post,
    ];

    /// As commands name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Csaf => "csaf",
            Self::Cve => "cve",
            Self::Osv => "osv",
            Self::OpenVex => "openvex",
            Self::CycloneDx => "cyclonedx",
            Self::Github => "github",
            Self::Page => "page",
            Self::Markdown => "markdown",
            Self::Atom => "atom",
            Self::JsonFeed => "jsonfeed",
            Self::Mail => "mail",
            Self::Post => "post",
        }
    }

    /// By that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// A record in this form. CVE records are of one vulnerability: that at `vulnerability`, from 0.
    pub fn write(
        self,
        advisory: &Advisory,
        site: &Site,
        vulnerability: usize,
    ) -> Result<String, RenderError> {
        let one = std::slice::from_ref(advisory);
        let value = match self {
            Self::Record => serde_json::to_value(advisory)?,
            Self::Csaf => csaf::write(advisory),
            Self::Cve => cve::write(advisory, vulnerability)?,
            Self::Osv => osv::write(advisory),
            Self::OpenVex => openvex(advisory)?,
            Self::CycloneDx => cyclonedx(advisory),
            Self::Github => github::write(advisory),
            Self::JsonFeed => json_feed(site, one),
            Self::Page => return Ok(page::markup(advisory).into_string()),
            Self::Markdown => return Ok(page::markdown(advisory)),
            Self::Atom => return Ok(atom(site, one)),
            Self::Mail => {
                let letter = letter(site, advisory);
                return Ok(format!("Subject: {}\n\n{}", letter.subject, letter.body));
            }
            Self::Post => return Ok(post(site, advisory, POST)),
        };
        Ok(serde_json::to_string_pretty(&value)?)
    }
}

/// A document that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it was.
    pub form: Form,
    /// What it says.
    pub advisory: Advisory,
    /// The texts that the record has no member for, each with its place.
    pub lost: Vec<String>,
}

/// A document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON.
    #[error("this is not JSON: {0}")]
    Json(serde_json::Error),
    /// Something in it is wrong.
    #[error("{form}: {error}")]
    Read {
        /// What it was taken for.
        form: &'static str,
        /// What is wrong.
        error: ReadError,
    },
    /// Our own record, wrong.
    #[error("record: {0}")]
    Record(serde_json::Error),
    /// Nothing that is known.
    #[error(
        "this is none of: a record (publisher, revisions), CSAF 2.0 (document), CVE 5 (cveMetadata), OSV (id, modified)"
    )]
    Unknown,
}

/// Reads a document in whichever form it is.
pub fn read(bytes: &[u8]) -> Result<Document, DocumentError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(DocumentError::Json)?;
    let has = |key: &str| value.get(key).is_some();
    if has("publisher") && has("revisions") {
        let advisory: Advisory = serde_json::from_slice(bytes).map_err(DocumentError::Record)?;
        return Ok(Document {
            form: Form::Record,
            advisory,
            lost: Vec::new(),
        });
    }
    let (form, found) = if has("document") {
        (Form::Csaf, csaf::read(&value))
    } else if has("cveMetadata") {
        (Form::Cve, cve::read(&value))
    } else if has("id") && has("modified") {
        (Form::Osv, osv::read(&value))
    } else {
        return Err(DocumentError::Unknown);
    };
    let advisory = found.map_err(|error| DocumentError::Read {
        form: form.name(),
        error,
    })?;
    let again = match form {
        Form::Csaf => csaf::write(&advisory),
        Form::Osv => osv::write(&advisory),
        _ => cve::write(&advisory, 0).unwrap_or(Value::Null),
    };
    let lost = lost(&value, &again);
    Ok(Document {
        form,
        advisory,
        lost,
    })
}
