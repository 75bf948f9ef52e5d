//! Which columns of a part are written with a dictionary: those whose values come again.
//!
//! Judged by the part's first rows. To look each value of a column of many up costs more than all else that writing it does,
//! and the dictionary is given up for plain values once it is full.

use arrow::array::Array as _;
use arrow::record_batch::RecordBatch;
use mig_plan::Type;
use parquet::file::properties::WriterPropertiesBuilder;
use parquet::schema::types::SchemaDescriptor;

use crate::row_hash::RowHasher;
use crate::store::Field;

/// Rows by which a column is judged; where there are fewer, a dictionary costs nothing.
const JUDGED: usize = 4_096;

/// Marks for hashes of values: so many that few share one.
const MARKS: usize = 1 << 16;

/// Has the columns whose values hardly come again written without a dictionary.
pub(super) fn choose(
    mut properties: WriterPropertiesBuilder,
    schema: &SchemaDescriptor,
    fields: &[Field],
    first: &RecordBatch,
) -> WriterPropertiesBuilder {
    if first.num_rows() < JUDGED {
        return properties;
    }
    let rows = first.slice(0, JUDGED);
    for (place, leaf) in schema.columns().iter().enumerate() {
        let root = schema.get_column_root_idx(place);
        if fields.get(root).is_some_and(|field| !comes_again(&rows, root, field)) {
            properties = properties.set_column_dictionary_enabled(leaf.path().clone(), false);
        }
    }
    properties
}

/// Whether a column has a quarter fewer values than rows that have one. Of lists it is the items that would be looked up,
/// about which their hashes say nothing.
fn comes_again(rows: &RecordBatch, place: usize, field: &Field) -> bool {
    if matches!(field.ty.ty, Type::List(_)) {
        return true;
    }
    let mut seen = vec![false; MARKS];
    let mut values = 0;
    let hasher = RowHasher::new(std::slice::from_ref(field));
    let hashed = rows.project(&[place]).and_then(|column| {
        hasher.visit(&column, |hash| {
            let mark = &mut seen[hash as usize % MARKS];
            values += usize::from(!std::mem::replace(mark, true));
        })
    });
    let there = JUDGED - rows.column(place).null_count();
    // What cannot be hashed is told where it is written.
    hashed.is_err() || values * 4 <= there * 3
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use parquet::file::properties::WriterProperties;

    use super::super::types;
    use super::*;
    use crate::arrow_types::arrow_schema;

    #[test]
    fn a_column_of_many_values_has_none() {
        let field = |(name, ty): (&str, &str)| Field {
            name: name.to_owned(),
            ty: ty.parse().unwrap(),
            secret: false,
        };
        let fields: Vec<Field> =
            [("id", "int64"), ("kind", "int64"), ("email", "text?"), ("country", "text?")].map(field).into();
        let of = |rows: i64| {
            let email = |n: i64| (n % 3 > 0).then(|| format!("{n}@example.org"));
            let country = |n: i64| (n % 3 > 0).then(|| format!("country {}", n % 200));
            let columns: Vec<ArrayRef> = vec![
                Arc::new((0..rows).collect::<Int64Array>()),
                Arc::new((0..rows).map(|n| n % 1_000).collect::<Int64Array>()),
                Arc::new((0..rows).map(email).collect::<StringArray>()),
                Arc::new((0..rows).map(country).collect::<StringArray>()),
            ];
            let first = RecordBatch::try_new(arrow_schema(&fields), columns).unwrap();
            let schema = types::schema(&fields).unwrap();
            let properties = choose(WriterProperties::builder(), &schema, &fields, &first).build();
            schema.columns().iter().map(|leaf| properties.dictionary_enabled(leaf.path())).collect::<Vec<_>>()
        };
        assert_eq!(of(8_192), [false, true, false, true]);
        assert_eq!(of(100), [true; 4]);
    }
}
