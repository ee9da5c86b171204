//! The XHTML of a narrative (FHIR R4, section 2.4.0): a closed list of elements and attributes, well-formed, no script, no
//! event handlers, nothing fetched from elsewhere but images.
//!
//! A strict reader of its own: what a lenient parser repairs, a browser may repair differently.

use crate::outcome::{Code, Issue};

use super::say::short;

/// What is wrong with a narrative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    text: String,
    rule: &'static str,
}

impl Bad {
    pub(super) fn issue(self) -> Issue {
        Issue::error(Code::Invariant, format!("Narrative: {}", self.text))
            .fix(
                "Send one <div xmlns=\"http://www.w3.org/1999/xhtml\"> with plain formatting only.",
            )
            .rule(self.rule)
    }
}

fn bad<T>(text: impl Into<String>) -> Result<T, Bad> {
    Err(Bad {
        text: text.into(),
        rule: "txt-1",
    })
}

const NAMESPACE: &str = "http://www.w3.org/1999/xhtml";
const MAX_DEPTH: usize = 200;

const ELEMENTS: &[&str] = &[
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

/// Checks the text of `Narrative.div`.
pub(super) fn check(text: &str) -> Result<(), Bad> {
    let mut reader = Reader {
        rest: text.trim_matches([' ', '\t', '\n', '\r']),
        open: Vec::new(),
        content: false,
    };
    if !reader.rest.starts_with("<div") {
        return bad("it must be a <div>");
    }
    while !reader.rest.is_empty() {
        reader.step()?;
        if reader.open.is_empty() && !reader.rest.is_empty() {
            return bad("something follows the </div>");
        }
    }
    if let Some(name) = reader.open.last() {
        return bad(format!("<{name}> is not closed"));
    }
    if !reader.content {
        return Err(Bad {
            text: "it has no content".to_owned(),
            rule: "txt-2",
        });
    }
    Ok(())
}

struct Reader<'t> {
    rest: &'t str,
    open: Vec<&'t str>,
    /// Whether there was text or an image (`txt-2`).
    content: bool,
}

impl<'t> Reader<'t> {
    /// Takes text up to the next markup, or one piece of markup.
    fn step(&mut self) -> Result<(), Bad> {
        let Some(after) = self.rest.strip_prefix('<') else {
            let (text, rest) = match self.rest.find('<') {
                Some(at) => self.rest.split_at(at),
                None => (self.rest, ""),
            };
            self.rest = rest;
            self.content |= !text.trim_ascii().is_empty();
            if text.contains("]]>") {
                return bad("']]>' in text");
            }
            return characters(text);
        };
        if let Some(comment) = after.strip_prefix("!--") {
            return match comment.find("--") {
                Some(at) => {
                    let end = comment.get(at + 2..).unwrap_or_default();
                    match end.strip_prefix('>') {
                        Some(rest) => {
                            self.rest = rest;
                            characters_only(comment.get(..at).unwrap_or_default())
                        }
                        None => bad("'--' in a comment"),
                    }
                }
                None => bad("a comment is not closed"),
            };
        }
        if let Some(closing) = after.strip_prefix('/') {
            return self.close(closing);
        }
        self.start(after)
    }

    fn close(&mut self, closing: &'t str) -> Result<(), Bad> {
        let (name, rest) = name(closing);
        let Some(rest) = space(rest).strip_prefix('>') else {
            return bad(format!("</{} is not closed", short(name)));
        };
        match self.open.pop() {
            Some(open) if open == name => {
                self.rest = rest;
                Ok(())
            }
            Some(open) => bad(format!("</{}> closes <{open}>", short(name))),
            None => bad(format!("</{}> closes nothing", short(name))),
        }
    }

    fn start(&mut self, after: &'t str) -> Result<(), Bad> {
        let (element, mut rest) = name(after);
        if !ELEMENTS.contains(&element) {
            return bad(if element.is_empty() {
                "a '<' that begins no element, a declaration or an instruction".to_owned()
            } else {
                format!("the element <{}> is not allowed", short(element))
            });
        }
        if self.open.len() >= MAX_DEPTH {
            return bad("it is nested too deeply");
        }
        self.content |= element == "img";
        let mut seen: Vec<&str> = Vec::new();
        loop {
            let spaced = space(rest);
            if let Some(after) = spaced.strip_prefix('>') {
                self.finish(element, &seen, after)?;
                self.open.push(element);
                return Ok(());
            }
            if let Some(after) = spaced.strip_prefix("/>") {
                return self.finish(element, &seen, after);
            }
            if spaced.len() == rest.len() {
                return bad(format!("<{element}> is not well-formed"));
            }
            let (attribute, value, after) = attribute(element, spaced)?;
            if seen.contains(&attribute) {
                return bad(format!("the attribute {attribute} is given twice"));
            }
            if attribute == "xmlns" && self.open.is_empty() && value != NAMESPACE {
                return bad("its namespace is not XHTML's");
            }
            check_attribute(element, attribute, value)?;
            seen.push(attribute);
            rest = after;
        }
    }

    fn finish(&mut self, element: &str, seen: &[&str], after: &'t str) -> Result<(), Bad> {
        if self.open.is_empty() && !seen.contains(&"xmlns") {
            return bad("the <div> must have xmlns=\"http://www.w3.org/1999/xhtml\"");
        }
        if self.open.is_empty() && element != "div" {
            return bad("it must be one <div>");
        }
        self.rest = after;
        Ok(())
    }
}

/// A name, and what follows.
fn name(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.')))
        .unwrap_or(text.len());
    text.split_at(end)
}

fn space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}

/// `name="value"`, and what follows.
fn attribute<'t>(element: &str, text: &'t str) -> Result<(&'t str, &'t str, &'t str), Bad> {
    let malformed = || Bad {
        text: format!("<{element}> has an attribute that is not well-formed"),
        rule: "txt-1",
    };
    let (name, rest) = name(text);
    let rest = space(rest).strip_prefix('=').ok_or_else(malformed)?;
    let rest = space(rest);
    let quote = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))
        .ok_or_else(malformed)?;
    let rest = rest.get(1..).unwrap_or_default();
    let end = rest.find(quote).ok_or_else(malformed)?;
    let (value, rest) = rest.split_at(end);
    if name.is_empty() || value.contains('<') {
        return Err(malformed());
    }
    characters(value)?;
    Ok((name, value, rest.get(1..).unwrap_or_default()))
}

fn check_attribute(element: &str, attribute: &str, value: &str) -> Result<(), Bad> {
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
fn characters(text: &str) -> Result<(), Bad> {
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

fn characters_only(text: &str) -> Result<(), Bad> {
    let control = |c: u8| c < 0x20 && !matches!(c, b'\t' | b'\n' | b'\r');
    if text.bytes().any(control) || text.contains(['\u{fffe}', '\u{ffff}']) {
        return bad("control characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(text: &str) -> Result<(), Bad> {
        check(&format!("<div xmlns=\"{NAMESPACE}\">{text}</div>"))
    }

    #[test]
    fn plain_formatting_is_accepted() {
        for good in [
            "x",
            "<p class='a' style=\"color: red\">a &amp; b &nbsp;&#233;&#xE9;</p><br/><hr />",
            "<table><tr><td colspan=\"2\">x</td></tr></table><!-- fine -->",
            "<a href=\"https://example.org/a?b=1&amp;c\" name='n'>x</a><a href=\"#n\">y</a>",
            "<img src=\"data:image/png;base64,AAAA\" alt=\"\"/>",
            "<img src=\"tbl.png\"/>",
            "<p style='background: url(tbl.png)'>x</p>",
            "a > b",
        ] {
            assert_eq!(inside(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn whatever_could_run_or_fetch_is_refused() {
        for attack in [
            "<script>alert(1)</script>",
            "<SCRIPT>alert(1)</SCRIPT>",
            "<p onclick=\"x()\">x</p>",
            "<p ONCLICK=\"x()\">x</p>",
            "<a href=\"javascript:x()\">x</a>",
            "<a href=\" java&#x73;cript:x()\">x</a>",
            "<a href=\"java\tscript:x()\">x</a>",
            "<a href=\"data:text/html,x\">x</a>",
            "<img src=\"data:image/svg+xml,x\"/>",
            "<img src=\"x\" onerror=\"x()\"/>",
            "<iframe src=\"x\"></iframe>",
            "<form action=\"x\"><input/></form>",
            "<object data=\"x\"></object>",
            "<link rel=\"stylesheet\" href=\"x\"/>",
            "<style>p{}</style>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
            "<p style=\"width: expression(x())\">x</p>",
            "<p style=\"background: url(https://e.x/a.png)\">x</p>",
            "<p style=\"background: u\\72l(x)\">x</p>",
            "<p xmlns:x=\"y\">x</p>",
            "<x:p>x</x:p>",
        ] {
            assert!(inside(attack).is_err(), "{attack}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for broken in [
            "<p>x",
            "<p>x</b>",
            "<p class=a>x</p>",
            "<p class='a' class='b'>x</p>",
            "<p class>x</p>",
            "<br>",
            "a & b",
            "&nosuch;",
            "&#0;",
            "<![CDATA[x]]>",
            "<?php x ?>",
            "<!DOCTYPE html>",
            "<!-- a -- b -->",
            "<p title=\"<\">x</p>",
            "< p>x</p>",
            "\u{0}",
        ] {
            assert!(inside(broken).is_err(), "{broken}");
        }
        assert!(check("plain").is_err());
        assert!(check("<div>no namespace</div>").is_err());
        assert!(check("<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div><p/>").is_err());
        assert!(check("<divx xmlns=\"http://www.w3.org/1999/xhtml\">x</divx>").is_err());
        assert!(inside(&"<b>".repeat(100_000)).is_err());
    }

    #[test]
    fn a_narrative_needs_content() {
        assert_eq!(inside("  <p> </p>").unwrap_err().rule, "txt-2");
        assert_eq!(
            check("<div xmlns='http://www.w3.org/1999/xhtml'/>")
                .unwrap_err()
                .rule,
            "txt-2"
        );
    }
}
