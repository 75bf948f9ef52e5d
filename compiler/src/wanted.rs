//! What a program wants of the world: where its catalog comes from and which stores it names, so that
//! both can be read before the program is checked. Works on programs with errors.

use std::collections::BTreeMap;

use mig_lang::Span;
use mig_plan::StoreConfig;

use crate::hir::{CatalogSource, Program};

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
}

/// What a program wants of the world.
pub fn wanted(program: &Program) -> Wanted {
    let stores = program.stores.iter().filter_map(|(name, store)| {
        let config = store.config.clone()?;
        Some((name.clone(), WantedStore { config, span: store.title.name_span }))
    });
    Wanted {
        catalog: program.migration.as_ref().and_then(|migration| migration.catalog.clone()),
        stores: stores.collect(),
    }
}
