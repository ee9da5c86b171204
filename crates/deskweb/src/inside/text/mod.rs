//! `/cases/{case}/text`: the advisory of a case, as a form over its record. What the form does not show stays as it was.

mod lines;
mod preview;
mod typed;

use aceso_desk::advisory::{Advisory, Problem, Weight, check, read};
use aceso_store::{CaseFile, DeskError};
use aceso_web::page::{
    Banner, Button, Card, Choice, Choices, Crumb, Csrf, Errors, Field, Form, Layout, Link, Page,
    Select, Tag, Tone, View,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::cases::HERE;
use crate::DeskWeb;
use crate::fault::{fault, sentence};

#[cfg(test)]
pub(crate) use preview::Preview;
pub(crate) use preview::show as preview;
#[cfg(test)]
pub(crate) use typed::FIELDS;
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
    saved: bool,
    pasted: String,
    errors: Errors,
}

/// The text as it is, or a first one with what the case tells.
fn start(web: &DeskWeb, file: &CaseFile) -> Advisory {
    if let Some(text) = &file.text {
        return text.advisory.clone();
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
        saved: file.text.is_some(),
        pasted: String::new(),
        errors: Errors::none(),
    }
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let file = web.desk().case(ask.caller()?, ask.param("case")).await;
    let file = file.map_err(fault)?;
    Ok(Reply::page(&ask, &editor(&web, &file, &start(&web, &file))))
}

pub(crate) async fn save(web: DeskWeb, ask: Ask) -> Outcome {
    let known: Vec<Take> = typed::FIELDS
        .iter()
        .map(|name| Take::One(name))
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
        Err("it is longer than a document may be here".to_owned())
    } else {
        read(text.as_bytes()).map_err(|error| error.to_string())
    };
    match read {
        Ok(mut document) => {
            // What is published here is this desk's, whoever wrote the document; its CNA stays named.
            let cna = document.advisory.publisher.cna.take();
            document.advisory.publisher = web.publisher();
            document.advisory.publisher.cna = cna;
            let page = editor(&web, &file, &document.advisory);
            let seen = fields.one("seen").parse().unwrap_or(0);
            keep(&web, &ask, page, seen, document.advisory).await
        }
        Err(why) => {
            let mut page = editor(&web, &file, &start(&web, &file));
            page.pasted = text.to_owned();
            page.errors.add("document", sentence(&why));
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
    fn area(&self, name: &'static str, label: &'static str, hint: &'static str) -> Field {
        Field::area(name, label)
            .any()
            .value(self.typed.get(name))
            .hint(hint)
            .errors(&self.errors)
    }

    fn text(&self, name: &'static str, label: &'static str, hint: &'static str) -> Field {
        Field::text(name, label)
            .any()
            .value(self.typed.get(name))
            .hint(hint)
            .errors(&self.errors)
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
            (self.text("id", "Number", "The advisory's own"))
            (self.text("title", "Title", "Product, part and what can happen, in a line"))
            (Choices::one("status", "How final is it?", how_final).across().chosen([self.typed.get("status")]))
            (self.area("summary", "Summary", "What it is, for somebody who runs the software"))
            (self.area("description", "The vulnerability", "What is wrong in which part, for somebody who mends software"))
            (self.text("cve", "CVE id", "CVE-2026-12345, once it is reserved"))
            (self.text("no_cve", "Or why there is none", ""))
            (self.area("weaknesses", "Weaknesses", "One a line: CWE-22 Path Traversal"))
            h2 { "How grave it is" }
            (Select::new("level", "Severity", levels).chosen(self.typed.get("level")).errors(&self.errors))
            (self.area("why", "Why", ""))
            (self.text("vector", "CVSS vector", "CVSS:3.1/AV:N/… or CVSS:4.0/AV:N/…"))
            (self.area("patient_safety", "What it means for patients' safety", "Say it also where there is no danger"))
            (self.area("patient_data", "What it means for their data", "Which data; whether they can be read or changed"))
            (self.area("exploit", "Exploit", "What it takes, whether it is seen in the wild, whether a proof is public"))
        }
    }

    fn what_to_do(&self) -> Markup {
        html! {
            h2 { "Who is affected, and what to do" }
            (self.area("affected", "Affected", "One a line: vendor | product | >= 2.0.0, < 2.8.6 | package URL | eol | module(portal). The last three may be left out"))
            (self.area("fixed", "Fixed", "One a line: vendor | product | 2.8.6 | package URL"))
            (self.area("fix", "Fix", "The exact version and the steps, and how to see that it worked"))
            (self.text("fix_url", "Where to get it", ""))
            (self.area("workaround", "Workaround", "For who cannot upgrade today, with what it means for care"))
            (self.area("no_fix", "For versions whose life is over", "What to upgrade to"))
            h2 { "Thanks and reading on" }
            (self.area("credits", "Acknowledgements", "One a line: name | finder | given. Kinds: finder, reporter, analyst, coordinator, remediation-developer, tool, sponsor. Consent: given or refused"))
            (self.area("references", "References", "One a line: what is found there | address"))
            (self.text("change", "What this version changes", "For the revision history"))
        }
    }

    fn problems(&self) -> Markup {
        let list = |weight: Weight| -> Vec<&Problem> {
            self.problems
                .iter()
                .filter(|p| p.weight == weight)
                .collect()
        };
        let (errors, warnings) = (list(Weight::Error), list(Weight::Warning));
        let items = |all: &[&Problem]| {
            html! { ul { @for p in all { li { span.mono { (p.at) } ": " (p.what) ". " span.soft { (sentence(&p.fix)) } } } } }
        };
        html! {
            @if errors.is_empty() { (Banner::new(Tone::Good, "Nothing is missing").text("It has every required field, and says the same in every form.")) }
            @else { (Banner::new(Tone::Warning, format!("{} to mend before it can be published", errors.len())).body(items(&errors))) }
            @if !warnings.is_empty() { (Banner::new(Tone::Info, "Could be better").body(items(&warnings))) }
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
            (self.problems())
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
            saved,
            pasted: String::new(),
            errors,
        };
        vec![
            one(Errors::none(), false),
            one(Errors::one("vector", "This is not a vector."), true),
        ]
    }
}
