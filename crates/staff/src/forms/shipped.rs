//! The forms that the program brings along. One that is stored under the same address takes a shipped one's place.

use std::sync::{Arc, OnceLock};

use aceso_fhir::form::{Form, read};
use aceso_fhir::{Value, json};

/// One of them.
#[derive(Debug)]
pub(crate) struct Shipped {
    pub(crate) document: Value,
    pub(crate) form: Arc<Form>,
}

/// The Questionnaires; NOTICE says where their texts come from.
const TEXTS: [&[u8]; 5] = [
    include_bytes!("../../data/forms/phq-9.json"),
    include_bytes!("../../data/forms/gad-7.json"),
    include_bytes!("../../data/forms/social-needs.json"),
    include_bytes!("../../data/forms/review-of-systems.json"),
    include_bytes!("../../data/forms/intake.json"),
];

/// All of them; read once.
pub(crate) fn all() -> &'static [Shipped] {
    static ALL: OnceLock<Vec<Shipped>> = OnceLock::new();
    ALL.get_or_init(|| {
        TEXTS
            .iter()
            .filter_map(|text| {
                let document = json::read(text).ok()?;
                let form = Arc::new(read(&document).ok()?);
                Some(Shipped { document, form })
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use aceso_fhir::validate;

    use super::*;

    #[test]
    fn every_shipped_form_keeps_fhirs_rules_and_can_be_filled_in() {
        assert_eq!(all().len(), TEXTS.len());
        for text in TEXTS {
            let document = json::read(text).unwrap();
            let issues = validate::resource(&document, &validate::Options::LOAD);
            let wrong: Vec<_> = issues.iter().filter(|i| i.severity.refuses()).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            assert_eq!(read(&document).map(|_| ()), Ok(()));
        }
    }
}
