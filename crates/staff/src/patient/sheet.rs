//! One form for one resource of a patient: to be added, and to be changed as long as it is no mistake. The form carries the
//! version that it shows: who comes second is told what the record says now, and loses nothing of what they typed.

use std::future::Future;

use aceso_fhir::{Object, Value};
use aceso_policy::Action;
use aceso_web::page::{
    Banner, Button, Csrf, Entries, Entry, Errors, Form, Layout, Link, Page, Tone, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::path;
use super::save::{
    Saved, add, begin, change, commit, form_id, held, may, must_add, signer, subject,
};
use super::top::{Top, open};
use crate::Staff;
use crate::chart::entry::is_mistake;
use crate::chart::write::resource;
use crate::words::field_day;

/// A resource as a form shows it.
pub(crate) trait Record: Default + Send + Sync + 'static {
    /// What its choices come from.
    type Options: Send + Sync + 'static;
    /// Its type.
    const KIND: &'static str;
    /// Where such resources stand under the patient's address: `goals`.
    const PLACE: &'static str;
    /// The chart's page that lists them; empty for the first one.
    const PAGE: &'static str;
    /// The headings: of a new one, and of one that is there.
    const TITLES: (&'static str, &'static str);
    /// The field beside which is said that somebody else was faster.
    const FIRST: &'static str;

    /// The fields of the form.
    fn takes() -> Vec<Take>;
    /// What the choices come from, as far as the person at the page may see it; with the resource that is changed.
    fn options(
        staff: &Staff,
        ask: &Ask,
        document: Option<&Value>,
    ) -> impl Future<Output = Result<Self::Options, PageFault>> + Send;
    /// From a form that was sent.
    fn typed(fields: &Fields) -> Self;
    /// From a resource.
    fn of(document: &Value) -> Self;
    /// Notes what is wrong. `today` as FHIR writes days.
    fn check(&self, options: &Self::Options, today: &str, errors: &mut Errors);
    /// Writes what the form says into a resource; what it does not show stays as it is.
    fn write(&self, options: &Self::Options, writing: &Writing, object: &mut Object);
    /// The form's fields.
    fn fields(&self, options: &Self::Options, errors: &Errors) -> Markup;
    /// A line that says what a resource says now.
    fn line(document: &Value) -> Entry;
    /// For samples.
    fn sample() -> (Self, Self::Options);
}

/// Who writes about whom, and when.
pub(crate) struct Writing {
    /// The patient.
    pub(crate) subject: Value,
    /// Whoever signs for it, where the record knows them.
    pub(crate) signer: Option<Value>,
    /// As FHIR writes instants.
    pub(crate) now: String,
    /// What the clinic calls itself.
    pub(crate) clinic: String,
}

impl Writing {
    pub(crate) fn at(staff: &Staff, ask: &Ask) -> Result<Self, PageFault> {
        Ok(Self {
            subject: subject(ask)?,
            signer: signer(ask)?,
            now: staff.store().now().to_fhir(),
            clinic: staff.settings().clinic.clone(),
        })
    }

    /// A note, with its author and its time, at the end of a resource's notes; nothing for an empty text.
    pub(crate) fn annotate(&self, object: &mut Object, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut note = Object::new();
        if let Some(author) = &self.signer {
            note.set("authorReference", author.clone());
        }
        note.set("time", self.now.as_str());
        note.set("text", text);
        let notes = object.get("note").and_then(Value::as_array);
        let mut notes = notes.unwrap_or_default().to_vec();
        notes.push(Value::from(note));
        object.set("note", notes);
    }
}

/// What is written.
enum Of {
    /// A new resource, under the form's own id.
    New(String),
    /// The next version of one that is there.
    Known {
        id: String,
        version: u64,
        document: Value,
    },
}

/// The page.
pub(crate) struct Sheet<R: Record> {
    top: Top,
    of: Of,
    record: R,
    options: R::Options,
    errors: Errors,
}

/// `GET /patients/{patient}/PLACE/new`
pub(crate) async fn show_new<R: Record>(staff: Staff, ask: Ask) -> Outcome {
    let of = Of::New(staff.store().new_id());
    let page = Sheet::<R>::new(&staff, &ask, of).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/PLACE/new`
pub(crate) async fn save_new<R: Record>(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = taken::<R>(&ask, "form")?;
    let form = form_id(&staff, fields.one("form"));
    let mut page = Sheet::<R>::new(&staff, &ask, Of::New(form.clone())).await?;
    page.read(&staff, &fields);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut object = resource(R::KIND);
    let writing = Writing::at(&staff, &ask)?;
    page.record.write(&page.options, &writing, &mut object);
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &form, vec![object])?;
    match commit(&staff, &ask, tx, (R::KIND, &form)).await? {
        Saved::Done => done::<R>(&ask),
        Saved::Overtaken => {
            page.errors
                .add(R::FIRST, "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// `GET /patients/{patient}/PLACE/{item}`
pub(crate) async fn show<R: Record>(staff: Staff, ask: Ask) -> Outcome {
    let page = Sheet::<R>::known(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/PLACE/{item}`
pub(crate) async fn save<R: Record>(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = taken::<R>(&ask, "version")?;
    let mut page = Sheet::<R>::known(&staff, &ask).await?;
    page.read(&staff, &fields);
    let Of::Known {
        id,
        version,
        document,
    } = &page.of
    else {
        return Err(PageFault::Missing);
    };
    if is_mistake(document) {
        return Err(PageFault::Missing);
    }
    if fields.one("version").parse() != Ok(*version) {
        page.errors.add(R::FIRST, OVERTAKEN);
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut object = document.as_object().cloned().ok_or(PageFault::Missing)?;
    let writing = Writing::at(&staff, &ask)?;
    page.record.write(&page.options, &writing, &mut object);
    match change(&staff, &ask, id, *version, object).await? {
        Saved::Done => done::<R>(&ask),
        Saved::Overtaken => {
            page.errors.add(R::FIRST, OVERTAKEN);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// What is said to whoever comes second.
const OVERTAKEN: &str = "Somebody else changed this in the meantime: look at what it says now, mend what you typed, and save it once more";

fn taken<R: Record>(ask: &Ask, also: &'static str) -> Result<Fields, PageFault> {
    let mut takes = R::takes();
    takes.push(Take::One(also));
    ask.fields(&takes)
}

fn done<R: Record>(ask: &Ask) -> Outcome {
    Ok(Reply::to_path(
        &[&path(ask.of_patient()?), R::PAGE].concat(),
    ))
}

impl<R: Record> Sheet<R> {
    async fn new(staff: &Staff, ask: &Ask, of: Of) -> Result<Self, PageFault> {
        match &of {
            Of::New(_) => must_add(staff, ask, R::KIND)?,
            Of::Known { .. } if may(staff, ask, Action::Update, R::KIND)? => {}
            Of::Known { .. } => return Err(PageFault::Missing),
        }
        let document = match &of {
            Of::New(_) => None,
            Of::Known { document, .. } => Some(document),
        };
        let options = R::options(staff, ask, document).await?;
        Ok(Self {
            top: open(staff, ask, Vec::new()).await?.top,
            of,
            record: R::default(),
            options,
            errors: Errors::none(),
        })
    }

    async fn known(staff: &Staff, ask: &Ask) -> Result<Self, PageFault> {
        let id = ask.param("item");
        let (document, version) = held(staff, ask, R::KIND, id).await?;
        let record = R::of(&document);
        let of = Of::Known {
            id: id.to_owned(),
            version,
            document,
        };
        let mut page = Self::new(staff, ask, of).await?;
        page.record = record;
        Ok(page)
    }

    /// Takes in what was sent.
    fn read(&mut self, staff: &Staff, fields: &Fields) {
        self.record = R::typed(fields);
        let today = field_day(staff.store().now());
        self.record.check(&self.options, &today, &mut self.errors);
    }
}

impl<R: Record> View for Sheet<R> {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let fields = html! {
            (self.errors)
            (self.record.fields(&self.options, &self.errors))
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", [&path(id), R::PAGE].concat())) }
        };
        let base = [&path(id), "/", R::PLACE, "/"].concat();
        let (title, end, now) = match &self.of {
            Of::New(_) => (R::TITLES.0, "new", None),
            Of::Known { id, document, .. } => (R::TITLES.1, id.as_str(), Some(document)),
        };
        let form = Form::post(csrf, [&base, end].concat(), fields).of_patient(id);
        let form = match &self.of {
            Of::New(form_id) => form.keep("form", form_id),
            Of::Known { version, .. } => form.keep("version", version.to_string()),
        };
        let body = html! {
            @if let Some(document) = now { (says(R::line(document), document)) }
            @if now.is_some_and(is_mistake) {
                p.soft { "It is marked as a mistake, and stays so that everybody can see what was there." }
            } @else { div.card { (form) } }
        };
        let page = self.top.form(csrf, title, body).layout(Layout::Column);
        match self.errors.of(R::FIRST) {
            Some(OVERTAKEN) => page.notice(
                Banner::new(Tone::Warning, "Somebody else was faster")
                    .text("Nothing of yours is lost, and nothing is saved yet."),
            ),
            Some(_) | None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let sample = |of, errors| {
            let (record, options) = R::sample();
            Self {
                top: Top::sample(),
                of,
                record,
                options,
                errors,
            }
        };
        let known = |status: &str| {
            let mut object = resource(R::KIND);
            object.set("status", status);
            Of::Known {
                id: "x1".into(),
                version: 2,
                document: Value::from(object),
            }
        };
        vec![
            sample(Of::New("f1".into()), Errors::none()),
            sample(known("active"), Errors::one(R::FIRST, OVERTAKEN)),
            sample(known("entered-in-error"), Errors::none()),
        ]
    }
}

/// What the record says now, with its last notes.
fn says(line: Entry, document: &Value) -> Markup {
    let notes = document.items_at("note").iter().rev().take(5);
    let notes: Vec<&str> = notes.filter_map(|n| n.str_at("text")).collect();
    html! {
        section.card.compact {
            (Entries::new(vec![line]))
            @for note in notes { p.soft.small { (note) } }
        }
    }
}
