//! ArcSight's Common Event Format, version 0, as the message of a syslog message.

use std::fmt::Write;

use aceso_store::{LoggedEntry, TrailEntry};

use super::Origin;
use super::deed::{Deed, Ending};
use super::text::plain;

/// Receivers cut long messages: what does not fit is counted instead.
const LONGEST_LIST: usize = 2000;

/// An entry as one line.
pub(crate) fn line(entry: &TrailEntry, origin: &Origin) -> String {
    let erased = LoggedEntry {
        act: "erased".to_owned(),
        ..LoggedEntry::default()
    };
    let said = entry.said.as_ref().unwrap_or(&erased);
    let (deed, ending) = (Deed::of(said), Ending::of(said));
    let (outcome, severity) = match ending {
        Ending::Done if deed.is_alert() => ("success", 8),
        Ending::Done => ("success", 3),
        Ending::Unknown => ("unknown", 4),
        Ending::Denied => ("failure", 6),
    };
    let mut line = format!(
        "CEF:0|Aceso|Aceso|{}|{}|{}|{severity}|",
        header(&origin.version),
        header(&said.act),
        header(deed.event.text),
    );
    let mut blank = "";
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = write!(line, "{blank}{name}={}", extension(value));
            blank = " ";
        }
    };
    add("rt", &entry.at.millis().to_string());
    add("externalId", &entry.seq.to_string());
    add("dvchost", &origin.host);
    add("cat", deed.category);
    add("outcome", outcome);
    add("suser", said.by.as_deref().unwrap_or(&said.who));
    add("sproc", if said.by.is_some() { &said.who } else { "" });
    add("src", said.from.as_deref().unwrap_or_default());
    add("reason", said.detail.as_deref().unwrap_or_default());
    labelled(&mut add, 1, "purpose", &said.purpose);
    labelled(&mut add, 2, "patients", &list(&entry.patients));
    labelled(&mut add, 3, "objects", &list(&said.on));
    let request = said.request.as_deref().unwrap_or_default();
    labelled(&mut add, 4, "request", request);
    line
}

fn labelled(add: &mut impl FnMut(&str, &str), number: u8, label: &str, value: &str) {
    if !value.is_empty() {
        add(&format!("cs{number}Label"), label);
        add(&format!("cs{number}"), value);
    }
}

fn list(items: &[String]) -> String {
    let mut out = String::new();
    for (place, item) in items.iter().enumerate() {
        if out.len() + item.len() > LONGEST_LIST {
            let _ = write!(out, " and {} more", items.len() - place);
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(item);
    }
    out
}

/// In the header, backslash and pipe are escaped.
fn header(text: &str) -> String {
    plain(text).replace('\\', "\\\\").replace('|', "\\|")
}

/// In the extension, backslash and equals sign are escaped; line ends are written `\n` and `\r`.
fn extension(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            '=' => out.push_str("\\="),
            other => out.push_str(&plain(other.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}
