//! `sekmet-fhir`: a hospital's day in fourteen scenarios.

use anyhow::Result;

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::run;

const SCENARIOS: usize = 14;

/// Scenarios that cannot pass yet; the list only gets shorter. Subscriptions need the outbox.
const NOT_YET: &[&str] = &["subscription_backport_roundtrip", "subscription_roundtrip"];

/// Runs all of them.
pub(crate) fn scenarios(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("sekmet", &["sekmet-fhir==0.1.1"])? else {
        let why = "its packages cannot be had from the registry here";
        return Ok(Verdict::LeftOut(why.to_owned()));
    };
    let dir = server.scratch().join("sekmet");
    std::fs::create_dir_all(&dir)?;
    let settings = format!(
        "peers:\n  aceso:\n    base_url: {}\n    auth:\n      type: bearer\n      token: {}\n",
        server.fhir(),
        server.token()?
    );
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
    let unexpected = failed.iter().any(|name| !NOT_YET.contains(name));
    let mended = NOT_YET.iter().any(|name| passed.contains(name));
    let summary = format!(
        "{} passed, left out as not offered: {:?}, failed: {failed:?}",
        passed.len(),
        named("SKIPPED")
    );
    if results.len() != SCENARIOS || unexpected {
        return Verdict::Failed(format!("{summary}\n{said}"));
    }
    if mended {
        return Verdict::Failed(format!(
            "{summary}: shorten the list of those that cannot pass yet"
        ));
    }
    Verdict::Held(summary)
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
    fn an_unexpected_failure_and_an_unexpected_success_both_stop_the_run() {
        let names: Vec<String> = (0..12).map(|n| format!("s{n}")).collect();
        let mut all: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "PASSED")).collect();
        all.extend(NOT_YET.iter().map(|n| (*n, "FAILED")));
        assert!(matches!(verdict(&said(&all)), Verdict::Held(_)));
        all[3].1 = "FAILED";
        assert!(matches!(verdict(&said(&all)), Verdict::Failed(_)));
        all[3].1 = "SKIPPED";
        all[12].1 = "PASSED";
        assert!(matches!(verdict(&said(&all)), Verdict::Failed(_)));
        assert!(matches!(verdict(&said(&all[..13])), Verdict::Failed(_)));
    }
}
