//! `/account/sessions`: where one is signed in, and from which browsers one did (ASVS 7.5.2).

use aceso_store::{Device, Session, SessionState};
use aceso_web::page::{Banner, Button, Column, Csrf, Empty, Form, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, html};

use super::Pages;
use super::account::{person, tabs};
use super::device::{known, session};
use super::fault::fault;
use super::parts::{browser, when};

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    here: [u8; 32],
    this_device: Option<[u8; 32]>,
    sessions: Vec<Session>,
    devices: Vec<Device>,
    unseen: u64,
    done: Option<&'static str>,
}

fn done(what: &str) -> Option<&'static str> {
    match what {
        "ended" => Some("The session has ended"),
        "others" => Some("All your other sessions have ended"),
        "forgotten" => Some("The browser is forgotten"),
        _ => None,
    }
}

impl Overview {
    fn sessions(&self, csrf: &Csrf) -> Markup {
        let columns = [
            Column::text("Browser"),
            Column::text("Address"),
            Column::text("Signed in"),
            Column::text("Last used"),
            Column::acts("End"),
        ];
        let mut table = Table::new("Sessions", &columns).under_heading();
        for one in &self.sessions {
            let name = browser(&one.agent);
            let this = one.hash == self.here;
            let end = Button::secondary("End")
                .of(aceso_web::page::say("the session of {0}", &[&name]))
                .small();
            let form = Form::post(
                csrf,
                format!("/account/sessions/{}/end", one.id),
                html! { (end) },
            )
            .inline();
            table.row(vec![
                html! {
                    (name) " "
                    @if this { (Tag::new(Tone::Info, "this one")) }
                    @if one.state == SessionState::Locked { " " (Tag::plain("locked")) }
                },
                match one.address {
                    Some(address) => html! { span.mono { (address) } },
                    None => html! { span.soft { "unknown" } },
                },
                when(one.created),
                when(one.seen),
                match this {
                    true => Markup::default(),
                    false => html! { (form) },
                },
            ]);
        }
        html! { (table) }
    }

    fn devices(&self, csrf: &Csrf) -> Markup {
        let columns = [
            Column::text("Browser"),
            Column::text("First sign-in"),
            Column::text("Last sign-in"),
            Column::acts("Forget"),
        ];
        let mut table = Table::new("Browsers", &columns).under_heading();
        for one in &self.devices {
            let forget = Button::quiet("Forget").of(&one.label).small();
            let action = format!(
                "/account/devices/{}/forget",
                URL_SAFE_NO_PAD.encode(one.hash)
            );
            table.row(vec![
                html! { (one.label) " " @if Some(one.hash) == self.this_device { (Tag::new(Tone::Info, "this one")) } },
                when(one.first),
                when(one.last),
                html! { (Form::post(csrf, action, html! { (forget) }).inline()) },
            ]);
        }
        html! { (table) }
    }
}

impl View for Overview {
    fn page(&self, csrf: &Csrf) -> Page {
        let others = Button::secondary("End all others").small();
        let body = html! {
            (tabs("/account/sessions", self.unseen))
            section.card {
                div.row.apart {
                    h2 { "Where you are signed in" }
                    a.button.quiet.small href="/account/approvals" { "Approve a sign-in" }
                    @if self.sessions.len() > 1 { (Form::post(csrf, "/account/sessions/end-others", html! { (others) }).inline()) }
                }
                (self.sessions(csrf))
            }
            section.card {
                h2 { "Browsers you signed in from" }
                p.soft { "A sign-in from any other browser leaves you a notice." }
                @if self.devices.is_empty() { (Empty::new("None yet", "The browser of your next sign-in appears here.")) }
                @else { (self.devices(csrf)) }
            }
        };
        let page = Page::new("Your account", body).here("/account");
        match self.done {
            Some(text) => page.notice(Banner::new(Tone::Good, text)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let at = aceso_base::Instant::from_millis;
        let one = |id: &str, hash: u8, agent: &str, state| Session {
            id: id.into(),
            hash: [hash; 32],
            account: "1".into(),
            created: at(1_795_000_000_000),
            seen: at(1_795_300_000_000),
            ends: at(1_795_400_000_000),
            state,
            strength: aceso_policy::Strength::Two,
            stepped_up: None,
            address: "192.0.2.7".parse().ok(),
            agent: agent.into(),
            device: None,
        };
        let device = |hash: u8, label: &str| Device {
            hash: [hash; 32],
            label: label.into(),
            first: at(1_780_000_000_000),
            last: at(1_795_000_000_000),
        };
        let many = Self {
            here: [1; 32],
            this_device: Some([1; 32]),
            sessions: vec![
                one("1", 1, "Chrome/1 Linux", SessionState::Full),
                one("2", 2, "Safari/1 iPhone", SessionState::Locked),
            ],
            devices: vec![device(1, "Chrome on Linux"), device(2, "Safari on iPhone")],
            unseen: 0,
            done: done("ended"),
        };
        let few = Self {
            sessions: many.sessions.iter().take(1).cloned().collect(),
            devices: Vec::new(),
            done: None,
            ..many.clone()
        };
        vec![many, few]
    }
}

/// `GET /account/sessions`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let account = &person(&ask)?.account;
    let (store, caller) = (&pages.0.store, ask.caller()?);
    let view = Overview {
        here: session(&ask)?,
        this_device: known(&ask),
        sessions: store.sessions_of(caller, account).await.map_err(fault)?,
        devices: store.devices(caller, account).await.map_err(fault)?,
        unseen: store.unseen_notices(caller, account).await.map_err(fault)?,
        done: ask.query("done").and_then(done),
    };
    Ok(Reply::page(&ask, &view))
}

fn back(what: &str) -> Outcome {
    Ok(Reply::to(Local::with(
        "/account/sessions",
        &[("done", what)],
    )))
}

/// `POST /account/sessions/{id}/end`
pub(super) async fn end(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let account = &person(&ask)?.account;
    let (store, caller) = (&pages.0.store, ask.caller()?);
    // This page is for one's own sessions, also for those who may end others'.
    let own = store.sessions_of(caller, account).await.map_err(fault)?;
    if !own.iter().any(|s| s.id == ask.param("id")) {
        return Err(PageFault::Missing);
    }
    store
        .end_session(caller, ask.param("id"))
        .await
        .map_err(fault)?;
    back("ended")
}

/// `POST /account/sessions/end-others`
pub(super) async fn end_others(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let account = &person(&ask)?.account;
    let but = Some(session(&ask)?);
    pages
        .0
        .store
        .end_sessions_of(ask.caller()?, account, but)
        .await
        .map_err(fault)?;
    back("others")
}

/// `POST /account/devices/{hash}/forget`
pub(super) async fn forget(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let account = &person(&ask)?.account;
    let bytes = URL_SAFE_NO_PAD
        .decode(ask.param("hash"))
        .map_err(|_| PageFault::Missing)?;
    let hash = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| PageFault::Missing)?;
    pages
        .0
        .store
        .forget_device(ask.caller()?, account, hash)
        .await
        .map_err(fault)?;
    back("forgotten")
}
