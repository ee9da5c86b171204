//! Finding whom a report is to be about: those who read the log look for patients by name, birth date or number, and for
//! organizations by name, and see nothing else of them.

use aceso_fhir::search::Query;
use aceso_policy::{Caller, Purpose, Task};
use rusqlite::Connection;

use super::{Outcome, Versions, entry};
use crate::engine::Snapshot;
use crate::people::{Act, Need, PeopleError, Refusal};
use crate::reach::Asking;
use crate::search::{self, Reachable};
use crate::{ReadError, Store, Stored};

impl Store {
    /// The patients or organizations that a search finds, for those who may read the log. The entry names them.
    pub async fn find_for_audit(
        &self,
        caller: &Caller,
        query: Query,
    ) -> Result<Vec<Stored>, PeopleError> {
        let kind = query.kind.unwrap_or_default();
        let detail = [kind, "?", &query.self_link].concat();
        let act = Act::plain("audit find").with(detail.clone());
        self.permit(caller, Need::May(Task::ReadAudit), &act)
            .await?;
        if !matches!(kind, "Patient" | "Organization") {
            return Err(Refusal::Field("patients and organizations can be looked for").into());
        }
        // Who may read the log reads whose records it names; this leads to their names alone.
        let included = Reachable::new(Asking::new(self, &Caller::operator(), Purpose::Operations));
        let (keys, at, caller) = (self.0.keys.clone(), self.now(), caller.clone());
        let job = move |connection: &mut Connection| {
            let note = |outcome, names: &mut dyn Iterator<Item = String>| {
                let why = Purpose::Administration;
                entry(at, &caller, why, "search", outcome, &detail, names)
            };
            let found = Snapshot::new(connection).map_err(ReadError::from);
            let found = found.and_then(|c| Ok((search::page(&c, &keys, &query, &included)?, c)));
            match found {
                Ok(((page, about), snapshot)) => {
                    let names = &mut page.matches.iter().map(Stored::name);
                    let (entry, known) = note(Outcome::Done, names).about(
                        &snapshot,
                        &keys,
                        Versions::Listed(&about),
                        &mut page.matches.iter(),
                    );
                    (known.map(|()| page.matches).map_err(ReadError::from), entry)
                }
                Err(error) => (Err(error), note(Outcome::Unknown, &mut std::iter::empty())),
            }
        };
        match self.0.readers.logged(job).await? {
            Ok(found) => Ok(found),
            Err(ReadError::Store(error)) => Err(error.into()),
            Err(
                ReadError::Unknown
                | ReadError::Gone { .. }
                | ReadError::Forbidden
                | ReadError::BadQuery(_),
            ) => Err(Refusal::Field("this cannot be looked for").into()),
        }
    }
}
