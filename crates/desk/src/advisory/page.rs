//! An advisory for people: the sections of the template in section order, as Markdown and as markup.

use maud::{Markup, html};

use super::record::*;
use super::vulnerability::*;
use crate::severity::Severity;

/// What stands under a heading.
enum Part {
    /// A paragraph; lines stay lines.
    Text(String),
    /// A list.
    List(Vec<String>),
    /// Addresses with what is found there.
    Links(Vec<(String, String)>),
}

impl Part {
    fn printable(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(printable(&text)),
            Self::List(items) => Self::List(items.iter().map(|i| printable(i)).collect()),
            Self::Links(links) => Self::Links(
                links
                    .iter()
                    .map(|(s, u)| (printable(s), printable(u)))
                    .collect(),
            ),
        }
    }
}

/// Without what steers a terminal or turns the direction of writing.
pub(super) fn printable(text: &str) -> String {
    let steers = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|c| !steers(c)).collect()
}

/// A heading with what stands under it.
struct Section {
    title: String,
    parts: Vec<Part>,
}

/// As Markdown, for forges and forums. What others wrote stands in it as text, never as markup.
pub fn markdown(advisory: &Advisory) -> String {
    let mut out = String::new();
    for section in sections(advisory) {
        out.push_str(&format!("## {}\n\n", plain(&section.title)));
        for part in section.parts {
            match part {
                Part::Text(text) => out.push_str(&format!("{}\n\n", plain(&text))),
                Part::List(items) => {
                    for item in items {
                        out.push_str(&format!("- {}\n", plain(&item).replace('\n', "\n  ")));
                    }
                    out.push('\n');
                }
                Part::Links(links) => {
                    for (said, url) in links {
                        out.push_str(&format!(
                            "- {}: <{}>\n",
                            plain(&said),
                            url.replace(['<', '>', ' '], "")
                        ));
                    }
                    out.push('\n');
                }
            }
        }
    }
    out
}

/// Characters that Markdown or HTML would take for markup, escaped.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '[' | ']' | '`' | '*' | '_' | '\\' | '|' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// As plain text, for mail.
pub fn text(advisory: &Advisory) -> String {
    let mut out = String::new();
    for section in sections(advisory) {
        out.push_str(&format!(
            "{}\n{}\n\n",
            section.title,
            "-".repeat(section.title.chars().count())
        ));
        for part in section.parts {
            match part {
                Part::Text(text) => out.push_str(&format!("{text}\n\n")),
                Part::List(items) => {
                    for item in items {
                        out.push_str(&format!("* {}\n", item.replace('\n', "\n  ")));
                    }
                    out.push('\n');
                }
                Part::Links(links) => {
                    for (said, url) in links {
                        out.push_str(&format!("* {said}: {url}\n"));
                    }
                    out.push('\n');
                }
            }
        }
    }
    out
}

/// As an article of a page: a heading and its sections, without a frame. Addresses that are not http(s) are text.
pub fn markup(advisory: &Advisory) -> Markup {
    html! {
        article lang=(advisory.lang) {
            h1 { (printable(&advisory.title)) }
            (inner_markup(advisory))
        }
    }
}

/// The same without the article and its heading, for a page that has them already.
pub fn inner_markup(advisory: &Advisory) -> Markup {
    html! {
        p { (advisory.id) ", version " (advisory.version) ", " (status(advisory.status)) ", "
            time datetime=(advisory.current) { (advisory.current.said()) } }
        @for section in sections(advisory) {
            section {
                h2 { (section.title) }
                @for part in section.parts { (part_markup(&part)) }
            }
        }
    }
}

fn part_markup(part: &Part) -> Markup {
    html! {
        @match part {
            Part::Text(text) => { @for line in text.split("\n\n") { p { (line) } } }
            Part::List(items) => { ul { @for item in items { li { (item) } } } }
            Part::Links(links) => {
                ul { @for (said, url) in links {
                    li { @if url.starts_with("https://") || url.starts_with("http://") {
                        a href=(url) rel="noreferrer" { (said) }
                    } @else { (said) ": " (url) } }
                } }
            }
        }
    }
}

const fn status(of: Status) -> &'static str {
    match of {
        Status::Draft => "draft",
        Status::Interim => "interim: more is to follow",
        Status::Final => "final",
    }
}

fn section(title: impl Into<String>, parts: Vec<Part>) -> Option<Section> {
    let filled = |part: &Part| match part {
        Part::Text(text) => !text.trim().is_empty(),
        Part::List(items) => !items.is_empty(),
        Part::Links(links) => !links.is_empty(),
    };
    let parts: Vec<Part> = parts
        .into_iter()
        .filter(filled)
        .map(Part::printable)
        .collect();
    (!parts.is_empty()).then(|| Section {
        title: printable(&title.into()),
        parts,
    })
}

/// The template's sections, those that say something.
fn sections(advisory: &Advisory) -> Vec<Section> {
    let mut all = vec![
        section("Severity", severity(advisory)),
        section("Summary", notes(&advisory.notes, &[NoteKind::Summary])),
    ];
    let several = advisory.vulnerabilities.len() > 1;
    for found in &advisory.vulnerabilities {
        let front = match found.name() {
            Some(name) if several => format!("{name}: "),
            Some(_) | None => String::new(),
        };
        all.extend(vulnerability(advisory, found, &front));
    }
    let rest = [
        NoteKind::Description,
        NoteKind::Details,
        NoteKind::Faq,
        NoteKind::General,
        NoteKind::Other,
    ];
    all.push(section("More", notes(&advisory.notes, &rest)));
    all.push(section(
        "Acknowledgements",
        vec![Part::List(thanks(advisory))],
    ));
    let timeline = advisory
        .timeline
        .iter()
        .map(|h| format!("{}: {}", h.at.said(), h.what));
    all.push(section("Timeline", vec![Part::List(timeline.collect())]));
    all.push(section("References", vec![links(&advisory.references)]));
    let contact = advisory
        .publisher
        .contact
        .as_ref()
        .map(|c| format!("{}: {c}", advisory.publisher.name));
    all.push(section(
        "Contact",
        contact.into_iter().map(Part::Text).collect(),
    ));
    let revisions = advisory
        .revisions
        .iter()
        .map(|r| format!("{} ({}): {}", r.number, r.at.date(), r.summary));
    all.push(section(
        "Revision history",
        vec![Part::List(revisions.collect())],
    ));
    all.push(section(
        "Legal notice",
        notes(&advisory.notes, &[NoteKind::LegalDisclaimer]),
    ));
    all.into_iter().flatten().collect()
}

fn severity(advisory: &Advisory) -> Vec<Part> {
    let mut lines = Vec::new();
    if let Some(assessed) = &advisory.severity {
        lines.push(format!("{}. {}", assessed.level.name(), assessed.why));
        if !assessed.patient_safety.is_empty() {
            lines.push(format!("Patient safety: {}", assessed.patient_safety));
        }
        if !assessed.patient_data.is_empty() {
            lines.push(format!("Patient data: {}", assessed.patient_data));
        }
    }
    for found in &advisory.vulnerabilities {
        for scored in &found.scores {
            let base = scored.vector.base_score();
            let name = found.name().unwrap_or("CVSS");
            lines.push(format!(
                "{name}: {base} {} ({})",
                base.rating().text(),
                scored.vector
            ));
        }
    }
    let advice = advisory
        .level()
        .and_then(Severity::advice)
        .map(|a| Part::Text(a.to_owned()));
    std::iter::once(Part::List(lines)).chain(advice).collect()
}

fn notes(of: &[Note], kinds: &[NoteKind]) -> Vec<Part> {
    let those = of.iter().filter(|n| kinds.contains(&n.kind));
    let write = |n: &Note| match &n.title {
        Some(title) if n.kind != NoteKind::Summary => format!("{title}: {}", n.text),
        Some(_) | None => n.text.clone(),
    };
    those.map(|n| Part::Text(write(n))).collect()
}

fn vulnerability(advisory: &Advisory, of: &Vulnerability, front: &str) -> Vec<Option<Section>> {
    let weaknesses = of
        .weaknesses
        .iter()
        .map(|w| format!("{} {}", w.id, w.name))
        .collect();
    let all = [
        NoteKind::Summary,
        NoteKind::Description,
        NoteKind::Details,
        NoteKind::Faq,
        NoteKind::General,
        NoteKind::Other,
    ];
    let mut what: Vec<Part> = of.title.iter().cloned().map(Part::Text).collect();
    what.extend(notes(&of.notes, &all));
    what.push(Part::List(weaknesses));
    let threats = |kinds: &[ThreatKind]| {
        let those = of.threats.iter().filter(|t| kinds.contains(&t.kind));
        vec![Part::List(those.map(|t| t.details.clone()).collect())]
    };
    let affected = advisory.affected(of).map(product_line).collect();
    let investigated = advisory
        .products_with(of, Standing::UnderInvestigation)
        .map(product_line)
        .collect();
    let not: Vec<String> = advisory
        .products_with(of, Standing::KnownNotAffected)
        .map(product_line)
        .collect();
    let fixed: Vec<String> = advisory.fixed(of).map(product_line).collect();
    let mut fixes = vec![Part::List(fixed)];
    fixes.extend(remedies(
        of,
        &[
            RemedyKind::VendorFix,
            RemedyKind::NoFixPlanned,
            RemedyKind::NoneAvailable,
        ],
    ));
    vec![
        section(format!("{front}What it is"), what),
        section(
            format!("{front}Exploit"),
            threats(&[ThreatKind::ExploitStatus]),
        ),
        section(
            format!("{front}Impact"),
            threats(&[ThreatKind::Impact, ThreatKind::TargetSet]),
        ),
        section(format!("{front}Affected"), vec![Part::List(affected)]),
        section(
            format!("{front}Under investigation"),
            vec![Part::List(investigated)],
        ),
        section(format!("{front}Not affected"), vec![Part::List(not)]),
        section(format!("{front}Fix"), fixes),
        section(
            format!("{front}Workarounds"),
            remedies(of, &[RemedyKind::Workaround, RemedyKind::Mitigation]),
        ),
        section(format!("{front}Read on"), vec![links(&of.references)]),
    ]
}

/// A product with its versions, and under which configuration.
pub(super) fn product_line(product: &Product) -> String {
    let mut line = match (product.vendor(), product.versions()) {
        (Some(vendor), Some(versions)) => {
            let range = product.range();
            let said = range
                .range
                .map_or_else(|| versions.to_owned(), |r| r.to_string());
            format!(
                "{vendor} {}: {}",
                product.product(),
                if said == "*" { "all versions" } else { &said }
            )
        }
        (Some(_), None) | (None, _) => product.name.clone(),
    };
    match product.support {
        Support::Supported => {}
        Support::EndOfLife => line.push_str(" (end of life)"),
    }
    if let Some(when) = &product.when {
        line.push_str(&format!(", if {when}"));
    }
    line
}

fn remedies(of: &Vulnerability, kinds: &[RemedyKind]) -> Vec<Part> {
    let those = of.remedies.iter().filter(|r| kinds.contains(&r.kind));
    let write = |r: &Remedy| match &r.url {
        Some(url) => format!("{}\n{url}", r.details),
        None => r.details.clone(),
    };
    let mut seen: Vec<String> = Vec::new();
    for line in those.map(write) {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    vec![Part::List(seen)]
}

fn thanks(advisory: &Advisory) -> Vec<String> {
    let write = |c: &&Credit| match c.what() {
        Some(what) => format!("{}, for {what}", c.who()),
        None => c.who(),
    };
    advisory.named_credits().iter().map(write).collect()
}

fn links(of: &[Reference]) -> Part {
    let said = |r: &Reference| {
        if r.summary.is_empty() {
            r.url.clone()
        } else {
            r.summary.clone()
        }
    };
    Part::Links(of.iter().map(|r| (said(r), r.url.clone())).collect())
}
