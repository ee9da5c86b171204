//! `/patients/{patient}/notes/{note}`: a note with its addenda; and `…/addendum`: adding one to a signed note.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_store::NoteSignature;
use aceso_web::page::{
    Banner, Button, Csrf, Errors, Field, Form, Layout, Link, Page, Tag, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, Render, html};

use super::amend::{self, Amendments};
use super::path;
use super::record::{Found, Wanted};
use super::save::{Saved, begin, checked, commit, form_id, may, refused, signer};
use super::top::{Top, open};
use crate::Staff;
use crate::chart::amendment;
use crate::chart::note::{State, Written, addendum, section_text, state};
use crate::words::{clock, fhir_day};

/// A note, or an addendum, as it is read.
struct Text {
    title: String,
    by: String,
    when: String,
    parts: Vec<(String, String)>,
    state: State,
    signature: NoteSignature,
}

/// The page.
pub(crate) struct ShowNote {
    top: Top,
    note: String,
    text: Text,
    addenda: Vec<Text>,
    writer: Writer,
    pub(super) form: String,
    typed: String,
    errors: Errors,
    pub(super) amendments: Amendments,
}

/// What the reader may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// Go on with their own draft.
    Author,
    /// Add to what is signed.
    Adds,
    /// Nothing.
    Reads,
}

impl Text {
    async fn of(staff: &Staff, document: &Value, found: &Found) -> Result<Self, PageFault> {
        let signature = staff.store().note_signature(document).await;
        let by = document
            .items_at("author")
            .iter()
            .find_map(|a| found.name(Some(a)));
        let when = document.str_at("date").unwrap_or_default();
        let parts = document.items_at("section").iter().map(|section| {
            let title = section.str_at("title").unwrap_or_default().to_owned();
            (title, section_text(section))
        });
        Ok(Self {
            title: document
                .str_at("title")
                .map_or_else(|| crate::words::known("Note"), str::to_owned),
            by: by.unwrap_or_else(|| crate::words::say("an author you cannot see", &[])),
            when: format!("{} {}", fhir_day(when), clock(when))
                .trim()
                .to_owned(),
            parts: parts.filter(|(_, text)| !text.is_empty()).collect(),
            state: state(document),
            signature: signature.map_err(PageFault::hidden)?,
        })
    }

    /// How it stands, in a word.
    fn tag(&self) -> Tag {
        match (&self.signature, self.state) {
            (NoteSignature::Valid { .. }, _) => Tag::new(Tone::Good, "signature valid"),
            (NoteSignature::Broken(_), _) => Tag::new(Tone::Danger, "signature does not match"),
            (NoteSignature::Unsigned, State::Draft) => Tag::new(Tone::Info, "draft"),
            (NoteSignature::Unsigned, State::Signed) => Tag::plain("final, not signed here"),
        }
    }

    /// Who signed when with which key; or why the signature is not to be trusted.
    fn proof(&self) -> Markup {
        match &self.signature {
            NoteSignature::Unsigned => Markup::default(),
            NoteSignature::Valid { when, key, .. } => html! {
                p.soft.small {
                    "Signed " (fhir_day(when)) " " (clock(when)) " with the key "
                    span.mono { (key.get(..12).unwrap_or(key)) "…" }
                    ": not a letter was changed since."
                }
            },
            NoteSignature::Broken(why) => Banner::new(Tone::Danger, "Do not rely on this note")
                .body(html! { p { "Its signature does not match: " (crate::words::known(why)) ". Tell the security officer." } })
                .render(),
        }
    }

    fn show(&self) -> Markup {
        html! {
            @for (title, text) in &self.parts { h3 { (crate::words::known(title)) } p.note-text { (text) } }
            p.soft.small { (self.by) ", " (self.when) }
            (self.proof())
        }
    }
}

/// The note of the address.
pub(super) async fn page(staff: &Staff, ask: &Ask) -> Result<ShowNote, PageFault> {
    let wanted = Wanted::new("Composition")
        .with("_sort", "-date")
        .with("_include", "Composition:author")
        .most(200);
    let requests = Wanted::new("Communication")
        .with("category", [amendment::SYSTEM, "|"].concat())
        .with("_sort", "sent")
        .most(100);
    let mut opened = open(staff, ask, vec![wanted, requests]).await?;
    let found = opened.take().unwrap_or_default();
    let messages = opened.take().unwrap_or_default().matches;
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
    let mut addenda = Vec::new();
    // The oldest first, as one reads.
    for addendum in found.matches.iter().rev().filter(appends) {
        addenda.push(Text::of(staff, addendum, &found).await?);
    }
    let writer = match (state, writes) {
        (State::Draft, true) if mine => Writer::Author,
        (State::Signed, true) => Writer::Adds,
        (State::Draft | State::Signed, _) => Writer::Reads,
    };
    let (asks, answers) = match state {
        State::Signed => amend::rights(staff, ask, writer)?,
        State::Draft => (false, false),
    };
    Ok(ShowNote {
        note: note.to_owned(),
        amendments: Amendments {
            asked: amendment::about(note, &messages),
            asks,
            answers,
            ..Amendments::default()
        },
        text: Text::of(staff, document, &found).await?,
        addenda,
        writer,
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
        visit: None,
    };
    let mut tx = begin(&staff, &ask)?;
    let document = checked(addendum(&written, &page.note, &page.typed))?;
    tx.sign(&page.form, document, None).await.map_err(refused)?;
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
        let fields = html! {
            (self.errors)
            (Field::area("addendum", "Addendum").value(&self.typed).errors(&self.errors))
            div.buttons { (Button::secondary("Sign the addendum")) }
        };
        let body = html! {
            section.card.compact { p { (self.text.tag()) } (self.text.show()) }
            @for addendum in &self.addenda { section.card.compact { h2 { "Addendum" } p { (addendum.tag()) } (addendum.show()) } }
            @match self.writer {
                Writer::Adds => div.card.no-print {
                    (Form::post(csrf, [&base, "/addendum"].concat(), fields).of_patient(id).keep("form", &self.form))
                },
                Writer::Author | Writer::Reads => {}
            }
            (self.amendments.show(csrf, (id, &base), &self.form))
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
        let text = |state, signature| Text {
            title: "Cough".into(),
            by: "Dr. Doc".into(),
            when: "4 Mar 2026 12:00".into(),
            parts: vec![("Subjective".into(), "Dry cough".into())],
            state,
            signature,
        };
        let valid = || NoteSignature::Valid {
            who: "Practitioner/doc".into(),
            when: "2026-03-04T12:00:00.000Z".into(),
            key: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".into(),
        };
        use crate::chart::amendment::{Asked, Step};
        let asked = |id: &str, answer: Option<Step>| Asked {
            id: id.into(),
            text: "It was the left arm".into(),
            at: "2026-03-04T12:00:00Z".into(),
            answer: answer.map(|step| (step, "It was the right one".into(), "2026-03-05".into())),
        };
        let broken = NoteSignature::Broken("it is not what its author signed");
        let sample = |state, signature, writer, errors| Self {
            top: Top::sample(),
            note: "n1".into(),
            text: text(state, signature),
            addenda: vec![text(State::Signed, valid())],
            writer,
            form: "f1".into(),
            typed: String::new(),
            errors,
            amendments: Amendments {
                asked: vec![asked("r1", Some(Step::Denied)), asked("r2", None)],
                asks: writer == Writer::Adds,
                answers: writer == Writer::Adds,
                ..Amendments::default()
            },
        };
        vec![
            sample(
                State::Signed,
                valid(),
                Writer::Adds,
                Errors::one("addendum", "Write the addendum, at most 20,000 letters"),
            ),
            sample(
                State::Draft,
                NoteSignature::Unsigned,
                Writer::Author,
                Errors::none(),
            ),
            sample(State::Signed, broken, Writer::Reads, Errors::none()),
        ]
    }
}
