//! Two releases beside each other; and updates that were cut off.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::Instant;
use aceso_supply::{PROGRAM, Release, Schema, Slot, SlotError, Slots};

struct Stage {
    dir: PathBuf,
    slots: Slots,
}

impl Stage {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-slots-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("first"), "first").unwrap();
        let slots = Slots::make(&dir.join("top"), &dir.join("first")).unwrap();
        Self { dir, slots }
    }

    /// The link leads to this program.
    #[track_caller]
    fn runs(&self, text: &str) {
        assert_eq!(fs::read_to_string(self.slots.linked()).unwrap(), text);
    }

    fn put(&self, version: &str) -> Slot {
        let staging = self.slots.stage().unwrap();
        let program = staging.dir().join("downloaded");
        fs::write(&program, version).unwrap();
        staging.complete(&release(version), &program).unwrap();
        staging.settle().unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn release(version: &str) -> Release {
    Release {
        version: version.parse().unwrap(),
        lowest: "1.0.0".parse().unwrap(),
        critical: false,
        schema: Schema {
            record: 1,
            audit: 1,
        },
        programs: BTreeMap::new(),
        sbom: "s".to_owned(),
        advisories: "a".to_owned(),
        vex: "v".to_owned(),
        notes: String::new(),
    }
}

#[test]
fn a_release_is_put_beside_the_one_in_use_and_takes_its_place_in_one_step() {
    let stage = Stage::new();
    stage.runs("first");
    assert_eq!(stage.slots.release(Slot::A).unwrap(), None);
    let to = stage.put("2.0.0");
    assert_eq!(to, Slot::B);
    stage.runs("first");
    stage
        .slots
        .begin_trial(to, Instant::from_millis(5))
        .unwrap();
    stage.runs("2.0.0");
    assert_eq!(
        stage.slots.release(Slot::B).unwrap(),
        Some(release("2.0.0"))
    );
    let trial = stage.slots.trial().unwrap().unwrap();
    assert_eq!((trial.from, trial.to, trial.at), (Slot::A, Slot::B, 5));
    stage.slots.end_trial().unwrap();
    assert_eq!(stage.slots.trial().unwrap(), None);
    // Back, and the next one takes the place of what is not in use.
    stage.slots.switch(Slot::A).unwrap();
    stage.runs("first");
    assert_eq!(stage.put("3.0.0"), Slot::B);
}

#[test]
fn an_update_cut_off_anywhere_leaves_a_whole_release_in_use() {
    let stage = Stage::new();
    // While files are fetched.
    let staging = stage.slots.stage().unwrap();
    fs::write(staging.dir().join("half"), "ha").unwrap();
    drop(staging);
    stage.runs("first");
    let staging = stage.slots.stage().unwrap();
    assert_eq!(fs::read_dir(staging.dir()).unwrap().count(), 0);
    drop(staging);
    // After the old release went, before the new one came.
    stage.put("2.0.0");
    fs::remove_dir_all(stage.slots.dir(Slot::B)).unwrap();
    stage.runs("first");
    let error = stage.slots.switch(Slot::B).unwrap_err();
    assert!(matches!(error, SlotError::Empty));
    // Before the link was turned.
    stage.put("2.0.0");
    std::os::unix::fs::symlink("b", stage.slots.top().join("current.next")).unwrap();
    stage.runs("first");
    stage.slots.switch(Slot::B).unwrap();
    stage.runs("2.0.0");
}

#[test]
fn a_program_that_lies_elsewhere_has_no_place_for_a_second() {
    let stage = Stage::new();
    for program in ["first", "top/aceso", "top/c/aceso"] {
        let error = Slots::around(&stage.dir.join(program)).unwrap_err();
        assert!(matches!(error, SlotError::Layout(_)), "{program}");
    }
    let (slots, slot) = Slots::around(&stage.slots.dir(Slot::A).join(PROGRAM)).unwrap();
    assert_eq!((slots, slot), (stage.slots.clone(), Slot::A));
    let again = Slots::make(&stage.dir.join("top"), &stage.dir.join("first"));
    assert!(matches!(again, Err(SlotError::There(_))));
}
