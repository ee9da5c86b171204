//! The tokens of an XML document, with their places and name spaces.

use compact_str::CompactString;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, PrefixDeclaration, ResolveResult};
use quick_xml::reader::NsReader;

use super::text::attribute_text;
use super::{FHIR, SCHEMA_INSTANCE, XHTML};
use crate::read_error::{Fail, Problem};

pub(super) type Parsed<T> = Result<T, Box<Fail>>;

/// A document being read.
pub(super) struct Source<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    /// Where the last event began.
    at: usize,
}

/// What comes next.
pub(super) enum Token<'a> {
    /// A start tag; an empty element is one, too, with its end tag next.
    Open(BytesStart<'a>, Space),
    /// An end tag that matches.
    Close,
    /// The end of the document.
    End,
}

/// The name space of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// FHIR's.
    Fhir,
    /// That of XHTML.
    Xhtml,
    /// Another, or none.
    Other,
}

/// The attributes that FHIR elements have.
#[derive(Default)]
pub(super) struct Attributes {
    /// Of a primitive.
    pub(super) value: Option<CompactString>,
    /// Of every data type.
    pub(super) id: Option<CompactString>,
    /// Of an extension.
    pub(super) url: Option<CompactString>,
}

/// Which attributes an element may have.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    /// `value`.
    pub(super) value: bool,
    /// `id`.
    pub(super) id: bool,
    /// `url`.
    pub(super) url: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = NsReader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Self {
            text,
            reader,
            at: 0,
        }
    }

    /// Where the last event began.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The document from the given place to the end of the last event.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.position()).unwrap_or_default()
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len())
    }

    #[cold]
    pub(super) fn fail<T>(&self, problem: Problem) -> Parsed<T> {
        Err(Fail::new(problem, self.at))
    }

    /// The next event of any kind, document types and processing instructions refused where they may not stand.
    pub(super) fn event(&mut self) -> Parsed<(Space, Event<'a>)> {
        self.at = self.position();
        let read = match self.reader.read_resolved_event() {
            Ok((space, event)) => Ok((Space::of(&space), event)),
            Err(e) => Err(e.to_string()),
        };
        let (space, event) = match read {
            Ok(read) => read,
            Err(e) => {
                if let Ok(at) = usize::try_from(self.reader.error_position()) {
                    self.at = at;
                }
                return self.fail(Problem::Malformed(e));
            }
        };
        match &event {
            Event::DocType(_) => self.fail(Problem::Forbidden("a document type declaration")),
            Event::Decl(decl) => {
                let utf8 = match decl.encoding() {
                    None => true,
                    Some(Ok(name)) => name.eq_ignore_ascii_case("utf-8"),
                    Some(Err(_)) => false,
                };
                if self.at > 3 {
                    self.fail(Problem::Malformed(
                        "the XML declaration must come first".to_owned(),
                    ))
                } else if utf8 {
                    Ok((space, event))
                } else {
                    self.fail(Problem::NotUtf8)
                }
            }
            Event::Start(tag) if !is_name(tag.name().into_inner()) => {
                self.fail(Problem::Malformed("this is not an element name".to_owned()))
            }
            _ => Ok((space, event)),
        }
    }

    /// The next token of FHIR content: only tags, white space between them.
    pub(super) fn next(&mut self) -> Parsed<Token<'a>> {
        loop {
            match self.event()? {
                (space, Event::Start(tag)) => return Ok(Token::Open(tag, space)),
                (_, Event::End(_)) => return Ok(Token::Close),
                (_, Event::Eof) => return Ok(Token::End),
                (_, Event::Text(text)) => {
                    let white = |b| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
                    if let Some(stray) = text.into_inner().bytes().position(|b| !white(b)) {
                        self.at += stray;
                        return self.fail(Problem::StrayText);
                    }
                }
                (_, Event::CData(_) | Event::GeneralRef(_)) => {
                    return self.fail(Problem::StrayText);
                }
                (
                    _,
                    Event::Comment(_)
                    | Event::PI(_)
                    | Event::Decl(_)
                    | Event::Empty(_)
                    | Event::DocType(_),
                ) => {}
            }
        }
    }

    /// The attributes of a FHIR element.
    pub(super) fn attributes(&self, tag: &BytesStart<'a>, allowed: Allowed) -> Parsed<Attributes> {
        let mut found = Attributes::default();
        // Each attribute that is not refused at once can occur only once, so the quadratic check is not needed.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(e) => return self.fail(Problem::Malformed(e.to_string())),
            };
            match attribute.key.as_namespace_binding() {
                Some(PrefixDeclaration::Default | PrefixDeclaration::Named(_)) => continue,
                None if self.is_schema_location(attribute.key) => continue,
                None => {}
            }
            let name = attribute.key.into_inner();
            let place = match name {
                "value" if allowed.value => &mut found.value,
                "id" if allowed.id => &mut found.id,
                "url" if allowed.url => &mut found.url,
                _ => return self.fail(Problem::UnknownAttribute(short(name))),
            };
            if place.is_some() {
                return self.fail(Problem::Malformed(format!(
                    "the attribute {name} occurs twice"
                )));
            }
            match attribute_text(&attribute.value) {
                Ok(text) => *place = Some(CompactString::from(text)),
                Err(problem) => return self.fail(problem),
            }
        }
        Ok(found)
    }

    fn is_schema_location(&self, name: quick_xml::name::QName<'_>) -> bool {
        let (space, local) = self.reader.resolver().resolve_attribute(name);
        space == ResolveResult::Bound(Namespace(SCHEMA_INSTANCE))
            && local.into_inner() == "schemaLocation"
    }
}

impl Space {
    fn of(found: &ResolveResult<'_>) -> Self {
        match found {
            ResolveResult::Bound(Namespace(FHIR)) => Self::Fhir,
            ResolveResult::Bound(Namespace(XHTML)) => Self::Xhtml,
            ResolveResult::Bound(_) | ResolveResult::Unbound | ResolveResult::Unknown(_) => {
                Self::Other
            }
        }
    }
}

/// Whether this can be the name of an element or attribute, perhaps with a prefix; those of FHIR and XHTML are ASCII.
pub(super) fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    match name.split_once(':') {
        Some((prefix, local)) => is_part(prefix) && is_part(local),
        None => is_part(name),
    }
}

/// A name for an error message.
pub(super) fn short(name: &str) -> CompactString {
    name.chars().take(64).collect()
}
