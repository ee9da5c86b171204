//! Every night the bills of materials that the desk looks after, its own program's among them, are compared with what it published and
//! with the snapshots of RustSec and OSV that lie on this machine. Nothing is fetched.

use std::path::PathBuf;
use std::time::Duration;

use aceso_desk::advisory::Advisory;
use aceso_desk::duty::Duty;
use aceso_desk::matching::{Facts, Matcher, Sbom, read_lockfile};
use aceso_policy::{Caller, Job};
use aceso_store::Desk;
use anyhow::Result;
use serde_json::Value;

use super::matching::{is_open, load};
use crate::config::Config;
use crate::sbom;

const EVERY: Duration = Duration::from_secs(60);
/// What the bill of this program is called.
const OWN: &str = concat!("Aceso ", env!("CARGO_PKG_VERSION"), " (this desk)");

/// Looks every minute whether a bill was not compared for a day, for good.
pub(super) async fn run(desk: Desk, config: Config) {
    if let Err(error) = own(&desk).await {
        tracing::error!(%error, "the program's own bill of materials could not be kept");
    }
    let paths: Vec<PathBuf> = config.desk.snapshots.iter().map(PathBuf::from).collect();
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tick.tick().await;
        match look(&desk, &paths).await {
            Ok(0) => {}
            Ok(bills) => tracing::info!(bills, "bills of materials were compared"),
            Err(error) => tracing::error!(%error, "bills of materials could not be compared"),
        }
    }
}

async fn own(desk: &Desk) -> Result<()> {
    let bill = sbom::whole()?.to_string();
    Ok(desk.put_sbom(&Caller::job(Job::Desk), OWN, bill).await?)
}

/// Compares what is due; answers how many bills that were.
async fn look(desk: &Desk, paths: &[PathBuf]) -> Result<usize> {
    let due = desk.sboms_to_scan().await?;
    if due.is_empty() {
        return Ok(0);
    }
    let published = desk.published().await?;
    let own: Vec<Advisory> = published
        .iter()
        .filter(|one| one.withdrawn.is_none())
        .map(|one| one.advisory.clone())
        .collect();
    let wanted = paths.to_vec();
    let (names, bodies): (Vec<String>, Vec<String>) = due.into_iter().unzip();
    let compared = tokio::task::spawn_blocking(move || compare(own, &wanted, &bodies)).await;
    let (advisories, refused, found) = compared??;
    let count: usize = found.iter().map(Vec::len).sum();
    for (name, found) in names.iter().zip(found) {
        desk.sbom_scanned(name, found).await?;
    }
    if names.iter().any(|name| name == OWN) && !paths.is_empty() {
        let evidence = format!(
            "{} bills of materials against {advisories} advisories ({refused} could not be read): {count} findings to look at",
            names.len()
        );
        let done = desk.duty_done_by_itself(Duty::DependencyScan, evidence);
        done.await?;
    }
    Ok(names.len())
}

/// How many advisories there are, how many could not be read, and what is to be looked at in each bill.
fn compare(
    own: Vec<Advisory>,
    paths: &[PathBuf],
    bodies: &[String],
) -> Result<(usize, usize, Vec<Vec<Value>>)> {
    let (mut advisories, refused) = load(paths)?;
    advisories.extend(own);
    let matcher = Matcher::new(&advisories);
    let mut all = Vec::new();
    for body in bodies {
        let bill = match read_lockfile(body) {
            Ok(bill) => bill,
            Err(_) => Sbom::read(body.as_bytes())?,
        };
        let findings = matcher.find(&bill, &Facts::default());
        let open = findings.iter().filter(|finding| is_open(finding));
        all.push(open.map(serde_json::to_value).collect::<Result<_, _>>()?);
    }
    Ok((advisories.len(), refused, all))
}
