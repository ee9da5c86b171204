//! Writing: elements in the definition's order, whatever the order of the members.

use super::FHIR;
use super::narrative;
use super::primitive::to_text;
use super::reader::is_attribute;
use super::text::escape;
use crate::definitions::{Kind, TypeDef, types};
use crate::{Object, Value};

/// Appends a resource as FHIR XML without white space. Members that the definitions do not know have no place in FHIR XML and
/// are left out, as is an extension on what XML writes as an attribute; a validated resource has none.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    let Some(object) = value.as_object() else {
        return;
    };
    let Some(ty) = value.resource_type().and_then(|n| types().resource(n)) else {
        return;
    };
    out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    out.push(b'<');
    out.extend_from_slice(ty.name.as_bytes());
    out.extend_from_slice(b" xmlns=\"");
    out.extend_from_slice(FHIR.as_bytes());
    out.push(b'"');
    content(ty, object, ty.name, out);
}

/// One element to write: a member and what `_member` adds to it.
struct Piece<'v> {
    order: usize,
    name: &'v str,
    ty: &'static TypeDef,
    value: Option<&'v Value>,
    extra: Option<&'v Value>,
}

/// The rest of an element whose start tag is open: its children and end tag.
fn content(ty: &'static TypeDef, object: &Object, name: &str, out: &mut Vec<u8>) {
    let pieces = pieces(ty, object);
    if pieces.is_empty() {
        out.extend_from_slice(b"/>");
        return;
    }
    out.push(b'>');
    for piece in pieces {
        piece.write(out);
    }
    close(name, out);
}

fn pieces<'v>(ty: &'static TypeDef, object: &'v Object) -> Vec<Piece<'v>> {
    let mut pieces: Vec<Piece<'v>> = Vec::with_capacity(object.len());
    for (member, value) in object.iter() {
        let Some(hit) = ty.member(member) else {
            continue;
        };
        let name = if hit.underscored {
            member.trim_start_matches('_')
        } else {
            member
        };
        if is_attribute(ty, name) {
            continue;
        }
        let at = match pieces.iter().position(|p| p.name == name) {
            Some(at) => at,
            None => {
                pieces.push(Piece {
                    order: hit.element,
                    name,
                    ty: types().at(hit.ty),
                    value: None,
                    extra: None,
                });
                pieces.len() - 1
            }
        };
        if let Some(piece) = pieces.get_mut(at) {
            let place = if hit.underscored {
                &mut piece.extra
            } else {
                &mut piece.value
            };
            *place = Some(value);
        }
    }
    pieces.sort_by_key(|p| p.order);
    pieces
}

impl Piece<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let values = self.value.map(Value::each).unwrap_or_default();
        let extras = self.extra.map(Value::each).unwrap_or_default();
        for at in 0..values.len().max(extras.len()) {
            let value = values.get(at).unwrap_or(&Value::Null);
            let extra = extras.get(at).and_then(Value::as_object);
            match self.ty.kind {
                Kind::Primitive => self.primitive(value, extra, out),
                Kind::Complex | Kind::Backbone => self.complex(value, out),
                Kind::Resource => self.resource(value, out),
            }
        }
    }

    fn primitive(&self, value: &Value, extra: Option<&Object>, out: &mut Vec<u8>) {
        let text = to_text(value);
        match (text, extra) {
            (None, None) => return,
            (Some(div), _) if self.ty.name == "xhtml" => return narrative::write(div, out),
            _ => {}
        }
        self.open(out);
        attribute("id", extra.and_then(|e| e.get("id")), out);
        if text.is_some() {
            attribute("value", Some(value), out);
        }
        match (extra, types().by_name("Element")) {
            (Some(extra), Some(base)) => content(base, extra, self.name, out),
            _ => out.extend_from_slice(b"/>"),
        }
    }

    fn complex(&self, value: &Value, out: &mut Vec<u8>) {
        let Some(object) = value.as_object() else {
            return;
        };
        self.open(out);
        attribute("id", object.get("id"), out);
        if self.ty.name == "Extension" {
            attribute("url", object.get("url"), out);
        }
        content(self.ty, object, self.name, out);
    }

    fn resource(&self, value: &Value, out: &mut Vec<u8>) {
        let Some(object) = value.as_object() else {
            return;
        };
        let Some(ty) = value.resource_type().and_then(|n| types().resource(n)) else {
            return;
        };
        self.open(out);
        out.extend_from_slice(b"><");
        out.extend_from_slice(ty.name.as_bytes());
        content(ty, object, ty.name, out);
        close(self.name, out);
    }

    fn open(&self, out: &mut Vec<u8>) {
        out.push(b'<');
        out.extend_from_slice(self.name.as_bytes());
    }
}

fn attribute(name: &str, value: Option<&Value>, out: &mut Vec<u8>) {
    let Some(text) = value.and_then(to_text) else {
        return;
    };
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    escape(text, out);
    out.push(b'"');
}

fn close(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}
