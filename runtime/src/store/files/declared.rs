//! What formats have in common whose files declare their columns: columns are found by name, and their arrays made
//! those of the language's types, exactly or told value by value.

use std::collections::HashSet;

use arrow::array::ArrayRef;
use mig_plan::Type;

use super::adapt;
use super::definition::Definition;
use super::findings::{Findings, Site};
use super::inference::Columns;
use super::layout::Part;
use super::locator::Position;
use crate::store::{Field, StoreError};

/// A column as a file declares it.
pub(super) struct Declared {
    /// Its name.
    pub(super) name: String,
    /// The format's own name of its type.
    pub(super) native: String,
    /// The language's type; `None` where there is no lossless one.
    pub(super) ty: Option<Type>,
    /// Whether it may have nulls.
    pub(super) optional: bool,
}

/// Refuses a file in which two columns have one name.
pub(super) fn distinct<'a>(part: &Part, names: impl Iterator<Item = &'a str>) -> Result<(), StoreError> {
    let mut known = HashSet::new();
    for name in names {
        if !known.insert(name) {
            return Err(StoreError::Refused(format!("{}: two columns have the name `{name}`", part.shown())));
        }
    }
    Ok(())
}

/// The columns of a file.
pub(super) fn declare(declared: impl IntoIterator<Item = Declared>) -> Columns {
    let mut columns = Columns::default();
    for column in declared {
        columns.declare(&column.name, column.native, column.ty, column.optional);
    }
    columns
}

/// Where each field is in the file: the place of its column.
pub(super) fn sources(
    part: &Part,
    columns: &[Declared],
    fields: &[Field],
    definition: Option<&Definition>,
    findings: &mut Findings,
) -> Result<Vec<Option<usize>>, StoreError> {
    let site = Site { part, position: Position { at: 0, line: None }, line: None };
    if let Some(definition) = definition {
        for column in columns.iter().filter(|column| !definition.names().any(|known| known == column.name)) {
            findings.misfit(site, &column.name, "", "the table has no such column".to_owned())?;
        }
    }
    let mut sources = Vec::with_capacity(fields.len());
    for field in fields {
        let source = columns.iter().position(|column| column.name == field.name);
        match source.map(|place| &columns[place]) {
            Some(Declared { ty: Some(ty), .. }) if widens(ty, &field.ty.ty) => {}
            Some(Declared { native, .. }) => {
                return Err(StoreError::Refused(format!(
                    "{}: column `{}` is {native}, which cannot be read as {} without loss",
                    part.shown(),
                    field.name,
                    field.ty.ty
                )));
            }
            None if !field.ty.nullable => {
                findings.misfit(site, &field.name, "", "the file has no such column".to_owned())?;
            }
            None => {}
        }
        sources.push(source);
    }
    Ok(sources)
}

/// The array of the field's type; `before` rows are before it in the file.
pub(super) fn adapted(
    part: &Part,
    field: &Field,
    array: &ArrayRef,
    before: u64,
    findings: &mut Findings,
) -> Result<ArrayRef, StoreError> {
    adapt::adapt(array, &field.ty, &mut |row, value, reason| {
        let position = Position { at: before + row as u64 + 1, line: None };
        findings.misfit(Site { part, position, line: None }, &field.name, value, reason)
    })
}

/// Whether every value of one type is one of the other, so that a file may have the narrower one.
fn widens(from: &Type, to: &Type) -> bool {
    match (from, to) {
        // An enum is written as a text, and read with its labels checked.
        (Type::Float32, Type::Float64) | (Type::Text, Type::Enum(_)) => true,
        (Type::Decimal { precision: p, scale: s }, Type::Decimal { precision: q, scale: t }) => {
            t >= s && q - t >= p - s
        }
        (Type::List(from), Type::List(to)) => widens(&from.ty, &to.ty),
        _ => match (from.integer_range(), to.integer_range()) {
            (Some((_, from)), Some((_, to))) => from <= to,
            _ => from == to,
        },
    }
}

#[cfg(test)]
mod tests {
    use mig_plan::ColumnType;

    use super::*;

    #[test]
    fn only_lossless_widening_is_allowed() {
        let parse = |text: &str| text.parse::<ColumnType>().unwrap().ty;
        for (from, to) in [
            ("int8", "int64"),
            ("decimal(5, 2)", "decimal(7, 3)"),
            ("list(int8)", "list(int16)"),
            ("text", "text"),
        ] {
            assert!(widens(&parse(from), &parse(to)), "{from} {to}");
        }
        for (from, to) in [
            ("int64", "int32"),
            ("decimal(5, 2)", "decimal(6, 4)"),
            ("text", "json"),
            ("bytes", "text"),
            ("int64", "float64"),
        ] {
            assert!(!widens(&parse(from), &parse(to)), "{from} {to}");
        }
    }
}
