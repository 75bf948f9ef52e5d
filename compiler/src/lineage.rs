//! Column-level lineage: which old columns a new one is made from, and what becomes of their values on the
//! way. Read off a plan's mappings, which are what the copy evaluates. Reads nothing else, reports nothing.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::{Column, Dataset, Expr, Function, Plan};

use crate::site::{Site, site};

/// How the value of an old column gets into a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Influence {
    /// The new value is the old one.
    Identity,
    /// The new value is computed from the old one.
    Transformation {
        /// Whether the old value is behind a hash there, so that it cannot be told from the new one.
        masked: bool,
    },
    /// The old value decides which other one is taken, and is no part of it itself.
    Condition,
}

/// What a new column is made from: the old columns, each with how it gets there.
pub type Inputs<'p> = BTreeMap<&'p str, BTreeSet<Influence>>;

/// The old columns that a new one is made from.
pub fn inputs(column: &Column) -> Inputs<'_> {
    let mut inputs = Inputs::new();
    walk(&column.expr, Influence::Identity, &mut inputs);
    inputs
}

fn walk<'p>(expr: &'p Expr, how: Influence, inputs: &mut Inputs<'p>) {
    let (function, args) = match expr {
        Expr::Column { name, .. } => {
            inputs.entry(name).or_default().insert(how);
            return;
        }
        Expr::Literal { .. } => return,
        Expr::Call { function, args, .. } => (*function, args),
    };
    let computed = match how {
        Influence::Condition => Influence::Condition,
        Influence::Identity => Influence::Transformation { masked: is_hash(function) },
        Influence::Transformation { masked } => {
            Influence::Transformation { masked: masked || is_hash(function) }
        }
    };
    for (place, arg) in args.iter().enumerate() {
        let decides = match place {
            0 => matches!(function, Function::If | Function::Lookup),
            1 => function == Function::NullIf,
            _ => false,
        };
        walk(arg, if decides { Influence::Condition } else { computed }, inputs);
    }
}

/// Whether nobody can tell the argument from the result.
fn is_hash(function: Function) -> bool {
    matches!(function, Function::Sha256 | Function::Md5 | Function::UuidV5)
}

/// What becomes of an old column in a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is there as it was, under its name or another.
    Carried,
    /// It is there in another type. A value that the type does not hold stops its row.
    Cast,
    /// It is computed with, in a way that another computation could take back.
    Computed,
    /// A part of it is gone: these functions give one result for different values.
    Lossy(Vec<Function>),
    /// It only decides which other value is taken.
    Decides,
}

/// What becomes of an old column in a new one; `None` when the new one is not made from it.
pub fn change(column: &Column, old: &str) -> Option<Change> {
    let uses = inputs(column).remove(old)?;
    if uses.contains(&Influence::Identity) {
        return Some(Change::Carried);
    }
    if uses.iter().all(|how| *how == Influence::Condition) {
        return Some(Change::Decides);
    }
    let mut on_the_way = BTreeSet::new();
    functions(&column.expr, old, &mut on_the_way);
    let lossy: Vec<Function> =
        on_the_way.iter().copied().filter(|function| !is_reversible(*function)).collect();
    Some(if !lossy.is_empty() {
        Change::Lossy(lossy)
    } else if on_the_way.iter().all(|function| *function == Function::Cast) {
        Change::Cast
    } else {
        Change::Computed
    })
}

/// Collects the functions that stand around a column; says whether the column is in the expression.
fn functions(expr: &Expr, old: &str, found: &mut BTreeSet<Function>) -> bool {
    match expr {
        Expr::Column { name, .. } => name == old,
        Expr::Literal { .. } => false,
        Expr::Call { function, args, .. } => {
            // Every argument is looked at: each may have functions of its own.
            let within = args.iter().filter(|arg| functions(arg, old, found)).count() > 0;
            if within {
                found.insert(*function);
            }
            within
        }
    }
}

/// Whether different values always give different results or an error of the row. What is not known to be
/// so is taken to lose something.
fn is_reversible(function: Function) -> bool {
    matches!(
        function,
        Function::Add
            | Function::Subtract
            | Function::Multiply
            | Function::Divide
            | Function::Negate
            | Function::Not
            | Function::Concat
            | Function::Cast
            | Function::Utc
            | Function::Local
            | Function::FromUnix
            | Function::ToUnix
            | Function::FromUnixMillis
            | Function::ToUnixMillis
            | Function::AddDays
            | Function::AddSeconds
            | Function::List
            | Function::Reverse
            | Function::Hex
            | Function::FromHex
            | Function::Base64
            | Function::FromBase64
    )
}

/// A column of a new table.
#[derive(Clone, Copy, Debug)]
pub struct Dependent<'p> {
    /// The dataset that makes it.
    pub dataset: &'p str,
    /// The column.
    pub column: &'p Column,
    /// The column of the dataset's old table that it is made from.
    pub from: &'p str,
}

/// The new columns that are made from a dataset's old column, and those that later datasets make from them,
/// each once, nearest first.
pub fn dependents<'p>(plan: &'p Plan, dataset: &'p str, old: &'p str) -> Vec<Dependent<'p>> {
    let mut found = Vec::new();
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut open: Vec<(&str, &str)> = vec![(dataset, old)];
    let downstream = downstream(plan);
    while !open.is_empty() {
        let mut next = Vec::new();
        for (name, from) in std::mem::take(&mut open) {
            let Some(dataset) = plan.datasets.get(name) else { continue };
            for column in dataset.columns.iter().filter(|column| inputs(column).contains_key(from)) {
                if !seen.insert((name, &column.name)) {
                    continue;
                }
                found.push(Dependent { dataset: name, column, from });
                let readers = downstream.get(name).into_iter().flatten();
                next.extend(readers.map(|reader| (*reader, column.name.as_str())));
            }
        }
        open = next;
    }
    found
}

/// The datasets that are read from what another one writes, by the name of the other.
pub fn downstream(plan: &Plan) -> BTreeMap<&str, Vec<&str>> {
    let place = |table| -> Option<Site> {
        let table: &mig_plan::TableRef = table;
        let config = plan.stores.get(&table.store)?;
        Some(site(Some(config), config.kind, table))
    };
    let written: BTreeMap<Site, &str> = plan
        .datasets
        .iter()
        .filter_map(|(name, dataset)| Some((place(&dataset.new)?, name.as_str())))
        .collect();
    let mut downstream: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, dataset) in &plan.datasets {
        let source = place(&dataset.old).and_then(|old| written.get(&old).copied());
        if let Some(source) = source.filter(|source| source != name) {
            downstream.entry(source).or_default().push(name);
        }
    }
    downstream
}

/// Whether a dataset's new columns are its old ones, each under its name and as it is.
pub fn is_same(dataset: &Dataset) -> bool {
    dataset.dropped.is_empty()
        && dataset.columns.iter().all(|column| column.expr.as_column() == Some(column.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed};

    const ORDERS: &str = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:old-orders
  columns {
    order_no
    customer: int64 = cust_id
    total:    decimal(12, 2) = decimal(total_cents, 12, 2) / 100
    who:      text? = sha256(lower(email))
    kind:     text = if is_null(state) then channel else \"other\"
    state:    text? = nullif(state, channel)
    placed:   datetime? = placed
    narrow:   int32 = int32(cust_id)
    legacy_flag
  }
  drop discount because \"priced elsewhere\"
}
";

    fn column<'p>(plan: &'p Plan, name: &str) -> &'p Column {
        plan.datasets["orders"].columns.iter().find(|column| column.name == name).unwrap()
    }

    #[test]
    fn every_old_column_has_its_influence() {
        let plan = Fixture::shop(&framed(ORDERS)).plan();
        let shown: Vec<String> = plan.datasets["orders"]
            .columns
            .iter()
            .map(|column| {
                let inputs = inputs(column).into_iter().map(|(old, how)| {
                    let how: Vec<String> = how.iter().map(|how| format!("{how:?}")).collect();
                    format!("{old} {}", how.join("+"))
                });
                format!("{}: {}", column.name, inputs.collect::<Vec<_>>().join(", "))
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        order_no: order_no Identity
        customer: cust_id Identity
        total: total_cents Transformation { masked: false }
        who: email Transformation { masked: true }
        kind: channel Transformation { masked: false }, state Condition
        state: channel Condition, state Transformation { masked: false }
        placed: placed Identity
        narrow: cust_id Transformation { masked: false }
        legacy_flag: legacy_flag Identity
        ");
    }

    #[test]
    fn what_becomes_of_a_column_is_told() {
        let plan = Fixture::shop(&framed(ORDERS)).plan();
        for (new, old, expected) in [
            ("order_no", "order_no", Some(Change::Carried)),
            ("customer", "cust_id", Some(Change::Carried)),
            ("total", "total_cents", Some(Change::Computed)),
            ("who", "email", Some(Change::Lossy(vec![Function::Lower, Function::Sha256]))),
            ("kind", "state", Some(Change::Decides)),
            ("kind", "channel", Some(Change::Lossy(vec![Function::If]))),
            ("narrow", "cust_id", Some(Change::Cast)),
            ("narrow", "state", None),
        ] {
            assert_eq!(change(column(&plan, new), old), expected, "{new} from {old}");
        }
    }

    #[test]
    fn dependents_go_on_into_what_is_read_from_the_new_table() {
        let source = "
dataset first: legacy.totals -> lake.mid.totals {
  entity = @resource:totals
  columns {
    day
    amount = total
  }
}
dataset second: lake.mid.totals -> lake.out.sums {
  entity = @resource:day-totals
  columns {
    day
    cents: int64 = int64(amount * 100)
  }
}
consumer reports: @component:reports { cut_over = notify }
wave one { move = first }
wave two after one { move = second, reports }
";
        let schemas = format!("{SHOP_SCHEMAS}\nlake.mid.totals: day date key, amount decimal(12;2)\n");
        let plan = Fixture::new(&framed(source), SHOP_CATALOG, &schemas).plan();
        let shown: Vec<String> = dependents(&plan, "first", "total")
            .iter()
            .map(|found| format!("{}.{} from {}", found.dataset, found.column.name, found.from))
            .collect();
        assert_eq!(shown, ["first.amount from total", "second.cents from amount"]);
        assert_eq!(downstream(&plan), BTreeMap::from([("first", vec!["second"])]));
    }

    #[test]
    fn a_table_carried_whole_is_the_same() {
        let plan = Fixture::shop(&framed(ORDERS)).plan();
        assert!(!is_same(&plan.datasets["orders"]));
        let plan = Fixture::shop(&framed("")).plan();
        assert!(plan.datasets.values().all(is_same));
    }
}
