//! Keys and what they seal: rotation, erasure, copies from before it, what is missing, moved or changed.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_fhir::search::{Options, parse};
use aceso_fhir::{Value, json};
use aceso_policy::{Caller, FhirUser, Origin, Person, Purpose, Role, Session, Strength};
use aceso_store::{Beside, ErasureState, OpenError, PeopleError, ReadError, Settings, Store};
use aceso_vault::RootKey;

const NOW: i64 = 1_795_314_068_000;

struct Place {
    dir: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("aceso-keys-{}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self { dir }
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn outside(&self) -> PathBuf {
        self.dir.join("data.patient-keys")
    }

    fn root(&self) -> RootKey {
        let key = self.dir.join("key");
        if key.exists() {
            RootKey::from_file(&key).unwrap()
        } else {
            RootKey::create_file(&key).unwrap()
        }
    }

    fn try_open(&self) -> Result<Store, OpenError> {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(NOW)));
        Store::open(Settings::new(self.data()), &self.root(), clock)
    }

    fn open(&self) -> Store {
        self.try_open().unwrap()
    }

    /// Why the store does not open.
    fn refusal(&self) -> String {
        match self.try_open() {
            Ok(_) => panic!("it opened"),
            Err(error) => error.to_string(),
        }
    }

    /// A copy of the data directory, as a backup makes it of a closed store.
    fn copy(&self, name: &str) {
        copy(&self.data(), &self.dir.join(name));
    }

    /// The copy takes the data directory's place.
    fn restore(&self, name: &str) {
        fs::remove_dir_all(self.data()).unwrap();
        copy(&self.dir.join(name), &self.data());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn copy(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn document(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

fn patient(id: &str, family: &str) -> Value {
    document(&format!(
        r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}],"birthDate":"1950-02-03"}}"#
    ))
}

fn observation(id: &str, patient: &str, text: &str) -> Value {
    document(&format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"{text}"}},"subject":{{"reference":"Patient/{patient}"}}}}"#
    ))
}

async fn put(store: &Store, document: Value) {
    let id = document.id().unwrap().to_owned();
    let operator = Caller::operator();
    let mut tx = store.write(&operator, Purpose::Treatment);
    tx.update(&id, document, None).await.unwrap();
    tx.commit().await.unwrap();
}

async fn family(store: &Store, id: &str) -> Result<String, ReadError> {
    let operator = Caller::operator();
    let found = store.read(&operator, Purpose::Treatment);
    let found = found.fetch("Patient", id).await?;
    let document = json::read(&found.body).unwrap();
    let name = &document.items_at("name")[0];
    Ok(name.str_at("family").unwrap().to_owned())
}

async fn found(store: &Store, kind: &'static str, query: &str) -> Vec<String> {
    let query = parse(Some(kind), query, &Options::default()).unwrap();
    let operator = Caller::operator();
    let reading = store.read(&operator, Purpose::Treatment);
    let page = reading.search(query).await.unwrap();
    page.matches.into_iter().map(|s| s.id).collect()
}

fn check_verified(store: &Store) {
    let report = store.verify(&mut |_| ()).unwrap();
    assert_eq!(report.findings, []);
}

/// Ana with two versions of her name, three observations and one that was deleted; Ben with one; a list about both.
async fn clinic(store: &Store) {
    put(store, patient("ana", "Verysecret")).await;
    put(store, patient("ana", "Verysecreter")).await;
    put(store, patient("ben", "Kept")).await;
    for n in 1..=3 {
        put(store, observation(&format!("a{n}"), "ana", "hers")).await;
    }
    put(store, observation("b1", "ben", "his")).await;
    put(
        store,
        observation("moved", "ana", "entered for the wrong one"),
    )
    .await;
    put(store, observation("moved", "ben", "mended")).await;
    put(store, observation("gone", "ana", "deleted")).await;
    put(
        store,
        document(
            r#"{"resourceType":"Group","id":"both","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/ana"}},{"entity":{"reference":"Patient/ben"}}]}"#,
        ),
    )
    .await;
    let operator = Caller::operator();
    let mut tx = store.write(&operator, Purpose::Treatment);
    tx.delete("Observation", "gone", None).await.unwrap();
    tx.commit().await.unwrap();
}

async fn erase(store: &Store, id: &str) -> aceso_store::Erasure {
    let operator = Caller::operator();
    let decided = store.decide_erasure(&operator, id, "Article 17(1)(b): consent withdrawn");
    let decided = decided.await.unwrap();
    let done = store.carry_out_erasure(&operator, &decided).await.unwrap();
    assert_eq!(done.state, ErasureState::Done);
    done
}

async fn check_erased(store: &Store) {
    let operator = Caller::operator();
    let reading = store.read(&operator, Purpose::Treatment);
    assert!(matches!(
        family(store, "ana").await,
        Err(ReadError::Unknown)
    ));
    for (kind, id) in [("Observation", "a1"), ("Observation", "gone")] {
        let answer = reading.fetch(kind, id).await;
        assert!(
            matches!(answer, Err(ReadError::Unknown)),
            "{id}: {answer:?}"
        );
    }
    let old = reading.fetch_version("Patient", "ana", 1).await;
    assert!(matches!(old, Err(ReadError::Unknown)));
    let old = reading.fetch_version("Observation", "moved", 1).await;
    assert!(matches!(old, Err(ReadError::Unknown)));
    assert!(found(store, "Patient", "family=very").await.is_empty());
    assert!(found(store, "Observation", "patient=ana").await.is_empty());
    assert_eq!(family(store, "ben").await.unwrap(), "Kept");
    let his = found(store, "Observation", "patient=ben").await;
    assert_eq!(his.len(), 2);
    check_verified(store);
}

#[tokio::test]
async fn g17_an_erased_patient_is_gone_and_all_others_stay() {
    let place = Place::new("erase");
    let store = place.open();
    clinic(&store).await;
    check_verified(&store);
    let done = erase(&store, "ana").await;
    assert_eq!(
        (done.resources, done.left_over),
        (5, vec!["Group/both".to_owned()])
    );
    check_erased(&store).await;
    let operator = Caller::operator();
    let again = store.decide_erasure(&operator, "ana", "again").await;
    assert!(matches!(again, Err(PeopleError::Unknown)));
    let all = store.erasures(&operator).await.unwrap();
    assert_eq!((all.len(), all[0].patient.as_str()), (1, "ana"));
    drop(store);
    let store = place.open();
    check_erased(&store).await;
    // The same id can be somebody's again, with a key of its own.
    put(&store, patient("ana", "Another")).await;
    assert_eq!(family(&store, "ana").await.unwrap(), "Another");
    check_verified(&store);
}

#[tokio::test]
async fn g17_a_copy_from_before_cannot_be_read_for_the_erased_with_todays_keys() {
    let place = Place::new("copy");
    let store = place.open();
    clinic(&store).await;
    drop(store);
    place.copy("backup");
    let before = fs::read(place.outside()).unwrap();
    let store = place.open();
    erase(&store, "ana").await;
    drop(store);
    let after = fs::read(place.outside()).unwrap();

    // Restored with today's keys the copy opens, for all but her.
    place.restore("backup");
    let store = place.open();
    check_erased(&store).await;
    drop(store);

    // It was the key that went: the keys of that day still open the copy of that day.
    place.restore("backup");
    fs::write(place.outside(), &before).unwrap();
    let store = place.open();
    assert_eq!(family(&store, "ana").await.unwrap(), "Verysecreter");
    drop(store);

    // And keys of that day do not open what has seen the erasure.
    fs::write(place.outside(), &after).unwrap();
    drop(place.open());
    fs::write(place.outside(), &before).unwrap();
    let refusal = place.refusal();
    assert!(refusal.contains("older than the record"), "{refusal}");
}

#[tokio::test]
async fn ha10_a_hold_forbids_the_erasure_until_it_ends() {
    let place = Place::new("hold");
    let store = place.open();
    clinic(&store).await;
    let operator = Caller::operator();
    let hold = store.hold_patient(&operator, "ana", "records law: ten years", None);
    let hold = hold.await.unwrap();
    let refused = store.decide_erasure(&operator, "ana", "she asked").await;
    assert!(matches!(&refused, Err(PeopleError::Refused(why)) if why.to_string().contains("hold")));
    store.lift_hold(&operator, &hold).await.unwrap();
    assert!(store.holds(&operator).await.unwrap().is_empty());
    let decided = store
        .decide_erasure(&operator, "ana", "she asked")
        .await
        .unwrap();
    // A hold that comes after the decision forbids it too.
    let until = Instant::from_millis(NOW + 1000);
    store
        .hold_patient(&operator, "ana", "litigation", Some(until))
        .await
        .unwrap();
    let refused = store.carry_out_erasure(&operator, &decided).await;
    assert!(matches!(refused, Err(PeopleError::Refused(_))));
    assert_eq!(family(&store, "ana").await.unwrap(), "Verysecreter");
}

fn administrator(account: &str) -> Caller {
    let mut session = Session::new(Strength::Two, Purpose::Administration);
    session.stepped_up_until = Some(Instant::from_millis(NOW + 60_000));
    let person = Person {
        account: account.into(),
        name: account.into(),
        roles: vec![Role::ADMINISTRATOR],
        user: FhirUser::parse(&format!("Practitioner/{account}")),
        patients: Vec::new(),
        facilities: Vec::new(),
        session,
    };
    Caller::person(Arc::new(person), Origin::default())
}

fn clinician() -> Caller {
    let person = Person {
        account: "doc".into(),
        name: "doc".into(),
        roles: vec![Role::CLINICIAN],
        user: FhirUser::parse("Practitioner/doc"),
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Treatment),
    };
    Caller::person(Arc::new(person), Origin::default())
}

#[tokio::test]
async fn asvs_2_3_5_an_erasure_takes_two_people() {
    let place = Place::new("two");
    let store = place.open();
    clinic(&store).await;
    let (one, two) = (administrator("one"), administrator("two"));
    let decided = store
        .decide_erasure(&one, "ana", "she asked")
        .await
        .unwrap();
    let refused = store.carry_out_erasure(&one, &decided).await;
    assert!(
        matches!(refused, Err(PeopleError::Refused(_))),
        "{refused:?}"
    );
    let done = store.carry_out_erasure(&two, &decided).await.unwrap();
    assert_ne!(Some(done.decided_by), done.ended_by);
    assert!(matches!(
        family(&store, "ana").await,
        Err(ReadError::Unknown)
    ));
    let refused = store.decide_erasure(&clinician(), "ben", "no").await;
    assert!(matches!(
        refused,
        Err(PeopleError::Forbidden | PeopleError::NeedsStepUp)
    ));
}

#[tokio::test]
async fn all_bodies_come_under_a_new_version_and_old_copies_still_open() {
    let place = Place::new("rotate");
    let store = place.open();
    clinic(&store).await;
    drop(store);
    place.copy("backup");
    let store = place.open();
    let operator = Caller::operator();
    let version = store.rotate_data_keys(&operator).await.unwrap();
    assert_eq!(version, 2);
    // Cut off and begun again, it is the same rotation.
    assert_eq!(store.rotate_data_keys(&operator).await.unwrap(), 2);
    put(&store, patient("late", "Late")).await;
    let mut at = store.resealing();
    while !at.is_done() {
        at = store.reseal(at).await.unwrap();
    }
    assert_eq!(
        at.sealed + 1,
        at.looked_at - 1,
        "all but the late one and the deletion"
    );
    let status = store.key_status(&operator).await.unwrap();
    assert!(status.settled);
    assert_eq!(status.data.len(), 2);
    check_verified(&store);
    assert_eq!(family(&store, "ana").await.unwrap(), "Verysecreter");
    drop(store);
    place.restore("backup");
    let store = place.open();
    assert_eq!(family(&store, "ana").await.unwrap(), "Verysecreter");
    check_verified(&store);
}

#[tokio::test]
async fn another_process_learns_of_a_rotation_and_of_an_erasure_with_its_next_write() {
    let place = Place::new("beside");
    let (server, command) = (place.open(), place.open());
    clinic(&server).await;
    let operator = Caller::operator();
    command.rotate_data_keys(&operator).await.unwrap();
    put(&server, patient("cleo", "Newest")).await;
    assert_eq!(family(&command, "cleo").await.unwrap(), "Newest");
    put(&command, patient("dora", "Newer")).await;
    assert_eq!(family(&server, "dora").await.unwrap(), "Newer");
    erase(&command, "ana").await;
    check_erased_but(&server).await;
    put(&server, patient("ana", "Another")).await;
    assert_eq!(family(&command, "ana").await.unwrap(), "Another");
    check_verified(&command);
}

async fn check_erased_but(store: &Store) {
    assert!(matches!(
        family(store, "ana").await,
        Err(ReadError::Unknown)
    ));
    assert!(found(store, "Observation", "patient=ana").await.is_empty());
}

#[tokio::test]
async fn pages_come_under_a_new_key_when_nobody_else_has_them_open() {
    let place = Place::new("pages");
    let store = place.open();
    clinic(&store).await;
    let (operator, root) = (Caller::operator(), place.root());
    let other = place.open();
    let refused = store.rotate_page_keys(&operator, &root, Beside::Nobody);
    assert_eq!(refused.await.unwrap(), None);
    drop(other);
    let done = store.rotate_page_keys(&operator, &root, Beside::Nobody);
    assert_eq!(done.await.unwrap(), Some(2));
    let doc = clinician();
    let refused = store.rotate_page_keys(&doc, &root, Beside::Others);
    assert!(matches!(
        refused.await,
        Err(PeopleError::Forbidden | PeopleError::NeedsStepUp)
    ));
    let status = store.key_status(&operator).await.unwrap();
    let pages: Vec<_> = status
        .keyring
        .iter()
        .filter(|k| k.name.starts_with("pages"))
        .collect();
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].version, 2);
    assert_eq!(family(&store, "ana").await.unwrap(), "Verysecreter");
    check_verified(&store);
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_told_and_nothing_is_made_anew() {
    let place = Place::new("missing");
    let store = place.open();
    clinic(&store).await;
    drop(store);
    let (data, outside) = (place.data(), place.outside());
    let aside = place.dir.join("aside");

    fs::rename(&outside, &aside).unwrap();
    assert!(
        place.refusal().contains("is missing"),
        "{}",
        place.refusal()
    );
    assert!(!outside.exists());
    fs::write(&outside, b"\x01nonsense").unwrap();
    assert!(
        place.refusal().contains("does not open"),
        "{}",
        place.refusal()
    );
    let mut flipped = fs::read(&aside).unwrap();
    flipped[40] ^= 1;
    fs::write(&outside, &flipped).unwrap();
    assert!(
        place.refusal().contains("seal is broken"),
        "{}",
        place.refusal()
    );
    fs::rename(&aside, &outside).unwrap();

    let keyring = data.join("keyring");
    let kept = fs::read(&keyring).unwrap();
    let at = kept.windows(9).position(|w| w == b"\"sealed\":").unwrap() + 40;
    let mut flipped = kept.clone();
    flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
    fs::write(&keyring, &flipped).unwrap();
    assert!(
        place.refusal().contains("seal is broken"),
        "{}",
        place.refusal()
    );
    fs::remove_file(&keyring).unwrap();
    assert!(
        place.refusal().contains("no keyring"),
        "{}",
        place.refusal()
    );
    fs::write(&keyring, &kept).unwrap();

    // The disk with the directory is not mounted: no new record is made beside the keys.
    fs::rename(&data, &aside).unwrap();
    assert!(
        place.refusal().contains("is the disk mounted"),
        "{}",
        place.refusal()
    );
    assert!(!data.join("record.db").exists());
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&aside, &data).unwrap();

    let wrong = RootKey::create_file(&place.dir.join("other")).unwrap();
    let clock = Arc::new(ManualClock::new(Instant::from_millis(NOW)));
    let refused = Store::open(Settings::new(data.clone()), &wrong, clock)
        .err()
        .unwrap();
    assert!(
        refused.to_string().contains("give the key of this record"),
        "{refused}"
    );
    let store = place.open();
    assert_eq!(family(&store, "ana").await.unwrap(), "Verysecreter");
}

#[test]
fn asvs_13_3_1_a_directory_that_others_can_enter_is_refused_with_the_mending() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("loose");
    drop(place.open());
    fs::set_permissions(place.data(), fs::Permissions::from_mode(0o750)).unwrap();
    let refusal = place.refusal();
    assert!(refusal.contains("chmod 700"), "{refusal}");
    fs::set_permissions(place.data(), fs::Permissions::from_mode(0o700)).unwrap();
    drop(place.open());
}

#[tokio::test]
async fn a_new_root_key_takes_over_and_the_old_one_opens_older_copies_alone() {
    let place = Place::new("rewrap");
    let store = place.open();
    clinic(&store).await;
    drop(store);
    place.copy("backup");
    let store = place.open();
    let new = RootKey::create_under_passphrase("correct horse battery staple").unwrap();
    store
        .rewrap(&Caller::operator(), &place.root(), &new)
        .await
        .unwrap();
    put(&store, patient("late", "Late")).await;
    drop(store);
    assert!(
        place.refusal().contains("give the key"),
        "{}",
        place.refusal()
    );
    let clock = Arc::new(ManualClock::new(Instant::from_millis(NOW)));
    let file = fs::read(place.data().join("keyring")).unwrap();
    let head = aceso_vault::Head::read(&file).unwrap();
    let root = RootKey::from_passphrase(&head.lock, "correct horse battery staple").unwrap();
    let store = Store::open(Settings::new(place.data()), &root, clock).unwrap();
    assert_eq!(family(&store, "late").await.unwrap(), "Late");
    drop(store);
    place.restore("backup");
    assert_eq!(family(&place.open(), "ana").await.unwrap(), "Verysecreter");
}
