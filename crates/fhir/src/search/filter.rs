//! `_filter` (R4, section 3.1.3): its own small language over the same parameters.
//!
//! ```text
//! filter = and ("or" and)*          and = one ("and" one)*
//! one    = "not" "(" filter ")" | "(" filter ")" | path operator value
//! path   = name ("[" filter "]")? ("." path)?
//! ```

use super::clauses::{MAX_DEPTH, Reader, find, reference_param};
use super::error::{Mistake, QueryError, shown};
use super::parse::Options;
use super::query::{Clause, Direction, Prefix, StrTest, Test, UriTest};
use super::values::{self, read_prefix, resource_type};
use crate::definitions::{Param, ParamKind};

const NAME: &str = "_filter";
/// The most comparisons in one filter.
const MAX_TESTS: usize = 200;

/// Reads a filter on resources of a type.
pub(super) fn read(
    reader: &mut Reader<'_>,
    kind: &'static str,
    text: &str,
    depth: usize,
) -> Result<Clause, QueryError> {
    let mut parser = Parser {
        rest: text,
        tests: 0,
        reader,
    };
    let clause = parser.any_of(kind, depth)?;
    parser.space();
    if parser.rest.is_empty() {
        Ok(clause)
    } else {
        Err(parser.wrong("the end, and, or"))
    }
}

/// One clause as it is, several as one.
fn joined(mut all: Vec<Clause>, many: fn(Vec<Clause>) -> Clause) -> Clause {
    if all.len() == 1 {
        all.swap_remove(0)
    } else {
        many(all)
    }
}

struct Parser<'t, 'r, 'o> {
    rest: &'t str,
    tests: usize,
    reader: &'r mut Reader<'o>,
}

impl<'t> Parser<'t, '_, '_> {
    fn any_of(&mut self, kind: &'static str, depth: usize) -> Result<Clause, QueryError> {
        if depth > MAX_DEPTH {
            return Err(QueryError::new(
                Mistake::TooMuch,
                NAME,
                "more than 12 levels",
            ));
        }
        let mut all = vec![self.all_of(kind, depth)?];
        while self.word("or") {
            all.push(self.all_of(kind, depth)?);
        }
        Ok(joined(all, Clause::Any))
    }

    fn all_of(&mut self, kind: &'static str, depth: usize) -> Result<Clause, QueryError> {
        let mut all = vec![self.one(kind, depth)?];
        while self.word("and") {
            all.push(self.one(kind, depth)?);
        }
        Ok(joined(all, Clause::All))
    }

    fn one(&mut self, kind: &'static str, depth: usize) -> Result<Clause, QueryError> {
        self.tests += 1;
        if self.tests > MAX_TESTS {
            return Err(QueryError::new(
                Mistake::TooMuch,
                NAME,
                "more than 200 comparisons",
            ));
        }
        self.space();
        if let Some(after) = self
            .rest
            .strip_prefix("not")
            .map(str::trim_start)
            .filter(|r| r.starts_with('('))
        {
            self.rest = after;
            return Ok(Clause::Not(Box::new(self.one(kind, depth + 1)?)));
        }
        if self.symbol("(") {
            let inner = self.any_of(kind, depth + 1)?;
            self.need(")")?;
            return Ok(inner);
        }
        self.comparison(kind, depth)
    }

    /// `name op value`, `link.name op value`, `link[filter].name op value`
    fn comparison(&mut self, kind: &'static str, depth: usize) -> Result<Clause, QueryError> {
        if depth > MAX_DEPTH {
            return Err(QueryError::new(
                Mistake::TooMuch,
                NAME,
                "more than 12 levels",
            ));
        }
        let name = self.name()?;
        if !self.rest.starts_with(['[', '.']) {
            return self.operator(kind, name);
        }
        let (code, target) = name
            .split_once(':')
            .map_or((name, None), |(c, t)| (c, Some(t)));
        let via = reference_param(kind, code, NAME)?;
        let target = target.map(|t| resource_type(NAME, t)).transpose()?;
        // The rest is read anew for each type that the link can lead to; all must end at the same place.
        let start = self.rest;
        let mut end = None;
        let (mut tests, wanted) = (self.tests, depth + 1);
        let clause = {
            let reader = &mut *self.reader;
            reader.chain_to(via, target, NAME, depth, |reader, kind, _| {
                let mut inner = Parser {
                    rest: start,
                    tests,
                    reader,
                };
                let clause = inner.linked(kind, wanted);
                tests = inner.tests;
                if clause.is_ok() {
                    end = Some(inner.rest);
                }
                clause
            })?
        };
        self.tests = tests;
        self.rest = end.unwrap_or(start);
        Ok(clause)
    }

    /// What follows a link: `[filter]`, then `.path op value`.
    fn linked(&mut self, kind: &'static str, depth: usize) -> Result<Clause, QueryError> {
        let mut all = Vec::new();
        if self.symbol("[") {
            all.push(self.any_of(kind, depth)?);
            self.need("]")?;
        }
        self.need(".")?;
        all.push(self.comparison(kind, depth)?);
        Ok(joined(all, Clause::All))
    }

    fn operator(&mut self, kind: &'static str, name: &str) -> Result<Clause, QueryError> {
        self.space();
        let op = self.take(|c| c.is_ascii_lowercase());
        if op.is_empty() {
            return Err(self.wrong("an operator"));
        }
        self.space();
        let value = self.value()?;
        comparison(self.reader, kind, name, op, &value)
    }

    fn name(&mut self) -> Result<&'t str, QueryError> {
        self.space();
        let name = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':'));
        if name.is_empty() {
            Err(self.wrong("a parameter"))
        } else {
            Ok(name)
        }
    }

    /// A quoted string with JSON's escapes, or everything up to a space or closing bracket.
    fn value(&mut self) -> Result<String, QueryError> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let plain = self.take(|c| !c.is_whitespace() && c != ')' && c != ']');
            return if plain.is_empty() {
                Err(self.wrong("a value"))
            } else {
                Ok(plain.to_owned())
            };
        };
        let mut escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.ok_or_else(|| self.wrong("a closing quote"))?;
        let (inside, after) = quoted.split_at_checked(end).unwrap_or_default();
        self.rest = after.strip_prefix('"').unwrap_or(after);
        serde_json::from_str(&format!("\"{inside}\""))
            .map_err(|_| self.wrong("a string with JSON's escapes"))
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.rest.strip_prefix(symbol);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn need(&mut self, symbol: &str) -> Result<(), QueryError> {
        self.space();
        if self.symbol(symbol) {
            Ok(())
        } else {
            Err(self.wrong(symbol))
        }
    }

    /// A keyword with something that is not a letter behind it.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let after = self.rest.strip_prefix(word);
        let after = after.filter(|r| r.starts_with(|c: char| c.is_whitespace() || c == '('));
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn wrong(&self, wanted: &str) -> QueryError {
        let found = if self.rest.is_empty() {
            "the end"
        } else {
            shown(self.rest)
        };
        QueryError::value(NAME, format!("expected {wanted} before: {found}"))
    }
}

/// One comparison of a parameter of `kind`.
fn comparison(
    reader: &mut Reader<'_>,
    kind: &'static str,
    name: &str,
    op: &str,
    value: &str,
) -> Result<Clause, QueryError> {
    if matches!(
        name,
        "_id" | "_lastUpdated" | "_type" | "_list" | "_text" | "_content"
    ) {
        return common(reader, kind, name, op, value);
    }
    let (code, modifier) = name.split_once(':').unwrap_or((name, ""));
    let param = find(kind, code, NAME)?;
    if !modifier.is_empty() {
        return Err(QueryError::unsupported(
            NAME,
            "modifiers are written as operators here",
        ));
    }
    if op == "pr" {
        let missing = match value {
            "true" => false,
            "false" => true,
            _ => return Err(QueryError::value(NAME, "pr takes true or false")),
        };
        return Ok(Clause::Missing { param, missing });
    }
    let (test, negated) = test(param, op, value, reader.options)?;
    let found = Clause::Match {
        param,
        tests: vec![test],
    };
    Ok(if negated {
        Clause::Not(Box::new(found))
    } else {
        found
    })
}

fn common(
    reader: &mut Reader<'_>,
    kind: &'static str,
    name: &str,
    op: &str,
    value: &str,
) -> Result<Clause, QueryError> {
    let prefixed;
    let value = match (name, op) {
        (_, "eq") => value,
        ("_id" | "_type" | "_list", "ne") => {
            return Ok(Clause::Not(Box::new(
                reader.clause(kind, name, value, MAX_DEPTH)?,
            )));
        }
        ("_lastUpdated", op) if read_prefix(op).is_some() => {
            prefixed = format!("{op}{value}");
            &prefixed
        }
        _ => {
            return Err(QueryError::unsupported(
                NAME,
                format!("{name} has no operator {op}"),
            ));
        }
    };
    reader.clause(kind, name, value, MAX_DEPTH)
}

/// The test of an operator, and whether it is to be negated.
fn test(
    param: &'static Param,
    op: &str,
    value: &str,
    options: &Options<'_>,
) -> Result<(Test, bool), QueryError> {
    let plain = |text: &str| values::plain(param, NAME, text, options);
    let test = match (param.kind, op) {
        (ParamKind::String, "eq") => values::string(StrTest::Equal, value),
        (ParamKind::String, "ne") => return Ok((values::string(StrTest::Equal, value), true)),
        (ParamKind::String, "co") => values::string(StrTest::Contains, value),
        (ParamKind::String, "sw") => values::string(StrTest::Prefix, value),
        (ParamKind::String, "ew") => values::string(StrTest::Suffix, value),
        (
            ParamKind::Token | ParamKind::Reference | ParamKind::Composite | ParamKind::Special,
            "eq",
        ) => plain(value)?,
        (ParamKind::Token | ParamKind::Reference, "ne") => return Ok((plain(value)?, true)),
        (ParamKind::Token, "ss") => values::hierarchy(Direction::Below, NAME, value, options)?,
        (ParamKind::Token, "sb") => values::hierarchy(Direction::Above, NAME, value, options)?,
        (ParamKind::Token, "in") => values::value_set(NAME, value, options)?,
        (ParamKind::Token, "ni") => return Ok((values::value_set(NAME, value, options)?, true)),
        (ParamKind::Token, "co" | "sw") => Test::TokenText(super::fold::fold(value).into_owned()),
        (ParamKind::Reference, "re") => plain(value)?,
        (ParamKind::Uri, "eq") => values::uri(UriTest::Exact, value),
        (ParamKind::Uri, "ne") => return Ok((values::uri(UriTest::Exact, value), true)),
        (ParamKind::Uri, "sw" | "sb") => values::uri(UriTest::Below, value),
        (ParamKind::Uri, "ss") => values::uri(UriTest::Above, value),
        (ParamKind::Uri, "co") => values::uri(UriTest::Contains, value),
        (ParamKind::Date, "po") => {
            let mut span = values::date(Prefix::Eq, value, NAME, options)?;
            span.prefix = Prefix::Ap;
            Test::Date(span)
        }
        (ParamKind::Date, op) if read_prefix(op).is_some() => plain(&format!("{op}{value}"))?,
        (ParamKind::Number | ParamKind::Quantity, op) if read_prefix(op).is_some() => {
            plain(&format!("{op}{value}"))?
        }
        (kind, op) => {
            let message = format!(
                "{} has no operator {}; {}",
                param.code,
                shown(op),
                operators_of(kind)
            );
            return Err(QueryError::unsupported(NAME, message));
        }
    };
    Ok((test, false))
}

fn operators_of(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::String => "a string has eq ne co sw ew pr",
        ParamKind::Token => "a token has eq ne co sw ss sb in ni pr",
        ParamKind::Reference => "a reference has eq ne re pr",
        ParamKind::Uri => "a URI has eq ne co sw ss sb pr",
        ParamKind::Date => "a date has eq ne gt lt ge le ap sa eb po pr",
        ParamKind::Number | ParamKind::Quantity => "a number has eq ne gt lt ge le ap sa eb pr",
        ParamKind::Composite | ParamKind::Special => "it has eq pr",
    }
}
