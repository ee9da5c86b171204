//! Templates of letters. A template names what is put in; nothing else of it is looked at, and what is put in is not looked
//! at again.

/// A template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    /// What its address ends with.
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    body: &'static str,
}

/// All of them.
pub(crate) const TEMPLATES: [Template; 4] = [
    Template {
        key: "results",
        title: "Your results",
        body: "Dear {patient},\n\nyour results of the last days are here:\n\n{results}\n\nPlease call us when you have questions, or when you feel worse.\n\n{author}\n{clinic}",
    },
    Template {
        key: "recall",
        title: "Please come and see us",
        body: "Dear {patient},\n\nwe would like to see you for a check-up. Please call us for a day and a time that suit you.\n\n{author}\n{clinic}",
    },
    Template {
        key: "attendance",
        title: "Confirmation of a visit",
        body: "To whom it may concern\n\n{patient}, born {born}, was seen at {clinic} on {today}.\n\n{author}",
    },
    Template {
        key: "colleague",
        title: "Letter to a colleague",
        body: "Dear colleague,\n\nthank you for seeing {patient}, born {born}.\n\nProblems: {problems}\nAllergies: {allergies}\nMedication: {medications}\n\nKind regards\n{author}\n{clinic}",
    },
];

/// The names that a template may use.
pub(crate) const NAMES: [&str; 9] = [
    "patient",
    "born",
    "today",
    "author",
    "clinic",
    "results",
    "problems",
    "allergies",
    "medications",
];

impl Template {
    /// The template with this key.
    pub(crate) fn find(key: &str) -> Option<Self> {
        TEMPLATES.into_iter().find(|t| t.key == key)
    }

    /// The text with what the names stand for. What has no value becomes a line to fill in.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> String) -> String {
        fill(self.body, value)
    }
}

fn fill(body: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after
            .split_once('}')
            .filter(|(name, _)| NAMES.contains(name))
        {
            Some((name, behind)) => {
                let said = value(name);
                out.push_str(if said.trim().is_empty() { "…" } else { &said });
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emr_1_23_a_template_puts_in_what_it_names_and_what_is_put_in_is_not_looked_at_again() {
        let value = |name: &str| match name {
            "patient" => "{author} <b>Ann</b>".to_owned(),
            "author" => "Doc".to_owned(),
            _ => String::new(),
        };
        assert_eq!(
            fill("{patient}, {author}.", value),
            "{author} <b>Ann</b>, Doc."
        );
        assert_eq!(fill("{born} {secret} {", value), "… {secret} {");
        for template in TEMPLATES {
            let left = template.fill(|_| "x".to_owned());
            assert!(!left.contains(['{', '}']), "{left}");
        }
    }
}
