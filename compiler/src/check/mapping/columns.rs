//! The new columns: each typed, its value brought to its type.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span};
use mig_plan::{ColumnType, DroppedColumn, Expr, StoreKind, Type};

use super::{Mapped, Subject};
use crate::hir::{Column, Declared};
use crate::typing::{Goal, Known, Place, Typer, coerce, is_null, unsupported};

/// Every old column carried over as it is, but for those that are dropped.
pub(super) fn same(
    subject: &Subject,
    span: Span,
    dropped: &[DroppedColumn],
    out: &mut Vec<Diagnostic>,
) -> Vec<Mapped> {
    let carried =
        subject.old.columns.iter().filter(|column| dropped.iter().all(|drop| drop.name != column.name));
    carried
        .map(|column| {
            let Some(ty) = &column.ty else {
                out.push(unsupported(&subject.old_name, &column.name, &column.native, span));
                return silent(&column.name, span);
            };
            let value = Expr::Column { name: column.name.clone(), ty: ty.clone() };
            fitted(subject, &column.name, value, (None, Place::Same(span)), out)
        })
        .collect()
}

/// The columns of a block.
pub(super) fn listed(subject: &Subject, columns: &[Column], out: &mut Vec<Diagnostic>) -> Vec<Mapped> {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut mapped = Vec::new();
    for column in columns {
        let name = &column.name;
        if let Some(first) = seen.get(&folded(subject, &name.text)) {
            out.push(
                Diagnostic::error("duplicate-column", name.span, format!("`{}` is made twice", name.text))
                    .label(*first, "the first time"),
            );
            continue;
        }
        seen.insert(folded(subject, &name.text), name.span);
        mapped.push(listed_one(subject, column, out));
    }
    mapped
}

fn listed_one(subject: &Subject, column: &Column, out: &mut Vec<Diagnostic>) -> Mapped {
    let name = &column.name;
    let value = match &column.value {
        Some(value) => Typer::new(&subject.scope, out).infer(value),
        None => Typer::new(&subject.scope, out).carry(name),
    };
    let place = match &column.value {
        Some(value) => Place::Written(value),
        None => Place::Carried(&name.text, column.span),
    };
    let declared = match &column.ty {
        Declared::Unknown => return silent(&name.text, name.span),
        Declared::No => None,
        Declared::Type(ty) => Some(ty),
    };
    let Some(value) = value else {
        // Its type may still be known, for those who look at the new column.
        let ty = declared.map_or(Known::Silent, |ty| Known::Type(ty.value.clone()));
        return Mapped { name: name.text.clone(), span: name.span, ty, expr: None };
    };
    let Some(declared) = declared else {
        let mapped = fitted(subject, &name.text, value, (Some(name.span), place), out);
        return Mapped { span: name.span, ..mapped };
    };
    let goal = Goal {
        ty: &declared.value,
        of: format!("`{}`", name.text),
        because: Some((declared.span, format!("`{}` is declared here", declared.value))),
        note: None,
        place,
    };
    let expr = coerce(value, &goal, out);
    Mapped { name: name.text.clone(), span: name.span, ty: Known::Type(declared.value.clone()), expr }
}

/// A column without a written type: it has the type of the new table's column where there is one, and
/// its value's otherwise.
fn fitted(
    subject: &Subject,
    name: &str,
    value: Expr,
    (at, place): (Option<Span>, Place),
    out: &mut Vec<Diagnostic>,
) -> Mapped {
    let span = at.unwrap_or_else(|| place.span());
    let existing =
        subject.existing().and_then(|schema| schema.column(name)).and_then(|column| column.ty.as_ref());
    if existing.is_none() && is_null(&value) {
        out.push(
            Diagnostic::error("untyped-null", place.span(), format!("`{name}` is null, but of which type?"))
                .help(format!("Write its type: `{name}: text? = null`.")),
        );
        return silent(name, span);
    }
    let kind = subject.case.new.as_ref().map(|new| new.kind);
    let kept = |existing: &Type| {
        kind.is_some_and(|kind: StoreKind| crate::store_types::is_kept_as(kind, &value.ty().ty, existing))
    };
    let ty = match existing {
        // A type that the store keeps as another one is what the source sees.
        Some(existing) if kept(&existing.ty) => {
            ColumnType { ty: value.ty().ty.clone(), nullable: existing.nullable }
        }
        Some(existing) => existing.clone(),
        None => value.ty().clone(),
    };
    let goal = Goal {
        ty: &ty,
        of: format!("`{name}` of {}", subject.new_name),
        because: None,
        note: existing.map(|_| "The table is already there.".to_owned()),
        place,
    };
    let expr = coerce(value, &goal, out);
    Mapped { name: name.to_owned(), span, ty: Known::Type(ty), expr }
}

fn silent(name: &str, span: Span) -> Mapped {
    Mapped { name: name.to_owned(), span, ty: Known::Silent, expr: None }
}

/// A column's name as the new store compares it.
fn folded(subject: &Subject, name: &str) -> String {
    let sqlite = subject.case.new.as_ref().is_some_and(|new| new.kind == StoreKind::Sqlite);
    if sqlite { name.to_lowercase() } else { name.to_owned() }
}
