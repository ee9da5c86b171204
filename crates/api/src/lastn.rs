//! `Observation/$lastn`: the latest observations of each code.

use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use aceso_store::{SearchPage, Stored};
use http::StatusCode;

use crate::answer::{Answer, own};
use crate::ask::Ask;
use crate::problem::{Answered, Problem};
use crate::{criteria, everything, query, search};

/// More observations than this are not looked through: the question has to be narrowed.
const MOST: usize = 20_000;

/// Search parameters of Observation, and `max` (by default 1) for each code.
pub(crate) async fn get(ask: Ask) -> Answered<Answer> {
    let mut given = everything::pairs(&ask)?;
    let max = match given.iter().find(|(name, _)| name == "max") {
        Some((_, text)) => text
            .parse::<usize>()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| {
                Problem::of(
                    StatusCode::BAD_REQUEST,
                    Issue::error(Code::Value, "max is not a whole number above 0"),
                )
            })?,
        None => 1,
    };
    let self_link = query::join(&given);
    given.retain(|(name, _)| {
        name != "max" && name != "_sort" && name != "_cursor" && name != "_count"
    });
    if !given
        .iter()
        .any(|(name, _)| name.starts_with("patient") || name.starts_with("subject"))
    {
        let issue = Issue::error(Code::Required, "$lastn needs a patient or subject");
        return Err(Problem::of(
            StatusCode::BAD_REQUEST,
            issue.fix("Add ?patient=ID or ?subject=Patient/ID."),
        ));
    }
    given.push(("_sort".to_owned(), "-date".to_owned()));
    let mut asked = criteria::query(&ask, Some("Observation"), &query::join(&given))?;
    asked.count = Some(1000);
    let mut groups = Groups::default();
    let mut looked = 0;
    loop {
        let page = ask.reading().search(asked.clone()).await?;
        looked += page.matches.len();
        for stored in page.matches {
            groups.add(stored, max)?;
        }
        match page.next {
            Some(_) if looked >= MOST => {
                let issue = Issue::error(
                    Code::TooCostly,
                    "There are too many observations to look through",
                );
                return Err(Problem::of(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    issue.fix("Add a category, code or date."),
                ));
            }
            Some(next) => asked.cursor = Some(next),
            None => break,
        }
    }
    let matches = groups.into_list();
    let total = u64::try_from(matches.len()).ok();
    let page = SearchPage {
        matches,
        total,
        ..SearchPage::default()
    };
    search::answer(&ask, page, "/Observation/$lastn", &self_link, &[])
}

/// Observations by code: two codes are the same when they share a coding, or have no coding and the same text.
#[derive(Default)]
struct Groups(Vec<(Vec<String>, Vec<Stored>)>);

impl Groups {
    fn add(&mut self, stored: Stored, max: usize) -> Answered<()> {
        let names = names(&own(&stored.body)?);
        let group = self
            .0
            .iter_mut()
            .find(|(known, _)| known.iter().any(|n| names.contains(n)));
        match group {
            Some((known, list)) => {
                let fresh: Vec<String> = names.into_iter().filter(|n| !known.contains(n)).collect();
                known.extend(fresh);
                if list.len() < max {
                    list.push(stored);
                }
            }
            None => self.0.push((names, vec![stored])),
        }
        Ok(())
    }

    fn into_list(self) -> Vec<Stored> {
        self.0.into_iter().flat_map(|(_, list)| list).collect()
    }
}

fn names(observation: &Value) -> Vec<String> {
    let Some(code) = observation.get("code") else {
        return Vec::new();
    };
    let coding = |c: &Value| {
        let (system, code) = (c.str_at("system").unwrap_or_default(), c.str_at("code")?);
        Some([system, "|", code].concat())
    };
    let names: Vec<String> = code.items_at("coding").iter().filter_map(coding).collect();
    if names.is_empty() {
        code.str_at("text")
            .map(|t| ["text:", t].concat())
            .into_iter()
            .collect()
    } else {
        names
    }
}
