//! `/patients/{patient}/documents/new`: a file for the chart: looked at, filed, and kept with its DocumentReference in one
//! transaction.

use aceso_fhir::{Object, Value};
use aceso_policy::Action;
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Field, FileField, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, LARGEST_FILE, Outcome, PageFault, Reply, Take};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::html;

use super::PAGE;
use crate::Staff;
use crate::antivirus::searched;
use crate::chart::document::{CATEGORIES, filing, marked};
use crate::chart::filing::Filing;
use crate::chart::upload::{ACCEPTED, Taken, document};
use crate::chart::write::{one, resource, words};
use crate::patient::path;
use crate::patient::save::{
    Saved, actor, begin, checked, commit, form_id, must_add, refused, subject,
};
use crate::patient::top::{Top, open};
use crate::words::{field_day, is_fhir_day};

/// What the address of the form ends with.
pub(crate) const NEW: &str = "/new";

/// The form.
pub(crate) struct NewDocument {
    top: Top,
    /// Where the reader may file it: code, and what people call it.
    places: Vec<(&'static str, &'static str)>,
    form: String,
    title: String,
    category: String,
    day: String,
    trust: Trust,
    errors: Errors,
}

/// Whether files are searched for viruses here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Searched,
    Unsearched,
}

impl Trust {
    fn of(staff: &Staff) -> Self {
        match staff.settings().antivirus {
            Some(_) => Self::Searched,
            None => Self::Unsearched,
        }
    }
}

/// `GET /patients/{patient}/documents/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    must_add(&staff, &ask, "DocumentReference")?;
    let page = NewDocument {
        top: open(&staff, &ask, Vec::new()).await?.top,
        places: places(&staff, &ask, Action::Create)?,
        form: staff.store().new_id(),
        title: String::new(),
        category: String::new(),
        day: String::new(),
        trust: Trust::of(&staff),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/documents/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    must_add(&staff, &ask, "DocumentReference")?;
    ask.of_patient()?;
    let fields = ask.fields(&["form", "title", "category", "day"].map(Take::One))?;
    let mut page = NewDocument {
        top: open(&staff, &ask, Vec::new()).await?.top,
        places: places(&staff, &ask, Action::Create)?,
        form: form_id(&staff, fields.one("form")),
        title: fields.trimmed("title").to_owned(),
        category: fields.one("category").to_owned(),
        day: fields.trimmed("day").to_owned(),
        trust: Trust::of(&staff),
        errors: Errors::none(),
    };
    let taken = page.taken(&staff, &ask).await?;
    page.check(&field_day(staff.store().now()));
    let Some(taken) = taken.filter(|_| page.errors.is_empty()) else {
        if ask.file("file")?.is_some() && page.errors.text_of("file").is_none() {
            let again = "Choose the file once more: browsers do not keep it";
            page.errors.add("file", again);
        }
        return Ok(Reply::wrong(&ask, &page));
    };
    let binary = staff.store().new_id();
    let mut tx = begin(&staff, &ask)?;
    tx.create(&binary, checked(page.content(&ask, &taken)?)?)
        .map_err(refused)?;
    let told = page.document(&staff, &ask, &binary, &taken)?;
    tx.create(&page.form, checked(told)?).map_err(refused)?;
    match commit(&staff, &ask, tx, ("DocumentReference", &page.form)).await? {
        Saved::Done => {
            let seen = places(&staff, &ask, Action::Read)?;
            let patient = ask.of_patient()?;
            Ok(match seen.iter().any(|(code, _)| *code == page.category) {
                true => Reply::to_path(&super::path(patient, &page.form)),
                // Whoever may not look at it again has handed it over.
                false => Reply::to_path(&[&path(patient), PAGE].concat()),
            })
        }
        Saved::Overtaken => {
            page.errors
                .add("file", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// The categories of documents that the reader's role does this to.
fn places(
    staff: &Staff,
    ask: &Ask,
    action: Action,
) -> Result<Vec<(&'static str, &'static str)>, PageFault> {
    let filing = Filing::of(staff, ask, action)?;
    Ok(CATEGORIES
        .into_iter()
        .filter(|(code, _)| filing.has(code))
        .collect())
}

impl NewDocument {
    /// The file as a Binary of the patient's, with the mark of where it is filed.
    fn content(&self, ask: &Ask, taken: &Taken) -> Result<Object, PageFault> {
        let mut binary = resource("Binary");
        binary.set("meta", marked(None, &self.category));
        binary.set("contentType", taken.kind);
        binary.set("securityContext", subject(ask)?);
        binary.set("data", STANDARD.encode(&taken.bytes));
        Ok(binary)
    }

    /// The file, if one was chosen that is taken.
    async fn taken(&mut self, staff: &Staff, ask: &Ask) -> Result<Option<Taken>, PageFault> {
        let problem = match ask.file("file")? {
            None => "Choose a file",
            Some(file) => match searched(staff, ask, &file.bytes).await? {
                Some(problem) => problem,
                None => match document(&file.bytes).await? {
                    Ok(taken) => return Ok(Some(taken)),
                    Err(refusal) => refusal.said(),
                },
            },
        };
        self.errors.add("file", problem);
        Ok(None)
    }

    fn check(&mut self, today: &str) {
        if self.title.chars().count() > 200 {
            self.errors.add("title", "At most 200 letters");
        }
        if !self.places.iter().any(|(code, _)| *code == self.category) {
            self.errors.add("category", "Choose where it is filed");
        }
        if !self.day.is_empty() && (!is_fhir_day(&self.day) || self.day.as_str() > today) {
            self.errors.add("day", "Enter a day that is past");
        }
    }

    fn document(
        &self,
        staff: &Staff,
        ask: &Ask,
        binary: &str,
        taken: &Taken,
    ) -> Result<Object, PageFault> {
        let filed = CATEGORIES.iter().find(|(code, _)| *code == self.category);
        let filed = filed.map_or("", |(_, said)| *said);
        let title = match self.title.as_str() {
            "" => filed,
            title => title,
        };
        let mut document = resource("DocumentReference");
        document.set("status", "current");
        document.set("type", words(filed));
        document.set("category", filing(&Value::Null, &self.category));
        document.set("subject", subject(ask)?);
        document.set("date", staff.store().now().to_fhir());
        document.set("author", one(actor(ask)?));
        document.set("description", title);
        let mut attachment = Object::new();
        attachment.set("contentType", taken.kind);
        attachment.set("url", ["Binary/", binary].concat());
        let size = i64::try_from(taken.bytes.len()).map_err(PageFault::hidden)?;
        attachment.set("size", size);
        attachment.set("title", title);
        if !self.day.is_empty() {
            attachment.set("creation", self.day.as_str());
        }
        let content = Value::from([("attachment", Value::from(attachment))]);
        document.set("content", one(content));
        Ok(document)
    }
}

impl View for NewDocument {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let first = Choice::new("", "Choose one");
        let places = self.places.iter();
        let places = places.map(|(c, said)| Choice::new(*c, *said));
        let places = std::iter::once(first).chain(places).collect();
        let file = FileField::new("file", "File", ACCEPTED, LARGEST_FILE)
            .errors(&self.errors)
            .hint("PDF, PNG, JPEG or plain text, 20 MB at most. Drop it here, or choose it.");
        let fields = html! {
            (self.errors)
            (file)
            div.pair {
                (Select::new("category", "Filed under", places).chosen(&self.category).errors(&self.errors))
                (Field::date("day", "Day of the document").value(&self.day).errors(&self.errors).optional())
            }
            (Field::text("title", "Title").value(&self.title).errors(&self.errors).longest(200).optional().hint("Left empty, it is called what it is filed under."))
            div.buttons { (Button::primary("Add to the documents")) (Link::quiet("Cancel", [&path(id), PAGE].concat())) }
            p.soft.small { "Pictures are drawn anew: where and with what they were taken is not kept." }
            @if self.trust == Trust::Unsearched {
                p.soft.small { "Files are not searched for viruses: take a PDF file only from somebody whom you know." }
            }
        };
        let form = Form::post(csrf, [&path(id), PAGE, NEW].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form)
            .with_files();
        self.top
            .form(csrf, "Add a document", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |trust, errors| Self {
            top: Top::sample(),
            places: CATEGORIES.into(),
            form: "f1".into(),
            title: "X-ray of the chest".into(),
            category: "imaging".into(),
            day: "2026-03-01".into(),
            trust,
            errors,
        };
        vec![
            sample(Trust::Searched, Errors::none()),
            sample(Trust::Unsearched, Errors::one("file", "Choose a file")),
        ]
    }
}
