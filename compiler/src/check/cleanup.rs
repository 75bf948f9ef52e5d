//! No old table is dropped that anybody still reads: a consumer outside the migration, or another dataset of it.

use std::collections::BTreeMap;

use mig_lang::Diagnostic;
use mig_plan::OldTable;

use super::Scene;
use super::cases::{ConsumerCase, DatasetCase};
use super::reads::{self, LeftOut};
use crate::prose::some_of;
use crate::site::Site;

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let drops = |case: &DatasetCase| case.from.cleanup().old == OldTable::Drop;
    if !scene.datasets.cases.iter().any(drops) {
        return;
    }
    let mut made: BTreeMap<&Site, &DatasetCase> = BTreeMap::new();
    let mut kept: BTreeMap<&Site, &DatasetCase> = BTreeMap::new();
    for (case, sites) in scene.datasets.cases.iter().zip(&scene.sites) {
        if let Some(new) = &sites.new {
            made.entry(new).or_insert(case);
        }
        if let Some(old) = sites.old.as_ref().filter(|_| !drops(case)) {
            kept.entry(old).or_insert(case);
        }
    }
    let mut left: BTreeMap<usize, Vec<&ConsumerCase>> = BTreeMap::new();
    for LeftOut { consumer, datasets, .. } in reads::left_out(scene) {
        for dataset in datasets {
            left.entry(dataset).or_default().push(consumer);
        }
    }
    let cases = scene.datasets.cases.iter().zip(&scene.sites).enumerate();
    for (place, (case, sites)) in cases.filter(|(_, (case, _))| drops(case)) {
        let (Some(old), Some(here)) = (&case.old, &sites.old) else { continue };
        let span = case.from.cleanup().span;
        if let Some(maker) = made.get(here).filter(|maker| maker.name != case.name) {
            out.push(
                Diagnostic::error(
                    "cleanup-of-shared-table",
                    span,
                    format!(
                        "`{}` would drop `{}`, which `{}` has just made",
                        case.name, old.table, maker.name
                    ),
                )
                .label(maker.name_span(), "made here")
                .help("Keep it, or move straight from the first table to the last.")
                .fix("keep the table", span, "keep"),
            );
        } else if let Some(other) = kept.get(here) {
            out.push(
                Diagnostic::error(
                    "cleanup-of-shared-table",
                    span,
                    format!("`{}` would drop `{}`, which `{}` keeps", case.name, old.table, other.name),
                )
                .label(other.name_span(), "this one is read from the same table")
                .help("Say the same of both: a table that both drop is dropped when both have moved.")
                .fix("keep the table", span, "keep"),
            );
        }
        if case.old_schema.is_some_and(|schema| schema.is_view) {
            out.push(
                Diagnostic::error("cleanup-of-view", span, format!("`{}` is a view, and not dropped", old.table))
                    .help("A view holds no rows of its own. Drop it by hand, when the tables behind it are moved too.")
                    .fix("keep it", span, "keep"),
            );
        }
        readers(case, left.get(&place).map_or(&[], Vec::as_slice), out);
    }
}

/// Everybody who reads the table is known, and is switched away from it.
fn readers(case: &DatasetCase, left: &[&ConsumerCase], out: &mut Vec<Diagnostic>) {
    let span = case.from.cleanup().span;
    if case.old_entity.is_none() {
        out.push(
            Diagnostic::error(
                "cleanup-while-read",
                span,
                format!("`{}` is dropped, and nothing says who reads it", case.name),
            )
            .label(case.name_span(), "this dataset names no entity")
            .help("Name the old dataset's `entity`, so that the catalog can say who reads it; or keep the old table.")
            .fix("keep the table", span, "keep"),
        );
        return;
    }
    let Some(first) = left.first() else { return };
    let names = left.iter().map(|consumer| &*consumer.name);
    let error = Diagnostic::error(
        "cleanup-while-read",
        span,
        format!("`{}` is dropped while {} still {} it", case.name, some_of(names, 5), match left.len() {
            1 => "reads",
            _ => "read",
        }),
    )
    .help("The catalog relates them to the old dataset, and their `reads` leaves it out, so that nothing switches them. Add it to `reads`, or keep the old table.");
    let error = error.label(first.name_span(), "its `reads` leaves the dataset out");
    out.push(error.fix("keep the table", span, "keep"));
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed, said};

    const ORDERS: &str = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
  cleanup = drop_old
}
consumers others: catalog where kind in [\"Component\", \"Resource\"] { cut_over = notify }
";

    #[test]
    fn a_table_whose_readers_are_all_switched_may_go() {
        assert_snapshot!(said(ORDERS), @"");
    }

    #[test]
    fn a_consumer_whose_reads_leave_the_dataset_out_is_not_switched() {
        let source = format!(
            "{ORDERS}
dataset customers: legacy.customers -> lake.sales.customers {{
  entity  = @resource:customers
  columns = same
}}
consumer billing: @component:billing-api {{
  reads    = customers
  cut_over = notify
}}
"
        );
        assert_snapshot!(said(&source), @"
        error[cleanup-while-read]: `orders` is dropped while `billing` still reads it
          4:13 drop_old
          12:10 billing  <- its `reads` leaves the dataset out
          help: The catalog relates them to the old dataset, and their `reads` leaves it out, so that nothing switches them. Add it to `reads`, or keep the old table.
          fix: keep the table
        ");
    }

    #[test]
    fn who_is_forgotten_is_said_once() {
        let source =
            ORDERS.lines().filter(|line| !line.starts_with("consumers")).collect::<Vec<_>>().join("\n");
        assert_snapshot!(said(&source), @"
        error[forgotten-consumer]: `@component:billing-api`, `@component:reports` and `@resource:totals` read `orders`, and the migration forgets them
          1:9 orders
          help: The catalog relates whoever is forgotten here to a dataset that moves. Say how it follows, in a `consumer` or a family of `consumers`.
          fix: write a `consumer` for each
          fix: write a family of `consumers` for all that are not named
        ");
    }

    #[test]
    fn a_table_without_entity_or_that_is_a_view_stays() {
        let source = "
dataset customers: legacy.customers -> lake.sales.customers {
  columns = same
  cleanup = drop_old
}
dataset olds: legacy.old_customers -> lake.sales.olds {
  entity  = @resource:old-orders
  columns = same
  cleanup = drop_old
}
";
        assert_snapshot!(said(source), @"
        error[cleanup-while-read]: `customers` is dropped, and nothing says who reads it
          3:13 drop_old
          1:9 customers  <- this dataset names no entity
          help: Name the old dataset's `entity`, so that the catalog can say who reads it; or keep the old table.
          fix: keep the table
        error[cleanup-of-view]: `legacy.old_customers` is a view, and not dropped
          8:13 drop_old
          help: A view holds no rows of its own. Drop it by hand, when the tables behind it are moved too.
          fix: keep it
        ");
    }

    #[test]
    fn a_table_that_another_dataset_keeps_or_makes_stays() {
        let source = "
store again: sqlite { url = \"legacy.db\" }
dataset ping: legacy.ping -> again.pings {
  entity  = @resource:places
  columns = same
  cleanup = drop_old
}
dataset half: legacy.ping -> lake.half {
  entity  = @resource:day-totals
  columns = same
}
dataset pings: legacy.pings -> lake.pings {
  entity  = @resource:customers
  columns = same
  cleanup = drop_old
}
";
        let schemas = format!("{SHOP_SCHEMAS}\nlegacy.pings: id int64 key\nagain.pings: id int64 key");
        assert_snapshot!(Fixture::new(&framed(source), SHOP_CATALOG, &schemas).said(), @"
        error[cleanup-of-shared-table]: `ping` would drop `legacy.ping`, which `half` keeps
          5:13 drop_old
          7:9 half  <- this one is read from the same table
          help: Say the same of both: a table that both drop is dropped when both have moved.
          fix: keep the table
        error[cleanup-of-shared-table]: `pings` would drop `legacy.pings`, which `ping` has just made
          14:13 drop_old
          2:9 ping  <- made here
          help: Keep it, or move straight from the first table to the last.
          fix: keep the table
        ");
    }
}
