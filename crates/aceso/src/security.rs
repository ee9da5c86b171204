//! What the security centre of the administration area shows of the installation: the doctor's checks, and what is to be
//! known of keys, log and program. Looked at when somebody opens the page.

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_staff::{Examine, Examined, Outlook, Said, Weight};
use aceso_store::{KeyStatus, Store, Witnessed};
use anyhow::Result;

use crate::doctor::{Judged, Severity, Verdict, gather, judge};
use crate::place::Place;
use crate::sbom;

/// Examines the installation of this place.
pub(crate) fn examine(place: &Place, store: &Store) -> Examine {
    let (place, store) = (place.clone(), store.clone());
    Examine::new(move || {
        let (place, store) = (place.clone(), store.clone());
        Box::pin(async move { Ok(look(&place, &store).await?) })
    })
}

async fn look(place: &Place, store: &Store) -> Result<Outlook> {
    let facts = gather(place, store).await?;
    let keys = store.key_status(&Caller::operator()).await?;
    Ok(Outlook {
        checks: judge(&facts).into_iter().map(examined).collect(),
        facts: told(store, &keys, &facts.witnesses)?,
    })
}

fn examined(judged: Judged) -> Examined {
    Examined {
        id: judged.check.id,
        title: judged.check.title,
        weight: match judged.check.severity {
            Severity::High => Weight::High,
            Severity::Medium => Weight::Medium,
            Severity::Low => Weight::Low,
        },
        said: match judged.verdict {
            Verdict::Met(_) => Said::Met,
            Verdict::Failed { .. } => Said::Failed,
            Verdict::Open(_) => Said::Open,
        },
        found: judged.verdict.found().to_owned(),
        fix: judged.verdict.fix().to_owned(),
    }
}

fn told(store: &Store, keys: &KeyStatus, witnesses: &[Witnessed]) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut say = |name: &str, text: String| all.push((name.to_owned(), text));
    say("Release", env!("CARGO_PKG_VERSION").to_owned());
    let parts = sbom::count()?;
    say("Bill of materials", format!("{parts} parts (aceso sbom)"));
    let root = keys.head.root.as_deref().unwrap_or("not named");
    let source = keys.head.lock.source().name();
    say("Root key", format!("{root}, from a {source}"));
    if let Some(newest) = keys.data.last() {
        let settled = match keys.settled {
            true => "everything is sealed under it",
            false => "older bodies are still being brought under it",
        };
        let text = format!(
            "version {}, made {}; {settled}",
            newest.number,
            day(newest.made)
        );
        say("Patients' data keys", text);
    }
    say("Patients' keys destroyed", keys.erased.to_string());
    let (note, _) = store.audit_head()?;
    let size = note.lines().nth(1).unwrap_or_default();
    say("Audit log", format!("{size} entries under a signed head"));
    let seen = witnesses.iter().map(|w| {
        let what = if w.objects { "OBJECTS" } else { "cosigned" };
        format!("{} {what} {} entries, {}", w.name, w.size, day(w.at))
    });
    let seen: Vec<String> = seen.collect();
    let seen = match seen.is_empty() {
        true => "none".to_owned(),
        false => seen.join("; "),
    };
    say("Witnesses of the log", seen);
    Ok(all)
}

/// A day, as FHIR writes it.
fn day(at: Instant) -> String {
    let text = at.to_fhir();
    text.get(..10).unwrap_or(&text).to_owned()
}
