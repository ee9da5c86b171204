//! Reading a patient's record for a page: who it is, then all the page's lists at once.

use std::sync::Arc;

use aceso_fhir::Value;
use aceso_fhir::search::{Options, parse_pairs};
use aceso_policy::Purpose;
use aceso_store::{ReadError, Reading, Release};
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::chart::measured::CODES;
use crate::fault::unreadable;
use crate::find::document;

/// A list that a page asks for: the type, and the search that narrows it besides the patient.
pub(crate) struct Wanted {
    kind: &'static str,
    conditions: Vec<(&'static str, String)>,
}

impl Wanted {
    /// Resources of a type about the patient.
    pub(crate) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            conditions: Vec::new(),
        }
    }

    /// At most so many measurements of vital signs and growth, the newest first.
    pub(crate) fn measured(count: u32) -> Self {
        Self::new("Observation")
            .with("code", CODES)
            .with("_sort", "-date")
            .most(count)
    }

    /// What is prescribed now, the newest first, with what it is.
    pub(crate) fn prescribed(count: u32) -> Self {
        Self::new("MedicationRequest")
            .with("status", "active,on-hold")
            .with("_sort", "-authoredon")
            .with("_include", "MedicationRequest:medication")
            .most(count)
    }

    /// What is taken now, as told.
    pub(crate) fn taken(count: u32) -> Self {
        Self::new("MedicationStatement")
            .with("status", "active,intended,on-hold")
            .most(count)
    }

    /// Tests of the laboratory, the newest first.
    pub(crate) fn laboratory(count: u32) -> Self {
        Self::new("Observation")
            .with("category", "laboratory")
            .with("_sort", "-date")
            .most(count)
    }

    /// A condition, an order or an inclusion.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.conditions.push((name, value.into()));
        self
    }

    /// Whether a condition asks for nothing: the search would find everybody.
    pub(crate) fn has_empty(&self) -> bool {
        self.conditions.iter().any(|(_, value)| value.is_empty())
    }

    /// At most so many.
    pub(crate) fn most(self, count: u32) -> Self {
        self.with("_count", count.to_string())
    }
}

/// Where a page of a long list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the newest.
    Newest,
    /// After the mark that a page before it ended with.
    Older,
}

impl Start {
    /// By the mark in the address.
    pub(crate) const fn at(mark: Option<&str>) -> Self {
        match mark {
            Some(_) => Self::Older,
            None => Self::Newest,
        }
    }
}

/// On what something leaves that is about substance use.
pub(crate) type Releases = Vec<Arc<Release>>;

/// What was found of a list.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) matches: Vec<Value>,
    /// What the matches refer to, where the search asked for it.
    pub(crate) along: Vec<Value>,
    /// The mark of the next page.
    pub(crate) next: Option<String>,
    /// On what that leaves which is about substance use.
    pub(crate) releases: Releases,
}

/// Where what is read goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goes {
    /// On a page, to who reads it here.
    Here,
    /// To somebody outside, for this.
    Out(Purpose),
}

impl Goes {
    /// Reading for this.
    pub(crate) fn reading(self, staff: &Staff, ask: &Ask) -> Result<Reading, PageFault> {
        let (store, caller) = (staff.store(), ask.caller()?);
        Ok(match self {
            Self::Here => store.read(caller, Purpose::Treatment),
            Self::Out(purpose) => store.read_out(caller, purpose),
        })
    }
}

impl Found {
    /// Whether something is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.matches.is_empty()
    }

    /// What a reference leads to, if it came along.
    pub(crate) fn target(&self, reference: Option<&Value>) -> Option<&Value> {
        let reference = reference?.str_at("reference")?;
        self.along.iter().find(|d| {
            matches!((d.resource_type(), d.id()), (Some(kind), Some(id))
                if reference.strip_prefix(kind).and_then(|r| r.strip_prefix('/')) == Some(id))
        })
    }

    /// What people call what a reference leads to: its display, or the name of what came along.
    pub(crate) fn name(&self, reference: Option<&Value>) -> Option<String> {
        let display = reference.and_then(|r| r.str_at("display"));
        display.map(str::to_owned).or_else(|| {
            let target = self.target(reference)?;
            target
                .str_at("name")
                .map(str::to_owned)
                .or_else(|| Some(crate::chart::person::name(target)))
        })
    }
}

/// The patient of the page's address, and the version that was read.
pub(crate) async fn patient(staff: &Staff, ask: &Ask) -> Result<(Value, u64), PageFault> {
    let reading = Goes::Here.reading(staff, ask)?;
    let stored = reading
        .fetch("Patient", ask.of_patient()?)
        .await
        .map_err(unreadable)?;
    Ok((document(&stored)?, stored.version))
}

/// The lists, in the order in which they were asked for; none where the reader's role never sees the type. `also`: the
/// records (ids) that are merged into the patient's.
pub(crate) async fn lists(
    staff: &Staff,
    ask: &Ask,
    also: &[String],
    wanted: Vec<Wanted>,
) -> Result<Vec<Option<Found>>, PageFault> {
    lists_for(staff, ask, Goes::Here, also, wanted).await
}

/// As [`lists`], of what goes there.
pub(crate) async fn lists_for(
    staff: &Staff,
    ask: &Ask,
    goes: Goes,
    also: &[String],
    wanted: Vec<Wanted>,
) -> Result<Vec<Option<Found>>, PageFault> {
    let records = std::iter::once(ask.of_patient()?).chain(also.iter().map(String::as_str));
    let patient: Vec<String> = records.map(|id| ["Patient/", id].concat()).collect();
    let patient = patient.join(",");
    let all = wanted.into_iter().map(|one| Wanted {
        conditions: std::iter::once(("patient", patient.clone()))
            .chain(one.conditions)
            .collect(),
        ..one
    });
    searches_for(staff, ask, goes, all.collect()).await
}

/// As [`lists`], about nobody in particular.
pub(crate) async fn searches(
    staff: &Staff,
    ask: &Ask,
    wanted: Vec<Wanted>,
) -> Result<Vec<Option<Found>>, PageFault> {
    searches_for(staff, ask, Goes::Here, wanted).await
}

async fn searches_for(
    staff: &Staff,
    ask: &Ask,
    goes: Goes,
    wanted: Vec<Wanted>,
) -> Result<Vec<Option<Found>>, PageFault> {
    let options = Options {
        now: staff.store().now().millis(),
        ..Options::default()
    };
    let mut queries = Vec::with_capacity(wanted.len());
    for one in &wanted {
        let pairs = one
            .conditions
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.clone()));
        let pairs: Vec<(String, String)> = pairs.collect();
        let query = parse_pairs(Some(one.kind), &pairs, &options);
        queries.push(
            query.map_err(|error| {
                unreadable(ReadError::BadQuery(format!("{}: {error}", one.kind)))
            })?,
        );
    }
    let reading = goes.reading(staff, ask)?;
    let pages = match reading.search_many(queries).await {
        Ok(pages) => pages,
        Err(ReadError::Forbidden) => return Ok(wanted.iter().map(|_| None).collect()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut lists = Vec::with_capacity(pages.len());
    for page in pages {
        let Some(page) = page else {
            lists.push(None);
            continue;
        };
        let matches: Result<Vec<_>, _> = page.matches.iter().map(document).collect();
        let along: Result<Vec<_>, _> = page.included.iter().map(document).collect();
        let shown = page.matches.iter().chain(&page.included);
        let releases = shown.filter_map(|s| s.release.clone()).collect();
        lists.push(Some(Found {
            matches: matches?,
            along: along?,
            next: page.next,
            releases,
        }));
    }
    Ok(lists)
}
