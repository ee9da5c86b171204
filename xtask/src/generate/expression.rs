//! Search parameters' FHIRPath expressions as the normalised paths that the product walks.
//!
//! A path is segments between dots; a segment is `name`, `name:Type` for one type of a choice, and filters:
//! `[member='value']`, `[#0]` for one place in a list, `[has 'url']` for an item with that extension.
//! `%deceased` stands for the one expression that is not a path.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

/// One alternative of an expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// The normalised path; still with the resource type in front before [`Path::under`].
    pub(crate) text: String,
    /// `where(resolve() is Patient)`.
    pub(crate) target: Option<String>,
}

impl Path {
    /// The path below `base`, when it starts there.
    pub(crate) fn under(self, base: &str, kinds: &BTreeSet<String>) -> Option<Self> {
        if self.text == "%deceased" {
            return (base == "Patient").then_some(self);
        }
        let (head, rest) = self.text.split_once('.').unwrap_or((&self.text, ""));
        if kinds.contains(head) && head != base {
            return None;
        }
        Some(Self {
            text: rest.to_owned(),
            target: self.target,
        })
    }
}

/// The alternatives of an expression.
pub(crate) fn paths(expression: &str) -> Result<Vec<Path>> {
    if expression.contains("deceased.exists()") {
        let text = "%deceased".to_owned();
        return Ok(vec![Path { text, target: None }]);
    }
    let parts = expression.split('|').map(str::trim);
    parts
        .map(|p| one(p).with_context(|| p.to_owned()))
        .collect()
}

fn one(part: &str) -> Result<Path> {
    let mut rest = part;
    let mut segments: Vec<String> = Vec::new();
    let mut target = None;
    if let Some(inside) = part.strip_prefix('(') {
        let (cast, after) = inside.split_once(')').context("unbalanced")?;
        let (path, ty) = cast
            .split_once(" as ")
            .context("a parenthesis without as")?;
        segments.extend(path.trim().split('.').map(str::to_owned));
        add_type(&mut segments, ty)?;
        rest = after.strip_prefix('.').unwrap_or(after);
    } else if let Some((path, ty)) = part.split_once(" as ") {
        segments.extend(path.trim().split('.').map(str::to_owned));
        add_type(&mut segments, ty)?;
        rest = "";
    }
    while !rest.is_empty() {
        let (step, after) = step(rest)?;
        rest = after;
        apply(step, &mut segments, &mut target)?;
    }
    Ok(Path {
        text: segments.join("."),
        target,
    })
}

/// The next step up to a dot outside parentheses and quotes.
fn step(text: &str) -> Result<(&str, &str)> {
    let (mut depth, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            '.' if !quoted && depth == 0 => return Ok((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    if depth != 0 || quoted {
        bail!("unbalanced");
    }
    Ok((text, ""))
}

fn apply(step: &str, segments: &mut Vec<String>, target: &mut Option<String>) -> Result<()> {
    let Some((function, argument)) = step.strip_suffix(')').and_then(|s| s.split_once('(')) else {
        segments.push(member(step));
        return Ok(());
    };
    match function {
        "as" | "ofType" => add_type(segments, argument)?,
        "extension" => segments.push(format!("extension[url={argument}]")),
        "where" => filter(argument, segments, target)?,
        other => bail!("no function {other}"),
    }
    Ok(())
}

fn member(step: &str) -> String {
    if let Some((name, index)) = step.strip_suffix(']').and_then(|s| s.split_once('[')) {
        return format!("{name}[#{index}]");
    }
    match step {
        "valueDateTime" => "value:dateTime".to_owned(),
        plain => plain.to_owned(),
    }
}

fn filter(argument: &str, segments: &mut [String], target: &mut Option<String>) -> Result<()> {
    let last = segments.last_mut().context("a filter on nothing")?;
    if let Some(kind) = argument.strip_prefix("resolve() is ") {
        *target = Some(kind.trim().to_owned());
    } else if let Some(url) = argument.strip_prefix("hasExtension(") {
        last.push_str(&format!("[has {}]", url.trim_end_matches(')')));
    } else {
        let (name, value) = argument.split_once('=').context("a filter without =")?;
        last.push_str(&format!("[{}={}]", name.trim(), value.trim()));
    }
    Ok(())
}

fn add_type(segments: &mut [String], ty: &str) -> Result<()> {
    let ty = match ty.trim().trim_end_matches(')') {
        "DateTime" => "dateTime",
        other => other,
    };
    let last = segments.last_mut().context("a type on nothing")?;
    last.push(':');
    last.push_str(ty);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: &[(&str, Option<&str>)]) {
        let found = paths(expression).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|p| (p.text.as_str(), p.target.as_deref()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn expressions_become_paths() {
        check("A.b | A.c.d", &[("A.b", None), ("A.c.d", None)]);
        check(
            "(A.value as CodeableConcept).text",
            &[("A.value:CodeableConcept.text", None)],
        );
        check(
            "A.b.where(resolve() is Patient)",
            &[("A.b", Some("Patient"))],
        );
        check(
            "A.t.where(system='phone')",
            &[("A.t[system='phone']", None)],
        );
        check(
            "A.extension('http://x.y/z')",
            &[("A.extension[url='http://x.y/z']", None)],
        );
        check("value.as(DateTime)", &[("value:dateTime", None)]);
        check("A.entry[0].resource", &[("A.entry[#0].resource", None)]);
        check("A.value as dateTime", &[("A.value:dateTime", None)]);
    }
}
