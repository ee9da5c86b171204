//! The makers' response desk, for the pages: its address, what it is told, and the way by which somebody's own report goes there.

use aceso_egress::{Client, Request, StatusCode};
use aceso_jobs::advisories::Source;
use aceso_staff::{Answered, Makers, Problem, Tell};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::advisories::level;
use crate::delivery::trust;
use crate::place::Place;

/// Where reports go, below the desk's address.
const REPORTS: &str = "/api/reports";
const LONGEST_SUBJECT: usize = 120;

/// As it is configured.
pub(crate) fn makers(place: &Place) -> Result<Makers> {
    let config = &place.config;
    let desk = config.advisories.desk.trim_end_matches('/').to_owned();
    let level = level(config)?;
    if desk.is_empty() {
        return Ok(Makers::default());
    }
    // The client of the feed: it calls the desk and no other address.
    let tell = match Source::desk(&desk, &trust(config), None)? {
        Source::Desk(client, _) => Some(tell(*client, desk.clone())),
        Source::Directory(_) => None,
    };
    Ok(Makers { desk, level, tell })
}

fn tell(client: Client, desk: String) -> Tell {
    Tell::new(move |problem| {
        let (client, desk) = (client.clone(), desk.clone());
        Box::pin(async move { send(&client, &desk, &problem).await })
    })
}

async fn send(client: &Client, desk: &str, problem: &Problem) -> Result<Answered, String> {
    let taken = post(client, desk, &body(problem)).await;
    let taken = taken.map_err(|error| format!("{error:#}"))?;
    Ok(Answered {
        case: taken.case,
        status: taken.status,
    })
}

/// What the desk says of a report that it took.
#[derive(Debug, Deserialize)]
pub(crate) struct Receipt {
    /// The case that it belongs to.
    pub(crate) case: String,
    /// Its own number.
    pub(crate) report: String,
    /// The address of the secret page that says how it stands.
    pub(crate) status: String,
}

/// Gives a report to the desk at this address, which the client may call.
pub(crate) async fn post(client: &Client, desk: &str, report: &Value) -> Result<Receipt> {
    let target = client.target(&[desk, REPORTS].concat())?;
    let answer = client.send(Request::post_json(target, report)).await?;
    let said: Value = answer.json().unwrap_or_default();
    if answer.status != StatusCode::CREATED {
        bail!("{desk} did not take it ({}): {said}", answer.status);
    }
    serde_json::from_value(said).context("the desk's answer cannot be read")
}

/// What the page showed, and nothing else.
fn body(problem: &Problem) -> Value {
    let first = problem.text.lines().next().unwrap_or_default();
    let subject: String = first.chars().take(LONGEST_SUBJECT).collect();
    let place = match problem.place.as_str() {
        "" => String::new(),
        place => format!("On the page {place}"),
    };
    json!({
        "product": "Aceso", "version": problem.version, "subject": subject, "text": problem.text, "steps": place,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_sent_is_what_the_page_showed() {
        let problem = Problem {
            text: "The list shows a document twice.\nAlways.".into(),
            place: "/patients/{patient}/documents".into(),
            version: "0.1.0".into(),
        };
        let sent = body(&problem);
        let keys: BTreeSet<&str> = sent
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let shown = ["product", "steps", "subject", "text", "version"];
        assert_eq!(keys, BTreeSet::from(shown));
        assert_eq!(sent["subject"], "The list shows a document twice.");
        assert_eq!(sent["text"], problem.text);
    }
}
