//! The examples of functions over all rows: conditions of a real validation, which a run must find true.

use mig_compiler::functions::{Meaning, functions};

use crate::house::House;

#[test]
fn every_example_over_all_rows_holds() {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "cents: int64 = cents",
        "total: decimal(12, 2) = map(id, 1: 1.50, 2: -2.00, 3: 4.50) else 0",
    );
    house.replace(
        "shop.mig",
        "drop flag because \"unused\"",
        "drop flag because \"unused\"\n  drop cents because \"unused\"",
    );
    let examples =
        functions().filter(|info| info.meaning == Meaning::Aggregate).flat_map(|info| info.examples);
    let conditions: Vec<String> = examples
        .map(|example| format!("require ({}) == {} else \"{}\"", example.call, example.result, example.call))
        .collect();
    assert!(conditions.len() > 4, "{conditions:?}");
    house.replace(
        "shop.mig",
        "require count(cents < 0) == 0 else \"somebody owes a negative sum\"",
        &conditions.join("\n  "),
    );
    house.mig(&["apply", "--yes"]).ends(0).says("completed");
    // One that does not hold is told, so that the others were looked at.
    let house = House::shop();
    house.replace("shop.mig", "count(cents < 0) == 0", "sum(cents) == 351");
    house.mig(&["apply", "--yes"]).says("somebody owes a negative sum");
}
