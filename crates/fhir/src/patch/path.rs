//! FHIRPath Patch (FHIR R4, section 3.1.6.1).

use super::parts::{self, content, element, insert, place, text};
use super::same::check_depth;
use super::{PatchError, Problem};
use crate::definitions::TypeDef;
use crate::path::{Env, Expression, Node};
use crate::value::{Object, Value};

/// Applies a FHIRPath Patch, a `Parameters` resource with one `operation` after another: all or none. Elements and
/// lists that a deletion leaves empty go with it, because FHIR has none. Paths see no clock.
///
/// # Errors
/// When the resource is not one of R4, the patch is not a list of operations, or one of them fails.
pub fn fhirpath(resource: &Value, parameters: &Value) -> Result<Value, PatchError> {
    if parameters.resource_type() != Some("Parameters") {
        return Err(PatchError::NotAPatch(
            "a FHIRPath Patch is a Parameters resource",
        ));
    }
    if Node::resource(resource).is_none() {
        return Err(PatchError::NotAPatch(
            "only a resource of R4 can be patched by path",
        ));
    }
    let mut out = resource.clone();
    for (index, operation) in parameters.items_at("parameter").iter().enumerate() {
        apply(&mut out, operation).map_err(|problem| PatchError::Operation { index, problem })?;
    }
    Ok(out)
}

fn apply(resource: &mut Value, operation: &Value) -> Result<(), Problem> {
    if operation.str_at("name") != Some("operation") {
        return Err(Problem::Missing("operation"));
    }
    let path = text(operation, "path")?;
    let kind = text(operation, "type")?;
    let found = locate(resource, path)?;
    match kind {
        "add" => add(resource, operation, path, found),
        "insert" => {
            let list = whole_list(resource, path, &found)?;
            let at = place(operation, "index")?;
            if at > found.len() {
                return Err(no_place(path, at));
            }
            let content = content(operation, list.parent_type, &list.key)?;
            check_depth(&content.value, list.parent.len() + 2)?;
            insert(
                object(resource, list)?,
                &list.key,
                at,
                content.value,
                content.extra,
            );
            Ok(())
        }
        "delete" => match found.as_slice() {
            [] => Ok(()),
            [one] => delete(resource, one),
            many => Err(several(path, many.len())),
        },
        "replace" => {
            let target = only(path, &found)?;
            replace(resource, operation, target)
        }
        "move" => {
            let list = whole_list(resource, path, &found)?;
            let (from, to) = (
                place(operation, "source")?,
                place(operation, "destination")?,
            );
            for at in [from, to] {
                if at >= found.len() {
                    return Err(no_place(path, at));
                }
            }
            move_item(object(resource, list)?, &list.key, from, to);
            Ok(())
        }
        other => Err(Problem::UnknownOperation(other.into())),
    }
}

fn several(path: &str, count: usize) -> Problem {
    Problem::Several {
        path: path.into(),
        count,
    }
}

fn no_place(path: &str, at: usize) -> Problem {
    Problem::Place {
        path: path.into(),
        place: at.to_string().into(),
    }
}

fn only<'t>(path: &str, found: &'t [Target]) -> Result<&'t Target, Problem> {
    match found {
        [] => Err(Problem::Nothing(path.into())),
        [one] => Ok(one),
        many => Err(several(path, many.len())),
    }
}

/// An element's place: the way to the object that holds it, its member name there, and its place in a list.
#[derive(Clone, Debug)]
struct Target {
    parent: Vec<Step>,
    /// The member name without `_`; empty for the resource itself.
    key: String,
    index: Option<usize>,
    parent_type: &'static TypeDef,
    own_type: &'static TypeDef,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

fn locate(resource: &Value, path: &str) -> Result<Vec<Target>, Problem> {
    let expression = Expression::parse(path).map_err(Problem::Path)?;
    let root = Node::resource(resource).ok_or(Problem::Whole)?;
    let env = Env::without_clock(Some(root));
    let items = expression.evaluate(&env, root).map_err(Problem::Evaluate)?;
    let outside = || Problem::NotAnElement(path.into());
    items
        .iter()
        .map(|item| {
            let node = item.as_node().ok_or_else(outside)?;
            target(root, node).ok_or_else(outside)
        })
        .collect()
}

/// Where in the document a node is.
fn target(root: Node<'_>, node: Node<'_>) -> Option<Target> {
    let own_type = node.definition();
    if std::ptr::eq(root.value(), node.value()) {
        return Some(Target {
            parent: Vec::new(),
            key: String::new(),
            index: None,
            parent_type: own_type,
            own_type,
        });
    }
    let mut way = Vec::new();
    let found = search(root.value(), node.value(), &mut way)
        || node
            .extra()
            .is_some_and(|extra| search(root.value(), extra, &mut way));
    if !found {
        return None;
    }
    let mut index = None;
    if let Some(Step::Item(at)) = way.last() {
        index = Some(*at);
        way.pop();
    }
    let Some(Step::Member(key)) = way.pop() else {
        return None;
    };
    Some(Target {
        parent_type: type_at(root, &way)?,
        parent: way,
        key: key.strip_prefix('_').unwrap_or(&key).to_owned(),
        index,
        own_type,
    })
}

/// Depth first, by identity.
fn search(at: &Value, wanted: &Value, way: &mut Vec<Step>) -> bool {
    if std::ptr::eq(at, wanted) {
        return true;
    }
    match at {
        Value::Object(object) => {
            for (name, value) in object.iter() {
                way.push(Step::Member(name.to_owned()));
                if search(value, wanted, way) {
                    return true;
                }
                way.pop();
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                way.push(Step::Item(i));
                if search(value, wanted, way) {
                    return true;
                }
                way.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    false
}

/// The type of what is at the end of the way.
fn type_at(root: Node<'_>, way: &[Step]) -> Option<&'static TypeDef> {
    let (mut def, mut at) = (root.definition(), root.value());
    for step in way {
        match step {
            Step::Member(name) => {
                at = at.get(name)?;
                def = match def.member(name) {
                    // Inside `_name` an element of a primitive has only `id` and `extension`.
                    Some(hit) if hit.underscored => {
                        crate::definitions::types().by_name("Element")?
                    }
                    Some(hit) => crate::definitions::types().at(hit.ty),
                    None => return None,
                };
            }
            Step::Item(i) => at = at.as_array()?.get(*i)?,
        }
        if let Some(resource) = at.resource_type() {
            def = crate::definitions::types().resource(resource)?;
        }
    }
    Some(def)
}

fn walk<'v>(root: &'v mut Value, way: &[Step]) -> Option<&'v mut Value> {
    let mut at = root;
    for step in way {
        at = match (step, at) {
            (Step::Member(name), Value::Object(object)) => object.get_mut(name)?,
            (Step::Item(i), Value::Array(items)) => items.get_mut(*i)?,
            _ => return None,
        };
    }
    Some(at)
}

/// The object that holds a target.
fn object<'v>(resource: &'v mut Value, target: &Target) -> Result<&'v mut Object, Problem> {
    walk(resource, &target.parent)
        .and_then(Value::as_object_mut)
        .ok_or_else(|| Problem::Nothing(target.key.as_str().into()))
}

/// What the path leads to must be all items of one list.
fn whole_list<'t>(
    resource: &Value,
    path: &str,
    found: &'t [Target],
) -> Result<&'t Target, Problem> {
    let not_a_list = || Problem::NotAList(path.into());
    let first = found.first().ok_or_else(|| Problem::Nothing(path.into()))?;
    let in_order = found
        .iter()
        .enumerate()
        .all(|(i, t)| t.index == Some(i) && t.key == first.key && t.parent == first.parent);
    let holder = first
        .parent
        .iter()
        .try_fold(resource, |at, step| match step {
            Step::Member(name) => at.get(name),
            Step::Item(i) => at.as_array()?.get(*i),
        });
    let count = |key: &str| {
        holder
            .and_then(|h| h.get(key)?.as_array())
            .map_or(0, <[Value]>::len)
    };
    let length = count(&first.key).max(count(&format!("_{}", first.key)));
    if in_order && length == found.len() {
        Ok(first)
    } else {
        Err(not_a_list())
    }
}

fn add(
    resource: &mut Value,
    operation: &Value,
    path: &str,
    found: Vec<Target>,
) -> Result<(), Problem> {
    let target = only(path, &found)?;
    let name = text(operation, "name")?;
    let content = content(operation, target.own_type, name)?;
    let mut way = target.parent.clone();
    if !target.key.is_empty() {
        way.push(Step::Member(target.key.clone()));
        way.extend(target.index.map(Step::Item));
    }
    check_depth(&content.value, way.len() + 2)?;
    let holder = walk(resource, &way)
        .and_then(Value::as_object_mut)
        .ok_or_else(|| Problem::NotAnElement(path.into()))?;
    let choice = element(target.own_type, name).filter(|e| e.choice);
    if let Some(choice) = choice
        && holder.iter().any(|(key, _)| {
            let key = key.strip_prefix('_').unwrap_or(key);
            let hit = target.own_type.member(key);
            hit.and_then(|h| target.own_type.elements.get(h.element))
                .is_some_and(|e| e.name == choice.name)
        })
    {
        return Err(Problem::Taken(choice.name.into()));
    }
    parts::write(holder, content)
}

fn replace(resource: &mut Value, operation: &Value, target: &Target) -> Result<(), Problem> {
    if target.key.is_empty() {
        return Err(Problem::Whole);
    }
    let content = content(operation, target.parent_type, &target.key)?;
    check_depth(&content.value, target.parent.len() + 2)?;
    let holder = object(resource, target)?;
    let beside = format!("_{}", target.key);
    if let Some(at) = target.index {
        take(holder, &target.key, at);
        insert(holder, &target.key, at, content.value, content.extra);
        return Ok(());
    }
    let place = holder
        .iter()
        .position(|(name, _)| name == target.key || name == beside)
        .unwrap_or_else(|| holder.len());
    holder.remove(&target.key);
    holder.remove(&beside);
    holder.insert_at(place, &content.key, content.value);
    if let Some(extra) = content.extra {
        holder.insert_at(place + 1, &format!("_{}", content.key), extra);
    }
    Ok(())
}

/// Removes an item of a list, and what is beside it; a list left empty stays for the caller.
fn take(holder: &mut Object, key: &str, at: usize) {
    for name in [key.to_owned(), format!("_{key}")] {
        if let Some(Value::Array(items)) = holder.get_mut(&name)
            && at < items.len()
        {
            items.remove(at);
        }
    }
}

fn delete(resource: &mut Value, target: &Target) -> Result<(), Problem> {
    if target.key.is_empty() {
        return Err(Problem::Whole);
    }
    let beside = format!("_{}", target.key);
    let holder = object(resource, target)?;
    match target.index {
        Some(at) => {
            take(holder, &target.key, at);
            for name in [target.key.as_str(), &beside] {
                let bare = holder.get(name).and_then(Value::as_array);
                if bare.is_some_and(|items| items.iter().all(|i| *i == Value::Null)) {
                    holder.remove(name);
                }
            }
        }
        None => {
            holder.remove(&target.key);
            holder.remove(&beside);
        }
    }
    prune(resource, &target.parent);
    Ok(())
}

/// Removes what a deletion has left empty, from the inside out.
fn prune(resource: &mut Value, way: &[Step]) {
    let mut way = way;
    while let Some((last, before)) = way.split_last() {
        let is_empty = match walk(resource, way) {
            Some(Value::Object(object)) => object.is_empty(),
            Some(Value::Array(items)) => items.iter().all(|i| *i == Value::Null),
            _ => false,
        };
        if !is_empty {
            return;
        }
        match (walk(resource, before), last) {
            (Some(Value::Object(object)), Step::Member(name)) => {
                object.remove(name);
            }
            (Some(Value::Array(items)), Step::Item(at)) if *at < items.len() => {
                items.remove(*at);
            }
            _ => return,
        }
        way = before;
    }
}

fn move_item(holder: &mut Object, key: &str, from: usize, to: usize) {
    let count = holder
        .get(key)
        .and_then(Value::as_array)
        .map_or(0, <[Value]>::len);
    for name in [key.to_owned(), format!("_{key}")] {
        if let Some(Value::Array(items)) = holder.get_mut(&name) {
            items.resize(count.max(items.len()), Value::Null);
            if from < items.len() && to < items.len() {
                let item = items.remove(from);
                items.insert(to, item);
            }
        }
    }
}
