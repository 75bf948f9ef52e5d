//! The columns of a dataset's tables, and the lines that its mapping still lacks.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::Span;
use mig_lang::ast::{Header, Item, Statement};
use mig_plan::TableRef;
use mig_plan::schema::{SchemaColumn, TableSchema};

use super::candidates::{escaped, identifier, named, plain};
use super::{Candidate, CandidateKind};
use crate::features::definition::tree;
use crate::snapshot::Folder;

/// The old table of a dataset, where it is known.
pub(crate) fn old_table<'s>(folder: &'s Folder, dataset: &str) -> Option<&'s TableSchema> {
    let place = folder.program().datasets.get(dataset).and_then(|found| found.old.as_ref());
    match place {
        Some(place) => folder.schemas().table(&place.table),
        None => header_table(folder, dataset, |old, _| old),
    }
}

/// The new table of a dataset, where it is there and known.
pub(crate) fn new_table<'s>(folder: &'s Folder, dataset: &str) -> Option<&'s TableSchema> {
    let place = folder.program().datasets.get(dataset).and_then(|found| found.new.as_ref());
    match place {
        Some(place) => folder.schemas().table(&place.table),
        None => header_table(folder, dataset, |_, new| new),
    }
}

/// A table named by an item that could not be resolved: as it is written.
fn header_table<'s>(
    folder: &'s Folder,
    dataset: &str,
    side: impl Fn(TableRef, TableRef) -> TableRef,
) -> Option<&'s TableSchema> {
    let item = written(folder, dataset)?;
    let Header::Move { old, new } = &item.header else { return None };
    let table = |place: &mig_lang::ast::Place| {
        let mut parts = place.parts.iter().map(|part| part.text.clone());
        Some(TableRef { store: parts.next()?, path: parts.collect() })
    };
    folder.schemas().table(&side(table(old)?, table(new)?))
}

/// The tree of an item, also of one that was left out.
pub(super) fn written<'s>(folder: &'s Folder, name: &str) -> Option<&'s Item> {
    tree(folder, name).or_else(|| {
        folder.files.iter().flat_map(|document| &document.tree().items).find(|item| item.name.text == name)
    })
}

fn column_detail(column: &SchemaColumn) -> String {
    match &column.ty {
        Some(ty) if ty.to_string() == column.native => ty.to_string(),
        Some(ty) => format!("{ty} ({})", column.native),
        None => column.native.clone(),
    }
}

pub(super) fn old_columns(folder: &Folder, dataset: &str, group: u8) -> Vec<Candidate> {
    let columns = old_table(folder, dataset).into_iter().flat_map(|table| &table.columns);
    columns
        .map(|column| Candidate {
            group,
            ..named(
                &column.name,
                CandidateKind::OldColumn,
                &column_detail(column),
                "A column of the old table.",
            )
        })
        .collect()
}

/// The old columns that the mapping uses, carries or drops.
pub(crate) fn used_columns(folder: &Folder, dataset: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    if let Some(item) = written(folder, dataset) {
        crate::symbol::visit_item(folder, item, &mut |symbol| {
            if let crate::symbol::Meaning::OldColumn { column, .. } = symbol.meaning {
                used.insert(column);
            }
        });
        used.extend(carried(item).map(str::to_owned));
    }
    used
}

/// The columns of a mapping that are carried by their names.
fn carried(item: &Item) -> impl Iterator<Item = &str> {
    let lines = item.body.iter().filter_map(|statement| {
        if let Statement::Columns(columns) = statement { Some(&columns.columns) } else { None }
    });
    lines.flatten().filter(|line| line.value.is_none()).map(|line| line.name.text.as_str())
}

/// Lines that a mapping still lacks: new columns that the table requires, and old ones that nothing uses.
pub(super) fn columns(folder: &Folder, dataset: &str) -> Vec<Candidate> {
    let item = written(folder, dataset);
    let present: BTreeSet<&str> =
        item.into_iter()
            .flat_map(|item| &item.body)
            .filter_map(|statement| {
                if let Statement::Columns(columns) = statement { Some(&columns.columns) } else { None }
            })
            .flatten()
            .map(|line| line.name.text.as_str())
            .collect();
    let used = used_columns(folder, dataset);
    let old = old_table(folder, dataset);
    // What is carried over as it is needs no more than its name.
    let is_carried = |column: &SchemaColumn| {
        let same = old.and_then(|table| table.column(&column.name)).is_some_and(|old| old.ty == column.ty);
        same && !used.contains(&column.name)
    };
    let mut all = Vec::new();
    let mut required = BTreeSet::new();
    for column in new_table(folder, dataset).into_iter().flat_map(|table| &table.columns) {
        if present.contains(column.name.as_str()) {
            continue;
        }
        if is_carried(column) {
            required.insert(column.name.as_str());
            continue;
        }
        let Some(ty) = &column.ty else { continue };
        all.push(Candidate {
            insert: format!("{}: {} = $0", escaped(&identifier(&column.name)), escaped(&ty.to_string())),
            snippet: true,
            group: 0,
            ..plain(
                &column.name,
                CandidateKind::NewColumn,
                &column_detail(column),
                "A column of the new table.",
            )
        });
    }
    for mut candidate in old_columns(folder, dataset, 1) {
        if !used.contains(&candidate.label) && !present.contains(candidate.label.as_str()) {
            // The new table is there and wants it, which is why it comes first.
            candidate.group = if required.contains(candidate.label.as_str()) { 0 } else { 1 };
            candidate.doc = "Carried over as it is.".to_owned();
            all.push(candidate);
        }
    }
    all
}

/// The columns that a dataset's mapping makes, each with its type, be it written or not.
pub(super) fn new_columns(folder: &Folder, dataset: &str) -> Vec<Candidate> {
    let Some(item) = written(folder, dataset) else { return Vec::new() };
    let resolved = folder.program().datasets.get(dataset);
    let typed = resolved.map(|dataset| mig_compiler::new_columns(dataset, folder.schemas()));
    let typed: BTreeMap<Span, String> =
        typed.into_iter().flatten().map(|column| (column.span, column.ty.to_string())).collect();
    let mut all = Vec::new();
    for statement in &item.body {
        if let Statement::Columns(columns) = statement {
            for line in &columns.columns {
                let written = || line.ty.as_ref().map_or("", |ty| folder.slice(ty.span));
                let ty = typed.get(&line.name.span).map_or_else(written, String::as_str);
                all.push(named(&line.name.text, CandidateKind::NewColumn, ty, &line.doc));
            }
        }
    }
    if all.is_empty() {
        all = old_columns(folder, dataset, 1);
    }
    all
}

/// The new columns of the datasets that a validation is on.
pub(super) fn checked_columns(folder: &Folder, validation: &str) -> Vec<Candidate> {
    let on = folder.program().validations.get(validation).map_or(&[][..], |found| &found.on);
    on.iter().flat_map(|dataset| new_columns(folder, &dataset.name)).collect()
}
