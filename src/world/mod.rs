//! The world around a migration: its catalog and the schemas of its stores, read once, or taken from the snapshots in its
//! folder, and given to the compiler as values; the environment; the clock. The only place where the program reaches out.

mod drift;
mod known;
mod lock;
mod pull;
mod read;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;

use futures::future::join_all;
use mig_compiler::hir::{CatalogSource, Program};
use mig_compiler::{Checked, Wanted};
use mig_lang::{Diagnostic, Severity, Sources};
use mig_plan::{
    Allowed, CanonicalError, Catalog, Estimate, Plan, PlanFile, Schemas, SourceFile, StoreConfig,
};
use mig_runtime::execute::Context;
use mig_runtime::settings::Environment;
use mig_runtime::state::RunState;
use mig_runtime::store::Store;

use crate::command::target::{Target, state_problem};
use crate::console::Console;
use crate::problem::{Failure, Findings, Problem};
use crate::render::diagnostic;
use crate::workspace::Workspace;
pub(crate) use known::known;
use lock::Locks;
pub(crate) use pull::{Pulled, pull_catalog, pull_schemas};
pub(crate) use read::opened;
use read::{Held, Tables, catalog, held};

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
    /// The snapshots that it was made from in place of the world, as a person calls them.
    pub(crate) snapshots: Vec<String>,
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
            console.say(&diagnostic::findings(&self.findings, crate::look(console.err()), console.width()));
        }
    }
}

/// Where the world is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In the snapshots of the folder, and live where it has none.
    Snapshots,
    /// Live, compared with the snapshots of the folder.
    Live,
}

/// What was read for a program.
#[derive(Default)]
struct World {
    catalog: Catalog,
    schemas: Schemas,
    /// The stores that could be opened.
    stores: BTreeMap<String, Store>,
    /// Whether a part of the catalog is missing, so that more would be found wrong than is.
    partial: bool,
    /// The snapshots that stand for the world.
    snapshots: Vec<String>,
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
    /// The warnings that the sources allow.
    allowed: Vec<Allowed>,
}

/// Checks the sources against the world as it is now and plans them.
pub(crate) fn planned(workspace: Workspace) -> Result<Planned, Failure> {
    checked(workspace, Reading::Live)
}

/// Checks the sources and plans them. What is not read has no weight: nobody is asked for it.
pub(crate) fn checked(workspace: Workspace, reading: Reading) -> Result<Planned, Failure> {
    let Examined { world, checked, findings, digests, allowed, .. } = examined(workspace, reading)?;
    let Some(checked) = checked else { return Err(findings.into()) };
    let plan = Plan { allowed, ..mig_compiler::plan(checked, digests) };
    let estimates = block_on(estimates(&plan, &world.stores))?;
    Ok(Planned { plan, estimates, findings, snapshots: world.snapshots })
}

/// Checks the sources against the snapshots, or the world where there are none, and says what is known whether or not they are sound. A catalog that
/// could not be read whole is a failure: nothing is known then.
pub(crate) fn survey(workspace: Workspace) -> Result<Survey, Failure> {
    let Examined { program, world, checked, findings, digests, allowed } =
        examined(workspace, Reading::Snapshots)?;
    if world.partial {
        return Err(findings.into());
    }
    let plan = checked.map(|checked| Plan { allowed, ..mig_compiler::plan(checked, digests) });
    let findings = if plan.is_some() { None } else { Some(findings) };
    Ok(Survey { program: Some(program), catalog: world.catalog, plan, findings })
}

fn examined(workspace: Workspace, reading: Reading) -> Result<Examined, Problem> {
    let digests = workspace.digests();
    let Workspace { folder, mut sources, .. } = workspace;
    let locks = Locks::read(&folder)?;
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
    let mut world = World::default();
    let mut outdated = drift::outdated(&wanted, &locks);
    // Of several migrations in one folder nobody knows whose world it is.
    let several = diagnostics.iter().any(|found| found.code == "two-migrations");
    if several {
        world.partial = true;
        outdated.clear();
    } else {
        match reading {
            Reading::Snapshots => {
                block_on(world.take(&wanted, &locks, &folder, &mut sources, &mut diagnostics))?;
            }
            Reading::Live => {
                block_on(world.read(&wanted, &folder, &mut sources, &mut diagnostics))?;
                diagnostics.extend(world.compare(&program, &wanted, &locks));
            }
        }
    }
    let checked = if world.partial {
        None
    } else {
        let given = mig_compiler::World { catalog: &world.catalog, schemas: &world.schemas };
        let (checked, mut found) = mig_compiler::check(&program, &given);
        drift::without_echoes(reading, &mut found, &mut outdated);
        diagnostics.extend(found);
        checked
    };
    diagnostics.extend(outdated);
    diagnostics.sort_by_key(|found| (found.span().file, found.span().start));
    let (diagnostics, allowed) = mig_compiler::allow(&program, diagnostics);
    let errors = diagnostics.iter().any(|found| found.severity == Severity::Error);
    let findings = Findings { sources, diagnostics };
    let checked = checked.filter(|_| !errors);
    Ok(Examined { program, world, checked, findings, digests, allowed })
}

impl World {
    /// Reads what a program is about; what cannot be read is said where the source names it.
    async fn read(
        &mut self,
        wanted: &Wanted,
        folder: &Path,
        sources: &mut Sources,
        out: &mut Vec<Diagnostic>,
    ) {
        self.read_catalog(wanted, folder, sources, out).await;
        self.read_schemas(wanted, folder, out).await;
    }

    /// Takes what a program is about from its snapshots, and reads what they do not have.
    async fn take(
        &mut self,
        wanted: &Wanted,
        locks: &Locks,
        folder: &Path,
        sources: &mut Sources,
        out: &mut Vec<Diagnostic>,
    ) {
        match locks.catalog_of(wanted) {
            Some(lock) => {
                self.catalog = lock.catalog.clone();
                self.snapshots.push(lock::name_of_catalog(lock));
            }
            // It is of another Backstage, which has been said; nobody is asked in its stead.
            None if locks.catalog.is_some() && !drift::has_file_catalog(wanted) => self.partial = true,
            None => self.read_catalog(wanted, folder, sources, out).await,
        }
        match &locks.schemas {
            Some(lock) => {
                self.schemas = lock.schemas();
                self.schemas.stores.retain(|name, _| drift::is_current(wanted, lock, name));
                self.snapshots.push(lock::name_of_schemas(lock));
            }
            None => self.read_schemas(wanted, folder, out).await,
        }
    }

    async fn read_catalog(
        &mut self,
        wanted: &Wanted,
        folder: &Path,
        sources: &mut Sources,
        out: &mut Vec<Diagnostic>,
    ) {
        let before = out.len();
        // The missing attribute has its diagnostic.
        if let Some(source) = &wanted.catalog {
            self.catalog = catalog(source, folder, sources, out).await;
        }
        let faulty = out[before..].iter().any(|found| found.severity == Severity::Error);
        self.partial = faulty || wanted.catalog.is_none();
    }

    async fn read_schemas(&mut self, wanted: &Wanted, folder: &Path, out: &mut Vec<Diagnostic>) {
        let configs = wanted.stores.iter().map(|(name, store)| {
            let tables = Tables::all(store.config.kind, store.asked.iter().map(|asked| &asked.value));
            (name.clone(), (store.config.clone(), tables))
        });
        let Held { schemas, stores, problems } = held(&configs.collect(), folder).await;
        for (name, problem) in problems {
            let span = wanted.stores.get(&name).map(|store| store.span).unwrap_or_default();
            out.push(Diagnostic::error(problem.code, span, problem.message).help(problem.help));
        }
        (self.schemas, self.stores) = (schemas, stores);
    }

    /// Compares what was read with the snapshots. Where it differs in a way that stops the plan, what the sources are checked
    /// against is the snapshot again, so that one change gives one diagnostic.
    fn compare(&mut self, program: &Program, wanted: &Wanted, locks: &Locks) -> Vec<Diagnostic> {
        let catalog = locks.catalog_of(wanted).map(|lock| &lock.catalog);
        if self.partial || (catalog.is_none() && locks.schemas.is_none()) {
            return Vec::new();
        }
        let mut schemas = self.schemas.clone();
        if let Some(lock) = &locks.schemas {
            for (name, store) in &lock.stores {
                if self.schemas.stores.contains_key(name) && drift::is_current(wanted, lock, name) {
                    schemas.stores.insert(name.clone(), store.schema.clone());
                }
            }
        }
        let before = drift::Side { catalog: catalog.unwrap_or(&self.catalog), schemas: &schemas };
        let after = drift::Side { catalog: &self.catalog, schemas: &self.schemas };
        let found = drift::drift(program, wanted, locks, before, after);
        if found.iter().any(|found| found.severity == Severity::Error) {
            let catalog = catalog.cloned();
            self.schemas = schemas;
            self.catalog = catalog.unwrap_or_else(|| std::mem::take(&mut self.catalog));
        }
        found
    }
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

/// Why a plan is stale, in sentences; empty when it is not.
pub(crate) fn stale(target: &Target, file: &PlanFile) -> Result<Vec<String>, Problem> {
    let workspace = Workspace::read(&target.folder)?;
    let sources = workspace.digests();
    let plan = &file.plan;
    let mut stores: BTreeMap<String, (StoreConfig, Tables)> = BTreeMap::new();
    for table in plan.tables() {
        if let Some(config) = plan.stores.get(&table.store) {
            let (_, tables) =
                stores.entry(table.store.clone()).or_insert_with(|| (config.clone(), Tables::default()));
            tables.these.insert(table.path.clone());
        }
    }
    // Sources that differ cannot say where the catalog is; they are reason enough.
    let catalog = if sources == plan.inputs.sources { Some(catalog_of(&workspace)?) } else { None };
    let digest = catalog.map_or(Ok(plan.inputs.catalog), |catalog| catalog.digest());
    let Held { schemas, .. } = block_on(held(&stores, &target.folder))?.whole()?;
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
    let stores = stores.into_iter().map(|(name, config)| {
        let tables = Tables::all(config.kind, std::iter::empty());
        (name, (config, tables))
    });
    let stores = stores.collect();
    Ok(block_on(held(&stores, folder))?.whole()?.schemas)
}
