//! Rules for the tree that no compiler checks.

use std::path::Path;

use anyhow::{Result, bail};

use crate::run;

const PAPERS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "NOTICE",
    "docs/api.md",
    "docs/hardening.md",
    "docs/operate.md",
];

/// Written in pieces, so that this file keeps its own rules.
const OPEN_ENDS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("#[ign", "ore"),
];
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/tmp/", "wt"),
    concat!("/Us", "ers/"),
];

const LONG: usize = 400;
const TOO_LONG: usize = 600;
/// Tests are tables more often than not.
const TOO_LONG_TESTS: usize = 900;

/// Names every file and line that breaks a rule, then fails if there was one.
pub(crate) fn run() -> Result<()> {
    let root = run::root();
    let listed = run::output(run::command("git").args(["ls-files", "-co", "--exclude-standard"]))?;
    let mut wrong = Vec::new();
    let mut files = 0_usize;
    for name in listed.lines() {
        // Data, the lock file that cargo writes, and mails under a signature are not ours to format.
        let Ok(text) = std::fs::read_to_string(root.join(name)) else {
            continue;
        };
        if name.ends_with(".lock") || name.ends_with(".eml") {
            continue;
        }
        files += 1;
        lines(name, &text, &mut wrong);
        length(name, &text, &mut wrong);
        if name.ends_with("/src/lib.rs") && !text.starts_with("//!") {
            wrong.push(format!(
                "{name}: does not begin with what the crate is for (//!)"
            ));
        }
        if name.ends_with(".md") {
            links(&root, name, &text, &mut wrong);
        }
    }
    for paper in PAPERS.iter().filter(|p| !root.join(p).exists()) {
        wrong.push(format!("{paper}: missing"));
    }
    for line in &wrong {
        println!("{line}");
    }
    if !wrong.is_empty() {
        bail!("{} things out of order", wrong.len());
    }
    println!("{files} files in order");
    Ok(())
}

fn lines(name: &str, text: &str, wrong: &mut Vec<String>) {
    for (number, line) in (1..).zip(text.lines()) {
        let mut say = |what: &str| wrong.push(format!("{name}:{number}: {what}"));
        if line.ends_with([' ', '\t']) {
            say("blanks at the end of the line");
        }
        for mark in OPEN_ENDS.iter().filter(|m| line.contains(**m)) {
            say(&format!("{mark} left open"));
        }
        for path in MACHINE_PATHS.iter().filter(|p| begins(line, p)) {
            say(&format!("a path of one machine ({path})"));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        wrong.push(format!("{name}: no newline at the end"));
    }
}

/// Whether a path begins in the line: `/v2/Users/` is an address, in which a part is called so.
fn begins(line: &str, path: &str) -> bool {
    let mut found = line.match_indices(path);
    found.any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric())
    })
}

fn length(name: &str, text: &str, wrong: &mut Vec<String>) {
    if !name.ends_with(".rs") {
        return;
    }
    let count = text.lines().count();
    let tests = name.contains("/tests/") || name.ends_with("tests.rs");
    let most = if tests { TOO_LONG_TESTS } else { TOO_LONG };
    if count > most {
        wrong.push(format!("{name}: {count} lines; what is its second thing?"));
    } else if count > LONG {
        println!("{name}: {count} lines, over {LONG} (a warning)");
    }
}

/// Relative links in our papers lead somewhere.
fn links(root: &Path, name: &str, text: &str, wrong: &mut Vec<String>) {
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    for part in text.split("](").skip(1) {
        let target = part.split([')', '#', ' ']).next().unwrap_or_default();
        let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
        if !outside && !root.join(folder).join(target).exists() {
            wrong.push(format!("{name}: the link to {target} leads nowhere"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str, expected: &[&str]) {
        let mut wrong = Vec::new();
        lines(name, text, &mut wrong);
        length(name, text, &mut wrong);
        assert_eq!(wrong, expected);
    }

    #[test]
    fn each_broken_rule_is_named_with_its_line() {
        check("a.rs", "fn a() {}\n", &[]);
        check("a.rs", "x \n", &["a.rs:1: blanks at the end of the line"]);
        check("a.md", "a", &["a.md: no newline at the end"]);
        let open = concat!("// TO", "DO later\n");
        check("a.rs", open, &[concat!("a.rs:1: TO", "DO left open")]);
        let path = concat!("x\nsee /wo", "rk/x\n");
        check(
            "a.md",
            path,
            &[concat!("a.md:2: a path of one machine (/wo", "rk/)")],
        );
    }

    #[test]
    fn only_rust_files_have_a_length_limit() {
        let long = "x\n".repeat(TOO_LONG + 1);
        check("a.md", &long, &[]);
        check(
            "a.rs",
            &long,
            &["a.rs: 601 lines; what is its second thing?"],
        );
    }
}
