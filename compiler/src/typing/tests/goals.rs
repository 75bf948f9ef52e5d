//! Values that come to a type that is wanted, and labels of an enum.

use insta::assert_snapshot;

use super::{into, lines, typed};

#[test]
fn values_come_to_the_type_that_is_wanted_or_say_how() {
    let wanted = [
        ("int64", "small"),
        ("int8", "5"),
        ("int8", "300"),
        ("int8", "small"),
        ("decimal(12, 2)", "price / 100"),
        ("decimal(12, 2)", "price * 1.25"),
        ("decimal(4, 2)", "price"),
        ("decimal(20, 4)", "price"),
        ("float64", "price"),
        ("float64", "1"),
        ("int64", "level"),
        ("int64", "level + id"),
        ("text", "note"),
        ("text", "if active then note else name"),
        ("text?", "null"),
        ("text", "null"),
        ("date", "placed"),
        ("date", "\"2024-13-01\""),
        ("date", "\"2024-12-01\""),
        ("timestamp", "placed"),
        ("int64", "name"),
        ("text", "id"),
        ("uuid", "born"),
        ("int16", "if active then 1 else 2"),
    ];
    let shown: String =
        wanted.iter().map(|(ty, source)| format!("{ty} = {source}\n  {}\n", into(ty, source))).collect();
    assert_snapshot!(shown, @r#"
    int64 = small
      (small):int64
    int8 = 5
      5:int8
    int8 = 300
      literal-does-not-fit: 300 is no `int8`: those go from -128 to 127
    int8 = small
      lossy-cast: `x` is `int8`, and not every `int16` is one | this is `int16` | help: Spell the cast: `int8(…)`. A value that does not fit then stops the row. | fix: cast it to `int8` ["int8(", ")"]
    decimal(12, 2) = price / 100
      Divide(price, 100:decimal(3, 0)):decimal(12, 2)
    decimal(12, 2) = price * 1.25
      lossy-cast: `x` is `decimal(12, 2)`, and not every `decimal(14, 4)` is one | this is `decimal(14, 4)` | help: Spell the cast: `decimal(…, 12, 2)`. A value that does not fit then stops the row. | fix: cast it to `decimal(12, 2)` ["decimal(", ", 12, 2)"]
    decimal(4, 2) = price
      lossy-cast: `x` is `decimal(4, 2)`, and not every `decimal(12, 2)` is one | this is `decimal(12, 2)` | help: Spell the cast: `decimal(…, 4, 2)`. A value that does not fit then stops the row. | fix: cast it to `decimal(4, 2)` ["decimal(", ", 4, 2)"]
    decimal(20, 4) = price
      (price):decimal(20, 4)
    float64 = price
      lossy-cast: `x` is `float64`, and not every `decimal(12, 2)` is one | this is `decimal(12, 2)` | help: Spell the cast: `float64(…)`. A value that does not fit then stops the row. | fix: cast it to `float64` ["float64(", ")"]
    float64 = 1
      1:float64
    int64 = level
      nullable-into-required: `x` must have a value, and this may be null | this is `int64?` | help: Say what stands in for null with `else VALUE`, or let the column be `int64?`. | fix: write `else 0` [" else 0"]
    int64 = level + id
      nullable-into-required: `x` must have a value, and this may be null | this is `int64?` | help: Say what stands in for null with `else VALUE`, or let the column be `int64?`. | fix: write `else 0` [" else 0"]
    text = note
      nullable-into-required: `x` must have a value, and this may be null | this is `text?` | help: Say what stands in for null with `else VALUE`, or let the column be `text?`. | fix: write `else ""` [" else \"\""]
    text = if active then note else name
      nullable-into-required: `x` must have a value, and this may be null | this is `text?` | help: Say what stands in for null with `else VALUE`, or let the column be `text?`. | fix: write `else ""` ["(", ") else \"\""]
    text? = null
      null:text?
    text = null
      nullable-into-required: `x` must have a value, and this may be null | this is `text?` | help: Say what stands in for null with `else VALUE`, or let the column be `text?`. | fix: write `else ""` [" else \"\""]
    date = placed
      type-mismatch: `x` is `date`, and this is `datetime` | this is `datetime` | help: Spell the cast: `date(…)`. A value that is none then stops the row. | fix: cast it to `date` ["date(", ")"]
    date = "2024-13-01"
      literal-does-not-fit: "2024-13-01" is no `date`: those are written "2024-02-29"
    date = "2024-12-01"
      ("2024-12-01"):date
    timestamp = placed
      type-mismatch: `x` is `timestamp`, and this is `datetime` | this is `datetime` | help: A date and time without zone is an instant only in a zone: `utc(value, zone: "Europe/Paris")`.
    int64 = name
      type-mismatch: `x` is `int64`, and this is `text` | this is `text` | help: Spell the cast: `int64(…)`. A value that is none then stops the row. | fix: cast it to `int64` ["int64(", ")"]
    text = id
      type-mismatch: `x` is `text`, and this is `int64` | this is `int64` | help: Spell the cast: `text(…)`. A value that is none then stops the row. | fix: cast it to `text` ["text(", ")"]
    uuid = born
      type-mismatch: `x` is `uuid`, and this is `date` | this is `date`
    int16 = if active then 1 else 2
      If(active, 1:int16, 2:int16):int16
    "#);
}

#[test]
fn a_label_is_checked_where_it_is_written() {
    let sources = [
        "state == \"open\"",
        "state == \"opne\"",
        "state in [\"open\", \"in transti\"]",
        "map(state, \"open\": 1, \"payed\": 2)",
        "level_of else \"lwo\"",
        "if active then state else \"paid\"",
        "state == name",
        "state == level_of",
        "state < \"paid\"",
        "upper(state)",
        "length(state)",
        "contains(state, \"en\")",
        "enum(name, \"open\", \"paid\")",
        "enum(state, \"open\", \"paid\")",
        "enum(state, \"void\", \"in transit\", \"open\", \"paid\")",
        "enum(\"opne\", \"open\", \"paid\")",
        "enum(name, \"open\", \"open\")",
        "enum(name, name)",
        "enum(id, \"open\")",
        "to_json(state)",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    state == "open"
      Equal(state, ("open"):enum(open, paid, `in transit`)):bool is bool
    state == "opne"
      literal-does-not-fit: "opne" is no label of `enum(open, paid, `in transit`)` | did you mean "open"? | this is `enum(open, paid, `in transit`)` | fix: write "open" ["\"open\""]
    state in ["open", "in transti"]
      literal-does-not-fit: "in transti" is no label of `enum(open, paid, `in transit`)` | did you mean "in transit"? | this is `enum(open, paid, `in transit`)` | fix: write "in transit" ["\"in transit\""]
    map(state, "open": 1, "payed": 2)
      literal-does-not-fit: "payed" is no label of `enum(open, paid, `in transit`)` | this is `enum(open, paid, `in transit`)` | help: Write one of its labels, add this one to the type, or take the value's text: `text(value)`.
    level_of else "lwo"
      literal-does-not-fit: "lwo" is no label of `enum(low, high)` | did you mean "low"? | this is `enum(low, high)` | fix: write "low" ["\"low\""]
    if active then state else "paid"
      If(active, state, ("paid"):enum(open, paid, `in transit`)):enum(open, paid, `in transit`) is enum(open, paid, `in transit`)
    state == name
      Equal((state):text, name):bool is bool
    state == level_of
      type-mismatch: `enum(open, paid, `in transit`)` and `enum(low, high)` cannot be compared | this is `enum(open, paid, `in transit`)` | this is `enum(low, high)` | help: Cast one: `enum(value, "open", "paid", "in transit")`.
    state < "paid"
      type-mismatch: `enum(open, paid, `in transit`)` values have no order | help: They are equal or not: `==`, `!=`. Their texts have an order: `text(value)`.
    upper(state)
      Upper((state):text):text is text
    length(state)
      Length((state):text):int64 is int64
    contains(state, "en")
      Contains((state):text, "en"):bool is bool
    enum(name, "open", "paid")
      (name):enum(open, paid) is enum(open, paid)
    enum(state, "open", "paid")
      (state):enum(open, paid) is enum(open, paid)
    enum(state, "void", "in transit", "open", "paid")
      (state):enum(void, `in transit`, open, paid) is enum(void, `in transit`, open, paid)
    enum("opne", "open", "paid")
      literal-does-not-fit: "opne" is no label of `enum(open, paid)` | did you mean "open"? | fix: write "open" ["\"open\""]
    enum(name, "open", "open")
      wrong-arguments: this label stands here twice
    enum(name, name)
      wrong-arguments: a label is a text written here | help: As in `enum(state, "open", "paid")`.
    enum(id, "open")
      impossible-cast: `int64` cannot be cast to `enum(open)` | this is `int64` | help: By way of its text: `text(value)`.
    to_json(state)
      ToJson(state):json is json
    "#);
}

#[test]
fn a_column_of_labels_takes_labels() {
    for (source, to) in [
        ("if active then \"open\" else \"paid\"", "enum(open, paid)"),
        ("state", "text"),
        ("level_of else \"low\"", "enum(low, mid, high)"),
    ] {
        assert!(!into(to, source).contains("help:"), "{source}");
    }
    assert_snapshot!(into("enum(open, paid)", "map(name, \"o\": \"open\", \"p\": \"payd\") else \"open\""), @r#"literal-does-not-fit: "payd" is no label of `enum(open, paid)` | did you mean "paid"? | fix: write "paid" ["\"paid\""]"#);
    assert_snapshot!(into("enum(open, `in transit`)", "name"), @r#"type-mismatch: `x` is `enum(open, `in transit`)`, and this is `text` | this is `text` | help: Spell the cast: `enum(…, "open", "in transit")`. A value that is none then stops the row. | fix: cast it to `enum(open, `in transit`)` ["enum(", ", \"open\", \"in transit\")"]"#);
}
