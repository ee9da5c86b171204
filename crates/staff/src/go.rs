//! `/go`: pages, patients and what can be written in the open chart, found by a few letters. The same answer is the page for
//! browsers without script and the list of the command palette. The palette posts what is typed: names have no place in an
//! address that lands in histories; an address with `q` is answered too, for whoever makes a bookmark of a page.

use aceso_policy::{Action, Purpose};
use aceso_store::ReadError;
use aceso_web::page::{Button, Csrf, Empty, Form, Layout, PATIENT, Page, Shown, Text, View, words};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use crate::Staff;
use crate::chart::person::Identity;
use crate::fault::unreadable;
use crate::find::{document, escaped, search};
use crate::patient::path;
use crate::patient::save::{may, may_add};
use crate::words::read_day;

/// The page's address.
pub(crate) const HERE: &str = "/go";
/// The part of the page that the palette shows.
const FOUND: &str = "go-found";
/// So many patients are shown.
const PATIENTS: usize = 8;
/// So many letters are wanted before patients are looked for.
const LETTERS: usize = 2;

/// What somebody's role must ever let them do for a way to be theirs.
#[derive(Clone, Copy, Debug)]
enum Needs {
    Nothing,
    Seeing(&'static str),
    Adding(&'static str),
}

/// What can be opened in a chart: what it is called, where it is below the patient, and what that needs.
const IN_CHART: [(&str, &str, Needs); 18] = [
    (
        "Record vital signs",
        "/vitals/new",
        Needs::Adding("Observation"),
    ),
    ("Write a note", "/notes/new", Needs::Adding("Composition")),
    (
        "Order a drug",
        "/orders/drug",
        Needs::Adding("MedicationRequest"),
    ),
    ("Orders to sign", "/orders", Needs::Adding("ServiceRequest")),
    ("Add a problem", "/problems/new", Needs::Adding("Condition")),
    (
        "Add an allergy",
        "/allergies/new",
        Needs::Adding("AllergyIntolerance"),
    ),
    (
        "Add a medication",
        "/medications/new",
        Needs::Adding("MedicationStatement"),
    ),
    (
        "Add an immunization",
        "/immunizations/new",
        Needs::Adding("Immunization"),
    ),
    (
        "Book an appointment",
        "/appointments/new",
        Needs::Adding("Appointment"),
    ),
    ("Write a task", "/tasks/new", Needs::Adding("Task")),
    ("Summary", "", Needs::Nothing),
    ("Results", "/results", Needs::Seeing("Observation")),
    ("Vital signs", "/vitals", Needs::Seeing("Observation")),
    (
        "Medications",
        "/medications",
        Needs::Seeing("MedicationRequest"),
    ),
    ("Forms", "/forms", Needs::Seeing("QuestionnaireResponse")),
    ("Letters", "/letters", Needs::Seeing("DocumentReference")),
    ("Timeline", "/timeline", Needs::Seeing("Encounter")),
    ("Changes", "/changes", Needs::Nothing),
];

/// What can be begun anywhere, with what one must be able to write.
const ANYWHERE: [(&str, &str, &str); 2] = [
    ("Register a patient", "/patients/new", "Patient"),
    ("Book an appointment", "/schedule/new", "Appointment"),
];

/// What everybody has.
const OWN: [(&str, &str); 2] = [("Your account", "/account"), ("Language and look", "/look")];

/// Something to open.
#[derive(Clone, Debug)]
struct Hit {
    label: Shown,
    about: Shown,
    to: String,
}

/// What was looked for, and what there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Go {
    typed: String,
    patient: Option<String>,
    commands: Vec<Hit>,
    patients: Vec<Hit>,
    places: Vec<Hit>,
}

/// `GET /go`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let typed = ask.query("q").unwrap_or_default().to_owned();
    let patient = ask.query(PATIENT).map(str::to_owned);
    answer(&staff, &ask, typed, patient).await
}

/// `POST /go`
pub(crate) async fn find(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("q")])?;
    let patient = Some(fields.one(PATIENT).to_owned()).filter(|id| !id.is_empty());
    answer(&staff, &ask, fields.trimmed("q").to_owned(), patient).await
}

async fn answer(staff: &Staff, ask: &Ask, typed: String, patient: Option<String>) -> Outcome {
    let wanted = folded(&typed);
    let open = match &patient {
        Some(id) => looked_for(staff, ask, &[("_id", id.as_str()), ("_count", "1")]).await?,
        None => Vec::new(),
    };
    let mut commands = Vec::new();
    for one in &open {
        commands.extend(in_chart(staff, ask, one, &wanted)?);
    }
    for (label, to, kind) in ANYWHERE {
        if fits(label, "", &wanted) && may_add(staff, ask, kind)? {
            commands.push(Hit::of(label, Shown::default(), to));
        }
    }
    let page = Go {
        commands,
        patients: patients(staff, ask, &typed).await?,
        places: places(ask, &wanted),
        patient: open.first().map(|one| one.id.clone()),
        typed,
    };
    Ok(Reply::page(ask, &page))
}

impl Hit {
    fn of(label: &'static str, about: Shown, to: impl Into<String>) -> Self {
        Self {
            label: words(label).into(),
            about,
            to: to.into(),
        }
    }
}

/// What the reader may open in this chart.
fn in_chart(
    staff: &Staff,
    ask: &Ask,
    patient: &Identity,
    wanted: &[String],
) -> Result<Vec<Hit>, PageFault> {
    let mut hits = Vec::new();
    for (label, below, needs) in IN_CHART {
        let offered = match needs {
            Needs::Adding(kind) => may_add(staff, ask, kind)?,
            Needs::Seeing(kind) => may(staff, ask, Action::Read, kind)?,
            Needs::Nothing => true,
        };
        if offered && fits(label, &patient.name, wanted) {
            let to = [&path(&patient.id), below].concat();
            hits.push(Hit::of(label, patient.name.as_str().into(), to));
        }
    }
    Ok(hits)
}

/// The pages of the navigation, and one's own.
fn places(ask: &Ask, wanted: &[String]) -> Vec<Hit> {
    let items = ask.places.iter().flat_map(|group| &group.items);
    let items = items.map(|item| (item.label.clone(), item.about.clone(), item.path.clone()));
    let own = OWN.map(|(label, to)| (Text::from(label), Text::default(), to.to_owned()));
    let mut hits: Vec<Hit> = Vec::new();
    for (label, about, to) in items.chain(own) {
        if text_fits(&label, &about, wanted) && hits.iter().all(|hit| hit.to != to) {
            let (label, about) = (label.into(), about.into());
            hits.push(Hit { label, about, to });
        }
    }
    hits
}

/// The patients of that name, number or birth date among those that the reader may see.
async fn patients(staff: &Staff, ask: &Ask, typed: &str) -> Result<Vec<Hit>, PageFault> {
    if typed.chars().count() < LETTERS {
        return Ok(Vec::new());
    }
    let mut conditions: Vec<(&str, String)> = Vec::new();
    for word in typed.split_whitespace().take(8) {
        let number = word.bytes().filter(u8::is_ascii_digit).count() > 2;
        conditions.push(match (read_day(word), number) {
            (Some(_), _) => ("birthdate", word.to_owned()),
            (None, true) => ("identifier", escaped(word)),
            (None, false) => ("name", escaped(word)),
        });
    }
    conditions.push(("_sort", "family".to_owned()));
    conditions.push(("_count", PATIENTS.to_string()));
    let conditions: Vec<(&str, &str)> = conditions.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let found = looked_for(staff, ask, &conditions).await?;
    let hit = |one: Identity| {
        let about = one.born.iter().chain(&one.age);
        let about: Vec<&str> = about.map(String::as_str).collect();
        Hit {
            label: one.name.as_str().into(),
            about: about.join(" · ").into(),
            to: path(&one.id),
        }
    };
    Ok(found.into_iter().map(hit).collect())
}

/// Patients whom the reader may see; none where the role sees no patients, or what was typed cannot be searched for.
async fn looked_for(
    staff: &Staff,
    ask: &Ask,
    conditions: &[(&str, &str)],
) -> Result<Vec<Identity>, PageFault> {
    let found = match search(staff, ask, Purpose::Treatment, "Patient", conditions).await {
        Ok(found) => found,
        Err(ReadError::Forbidden | ReadError::BadQuery(_)) => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let now = staff.store().now();
    let mut all = Vec::new();
    for stored in found.iter().take(PATIENTS) {
        all.push(Identity::of(&stored.id, &document(stored)?, now));
    }
    Ok(all)
}

/// What was typed, word for word, without capitals.
fn folded(typed: &str) -> Vec<String> {
    typed.split_whitespace().map(str::to_lowercase).collect()
}

/// Whether every word that was typed is in the words of a command, in English or in the page's language, or in a name.
fn fits(label: &'static str, name: &str, wanted: &[String]) -> bool {
    text_fits(&Text::from(label), &Text::from(name.to_owned()), wanted)
}

fn text_fits(label: &Text, about: &Text, wanted: &[String]) -> bool {
    let english = match label {
        Text::Ours(text) => text,
        Text::Said(_) => "",
    };
    let all = [label.shown().as_ref(), english, about.shown().as_ref()].join(" ");
    let all = all.to_lowercase();
    wanted.iter().all(|word| all.contains(word))
}

impl Go {
    fn group(&self, title: &'static str, hits: &[Hit]) -> Markup {
        html! {
            @if !hits.is_empty() {
                p.group { (words(title)) }
                ul { @for hit in hits { li { a href=(hit.to) { span { (hit.label) } " " span.soft.small { (hit.about) } } } } }
            }
        }
    }

    fn found(&self) -> Markup {
        let none = self.commands.is_empty() && self.patients.is_empty() && self.places.is_empty();
        html! {
            div.go-found id=(FOUND) {
                (self.group("In this chart and to begin with", &self.commands))
                (self.group("Patients", &self.patients))
                (self.group("Pages", &self.places))
                @if none { (Empty::new("Nothing found", "No page, command or patient that you may open is called so.")) }
            }
        }
    }
}

impl View for Go {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            div.with-button {
                div.field {
                    label for="f-q" { "Page, patient or command" }
                    input id="f-q" type="search" name="q" value=(self.typed) autocomplete="off" autofocus;
                }
                (Button::primary("Find"))
            }
        };
        let form = Form::post(csrf, HERE, fields).finds(FOUND);
        let form = match &self.patient {
            Some(id) => form.of_patient(id.as_str()),
            None => form,
        };
        Page::new("Go to", html! { (form) (self.found()) })
            .layout(Layout::Column)
            .here(HERE)
    }

    fn samples() -> Vec<Self> {
        let hit = |label: &'static str, about: &str, to: &str| Hit::of(label, about.into(), to);
        let found = Self {
            typed: "re".into(),
            patient: Some("7".into()),
            commands: vec![hit(
                "Record vital signs",
                "Ann Example",
                "/patients/7/vitals/new",
            )],
            patients: vec![Hit {
                label: "Regina Example".into(),
                about: "1 Mar 1974 · 52 years".into(),
                to: "/patients/8".into(),
            }],
            places: vec![hit("Register a patient", "", "/patients/new")],
        };
        let none = Self {
            typed: "zzz".into(),
            ..Self::default()
        };
        vec![found, none]
    }
}
