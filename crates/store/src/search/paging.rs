//! Marks: where the next page begins. They carry the place in the order itself, so a page is right whatever was
//! written in between.

use super::sort::Place;
use crate::ReadError;

/// A mark of a search over all types: the type's place in the list, and the mark within it.
pub(super) fn kind_mark(mark: Option<&str>) -> Result<(usize, Option<&str>), ReadError> {
    let Some(mark) = mark else {
        return Ok((0, None));
    };
    let (at, inner) = mark.split_once('~').ok_or_else(strange)?;
    Ok((
        at.parse().map_err(|_| strange())?,
        Some(inner).filter(|m| !m.is_empty()),
    ))
}

/// A mark in the order of a column: `o` place `.` key.
pub(super) fn column_mark(mark: Option<&str>) -> Result<Option<(i64, i64)>, ReadError> {
    let Some(mark) = mark else { return Ok(None) };
    let (place, key) = mark
        .strip_prefix('o')
        .and_then(|m| m.split_once('.'))
        .ok_or_else(strange)?;
    Ok(Some((
        place.parse().map_err(|_| strange())?,
        key.parse().map_err(|_| strange())?,
    )))
}

/// The mark of a place in the order of a column.
pub(super) fn of_column(place: i64, key: i64) -> String {
    format!("o{place}.{key}")
}

/// The mark of a place in a sorted list.
pub(super) fn of_places(places: &[Place], key: i64) -> String {
    let mut mark = String::from("s");
    for place in places {
        match place {
            Place::Number(x) => mark.push_str(&format!("f{:x}", x.to_bits())),
            Place::Time(t) => mark.push_str(&format!("d{t}")),
            Place::Text(text) => {
                mark.push('t');
                mark.push_str(&aceso_base::hex(text.as_bytes()));
            }
            Place::Nowhere => mark.push('n'),
        }
        mark.push('.');
    }
    mark.push_str(&key.to_string());
    mark
}

/// Reads a mark of a sorted list.
pub(super) fn places_mark(mark: Option<&str>) -> Result<Option<(Vec<Place>, i64)>, ReadError> {
    let Some(mark) = mark else { return Ok(None) };
    let mut parts: Vec<&str> = mark
        .strip_prefix('s')
        .ok_or_else(strange)?
        .split('.')
        .collect();
    let key = parts
        .pop()
        .and_then(|k| k.parse().ok())
        .ok_or_else(strange)?;
    let places: Option<Vec<Place>> = parts.into_iter().map(place).collect();
    Ok(Some((places.ok_or_else(strange)?, key)))
}

fn place(text: &str) -> Option<Place> {
    let (kind, rest) = text.split_at_checked(1)?;
    match kind {
        "f" => u64::from_str_radix(rest, 16)
            .ok()
            .map(f64::from_bits)
            .map(Place::Number),
        "d" => rest.parse().ok().map(Place::Time),
        "n" => Some(Place::Nowhere),
        "t" => {
            let bytes: Option<Vec<u8>> = (0..rest.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(rest.get(i..i + 2)?, 16).ok())
                .collect();
            String::from_utf8(bytes?).ok().map(Place::Text)
        }
        _ => None,
    }
}

fn strange() -> ReadError {
    ReadError::BadQuery("the page's mark is not one that this server gave for this search: follow the links as they are".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let places = vec![
            Place::Text("é x".into()),
            Place::Nowhere,
            Place::Number(-1.5),
            Place::Time(-7),
        ];
        let (read, key) = places_mark(Some(&of_places(&places, -9))).unwrap().unwrap();
        assert_eq!((read, key), (places, -9));
        assert!(places_mark(Some("s1.tzz.5")).is_err());
        assert!(column_mark(Some("o1")).is_err());
    }
}
