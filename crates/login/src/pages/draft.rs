//! Forms that wait with their session.

use aceso_store::{FoundSession, Waiting};
use aceso_web::site::{Ask, Kept, PageFault};

use super::Pages;
use super::fault::fault;

impl Pages {
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
