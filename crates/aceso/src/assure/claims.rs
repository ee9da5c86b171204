//! The claims, from `data/claims.txt`: `= SECTION`, then `ID… | CLAIM` for each row.

/// What everything else supports.
pub(super) const ROOT: &str = "The installation minimises disclosure of patient data";

static TEXT: &str = include_str!("../../data/claims.txt");

/// A section of the requirements.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) claims: Vec<Claim>,
}

/// One row, or rows that belong together.
pub(super) struct Claim {
    pub(super) ids: Vec<&'static str>,
    pub(super) text: &'static str,
}

/// All sections in order.
pub(super) fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in TEXT.lines() {
        if let Some(title) = line.strip_prefix("= ") {
            let claims = Vec::new();
            sections.push(Section { title, claims });
        } else if let Some((ids, text)) = line.split_once(" | ")
            && let Some(section) = sections.last_mut()
        {
            let ids = ids.split(' ').collect();
            section.claims.push(Claim { ids, text });
        }
    }
    sections
}

/// Whether evidence of one id speaks of a row: `3.4` speaks of every row of that chapter.
pub(super) fn speaks_of(id: &str, row: &str) -> bool {
    row == id
        || row
            .strip_prefix(id)
            .is_some_and(|rest| rest.starts_with('.'))
}

/// The ids at the front of a test's name: `p1_s5_what_is_shown`, `asvs_7_2_4_a_session`, `o_d2_nobody`.
pub(super) fn ids_of(test: &str) -> Vec<String> {
    let name = test.rsplit("::").next().unwrap_or(test);
    split(name).0
}

/// What a test's name says after its ids.
pub(super) fn rule_of(name: &str) -> String {
    split(name).1
}

fn split(name: &str) -> (Vec<String>, String) {
    let mut words = name.split('_').peekable();
    let mut ids = Vec::new();
    while let Some(word) = words.peek().copied() {
        if word == "asvs" {
            words.next();
            let mut parts = Vec::new();
            while let Some(part) = words.next_if(|w| is_number(w) && parts.len() < 3) {
                parts.push(part);
            }
            // One test says nothing of a whole chapter.
            if parts.len() > 1 {
                ids.push(parts.join("."));
            }
        } else if word == "o" {
            words.next();
            match words.next_if(|w| is_row(w)) {
                Some(rest) => ids.push(["O-", rest].concat()),
                None => break,
            }
        } else if is_row(word) {
            words.next();
            ids.push(word.to_uppercase());
        } else {
            break;
        }
    }
    let rule: Vec<&str> = words.collect();
    (ids, rule.join("_"))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// One or two letters, then a number.
fn is_row(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_lowercase).count();
    (1..=2).contains(&letters) && word.get(letters..).is_some_and(is_number)
}
