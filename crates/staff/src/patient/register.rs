//! `/patients/new`: registering a patient. Whoever may be on record already is shown with the reasons, before anything is
//! saved.

use aceso_clinic::{Likeness, likeness};
use aceso_policy::Action;
use aceso_web::page::{
    Banner, Button, Choice, Choices, Column, Crumb, Csrf, Empty, Errors, FileField, Form, Layout,
    Link, Page, Table, Tone, View,
};
use aceso_web::site::{Ask, LARGEST_FILE, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::documents::photo;
use super::kept::particulars;
use super::particulars::Person;
use super::record::{Wanted, searches};
use super::registration::background::Background;
use super::save::{add, begin, form_id, may, refused};
use super::{HERE, path};
use crate::Staff;
use crate::chart::person::Identity;
use crate::chart::upload::{PICTURES, photograph};
use crate::chart::write::resource;
use crate::find::escaped;
use crate::words::field_day;

/// The page's address.
const NEW: &str = "/patients/new";
/// So many people who may be the same are shown.
const SHOWN: usize = 8;

/// The form.
pub(crate) struct Register {
    form: String,
    person: Person,
    background: Background,
    alike: Vec<(Identity, Likeness)>,
    errors: Errors,
    room: Room,
}

/// Whether the reader registers patients at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Desk,
    Elsewhere,
}

fn room(staff: &Staff, ask: &Ask) -> Result<Room, PageFault> {
    Ok(match may(staff, ask, Action::Create, "Patient")? {
        true => Room::Desk,
        false => Room::Elsewhere,
    })
}

/// `GET /patients/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = Register {
        form: staff.store().new_id(),
        person: Person::default(),
        background: Background::default(),
        alike: Vec::new(),
        errors: Errors::none(),
        room: room(&staff, &ask)?,
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut takes = Person::takes();
    takes.extend(Background::takes());
    takes.extend([Take::One("form"), Take::Many("another")]);
    let fields = ask.fields(&takes)?;
    let mut page = Register {
        form: form_id(&staff, fields.one("form")),
        person: Person::typed(&fields),
        background: Background::typed(&fields),
        alike: Vec::new(),
        errors: Errors::none(),
        room: room(&staff, &ask)?,
    };
    if page.room == Room::Elsewhere {
        return Err(PageFault::Missing);
    }
    let face = match ask.file("photo")? {
        None => None,
        Some(file) => match photograph(&file.bytes).await? {
            Ok(face) => Some(face),
            Err(refusal) => {
                page.errors.add("photo", refusal.said());
                None
            }
        },
    };
    let today = field_day(staff.store().now());
    page.person.check(&today, &mut page.errors);
    page.background.check(&today, &mut page.errors);
    if !page.errors.is_empty() {
        page.forgets(face.as_ref());
        return Ok(Reply::wrong(&ask, &page));
    }
    // That it is somebody else was said of this very person.
    if !fields.many("another").any(|said| said == page.mark()) {
        page.alike = alike(&staff, &ask, &page).await?;
        if !page.alike.is_empty() {
            page.forgets(face.as_ref());
            return Ok(Reply::wrong(&ask, &page));
        }
    }
    let mut patient = resource("Patient");
    patient.set("active", true);
    page.person.write(&Person::default(), &mut patient);
    page.background.write(&Background::default(), &mut patient);
    if let Some(face) = face {
        patient.set("photo", photo::element(&staff, face));
    }
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![patient])?;
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to(Local::with(&path(&page.form), &[])))
}

/// Those on record who may be the same, the likeliest first, among those whom the caller may see.
async fn alike(
    staff: &Staff,
    ask: &Ask,
    page: &Register,
) -> Result<Vec<(Identity, Likeness)>, PageFault> {
    let person = &page.person;
    let start = |text: &str| escaped(&text.chars().take(3).collect::<String>());
    let by = |name: &'static str, value: String| Wanted::new("Patient").with(name, value).most(40);
    let mut wanted =
        vec![by("family", escaped(&person.family)).with("given", start(first(&person.given)))];
    if let Some(year) = person.birth.get(..4) {
        wanted.push(by("birthdate", person.birth.clone()));
        wanted.push(by("birthdate", year.to_owned()).with("name", start(&person.family)));
        wanted.push(by("birthdate", year.to_owned()).with("given", start(first(&person.given))));
    }
    if !person.former.is_empty() {
        wanted.push(by("family", escaped(&person.former)));
    }
    if !person.number.is_empty() {
        wanted.push(by("identifier", escaped(&person.number)));
    }
    if !person.phone.is_empty() {
        wanted.push(by("phone", escaped(&person.phone)));
    }
    wanted.retain(|one| !one.has_empty());
    let found = searches(staff, ask, wanted).await?;
    let (own, now) = (person.particulars(), staff.store().now());
    let mut all: Vec<(Identity, Likeness)> = Vec::new();
    for patient in found.into_iter().flatten().flat_map(|f| f.matches) {
        let id = patient.id().unwrap_or_default();
        let known = all.iter().any(|(who, _)| who.id == id);
        let likeness = likeness(&own, &particulars(&patient));
        // A form that was sent twice finds what it saved the first time.
        if !known && id != page.form && likeness.score >= Likeness::WORTH_A_LOOK {
            all.push((Identity::of(id, &patient, now), likeness));
        }
    }
    all.sort_by_key(|(_, likeness)| std::cmp::Reverse(likeness.score));
    all.truncate(SHOWN);
    Ok(all)
}

fn first(given: &str) -> &str {
    given.split_whitespace().next().unwrap_or_default()
}

impl Register {
    fn mark(&self) -> String {
        [
            self.person.family.as_str(),
            &self.person.given,
            &self.person.birth,
        ]
        .join("|")
    }

    /// The form comes again, and browsers do not keep a file.
    fn forgets(&mut self, face: Option<&Vec<u8>>) {
        if face.is_some() {
            self.errors.add(
                "photo",
                "Choose the photograph once more: browsers do not keep it",
            );
        }
    }

    fn likely(&self) -> Markup {
        let columns = [
            Column::text("On record"),
            Column::text("Born"),
            Column::number("Alike"),
            Column::text("Because"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("People on record who may be the same", &columns);
        for (who, likeness) in &self.alike {
            table.row(vec![
                html! { (who.name) @for (_, number) in &who.numbers { br; span.mono.small { (number) } } },
                html! { (who.born.as_deref().map_or_else(|| crate::words::known("unknown"), str::to_owned)) },
                html! { (likeness.score) " of 100" },
                html! { (crate::words::alike(&likeness.reasons)) },
                html! { (Link::secondary("Use this one", path(&who.id)).small()) },
            ]);
        }
        html! { (table) }
    }
}

impl View for Register {
    fn page(&self, csrf: &Csrf) -> Page {
        let another = vec![
            Choice::new(self.mark(), "None of them: this is another person")
                .hint("Look at birth date, telephone and address first: two records of one person are dangerous."),
        ];
        let fields = html! {
            (self.errors)
            (self.person.fields(&self.errors))
            (self.background.fields(&self.errors))
            (FileField::new("photo", "Photograph", PICTURES, LARGEST_FILE).errors(&self.errors).optional().hint("PNG or JPEG. Only a small picture of the face is kept."))
            @if !self.alike.is_empty() { (Choices::many("another", "Is it one of those above?", another)) }
            div.buttons { (Button::primary("Register")) (Link::quiet("Cancel", HERE)) }
        };
        let body = match self.room {
            Room::Elsewhere => {
                html! { (Empty::new("Nothing to do here", "Your role does not register patients.")) }
            }
            Room::Desk => html! {
                @if !self.alike.is_empty() { (self.likely()) }
                div.card { (Form::post(csrf, NEW, fields).keep("form", &self.form).with_files()) }
            },
        };
        let page = Page::new("Register a patient", body)
            .layout(if self.alike.is_empty() {
                Layout::Column
            } else {
                Layout::Wide
            })
            .here(HERE)
            .crumbs(vec![Crumb::new("Patients", HERE)]);
        if self.alike.is_empty() {
            return page;
        }
        let likely = self.alike.iter().any(|(_, l)| l.score >= Likeness::LIKELY);
        let title = if likely {
            "Most likely this person is on record already"
        } else {
            "This person may be on record already"
        };
        page.notice(Banner::new(Tone::Warning, title).body(html! { p { "Nothing is saved yet." } }))
    }

    fn samples() -> Vec<Self> {
        let person = Person {
            given: "Ann".into(),
            family: "Example".into(),
            birth: "1974-03-01".into(),
            ..Person::default()
        };
        let likeness = Likeness {
            score: 75,
            reasons: vec!["same birth date".into(), "same family name".into()],
        };
        let sample = |alike, errors, room| Self {
            form: "f1".into(),
            person: person.clone(),
            background: Background::default(),
            alike,
            errors,
            room,
        };
        let who = super::banner::PatientBanner::sample().identity;
        vec![
            sample(Vec::new(), Errors::none(), Room::Desk),
            sample(vec![(who, likeness)], Errors::none(), Room::Desk),
            sample(
                Vec::new(),
                Errors::one("birth", "Enter the birth date; a year alone will do"),
                Room::Desk,
            ),
            sample(Vec::new(), Errors::none(), Room::Elsewhere),
        ]
    }
}
