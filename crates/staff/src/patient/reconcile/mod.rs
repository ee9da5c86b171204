//! `/patients/{patient}/reconcile`: what the record says that the patient takes, and must not be given, held against what the
//! patient says. Each line is answered; all answers are signed as one act, which is kept as a List of what changed.

mod answer;
mod line;

use aceso_fhir::{Object, Value};
use aceso_policy::Action;
use aceso_store::WriteError;
use aceso_web::page::{Button, Csrf, Empty, Errors, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use self::answer::{Added, Answer};
use self::line::{Line, Of};
use super::path;
use super::record::Wanted;
use super::safety::Against;
use super::save::{begin, checked, form_id, may, may_add, refused, signer};
use super::sheet::Writing;
use super::top::{Top, open};
use crate::Staff;
use crate::chart::entry::{is_active, is_mistake};
use crate::chart::write::{SNOMED, coded, coding, of_hl7, reference, resource, words};

/// SNOMED CT: medication reconciliation.
pub(crate) const CODE: &str = "430193006";
/// The page's address under a patient's.
pub(crate) const PAGE: &str = "/reconcile";
/// So many drugs can be added at a time.
const ADDED: usize = 3;

/// The page.
pub(crate) struct Reconcile {
    top: Top,
    form: String,
    lines: Vec<Line>,
    added: [Added; ADDED],
    errors: Errors,
    /// Whether the reader is somebody in the record: whoever signs must be.
    known: Signs,
}

/// Whether the reader can sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signs {
    Yes,
    No,
}

fn wanted() -> Vec<Wanted> {
    vec![Wanted::prescribed(100), Wanted::taken(100)]
}

/// Whether the reader goes through the medication with patients: whoever may not write down what they say does not.
pub(crate) fn offered(staff: &Staff, ask: &Ask) -> Result<bool, PageFault> {
    Ok(may_add(staff, ask, "MedicationStatement")? && may_add(staff, ask, "List")?)
}

async fn page(staff: &Staff, ask: &Ask) -> Result<(Reconcile, Against), PageFault> {
    if !offered(staff, ask)? {
        return Err(PageFault::Missing);
    }
    let mut opened = open(staff, ask, wanted()).await?;
    let (ordered, stated) = (
        opened.take().unwrap_or_default(),
        opened.take().unwrap_or_default(),
    );
    let against = Against::holding(&[&ordered, &stated], &opened.allergies);
    let writes = |of: Of| may(staff, ask, Action::Update, of.kind());
    let mut lines = Vec::new();
    for (of, found) in [(Of::Order, &ordered), (Of::Statement, &stated)] {
        let may = writes(of)?;
        let real = found.matches.iter().filter(|d| !is_mistake(d));
        lines.extend(real.map(|d| Line::new(of, d, &found.along, may)));
    }
    let may = writes(Of::Allergy)?;
    let active = opened.allergies.iter().filter(|d| is_active(d));
    lines.extend(active.map(|d| Line::new(Of::Allergy, d, &[], may)));
    let page = Reconcile {
        form: staff.store().new_id(),
        lines,
        added: std::array::from_fn(|_| Added::default()),
        errors: Errors::none(),
        known: match signer(ask)? {
            Some(_) => Signs::Yes,
            None => Signs::No,
        },
        top: opened.top,
    };
    Ok((page, against))
}

/// `GET /patients/{patient}/reconcile`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (page, _) = page(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/reconcile`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let (mut page, against) = page(&staff, &ask).await?;
    let mut takes = Added::takes();
    takes.push(Take::One("form"));
    let fields = ask.fields_and(&takes, &Line::is_field)?;
    if page.known == Signs::No {
        return Err(PageFault::Missing);
    }
    page.form = form_id(&staff, fields.one("form"));
    page.read(&fields, &against);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let writing = Writing::at(&staff, &ask)?;
    match page.sign(&staff, &ask, &writing).await? {
        Ok(()) => {
            let to = [&path(ask.of_patient()?), "/medications"].concat();
            Ok(Reply::to_path(&to))
        }
        Err(Overtaken) => {
            page.errors.add("first", CHANGED);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// Somebody else changed one of the lines.
struct Overtaken;

const CHANGED: &str = "The record was changed in the meantime: look at every line again, then sign";

impl Reconcile {
    /// Takes in what was sent.
    fn read(&mut self, fields: &Fields, against: &Against) {
        for line in &mut self.lines {
            line.read(fields, &mut self.errors);
        }
        // What was answered is what was shown: a line more, or another version, asks anew.
        let shown = fields.all().filter(|(name, _)| Line::is_version(name));
        if shown.count() != self.lines.len() || !self.lines.iter().all(|l| l.is_as_shown(fields)) {
            self.errors.add("first", CHANGED);
        }
        self.added = Added::typed(fields);
        for added in &self.added {
            added.check(against, &mut self.errors);
        }
    }

    /// All of it, or none.
    async fn sign(
        &self,
        staff: &Staff,
        ask: &Ask,
        writing: &Writing,
    ) -> Result<Result<(), Overtaken>, PageFault> {
        let mut tx = begin(staff, ask)?;
        let mut entries = Vec::new();
        for line in &self.lines {
            let mut of = line.reference();
            if let Some(turned) = line.turned(writing) {
                let done = tx.update(&line.id, checked(turned)?, Some(line.version));
                match done.await {
                    Ok(_) => {}
                    Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {
                        return Ok(Err(Overtaken));
                    }
                    Err(error) => return Err(refused(error)),
                }
            }
            if let Some(told) = line.told(writing) {
                let id = staff.store().new_id();
                tx.create(&id, checked(told)?).map_err(refused)?;
                of = ["MedicationStatement/", &id].concat();
            }
            entries.push(entry(&of, line.answer, &line.what));
        }
        for added in self.added.iter().filter(|a| !a.is_empty()) {
            let id = staff.store().new_id();
            let statement = checked(added.document(writing))?;
            tx.create(&id, statement).map_err(refused)?;
            let of = ["MedicationStatement/", &id].concat();
            entries.push(entry(&of, Some(Answer::Added), &added.drug));
        }
        let list = checked(list(writing, entries))?;
        tx.create(&self.form, list).map_err(refused)?;
        match tx.commit().await {
            Ok(()) => Ok(Ok(())),
            Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => Ok(Err(Overtaken)),
            Err(error) => Err(refused(error)),
        }
    }
}

/// An entry of the List that keeps the act.
fn entry(of: &str, answer: Option<Answer>, what: &str) -> Value {
    let mut item = reference(of);
    if let Some(item) = item.as_object_mut() {
        item.set("display", what);
    }
    let mut entry = Object::new();
    if let Some(answer) = answer {
        entry.set("flag", words(answer.flag()));
    }
    entry.set("item", item);
    Value::from(entry)
}

/// The act itself: who asked whom, when, and what came of each line.
fn list(writing: &Writing, entries: Vec<Value>) -> Object {
    let mut list = resource("List");
    list.set("status", "current");
    list.set("mode", "changes");
    list.set("title", "Medications and allergies gone through");
    let code = coding(SNOMED, CODE, "Medication reconciliation");
    list.set("code", coded(code, "Medication reconciliation"));
    list.set("subject", writing.subject.clone());
    list.set("date", writing.now.as_str());
    if let Some(signer) = &writing.signer {
        list.set("source", signer.clone());
    }
    match entries.is_empty() {
        true => list.set("emptyReason", of_hl7("list-empty-reason", "nilknown")),
        false => list.set("entry", entries),
    }
    list
}

impl View for Reconcile {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let back = [&path(id), "/medications"].concat();
        let group = |title: &'static str, of: &[Of]| -> Markup {
            let lines: Vec<&Line> = self.lines.iter().filter(|l| of.contains(&l.of)).collect();
            html! {
                @if !lines.is_empty() {
                    h2 { (maud::words(title)) }
                    @for line in lines { (line.fields(&self.errors)) }
                }
            }
        };
        let fields = html! {
            (self.errors)
            p id="f-first" { "Ask the patient about each line." }
            (group("Prescribed", &[Of::Order]))
            (group("As the patient told", &[Of::Statement]))
            h2 { "What else the patient takes" }
            @for (added, at) in self.added.iter().zip(1..) { (added.fields(at, &self.errors)) }
            (group("Allergies", &[Of::Allergy]))
            div.buttons { (Button::primary("Sign").of("all of it")) (Link::quiet("Cancel", &back)) }
            p.soft.small { "Signed as one act, and kept with your name: what changed, and what stayed as it was." }
        };
        let form = Form::post(csrf, [&path(id), PAGE].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        let body = match self.known {
            Signs::Yes => html! { div.card { (form) } },
            Signs::No => html! {
                (Empty::new("You cannot sign this", "Your account is not joined to a practitioner of the record; an administrator can do that."))
            },
        };
        self.top
            .form(csrf, "Go through medications and allergies", body)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |lines: Vec<Line>, known, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            lines,
            added: std::array::from_fn(|_| Added::default()),
            errors,
            known,
        };
        vec![
            sample(Line::samples(), Signs::Yes, Errors::none()),
            sample(Line::samples(), Signs::Yes, Errors::one("first", CHANGED)),
            sample(Vec::new(), Signs::No, Errors::none()),
        ]
    }
}
