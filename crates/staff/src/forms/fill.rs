//! `/patients/{patient}/forms/new/{form}` and `/patients/{patient}/forms/{response}/edit`: filling a form in. Drafts save
//! themselves; finishing puts the response, its scores and its warnings into the record in one transaction.

use std::sync::Arc;

use aceso_fhir::form::{Filled, Form as Asked, Head, Slot, Typed, fill};
use aceso_fhir::{Value, json};
use aceso_store::{Change, WriteError};
use aceso_web::page::{Banner, Button, Csrf, Errors, Form, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, Fields, FormProblem, Local, Outcome, PageFault, Reply, Take};
use axum::response::IntoResponse;
use http::{StatusCode, header};
use maud::html;

use super::complete::Finished;
use super::draw::{Drawn, parts};
use super::{catalog, path};
use crate::Staff;
use crate::find::document;
use crate::patient::record::patient;
use crate::patient::save::{begin, checked, form_id, must_add, refused, signer, subject};
use crate::patient::top::{Opened, Top, open};

const KIND: &str = "QuestionnaireResponse";
/// FHIR's words for how far a response is.
pub(super) const DRAFT: &str = "in-progress";
const DONE: &str = "completed";

/// The form with what is in it.
pub(crate) struct Fill {
    top: Top,
    form: Arc<Asked>,
    response: String,
    /// The version that the page continues; 0 before the first one.
    version: u64,
    typed: Typed,
    filled: Filled,
    errors: Errors,
    overtaken: Overtaken,
}

/// Whether somebody, or the same person in another tab, saved the draft in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overtaken {
    No,
    Yes,
}

/// What was sent.
struct Sent {
    form: Arc<Asked>,
    version: u64,
    typed: Typed,
    act: String,
}

/// `GET /patients/{patient}/forms/new/{form}`
pub(crate) async fn show_new(staff: Staff, ask: Ask) -> Outcome {
    must_add(&staff, &ask, KIND)?;
    let form = catalog::begun(&staff, &ask, ask.param("form")).await?;
    let opened = open(&staff, &ask, Vec::new()).await?;
    let typed = form.begin(Some(&opened.patient), staff.store().now());
    let response = staff.store().new_id();
    let page = Fill::new(&staff, opened, form, response, 0, typed);
    Ok(Reply::page(&ask, &page))
}

/// `GET /patients/{patient}/forms/{response}/edit`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    must_add(&staff, &ask, KIND)?;
    let (document, version) = current(&staff, &ask).await?.ok_or(PageFault::Missing)?;
    if document.str_at("status") != Some(DRAFT) {
        return Ok(Reply::to_path(&place(&ask)?));
    }
    let canonical = document.str_at("questionnaire").unwrap_or_default();
    let form = catalog::version(&staff, &ask, canonical).await?;
    let opened = open(&staff, &ask, Vec::new()).await?;
    let typed = form.typed(&document);
    let response = ask.param("response").to_owned();
    let page = Fill::new(&staff, opened, form, response, version, typed);
    Ok(Reply::page(&ask, &page))
}

/// The response of the address as it stands, if it is about the patient of the address.
async fn current(staff: &Staff, ask: &Ask) -> Result<Option<(Value, u64)>, PageFault> {
    let mut tx = begin(staff, ask)?;
    let found = tx.current(KIND, ask.param("response")).await;
    let found = found.map_err(refused)?;
    let Some(stored) = found.filter(|s| s.change != Change::Deleted) else {
        return Ok(None);
    };
    // That it was looked at is on record, as every look is.
    tx.commit().await.map_err(refused)?;
    let document = document(&stored)?;
    match document.get("subject") == Some(&subject(ask)?) {
        true => Ok(Some((document, stored.version))),
        false => Err(PageFault::Missing),
    }
}

/// Where the response is shown.
fn place(ask: &Ask) -> Result<String, PageFault> {
    Ok([&path(ask.of_patient()?), "/", ask.param("response")].concat())
}

async fn sent(staff: &Staff, ask: &Ask) -> Result<Sent, PageFault> {
    must_add(staff, ask, KIND)?;
    ask.of_patient()?;
    let takes = ["questionnaire", "version", "act"].map(Take::One);
    // Which fields there are is known when the form is.
    let fields: Fields = ask.fields_and(&takes, &|name| name.starts_with(['a', 'n', 'x']))?;
    let form = catalog::version(staff, ask, fields.one("questionnaire")).await?;
    let fixed = ["questionnaire", "version", "act", "csrf", "patient"];
    let mut typed = Typed::default();
    for (name, value) in fields.all().filter(|(name, _)| !fixed.contains(name)) {
        if !Typed::is_field(&form, name) {
            return Err(FormProblem::Unknown.into());
        }
        typed.take(&form, name, value);
    }
    Ok(Sent {
        form,
        version: fields.one("version").parse().unwrap_or_default(),
        typed,
        act: fields.one("act").to_owned(),
    })
}

/// `POST /patients/{patient}/forms/{response}/part`: what the script asks while somebody fills the form in.
pub(crate) async fn part(staff: Staff, ask: Ask) -> Outcome {
    let sent = sent(&staff, &ask).await?;
    let (patient, _) = patient(&staff, &ask).await?;
    let filled = fill(&sent.form, &sent.typed, Some(&patient), staff.store().now());
    let mut text = Vec::new();
    json::write(&parts(&sent.form, &filled), &mut text);
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok(Reply::other((kind, text).into_response()))
}

/// `POST /patients/{patient}/forms/{response}/draft`: what the script sends while somebody fills the form in. Answers with
/// the new version, or 409 when somebody else was faster.
pub(crate) async fn autosave(staff: Staff, ask: Ask) -> Outcome {
    let sent = sent(&staff, &ask).await?;
    let (patient, _) = patient(&staff, &ask).await?;
    if !goes_on(&staff, &ask, &sent).await? {
        return Ok(Reply::other(StatusCode::CONFLICT.into_response()));
    }
    let filled = fill(&sent.form, &sent.typed, Some(&patient), staff.store().now());
    let answer = match keep(&staff, &ask, &sent, &filled, Aim::Draft).await? {
        Some(version) => version.to_string().into_response(),
        None => StatusCode::CONFLICT.into_response(),
    };
    Ok(Reply::other(answer))
}

/// Whether what was sent continues what is there: a new response, or the current version of a draft of the same form.
async fn goes_on(staff: &Staff, ask: &Ask, sent: &Sent) -> Result<bool, PageFault> {
    let response = ask.param("response");
    if sent.version == 0 {
        return match form_id(staff, response) == response {
            true => Ok(current(staff, ask).await?.is_none()),
            false => Err(PageFault::Missing),
        };
    }
    let (document, version) = current(staff, ask).await?.ok_or(PageFault::Missing)?;
    let same = document.str_at("questionnaire") == Some(&sent.form.canonical());
    Ok(same && version == sent.version && document.str_at("status") == Some(DRAFT))
}

/// What saving is for.
enum Aim<'w> {
    Draft,
    /// Finished; the warnings that are on the chart already.
    Done(&'w [String]),
}

/// Saves; the new version, or none when somebody else was faster.
async fn keep(
    staff: &Staff,
    ask: &Ask,
    sent: &Sent,
    filled: &Filled,
    aim: Aim<'_>,
) -> Result<Option<u64>, PageFault> {
    let at = staff.store().now().to_fhir();
    let (author, subject) = (signer(ask)?, subject(ask)?);
    let id = ask.param("response");
    let (status, more) = match aim {
        Aim::Draft => (DRAFT, Vec::new()),
        Aim::Done(warned) => {
            let finished = Finished {
                response: id,
                subject: &subject,
                author: author.as_ref(),
                at: &at,
            };
            (DONE, finished.documents(&sent.form, filled, warned))
        }
    };
    let head = Head {
        status,
        subject: subject.clone(),
        authored: &at,
        author: author.clone(),
    };
    let Value::Object(response) = filled.response(&sent.form, Some(&head)) else {
        return Err(PageFault::Missing);
    };
    let response = checked(response)?;
    let mut tx = begin(staff, ask)?;
    let stored = match sent.version {
        0 => tx.create(id, response),
        version => tx.update(id, response, Some(version)).await,
    };
    for document in more {
        let id = staff.store().new_id();
        tx.create(&id, checked(document)?).map_err(refused)?;
    }
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

/// `POST /patients/{patient}/forms/{response}/edit`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let mut sent = sent(&staff, &ask).await?;
    if let Some(counter) = sent.act.strip_prefix("more:") {
        sent.typed.more(&sent.form, counter);
    }
    let going = goes_on(&staff, &ask, &sent).await?;
    let opened = open(&staff, &ask, Vec::new()).await?;
    let warned = opened.top.banner.flags.clone();
    let (form, response) = (Arc::clone(&sent.form), ask.param("response").to_owned());
    let typed = sent.typed.clone();
    let mut page = Fill::new(&staff, opened, form, response, sent.version, typed);
    let aim = match sent.act.as_str() {
        "done" => Aim::Done(&warned),
        "draft" => Aim::Draft,
        // What is asked now is looked at again; nothing is saved.
        _ => return Ok(Reply::page(&ask, &page)),
    };
    page.check(&aim);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let finished = matches!(aim, Aim::Done(_));
    let saved = match going {
        true => keep(&staff, &ask, &sent, &page.filled, aim).await?,
        false => None,
    };
    let place = place(&ask)?;
    match saved {
        Some(_) if finished => Ok(Reply::to_path(&place)),
        Some(_) => Ok(Reply::to(Local::with(&[&place, "/edit"].concat(), &[]))),
        None => {
            let (document, version) = current(&staff, &ask).await?.ok_or(PageFault::Missing)?;
            if document.str_at("status") != Some(DRAFT) {
                // It was finished: by this very form sent twice, or by somebody else. What is there is shown.
                return Ok(Reply::to_path(&place));
            }
            page.version = version;
            page.overtaken = Overtaken::Yes;
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Fill {
    fn new(
        staff: &Staff,
        opened: Opened,
        form: Arc<Asked>,
        response: String,
        version: u64,
        typed: Typed,
    ) -> Self {
        let filled = fill(&form, &typed, Some(&opened.patient), staff.store().now());
        Self {
            top: opened.top,
            form,
            response,
            version,
            typed,
            filled,
            errors: Errors::none(),
            overtaken: Overtaken::No,
        }
    }

    /// Notes what is wrong; what is missing counts when the form is finished.
    fn check(&mut self, aim: &Aim<'_>) {
        let mut wrong: Vec<(&Slot, &str)> = self.filled.problems().collect();
        match aim {
            Aim::Draft => {}
            Aim::Done(_) => wrong.extend(self.filled.missing()),
        }
        wrong.sort_by_key(|(slot, _)| *slot);
        for (slot, why) in wrong {
            self.errors.add(&slot.name('a'), maud::recalled(why));
        }
    }

    /// Whether what is asked, or what is computed, depends on answers.
    fn changes(&self) -> bool {
        let mut items = self.form.items().iter();
        items.any(|i| i.is_computed() || !i.conditions.is_empty())
    }
}

impl View for Fill {
    fn page(&self, csrf: &Csrf) -> Page {
        let base = [&path(self.top.id()), "/", &self.response].concat();
        let drawn = Drawn {
            form: &self.form,
            typed: &self.typed,
            filled: &self.filled,
            errors: &self.errors,
        };
        let fields = html! {
            (self.errors)
            (drawn.all())
            p.draft-state.soft role="status" {}
            div.buttons {
                (Button::primary("Finish").says("act", "done"))
                (Button::secondary("Save the draft").says("act", "draft"))
                @if self.changes() { (Button::secondary("Continue").of("with the questions that follow from the answers").says("act", "look")) }
                (Link::quiet("Cancel", path(self.top.id())))
            }
            @if !self.form.copyright.is_empty() { p.soft.small { (self.form.copyright) } }
        };
        let mut form = Form::post(csrf, [&base, "/edit"].concat(), fields)
            .of_patient(self.top.id())
            .keep("questionnaire", self.form.canonical())
            .keep("version", self.version.to_string())
            .draft([&base, "/draft"].concat());
        if self.changes() {
            form = form.parts([&base, "/part"].concat());
        }
        let page = self
            .top
            .form(csrf, &self.form.title, html! { div.card { (form) } })
            .layout(Layout::Column);
        match self.overtaken {
            Overtaken::No => page,
            Overtaken::Yes => page.notice(
                Banner::new(Tone::Warning, "The draft was changed elsewhere while you were filling it in").body(html! {
                    p { "What you typed is below and not saved yet. Saving it takes the place of what the draft says now: " a href={ (base) } { "look at that first" } "." }
                }),
            ),
        }
    }

    fn samples() -> Vec<Self> {
        let all = super::shipped::all().iter();
        all.map(|shipped| {
            let form = Arc::clone(&shipped.form);
            let typed = Typed::default();
            let filled = fill(&form, &typed, None, aceso_base::Instant::from_millis(0));
            let mut page = Self {
                top: Top::sample(),
                form,
                response: "r1".into(),
                version: 0,
                typed,
                filled,
                errors: Errors::none(),
                overtaken: Overtaken::Yes,
            };
            page.check(&Aim::Done(&[]));
            page
        })
        .collect()
    }
}
