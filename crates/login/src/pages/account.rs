//! `/account`: one's own account at a glance, and what can be done with each way to sign in.

use std::sync::Arc;

use aceso_policy::{Person, Who};
use aceso_store::{Account, Credential, CredentialKind};
use aceso_web::page::{
    Banner, Button, Column, Crumb, Csrf, Empty, Errors, Facts, Field, Form, Layout, Link, Page,
    Tab, Table, Tabs, Text, Tone, View, say,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::Pages;
use super::fault::fault;
use super::identities::{self, Linked};
use super::parts::{role_text, when};

/// The signed-in person.
pub(super) fn person(ask: &Ask) -> Result<&Arc<Person>, PageFault> {
    match &ask.caller()?.who {
        Who::Person(person) => Ok(person),
        Who::Client(_) | Who::Operator | Who::Job(_) => Err(PageFault::Missing),
    }
}

/// The person's own account.
pub(super) async fn own(pages: &Pages, ask: &Ask) -> Result<Account, PageFault> {
    let id = person(ask)?.account.clone();
    pages
        .0
        .store
        .account(ask.caller()?, &id)
        .await
        .map_err(fault)
}

/// Asks for a fresh proof, unless there is one.
pub(super) fn fresh(pages: &Pages, ask: &Ask) -> Result<(), PageFault> {
    match person(ask)?.session.is_stepped_up(pages.now()) {
        true => Ok(()),
        false => Err(PageFault::StepUp),
    }
}

/// The pages of the account, side by side.
pub(super) fn tabs(here: &str, unseen: u64) -> Markup {
    let notices = match unseen {
        0 => Tab::new("Notices", "/account/notices"),
        some => Tab::new("Notices", "/account/notices").count(some),
    };
    let all = vec![
        Tab::new("Signing in", "/account"),
        Tab::new("Sessions", "/account/sessions"),
        Tab::new("Apps", "/account/apps"),
        notices,
    ];
    html! { (Tabs::new("Your account", all, here)) }
}

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    name: String,
    user: String,
    roles: Vec<String>,
    email: Option<String>,
    /// Whether there is a record of their own.
    patient: Option<()>,
    credentials: Vec<Credential>,
    identities: Vec<Linked>,
    codes: u32,
    unseen: u64,
    done: Option<&'static str>,
}

fn done(what: &str) -> Option<&'static str> {
    match what {
        "password" => Some("The new password is set, and your other sessions have ended"),
        "passkey" => Some("The passkey is added"),
        "app" => Some("The authenticator app is added"),
        "renamed" => Some("The name is changed"),
        "removed" => Some("It is removed"),
        "unlinked" => Some("That sign-in is no longer linked to your account"),
        _ => None,
    }
}

impl Overview {
    fn of_kind(&self, kind: CredentialKind) -> Vec<&Credential> {
        self.credentials.iter().filter(|c| c.kind == kind).collect()
    }

    fn list(&self, kind: CredentialKind, caption: &'static str) -> Markup {
        let columns = [
            Column::text("Name"),
            Column::text("Added"),
            Column::text("Last used"),
            Column::acts("Change"),
        ];
        let mut table = Table::new(caption, &columns).under_heading();
        for one in self.of_kind(kind) {
            let at = |act: &str| format!("/account/credentials/{}/{act}", one.id);
            table.row(vec![
                html! { (one.label) },
                when(one.created),
                match one.used {
                    Some(used) => when(used),
                    None => html! { span.soft { "never" } },
                },
                html! { div.row {
                    a.button.quiet.small href=(at("rename")) { "Rename" span.hidden { " " (one.label) } }
                    a.button.quiet.small href=(at("remove")) { "Remove" span.hidden { " " (one.label) } }
                } },
            ]);
        }
        html! { (table) }
    }

    fn passkeys(&self) -> Markup {
        let add = Link::secondary("Add a passkey", "/account/passkeys/new").small();
        html! {
            section.card {
                div.row.apart { h2 { "Passkeys" } (add) }
                @if self.of_kind(CredentialKind::Passkey).is_empty() {
                    (Empty::new("No passkeys yet", "A passkey signs you in with your finger, face or PIN. It is the safest way, and the quickest."))
                } @else { (self.list(CredentialKind::Passkey, "Passkeys")) }
            }
        }
    }

    fn others(&self) -> Markup {
        let password = self.of_kind(CredentialKind::Password);
        let set = match password.first() {
            Some(one) => html! { "Set " (when(one.created)) },
            None => html! { "None" },
        };
        let change = if password.is_empty() {
            "Set a password"
        } else {
            "Change"
        };
        let apps = self.of_kind(CredentialKind::Totp);
        let codes = match self.codes {
            0 => html! { "None" },
            1 => html! { "1 left" },
            many => html! { (many) " left" },
        };
        html! {
            section.card {
                h2 { "Password" }
                div.row.apart { p { (set) } (Link::secondary(change, "/account/password").small()) }
            }
            section.card {
                div.row.apart { h2 { "Authenticator app" } (Link::secondary("Add an app", "/account/app").small()) }
                @if apps.is_empty() { p.soft { "None. An app shows a code of six digits that goes with your password." } }
                @else { (self.list(CredentialKind::Totp, "Authenticator apps")) }
            }
            section.card {
                h2 { "Recovery codes" }
                div.row.apart { p { (codes) } (Link::secondary("Make new codes", "/account/recovery-codes").small()) }
            }
        }
    }
}

impl View for Overview {
    fn page(&self, _: &Csrf) -> Page {
        let mut facts = Facts::new()
            .with("Name", self.name.as_str())
            .show("User name", html! { span.mono { (self.user) } });
        facts = facts.with("Roles", self.roles.join(", "));
        if let Some(email) = &self.email {
            facts = facts.with("E-mail", email.as_str());
        }
        let body = html! {
            (tabs("/account", self.unseen))
            section.card { h2 { "You" } (facts) }
            (self.passkeys())
            (self.others())
            (identities::card(&self.identities))
            section.card {
                h2 { "More" }
                div.row {
                    (Link::secondary("Language and look", "/look").small())
                    (Link::secondary("Open an app", "/apps").small())
                    @if self.patient.is_some() { (Link::secondary("Who looked into my record", "/account/access").small()) }
                }
            }
        };
        let page = Page::new("Your account", body).here("/account");
        let weak = !self.of_kind(CredentialKind::Password).is_empty()
            && self.of_kind(CredentialKind::Passkey).is_empty()
            && self.of_kind(CredentialKind::Totp).is_empty();
        let page = match weak {
            true => page.notice(
                Banner::new(
                    Tone::Warning,
                    "Your password is all that protects your account",
                )
                .text("Add a passkey or an authenticator app."),
            ),
            false => page,
        };
        match self.done {
            Some(text) => page.notice(Banner::new(Tone::Good, text)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let one = |id: &str, kind, label: &str| Credential {
            id: id.into(),
            account: "1".into(),
            kind,
            label: label.into(),
            created: aceso_base::Instant::from_millis(1_795_000_000_000),
            used: Some(aceso_base::Instant::from_millis(1_795_300_000_000)),
            counter: 0,
        };
        let full = Self {
            name: "Ann Example".into(),
            user: "ann".into(),
            roles: vec!["Administrator".into(), "Clinician".into()],
            email: Some("ann@clinic.example".into()),
            patient: Some(()),
            credentials: vec![
                one("1", CredentialKind::Password, "Password"),
                one("2", CredentialKind::Passkey, "Safari on iPhone"),
                one("3", CredentialKind::Passkey, "Security key in the desk"),
                one("4", CredentialKind::Totp, "Authenticator app"),
            ],
            identities: vec![Linked::sample()],
            codes: 8,
            unseen: 2,
            done: done("passkey"),
        };
        let bare = Self {
            email: None,
            patient: None,
            credentials: vec![one("1", CredentialKind::Password, "Password")],
            identities: Vec::new(),
            codes: 0,
            unseen: 0,
            done: None,
            ..full.clone()
        };
        vec![full, bare]
    }
}

/// `GET /account`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let account = own(&pages, &ask).await?;
    let (store, caller) = (&pages.0.store, ask.caller()?);
    let view = Overview {
        credentials: store
            .credentials(caller, &account.id)
            .await
            .map_err(fault)?,
        identities: identities::of(&pages, &ask, &account.id).await?,
        codes: store
            .recovery_codes_left(caller, &account.id)
            .await
            .map_err(fault)?,
        unseen: store
            .unseen_notices(caller, &account.id)
            .await
            .map_err(fault)?,
        roles: account
            .roles
            .iter()
            .map(|r| role_text(r).shown().into_owned())
            .collect(),
        name: account.display,
        user: account.user_name.to_string(),
        email: account.email,
        patient: person(&ask)?.own_patient().map(|_| ()),
        done: ask.query("done").and_then(done),
    };
    Ok(Reply::page(&ask, &view))
}

/// What is to be done with a credential.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Rename {
        id: String,
        label: String,
        errors: Errors,
    },
    Remove {
        id: String,
        label: String,
    },
}

impl View for Change {
    fn page(&self, csrf: &Csrf) -> Page {
        let (title, body) = match self {
            Self::Rename { id, label, errors } => {
                let form = html! {
                    (Field::text("label", "Name").value(label.as_str()).longest(80).errors(errors).first())
                    div.buttons { (Button::primary("Rename")) (Link::quiet("Cancel", "/account")) }
                };
                let action = format!("/account/credentials/{id}/rename");
                (
                    Text::from("Rename"),
                    html! { (errors) (Form::post(csrf, action, form)) },
                )
            }
            Self::Remove { id, label } => {
                let form = html! { div.buttons { (Button::danger("Remove")) (Link::quiet("Keep it", "/account")) } };
                let action = format!("/account/credentials/{id}/remove");
                let body = html! {
                    p { "You can no longer sign in with it. Sessions that are open stay open." }
                    (Form::post(csrf, action, form))
                };
                (say("Remove “{0}”?", &[label]).into(), body)
            }
        };
        Page::new(title, body)
            .layout(Layout::Column)
            .here("/account")
            .crumbs(vec![Crumb::new("Your account", "/account")])
    }

    fn samples() -> Vec<Self> {
        let (id, label) = ("1".to_owned(), "Safari on iPhone".to_owned());
        vec![
            Self::Rename {
                id: id.clone(),
                label: label.clone(),
                errors: Errors::one("label", "Enter a name"),
            },
            Self::Remove { id, label },
        ]
    }
}

/// The person's own credential that the address names.
async fn named(pages: &Pages, ask: &Ask) -> Result<Credential, PageFault> {
    let account = &person(ask)?.account;
    let all = pages
        .0
        .store
        .credentials(ask.caller()?, account)
        .await
        .map_err(fault)?;
    let found = all
        .into_iter()
        .find(|c| c.id == ask.param("id") && c.kind != CredentialKind::Password);
    found.ok_or(PageFault::Missing)
}

/// `GET /account/credentials/{id}/rename`
pub(super) async fn show_rename(pages: Pages, ask: Ask) -> Outcome {
    let Credential { id, label, .. } = named(&pages, &ask).await?;
    let errors = Errors::none();
    Ok(Reply::page(&ask, &Change::Rename { id, label, errors }))
}

/// `POST /account/credentials/{id}/rename`
pub(super) async fn rename(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("label")])?;
    let Credential { id, .. } = named(&pages, &ask).await?;
    let label = fields.trimmed("label").to_owned();
    if label.is_empty() {
        let errors = Errors::one("label", "Enter a name");
        return Ok(Reply::wrong(&ask, &Change::Rename { id, label, errors }));
    }
    let account = &person(&ask)?.account;
    let renamed = pages
        .0
        .store
        .rename_credential(ask.caller()?, account, &id, &label)
        .await;
    renamed.map_err(fault)?;
    Ok(Reply::to(Local::with("/account", &[("done", "renamed")])))
}

/// `GET /account/credentials/{id}/remove`
pub(super) async fn show_remove(pages: Pages, ask: Ask) -> Outcome {
    fresh(&pages, &ask)?;
    let Credential { id, label, .. } = named(&pages, &ask).await?;
    Ok(Reply::page(&ask, &Change::Remove { id, label }))
}

/// `POST /account/credentials/{id}/remove`
pub(super) async fn remove(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let Credential { id, .. } = named(&pages, &ask).await?;
    let account = &person(&ask)?.account;
    let removed = pages
        .0
        .store
        .remove_credential(ask.caller()?, account, &id)
        .await;
    removed.map_err(fault)?;
    Ok(Reply::to(Local::with("/account", &[("done", "removed")])))
}
