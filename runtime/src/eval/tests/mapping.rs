use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::record_batch::RecordBatch;
use mig_plan::{Column, Dataset, Expr, Function};

use super::{array, dataset, pick, ty};
use crate::arrow_types::arrow_schema;
use crate::eval::Mapping;
use crate::row_hash::RowHasher;
use crate::store::Field;

fn old(name: &str, of: &str) -> Expr {
    Expr::Column { name: name.into(), ty: ty(of) }
}

fn call(function: Function, args: Vec<Expr>, of: &str) -> Expr {
    Expr::Call { function, args, ty: ty(of) }
}

/// The dataset of the language's example: renames, a cast with a division, text functions, a zone.
fn orders() -> Dataset {
    let column =
        |name: &str, of: &str, expr: Expr| Column { name: name.into(), ty: ty(of), expr, secret: false };
    let cents = call(Function::Cast, vec![old("total_cents", "int64")], "decimal(12, 2)");
    let total = call(Function::Divide, vec![cents, Expr::int(100)], "decimal(12, 2)");
    let email = call(Function::Trim, vec![old("email", "text?")], "text?");
    let columns = vec![
        column("total", "decimal(12, 2)", total),
        column("status", "text", call(Function::Lower, vec![old("state", "text")], "text")),
        column("email", "text?", call(Function::NullIf, vec![email, Expr::text("")], "text?")),
        column("order_id", "int64", old("order_no", "int64")),
        column("note", "text", old("note", "text?")),
    ];
    dataset(&[("order_no", "int64"), ("flag", "bool")], columns, &[("order_no", "order_id")])
}

fn rows(mapping: &Mapping, columns: Vec<ArrayRef>) -> RecordBatch {
    let optional: Vec<Field> = mapping
        .old_fields()
        .iter()
        .map(|field| Field { name: field.name.clone(), ty: field.ty.ty.clone().optional(), secret: false })
        .collect();
    RecordBatch::try_new(arrow_schema(&optional), columns).expect("columns as the mapping reads them")
}

fn sample(mapping: &Mapping) -> RecordBatch {
    rows(
        mapping,
        vec![
            array("int64", &["1999", "-5", "0", "700"]),
            array("text", &["NEW", "Paid", "", "ÉTÉ"]),
            array("text", &[" a@b.c ", "", "null", "x"]),
            array("int64", &["1", "2", "3", "4"]),
            array("text", &["a", "b", "c", "d"]),
        ],
    )
}

#[test]
fn a_mapping_reads_what_it_uses_and_the_key() {
    let mapping = Mapping::new(&orders()).unwrap();
    let names = |fields: &[Field]| fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(mapping.old_fields()), ["total_cents", "state", "email", "order_no", "note"]);
    assert_eq!(names(mapping.new_fields()), ["total", "status", "email", "order_id", "note"]);
    assert_eq!(mapping.old_table().key, ["order_no"]);
    assert_eq!(mapping.new_table().key, ["order_id"]);

    let part = Mapping::of_columns(&orders(), &|name| name == "total").unwrap();
    assert_eq!(names(part.old_fields()), ["total_cents", "order_no"]);
    assert!(part.new_table().key.is_empty());
    // Nothing is used: rows are still counted by one column.
    let mut keyless = orders();
    keyless.key.clear();
    let none = Mapping::of_columns(&keyless, &|_| false).unwrap();
    assert_eq!(names(none.old_fields()), ["order_no"]);
}

#[test]
fn new_rows_have_the_declared_types_and_renames_are_not_copied() {
    let mapping = Mapping::new(&orders()).unwrap();
    let old = sample(&mapping);
    let new = mapping.apply(&old).unwrap();
    assert_eq!(new.schema(), arrow_schema(mapping.new_fields()));
    let shown = |column: usize| super::shown(&Ok(Arc::clone(new.column(column))));
    assert_eq!(shown(0), ["19.99", "-0.05", "0.00", "7.00"]);
    assert_eq!(shown(1), ["new", "paid", "", "été"]);
    assert_eq!(shown(2), ["a@b.c", "null", "null", "x"]);
    let (before, after) = (old.column(3).to_data(), new.column(3).to_data());
    assert_eq!(before.buffers()[0].as_ptr(), after.buffers()[0].as_ptr());

    let empty = mapping.apply(&old.slice(0, 0)).unwrap();
    assert_eq!((empty.num_rows(), empty.schema()), (0, arrow_schema(mapping.new_fields())));
}

#[test]
fn an_error_names_row_column_and_value() {
    let mapping = Mapping::new(&orders()).unwrap();
    let mut columns = sample(&mapping).columns().to_vec();
    columns[0] = array("int64", &["1", "2", "30000000000000", "4"]);
    let error = mapping.apply(&rows(&mapping, columns.clone())).unwrap_err();
    assert_eq!(
        (error.row, error.column.as_str(), error.value.as_deref()),
        (2, "total", Some("30000000000000"))
    );
    assert_eq!(
        error.to_string(),
        "column total, value 30000000000000: decimal(12, 2) does not hold it without loss"
    );

    columns[0] = array("int64", &["1", "2", "3", "4"]);
    columns[4] = array("text", &["a", "b", "c", "null"]);
    let error = mapping.apply(&rows(&mapping, columns.clone())).unwrap_err();
    assert_eq!((error.row, error.column.as_str()), (3, "note"));

    columns[3] = array("int32", &["1", "2", "3", "4"]);
    let fields: Vec<Field> = (0..5)
        .map(|place| Field {
            name: format!("c{place}"),
            ty: ty(if place == 3 {
                "int32?"
            } else if place == 0 {
                "int64?"
            } else {
                "text?"
            }),
            secret: false,
        })
        .collect();
    let other = RecordBatch::try_new(arrow_schema(&fields), columns).unwrap();
    assert_eq!(mapping.apply(&other).unwrap_err().column, "order_no");
}

#[test]
fn a_row_is_the_same_whatever_the_batch_around_it() {
    let mapping = Mapping::new(&orders()).unwrap();
    let old = sample(&mapping);
    let whole = mapping.apply(&old).unwrap();
    let hasher = RowHasher::new(mapping.new_fields());
    for from in 0..4 {
        for length in 0..=4 - from {
            let slice = mapping.apply(&old.slice(from, length)).unwrap();
            assert_eq!(slice, whole.slice(from, length));
            assert_eq!(hasher.rows(&slice).unwrap(), hasher.rows(&whole).unwrap()[from..from + length]);
        }
    }
    let shuffled = old.columns().iter().map(|column| pick(column, &[2, 0, 3, 1])).collect();
    let shuffled = mapping.apply(&rows(&mapping, shuffled)).unwrap();
    assert_eq!(hasher.digest(&shuffled).unwrap(), hasher.digest(&whole).unwrap());
}

#[test]
fn a_plan_that_the_compiler_did_not_build_is_refused() {
    let mut dataset = orders();
    dataset.columns[0].ty = ty("decimal(10, 2)");
    assert!(Mapping::new(&dataset).is_err());
    let mut dataset = orders();
    dataset.key = vec![("gone".into(), "order_id".into())];
    assert!(Mapping::new(&dataset).is_err());
}
