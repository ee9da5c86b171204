//! From one name and value to a [`Clause`]: modifiers, chains, `_has`, and the parameters that every type has.

use super::error::{Mistake, QueryError, shown};
use super::filter;
use super::fold::fold;
use super::parse::Options;
use super::query::{Clause, Direction, StrTest, Test, UriTest, WordScope};
use super::reference::is_id;
use super::text::{nearest, split, unescape};
use super::values::{self, resource_type};
use crate::definitions::{Param, ParamKind, parameters, types};

/// The most alternatives of one parameter.
const MAX_VALUES: usize = 1000;
/// The most chains that one query may fan out to.
const MAX_CHAINS: usize = 300;
/// The most levels of chains, `_has` and `_filter`.
pub(super) const MAX_DEPTH: usize = 12;

const COMMON: [&str; 8] = [
    "_id",
    "_lastUpdated",
    "_type",
    "_list",
    "_has",
    "_text",
    "_content",
    "_filter",
];

/// Reads clauses, and counts what they cost.
pub(super) struct Reader<'o> {
    pub(super) options: &'o Options<'o>,
    chains: usize,
}

impl<'o> Reader<'o> {
    pub(super) fn new(options: &'o Options<'o>) -> Self {
        Self { options, chains: 0 }
    }

    /// One parameter of a search over `kind`, or over `types` (all types when empty).
    pub(super) fn read(
        &mut self,
        kind: Option<&'static str>,
        types: &[&'static str],
        name: &str,
        value: &str,
    ) -> Result<Clause, QueryError> {
        if let Some(kind) = kind {
            return self.clause(kind, name, value, 0);
        }
        match self.clause("Resource", name, value, 0) {
            Err(e) if e.mistake == Mistake::UnknownParameter && !types.is_empty() => {
                let each = types.iter().map(|kind| {
                    let own = self.clause(kind, name, value, 0)?;
                    Ok(Clause::All(vec![Clause::Kind(vec![kind]), own]))
                });
                Ok(Clause::Any(each.collect::<Result<_, _>>()?))
            }
            result => result,
        }
    }

    pub(super) fn clause(
        &mut self,
        kind: &'static str,
        name: &str,
        value: &str,
        depth: usize,
    ) -> Result<Clause, QueryError> {
        if depth > MAX_DEPTH {
            return Err(QueryError::new(
                Mistake::TooMuch,
                name,
                "more than 12 levels",
            ));
        }
        if let Some(rest) = name.strip_prefix("_has:") {
            return self.has(kind, name, rest, value, depth);
        }
        if let Some((link, rest)) = name.split_once('.') {
            return self.chain(kind, link, rest, value, depth);
        }
        let (code, modifier) = name.split_once(':').unwrap_or((name, ""));
        if value.is_empty() {
            return Err(QueryError::value(name, "has no value"));
        }
        match code {
            "_id" if modifier.is_empty() => ids(name, value),
            "_lastUpdated" if modifier.is_empty() => self.last_updated(name, value),
            "_type" if modifier.is_empty() => {
                let kinds = value.split(',').map(|t| resource_type(name, t));
                Ok(Clause::Kind(kinds.collect::<Result<_, _>>()?))
            }
            "_list" if modifier.is_empty() => list(name, value),
            "_text" if modifier.is_empty() => words(WordScope::Narrative, name, value),
            "_content" if modifier.is_empty() => words(WordScope::Content, name, value),
            "_filter" if modifier.is_empty() => filter::read(self, kind, value, depth),
            "_id" | "_lastUpdated" | "_type" | "_list" | "_text" | "_content" | "_filter" => {
                Err(QueryError::unsupported(name, "takes no modifier"))
            }
            _ => {
                let param = find(kind, code, name)?;
                self.matching(param, name, modifier, value)
            }
        }
    }

    /// `subject:Patient.name`
    fn chain(
        &mut self,
        kind: &'static str,
        link: &str,
        rest: &str,
        value: &str,
        depth: usize,
    ) -> Result<Clause, QueryError> {
        let (code, target) = link
            .split_once(':')
            .map_or((link, None), |(c, t)| (c, Some(t)));
        let via = reference_param(kind, code, link)?;
        let target = target.map(|t| resource_type(link, t)).transpose()?;
        self.chain_to(via, target, link, depth, |reader, kind, depth| {
            reader.clause(kind, rest, value, depth)
        })
    }

    /// A chain through `via` to `target`, or to each of its types for which `inner` makes sense.
    pub(super) fn chain_to(
        &mut self,
        via: &'static Param,
        target: Option<&'static str>,
        name: &str,
        depth: usize,
        mut inner: impl FnMut(&mut Self, &'static str, usize) -> Result<Clause, QueryError>,
    ) -> Result<Clause, QueryError> {
        let targets: Vec<&'static str> = match target.or_else(|| values::only_target(via)) {
            Some(one) => vec![one],
            None if via.targets.is_empty() => types().resource_names().collect(),
            None => via.targets.clone(),
        };
        if target.is_some_and(|t| !via.targets.is_empty() && !via.targets.contains(&t)) {
            let message = format!("leads to {} only", via.targets.join(", "));
            return Err(QueryError::value(name, message));
        }
        let (mut found, mut first_error) = (Vec::new(), None);
        for target in targets {
            self.chains += 1;
            if self.chains > MAX_CHAINS {
                let message =
                    "the chain fans out to too many types; name them: subject:Patient.name";
                return Err(QueryError::new(Mistake::TooMuch, name, message));
            }
            match inner(self, target, depth + 1) {
                Ok(inner) => found.push(Clause::Chain {
                    via,
                    target,
                    inner: Box::new(inner),
                }),
                Err(e) if e.mistake == Mistake::TooMuch => return Err(e),
                Err(e) => {
                    // A mistake in the value tells more than a type that lacks the parameter.
                    let better = e.mistake != Mistake::UnknownParameter;
                    if first_error.is_none() || better {
                        first_error = Some(e);
                    }
                }
            }
        }
        match (found.len(), first_error) {
            (0, Some(error)) => Err(error),
            (1, _) => Ok(found.swap_remove(0)),
            _ => Ok(Clause::Any(found)),
        }
    }

    /// `_has:Observation:patient:code`
    fn has(
        &mut self,
        kind: &'static str,
        name: &str,
        rest: &str,
        value: &str,
        depth: usize,
    ) -> Result<Clause, QueryError> {
        let mut parts = rest.splitn(3, ':');
        let (Some(source), Some(code), Some(inner)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(QueryError::value(
                name,
                "takes the form _has:Type:reference:parameter=value",
            ));
        };
        let source = resource_type(name, source)?;
        let via = reference_param(source, code, name)?;
        if kind != "Resource" && !via.targets.is_empty() && !via.targets.contains(&kind) {
            return Err(QueryError::value(
                name,
                format!("{source}.{code} does not lead to {kind}"),
            ));
        }
        let inner = Box::new(self.clause(source, inner, value, depth + 1)?);
        Ok(Clause::Has { source, via, inner })
    }

    fn last_updated(&self, name: &str, value: &str) -> Result<Clause, QueryError> {
        let tests = alternatives(name, value)?.into_iter().map(|text| {
            let (prefix, rest) = values::prefix(text);
            values::date(prefix, rest, name, self.options).map(Clause::LastUpdated)
        });
        any(tests.collect::<Result<_, _>>()?)
    }

    /// A parameter with its modifier.
    fn matching(
        &self,
        param: &'static Param,
        name: &str,
        modifier: &str,
        value: &str,
    ) -> Result<Clause, QueryError> {
        if modifier == "missing" {
            let missing = match value {
                "true" => true,
                "false" => false,
                _ => return Err(QueryError::value(name, ":missing is true or false")),
            };
            return Ok(Clause::Missing { param, missing });
        }
        let texts = alternatives(name, value)?;
        let tests = texts
            .into_iter()
            .map(|text| self.test(param, name, modifier, text))
            .collect::<Result<_, _>>()?;
        let found = Clause::Match { param, tests };
        Ok(match (param.kind, modifier) {
            (ParamKind::Token, "not" | "not-in") => Clause::Not(Box::new(found)),
            _ => found,
        })
    }

    fn test(
        &self,
        param: &'static Param,
        name: &str,
        modifier: &str,
        text: &str,
    ) -> Result<Test, QueryError> {
        let options = self.options;
        match (param.kind, modifier) {
            (_, "") => values::plain(param, name, text, options),
            (ParamKind::String, "exact") => Ok(values::string(StrTest::Exact, &unescape(text))),
            (ParamKind::String, "contains") => {
                Ok(values::string(StrTest::Contains, &unescape(text)))
            }
            (ParamKind::Token, "not") => values::token(name, text),
            (ParamKind::Token, "text") => Ok(Test::TokenText(fold(&unescape(text)).into_owned())),
            (ParamKind::Token, "in" | "not-in") => values::value_set(name, text, options),
            (ParamKind::Token, "below") => values::hierarchy(Direction::Below, name, text, options),
            (ParamKind::Token, "above") => values::hierarchy(Direction::Above, name, text, options),
            (ParamKind::Token, "of-type") => values::of_type(name, text),
            (ParamKind::Uri, "below") => Ok(values::uri(UriTest::Below, &unescape(text))),
            (ParamKind::Uri, "above") => Ok(values::uri(UriTest::Above, &unescape(text))),
            (ParamKind::Reference, "identifier") => values::identifier(name, text),
            (ParamKind::Reference, "below") => {
                values::reference_hierarchy(Direction::Below, param, name, text, options)
            }
            (ParamKind::Reference, "above") => {
                values::reference_hierarchy(Direction::Above, param, name, text, options)
            }
            (ParamKind::Reference, kind) if types().resource(kind).is_some() => values::reference(
                param,
                types().resource(kind).map(|t| t.name),
                name,
                text,
                options,
            ),
            (kind, _) => Err(QueryError::unsupported(name, modifiers_of(kind))),
        }
    }
}

/// What a message says about the modifiers that a kind has.
fn modifiers_of(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::String => "the modifiers of a string are :exact :contains :missing",
        ParamKind::Token => {
            "the modifiers of a token are :not :text :in :not-in :below :above :of-type :missing"
        }
        ParamKind::Reference => {
            "the modifiers of a reference are :identifier :above :below :missing and a resource type"
        }
        ParamKind::Uri => "the modifiers of a URI are :above :below :missing",
        ParamKind::Date
        | ParamKind::Number
        | ParamKind::Quantity
        | ParamKind::Composite
        | ParamKind::Special => "the only modifier here is :missing",
    }
}

/// The alternatives between commas.
fn alternatives<'v>(name: &str, value: &'v str) -> Result<Vec<&'v str>, QueryError> {
    let parts = split(value, ',');
    if parts.len() > MAX_VALUES {
        return Err(QueryError::new(
            Mistake::TooMuch,
            name,
            "more than 1000 values",
        ));
    }
    if parts.iter().any(|p| p.is_empty()) {
        return Err(QueryError::value(
            name,
            r"an empty value; write \, for a comma within a value",
        ));
    }
    Ok(parts)
}

/// One clause as itself.
fn any(mut clauses: Vec<Clause>) -> Result<Clause, QueryError> {
    Ok(if clauses.len() == 1 {
        clauses.swap_remove(0)
    } else {
        Clause::Any(clauses)
    })
}

fn ids(name: &str, value: &str) -> Result<Clause, QueryError> {
    let parts = alternatives(name, value)?;
    Ok(Clause::Id(parts.into_iter().map(str::to_owned).collect()))
}

/// `_list=42`: what the List's items refer to.
fn list(name: &str, value: &str) -> Result<Clause, QueryError> {
    if value.starts_with('$') {
        return Err(QueryError::unsupported(
            name,
            "there are no functional lists; give a List's id",
        ));
    }
    let ids: Vec<String> = alternatives(name, value)?
        .into_iter()
        .map(|id| id.strip_prefix("List/").unwrap_or(id).to_owned())
        .collect();
    if !ids.iter().all(|id| is_id(id)) {
        return Err(QueryError::value(name, "takes a List's id"));
    }
    let via = reference_param("List", "item", name)?;
    Ok(Clause::Has {
        source: "List",
        via,
        inner: Box::new(Clause::Id(ids)),
    })
}

/// `_text`, `_content`: alternatives between commas; all the words of one must be there.
fn words(scope: WordScope, name: &str, value: &str) -> Result<Clause, QueryError> {
    let each = alternatives(name, value)?.into_iter().map(|text| {
        let folded = fold(&unescape(text)).into_owned();
        let words: Vec<String> = super::words::words(&folded).map(str::to_owned).collect();
        if words.is_empty() || words.len() > 20 {
            return Err(QueryError::value(name, "takes one to twenty words"));
        }
        Ok(Clause::Words { scope, words })
    });
    any(each.collect::<Result<_, _>>()?)
}

/// The parameter of this name, or what might have been meant.
pub(super) fn find(
    kind: &'static str,
    code: &str,
    name: &str,
) -> Result<&'static Param, QueryError> {
    if let Some(param) = parameters().find(kind, code) {
        return Ok(param);
    }
    let known = parameters()
        .of(kind)
        .chain(parameters().of("Resource"))
        .map(|p| p.code);
    let hint = match nearest(code, known.chain(COMMON)) {
        Some(near) => format!("did you mean {near}?"),
        None => {
            let all: Vec<&str> = parameters().of(kind).map(|p| p.code).collect();
            format!("it has {}", all.join(", "))
        }
    };
    let (kind, code) = (
        if kind == "Resource" {
            "a search over all types"
        } else {
            kind
        },
        shown(code),
    );
    Err(QueryError::new(
        Mistake::UnknownParameter,
        name,
        format!("{kind} has no search parameter {code}; {hint}"),
    ))
}

pub(super) fn reference_param(
    kind: &'static str,
    code: &str,
    name: &str,
) -> Result<&'static Param, QueryError> {
    let param = find(kind, code, name)?;
    if param.kind == ParamKind::Reference {
        Ok(param)
    } else {
        Err(QueryError::unsupported(
            name,
            format!("{code} is no reference, so nothing can follow it"),
        ))
    }
}
