//! The rules of `Bundle` that look at all entries, in one pass: a transaction has thousands.

use compact_str::CompactString;
use rustc_hash::FxHashSet;

use crate::outcome::{Code, Issue};
use crate::{Object, Value};

/// `bdl-3`, `bdl-4`, `bdl-7`; each issue with the index of its entry.
pub(super) fn check(bundle: &Object) -> Vec<(usize, Issue)> {
    let kind = bundle.get("type").and_then(Value::as_str);
    let entries = bundle
        .get("entry")
        .and_then(Value::as_array)
        .unwrap_or_default();
    let history = kind == Some("history");
    let requests = history || matches!(kind, Some("batch" | "transaction"));
    let responses = history || matches!(kind, Some("batch-response" | "transaction-response"));
    let mut urls: FxHashSet<(&str, &str)> = FxHashSet::default();
    let mut found = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        if entry.get("request").is_some() != requests {
            found.push((i, said("bdl-3", "request", requests)));
        }
        if entry.get("response").is_some() != responses {
            found.push((i, said("bdl-4", "response", responses)));
        }
        let Some(url) = entry.str_at("fullUrl").filter(|_| !history) else {
            continue;
        };
        let version = entry
            .get("resource")
            .and_then(|r| r.get("meta"))
            .and_then(|m| m.str_at("versionId"));
        if !urls.insert((url, version.unwrap_or_default())) {
            let text = "Two entries have the same fullUrl and version";
            let issue = Issue::error(Code::Invariant, text).fix("Give each entry its own fullUrl.");
            found.push((i, issue.rule("bdl-7")));
        }
    }
    found
}

fn said(rule: &str, name: &str, wanted: bool) -> Issue {
    let (text, fix) = if wanted {
        ("must have", "Add it.")
    } else {
        ("must not have", "Remove it, or correct the bundle's type.")
    };
    let text = CompactString::from(format!("An entry of this type of bundle {text} a {name}"));
    Issue::error(Code::Invariant, text).fix(fix).rule(rule)
}
