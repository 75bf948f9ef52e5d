//! Operators, `if` and `else`: the types that they bring together, and what has no meaning.

use insta::assert_snapshot;

use super::{lines, typed};

#[test]
fn arithmetic_widens_and_keeps_scales() {
    let sources = [
        "small + 5",
        "small + level",
        "cents / 100",
        "price * 2",
        "price / 100",
        "decimal(cents, 12, 2) / 100",
        "price + cents",
        "price * rate",
        "price / 0.5",
        "ratio * 2",
        "ratio32 + ratio",
        "ratio + 0.1",
        "1 + 2",
        "-price",
        "-5 + small",
        "id % 10",
    ];
    assert_snapshot!(lines(&sources, typed), @"
    small + 5
      Add(small, 5:int16):int16 is int16
    small + level
      Add((small):int64, (level):int64?):int64? is int64?
    cents / 100
      Divide(cents, 100:int64):int64 is int64
    price * 2
      Multiply(price, 2:decimal(1, 0)):decimal(12, 2) is decimal(12, 2)
    price / 100
      Divide(price, 100:decimal(3, 0)):decimal(12, 2) is decimal(12, 2)
    decimal(cents, 12, 2) / 100
      Divide((cents):decimal(12, 2), 100:decimal(3, 0)):decimal(12, 2) is decimal(12, 2)
    price + cents
      Add((price):decimal(21, 2), (cents):decimal(21, 2)):decimal(21, 2) is decimal(21, 2)
    price * rate
      Multiply(price, rate):decimal(16, 6)? is decimal(16, 6)?
    price / 0.5
      Divide(price, 0.5:decimal(1, 1)):decimal(13, 2) is decimal(13, 2)
    ratio * 2
      Multiply(ratio, 2:float64):float64 is float64
    ratio32 + ratio
      Add((ratio32):float64, ratio):float64 is float64
    ratio + 0.1
      Add(ratio, 0.1:float64):float64 is float64
    1 + 2
      Add(1:int64, 2:int64):int64 is int64
    -price
      Negate(price):decimal(12, 2) is decimal(12, 2)
    -5 + small
      Add(-5:int16, small):int16 is int16
    id % 10
      Remainder(id, 10:int64):int64 is int64
    ");
}

#[test]
fn arithmetic_that_would_guess_is_refused() {
    let sources = [
        "ratio + price",
        "name + note",
        "name + 1",
        "price % 2",
        "null + 1",
        "-name",
        "price + 1%",
        "id + 5m",
        "id + 3 rows",
        "id + 1 MiB",
        "id + 123456789012345678901234567890.1234567890",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    ratio + price
      type-mismatch: `float64` and `decimal(12, 2)` meet only after a cast | this is `float64` | this is `decimal(12, 2)` | help: A float is inexact: say which of both the result is, with `float64(value)` or `decimal(value, precision, scale)`.
    name + note
      type-mismatch: `+` adds numbers; texts are joined with `++` | fix: write `++` ["++"]
    name + 1
      type-mismatch: arithmetic takes numbers, and this is `text`
    price % 2
      type-mismatch: `%` takes integers | this is `decimal(12, 2)` | this is `decimal(1, 0)`
    null + 1
      type-mismatch: arithmetic takes numbers, and this is `null`
    -name
      type-mismatch: `-` takes a number, and this is `text`
    price + 1%
      wrong-unit: a percentage is no value of a row | fix: write `0.01` ["0.01"]
    id + 5m
      wrong-unit: a duration is no value of a row | help: Times are compared as they are, or as seconds: `to_unix(value)`. | fix: write `300`, the seconds ["300"]
    id + 3 rows
      wrong-unit: a number of rows is no value of a row | fix: leave the unit out ["3"]
    id + 1 MiB
      wrong-unit: a size is no value of a row | fix: write `1048576`, the bytes ["1048576"]
    id + 123456789012345678901234567890.1234567890
      literal-does-not-fit: a number has 38 digits at the most | help: Round it, or carry it as text.
    "#);
}

#[test]
fn comparisons_bring_both_sides_to_one_type() {
    let sources = [
        "price > 10",
        "price > 10.005",
        "id == small",
        "level == 3",
        "ratio >= 0.5",
        "born < \"2024-02-29\"",
        "seen == \"2024-02-29T13:05:00Z\"",
        "uid == \"67e55044-10b1-426f-9247-bb680e5fe0c8\"",
        "name == \"a\" or not active",
        "name in [\"a\", \"b\"]",
        "level not in [1, 2]",
        "doc == doc",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    price > 10
      Greater(price, 10:decimal(12, 2)):bool is bool
    price > 10.005
      Greater((price):decimal(13, 3), 10.005:decimal(13, 3)):bool is bool
    id == small
      Equal(id, (small):int64):bool is bool
    level == 3
      Equal(level, 3:int32):bool? is bool?
    ratio >= 0.5
      GreaterOrEqual(ratio, 0.5:float64):bool is bool
    born < "2024-02-29"
      Less(born, ("2024-02-29"):date):bool is bool
    seen == "2024-02-29T13:05:00Z"
      Equal(seen, ("2024-02-29T13:05:00Z"):timestamp):bool? is bool?
    uid == "67e55044-10b1-426f-9247-bb680e5fe0c8"
      Equal(uid, ("67e55044-10b1-426f-9247-bb680e5fe0c8"):uuid):bool is bool
    name == "a" or not active
      Or(Equal(name, "a"):bool, Not(active):bool):bool is bool
    name in ["a", "b"]
      In(name, "a", "b"):bool is bool
    level not in [1, 2]
      Not(In(level, 1:int32, 2:int32):bool?):bool? is bool?
    doc == doc
      Equal(doc, doc):bool is bool
    "#);
}

#[test]
fn comparisons_without_a_meaning_are_refused() {
    let sources = [
        "name == 1",
        "born < \"29.02.2024\"",
        "small == 70000",
        "ratio == price",
        "note == null",
        "note != null",
        "level > null",
        "uid < uid",
        "tags == tags",
        "name and active",
        "name in note",
        "name in []",
        "small in [1, 70000]",
        "name in [\"a\", null]",
        "id == born",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    name == 1
      type-mismatch: `text` and `int64` cannot be compared | this is `text` | this is `int64` | help: Cast one: `text(value)`.
    born < "29.02.2024"
      literal-does-not-fit: "29.02.2024" is no `date`: those are written "2024-02-29" | this is `date`
    small == 70000
      Equal((small):int64, 70000:int64):bool is bool
    ratio == price
      type-mismatch: `float64` and `decimal(12, 2)` cannot be compared | this is `float64` | this is `decimal(12, 2)` | help: Cast one: `float64(value)`.
    note == null
      null-comparison: a comparison with `null` is never true | help: Test for it with `is_null(note)`. | fix: write `is_null(note)` ["is_null(note)"]
    note != null
      null-comparison: a comparison with `null` is never true | help: Test for it with `not is_null(note)`. | fix: write `not is_null(note)` ["not is_null(note)"]
    level > null
      null-comparison: a comparison with `null` is never true | help: Test for it with `is_null(value)`.
    uid < uid
      type-mismatch: `uuid` values have no order | help: They are equal or not: `==`, `!=`.
    tags == tags
      type-mismatch: lists are not compared
    name and active
      type-mismatch: a condition is wanted, and this is `text` | help: Compare it: `value == 1`, `not is_null(value)`.
    name in note
      type-mismatch: `in` takes a list | help: Write the values: `state in ["open", "paid"]`.
    name in []
      type-mismatch: nothing is in an empty list
    small in [1, 70000]
      literal-does-not-fit: 70000 is no `int16`: those go from -32768 to 32767 | this is `int16`
    name in ["a", null]
      null-comparison: no value is equal to `null` | help: Test for it with `is_null(value)`.
    id == born
      type-mismatch: `int64` and `date` cannot be compared | this is `int64` | this is `date` | help: The days since another: `days_between("1970-01-01", value)`.
    "#);
}

#[test]
fn alternatives_meet_in_one_type() {
    let sources = [
        "note else \"\"",
        "level else 0",
        "level else small",
        "if active then price else 0",
        "if active then null else name",
        "coalesce(level, small, 0)",
        "coalesce(note, name)",
        "nullif(trim(note), \"\")",
        "is_null(note)",
        "note else 0",
        "null else null",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    note else ""
      Else(note, ""):text is text
    level else 0
      Else(level, 0:int32):int32 is int32
    level else small
      Else((level):int64?, (small):int64):int64 is int64
    if active then price else 0
      If(active, price, 0:decimal(12, 2)):decimal(12, 2) is decimal(12, 2)
    if active then null else name
      If(active, null:text?, name):text? is text?
    coalesce(level, small, 0)
      Else((level):int64?, (small):int64, 0:int64):int64 is int64
    coalesce(note, name)
      Else(note, name):text is text
    nullif(trim(note), "")
      NullIf(Trim(note):text?, ""):text? is text?
    is_null(note)
      IsNull(note):bool is bool
    note else 0
      type-mismatch: `text` and `int64` cannot stand for each other | this is `text` | this is `int64` | help: Cast one: `text(value)`.
    null else null
      Else(null:bool?, null:bool?):bool? is bool?
    "#);
}
