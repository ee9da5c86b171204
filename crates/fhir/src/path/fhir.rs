//! What FHIR adds to FHIRPath (FHIR R4, section 2.9.1.5).

use smallvec::smallvec;

use super::EvaluateError;
use super::eval::{Eval, Result, bool_items, single, wrong_type};
use super::item::{Item, Items};
use super::node::Node;
use super::operator::string;
use crate::definitions::types;
use crate::value::Value;

const DEFINITION: &str = "http://hl7.org/fhir/StructureDefinition/";

/// `extension(url)`
pub(super) fn extension<'a>(
    eval: &mut Eval<'a>,
    input: &Items<'a>,
    url: &Items<'a>,
) -> Result<Items<'a>> {
    let mut out = Items::new();
    let Some(url) = string(url, "extension")? else {
        return Ok(out);
    };
    for item in input {
        let Some(node) = item.as_node() else { continue };
        eval.charge(1)?;
        node.push_children("extension", &mut out);
    }
    out.retain(|item| {
        item.as_node()
            .is_some_and(|n| n.value().str_at("url") == Some(url))
    });
    Ok(out)
}

/// `hasValue()`: a single primitive that has a value, not only extensions.
pub(super) fn has_value<'a>(input: &Items<'a>) -> Items<'a> {
    let has = match input.as_slice() {
        [Item::Node(node)] => {
            matches!(node.shape(), super::node::Shape::Primitive(_)) && *node.value() != Value::Null
        }
        [_] => true,
        _ => false,
    };
    bool_items(Some(has))
}

/// `resolve()`: of a Reference, a canonical or a uri. Contained resources and entries of a bundle are found in
/// `%rootResource`, others by the host; failing that, the type a literal reference names stands for the resource.
pub(super) fn resolve<'a>(eval: &mut Eval<'a>, input: &Items<'a>) -> Result<Items<'a>> {
    let mut out = Items::new();
    for item in input {
        eval.charge(1)?;
        let reference = match item.as_node().map(|n| n.value()) {
            Some(value @ Value::Object(_)) => value.str_at("reference"),
            _ => item.as_str(),
        };
        let named = item.as_node().and_then(|n| n.value().str_at("type"));
        let found = match reference {
            Some(reference) => target(eval, reference)?,
            None => None,
        };
        let found = found.or_else(|| {
            let name = named.or_else(|| reference.and_then(type_of_reference))?;
            Some(Node::unread(types().resource(name)?.id()))
        });
        out.extend(found.map(Item::Node));
    }
    Ok(out)
}

fn target<'a>(eval: &mut Eval<'a>, reference: &str) -> Result<Option<Node<'a>>> {
    let roots = [eval.env.root_resource, eval.env.resource];
    if let Some(id) = reference.strip_prefix('#') {
        for root in roots.into_iter().flatten() {
            if id.is_empty() || root.value().id() == Some(id) {
                return Ok(Some(root));
            }
            for contained in root.value().items_at("contained") {
                eval.charge(1)?;
                if contained.id() == Some(id) {
                    return Ok(Node::resource(contained));
                }
            }
        }
        return Ok(None);
    }
    if let Some(bundle) = roots
        .into_iter()
        .flatten()
        .find(|n| n.definition().name == "Bundle")
    {
        for entry in bundle.value().items_at("entry") {
            eval.charge(1)?;
            if let Some(resource) = entry.get("resource")
                && is_entry(entry.str_at("fullUrl"), resource, reference)
            {
                return Ok(Node::resource(resource));
            }
        }
    }
    Ok(eval
        .env
        .host
        .and_then(|host| host.resource(reference))
        .and_then(Node::resource))
}

fn is_entry(full_url: Option<&str>, resource: &Value, reference: &str) -> bool {
    if full_url == Some(reference) {
        return true;
    }
    let (Some(ty), Some(id)) = (resource.resource_type(), resource.id()) else {
        return false;
    };
    reference
        .strip_prefix(ty)
        .and_then(|rest| rest.strip_prefix('/'))
        == Some(id)
}

/// The type in `Patient/1`, `http://host/fhir/Patient/1/_history/2`.
fn type_of_reference(reference: &str) -> Option<&str> {
    let path = reference.split(['?', '#']).next()?;
    let path = path.split("/_history/").next()?;
    let mut parts = path.rsplit('/');
    let (_id, ty) = (parts.next()?, parts.next()?);
    ty.starts_with(|c: char| c.is_ascii_uppercase())
        .then_some(ty)
}

/// `memberOf(valueset)`: of a code, Coding or CodeableConcept; empty when the host does not know the value set.
pub(super) fn member_of<'a>(
    eval: &Eval<'a>,
    input: &Items<'a>,
    value_set: &Items<'a>,
) -> Result<Items<'a>> {
    let (Some(item), Some(value_set)) =
        (single(input, "memberOf")?, string(value_set, "memberOf")?)
    else {
        return Ok(Items::new());
    };
    let Some(host) = eval.env.host else {
        return Ok(Items::new());
    };
    let coding = |value: &Value| {
        let code = value.str_at("code")?;
        host.member_of(value_set, value.str_at("system"), code)
    };
    let member = match item.as_node().map(|n| n.value()) {
        Some(value @ Value::Object(_)) if value.get("coding").is_some() => {
            let answers: Vec<Option<bool>> = value.items_at("coding").iter().map(coding).collect();
            if answers.contains(&Some(true)) {
                Some(true)
            } else if answers.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        Some(value @ Value::Object(_)) => coding(value),
        _ => item
            .as_str()
            .and_then(|code| host.member_of(value_set, None, code)),
    };
    Ok(bool_items(member))
}

/// `conformsTo(profile)`: base types are decided here, profiles by the host.
pub(super) fn conforms_to<'a>(
    eval: &Eval<'a>,
    input: &Items<'a>,
    profile: &Items<'a>,
) -> Result<Items<'a>> {
    let (Some(item), Some(profile)) =
        (single(input, "conformsTo")?, string(profile, "conformsTo")?)
    else {
        return Ok(Items::new());
    };
    let Some(node) = item.as_node() else {
        return Err(wrong_type("conformsTo", item));
    };
    let base = profile
        .strip_prefix(DEFINITION)
        .and_then(|name| types().by_name(name));
    let conforms = match base {
        Some(ty) => Some(node.is(ty.id())),
        None => eval
            .env
            .host
            .and_then(|host| host.conforms_to(node, profile)),
    };
    match conforms {
        Some(conforms) => Ok(bool_items(Some(conforms))),
        None => Err(EvaluateError::UnknownProfile(profile.into())),
    }
}

/// `htmlChecks()`: whether a narrative keeps to the XHTML that FHIR allows (FHIR R4, section 2.4.0).
pub(super) fn html_checks<'a>(input: &Items<'a>) -> Result<Items<'a>> {
    let Some(text) = string(input, "htmlChecks")? else {
        return Ok(Items::new());
    };
    Ok(smallvec![Item::Boolean(crate::validate::is_narrative(
        text
    ))])
}
