//! Parts with rules of their own: the `_` siblings of primitives, references, extensions.

use super::{Here, Scope, Used, Walk};
use crate::definitions::profile;
use crate::outcome::{Code, Issue, Severity};
use crate::path::Node;
use crate::validate::{reference, say};
use crate::{Object, Value};

impl<'v> Walk<'v> {
    /// The `_given` of `given`: as long as it, and null only where it has a value.
    pub(super) fn sibling_list(&mut self, here: Here<'_, 'v>, key: &str, items: &'v [Value]) {
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
    pub(super) fn sibling(&mut self, here: Here<'_, 'v>, value: &'v Value, beside: Option<&Value>) {
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

    /// Notes that a contained resource is referred to.
    pub(super) fn use_fragment(&mut self, scope: Scope<'v>, id: &'v str) {
        match scope.contained {
            Some(at) if id.is_empty() => self.used.push(Used::Back(at)),
            _ if id.is_empty() => {}
            _ => self.used.push(Used::Fragment(id)),
        }
    }

    /// A reference against the types that it may point to.
    pub(super) fn reference(
        &mut self,
        here: Here<'_, 'v>,
        object: &'v Object,
        targets: &[&'static str],
    ) {
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
    pub(super) fn extension(&mut self, here: Here<'_, 'v>) {
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

/// The items of the `_` sibling of a list.
pub(super) fn sibling_items<'v>(object: &'v Object, key: &str) -> Option<&'v [Value]> {
    object
        .iter()
        .find(|(k, _)| k.strip_prefix('_') == Some(key))
        .and_then(|(_, v)| v.as_array())
}
