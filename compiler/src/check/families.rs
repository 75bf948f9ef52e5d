//! Expands families: which entities of the catalog are their members, and where a member's table is.
//!
//! A member is named `family.entity`; where several entities of a family have one name, each of them is
//! told apart by its namespace, and by its kind if that is not enough.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::Diagnostic;
use mig_lang::ast::Keyword;
use mig_plan::catalog::Entity;
use mig_plan::{Catalog, Criticality, EntityRef, Schemas, TableRef};

use super::World;
use super::cases::{
    ConsumerCase, ConsumerItem, Consumers, DatasetCase, DatasetItem, Datasets, NewTable, member_name,
};
use super::{portal, predicate};
use crate::hir::{DatasetFamily, ItemRef, Place, Program, Scale, Tables, Title};

/// The annotation that says which table an entity is.
pub(crate) const TABLE: &str = "mig.dev/table";

/// Every dataset that moves.
pub(super) fn datasets<'a>(
    program: &'a Program,
    world: &World<'a>,
    out: &mut Vec<Diagnostic>,
) -> Datasets<'a> {
    let mut cases = Vec::new();
    let mut taken: BTreeSet<EntityRef> = BTreeSet::new();
    for dataset in program.datasets.values() {
        let entity = |used: &Option<crate::hir::EntityUse>| used.as_ref().map(|used| used.entity.clone());
        let (old_entity, new_entity) = (entity(&dataset.old_entity), entity(&dataset.new_entity));
        taken.extend(old_entity.iter().chain(&new_entity).cloned());
        let (old, new) = (dataset.old.clone(), dataset.new.clone());
        let from = DatasetItem::Single(dataset);
        cases.push(case(
            dataset.title.name.clone(),
            from,
            (old, new),
            (old_entity, new_entity),
            world.schemas,
        ));
    }
    let scale = scale(program);
    let mut whole = none_left_out(program, [Keyword::Dataset, Keyword::Datasets]);
    for family in in_source_order(program.dataset_families.values(), |family| &family.title) {
        let (Some(predicate), Some(old), Some(new)) = (&family.select, &family.old, &family.new) else {
            whole = false;
            continue;
        };
        let members: Vec<(&EntityRef, &Entity)> = world
            .catalog
            .entities
            .iter()
            .filter(|(name, entity)| !taken.contains(*name) && predicate::holds(predicate, entity, scale))
            .collect();
        taken.extend(members.iter().map(|(name, _)| (*name).clone()));
        if members.is_empty() {
            out.push(empty(
                &family.title,
                family.select_span,
                "no entity is selected that is not moved by an earlier item",
            ));
        }
        let names = member_names(members.iter().map(|(name, _)| *name));
        let tables = TablesOf::new(world, old);
        let mut lost: Vec<String> = Vec::new();
        for (entity, found) in members {
            let name = names.get(entity).cloned().unwrap_or_else(|| entity.name.clone());
            let places = match tables.of(entity, found) {
                Table::At(path) => (Some(place(old, &path)), Some(place(new, &path))),
                Table::Unknown => (None, None),
                Table::Missing(wanted) => {
                    lost.push(format!("`{entity}` (`{wanted}`)"));
                    (None, None)
                }
            };
            let from = DatasetItem::Member(family);
            let name = member_name(&family.title.name, &name);
            cases.push(case(name, from, places, (Some(entity.clone()), None), world.schemas));
        }
        if !lost.is_empty() {
            out.push(no_table(family, old, &lost));
        }
    }
    Datasets::new(cases, whole)
}

/// A dataset with what is known of its tables.
pub(super) fn case<'a>(
    name: String,
    from: DatasetItem<'a>,
    (old, new): (Option<Place>, Option<Place>),
    (old_entity, new_entity): (Option<EntityRef>, Option<EntityRef>),
    schemas: &'a Schemas,
) -> DatasetCase<'a> {
    let old_schema = old.as_ref().and_then(|old| schemas.table(&old.table));
    let new_schema = match &new {
        Some(new) if schemas.stores.contains_key(&new.table.store) => {
            schemas.table(&new.table).map_or(NewTable::ToBeMade, NewTable::Exists)
        }
        Some(_) | None => NewTable::Unknown,
    };
    DatasetCase { name, from, old, new, old_entity, new_entity, old_schema, new_schema }
}

/// Every consumer that follows.
pub(super) fn consumers<'a>(
    program: &'a Program,
    world: &World<'a>,
    datasets: &Datasets<'a>,
    out: &mut Vec<Diagnostic>,
) -> Consumers<'a> {
    let readers = readers(world.catalog, datasets);
    let scale = scale(program);
    let criticality = |entity: Option<&Entity>| criticality(scale?, entity?);
    let mut cases = Vec::new();
    let mut taken: BTreeSet<&EntityRef> = BTreeSet::new();
    let mut whole = none_left_out(program, [Keyword::Consumer, Keyword::Consumers]);
    for consumer in program.consumers.values() {
        let entity = consumer.entity.as_ref().map(|used| &used.entity);
        taken.extend(entity);
        whole &= entity.is_some();
        let related = entity.and_then(|entity| readers.get(entity)).cloned().unwrap_or_default();
        let reads = match &consumer.reads {
            Some(items) => named_datasets(datasets, items, out),
            None => related,
        };
        cases.push(ConsumerCase {
            name: consumer.title.name.clone(),
            from: ConsumerItem::Single(consumer),
            entity: entity.cloned(),
            reads,
            criticality: criticality(entity.and_then(|entity| world.catalog.get(entity))),
        });
    }
    for family in in_source_order(program.consumer_families.values(), |family| &family.title) {
        let Some(predicate) = &family.select else {
            whole = false;
            continue;
        };
        let members: Vec<(&EntityRef, &Vec<usize>)> = readers
            .iter()
            .filter(|(name, _)| !taken.contains(*name))
            .filter(|(name, _)| {
                world.catalog.get(name).is_some_and(|entity| predicate::holds(predicate, entity, scale))
            })
            .collect();
        taken.extend(members.iter().map(|(name, _)| *name));
        if members.is_empty() && datasets.whole {
            out.push(empty(
                &family.title,
                family.select_span,
                "no entity is selected that reads a moved dataset and that no earlier item names",
            ));
        }
        let names = member_names(members.iter().map(|(name, _)| *name));
        for (entity, reads) in members {
            let name = names.get(entity).cloned().unwrap_or_else(|| entity.name.clone());
            cases.push(ConsumerCase {
                name: member_name(&family.title.name, &name),
                from: ConsumerItem::Member(family),
                entity: Some(entity.clone()),
                reads: reads.clone(),
                criticality: criticality(world.catalog.get(entity)),
            });
        }
    }
    Consumers::new(cases, readers, whole)
}

/// How critical an entity is, where it says so on the scale.
pub(crate) fn criticality(scale: &Scale, entity: &Entity) -> Option<Criticality> {
    let rank = predicate::criticality(entity, scale).ok()?;
    let level = scale.levels.get(usize::try_from(rank).ok()?)?.clone();
    Some(Criticality { level, rank })
}

/// The datasets that items name, sorted, each once.
fn named_datasets(datasets: &Datasets, items: &[ItemRef], out: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut places = BTreeSet::new();
    for item in items {
        match datasets.of(item) {
            Some(found) => places.extend(found),
            None if datasets.whole => out.push(unknown_member(item)),
            None => {}
        }
    }
    places.into_iter().collect()
}

/// The error for a member that a family does not have.
pub(super) fn unknown_member(item: &ItemRef) -> Diagnostic {
    let member = item.member.as_deref().unwrap_or_default();
    Diagnostic::error("unknown-member", item.span, format!("`{}` has no member `{member}`", item.name)).help(
        "The members of a family are the entities that it selects from the catalog, by their names; one that an item of its own names is not among them.",
    )
}

/// Every entity that the catalog relates to a moved dataset, with the datasets it reads. The entities of
/// moved datasets themselves are none: they are derived datasets, or the new side of an old one.
fn readers(catalog: &Catalog, datasets: &Datasets) -> BTreeMap<EntityRef, Vec<usize>> {
    let own: BTreeSet<&EntityRef> =
        datasets.cases.iter().flat_map(|case| case.old_entity.iter().chain(&case.new_entity)).collect();
    let mut readers: BTreeMap<EntityRef, Vec<usize>> = BTreeMap::new();
    for (place, case) in datasets.cases.iter().enumerate() {
        let Some(entity) = case.old_entity.as_ref().and_then(|entity| catalog.get(entity)) else { continue };
        for reader in portal::readers(catalog, entity).filter(|reader| !own.contains(*reader)) {
            let reads = readers.entry(reader.clone()).or_default();
            // Several relations may say the same.
            if reads.last() != Some(&place) {
                reads.push(place);
            }
        }
    }
    readers
}

fn none_left_out(program: &Program, keywords: [Keyword; 2]) -> bool {
    !program.left_out.iter().any(|keyword| keywords.contains(keyword))
}

fn scale(program: &Program) -> Option<&Scale> {
    program.migration.as_ref()?.scale.as_ref()
}

/// Families in the order in which they take entities: the order of the source.
fn in_source_order<'a, T>(families: impl Iterator<Item = &'a T>, title: impl Fn(&T) -> &Title) -> Vec<&'a T> {
    let mut families: Vec<&T> = families.collect();
    families.sort_by_key(|family| title(family).span);
    families
}

fn empty(title: &Title, span: mig_lang::Span, message: &str) -> Diagnostic {
    Diagnostic::warning("empty-family", span, message)
        .label(title.name_span, "this family has no members")
        .help("Is the predicate as it should be? Values are compared exactly, and what an entity does not have fits nothing.")
}

/// The members' names: the entity's own, with namespace and kind only where they are needed.
fn member_names<'e>(entities: impl Iterator<Item = &'e EntityRef>) -> BTreeMap<&'e EntityRef, String> {
    let entities: Vec<&EntityRef> = entities.collect();
    let forms: [fn(&EntityRef) -> String; 3] = [
        |entity| entity.name.clone(),
        |entity| format!("{}.{}", entity.namespace, entity.name),
        |entity| format!("{}.{}.{}", entity.kind, entity.namespace, entity.name),
    ];
    let mut names: BTreeMap<&EntityRef, String> = BTreeMap::new();
    let mut open = entities;
    for form in forms {
        let mut by_name: BTreeMap<String, Vec<&EntityRef>> = BTreeMap::new();
        for entity in open {
            by_name.entry(form(entity)).or_default().push(entity);
        }
        open = Vec::new();
        for (name, same) in by_name {
            match same.as_slice() {
                [one] => {
                    names.insert(one, name);
                }
                several => open.extend(several),
            }
        }
    }
    names
}

/// The tables of a family's old side.
struct TablesOf<'w> {
    /// The names of the tables there; `None` when the store could not be read.
    names: Option<BTreeSet<&'w str>>,
    /// The same by their lower-case form.
    lower: BTreeMap<String, Vec<&'w str>>,
}

/// Where a member's table is.
enum Table {
    At(String),
    Missing(String),
    Unknown,
}

impl<'w> TablesOf<'w> {
    fn new(world: &World<'w>, old: &Tables) -> Self {
        let store = world.schemas.stores.get(&old.store);
        let names: Option<BTreeSet<&str>> = store.map(|store| {
            store
                .tables
                .keys()
                .filter_map(|path| match path.split_last() {
                    Some((table, prefix)) if prefix == old.prefix => Some(table.as_str()),
                    Some(_) | None => None,
                })
                .collect()
        });
        let mut lower: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in names.iter().flatten() {
            lower.entry(name.to_lowercase()).or_default().push(name);
        }
        Self { names, lower }
    }

    /// The table that the entity's annotation names, or else the one of its name.
    fn of(&self, entity: &EntityRef, found: &Entity) -> Table {
        let annotated = found
            .metadata
            .get("annotations")
            .and_then(|annotations| annotations.get(TABLE))
            .and_then(serde_json::Value::as_str);
        let wanted = annotated.map_or_else(|| entity.name.replace('-', "_"), str::to_owned);
        let Some(names) = &self.names else { return Table::Unknown };
        if names.contains(wanted.as_str()) {
            return Table::At(wanted);
        }
        match self.lower.get(&wanted.to_lowercase()).map(Vec::as_slice) {
            Some([one]) => Table::At((*one).to_owned()),
            Some(_) | None => Table::Missing(wanted),
        }
    }
}

fn place(tables: &Tables, table: &str) -> Place {
    let mut path = tables.prefix.clone();
    path.push(table.to_owned());
    Place { table: TableRef { store: tables.store.clone(), path }, kind: tables.kind, span: tables.span }
}

fn no_table(family: &DatasetFamily, old: &Tables, lost: &[String]) -> Diagnostic {
    let shown = lost.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = lost.len().saturating_sub(5);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Diagnostic::error(
        "no-table-for-entity",
        old.span,
        format!("`{}` has no table for {shown}{more}", old.store),
    )
    .label(family.select_span, "selected here")
    .help(format!(
        "A table is found by the entity's annotation `{TABLE}`, or else by its name with `-` read as `_`. Annotate the entity, select fewer, or write a `dataset` of its own."
    ))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed, said};

    /// The datasets of a plan, with their tables, and its consumers.
    fn members(source: &str, catalog: &str, schemas: &str) -> String {
        let plan = Fixture::new(&framed(source), catalog, schemas).plan();
        let datasets = plan
            .datasets
            .iter()
            .map(|(name, dataset)| format!("{name}: {} -> {}\n", dataset.old, dataset.new));
        let consumers =
            plan.consumers.iter().map(|(name, consumer)| format!("{name}: {}\n", consumer.entity));
        datasets.chain(consumers).collect()
    }

    #[test]
    fn tables_are_found_by_annotation_and_by_name() {
        let source = "
store lake: parquet { path = \"lake\" }
datasets all: legacy.* -> lake.* { select = catalog where spec.type == \"dataset\" }
";
        let catalog = "
            group:platform members user:ann
            user:ann
            resource:order-items owner group:platform type dataset
            resource:orders owner group:platform type dataset table tbl_orders
            resource:people owner group:platform type dataset
            resource:web/people owner group:platform type dataset table web_people
            resource:clicks owner group:platform type stream
        ";
        let schemas = "
            legacy.order_items: id int64 key
            legacy.tbl_orders: id int64 key
            legacy.People: id int64 key
            legacy.web_people: id int64 key
            lake:
        ";
        assert_snapshot!(members(source, catalog, schemas), @"
        all.default.people: legacy.People -> lake.People
        all.order-items: legacy.order_items -> lake.order_items
        all.orders: legacy.tbl_orders -> lake.tbl_orders
        all.web.people: legacy.web_people -> lake.web_people
        ");
    }

    #[test]
    fn an_item_of_its_own_and_an_earlier_family_come_first() {
        let source = "
datasets first: legacy.* -> lake.first.* { select = catalog where metadata.name == \"customers\" }
datasets rest: legacy.* -> lake.rest.* { select = catalog where \"shop\" in metadata.tags and spec.type == \"dataset\" }
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
consumers small: catalog where metadata.annotations[\"acme.io/tier\"] == \"low\" { cut_over = notify }
consumers others: catalog where kind in [\"Component\", \"Resource\"] { cut_over = notify }
";
        let (catalog, schemas) = (crate::fixture::SHOP_CATALOG, crate::fixture::SHOP_SCHEMAS);
        assert_snapshot!(members(source, catalog, schemas), @"
        first.customers: legacy.customers -> lake.first.customers
        orders: legacy.orders -> lake.sales.orders
        others.reports: component:default/reports
        others.totals: resource:default/totals
        small.billing-api: component:default/billing-api
        ");
        assert_snapshot!(said(source), @r#"
        warning[empty-family]: no entity is selected that is not moved by an earlier item
          2:51 catalog where "shop" in metadata.tags and spec.type == "dataset"
          2:10 rest  <- this family has no members
          help: Is the predicate as it should be? Values are compared exactly, and what an entity does not have fits nothing.
        "#);
    }

    #[test]
    fn members_without_a_table_are_listed() {
        let source = "
datasets all: legacy.* -> lake.all.* { select = catalog where spec.type == \"dataset\" and metadata.name != \"totals\" and metadata.name != \"lost\" and metadata.name != \"places\" }
consumers others: catalog where kind != \"Group\" { cut_over = notify }
";
        assert_snapshot!(said(source), @r#"
        error[no-table-for-entity]: `legacy` has no table for `resource:default/day-totals` (`day_totals`), `resource:default/old-orders` (`old_orders`), `resource:default/orders-v1` (`orders_v1`), `resource:default/orders-v2` (`orders_v2`)
          1:15 legacy.*
          1:49 catalog where spec.type == "dataset" and metadata.name != "totals" and metadata.name != "lost" and metadata.name != "places"  <- selected here
          help: A table is found by the entity's annotation `mig.dev/table`, or else by its name with `-` read as `_`. Annotate the entity, select fewer, or write a `dataset` of its own.
        "#);
    }

    #[test]
    fn an_empty_family_is_doubted() {
        let source = "
datasets none: legacy.* -> lake.none.* { select = catalog where spec.type == \"Dataset\" }
consumers nobody: catalog where kind == \"Website\" { cut_over = notify }
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
";
        assert_snapshot!(said(source), @r#"
        warning[empty-family]: no entity is selected that is not moved by an earlier item
          1:51 catalog where spec.type == "Dataset"
          1:10 none  <- this family has no members
          help: Is the predicate as it should be? Values are compared exactly, and what an entity does not have fits nothing.
        warning[empty-family]: no entity is selected that reads a moved dataset and that no earlier item names
          2:19 catalog where kind == "Website"
          2:11 nobody  <- this family has no members
          help: Is the predicate as it should be? Values are compared exactly, and what an entity does not have fits nothing.
        "#);
    }

    #[test]
    fn a_store_that_could_not_be_read_is_not_complained_about_again() {
        let source = "
datasets all: legacy.* -> lake.all.* { select = catalog where metadata.name in [\"customers\", \"places\"] }
dataset totals: legacy.no_such_table -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
wave one { move = datasets, consumers }
";
        let source = framed(source);
        let fixture = Fixture::new(&source, crate::fixture::SHOP_CATALOG, "lake:");
        let (plan, said) = fixture.compile();
        assert!(plan.is_none());
        assert_eq!(said, []);
        let fixture = Fixture::new(
            &source,
            crate::fixture::SHOP_CATALOG,
            "legacy.customers: id int64 key\nlegacy.places: id int64 key\nlegacy.no_such_table: id int64 key",
        );
        let (plan, said) = fixture.compile();
        assert!(plan.is_none());
        assert_eq!(said, []);
    }
}
