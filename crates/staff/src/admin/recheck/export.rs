//! `GET /admin/recertification/{list}/export`: a list as a table for spreadsheets. Needs a fresh proof.

use aceso_base::Instant;
use aceso_policy::Role;
use aceso_store::{RecheckDecision, RecheckItem};
use aceso_web::site::{Ask, Outcome, Reply};

use crate::Staff;
use crate::csv::Csv;
use crate::state::fresh;

pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    fresh(&staff, &ask)?;
    let (_, items) = super::of(&staff, &ask).await?;
    let mut csv = Csv::new(&[
        "User name",
        "Roles",
        "Unused tasks",
        "Last sign-in",
        "Decision",
        "Decided",
        "By",
        "Reason",
    ]);
    for item in &items {
        csv.row(cells(item));
    }
    Ok(Reply::other(csv.file("recertification.csv")))
}

fn cells(item: &RecheckItem) -> [String; 8] {
    let time = |at: Option<Instant>| at.map(Instant::to_fhir).unwrap_or_default();
    let roles: Vec<&str> = item.roles.iter().map(Role::as_str).collect();
    let unused: Vec<&str> = item.unused.iter().map(|t| t.name()).collect();
    let decision = match item.decision {
        RecheckDecision::Open => "open",
        RecheckDecision::Kept => "kept",
        RecheckDecision::Removed => "removed",
    };
    [
        item.user_name.clone(),
        roles.join(" "),
        unused.join(" "),
        time(item.signed_in),
        decision.to_owned(),
        time(item.decided),
        item.decided_by.clone().unwrap_or_default(),
        item.reason.clone().unwrap_or_default(),
    ]
}
