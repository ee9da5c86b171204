//! Any resource survives the wire; any bytes at all are read or refused, never worse. The targets named `fuzz_…` run for a moment
//! here, and for a minute each with `BOLERO_RANDOM_TEST_TIME_MS=60000 cargo test -p aceso-fhir --test hostile`; they are also targets
//! of `cargo bolero`.
#![cfg(test)]

use aceso_fhir::definitions::{ElementDef, Kind, TypeDef, choice_key, types};
use aceso_fhir::subset::{Elements, Subset, apply};
use aceso_fhir::{Number, Object, Value, json, xml};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Makes a resource with random elements, each in the shape that its definition gives it.
struct Maker(TestRng);

impl Maker {
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.0.random::<u32>()).unwrap() % n
    }

    fn object(&mut self, ty: &'static TypeDef, depth: usize) -> Object {
        let mut object = Object::new();
        if ty.kind == Kind::Resource {
            object.set("resourceType", ty.name);
        }
        for element in &ty.elements {
            if element.max == Some(0) || self.below(4) != 0 {
                continue;
            }
            let which = self.below(element.types.len());
            let code = &element.types[which];
            let name = if element.choice {
                choice_key(element.name, code.code)
            } else {
                element.name.to_owned()
            };
            let attribute =
                element.name == "id" || (element.name == "url" && ty.name == "Extension");
            self.member(
                &mut object,
                &name,
                element,
                code.ty().unwrap(),
                attribute,
                depth,
            );
        }
        // An element must not be empty.
        if object.is_empty() {
            object.set("id", "x");
        }
        object
    }

    fn member(
        &mut self,
        object: &mut Object,
        name: &str,
        element: &ElementDef,
        ty: &'static TypeDef,
        attribute: bool,
        depth: usize,
    ) {
        if ty.kind != Kind::Primitive && depth == 0 {
            return;
        }
        let count = if element.is_list() {
            1 + self.below(3)
        } else {
            1
        };
        let mut values = Vec::new();
        let mut extras = Vec::new();
        for _ in 0..count {
            let (value, extra) = self.value(ty, attribute, depth);
            values.push(value);
            extras.push(extra);
        }
        for (name, mut values) in [(name.to_owned(), values), (format!("_{name}"), extras)] {
            if values.iter().any(|v| *v != Value::Null) {
                let value = if element.is_list() {
                    Value::Array(values)
                } else {
                    values.remove(0)
                };
                object.set(&name, value);
            }
        }
    }

    fn value(&mut self, ty: &'static TypeDef, attribute: bool, depth: usize) -> (Value, Value) {
        match ty.kind {
            Kind::Complex | Kind::Backbone => (self.object(ty, depth - 1).into(), Value::Null),
            Kind::Resource => {
                let names: Vec<_> = types().resource_names().collect();
                let name = names[self.below(names.len())];
                let ty = types().resource(name).unwrap();
                (self.object(ty, depth - 1).into(), Value::Null)
            }
            Kind::Primitive => {
                let plain = attribute || ty.name == "xhtml" || depth == 0;
                match self.below(if plain { 1 } else { 4 }) {
                    0 | 1 => (self.primitive(ty.name), Value::Null),
                    2 => (self.primitive(ty.name), self.extra(depth)),
                    _ => (Value::Null, self.extra(depth)),
                }
            }
        }
    }

    fn extra(&mut self, depth: usize) -> Value {
        let extension = types().by_name("Extension").unwrap();
        let mut extra = Object::new();
        if self.below(2) == 0 {
            extra.set("id", self.primitive("string"));
        }
        if extra.is_empty() || self.below(2) == 0 {
            extra.set("extension", vec![self.object(extension, depth - 1).into()]);
        }
        extra.into()
    }

    fn primitive(&mut self, ty: &str) -> Value {
        match ty {
            "boolean" => Value::from(self.below(2) == 0),
            "decimal" => Value::Number(Number::from_json_text(
                ["0", "1.50", "-2e-3"][self.below(3)],
            )),
            "integer" | "positiveInt" | "unsignedInt" => {
                i64::try_from(self.below(1000)).unwrap().into()
            }
            "xhtml" => r#"<div xmlns="http://www.w3.org/1999/xhtml"><p>&lt;é</p></div>"#.into(),
            _ => {
                const LETTERS: [char; 12] = [
                    'a', ' ', '\n', '\t', '\r', '&', '<', '>', '"', '\'', 'é', '😀',
                ];
                let length = self.below(8);
                (0..length)
                    .map(|_| LETTERS[self.below(12)])
                    .collect::<String>()
                    .into()
            }
        }
    }
}

fn any_resource() -> impl Strategy<Value = Value> {
    (any::<[u8; 32]>(), 0..146_usize).prop_map(|(seed, which)| {
        let mut maker = Maker(TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        let name = types().resource_names().nth(which).unwrap();
        Value::Object(maker.object(types().resource(name).unwrap(), 5))
    })
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(object) => {
            let mut names: Vec<&str> = object.iter().map(|(n, _)| n).collect();
            names.sort_unstable();
            let mut ordered = Object::new();
            for name in names {
                ordered.set(name, sorted(object.get(name).unwrap()));
            }
            Value::Object(ordered)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Whatever it is, it is read or refused; what is read can be written and is then the same.
fn check_json(bytes: &[u8]) {
    if let Ok(value) = json::read(bytes) {
        assert_eq!(
            json::read(json::to_string(&value).as_bytes()),
            Ok(value.clone())
        );
        let mut out = Vec::new();
        xml::write(&value, &mut out);
        for subset in [
            Subset::Summary,
            Subset::Text,
            Subset::Data,
            Subset::Elements(Elements::parse("name")),
        ] {
            apply(&value, &subset);
        }
    }
}

fn check_xml(bytes: &[u8]) {
    if let Ok(value) = xml::read(bytes) {
        assert_eq!(
            json::read(json::to_string(&value).as_bytes()),
            Ok(value.clone()),
            "what XML gives, JSON can hold"
        );
        let mut out = Vec::new();
        xml::write(&value, &mut out);
        assert_eq!(xml::read(&out), Ok(value));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_resource_survives_json_and_xml(resource in any_resource()) {
        prop_assert_eq!(json::read(json::to_string(&resource).as_bytes()).unwrap(), resource.clone());
        let mut out = Vec::new();
        xml::write(&resource, &mut out);
        let again = xml::read(&out);
        prop_assert!(again.is_ok(), "{:?} in {}", again, String::from_utf8_lossy(&out));
        prop_assert_eq!(sorted(&again.unwrap()), sorted(&resource));
    }
}

const JSON_SEEDS: [&[u8]; 3] = [
    br#"{"resourceType":"Patient","id":"a","name":[{"given":["A",null],"_given":[null,{"id":"x"}]}],"text":{"div":"<div/>"}}"#,
    br#"{"a":[1,-2.50e+3,true,false,null,"\u00e9\ud83d\ude00\n"],"b":{"c":{}}}"#,
    b"[[[[[[[[]]]]]]]]",
];

const XML_SEEDS: [&[u8]; 2] = [
    br#"<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"><text><status value="empty"/><div xmlns="http://www.w3.org/1999/xhtml"><p a="b">x&amp;<!--c--></p></div></text><contained><Device/></contained><name id="n"><given value="&#10;A"/><given id="g"/></name></Patient>"#,
    br#"<f:Observation xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:text><h:div><h:br/></h:div></f:text><f:extension url="u"><f:valueDecimal value="1.0"/></f:extension><f:valueInteger value="3"/></f:Observation>"#,
];

/// Pieces that mean something to one of the readers.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\u",
    b"\\ud800",
    b"1e",
    b"null",
    b"<",
    b">",
    b"/>",
    b"</",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"<!DOCTYPE",
    b"&amp;",
    b"&#",
    b"xmlns=\"\"",
    b" value=\"\"",
    b"\xff",
];

/// A seed after a few changes: each puts a piece, a byte or a copy of another part at a place, or cuts there.
fn mutated(seed: &[u8], changes: &[(u16, u8, u8)]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for &(at, what, with) in changes.iter().take(16) {
        let at = usize::from(at) % (bytes.len() + 1);
        let with = usize::from(with);
        match what % 4 {
            0 => drop(bytes.splice(at..at, PIECES[with % PIECES.len()].iter().copied())),
            1 => drop(bytes.drain(at..bytes.len().min(at + with % 16))),
            2 => {
                let from = with % (bytes.len() + 1);
                let copy = bytes[from..bytes.len().min(from + 24)].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(with).unwrap();
                }
            }
        }
    }
    bytes
}

#[test]
fn r9_fuzz_json() {
    bolero::check!().for_each(check_json);
}

#[test]
fn r9_fuzz_xml() {
    bolero::check!().for_each(check_xml);
}

#[test]
fn r9_fuzz_json_changed() {
    bolero::check!()
        .with_type::<(u8, Vec<(u16, u8, u8)>)>()
        .for_each(|(seed, changes)| {
            let seed = JSON_SEEDS[usize::from(*seed) % JSON_SEEDS.len()];
            check_json(&mutated(seed, changes));
        });
}

#[test]
fn r9_fuzz_xml_changed() {
    bolero::check!()
        .with_type::<(u8, Vec<(u16, u8, u8)>)>()
        .for_each(|(seed, changes)| {
            let seed = XML_SEEDS[usize::from(*seed) % XML_SEEDS.len()];
            check_xml(&mutated(seed, changes));
        });
}

#[test]
fn the_seeds_are_good() {
    for seed in JSON_SEEDS {
        json::read(seed).unwrap();
        check_json(seed);
    }
    for seed in XML_SEEDS {
        xml::read(seed).unwrap();
        check_xml(seed);
    }
}
