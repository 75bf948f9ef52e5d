//! Takes the selected checks of a validation out into a validation of its own, which the same waves demand.

use mig_lang::Span;
use mig_lang::ast::{Check, Expr, ExprKind, Item, Keyword, Statement};
use mig_lang::words::identifier;

use super::{Action, ActionKind, Work, meets, whole_lines};
use crate::features::definition::tree;
use crate::snapshot::{Document, Folder};

/// Offered where some of several checks are selected, or the cursor is on one.
pub(super) fn offered(folder: &Folder, document: &Document, start: u32, end: u32) -> Option<Action> {
    let item = document.item_at(start).filter(|item| item.keyword.value == Keyword::Validation)?;
    // An item that has not its own name would be another one's.
    tree(folder, &item.name.text).filter(|tree| tree.span == item.span)?;
    let (taken, all) = (taken(item, start, end).len(), checks(item).count());
    (0 < taken && taken < all).then(|| Action {
        title: if taken == 1 {
            "Extract this check into a validation of its own".to_owned()
        } else {
            format!("Extract these {taken} checks into a validation of their own")
        },
        kind: ActionKind::Extract,
        mends: None,
        is_preferred: false,
        work: Work::Extract(item.name.text.clone(), start, end),
    })
}

/// The checks gone from where they were, the new validation behind the old one, and its name beside the old one's.
pub(super) fn edits(
    folder: &Folder,
    document: &Document,
    validation: &str,
    start: u32,
    end: u32,
) -> Vec<(Span, String)> {
    let Some(item) = tree(folder, validation).filter(|item| item.span.file == document.id) else {
        return Vec::new();
    };
    let taken = taken(item, start, end);
    if taken.is_empty() || taken.len() == checks(item).count() {
        return Vec::new();
    }
    let name = free_name(folder, validation);
    let header = Span { start: item.name.span.end, ..item.span };
    let header = folder.slice(header).split('{').next().unwrap_or_default().trim().to_owned();
    let lines: String = taken.iter().map(|span| format!("  {}\n", folder.slice(*span))).collect();
    let text = format!("\n\nvalidation {name} {header} {{\n{lines}}}");
    let mut edits: Vec<_> = taken.iter().map(|span| (whole_lines(document, *span), String::new())).collect();
    edits.push((Span { start: item.span.end, ..item.span }, text));
    for place in demanded(folder, validation) {
        let both = format!("{}, {name}", folder.slice(place.span));
        edits.push((place.span, if place.is_listed { both } else { format!("[{both}]") }));
    }
    edits.sort_by_key(|(span, _)| *span);
    edits
}

/// A place where a wave demands a validation.
struct Demand {
    span: Span,
    /// Whether it stands between the brackets of a list.
    is_listed: bool,
}

fn demanded(folder: &Folder, validation: &str) -> Vec<Demand> {
    let items = folder.files.iter().flat_map(|document| &document.tree().items);
    let waves = items.filter(|item| item.keyword.value == Keyword::Wave);
    let values = waves.flat_map(|wave| &wave.body).filter_map(|statement| match statement {
        Statement::Attribute(attribute) if attribute.name.text == "validation" => Some(&attribute.values),
        Statement::Attribute(_)
        | Statement::Columns(_)
        | Statement::Drop(_)
        | Statement::Check(_)
        | Statement::When(_)
        | Statement::Then(_)
        | Statement::Irreversible { .. }
        | Statement::Allow(_)
        | Statement::Broken(_) => None,
    });
    let mut found = Vec::new();
    for value in values.flatten() {
        if is_named(value, validation) {
            found.push(Demand { span: value.span, is_listed: false });
        }
        if let ExprKind::List(parts) = &value.kind {
            let named = parts.iter().filter(|part| is_named(part, validation));
            found.extend(named.map(|part| Demand { span: part.span, is_listed: true }));
        }
    }
    found
}

fn is_named(value: &Expr, name: &str) -> bool {
    matches!(&value.kind, ExprKind::Path(parts) if matches!(parts.as_slice(), [part] if part.text == name))
}

fn checks(item: &Item) -> impl Iterator<Item = Span> {
    item.body.iter().filter_map(|statement| match statement {
        Statement::Check(Check::RowCount(span) | Check::Checksum { span, .. }) => Some(*span),
        Statement::Check(Check::Freshness { span, .. } | Check::Require { span, .. }) => Some(*span),
        Statement::Attribute(_)
        | Statement::Columns(_)
        | Statement::Drop(_)
        | Statement::When(_)
        | Statement::Then(_)
        | Statement::Irreversible { .. }
        | Statement::Allow(_)
        | Statement::Broken(_) => None,
    })
}

fn taken(item: &Item, start: u32, end: u32) -> Vec<Span> {
    checks(item).filter(|span| meets(*span, start, end)).collect()
}

fn free_name(folder: &Folder, name: &str) -> String {
    let taken = &folder.program().definitions;
    let free = (2_u32..).map(|number| format!("{name}_{number}")).find(|name| !taken.contains_key(name));
    let free = free.unwrap_or_default();
    identifier(&free)
}
