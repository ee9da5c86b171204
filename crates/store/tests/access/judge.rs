//! The judge: what a caller may see of documents in memory, told by plain loops. Which relations and labels a role's
//! rights need is the policies' matter; whether they hold of a document is told here anew.

use aceso_base::Instant;
use aceso_fhir::search::{Clause, Options, matches, parse_clauses};
use aceso_policy::{
    Action, Caller, Decision, Grant, Group, Label, Labels, Person, Policies, Purpose, Reach,
    Relation, decide,
};
use serde_json::Value;

use super::kit::{NOW, value};

const DAY: i64 = 86_400_000;

pub(super) struct Judge<'a> {
    pub(super) world: &'a [Value],
    pub(super) policies: Policies,
    /// Patients whose charts the callers opened in an emergency: (account, patient).
    pub(super) open: Vec<(String, String)>,
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn millis(text: &str) -> i64 {
    match text {
        "2026-03-10T09:00:00Z" => NOW + 6 * DAY - 3 * 3_600_000,
        "2026-02-20T09:00:00Z" => NOW - 12 * DAY - 3 * 3_600_000,
        "2024-01-10T09:00:00Z" => NOW - 784 * DAY,
        "2027-06-01T09:00:00Z" => NOW + 454 * DAY,
        other => panic!("{other}"),
    }
}

/// The patients that a document is about; none in particular: `?`.
fn patients(document: &Value) -> Vec<String> {
    let kind = text(document, "/resourceType");
    if kind == "Patient" {
        return vec![text(document, "/id").to_owned()];
    }
    let mut found = Vec::new();
    for place in ["subject", "patient", "for", "beneficiary"] {
        let Some(reference) = document.get(place) else {
            continue;
        };
        match text(reference, "/reference").strip_prefix("Patient/") {
            Some(id) => found.push(id.to_owned()),
            None => found.push("?".to_owned()),
        }
    }
    for participant in document["participant"].as_array().into_iter().flatten() {
        if let Some(id) = text(participant, "/actor/reference").strip_prefix("Patient/") {
            found.push(id.to_owned());
        }
    }
    if found.is_empty() && !["Device", "Task", "Slot"].contains(&kind) {
        found.push("?".to_owned());
    }
    found
}

fn labels(document: &Value) -> Labels {
    let mut found = Labels::NONE;
    for coding in document
        .pointer("/meta/security")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        found = found.with(match text(coding, "/code") {
            "ETH" => Label::SubstanceUse,
            "HIV" => Label::Hiv,
            "PSY" => Label::Behavioural,
            "SDV" => Label::Violence,
            "SEX" => Label::SexualHealth,
            "PSYTHPN" => Label::Note,
            "CEL" => Label::Vip,
            "EMPL" => Label::Employee,
            "R" | "keep-out" => Label::Restricted,
            other => panic!("{other}"),
        });
    }
    match text(document, "/code/coding/0/code") {
        "20447-9" | "86406008" => found.with(Label::Hiv),
        "44261-6" => found.with(Label::Behavioural),
        "6525002" => found.with(Label::SubstanceUse),
        _ => found,
    }
}

impl Judge<'_> {
    fn patient(&self, id: &str) -> Option<&Value> {
        self.world
            .iter()
            .find(|d| d["resourceType"] == "Patient" && d["id"] == *id)
    }

    /// Whether somebody treats a patient now.
    fn treats(&self, user: &str, patient: &str) -> bool {
        let mine: Vec<String> = match user {
            "Practitioner/d0" => vec![user.to_owned(), "PractitionerRole/r0".to_owned()],
            _ => vec![user.to_owned()],
        };
        let is_me = |reference: &Value| mine.iter().any(|m| *m == text(reference, "/reference"));
        self.world.iter().any(|d| {
            if !patients(d).iter().any(|p| p == patient) {
                return false;
            }
            let some = |place: &str, inner: &str| {
                d[place]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|item| is_me(&item[inner]) && text(item, "/status") != "declined")
            };
            let status = text(d, "/status");
            match text(d, "/resourceType") {
                "Patient" => d["generalPractitioner"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(is_me),
                "Appointment" => {
                    let at = millis(text(d, "/start"));
                    status != "cancelled"
                        && some("participant", "actor")
                        && (at - NOW).abs() < 30 * DAY
                }
                "Encounter" => {
                    let at = millis(text(d, "/period/start"));
                    let open =
                        status == "in-progress" || (status == "finished" && NOW < at + 90 * DAY);
                    open && at - 7 * DAY <= NOW && some("participant", "individual")
                }
                "CareTeam" => status == "active" && some("participant", "member"),
                "Task" => status == "ready" && is_me(&d["owner"]),
                _ => false,
            }
        })
    }

    fn broke(&self, person: &Person, patient: &str) -> bool {
        self.open
            .iter()
            .any(|(a, p)| *a == person.account && p == patient)
    }

    fn stands(&self, person: &Person, relation: Relation, grant: &Grant, of: &[String]) -> bool {
        let user = person
            .user
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        match relation {
            Relation::None => true,
            Relation::Nobody => of.is_empty(),
            Relation::Care => of.iter().any(|p| self.treats(&user, p)),
            Relation::Own | Relation::Proxy => of.iter().any(|p| Some(p) == grant.patient.as_ref()),
            Relation::Emergency => of.iter().any(|p| self.broke(person, p)),
        }
    }

    /// Whether any consent of a patient denies it.
    fn denied(&self, person: &Person, document: &Value, of: &[String]) -> bool {
        self.world.iter().any(|c| {
            c["resourceType"] == "Consent"
                && c["status"] == "active"
                && of.iter().any(|p| {
                    text(c, "/patient/reference").strip_prefix("Patient/") == Some(p)
                        && self.verdict(&c["provision"], person, document, self.broke(person, p))
                            == Some(true)
                })
        })
    }

    /// Whether a provision denies (true) or permits (false); none when it says nothing of this.
    fn verdict(
        &self,
        provision: &Value,
        person: &Person,
        document: &Value,
        emergency: bool,
    ) -> Option<bool> {
        let user = person
            .user
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let any = |place: &str, fits: &dyn Fn(&Value) -> bool| {
            provision
                .get(place)
                .is_none_or(|list| list.as_array().unwrap().iter().any(fits))
        };
        let fits = any("actor", &|a| {
            let role = text(a, "/role/coding/0/code");
            text(a, "/reference/reference") == user
                || person.roles.iter().any(|r| r.as_str() == role)
        }) && any("class", &|c| c["code"] == document["resourceType"])
            && any("securityLabel", &|_| labels(document).has(Label::Hiv))
            && any("purpose", &|_| false)
            && provision.get("period").is_none();
        let _ = emergency;
        if !fits {
            return None;
        }
        let inner = provision["provision"].as_array().into_iter().flatten();
        let inner: Vec<bool> = inner
            .filter_map(|p| self.verdict(p, person, document, emergency))
            .collect();
        Some(match inner.as_slice() {
            [] => provision["type"] == "deny",
            some => some.contains(&true),
        })
    }

    /// Whether each patient's consent lets an app have what is about substance use, for treatment (42 CFR 2.31, 2.33).
    fn lets_leave(&self, of: &[String]) -> bool {
        let lets = |c: &Value, patient: &String| {
            let provision = &c["provision"];
            let treats = |p: &Value| p["code"] == "TREAT";
            let to = |a: &Value| {
                let to = &a["reference"];
                to.get("reference").is_none() || to["reference"] == "Device/app"
            };
            c["resourceType"] == "Consent"
                && text(c, "/patient/reference").strip_prefix("Patient/") == Some(patient)
                && c["status"] == "active"
                && c.get("dateTime").is_some()
                && provision.get("period").is_none()
                && provision["securityLabel"][0]["code"] == "ETH"
                && provision["type"] == "permit"
                && list(&provision["purpose"]).any(treats)
                && list(&provision["actor"]).any(to)
        };
        !of.is_empty() && of.iter().all(|p| self.world.iter().any(|c| lets(c, p)))
    }

    fn granted(
        &self,
        caller: &Caller,
        person: &Person,
        action: Action,
        grant: &Grant,
        document: &Value,
    ) -> bool {
        let of = patients(document);
        let known: Vec<String> = of.iter().filter(|p| *p != "?").cloned().collect();
        let covering = |l: Label| {
            l.covers_compartment()
                && known
                    .iter()
                    .any(|p| self.patient(p).is_some_and(|p| labels(p).has(l)))
        };
        let kept = grant
            .without
            .iter()
            .any(|l| labels(document).has(l) || covering(l));
        let place = person.facilities.is_empty()
            || grant.relation != Relation::None
            || of.is_empty()
            || (document["resourceType"] == "Patient" && mine(person, document))
            || known
                .iter()
                .any(|p| self.patient(p).is_some_and(|p| mine(person, p)));
        let consent = action == Action::Create
            || grant.relation == Relation::Own
            || !self.denied(person, document, &known);
        let app = matches!(&caller.who, aceso_policy::Who::Client(_));
        let leaves = !app
            || action == Action::Create
            || grant.relation == Relation::Own
            || !labels(document).has(Label::SubstanceUse)
            || self.lets_leave(&of)
            || known.iter().any(|p| self.broke(person, p));
        let within = match &grant.patient {
            Some(id) if app || grant.relation == Relation::None => {
                let clause = Clause::Compartment {
                    kind: "Patient",
                    id: id.clone(),
                };
                matches(&value(document), &clause) == Some(true)
            }
            _ => true,
        };
        let asked = grant.arguments.as_ref().is_none_or(|arguments| {
            let kind = value(document).resource_type().unwrap().to_owned();
            let kind = aceso_fhir::definitions::types()
                .resource(&kind)
                .unwrap()
                .name;
            let clauses = parse_clauses(kind, arguments, &Options::default()).unwrap();
            clauses
                .iter()
                .all(|c| matches(&value(document), c) == Some(true))
        });
        let stood = match grant.relation {
            Relation::None | Relation::Nobody => &of,
            _ => &known,
        };
        self.stands(person, grant.relation, grant, stood)
            && !kept
            && place
            && consent
            && leaves
            && within
            && asked
    }

    /// Whether the caller may do this to the document.
    pub(super) fn may(&self, caller: &Caller, action: Action, document: &Value) -> bool {
        let kind = text(document, "/resourceType");
        let now = Instant::from_millis(NOW);
        let person = caller.as_person().unwrap();
        let personal = Group::of(kind).unwrap().is_personal();
        match decide(
            &self.policies,
            caller,
            action,
            kind,
            Purpose::Treatment,
            now,
        ) {
            Decision::Deny => false,
            Decision::Allow(Reach::All) if !personal => true,
            Decision::Allow(Reach::All) => {
                self.granted(caller, person, action, &Grant::ALL, document)
            }
            Decision::Allow(Reach::Only(grants)) => grants
                .iter()
                .any(|g| self.granted(caller, person, action, g, document)),
        }
    }
}

fn mine(person: &Person, patient: &Value) -> bool {
    let place = text(patient, "/managingOrganization/reference");
    person
        .facilities
        .iter()
        .any(|f| place.strip_prefix("Organization/") == Some(f))
}
