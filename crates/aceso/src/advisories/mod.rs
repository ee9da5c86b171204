//! `aceso advisories`: what the makers' response desk published, checked and matched against what this installation is made
//! of and how it is configured.

mod feed;
mod seen;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;

use aceso_desk::When;
use aceso_desk::matching::{Facts, Finding, Matcher, Sbom, State};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::json;

use crate::config::Config;
use crate::place::{Place, clock};
use crate::say::{complain, say};
use crate::{desk, sbom};

use feed::Feed;
use seen::Seen;
use source::Source;

/// Advisories about the program itself.
#[derive(Debug, Subcommand)]
pub(crate) enum AdvisoriesCommand {
    /// Ask the response desk what is published, and say what of it concerns this installation, and why
    #[command(after_help = "Examples:
  aceso advisories check
  aceso advisories check --save bundle/       also keep what was fetched, for machines without the Internet
  aceso advisories check --from bundle/       there: the same signatures, from a stick
  aceso advisories check --sbom other.json    another bill of materials than the program's own

The desk's address and the fingerprint of its key are in the configuration ([advisories] desk and key). What is not signed by
that key, is older than what was seen before, or has been taken away is refused. The exit code is 1 when something concerns
this installation, or the feed is not to be trusted.")]
    Check {
        /// A directory that --save made, instead of the desk
        #[arg(long, value_name = "DIR", conflicts_with = "save")]
        from: Option<PathBuf>,
        /// Keep what was fetched in this directory
        #[arg(long, value_name = "DIR")]
        save: Option<PathBuf>,
        /// Another bill of materials (CycloneDX JSON)
        #[arg(long, value_name = "FILE")]
        sbom: Option<PathBuf>,
        /// Also what is fixed or not affected
        #[arg(long)]
        all: bool,
    },
}

/// Carries it out.
pub(crate) async fn run(
    place: &Place,
    command: AdvisoriesCommand,
    as_json: bool,
) -> Result<ExitCode> {
    let AdvisoriesCommand::Check {
        from,
        save,
        sbom,
        all,
    } = command;
    let settings = &place.config.advisories;
    if settings.desk.is_empty() || settings.key.is_empty() {
        bail!(
            "no desk is configured: set desk and key in [advisories]; the desk's page names its key's fingerprint"
        );
    }
    let now = When::from(clock().now());
    let source = match from {
        Some(dir) => Source::Directory(dir),
        None => Source::desk(&place.config, save)?,
    };
    let feed = Feed::fetch(&source, &settings.desk, &settings.key).await?;
    let path = place.dir.join("advisories.json");
    let mut seen = Seen::read(&path)?;
    seen.accept(&feed)?;
    let days = i64::from(settings.stale_days);
    let stale = feed.signed.plus_days(days) < now;
    if stale {
        complain(&format!(
            "aceso: the feed was signed on {}, more than {days} days ago: nobody knows what came since",
            feed.signed.said()
        ));
    }
    let bill = match sbom {
        Some(path) => std::fs::read(&path).with_context(|| path.display().to_string())?,
        None => serde_json::to_vec(&sbom::whole()?)?,
    };
    let bill = Sbom::read(&bill).context("the bill of materials")?;
    let findings = Matcher::new(&feed.advisories).find(&bill, &facts(&place.config));
    if place.holds_record() {
        seen.write(&path)?;
    }
    let open = tell(&feed, &findings, all, as_json)?;
    Ok(if open == 0 && !stale {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is true of this installation, as advisories may ask: where it can be reached from, which database and parts it has.
fn facts(config: &Config) -> Facts {
    let mut facts = Facts::default();
    let listen = &config.listen;
    let loopback = ["127.0.0.1", "[::1]", "localhost"];
    let near = loopback.iter().any(|host| listen.address.contains(host));
    let exposed = match (near, listen.public.is_empty(), listen.trust_forwarded) {
        (true, true, false) => "loopback",
        (_, false, _) | (_, _, true) => "internet",
        (false, true, false) => "lan",
    };
    facts.add("exposed", exposed);
    facts.add("database", "embedded");
    for module in ["staff", "fhir", "smart"] {
        facts.add("module", module);
    }
    if config.sign_in.provider.is_empty() {
        facts.know("sign-in");
    } else {
        facts.add("sign-in", "outside");
    }
    facts
}

/// Says what was found; gives how many findings somebody has to do something about.
fn tell(feed: &Feed, findings: &[Finding], all: bool, as_json: bool) -> Result<usize> {
    let open = |f: &&Finding| match f.state {
        State::Affected | State::UnderInvestigation => true,
        State::Fixed | State::NotAffected => false,
    };
    let count = findings.iter().filter(open).count();
    let shown = findings.iter().filter(|f| all || open(f));
    if as_json {
        let told = json!({
            "signed": feed.signed, "advisories": feed.advisories.len(), "open": count, "findings": shown.collect::<Vec<_>>(),
        });
        say(&told.to_string());
        return Ok(count);
    }
    for finding in shown {
        desk::tell_finding(finding);
    }
    say(&format!(
        "{} advisories, signed on {}: {}",
        feed.advisories.len(),
        feed.signed.said(),
        match count {
            0 => "none of them concerns this installation".to_owned(),
            1 => "1 finding to act on".to_owned(),
            many => format!("{many} findings to act on"),
        }
    ));
    Ok(count)
}
