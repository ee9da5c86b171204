//! The walk over a resource: structure, cardinality, value domains; each value is looked at once.

mod part;
mod resource;

use crate::definitions::{ElementDef, Hit, TypeDef, Types, types};
use crate::outcome::Issue;
use crate::path::Node;
use crate::{Object, Value};

use super::binding::Bound;
use super::invariant::Rule;
use super::place::Place;
use super::plan::{Plan, Special, plans};
use super::primitive::Prim;
use super::{Options, narrative, say};
use part::sibling_items;

/// Deeper than any sensible resource, and far less than the stack holds.
const MAX_DEPTH: u32 = 100;

/// One validation.
pub(super) struct Walk<'v> {
    types: &'static Types,
    plans: &'static [Plan],
    options: Options,
    issues: Vec<Issue>,
    /// Fragments (`#x`) that references and canonicals of the resource point to, while it has contained resources.
    pub(super) used: Vec<Used<'v>>,
}

/// A use of a contained resource.
pub(super) enum Used<'v> {
    /// `#id`.
    Fragment(&'v str),
    /// The contained resource at this index refers to its container.
    Back(usize),
}

/// The resource that the walk is in.
#[derive(Clone, Copy)]
pub(super) struct Scope<'v> {
    /// The outermost resource that is not contained in another: `#x` is resolved there.
    pub(super) container: &'v Object,
    /// Where in `contained` the walk is.
    pub(super) contained: Option<usize>,
    /// `%resource`.
    resource: Node<'v>,
    /// `%rootResource`.
    root: Node<'v>,
}

/// An object that the walk is in.
#[derive(Clone, Copy)]
struct Here<'a, 'v> {
    def: &'static TypeDef,
    object: &'v Object,
    /// The object again, as a value.
    value: &'v Value,
    place: &'a Place<'a>,
    scope: Scope<'v>,
    depth: u32,
}

impl<'v> Walk<'v> {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            types: types(),
            plans: plans(),
            options: *options,
            issues: Vec::new(),
            used: Vec::new(),
        }
    }

    /// What was found; what two rules say in the same words is said once, the worse one.
    pub(super) fn into_issues(mut self) -> Vec<Issue> {
        if self.options.warnings {
            let all = self.issues.clone();
            let worse = |a: &Issue, at: usize, b: &Issue, place: usize| {
                b.expression == a.expression
                    && b.text == a.text
                    && (b.severity, at) > (a.severity, place)
            };
            let mut place = 0;
            self.issues.retain(|a| {
                place += 1;
                !all.iter().zip(1..).any(|(b, at)| worse(a, at, b, place))
            });
        }
        self.issues
    }

    /// Notes an issue; the text of the place is made only here.
    pub(super) fn say(&mut self, place: &Place<'_>, issue: Issue) {
        if self.issues.len() < self.options.max_issues {
            self.issues.push(issue.at(place.text()));
        }
    }

    fn full(&self) -> bool {
        self.issues.len() >= self.options.max_issues
    }

    fn plan(&self, def: &TypeDef) -> Option<&'static Plan> {
        self.plans.get(def.id().index())
    }

    /// A resource that stands alone.
    pub(super) fn top(&mut self, value: &'v Value) {
        let name = value.resource_type().unwrap_or("Resource");
        self.any_resource(value, &Place::root(name), None, 0);
    }

    /// All members of an object, and the rules of its type. Gives the elements that it has.
    fn object(&mut self, here: Here<'_, 'v>) -> u128 {
        if here.depth > MAX_DEPTH {
            self.say(here.place, say::too_deep());
            return 0;
        }
        let Some(plan) = self.plan(here.def) else {
            return 0;
        };
        if !plan.is_resource() && has_nothing(here.object) {
            self.say(here.place, say::empty("An object"));
            return 0;
        }
        let seen = self.members(here, plan);
        self.rules(here, &plan.rules, seen);
        seen
    }

    /// Invariants of what is here; `seen` are its elements.
    fn rules(&mut self, here: Here<'_, 'v>, rules: &'static [Rule], seen: u128) {
        for rule in rules {
            if rule.holds_without(seen) || (rule.is_warning() && !self.options.warnings) {
                continue;
            }
            let node = Node::new(here.value, None, here.def.id());
            if let Err(issue) = rule.check(node, here.scope.resource, here.scope.root) {
                self.say(here.place, issue);
            }
        }
    }

    fn members(&mut self, here: Here<'_, 'v>, plan: &Plan) -> u128 {
        let is_resource = plan.is_resource();
        let mut seen = 0_u128;
        for (key, value) in here.object.iter() {
            match here.def.member(key) {
                Some(hit) => self.member(here, hit, (key, value), &mut seen),
                None if is_resource && key == "resourceType" => {}
                None => self.say(&here.place.member(key), say::unknown(here.def, key)),
            }
            if self.full() {
                return 0;
            }
        }
        let missing = plan.required & !seen;
        if missing != 0 {
            for (i, element) in here.def.elements.iter().enumerate().take(128) {
                if missing & (1 << i) != 0 {
                    self.say(
                        &here.place.member(element.name),
                        say::missing(here.def, element),
                    );
                }
            }
        }
        if plan.special == Special::Extension {
            self.extension(here);
        }
        seen
    }

    fn member(
        &mut self,
        here: Here<'_, 'v>,
        hit: Hit,
        (key, value): (&'v str, &'v Value),
        seen: &mut u128,
    ) {
        let Some(element) = here.def.elements.get(hit.element) else {
            return;
        };
        let place = here.place.member(element.name);
        let bit = 1_u128 << (hit.element & 127);
        if element.choice && *seen & bit != 0 && other_type_given(here, hit, key) {
            self.say(&place, say::twice(element));
        }
        *seen |= bit;
        let slot = Slot {
            def: self.types.at(hit.ty),
            element,
            hit,
            bound: self
                .plan(here.def)
                .and_then(|p| p.bound.get(hit.element).copied())
                .flatten()
                .filter(|b| b.is_required() || self.options.warnings),
            rules: self
                .plan(here.def)
                .and_then(|p| p.element_rules.get(hit.element))
                .map_or(&[][..], Vec::as_slice),
        };
        let inside = Here {
            place: &place,
            ..here
        };
        match (value, element.is_list()) {
            (Value::Array(items), true) => {
                if items.is_empty() {
                    return self.say(&place, say::empty("An array"));
                }
                if element
                    .max
                    .is_some_and(|max| usize::try_from(max).is_ok_and(|max| items.len() > max))
                {
                    self.say(&place, say::too_many(element, items.len()));
                }
                if hit.underscored {
                    self.sibling_list(inside, key, items);
                } else {
                    self.list(inside, &slot, key, items);
                }
            }
            (Value::Array(_), false) => self.say(&place, say::not_single(element)),
            (_, true) => self.say(&place, say::not_array(element, value)),
            (Value::Null, false) => self.say(&place, say::null()),
            (_, false) if hit.underscored => {
                let beside = key.strip_prefix('_').and_then(|k| here.object.get(k));
                self.sibling(inside, value, beside);
            }
            (_, false) => self.value(inside, &slot, value, None),
        }
    }

    fn list(&mut self, here: Here<'_, 'v>, slot: &Slot, key: &str, items: &'v [Value]) {
        for (i, item) in items.iter().enumerate() {
            let place = here.place.index(i);
            if *item == Value::Null {
                let sibling = sibling_items(here.object, key);
                if !matches!(sibling.and_then(|s| s.get(i)), Some(Value::Object(_))) {
                    self.say(&place, say::null());
                }
            } else {
                let inside = Here {
                    place: &place,
                    ..here
                };
                self.value(inside, slot, item, Some(i));
            }
            if self.full() {
                return;
            }
        }
    }

    /// One value; `here.object` is the object that holds it.
    fn value(&mut self, here: Here<'_, 'v>, slot: &Slot, value: &'v Value, at: Option<usize>) {
        let Some(plan) = self.plan(slot.def) else {
            return;
        };
        if let Some(prim) = plan.prim {
            return self.primitive(here, slot, prim, value);
        }
        if plan.special == Special::AnyResource {
            if here.depth > MAX_DEPTH {
                return self.say(here.place, say::too_deep());
            }
            let scope = (slot.element.name == "contained").then_some(Scope {
                container: here.scope.container,
                contained: here.scope.contained.or(at),
                ..here.scope
            });
            return self.any_resource(value, here.place, scope, here.depth + 1);
        }
        let Value::Object(object) = value else {
            return self.say(here.place, say::wrong_kind(slot.def, value));
        };
        let inside = Here {
            def: slot.def,
            object,
            value,
            depth: here.depth + 1,
            ..here
        };
        let seen = self.object(inside);
        self.rules(inside, slot.rules, seen);
        if let Some(bound) = slot.bound {
            let checked = match plan.special {
                Special::Coding => bound.check_coding(object),
                Special::CodeableConcept => bound.check_concept(object),
                Special::Quantity if object.contains("code") => bound.check_coding(object),
                _ => Ok(()),
            };
            if let Err(issue) = checked {
                self.say(here.place, issue);
            }
        }
        if plan.special == Special::Reference {
            let targets = slot
                .element
                .types
                .iter()
                .find(|t| t.ty().is_some_and(|d| d.id() == slot.hit.ty));
            let targets = targets.map_or(&[][..], |t| &t.targets);
            self.reference(here, object, targets);
        }
    }

    fn primitive(&mut self, here: Here<'_, 'v>, slot: &Slot, prim: Prim, value: &'v Value) {
        if !prim.json_kind().fits(value) {
            return self.say(here.place, say::wrong_primitive_kind(slot.def, prim, value));
        }
        // The definition says `string` for the id of a resource; the text says `id`.
        let of_resource = prim == Prim::String
            && slot.element.name == "id"
            && self.plan(here.def).is_some_and(Plan::is_resource);
        let (prim, name) = if of_resource {
            (Prim::Id, "id")
        } else {
            (prim, slot.def.name)
        };
        if let Err(wrong) = prim.check(value) {
            return self.say(here.place, say::not_in_domain(name, value, wrong));
        }
        let Value::String(text) = value else { return };
        if let Some(bound) = slot.bound
            && let Err(issue) = bound.check_code(text)
        {
            self.say(here.place, issue);
        }
        if !slot.rules.is_empty() {
            let inside = Here {
                def: slot.def,
                value,
                ..here
            };
            self.rules(inside, slot.rules, u128::MAX);
        }
        match prim {
            Prim::Xhtml => {
                if let Err(wrong) = narrative::check(text) {
                    self.say(here.place, wrong.issue());
                }
            }
            Prim::Canonical | Prim::Uri | Prim::Url => {
                if let Some(id) = text.strip_prefix('#') {
                    self.use_fragment(here.scope, id);
                }
            }
            _ => {}
        }
    }
}

/// A place that a value stands in.
struct Slot {
    def: &'static TypeDef,
    element: &'static ElementDef,
    hit: Hit,
    bound: Option<&'static Bound>,
    rules: &'static [Rule],
}

/// Whether an object has no content (`ele-1`): nothing, or only an id.
fn has_nothing(object: &Object) -> bool {
    object.is_empty() || (object.len() == 1 && object.contains("id"))
}

/// Whether a choice that was seen before was seen with another type; `valueString` and `_valueString` are one.
fn other_type_given(here: Here<'_, '_>, hit: Hit, key: &str) -> bool {
    here.object
        .iter()
        .take_while(|(k, _)| *k != key)
        .filter_map(|(k, _)| here.def.member(k))
        .any(|h| h.element == hit.element && h.ty != hit.ty)
}
