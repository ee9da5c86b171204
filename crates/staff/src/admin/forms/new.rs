//! `/admin/forms/new`: beginning a form.

use aceso_fhir::Object;
use aceso_web::page::{Button, Csrf, Errors, Field, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, Reply, Take};
use maud::html;

use super::{HERE, KIND, OWN, begin, crumbs, path};
use crate::Staff;
use crate::chart::write::resource;
use crate::patient::save::{checked, form_id, refused};

/// The form.
pub(crate) struct NewForm {
    form: String,
    title: String,
    purpose: String,
    errors: Errors,
}

/// `GET /admin/forms/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = NewForm {
        form: staff.store().new_id(),
        title: String::new(),
        purpose: String::new(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/forms/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["form", "title", "purpose"].map(Take::One))?;
    let mut page = NewForm {
        form: form_id(&staff, fields.one("form")),
        title: fields.trimmed("title").to_owned(),
        purpose: fields.trimmed("purpose").to_owned(),
        errors: Errors::none(),
    };
    check_heading(&page.title, &page.purpose, &mut page.errors);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut document = resource(KIND);
    document.set("id", page.form.as_str());
    document.set("url", [OWN, &page.form].concat());
    document.set("version", "1");
    document.set("status", "draft");
    set_heading(&mut document, &page.title, &page.purpose);
    let mut tx = begin(&staff, &ask)?;
    tx.create(&page.form, checked(document)?).map_err(refused)?;
    match tx.commit().await {
        // Sent twice, it is made once.
        Ok(()) | Err(aceso_store::WriteError::Stale) => Ok(Reply::to_path(&path(&page.form))),
        Err(error) => Err(refused(error)),
    }
}

/// What is wrong with a title and what it is for.
pub(super) fn check_heading(title: &str, purpose: &str, errors: &mut Errors) {
    if title.is_empty() || title.chars().count() > 120 {
        errors.add("title", "Give it a title, 120 letters at most");
    }
    if purpose.chars().count() > 500 {
        errors.add("purpose", "500 letters at most");
    }
}

pub(super) fn set_heading(document: &mut Object, title: &str, purpose: &str) {
    document.set("title", title);
    match purpose {
        "" => drop(document.remove("description")),
        purpose => document.set("description", purpose),
    }
}

impl View for NewForm {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::text("title", "Title").value(&self.title).errors(&self.errors).longest(120).first())
            (Field::area("purpose", "What it is for").value(&self.purpose).errors(&self.errors).longest(500).optional()
                .hint("Shown where people choose a form"))
            div.buttons { (Button::primary("Make it")) (Link::quiet("Cancel", HERE)) }
        };
        let form = Form::post(csrf, [HERE, "/new"].concat(), fields).keep("form", &self.form);
        Page::new("New form", html! { div.card { (form) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
    }

    fn samples() -> Vec<Self> {
        vec![Self {
            form: "f1".into(),
            title: String::new(),
            purpose: String::new(),
            errors: Errors::one("title", "Give it a title, 120 letters at most"),
        }]
    }
}
