//! How long the check of an access token takes that was seen a moment ago.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement"
)]

use std::sync::Arc;
use std::time::Instant;

use aceso_base::{Clock, SystemClock};
use aceso_login::{Issue, Verifier, issue};
use aceso_policy::Caller;
use aceso_store::{NewClient, Settings, Store};
use aceso_vault::RootKey;

const ROUNDS: u32 = 1_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let dir = std::env::temp_dir().join(format!("aceso-checkspeed-{}", std::process::id()));
    std::fs::create_dir(&dir).unwrap();
    let root = RootKey::create_file(&dir.join("key")).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(Settings::new(dir.join("data")), &root, Arc::clone(&clock)).unwrap();
    let caller = Caller::operator();
    let client = NewClient {
        id: "a".into(),
        name: "a".into(),
        scopes: "system/*.rs".into(),
        jwks: None,
    };
    store.add_client(&caller, client).await.unwrap();
    let wish = Issue {
        client: "a".into(),
        scopes: "system/*.rs".into(),
        patient: None,
        expires: clock.now().plus_millis(3_600_000),
    };
    let token = issue(&store, &caller, wish).await.unwrap();
    let verifier = Verifier::new(store, clock);
    let start = Instant::now();
    for _ in 0..ROUNDS {
        assert!(verifier.look_up(&token).await.is_some());
    }
    println!(
        "{:.0} ns a check",
        start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
    );
    std::fs::remove_dir_all(&dir).unwrap();
}
