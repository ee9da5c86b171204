//! `/patients/{patient}/documents/{document}`: one document: what it is, a look at it, where it is filed.

use aceso_fhir::{Object, Value};
use aceso_policy::{Action, Purpose};
use aceso_store::{Change, Tx, WriteError};
use aceso_web::page::{
    Button, Choice, Csrf, Errors, Facts, Field, Form, Layout, Link, Page, Select, Tag, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::PAGE;
use super::content::{bytes, of_address};
use super::list::{author, title};
use crate::Staff;
use crate::chart::document::{Attachment, CATEGORIES, Look, filed, filed_under, filing, marked};
use crate::chart::entry::is_mistake;
use crate::chart::write::{coding, one, reference, resource, words};
use crate::chart::{concept, version};
use crate::fault::unreadable;
use crate::find::document as read;
use crate::patient::path;
use crate::patient::record::Found;
use crate::patient::save::{actor, begin, checked, held, may, refused};
use crate::patient::top::{Top, open};
use crate::words::fhir_day;

/// A text is shown as far as this, in letters.
const SHOWN: usize = 200_000;

/// The page.
pub(crate) struct ShowDocument {
    top: Top,
    id: String,
    version: u64,
    title: String,
    facts: Vec<(&'static str, String)>,
    content: Content,
    category: String,
    state: String,
    why: String,
    /// Whether it was taken out of use.
    mistake: bool,
    /// Whether the reader may file it.
    files: bool,
    /// Whether the reader may make its picture the patient's photograph.
    portrays: bool,
    pub(super) errors: Errors,
}

/// What is shown of what is in it.
enum Content {
    Text(String),
    Picture,
    File,
    /// It is not kept here; where it is said to be.
    Elsewhere(String),
}

/// The states that people choose.
const STATES: [(&str, &str); 2] = [
    ("current", "In use"),
    (
        "entered-in-error",
        "It was a mistake: not this patient's, or never so",
    ),
];

/// `GET /patients/{patient}/documents/{document}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// The page of the address.
pub(super) async fn page(staff: &Staff, ask: &Ask) -> Result<ShowDocument, PageFault> {
    let opened = open(staff, ask, Vec::new()).await?;
    let document = of_address(staff, ask).await?;
    let found = bytes(staff, ask, &document).await?;
    let elsewhere = Attachment::of(&document).elsewhere.unwrap_or_default();
    let mut facts = vec![
        ("Type", concept(document.get("type")).unwrap_or_default()),
        ("Filed under", filed_under(&document).to_owned()),
        (
            "Received",
            fhir_day(document.str_at("date").unwrap_or_default()),
        ),
        (
            "By",
            author(&document, &along(staff, ask, &document).await?),
        ),
    ];
    let content = document.items_at("content").first();
    let made = content.and_then(|c| c.get("attachment")?.str_at("creation"));
    facts.push((
        "Day of the document",
        made.map(fhir_day).unwrap_or_default(),
    ));
    let content = match found {
        None => Content::Elsewhere(elsewhere),
        Some((attachment, bytes)) => {
            facts.push(("Format", attachment.said().to_owned()));
            facts.push(("Size", size(bytes.len())));
            match attachment.look() {
                Look::Text => {
                    let text = String::from_utf8_lossy(&bytes);
                    Content::Text(text.chars().take(SHOWN).collect())
                }
                Look::Picture => Content::Picture,
                Look::File => Content::File,
            }
        }
    };
    Ok(ShowDocument {
        id: ask.param("document").to_owned(),
        version: version(&document),
        title: title(&document),
        facts,
        content,
        category: filed(&document).unwrap_or_default().to_owned(),
        state: "current".into(),
        why: String::new(),
        mistake: is_mistake(&document),
        files: may(staff, ask, Action::Update, "DocumentReference")?,
        portrays: may(staff, ask, Action::Update, "Patient")?,
        errors: Errors::none(),
        top: opened.top,
    })
}

/// The authors, as far as they can be read.
async fn along(staff: &Staff, ask: &Ask, document: &Value) -> Result<Found, PageFault> {
    let mut found = Found::default();
    for author in document.items_at("author") {
        let of = author.str_at("reference").unwrap_or_default();
        let Some(("Practitioner", id)) = of.split_once('/') else {
            continue;
        };
        let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
        match reading.fetch("Practitioner", id).await {
            Ok(stored) => found.along.push(read(&stored)?),
            Err(error) => match unreadable(error) {
                // Somebody who is not in the directory stays without a name.
                PageFault::Missing => {}
                other => return Err(other),
            },
        }
    }
    Ok(found)
}

/// `12 kB`
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => crate::words::say("{0} bytes", &[&bytes]),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000.. => format!("{} MB", bytes / 1_000_000),
    }
}

/// `POST /patients/{patient}/documents/{document}`: files it, names it, or takes it out of use.
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["title", "category", "state", "why", "version"].map(Take::One))?;
    let id = ask.param("document");
    let (document, version) = held(&staff, &ask, "DocumentReference", id).await?;
    if is_mistake(&document) {
        return Err(PageFault::Missing);
    }
    let mut page = page(&staff, &ask).await?;
    page.title = fields.trimmed("title").to_owned();
    page.category = fields.one("category").to_owned();
    page.state = fields.one("state").to_owned();
    page.why = fields.trimmed("why").to_owned();
    page.version = version;
    page.check(&document);
    if fields.one("version").parse() != Ok(version) {
        page.errors.add(
            "category",
            "Somebody else changed this document in the meantime: look at what it says now",
        );
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut object = document.as_object().cloned().ok_or(PageFault::Missing)?;
    object.set("description", page.title.as_str());
    let mut tx = begin(&staff, &ask)?;
    if filed(&document) != Some(page.category.as_str()) {
        object.set("category", filing(&document, &page.category));
        mark(&mut tx, &document, &page.category).await?;
    }
    object.set("status", page.state.as_str());
    tx.update(id, checked(object)?, Some(version))
        .await
        .map_err(refused)?;
    if page.state == "entered-in-error" {
        let why = page.withdrawal(&staff, &ask)?;
        tx.create(&staff.store().new_id(), checked(why)?)
            .map_err(refused)?;
    }
    match tx.commit().await {
        Ok(()) => Ok(Reply::to_path(&super::path(ask.of_patient()?, id))),
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {
            page.errors
                .add("category", "Nothing was done: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
        Err(error) => Err(refused(error)),
    }
}

/// Has the document's file say where it is filed now: who may open it follows from that.
async fn mark(tx: &mut Tx, document: &Value, code: &str) -> Result<(), PageFault> {
    let Some(id) = Attachment::of(document).binary else {
        return Ok(());
    };
    let found = tx.current("Binary", &id).await.map_err(refused)?;
    let Some(stored) = found.filter(|s| s.change != Change::Deleted) else {
        return Ok(());
    };
    let binary = read(&stored)?;
    let mut object = binary.as_object().cloned().ok_or(PageFault::Missing)?;
    object.set("meta", marked(binary.get("meta"), code));
    let updated = tx.update(&id, checked(object)?, Some(stored.version)).await;
    updated.map(|_| ()).map_err(refused)
}

impl ShowDocument {
    fn check(&mut self, document: &Value) {
        if self.title.is_empty() || self.title.chars().count() > 200 {
            self.errors
                .add("title", "Give it a title, in 200 letters at most");
        }
        let stays = filed(document) == Some(self.category.as_str());
        if !stays && !CATEGORIES.iter().any(|(code, _)| *code == self.category) {
            self.errors.add("category", "Choose where it is filed");
        }
        if !STATES.iter().any(|(code, _)| *code == self.state) {
            self.errors.add("state", "Choose one");
        }
        let mistake = self.state == "entered-in-error";
        if (mistake && self.why.is_empty()) || self.why.chars().count() > 300 {
            self.errors.add("why", "Say why, in 300 letters at most");
        }
    }

    /// Who took it out of use, when and why: a DocumentReference has no notes.
    fn withdrawal(&self, staff: &Staff, ask: &Ask) -> Result<Object, PageFault> {
        let who = actor(ask)?;
        let mut provenance = resource("Provenance");
        let target = ["DocumentReference/", &self.id].concat();
        let patient = ["Patient/", ask.of_patient()?].concat();
        let targets = [target, patient].map(reference);
        provenance.set("target", Vec::from(targets));
        provenance.set("recorded", staff.store().now().to_fhir());
        provenance.set("reason", one(words(&self.why)));
        let act = coding(
            "http://terminology.hl7.org/CodeSystem/v3-DataOperation",
            "NULLIFY",
            "nullify",
        );
        provenance.set("activity", Value::from([("coding", one(act))]));
        provenance.set("agent", one(Value::from([("who", who)])));
        Ok(provenance)
    }

    fn look(&self) -> Markup {
        let base = super::path(self.top.id(), &self.id);
        html! {
            @match &self.content {
                Content::Text(text) => section.card.compact { h2 { "What it says" } p.note-text { (text) } },
                Content::Picture => section.card.compact {
                    h2 { "Picture" }
                    img.preview src=([&base, "/picture"].concat()) alt=(self.title);
                },
                Content::File => p.soft { "It can be looked at once it is saved as a file." },
                Content::Elsewhere(place) => p.soft {
                    "Its content is not kept here."
                    @if !place.is_empty() { " It is said to be at " span.mono { (place) } "." }
                },
            }
        }
    }

    fn forms(&self, csrf: &Csrf) -> Markup {
        let id = self.top.id();
        let base = super::path(id, &self.id);
        let ours = CATEGORIES.iter().any(|(code, _)| *code == self.category);
        let other = match (ours, self.category.as_str()) {
            (true, _) => None,
            (false, "") => Some(Choice::new("", "Choose")),
            (false, code) => Some(Choice::new(code, "Letters of the clinic")),
        };
        let choices = CATEGORIES.iter().map(|(c, said)| Choice::new(*c, *said));
        let states = STATES.iter().map(|(c, said)| Choice::new(*c, *said));
        let fields = html! {
            (self.errors)
            (Field::text("title", "Title").value(&self.title).errors(&self.errors).longest(200))
            div.pair {
                (Select::new("category", "Filed under", other.into_iter().chain(choices).collect()).chosen(&self.category).errors(&self.errors))
                (Select::new("state", "State", states.collect()).chosen(&self.state).errors(&self.errors))
            }
            (Field::text("why", "Why").value(&self.why).errors(&self.errors).longest(300).optional().hint("Asked for where it was a mistake."))
            div.buttons { (Button::primary("Save")) (Link::quiet("To the documents", [&path(id), PAGE].concat())) }
        };
        let filing = Form::post(csrf, &base, fields)
            .of_patient(id)
            .keep("version", self.version.to_string());
        let photo = html! { (Button::secondary("Use as the patient's photograph").small()) };
        let photo = Form::post(csrf, [&base, "/photo"].concat(), photo).of_patient(id);
        html! {
            @if self.portrays && matches!(self.content, Content::Picture) { div.no-print { (photo) } }
            div.card.no-print { (filing) }
        }
    }
}

impl View for ShowDocument {
    fn page(&self, csrf: &Csrf) -> Page {
        let base = super::path(self.top.id(), &self.id);
        let mut facts = Facts::new();
        for (name, value) in &self.facts {
            if !value.is_empty() {
                facts = facts.with(*name, value);
            }
        }
        let here = !matches!(self.content, Content::Elsewhere(_));
        let body = html! {
            section.card.compact {
                @if self.mistake { p { (Tag::plain("a mistake")) " It stays so that everybody can see what was there." } }
                (facts)
                @if here { p { (Link::secondary("Save as a file", [&base, "/file"].concat()).small()) } }
            }
            (self.look())
            @if self.files && !self.mistake { (self.forms(csrf)) }
        };
        self.top
            .form(csrf, &self.title, body)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |content, mistake, errors| Self {
            top: Top::sample(),
            id: "d1".into(),
            version: 1,
            title: "X-ray of the chest".into(),
            facts: vec![("Type", "Radiology report".into()), ("Size", size(12_000))],
            content,
            category: "imaging".into(),
            state: "current".into(),
            why: String::new(),
            mistake,
            files: true,
            portrays: true,
            errors,
        };
        vec![
            sample(Content::Text("<b>Clear</b>".into()), false, Errors::none()),
            sample(
                Content::Picture,
                false,
                Errors::one("why", "Say why, in 300 letters at most"),
            ),
            sample(Content::File, true, Errors::none()),
            sample(
                Content::Elsewhere("https://example.org/x".into()),
                false,
                Errors::none(),
            ),
        ]
    }
}
