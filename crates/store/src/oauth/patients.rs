//! The patients that a person may choose from when an app asks for one.

use aceso_fhir::search::{Options, parse_pairs};
use aceso_policy::{Caller, Purpose};
use serde_json::Value;

use crate::{ReadError, Store, Stored};

const MOST: &str = "20";

/// A patient as a list shows them. Its `Debug` form shows the id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct PatientLine {
    /// Logical id.
    pub id: String,
    /// The name, as it is used; the id when there is none.
    pub name: String,
    /// The date of birth, as the record has it.
    pub born: Option<String>,
}

impl std::fmt::Debug for PatientLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PatientLine({})", self.id)
    }
}

impl Store {
    /// At most twenty patients whose name begins with this text, as far as the caller may see them.
    pub async fn patients_named(
        &self,
        caller: &Caller,
        purpose: Purpose,
        text: &str,
    ) -> Result<Vec<PatientLine>, ReadError> {
        let mut pairs = vec![
            ("_count".to_owned(), MOST.to_owned()),
            ("_sort".to_owned(), "family".to_owned()),
        ];
        for word in text.split_whitespace().take(4) {
            // What means something in the search grammar is escaped.
            let word: String = word.chars().flat_map(escaped).collect();
            pairs.push(("name".to_owned(), word));
        }
        let query = parse_pairs(Some("Patient"), &pairs, &Options::default())
            .map_err(|e| ReadError::BadQuery(e.message))?;
        let page = self.read(caller, purpose).search(query).await?;
        Ok(page.matches.iter().filter_map(line).collect())
    }

    /// One patient, as far as the caller may see them.
    pub async fn patient_line(
        &self,
        caller: &Caller,
        purpose: Purpose,
        id: &str,
    ) -> Result<PatientLine, ReadError> {
        let found = self.read(caller, purpose).fetch("Patient", id).await?;
        line(&found).ok_or(ReadError::Unknown)
    }
}

fn escaped(letter: char) -> Vec<char> {
    match letter {
        ',' | '|' | '$' | '\\' => vec!['\\', letter],
        _ => vec![letter],
    }
}

fn line(stored: &Stored) -> Option<PatientLine> {
    let body: Value = serde_json::from_slice(&stored.body).ok()?;
    let names = body.get("name").and_then(Value::as_array);
    let names = names.map(Vec::as_slice).unwrap_or_default();
    let usual = names.iter().find(|n| {
        n.get("use")
            .is_some_and(|u| u == "official" || u == "usual")
    });
    let name = usual
        .or_else(|| names.first())
        .map(shown)
        .unwrap_or_default();
    Some(PatientLine {
        id: stored.id.clone(),
        name: if name.is_empty() {
            stored.id.clone()
        } else {
            name
        },
        born: body
            .get("birthDate")
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

fn shown(name: &Value) -> String {
    if let Some(text) = name.get("text").and_then(Value::as_str) {
        return text.to_owned();
    }
    let given = name.get("given").and_then(Value::as_array);
    let given = given.map(Vec::as_slice).unwrap_or_default();
    let family = name.get("family").and_then(Value::as_str);
    let parts: Vec<&str> = given
        .iter()
        .filter_map(Value::as_str)
        .chain(family)
        .collect();
    parts.join(" ")
}
