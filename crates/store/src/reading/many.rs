//! Several searches for one page: the sections of a chart.

use aceso_fhir::search::Query;
use aceso_policy::Action;

use super::{Note, Reading};
use crate::audit::{Outcome, Versions};
use crate::engine::Snapshot;
use crate::mask;
use crate::reach::limit;
use crate::search::{self, About, SearchPage};
use crate::{ReadError, StoreError, Stored};

impl Reading {
    /// The first pages of several searches, in the order of the queries, in one reading job with one audit entry that
    /// names all that was shown. Each query names its type (else [`ReadError::BadQuery`]). None stands for a type that the
    /// caller has no access to at all: what a role never sees is not asked for. Refused when that is so for all of them.
    pub async fn search_many(
        &self,
        queries: Vec<Query>,
    ) -> Result<Vec<Option<SearchPage>>, ReadError> {
        let mut asked = Vec::with_capacity(queries.len());
        let mut detail = String::new();
        for mut query in queries {
            let kind = query
                .kind
                .ok_or_else(|| ReadError::BadQuery("a search needs its type here".to_owned()))?;
            if !detail.is_empty() {
                detail.push_str("; ");
            }
            detail.push_str(&[kind, "?", &query.self_link].concat());
            match limit(&self.asking(), Action::Search, kind) {
                Ok(within) => {
                    self.restrain(&mut query).await?;
                    search::confine(&mut query.clauses, &|kind| {
                        limit(&self.asking(), Action::Search, kind).ok()
                    });
                    search::restrict(&mut query, &[(kind, within)]);
                    asked.push(Some(query));
                }
                Err(ReadError::Forbidden) => asked.push(None),
                Err(other) => return Err(other),
            }
        }
        if asked.iter().all(Option::is_none) {
            self.denied("search", &detail).await?;
            return Err(ReadError::Forbidden);
        }
        let included = search::Reachable::new(self.asking());
        let (keys, masks, leaving) = (self.store.0.keys.clone(), self.masks(), self.leaving());
        let log = self.logger(Note {
            act: "search",
            detail,
        });
        let job = move |connection: &mut rusqlite::Connection| {
            let pages = |snapshot: &Snapshot<'_>| {
                let (mut about, mut rests) = (About::default(), Vec::new());
                let mut page = |query: &Query| {
                    let (mut page, whom) = search::page(snapshot, &keys, query, &included)?;
                    rests.extend(leaving.mark(snapshot, Versions::Current, &mut page.shown())?);
                    about.extend(whom);
                    Ok(page)
                };
                let all = asked
                    .iter()
                    .map(|query| query.as_ref().map(&mut page).transpose());
                let all = all.collect::<Result<Vec<_>, ReadError>>()?;
                rests.sort_unstable();
                rests.dedup();
                Ok::<_, ReadError>((all, about, rests))
            };
            let found = Snapshot::new(connection).map_err(ReadError::from);
            match found.and_then(|snapshot| Ok((pages(&snapshot)?, snapshot))) {
                Ok(((pages, about, rests), snapshot)) => {
                    let all = || {
                        let pages = pages.iter().flatten();
                        pages.flat_map(|p| p.matches.iter().chain(&p.included))
                    };
                    let (entry, known) = log(Outcome::Done, &mut all().map(Stored::name))
                        .resting(&rests)
                        .about(&snapshot, &keys, Versions::Listed(&about), &mut all());
                    let shown = known.and_then(|()| {
                        let page = |page| mask::page_for(&masks, page);
                        let each = pages.into_iter();
                        each.map(|p| p.map(page).transpose()).collect()
                    });
                    (shown.map_err(ReadError::from), entry)
                }
                Err(error) => (Err(error), log(Outcome::Unknown, &mut std::iter::empty())),
            }
        };
        let answer: Result<_, StoreError> = self.store.0.readers.logged(job).await;
        answer?
    }
}
