//! The table of an entity: takes an entity of the catalog, gives the table that its annotation names, or else the one of its
//! name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use mig_plan::TableRef;
use mig_plan::catalog::Entry;
use mig_plan::schema::StoreSchema;

use super::World;
use crate::hir::Tables;

/// The annotation that says which table an entity is.
pub(crate) const TABLE: &str = "mig.dev/table";

/// The tables of a family's old side.
pub(super) struct TablesOf<'w> {
    tables: &'w Tables,
    /// What the store holds; `None` when it could not be read.
    store: Option<&'w StoreSchema>,
    /// The names of the tables there by their lower-case form, once one is looked for that way.
    lower: OnceLock<BTreeMap<String, Vec<&'w str>>>,
}

/// Where a member's table is.
pub(super) enum Table {
    At(TableRef),
    Missing(String),
    Unknown,
}

impl<'w> TablesOf<'w> {
    pub(super) fn new(world: &World<'w>, tables: &'w Tables) -> Self {
        Self { tables, store: world.schemas.stores.get(&tables.store), lower: OnceLock::new() }
    }

    /// The table that the entity's annotation names, or else the one of its name.
    pub(super) fn of(&self, entry: Entry) -> Table {
        let wanted = table_name(entry).into_owned();
        let Some(store) = self.store else { return Table::Unknown };
        let table = table(self.tables, &wanted);
        if store.tables.contains_key(&table.path) {
            return Table::At(table);
        }
        // One that says where it is has the path of a table of this schema.
        let said = table_path(entry).at(&table);
        if wanted.contains('.')
            && store.tables.contains_key(&said.path)
            && said.path.starts_with(&self.tables.prefix)
        {
            return Table::At(said);
        }
        let lower = self.lower.get_or_init(|| self.lower(store));
        match lower.get(&wanted.to_lowercase()).map(Vec::as_slice) {
            Some([one]) => Table::At(self::table(self.tables, one)),
            Some(_) | None => Table::Missing(wanted),
        }
    }

    fn lower(&self, store: &'w StoreSchema) -> BTreeMap<String, Vec<&'w str>> {
        let mut lower: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for path in store.tables.keys() {
            if let Some((table, prefix)) = path.split_last()
                && prefix == self.tables.prefix
            {
                lower.entry(table.to_lowercase()).or_default().push(table);
            }
        }
        lower
    }
}

/// The path of an entity's table, or the end of it: as its annotation says, `orders`, `sales.orders` or
/// `legacy.sales.orders`, or else its own name.
pub(super) struct TablePath(Vec<String>);

pub(super) fn table_path(entry: Entry<'_>) -> TablePath {
    let name = table_name(entry);
    TablePath(name.split('.').map(str::to_owned).collect())
}

impl TablePath {
    /// The table that it is beside another: in the same store, and the same schema unless it says one.
    pub(super) fn at(&self, beside: &TableRef) -> TableRef {
        let Self(own) = self;
        let own = match own.split_first() {
            Some((store, rest)) if *store == beside.store && !rest.is_empty() => rest,
            Some(_) | None => own,
        };
        let above = beside.path.len().saturating_sub(own.len());
        let path = beside.path.iter().take(above).chain(own).cloned().collect();
        TableRef { store: beside.store.clone(), path }
    }
}

/// The name of an entity's table.
fn table_name(entry: Entry<'_>) -> Cow<'_, str> {
    let annotations = entry.entity.metadata.get("annotations");
    let annotated = annotations.and_then(|annotations| annotations.as_object()?.get(TABLE)?.as_str());
    annotated.map_or_else(|| entry.name.name().replace('-', "_").into(), Cow::Borrowed)
}

/// A table among others.
pub(super) fn table(tables: &Tables, table: &str) -> TableRef {
    let path = tables.prefix.iter().map(String::as_str).chain([table]).map(str::to_owned).collect();
    TableRef { store: tables.store.clone(), path }
}
