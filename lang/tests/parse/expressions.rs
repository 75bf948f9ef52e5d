//! Expressions: literals, precedence, and what goes on over lines.

use crate::snapshot;

/// An item with one column per line.
fn columns(lines: &str) -> String {
    format!("dataset d: a.b -> c.d {{\n  columns {{\n{}\n  }}\n}}", lines.trim_matches('\n'))
}

#[test]
fn literals() {
    snapshot!(columns(
        r#"
a = 50_000
b = 50_000 rows
c = 0.010
d = 1%
e = 0.5%
f = 30s
g = 5m
h = 1.5h
i = 7d
j = 64 MiB
k = 64KiB
l = 1.5 GB
m = 50 MiB/s
n = 1 B
o = true
p = false
q = null
r = "text"
s = "\n\t\"\\\u{e9}\u{1F600} // not a comment { ( "
t = []
u = @api:default/orders.v1-x
v = env.NAME
"#
    ));
}

#[test]
fn precedence() {
    snapshot!(columns(
        r#"
a = 1 + 2 * 3 - 4
b = a ++ b + c ++ d
c = a < b ++ c
d = not a == b and c or d
e = a or b and not not c
f = a else b else c or d
g = -a * -b
h = - - a
i = a % b / c
j = 10 % 3
k = x in [a, b] and y not in [c]
l = (a or b) and (c)
m = if a then b else c
n = if a then b else if c then d else e
o = if a then if b then c else d else e
p = 1 + if a or b then c else d + 2
q = if a else b then c else d else e
r = catalog where a == b or c
s = a == not b
t = -a[b]
u = a and if b then c else d
"#
    ));
}

#[test]
fn calls_and_indices() {
    snapshot!(columns(
        r#"
a = f()
b = f(a, name: b, c: [d,],)
c = f(g(h(1)))
d = metadata.annotations["acme.io/tier"]["x"]
e = f(a)[1]
f = "x"[0]
g = f(`odd name`: 1)
h = f(
  a, // first
  // between
  b
)
"#
    ));
}

#[test]
fn lines_go_on_at_operators() {
    snapshot!(columns(
        r#"
a = first
  ++ " "
  // between
  ++ last
b = first ++
  last
c = if x > 1
  then y
  else z
d = [
  a
]
"#
    ));
}

#[test]
fn a_long_chain_is_no_nest() {
    snapshot!(columns("a = b and c and d and e and f and g"));
}

#[test]
fn tables_pair_keys_with_what_they_become() {
    snapshot!(columns(
        r#"
a = map(state, "o": "open", "c": "closed",) else "unknown"
b = map(active, true: 1, false: -1)
c = map(n, 1 : x + 1, // one
  -2
  : 2)
d = map(s, `true`: 1)
e = map(s, null: 1)
f = map(s, "a":)
g = map(s, "a" "b")
h = [1: 2]
"#
    ));
}
