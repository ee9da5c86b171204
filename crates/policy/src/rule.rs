//! A policy made ready to be asked without Cedar, and the answers of all of them for every relation and label.

use cedar_policy::Effect;
use cedar_policy::pst::{ActionConstraint, EntityOrSlot, PrincipalConstraint, ResourceConstraint};

use crate::engine::{Asked, Bench, Refused};
use crate::formula::{Cells, Formula, Question, columns};
use crate::text::Known;
use crate::{Group, Label, Relation};

/// A policy: whom it is for, for which acts, and what it asks for.
#[derive(Debug)]
pub(crate) struct Rule {
    effect: Effect,
    who: Formula,
    /// Names of acts; none: any.
    acts: Option<Vec<String>>,
    /// None where Cedar must be asked.
    body: Option<Formula>,
}

impl Rule {
    pub(crate) fn new(known: &Known) -> Self {
        let effect = known.policy.effect();
        let unknown = Self {
            effect,
            who: Formula::Always,
            acts: None,
            body: None,
        };
        let Ok(policy) = known.policy.to_pst() else {
            return unknown;
        };
        let policy = policy.body();
        let Some(who) = who(&policy.principal) else {
            return unknown;
        };
        let acts = match &policy.action {
            ActionConstraint::Any => None,
            ActionConstraint::Eq(one) => Some(vec![one.eid.to_string()]),
            ActionConstraint::In(some) => Some(some.iter().map(|a| a.eid.to_string()).collect()),
        };
        let body = match &policy.resource {
            ResourceConstraint::Any => Formula::of_clauses(policy.clauses()),
            ResourceConstraint::Eq(_)
            | ResourceConstraint::In(_)
            | ResourceConstraint::Is(_)
            | ResourceConstraint::IsIn(..) => None,
        };
        Self {
            effect,
            who,
            acts,
            body,
        }
    }

    /// Whether Cedar need not be asked about it.
    #[cfg(test)]
    pub(crate) const fn is_ready(&self) -> bool {
        self.body.is_some()
    }
}

fn who(principal: &PrincipalConstraint) -> Option<Formula> {
    match principal {
        PrincipalConstraint::Any => Some(Formula::Always),
        PrincipalConstraint::Is(class) => Formula::caller(&class.to_string()),
        PrincipalConstraint::In(EntityOrSlot::Entity(role)) => Formula::role(role),
        PrincipalConstraint::IsIn(class, EntityOrSlot::Entity(role)) => Some(Formula::Both(
            Box::new(Formula::caller(&class.to_string())?),
            Box::new(Formula::role(role)?),
        )),
        PrincipalConstraint::Eq(_)
        | PrincipalConstraint::In(EntityOrSlot::Slot(_))
        | PrincipalConstraint::IsIn(_, EntityOrSlot::Slot(_)) => None,
    }
}

/// What is allowed, for every relation and label.
#[derive(Debug)]
pub(crate) struct Answers {
    allowed: Cells,
    /// The permits, by their place in the set, each with what it permits.
    permits: Vec<(usize, Cells)>,
}

impl Answers {
    /// Asks all rules at once; none when Cedar must be asked.
    pub(crate) fn by_rules(rules: &[Rule], question: &Question<'_>) -> Option<Self> {
        let (mut permitted, mut forbidden) = (Cells::NONE, Cells::NONE);
        let mut permits = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            let acts = rule.acts.as_ref();
            if acts.is_some_and(|acts| !acts.iter().any(|a| a == question.act))
                || rule.who.holds(question)? == Cells::NONE
            {
                continue;
            }
            let holds = rule.body.as_ref()?.holds(question)?;
            match rule.effect {
                Effect::Forbid => forbidden = forbidden.or(holds),
                Effect::Permit if holds != Cells::NONE => {
                    permitted = permitted.or(holds);
                    permits.push((place, holds));
                }
                Effect::Permit => {}
            }
        }
        Some(Self {
            allowed: permitted.and(forbidden.not()),
            permits,
        })
    }

    /// Asks Cedar, one relation and label after the other. Labels are asked about only where something without a
    /// label is allowed: what is labelled must be allowed without one too.
    pub(crate) fn by_cedar(
        bench: &Bench,
        here: &cedar_policy::Context,
        (kind, group): (&str, Group),
    ) -> Result<Self, Refused> {
        let mut answers = Self {
            allowed: Cells::NONE,
            permits: Vec::new(),
        };
        if !bench.permits_something() {
            return Ok(answers);
        }
        let relations = if group.is_personal() {
            &Relation::ALL[..]
        } else {
            &[Relation::None]
        };
        for relation in relations.iter().copied() {
            for label in columns() {
                if label.is_some() && !(group.is_personal() && answers.allow(relation, None)) {
                    break;
                }
                let asked = Asked::Item {
                    kind,
                    group,
                    relation,
                    label,
                };
                let answer = bench.ask(here, &asked)?;
                if !answer.allowed {
                    continue;
                }
                let one = Cells::one(relation, label);
                answers.allowed = answers.allowed.or(one);
                for place in answer.because {
                    match answers.permits.iter_mut().find(|(p, _)| *p == place) {
                        Some((_, cells)) => *cells = cells.or(one),
                        None => answers.permits.push((place, one)),
                    }
                }
            }
        }
        answers.permits.sort_unstable_by_key(|(place, _)| *place);
        Ok(answers)
    }

    /// Whether it is allowed for this relation and label.
    pub(crate) fn allow(&self, relation: Relation, label: Option<Label>) -> bool {
        self.allowed.has(relation, label)
    }

    /// The permits that allow it for this relation without a label, by their place in the set, in order.
    pub(crate) fn because(&self, relation: Relation) -> impl Iterator<Item = usize> {
        let permits = self.permits.iter();
        permits
            .filter(move |(_, cells)| cells.has(relation, None))
            .map(|(place, _)| *place)
    }
}

#[cfg(test)]
#[path = "rule_test.rs"]
mod rule_test;
