//! The policy tester: may somebody do this to that, why, and what would change it.

use std::fmt;

use aceso_base::Instant;

use crate::engine::{Asked, Bench, Here, Principal, Refused};
use crate::text::Known;
use crate::{
    Action, BuiltIn, Caller, Group, Job, Label, Labels, Mask, Person, Policies, Purpose, Relation,
    Role, Strength, Who,
};

/// A class of resources to ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// The resource type.
    pub kind: String,
    /// How the caller stands to the patient that it is about.
    pub relation: Relation,
    /// Its labels, those of its patient that cover everything included.
    pub labels: Labels,
}

/// An answer with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether they may.
    pub allowed: bool,
    /// The policies that decided: the forbids, or if there are none and it is allowed, the permits. None when no
    /// policy permits it, and when policies do not decide about this caller.
    pub because: Vec<Because>,
    /// Why, in one sentence.
    pub reason: Phrase,
    /// What would turn a refusal into a permission.
    pub change: Vec<Phrase>,
    /// What is hidden from them in what they may act on; empty for a refusal.
    pub hidden: Vec<Hidden>,
}

/// A phrase of ours, with a place `{0}` where it names something: who shows it says it in their language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The phrase, in English.
    pub text: &'static str,
    /// What it names; empty where it names nothing.
    pub about: String,
}

impl Phrase {
    /// That names something.
    pub fn of(text: &'static str, about: impl fmt::Display) -> Self {
        Self {
            text,
            about: about.to_string(),
        }
    }
}

impl From<&'static str> for Phrase {
    fn from(text: &'static str) -> Self {
        Self {
            text,
            about: String::new(),
        }
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text.replace("{0}", &self.about))
    }
}

/// Something that a policy hides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hidden {
    /// An element of the type, or identifiers of a system wherever they stand.
    pub mask: Mask,
    /// The policy that hides it.
    pub by: Because,
}

/// A policy that decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Because {
    /// Its id.
    pub policy: String,
    /// What its comment says.
    pub says: String,
}

impl Because {
    fn of(known: &Known) -> Self {
        Self {
            policy: known.policy.id().to_string(),
            says: known.says.clone(),
        }
    }
}

struct Question<'a> {
    policies: &'a Policies,
    action: Action,
    thing: &'a Thing,
    group: Group,
}

impl Policies {
    /// May the caller do this to such a thing, and why? And if they may, what of it is hidden from them?
    pub fn explain(
        &self,
        caller: &Caller,
        action: Action,
        thing: &Thing,
        purpose: Purpose,
        now: Instant,
    ) -> Explanation {
        let told = self.decided(caller, action, thing, purpose, now);
        let hidden = if told.allowed {
            self.hidden(caller, &thing.kind)
        } else {
            Vec::new()
        };
        Explanation { hidden, ..told }
    }

    /// What is hidden from the caller in resources of a type, and by which policies.
    fn hidden(&self, caller: &Caller, kind: &str) -> Vec<Hidden> {
        let mut found = Vec::new();
        for (known, masks) in self.hiding(caller) {
            let here = masks.iter().filter(|mask| mask.concerns(kind));
            found.extend(here.map(|mask| Hidden {
                mask: mask.clone(),
                by: Because::of(known),
            }));
        }
        found.sort_unstable();
        found
    }

    fn decided(
        &self,
        caller: &Caller,
        action: Action,
        thing: &Thing,
        purpose: Purpose,
        now: Instant,
    ) -> Explanation {
        let sure = |allowed, reason: &'static str| Explanation {
            allowed,
            because: Vec::new(),
            reason: reason.into(),
            change: Vec::new(),
            hidden: Vec::new(),
        };
        let Some(group) = Group::of(&thing.kind) else {
            return sure(false, "There is no such resource type.");
        };
        let impersonal = Thing {
            kind: thing.kind.clone(),
            relation: Relation::None,
            labels: Labels::NONE,
        };
        let thing = if group.is_personal() {
            thing
        } else {
            &impersonal
        };
        let question = Question {
            policies: self,
            action,
            thing,
            group,
        };
        match &caller.who {
            Who::Operator => sure(
                true,
                "The console holds the root key; policies do not bind it.",
            ),
            Who::Job(Job::Demo | Job::Verify) => sure(true, "A part of the program itself."),
            Who::Job(Job::SignIn) => sure(false, "Signing people in needs no resource."),
            Who::Job(Job::Send | Job::Watch) => {
                sure(false, "What looks after the audit log needs no resource.")
            }
            Who::Job(Job::Desk) => sure(false, "The response desk knows no resource."),
            Who::Job(Job::Escalate) => sure(
                crate::decision::escalates(action, &thing.kind),
                "Critical results are sent on: read with who treats, and made into Tasks.",
            ),
            Who::Job(Job::Remind) => sure(false, "What reminds people needs no resource."),
            Who::Job(Job::Mail) => sure(false, "What sends mail needs no resource."),
            Who::Job(Job::Downtime) => sure(
                matches!(action, Action::Read | Action::Search),
                "Downtime packs are written of what is there, and change nothing.",
            ),
            Who::Job(Job::Backup) => {
                sure(false, "Backups copy sealed files, and read no resource.")
            }
            Who::Job(Job::Deliver) => sure(
                thing.kind == "Subscription" && matches!(action, Action::Read | Action::Update),
                "Delivery keeps the state of Subscriptions, and reads as those who subscribed.",
            ),
            Who::Person(person) => question.person(person, self.here(person, purpose, now)),
            Who::Client(client) => {
                let covered = client.scopes.iter().any(|s| s.covers(action, &thing.kind));
                match &client.person {
                    _ if !covered => sure(false, "No scope of the token covers this."),
                    Some(person) => question.person(person, self.here(person, purpose, now)),
                    None => sure(
                        true,
                        "A scope of the token covers this, as far as it reaches.",
                    ),
                }
            }
        }
    }
}

impl Question<'_> {
    fn person(&self, person: &Person, here: Here) -> Explanation {
        match self.ask(&person.roles, here, self.thing.relation, self.thing.labels) {
            Ok((allowed, because)) => {
                let change = if allowed {
                    Vec::new()
                } else {
                    self.changes(person, here)
                };
                let reason = match (allowed, because.as_slice()) {
                    (true, _) => "Permitted.".into(),
                    (false, []) => "No policy permits it.".into(),
                    (false, [first, ..]) => Phrase::of("Forbidden by {0}.", &first.policy),
                };
                Explanation {
                    allowed,
                    because,
                    reason,
                    change,
                    hidden: Vec::new(),
                }
            }
            Err(error) => Explanation {
                allowed: false,
                because: Vec::new(),
                reason: Phrase::of("The policies cannot be asked: {0}", error),
                change: Vec::new(),
                hidden: Vec::new(),
            },
        }
    }

    /// The relation asked about, or none in particular; the thing without a label, and with each of its labels.
    fn ask(
        &self,
        roles: &[Role],
        here: Here,
        relation: Relation,
        labels: Labels,
    ) -> Result<(bool, Vec<Because>), Refused> {
        let bench = self
            .policies
            .bench(Principal::Person, roles, self.action.name())?;
        let first = self.ask_one(&bench, here, relation, labels)?;
        if first.0 || relation == Relation::None {
            return Ok(first);
        }
        let any = self.ask_one(&bench, here, Relation::None, labels)?;
        Ok(if any.0 { any } else { first })
    }

    fn ask_one(
        &self,
        bench: &Bench,
        here: Here,
        relation: Relation,
        labels: Labels,
    ) -> Result<(bool, Vec<Because>), Refused> {
        let context = here.context()?;
        let mut permits = Vec::new();
        for label in std::iter::once(None).chain(labels.iter().map(Some)) {
            let asked = Asked::Item {
                kind: &self.thing.kind,
                group: self.group,
                relation,
                label,
            };
            let answer = bench.ask(&context, &asked)?;
            let because = self.named(&answer.because);
            if !answer.allowed {
                return Ok((false, because));
            }
            permits.extend(because);
        }
        permits.sort_unstable();
        permits.dedup();
        Ok((true, permits))
    }

    fn named(&self, places: &[usize]) -> Vec<Because> {
        let known = places
            .iter()
            .filter_map(|place| self.policies.known(*place));
        known.map(Because::of).collect()
    }

    fn changes(&self, person: &Person, now: Here) -> Vec<Phrase> {
        let thing = self.thing;
        let allowed = |roles: &[Role], here: Here, relation: Relation, labels: Labels| {
            self.ask(roles, here, relation, labels)
                .is_ok_and(|(yes, _)| yes)
        };
        let (roles, relation, labels) = (person.roles.as_slice(), thing.relation, thing.labels);
        let mut found: Vec<Phrase> = Vec::new();
        let strong = Here {
            strength: now.strength.max(Strength::Two),
            ..now
        };
        if allowed(roles, strong, relation, labels) {
            found.push("a second factor".into());
        }
        if allowed(
            roles,
            Here {
                stepped_up: true,
                ..strong
            },
            relation,
            labels,
        ) && found.is_empty()
        {
            found.push("a fresh proof of who they are".into());
        }
        let there = Here {
            place: crate::Place::Trusted,
            hours: crate::Hours::Open,
            ..now
        };
        if allowed(roles, there, relation, labels) {
            found.push("being at the clinic while it is open".into());
        }
        for other in [Relation::Care, Relation::Emergency] {
            if other != relation && allowed(roles, now, other, labels) {
                found.push(match other {
                    Relation::Care => "having the patient in their care".into(),
                    _ => "opening the chart in an emergency".into(),
                });
            }
        }
        for label in labels.iter() {
            let fewer: Labels = labels.iter().filter(|l| *l != label).collect();
            if allowed(roles, now, relation, fewer) {
                found.push(Phrase::of(
                    "the resource not being labelled {0}",
                    label_text(label),
                ));
            }
        }
        for role in BuiltIn::ALL {
            let mut more = person.roles.clone();
            more.push(role.role());
            if !person.has(&role.role()) && allowed(&more, now, relation, labels) {
                found.push(Phrase::of("the role {0}", role.role()));
            }
        }
        found
    }
}

fn label_text(label: Label) -> &'static str {
    match label {
        Label::SubstanceUse => "ETH (substance use)",
        Label::Hiv => "HIV",
        Label::Behavioural => "PSY (behavioural health)",
        Label::Violence => "SDV (violence)",
        Label::SexualHealth => "SEX (sexual health)",
        Label::Note => "NOTE (counselling note)",
        Label::Vip => "VIP",
        Label::Employee => "EMP (employee as patient)",
        Label::Restricted => "R (restricted, or of a kind that is not known)",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{FhirUser, Origin, RoleText, Session};

    fn person(role: &str) -> Person {
        Person {
            account: "a".into(),
            name: "ada".into(),
            roles: vec![Role::parse(role).unwrap()],
            user: FhirUser::parse("Practitioner/p"),
            patients: Vec::new(),
            facilities: Vec::new(),
            session: Session::new(Strength::Two, Purpose::Treatment),
        }
    }

    fn check(
        role: &str,
        action: Action,
        thing: (&str, Relation, &[Label]),
        why: &str,
        change: &[&str],
    ) {
        let caller = Caller::person(Arc::new(person(role)), Origin::default());
        let thing = Thing {
            kind: thing.0.into(),
            relation: thing.1,
            labels: thing.2.iter().copied().collect(),
        };
        let now = Instant::from_millis(0);
        let policies = Policies::builtin().unwrap();
        let told = policies.explain(&caller, action, &thing, Purpose::Treatment, now);
        let because: Vec<_> = told.because.iter().map(|b| b.policy.as_str()).collect();
        assert_eq!(because.join(" "), why, "{told:?}");
        for one in change {
            assert!(
                told.change.iter().any(|c| c.to_string() == *one),
                "{told:?}"
            );
        }
        assert!(told.because.iter().all(|b| !b.says.is_empty()));
    }

    #[test]
    fn p3_the_tester_tells_what_a_mask_hides_and_by_which_policy() {
        let greeter = Role::parse("greeter").unwrap();
        let text = "// Greets people.\npermit (principal in Role::\"greeter\", action in [Action::\"read\", Action::\"search\"], resource)\nwhen { resource.group == \"demographics\" };\n// Does not see faces.\n@hides(\"Patient.photo Person.photo identifier=urn:ssn\")\nforbid (principal in Role::\"greeter\", action == Action::\"see\", resource);";
        let own = RoleText {
            role: greeter.clone(),
            text: text.to_owned(),
            sees: Labels::NONE,
        };
        let policies = Policies::with(&[own]).unwrap();
        let hidden = |roles: &[Role], action: Action, kind: &str| -> Vec<String> {
            let person = Person {
                roles: roles.to_vec(),
                ..person("clinician")
            };
            let thing = Thing {
                kind: kind.into(),
                relation: Relation::None,
                labels: Labels::NONE,
            };
            let caller = Caller::person(Arc::new(person), Origin::default());
            let now = Instant::from_millis(0);
            let told = policies.explain(&caller, action, &thing, Purpose::Treatment, now);
            let hidden = told.hidden.into_iter();
            hidden
                .map(|h| format!("{} by {}: {}", h.mask, h.by.policy, h.by.says))
                .collect()
        };
        let masked = [
            "Patient.photo by greeter-2: Does not see faces.",
            "identifier=urn:ssn by greeter-2: Does not see faces.",
        ];
        let mine = [greeter.clone()];
        assert_eq!(hidden(&mine, Action::Read, "Patient"), masked);
        let both = [Role::CLINICIAN, greeter];
        assert_eq!(
            hidden(&both, Action::Read, "Patient"),
            masked,
            "whatever other roles"
        );
        assert!(
            hidden(&mine, Action::Delete, "Patient").is_empty(),
            "refused"
        );
        assert!(hidden(&[Role::CLINICIAN], Action::Read, "Patient").is_empty());
    }

    #[test]
    fn the_tester_names_the_policy_and_what_would_change_it() {
        let read = Action::Read;
        let care = "having the patient in their care";
        check(
            "clinician",
            read,
            ("Observation", Relation::Care, &[]),
            "clinician-reads-charts",
            &[],
        );
        check(
            "clinician",
            read,
            ("Observation", Relation::None, &[]),
            "",
            &[care, "opening the chart in an emergency"],
        );
        check(
            "biller",
            read,
            ("Condition", Relation::None, &[Label::Hiv]),
            "hiv",
            &["the resource not being labelled HIV"],
        );
        check(
            "clinician",
            read,
            ("DocumentReference", Relation::Emergency, &[Label::Note]),
            "counselling-notes",
            &[],
        );
        check(
            "front-desk",
            read,
            ("Observation", Relation::Care, &[]),
            "",
            &["the role clinician", "the role nurse"],
        );
        check(
            "clinician",
            Action::Delete,
            ("Observation", Relation::Care, &[]),
            "charts-stay",
            &[],
        );
    }
}
