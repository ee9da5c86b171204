//! Reading: the definitions say what each element is.

use compact_str::CompactString;
use quick_xml::events::BytesStart;

use super::narrative;
use super::primitive::from_text;
use super::source::{Allowed, Attributes, Parsed, Source, Space, Token, short};
use crate::definitions::{ElementDef, Hit, Kind, TypeDef, types};
use crate::read_error::{Fail, Problem, ReadError};
use crate::{MAX_DEPTH, Object, Value};

/// Reads one resource in FHIR XML: UTF-8, name spaces and the order of elements checked, unknown elements and attributes
/// refused, no document type, at most [`MAX_DEPTH`] levels of the JSON that it becomes.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn read(bytes: &[u8]) -> Result<Value, ReadError> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => return Err(Fail::new(Problem::NotUtf8, e.valid_up_to()).finish(bytes, None)),
    };
    let mut reader = Reader {
        source: Source::new(text),
        element: types().by_name("Element"),
    };
    let mut root = None;
    reader
        .document(&mut root)
        .map_err(|fail| fail.finish(bytes, root))
}

struct Reader<'a> {
    source: Source<'a>,
    /// What primitives have: an id and extensions.
    element: Option<&'static TypeDef>,
}

/// The member that is being collected; a list's elements follow each other.
struct Pending {
    hit: Hit,
    name: CompactString,
    list: bool,
    values: Vec<Value>,
    /// The ids and extensions of primitives, or null; as short as the last of them allows.
    extras: Vec<Value>,
}

impl<'a> Reader<'a> {
    fn document(&mut self, root: &mut Option<&'static str>) -> Parsed<Value> {
        let (tag, space) = match self.source.next()? {
            Token::Open(tag, space) => (tag, space),
            Token::Close | Token::End => return self.source.fail(Problem::Empty),
        };
        let value = self.resource(&tag, space, 1, root)?;
        match self.source.next()? {
            Token::End => Ok(value),
            Token::Open(..) | Token::Close => self.source.fail(Problem::Trailing),
        }
    }

    /// The resource whose start tag was read; `depth` is the JSON depth of its object.
    fn resource(
        &mut self,
        tag: &BytesStart<'a>,
        space: Space,
        depth: usize,
        name: &mut Option<&'static str>,
    ) -> Parsed<Value> {
        let local = tag.local_name().into_inner();
        if space != Space::Fhir {
            return self.source.fail(Problem::Namespace(short(local)));
        }
        let Some(ty) = types().resource(local) else {
            return self.source.fail(Problem::NotAResource(short(local)));
        };
        *name = Some(ty.name);
        let none = Allowed {
            value: false,
            id: false,
            url: false,
        };
        self.source.attributes(tag, none)?;
        let mut object = Object::new();
        object.push_unchecked("resourceType".into(), Value::from(ty.name));
        self.children(ty, object, depth).map(Value::Object)
    }

    /// The child elements up to the end tag, added to the object.
    fn children(
        &mut self,
        ty: &'static TypeDef,
        mut object: Object,
        depth: usize,
    ) -> Parsed<Object> {
        if depth > MAX_DEPTH {
            return self.source.fail(Problem::TooDeep);
        }
        let mut pending: Option<Pending> = None;
        loop {
            let (tag, space) = match self.source.next()? {
                Token::Open(tag, space) => (tag, space),
                Token::Close => {
                    if let Some(done) = pending {
                        done.finish(&mut object);
                    }
                    return Ok(object);
                }
                Token::End => return self.source.fail(Problem::Unfinished),
            };
            let name = tag.local_name().into_inner();
            let (hit, element) = self
                .known(ty, name)
                .map_err(|fail| fail.within_member(name))?;
            let mut current = match pending.take() {
                Some(open) if open.name == name && open.list => open,
                Some(open) => {
                    let problem = if open.hit.element == hit.element {
                        Some(Problem::Repeated(short(name)))
                    } else if open.hit.element > hit.element {
                        Some(Problem::OutOfOrder(short(name)))
                    } else {
                        None
                    };
                    if let Some(problem) = problem {
                        return self
                            .source
                            .fail(problem)
                            .map_err(|f: Box<Fail>| f.within_member(name));
                    }
                    open.finish(&mut object);
                    Pending::new(hit, name, element)
                }
                None => Pending::new(hit, name, element),
            };
            let depth = if current.list { depth + 2 } else { depth + 1 };
            let (value, extra) = self.element(hit, &tag, space, depth).map_err(|fail| {
                let fail = if current.list {
                    fail.within_index(current.values.len())
                } else {
                    fail
                };
                fail.within_member(name)
            })?;
            current.add(value, extra);
            pending = Some(current);
        }
    }

    /// What the element stands for; an attribute is not an element.
    fn known(&self, ty: &'static TypeDef, name: &str) -> Parsed<(Hit, &'static ElementDef)> {
        let found = ty
            .member(name)
            .filter(|hit| !hit.underscored && !is_attribute(ty, name))
            .and_then(|hit| Some((hit, ty.elements.get(hit.element)?)));
        match found {
            Some(found) => Ok(found),
            None => self.source.fail(Problem::UnknownElement(short(name))),
        }
    }

    /// The value of the element whose start tag was read, and for a primitive its id and extensions.
    fn element(
        &mut self,
        hit: Hit,
        tag: &BytesStart<'a>,
        space: Space,
        depth: usize,
    ) -> Parsed<(Value, Value)> {
        let ty = types().at(hit.ty);
        let expected = if ty.name == "xhtml" {
            Space::Xhtml
        } else {
            Space::Fhir
        };
        if space != expected {
            let name = tag.local_name().into_inner();
            return self.source.fail(Problem::Namespace(short(name)));
        }
        match ty.kind {
            Kind::Primitive if ty.name == "xhtml" => {
                let div = narrative::read(&mut self.source, tag)?;
                Ok((Value::from(div), Value::Null))
            }
            Kind::Primitive => self.primitive(ty, tag, depth),
            Kind::Complex | Kind::Backbone => {
                let allowed = Allowed {
                    value: false,
                    id: true,
                    url: ty.name == "Extension",
                };
                let at = self.source.at();
                let attributes = self.source.attributes(tag, allowed)?;
                let object = self.children(ty, attributes.into_object(), depth)?;
                if object.is_empty() {
                    return Err(Fail::new(Problem::EmptyElement, at));
                }
                Ok((Value::Object(object), Value::Null))
            }
            Kind::Resource => Ok((self.wrapped_resource(tag, depth)?, Value::Null)),
        }
    }

    fn primitive(
        &mut self,
        ty: &'static TypeDef,
        tag: &BytesStart<'a>,
        depth: usize,
    ) -> Parsed<(Value, Value)> {
        let allowed = Allowed {
            value: true,
            id: true,
            url: false,
        };
        let at = self.source.at();
        let mut attributes = self.source.attributes(tag, allowed)?;
        let value = match attributes.value.take() {
            None => Value::Null,
            Some(text) => match from_text(ty.name, &text) {
                Some(value) => value,
                None => return self.source.fail(Problem::NotA(ty.name)),
            },
        };
        // A primitive's own definition says that its value is a child, too; XML has it as an attribute.
        let Some(base) = self.element else {
            return self.source.fail(Problem::NotA("Element"));
        };
        let extra = self.children(base, attributes.into_object(), depth)?;
        match (value, extra.is_empty()) {
            (Value::Null, true) => Err(Fail::new(Problem::EmptyElement, at)),
            (value, true) => Ok((value, Value::Null)),
            (value, false) => Ok((value, Value::Object(extra))),
        }
    }

    /// `contained`, `entry.resource`, `parameter.resource`: an element around one resource.
    fn wrapped_resource(&mut self, tag: &BytesStart<'a>, depth: usize) -> Parsed<Value> {
        let none = Allowed {
            value: false,
            id: false,
            url: false,
        };
        self.source.attributes(tag, none)?;
        let (inner, space) = match self.source.next()? {
            Token::Open(inner, space) => (inner, space),
            Token::Close => return self.source.fail(Problem::EmptyElement),
            Token::End => return self.source.fail(Problem::Unfinished),
        };
        let resource = self.resource(&inner, space, depth, &mut None)?;
        match self.source.next()? {
            Token::Close => Ok(resource),
            Token::Open(second, _) => {
                let name = short(second.local_name().into_inner());
                self.source.fail(Problem::Repeated(name))
            }
            Token::End => self.source.fail(Problem::Unfinished),
        }
    }
}

/// Whether XML writes this member as an attribute.
pub(super) fn is_attribute(ty: &TypeDef, name: &str) -> bool {
    match name {
        "id" => ty.kind != Kind::Resource,
        "url" => ty.name == "Extension",
        _ => false,
    }
}

impl Attributes {
    fn into_object(self) -> Object {
        let mut object = Object::new();
        if let Some(id) = self.id {
            object.push_unchecked("id".into(), Value::String(id));
        }
        if let Some(url) = self.url {
            object.push_unchecked("url".into(), Value::String(url));
        }
        object
    }
}

impl Pending {
    fn new(hit: Hit, name: &str, element: &ElementDef) -> Self {
        Self {
            hit,
            name: CompactString::new(name),
            list: element.is_list(),
            values: Vec::new(),
            extras: Vec::new(),
        }
    }

    fn add(&mut self, value: Value, extra: Value) {
        if extra != Value::Null {
            self.extras.resize(self.values.len(), Value::Null);
            self.extras.push(extra);
        }
        self.values.push(value);
    }

    /// Adds what was collected: `name`, and `_name` when a primitive has an id or extensions.
    fn finish(mut self, object: &mut Object) {
        let below =
            (!self.extras.is_empty()).then(|| CompactString::from(format!("_{}", self.name)));
        if self.list {
            self.extras.resize(
                if below.is_some() {
                    self.values.len()
                } else {
                    0
                },
                Value::Null,
            );
        }
        if self.values.iter().any(|v| *v != Value::Null) {
            push(object, self.name, self.values, self.list);
        }
        if let Some(name) = below {
            push(object, name, self.extras, self.list);
        }
    }
}

fn push(object: &mut Object, name: CompactString, mut values: Vec<Value>, list: bool) {
    if list {
        object.push_unchecked(name, Value::Array(values));
    } else if let Some(value) = values.pop() {
        object.push_unchecked(name, value);
    }
}
