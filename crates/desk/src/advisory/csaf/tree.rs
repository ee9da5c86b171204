//! The product tree: flat in the record, nested in CSAF.

use aceso_base::percent;
use serde_json::{Value, json};

use super::super::json::{At, Object, ReadError, each};
use super::super::record::{Branch, Product, Support};
use super::OURS;

/// A branch with what is below it.
struct Node<'a> {
    branch: &'a Branch,
    below: Vec<Node<'a>>,
    product: Option<&'a Product>,
}

pub(super) fn write(products: &[Product]) -> Value {
    let mut top: Vec<Node<'_>> = Vec::new();
    for product in products.iter().filter(|p| !p.branches.is_empty()) {
        plant(&mut top, &product.branches, product);
    }
    let alone: Vec<&Product> = products.iter().filter(|p| p.branches.is_empty()).collect();
    Object::new()
        .put("branches", each(&top, node))
        .put("full_product_names", each(&alone, |p| full(p)))
        .done()
}

fn plant<'a>(level: &mut Vec<Node<'a>>, path: &'a [Branch], product: &'a Product) {
    let Some((branch, rest)) = path.split_first() else {
        return;
    };
    let same = |n: &Node<'_>| n.branch == branch && n.product.is_none() && !rest.is_empty();
    let at = level.iter().position(same).unwrap_or(level.len());
    if at == level.len() {
        let product = rest.is_empty().then_some(product);
        level.push(Node {
            branch,
            below: Vec::new(),
            product,
        });
    }
    if let Some(found) = level.get_mut(at) {
        plant(&mut found.below, rest, product);
    }
}

fn node(of: &Node<'_>) -> Value {
    Object::new()
        .put("category", of.branch.category.as_str())
        .put("name", of.branch.name.as_str())
        .put("branches", each(&of.below, node))
        .put("product", of.product.map_or(Value::Null, full))
        .done()
}

fn full(product: &Product) -> Value {
    let mut ours = Vec::new();
    if let Some(when) = &product.when {
        ours.push(json!({"namespace": format!("{OURS}when"), "uri": format!("{OURS}when:{}", percent(when))}));
    }
    match product.support {
        Support::Supported => {}
        Support::EndOfLife => {
            ours.push(json!({"namespace": format!("{OURS}support"), "uri": format!("{OURS}support:end-of-life")}));
        }
    }
    let helper = Object::new()
        .put("cpe", product.cpe.as_deref())
        .put("purl", product.purl.as_deref())
        .put("x_generic_uris", ours);
    Object::new()
        .put("name", product.name.as_str())
        .put("product_id", product.id.as_str())
        .put("product_identification_helper", helper)
        .done()
}

/// A condition within a URN.
pub(super) fn read(tree: &At<'_>) -> Result<Vec<Product>, ReadError> {
    let mut products = Vec::new();
    for alone in tree.list("full_product_names")? {
        products.push(product(&alone, &[])?);
    }
    let mut path = Vec::new();
    for branch in tree.list("branches")? {
        descend(&branch, &mut path, &mut products)?;
    }
    Ok(products)
}

fn descend(
    at: &At<'_>,
    path: &mut Vec<Branch>,
    products: &mut Vec<Product>,
) -> Result<(), ReadError> {
    if path.len() > 30 {
        return Err(at.wrong("branches are nested more than 30 deep"));
    }
    path.push(Branch {
        category: at.need_text("category")?,
        name: at.need_text("name")?,
    });
    if let Some(found) = at.get("product") {
        products.push(product(&found, path)?);
    }
    for branch in at.list("branches")? {
        descend(&branch, path, products)?;
    }
    path.pop();
    Ok(())
}

fn product(at: &At<'_>, path: &[Branch]) -> Result<Product, ReadError> {
    let mut product = Product {
        id: at.need_text("product_id")?,
        name: at.need_text("name")?,
        branches: path.to_vec(),
        purl: None,
        cpe: None,
        support: Support::Supported,
        when: None,
    };
    let Some(helper) = at.get("product_identification_helper") else {
        return Ok(product);
    };
    product.purl = helper.text("purl")?;
    product.cpe = helper.text("cpe")?;
    for uri in helper.list("x_generic_uris")? {
        let text = uri.need_text("uri")?;
        if text == format!("{OURS}support:end-of-life") {
            product.support = Support::EndOfLife;
        }
        if let Some(when) = text.strip_prefix(&format!("{OURS}when:")) {
            product.when = Some(crate::matching::decode(when));
        }
    }
    Ok(product)
}
