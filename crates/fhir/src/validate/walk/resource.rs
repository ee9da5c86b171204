//! What holds for a resource as a whole: its type, the resources in it, the profiles that it names.

use super::{Here, Scope, Used, Walk};
use crate::Value;
use crate::definitions::{Profile, profile, types};
use crate::outcome::{Code, Issue};
use crate::path::Node;
use crate::security::{Standing, standing};
use crate::validate::place::Place;
use crate::validate::plan::Special;
use crate::validate::profile::Check;
use crate::validate::{Profiles, bundle, say};

impl<'v> Walk<'v> {
    /// A resource of any type: at the top, or nested; `scope` is given for a contained one.
    pub(super) fn any_resource(
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
        self.security_labels(here);
        self.consent(here);
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

    /// What is a label decides who may see the resource: a code that its system does not have is refused, as nobody could
    /// say whom it keeps out.
    fn security_labels(&mut self, here: Here<'_, 'v>) {
        let Some(meta) = here.object.get("meta") else {
            return;
        };
        let (meta_place, items) = (here.place.member("meta"), meta.items_at("security"));
        for (i, coding) in items.iter().enumerate() {
            let issue = match standing(coding) {
                Standing::Ordinary | Standing::Sensitive => continue,
                Standing::NoSuchCode => say::no_such_label(coding),
                Standing::Foreign if self.options.warnings => say::foreign_label(),
                Standing::Foreign => continue,
            };
            self.say(&meta_place.member("security").index(i), issue);
        }
    }

    /// Consent for proceedings stands alone.
    fn consent(&mut self, here: Here<'_, 'v>) {
        if here.def.name != "Consent" {
            return;
        }
        if let Some((member, issue)) = crate::consent::refused(here.value) {
            self.say(&here.place.member(member), issue);
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

    pub(super) fn profile(
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
    pub(in crate::validate) fn against(&mut self, value: &'v Value, profile: &'static Profile) {
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
    pub(in crate::validate) fn unknown_profile(&mut self, value: &'v Value, url: &str) {
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
}

/// The resource type whose base definition a URL names.
fn base_of(url: &str) -> Option<&'static str> {
    let name = url.strip_prefix("http://hl7.org/fhir/StructureDefinition/")?;
    types().resource(name).map(|def| def.name)
}
