//! `/bills`: bills of materials, compared with advisories every night.

use aceso_desk::When;
use aceso_desk::matching::{Sbom, read_lockfile};
use aceso_store::{DeskError, SbomLine};
use aceso_web::page::{
    Button, Card, Column, Csrf, Empty, Errors, Field, FileField, Form, Layout, Page, Table, Tag,
    Tone, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::{Markup, html, known, recalled, say};
use serde_json::Value;

use crate::DeskWeb;
use crate::fault::{fault, sentence};

/// The address of the list.
pub(crate) const HERE: &str = "/bills";
/// In bytes.
const LARGEST: u32 = 20 << 20;
/// So many findings of a bill are listed.
const MOST: usize = 50;

/// The list.
pub(crate) struct Bills {
    all: Vec<SbomLine>,
    typed: Fields,
    errors: Errors,
}

async fn look(web: &DeskWeb, ask: &Ask) -> Result<Bills, PageFault> {
    Ok(Bills {
        all: web.desk().sboms(ask.caller()?).await.map_err(fault)?,
        typed: Fields::default(),
        errors: Errors::none(),
    })
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let page = look(&web, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn put(web: DeskWeb, ask: Ask) -> Outcome {
    let typed = ask.fields(&[Take::One("name")])?;
    let name = typed.trimmed("name").to_owned();
    let mut errors = Errors::none();
    if name.is_empty() {
        errors.add("name", "Say what it is the bill of: Aceso 0.1.0");
    }
    let body = match ask.file("bill")? {
        None => Err(say("Choose a file", &[])),
        Some(file) => read(&file.bytes),
    };
    let body = match body {
        Ok(body) => Some(body),
        Err(why) => {
            errors.add("bill", why);
            None
        }
    };
    if let Some(body) = body.filter(|_| errors.is_empty()) {
        match web.desk().put_sbom(ask.caller()?, &name, body).await {
            Ok(()) => return Ok(Reply::to_path(HERE)),
            Err(DeskError::Rule(why)) => errors.add("name", sentence(&known(why))),
            Err(other) => return Err(fault(other)),
        }
    }
    let page = look(&web, &ask).await?;
    Ok(Reply::wrong(
        &ask,
        &Bills {
            typed,
            errors,
            ..page
        },
    ))
}

pub(crate) async fn end(web: DeskWeb, ask: Ask) -> Outcome {
    let name = ask.fields(&[Take::One("name")])?.one("name").to_owned();
    let ended = web.desk().end_sbom(ask.caller()?, &name).await;
    ended.map_err(fault)?;
    Ok(Reply::to_path(HERE))
}

/// The text of a bill that can be compared.
fn read(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| say("This is no text", &[]))?;
    let components = match read_lockfile(text) {
        Ok(bill) => bill.components.len(),
        Err(_) => Sbom::read(bytes)
            .map_err(|error| sentence(&known(&error.to_string())))?
            .components
            .len(),
    };
    if components == 0 {
        return Err(say("It names no component", &[]));
    }
    Ok(text.to_owned())
}

/// A finding in a line, and why.
fn finding(of: &Value) -> Markup {
    let text = |name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default();
    let because = of.get("because").and_then(Value::as_array);
    let because = because.into_iter().flatten().filter_map(Value::as_str);
    html! {
        strong { (text("said")) } " by " (text("vulnerability")) " (" (text("advisory")) ")"
        @for why in because { br; span.soft.small { (recalled(why)) } }
    }
}

impl Bills {
    fn table(&self, csrf: &Csrf) -> Table {
        let columns = [
            Column::text("Bill of materials"),
            Column::text("Compared"),
            Column::text("To look at"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("Bills of materials", &columns).under_heading();
        for bill in &self.all {
            let button = Button::danger("Take out").of(bill.name.clone()).small();
            let form = Form::post(csrf, format!("{HERE}/end"), html! { (button) })
                .keep("name", bill.name.clone())
                .inline();
            table.row(vec![
                html! { (bill.name) br; span.soft.small { "of " (bill.at.date()) } },
                html! { @match bill.scanned { Some(at) => (at.said()), None => span.soft { "within minutes" } } },
                html! {
                    @if bill.scanned.is_some() && bill.found.is_empty() { (Tag::new(Tone::Good, "nothing")) }
                    @if !bill.found.is_empty() { ul { @for one in bill.found.iter().take(MOST) { li { (finding(one)) } } } }
                    @if bill.found.len() > MOST { p.soft { "and " (bill.found.len() - MOST) " more" } }
                    @if !bill.found.is_empty() { a.small href=(super::duties::HERE) { "The corrective actions" } }
                },
                html! { (form) },
            ]);
        }
        table
    }
}

impl View for Bills {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::text("name", "Of what it is the bill").value(self.typed.one("name")).errors(&self.errors).hint("One of the same name takes its place"))
            (FileField::new("bill", "The file", ".json,.lock", LARGEST).errors(&self.errors).hint("CycloneDX as JSON, or Cargo.lock"))
            div.buttons { (Button::primary("Look after it")) }
        };
        let body = html! {
            @if self.all.is_empty() { (Empty::new("No bill of materials yet", "The desk compares its own dependencies every night, too, where snapshots of advisories are configured.")) }
            @else { (self.table(csrf)) }
            (Card::new("Look after another one", html! { (Form::post(csrf, HERE, fields).with_files()) }))
        };
        Page::new("Dependencies", body)
            .layout(Layout::Wide)
            .here(HERE)
            .lead("Bills of materials, compared every night with what is published here and with snapshots of RustSec and OSV.")
    }

    fn samples() -> Vec<Self> {
        let now = When::from_millis(1_772_625_600_000);
        let bill = |name: &str, scanned, found| SbomLine {
            name: name.into(),
            at: now,
            who: aceso_desk::case::PartyId("m1".into()),
            scanned,
            found,
        };
        let found = serde_json::json!({
            "advisory": "RUSTSEC-2024-0001", "vulnerability": "RUSTSEC-2024-0001", "component": "pkg:cargo/example@1.0.0",
            "said": "example 1.0.0", "state": "affected", "because": ["1.0.0 is below 1.0.1"],
        });
        let all = vec![
            bill("Aceso 0.1.0", Some(now), Vec::new()),
            bill("Aceso 0.0.9", Some(now), vec![found]),
            bill("Portal", None, Vec::new()),
        ];
        let one = |all, errors| Self {
            all,
            typed: Fields::default(),
            errors,
        };
        vec![
            one(Vec::new(), Errors::none()),
            one(all, Errors::one("bill", "It names no component")),
        ]
    }
}
