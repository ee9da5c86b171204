//! The XHTML of a narrative (FHIR R4, section 2.4.0): a closed list of elements and attributes, well-formed, no script, no
//! event handlers, nothing fetched from elsewhere but images.
//!
//! A strict reader of its own: what a lenient parser repairs, a browser may repair differently.

mod allowed;

use crate::outcome::{Code, Issue};

use super::say::short;
use allowed::{ELEMENTS, characters, characters_only, check_attribute};

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
    fn asvs_1_3_5_whatever_could_run_or_fetch_is_refused() {
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
