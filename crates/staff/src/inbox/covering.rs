//! Whom the reader covers for now: those who are away, by their PractitionerRole or by time that they closed themselves, and who
//! name the reader.

use aceso_web::site::{Ask, PageFault};

use super::escalate::cover;
use crate::Staff;
use crate::patient::record::{Found, Wanted, searches};
use crate::patient::save::signer;
use crate::schedule::off;
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

/// Somebody who closed the time of now, and who covers for them in it.
struct Closed {
    away: Away,
    cover: Option<String>,
}

/// Those who are away now and whom the reader covers for.
pub(crate) async fn covered(staff: &Staff, ask: &Ask) -> Result<Vec<Away>, PageFault> {
    let me = signer(ask)?;
    let Some(me) = me.as_ref().and_then(|m| m.str_at("reference")) else {
        return Ok(Vec::new());
    };
    let now = staff.store().now().millis();
    let [(status, off), (start, days)] = off::now(now);
    let wanted = vec![
        Wanted::new("PractitionerRole")
            .with("active", "true")
            .with("_include", "PractitionerRole:practitioner")
            .most(MOST),
        Wanted::new("Slot")
            .with(status, off)
            .with(start, days)
            .with("_include", "Slot:schedule")
            .with("_include:iterate", "Schedule:actor")
            .most(MOST),
    ];
    let mut lists = searches(staff, ask, wanted).await?.into_iter();
    let roles = lists.next().flatten().unwrap_or_default();
    let closed = closed(&lists.next().flatten().unwrap_or_default(), now);
    let zone = &staff.settings().zone;
    let here = |span: &aceso_clinic::schedule::Span| span.start() <= now && now < span.end();
    let own = closed.iter().filter(|c| c.cover.as_deref() == Some(me));
    let mut all: Vec<Away> = own.map(|c| c.away.clone()).collect();
    for role in roles.matches.iter().filter(|r| cover(r) == Some(me)) {
        let practitioner = role.get("practitioner");
        let Some(who) = practitioner.and_then(|p| p.str_at("reference")) else {
            continue;
        };
        // Whoever closed the time and named nobody is covered as always.
        let silent = |c: &Closed| c.away.who == who && c.cover.is_none();
        let away = absences(role, zone).iter().any(here) || closed.iter().any(silent);
        if away && !all.iter().any(|a| a.who == who) {
            all.push(Away {
                who: who.to_owned(),
                name: roles.name(practitioner).unwrap_or_default(),
            });
        }
    }
    Ok(all)
}

/// Who closed the time of now.
fn closed(slots: &Found, now: i64) -> Vec<Closed> {
    let held = slots.matches.iter().filter(|slot| off::holds(slot, now));
    let each = held.filter_map(|slot| {
        let schedule = slots.target(slot.get("schedule"))?;
        let actor = schedule.items_at("actor").first()?;
        Some(Closed {
            away: Away {
                who: actor.str_at("reference")?.to_owned(),
                name: slots.name(Some(actor)).unwrap_or_default(),
            },
            cover: cover(slot).map(str::to_owned),
        })
    });
    each.collect()
}
