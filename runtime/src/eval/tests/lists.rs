use mig_plan::{Expr, Function, Literal, Type};

use super::{array, batch, shown, ty};
use crate::eval::Expression;

fn column(place: usize, of: &str) -> Expr {
    Expr::Column { name: format!("c{place}"), ty: ty(of).ty.optional() }
}

fn call(function: Function, args: Vec<Expr>, of: &str) -> Expr {
    Expr::Call { function, args, ty: ty(of) }
}

/// A list of two text columns, some of them missing.
fn pair() -> Expr {
    call(Function::List, vec![column(0, "text"), column(1, "text")], "list(text?)")
}

/// What an expression gives over these rows of two texts.
fn run(expr: &Expr, rows: &[[&str; 2]]) -> Vec<String> {
    let of = |place: usize| array("text", &rows.iter().map(|row| row[place]).collect::<Vec<_>>());
    let (fields, rows) = batch(&[("text", of(0)), ("text", of(1))]);
    let expression = Expression::new(expr, &fields, &expr.ty().ty.clone().optional()).expect("typed");
    shown(&expression.evaluate(&rows, "c"))
}

const ROWS: [[&str; 2]; 3] = [["a", "b"], ["null", "b"], ["null", "null"]];

#[test]
fn a_list_is_made_and_looked_into() {
    assert_eq!(run(&pair(), &ROWS), ["[a, b]", "[null, b]", "[null, null]"]);
    let required = call(Function::List, vec![column(0, "text")], "list(text)");
    assert_eq!(run(&required, &ROWS), ["! an item is missing, and the items are not nullable"]);
    let empty = call(Function::List, Vec::new(), "list(text)");
    assert_eq!(run(&empty, &ROWS), ["[]", "[]", "[]"]);
    let length = call(Function::Length, vec![pair()], "int64");
    assert_eq!(run(&length, &ROWS), ["2", "2", "2"]);
    let element = |place| call(Function::Element, vec![pair(), Expr::int(place)], "text?");
    assert_eq!(run(&element(1), &ROWS), ["a", "null", "null"]);
    assert_eq!(run(&element(2), &ROWS), ["b", "b", "null"]);
    assert_eq!(run(&element(3), &ROWS), ["null", "null", "null"]);
    assert_eq!(run(&element(0), &ROWS), ["! 0: the first item is at place 1"]);
    let join = call(Function::Join, vec![pair(), Expr::text("; ")], "text");
    assert_eq!(run(&join, &ROWS), ["a; b", "b", ""]);
    let contains = |value| call(Function::Contains, vec![pair(), value], "bool?");
    assert_eq!(run(&contains(Expr::text("b")), &ROWS), ["true", "true", "false"]);
    assert_eq!(run(&contains(column(0, "text")), &ROWS), ["true", "null", "null"]);
}

#[test]
fn a_text_is_split_and_joined() {
    let split = call(Function::Split, vec![column(0, "text"), column(1, "text")], "list(text)?");
    assert_eq!(
        run(&split, &[["a,b,,c", ","], ["", ","], ["null", ","], ["abc", "bc"]]),
        ["[a, b, , c]", "[]", "null", "[a, ]"]
    );
    assert_eq!(run(&split, &[["a", ""]]), ["! an empty separator separates nothing"]);
    let joined = call(Function::Join, vec![split, Expr::text("|")], "text?");
    assert_eq!(run(&joined, &[["a,b", ","], ["", ","]]), ["a|b", ""]);
}

#[test]
fn items_of_some_rows_are_those_of_these_rows() {
    // Evaluated over picked rows alone, as the branches of a choice are.
    let condition = call(Function::Equal, vec![column(1, "text"), Expr::text("b")], "bool?");
    let missing = Expr::Literal { value: Literal::Null, ty: Type::Text.optional() };
    let element = call(Function::Element, vec![pair(), Expr::int(2)], "text?");
    let choice = call(Function::If, vec![condition, element, missing], "text?");
    assert_eq!(run(&choice, &[["x", "a"], ["y", "b"], ["z", "c"]]), ["null", "b", "null"]);
}
