//! `/admin/calendars`: what can be booked: the clinic's hours and holidays, people's hours and absences, rooms, kinds of
//! visits. What is kept are HealthcareService, PractitionerRole, Location and Schedule, as every app reads them.

pub(crate) mod list;
pub(crate) mod room;
pub(crate) mod times;
pub(crate) mod visit;
pub(crate) mod week;

use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::WriteError;
use aceso_web::page::{Choice, Crumb, Csrf, Form, Layout, Page, Text, said};
use aceso_web::site::{Ask, PageFault};
use maud::{Markup, Words, html};

use crate::Staff;
use crate::chart::write::{one, reference, resource};
use crate::find::fetched;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{checked, refused};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/calendars";

/// A document and its version; 0 for one that is not stored yet.
#[derive(Clone, Debug)]
struct Kept {
    id: String,
    document: Object,
    version: u64,
}

impl Kept {
    /// A new one.
    fn new(kind: &str, id: String) -> Self {
        let mut document = resource(kind);
        document.set("id", id.as_str());
        Self {
            id,
            document,
            version: 0,
        }
    }

    /// The one that was found.
    fn of(document: &Value) -> Option<Self> {
        let version = document.get("meta")?.str_at("versionId")?.parse().ok()?;
        Some(Self {
            id: document.id()?.to_owned(),
            document: document.as_object()?.clone(),
            version,
        })
    }

    /// The one with this id.
    async fn fetch(
        staff: &Staff,
        ask: &Ask,
        kind: &'static str,
        id: &str,
    ) -> Result<Self, PageFault> {
        let document = fetched(staff, ask, kind, id).await?;
        Self::of(&document).ok_or(PageFault::Missing)
    }
}

/// Whether the time of a person or a room can be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Booked {
    Yes,
    No,
}

impl Booked {
    const fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Yes, Self::No].into_iter().find(|b| b.code() == text)
    }

    fn choices() -> Vec<Choice> {
        vec![
            Choice::new("yes", "Yes").hint("It has a column in the calendar"),
            Choice::new("no", "No").hint("What is booked already stays"),
        ]
    }
}

/// The Schedules of an actor (`Location/x`), the active ones first.
async fn schedules(staff: &Staff, ask: &Ask, actor: &str) -> Result<Vec<Kept>, PageFault> {
    let wanted = Wanted::new("Schedule").with("actor", actor).most(20);
    let found = searches(staff, ask, vec![wanted]).await?;
    let found = found.into_iter().flatten().flat_map(|f| f.matches);
    let mut all: Vec<Kept> = found.filter_map(|d| Kept::of(&d)).collect();
    all.sort_by_key(|k| is_active(&k.document) == Booked::No);
    Ok(all)
}

fn is_active(schedule: &Object) -> Booked {
    match schedule.get("active").and_then(Value::as_bool) {
        Some(false) => Booked::No,
        Some(true) | None => Booked::Yes,
    }
}

/// Whether one of them is active.
fn booked(schedules: &[Kept]) -> Booked {
    schedules
        .first()
        .map_or(Booked::No, |first| is_active(&first.document))
}

/// What has to be written so that an actor's time can be booked, or not any more.
fn opened(
    staff: &Staff,
    schedules: Vec<Kept>,
    (actor, name): (&str, &str),
    wanted: Booked,
) -> Vec<Kept> {
    match wanted {
        Booked::Yes if booked(&schedules) == Booked::Yes => Vec::new(),
        Booked::Yes => {
            let first = schedules.into_iter().next();
            let mut kept = first.unwrap_or_else(|| Kept::new("Schedule", staff.store().new_id()));
            let mut to = reference(actor);
            if let Some(object) = to.as_object_mut() {
                object.set("display", name);
            }
            kept.document.set("active", true);
            kept.document.set("actor", one(to));
            vec![kept]
        }
        Booked::No => {
            let all = schedules.into_iter();
            let active = all.filter(|k| is_active(&k.document) == Booked::Yes);
            active
                .map(|mut kept| {
                    kept.document.set("active", false);
                    kept
                })
                .collect()
        }
    }
}

/// Writes them in one transaction. The first one is the form's own: one that is there already under its id was made by
/// this very form.
async fn put(staff: &Staff, ask: &Ask, all: Vec<Kept>) -> Result<(), PageFault> {
    let new = all.first().is_some_and(|k| k.version == 0);
    let mut tx = staff.store().write(ask.caller()?, Purpose::Operations);
    for kept in all {
        let document = checked(kept.document)?;
        if kept.version == 0 {
            tx.create(&kept.id, document).map_err(refused)?;
        } else {
            tx.update(&kept.id, document, Some(kept.version))
                .await
                .map_err(refused)?;
        }
    }
    match tx.commit().await {
        Ok(()) => Ok(()),
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) if new => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

/// The version that a form showed is the one that is there.
fn same(kept: &Kept, said: &str) -> Result<(), PageFault> {
    match said.parse() == Ok(kept.version) {
        true => Ok(()),
        false => Err(refused(WriteError::Stale)),
    }
}

/// What the form of a room or a kind of visit is called.
struct Titled<'a> {
    /// Of a new one.
    new: Words,
    /// Of one whose name was taken away.
    kind: Words,
    /// What follows the list's address: `/rooms`.
    place: &'a str,
    name: &'a str,
}

/// The page with the form of something new, or of what is known by its name.
fn sheet(csrf: &Csrf, kept: &Kept, titled: &Titled<'_>, fields: Markup) -> Page {
    let place = [HERE, titled.place].concat();
    let (title, to) = match (kept.version, titled.name) {
        (0, _) => (Text::from(titled.new), [&place, "/new"].concat()),
        (_, "") => (Text::from(titled.kind), [&place, "/", &kept.id].concat()),
        (_, name) => (said(name), [&place, "/", &kept.id].concat()),
    };
    let form = Form::post(csrf, to, fields)
        .keep("form", &kept.id)
        .keep("version", kept.version.to_string());
    Page::new(title, html! { div.card { (form) } })
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(crumbs())
}

fn crumbs() -> Vec<Crumb> {
    vec![crate::admin::crumb(), Crumb::new("Calendars", HERE)]
}
