//! Random documents from a small vocabulary, so that random queries find something; and queries of every shape.

use aceso_fhir::definitions::{Param, ParamKind, parameters};
use aceso_fhir::search::{IndexValue, escape, extract};
use aceso_fhir::{Value, json};

type Pairs = Vec<(String, String)>;

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

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
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

fn fhir(ms: i64) -> String {
    aceso_base::Instant::from_millis(ms).to_fhir()
}

/// Names and values of a query that finds a value through a parameter.
fn value_of(
    c: &mut Chance,
    param: &Param,
    value: &IndexValue<'_>,
) -> Option<(&'static str, String)> {
    Some(match value {
        IndexValue::Token { system, code } => match (system, c.below(4)) {
            (Some(s), 0) => ("", format!("{}|", escape(s))),
            (Some(s), 1) => ("", format!("{}|{}", escape(s), escape(code))),
            (None, 0 | 1) => ("", format!("|{}", escape(code))),
            _ if code.is_empty() => return None,
            _ => ("", escape(code).into_owned()),
        },
        IndexValue::TokenText(text) => (":text", escape(text).into_owned()),
        IndexValue::OfType {
            system,
            code,
            value,
        } => (
            ":of-type",
            format!("{}|{}|{}", escape(system), escape(code), escape(value)),
        ),
        IndexValue::Reference { kind, id, version } => match (version, c.below(3)) {
            (Some(v), 0) => ("", format!("{kind}/{id}/_history/{v}")),
            (_, 1) => ("", (*id).to_owned()),
            _ => ("", format!("{kind}/{id}")),
        },
        IndexValue::ReferenceUrl {
            url,
            version: Some(v),
        } if c.one_in(2) => ("", escape(&format!("{url}|{v}")).replace("\\|", "|")),
        IndexValue::ReferenceUrl { url, .. } => ("", escape(url).into_owned()),
        IndexValue::ReferenceIdentifier { system, value } => (
            ":identifier",
            format!("{}|{}", escape(system.unwrap_or_default()), escape(value)),
        ),
        IndexValue::Str(text) => match c.below(3) {
            0 => (":exact", escape(text).into_owned()),
            1 => (":contains", escape(text).into_owned()),
            _ => ("", escape(text).into_owned()),
        },
        IndexValue::Date { lo, hi } if hi - lo < 86_400_000 * 4000 => {
            ("", format!("{}{}", c.of(&["ge", "ap"]), fhir(*lo)))
        }
        IndexValue::Date { .. } => ("", "ge0001".to_owned()),
        IndexValue::Number { lo, hi } => {
            ("", format!("ge{}", if lo.is_finite() { lo } else { hi }))
        }
        IndexValue::Quantity {
            lo,
            hi,
            system,
            code,
            ..
        } => {
            let n = if lo.is_finite() { lo } else { hi };
            let system = system.filter(|_| !code.is_empty()).unwrap_or_default();
            let prefix = if lo == hi { "" } else { "ap" };
            (
                "",
                format!("{prefix}{n}|{}|{}", escape(system), escape(code)),
            )
        }
        IndexValue::Uri(uri) if param.kind == ParamKind::Uri => {
            (*c.of(&["", ":below", ":above"]), escape(uri).into_owned())
        }
        IndexValue::Uri(_) => return None,
    })
}

fn params_of(kind: &str, branch: u16) -> Vec<&'static Param> {
    parameters()
        .of(kind)
        .chain(parameters().of("Resource"))
        .filter(|p| {
            p.uses
                .iter()
                .any(|u| u.branch == branch && u.target.is_none())
        })
        .collect()
}

/// Queries that must find this document: up to `most`, of different values.
pub(crate) fn own_queries(c: &mut Chance, document: &Value, most: usize) -> Vec<Pairs> {
    let kind = document.resource_type().unwrap();
    let found = extract(document, None);
    let mut all = Vec::new();
    let step = found.entries.len().div_ceil(most).max(1);
    for entry in found.entries.iter().skip(c.below(step)).step_by(step) {
        let params = params_of(kind, entry.branch);
        if params.is_empty() {
            continue;
        }
        let param = *c.of(&params);
        if let Some((modifier, value)) = value_of(c, param, &entry.value) {
            all.push(vec![(format!("{}{modifier}", param.code), value)]);
        }
    }
    all
}

/// One or two conditions on a type, mostly drawn from what is there.
fn conditions(c: &mut Chance, kind: &str, stored: &[Value]) -> Pairs {
    let of_kind: Vec<&Value> = stored
        .iter()
        .filter(|d| d.resource_type() == Some(kind))
        .collect();
    let params: Vec<&Param> = parameters().of(kind).collect();
    let mut all = Vec::new();
    for _ in 0..1 + c.below(2) {
        if of_kind.is_empty() || c.one_in(8) {
            all.push((
                format!("{}:missing", c.of(&params).code),
                ["true", "false"][c.below(2)].to_owned(),
            ));
            continue;
        }
        let document = *c.of(&of_kind);
        let mut pairs = own_queries(c, document, 30);
        if pairs.is_empty() {
            continue;
        }
        let mut pair = pairs.swap_remove(c.below(pairs.len())).remove(0);
        twist(c, kind, &mut pair);
        all.push(pair);
    }
    all
}

/// Another prefix, a negation, an alternative.
fn twist(c: &mut Chance, kind: &str, pair: &mut (String, String)) {
    let Some(param) = parameters().find(kind, &pair.0) else {
        return;
    };
    let bare = pair
        .1
        .trim_start_matches(|x: char| x.is_ascii_lowercase())
        .to_owned();
    match param.kind {
        ParamKind::Date => {
            let cut = *c.of(&[4, 7, 10, bare.len()]);
            let bare = bare.get(..cut).unwrap_or(&bare).to_owned();
            pair.1 = format!(
                "{}{bare}",
                c.of(&["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])
            );
        }
        ParamKind::Number | ParamKind::Quantity => {
            pair.1 = format!(
                "{}{bare}",
                c.of(&["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])
            );
        }
        ParamKind::Token if c.one_in(4) => pair.0.push_str(":not"),
        ParamKind::Token if c.one_in(4) => pair.1.push_str(",c2,http://s/2|"),
        ParamKind::String if c.one_in(2) => {
            let cut = pair
                .1
                .char_indices()
                .nth(3)
                .map_or(pair.1.len(), |(at, _)| at);
            pair.1.truncate(cut);
        }
        ParamKind::String
        | ParamKind::Token
        | ParamKind::Reference
        | ParamKind::Uri
        | ParamKind::Composite
        | ParamKind::Special => {}
    }
}

const LINKS: [(&str, &str, &str); 9] = [
    ("Observation", "subject:Patient", "Patient"),
    ("Observation", "patient", "Patient"),
    ("Observation", "encounter", "Encounter"),
    ("Observation", "performer:Organization", "Organization"),
    ("Patient", "organization", "Organization"),
    (
        "Patient",
        "general-practitioner:Practitioner",
        "Practitioner",
    ),
    ("Encounter", "location", "Location"),
    ("Condition", "patient", "Patient"),
    (
        "MedicationRequest",
        "requester:Practitioner",
        "Practitioner",
    ),
];
const SORTS: [(&str, &str); 10] = [
    ("Observation", "-date"),
    ("Observation", "date,_id"),
    ("Observation", "-_lastUpdated"),
    ("Patient", "family,-birthdate"),
    ("Patient", "-given"),
    ("Patient", "_id"),
    ("Condition", "-recorded-date"),
    ("Encounter", "date"),
    ("RiskAssessment", "-probability"),
    ("Organization", "name"),
];

/// A random query: conditions, chains, `_has`, an order.
pub(crate) fn random_query(c: &mut Chance, stored: &[Value]) -> (&'static str, Pairs) {
    let (kind, link, target) = *c.of(&LINKS);
    let mut pairs = match c.below(6) {
        0 => prefixed(&format!("{link}."), conditions(c, target, stored)),
        1 => {
            let code = link.split(':').next().unwrap_or(link);
            let pairs = prefixed(&format!("_has:{kind}:{code}:"), conditions(c, kind, stored));
            return (target, pairs);
        }
        2 => {
            let kinds = [
                "RiskAssessment",
                "Questionnaire",
                "QuestionnaireResponse",
                "Group",
                "List",
                "Location",
                "Practitioner",
                "Organization",
            ];
            let kind = *c.of(&kinds);
            return (kind, conditions(c, kind, stored));
        }
        _ => conditions(c, kind, stored),
    };
    if c.one_in(4) {
        pairs.extend(conditions(c, kind, stored));
    }
    let sorts: Vec<&str> = SORTS
        .iter()
        .filter(|(k, _)| *k == kind)
        .map(|(_, s)| *s)
        .collect();
    if !sorts.is_empty() && c.one_in(3) {
        pairs.push(("_sort".to_owned(), (*c.of(&sorts)).to_owned()));
    }
    (kind, pairs)
}

fn prefixed(prefix: &str, pairs: Pairs) -> Pairs {
    pairs
        .into_iter()
        .map(|(name, value)| (format!("{prefix}{name}"), value))
        .collect()
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

/// Shapes that chance would seldom make.
pub(crate) const SHAPES: &[(&str, &str)] = &[
    ("", "_tag=http://s/1|c1"),
    ("", "_type=Patient,Practitioner&name=mul"),
    ("", "_type=Observation,Condition&patient=Patient-1"),
    ("", "_id=Patient-1,Observation-2"),
    ("", "_type=Patient,Observation&_lastUpdated=gt2020"),
    ("", "_profile=http://p/1&_tag:not=c1"),
    ("Observation", ""),
    ("Observation", "patient=Patient-1&code=c1&_sort=-date"),
    ("Observation", "patient=Patient-1,Patient-2&code=c1,c2"),
    (
        "Observation",
        "patient=Patient/Patient-1&code=http://loinc.org|c1&date=ge2020&date=lt2022&_sort=date",
    ),
    ("Observation", "subject=Group/Group-1"),
    ("Observation", "subject=Patient-1"),
    ("Observation", "code:not=c1&status=final"),
    ("Observation", "code:text=heart"),
    ("Observation", "code=a\\|b"),
    ("Observation", "code=http://s/1|"),
    ("Observation", "code=|c1"),
    ("Observation", "category=c1&_sort=code,-date"),
    ("Observation", "code-value-quantity=c1$gt5"),
    (
        "Observation",
        "combo-code-value-quantity=c1$ge3|http://unitsofmeasure.org|g",
    ),
    ("Observation", "component-code-value-quantity=c2$lt100,c1$3"),
    ("Observation", "code-value-concept=c1$c2"),
    ("Observation", "code-value-string=c1$heart"),
    ("Observation", "code-value-date=c1$ge2000"),
    (
        "Observation",
        "value-quantity=3|http://unitsofmeasure.org|kg",
    ),
    (
        "Observation",
        "value-quantity=3000|http://unitsofmeasure.org|g&_sort=value-quantity",
    ),
    ("Observation", "value-quantity=ap100"),
    ("Observation", "value-quantity=ne3||kg"),
    ("Observation", "value-quantity=lt5||beats/min"),
    ("Observation", "value-string=50%25 off_"),
    ("Observation", "value-string:contains=_"),
    (
        "Observation",
        "value-concept:missing=false&patient:missing=true",
    ),
    ("Observation", "subject:missing=false&date:missing=true"),
    ("Observation", "performer:identifier=http://s/1|i1"),
    ("Observation", "performer:identifier=i1"),
    (
        "Observation",
        "performer=http://elsewhere/Patient/Patient-1",
    ),
    ("Observation", "patient.name=mul"),
    ("Observation", "subject.name=ann"),
    (
        "Observation",
        "subject:Patient.organization.name:contains=bri",
    ),
    (
        "Observation",
        "patient.general-practitioner.family:exact=Li",
    ),
    (
        "Observation",
        "patient.organization.partof.name=smith&status=final&_sort=-date",
    ),
    ("Observation", "patient._has:Condition:patient:code=c1"),
    ("Observation", "encounter.location.near=20|20|5000|km"),
    ("Observation", "_id=Observation-1,Observation-2,nothing"),
    ("Observation", "_tag=http://s/1|c1&_profile=http://p/1"),
    ("Observation", "_tag:not=c1"),
    ("Observation", "_profile:below=http://p"),
    ("Observation", "_content=heart"),
    ("Observation", "_lastUpdated=gt2020"),
    ("Observation", "_lastUpdated=lt2020"),
    ("Observation", "date=ne2021"),
    ("Observation", "date=ap2021"),
    ("Observation", "date=sa2021-06-05T10:00:00Z,eb1980"),
    (
        "Observation",
        "_filter=code eq c1 and (status eq final or date ge 2021)",
    ),
    (
        "Observation",
        "_filter=not (code eq c1) and value-quantity gt 3",
    ),
    (
        "Observation",
        "_filter=patient.name sw \"mul\" or patient.birthdate lt 1980",
    ),
    (
        "Observation",
        "_filter=subject:Patient[gender eq male].name co \"n\"",
    ),
    (
        "Observation",
        "_filter=value-string ew x or value-string eq \"heart rate\"",
    ),
    ("Observation", "_filter=date po 2021 and performer pr true"),
    ("Observation", "_filter=_id ne Observation-1 and code ne c1"),
    ("Observation", "_list=List-1"),
    ("Patient", "_list=List-1,List-2"),
    ("Patient", "name=ann&gender=female"),
    ("Patient", "name:contains=n&_sort=family,given"),
    ("Patient", "name:exact=José"),
    ("Patient", "phonetic=bo lee"),
    ("Patient", "identifier=http://s/1|i1"),
    ("Patient", "identifier=i1,i2,i3"),
    ("Patient", "identifier:of-type=http://s/2|MR|i1"),
    ("Patient", "identifier:text=rec"),
    (
        "Patient",
        "gender:in=http://hl7.org/fhir/ValueSet/administrative-gender",
    ),
    (
        "Patient",
        "gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender",
    ),
    (
        "Patient",
        "gender=http://hl7.org/fhir/administrative-gender|male",
    ),
    ("Patient", "birthdate=1980-02"),
    ("Patient", "birthdate=le1980&_sort=-birthdate"),
    ("Patient", "deceased=false&_sort=_id"),
    ("Patient", "_text=murmur"),
    ("Patient", "_text=heart,zebra&gender=male"),
    ("Patient", "_has:Observation:patient:code=c1"),
    (
        "Patient",
        "_has:Observation:patient:code-value-quantity=c1$gt1",
    ),
    (
        "Patient",
        "_has:Observation:subject:_has:List:item:_id=List-1",
    ),
    (
        "Patient",
        "_has:Condition:patient:code=c1&_has:Observation:patient:status=final&_sort=-_lastUpdated",
    ),
    ("Patient", "organization:missing=true"),
    (
        "Patient",
        "general-practitioner.name=li&organization.name=li",
    ),
    ("Condition", "onset-age=ge3|http://unitsofmeasure.org|kg"),
    ("Condition", "onset-date=ge2020"),
    ("Condition", "patient=Patient-3&code=c1"),
    (
        "Condition",
        "subject:Patient=Patient-3&_sort=-recorded-date",
    ),
    ("Encounter", "date=2021-06-05"),
    ("Encounter", "date=gt2023&_sort=-date"),
    ("Encounter", "location:below=Location/Location-1"),
    ("Encounter", "location:above=Location/Location-2"),
    ("Location", "partof:below=Location/Location-1"),
    ("Location", "near=20|20|3000|km"),
    ("Organization", "partof:above=Organization/Organization-1"),
    ("RiskAssessment", "probability=100"),
    ("RiskAssessment", "probability=gt100"),
    ("RiskAssessment", "probability=ap100"),
    ("RiskAssessment", "probability=3,72.5&_sort=probability"),
    ("Questionnaire", "url=http://q/1/1"),
    ("Questionnaire", "url:below=http://q/1"),
    ("Questionnaire", "url:above=http://q/1/1/x"),
    ("QuestionnaireResponse", "questionnaire=http://q/1/1"),
    ("QuestionnaireResponse", "questionnaire=http://q/1/1|1"),
    ("Group", "characteristic-value=c1$c2"),
    ("Group", "member=Patient/Patient-1"),
    ("MedicationRequest", "patient=Patient-1&_sort=-authoredon"),
    ("MedicationRequest", "requester.name=mul"),
];

/// Includes of every shape.
pub(crate) const INCLUDES: &[(&str, &str)] = &[
    ("Observation", "code=c1&_include=Observation:patient"),
    ("Observation", "code=c1&_include=Observation:subject:Group"),
    ("Observation", "code=c1&_include=Observation:*"),
    ("Observation", "code=c1&_include=*"),
    (
        "Observation",
        "code=c1&_include=Observation:patient&_include:iterate=Patient:organization",
    ),
    ("Patient", "name=mul&_revinclude=Observation:patient"),
    (
        "Patient",
        "name=mul&_revinclude=Condition:subject:Patient&_revinclude=Encounter:patient",
    ),
    ("Patient", "name=mul&_revinclude=*"),
    (
        "Organization",
        "name=li&_include:iterate=Organization:partof",
    ),
    (
        "Location",
        "_id=Location-1&_revinclude:iterate=Location:partof",
    ),
];
