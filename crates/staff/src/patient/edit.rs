//! `/patients/{patient}/edit`: changing who a patient is said to be. The form carries the version that it shows: who
//! comes second is told what the first one changed, and loses nothing of what they typed.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{Banner, Button, Csrf, Errors, Form, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::particulars::Person;
use super::path;
use super::record::patient;
use super::registration::background::Background;
use super::save::{Saved, change, may};
use super::top::{Top, open};
use crate::Staff;
use crate::chart::version;
use crate::words::field_day;

/// The form.
pub(crate) struct Edit {
    top: Top,
    version: u64,
    person: Person,
    background: Background,
    /// What somebody else changed since the form was opened: what, to what, and what is typed here.
    theirs: Vec<(&'static str, String, String)>,
    overtaken: Overtaken,
    errors: Errors,
}

/// Whether somebody else was faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overtaken {
    No,
    Yes,
}

fn must(staff: &Staff, ask: &Ask) -> Result<(), PageFault> {
    match may(staff, ask, Action::Update, "Patient")? {
        true => Ok(()),
        false => Err(PageFault::Missing),
    }
}

/// `GET /patients/{patient}/edit`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    let opened = open(&staff, &ask, Vec::new()).await?;
    let page = Edit {
        version: version(&opened.patient),
        person: Person::of(&opened.patient),
        background: Background::of(&opened.patient),
        top: opened.top,
        theirs: Vec::new(),
        overtaken: Overtaken::No,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/edit`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    ask.of_patient()?;
    let mut takes = Person::takes();
    takes.extend(Background::takes());
    takes.push(Take::One("version"));
    let fields = ask.fields(&takes)?;
    let opened = open(&staff, &ask, Vec::new()).await?;
    let known = Person::of(&opened.patient);
    let before = Background::of(&opened.patient);
    let mut page = Edit {
        version: fields.one("version").parse().unwrap_or_default(),
        person: Person::typed(&fields),
        background: Background::typed(&fields),
        top: opened.top,
        theirs: Vec::new(),
        overtaken: Overtaken::No,
        errors: Errors::none(),
    };
    let today = field_day(staff.store().now());
    page.person.check(&today, &mut page.errors);
    page.background.check(&today, &mut page.errors);
    if version(&opened.patient) != page.version {
        return Ok(overtaken(&ask, page, &opened.patient));
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let id = ask.of_patient()?;
    let mut object = opened
        .patient
        .as_object()
        .cloned()
        .ok_or(PageFault::Missing)?;
    page.person.write(&known, &mut object);
    page.background.write(&before, &mut object);
    match change(&staff, &ask, id, page.version, object).await? {
        Saved::Done => Ok(Reply::to(Local::with(&path(id), &[]))),
        Saved::Overtaken => {
            let (now, _) = patient(&staff, &ask).await?;
            Ok(overtaken(&ask, page, &now))
        }
    }
}

/// The form again, with what was typed, what is there now, and the version that it is compared with from now on.
fn overtaken(ask: &Ask, mut page: Edit, now: &Value) -> Reply {
    page.theirs = page.person.differences(&Person::of(now));
    let background = page.background.differences(&Background::of(now));
    page.theirs.extend(background);
    page.version = version(now);
    page.overtaken = Overtaken::Yes;
    Reply::wrong(ask, &page)
}

impl View for Edit {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let fields = html! {
            (self.errors)
            (self.person.fields(&self.errors))
            (self.background.fields(&self.errors))
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", path(id))) }
        };
        let form = Form::post(csrf, [&path(id), "/edit"].concat(), fields)
            .of_patient(id)
            .keep("version", self.version.to_string());
        let remove = html! { (Button::secondary("Take the photograph away").small()) };
        let photo = [&path(id), "/photo/remove"].concat();
        let body = html! {
            div.card { (form) }
            div.row {
                (Link::secondary("Choose a photograph", super::documents::photo::path(id)).small())
                @if self.top.banner.identity.photo.is_some() {
                    (Form::post(csrf, photo, remove).of_patient(id).inline())
                }
            }
        };
        let page = self
            .top
            .form(csrf, "Change particulars", body)
            .layout(Layout::Column);
        if self.overtaken == Overtaken::No {
            return page;
        }
        let body = html! {
            p { "Nothing of yours is lost, and nothing is saved yet. Where the record now differs from what you typed:" }
            ul {
                @for (label, there, here) in &self.theirs {
                    li { (maud::words(label)) ": now “" (there) "”, yours “" (here) "”" }
                }
            }
            p { "Mend it below, then save: what stands in the form goes into the record." }
        };
        page.notice(
            Banner::new(
                Tone::Warning,
                "Somebody else changed this patient while you were typing",
            )
            .body(body),
        )
    }

    fn samples() -> Vec<Self> {
        let sample = |overtaken, errors| Self {
            top: Top::sample(),
            version: 3,
            person: Person {
                family: "Example".into(),
                ..Person::default()
            },
            background: Background::default(),
            theirs: vec![("Telephone", "555-0100".into(), "555-0199".into())],
            overtaken,
            errors,
        };
        vec![
            sample(Overtaken::No, Errors::none()),
            sample(Overtaken::Yes, Errors::none()),
            sample(
                Overtaken::No,
                Errors::one(
                    "family",
                    "Enter the family name; for somebody unknown, Unknown",
                ),
            ),
        ]
    }
}
