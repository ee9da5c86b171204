//! `GET /admin/recertification/{list}`: the accounts on a list, and how far it is.

use aceso_base::Instant;
use aceso_policy::Task;
use aceso_store::{Recheck, RecheckDecision, RecheckItem};
use aceso_web::page::{Banner, Button, Column, Csrf, Form, Link, Page, Table, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use super::{HERE, crumbs, decision, path, task};
use crate::Staff;
use crate::words::{day, role_tags, when, when_or};

/// A list.
pub(crate) struct List {
    list: Recheck,
    items: Vec<RecheckItem>,
    own: Option<String>,
    now: Instant,
    done: Option<&'static str>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (list, items) = super::of(&staff, &ask).await?;
    let page = List {
        list,
        items,
        own: ask.caller()?.as_person().map(|p| p.account.clone()),
        now: staff.store().now(),
        done: match ask.query("done") {
            Some("kept") => Some("The roles stay as they are"),
            Some("removed") => {
                Some("The roles are taken away, from now on. The person has been told.")
            }
            Some(_) | None => None,
        },
    };
    Ok(Reply::page(&ask, &page))
}

impl List {
    fn acts(&self, csrf: &Csrf, item: &RecheckItem) -> Markup {
        let to = [&path(&self.list.id), "/", &item.account].concat();
        if item.decision != RecheckDecision::Open {
            return html! {
                span.soft.small {
                    @if let Some(at) = item.decided { (when(at)) }
                    @if let Some(by) = &item.decided_by { br; "by " (by.trim_start_matches("person/")) }
                    @if let Some(reason) = &item.reason { br; span.soft { (reason) } }
                }
            };
        }
        if self.own.as_ref() == Some(&item.account) {
            return html! { span.soft.small { "somebody else decides about you" } };
        }
        let button = Button::secondary("Keep")
            .of(crate::words::say("the roles of {0}", &[&item.user_name]))
            .small();
        let keep = Form::post(csrf, to.as_str(), html! { (button) }).inline();
        let keep = item
            .roles
            .iter()
            .fold(keep, |form, role| form.keep("roles", role.as_str()));
        html! { div.row { (keep) (Link::secondary("Take away …", to).small()) } }
    }
}

impl View for List {
    fn page(&self, csrf: &Csrf) -> Page {
        let columns = [
            Column::text("User name"),
            Column::text("Roles"),
            Column::text("Not used for a quarter"),
            Column::text("Decision"),
        ];
        let mut table = Table::new("Accounts on the list", &columns).under_heading();
        for item in &self.items {
            // What everybody may do for themselves says nothing about a role.
            let told = |t: &&Task| !matches!(t, Task::ApproveClient | Task::OwnAccount);
            let unused = item.unused.iter().filter(told);
            let unused: Vec<String> = unused.map(|t| maud::known(task(*t))).collect();
            table.row(vec![
                html! {
                    a href=(crate::admin::people::path(&item.account)) { (item.user_name) }
                    br;
                    span.soft.small { "last sign-in: " (when_or(item.signed_in, "never")) }
                },
                role_tags(&item.roles),
                html! { span.small { (unused.join(", ")) } },
                html! { div.stack { (decision(item)) (self.acts(csrf, item)) } },
            ]);
        }
        let Recheck {
            accounts, decided, ..
        } = self.list;
        let body = html! {
            div.row.apart {
                p { label for="progress" { "Decided: " (decided) " of " (accounts) } " " progress id="progress" value=(decided) max=(accounts.max(1)) {} }
                (Link::secondary("Take along as a table (CSV)", [&path(&self.list.id), "/export"].concat()).small())
            }
            (table)
        };
        let mut page = Page::new(
            crate::words::say("List of {0}", &[&day(self.list.opened)]),
            body,
        )
        .here(HERE)
        .crumbs(crumbs())
        .lead(crate::words::say(
            "To be done by {0}. What is taken away counts at once.",
            &[&day(self.list.due)],
        ));
        if let Some(done) = self.done {
            page = page.notice(Banner::new(Tone::Good, done));
        }
        if self.list.closed.is_none() && self.list.due < self.now {
            page = page.notice(Banner::new(Tone::Danger, "This list is overdue"));
        }
        page
    }

    fn samples() -> Vec<Self> {
        let (list, item) = super::sample();
        let decided = RecheckItem {
            decision: RecheckDecision::Kept,
            decided: Some(list.opened),
            decided_by: Some("person/ada".into()),
            reason: None,
            account: "a2".into(),
            ..item.clone()
        };
        let own = RecheckItem {
            account: "me".into(),
            ..item.clone()
        };
        let now = list.due.plus_millis(1);
        vec![Self {
            list,
            items: vec![item, decided, own],
            own: Some("me".into()),
            now,
            done: Some("The roles stay as they are"),
        }]
    }
}
