//! `/admin/templates/new`: beginning a template.

use aceso_store::WriteError;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, Reply, Take};
use maud::html;

use super::{HERE, Standing, begin, check, crumbs, path};
use crate::Staff;
use crate::chart::write::resource;
use crate::letters::template::{KIND, NAMES, set};
use crate::patient::save::{checked, form_id, refused};

/// The form.
pub(crate) struct NewTemplate {
    form: String,
    title: String,
    text: String,
    errors: Errors,
}

/// `GET /admin/templates/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = NewTemplate {
        form: staff.store().new_id(),
        title: String::new(),
        text: "Dear {patient},\n\n\n\n{author}\n{clinic}".to_owned(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/templates/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["form", "title", "text"].map(Take::One))?;
    let mut page = NewTemplate {
        form: form_id(&staff, fields.one("form")),
        title: fields.trimmed("title").to_owned(),
        text: fields.trimmed("text").replace("\r\n", "\n"),
        errors: Errors::none(),
    };
    check(&page.title, &page.text, &mut page.errors);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut document = resource(KIND);
    document.set("id", page.form.as_str());
    document.set("version", "1");
    document.set("status", Standing::Draft.code());
    set(&mut document, &page.form, &page.title, &page.text);
    let mut tx = begin(&staff, &ask)?;
    tx.create(&page.form, checked(document)?).map_err(refused)?;
    match tx.commit().await {
        // Sent twice, it is made once.
        Ok(()) | Err(WriteError::Stale) => Ok(Reply::to_path(&path(&page.form))),
        Err(error) => Err(refused(error)),
    }
}

/// What a text may name.
pub(super) fn names() -> String {
    let all = NAMES.iter().map(|name| format!("{{{name}}}"));
    let all: Vec<String> = all.collect();
    ["These are put in: ", &all.join(" ")].concat()
}

impl View for NewTemplate {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::text("title", "Title").value(&self.title).errors(&self.errors).longest(120).first())
            (Field::area("text", "Text").value(&self.text).errors(&self.errors).hint(names()))
            div.buttons { (Button::primary("Keep it as a draft")) (Link::quiet("Cancel", HERE)) }
        };
        let form = Form::post(csrf, [HERE, "/new"].concat(), fields).keep("form", &self.form);
        Page::new("New template", html! { div.card.letter { (form) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            form: "t1".into(),
            title: String::new(),
            text: "Dear {patient}".into(),
            errors: Errors::one("title", "Give it a title, 120 letters at most"),
        }]
    }
}
