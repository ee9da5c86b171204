//! How long a decision takes: from the table, and when the policies must be asked.
//!
//! `cargo run --release -p aceso-policy --example decidespeed`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a measuring program"
)]

use std::sync::Arc;
use std::time::Instant as Watch;

use aceso_base::Instant;
use aceso_fhir::definitions::types;
use aceso_policy::{
    Action, Caller, FhirUser, Labels, Origin, Person, Policies, Purpose, Relation, Role, Session,
    Strength, Thing, decide,
};

const ROUNDS: usize = 200;

fn main() {
    one();
    let policies = Policies::builtin().unwrap();
    println!("{} policies", policies.listing().count());
    for roles in [
        vec![Role::CLINICIAN],
        vec![Role::FRONT_DESK, Role::BILLER],
        vec![Role::ADMINISTRATOR, Role::CLINICIAN],
    ] {
        let names: Vec<_> = roles.iter().map(Role::as_str).collect();
        println!("{}", names.join("+"));
        let person = Person {
            account: "a".into(),
            name: "ada".into(),
            roles,
            user: FhirUser::parse("Practitioner/p"),
            patients: Vec::new(),
            facilities: Vec::new(),
            session: Session::new(Strength::Two, Purpose::Treatment),
        };
        measure(&Caller::person(Arc::new(person), Origin::default()));
    }
}

/// One question to Cedar: one relation, one label.
fn one() {
    let policies = Policies::builtin().unwrap();
    let person = Person {
        account: "a".into(),
        name: "ada".into(),
        roles: vec![Role::CLINICIAN],
        user: FhirUser::parse("Practitioner/p"),
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Treatment),
    };
    let caller = Caller::person(Arc::new(person), Origin::default());
    let thing = Thing {
        kind: "Observation".into(),
        relation: Relation::Care,
        labels: Labels::NONE,
    };
    let now = Instant::from_millis(0);
    let mut times = Vec::new();
    for _ in 0..20_000 {
        let watch = Watch::now();
        let told = policies.explain(&caller, Action::Read, &thing, Purpose::Treatment, now);
        times.push(watch.elapsed());
        assert!(told.allowed);
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "one question to Cedar: p50 {:?}, p99 {:?}",
        at(0.5),
        at(0.99)
    );
}

fn measure(caller: &Caller) {
    let now = Instant::from_millis(0);
    let fresh = Policies::builtin().unwrap();
    let kinds: Vec<_> = types().resource_names().collect();
    let mut asked = Vec::new();
    let mut kept = Vec::new();
    for round in 0..ROUNDS {
        for kind in &kinds {
            for action in Action::ALL {
                let watch = Watch::now();
                let decision = decide(&fresh, caller, action, kind, Purpose::Treatment, now);
                let taken = watch.elapsed();
                std::hint::black_box(decision);
                if round == 0 { &mut asked } else { &mut kept }.push(taken);
            }
        }
    }
    for (name, mut times) in [("asked anew", asked), ("from the table", kept)] {
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "  {name}: {} decisions, p50 {:?}, p99 {:?}, most {:?}",
            times.len(),
            at(0.5),
            at(0.99),
            times[times.len() - 1]
        );
    }
}
