//! The new columns: each typed, its value brought to its type.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, Span};
use mig_plan::{ColumnType, DroppedColumn, Expr, StoreKind, Type};

use super::super::cases::{DatasetCase, DatasetItem};
use super::{Mapped, Subject};
use crate::hir::{Column, Columns, Dataset, Declared};
use crate::typing::{Goal, Known, Place, Typer, coerce, is_null, is_untyped, unsupported};

/// Every old column carried over as it is, but for those that are dropped.
pub(super) fn same(
    subject: &Subject,
    span: Span,
    dropped: &[DroppedColumn],
    out: &mut Vec<Diagnostic>,
) -> Vec<Mapped> {
    let dropped: BTreeSet<&str> = dropped.iter().map(|drop| drop.name.as_str()).collect();
    let carried = subject.old.columns.iter().filter(|column| !dropped.contains(column.name.as_str()));
    carried
        .map(|column| {
            let Some(ty) = &column.ty else {
                let of = (subject.old_name.as_str(), subject.remedy);
                out.push(unsupported(of, &column.name, &column.native, span));
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

/// The columns, and behind them those whose lines could not be read, which may be named all the same.
pub(super) fn with_begun(mut columns: Vec<Mapped>, case: &DatasetCase) -> Vec<Mapped> {
    if let DatasetItem::Single(Dataset { columns: Some(Columns::Listed { begun, .. }), .. }) = case.from {
        for name in begun {
            if columns.iter().all(|column| column.name != name.text) {
                columns.push(silent(&name.text, name.span));
            }
        }
    }
    columns
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
        let declared = declared.map(|ty| ty.span);
        return Mapped { name: name.text.clone(), span: name.span, declared, ty, expr: None };
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
    let ty = Known::Type(declared.value.clone());
    Mapped { name: name.text.clone(), span: name.span, declared: Some(declared.span), ty, expr }
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
    if existing.is_none() && is_untyped(&value) {
        out.push(if is_null(&value) {
            Diagnostic::error("untyped-null", place.span(), format!("`{name}` is null, but of which type?"))
                .help(format!("Write its type: `{name}: text? = null`."))
        } else {
            Diagnostic::error("untyped-null", place.span(), format!("`{name}` is empty, but of which type?"))
                .help(format!("Write its type: `{name}: list(text) = []`."))
        });
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
    Mapped { name: name.to_owned(), span, declared: None, ty: Known::Type(ty), expr }
}

fn silent(name: &str, span: Span) -> Mapped {
    Mapped { name: name.to_owned(), span, declared: None, ty: Known::Silent, expr: None }
}

/// A column's name as the new store compares it.
fn folded(subject: &Subject, name: &str) -> String {
    let folds = |kind| matches!(kind, StoreKind::Sqlite | StoreKind::Mysql);
    if subject.case.new.as_ref().is_some_and(|new| folds(new.kind)) {
        name.to_lowercase()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use mig_lang::{FileId, Span};
    use mig_plan::StoreKind;

    use crate::fixture::said;
    use crate::typing::{Remedy, unsupported};

    #[test]
    fn columns_have_their_written_type_or_their_values() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:old-orders
  columns {
    order_no: int32
    cust_id: text
    total: decimal(10, 2) = decimal(total_cents, 12, 2) / 100
    state: text
    placed: timestamp = placed
    email: text = if is_null(email) then null else lower(email)
    channel
    chanel
    legacy_flag
    discount: int8? = 1_000
    nothing: text? = null
    many: list(text) = channel
    flag: bool = legacy_flag else 0
    Channel = 1
  }
}
";
        assert_snapshot!(said(source), @r#"
        error[unmapped-column]: `discount` of `legacy.orders` is not mapped
          3:3 columns
          1:17 legacy.orders  <- the old table
          help: Carry a column by its bare name, use it in an expression, or leave it behind with `drop … because "…"`.
          fix: carry it over as it is
          fix: leave it behind
        error[lossy-cast]: `order_no` is `int32`, and not every `int64` is one
          4:5 order_no: int32  <- this is `int64`
          4:15 int32  <- `int32` is declared here
          help: Spell the cast: `int32(…)`. A value that does not fit then stops the row.
          fix: cast it to `int32`
        error[type-mismatch]: `cust_id` is `text`, and this is `int64`
          5:5 cust_id: text  <- this is `int64`
          5:14 text  <- `text` is declared here
          help: Spell the cast: `text(…)`. A value that is none then stops the row.
          fix: cast it to `text`
        error[lossy-cast]: `total` is `decimal(10, 2)`, and not every `decimal(12, 2)` is one
          6:29 decimal(total_cents, 12, 2) / 100  <- this is `decimal(12, 2)`
          6:12 decimal(10, 2)  <- `decimal(10, 2)` is declared here
          help: Spell the cast: `decimal(…, 10, 2)`. A value that does not fit then stops the row.
          fix: cast it to `decimal(10, 2)`
        error[nullable-into-required]: `state` must have a value, and this may be null
          7:5 state: text  <- this is `text?`
          7:12 text  <- `text` is declared here
          help: Say what stands in for null with `else VALUE`, or let the column be `text?`.
          fix: write `else ""`
          fix: let it be `text?`
        error[type-mismatch]: `placed` is `timestamp`, and this is `datetime`
          8:25 placed  <- this is `datetime`
          8:13 timestamp  <- `timestamp` is declared here
          help: A date and time without zone is an instant only in a zone: `utc(value, zone: "Europe/Paris")`.
        error[nullable-into-required]: `email` must have a value, and this may be null
          9:19 if is_null(email) then null else lower(email)  <- this is `text?`
          9:12 text  <- `text` is declared here
          help: Say what stands in for null with `else VALUE`, or let the column be `text?`.
          fix: write `else ""`
          fix: let it be `text?`
        error[unknown-column]: `legacy.orders` has no column `chanel`
          11:5 chanel  <- did you mean `channel`?
          help: It has `order_no`, `cust_id`, `total_cents`, `state`, `placed`, `email`, `channel`, `legacy_flag` and `discount`.
          fix: write `channel`
        error[literal-does-not-fit]: 1000 is no `int8`: those go from -128 to 127
          13:23 1_000
          13:15 int8?  <- `int8?` is declared here
        error[type-mismatch]: `many` is `list(text)`, and this is `text`
          15:24 channel  <- this is `text`
          15:11 list(text)  <- `list(text)` is declared here
          help: Its parts between separators: `split(value, ",")`.
        error[type-mismatch]: `flag` is `bool`, and this is `int64`
          16:18 legacy_flag else 0  <- this is `int64`
          16:11 bool  <- `bool` is declared here
          help: Spell the cast: `bool(…)`. A value that is none then stops the row.
          fix: cast it to `bool`
        "#);
    }

    #[test]
    fn same_carries_every_column_that_can_be() {
        let source = "
store out: csv { path = \"out\" }
dataset events: legacy.events -> out.events {
  entity  = @resource:day-totals
  columns = same
}
dataset places: legacy.places -> lake.sales.places {
  entity  = @resource:places
  columns = same
}
dataset customers: legacy.customers -> lake.sales.invoices {
  entity  = @resource:customers
  columns = same
}
";
        assert_snapshot!(said(source), @r#"
        error[type-not-kept]: a csv store does not keep `tags` as `list(text)`
          4:13 same
          help: A cell of CSV holds no list: use a jsonl or parquet store.
        error[unsupported-column]: `shape` of `legacy.places` has the type `geometry`, which mig cannot carry without loss
          8:13 same
          help: Leave it behind with `drop shape because "…"`, or give the old store a view that casts it.
        error[missing-new-column]: `lake.sales.invoices` requires `total: decimal(12, 2)` and `paid: bool`
          10:40 lake.sales.invoices
          10:9 customers  <- nothing here makes a value for it
          help: The table is already there: add a line to `columns` for each, `name: type = value`.
        error[unknown-new-column]: `lake.sales.invoices` is there, and has no column `name`
          12:13 same
          help: It has `id`, `total`, `made`, `paid` and `note`.
        error[unknown-new-column]: `lake.sales.invoices` is there, and has no column `email`
          12:13 same
          help: It has `id`, `total`, `made`, `paid` and `note`.
        error[unknown-new-column]: `lake.sales.invoices` is there, and has no column `city`
          12:13 same
          help: It has `id`, `total`, `made`, `paid` and `note`.
        "#);
    }

    #[test]
    fn what_can_be_done_about_a_type_depends_on_the_store() {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        let help = |remedy| unsupported(("`a.t`", remedy), "shape", "struct", span).help.unwrap_or_default();
        assert_eq!(Remedy::of(StoreKind::Mysql), Remedy::View);
        assert_eq!(
            help(Remedy::of(StoreKind::Parquet)),
            "Leave it behind with `drop shape because \"…\"`, or write the files anew with a type that mig carries."
        );
        assert_eq!(
            help(Remedy::NewTable),
            "The table is already there: give the column a type that mig carries, or drop the table."
        );
    }

    #[test]
    fn an_unsupported_column_can_be_dropped() {
        let source = "
dataset places: legacy.places -> lake.sales.places {
  entity  = @resource:places
  columns = same
  drop shape because \"nobody draws maps\"
}
";
        assert_snapshot!(said(source), @"");
    }

    #[test]
    fn sqlite_has_no_names_that_differ_by_case() {
        let source = "
store lake: sqlite { url = \"lake.db\" }
dataset totals: legacy.totals -> lake.totals {
  entity = @resource:day-totals
  columns {
    day
    total
    Total = 0
  }
}
";
        assert_snapshot!(said(source), @"
        error[duplicate-column]: `Total` is made twice
          7:5 Total
          6:5 total  <- the first time
        ");
    }
}
