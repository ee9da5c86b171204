//! Random documents about a few patients, with everything that decides who sees them.

use serde_json::{Value, json};

/// A small generator of its own: the same numbers for the same seed, everywhere (splitmix64).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(u64::try_from(of.len()).unwrap())).unwrap()]
    }
}

pub(super) const PATIENTS: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];
pub(super) const KINDS: [&str; 14] = [
    "Patient",
    "Observation",
    "Condition",
    "DocumentReference",
    "Appointment",
    "Encounter",
    "Coverage",
    "Claim",
    "Task",
    "Device",
    "CareTeam",
    "Slot",
    "Consent",
    "Practitioner",
];

pub(super) fn world(seed: u64) -> Vec<Value> {
    let mut chance = Chance(seed);
    let mut all = vec![
        json!({"resourceType":"Organization","id":"o1","name":"East"}),
        json!({"resourceType":"Organization","id":"o2","name":"West"}),
        json!({"resourceType":"Device","id":"app"}),
        json!({"resourceType":"Device","id":"other"}),
        json!({"resourceType":"PractitionerRole","id":"r0","practitioner":{"reference":"Practitioner/d0"}}),
    ];
    for n in 0..3 {
        all.push(json!({"resourceType":"Practitioner","id":format!("d{n}"),"name":[{"family":format!("Doc{n}")}]}));
    }
    for (n, id) in PATIENTS.iter().enumerate() {
        let mut patient = json!({"resourceType":"Patient","id":id,"gender":*chance.one(&["female","male"]),
            "name":[{"family":format!("Fam{}", n % 3)}]});
        match chance.below(5) {
            0 => patient["meta"] = json!({"security":[{"code":"CEL"}]}),
            1 => patient["meta"] = json!({"security":[{"code":"EMPL"}]}),
            _ => {}
        }
        if chance.below(3) == 0 {
            patient["generalPractitioner"] =
                json!([{"reference":*chance.one(&["Practitioner/d0","Practitioner/d2"])}]);
        }
        if chance.below(3) > 0 {
            patient["managingOrganization"] =
                json!({"reference":*chance.one(&["Organization/o1","Organization/o2"])});
        }
        all.push(patient);
    }
    for n in 0..140 {
        all.push(document(&mut chance, &format!("x{n}")));
    }
    all.sort_by_key(|d| d["resourceType"] == "Claim");
    all
}

/// A document of a random type about a random patient, or about nobody.
pub(super) fn document(chance: &mut Chance, id: &str) -> Value {
    let kind = *chance.one(&KINDS[1..13]);
    let patient = format!("Patient/{}", chance.one(&PATIENTS));
    let about = json!({"reference": patient});
    let actor = *chance.one(&[
        "Practitioner/d0",
        "Practitioner/d1",
        "PractitionerRole/r0",
        "Practitioner/d2",
    ]);
    let actor = json!({"reference": actor});
    let when = *chance.one(&[
        "2026-03-10T09:00:00Z",
        "2026-02-20T09:00:00Z",
        "2024-01-10T09:00:00Z",
        "2027-06-01T09:00:00Z",
    ]);
    let mut one = match kind {
        "Observation" => {
            json!({"status":"final","subject":about,"code":{"coding":[{"system":"http://loinc.org","code":*chance.one(&["8867-4","20447-9","44261-6"])}]},
            "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":*chance.one(&["laboratory","vital-signs"])}]}]})
        }
        "Condition" => {
            json!({"subject":about,"code":{"coding":[{"system":"http://snomed.info/sct","code":*chance.one(&["86406008","38341003","6525002"])}]}})
        }
        "DocumentReference" => {
            json!({"status":"current","subject":about,"content":[{"attachment":{"title":"note"}}]})
        }
        "Appointment" => {
            json!({"status":*chance.one(&["booked","cancelled","arrived"]),"start":when,"end":when,
            "participant":[{"actor":about,"status":"accepted"},{"actor":actor,"status":*chance.one(&["accepted","declined"])}]})
        }
        "Encounter" => {
            json!({"status":*chance.one(&["in-progress","finished","cancelled"]),"class":{"code":"AMB"},"subject":about,
            "period":{"start":when},"participant":[{"individual":actor}]})
        }
        "Coverage" => {
            json!({"status":"active","beneficiary":about,"payor":[{"reference":"Organization/o1"}]})
        }
        "Claim" => json!({"status":"active","use":"claim","patient":about,"created":"2026-01-01"}),
        "Task" => {
            json!({"status":*chance.one(&["ready","cancelled"]),"intent":"order","for":about,"owner":actor})
        }
        "Device" => json!({"status":"active","patient":about}),
        "CareTeam" => {
            json!({"status":*chance.one(&["active","inactive"]),"subject":about,"participant":[{"member":actor}]})
        }
        "Slot" => json!({"status":"free","schedule":{"display":"any"},"start":when,"end":when}),
        _ if chance.below(2) == 0 => tpo(chance, &about),
        _ => json!({"status":*chance.one(&["active","inactive","active"]),"patient":about,
            "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],"provision":provision(chance)}),
    };
    one["resourceType"] = json!(kind);
    one["id"] = json!(id);
    if chance.below(6) == 0 {
        one["meta"] = json!({"security":[{"code":*chance.one(&["ETH","HIV","PSY","SDV","SEX","PSYTHPN","CEL","R","keep-out"])}]});
    }
    // Now and then about nobody, or about somebody from elsewhere.
    let place = ["subject", "patient", "for", "beneficiary"];
    if let Some(place) = place.into_iter().find(|p| one.get(p).is_some()) {
        match chance.below(14) {
            0 if kind == "Device" || kind == "Task" => {
                one.as_object_mut().unwrap().remove(place);
            }
            1 if kind != "Consent" => {
                one[place] = json!({"identifier":{"system":"urn:mrn","value":"7"}})
            }
            _ => {}
        }
    }
    one
}

/// A consent to what leaves about substance use: whole, or not what an app needs for treatment.
fn tpo(chance: &mut Chance, about: &Value) -> Value {
    let mut one = json!({"status":*chance.one(&["active","active","active","entered-in-error"]),"patient":about,
        "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],"dateTime":"2026-01-01",
        "organization":[{"display":"Clinic"}],"policyRule":{"coding":[{"code":"42CFRPart2"}]},
        "verification":[{"verified":true}],
        "provision":{"type":"permit","securityLabel":[{"code":"ETH"}],
        "purpose":[{"code":"TREAT"},{"code":"HPAYMT"},{"code":"HOPERAT"}],
        "actor":[{"role":{"text":"recipient"},"reference":{"display":"my treating providers"}}]}});
    match chance.below(9) {
        0 => one["provision"]["purpose"] = json!([{"code":"HPAYMT"}]),
        1 => one["provision"]["purpose"] = json!([{"code":"HLEGAL"}]),
        2 => one["provision"]["period"] = json!({"end":"2026-03-01"}),
        3 => one["provision"]["actor"][0]["reference"] = json!({"reference":"Device/app"}),
        4 => one["provision"]["actor"][0]["reference"] = json!({"reference":"Device/other"}),
        5 => drop(one.as_object_mut().unwrap().remove("dateTime")),
        _ => {}
    }
    one
}

fn provision(chance: &mut Chance) -> Value {
    let d0 = json!({"role":{"text":"any"},"reference":{"reference":"Practitioner/d0"}});
    let nurse = json!({"role":{"coding":[{"system":"urn:aceso:role","code":"nurse"}]}});
    match chance.below(8) {
        0 => json!({"type":"deny","actor":[d0]}),
        1 => json!({"type":"deny","class":[{"code":"Observation"}]}),
        2 => json!({"type":"deny","securityLabel":[{"code":"HIV"}]}),
        3 => json!({"type":"deny","provision":[{"type":"permit","actor":[d0]}]}),
        4 => json!({"type":"deny","purpose":[{"code":"HPAYMT"}]}),
        5 => json!({"type":"permit","provision":[{"type":"deny","actor":[nurse]}]}),
        6 => json!({"type":"deny","period":{"start":"2020-01-01","end":"2021-01-01"}}),
        _ => json!({"type":"permit","provision":[{"type":"deny","class":[{"code":"Condition"}],
            "provision":[{"type":"permit","actor":[d0]}]}]}),
    }
}
