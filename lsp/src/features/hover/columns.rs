//! What there is to say about a column: its type on both sides, and what it held when the schemas were pulled.

use std::collections::BTreeMap;

use mig_lang::Span;
use mig_lang::ast::{Column, Statement};
use mig_plan::schema::SchemaColumn;
use mig_plan::{ColumnStatistics, TableRef};

use super::super::completion::{new_table, old_table};
use super::super::counts::short;
use super::super::definition::tree;
use super::code;
use crate::snapshot::Folder;
use crate::symbol::{self, Meaning};

/// What there is to say about a column of a dataset's old table.
pub(super) fn old(folder: &Folder, dataset: &str, column: &str) -> Option<String> {
    let Some(found) = old_table(folder, dataset).and_then(|table| table.column(column)) else {
        return Some(format!(
            "`{column}`, a column of the old table of `{dataset}`. Nothing is known of it."
        ));
    };
    let mut text = format!(
        "{}\n\nA column of the old table of `{dataset}`, there `{}`.",
        code(&format!("{column}: {}", shown(found)), ""),
        found.native
    );
    let types = types(folder, dataset);
    let lines = lines(folder, dataset);
    let becomes: Vec<String> = lines
        .iter()
        .filter(|line| sources(folder, dataset, line).iter().any(|source| source == column))
        .map(|line| match types.get(&line.name.span) {
            Some(ty) => format!("`{}: {ty}`", line.name.text),
            None => format!("`{}`", line.name.text),
        })
        .collect();
    if !becomes.is_empty() {
        text.push_str(&format!(" It becomes {}.", becomes.join(", ")));
    }
    text.push_str(&held(folder, dataset, column));
    Some(text)
}

/// What there is to say about a column of a dataset's new table.
pub(super) fn new(folder: &Folder, dataset: &str, column: &str) -> Option<String> {
    let line = lines(folder, dataset).into_iter().find(|line| line.name.text == column);
    let mut text = match line {
        Some(line) => code(folder.slice(line.span), &line.doc),
        None => format!("`{column}`"),
    };
    text.push_str(&format!("\n\nA column of the new table of `{dataset}`."));
    if let Some(line) = line.filter(|line| line.ty.is_none())
        && let Some(ty) = types(folder, dataset).get(&line.name.span)
    {
        text.push_str(&format!(" Its type is `{ty}`."));
    }
    let sources = line.map(|line| sources(folder, dataset, line)).unwrap_or_default();
    let known: Vec<(&String, &SchemaColumn)> = sources
        .iter()
        .filter_map(|source| Some((source, old_table(folder, dataset)?.column(source)?)))
        .collect();
    let is_carried = line.is_some_and(|line| line.value.is_none());
    match known.as_slice() {
        [] => {}
        [(_, found)] if is_carried => {
            text.push_str(&format!(" Carried over from a column of type `{}`.", shown(found)));
        }
        several => {
            let made: Vec<String> =
                several.iter().map(|(source, found)| format!("`{source}: {}`", shown(found))).collect();
            text.push_str(&format!(" Made of {}.", made.join(", ")));
        }
    }
    if let Some(found) = new_table(folder, dataset).and_then(|table| table.column(column)) {
        text.push_str(&format!(
            " The table that is there has it as `{}` (`{}`).",
            shown(found),
            found.native
        ));
    }
    if let [source] = sources.as_slice() {
        text.push_str(&held(folder, dataset, source));
    }
    Some(text)
}

fn shown(column: &SchemaColumn) -> String {
    column.ty.as_ref().map_or("none that fits".to_owned(), ToString::to_string)
}

/// The lines of a dataset's mapping.
fn lines<'s>(folder: &'s Folder, dataset: &str) -> Vec<&'s Column> {
    let statements = tree(folder, dataset).into_iter().flat_map(|item| &item.body);
    let columns = statements.filter_map(|statement| match statement {
        Statement::Columns(columns) => Some(&columns.columns),
        Statement::Attribute(_)
        | Statement::Drop(_)
        | Statement::Allow(_)
        | Statement::Check(_)
        | Statement::When(_)
        | Statement::Then(_)
        | Statement::Irreversible { .. }
        | Statement::Broken(_) => None,
    });
    columns.flatten().collect()
}

/// The old columns that a line is made of, in their order, each once.
fn sources(folder: &Folder, dataset: &str, line: &Column) -> Vec<String> {
    if line.value.is_none() {
        return vec![line.name.text.clone()];
    }
    let mut sources: Vec<String> = Vec::new();
    let Some(item) = tree(folder, dataset) else { return sources };
    symbol::visit_item(folder, item, &mut |symbol| {
        if let Meaning::OldColumn { column, .. } = symbol.meaning
            && line.span.start <= symbol.span.start
            && symbol.span.end <= line.span.end
            && !sources.contains(&column)
        {
            sources.push(column);
        }
    });
    sources
}

/// The types of a dataset's new columns by the places of their names, where they are known.
fn types(folder: &Folder, dataset: &str) -> BTreeMap<Span, String> {
    let resolved = folder.program().datasets.get(dataset);
    let columns = resolved.map(|dataset| mig_compiler::new_columns(dataset, folder.schemas()));
    columns.into_iter().flatten().map(|column| (column.span, column.ty.to_string())).collect()
}

/// What a column of a dataset's old table held, as a paragraph of its own.
fn held(folder: &Folder, dataset: &str, column: &str) -> String {
    let old = folder.program().datasets.get(dataset).and_then(|dataset| dataset.old.as_ref());
    let known = old.and_then(|old| folder.statistics(&old.table, column));
    known.map_or_else(String::new, |known| format!("\n\n{} when the schemas were pulled.", in_words(known)))
}

/// What a column of a table held, in a few words.
pub(super) fn summary(folder: &Folder, table: &TableRef, column: &str) -> String {
    folder.statistics(table, column).map(in_words).unwrap_or_default()
}

fn in_words(known: &ColumnStatistics) -> String {
    let nulls = match known.null_percent {
        0 => "Never null".to_owned(),
        100.. => "Null in every row".to_owned(),
        percent => format!("Null in about {percent} % of the rows"),
    };
    match known.distinct {
        Some(1) => format!("{nulls}, 1 value"),
        Some(distinct) => format!("{nulls}, about {} different values", short(distinct)),
        None => nulls,
    }
}
