//! `/draft`: what was typed on a page when its session was locked or left. It is shown to its person, and sent only when
//! they say so.

use aceso_store::{FoundSession, Waiting};
use aceso_web::page::{Button, Csrf, Facts, Form, Layout, Link, PATIENT, Page, View};
use aceso_web::site::{Ask, Fields, Kept, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::Pages;
use super::fault::fault;
use super::lock::found;

/// The fields of the forms that lock a session or leave it.
pub(super) const LEAVING: [Take; 3] = [Take::One("to"), Take::One("draft_to"), Take::One("draft")];

/// Where a session's draft is shown.
pub(super) const HERE: &str = "/draft";

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Unfinished(Kept);

impl View for Unfinished {
    fn page(&self, csrf: &Csrf) -> Page {
        let mut facts = Facts::new();
        let all = self.0.fields();
        let shown = all.filter(|(name, value)| *name != PATIENT && !value.trim().is_empty());
        for (name, value) in shown {
            facts = facts.with(label(name), value);
        }
        let buttons = html! {
            div.buttons {
                (Button::primary("Send it now").says("answer", "send"))
                (Link::secondary("Open the page anew", self.0.to.path()))
                (Button::quiet("Throw it away").says("answer", "drop"))
            }
        };
        let body = html! {
            div.card { (facts) (Form::post(csrf, HERE, buttons)) }
        };
        Page::new("You left something unfinished", body)
            .layout(Layout::Column)
            .lead("You had typed this when the screen was locked. Nothing of it was sent.")
    }

    fn samples() -> Vec<Self> {
        let kept = Kept::read(
            "/patients/p1/break-glass",
            "patient=p1&detail=Found+unconscious",
        );
        kept.map(Self).into_iter().collect()
    }
}

/// A field's name as words.
fn label(name: &str) -> String {
    let mut words = name.replace(['_', '-'], " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// `GET /draft`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let found = found(&pages, &ask).await?;
    let (account, session) = (&found.account.id, &found.session.id);
    let caller = Pages::caller(&ask);
    let draft = pages.0.store.see_draft(&caller, account, session).await;
    let kept = draft
        .map_err(fault)?
        .and_then(|draft| Kept::read(&draft.place, &draft.body));
    Ok(match kept {
        Some(kept) => Reply::page(&ask, &Unfinished(kept)),
        None => Reply::to(Local::home()),
    })
}

/// `POST /draft`
pub(super) async fn answer(pages: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("answer")])?;
    let found = found(&pages, &ask).await?;
    let kept = pages.take_draft(&ask, &found).await?;
    Ok(match (kept, fields.one("answer")) {
        (Some(kept), "send") => Reply::go_on(kept),
        (Some(_) | None, _) => Reply::to(Local::home()),
    })
}

impl Pages {
    /// Keeps what the script found typed on the page that is left.
    pub(super) async fn keep_left(
        &self,
        ask: &Ask,
        found: &FoundSession,
        fields: &Fields,
    ) -> Result<(), PageFault> {
        match Kept::read(fields.one("draft_to"), fields.one("draft")) {
            Some(kept) if kept.fields().next().is_some() => {
                self.keep_draft(ask, found, &kept).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Where an opened session goes: to its draft, where it has one.
    pub(super) async fn back_to(
        &self,
        found: &FoundSession,
        to: Reply,
    ) -> Result<Reply, PageFault> {
        let has = self.0.store.has_draft(&found.session.id).await;
        Ok(match has.map_err(PageFault::hidden)? {
            true => Reply::to_path(HERE),
            false => to,
        })
    }

    /// Keeps a form with the session that sent it.
    pub(super) async fn keep_draft(
        &self,
        ask: &Ask,
        found: &FoundSession,
        kept: &Kept,
    ) -> Result<(), PageFault> {
        let draft = Waiting {
            place: kept.to.as_str().to_owned(),
            body: kept.write(),
        };
        let (account, session) = (&found.account.id, &found.session.id);
        let caller = Self::caller(ask);
        let kept = self.0.store.keep_draft(&caller, account, session, draft);
        kept.await.map_err(fault)
    }

    /// The form that waits with a session; it waits no longer.
    pub(super) async fn take_draft(
        &self,
        ask: &Ask,
        found: &FoundSession,
    ) -> Result<Option<Kept>, PageFault> {
        let (account, session) = (&found.account.id, &found.session.id);
        let caller = Self::caller(ask);
        let taken = self.0.store.take_draft(&caller, account, session).await;
        let taken = taken.map_err(fault)?;
        Ok(taken.and_then(|draft| Kept::read(&draft.place, &draft.body)))
    }
}
