//! Reads the world as it is now: the catalog from files or a Backstage, the schemas from the stores.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::future::join_all;
use mig_compiler::hir::{CatalogKind, CatalogSource};
use mig_lang::{Diagnostic, FileId, Sources, Span};
use mig_plan::schema::StoreSchema;
use mig_plan::{
    Asked, Catalog, ColumnStatistics, Rows, Schemas, Setting, StoreConfig, StoreKind, is_pattern,
};
use mig_runtime::catalog::{self, BackstageReading, CatalogProblem, Pages, read_backstage, read_files};
use mig_runtime::store::{self, Store, StoreError};

use super::environment;
use crate::problem::Problem;
use crate::workspace::{read_text, shown};

/// Which tables of a store are wanted.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// All that it lists.
    pub(super) all: bool,
    /// These; beside all of them those that it does not list.
    pub(super) these: BTreeSet<Vec<String>>,
}

impl Tables {
    /// All tables, and those of the ones that are asked for which are never listed.
    pub(super) fn all<'a>(kind: StoreKind, asked: impl Iterator<Item = &'a Asked>) -> Self {
        let these = asked.filter_map(|asked| match asked {
            Asked::Table(path) => Some(path.clone()).filter(|path| is_pattern(kind, path)),
            Asked::TablesOf(_) => None,
        });
        Self { all: true, these: these.collect() }
    }
}

/// Reads the catalog; what is wrong with it is said where it is wrong, or where the source names it.
pub(super) async fn catalog(
    source: &CatalogSource,
    folder: &Path,
    sources: &mut Sources,
    out: &mut Vec<Diagnostic>,
) -> Catalog {
    match &source.kind {
        CatalogKind::Files { globs } => {
            let (catalog, problems) = read_files(folder, globs);
            out.extend(problems.iter().map(|problem| catalog_finding(problem, source.span, folder, sources)));
            catalog
        }
        CatalogKind::Backstage { url, token } => match backstage(url, token.as_ref(), folder).await {
            Ok(reading) => reading.catalog,
            Err(problem) => {
                let found = Diagnostic::error(problem.code, source.span, problem.message);
                out.push(found.here("the catalog is read from here").help(problem.help));
                Catalog::default()
            }
        },
    }
}

/// Reads a Backstage, without asking again for what has not changed since its pages were last kept in the folder.
pub(super) async fn backstage(
    url: &Setting,
    token: Option<&Setting>,
    folder: &Path,
) -> Result<BackstageReading, Problem> {
    let environment = environment();
    let unset = |error: String| {
        let help =
            "Set the variable and run again. A password or a token in it is never shown or written down.";
        Problem::new("unset-variable", error, help)
    };
    let url = environment.resolve(url).map_err(unset)?;
    let token = token.map(|token| environment.resolve(token)).transpose().map_err(unset)?;
    let known = std::fs::read_to_string(folder.join(PAGES)).unwrap_or_default();
    read_backstage(&url, token.as_deref(), &Pages::from_text(&known)).await.map_err(|error| {
        let help = "Check its address and its token, and that it is up. Where the folder holds a snapshot of it, as `mig catalog pull` writes one, checking needs no Backstage.";
        Problem::new("catalog-unavailable", error.to_string(), help)
    })
}

/// Where a Backstage's pages are kept, so that those that have not changed are not sent again: beside the journal, where
/// nothing is reviewed.
pub(super) const PAGES: &str = ".mig/catalog-pages.json";

/// A fault of a descriptor file, shown at its line.
fn catalog_finding(
    problem: &CatalogProblem,
    named: Span,
    folder: &Path,
    sources: &mut Sources,
) -> Diagnostic {
    let path = shown(&folder.join(&problem.file));
    let known = sources.iter().find(|(_, source)| source.path == path).map(|(id, _)| id);
    let file = known.or_else(|| {
        let text = read_text(&folder.join(&problem.file)).ok()?;
        Some(sources.add(path.as_str(), text))
    });
    let span = file.map_or(named, |file| line(file, sources.text(file), problem.line));
    let found = match problem.severity {
        catalog::Severity::Error => Diagnostic::error("bad-catalog", span, problem.message.as_str()),
        catalog::Severity::Warning => Diagnostic::warning("doubtful-catalog", span, problem.message.as_str()),
    };
    found.help(problem.help.as_str())
}

/// The span of a line without its blanks, from 1; the start of the file for 0.
fn line(file: FileId, text: &str, number: u32) -> Span {
    let number = usize::try_from(number).unwrap_or(0);
    let Some(before) = number.checked_sub(1) else { return Span { file, start: 0, end: 0 } };
    let Some(line) = text.split('\n').nth(before) else { return Span { file, start: 0, end: 0 } };
    let start: usize = text.split('\n').take(before).map(|line| line.len() + 1).sum();
    let blanks = line.len() - line.trim_start().len();
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { file, start: at(start + blanks), end: at(start + line.trim_end().len().max(blanks)) }
}

/// Opens a store.
pub(crate) async fn opened(name: &str, config: &StoreConfig, folder: &Path) -> Result<Store, Problem> {
    let location = environment().locate(config).map_err(|error| {
        Problem::new(
            "unset-variable",
            format!("store `{name}`: {error}"),
            "Set the variable and run again. A password or a token in it is never shown or written down.",
        )
    })?;
    store::open(config, location, folder).await.map_err(|error| unreachable_store(name, &error))
}

fn unreachable_store(name: &str, error: &StoreError) -> Problem {
    let help = match error {
        StoreError::Unavailable(_) | StoreError::Abandoned => {
            "Checking and planning read the stores' schemas as they are now. Check that the store is up, its address, \
             and that the user may read it."
        }
        // It answered, and what is in it is wrong.
        StoreError::Refused(_) | StoreError::Said { .. } => {
            "Checking and planning read the stores' schemas as they are now. Mend or remove what the message names, \
             and run again."
        }
    };
    Problem::new("store-unreachable", format!("store `{name}` cannot be read: {error}"), help)
}

/// What stores hold.
pub(super) struct Held {
    pub(super) schemas: Schemas,
    /// The stores that could be opened.
    pub(super) stores: BTreeMap<String, Store>,
    /// Why others could not be opened or read.
    pub(super) problems: Vec<(String, Problem)>,
}

impl Held {
    /// All of them, or why one could not be opened or read, and after it what is to be said of the others.
    pub(super) fn whole(self) -> Result<Self, Problem> {
        let mut problems = self.problems.iter().map(|(_, problem)| problem);
        match problems.next() {
            Some(first) => {
                let others: Vec<String> = problems.map(|problem| problem.message.clone()).collect();
                Err(first.clone().details(others))
            }
            None => Ok(self),
        }
    }
}

/// About how much the tables of a store hold.
#[derive(Default)]
pub(super) struct Weight {
    pub(super) rows: Vec<Rows>,
    pub(super) statistics: Vec<ColumnStatistics>,
}

/// About how much the tables hold, by store; one that cannot be counted is left out.
pub(super) async fn weights(schemas: &Schemas, stores: &BTreeMap<String, Store>) -> BTreeMap<String, Weight> {
    let tables = schemas.stores.iter().flat_map(|(name, schema)| {
        let store = stores.get(name);
        schema.tables.iter().filter_map(move |(path, table)| Some((name, store?, path, table)))
    });
    let counted = tables.map(|(name, store, path, table)| async move {
        let _permit = store.budget.acquire().await.ok()?;
        let rows = store.data.rows(path).await.ok()?;
        let statistics = store.data.statistics(path, table).await.unwrap_or_default();
        Some((name, Rows::new(path.clone(), rows), statistics))
    });
    let mut weights: BTreeMap<String, Weight> = BTreeMap::new();
    for (name, rows, statistics) in join_all(counted).await.into_iter().flatten() {
        let weight = weights.entry(name.clone()).or_default();
        weight.rows.push(rows);
        weight.statistics.extend(statistics);
    }
    weights
}

/// Reads the schemas of these tables, every store at the same time.
pub(super) async fn held(wanted: &BTreeMap<String, (StoreConfig, Tables)>, folder: &Path) -> Held {
    let read = wanted.iter().map(|(name, (config, tables))| async move {
        let result = async {
            let store = opened(name, config, folder).await?;
            let unreachable = |error: StoreError| unreachable_store(name, &error);
            let these: Vec<Vec<String>> = tables.these.iter().cloned().collect();
            let mut schema = StoreSchema::default();
            if tables.all {
                schema = store.data.schema(None).await.map_err(unreachable)?;
            }
            if !tables.all || !these.is_empty() {
                let more = store.data.schema(Some(&these)).await.map_err(unreachable)?;
                schema.tables.extend(more.tables);
            }
            Ok((schema, store))
        };
        (name.clone(), result.await)
    });
    let mut held = Held { schemas: Schemas::default(), stores: BTreeMap::new(), problems: Vec::new() };
    for (name, result) in join_all(read).await {
        match result {
            Ok((schema, store)) => {
                held.schemas.stores.insert(name.clone(), schema);
                held.stores.insert(name, store);
            }
            Err(problem) => held.problems.push((name, problem)),
        }
    }
    held
}
