//! Slices: which slice an item belongs to, and whether each slice has as many items as it should.

use crate::definitions::{Discriminator, Shape, types};
use crate::outcome::{Code, Issue};
use crate::path::Node;
use crate::{Value, validate::reference};

use super::find::{children, equal, has_pattern};
use super::{Check, bound};
use crate::validate::binding::Bound;
use crate::validate::place::Place;

impl<'v> Check<'v> {
    /// The items of a sliced element against its slices.
    pub(super) fn slices(&mut self, items: &[Node<'v>], shape: &'static Shape, place: &Place<'_>) {
        let Some(slicing) = &shape.slicing else {
            return;
        };
        let mut counts = vec![0_usize; shape.slices.len()];
        for (i, item) in items.iter().enumerate() {
            let place = place.index(i);
            let fits = |slice: &&'static Shape| {
                slicing
                    .by
                    .iter()
                    .all(|(kind, path)| self.is_of(*item, slice, *kind, path))
            };
            let found = shape.slices.iter().enumerate().find(|(_, s)| fits(s));
            match found {
                Some((at, slice)) => {
                    if let Some(count) = counts.get_mut(at) {
                        *count += 1;
                    }
                    self.one(*item, slice, &place);
                }
                None if slicing.closed => {
                    let issue = Issue::error(
                        Code::Structure,
                        "It is none of what the profile allows here",
                    );
                    let names: Vec<&str> = shape.slices.iter().map(|s| s.name).collect();
                    self.say(&place, issue.fix(format!("Allowed: {}.", names.join(", "))));
                }
                None => {}
            }
        }
        for (slice, count) in shape.slices.iter().zip(counts) {
            self.count(slice, count, place);
        }
    }

    fn count(&mut self, slice: &'static Shape, count: usize, place: &Place<'_>) {
        if count < slice.min {
            let text = format!(
                "The profile requires {} of the kind '{}'",
                slice.min, slice.name
            );
            let issue = Issue::error(Code::Required, text).fix("Add it.");
            self.say(place, issue);
        }
        if let Some(max) = slice.max.filter(|max| count > *max) {
            let text = format!(
                "The profile allows at most {max} of the kind '{}'",
                slice.name
            );
            let issue = Issue::error(Code::Structure, text).fix("Remove the rest.");
            self.say(place, issue);
        }
    }

    /// Whether an item is of a slice by one discriminator.
    fn is_of(
        &self,
        item: Node<'v>,
        slice: &'static Shape,
        kind: Discriminator,
        path: &str,
    ) -> bool {
        let steps = steps(path);
        match kind {
            Discriminator::Value | Discriminator::Pattern => match want(slice, &steps) {
                Some(want) => self.at(item, &steps).iter().any(|n| want.fits(*n)),
                None => true,
            },
            Discriminator::Type => {
                let Some(shape) = shape_at(slice, without_resolve(&steps)) else {
                    return true;
                };
                let found = self.at(item, &steps);
                shape.types.is_empty()
                    || found
                        .iter()
                        .any(|n| shape.types.iter().any(|u| n.definition().is_a(u.code)))
            }
            Discriminator::Exists => {
                let there = !self.at(item, &steps).is_empty();
                shape_at(slice, &steps)
                    .is_none_or(|s| (s.min == 0 || there) && (s.max != Some(0) || !there))
            }
            Discriminator::Profile => {
                let Some(shape) = shape_at(slice, without_resolve(&steps)) else {
                    return true;
                };
                self.at(item, &steps).iter().any(|n| {
                    shape.types.iter().any(|u| {
                        u.profiles.is_empty() || u.profiles.iter().any(|p| self.meets(*n, p))
                    })
                })
            }
        }
    }

    /// What a discriminator's path leads to.
    fn at(&self, item: Node<'v>, steps: &[&str]) -> Vec<Node<'v>> {
        let mut found = vec![item];
        for step in steps {
            found = match *step {
                "resolve()" => found.iter().filter_map(|n| self.resolved(*n)).collect(),
                name => found.iter().flat_map(|n| children(*n, name).0).collect(),
            };
        }
        found
    }

    /// What a reference points to: a contained resource, or a resource of which only the type is known.
    fn resolved(&self, node: Node<'v>) -> Option<Node<'v>> {
        static NULL: Value = Value::Null;
        let text = node.value().str_at("reference")?;
        if let Some(id) = text.strip_prefix('#') {
            let contained = self.container.get("contained")?.as_array()?;
            return Node::resource(contained.iter().find(|r| r.id() == Some(id))?);
        }
        let name = reference::literal(types(), text).ok().flatten()?;
        Some(Node::new(&NULL, None, types().resource(name)?.id()))
    }
}

fn steps(path: &str) -> Vec<&str> {
    path.split('.').filter(|s| *s != "$this").collect()
}

fn without_resolve<'s>(steps: &'s [&'s str]) -> &'s [&'s str] {
    match steps {
        [before @ .., "resolve()"] => before,
        all => all,
    }
}

fn shape_at(shape: &'static Shape, steps: &[&str]) -> Option<&'static Shape> {
    steps.iter().try_fold(shape, |shape, step| {
        shape.children.iter().find(|c| c.name == *step)
    })
}

/// What the value at a discriminator's path must be.
enum Want {
    Fixed(&'static Value),
    Pattern(&'static Value),
    Binding(&'static Bound),
    /// The `url` of an extension that is one of these profiles.
    Url(&'static [&'static str]),
}

impl Want {
    fn fits(&self, node: Node<'_>) -> bool {
        match self {
            Self::Fixed(value) => equal(node.value(), value),
            Self::Pattern(value) => has_pattern(node.value(), value),
            Self::Binding(binding) => bound(node, binding).is_ok(),
            Self::Url(urls) => node.value().as_str().is_some_and(|u| urls.contains(&u)),
        }
    }
}

fn want(shape: &'static Shape, steps: &[&str]) -> Option<Want> {
    let Some((first, rest)) = steps.split_first() else {
        return shape
            .fixed
            .as_ref()
            .map(Want::Fixed)
            .or_else(|| shape.pattern.as_ref().map(Want::Pattern))
            .or_else(|| shape.binding.as_ref().map(Want::Binding));
    };
    if let Some(child) = shape.children.iter().find(|c| c.name == *first)
        && let Some(found) = want(child, rest)
    {
        return Some(found);
    }
    if let Some(value) = shape.fixed.as_ref().or(shape.pattern.as_ref()) {
        return inside(value, steps).map(Want::Pattern);
    }
    match (steps, shape.types.first()) {
        (["url"], Some(used)) if !used.profiles.is_empty() => Some(Want::Url(&used.profiles)),
        _ => None,
    }
}

/// The part of a fixed value that a path leads to.
fn inside(value: &'static Value, steps: &[&str]) -> Option<&'static Value> {
    steps
        .iter()
        .try_fold(value, |value, step| value.each().first()?.get(step))
}
