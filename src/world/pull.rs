//! Makes the snapshots of a migration from the world as it is now, and says what is different about them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use mig_compiler::hir::CatalogKind;
use mig_compiler::{Wanted, concerned};
use mig_lang::Severity;
use mig_plan::{Asked, Catalog, CatalogLock, Schemas, SchemasLock, StoreLock, TableRef};
use mig_runtime::catalog::Pages;

use super::lock::{self, CATALOG, SCHEMAS};
use super::read::{self, Held, PAGES, Tables, Weight, held};
use super::{block_on, drift};
use crate::problem::{Failure, Findings, Problem};
use crate::render::words::{count, counted, counted_len};
use crate::workspace::{Workspace, write_atomically};

/// What a pull found.
#[derive(Debug)]
pub(crate) enum Pulled {
    /// There is nothing to pull, for this reason.
    Needless(String),
    /// A snapshot of the world as it is now.
    Snapshot {
        /// Its file's name.
        file: &'static str,
        /// What is in it, in words.
        what: String,
        /// What is different from the file that is there, one a line; empty when nothing is.
        changes: Vec<String>,
        /// Tables that have about another number of rows, one a line: told, and no difference.
        grown: Vec<String>,
        /// Whether there was a file before.
        is_new: bool,
        /// The file's new text.
        text: String,
    },
}

/// What the sources want of the world, and the program for what else there is to ask.
fn program(workspace: &Workspace) -> Result<(mig_compiler::hir::Program, Wanted), Failure> {
    let mut diagnostics = Vec::new();
    let mut files = Vec::new();
    for (id, source) in workspace.sources.iter() {
        let (file, found) = mig_lang::parse(id, &source.text);
        files.push(file);
        diagnostics.extend(found);
    }
    let (program, found) = mig_compiler::resolve(&files);
    diagnostics.extend(found);
    // A place that cannot be read would be missing in the snapshot without a word.
    diagnostics.retain(|found| found.severity == Severity::Error);
    if !diagnostics.is_empty() {
        return Err(Findings { sources: workspace.sources.clone(), diagnostics }.into());
    }
    let wanted = mig_compiler::wanted(&program);
    Ok((program, wanted))
}

/// A snapshot of the catalog that the sources name.
pub(crate) fn pull_catalog(workspace: &Workspace) -> Result<Pulled, Failure> {
    let (program, wanted) = program(workspace)?;
    let folder = &workspace.folder;
    // Without one the sources have an error.
    let Some(source) = wanted.catalog else {
        return Ok(Pulled::Needless("The sources name no catalog.".to_owned()));
    };
    let (url, token) = match &source.kind {
        CatalogKind::Files { .. } => {
            let left = folder.join(CATALOG).exists();
            let left = if left { format!(" Remove `{CATALOG}`: nothing reads it.") } else { String::new() };
            return Ok(Pulled::Needless(format!(
                "The catalog is read from files, which are its own snapshot: checking them needs nothing else.{left}"
            )));
        }
        CatalogKind::Backstage { url, token } => (url, token),
    };
    let reading = block_on(read::backstage(url, token.as_ref(), folder))??;
    keep(folder, &reading.pages)?;
    let lock = CatalogLock::new(url, reading.catalog);
    let world = mig_compiler::World { catalog: &lock.catalog, schemas: &Schemas::default() };
    let ours = concerned(&program, &world).entities.into_iter();
    let ours = ours.filter(|name| lock.catalog.get(name).is_some()).count();
    let dangling = dangling(&lock.catalog);
    let mut what = format!("{}, {ours} of them of this migration", counted_len(lock.catalog.len(), "entity"));
    if let Some(first) = dangling.first() {
        let count = counted_len(dangling.len(), "relation");
        what.push_str(&format!("; {count} to what the catalog does not have, such as {first}"));
    }
    let (changes, is_new) = match lock::read_catalog(folder) {
        Ok(Some(before)) => (catalog_changes(&before, &lock), false),
        Ok(None) => (vec![format!("{CATALOG} is new")], true),
        Err(problem) => (vec![problem.message], false),
    };
    let text = lock.to_text().map_err(|error| lock::unwritable(&error))?;
    Ok(Pulled::Snapshot { file: CATALOG, what, changes, grown: Vec::new(), is_new, text })
}

/// Relations that lead to what the catalog does not have; Backstage was asked for each by its name.
fn dangling(catalog: &Catalog) -> Vec<String> {
    let mut found = Vec::new();
    for (name, entity) in catalog.iter() {
        let lost = entity.relations.iter().filter(|relation| catalog.get(&relation.target).is_none());
        found.extend(lost.map(|relation| format!("{name}: {} {}", relation.kind, relation.target)));
    }
    found
}

fn catalog_changes(before: &CatalogLock, after: &CatalogLock) -> Vec<String> {
    let mut told = Vec::new();
    if before.source != after.source {
        told.push(format!("it was of {} and is of {}", before.source, after.source));
    }
    let changes = drift::entity_changes(&before.catalog, &after.catalog);
    if !changes.is_empty() {
        told.push(drift::summary(&changes));
        told.extend(changes.iter().map(|(name, what)| format!("{name} {what}")));
    }
    told
}

/// Keeps a Backstage's pages beside the journal.
fn keep(folder: &Path, pages: &Pages) -> Result<(), Problem> {
    let path = folder.join(PAGES);
    if let Some(around) = path.parent().filter(|around| !around.exists()) {
        let made = fs::create_dir_all(around).and_then(|()| fs::write(around.join(".gitignore"), "*\n"));
        made.map_err(|error| Problem::unwritable(around, &error))?;
    }
    write_atomically(&path, pages.to_text().as_bytes())
}

/// A snapshot of the tables that the sources name.
pub(crate) fn pull_schemas(workspace: &Workspace) -> Result<Pulled, Failure> {
    let (_, wanted) = program(workspace)?;
    let folder = &workspace.folder;
    let asked: BTreeMap<&String, BTreeSet<Asked>> = wanted
        .stores
        .iter()
        .map(|(name, store)| {
            (name, store.asked.iter().map(|asked| asked.value.clone()).collect::<BTreeSet<_>>())
        })
        .filter(|(_, asked)| !asked.is_empty())
        .collect();
    let configs = asked.iter().filter_map(|(name, asked)| {
        let store = wanted.stores.get(*name)?;
        let these = asked.iter().map(|asked| match asked {
            Asked::Table(path) => Some(path.clone()),
            Asked::TablesOf(_) => None,
        });
        // The tables below a prefix are known only when all are.
        let tables = match these.collect::<Option<_>>() {
            Some(these) => Tables { all: false, these },
            None => Tables::all(store.config.kind, asked.iter()),
        };
        Some(((*name).clone(), (store.config.clone(), tables)))
    });
    let configs = configs.collect();
    let (mut schemas, mut weights) = block_on(async {
        let Held { mut schemas, stores, .. } = held(&configs, folder).await.whole()?;
        for (name, store) in &mut schemas.stores {
            let asked = asked.get(name);
            store.tables.retain(|path, _| asked.into_iter().flatten().any(|asked| asked.covers(path)));
        }
        let weights = read::weights(&schemas, &stores).await;
        Ok::<_, Problem>((schemas, weights))
    })??;
    let mut lock = SchemasLock::default();
    for (name, asked) in asked {
        if let (Some(store), Some(schema)) = (wanted.stores.get(name), schemas.stores.remove(name)) {
            let Weight { rows, statistics } = weights.remove(name).unwrap_or_default();
            let store = StoreLock::new(&store.config, asked, schema);
            lock.stores.insert(name.clone(), store.with_rows(rows).with_statistics(statistics));
        }
    }
    let tables = lock.stores.values().map(|store| store.schema.tables.len()).sum();
    let what = format!("{} of {}", counted_len(tables, "table"), counted_len(lock.stores.len(), "store"));
    let (changes, grown, is_new) = match lock::read_schemas(folder) {
        Ok(Some(before)) => (drift::table_changes(&before, &lock), grown(&before, &lock), false),
        Ok(None) => (vec![format!("{SCHEMAS} is new")], Vec::new(), true),
        Err(problem) => (vec![problem.message], Vec::new(), false),
    };
    let text = lock.to_text().map_err(|error| lock::unwritable(&error))?;
    Ok(Pulled::Snapshot { file: SCHEMAS, what, changes, grown, is_new, text })
}

/// Tables that have about another number of rows than they had, or columns with other statistics.
fn grown(before: &SchemasLock, after: &SchemasLock) -> Vec<String> {
    let was = before.rows();
    let told = after.rows().into_iter().filter_map(|(table, is)| match was.get(&table) {
        Some(was) if *was == is => None,
        Some(was) => Some(format!("{table}: about {} (it was {})", counted(is, "row"), count(*was))),
        None => Some(format!("{table}: about {}", counted(is, "row"))),
    });
    let (was, is) = (before.statistics(), after.statistics());
    let differs = |column: &&(TableRef, String)| was.get(*column) != is.get(*column);
    let tables: BTreeSet<&TableRef> =
        was.keys().chain(is.keys()).filter(differs).map(|(table, _)| table).collect();
    let others = tables.into_iter().map(|table| format!("{table}: other statistics of its columns"));
    told.chain(others).collect()
}
