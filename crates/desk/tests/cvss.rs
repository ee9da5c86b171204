//! Every shared CVSS vector has the score that it is published with.
#![cfg(test)]

use aceso_desk::cvss::{Score, Vector};

fn shared() -> Option<Vec<(String, Vec<f64>)>> {
    let files = aceso_testkit::shared::archive("desk-data.tar.xz")?;
    let wanted = |path: &str| {
        path.contains("cvss/vectors_")
            && (path.ends_with('3') || path.ends_with("31") || path.ends_with('4'))
    };
    let texts = files.iter().filter(|(path, _)| wanted(path));
    let lines = texts.flat_map(|(_, bytes)| std::str::from_utf8(bytes).unwrap().lines());
    let parse = |line: &str| {
        let (vector, scores) = line.split_once(" - ").unwrap();
        let scores = scores.trim_matches(['(', ')']).split(',').map(str::trim);
        let scores = scores.filter(|s| !s.is_empty()).map(|s| s.parse().unwrap());
        (vector.to_owned(), scores.collect())
    };
    Some(lines.map(parse).collect())
}

fn tenths(number: f64) -> Score {
    let digits = format!("{number:.1}").replace('.', "");
    Score::from_tenths(digits.parse().unwrap())
}

#[test]
fn every_shared_vector_has_its_score_and_comes_back_as_it_was() {
    let Some(vectors) = shared() else { return };
    let mut wrong = Vec::new();
    for (text, scores) in &vectors {
        let vector: Vector = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        let found = if text.starts_with("CVSS:4") {
            vec![vector.score()]
        } else {
            vec![
                vector.base_score(),
                vector.threat_score(),
                vector.environmental_score(),
            ]
        };
        let expected: Vec<Score> = scores.iter().map(|s| tenths(*s)).collect();
        if found != expected {
            wrong.push(format!("{text}: {found:?}, expected {expected:?}"));
        }
        let again: Vector = vector.to_string().parse().unwrap();
        assert_eq!(again.score(), vector.score(), "{text}");
    }
    assert!(vectors.len() >= 6_878, "{} vectors", vectors.len());
    assert!(
        wrong.is_empty(),
        "{} wrong, first {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(10)]
    );
}
