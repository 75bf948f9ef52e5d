//! The mappings that a dataset lacks: every old column that is not used, every new one that is not made, the nearest to
//! each other; what has no counterpart is dropped, with the reason left to the person.

use std::collections::BTreeSet;

use mig_compiler::propose::{Lacking, lacking};
use mig_lang::Span;
use mig_lang::ast::{Columns, Header, Item, Keyword, Place, Statement};

use super::{Action, ActionKind, Work};
use crate::features::completion::{new_table, old_table, used_columns};
use crate::features::definition::tree;
use crate::snapshot::{Document, Folder};

/// Offered anywhere in a dataset that lacks something.
pub(super) fn offered(folder: &Folder, document: &Document, byte: u32) -> Option<Action> {
    let item = document.item_at(byte).filter(|item| item.keyword.value == Keyword::Dataset)?;
    let found = lacks(folder, item)?;
    let count = found.lines.len() + found.left.len();
    (count > 0).then(|| Action {
        title: format!("Add the missing mappings of `{}` ({count})", item.name.text),
        kind: ActionKind::Rewrite,
        mends: None,
        is_preferred: false,
        work: Work::Mappings(item.name.text.clone()),
    })
}

/// The lines that are lacking: in the block of columns, and behind it.
pub(super) fn edits(folder: &Folder, dataset: &str) -> Vec<(Span, String)> {
    let Some((item, found)) = tree(folder, dataset).and_then(|item| Some((item, lacks(folder, item)?)))
    else {
        return Vec::new();
    };
    let mut edits = Vec::new();
    let lines: String = found.lines.iter().map(|line| format!("\n    {line}")).collect();
    let drops: String = found.left.iter().map(|name| format!("\n  drop {name} because \"…\"")).collect();
    match columns(item) {
        Some(block) => {
            if !lines.is_empty() {
                let behind = match block.columns.last() {
                    Some(last) => end_of(last.span),
                    None => after_brace(folder, block),
                };
                edits.push((behind, lines));
            }
            if !drops.is_empty() {
                edits.push((end_of(block.span), drops));
            }
        }
        None => {
            let Some(definition) = folder.program().definitions.get(dataset) else { return Vec::new() };
            let at = Span { start: definition.body_end, end: definition.body_end, ..definition.item };
            edits.push((at, format!("\n\n  columns {{{lines}\n  }}{drops}")));
        }
    }
    edits
}

/// What a dataset lacks; `None` where its old table is not known, or where all columns are the same.
fn lacks(folder: &Folder, item: &Item) -> Option<Lacking> {
    let name = item.name.text.as_str();
    let says_same = item.body.iter().any(
        |statement| matches!(statement, Statement::Attribute(attribute) if attribute.name.text == "columns"),
    );
    let old = old_table(folder, name).filter(|_| !says_same)?;
    let lines = columns(item).into_iter().flat_map(|block| &block.columns);
    let made: BTreeSet<&str> = lines.map(|line| line.name.text.as_str()).collect();
    let used = used_columns(folder, name);
    let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
    let Header::Move { old: from, new: to } = &item.header else { return None };
    let new = new_table(folder, name).map(|table| (last(to), table));
    Some(lacking((last(from), old), new, &made, &used))
}

fn columns(item: &Item) -> Option<&Columns> {
    item.body.iter().find_map(|statement| match statement {
        Statement::Columns(columns) => Some(columns),
        Statement::Attribute(_)
        | Statement::Drop(_)
        | Statement::Check(_)
        | Statement::When(_)
        | Statement::Then(_)
        | Statement::Irreversible { .. }
        | Statement::Allow(_)
        | Statement::Broken(_) => None,
    })
}

/// The table's own name.
fn last(place: &Place) -> &str {
    place.parts.last().map_or("", |part| part.text.as_str())
}

fn end_of(span: Span) -> Span {
    Span { start: span.end, ..span }
}

/// The place behind the brace that opens a block.
fn after_brace(folder: &Folder, block: &Columns) -> Span {
    let before = folder.slice(block.span).find('{').map_or(0, |at| at + 1);
    let at = block.span.start + u32::try_from(before).unwrap_or(0);
    Span { start: at, end: at, ..block.span }
}
