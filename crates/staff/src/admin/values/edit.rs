//! `/admin/values/{list}`: one value list: a line for each value, tried out before it is kept. Every version stays in the
//! history of its ValueSet.

use aceso_policy::Purpose;
use aceso_store::WriteError;
use aceso_web::page::{Button, Card, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, crumbs, path};
use crate::Staff;
use crate::patient::orders::service::Service;
use crate::patient::orders::values::{Pick, Picks, id, write};
use crate::patient::save::{checked, refused};

/// So many values are in a list.
const MOST: usize = 500;

/// The page.
pub(crate) struct EditValues {
    service: Service,
    version: u64,
    text: String,
    /// What the text says, once it was tried out.
    picks: Vec<Pick>,
    errors: Errors,
}

fn service(ask: &Ask) -> Result<Service, PageFault> {
    Service::of(ask.param("list")).ok_or(PageFault::Missing)
}

/// `GET /admin/values/{list}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let service = service(&ask)?;
    let picks = Picks::of(&staff, &ask, service).await?;
    let page = EditValues {
        service,
        version: picks.version,
        text: lines(&picks.all),
        picks: picks.all,
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/values/{list}`
pub(crate) async fn act(staff: Staff, ask: Ask) -> Outcome {
    let service = service(&ask)?;
    let fields = ask.fields(&["version", "act", "text"].map(Take::One))?;
    let version = Picks::of(&staff, &ask, service).await?.version;
    if fields.one("version").parse() != Ok(version) {
        return Err(refused(WriteError::Stale));
    }
    let (picks, status) = match fields.one("act") {
        "own" => (Picks::own(service), "retired"),
        act => {
            let mut page = EditValues {
                service,
                version,
                text: fields.one("text").replace("\r\n", "\n"),
                picks: Vec::new(),
                errors: Errors::none(),
            };
            page.read();
            if !page.errors.is_empty() {
                return Ok(Reply::wrong(&ask, &page));
            }
            if act == "try" {
                return Ok(Reply::page(&ask, &page));
            }
            (page.picks, "active")
        }
    };
    let document = write(service, &picks, version + 1, status);
    let mut tx = staff.store().write(ask.caller()?, Purpose::Operations);
    let known = (version > 0).then_some(version);
    tx.update(&id(service), checked(document)?, known)
        .await
        .map_err(refused)?;
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(HERE))
}

fn lines(picks: &[Pick]) -> String {
    let each = picks.iter().map(|pick| match pick.code.as_str() {
        "" => pick.name.clone(),
        code => [code, " | ", &pick.name].concat(),
    });
    each.collect::<Vec<_>>().join("\n")
}

impl EditValues {
    /// Reads the lines; the first that cannot be is told.
    fn read(&mut self) {
        let mut picks: Vec<Pick> = Vec::new();
        for (at, line) in self.text.lines().enumerate() {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if line.is_empty() {
                continue;
            }
            let (code, name) = match line.split_once('|') {
                Some((code, name)) => (code.trim(), name.trim()),
                None => ("", line.as_str()),
            };
            let number = at + 1;
            let code_fits = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let why = if name.is_empty() || name.chars().count() > 100 || name.contains('|') {
                "give it a name, 100 letters at most, after the code and |"
            } else if !code_fits || code.len() > 20 {
                "a LOINC code is like 718-7"
            } else if picks.iter().any(|p| p.name.eq_ignore_ascii_case(name)) {
                "this name is in the list already"
            } else {
                picks.push(Pick {
                    code: code.to_owned(),
                    name: name.to_owned(),
                });
                continue;
            };
            self.errors.add(
                "text",
                crate::words::say("Line {0}: {1}", &[&number, &crate::words::known(why)]),
            );
            return;
        }
        if picks.is_empty() || picks.len() > MOST {
            let text = crate::words::say("Enter at least one value, {0} at most", &[&MOST]);
            self.errors.add("text", text);
        }
        self.picks = picks;
    }

    fn preview(&self) -> Markup {
        let names = self.picks.iter().map(|pick| pick.name.clone());
        html! {
            (Field::text("preview", "As the form offers it").offers(names).optional().hint("Type the beginning of a name"))
            p.soft { (self.picks.len()) " values" }
        }
    }
}

impl View for EditValues {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::area("text", "Values").value(&self.text).errors(&self.errors).hint("One a line: LOINC code, a bar, the name; or the name alone"))
            div.buttons {
                (Button::primary("Keep the list").says("act", "save"))
                (Button::secondary("Try it out").says("act", "try"))
                (Button::quiet("Back to the program's own").says("act", "own"))
                (Link::quiet("Cancel", HERE))
            }
        };
        let form =
            Form::post(csrf, path(self.service), fields).keep("version", self.version.to_string());
        let body = html! {
            div.stack {
                div.card.letter { (form) }
                @if !self.picks.is_empty() { (Card::new("Preview", self.preview())) }
            }
        };
        Page::new(self.service.act(), body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
    }

    fn samples() -> Vec<Self> {
        let sample = |text: &str, picks, errors| Self {
            service: Service::Laboratory,
            version: 1,
            text: text.into(),
            picks,
            errors,
        };
        vec![
            sample(
                "718-7 | Haemoglobin",
                Picks::own(Service::Laboratory),
                Errors::none(),
            ),
            sample(
                "||",
                Vec::new(),
                Errors::one("text", maud::said("(what is wrong with a line)")),
            ),
        ]
    }
}
