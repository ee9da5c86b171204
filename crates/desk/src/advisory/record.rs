//! The one record that every form of an advisory is written from, and that published forms are read into.

use serde::{Deserialize, Serialize};

use super::vulnerability::Vulnerability;
use crate::When;
use crate::severity::Severity;

/// An advisory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// Its own number: `ACESO-2026-0007`.
    pub id: String,
    /// What it is about, in a line.
    pub title: String,
    /// The language that it is written in (RFC 5646).
    #[serde(default = "english")]
    pub lang: String,
    /// What kind of document it is.
    #[serde(default)]
    pub kind: Kind,
    /// Who publishes it.
    pub publisher: Publisher,
    /// Who may read it.
    #[serde(default)]
    pub distribution: Distribution,
    /// How final it is.
    pub status: Status,
    /// Its version: whole numbers, or semantic versions.
    pub version: String,
    /// When it was first released.
    pub initial: When,
    /// When this version was released.
    pub current: When,
    /// What changed when, the oldest first.
    pub revisions: Vec<Revision>,
    /// The group's severity, with its reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Assessed>,
    /// Texts: summary, details, what else is to be said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Where to read on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Who is thanked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credits: Vec<Credit>,
    /// The products that it speaks of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Product>,
    /// Its vulnerabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vulnerabilities: Vec<Vulnerability>,
    /// What happened when, from the report on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Happened>,
}

impl Advisory {
    /// As it is published before it is whole (R25): interim, and with what is to follow said in it. `to_follow` is what
    /// [`super::check`] found missing, as `place: what; how to mend it`, or any sentence.
    #[must_use]
    pub fn interim(mut self, to_follow: &[String]) -> Self {
        self.status = Status::Interim;
        if to_follow.is_empty() {
            return self;
        }
        let lines: Vec<String> = to_follow.iter().map(|one| missing(one)).collect();
        let text = format!(
            "This advisory is published before it is whole. To follow:\n\n{}",
            lines.join("\n\n")
        );
        let note = Note::new(NoteKind::General, Some("To follow"), &text);
        self.notes.push(note);
        self
    }
}

/// Of what a check says, what is missing: neither where in the record, nor what its editor is to do.
fn missing(said: &str) -> String {
    let what = match said.split_once(": ") {
        Some((place, rest)) if !place.contains(' ') => rest,
        Some(_) | None => said,
    };
    what.split("; ").next().unwrap_or(what).to_owned()
}

fn english() -> String {
    "en".to_owned()
}

/// What kind of document an advisory is: CSAF's profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// About vulnerabilities and their remedies.
    #[default]
    SecurityAdvisory,
    /// About which products are not affected.
    Vex,
    /// About an incident, or anything else: CSAF's own word for it.
    Other(String),
}

/// Who publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Its name.
    pub name: String,
    /// The address under which its numbers are its own.
    pub namespace: String,
    /// What it is to the products.
    #[serde(default)]
    pub role: Role,
    /// How to reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// By what right it speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// As a CVE Numbering Authority, or as a customer of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cna: Option<Cna>,
}

/// What a publisher is to the products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It makes them.
    #[default]
    Vendor,
    /// It brings the parties together.
    Coordinator,
    /// It found the vulnerability.
    Discoverer,
    /// It translates.
    Translator,
    /// It uses them.
    User,
    /// Something else.
    Other,
}

/// How CVE knows an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cna {
    /// Its UUID.
    pub org_id: String,
    /// Its short name.
    pub short_name: String,
}

/// Who may read an advisory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Its TLP label.
    #[serde(default)]
    pub tlp: Tlp,
    /// Where that label is explained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tlp_url: Option<String>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Distribution {
    /// To everybody.
    pub const fn clear() -> Self {
        Self {
            tlp: Tlp::Clear,
            tlp_url: None,
            text: None,
        }
    }
}

/// The Traffic Light Protocol: TLP 2's labels; CSAF 2.0 writes CLEAR as WHITE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Tlp {
    /// Nothing is said.
    #[default]
    None,
    /// Everybody.
    Clear,
    /// The community.
    Green,
    /// Those who need it.
    Amber,
    /// Those who got it from us.
    Red,
}

/// How final a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody but the case's people reads it.
    Draft,
    /// Published; more is to follow.
    Interim,
    /// Published.
    Final,
}

/// A version and what it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// Its version.
    pub number: String,
    /// When.
    pub at: When,
    /// What changed.
    pub summary: String,
    /// What other systems call that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legacy: Option<String>,
}

impl Revision {
    /// The first, of a record that tells of no others.
    pub fn first(at: When, summary: &str) -> Self {
        Self {
            number: "1".to_owned(),
            at,
            summary: summary.to_owned(),
            legacy: None,
        }
    }
}

/// A severity with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessed {
    /// The severity, or the words of another publisher.
    pub level: Level,
    /// Whose words those are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What it means for patients' safety.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub patient_safety: String,
    /// What it means for patients' data: which, and whether they can be read or changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub patient_data: String,
}

/// A severity, ours or said by others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Level {
    /// One of the four.
    Ours(Severity),
    /// Anything else.
    Said(String),
}

impl Level {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Ours(severity) => severity.name(),
            Self::Said(text) => text,
        }
    }
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// What it is for.
    pub kind: NoteKind,
    /// Its heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    pub text: String,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Its language, where it is not the advisory's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

impl Note {
    /// A text in the advisory's language.
    pub fn new(kind: NoteKind, title: Option<&str>, text: &str) -> Self {
        Self {
            kind,
            title: title.map(str::to_owned),
            text: text.to_owned(),
            audience: None,
            lang: None,
        }
    }
}

/// What a text is for: CSAF's categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// In short.
    Summary,
    /// What it is.
    Description,
    /// At length.
    Details,
    /// Questions and answers.
    Faq,
    /// Of general interest.
    General,
    /// What lawyers want said.
    LegalDisclaimer,
    /// Anything else.
    Other,
}

/// Where to read on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What is found there.
    pub summary: String,
    /// The address.
    pub url: String,
    /// Whether it is this advisory itself.
    #[serde(default)]
    pub category: ReferenceKind,
    /// CVE's words for what is found there (`patch`, `exploit`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Whether a reference is the advisory itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// Something else.
    #[default]
    External,
    /// This advisory in another form or place.
    #[serde(rename = "self")]
    Itself,
    /// What external references of CSAF documents without a category are.
    Unsaid,
}

impl Credit {
    /// Somebody whom a published record of another form thanks, for what that form calls the kind.
    pub(crate) fn published(name: String, kind: Option<&str>, urls: Vec<String>) -> Self {
        Self {
            names: vec![name],
            organization: None,
            kind: kind
                .and_then(CreditKind::of_type)
                .unwrap_or(CreditKind::Other),
            summary: None,
            urls,
            consent: Consent::Published,
        }
    }
}

/// Somebody who is thanked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// Their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Their organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// For what.
    #[serde(default)]
    pub kind: CreditKind,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Where to find them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Whether they agreed to be named.
    pub consent: Consent,
}

/// What somebody is thanked for: CVE's types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreditKind {
    /// Found it.
    #[default]
    Finder,
    /// Reported it.
    Reporter,
    /// Analysed it.
    Analyst,
    /// Brought the parties together.
    Coordinator,
    /// Wrote the fix.
    RemediationDeveloper,
    /// Reviewed the fix.
    RemediationReviewer,
    /// Checked that the fix works.
    RemediationVerifier,
    /// A tool found it.
    Tool,
    /// Paid for it.
    Sponsor,
    /// Something else.
    Other,
}

/// Whether somebody agreed to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// Not asked, or not answered: not named.
    Unknown,
    /// Agreed.
    Given,
    /// Did not agree: never named.
    Refused,
    /// Named in a document that others published.
    Published,
}

impl Consent {
    /// Whether the name may be written.
    pub const fn may_name(self) -> bool {
        match self {
            Self::Given | Self::Published => true,
            Self::Unknown | Self::Refused => false,
        }
    }
}

/// A product, or some versions of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// What the rest of the document calls it: `CSAFPID-0001`.
    pub id: String,
    /// Its full name, with versions.
    pub name: String,
    /// Its place in the tree, from the vendor down.
    pub branches: Vec<Branch>,
    /// Its package URL, without a version where it is many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// Its CPE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// Whether it still gets fixes.
    #[serde(default)]
    pub support: Support,
    /// Under which configuration it is affected at all: `module(portal) and exposed(internet)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// A step in the product tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// CSAF's category: `vendor`, `product_name`, `product_version`, `product_version_range` and others.
    pub category: String,
    /// Its name.
    pub name: String,
}

/// Whether versions still get fixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// They do, or nothing is said.
    #[default]
    Supported,
    /// Their life is over.
    EndOfLife,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happened {
    /// When.
    pub at: When,
    /// What.
    pub what: String,
}
