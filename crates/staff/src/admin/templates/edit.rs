//! `/admin/templates/{template}`: one version of a template: its text, how what is begun with it looks, and what can be done.

use aceso_fhir::Value;
use aceso_store::WriteError;
use aceso_web::page::{
    Button, Card, Csrf, Errors, Form, Layout, Page, Text, View, said, say, words,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, Kept, begin, check, crumbs, fields, kept, path, shipped, typed};
use crate::Staff;
use crate::admin::standing::Standing;
use crate::chart::note::PARTS;
use crate::letters::template::{Template, Use, stored};
use crate::patient::save::{checked, refused};

/// The page.
pub(crate) struct EditTemplate {
    kept: Kept,
    template: Template,
    errors: Errors,
}

/// `GET /admin/templates/{template}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = EditTemplate::of(kept(&staff, &ask).await?);
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/templates/{template}`
pub(crate) async fn act(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["version", "act", "title", "role", "text"].map(Take::One))?;
    let mut page = EditTemplate::of(kept(&staff, &ask).await?);
    if fields.one("version").parse() != Ok(page.kept.version) {
        return Err(refused(WriteError::Stale));
    }
    let draft = page.kept.standing() == Standing::Draft;
    match fields.one("act") {
        "copy" if !draft => page.new_version(&staff, &ask).await,
        "retire" if page.kept.standing() == Standing::Active => page.retire(&staff, &ask).await,
        act @ ("save" | "try" | "publish") if draft => {
            page.template = typed(page.template, &fields);
            check(&page.template, &mut page.errors);
            if !page.errors.is_empty() {
                return Ok(Reply::wrong(&ask, &page));
            }
            match act {
                "try" => Ok(Reply::page(&ask, &page)),
                "publish" => page.publish(&staff, &ask).await,
                _ => page.save(&staff, &ask).await,
            }
        }
        _ => Err(PageFault::Missing),
    }
}

impl EditTemplate {
    fn of(kept: Kept) -> Self {
        Self {
            template: kept.template(),
            kept,
            errors: Errors::none(),
        }
    }

    fn write(&mut self) {
        self.template.write(&mut self.kept.document);
    }

    async fn save(mut self, staff: &Staff, ask: &Ask) -> Outcome {
        self.write();
        let mut tx = begin(staff, ask)?;
        let (id, version) = (self.kept.id, self.kept.version);
        tx.update(&id, checked(self.kept.document)?, Some(version))
            .await
            .map_err(refused)?;
        tx.commit().await.map_err(refused)?;
        Ok(Reply::to_path(&path(&id)))
    }

    /// Puts the draft into use; what was in use is retired in the same transaction.
    async fn publish(mut self, staff: &Staff, ask: &Ask) -> Outcome {
        self.write();
        let url = self.kept.text("url").to_owned();
        let mut tx = begin(staff, ask)?;
        for other in stored(staff, ask).await? {
            let active = other.str_at("status") == Some(Standing::Active.code());
            if !active || other.str_at("url") != Some(&url) {
                continue;
            }
            let version = other.get("meta").and_then(|m| m.str_at("versionId"));
            let version = version.and_then(|v| v.parse().ok());
            let id = other.id().unwrap_or_default().to_owned();
            if let Value::Object(mut old) = other {
                old.set("status", Standing::Retired.code());
                tx.update(&id, checked(old)?, version)
                    .await
                    .map_err(refused)?;
            }
        }
        let mut document = self.kept.document;
        document.set("status", Standing::Active.code());
        let (id, version) = (&self.kept.id, self.kept.version);
        tx.update(id, checked(document)?, Some(version))
            .await
            .map_err(refused)?;
        tx.commit().await.map_err(refused)?;
        Ok(Reply::to_path(HERE))
    }

    /// A draft of its own with the next number.
    async fn new_version(self, staff: &Staff, ask: &Ask) -> Outcome {
        let id = staff.store().new_id();
        let last = self.kept.text("version").parse().unwrap_or(1_u32);
        let mut document = self.kept.document;
        document.set("id", id.as_str());
        document.set("version", (last + 1).to_string());
        document.set("status", Standing::Draft.code());
        document.remove("meta");
        let mut tx = begin(staff, ask)?;
        tx.create(&id, checked(document)?).map_err(refused)?;
        tx.commit().await.map_err(refused)?;
        Ok(Reply::to_path(&path(&id)))
    }

    /// Nothing is begun with it any more. A shipped one is stored as retired.
    async fn retire(self, staff: &Staff, ask: &Ask) -> Outcome {
        let mut document = self.kept.document;
        document.set("status", Standing::Retired.code());
        let mut tx = begin(staff, ask)?;
        match self.kept.version {
            0 => {
                let id = staff.store().new_id();
                document.set("id", id.as_str());
                tx.create(&id, checked(document)?).map_err(refused)?;
            }
            version => {
                tx.update(&self.kept.id, checked(document)?, Some(version))
                    .await
                    .map_err(refused)?;
            }
        }
        tx.commit().await.map_err(refused)?;
        Ok(Reply::to_path(HERE))
    }

    /// What is begun with it, as it would look for somebody.
    fn preview(&self) -> Markup {
        let value = |name: &str| {
            let said = match name {
                "patient" => "Ann Example",
                "born" => "1 Mar 1974",
                "today" => "4 Mar 2026",
                "author" => "Dr. Doc",
                "clinic" => "The clinic",
                "results" => "Potassium: 4.1 mmol/L (normal 3.5–5), 3 Mar 2026",
                "problems" => "Hypertension",
                "allergies" => "Penicillin",
                "medications" => "Lisinopril 10 mg",
                _ => "",
            };
            said.to_owned()
        };
        let lines = |text: &str| html! { @for line in text.split('\n') { p.line { (line) } } };
        match self.template.begins {
            Use::Letter => {
                html! { h3 { (self.template.title) } (lines(&self.template.fill(value))) }
            }
            Use::Note => {
                let note = self.template.note(value);
                html! {
                    @for ((_, _, label), text) in PARTS.into_iter().zip(&note.parts) { h3 { (words(label)) } (lines(text)) }
                }
            }
        }
    }

    fn fields(&self, standing: Standing) -> Markup {
        html! {
            (self.errors)
            @if standing == Standing::Draft { (fields(&self.template, &self.errors)) }
            div.buttons {
                @match standing {
                    Standing::Draft => {
                        (Button::primary("Save").says("act", "save"))
                        (Button::secondary("Try it out").says("act", "try"))
                        (Button::secondary("Publish").says("act", "publish"))
                    }
                    Standing::Active => {
                        (Button::primary("Make a new version").says("act", "copy"))
                        (Button::danger("Retire").says("act", "retire"))
                    }
                    Standing::Retired => (Button::primary("Make a new version").says("act", "copy")),
                }
            }
        }
    }
}

impl View for EditTemplate {
    fn page(&self, csrf: &Csrf) -> Page {
        let standing = self.kept.standing();
        let to = path(&self.kept.id);
        let form = Form::post(csrf, to, self.fields(standing))
            .keep("version", self.kept.version.to_string());
        let body = html! {
            div.stack {
                div.card.letter { (form) }
                (Card::new("How it begins", self.preview()).note("with a patient who does not exist"))
            }
        };
        let title = self.kept.text("title");
        let title = if title.is_empty() {
            Text::from("Template")
        } else {
            said(title)
        };
        Page::new(title, body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
            .lead(say(
                "{0}, version {1}",
                &[
                    &words(self.template.begins.said()),
                    &self.kept.text("version"),
                ],
            ))
            .acts(html! { (standing.tag()) })
    }

    fn samples() -> Vec<Self> {
        let sample = |begins, standing: Standing, errors| {
            let text = ("recall", "Please come", "Dear {patient},\n\nplease come.");
            let mut kept = shipped(&Template::own(begins, text));
            kept.document.set("status", standing.code());
            Self {
                errors,
                ..Self::of(kept)
            }
        };
        vec![
            sample(
                Use::Letter,
                Standing::Draft,
                Errors::one("text", "Write the text, 10,000 letters at most"),
            ),
            sample(Use::Note, Standing::Draft, Errors::none()),
            sample(Use::Letter, Standing::Active, Errors::none()),
            sample(Use::Note, Standing::Retired, Errors::none()),
        ]
    }
}
