//! Calls of functions: every one is reached, and constants in them are checked in the source.

use insta::assert_snapshot;
use mig_plan::{Expr, Function};

use super::{Known, Scope, Typer, expression, into, lines, said, scope, typed};
use crate::functions::{Meaning, functions};

fn reach(expr: &Expr, reached: &mut std::collections::BTreeSet<Function>) {
    if let Expr::Call { function, args, .. } = expr {
        reached.insert(*function);
        args.iter().for_each(|arg| reach(arg, reached));
    }
}

/// Every function and operator that an evaluator knows is reached by some expression.
#[test]
fn every_function_is_reachable() {
    let operators = [
        "id + 1",
        "id - 1",
        "id * 2",
        "id / 2",
        "id % 2",
        "-id",
        "id == 1",
        "id != 1",
        "id < 1",
        "id <= 1",
        "id > 1",
        "id >= 1",
        "active and active",
        "active or active",
        "not active",
        "id in [1]",
        "if active then 1 else 2",
    ];
    let mut reached = std::collections::BTreeSet::new();
    let examples = functions().filter(|info| info.meaning != Meaning::Aggregate);
    let examples = examples.flat_map(|info| info.examples).map(|example| example.call);
    for source in operators.into_iter().chain(examples) {
        let (scope, mut out) = (scope(), Vec::new());
        match Typer::new(&scope, &mut out).infer(&expression(source)) {
            Some(typed) => reach(&typed, &mut reached),
            None => panic!("{source}: {}", said(&out)),
        }
    }
    // One more than the last variant's place: the enum's size.
    assert_eq!(reached.len(), Function::UuidV5 as usize + 1, "{reached:?}");
}

/// What the table of functions knows is reached by its own examples, which can be typed.
#[test]
fn every_example_can_be_typed() {
    let columns = [("total".to_owned(), Known::Type("decimal(12, 2)".parse().unwrap()))];
    let scope = Scope::new("the examples".to_owned(), columns);
    for info in functions() {
        for example in info.examples {
            let mut out = Vec::new();
            let typed = if info.meaning == Meaning::Aggregate {
                let condition = expression(&format!("not is_null({})", example.call));
                Typer::condition(&scope, &mut out, &condition).map(|(typed, _)| typed)
            } else {
                Typer::new(&scope, &mut out).infer(&expression(example.call))
            };
            assert!(typed.is_some(), "{}: {}", example.call, said(&out));
        }
    }
}

#[test]
fn small_tables_and_lists_are_typed() {
    let sources = [
        "map(name, \"o\": \"open\", \"c\": \"closed\") else \"unknown\"",
        "map(small, 1: \"low\", 2: \"high\")",
        "map(active, true: 1, false: 0)",
        "map(price, 1.5: 1, 1.50: 2)",
        "map(name, \"a\": 1, \"a\": 2)",
        "map(small, 100_000: 1)",
        "map(small, \"a\": 1)",
        "map(name, name: 1)",
        "map(name, \"a\": 1, \"b\": \"x\")",
        "map(name, \"a\": note)",
        "map(name, null: 1)",
        "map(name, \"a\")",
        "map(doc, \"a\": 1)",
        "[name, note]",
        "[1, 2.5]",
        "[]",
        "[1, \"a\"]",
        "name in tags",
        "1 in tags",
        "contains(tags, name)",
        "element(tags, 1) else \"\"",
        "join(tags, \", \")",
        "length(tags)",
        "length(id)",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    map(name, "o": "open", "c": "closed") else "unknown"
      Else(Lookup(name, "o", "open", "c", "closed"):text?, "unknown"):text is text
    map(small, 1: "low", 2: "high")
      Lookup(small, 1:int16, "low", 2:int16, "high"):text? is text?
    map(active, true: 1, false: 0)
      Lookup(active, true:bool, 1:int64, false:bool, 0:int64):int64? is int64?
    map(price, 1.5: 1, 1.50: 2)
      wrong-arguments: this key stands in the table twice | it stands here first
    map(name, "a": 1, "a": 2)
      wrong-arguments: this key stands in the table twice | it stands here first
    map(small, 100_000: 1)
      literal-does-not-fit: 100000 is no `int16`: those go from -32768 to 32767 | this is `int16`
    map(small, "a": 1)
      type-mismatch: keys are `int16` here, and this is `text` | this is `int16`
    map(name, name: 1)
      wrong-arguments: `map` has no argument `name` | help: It is `map(value, table, …)`, as in `map("o", "o": "open", "c": "closed")`.
    map(name, "a": 1, "b": "x")
      type-mismatch: `int64` and `text` cannot stand for each other | this is `int64` | this is `text` | help: Cast one: `int64(value)`.
    map(name, "a": note)
      wrong-arguments: a table has constants alone | help: As in `map(state, "o": "open", "c": "closed") else "unknown"`.
    map(name, null: 1)
      null-comparison: no value is equal to `null` | help: Say what stands in for null with `else VALUE` behind the table.
    map(name, "a")
      wrong-arguments: a key with what it becomes is wanted here | help: As in `map(state, "o": "open", "c": "closed") else "unknown"`.
    map(doc, "a": 1)
      type-mismatch: a table has no keys of `json` | help: Take its text first, or a part of it.
    [name, note]
      List(name, note):list(text?) is list(text?)
    [1, 2.5]
      List(1:decimal(2, 1), 2.5:decimal(2, 1)):list(decimal(2, 1)) is list(decimal(2, 1))
    []
      List():list(bool) is list(bool)
    [1, "a"]
      type-mismatch: `int64` and `text` cannot stand for each other | this is `int64` | this is `text` | help: Cast one: `int64(value)`.
    name in tags
      Contains(tags, name):bool is bool
    1 in tags
      type-mismatch: a `text` is looked for, and this is `int64`
    contains(tags, name)
      Contains(tags, name):bool is bool
    element(tags, 1) else ""
      Else(Element(tags, 1:int64):text?, ""):text is text
    join(tags, ", ")
      Join(tags, ", "):text is text
    length(tags)
      Length(tags):int64 is int64
    length(id)
      type-mismatch: `length` takes a text, bytes or a list, and this is `int64`
    "#);
}

#[test]
fn constants_in_the_source_are_checked_there() {
    let sources = [
        "matches(name, \"a(b\")",
        "matches(name, note)",
        "regex_replace(name, \"(a)\", \"$2\")",
        "regex_replace(name, \"(a)\", \"$x\")",
        "parse_date(name, \"%d.%m\")",
        "parse_date(name, \"%q\")",
        "format_time(born, \"%H\")",
        "format_time(seen, \"%H\")",
        "start_of(born, \"monht\")",
        "start_of(born, \"hour\")",
        "start_of(seen, \"day\")",
        "json_text(doc, \"a.b\")",
        "json_text(name, \"/a\")",
        "year(seen)",
        "year(\"2024-02-29\")",
        "seconds_between(placed, seen)",
        "seconds_between(seen, \"2024-02-29T00:00:00Z\")",
        "least(price, 1)",
        "least(uid, uid)",
        "try(int64(name)) else 0",
        "json_decimal(doc, \"/a\", 12, 2)",
        "lpad(name, 3, \"0\")",
    ];
    assert_snapshot!(lines(&sources, typed), @r#"
    matches(name, "a(b")
      wrong-arguments: this is no regular expression: unclosed group | help: Expressions are those of the Rust crate `regex`: no look-around and no references back, so that they take time in proportion to the text. A `\` is written `\\` in a text.
    matches(name, note)
      wrong-arguments: a regular expression is a text written here | help: As in `"^[A-Z]{2}$"`.
    regex_replace(name, "(a)", "$2")
      wrong-arguments: there is no group `$2`: the pattern has 1 | help: A group stands in parentheses: `(\d+)`.
    regex_replace(name, "(a)", "$x")
      wrong-arguments: a `$` stands before the number of a group; `$$` is the sign | help: `$1` is what the first group matched, `$0` the whole match, `$$` a dollar sign.
    parse_date(name, "%d.%m")
      wrong-arguments: this reads no date: a year is not in it | help: A pattern has %Y %y %m %b %B %d %a %A %H %I %p %M %S %f, %% for a percent sign, and %-d, %-m, %-H, %-I without a leading zero.
    parse_date(name, "%q")
      wrong-arguments: `%q` stands for nothing | help: A pattern has %Y %y %m %b %B %d %a %A %H %I %p %M %S %f, %% for a percent sign, and %-d, %-m, %-H, %-I without a leading zero.
    format_time(born, "%H")
      wrong-arguments: this is no pattern of a date: a date has no `%H`
    format_time(seen, "%H")
      type-mismatch: `format_time` takes a date, a time or a datetime, and this is `timestamp?` | help: An instant has another date in every zone: take `local` first.
    start_of(born, "monht")
      wrong-arguments: there is no unit "monht" | did you mean "month"? | fix: write "month" ["\"month\""]
    start_of(born, "hour")
      wrong-arguments: a date is not cut down to its hour | help: A date has `week`, `month`, `quarter` and `year`.
    start_of(seen, "day")
      wrong-arguments: a timestamp is not cut down to its day | help: What is coarser begins at another instant in every zone: take `local` first.
    json_text(doc, "a.b")
      wrong-arguments: a path begins with `/`: "/a/b" | help: A path names members and places from 0: "/customer/lines/0".
    json_text(name, "/a")
      type-mismatch: `json_text` takes a json, and this is `text` | help: Cast it first: `json(value)`.
    year(seen)
      type-mismatch: `year` takes a date or a datetime, and this is `timestamp?` | help: An instant has another date in every zone: take `local` first.
    year("2024-02-29")
      Year(("2024-02-29"):date):int32 is int32
    seconds_between(placed, seen)
      type-mismatch: `datetime` and `timestamp` cannot be compared | this is `datetime` | this is `timestamp` | help: Clocks show an instant differently in every zone: `local(value, zone: "Europe/Paris")`.
    seconds_between(seen, "2024-02-29T00:00:00Z")
      SecondsBetween(seen, ("2024-02-29T00:00:00Z"):timestamp):int64? is int64?
    least(price, 1)
      Least(price, 1:decimal(12, 2)):decimal(12, 2) is decimal(12, 2)
    least(uid, uid)
      type-mismatch: `uuid` values have no order
    try(int64(name)) else 0
      Else(Try((name):int64):int64?, 0:int64):int64 is int64
    json_decimal(doc, "/a", 12, 2)
      JsonDecimal(doc, "/a"):decimal(12, 2)? is decimal(12, 2)?
    lpad(name, 3, "0")
      unknown-function: there is no function `lpad` | did you mean `pad_start`? | fix: write `pad_start` ["pad_start"]
    "#);
}

#[test]
fn lists_and_tables_adapt_to_what_is_wanted() {
    let wanted = [
        ("list(text)", "[]"),
        ("list(int16?)", "[1, null]"),
        ("list(int16)", "[1, null]"),
        ("list(decimal(4, 2))", "[1, 2.5]"),
        ("list(date)", "[\"2024-02-29\"]"),
        ("int16?", "map(name, \"a\": 1, \"b\": 2)"),
        ("int16", "map(name, \"a\": 1, \"b\": 2)"),
        ("date?", "map(name, \"a\": \"2024-02-29\")"),
    ];
    let shown: String = wanted
        .iter()
        .map(|(ty, source)| format!("{ty} = {source}\n  {}\n", into(ty, source).replace('\n', "\n  ")))
        .collect();
    assert_snapshot!(shown, @r#"
    list(text) = []
      List():list(text)
    list(int16?) = [1, null]
      List(1:int16, null:int16?):list(int16?)
    list(int16) = [1, null]
      type-mismatch: `x` is `list(int16)`, and this is `list(int64?)` | this is `list(int64?)`
    list(decimal(4, 2)) = [1, 2.5]
      List(1:decimal(4, 2), 2.5:decimal(4, 2)):list(decimal(4, 2))
    list(date) = ["2024-02-29"]
      List(("2024-02-29"):date):list(date)
    int16? = map(name, "a": 1, "b": 2)
      Lookup(name, "a", 1:int16, "b", 2:int16):int16?
    int16 = map(name, "a": 1, "b": 2)
      nullable-into-required: `x` must have a value, and this may be null | this is `int16?` | help: Say what stands in for null with `else VALUE`, or let the column be `int16?`. | fix: write `else 0` [" else 0"]
    date? = map(name, "a": "2024-02-29")
      Lookup(name, "a", ("2024-02-29"):date):date?
    "#);
}
