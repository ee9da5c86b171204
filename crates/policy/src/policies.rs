//! The set of policies in force, and the table of what they decide.

use std::fmt;
use std::sync::Arc;

use aceso_base::Instant;
use cedar_policy::Schema;

use crate::engine::{Asked, Bench, Here, Principal, Refused};
use crate::formula::Question;
use crate::mask;
use crate::rule::{Answers, Rule};
use crate::table::{Key, Table, Value, What};
use crate::text::{self, Known};
use crate::{
    Action, BuiltIn, Caller, Group, Hours, Label, Labels, Masks, OpeningHours, Person, Place,
    Purpose, Relation, Role, Side, Strength, Task, Verdict, Who,
};

const SCHEMA: &str = include_str!("../policies/schema.cedarschema");

/// The built-in policies: a file for what holds for everybody, one for labels, one for each role.
const FILES: [(&str, &str); 14] = [
    ("everybody", include_str!("../policies/everybody.cedar")),
    ("sensitivity", include_str!("../policies/sensitivity.cedar")),
    (
        "administrator",
        include_str!("../policies/administrator.cedar"),
    ),
    ("clinician", include_str!("../policies/clinician.cedar")),
    ("nurse", include_str!("../policies/nurse.cedar")),
    ("front-desk", include_str!("../policies/front-desk.cedar")),
    ("biller", include_str!("../policies/biller.cedar")),
    ("laboratory", include_str!("../policies/laboratory.cedar")),
    ("pharmacist", include_str!("../policies/pharmacist.cedar")),
    ("auditor", include_str!("../policies/auditor.cedar")),
    (
        "security-officer",
        include_str!("../policies/security-officer.cedar"),
    ),
    ("patient", include_str!("../policies/patient.cedar")),
    ("proxy", include_str!("../policies/proxy.cedar")),
    ("api-client", include_str!("../policies/api-client.cedar")),
];

/// The policies in force; cheap to clone. What they decide is kept in a table that fills as it is asked; a change of
/// policies is a new value with an empty table.
#[derive(Clone)]
pub struct Policies(Arc<Inner>);

struct Inner {
    known: Vec<Known>,
    /// What is known, in the same order, made ready.
    rules: Vec<Rule>,
    roles: Vec<Role>,
    sees: Vec<(Role, Labels)>,
    /// What roles do not see of what they may read.
    hides: Vec<Hides>,
    table: Table,
    hours: OpeningHours,
}

/// A clinic's own role as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleText {
    /// Its id.
    pub role: Role,
    /// Its policies in Cedar.
    pub text: String,
    /// The labels whose data it may see beyond what the built-in policies allow it.
    pub sees: Labels,
}

/// Why policies are refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is wrong: where and what.
    #[error("role {role}, line {line}: {what}")]
    Text {
        /// Whose text.
        role: Role,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The id cannot be a clinic's own role.
    #[error("\"{0}\" is a name of the program's own: take another for the role")]
    Taken(Role),
    /// The policies that come with the program are wrong.
    #[error("the built-in policies: {0}")]
    BuiltIn(String),
}

/// What a policy hides from a role.
struct Hides {
    role: String,
    masks: Masks,
    /// The policy's place among those known.
    place: usize,
}

/// Whether what is hidden from a role is hidden from the caller: apps are bound by what binds programs, and by what binds the
/// person whom they act for.
fn is_bound(caller: &Caller, role: &str) -> bool {
    let has = |person: &Person| person.roles.iter().any(|r| r.as_str() == role);
    match &caller.who {
        Who::Operator | Who::Job(_) => false,
        Who::Person(person) => has(person),
        Who::Client(client) => {
            role == Role::API_CLIENT.as_str() || client.person.as_deref().is_some_and(has)
        }
    }
}

/// One relation by which an act on a type is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) relation: Relation,
    /// Not what has one of these.
    pub(crate) without: Labels,
    /// Only what this search matches.
    pub(crate) arguments: Option<String>,
}

impl Policies {
    /// The policies that come with the program.
    pub fn builtin() -> Result<Self, PolicyError> {
        Self::with(&[])
    }

    /// The built-in policies and a clinic's own roles, each checked strictly.
    pub fn with(custom: &[RoleText]) -> Result<Self, PolicyError> {
        Self::keeping(custom, OpeningHours::default())
    }

    /// The same in a clinic that keeps these hours.
    pub fn keeping(custom: &[RoleText], hours: OpeningHours) -> Result<Self, PolicyError> {
        let ours = |what: String| PolicyError::BuiltIn(what);
        let (schema, warnings) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|e| ours(e.to_string()))?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(ours(warning.to_string()));
        }
        let mut known = Vec::new();
        for (name, file) in FILES {
            let wrong = |w: text::Wrong| ours(format!("{name}.cedar, line {}: {}", w.line, w.what));
            known.extend(text::read(file, name).map_err(wrong)?);
        }
        text::validate(&schema, &known).map_err(|w| ours(w.what))?;
        let mut roles: Vec<Role> = BuiltIn::ALL.iter().map(|b| b.role()).collect();
        for one in custom {
            known.extend(own(&schema, &roles, one)?);
            roles.push(one.role.clone());
        }
        let mut hides = Vec::new();
        for (place, policy) in known.iter().enumerate() {
            let hidden = mask::of_policy(policy).map_err(|w| ours(w.what))?;
            hides.extend(hidden.map(|(role, masks)| Hides { role, masks, place }));
        }
        Ok(Self(Arc::new(Inner {
            hides,
            rules: known.iter().map(Rule::new).collect(),
            known,
            roles,
            sees: custom.iter().map(|c| (c.role.clone(), c.sees)).collect(),
            table: Table::default(),
            hours,
        })))
    }

    /// What a decision knows of the person's request beside what it is about.
    pub(crate) fn here(&self, person: &Person, purpose: Purpose, now: Instant) -> Here {
        let session = &person.session;
        Here {
            strength: session.strength,
            stepped_up: session.is_stepped_up(now),
            place: session.place,
            hours: self.0.hours.at(now),
            purpose,
        }
    }

    /// Every role there is, built-in ones first.
    pub fn roles(&self) -> &[Role] {
        &self.0.roles
    }

    /// Every policy in force: its id, what its comment says, and its text in Cedar.
    pub fn listing(&self) -> impl Iterator<Item = (String, &str, String)> {
        self.0.known.iter().map(|k| {
            (
                k.policy.id().to_string(),
                k.says.as_str(),
                k.policy.to_string(),
            )
        })
    }

    /// Whether the caller may carry out a task now.
    pub fn may(&self, caller: &Caller, task: Task, now: Instant) -> Verdict {
        match &caller.who {
            Who::Operator => Verdict::Allow,
            Who::Job(job) => match job {
                crate::Job::Demo => Verdict::Allow,
                crate::Job::Verify
                | crate::Job::SignIn
                | crate::Job::Escalate
                | crate::Job::Remind
                | crate::Job::Desk
                | crate::Job::Mail
                | crate::Job::Send
                | crate::Job::Watch
                | crate::Job::Backup
                | crate::Job::Downtime
                | crate::Job::Deliver => Verdict::Deny,
            },
            // An app is given no tasks, whoever it acts for.
            Who::Client(_) => Verdict::Deny,
            Who::Person(person) => {
                let here = self.here(person, person.session.purpose, now);
                let value = self.look(Principal::Person, &person.roles, here, What::Task(task));
                match value {
                    Value::Verdict(verdict) => verdict,
                    Value::Cells(_) => Verdict::Deny,
                }
            }
        }
    }

    /// What is hidden from the caller in the resources that they may read.
    pub fn masks(&self, caller: &Caller) -> Masks {
        self.hiding(caller)
            .fold(Masks::NONE, |all, (_, masks)| all.or(masks))
    }

    /// The policies that hide something from the caller, and what.
    pub(crate) fn hiding(&self, caller: &Caller) -> impl Iterator<Item = (&Known, &Masks)> {
        let mine = self.0.hides.iter().filter(|h| is_bound(caller, &h.role));
        mine.filter_map(|h| Some((self.0.known.get(h.place)?, &h.masks)))
    }

    /// By which relations an act on a type is allowed to a person.
    pub(crate) fn cells_of(
        &self,
        person: &Person,
        action: Action,
        kind: &str,
        purpose: Purpose,
        now: Instant,
    ) -> Arc<[Cell]> {
        let here = self.here(person, purpose, now);
        self.cells(Principal::Person, &person.roles, here, action, kind)
    }

    /// By which relations an act on a type is allowed to a program.
    pub(crate) fn cells_of_client(
        &self,
        action: Action,
        kind: &str,
        purpose: Purpose,
    ) -> Arc<[Cell]> {
        let here = Here {
            strength: Strength::Two,
            stepped_up: false,
            place: Place::Unknown,
            hours: Hours::Open,
            purpose,
        };
        self.cells(Principal::Client, &[Role::API_CLIENT], here, action, kind)
    }

    fn cells(
        &self,
        principal: Principal,
        roles: &[Role],
        here: Here,
        action: Action,
        kind: &str,
    ) -> Arc<[Cell]> {
        match self.look(principal, roles, here, What::Item(action, kind)) {
            Value::Cells(cells) => cells,
            Value::Verdict(_) => Arc::new([]),
        }
    }

    /// From the table, or asked and kept.
    fn look(&self, principal: Principal, roles: &[Role], here: Here, what: What<'_>) -> Value {
        let asked = Key {
            principal,
            roles,
            here,
            what,
        };
        if let Some(known) = self.0.table.find(&asked) {
            return known;
        }
        let value = self.ask(&asked).unwrap_or_else(|error| {
            tracing::error!(%error, "the policies cannot be asked: refused");
            Value::Verdict(Verdict::Deny)
        });
        self.0.table.keep(&asked, value.clone());
        value
    }

    fn ask(&self, asked: &Key<'_>) -> Result<Value, Refused> {
        let roles = self.all_roles(asked.roles);
        match asked.what {
            What::Task(task) => self.ask_task(asked, &roles, task).map(Value::Verdict),
            What::Item(action, kind) => {
                let Some(group) = Group::of(kind) else {
                    return Ok(Value::Cells(Arc::new([])));
                };
                let question = Question {
                    principal: asked.principal,
                    roles: &roles,
                    act: action.name(),
                    here: asked.here,
                    item: Some((kind, group)),
                };
                let answers = match Answers::by_rules(&self.0.rules, &question) {
                    Some(answers) => answers,
                    None => {
                        let bench = self.bench(asked.principal, asked.roles, action.name())?;
                        Answers::by_cedar(&bench, &asked.here.context()?, (kind, group))?
                    }
                };
                Ok(Value::Cells(cells(&answers, group, &self.0.known).into()))
            }
        }
    }

    fn ask_task(&self, asked: &Key<'_>, roles: &[String], task: Task) -> Result<Verdict, Refused> {
        let with = |here: Here| -> Result<bool, Refused> {
            let question = Question {
                principal: asked.principal,
                roles,
                act: task.name(),
                here,
                item: None,
            };
            if let Some(answers) = Answers::by_rules(&self.0.rules, &question) {
                return Ok(answers.allow(Relation::None, None));
            }
            let bench = self.bench(asked.principal, asked.roles, task.name())?;
            Ok(bench.ask(&here.context()?, &Asked::Task)?.allowed)
        };
        let here = asked.here;
        let strong = Here {
            strength: here.strength.max(Strength::Two),
            ..here
        };
        Ok(if with(here)? {
            Verdict::Allow
        } else if !with(Here {
            stepped_up: true,
            ..strong
        })? {
            Verdict::Deny
        } else if here.strength < Strength::Two {
            Verdict::NeedsSecondFactor
        } else {
            Verdict::NeedsStepUp
        })
    }

    /// The policies for these roles and this act, for Cedar itself.
    pub(crate) fn bench(
        &self,
        principal: Principal,
        roles: &[Role],
        act: &'static str,
    ) -> Result<Arc<Bench>, Refused> {
        self.0.table.bench((principal, roles, act), || {
            Bench::new(&self.0.known, principal, &self.all_roles(roles), act)
        })
    }

    pub(crate) fn known(&self, place: usize) -> Option<&Known> {
        self.0.known.get(place)
    }

    #[cfg(test)]
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    #[cfg(test)]
    pub(crate) fn all_known(&self) -> &[Known] {
        &self.0.known
    }

    /// An account's roles, and those beside: `staff`, `portal`, `sees-ETH`.
    pub(crate) fn all_roles(&self, roles: &[Role]) -> Vec<String> {
        let mut all: Vec<String> = Vec::with_capacity(roles.len() + 2);
        let mut add = |name: &str| {
            if !all.iter().any(|have| have == name) {
                all.push(name.to_owned());
            }
        };
        for role in roles {
            add(role.as_str());
            match role.built_in().map(BuiltIn::side) {
                Some(Side::Staff) | None => add("staff"),
                Some(Side::Portal) => add("portal"),
                Some(Side::Program) => {}
            }
            let sees = self.0.sees.iter().filter(|(r, _)| r == role);
            for label in sees.flat_map(|(_, labels)| labels.iter()) {
                add(label.seeing_role());
            }
        }
        all
    }
}

/// Reads and checks a clinic's own role: it speaks of its own members only.
fn own(schema: &Schema, taken: &[Role], one: &RoleText) -> Result<Vec<Known>, PolicyError> {
    use cedar_policy::PrincipalConstraint;
    let beside = ["staff", "portal", "everybody", "sensitivity"];
    if taken.contains(&one.role)
        || beside.contains(&one.role.as_str())
        || one.role.as_str().starts_with("sees-")
    {
        return Err(PolicyError::Taken(one.role.clone()));
    }
    let wrong = |w: text::Wrong| PolicyError::Text {
        role: one.role.clone(),
        line: w.line,
        what: w.what,
    };
    let mut known = text::read(&one.text, one.role.as_str()).map_err(wrong)?;
    for (number, policy) in known.iter_mut().enumerate() {
        let mine = match policy.policy.principal_constraint() {
            PrincipalConstraint::In(role) | PrincipalConstraint::IsIn(_, role) => {
                role.type_name().to_string() == "Role" && role.id().unescaped() == one.role.as_str()
            }
            PrincipalConstraint::Any | PrincipalConstraint::Eq(_) | PrincipalConstraint::Is(_) => {
                false
            }
        };
        let line = policy.line;
        if !mine {
            let what = format!(
                "a policy of this role must begin with principal in Role::\"{}\"",
                one.role
            );
            return Err(wrong(text::Wrong { line, what }));
        }
        if policy.policy.annotation("only").is_some() {
            let what = "@only is for the program's own policies".to_owned();
            return Err(wrong(text::Wrong { line, what }));
        }
        let id = format!("{}-{}", one.role, number + 1);
        policy.policy = policy.policy.new_id(cedar_policy::PolicyId::new(id));
    }
    text::validate(schema, &known).map_err(wrong)?;
    for policy in &known {
        mask::of_policy(policy).map_err(wrong)?;
    }
    Ok(known)
}

/// By which relations, without which labels, and matching what.
pub(crate) fn cells(answers: &Answers, group: Group, known: &[Known]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let (relations, labels) = if group.is_personal() {
        (&Relation::ALL[..], &Label::ALL[..])
    } else {
        (&[Relation::None][..], &[][..])
    };
    for relation in relations.iter().copied() {
        if !answers.allow(relation, None) {
            continue;
        }
        let denied = labels.iter().copied();
        let without = denied
            .filter(|label| !answers.allow(relation, Some(*label)))
            .collect();
        let only: Option<Vec<String>> = answers
            .because(relation)
            .map(|place| {
                let policy = known.get(place).map(|k| &k.policy);
                policy.and_then(|p| p.annotation("only")).map(str::to_owned)
            })
            .collect();
        let arguments = match only {
            Some(all) => all.into_iter().map(Some).collect(),
            None => vec![None],
        };
        for arguments in arguments {
            let cell = Cell {
                relation,
                without,
                arguments,
            };
            if !cells.iter().any(|c| c.covers(&cell)) {
                cells.push(cell);
            }
        }
    }
    cells
}

impl Cell {
    /// Whether whatever the other one reaches is reached by this one too.
    fn covers(&self, other: &Self) -> bool {
        self.relation == Relation::None
            && self.without.and(other.without) == self.without
            && (self.arguments.is_none() || self.arguments == other.arguments)
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policies({} policies)", self.0.known.len())
    }
}

#[cfg(test)]
#[path = "policies_test.rs"]
mod policies_test;
