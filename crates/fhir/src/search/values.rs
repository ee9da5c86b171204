//! From the text of a value to a [`Test`].

use std::sync::Arc;

use super::date::date_span;
use super::error::QueryError;
use super::fold::fold;
use super::parse::Options;
use super::query::{
    CodeSet, DateTest, Direction, NumberTest, Prefix, StrTest, SystemTest, Test, UriTest,
};
use super::reference::{Target, is_id, read_reference, split_version};
use super::text::{split, unescape};
use super::units::canonical_unit;
use crate::definitions::{Param, ParamKind, parameters, types};
use crate::terminology;

const UCUM: &str = "http://unitsofmeasure.org";

/// One value of a parameter without a modifier. `name`: the parameter as it was written, for messages.
pub(super) fn plain(
    param: &'static Param,
    name: &str,
    text: &str,
    options: &Options<'_>,
) -> Result<Test, QueryError> {
    match param.kind {
        ParamKind::String => Ok(string(StrTest::Prefix, &unescape(text))),
        ParamKind::Token => token(name, text),
        ParamKind::Reference => reference(param, None, name, text, options),
        ParamKind::Uri => Ok(uri(UriTest::Exact, &unescape(text))),
        ParamKind::Date => {
            let (prefix, rest) = prefix(text);
            date(prefix, rest, name, options).map(Test::Date)
        }
        ParamKind::Number => {
            let (prefix, rest) = prefix(text);
            number(prefix, rest, name).map(Test::Number)
        }
        ParamKind::Quantity => {
            let (prefix, rest) = prefix(text);
            quantity(prefix, rest, name)
        }
        ParamKind::Composite => composite(param, name, text, options),
        ParamKind::Special => near(name, text),
    }
}

pub(super) fn string(how: StrTest, text: &str) -> Test {
    Test::Str {
        how,
        folded: fold(text).into_owned(),
        text: text.to_owned(),
    }
}

pub(super) fn uri(how: UriTest, text: &str) -> Test {
    let value = if how == UriTest::Exact {
        split_version(text).0
    } else {
        text
    };
    Test::Uri {
        how,
        value: value.to_owned(),
    }
}

/// `code`, `system|code`, `|code`, `system|`.
pub(super) fn system_and_code(
    name: &str,
    text: &str,
) -> Result<(SystemTest, Option<String>), QueryError> {
    let parts = split(text, '|');
    match parts.as_slice() {
        [code] => Ok((SystemTest::Any, Some(unescape(code).into_owned()))),
        ["", ""] => Err(QueryError::value(name, "neither a system nor a code")),
        ["", code] => Ok((SystemTest::None, Some(unescape(code).into_owned()))),
        [system, ""] => Ok((SystemTest::Is(unescape(system).into_owned()), None)),
        [system, code] => Ok((
            SystemTest::Is(unescape(system).into_owned()),
            Some(unescape(code).into_owned()),
        )),
        _ => Err(QueryError::value(
            name,
            r"a token is code, system|code, |code or system|; write \| for a bar within one of them",
        )),
    }
}

pub(super) fn token(name: &str, text: &str) -> Result<Test, QueryError> {
    let (system, code) = system_and_code(name, text)?;
    Ok(Test::Token { system, code })
}

pub(super) fn of_type(name: &str, text: &str) -> Result<Test, QueryError> {
    match split(text, '|').as_slice() {
        [system, code, value] if !code.is_empty() && !value.is_empty() => Ok(Test::OfType {
            system: unescape(system).into_owned(),
            code: unescape(code).into_owned(),
            value: unescape(value).into_owned(),
        }),
        _ => Err(QueryError::value(name, ":of-type takes system|code|value")),
    }
}

pub(super) fn identifier(name: &str, text: &str) -> Result<Test, QueryError> {
    let (system, value) = system_and_code(name, text)?;
    Ok(Test::ReferenceIdentifier { system, value })
}

/// The codes of a value set (`:in`).
pub(super) fn value_set(name: &str, text: &str, options: &Options<'_>) -> Result<Test, QueryError> {
    let url = unescape(text);
    let found = terminology::value_set_codes(options.terminology(), &url);
    let found = found.ok_or_else(|| {
        QueryError::value(name, "there is no such value set here, or it cannot be expanded; give the canonical URL of one that is loaded")
    })?;
    if !found.is_closed() {
        let open: Vec<&str> = found.open_systems().collect();
        let message = format!(
            "the value set draws on code systems that are not loaded here: {}",
            open.join(", ")
        );
        return Err(QueryError::value(name, message));
    }
    let codes = found
        .iter()
        .map(|(s, c)| (s.to_owned(), c.to_owned()))
        .collect();
    Ok(Test::TokenSet(Arc::new(CodeSet {
        codes,
        whole_systems: Vec::new(),
    })))
}

/// A code with what is below or above it.
pub(super) fn hierarchy(
    direction: Direction,
    name: &str,
    text: &str,
    options: &Options<'_>,
) -> Result<Test, QueryError> {
    let (SystemTest::Is(system), Some(code)) = system_and_code(name, text)? else {
        return Err(QueryError::value(
            name,
            "a code's hierarchy needs system|code",
        ));
    };
    let source = options.terminology();
    let family = match direction {
        Direction::Below => terminology::descendants(source, &system, &code),
        Direction::Above => terminology::ancestors(source, &system, &code),
    };
    let mut codes = CodeSet::default();
    for member in family {
        codes.codes.insert((system.clone(), member.to_string()));
    }
    codes.codes.insert((system, code));
    Ok(Test::TokenSet(Arc::new(codes)))
}

/// `Patient/1`, `1`, a URL, a canonical. `kind`: what a type modifier said.
pub(super) fn reference(
    param: &'static Param,
    kind: Option<&'static str>,
    name: &str,
    text: &str,
    options: &Options<'_>,
) -> Result<Test, QueryError> {
    let text = unescape(text);
    match read_reference(&text, options.base) {
        Some(Target::Local {
            kind: found,
            id,
            version,
        }) => {
            if kind.is_some_and(|k| k != found) {
                return Err(QueryError::value(
                    name,
                    format!("the value is of type {found}"),
                ));
            }
            Ok(Test::Reference {
                kind: Some(found),
                id: id.to_owned(),
                version: version.map(str::to_owned),
            })
        }
        Some(Target::Url { url, version }) => Ok(Test::ReferenceUrl {
            url: url.to_owned(),
            version: version.map(str::to_owned),
        }),
        None if is_id(&text) => Ok(Test::Reference {
            kind: kind.or_else(|| only_target(param)),
            id: text.into_owned(),
            version: None,
        }),
        None => Err(QueryError::value(
            name,
            "a reference is an id, Type/id or an absolute URL",
        )),
    }
}

/// The one type that a reference can lead to, when there is only one.
pub(super) fn only_target(param: &'static Param) -> Option<&'static str> {
    if let [one] = param.targets.as_slice() {
        return Some(one);
    }
    let mut uses = param.uses.iter().map(|u| u.target);
    let first = uses.next()??;
    uses.all(|t| t == Some(first)).then_some(first)
}

pub(super) fn reference_hierarchy(
    direction: Direction,
    param: &'static Param,
    name: &str,
    text: &str,
    options: &Options<'_>,
) -> Result<Test, QueryError> {
    match reference(param, None, name, text, options)? {
        Test::Reference {
            kind: Some(kind),
            id,
            version: None,
        } => Ok(Test::ReferenceHierarchy {
            direction,
            kind,
            id,
        }),
        _ => Err(QueryError::value(
            name,
            "a hierarchy of references needs Type/id",
        )),
    }
}

/// A comparison prefix and what follows it.
pub(super) fn prefix(text: &str) -> (Prefix, &str) {
    let Some((head, rest)) = text.split_at_checked(2) else {
        return (Prefix::Eq, text);
    };
    match read_prefix(head) {
        Some(prefix) => (prefix, rest),
        None => (Prefix::Eq, text),
    }
}

pub(super) fn read_prefix(text: &str) -> Option<Prefix> {
    Some(match text {
        "eq" => Prefix::Eq,
        "ne" => Prefix::Ne,
        "gt" => Prefix::Gt,
        "lt" => Prefix::Lt,
        "ge" => Prefix::Ge,
        "le" => Prefix::Le,
        "sa" => Prefix::Sa,
        "eb" => Prefix::Eb,
        "ap" => Prefix::Ap,
        _ => return None,
    })
}

pub(super) fn date(
    prefix: Prefix,
    text: &str,
    name: &str,
    options: &Options<'_>,
) -> Result<DateTest, QueryError> {
    let Some((mut lo, mut hi)) = date_span(text) else {
        return Err(QueryError::value(
            name,
            "a date is yyyy, yyyy-mm, yyyy-mm-dd or yyyy-mm-ddThh:mm[:ss][zone], after one of eq ne gt lt ge le sa eb ap or nothing",
        ));
    };
    if prefix == Prefix::Ap {
        let distance = lo.abs_diff(options.now).max(hi.abs_diff(options.now)) / 10;
        let distance = i64::try_from(distance).unwrap_or(i64::MAX);
        lo = lo.saturating_sub(distance);
        hi = hi.saturating_add(distance);
    }
    Ok(DateTest { prefix, lo, hi })
}

pub(super) fn number(prefix: Prefix, text: &str, name: &str) -> Result<NumberTest, QueryError> {
    let wrong = || {
        QueryError::value(
            name,
            "not a number; write 5, 5.40 or 1.2e3, after one of eq ne gt lt ge le sa eb ap or nothing",
        )
    };
    let half = half_unit(text).ok_or_else(wrong)?;
    let value: f64 = text.parse().map_err(|_| wrong())?;
    if !value.is_finite() {
        return Err(wrong());
    }
    let half = if prefix == Prefix::Ap {
        value.abs() / 10.0
    } else {
        half
    };
    Ok(NumberTest {
        prefix,
        value,
        lo: value - half,
        hi: value + half,
    })
}

/// Half of the last digit's worth (R4, section 3.1.1.4.5.1); none when the text is no decimal number. `1e2` counts as
/// `1.0e2`, as the specification's example does.
fn half_unit(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.parse::<i16>().ok()?)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || !digits(whole)
        || !digits(fraction)
        || mantissa.ends_with('.')
        || text.len() > 64
    {
        return None;
    }
    let mut places = i16::try_from(fraction.len()).ok()?;
    if exponent.is_some() {
        places = places.max(1);
    }
    let power = i32::from(exponent.unwrap_or(0).clamp(-400, 400) - places);
    Some(0.5 * 10_f64.powi(power))
}

/// `number`, `number|system|code`, `number||unit`.
pub(super) fn quantity(prefix: Prefix, text: &str, name: &str) -> Result<Test, QueryError> {
    let parts = split(text, '|');
    let (value, system, code) = match parts.as_slice() {
        [value] => (*value, "", ""),
        [value, system, code] => (*value, *system, *code),
        _ => {
            return Err(QueryError::value(
                name,
                "a quantity is number, number|system|code or number||unit",
            ));
        }
    };
    let number = number(prefix, value, name)?;
    let (system, code) = (unescape(system), unescape(code));
    let canonical = if system == UCUM {
        canonical_unit(&code)
    } else {
        None
    };
    let scaled = |(factor, unit): (f64, &'static str)| {
        let scaled = NumberTest {
            prefix,
            value: number.value * factor,
            lo: number.lo * factor,
            hi: number.hi * factor,
        };
        (scaled, unit)
    };
    let system = if system.is_empty() {
        SystemTest::Any
    } else {
        SystemTest::Is(system.into_owned())
    };
    let code = (!code.is_empty()).then(|| code.into_owned());
    Ok(Test::Quantity {
        number,
        system,
        code,
        canonical: canonical.map(scaled),
    })
}

fn composite(
    param: &'static Param,
    name: &str,
    text: &str,
    options: &Options<'_>,
) -> Result<Test, QueryError> {
    let parts = split(text, '$');
    if parts.len() != param.components.len() {
        let codes: Vec<&str> = param.components.iter().map(|c| c.code).collect();
        return Err(QueryError::value(
            name,
            format!("takes {}", codes.join("$")),
        ));
    }
    let tests = param.components.iter().zip(parts).map(|(component, part)| {
        let of = parameters()
            .find(param.base, component.code)
            .ok_or_else(|| QueryError::unsupported(name, "has no such component"))?;
        if part.is_empty() {
            return Err(QueryError::value(
                name,
                format!("no value for {}", component.code),
            ));
        }
        plain(of, name, part, options)
    });
    Ok(Test::Composite(tests.collect::<Result<_, _>>()?))
}

/// `latitude|longitude[|distance[|unit]]`; 50 km when no distance is given.
fn near(name: &str, text: &str) -> Result<Test, QueryError> {
    let wrong = || {
        QueryError::value(
            name,
            "takes latitude|longitude|distance|unit, with unit km, m or [mi_i]",
        )
    };
    let parts = split(text, '|');
    let number = |at: usize| {
        parts
            .get(at)
            .and_then(|t| t.parse::<f64>().ok())
            .filter(|n| n.is_finite())
    };
    let (Some(latitude), Some(longitude)) = (number(0), number(1)) else {
        return Err(wrong());
    };
    let distance = match parts.get(2) {
        None | Some(&"") => 50.0,
        Some(_) => number(2).ok_or_else(wrong)?,
    };
    let unit = match parts.get(3).copied() {
        None | Some("" | "km") => 1.0,
        Some("m") => 0.001,
        Some("[mi_i]" | "[mi_us]" | "mi") => 1.609_344,
        Some(_) => return Err(wrong()),
    };
    if parts.len() > 4 || latitude.abs() > 90.0 || longitude.abs() > 180.0 || distance < 0.0 {
        return Err(wrong());
    }
    Ok(Test::Near {
        latitude,
        longitude,
        distance: distance * unit,
    })
}

/// The resource type of this name.
pub(super) fn resource_type(name: &str, text: &str) -> Result<&'static str, QueryError> {
    let found = types().resource(text).map(|t| t.name);
    found.ok_or_else(|| {
        let near = super::text::nearest(text, types().resource_names());
        let hint = near
            .map(|n| format!("; did you mean {n}?"))
            .unwrap_or_default();
        QueryError::value(
            name,
            format!("{} is no resource type{hint}", super::error::shown(text)),
        )
    })
}
