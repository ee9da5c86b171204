//! What is known of who a patient is: read from a form or a Patient, and written back.

use aceso_clinic::Particulars;
use aceso_web::page::{Choice, Errors, Field, Select};
use aceso_web::site::{Fields, Take};
use maud::{Markup, html};

use crate::words::is_fhir_day;

/// The fields of the form, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) former: String,
    pub(crate) birth: String,
    pub(crate) gender: String,
    pub(crate) number: String,
    pub(crate) phone: String,
    pub(crate) email: String,
    pub(crate) line: String,
    pub(crate) city: String,
    pub(crate) state: String,
    pub(crate) postcode: String,
    pub(crate) language: String,
    pub(crate) kin: String,
    pub(crate) kin_is: String,
    pub(crate) kin_phone: String,
}

const NAMES: [&str; 16] = [
    "given",
    "family",
    "former",
    "birth",
    "gender",
    "number",
    "phone",
    "email",
    "line",
    "city",
    "state",
    "postcode",
    "language",
    "kin",
    "kin-is",
    "kin-phone",
];
/// What each is called, where a change is told.
const LABELS: [&str; 16] = [
    "Given names",
    "Family name",
    "Former family name",
    "Birth date",
    "Sex",
    "Record number",
    "Telephone",
    "E-mail",
    "Street",
    "City",
    "State",
    "Postal code",
    "Language",
    "Contact",
    "Contact's relation",
    "Contact's telephone",
];
/// FHIR's administrative gender.
const GENDERS: [(&str, &str); 5] = [
    ("", "Choose one"),
    ("female", "Female"),
    ("male", "Male"),
    ("other", "Other"),
    ("unknown", "Unknown"),
];
pub(super) const LANGUAGES: [(&str, &str); 13] = [
    ("", "Not recorded"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("ar", "Arabic"),
    ("zh", "Chinese"),
    ("de", "German"),
    ("hi", "Hindi"),
    ("ko", "Korean"),
    ("pt", "Portuguese"),
    ("ru", "Russian"),
    ("tl", "Tagalog"),
    ("vi", "Vietnamese"),
];

/// Whether a text is a telephone number.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let mut letters = text.chars();
    letters.all(|c| c.is_ascii_digit() || " +-().x/".contains(c)) && (5..=20).contains(&digits)
}

impl Person {
    /// The fields that the form has.
    pub(crate) fn takes() -> Vec<Take> {
        NAMES.map(Take::One).into()
    }

    fn values(&self) -> [&String; 16] {
        [
            &self.given,
            &self.family,
            &self.former,
            &self.birth,
            &self.gender,
            &self.number,
            &self.phone,
            &self.email,
            &self.line,
            &self.city,
            &self.state,
            &self.postcode,
            &self.language,
            &self.kin,
            &self.kin_is,
            &self.kin_phone,
        ]
    }

    /// From a form that was sent.
    pub(crate) fn typed(fields: &Fields) -> Self {
        let field = |name: &str| fields.trimmed(name).to_owned();
        Self {
            given: field("given"),
            family: field("family"),
            former: field("former"),
            birth: field("birth"),
            gender: field("gender"),
            number: field("number"),
            phone: field("phone"),
            email: field("email"),
            line: field("line"),
            city: field("city"),
            state: field("state"),
            postcode: field("postcode"),
            language: field("language"),
            kin: field("kin"),
            kin_is: field("kin-is"),
            kin_phone: field("kin-phone"),
        }
    }

    /// What differs from another state: name, there, here.
    pub(crate) fn differences(&self, there: &Self) -> Vec<(&'static str, String, String)> {
        let pairs = LABELS
            .into_iter()
            .zip(there.values().into_iter().zip(self.values()));
        pairs
            .filter(|(_, (there, here))| there != here)
            .map(|(label, (there, here))| (label, there.clone(), here.clone()))
            .collect()
    }

    /// Notes what is wrong.
    pub(crate) fn check(&self, today: &str, errors: &mut Errors) {
        if self.family.is_empty() {
            errors.add(
                "family",
                "Enter the family name; for somebody unknown, Unknown",
            );
        }
        if self.birth.is_empty() && self.family != "Unknown" {
            errors.add("birth", "Enter the birth date; a year alone will do");
        } else if !self.birth.is_empty()
            && (!is_fhir_day(&self.birth)
                || self.birth.as_str() > today
                || self.birth.as_str() < "1880")
        {
            errors.add(
                "birth",
                "Enter a day, month or year that is past: 1974-03-01, 1974-03 or 1974",
            );
        }
        if !GENDERS
            .iter()
            .any(|(code, _)| *code == self.gender && !code.is_empty())
        {
            errors.add("gender", "Choose the sex, or unknown");
        }
        for (name, phone) in [("phone", &self.phone), ("kin-phone", &self.kin_phone)] {
            if !phone.is_empty() && !is_phone(phone) {
                errors.add(name, "Enter the number in digits, as 555-010-2030");
            }
        }
        if !self.email.is_empty()
            && !self
                .email
                .split_once('@')
                .is_some_and(|(a, b)| !a.is_empty() && b.contains('.'))
        {
            errors.add("email", "Enter the address, as ann@example.org");
        }
        if !LANGUAGES.iter().any(|(code, _)| *code == self.language) {
            errors.add("language", "Choose one");
        }
        let long = NAMES
            .into_iter()
            .zip(self.values())
            .find(|(_, v)| v.chars().count() > 200);
        if let Some((name, _)) = long {
            errors.add(name, "At most 200 letters");
        }
    }

    /// What tells people apart.
    pub(crate) fn particulars(&self) -> Particulars {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Particulars {
            families: [&self.family, &self.former]
                .into_iter()
                .filter_map(some)
                .collect(),
            given: self.given.split_whitespace().map(str::to_owned).collect(),
            birth: some(&self.birth),
            gender: some(&self.gender),
            phones: some(&self.phone).into_iter().collect(),
            identifiers: some(&self.number).into_iter().collect(),
            postcode: some(&self.postcode),
        }
    }
}

impl Person {
    /// The form's fields.
    pub(crate) fn fields(&self, errors: &Errors) -> Markup {
        let choices = |all: &[(&str, &'static str)]| {
            all.iter().map(|(c, said)| Choice::new(*c, *said)).collect()
        };
        let plain = |name: &'static str, label: &'static str, value: &str| {
            Field::text(name, label)
                .value(value)
                .errors(errors)
                .longest(200)
        };
        html! {
            fieldset.group {
                legend { "Who" }
                div.pair {
                    (plain("given", "Given names", &self.given).optional().autocomplete("off"))
                    (plain("family", "Family name", &self.family).autocomplete("off"))
                    (plain("former", "Former family name", &self.former).optional())
                }
                div.pair {
                    (plain("birth", "Birth date", &self.birth).hint("1974-03-01, or the year alone").short())
                    (Select::new("gender", "Sex", choices(&GENDERS)).chosen(&self.gender).errors(errors))
                    (plain("number", "Record number", &self.number).optional())
                }
            }
            fieldset.group {
                legend { "How to reach them" }
                div.pair { (plain("phone", "Telephone", &self.phone).optional()) (plain("email", "E-mail", &self.email).optional()) }
                (plain("line", "Street and number", &self.line).optional())
                div.pair {
                    (plain("city", "City", &self.city).optional())
                    (plain("state", "State", &self.state).optional())
                    (plain("postcode", "Postal code", &self.postcode).optional())
                }
                (Select::new("language", "Language", choices(&LANGUAGES)).chosen(&self.language).errors(errors))
            }
            fieldset.group {
                legend { "Whom to call in an emergency" }
                div.pair {
                    (plain("kin", "Name", &self.kin).optional())
                    (plain("kin-is", "Relation", &self.kin_is).optional())
                    (plain("kin-phone", "Their telephone", &self.kin_phone).optional())
                }
            }
        }
    }
}
