//! An advisory as a mail to implementers, and as a short post.

use super::feed::Site;
use super::page;
use super::record::Advisory;

/// A mail: its subject and its text. Addresses, encoding and sending are not its matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text, lines of any length.
    pub body: String,
}

/// The mail to implementers (R31, R32): tagged, with the names of the vulnerabilities (R29) and the whole advisory.
pub fn letter(site: &Site, advisory: &Advisory) -> Letter {
    let names = names(advisory);
    let level = advisory
        .level()
        .map(|l| format!("{}: ", l.name()))
        .unwrap_or_default();
    let subject = format!(
        "[Security Advisory] {level}{}{}",
        one_line(&advisory.title),
        bracketed(&names)
    );
    let mut body = format!(
        "{}\n{}\n\n",
        one_line(&advisory.title),
        "=".repeat(one_line(&advisory.title).chars().count())
    );
    body.push_str(&format!(
        "Advisory: {} (version {}, {})\n",
        advisory.id,
        advisory.version,
        advisory.current.said()
    ));
    if !names.is_empty() {
        body.push_str(&format!("Vulnerabilities: {}\n", names.join(", ")));
    }
    body.push_str(&format!("Page: {}\n\n", site.page(advisory)));
    body.push_str(&page::text(advisory));
    Letter { subject, body }
}

/// A post of at most so many characters that leads to the page (R36). The title is cut before the link is.
pub fn post(site: &Site, advisory: &Advisory, most: usize) -> String {
    let level = advisory
        .level()
        .map(|l| format!("{} severity. ", l.name()))
        .unwrap_or_default();
    let names = bracketed(&names(advisory).into_iter().take(3).collect::<Vec<_>>());
    let tail = format!(" {level}Fix and details: {}", site.page(advisory));
    let head = format!("Security advisory: {}{names}.", one_line(&advisory.title));
    let room = most.saturating_sub(tail.chars().count());
    let head = if head.chars().count() > room {
        let cut: String = head.chars().take(room.saturating_sub(1)).collect();
        format!("{cut}…")
    } else {
        head
    };
    format!("{head}{tail}")
}

fn names(advisory: &Advisory) -> Vec<String> {
    let found = advisory.vulnerabilities.iter().filter_map(|v| v.name());
    found
        .filter(|n| *n != advisory.id)
        .map(str::to_owned)
        .collect()
}

fn bracketed(names: &[String]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", names.join(", "))
    }
}

/// A subject has no line breaks.
fn one_line(text: &str) -> String {
    page::printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
