//! `/patients/{patient}/merge`: another record of the same person becomes part of this one; and undoing that. Both records
//! stay; one is said to replace the other, and what was charted in either is read from both.

use aceso_clinic::likeness;
use aceso_fhir::Value;
use aceso_policy::{Action, Purpose};
use aceso_store::WriteError;
use aceso_web::page::{
    Banner, Button, Column, Csrf, Errors, Field, Form, Layout, Link, Page, Table, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::kept::particulars;
use super::path;
use super::save::{begin, checked, may, refused};
use super::top::{Top, open};
use crate::Staff;
use crate::chart::merged::{Links, before, merge, unmerge};
use crate::chart::person::Identity;
use crate::fault::unreadable;
use crate::find::{document, escaped, search};
use crate::state::fresh;

/// The page.
pub(crate) struct Merge {
    top: Top,
    /// What was looked for: a record's number or its id.
    number: String,
    /// The other record, with how alike the two are and why.
    other: Option<(Identity, u32, Vec<String>)>,
    /// Records that are merged into this one.
    merged: Vec<Identity>,
    errors: Errors,
}

fn must(staff: &Staff, ask: &Ask) -> Result<(), PageFault> {
    match may(staff, ask, Action::Update, "Patient")? {
        true => Ok(()),
        false => Err(PageFault::Missing),
    }
}

async fn fetch(staff: &Staff, ask: &Ask, id: &str) -> Result<(Value, u64), PageFault> {
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let stored = reading.fetch("Patient", id).await.map_err(unreadable)?;
    Ok((document(&stored)?, stored.version))
}

async fn page(staff: &Staff, ask: &Ask) -> Result<(Merge, Value), PageFault> {
    must(staff, ask)?;
    let opened = open(staff, ask, Vec::new()).await?;
    let now = staff.store().now();
    let mut merged = Vec::new();
    for id in Links::of(&opened.patient).replaces {
        let (patient, _) = fetch(staff, ask, &id).await?;
        merged.push(Identity::of(&id, &patient, now));
    }
    let page = Merge {
        top: opened.top,
        number: String::new(),
        other: None,
        merged,
        errors: Errors::none(),
    };
    Ok((page, opened.patient))
}

/// `GET /patients/{patient}/merge`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?.0))
}

/// `POST /patients/{patient}/merge`: looks for the other record, then joins what was shown.
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["number", "other"].map(Take::One))?;
    let (mut page, patient) = page(&staff, &ask).await?;
    page.number = fields.trimmed("number").to_owned();
    let found = match fields.one("other") {
        "" => page.look(&staff, &ask).await?,
        id => Some(fetch(&staff, &ask, id).await?),
    };
    let Some((other, version)) = found else {
        return Ok(Reply::wrong(&ask, &page));
    };
    let id = other.id().unwrap_or_default().to_owned();
    page.check(&patient, &other);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    if fields.one("other") != id {
        let alike = likeness(&particulars(&patient), &particulars(&other));
        let who = Identity::of(&id, &other, staff.store().now());
        page.other = Some((who, alike.score.into(), alike.reasons));
        return Ok(Reply::page(&ask, &page));
    }
    fresh(&staff, &ask)?;
    let after = merge(&patient, &other, version).ok_or(PageFault::Missing)?;
    both(&staff, &ask, page, after, (&patient, &other)).await
}

/// `POST /patients/{patient}/unmerge`
pub(crate) async fn undo(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&[Take::One("other")])?;
    let (page, patient) = page(&staff, &ask).await?;
    let id = fields.one("other");
    if !Links::of(&patient).replaces.iter().any(|r| r == id) {
        return Err(PageFault::Missing);
    }
    fresh(&staff, &ask)?;
    let (other, _) = fetch(&staff, &ask, id).await?;
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let version = before(&other).ok_or(PageFault::Missing)?;
    let earlier = reading.fetch_version("Patient", id, version).await;
    let earlier = document(&earlier.map_err(unreadable)?)?;
    let after = unmerge(&patient, &other, &earlier).ok_or(PageFault::Missing)?;
    both(&staff, &ask, page, after, (&patient, &other)).await
}

/// Writes both records, or neither.
async fn both(
    staff: &Staff,
    ask: &Ask,
    mut page: Merge,
    (one, other): (aceso_fhir::Object, aceso_fhir::Object),
    before: (&Value, &Value),
) -> Outcome {
    let mut tx = begin(staff, ask)?;
    let version = |document: &Value| {
        let meta = document.get("meta");
        meta.and_then(|m| m.str_at("versionId"))
            .and_then(|v| v.parse().ok())
    };
    for (document, was) in [(one, before.0), (other, before.1)] {
        let id = was.id().unwrap_or_default();
        let done = tx.update(id, checked(document)?, version(was)).await;
        done.map_err(refused)?;
    }
    // Who treats the one will treat the other: whoever may not assign patients cannot give themselves a new one so.
    match tx.commit().await {
        Ok(()) => Ok(Reply::to(Local::with(&path(ask.of_patient()?), &[]))),
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {
            page.errors.add(
                "number",
                "One of the records was changed in the meantime: nothing was done, please look again",
            );
            Ok(Reply::wrong(ask, &page))
        }
        Err(WriteError::Forbidden) => {
            page.errors.add(
                "number",
                "You do not treat both: somebody of the front desk, who assigns patients, can merge them",
            );
            Ok(Reply::wrong(ask, &page))
        }
        Err(error) => Err(refused(error)),
    }
}

impl Merge {
    /// The one record of this number, or of this id.
    async fn look(&mut self, staff: &Staff, ask: &Ask) -> Result<Option<(Value, u64)>, PageFault> {
        let number = escaped(&self.number);
        if number.is_empty() {
            self.errors.add("number", "Enter the other record's number");
            return Ok(None);
        }
        for name in ["identifier", "_id"] {
            let conditions = [(name, number.as_str()), ("_count", "2")];
            let found = search(staff, ask, Purpose::Treatment, "Patient", &conditions).await;
            let found = found.map_err(unreadable)?;
            match &found[..] {
                [] => {}
                [one] => return Ok(Some((document(one)?, one.version))),
                [..] => {
                    self.errors
                        .add("number", "More than one record has this number: enter the other's address (its last part)");
                    return Ok(None);
                }
            }
        }
        self.errors.add(
            "number",
            "No record of this number is among those that you may see",
        );
        Ok(None)
    }

    fn check(&mut self, patient: &Value, other: &Value) {
        let (own, theirs) = (Links::of(patient), Links::of(other));
        let why = if patient.id() == other.id() {
            "This is the same record"
        } else if own.replaced_by.is_some() {
            "This record is merged into another one itself: go there"
        } else if theirs.replaced_by.is_some() {
            "That record is merged already: undo that first"
        } else if !theirs.replaces.is_empty() {
            "Others are merged into that record: merge this one into it instead"
        } else {
            return;
        };
        self.errors.add("number", why);
    }

    fn compare(&self, csrf: &Csrf, other: &Identity, score: u32, reasons: &[String]) -> Markup {
        let this = &self.top.banner.identity;
        let columns = [
            Column::text(""),
            Column::text("Stays"),
            Column::text("Becomes part of it"),
        ];
        let mut table = Table::new("The two records", &columns);
        let said = |text: &Option<String>| {
            text.clone()
                .unwrap_or_else(|| crate::words::say("unknown", &[]))
        };
        let numbers = |who: &Identity| -> String {
            let all: Vec<&str> = who.numbers.iter().map(|(_, n)| n.as_str()).collect();
            all.join(", ")
        };
        for (what, one, two) in [
            ("Name", this.name.clone(), other.name.clone()),
            ("Born", said(&this.born), said(&other.born)),
            ("Sex", said(&this.gender), said(&other.gender)),
            ("Numbers", numbers(this), numbers(other)),
        ] {
            table.row(vec![
                html! { (maud::words(what)) },
                html! { (one) },
                html! { (two) },
            ]);
        }
        let fields = html! {
            (table)
            p { (score) " of 100 alike" @if !reasons.is_empty() { ": " (crate::words::alike(reasons)) } "." }
            p { "What was charted stays where it was charted, and is shown in the one that stays. This can be undone." }
            div.buttons { (Button::danger("Merge them")) (Link::quiet("Cancel", path(self.top.id()))) }
        };
        let form = Form::post(csrf, [&path(self.top.id()), "/merge"].concat(), fields)
            .of_patient(self.top.id())
            .keep("number", &self.number)
            .keep("other", &other.id);
        html! { div.card { (form) } }
    }
}

impl View for Merge {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let fields = html! {
            (self.errors)
            (Field::text("number", "Number of the other record").value(&self.number).errors(&self.errors).longest(80).first()
                .hint("Its record number, or the last part of its address"))
            div.buttons { (Button::primary("Look at it")) (Link::quiet("Cancel", path(id))) }
        };
        let looking = Form::post(csrf, [&path(id), "/merge"].concat(), fields).of_patient(id);
        let body = html! {
            @match &self.other {
                Some((other, score, reasons)) => (self.compare(csrf, other, *score, reasons)),
                None => div.card { (looking) },
            }
            @for merged in &self.merged {
                section.card.compact {
                    p { strong { (merged.name) } " is part of this record." }
                    (Form::post(csrf, [&path(id), "/unmerge"].concat(), html! { (Button::secondary("Undo the merge").of(&merged.name)) })
                        .of_patient(id).keep("other", &merged.id).inline())
                }
            }
        };
        let page = self
            .top
            .form(csrf, "Merge two records", body)
            .layout(Layout::Column);
        match &self.other {
            Some((_, score, _)) if *score < 50 => page.notice(
                Banner::new(Tone::Danger, "These two hardly look like one person")
                    .text("Two people in one record are more dangerous than one person in two."),
            ),
            Some(_) | None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let sample = |other, merged, errors| Self {
            top: Top::sample(),
            number: "4712".into(),
            other,
            merged,
            errors,
        };
        let who = || Identity {
            id: "p2".into(),
            name: "Anne Example".into(),
            ..Identity::default()
        };
        let alike = |score| Some((who(), score, vec!["same birth date".to_owned()]));
        vec![
            sample(None, vec![who()], Errors::none()),
            sample(
                None,
                Vec::new(),
                Errors::one("number", "This is the same record"),
            ),
            sample(alike(80), Vec::new(), Errors::none()),
            sample(alike(20), Vec::new(), Errors::none()),
        ]
    }
}
