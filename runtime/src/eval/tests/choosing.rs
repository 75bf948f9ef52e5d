use mig_plan::Function::*;
use mig_plan::{ColumnType, Expr, Literal, Type};

use super::{array, batch, refused, shown, table, ty};
use crate::eval::Expression;

#[test]
fn the_least_and_the_greatest_are_in_the_order_of_comparisons() {
    table(
        Least,
        &["int64", "int64", "int64"],
        "int64",
        &[
            &["3", "1", "2", "1"],
            &["1", "1", "1", "1"],
            &["1", "null", "2", "null"],
            &["null", "1", "2", "null"],
        ],
    );
    table(Greatest, &["text", "text"], "text", &[&["a", "B", "a"], &["", "a", "a"]]);
    table(Greatest, &["float64", "float64"], "float64", &[&["1", "NaN", "NaN"], &["-0", "0", "-0"]]);
    table(Least, &["date"], "date", &[&["2024-02-29", "2024-02-29"]]);
    table(Least, &["decimal(4, 2)", "decimal(4, 2)"], "decimal(4, 2)", &[&["1.50", "-1.50", "-1.50"]]);
    refused(Least, &["int64", "int32"], "int64");
    refused(Least, &["json", "json"], "json");
}

fn run(expr: &Expr, of: &str, values: &[&str]) -> Vec<String> {
    let (fields, rows) = batch(&[(of, array(of, values))]);
    let expression = Expression::new(expr, &fields, expr.ty()).expect("typed");
    shown(&expression.evaluate(&rows, "c"))
}

#[test]
fn a_table_says_what_a_value_becomes() {
    let value = Expr::Column { name: "c0".into(), ty: ty("text?") };
    let null = Expr::Literal { value: Literal::Null, ty: Type::Int64.optional() };
    let args =
        vec![value, Expr::text("o"), Expr::int(1), Expr::text("c"), Expr::int(2), Expr::text("n"), null];
    let table = Expr::Call { function: Lookup, args, ty: ty("int64?") };
    assert_eq!(
        run(&table, "text", &["c", "o", "x", "null", "n", "O"]),
        ["2", "1", "null", "null", "null", "null"]
    );
    assert_eq!(run(&table, "text", &["o"]), ["1"]);
    refused(Lookup, &["text", "int64", "int64"], "int64");
    refused(Lookup, &["text", "text"], "int64");
}

#[test]
fn what_is_wrong_may_be_nothing() {
    let text = Expr::Column { name: "c0".into(), ty: ty("text?") };
    let cast = |of: &str, arg: Expr| Expr::Call { function: Cast, args: vec![arg], ty: ty(of) };
    let tried = |arg: Expr| Expr::Call {
        function: Try,
        ty: ColumnType { nullable: true, ..arg.ty().clone() },
        args: vec![arg],
    };
    let expr = tried(cast("int64?", text.clone()));
    assert_eq!(
        run(&expr, "text", &["1", "x", "null", "2", "", "3", "4y"]),
        ["1", "null", "null", "2", "null", "3", "null"]
    );
    assert_eq!(run(&expr, "text", &["x"]), ["null"]);
    // A constant that has an error has it in every row.
    assert_eq!(
        run(&tried(cast("int64", Expr::text("x"))), "text", &["a", "b", "c"]),
        ["null", "null", "null"]
    );
    // An error in a part that is not evaluated is none, and the error of another part stays.
    let list = Expr::Call { function: List, args: vec![expr, cast("int64?", text)], ty: ty("list(int64?)") };
    assert_eq!(run(&list, "text", &["1", "x"]), ["! x: the text does not read as int64"]);
}
