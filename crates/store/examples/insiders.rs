//! Prints how many seeded snoops are found, by rule: `cargo run -p aceso-store --example insiders -- 160 1 20260301 10`
//! (users, snoops of each kind, the first seed, how many seeds).
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

use std::collections::BTreeMap;

use clinic::{Clinic, Outcome, Size};

/// Weeks that each clinic works, and those of them that are reviewed.
const WEEKS: (i64, i64) = (6, 4);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|a| a.parse::<u64>().expect("a number"));
    let mut next = |usual| arguments.next().unwrap_or(usual);
    let (users, snoops, seed, seeds) = (next(200), next(2), next(20_260_301), next(1));
    let mut outcomes = Vec::new();
    for seed in seed..seed + seeds {
        let size = Size {
            users: users as usize,
            patients: users as usize * 20,
            weeks: WEEKS.0,
            reviewed: WEEKS.1,
            snoops: snoops as usize,
            seed,
        };
        outcomes.push(one(size).await);
    }
    if outcomes.len() > 1 {
        println!("\nall {} seeds together", outcomes.len());
        table(&outcomes);
        let least = outcomes.iter().map(Outcome::recall).fold(1.0, f64::min);
        let most = outcomes.iter().map(|o| o.rate).fold(0.0, f64::max);
        let rate = outcomes.iter().map(|o| o.rate).sum::<f64>() / outcomes.len() as f64;
        println!(
            "least recall of a seed {:.1} %, most cases {most:.2}, on average {rate:.2}",
            least * 100.0
        );
    }
}

/// Runs and reviews one clinic, and prints what came of it.
async fn one(size: Size) -> Outcome {
    let clinic = Clinic::run(size).await;
    let review = clinic.review().await;
    let outcome = clinic.judge(&review);
    println!(
        "\n{} users, {} patients, {} of {} weeks reviewed, seed {}",
        size.users, size.patients, WEEKS.1, WEEKS.0, size.seed
    );
    println!(
        "accesses {}, explained {:.1} %: {:?}",
        outcome.accesses,
        outcome.explained as f64 * 100.0 / outcome.accesses as f64,
        review.share.explained
    );
    table(std::slice::from_ref(&outcome));
    println!(
        "{} cases ({:.2} per 100 users and week), of which {} are about people who did nothing ({:.2})",
        outcome.cases,
        outcome.rate,
        outcome.false_cases,
        outcome.false_cases as f64 * 100.0 / (size.users as f64 * WEEKS.1 as f64)
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
    for missed in clinic.missed(&review) {
        println!("  missed: {missed}");
    }
    outcome
}

/// Snoops by kind, and the share that was found.
fn table(outcomes: &[Outcome]) {
    let mut sums = BTreeMap::new();
    for (rule, (all, found, own)) in outcomes.iter().flat_map(|o| &o.by_rule) {
        let sum: &mut (usize, usize, usize) = sums.entry(*rule).or_default();
        *sum = (sum.0 + all, sum.1 + found, sum.2 + own);
    }
    println!(
        "{:<6}{:<30}{:>8}{:>8}{:>8}",
        "rule", "", "snoops", "found", "by it"
    );
    let mut whole = (0, 0);
    for (rule, (all, found, own)) in sums {
        println!(
            "{:<6}{:<30}{all:>8}{found:>8}{own:>8}",
            rule.to_string(),
            rule.title()
        );
        whole = (whole.0 + all, whole.1 + found);
    }
    println!(
        "recall {:.1} %",
        whole.1 as f64 * 100.0 / whole.0.max(1) as f64
    );
}
