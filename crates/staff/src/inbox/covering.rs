//! Whom the reader covers for now: those who are away, and whose PractitionerRole names the reader.

use aceso_web::site::{Ask, PageFault};

use super::escalate::cover;
use crate::Staff;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::signer;
use crate::schedule::setting::absences;

/// So many roles are looked at.
const MOST: u32 = 500;

/// Somebody who is away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away {
    /// `Practitioner/x`
    pub(crate) who: String,
    pub(crate) name: String,
}

/// Those who are away now and whom the reader covers for.
pub(crate) async fn covered(staff: &Staff, ask: &Ask) -> Result<Vec<Away>, PageFault> {
    let me = signer(ask)?;
    let Some(me) = me.as_ref().and_then(|m| m.str_at("reference")) else {
        return Ok(Vec::new());
    };
    let wanted = Wanted::new("PractitionerRole")
        .with("active", "true")
        .with("_include", "PractitionerRole:practitioner")
        .most(MOST);
    let found = searches(staff, ask, vec![wanted]).await?;
    let Some(found) = found.into_iter().flatten().next() else {
        return Ok(Vec::new());
    };
    let (now, zone) = (staff.store().now().millis(), &staff.settings().zone);
    let mut all: Vec<Away> = Vec::new();
    for role in found.matches.iter().filter(|r| cover(r) == Some(me)) {
        let here = |span: &aceso_clinic::schedule::Span| span.start() <= now && now < span.end();
        if !absences(role, zone).iter().any(here) {
            continue;
        }
        let practitioner = role.get("practitioner");
        let who = practitioner.and_then(|p| p.str_at("reference"));
        let name = found.name(practitioner).unwrap_or_default();
        all.extend(who.map(|who| Away {
            who: who.to_owned(),
            name,
        }));
    }
    Ok(all)
}
