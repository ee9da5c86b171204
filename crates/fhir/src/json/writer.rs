//! Writing JSON: compact or indented; only what RFC 8259 requires is escaped.

use super::scan::plain_prefix;
use crate::{Object, Value};

/// Appends the value without white space.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => scalar(value, out),
        Value::Array(items) => {
            let mut before = b'[';
            for item in items {
                out.push(before);
                before = b',';
                write(item, out);
            }
            if items.is_empty() {
                out.push(b'[');
            }
            out.push(b']');
        }
        Value::Object(object) => compact_object(object, out),
    }
}

fn compact_object(object: &Object, out: &mut Vec<u8>) {
    let mut before = b'{';
    for (name, member) in object.iter() {
        out.push(before);
        before = b',';
        string(name, out);
        out.push(b':');
        write(member, out);
    }
    if object.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
}

/// Appends the value indented by two spaces a level, for people.
pub fn write_pretty(value: &Value, out: &mut Vec<u8>) {
    pretty(value, 0, out);
}

/// The value without white space, as text.
pub fn to_string(value: &Value) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    match String::from_utf8(out) {
        Ok(text) => text,
        // Not reached: every piece that `write` appends is UTF-8.
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    }
}

fn pretty(value: &Value, level: usize, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => scalar(value, out),
        Value::Array(items) if items.is_empty() => out.extend_from_slice(b"[]"),
        Value::Array(items) => {
            let mut before = b'[';
            for item in items {
                out.push(before);
                before = b',';
                new_line(level + 1, out);
                pretty(item, level + 1, out);
            }
            new_line(level, out);
            out.push(b']');
        }
        Value::Object(object) if object.is_empty() => out.extend_from_slice(b"{}"),
        Value::Object(object) => {
            let mut before = b'{';
            for (name, member) in object.iter() {
                out.push(before);
                before = b',';
                new_line(level + 1, out);
                string(name, out);
                out.extend_from_slice(b": ");
                pretty(member, level + 1, out);
            }
            new_line(level, out);
            out.push(b'}');
        }
    }
}

fn new_line(level: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    for _ in 0..level {
        out.extend_from_slice(b"  ");
    }
}

fn scalar(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(n) => out.extend_from_slice(n.as_str().as_bytes()),
        Value::String(s) => string(s, out),
        Value::Array(_) | Value::Object(_) => {}
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, more) = rest
            .split_at_checked(plain_prefix(rest))
            .unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((special, more)) = more.split_first() else {
            break;
        };
        escape(*special, out);
        rest = more;
    }
    out.push(b'"');
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            let low = byte & 0x0F;
            let digit = if low < 10 {
                b'0' + low
            } else {
                b'a' + low - 10
            };
            out.extend_from_slice(if byte < 0x10 { b"\\u000" } else { b"\\u001" });
            out.push(digit);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
