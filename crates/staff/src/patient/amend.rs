//! `/patients/{patient}/notes/{note}/amend`: a patient asks that a note be amended, themselves or through somebody of the
//! clinic; and `…/amend/{request}`: the clinic answers, with the reason.

use aceso_policy::{Caller, Job};
use aceso_web::page::{Banner, Button, Card, Choice, Csrf, Errors, Field, Form, Select, Tag, Tone};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, Render, html};

use super::note_show::{Writer, page};
use super::path;
use super::save::{Saved, add, begin, commit, form_id, may_add, signer};
use crate::Staff;
use crate::chart::amendment::{Asked, DAYS, Said, Step, message};
use crate::words::{fhir_day, field_day, read_day};

/// The part of a note's page that tells what the patient asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Amendments {
    pub(crate) asked: Vec<Asked>,
    /// The reader may ask, or write down what the patient asked.
    pub(crate) asks: bool,
    /// The reader may answer.
    pub(crate) answers: bool,
    /// What was typed, and what is wrong with it; of which request, where it was an answer.
    pub(crate) typed: String,
    pub(crate) of: String,
    pub(crate) errors: Errors,
}

fn fine(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 5000
}

/// `POST /patients/{patient}/notes/{note}/amend`
pub(crate) async fn ask(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["form", "request"].map(Take::One))?;
    let mut page = page(&staff, &ask).await?;
    let Some(sender) = signer(&ask)?.filter(|_| page.amendments.asks) else {
        return Err(PageFault::Missing);
    };
    page.form = form_id(&staff, fields.one("form"));
    let text = fields.trimmed("request").replace("\r\n", "\n");
    if !fine(&text) {
        page.amendments.typed = text;
        page.amendments.errors.add(
            "request",
            "Say what is wrong and what is right, at most 5000 letters",
        );
        return Ok(Reply::wrong(&ask, &page));
    }
    let said = Said {
        patient: ask.of_patient()?,
        note: ask.param("note"),
        sender,
        at: &staff.store().now().to_fhir(),
        text: &text,
    };
    let document = message(&said, Step::Request, None);
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    let saved = commit(&staff, &ask, tx, ("Communication", &page.form)).await?;
    done(&ask, saved)
}

fn done(ask: &Ask, saved: Saved) -> Outcome {
    match saved {
        Saved::Done => {
            let to = [&path(ask.of_patient()?), "/notes/", ask.param("note")].concat();
            Ok(Reply::to(Local::with(&to, &[])))
        }
        Saved::Overtaken => Err(PageFault::Refused(
            "It was not saved: go back and send it once more".to_owned(),
        )),
    }
}

/// `POST /patients/{patient}/notes/{note}/amend/{request}`
pub(crate) async fn answer(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["form", "answer", "why"].map(Take::One))?;
    let mut page = page(&staff, &ask).await?;
    let request = ask.param("request").to_owned();
    let open = |a: &&Asked| a.id == request && a.answer.is_none();
    let there = page.amendments.asked.iter().any(|a| open(&a));
    let Some(sender) = signer(&ask)?.filter(|_| page.amendments.answers && there) else {
        return Err(PageFault::Missing);
    };
    let step = match fields.one("answer") {
        "accepted" => Some(Step::Accepted),
        "denied" => Some(Step::Denied),
        _ => None,
    };
    let why = fields.trimmed("why").replace("\r\n", "\n");
    if step.is_none() {
        page.amendments.errors.add("answer", "Choose one");
    }
    if !fine(&why) {
        page.amendments
            .errors
            .add("why", "Say why, at most 5000 letters: the patient reads it");
    }
    let Some(step) = step.filter(|_| page.amendments.errors.is_empty()) else {
        page.amendments.of = request;
        page.amendments.typed = why;
        return Ok(Reply::wrong(&ask, &page));
    };
    let said = Said {
        patient: ask.of_patient()?,
        note: ask.param("note"),
        sender,
        at: &staff.store().now().to_fhir(),
        text: &why,
    };
    let document = message(&said, step, Some(&request));
    let id = form_id(&staff, fields.one("form"));
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &id, vec![document])?;
    if step == Step::Accepted {
        // Whoever received what was wrong hears of it (GDPR, Article 19).
        tx.corrects(ask.of_patient()?, &["Communication/", &id].concat());
    }
    let saved = commit(&staff, &ask, tx, ("Communication", &id)).await?;
    if let (Saved::Done, Step::Accepted) = (&saved, step) {
        let itself = Caller::job(Job::Remind);
        if let Err(error) = staff.store().tell_of_corrections(&itself).await {
            tracing::warn!(%error, "whom to tell of a correction is looked up with the next reminders");
        }
    }
    done(&ask, saved)
}

/// Whether the reader may ask and answer: the patient asks, and whoever writes notes answers.
pub(super) fn rights(staff: &Staff, ask: &Ask, writer: Writer) -> Result<(bool, bool), PageFault> {
    let known = signer(ask)?.is_some();
    let asks = known && may_add(staff, ask, "Communication")? && writer != Writer::Author;
    Ok((asks, asks && writer == Writer::Adds))
}

impl Amendments {
    /// The card under a signed note; nothing where nothing was asked and the reader may not ask.
    pub(crate) fn show(&self, csrf: &Csrf, (patient, base): (&str, &str), form: &str) -> Markup {
        if self.asked.is_empty() && !self.asks {
            return Markup::default();
        }
        let mine = self.of.is_empty();
        let errors = if mine {
            self.errors.clone()
        } else {
            Errors::none()
        };
        let fields = html! {
            (Field::area("request", "What is wrong, and what is right").value(if mine { self.typed.as_str() } else { "" }).errors(&errors))
            div.buttons { (Button::secondary("Ask that it be amended")) }
        };
        let ask = Form::post(csrf, [base, "/amend"].concat(), fields)
            .of_patient(patient)
            .keep("form", form);
        // One after the other is answered, the oldest first; or that whose answer has to be mended.
        let fits = |a: &&Asked| a.answer.is_none() && (mine || a.id == self.of);
        let next = self.asked.iter().find(fits);
        let next = next.filter(|_| self.answers).map(|a| a.id.as_str());
        let body = html! {
            @for asked in &self.asked {
                (one(asked))
                @if next == Some(asked.id.as_str()) { (self.answering(csrf, (patient, base), asked, form)) }
            }
            @if self.asks {
                details.no-print open[!errors.is_empty()] { summary { "The patient asks that this note be amended" } (ask) }
            }
        };
        Card::new("Requests of the patient", body).render()
    }

    fn answering(
        &self,
        csrf: &Csrf,
        (patient, base): (&str, &str),
        asked: &Asked,
        form: &str,
    ) -> Markup {
        let mine = self.of == asked.id;
        let errors = if mine {
            self.errors.clone()
        } else {
            Errors::none()
        };
        let choices = vec![
            Choice::new("", "Choose"),
            Choice::new("accepted", "Accept: an addendum follows"),
            Choice::new("denied", "Deny: the note is accurate and complete"),
        ];
        let fields = html! {
            (Select::new("answer", "Answer", choices).errors(&errors))
            (Field::text("why", "Why").value(if mine { self.typed.as_str() } else { "" }).errors(&errors).longest(5000))
            div.buttons { (Button::secondary("Answer")) }
        };
        let to = [base, "/amend/", &asked.id].concat();
        html! {
            @if !errors.is_empty() { (Banner::new(Tone::Danger, "Nothing is saved yet")) }
            (Form::post(csrf, to, fields).of_patient(patient).keep("form", form))
        }
    }
}

/// A request as it stands.
fn one(asked: &Asked) -> Markup {
    let due = asked.at.get(..10).and_then(read_day);
    let due = due.map(|day| fhir_day(&field_day(day.plus_millis(DAYS * 86_400_000))));
    html! {
        p.note-text { (asked.text) }
        @match &asked.answer {
            Some((step, why, at)) => {
                p {
                    @match step {
                        Step::Denied => (Tag::new(Tone::Warning, "denied")),
                        Step::Accepted | Step::Request => (Tag::new(Tone::Good, "accepted")),
                    }
                    " " (fhir_day(at)) ": " (why)
                }
                @if *step == Step::Denied {
                    p.soft.small { "The patient may answer with a statement of disagreement, which is kept with the note, and may complain to the clinic or the authority (45 CFR 164.526)." }
                }
            }
            None => {
                p { (Tag::new(Tone::Info, "open")) " Asked " (fhir_day(&asked.at)) @if let Some(due) = &due { ", to be answered by " (due) } "." }
            }
        }
    }
}
