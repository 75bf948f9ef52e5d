//! What stands in a body.

use crate::snapshot;

#[test]
fn columns_and_drops() {
    snapshot!(
        r#"
dataset d: a.b -> c.d {
  columns {
    id: int64 = no
    /// The price,
    /// with tax.
    price: decimal(12, 2)? = p
    tags: list(list(text?)) = t
    colour: enum(red, `dark green`) = c
    kept: text
    made = a ++ b
    bare // carried
  }
  columns { a, b: text, c = x, d: int64 = y }
  drop x because "no" see "https://example.org"
  drop y
    because "no"
    see "https://example.org"
}
"#
    );
}

#[test]
fn attributes_with_several_values() {
    snapshot!(
        r#"
wave w {
  move = datasets, consumers where criticality == low,
    archive.customers
  validation = [a, b]
}
consumer c: @component:x {
  cut_over = notify, http(post: env.A, undo: env.B), command(run: ["a", "b"], undo: []),
    view(lake.sales.orders, to: orders), annotate("k", "v")
}
dataset d: a.b -> c.d {
  entity = @resource:a -> @resource:n/b
  irreversible because "why"
  allow key-lost because "a code has blanks nowhere"
  allow x because "", allow in-not-2 because "d"
  allow = 1
}
"#
    );
}

#[test]
fn checks() {
    snapshot!(
        r#"
validation v on d {
  row_count
  checksum
  freshness within 5m of placed_at
  require sum(a) >= 1 else "message"
  require (min(a) else 0) >= 1 and count() > 2
    else "message with \"quotes\""
  require if a then b else c else "chosen"
}
validation w on d { row_count, checksum reread, require a else "m", row_count }
"#
    );
}

#[test]
fn rollbacks() {
    snapshot!(
        r#"
rollback r {
  when error_rate > 1% for 5m and attempts >= 200
  when metric("p99") > 800 for 10m
  when a > 1 and b > 2
  when a > 1
  then revert wave
  no_data = pause
  then revert wave, notify owners
}
"#
    );
}

#[test]
fn an_attribute_may_have_any_name() {
    snapshot!("wave w {\n  drop = 1\n  when = 2\n  columns = same\n  row_count = 3\n}");
}
