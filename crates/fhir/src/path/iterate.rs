//! The functions that evaluate an argument once for each item, and those that change what is in scope.

use std::cmp::Ordering;

use super::ast::{Call, Expr};
use super::eval::{Eval, Frame, Result, bool_items, single, truth_of, wrong_type};
use super::function::Function as F;
use super::item::{Item, Items};
use super::operator::string;
use super::{EvaluateError, collection, compare};

impl<'a> Eval<'a> {
    /// The functions that evaluate their argument once for each item.
    pub(super) fn iterate(
        &mut self,
        call: &'a Call,
        input: Items<'a>,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        if call.function == F::Sort {
            return self.sort(call, input, frame);
        }
        let Some(argument) = call.arguments.first() else {
            return Ok(input);
        };
        match call.function {
            F::Where => {
                let mut out = Items::new();
                for (i, item) in input.iter().enumerate() {
                    if self.scoped_truth(argument, frame.at(item, i))? == Some(true) {
                        out.push(item.clone());
                    }
                }
                Ok(out)
            }
            F::Exists => {
                for (i, item) in input.iter().enumerate() {
                    if self.scoped_truth(argument, frame.at(item, i))? == Some(true) {
                        return Ok(bool_items(Some(true)));
                    }
                }
                Ok(bool_items(Some(false)))
            }
            F::All => {
                for (i, item) in input.iter().enumerate() {
                    if self.scoped_truth(argument, frame.at(item, i))? != Some(true) {
                        return Ok(bool_items(Some(false)));
                    }
                }
                Ok(bool_items(Some(true)))
            }
            F::Select => {
                let mut out = Items::new();
                for (i, item) in input.iter().enumerate() {
                    let items = self.scoped(argument, frame.at(item, i))?;
                    self.charge(items.len())?;
                    out.extend(items);
                }
                Ok(out)
            }
            F::Repeat => self.repeat(argument, input, frame),
            _ => self.aggregate(call, argument, &input, frame),
        }
    }

    fn repeat(
        &mut self,
        argument: &'a Expr,
        input: Items<'a>,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let mut out = Items::new();
        let mut open = input;
        while !open.is_empty() {
            let mut found = Items::new();
            for (i, item) in open.iter().enumerate() {
                for new in self.scoped(argument, frame.at(item, i))? {
                    if !self.is_known(&out, &new)? && !self.is_known(&found, &new)? {
                        found.push(new);
                    }
                }
            }
            out.extend(found.iter().cloned());
            open = found;
        }
        Ok(out)
    }

    /// Places of a document are told apart by where they are, values by equality.
    fn is_known(&mut self, items: &Items<'a>, new: &Item<'a>) -> Result<bool> {
        self.charge(1 + items.len() / 8)?;
        if let Item::Node(node) = new
            && node.value().as_object().is_some()
        {
            return Ok(items.iter().any(|i| {
                i.as_node()
                    .is_some_and(|n| std::ptr::eq(n.value(), node.value()))
            }));
        }
        collection::has(self, items, new)
    }

    fn aggregate(
        &mut self,
        call: &'a Call,
        argument: &'a Expr,
        input: &Items<'a>,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let mut total = self.argument(call, 1, frame)?;
        for (i, item) in input.iter().enumerate() {
            let inner = Frame {
                this: item,
                index: Some(i),
                total: Some(&total),
            };
            let next = self.scoped(argument, inner)?;
            self.charge(next.len())?;
            total = next;
        }
        Ok(total)
    }

    pub(super) fn iif(
        &mut self,
        call: &'a Call,
        input: &Items<'a>,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let item = single(input, "iif")?;
        let frame = Frame {
            this: item.unwrap_or(frame.this),
            ..frame
        };
        let Some(criterion) = call.arguments.first() else {
            return Ok(Items::new());
        };
        let items = self.scoped(criterion, frame)?;
        if self.is_strict()
            && let [item] = items.as_slice()
            && item.as_bool().is_none()
        {
            return Err(wrong_type("iif", item));
        }
        let branch = if truth_of(&items)? == Some(true) {
            1
        } else {
            2
        };
        self.argument(call, branch, frame)
    }

    pub(super) fn define_variable(
        &mut self,
        call: &'a Call,
        input: Items<'a>,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let name = self.argument(call, 0, frame)?;
        let Some(name) = string(&name, "defineVariable")?.map(str::to_owned) else {
            return Err(EvaluateError::Argument("defineVariable"));
        };
        let taken = matches!(
            name.as_str(),
            "context" | "resource" | "rootResource" | "ucum" | "sct" | "loinc"
        ) || self.variables.iter().any(|(n, _)| *n == name);
        if taken {
            return Err(EvaluateError::VariableTaken(name.into()));
        }
        let value = match call.arguments.get(1) {
            Some(argument) => self.scoped(argument, frame)?,
            None => input.clone(),
        };
        self.charge(value.len())?;
        self.variables.push((name, value));
        Ok(input)
    }

    fn sort(
        &mut self,
        call: &'a Call,
        input: Items<'a>,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let mut keyed = Vec::with_capacity(input.len());
        for (i, item) in input.iter().enumerate() {
            let mut keys = Vec::with_capacity(call.arguments.len().max(1));
            if call.arguments.is_empty() {
                keys.push(Some(item.clone()));
            }
            for argument in &call.arguments {
                let key = self.scoped(argument, frame.at(item, i))?;
                keys.push(single(&key, "sort")?.cloned());
            }
            keyed.push((keys, item.clone()));
        }
        self.charge(keyed.len().saturating_mul(8))?;
        let mut failed = None;
        keyed.sort_by(|(a, _), (b, _)| {
            by_keys(a, b, &call.descending).unwrap_or_else(|error| {
                failed = Some(error);
                Ordering::Equal
            })
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
        }
    }
}

fn by_keys(
    a: &[Option<Item<'_>>],
    b: &[Option<Item<'_>>],
    descending: &[bool],
) -> Result<Ordering> {
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        let order = match (a, b) {
            (Some(a), Some(b)) => compare::order("sort", a, b)?.unwrap_or(Ordering::Equal),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            let reverse = descending.get(i) == Some(&true);
            return Ok(if reverse { order.reverse() } else { order });
        }
    }
    Ok(Ordering::Equal)
}
