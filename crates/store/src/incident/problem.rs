//! What staff notice themselves: anybody who is signed in can say that something is wrong, and it becomes an incident.

use aceso_policy::{Caller, Role};
use aceso_shield::incident::Incident;

use super::records::{body, note, one, text};
use crate::access::tell_role;
use crate::people::{Act, Need, NoticeKind, PeopleError};
use crate::{Store, StoreError, statements as sql};

const DAY_MILLIS: i64 = 86_400_000;
const LONGEST_TITLE: usize = 120;

impl Store {
    /// Keeps what somebody noticed as an incident that is open, and tells security officers, or else administrators. The log's head is
    /// signed now. `place` names the page, without whom it was about. Answers the incident's id.
    pub async fn report_problem(
        &self,
        caller: &Caller,
        said: &str,
        place: &str,
    ) -> Result<String, PeopleError> {
        let account = account(caller)?;
        let (id, notice, now, by) = (self.new_id(), self.new_id(), self.now(), caller.name());
        let act = Act::plain("problem report").with(id.clone());
        self.permit(caller, Need::Own(&account), &act).await?;
        let store = self.clone();
        let frozen = tokio::task::spawn_blocking(move || store.frozen()).await;
        let (last_entry, head) = frozen.map_err(|_| StoreError::closed())??;
        let (said, place) = (said.to_owned(), place.to_owned());
        self.act(caller, Need::Own(&account), act, move |tx| {
            let said = text(&said, "say in at most 4000 letters what is wrong")?;
            let line = said.lines().next().unwrap_or_default();
            let mut notes = vec![note(now, &by, &said)];
            if !place.is_empty() {
                notes.push(note(now, &by, &format!("on the page {place}")));
            }
            let incident = Incident {
                title: line.chars().take(LONGEST_TITLE).collect(),
                discovered: now.millis(),
                from: now.millis() - DAY_MILLIS,
                until: now.millis(),
                head,
                last_entry,
                notes,
                ..Incident::default()
            };
            let values = (&id, now.millis(), body(&incident)?);
            tx.prepare_cached(sql::INCIDENT_ADD)?.execute(values)?;
            let who = by.trim_start_matches("person/");
            let told = format!("{who} reported a problem");
            for role in [Role::SECURITY_OFFICER, Role::ADMINISTRATOR] {
                if tell_role(tx, &notice, &role, NoticeKind::Alert, now, &told)? > 0 {
                    break;
                }
            }
            Ok(id)
        })
        .await
    }

    /// Notes in the incident that somebody reported what became of it elsewhere.
    pub async fn note_problem(
        &self,
        caller: &Caller,
        id: &str,
        said: &str,
    ) -> Result<(), PeopleError> {
        let account = account(caller)?;
        let act = Act::plain("problem note").with(id);
        let (id, said, now, by) = (id.to_owned(), said.to_owned(), self.now(), caller.name());
        self.act(caller, Need::Own(&account), act, move |tx| {
            let kept = one(tx, &id)?.ok_or(PeopleError::Unknown)?;
            let mut incident = kept.incident;
            let theirs = incident.notes.first().is_some_and(|first| first.by == by);
            if !theirs || kept.closed.is_some() {
                return Err(PeopleError::Unknown);
            }
            let said = text(&said, "say in at most 4000 letters what became of it")?;
            incident.notes.push(note(now, &by, &said));
            let values = (
                None::<i64>,
                body(&incident)?,
                &id,
                kept.version.cast_signed(),
            );
            tx.prepare_cached(sql::INCIDENT_SET)?.execute(values)?;
            Ok(())
        })
        .await
    }
}

fn account(caller: &Caller) -> Result<String, PeopleError> {
    let person = caller.as_person().ok_or(PeopleError::Forbidden)?;
    Ok(person.account.clone())
}
