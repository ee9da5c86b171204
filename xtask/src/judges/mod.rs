//! Outside judges: programs that others wrote, unmodified, against the running server. Their packages come from the
//! registries into a cache outside the checkout; what cannot be had is left out and said so.

mod apps;
mod attack;
mod clients;
mod desk;
mod elsewhere;
mod laboratory;
mod packages;
mod pages;
mod sekmet;
mod server;
mod shield;
mod storage;
mod supply;
mod tls;
mod waf;

use std::time::Instant;

use anyhow::{Result, bail};

use server::Server;

/// What a judge said.
pub(crate) enum Verdict {
    /// It is content.
    Held(String),
    /// It could not be asked, for this reason.
    LeftOut(String),
    /// It is not.
    Failed(String),
}

type Judge = fn(&Server) -> Result<Verdict>;

const JUDGES: &[(&str, Judge)] = &[
    ("npm fhir-kit-client", clients::fhir_kit_client),
    ("npm fhirclient", clients::npm_fhirclient),
    ("npm @medplum/core", clients::medplum),
    ("npm openid-client", clients::openid_client),
    ("npm openid-client, launches", apps::openid_launch),
    ("npm fhirclient, launches", apps::smart_launch),
    ("PyPI fhirpy", clients::fhirpy),
    ("PyPI fhirclient", clients::py_fhirclient),
    ("PyPI fhir-pyrate", clients::fhir_pyrate),
    ("PyPI sekmet-fhir", sekmet::scenarios),
    ("PyPI cyclonedx-python-lib", supply::cyclonedx),
    ("PyPI tuf", supply::tuf),
    ("PyPI moto, a bucket for backups", storage::bucket),
    ("OWASP CRS corpus, replayed", shield::crs),
    ("nginx, ModSecurity, OWASP CRS", waf::modsecurity),
    ("PyPI sslyze", tls::sslyze),
    ("testssl.sh", tls::testssl),
    ("nft", shield::nft),
    ("fail2ban-regex", shield::fail2ban),
    ("sqlmap", attack::sqlmap),
    ("PyPI wapiti3", attack::wapiti),
    ("PyPI schemathesis", attack::schemathesis),
    ("Chromium, axe-core, csp_evaluator", pages::people),
    ("Chromium, axe-core, the day of each role", pages::day),
    ("Chromium, what is typed is not lost", pages::typing),
    ("npm lighthouse", pages::lighthouse),
    ("Chromium, a profile after signing out", pages::device),
    ("Chromium, axe-core, the response desk", pages::desk),
    ("desk: PyPI csaf", desk::csaf),
    ("desk: npm csaf-validator-lib", desk::secvisogram),
    ("desk: PyPI check-jsonschema", desk::schemas),
    ("desk: PyPI cyclonedx-python-lib", desk::cyclonedx),
    (
        "desk: services elsewhere, by their own descriptions",
        elsewhere::described,
    ),
    ("Chromium, axe-core, a downtime pack", pages::downtime),
];

/// What a judge that is content shows of the requirements, as the name of a test: `cargo xtask passed` takes it from the log.
const RULES: &[(&str, &str)] = &[(
    "Chromium, a profile after signing out",
    "judges::o_d7_asvs_14_3_3_nothing_of_a_patient_is_in_a_browsers_profile_after_signing_out",
)];

/// Asked only by their whole name: they take too long for every run.
const LONG: &[(&str, Judge)] = &[("npm lighthouse, all screens", pages::lighthouse_everywhere)];

/// Asks each in turn whose name has this in it, on one server; fails when one is not content, and says at the end which.
pub(crate) fn run(part: &str) -> Result<()> {
    let server = Server::start()?;
    let mut failed = Vec::new();
    let usual = JUDGES.iter().filter(|(name, _)| name.contains(part));
    let long = LONG.iter().filter(|(name, _)| *name == part);
    for (name, judge) in usual.chain(long) {
        let start = Instant::now();
        let verdict = judge(&server)?;
        let seconds = start.elapsed().as_secs();
        match verdict {
            Verdict::Held(text) => {
                println!("{name}: held in {seconds} s ({text})");
                for (_, rule) in RULES.iter().filter(|(of, _)| of == name) {
                    println!("test {rule} ... ok");
                }
            }
            Verdict::LeftOut(why) => println!("{name}: LEFT OUT: {why}"),
            Verdict::Failed(text) => {
                println!("{name}: FAILED");
                failed.push(format!("{name}: {text}"));
            }
        }
    }
    if !failed.is_empty() {
        println!("the server's last words:\n{}", server.last_words()?);
        bail!(
            "{} judges are not content:\n{}",
            failed.len(),
            failed.join("\n")
        );
    }
    Ok(())
}
