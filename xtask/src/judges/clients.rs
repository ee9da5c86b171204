//! Real FHIR and OAuth clients: the scripts of `../shared/clients`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Verdict;
use super::packages::{npm, python, scripts};
use super::server::Server;
use crate::run;

const ABSENT: &str = "../shared/clients is absent";
const NO_PACKAGES: &str = "its packages cannot be had from the registry here";

/// Two of the Python scripts have no argument for a token: their HTTP library is told to send one.
const SITE: &str = "\
import os
import requests

_plain = requests.Session.__init__


def with_token(self, *args, **kwargs):
    _plain(self, *args, **kwargs)
    self.headers[\"Authorization\"] = \"Bearer \" + os.environ[\"ACESO_TOKEN\"]


requests.Session.__init__ = with_token
";

pub(crate) fn fhir_kit_client(server: &Server) -> Result<Verdict> {
    let token = server.token()?;
    node(
        "fhir-kit-client.mjs",
        &[&server.fhir(), &token],
        &["fhirVersion 4.0.1", "history 2"],
    )
}

pub(crate) fn npm_fhirclient(server: &Server) -> Result<Verdict> {
    let token = server.token()?;
    node(
        "fhirclient.mjs",
        &[&server.fhir(), &token],
        &["found 1", "obs bundle Bundle"],
    )
}

pub(crate) fn medplum(server: &Server) -> Result<Verdict> {
    let (base, token) = (format!("{}/", server.base()), server.token()?);
    node(
        "medplum.mjs",
        &[&base, "fhir/", &token],
        &["v 2 -> 3", "tx transaction-response"],
    )
}

pub(crate) fn openid_client(server: &Server) -> Result<Verdict> {
    let key = server.signing_client("openid")?;
    let key = key.display().to_string();
    node(
        "openid-client.mjs",
        &[server.base(), "openid", &key],
        &["access_token", "system/*.rs"],
    )
}

pub(crate) fn fhirpy(server: &Server) -> Result<Verdict> {
    let token = server.token()?;
    py(
        server,
        "use_fhirpy.py",
        &[&server.fhir(), &token],
        &["version 1", "patch ok", "['Observation', 'Patient']"],
    )
}

pub(crate) fn py_fhirclient(server: &Server) -> Result<Verdict> {
    let base = format!("{}/", server.fhir());
    py(
        server,
        "use_fhirclient.py",
        &[&base],
        &["found 1", "update 2", "delete True"],
    )
}

pub(crate) fn fhir_pyrate(server: &Server) -> Result<Verdict> {
    py(
        server,
        "use_fhir_pyrate.py",
        &[&server.fhir()],
        // Three pages of five; the columns are what these patients happen to have.
        &["(15, "],
    )
}

/// The directory with the npm packages, or why there is none.
pub(crate) fn npm_packages() -> Result<Result<PathBuf, &'static str>> {
    let Some(scripts) = scripts() else {
        return Ok(Err(ABSENT));
    };
    // openid-client takes keys as jose 6 gives them; another client would bring jose 4.
    let packages = npm("npm", &scripts.join("package.json"), &["jose@^6"])?;
    Ok(packages.ok_or(NO_PACKAGES))
}

fn node(script: &str, args: &[&str], wanted: &[&str]) -> Result<Verdict> {
    let dir = match npm_packages()? {
        Ok(dir) => dir,
        Err(why) => return Ok(Verdict::LeftOut(why.to_owned())),
    };
    // Modules are looked for beside the script.
    let from = scripts().unwrap_or_default();
    std::fs::copy(from.join(script), dir.join(script))?;
    let mut command = run::command("timeout");
    command.current_dir(&dir).args(["120", "node", script]);
    judged(command.args(args), wanted)
}

fn py(server: &Server, script: &str, args: &[&str], wanted: &[&str]) -> Result<Verdict> {
    let Some(scripts) = scripts() else {
        return Ok(Verdict::LeftOut(ABSENT.to_owned()));
    };
    let Some(bin) = python("clients", &["fhirpy", "fhirclient", "fhir-pyrate"])? else {
        return Ok(Verdict::LeftOut(NO_PACKAGES.to_owned()));
    };
    let site = server.scratch().join("site");
    std::fs::create_dir_all(&site)?;
    std::fs::write(site.join("sitecustomize.py"), SITE)?;
    let mut command = run::command("timeout");
    command
        .arg("120")
        .arg(bin.join("python"))
        .arg(scripts.join(script))
        .env("PYTHONPATH", &site)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("ACESO_TOKEN", server.token()?);
    judged(command.args(args), wanted)
}

/// It must end well and say all that is wanted.
pub(crate) fn judged(command: &mut Command, wanted: &[&str]) -> Result<Verdict> {
    let out = command.output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let missing: Vec<&&str> = wanted.iter().filter(|w| !said.contains(**w)).collect();
    if out.status.success() && missing.is_empty() {
        return Ok(Verdict::Held(wanted.join(", ")));
    }
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    let text = format!("{}, missing {missing:?}\n{said}\n{errors}", out.status);
    Ok(Verdict::Failed(text))
}
