//! Who is kept out, for the packet filter of the machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aceso_shield::request::nftables;
use aceso_web::Shield;

use crate::place::clock;

/// How often to look whether somebody else is out.
const LOOK: Duration = Duration::from_secs(2);

/// Keeps a script for `nft -f` of who is out, until it is dropped; without a file, none.
pub(crate) async fn keep_up(file: String, shield: Shield) {
    if file.is_empty() {
        return;
    }
    let (file, mut written) = (PathBuf::from(file), None);
    let mut turns = tokio::time::interval(LOOK);
    loop {
        turns.tick().await;
        let out = shield.out();
        if written.as_ref() == Some(&out) {
            continue;
        }
        match write(&file, &nftables(&out, clock().now())) {
            Ok(()) => written = Some(out),
            Err(error) => tracing::error!(%error, "who is kept out cannot be written"),
        }
    }
}

/// In one rename: whoever loads it finds a whole script.
fn write(file: &Path, script: &str) -> std::io::Result<()> {
    let beside = file.with_extension("next");
    std::fs::write(&beside, script)?;
    std::fs::rename(&beside, file)
}
