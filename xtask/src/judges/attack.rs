//! Programs that attack: sqlmap on searches and forms, wapiti on the pages that anybody can open, schemathesis on what is
//! neither FHIR nor a page.

use anyhow::Result;
use serde_json::Value;

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::run;

/// What sqlmap says when it found nothing, and when it did.
const NOTHING: &str = "do not appear to be injectable";
const FOUND: [&str; 2] = ["identified the following injection", "is vulnerable"];

/// Searches with the parameters that are tried in them, and forms.
const TARGETS: &[(&str, &str, &str)] = &[
    (
        "/fhir/Patient?family=a&_sort=family&_count=5",
        "",
        "family,_sort",
    ),
    (
        "/fhir/Observation?code=http://loinc.org|1&date=ge2020-01-01",
        "",
        "code,date",
    ),
    (
        "/sign-in",
        "name=somebody&password=something%20long&to=/",
        "name,to",
    ),
];

/// `sqlmap` tries each of [`TARGETS`].
pub(crate) fn sqlmap(server: &Server) -> Result<Verdict> {
    if run::which("sqlmap").is_none() {
        return Ok(Verdict::LeftOut("sqlmap is not installed".to_owned()));
    }
    let token = server.token()?;
    for (path, form, parameters) in TARGETS {
        let mut command = run::command("timeout");
        command.args(["300", "sqlmap", "--batch", "--flush-session"]);
        command.args(["--disable-coloring", "--technique=BEUS", "--ignore-code=*"]);
        command.arg(format!("--url={}{path}", server.base()));
        command.arg(format!("--headers=Authorization: Bearer {token}"));
        command.arg(format!(
            "--output-dir={}",
            server.scratch().join("sqlmap").display()
        ));
        command.args(["-p", parameters]);
        if !form.is_empty() {
            command.arg(format!("--data={form}"));
        }
        let out = command.output()?;
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        if FOUND.iter().any(|bad| said.contains(bad)) || !said.contains(NOTHING) {
            return Ok(Verdict::Failed(format!("{path}\n{said}")));
        }
    }
    Ok(Verdict::Held(format!("{} addresses", TARGETS.len())))
}

/// `wapiti` crawls from the first page and attacks what it finds.
pub(crate) fn wapiti(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("wapiti", &["wapiti3<3.2.4"])? else {
        let why = "its packages cannot be had from the registry here";
        return Ok(Verdict::LeftOut(why.to_owned()));
    };
    let report = server.scratch().join("wapiti.json");
    let mut command = run::command("timeout");
    command.arg("240").arg(bin.join("wapiti"));
    command.args(["--url", &format!("{}/", server.base())]);
    command.args(["-m", "xss,sql,file,ssrf,redirect,crlf", "--flush-session"]);
    command.args(["--max-scan-time", "90", "--no-bugreport", "-f", "json"]);
    command.arg("-o").arg(&report);
    command
        .arg("--store-session")
        .arg(server.scratch().join("wapiti"));
    let out = command.output()?;
    let Ok(text) = std::fs::read_to_string(&report) else {
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        return Ok(Verdict::Failed(format!("no report\n{said}")));
    };
    let report: Value = serde_json::from_str(&text)?;
    let found: Vec<&String> = report["vulnerabilities"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, list)| list.as_array().is_some_and(|l| !l.is_empty()))
        .map(|(name, _)| name)
        .collect();
    let pages = report["infos"]["crawled_pages_nbr"].as_u64().unwrap_or(0);
    if !found.is_empty() {
        return Ok(Verdict::Failed(format!("{found:?}\n{text}")));
    }
    if pages == 0 {
        return Ok(Verdict::Failed("no page was crawled".to_owned()));
    }
    Ok(Verdict::Held(format!("{pages} pages, nothing found")))
}

/// `schemathesis` sends what the description of the authorization server allows and forbids.
pub(crate) fn schemathesis(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("schemathesis", &["schemathesis==4.32.*"])? else {
        let why = "its packages cannot be had from the registry here";
        return Ok(Verdict::LeftOut(why.to_owned()));
    };
    let mut command = run::command("timeout");
    command.arg("300").arg(bin.join("schemathesis"));
    command.arg("run");
    command.arg(format!("{}/oauth/openapi.json", server.base()));
    command.args(["--max-examples", "50", "--seed", "1", "--no-color"]);
    // OAuth answers 400 to a well-formed request for a code or token that does not exist.
    command.args(["--exclude-checks", "positive_data_acceptance"]);
    let out = command.current_dir(server.scratch()).output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    if out.status.success() {
        let last = said.lines().rev().find(|line| line.contains("passed"));
        return Ok(Verdict::Held(last.unwrap_or("no issue").trim().to_owned()));
    }
    Ok(Verdict::Failed(said))
}
