//! Which index drives a search. The choice is made here, by kind of clause and where that does not tell by counting,
//! and fixed in the statement, so that no planner can turn it round.

use aceso_fhir::definitions::parameters;
use aceso_fhir::search::{Clause, SystemTest, Test};

use super::clause::{alias, chain_set, compartment_branches, condition, restart_aliases};
use super::fragment::list;
use super::range::Ranges;
use super::rows::{Rows, rows};
use super::selection::{Driver, Selection};
use super::{Bound, Fragment, Ground};
use crate::ReadError;
use crate::index::{column, patient_and_code};

/// Sets up to this size are looked at before the choice, and are cheap as a list.
const SMALL: i64 = 2000;

/// Chooses the driver for a search of a type.
pub(crate) fn choose(
    ground: &Ground<'_>,
    kind: &'static str,
    clauses: &[Clause],
) -> Result<Selection, ReadError> {
    restart_aliases();
    selection(ground, kind, clauses)
}

fn selection(
    ground: &Ground<'_>,
    kind: &'static str,
    clauses: &[Clause],
) -> Result<Selection, ReadError> {
    let flat = flatten(clauses);
    let ranges = Ranges::of(&flat);
    let flat = ranges.instead_of_bounds(flat);
    let Choice { driver, used, few } = drive(ground, kind, &flat)?;
    let on = driver.on();
    let mut selection = Selection {
        kind,
        driver,
        conditions: Vec::new(),
        residual: Vec::new(),
    };
    for (i, clause) in flat.iter().enumerate() {
        if let Some((_, exact)) = used.iter().find(|(u, _)| *u == i) {
            if !exact {
                selection.residual.push((*clause).clone());
            }
            continue;
        }
        if few && costly(ground, kind, clause)? {
            selection.residual.push((*clause).clone());
            continue;
        }
        let one = condition(ground, kind, clause, &on)?;
        if !one.exact {
            selection.residual.push((*clause).clone());
        }
        selection.conditions.push(one.sql);
    }
    Ok(selection)
}

fn flatten(clauses: &[Clause]) -> Vec<&Clause> {
    let mut flat = Vec::new();
    for clause in clauses {
        match clause {
            Clause::All(inner) => flat.extend(flatten(inner)),
            Clause::Any(inner) if inner.len() == 1 => flat.extend(flatten(inner)),
            _ => flat.push(clause),
        }
    }
    flat
}

struct Choice {
    driver: Driver,
    /// The clauses that the driver takes care of, and whether exactly.
    used: Vec<(usize, bool)>,
    /// Whether few candidates are to be expected.
    few: bool,
}

/// How promising a clause is: less is better.
fn promise(clause: &Clause) -> u8 {
    match clause {
        Clause::Id(_) => 0,
        Clause::Match { param, tests } => match tests.first() {
            Some(Test::Token { code: Some(_), .. } | Test::OfType { .. })
                if param.code == "identifier" =>
            {
                1
            }
            Some(Test::Reference { kind, .. })
                if param.code == "patient" || *kind == Some("Patient") =>
            {
                2
            }
            Some(
                Test::Reference { .. }
                | Test::ReferenceUrl { .. }
                | Test::ReferenceHierarchy { .. },
            ) => 4,
            Some(Test::ReferenceIdentifier { .. }) => 4,
            Some(Test::Str { .. }) => 5,
            Some(Test::Date(_) | Test::DateWithin(_) | Test::Number(_) | Test::Quantity { .. }) => {
                7
            }
            Some(Test::Token { code: Some(_), .. } | Test::OfType { .. } | Test::Uri { .. }) => 6,
            Some(Test::Token { code: None, .. } | Test::TokenText(_) | Test::TokenSet(_)) => 8,
            Some(Test::Composite(_) | Test::Near { .. }) | None => 20,
        },
        Clause::Compartment { .. } => 3,
        Clause::Chain { .. } => 6,
        Clause::Has { .. } => 12,
        Clause::All(_)
        | Clause::Any(_)
        | Clause::Not(_)
        | Clause::Missing { .. }
        | Clause::LastUpdated(_) => 20,
        Clause::Kind(_) | Clause::Words { .. } | Clause::Outside(_) => 20,
    }
}

fn drive(ground: &Ground<'_>, kind: &'static str, flat: &[&Clause]) -> Result<Choice, ReadError> {
    if let Some(choice) = patient_with_code(ground, kind, flat)? {
        return Ok(choice);
    }
    let mut ranked: Vec<(u8, usize)> = flat
        .iter()
        .enumerate()
        .map(|(i, c)| (promise(c), i))
        .collect();
    ranked.retain(|(promise, _)| *promise < 20);
    ranked.sort_unstable();
    let alone = ranked.len() == 1;
    let mut best: Option<(i64, Choice)> = None;
    for (promise, i) in ranked {
        let Some(clause) = flat.get(i) else { continue };
        let Some((driver, exact)) = driver_of(ground, kind, clause)? else {
            continue;
        };
        let few = promise <= 3;
        let choice = Choice {
            driver,
            used: vec![(i, exact)],
            few,
        };
        // Where there is no choice nothing needs to be counted.
        if few || alone {
            return Ok(choice);
        }
        let size = (ground.count)(&choice.driver.keys(kind), SMALL + 1)?;
        if best.as_ref().is_none_or(|(least, _)| size < *least) {
            best = Some((
                size,
                Choice {
                    few: size <= SMALL,
                    ..choice
                },
            ));
        }
        if size < 50 {
            break;
        }
    }
    Ok(best.map_or(
        Choice {
            driver: Driver::Listing,
            used: Vec::new(),
            few: false,
        },
        |(_, choice)| choice,
    ))
}

/// A patient and a code in one range, for the types that have an index for it.
fn patient_with_code(
    ground: &Ground<'_>,
    kind: &'static str,
    flat: &[&Clause],
) -> Result<Option<Choice>, ReadError> {
    let Some((patient_branch, code_branch)) = patient_and_code(kind) else {
        return Ok(None);
    };
    let find = |wanted: u16| {
        flat.iter()
            .enumerate()
            .find_map(|(i, clause)| match clause {
                Clause::Match { param, tests } => match (param.uses.as_slice(), tests.as_slice()) {
                    ([one], [test]) if one.branch == wanted => Some((i, *param, test)),
                    _ => None,
                },
                _ => None,
            })
    };
    let (
        Some((
            p,
            subject,
            Test::Reference {
                kind: target,
                id,
                version: None,
            },
        )),
        Some((
            c,
            _,
            Test::Token {
                system,
                code: Some(code),
            },
        )),
    ) = (find(patient_branch), find(code_branch))
    else {
        return Ok(None);
    };
    let Some(target) = target.or((subject.code == "patient").then_some("Patient")) else {
        return Ok(None);
    };
    let values: [Bound; 3] = [
        ground.keys.of(target, id).into(),
        column(code_branch).into(),
        ground.keys.code(code).into(),
    ];
    let mut predicate = Fragment::new("d.patient = ? and d.branch = ? and d.v = ?", values);
    match system {
        SystemTest::Any => {}
        SystemTest::None => predicate = predicate.say(" and d.sys = 0"),
        SystemTest::Is(s) => {
            predicate = predicate.then(Fragment::new(
                " and d.sys = ?",
                [ground.keys.system(Some(s)).into()],
            ));
        }
    }
    let driver = Driver::Ordered {
        table: "ipc",
        predicate,
    };
    Ok(Some(Choice {
        driver,
        used: vec![(p, true), (c, true)],
        few: true,
    }))
}

/// The clause as a driver, when it can be one, and whether exactly what satisfies it comes.
fn driver_of(
    ground: &Ground<'_>,
    kind: &'static str,
    clause: &Clause,
) -> Result<Option<(Driver, bool)>, ReadError> {
    Ok(match clause {
        Clause::Id(ids) => {
            let keys = list(ids.iter().map(|id| ground.keys.of(kind, id)));
            Some((
                Driver::Set(Fragment::text(&format!(
                    "select q.key from res q where q.key in {keys}"
                ))),
                true,
            ))
        }
        Clause::Match { param, tests } => {
            // A parameter that every type has is indexed under one branch for all.
            if param.base == "Resource" && parameters().find(kind, param.code).is_none() {
                return Ok(None);
            }
            let mut all = Vec::with_capacity(tests.len());
            for test in tests {
                let Some(rows) = rows(ground, param, test)? else {
                    return Ok(None);
                };
                all.push(rows);
            }
            let shared = param.uses.iter().any(|u| {
                parameters()
                    .branch(u.branch)
                    .is_none_or(|b| b.resource != kind)
            });
            Some(driver_of_rows(all, shared))
        }
        Clause::Compartment { kind: of, id } => {
            let (branches, itself) = compartment_branches(kind, of);
            let key = ground.keys.of(of, id);
            let mut any = Vec::new();
            if itself {
                any.push(Fragment::new(
                    "select q.key from res q where q.key = ?",
                    [key.into()],
                ));
            }
            if !branches.is_empty() {
                let text = format!(
                    "select q.key from iref q where q.v = ? and q.branch in {}",
                    list(branches)
                );
                any.push(Fragment::new(&text, [key.into()]));
            }
            Some((Driver::Set(union(any)), true))
        }
        Clause::Chain { via, target, inner } => {
            let name = alias('q');
            let set = chain_set(ground, via, target, inner)?;
            let keys = Fragment::text(&format!("select distinct {name}.key from ("))
                .then(set)
                .say(&format!(") {name}"));
            Some((Driver::Set(keys), true))
        }
        Clause::Has { .. } => None,
        Clause::All(_)
        | Clause::Any(_)
        | Clause::Not(_)
        | Clause::Missing { .. }
        | Clause::LastUpdated(_)
        | Clause::Kind(_)
        | Clause::Words { .. }
        | Clause::Outside(_) => None,
    })
}

fn union(mut pieces: Vec<Fragment>) -> Fragment {
    let Some(first) = pieces.pop() else {
        return Fragment::text("select q.key from res q where 1 = 0");
    };
    // `union` removes what comes twice; a single select over several branches may repeat a key too.
    let name = alias('q');
    let all = pieces
        .into_iter()
        .fold(first, |all, piece| all.say(" union ").then(piece));
    Fragment::text(&format!("select distinct {name}.key from ("))
        .then(all)
        .say(&format!(") {name}"))
}

fn driver_of_rows(mut all: Vec<Rows>, shared: bool) -> (Driver, bool) {
    let exact = all.iter().all(|r| r.exact);
    if !shared
        && all.len() == 1
        && let Some(one) = all.pop_if(|r| r.ordered)
    {
        return (
            Driver::Ordered {
                table: one.table,
                predicate: one.predicate.with_alias("d"),
            },
            exact,
        );
    }
    let selects = all.into_iter().map(|r| {
        let name = alias('q');
        Fragment::text(&format!("select {name}.key from {} {name} where ", r.table))
            .then(r.predicate.with_alias(&name))
    });
    (Driver::Set(union(selects.collect())), exact)
}

/// Whether a condition is dearer than looking at a few documents.
fn costly(ground: &Ground<'_>, kind: &'static str, clause: &Clause) -> Result<bool, ReadError> {
    let Clause::Match { param, tests } = clause else {
        return Ok(false);
    };
    for test in tests {
        let Some(rows) = rows(ground, param, test)? else {
            return Ok(false);
        };
        if !rows.probe {
            let (driver, _) = driver_of_rows(vec![rows], true);
            return Ok((ground.count)(&driver.keys(kind), SMALL + 1)? > SMALL);
        }
    }
    Ok(false)
}

/// The keys of the resources of a type that satisfy the clauses, as a select of one column `key`.
pub(crate) fn key_set(
    ground: &Ground<'_>,
    kind: &'static str,
    clauses: &[Clause],
) -> Result<Fragment, ReadError> {
    let selection = selection(ground, kind, clauses)?;
    if selection.residual.is_empty() {
        let name = alias('k');
        // An inner statement has aliases of its own scope; its driver's are hidden by one more level.
        return Ok(Fragment::text(&format!("select {name}.key from ("))
            .then(selection.keys(i64::MAX))
            .say(&format!(") {name}")));
    }
    let keys = (ground.resolve)(kind, &Clause::All(clauses.to_vec()))?;
    Ok(Fragment::text(&format!(
        "select q.key from res q where q.key in {}",
        list(keys)
    )))
}
