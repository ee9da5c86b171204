//! `/patients/{patient}/lists/{list}/{entry}`: one entry of a chart's list (a problem, an allergy, a drug): what it says,
//! and what becomes of it. Nothing is ever deleted: an entry ends, goes on, or is marked as a mistake, with the reason.

use aceso_fhir::{Object, Value};
use aceso_web::page::{
    Button, Choice, Csrf, Entries, Entry, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::save::{Saved, change, held, signer};
use super::top::{Top, open};
use crate::Staff;
use crate::chart::entry::{allergy, condition, is_active, is_mistake, medication};
use crate::chart::story::is_current;
use crate::chart::write::{of_hl7, one, words};
use crate::words::field_day;

/// A list whose entries are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// The problem list.
    Problems,
    /// The allergies.
    Allergies,
    /// Prescriptions.
    Prescriptions,
    /// What the patient says they take.
    Statements,
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is over: resolved, inactive, stopped.
    End,
    /// It counts again.
    Resume,
    /// It was never so.
    Mistake,
}

impl List {
    const ALL: [Self; 4] = [
        Self::Problems,
        Self::Allergies,
        Self::Prescriptions,
        Self::Statements,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Problems => "problems",
            Self::Allergies => "allergies",
            Self::Prescriptions => "prescriptions",
            Self::Statements => "statements",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Problems => "Condition",
            Self::Allergies => "AllergyIntolerance",
            Self::Prescriptions => "MedicationRequest",
            Self::Statements => "MedicationStatement",
        }
    }

    /// Where the list is seen.
    const fn page(self) -> &'static str {
        match self {
            Self::Problems | Self::Allergies => "",
            Self::Prescriptions | Self::Statements => "/medications",
        }
    }

    /// The address of an entry.
    pub(crate) fn address(self, patient: &str, id: &str) -> String {
        [&path(patient), "/lists/", self.word(), "/", id].concat()
    }

    fn entry(self, document: &Value) -> Entry {
        match self {
            Self::Problems => condition(document).entry(),
            Self::Allergies => allergy(document).entry(),
            Self::Prescriptions | Self::Statements => medication(document, &[]).entry(),
        }
    }

    /// Whether an entry counts now.
    fn counts(self, document: &Value) -> bool {
        match self {
            Self::Problems => is_current(document),
            Self::Allergies => is_active(document),
            Self::Prescriptions | Self::Statements => matches!(
                document.str_at("status"),
                Some("active" | "on-hold" | "intended" | "draft" | "unknown")
            ),
        }
    }

    /// What may become of it now, and how the choice is called.
    fn turns(self, document: &Value) -> Vec<(Turn, &'static str)> {
        if is_mistake(document) {
            return Vec::new();
        }
        let end = match self {
            Self::Problems => "Resolved: the patient has it no longer",
            Self::Allergies => "Inactive: no longer a risk",
            Self::Prescriptions | Self::Statements => "Stop it",
        };
        let first = match self.counts(document) {
            true => (Turn::End, end),
            false => (Turn::Resume, "Active again"),
        };
        vec![first, (Turn::Mistake, "It was a mistake: never so")]
    }

    /// The entry as it is after the turn.
    fn turned(self, document: &Value, turn: Turn, why: &str, today: &str) -> Option<Object> {
        let mut entry = document.as_object()?.clone();
        match self {
            Self::Problems => problem(&mut entry, turn, today),
            Self::Allergies => allergen(&mut entry, turn),
            Self::Prescriptions | Self::Statements => {
                let status = match turn {
                    Turn::End => "stopped",
                    Turn::Resume => "active",
                    Turn::Mistake => "entered-in-error",
                };
                entry.set("status", status);
                let reason = words(why);
                // One in the one type, several in the other.
                match self {
                    Self::Prescriptions => entry.set("statusReason", reason),
                    Self::Statements | Self::Problems | Self::Allergies => {
                        entry.set("statusReason", one(reason));
                    }
                }
            }
        }
        Some(entry)
    }
}

impl Turn {
    const ALL: [Self; 3] = [Self::End, Self::Resume, Self::Mistake];

    const fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Resume => "resume",
            Self::Mistake => "mistake",
        }
    }
}

/// HL7 condition-clinical; what was never so has no clinical status (con-5).
fn problem(entry: &mut Object, turn: Turn, today: &str) {
    for name in [
        "abatementDateTime",
        "abatementString",
        "abatementPeriod",
        "abatementAge",
    ] {
        entry.remove(name);
    }
    match turn {
        Turn::End => {
            entry.set("clinicalStatus", of_hl7("condition-clinical", "resolved"));
            entry.set("abatementDateTime", today);
        }
        Turn::Resume => entry.set("clinicalStatus", of_hl7("condition-clinical", "active")),
        Turn::Mistake => {
            entry.remove("clinicalStatus");
            let status = of_hl7("condition-ver-status", "entered-in-error");
            entry.set("verificationStatus", status);
        }
    }
}

/// HL7 allergyintolerance-clinical; what was never so has no clinical status (ait-2).
fn allergen(entry: &mut Object, turn: Turn) {
    let status = match turn {
        Turn::End => "inactive",
        Turn::Resume => "active",
        Turn::Mistake => {
            entry.remove("clinicalStatus");
            let status = of_hl7("allergyintolerance-verification", "entered-in-error");
            entry.set("verificationStatus", status);
            return;
        }
    };
    entry.set(
        "clinicalStatus",
        of_hl7("allergyintolerance-clinical", status),
    );
}

/// The page.
pub(crate) struct ListEntry {
    top: Top,
    list: List,
    id: String,
    version: u64,
    document: Value,
    turn: String,
    why: String,
    errors: Errors,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<ListEntry, PageFault> {
    let word = ask.param("list");
    let mut lists = List::ALL.into_iter();
    let list = lists.find(|l| l.word() == word).ok_or(PageFault::Missing)?;
    let id = ask.param("entry");
    let (document, version) = held(staff, ask, list.kind(), id).await?;
    let opened = open(staff, ask, Vec::new()).await?;
    Ok(ListEntry {
        top: opened.top,
        list,
        id: id.to_owned(),
        version,
        document,
        turn: String::new(),
        why: String::new(),
        errors: Errors::none(),
    })
}

/// `GET /patients/{patient}/lists/{list}/{entry}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /patients/{patient}/lists/{list}/{entry}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["turn", "why", "version"].map(Take::One))?;
    let mut page = page(&staff, &ask).await?;
    page.turn = fields.one("turn").to_owned();
    page.why = fields.trimmed("why").to_owned();
    let turns = page.list.turns(&page.document);
    let turn = Turn::ALL.into_iter().find(|t| t.word() == page.turn);
    let turn = turn.filter(|t| turns.iter().any(|(there, _)| there == t));
    if fields.one("version").parse() != Ok(page.version) {
        page.errors.add(
            "turn",
            "Somebody else changed this entry in the meantime: look at what it says now",
        );
    } else if turn.is_none() {
        page.errors.add("turn", "Choose what becomes of it");
    }
    if page.why.is_empty() || page.why.chars().count() > 300 {
        page.errors.add("why", "Say why, at most 300 letters");
    }
    let Some(turn) = turn.filter(|_| page.errors.is_empty()) else {
        return Ok(Reply::wrong(&ask, &page));
    };
    let today = field_day(staff.store().now());
    let turned = page.list.turned(&page.document, turn, &page.why, &today);
    let mut turned = turned.ok_or(PageFault::Missing)?;
    note(&mut turned, &page, turn, &ask, &staff)?;
    match change(&staff, &ask, &page.id, page.version, turned).await? {
        Saved::Done => {
            let to = [&path(ask.of_patient()?), page.list.page()].concat();
            Ok(Reply::to(Local::with(&to, &[])))
        }
        Saved::Overtaken => {
            page.errors
                .add("turn", "Nothing was done: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// Who did it, when and why, as a note of the entry.
fn note(
    entry: &mut Object,
    page: &ListEntry,
    turn: Turn,
    ask: &Ask,
    staff: &Staff,
) -> Result<(), PageFault> {
    let turns = page.list.turns(&page.document);
    let said = turns.iter().find(|(there, _)| *there == turn);
    let said = said.map(|(_, said)| *said).unwrap_or_default();
    let mut note = Object::new();
    if let Some(author) = signer(ask)? {
        note.set("authorReference", author);
    }
    note.set("time", staff.store().now().to_fhir());
    note.set("text", [said, ": ", &page.why].concat());
    let mut notes = page.document.items_at("note").to_vec();
    notes.push(Value::from(note));
    entry.set("note", notes);
    Ok(())
}

impl View for ListEntry {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let turns = self.list.turns(&self.document);
        let choices = std::iter::once(Choice::new("", "Choose")).chain(
            turns
                .iter()
                .map(|(turn, said)| Choice::new(turn.word(), *said)),
        );
        let fields = html! {
            (self.errors)
            (Select::new("turn", "What becomes of it", choices.collect()).chosen(&self.turn).errors(&self.errors))
            (Field::text("why", "Why").value(&self.why).errors(&self.errors).longest(300))
            div.buttons {
                (Button::primary("Save"))
                (Link::quiet("Cancel", [&path(id), self.list.page()].concat()))
            }
        };
        let form = Form::post(csrf, self.list.address(id, &self.id), fields)
            .of_patient(id)
            .keep("version", self.version.to_string());
        let notes = self.document.items_at("note").iter().rev();
        let notes: Vec<&str> = notes.filter_map(|n| n.str_at("text")).collect();
        let body = html! {
            section.card.compact {
                (Entries::new(vec![self.list.entry(&self.document)]))
                @for note in notes { p.soft.small { (note) } }
            }
            @if turns.is_empty() {
                p.soft { "It is marked as a mistake, and stays so that everybody can see what was there." }
            } @else {
                div.card { (form) }
            }
        };
        let title = match self.list {
            List::Problems => "A problem",
            List::Allergies => "An allergy",
            List::Prescriptions | List::Statements => "A medication",
        };
        self.top.form(csrf, title, body).layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let document = |status: &str| {
            let mut object = crate::chart::write::resource("MedicationStatement");
            object.set("status", status);
            object.set("medicationCodeableConcept", words("Metformin 500 mg"));
            Value::from(object)
        };
        let sample = |list, status, errors| Self {
            top: Top::sample(),
            list,
            id: "m1".into(),
            version: 1,
            document: document(status),
            turn: String::new(),
            why: String::new(),
            errors,
        };
        vec![
            sample(List::Statements, "active", Errors::none()),
            sample(
                List::Prescriptions,
                "stopped",
                Errors::one("why", "Say why"),
            ),
            sample(List::Problems, "entered-in-error", Errors::none()),
        ]
    }
}
