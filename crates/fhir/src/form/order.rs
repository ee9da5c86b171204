//! An order in which conditions can be looked at: each item after those that it depends on.

use super::Item;

/// The items in such an order, or those that turn in a circle.
pub(super) fn order(items: &[Item]) -> Result<Vec<usize>, Vec<usize>> {
    let waits = |item: &Item| {
        let mut on: Vec<usize> = item.conditions.iter().map(|c| c.question).collect();
        on.extend(item.parent);
        on
    };
    let mut placed = vec![false; items.len()];
    let mut order = Vec::with_capacity(items.len());
    loop {
        let before = order.len();
        for (number, item) in items.iter().enumerate() {
            let is = |n: usize| placed.get(n).copied().unwrap_or(false);
            if !is(number) && waits(item).into_iter().all(is) {
                order.push(number);
                if let Some(place) = placed.get_mut(number) {
                    *place = true;
                }
            }
        }
        if order.len() == items.len() {
            return Ok(order);
        }
        if order.len() == before {
            let left = placed.iter().enumerate().filter(|(_, done)| !**done);
            return Err(left.map(|(number, _)| number).collect());
        }
    }
}
