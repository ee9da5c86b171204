//! The case's reports, what was made of each, and how grave it is.

use aceso_desk::case::{Proof, ReportState, Verdict};
use aceso_desk::report::{Gate, History, gate};
use aceso_desk::severity::{Characteristic, Severity, propose};
use aceso_desk::ssvc::Tree;
use aceso_store::{Credit, ReportFile};
use aceso_web::page::{Button, Card, Choice, Choices, Csrf, Facts, Field, Select, Tag, Tone};
use maud::{Markup, html, say, words};

use super::CasePage;
use crate::inside::cases::HERE;
use crate::inside::words::{SCOPES, key, scope};
use crate::told::told;

pub(super) fn show(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        @for report in &page.file.reports { (one(page, report)) }
        (Card::new("What is made of it", judge(page, csrf)))
        (Card::new("How grave it is", assess(page, csrf)))
    }
}

fn one(page: &CasePage, file: &ReportFile) -> Markup {
    let report = &file.report;
    let state = page.file.case.reports.get(&file.id);
    let history = history(page, file);
    let gate = gate(report, &[], History::default());
    let credit = match &file.credit {
        Credit::As(name) => say("wants to be named as {0}", &[name]),
        Credit::No => say("does not want to be named", &[]),
    };
    let from = match (&report.name, &report.from) {
        (Some(name), Some(mail)) => format!("{name}, {mail}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => say("nobody says who", &[]),
    };
    let mut facts = Facts::new()
        .with("Sent by", format!("{from}; {credit}"))
        .with(
            "Came",
            say("{0}, by {1}", &[&file.at.said(), &key(&report.source)]),
        )
        .with("Signature", dkim(&report.dkim))
        .with(
            "Product",
            format!("{} {}", report.answers.product, report.answers.version),
        )
        .with("Evidence", because(&gate));
    if history != History::default() {
        facts = facts.with("Earlier reports of this address", earlier(history));
    }
    if let Some(at) = report.answers.disclosure {
        facts = facts.with("Means to publish", at.date());
    }
    if !report.answers.exploited.is_empty() {
        facts = facts.show(
            "Exploited",
            html! { (Tag::new(Tone::Danger, report.answers.exploited.clone())) },
        );
    }
    if let Some(state) = state {
        facts = facts.show("So far", standing(page, state));
    }
    let body = html! {
        (facts)
        p.note-text { (report.text) }
        @if !report.answers.steps.is_empty() { h3 { "How to see it" } pre.code tabindex="0" { (report.answers.steps) } }
        @if !report.answers.impact.is_empty() { h3 { "What somebody can do with it" } p.note-text { (report.answers.impact) } }
        @if !gate.questions.is_empty() { h3 { "To ask" } ul { @for q in &gate.questions { li { (words(q.text())) } } } }
        (files(page, &file.id))
    };
    html! { (Card::new(format!("{}: {}", file.id, report.subject), body)) }
}

/// What was found of the evidence.
fn because(gate: &Gate) -> String {
    let all: Vec<String> = gate
        .because
        .iter()
        .map(|why| told(why, &|id| id.0.clone()))
        .collect();
    all.join(" ")
}

/// What became of the other reports of the same address.
fn history(page: &CasePage, file: &ReportFile) -> History {
    let address = file.report.from.as_deref().unwrap_or_default();
    let all = page.file.histories.get(&address.to_ascii_lowercase());
    let mut history = all.copied().unwrap_or_default();
    let own = page.file.case.reports.get(&file.id);
    match own.and_then(|state| state.verdict.as_ref()) {
        Some((Verdict::Valid, _)) => history.valid = history.valid.saturating_sub(1),
        Some((Verdict::Invalid, _)) => history.invalid = history.invalid.saturating_sub(1),
        Some((Verdict::Duplicate(_), _)) => {
            history.duplicates = history.duplicates.saturating_sub(1);
        }
        None => {}
    }
    history
}

/// What became of what somebody reported before; whoever writes under another's address has that one's.
fn earlier(history: History) -> String {
    let History {
        valid,
        invalid,
        duplicates,
    } = history;
    say(
        "{0} valid, {1} invalid, {2} known before",
        &[&valid, &invalid, &duplicates],
    )
}

fn dkim(dkim: &aceso_desk::report::Dkim) -> String {
    use aceso_desk::report::Dkim;
    match dkim {
        Dkim::None => say("none", &[]),
        Dkim::Pass(domain) => say("pass ({0})", &[domain]),
        Dkim::Fail(domain) => say("fail ({0}): the sender may be forged", &[domain]),
        Dkim::Unsure(domain) => say(
            "not checked: the key of {0} could not be asked for",
            &[domain],
        ),
    }
}

fn files(page: &CasePage, report: &str) -> Markup {
    let all: Vec<_> = page
        .file
        .files
        .iter()
        .filter(|f| f.report == report)
        .collect();
    html! {
        @if !all.is_empty() {
            h3 { "What came with it" }
            p.hint { "Sealed as it came, never opened here. Open it only where it can do no harm." }
            ul { @for file in all {
                li {
                    a href={ (HERE) "/" (page.file.line.id) "/files/" (report) "/" (file.number) } { (file.name) }
                    " " span.soft { (file.kind) ", " (file.size) " bytes" }
                }
            } }
        }
    }
}

fn standing(page: &CasePage, state: &ReportState) -> Markup {
    let read = if state.acknowledged {
        "the reporter was told that it is read"
    } else {
        "the reporter was not told yet"
    };
    let searched = if state.searched {
        "duplicates were looked for"
    } else {
        "nobody looked for duplicates"
    };
    html! {
        (words(read)) "; " (words(searched)) "; "
        @match &state.verdict {
            None => "not judged",
            Some((Verdict::Valid, by)) => { "valid, says " (page.name(by)) }
            Some((Verdict::Invalid, by)) => { "invalid, says " (page.name(by)) }
            Some((Verdict::Duplicate(of), by)) => { "a duplicate of " (of) ", says " (page.name(by)) }
        }
        @if let Some(by) = &state.second { "; " (page.name(by)) " agrees" }
        @if state.proof == Proof::Present { "; it has a proof" }
    }
}

/// Which report a form is about: not asked where there is one alone.
fn which(page: &CasePage, name: &'static str) -> Markup {
    let ids: Vec<&str> = page.file.reports.iter().map(|r| r.id.as_str()).collect();
    match ids.as_slice() {
        [only] => html! { input type="hidden" name=(name) value=(only); },
        several => {
            let choices = several.iter().map(|id| Choice::new(*id, (*id).to_owned()));
            let chosen = page.old(name, "");
            html! { (Select::new(name, "Report", choices.collect()).chosen(chosen)) }
        }
    }
}

fn judge(page: &CasePage, csrf: &Csrf) -> Markup {
    let verdicts = vec![
        Choice::new("valid", "It is a vulnerability"),
        Choice::new("invalid", "It is none").hint("With a proof, a second person has to agree"),
        Choice::new("duplicate", "It is known already"),
    ];
    let invalid =
        |r: &ReportState| matches!(r.verdict, Some((Verdict::Invalid, _))) && r.second.is_none();
    let asks = page.file.case.reports.values().any(invalid);
    html! {
        div.stack.wide {
            (page.form(csrf, "search", html! {
                (which(page, "search_report"))
                p.hint { "Compares it with every report of the last two years that you may see." }
                div.buttons { (Button::secondary("Look for duplicates")) }
            }))
            (page.form(csrf, "judge", html! {
                (which(page, "judge_report"))
                (Choices::one("verdict", "Verdict", verdicts).chosen([page.old("verdict", "")]).errors(&page.errors))
                (Field::text("duplicate_of", "If known already: of which case").any().value(page.old("duplicate_of", "")).errors(&page.errors))
                (Field::area("judge_why", "Why").value(page.old("judge_why", "")).errors(&page.errors).hint("The reporter may be told this"))
                div.buttons { (Button::secondary("Judge")) }
            }))
            @if asks {
                (page.form(csrf, "second", html! {
                    (which(page, "second_report"))
                    div.buttons { (Button::secondary("I agree that it is none")) }
                }))
            }
        }
    }
}

fn assess(page: &CasePage, csrf: &Csrf) -> Markup {
    let now = page.file.case.assessment.as_ref();
    let chosen: Vec<String> = match now {
        _ if page.typed.has("assess_why") => page
            .typed
            .many("characteristics")
            .map(str::to_owned)
            .collect(),
        Some(a) => a.characteristics.iter().map(key).collect(),
        None => Vec::new(),
    };
    let of = |pick: fn(&aceso_desk::case::Assessment) -> String| now.map(pick).unwrap_or_default();
    let characteristics = Characteristic::ALL
        .iter()
        .map(|c| {
            Choice::new(key(c), c.says())
                .hint(say("speaks for {0}", &[&words(c.severity().name())]))
        })
        .collect();
    let severities = Severity::ALL
        .iter()
        .map(|s| Choice::new(key(s), s.name()))
        .collect();
    let scopes = SCOPES
        .iter()
        .map(|s| Choice::new(key(s), scope(*s)))
        .collect();
    let proposed = now.and_then(|a| {
        let said: Vec<Characteristic> = a.characteristics.iter().copied().collect();
        propose(&said)
    });
    let vectors: fn(&aceso_desk::case::Assessment) -> String = |a| {
        a.vectors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    html! {
        (ways(page))
        @if let Some(proposed) = proposed { p.hint { "The characteristics propose " (words(proposed.name())) "." } }
        (page.form(csrf, "assess", html! {
            (Choices::one("scope", "Whose matter is it?", scopes).chosen([page.old("scope", &of(|a| key(&a.scope)))]).errors(&page.errors))
            (Choices::many("characteristics", "What is true of it", characteristics).chosen(chosen).errors(&page.errors))
            (Choices::one("severity", "Severity", severities).across().chosen([page.old("severity", &of(|a| key(&a.severity)))]).errors(&page.errors))
            (Field::area("assess_why", "Why").value(page.old("assess_why", &of(|a| a.why.clone()))).errors(&page.errors))
            (Field::area("vectors", "CVSS vectors, one a line").value(page.old("vectors", &of(vectors))).errors(&page.errors).hint("CVSS:3.1/… or CVSS:4.0/…"))
            (supplier(page))
            (Field::area("safety", "What it means for patients' safety").value(page.old("safety", &of(|a| a.patient_safety.clone()))).errors(&page.errors))
            (Field::area("data", "What it means for their data").value(page.old("data", &of(|a| a.patient_data.clone()))).errors(&page.errors))
            div.buttons { (Button::primary("Save the assessment")) }
        }))
    }
}

/// The supplier's decision table, as selects.
fn supplier(page: &CasePage) -> Markup {
    let outcome = page
        .file
        .case
        .assessment
        .as_ref()
        .and_then(|a| a.ssvc.first());
    let said = |point: &str| -> String {
        let inputs = outcome.map(|o| o.inputs.as_slice()).unwrap_or_default();
        let found = inputs.iter().find(|(name, _)| name == point);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    html! {
        @for point in Tree::Supplier.points() {
            @let field = format!("ssvc_{}", slug(&point.name));
            @let choices: Vec<Choice> = point.values.iter().map(|v| Choice::new(v.as_str(), v.clone())).collect();
            (Select::new(field.clone(), format!("SSVC: {}", point.name), choices).chosen(page.old(&field, &said(&point.name))))
        }
    }
}

/// A decision point's name in a form.
pub(in crate::inside) fn slug(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// The three views of it side by side.
fn ways(page: &CasePage) -> Markup {
    let Some(assessment) = &page.file.case.assessment else {
        return Markup::default();
    };
    let scores: Vec<String> = assessment
        .vectors
        .iter()
        .map(|v| {
            format!(
                "{} {} ({})",
                v.nomenclature(),
                v.score(),
                words(v.score().rating().text())
            )
        })
        .collect();
    let ssvc: Vec<&str> = assessment
        .ssvc
        .iter()
        .map(|o| o.decision.as_str())
        .collect();
    let facts = Facts::new()
        .with("By characteristics", words(assessment.severity.name()))
        .with("CVSS", scores.join("; "))
        .with("SSVC, as its supplier", ssvc.join("; "));
    html! { (facts) }
}
