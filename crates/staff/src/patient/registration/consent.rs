//! What a patient agreed to, or asked for (Consent). What is refused here is refused by the store from that moment on: to a
//! person of the directory, to everybody in a role, for what carries a label. A member of staff says that they saw it
//! signed.

use aceso_fhir::consent::{PROCEEDINGS, SYSTEM, kind, proceeding};
use aceso_fhir::{Object, Value};
use aceso_policy::BuiltIn;
use aceso_web::page::{Choice, Entry, Errors, Field, Select, Tag, Tone};
use aceso_web::site::{Ask, Fields, PageFault, Take};
use maud::{Markup, html};

use super::{PAGE, choices, written};
use crate::Staff;
use crate::chart::entry::sensitivity;
use crate::chart::person::name;
use crate::chart::write::{coding, of_hl7, one, reference, words};
use crate::chart::{code, concept};
use crate::patient::record::{Wanted, searches};
use crate::patient::sheet::{Record, Writing};
use crate::words::{fhir_day, read_day};

/// The form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choose {
    what: String,
    who: String,
    role: String,
    label: String,
    until: String,
    proceeding: String,
    to: String,
    witness: String,
    status: String,
}

/// Who is in the directory: reference and name.
pub(crate) type Directory = Vec<(String, String)>;

const NAMES: [&str; 9] = [
    "what",
    "who",
    "role",
    "label",
    "until",
    "proceeding",
    "to",
    "witness",
    "status",
];
/// What can be agreed to or asked for: our code, and what it says.
const WHAT: [(&str, &str); 7] = [
    (
        "treatment",
        "Agrees to be treated, and to the use of the record for treatment and payment",
    ),
    (
        TPO,
        "Agrees to the use and disclosure of the record, what is about substance use included, for all future treatment, payment and health care operations",
    ),
    (
        PROCEEDINGS,
        "Agrees to the use and disclosure of records about substance use in one civil, criminal, administrative or legislative proceeding",
    ),
    ("person", "A person of the clinic is not to see the record"),
    ("role", "Nobody in a role is to see the record"),
    (
        "label",
        "Entries of a sensitive kind are not to be seen, except in an emergency",
    ),
    ("research", "Agrees to the use of the record for research"),
];
/// Roles that a patient can keep out; whoever treats is kept out by name.
const ROLES: [(&str, BuiltIn); 4] = [
    ("biller", BuiltIn::Biller),
    ("laboratory", BuiltIn::Laboratory),
    ("pharmacist", BuiltIn::Pharmacist),
    ("front-desk", BuiltIn::FrontDesk),
];
/// Labels of sensitive entries (HL7 v3 ActCode).
const LABELS: [&str; 5] = ["PSY", "ETH", "HIV", "SEX", "SDV"];
/// The system of our own codes for roles.
const ROLE_SYSTEM: &str = "urn:aceso:role";
/// One consent for all future treatment, payment and health care operations.
const TPO: &str = "tpo";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const STATUS: [(&str, &str); 3] = [
    ("active", "Counts now"),
    ("inactive", "Taken back"),
    ("entered-in-error", "It was a mistake: never so"),
];
/// Who saw it signed: R5's Consent.verification.verifiedBy, as R4 has it.
const WITNESS: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-Consent.verification.verifiedBy";

impl Record for Choose {
    type Options = Directory;
    const KIND: &'static str = "Consent";
    const PLACE: &'static str = "consents";
    const PAGE: &'static str = PAGE;
    const TITLES: (&'static str, &'static str) = ("Record a consent", "A consent");
    const FIRST: &'static str = "what";

    fn takes() -> Vec<Take> {
        NAMES.map(Take::One).into()
    }

    async fn options(staff: &Staff, ask: &Ask, _: Option<&Value>) -> Result<Directory, PageFault> {
        let wanted = Wanted::new("Practitioner")
            .with("_sort", "family")
            .most(500);
        let found = searches(staff, ask, vec![wanted]).await?;
        let everybody = found.into_iter().flatten().flat_map(|f| f.matches);
        Ok(everybody
            .filter_map(|d| Some((["Practitioner/", d.id()?].concat(), name(&d))))
            .collect())
    }

    fn typed(fields: &Fields) -> Self {
        let [
            what,
            who,
            role,
            label,
            until,
            proceeding,
            to,
            witness,
            status,
        ] = NAMES.map(|name| fields.trimmed(name).to_owned());
        Self {
            what,
            who,
            role,
            label,
            until,
            proceeding,
            to,
            witness,
            status,
        }
    }

    fn of(document: &Value) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let provision = document.get("provision");
        let actor = provision.and_then(|p| p.items_at("actor").first());
        let role = actor.and_then(|a| a.get("role"));
        let who = actor.and_then(|a| a.get("reference"));
        let label = provision.and_then(|p| p.items_at("securityLabel").first());
        let period = provision.and_then(|p| p.get("period"));
        let what = text(kind(document));
        let legal = what == PROCEEDINGS;
        let to = who.and_then(|r| r.str_at("display")).filter(|_| legal);
        let label = label.filter(|_| what == "label");
        Self {
            who: text(who.and_then(|r| r.str_at("reference"))),
            role: text(code(role).filter(|_| what == "role")),
            label: text(label.and_then(|l| l.str_at("code"))),
            proceeding: text(proceeding(document)),
            to: text(to),
            what,
            until: text(period.and_then(|p| p.str_at("end"))),
            witness: String::new(),
            status: text(document.str_at("status")),
        }
    }

    fn check(&self, directory: &Directory, today: &str, errors: &mut Errors) {
        if !WHAT.iter().any(|(code, _)| *code == self.what) {
            errors.add("what", "Choose what was agreed to or asked for");
        }
        let known = directory.iter().any(|(of, _)| *of == self.who);
        if self.what == "person" && !known {
            errors.add("who", "Choose who is not to see the record");
        }
        if self.what == "role" && !ROLES.iter().any(|(code, _)| *code == self.role) {
            errors.add("role", "Choose the role");
        }
        if self.what == "label" && !LABELS.contains(&self.label.as_str()) {
            errors.add("label", "Choose which kind");
        }
        let legal = self.what == PROCEEDINGS;
        let named = [&self.proceeding, &self.to];
        let refused = [&self.who, &self.role, &self.label];
        let long = |n: &&String| n.is_empty() || n.chars().count() > 200;
        if legal && named.iter().any(long) {
            errors.add(
                "proceeding",
                "Name the proceeding and who receives it, 200 letters at most each",
            );
        }
        let beside = if legal { &refused[..] } else { &named[..] };
        if beside.iter().any(|n| !n.is_empty()) {
            errors.add(
                "what",
                "Consent to a proceeding is never part of another consent: record it by itself",
            );
        }
        if !self.until.is_empty() && read_day(&self.until).is_none() {
            errors.add("until", "Enter the day as year-month-day");
        } else if self.status == "active" && !self.until.is_empty() && self.until.as_str() < today {
            errors.add("until", "That day has passed");
        }
        if !STATUS.iter().any(|(code, _)| *code == self.status) {
            errors.add("status", "Choose one");
        }
        if self.witness != "yes" {
            errors.add(
                "witness",
                "Only what the patient signed before you is recorded",
            );
        }
    }

    fn write(&self, directory: &Directory, writing: &Writing, consent: &mut Object) {
        consent.set("status", self.status.as_str());
        let scope = match self.what.as_str() {
            "research" => "research",
            "treatment" => "treatment",
            _ => "patient-privacy",
        };
        consent.set("scope", of_hl7("consentscope", scope));
        let said = WHAT.iter().find(|(code, _)| *code == self.what);
        let said = said.map(|(_, said)| *said).unwrap_or_default();
        let category = Value::from([
            ("coding", one(coding(SYSTEM, &self.what, ""))),
            ("text", Value::from(said)),
        ]);
        consent.set("category", one(category));
        consent.set("patient", writing.subject.clone());
        consent.set("dateTime", writing.now.as_str());
        consent.set("performer", one(writing.subject.clone()));
        written::clear(consent);
        if self.lets_leave() {
            let proceeding = (self.what == PROCEEDINGS).then_some(self.proceeding.as_str());
            written::put(consent, &writing.clinic, said, proceeding);
        } else if consent.get("policyRule").is_none() {
            consent.set("policyRule", of_hl7("v3-ActCode", "OPTIN"));
        }
        consent.set("provision", Value::from(self.provision(directory)));
        let mut seen = Object::new();
        if let Some(witness) = &writing.signer {
            let by = Value::from([
                ("url", Value::from(WITNESS)),
                ("valueReference", witness.clone()),
            ]);
            seen.set("extension", one(by));
        }
        seen.set("verified", true);
        seen.set("verifiedWith", writing.subject.clone());
        seen.set("verificationDate", writing.now.as_str());
        let old = consent.get("verification").and_then(Value::as_array);
        let mut all = old.unwrap_or_default().to_vec();
        all.push(Value::from(seen));
        consent.set("verification", all);
    }

    fn fields(&self, directory: &Directory, errors: &Errors) -> Markup {
        let nobody = std::iter::once(Choice::new("", "Nobody"));
        let people = directory.iter().map(|(of, name)| Choice::new(of, name));
        let roles = ROLES
            .iter()
            .map(|(code, role)| Choice::new(*code, role.title()));
        let labels = LABELS.iter().map(|code| Choice::new(*code, label(code)));
        let none = || std::iter::once(Choice::new("", "None"));
        let yes = vec![Choice::new(
            "yes",
            "The patient, or whoever decides for them, signed it before me",
        )];
        html! {
            (Select::new("what", "What the patient says", choices(&WHAT)).chosen(&self.what).errors(errors))
            p.soft.small { "A consent can be taken back at any time: from then on nothing more leaves the clinic by it. What left before stays lawful." }
            fieldset.group {
                legend { "Where something is refused" }
                div.pair {
                    (Select::new("who", "To whom", nobody.chain(people).collect()).chosen(&self.who).errors(errors))
                    (Select::new("role", "To which role", none().chain(roles).collect()).chosen(&self.role).errors(errors))
                    (Select::new("label", "Which entries", none().chain(labels).collect()).chosen(&self.label).errors(errors))
                }
            }
            fieldset.group {
                legend { "Where it is for one proceeding" }
                div.pair {
                    (Field::text("proceeding", "Which proceeding").value(&self.proceeding).errors(errors).longest(200).optional())
                    (Field::text("to", "Given to").value(&self.to).errors(errors).longest(200).optional())
                }
            }
            div.pair {
                (Select::new("status", "Status", choices(&STATUS)).chosen(&self.status).errors(errors))
                (Field::date("until", "Until").value(&self.until).errors(errors).optional())
            }
            (aceso_web::page::Choices::many("witness", "Signature", yes).chosen((self.witness == "yes").then_some("yes")).errors(errors))
        }
    }

    fn line(document: &Value) -> Entry {
        let choice = Self::of(document);
        let said = WHAT.iter().find(|(code, _)| *code == choice.what);
        let category = document.items_at("category").first();
        let said = said.map(|(_, said)| crate::words::known(said));
        let said = said
            .or_else(|| concept(category))
            .unwrap_or_else(|| crate::words::known("Consent"));
        let provision = document.get("provision");
        let actor = provision.and_then(|p| p.items_at("actor").first());
        let who = actor.and_then(|a| a.get("reference")?.str_at("display"));
        let mut more: Vec<String> = Vec::new();
        more.extend(who.map(str::to_owned));
        if choice.what == "label" {
            more.push(label(&choice.label));
        }
        if !choice.proceeding.is_empty() {
            more.push(choice.proceeding.clone());
        }
        if !choice.until.is_empty() {
            more.push(crate::words::say("until {0}", &[&fhir_day(&choice.until)]));
        }
        let entry = Entry::new(said)
            .more(more.join(" · "))
            .end(fhir_day(document.str_at("dateTime").unwrap_or_default()));
        let denies = provision.and_then(|p| p.str_at("type")) == Some("deny");
        match document.str_at("status") {
            Some("active") if denies => entry.tag(Tag::new(Tone::Warning, "refused")),
            Some("active") => entry.tag(Tag::new(Tone::Good, "agreed")),
            Some("inactive" | "rejected") => entry.tag(Tag::plain("taken back")),
            _ => entry,
        }
    }

    fn sample() -> (Self, Directory) {
        let choice = Self {
            what: "person".into(),
            who: "Practitioner/n".into(),
            status: "active".into(),
            ..Self::default()
        };
        (choice, vec![("Practitioner/n".into(), "Nora Nurse".into())])
    }
}

fn label(code: &str) -> String {
    let coding = coding(ACT_CODE, code, "");
    sensitivity(&coding).unwrap_or_else(|| code.to_owned())
}

impl Choose {
    /// Whether it lets records about substance use leave the clinic.
    fn lets_leave(&self) -> bool {
        matches!(self.what.as_str(), TPO | PROCEEDINGS)
    }

    fn provision(&self, directory: &Directory) -> Object {
        let mut provision = Object::new();
        let denies = matches!(self.what.as_str(), "person" | "role" | "label");
        provision.set("type", if denies { "deny" } else { "permit" });
        if !self.until.is_empty() {
            let until = Value::from([("end", Value::from(self.until.as_str()))]);
            provision.set("period", until);
        }
        let actor = match self.what.as_str() {
            "person" => {
                let found = directory.iter().find(|(of, _)| *of == self.who);
                let mut who = reference(self.who.as_str());
                if let (Some((_, name)), Some(who)) = (found, who.as_object_mut()) {
                    who.set("display", name.as_str());
                }
                Some((words("Not to see the record"), who))
            }
            "role" => {
                let found = ROLES.iter().find(|(code, _)| *code == self.role);
                let title = found.map(|(_, role)| role.title()).unwrap_or_default();
                let role = one(coding(ROLE_SYSTEM, &self.role, ""));
                let who = Value::from([("display", Value::from(title))]);
                Some((Value::from([("coding", role)]), who))
            }
            _ => None,
        };
        if let Some((role, who)) = actor {
            let actor = Value::from([("role", role), ("reference", who)]);
            provision.set("actor", one(actor));
        }
        if self.lets_leave() {
            let to = (self.what == PROCEEDINGS).then_some(self.to.as_str());
            written::disclosure(&mut provision, to);
        }
        if self.what == "label" {
            provision.set("securityLabel", one(coding(ACT_CODE, &self.label, "")));
            let system = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
            let emergency = one(coding(system, "ETREAT", ""));
            let except = Value::from([("type", Value::from("permit")), ("purpose", emergency)]);
            provision.set("provision", one(except));
        }
        provision
    }
}
