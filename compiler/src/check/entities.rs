//! Every entity that the source names is in the catalog and of a fitting kind.

use std::collections::BTreeMap;

use mig_lang::{Applicability, Diagnostic, Span};
use mig_plan::catalog::Entry;
use mig_plan::{Catalog, EntityRef, TableRef};

use super::cases::{ConsumerItem, DatasetCase, DatasetItem};
use super::tables::{TABLE, table_path};
use super::{Scene, portal};
use crate::hir::EntityUse;

/// What an entity is named for.
#[derive(Clone, Copy)]
enum Role {
    Owner,
    Approver,
    Dataset,
    Consumer,
}

impl Role {
    /// Whether an entity of that kind fits. Portals have kinds of their own, so that only what cannot be
    /// meant is refused.
    fn fits(self, entity: &EntityRef) -> bool {
        let kind = entity.kind();
        match self {
            Self::Owner | Self::Approver => portal::can_own(entity),
            Self::Dataset => {
                !matches!(kind, "group" | "user" | "location" | "template" | "domain" | "system")
            }
            Self::Consumer => !matches!(kind, "group" | "user" | "location" | "template"),
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Owner => "an owner is a group or a user",
            Self::Approver => "a group or a user approves",
            Self::Dataset => "a dataset is a resource, an API or a component",
            Self::Consumer => "a consumer is a component, an API, a resource or a system",
        }
    }
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let program = scene.program;
    let mut uses: Vec<(&EntityUse, Role)> = Vec::new();
    uses.extend(
        program.migration.iter().flat_map(|migration| &migration.owner).map(|used| (used, Role::Owner)),
    );
    for dataset in program.datasets.values() {
        uses.extend(dataset.old_entity.iter().chain(&dataset.new_entity).map(|used| (used, Role::Dataset)));
    }
    uses.extend(
        program.consumers.values().flat_map(|consumer| &consumer.entity).map(|used| (used, Role::Consumer)),
    );
    uses.extend(
        program.approvals.values().flat_map(|approval| &approval.from).map(|used| (used, Role::Approver)),
    );
    own_consumers(scene, out);
    // A search for a near name reads the whole catalog: some unknown entities get one, thousands do not.
    let mut searches = 20;
    for (used, role) in uses {
        if scene.world.catalog.get(&used.entity).is_none() {
            out.push(unknown(scene.world.catalog, used, &mut searches));
        } else if !role.fits(&used.entity) {
            out.push(
                Diagnostic::error("unfitting-entity", used.span, role.wanted())
                    .here(format!("this is {}", crate::prose::with_article(used.entity.kind()))),
            );
        }
    }
}

/// Looks at every entity that moves or follows, with the place that names it or the family that selects it.
pub(super) fn each<'s>(scene: &Scene<'s>, mut look: impl FnMut(Span, Option<Entry<'s>>)) {
    let catalog = scene.world.catalog;
    for case in &scene.datasets.cases {
        match case.from {
            DatasetItem::Single(dataset) => {
                dataset.old_entity.iter().for_each(|used| look(used.span, case.entry));
                dataset.new_entity.iter().for_each(|used| look(used.span, catalog.find(&used.entity)));
            }
            DatasetItem::Member(_) => look(case.name_span(), case.entry),
        }
    }
    for case in &scene.consumers.cases {
        match case.from {
            ConsumerItem::Single(consumer) => {
                consumer.entity.iter().for_each(|used| look(used.span, case.entry));
            }
            ConsumerItem::Member(_) => look(case.name_span(), case.entry),
        }
    }
}

/// Whoever follows the move of a dataset is not that dataset.
fn own_consumers(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let new = scene.datasets.cases.iter().filter_map(|case| Some((case.new_entity?, case)));
    let new: BTreeMap<&EntityRef, &DatasetCase> = new.collect();
    for consumer in scene.program.consumers.values() {
        let Some(used) = &consumer.entity else { continue };
        let old = scene.world.catalog.find(&used.entity);
        let old = old.and_then(|entry| scene.datasets.get(scene.datasets.of_entry(entry).next()?));
        let Some(mover) = old.or_else(|| new.get(&used.entity).copied()) else { continue };
        let (entity, dataset) = (used.entity.source_form(), &mover.name);
        let help = match mover.from {
            DatasetItem::Single(_) => {
                "Name who reads the dataset: a component, an API, or a resource that is made of it."
            }
            DatasetItem::Member(_) => {
                "Name who reads the dataset; or, if it is to stay where it is, take it out of what the family selects: `and metadata.name != \"…\"`."
            }
        };
        out.push(
            Diagnostic::error(
                "unfitting-entity",
                used.span,
                format!("`{entity}` is what `{dataset}` moves, and does not read it"),
            )
            .label(mover.name_span(), "moved here")
            .help(help),
        );
    }
}

/// A dataset's entity is the one of its table, as far as the catalog says which one that is.
pub(super) fn of_another_table(scene: &Scene, out: &mut Vec<Diagnostic>) {
    for case in &scene.datasets.cases {
        let (DatasetItem::Single(item), Some(old), Some(entry)) = (case.from, &case.old, case.entry) else {
            continue;
        };
        let Some(used) = &item.old_entity else { continue };
        // What a family would take for the entity's table, where there is one.
        let claims = |entry, table: &TableRef| table_path(entry).at(table);
        let other = claims(entry, &old.table);
        if other == old.table {
            continue;
        }
        let new_entry =
            item.new_entity.as_ref().and_then(|new| Some((new, scene.world.catalog.find(&new.entity)?)));
        // Of two tables of one name an entity does not say which.
        let swapped = new_entry.zip(case.new.as_ref()).filter(|((_, new_entry), new)| {
            claims(entry, &new.table) == new.table
                && claims(*new_entry, &old.table) == old.table
                && claims(*new_entry, &new.table) != new.table
        });
        let swapped = swapped.map(|(new_entry, _)| new_entry);
        if swapped.is_none() && scene.world.schemas.table(&other).is_none() {
            continue;
        }
        let entity = used.entity.source_form();
        let warning = match &swapped {
            Some((new, _)) => Diagnostic::warning(
                "entity-of-another-table",
                used.span,
                format!("`{}` is the entity of `{}`, and stands on the new side", new.entity.source_form(), old.table),
            )
            .label(new.span, "this one")
            .help("From old to new: is the arrow the wrong way round?")
            .offer(
                Applicability::Draft,
                "swap them",
                [(used.span, new.entity.source_form()), (new.span, entity)],
            ),
            None => Diagnostic::warning(
                "entity-of-another-table",
                used.span,
                format!("`{entity}` is the entity of `{other}`, and `{}` is moved", old.table),
            )
            .help(format!(
                "Who reads the table is asked of its entity. Name that one; or correct the annotation `{TABLE}` in the catalog; or say why they belong together: `allow entity-of-another-table because \"…\"`."
            )),
        };
        out.push(warning.label(old.span, "the table that is moved"));
    }
}

fn unknown(catalog: &Catalog, used: &EntityUse, searches: &mut u32) -> Diagnostic {
    let written = used.entity.source_form();
    let error = Diagnostic::error("unknown-entity", used.span, format!("the catalog has no `{written}`"));
    let near = if *searches > 0 {
        *searches -= 1;
        nearest(catalog, &used.entity)
    } else {
        None
    };
    match near {
        Some(near) => {
            let near = near.source_form();
            error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), used.span, near)
        }
        None if catalog.is_empty() => {
            error.help("The catalog is empty: does its source name the right files?")
        }
        None => error
            .help("Register it in the catalog first: the catalog is where consumers and owners come from."),
    }
}

/// The entity that was probably meant: one of that name elsewhere, or one of a near name.
pub fn nearest<'c>(catalog: &'c Catalog, wanted: &EntityRef) -> Option<&'c EntityRef> {
    let same_name = namespaces(catalog)
        .filter_map(|one| catalog.find(&EntityRef::new(one.kind(), one.namespace(), wanted.name())))
        .map(|entry| entry.name)
        .max_by_key(|entity| (entity.kind() == wanted.kind(), entity.namespace() == wanted.namespace()));
    same_name.or_else(|| {
        let first = catalog.first(|entity| entity.kind() >= wanted.kind());
        let behind = catalog.first(|entity| entity.kind() > wanted.kind());
        let of_kind = || (first..behind).filter_map(|place| catalog.at(place)).map(|entry| entry.name);
        let near = mig_lang::nearest(wanted.name(), of_kind().map(EntityRef::name))?;
        of_kind().find(|entity| entity.name() == near)
    })
}

/// The first entity of each namespace of each kind: there are few, and tens of thousands of entities.
fn namespaces(catalog: &Catalog) -> impl Iterator<Item = &EntityRef> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let one = catalog.at(next)?.name;
        let same = (one.kind(), one.namespace());
        next = catalog.first(|entity| (entity.kind(), entity.namespace()) > same);
        Some(one)
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed, said};

    const ORDERS: &str = "
dataset orders: legacy.orders -> lake.sales.orders {
  columns = same
  entity  = ";

    const OTHERS: &str =
        "consumers others: catalog where kind in [\"Component\", \"Resource\"] { cut_over = notify }";

    #[test]
    fn an_entity_is_the_one_of_the_table() {
        assert_snapshot!(said(&format!("{ORDERS}@resource:customers\n}}")), @r#"
        warning[entity-of-another-table]: `@resource:customers` is the entity of `legacy.customers`, and `legacy.orders` is moved
          3:13 @resource:customers
          1:17 legacy.orders  <- the table that is moved
          help: Who reads the table is asked of its entity. Name that one; or correct the annotation `mig.dev/table` in the catalog; or say why they belong together: `allow entity-of-another-table because "…"`.
        "#);
        let source = ORDERS.replace("lake.sales.orders", "lake.sales.tidy");
        let swapped = format!("{source}@resource:tidy -> @resource:orders\n}}");
        let catalog = format!(
            "{SHOP_CATALOG}\nresource:orders owner group:platform\nresource:tidy owner group:platform"
        );
        assert_snapshot!(Fixture::new(&framed(&swapped), &catalog, SHOP_SCHEMAS).said(), @"
        warning[entity-of-another-table]: `@resource:orders` is the entity of `legacy.orders`, and stands on the new side
          3:13 @resource:tidy
          3:31 @resource:orders  <- this one
          1:17 legacy.orders  <- the table that is moved
          help: From old to new: is the arrow the wrong way round?
          fix: swap them
        ");
        // Of two tables of one name an entity does not say which.
        let same = format!("{ORDERS}@resource:orders-v2 -> @resource:orders\n}}");
        assert_snapshot!(Fixture::new(&framed(&same), &catalog, SHOP_SCHEMAS).said(), @"");
    }

    #[test]
    fn a_moved_dataset_is_no_consumer() {
        let consumer = "consumer reports: @resource:customers { reads = orders, cut_over = notify }";
        assert_snapshot!(said(&format!("{ORDERS}@resource:customers\n}}\n{consumer}")), @"
        error[unfitting-entity]: `@resource:customers` is what `orders` moves, and does not read it
          5:19 @resource:customers
          1:9 orders  <- moved here
          help: Name who reads the dataset: a component, an API, or a resource that is made of it.
        ");
        let consumer = "consumer reports: @resource:orders-v2 { reads = orders, cut_over = notify }";
        assert_snapshot!(said(&format!("{ORDERS}@resource:orders-v1 -> @resource:orders-v2\n}}\n{consumer}\n{OTHERS}")), @"
        error[unfitting-entity]: `@resource:orders-v2` is what `orders` moves, and does not read it
          5:19 @resource:orders-v2
          1:9 orders  <- moved here
          help: Name who reads the dataset: a component, an API, or a resource that is made of it.
        ");
    }

    #[test]
    fn near_names_are_offered() {
        let source = "
migration shop {
  owner   = @group:plattform
  catalog = files(\"catalog/*.yaml\")
}
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @component:customers -> @resource:shop/orders-v2
  columns = same
}
consumer website: @group:commerce {
  reads    = customers
  cut_over = notify
}
consumer zebra: @component:zebra {
  reads    = customers
  cut_over = notify
}
approval money { from = [@system:shop, @user:ann] }
wave all {
  move     = datasets, consumers
  approval = money
}
";
        assert_snapshot!(said(source), @"
        error[unknown-entity]: the catalog has no `@group:plattform`
          2:13 @group:plattform  <- did you mean `@group:platform`?
          fix: write `@group:platform`
        error[unknown-entity]: the catalog has no `@component:customers`
          6:13 @component:customers  <- did you mean `@resource:customers`?
          fix: write `@resource:customers`
        error[unknown-entity]: the catalog has no `@resource:shop/orders-v2`
          6:37 @resource:shop/orders-v2  <- did you mean `@resource:orders-v2`?
          fix: write `@resource:orders-v2`
        error[unfitting-entity]: a consumer is a component, an API, a resource or a system
          9:19 @group:commerce  <- this is a group
        error[unknown-entity]: the catalog has no `@component:zebra`
          13:17 @component:zebra
          help: Register it in the catalog first: the catalog is where consumers and owners come from.
        error[unfitting-entity]: a group or a user approves
          17:26 @system:shop  <- this is a system
        ");
    }
}
