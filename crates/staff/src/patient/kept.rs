//! Who a patient is, as a Patient holds it: read for the form, and written back with all that the form does not show.

use aceso_clinic::Particulars;
use aceso_fhir::{Object, Value};

use super::particulars::{LANGUAGES, Person};
use crate::chart::story::is_old;
use crate::chart::write::{of_hl7, one, words};

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
