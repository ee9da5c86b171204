//! `GET /admin/roles`: every role, and what it is for.

use aceso_policy::{BuiltIn, Role, Task};
use aceso_store::RoleRecord;
use aceso_web::page::{Banner, Column, Csrf, Link, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::{HERE, path};
use crate::Staff;
use crate::fault::fault;
use crate::words::day;

/// The roles.
pub(crate) struct Roles {
    own: Vec<RoleRecord>,
    edit: Edit,
    done: Option<&'static str>,
}

/// Whether the reader may change roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    May,
    MayNot,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let caller = ask.caller()?;
    let page = Roles {
        own: staff.store().own_roles(caller).await.map_err(fault)?,
        edit: if staff.offers(caller, Task::ManageRoles) {
            Edit::May
        } else {
            Edit::MayNot
        },
        done: match ask.query("done") {
            Some("removed") => {
                Some("The role is removed. Who has it has no rights by it any more.")
            }
            Some(_) | None => None,
        },
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Roles {
    fn page(&self, _: &Csrf) -> Page {
        let mut table = Table::new(
            "Roles",
            &[
                Column::text("Role"),
                Column::text("What it is for"),
                Column::text("From"),
            ],
        )
        .under_heading();
        for own in &self.own {
            table.row(vec![
                html! { a href=(path(&own.role)) { (own.title) } },
                html! { span.soft.mono { (own.role) } },
                html! { (Tag::new(Tone::Info, "this clinic")) " " span.soft.small { "version " (own.version) ", " (day(own.at)) } },
            ]);
        }
        for built_in in BuiltIn::ALL {
            table.row(vec![
                html! { a href=(path(&built_in.role())) { (maud::words(built_in.title())) } },
                html! { (maud::words(built_in.about())) },
                html! { span.soft { "the program" } },
            ]);
        }
        let acts = html! {
            (Link::secondary("May somebody do this?", "/admin/roles/test"))
            @if self.edit == Edit::May { (Link::primary("Make a role", "/admin/roles/new")) }
        };
        let page = Page::new("Roles", html! { (table) })
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What people may do follows from their roles, and from how they stand to the patient.")
            .acts(acts);
        match self.done {
            Some(done) => page.notice(Banner::new(Tone::Good, done)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let own: Vec<RoleRecord> = super::show::sample().into_iter().collect();
        let full = Self {
            own,
            edit: Edit::May,
            done: Some("The role is removed. Who has it has no rights by it any more."),
        };
        let plain = Self {
            own: Vec::new(),
            edit: Edit::MayNot,
            done: None,
        };
        vec![full, plain]
    }
}

/// A role that may be given, for samples.
pub(crate) fn sample_role() -> Option<Role> {
    Role::parse("counsellor").ok()
}
