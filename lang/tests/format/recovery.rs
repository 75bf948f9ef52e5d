//! What cannot be read stays as it is, and the rest is formatted around it.

use crate::snapshot;

#[test]
fn broken_items() {
    snapshot!(
        "wave  a  {batch=1}\nwave b\n   batch  =  1\n// c\nwave   c {batch=2}\n}\n  x  =  1\n/// d\nwave  d  {\n batch=3\n}\nstore x  y   {\n    url=1\n}\nhello   world\n"
    );
}

#[test]
fn an_unclosed_item() {
    snapshot!("wave  a {\n   batch=1\n\n\n/// b\nwave  b {batch=2}\n");
}

#[test]
fn broken_lines() {
    snapshot!(
        "dataset d: a.b -> c.d {\n      foo   bar  // kept\n  key=a\n      url = https://x//y  z\n  columns   {\n    a  b\n    c:int64=x +\n    longer:text=y\n  }\n  columnz {\n         a  : b\n  }\n  chunk=5 rows\n  x = [a  b,\n        c]\n}\n"
    );
}

#[test]
fn nesting_too_deep() {
    let deep = format!("store a: b {{ c = {}{} }}\nwave  w  {{}}\n", "(".repeat(200), ")".repeat(200));
    assert_eq!(mig_lang::format(&deep), deep.replace("wave  w  {}", "wave w {}"));
}

#[test]
fn nesting_too_deep_behind_what_is_never_closed() {
    let deep = format!("wave x({}\n", "(".repeat(128));
    for open in ["wave a {\n  batch = 1\n", "k c {\n", "wave a {\n  then revert wave,\n", "wave a after b,\n"]
    {
        let text = format!("{open}{deep}{deep}wave  w  {{}}\n");
        assert_eq!(mig_lang::format(&text), text.replace("wave  w  {}", "wave w {}"));
    }
}

#[test]
fn what_would_be_read_otherwise_on_its_own_line() {
    snapshot!(
        "wave w {\n  move = datasets, where a == b\n  x = a,,\n    b c\n  y = a\n, == b\n}\nstore s:csv///{path=1}  // c\nstore t: csv { path = env., , connections = 8 * }\ndataset d: a.b -> c.d {\n  columns {drop x because \"y\"\n    a:int64=b\n  }\n}\n"
    );
}
