//! `GET /admin/incidents/{incident}/notice`: a draft of what each person is told, as a PDF file (45 CFR 164.404(c)). People finish
//! it: what is in brackets only they know.

use std::collections::BTreeSet;

use aceso_base::Instant;
use aceso_print::Paper;
use aceso_shield::incident::{Factor, Incident};
use aceso_store::Affected;
use aceso_web::page::{language, say};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};

use super::show::find;
use crate::Staff;
use crate::csv::attached;
use crate::words::day;

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = find(&staff, &ask).await?;
    let clinic = staff.settings().clinic.clone();
    let paper = draft(&clinic, &page.kept.incident, &page.affected);
    // Setting pages takes the processor for itself.
    let pdf = tokio::task::spawn_blocking(move || paper.pdf()).await;
    let pdf = pdf.map_err(PageFault::hidden)?.map_err(PageFault::hidden)?;
    Ok(Reply::other(attached(
        pdf,
        "application/pdf",
        "notice-draft.pdf",
    )))
}

fn draft(clinic: &str, incident: &Incident, affected: &Affected) -> Paper {
    let at = |millis| day(Instant::from_millis(millis));
    let kinds: BTreeSet<&str> = affected
        .patients
        .values()
        .flat_map(|one| one.kinds.iter().map(String::as_str))
        .collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let kinds = match kinds.as_slice() {
        [] => say("[which]", &[]),
        kinds => kinds.join(", "),
    };
    let mitigated = incident
        .factors
        .get(&Factor::Mitigated)
        .map_or_else(|| say("[what was done]", &[]), String::clone);
    let mut paper = Paper::new(say("Notice about your health information", &[]))
        .language(language().tag())
        .number(say("Page {0} of {1}", &[&"{0}", &"{1}"]))
        .head(clinic)
        .foot(say(
            "Draft: not sent to anybody. What is in brackets has to be filled in.",
            &[],
        ));
    paper.paragraph(say("Dear [name],", &[]));
    paper.heading(say("What happened", &[]));
    paper.paragraph(say(
        "Between {0} and {1}, [what happened, in plain words]. We discovered it on {2}.",
        &[
            &at(incident.from),
            &at(incident.until),
            &at(incident.discovered),
        ],
    ));
    paper.heading(say("Which information", &[]));
    paper.paragraph(say("Of your record: {0}.", &[&kinds]));
    paper.heading(say("What you can do", &[]));
    paper.paragraph(say(
        "[Steps to protect yourself from harm that may come of it.]",
        &[],
    ));
    paper.heading(say("What we do", &[]));
    paper.paragraph(mitigated);
    paper.heading(say("Whom to ask", &[]));
    paper.paragraph(say(
        "[A toll-free telephone number, an e-mail address, a web site or a postal address.]",
        &[],
    ));
    paper
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_says_what_the_rule_asks_for_and_names_no_patient() {
        let kept = super::super::sample();
        let mut affected = Affected::default();
        affected
            .patients
            .entry("p7".to_owned())
            .or_default()
            .kinds
            .insert("Condition".to_owned());
        let pdf = draft("Harbour Clinic", &kept.incident, &affected)
            .pdf()
            .unwrap();
        assert!(pdf.starts_with(b"%PDF"));
    }
}
