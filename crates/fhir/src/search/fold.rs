//! Text made comparable: case, accents and white space aside.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, accents removed (compatibility decomposition without combining marks), runs of white space as one
/// space, none at the ends. Borrowed when the text is like that already. `ß` becomes `ss`.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        if c.is_whitespace() {
            push_space(&mut out);
        } else if c == 'ß' || c == 'ẞ' {
            out.push_str("ss");
        } else if c == 'ς' {
            out.push('σ');
        } else {
            out.extend(c.to_lowercase().filter(|c| !is_combining_mark(*c)));
        }
    }
    out.truncate(out.trim_end().len());
    Cow::Owned(out)
}

fn fold_ascii(text: &str) -> Cow<'_, str> {
    let mut before_space = true;
    let as_it_is = text.bytes().all(|b| {
        let space = b.is_ascii_whitespace() || b == 0x0b;
        let fine = if space {
            b == b' ' && !before_space
        } else {
            !b.is_ascii_uppercase()
        };
        before_space = space;
        fine
    });
    if as_it_is && (!before_space || text.is_empty()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            push_space(&mut out);
        } else {
            out.push(c.to_ascii_lowercase());
        }
    }
    out.truncate(out.trim_end().len());
    Cow::Owned(out)
}

fn push_space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(fold(text), expected, "{text:?}");
        assert_eq!(fold(expected), expected, "{expected:?} again");
    }

    #[test]
    fn case_accents_and_spaces_fold_away() {
        check("", "");
        check(" ", "");
        check("smith jones", "smith jones");
        check("  Smith \t Jones ", "smith jones");
        check("MÜLLER", "muller");
        check("Çağlar İnan", "caglar inan");
        check("Straße", "strasse");
        check("ﬁn\u{a0}\u{a0}x ", "fin x");
        check("Ὀδυσσεύς", "οδυσσευσ");
        check("東京", "東京");
    }
}
