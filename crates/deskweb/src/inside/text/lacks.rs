//! What the text lacks, above its form: each with the way to the field that mends it.

use aceso_desk::advisory::{Problem, Weight};
use aceso_web::page::{Banner, Tone};
use maud::{Markup, counted, html, recalled, words};

use crate::fault::sentence;

pub(super) fn show(problems: &[Problem]) -> Markup {
    let (errors, warnings): (Vec<&Problem>, Vec<&Problem>) =
        problems.iter().partition(|p| p.weight == Weight::Error);
    html! {
        @if errors.is_empty() { (Banner::new(Tone::Good, "Nothing is missing").text("It has every required field, and says the same in every form.")) }
        @else { (Banner::new(Tone::Warning, many(errors.len())).body(items(&errors))) }
        @if !warnings.is_empty() { (Banner::new(Tone::Info, "Could be better").body(items(&warnings))) }
    }
}

fn many(count: usize) -> String {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    counted(
        count,
        "{0} thing to mend before it can be published",
        "{0} things to mend before it can be published",
        &[],
    )
}

fn items(all: &[&Problem]) -> Markup {
    html! { ul { @for problem in all { li {
        @match problem.part {
            Some(part) => a href={ "#f-" (part.key()) } { (words(part.label())) },
            None => strong { (problem.place()) },
        }
        ": " (recalled(&problem.what)) ". " span.soft { (sentence(&recalled(&problem.fix))) }
    } } } }
}
