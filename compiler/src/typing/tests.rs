//! Expressions, what they become, and what is said of those that become nothing.

mod functions;

use insta::assert_snapshot;
use mig_lang::ast::{ExprKind, Statement};
use mig_lang::{Diagnostic, FileId, parse};
use mig_plan::{Expr, Function, Literal};

use super::{Goal, Known, Place, Scope, Typer, coerce};

/// A typed expression as text: casts and types are seen.
pub(crate) fn shown(expr: &Expr) -> String {
    match expr {
        Expr::Column { name, .. } => name.clone(),
        Expr::Literal { value, ty } => {
            let value = match value {
                Literal::Null => "null".to_owned(),
                Literal::Bool(value) => value.to_string(),
                Literal::Int(value) => value.to_string(),
                Literal::Decimal(digits) => digits.clone(),
                Literal::Text(text) => return format!("{text:?}"),
            };
            format!("{value}:{ty}")
        }
        Expr::Call { function, args, ty } => {
            let args: Vec<String> = args.iter().map(shown).collect();
            if *function == Function::Cast {
                return format!("({}):{ty}", args.join(", "));
            }
            format!("{function:?}({}):{ty}", args.join(", "))
        }
    }
}

fn scope() -> Scope {
    let columns = [
        ("id", "int64"),
        ("small", "int16"),
        ("level", "int32?"),
        ("cents", "int64"),
        ("price", "decimal(12, 2)"),
        ("rate", "decimal(5, 4)?"),
        ("ratio", "float64"),
        ("ratio32", "float32"),
        ("name", "text"),
        ("note", "text?"),
        ("active", "bool"),
        ("born", "date"),
        ("placed", "datetime"),
        ("seen", "timestamp?"),
        ("opens", "time"),
        ("uid", "uuid"),
        ("payload", "bytes"),
        ("doc", "json"),
        ("tags", "list(text)"),
        ("state", "enum(open, paid, `in transit`)"),
        ("level_of", "enum(low, high)?"),
    ];
    let known = |ty: &str| Known::Type(ty.parse().unwrap());
    let mut columns: Vec<(String, Known)> =
        columns.into_iter().map(|(name, ty)| (name.to_owned(), known(ty))).collect();
    columns.push(("shape".to_owned(), Known::Unsupported("geometry".to_owned())));
    columns.push(("lost".to_owned(), Known::Silent));
    Scope::new("`legacy.orders`".to_owned(), columns)
}

fn expression(source: &str) -> mig_lang::ast::Expr {
    let (file, diagnostics) = parse(FileId(0), &format!("wave w {{\n  x = {source}\n}}\n"));
    assert_eq!(diagnostics, [], "{source}");
    let Statement::Attribute(attribute) = &file.items[0].body[0] else { panic!("{source}") };
    assert!(!matches!(attribute.values[0].kind, ExprKind::Broken));
    attribute.values[0].clone()
}

fn said(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&format!("{}: {}", diagnostic.code, diagnostic.message));
        for label in diagnostic.labels.iter().filter(|label| !label.text.is_empty()) {
            out.push_str(&format!(" | {}", label.text));
        }
        if let Some(help) = &diagnostic.help {
            out.push_str(&format!(" | help: {help}"));
        }
        for fix in &diagnostic.fixes {
            let edits: Vec<String> = fix.edits.iter().map(|edit| format!("{:?}", edit.text)).collect();
            out.push_str(&format!(" | fix: {} [{}]", fix.title, edits.join(", ")));
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn typed(source: &str) -> String {
    let (scope, mut out) = (scope(), Vec::new());
    let typed = Typer::new(&scope, &mut out).infer(&expression(source));
    let result = typed.map_or_else(String::new, |typed| format!("{} is {}", shown(&typed), typed.ty()));
    format!("{result}{}", said(&out))
}

fn condition(source: &str) -> String {
    let (scope, mut out) = (scope(), Vec::new());
    let typed = Typer::condition(&scope, &mut out, &expression(source));
    let result = typed.map_or_else(String::new, |(condition, aggregates)| {
        let aggregates: Vec<String> = aggregates
            .iter()
            .map(|(name, argument)| format!("{name}({})", argument.as_ref().map_or_else(String::new, shown)))
            .collect();
        format!("{} over {}", shown(&condition), aggregates.join(", "))
    });
    format!("{result}{}", said(&out))
}

fn into(ty: &str, source: &str) -> String {
    let (scope, mut out) = (scope(), Vec::new());
    let (ty, source) = (ty.parse().unwrap(), expression(source));
    let goal =
        Goal { ty: &ty, of: "`x`".to_owned(), because: None, note: None, place: Place::Written(&source) };
    let inferred = Typer::new(&scope, &mut out).infer(&source);
    let result = inferred.and_then(|typed| coerce(typed, &goal, &mut out));
    format!("{}{}", result.as_ref().map_or_else(String::new, shown), said(&out))
}

fn lines(sources: &[&str], show: fn(&str) -> String) -> String {
    sources.iter().map(|source| format!("{source}\n  {}\n", show(source).replace('\n', "\n  "))).collect()
}

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
