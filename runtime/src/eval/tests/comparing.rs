use std::sync::Arc;

use mig_plan::Function::*;
use mig_plan::{Expr, Function, Literal, Type};

use super::{array, batch, refused, shown, table, ty};
use crate::eval::Expression;

#[test]
fn values_compare_by_value() {
    table(
        Equal,
        &["int64", "int64"],
        "bool",
        &[&["1", "1", "true"], &["1", "2", "false"], &["null", "null", "null"]],
    );
    table(Less, &["int8", "int64"], "bool", &[&["-1", "1", "true"], &["1", "-9223372036854775808", "false"]]);
    table(Greater, &["decimal(12, 2)", "int64"], "bool", &[&["0.01", "0", "true"], &["-0.01", "0", "false"]]);
    table(
        Equal,
        &["decimal(38, 38)", "decimal(38, 0)"],
        "bool",
        &[&["0", "0", "true"], &["0.5", "1", "false"]],
    );
    table(LessOrEqual, &["decimal(4, 2)", "decimal(4, 2)"], "bool", &[&["1.50", "1.50", "true"]]);
    table(
        Equal,
        &["float64", "float64"],
        "bool",
        &[&["0", "-0", "true"], &["NaN", "NaN", "true"], &["NaN", "1", "false"]],
    );
    table(
        Less,
        &["float64", "float64"],
        "bool",
        &[&["-0", "0", "false"], &["Infinity", "NaN", "true"], &["NaN", "Infinity", "false"]],
    );
    table(NotEqual, &["float32", "float32"], "bool", &[&["0", "-0", "false"], &["1", "2", "true"]]);
    table(
        Less,
        &["text", "text"],
        "bool",
        &[
            &["Z", "a", "true"],
            &["a", "ab", "true"],
            // U+FFFD is below U+1F600 by code point, above it in UTF-16.
            &["\u{fffd}", "\u{1f600}", "true"],
        ],
    );
    table(Less, &["bool", "bool"], "bool", &[&["false", "true", "true"], &["true", "true", "false"]]);
    table(GreaterOrEqual, &["date", "date"], "bool", &[&["2024-03-01", "2024-02-29", "true"]]);
    table(
        Less,
        &["timestamp", "timestamp"],
        "bool",
        &[&["1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "true"]],
    );
    table(
        Equal,
        &["uuid", "uuid"],
        "bool",
        &[&["00000000-0000-0000-0000-000000000001", "00000000000000000000000000000001", "true"]],
    );
    table(Less, &["bytes", "bytes"], "bool", &[&["x'00'", "x'0000'", "true"], &["x'ff'", "x'00'", "false"]]);
    table(
        Equal,
        &["json", "json"],
        "bool",
        &[&["{\"a\": [1, 2]}", "{\"a\":[1,2]}", "true"], &["{\"a\": \" \"}", "{\"a\":\"\"}", "false"]],
    );
    refused(Less, &["json", "json"], "bool");
    refused(Equal, &["list(int64)", "list(int64)"], "bool");
    refused(Equal, &["text", "int64"], "bool");
    refused(Equal, &["datetime", "timestamp"], "bool");
}

#[test]
fn in_is_a_chain_of_or() {
    table(
        In,
        &["int64", "int64", "int64"],
        "bool",
        &[
            &["1", "1", "2", "true"],
            &["3", "1", "2", "false"],
            &["1", "null", "1", "true"],
            &["3", "null", "1", "null"],
            &["null", "1", "2", "null"],
        ],
    );
    table(In, &["text"], "bool", &[&["a", "false"]]);
}

#[test]
fn nullif_is_null_only_for_equals() {
    table(
        NullIf,
        &["text", "text"],
        "text",
        &[&["a", "a", "null"], &["a", "b", "a"], &["a", "null", "a"], &["null", "a", "null"]],
    );
    table(NullIf, &["float64", "float64"], "float64", &[&["-0", "0", "null"], &["1", "0", "1"]]);
}

#[test]
fn logic_is_three_valued() {
    for (a, b, and, or) in [
        ("true", "true", "true", "true"),
        ("true", "false", "false", "true"),
        ("true", "null", "null", "true"),
        ("false", "true", "false", "true"),
        ("false", "false", "false", "false"),
        ("false", "null", "false", "null"),
        ("null", "true", "null", "true"),
        ("null", "false", "false", "null"),
        ("null", "null", "null", "null"),
    ] {
        table(And, &["bool", "bool"], "bool", &[&[a, b, and]]);
        table(Or, &["bool", "bool"], "bool", &[&[a, b, or]]);
    }
    table(
        And,
        &["bool", "bool"],
        "bool",
        &[
            &["true", "null", "null"],
            &["false", "null", "false"],
            &["true", "true", "true"],
            &["null", "false", "false"],
        ],
    );
    table(Not, &["bool"], "bool", &[&["true", "false"], &["false", "true"], &["null", "null"]]);
    table(IsNull, &["text"], "bool", &[&["null", "true"], &["", "false"]]);
}

#[test]
fn if_and_else_choose_by_row() {
    table(
        If,
        &["bool", "text", "text"],
        "text",
        &[
            &["true", "a", "b", "a"],
            &["false", "a", "b", "b"],
            &["null", "a", "b", "b"],
            &["true", "null", "b", "null"],
        ],
    );
    table(
        Else,
        &["int64", "int64", "int64"],
        "int64",
        &[
            &["1", "2", "3", "1"],
            &["null", "2", "3", "2"],
            &["null", "null", "3", "3"],
            &["null", "null", "null", "null"],
        ],
    );
    refused(If, &["int64", "text", "text"], "text");
    refused(Else, &["int64", "text"], "int64");
}

fn column(place: usize, of: &str) -> Expr {
    Expr::Column { name: format!("c{place}"), ty: ty(of) }
}

fn call(function: Function, args: Vec<Expr>, of: &str) -> Expr {
    Expr::Call { function, args, ty: ty(of) }
}

/// `100 / c0`, an error where `c0` is 0 or does not divide 100.
fn hazard() -> Expr {
    call(Divide, vec![Expr::int(100), column(0, "int64?")], "int64?")
}

#[test]
fn a_part_that_a_row_does_not_need_cannot_fail_it() {
    let values = array("int64", &["0", "5", "null", "3", "10"]);
    let (fields, rows) = batch(&[("int64", Arc::clone(&values))]);
    let run = |expr: &Expr| {
        Expression::new(expr, &fields, &expr.ty().ty.clone().optional()).expect("typed").evaluate(&rows, "c")
    };
    let divides = call(In, vec![column(0, "int64?"), Expr::int(5), Expr::int(10)], "bool?");

    let guarded = call(If, vec![divides.clone(), hazard(), Expr::int(-1)], "int64?");
    assert_eq!(shown(&run(&guarded)), ["-1", "20", "-1", "-1", "10"]);
    // The error's row is the batch's, not that of the rows picked.
    let unlucky = call(If, vec![divides.clone(), Expr::int(-1), hazard()], "int64?");
    assert_eq!(run(&unlucky).expect_err("row 0 divides by zero").row, 0);
    let later = call(GreaterOrEqual, vec![column(0, "int64?"), Expr::int(1)], "bool?");
    let nested = call(
        If,
        vec![later, call(If, vec![divides.clone(), Expr::int(1), hazard()], "int64?"), Expr::int(0)],
        "int64?",
    );
    let error = run(&nested).expect_err("100 / 3 is not exact");
    assert_eq!((error.row, error.value.as_deref()), (3, Some("100 / 3")));

    let is_null = call(IsNull, vec![column(0, "int64?")], "bool");
    let other = call(If, vec![is_null, Expr::int(7), Expr::int(7)], "int64");
    let fallback =
        call(Else, vec![column(0, "int64?"), call(Divide, vec![other, Expr::int(7)], "int64?")], "int64?");
    assert_eq!(shown(&run(&fallback)), ["0", "5", "1", "3", "10"]);

    let above = call(Greater, vec![hazard(), Expr::int(15)], "bool?");
    let and = call(And, vec![divides.clone(), above.clone()], "bool?");
    assert_eq!(shown(&run(&and)), ["false", "true", "null", "false", "false"]);
    let or = call(Or, vec![call(Not, vec![divides], "bool?"), above], "bool?");
    assert_eq!(shown(&run(&or)), ["true", "true", "null", "true", "false"]);
    // Constants that no row needs are not computed either.
    let never = call(Equal, vec![column(0, "int64?"), Expr::int(99)], "bool?");
    let by_zero = call(Divide, vec![Expr::int(1), Expr::int(0)], "int64");
    let constant = call(If, vec![never, by_zero, Expr::int(4)], "int64");
    assert_eq!(shown(&run(&constant)), ["4"; 5]);
}

#[test]
fn literals_take_the_type_they_are_given() {
    let literal = |value: Literal, of: &str| Expr::Literal { value, ty: ty(of) };
    let (_, rows) = batch(&[("int64", array("int64", &["1"]))]);
    for (value, of, expected) in [
        (Literal::Int(5), "decimal(5, 2)", "5.00"),
        (Literal::Int(5), "int8", "5"),
        (Literal::Int(5), "float64", "5"),
        (Literal::Decimal("1.50".into()), "decimal(3, 1)", "1.5"),
        (Literal::Decimal("-0.000".into()), "decimal(3, 1)", "0.0"),
        (Literal::Decimal("0.1".into()), "float64", "0.1"),
        (Literal::Decimal("0.10000000000000000001".into()), "float32", "0.1"),
        (Literal::Decimal("2.00".into()), "int64", "2"),
        (Literal::Text("2024-02-29".into()), "date", "2024-02-29"),
        (Literal::Bool(true), "bool", "true"),
        (Literal::Null, "list(text)?", "null"),
    ] {
        let expression = Expression::new(&literal(value.clone(), of), &[], &ty(of).ty.optional());
        let values =
            expression.unwrap_or_else(|error| panic!("{value:?} as {of}: {error}")).evaluate(&rows, "c");
        assert_eq!(shown(&values), [expected]);
    }
    for (value, of) in [
        (Literal::Int(500), "int8"),
        (Literal::Decimal("1.25".into()), "decimal(3, 1)"),
        (Literal::Decimal(format!("1{}", "0".repeat(38))), "decimal(38, 0)"),
        (Literal::Text("soon".into()), "date"),
        (Literal::Bool(true), "text?"),
    ] {
        if value == Literal::Bool(true) {
            assert!(Expression::new(&literal(value, "bool"), &[], &Type::Text.required()).is_err());
            continue;
        }
        assert!(Expression::new(&literal(value.clone(), of), &[], &ty(of)).is_err(), "{value:?} as {of}");
    }
}
