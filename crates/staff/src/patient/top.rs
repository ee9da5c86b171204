//! What every page of a chart has: who it is about, the reader's emergency access, and the pages side by side.

use std::sync::Arc;

use aceso_clinic::{Age, Sex};
use aceso_fhir::Value;
use aceso_policy::{Action, Task};
use aceso_store::Release;
use aceso_web::page::{Banner, Crumb, Csrf, Link, Page, Tab, Tabs, Text, Tone};
use aceso_web::site::{Ask, PageFault};
use maud::{Markup, html};

use super::banner::{Allergies, PatientBanner, Sees, sensitive};
use super::emergency::Emergency;
use super::record::{Found, Goes, Wanted, lists_for, patient};
use super::save::{may, signer};
use super::{HERE, path};
use crate::Staff;
use crate::chart::merged::Links;
use crate::chart::person::Identity;
use crate::chart::story::warning;
use crate::words::field_day;

/// The top of a chart's page.
pub(crate) struct Top {
    pub(crate) banner: PatientBanner,
    pub(crate) emergency: Option<Emergency>,
    /// Growth charts are there for the young.
    pub(crate) young: bool,
    /// The pages of the chart that the reader's role ever sees something on: where they are, and what they are called.
    pub(crate) pages: Vec<(&'static str, &'static str)>,
}

/// A chart's page before it is drawn.
pub(crate) struct Opened {
    pub(crate) top: Top,
    pub(crate) patient: Value,
    pub(crate) lists: std::vec::IntoIter<Option<Found>>,
    /// Today, as FHIR writes days.
    pub(crate) today: String,
    /// Whether the reader may open the chart with a reason.
    pub(crate) may_break: bool,
    /// Whether the record is the reader's own.
    pub(crate) own: bool,
    /// Whether the reader is known to treat the patient: the record is open to them, be it ever so empty.
    pub(crate) treated: bool,
    /// The care teams.
    pub(crate) team: Found,
    /// The allergies, whatever their state.
    pub(crate) allergies: Vec<Value>,
    /// On what that leaves which is about substance use.
    pub(crate) releases: Vec<Arc<Release>>,
}

impl Opened {
    /// The next list, in the order in which they were asked for.
    pub(crate) fn take(&mut self) -> Option<Found> {
        self.lists.next().flatten()
    }

    /// The birth date.
    pub(crate) fn birth(&self) -> Option<&str> {
        self.patient.str_at("birthDate")
    }

    /// The sex that ranges go by.
    pub(crate) fn sex(&self) -> Sex {
        Sex::of_gender(self.patient.str_at("gender"))
    }
}

/// Reads what the top needs and the page's own lists, all lists in one reading.
pub(crate) async fn open(
    staff: &Staff,
    ask: &Ask,
    wanted: Vec<Wanted>,
) -> Result<Opened, PageFault> {
    open_for(staff, ask, Goes::Here, wanted).await
}

/// As [`open`], of what goes there.
pub(crate) async fn open_for(
    staff: &Staff,
    ask: &Ask,
    goes: Goes,
    wanted: Vec<Wanted>,
) -> Result<Opened, PageFault> {
    let (patient, _) = patient(staff, ask).await?;
    let mut all = vec![
        Wanted::new("AllergyIntolerance").most(100),
        Wanted::new("Flag").most(50),
        Wanted::new("CareTeam")
            .with("status", "active")
            .with("_include", "CareTeam:participant")
            .most(5),
    ];
    all.extend(wanted);
    let merged = Links::of(&patient).replaces;
    let lists = lists_for(staff, ask, goes, &merged, all).await?;
    let releases = lists.iter().flatten().flat_map(|l| l.releases.clone());
    let releases = releases.collect();
    let mut lists = lists.into_iter();
    let allergies = lists.next().flatten();
    let flags = lists.next().flatten().unwrap_or_default();
    let team = lists.next().flatten().unwrap_or_default();
    let (id, now) = (ask.of_patient()?, staff.store().now());
    let today = field_day(now);
    let age = patient
        .str_at("birthDate")
        .and_then(|b| Age::between(b, &today));
    let caller = ask.caller()?;
    let emergency = super::emergency::open(staff, ask, id).await?;
    let own = caller.as_person().and_then(|p| p.own_patient()) == Some(id);
    let treats =
        signer(ask)?.is_some_and(|me| patient.items_at("generalPractitioner").contains(&me));
    let some = allergies.as_ref().is_some_and(|f| !f.is_empty()) || !team.is_empty();
    let more = lists.as_slice().iter().flatten().any(|f| !f.is_empty());
    let sees = if emergency.is_some() || own || treats || some || more {
        Sees::Record
    } else {
        Sees::Nothing
    };
    Ok(Opened {
        top: Top {
            banner: PatientBanner {
                identity: Identity::of(id, &patient, now),
                allergies: Allergies::of(allergies.as_ref()).seen_by(sees),
                flags: flags.matches.iter().filter_map(warning).collect(),
                sensitive: sensitive(&patient),
            },
            emergency,
            young: age.is_some_and(|age| age.years() < 20),
            pages: pages(staff, ask)?,
        },
        patient,
        lists,
        today,
        may_break: staff.offers(caller, Task::BreakGlass),
        own,
        treated: treats || !team.is_empty(),
        team,
        allergies: allergies.unwrap_or_default().matches,
        releases,
    })
}

/// The pages of a chart, in order: where they are, what they are called, and the type that somebody must see for whom they are.
const PAGES: [(&str, &str, &str); 11] = [
    ("", "Summary", "Patient"),
    ("/results", "Results", "Observation"),
    ("/vitals", "Vital signs", "Observation"),
    ("/growth", "Growth", "Observation"),
    ("/medications", "Medications", "MedicationRequest"),
    ("/plan", "Care plan", "CarePlan"),
    ("/forms", "Forms", "QuestionnaireResponse"),
    ("/documents", "Documents", "DocumentReference"),
    ("/letters", "Letters", "ServiceRequest"),
    ("/timeline", "Timeline", "Condition"),
    ("/registration", "Registration", "Patient"),
];

/// Those that the reader's role ever sees something on.
fn pages(staff: &Staff, ask: &Ask) -> Result<Vec<(&'static str, &'static str)>, PageFault> {
    let mut seen = Vec::with_capacity(PAGES.len());
    for (end, label, kind) in PAGES {
        if may(staff, ask, Action::Search, kind)? {
            seen.push((end, label));
        }
    }
    Ok(seen)
}

impl Top {
    /// The patient's id.
    pub(crate) fn id(&self) -> &str {
        &self.banner.identity.id
    }

    /// The page under its heading, with the patient above it.
    pub(crate) fn page(&self, csrf: &Csrf, here: &str, body: Markup) -> Page {
        let base = path(self.id());
        let shown = self.pages.iter();
        let shown = shown.filter(|(end, _)| *end != "/growth" || self.young);
        let tabs = shown
            .map(|(end, label)| Tab::new(*label, [&base, *end].concat()))
            .collect();
        let title = PAGES.iter().find(|(end, ..)| *end == here);
        let title = title.map_or("Chart", |(_, label, _)| *label);
        let tabs = Tabs::new("Pages of the chart", tabs, [&base, here].concat());
        let body = html! { (self.above(csrf)) (tabs) (body) };
        Page::new(title, body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Patients", HERE)])
    }

    /// A form about the patient, under its heading.
    pub(crate) fn form(&self, csrf: &Csrf, title: impl Into<Text>, body: Markup) -> Page {
        let chart = Crumb::new("Chart", path(self.id()));
        let body = html! { (self.above(csrf)) (body) };
        Page::new(title, body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Patients", HERE), chart])
    }

    fn above(&self, csrf: &Csrf) -> Markup {
        html! {
            @if let Some(emergency) = &self.emergency { (emergency.show(csrf)) }
            @if let Some(other) = &self.banner.identity.part_of {
                (Banner::new(Tone::Warning, "This record is part of another one").body(html! {
                    p { "It was merged, and is no longer in use. " (Link::quiet("Open the record that replaces it", path(other))) }
                }))
            }
            (self.banner)
        }
    }

    /// One for samples.
    pub(crate) fn sample() -> Self {
        Self {
            banner: PatientBanner::sample(),
            emergency: None,
            young: true,
            pages: PAGES.map(|(end, label, _)| (end, label)).into(),
        }
    }
}
