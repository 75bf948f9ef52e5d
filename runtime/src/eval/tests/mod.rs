//! What every function gives, as tables: the values of a row's arguments, and the result or the error.
//!
//! Each row is evaluated alone, as literals, and in one batch with all the others that have a result; all
//! three must agree.

mod casts;
mod choosing;
mod comparing;
mod documents;
mod encodings;
mod lists;
mod mapping;
mod numbers;
mod texts;
mod times;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::record_batch::RecordBatch;
use mig_plan::schema::SchemaColumn;
use mig_plan::{Column, ColumnType, Dataset, Expr, Function, Literal, TableRef, TableSchema};

use super::kernel::Operand;
use super::{Expression, RowError, cast};
use crate::arrow_types::{arrow_schema, arrow_type};
use crate::cells::Cells;
use crate::store::Field;

pub(crate) fn ty(text: &str) -> ColumnType {
    text.parse().expect(text)
}

/// An array out of the values' canonical texts; `null` is a missing value, `x'00ff'` are bytes.
pub(crate) fn array(of: &str, values: &[&str]) -> ArrayRef {
    let of = ty(of).ty;
    if values.iter().all(|value| *value == "null") {
        return new_null_array(&arrow_type(&of), values.len());
    }
    if of == mig_plan::Type::Bytes {
        let bytes = |text: &str| -> Option<Vec<u8>> {
            let hex = text.strip_prefix("x'")?.strip_suffix('\'')?;
            (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()).collect()
        };
        return Arc::new(values.iter().map(|value| bytes(value)).collect::<arrow::array::BinaryArray>());
    }
    let texts: StringArray = values.iter().map(|value| (*value != "null").then_some(*value)).collect();
    let kernel =
        cast::kernel(&mig_plan::Type::Text, &of).or_else(|_| cast::kernel(&of, &of)).expect("readable");
    kernel(&[Operand::rows(Arc::new(texts))], values.len()).expect("values in canonical text")
}

pub(super) fn batch(columns: &[(&str, ArrayRef)]) -> (Vec<Field>, RecordBatch) {
    let fields: Vec<Field> = columns
        .iter()
        .enumerate()
        .map(|(place, (of, _))| Field { name: format!("c{place}"), ty: ty(of).ty.optional(), secret: false })
        .collect();
    let arrays = columns.iter().map(|(_, array)| Arc::clone(array)).collect();
    let batch = RecordBatch::try_new(arrow_schema(&fields), arrays).expect("columns of one length");
    (fields, batch)
}

/// What a call gives for each row: its canonical text, or `! value: message`.
pub(super) fn shown(result: &Result<ArrayRef, RowError>) -> Vec<String> {
    match result {
        Ok(values) => {
            let cells = Cells::of(values.as_ref()).expect("a type of the language");
            (0..values.len()).map(|row| cells.shown(row)).collect()
        }
        Err(error) => vec![match &error.value {
            Some(value) => format!("! {value}: {}", error.message),
            None => format!("! {}", error.message),
        }],
    }
}

/// Proves what a function gives for rows of arguments. `types` are the arguments' types; each line has the
/// arguments and the result as canonical texts, an error as `! value: message`.
pub(super) fn table(function: Function, types: &[&str], result: &str, lines: &[&[&str]]) {
    let call = |args: Vec<Expr>| Expr::Call { function, args, ty: ty(result).ty.optional() };
    let columns = |lines: &[&[&str]]| -> Vec<ArrayRef> {
        let column = |place: usize| lines.iter().map(|line| line[place]).collect::<Vec<_>>();
        types.iter().enumerate().map(|(place, of)| array(of, &column(place))).collect()
    };
    let run = |lines: &[&[&str]]| {
        let arrays: Vec<_> = types.iter().copied().zip(columns(lines)).collect();
        let (fields, batch) = batch(&arrays);
        let args = fields.iter().map(|field| Expr::Column { name: field.name.clone(), ty: field.ty.clone() });
        let expression = Expression::new(&call(args.collect()), &fields, &ty(result).ty.optional());
        expression.expect("typed").evaluate(&batch, "c")
    };
    let mut good = Vec::new();
    for line in lines {
        assert_eq!(line.len(), types.len() + 1, "{function:?} {line:?}");
        let expected = line[types.len()];
        let alone = run(&[line]);
        assert_eq!(shown(&alone), [expected], "{function:?} {types:?} {line:?}");
        if alone.is_ok() {
            good.push(*line);
        }
        // As constants, where the language has literals of the types: a cast makes the rest.
        let literal = |(of, value): (&&str, &&str)| Expr::Call {
            function: Function::Cast,
            args: vec![Expr::Literal {
                value: if *value == "null" { Literal::Null } else { Literal::Text((*value).to_owned()) },
                ty: mig_plan::Type::Text.optional(),
            }],
            ty: ty(of).ty.optional(),
        };
        if types.iter().all(|of| *of != "bytes") && alone.is_ok() {
            let (_, rows) = batch(&[("int64", array("int64", &["1", "2", "3"]))]);
            let args = types.iter().zip(line.iter()).map(literal).collect();
            let constant = Expression::new(&call(args), &[], &ty(result).ty.optional()).expect("typed");
            let values = constant.evaluate(&rows, "c");
            assert_eq!(shown(&values), [expected; 3], "{function:?} {types:?} {line:?} as constants");
        }
    }
    if !good.is_empty() {
        let together = run(&good);
        let expected: Vec<&str> = good.iter().map(|line| line[types.len()]).collect();
        assert_eq!(shown(&together), expected, "{function:?} {types:?} in one batch");
    }
    // The error of a batch is that of its first failing row.
    if let Some(first) = lines.iter().position(|line| line[types.len()].starts_with("! ")) {
        let error = run(lines).expect_err("a failing row fails its batch");
        assert_eq!(error.row, first, "{function:?} {types:?}");
    }
}

/// As [`table`], for a function of one value whose other arguments are these texts of the plan.
pub(super) fn written(function: Function, of: &str, texts: &[&str], result: &str, lines: &[[&str; 2]]) {
    let run = |values: &[&str]| {
        let (fields, rows) = batch(&[(of, array(of, values))]);
        let column = Expr::Column { name: "c0".into(), ty: fields[0].ty.clone() };
        let args = std::iter::once(column).chain(texts.iter().map(|text| Expr::text(text))).collect();
        let expr = Expr::Call { function, args, ty: ty(result).ty.optional() };
        let expression = Expression::new(&expr, &fields, &ty(result).ty.optional()).expect("typed");
        shown(&expression.evaluate(&rows, "c"))
    };
    for [value, expected] in lines {
        assert_eq!(run(&[value]), [*expected], "{function:?}({value}, {texts:?})");
    }
    let good: Vec<_> = lines.iter().filter(|[_, expected]| !expected.starts_with("! ")).collect();
    let values: Vec<&str> = good.iter().map(|[value, _]| *value).collect();
    let expected: Vec<&str> = good.iter().map(|[_, expected]| *expected).collect();
    assert_eq!(run(&values), expected, "{function:?} {texts:?} in one batch");
}

/// Proves that an expression is refused when it is compiled.
pub(super) fn refused(function: Function, types: &[&str], result: &str) {
    let arg = |(place, of): (usize, &&str)| Expr::Column { name: format!("c{place}"), ty: ty(of) };
    let args: Vec<Expr> = types.iter().enumerate().map(arg).collect();
    let fields: Vec<Field> = types
        .iter()
        .enumerate()
        .map(|(place, of)| Field { name: format!("c{place}"), ty: ty(of), secret: false })
        .collect();
    let expr = Expr::Call { function, args, ty: ty(result) };
    assert!(Expression::new(&expr, &fields, &ty(result)).is_err(), "{function:?} {types:?} {result}");
}

/// Some rows of an array, by place.
pub(crate) fn pick(array: &ArrayRef, rows: &[u32]) -> ArrayRef {
    take(array.as_ref(), &UInt32Array::from(rows.to_vec()), None).expect("places in range")
}

/// A dataset `legacy.orders -> lake.orders` with these old columns and new ones.
pub(crate) fn dataset(old: &[(&str, &str)], columns: Vec<Column>, key: &[(&str, &str)]) -> Dataset {
    let table = |store: &str| TableRef { store: store.to_owned(), path: vec!["orders".to_owned()] };
    let column = |(name, of): &(&str, &str)| SchemaColumn {
        name: (*name).to_owned(),
        native: (*of).to_owned(),
        ty: Some(ty(of)),
        has_default: false,
    };
    Dataset {
        doc: String::new(),
        old_entity: None,
        new_entity: None,
        owner: None,
        old: table("legacy"),
        new: table("lake"),
        key: key.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect(),
        chunk_rows: 100,
        columns,
        dropped: Vec::new(),
        secret: std::collections::BTreeSet::new(),
        old_schema: TableSchema {
            columns: old.iter().map(column).collect(),
            primary_key: key.iter().map(|(old, _)| (*old).to_owned()).collect(),
            ..TableSchema::default()
        },
        new_schema: None,
    }
}
