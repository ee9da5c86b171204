//! `/patients/{patient}/letters/{letter}`: a letter as it was kept, and as a file to print.

use std::sync::Arc;

use aceso_fhir::Value;
use aceso_store::{ReadError, Release};
use aceso_web::page::{Csrf, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::html;

use super::given::{Given, absent};
use super::letter::text;
use super::{hand_out, paper, path};
use crate::Staff;
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::record::Goes;
use crate::patient::save::subject;
use crate::patient::top::{Top, open};
use crate::words::fhir_day;

/// The page.
pub(crate) struct ShowLetter {
    top: Top,
    id: String,
    title: String,
    when: String,
    text: String,
}

/// The letter as it goes there, and on what it does where it is about substance use.
async fn opened(
    staff: &Staff,
    ask: &Ask,
    goes: Goes,
) -> Result<(ShowLetter, Option<Arc<Release>>), PageFault> {
    let opened = open(staff, ask, Vec::new()).await?;
    let id = ask.param("letter");
    let reading = goes.reading(staff, ask)?;
    let stored = match reading.fetch("DocumentReference", id).await {
        Ok(stored) => stored,
        Err(ReadError::Unknown) => {
            return Err(absent(staff, ask, goes, ("DocumentReference", id)).await);
        }
        Err(error) => return Err(unreadable(error)),
    };
    let letter: Value = document(&stored)?;
    if letter.get("subject") != Some(&subject(ask)?) {
        return Err(PageFault::Missing);
    }
    let page = ShowLetter {
        top: opened.top,
        id: ask.param("letter").to_owned(),
        title: letter
            .str_at("description")
            .map_or_else(|| crate::words::known("Letter"), str::to_owned),
        when: fhir_day(letter.str_at("date").unwrap_or_default()),
        text: text(&letter).ok_or(PageFault::Missing)?,
    };
    Ok((page, stored.release))
}

/// `GET /patients/{patient}/letters/{letter}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (page, _) = opened(&staff, &ask, Goes::Here).await?;
    Ok(Reply::page(&ask, &page))
}

/// `GET /patients/{patient}/letters/{letter}/pdf`
pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    let given = Given::asked(&ask)?;
    let (page, release) = opened(&staff, &ask, given.goes()).await?;
    let handing = given.with(release.into_iter().collect());
    let mut paper = paper(&staff, &ask, &page.title, &page.top.banner.identity).await?;
    paper.paragraph(&page.when);
    for part in page.text.split("\n\n") {
        paper.paragraph(part);
    }
    hand_out(&staff, &ask, paper, (&handing, "letter")).await
}

impl View for ShowLetter {
    fn page(&self, csrf: &Csrf) -> Page {
        let base = path(self.top.id());
        let body = html! {
            div.card { p.soft { (self.when) } p.note-text { (self.text) } }
            div.buttons.no-print {
                (Link::primary("Print", [&base, "/", &self.id, "/pdf"].concat()))
                (Link::secondary("Print for the patient", [&base, "/", &self.id, "/pdf?for=patient"].concat()))
                (Link::quiet("To the letters", &base))
            }
        };
        self.top
            .form(csrf, &self.title, body)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            top: Top::sample(),
            id: "l1".into(),
            title: "Your visit of 4 March".into(),
            when: "1 Mar 2026".into(),
            text: "Dear Ann,\n\nplease call us.".into(),
        }]
    }
}
