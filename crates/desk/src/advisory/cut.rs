//! Texts that somebody takes only so much of.

/// At most so many characters of a text; of a longer one the first lines, and then what says where the rest is.
pub(crate) fn cut(text: &str, most: usize, rest: &str) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(rest.chars().count());
    let mut kept: String = text.chars().take(room).collect();
    // Half of it is worth more than whole lines.
    let line = kept
        .rfind('\n')
        .filter(|at| at.saturating_mul(2) > kept.len());
    kept.truncate(line.unwrap_or(kept.len()));
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::cut;

    fn check(text: &str, most: usize, expected: &str) {
        let found = cut(text, most, " …");
        assert_eq!(found, expected);
        assert!(found.chars().count() <= most, "{found}");
    }

    #[test]
    fn a_text_that_is_too_long_ends_with_a_whole_line_and_says_so() {
        check("short", 5, "short");
        check("one line\nanother", 14, "one line …");
        check("a\nvery long line", 10, "a\nvery l …");
        check("añojado y más", 8, "añojad …");
    }
}
