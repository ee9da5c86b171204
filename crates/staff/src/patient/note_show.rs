//! `/patients/{patient}/notes/{note}`: a note with its addenda; and `…/addendum`: adding one to a signed note.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Link, Page, Tag, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::path;
use super::record::{Found, Wanted};
use super::save::{Saved, add, begin, commit, form_id, may, signer};
use super::top::{Top, open};
use crate::Staff;
use crate::chart::note::{State, Written, addendum, section_text, state};
use crate::words::{clock, fhir_day};

/// A note, or an addendum, as it is read.
struct Text {
    title: String,
    by: String,
    when: String,
    parts: Vec<(String, String)>,
}

/// The page.
pub(crate) struct ShowNote {
    top: Top,
    note: String,
    text: Text,
    state: State,
    addenda: Vec<Text>,
    writer: Writer,
    form: String,
    typed: String,
    errors: Errors,
}

/// What the reader may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    /// Go on with their own draft.
    Author,
    /// Add to what is signed.
    Adds,
    /// Nothing.
    Reads,
}

impl Text {
    fn of(document: &Value, found: &Found) -> Self {
        let by = document
            .items_at("author")
            .iter()
            .find_map(|a| found.name(Some(a)));
        let when = document.str_at("date").unwrap_or_default();
        let parts = document.items_at("section").iter().map(|section| {
            let title = section.str_at("title").unwrap_or_default().to_owned();
            (title, section_text(section))
        });
        Self {
            title: document.str_at("title").unwrap_or("Note").to_owned(),
            by: by.unwrap_or_else(|| "an author you cannot see".to_owned()),
            when: format!("{} {}", fhir_day(when), clock(when))
                .trim()
                .to_owned(),
            parts: parts.filter(|(_, text)| !text.is_empty()).collect(),
        }
    }

    fn show(&self) -> Markup {
        html! {
            @for (title, text) in &self.parts { h3 { (title) } p.note-text { (text) } }
            p.soft.small { (self.by) ", " (self.when) " UTC" }
        }
    }
}

async fn page(staff: &Staff, ask: &Ask) -> Result<ShowNote, PageFault> {
    let wanted = Wanted::new("Composition")
        .with("_sort", "-date")
        .with("_include", "Composition:author")
        .most(200);
    let mut opened = open(staff, ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    let note = ask.param("note");
    let document = found
        .matches
        .iter()
        .find(|d| d.id() == Some(note))
        .ok_or(PageFault::Missing)?;
    let appends = |d: &&Value| {
        let target = ["Composition/", note].concat();
        d.items_at("relatesTo").iter().any(|r| {
            r.get("targetReference").and_then(|t| t.str_at("reference")) == Some(target.as_str())
        })
    };
    let mine = signer(ask)?.is_some_and(|me| document.items_at("author").contains(&me));
    let writes = may(staff, ask, Action::Create, "Composition")? && signer(ask)?.is_some();
    let state = state(document);
    Ok(ShowNote {
        note: note.to_owned(),
        text: Text::of(document, &found),
        state,
        // The oldest first, as one reads.
        addenda: found
            .matches
            .iter()
            .rev()
            .filter(appends)
            .map(|d| Text::of(d, &found))
            .collect(),
        writer: match (state, writes) {
            (State::Draft, true) if mine => Writer::Author,
            (State::Signed, true) => Writer::Adds,
            (State::Draft | State::Signed, _) => Writer::Reads,
        },
        form: staff.store().new_id(),
        typed: String::new(),
        errors: Errors::none(),
        top: opened.top,
    })
}

/// `GET /patients/{patient}/notes/{note}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /patients/{patient}/notes/{note}/addendum`
pub(crate) async fn append(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&[Take::One("addendum"), Take::One("form")])?;
    let mut page = page(&staff, &ask).await?;
    let Some(author) = signer(&ask)?.filter(|_| page.writer == Writer::Adds) else {
        return Err(PageFault::Missing);
    };
    page.form = form_id(&staff, fields.one("form"));
    page.typed = fields.trimmed("addendum").replace("\r\n", "\n");
    if page.typed.is_empty() || page.typed.chars().count() > 20_000 {
        page.errors
            .add("addendum", "Write the addendum, at most 20,000 letters");
        return Ok(Reply::wrong(&ask, &page));
    }
    let now = staff.store().now().to_fhir();
    let written = Written {
        patient: ask.of_patient()?,
        author: &author,
        at: &now,
    };
    let mut tx = begin(&staff, &ask)?;
    add(
        &staff,
        &mut tx,
        &page.form,
        vec![addendum(&written, &page.note, &page.typed)],
    )?;
    match commit(&staff, &ask, tx, ("Composition", &page.form)).await? {
        Saved::Done => {
            let to = [&path(ask.of_patient()?), "/notes/", &page.note].concat();
            Ok(Reply::to(Local::with(&to, &[])))
        }
        Saved::Overtaken => {
            page.errors
                .add("addendum", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl View for ShowNote {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let base = [&path(id), "/notes/", &self.note].concat();
        let tag = match self.state {
            State::Draft => Tag::new(Tone::Info, "draft"),
            State::Signed => Tag::new(Tone::Good, "signed"),
        };
        let fields = html! {
            (self.errors)
            (Field::area("addendum", "Addendum").value(&self.typed).errors(&self.errors))
            div.buttons { (Button::secondary("Sign the addendum")) }
        };
        let body = html! {
            section.card.compact { p { (tag) } (self.text.show()) }
            @for addendum in &self.addenda { section.card.compact { h2 { "Addendum" } (addendum.show()) } }
            @match self.writer {
                Writer::Adds => div.card.no-print {
                    (Form::post(csrf, [&base, "/addendum"].concat(), fields).of_patient(id).keep("form", &self.form))
                },
                Writer::Author | Writer::Reads => {}
            }
        };
        let page = self
            .top
            .form(csrf, &self.text.title, body)
            .layout(Layout::Column);
        match self.writer {
            Writer::Author => page.acts(
                html! { (Link::primary("Go on writing", [&base, "/edit"].concat()).small()) },
            ),
            Writer::Adds | Writer::Reads => page,
        }
    }

    fn samples() -> Vec<Self> {
        let text = || Text {
            title: "Cough".into(),
            by: "Dr. Doc".into(),
            when: "4 Mar 2026 12:00".into(),
            parts: vec![("Subjective".into(), "Dry cough".into())],
        };
        let sample = |state, writer, errors| Self {
            top: Top::sample(),
            note: "n1".into(),
            text: text(),
            state,
            addenda: vec![text()],
            writer,
            form: "f1".into(),
            typed: String::new(),
            errors,
        };
        vec![
            sample(
                State::Signed,
                Writer::Adds,
                Errors::one("addendum", "Write the addendum"),
            ),
            sample(State::Draft, Writer::Author, Errors::none()),
            sample(State::Signed, Writer::Reads, Errors::none()),
        ]
    }
}
