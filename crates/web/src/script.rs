//! What the script says, in the page's language: it builds no texts of its own.

use maud::{Language, language};

/// All that the script says.
const SAID: [&str; 15] = [
    "Copied",
    "Show",
    "Hide",
    "Not saved yet",
    "Draft saved at {0}",
    "This draft was changed elsewhere. Press Save: you will see both.",
    "The draft is not saved. Press Save to see why.",
    "Not saved: no connection. It is tried again; what you typed stays here.",
    "No connection. What you typed stays here, and is sent as soon as there is one.",
    "Your session is over. What you typed stays here: sign in in another tab, then it is sent.",
    "Somebody else is signed in now: this is not sent in their name. What you typed stays here.",
    "This is longer than a form takes, and is not sent: shorten it first.",
    "The screen is locked in another tab. What you typed stays here; unlock it to go on.",
    "This device has a passkey for this account already.",
    "The passkey was not used: it was cancelled, took too long, or this device has none for this account.",
];

/// Lines of an English text, a tab, and what the page's language says; nothing in English.
pub(crate) fn words() -> Option<String> {
    if language() == Language::English {
        return None;
    }
    let lines = SAID.map(|text| format!("{text}\t{}", maud::words(text)));
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_script_says_is_what_is_translated_for_it() {
        let script = crate::asset::script();
        for text in SAID {
            assert!(script.contains(&format!("tell(\"{text}\")")), "{text}");
        }
        let told = script.matches("tell(\"").count();
        assert_eq!(told, SAID.len(), "the script says more than is translated");
    }
}
