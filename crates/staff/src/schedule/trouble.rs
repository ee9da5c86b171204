//! What stands in the way of a booking, and when there would be time instead.

use aceso_clinic::schedule::{Span, Zone};
use aceso_web::page::{Banner, Button, Entries, Entry, Tone};
use aceso_web::site::{Ask, PageFault};
use maud::{Markup, Render, html};

use super::claim::{Taken, Wants};
use super::plan::when;
use crate::Staff;

/// What stands in the way, and free times.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    taken: Vec<Taken>,
    /// For each, when as people read it and as the form says it.
    free: Vec<(String, String)>,
    when: Vec<String>,
}

impl Trouble {
    /// Looks what is in the way of these spans, as the reader may see it, and for times that are free.
    pub(crate) async fn look(
        staff: &Staff,
        ask: &Ask,
        wants: &Wants<'_>,
        spans: &[Span],
    ) -> Result<Self, PageFault> {
        let zone = &staff.settings().zone;
        let mut trouble = Self::default();
        for span in spans {
            trouble.taken.extend(wants.taken(staff, ask, span).await?);
        }
        trouble.when = trouble.taken.iter().map(|t| when(zone, &t.span)).collect();
        if let [one] = spans {
            let free = wants.free(staff, ask, one).await?;
            trouble.free = free.iter().map(|s| offered(zone, s)).collect();
        }
        Ok(trouble)
    }

    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.taken.is_empty() && self.free.is_empty()
    }

    /// Buttons that send the form with a free time instead. They stand behind the form's own button: who presses Enter means
    /// what is typed.
    pub(crate) fn offers(&self) -> Markup {
        html! {
            @if !self.free.is_empty() {
                p.label id="free-times" { "Or take one of the next free times:" }
                div.row role="group" aria-labelledby="free-times" {
                    @for (when, said) in &self.free { (Button::secondary(when).says("pick", said).small()) }
                }
            }
        }
    }

    /// One for samples.
    pub(crate) fn sample() -> Self {
        let span = Span::of_minutes(1_772_625_600_000, 20);
        let taken = span.map(|span| Taken {
            span,
            whose: "Dr. Doc".into(),
            what: "Bea Other: Check-up".into(),
            path: Some("/patients/p2/appointments/a2".into()),
        });
        Self {
            when: vec!["Wed 4 Mar 2026, 12:00–12:20".into()],
            taken: taken.into_iter().collect(),
            free: vec![(
                "Wed 4 Mar 2026, 12:30–12:50".into(),
                "2026-03-04T12:30".into(),
            )],
        }
    }
}

fn offered(zone: &Zone, span: &Span) -> (String, String) {
    let local = zone.local(span.start());
    let said = local.map_or_else(String::new, |l| l.strftime("%Y-%m-%dT%H:%M").to_string());
    (when(zone, span), said)
}

impl Render for Trouble {
    fn render(&self) -> Markup {
        if self.is_none() {
            return Markup::default();
        }
        let lines = self.taken.iter().zip(&self.when).map(|(taken, when)| {
            let entry = Entry::new([&taken.whose, ": ", when].concat()).more(&taken.what);
            match &taken.path {
                Some(path) => entry.to(path),
                None => entry,
            }
        });
        let body = html! {
            (Entries::new(lines.collect()))
            @if !self.free.is_empty() {
                p { "The next free times:" }
                div.row { @for (when, said) in &self.free { (Button::secondary(when).says("pick", said).small()) } }
            }
        };
        Banner::new(Tone::Danger, "This time is taken")
            .body(body)
            .render()
    }
}
