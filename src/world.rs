//! The world around a migration: its catalog and the schemas of its stores, read once and given to the
//! compiler as values; the environment; the clock. The only place where the program reaches out.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;

use futures::future::join_all;
use mig_compiler::hir::{CatalogKind, CatalogSource, Program};
use mig_compiler::{Checked, Wanted};
use mig_lang::{Diagnostic, FileId, Severity, Sources, Span};
use mig_plan::{CanonicalError, Catalog, Estimate, Plan, PlanFile, Schemas, SourceFile, StoreConfig};
use mig_runtime::catalog::{self, CatalogProblem, read_backstage, read_files};
use mig_runtime::execute::Context;
use mig_runtime::settings::Environment;
use mig_runtime::state::RunState;
use mig_runtime::store::{self, Store, StoreError};

use crate::command::target::{Target, state_problem};
use crate::console::Console;
use crate::problem::{Failure, Findings, Problem};
use crate::render::diagnostic;
use crate::workspace::{Workspace, read_text, shown};

/// The environment's variables, those that are not Unicode left out.
pub(crate) fn environment() -> Environment {
    let variables = std::env::vars_os();
    Environment::new(
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

/// What a run is given besides its plan.
pub(crate) fn context(target: &Target) -> Context {
    Context::new(target.folder.clone(), target.state.clone(), environment())
}

/// Runs a future to its end on threads of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Problem::new(
            "no-runtime",
            format!("the system gives no threads: {error}"),
            "Check the limits of processes and open files (`ulimit -a`).",
        )
    })?;
    Ok(runtime.block_on(future))
}

/// A plan that was made just now, with what there is to say about its sources.
#[derive(Debug)]
pub(crate) struct Planned {
    /// The plan.
    pub(crate) plan: Plan,
    /// What the datasets weigh.
    estimates: BTreeMap<String, Estimate>,
    /// Warnings.
    pub(crate) findings: Findings,
}

impl Planned {
    /// As a plan file that finds its migration's folder there.
    pub(crate) fn file(&self, folder: String) -> Result<PlanFile, Problem> {
        PlanFile::new(self.plan.clone(), folder, self.estimates.clone()).map_err(|error| {
            let message = format!("the plan cannot be written: {error}");
            Problem::new("unwritable", message, "This is a fault of mig; please report it.")
        })
    }

    /// Shows the warnings.
    pub(crate) fn warn(&self, console: Console) {
        if !self.findings.diagnostics.is_empty() {
            console.say(&diagnostic::findings(&self.findings, crate::look(console), console.width()));
        }
    }
}

/// Which tables of a store are wanted: these, or all with `None`.
type Tables = Option<BTreeSet<Vec<String>>>;

/// What was read for a program.
struct World {
    catalog: Catalog,
    schemas: Schemas,
    /// The stores that could be opened.
    stores: BTreeMap<String, Store>,
    /// Whether a part of the catalog is missing, so that more would be found wrong than is.
    partial: bool,
}

/// What can be said of a migration, sound or not.
pub(crate) struct Survey {
    /// The program; `None` without a migration.
    pub(crate) program: Option<Program>,
    /// The catalog.
    pub(crate) catalog: Catalog,
    /// The plan, of a sound one.
    pub(crate) plan: Option<Plan>,
    /// What keeps it from being planned.
    pub(crate) findings: Option<Findings>,
}

/// A program that was checked against its world.
struct Examined {
    program: Program,
    world: World,
    /// `None` with errors.
    checked: Option<Checked>,
    findings: Findings,
    digests: Vec<SourceFile>,
}

/// Checks the sources against the world and plans them.
pub(crate) fn planned(workspace: Workspace) -> Result<Planned, Failure> {
    let Examined { world, checked, findings, digests, .. } = examined(workspace)?;
    let Some(checked) = checked else { return Err(findings.into()) };
    let plan = mig_compiler::plan(&checked, digests);
    let estimates = block_on(estimates(&plan, &world.stores))?;
    Ok(Planned { plan, estimates, findings })
}

/// Checks the sources against the world, and says what is known whether or not they are sound. A catalog that
/// could not be read whole is a failure: nothing is known then.
pub(crate) fn survey(workspace: Workspace) -> Result<Survey, Failure> {
    let Examined { program, world, checked, findings, digests } = examined(workspace)?;
    if world.partial {
        return Err(findings.into());
    }
    let plan = checked.map(|checked| mig_compiler::plan(&checked, digests));
    let findings = if plan.is_some() { None } else { Some(findings) };
    Ok(Survey { program: Some(program), catalog: world.catalog, plan, findings })
}

fn examined(workspace: Workspace) -> Result<Examined, Problem> {
    let digests = workspace.digests();
    let Workspace { folder, mut sources, .. } = workspace;
    let mut diagnostics = Vec::new();
    let mut files = Vec::new();
    for (id, source) in sources.iter() {
        let (file, found) = mig_lang::parse(id, &source.text);
        files.push(file);
        diagnostics.extend(found);
    }
    let (program, found) = mig_compiler::resolve(&files);
    diagnostics.extend(found);
    let wanted = mig_compiler::wanted(&program);
    let world = block_on(read(&wanted, &folder, &mut sources, &mut diagnostics))?;
    let checked = if world.partial {
        None
    } else {
        let given = mig_compiler::World { catalog: &world.catalog, schemas: &world.schemas };
        let (checked, found) = mig_compiler::check(&program, &given);
        diagnostics.extend(found);
        checked
    };
    diagnostics.sort_by_key(|found| (found.span().file, found.span().start));
    let errors = diagnostics.iter().any(|found| found.severity == Severity::Error);
    let findings = Findings { sources, diagnostics };
    Ok(Examined { program, world, checked: checked.filter(|_| !errors), findings, digests })
}

/// Reads what a program is about; what cannot be read is said where the source names it.
async fn read(wanted: &Wanted, folder: &Path, sources: &mut Sources, out: &mut Vec<Diagnostic>) -> World {
    let before = out.len();
    let catalog = match &wanted.catalog {
        Some(source) => catalog(source, folder, sources, out).await,
        // The missing attribute has its diagnostic.
        None => Catalog::default(),
    };
    let faulty = out[before..].iter().any(|found| found.severity == Severity::Error);
    let partial = faulty || wanted.catalog.is_none();
    let configs = wanted.stores.iter().map(|(name, store)| (name.clone(), (store.config.clone(), None)));
    let Held { schemas, stores, problems } = held(&configs.collect(), folder).await;
    for (name, problem) in problems {
        let span = wanted.stores.get(&name).map(|store| store.span).unwrap_or_default();
        out.push(Diagnostic::error(problem.code, span, problem.message).help(problem.help));
    }
    World { catalog, schemas, stores, partial }
}

/// What the plan's datasets weigh, every store within its budget. A table that cannot be counted is left
/// out: that is for the run to find.
async fn estimates(plan: &Plan, stores: &BTreeMap<String, Store>) -> BTreeMap<String, Estimate> {
    let counted = plan.datasets.iter().map(|(name, dataset)| async move {
        let store = stores.get(&dataset.old.store)?;
        let _permit = store.budget.acquire().await.ok()?;
        let estimate = store.data.estimate(&dataset.old.path).await.ok()?;
        Some((name.clone(), estimate))
    });
    join_all(counted).await.into_iter().flatten().collect()
}

/// Reads the catalog; what is wrong with it is said where it is wrong, or where the source names it.
async fn catalog(
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
        CatalogKind::Backstage { url, token } => {
            let environment = environment();
            let resolved = environment.resolve(url).and_then(|url| {
                Ok((url, token.as_ref().map(|token| environment.resolve(token)).transpose()?))
            });
            let result = match resolved {
                Ok((url, token)) => read_backstage(&url, token.as_deref())
                    .await
                    .map_err(|error| ("catalog-unavailable", error.to_string())),
                Err(error) => Err(("unset-variable", error)),
            };
            result.unwrap_or_else(|(code, error)| {
                out.push(Diagnostic::error(code, source.span, error).here("the catalog is read from here"));
                Catalog::default()
            })
        }
    }
}

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

/// Why a plan is stale, in sentences; empty when it is not.
pub(crate) fn stale(target: &Target, file: &PlanFile) -> Result<Vec<String>, Problem> {
    let workspace = Workspace::read(&target.folder)?;
    let sources = workspace.digests();
    let plan = &file.plan;
    let mut stores: BTreeMap<String, (StoreConfig, Tables)> = BTreeMap::new();
    for table in plan.tables() {
        if let Some(config) = plan.stores.get(&table.store) {
            let (_, tables) =
                stores.entry(table.store.clone()).or_insert_with(|| (config.clone(), Some(BTreeSet::new())));
            if let Some(tables) = tables {
                tables.insert(table.path.clone());
            }
        }
    }
    // Sources that differ cannot say where the catalog is; they are reason enough.
    let catalog = if sources == plan.inputs.sources { Some(catalog_of(&workspace)?) } else { None };
    let digest = catalog.map_or(Ok(plan.inputs.catalog), |catalog| catalog.digest());
    let Held { schemas, problems, .. } = block_on(held(&stores, &target.folder))?;
    if let Some((_, problem)) = problems.into_iter().next() {
        return Err(problem);
    }
    let fault = |error: CanonicalError| {
        Problem::new("unwritable", error.to_string(), "This is a fault of mig; please report it.")
    };
    let state = RunState::new(plan).map_err(|error| state_problem(&error))?;
    mig_runtime::stale::stale(plan, &state, &sources, digest.map_err(fault)?, &schemas).map_err(fault)
}

/// The catalog that these sources name.
fn catalog_of(workspace: &Workspace) -> Result<Catalog, Problem> {
    let sources = &workspace.sources;
    let files: Vec<_> = sources.iter().map(|(id, source)| mig_lang::parse(id, &source.text).0).collect();
    let (program, _) = mig_compiler::resolve(&files);
    let Some(source) = mig_compiler::wanted(&program).catalog else { return Ok(Catalog::default()) };
    catalog_at(&source, &workspace.folder)
}

/// A catalog by itself. Its patterns are relative to the folder.
pub(crate) fn catalog_at(source: &CatalogSource, folder: &Path) -> Result<Catalog, Problem> {
    let mut found = Vec::new();
    let catalog = block_on(catalog(source, folder, &mut Sources::new(), &mut found))?;
    match found.iter().find(|found| found.severity == Severity::Error) {
        Some(fault) => {
            let help = fault.help.clone().unwrap_or_else(|| "Mend it, and run again.".to_owned());
            Err(Problem::new(fault.code, fault.message.as_str(), help))
        }
        None => Ok(catalog),
    }
}

/// What these stores hold, all of it.
pub(crate) fn schemas_of(
    stores: impl IntoIterator<Item = (String, StoreConfig)>,
    folder: &Path,
) -> Result<Schemas, Problem> {
    let stores = stores.into_iter().map(|(name, config)| (name, (config, None))).collect();
    let Held { schemas, problems, .. } = block_on(held(&stores, folder))?;
    match problems.into_iter().next() {
        Some((_, problem)) => Err(problem),
        None => Ok(schemas),
    }
}

/// Opens a store.
pub(crate) async fn opened(name: &str, config: &StoreConfig, folder: &Path) -> Result<Store, Problem> {
    let location = environment().resolve(&config.location).map_err(|error| {
        Problem::new(
            "unset-variable",
            format!("store `{name}`: {error}"),
            "Set the variable and run again. Its value is never shown or written down.",
        )
    })?;
    store::open(config, &location, folder).await.map_err(|error| unreachable_store(name, &error))
}

fn unreachable_store(name: &str, error: &StoreError) -> Problem {
    Problem::new(
        "store-unreachable",
        format!("store `{name}` cannot be read: {error}"),
        "Checking and planning read the stores' schemas as they are now. Check that the store is up, its address, and \
         that the user may read it.",
    )
}

/// What stores hold.
struct Held {
    schemas: Schemas,
    /// The stores that could be opened.
    stores: BTreeMap<String, Store>,
    /// Why others could not be opened or read.
    problems: Vec<(String, Problem)>,
}

/// Reads the schemas of these tables, every store at the same time.
async fn held(wanted: &BTreeMap<String, (StoreConfig, Tables)>, folder: &Path) -> Held {
    let read = wanted.iter().map(|(name, (config, tables))| async move {
        let result = async {
            let store = opened(name, config, folder).await?;
            let paths: Option<Vec<Vec<String>>> =
                tables.as_ref().map(|tables| tables.iter().cloned().collect());
            let schema = store.data.schema(paths.as_deref()).await;
            Ok((schema.map_err(|error| unreachable_store(name, &error))?, store))
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
