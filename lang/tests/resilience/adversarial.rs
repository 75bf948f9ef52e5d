//! Texts made to hurt.

use std::time::{Duration, Instant};

use crate::check;

/// Any text is parsed in time that grows with its length; far more than it takes, far less than a trap.
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn in_time(what: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    assert!(start.elapsed() < Duration::from_secs(60), "{what} took {:?}", start.elapsed());
}

fn in_column(value: &str) -> String {
    format!(
        "dataset d: a.b -> c.d {{\n  columns {{\n    x: text = {value}\n    y\n  }}\n}}\nwave after_it {{}}\n"
    )
}

#[test]
fn deep_nests_and_long_chains() {
    let many = 10_000;
    let values = [
        ("parentheses", "(".repeat(many) + &")".repeat(many)),
        ("open parentheses", "(".repeat(many)),
        ("closed parentheses", ")".repeat(many)),
        ("lists", "[".repeat(many)),
        ("calls", "f(".repeat(many)),
        ("mixed", "f([".repeat(60)),
        ("braces", "{".repeat(many)),
        ("braces closed by brackets", "{)".repeat(many)),
        ("brackets closed by braces", "(}".repeat(many)),
        ("minus", "- ".repeat(many) + "x"),
        ("not", "not ".repeat(many) + "x"),
        ("if", "if ".repeat(many)),
        ("if then", "if a then ".repeat(many)),
        ("else if", "if a then b else ".repeat(many) + "c"),
        ("sum", "a + ".repeat(many) + "a"),
        ("else", "a else ".repeat(many) + "a"),
        ("comparisons", "a < ".repeat(many) + "a"),
        ("indices", "a".to_owned() + &"[0]".repeat(many)),
        ("calls of calls", "a".to_owned() + &"(0)".repeat(many)),
        ("dots", "a.".repeat(many)),
        ("quotes", "\"".repeat(many)),
        ("backticks", "`".repeat(many)),
        ("brackets in backticks", "`(`".repeat(many)),
        ("escapes", format!("\"{}\"", "\\".repeat(many))),
    ];
    for (what, value) in values {
        in_time(what, || check(&in_column(&value), what));
    }
    in_time("types", || {
        check(&in_column("1").replace("text", &("list(".repeat(many) + &")".repeat(many))), "types")
    });
}

#[test]
fn brackets_where_a_broken_header_hides_a_quote() {
    let text = format!("store x \"{{\" \"{}\"\n}}\n", "(".repeat(10_000));
    in_time("a quote in a header", || check(&text, "a quote in a header"));
}

#[test]
fn as_deep_as_may_be() {
    let value = "(".repeat(126) + "a" + &")".repeat(126);
    let text = in_column(&value);
    let (_, diagnostics) = mig_lang::parse(mig_lang::FileId(0), &text);
    assert_eq!(diagnostics, []);
    check(&text, "126 levels");
    let (_, diagnostics) = mig_lang::parse(mig_lang::FileId(0), &in_column(&format!("({value})")));
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["too-deep"]);
}

#[test]
fn one_mistake_one_diagnostic() {
    let many = 10_000;
    for value in ["(".repeat(many), "- ".repeat(many) + "x", "a + ".repeat(many) + "a", "if ".repeat(200)] {
        let (file, diagnostics) = mig_lang::parse(mig_lang::FileId(0), &in_column(&value));
        assert_eq!(diagnostics.len(), 1, "{:?}", &diagnostics[..2.min(diagnostics.len())]);
        assert_eq!(file.items.last().map(|item| item.name.text.as_str()), Some("after_it"));
    }
}

#[test]
fn random_bytes() {
    let mut seed = 7_u64;
    let bytes: Vec<u8> =
        std::iter::repeat_with(|| crate::damage::next(&mut seed) as u8).take(1_000_000).collect();
    let text = String::from_utf8_lossy(&bytes);
    in_time("random bytes", || check(&text, "random bytes"));
    let ascii: String = bytes.iter().map(|byte| char::from(byte % 95 + 32)).collect();
    in_time("random characters on one line", || check(&ascii, "random characters on one line"));
    let lines: String = bytes.iter().map(|byte| char::from((byte % 96 + 31).max(31))).collect();
    let lines = lines.replace('\u{1F}', "\n");
    in_time("random lines", || check(&lines, "random lines"));
}

#[test]
fn oddities() {
    for text in [
        "",
        " ",
        "\n",
        "\r",
        "\r\n",
        "\u{FEFF}",
        "\u{FEFF}\u{FEFF}",
        "\0",
        "}",
        "{",
        "//",
        "///",
        "/",
        "\"",
        "`",
        "@",
        "wave",
        "wave w",
        "wave w {",
        "wave w {\n",
        "wave w {\r",
        "wave w {}\u{2028}wave x {}",
        "\twave w {}",
        "wave w {}//",
        "wave w {//\n}",
        "wave w { a = \"\r\" }",
        "wave w { a = \"\\",
        "wave w { a = 1 // }",
        "/// d",
        "/// d\n}",
        "wave w {\n/// d\nwave x {}",
        "wave w {\n/// d\n/// e\n}",
        "store a: sqlite { url = \"{\" }",
    ] {
        check(text, text);
    }
}
