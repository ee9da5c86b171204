//! `/admin/roles/test`: the policy tester: may somebody do this to that, why, and what would change it.

use std::sync::Arc;

use aceso_policy::{
    Action, Caller, Explanation, Group, Hidden, Label, Masks, Origin, Person, Purpose, Relation,
    Role, Strength, Task, Thing, UserKind, Verdict,
};
use aceso_store::{Account, PeopleError, Relates, UserName};
use aceso_web::page::{
    Banner, Button, Choice, Choices, Csrf, Errors, Field, Form, Page, Select, Tone, View,
};
use aceso_web::site::{Ask, Fields, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::reach::somebody;
use super::{HERE, crumbs, label, verb};
use crate::Staff;
use crate::admin::recheck::task;
use crate::fault::fault;
use crate::words::{known, purpose, role_title, say, sentence, strength};

const PATH: &str = "/admin/roles/test";

const FIELDS: [&str; 9] = [
    "who", "role", "act", "resource", "kind", "relation", "purpose", "strength", "proof",
];

/// The question and its answer.
#[derive(Default)]
pub(crate) struct Tester {
    typed: Vec<(&'static str, String)>,
    labels: Vec<String>,
    roles: Vec<Role>,
    errors: Errors,
    answer: Option<Answer>,
}

/// The answer, with the question in words.
struct Answer {
    question: String,
    told: Explanation,
    of: Of,
}

/// What was asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// A task of the program's.
    Task,
    /// Something of the record, of which roles may not see everything.
    Record,
}

const PURPOSES: [Purpose; 7] = [
    Purpose::Treatment,
    Purpose::Emergency,
    Purpose::Payment,
    Purpose::Operations,
    Purpose::PatientRequest,
    Purpose::Administration,
    Purpose::Legal,
];
const STRENGTHS: [(Strength, &str); 3] = [
    (Strength::Two, "2"),
    (Strength::PhishingResistant, "3"),
    (Strength::One, "1"),
];

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = Tester {
        roles: staff.store().policies().roles().to_vec(),
        ..Tester::default()
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn ask(staff: Staff, ask: Ask) -> Outcome {
    let known: Vec<Take> = FIELDS
        .into_iter()
        .map(Take::One)
        .chain([Take::Many("labels")])
        .collect();
    let fields = ask.fields(&known)?;
    let mut page = Tester::of(&staff, &fields);
    let account = page.account(&staff, &ask).await?;
    let standing = page.standing(&staff, &ask, account.as_ref()).await?;
    page.answer(&staff, account, standing);
    if page.errors.is_empty() {
        Ok(Reply::page(&ask, &page))
    } else {
        Ok(Reply::wrong(&ask, &page))
    }
}

impl Tester {
    fn of(staff: &Staff, fields: &Fields) -> Self {
        Self {
            typed: FIELDS
                .into_iter()
                .map(|name| (name, fields.trimmed(name).to_owned()))
                .collect(),
            labels: fields.many("labels").map(str::to_owned).collect(),
            roles: staff.store().policies().roles().to_vec(),
            ..Self::default()
        }
    }

    fn said(&self, name: &str) -> &str {
        let found = self.typed.iter().find(|(n, _)| *n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The person who was named; those who may not see people ask about roles only.
    async fn account(&mut self, staff: &Staff, ask: &Ask) -> Result<Option<Account>, PageFault> {
        if self.said("who").is_empty() {
            return Ok(None);
        }
        let Ok(name) = UserName::parse(self.said("who")) else {
            self.errors.add("who", "There is nobody of this user name");
            return Ok(None);
        };
        match staff.store().account_named(ask.caller()?, &name).await {
            Ok(Some(account)) => return Ok(Some(account)),
            Ok(None) => self.errors.add("who", "There is nobody of this user name"),
            Err(PeopleError::Forbidden) => self
                .errors
                .add("who", "You may not see people: choose a role"),
            Err(error) => return Err(fault(error)),
        }
        Ok(None)
    }

    /// How the person stands to the resource that was named; none where a class was described instead.
    async fn standing(
        &mut self,
        staff: &Staff,
        ask: &Ask,
        account: Option<&Account>,
    ) -> Result<Option<(String, Relates)>, PageFault> {
        let named = self.said("resource").to_owned();
        if named.is_empty() || !self.errors.is_empty() {
            return Ok(None);
        }
        let Some(person) = account.map(|a| a.person(self.strength())) else {
            let why = "Name the person: how anybody with a role stands to it is not known";
            self.errors.add("who", why);
            return Ok(None);
        };
        let parts = named.split_once('/');
        let Some((kind, id)) = parts.filter(|(kind, _)| Group::of(kind).is_some()) else {
            self.errors
                .add("resource", "Enter a type and an id: Observation/abc");
            return Ok(None);
        };
        let store = staff.store();
        match store.relates(ask.caller()?, &person, kind, id).await {
            Ok(standing) => Ok(Some((kind.to_owned(), standing))),
            Err(PeopleError::Unknown) => {
                self.errors.add("resource", "There is no such resource");
                Ok(None)
            }
            Err(error) => Err(fault(error)),
        }
    }

    fn strength(&self) -> Strength {
        let found = STRENGTHS
            .into_iter()
            .find(|(_, name)| *name == self.said("strength"));
        found.map_or(Strength::Two, |(strength, _)| strength)
    }

    fn purpose(&self) -> Purpose {
        let found = PURPOSES
            .into_iter()
            .find(|p| p.code() == self.said("purpose"));
        found.unwrap_or(Purpose::Treatment)
    }

    fn person(&self, staff: &Staff, account: Option<&Account>) -> Option<Person> {
        let now = staff.store().now();
        let mut person = match account {
            Some(account) => account.person(self.strength()),
            None => {
                let role = Role::parse(self.said("role"))
                    .ok()
                    .filter(|r| self.roles.contains(r))?;
                somebody(vec![role], self.purpose(), self.strength(), now)
            }
        };
        person.session.purpose = self.purpose();
        person.session.stepped_up_until =
            (self.said("proof") == "fresh").then(|| now.plus_millis(60_000));
        Some(person)
    }

    fn answer(
        &mut self,
        staff: &Staff,
        account: Option<Account>,
        standing: Option<(String, Relates)>,
    ) {
        let Some(person) = self.person(staff, account.as_ref()) else {
            if self.errors.is_empty() {
                self.errors.add("role", "Name a person, or choose a role");
            }
            return;
        };
        let who = match &account {
            Some(account) => format!("{} ({})", account.display, account.user_name),
            None => format!(
                "a {}",
                role_title(person.roles.first().unwrap_or(&Role::CLINICIAN)).to_lowercase()
            ),
        };
        let is_portal = person
            .user
            .as_ref()
            .is_some_and(|u| u.kind == UserKind::Patient);
        let (store, caller) = (
            staff.store(),
            Caller::person(Arc::new(person), Origin::default()),
        );
        if let Some(wanted) = self.said("act").strip_prefix("task:").and_then(Task::parse) {
            let verdict = store.policies().may(&caller, wanted, store.now());
            self.answer = Some(of_task(&who, wanted, verdict));
            return;
        }
        let action = Action::ALL
            .into_iter()
            .find(|a| a.name() == self.said("act"));
        let Some(action) = action else {
            self.errors.add("act", "Choose what they want to do");
            return;
        };
        let Some(thing) = self.thing(standing) else {
            return;
        };
        let (kind, relation) = (thing.kind.as_str(), thing.relation);
        let question = say(
            "May {0} {1} {2} {3}, for {4}?",
            &[
                &who,
                &known(verb(action)),
                &kind,
                &known(stands(relation, is_portal)),
                &purpose(self.purpose().code()),
            ],
        );
        let labels = thing.labels.iter().map(|l| known(label(l)));
        let labels: Vec<String> = labels.collect();
        let question = match labels.is_empty() {
            true => question,
            false => [question, say("It is labelled: {0}.", &[&labels.join(", ")])].join(" "),
        };
        let told = store
            .policies()
            .explain(&caller, action, &thing, self.purpose(), store.now());
        self.answer = Some(Answer {
            question,
            told,
            of: Of::Record,
        });
    }

    /// What is asked about: the resource that was named, or what was described.
    fn thing(&mut self, standing: Option<(String, Relates)>) -> Option<Thing> {
        if let Some((kind, Relates { relation, labels })) = standing {
            return Some(Thing {
                kind,
                relation,
                labels,
            });
        }
        if !self.errors.is_empty() {
            return None;
        }
        let kind = self.said("kind").to_owned();
        if Group::of(&kind).is_none() {
            self.errors
                .add("kind", "Enter a resource type of FHIR R4: Observation");
            return None;
        }
        Some(Thing {
            kind,
            relation: Relation::parse(self.said("relation")).unwrap_or(Relation::None),
            labels: self.labels.iter().filter_map(|l| Label::parse(l)).collect(),
        })
    }

    fn field(&self, name: &'static str, title: &'static str) -> Field {
        Field::text(name, title)
            .value(self.said(name))
            .errors(&self.errors)
    }

    fn select(&self, name: &'static str, title: &'static str, choices: Vec<Choice>) -> Select {
        Select::new(name, title, choices)
            .chosen(self.said(name))
            .errors(&self.errors)
    }

    fn form(&self) -> Markup {
        let roles = std::iter::once(Choice::new("", "Choose one")).chain(
            self.roles
                .iter()
                .map(|r| Choice::new(r.as_str(), role_title(r))),
        );
        let acts = Action::ALL
            .into_iter()
            .map(|a| Choice::new(a.name(), sentence(&known(verb(a)))));
        let tasks = Task::ALL
            .into_iter()
            .map(|t| Choice::new(["task:", t.name()].concat(), sentence(&known(task(t)))));
        let relations = Relation::ALL
            .into_iter()
            .map(|r| Choice::new(r.name(), relation(r)));
        let purposes = PURPOSES
            .into_iter()
            .map(|p| Choice::new(p.code(), sentence(&purpose(p.code()))));
        let strengths = STRENGTHS
            .into_iter()
            .map(|(s, name)| Choice::new(name, sentence(&known(strength(s)))));
        let proofs = vec![
            Choice::new("", "Longer ago"),
            Choice::new("fresh", "Within the last ten minutes"),
        ];
        let labels = Label::ALL
            .into_iter()
            .map(|l| Choice::new(l.name(), label(l)))
            .collect();
        html! {
            (self.errors)
            div.filter {
                (self.field("who", "Person (user name)").optional())
                (self.select("role", "or anybody with the role", roles.collect()))
            }
            div.filter {
                (self.select("act", "wants to", acts.chain(tasks).collect()))
                (self.field("resource", "A certain resource").optional().hint("Type and id: Observation/abc. The person must be named."))
            }
            div.filter {
                (self.field("kind", "or any resource of the type").optional().hint("Empty for a task"))
                (self.select("relation", "of a patient whom they", relations.collect()))
            }
            div.filter {
                (self.select("purpose", "for", purposes.collect()))
                (self.select("strength", "signed in with", strengths.collect()))
                (self.select("proof", "and proved who they are", proofs))
            }
            details open[!self.labels.is_empty()] {
                summary { "Sensitive data" }
                (Choices::many("labels", "The data is labelled", labels).chosen(&self.labels))
            }
            div.buttons { (Button::primary("Ask")) }
        }
    }
}

fn of_task(who: &str, wanted: Task, verdict: Verdict) -> Answer {
    let (allowed, reason, change) = match verdict {
        Verdict::Allow => (true, "Permitted.", None),
        Verdict::Deny => (false, "No policy permits it, or one forbids it.", None),
        Verdict::NeedsStepUp => (
            false,
            "They may, after a fresh proof of who they are.",
            Some("a fresh proof of who they are"),
        ),
        Verdict::NeedsSecondFactor => (
            false,
            "They may, signed in with a second factor.",
            Some("a second factor"),
        ),
    };
    Answer {
        question: say("May {0} {1}?", &[&who, &known(task(wanted))]),
        told: Explanation {
            allowed,
            because: Vec::new(),
            reason: reason.into(),
            change: change.into_iter().map(Into::into).collect(),
            hidden: Vec::new(),
        },
        of: Of::Task,
    }
}

/// How somebody stands to a patient, to choose from.
const fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::None => "do not treat",
        Relation::Nobody => "(the data is about no patient)",
        Relation::Care => "treat",
        Relation::Own => "are themselves",
        Relation::Proxy => "act for",
        Relation::Emergency => "opened in an emergency",
    }
}

/// A phrase of the policies' in the reader's language.
fn told(phrase: &aceso_policy::Phrase) -> String {
    say(phrase.text, &[&phrase.about])
}

fn stands(of: Relation, portal: bool) -> &'static str {
    match of {
        Relation::None if portal => "of another patient",
        Relation::None => "of a patient whom they do not treat",
        Relation::Nobody => "that is about no patient",
        Relation::Care => "of a patient whom they treat",
        Relation::Own => "of their own",
        Relation::Proxy => "of a patient whom they act for",
        Relation::Emergency => "of a patient whose chart they opened in an emergency",
    }
}

impl Answer {
    fn show(&self) -> Markup {
        let (tone, title) = if self.told.allowed {
            (Tone::Good, "Yes")
        } else {
            (Tone::Danger, "No")
        };
        html! {
            section.card.answer aria-label="Answer" {
                p { (self.question) }
                (Banner::new(tone, title).text(told(&self.told.reason)))
                @if !self.told.because.is_empty() {
                    h2 { "Policies that decided" }
                    ul { @for because in &self.told.because { li { (because.says) " " span.soft.small.mono { (because.policy) } } } }
                }
                @if !self.told.change.is_empty() {
                    h2 { "What would change it" }
                    ul { @for change in &self.told.change { li { (sentence(&told(change))) } } }
                }
                @if self.told.allowed && self.of == Of::Record { (self.hidden()) }
            }
        }
    }

    /// What of it they do not see all the same.
    fn hidden(&self) -> Markup {
        let hidden = &self.told.hidden;
        html! {
            h2 { "What is hidden from them" }
            @if hidden.is_empty() {
                p.soft { "Nothing of it: no policy hides a field from their roles." }
            } @else {
                p { "It is left out of what they are shown, they cannot search by it, and it stays as it is when they write the rest." }
                ul { @for one in hidden {
                    li { span.mono { (one.mask.to_string()) } " " (one.by.says) " " span.soft.small.mono { (one.by.policy) } }
                } }
            }
        }
    }
}

impl View for Tester {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            @if let Some(answer) = &self.answer { (answer.show()) }
            div.card { (Form::post(csrf, PATH, self.form())) }
        };
        Page::new("May somebody do this?", body)
            .here(HERE)
            .crumbs(crumbs())
            .lead("Asks the policies in force, and says why. Nothing is opened by asking.")
    }

    fn samples() -> Vec<Self> {
        let told = Explanation {
            allowed: false,
            because: vec![aceso_policy::Because {
                policy: "two-factors".into(),
                says: "Staff do nothing with one factor.".into(),
            }],
            reason: aceso_policy::Phrase::of("Forbidden by {0}.", "two-factors"),
            change: vec!["a second factor".into()],
            hidden: Vec::new(),
        };
        let hides = aceso_policy::Because {
            policy: "greeter-4".into(),
            says: "Does not see these.".into(),
        };
        let masks = Masks::parse("Patient.photo identifier=http://hl7.org/fhir/sid/us-ssn");
        let masks = masks.unwrap_or_default();
        let permitted = Explanation {
            allowed: true,
            reason: "Permitted.".into(),
            hidden: masks
                .iter()
                .map(|mask| Hidden {
                    mask: mask.clone(),
                    by: hides.clone(),
                })
                .collect(),
            ..told.clone()
        };
        let answered = |question: &str, told: Explanation| Self {
            roles: vec![Role::CLINICIAN],
            labels: vec!["HIV".into()],
            answer: Some(Answer {
                question: question.into(),
                told,
                of: Of::Record,
            }),
            ..Self::default()
        };
        let wrong = Self {
            roles: vec![Role::CLINICIAN],
            errors: Errors::one("who", "There is nobody of this user name"),
            answer: Some(of_task("a nurse", Task::Export, Verdict::Allow)),
            ..Self::default()
        };
        vec![
            answered("May a clinician read Observation?", told),
            answered("May a greeter read Patient?", permitted),
            wrong,
        ]
    }
}
