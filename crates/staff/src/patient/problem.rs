//! `/patients/{patient}/problems/new`: adding to the problem list, in words, and by a code of the code systems that were loaded.

use std::sync::Arc;

use aceso_fhir::Object;
use aceso_web::page::{
    Button, Choice, Choices, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View, said, say,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::path;
use super::record::{Found, Wanted};
use super::save::{Saved, add, begin, commit, form_id, must_add, signer, subject};
use super::top::{Opened, Top, open};
use crate::Staff;
use crate::chart::entry::is_mistake;
use crate::chart::story::is_current;
use crate::chart::write::{ICD10, coding, of_hl7, one, resource, words};
use crate::chart::{codes, concept};
use crate::codes::{System, diagnoses};
use crate::words::{field_day, is_fhir_day};

/// The form.
pub(crate) struct Problem {
    top: Top,
    form: String,
    name: String,
    code: String,
    since: String,
    certainty: String,
    /// The code systems that codes are found in.
    systems: Vec<Arc<System>>,
    /// The code that was chosen among those that were found: its system's address, `|`, the code.
    pick: String,
    /// What is offered.
    offers: Offers,
    errors: Errors,
}

/// Whether codes that fit are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offers {
    No,
    Yes,
}

/// So many codes are offered of a system.
const OFFERED: usize = 8;

/// How sure (HL7 condition-ver-status).
const CERTAINTY: [(&str, &str); 3] = [
    ("confirmed", "Confirmed"),
    ("provisional", "Provisional"),
    ("differential", "One of several that it may be"),
];

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Opened, Found), PageFault> {
    must_add(staff, ask, "Condition")?;
    let mut opened = open(staff, ask, vec![Wanted::new("Condition").most(300)]).await?;
    let found = opened.take().unwrap_or_default();
    Ok((opened, found))
}

/// `GET /patients/{patient}/problems/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (opened, _) = opened(&staff, &ask).await?;
    let page = Problem {
        top: opened.top,
        form: staff.store().new_id(),
        name: String::new(),
        code: String::new(),
        since: String::new(),
        certainty: "confirmed".into(),
        systems: diagnoses(&staff, &ask).await?,
        pick: String::new(),
        offers: Offers::No,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/problems/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let names = ["form", "name", "code", "since", "certainty", "pick", "act"].map(Take::One);
    ask.of_patient()?;
    let fields = ask.fields(&names)?;
    let (opened, found) = opened(&staff, &ask).await?;
    let mut page = Problem {
        top: opened.top,
        form: form_id(&staff, fields.one("form")),
        name: fields.trimmed("name").to_owned(),
        code: dotted(fields.trimmed("code")),
        since: fields.trimmed("since").to_owned(),
        certainty: fields.one("certainty").to_owned(),
        systems: diagnoses(&staff, &ask).await?,
        pick: fields.one("pick").to_owned(),
        offers: match fields.one("pick") {
            "" => Offers::No,
            _ => Offers::Yes,
        },
        errors: Errors::none(),
    };
    if fields.one("act") == "find" {
        page.offers = Offers::Yes;
        return Ok(Reply::page(&ask, &page));
    }
    page.check(&found, &opened.today);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let document = page.document(&ask, &field_day(staff.store().now()))?;
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![document])?;
    match commit(&staff, &ask, tx, ("Condition", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(&path(ask.of_patient()?), &[]))),
        Saved::Overtaken => {
            page.errors
                .add("name", "It was not saved: please send it once more");
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// A code of ICD-10-CM with its point, as `J45.909`, also where it was typed without.
fn dotted(typed: &str) -> String {
    let code = typed.to_ascii_uppercase();
    match code.split_at_checked(3) {
        Some((head, rest)) if !rest.is_empty() && !rest.starts_with('.') => {
            [head, ".", rest].concat()
        }
        Some(_) | None => code,
    }
}

impl Problem {
    fn check(&mut self, found: &Found, today: &str) {
        if self.name.is_empty() || self.name.len() > 300 {
            self.errors
                .add("name", "Enter the problem in words, at most 300 letters");
        }
        let form = |c: &str| {
            let (head, rest) = c.split_at_checked(3).unwrap_or((c, ""));
            let letter = head.starts_with(|c: char| c.is_ascii_uppercase());
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            letter
                && head.len() == 3
                && head.bytes().all(|b| b.is_ascii_alphanumeric())
                && rest.len() <= 4
                && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !self.code.is_empty() && !form(&self.code) {
            self.errors.add(
                "code",
                "Enter an ICD-10-CM code, as J45.909, or leave it empty",
            );
        }
        if !self.since.is_empty() && (!is_fhir_day(&self.since) || self.since.as_str() > today) {
            self.errors.add(
                "since",
                "Enter a day, month or year that is past: 2019-05-01, 2019-05 or 2019",
            );
        }
        let icd10 = self.systems.iter().find(|s| s.url == ICD10);
        if let Some(icd10) = icd10.filter(|s| !self.code.is_empty() && s.find(&self.code).is_none())
        {
            let text = say("ICD-10-CM {0} has no such code", &[&icd10.version]);
            self.errors.add("code", text);
        }
        if !self.pick.is_empty() && self.picked().is_none() {
            self.errors.add("pick", "Choose one of the codes");
        }
        if !CERTAINTY.iter().any(|(code, _)| *code == self.certainty) {
            self.errors.add("certainty", "Choose how sure it is");
        }
        let own = self.codings();
        let same = |d: &&aceso_fhir::Value| {
            let named = concept(d.get("code")).is_some_and(|n| n.eq_ignore_ascii_case(&self.name));
            let coded = |own: &str| codes(d.get("code")).any(|c| c == own);
            named || own.iter().filter_map(|c| c.str_at("code")).any(coded)
        };
        let current = found
            .matches
            .iter()
            .filter(|d| !is_mistake(d) && is_current(d));
        if current.clone().any(|d| same(&d)) {
            self.errors
                .add("name", "This problem is on the list already");
        }
    }

    /// The code that was chosen, with its system's address.
    fn picked(&self) -> Option<(&str, &str, &str)> {
        let (url, code) = self.pick.split_once('|')?;
        let system = self.systems.iter().find(|s| s.url == url)?;
        let found = system.find(code)?;
        Some((&system.url, &found.code, &found.display))
    }

    /// The codes: the one that was chosen, and the one that was typed.
    fn codings(&self) -> Vec<aceso_fhir::Value> {
        let picked = self.picked();
        let icd10 = self.systems.iter().find(|s| s.url == ICD10);
        let typed = (!self.code.is_empty()).then(|| {
            let found = icd10.and_then(|s| s.find(&self.code));
            let display = found.map_or("", |c| c.display.as_str());
            (ICD10, self.code.as_str(), display)
        });
        let typed = typed.filter(|typed| picked.is_none_or(|p| p.0 != typed.0));
        let all = picked.into_iter().chain(typed);
        all.map(|(system, code, display)| coding(system, code, display))
            .collect()
    }

    /// The codes that fit the words, or what was typed as a code.
    fn offered(&self) -> Vec<Choice> {
        let typed = match self.name.is_empty() {
            true => &self.code,
            false => &self.name,
        };
        let of = |system: &Arc<System>| -> Vec<Choice> {
            let found = system.search(typed, OFFERED).into_iter();
            let choice = |c: &crate::codes::Coded| {
                let value = [system.url.as_str(), "|", &c.code].concat();
                let about = [system.title.as_str(), " ", &c.code].concat();
                Choice::new(value, said(&c.display)).hint(said(about))
            };
            found.map(choice).collect()
        };
        self.systems.iter().flat_map(of).collect()
    }

    fn finding(&self) -> maud::Markup {
        let mut offered = match self.offers {
            Offers::No => return maud::Markup::default(),
            Offers::Yes => self.offered(),
        };
        if offered.is_empty() {
            return html! { p.soft role="status" { "No code fits these words: try others, or leave it at the words." } };
        }
        offered.push(Choice::new("", "None of these: words alone"));
        let choices = Choices::one("pick", "Which code fits?", offered);
        html! { (choices.chosen([self.pick.as_str()]).errors(&self.errors)) }
    }

    fn document(&self, ask: &Ask, today: &str) -> Result<Object, PageFault> {
        let mut document = resource("Condition");
        document.set("clinicalStatus", of_hl7("condition-clinical", "active"));
        document.set(
            "verificationStatus",
            of_hl7("condition-ver-status", &self.certainty),
        );
        document.set(
            "category",
            one(of_hl7("condition-category", "problem-list-item")),
        );
        let codings = self.codings();
        let code = match codings.is_empty() {
            true => words(&self.name),
            false => aceso_fhir::Value::from([
                ("coding", aceso_fhir::Value::from(codings)),
                ("text", aceso_fhir::Value::from(self.name.as_str())),
            ]),
        };
        document.set("code", code);
        document.set("subject", subject(ask)?);
        if !self.since.is_empty() {
            document.set("onsetDateTime", self.since.as_str());
        }
        document.set("recordedDate", today);
        if let Some(signer) = signer(ask)? {
            document.set("recorder", signer);
        }
        Ok(document)
    }
}

impl View for Problem {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let sure = CERTAINTY
            .iter()
            .map(|(code, said)| Choice::new(*code, *said))
            .collect();
        let fields = html! {
            (self.errors)
            (Field::text("name", "Problem").value(&self.name).errors(&self.errors).longest(300).first())
            (self.finding())
            div.pair {
                (Field::text("code", "ICD-10-CM code").value(&self.code).errors(&self.errors).optional().short().longest(8))
                (Field::text("since", "Since").value(&self.since).errors(&self.errors).optional().short().longest(10).hint("A day, month or year: 2019-05"))
            }
            (Select::new("certainty", "How sure", sure).chosen(&self.certainty).errors(&self.errors))
            div.buttons {
                (Button::primary("Add to the problem list"))
                @if !self.systems.is_empty() { (Button::secondary("Find the code").says("act", "find")) }
                (Link::quiet("Cancel", path(id)))
            }
        };
        let form = Form::post(csrf, [&path(id), "/problems/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        self.top
            .form(csrf, "Add a problem", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |offers, errors| Self {
            systems: vec![Arc::new(System::sample())],
            pick: String::new(),
            offers,
            top: Top::sample(),
            form: "f1".into(),
            name: "Asthma".into(),
            code: "J45.909".into(),
            since: "2019-05".into(),
            certainty: "confirmed".into(),
            errors,
        };
        vec![
            sample(Offers::No, Errors::none()),
            sample(Offers::Yes, Errors::none()),
            sample(
                Offers::No,
                Errors::one("name", "This problem is on the list already"),
            ),
        ]
    }
}
