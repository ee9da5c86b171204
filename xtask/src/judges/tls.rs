//! The program's TLS, with a certificate of an authority that the judges know: sslyze against Mozilla's recommendation, testssl.sh
//! for known weaknesses.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Verdict;
use super::packages::python;
use super::server::Server;
use crate::run;

const LEAF: &str = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n";
/// What testssl.sh calls a finding that has to be looked at.
const BAD: [&str; 4] = ["MEDIUM", "HIGH", "CRITICAL", "FATAL"];

/// The program, listening with TLS on a record of its own; killed when dropped.
struct Listening {
    child: Child,
    address: String,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// sslyze finds it compliant with Mozilla's intermediate recommendation.
pub(crate) fn sslyze(server: &Server) -> Result<Verdict> {
    let Some(bin) = python("sslyze", &["sslyze==6.3.*"])? else {
        let why = "its packages cannot be had from the registry here";
        return Ok(Verdict::LeftOut(why.to_owned()));
    };
    let dir = server.scratch().join("sslyze");
    let listening = listen(server, &dir)?;
    let mut judge = run::command("timeout");
    judge.arg("120").arg(bin.join("sslyze"));
    judge.arg("--mozilla_config=intermediate");
    judge.arg("--certinfo_ca_file").arg(dir.join("ca.pem"));
    let out = judge.arg(&listening.address).output()?;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    Ok(if out.status.success() && said.contains("OK - Compliant") {
        Verdict::Held("Mozilla's intermediate recommendation".to_owned())
    } else {
        Verdict::Failed(said)
    })
}

/// testssl.sh finds nothing that is worse than low: protocols, ciphers, forward secrecy, vulnerabilities.
pub(crate) fn testssl(server: &Server) -> Result<Verdict> {
    let Some(program) = run::which("testssl") else {
        return Ok(Verdict::LeftOut("testssl.sh is not installed".to_owned()));
    };
    let dir = server.scratch().join("testssl");
    let listening = listen(server, &dir)?;
    let report = dir.join("report.json");
    let mut judge = run::command("timeout");
    judge.arg("300").arg(program);
    judge.args([
        "--quiet", "--color", "0", "-p", "-s", "-f", "-U", "--add-ca",
    ]);
    judge.arg(dir.join("ca.pem")).arg("--jsonfile").arg(&report);
    let out = judge.arg(&listening.address).output()?;
    let said = std::fs::read_to_string(&report)
        .with_context(|| String::from_utf8_lossy(&out.stdout).into_owned())?;
    let findings: Vec<Value> = serde_json::from_str(&said)?;
    let bad: Vec<String> = (findings.iter())
        .filter(|one| one["severity"].as_str().is_some_and(|s| BAD.contains(&s)))
        .map(|one| format!("{}: {}", one["id"], one["finding"]))
        .collect();
    Ok(if bad.is_empty() && findings.len() > 20 {
        Verdict::Held(format!("{} findings, none worse than low", findings.len()))
    } else {
        Verdict::Failed(bad.join("\n"))
    })
}

fn listen(server: &Server, dir: &Path) -> Result<Listening> {
    std::fs::create_dir(dir)?;
    certificate(dir)?;
    let of = |name: &str| dir.join(name).display().to_string();
    let config = dir.join("aceso.toml");
    let text = format!(
        "[listen]\ncertificate = '{}'\ncertificate_key = '{}'\n",
        of("leaf.pem"),
        of("key.pem")
    );
    std::fs::write(&config, text)?;
    let mut serve = run::command(server.binary());
    serve.args(["serve", "--listen", "https://127.0.0.1:0", "--data"]);
    serve.arg(dir.join("data")).arg("--config").arg(&config);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut first = String::new();
    BufReader::new(child.stdout.take().context("no standard output")?).read_line(&mut first)?;
    let port = first.trim().trim_end_matches("/fhir").rsplit(':').next();
    let port = port.with_context(|| format!("the server did not say where it is: {first}"))?;
    Ok(Listening {
        address: format!("localhost:{port}"),
        child,
    })
}

/// An authority and a certificate of it for this machine, for some weeks.
fn certificate(dir: &Path) -> Result<()> {
    std::fs::write(dir.join("leaf.ext"), LEAF)?;
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for step in [
        format!("req -x509 {key} -keyout ca.key -out ca.pem -days 80 -subj /CN=Judges -addext keyUsage=critical,keyCertSign"),
        format!("req -new {key} -keyout key.pem -out leaf.csr -subj /CN=localhost"),
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 80 -extfile leaf.ext -out leaf.pem".to_owned(),
    ] {
        let mut openssl = run::command("openssl");
        openssl.current_dir(dir).args(step.split(' '));
        run::output(&mut openssl)?;
    }
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    let key: PathBuf = dir.join("key.pem");
    Ok(std::fs::set_permissions(key, private)?)
}
