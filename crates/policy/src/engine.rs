//! Asking Cedar: one class of caller, one act, one class of thing.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Effect, Entities, Entity, EntityId,
    EntityTypeName, EntityUid, PolicySet, PrincipalConstraint, Request, RestrictedExpression,
};

use crate::formula::factors;
use crate::text::Known;
use crate::{Action, Group, Hours, Label, Place, Purpose, Relation, Strength};

/// What a decision depends on beside roles, act and thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Here {
    pub(crate) strength: Strength,
    pub(crate) stepped_up: bool,
    pub(crate) place: Place,
    pub(crate) hours: Hours,
    pub(crate) purpose: Purpose,
}

/// Whose class asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Principal {
    Person,
    Client,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    /// An act on a class of resources.
    Item {
        kind: &'a str,
        group: Group,
        relation: Relation,
        label: Option<Label>,
    },
    /// A task.
    Task,
}

/// Cedar's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    /// The policies that determined it, by their place in the set.
    pub(crate) because: Vec<usize>,
}

/// The policies that can apply to a set of roles and an act, and who asks.
#[derive(Debug)]
pub(crate) struct Bench {
    principal: EntityUid,
    person: Entity,
    action: EntityUid,
    set: PolicySet,
    places: HashMap<cedar_policy::PolicyId, usize>,
    item: EntityUid,
    clinic: EntityUid,
}

/// A name that Cedar refuses: cannot happen with names from our own enums.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(String);

fn refused(error: impl std::fmt::Display) -> Refused {
    Refused(error.to_string())
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Refused> {
    let name = EntityTypeName::from_str(kind).map_err(refused)?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

impl Action {
    /// Its name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Search => "search",
        }
    }
}

impl Bench {
    /// Sets up for a class of caller with these roles (all of them, `staff` and the like too) and an act.
    pub(crate) fn new(
        policies: &[Known],
        principal: Principal,
        roles: &[String],
        act: &str,
    ) -> Result<Self, Refused> {
        let type_name = match principal {
            Principal::Person => "Person",
            Principal::Client => "Client",
        };
        let action = uid("Action", act)?;
        let mut parents = HashSet::new();
        for role in roles {
            parents.insert(uid("Role", role)?);
        }
        let me = uid(type_name, "caller")?;
        let mut set = PolicySet::new();
        let mut places = HashMap::new();
        for (place, known) in policies.iter().enumerate() {
            let who = match known.policy.principal_constraint() {
                PrincipalConstraint::Any => true,
                PrincipalConstraint::In(role) => parents.contains(&role),
                PrincipalConstraint::Eq(one) => one == me,
                PrincipalConstraint::Is(name) => name == *me.type_name(),
                PrincipalConstraint::IsIn(name, role) => {
                    name == *me.type_name() && parents.contains(&role)
                }
            };
            let what = match known.policy.action_constraint() {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(one) => one == action,
                ActionConstraint::In(some) => some.contains(&action),
            };
            if who && what {
                places.insert(known.policy.id().clone(), place);
                set.add(known.policy.clone()).map_err(refused)?;
            }
        }
        Ok(Self {
            person: Entity::new_no_attrs(me.clone(), parents),
            principal: me,
            action,
            set,
            places,
            item: uid("Item", "it")?,
            clinic: uid("Clinic", "here")?,
        })
    }

    /// Whether any policy here permits anything.
    pub(crate) fn permits_something(&self) -> bool {
        self.set.policies().any(|p| p.effect() == Effect::Permit)
    }

    /// Asks. A policy that cannot be evaluated refuses.
    pub(crate) fn ask(&self, here: &Context, asked: &Asked<'_>) -> Result<Answer, Refused> {
        let (resource, entity) = match asked {
            Asked::Item {
                kind,
                group,
                relation,
                label,
            } => {
                let text = |s: &str| RestrictedExpression::new_string(s.to_owned());
                let attributes = HashMap::from([
                    ("group".to_owned(), text(group.name())),
                    ("kind".to_owned(), text(kind)),
                    ("relation".to_owned(), text(relation.name())),
                    ("label".to_owned(), text(label.map_or("", Label::name))),
                ]);
                let entity =
                    Entity::new(self.item.clone(), attributes, HashSet::new()).map_err(refused)?;
                (self.item.clone(), entity)
            }
            Asked::Task => (
                self.clinic.clone(),
                Entity::new_no_attrs(self.clinic.clone(), HashSet::new()),
            ),
        };
        let entities =
            Entities::from_entities([self.person.clone(), entity], None).map_err(refused)?;
        let request = Request::new(
            self.principal.clone(),
            self.action.clone(),
            resource,
            here.clone(),
            None,
        )
        .map_err(refused)?;
        let response = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let told = response.diagnostics();
        let failed = told.errors().next().is_some();
        let mut because: Vec<usize> = told
            .reason()
            .filter_map(|id| self.places.get(id).copied())
            .collect();
        because.sort_unstable();
        Ok(Answer {
            allowed: response.decision() == Decision::Allow && !failed,
            because,
        })
    }
}

impl Here {
    /// As Cedar has it.
    pub(crate) fn context(self) -> Result<Context, Refused> {
        let text = |s: &str| RestrictedExpression::new_string(s.to_owned());
        Context::from_pairs([
            (
                "factors".to_owned(),
                RestrictedExpression::new_long(factors(self.strength)),
            ),
            (
                "steppedUp".to_owned(),
                RestrictedExpression::new_bool(self.stepped_up),
            ),
            ("place".to_owned(), text(self.place.name())),
            ("hours".to_owned(), text(self.hours.name())),
            ("purpose".to_owned(), text(self.purpose.code())),
        ])
        .map_err(refused)
    }
}
