//! What an act was done to, in few bytes: type, id and version of a resource, or any other name as text.
//!
//! A tag byte: the id's form (0: one of the server's own, 7 bytes; 1: one, as the difference to the one before; 2: a
//! UUID, 16 bytes; 3: text), then bits for: the type is that of the one before, a version follows, the version is 1, it is
//! no resource but a name.

use super::form::{Rest, put_long, put_text};
use crate::key::{encode, kind_code, kind_name, own_number};

const ID: u8 = 0b11;
const OWN: u8 = 0;
const NEAR: u8 = 1;
const UUID: u8 = 2;
const TEXT: u8 = 3;
const SAME: u8 = 1 << 2;
const VERSION: u8 = 1 << 3;
const FIRST: u8 = 1 << 4;
const NAME: u8 = 1 << 5;

/// The item before.
#[derive(Default)]
pub(super) struct Last {
    kind: Option<u8>,
    number: Option<u64>,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Resource,
    Name,
}

pub(super) fn write(out: &mut Vec<u8>, item: &str, last: &mut Last) -> Form {
    let Some((kind, id, version)) = parts(item) else {
        out.push(NAME);
        put_text(out, item);
        return Form::Name;
    };
    let mut tag = match version {
        None => 0,
        Some(1) => FIRST,
        Some(_) => VERSION,
    };
    if last.kind == Some(kind) {
        tag |= SAME;
    }
    let number = own_number(id);
    let near = match (number, last.number) {
        (Some(now), Some(before)) => near(before, now),
        (Some(_) | None, _) => None,
    };
    let uuid = uuid(id);
    tag |= match (number, near, uuid) {
        (Some(_), Some(_), _) => NEAR,
        (Some(_), None, _) => OWN,
        (None, _, Some(_)) => UUID,
        (None, _, None) => TEXT,
    };
    out.push(tag);
    if tag & SAME == 0 {
        out.push(kind);
    }
    match (number, near, uuid) {
        (Some(_), Some(step), _) => put_long(out, step),
        (Some(number), None, _) => put_own(out, number),
        (None, _, Some(uuid)) => out.extend_from_slice(&uuid),
        (None, _, None) => put_text(out, id),
    }
    if let Some(version) = version.filter(|v| *v != 1) {
        put_long(out, version);
    }
    last.kind = Some(kind);
    if number.is_some() {
        last.number = number;
    }
    Form::Resource
}

/// An id alone.
pub(super) fn write_id(out: &mut Vec<u8>, id: &str) {
    match (own_number(id), uuid(id)) {
        (Some(number), _) => {
            out.push(OWN);
            put_own(out, number);
        }
        (None, Some(uuid)) => {
            out.push(UUID);
            out.extend_from_slice(&uuid);
        }
        (None, None) => {
            out.push(TEXT);
            put_text(out, id);
        }
    }
}

pub(super) fn read_id(rest: &mut Rest<'_>) -> Option<String> {
    match rest.byte()? {
        OWN => own(rest).map(encode),
        UUID => read_uuid(rest),
        TEXT => rest.text(),
        _ => None,
    }
}

pub(super) fn read_all(bytes: &[u8]) -> Option<Vec<String>> {
    let mut rest = Rest(bytes);
    let mut last = Last::default();
    let mut found = Vec::new();
    while !rest.0.is_empty() {
        found.push(read(&mut rest, &mut last)?);
    }
    Some(found)
}

fn read(rest: &mut Rest<'_>, last: &mut Last) -> Option<String> {
    let tag = rest.byte()?;
    if tag & NAME != 0 {
        return rest.text();
    }
    let kind = if tag & SAME != 0 {
        last.kind?
    } else {
        rest.byte()?
    };
    last.kind = Some(kind);
    let id = match tag & ID {
        OWN => {
            let number = own(rest)?;
            last.number = Some(number);
            encode(number)
        }
        NEAR => {
            let number = far(last.number?, rest.long()?);
            last.number = Some(number);
            encode(number)
        }
        UUID => read_uuid(rest)?,
        _ => rest.text()?,
    };
    let name = [kind_name(i64::from(kind))?, "/", &id].concat();
    Some(match tag & (VERSION | FIRST) {
        0 => name,
        FIRST => [&name, "/1"].concat(),
        _ => format!("{name}/{}", rest.long()?),
    })
}

/// Type, id and version of `Observation/1/2`; none when it cannot be written again just so.
fn parts(item: &str) -> Option<(u8, &str, Option<u64>)> {
    let mut parts = item.split('/');
    let (kind, id, version) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() || id.is_empty() {
        return None;
    }
    let version = match version {
        None => None,
        Some(text) => {
            let number: u64 = text.parse().ok()?;
            (number.to_string() == text).then_some(())?;
            Some(number)
        }
    };
    Some((kind_code(kind)?, id, version))
}

fn put_own(out: &mut Vec<u8>, number: u64) {
    let [_, seven @ ..] = number.to_be_bytes();
    out.extend_from_slice(&seven);
}

fn own(rest: &mut Rest<'_>) -> Option<u64> {
    let mut eight = [0; 8];
    eight.get_mut(1..)?.copy_from_slice(rest.take(7)?);
    Some(u64::from_be_bytes(eight))
}

/// The step between two numbers with its sign in the lowest bit, when it is shorter than the number.
fn near(before: u64, now: u64) -> Option<u64> {
    let step = now.wrapping_sub(before).cast_signed();
    let step = (step << 1 ^ step >> 63).cast_unsigned();
    (step < 1 << 42).then_some(step)
}

fn far(before: u64, step: u64) -> u64 {
    let half = step >> 1;
    before.wrapping_add(if step & 1 == 0 { half } else { !half })
}

/// The bytes of a UUID in its usual form.
fn uuid(id: &str) -> Option<[u8; 16]> {
    if id.len() != 36 {
        return None;
    }
    let mut found = [0_u8; 16];
    let mut digits = 0_usize;
    for (at, b) in id.bytes().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            (b == b'-').then_some(())?;
            continue;
        }
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' => b - b'a' + 10,
            _ => return None,
        };
        let byte = found.get_mut(digits / 2)?;
        *byte = *byte << 4 | digit;
        digits += 1;
    }
    Some(found)
}

fn read_uuid(rest: &mut Rest<'_>) -> Option<String> {
    let bytes = rest.take(16)?;
    let hex = aceso_base::hex(bytes);
    let (a, b, c) = (hex.get(..8)?, hex.get(8..12)?, hex.get(12..16)?);
    Some([a, b, c, hex.get(16..20)?, hex.get(20..)?].join("-"))
}
