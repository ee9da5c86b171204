//! `GET /admin/incidents/{incident}/notice`: a draft of what each person is told, as a PDF file (45 CFR 164.404(c)). People finish
//! it: what is in brackets only they know.

use std::collections::BTreeSet;

use aceso_base::Instant;
use aceso_print::Paper;
use aceso_shield::incident::{Factor, Incident};
use aceso_store::Affected;
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
        [] => "[which]".to_owned(),
        kinds => kinds.join(", "),
    };
    let mitigated = incident
        .factors
        .get(&Factor::Mitigated)
        .map_or("[what was done]", String::as_str);
    let mut paper = Paper::new("Notice about your health information")
        .head(clinic)
        .foot("Draft: not sent to anybody. What is in brackets has to be filled in.");
    paper.paragraph("Dear [name],");
    paper.heading("What happened");
    paper.paragraph(format!(
        "Between {} and {}, [what happened, in plain words]. We discovered it on {}.",
        at(incident.from),
        at(incident.until),
        at(incident.discovered)
    ));
    paper.heading("Which information");
    paper.paragraph(format!("Of your record: {kinds}."));
    paper.heading("What you can do");
    paper.paragraph("[Steps to protect yourself from harm that may come of it.]");
    paper.heading("What we do");
    paper.paragraph(mitigated);
    paper.heading("Whom to ask");
    paper.paragraph(
        "[A toll-free telephone number, an e-mail address, a web site or a postal address.]",
    );
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
