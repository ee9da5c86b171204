//! A clause as a condition on a resource, given by the expressions of its key and its clinical time.

use std::cell::Cell;

use aceso_fhir::definitions::{Param, parameters};
use aceso_fhir::search::{Clause, Prefix, Test};

use super::fragment::list;
use super::rows::{Rows, presence, rows};
use super::{Fragment, Ground};
use crate::ReadError;
use crate::access::on_row;
use crate::index::column;

/// The resource a condition is about: SQL expressions of its key and of its clinical time.
#[derive(Clone, Debug)]
pub(crate) struct On {
    pub(crate) key: String,
    pub(crate) ord: String,
}

impl On {
    /// The columns `key` and `ord` of an alias.
    pub(crate) fn alias(alias: &str) -> Self {
        Self {
            key: format!("{alias}.key"),
            ord: format!("{alias}.ord"),
        }
    }
}

/// A condition.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) sql: Fragment,
    /// Whether exactly what satisfies the clause passes, or more.
    pub(crate) exact: bool,
}

impl Condition {
    fn exact(sql: Fragment) -> Self {
        Self { sql, exact: true }
    }

    /// The document must decide.
    pub(crate) fn open() -> Self {
        Self {
            sql: Fragment::text("1 = 1"),
            exact: false,
        }
    }
}

thread_local! {
    static ALIAS: Cell<u32> = const { Cell::new(0) };
}

/// Begins the numbering of aliases anew, so that equal queries give equal statements.
pub(crate) fn restart_aliases() {
    ALIAS.set(0);
}

/// An alias that is not in use yet in this statement.
pub(crate) fn alias(letter: char) -> String {
    ALIAS.set(ALIAS.get() + 1);
    format!("{letter}{}", ALIAS.get())
}

/// The clause as a condition on the resource of type `kind` at `on`.
pub(crate) fn condition(
    ground: &Ground<'_>,
    kind: &'static str,
    clause: &Clause,
    on: &On,
) -> Result<Condition, ReadError> {
    match clause {
        Clause::All(all) => joined(ground, kind, all, on, " and ", "1 = 1"),
        Clause::Any(any) => joined(ground, kind, any, on, " or ", "1 = 0"),
        Clause::Not(inner) => {
            let inner = condition(ground, kind, inner, on)?;
            if !inner.exact {
                return Ok(Condition::open());
            }
            Ok(Condition::exact(
                Fragment::text("not (").then(inner.sql).say(")"),
            ))
        }
        Clause::Match { param, tests } => tests_on(ground, kind, param, tests, on),
        Clause::Missing { param, missing } => Ok(missing_on(param, *missing, on)),
        Clause::Chain { via, target, inner } => {
            let set = chain_set(ground, via, target, inner)?;
            Ok(Condition::exact(
                Fragment::text(&format!("{} in (", on.key))
                    .then(set)
                    .say(")"),
            ))
        }
        Clause::Has { source, via, inner } => has(ground, source, via, inner, on),
        Clause::Id(ids) => {
            let keys = ids.iter().map(|id| ground.keys.of(kind, id));
            Ok(Condition::exact(Fragment::text(&format!(
                "{} in {}",
                on.key,
                list(keys)
            ))))
        }
        Clause::LastUpdated(test) => Ok(Condition::exact(last_updated(
            test.prefix,
            test.lo,
            test.hi,
            on,
        ))),
        Clause::Kind(kinds) => Ok(Condition::exact(Fragment::text(if kinds.contains(&kind) {
            "1 = 1"
        } else {
            "1 = 0"
        }))),
        Clause::Compartment { kind: of, id } => Ok(compartment(ground, kind, of, id, on)),
        Clause::Words { .. } => Ok(Condition::open()),
        Clause::Outside(outside) => Ok(Condition::exact(on_row(outside, kind, &on.key))),
    }
}

fn joined(
    ground: &Ground<'_>,
    kind: &'static str,
    clauses: &[Clause],
    on: &On,
    between: &str,
    empty: &str,
) -> Result<Condition, ReadError> {
    let mut exact = true;
    let mut pieces = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let one = condition(ground, kind, clause, on)?;
        exact &= one.exact;
        pieces.push(one.sql);
    }
    Ok(Condition {
        sql: Fragment::join(pieces, between, empty),
        exact,
    })
}

fn tests_on(
    ground: &Ground<'_>,
    kind: &'static str,
    param: &'static Param,
    tests: &[Test],
    on: &On,
) -> Result<Condition, ReadError> {
    let mut exact = true;
    let mut pieces = Vec::with_capacity(tests.len());
    for test in tests {
        if let Test::Composite(components) = test {
            pieces.push(composite(ground, kind, param, components, on)?);
            exact = false;
            continue;
        }
        let Some(rows) = rows(ground, param, test)? else {
            return Ok(Condition::open());
        };
        exact &= rows.exact;
        pieces.push(rows_on(&rows, on));
    }
    Ok(Condition {
        sql: Fragment::join(pieces, " or ", "1 = 0"),
        exact,
    })
}

/// Each component holds somewhere in the resource; that it is in the same element, the document tells.
fn composite(
    ground: &Ground<'_>,
    kind: &'static str,
    param: &Param,
    tests: &[Test],
    on: &On,
) -> Result<Fragment, ReadError> {
    let mut pieces = Vec::new();
    for (component, test) in param.components.iter().zip(tests) {
        if let Some(single) = parameters().find(kind, component.code) {
            pieces.push(tests_on(ground, kind, single, std::slice::from_ref(test), on)?.sql);
        }
    }
    Ok(Fragment::join(pieces, " and ", "1 = 1"))
}

/// There is such a row for the resource.
pub(crate) fn rows_on(rows: &Rows, on: &On) -> Fragment {
    let name = alias('t');
    let predicate = rows.predicate.with_alias(&name);
    let table = rows.table;
    if rows.probe {
        let head = format!("exists (select 1 from {table} {name} where ");
        Fragment::text(&head).then(predicate).say(&format!(
            " and {name}.ord = {} and {name}.key = {})",
            on.ord, on.key
        ))
    } else {
        Fragment::text(&format!(
            "{} in (select {name}.key from {table} {name} where ",
            on.key
        ))
        .then(predicate)
        .say(")")
    }
}

fn missing_on(param: &'static Param, missing: bool, on: &On) -> Condition {
    let Some(rows) = presence(param) else {
        return Condition::open();
    };
    let name = alias('t');
    let set = Fragment::text(&format!(
        "(select {name}.key from {} {name} where ",
        rows.table
    ))
    .then(rows.predicate.with_alias(&name))
    .say(")");
    let sql = |not: &str| Fragment::text(&format!("{} {not}in ", on.key)).then(set.clone());
    match (missing, rows.exact) {
        (true, true) => Condition::exact(sql("not ")),
        (false, true) => Condition::exact(sql("")),
        // What has a row has a value; what has none may have a value all the same.
        (true, false) => Condition {
            sql: sql("not "),
            exact: false,
        },
        (false, false) => Condition::open(),
    }
}

/// The keys of what refers through `via` to resources of type `target` that satisfy `inner`.
pub(crate) fn chain_set(
    ground: &Ground<'_>,
    via: &'static Param,
    target: &'static str,
    inner: &Clause,
) -> Result<Fragment, ReadError> {
    let name = alias('c');
    let branches = list(
        via.uses
            .iter()
            .filter(|u| u.target.is_none_or(|t| t == target))
            .map(|u| column(u.branch)),
    );
    let targets = super::driver::key_set(ground, target, std::slice::from_ref(inner))?;
    Ok(Fragment::text(&format!("select {name}.key from (",))
        .then(targets)
        .say(&format!(") k{name} cross join iref {name} where {name}.v = k{name}.key and {name}.branch in {branches}")))
}

fn has(
    ground: &Ground<'_>,
    source: &'static str,
    via: &'static Param,
    clause: &Clause,
    on: &On,
) -> Result<Condition, ReadError> {
    let name = alias('h');
    let inner = condition(ground, source, clause, &On::alias(&name))?;
    let branches = list(via.uses.iter().map(|u| column(u.branch)));
    let head = format!(
        "exists (select 1 from iref {name} where {name}.v = {} and {name}.branch in {branches} and ",
        on.key
    );
    let inner = if inner.exact {
        inner.sql
    } else {
        Fragment::text(&format!(
            "{name}.key in {}",
            list((ground.resolve)(source, clause)?)
        ))
    };
    Ok(Condition::exact(Fragment::text(&head).then(inner).say(")")))
}

fn last_updated(prefix: Prefix, lo: i64, hi: i64, on: &On) -> Fragment {
    let name = alias('u');
    // The time of the last update is one millisecond: [updated, updated + 1).
    let test = match prefix {
        Prefix::Eq => format!("{name}.updated >= {lo} and {name}.updated < {hi}"),
        Prefix::Ne => format!("({name}.updated < {lo} or {name}.updated >= {hi})"),
        Prefix::Gt | Prefix::Sa => format!("{name}.updated >= {hi}"),
        Prefix::Lt | Prefix::Eb => format!("{name}.updated < {lo}"),
        Prefix::Ge => format!("{name}.updated >= {lo}"),
        Prefix::Le => format!("{name}.updated < {hi}"),
        Prefix::Ap => format!("{name}.updated >= {lo} and {name}.updated < {hi}"),
    };
    Fragment::text(&format!(
        "exists (select 1 from res {name} where {name}.key = {} and {test})",
        on.key
    ))
}

/// The branches by which a resource of type `kind` is in a compartment of type `of`; and whether it can be the
/// compartment itself.
pub(crate) fn compartment_branches(kind: &str, of: &str) -> (Vec<i64>, bool) {
    let codes = parameters().compartment(of, kind).unwrap_or_default();
    let uses = codes
        .iter()
        .filter_map(|code| parameters().find(kind, code))
        .flat_map(|p| &p.uses);
    let mut branches: Vec<i64> = uses
        .filter(|u| u.target.is_none_or(|t| t == of))
        .map(|u| column(u.branch))
        .collect();
    branches.sort_unstable();
    branches.dedup();
    (branches, kind == of)
}

fn compartment(
    ground: &Ground<'_>,
    kind: &'static str,
    of: &'static str,
    id: &str,
    on: &On,
) -> Condition {
    let key = ground.keys.of(of, id);
    let (branches, itself) = compartment_branches(kind, of);
    let mut any = Vec::new();
    if itself {
        any.push(Fragment::new(&format!("{} = ?", on.key), [key.into()]));
    }
    if !branches.is_empty() {
        let name = alias('t');
        let text = format!(
            "exists (select 1 from iref {name} where {name}.v = ? and {name}.branch in {} and {name}.ord = {} and {name}.key = {})",
            list(branches),
            on.ord,
            on.key
        );
        any.push(Fragment::new(&text, [key.into()]));
    }
    Condition::exact(Fragment::join(any, " or ", "1 = 0"))
}
