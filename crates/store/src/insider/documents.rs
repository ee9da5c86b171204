//! What documents say, made comparable.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::search::date_span;
use aceso_shield::insider::{Address, Point, digits, plain_name, street};

/// A member's text; empty when there is none.
pub(super) fn text(value: &Value, member: &str) -> String {
    value.str_at(member).unwrap_or_default().to_owned()
}

/// Surname and given name, of the name in use.
pub(super) fn name(document: &Value) -> (String, String) {
    let names = document.items_at("name");
    let old = |n: &&Value| matches!(n.str_at("use"), Some("old" | "maiden" | "nickname"));
    let Some(name) = names.iter().find(|n| !old(n)).or_else(|| names.first()) else {
        return Default::default();
    };
    let given = name.items_at("given").first().and_then(Value::as_str);
    (
        plain_name(&text(name, "family")),
        plain_name(given.unwrap_or_default()),
    )
}

/// Telephone numbers.
pub(super) fn phones(value: &Value) -> Vec<String> {
    let all = value.items_at("telecom").iter();
    let phones = all.filter(|t| matches!(t.str_at("system"), Some("phone" | "sms")));
    let numbers = phones.map(|t| digits(t.str_at("value").unwrap_or_default()));
    numbers.filter(|n| !n.is_empty()).collect()
}

/// Addresses that are homes.
pub(super) fn homes(document: &Value) -> Vec<Address> {
    let all = document.items_at("address").iter();
    let homes = all.filter(|a| !matches!(a.str_at("use"), Some("work" | "old" | "billing")));
    homes.map(address).collect()
}

fn address(value: &Value) -> Address {
    let lines = value.items_at("line").iter().filter_map(Value::as_str);
    Address {
        line: street(&lines.collect::<Vec<_>>().join(" ")),
        postcode: text(value, "postalCode"),
        point: value.items_at("extension").iter().find_map(point),
    }
}

/// <http://hl7.org/fhir/StructureDefinition/geolocation>
fn point(extension: &Value) -> Option<Point> {
    if !extension.str_at("url")?.ends_with("/geolocation") {
        return None;
    }
    let part = |name: &str| {
        let all = extension.items_at("extension").iter();
        let mut found = all.filter(|e| e.str_at("url") == Some(name));
        Some(found.next()?.get("valueDecimal")?.as_number()?.to_f64())
    };
    Some(Point {
        latitude: part("latitude")?,
        longitude: part("longitude")?,
    })
}

/// The time that a member says: its first and last moment.
pub(super) fn span(value: &Value, member: &str) -> Option<(Instant, Instant)> {
    let (from, to) = date_span(value.str_at(member)?)?;
    Some((Instant::from_millis(from), Instant::from_millis(to)))
}

/// A period: from the beginning of time, to the end of time, where it does not say.
pub(super) fn period(value: Option<&Value>) -> (Instant, Instant) {
    let start = value.and_then(|p| span(p, "start")).map(|(from, _)| from);
    let end = value.and_then(|p| span(p, "end")).map(|(_, to)| to);
    (
        start.unwrap_or(Instant::from_millis(i64::MIN)),
        end.unwrap_or(Instant::from_millis(i64::MAX)),
    )
}

/// The ids of references to this type.
pub(super) fn referred<'a>(values: impl Iterator<Item = &'a Value>, kind: &str) -> Vec<String> {
    let id = |value: &Value| {
        let reference = value.str_at("reference")?;
        let id = reference.strip_prefix(kind)?.strip_prefix('/')?;
        Some(id.split('/').next().unwrap_or_default().to_owned())
    };
    values.filter_map(id).collect()
}
