//! `cargo xtask release`: makes the repository of releases that `aceso update` reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aceso_base::{Clock, SystemClock};
use aceso_supply::{Keys, Publisher, Release, Schema, make_keys};
use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run;

const HELP: &str = "\
cargo xtask release keys DIR
    make the four keys. Keep root.key offline: it is needed for `root` alone
cargo xtask release root --keys DIR --to REPOSITORY
    say which keys sign from now on (all four keys); prints the root.json that installations are given
cargo xtask release publish --keys DIR --to REPOSITORY --program FILE --advisories FILE --vex FILE
        [--version V] [--lowest V] [--critical yes] [--notes TEXT]
    publish a program with its bill of materials, the advisories about it (OSV) and which of them concern it (OpenVEX)
cargo xtask release refresh --keys DIR --to REPOSITORY
    say again that what is newest is newest; at least every 30 days";

/// Carries a chore out.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let (command, rest) = args.split_first().context(HELP)?;
    if let ("keys", [dir]) = (command.as_str(), rest) {
        make_keys(dir.as_ref())?;
        println!("{dir}: move root.key to a place without a network");
        return Ok(());
    }
    let given = Given::read(rest)?;
    let keys = Keys::read(given.path("keys")?.as_path())?;
    let to = given.path("to")?;
    let publisher = Publisher {
        dir: &to,
        keys: &keys,
        now: SystemClock.now(),
    };
    match command.as_str() {
        "root" => println!("{}", publisher.root()?.display()),
        "publish" => publish(&publisher, &given)?,
        "refresh" => publisher.refresh()?,
        _ => bail!("{HELP}"),
    }
    Ok(())
}

/// What stands behind each `--name`.
struct Given(BTreeMap<String, String>);

impl Given {
    fn read(args: &[String]) -> Result<Self> {
        let mut given = BTreeMap::new();
        for pair in args.chunks(2) {
            let [name, value] = pair else { bail!("{HELP}") };
            let name = name.strip_prefix("--").context(HELP)?;
            given.insert(name.to_owned(), value.clone());
        }
        Ok(Self(given))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let text = self.text(name);
        let text = text.with_context(|| format!("--{name} is missing\n\n{HELP}"))?;
        Ok(std::path::absolute(text)?)
    }
}

fn publish(publisher: &Publisher<'_>, given: &Given) -> Result<()> {
    let program = given.path("program")?;
    let (advisories, vex) = (given.path("advisories")?, given.path("vex")?);
    must_be_osv(&advisories)?;
    must_be_openvex(&vex)?;
    let said = said(&program, &["update", "describe"])?;
    let said: Value = serde_json::from_slice(&said).context("what the program says of itself")?;
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    let version = given.text("version").map(str::to_owned).or(text("version"));
    let version = version.context("the program says no version")?;
    let platform = text("platform").context("the program says no platform")?;
    let schema: Schema = serde_json::from_value(said["schema"].clone())?;
    let release = Release {
        version: version.parse()?,
        lowest: given.text("lowest").unwrap_or("0.1.0").parse()?,
        critical: given.text("critical") == Some("yes"),
        schema,
        programs: BTreeMap::from([(platform.clone(), format!("aceso-{version}-{platform}"))]),
        sbom: format!("aceso-{version}.cdx.json"),
        advisories: format!("advisories-{version}.osv.json"),
        vex: format!("aceso-{version}.openvex.json"),
        notes: given.text("notes").unwrap_or_default().to_owned(),
    };
    let files = publisher.dir.with_extension("making");
    fs::create_dir_all(&files)?;
    for (from, to) in [
        (program.clone(), release.program()?),
        (advisories, &release.advisories),
        (vex, &release.vex),
    ] {
        fs::copy(&from, files.join(to)).with_context(|| from.display().to_string())?;
    }
    fs::write(files.join(&release.sbom), self::said(&program, &["sbom"])?)?;
    let done = publisher.publish(&release, &files);
    fs::remove_dir_all(&files)?;
    done?;
    println!("release {version} is in {}", publisher.dir.display());
    Ok(())
}

/// A list of OSV records, which may be empty: what installations are given is at least of its form.
fn must_be_osv(path: &Path) -> Result<()> {
    let document = json_of(path)?;
    let is_record = |one: &Value| one["id"].is_string() && one["modified"].is_string();
    let is_list = document
        .as_array()
        .is_some_and(|all| all.iter().all(is_record));
    if !is_list {
        bail!(
            "{}: this is no list of OSV records: [{{\"id\": …, \"modified\": …}}, …], or [] when there is none",
            path.display()
        );
    }
    Ok(())
}

/// An OpenVEX document.
fn must_be_openvex(path: &Path) -> Result<()> {
    let document = json_of(path)?;
    let context = document["@context"].as_str().unwrap_or_default();
    if !context.starts_with("https://openvex.dev/ns") || !document["statements"].is_array() {
        bail!(
            "{}: this is no OpenVEX document: {{\"@context\": \"https://openvex.dev/ns/v0.2.0\", …, \"statements\": […]}}",
            path.display()
        );
    }
    Ok(())
}

fn json_of(path: &Path) -> Result<Value> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
}

/// What a program prints.
fn said(program: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let out = run::command(program).args(args).output()?;
    if !out.status.success() {
        bail!("{} {args:?}: {}", program.display(), out.status);
    }
    Ok(out.stdout)
}
