//! The fix with its reviews and tests, the branches, and the steps of the release.

use aceso_desk::case::TestResult;
use aceso_web::page::{Button, Card, Choice, Column, Csrf, Facts, Field, Select, Table, Tag, Tone};
use maud::{Markup, html, say, words};

use super::CasePage;
use crate::inside::words::{BRANCHES, STEPS, branch, key, step};

pub(super) fn show(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        (Card::new("The fix", fix(page, csrf)))
        (Card::new("Supported branches", branches(page, csrf)))
        (Card::new("Steps of the release", steps(page, csrf)))
        (Card::new("Rollout", rollout(page, csrf)))
    }
}

fn fix(page: &CasePage, csrf: &Csrf) -> Markup {
    let results = || {
        vec![
            Choice::new(key(&TestResult::Failed), "it failed"),
            Choice::new(key(&TestResult::Passed), "it passed"),
        ]
    };
    html! { div.stack.wide {
        @if let Some(fix) = &page.file.case.fix {
            @let reviews: Vec<String> = fix.reviews.iter().map(|r| page.name(r)).collect();
            (Facts::new()
                .show("Patch", html! { span.mono { (String::from(fix.patch)) } })
                .with("By", page.name(&fix.by))
                .with("Tests ran at", fix.ci.as_str())
                .with("Reviewed by", if reviews.is_empty() { say("nobody yet", &[]) } else { reviews.join(", ") })
                .with("Regression test", match &fix.tested_by { Some(by) => say("failed before, passed after, says {0}", &[&page.name(by)]), None => say("not shown yet", &[]) }))
            (page.press(csrf, "fix-review", "I have reviewed this patch"))
            (page.form(csrf, "fix-test", html! {
                (Select::new("before", "The regression test before the fix", results()).chosen(page.old("before", "failed")))
                (Select::new("after", "And after it", results()).chosen(page.old("after", "passed")))
                div.buttons { (Button::secondary("I have tested it")) }
            }))
        }
        (page.form(csrf, "fix", html! {
            (Field::text("patch", "SHA-256 of the patch").value(page.old("patch", "")).errors(&page.errors).hint("64 hexadecimal digits: git format-patch --stdout main..fix | sha256sum"))
            (Field::text("ci", "Where its tests ran").value(page.old("ci", "")).errors(&page.errors).hint("A private link"))
            div.buttons { (Button::secondary("Submit the fix")) }
        }))
    } }
}

fn branches(page: &CasePage, csrf: &Csrf) -> Markup {
    let mut table = Table::new(
        "Supported branches",
        &[Column::text("Branch"), Column::text("Has")],
    )
    .under_heading();
    for (name, state) in &page.file.case.branches {
        table.row(vec![html! { (name) }, html! { (words(branch(*state))) }]);
    }
    let states = BRANCHES
        .iter()
        .map(|b| Choice::new(key(b), branch(*b)))
        .collect();
    html! {
        @if !table.is_empty() { (table) }
        (page.form(csrf, "branch", html! {
            (Field::text("branch", "Branch").value(page.old("branch", "")).errors(&page.errors))
            (Select::new("branch_state", "It has", states).chosen(page.old("branch_state", "")))
            div.buttons { (Button::secondary("Say so")) }
        }))
    }
}

fn steps(page: &CasePage, csrf: &Csrf) -> Markup {
    let done = &page.file.case.steps;
    let open: Vec<Choice> = STEPS
        .iter()
        .filter(|s| !done.contains(s))
        .map(|s| Choice::new(key(s), step(*s)))
        .collect();
    html! {
        ul { @for one in done { li { (Tag::new(Tone::Good, "done")) " " (words(step(*one))) } } }
        @if !open.is_empty() {
            (page.form(csrf, "step", html! {
                (Select::new("step", "What is done", open).chosen(page.old("step", "")))
                (Field::text("evidence", "The evidence").value(page.old("evidence", "")).errors(&page.errors))
                div.buttons { (Button::secondary("Say so")) }
            }))
        }
    }
}

fn rollout(page: &CasePage, csrf: &Csrf) -> Markup {
    let coverage = page.file.case.coverage.as_ref();
    html! {
        @if let Some((percent, laggards)) = coverage {
            p { (percent) "% of the installations are patched" @if !laggards.is_empty() { "; not yet: " (laggards.join(", ")) } "." }
        }
        (page.form(csrf, "coverage", html! {
            (Field::number("percent", "Percent patched").value(page.old("percent", "")).errors(&page.errors))
            (Field::area("laggards", "Those that are not, one a line").any().value(page.old("laggards", "")))
            div.buttons { (Button::secondary("Say so")) }
        }))
    }
}
