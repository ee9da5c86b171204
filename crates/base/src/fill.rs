//! Sentences with numbered places.

use std::fmt::{Display, Formatter, Result};

/// Writes a sentence, `{0} of {1}`, with these in its places; a place for which there is nothing stays empty.
pub fn fill<P: Display>(f: &mut Formatter<'_>, sentence: &str, parts: &[P]) -> Result {
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        f.write_str(before)?;
        let (place, beyond) = after.split_once('}').unwrap_or((after, ""));
        if let Some(part) = place.parse().ok().and_then(|at: usize| parts.get(at)) {
            part.fmt(f)?;
        }
        rest = beyond;
    }
    f.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Said(&'static str);

    impl Display for Said {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            fill(f, self.0, &["a", "b"])
        }
    }

    #[test]
    fn places_are_filled_in_any_order_and_without_a_part_they_stay_empty() {
        let said = |sentence| Said(sentence).to_string();
        assert_eq!(said("{1} of {0}"), "b of a");
        assert_eq!(said("{2}, {x} and {0"), ",  and a");
        assert_eq!(said("nothing"), "nothing");
    }
}
