//! What is ordered often, as the order forms offer it: value lists that an administrator keeps (a ValueSet each), or the
//! program's own.

use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::ReadError;
use aceso_web::site::{Ask, PageFault};
use maud::{Language, known, speaking};

use super::service::Service;
use crate::Staff;
use crate::chart::write::{LOINC, coded, coding, resource, words};
use crate::fault::unreadable;
use crate::find::document;

/// The type that lists are kept as.
pub(crate) const KIND: &str = "ValueSet";
/// What has no code of a standard is known by its name.
const OWN: &str = "urn:aceso:own";

/// Something that is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    /// Its LOINC code; empty for what has none.
    pub(crate) code: String,
    pub(crate) name: String,
}

/// A list as it stands, and the version of its document: 0 for the program's own.
#[derive(Clone, Debug)]
pub(crate) struct Picks {
    pub(crate) all: Vec<Pick>,
    pub(crate) version: u64,
}

impl Picks {
    /// The program's own, named in the page's language.
    pub(crate) fn own(service: Service) -> Vec<Pick> {
        let all = service.usual().iter();
        all.map(|(code, name)| Pick {
            code: (*code).to_owned(),
            name: maud::known(name),
        })
        .collect()
    }

    /// As the clinic keeps it, else the program's own.
    pub(crate) async fn of(staff: &Staff, ask: &Ask, service: Service) -> Result<Self, PageFault> {
        let reading = staff.store().read(ask.caller()?, Purpose::Operations);
        let stored = match reading.fetch(KIND, &id(service)).await {
            Ok(stored) => stored,
            Err(ReadError::Unknown | ReadError::Gone { .. }) => {
                return Ok(Self {
                    all: Self::own(service),
                    version: 0,
                });
            }
            Err(other) => return Err(unreadable(other)),
        };
        let document = document(&stored)?;
        let kept = document.str_at("status") == Some("active");
        Ok(Self {
            all: if kept {
                read(&document)
            } else {
                Self::own(service)
            },
            version: stored.version,
        })
    }
}

/// The id under which a service's list is kept.
pub(crate) fn id(service: Service) -> String {
    ["aceso-values-", service.word()].concat()
}

fn read(document: &Value) -> Vec<Pick> {
    let compose = document.get("compose");
    let parts = compose.map_or(&[][..], |c| c.items_at("include"));
    let each = parts.iter().flat_map(|part| {
        let standard = part.str_at("system") == Some(LOINC);
        part.items_at("concept").iter().filter_map(move |concept| {
            let code = concept.str_at("code")?;
            Some(Pick {
                name: concept.str_at("display").unwrap_or(code).to_owned(),
                code: if standard {
                    code.to_owned()
                } else {
                    String::new()
                },
            })
        })
    });
    let mut all: Vec<Pick> = each.collect();
    all.sort_by_key(|pick| pick.name.to_lowercase());
    all
}

/// A list as a ValueSet; `active` or `retired`.
pub(crate) fn write(service: Service, picks: &[Pick], number: u64, status: &str) -> Object {
    let mut document = resource(KIND);
    document.set("id", id(service));
    document.set("url", ["urn:aceso:values:", service.word()].concat());
    document.set("version", number.to_string());
    document.set("title", service.act());
    document.set("status", status);
    let concept = |pick: &Pick| {
        let code = if pick.code.is_empty() {
            &pick.name
        } else {
            &pick.code
        };
        Value::from([
            ("code", Value::from(code.as_str())),
            ("display", Value::from(pick.name.as_str())),
        ])
    };
    let part = |system: &str, standard: bool| {
        let own = picks.iter().filter(|p| p.code.is_empty() != standard);
        let concepts: Vec<Value> = own.map(concept).collect();
        (!concepts.is_empty()).then(|| {
            Value::from([
                ("system", Value::from(system)),
                ("concept", Value::from(concepts)),
            ])
        })
    };
    let parts: Vec<Value> = [part(LOINC, true), part(OWN, false)]
        .into_iter()
        .flatten()
        .collect();
    document.set("compose", Value::from([("include", Value::from(parts))]));
    document
}

/// Whether something that the program names in English is called so, in whichever language.
pub(super) fn is_called(english: &str, name: &str) -> bool {
    let told = |language| speaking(language, || known(english));
    let mut all = Language::ALL.into_iter();
    all.any(|language| told(language).eq_ignore_ascii_case(name))
}

/// What is ordered, with its code where what is offered tells one, or the program's own list in English.
pub(super) fn code_of(what: &str, offered: &[Pick], service: Service) -> Value {
    let offered = offered.iter().map(|pick| (&*pick.code, &*pick.name));
    let mut usual = offered.chain(service.usual().iter().copied());
    let same = |text: &str| !what.is_empty() && text.eq_ignore_ascii_case(what);
    match usual.find(|(code, name)| same(name) || same(code)) {
        Some((code, name)) if !code.is_empty() => coded(coding(LOINC, code, ""), name),
        Some(_) | None => words(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back_as_it_was_kept() {
        for service in Service::ALL {
            let mut picks = Picks::own(service);
            picks.sort_by_key(|pick| pick.name.to_lowercase());
            let document = Value::from(write(service, &picks, 3, "active"));
            assert_eq!(read(&document), picks);
            assert_eq!(document.str_at("version"), Some("3"));
        }
    }
}
