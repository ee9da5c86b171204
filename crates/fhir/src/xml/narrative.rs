//! The narrative: XHTML that is kept as text.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};

use super::XHTML;
use super::source::{Parsed, Source, Space, is_name, short};
use super::text::{check_references, escape};
use crate::MAX_DEPTH;
use crate::read_error::Problem;

/// No element of a narrative has more attributes.
const MAX_ATTRIBUTES: usize = 64;

/// The names that HTML 4 has for the characters from U+00A0 to U+00FF, in order.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn \
    sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml \
    Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml \
    times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave \
    eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute \
    ucirc uuml yacute thorn yuml";

/// Reads to the end of the `div` whose start tag was the last event; its text.
pub(super) fn read(source: &mut Source<'_>, div: &BytesStart<'_>) -> Parsed<String> {
    let start = source.at();
    check_attributes(source, div)?;
    let prefixed = div.name().prefix().is_some();
    let mut depth = 1_usize;
    while depth > 0 {
        match source.event()? {
            (space, Event::Start(tag)) => {
                if space != Space::Xhtml {
                    return source.fail(Problem::Namespace(short(tag.name().into_inner())));
                }
                check_attributes(source, &tag)?;
                depth += 1;
                if depth > MAX_DEPTH {
                    return source.fail(Problem::TooDeep);
                }
            }
            (_, Event::End(_)) => depth -= 1,
            (_, Event::Text(text)) => {
                let characters = check_references(&text.into_inner());
                characters.or_else(|problem| source.fail(problem))?;
            }
            (_, Event::GeneralRef(name)) => {
                let reference = check_references(&format!("&{};", &*name));
                reference.or_else(|problem| source.fail(problem))?;
            }
            (_, Event::Comment(text)) => {
                let characters = check_references(&text.into_inner().replace('&', " "));
                characters.or_else(|problem| source.fail(problem))?;
            }
            (_, Event::CData(_)) => return source.fail(Problem::Forbidden("a CDATA section")),
            (_, Event::PI(_)) => {
                return source.fail(Problem::Forbidden(
                    "a processing instruction in the narrative",
                ));
            }
            (_, Event::Eof) => return source.fail(Problem::Unfinished),
            (_, Event::Decl(_) | Event::DocType(_) | Event::Empty(_)) => {}
        }
    }
    let raw = source.since(start);
    if prefixed {
        without_prefixes(raw, source)
    } else {
        Ok(raw.to_owned())
    }
}

fn check_attributes(source: &Source<'_>, tag: &BytesStart<'_>) -> Parsed<()> {
    for (count, attribute) in tag.attributes().enumerate() {
        let attribute = match attribute {
            Ok(attribute) if count < MAX_ATTRIBUTES => attribute,
            Ok(_) => return source.fail(Problem::TooMany),
            Err(e) => return source.fail(Problem::Malformed(e.to_string())),
        };
        let good = if !is_name(attribute.key.into_inner()) {
            Err(Problem::Malformed(
                "this is not an attribute name".to_owned(),
            ))
        } else if attribute.value.contains('<') {
            Err(Problem::Malformed("< stands in an attribute".to_owned()))
        } else {
            check_references(&attribute.value)
        };
        good.or_else(|problem| source.fail(problem))?;
    }
    Ok(())
}

/// The `div` with its elements in the default name space: the prefix was declared outside of it.
fn without_prefixes(raw: &str, source: &Source<'_>) -> Parsed<String> {
    let mut reader = quick_xml::Reader::from_str(raw);
    let mut text = String::with_capacity(raw.len());
    let mut first = true;
    loop {
        let tag_end = match reader.read_event() {
            Ok(Event::Start(tag)) => {
                open_tag(&tag, &mut first, &mut text);
                ">"
            }
            Ok(Event::Empty(tag)) => {
                open_tag(&tag, &mut first, &mut text);
                "/>"
            }
            Ok(Event::End(tag)) => {
                text.push_str("</");
                text.push_str(tag.local_name().into_inner());
                ">"
            }
            Ok(Event::Text(words)) => {
                text.push_str(&words.into_inner());
                ""
            }
            Ok(Event::GeneralRef(name)) => {
                text.push('&');
                text.push_str(&name);
                ";"
            }
            Ok(Event::Eof) => return Ok(text),
            Ok(
                Event::Comment(_)
                | Event::CData(_)
                | Event::PI(_)
                | Event::Decl(_)
                | Event::DocType(_),
            ) => "",
            Err(e) => return source.fail(Problem::Malformed(e.to_string())),
        };
        text.push_str(tag_end);
    }
}

fn open_tag(tag: &BytesStart<'_>, first: &mut bool, text: &mut String) {
    text.push('<');
    text.push_str(tag.local_name().into_inner());
    if std::mem::take(first) {
        text.push_str(" xmlns=\"");
        text.push_str(XHTML);
        text.push('"');
    }
    for attribute in tag.attributes().with_checks(false).flatten() {
        if attribute.key.as_namespace_binding().is_none() {
            let quote = if attribute.value.contains('"') {
                '\''
            } else {
                '"'
            };
            text.push(' ');
            text.push_str(attribute.key.into_inner());
            text.push('=');
            text.push(quote);
            text.push_str(&attribute.value);
            text.push(quote);
        }
    }
}

/// Appends a narrative. What is not one well-formed XHTML `div` is appended as the words of one, so that it cannot break
/// out of its place.
pub(super) fn write(text: &str, out: &mut Vec<u8>) {
    let numeric = with_numeric_references(text);
    if is_div(&numeric) {
        out.extend_from_slice(numeric.as_bytes());
        return;
    }
    let opening = format!("<div xmlns=\"{XHTML}\"");
    match numeric
        .strip_prefix("<div")
        .map(|rest| format!("{opening}{rest}"))
    {
        Some(declared) if is_div(&declared) => out.extend_from_slice(declared.as_bytes()),
        _ => {
            out.extend_from_slice(opening.as_bytes());
            out.push(b'>');
            escape(text, out);
            out.extend_from_slice(b"</div>");
        }
    }
}

fn is_div(text: &str) -> bool {
    let mut source = Source::new(text);
    let Ok((Space::Xhtml, Event::Start(div))) = source.event() else {
        return false;
    };
    div.name().into_inner() == "div"
        && read(&mut source, &div).is_ok()
        && matches!(source.event(), Ok((_, Event::Eof)))
}

/// XML has no names for HTML's characters, and no parser needs to know them.
fn with_numeric_references(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (i, piece) in text.split('&').enumerate() {
        if i > 0 {
            out.push('&');
        }
        let name = piece
            .split(';')
            .next()
            .filter(|name| name.len() < piece.len());
        match name.and_then(html_code) {
            Some(code) => {
                let rest = piece.split_once(';').map_or("", |(_, rest)| rest);
                out.push_str(&format!("#{code};"));
                out.push_str(rest);
            }
            None => out.push_str(piece),
        }
    }
    Cow::Owned(out)
}

fn html_code(name: &str) -> Option<u32> {
    let other = match name {
        "ndash" => 0x2013,
        "mdash" => 0x2014,
        "lsquo" => 0x2018,
        "rsquo" => 0x2019,
        "ldquo" => 0x201C,
        "rdquo" => 0x201D,
        "bull" => 0x2022,
        "hellip" => 0x2026,
        "euro" => 0x20AC,
        "trade" => 0x2122,
        "larr" => 0x2190,
        "rarr" => 0x2192,
        "minus" => 0x2212,
        "ne" => 0x2260,
        "le" => 0x2264,
        "ge" => 0x2265,
        "alpha" => 0x3B1,
        "beta" => 0x3B2,
        "gamma" => 0x3B3,
        "mu" => 0x3BC,
        _ => 0,
    };
    if other != 0 {
        return Some(other);
    }
    let mut names = LATIN_1.split_whitespace().zip(0xA0..);
    names.find(|(n, _)| *n == name).map(|(_, code)| code)
}
