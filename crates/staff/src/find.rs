//! Finding patients and practitioners by name among those the caller may see.

use aceso_fhir::search::{Options, parse_pairs};
use aceso_fhir::{Value, json};
use aceso_policy::Purpose;
use aceso_store::{ReadError, SearchPage, Stored};
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::chart::person;
use crate::fault::unreadable;

/// Somebody in the record.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// `Practitioner/x`
    pub(crate) reference: String,
    /// Their name.
    pub(crate) name: String,
    /// What tells them from others of the name.
    pub(crate) about: String,
}

/// Practitioners and patients of this name: at most ten of each.
pub(crate) async fn people(staff: &Staff, ask: &Ask, name: &str) -> Result<Vec<Found>, PageFault> {
    let mut found = Vec::new();
    for kind in ["Practitioner", "Patient"] {
        let escaped = escaped(name);
        let conditions = [("name", escaped.as_str()), ("_count", "10")];
        let page = match search(staff, ask, Purpose::Operations, kind, &conditions).await {
            Ok(page) => page,
            Err(ReadError::Forbidden) => continue,
            Err(other) => return Err(unreadable(other)),
        };
        for stored in page {
            let document = document(&stored)?;
            let (birth, gender) = (document.str_at("birthDate"), document.str_at("gender"));
            let birth = birth.map(|b| crate::words::say("born {0}", &[&crate::words::fhir_day(b)]));
            let about = [
                Some(stored.kind.to_owned()),
                birth,
                gender.map(str::to_owned),
            ];
            found.push(Found {
                reference: [stored.kind, "/", &stored.id].concat(),
                name: person::name(&document),
                about: about.into_iter().flatten().collect::<Vec<_>>().join(", "),
            });
        }
    }
    Ok(found)
}

/// A first page of matches, without what comes along.
pub(crate) async fn search(
    staff: &Staff,
    ask: &Ask,
    purpose: Purpose,
    kind: &'static str,
    conditions: &[(&str, &str)],
) -> Result<Vec<Stored>, ReadError> {
    Ok(search_page(staff, ask, purpose, kind, conditions)
        .await?
        .matches)
}

/// A first page of matches.
pub(crate) async fn search_page(
    staff: &Staff,
    ask: &Ask,
    purpose: Purpose,
    kind: &'static str,
    conditions: &[(&str, &str)],
) -> Result<SearchPage, ReadError> {
    let pairs = conditions
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let pairs: Vec<(String, String)> = pairs.collect();
    let options = Options {
        now: staff.store().now().millis(),
        ..Options::default()
    };
    let query = parse_pairs(Some(kind), &pairs, &options)
        .map_err(|error| ReadError::BadQuery(error.to_string()))?;
    let caller = ask.caller().map_err(|_| ReadError::Forbidden)?;
    staff.store().read(caller, purpose).search(query).await
}

/// What a stored version holds.
pub(crate) fn document(stored: &Stored) -> Result<Value, PageFault> {
    json::read(&stored.body).map_err(PageFault::hidden)
}

/// The resource with this id.
pub(crate) async fn fetched(
    staff: &Staff,
    ask: &Ask,
    kind: &'static str,
    id: &str,
) -> Result<Value, PageFault> {
    let reading = staff.store().read(ask.caller()?, Purpose::Operations);
    document(&reading.fetch(kind, id).await.map_err(unreadable)?)
}

/// A word as a search value: what means something there is escaped (FHIR R4 search, 3.1.1.4.0.1).
pub(crate) fn escaped(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        if matches!(c, '\\' | ',' | '|' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
