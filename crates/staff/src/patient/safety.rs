//! What stands against a drug on this patient's chart: shown with the reason, and passed with a reason that is kept.

use aceso_clinic::drug::{Concern, Kind, Named, Severity, TABLES_OF, concerns, drugs_like};
use aceso_fhir::{Object, Value};
use aceso_web::page::{Banner, Choice, Errors, Field, Select, Tag, Tone};
use aceso_web::site::{Ask, Fields, PageFault, Take};
use maud::{Markup, Render, html};

use super::record::{Found, Wanted};
use super::save::{must_add, signer, subject};
use super::top::{Opened, open};
use crate::Staff;
use crate::chart::drug::{OnChart, allergen, taken};
use crate::chart::entry::{is_active, is_mistake};
use crate::chart::write::{coded, coding, one, reference, resource, words};
use crate::words::{say, told};

/// What on the chart a drug is held against.
#[derive(Default)]
pub(crate) struct Against {
    taken: Vec<OnChart>,
    allergies: Vec<OnChart>,
}

/// Why it is given all the same.
const REASONS: [(&str, &str); 6] = [
    ("benefit", "The benefit outweighs the risk"),
    ("tolerated", "The patient has borne it before"),
    ("watched", "It will be watched"),
    ("wrong", "The entry on the chart is wrong"),
    ("replaced", "It replaces the other"),
    ("told", "The patient takes it already"),
];

/// The lists that are asked for, in the order in which [`Against::of`] takes them.
fn wanted() -> Vec<Wanted> {
    vec![
        Wanted::new("MedicationRequest")
            .with("status", "active,on-hold,draft")
            .with("_include", "MedicationRequest:medication")
            .most(100),
        Wanted::new("MedicationStatement")
            .with("status", "active,intended")
            .most(100),
    ]
}

/// Opens the chart of whoever adds a resource of this type that names a drug, with what may stand against one.
pub(crate) async fn opened(
    staff: &Staff,
    ask: &Ask,
    kind: &'static str,
) -> Result<(Opened, Against), PageFault> {
    must_add(staff, ask, kind)?;
    let mut opened = open(staff, ask, wanted()).await?;
    let against = Against::of(&mut opened);
    Ok((opened, against))
}

impl Against {
    /// From a page that asked for the lists.
    fn of(opened: &mut Opened) -> Self {
        let lists = [opened.take(), opened.take()];
        let lists: Vec<&Found> = lists.iter().flatten().collect();
        Self::holding(&lists, &opened.allergies)
    }

    /// From lists of drugs that a page has read, and the allergies.
    pub(crate) fn holding(lists: &[&Found], allergies: &[Value]) -> Self {
        let drugs = |found: &Found| -> Vec<OnChart> {
            let real = found.matches.iter().filter(|d| !is_mistake(d));
            real.map(|d| taken(d, &found.along)).collect()
        };
        let allergies = allergies.iter().filter(|d| is_active(d));
        Self {
            taken: lists.iter().flat_map(|found| drugs(found)).collect(),
            allergies: allergies.map(allergen).collect(),
        }
    }

    /// But for what this very form has saved already: it may be sent twice.
    pub(crate) fn besides(mut self, form: &str) -> Self {
        let own = ["/", form].concat();
        self.taken.retain(|t| !t.at.ends_with(&own));
        self
    }

    /// What stands against a drug.
    pub(crate) fn doubts(&self, drug: &str) -> Doubts {
        let named = Named::new(drug, []);
        let all =
            |list: &[OnChart]| -> Vec<Named> { list.iter().map(|one| one.named.clone()).collect() };
        let found = concerns(&named, &all(&self.taken), &all(&self.allergies));
        let place = |concern: &Concern| {
            let mut list = match concern.kind {
                Kind::Allergy => self.allergies.iter(),
                Kind::Interaction | Kind::Duplicate => self.taken.iter(),
            };
            let one = list.find(|one| one.named.said == concern.with);
            one.map(|one| one.at.clone()).unwrap_or_default()
        };
        Doubts {
            drug: drug.to_owned(),
            found: found.into_iter().map(|c| (place(&c), c)).collect(),
            known: named.is_known(),
            reason: String::new(),
            note: String::new(),
        }
    }
}

/// What stands against one drug, and what was said to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    drug: String,
    /// With the place of what it comes from.
    found: Vec<(String, Concern)>,
    known: bool,
    reason: String,
    note: String,
}

impl Doubts {
    /// The fields of its part of a form.
    pub(crate) fn takes() -> [Take; 3] {
        ["seen", "reason", "note"].map(Take::One)
    }

    /// What exactly was shown: an answer to it counts for nothing else.
    fn shown(&self) -> String {
        let with = self.found.iter().map(|(at, c)| {
            let kind = match c.kind {
                Kind::Allergy => "allergy",
                Kind::Interaction => "interaction",
                Kind::Duplicate => "duplicate",
            };
            [kind, " ", at].concat()
        });
        [&self.drug, "|", &with.collect::<Vec<_>>().join(",")].concat()
    }

    /// The worst of it, in words.
    pub(crate) fn first(&self) -> Option<String> {
        let (_, concern) = self.found.first()?;
        Some([said(concern), told(&concern.why)].join(": "))
    }

    /// Reads what was said. Whether the drug may be saved: nothing stands against it, or somebody who saw all of it gave
    /// a reason.
    pub(crate) fn answered(&mut self, fields: &Fields, errors: &mut Errors) -> bool {
        self.reason = fields.one("reason").to_owned();
        self.note = fields.trimmed("note").to_owned();
        if self.note.chars().count() > 500 {
            errors.add("note", "At most 500 letters");
            return false;
        }
        if self.found.is_empty() {
            return true;
        }
        if fields.one("seen") != self.shown() {
            return false;
        }
        let given = REASONS.iter().any(|(code, _)| *code == self.reason);
        if !given {
            errors.add("reason", "Choose why it is right all the same");
        }
        given
    }

    /// The banner over the form, where there is something to say.
    pub(crate) fn banner(&self) -> Option<Banner> {
        let worst = self.found.first().map(|(_, c)| c.severity)?;
        let tone = match worst {
            Severity::Contraindicated | Severity::Major => Tone::Danger,
            Severity::Moderate => Tone::Warning,
        };
        let body = html! {
            ul {
                @for (_, concern) in &self.found {
                    li {
                        (tag(concern.severity)) " "
                        strong { (said(concern)) } ": " (told(&concern.why)) "."
                        @if !concern.instead.is_empty() { " " (maud::words(concern.instead)) "." }
                    }
                }
            }
            p.soft.small { "By tables of " (TABLES_OF) ": a small set that is no substitute for a drug reference." }
        };
        Some(Banner::new(tone, "Nothing is saved yet: this stands against it").body(body))
    }

    /// The part of the form in which a reason is given; hints where the tables do not know the drug.
    pub(crate) fn fields(&self, errors: &Errors) -> Markup {
        if self.found.is_empty() {
            return Markup::default();
        }
        let reasons = std::iter::once(("", "Choose a reason")).chain(REASONS);
        let reasons = reasons
            .map(|(code, said)| Choice::new(code, said))
            .collect();
        html! {
            input type="hidden" name="seen" value=(self.shown());
            div.pair {
                (Select::new("reason", "Why it is right all the same", reasons).chosen(&self.reason).errors(errors))
                (Field::text("note", "In your own words").value(&self.note).errors(errors).optional().longest(500))
            }
        }
    }

    /// What helps to name the drug so that it can be checked.
    pub(crate) fn hint(&self) -> Option<String> {
        if self.known || self.drug.is_empty() {
            return None;
        }
        let first = self.drug.split_whitespace().next().unwrap_or_default();
        let near: Vec<&str> = drugs_like(first.get(..4).unwrap_or(first), 4)
            .iter()
            .map(|d| d.name)
            .collect();
        Some(match near.is_empty() {
            true => crate::words::say(
                "The tables do not know this drug: nothing could be checked but its name",
                &[],
            ),
            false => crate::words::say(
                "The tables do not know this drug: nothing could be checked but its name. Did you mean {0}?",
                &[&near.join(", ")],
            ),
        })
    }

    /// What is kept of it: a DetectedIssue for each concern, with who passed it and why. `of`: the order or statement.
    pub(crate) fn documents(
        &self,
        ask: &Ask,
        of: &str,
        at: &str,
    ) -> Result<Vec<Object>, PageFault> {
        let patient = subject(ask)?;
        let author = signer(ask)?;
        let reason = REASONS.iter().find(|(code, _)| *code == self.reason);
        let reason = reason.map(|(_, said)| *said).unwrap_or_default();
        let text = match self.note.as_str() {
            "" => reason.to_owned(),
            note => [reason, ": ", note].concat(),
        };
        let all = self.found.iter().map(|(place, concern)| {
            let mut document = resource("DetectedIssue");
            document.set("status", "final");
            let (code, display) = act_code(concern.kind);
            let code = coding(
                "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                code,
                display,
            );
            document.set("code", coded(code, display));
            document.set(
                "severity",
                match concern.severity {
                    Severity::Contraindicated | Severity::Major => "high",
                    Severity::Moderate => "moderate",
                },
            );
            document.set("patient", patient.clone());
            document.set("identifiedDateTime", at);
            if let Some(author) = &author {
                document.set("author", author.clone());
            }
            let implicated = [of, place].into_iter().filter(|p| !p.is_empty());
            let implicated: Vec<Value> = implicated.map(reference).collect();
            document.set("implicated", implicated);
            // What is kept is read by programs and by people of any language.
            let detail = format!("{} and {}: {}", self.drug, concern.with, concern.why);
            document.set("detail", detail);
            let mut mitigation = Object::new();
            mitigation.set("action", words(&text));
            mitigation.set("date", at);
            if let Some(author) = &author {
                mitigation.set("author", author.clone());
            }
            document.set("mitigation", one(Value::from(mitigation)));
            document
        });
        Ok(all.collect())
    }

    /// One for samples.
    pub(crate) fn sample() -> Self {
        let concern = Concern {
            kind: Kind::Allergy,
            severity: Severity::Major,
            with: "Penicillin".into(),
            why: aceso_clinic::Sentence {
                text: "both are {0}",
                parts: vec![aceso_clinic::Part::Ours("penicillins")],
            },
            instead: "",
        };
        Self {
            drug: "Amoxicillin 500 mg".into(),
            found: vec![("AllergyIntolerance/a1".into(), concern)],
            known: true,
            ..Self::default()
        }
    }
}

/// HL7 v3 ActCode.
const fn act_code(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Allergy => ("ALGY", "Allergy Alert"),
        Kind::Interaction => ("DRG", "Drug Interaction Alert"),
        Kind::Duplicate => ("DUPTHPY", "Duplicate Therapy Alert"),
    }
}

fn said(concern: &Concern) -> String {
    let text = match concern.kind {
        Kind::Allergy => "Allergy to {0}",
        Kind::Interaction => "With the drug {0}",
        Kind::Duplicate => "Taken already: {0}",
    };
    say(text, &[&concern.with])
}

fn tag(severity: Severity) -> Markup {
    let tone = match severity {
        Severity::Contraindicated | Severity::Major => Tone::Danger,
        Severity::Moderate => Tone::Warning,
    };
    Tag::new(tone, severity.word()).render()
}
