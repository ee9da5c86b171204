//! A care team: who sees to the patient, and as what. Whoever of the directory is in it treats the patient, and may open the
//! record; whoever leaves it no longer does by that.

use aceso_fhir::{Object, Value};
use aceso_web::page::{Choice, Choices, Entry, Errors, Field, Select};
use aceso_web::site::{Ask, Fields, PageFault, Take};
use maud::{Markup, html};

use super::PAGE;
use crate::Staff;
use crate::chart::concept;
use crate::chart::person::name;
use crate::chart::write::{reference, words};
use crate::patient::record::{Wanted, searches};
use crate::patient::sheet::{Record, Writing};

/// The form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Team {
    name: String,
    /// Members who stay: their places in the list.
    stay: Vec<String>,
    who: String,
    other: String,
    role: String,
    status: String,
    note: String,
}

/// Whom the team can have.
pub(crate) struct People {
    /// The members now: place, name, and as what.
    members: Vec<(String, String, String)>,
    /// The clinic's directory: reference and name.
    directory: Vec<(String, String)>,
}

/// FHIR's care-team-status, as far as people choose it.
const STATUS: [(&str, &str); 4] = [
    ("active", "At work"),
    ("suspended", "On hold"),
    ("inactive", "Ended"),
    ("entered-in-error", "It was a mistake: never so"),
];

impl Record for Team {
    type Options = People;
    const KIND: &'static str = "CareTeam";
    const PLACE: &'static str = "teams";
    const PAGE: &'static str = PAGE;
    const TITLES: (&'static str, &'static str) = ("Add a care team", "A care team");
    const FIRST: &'static str = "name";

    fn takes() -> Vec<Take> {
        let mut all: Vec<Take> = ["name", "who", "other", "role", "status", "note"]
            .map(Take::One)
            .into();
        all.push(Take::Many("stay"));
        all
    }

    async fn options(
        staff: &Staff,
        ask: &Ask,
        document: Option<&Value>,
    ) -> Result<People, PageFault> {
        let wanted = vec![
            Wanted::new("Practitioner")
                .with("_sort", "family")
                .most(500),
        ];
        let found = searches(staff, ask, wanted).await?.into_iter().flatten();
        let everybody = found.flat_map(|f| f.matches);
        let active = |d: &Value| d.get("active").and_then(Value::as_bool) != Some(false);
        let directory: Vec<(String, String)> = everybody
            .filter(active)
            .filter_map(|d| Some((["Practitioner/", d.id()?].concat(), name(&d))))
            .collect();
        let members = document.map(|team| members(team, &directory));
        let members = members.unwrap_or_default();
        Ok(People { members, directory })
    }

    fn typed(fields: &Fields) -> Self {
        let text = |name: &str| fields.trimmed(name).to_owned();
        Self {
            name: text("name"),
            stay: fields.many("stay").map(str::to_owned).collect(),
            who: text("who"),
            other: text("other"),
            role: text("role"),
            status: text("status"),
            note: text("note"),
        }
    }

    fn of(document: &Value) -> Self {
        let text = |name: &str| document.str_at(name).unwrap_or_default().to_owned();
        let count = document.items_at("participant").len();
        Self {
            name: text("name"),
            stay: (0..count).map(|at| at.to_string()).collect(),
            status: text("status"),
            ..Self::default()
        }
    }

    fn check(&self, people: &People, _: &str, errors: &mut Errors) {
        if self.name.is_empty() || self.name.chars().count() > 200 {
            errors.add("name", "Give the team a name, in 200 letters at most");
        }
        let member = |one: &String| people.members.iter().any(|(at, ..)| at == one);
        if !self.stay.iter().all(member) {
            errors.add("stay", "Choose among those that are listed");
        }
        let known = |one: &str| people.directory.iter().any(|(of, _)| of == one);
        if !self.who.is_empty() && !known(&self.who) {
            errors.add("who", "Choose somebody of the directory");
        }
        if self.other.chars().count() > 200 {
            errors.add("other", "200 letters at most");
        }
        if !self.who.is_empty() && !self.other.is_empty() {
            errors.add(
                "other",
                "One at a time: somebody of the clinic, or somebody else",
            );
        }
        let adds = !self.who.is_empty() || !self.other.is_empty();
        if adds && (self.role.is_empty() || self.role.chars().count() > 120) {
            errors.add("role", "Say as what, in 120 letters at most");
        }
        if !STATUS.iter().any(|(code, _)| *code == self.status) {
            errors.add("status", "Choose how it stands");
        }
        if self.status == "active" && self.stay.is_empty() && !adds {
            errors.add("who", "A team has somebody in it");
        }
        let leaves = self.stay.len() < people.members.len() || self.status == "entered-in-error";
        if leaves && self.note.is_empty() {
            errors.add("note", "Say why");
        }
        if self.note.chars().count() > 2_000 {
            errors.add("note", "2,000 letters at most");
        }
    }

    fn write(&self, people: &People, writing: &Writing, team: &mut Object) {
        let ended = matches!(self.status.as_str(), "inactive");
        let old = team.get("participant").and_then(Value::as_array);
        let stays = |at: usize| self.stay.iter().any(|one| *one == at.to_string());
        let old = old.unwrap_or_default().iter().enumerate();
        let mut all: Vec<Value> = old
            .filter(|(at, _)| stays(*at))
            .map(|(_, one)| one.clone())
            .collect();
        all.extend(self.added(people, writing));
        team.set("status", self.status.as_str());
        team.set("name", self.name.as_str());
        team.set("subject", writing.subject.clone());
        match all.is_empty() {
            true => drop(team.remove("participant")),
            false => team.set("participant", all),
        }
        let period = team.get("period").and_then(Value::as_object);
        let mut period = period.cloned().unwrap_or_default();
        if period.get("start").is_none() {
            period.set("start", writing.now.as_str());
        }
        match ended {
            true => period.set("end", writing.now.as_str()),
            false => drop(period.remove("end")),
        }
        team.set("period", Value::from(period));
        writing.annotate(team, &self.note);
    }

    fn fields(&self, people: &People, errors: &Errors) -> Markup {
        let members = people.members.iter().map(|(at, name, role)| {
            let choice = Choice::new(at, name);
            match role.is_empty() {
                true => choice,
                false => choice.hint(role),
            }
        });
        let directory = std::iter::once(Choice::new("", "Nobody")).chain(
            people
                .directory
                .iter()
                .map(|(of, name)| Choice::new(of, name)),
        );
        let states = STATUS.iter().map(|(c, said)| Choice::new(*c, *said));
        html! {
            (Field::text("name", "Name of the team").value(&self.name).errors(errors).longest(200).first())
            (Select::new("status", "Status", states.collect()).chosen(&self.status).errors(errors))
            @if !people.members.is_empty() {
                (Choices::many("stay", "Who stays in it", members.collect()).chosen(self.stay.clone()).errors(errors))
            }
            fieldset.group {
                legend { "Who joins" }
                div.pair {
                    (Select::new("who", "Of the clinic's directory", directory.collect()).chosen(&self.who).errors(errors))
                    (Field::text("other", "Or somebody else").value(&self.other).errors(errors).longest(200).optional())
                    (Field::text("role", "As what").value(&self.role).errors(errors).longest(120).optional().offers(ROLES))
                }
                p.soft.small { "Somebody of the directory can open the record as long as they are in the team." }
            }
            (Field::area("note", "Why").value(&self.note).errors(errors).optional().hint("Asked for where somebody leaves; kept with your name and the time."))
        }
    }

    fn line(document: &Value) -> Entry {
        let members = document.items_at("participant").len();
        let members = u64::try_from(members).unwrap_or(u64::MAX);
        let said = aceso_web::page::counted(members, "{0} member", "{0} members", &[]);
        Entry::new(
            document
                .str_at("name")
                .map_or_else(|| crate::words::known("Care team"), str::to_owned),
        )
        .more(said)
    }

    fn sample() -> (Self, People) {
        let team = Self {
            name: "Diabetes".into(),
            stay: vec!["0".into()],
            status: "active".into(),
            ..Self::default()
        };
        let people = People {
            members: vec![("0".into(), "Dr. Doc".into(), "General practitioner".into())],
            directory: vec![("Practitioner/n".into(), "Nora Nurse".into())],
        };
        (team, people)
    }
}

/// What members of a team often are.
const ROLES: [&str; 8] = [
    "General practitioner",
    "Nurse",
    "Care coordinator",
    "Specialist",
    "Pharmacist",
    "Dietitian",
    "Physiotherapist",
    "Family member",
];

/// The members of a team by their place in it.
fn members(team: &Value, directory: &[(String, String)]) -> Vec<(String, String, String)> {
    let all = team.items_at("participant").iter().enumerate();
    let named = all.map(|(at, one)| {
        let member = one.get("member");
        let of = member.and_then(|m| m.str_at("reference"));
        let known = directory
            .iter()
            .find(|(there, _)| Some(there.as_str()) == of);
        let display = member.and_then(|m| m.str_at("display"));
        let name = known
            .map(|(_, name)| name.as_str())
            .or(display)
            .map_or_else(
                || crate::words::known("The patient, or somebody who is not in the directory"),
                str::to_owned,
            );
        let role = one.items_at("role").first();
        let role = role.and_then(|r| concept(Some(r))).unwrap_or_default();
        (at.to_string(), name, role)
    });
    named.collect()
}

impl Team {
    /// Whoever joins.
    fn added(&self, people: &People, writing: &Writing) -> Option<Value> {
        let of = people.directory.iter().find(|(of, _)| *of == self.who);
        let member = match (of, self.other.as_str()) {
            (Some((of, name)), _) => {
                let mut member = reference(of.as_str());
                if let Some(member) = member.as_object_mut() {
                    member.set("display", name.as_str());
                }
                member
            }
            (None, "") => return None,
            (None, other) => Value::from([("display", Value::from(other))]),
        };
        let since = Value::from([("start", Value::from(writing.now.as_str()))]);
        Some(Value::from([
            ("role", Value::from(vec![words(&self.role)])),
            ("member", member),
            ("period", since),
        ]))
    }
}
