//! Random documents from a small vocabulary, so that random queries find something.

use aceso_fhir::{Value, json};

/// Repeatable chance (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

const FAMILIES: [&str; 6] = ["Müller", "muller", "O'Brien", "Smith-Jones", "Åström", "Li"];
const GIVENS: [&str; 5] = ["Ann", "ANNA", "José", "Bo  Lee", "Zoë"];
const DATES: [&str; 9] = [
    "1975",
    "1980-02",
    "1980-02-14",
    "2020-05-01T10:00:00Z",
    "2020-05-01T10:00:00.500Z",
    "2021-06-05",
    "2021-06",
    "2021-06-05T23:59:00-05:00",
    "2024-02-29",
];
const SYSTEMS: [&str; 3] = ["http://loinc.org", "http://s/1", "http://s/2"];
const CODES: [&str; 5] = ["c1", "c2", "c3", "C1", "a|b"];
const TEXTS: [&str; 4] = ["Heart rate", "heart sound", "Größe", "50% off_x"];
const UNITS: [(&str, &str); 5] = [
    ("kg", "kg"),
    ("g", "g"),
    ("mg", "mg"),
    ("beats/min", "/min"),
    ("degree", "Cel"),
];
const NUMBERS: [&str; 8] = ["3", "3.0", "3000", "72.5", "0.003", "100", "100.4", "-5"];

fn concept(c: &mut Chance) -> String {
    let coding = |c: &mut Chance| {
        let system = if c.one_in(4) {
            String::new()
        } else {
            format!(r#""system":"{}","#, c.of(&SYSTEMS))
        };
        format!(
            r#"{{{system}"code":"{}","display":"{}"}}"#,
            c.of(&CODES),
            c.of(&TEXTS)
        )
    };
    let codings: Vec<String> = (0..1 + c.below(2)).map(|_| coding(c)).collect();
    if c.one_in(6) {
        return format!(r#"{{"text":"{}"}}"#, c.of(&TEXTS));
    }
    format!(r#"{{"coding":[{}]}}"#, codings.join(","))
}

fn quantity(c: &mut Chance) -> String {
    let (unit, code) = *c.of(&UNITS);
    match c.below(5) {
        0 => format!(r#"{{"value":{}}}"#, c.of(&NUMBERS)),
        1 => format!(r#"{{"value":{},"unit":"{unit}"}}"#, c.of(&NUMBERS)),
        2 => format!(
            r#"{{"value":{},"comparator":"<","unit":"{unit}","system":"http://unitsofmeasure.org","code":"{code}"}}"#,
            c.of(&NUMBERS)
        ),
        _ => format!(
            r#"{{"value":{},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{code}"}}"#,
            c.of(&NUMBERS)
        ),
    }
}

fn reference(c: &mut Chance, kinds: &[&str], n: usize) -> String {
    let kind = *c.of(kinds);
    match c.below(12) {
        0 => r#"{"identifier":{"system":"http://s/1","value":"i1"}}"#.to_owned(),
        1 => format!(r#"{{"reference":"http://elsewhere/{kind}/{kind}-1"}}"#),
        2 => format!(
            r#"{{"reference":"{kind}/{kind}-{}/_history/1"}}"#,
            c.below(n)
        ),
        _ => format!(r#"{{"reference":"{kind}/{kind}-{}"}}"#, c.below(n)),
    }
}

fn period(c: &mut Chance) -> String {
    let (a, b) = (*c.of(&DATES), *c.of(&DATES));
    let (a, b) = if a[..4] <= b[..4] { (a, b) } else { (b, a) };
    match c.below(4) {
        0 => format!(r#"{{"start":"{a}"}}"#),
        1 => format!(r#"{{"end":"{b}"}}"#),
        _ => format!(r#"{{"start":"{a}","end":"{b}"}}"#),
    }
}

/// An element that is there three times out of four.
fn maybe(c: &mut Chance, name: &str, value: String) -> String {
    if c.one_in(4) {
        String::new()
    } else {
        format!(r#","{name}":{value}"#)
    }
}

/// `n` documents of each of a dozen types that refer to each other, with ids `Type-0`, `Type-1` …
pub(crate) fn documents(c: &mut Chance, n: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let kinds = [
        "Patient",
        "Practitioner",
        "Organization",
        "Location",
        "Encounter",
        "Observation",
        "Condition",
        "MedicationRequest",
        "RiskAssessment",
        "Questionnaire",
        "QuestionnaireResponse",
        "Group",
        "List",
    ];
    for kind in kinds {
        let count = if kind == "Observation" { 3 * n } else { n };
        for i in 0..count {
            let id = if c.one_in(10) {
                String::new()
            } else {
                format!(
                    r#","meta":{{"tag":[{{"system":"http://s/1","code":"{}"}}],"profile":["http://p/{}|1"]}}"#,
                    c.of(&CODES),
                    c.below(3)
                )
            };
            let text = format!(
                r#"{{"resourceType":"{kind}","id":"{kind}-{i}"{id}{}}}"#,
                body(c, kind, n)
            );
            all.push(json::read(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}")));
        }
    }
    all
}

fn body(c: &mut Chance, kind: &str, n: usize) -> String {
    match kind {
        "Patient" | "Practitioner" => person(c, kind, n),
        "Organization" => {
            let part = reference(c, &["Organization"], n);
            [
                format!(r#","name":"{}""#, c.of(&FAMILIES)),
                maybe(c, "partOf", part),
            ]
            .concat()
        }
        "Location" => {
            let (lat, lon, part) = (c.below(90), c.below(180), reference(c, &["Location"], n));
            [
                maybe(
                    c,
                    "position",
                    format!(r#"{{"latitude":{lat}.5,"longitude":{lon}}}"#),
                ),
                maybe(c, "partOf", part),
            ]
            .concat()
        }
        "Encounter" => {
            let (p, s, l) = (
                period(c),
                reference(c, &["Patient", "Group"], n),
                reference(c, &["Location"], n),
            );
            let status = ["finished", "planned"][c.below(2)];
            [
                format!(r#","status":"{status}","class":{{"code":"AMB"}}"#),
                maybe(c, "period", p),
                maybe(c, "subject", s),
                format!(r#","location":[{{"location":{l}}}]"#),
            ]
            .concat()
        }
        "Observation" => observation(c, n),
        "Condition" => {
            let (code, s, onset, d) = (
                concept(c),
                reference(c, &["Patient"], n),
                period(c),
                *c.of(&DATES),
            );
            let onset = if c.one_in(2) {
                format!(r#","onsetPeriod":{onset}"#)
            } else {
                format!(r#","onsetAge":{}"#, quantity(c))
            };
            [
                format!(r#","subject":{s}"#),
                maybe(c, "code", code),
                onset,
                maybe(c, "recordedDate", format!("\"{d}\"")),
            ]
            .concat()
        }
        "MedicationRequest" => {
            let (m, s, r, d) = (
                concept(c),
                reference(c, &["Patient"], n),
                reference(c, &["Practitioner", "Organization"], n),
                *c.of(&DATES),
            );
            [format!(r#","status":"active","intent":"order","medicationCodeableConcept":{m},"subject":{s}"#), maybe(c, "requester", r), maybe(c, "authoredOn", format!("\"{d}\""))].concat()
        }
        "RiskAssessment" => {
            let number = *c.of(&NUMBERS);
            let range = format!(
                r#"{{"low":{{"value":2}},"high":{{"value":{}}}}}"#,
                3 + c.below(200)
            );
            let p = if c.one_in(4) {
                format!(r#""probabilityRange":{range}"#)
            } else {
                format!(r#""probabilityDecimal":{number}"#)
            };
            format!(
                r#","status":"final","subject":{},"prediction":[{{{p}}}]"#,
                reference(c, &["Patient"], n)
            )
        }
        "Questionnaire" => format!(
            r#","status":"draft","url":"http://q/{}/{}","title":"{}""#,
            c.below(3),
            c.below(3),
            c.of(&TEXTS)
        ),
        "QuestionnaireResponse" => format!(
            r#","status":"completed","questionnaire":"http://q/{}/{}|{}","subject":{}"#,
            c.below(3),
            c.below(3),
            c.below(2),
            reference(c, &["Patient"], n)
        ),
        "Group" => {
            let (code, value) = (concept(c), concept(c));
            let (code2, value2) = (concept(c), c.one_in(2));
            format!(
                r#","type":"person","actual":true,"member":[{{"entity":{}}}],"characteristic":[{{"code":{code},"valueCodeableConcept":{value},"exclude":false}},{{"code":{code2},"valueBoolean":{value2},"exclude":false}}]"#,
                reference(c, &["Patient", "Practitioner"], n)
            )
        }
        _ => {
            let items: Vec<String> = (0..c.below(3))
                .map(|_| {
                    format!(
                        r#"{{"item":{}}}"#,
                        reference(c, &["Patient", "Observation"], n)
                    )
                })
                .collect();
            if items.is_empty() {
                String::new()
            } else {
                format!(
                    r#","status":"current","mode":"working","entry":[{}]"#,
                    items.join(",")
                )
            }
        }
    }
}

fn person(c: &mut Chance, kind: &str, n: usize) -> String {
    let (family, given, birth) = (*c.of(&FAMILIES), *c.of(&GIVENS), *c.of(&DATES));
    let second = *c.of(&GIVENS);
    let birth = birth.get(..10).unwrap_or(birth);
    let identifier = format!(
        r#"[{{"system":"{}","value":"i{}","type":{{"coding":[{{"system":"http://s/2","code":"MR"}}],"text":"Record"}}}}]"#,
        c.of(&SYSTEMS),
        c.below(8)
    );
    let gender = ["male", "female"][c.below(2)];
    let mut all = [
        maybe(
            c,
            "name",
            format!(r#"[{{"family":"{family}","given":["{given}","{second}"]}}]"#),
        ),
        maybe(c, "identifier", identifier),
        maybe(c, "gender", format!("\"{gender}\"")),
        maybe(c, "birthDate", format!("\"{birth}\"")),
    ]
    .concat();
    if kind == "Patient" {
        let (o, g) = (
            reference(c, &["Organization"], n),
            reference(c, &["Practitioner"], n),
        );
        let org = maybe(c, "managingOrganization", o);
        let gp = maybe(c, "generalPractitioner", format!("[{g}]"));
        all = [all, org, gp].concat();
        if c.one_in(4) {
            all.push_str(r#","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Known heart <b>murmur</b></p></div>"}"#);
        }
    }
    all
}

fn observation(c: &mut Chance, n: usize) -> String {
    let (code, category, subject) = (
        concept(c),
        concept(c),
        reference(c, &["Patient", "Group"], n),
    );
    let (encounter, performer) = (
        reference(c, &["Encounter"], n),
        reference(c, &["Practitioner", "Organization", "Patient"], n),
    );
    let status = ["final", "amended"][c.below(2)];
    let when = if c.one_in(3) {
        format!(r#","effectivePeriod":{}"#, period(c))
    } else {
        format!(r#","effectiveDateTime":"{}""#, c.of(&DATES))
    };
    let when = if c.one_in(6) { String::new() } else { when };
    let value = match c.below(5) {
        0 => format!(r#","valueCodeableConcept":{}"#, concept(c)),
        1 => format!(r#","valueString":"{}""#, c.of(&TEXTS)),
        2 => format!(r#","valueDateTime":"{}""#, c.of(&DATES)),
        _ => format!(r#","valueQuantity":{}"#, quantity(c)),
    };
    let parts: Vec<String> = (0..c.below(3))
        .map(|_| {
            format!(
                r#"{{"code":{},"valueQuantity":{}}}"#,
                concept(c),
                quantity(c)
            )
        })
        .collect();
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!(r#","component":[{}]"#, parts.join(","))
    };
    [
        format!(r#","status":"{status}","code":{code}"#),
        maybe(c, "category", format!("[{category}]")),
        maybe(c, "subject", subject),
        maybe(c, "encounter", encounter),
        maybe(c, "performer", format!("[{performer}]")),
        when,
        value,
        parts,
    ]
    .concat()
}

/// One of very many patients: sometimes without a name or a date.
pub(crate) fn plain_patient(c: &mut Chance, i: usize) -> Value {
    let (family, more) = (*c.of(&FAMILIES), c.below(700));
    let (given, second) = (*c.of(&GIVENS), *c.of(&GIVENS));
    let (year, month) = (1930 + c.below(90), 1 + c.below(12));
    let gender = ["male", "female", "other"][c.below(3)];
    let name = format!(r#"[{{"family":"{family}{more}","given":["{given}","{second}"]}}]"#);
    let text = [
        format!(r#"{{"resourceType":"Patient","id":"p{i}","gender":"{gender}""#),
        maybe(c, "name", name),
        maybe(c, "birthDate", format!(r#""{year}-{month:02}""#)),
        "}".to_owned(),
    ]
    .concat();
    json::read(text.as_bytes()).unwrap()
}
