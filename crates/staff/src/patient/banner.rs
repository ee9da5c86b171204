//! The top of every page about a patient: who it is, and what must not be overlooked.

use aceso_web::page::{Tag, Tone, say, words};
use maud::{Markup, Render, html};

use super::record::Found;
use crate::chart::entry::{Line, Mark, allergy, is_active, sensitivity};
use crate::chart::person::{Identity, Known, initials};
use crate::chart::{codes, concept};

/// Who the page is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct PatientBanner {
    pub(crate) identity: Identity,
    pub(crate) allergies: Allergies,
    /// Warnings (Flag).
    pub(crate) flags: Vec<String>,
    /// Why the record is to be handled with more care than others, by its labels.
    pub(crate) sensitive: Vec<String>,
}

/// What is known of what the patient must not be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Allergies {
    /// This reader may not see them.
    #[default]
    Unseen,
    /// Nobody has asked yet, as far as the reader can see.
    NotRecorded,
    /// Somebody asked, and there are none: what exactly was said.
    NoneKnown(Vec<String>),
    /// These.
    Known(Vec<Line>),
}

/// Whether the record is open to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sees {
    /// Some of it: an empty list is a short one.
    Record,
    /// Nothing: an empty list tells nothing.
    Nothing,
}

/// SNOMED CT: no known allergy; no known drug, environmental, food, insect allergy.
const NONE_KNOWN: [&str; 5] = [
    "716186003",
    "409137002",
    "428607008",
    "429625007",
    "428197003",
];

/// Whether an allergy entry says that there is none.
pub(crate) fn says_none(document: &aceso_fhir::Value) -> bool {
    let code = document.get("code");
    let text = concept(code).unwrap_or_default().to_ascii_lowercase();
    codes(code).any(|c| NONE_KNOWN.contains(&c)) || text.starts_with("no known ")
}

impl Allergies {
    /// From what the reader may see.
    pub(crate) fn of(found: Option<&Found>) -> Self {
        let Some(found) = found else {
            return Self::Unseen;
        };
        let active: Vec<_> = found.matches.iter().filter(|d| is_active(d)).collect();
        let (none, some): (Vec<_>, Vec<_>) = active.into_iter().partition(|d| says_none(d));
        if !some.is_empty() {
            let mut lines: Vec<Line> = some.into_iter().map(allergy).collect();
            lines.sort_by_key(|line| line.mark != Mark::HighRisk);
            return Self::Known(lines);
        }
        if none.is_empty() {
            return Self::NotRecorded;
        }
        Self::NoneKnown(none.iter().filter_map(|d| concept(d.get("code"))).collect())
    }

    /// To a reader who sees nothing of the record an empty list says nothing.
    pub(crate) fn seen_by(self, reader: Sees) -> Self {
        match (reader, self) {
            (Sees::Nothing, Self::NotRecorded) => Self::Unseen,
            (Sees::Nothing | Sees::Record, allergies) => allergies,
        }
    }

    /// The allergies, if the reader sees any.
    pub(crate) fn lines(&self) -> &[Line] {
        match self {
            Self::Known(lines) => lines,
            Self::Unseen | Self::NotRecorded | Self::NoneKnown(_) => &[],
        }
    }
}

/// The labels of a document that ask for care, in words.
pub(crate) fn sensitive(document: &aceso_fhir::Value) -> Vec<String> {
    let labels = document.get("meta").map(|m| m.items_at("security"));
    let labels = labels.unwrap_or_default().iter();
    labels.filter_map(sensitivity).collect()
}

impl Render for PatientBanner {
    fn render(&self) -> Markup {
        let who = &self.identity;
        html! {
            section.patient aria-label="Patient" {
                div.row.apart {
                    p.who {
                        @match &who.photo {
                            Some(address) => { img.photo src=(address) alt="" width="40" height="40"; },
                            None => { span.photo aria-hidden="true" { (initials(&who.name)) } },
                        }
                        strong { (who.name) }
                        @if who.known == Known::NotYet { " " (Tag::new(Tone::Warning, "not identified")) }
                        @if let Some(day) = &who.deceased { " " (Tag::new(Tone::Danger, say("deceased: {0}", &[day]))) }
                    }
                    @if !self.flags.is_empty() || !self.sensitive.is_empty() {
                        p.tags {
                            @for flag in &self.flags { (Tag::new(Tone::Warning, flag)) " " }
                            @for label in &self.sensitive { (Tag::new(Tone::Info, say("sensitive: {0}", &[label]))) " " }
                        }
                    }
                }
                dl.inline {
                    div { dt { "Born" } dd { (who.born.clone().unwrap_or_else(|| words("unknown").to_string())) @if let Some(age) = &who.age { " (" (age) ")" } } }
                    div { dt { "Sex" } dd { (who.gender.clone().unwrap_or_else(|| words("unknown").to_string())) } }
                    @for (label, number) in &who.numbers { div { dt { (label) } dd.mono { (number) } } }
                    (self.allergies())
                }
            }
        }
    }
}

impl PatientBanner {
    fn allergies(&self) -> Markup {
        let said = match &self.allergies {
            Allergies::Unseen => return Markup::default(),
            Allergies::NotRecorded => html! { span.unknown { "not recorded: ask" } },
            Allergies::NoneKnown(said) => html! { span.none { (said.join(", ")) } },
            Allergies::Known(lines) => html! {
                @for (at, line) in lines.iter().enumerate() {
                    @if at > 0 { ", " }
                    @if line.mark == Mark::HighRisk { strong.danger { (line.what) " (high risk)" } } @else { (line.what) }
                }
            },
        };
        html! { div.allergies { dt { "Allergies" } dd { (said) } } }
    }

    /// One for samples.
    pub(crate) fn sample() -> Self {
        let line = Line {
            id: "a1".into(),
            what: "Penicillin".into(),
            more: "Hives".into(),
            when: "1990".into(),
            mark: Mark::HighRisk,
        };
        Self {
            identity: Identity {
                id: "p1".into(),
                name: "Ann Example".into(),
                born: Some("1 Mar 1974".into()),
                age: Some("52 years".into()),
                gender: Some(crate::words::gender("female")),
                numbers: vec![("MRN".into(), "4711".into())],
                deceased: None,
                part_of: None,
                known: Known::Yes,
                photo: None,
            },
            allergies: Allergies::Known(vec![line]),
            flags: vec!["Fall risk".into()],
            sensitive: vec!["restricted".into()],
        }
    }
}
