//! The case as a page that stands alone: read on a screen, or printed.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::case::{Branch, Case, Counts, Leaf, State, count};
use super::claims::ROOT;
use super::evidence::{Evidence, Kind, Weight};

/// So many tests of a row are named; the rest is counted.
const NAMED: usize = 4;

const STYLE: &str = include_str!("case.css");

/// The whole page.
pub(super) fn write(case: &Case) -> String {
    let counts = case.counts();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Assurance case: " (case.clinic) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.kicker { "Assurance case · " (case.clinic) }
                    h1 { (ROOT) }
                    p { "Made " (case.at.to_fhir()) " by Aceso " (case.release) "; tests passed on release " (case.tested) "." }
                    (sum(counts))
                    p.note {
                        "A claim is met when a check of this installation or a test of this release shows each of its rows, and \
                         nothing speaks against it. What is not met says why. Figures say how things are, and decide nothing. \
                         The file is signed: " code { "aceso assure --check FILE" } " tells whether it was changed."
                    }
                }
                nav aria-label="Sections" {
                    ol { @for (number, branch) in case.branches.iter().enumerate() {
                        li { a href=(format!("#s{number}")) { (branch.title) } " " (small(count(branch.leaves.iter()))) }
                    } }
                }
                main { @for (number, branch) in case.branches.iter().enumerate() { (section(number, branch)) } }
            }
        }
    };
    page.into_string()
}

fn sum(counts: Counts) -> Markup {
    html! {
        ul.sum {
            li.met { b { (counts.met) } " met" }
            li.partly { b { (counts.partly) } " partly met" }
            li.not { b { (counts.not) } " not met" }
        }
    }
}

fn small(counts: Counts) -> Markup {
    let whole = counts.met + counts.partly + counts.not;
    html! { span.count { (counts.met) " of " (whole) " met" } }
}

fn section(number: usize, branch: &Branch) -> Markup {
    html! {
        section id=(format!("s{number}")) {
            h2 { (branch.title) " " (small(count(branch.leaves.iter()))) }
            @for leaf in &branch.leaves { (claim(leaf)) }
        }
    }
}

fn claim(leaf: &Leaf) -> Markup {
    let (class, sign) = match leaf.state {
        State::Met => ("met", "✓"),
        State::Partly => ("partly", "◐"),
        State::Not => ("not", "✗"),
    };
    html! {
        article class=(class) {
            h3 {
                span.state { span aria-hidden="true" { (sign) } " " (leaf.state.name()) }
                " " (leaf.claim)
                " " span.ids { (leaf.ids.join(" · ")) }
            }
            @if !leaf.why.is_empty() { p.why { (leaf.why) } }
            @if !leaf.evidence.is_empty() { (list(&leaf.evidence)) }
        }
    }
}

/// Checks and figures, then some of the tests.
fn list(evidence: &[Evidence]) -> Markup {
    let tests = evidence.iter().filter(|e| e.kind == Kind::Test);
    let more = tests.clone().count().saturating_sub(NAMED);
    html! {
        ul.evidence {
            @for e in evidence.iter().filter(|e| e.kind != Kind::Test) { (line(e)) }
            @for e in tests.take(NAMED) { (line(e)) }
            @if more > 0 { li { span.kind { "tests" } " and " (more) " more, named in the JSON form" } }
        }
    }
}

fn line(e: &Evidence) -> Markup {
    let class = match e.weight {
        Weight::For => "for",
        Weight::Against => "against",
        Weight::Nothing => "nothing",
        Weight::Neutral => "neutral",
    };
    html! {
        li class=(class) {
            span.kind { (e.kind.name()) } " " (e.name)
            @if e.kind != Kind::Test { ": " span.found { (e.found) } }
        }
    }
}
