//! What comes along with the matches: `_include` and `_revinclude`.

use aceso_fhir::definitions::{Param, ParamKind, parameters};
use aceso_fhir::search::{Entry, Include, IndexValue, Query, extract};
use rustc_hash::FxHashSet;

use super::Reachable;
use super::run::Run;
use crate::index::column;
use crate::key::Keys;
use crate::reading::document;
use crate::translate::{Fragment, branch_list};
use crate::{ReadError, Stored};

/// More than this does not come along with one page.
const MOST: usize = 10_000;

/// What comes along with these matches, each once and none that is a match itself.
pub(super) fn follow(
    run: &Run<'_>,
    query: &Query,
    matches: &[Stored],
    reachable: &Reachable,
) -> Result<Vec<Stored>, ReadError> {
    let mut seen: FxHashSet<i64> = matches.iter().map(|s| run.keys.of(s.kind, &s.id)).collect();
    let mut included: Vec<Stored> = Vec::new();
    let mut fresh: Vec<Stored> = matches.to_vec();
    let mut first = true;
    while !fresh.is_empty() {
        let mut next = Vec::new();
        for include in query.include.iter().filter(|i| first || i.iterate) {
            for key in step(run, include, &fresh)? {
                if !seen.insert(key) {
                    continue;
                }
                if let Some(stored) = run.stored(key)?
                    && allowed(run, include, &stored, reachable)?
                {
                    next.push(stored);
                }
                if included.len() + next.len() > MOST {
                    return Err(ReadError::BadQuery(format!(
                        "more than {MOST} resources would come along with this page: lower _count or include less"
                    )));
                }
            }
        }
        included.extend(next.iter().cloned());
        fresh = next;
        first = false;
    }
    Ok(included)
}

fn allowed(
    run: &Run<'_>,
    include: &Include,
    stored: &Stored,
    reachable: &Reachable,
) -> Result<bool, ReadError> {
    let wanted = if include.reverse {
        include.source
    } else {
        include.target
    };
    if wanted.is_some_and(|kind| kind != stored.kind) {
        return Ok(false);
    }
    let Some(limit) = reachable.limit(stored.kind) else {
        return Ok(false);
    };
    Ok(limit.covers(run.connection, run.keys, stored)?)
}

/// The keys one include leads to from these resources.
fn step(run: &Run<'_>, include: &Include, from: &[Stored]) -> Result<Vec<i64>, ReadError> {
    let mut keys = Vec::new();
    for stored in from {
        if include.reverse {
            if include.target.is_none_or(|kind| kind == stored.kind) {
                keys.extend(referrers(
                    run,
                    include,
                    run.keys.of(stored.kind, &stored.id),
                )?);
            }
        } else if include.source.is_none_or(|kind| kind == stored.kind) {
            let document = document(stored)?;
            let found = extract(&document, None);
            let params = parameters().of(stored.kind);
            let all = params.filter(|p| p.kind == ParamKind::Reference);
            let params = match include.param {
                Some(param) => vec![param],
                None => all.collect(),
            };
            for param in params {
                keys.extend(resolved(run, &found.entries, param, include.target)?);
            }
        }
    }
    Ok(keys)
}

fn referrers(run: &Run<'_>, include: &Include, key: i64) -> Result<Vec<i64>, ReadError> {
    let branches: Option<Vec<i64>> = match (include.param, include.source) {
        (Some(param), _) => Some(param.uses.iter().map(|u| column(u.branch)).collect()),
        (None, Some(source)) => {
            let all = parameters()
                .of(source)
                .filter(|p| p.kind == ParamKind::Reference);
            Some(
                all.flat_map(|p| &p.uses)
                    .map(|u| column(u.branch))
                    .collect(),
            )
        }
        (None, None) => None,
    };
    let only = branches.map_or(String::new(), |b| {
        format!(" and i.branch in {}", branch_list(&b))
    });
    let text = format!(
        "select distinct i.key, i.v from iref i where i.v = ?{only} order by i.key limit ?"
    );
    let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    Ok(run
        .pairs(&Fragment::new(&text, [key.into(), limit.into()]))?
        .into_iter()
        .map(|(k, _)| k)
        .collect())
}

/// The keys of local resources that a document, known by its entries, refers to through a parameter.
pub(super) fn targets(
    keys: &Keys,
    entries: &[Entry<'_>],
    param: &Param,
    target: Option<&str>,
) -> Vec<i64> {
    let mine = entries.iter().filter(|e| {
        param
            .uses
            .iter()
            .any(|u| u.branch == e.branch && fits(u.target, &e.value))
    });
    mine.filter_map(|e| match &e.value {
        IndexValue::Reference { kind, id, .. } if target.is_none_or(|t| t == *kind) => {
            Some(keys.of(kind, id))
        }
        _ => None,
    })
    .collect()
}

fn fits(target: Option<&str>, value: &IndexValue<'_>) -> bool {
    match value {
        IndexValue::Reference { kind, .. } => target.is_none_or(|t| t == *kind),
        _ => true,
    }
}

/// As [`targets`], and canonical references followed by their URL.
fn resolved(
    run: &Run<'_>,
    entries: &[Entry<'_>],
    param: &Param,
    target: Option<&str>,
) -> Result<Vec<i64>, ReadError> {
    let mut keys = targets(run.keys, entries, param, target);
    for entry in entries
        .iter()
        .filter(|e| param.uses.iter().any(|u| u.branch == e.branch))
    {
        let IndexValue::ReferenceUrl { url, .. } = &entry.value else {
            continue;
        };
        let kinds = param
            .targets
            .iter()
            .filter(|kind| target.is_none_or(|t| t == **kind));
        let branches: Vec<i64> = kinds
            .filter_map(|kind| parameters().find(kind, "url"))
            .flat_map(|p| &p.uses)
            .map(|u| column(u.branch))
            .collect();
        if !branches.is_empty() {
            let text = format!(
                "select t.key, t.v from itok t where t.branch in {} and t.v = ?",
                branch_list(&branches)
            );
            let rows = run.pairs(&Fragment::new(&text, [run.keys.uri(url).into()]))?;
            keys.extend(rows.into_iter().map(|(key, _)| key));
        }
    }
    Ok(keys)
}
