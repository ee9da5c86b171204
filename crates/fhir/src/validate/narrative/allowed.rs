//! What a narrative may have: elements, attributes, links, styles, entities.

use super::{Bad, NAMESPACE, bad};
use crate::validate::say::short;

/// The elements.
pub(super) const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "map",
    "ol",
    "p",
    "pre",
    "q",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
    "var",
];

const EVERYWHERE: &[&str] = &[
    "title",
    "style",
    "class",
    "id",
    "lang",
    "xml:lang",
    "xml:space",
    "dir",
    "accesskey",
    "tabindex",
    "span",
    "width",
    "align",
    "valign",
    "char",
    "charoff",
    "abbr",
    "axis",
    "headers",
    "scope",
    "rowspan",
    "colspan",
];

/// Attributes of one element only.
const OF_ELEMENT: &[(&str, &[&str])] = &[
    (
        "a",
        &[
            "href", "name", "charset", "type", "hreflang", "rel", "rev", "shape", "coords",
        ],
    ),
    ("area", &["shape", "coords", "href", "nohref", "alt"]),
    ("blockquote", &["cite"]),
    ("del", &["cite", "datetime"]),
    ("ins", &["cite", "datetime"]),
    ("q", &["cite"]),
    (
        "img",
        &[
            "src", "alt", "longdesc", "height", "usemap", "ismap", "border",
        ],
    ),
    ("li", &["value"]),
    ("map", &["name"]),
    ("ol", &["start", "type"]),
    ("ul", &["type"]),
    (
        "table",
        &[
            "summary",
            "border",
            "frame",
            "rules",
            "cellspacing",
            "cellpadding",
        ],
    ),
    ("td", &["nowrap"]),
    ("th", &["nowrap"]),
];

/// The character entities of HTML 4.0, section 24, and `apos`.
const ENTITIES: &str = " apos AElig Aacute Acirc Agrave Alpha Aring Atilde Auml Beta Ccedil Chi Dagger Delta ETH Eacute Ecirc Egrave Epsilon \
    Eta Euml Gamma Iacute Icirc Igrave Iota Iuml Kappa Lambda Mu Ntilde Nu OElig Oacute Ocirc Ograve Omega Omicron \
    Oslash Otilde Ouml Phi Pi Prime Psi Rho Scaron Sigma THORN Tau Theta Uacute Ucirc Ugrave Upsilon Uuml Xi \
    Yacute Yuml Zeta aacute acirc acute aelig agrave alefsym alpha amp and ang aring asymp atilde auml bdquo beta \
    brvbar bull cap ccedil cedil cent chi circ clubs cong copy crarr cup curren dArr dagger darr deg delta diams \
    divide eacute ecirc egrave empty emsp ensp epsilon equiv eta eth euml euro exist fnof forall frac12 frac14 \
    frac34 frasl gamma ge gt hArr harr hearts hellip iacute icirc iexcl igrave image infin int iota iquest isin \
    iuml kappa lArr lambda lang laquo larr lceil ldquo le lfloor lowast loz lrm lsaquo lsquo lt macr mdash micro \
    middot minus mu nabla nbsp ndash ne ni not notin nsub ntilde nu oacute ocirc oelig ograve oline omega omicron \
    oplus or ordf ordm oslash otilde otimes ouml para part permil perp phi pi piv plusmn pound prime prod prop psi \
    quot rArr radic rang raquo rarr rceil rdquo real reg rfloor rho rlm rsaquo rsquo sbquo scaron sdot sect shy \
    sigma sigmaf sim spades sub sube sum sup sup1 sup2 sup3 supe szlig tau there4 theta thetasym thinsp thorn \
    tilde times trade uArr uacute uarr ucirc ugrave uml upsih upsilon uuml weierp xi yacute yen yuml zeta zwj zwnj ";

/// Whether the element may have the attribute, and the attribute the value.
pub(super) fn check_attribute(element: &str, attribute: &str, value: &str) -> Result<(), Bad> {
    if attribute == "xmlns" && value == NAMESPACE {
        return Ok(());
    }
    let known = EVERYWHERE.contains(&attribute)
        || OF_ELEMENT
            .iter()
            .any(|(e, list)| *e == element && list.contains(&attribute));
    if !known {
        return bad(format!(
            "the attribute {} is not allowed on <{element}>",
            short(attribute)
        ));
    }
    match attribute {
        "href" | "cite" | "longdesc" | "usemap" => check_link(value),
        "src" => check_image(value),
        "style" => check_style(value),
        _ => Ok(()),
    }
}

/// The scheme of a URL as a browser sees it: entities resolved, white space and control characters gone, lower case.
fn scheme(value: &str) -> Option<String> {
    let plain: String = decode(value)
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .take_while(|c| !matches!(c, '/' | '?' | '#'))
        .flat_map(char::to_lowercase)
        .collect();
    plain.split_once(':').map(|(scheme, _)| scheme.to_owned())
}

fn check_link(value: &str) -> Result<(), Bad> {
    match scheme(value).as_deref() {
        None | Some("http" | "https" | "mailto" | "tel" | "urn" | "ftp" | "sms" | "fax") => Ok(()),
        Some(other) => bad(format!("a link with the scheme '{}'", short(other))),
    }
}

fn check_image(value: &str) -> Result<(), Bad> {
    match scheme(value).as_deref() {
        None | Some("http" | "https") => Ok(()),
        Some("data") => {
            let plain: String = decode(value)
                .chars()
                .filter(|c| !c.is_whitespace())
                .flat_map(char::to_lowercase)
                .collect();
            let kinds = ["png", "jpeg", "jpg", "gif", "bmp", "webp"];
            let fits = plain.strip_prefix("data:image/").is_some_and(|rest| {
                kinds.iter().any(|k| {
                    rest.strip_prefix(k)
                        .is_some_and(|r| r.starts_with([';', ',']))
                })
            });
            if fits {
                Ok(())
            } else {
                bad("an image that is not a picture")
            }
        }
        Some(other) => bad(format!("an image with the scheme '{}'", short(other))),
    }
}

/// No style may fetch from elsewhere or run anything.
fn check_style(value: &str) -> Result<(), Bad> {
    let plain: String = decode(value)
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .flat_map(char::to_lowercase)
        .collect();
    let forbidden = [
        "\\",
        "/*",
        "@",
        "expression(",
        "javascript:",
        "vbscript:",
        "behavior:",
        "-moz-binding",
        "image(",
        "image-set(",
        "src(",
    ];
    for word in forbidden {
        if plain.contains(word) {
            return bad(format!("a style with '{word}'"));
        }
    }
    for url in plain.split("url(").skip(1) {
        let url = url.trim_start_matches(['"', '\'']);
        let inside = url.split(')').next().unwrap_or(url);
        if inside.starts_with("//") || (inside.contains(':') && !inside.starts_with("data:image/"))
        {
            return bad("a style that fetches from elsewhere");
        }
    }
    Ok(())
}

/// Text with its entities resolved, as far as they matter for schemes and styles: the numeric ones and XML's five.
fn decode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let Some((entity, after)) = rest.split_once(';') else {
            break;
        };
        match entity {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            _ => out.push(numeric(entity).unwrap_or('\u{fffd}')),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn numeric(entity: &str) -> Option<char> {
    let digits = entity.strip_prefix('#')?;
    let code = match digits.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|c| c.is_ascii_hexdigit()) => {
            u32::from_str_radix(hex, 16).ok()?
        }
        None if digits.bytes().all(|c| c.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) | None => return None,
    };
    char::from_u32(code).filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
}

/// Characters that XML allows, and entities that XHTML knows.
pub(super) fn characters(text: &str) -> Result<(), Bad> {
    characters_only(text)?;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('&') {
        let Some((entity, after)) = after.split_once(';') else {
            return bad("a '&' that begins no entity");
        };
        let named = matches!(entity, "amp" | "lt" | "gt" | "quot" | "nbsp")
            || entity.len() <= 8
                && !entity.is_empty()
                && entity.bytes().all(|c| c.is_ascii_alphanumeric())
                && ENTITIES.split(' ').any(|known| known == entity);
        if !named && numeric(entity).is_none() {
            return bad(format!("the entity '&{};' is not known", short(entity)));
        }
        rest = after;
    }
    Ok(())
}

/// Characters that XML allows.
pub(super) fn characters_only(text: &str) -> Result<(), Bad> {
    let control = |c: u8| c < 0x20 && !matches!(c, b'\t' | b'\n' | b'\r');
    if text.bytes().any(control) || text.contains(['\u{fffe}', '\u{ffff}']) {
        return bad("control characters");
    }
    Ok(())
}
