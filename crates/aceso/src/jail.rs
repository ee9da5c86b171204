//! Who is kept out, for the audit log and for the packet filter of the machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aceso_policy::{Caller, Job};
use aceso_shield::request::nftables;
use aceso_store::Store;
use aceso_web::Shield;

use crate::clock::clock;

/// How often to look whether somebody else is out.
const LOOK: Duration = Duration::from_secs(2);

/// Notes in the audit log who is put out, and keeps a script for `nft -f` of who is out, until it is dropped; without a file, none.
pub(crate) async fn keep_up(file: String, shield: Shield, store: Store) {
    let (file, mut written) = (PathBuf::from(file), None);
    let mut turns = tokio::time::interval(LOOK);
    loop {
        turns.tick().await;
        note(&shield, &store).await;
        let out = shield.out();
        if file.as_os_str().is_empty() || written.as_ref() == Some(&out) {
            continue;
        }
        match write(&file, &nftables(&out, clock().now())) {
            Ok(()) => written = Some(out),
            Err(error) => tracing::error!(%error, "who is kept out cannot be written"),
        }
    }
}

async fn note(shield: &Shield, store: &Store) {
    let caller = Caller::job(Job::Watch);
    for out in shield.put_out() {
        let why = format!("{}, for {} s", out.deed, out.seconds);
        if let Err(error) = store.note_kept_out(&caller, out.from, why).await {
            tracing::error!(%error, "who is put out cannot be logged");
        }
    }
}

/// In one rename: whoever loads it finds a whole script.
fn write(file: &Path, script: &str) -> std::io::Result<()> {
    let beside = file.with_extension("next");
    std::fs::write(&beside, script)?;
    std::fs::rename(&beside, file)
}
