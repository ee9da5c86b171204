//! `GET /admin/people`: everybody who can sign in here, by name, role and state.

use aceso_base::Instant;
use aceso_policy::Role;
use aceso_store::{Account, AccountQuery, AccountState, Enrol};
use aceso_web::page::{
    Choice, Column, Csrf, Empty, Field, Link, Page, Select, Table, Tag, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, Reply};
use maud::{Markup, html};

use super::{HERE, path};
use crate::Staff;
use crate::fault::fault;
use crate::words::{day, role_tags, role_title, state_tag, when_or};

/// So many on a page.
const COUNT: u32 = 50;

/// The list.
pub(crate) struct People {
    accounts: Vec<Account>,
    wanted: Wanted,
    roles: Vec<Role>,
    next: Option<String>,
    now: Instant,
}

/// What was asked for, as the address says it.
#[derive(Clone, Default)]
struct Wanted {
    text: String,
    role: Option<Role>,
    state: Option<AccountState>,
    after: Option<String>,
}

/// The states with their names in addresses.
const STATES: [(AccountState, &str, &str); 3] = [
    (AccountState::Active, "active", "Active"),
    (AccountState::Invited, "invited", "Invited"),
    (AccountState::Disabled, "disabled", "Disabled"),
];

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let wanted = Wanted::of(&ask);
    let query = AccountQuery {
        state: wanted.state,
        role: wanted.role.clone(),
        text: Some(wanted.text.clone()).filter(|t| !t.is_empty()),
        after: wanted.after.clone(),
        count: COUNT,
    };
    let found = staff
        .store()
        .accounts(ask.caller()?, query)
        .await
        .map_err(fault)?;
    let page = People {
        accounts: found.accounts,
        wanted,
        roles: staff.store().policies().roles().to_vec(),
        next: found.next,
        now: staff.store().now(),
    };
    Ok(Reply::page(&ask, &page))
}

impl Wanted {
    fn of(ask: &Ask) -> Self {
        let said = |name: &str| ask.query(name).map(str::trim).filter(|v| !v.is_empty());
        let state = said("state").and_then(|name| STATES.into_iter().find(|(_, n, _)| *n == name));
        Self {
            text: said("q").unwrap_or_default().chars().take(100).collect(),
            role: said("role").and_then(|role| Role::parse(role).ok()),
            state: state.map(|(state, ..)| state),
            after: said("after").map(str::to_owned),
        }
    }

    fn is_all(&self) -> bool {
        self.text.is_empty() && self.role.is_none() && self.state.is_none()
    }

    fn state_name(&self) -> &'static str {
        let found = STATES
            .into_iter()
            .find(|(state, ..)| Some(*state) == self.state);
        found.map_or("", |(_, name, _)| name)
    }

    fn page_after(&self, after: &str) -> String {
        let role = self.role.as_ref().map_or("", Role::as_str);
        let query = [
            ("q", self.text.as_str()),
            ("role", role),
            ("state", self.state_name()),
            ("after", after),
        ];
        let query: Vec<_> = query
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Local::with(HERE, &query).to_string()
    }
}

impl People {
    fn filter(&self) -> Markup {
        let any = || Choice::new("", "Any");
        let roles = self
            .roles
            .iter()
            .map(|r| Choice::new(r.as_str(), role_title(r)));
        let states = STATES
            .into_iter()
            .map(|(_, name, title)| Choice::new(name, title));
        let role = self.wanted.role.as_ref().map_or("", Role::as_str);
        html! {
            form.filter method="get" action=(HERE) role="search" {
                (Field::search("q", "Name or user name").value(&self.wanted.text))
                (Select::new("role", "Role", std::iter::once(any()).chain(roles).collect()).chosen(role))
                (Select::new("state", "Status", std::iter::once(any()).chain(states).collect()).chosen(self.wanted.state_name()))
                button.button.secondary type="submit" { "Show" }
            }
        }
    }

    fn table(&self) -> Table {
        let columns = [
            Column::text("Name"),
            Column::text("Roles"),
            Column::text("Status"),
            Column::text("Last sign-in"),
        ];
        let mut table = Table::new("People", &columns).under_heading();
        for account in &self.accounts {
            table.row(vec![
                html! {
                    a href=(path(&account.id)) { (account.display) }
                    br;
                    span.soft.small { (account.user_name) }
                },
                role_tags(&account.roles),
                self.state(account),
                when_or(account.signed_in, "never"),
            ]);
        }
        table
    }

    fn state(&self, account: &Account) -> Markup {
        html! {
            span.tags {
                (state_tag(account.state))
                @match account.not_after {
                    Some(end) if end <= self.now => { " " (Tag::new(Tone::Danger, "left")) }
                    Some(end) => { " " (Tag::new(Tone::Warning, format!("leaves {}", day(end)))) }
                    None => {}
                }
                @if account.enrol == Enrol::Must && account.state == AccountState::Active {
                    " " (Tag::new(Tone::Warning, "no second factor"))
                }
            }
        }
    }

    fn empty(&self) -> Empty {
        if self.wanted.is_all() {
            Empty::new("Nobody yet", "People who are invited are listed here.")
                .way(Link::secondary("Invite a person", "/admin/people/new"))
        } else {
            Empty::new(
                "Nobody fits",
                "Try fewer letters, another role or another state.",
            )
            .way(Link::secondary("Show everybody", HERE))
        }
    }
}

impl View for People {
    fn page(&self, _: &Csrf) -> Page {
        let after = self
            .next
            .as_deref()
            .map(|next| self.wanted.page_after(next));
        let before = self
            .wanted
            .after
            .as_ref()
            .map(|_| self.wanted.page_after(""));
        let body = html! {
            (self.filter())
            @if self.accounts.is_empty() { (self.empty()) } @else { (self.table()) }
            @if after.is_some() || before.is_some() {
                nav.pager aria-label="Pages of this list" {
                    p.soft { (self.accounts.len()) " people, by user name" }
                    div.row {
                        @if let Some(to) = before { (Link::secondary("From the start", to).small()) }
                        @if let Some(to) = after { (Link::secondary("More", to).small()) }
                    }
                }
            }
        };
        Page::new("People", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("Everybody who can sign in here.")
            .acts(html! { (Link::primary("Invite a person", "/admin/people/new")) })
    }

    fn samples() -> Vec<Self> {
        let roles = vec![Role::CLINICIAN, Role::NURSE];
        let now = Instant::from_millis(1_795_314_068_000);
        let full = super::sample("Ann Example")
            .into_iter()
            .map(|account| Self {
                accounts: vec![account],
                wanted: Wanted::default(),
                roles: roles.clone(),
                next: Some("ann".into()),
                now,
            });
        let mut all: Vec<Self> = full.collect();
        let wanted = Wanted {
            text: "zz".into(),
            ..Wanted::default()
        };
        all.push(Self {
            accounts: Vec::new(),
            wanted,
            roles: roles.clone(),
            next: None,
            now,
        });
        all
    }
}
