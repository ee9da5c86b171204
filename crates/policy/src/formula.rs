//! What a policy asks for, as a formula over finite classes, so that one pass answers for every relation and label.
//!
//! Only what needs no more than these classes becomes a formula; of the rest of Cedar, Cedar itself is asked. Policies
//! are validated strictly before: within this part of the language no evaluation can fail.

use cedar_policy::pst::{BinaryOp, Clause, EntityUID, Expr, Literal, UnaryOp, Var};

use crate::engine::{Here, Principal};
use crate::{Group, Hours, Label, Place, Purpose, Relation, Strength};

/// A set of pairs of a relation and a label, or no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cells(u64);

/// Labels and no label.
const COLUMNS: usize = Label::ALL.len() + 1;

impl Cells {
    /// No pair.
    pub(crate) const NONE: Self = Self(0);
    /// Every pair.
    pub(crate) const ALL: Self = Self((1 << (Relation::ALL.len() * COLUMNS)) - 1);

    /// This pair alone.
    pub(crate) const fn one(relation: Relation, label: Option<Label>) -> Self {
        let row = match relation {
            Relation::None => 0,
            Relation::Nobody => 1,
            Relation::Care => 2,
            Relation::Own => 3,
            Relation::Proxy => 4,
            Relation::Emergency => 5,
        };
        let cell = 1 << (row * COLUMNS);
        match label {
            None => Self(cell),
            Some(label) => Self(cell << label.number()),
        }
    }

    fn of_relations(test: impl Fn(Relation) -> bool) -> Self {
        let rows = Relation::ALL.into_iter().filter(|r| test(*r));
        let cells = rows.flat_map(|r| columns().map(move |l| Self::one(r, l)));
        cells.fold(Self::NONE, Self::or)
    }

    fn of_labels(test: impl Fn(Option<Label>) -> bool) -> Self {
        let columns = columns().filter(|l| test(*l));
        let cells = columns.flat_map(|l| Relation::ALL.map(|r| Self::one(r, l)));
        cells.fold(Self::NONE, Self::or)
    }

    /// Whether a pair is in it.
    pub(crate) const fn has(self, relation: Relation, label: Option<Label>) -> bool {
        self.0 & Self::one(relation, label).0 != 0
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn not(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }

    const fn all_if(holds: bool) -> Self {
        if holds { Self::ALL } else { Self::NONE }
    }
}

/// No label, and each.
pub(crate) fn columns() -> impl Iterator<Item = Option<Label>> {
    std::iter::once(None).chain(Label::ALL.map(Some))
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Formula {
    Always,
    Never,
    Not(Box<Formula>),
    Both(Box<Formula>, Box<Formula>),
    Either(Box<Formula>, Box<Formula>),
    /// The caller is of this class.
    Caller(Principal),
    /// The caller is in this role.
    Role(String),
    /// One of these acts.
    Act(Vec<String>),
    SteppedUp,
    Factors(Vec<i64>),
    Place(Vec<Place>),
    Hours(Vec<Hours>),
    Purpose(Vec<Purpose>),
    /// The resource is of one of these groups.
    Group(Vec<Group>),
    /// The resource is of one of these types.
    Kind(Vec<String>),
    /// The resource is one of these, by relation and label.
    Cells(Cells),
}

/// Who asks for what, but for relation and label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) principal: Principal,
    /// All roles, those beside included.
    pub(crate) roles: &'a [String],
    pub(crate) act: &'a str,
    pub(crate) here: Here,
    /// The resource's type and its group; none when a task is asked for.
    pub(crate) item: Option<(&'a str, Group)>,
}

impl Formula {
    /// For which relations and labels it holds; none when it asks about a resource and there is none.
    pub(crate) fn holds(&self, question: &Question<'_>) -> Option<Cells> {
        let here = question.here;
        Some(match self {
            Self::Always => Cells::ALL,
            Self::Never => Cells::NONE,
            Self::Not(inner) => inner.holds(question)?.not(),
            Self::Both(left, right) => match left.holds(question)? {
                Cells::NONE => Cells::NONE,
                left => left.and(right.holds(question)?),
            },
            Self::Either(left, right) => match left.holds(question)? {
                Cells::ALL => Cells::ALL,
                left => left.or(right.holds(question)?),
            },
            Self::Caller(class) => Cells::all_if(question.principal == *class),
            Self::Role(role) => Cells::all_if(question.roles.contains(role)),
            Self::Act(some) => Cells::all_if(some.iter().any(|a| a == question.act)),
            Self::SteppedUp => Cells::all_if(here.stepped_up),
            Self::Factors(some) => Cells::all_if(some.contains(&factors(here.strength))),
            Self::Place(some) => Cells::all_if(some.contains(&here.place)),
            Self::Hours(some) => Cells::all_if(some.contains(&here.hours)),
            Self::Purpose(some) => Cells::all_if(some.contains(&here.purpose)),
            Self::Group(some) => Cells::all_if(some.contains(&question.item?.1)),
            Self::Kind(some) => {
                let kind = question.item?.0;
                Cells::all_if(some.iter().any(|k| k == kind))
            }
            Self::Cells(cells) => {
                question.item?;
                *cells
            }
        })
    }

    /// What all clauses of a policy ask for together; none when Cedar must be asked.
    pub(crate) fn of_clauses(clauses: &[Clause]) -> Option<Self> {
        clauses.iter().try_fold(Self::Always, |all, clause| {
            let one = match clause {
                Clause::When(expr) => Self::of(expr)?,
                Clause::Unless(expr) => Self::Not(Box::new(Self::of(expr)?)),
            };
            Some(match all {
                Self::Always => one,
                all => Self::Both(Box::new(all), Box::new(one)),
            })
        })
    }

    /// An expression of Cedar that is true or false.
    fn of(expr: &Expr) -> Option<Self> {
        let boxed = |expr: &Expr| Self::of(expr).map(Box::new);
        match expr {
            Expr::Literal(Literal::Bool(true)) => Some(Self::Always),
            Expr::Literal(Literal::Bool(false)) => Some(Self::Never),
            Expr::UnaryOp {
                op: UnaryOp::Not,
                expr,
            } => Some(Self::Not(boxed(expr)?)),
            Expr::BinaryOp { op, left, right } => match op {
                BinaryOp::And => Some(Self::Both(boxed(left)?, boxed(right)?)),
                BinaryOp::Or => Some(Self::Either(boxed(left)?, boxed(right)?)),
                BinaryOp::In if matches!(**left, Expr::Var(Var::Action)) => Self::acts(right),
                BinaryOp::In => Self::in_roles(left, right),
                BinaryOp::Contains => {
                    let texts = texts(left)?;
                    Self::of_text(right, &|text| texts.contains(&text))
                }
                _ => Self::compared(*op, left, right),
            },
            Expr::GetAttr { expr, attr } => match (&**expr, attr.as_str()) {
                (Expr::Var(Var::Context), "steppedUp") => Some(Self::SteppedUp),
                _ => None,
            },
            Expr::Is {
                expr,
                entity_type,
                in_expr,
            } if matches!(**expr, Expr::Var(Var::Principal)) => {
                let class = Self::caller(&entity_type.to_string())?;
                match in_expr {
                    None => Some(class),
                    Some(roles) => {
                        let roles = Self::in_roles(expr, roles)?;
                        Some(Self::Both(Box::new(class), Box::new(roles)))
                    }
                }
            }
            _ => None,
        }
    }

    /// The caller's class by its name.
    pub(crate) fn caller(name: &str) -> Option<Self> {
        match name {
            "Person" => Some(Self::Caller(Principal::Person)),
            "Client" => Some(Self::Caller(Principal::Client)),
            _ => None,
        }
    }

    /// The caller is in the role that an entity is.
    pub(crate) fn role(entity: &EntityUID) -> Option<Self> {
        (entity.ty.to_string() == "Role").then(|| Self::Role(entity.eid.to_string()))
    }

    /// The act is one that is named, alone or in a set.
    fn acts(named: &Expr) -> Option<Self> {
        let name = |expr: &Expr| match expr {
            Expr::Literal(Literal::EntityUID(act)) if act.ty.to_string() == "Action" => {
                Some(act.eid.to_string())
            }
            _ => None,
        };
        match named {
            Expr::Set(items) => {
                let names = items.iter().map(|item| name(item));
                names.collect::<Option<Vec<_>>>().map(Self::Act)
            }
            one => Some(Self::Act(vec![name(one)?])),
        }
    }

    fn in_roles(who: &Expr, roles: &Expr) -> Option<Self> {
        let (Expr::Var(Var::Principal), Expr::Literal(Literal::EntityUID(role))) = (who, roles)
        else {
            return None;
        };
        Self::role(role)
    }

    fn compared(op: BinaryOp, left: &Expr, right: &Expr) -> Option<Self> {
        match (op, left, right) {
            (BinaryOp::Eq, Expr::Var(Var::Action), act) => Self::acts(act),
            (BinaryOp::NotEq, Expr::Var(Var::Action), act) => {
                Some(Self::Not(Box::new(Self::acts(act)?)))
            }
            (BinaryOp::Eq, Expr::Literal(Literal::String(text)), one)
            | (BinaryOp::Eq, one, Expr::Literal(Literal::String(text))) => {
                Self::of_text(one, &|t| *text == t)
            }
            (BinaryOp::NotEq, Expr::Literal(Literal::String(text)), one)
            | (BinaryOp::NotEq, one, Expr::Literal(Literal::String(text))) => {
                let equal = Self::of_text(one, &|t| *text == t)?;
                Some(Self::Not(Box::new(equal)))
            }
            (op, Expr::GetAttr { expr, attr }, Expr::Literal(Literal::Long(bound)))
                if matches!(**expr, Expr::Var(Var::Context)) && attr == "factors" =>
            {
                let fits = |n: &i64| match op {
                    BinaryOp::Eq => Some(n == bound),
                    BinaryOp::NotEq => Some(n != bound),
                    BinaryOp::Less => Some(n < bound),
                    BinaryOp::LessEq => Some(n <= bound),
                    BinaryOp::Greater => Some(n > bound),
                    BinaryOp::GreaterEq => Some(n >= bound),
                    _ => None,
                };
                let mut some = Vec::new();
                for n in [1, 2, 3] {
                    if fits(&n)? {
                        some.push(n);
                    }
                }
                Some(Self::Factors(some))
            }
            _ => None,
        }
    }

    /// An attribute whose text passes a test.
    fn of_text(attribute: &Expr, test: &dyn Fn(&str) -> bool) -> Option<Self> {
        let Expr::GetAttr { expr, attr } = attribute else {
            return None;
        };
        Some(match (&**expr, attr.as_str()) {
            (Expr::Var(Var::Resource), "relation") => {
                Self::Cells(Cells::of_relations(|r| test(r.name())))
            }
            (Expr::Var(Var::Resource), "label") => {
                Self::Cells(Cells::of_labels(|l| test(l.map_or("", Label::name))))
            }
            (Expr::Var(Var::Resource), "group") => {
                Self::Group(chosen(Group::ALL, test, Group::name))
            }
            (Expr::Var(Var::Resource), "kind") => {
                let kinds = aceso_fhir::definitions::types().resource_names();
                Self::Kind(kinds.filter(|k| test(k)).map(str::to_owned).collect())
            }
            (Expr::Var(Var::Context), "place") => {
                Self::Place(chosen(Place::ALL, test, Place::name))
            }
            (Expr::Var(Var::Context), "hours") => {
                Self::Hours(chosen(Hours::ALL, test, Hours::name))
            }
            (Expr::Var(Var::Context), "purpose") => {
                Self::Purpose(chosen(Purpose::ALL, test, Purpose::code))
            }
            _ => return None,
        })
    }
}

fn chosen<T: Copy, const N: usize>(
    all: [T; N],
    test: &dyn Fn(&str) -> bool,
    name: impl Fn(T) -> &'static str,
) -> Vec<T> {
    all.into_iter().filter(|one| test(name(*one))).collect()
}

/// The texts of a set that holds nothing else.
fn texts(set: &Expr) -> Option<Vec<&str>> {
    let Expr::Set(items) = set else { return None };
    let texts = items.iter().map(|item| match &**item {
        Expr::Literal(Literal::String(text)) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// How policies count a strength.
pub(crate) const fn factors(strength: Strength) -> i64 {
    match strength {
        Strength::One => 1,
        Strength::Two => 2,
        Strength::PhishingResistant => 3,
    }
}
