//! Where what stands under the cursor is defined.
//!
//! An item where it is; a family's member where the family is; a new column on its line; the store of a table; the
//! consumer or dataset of an entity. A type's definition of a name is the item that stands behind it: of a column its
//! dataset, of a dataset its new store, of a consumer the datasets it reads.

use mig_lang::Span;
use mig_lang::ast::{Item, Statement};
use mig_plan::EntityRef;

use crate::snapshot::{Cursor, Folder};
use crate::symbol::{self, Meaning};

/// Where it is defined; several places for an entity that several items are about.
pub(crate) fn definition(cursor: Cursor<'_>) -> Vec<Span> {
    let Some(symbol) = symbol::at(cursor) else { return Vec::new() };
    let folder = cursor.folder;
    match symbol.meaning {
        Meaning::Item(name) => item(folder, &name).into_iter().collect(),
        Meaning::Member { family, member } => {
            // An item of its own may be about the member's entity; else the family makes it.
            let _ = member;
            item(folder, &family).into_iter().collect()
        }
        Meaning::NewColumn { dataset, column } => new_column(folder, &dataset, &column).into_iter().collect(),
        Meaning::OldColumn { dataset, column } => {
            // What an old column becomes is said where it is dropped or carried; its table is not in the sources.
            old_column(folder, &dataset, &column).into_iter().collect()
        }
        Meaning::Table { store, .. } => item(folder, &store).into_iter().collect(),
        Meaning::Entity(entity) => about(folder, &entity),
        Meaning::Keyword(_)
        | Meaning::Attribute(..)
        | Meaning::Statement(..)
        | Meaning::StoreKind(_)
        | Meaning::Type(_)
        | Meaning::Function(_)
        | Meaning::Action(_)
        | Meaning::Code(_)
        | Meaning::Variable(_)
        | Meaning::EntityPath(_)
        | Meaning::Metric(_) => Vec::new(),
    }
}

/// The items that stand behind it.
pub(crate) fn type_definition(cursor: Cursor<'_>) -> Vec<Span> {
    let Some(symbol) = symbol::at(cursor) else { return Vec::new() };
    let (folder, program) = (cursor.folder, cursor.folder.program());
    match symbol.meaning {
        Meaning::NewColumn { dataset, .. } | Meaning::OldColumn { dataset, .. } => {
            item(folder, &dataset).into_iter().collect()
        }
        Meaning::Item(name) => {
            if let Some(dataset) = program.datasets.get(&name) {
                let place = dataset.new.as_ref();
                place.and_then(|place| item(folder, &place.table.store)).into_iter().collect()
            } else if let Some(family) = program.dataset_families.get(&name) {
                let place = family.new.as_ref();
                place.and_then(|place| item(folder, &place.store)).into_iter().collect()
            } else if let Some(consumer) = program.consumers.get(&name) {
                let reads = consumer.reads.iter().flatten();
                reads.filter_map(|read| item(folder, &read.name)).collect()
            } else {
                Vec::new()
            }
        }
        Meaning::Member { .. }
        | Meaning::Table { .. }
        | Meaning::Entity(_)
        | Meaning::Keyword(_)
        | Meaning::Attribute(..)
        | Meaning::Statement(..)
        | Meaning::StoreKind(_)
        | Meaning::Type(_)
        | Meaning::Function(_)
        | Meaning::Action(_)
        | Meaning::Code(_)
        | Meaning::Variable(_)
        | Meaning::EntityPath(_)
        | Meaning::Metric(_) => definition(cursor),
    }
}

/// Where the name of an item stands.
pub(crate) fn item(folder: &Folder, name: &str) -> Option<Span> {
    folder.program().definitions.get(name).map(|definition| definition.name)
}

/// The tree of an item.
pub(crate) fn tree<'s>(folder: &'s Folder, name: &str) -> Option<&'s Item> {
    let definition = folder.program().definitions.get(name)?;
    let items = &folder.file(definition.name.file)?.tree().items;
    items.iter().find(|item| item.name.span == definition.name)
}

fn new_column(folder: &Folder, dataset: &str, column: &str) -> Option<Span> {
    let item = tree(folder, dataset)?;
    item.body.iter().find_map(|statement| match statement {
        Statement::Columns(columns) => {
            columns.columns.iter().find(|line| line.name.text == column).map(|line| line.name.span)
        }
        Statement::Attribute(_)
        | Statement::Drop(_)
        | Statement::Check(_)
        | Statement::When(_)
        | Statement::Then(_)
        | Statement::Irreversible { .. }
        | Statement::Allow(_)
        | Statement::Broken(_) => None,
    })
}

fn old_column(folder: &Folder, dataset: &str, column: &str) -> Option<Span> {
    let item = tree(folder, dataset)?;
    item.body.iter().find_map(|statement| match statement {
        Statement::Drop(drop) if drop.column.text == column => Some(drop.column.span),
        Statement::Columns(columns) => columns
            .columns
            .iter()
            .find(|line| line.name.text == column && line.value.is_none())
            .map(|line| line.name.span),
        Statement::Drop(_)
        | Statement::Attribute(_)
        | Statement::Check(_)
        | Statement::When(_)
        | Statement::Then(_)
        | Statement::Irreversible { .. }
        | Statement::Allow(_)
        | Statement::Broken(_) => None,
    })
}

/// The items that are about an entity.
fn about(folder: &Folder, entity: &EntityRef) -> Vec<Span> {
    let program = folder.program();
    let datasets = program.datasets.values().filter(|dataset| {
        [&dataset.old_entity, &dataset.new_entity].into_iter().flatten().any(|used| used.entity == *entity)
    });
    let consumers = program
        .consumers
        .values()
        .filter(|consumer| consumer.entity.as_ref().is_some_and(|used| used.entity == *entity));
    datasets
        .map(|dataset| dataset.title.name_span)
        .chain(consumers.map(|consumer| consumer.title.name_span))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{definition, type_definition};
    use crate::fixture::Fixture;

    const SHOP: &str = "
store legacy: sqlite { url = env.LEGACY }
store lake: postgres { url = env.LAKE }
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:orders
  key = order_id
  columns {
    order_id: int64 = order_no
    state
  }
  drop flag because \"unused\"
}
consumer billing: @component:billing {
  reads = [orders]
}
validation ok on orders {
  freshness within 5m of state
}
wave one {
  move = orders, consumers
  validation = [ok]
}
";

    fn shown(from: &str, to: &str) -> Vec<String> {
        let fixture = Fixture::file(&SHOP.replacen(from, to, 1));
        definition(fixture.cursor()).into_iter().map(|span| fixture.shown(span)).collect()
    }

    #[test]
    fn names_lead_to_what_they_name() {
        assert_eq!(shown("[ok]", "[o$0k]"), ["main.mig:16 ok"]);
        assert_eq!(shown("[orders]", "[orders$0]"), ["main.mig:4 orders"]);
        assert_eq!(shown("move = orders", "move = $0orders"), ["main.mig:4 orders"]);
        assert_eq!(shown("-> lake.sales", "-> la$0ke.sales"), ["main.mig:3 lake"]);
        assert_eq!(shown("key = order_id", "key = order$0_id"), ["main.mig:8 order_id"]);
        assert_eq!(shown("of state", "of st$0ate"), ["main.mig:9 state"]);
        assert_eq!(shown("@component:billing", "@component:bill$0ing"), ["main.mig:13 billing"]);
        assert_eq!(shown("env.LAKE", "env.LA$0KE"), Vec::<String>::new());
    }

    #[test]
    fn a_type_is_the_item_behind() {
        let shown = |from: &str, to: &str| -> Vec<String> {
            let fixture = Fixture::file(&SHOP.replacen(from, to, 1));
            type_definition(fixture.cursor()).into_iter().map(|span| fixture.shown(span)).collect()
        };
        assert_eq!(shown("[orders]", "[ord$0ers]"), ["main.mig:3 lake"]);
        assert_eq!(shown("consumer billing", "consumer bil$0ling"), ["main.mig:4 orders"]);
        assert_eq!(shown("of state", "of st$0ate"), ["main.mig:4 orders"]);
    }
}
