//! What `aceso config explain` prints.

use std::fmt::Write as _;

use super::{
    Administration, Advisories, Audit, Backup, Board, Desk, Egress, Hours, Insiders, Language,
    Limits, Listen, Log, Mail, Provider, Record, RootKey, Services, Sessions, Shield, SignIn,
    Telemetry, Tokens, Update,
};

/// A key as `aceso config explain` shows it.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) default: String,
    pub(crate) meaning: &'static str,
}

/// Sections by name.
pub(crate) fn sections() -> Vec<(&'static str, Vec<Key>)> {
    vec![
        ("listen", Listen::explained()),
        ("hours", Hours::explained()),
        ("language", Language::explained()),
        ("board", Board::explained()),
        ("administration", Administration::explained()),
        ("limits", Limits::explained()),
        ("tokens", Tokens::explained()),
        ("sessions", Sessions::explained()),
        ("sign_in", SignIn::explained()),
        ("root_key", RootKey::explained()),
        ("record", Record::explained()),
        ("egress", Egress::explained()),
        ("audit", Audit::explained()),
        ("insiders", Insiders::explained()),
        ("mail", Mail::explained()),
        ("backup", Backup::explained()),
        ("update", Update::explained()),
        ("shield", Shield::explained()),
        ("telemetry", Telemetry::explained()),
        ("advisories", Advisories::explained()),
        ("desk", Desk::explained()),
        ("services", Services::explained()),
        ("log", Log::explained()),
    ]
}

/// What `aceso config explain` prints: a configuration file that states every default. What there may be several of stands
/// there as a comment.
pub(crate) fn explain() -> String {
    let mut out = String::new();
    for (section, keys) in sections() {
        let _ = writeln!(out, "[{section}]");
        write_keys(&mut out, &keys, "");
        if section == "sign_in" {
            let _ = writeln!(out, "# [[sign_in.provider]]");
            write_keys(&mut out, &Provider::explained(), "# ");
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn write_keys(out: &mut String, keys: &[Key], mark: &str) {
    for key in keys {
        for line in wrapped(key.meaning, 96) {
            let _ = writeln!(out, "# {line}");
        }
        let _ = writeln!(out, "{mark}{} = {}\n", key.name, key.default);
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = lines
            .last()
            .is_some_and(|l| !l.is_empty() && l.len() + word.len() >= width);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
