//! The mapping of one dataset: every new column typed, every old column accounted for, both fitting the
//! tables that are there.
//!
//! Looks at one dataset at a time, so that thousands are checked side by side.

mod columns;
mod key;
mod secret;
mod target;
mod totality;
mod types;

use std::collections::BTreeSet;

use mig_lang::{Diagnostic, Span};
use mig_plan::{DroppedColumn, Expr, TableSchema};

pub(super) use secret::{families, inherit};
pub(super) use totality::used;
pub use types::{NewColumn, new_columns};

use super::cases::{DatasetCase, DatasetItem, NewTable};
use crate::hir::Columns;
use crate::typing::{Known, Remedy, Scope};

/// What a dataset's new table is made of.
#[derive(Debug)]
pub(super) struct Mapping {
    /// The new columns, in the source's order; in the old table's for `columns = same`.
    pub(super) columns: Vec<Mapped>,
    /// The old columns that end.
    pub(super) dropped: Vec<DroppedColumn>,
    /// The key, as old and new names.
    pub(super) key: Vec<(String, String)>,
    /// The old columns whose values are never shown.
    pub(super) secret: BTreeSet<String>,
    /// Whether a line that makes a column could not be read, or is made from one that is not there: it may have another name.
    pub(super) partial: bool,
}

/// A new column.
#[derive(Debug)]
pub(super) struct Mapped {
    pub(super) name: String,
    /// Where it stands; `columns = same` for one that comes from it.
    pub(super) span: Span,
    /// Where its type is written, if it is.
    pub(super) declared: Option<Span>,
    /// Its type in the new table.
    pub(super) ty: Known,
    /// Its value, of that type.
    pub(super) expr: Option<Expr>,
}

/// A dataset and its tables, while it is mapped.
struct Subject<'c, 'a> {
    case: &'c DatasetCase<'a>,
    /// The old table and its name in messages.
    old: &'a TableSchema,
    old_name: String,
    remedy: Remedy,
    new_name: String,
    /// The old columns, as expressions name them.
    scope: Scope,
}

impl<'a> Subject<'_, 'a> {
    /// The new table, where it is there.
    fn existing(&self) -> Option<&'a TableSchema> {
        match self.case.new_schema {
            NewTable::Exists(schema) => Some(schema),
            NewTable::Unknown | NewTable::ToBeMade => None,
        }
    }
}

/// Maps a dataset; `None` when what it is made of is not known, which has been said or is the reader's to say.
pub(super) fn map(case: &DatasetCase, out: &mut Vec<Diagnostic>) -> Option<Mapping> {
    let (old, new) = (case.old.as_ref()?, case.new.as_ref()?);
    let schema = case.old_schema?;
    let (old_name, new_name) = (format!("`{}`", old.table), format!("`{}`", new.table));
    let remedy = Remedy::of(old.kind);
    let known = schema.columns.iter().map(|column| {
        let known = match &column.ty {
            Some(ty) => Known::Type(ty.clone()),
            None => Known::Unsupported(column.native.clone(), remedy),
        };
        (column.name.clone(), known)
    });
    let scope = Scope::new(old_name.clone(), known);
    let subject = Subject { case, old: schema, old_name, remedy, new_name, scope };
    let partial = match case.from {
        DatasetItem::Single(dataset) => is_partial(&subject, dataset.columns.as_ref()),
        DatasetItem::Member(_) => false,
    };
    let (columns, dropped) = match case.from {
        DatasetItem::Single(dataset) => {
            let dropped = totality::drops(&subject, dataset, out);
            let columns = match dataset.columns.as_ref()? {
                Columns::Same(span) => columns::same(&subject, *span, &dropped, out),
                Columns::Listed { columns, span, whole, .. } => {
                    let mapped = columns::listed(&subject, columns, out);
                    if *whole {
                        totality::unmapped(&subject, dataset, columns, *span, out);
                    }
                    mapped
                }
            };
            (columns, dropped)
        }
        DatasetItem::Member(family) => (columns::same(&subject, family.columns_span, &[], out), Vec::new()),
    };
    target::check(&subject, (&columns, partial), out);
    let columns = columns::with_begun(columns, case);
    let key = key::key(&subject, (&columns, partial), &dropped, out);
    let secret = secret::named(&subject, out);
    Some(Mapping { columns, dropped, key, secret, partial })
}

/// Whether the new columns may have other names than those that could be read.
fn is_partial(subject: &Subject, columns: Option<&Columns>) -> bool {
    match columns {
        Some(Columns::Listed { columns, whole, .. }) => {
            !whole || totality::used(columns).keys().any(|name| subject.scope.get(name).is_none())
        }
        Some(Columns::Same(_)) | None => false,
    }
}
