//! `GET /admin/roles/{role}`: what a role may do, in plain words and as it is written; for a clinic's own, its versions.

use aceso_base::Instant;
use aceso_policy::{Role, Task};
use aceso_store::{RoleForm, RoleRecord};
use aceso_web::page::{Banner, Column, Csrf, Facts, Link, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use super::list::{Edit, sample_role};
use super::reach::{Cell, RoleTable, Types, Whose, table};
use super::{HERE, affected, crumbs, group, path, people, title};
use crate::Staff;
use crate::admin::recheck::task;
use crate::fault::fault;
use crate::words::when;

/// One role.
pub(crate) struct ShowRole {
    role: Role,
    record: Option<RoleRecord>,
    versions: Vec<RoleRecord>,
    table: RoleTable,
    /// Its policies: what each says, and its text.
    policies: Vec<(String, String)>,
    people: Option<usize>,
    edit: Edit,
    saved: Saved,
}

/// Whether it was just saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saved {
    Now,
    Before,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (role, record) = super::of(&staff, &ask).await?;
    let (store, caller) = (staff.store(), ask.caller()?);
    let versions = match record {
        Some(_) => store.role_versions(caller, &role).await.map_err(fault)?,
        None => Vec::new(),
    };
    let policies = store.policies();
    let named = format!("Role::\"{role}\"");
    let of_role = policies
        .listing()
        .filter(|(_, _, text)| text.contains(&named));
    let of_role = of_role.map(|(_, says, text)| (says.to_owned(), text));
    let mut of_role: Vec<(String, String)> = of_role.collect();
    // What is permitted comes first, what narrows it after.
    of_role.sort_by_key(|(_, text)| text.contains("forbid ("));
    let page = ShowRole {
        table: table(&policies, &role, store.now()),
        policies: of_role,
        people: affected(&staff, &ask, &role).await?,
        edit: if staff.offers(caller, Task::ManageRoles) {
            Edit::May
        } else {
            Edit::MayNot
        },
        saved: if ask.query("done") == Some("saved") {
            Saved::Now
        } else {
            Saved::Before
        },
        role,
        record,
        versions,
    };
    Ok(Reply::page(&ask, &page))
}

/// A table of whose data each act reaches.
pub(crate) fn reach_table(table: &RoleTable) -> Markup {
    let columns = [
        Column::text("Data"),
        Column::text("Read"),
        Column::text("Add"),
        Column::text("Change"),
        Column::text("Delete"),
    ];
    let mut shown = Table::new("What it reaches", &columns).under_heading();
    for (of, cells) in &table.rows {
        if cells.iter().all(|cell| cell.whose == Whose::None) {
            continue;
        }
        let (name, about) = group(*of);
        let mut row =
            vec![html! { (maud::words(name)) br; span.soft.small { (maud::words(about)) } }];
        row.extend(cells.iter().map(cell));
        shown.row(row);
    }
    html! { @if shown.is_empty() { p.soft { "No data of the record." } } @else { (shown) } }
}

fn cell(cell: &Cell) -> Markup {
    let text = cell.whose.text();
    html! {
        @match cell.whose {
            Whose::None => span.soft { (maud::words(text)) },
            Whose::Own => (Tag::new(Tone::Info, text)),
            Whose::Care => (Tag::new(Tone::Good, text)),
            Whose::All => (Tag::new(Tone::Warning, text)),
        }
        @if cell.types == Types::Some { br; span.soft.small { "some types" } }
    }
}

impl ShowRole {
    fn facts(&self) -> Facts {
        let about = self
            .role
            .built_in()
            .map_or("The clinic's own role.", |b| b.about());
        let tasks = self
            .table
            .tasks
            .iter()
            .map(|t| crate::words::known(task(*t)));
        let tasks: Vec<String> = tasks.collect();
        let facts = Facts::new()
            .with("What it is for", maud::words(about))
            .show("Id", html! { span.mono { (self.role) } })
            .with("May besides", tasks.join(", "));
        match self.people {
            Some(count) => facts.with("Who has it", people(count)),
            None => facts,
        }
    }

    fn history(&self) -> Markup {
        let columns = [
            Column::number("Version"),
            Column::text("When"),
            Column::text("By"),
            Column::text("What"),
        ];
        let mut table = Table::new("Versions", &columns).under_heading();
        for version in &self.versions {
            let text = match &version.form {
                RoleForm::Grid(text) | RoleForm::Cedar { text, .. } => text,
            };
            table.row(vec![
                html! { (version.version) },
                when(version.at),
                html! { (version.by.trim_start_matches("person/")) },
                html! { @if version.removed { "removed" } @else { details { summary { "As it was" } pre.code { (text) } } } },
            ]);
        }
        html! { section.card { h2 { "Versions" } (table) } }
    }
}

impl View for ShowRole {
    fn page(&self, _: &Csrf) -> Page {
        let own = |last: &str| [&path(&self.role), "/", last].concat();
        let body = html! {
            section.card { h2 { "Role" } (self.facts()) }
            section.card {
                h2 { "What it reaches" }
                p.soft.small { "in care: of patients they treat, or whose chart they opened in an emergency. Sensitive data and patients' consents narrow it further." }
                (reach_table(&self.table))
            }
            section.card {
                h2 { "As it is written" }
                @if self.policies.is_empty() { p.soft { "No policy names this role." } }
                @for (says, text) in &self.policies {
                    div.stack { p { (says) } pre.code tabindex="0" { (text) } }
                }
            }
            @if !self.versions.is_empty() { (self.history()) }
        };
        let acts = html! {
            @if self.record.is_some() && self.edit == Edit::May {
                (Link::primary("Change", own("edit")))
                (Link::secondary("As Cedar", own("cedar")))
                (Link::quiet("Remove", own("remove")))
            }
        };
        let page = Page::new(title(&self.role, self.record.as_ref()), body)
            .here(HERE)
            .crumbs(crumbs())
            .acts(acts);
        match self.saved {
            Saved::Now => page.notice(Banner::new(
                Tone::Good,
                "The role is in force, from the next request on",
            )),
            Saved::Before => page,
        }
    }

    fn samples() -> Vec<Self> {
        let cells = [Whose::Care, Whose::Own, Whose::All, Whose::None].map(|whose| Cell {
            whose,
            types: Types::Some,
        });
        let table = RoleTable {
            rows: vec![(aceso_policy::Group::Clinical, cells)],
            tasks: vec![Task::BreakGlass],
        };
        let sample = |role: Role, record: Option<RoleRecord>| Self {
            versions: record.clone().into_iter().collect(),
            table: table.clone(),
            policies: vec![(
                "Reads charts.".into(),
                "permit (principal, action, resource);".into(),
            )],
            people: Some(4),
            edit: Edit::May,
            saved: if role.built_in().is_some() {
                Saved::Before
            } else {
                Saved::Now
            },
            role,
            record,
        };
        let own = sample_role().map(|role| sample(role, self::sample()));
        own.into_iter()
            .chain([sample(Role::CLINICIAN, None)])
            .collect()
    }
}

/// A clinic's own role for samples.
pub(crate) fn sample() -> Option<RoleRecord> {
    Some(RoleRecord {
        role: sample_role()?,
        version: 2,
        title: "Counsellor".into(),
        form: RoleForm::Grid("clinical documents: read search (care)\nsees: PSY\n".into()),
        at: Instant::from_millis(1_795_314_068_000),
        by: "person/ada".into(),
        removed: false,
    })
}
