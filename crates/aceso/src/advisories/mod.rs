//! `aceso advisories`: what the makers' response desk published, checked and matched against what this installation is made
//! of and how it is configured.

mod own;
mod status;

pub(crate) use own::{level, of};

use std::path::PathBuf;
use std::process::ExitCode;

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::matching::{Finding, Matcher, Sbom, State};
use aceso_jobs::advisories::{Advisories, Feed, Source, Turned, forward};
use aceso_policy::Caller;
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

use crate::clock::clock;
use crate::delivery::trust;
use crate::desk;
use crate::place::Place;
use crate::say::{complain, say};

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
that key, is older than what was seen before, or has been taken away is refused. What is found about this installation is kept, and
decided on /admin/advisories. The exit code is 1 when something concerns this installation, or the feed is not to be trusted.")]
    Check {
        /// A directory that --save made, instead of the desk
        #[arg(long, value_name = "DIR", conflicts_with = "save")]
        from: Option<PathBuf>,
        /// Keep what was fetched in this directory
        #[arg(long, value_name = "DIR")]
        save: Option<PathBuf>,
        /// Another bill of materials (CycloneDX JSON); what is found is shown, and not kept
        #[arg(long, value_name = "FILE")]
        sbom: Option<PathBuf>,
        /// Also what is fixed or not affected
        #[arg(long)]
        all: bool,
    },
    /// Say how the installation stands: the feed, each advisory, the receipts, and what is told to the desk
    #[command(after_help = "Examples:
  aceso advisories status
  aceso advisories status --json")]
    Status,
}

/// Carries it out.
pub(crate) async fn run(
    place: &Place,
    command: AdvisoriesCommand,
    as_json: bool,
) -> Result<ExitCode> {
    match command {
        AdvisoriesCommand::Check {
            from,
            save,
            sbom,
            all,
        } => {
            let source = match from {
                Some(dir) => Source::Directory(dir),
                None => {
                    let desk = place.config.advisories.desk.trim_end_matches('/');
                    own::settings(&place.config)?;
                    Source::desk(desk, &trust(&place.config), save)?
                }
            };
            check(place, source, sbom, Shown { all, as_json }).await
        }
        AdvisoriesCommand::Status => status::run(place, as_json).await,
    }
}

/// How to say what was found.
#[derive(Clone, Copy)]
struct Shown {
    all: bool,
    as_json: bool,
}

async fn check(
    place: &Place,
    source: Source,
    sbom: Option<PathBuf>,
    shown: Shown,
) -> Result<ExitCode> {
    let settings = own::settings(&place.config)?;
    let own = own::own(&place.config)?;
    let store = match place.holds_record() {
        true => Some(place.open()?),
        false => None,
    };
    let caller = Caller::operator();
    let (known, before) = match &store {
        Some(store) => (
            store.advisories(&caller).await?,
            store.advisory_feed(&caller).await?.signed,
        ),
        None => (Vec::new(), None),
    };
    // Everything is fetched: a directory that is made of it has all.
    let feed = Feed::fetch(&source, &settings.desk, &settings.key, &[]).await?;
    forward(&feed, before.map(When::from), &known)?;
    let now = When::from(clock().now());
    let days = i64::from(settings.stale_days);
    let stale = feed.signed.plus_days(days) < now;
    if stale {
        complain(&format!(
            "aceso: the feed was signed on {}, more than {days} days ago: nobody knows what came since",
            feed.signed.said()
        ));
    }
    let bill = match &sbom {
        Some(path) => std::fs::read(path).with_context(|| path.display().to_string())?,
        None => own.bill.clone(),
    };
    let bill = Sbom::read(&bill).context("the bill of materials")?;
    let findings = Matcher::new(&feed.fetched).find(&bill, &own.facts);
    if let Some(store) = store.filter(|_| sbom.is_none()) {
        let tested = own::tested(&store);
        let turned = Advisories::new(store, source, own, settings, tested)
            .turn()
            .await?;
        told(&turned);
    }
    let open = tell(&feed.fetched, feed.signed, &findings, shown)?;
    Ok(if open == 0 && !stale {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn told(turned: &Turned) {
    use aceso_jobs::advisories::Told;
    if let Some(Told::Refused(why)) = &turned.told {
        complain(&format!("aceso: nothing was told to the desk: {why}"));
    }
}

/// Says what was found; gives how many findings somebody has to do something about.
fn tell(
    advisories: &[Advisory],
    signed: When,
    findings: &[Finding],
    shown: Shown,
) -> Result<usize> {
    let open = |f: &&Finding| match f.state {
        State::Affected | State::UnderInvestigation => true,
        State::Fixed | State::NotAffected => false,
    };
    let count = findings.iter().filter(open).count();
    let told = findings.iter().filter(|f| shown.all || open(f));
    if shown.as_json {
        let told = json!({
            "signed": signed, "advisories": advisories.len(), "open": count, "findings": told.collect::<Vec<_>>(),
        });
        say(&told.to_string());
        return Ok(count);
    }
    for finding in told {
        desk::tell_finding(finding);
    }
    say(&format!(
        "{} advisories, signed on {}: {}",
        advisories.len(),
        signed.said(),
        match count {
            0 => "none of them concerns this installation".to_owned(),
            1 => "1 finding to act on".to_owned(),
            many => format!("{many} findings to act on"),
        }
    ));
    Ok(count)
}
