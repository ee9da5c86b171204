//! `GET /admin/people/{id}`: one person: facts, roles, how they sign in, sessions, devices, what happened.

use aceso_base::Instant;
use aceso_policy::Task;
use aceso_store::{
    Account, AccountState, Credential, CredentialKind, Device, Enrol, Identity, Lock, Notice,
    NoticeKind,
};
use aceso_web::page::{Banner, Column, Csrf, Facts, Link, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::access::Step;
use super::{HERE, identities, path};
use crate::admin::sessions::{self, Mark, SessionRow};
use crate::fault::fault;
use crate::words::{browser, day, moment, role_tags, state_tag, when, when_or};
use crate::{OutsideSignIn, Staff};

/// Everything about one person.
pub(crate) struct Person {
    account: Account,
    lock: Option<Lock>,
    /// Recovery codes that are left.
    codes: u32,
    credentials: Vec<Credential>,
    identities: Vec<Identity>,
    providers: Vec<OutsideSignIn>,
    devices: Vec<Device>,
    sessions: Option<Vec<SessionRow>>,
    notices: Vec<Notice>,
    now: Instant,
    own: Own,
    done: Option<String>,
}

/// Whether the page is about its reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Yes,
    No,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (store, caller, id) = (staff.store(), ask.caller()?, ask.param("id"));
    let account = store.account(caller, id).await.map_err(fault)?;
    let lock = store.lock_of(caller, id).await.map_err(fault)?;
    let own = caller.as_person().is_some_and(|p| p.account == account.id);
    let page = Person {
        lock: (lock.failures > 0).then_some(lock),
        codes: store.recovery_codes_left(caller, id).await.map_err(fault)?,
        credentials: store.credentials(caller, id).await.map_err(fault)?,
        identities: store.identities(caller, id).await.map_err(fault)?,
        providers: staff.settings().providers.clone(),
        devices: store.devices(caller, id).await.map_err(fault)?,
        sessions: live(&staff, &ask, &account).await?,
        notices: store.notices(caller, id).await.map_err(fault)?,
        now: store.now(),
        own: if own { Own::Yes } else { Own::No },
        done: ask.query("done").and_then(done),
        account,
    };
    Ok(Reply::page(&ask, &page))
}

/// Their sessions, for those who manage sessions.
async fn live(
    staff: &Staff,
    ask: &Ask,
    account: &Account,
) -> Result<Option<Vec<SessionRow>>, PageFault> {
    let caller = ask.caller()?;
    if !staff.offers(caller, Task::ManageSessions) {
        return Ok(None);
    }
    let here = ask.person()?.session.as_str();
    let sessions = staff
        .store()
        .sessions_of(caller, &account.id)
        .await
        .map_err(fault)?;
    let row = |session: aceso_store::Session| SessionRow {
        mark: if session.id == here {
            Mark::This
        } else {
            Mark::Other
        },
        name: account.display.clone(),
        session,
    };
    Ok(Some(sessions.into_iter().map(row).collect()))
}

fn done(what: &str) -> Option<String> {
    match what {
        "saved" => Some(crate::words::say("Saved", &[])),
        "roles" => Some(crate::words::say(
            "The roles are changed, from now on. The person has been told.",
            &[],
        )),
        "proposed" => Some(crate::words::say(
            "A second administrator is asked to agree. Until then nothing is changed.",
            &[],
        )),
        "linked" => Some(crate::words::say(
            "The sign-in is linked. The person has been told.",
            &[],
        )),
        "unlinked" => Some(crate::words::say(
            "The sign-in is unlinked. The person has been told.",
            &[],
        )),
        "mailed" => Some(crate::words::say(
            "The invitation is on its way by mail. It works once, for three days.",
            &[],
        )),
        "not-mailed" => Some(crate::words::say(
            "The invitation could not be mailed: invite them again",
            &[],
        )),
        "forgotten" => Some(crate::words::say(
            "The browser is forgotten: the next sign-in from it counts as new",
            &[],
        )),
        other => Step::parse(other).map(|step| crate::words::known(step.done())),
    }
}

impl Person {
    fn state(&self) -> Markup {
        let account = &self.account;
        html! {
            span.tags {
                (state_tag(account.state))
                @if let Some(lock) = self.locked() { " " (Tag::new(Tone::Danger, crate::words::say("locked until {0}", &[&moment(lock.until)]))) }
                @if account.enrol == Enrol::Must { " " (Tag::new(Tone::Warning, "must enrol a second factor")) }
            }
        }
    }

    fn locked(&self) -> Option<Lock> {
        self.lock.filter(|lock| lock.until > self.now)
    }

    fn leaves(&self) -> Markup {
        match self.account.not_after {
            None => html! { span.soft { "none" } },
            Some(end) if end <= self.now => {
                html! { (day(end)) " " (Tag::new(Tone::Danger, "has left")) }
            }
            Some(end) => html! { (day(end)) },
        }
    }

    fn facts(&self) -> Markup {
        let account = &self.account;
        let id = &account.id;
        let user = account.fhir_user.as_ref();
        let facts = Facts::new()
            .show("User name", html! { span.mono { (account.user_name) } })
            .show("Status", self.state())
            .show("Roles", role_tags(&account.roles))
            .with(
                "E-mail",
                account
                    .email
                    .as_deref()
                    .map_or_else(|| crate::words::known("none"), str::to_owned),
            )
            .with(
                "In the record",
                user.map_or_else(|| crate::words::known("nobody"), ToString::to_string),
            )
            .with("Works at", listed(&account.facilities, "everywhere"))
            .with("Acts for patients", listed(&account.patients, "none"))
            .show("Leaving date", self.leaves())
            .show("Last sign-in", when_or(account.signed_in, "never"))
            .show("Account made", when(account.created));
        html! {
            section.card {
                div.row.apart {
                    h2 { "Account" }
                    div.row {
                        (Link::secondary("Change", [&path(id), "/edit"].concat()).small())
                        @if self.own == Own::No { (Link::secondary("Roles", [&path(id), "/roles"].concat()).small()) }
                    }
                }
                (facts)
            }
        }
    }

    fn access(&self) -> Markup {
        let id = &self.account.id;
        let link = |label: &'static str, step: Step| Link::secondary(label, step.path(id));
        html! {
            section.card {
                h2 { "Access" }
                div.buttons {
                    @match self.account.state {
                        AccountState::Invited => (link("Invite again", Step::Link)),
                        AccountState::Active => (link("New password", Step::Link)),
                        AccountState::Disabled => {}
                    }
                    @if self.lock.is_some() { (link("Lift the lock", Step::Unlock)) }
                    @if self.account.state == AccountState::Disabled || self.account.not_after.is_some_and(|end| end <= self.now) {
                        (link("Enable again", Step::Enable))
                    }
                    @if self.account.state != AccountState::Disabled { (link("Disable", Step::Disable)) }
                }
            }
        }
    }

    fn factors(&self) -> Markup {
        let columns = [
            Column::text("Factor"),
            Column::text("Name"),
            Column::text("Added"),
            Column::text("Last used"),
        ];
        let mut table = Table::new("How they sign in", &columns).under_heading();
        for credential in &self.credentials {
            table.row(vec![
                html! { (maud::words(kind(credential.kind))) },
                html! { (credential.label) },
                when(credential.created),
                when_or(credential.used, "never"),
            ]);
        }
        html! {
            section.card {
                h2 { "How they sign in" }
                @if table.is_empty() { p.soft { "Nothing yet: they have not taken up the invitation." } } @else { (table) }
                @if self.codes > 0 { p.soft { "Recovery codes left: " (self.codes) } }
            }
        }
    }

    fn session_table(&self, rows: &[SessionRow]) -> Markup {
        let columns = [
            Column::text("Browser"),
            Column::text("Status"),
            Column::text("Signed in"),
            Column::text("Last request"),
            Column::acts("What you can do"),
        ];
        let mut table = Table::new("Sessions", &columns).under_heading();
        for row in rows {
            let end = [sessions::HERE, "/", &row.session.id, "/end"].concat();
            table.row(vec![
                sessions::place(&row.session),
                sessions::state(row),
                when(row.session.created),
                when(row.session.seen),
                html! { (Link::secondary("End", end).small()) },
            ]);
        }
        html! {
            section.card {
                div.row.apart {
                    h2 { "Sessions" }
                    @if !rows.is_empty() { (Link::secondary("End all", Step::SignOut.path(&self.account.id)).small()) }
                }
                @if table.is_empty() { p.soft { "They are not signed in anywhere." } } @else { (table) }
            }
        }
    }

    fn device_table(&self) -> Markup {
        let columns = [
            Column::text("Browser"),
            Column::text("First sign-in"),
            Column::text("Last sign-in"),
        ];
        let mut table = Table::new("Known browsers", &columns).under_heading();
        for device in &self.devices {
            table.row(vec![
                html! { (browser(&device.label)) },
                when(device.first),
                when(device.last),
            ]);
        }
        html! {
            section.card {
                h2 { "Known browsers" }
                @if table.is_empty() { p.soft { "None yet." } } @else { (table) }
            }
        }
    }

    fn history(&self) -> Markup {
        let columns = [
            Column::text("When"),
            Column::text("What"),
            Column::text("More"),
        ];
        let mut table = Table::new("What happened", &columns).under_heading();
        for notice in self.notices.iter().take(50) {
            table.row(vec![
                when(notice.at),
                html! { (maud::words(told(notice.kind))) },
                html! { (maud::recalled_all(&notice.detail)) },
            ]);
        }
        html! {
            section.card {
                h2 { "What the person was told" }
                @if table.is_empty() { p.soft { "Nothing yet." } } @else { (table) }
            }
        }
    }
}

fn listed(ids: &[String], none: &str) -> String {
    if ids.is_empty() {
        crate::words::known(none)
    } else {
        ids.join(", ")
    }
}

/// What people call a factor.
const fn kind(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Password => "Password",
        CredentialKind::Passkey => "Passkey",
        CredentialKind::Totp => "Authenticator app",
    }
}

/// What a notice says.
const fn told(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::NewDevice => "Sign-in from a new browser",
        NoticeKind::CredentialAdded => "A way to sign in was added",
        NoticeKind::CredentialRemoved => "A way to sign in was removed",
        NoticeKind::PasswordChanged => "The password was changed",
        NoticeKind::RecoveryUsed => "A recovery code was used",
        NoticeKind::BreakGlass => "A chart was opened in an emergency",
        NoticeKind::Roles => "The roles were changed",
        NoticeKind::Unlocked => "The lock was lifted",
        NoticeKind::Attempts => "Many wrong attempts to sign in",
        NoticeKind::Integrity => "A check of the store found something wrong",
        NoticeKind::ReviewOverdue => "The review of an emergency access is overdue",
        NoticeKind::RecheckOpened => "A recertification list was opened",
        NoticeKind::Proposal => "Agreement of a second administrator",
        NoticeKind::InsiderCases => "Accesses that nothing explains",
        NoticeKind::AddressChanged => "Notices go to another mail address",
        NoticeKind::Alert => "An alert that cannot wait",
        NoticeKind::DutyOver => "Something that the clinic must keep up is over, or soon will be",
    }
}

impl View for Person {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            (self.facts())
            (self.access())
            (self.factors())
            (identities::card(&self.account, &self.identities, &self.providers))
            @if let Some(rows) = &self.sessions { (self.session_table(rows)) }
            (self.device_table())
            (self.history())
        };
        let mut page = Page::new(&self.account.display, body)
            .here(HERE)
            .crumbs(vec![
                crate::admin::crumb(),
                aceso_web::page::Crumb::new("People", HERE),
            ]);
        if let Some(done) = &self.done {
            page = page.notice(Banner::new(Tone::Good, done));
        }
        if self.own == Own::Yes {
            page = page.notice(
                Banner::new(Tone::Info, "This is your own account")
                    .text("Another administrator changes your roles."),
            );
        }
        page
    }

    fn samples() -> Vec<Self> {
        let now = Instant::from_millis(1_795_314_068_000);
        let credential = |kind, label: &str| Credential {
            id: label.into(),
            account: "a1".into(),
            kind,
            label: label.into(),
            created: now,
            used: None,
            counter: 0,
        };
        let device = Device {
            hash: [1; 32],
            label: "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0".into(),
            first: now,
            last: now,
        };
        let notice = Notice {
            id: "n".into(),
            kind: NoticeKind::NewDevice,
            at: now,
            detail: "Firefox on Windows".into(),
            seen: None,
        };
        let full = super::sample("Ann Example").map(|account| Self {
            identities: vec![identities::sample_identity(&account)],
            providers: Vec::new(),
            account,
            lock: Some(Lock {
                failures: 12,
                until: now.plus_millis(10_000),
            }),
            codes: 8,
            credentials: vec![
                credential(CredentialKind::Password, ""),
                credential(CredentialKind::Passkey, "Phone"),
            ],
            devices: vec![device],
            sessions: Some(vec![sessions::sample()]),
            notices: vec![notice],
            now,
            own: Own::No,
            done: Some(crate::words::say("Saved", &[])),
        });
        let bare = super::sample("Bea Example").map(|account| Self {
            account: Account {
                state: AccountState::Invited,
                not_after: None,
                ..account
            },
            lock: None,
            codes: 0,
            credentials: Vec::new(),
            identities: Vec::new(),
            providers: Vec::new(),
            devices: Vec::new(),
            sessions: None,
            notices: Vec::new(),
            now,
            own: Own::Yes,
            done: None,
        });
        full.into_iter().chain(bare).collect()
    }
}
