//! `/admin/roles/{role}/remove`: removing a clinic's own role.

use aceso_policy::Role;
use aceso_store::RoleRecord;
use aceso_web::page::{Banner, Button, Csrf, Form, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::edit::refusal;
use super::{HERE, affected, crumbs, path, people};
use crate::Staff;

/// The question.
pub(crate) struct Remove {
    role: Role,
    title: String,
    version: u64,
    people: Option<usize>,
    against: Option<String>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = find(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("version")])?;
    let mut page = find(&staff, &ask).await?;
    let version = fields.one("version").parse().unwrap_or(0);
    match staff
        .store()
        .remove_role(ask.caller()?, &page.role, version)
        .await
    {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "removed")]))),
        Err(error) => {
            page.against = Some(refusal(error)?);
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

async fn find(staff: &Staff, ask: &Ask) -> Result<Remove, PageFault> {
    let (role, record) = super::of(staff, ask).await?;
    let RoleRecord { title, version, .. } = record.ok_or(PageFault::Missing)?;
    Ok(Remove {
        people: affected(staff, ask, &role).await?,
        role,
        title,
        version,
        against: None,
    })
}

impl View for Remove {
    fn page(&self, csrf: &Csrf) -> Page {
        let buttons = html! {
            div.buttons { (Button::danger("Remove the role")) (Link::quiet("Cancel", path(&self.role))) }
        };
        let form = Form::post(csrf, [&path(&self.role), "/remove"].concat(), buttons)
            .keep("version", self.version.to_string());
        let body = html! {
            div.card {
                p {
                    "Who has the role has no rights by it any more, from the next request on."
                    @if let Some(count) = self.people { " It is given to " (people(count)) "." }
                }
                (form)
            }
        };
        let page = Page::new(
            crate::words::say("Remove the role {0}?", &[&self.title]),
            body,
        )
        .layout(Layout::Column)
        .here(HERE)
        .crumbs(crumbs());
        match &self.against {
            Some(why) => page.notice(Banner::new(Tone::Danger, why)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let sample = super::list::sample_role().map(|role| Self {
            role,
            title: "Counsellor".into(),
            version: 2,
            people: Some(3),
            against: Some("(what stands against it)".into()),
        });
        sample.into_iter().collect()
    }
}
