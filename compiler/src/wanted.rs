//! What a program wants of the world: where its catalog comes from and which stores it names, so that
//! both can be read before the program is checked. Works on programs with errors.

use std::collections::BTreeMap;

use mig_lang::{Span, Spanned};
use mig_plan::{Asked, StoreConfig};

use crate::hir::{ActionKind, CatalogSource, CutOver, Place, Program, Tables};

/// What must be read before a program is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Where the catalog comes from; `None` when the program does not say, or not in a way that can be read.
    pub catalog: Option<CatalogSource>,
    /// The stores whose configuration could be read, by name.
    pub stores: BTreeMap<String, WantedStore>,
}

/// A store to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedStore {
    /// How it is reached.
    pub config: StoreConfig,
    /// Where its name stands, for what is to be said of it.
    pub span: Span,
    /// The tables and views that the program names in it, in source order: no other matters to it.
    pub asked: Vec<Spanned<Asked>>,
}

/// What a program wants of the world.
pub fn wanted(program: &Program) -> Wanted {
    let mut asked = asked(program);
    let stores = program.stores.iter().filter_map(|(name, store)| {
        let config = store.config.clone()?;
        let asked = asked.remove(name.as_str()).unwrap_or_default();
        Some((name.clone(), WantedStore { config, span: store.title.name_span, asked }))
    });
    Wanted {
        catalog: program.migration.as_ref().and_then(|migration| migration.catalog.clone()),
        stores: stores.collect(),
    }
}

/// Every place that the program names, by store.
fn asked(program: &Program) -> BTreeMap<&str, Vec<Spanned<Asked>>> {
    let mut places: Vec<&Place> = Vec::new();
    let mut tables: Vec<&Tables> = Vec::new();
    let mut cut_overs: Vec<&CutOver> = Vec::new();
    for dataset in program.datasets.values() {
        places.extend(dataset.old.iter().chain(&dataset.new));
        cut_overs.push(&dataset.cut_over);
    }
    for family in program.dataset_families.values() {
        tables.extend(family.old.iter().chain(&family.new));
        cut_overs.push(&family.cut_over);
    }
    cut_overs.extend(program.consumers.values().map(|consumer| &consumer.cut_over));
    cut_overs.extend(program.consumer_families.values().map(|family| &family.cut_over));
    for action in cut_overs.into_iter().flat_map(|cut_over| &cut_over.actions) {
        if let ActionKind::View { view, .. } = &action.kind {
            places.push(view);
        }
    }
    let mut asked: BTreeMap<&str, Vec<Spanned<Asked>>> = BTreeMap::new();
    for place in places {
        let value = Asked::Table(place.table.path.clone());
        asked.entry(&place.table.store).or_default().push(Spanned { value, span: place.span });
    }
    for tables in tables {
        let value = Asked::TablesOf(tables.prefix.clone());
        asked.entry(&tables.store).or_default().push(Spanned { value, span: tables.span });
    }
    asked.values_mut().for_each(|asked| asked.sort_by_key(|asked| asked.span));
    asked
}
