//! `GET /patients/{patient}/papers/{paper}`: the summary, the results and the prescriptions of a patient as files to print.

use aceso_fhir::Value;
use aceso_print::{Paper, Table};
use aceso_web::page::{say, words};
use aceso_web::site::{Ask, Outcome, PageFault};

use super::given::Given;
use super::letter::Known;
use super::{hand_out, paper};
use crate::Staff;
use crate::chart::concept;
use crate::chart::entry::{is_mistake, medication};
use crate::chart::result::tests;
use crate::patient::banner::Allergies;
use crate::patient::record::{Found, Wanted};
use crate::patient::top::{Opened, open_for};
use crate::words::fhir_day;

/// The papers there are: what the address ends with, and the title.
pub(super) const PAPERS: [(&str, &str); 3] = [
    ("summary", "Visit summary"),
    ("results", "Laboratory results"),
    ("prescriptions", "Prescriptions"),
];

pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    let mut papers = PAPERS.into_iter();
    let (name, title) = papers
        .find(|(name, _)| *name == ask.param("paper"))
        .ok_or(PageFault::Missing)?;
    let wanted = vec![
        Wanted::new("Condition")
            .with("_sort", "-onset-date")
            .most(200),
        Wanted::new("MedicationRequest")
            .with("status", "active")
            .with("_sort", "-authoredon")
            .with("_include", "MedicationRequest:medication")
            .with("_include", "MedicationRequest:requester")
            .most(200),
        Wanted::laboratory(300),
        Wanted::new("AllergyIntolerance").most(100),
    ];
    let given = Given::asked(&ask)?;
    let mut opened = open_for(&staff, &ask, given.goes(), wanted).await?;
    let handing = given.with(std::mem::take(&mut opened.releases));
    let lists: Vec<Option<Found>> = (0..4).map(|_| opened.take()).collect();
    // Who sees none of it prints none of it.
    if lists.iter().all(Option::is_none) {
        return Err(PageFault::Missing);
    }
    let mut lists = lists.into_iter().map(Option::unwrap_or_default);
    let mut take = || lists.next().unwrap_or_default();
    let (problems, drugs, results, allergies) = (take(), take(), take(), take());
    let mut paper = paper(&staff, &ask, title, &opened.top.banner.identity).await?;
    match name {
        "summary" => {
            let known = Known::of(&opened, &problems, &drugs, &results, &allergies);
            summary(&mut paper, &opened, &known);
        }
        "results" => result_table(&mut paper, &opened, &results),
        _ => prescriptions(&mut paper, &drugs),
    }
    hand_out(&staff, &ask, paper, (&handing, name)).await
}

/// A heading with what is known under it, in the page's language.
pub(super) fn list(paper: &mut Paper, heading: &'static str, lines: &[String], none: &'static str) {
    paper.heading(words(heading).to_string());
    match lines.is_empty() {
        true => paper.paragraph(words(none).to_string()),
        false => paper.paragraph(lines.join("\n")),
    }
}

fn summary(paper: &mut Paper, opened: &Opened, known: &Known) {
    // That nobody asked is not that there are none.
    let none = match &opened.top.banner.allergies {
        Allergies::NoneKnown(_) => "No known allergies",
        Allergies::Known(_) | Allergies::Unseen | Allergies::NotRecorded => "Not recorded",
    };
    list(paper, "Allergies", &known.allergies, none);
    list(paper, "Problems", &known.problems, "None recorded");
    list(paper, "Medication", &known.medications, "None recorded");
    list(paper, "Results of the last 30 days", &known.results, "None");
}

fn result_table(paper: &mut Paper, opened: &Opened, found: &Found) {
    let heads = ["Test", "Result", "Normal", "", "Day"].map(|head| words(head).to_string());
    let widths = [4.0, 2.0, 2.0, 1.5, 1.5];
    let columns = heads.iter().map(String::as_str).zip(widths);
    let mut table = Table::new(&columns.collect::<Vec<_>>());
    let all = tests(&found.matches, opened.birth(), opened.sex());
    if all.is_empty() {
        paper.paragraph(words("There are none.").to_string());
        return;
    }
    for test in &all {
        for answer in test.answers.iter().take(5) {
            let level = answer.level.filter(|l| l.is_abnormal());
            table.row([
                test.name.clone(),
                [answer.text.as_str(), " ", &test.unit].concat(),
                test.range.clone(),
                level.map_or_else(String::new, |l| words(l.word()).to_string()),
                fhir_day(&answer.at),
            ]);
        }
    }
    paper.table(table);
}

fn prescriptions(paper: &mut Paper, found: &Found) {
    let real: Vec<&Value> = found.matches.iter().filter(|d| !is_mistake(d)).collect();
    if real.is_empty() {
        paper.paragraph(words("There are none that are active.").to_string());
        return;
    }
    for document in real {
        let line = medication(document, &found.along);
        paper.heading(line.what);
        let by = found.name(document.get("requester"));
        let supply = document.get("dispenseRequest");
        let amount = supply.and_then(|s| crate::chart::quantity(s.get("quantity")?));
        let refills = supply.and_then(|s| s.get("numberOfRepeatsAllowed")?.as_number());
        let reason = document.items_at("reasonCode").first();
        let facts = [
            ("How", Some(line.more)),
            ("Amount", amount),
            ("Refills", refills.map(|n| n.as_str().to_owned())),
            ("For", reason.and_then(|r| concept(Some(r)))),
            ("Written", document.str_at("authoredOn").map(fhir_day)),
            ("By", by),
        ];
        let facts = facts.into_iter().filter_map(|(name, value)| {
            let value = value.filter(|v| !v.is_empty())?;
            Some((words(name).to_string(), value))
        });
        paper.facts(facts);
    }
    let line = "______________________________";
    paper.paragraph(["\n\n", &say("Signature: {0}", &[&line])].concat());
}
