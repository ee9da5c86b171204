//! The parts of an advisory as people know them: what its form calls them, and which of them a member of the record is shown in.

use super::record::{Advisory, Product};

macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident = ($key:literal, $label:literal)),+ $(,)?) => {
        /// A part of an advisory, as its form has it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Part {
            $($(#[$doc])* $part,)+
        }

        impl Part {
            /// All of them, in the order of the form.
            pub const ALL: &[Self] = &[$(Self::$part,)+];

            /// The form's field.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$part => $key,)+
                }
            }

            /// What people read beside it.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$part => $label,)+
                }
            }
        }
    };
}

parts! {
    /// Its number.
    Number = ("id", "Number"),
    /// Its title.
    Title = ("title", "Title"),
    /// Whether more is to follow.
    Status = ("status", "How final is it?"),
    /// What it is, for who runs the software.
    Summary = ("summary", "Summary"),
    /// What is wrong, for who mends software.
    Description = ("description", "The vulnerability"),
    /// The CVE id.
    Cve = ("cve", "CVE id"),
    /// Why it has none.
    NoCve = ("no_cve", "Or why there is none"),
    /// The weaknesses.
    Weaknesses = ("weaknesses", "Weaknesses"),
    /// The severity.
    Level = ("level", "Severity"),
    /// Why it is that.
    Why = ("why", "Why it is that"),
    /// The vector.
    Vector = ("vector", "CVSS vector"),
    /// What it means for patients' safety.
    PatientSafety = ("patient_safety", "What it means for patients' safety"),
    /// What it means for their data.
    PatientData = ("patient_data", "What it means for their data"),
    /// What is known of exploits.
    Exploit = ("exploit", "Exploit"),
    /// The affected versions.
    Affected = ("affected", "Affected"),
    /// The versions that have the fix.
    Fixed = ("fixed", "Fixed"),
    /// The fix's steps.
    Fix = ("fix", "Fix"),
    /// Where it is.
    FixUrl = ("fix_url", "Where to get it"),
    /// The workaround.
    Workaround = ("workaround", "Workaround"),
    /// What those do whose version gets no fix.
    NoFix = ("no_fix", "For versions whose life is over"),
    /// Who is thanked.
    Credits = ("credits", "Acknowledgements"),
    /// What to read on.
    References = ("references", "References"),
    /// What this version changes.
    Change = ("change", "What this version changes"),
}

impl Part {
    /// Where the form shows this member of the record; nowhere: the form does not show it.
    pub(super) fn of(advisory: &Advisory, at: &str) -> Option<Self> {
        let steps: Vec<&str> = at.split('/').collect();
        Some(match steps.as_slice() {
            ["id"] => Self::Number,
            ["title"] => Self::Title,
            ["current" | "version" | "revisions"] => Self::Change,
            ["notes"] => Self::Summary,
            ["references", ..] => Self::References,
            ["severity", "why"] => Self::Why,
            ["severity", "patient_safety"] => Self::PatientSafety,
            ["severity", "patient_data"] => Self::PatientData,
            ["severity", ..] => Self::Level,
            ["credits", ..] => Self::Credits,
            ["products", number, ..] => {
                let product = number
                    .parse()
                    .ok()
                    .and_then(|n: usize| advisory.products.get(n));
                of_product(advisory, product?)
            }
            // The form shows the first one alone.
            ["vulnerabilities"] | ["vulnerabilities", "0"] => Self::Description,
            ["vulnerabilities", "0", member] => of_vulnerability(member)?,
            _ => return None,
        })
    }
}

fn of_vulnerability(member: &str) -> Option<Part> {
    Some(match member {
        "cve" => Part::Cve,
        "weaknesses" => Part::Weaknesses,
        "scores" => Part::Vector,
        "notes" => Part::Description,
        "statuses" | "flags" => Part::Affected,
        "remedies" => Part::Fix,
        "threats" => Part::Exploit,
        _ => return None,
    })
}

/// A product stands among the affected ones, or among those that have the fix.
fn of_product(advisory: &Advisory, product: &Product) -> Part {
    let mut fixed = advisory
        .vulnerabilities
        .iter()
        .flat_map(|v| advisory.fixed(v));
    if fixed.any(|p| p.id == product.id) {
        Part::Fixed
    } else {
        Part::Affected
    }
}

/// What people call a member of the record that the form does not show.
pub(super) fn elsewhere(at: &str) -> String {
    let mut steps = at.split('/');
    match (
        steps.next(),
        steps.next().and_then(|n| n.parse::<u64>().ok()),
    ) {
        (Some("publisher"), _) => "The publisher".to_owned(),
        (Some("vulnerabilities"), Some(number)) => {
            let member = steps.next().and_then(of_vulnerability);
            let label = member.map_or("what it is", Part::label);
            format!("Vulnerability {}, {label}", number.saturating_add(1))
        }
        _ => at.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_that_a_check_names_has_a_word_that_people_know() {
        let advisory: Advisory =
            serde_json::from_str(include_str!("../../tests/data/ACESO-2026-0001.json")).unwrap();
        let check =
            |at: &str, part: Option<Part>| assert_eq!(Part::of(&advisory, at), part, "{at}");
        check("vulnerabilities/0/cve", Some(Part::Cve));
        check("vulnerabilities/0/scores", Some(Part::Vector));
        check("vulnerabilities/1/scores", None);
        check("severity/patient_data", Some(Part::PatientData));
        check("credits/3/consent", Some(Part::Credits));
        check("products/0/when", Some(Part::Affected));
        check("products/99", None);
        check("publisher/contact", None);
        assert_eq!(elsewhere("publisher/contact"), "The publisher");
        assert_eq!(
            elsewhere("vulnerabilities/1/scores"),
            "Vulnerability 2, CVSS vector"
        );
    }
}
