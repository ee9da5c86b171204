//! Whether a value is what a profile says: cardinality, fixed values and patterns, types, slices, bindings, references,
//! invariants.

mod find;
mod slice;

use crate::definitions::{Profile, Shape, TypeDef, TypeUse, profile, types};
use crate::outcome::{Code, Issue};
use crate::path::Node;
use crate::{Object, Value};

use super::binding::Bound;
use super::place::Place;
use super::{Options, invariant, reference, say};
use find::{children, equal, has_pattern};

/// One check against profiles.
pub(super) struct Check<'v> {
    pub(super) options: Options,
    pub(super) issues: Vec<Issue>,
    /// Where `#x` is found.
    pub(super) container: &'v Object,
    pub(super) resource: Node<'v>,
    pub(super) root: Node<'v>,
}

impl<'v> Check<'v> {
    fn say(&mut self, place: &Place<'_>, issue: Issue) {
        if self.issues.len() < self.options.max_issues {
            self.issues.push(issue.at(place.text()));
        }
    }

    /// The value against a profile.
    pub(super) fn profile(&mut self, node: Node<'v>, profile: &'static Profile, place: &Place<'_>) {
        if !node.definition().is_a(profile.ty) {
            let text = format!("The profile is one of {}, not of this", profile.ty);
            let issue = Issue::error(Code::Structure, text).fix("Correct 'meta.profile'.");
            return self.say(place, issue.rule(profile.url));
        }
        let before = self.issues.len();
        self.one(node, &profile.root, place);
        for issue in self.issues.iter_mut().skip(before) {
            if issue.rule.is_none() {
                issue.rule = Some(profile.url.to_owned());
            }
        }
    }

    /// Whether the value meets a profile; a profile that is not known is met.
    pub(super) fn meets(&self, node: Node<'v>, url: &str) -> bool {
        let Some(profile) = profile(url) else {
            return true;
        };
        let mut quiet = Check {
            options: Options {
                max_issues: 1,
                ..Options::WRITE
            },
            issues: Vec::new(),
            ..*self
        };
        quiet.profile(node, profile, &Place::root(""));
        quiet.issues.is_empty()
    }

    /// One value: everything that the shape says about it and below.
    pub(super) fn one(&mut self, node: Node<'v>, shape: &'static Shape, place: &Place<'_>) {
        self.content(node, shape, place);
        if !shape.types.is_empty() {
            self.types(node, &shape.types, place);
        }
        if let Some(binding) = &shape.binding
            && let Err(issue) = bound(node, binding)
        {
            self.say(place, issue);
        }
        for constraint in &shape.constraints {
            if constraint.warning && !self.options.warnings {
                continue;
            }
            if let Err(issue) = invariant::check(constraint, node, self.resource, self.root) {
                self.say(place, issue);
            }
        }
        for child in &shape.children {
            self.element(node, child, place);
        }
    }

    fn content(&mut self, node: Node<'v>, shape: &'static Shape, place: &Place<'_>) {
        if let Some(fixed) = &shape.fixed
            && !equal(node.value(), fixed)
        {
            self.say(place, wanted("The value must be", fixed));
        }
        if let Some(pattern) = &shape.pattern
            && !has_pattern(node.value(), pattern)
        {
            self.say(place, wanted("The value must have", pattern));
        }
    }

    /// The occurrences of an element, their number, and its slices.
    fn element(&mut self, parent: Node<'v>, shape: &'static Shape, place: &Place<'_>) {
        let (found, is_list) = children(parent, shape.name);
        let place = place.member(shape.name);
        if found.len() < shape.min {
            let issue = Issue::error(
                Code::Required,
                match shape.min {
                    1 => format!("The profile requires {}", shape.name),
                    n => format!("The profile requires {n} of {}", shape.name),
                },
            );
            self.say(&place, issue.fix(format!("Add '{}'.", shape.name)));
        }
        if let Some(max) = shape.max.filter(|max| found.len() > *max) {
            let issue = Issue::error(
                Code::Structure,
                format!("The profile allows at most {max} of {}", shape.name),
            );
            self.say(&place, issue.fix("Remove the rest."));
        }
        for (i, node) in found.iter().enumerate() {
            let item = place.index(i);
            self.one(*node, shape, if is_list { &item } else { &place });
        }
        if !shape.slices.is_empty() {
            self.slices(&found, shape, &place);
        }
    }

    fn types(&mut self, node: Node<'v>, uses: &'static [TypeUse], place: &Place<'_>) {
        let def = node.definition();
        let Some(used) = uses.iter().find(|u| def.is_a(u.code)) else {
            let names: Vec<&str> = uses.iter().map(|u| u.code).collect();
            let issue = Issue::error(
                Code::Structure,
                format!("The profile does not allow the type {} here", def.name),
            );
            return self.say(place, issue.fix(format!("Use: {}.", names.join(", "))));
        };
        if !used.targets.is_empty()
            && let Some(object) = node.value().as_object()
            && reference::check(types(), self.container, object, &[]).is_ok()
            && let Err(issue) = reference::check(types(), self.container, object, &used.targets)
        {
            self.say(place, issue);
        }
        match used.profiles.as_slice() {
            [] => {}
            [only] => {
                if let Some(profile) = profile(only) {
                    self.profile(node, profile, place);
                }
            }
            several => {
                if !several.iter().any(|url| self.meets(node, url)) {
                    let issue = Issue::error(Code::Invalid, "It meets none of its profiles");
                    self.say(
                        place,
                        issue.fix(format!("Meet one of: {}.", several.join(", "))),
                    );
                }
            }
        }
    }
}

/// The value against a binding, by what kind of value it is.
fn bound(node: Node<'_>, bound: &Bound) -> Result<(), Issue> {
    match (node.value(), node.definition()) {
        (Value::String(code), _) => bound.check_code(code),
        (Value::Object(object), def) => of_object(object, def, bound),
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_), _) => Ok(()),
    }
}

fn of_object(object: &Object, def: &TypeDef, bound: &Bound) -> Result<(), Issue> {
    match def.name {
        "CodeableConcept" => bound.check_concept(object),
        "Coding" => bound.check_coding(object),
        _ if def.is_a("Quantity") && object.contains("code") => bound.check_coding(object),
        _ => Ok(()),
    }
}

fn wanted(what: &str, value: &Value) -> Issue {
    let text = match value {
        Value::String(s) => s.to_string(),
        other => crate::json::to_string(other),
    };
    Issue::error(Code::Value, format!("{what} {}", say::short(&text))).fix(format!(
        "The profile says: {}",
        text.chars().take(300).collect::<String>()
    ))
}
