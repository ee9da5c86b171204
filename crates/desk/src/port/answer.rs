//! Answers, as each service documents them, its errors too.

use serde_json::Value;

use super::{Errand, Places, Service, System};
use crate::report::inert;

/// So much of what a service says of an error is kept.
const SAID: usize = 300;

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is done; what the case is known by there from now on.
    Done(Option<(System, String)>),
    /// It is to be tried again, not before so many seconds where the service said so.
    Later {
        /// Seconds.
        after: Option<u32>,
        /// What the service said.
        said: String,
    },
    /// It is not done, and asking again changes nothing: somebody mends what is wrong first.
    Refused(String),
}

/// Reads an answer: its status, the seconds of its `Retry-After`, its body.
pub fn read(
    errand: Errand,
    places: &Places,
    (status, after): (u16, Option<u32>),
    body: &Value,
) -> Answered {
    match status {
        200..=299 => done(errand, places, body),
        429 => Answered::Later {
            after: after.or_else(|| waits(body)),
            said: format!("{status}: {}", said(errand.service(), body)),
        },
        // GitHub answers 403 with Retry-After to too many requests.
        403 if after.is_some() => Answered::Later {
            after,
            said: format!("{status}: {}", said(errand.service(), body)),
        },
        500..=599 | 408 => Answered::Later {
            after,
            said: format!("{status}: {}", said(errand.service(), body)),
        },
        _ => Answered::Refused(format!("{status}: {}", said(errand.service(), body))),
    }
}

fn done(errand: Errand, places: &Places, body: &Value) -> Answered {
    let text = |at: &str| body.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let found = match errand {
        Errand::GithubDraft => text("/ghsa_id"),
        Errand::CveReserve => text("/cve_ids/0/cve_id"),
        Errand::Topic => {
            let number = body.pointer("/topic_id").and_then(Value::as_u64);
            let base = places.forum.as_ref().map(|f| f.base.as_str());
            let slug = text("/topic_slug").unwrap_or_else(|| "advisory".to_owned());
            number
                .zip(base)
                .map(|(number, base)| format!("{base}/t/{slug}/{number}"))
        }
        Errand::Campaign => text("/id"),
        Errand::Post => text("/url").or_else(|| text("/uri")),
        Errand::GithubCve
        | Errand::GithubPublish
        | Errand::CvePublish
        | Errand::CveUpdate
        | Errand::CampaignText
        | Errand::CampaignSend => return Answered::Done(None),
    };
    let made = errand.makes();
    match made.zip(found).filter(|(system, id)| fits(*system, id)) {
        Some(kept) => Answered::Done(Some(kept)),
        None => Answered::Refused(
            "it answered that this is done, and not by which id: look there, and write the id in"
                .to_owned(),
        ),
    }
}

/// As by hand; a server on the loopback, as tests and trials have one, has addresses without TLS.
fn fits(system: System, id: &str) -> bool {
    let plain = id
        .strip_prefix("http://127.0.0.1")
        .map(|rest| format!("https://x{rest}"));
    system.takes(plain.as_deref().unwrap_or(id))
}

/// How long Discourse says that one has to wait.
fn waits(body: &Value) -> Option<u32> {
    let seconds = body
        .pointer("/extras/wait_seconds")
        .and_then(Value::as_u64)?;
    u32::try_from(seconds).ok()
}

/// What an error's body says, as text that steers nothing.
fn said(service: Service, body: &Value) -> String {
    let texts: Vec<&str> = match service {
        // `message`, and `errors` with a message or a code each.
        Service::Github => {
            let each = body.pointer("/errors").and_then(Value::as_array);
            let each = each.into_iter().flatten();
            let more = each.filter_map(|e| e.as_str().or_else(|| part(e, &["message", "code"])));
            part(body, &["message"]).into_iter().chain(more).collect()
        }
        // `error`, a code, and `message`.
        Service::Cve => part(body, &["error"])
            .into_iter()
            .chain(part(body, &["message"]))
            .collect(),
        // `errors`, a list of sentences.
        Service::Forum => {
            let each = body.pointer("/errors").and_then(Value::as_array);
            each.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect()
        }
        // Problem details (RFC 7807).
        Service::List => part(body, &["title"])
            .into_iter()
            .chain(part(body, &["detail"]))
            .collect(),
        Service::Social => part(body, &["error_description", "error"])
            .into_iter()
            .collect(),
    };
    if texts.is_empty() {
        return "it did not say why".to_owned();
    }
    inert(&texts.join("; ")).chars().take(SAID).collect()
}

/// The first of these members that is a text.
fn part<'a>(body: &'a Value, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .find_map(|name| body.get(*name).and_then(Value::as_str))
}
