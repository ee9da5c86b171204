//! `/patients/{patient}/notes/new` and `/patients/{patient}/notes/{note}/edit`: writing a visit's note. Drafts save
//! themselves while the author writes; signing makes the note final.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_store::{Change, WriteError};
use aceso_web::page::{
    Banner, Button, Csrf, Empty, Errors, Field, Form, Layout, Link, Page, Tone, View,
};
use aceso_web::site::{Ask, Fields, Local, Outcome, PageFault, Reply, Take};
use axum::response::IntoResponse;
use http::StatusCode;
use maud::{Markup, html};

use super::beside::Beside;
use super::path;
use super::record::lists;
use super::save::{begin, checked, may, refused, signer};
use super::top::{Top, open};
use super::visit::under_way;
use crate::Staff;
use crate::chart::note::{Note, PARTS, State, Written, state};
use crate::chart::write::reference;
use crate::find::document;
use crate::letters::letter::Known;
use crate::letters::template::{self, Template, Use, templates};

/// The form.
pub(crate) struct Write {
    top: Top,
    beside: Beside,
    /// What a new note can begin with.
    templates: Vec<Template>,
    note: String,
    /// The version that the form continues; 0 before the first one.
    version: u64,
    text: Note,
    /// What somebody, or the same author in another tab, wrote in the meantime.
    theirs: Option<Note>,
    errors: Errors,
    author: Author,
}

/// Whether the writer is somebody in the record: an author must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Author {
    Known,
    Unknown,
}

/// The fields of the four parts.
const FIELDS: [&str; 4] = ["subjective", "objective", "assessment", "plan"];
/// A part may be this long, in characters.
const LONGEST: usize = 20_000;

fn must(staff: &Staff, ask: &Ask) -> Result<(), PageFault> {
    match may(staff, ask, Action::Create, "Composition")? {
        true => Ok(()),
        false => Err(PageFault::Missing),
    }
}

/// `GET /patients/{patient}/notes/new`
pub(crate) async fn show_new(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    let begins = match ask.query("template") {
        Some(key) => Some(template::find(&staff, &ask, Use::Note, key).await?),
        None => None,
    };
    let mut wanted = Beside::wanted();
    if begins.is_some() {
        wanted.extend(Known::wanted());
    }
    let mut opened = open(&staff, &ask, wanted).await?;
    let beside = Beside::take(&mut opened);
    let text = match begins {
        Some(template) => {
            let known = Known::take(&mut opened);
            template.note(known.told(&staff, &ask, &opened)?)
        }
        None => Note::default(),
    };
    let page = Write {
        beside,
        top: opened.top,
        templates: templates(&staff, &ask, Use::Note).await?,
        note: staff.store().new_id(),
        version: 0,
        text,
        theirs: None,
        errors: Errors::none(),
        author: author(&ask)?,
    };
    Ok(Reply::page(&ask, &page))
}

/// The form with what is written, and the chart beside it.
async fn page(
    staff: &Staff,
    ask: &Ask,
    note: String,
    (version, text): (u64, Note),
) -> Result<Write, PageFault> {
    let mut opened = open(staff, ask, Beside::wanted()).await?;
    Ok(Write {
        beside: Beside::take(&mut opened),
        top: opened.top,
        templates: Vec::new(),
        note,
        version,
        text,
        theirs: None,
        errors: Errors::none(),
        author: author(ask)?,
    })
}

fn author(ask: &Ask) -> Result<Author, PageFault> {
    Ok(match signer(ask)? {
        Some(_) => Author::Known,
        None => Author::Unknown,
    })
}

/// The draft of the address, if the reader is its author and may go on.
async fn draft(staff: &Staff, ask: &Ask) -> Result<Option<(Value, u64)>, PageFault> {
    let mut tx = begin(staff, ask)?;
    let found = tx
        .current("Composition", ask.param("note"))
        .await
        .map_err(refused)?;
    let Some(stored) = found.filter(|s| s.change != Change::Deleted) else {
        return Ok(None);
    };
    // That it was looked at is on record, as every look is.
    tx.commit().await.map_err(refused)?;
    let document = document(&stored)?;
    let subject = document.get("subject").and_then(|s| s.str_at("reference"));
    let of_patient = subject == Some(["Patient/", ask.of_patient()?].concat().as_str());
    let mine = signer(ask)?.is_some_and(|me| document.items_at("author").contains(&me));
    if !of_patient || !mine || state(&document) == State::Signed {
        return Err(PageFault::Missing);
    }
    Ok(Some((document, stored.version)))
}

/// `GET /patients/{patient}/notes/{note}/edit`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    let (document, version) = draft(&staff, &ask).await?.ok_or(PageFault::Missing)?;
    let note = ask.param("note").to_owned();
    let page = page(&staff, &ask, note, (version, Note::of(&document))).await?;
    Ok(Reply::page(&ask, &page))
}

fn takes() -> Vec<Take> {
    let mut all: Vec<Take> = FIELDS.map(Take::One).into();
    all.extend(["title", "version", "act"].map(Take::One));
    all
}

fn typed(fields: &Fields) -> Note {
    let text = |name: &str| fields.trimmed(name).replace("\r\n", "\n");
    Note {
        title: fields.trimmed("title").to_owned(),
        parts: FIELDS.map(text),
    }
}

/// The visit that a note is of: what its draft says, else, of a new note, the one that goes on.
async fn visit(
    staff: &Staff,
    ask: &Ask,
    draft: Option<&Value>,
) -> Result<Option<Value>, PageFault> {
    if let Some(draft) = draft {
        return Ok(draft.get("encounter").cloned());
    }
    let found = lists(staff, ask, &[], vec![under_way()]).await?;
    let mut visits = found.into_iter().flatten().flat_map(|f| f.matches);
    let id = visits
        .next()
        .and_then(|visit| visit.id().map(str::to_owned));
    Ok(id.map(|id| reference(["Encounter/", &id].concat())))
}

/// Saves over a draft; the new version, or none when somebody else was faster.
async fn keep(
    staff: &Staff,
    ask: &Ask,
    text: &Note,
    there: Option<&(Value, u64)>,
    state: State,
) -> Result<Option<u64>, PageFault> {
    let Some(author) = signer(ask)? else {
        return Err(PageFault::Missing);
    };
    let now = staff.store().now().to_fhir();
    let visit = visit(staff, ask, there.map(|(draft, _)| draft)).await?;
    let written = Written {
        patient: ask.of_patient()?,
        author: &author,
        at: &now,
        visit: visit.as_ref(),
    };
    let document = checked(text.document(&written, state))?;
    let mut tx = begin(staff, ask)?;
    let id = ask.param("note");
    let before = there.map(|(_, version)| *version);
    let stored = match (state, before) {
        (State::Signed, before) => tx.sign(id, document, before).await,
        (State::Draft, None) => tx.create(id, document),
        (State::Draft, before) => tx.update(id, document, before).await,
    };
    let saved = match stored {
        Ok(stored) => tx.commit().await.map(|()| stored.version),
        Err(error) => Err(error),
    };
    match saved {
        Ok(version) => Ok(Some(version)),
        Err(WriteError::VersionMismatch { .. } | WriteError::Stale) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

/// `POST /patients/{patient}/notes/{note}/draft`: what the script sends while the author writes. Answers with the new
/// version, or 409 when somebody else was faster.
pub(crate) async fn autosave(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    ask.of_patient()?;
    let fields = ask.fields(&takes())?;
    let text = typed(&fields);
    let version: u64 = fields.one("version").parse().unwrap_or_default();
    // A draft of somebody else is none of this author's.
    let there = match version {
        0 => None,
        _ => Some(draft(&staff, &ask).await?.ok_or(PageFault::Missing)?),
    };
    let shown: u64 = there.as_ref().map_or(0, |(_, version)| *version);
    if too_long(&text).is_some() {
        return Ok(Reply::other(StatusCode::PAYLOAD_TOO_LARGE.into_response()));
    }
    let saved = match shown == version {
        true => keep(&staff, &ask, &text, there.as_ref(), State::Draft).await?,
        false => None,
    };
    let answer = match saved {
        Some(version) => version.to_string().into_response(),
        None => StatusCode::CONFLICT.into_response(),
    };
    Ok(Reply::other(answer))
}

fn too_long(text: &Note) -> Option<&'static str> {
    let parts = FIELDS.into_iter().zip(&text.parts);
    parts
        .into_iter()
        .find(|(_, part)| part.chars().count() > LONGEST)
        .map(|(name, _)| name)
}

/// `POST /patients/{patient}/notes/{note}/edit`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    ask.of_patient()?;
    let fields = ask.fields(&takes())?;
    let version: u64 = fields.one("version").parse().unwrap_or_default();
    let there = draft(&staff, &ask).await?;
    let note = ask.param("note").to_owned();
    let text = typed(&fields);
    let errors = wrong(&text);
    if !errors.is_empty() || author(&ask)? == Author::Unknown {
        let mut page = page(&staff, &ask, note, (version, text)).await?;
        page.errors = errors;
        return Ok(Reply::wrong(&ask, &page));
    }
    let target = match fields.one("act") {
        "sign" => State::Signed,
        _ => State::Draft,
    };
    let current = there.as_ref().map_or(0, |(_, version)| *version);
    let saved = if current == version {
        keep(&staff, &ask, &text, there.as_ref(), target).await?
    } else {
        None
    };
    let base = [&path(ask.of_patient()?), "/notes/", &note].concat();
    match (saved, target) {
        (Some(_), State::Signed) => Ok(Reply::to_path(&base)),
        (Some(_), State::Draft) => Ok(Reply::to_path(&[&base, "/edit"].concat())),
        (None, _) => {
            let now = draft(&staff, &ask).await?;
            let version = now.as_ref().map_or(0, |(_, version)| *version);
            let mut page = page(&staff, &ask, note, (version, text)).await?;
            page.theirs = now.map(|(document, _)| Note::of(&document));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// What is wrong with what was written.
fn wrong(text: &Note) -> Errors {
    let mut errors = Errors::none();
    if text.is_empty() {
        errors.add("subjective", "Write something in at least one part");
    }
    if let Some(name) = too_long(text) {
        errors.add(name, "At most 20,000 letters in a part");
    }
    if text.title.chars().count() > 200 {
        errors.add("title", "At most 200 letters");
    }
    errors
}

impl Write {
    /// What a new note can begin with.
    fn begin(&self) -> Markup {
        let to = [&path(self.top.id()), "/notes/new"].concat();
        html! {
            @if !self.templates.is_empty() {
                p.row.no-print { span.soft { "Begin with:" }
                    @for one in &self.templates {
                        (Link::secondary(one.title.clone(), Local::with(&to, &[("template", &one.key)]).as_str()).small())
                    }
                }
            }
        }
    }
}

impl View for Write {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let base = [&path(id), "/notes/", &self.note].concat();
        let parts = PARTS.into_iter().zip(FIELDS).zip(&self.text.parts);
        let fields = html! {
            (self.errors)
            (Field::text("title", "What the visit was about").value(&self.text.title).errors(&self.errors).longest(200).optional())
            @for (((_, _, label), name), text) in parts {
                (Field::area(name, label).value(text).errors(&self.errors).optional())
            }
            p.draft-state.soft role="status" {}
            div.buttons {
                (Button::primary("Sign").says("act", "sign"))
                (Button::secondary("Save the draft").says("act", "draft"))
                (Link::quiet("To the chart", path(id)))
            }
            p.soft.small { "Signing puts your own signature under the note: from then on it stays as it is, and what comes later is an addendum." }
        };
        let form = Form::post(csrf, [&base, "/edit"].concat(), fields)
            .of_patient(id)
            .keep("version", self.version.to_string())
            .draft([&base, "/draft"].concat());
        let body = match self.author {
            Author::Known => html! {
                div.beside {
                    div.panel {
                        (self.begin())
                        div.card { (form) }
                        @if let Some(theirs) = &self.theirs {
                            section.card {
                                h2 { "What the draft says now" }
                                @for ((_, _, label), text) in PARTS.into_iter().zip(&theirs.parts) {
                                    @if !text.is_empty() { h3 { (maud::words(label)) } p.note-text { (text) } }
                                }
                            }
                        }
                    }
                    section aria-label="The chart" { (self.beside) }
                }
            },
            Author::Unknown => html! {
                (Empty::new("You cannot sign a note", "Your account is not joined to a practitioner of the record; an administrator can do that."))
            },
        };
        let page = self
            .top
            .form(csrf, "Write a note", body)
            .layout(Layout::Wide);
        if self.theirs.is_none() {
            return page;
        }
        let told = Banner::new(Tone::Warning, "The draft was changed elsewhere while you were writing")
            .body(html! { p { "What you typed is below and not saved yet; what the draft says now is under it. Join them, then save." } });
        page.notice(told)
    }

    fn samples() -> Vec<Self> {
        let text = Note {
            title: "Cough".into(),
            parts: [
                "Dry cough for three days".into(),
                String::new(),
                String::new(),
                "Rest".into(),
            ],
        };
        let sample = |theirs, errors, author| Self {
            top: Top::sample(),
            beside: Beside::default(),
            templates: Template::all_own().collect(),
            note: "n1".into(),
            version: 2,
            text: text.clone(),
            theirs,
            errors,
            author,
        };
        vec![
            sample(None, Errors::none(), Author::Known),
            sample(Some(text.clone()), Errors::none(), Author::Known),
            sample(
                None,
                Errors::one("subjective", "Write something in at least one part"),
                Author::Known,
            ),
            sample(None, Errors::none(), Author::Unknown),
        ]
    }
}
