//! `/admin/roles/{role}/cedar`: a clinic's own role in Cedar, for experts. A mistake is told with its line.

use aceso_policy::{Label, Labels, Role};
use aceso_store::{NewRole, RoleForm, RoleRecord};
use aceso_web::page::{Button, Choice, Choices, Csrf, Errors, Field, Form, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::edit::{refusal, text};
use super::{HERE, crumbs, label, path};
use crate::Staff;

/// The form.
pub(crate) struct Cedar {
    role: Role,
    title: String,
    version: u64,
    text: String,
    sees: Labels,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (_, record) = super::of(&staff, &ask).await?;
    let page = Cedar::of(&record.ok_or(PageFault::Missing)?)?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("text"), Take::Many("sees"), Take::One("version")])?;
    let (role, record) = super::of(&staff, &ask).await?;
    let mut page = Cedar::of(&record.ok_or(PageFault::Missing)?)?;
    page.text = fields.one("text").replace("\r\n", "\n");
    page.sees = fields.many("sees").filter_map(Label::parse).collect();
    page.version = fields.one("version").parse().unwrap_or(0);
    let new = NewRole {
        role: role.clone(),
        title: page.title.clone(),
        form: RoleForm::Cedar {
            text: page.text.clone(),
            sees: page.sees,
        },
        version: Some(page.version),
    };
    match staff.store().set_role(ask.caller()?, new).await {
        Ok(_) => Ok(Reply::to(Local::with(&path(&role), &[("done", "saved")]))),
        Err(error) => {
            page.errors.add("text", refusal(error)?);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Cedar {
    fn of(record: &RoleRecord) -> Result<Self, PageFault> {
        let sees = match &record.form {
            RoleForm::Cedar { sees, .. } => *sees,
            RoleForm::Grid(text) => {
                aceso_policy::Grid::parse(text)
                    .map_err(PageFault::hidden)?
                    .sees
            }
        };
        Ok(Self {
            role: record.role.clone(),
            title: record.title.clone(),
            version: record.version,
            text: text(record)?,
            sees,
            errors: Errors::none(),
        })
    }
}

impl View for Cedar {
    fn page(&self, csrf: &Csrf) -> Page {
        let labels = Label::ALL
            .into_iter()
            .map(|l| Choice::new(l.name(), label(l)))
            .collect();
        let chosen = self.sees.iter().map(Label::name);
        let fields = html! {
            (self.errors)
            (Field::area("text", "Policies").value(&self.text).errors(&self.errors).hint("Cedar. A policy may name this role only; what forbids stands above what permits."))
            (Choices::many("sees", "Sensitive data that it may see", labels).chosen(chosen))
            div.buttons { (Button::primary("Save the role")) (Link::quiet("Cancel", path(&self.role))) }
        };
        let form = Form::post(csrf, [&path(&self.role), "/cedar"].concat(), fields)
            .keep("version", self.version.to_string());
        Page::new(
            crate::words::say("The role {0} in Cedar", &[&self.title]),
            html! { div.card.cedar { (form) } },
        )
        .here(HERE)
        .crumbs(crumbs())
        .lead("For experts. Once it is saved from here, the grid cannot show the role any more.")
    }

    fn samples() -> Vec<Self> {
        let record = super::show::sample();
        let sample = record
            .and_then(|record| Self::of(&record).ok())
            .map(|mut page| {
                page.errors = Errors::one("text", maud::said("(what is wrong with line 3)"));
                page
            });
        sample.into_iter().collect()
    }
}
