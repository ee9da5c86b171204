//! The code systems that were loaded, ready to be searched while somebody types: read once, and again when one of them changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aceso_fhir::Value;
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::chart::write::ICD10;
use crate::patient::record::{Wanted, searches};

/// The type that code systems are kept as.
pub(crate) const KIND: &str = "CodeSystem";
/// SNOMED CT, and others by which diagnoses are coded.
const DIAGNOSES: [&str; 2] = [ICD10, crate::chart::write::SNOMED];

/// A code with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coded {
    pub(crate) code: String,
    pub(crate) display: String,
    /// The text as it is compared.
    plain: String,
}

/// A code system.
#[derive(Debug)]
pub(crate) struct System {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) version: String,
    /// When it was loaded, as FHIR writes it.
    pub(crate) loaded: String,
    pub(crate) codes: Vec<Coded>,
}

impl System {
    /// A CodeSystem in use; none for one that is retired, or whose codes are not here.
    fn of(document: &Value) -> Option<Self> {
        let text = |name| document.str_at(name).unwrap_or_default().to_owned();
        let mut codes = Vec::new();
        gather(document.items_at("concept"), &mut codes);
        let active = document.str_at("status") == Some("active");
        let title = match document.str_at("title") {
            Some(title) => title.to_owned(),
            None => text("name"),
        };
        (active && !codes.is_empty()).then(|| Self {
            url: text("url"),
            title,
            version: text("version"),
            loaded: updated(document).to_owned(),
            codes,
        })
    }

    /// One for samples.
    pub(crate) fn sample() -> Self {
        let coded = |code: &str, display: &str| Coded {
            code: code.to_owned(),
            display: display.to_owned(),
            plain: display.to_lowercase(),
        };
        Self {
            url: ICD10.into(),
            title: "ICD-10-CM".into(),
            version: "2026".into(),
            loaded: "2026-03-01T10:00:00Z".into(),
            codes: vec![
                coded("J45.20", "Mild intermittent asthma, uncomplicated"),
                coded("J45.909", "Unspecified asthma, uncomplicated"),
            ],
        }
    }

    /// The code, written in any case.
    pub(crate) fn find(&self, code: &str) -> Option<&Coded> {
        let mut all = self.codes.iter();
        all.find(|c| c.code.eq_ignore_ascii_case(code))
    }

    /// The code whose text is this one.
    pub(crate) fn named(&self, name: &str) -> Option<&Coded> {
        let plain = name.trim().to_lowercase();
        self.codes.iter().find(|c| c.plain == plain)
    }

    /// At most so many codes whose code or text fits what was typed, the likeliest first.
    pub(crate) fn search(&self, typed: &str, most: usize) -> Vec<&Coded> {
        let typed = typed.trim().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let Some(first) = words.first() else {
            return Vec::new();
        };
        let rank = |c: &Coded| -> Option<(u8, usize)> {
            let begins = c.code.get(..typed.len());
            let begins = begins.is_some_and(|start| start.eq_ignore_ascii_case(&typed));
            let rank = match begins && words.len() == 1 {
                true if c.code.len() == typed.len() => 0,
                true => 1,
                _ if !words.iter().all(|word| c.plain.contains(word)) => return None,
                _ if c.plain.starts_with(first) => 2,
                _ => 3,
            };
            Some((rank, c.display.len()))
        };
        let ranked = self.codes.iter().filter_map(|c| Some((rank(c)?, c)));
        let mut found: Vec<((u8, usize), &Coded)> = ranked.collect();
        found.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.code.cmp(&other.code)));
        found.into_iter().map(|(_, c)| c).take(most).collect()
    }
}

fn gather(concepts: &[Value], codes: &mut Vec<Coded>) {
    for concept in concepts {
        if let (Some(code), Some(display)) = (concept.str_at("code"), concept.str_at("display")) {
            codes.push(Coded {
                code: code.to_owned(),
                display: display.to_owned(),
                plain: display.to_lowercase(),
            });
        }
        gather(concept.items_at("concept"), codes);
    }
}

fn updated(document: &Value) -> &str {
    let meta = document.get("meta");
    meta.and_then(|m| m.str_at("lastUpdated"))
        .unwrap_or_default()
}

/// What was read, and until when it is known.
#[derive(Clone, Debug, Default)]
struct Known {
    until: String,
    systems: BTreeMap<String, Arc<System>>,
}

/// The loaded code systems, as far as they were read.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Known>);

impl Shelf {
    fn known(&self) -> Known {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, known: Known) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

/// The loaded code systems in use, by their addresses.
pub(crate) async fn systems(staff: &Staff, ask: &Ask) -> Result<Vec<Arc<System>>, PageFault> {
    let mut known = staff.codes().known();
    let mut wanted = Wanted::new(KIND).with("_sort", "_lastUpdated").most(100);
    if !known.until.is_empty() {
        wanted = wanted.with("_lastUpdated", ["gt", &known.until].concat());
    }
    let found = searches(staff, ask, vec![wanted]).await?;
    let Some(changed) = found.into_iter().flatten().next() else {
        // Whoever may not read definitions searches none.
        return Ok(Vec::new());
    };
    if !changed.is_empty() {
        let read = move || {
            for document in &changed.matches {
                let url = document.str_at("url").unwrap_or_default().to_owned();
                match System::of(document) {
                    Some(system) => drop(known.systems.insert(url, Arc::new(system))),
                    None => drop(known.systems.remove(&url)),
                }
                updated(document).clone_into(&mut known.until);
            }
            known
        };
        known = tokio::task::spawn_blocking(read)
            .await
            .map_err(PageFault::hidden)?;
        staff.codes().keep(known.clone());
    }
    Ok(known.systems.into_values().collect())
}

/// The code system with this address.
pub(crate) async fn system(
    staff: &Staff,
    ask: &Ask,
    url: &str,
) -> Result<Option<Arc<System>>, PageFault> {
    let all = systems(staff, ask).await?;
    Ok(all.into_iter().find(|system| system.url == url))
}

/// The loaded code systems by which diagnoses are coded.
pub(crate) async fn diagnoses(staff: &Staff, ask: &Ask) -> Result<Vec<Arc<System>>, PageFault> {
    let mut all = systems(staff, ask).await?;
    all.retain(|system| DIAGNOSES.contains(&system.url.as_str()));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn emr_1_28_the_likeliest_code_comes_first_and_a_retired_system_offers_none() {
        let text = r#"{"resourceType":"CodeSystem","id":"i","url":"u","status":"active","concept":[
            {"code":"J45.20","display":"Mild intermittent asthma, uncomplicated"},
            {"code":"J45.909","display":"Unspecified asthma, uncomplicated"},
            {"code":"J45","display":"Asthma","concept":[{"code":"J45.x","display":"Asthma of childhood"}]},
            {"code":"I10","display":"Essential (primary) hypertension"}]}"#;
        let system = System::of(&json::read(text.as_bytes()).unwrap()).unwrap();
        let check = |typed: &str, expected: &[&str]| {
            let found = system.search(typed, 3);
            let found: Vec<&str> = found.iter().map(|c| c.code.as_str()).collect();
            assert_eq!(found, expected, "{typed}");
        };
        check("asthma", &["J45", "J45.x", "J45.909"]);
        check("j45.909", &["J45.909"]);
        check("J45", &["J45", "J45.x", "J45.909"]);
        check("asthma MILD", &["J45.20"]);
        check("gout", &[]);
        check(" ", &[]);
        assert_eq!(system.find("i10").map(|c| c.code.as_str()), Some("I10"));
        assert_eq!(system.named("ASTHMA").map(|c| c.code.as_str()), Some("J45"));
        let retired = text.replace("active", "retired");
        assert!(System::of(&json::read(retired.as_bytes()).unwrap()).is_none());
    }
}
