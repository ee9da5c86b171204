//! Times, roles and codes as people read them.

use aceso_base::Instant;
use aceso_clinic::{Age, Part, Sentence};
use aceso_policy::{Role, Strength};
use aceso_store::{Access, AccountState};
use aceso_web::page::{Tag, Tone, words};
pub(crate) use aceso_web::page::{counted, known, say};
use maud::{Markup, html};

pub(crate) use aceso_web::page::time::{
    day, fhir_clock as clock, fhir_day, fhir_field_day, field_day, moment, read_day, read_moment,
    when,
};

/// The moment, or that there was none.
pub(crate) fn when_or(at: Option<Instant>, none: &'static str) -> Markup {
    match at {
        Some(at) => when(at),
        None => html! { span.soft { (words(none)) } },
    }
}

/// Whether a text is a day, month or year as FHIR writes it, and there is such a day.
pub(crate) fn is_fhir_day(text: &str) -> bool {
    let whole = match text.len() {
        4 => [text, "-01-01"].concat(),
        7 => [text, "-01"].concat(),
        10 => text.to_owned(),
        _ => return false,
    };
    let plain = whole.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain && whole.parse::<jiff::civil::Date>().is_ok()
}

/// How long ago a FHIR date was, seen from a day: `today`, `3 days ago`, `5 months ago`, `in 2 days`.
pub(crate) fn ago(text: &str, today: &str) -> String {
    let Some(days) = aceso_clinic::days_between(&fhir_field_day(text), today) else {
        return fhir_day(text);
    };
    let many = |days: i32| u64::from(days.unsigned_abs());
    match days {
        0 => words("today").to_string(),
        1 => words("yesterday").to_string(),
        -1 => words("tomorrow").to_string(),
        2..=30 => counted(many(days), "{0} day ago", "{0} days ago", &[]),
        31..=59 => words("a month ago").to_string(),
        60..=729 => counted(many(days / 30), "{0} month ago", "{0} months ago", &[]),
        730.. => counted(many(days / 365), "{0} year ago", "{0} years ago", &[]),
        -30..=-2 => counted(many(days), "in {0} day", "in {0} days", &[]),
        i32::MIN..=-31 => fhir_day(text),
    }
}

/// How much time is left or has gone by, in the largest unit that says enough: `3 h 20 min`, `2 days`.
pub(crate) fn span(millis: i64) -> String {
    let minutes = millis.unsigned_abs() / 60_000;
    match (minutes / 1440, minutes / 60, minutes % 60) {
        (0, 0, 0) => words("less than a minute").to_string(),
        (0, 0, m) => say("{0} min", &[&m]),
        (0, h, 0) => say("{0} h", &[&h]),
        (0, h, m) => say("{0} h {1} min", &[&h, &m]),
        (d, ..) => counted(d, "{0} day", "{0} days", &[]),
    }
}

/// How old somebody is, in the unit that matters.
pub(crate) fn age(age: &Age) -> String {
    let many = |n: i32| u64::from(n.unsigned_abs());
    match (age.days(), age.months()) {
        (days @ 0..=27, _) => counted(many(days), "{0} day", "{0} days", &[]),
        (days, 0) => counted(many(days / 7), "{0} week", "{0} weeks", &[]),
        (_, months @ 1..=23) => counted(many(months), "{0} month", "{0} months", &[]),
        _ => counted(many(age.years()), "{0} year", "{0} years", &[]),
    }
}

/// What the clinic's rules say, in the page's language.
pub(crate) fn told(sentence: &Sentence) -> String {
    let said = |part: &Part| match part {
        Part::Ours(text) => known(text),
        Part::Said(text) => text.clone(),
        Part::Age(of) => age(of),
    };
    let parts: Vec<String> = sentence.parts.iter().map(said).collect();
    let parts: Vec<&dyn std::fmt::Display> = parts
        .iter()
        .map(|part| -> &dyn std::fmt::Display { part })
        .collect();
    say(sentence.text, &parts)
}

/// In what two people's particulars agree or differ.
pub(crate) fn alike(reasons: &[String]) -> String {
    let all: Vec<String> = reasons.iter().map(|reason| known(reason)).collect();
    all.join(", ")
}

/// A rule of the store's that stands against something, as a sentence.
pub(crate) fn rule(rule: &impl std::fmt::Display) -> String {
    sentence(&maud::recalled(&rule.to_string()))
}

/// What the program kept of itself, in English: one of these messages, each of which ends with its only place, in the page's
/// language; what stands in the place stays as it is. None for any other text: it is somebody's own.
pub(crate) fn headed(text: &str, messages: &[&'static str]) -> Option<String> {
    messages.iter().find_map(|message| {
        let rest = text.strip_prefix(message.strip_suffix("{0}")?)?;
        Some(say(message, &[&rest]))
    })
}

/// Several, one after the other.
pub(crate) fn all_told(sentences: &[Sentence]) -> String {
    let all: Vec<String> = sentences.iter().map(told).collect();
    all.join(" ")
}

/// An administrative gender (FHIR) in words.
pub(crate) fn gender(code: &str) -> String {
    match code {
        "female" => words("female").to_string(),
        "male" => words("male").to_string(),
        "other" => words("other").to_string(),
        "unknown" => words("unknown").to_string(),
        no_code => no_code.to_owned(),
    }
}

/// With a capital letter.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// What people call a role.
pub(crate) fn role_title(role: &Role) -> String {
    match role.built_in() {
        Some(built_in) => words(built_in.title()).to_string(),
        None => {
            let text = role.as_str().replace('-', " ");
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        }
    }
}

/// Roles side by side.
pub(crate) fn role_tags(roles: &[Role]) -> Markup {
    html! {
        @if roles.is_empty() { span.soft { "none" } }
        @else { span.tags { @for role in roles { (Tag::plain(role_title(role))) " " } } }
    }
}

/// Where an account stands.
pub(crate) fn state_tag(state: AccountState) -> Tag {
    match state {
        AccountState::Invited => Tag::new(Tone::Info, "invited"),
        AccountState::Active => Tag::new(Tone::Good, "active"),
        AccountState::Disabled => Tag::new(Tone::Danger, "disabled"),
    }
}

/// How well somebody proved who they are.
pub(crate) const fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::One => "one factor",
        Strength::Two => "two factors",
        Strength::PhishingResistant => "passkey",
    }
}

/// What a browser calls itself, in few words: `Firefox on Linux`.
pub(crate) fn browser(agent: &str) -> String {
    let name = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    .into_iter()
    .find(|(mark, _)| agent.contains(mark));
    let system = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find(|(mark, _)| agent.contains(mark));
    match (name, system) {
        (Some((_, name)), Some((_, system))) => say("{0} on {1}", &[&name, &system]),
        (Some((_, name)), None) => name.to_owned(),
        (None, Some((_, system))) => say("A browser on {0}", &[&system]),
        (None, None) if agent.trim().is_empty() => words("Unknown browser").to_string(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

/// What was done, as an audit entry says it.
pub(crate) fn act(entry: &Access) -> String {
    let text = match entry.act.as_str() {
        "read" | "vread" => "Opened",
        "search" => "Looked through",
        "history" => "Looked at earlier versions",
        "create" => "Added",
        "update" | "patch" => "Changed",
        "transaction" | "batch" => "Added or changed",
        "delete" => "Deleted",
        "break-glass" => "Opened the record in an emergency",
        "break-glass of patient" | "audit read" => "Looked at the access report",
        other => other,
    };
    let end = match entry.outcome.as_deref() {
        Some("denied") => "(refused)",
        Some(_) => "(not there)",
        None => "",
    };
    match end {
        "" => known(text),
        end => [&known(text), " ", &known(end)].concat(),
    }
}

/// Who did it, as a patient reads it.
pub(crate) fn who(entry: &Access) -> String {
    match (&entry.name, entry.who.split_once('/')) {
        (Some(name), _) => name.clone(),
        (None, Some(("client", id))) => say("the app {0}", &[&id]),
        (None, Some(("job", _))) => crate::words::say("the program itself", &[]),
        (None, Some((_, name))) => name.to_owned(),
        (None, None) => crate::words::say("the operator of the installation", &[]),
    }
}

/// A purpose of use (HL7 v3 code) in plain words.
pub(crate) fn purpose(code: &str) -> String {
    known(match code {
        "TREAT" => "treatment",
        "ETREAT" => "emergency treatment",
        "HPAYMT" => "payment",
        "HOPERAT" => "the clinic's operation",
        "PATRQT" => "a patient's request",
        "HSYSADMIN" => "administration",
        "HLEGAL" => "legal proceedings",
        other => other,
    })
}

/// Resources by type: `Observation (12), Patient`.
pub(crate) fn things(names: &[String]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names {
        let kind = name.split('/').next().unwrap_or_default();
        match counts.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    let text = counts.into_iter().map(|(kind, count)| {
        if count == 1 {
            kind.to_owned()
        } else {
            format!("{kind} ({count})")
        }
    });
    text.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_so_that_no_reader_takes_them_for_others() {
        let at = Instant::from_millis(1_795_314_068_000);
        assert_eq!(moment(at), "22 Nov 2026, 02:21 UTC");
        assert_eq!(day(at), "22 Nov 2026");
        assert_eq!(field_day(read_day("2026-11-22").unwrap()), "2026-11-22");
        assert_eq!(read_day("22.11.2026"), None);
    }

    #[test]
    fn a_fhir_date_keeps_its_precision() {
        for (text, expected) in [
            ("1974-03-01", "1 Mar 1974"),
            ("1974-03", "Mar 1974"),
            ("1974", "1974"),
            ("2020-02-11T13:31:16-05:00", "11 Feb 2020"),
            ("soon", "soon"),
        ] {
            assert_eq!(fhir_day(text), expected);
        }
    }

    #[test]
    fn a_span_is_told_in_the_largest_unit_that_says_enough() {
        for (minutes, expected) in [
            (0, "less than a minute"),
            (59, "59 min"),
            (200, "3 h 20 min"),
            (240, "4 h"),
            (1500, "1 day"),
            (5000, "3 days"),
        ] {
            assert_eq!(span(minutes * 60_000), expected);
        }
    }

    #[test]
    fn a_browser_is_named_by_what_it_is() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
        assert_eq!(browser(agent), "Chrome on Linux");
        assert_eq!(browser(""), "Unknown browser");
        assert_eq!(browser("curl/8.1"), "curl/8.1");
    }
}
