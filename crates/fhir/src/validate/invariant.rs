//! Invariants: the definitions' FHIRPath rules, each compiled once, when its type is first met.

use aceso_base::Instant;

use crate::definitions::{Constraint, TypeDef};
use crate::outcome::{Code, Issue, Severity};
use crate::path::{Env, EvaluateError, Expression, Node};

/// Rules that the walk or the structure itself settles.
const NATIVE: &[&str] = &[
    "dom-2", "dom-3", "dom-4", "dom-5", "ext-1", "ref-1", "txt-1", "txt-2", "bdl-3", "bdl-4",
    "bdl-7",
];

/// Rules whose published expression is not what their sentence says: the type meant is FHIR's `boolean`.
const AMENDED: &[(&str, &str)] = &[("que-7", "operator = 'exists' implies (answer is boolean)")];

/// Steps for one rule on one element.
const BUDGET: u64 = 500_000;

/// An invariant, ready.
#[derive(Debug)]
pub(super) struct Rule {
    constraint: &'static Constraint,
    /// The elements (bits) without which the rule holds: those of `x.empty() or …` and `x.exists() implies …`.
    needs: u128,
}

impl Rule {
    /// The rule for values of a type; none when the walk settles it itself.
    pub(super) fn of(
        constraint: &'static Constraint,
        def: Option<&'static TypeDef>,
    ) -> Option<Self> {
        (!NATIVE.contains(&constraint.key)).then(|| Self {
            constraint,
            needs: def.map_or(u128::MAX, |d| needs(&constraint.expression, d)),
        })
    }

    /// Whether it only advises.
    pub(super) const fn is_warning(&self) -> bool {
        self.constraint.warning
    }

    /// Whether it holds for want of the elements it is about.
    pub(super) const fn holds_without(&self, seen: u128) -> bool {
        self.needs & seen == 0
    }

    /// The issue when the rule does not hold.
    pub(super) fn check<'v>(
        &self,
        node: Node<'v>,
        resource: Node<'v>,
        root: Node<'v>,
    ) -> Result<(), Issue> {
        check(self.constraint, node, resource, root)
    }
}

/// The issue when a constraint does not hold.
pub(super) fn check<'v>(
    constraint: &'static Constraint,
    node: Node<'v>,
    resource: Node<'v>,
    root: Node<'v>,
) -> Result<(), Issue> {
    let Some(expression) = expression(constraint) else {
        return Ok(());
    };
    // No rule of R4 asks what time it is.
    let env = Env::new(Some(resource), Instant::from_millis(0))
        .with_root(root)
        .with_budget(BUDGET);
    match expression.evaluate_bool(&env, node) {
        Ok(true) => Ok(()),
        Ok(false) => Err(issue(constraint)),
        Err(EvaluateError::Budget) => Err(Issue::error(
            Code::TooCostly,
            "This is too large to check its rules",
        )
        .fix("Split it up.")
        .rule(constraint.key)),
        // The rule does not fit the value, which the structure check reports on its own.
        Err(_) => Ok(()),
    }
}

fn expression(constraint: &'static Constraint) -> Option<&'static Expression> {
    constraint
        .compiled
        .get_or_init(|| {
            let amended = AMENDED.iter().find(|(key, _)| *key == constraint.key);
            let text = amended.map_or(&*constraint.expression, |(_, text)| text);
            Expression::parse(text).ok()
        })
        .as_ref()
}

fn issue(constraint: &Constraint) -> Issue {
    let severity = if constraint.warning {
        Severity::Warning
    } else {
        Severity::Error
    };
    Issue::new(
        severity,
        Code::Invariant,
        constraint.human.clone().into_owned(),
    )
    .fix(format!("The rule is: {}", constraint.expression))
    .rule(constraint.key)
}

/// The element that the expression is satisfied without.
fn needs(expression: &str, def: &TypeDef) -> u128 {
    let end = expression
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or_default();
    let (name, rest) = expression.split_at(end);
    let guarded = rest.starts_with(".empty() or ") || rest.starts_with(".exists() implies ");
    // `a implies b or c` is `(a implies b) or c`, and `a or b and c` may be settled otherwise: one operator only.
    let simple = !rest.contains(" and ") || rest.contains(" or (") || rest.contains(" implies (");
    let xor = rest.contains(" xor ");
    match def.elements.iter().position(|e| e.name == name) {
        Some(at) if guarded && simple && !xor && at < 128 => 1 << at,
        _ => u128::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::types;

    #[test]
    fn every_rule_of_r4_is_an_expression() {
        for def in types().iter() {
            let own = def.constraints.iter();
            for constraint in own.chain(def.elements.iter().flat_map(|e| &e.constraints)) {
                let parsed = Expression::parse(&constraint.expression);
                assert!(parsed.is_ok(), "{} {parsed:?}", constraint.key);
            }
        }
    }

    #[test]
    fn a_guarded_rule_holds_without_its_element() {
        let observation = types().by_name("Observation").unwrap();
        let at = |name| {
            1_u128
                << observation
                    .elements
                    .iter()
                    .position(|e| e.name == name)
                    .unwrap()
        };
        assert_eq!(needs("value.empty() or x", observation), at("value"));
        assert_eq!(
            needs("value.exists() implies code.exists()", observation),
            at("value")
        );
        assert_eq!(needs("value.empty() or a and b", observation), u128::MAX);
        assert_eq!(needs("value.exists()", observation), u128::MAX);
        assert_eq!(needs("nothing.empty() or x", observation), u128::MAX);
    }
}
