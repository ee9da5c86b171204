//! `aceso desk cvss`, `ssvc` and `deadlines`.

use std::process::ExitCode;

use aceso_desk::When;
use aceso_desk::calendar::Calendar;
use aceso_desk::cvss::Vector;
use aceso_desk::regime::Regime;
use aceso_desk::severity::Policy;
use aceso_desk::ssvc::Tree;
use anyhow::Result;
use serde_json::{Value, json};

use super::DeadlinesArgs;
use crate::say::{complain, say};
use crate::wrong::{OrWrong, wrong};

/// Scores vectors; one that is wrong is told, and the others are scored all the same.
pub(super) fn cvss(vectors: &[String], as_json: bool) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for text in vectors {
        match text.parse::<Vector>() {
            Ok(vector) if as_json => say(&scored(&vector).to_string()),
            Ok(vector) => scores(&vector),
            Err(error) => {
                complain(&format!("aceso: {text}: {error}"));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn scored(vector: &Vector) -> Value {
    let score = vector.score();
    json!({
        "vector": vector.to_string(),
        "version": vector.version().text(),
        "baseScore": vector.base_score().number(),
        "threatScore": vector.threat_score().number(),
        "score": score.number(),
        "severity": score.rating().text(),
        "scoreName": vector.nomenclature(),
    })
}

fn scores(vector: &Vector) {
    let score = vector.score();
    say(&format!("{vector}"));
    say(&format!(
        "{score} {} ({})",
        score.rating().text(),
        vector.nomenclature()
    ));
    if vector.base_score() != score {
        say(&format!(
            "{} {} (base metrics alone)",
            vector.base_score(),
            vector.base_score().rating().text()
        ));
    }
    for (metric, value) in vector.metrics() {
        say(&format!(
            "  {:<4} {:<42} {}",
            metric.key,
            metric.name,
            metric.says(value)
        ));
    }
}

/// Asks a table, or shows what it asks.
pub(super) fn ssvc(tree: Tree, points: &[String], as_json: bool) -> Result<ExitCode> {
    if points.is_empty() {
        for point in tree.points() {
            say(&format!("{}: {}", point.name, point.values.join(", ")));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let asked = points.iter().map(|p| {
        p.split_once('=')
            .ok_or_else(|| wrong(format!("{p:?} is not POINT=VALUE")))
    });
    let outcome = tree
        .decide(&asked.collect::<Result<Vec<_>>>()?)
        .or_wrong()?;
    if as_json {
        say(&serde_json::to_string(&outcome)?);
    } else {
        let inputs: Vec<String> = outcome
            .inputs
            .iter()
            .map(|(n, v)| format!("{n}: {v}"))
            .collect();
        say(&format!(
            "{}\n  because {}",
            outcome.decision,
            inputs.join("; ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows every regime's deadline.
pub(super) fn deadlines(args: &DeadlinesArgs, as_json: bool) -> Result<ExitCode> {
    let policy = if args.fast {
        Policy::fast()
    } else {
        Policy::ceiling()
    };
    let holidays: Vec<&str> = args.holidays.iter().map(String::as_str).collect();
    let calendar = Calendar::new(&args.zone, &[6, 7], &holidays).or_wrong()?;
    let mut all: Vec<(When, Regime)> = Regime::ALL
        .map(|regime| {
            (
                regime.due(args.start, &calendar, &policy, args.severity),
                regime,
            )
        })
        .to_vec();
    all.sort_by_key(|(due, _)| *due);
    for (due, regime) in all {
        let rule = regime.rule();
        if as_json {
            let what =
                json!({"due": due, "what": rule.what, "from": rule.trigger, "source": rule.source});
            say(&what.to_string());
        } else {
            say(&format!(
                "{}  {} ({})",
                calendar.said(due),
                rule.what,
                rule.source
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
