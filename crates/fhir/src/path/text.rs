//! Functions of strings (FHIRPath, section 5.6).

use std::fmt::Write as _;

use regex::{Regex, RegexBuilder};
use smallvec::smallvec;

use super::EvaluateError;
use super::eval::{Eval, Result, bool_items, index_item};
use super::item::{Item, Items};
use super::operator::{LONGEST, string};

/// `startsWith`, `endsWith`, `contains`, `indexOf`, `lastIndexOf` all look for one text in another.
pub(super) fn find<'a>(
    input: &Items<'a>,
    argument: &Items<'a>,
    operation: &'static str,
    search: impl Fn(&str, &str) -> Item<'a>,
) -> Result<Items<'a>> {
    let (Some(text), Some(part)) = (string(input, operation)?, string(argument, operation)?) else {
        return Ok(Items::new());
    };
    Ok(smallvec![search(text, part)])
}

/// A byte position as a number of characters; -1 for none.
pub(super) fn position<'a>(text: &str, at: Option<usize>) -> Item<'a> {
    match at {
        Some(at) => index_item(text.get(..at).unwrap_or_default().chars().count()),
        None => Item::Integer(-1),
    }
}

/// A function from text to text.
pub(super) fn map<'a>(
    eval: &mut Eval<'a>,
    input: &Items<'a>,
    operation: &'static str,
    change: impl Fn(&str) -> String,
) -> Result<Items<'a>> {
    let Some(text) = string(input, operation)? else {
        return Ok(Items::new());
    };
    eval.charge(1 + text.len() / 16)?;
    Ok(smallvec![Item::owned(change(text))])
}

pub(super) fn substring<'a>(
    input: &Items<'a>,
    start: Option<i64>,
    length: Option<i64>,
) -> Result<Items<'a>> {
    let (Some(text), Some(start)) = (string(input, "substring")?, start) else {
        return Ok(Items::new());
    };
    let Ok(start) = usize::try_from(start) else {
        return Ok(Items::new());
    };
    if text.chars().nth(start).is_none() {
        return Ok(Items::new());
    }
    let rest = text.chars().skip(start);
    let out: String = match length {
        Some(length) => rest.take(usize::try_from(length).unwrap_or(0)).collect(),
        None => rest.collect(),
    };
    Ok(smallvec![Item::owned(out)])
}

pub(super) fn replace<'a>(
    eval: &mut Eval<'a>,
    input: &Items<'a>,
    pattern: &Items<'a>,
    with: &Items<'a>,
) -> Result<Items<'a>> {
    let (Some(text), Some(pattern), Some(with)) = (
        string(input, "replace")?,
        string(pattern, "replace")?,
        string(with, "replace")?,
    ) else {
        return Ok(Items::new());
    };
    let least = pattern.len().max(1);
    bound(
        eval,
        text.len()
            .saturating_add((text.len() / least + 1).saturating_mul(with.len())),
    )?;
    Ok(smallvec![Item::owned(text.replace(pattern, with))])
}

/// Charges for a text of this length and refuses an excessive one.
pub(super) fn bound(eval: &mut Eval<'_>, length: usize) -> Result<()> {
    eval.charge(1 + length / 16)?;
    if length > LONGEST {
        return Err(EvaluateError::Budget);
    }
    Ok(())
}

/// Compiles a pattern: the dot matches line ends too (FHIRPath, section 5.6.8).
pub(super) fn pattern(text: &str, flags: &str) -> Option<Regex> {
    RegexBuilder::new(text)
        .dot_matches_new_line(true)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .size_limit(1 << 20)
        .dfa_size_limit(1 << 20)
        .nest_limit(50)
        .build()
        .ok()
}

pub(super) fn replace_matches<'a>(
    eval: &mut Eval<'a>,
    text: &str,
    regex: &Regex,
    with: &str,
) -> Result<Items<'a>> {
    if regex.as_str().is_empty() {
        return Ok(smallvec![Item::owned(text.to_owned())]);
    }
    bound(eval, (text.len() + 1).saturating_mul(with.len() + 1))?;
    Ok(smallvec![Item::owned(
        regex.replace_all(text, with).into_owned()
    )])
}

pub(super) fn to_chars<'a>(eval: &mut Eval<'a>, input: &Items<'a>) -> Result<Items<'a>> {
    let text = string(input, "toChars")?.unwrap_or_default();
    eval.charge(text.len())?;
    Ok(text.chars().map(|c| Item::owned(c.to_string())).collect())
}

pub(super) fn split<'a>(
    eval: &mut Eval<'a>,
    input: &Items<'a>,
    separator: &Items<'a>,
) -> Result<Items<'a>> {
    let (Some(text), Some(separator)) = (string(input, "split")?, string(separator, "split")?)
    else {
        return Ok(Items::new());
    };
    eval.charge(1 + text.len())?;
    if separator.is_empty() {
        return Ok(smallvec![Item::owned(text.to_owned())]);
    }
    Ok(text
        .split(separator)
        .map(|p| Item::owned(p.to_owned()))
        .collect())
}

pub(super) fn join<'a>(
    eval: &mut Eval<'a>,
    input: &Items<'a>,
    separator: &Items<'a>,
) -> Result<Items<'a>> {
    if input.is_empty() {
        return Ok(Items::new());
    }
    let separator = string(separator, "join")?.unwrap_or_default();
    let mut out = String::new();
    for (i, item) in input.iter().enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        let text = item
            .as_str()
            .ok_or_else(|| super::eval::wrong_type("join", item))?;
        out.push_str(text);
        bound(eval, out.len())?;
    }
    Ok(smallvec![Item::owned(out)])
}

pub(super) fn encode<'a>(input: &Items<'a>, format: &Items<'a>) -> Result<Items<'a>> {
    let (Some(text), Some(format)) = (string(input, "encode")?, string(format, "encode")?) else {
        return Ok(Items::new());
    };
    let out = match format {
        "hex" => text.bytes().fold(String::new(), |mut out, b| {
            let _ = write!(out, "{b:02x}");
            out
        }),
        "base64" => base64(text.as_bytes(), b'+', b'/'),
        "urlbase64" => base64(text.as_bytes(), b'-', b'_'),
        _ => return Err(EvaluateError::Argument("encode")),
    };
    Ok(smallvec![Item::owned(out)])
}

pub(super) fn decode<'a>(input: &Items<'a>, format: &Items<'a>) -> Result<Items<'a>> {
    let (Some(text), Some(format)) = (string(input, "decode")?, string(format, "decode")?) else {
        return Ok(Items::new());
    };
    let bytes = match format {
        "hex" => from_hex(text),
        "base64" => from_base64(text, b'+', b'/'),
        "urlbase64" => from_base64(text, b'-', b'_'),
        _ => return Err(EvaluateError::Argument("decode")),
    };
    let text = bytes.and_then(|b| String::from_utf8(b).ok());
    Ok(text.map(Item::owned).into_iter().collect())
}

fn sixty_four(plus: u8, slash: u8) -> impl Iterator<Item = u8> {
    (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain([plus, slash])
}

fn base64(bytes: &[u8], plus: u8, slash: u8) -> String {
    let alphabet: Vec<char> = sixty_four(plus, slash).map(char::from).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_usize, |n, i| {
            n << 8 | usize::from(chunk.get(i).copied().unwrap_or(0))
        });
        for i in 0..4 {
            let digit = alphabet.get(group >> (18 - 6 * i) & 63).copied();
            out.push(if i <= chunk.len() {
                digit.unwrap_or('=')
            } else {
                '='
            });
        }
    }
    out
}

fn from_base64(text: &str, plus: u8, slash: u8) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = sixty_four(plus, slash).position(|b| b == byte)?;
        bits = bits << 6 | u32::try_from(digit).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair.iter().fold(0, |n, d| n * 16 + d)).ok())
        .collect()
}

pub(super) fn escape<'a>(input: &Items<'a>, format: &Items<'a>) -> Result<Items<'a>> {
    let (Some(text), Some(format)) = (string(input, "escape")?, string(format, "escape")?) else {
        return Ok(Items::new());
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (format, c) {
            ("html", '&') => out.push_str("&amp;"),
            ("html", '<') => out.push_str("&lt;"),
            ("html", '>') => out.push_str("&gt;"),
            ("html", '"') => out.push_str("&quot;"),
            ("html", '\'') => out.push_str("&#39;"),
            ("json", '"') => out.push_str("\\\""),
            ("json", '\\') => out.push_str("\\\\"),
            ("json", '\n') => out.push_str("\\n"),
            ("json", '\r') => out.push_str("\\r"),
            ("json", '\t') => out.push_str("\\t"),
            ("json", c) if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            ("html" | "json", c) => out.push(c),
            _ => return Err(EvaluateError::Argument("escape")),
        }
    }
    Ok(smallvec![Item::owned(out)])
}

pub(super) fn unescape<'a>(input: &Items<'a>, format: &Items<'a>) -> Result<Items<'a>> {
    let (Some(text), Some(format)) = (string(input, "unescape")?, string(format, "unescape")?)
    else {
        return Ok(Items::new());
    };
    let out = match format {
        "html" => text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&apos;", "'")
            .replace("&amp;", "&"),
        "json" => match serde_json::from_str(&format!("\"{}\"", bare_quotes(text))) {
            Ok(text) => text,
            Err(_) => return Err(EvaluateError::Argument("unescape")),
        },
        _ => return Err(EvaluateError::Argument("unescape")),
    };
    Ok(smallvec![Item::owned(out)])
}

/// Escapes the quotation marks that are not escaped yet.
fn bare_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut escaped = false;
    for c in text.chars() {
        if c == '"' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

/// `matches` and `matchesFull`.
pub(super) fn matches<'a>(eval: &mut Eval<'a>, text: &str, regex: &Regex) -> Result<Items<'a>> {
    eval.charge(1 + text.len() / 4)?;
    Ok(bool_items(Some(regex.is_match(text))))
}
