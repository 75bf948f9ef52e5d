use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, ListArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use mig_plan::Function::Cast;

use super::{refused, table, ty};
use crate::arrow_types::{arrow_field, arrow_type};
use crate::eval::cast;
use crate::eval::kernel::Operand;

#[test]
fn numbers_lose_nothing() {
    table(
        Cast,
        &["int64"],
        "int8",
        &[&["-128", "-128"], &["null", "null"], &["128", "! 128: int8 does not hold it without loss"]],
    );
    table(
        Cast,
        &["int64"],
        "decimal(12, 2)",
        &[
            &["1999", "1999.00"],
            &["10000000000", "! 10000000000: decimal(12, 2) does not hold it without loss"],
        ],
    );
    table(
        Cast,
        &["decimal(5, 2)"],
        "int16",
        &[&["-3.00", "-3"], &["3.10", "! 3.10: int16 does not hold it without loss"]],
    );
    table(
        Cast,
        &["decimal(5, 2)"],
        "decimal(4, 3)",
        &[&["1.25", "1.250"], &["10.00", "! 10.00: decimal(4, 3) does not hold it without loss"]],
    );
    table(
        Cast,
        &["decimal(5, 3)"],
        "decimal(4, 2)",
        &[&["1.250", "1.25"], &["1.255", "! 1.255: decimal(4, 2) does not hold it without loss"]],
    );
    table(
        Cast,
        &["int64"],
        "float64",
        &[
            &["9007199254740992", "9007199254740992"],
            &["1152921504606846976", "1152921504606847000"],
            &["9007199254740993", "! 9007199254740993: float64 does not hold it without loss"],
            &["9223372036854775807", "! 9223372036854775807: float64 does not hold it without loss"],
        ],
    );
    table(
        Cast,
        &["int32"],
        "float32",
        &[&["16777216", "16777216"], &["16777217", "! 16777217: float32 does not hold it without loss"]],
    );
    table(
        Cast,
        &["decimal(38, 20)"],
        "float64",
        &[
            &["0.1", "0.1"],
            &["-2.5", "-2.5"],
            &["0.10000000000000000001", "! 0.10000000000000000001: float64 does not hold it without loss"],
        ],
    );
    table(
        Cast,
        &["float64"],
        "decimal(12, 2)",
        &[
            &["0.1", "0.10"],
            &["19.99", "19.99"],
            &["-0", "0.00"],
            &["0.125", "! 0.125: decimal(12, 2) does not hold it without loss"],
            &["1e11", "! 100000000000: decimal(12, 2) does not hold it without loss"],
            &["NaN", "! NaN: decimal(12, 2) does not hold it without loss"],
            &["Infinity", "! Infinity: decimal(12, 2) does not hold it without loss"],
        ],
    );
    table(Cast, &["float32"], "decimal(12, 2)", &[&["0.1", "0.10"]]);
    table(
        Cast,
        &["float64"],
        "int64",
        &[
            &["-9223372036854775808", "-9223372036854775808"],
            &["1152921504606846976", "1152921504606846976"],
            &["9223372036854775808", "! 9223372036854776000: int64 does not hold it without loss"],
            &["1.5", "! 1.5: int64 does not hold it without loss"],
            &["NaN", "! NaN: int64 does not hold it without loss"],
        ],
    );
    table(Cast, &["float32"], "float64", &[&["0.1", "0.10000000149011612"]]);
    table(
        Cast,
        &["float64"],
        "float32",
        &[
            &["0.5", "0.5"],
            &["NaN", "NaN"],
            &["-Infinity", "-Infinity"],
            &["0.1", "! 0.1: float32 does not hold it without loss"],
            &["1e300", &format!("! {}…: float32 does not hold it without loss", &1e300.to_string()[..80])],
        ],
    );
    table(Cast, &["bool"], "int8", &[&["true", "1"], &["false", "0"]]);
    table(
        Cast,
        &["int64"],
        "bool",
        &[&["1", "true"], &["0", "false"], &["2", "! 2: only 0 and 1 are booleans"]],
    );
    table(Cast, &["int8"], "int8", &[&["7", "7"]]);
}

#[test]
fn text_is_read_in_canonical_form() {
    table(
        Cast,
        &["text"],
        "int32",
        &[
            &["-12", "-12"],
            &["+12", "12"],
            &["007", "7"],
            &["null", "null"],
            &["12x", "! 12x: the text does not read as int32"],
            &[" 12", "!  12: the text does not read as int32"],
            &["", "! : the text does not read as int32"],
            &["1_000", "! 1_000: the text does not read as int32"],
            &["2147483648", "! 2147483648: the text does not read as int32"],
            &["1.0", "! 1.0: the text does not read as int32"],
        ],
    );
    table(
        Cast,
        &["text"],
        "decimal(6, 2)",
        &[
            &["12.5", "12.50"],
            &["-0.500", "-0.50"],
            &["9999.99", "9999.99"],
            &["12", "12.00"],
            &["12.505", "! 12.505: the text does not read as decimal(6, 2)"],
            &["10000", "! 10000: the text does not read as decimal(6, 2)"],
            &["1e2", "! 1e2: the text does not read as decimal(6, 2)"],
            &[".5", "! .5: the text does not read as decimal(6, 2)"],
            &["5.", "! 5.: the text does not read as decimal(6, 2)"],
            &["1,5", "! 1,5: the text does not read as decimal(6, 2)"],
        ],
    );
    table(
        Cast,
        &["text"],
        "float64",
        &[
            &["0.1", "0.1"],
            &["-1.5e-3", "-0.0015"],
            &["1E3", "1000"],
            &["NaN", "NaN"],
            &["-Infinity", "-Infinity"],
            &["-0", "-0"],
            &["1e999", "! 1e999: the text does not read as float64"],
            &["inf", "! inf: the text does not read as float64"],
            &["0.10000000000000000001", "! 0.10000000000000000001: the text does not read as float64"],
        ],
    );
    table(
        Cast,
        &["text"],
        "float32",
        &[&["0.1", "0.1"], &["16777217", "! 16777217: the text does not read as float32"]],
    );
    table(
        Cast,
        &["text"],
        "bool",
        &[&["true", "true"], &["false", "false"], &["TRUE", "! TRUE: the text does not read as bool"]],
    );
    table(
        Cast,
        &["text"],
        "date",
        &[
            &["2024-02-29", "2024-02-29"],
            &["0001-01-01", "0001-01-01"],
            &["+12345-01-01", "+12345-01-01"],
            &["-0044-03-15", "-0044-03-15"],
            &["2023-02-29", "! 2023-02-29: the text does not read as date"],
            &["2024-2-9", "! 2024-2-9: the text does not read as date"],
            &["24-02-09", "! 24-02-09: the text does not read as date"],
            &["2024-02-29T00:00:00", "! 2024-02-29T00:00:00: the text does not read as date"],
        ],
    );
    table(
        Cast,
        &["text"],
        "time",
        &[
            &["13:05", "13:05:00"],
            &["13:05:07.25", "13:05:07.250000"],
            &["13:05:07.123456000", "13:05:07.123456"],
            &["13:05:07.1234567", "! 13:05:07.1234567: the text does not read as time"],
            &["24:00:00", "! 24:00:00: the text does not read as time"],
            &["23:59:60", "! 23:59:60: the text does not read as time"],
            &["1:05", "! 1:05: the text does not read as time"],
        ],
    );
    table(
        Cast,
        &["text"],
        "timestamp",
        &[
            &["2024-02-29T13:05:00Z", "2024-02-29T13:05:00Z"],
            &["2024-02-29 13:05:00.5+02:00", "2024-02-29T11:05:00.500000Z"],
            &["2024-02-29T13:05-05:30", "2024-02-29T18:35:00Z"],
            &["2024-02-29T13:05:00+02", "2024-02-29T11:05:00Z"],
            &["2024-02-29T13:05:00", "! 2024-02-29T13:05:00: the text does not read as timestamp"],
            &["2024-02-29", "! 2024-02-29: the text does not read as timestamp"],
        ],
    );
    table(
        Cast,
        &["text"],
        "datetime",
        &[
            &["2024-02-29 13:05:00", "2024-02-29T13:05:00"],
            &["2024-02-29T13:05:00Z", "! 2024-02-29T13:05:00Z: the text does not read as datetime"],
        ],
    );
    table(
        Cast,
        &["text"],
        "uuid",
        &[
            &["67E55044-10B1-426F-9247-BB680E5FE0C8", "67e55044-10b1-426f-9247-bb680e5fe0c8"],
            &["67e5504410b1426f9247bb680e5fe0c8", "67e55044-10b1-426f-9247-bb680e5fe0c8"],
            &[
                "67e5504410b1426f9247bb680e5fe0c",
                "! 67e5504410b1426f9247bb680e5fe0c: the text does not read as uuid",
            ],
        ],
    );
    table(
        Cast,
        &["text"],
        "json",
        &[
            &["{\"a\": [1, null]}", "{\"a\": [1, null]}"],
            &["{a: 1}", "! {a: 1}: the text does not read as json"],
            &["", "! : the text does not read as json"],
        ],
    );
    refused(Cast, &["text"], "list(text)");
}

#[test]
fn every_value_has_a_canonical_text() {
    for (of, value) in [
        ("bool", "true"),
        ("int64", "-9223372036854775808"),
        ("float64", "0.1"),
        ("float64", "NaN"),
        ("float32", "-Infinity"),
        ("decimal(38, 38)", "-0.00000000000000000000000000000000000001"),
        ("decimal(3, 0)", "-7"),
        ("date", "2024-02-29"),
        ("time", "00:00:00.000001"),
        ("timestamp", "1969-12-31T23:59:59.999999Z"),
        ("datetime", "+12345-06-07T08:09:10"),
        ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8"),
        ("json", "[1,  2]"),
    ] {
        table(Cast, &[of], "text", &[&[value, value], &["null", "null"]]);
    }
    table(
        Cast,
        &["bytes"],
        "text",
        &[&["x'c3a9'", "é"], &["x''", ""], &["x'ff00'", "! ff00: the bytes are not UTF-8"]],
    );
    table(Cast, &["text"], "bytes", &[&["é", "c3a9"]]);
    refused(Cast, &["list(int64)"], "text");
}

#[test]
fn days_and_readings_and_bytes() {
    table(
        Cast,
        &["date"],
        "datetime",
        &[&["2024-02-29", "2024-02-29T00:00:00"], &["-0044-03-15", "-0044-03-15T00:00:00"]],
    );
    table(
        Cast,
        &["datetime"],
        "date",
        &[
            &["1969-12-31T00:00:00", "1969-12-31"],
            &[
                "2024-02-29T00:00:00.000001",
                "! 2024-02-29T00:00:00.000001: a date would lose its time of day",
            ],
        ],
    );
    table(
        Cast,
        &["uuid"],
        "bytes",
        &[&["00000000-0000-0000-0000-0000000000ff", "000000000000000000000000000000ff"]],
    );
    table(
        Cast,
        &["bytes"],
        "uuid",
        &[
            &["x'000000000000000000000000000000ff'", "00000000-0000-0000-0000-0000000000ff"],
            &["x'00'", "! 00: not the 16 bytes of a uuid"],
        ],
    );
    for (from, to) in [
        ("timestamp", "datetime"),
        ("datetime", "timestamp"),
        ("int64", "timestamp"),
        ("date", "timestamp"),
        ("uuid", "int64"),
    ] {
        refused(Cast, &[from], to);
    }
}

#[test]
fn lists_are_cast_item_by_item() {
    let (from, to) = (ty("list(int64?)?"), ty("list(int8?)?"));
    // [1, null], null (over the hidden 999), [], [300]
    let lists = |last: i64| {
        ListArray::try_new(
            Arc::new(arrow_field("item", &ty("int64?"))),
            OffsetBuffer::new(vec![0, 2, 3, 3, 4].into()),
            Arc::new(Int64Array::from(vec![Some(1), None, Some(999), Some(last)])),
            Some(NullBuffer::from(vec![true, false, true, true])),
        )
        .unwrap()
    };
    let kernel = cast::kernel(&from.ty, &to.ty).unwrap();
    let narrowed = kernel(&[Operand::rows(Arc::new(lists(100)))], 4).unwrap();
    assert_eq!(narrowed.data_type(), &arrow_type(&to.ty));
    assert_eq!(narrowed.as_list::<i32>().value(3).len(), 1);
    assert!(narrowed.is_null(1));
    let fault = kernel(&[Operand::rows(Arc::new(lists(300)))], 4).unwrap_err();
    let error = fault.in_column("c");
    assert_eq!((error.row, error.value.as_deref()), (3, Some("300")));

    let required = cast::kernel(&from.ty, &ty("list(int64)").ty).unwrap();
    let fault = required(&[Operand::rows(Arc::new(lists(1)))], 4).unwrap_err();
    assert_eq!(fault.row, 0);
}

#[test]
fn a_text_is_a_label_or_an_error_of_the_row() {
    table(
        Cast,
        &["text"],
        "enum(open, `in transit`)",
        &[
            &["open", "open"],
            &["in transit", "in transit"],
            &["null", "null"],
            &["Open", "! Open: no label of enum(open, `in transit`); the nearest is \"open\""],
            &["", "! : no label of enum(open, `in transit`)"],
        ],
    );
    table(
        Cast,
        &["enum(open, paid)"],
        "enum(open)",
        &[&["open", "open"], &["paid", "! paid: no label of enum(open)"]],
    );
    table(Cast, &["enum(open, paid)"], "text", &[&["paid", "paid"]]);
}
