//! Sentences about what was found. They are kept in English; who shows one finds its message again by what stands between its
//! places.

use std::fmt::Display;

/// A sentence of ours with its places filled: `filled("records of {0} patients", &[&count])`.
pub(crate) fn filled(text: &'static str, parts: &[&dyn Display]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (place, beyond) = after.split_once('}').unwrap_or((after, ""));
        if let Some(part) = place.parse().ok().and_then(|at: usize| parts.get(at)) {
            out.push_str(&part.to_string());
        }
        rest = beyond;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_any_order() {
        assert_eq!(filled("{1} of {0}.", &[&3, &"a"]), "a of 3.");
        assert_eq!(filled("all", &[]), "all");
    }
}
