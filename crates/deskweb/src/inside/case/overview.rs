//! Where the case stands: what the next stage lacks, what is true of the world, the embargo and the clocks.

use aceso_desk::case::{Embargo, Stage};
use aceso_desk::clock::Standing;
use aceso_desk::regime::Pausable;
use aceso_web::page::{
    Banner, Button, Card, Choice, Column, Csrf, Field, Select, Steps, Table, Tag, Tone,
};
use maud::{Markup, html, known, say, words};

use super::{CasePage, next};
use crate::fault::sentence;
use crate::inside::cases::left;
use crate::inside::duties;
use crate::inside::words::{BITS, bit, key, stage};

/// The names of the way, as the line of steps shows them.
const WAY: [&str; 12] = [
    "Intake", "Triage", "Team", "Plan", "Fix", "Verify", "Release", "Notice", "Publish", "Rollout",
    "Review", "Closed",
];

pub(super) fn show(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        @if let Some(at) = Stage::WAY.iter().position(|s| *s == page.file.case.stage) { (Steps::new(&WAY, at)) }
        (emergency(page, csrf))
        (onward(page, csrf))
        (Card::new("Embargo", embargo(page, csrf)))
        (Card::new("What is true by now", world(page, csrf)))
        (Card::new("Clocks", clocks(page, csrf)))
        @if !page.file.case.stage.is_over() { (Card::new("Other ways out", aside(page, csrf))) }
    }
}

/// Of a case that was published in an emergency: the way past what is not done, and what is owed for it.
fn emergency(page: &CasePage, csrf: &Csrf) -> Markup {
    let case = &page.file.case;
    let duty = html! { a href=(duties::HERE) { "a duty" } };
    if let Some(from) = case.left.filter(|_| !page.owed.is_empty()) {
        let said = html! { p { "It went from " (words(stage(from))) " straight to its rollout. What the stages between demand is owed before the review, and stands as " (duty) ", too." } };
        return html! { (Banner::new(Tone::Info, "An emergency skipped stages of this case").body(said)) };
    }
    if !case.may_skip() {
        return html! {};
    }
    let list = html! {
        p { "It may go straight to its rollout. This is owed then before the review, and stands as " (duty) ":" }
        (page.list(&page.owed))
    };
    let button = html! { (Button::secondary("Go straight to Rollout")) };
    html! {
        (Banner::new(Tone::Warning, "This case was published in an emergency").body(list))
        (page.form(csrf, "move", button).keep("to", key(&Stage::Rollout)))
    }
}

fn onward(page: &CasePage, csrf: &Csrf) -> Markup {
    let Some(to) = next(page) else {
        return html! { (Banner::new(Tone::Info, "This case is over")) };
    };
    let name = words(stage(to));
    if page.missing.is_empty() {
        let button = html! { (Button::primary(say("Go on to {0}", &[&name]))) };
        return html! {
            (Banner::new(Tone::Good, say("Nothing is missing for {0}", &[&name])))
            (page.form(csrf, "move", button).keep("to", key(&to)))
        };
    }
    let list = page.list(&page.missing);
    html! { (Banner::new(Tone::Warning, say("Missing for {0}", &[&name])).body(list)) }
}

/// The embargo with what may be done as it stands.
fn embargo(page: &CasePage, csrf: &Csrf) -> Markup {
    let proposed = match &page.file.case.embargo {
        Embargo::Proposed { .. } | Embargo::Revise { .. } => true,
        Embargo::Undecided
        | Embargo::None { .. }
        | Embargo::Active { .. }
        | Embargo::Exited { .. } => false,
    };
    let agreed = page.file.case.embargo.has_consent(&page.file.me);
    let open = page.file.case.embargo.holds();
    html! {
        p { (page.embargo_said()) }
        div.stack.wide {
            @if proposed || open && !agreed && page.file.case.embargo.end().is_some() {
                div.row {
                    (page.press(csrf, "embargo-accept", "I agree to it"))
                    @if proposed { (page.press(csrf, "embargo-activate", "Put it in force")) }
                }
            }
            (page.form(csrf, "embargo-propose", terms(page)))
            @if open { (page.form(csrf, "embargo-other", against(page))) }
        }
    }
}

/// What is proposed.
fn terms(page: &CasePage) -> Markup {
    let label = match &page.file.case.embargo {
        Embargo::Undecided | Embargo::None { .. } | Embargo::Exited { .. } => "Propose an embargo",
        Embargo::Proposed { .. } | Embargo::Active { .. } | Embargo::Revise { .. } => {
            "Propose other terms"
        }
    };
    html! {
        (Field::moment("embargo_end", "It ends, in UTC").value(page.old("embargo_end", "")).errors(&page.errors))
        (Field::area("embargo_text", "What may be done until then").any().value(page.old("embargo_text", "")))
        div.buttons { (Button::secondary(label)) }
    }
}

/// The other ways, each for a reason.
fn against(page: &CasePage) -> Markup {
    let (none, refuse, exit) = match &page.file.case.embargo {
        Embargo::Undecided => (true, false, false),
        Embargo::Proposed { .. } => (true, true, false),
        Embargo::Active { .. } => (false, false, true),
        Embargo::Revise { .. } => (false, true, true),
        Embargo::None { .. } | Embargo::Exited { .. } => (false, false, false),
    };
    html! {
        (Field::text("embargo_why", "Or why not").any().value(page.old("embargo_why", "")).errors(&page.errors))
        div.buttons {
            @if none { (Button::secondary("There is to be none").says("choice", "decline")) }
            @if refuse { (Button::secondary("I do not agree").says("choice", "refuse")) }
            @if exit { (Button::danger("End it now").says("choice", "exit")) }
        }
    }
}

fn world(page: &CasePage, csrf: &Csrf) -> Markup {
    let bits = &page.file.case.bits;
    let open: Vec<Choice> = BITS
        .iter()
        .filter(|b| !bits.contains(b))
        .map(|b| Choice::new(key(b), bit(*b)))
        .collect();
    html! {
        p { @for one in bits { (Tag::plain(bit(*one))) " " } @if bits.is_empty() { span.soft { "Nothing was said yet." } } }
        @if !open.is_empty() {
            (page.form(csrf, "bit", html! {
                (Select::new("bit", "This became true", open).hint("It never becomes untrue again"))
                div.buttons { (Button::secondary("Say so")) }
            }))
        }
    }
}

fn clocks(page: &CasePage, csrf: &Csrf) -> Markup {
    let columns = [
        Column::number("No."),
        Column::text("What is due"),
        Column::text("Due"),
        Column::text("Pauses"),
    ];
    let mut table = Table::new("Clocks", &columns).under_heading();
    let mut open = Vec::new();
    for (number, clock) in &page.file.case.clocks {
        let rule = clock.regime.rule();
        let standing = match clock.standing(page.now) {
            Standing::Met { at } => {
                html! { (Tag::new(Tone::Good, say("done {0}", &[&at.said()]))) }
            }
            Standing::MetLate { at, .. } => {
                html! { (Tag::new(Tone::Warning, say("done late, {0}", &[&at.said()]))) }
            }
            Standing::Running { due } | Standing::Overdue { since: due } => {
                html! { (left(due, page.now)) }
            }
            Standing::Paused { until } => {
                html! { (Tag::new(Tone::Info, say("paused until {0}", &[&until.said()]))) }
            }
        };
        if !matches!(
            clock.standing(page.now),
            Standing::Met { .. } | Standing::MetLate { .. }
        ) {
            open.push(Choice::new(
                number.to_string(),
                format!("{number}: {}", known(rule.what)),
            ));
        }
        let never = rule.pausable == Pausable::Never;
        table.row(vec![
            html! { (number) },
            html! { (sentence(&known(rule.what))) " " span.soft.small { (known(rule.source)) } },
            standing,
            html! {
                @if never { span.soft { "cannot be paused" } }
                @for pause in clock.pauses() { (pause.from.date()) " to " (pause.until.date()) ": " (pause.reason) "; " }
            },
        ]);
    }
    html! {
        (table)
        @if !open.is_empty() {
            (page.form(csrf, "clock", html! {
                (Select::new("clock", "Clock", open).chosen(page.old("clock", "")))
                (Field::text("clock_why", "Why, or the evidence").any().value(page.old("clock_why", "")))
                (Field::moment("clock_until", "Paused until, in UTC").any().value(page.old("clock_until", "")).errors(&page.errors))
                div.buttons {
                    (Button::secondary("It is done").says("choice", "meet"))
                    (Button::secondary("Pause").says("choice", "pause"))
                    (Button::secondary("Resume").says("choice", "resume"))
                }
            }))
        }
    }
}

fn aside(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        p.hint { "A report that is none goes to rejected, one that is known to merged, one that concerns others to transferred. Each says what it lacks." }
        div.row {
            @for (to, label) in [(Stage::Rejected, "Reject"), (Stage::Merged, "Merge"), (Stage::Transferred, "Transfer")] {
                (page.form(csrf, "move", html! { (Button::secondary(label)) }).keep("to", key(&to)).inline())
            }
        }
    }
}
