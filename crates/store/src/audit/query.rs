//! Questions to the log, and what is answered.

use aceso_base::Instant;
use aceso_policy::OpeningHours;

use super::form::{AuditOutcome, Said};
use super::kind::AuditKind;
use crate::people::Act;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only what is about this patient (logical id).
    pub patient: Option<String>,
    /// Only what this person or app did, or what was done to their account: a user name, `person/ann`, `client/app`.
    pub person: Option<String>,
    /// Only of people, or about patients, of this organization (logical id).
    pub facility: Option<String>,
    /// Only acts of these kinds; none: whichever.
    pub kinds: Vec<AuditKind>,
    /// Only what ended so.
    pub outcome: Option<AuditOutcome>,
    /// Only what left the clinic: exports, prints, and what apps were given.
    pub disclosures: Disclosures,
    /// Only while the clinic was closed, by these hours.
    pub closed: Option<OpeningHours>,
    /// Not before this.
    pub from: Option<Instant>,
    /// Not after this.
    pub until: Option<Instant>,
    /// Only of the first so many entries of the log: what it had when a report was made.
    pub upto: Option<u64>,
    /// In which order.
    pub sort: AuditSort,
    /// Where to go on: what `next` of the page before was.
    pub mark: Option<u64>,
    /// At most so many, 20,000 at most.
    pub count: u32,
}

/// Whether to look for disclosures alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disclosures {
    /// Disclosures and all else.
    #[default]
    AndAllElse,
    /// These alone.
    Alone,
}

/// Orders. For all but the first everything that fits is gone through: among the newest 2,000,000 entries that an index
/// leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditSort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By who did it.
    Person,
    /// By the patient.
    Patient,
    /// By what was done.
    Act,
    /// By what for.
    Purpose,
    /// By how it ended.
    Outcome,
    /// By where it came from.
    Address,
}

/// What a question is for: the entry that it leaves says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditUse {
    /// To be looked at.
    View,
    /// To be taken along as a file.
    Export,
    /// To be printed.
    Print,
    /// By a program, through the API.
    Program,
}

/// One entry, with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// What it says.
    pub said: Said,
    /// The name of who did it, where there is one.
    pub name: Option<String>,
    /// The name of the person that an app acted for.
    pub by: Option<String>,
    /// The patients: logical id, and name as far as it is known.
    pub patients: Vec<(String, Option<String>)>,
    /// The accounts that it was done to: id, and name as far as it is known.
    pub accounts: Vec<(String, Option<String>)>,
}

/// A page of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// They.
    pub lines: Vec<AuditLine>,
    /// Where to go on; none: that was all.
    pub next: Option<u64>,
    /// Whether there was more than could be gone through: then of how many, the newest, the order is.
    pub cut: Option<usize>,
}

impl AuditSort {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Newest,
        Self::Oldest,
        Self::Person,
        Self::Patient,
        Self::Act,
        Self::Purpose,
        Self::Outcome,
        Self::Address,
    ];

    /// One word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Person => "person",
            Self::Patient => "patient",
            Self::Act => "act",
            Self::Purpose => "purpose",
            Self::Outcome => "outcome",
            Self::Address => "address",
        }
    }

    /// The order that a word names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl AuditUse {
    pub(super) const fn act(self) -> &'static str {
        match self {
            Self::View | Self::Program => "audit read",
            Self::Export => "audit export",
            Self::Print => "print",
        }
    }
}

impl AuditLine {
    /// What kind of act it is.
    pub fn kind(&self) -> AuditKind {
        AuditKind::of(&self.said.act)
    }

    /// Who did it, as people read it.
    pub fn who(&self) -> String {
        match (&self.name, self.said.who.split_once('/')) {
            (Some(name), _) => name.clone(),
            (None, Some(("client", id))) => ["the app ", id].concat(),
            (None, Some(("job", "sign-in"))) => "the sign-in page".to_owned(),
            (None, Some(("job", name))) => format!("the program itself ({name})"),
            (None, Some((_, name))) => name.to_owned(),
            (None, None) => "the operator at the console".to_owned(),
        }
    }

    /// The patients as people read them.
    pub fn patient_names(&self) -> Vec<&str> {
        let names = self.patients.iter();
        names
            .map(|(id, name)| name.as_deref().unwrap_or(id))
            .collect()
    }

    pub(super) fn sort_key(&self, sort: AuditSort) -> String {
        match sort {
            AuditSort::Newest | AuditSort::Oldest => String::new(),
            AuditSort::Person => self.who().to_lowercase(),
            AuditSort::Patient => self.patient_names().join(", ").to_lowercase(),
            AuditSort::Act => self.said.act.clone(),
            AuditSort::Purpose => self.said.purpose.clone(),
            AuditSort::Outcome => self.said.outcome.name().to_owned(),
            AuditSort::Address => self.said.address.map(|a| a.to_string()).unwrap_or_default(),
        }
    }
}

impl AuditQuery {
    /// The entry of the question itself: what is asked for, in words.
    pub(super) fn act(&self, name: &'static str) -> Act {
        let mut words = Vec::new();
        let mut say = |name: &str, value: &str| words.push([name, "=", value].concat());
        if let Some(person) = &self.person {
            say("person", person);
        }
        if let Some(facility) = &self.facility {
            say("facility", facility);
        }
        for kind in &self.kinds {
            say("kind", kind.name());
        }
        if let Some(outcome) = self.outcome {
            say("outcome", outcome.name());
        }
        if self.disclosures == Disclosures::Alone {
            say("only", "disclosures");
        }
        if self.closed.is_some() {
            say("only", "after-hours");
        }
        for (name, at) in [("from", self.from), ("until", self.until)] {
            if let Some(at) = at {
                say(name, &at.to_fhir());
            }
        }
        let mut act = Act::plain(name).with(words.join("&"));
        act.on
            .extend(self.patient.iter().map(|p| ["Patient/", p].concat()));
        act
    }
}
