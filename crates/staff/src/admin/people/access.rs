//! Whether a person can sign in: `disable`, `enable`, `unlock`, `link` (an invitation, or a new password) and `sign-out`
//! below `/admin/people/{id}`. Each is asked first, on a page of its own.

use aceso_store::{Account, AccountState, LinkKind};
use aceso_web::page::{Banner, Button, Csrf, Form, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::new::Way;
use super::{HERE, crumbs, path};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::link::{self, Handed};
use crate::words::rule;

/// What is to be done with a person's access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nobody can sign in as this person any more.
    Disable,
    /// They can again.
    Enable,
    /// The lock after wrong attempts is lifted.
    Unlock,
    /// They get a link: the invitation once more, or to choose a new password.
    Link,
    /// All their sessions end.
    SignOut,
}

impl Step {
    const ALL: [Self; 5] = [
        Self::Disable,
        Self::Enable,
        Self::Unlock,
        Self::Link,
        Self::SignOut,
    ];

    /// The last part of its address.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Unlock => "unlock",
            Self::Link => "link",
            Self::SignOut => "sign-out",
        }
    }

    /// Its address.
    pub(crate) fn path(self, account: &str) -> String {
        [&path(account), "/", self.name()].concat()
    }

    /// What the person's page says when it is done.
    pub(crate) const fn done(self) -> &'static str {
        match self {
            Self::Disable => "The account is disabled. All sessions have ended.",
            Self::Enable => "The account is enabled again",
            Self::Unlock => "The lock is lifted. The person has been told.",
            Self::Link => "A link was made",
            Self::SignOut => "All sessions have ended",
        }
    }

    /// The one that a page's address says was done.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    const fn button(self, state: AccountState) -> &'static str {
        match (self, state) {
            (Self::Disable, _) => "Disable the account",
            (Self::Enable, _) => "Enable the account",
            (Self::Unlock, _) => "Lift the lock",
            (Self::Link, AccountState::Invited) => "Make a new invitation",
            (Self::Link, AccountState::Active | AccountState::Disabled) => "Make the link",
            (Self::SignOut, _) => "End all sessions",
        }
    }

    const fn means(self, state: AccountState) -> &'static str {
        match (self, state) {
            (Self::Disable, _) => {
                "Their sessions, links and apps end now, everywhere. Nobody can sign in as this person. What they wrote stays. The account can be enabled again."
            }
            (Self::Enable, _) => {
                "They can sign in again as before, with the roles they have. A leaving date that has come is taken away."
            }
            (Self::Unlock, _) => {
                "The count of wrong attempts begins anew. Ask first whether it was they who tried: if not, somebody may be guessing."
            }
            (Self::Link, AccountState::Invited) => "The invitation before becomes void.",
            (Self::Link, AccountState::Active | AccountState::Disabled) => {
                "With the link they choose a new password. Passkeys, authenticator apps and recovery codes stay, and are still asked for. Make sure that it is they who ask."
            }
            (Self::SignOut, _) => {
                "They have to sign in again on every device. What they have not saved is lost."
            }
        }
    }
}

/// The question.
pub(crate) struct Confirm {
    account: Account,
    step: Step,
    /// How a link may reach them.
    way: Way,
    against: Option<String>,
}

pub(crate) async fn question(staff: Staff, ask: Ask, step: Step) -> Outcome {
    let account = staff
        .store()
        .account(ask.caller()?, ask.param("id"))
        .await
        .map_err(fault)?;
    let page = Confirm {
        account,
        step,
        way: Way::of(&staff).await?,
        against: None,
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn act(staff: Staff, ask: Ask, step: Step) -> Outcome {
    let by_mail = ask.fields(&[Take::One("act")])?.one("act") == "mail";
    let (store, caller, id) = (staff.store(), ask.caller()?, ask.param("id"));
    let account = store.account(caller, id).await.map_err(fault)?;
    let done = match step {
        Step::Disable => store.disable_account(caller, id).await,
        Step::Enable => store.enable_account(caller, id).await,
        Step::Unlock => store.unlock_account(caller, id).await,
        Step::SignOut => store.end_sessions_of(caller, id, None).await,
        Step::Link if by_mail => return link::mail(&staff, &ask, id).await,
        Step::Link => return hand(&staff, &ask, account).await,
    };
    match weigh(done)? {
        Ok(()) => Ok(Reply::to(Local::with(
            &path(&account.id),
            &[("done", step.name())],
        ))),
        Err(refusal) => {
            let page = Confirm {
                account,
                step,
                way: Way::of(&staff).await?,
                against: Some(rule(&refusal)),
            };
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

async fn hand(staff: &Staff, ask: &Ask, account: Account) -> Outcome {
    let kind = match account.state {
        AccountState::Invited => LinkKind::Invitation,
        AccountState::Active => LinkKind::Reset,
        AccountState::Disabled => return Err(PageFault::Missing),
    };
    let made = link::make(staff, ask, kind, &account.id).await?;
    Ok(Reply::page(
        ask,
        &Handed::new(made, account.display, &account.id, staff.store().now()),
    ))
}

impl View for Confirm {
    fn page(&self, csrf: &Csrf) -> Page {
        let Self { account, step, .. } = self;
        let label = step.button(account.state);
        let button = match step {
            Step::Disable | Step::SignOut => Button::danger(label),
            Step::Enable | Step::Unlock | Step::Link => Button::primary(label),
        };
        let mails = *step == Step::Link
            && account.state == AccountState::Invited
            && account.email.is_some()
            && self.way == Way::Mail;
        let buttons = html! {
            div.buttons { (button) @if mails { (Button::secondary("Mail a new invitation").says("act", "mail")) } (Link::quiet("Cancel", path(&account.id))) }
        };
        let body = html! {
            div.card {
                p { (maud::words(step.means(account.state))) }
                (Form::post(csrf, step.path(&account.id), buttons))
            }
        };
        let title = match (step, account.state) {
            (Step::Disable, _) => crate::words::say("Disable {0}?", &[&account.display]),
            (Step::Enable, _) => crate::words::say("Enable {0} again?", &[&account.display]),
            (Step::Unlock, _) => crate::words::say("Lift the lock of {0}?", &[&account.display]),
            (Step::Link, AccountState::Invited) => {
                crate::words::say("Invite {0} again?", &[&account.display])
            }
            (Step::Link, AccountState::Active | AccountState::Disabled) => {
                crate::words::say("A new password for {0}?", &[&account.display])
            }
            (Step::SignOut, _) => {
                crate::words::say("Sign {0} out everywhere?", &[&account.display])
            }
        };
        let page = Page::new(title, body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs(account));
        match &self.against {
            Some(why) => page.notice(Banner::new(Tone::Danger, why)),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let sample = |step: Step| {
            super::sample("Ann Example").map(|account| Self {
                account,
                step,
                way: Way::Mail,
                against: (step == Step::Disable)
                    .then(|| "The last active administrator cannot be disabled".to_owned()),
            })
        };
        Step::ALL.into_iter().filter_map(sample).collect()
    }
}
