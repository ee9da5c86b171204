//! `GET /patients/{patient}/forms/{response}`: a form as it was filled in. What it asked is in the response itself, so that it
//! reads the same whatever becomes of the form.

use aceso_fhir::Value;
use aceso_fhir::form::Answer;
use aceso_policy::Purpose;
use aceso_web::page::{Banner, Csrf, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::fill::DRAFT;
use super::{catalog, path};
use crate::Staff;
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::save::{may_add, subject};
use crate::patient::top::{Top, open};
use crate::words::{clock, fhir_day};

/// The page.
pub(crate) struct ShowForm {
    top: Top,
    id: String,
    title: String,
    document: Value,
    /// Where it can be filled in again.
    again: Option<String>,
    draft: bool,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let opened = open(&staff, &ask, Vec::new()).await?;
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let id = ask.param("response");
    let stored = reading.fetch("QuestionnaireResponse", id).await;
    let document = document(&stored.map_err(unreadable)?)?;
    if document.get("subject") != Some(&subject(&ask)?) {
        return Err(PageFault::Missing);
    }
    let canonical = document.str_at("questionnaire").unwrap_or_default();
    let title = match catalog::version(&staff, &ask, canonical).await {
        Ok(form) => form.title.clone(),
        Err(_) => crate::words::say("Form", &[]),
    };
    let writes = may_add(&staff, &ask, "QuestionnaireResponse")?;
    let url = canonical.split('|').next().unwrap_or_default();
    let offers = match writes {
        true => catalog::offers(&staff, &ask).await?,
        false => Vec::new(),
    };
    let again = offers.into_iter().find(|o| o.url == url).map(|o| o.key);
    let page = ShowForm {
        top: opened.top,
        id: id.to_owned(),
        title,
        again,
        draft: writes && document.str_at("status") == Some(DRAFT),
        document,
    };
    Ok(Reply::page(&ask, &page))
}

/// What a question was answered with.
fn answers(item: &Value) -> String {
    let all = item
        .items_at("answer")
        .iter()
        .filter_map(Answer::of_response);
    all.map(|a| a.text()).collect::<Vec<_>>().join("\n")
}

fn lines(items: &[Value]) -> Markup {
    let asks = |item: &Value| !item.items_at("answer").is_empty();
    html! {
        @for run in items.chunk_by(|a, b| asks(a) == asks(b)) {
            @if run.first().is_some_and(asks) {
                dl {
                    @for item in run {
                        div { dt { (item.str_at("text").unwrap_or_default()) } dd { (answers(item)) } }
                    }
                }
                @for inner in run.iter().flat_map(|i| i.items_at("answer")) { (lines(inner.items_at("item"))) }
            } @else {
                @for item in run {
                    section.answered {
                        @if let Some(text) = item.str_at("text") { h2 { (text) } }
                        (lines(item.items_at("item")))
                    }
                }
            }
        }
    }
}

impl View for ShowForm {
    fn page(&self, csrf: &Csrf) -> Page {
        let authored = self.document.str_at("authored").unwrap_or_default();
        let when = format!("{} {}", fhir_day(authored), clock(authored));
        let base = path(self.top.id());
        let body = html! {
            div.card.answered {
                p.soft { "Filled in " (when.trim()) }
                @if self.document.items_at("item").is_empty() { p { "Nothing is answered yet." } }
                (lines(self.document.items_at("item")))
            }
            div.buttons.no-print {
                @if self.draft { (Link::primary("Go on with it", [&base, "/", &self.id, "/edit"].concat())) }
                @if let Some(key) = &self.again { (Link::secondary("Fill in again", [&base, "/new/", key].concat())) }
                (Link::quiet("To the forms", &base))
            }
        };
        let page = self.top.form(csrf, &self.title, body);
        let page = page.layout(Layout::Column);
        match self.document.str_at("status") {
            Some(DRAFT) => page.notice(Banner::new(Tone::Info, "This is a draft")),
            Some("entered-in-error") => {
                page.notice(Banner::new(Tone::Danger, "This was entered in error"))
            }
            Some(_) | None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let text = |text: &str| aceso_fhir::json::read(text.as_bytes()).unwrap_or_default();
        let document = text(
            r#"{"resourceType":"QuestionnaireResponse","status":"in-progress","authored":"2026-03-01T09:00:00Z","item":[
            {"linkId":"g","text":"Over the last 2 weeks","item":[{"linkId":"q","text":"Trouble sleeping","answer":[{"valueString":"Often"}]}]},
            {"linkId":"s","text":"Score","answer":[{"valueInteger":12}]}]}"#,
        );
        vec![Self {
            top: Top::sample(),
            id: "r1".into(),
            title: "PHQ-9".into(),
            document,
            again: Some("phq-9".into()),
            draft: true,
        }]
    }
}
