//! `mig diff`: two tables, row by row.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mig_lang::{Sources, nearest, parse_expression};
use mig_plan::{ColumnType, Dataset, Expr, FailureKind, PlanFile, StoreConfig, TableRef};
use mig_runtime::compare::{Diff, Matched, Unmatched, diff, mappings, match_tables};
use mig_runtime::eval::{Mapping, MappingError};
use mig_runtime::progress::Progress;
use mig_runtime::store::Store;
use mig_runtime::transfer::TransferError;

use crate::args::{DiffArgs, DiffFormat};
use crate::command::target::Target;
use crate::console::Console;
use crate::diff::{ComparedColumn, Report, SkippedColumn, SpecError, TableSpec, Verdict, human, json, page};
use crate::exit::Exit;
use crate::problem::{Failure, Findings, Problem};
use crate::progress::Counting;
use crate::render::words::{listed, quoted, safe};
use crate::workspace::{Workspace, shown, write_atomically};
use crate::world::{block_on, opened, planned};

/// Rows in a chunk of tables that no migration says it of.
const CHUNK_ROWS: u64 = 50_000;
/// Why columns are left out that a person did not name.
const NOT_ASKED_FOR: &str = "not asked for";

/// Compares, and says what differs.
pub(crate) fn run(args: &DiffArgs, console: Console) -> Result<Exit, Failure> {
    let reports = match (&args.old, &args.new) {
        (Some(old), Some(new)) => {
            let (old, new) = (spec("--old", old)?, spec("--new", new)?);
            vec![block_on(of_tables(args, &old, &new, console))??]
        }
        _ => {
            no_table(&args.target)?;
            of_migration(args, console)?
        }
    };
    let verdicts: Vec<Verdict> = reports.iter().map(Report::verdict).collect();
    let verdict = if verdicts.contains(&Verdict::Different) {
        Verdict::Different
    } else if verdicts.contains(&Verdict::EqualAsFarAsCompared) {
        Verdict::EqualAsFarAsCompared
    } else {
        Verdict::Equal
    };
    let text = match args.format {
        DiffFormat::Human => human(&reports, console.width()),
        DiffFormat::Json => format!("{:#}\n", json(&reports, verdict)),
        DiffFormat::Html => page(&reports, verdict),
    };
    match &args.out {
        None => console.print(&text)?,
        Some(path) => {
            write_atomically(path, text.as_bytes())?;
            console.say(&format!("{}. Written to {}.\n", verdict.title(), quoted(&shown(path))));
        }
    }
    Ok(match verdict {
        Verdict::Equal | Verdict::EqualAsFarAsCompared => Exit::Done,
        Verdict::Different => Exit::Refused,
    })
}

/// A table as the command line names it. Not left to the argument parser, which would repeat what it refuses.
fn spec(option: &str, text: &str) -> Result<TableSpec, Problem> {
    text.parse().map_err(|error: SpecError| {
        Problem::new("usage", format!("`{option}` {}", error.what), format!("{}.", error.help))
    })
}

/// Refuses a table where a folder belongs, as whoever knows `diff A B` writes it.
fn no_table(target: &Path) -> Result<(), Problem> {
    let table = target.to_str().filter(|_| !target.exists()).and_then(|text| text.parse::<TableSpec>().ok());
    let Some(table) = table.map(|table| table.to_string()) else { return Ok(()) };
    Err(Problem::new(
        "usage",
        format!("`{}` is a table, and no folder or plan", safe(&table)),
        format!("Two tables are compared by `mig diff --old {} --new STORE`.", quoted(&safe(&table))),
    ))
}

/// Two tables and what is asked of them.
struct Asked<'a> {
    old: (&'a Store, Arc<Mapping>),
    new: (&'a Store, Arc<Mapping>),
    condition: Option<Expr>,
    chunk_rows: u64,
}

/// The datasets of a migration: of the plan file, of the folder's last run, or of the plan that it gives now.
fn of_migration(args: &DiffArgs, console: Console) -> Result<Vec<Report>, Failure> {
    let target = Target::of(&args.target, &args.run)?;
    let file = plan_of(&target)?;
    let plan = &file.plan;
    let unknown = args.datasets.iter().find(|name| !plan.datasets.contains_key(*name));
    if let Some(unknown) = unknown {
        let near = nearest(unknown, plan.datasets.keys().map(String::as_str));
        let known: Vec<&str> = plan.datasets.keys().map(String::as_str).collect();
        let help = match near {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("It has {}.", listed(&known)),
        };
        let message = format!("the migration has no dataset `{unknown}`");
        return Err(Problem::new("unknown-dataset", message, help).into());
    }
    let chosen =
        plan.datasets.iter().filter(|(name, _)| args.datasets.is_empty() || args.datasets.contains(name));
    block_on(async {
        let mut reports = Vec::new();
        for (name, dataset) in chosen {
            let store = |table: &TableRef| {
                let missing = || {
                    Problem::new(
                        "bad-plan",
                        format!("the plan has no store {}", table.store),
                        "Make it again.",
                    )
                };
                plan.stores.get(&table.store).ok_or_else(missing)
            };
            let (old, new) = (store(&dataset.old)?, store(&dataset.new)?);
            let old = open(&dataset.old.store, old, &target.folder).await?;
            let new = open(&dataset.new.store, new, &target.folder).await?;
            reports.push(of_dataset(args, name, dataset, (&old, &new), console).await?);
        }
        Ok(reports)
    })?
}

fn plan_of(target: &Target) -> Result<PlanFile, Failure> {
    if let Some(file) = &target.plan {
        return Ok(file.clone());
    }
    let run = target.journal()?.map(|journal| target.run(&journal)).transpose()?.flatten();
    match run {
        Some(run) => Ok(run.file),
        None => Ok(planned(Workspace::read(&target.folder)?)?.file(".".to_owned())?),
    }
}

/// Opens a store; one that is out of reach is nothing that a difference could be told of.
async fn open(name: &str, config: &StoreConfig, folder: &Path) -> Result<Store, Problem> {
    opened(name, config, folder).await.map_err(|problem| problem.exit(Exit::Stuck))
}

async fn of_dataset(
    args: &DiffArgs,
    name: &str,
    dataset: &Dataset,
    (old, new): (&Store, &Store),
    console: Console,
) -> Result<Report, Failure> {
    let columns: Vec<(String, ColumnType)> =
        dataset.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
    let key: Vec<String> = dataset.key.iter().map(|(_, new)| new.clone()).collect();
    let chosen = Chosen::new(args, &columns, &key, &dataset.new.to_string())?;
    let (old_mapping, new_mapping) =
        mappings(dataset, &|name| chosen.read.contains(name)).map_err(|error| faulty_plan(&error))?;
    let asked = Asked {
        old: (old, Arc::new(old_mapping)),
        new: (new, Arc::new(new_mapping)),
        condition: chosen.condition.clone(),
        chunk_rows: dataset.chunk_rows,
    };
    let outside = dataset
        .new_schema
        .iter()
        .flat_map(|schema| &schema.columns)
        .filter(|column| dataset.columns.iter().all(|mapped| mapped.name != column.name));
    let outside = outside.map(|column| SkippedColumn {
        name: column.name.clone(),
        why: "not part of the mapping".to_owned(),
        asked: true,
    });
    let report = |found, took| Report {
        dataset: Some(name.to_owned()),
        old: dataset.old.to_string(),
        new: dataset.new.to_string(),
        key: key.clone(),
        columns: columns
            .iter()
            .filter(|(name, _)| chosen.compared.contains(name))
            .map(|(name, ty)| ComparedColumn { name: name.clone(), ty: ty.ty.to_string(), cast: None })
            .collect(),
        skipped: chosen.skipped(&columns).chain(outside).collect(),
        condition: args.condition.clone(),
        sample: args.sample.as_ref().map(|sample| sample.written.clone()),
        found,
        took,
    };
    compare(args, asked, &chosen, name, console, report).await
}

/// Any two tables.
async fn of_tables(
    args: &DiffArgs,
    old: &TableSpec,
    new: &TableSpec,
    console: Console,
) -> Result<Report, Failure> {
    let here = Path::new(".");
    let old_store = open("old", &old.store, here).await?;
    let new_store = open("new", &new.store, here).await?;
    let read = async |name: &str, store: &Store, spec: &TableSpec| {
        let found = store.data.schema(Some(std::slice::from_ref(&spec.path))).await;
        let place = TableRef { store: name.to_owned(), path: spec.path.clone() };
        let found =
            found.map_err(|error| not_compared(&TransferError::Store { table: place.clone(), error }))?;
        let missing = || {
            let message = format!("there is no table `{}`", spec);
            Problem::new("no-such-table", message, "Check the store, and the table's name in it.")
        };
        Ok::<_, Problem>((place, found.tables.into_values().next().ok_or_else(missing)?))
    };
    let (old_place, old_schema) = read("old", &old_store, old).await?;
    let (new_place, new_schema) = read("new", &new_store, new).await?;
    let key = (!args.key.is_empty()).then_some(args.key.as_slice());
    let matched = match_tables((&old_place, &old_schema), (&new_place, &new_schema), key, CHUNK_ROWS);
    let matched = matched.map_err(|error| unmatched(error, old, new))?;
    let Matched { old: old_side, new: new_side, columns: matched_columns, skipped } = matched;

    let columns: Vec<(String, ColumnType)> = matched_columns
        .iter()
        .map(|column| (column.name.clone(), column.common.clone().optional()))
        .collect();
    let key: Vec<String> = old_side.key.iter().map(|(name, _)| name.clone()).collect();
    if let Some((name, why)) = skipped.iter().find(|(name, _)| args.columns.contains(name)) {
        let message = format!("column `{name}` cannot be compared: {why}");
        return Err(Problem::new("not-comparable", message, "Leave it out of `--columns`.").into());
    }
    let chosen = Chosen::new(args, &columns, &key, "the pair of tables")?;
    let mapping = |side: &Dataset| Mapping::of_columns(side, &|name| chosen.read.contains(name));
    let asked = Asked {
        old: (&old_store, Arc::new(mapping(&old_side).map_err(|error| faulty_plan(&error))?)),
        new: (&new_store, Arc::new(mapping(&new_side).map_err(|error| faulty_plan(&error))?)),
        condition: chosen.condition.clone(),
        chunk_rows: CHUNK_ROWS,
    };
    let only_these = !args.columns.is_empty();
    let others = skipped.iter().map(|(name, why)| SkippedColumn {
        name: name.clone(),
        why: if only_these { NOT_ASKED_FOR.to_owned() } else { why.clone() },
        asked: only_these,
    });
    let report = |found, took| Report {
        dataset: None,
        old: old.to_string(),
        new: new.to_string(),
        key: key.clone(),
        columns: matched_columns
            .iter()
            .filter(|column| chosen.compared.contains(&column.name))
            .map(|column| {
                let same = column.old.ty == column.new.ty;
                ComparedColumn {
                    name: column.name.clone(),
                    ty: column.common.to_string(),
                    cast: (!same).then(|| (column.old.ty.to_string(), column.new.ty.to_string())),
                }
            })
            .collect(),
        skipped: chosen.skipped(&columns).chain(others).collect(),
        condition: args.condition.clone(),
        sample: args.sample.as_ref().map(|sample| sample.written.clone()),
        found,
        took,
    };
    compare(args, asked, &chosen, &old.to_string(), console, report).await
}

/// Compares while a person watches.
async fn compare(
    args: &DiffArgs,
    asked: Asked<'_>,
    chosen: &Chosen,
    title: &str,
    console: Console,
    report: impl FnOnce(mig_runtime::compare::Comparison, std::time::Duration) -> Report,
) -> Result<Report, Failure> {
    let began = Instant::now();
    let progress = Arc::new(Progress::new());
    let counting = Counting::new(title, console);
    let columns: Vec<String> = chosen.compared.iter().cloned().collect();
    let comparing = diff(Diff {
        old: (asked.old.0, &asked.old.1),
        new: (asked.new.0, &asked.new.1),
        columns: Some(&columns),
        condition: asked.condition.as_ref(),
        sample: args.sample.as_ref().map(|sample| sample.sample),
        chunk_rows: asked.chunk_rows,
        limit: args.limit,
        progress: &progress,
        watched: console.err().is_terminal,
    });
    let found = tokio::select! {
        found = comparing => found,
        never = counting.follow(&progress) => match never {},
    };
    counting.finish();
    Ok(report(found.map_err(|error| not_compared(&error))?, began.elapsed()))
}

/// Which columns are compared and read.
struct Chosen {
    condition: Option<Expr>,
    /// Those that are compared, and the key's.
    compared: BTreeSet<String>,
    /// Those, and the condition's.
    read: BTreeSet<String>,
}

impl Chosen {
    /// `of` names whose columns these are.
    fn new(
        args: &DiffArgs,
        columns: &[(String, ColumnType)],
        key: &[String],
        of: &str,
    ) -> Result<Self, Failure> {
        let names = || columns.iter().map(|(name, _)| name.as_str());
        if let Some(unknown) = args.columns.iter().find(|name| names().all(|known| known != *name)) {
            let help = match nearest(unknown, names()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("There are {}.", listed(&names().collect::<Vec<_>>())),
            };
            let message = format!("there is no column `{unknown}` to compare in {of}");
            return Err(Problem::new("not-comparable", message, help).into());
        }
        let condition = args.condition.as_deref().map(|text| condition(text, columns, of)).transpose()?;
        let wanted =
            |name: &&str| args.columns.is_empty() || args.columns.iter().any(|column| column == name);
        let compared: BTreeSet<String> =
            names().filter(wanted).map(str::to_owned).chain(key.iter().cloned()).collect();
        let mut read = compared.clone();
        if let Some(condition) = &condition {
            condition.visit_columns(&mut |name| {
                read.insert(name.to_owned());
            });
        }
        Ok(Self { condition, compared, read })
    }

    /// The columns that a person did not ask for.
    fn skipped(&self, columns: &[(String, ColumnType)]) -> impl Iterator<Item = SkippedColumn> {
        columns.iter().filter(|(name, _)| !self.compared.contains(name)).map(|(name, _)| SkippedColumn {
            name: name.clone(),
            why: NOT_ASKED_FOR.to_owned(),
            asked: true,
        })
    }
}

/// The condition that was typed, over these columns.
fn condition(text: &str, columns: &[(String, ColumnType)], of: &str) -> Result<Expr, Failure> {
    let mut sources = Sources::new();
    let text = text.trim();
    let file = sources.add("--where", text);
    let (tree, mut diagnostics) = parse_expression(file, text);
    let typed = tree.and_then(|tree| {
        let (typed, found) = mig_compiler::condition(&tree, of, columns.iter().cloned());
        diagnostics.extend(found);
        typed
    });
    typed.ok_or_else(|| Findings { sources, diagnostics }.into())
}

fn unmatched(error: Unmatched, old: &TableSpec, new: &TableSpec) -> Problem {
    match error {
        Unmatched::NoColumns(skipped) => Problem::new(
            "not-comparable",
            format!("`{old}` and `{new}` have no column in common that could be compared"),
            "Columns are matched by their names. A migration says which old column becomes which new one.",
        )
        .details(skipped.into_iter().map(|(name, why)| format!("{}: {why}", safe(&name)))),
        Unmatched::Key(name) => Problem::new(
            "not-comparable",
            format!("the key's column `{name}` is not among those that both tables have"),
            "Name columns with `--key` that both tables have, under the same name.",
        ),
    }
}

fn faulty_plan(error: &MappingError) -> Problem {
    Problem::new("bad-plan", error.to_string(), "Use the mig that made the plan, or make it again.")
}

fn not_compared(error: &TransferError) -> Problem {
    let problem = Problem::new(
        "not-compared",
        safe(&error.to_string()),
        "Nothing was compared to the end, so that nothing can be said of the tables.",
    );
    match error.kind() {
        FailureKind::Unavailable => problem.exit(Exit::Stuck),
        FailureKind::Refused | FailureKind::Validation => problem,
    }
}
