//! What data keys cost: `cargo run --release -p aceso-vault --example keyspeed`.
#![allow(
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement"
)]

use std::hint::black_box;
use std::time::Instant;

use aceso_vault::Keyring;
use aceso_vault::data::DataKeys;

const ROUNDS: i64 = 20_000;

fn told(what: &str, start: Instant, count: i64) {
    println!(
        "{what}: {:.2} µs",
        start.elapsed().as_secs_f64() * 1e6 / count as f64
    );
}

fn main() {
    let now = aceso_base::Instant::from_millis(0);
    let mut keys = DataKeys::create(now).unwrap();
    for erased in [0, 1000] {
        for patient in 0..erased {
            keys.erase(patient * 0x0123_4567_89ab, now).unwrap();
        }
        let start = Instant::now();
        for n in 0..ROUNDS {
            let whose = keys.whose(-n * 0x0fed_cba9_8765);
            black_box(keys.key(1, whose).unwrap());
        }
        told(
            &format!("draw a key, {erased} patients erased"),
            start,
            ROUNDS,
        );
    }
    let key = keys.key(1, keys.whose(-7)).unwrap();
    let body = vec![7; 300];
    let mut sealed = Vec::new();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        sealed.clear();
        key.seal_after(&mut sealed, b"a place of a usual length", &body)
            .unwrap();
    }
    told("seal 300 bytes", start, ROUNDS);
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(key.open(b"a place of a usual length", &sealed).unwrap());
    }
    told("open 300 bytes", start, ROUNDS);
    let file = keys.seal(&Keyring::create(now).unwrap().patients_sealer());
    println!(
        "the file with 1000 patients erased: {} bytes",
        file.unwrap().len()
    );
    let start = Instant::now();
    keys.erase(-7, now).unwrap();
    told("erase one", start, 1);
}
