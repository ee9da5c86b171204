//! `/patients/{patient}/letters/new/{template}`: writing a letter out of a template. It is kept as a document of the patient.

use aceso_fhir::{Object, Value};
use aceso_store::is_about_substance_use;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::html;

use super::path;
use super::template::{self, Use};
use crate::Staff;
use crate::chart::entry::{allergy, condition, is_active, is_mistake, medication};
use crate::chart::filing::must_file;
use crate::chart::result::tests;
use crate::chart::story::is_current;
use crate::chart::write::{LOINC, coded, coding, one, resource};
use crate::patient::record::{Found, Wanted};
use crate::patient::save::{Saved, add, begin, commit, form_id, signer, subject};
use crate::patient::top::{Opened, Top, open};
use crate::words::fhir_day;

/// The system by which our letters are known among documents.
pub(crate) const SYSTEM: &str = "urn:aceso:document";
/// A letter of the clinic.
pub(crate) const LETTER: &str = "letter";
/// A letter may be this long, in letters.
const LONGEST: usize = 20_000;
/// Results of so many days stand in a letter about results.
const DAYS: i32 = 30;
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

/// The form.
pub(crate) struct Letter {
    top: Top,
    form: String,
    key: String,
    title: String,
    text: String,
    errors: Errors,
}

/// `GET /patients/{patient}/letters/new/{template}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    must_file(&staff, &ask, LETTER)?;
    let template = template::find(&staff, &ask, Use::Letter, ask.param("template")).await?;
    let mut opened = open(&staff, &ask, Known::wanted()).await?;
    let known = Known::take(&mut opened);
    let text = template.fill(known.told(&staff, &ask, &opened)?);
    let page = Letter {
        top: opened.top,
        form: staff.store().new_id(),
        key: template.key,
        title: template.title,
        text,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// What of the record a letter can tell.
pub(crate) struct Known {
    pub(super) problems: Vec<String>,
    pub(super) medications: Vec<String>,
    pub(super) allergies: Vec<String>,
    /// `Potassium: 4.1 mmol/L (normal 3.5–5), 3 Mar 2026`
    pub(super) results: Vec<String>,
}

impl Known {
    /// What has to be asked for.
    pub(crate) fn wanted() -> Vec<Wanted> {
        vec![
            Wanted::new("Condition")
                .with("_sort", "-onset-date")
                .most(100),
            Wanted::new("MedicationRequest")
                .with("status", "active")
                .with("_include", "MedicationRequest:medication")
                .most(100),
            Wanted::laboratory(100),
            Wanted::new("AllergyIntolerance").most(100),
        ]
    }

    /// What the names of a template stand for.
    pub(crate) fn told(
        &self,
        staff: &Staff,
        ask: &Ask,
        opened: &Opened,
    ) -> Result<impl Fn(&str) -> String, PageFault> {
        let who = &opened.top.banner.identity;
        let all = [
            ("patient", who.name.clone()),
            ("born", who.born.clone().unwrap_or_default()),
            ("today", fhir_day(&opened.today)),
            ("author", ask.person()?.badge.name.clone()),
            ("clinic", staff.settings().clinic.clone()),
            ("results", self.results.join("\n")),
            ("problems", self.problems.join(", ")),
            ("allergies", self.allergies.join(", ")),
            ("medications", self.medications.join(", ")),
        ];
        Ok(move |name: &str| {
            let found = all.iter().find(|(known, _)| *known == name);
            found.map(|(_, said)| said.clone()).unwrap_or_default()
        })
    }

    /// From what [`Known::wanted`] found, which comes next.
    pub(crate) fn take(opened: &mut Opened) -> Self {
        let mut take = || opened.take().unwrap_or_default();
        let (problems, drugs, results, allergies) = (take(), take(), take(), take());
        Self::of(opened, &problems, &drugs, &results, &allergies)
    }

    /// What of it is about substance use.
    fn sensitive(opened: &mut Opened) -> Self {
        let mut take = || {
            let mut found = opened.take().unwrap_or_default();
            found.matches.retain(is_about_substance_use);
            found
        };
        let (problems, drugs, results, allergies) = (take(), take(), take(), take());
        Self::of(opened, &problems, &drugs, &results, &allergies)
    }

    /// Whether a text tells some of it: names it, whatever else it says of it.
    fn is_said_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let all = [
            &self.problems,
            &self.medications,
            &self.allergies,
            &self.results,
        ];
        let lines = all.into_iter().flatten();
        let mut names = lines.filter_map(|line| line.split([':', ',']).next());
        names.any(|name| !name.trim().is_empty() && text.contains(&name.trim().to_lowercase()))
    }

    pub(super) fn of(
        opened: &Opened,
        problems: &Found,
        drugs: &Found,
        results: &Found,
        allergies: &Found,
    ) -> Self {
        let real = |found: &Found| -> Vec<Value> {
            let all = found.matches.iter().filter(|d| !is_mistake(d));
            all.cloned().collect()
        };
        let recent = |at: &str| {
            aceso_clinic::days_between(at, &opened.today).is_some_and(|days| days <= DAYS)
        };
        let all = tests(&results.matches, opened.birth(), opened.sex());
        let results = all.iter().filter_map(|test| {
            let newest = test.answers.first().filter(|a| recent(&a.at))?;
            let range = match test.range.as_str() {
                "" => String::new(),
                range => [" (", &crate::words::say("normal {0}", &[&range]), ")"].concat(),
            };
            let value = [newest.text.as_str(), " ", &test.unit].concat();
            let day = fhir_day(&newest.at);
            Some(format!("{}: {}{range}, {day}", test.name, value.trim()))
        });
        Self {
            problems: real(problems)
                .iter()
                .filter(|d| is_current(d))
                .map(|d| condition(d).what)
                .collect(),
            medications: real(drugs)
                .iter()
                .map(|d| medication(d, &drugs.along))
                .map(|line| [line.what, line.more].join(" ").trim().to_owned())
                .collect(),
            allergies: real(allergies)
                .iter()
                .filter(|d| is_active(d))
                .map(|d| allergy(d).what)
                .collect(),
            results: results.collect(),
        }
    }
}

/// `POST /patients/{patient}/letters/new/{template}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    must_file(&staff, &ask, LETTER)?;
    ask.of_patient()?;
    let template = template::find(&staff, &ask, Use::Letter, ask.param("template")).await?;
    let fields = ask.fields(&["form", "title", "text"].map(Take::One))?;
    let mut opened = open(&staff, &ask, Known::wanted()).await?;
    let known = Known::sensitive(&mut opened);
    let mut page = Letter {
        top: opened.top,
        form: form_id(&staff, fields.one("form")),
        key: template.key,
        title: fields.trimmed("title").to_owned(),
        text: fields.trimmed("text").replace("\r\n", "\n"),
        errors: Errors::none(),
    };
    page.check();
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let at = staff.store().now().to_fhir();
    let mut document = document(&ask, &page.title, &page.text, &at)?;
    if known.is_said_in(&page.text) {
        document.set("meta", substance_use());
    }
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("DocumentReference", &page.form)).await? {
        Saved::Done => {
            let to = [&path(ask.of_patient()?), "/", &page.form].concat();
            Ok(Reply::to_path(&to))
        }
        Saved::Overtaken => {
            page.errors
                .add("text", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// The label of a letter that tells something about substance use: it leaves as that does.
fn substance_use() -> Value {
    let label = coding(ACT_CODE, "ETH", "");
    Value::from([("security", one(label))])
}

/// A letter as a DocumentReference: its text, as it was sent.
pub(super) fn document(ask: &Ask, title: &str, text: &str, at: &str) -> Result<Object, PageFault> {
    let mut document = resource("DocumentReference");
    document.set("status", "current");
    document.set("docStatus", "final");
    document.set("type", coded(coding(LOINC, "51852-2", "Letter"), "Letter"));
    let category = coding(SYSTEM, LETTER, "Letter of the clinic");
    document.set("category", one(Value::from([("coding", one(category))])));
    document.set("subject", subject(ask)?);
    document.set("date", at);
    if let Some(author) = signer(ask)? {
        document.set("author", one(author));
    }
    document.set("description", title);
    let attachment = Value::from([
        ("contentType", Value::from("text/plain; charset=utf-8")),
        ("data", Value::from(STANDARD.encode(text))),
        ("title", Value::from(title)),
        ("creation", Value::from(at)),
    ]);
    document.set("content", one(Value::from([("attachment", attachment)])));
    Ok(document)
}

/// The text of a letter of ours.
pub(super) fn text(document: &Value) -> Option<String> {
    let codes = document.items_at("category").iter();
    let mut codes = codes.flat_map(|c| crate::chart::codes(Some(c)));
    codes.find(|code| *code == LETTER)?;
    let attachment = document.items_at("content").first()?.get("attachment")?;
    let bytes = STANDARD.decode(attachment.str_at("data")?).ok()?;
    String::from_utf8(bytes).ok()
}

impl Letter {
    fn check(&mut self) {
        if self.title.is_empty() || self.title.chars().count() > 120 {
            self.errors
                .add("title", "Give it a title, 120 letters at most");
        }
        let kept = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
        if self.text.is_empty() || self.text.chars().count() > LONGEST {
            self.errors
                .add("text", "Write the letter, 20,000 letters at most");
        } else if !self.text.chars().all(kept) || !self.title.chars().all(kept) {
            self.errors.add(
                "text",
                "It has characters that cannot be kept: please type them anew",
            );
        }
        if self.text.contains('…') {
            self.errors
                .add("text", "Something is still to be filled in where … stands");
        }
    }
}

impl View for Letter {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let fields = html! {
            (self.errors)
            (Field::text("title", "Title").value(&self.title).errors(&self.errors).longest(120))
            (Field::area("text", "Letter").value(&self.text).errors(&self.errors).first())
            div.buttons { (Button::primary("Keep the letter")) (Link::quiet("Cancel", path(id))) }
            p.soft.small { "It is kept in the patient's record and can then be printed." }
        };
        let to = [&path(id), "/new/", &self.key].concat();
        let form = Form::post(csrf, to, fields)
            .of_patient(id)
            .keep("form", &self.form);
        self.top
            .form(csrf, "Write a letter", html! { div.card.letter { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            top: Top::sample(),
            form: "f1".into(),
            key: "recall".into(),
            title: "Your visit of 4 March".into(),
            text: "Dear Ann,\n\n…".into(),
            errors: Errors::one("text", "Something is still to be filled in where … stands"),
        }]
    }
}
