//! The top of every page about a patient: who it is, and what must not be overlooked.

use aceso_web::page::{Tag, Tone};
use maud::{Markup, Render, html};

use crate::chart::entry::Line;
use crate::chart::person::Identity;

/// Who the page is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct PatientBanner {
    pub(crate) identity: Identity,
    /// What the patient must not be given; none: this reader may not see allergies.
    pub(crate) allergies: Option<Vec<Line>>,
    /// Warnings (Flag).
    pub(crate) flags: Vec<String>,
}

impl Render for PatientBanner {
    fn render(&self) -> Markup {
        let who = &self.identity;
        html! {
            section.patient aria-label="Patient" {
                div.row.apart {
                    p.who {
                        strong { (who.name) }
                        @if let Some(day) = &who.deceased { " " (Tag::new(Tone::Danger, format!("deceased: {day}"))) }
                    }
                    @if !self.flags.is_empty() {
                        p.tags { @for flag in &self.flags { (Tag::new(Tone::Warning, flag)) " " } }
                    }
                }
                dl.inline {
                    div { dt { "Born" } dd { (who.born.as_deref().unwrap_or("unknown")) @if let Some(age) = &who.age { " (" (age) ")" } } }
                    div { dt { "Sex" } dd { (who.gender.as_deref().unwrap_or("unknown")) } }
                    @for (label, number) in &who.numbers { div { dt { (label) } dd.mono { (number) } } }
                    @if let Some(allergies) = &self.allergies { (self::allergies(allergies)) }
                }
            }
        }
    }
}

fn allergies(lines: &[Line]) -> Markup {
    html! {
        div.allergies {
            dt { "Allergies" }
            dd {
                @if lines.is_empty() { span.soft { "none on record that you can see" } }
                @for (at, line) in lines.iter().enumerate() {
                    @if at > 0 { ", " }
                    @if line.more.contains("high risk") { strong.danger { (line.what) } } @else { (line.what) }
                }
            }
        }
    }
}

impl PatientBanner {
    /// One for samples.
    pub(crate) fn sample() -> Self {
        let line = Line {
            what: "Penicillin".into(),
            more: "high risk · Hives".into(),
            when: "1990".into(),
        };
        Self {
            identity: Identity {
                id: "p1".into(),
                name: "Ann Example".into(),
                born: Some("1 Mar 1974".into()),
                age: Some("52 years".into()),
                gender: Some("female".into()),
                numbers: vec![("MRN".into(), "4711".into())],
                deceased: None,
            },
            allergies: Some(vec![line]),
            flags: vec!["Fall risk".into()],
        }
    }
}
