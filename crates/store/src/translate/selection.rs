//! A search's statement: what drives it, what is checked beside, and the pages, counts and keys that are read with it.

use aceso_fhir::search::Clause;

use super::clause::On;
use super::{Bound, Fragment};
use crate::key::kind_code;

/// The order a search's candidates come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By clinical time.
    Ord,
    /// By the time of the last update.
    Updated,
}

/// What drives.
#[derive(Debug)]
pub(crate) enum Driver {
    /// Rows of a table with `key` and `ord`, in the order of `ord`.
    Ordered {
        table: &'static str,
        predicate: Fragment,
    },
    /// A set of keys, each once.
    Set(Fragment),
    /// All resources of the type.
    Listing,
}

/// A driver, what it leaves to be checked in the statement, and what only the document can tell.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) kind: &'static str,
    pub(super) driver: Driver,
    pub(super) conditions: Vec<Fragment>,
    /// Clauses to be checked on the document.
    pub(crate) residual: Vec<Clause>,
}

impl Selection {
    /// All of a type that satisfy a clause, which is checked on the document.
    pub(crate) fn open(kind: &'static str, clause: Clause) -> Self {
        Self {
            kind,
            driver: Driver::Listing,
            conditions: Vec::new(),
            residual: vec![clause],
        }
    }
}

impl Driver {
    /// The alias of the rows it brings.
    const fn alias(&self) -> &'static str {
        match self {
            Self::Ordered { .. } => "d",
            Self::Set(_) | Self::Listing => "r",
        }
    }

    /// The resource that conditions are about.
    pub(super) fn on(&self) -> On {
        On::alias(self.alias())
    }

    /// The keys it brings; may repeat one.
    pub(super) fn keys(&self, kind: &str) -> Fragment {
        match self {
            Self::Ordered { table, predicate } => {
                Fragment::text(&format!("select d.key from {table} d where "))
                    .then(predicate.clone())
            }
            Self::Set(set) => set.clone(),
            Self::Listing => {
                let code = kind_code(kind).map_or(-1, i64::from);
                Fragment::new(
                    "select q.key from res q where q.kind = ? and q.change < 2",
                    [code.into()],
                )
            }
        }
    }
}

impl Selection {
    /// The order in which candidates come at no cost.
    pub(crate) fn natural_order(&self) -> Order {
        match self.driver {
            Driver::Ordered { .. } => Order::Ord,
            Driver::Set(_) | Driver::Listing => Order::Updated,
        }
    }

    /// `from … where …` with everything but the page: aliases `d` (a driving row) or `r` (the resource's row).
    fn body(&self, order: Order) -> Fragment {
        let code = kind_code(self.kind).map_or(-1, i64::from);
        let mut sql = match (&self.driver, order) {
            (Driver::Ordered { table, predicate }, Order::Ord) => {
                Fragment::text(&format!("from {table} d where ")).then(predicate.clone())
            }
            (Driver::Ordered { table, predicate }, Order::Updated) => {
                Fragment::text(&format!("from {table} d cross join res r where "))
                    .then(predicate.clone())
                    .say(" and r.key = d.key")
            }
            (Driver::Set(set), Order::Ord | Order::Updated) => Fragment::text("from (")
                .then(set.clone())
                .say(") d cross join res r where r.key = d.key and r.change < 2 and ")
                .then(Fragment::new("r.kind = ?", [code.into()])),
            (Driver::Listing, Order::Ord | Order::Updated) => Fragment::new(
                "from res r where r.kind = ? and r.change < 2",
                [code.into()],
            ),
        };
        for condition in &self.conditions {
            sql = sql.say(" and ").then(condition.clone());
        }
        sql
    }

    fn key(&self) -> String {
        self.driver.on().key
    }

    fn column(&self, order: Order) -> String {
        match order {
            Order::Ord => self.driver.on().ord,
            Order::Updated => "r.updated".to_owned(),
        }
    }

    /// Key and place of candidates in order after a mark; a key may come twice in a row.
    pub(crate) fn page(
        &self,
        order: Order,
        descending: bool,
        after: Option<(i64, i64)>,
        limit: i64,
    ) -> Fragment {
        let by = self.column(order);
        let key = self.key();
        let (than, down) = along(descending);
        let mut sql = Fragment::text(&format!("select {key}, {by} ")).then(self.body(order));
        if let Some((place, mark)) = after {
            sql = sql.then(Fragment::new(
                &format!(" and ({by}, {key}) {than} (?, ?)"),
                [place.into(), mark.into()],
            ));
        }
        sql.then(Fragment::new(
            &format!(" order by {by}{down}, {key}{down} limit ?"),
            [limit.into()],
        ))
    }

    /// Counts the candidates, but not beyond a bound.
    pub(crate) fn count(&self, bound: i64) -> Fragment {
        let key = self.key();
        Fragment::text(&format!(
            "select count(*) from (select distinct {key} as key "
        ))
        .then(self.body(Order::Ord))
        .then(Fragment::new(" limit ?) n", [bound.into()]))
    }

    /// The keys of all candidates, in no order; may repeat one.
    pub(crate) fn keys(&self, limit: i64) -> Fragment {
        let key = self.key();
        Fragment::text(&format!("select {key} as key "))
            .then(self.body(Order::Ord))
            .then(Fragment::new(" limit ?", [limit.into()]))
    }

    /// Candidates by the first column of an index, for sorting by it: the rows' value and key, in order.
    pub(crate) fn by_index(
        &self,
        table: &'static str,
        column: &'static str,
        branch: i64,
        descending: bool,
        after: Option<(Bound, i64)>,
        limit: i64,
    ) -> Fragment {
        let (than, down) = along(descending);
        let set = self.keys(i64::MAX);
        let mut sql = Fragment::text(&format!(
            "select s.key, s.{column} from {table} s where s.branch = {branch}"
        ));
        if !(matches!(self.driver, Driver::Listing) && self.conditions.is_empty()) {
            sql = sql.say(" and s.key in (").then(set).say(")");
        }
        if let Some((value, key)) = after {
            sql = sql.then(Fragment::new(
                &format!(" and (s.{column}, s.key) {than} (?, ?)"),
                [value, key.into()],
            ));
        }
        sql.then(Fragment::new(
            &format!(" order by s.{column}{down}, s.key{down} limit ?"),
            [limit.into()],
        ))
    }
}

/// How a page goes on after a mark, and its order.
const fn along(descending: bool) -> (&'static str, &'static str) {
    if descending {
        ("<", " desc")
    } else {
        (">", "")
    }
}
