//! The first run: there is no account, and no default one is made (ASVS 6.3.2). Whoever sees the console becomes the
//! first administrator, by a link that works once.

use aceso_login::fresh;
use aceso_policy::Caller;
use aceso_store::{LinkKind, NewLink, Store};
use anyhow::Result;

use crate::say::say;

const HOURS: i64 = 24;

/// Prints a one-time link while nobody can administer the installation; each start prints a new one, and the one before
/// is void.
pub(crate) async fn offer(store: &Store, base: &str) -> Result<()> {
    if store.has_administrator().await? {
        return Ok(());
    }
    let link = fresh()?;
    let new = NewLink {
        hash: link.hash,
        kind: LinkKind::SetUp,
        account: String::new(),
        ends: store.now().plus_millis(HOURS * 3_600_000),
    };
    store.make_link(&Caller::operator(), new).await?;
    say(&format!(
        "\
Nobody can administer it yet. Open this within {HOURS} hours to become its first administrator; it works once:
  {base}/set-up/{}",
        link.token
    ));
    Ok(())
}
