//! The walk over the tree.

use smallvec::smallvec;

use super::ast::{Expr, Literal, Name, Operator, Sign, TypeName, TypeTest, Variable};
use super::collection::union;
use super::env::{Env, Mode};
use super::item::{Item, Items};
use super::node::{Node, Shape};
use super::{EvaluateError, compare, operator};

pub(super) type Result<T> = std::result::Result<T, EvaluateError>;

/// One evaluation.
pub(super) struct Eval<'a> {
    pub(super) env: Env<'a>,
    pub(super) context: Node<'a>,
    pub(super) variables: Vec<(String, Items<'a>)>,
    steps: u64,
}

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 'a> {
    pub(super) this: &'f Item<'a>,
    pub(super) index: Option<usize>,
    pub(super) total: Option<&'f Items<'a>>,
}

impl<'f, 'a> Frame<'f, 'a> {
    /// The frame of the `index`th item of a collection.
    pub(super) fn at(self, this: &'f Item<'a>, index: usize) -> Self {
        Frame {
            this,
            index: Some(index),
            total: self.total,
        }
    }
}

impl<'a> Eval<'a> {
    pub(super) fn new(env: Env<'a>, context: Node<'a>) -> Self {
        Self {
            steps: env.budget,
            env,
            context,
            variables: Vec::new(),
        }
    }

    pub(super) fn run(&mut self, root: &'a Expr) -> Result<Items<'a>> {
        let focus = Item::Node(self.context);
        let frame = Frame {
            this: &focus,
            index: None,
            total: None,
        };
        self.eval(root, frame)
    }

    pub(super) fn test(&mut self, root: &'a Expr) -> Result<bool> {
        let focus = Item::Node(self.context);
        let frame = Frame {
            this: &focus,
            index: None,
            total: None,
        };
        if let Expr::Binary(..) = root {
            return Ok(self.truth(root, frame)?.unwrap_or(true));
        }
        let items = self.eval(root, frame)?;
        Ok(match items.as_slice() {
            [one] => one.as_bool().unwrap_or(true),
            _ => true,
        })
    }

    /// Takes steps from the budget.
    pub(super) fn charge(&mut self, steps: usize) -> Result<()> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.steps = self.steps.checked_sub(steps).ok_or(EvaluateError::Budget)?;
        Ok(())
    }

    pub(super) fn is_strict(&self) -> bool {
        self.env.mode == Mode::Strict
    }

    pub(super) fn eval(&mut self, expr: &'a Expr, frame: Frame<'_, 'a>) -> Result<Items<'a>> {
        self.charge(1)?;
        match expr {
            Expr::Empty => Ok(Items::new()),
            Expr::Literal(literal) => Ok(smallvec![literal_item(literal)]),
            Expr::This => Ok(smallvec![frame.this.clone()]),
            Expr::Index => Ok(frame.index.map(index_item).into_iter().collect()),
            Expr::Total => Ok(frame.total.cloned().unwrap_or_default()),
            Expr::Variable(variable) => self.variable(variable),
            Expr::Start(name) => self.start(name, frame),
            Expr::Member(base, name) => self.member(base, name, frame),
            Expr::Call(call) => self.call(call, frame),
            Expr::At(base, index) => self.at(base, index, frame),
            Expr::Sign(sign, base) => self.sign(*sign, base, frame),
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right, frame),
            Expr::Typed(test, base, ty) => self.typed(*test, base, *ty, frame),
        }
    }

    /// An expression as a truth value: none for empty (FHIRPath, section 4.5).
    pub(super) fn truth(&mut self, expr: &'a Expr, frame: Frame<'_, 'a>) -> Result<Option<bool>> {
        if let Expr::Binary(operator, left, right) = expr {
            match operator {
                Operator::And => return self.and(left, right, frame),
                Operator::Or => return self.either((left, true), (right, true), frame),
                Operator::Implies => return self.either((left, false), (right, true), frame),
                Operator::Xor => {
                    let left = self.truth(left, frame)?;
                    let right = self.truth(right, frame)?;
                    return Ok(left.zip(right).map(|(a, b)| a != b));
                }
                Operator::Equal | Operator::NotEqual => {
                    self.charge(1)?;
                    let left = self.scoped(left, frame)?;
                    let right = self.scoped(right, frame)?;
                    let equal = self.equal(&left, &right)?;
                    return Ok(equal.map(|e| e == (*operator == Operator::Equal)));
                }
                Operator::Multiply
                | Operator::Divide
                | Operator::Div
                | Operator::Mod
                | Operator::Add
                | Operator::Subtract
                | Operator::Concatenate
                | Operator::Union
                | Operator::Less
                | Operator::LessOrEqual
                | Operator::Greater
                | Operator::GreaterOrEqual
                | Operator::Equivalent
                | Operator::NotEquivalent
                | Operator::In
                | Operator::Contains => {}
            }
        }
        let items = self.eval(expr, frame)?;
        truth_of(&items)
    }

    fn and(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        frame: Frame<'_, 'a>,
    ) -> Result<Option<bool>> {
        let fails = self.either((left, false), (right, false), frame)?;
        Ok(fails.map(|fails| !fails))
    }

    /// Whether one operand has a truth, or the other has its own: `or`, and what can be said with it (FHIRPath, section
    /// 6.5). The second is asked only when the first does not decide.
    fn either(
        &mut self,
        (left, one): (&'a Expr, bool),
        (right, other): (&'a Expr, bool),
        frame: Frame<'_, 'a>,
    ) -> Result<Option<bool>> {
        self.charge(1)?;
        let left = self.scoped_truth(left, frame)?.map(|truth| truth == one);
        if left == Some(true) {
            return Ok(left);
        }
        let right = self.scoped_truth(right, frame)?.map(|truth| truth == other);
        Ok(match (left, right) {
            (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        })
    }

    /// Evaluates an operand or argument: variables defined inside end with it.
    pub(super) fn scoped(&mut self, expr: &'a Expr, frame: Frame<'_, 'a>) -> Result<Items<'a>> {
        let known = self.variables.len();
        let out = self.eval(expr, frame);
        self.variables.truncate(known);
        out
    }

    pub(super) fn scoped_truth(
        &mut self,
        expr: &'a Expr,
        frame: Frame<'_, 'a>,
    ) -> Result<Option<bool>> {
        let known = self.variables.len();
        let out = self.truth(expr, frame);
        self.variables.truncate(known);
        out
    }

    pub(super) fn equal(&mut self, left: &Items<'a>, right: &Items<'a>) -> Result<Option<bool>> {
        self.charge(left.len().min(right.len()))?;
        compare::equal_collections(self, left, right)
    }

    fn variable(&mut self, variable: &'a Variable) -> Result<Items<'a>> {
        Ok(match variable {
            Variable::Context => smallvec![Item::Node(self.context)],
            Variable::Resource => self.env.resource.map(Item::Node).into_iter().collect(),
            Variable::RootResource => self.env.root_resource.map(Item::Node).into_iter().collect(),
            Variable::Fixed(text) => smallvec![Item::text(text)],
            Variable::Named(name) => {
                if let Some((_, items)) = self.variables.iter().find(|(n, _)| **n == **name) {
                    return Ok(items.clone());
                }
                let mut set = self
                    .env
                    .variables
                    .iter()
                    .filter(|(n, _)| **n == **name)
                    .peekable();
                if set.peek().is_none() && !self.env.empty.contains(&&**name) {
                    return Err(EvaluateError::UnknownVariable(name.clone()));
                }
                set.map(|(_, item)| item.clone()).collect()
            }
        })
    }

    /// A name at the beginning of a path: the type of `$this`, or an element of it.
    fn start(&mut self, name: &'a Name, frame: Frame<'_, 'a>) -> Result<Items<'a>> {
        if let (Some(ty), Item::Node(node)) = (name.ty, frame.this)
            && node.is(ty)
        {
            return Ok(smallvec![frame.this.clone()]);
        }
        let mut out = Items::new();
        self.push_member(frame.this, &name.text, &mut out)?;
        Ok(out)
    }

    fn member(
        &mut self,
        base: &'a Expr,
        name: &'a Name,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        if self.is_strict() {
            check_narrowed(base, name)?;
        }
        let items = self.eval(base, frame)?;
        let mut out = Items::new();
        for item in &items {
            self.push_member(item, &name.text, &mut out)?;
        }
        Ok(out)
    }

    pub(super) fn push_member(
        &mut self,
        item: &Item<'a>,
        name: &str,
        out: &mut Items<'a>,
    ) -> Result<()> {
        let before = out.len();
        let known = match item {
            Item::Node(node) => {
                node.push_children(name, out);
                out.len() > before || !self.is_strict() || node.has_element(name)
            }
            Item::Type(info) => {
                match name {
                    "namespace" => out.push(Item::text(info.namespace)),
                    "name" => out.push(Item::text(info.name)),
                    _ => {}
                }
                true
            }
            Item::Quantity(quantity) => {
                match name {
                    "value" => out.push(Item::Decimal(quantity.value)),
                    "unit" | "code" => out.push(Item::owned(quantity.unit_text())),
                    _ => {}
                }
                true
            }
            Item::Boolean(_)
            | Item::Integer(_)
            | Item::Decimal(_)
            | Item::String(_)
            | Item::Date(_)
            | Item::DateTime(_)
            | Item::Time(_) => !self.is_strict(),
        };
        if !known {
            return Err(EvaluateError::UnknownElement {
                ty: item.type_info().name,
                name: name.into(),
            });
        }
        self.charge(1 + out.len() - before)
    }

    fn at(&mut self, base: &'a Expr, index: &'a Expr, frame: Frame<'_, 'a>) -> Result<Items<'a>> {
        let mut items = self.eval(base, frame)?;
        let index = self.scoped(index, frame)?;
        let Some(index) = operator::integer(&index, "[]")? else {
            return Ok(Items::new());
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if index >= items.len() {
            return Ok(Items::new());
        }
        Ok(smallvec![items.swap_remove(index)])
    }

    fn sign(&mut self, sign: Sign, base: &'a Expr, frame: Frame<'_, 'a>) -> Result<Items<'a>> {
        let items = self.eval(base, frame)?;
        operator::sign(sign, &items)
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &'a Expr,
        right: &'a Expr,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let truth = match operator {
            Operator::And => self.and(left, right, frame)?,
            Operator::Or => self.either((left, true), (right, true), frame)?,
            Operator::Implies => self.either((left, false), (right, true), frame)?,
            Operator::Xor => {
                let left = self.scoped_truth(left, frame)?;
                let right = self.scoped_truth(right, frame)?;
                left.zip(right).map(|(a, b)| a != b)
            }
            Operator::Multiply
            | Operator::Divide
            | Operator::Div
            | Operator::Mod
            | Operator::Add
            | Operator::Subtract
            | Operator::Concatenate
            | Operator::Union
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Equivalent
            | Operator::NotEquivalent
            | Operator::In
            | Operator::Contains => {
                let left = self.scoped(left, frame)?;
                let right = self.scoped(right, frame)?;
                if operator == Operator::Union {
                    return union(self, left, right);
                }
                return operator::binary(self, operator, left, right);
            }
        };
        Ok(bool_items(truth))
    }

    fn typed(
        &mut self,
        test: TypeTest,
        base: &'a Expr,
        ty: TypeName,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let mut items = self.eval(base, frame)?;
        match test {
            TypeTest::Is => {
                let is = single(&items, "is")?.map(|item| is_type(item, ty));
                Ok(bool_items(is))
            }
            TypeTest::As => {
                if self.is_strict() {
                    single(&items, "as")?;
                }
                items.retain(|item| has_type(item, ty));
                Ok(items)
            }
            TypeTest::OfType => {
                items.retain(|item| has_type(item, ty));
                Ok(items)
            }
        }
    }
}

/// Strict mode: an element of what `as` or `ofType` narrows to must exist even when nothing is left.
fn check_narrowed(base: &Expr, name: &Name) -> Result<()> {
    if let Expr::Typed(TypeTest::As | TypeTest::OfType, _, TypeName::Fhir(ty)) = base {
        let def = crate::definitions::types().at(*ty);
        if def.element(&name.text).is_none() {
            return Err(EvaluateError::UnknownElement {
                ty: def.name,
                name: name.text.clone(),
            });
        }
    }
    Ok(())
}

/// `is`: the type or a specialisation of it.
fn is_type(item: &Item<'_>, ty: TypeName) -> bool {
    match (item, ty) {
        (Item::Node(node), TypeName::Fhir(ty)) => node.is(ty),
        (_, TypeName::System(system)) => item.system_type() == Some(system),
        (Item::Quantity(_), TypeName::Fhir(ty)) => {
            crate::definitions::types().at(ty).name == "Quantity"
        }
        (_, TypeName::Fhir(_) | TypeName::Nothing) => false,
    }
}

/// `as` and `ofType`: for primitives only the type itself, else also what specialises it.
fn has_type(item: &Item<'_>, ty: TypeName) -> bool {
    match (item, ty) {
        (Item::Node(node), TypeName::Fhir(ty)) if matches!(node.shape(), Shape::Primitive(_)) => {
            node.ty() == ty
        }
        _ => is_type(item, ty),
    }
}

fn literal_item(literal: &Literal) -> Item<'_> {
    match literal {
        Literal::Boolean(b) => Item::Boolean(*b),
        Literal::Integer(n) => Item::Integer(*n),
        Literal::Decimal(d) => Item::Decimal(*d),
        Literal::String(s) => Item::text(s),
        Literal::Date(s) => Item::Date(*s),
        Literal::DateTime(s) => Item::DateTime(*s),
        Literal::Time(s) => Item::Time(*s),
        Literal::Quantity(q) => Item::Quantity(Box::new(q.clone())),
    }
}

pub(super) fn index_item<'a>(index: usize) -> Item<'a> {
    Item::Integer(i64::try_from(index).unwrap_or(i64::MAX))
}

pub(super) fn bool_items<'a>(truth: Option<bool>) -> Items<'a> {
    truth.map(Item::Boolean).into_iter().collect()
}

/// The only item; none when there is none.
pub(super) fn single<'i, 'a>(
    items: &'i Items<'a>,
    operation: &'static str,
) -> Result<Option<&'i Item<'a>>> {
    match items.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(EvaluateError::NotSingle(operation)),
    }
}

/// A collection as a truth value: its single truth value, or true when its single item is something else.
pub(super) fn truth_of(items: &Items<'_>) -> Result<Option<bool>> {
    Ok(single(items, "a truth value")?.map(|item| item.as_bool().unwrap_or(true)))
}

pub(super) fn wrong_type(operation: &'static str, item: &Item<'_>) -> EvaluateError {
    EvaluateError::WrongType {
        operation,
        found: item.type_info().name,
    }
}
