//! `/admin/templates/new`: beginning a template.

use aceso_store::WriteError;
use aceso_web::page::{Button, Choice, Csrf, Errors, Form, Layout, Link, Page, Select, View};
use aceso_web::site::{Ask, Outcome, Reply, Take};
use maud::html;

use super::{HERE, begin, check, crumbs, fields, path, typed};
use crate::Staff;
use crate::admin::standing::Standing;
use crate::chart::write::resource;
use crate::letters::template::{KIND, Template, Use};
use crate::patient::save::{checked, form_id, refused};

/// The form.
pub(crate) struct NewTemplate {
    form: String,
    template: Template,
    errors: Errors,
}

/// What a template begins as.
fn blank(begins: Use) -> Template {
    let body = match begins {
        Use::Letter => "Dear {patient},\n\n\n\n{author}\n{clinic}",
        Use::Note => "[Subjective]\n\n[Objective]\n\n[Assessment]\n\n[Plan]\n",
    };
    Template::own(begins, ("", "", body))
}

/// `GET /admin/templates/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let begins = ask.query("begins").and_then(Use::of).unwrap_or_default();
    let page = NewTemplate {
        form: staff.store().new_id(),
        template: blank(begins),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/templates/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["form", "begins", "title", "role", "text"].map(Take::One))?;
    let form = form_id(&staff, fields.one("form"));
    let mut page = NewTemplate {
        template: Template {
            begins: Use::of(fields.one("begins")).unwrap_or_default(),
            key: form.clone(),
            ..typed(Template::default(), &fields)
        },
        form,
        errors: Errors::none(),
    };
    check(&page.template, &mut page.errors);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut document = resource(KIND);
    document.set("id", page.form.as_str());
    document.set("version", "1");
    document.set("status", Standing::Draft.code());
    page.template.write(&mut document);
    let mut tx = begin(&staff, &ask)?;
    tx.create(&page.form, checked(document)?).map_err(refused)?;
    match tx.commit().await {
        // Sent twice, it is made once.
        Ok(()) | Err(WriteError::Stale) => Ok(Reply::to_path(&path(&page.form))),
        Err(error) => Err(refused(error)),
    }
}

impl View for NewTemplate {
    fn page(&self, csrf: &Csrf) -> Page {
        let kinds = Use::ALL.map(|one| Choice::new(one.word(), one.said()));
        let begins = self.template.begins;
        let body = html! {
            (self.errors)
            (Select::new("begins", "What it begins", kinds.into()).chosen(begins.word()))
            (fields(&self.template, &self.errors))
            div.buttons { (Button::primary("Keep it as a draft")) (Link::quiet("Cancel", HERE)) }
        };
        let form = Form::post(csrf, [HERE, "/new"].concat(), body).keep("form", &self.form);
        Page::new("New template", html! { div.card.letter { (form) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
    }

    fn samples() -> Vec<Self> {
        let sample = |begins, errors| Self {
            form: "t1".into(),
            template: blank(begins),
            errors,
        };
        let wrong = Errors::one("title", "Give it a title, 120 letters at most");
        vec![
            sample(Use::Letter, wrong),
            sample(Use::Note, Errors::none()),
        ]
    }
}
