//! `/admin/forms/{form}/preview`: a form as people will fill it in. Nothing is saved.

use std::sync::Arc;

use aceso_fhir::form::{Filled, Form as Asked, Typed, fill, read};
use aceso_web::page::{Banner, Button, Csrf, Errors, Form, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, FormProblem, Outcome, Reply, Take};
use maud::html;

use super::{HERE, crumbs, kept, path, told};
use crate::Staff;
use crate::forms::draw::Drawn;

/// The page; without a form where it cannot be filled in yet.
pub(crate) struct Preview {
    id: String,
    form: Result<Arc<Asked>, Vec<String>>,
    typed: Typed,
    filled: Filled,
    errors: Errors,
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<Preview, aceso_web::site::PageFault> {
    let kept = kept(staff, ask).await?;
    let form = read(&kept.document).map(Arc::new);
    Ok(Preview {
        id: ask.param("form").to_owned(),
        form: form.map_err(|faults| faults.iter().map(told).collect()),
        typed: Typed::default(),
        filled: Filled::default(),
        errors: Errors::none(),
    })
}

/// `GET /admin/forms/{form}/preview`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mut page = opened(&staff, &ask).await?;
    let now = staff.store().now();
    if let Ok(form) = &page.form {
        page.typed = form.begin(None, now);
        page.filled = fill(form, &page.typed, None, now);
    }
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/forms/{form}/preview`
pub(crate) async fn check(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields_and(&[Take::One("act")], &|name| {
        name.starts_with(['a', 'n', 'x'])
    })?;
    let mut page = opened(&staff, &ask).await?;
    let Ok(form) = page.form.clone() else {
        return Ok(Reply::wrong(&ask, &page));
    };
    for (name, value) in fields
        .all()
        .filter(|(name, _)| !["act", "csrf"].contains(name))
    {
        if !Typed::is_field(&form, name) {
            return Err(FormProblem::Unknown.into());
        }
        page.typed.take(&form, name, value);
    }
    let act = fields.one("act");
    if let Some(counter) = act.strip_prefix("more:") {
        page.typed.more(&form, counter);
    }
    page.filled = fill(&form, &page.typed, None, staff.store().now());
    let mut wrong: Vec<_> = page.filled.problems().collect();
    if act == "done" {
        wrong.extend(page.filled.missing());
    }
    wrong.sort_by_key(|(slot, _)| *slot);
    for (slot, why) in wrong {
        page.errors.add(&slot.name('a'), why.to_owned());
    }
    Ok(Reply::page(&ask, &page))
}

impl View for Preview {
    fn page(&self, csrf: &Csrf) -> Page {
        let place = path(&self.id);
        let body = match &self.form {
            Ok(form) => {
                let drawn = Drawn {
                    form,
                    typed: &self.typed,
                    filled: &self.filled,
                    errors: &self.errors,
                };
                let fields = html! {
                    (self.errors)
                    (drawn.all())
                    div.buttons {
                        (Button::primary("Check the answers").says("act", "done"))
                        (Button::secondary("Continue").says("act", "look"))
                        (Link::quiet("Back to the form", &place))
                    }
                };
                let to = [&place, "/preview"].concat();
                html! { div.card { (Form::post(csrf, to, fields)) } }
            }
            Err(faults) => html! {
                (Banner::new(Tone::Warning, "It cannot be filled in yet").body(html! { ul { @for fault in faults { li { (fault) } } } }))
                div.buttons { (Link::secondary("Back to the form", &place)) }
            },
        };
        let title = self
            .form
            .as_ref()
            .map_or_else(|_| crate::words::known("Form"), |f| f.title.clone());
        Page::new(crate::words::say("Preview: {0}", &[&title]), body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
            .lead("As people will see it. Nothing is saved.")
    }

    fn samples() -> Vec<Self> {
        let all = crate::forms::shipped::all().iter();
        let page = |form| Self {
            id: "f1".into(),
            form,
            typed: Typed::default(),
            filled: Filled::default(),
            errors: Errors::none(),
        };
        all.map(|shipped| page(Ok(Arc::clone(&shipped.form))))
            .chain([page(Err(vec!["(what is wrong with it)".into()]))])
            .collect()
    }
}
