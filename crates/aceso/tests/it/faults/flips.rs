//! Bits flip and pages are torn on a disk at rest: verifying finds it, or nothing that is asked for has changed.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use super::power::Chance;
use crate::crash::rounds;
use crate::stage::Stage;
use crate::wire::Wire;

const PAGE: u64 = 4096;
const WRITTEN: u32 = 40;

fn body(number: u32) -> Vec<u8> {
    format!(
        r#"{{"resourceType": "Basic", "id": "b{number}", "code": {{"text": "mark {number}"}}}}"#
    )
    .into_bytes()
}

/// Damages one place of a file; what was there before.
fn damage(path: &Path, chance: &mut Chance) -> (u64, Vec<u8>) {
    let size = fs::metadata(path).unwrap().len();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let (at, length) = match chance.below(2) {
        0 => (chance.below(size), 1),
        // The second half of a page is that of another time: here, nothing.
        _ => (
            chance.below(size / PAGE) * PAGE + PAGE / 2,
            PAGE as usize / 2,
        ),
    };
    let mut old = vec![0; length];
    file.read_exact_at(&mut old, at).unwrap();
    let new: Vec<u8> = match length {
        1 => vec![old[0] ^ (1 << chance.below(8))],
        length => vec![0; length],
    };
    file.write_all_at(&new, at).unwrap();
    (at, old)
}

/// All that was written is answered as it was written.
fn check_all(stage: &Stage, token: &str) {
    let server = stage.serve();
    let mut wire = Wire::open(&server.address, token).unwrap();
    for number in 0..WRITTEN {
        let reply = wire.ask("GET", &format!("/fhir/Basic/b{number}"), &[], &[]);
        let reply = reply.unwrap();
        assert!(
            reply.status == 200 && reply.text().contains(&format!("mark {number}\"")),
            "{number}: {} {}",
            reply.status,
            reply.text()
        );
    }
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
}

#[test]
fn r7_a_flipped_bit_or_a_torn_page_is_found_or_changes_nothing() {
    let stage = Stage::new();
    let token = stage.token("writer", "system/*.cruds");
    let server = stage.serve();
    let mut wire = Wire::open(&server.address, &token).unwrap();
    for number in 0..WRITTEN {
        let reply = wire.ask("PUT", &format!("/fhir/Basic/b{number}"), &[], &body(number));
        assert_eq!(reply.unwrap().status, 201);
    }
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    let (count, start) = (rounds("ACESO_FLIP_ROUNDS", 6), Instant::now());
    let (mut chance, mut found, mut without) = (Chance::new(7), 0, 0);
    for round in 0..count {
        let path = stage
            .data()
            .join(["record.db", "audit.db"][round as usize % 2]);
        let (at, old) = damage(&path, &mut chance);
        let verified = stage.run(&["verify", "--json"]);
        if verified.status.code() == Some(0) {
            without += 1;
            check_all(&stage, &token);
        } else {
            found += 1;
        }
        OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|file| file.write_all_at(&old, at))
            .unwrap();
        // Mended, it is whole again: the damage was all that was wrong.
        if round % 10 == 9 {
            stage.json(&["verify"], 0);
        }
    }
    stage.json(&["verify"], 0);
    eprintln!(
        "figure: {count} flipped bits and torn pages in {:.0} s: {found} found by verify, {without} where nothing is stored",
        start.elapsed().as_secs_f32()
    );
    assert!(found > 0);
}
