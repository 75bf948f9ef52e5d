//! Expands families: which entities of the catalog are their members. Where a member's table is says `tables`; who reads
//! what moves, `readers`.
//!
//! A member is named `family.entity`; where several entities of a family have one name, each of them is
//! told apart by its namespace, and by its kind if that is not enough.

use std::borrow::Cow;
use std::sync::Arc;

use mig_lang::Diagnostic;
use mig_lang::ast::Keyword;
use mig_plan::catalog::{Entity, Entry};
use mig_plan::{Catalog, Criticality, EntityRef, Schemas};
use rayon::prelude::*;

use super::World;
use super::cases::{
    ConsumerCase, ConsumerItem, Consumers, DatasetCase, DatasetItem, Datasets, NewTable, member_name,
};
use super::memory::{Memory, Question};
use super::predicate;
use super::readers::{Reader, Readers};
use super::tables::{TABLE, Table, TablesOf, table};
use crate::hir::{
    ConsumerFamily, Dataset, DatasetFamily, EntityUse, ItemRef, Place, Predicate, Program, Scale, Tables,
    Title,
};

/// Every dataset that moves.
pub(super) fn datasets<'a>(
    program: &'a Program,
    world: &World<'a>,
    memory: Option<(&Memory, usize)>,
    out: &mut Vec<Diagnostic>,
) -> Datasets<'a> {
    let mut taken = vec![false; world.catalog.len()];
    let singles: Vec<&Arc<Dataset>> = program.datasets.values().collect();
    let singles = singles.into_par_iter().with_min_len(64);
    let mut cases: Vec<DatasetCase> =
        singles.map(|dataset| single(dataset, Some(world.catalog), world.schemas)).collect();
    for case in &cases {
        let entries = case.entry.into_iter().chain(case.new_entity.and_then(|new| world.catalog.find(new)));
        take(&mut taken, entries);
    }
    let mut whole = none_left_out(program, [Keyword::Dataset, Keyword::Datasets]);
    let mut families: Vec<(&DatasetFamily, &Predicate, &Tables, &Tables)> = Vec::new();
    for family in in_source_order(program.dataset_families.values().map(Arc::as_ref), |family| &family.title)
    {
        match (&family.select, &family.old, &family.new) {
            (Some(predicate), Some(old), Some(new)) => families.push((family, predicate, old, new)),
            _ => whole = false,
        }
    }
    let entries: Vec<Entry> = world.catalog.entries().collect();
    let selected = |predicate| Question::whether(predicate, scale(program), memory);
    let selections: Vec<Question> = families.iter().map(|(_, predicate, ..)| selected(*predicate)).collect();
    let members = members(&selections, &entries, &taken);
    for ((family, _, old, new), members) in families.into_iter().zip(members) {
        if members.is_empty() {
            out.push(empty(
                &family.title,
                family.select_span,
                "no entity is selected that is not moved by an earlier item",
            ));
        }
        let members: Vec<Entry> =
            members.into_iter().filter_map(|place| entries.get(place).copied()).collect();
        let names = member_names(members.iter().map(|entry| entry.name));
        let tables = TablesOf::new(world, old);
        let found: Vec<(DatasetCase, Option<String>)> = members
            .into_par_iter()
            .zip(names)
            .map(|(entry, name)| {
                let (places, lost) = match tables.of(entry) {
                    Table::At(table) => {
                        let new = place(new, table.table());
                        let old = Place { table, kind: old.kind, span: old.span };
                        ((Some(Cow::Owned(old)), Some(Cow::Owned(new))), None)
                    }
                    Table::Unknown => ((None, None), None),
                    Table::Missing(wanted) => ((None, None), Some(format!("`{}` (`{wanted}`)", entry.name))),
                };
                let name = member_name(&family.title.name, &name);
                let entities = (Some(entry.name), Some(entry), None);
                (case(name, DatasetItem::Member(family), places, entities, world.schemas), lost)
            })
            .collect();
        let mut lost: Vec<String> = Vec::new();
        for (case, missing) in found {
            cases.push(case);
            lost.extend(missing);
        }
        if !lost.is_empty() {
            out.push(no_table(family, old, &lost));
        }
    }
    Datasets::new(cases, whole)
}

/// A dataset of its own. Without a catalog nothing is known of its entity.
pub(super) fn single<'a>(
    dataset: &'a Dataset,
    catalog: Option<&'a Catalog>,
    schemas: &'a Schemas,
) -> DatasetCase<'a> {
    let entity = |used: &'a Option<EntityUse>| used.as_ref().map(|used| &used.entity);
    let (old, new) = (entity(&dataset.old_entity), entity(&dataset.new_entity));
    let entry = old.and_then(|old| catalog?.find(old));
    let places = (dataset.old.as_ref().map(Cow::Borrowed), dataset.new.as_ref().map(Cow::Borrowed));
    case(dataset.title.name.clone(), DatasetItem::Single(dataset), places, (old, entry, new), schemas)
}

/// A dataset with what is known of its tables.
fn case<'a>(
    name: String,
    from: DatasetItem<'a>,
    (old, new): (Option<Cow<'a, Place>>, Option<Cow<'a, Place>>),
    (old_entity, entry, new_entity): (Option<&'a EntityRef>, Option<Entry<'a>>, Option<&'a EntityRef>),
    schemas: &'a Schemas,
) -> DatasetCase<'a> {
    let old_schema = old.as_ref().and_then(|old| schemas.table(&old.table));
    let new_schema = match &new {
        Some(new) if schemas.stores.contains_key(&new.table.store) => {
            schemas.table(&new.table).map_or(NewTable::ToBeMade, NewTable::Exists)
        }
        Some(_) | None => NewTable::Unknown,
    };
    DatasetCase { name, from, old, new, old_entity, entry, new_entity, old_schema, new_schema }
}

/// Every consumer that follows.
pub(super) fn consumers<'a>(
    program: &'a Program,
    world: &World<'a>,
    memory: Option<(&Memory, usize)>,
    datasets: &Datasets<'a>,
    out: &mut Vec<Diagnostic>,
) -> Consumers<'a> {
    let readers = Readers::new(world.catalog, datasets, memory);
    let scale = scale(program);
    let ranks = Question::criticality(scale, memory);
    let rank = |entry: Option<Entry>| ranks.rank(entry?);
    let mut cases = Vec::new();
    let mut taken = vec![false; world.catalog.len()];
    let mut whole = none_left_out(program, [Keyword::Consumer, Keyword::Consumers]);
    for consumer in program.consumers.values() {
        let entity = consumer.entity.as_ref().map(|used| &used.entity);
        let entry = entity.and_then(|entity| world.catalog.find(entity));
        take(&mut taken, entry);
        whole &= entity.is_some();
        let reads = match &consumer.reads {
            Some(items) => named_datasets(datasets, items, out).into(),
            None => {
                let related = entry.and_then(|entry| readers.of(entry));
                related.map_or_else(|| [].into(), |reader| Arc::clone(&reader.reads))
            }
        };
        cases.push(ConsumerCase {
            name: consumer.title.name.as_str().into(),
            from: ConsumerItem::Single(consumer),
            entity,
            entry,
            reads,
            rank: rank(entry),
        });
    }
    let mut families: Vec<(&ConsumerFamily, &Predicate)> = Vec::new();
    for family in in_source_order(program.consumer_families.values().map(Arc::as_ref), |family| &family.title)
    {
        match &family.select {
            Some(predicate) => families.push((family, predicate)),
            None => whole = false,
        }
    }
    let entries: Vec<Entry> = readers.all.iter().map(|reader| reader.entry).collect();
    let selected = |predicate| Question::whether(predicate, scale, memory);
    let selections: Vec<Question> = families.iter().map(|(_, predicate)| selected(*predicate)).collect();
    let members = members(&selections, &entries, &taken);
    for ((family, _), members) in families.into_iter().zip(members) {
        if members.is_empty() && datasets.whole {
            out.push(empty(
                &family.title,
                family.select_span,
                "no entity is selected that reads a moved dataset and that no earlier item names",
            ));
        }
        let members: Vec<&Reader> = members.into_iter().filter_map(|place| readers.all.get(place)).collect();
        let name = |name: &Cow<str>| member_name(&family.title.name, name).into();
        let named = || {
            let names = member_names(members.iter().map(|reader| reader.entry.name));
            names.iter().map(name).collect()
        };
        let places = || members.iter().map(|reader| reader.entry.place).collect();
        let names = match memory {
            Some((memory, _)) => memory.names(&family.title.name, places(), named),
            None => named(),
        };
        cases.par_extend(members.into_par_iter().zip(&*names).map(|(reader, name)| ConsumerCase {
            name: Arc::clone(name),
            from: ConsumerItem::Member(family),
            entity: Some(reader.entry.name),
            entry: Some(reader.entry),
            reads: Arc::clone(&reader.reads),
            rank: rank(Some(reader.entry)),
        }));
    }
    Consumers::new(cases, readers, whole)
}

/// Notes that entities are spoken for, each by its place in the catalog.
fn take<'a>(taken: &mut [bool], entries: impl IntoIterator<Item = Entry<'a>>) {
    for entry in entries {
        taken.get_mut(entry.place).into_iter().for_each(|taken| *taken = true);
    }
}

/// The members of families that take entities in that order: each is the first one's that selects it, unless it is
/// spoken for. As places among the entities.
fn members(selections: &[Question], entries: &[Entry], taken: &[bool]) -> Vec<Vec<usize>> {
    let family = |entry: &Entry| {
        if taken.get(entry.place) != Some(&false) {
            return None;
        }
        selections.iter().position(|selection| selection.holds(*entry))
    };
    // What an entity is asked is small, and there are many: each thread gets a run of them.
    let families: Vec<Option<usize>> = entries.par_iter().with_min_len(256).map(family).collect();
    let mut members = vec![Vec::new(); selections.len()];
    for (place, family) in families.into_iter().enumerate() {
        let members = family.and_then(|family| members.get_mut(family));
        members.into_iter().for_each(|members: &mut Vec<usize>| members.push(place));
    }
    members
}

/// How critical an entity is, where it says so on the scale.
pub(crate) fn criticality(scale: &Scale, entity: &Entity) -> Option<Criticality> {
    level(scale, predicate::criticality(entity, scale).ok()?)
}

/// The level of a rank.
pub(super) fn level(scale: &Scale, rank: u32) -> Option<Criticality> {
    let level = scale.levels.get(usize::try_from(rank).ok()?)?.clone();
    Some(Criticality { level, rank })
}

/// The datasets that items name, sorted, each once.
pub(super) fn named_datasets(
    datasets: &Datasets,
    items: &[ItemRef],
    out: &mut Vec<Diagnostic>,
) -> Vec<usize> {
    let mut places = Vec::new();
    for item in items {
        match datasets.of(item) {
            Some(found) => places.extend_from_slice(&found),
            None if datasets.whole => out.push(unknown_member(item, datasets.members(&item.name))),
            None => {}
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// The error for a member that a family does not have.
pub(super) fn unknown_member<'n>(item: &ItemRef, members: impl Iterator<Item = &'n str>) -> Diagnostic {
    let member = item.member.as_deref().unwrap_or_default();
    let error =
        Diagnostic::error("unknown-member", item.span, format!("`{}` has no member `{member}`", item.name));
    if let Some(near) = mig_lang::nearest(member, members) {
        let written = ItemRef { member: Some(near.to_owned()), ..item.clone() }.source_form();
        return error.here(format!("did you mean `{written}`?")).fix(
            format!("write `{written}`"),
            item.span,
            written,
        );
    }
    error.help(
        "The members of a family are the entities that it selects from the catalog, by their names; one that an item of its own names is not among them.",
    )
}

fn none_left_out(program: &Program, keywords: [Keyword; 2]) -> bool {
    !program.left_out.iter().any(|keyword| keywords.contains(keyword))
}

/// The migration's scale of criticality.
pub(super) fn scale(program: &Program) -> Option<&Scale> {
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

/// The members' names in their order: the entity's own, with namespace and kind only where they are needed.
fn member_names<'e>(entities: impl Iterator<Item = &'e EntityRef>) -> Vec<Cow<'e, str>> {
    let entities: Vec<&'e EntityRef> = entities.collect();
    let forms: [fn(&'e EntityRef) -> Cow<'e, str>; 3] = [
        |entity| entity.name().into(),
        |entity| format!("{}.{}", entity.namespace(), entity.name()).into(),
        |entity| format!("{}.{}.{}", entity.kind(), entity.namespace(), entity.name()).into(),
    ];
    let mut names: Vec<Cow<str>> = entities.iter().map(|entity| entity.name().into()).collect();
    let mut open: Vec<usize> = (0..entities.len()).collect();
    for form in forms {
        let mut named: Vec<(Cow<'e, str>, usize)> =
            open.iter().filter_map(|place| Some((form(entities.get(*place)?), *place))).collect();
        named.par_sort();
        open.clear();
        for same in named.chunk_by(|a, b| a.0 == b.0) {
            match same {
                [(name, place)] => {
                    names.get_mut(*place).into_iter().for_each(|into| into.clone_from(name));
                }
                several => open.extend(several.iter().map(|(_, place)| *place)),
            }
        }
    }
    names
}

fn place(tables: &Tables, table: &str) -> Place {
    Place { table: self::table(tables, table), kind: tables.kind, span: tables.span }
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
