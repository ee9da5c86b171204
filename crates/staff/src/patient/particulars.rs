//! What is known of who a patient is: read from a form or a Patient, and written back.

use aceso_clinic::Particulars;
use aceso_fhir::{Object, Value};
use aceso_web::page::{Choice, Errors, Field, Select};
use aceso_web::site::{Fields, Take};
use maud::{Markup, html};

use crate::chart::story::is_old;
use crate::chart::write::{of_hl7, one, words};
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
const LANGUAGES: [(&str, &str); 13] = [
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
            let digits = phone.bytes().filter(u8::is_ascii_digit).count();
            let plain = phone
                .chars()
                .all(|c| c.is_ascii_digit() || " +-().x/".contains(c));
            if !phone.is_empty() && !(plain && (5..=20).contains(&digits)) {
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

/// What tells a patient on record from others.
pub(crate) fn particulars(patient: &Value) -> Particulars {
    let texts = |value: &Value, name: &str| -> Vec<String> {
        value
            .items_at(name)
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect()
    };
    let names = patient.items_at("name");
    let telecom = patient.items_at("telecom").iter();
    let phones = telecom.filter(|t| t.str_at("system") == Some("phone"));
    let own = |value: Option<&str>| value.map(str::to_owned);
    Particulars {
        families: names
            .iter()
            .filter_map(|n| own(n.str_at("family")))
            .collect(),
        given: names.iter().flat_map(|n| texts(n, "given")).collect(),
        birth: own(patient.str_at("birthDate")),
        gender: own(patient.str_at("gender")),
        phones: phones.filter_map(|t| own(t.str_at("value"))).collect(),
        identifiers: patient
            .items_at("identifier")
            .iter()
            .filter_map(|i| own(i.str_at("value")))
            .collect(),
        postcode: patient
            .items_at("address")
            .first()
            .and_then(|a| own(a.str_at("postalCode"))),
    }
}

fn current_name(names: &[Value]) -> Option<usize> {
    let used = |wanted: &str| names.iter().position(|n| n.str_at("use") == Some(wanted));
    used("usual")
        .or_else(|| used("official"))
        .or((!names.is_empty()).then_some(0))
}

fn is_record(identifier: &Value) -> bool {
    crate::chart::codes(identifier.get("type")).any(|code| code == "MR")
}

fn is_telecom(wanted: &'static str) -> impl Fn(&Value) -> bool {
    move |t| t.str_at("system") == Some(wanted) && !is_old(t)
}

impl Person {
    /// From a Patient: what the form shows of it.
    pub(crate) fn of(patient: &Value) -> Self {
        let names = patient.items_at("name");
        let name = current_name(names).and_then(|at| names.get(at));
        let text = |value: Option<&Value>, name: &str| {
            value
                .and_then(|v| v.str_at(name))
                .unwrap_or_default()
                .to_owned()
        };
        let given = name.map(|n| n.items_at("given")).unwrap_or_default();
        let given: Vec<&str> = given.iter().filter_map(Value::as_str).collect();
        let former = names
            .iter()
            .find(|n| matches!(n.str_at("use"), Some("maiden" | "old")));
        let telecom = |wanted| {
            patient
                .items_at("telecom")
                .iter()
                .find(|t| is_telecom(wanted)(t))
        };
        let address = patient.items_at("address").iter().find(|a| !is_old(a));
        let lines = address.map(|a| a.items_at("line")).unwrap_or_default();
        let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
        let spoken = patient.items_at("communication").first();
        let language =
            crate::chart::code(spoken.and_then(|c| c.get("language"))).unwrap_or_default();
        let language = language.split('-').next().unwrap_or_default();
        let kin = patient.items_at("contact").first();
        let kin_phone = kin.and_then(|k| k.items_at("telecom").first());
        let kin_is = kin.and_then(|k| k.items_at("relationship").first());
        Self {
            given: given.join(" "),
            family: text(name, "family"),
            former: text(former, "family"),
            birth: text(Some(patient), "birthDate"),
            gender: text(Some(patient), "gender"),
            number: text(
                patient.items_at("identifier").iter().find(|i| is_record(i)),
                "value",
            ),
            phone: text(telecom("phone"), "value"),
            email: text(telecom("email"), "value"),
            line: lines.join(", "),
            city: text(address, "city"),
            state: text(address, "state"),
            postcode: text(address, "postalCode"),
            language: LANGUAGES
                .iter()
                .find(|(c, _)| *c == language)
                .map_or("", |(c, _)| c)
                .to_owned(),
            kin: kin
                .and_then(|k| k.get("name"))
                .map(crate::chart::person::written)
                .unwrap_or_default(),
            kin_is: crate::chart::concept(kin_is).unwrap_or_default(),
            kin_phone: text(kin_phone, "value"),
        }
    }

    /// Writes what differs from `before` into a Patient; all else stays as it is.
    pub(crate) fn write(&self, before: &Self, patient: &mut Object) {
        if self.given != before.given || self.family != before.family {
            self.write_name(patient);
        }
        if self.former != before.former {
            let mut list = items(patient, "name");
            list.retain(|n| !matches!(n.str_at("use"), Some("maiden" | "old")));
            if !self.former.is_empty() {
                list.push(Value::from([
                    ("use", Value::from("old")),
                    ("family", Value::from(self.former.as_str())),
                ]));
            }
            put(patient, "name", list);
        }
        if self.birth != before.birth {
            text(patient, "birthDate", &self.birth);
        }
        if self.gender != before.gender {
            text(patient, "gender", &self.gender);
        }
        if self.number != before.number {
            let number = Value::from([
                ("type", of_hl7("v2-0203", "MR")),
                ("value", Value::from(self.number.as_str())),
            ]);
            replace(
                patient,
                "identifier",
                &is_record,
                (!self.number.is_empty()).then_some(number),
            );
        }
        for (system, now, then) in [
            ("phone", &self.phone, &before.phone),
            ("email", &self.email, &before.email),
        ] {
            if now != then {
                let item = Value::from([
                    ("system", Value::from(system)),
                    ("value", Value::from(now.as_str())),
                ]);
                replace(
                    patient,
                    "telecom",
                    &is_telecom(system),
                    (!now.is_empty()).then_some(item),
                );
            }
        }
        let address = |p: &Self| {
            [
                p.line.clone(),
                p.city.clone(),
                p.state.clone(),
                p.postcode.clone(),
            ]
        };
        if address(self) != address(before) {
            self.write_address(patient);
        }
        if self.language != before.language {
            let tongue = LANGUAGES
                .iter()
                .find(|(c, _)| *c == self.language && !c.is_empty());
            let spoken = tongue.map(|(code, said)| {
                let coding = crate::chart::write::coding("urn:ietf:bcp:47", code, said);
                Value::from([(
                    "language",
                    Value::from([("coding", one(coding)), ("text", Value::from(*said))]),
                )])
            });
            let mut list = items(patient, "communication");
            if !list.is_empty() {
                list.remove(0);
            }
            list.splice(0..0, spoken);
            put(patient, "communication", list);
        }
        let kin = |p: &Self| [p.kin.clone(), p.kin_is.clone(), p.kin_phone.clone()];
        if kin(self) != kin(before) {
            self.write_kin(patient);
        }
    }

    fn write_name(&self, patient: &mut Object) {
        let mut list = items(patient, "name");
        let at = current_name(&list);
        let old = at.and_then(|at| list.get(at)).and_then(Value::as_object);
        let mut name = old.cloned().unwrap_or_default();
        name.remove("text");
        if old.is_none() {
            name.set("use", "official");
        }
        text(&mut name, "family", &self.family);
        let given = self.given.split_whitespace().map(Value::from).collect();
        put(&mut name, "given", given);
        match at.and_then(|at| list.get_mut(at)) {
            Some(place) => *place = Value::from(name),
            None => list.push(Value::from(name)),
        }
        put(patient, "name", list);
    }

    fn write_address(&self, patient: &mut Object) {
        let list = items(patient, "address");
        let old = list.iter().find(|a| !is_old(a)).and_then(Value::as_object);
        let mut address = old.cloned().unwrap_or_default();
        address.remove("text");
        let line = if self.line.is_empty() {
            Vec::new()
        } else {
            vec![Value::from(self.line.as_str())]
        };
        put(&mut address, "line", line);
        for (name, value) in [
            ("city", &self.city),
            ("state", &self.state),
            ("postalCode", &self.postcode),
        ] {
            text(&mut address, name, value);
        }
        let some = address.iter().next().is_some();
        replace(
            patient,
            "address",
            &|a| !is_old(a),
            some.then(|| Value::from(address)),
        );
    }

    fn write_kin(&self, patient: &mut Object) {
        let mut list = items(patient, "contact");
        let mut kin = list
            .first()
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let name = (!self.kin.is_empty()).then(|| words(&self.kin));
        match name {
            Some(name) => kin.set("name", name),
            None => drop(kin.remove("name")),
        }
        let relation = if self.kin_is.is_empty() {
            Vec::new()
        } else {
            vec![words(&self.kin_is)]
        };
        put(&mut kin, "relationship", relation);
        let phone = Value::from([
            ("system", Value::from("phone")),
            ("value", Value::from(self.kin_phone.as_str())),
        ]);
        put(
            &mut kin,
            "telecom",
            if self.kin_phone.is_empty() {
                Vec::new()
            } else {
                vec![phone]
            },
        );
        if !list.is_empty() {
            list.remove(0);
        }
        if kin.iter().next().is_some() {
            list.insert(0, Value::from(kin));
        }
        put(patient, "contact", list);
    }
}

fn items(object: &Object, name: &str) -> Vec<Value> {
    object
        .get(name)
        .and_then(Value::as_array)
        .unwrap_or_default()
        .to_vec()
}

/// FHIR knows no empty lists.
fn put(object: &mut Object, name: &str, items: Vec<Value>) {
    if items.is_empty() {
        object.remove(name);
    } else {
        object.set(name, items);
    }
}

fn text(object: &mut Object, name: &str, value: &str) {
    if value.is_empty() {
        object.remove(name);
    } else {
        object.set(name, value);
    }
}

/// Puts an item in the place of the first that it stands for.
fn replace(object: &mut Object, name: &str, same: &dyn Fn(&Value) -> bool, item: Option<Value>) {
    let mut list = items(object, name);
    let at = list.iter().position(same);
    if let Some(at) = at {
        list.remove(at);
    }
    let at = at.unwrap_or(list.len());
    list.splice(at..at, item);
    put(object, name, list);
}

impl Person {
    /// The form's fields.
    pub(crate) fn fields(&self, errors: &Errors) -> Markup {
        let choices =
            |all: &[(&str, &str)]| all.iter().map(|(c, said)| Choice::new(*c, *said)).collect();
        let plain = |name: &'static str, label: &str, value: &str| {
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

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn a_change_leaves_all_that_the_form_does_not_show() {
        let patient = json::read(
            br#"{"resourceType":"Patient","name":[{"use":"maiden","family":"Old"},{"use":"official","given":["Ann"],"family":"Example","prefix":["Dr."]}],
            "telecom":[{"system":"fax","value":"1"},{"system":"phone","value":"555-0100","use":"home"}],
            "identifier":[{"system":"urn:x","value":"9"}],"extension":[{"url":"urn:y","valueString":"z"}]}"#,
        )
        .unwrap();
        let before = Person::of(&patient);
        assert_eq!(
            (
                before.given.as_str(),
                before.former.as_str(),
                before.phone.as_str()
            ),
            ("Ann", "Old", "555-0100")
        );
        let mut object = patient.as_object().unwrap().clone();
        before.write(&before, &mut object);
        assert_eq!(
            Value::from(object.clone()),
            patient,
            "nothing changed, nothing written"
        );
        let now = Person {
            family: "Sample".into(),
            phone: "555-0199".into(),
            city: "Springfield".into(),
            number: "4711".into(),
            ..before.clone()
        };
        now.write(&before, &mut object);
        let written = Value::from(object);
        assert_eq!(Person::of(&written), now);
        let text = format!("{written:?}");
        for kept in ["Dr.", "fax", "urn:x", "urn:y", "maiden"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        assert_eq!(now.differences(&before).len(), 4);
    }
}
