//! Those who look where they have no business, one for each kind and as many as asked for, and everybody's requests in
//! the order of time.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use aceso_base::Clock;
use aceso_fhir::search::{Options, parse};
use aceso_policy::{
    ApiClient, Caller, FhirUser, Origin, Person as Signed, Purpose, Role, Scopes, Session, Strength,
};
use aceso_shield::insider::Rule;
use aceso_store::Store;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Clinic, DAY, Deed, Does, HOUR, MINUTE, START, Snoop};

impl Clinic {
    pub(super) async fn snoop(&mut self) {
        let mut taken = Vec::new();
        for _ in 0..self.size.snoops {
            for rule in Rule::ALL {
                let at = self.moment();
                if let Some(who) = self.somebody(rule, &taken) {
                    taken.push(who);
                    let before = self.deeds.len();
                    if self.act(rule, who, at).await {
                        let deeds = self.deeds.get(before..).unwrap_or_default().to_vec();
                        self.snoops.push(Snoop { who, rule, deeds });
                    }
                }
            }
        }
    }

    /// Some time on a work day of a week that is reviewed.
    fn moment(&mut self) -> i64 {
        let week =
            self.size.weeks - self.size.reviewed + self.random.between(0, self.size.reviewed);
        let day = self.random.between(0, 4);
        START + (week * 7 + day) * DAY
    }

    /// Somebody who could be a snoop of this kind and is none yet.
    fn somebody(&mut self, rule: Rule, taken: &[usize]) -> Option<usize> {
        let fits = |who: &usize| {
            let person = &self.people[*who];
            let own = matches!(rule, Rule::D1 | Rule::D3);
            !taken.contains(who)
                && (!own || person.own.is_some())
                && (rule != Rule::D8 || person.role == "clinician")
                && (rule != Rule::D16 || matches!(person.role, "biller" | "front-desk"))
                && (rule != Rule::D14 || person.role != "laboratory")
        };
        let all: Vec<usize> = (0..self.people.len()).filter(fits).collect();
        (!all.is_empty()).then(|| all[self.random.below(all.len())])
    }

    /// At work, some time of that day.
    fn hour(&mut self, who: usize, day: i64) -> i64 {
        let (open, close) = self.people[who].hours;
        day + self.random.between(open, close) * HOUR + self.random.between(0, 60) * MINUTE
    }

    /// Looks at one patient: once or a few times, on one day or some.
    fn curious(&mut self, who: usize, day: i64, number: usize) {
        let times = 1 + self.random.below(4);
        for _ in 0..times {
            let later = if self.random.of_thousand(400) {
                self.random.between(0, 3)
            } else {
                0
            };
            let at = self.hour(who, day + later * DAY);
            self.open(at, who, "Patient", format!("p{number}"));
            if self.random.of_thousand(500) {
                self.open(at + MINUTE, who, "Encounter", format!("none{number}"));
            }
        }
    }

    fn stranger(&mut self) -> usize {
        self.random.below(self.size.patients - 1)
    }

    /// Does it; false when the clinic has nobody whom it could be done to.
    async fn act(&mut self, rule: Rule, who: usize, day: i64) -> bool {
        let target = match rule {
            Rule::D1 => self.people[who].own,
            Rule::D3 => self.people[who].own.map(|own| own + 1),
            Rule::D2 => Some(self.relative(who).await),
            Rule::D4 => Some(self.neighbour(who).await),
            Rule::D5 => self.find(|c, n| {
                c.people
                    .iter()
                    .enumerate()
                    .any(|(w, p)| w != who && p.own == Some(n))
            }),
            Rule::D6 => self.find(|c, n| c.patients[n].document.get("meta").is_some()),
            Rule::D7 => self.find(|c, n| c.patients[n].document.get("deceasedDateTime").is_some()),
            Rule::D8 => self.former.get(&who).copied(),
            Rule::D18 => Some(self.size.patients - 1),
            Rule::D9
            | Rule::D10
            | Rule::D11
            | Rule::D12
            | Rule::D13
            | Rule::D14
            | Rule::D15
            | Rule::D16
            | Rule::D17
            | Rule::D19 => {
                self.way(rule, who, day).await;
                return true;
            }
        };
        if let Some(number) = target {
            self.curious(who, day, number);
        }
        target.is_some()
    }

    fn find(&mut self, fits: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let all: Vec<usize> = (0..self.size.patients - 1)
            .filter(|n| fits(self, *n))
            .collect();
        (!all.is_empty()).then(|| all[self.random.below(all.len())])
    }

    /// A patient becomes somebody's cousin.
    async fn relative(&mut self, who: usize) -> usize {
        let number = self.stranger();
        let family = self.people[who].family.clone();
        self.patients[number].document["name"][0]["family"] = json!(family);
        self.patients[number].family = family;
        self.put(&[self.patients[number].document.clone()]).await;
        number
    }

    /// A patient moves in some doors further.
    async fn neighbour(&mut self, who: usize) -> usize {
        let number = self.stranger();
        let id = self.people[who].practitioner.clone();
        let read = self.store.read(&Caller::operator(), Purpose::Operations);
        let stored = read.fetch("Practitioner", &id).await.unwrap();
        let mut home = serde_json::from_slice::<Value>(&stored.body).unwrap()["address"].clone();
        let line = home[0]["line"][0].as_str().unwrap().to_owned();
        let (_, street) = line.split_once(' ').unwrap();
        home[0]["line"] = json!([format!("{} {street}", 91 + self.random.below(20))]);
        let latitude = &mut home[0]["extension"][0]["extension"][0]["valueDecimal"];
        *latitude = json!(latitude.as_f64().unwrap() + self.random.between(200, 1700) as f64 / 1e6);
        self.patients[number].document["address"] = home;
        self.put(&[self.patients[number].document.clone()]).await;
        number
    }

    /// Kinds that are known by how they go about it.
    async fn way(&mut self, rule: Rule, who: usize, day: i64) {
        let mut at = self.hour(who, day);
        match rule {
            Rule::D9 => {
                let (_, close) = self.people[who].hours;
                at = day + (close + self.random.between(3, 6)) * HOUR;
                for _ in 0..self.random.between(2, 9) {
                    at += self.random.between(1, 10) * MINUTE;
                    let number = self.stranger();
                    self.open(at, who, "Patient", format!("p{number}"));
                }
            }
            Rule::D10 => {
                for _ in 0..self.random.between(2, 9) {
                    at += self.random.between(1, 10) * MINUTE;
                    let number = self.stranger();
                    self.open(at, who, "Patient", format!("p{number}"));
                    self.deeds.last_mut().unwrap().from = [198, 51, 100, self.people[who].desk];
                }
            }
            Rule::D11 => {
                let number = self.stranger();
                self.look(at, who, "mor".into());
                let later = at + self.random.between(10, 90) * MINUTE;
                self.open(later, who, "Patient", format!("p{number}"));
                self.deeds.last_mut().unwrap().from = [203, 0, 113, 9];
            }
            Rule::D12 => {
                for _ in 0..self.random.between(12, 40) {
                    at += self.random.between(1, 12) * MINUTE;
                    let number = self.stranger();
                    self.open(at, who, "Patient", format!("p{number}"));
                }
            }
            Rule::D13 => {
                let first = self.random.below(self.size.patients / 3);
                for n in 0..self.random.between(5, 15) as usize {
                    at += self.random.between(1, 4) * MINUTE;
                    self.open(at, who, "Patient", format!("p{}", first + n));
                }
            }
            Rule::D14 => {
                for _ in 0..self.random.between(4, 20) {
                    at += self.random.between(1, 3) * MINUTE;
                    let (number, from) = (self.stranger(), self.desk(who));
                    let does = Does::Take(format!("p{number}"));
                    self.deeds.push(Deed {
                        at,
                        who,
                        does,
                        from,
                    });
                }
            }
            Rule::D15 => {
                for _ in 0..self.random.between(6, 20) {
                    at += self.random.between(1, 4) * MINUTE;
                    let number = self.stranger();
                    let family = &self.patients[number].family;
                    let beginning: String = family
                        .chars()
                        .take(1 + self.random.clone().below(3))
                        .collect();
                    self.random.next();
                    self.look(at, who, beginning.to_lowercase());
                }
            }
            Rule::D16 => {
                let number = self.stranger();
                let note = format!("note{number}");
                let document = json!({"resourceType":"DocumentReference","id":note,"status":"current",
                    "subject":{"reference":format!("Patient/p{number}")},"content":[{"attachment":{"title":"note"}}]});
                self.put(&[document]).await;
                for _ in 0..self.random.between(1, 4) {
                    at += self.random.between(1, 10) * MINUTE;
                    self.open(at, who, "DocumentReference", note.clone());
                }
            }
            Rule::D17 => {
                let number = self.stranger();
                for back in 0..self.random.between(3, 7) {
                    let day = day - back * self.random.between(2, 4) * DAY;
                    let at = self.hour(who, day);
                    self.open(at, who, "Patient", format!("p{number}"));
                }
            }
            _ => {
                self.look(at, who, "sta".into());
                let from = self.desk(who);
                let does = Does::Token;
                self.deeds.push(Deed {
                    at: at + 10 * MINUTE,
                    who,
                    does,
                    from,
                });
            }
        }
    }

    /// Everybody's requests in the order of time, through the store.
    pub(super) async fn carry_out(&mut self) {
        let mut deeds = std::mem::take(&mut self.deeds);
        let end = START + self.size.weeks * 7 * DAY;
        deeds.retain(|d| d.at >= START && d.at < end);
        deeds.sort_by_key(|d| d.at);
        // People work side by side, each one thing after the other.
        for group in deeds.chunk_by(|a, b| a.at / (5 * MINUTE) == b.at / (5 * MINUTE)) {
            let now = self.clock.now().millis();
            self.clock.advance_millis((group[0].at - now).max(0));
            let mut running = JoinSet::new();
            let mut by_person: BTreeMap<usize, Vec<(Caller, Does)>> = BTreeMap::new();
            for deed in group {
                let deeds = by_person.entry(deed.who).or_default();
                deeds.push((self.caller(deed), deed.does.clone()));
            }
            for deeds in by_person.into_values() {
                let store = self.store.clone();
                running.spawn(async move {
                    for (caller, does) in deeds {
                        request(&store, &caller, does).await;
                    }
                });
            }
            while let Some(done) = running.join_next().await {
                done.unwrap();
            }
        }
        let now = self.clock.now().millis();
        self.clock.advance_millis((end - now).max(0));
    }

    fn caller(&self, deed: &Deed) -> Caller {
        let person = &self.people[deed.who];
        let origin = Origin {
            address: Some(IpAddr::V4(Ipv4Addr::from(deed.from))),
            ..Origin::default()
        };
        if matches!(deed.does, Does::Token) {
            let client = ApiClient {
                id: "old-backup".into(),
                scopes: Scopes::parse("system/*.rs").unwrap(),
                patient: None,
                person: None,
            };
            return Caller::client(Arc::new(client), origin);
        }
        let signed = Signed {
            account: person.account.clone(),
            name: person.name.clone(),
            roles: vec![Role::parse(person.role).unwrap()],
            user: FhirUser::parse(&format!("Practitioner/{}", person.practitioner)),
            patients: Vec::new(),
            facilities: Vec::new(),
            session: Session::new(Strength::Two, Purpose::Treatment),
        };
        Caller::person(Arc::new(signed), origin)
    }
}

/// One request, as its person makes it. Whether it is refused is the store's business.
async fn request(store: &Store, caller: &Caller, does: Does) {
    let read = store.read(caller, Purpose::Treatment);
    match does {
        Does::Open(kind, id) => drop(read.fetch(kind, &id).await),
        Does::Look(beginning) => {
            let text = format!("name={beginning}&_count=20");
            let query = parse(Some("Patient"), &text, &Options::default()).unwrap();
            drop(read.search(query).await);
        }
        Does::Take(id) => drop(store.note_print(caller, Purpose::Treatment, &id, &[]).await),
        Does::Token => drop(read.fetch("Patient", "p1").await),
    }
}
