//! What cannot be read: each mistake has one diagnostic, and its neighbours stand.

use crate::snapshot;

/// A body of a dataset around the lines.
fn body(lines: &str) -> String {
    format!("dataset d: a.b -> c.d {{\n{}\n}}\nwave after_it {{}}", lines.trim_matches('\n'))
}

#[test]
fn an_unknown_item() {
    snapshot!("dataste d: a.b -> c.d { key = a }\ntable t {\n  a = 1\n}\nhello\nwave w {}");
}

#[test]
fn half_typed_items() {
    snapshot!(
        "d\nwave a {}\ndataset\nwave b {}\nstore x\nwave c {}\nstore x:\nwave d {}\nwave\nvalidation v on\nwave e after {}\nstore s: sqlite"
    );
}

#[test]
fn a_broken_header() {
    snapshot!(
        "dataset d legacy.orders -> lake.orders {\n  key = a\n}\nstore s: \"sqlite\" {}\nstore t = sqlite {}\ndataset e: a.b {}\nvalidation v on {}\ndataset f: a.b -> {}\nstore u: 5 {}"
    );
}

#[test]
fn an_unclosed_item() {
    snapshot!("store a: sqlite {\n  url = \"x\"\n\n/// The next one.\nstore b: sqlite {\n  url = \"y\"");
}

#[test]
fn unclosed_columns() {
    snapshot!(
        "dataset d: a.b -> c.d {\n  columns {\n    x: int64 = y\n  drop z because \"no\"\n}\n\nwave w {}"
    );
}

#[test]
fn both_unclosed() {
    snapshot!("dataset d: a.b -> c.d {\n  columns {\n    x: int64 = y\n\nwave w {}");
}

#[test]
fn a_brace_too_many() {
    snapshot!("wave a {\n}\n}\n\nwave b {}");
}

#[test]
fn half_typed_attributes() {
    snapshot!(body(
        "  key =\n  chunk\n  entity: @a:b\n  cut_over = notify,\n  key = order id\n  = 5\n  key = a = b"
    ));
}

#[test]
fn half_typed_columns() {
    snapshot!(body(
        "  columns {\n    a:\n    b: int64 =\n    c int64 = x\n    d: = x\n    e: int64 x\n    f = g +\n    h: decimal(12 = x\n    where: text\n    i: text == x\n    ok\n  }"
    ));
}

#[test]
fn statements_that_end_too_early() {
    snapshot!(body(
        "  drop\n  drop x\n  drop x because\n  drop x because no\n  drop x because \"no\" see\n  irreversible\n  freshness 5m\n  freshness within 5m placed\n  require\n  require a > 0\n  require a > 0 else 5\n  then\n  then revert\n  when\n  when a > 1 for\n  when a for 5m and"
    ));
}

#[test]
fn what_is_allowed_needs_its_code_and_its_reason() {
    snapshot!(body(
        "  allow\n  allow no-soak\n  allow because \"b\"\n  allow no-soak because\n  allow no - soak because \"b\"\n  allow \"no-soak\" because \"b\"\n  alow no-soak because \"b\"\n  allow no-soak \"b\""
    ));
}

#[test]
fn unknown_statements() {
    snapshot!("validation v on d {\n  row_cuont\n  requires a else \"b\"\n  something\n}");
}

#[test]
fn an_unknown_block() {
    snapshot!(body("  columnz {\n    a: int64 = b\n    c\n  }\n  key = a"));
}

#[test]
fn unclosed_brackets() {
    snapshot!(body("  key = [a, b\n  chunk = 5 rows\n  cut_over = http(post: env.X\n  entity = @a:b"));
}

#[test]
fn brackets_over_lines_are_stepped_over_whole() {
    snapshot!(body("  key = [\n    a b,\n    c\n  ]\n  chunk = 5 rows"));
}

#[test]
fn unclosed_texts() {
    snapshot!(body("  drop x because \"no\n  key = \"a\n  chunk = 5 rows"));
}

#[test]
fn marks_of_other_languages() {
    snapshot!(
        "consumers c: catalog where kind = \"a\" {\n  a = b && c\n  d = e || f\n  g = !h\n  i = 'j'\n  k = l;\n  m = größe\n  n = a <> b\n  o = https://x.y\n  p = `q\n  r = a\u{A0}b\n}"
    );
}

#[test]
fn comparisons_do_not_chain() {
    snapshot!(body("  a = 1 < x < 5\n  b = 1 < x == (y < z)"));
}

#[test]
fn operators_out_of_place() {
    snapshot!(body(
        "  a = b then c\n  d = if e\n  f = if g then h\n  i = (j -> k)\n  l = m -> n -> o\n  p = q where r where s\n  t = if u then v else\n  w = a.b(c)\n  x = f(1)(2)\n  y = 1(2)\n  z = env.A.B"
    ));
}

#[test]
fn broken_escapes() {
    snapshot!(body(r#"  a = "\q \x41 \u{} \u{110000} \u{d800} \u12 fine \n""#));
}

#[test]
fn numbers_and_units() {
    snapshot!(body(
        "  a = 9223372036854775808\n  b = 5min\n  c = 5 mb\n  d = 64 mib\n  e = 64mib\n  f = 1.5 rows\n  g = 0.3s\n  h = 99999999999999d\n  i = 10%3\n  j = 5 m\n  k = 1e5"
    ));
}

#[test]
fn reserved_words_as_names() {
    snapshot!(
        "wave in {}\nwave w {\n  for = 1\n  a = b + where\n}\ndataset d: a.b -> c.d {\n  columns {\n    null\n  }\n}"
    );
}
