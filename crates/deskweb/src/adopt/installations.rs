//! `/installations`: who tells how they stand, under which key; one of the group vets each before it counts.

use aceso_base::hex;
use aceso_store::Installation;
use aceso_web::page::{Button, Column, Csrf, Empty, Form, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::html;

use crate::DeskWeb;
use crate::fault::fault;

/// The address of the register.
pub(crate) const HERE: &str = "/installations";

/// The register.
pub(crate) struct Installations {
    all: Vec<Installation>,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let all = web.desk().installations(ask.caller()?).await;
    let all = all.map_err(fault)?;
    Ok(Reply::page(&ask, &Installations { all }))
}

pub(crate) async fn vet(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let done = web.desk().vet_installation(ask.caller()?, id(&ask)?).await;
    done.map_err(fault)?;
    Ok(Reply::to_path(HERE))
}

pub(crate) async fn end(web: DeskWeb, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let done = web.desk().end_installation(ask.caller()?, id(&ask)?).await;
    done.map_err(fault)?;
    Ok(Reply::to_path(HERE))
}

/// The digest of the key, as the address has it: 64 hexadecimal digits.
fn id(ask: &Ask) -> Result<[u8; 32], PageFault> {
    let text = ask.param("installation");
    let mut id = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(PageFault::Missing);
    }
    for (at, byte) in id.iter_mut().enumerate() {
        let digits = text.get(at * 2..at * 2 + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).map_err(|_| PageFault::Missing)?;
    }
    Ok(id)
}

impl View for Installations {
    fn page(&self, csrf: &Csrf) -> Page {
        let columns = [
            Column::text("Installation"),
            Column::text("Key"),
            Column::text("Release"),
            Column::text("Heard of last"),
            Column::text("Standing"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("Installations", &columns).under_heading();
        for one in &self.all {
            let id = hex(&one.id);
            let short: String = id.chars().take(16).collect();
            let form = |act: &str, button: Button| {
                let button = button.of(one.statement.name.clone()).small();
                Form::post(csrf, format!("{HERE}/{id}/{act}"), html! { (button) }).inline()
            };
            table.row(vec![
                html! { (one.statement.name) p.soft.small { (one.statement.contact) } },
                html! { span.mono { (short) } },
                html! { (one.statement.version) },
                html! { (one.last.said()) },
                html! {
                    @match &one.vetted_by {
                        Some(_) => { (Tag::new(Tone::Good, "vetted")) }
                        None => { (Tag::new(Tone::Warning, "to be vetted")) }
                    }
                },
                html! {
                    @if one.vetted_by.is_none() { (form("vet", Button::secondary("Vet"))) " " }
                    (form("end", Button::danger("Take out")))
                },
            ]);
        }
        let body = html! {
            @if table.is_empty() { (Empty::new("No installation tells its name", "A clinic that sets advisories.report to named stands here. Vet it when you know from it itself that the key is its own.")) }
            @else { (table) }
        };
        Page::new("Installations", body)
            .here(HERE)
            .lead("Each signs with a key of its own. Only those that are vetted are counted.")
    }

    fn samples() -> Vec<Self> {
        use aceso_desk::When;
        use aceso_desk::deploy::Statement;
        let now = When::from_millis(1_772_625_600_000);
        let one = |first: u8, vetted: Option<&str>| Installation {
            id: [first; 32],
            statement: Statement {
                name: "Harbour Clinic".into(),
                contact: "it@harbour.example".into(),
                at: now,
                version: "0.9.4".into(),
                sbom: "ab".repeat(32),
                standings: Vec::new(),
                failed: Vec::new(),
                receipt: None,
            },
            receipt: None,
            first: now,
            last: now,
            vetted_by: vetted.map(str::to_owned),
        };
        vec![
            Self { all: Vec::new() },
            Self {
                all: vec![one(1, None), one(2, Some("m1"))],
            },
        ]
    }
}
