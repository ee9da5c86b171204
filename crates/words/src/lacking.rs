//! What a page asked a catalogue for and did not get. Noted only while somebody listens, which tests do, and only by builds that
//! check themselves: a page of the product costs nothing more.

use std::collections::BTreeSet;

#[cfg(debug_assertions)]
thread_local! {
    static HEARD: std::cell::RefCell<Option<BTreeSet<&'static str>>> =
        const { std::cell::RefCell::new(None) };
}

/// Makes something, and tells which texts of ours the language lacked meanwhile. Builds without debug assertions hear nothing.
pub fn lacking<T>(work: impl FnOnce() -> T) -> (T, BTreeSet<&'static str>) {
    #[cfg(debug_assertions)]
    {
        HEARD.set(Some(BTreeSet::new()));
        let made = work();
        (made, HEARD.take().unwrap_or_default())
    }
    #[cfg(not(debug_assertions))]
    {
        (work(), BTreeSet::new())
    }
}

/// Notes a text that a catalogue lacks; marks and numbers are the same everywhere.
pub(crate) fn note(text: &'static str) {
    #[cfg(debug_assertions)]
    if text.chars().any(char::is_alphabetic) {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.insert(text);
            }
        });
    }
    #[cfg(not(debug_assertions))]
    let _ = text;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, counted, say, speaking, words};

    #[test]
    fn a_text_that_a_language_lacks_is_heard_of_and_no_other() {
        let made = || {
            let said = say("Surely in no catalogue: {0}", &[&1]);
            let more = counted(2, "{0} of no catalogue", "{0} more of none", &[]);
            [
                said,
                more,
                words("Sign in").to_string(),
                words("·").to_string(),
            ]
            .concat()
        };
        let (_, heard) = lacking(|| speaking(Language::Arabic, made));
        let expected = ["Surely in no catalogue: {0}", "{0} of no catalogue"];
        assert_eq!(heard.into_iter().collect::<Vec<_>>(), expected);
        let (_, heard) = lacking(|| speaking(Language::English, made));
        assert!(heard.is_empty(), "English is what the pages are written in");
    }
}
