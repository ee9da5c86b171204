//! The review of accesses that nothing explains: the facts for the rules of `shield`, the cases that they find, and what
//! people decide about them. Records and clients can be planted: nobody has reason to open or use them.

mod cases;
mod charts;
mod decoys;
mod documents;
mod links;
mod print;
mod touches;
mod workers;

pub use cases::{CaseList, CaseOutcome, CaseReview, InsiderCase, InsiderReview, Keep};
pub use decoys::{Decoy, DecoyKind};

use aceso_base::{Instant, Zone};
use aceso_shield::insider::{Facts, Net, Place};
use rusqlite::Connection;

use crate::StoreError;
use crate::key::Keys;

/// So long before the time under review things are looked at, to compare with.
const BEFORE: i64 = 30 * 86_400_000;

/// What the installation says of itself for the review.
#[derive(Clone, Debug, Default)]
pub struct InsiderSettings {
    /// The clinic's clocks.
    pub zone: Zone,
    /// The clinic's own networks.
    pub own_networks: Vec<Net>,
    /// Networks whose place is known.
    pub places: Vec<Place>,
}

/// Everything that the rules need for this time.
fn facts(
    record: &Connection,
    log: &Connection,
    keys: &Keys,
    settings: &InsiderSettings,
    (from, until): (Instant, Instant),
) -> Result<Facts, StoreError> {
    let since = from.plus_millis(-BEFORE);
    let decoys = decoys::all(record)?;
    let staff = workers::staff(record, keys, since)?;
    let read = touches::read(record, log, keys, &staff, &decoys, (since, until))?;
    let charts = charts::charts(record, keys, &read.touches, &decoys)?;
    let counts = charts::surnames(record, keys, &staff)?;
    let mut facts = Facts {
        workers: staff.iter().map(|s| s.worker.clone()).collect(),
        charts,
        patients: counts.patients,
        surnames: counts.surnames,
        links: Vec::new(),
        touches: read.touches,
        tokens: read.tokens,
        places: settings.places.clone(),
        own_networks: settings.own_networks.clone(),
        zone: settings.zone.clone(),
    };
    links::find(record, keys, &staff, &mut facts)?;
    Ok(facts)
}
