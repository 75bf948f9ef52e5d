//! The new table: what is made fits what is there, and the store keeps it.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, NameIndex};
use mig_plan::schema::SchemaColumn;
use mig_plan::{Expr, TableSchema};

use super::{Mapped, Subject};
use crate::prose::some_of;
use crate::source::identifier;
use crate::store_types::{is_kept_as, keeps};
use crate::typing::{Known, Remedy};

pub(super) fn check(subject: &Subject, (columns, partial): (&[Mapped], bool), out: &mut Vec<Diagnostic>) {
    match subject.existing() {
        Some(schema) if schema.is_view => {
            if let Some(new) = &subject.case.new {
                out.push(
                    Diagnostic::error("target-is-view", new.span, format!("{} is a view", subject.new_name))
                        .help("Rows go into a table: give the new one another name, or drop the view first."),
                );
            }
        }
        Some(schema) => fits(subject, (columns, partial), schema, out),
        None => kept(subject, columns, out),
    }
}

/// A table that is to be made: its store keeps each column's type.
fn kept(subject: &Subject, columns: &[Mapped], out: &mut Vec<Diagnostic>) {
    let Some(new) = &subject.case.new else { return };
    for column in columns {
        if let Known::Type(ty) = &column.ty
            && let Err(reason) = keeps(new.kind, ty)
        {
            out.push(
                Diagnostic::error(
                    "type-not-kept",
                    column.span,
                    format!("a {} store does not keep `{}` as `{}`", new.kind, column.name, ty.ty),
                )
                .help(reason),
            );
        }
    }
}

/// A table that is there: every column made is one of its own and of its type, and every column that it
/// requires is made.
fn fits(
    subject: &Subject,
    (columns, partial): (&[Mapped], bool),
    schema: &TableSchema,
    out: &mut Vec<Diagnostic>,
) {
    let Some(new) = &subject.case.new else { return };
    // A column that a misspelled one stands for is not missing too.
    let mut meant: BTreeSet<&str> = BTreeSet::new();
    let known: BTreeMap<&str, &SchemaColumn> =
        schema.columns.iter().map(|column| (column.name.as_str(), column)).collect();
    let choices = LazyCell::new(|| {
        let index = NameIndex::new(schema.columns.iter().map(|column| column.name.as_str()));
        let listing = format!("It has {}.", some_of(index.names(), 12));
        (index, listing)
    });
    for column in columns {
        let Some(existing) = known.get(column.name.as_str()) else {
            let (index, listing) = &*choices;
            let error = Diagnostic::error(
                "unknown-new-column",
                column.span,
                format!("{} is there, and has no column `{}`", subject.new_name, column.name),
            )
            .help(listing);
            out.push(match index.nearest(&column.name) {
                Some(near) => {
                    meant.insert(near);
                    let error = error.here(format!("did you mean `{near}`?"));
                    // The bare name of a column that is carried is the old one as well.
                    let is_carried =
                        matches!(&column.expr, Some(Expr::Column { name, .. }) if *name == column.name);
                    if is_carried || column.expr.is_none() {
                        error
                    } else {
                        error.fix(format!("write `{near}`"), column.span, identifier(near))
                    }
                }
                None => error,
            });
            continue;
        };
        let (Known::Type(ty), Some(existing_ty)) = (&column.ty, &existing.ty) else {
            if existing.ty.is_none() && !matches!(column.ty, Known::Silent) {
                out.push(crate::typing::unsupported(
                    (&subject.new_name, Remedy::NewTable),
                    &existing.name,
                    &existing.native,
                    column.span,
                ));
            }
            continue;
        };
        let same = is_kept_as(new.kind, &ty.ty, &existing_ty.ty);
        if !same || (ty.nullable && !existing_ty.nullable) {
            let error = Diagnostic::error(
                "new-column-differs",
                column.declared.unwrap_or(column.span),
                format!("`{}` is `{existing_ty}` in {}, and `{ty}` here", column.name, subject.new_name),
            )
            .help(format!("The table is already there: make the column `{existing_ty}`, or drop the table."));
            out.push(match column.declared {
                Some(declared) => {
                    error.fix(format!("write `{existing_ty}`"), declared, existing_ty.to_string())
                }
                None => error,
            });
        }
    }
    let made: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let missing: Vec<String> = schema
        .columns
        .iter()
        .filter(|existing| !existing.has_default && !meant.contains(existing.name.as_str()))
        .filter(|existing| !made.contains(existing.name.as_str()))
        .filter_map(|existing| match &existing.ty {
            Some(ty) if !ty.nullable => Some(format!("{}: {ty}", identifier(&existing.name))),
            Some(_) | None => None,
        })
        .collect();
    if !missing.is_empty() && !partial {
        let names = some_of(missing.iter().map(String::as_str), 8);
        out.push(
            Diagnostic::error(
                "missing-new-column",
                new.span,
                format!("{} requires {names}", subject.new_name),
            )
            .label(subject.case.name_span(), "nothing here makes a value for it")
            .help("The table is already there: add a line to `columns` for each, `name: type = value`."),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn a_table_that_is_there_is_written_as_it_is() {
        let source = "
dataset customers: legacy.customers -> lake.sales.invoices {
  entity = @resource:customers
  columns {
    id: int32 = int32(id)
    totl = 5
    made: datetime = \"2024-01-01T00:00:00\"
    paid = city
    note: text = name
  }
  drop email because \"unused\"
}
";
        assert_snapshot!(said(source), @"
        error[new-column-differs]: `id` is `int64` in `lake.sales.invoices`, and `int32` here
          4:9 int32
          help: The table is already there: make the column `int64`, or drop the table.
          fix: write `int64`
        error[unknown-new-column]: `lake.sales.invoices` is there, and has no column `totl`
          5:5 totl  <- did you mean `total`?
          help: It has `id`, `total`, `made`, `paid` and `note`.
          fix: write `total`
        error[new-column-differs]: `made` is `timestamp` in `lake.sales.invoices`, and `datetime` here
          6:11 datetime
          help: The table is already there: make the column `timestamp`, or drop the table.
          fix: write `timestamp`
        error[type-mismatch]: `paid` of `lake.sales.invoices` is `bool`, and this is `text`
          7:12 city  <- this is `text?`
          help: The table is already there. Spell the cast: `bool(…)`. A value that is none then stops the row.
          fix: cast it to `bool`
        ");
    }
}
