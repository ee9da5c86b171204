//! What happened and what is planned, a line each: visits, vaccinations, plans, documents, appointments, cover.

use aceso_fhir::Value;
use aceso_web::page::{Entry, Tag, Tone};

use super::entry::is_mistake;
use super::{code, codes, concept, quantity};
use crate::patient::record::Found;
use crate::words::{clock, fhir_day};

fn unnamed(what: Option<String>, kind: &'static str) -> String {
    what.unwrap_or_else(|| crate::words::say(kind, &[]))
}

/// The beginning of a period, else a date beside it.
fn since<'a>(document: &'a Value, period: &str, date: &str) -> Option<&'a str> {
    let start = document.get(period).and_then(|p| p.str_at("start"));
    start.or_else(|| document.str_at(date))
}

/// An Encounter: what kind, why, with whom.
pub(crate) fn visit(document: &Value, found: &Found) -> Entry {
    let kind = document.items_at("type").first();
    let reasons = document.items_at("reasonCode").iter();
    let reasons: Vec<String> = reasons.filter_map(|r| concept(Some(r))).collect();
    let with = document
        .items_at("participant")
        .iter()
        .find_map(|p| found.name(p.get("individual")));
    let place = found.name(document.get("serviceProvider"));
    let class = document.get("class").and_then(|c| c.str_at("code"));
    let more = [
        (!reasons.is_empty()).then(|| reasons.join(", ")),
        with,
        place,
    ];
    let more: Vec<String> = more.into_iter().flatten().collect();
    let entry = Entry::new(unnamed(concept(kind), "Visit"))
        .more(more.join(" · "))
        .end(
            since(document, "period", "")
                .map(fhir_day)
                .unwrap_or_default(),
        );
    let entry = match document.str_at("status") {
        Some("in-progress" | "arrived" | "triaged") => entry.tag(Tag::new(Tone::Good, "now")),
        Some("planned") => entry.tag(Tag::new(Tone::Info, "planned")),
        Some("cancelled") => entry.tag(Tag::plain("cancelled")),
        _ => entry,
    };
    match class {
        Some("EMER") => entry.tag(Tag::new(Tone::Warning, "emergency")),
        Some("IMP" | "ACUTE") => entry.tag(Tag::new(Tone::Info, "inpatient")),
        Some("VR") => entry.tag(Tag::plain("remote")),
        _ => entry,
    }
}

/// Immunizations, one line for each vaccine: the last dose, and how many there were. Documents come newest first.
pub(crate) fn vaccines(found: &Found) -> Vec<Entry> {
    let mut all: Vec<(String, String, String, u32)> = Vec::new();
    for document in found.matches.iter().filter(|d| !is_mistake(d)) {
        if document.str_at("status") == Some("not-done") {
            continue;
        }
        let vaccine = document.get("vaccineCode");
        let name = unnamed(concept(vaccine), "Vaccine");
        let key = code(vaccine).unwrap_or(&name).to_owned();
        let when = document.str_at("occurrenceDateTime").map(fhir_day);
        match all.iter_mut().find(|(k, ..)| *k == key) {
            Some((.., count)) => *count += 1,
            None => all.push((key, name, when.unwrap_or_default(), 1)),
        }
    }
    all.into_iter()
        .map(|(_, name, when, count)| {
            let more = match count {
                1 => String::new(),
                count => crate::words::say("{0} doses", &[&count]),
            };
            Entry::new(name).more(more).end(when)
        })
        .collect()
}

/// A CarePlan: its title or categories, and what is to be done.
pub(crate) fn plan(document: &Value) -> Entry {
    let title = document.str_at("title").map(str::to_owned).or_else(|| {
        let named = document.items_at("category").iter();
        named
            .filter_map(|c| concept(Some(c)))
            .find(|c| c != "assess-plan")
    });
    let doing = document.items_at("activity").iter().filter_map(|a| {
        let detail = a.get("detail")?;
        let status = detail.str_at("status");
        (!matches!(status, Some("cancelled" | "completed" | "entered-in-error")))
            .then(|| concept(detail.get("code")))?
    });
    let doing: Vec<String> = doing.take(4).collect();
    Entry::new(unnamed(title, "Care plan"))
        .more(doing.join(", "))
        .end(
            since(document, "period", "created")
                .map(fhir_day)
                .unwrap_or_default(),
        )
}

/// A Goal with its target and how it stands.
pub(crate) fn goal(document: &Value) -> Entry {
    let targets = document.items_at("target").iter().filter_map(|t| {
        let what = concept(t.get("measure"));
        let much = t.get("detailQuantity").and_then(quantity);
        let due = t
            .str_at("dueDate")
            .map(|d| crate::words::say("by {0}", &[&fhir_day(d)]));
        let said: Vec<String> = [what, much, due].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(" "))
    });
    let more: Vec<String> = targets.collect();
    let entry = Entry::new(unnamed(concept(document.get("description")), "Goal"))
        .more(more.join("; "))
        .end(
            document
                .str_at("startDate")
                .map(fhir_day)
                .unwrap_or_default(),
        );
    match code(document.get("achievementStatus")) {
        Some("achieved" | "sustaining") => entry.tag(Tag::new(Tone::Good, "achieved")),
        Some("improving") => entry.tag(Tag::new(Tone::Good, "improving")),
        Some("worsening" | "not-achieved" | "no-progress") => {
            entry.tag(Tag::new(Tone::Warning, "not on the way"))
        }
        _ => entry,
    }
}

/// The members of care teams, each once: name, and as what.
pub(crate) fn team(found: &Found) -> Vec<Entry> {
    let mut all: Vec<(String, String)> = Vec::new();
    let members = found.matches.iter().flat_map(|d| d.items_at("participant"));
    for member in members {
        let reference = member.get("member");
        let of_patient = reference
            .and_then(|r| r.str_at("reference"))
            .is_some_and(|r| r.starts_with("Patient/"));
        let Some(name) = found.name(reference).filter(|_| !of_patient) else {
            continue;
        };
        let role = member
            .items_at("role")
            .iter()
            .find_map(|r| concept(Some(r)));
        if !all.iter().any(|(n, _)| *n == name) {
            all.push((name, role.unwrap_or_default()));
        }
    }
    all.into_iter()
        .map(|(name, role)| Entry::new(name).more(role))
        .collect()
}

/// A DocumentReference, DiagnosticReport or Composition: what it is, by whom.
pub(crate) fn paper(document: &Value, found: &Found) -> Entry {
    let title = document
        .str_at("title")
        .or_else(|| document.str_at("description"))
        .map(str::to_owned)
        .or_else(|| concept(document.get("type")))
        .or_else(|| concept(document.get("code")));
    let by = ["author", "performer"]
        .iter()
        .flat_map(|name| document.items_at(name))
        .find_map(|a| found.name(Some(a)));
    let when = ["date", "effectiveDateTime", "issued"]
        .iter()
        .find_map(|name| document.str_at(name));
    let entry = Entry::new(unnamed(title, "Document"))
        .more(by.unwrap_or_default())
        .end(when.map(fhir_day).unwrap_or_default());
    match document.str_at("status") {
        Some("preliminary" | "partial" | "registered") => {
            entry.tag(Tag::new(Tone::Info, "preliminary"))
        }
        _ => entry,
    }
}

/// An Appointment: when, what for, with whom.
pub(crate) fn appointment(document: &Value, found: &Found) -> Entry {
    let what = document
        .str_at("description")
        .map(str::to_owned)
        .or_else(|| concept(document.get("appointmentType")))
        .or_else(|| {
            document
                .items_at("serviceType")
                .iter()
                .find_map(|s| concept(Some(s)))
        })
        .or_else(|| {
            document
                .items_at("reasonCode")
                .iter()
                .find_map(|s| concept(Some(s)))
        });
    let with: Vec<String> = document
        .items_at("participant")
        .iter()
        .filter_map(|p| p.get("actor"))
        .filter(|a| {
            a.str_at("reference")
                .is_none_or(|r| !r.starts_with("Patient/"))
        })
        .filter_map(|a| found.name(Some(a)))
        .collect();
    let when = document.str_at("start").unwrap_or_default();
    let entry = Entry::new(unnamed(what, "Appointment"))
        .more(with.join(", "))
        .end(
            format!("{} {}", fhir_day(when), clock(when))
                .trim()
                .to_owned(),
        );
    match document.str_at("status") {
        Some("arrived" | "checked-in") => entry.tag(Tag::new(Tone::Good, "here")),
        Some("pending" | "proposed" | "waitlist") => {
            entry.tag(Tag::new(Tone::Info, "not confirmed"))
        }
        _ => entry,
    }
}

/// A Coverage: who pays, under which number.
pub(crate) fn cover(document: &Value, found: &Found) -> Entry {
    let payor = document
        .items_at("payor")
        .iter()
        .find_map(|p| found.name(Some(p)));
    let kind = concept(document.get("type"));
    let number = document.str_at("subscriberId");
    let more: Vec<String> = [kind, number.map(|n| crate::words::say("no. {0}", &[&n]))]
        .into_iter()
        .flatten()
        .collect();
    let end = document.get("period").and_then(|p| p.str_at("end"));
    Entry::new(unnamed(payor, "Insurance"))
        .more(more.join(" · "))
        .end(
            end.map(|e| crate::words::say("until {0}", &[&fhir_day(e)]))
                .unwrap_or_default(),
        )
}

/// A Claim or an Invoice: whom it went to, and how much it is.
pub(crate) fn bill(document: &Value, found: &Found) -> Entry {
    let (what, total, day) = match document.resource_type() {
        Some("Claim") => ("Claim", "total", "created"),
        _ => ("Invoice", "totalGross", "date"),
    };
    let to = found.name(
        document
            .get("insurer")
            .or_else(|| document.get("recipient")),
    );
    let money = document.get(total).and_then(|m| {
        let value = m.get("value")?.as_number()?;
        let currency = m.str_at("currency").unwrap_or_default();
        Some([value.as_str(), " ", currency].concat().trim().to_owned())
    });
    let more: Vec<String> = [money, to].into_iter().flatten().collect();
    let entry = Entry::new(what)
        .more(more.join(" · "))
        .end(document.str_at(day).map(fhir_day).unwrap_or_default());
    match document.str_at("status") {
        Some("draft") => entry.tag(Tag::plain("draft")),
        _ => entry.tag(Tag::new(Tone::Info, "open")),
    }
}

/// A ServiceRequest: what was asked for.
pub(crate) fn order(document: &Value) -> Entry {
    let entry = Entry::new(unnamed(concept(document.get("code")), "Order")).end(
        document
            .str_at("authoredOn")
            .map(fhir_day)
            .unwrap_or_default(),
    );
    match document.str_at("priority") {
        Some("stat" | "asap" | "urgent") => entry.tag(Tag::new(Tone::Warning, "urgent")),
        _ => entry,
    }
}

/// Ways to reach the patient and who stands by them, for a list of facts: name and value.
pub(crate) fn contact(patient: &Value) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let telecom = |wanted: &str| -> Vec<String> {
        let all = patient.items_at("telecom").iter();
        all.filter(|t| t.str_at("system") == Some(wanted) && t.str_at("use") != Some("old"))
            .filter_map(|t| t.str_at("value").map(str::to_owned))
            .collect()
    };
    let mut add = |name: &'static str, value: Option<String>| {
        facts.extend(value.filter(|v| !v.is_empty()).map(|v| (name, v)));
    };
    add("Telephone", Some(telecom("phone").join(", ")));
    add("E-mail", Some(telecom("email").join(", ")));
    let current = patient.items_at("address").iter();
    let address = current.clone().find(|a| a.str_at("use") != Some("old"));
    add("Address", address.map(self::address));
    let spoken = patient.items_at("communication").iter();
    let language = spoken
        .clone()
        .find(|c| c.get("preferred").and_then(Value::as_bool) == Some(true))
        .or_else(|| spoken.clone().next());
    add(
        "Language",
        language.and_then(|l| concept(l.get("language"))),
    );
    let marital = concept(patient.get("maritalStatus")).map(|said| match said.as_str() {
        "S" | "NM" => crate::words::say("never married", &[]),
        "M" => crate::words::say("married", &[]),
        "D" => crate::words::say("divorced", &[]),
        "W" => crate::words::say("widowed", &[]),
        _ => said,
    });
    add("Marital status", marital);
    let people = patient.items_at("contact").iter().map(|contact| {
        let name = contact.get("name").map(super::person::written);
        let kin = contact
            .items_at("relationship")
            .iter()
            .find_map(|r| concept(Some(r)));
        let phone = contact
            .items_at("telecom")
            .iter()
            .find_map(|t| t.str_at("value"));
        let all = [
            name,
            kin.map(|k| format!("({k})")),
            phone.map(str::to_owned),
        ];
        all.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    add("Contact", Some(people.collect::<Vec<_>>().join("; ")));
    facts
}

/// Whether an address or a number is one of earlier.
pub(crate) fn is_old(value: &Value) -> bool {
    value.str_at("use") == Some("old")
}

/// An Address on one line.
pub(crate) fn address(address: &Value) -> String {
    if let Some(text) = address.str_at("text") {
        return text.to_owned();
    }
    let lines = address.items_at("line").iter().filter_map(Value::as_str);
    let town = ["city", "state", "postalCode"]
        .iter()
        .filter_map(|name| address.str_at(name))
        .collect::<Vec<_>>()
        .join(" ");
    let all: Vec<&str> = lines
        .chain((!town.is_empty()).then_some(town.as_str()))
        .collect();
    all.join(", ")
}

/// Whether a Flag warns now.
pub(crate) fn warning(document: &Value) -> Option<String> {
    (document.str_at("status") == Some("active")).then(|| concept(document.get("code")))?
}

/// Whether a Condition is a problem of now.
pub(crate) fn is_current(document: &Value) -> bool {
    let status: Vec<&str> = codes(document.get("clinicalStatus")).collect();
    status.is_empty()
        || status
            .iter()
            .any(|s| matches!(*s, "active" | "recurrence" | "relapse"))
}
