//! Migrations of any size, for benchmarks and for tests that count: takes a number of datasets, gives the
//! sources, the catalog and the schemas. The same number gives the same bytes; nothing is read or run.
//!
//! There are three shapes. [`families`] is a few hundred lines of source that select everything from the
//! catalog; [`written`] has an item for every dataset, as people write them; [`company`] has such items over many files,
//! in the catalog of a whole company. All compile without an error.

mod catalog;
mod chance;
mod folder;
mod names;
mod session;
mod source;
mod tables;

use mig_lang::{Sources, ast};
use mig_plan::{Catalog, Digest, Schemas, SourceFile};

pub use folder::{database, descriptors};
pub use session::{Buffers, Step, session};

/// A migration: what its author wrote, and the world that it is for.
#[derive(Debug)]
pub struct Migration {
    /// The `.mig` files.
    pub sources: Sources,
    /// The catalog, relations derived in both directions.
    pub catalog: Catalog,
    /// The tables of the old store; the new one is empty.
    pub schemas: Schemas,
}

/// Consumers for each dataset, each of which reads one to three of them.
pub const CONSUMERS_PER_DATASET: usize = 5;

/// A migration of so many datasets, and five times as many consumers, all selected by families.
pub fn families(datasets: usize) -> Migration {
    of(source::families(), datasets, datasets * CONSUMERS_PER_DATASET)
}

/// A migration with an item of about a kilobyte for each of so many datasets.
pub fn written(datasets: usize) -> Migration {
    of(source::written(datasets), datasets, datasets)
}

/// A migration of so many datasets with an item for each, over so many files, and five times as many consumers, in a
/// catalog of so many entities: those that it does not need have nothing to do with it.
pub fn company(datasets: usize, files: usize, entities: usize) -> Migration {
    let mut sources = Sources::new();
    for (path, text) in source::files(datasets, files) {
        sources.add(&path, &text);
    }
    let mut catalog = catalog::catalog(datasets, datasets * CONSUMERS_PER_DATASET);
    catalog::fill(&mut catalog, entities);
    Migration { sources, catalog, schemas: tables::schemas(datasets) }
}

fn of(text: String, datasets: usize, consumers: usize) -> Migration {
    let mut sources = Sources::new();
    sources.add("migration.mig", &text);
    Migration { sources, catalog: catalog::catalog(datasets, consumers), schemas: tables::schemas(datasets) }
}

impl Migration {
    /// The files' trees.
    ///
    /// # Panics
    /// When the parser has anything to say.
    pub fn trees(&self) -> Vec<ast::File> {
        let parsed = self.sources.iter().map(|(id, source)| mig_lang::parse(id, &source.text));
        parsed
            .map(|(tree, said)| {
                assert!(said.is_empty(), "{:?}", said.first());
                tree
            })
            .collect()
    }

    /// The files as a plan names them.
    pub fn files(&self) -> Vec<SourceFile> {
        let file = |source: &mig_lang::Source| SourceFile {
            path: source.path.clone(),
            digest: Digest::of(source.text.as_bytes()),
        };
        self.sources.iter().map(|(_, source)| file(source)).collect()
    }
}
