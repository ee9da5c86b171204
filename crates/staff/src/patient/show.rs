//! `GET /patients/{patient}`: who it is, and what is known at a glance, as far as the caller may see it. What they may
//! not see is not there.

use aceso_fhir::Value;
use aceso_policy::{Purpose, Task};
use aceso_store::ReadError;
use aceso_web::page::{Column, Crumb, Csrf, Empty, Link, Page, Table, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::banner::PatientBanner;
use super::emergency::Emergency;
use super::{HERE, path};
use crate::Staff;
use crate::account_access;
use crate::chart::entry::{
    Line, allergy, condition, is_active, is_mistake, medication, observation,
};
use crate::chart::person::Identity;
use crate::chart::{code, concept};
use crate::fault::unreadable;
use crate::find::{document, search_page};

/// A chart's first page.
pub(crate) struct Chart {
    banner: PatientBanner,
    sections: Vec<Section>,
    /// Whether the reader may open the chart with a reason.
    way: Way,
    /// The reader's own emergency access.
    emergency: Option<Emergency>,
    reader: Reader,
}

/// Whose eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// The patient's own.
    Patient,
    /// Somebody else's.
    Other,
}

/// A list of the chart.
struct Section {
    title: &'static str,
    columns: [Column; 3],
    lines: Vec<Line>,
    none: &'static str,
}

/// How a reader who sees nothing clinical comes further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// They see something.
    Open,
    /// By breaking the glass.
    WithReason,
    /// Not at all.
    Closed,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let id = ask.of_patient()?;
    let (store, caller) = (staff.store(), ask.caller()?);
    let stored = store
        .read(caller, Purpose::Treatment)
        .fetch("Patient", id)
        .await
        .map_err(unreadable)?;
    let identity = Identity::of(id, &document(&stored)?, store.now());
    let allergies = lines(&staff, &ask, "AllergyIntolerance", &[], |d, _| {
        is_active(d).then(|| allergy(d))
    })
    .await?;
    let flags = lines(&staff, &ask, "Flag", &[], |d, _| {
        let what = concept(d.get("code")).filter(|_| d.str_at("status") == Some("active"))?;
        Some(Line {
            what,
            more: String::new(),
            when: String::new(),
        })
    });
    let flags = flags
        .await?
        .unwrap_or_default()
        .into_iter()
        .map(|line| line.what)
        .collect();
    let sections = sections(&staff, &ask, allergies.clone()).await?;
    let own = caller.as_person().and_then(|p| p.own_patient()) == Some(id);
    let emergency = super::emergency::open(&staff, &ask, id).await?;
    let seen = sections.iter().any(|s| !s.lines.is_empty());
    let way = match (
        seen || emergency.is_some(),
        staff.offers(caller, Task::BreakGlass),
    ) {
        (true, _) => Way::Open,
        (false, true) => Way::WithReason,
        (false, false) => Way::Closed,
    };
    let banner = PatientBanner {
        identity,
        allergies: allergies.filter(|_| way == Way::Open),
        flags,
    };
    Ok(Reply::page(
        &ask,
        &Chart {
            banner,
            sections,
            way,
            emergency,
            reader: if own { Reader::Patient } else { Reader::Other },
        },
    ))
}

async fn sections(
    staff: &Staff,
    ask: &Ask,
    allergies: Option<Vec<Line>>,
) -> Result<Vec<Section>, PageFault> {
    let active = [
        ("clinical-status", "active,recurrence,relapse"),
        ("_sort", "-onset-date"),
    ];
    let problems = lines(staff, ask, "Condition", &active, |d, _| {
        (!is_mistake(d)).then(|| condition(d))
    });
    let current = [
        ("status", "active,on-hold"),
        ("_sort", "-authoredon"),
        ("_include", "MedicationRequest:medication"),
    ];
    let medications = lines(staff, ask, "MedicationRequest", &current, |d, along| {
        Some(medication(d, along))
    });
    let vital = [("category", "vital-signs"), ("_sort", "-date")];
    let mut seen: Vec<String> = Vec::new();
    let vitals = lines(staff, ask, "Observation", &vital, |d, _| {
        let code = code(d.get("code")).unwrap_or_default().to_owned();
        if is_mistake(d) || seen.contains(&code) {
            return None;
        }
        seen.push(code);
        Some(observation(d))
    });
    let text = Column::text;
    let all = [
        (
            "Problems",
            [text("Problem"), text("More"), text("Since")],
            problems.await?,
            "No active problems that you can see.",
        ),
        (
            "Medications",
            [text("Medication"), text("Dose"), text("Ordered")],
            medications.await?,
            "No current medications that you can see.",
        ),
        (
            "Allergies",
            [text("Substance"), text("Reaction"), text("Since")],
            allergies,
            "No allergies that you can see.",
        ),
        (
            "Latest vital signs",
            [text("What"), text("Value"), text("When")],
            vitals.await?,
            "No vital signs that you can see.",
        ),
    ];
    let shown = all.into_iter().filter_map(|(title, columns, lines, none)| {
        let lines = lines?;
        Some(Section {
            title,
            columns,
            lines,
            none,
        })
    });
    Ok(shown.collect())
}

/// A list about the patient of the page; none when the caller may see nothing of the kind.
async fn lines(
    staff: &Staff,
    ask: &Ask,
    kind: &'static str,
    conditions: &[(&str, &str)],
    mut line: impl FnMut(&Value, &[Value]) -> Option<Line>,
) -> Result<Option<Vec<Line>>, PageFault> {
    let patient = ["Patient/", ask.of_patient()?].concat();
    let first = [("patient", patient.as_str()), ("_count", "100")];
    let all: Vec<_> = first
        .into_iter()
        .chain(conditions.iter().copied())
        .collect();
    let page = match search_page(staff, ask, Purpose::Treatment, kind, &all).await {
        Ok(page) => page,
        Err(ReadError::Forbidden) => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let along: Result<Vec<Value>, _> = page.included.iter().map(document).collect();
    let along = along?;
    let mut lines = Vec::new();
    for stored in &page.matches {
        lines.extend(line(&document(stored)?, &along));
    }
    Ok(Some(lines))
}

impl Section {
    fn show(&self) -> Markup {
        // A column that says nothing takes no room.
        let [what, more, when] = self.columns;
        let bare = self.lines.iter().all(|line| line.more.is_empty());
        let columns = if bare {
            vec![what, when]
        } else {
            vec![what, more, when]
        };
        let mut table = Table::new(self.title, &columns).under_heading();
        for line in &self.lines {
            let mut cells = vec![html! { (line.what) }];
            if !bare {
                cells.push(html! { (line.more) });
            }
            cells.push(html! { span.nowrap { (line.when) } });
            table.row(cells);
        }
        html! {
            section.card {
                h2 { (self.title) }
                @if table.is_empty() { p.soft { (self.none) } } @else { (table) }
            }
        }
    }
}

impl View for Chart {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = &self.banner.identity.id;
        let body = html! {
            @if let Some(emergency) = &self.emergency { (emergency.show(csrf)) }
            (self.banner)
            @match self.way {
                Way::Open => div.sections { @for section in &self.sections { (section.show()) } },
                Way::WithReason => {
                    (Empty::new(
                        "The chart is not open to you",
                        "You are not among those who treat this patient. In an emergency you can open it with a reason: the patient and the security officer will see that you did.",
                    )
                    .way(Link::secondary("Open with a reason", [&path(id), "/break-glass"].concat())))
                }
                Way::Closed => {
                    (Empty::new("Nothing more to see", "Your role sees who the patient is, and no more."))
                }
            }
        };
        let report = html! {
            @if self.reader == Reader::Patient { (Link::secondary("Who looked into it", account_access::HERE)) }
        };
        Page::new("Chart", body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Patients", HERE)])
            .acts(report)
    }

    fn samples() -> Vec<Self> {
        let section = || Section {
            title: "Problems",
            columns: [
                Column::text("Problem"),
                Column::text("More"),
                Column::text("Since"),
            ],
            lines: vec![Line {
                what: "Asthma".into(),
                more: "mild".into(),
                when: "1990".into(),
            }],
            none: "No active problems that you can see.",
        };
        let empty = Section {
            lines: Vec::new(),
            ..section()
        };
        let sample = |sections, way| Self {
            emergency: (way == Way::Open).then(Emergency::sample),
            reader: if way == Way::Closed {
                Reader::Other
            } else {
                Reader::Patient
            },
            banner: PatientBanner::sample(),
            sections,
            way,
        };
        vec![
            sample(vec![section(), empty], Way::Open),
            sample(Vec::new(), Way::WithReason),
            sample(Vec::new(), Way::Closed),
        ]
    }
}
