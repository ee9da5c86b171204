//! Apps that act for people, built with other people's libraries, from their first request to a refreshed token. Their
//! scripts stand beside this file; the packages are those of `../shared/clients`.

use anyhow::Result;

use super::Verdict;
use super::clients::{judged, npm_packages};
use super::server::Server;
use crate::run;

const BROWSER: &str = include_str!("apps/browser.mjs");

const SCOPES: &str = "openid fhirUser launch launch/patient offline_access patient/*.rs";

/// openid-client: discovery to revocation, as a bearer and with DPoP.
pub(crate) fn openid_launch(server: &Server) -> Result<Verdict> {
    let script = include_str!("apps/openid-launch.mjs");
    let register = ["--app", "native", "--redirect", "http://127.0.0.1/done"];
    let wanted = [
        "launched judge-01 bearer true",
        "launched judge-01 dpop true",
        "userinfo true read 200",
        "refreshed true openid fhirUser",
        "introspected true judge-01",
        "revoked false",
    ];
    launch(server, "openid-launch", script, &register, &wanted)
}

/// fhirclient: standalone, from within the clinic, refreshed.
pub(crate) fn smart_launch(server: &Server) -> Result<Verdict> {
    let script = include_str!("apps/smart-launch.mjs");
    let register = [
        "--app",
        "browser",
        "--redirect",
        "http://127.0.0.1:9127/done",
        "--launch",
        "http://127.0.0.1:9127/launch",
        "--short-states",
    ];
    let wanted = [
        "standalone judge-01 true Patient",
        "launched judge-01 true Patient",
        "refreshed true Patient",
    ];
    launch(server, "smart-launch", script, &register, &wanted)
}

fn launch(
    server: &Server,
    name: &str,
    script: &str,
    register: &[&str],
    wanted: &[&str],
) -> Result<Verdict> {
    let dir = match npm_packages()? {
        Ok(dir) => dir,
        Err(why) => return Ok(Verdict::LeftOut(why.to_owned())),
    };
    // Modules are looked for beside the script.
    std::fs::write(dir.join("browser.mjs"), BROWSER)?;
    let file = format!("{name}.mjs");
    std::fs::write(dir.join(&file), script)?;
    let mut args = vec![name, "--scopes", SCOPES];
    args.extend(register);
    server.client(&args)?;
    let link = server.patient(name, "judge-01")?;
    let mut command = run::command("timeout");
    command.current_dir(&dir).args(["120", "node", &file]);
    judged(command.args([server.base(), &link, name]), wanted)
}
