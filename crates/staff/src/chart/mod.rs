//! Resources as people read them. Nothing here reads the store.

pub(crate) mod amendment;
pub(crate) mod document;
pub(crate) mod drug;
pub(crate) mod entry;
pub(crate) mod filing;
pub(crate) mod measured;
pub(crate) mod merged;
pub(crate) mod note;
pub(crate) mod past;
pub(crate) mod person;
pub(crate) mod picture;
pub(crate) mod result;
pub(crate) mod sig;
pub(crate) mod story;
pub(crate) mod upload;
pub(crate) mod write;

use aceso_fhir::Value;

/// What a coded value says: its text, else the first display, else the first code.
pub(crate) fn concept(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let codings = value.items_at("coding");
    let display = || codings.iter().find_map(|c| c.str_at("display"));
    let code = || codings.iter().find_map(|c| c.str_at("code"));
    let text = value.str_at("text").filter(|t| !t.trim().is_empty());
    text.or_else(display).or_else(code).map(str::to_owned)
}

/// The version of a stored resource; 0 where it does not say.
pub(crate) fn version(document: &Value) -> u64 {
    let meta = document.get("meta").and_then(|m| m.str_at("versionId"));
    meta.and_then(|v| v.parse().ok()).unwrap_or_default()
}

/// All codes of a coded value.
pub(crate) fn codes(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let codings = value.map(|v| v.items_at("coding")).unwrap_or_default();
    codings.iter().filter_map(|c| c.str_at("code"))
}

/// The first code of a coded value.
pub(crate) fn code(value: Option<&Value>) -> Option<&str> {
    value?
        .items_at("coding")
        .iter()
        .find_map(|c| c.str_at("code"))
}

/// A number with its unit, as it was charted: trailing zeros mean something.
pub(crate) fn quantity(value: &Value) -> Option<String> {
    let number = value.get("value")?.as_number()?.as_str();
    let number = shortened(number);
    let unit = value
        .str_at("unit")
        .or_else(|| value.str_at("code"))
        .unwrap_or_default();
    // Annotations of UCUM (`{score}`) say nothing that the name does not.
    let unit = if unit.starts_with('{') { "" } else { unit };
    let sign = value.str_at("comparator").unwrap_or_default();
    Some([sign, &number, " ", unit].concat().trim().to_owned())
}

/// Devices and converters leave a dozen digits behind the point; nobody reads more than two.
fn shortened(number: &str) -> String {
    match number.split_once('.') {
        Some((whole, rest)) if rest.len() > 2 && rest.bytes().all(|b| b.is_ascii_digit()) => number
            .parse::<f64>()
            .map_or_else(|_| whole.to_owned(), |n| format!("{n:.1}")),
        Some(_) | None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn a_concept_is_its_text_else_what_its_codes_say() {
        let check = |text: &str, expected: Option<&str>| {
            let value = json::read(text.as_bytes()).unwrap();
            assert_eq!(concept(Some(&value)).as_deref(), expected, "{text}");
        };
        check(
            r#"{"text":"Asthma","coding":[{"display":"other"}]}"#,
            Some("Asthma"),
        );
        check(
            r#"{"coding":[{"code":"1"},{"display":"Asthma"}]}"#,
            Some("Asthma"),
        );
        check(r#"{"coding":[{"code":"195967001"}]}"#, Some("195967001"));
        check(r#"{"coding":[]}"#, None);
    }

    #[test]
    fn a_quantity_keeps_what_was_charted_and_drops_what_a_converter_added() {
        let check = |text: &str, expected: &str| {
            let value = json::read(text.as_bytes()).unwrap();
            assert_eq!(quantity(&value).unwrap(), expected);
        };
        check(r#"{"value":7.20,"unit":"mmol/L"}"#, "7.20 mmol/L");
        check(r#"{"value":172.80000000000001,"unit":"cm"}"#, "172.8 cm");
        check(r#"{"comparator":"<","value":5,"code":"mg"}"#, "<5 mg");
        check(r#"{"value":3,"unit":"{score}"}"#, "3");
    }
}
