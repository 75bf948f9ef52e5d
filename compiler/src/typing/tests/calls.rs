//! Arguments and names: bound by the table of functions, or said to be none.

use insta::assert_snapshot;

use super::{condition, lines, typed};

#[test]
fn calls_are_bound_and_checked_by_the_table() {
    let sources = [
        "lower(trim(note))",
        "utc(placed, zone: \"Europe/Paris\")",
        "local(seen, \"UTC\")",
        "round(price, 1)",
        "floor(price)",
        "ceil(ratio)",
        "divide(cents, 3, 2)",
        "substring(name, 1, length: 2)",
        "concat(name, \" \", note)",
        "name ++ \"!\"",
        "sha256(payload)",
        "decimal(cents, 12, 2)",
        "decimal(\"1.50\", 12, 2)",
        "int8(5)",
        "text(price)",
        "date(\"2024-02-29\")",
        "json(name)",
        "bool(small)",
        "from_unix(small)",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    lower(trim(note))
      Lower(Trim(note):text?):text? is text?
    utc(placed, zone: "Europe/Paris")
      Utc(placed, "Europe/Paris"):timestamp is timestamp
    local(seen, "UTC")
      Local(seen, "UTC"):datetime? is datetime?
    round(price, 1)
      Round(price, 1:int64):decimal(11, 1) is decimal(11, 1)
    floor(price)
      Floor(price):decimal(10, 0) is decimal(10, 0)
    ceil(ratio)
      Ceil(ratio):float64 is float64
    divide(cents, 3, 2)
      DivideRounded(cents, 3:int64, 2:int64):decimal(21, 2) is decimal(21, 2)
    substring(name, 1, length: 2)
      Substring(name, 1:int64, 2:int64):text is text
    concat(name, " ", note)
      Concat(name, " ", note):text? is text?
    name ++ "!"
      Concat(name, "!"):text is text
    sha256(payload)
      Sha256(payload):text is text
    decimal(cents, 12, 2)
      (cents):decimal(12, 2) is decimal(12, 2)
    decimal("1.50", 12, 2)
      ("1.50"):decimal(12, 2) is decimal(12, 2)
    int8(5)
      5:int8 is int8
    text(price)
      (price):text is text
    date("2024-02-29")
      ("2024-02-29"):date is date
    json(name)
      (name):json is json
    bool(small)
      (small):bool is bool
    from_unix(small)
      FromUnix((small):int64):timestamp is timestamp
    "#);
}

#[test]
fn calls_that_do_not_fit_are_refused() {
    let sources = [
        "lwer(name)",
        "substr(name, 1, 2)",
        "frobnicate(name)",
        "lower()",
        "lower(name, note)",
        "lower(id)",
        "utc(seen, \"Europe/Paris\")",
        "utc(placed, zone: \"Europe/Pariss\")",
        "utc(placed, zon: \"UTC\")",
        "utc(placed, zone: name)",
        "utc(placed, \"UTC\", zone: \"UTC\")",
        "round(price, small)",
        "round(price, 39)",
        "decimal(cents, 2, 12)",
        "divide(id, 3, 30)",
        "date(placed) == date(seen)",
        "timestamp(placed)",
        "int64(seen)",
        "uuid(born)",
        "lower(null)",
        "count(active)",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    lwer(name)
      unknown-function: there is no function `lwer` | did you mean `lower`? | fix: write `lower` ["lower"]
    substr(name, 1, 2)
      unknown-function: there is no function `substr` | did you mean `substring`? | fix: write `substring` ["substring"]
    frobnicate(name)
      unknown-function: there is no function `frobnicate` | help: There is `lower`, `upper`, `trim`, `trim_start`, `trim_end`, `pad_start`, `pad_end`, `length`, `concat`, `replace`, `substring`, `left`, `right`, `position`, `reverse`, `split`, `split_part`, `starts_with`, `ends_with`, `contains`, `matches`, `regex_find`, `regex_replace`, `coalesce` and 80 more.
    lower()
      wrong-arguments: `lower` lacks its argument `text` | help: It is `lower(text)`, as in `lower("PAID")`.
    lower(name, note)
      wrong-arguments: `lower` takes one argument | help: It is `lower(text)`, as in `lower("PAID")`.
    lower(id)
      type-mismatch: `lower` takes a text, and this is `int64` | help: Cast it first: `text(value)`.
    utc(seen, "Europe/Paris")
      type-mismatch: `utc` takes a datetime, and this is `timestamp?` | help: Clocks show an instant differently in every zone: `local(value, zone: "Europe/Paris")`.
    utc(placed, zone: "Europe/Pariss")
      unknown-zone: there is no time zone "Europe/Pariss" | did you mean "Europe/Paris"? | fix: write "Europe/Paris" ["\"Europe/Paris\""]
    utc(placed, zon: "UTC")
      wrong-arguments: `utc` has no argument `zon` | help: It is `utc(datetime, zone)`, as in `utc("2024-07-15T12:00:00", zone: "Europe/Paris")`. | fix: write `zone` ["zone"]
    utc(placed, zone: name)
      wrong-arguments: a time zone is a text written here | help: As in `zone: "Europe/Paris"`.
    utc(placed, "UTC", zone: "UTC")
      wrong-arguments: this argument is given twice | help: It is `utc(datetime, zone)`, as in `utc("2024-07-15T12:00:00", zone: "Europe/Paris")`.
    round(price, small)
      wrong-arguments: `digits` is a number from 0 to 38, written here
    round(price, 39)
      wrong-arguments: `digits` is a number from 0 to 38, written here
    decimal(cents, 2, 12)
      wrong-arguments: a decimal of 2 digits cannot have 12 of them after the point
    divide(id, 3, 30)
      type-mismatch: `int64` has room for 19 digits after the point | help: A decimal has 38 digits at the most.
    date(placed) == date(seen)
      impossible-cast: `timestamp` cannot be cast to `date` | this is `timestamp` | help: An instant has another date in every zone: take `local` first.
    timestamp(placed)
      impossible-cast: `datetime` cannot be cast to `timestamp` | this is `datetime` | help: A date and time without zone is an instant only in a zone: `utc(value, zone: "Europe/Paris")`.
    int64(seen)
      impossible-cast: `timestamp` cannot be cast to `int64` | this is `timestamp` | help: Seconds since 1970: `to_unix(value)`.
    uuid(born)
      impossible-cast: `date` cannot be cast to `uuid` | this is `date`
    lower(null)
      type-mismatch: `lower` of `null` is null | help: Write `null` alone.
    count(active)
      aggregate-outside-require: `count` looks at all rows | help: A column is made from one row. Conditions over all rows stand in a validation: `require`.
    "#);
}

#[test]
fn names_that_are_no_columns() {
    let sources = [
        "nme",
        "zzz",
        "orders.name",
        "orders.zzz",
        "shape",
        "lost",
        "lost + zzz",
        "env.HOME",
        "@resource:x",
        "doc[\"a\"]",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    nme
      unknown-column: `legacy.orders` has no column `nme` | did you mean `name`? | help: It has `id`, `small`, `level`, `cents`, `price`, `rate`, `ratio`, `ratio32`, `name`, `note`, `active`, `born` and 11 more. | fix: write `name` ["name"]
    zzz
      unknown-column: `legacy.orders` has no column `zzz` | help: It has `id`, `small`, `level`, `cents`, `price`, `rate`, `ratio`, `ratio32`, `name`, `note`, `active`, `born` and 11 more.
    orders.name
      unknown-column: a column is named alone, without its table | fix: write `name` ["name"]
    orders.zzz
      unknown-column: a column is named alone, without its table | help: It has `id`, `small`, `level`, `cents`, `price`, `rate`, `ratio`, `ratio32`, `name`, `note`, `active`, `born` and 11 more.
    shape
      unsupported-column: `shape` of `legacy.orders` has the type `geometry`, which mig cannot carry without loss | help: Leave it behind with `drop shape because "…"`, or give the old store a view that casts it.
    lost
      
    lost + zzz
      unknown-column: `legacy.orders` has no column `zzz` | help: It has `id`, `small`, `level`, `cents`, `price`, `rate`, `ratio`, `ratio32`, `name`, `note`, `active`, `born` and 11 more.
    env.HOME
      not-a-value: `env.HOME` is a setting, and no value of a row | help: An expression has columns, constants and functions of them.
    @resource:x
      not-a-value: an entity of the catalog is no value of a row | help: An expression has columns, constants and functions of them.
    doc["a"]
      not-a-value: a value has no parts to look up | help: A part of a JSON document is `json_text(value, "/customer/name")`, one of a list `element(value, 1)`.
    "#);
}

#[test]
fn conditions_over_all_rows_stand_on_aggregates() {
    let sources = [
        "count(price < 0) == 0",
        "count() > 0 and count() < 100",
        "sum(price) >= 0.5",
        "sum(small) > 0 and sum(ratio32) > 0",
        "max(seen) > \"2024-01-01T00:00:00Z\"",
        "min(born) else date(\"2024-01-01\") < \"2024-02-01\"",
        "price < 0",
        "true",
        "sum(name) > 0",
        "count(name) == 0",
        "max(uid) == max(uid)",
        "sum(count()) == 0",
        "count()",
    ];
    assert_snapshot!(lines(&sources, condition), @r#"
    count(price < 0) == 0
      Equal($0, 0:int64):bool over count_if(Less(price, 0:decimal(12, 2)):bool)
    count() > 0 and count() < 100
      And(Greater($0, 0:int64):bool, Less($0, 100:int64):bool):bool over count()
    sum(price) >= 0.5
      GreaterOrEqual($0, 0.5:decimal(38, 2)):bool? over sum(price)
    sum(small) > 0 and sum(ratio32) > 0
      And(Greater($0, 0:int64):bool?, Greater($1, 0:float64):bool?):bool? over sum(small), sum(ratio32)
    max(seen) > "2024-01-01T00:00:00Z"
      Greater($0, ("2024-01-01T00:00:00Z"):timestamp):bool? over max(seen)
    min(born) else date("2024-01-01") < "2024-02-01"
      type-mismatch: `date` and `bool` cannot stand for each other | this is `date` | this is `bool`
    price < 0
      column-outside-aggregate: which row's `price`? The condition is about all rows | help: Put it into `count(…)`, `sum(…)`, `min(…)` or `max(…)`, as in `count(total < 0) == 0`.
    true
      no-aggregate: the condition looks at no row | help: Say what must hold over all rows with `count`, `sum`, `min` or `max`, as in `count(total < 0) == 0`.
    sum(name) > 0
      type-mismatch: `sum` takes a number, and this is `text` | help: Cast it first: `int64(value)`.
    count(name) == 0
      type-mismatch: a condition is wanted, and this is `text` | help: Compare it: `value == 1`, `not is_null(value)`.
    max(uid) == max(uid)
      type-mismatch: `max` takes a value with an order, and this is `uuid`
      type-mismatch: `max` takes a value with an order, and this is `uuid`
    sum(count()) == 0
      aggregate-outside-require: `count` looks at all rows | help: A column is made from one row. Conditions over all rows stand in a validation: `require`.
    count()
      type-mismatch: a condition is wanted, and this is `int64` | help: Compare it: `value == 1`, `not is_null(value)`.
    "#);
}
