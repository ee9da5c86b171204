//! `/account/notices`: what happened with one's account (ASVS 6.3.5, 6.3.7).

use aceso_store::{Notice, NoticeKind};
use aceso_web::page::{Button, Column, Csrf, Empty, Form, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{html, words};

use super::Pages;
use super::account::{person, tabs};
use super::fault::fault;
use super::parts::when;

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Notices(Vec<Notice>);

fn title(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::NewDevice => "A sign-in from a browser not seen before",
        NoticeKind::CredentialAdded => "A way to sign in was added",
        NoticeKind::CredentialRemoved => "A way to sign in was removed",
        NoticeKind::PasswordChanged => "Your password was changed",
        NoticeKind::RecoveryUsed => "A recovery code was used",
        NoticeKind::BreakGlass => "A record was opened in an emergency",
        NoticeKind::Roles => "Your roles were changed",
        NoticeKind::Unlocked => "An administrator lifted the pause after wrong attempts",
        NoticeKind::Attempts => "Many wrong attempts to sign in as you",
        NoticeKind::Integrity => "A check of what is stored found something wrong",
        NoticeKind::ReviewOverdue => "The review of an emergency access is overdue",
        NoticeKind::RecheckOpened => "Who may do what is to be confirmed again",
        NoticeKind::Proposal => "A second administrator's agreement",
        NoticeKind::InsiderCases => "Accesses that nothing explains",
        NoticeKind::AddressChanged => "Notices go to another mail address",
        NoticeKind::Alert => "An alert that cannot wait",
        NoticeKind::DutyOver => "Something that the clinic must keep up is over, or soon will be",
    }
}

impl View for Notices {
    fn page(&self, csrf: &Csrf) -> Page {
        let unseen = self.0.iter().filter(|n| n.seen.is_none()).count();
        let unseen = u64::try_from(unseen).unwrap_or(u64::MAX);
        let mut table = Table::new(
            "Notices",
            &[
                Column::text("What happened"),
                Column::text("When"),
                Column::text("More"),
            ],
        )
        .under_heading();
        for one in &self.0 {
            table.row(vec![
                html! { (words(title(one.kind))) " " @if one.seen.is_none() { (Tag::new(Tone::Info, "new")) } },
                when(one.at),
                html! { (maud::recalled_all(&one.detail)) },
            ]);
        }
        let seen = Form::post(
            csrf,
            "/account/notices/seen",
            html! { (Button::secondary("Mark all as seen").small()) },
        )
        .inline();
        let body = html! {
            (tabs("/account/notices", unseen))
            section.card {
                div.row.apart { h2 { "What happened with your account" } @if unseen > 0 { (seen) } }
                @if self.0.is_empty() { (Empty::new("No notices", "New browsers, changed passwords and the like appear here.")) }
                @else {
                    p.soft { "If something here was not you: change your password, end your other sessions, and tell an administrator." }
                    (table)
                }
            }
        };
        Page::new("Your account", body).here("/account")
    }

    fn samples() -> Vec<Self> {
        let one = |kind, detail: &str, seen| Notice {
            id: "1".into(),
            kind,
            at: aceso_base::Instant::from_millis(1_795_000_000_000),
            detail: detail.into(),
            seen,
        };
        let seen = Some(aceso_base::Instant::from_millis(1_795_000_100_000));
        vec![
            Self(vec![
                one(NoticeKind::NewDevice, "Firefox on Windows", None),
                one(NoticeKind::CredentialAdded, "Safari on iPhone", seen),
                one(NoticeKind::Attempts, "", seen),
            ]),
            Self(Vec::new()),
        ]
    }
}

/// `GET /account/notices`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let account = &person(&ask)?.account;
    let all = pages
        .0
        .store
        .notices(ask.caller()?, account)
        .await
        .map_err(fault)?;
    Ok(Reply::page(&ask, &Notices(all)))
}

/// `POST /account/notices/seen`
pub(super) async fn seen(pages: Pages, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let account = &person(&ask)?.account;
    pages
        .0
        .store
        .see_notices(ask.caller()?, account)
        .await
        .map_err(fault)?;
    Ok(Reply::to_path("/account/notices"))
}
