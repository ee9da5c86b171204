//! A test on a parameter's value, as a condition on rows of an index table.

use aceso_fhir::definitions::{Param, ParamKind};
use aceso_fhir::search::{DateTest, NumberTest, Prefix, StrTest, SystemTest, Test, UriTest};

use super::fragment::list;
use super::{Bound, Fragment, Ground};
use crate::ReadError;
use crate::index::{
    LONG_SPAN_MILLIS, STRING_LIMIT, canonical_unit_of, column, cut, flavour, unit_of,
};
use crate::key::kind_code;

/// Rows of one index table. In the predicate the table's alias is `@`.
pub(crate) struct Rows {
    pub(crate) table: &'static str,
    pub(crate) predicate: Fragment,
    /// Whether the predicate fixes the columns before `ord` to a handful of values, so that a row is found by
    /// `ord` and `key` at once.
    pub(crate) probe: bool,
    /// Whether it fixes them to one value each, so that rows come in the order of `ord`.
    pub(crate) ordered: bool,
    /// Whether exactly the right rows pass, or more.
    pub(crate) exact: bool,
}

impl Rows {
    fn of(table: &'static str, predicate: Fragment) -> Self {
        Self {
            table,
            predicate,
            probe: false,
            ordered: false,
            exact: true,
        }
    }

    fn wider(mut self) -> Self {
        self.exact = false;
        self
    }
}

/// The rows that pass a test; none when only the document can tell.
pub(crate) fn rows(
    ground: &Ground<'_>,
    param: &Param,
    test: &Test,
) -> Result<Option<Rows>, ReadError> {
    let branches: Vec<i64> = param.uses.iter().map(|u| column(u.branch)).collect();
    Ok(match test {
        Test::Token { system, code } => Some(token(ground, &branches, system, code.as_deref())),
        Test::TokenText(text) => Some(text_of_token(&branches, text)),
        Test::TokenSet(set) => Some(token_set(ground, &branches, set)),
        Test::OfType {
            system,
            code,
            value,
        } => {
            let v = ground
                .keys
                .code(&[system.as_str(), "|", code, "|", value].concat());
            Some(pinned(
                "itok",
                &flavoured(&branches, flavour::OF_TYPE),
                &[v],
            ))
        }
        Test::Reference { kind, id, version } => {
            let rows = reference(ground, param, *kind, id);
            Some(if version.is_some() {
                rows.wider()
            } else {
                rows
            })
        }
        Test::ReferenceUrl { url, version } => {
            let rows = pinned_refs(&branches, &[ground.keys.uri(url)]);
            Some(if version.is_some() {
                rows.wider()
            } else {
                rows
            })
        }
        Test::ReferenceIdentifier { system, value } => Some(token(
            ground,
            &flavoured(&branches, flavour::IDENTIFIER),
            system,
            value.as_deref(),
        )),
        Test::ReferenceHierarchy {
            direction,
            kind,
            id,
        } => {
            let found = (ground.hierarchy)(*direction, kind, id)?;
            Some(pinned_refs(&branches_to(param, Some(kind)), &found))
        }
        Test::Str {
            how,
            text: _,
            folded,
        } => Some(string(&branches, *how, folded)),
        Test::Date(test) => Some(date(&branches, std::slice::from_ref(test))),
        Test::DateWithin(tests) => Some(date(&branches, tests)),
        Test::Number(test) => Some(number(&branches, test, "= 0")),
        Test::Quantity {
            number,
            system,
            code,
            canonical,
        } => Some(quantity(
            ground,
            &branches,
            number,
            system,
            code.as_deref(),
            *canonical,
        )),
        Test::Uri {
            how: UriTest::Exact,
            value,
        } => Some(pinned("itok", &branches, &[ground.keys.uri(value)])),
        Test::Uri {
            how: UriTest::Below | UriTest::Above | UriTest::Contains,
            ..
        } => Some(
            Rows::of(
                "itok",
                Fragment::text(&format!("@.branch in {}", list(branches))),
            )
            .wider(),
        ),
        Test::Composite(_) | Test::Near { .. } => None,
    })
}

/// Which table holds the values of a parameter of this kind, when they can be told from its rows by branch alone.
pub(crate) fn presence(param: &Param) -> Option<Rows> {
    let table = match param.kind {
        ParamKind::Number | ParamKind::Quantity => "inum",
        ParamKind::Date => "idat",
        ParamKind::String => "istr",
        ParamKind::Token | ParamKind::Uri => "itok",
        // The table's key does not begin with the branch; and identifiers in references are elsewhere.
        ParamKind::Reference | ParamKind::Composite | ParamKind::Special => return None,
    };
    let mut branches: Vec<i64> = param.uses.iter().map(|u| column(u.branch)).collect();
    if param.kind == ParamKind::Date {
        branches.extend(flavoured(&branches, flavour::LONG));
    }
    let rows = Rows::of(
        table,
        Fragment::text(&format!("@.branch in {}", list(branches))),
    );
    // A coding may have a text only, which has no row under the plain branch.
    Some(if param.kind == ParamKind::Token {
        rows.wider()
    } else {
        rows
    })
}

fn flavoured(branches: &[i64], flavour: i64) -> Vec<i64> {
    branches.iter().map(|b| b + flavour).collect()
}

fn pinned(table: &'static str, branches: &[i64], values: &[i64]) -> Rows {
    let predicate = match (branches, values) {
        ([b], [v]) => Fragment::new("@.branch = ? and @.v = ?", [(*b).into(), (*v).into()]),
        (many, [v]) => Fragment::text(&format!("@.branch in {}", list(many.iter().copied())))
            .then(Fragment::new(" and @.v = ?", [(*v).into()])),
        (branches, values) => {
            let (branches, values) = (list(branches.iter().copied()), list(values.iter().copied()));
            Fragment::text(&format!("@.branch in {branches} and @.v in {values}"))
        }
    };
    let ordered = branches.len() == 1 && values.len() == 1;
    Rows {
        probe: values.len() <= 64,
        ordered,
        ..Rows::of(table, predicate)
    }
}

fn pinned_refs(branches: &[i64], values: &[i64]) -> Rows {
    pinned("iref", branches, values)
}

fn token(ground: &Ground<'_>, branches: &[i64], system: &SystemTest, code: Option<&str>) -> Rows {
    let sys = match system {
        SystemTest::Any => None,
        SystemTest::None => Some(0),
        SystemTest::Is(system) => Some(ground.keys.system(Some(system))),
    };
    let mut rows = match code {
        Some(code) => pinned("itok", branches, &[ground.keys.code(code)]),
        None => Rows::of(
            "itok",
            Fragment::text(&format!("@.branch in {}", list(branches.iter().copied()))),
        ),
    };
    if let Some(sys) = sys {
        rows.predicate = rows
            .predicate
            .then(Fragment::new(" and @.sys = ?", [sys.into()]));
    }
    rows
}

fn text_of_token(branches: &[i64], text: &str) -> Rows {
    string(&flavoured(branches, flavour::TEXT), StrTest::Prefix, text)
}

fn token_set(ground: &Ground<'_>, branches: &[i64], set: &aceso_fhir::search::CodeSet) -> Rows {
    let mut by_system: Vec<(i64, i64)> = set
        .codes
        .iter()
        .map(|(system, code)| {
            (
                ground
                    .keys
                    .system(Some(system).filter(|s| !s.is_empty()).map(String::as_str)),
                ground.keys.code(code),
            )
        })
        .collect();
    by_system.sort_unstable();
    let branches = list(branches.iter().copied());
    let mut any: Vec<Fragment> = by_system
        .chunk_by(|a, b| a.0 == b.0)
        .map(|group| {
            let (sys, codes) = (
                group.first().map_or(0, |g| g.0),
                list(group.iter().map(|g| g.1)),
            );
            Fragment::text(&format!(
                "(@.branch in {branches} and @.v in {codes} and @.sys = {sys})"
            ))
        })
        .collect();
    for system in &set.whole_systems {
        let sys = ground.keys.system(Some(system));
        any.push(Fragment::text(&format!(
            "(@.branch in {branches} and @.sys = {sys})"
        )));
    }
    Rows::of("itok", Fragment::join(any, " or ", "1 = 0"))
}

fn branches_to(param: &Param, kind: Option<&str>) -> Vec<i64> {
    let fits = |target: Option<&str>| target.is_none() || kind.is_none() || target == kind;
    param
        .uses
        .iter()
        .filter(|u| fits(u.target))
        .map(|u| column(u.branch))
        .collect()
}

fn reference(ground: &Ground<'_>, param: &Param, kind: Option<&'static str>, id: &str) -> Rows {
    let branches = branches_to(param, kind);
    match kind {
        Some(kind) => pinned_refs(&branches, &[ground.keys.of(kind, id)]),
        None => {
            let of = |kind: &&'static str| ground.keys.of(kind, id);
            let values: Vec<i64> = if param.targets.is_empty() {
                aceso_fhir::definitions::types()
                    .resource_names()
                    .map(|k| of(&k))
                    .collect()
            } else {
                param
                    .targets
                    .iter()
                    .filter(|k| kind_code(k).is_some())
                    .map(of)
                    .collect()
            };
            let rows = pinned_refs(&branches, &values);
            // A branch that only counts for one target type must not be found through another.
            if param.uses.iter().any(|u| u.target.is_some()) {
                rows.wider()
            } else {
                rows
            }
        }
    }
}

fn string(branches: &[i64], how: StrTest, folded: &str) -> Rows {
    let short = cut(folded);
    let whole = short.len() == folded.len() && folded.len() + 4 < STRING_LIMIT;
    let on = format!("@.branch in {}", list(branches.iter().copied()));
    let on = if let [one] = branches {
        format!("@.branch = {one}")
    } else {
        on
    };
    let (text, values): (&str, Vec<Bound>) = match how {
        StrTest::Prefix if short.is_empty() => ("", vec![]),
        StrTest::Prefix => (
            " and @.v >= ? and @.v < ?",
            vec![short.into(), [short, "\u{10ffff}"].concat().as_str().into()],
        ),
        StrTest::Exact | StrTest::Equal => (" and @.v = ?", vec![short.into()]),
        StrTest::Contains => (
            LIKE,
            vec![["%", &escape(short), "%"].concat().as_str().into()],
        ),
        StrTest::Suffix => (LIKE, vec![["%", &escape(short)].concat().as_str().into()]),
    };
    let mut predicate = Fragment::text(&on);
    predicate = match <[Bound; 2]>::try_from(values) {
        Ok(two) => predicate.then(Fragment::new(text, two)),
        Err(values) => match <[Bound; 1]>::try_from(values) {
            Ok(one) => predicate.then(Fragment::new(text, one)),
            Err(_) => predicate,
        },
    };
    let rows = Rows::of("istr", predicate);
    match how {
        StrTest::Prefix | StrTest::Equal if whole => rows,
        StrTest::Prefix | StrTest::Equal | StrTest::Exact | StrTest::Contains | StrTest::Suffix => {
            rows.wider()
        }
    }
}

/// A text that was cut may go on with what is looked for.
const LIKE: &str = " and (@.v like ? escape '\\' or length(@.v) >= 39)";

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// Spans longer than [`LONG_SPAN_MILLIS`] have rows of a flavour of their own, so that for the others a bound on one
/// end is a bound on the other. All tests are on the same row.
fn date(branches: &[i64], tests: &[DateTest]) -> Rows {
    let (near, all): (Vec<String>, Vec<String>) = tests.iter().map(span).unzip();
    let (near, all) = (near.join(" and "), all.join(" and "));
    let long = list(flavoured(branches, flavour::LONG));
    let short = list(branches.iter().copied());
    Rows::of(
        "idat",
        Fragment::text(&format!(
            "((@.branch in {short} and {near}) or (@.branch in {long} and {all}))"
        )),
    )
}

/// A test as a condition on rows of short spans, and on those of any length.
fn span(test: &DateTest) -> (String, String) {
    let DateTest { prefix, lo, hi } = *test;
    let below = |x: i64| x.saturating_sub(LONG_SPAN_MILLIS);
    match prefix {
        Prefix::Eq => (
            format!("@.lo >= {lo} and @.lo <= {hi} and @.hi <= {hi}"),
            format!("@.lo >= {lo} and @.hi <= {hi}"),
        ),
        Prefix::Ne => (
            format!("(@.lo < {lo} or @.hi > {hi})"),
            format!("(@.lo < {lo} or @.hi > {hi})"),
        ),
        Prefix::Gt => (
            format!("@.lo > {} and @.hi > {hi}", below(hi)),
            format!("@.hi > {hi}"),
        ),
        Prefix::Lt => (format!("@.lo < {lo}"), format!("@.lo < {lo}")),
        Prefix::Ge => {
            let fits = format!("(@.hi > {hi} or (@.lo >= {lo} and @.hi <= {hi}))");
            (format!("@.lo > {} and {fits}", below(lo)), fits)
        }
        Prefix::Le => {
            let fits = format!("(@.lo < {lo} or (@.lo >= {lo} and @.hi <= {hi}))");
            (format!("@.lo <= {hi} and {fits}"), fits)
        }
        Prefix::Sa => (format!("@.lo >= {hi}"), format!("@.lo >= {hi}")),
        Prefix::Eb => (
            format!("@.lo <= {lo} and @.hi <= {lo}"),
            format!("@.lo <= {lo} and @.hi <= {lo}"),
        ),
        Prefix::Ap => (
            format!("@.lo > {} and @.lo < {hi} and @.hi > {lo}", below(lo)),
            format!("@.lo < {hi} and @.hi > {lo}"),
        ),
    }
}

fn number(branches: &[i64], test: &NumberTest, unit: &str) -> Rows {
    let on = format!(
        "@.branch in {} and @.unit {unit} and ",
        list(branches.iter().copied())
    );
    let predicate = Fragment::text(&on).then(within(test));
    let rows = Rows::of("inum", predicate);
    if test.prefix == Prefix::Ap {
        rows.wider()
    } else {
        rows
    }
}

/// Bounds are widened by a hair where a conversion may round; the document decides.
fn within(test: &NumberTest) -> Fragment {
    let NumberTest {
        prefix,
        value,
        lo,
        hi,
    } = *test;
    match prefix {
        Prefix::Eq => Fragment::new(
            "@.lo >= ? and @.lo < ? and @.hi < ?",
            [lo.into(), hi.into(), hi.into()],
        ),
        Prefix::Ne => Fragment::new("(@.lo < ? or @.hi >= ?)", [lo.into(), hi.into()]),
        Prefix::Gt => Fragment::new("@.hi > ?", [value.into()]),
        Prefix::Lt => Fragment::new("@.lo < ?", [value.into()]),
        Prefix::Ge => Fragment::new("@.hi >= ?", [value.into()]),
        Prefix::Le => Fragment::new("@.lo <= ?", [value.into()]),
        Prefix::Sa => Fragment::new("@.lo > ?", [value.into()]),
        Prefix::Eb => Fragment::new("@.hi < ?", [value.into()]),
        Prefix::Ap => Fragment::new("@.lo <= ? and @.hi >= ?", [hi.into(), lo.into()]),
    }
}

fn quantity(
    ground: &Ground<'_>,
    branches: &[i64],
    test: &NumberTest,
    system: &SystemTest,
    code: Option<&str>,
    canonical: Option<(NumberTest, &'static str)>,
) -> Rows {
    let Some(code) = code else {
        let rows = number(branches, test, ">= 0");
        return if *system == SystemTest::Any {
            rows
        } else {
            rows.wider()
        };
    };
    let given = number(branches, test, &format!("= {}", unit_of(ground.keys, code)));
    let mut any = vec![given.predicate];
    if let Some((converted, unit)) = canonical {
        let unit = format!("= {}", canonical_unit_of(ground.keys, unit));
        any.push(number(branches, &hair(converted), &unit).predicate);
    }
    any = any
        .into_iter()
        .map(|f| Fragment::text("(").then(f).say(")"))
        .collect();
    Rows::of("inum", Fragment::join(any, " or ", "1 = 0")).wider()
}

/// The test widened by a few parts in 10¹²: conversion rounds.
fn hair(test: NumberTest) -> NumberTest {
    let by = |x: f64| x.abs() * 1e-12;
    let NumberTest {
        prefix,
        value,
        lo,
        hi,
    } = test;
    let value = match prefix {
        Prefix::Gt | Prefix::Ge | Prefix::Sa => value - by(value),
        Prefix::Lt | Prefix::Le | Prefix::Eb => value + by(value),
        Prefix::Eq | Prefix::Ne | Prefix::Ap => value,
    };
    match prefix {
        // Narrower is wider for "not".
        Prefix::Ne => NumberTest {
            prefix,
            value,
            lo: lo + by(lo),
            hi: hi - by(hi),
        },
        _ => NumberTest {
            prefix,
            value,
            lo: lo - by(lo),
            hi: hi + by(hi),
        },
    }
}
