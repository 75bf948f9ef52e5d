//! `mig impact`: who reads an entity, when each is switched, and which columns.

use std::path::Path;

use mig_compiler::hir::Program;
use mig_compiler::impact::{ColumnImpact, Known, columns, impact};
use mig_compiler::{fragment, nearest_entity};
use mig_lang::nearest;
use mig_plan::{Catalog, EntityRef, Plan};

use crate::args::{Format, ImpactArgs};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::impact as render;
use crate::render::words::{listed, safe};
use crate::workspace::Workspace;
use crate::world::{Survey, catalog_at, survey};

/// Prints it.
pub(crate) fn run(args: &ImpactArgs, console: Console) -> Result<Exit, Failure> {
    let survey = match &args.catalog {
        Some(text) => alone(text, &args.folder)?,
        None => survey(Workspace::read(&args.folder)?)?,
    };
    let Survey { program, catalog, plan, findings } = &survey;
    let known = Known { catalog, program: program.as_ref(), plan: plan.as_ref() };
    let (entity, dataset) = subject(known, &args.entity)?;
    let impact = impact(known, &entity).ok_or_else(|| unknown_entity(catalog, &entity))?;
    let names = impact.moved.iter().map(|moved| moved.name);
    let mut moved: Vec<(&str, Vec<ColumnImpact>)> = names
        .filter(|name| dataset.as_deref().is_none_or(|dataset| dataset == *name))
        .filter_map(|name| Some((name, columns(plan.as_ref()?, name))))
        .collect();
    if let Some(column) = &args.column {
        narrow(&mut moved, column, plan.as_ref())?;
    }
    let unsound = findings.is_some();
    match args.format {
        Format::Json => console.print(&format!("{:#}\n", render::json(&impact, &moved, known)))?,
        Format::Human => {
            console.print(&render::impact(&impact, &moved, known, console.width()))?;
            if unsound {
                let folder = args.folder.display();
                console.say(&format!(
                    "\nThe migration has errors (`mig check {folder}`), so that waves and columns are left out.\n"
                ));
            }
        }
    }
    Ok(Exit::Done)
}

/// What is known of a catalog without a migration.
fn alone(text: &str, folder: &Path) -> Result<Survey, Failure> {
    let source = fragment::catalog(text).map_err(|error| {
        Problem::new(
            "usage",
            format!("`--catalog` is not a catalog: {error}"),
            "Write it as a migration does: `--catalog 'files(\"catalog/**/*.yaml\")'`, or for short \
             `--catalog 'files:catalog/**/*.yaml'` and `--catalog backstage:env.BACKSTAGE_URL`.",
        )
    })?;
    Ok(Survey { program: None, catalog: catalog_at(&source, folder)?, plan: None, findings: None })
}

/// The entity that is meant, and the dataset when it is meant by that.
fn subject(known: Known, text: &str) -> Result<(EntityRef, Option<String>), Problem> {
    let Known { catalog, program, plan } = known;
    if text.starts_with('@') || text.contains(':') {
        let entity = EntityRef::parse(text.trim_start_matches('@'), None, "default").map_err(|error| {
            Problem::new(
                "unknown-subject",
                safe(&error.to_string()),
                "Write `@kind:name` or `kind:namespace/name`.",
            )
        })?;
        return Ok((entity, None));
    }
    if let Some(entity) = dataset_entity(program, plan, text) {
        return Ok((entity, Some(text.to_owned())));
    }
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Some(namespace.to_lowercase()), name.to_lowercase()),
        None => (None, text.to_lowercase()),
    };
    let called: Vec<&EntityRef> = catalog
        .names()
        .filter(|entity| entity.name() == name)
        .filter(|entity| namespace.as_ref().is_none_or(|namespace| entity.namespace() == *namespace))
        .collect();
    match called.as_slice() {
        [one] => Ok(((*one).clone(), None)),
        [] => Err(unknown(known, text)),
        several => {
            let forms: Vec<String> = several.iter().take(5).map(|entity| entity.source_form()).collect();
            Err(Problem::new(
                "unknown-subject",
                format!("several entities are called `{}`", safe(text)),
                format!("Name one of them: {}.", safe(&listed(&forms))),
            ))
        }
    }
}

fn dataset_entity(program: Option<&Program>, plan: Option<&Plan>, name: &str) -> Option<EntityRef> {
    if let Some(dataset) = plan.and_then(|plan| plan.datasets.get(name)) {
        return dataset.old_entity.clone();
    }
    let dataset = program?.datasets.get(name)?;
    dataset.old_entity.as_ref().map(|used| used.entity.clone())
}

fn unknown(known: Known, text: &str) -> Problem {
    let datasets = known.plan.into_iter().flat_map(|plan| plan.datasets.keys()).map(String::as_str);
    let entities = known.catalog.names().map(|entity| entity.name());
    let help = match nearest(text, datasets.chain(entities)) {
        Some(near) => format!("Did you mean `{}`?", safe(near)),
        None => "Give an entity, `@kind:name`, or the name of a dataset of the migration.".to_owned(),
    };
    let message = format!("neither the catalog nor the migration has `{}`", safe(text));
    Problem::new("unknown-subject", message, help)
}

fn unknown_entity(catalog: &Catalog, entity: &EntityRef) -> Problem {
    let help = match nearest_entity(catalog, entity) {
        Some(near) => format!("Did you mean `{}`?", safe(&near.source_form())),
        None if catalog.is_empty() => {
            "The catalog is empty: does its source name the right files?".to_owned()
        }
        None => "Register it in the catalog first.".to_owned(),
    };
    Problem::new("unknown-subject", format!("the catalog has no `{}`", safe(&entity.source_form())), help)
}

/// Keeps one column of the old table.
fn narrow(
    moved: &mut Vec<(&str, Vec<ColumnImpact>)>,
    column: &str,
    plan: Option<&Plan>,
) -> Result<(), Problem> {
    let Some((dataset, _)) = moved.first() else {
        return Err(Problem::new(
            "unknown-subject",
            format!("the columns around `{}` are not known", safe(column)),
            "Columns are known of datasets that a migration moves, once it is sound: `mig check`.",
        ));
    };
    let dataset = plan.and_then(|plan| plan.datasets.get(*dataset));
    let names = || moved.iter().flat_map(|(_, columns)| columns).map(|column| column.name);
    if !names().any(|name| name == column) {
        let old = dataset.map(|dataset| dataset.old.to_string()).unwrap_or_default();
        let made = dataset.and_then(|dataset| dataset.columns.iter().find(|made| made.name == column));
        let mut from = Vec::new();
        if let Some(made) = made {
            made.expr.visit_columns(&mut |name| from.push(format!("`{}`", safe(name))));
        }
        from.dedup();
        let help = match nearest(column, names()) {
            _ if !from.is_empty() => {
                format!("It is a new column, made from {}: ask for that.", listed(&from))
            }
            Some(near) => format!("Did you mean `{}`?", safe(near)),
            None => format!(
                "It has {}.",
                safe(&listed(&names().map(|name| format!("`{name}`")).collect::<Vec<_>>()))
            ),
        };
        let message = format!("`{}` has no column `{}`", safe(&old), safe(column));
        return Err(Problem::new("unknown-subject", message, help));
    }
    for (_, columns) in moved.iter_mut() {
        columns.retain(|found| found.name == column);
    }
    moved.retain(|(_, columns)| !columns.is_empty());
    Ok(())
}
