//! Collections as sets.

use super::compare;
use super::eval::{Eval, Result};
use super::item::{Item, Items};

/// From how many items on strings are sorted instead of compared one by one.
const MANY: usize = 24;

/// Whether the collection has this item.
pub(super) fn has<'a>(eval: &mut Eval<'a>, items: &[Item<'a>], item: &Item<'a>) -> Result<bool> {
    for other in items {
        eval.charge(1)?;
        if compare::equal(eval, other, item)? == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Each item once, the first of equal ones kept.
pub(super) fn distinct<'a>(eval: &mut Eval<'a>, items: Items<'a>) -> Result<Items<'a>> {
    if items.len() < 2 {
        return Ok(items);
    }
    if items.len() >= MANY
        && let Some(keep) = first_of_texts(eval, &items)?
    {
        let mut keep = keep.into_iter();
        let mut items = items;
        items.retain(|_| keep.next().unwrap_or(true));
        return Ok(items);
    }
    let mut out = Items::new();
    for item in items {
        if !has(eval, &out, &item)? {
            out.push(item);
        }
    }
    Ok(out)
}

/// For strings only: which ones are the first of their kind.
fn first_of_texts(eval: &mut Eval<'_>, items: &Items<'_>) -> Result<Option<Vec<bool>>> {
    let texts: Option<Vec<(&str, usize)>> = items
        .iter()
        .enumerate()
        .map(|(i, item)| compare::plain_text(item).map(|t| (t, i)))
        .collect();
    let Some(mut texts) = texts else {
        return Ok(None);
    };
    eval.charge(texts.len())?;
    texts.sort_unstable();
    let mut keep = vec![true; items.len()];
    for (a, b) in texts.iter().zip(texts.iter().skip(1)) {
        if a.0 == b.0
            && let Some(flag) = keep.get_mut(b.1)
        {
            *flag = false;
        }
    }
    Ok(Some(keep))
}

/// `a | b`
pub(super) fn union<'a>(
    eval: &mut Eval<'a>,
    mut left: Items<'a>,
    right: Items<'a>,
) -> Result<Items<'a>> {
    eval.charge(left.len() + right.len())?;
    left.extend(right);
    distinct(eval, left)
}

/// Items of both, each once.
pub(super) fn intersect<'a>(
    eval: &mut Eval<'a>,
    left: Items<'a>,
    right: &Items<'a>,
) -> Result<Items<'a>> {
    let mut out = Items::new();
    for item in left {
        if has(eval, right, &item)? && !has(eval, &out, &item)? {
            out.push(item);
        }
    }
    Ok(out)
}

/// Items of the first that are not in the second.
pub(super) fn exclude<'a>(
    eval: &mut Eval<'a>,
    left: Items<'a>,
    right: &Items<'a>,
) -> Result<Items<'a>> {
    let mut out = Items::new();
    for item in left {
        if !has(eval, right, &item)? {
            out.push(item);
        }
    }
    Ok(out)
}

/// Whether every item of the first is in the second.
pub(super) fn is_subset<'a>(
    eval: &mut Eval<'a>,
    items: &Items<'a>,
    of: &Items<'a>,
) -> Result<bool> {
    for item in items {
        if !has(eval, of, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
