//! `/cases/{case}/text`: the advisory of a case, as a form over its record. What the form does not show stays as it was.

mod finds;
mod lacks;
mod lines;
mod preview;
mod typed;

use aceso_desk::advisory::{Advisory, Part, Problem, Publisher, check, read};
use aceso_store::{CaseFile, DeskError};
use aceso_web::page::{
    Button, Card, Choice, Choices, Crumb, Csrf, Errors, Field, Form, Layout, Link, Page, Select,
    Tag, Tone, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html, recalled_all, said, say};

use super::cases::HERE;
use crate::DeskWeb;
use crate::fault::{fault, sentence};

#[cfg(test)]
pub(crate) use preview::Preview;
pub(crate) use preview::show as preview;
#[cfg(test)]
pub(crate) use typed::fields;
pub(crate) use typed::{Typed, blank};

/// The most bytes of a document that is pasted.
const LONGEST: usize = 400_000;

/// The editor.
pub(crate) struct Editor {
    case: String,
    seq: u64,
    typed: Typed,
    /// What the text lacks, as it is saved or was typed.
    problems: Vec<Problem>,
    /// Who finds themselves in it.
    finds: finds::Finds,
    saved: bool,
    pasted: String,
    errors: Errors,
}

/// The text as it is, or a first one with what the case tells.
fn start(web: &DeskWeb, file: &CaseFile) -> Advisory {
    if let Some(text) = &file.text {
        let mut advisory = text.advisory.clone();
        // A text that is older than the configuration's authority gets it with its next saving.
        let publisher = &mut advisory.publisher;
        publisher.cna = publisher.cna.take().or_else(|| web.publisher().cna);
        return advisory;
    }
    let now = web.desk().now();
    let number = file.line.id.trim_start_matches("C-");
    let prefix: String = web
        .settings()
        .publisher
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .take(12)
        .collect();
    let id = format!(
        "{}-SA-{number}",
        if prefix.is_empty() { "DESK" } else { &prefix }
    );
    let mut advisory = blank(&id, &file.line.title, web.publisher(), now);
    typed::from_case(&mut advisory, file);
    advisory
}

fn editor(web: &DeskWeb, file: &CaseFile, advisory: &Advisory) -> Editor {
    Editor {
        case: file.line.id.clone(),
        seq: file.case.seq,
        typed: Typed::of(advisory),
        problems: check(advisory, web.desk().now()),
        finds: finds::Finds::default(),
        saved: file.text.is_some(),
        pasted: String::new(),
        errors: Errors::none(),
    }
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let file = web.desk().case(ask.caller()?, ask.param("case")).await;
    let file = file.map_err(fault)?;
    let advisory = start(&web, &file);
    let mut page = editor(&web, &file, &advisory);
    page.compare(&web, &ask, &advisory).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn save(web: DeskWeb, ask: Ask) -> Outcome {
    let known: Vec<Take> = typed::fields()
        .map(Take::One)
        .chain([Take::One("seen"), Take::One("do")])
        .collect();
    let fields = ask.fields(&known)?;
    let file = web.desk().case(ask.caller()?, ask.param("case")).await;
    let file = file.map_err(fault)?;
    let mut advisory = start(&web, &file);
    let typed = Typed::read(&fields);
    let now = web.desk().now();
    let errors = typed.write(&mut advisory, now, file.case.publications.len());
    let mut page = editor(&web, &file, &advisory);
    page.typed = typed;
    page.errors = errors;
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    if fields.one("do") == "check" {
        page.compare(&web, &ask, &advisory).await?;
        return Ok(Reply::page(&ask, &page));
    }
    let seen = fields.one("seen").parse().unwrap_or(0);
    keep(&web, &ask, page, seen, advisory).await
}

pub(crate) async fn paste(web: DeskWeb, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("seen"), Take::One("document")])?;
    let file = web.desk().case(ask.caller()?, ask.param("case")).await;
    let file = file.map_err(fault)?;
    let text = fields.one("document");
    let read = if text.len() > LONGEST {
        Err(say("it is longer than a document may be here", &[]))
    } else {
        read(text.as_bytes()).map_err(|error| error.to_string())
    };
    match read {
        Ok(mut document) => {
            // What is published here is this desk's, whoever wrote the document; its CNA stays named.
            let cna = document.advisory.publisher.cna.take();
            let ours = web.publisher();
            document.advisory.publisher = Publisher {
                cna: cna.or(ours.cna.clone()),
                ..ours
            };
            let page = editor(&web, &file, &document.advisory);
            let seen = fields.one("seen").parse().unwrap_or(0);
            keep(&web, &ask, page, seen, document.advisory).await
        }
        Err(why) => {
            let mut page = editor(&web, &file, &start(&web, &file));
            page.pasted = text.to_owned();
            page.errors.add("document", sentence(&recalled_all(&why)));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

async fn keep(
    web: &DeskWeb,
    ask: &Ask,
    mut page: Editor,
    seen: u64,
    advisory: Advisory,
) -> Outcome {
    let saved = web
        .desk()
        .save_text(ask.caller()?, &page.case, seen, advisory)
        .await;
    match saved {
        Ok(()) => Ok(Reply::to_path(&format!("{HERE}/{}/text", page.case))),
        Err(error @ (DeskError::Stale | DeskError::Guard(_))) => {
            page.errors.add("title", sentence(&error.to_string()));
            Ok(Reply::wrong(ask, &page))
        }
        Err(other) => Err::<Reply, PageFault>(fault(other)),
    }
}

impl Editor {
    /// Compares the text with the bills of materials that are looked after here.
    async fn compare(
        &mut self,
        web: &DeskWeb,
        ask: &Ask,
        advisory: &Advisory,
    ) -> Result<(), PageFault> {
        if advisory.products.is_empty() {
            return Ok(());
        }
        let bills = web.desk().sbom_texts(ask.caller()?).await;
        self.finds = finds::Finds::of(advisory, &bills.map_err(fault)?);
        Ok(())
    }

    fn area(&self, part: Part, hint: &'static str) -> Field {
        self.field(Field::area(part.key(), part.label()), part, hint)
    }

    fn text(&self, part: Part, hint: &'static str) -> Field {
        self.field(Field::text(part.key(), part.label()), part, hint)
    }

    fn field(&self, field: Field, part: Part, hint: &'static str) -> Field {
        let field = field.any().value(self.typed.get(part.key()));
        let field = if hint.is_empty() {
            field
        } else {
            field.hint(hint)
        };
        field.errors(&self.errors)
    }

    fn what(&self) -> Markup {
        let level = |name: &'static str| Choice::new(name, name);
        let mut levels = vec![Choice::new("", "Choose one")];
        levels.extend(
            aceso_desk::severity::Severity::ALL
                .iter()
                .map(|s| level(s.name())),
        );
        let how_final = vec![
            Choice::new("final", "Final"),
            Choice::new("interim", "Interim").hint("More is to follow"),
        ];
        html! {
            h2 { "What it is" }
            (self.text(Part::Number, "The advisory's own"))
            (self.text(Part::Title, "Product, part and what can happen, in a line"))
            (Choices::one(Part::Status.key(), Part::Status.label(), how_final).across().chosen([self.typed.get("status")]))
            (self.area(Part::Summary, "What it is, for somebody who runs the software"))
            (self.area(Part::Description, "What is wrong in which part, for somebody who mends software"))
            (self.text(Part::Cve, "CVE-2026-12345, once it is reserved"))
            (self.text(Part::NoCve, ""))
            (self.area(Part::Weaknesses, "One a line: CWE-22 Path Traversal"))
            h2 { "How grave it is" }
            (Select::new(Part::Level.key(), Part::Level.label(), levels).chosen(self.typed.get("level")).errors(&self.errors))
            (self.area(Part::Why, ""))
            (self.text(Part::Vector, "CVSS:3.1/AV:N/… or CVSS:4.0/AV:N/…"))
            (self.area(Part::PatientSafety, "Say it also where there is no danger"))
            (self.area(Part::PatientData, "Which data; whether they can be read or changed"))
            (self.area(Part::Exploit, "What it takes, whether it is seen in the wild, whether a proof is public"))
        }
    }

    fn what_to_do(&self) -> Markup {
        html! {
            h2 { "Who is affected, and what to do" }
            (self.area(Part::Affected, "One a line: vendor | product | >= 2.0.0, < 2.8.6 | package URL | eol | module(portal). The last three may be left out"))
            (self.area(Part::Fixed, "One a line: vendor | product | 2.8.6 | package URL"))
            (self.area(Part::Fix, "The exact version and the steps, and how to see that it worked"))
            (self.text(Part::FixUrl, ""))
            (self.area(Part::Workaround, "For who cannot upgrade today, with what it means for care"))
            (self.area(Part::NoFix, "What to upgrade to"))
            h2 { "Thanks and reading on" }
            (self.area(Part::Credits, "One a line: name | finder | given. Kinds: finder, reporter, analyst, coordinator, remediation-developer, tool, sponsor. Consent: given or refused"))
            (self.area(Part::References, "One a line: what is found there | address"))
            (self.text(Part::Change, "For the revision history"))
        }
    }
}

impl View for Editor {
    fn page(&self, csrf: &Csrf) -> Page {
        let here = format!("{HERE}/{}/text", self.case);
        let buttons = html! {
            div.buttons {
                (Button::primary("Save the text"))
                (Button::secondary("Check only").says("do", "check"))
                (Link::quiet("Back to the case", format!("{HERE}/{}/advisory", self.case)))
            }
        };
        let fields = html! { (self.errors) (self.what()) (self.what_to_do()) (buttons) };
        let paste = html! {
            (Field::area("document", "A record, CSAF 2.0, CVE 5 or OSV, as JSON").value(&self.pasted).errors(&self.errors))
            div.buttons { (Button::secondary("Put it in the place of the text")) }
        };
        let keep = |form: Form| form.keep("seen", self.seq.to_string());
        let body = html! {
            (lacks::show(&self.problems))
            (self.finds.show())
            @if self.saved { p { "As it will be read: " @for form in preview::FORMS { a href={ (here) "/" (form.name()) } { (form.name()) } " " } } }
            div.card { (keep(Form::post(csrf, here.as_str(), fields))) }
            (Card::new("Start from a document", html! { (keep(Form::post(csrf, format!("{here}/paste"), paste))) }))
        };
        Page::new("The advisory", body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(vec![
                Crumb::new("Cases", HERE),
                Crumb::new(self.case.to_string(), format!("{HERE}/{}/advisory", self.case)),
            ])
            .acts(html! { @if self.saved { (Tag::plain("saved")) } @else { (Tag::new(Tone::Info, "not saved yet")) } })
            .lead("Saving a change voids approvals of the text before.")
    }

    fn samples() -> Vec<Self> {
        let advisory = super::samples::advisory();
        let one = |errors, saved| Self {
            case: "C-2026-0001".into(),
            seq: 1,
            typed: Typed::of(&advisory),
            problems: check(&advisory, advisory.current),
            finds: finds::Finds::of(&advisory, &super::samples::bills()),
            saved,
            pasted: String::new(),
            errors,
        };
        vec![
            one(Errors::none(), false),
            one(
                Errors::one("vector", said("CVSS:3.1/AV:X is no vector.")),
                true,
            ),
        ]
    }
}
