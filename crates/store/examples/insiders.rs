//! Prints how many seeded snoops are found, by rule: `cargo run -p aceso-store --example insiders -- 200 2 7`
//! (users, snoops of each kind, seed).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "an example"
)]

#[allow(unreachable_pub, dead_code, reason = "shared with a test")]
#[path = "../tests/clinic/mod.rs"]
mod clinic;

use clinic::{Clinic, Size};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|a| a.parse::<u64>().expect("a number"));
    let mut next = |usual| arguments.next().unwrap_or(usual);
    let (users, snoops, seed) = (next(200), next(2), next(20_260_301));
    let size = Size {
        users: users as usize,
        patients: users as usize * 20,
        weeks: 6,
        reviewed: 4,
        snoops: snoops as usize,
        seed,
    };
    let clinic = Clinic::run(size).await;
    let review = clinic.review().await;
    let outcome = clinic.judge(&review);
    println!(
        "{users} users, {} patients, 4 of 6 weeks reviewed, seed {seed}",
        size.patients
    );
    println!(
        "accesses {}, explained {:.1} %: {:?}",
        outcome.accesses,
        outcome.explained as f64 * 100.0 / outcome.accesses as f64,
        review.share.explained
    );
    println!(
        "{:<6}{:<30}{:>8}{:>8}{:>8}",
        "rule", "", "snoops", "found", "by it"
    );
    for (rule, (all, found, own)) in &outcome.by_rule {
        println!(
            "{:<6}{:<30}{all:>8}{found:>8}{own:>8}",
            rule.to_string(),
            rule.title()
        );
    }
    println!("recall {:.1} %", outcome.recall() * 100.0);
    println!(
        "{} cases ({:.2} per 100 users and week), of which {} are about people who did nothing ({:.2})",
        outcome.cases,
        outcome.rate,
        outcome.false_cases,
        outcome.false_cases as f64 * 100.0 / (users as f64 * 4.0)
    );
    for case in review.cases.iter().filter(|c| !clinic.is_guilty(&c.name)) {
        let reasons: Vec<String> = case
            .reasons
            .iter()
            .map(|r| format!("{} {}", r.rule, r.weight))
            .collect();
        println!(
            "  not guilty: {} ({}): {}",
            case.name,
            case.score,
            reasons.join(", ")
        );
    }
    for (name, rule) in clinic.missed(&review) {
        println!("  missed: {name} ({rule})");
    }
}
