//! The files as another program reads them: poppler's pdftotext and pdfinfo.
#![cfg(test)]

use std::path::PathBuf;
use std::process::Command;

use aceso_print::{Paper, Sheet, Table};

/// What a program of poppler says of a file; none where it is not installed.
#[allow(
    clippy::disallowed_methods,
    reason = "another program reads what this one wrote"
)]
fn asked(program: &str, options: &[&str], pdf: &[u8], name: &str) -> Option<String> {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, pdf).unwrap();
    let mut command = Command::new(program);
    command.args(options).arg(&file);
    if program == "pdftotext" {
        command.arg("-");
    }
    let Ok(said) = command.output() else {
        aceso_testkit::absent("poppler-utils");
        return None;
    };
    assert!(said.status.success(), "{said:?}");
    Some(String::from_utf8(said.stdout).unwrap())
}

fn paper(rows: usize) -> Paper {
    let mut paper = Paper::new("Entlassungsbrief — Résumé")
        .on(Sheet::A4)
        .head("Clínica del Río, Łódź")
        .about("Zoë Müller-Ångström, born 3 May 1980, MRN 123")
        .foot("Made on 22 November 2026 for Ann Example");
    paper.heading("Назначения и Φάρμακα");
    paper.paragraph(
        "Metoprolol ½ tablet, ≥ 120 µg. \u{2018}As needed\u{2019}.\nاسم المريض: فاطمة الزهراء",
    );
    paper.facts([("Allergy", "Penicillin"), ("Insurance", "None known")]);
    let mut table = Table::new(&[("When", 1.0), ("Who", 2.0), ("What", 3.0)]);
    for row in 0..rows {
        table.row([
            format!("entry-{row}"),
            "Ann Example".to_owned(),
            "opened".to_owned(),
        ]);
    }
    paper.table(table);
    paper
}

#[test]
fn every_word_of_a_paper_is_in_its_file_in_every_script() {
    let pdf = paper(3).pdf().unwrap();
    let Some(text) = asked("pdftotext", &["-layout"], &pdf, "words.pdf") else {
        return;
    };
    for word in [
        "Entlassungsbrief — Résumé",
        "Clínica del Río, Łódź",
        "Zoë Müller-Ångström, born 3 May 1980, MRN 123",
        "Назначения и Φάρμακα",
        "½ tablet, ≥ 120 µg",
        "فاطمة",
        "Penicillin",
        "Made on 22 November 2026",
        "Page 1 of 1",
        "entry-2",
    ] {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
}

#[test]
fn a_long_paper_has_its_head_and_number_on_each_page() {
    let pdf = paper(400).pdf().unwrap();
    let Some(text) = asked("pdftotext", &["-layout"], &pdf, "long.pdf") else {
        return;
    };
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() > 4, "{} pages", pages.len());
    for (at, page) in pages.iter().enumerate() {
        assert!(page.contains("Zoë Müller-Ångström"), "page {at}");
        assert!(page.contains("When") && page.contains("Who"), "page {at}");
        let number = format!("Page {} of {}", at + 1, pages.len());
        assert!(page.contains(&number), "{number}:\n{page}");
    }
    for row in 0..400 {
        let word = format!("entry-{row} ");
        assert_eq!(text.matches(&word).count(), 1, "{word}");
    }
}

#[test]
fn a_file_names_its_title_and_is_tagged_so_that_it_can_be_read_aloud() {
    let pdf = paper(3).pdf().unwrap();
    let Some(said) = asked("pdfinfo", &["-struct-text"], &pdf, "tagged.pdf") else {
        return;
    };
    assert!(
        said.contains("Table") && said.contains("TH") && said.contains("H1"),
        "{said}"
    );
    assert!(said.contains("Penicillin"), "{said}");
    let facts = asked("pdfinfo", &[], &pdf, "facts.pdf").unwrap();
    assert!(facts.contains("Entlassungsbrief — Résumé"), "{facts}");
    assert!(facts.contains("Tagged:          yes"), "{facts}");
    assert!(facts.contains("595.3 x 841.9"), "{facts}");
}

#[test]
fn the_same_paper_is_the_same_file() {
    assert_eq!(paper(3).pdf().unwrap(), paper(3).pdf().unwrap());
}
