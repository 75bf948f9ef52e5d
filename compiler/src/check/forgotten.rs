//! Nobody who reads a moved dataset is forgotten: the reason why the catalog is asked at all.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span};
use mig_plan::EntityRef;

use super::Scene;
use crate::hir::Title;
use crate::prose::some_of;
use crate::source::identifier;

/// Above this many, a family is offered and not a consumer for each.
const ONE_BY_ONE: usize = 5;

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    if !scene.datasets.whole || !scene.consumers.whole {
        return;
    }
    // Each is reported once, at the first dataset it reads; the datasets of a family are one place.
    let mut forgotten: BTreeMap<Span, (&Title, Vec<&EntityRef>)> = BTreeMap::new();
    for reader in scene.consumers.readers.iter().filter(|reader| reader.consumer.is_none()) {
        let read = reader.reads.iter().filter_map(|place| scene.datasets.get(*place));
        if let Some(title) = read.map(|case| case.from.title()).min_by_key(|title| title.span) {
            forgotten.entry(title.span).or_insert((title, Vec::new())).1.push(reader.entry.name);
        }
    }
    // A family that is missing is missed wherever its members read.
    let mut forgotten = forgotten.into_values();
    let Some((title, mut readers)) = forgotten.next() else { return };
    let others: Vec<(&Title, Vec<&EntityRef>)> = forgotten.collect();
    readers.extend(others.iter().flat_map(|(_, readers)| readers));
    let names: Vec<String> = readers.iter().map(|reader| reader.source_form()).collect();
    let names = some_of(names.iter().map(String::as_str), ONE_BY_ONE);
    let (read, them) = if readers.len() == 1 { ("reads", "it") } else { ("read", "them") };
    let titles = std::iter::once(title).chain(others.iter().map(|(title, _)| *title));
    let read_ones = some_of(titles.map(|title| title.name.as_str()), ONE_BY_ONE);
    let mut error = Diagnostic::error(
        "forgotten-consumer",
        title.name_span,
        format!("{names} {read} {read_ones}, and the migration forgets {them}"),
    )
    .help(
        "The catalog relates whoever is forgotten here to a dataset that moves. Say how it follows, in a `consumer` or a family of `consumers`.",
    );
    for (other, _) in others.iter().take(ONE_BY_ONE) {
        error = error.label(other.name_span, "and here");
    }
    // Whoever is forgotten is probably of a family whose predicate has a slip, and not in want of an item.
    let empty: Vec<Span> = empty_families(scene).take(ONE_BY_ONE).collect();
    if !empty.is_empty() {
        let label = "nothing is selected here: is the predicate as it should be?";
        out.push(empty.into_iter().fold(error, |error, select| error.label(select, label)));
        return;
    }
    let at = Span { start: title.span.end, ..title.span };
    if readers.len() <= ONE_BY_ONE {
        let items: String = readers
            .iter()
            .map(|reader| {
                let name = identifier(&free_name(scene, reader.name()));
                format!("\n\nconsumer {name}: {} {{\n  cut_over = notify\n}}", reader.source_form())
            })
            .collect();
        let title = if readers.len() == 1 { "write a `consumer`" } else { "write a `consumer` for each" };
        error = error.fix(title, at, items);
    }
    let mut kinds: Vec<&str> = readers
        .iter()
        .filter_map(|reader| scene.world.catalog.get(reader))
        .map(|entity| &*entity.kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("\"{kind}\"")).collect();
    let kinds = match kinds.as_slice() {
        [kind] => format!("kind == {kind}"),
        kinds => format!("kind in [{}]", kinds.join(", ")),
    };
    let name = free_name(scene, "others");
    out.push(error.fix(
        "write a family of `consumers` for all that are not named",
        at,
        format!("\n\nconsumers {name}: catalog where {kinds} {{\n  cut_over = notify\n}}"),
    ));
}

/// Where families select that have no members.
fn empty_families(scene: &Scene) -> impl Iterator<Item = Span> {
    let datasets = scene.program.dataset_families.values();
    let datasets = datasets.filter(|family| scene.datasets.members(&family.title.name).next().is_none());
    let consumers = scene.program.consumer_families.values();
    let consumers = consumers.filter(|family| scene.consumers.members(&family.title.name).next().is_none());
    datasets.map(|family| family.select_span).chain(consumers.map(|family| family.select_span))
}

/// A name that no item has.
fn free_name(scene: &Scene, wanted: &str) -> String {
    let wanted = wanted.replace('-', "_");
    let taken = |name: &str| scene.program.definitions.contains_key(name);
    if !taken(&wanted) {
        return wanted;
    }
    (2_u32..).map(|number| format!("{wanted}_{number}")).find(|name| !taken(name)).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn each_is_named_once_at_the_first_dataset_it_reads() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:totals
  columns = same
}
";
        assert_snapshot!(said(source), @"
        error[forgotten-consumer]: `@component:billing-api` and `@component:reports` read `orders`, and the migration forgets them
          1:9 orders
          help: The catalog relates whoever is forgotten here to a dataset that moves. Say how it follows, in a `consumer` or a family of `consumers`.
          fix: write a `consumer` for each
          fix: write a family of `consumers` for all that are not named
        ");
    }

    #[test]
    fn a_family_of_consumers_forgets_nobody() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
consumer billing: @component:billing-api { cut_over = notify }
consumers others: catalog where kind in [\"Component\", \"Resource\"] { cut_over = notify }
";
        assert_snapshot!(said(source), @"");
    }

    #[test]
    fn a_family_that_selects_nothing_is_shown() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
consumers others: catalog where kind == \"Componnet\" { cut_over = notify }
";
        assert_snapshot!(said(source), @r#"
        error[forgotten-consumer]: `@component:billing-api`, `@component:reports` and `@resource:totals` read `orders`, and the migration forgets them
          1:9 orders
          5:19 catalog where kind == "Componnet"  <- nothing is selected here: is the predicate as it should be?
          help: The catalog relates whoever is forgotten here to a dataset that moves. Say how it follows, in a `consumer` or a family of `consumers`.
        "#);
    }

    #[test]
    fn a_family_that_cannot_be_read_forgets_nobody_either() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
consumers others: catalog where knd == \"Component\" { cut_over = notify }
";
        assert_snapshot!(said(source), @"
        error[unknown-path]: an entity has no `knd`
          5:33 knd
          fix: write `kind`
        ");
    }
}
