//! `mig lineage`: which old columns every new one is made from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mig_plan::{Plan, TableRef};
use mig_runtime::clock::{Clock as _, SystemClock, rfc3339};
use mig_runtime::store::{Address, address};

use crate::args::{LineageArgs, LineageFormat};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::openlineage::{TableName, events};
use crate::render::{lineage, words};
use crate::workspace::{Workspace, read_plan};
use crate::world::{environment, planned};

/// Prints it.
pub(crate) fn run(args: &LineageArgs, console: Console) -> Result<Exit, Failure> {
    let (plan, folder) = if args.target.is_dir() {
        let planned = planned(Workspace::read(&args.target)?)?;
        planned.warn(console);
        (planned.plan, args.target.clone())
    } else {
        let found = read_plan(&args.target)?;
        (found.file.plan, found.folder)
    };
    let datasets = chosen(&plan, &args.datasets)?;
    let text = match args.format {
        LineageFormat::Human => lineage::lineage(&plan, &datasets, args.all, console.width()),
        LineageFormat::Json => format!("{:#}\n", lineage::json(&plan, &datasets)),
        LineageFormat::Openlineage => {
            let names = names(&plan, &datasets, args.resolve.then_some(folder.as_path()))?;
            let at = rfc3339(SystemClock.now());
            events(&plan, &datasets, &names, &at).iter().map(|event| format!("{event}\n")).collect()
        }
    };
    console.print(&text)?;
    Ok(Exit::Done)
}

/// The datasets that are asked for: named ones, every member of a named family, or all.
fn chosen<'p>(plan: &'p Plan, asked: &[String]) -> Result<Vec<&'p str>, Problem> {
    let names = || plan.datasets.keys().map(String::as_str);
    for asked in asked {
        if !names().any(|name| is_named(name, asked)) {
            return Err(unknown(plan, asked));
        }
    }
    Ok(names().filter(|name| asked.is_empty() || asked.iter().any(|asked| is_named(name, asked))).collect())
}

fn is_named(name: &str, asked: &str) -> bool {
    name == asked || name.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'))
}

fn unknown(plan: &Plan, asked: &str) -> Problem {
    let names = plan.datasets.keys().map(String::as_str);
    let families = names.clone().filter_map(|name| name.split_once('.')).map(|(family, _)| family);
    let help = match mig_lang::nearest(asked, names.chain(families)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Give a dataset's name, a family's, or `family.member`; `mig lineage` shows all.".to_owned(),
    };
    Problem::new("unknown-dataset", format!("the migration has no dataset `{}`", words::safe(asked)), help)
}

/// What lineage tools call the tables. Without a folder the stores' own names are used, which the source
/// says; with one the locations are read, and shown without credentials.
fn names<'p>(
    plan: &'p Plan,
    datasets: &[&str],
    folder: Option<&Path>,
) -> Result<BTreeMap<&'p TableRef, TableName>, Problem> {
    let mut addresses: BTreeMap<&str, Address> = BTreeMap::new();
    let mut names = BTreeMap::new();
    let chosen = datasets.iter().filter_map(|name| plan.datasets.get(*name));
    for table in chosen.flat_map(|dataset| [&dataset.old, &dataset.new]) {
        let Some(folder) = folder else {
            let namespace = format!("mig://{}/{}", plan.migration.name, table.store);
            names.insert(table, (namespace, table.path.join(".")));
            continue;
        };
        if !addresses.contains_key(table.store.as_str()) {
            addresses.insert(&table.store, resolved(plan, &table.store, folder)?);
        }
        if let Some(address) = addresses.get(table.store.as_str()) {
            names.insert(table, named(address, table));
        }
    }
    Ok(names)
}

fn resolved(plan: &Plan, store: &str, folder: &Path) -> Result<Address, Problem> {
    let missing = || {
        Problem::new(
            "bad-plan",
            format!("the plan does not say where the store `{store}` is"),
            "Make it again with `mig plan FOLDER -o plan.json`.",
        )
    };
    let config = plan.stores.get(store).ok_or_else(missing)?;
    let location = environment().resolve(&config.location).map_err(|error| {
        Problem::new(
            "unset-variable",
            format!("store `{store}`: {error}"),
            "Set the variable and run again, or leave `--resolve` out. Its value is never shown whole.",
        )
    })?;
    let folder = std::fs::canonicalize(folder).map_err(|error| Problem::unreadable(folder, &error))?;
    address(config.kind, &location, &folder).map_err(|error| {
        Problem::new(
            "store-unreachable",
            format!("store `{store}` has no address: {error}"),
            "Mend the variable or the source, or leave `--resolve` out.",
        )
    })
}

/// Names as OpenLineage's naming rules have them; SQLite, which they do not know, after their pattern.
fn named(address: &Address, table: &TableRef) -> TableName {
    match address {
        Address::Server { scheme, host, port, database } => {
            (format!("{scheme}://{host}:{port}"), format!("{database}.{}", table.path.join(".")))
        }
        Address::File(path) => (format!("sqlite:{}", whole(path)), table.path.join(".")),
        Address::Folder(path) => {
            let path: PathBuf = table.path.iter().fold(path.clone(), |path, part| path.join(part));
            ("file".to_owned(), whole(&path))
        }
        Address::Objects(url) => {
            let name = url.prefix.iter().chain(&table.path).map(String::as_str).collect::<Vec<_>>().join("/");
            (url.root(), name)
        }
    }
}

/// A path without its detours, as far as it is there.
fn whole(path: &Path) -> String {
    let mut rest = Vec::new();
    let mut there = path;
    loop {
        if let Ok(found) = std::fs::canonicalize(there) {
            let whole = rest.iter().rev().fold(found, |path, part| path.join(part));
            return whole.display().to_string();
        }
        let (Some(name), Some(parent)) = (there.file_name(), there.parent()) else {
            return path.display().to_string();
        };
        rest.push(name);
        there = parent;
    }
}
