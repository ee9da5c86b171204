//! What a clinic does all day.

use aceso_base::Instant;
use serde_json::{Value, json};

use super::{Clinic, DAY, Deed, Does, HOUR, MINUTE, START};

/// A time as FHIR writes it.
pub(super) fn time(millis: i64) -> String {
    Instant::from_millis(millis).to_fhir()
}

fn patient(number: usize) -> Value {
    json!({"reference":format!("Patient/p{number}")})
}

impl Clinic {
    /// The network that somebody works on.
    pub(super) fn desk(&self, who: usize) -> [u8; 4] {
        let person = &self.people[who];
        [10, 0, if person.site == 1 { 1 } else { 0 }, person.desk]
    }

    pub(super) fn open(&mut self, at: i64, who: usize, kind: &'static str, id: String) {
        let from = self.desk(who);
        let does = Does::Open(kind, id);
        self.deeds.push(Deed {
            at,
            who,
            does,
            from,
        });
    }

    pub(super) fn look(&mut self, at: i64, who: usize, beginning: String) {
        let from = self.desk(who);
        let does = Does::Look(beginning);
        self.deeds.push(Deed {
            at,
            who,
            does,
            from,
        });
    }

    pub(super) fn of_role(&self, role: &str) -> Vec<usize> {
        let all = 0..self.people.len();
        all.filter(|w| self.people[*w].role == role && self.people[*w].ward.is_none())
            .collect()
    }

    /// A patient who comes as others do: not planted, and mostly not dead.
    fn visitor(&mut self) -> usize {
        loop {
            let number = self.random.below(self.size.patients - 1);
            if self.patients[number]
                .document
                .get("deceasedDateTime")
                .is_none()
            {
                return number;
            }
        }
    }

    /// Opens somebody's record; now and then the wrong one first.
    fn chart(&mut self, at: i64, who: usize, number: usize) {
        if self.random.of_thousand(4) {
            let same = self.patients[number].family.chars().next();
            let near = (1..200).map(|n| (number + n) % (self.size.patients - 1));
            let wrong = near
                .into_iter()
                .find(|n| self.patients[*n].family.chars().next() == same);
            if let Some(wrong) = wrong {
                self.unwritten += 1;
                self.open(at - MINUTE / 2, who, "Patient", format!("p{wrong}"));
            }
        }
        self.open(at, who, "Patient", format!("p{number}"));
    }

    pub(super) async fn live(&mut self) {
        let mut documents = Vec::new();
        self.study(&mut documents);
        self.past(&mut documents);
        for day in 0..self.size.weeks * 7 {
            let date = START + day * DAY;
            self.ward(date, &mut documents);
            if day % 7 < 5 {
                self.clinic_day(date, &mut documents);
                self.calls(date, &mut documents);
                self.paperwork(date, &mut documents);
            }
        }
        for (number, document) in (0_usize..).zip(&mut documents) {
            if document.get("id").is_none() {
                let kind = document["resourceType"].as_str().unwrap().to_lowercase();
                document["id"] = json!(format!("{kind}{number}"));
            }
        }
        self.put(&documents).await;
    }

    /// Notes and results that were there before, and stays that ended long ago.
    fn past(&mut self, documents: &mut Vec<Value>) {
        for number in 0..self.size.patients {
            if self.random.of_thousand(50) {
                let start = START - self.random.between(150, 350) * DAY;
                documents.push(json!({"resourceType":"Encounter","status":"finished","subject":patient(number),
                    "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},
                    "period":{"start":time(start),"end":time(start + 4 * DAY)},
                    "location":[{"location":{"reference":"Location/site3"}}]}));
            }
        }
        // Doctors have patients whom they saw months ago.
        for who in self.of_role("clinician") {
            for _ in 0..12 {
                let (number, start) = (self.visitor(), START - self.random.between(100, 300) * DAY);
                documents.push(self.appointment(who, number, start, "fulfilled"));
                self.former.entry(who).or_insert(number);
            }
        }
    }

    fn appointment(&self, who: usize, number: usize, start: i64, status: &str) -> Value {
        let person = &self.people[who];
        let actor =
            |reference: String| json!({"status":"accepted","actor":{"reference":reference}});
        json!({"resourceType":"Appointment","status":status,"start":time(start),"end":time(start + 20 * MINUTE),
            "participant":[actor(format!("Patient/p{number}")), actor(format!("Practitioner/{}", person.practitioner)),
                actor(format!("Location/site{}", person.site))]})
    }

    /// A study whose leader looks at those who take part.
    fn study(&mut self, documents: &mut Vec<Value>) {
        let leader = self.of_role("clinician")[0];
        let practitioner = self.people[leader].practitioner.clone();
        documents.push(
            json!({"resourceType":"ResearchStudy","id":"study1","status":"active",
            "principalInvestigator":{"reference":format!("Practitioner/{practitioner}")}}),
        );
        for _ in 0..40 {
            let number = self.visitor();
            documents.push(json!({"resourceType":"ResearchSubject","status":"on-study","individual":patient(number),
                "study":{"reference":"ResearchStudy/study1"},"period":{"start":time(START - 60 * DAY)}}));
            for _ in 0..2 {
                let day = self.random.between(0, self.size.weeks * 7);
                let at = START + day * DAY + self.random.between(9, 17) * HOUR;
                self.open(at, leader, "Patient", format!("p{number}"));
            }
        }
    }

    /// Appointments, and what is done before, at and after them.
    fn clinic_day(&mut self, date: i64, documents: &mut Vec<Value>) {
        for doctor in self.of_role("clinician") {
            let site = self.people[doctor].site;
            let (open, close) = self.people[doctor].hours;
            for _ in 0..5 {
                let number = self.visitor();
                let at = date
                    + self.random.between(open + 1, close - 1) * HOUR
                    + self.random.between(0, 60) * MINUTE;
                let status = if self.random.of_thousand(60) {
                    "noshow"
                } else {
                    "fulfilled"
                };
                documents.push(self.appointment(doctor, number, at, status));
                self.chart(at, doctor, number);
                if self.random.of_thousand(150) {
                    // At home in the evening, to finish what was left.
                    let late = date + 20 * HOUR + self.random.between(0, 120) * MINUTE;
                    self.chart(late, doctor, number);
                }
                self.at_the_site("nurse", site, at - 5 * MINUTE, number);
                let desk = self.at_the_site("front-desk", site, at - 15 * MINUTE, number);
                if let Some(desk) = desk {
                    let beginning: String = self.patients[number].family.chars().take(3).collect();
                    self.look(at - 16 * MINUTE, desk, beginning.to_lowercase());
                }
                self.orders(doctor, number, at, documents);
                self.bill(doctor, number, at, documents);
            }
        }
    }

    /// Somebody of a role who works at a site then opens a record.
    fn at_the_site(&mut self, role: &str, site: usize, at: i64, number: usize) -> Option<usize> {
        let hour = at.rem_euclid(DAY) / HOUR;
        let here: Vec<usize> = self
            .of_role(role)
            .into_iter()
            .filter(|w| {
                self.people[*w].site == site
                    && (self.people[*w].hours.0..self.people[*w].hours.1).contains(&hour)
            })
            .collect();
        if here.is_empty() {
            return None;
        }
        let who = here[self.random.below(here.len())];
        self.chart(at, who, number);
        Some(who)
    }

    /// Orders to the laboratory and to the pharmacy, mostly to somebody by name.
    fn orders(&mut self, doctor: usize, number: usize, at: i64, documents: &mut Vec<Value>) {
        for (role, kind, share) in [
            ("laboratory", "ServiceRequest", 150),
            ("pharmacist", "MedicationRequest", 150),
        ] {
            let staff = self.of_role(role);
            if staff.is_empty() || !self.random.of_thousand(share) {
                continue;
            }
            let who = staff[self.random.below(staff.len())];
            let (doctor, other) = (
                &self.people[doctor].practitioner,
                &self.people[who].practitioner,
            );
            let mut order = json!({"resourceType":kind,"status":"active","intent":"order","subject":patient(number),
                "authoredOn":time(at),"requester":{"reference":format!("Practitioner/{doctor}")}});
            let performer = json!({"reference":format!("Practitioner/{other}")});
            if kind == "ServiceRequest" {
                order["performer"] = json!([performer]);
            } else {
                order["performer"] = performer;
                order["medicationCodeableConcept"] = json!({"text":"amoxicillin"});
            }
            documents.push(order);
            let later = at + self.random.between(20, 120) * MINUTE;
            self.chart(later, who, number);
        }
    }

    /// The visit, and its claim some days later.
    fn bill(&mut self, doctor: usize, number: usize, at: i64, documents: &mut Vec<Value>) {
        let practitioner = &self.people[doctor].practitioner;
        documents.push(
            json!({"resourceType":"Encounter","status":"finished","subject":patient(number),
            "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},
            "participant":[{"individual":{"reference":format!("Practitioner/{practitioner}")}}],
            "period":{"start":time(at),"end":time(at + 20 * MINUTE)}}),
        );
        let billers = self.of_role("biller");
        if !billers.is_empty() && self.random.of_thousand(400) {
            let who = billers[self.random.below(billers.len())];
            let day = self.random.between(1, 5);
            let later = at - at.rem_euclid(DAY) + day * DAY + self.random.between(9, 16) * HOUR;
            if later < START + self.size.weeks * 7 * DAY {
                self.chart(later, who, number);
            }
        }
    }

    /// Inpatients, their nurses by day and night, and floats who stand in.
    fn ward(&mut self, date: i64, documents: &mut Vec<Value>) {
        let admitted = self.random.between(2, 5);
        for _ in 0..admitted {
            let number = self.visitor();
            let start = date + self.random.between(8, 20) * HOUR;
            let days = self.random.between(2, 6);
            documents.push(
                json!({"resourceType":"Encounter","status":"finished","subject":patient(number),
                "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},
                "period":{"start":time(start),"end":time(start + days * DAY)},
                "location":[{"location":{"reference":"Location/site3"}}]}),
            );
            for day in 0..days {
                for night in [false, true] {
                    let at = start - start.rem_euclid(DAY)
                        + day * DAY
                        + if night { 22 * HOUR } else { 12 * HOUR }
                        + self.random.between(0, 7) * HOUR;
                    let end = START + self.size.weeks * 7 * DAY;
                    if at > start && at < start + days * DAY && at < end {
                        self.ward_nurse(at, night, number, documents);
                    }
                }
            }
        }
    }

    fn ward_nurse(&mut self, at: i64, night: bool, number: usize, documents: &mut Vec<Value>) {
        let all = 0..self.people.len();
        let regular: Vec<usize> = all
            .filter(|w| self.people[*w].ward.is_some() && (self.people[*w].hours.0 == 21) == night)
            .collect();
        let floats = self.of_role("nurse");
        let float = self.random.of_thousand(120) || regular.is_empty();
        if !float {
            let who = regular[self.random.below(regular.len())];
            self.chart(at, who, number);
            return;
        }
        if floats.is_empty() {
            return;
        }
        let who = floats[self.random.below(floats.len())];
        // Mostly somebody writes down who stands in.
        if self.random.of_thousand(900) {
            documents.push(json!({"resourceType":"PractitionerRole",
                "practitioner":{"reference":format!("Practitioner/{}", self.people[who].practitioner)},
                "location":[{"reference":"Location/site3"}],
                "period":{"start":time(at - 8 * HOUR),"end":time(at + 8 * HOUR)}}));
        } else {
            self.unwritten += 1;
        }
        self.chart(at, who, number);
    }

    /// Calls and questions of colleagues; not all are written down.
    fn calls(&mut self, date: i64, documents: &mut Vec<Value>) {
        let mut all: Vec<(usize, u64)> = Vec::new();
        all.extend(self.of_role("front-desk").into_iter().map(|w| (w, 900)));
        all.extend(self.of_role("nurse").into_iter().map(|w| (w, 300)));
        all.extend(self.of_role("clinician").into_iter().map(|w| (w, 150)));
        for (who, share) in all {
            if !self.random.of_thousand(share) {
                continue;
            }
            let (open, close) = self.people[who].hours;
            let (number, at) = (
                self.visitor(),
                date + self.random.between(open, close.min(24)) * HOUR
                    + self.random.between(0, 60) * MINUTE,
            );
            if self.random.of_thousand(800) {
                documents.push(json!({"resourceType":"Communication","status":"completed","subject":patient(number),
                    "sent":time(at),"recipient":[{"reference":format!("Practitioner/{}", self.people[who].practitioner)}]}));
            } else {
                self.unwritten += 1;
            }
            self.chart(at, who, number);
        }
    }

    /// Records that are sent to others because somebody asked for them.
    fn paperwork(&mut self, date: i64, documents: &mut Vec<Value>) {
        let Some(who) = self.of_role("front-desk").first().copied() else {
            return;
        };
        if !self.random.of_thousand(400) {
            return;
        }
        for _ in 0..self.random.between(3, 9) {
            let (number, at) = (
                self.visitor(),
                date + self.random.between(9, 16) * HOUR + self.random.between(0, 60) * MINUTE,
            );
            documents.push(json!({"resourceType":"Task","status":"completed","intent":"order","for":patient(number),
                "authoredOn":time(at - HOUR),"owner":{"reference":format!("Practitioner/{}", self.people[who].practitioner)}}));
            let from = self.desk(who);
            let does = Does::Take(format!("p{number}"));
            self.deeds.push(Deed {
                at,
                who,
                does,
                from,
            });
        }
    }
}
