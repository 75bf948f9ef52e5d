//! Constants that stop every row, and those that only may.

use insta::assert_snapshot;

use super::{lines, typed};

#[test]
fn what_constants_come_to_is_looked_at() {
    let sources = [
        "id / (2 - 2)",
        "id % (7 * 0)",
        "quotient(id, 1 - 1)",
        "modulo(id, 0)",
        "divide(price, 0, 2)",
        "price / 0.0",
        "7 / 2",
        "8 / 2",
        "9223372036854775807 - -1",
        "int8(100 + 28)",
        "int8(3.5)",
        "int8(3.0)",
        "int16(40000.0)",
        "int32(\"4\" ++ \"x\")",
        "int32(\"a\" ++ \"b\")",
        "decimal(1_000, 5, 2)",
        "decimal(1.005, 5, 2)",
        "bool(\"yes\")",
        "float64(\"x\")",
        "float64(\"NaN\")",
        "uuid(\"abc\")",
        "uuid(\"67e5504410b1426f9247bb680e5fe0c8\")",
        "timestamp(\"now\")",
        "timestamp(\"2024-01-01T00:00:00+02:00\")",
        "left(name, 1 - 2)",
        "element(tags, 2 - 2)",
        "if active then 1 / 0 else 1",
        "null else id / 0",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    id / (2 - 2)
      always-fails: a division by zero stops every row | help: Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.
    id % (7 * 0)
      always-fails: a division by zero stops every row | help: Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.
    quotient(id, 1 - 1)
      always-fails: a division by zero stops every row | help: Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.
    modulo(id, 0)
      always-fails: a division by zero stops every row | help: Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.
    divide(price, 0, 2)
      always-fails: a division by zero stops every row | help: Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.
    price / 0.0
      always-fails: a division by zero stops every row | help: Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.
    7 / 2
      always-fails: 7 / 2 is no whole number, and stops every row | help: Whole numbers are divided without a rest; `divide(7, 2, 2)` rounds to so many digits behind the point.
    8 / 2
      Divide(8:int64, 2:int64):int64 is int64
    9223372036854775807 - -1
      always-fails: this is no `int64`, and stops every row | help: Those go from -9223372036854775808 to 9223372036854775807.
    int8(100 + 28)
      always-fails: 128 is no `int8`, and stops every row | help: Write a constant that is one.
    int8(3.5)
      always-fails: 3.5 is no `int8`, and stops every row | help: Write a constant that is one.
    int8(3.0)
      (3.0:decimal(2, 1)):int8 is int8
    int16(40000.0)
      always-fails: 40000.0 is no `int16`, and stops every row | help: Write a constant that is one.
    int32("4" ++ "x")
      (Concat("4", "x"):text):int32 is int32
    int32("a" ++ "b")
      always-fails: "ab" is no `int32`, and stops every row | help: Write a constant that is one.
    decimal(1_000, 5, 2)
      always-fails: 1000 is no `decimal(5, 2)`, and stops every row | help: Write a constant that is one.
    decimal(1.005, 5, 2)
      always-fails: 1.005 is no `decimal(5, 2)`, and stops every row | help: Write a constant that is one.
    bool("yes")
      always-fails: "yes" is no `bool`, and stops every row | help: Write a constant that is one.
    float64("x")
      always-fails: "x" is no `float64`, and stops every row | help: Write a constant that is one.
    float64("NaN")
      ("NaN"):float64 is float64
    uuid("abc")
      always-fails: "abc" is no `uuid`, and stops every row | help: Write a constant that is one.
    uuid("67e5504410b1426f9247bb680e5fe0c8")
      ("67e5504410b1426f9247bb680e5fe0c8"):uuid is uuid
    timestamp("now")
      always-fails: "now" is no `timestamp`, and stops every row | help: Write a constant that is one.
    timestamp("2024-01-01T00:00:00+02:00")
      ("2024-01-01T00:00:00+02:00"):timestamp is timestamp
    left(name, 1 - 2)
      wrong-arguments: `length` of `left` is at least 0 | help: It is an error of every row.
    element(tags, 2 - 2)
      wrong-arguments: `place` of `element` is at least 1 | help: It is an error of every row.
    if active then 1 / 0 else 1
      If(active, Divide(1:int64, 0:int64):int64, 1:int64):int64 is int64
    null else id / 0
      Else(null:int64?, Divide(id, 0:int64):int64):int64 is int64
    "#);
}
