//! Many random worlds, many callers, every way in.

use std::sync::Arc;

use aceso_policy::{Action, ApiClient, Caller, Origin, Purpose, Scopes};
use aceso_store::{BreakReason, HistoryQuery, NewBreak, ReadError, WriteError};
use serde_json::Value;
use tokio::task::JoinSet;

use super::judge::Judge;
use super::kit::{Clinic, caller, creates, person, reads, search, value};
use super::world::{Chance, KINDS, PATIENTS, document, world};

fn callers() -> Vec<Caller> {
    let mut east = person(&["front-desk"], "Practitioner/d2", &[]);
    east.facilities = vec!["o1".into()];
    east.account = "east".into();
    let mut breaker = person(&["clinician"], "Practitioner/d1", &[]);
    breaker.account = "breaker".into();
    let app = |scopes: &str, patient: Option<&str>, of| {
        let client = ApiClient {
            id: "app".into(),
            scopes: Scopes::parse(scopes).unwrap(),
            patient: patient.map(str::to_owned),
            person: Some(Arc::new(of)),
        };
        Caller::client(Arc::new(client), Origin::default())
    };
    vec![
        caller(person(&["clinician"], "Practitioner/d0", &[])),
        caller(person(&["nurse"], "Practitioner/d1", &[])),
        caller(person(&["clinician", "front-desk"], "Practitioner/d2", &[])),
        caller(breaker),
        caller(person(&["front-desk"], "Practitioner/d1", &[])),
        caller(east),
        caller(person(&["biller"], "Practitioner/d1", &[])),
        caller(person(&["laboratory"], "Practitioner/d1", &[])),
        caller(person(&["administrator"], "Practitioner/d1", &[])),
        caller(person(&["auditor"], "Practitioner/d1", &[])),
        caller(person(&["patient"], "Patient/p0", &["p0"])),
        caller(person(&["patient", "proxy"], "Patient/p1", &["p1", "p2"])),
        caller(person(&["proxy"], "RelatedPerson/x", &["p3"])),
        app(
            "user/*.cruds",
            None,
            person(&["clinician"], "Practitioner/d0", &[]),
        ),
        app("user/*.rs", None, {
            let mut breaker = person(&["clinician"], "Practitioner/d1", &[]);
            breaker.account = "breaker".into();
            breaker
        }),
        app(
            "patient/*.rs",
            Some("p2"),
            person(&["clinician"], "Practitioner/d0", &[]),
        ),
        app(
            "patient/*.rs",
            Some("p0"),
            person(&["patient"], "Patient/p0", &["p0"]),
        ),
    ]
}

fn name(document: &Value) -> String {
    format!(
        "{}/{}",
        document["resourceType"].as_str().unwrap(),
        document["id"].as_str().unwrap()
    )
}

fn kind_of(document: &Value) -> &'static str {
    let kind = document["resourceType"].as_str().unwrap();
    aceso_fhir::definitions::types()
        .resource(kind)
        .unwrap()
        .name
}

struct Case<'a> {
    clinic: &'a Clinic,
    judge: &'a Judge<'a>,
    caller: &'a Caller,
    seed: u64,
}

impl Case<'_> {
    fn visible(&self, action: Action, pick: &dyn Fn(&Value) -> bool) -> Vec<String> {
        let some = self.judge.world.iter().filter(|d| pick(d));
        let mut names: Vec<_> = some
            .filter(|d| self.judge.may(self.caller, action, d))
            .map(name)
            .collect();
        names.sort();
        names
    }

    async fn check(&self, kind: Option<&str>, text: &str, expected: &[String]) {
        let store = &self.clinic.store;
        let (found, _, total) = search(store, self.caller, kind, text).await;
        let shown = format!("seed {} {} {kind:?}?{text}", self.seed, self.caller.name());
        assert_eq!(found, expected, "{shown}");
        assert_eq!(total, u64::try_from(expected.len()).ok(), "{shown}: total");
        let (_, _, counted) =
            search(store, self.caller, kind, &format!("{text}&_summary=count")).await;
        assert_eq!(
            counted,
            u64::try_from(expected.len()).ok(),
            "{shown}: count"
        );
    }

    async fn searches(&self) {
        for kind in KINDS {
            let of_kind = |d: &Value| d["resourceType"] == kind;
            let all = self.visible(Action::Search, &of_kind);
            self.check(Some(kind), "_total=accurate", &all).await;
        }
        for patient in PATIENTS {
            let about = format!("Patient/{patient}");
            for (kind, place, param) in [
                ("Observation", "subject", "patient"),
                ("Condition", "subject", "subject"),
                ("Encounter", "subject", "patient"),
            ] {
                let pick = |d: &Value| d["resourceType"] == kind && d[place]["reference"] == *about;
                let some = self.visible(Action::Search, &pick);
                let text = match param {
                    "patient" => format!("patient={patient}&_total=accurate"),
                    _ => format!("subject={about}&_total=accurate"),
                };
                self.check(Some(kind), &text, &some).await;
            }
        }
    }

    /// A chain looks only at what may be searched for: what the other end is cannot be told otherwise.
    async fn chains(&self) {
        for family in ["fam0", "fam1", "fam2"] {
            let target = |d: &Value| {
                let id = d["subject"]["reference"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                self.judge.world.iter().any(|p| {
                    name(p) == id
                        && p["name"][0]["family"]
                            .as_str()
                            .unwrap_or_default()
                            .to_lowercase()
                            == family
                        && self.judge.may(self.caller, Action::Search, p)
                })
            };
            let pick = |d: &Value| d["resourceType"] == "Observation" && target(d);
            let some = self.visible(Action::Search, &pick);
            let text = format!("patient.name={family}&_total=accurate");
            self.check(Some("Observation"), &text, &some).await;
        }
        let has = |p: &Value| {
            p["resourceType"] == "Patient"
                && self.judge.world.iter().any(|d| {
                    d["resourceType"] == "Condition"
                        && d["subject"]["reference"] == *name(p)
                        && d["code"]["coding"][0]["code"] == "86406008"
                        && self.judge.may(self.caller, Action::Search, d)
                })
        };
        let some = self.visible(Action::Search, &has);
        self.check(
            Some("Patient"),
            "_has:Condition:patient:code=86406008&_total=accurate",
            &some,
        )
        .await;
    }

    async fn includes(&self) {
        let shown = format!("seed {} {}", self.seed, self.caller.name());
        let (matches, included, _) = search(
            &self.clinic.store,
            self.caller,
            Some("Patient"),
            "_revinclude=Observation:patient&_revinclude=Condition:patient&_revinclude=DocumentReference:patient",
        )
        .await;
        let referring = |d: &Value| {
            let kind = d["resourceType"].as_str().unwrap();
            ["Observation", "Condition", "DocumentReference"].contains(&kind)
                && matches.iter().any(|m| d["subject"]["reference"] == **m)
        };
        assert_eq!(
            included,
            self.visible(Action::Read, &referring),
            "{shown}: revinclude"
        );
        let (matches, included, _) = search(
            &self.clinic.store,
            self.caller,
            Some("Observation"),
            "_include=Observation:subject",
        )
        .await;
        let referred = |p: &Value| {
            self.judge
                .world
                .iter()
                .any(|d| matches.contains(&name(d)) && d["subject"]["reference"] == *name(p))
        };
        assert_eq!(
            included,
            self.visible(Action::Read, &referred),
            "{shown}: include"
        );
    }

    /// Side by side, so that many entries share one commit of the audit log.
    async fn reads(&self) {
        let mut all = JoinSet::new();
        for one in self.judge.world {
            let (kind, id) = (kind_of(one), one["id"].as_str().unwrap().to_owned());
            let shown = format!("seed {} {} {one}", self.seed, self.caller.name());
            let may = self.judge.may(self.caller, Action::Read, one);
            let (store, caller) = (self.clinic.store.clone(), self.caller.clone());
            all.spawn(async move {
                assert_eq!(reads(&store, &caller, kind, &id).await, may, "{shown}");
                let reading = store.read(&caller, Purpose::Treatment);
                let version = reading.fetch_version(kind, &id, 1).await;
                assert_eq!(version.is_ok(), may, "{shown}: version");
                let history = HistoryQuery {
                    kind: Some(kind),
                    id: Some(id),
                    count: 10,
                    ..HistoryQuery::default()
                };
                match reading.history(history).await {
                    Ok(page) => assert_eq!(!page.versions.is_empty(), may, "{shown}: history"),
                    Err(ReadError::Unknown | ReadError::Forbidden) => {
                        assert!(!may, "{shown}: history");
                    }
                    Err(error) => panic!("{shown}: {error}"),
                }
                usize::from(may)
            });
        }
        let seen: usize = all.join_all().await.into_iter().sum();
        let (of, who) = (self.judge.world.len(), self.caller.name());
        println!("seed {} {who}: {seen} of {of} seen", self.seed);
        assert!(
            0 < seen && seen < of,
            "a caller who sees all or nothing shows nothing"
        );
    }

    async fn histories(&self) {
        let store = &self.clinic.store;
        for kind in KINDS {
            let query = HistoryQuery {
                kind: Some(kind),
                count: 500,
                ..HistoryQuery::default()
            };
            let page = store
                .read(self.caller, Purpose::Treatment)
                .history(query)
                .await;
            let mut found: Vec<_> = match page {
                Ok(page) => page
                    .versions
                    .iter()
                    .map(|s| format!("{}/{}", s.kind, s.id))
                    .collect(),
                Err(ReadError::Forbidden) => Vec::new(),
                Err(error) => panic!("{error}"),
            };
            found.sort();
            let expected = self.visible(Action::Search, &|d| d["resourceType"] == kind);
            assert_eq!(
                found,
                expected,
                "seed {} {} {kind}/_history",
                self.seed,
                self.caller.name()
            );
        }
    }

    /// New documents are let in exactly when they are within reach. What gives the caller a relation is left to
    /// tests of its own.
    async fn writes(&self, chance: &mut Chance) {
        let mine = self
            .caller
            .as_person()
            .unwrap()
            .user
            .as_ref()
            .unwrap()
            .to_string();
        for n in 0..12 {
            let mut one = document(chance, &format!("w{n}"));
            let text = one.to_string();
            // To refer to what one does not see is refused as if it were not there.
            if text.contains(&mine)
                || text.contains("PractitionerRole/r0")
                || text.contains("Device/")
            {
                continue;
            }
            let may = self.judge.may(self.caller, Action::Create, &one);
            one.as_object_mut().unwrap().remove("id");
            // Into another patient's record: refused before anything is written, and not let in by mistake.
            let mut tx = self.clinic.store.write(self.caller, Purpose::Treatment);
            let shown = format!("seed {} {} creates {one}", self.seed, self.caller.name());
            let tried = tx.create(&self.clinic.store.new_id(), value(&one));
            if !may {
                let done = match tried {
                    Ok(_) => tx.commit().await,
                    Err(error) => Err(error),
                };
                assert!(
                    matches!(done, Err(WriteError::Forbidden)),
                    "{shown}: {done:?}"
                );
            } else if n < 2 {
                // Let in and taken out again, so that the world stays the judge's.
                let id = self.clinic.store.new_id();
                let mut tx = self.clinic.store.write(self.caller, Purpose::Treatment);
                let made = tx.create(&id, value(&one));
                assert!(made.is_ok(), "{shown}");
                let done = tx.commit().await;
                assert!(done.is_ok(), "{shown}: {done:?}");
                let mut tx = self
                    .clinic
                    .store
                    .write(&Caller::operator(), Purpose::Operations);
                tx.delete(kind_of(&one), &id, None).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
    }
}

async fn check_world(seed: u64) {
    let clinic = Clinic::new();
    let world = world(seed);
    clinic.put(&world).await;
    let callers = callers();
    let mut open = Vec::new();
    let breaker = callers
        .iter()
        .find(|c| c.as_person().is_some_and(|p| p.account == "breaker"))
        .unwrap();
    for patient in ["p2", "p4"] {
        let new = NewBreak {
            patient: patient.into(),
            reason: BreakReason::Emergency,
            detail: "found unconscious in the waiting room".into(),
            minutes: None,
        };
        clinic.store.break_glass(breaker, new).await.unwrap();
        open.push(("breaker".to_owned(), patient.to_owned()));
    }
    let judge = Judge {
        world: &world,
        policies: clinic.store.policies(),
        open,
    };
    let mut chance = Chance(seed ^ 99);
    for caller in &callers {
        let case = Case {
            clinic: &clinic,
            judge: &judge,
            caller,
            seed,
        };
        case.reads().await;
        case.searches().await;
        case.chains().await;
        case.includes().await;
        case.histories().await;
        case.writes(&mut chance).await;
    }
    // These people have no accounts, so what they did refers to none.
    let mut report = clinic.store.verify(&mut |_| ()).unwrap();
    let nobody = |what: &str| what.starts_with("account refers to \"breaker\"");
    report.findings.retain(|finding| !nobody(&finding.what));
    assert_eq!(report.findings, [], "seed {seed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_s5_r10_what_is_shown_is_what_a_plain_judge_says() {
    for seed in 1..=3 {
        check_world(seed).await;
    }
}

#[tokio::test]
async fn a_write_by_the_operator_changes_what_others_see_at_once() {
    let clinic = Clinic::new();
    clinic.put(&world(7)).await;
    let one = caller(person(&["clinician"], "Practitioner/d9", &[]));
    let note = serde_json::json!({"resourceType":"Observation","id":"n1","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p0"}});
    let doctor = serde_json::json!({"resourceType":"Practitioner","id":"d9"});
    clinic.put(&[doctor, note]).await;
    assert!(!reads(&clinic.store, &one, "Observation", "n1").await);
    assert!(matches!(
        creates(&clinic.store, &one, &serde_json::json!({"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p0"}})).await,
        Err(WriteError::Forbidden)
    ));
    let team = serde_json::json!({"resourceType":"CareTeam","id":"t1","status":"active","subject":{"reference":"Patient/p0"},"participant":[{"member":{"reference":"Practitioner/d9"}}]});
    clinic.put(std::slice::from_ref(&team)).await;
    assert!(reads(&clinic.store, &one, "Observation", "n1").await);
    let mut over = team;
    over["status"] = "inactive".into();
    clinic.put(&[over]).await;
    assert!(!reads(&clinic.store, &one, "Observation", "n1").await);
}
