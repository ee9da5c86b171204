//! Who works there, and who comes.

use aceso_policy::{Caller, FhirUser, Purpose, Role};
use aceso_shield::insider::{Net, Place, Point};
use aceso_store::{DecoyKind, Enrol, NewAccount, UserName};
use serde_json::{Value, json};

use super::{Clinic, Patient, Person};

/// Surnames are as uneven as in life: few are common, many are rare.
const COMMON: [&str; 12] = [
    "Smith", "Jones", "Brown", "Garcia", "Miller", "Nguyen", "Khan", "Silva", "Kowalski", "Rossi",
    "Meyer", "Lopez",
];
const HEADS: [&str; 26] = [
    "Ash", "Bram", "Cald", "Dor", "Ell", "Fen", "Gar", "Hol", "Ing", "Jar", "Kel", "Lang", "Mor",
    "Nor", "Ox", "Pel", "Quin", "Ros", "Stan", "Thorn", "Und", "Vor", "Wel", "Xan", "Yar", "Zel",
];
const TAILS: [&str; 14] = [
    "field", "ton", "berg", "worth", "sson", "ova", "aro", "stein", "wick", "ley", "man", "escu",
    "ström", "oglu",
];
const GIVEN: [&str; 20] = [
    "Ana", "Ben", "Chloe", "Dan", "Eva", "Finn", "Gita", "Hugo", "Iris", "Jon", "Kim", "Lea",
    "Max", "Nina", "Omar", "Pia", "Ravi", "Sara", "Tom", "Uma",
];
const STREETS: [&str; 40] = [
    "High St",
    "Mill Ln",
    "Oak Ave",
    "Park Rd",
    "Elm St",
    "Lake Dr",
    "Hill Rd",
    "Church St",
    "Station Rd",
    "Green Ln",
    "King St",
    "Queen St",
    "River Rd",
    "School Ln",
    "Bridge St",
    "Maple Ave",
    "Cedar Ct",
    "West End",
    "East Row",
    "North Way",
    "South Way",
    "Abbey Rd",
    "Castle St",
    "Market Sq",
    "Dock Rd",
    "Forge Ln",
    "Grove Pl",
    "Heath Rd",
    "Ivy Cl",
    "Jubilee Rd",
    "Knoll Rd",
    "Larch Cl",
    "Meadow Vw",
    "New Rd",
    "Orchard Rd",
    "Priory Ln",
    "Quarry Rd",
    "Rose Hl",
    "Spring Gdns",
    "Tower Rd",
];

/// Wards and clinics.
pub(super) const SITES: usize = 4;

/// The networks that have a place on the map.
pub(super) fn places() -> Vec<Place> {
    let place = |name: &str, network: &str, latitude, longitude| Place {
        name: name.into(),
        network: Net::parse(network).unwrap(),
        point: Point {
            latitude,
            longitude,
        },
    };
    vec![
        place("the clinic", "10.0.0.0/24", 47.0, 8.0),
        place("the second site", "10.0.1.0/24", 47.05, 8.05),
        place("abroad", "203.0.113.0/24", 40.0, 30.0),
    ]
}

impl Clinic {
    pub(super) async fn populate(&mut self) {
        let sites: Vec<Value> = (0..SITES)
            .map(|n| json!({"resourceType":"Location","id":format!("site{n}"),"status":"active","name":format!("Site {n}")}))
            .collect();
        self.put(&sites).await;
        for number in 0..self.size.patients {
            let document = self.patient(number);
            self.patients.push(Patient {
                id: format!("p{number}"),
                family: document["name"][0]["family"].as_str().unwrap().to_owned(),
                document,
            });
        }
        for number in 0..self.size.users {
            self.hire(number).await;
        }
        // Some who work there are patients there too, and live with others who are.
        for who in 0..self.people.len() {
            if self.random.of_thousand(120) {
                self.treat_worker(who).await;
            }
        }
        let planted = self.size.patients - 1;
        self.plant(DecoyKind::Patient, &format!("p{planted}")).await;
        self.plant(DecoyKind::Client, "old-backup").await;
        let documents: Vec<Value> = self.patients.iter().map(|p| p.document.clone()).collect();
        self.put(&documents).await;
    }

    fn family(&mut self) -> String {
        if self.random.of_thousand(250) {
            let pick = self.random.below(COMMON.len());
            return COMMON[pick].to_owned();
        }
        let (head, tail) = (
            self.random.below(HEADS.len()),
            self.random.below(TAILS.len()),
        );
        format!("{}{}", HEADS[head], TAILS[tail])
    }

    fn home(&mut self) -> Value {
        let (street, house) = (self.random.below(STREETS.len()), self.random.between(1, 90));
        let district = self.random.below(15);
        let (lat, lon) = (
            self.random.between(0, 80_000),
            self.random.between(0, 80_000),
        );
        json!({"use":"home","line":[format!("{house} {}", STREETS[street])],"postalCode":format!("D{district}"),
            "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/geolocation","extension":[
                {"url":"latitude","valueDecimal": 47.0 + lat as f64 / 1e6},
                {"url":"longitude","valueDecimal": 8.0 + lon as f64 / 1e6}]}]})
    }

    fn phone(&mut self) -> Value {
        json!({"system":"phone","value":format!("+1 555 {:07}", self.random.between(0, 10_000_000))})
    }

    fn birth(&mut self) -> String {
        let (year, month, day) = (
            self.random.between(1935, 2020),
            self.random.between(1, 13),
            self.random.between(1, 29),
        );
        format!("{year}-{month:02}-{day:02}")
    }

    fn patient(&mut self, number: usize) -> Value {
        let given = GIVEN[self.random.below(GIVEN.len())];
        let mut document = json!({
            "resourceType":"Patient","id":format!("p{number}"),
            "identifier":[{"system":"urn:clinic:mrn","value":format!("{}", 500_000 + number * 3)}],
            "name":[{"family":self.family(),"given":[given]}],
            "birthDate":self.birth(),"telecom":[self.phone()],"address":[self.home()]
        });
        if self.random.of_thousand(150) {
            let contact = GIVEN[self.random.below(GIVEN.len())];
            document["contact"] = json!([{"name":{"family":document["name"][0]["family"],"given":[contact]},"telecom":[self.phone()]}]);
        }
        if self.random.of_thousand(12) {
            document["deceasedDateTime"] = json!("2025-10-01");
        }
        if self.random.of_thousand(2) {
            document["meta"] = json!({"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"VIP"}]});
        }
        document
    }

    async fn hire(&mut self, number: usize) {
        let role = match number % 20 {
            0..=5 => "clinician",
            6..=12 => "nurse",
            13..=15 => "front-desk",
            16 | 17 => "biller",
            18 => "laboratory",
            _ => "pharmacist",
        };
        let family = self.family();
        let given = GIVEN[self.random.below(GIVEN.len())];
        // One nurse in three works on the ward (site 3), some of them at night.
        let ward = (role == "nurse" && number.is_multiple_of(3)).then_some(3);
        let site = ward.unwrap_or(number % 3);
        let hours = match (ward, number % 2) {
            (Some(_), 0) => (21, 31),
            (Some(_), _) => (7, 17),
            (None, _) => [(7, 16), (8, 17), (9, 18)][self.random.below(3)],
        };
        let (birth, phone, home) = (self.birth(), self.phone(), self.home());
        let practitioner = format!("d{number}");
        let days = if ward.is_some() {
            json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
        } else {
            json!(["mon", "tue", "wed", "thu", "fri"])
        };
        let mut post = json!({"resourceType":"PractitionerRole","id":format!("r{number}"),
            "practitioner":{"reference":format!("Practitioner/{practitioner}")},
            "location":[{"reference":format!("Location/site{site}")}]});
        // Of a third, nobody has written down when they work.
        if !self.random.of_thousand(330) {
            post["availableTime"] = json!([{"daysOfWeek":days,
                "availableStartTime":format!("{:02}:00:00", hours.0 % 24),
                "availableEndTime":format!("{:02}:00:00", hours.1 % 24)}]);
        }
        self.put(&[
            json!({"resourceType":"Practitioner","id":practitioner,"name":[{"family":family,"given":[given]}],
                "birthDate":birth,"telecom":[phone],"address":[home]}),
            post,
        ])
        .await;
        let name = format!("user{number}");
        let account = NewAccount {
            user_name: UserName::parse(&name).unwrap(),
            display: format!("{given} {family}"),
            email: None,
            fhir_user: FhirUser::parse(&format!("Practitioner/{practitioner}")),
            roles: vec![Role::parse(role).unwrap()],
            facilities: Vec::new(),
            patients: Vec::new(),
            not_after: None,
            enrol: Enrol::No,
        };
        let account = self
            .store
            .add_account(&Caller::operator(), account)
            .await
            .unwrap();
        self.people.push(Person {
            name,
            account,
            practitioner,
            role,
            family,
            ward,
            site,
            hours,
            own: None,
            desk: (number % 200) as u8 + 10,
        });
    }

    /// Makes a patient of somebody who works there, and of somebody of their household.
    pub(super) async fn treat_worker(&mut self, who: usize) {
        let id = self.people[who].practitioner.clone();
        let read = self.store.read(&Caller::operator(), Purpose::Operations);
        let stored = read.fetch("Practitioner", &id).await.unwrap();
        let own: Value = serde_json::from_slice(&stored.body).unwrap();
        let spare = self.size.patients / 2;
        let (me, other) = (spare + who * 2, spare + who * 2 + 1);
        for number in [me, other] {
            let patient = &mut self.patients[number];
            patient.document["address"] = own["address"].clone();
            patient.document["name"][0]["family"] = own["name"][0]["family"].clone();
            patient.family = self.people[who].family.clone();
        }
        for part in ["name", "birthDate", "telecom"] {
            self.patients[me].document[part] = own[part].clone();
        }
        self.people[who].own = Some(me);
    }
}
