//! `sekmet-fhir`: a hospital's day in fourteen scenarios.

use anyhow::Result;
use serde_json::Value;

use super::packages::python;
use super::server::Server;
use super::{Verdict, laboratory};
use crate::run;

const SCENARIOS: usize = 14;

/// The topics that it publishes, as it publishes them.
const TOPICS: &str = "\
import json
from sekmet.subscriptions.backport import BUILTIN_TOPICS
print(json.dumps(BUILTIN_TOPICS))
";

/// Runs all of them.
pub(crate) fn scenarios(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("sekmet", &["sekmet-fhir==0.1.1"])? else {
        let why = "its packages cannot be had from the registry here";
        return Ok(Verdict::LeftOut(why.to_owned()));
    };
    let dir = server.scratch().join("sekmet");
    std::fs::create_dir_all(&dir)?;
    // It is told on the loopback, where the server's configuration lets it be; the laboratory fills urgent orders.
    let (port, token) = (server.hooks(), server.token()?);
    let settings = format!(
        "base_url: http://127.0.0.1:{port}/fhir\nhost: 127.0.0.1\nport: {port}\n\
         peers:\n  aceso:\n    base_url: {}\n    roles: [lab-filler]\n    auth:\n      type: bearer\n      token: {token}\n",
        server.fhir(),
    );
    laboratory::open(server)?;
    let topics = run::output(run::command(bin.join("python")).args(["-c", TOPICS]))?;
    let address = server.base().trim_start_matches("http://");
    for topic in serde_json::from_str::<Vec<Value>>(&topics)? {
        laboratory::post(address, &token, "/fhir/Basic", &topic)?;
    }
    std::fs::write(dir.join("settings.yaml"), settings)?;
    let out = run::command("timeout")
        .arg("300")
        .arg(bin.join("sekmet"))
        .args(["scenario", "run", "all", "--peer", "aceso"])
        .env("NO_COLOR", "1")
        .current_dir(&dir)
        .output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    Ok(verdict(&said))
}

fn verdict(said: &str) -> Verdict {
    let results = results(said);
    let named = |wanted: &str| -> Vec<&str> {
        let of = results.iter().filter(|(_, result)| *result == wanted);
        of.map(|(name, _)| *name).collect()
    };
    let (failed, passed) = (named("FAILED"), named("PASSED"));
    let summary = format!("{} of {SCENARIOS} passed, failed: {failed:?}", passed.len());
    if passed.len() == SCENARIOS {
        Verdict::Held(summary)
    } else {
        Verdict::Failed(format!("{summary}\n{said}"))
    }
}

/// Each scenario with its result, from lines like `▶ billing_claim  (peer: aceso)` and `  => PASSED in 0.1s`.
fn results(said: &str) -> Vec<(&str, &str)> {
    let mut name = "";
    let mut found = Vec::new();
    for line in said.lines() {
        if let Some(rest) = line.strip_prefix("▶ ") {
            name = rest.split_whitespace().next().unwrap_or_default();
        } else if let Some(rest) = line.trim_start().strip_prefix("=> ") {
            found.push((name, rest.split_whitespace().next().unwrap_or_default()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(results: &[(&str, &str)]) -> String {
        let line = |(name, result): &(&str, &str)| {
            format!("▶ {name}  (peer: aceso)\n  => {result} in 0.1s\n")
        };
        results.iter().map(line).collect()
    }

    #[test]
    fn a_scenario_that_does_not_pass_stops_the_run() {
        let names: Vec<String> = (0..SCENARIOS).map(|n| format!("s{n}")).collect();
        let mut all: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "PASSED")).collect();
        assert!(matches!(verdict(&said(&all)), Verdict::Held(_)));
        assert!(matches!(verdict(&said(&all[1..])), Verdict::Failed(_)));
        for other in ["FAILED", "SKIPPED", "WARNING", "ERROR"] {
            all[3].1 = other;
            assert!(
                matches!(verdict(&said(&all)), Verdict::Failed(_)),
                "{other}"
            );
        }
    }
}
