//! The walk over a resource: structure, cardinality, value domains; each value is looked at once.

use crate::definitions::{ElementDef, Hit, Profile, TypeDef, Types, profile, types};
use crate::outcome::{Code, Issue, Severity};
use crate::path::Node;
use crate::{Object, Value};

use super::binding::Bound;
use super::invariant::Rule;
use super::place::Place;
use super::plan::{Plan, Special, plans};
use super::primitive::Prim;
use super::profile::Check;
use super::{Options, Profiles, bundle, narrative, reference, say};

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

    /// A resource of any type: at the top, or nested; `scope` is given for a contained one.
    fn any_resource(
        &mut self,
        value: &'v Value,
        place: &Place<'_>,
        scope: Option<Scope<'v>>,
        depth: u32,
    ) {
        let Value::Object(object) = value else {
            return self.say(
                place,
                Issue::error(
                    Code::Structure,
                    format!("A resource is an object, not {}", say::kind(value)),
                )
                .fix("Send a JSON object with a \"resourceType\"."),
            );
        };
        let def = match object.get("resourceType") {
            Some(Value::String(name)) => self.types.resource(name).ok_or_else(|| {
                Issue::error(
                    Code::Structure,
                    format!("'{}' is not a resource type of FHIR R4", say::short(name)),
                )
                .fix("Check the spelling; names begin with a capital letter.")
            }),
            Some(_) => Err(
                Issue::error(Code::Structure, "'resourceType' is not a string")
                    .fix("Name the type, such as \"Patient\"."),
            ),
            None => Err(
                Issue::error(Code::Structure, "A resource must say its 'resourceType'")
                    .fix("Add \"resourceType\"."),
            ),
        };
        let def = match def {
            Ok(def) => def,
            Err(issue) => return self.say(place, issue),
        };
        let contained = scope.is_some();
        let resource = Node::new(value, None, def.id());
        let here = Here {
            def,
            object,
            value,
            place,
            scope: scope.map_or(
                Scope {
                    container: object,
                    contained: None,
                    resource,
                    root: resource,
                },
                |outer| Scope { resource, ..outer },
            ),
            depth,
        };
        let mark = self.used.len();
        self.object(here);
        self.profiles(here);
        if contained {
            self.contained_rules(here);
        } else {
            self.all_contained_are_used(here, mark);
            self.used.truncate(mark);
        }
        if self.plan(def).map(|p| p.special) == Some(Special::Bundle) {
            for (entry, issue) in bundle::check(object) {
                self.say(&place.member("entry").index(entry), issue);
            }
        }
    }

    /// The profiles that the resource claims to meet.
    fn profiles(&mut self, here: Here<'_, 'v>) {
        let Some(meta) = here.object.get("meta") else {
            return;
        };
        match self.options.profiles {
            Profiles::Trust => return,
            Profiles::Enforce => {}
        }
        for url in meta.items_at("profile").iter().filter_map(Value::as_str) {
            match profile(url) {
                Some(profile) => {
                    self.profile(profile, here.scope.resource, here.place, here.scope);
                }
                None if self.options.warnings && base_of(url).is_none() => {
                    self.say(
                        here.place,
                        Issue::information(format!(
                            "The profile {} is not known here; nothing was checked against it",
                            say::short(url)
                        )),
                    );
                }
                None => {}
            }
        }
    }

    fn profile(
        &mut self,
        profile: &'static Profile,
        node: Node<'v>,
        place: &Place<'_>,
        scope: Scope<'v>,
    ) {
        let mut check = Check {
            options: self.options,
            issues: std::mem::take(&mut self.issues),
            container: scope.container,
            resource: scope.resource,
            root: scope.root,
        };
        check.profile(node, profile, place);
        self.issues = check.issues;
    }

    /// A resource that stands alone, against a profile.
    pub(super) fn against(&mut self, value: &'v Value, profile: &'static Profile) {
        let (Some(resource), Some(container)) = (Node::resource(value), value.as_object()) else {
            return;
        };
        let scope = Scope {
            container,
            contained: None,
            resource,
            root: resource,
        };
        let place = Place::root(resource.definition().name);
        self.profile(profile, resource, &place, scope);
    }

    /// Says that a profile is not known, unless it is the base definition of the resource's type.
    pub(super) fn unknown_profile(&mut self, value: &'v Value, url: &str) {
        let name = value.resource_type().unwrap_or("Resource");
        if base_of(url).is_some_and(|base| base == name) {
            return;
        }
        self.say(
            &Place::root(name),
            Issue::error(
                Code::NotFound,
                format!(
                    "The profile {} is not known here, or is not one of {name}",
                    say::short(url)
                ),
            )
            .fix("Name a profile of FHIR R4 or US Core (6.1.0, 7.0.0)."),
        );
    }

    /// `dom-2`, `dom-4`, `dom-5`.
    fn contained_rules(&mut self, here: Here<'_, 'v>) {
        let object = here.object;
        let rule = |rule, text, fix| Issue::error(Code::Invariant, text).fix(fix).rule(rule);
        if object.contains("contained") {
            self.say(
                here.place,
                rule(
                    "dom-2",
                    "A contained resource must not contain others",
                    "Move them to the outer resource.",
                ),
            );
        }
        if let Some(meta) = object.get("meta") {
            if meta.get("versionId").is_some() || meta.get("lastUpdated").is_some() {
                self.say(
                    here.place,
                    rule(
                        "dom-4",
                        "A contained resource has no versionId or lastUpdated of its own",
                        "Remove them.",
                    ),
                );
            }
            if meta.get("security").is_some() {
                self.say(
                    here.place,
                    rule(
                        "dom-5",
                        "A contained resource has no security label of its own",
                        "Put the label on the outer resource.",
                    ),
                );
            }
        }
    }

    /// `dom-3`.
    fn all_contained_are_used(&mut self, here: Here<'_, 'v>, mark: usize) {
        let Some(Value::Array(items)) = here.object.get("contained") else {
            return;
        };
        let list = here.place.member("contained");
        for (i, item) in items.iter().enumerate() {
            let used = |u: &Used<'_>| match u {
                Used::Fragment(id) => item.id() == Some(*id),
                Used::Back(at) => *at == i,
            };
            if !self.used.iter().skip(mark).any(used) {
                self.say(
                    &list.index(i),
                    Issue::error(
                        Code::Invariant,
                        "Nothing in the resource refers to this contained resource",
                    )
                    .fix("Refer to it as '#' and its id, or remove it.")
                    .rule("dom-3"),
                );
            }
        }
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

    /// The `_given` of `given`: as long as it, and null only where it has a value.
    fn sibling_list(&mut self, here: Here<'_, 'v>, key: &str, items: &'v [Value]) {
        let name = key.strip_prefix('_').unwrap_or(key);
        let values = here.object.get(name).and_then(Value::as_array);
        if values.is_some_and(|v| v.len() != items.len()) {
            return self.say(here.place, say::misaligned(name));
        }
        for (i, item) in items.iter().enumerate() {
            let place = here.place.index(i);
            let inside = Here {
                place: &place,
                ..here
            };
            if *item != Value::Null {
                self.sibling(inside, item, values.and_then(|v| v.get(i)));
            } else if values.is_none_or(|v| v.get(i) == Some(&Value::Null)) {
                self.say(&place, say::null());
            }
        }
    }

    /// The id and extensions of a primitive; an id alone is enough beside a value.
    fn sibling(&mut self, here: Here<'_, 'v>, value: &'v Value, beside: Option<&Value>) {
        let Some(def) = self.types.by_name("Element") else {
            return;
        };
        let Value::Object(object) = value else {
            return self.say(here.place, say::wrong_kind(def, value));
        };
        let inside = Here {
            def,
            object,
            value,
            depth: here.depth + 1,
            ..here
        };
        let only_id = object.len() == 1 && object.contains("id");
        if only_id && beside.is_some_and(|v| *v != Value::Null) {
            if let Some(plan) = self.plan(def) {
                self.members(inside, plan);
            }
        } else {
            self.object(inside);
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
        if !prim.fits_kind(value) {
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

    fn use_fragment(&mut self, scope: Scope<'v>, id: &'v str) {
        match scope.contained {
            Some(at) if id.is_empty() => self.used.push(Used::Back(at)),
            _ if id.is_empty() => {}
            _ => self.used.push(Used::Fragment(id)),
        }
    }

    fn reference(&mut self, here: Here<'_, 'v>, object: &'v Object, targets: &[&'static str]) {
        if let Some(Value::String(text)) = object.get("reference")
            && let Some(id) = text.strip_prefix('#')
        {
            self.use_fragment(here.scope, id);
        }
        if let Err(issue) = reference::check(self.types, here.scope.container, object, targets) {
            self.say(here.place, issue);
        }
    }

    /// An extension of R4 or US Core against its definition. Only advice: published examples break many of them, and
    /// nothing in the resource claims that it keeps to them.
    fn known_extension(&mut self, here: Here<'_, 'v>) {
        let url = here.object.get("url").and_then(Value::as_str);
        let Some(known) = url.and_then(profile) else {
            return;
        };
        let before = self.issues.len();
        let node = Node::new(here.value, None, here.def.id());
        self.profile(known, node, here.place, here.scope);
        for issue in self.issues.iter_mut().skip(before) {
            issue.severity = issue.severity.min(Severity::Warning);
        }
    }

    /// `ext-1`; the url is required by the definition, and must be absolute unless the extension is part of another.
    fn extension(&mut self, here: Here<'_, 'v>) {
        if self.options.warnings {
            self.known_extension(here);
        }
        let object = here.object;
        let has_value = object
            .iter()
            .any(|(key, _)| key.strip_prefix('_').unwrap_or(key).starts_with("value"));
        let issue = match (has_value, object.contains("extension")) {
            (true, true) => "An extension has either a value or extensions, not both",
            (false, false) => "An extension must have a value or extensions",
            (true, false) | (false, true) => return,
        };
        self.say(
            here.place,
            Issue::error(Code::Invariant, issue)
                .fix("Keep one of 'value[x]' and 'extension'.")
                .rule("ext-1"),
        );
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

/// The resource type whose base definition a URL names.
fn base_of(url: &str) -> Option<&'static str> {
    let name = url.strip_prefix("http://hl7.org/fhir/StructureDefinition/")?;
    types().resource(name).map(|def| def.name)
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

fn sibling_items<'v>(object: &'v Object, key: &str) -> Option<&'v [Value]> {
    object
        .iter()
        .find(|(k, _)| k.strip_prefix('_') == Some(key))
        .and_then(|(_, v)| v.as_array())
}
