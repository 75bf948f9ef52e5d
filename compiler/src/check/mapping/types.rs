//! The types of a dataset's new columns, for people who look at a mapping that may have errors.

use mig_lang::Span;
use mig_plan::{ColumnType, Schemas};

use super::super::families;
use super::map;
use crate::hir::{Columns, Dataset};
use crate::typing::Known;

/// A new column and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewColumn {
    /// Its name.
    pub name: String,
    /// Where its name stands; `same` for a column that comes from `columns = same`.
    pub span: Span,
    /// Whether the source writes its type.
    pub declared: bool,
    /// Its type in the new table.
    pub ty: ColumnType,
}

/// The new columns of a dataset whose types are known, in the source's order; none when its old table is not known.
/// A column without a written type has the type of the new table's column where there is one, and its value's
/// otherwise. Reports nothing: what cannot be typed is left out.
pub fn new_columns(dataset: &Dataset, schemas: &Schemas) -> Vec<NewColumn> {
    let mapping = map(&families::single(dataset, None, schemas), &mut Vec::new());
    let columns = mapping.into_iter().flat_map(|mapping| mapping.columns);
    columns
        .filter_map(|column| {
            let Known::Type(ty) = column.ty else { return None };
            let declared = column.declared.is_some() || declared(dataset, column.span);
            Some(NewColumn { name: column.name, span: column.span, declared, ty })
        })
        .collect()
}

/// Whether a type is written for the column whose name stands at a place, whatever it is.
fn declared(dataset: &Dataset, name: Span) -> bool {
    let Some(Columns::Listed { columns, .. }) = &dataset.columns else { return false };
    let line = columns.iter().find(|column| column.name.span == name);
    line.is_some_and(|line| line.ty != crate::hir::Declared::No)
}

#[cfg(test)]
mod tests {
    use super::new_columns;
    use crate::fixture::{Fixture, framed};

    #[test]
    fn columns_have_types_where_the_rest_of_the_mapping_is_wrong() {
        let source = "
dataset orders: legacy.orders -> lake.sales.invoices {
  entity = @resource:orders-v1
  columns {
    id      = order_no
    total   = decimal(total_cents, 12, 2) / 100
    state
    who     = lower(email)
    wrong   = lower(total_cents)
    size: int32 = 1
    nothing = null
  }
}
";
        let fixture = Fixture::shop(&framed(source));
        let (program, _) = crate::resolve(&fixture.trees());
        let columns = new_columns(&program.datasets["orders"], &fixture.schemas);
        let shown: Vec<String> = columns
            .iter()
            .map(|column| {
                let written = if column.declared { " as written" } else { "" };
                format!("{}: {}{written}", column.name, column.ty)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        id: int64
        total: decimal(12, 2)
        state: text?
        who: text?
        size: int32 as written
        ");
        // Nothing is known of a store that was not read.
        assert_eq!(new_columns(&program.datasets["orders"], &Default::default()), []);
    }
}
