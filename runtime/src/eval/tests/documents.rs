use mig_plan::Function::*;

use super::{refused, table, written};

const DOCUMENT: &str =
    r#"{"a": {"b": [1, "x\\ny", null, 1.50, true, 1e3]}, "a/b~": 2, "n": null, "a": {"b": [7]}, "": 0}"#;

#[test]
fn a_path_leads_to_a_value_as_it_is_written() {
    let get = |path: &str, expected: &str| written(JsonGet, "json", &[path], "json", &[[DOCUMENT, expected]]);
    // Of two members of one name the last one counts.
    get("/a/b/0", "7");
    get("/a/b/1", "null");
    get("/a~1b~0", "2");
    get("/", "0");
    get("/n", "null");
    get("/a/b/x", "null");
    get("/a/b/00", "null");
    written(
        JsonGet,
        "json",
        &["/0"],
        "json",
        &[["[1.50]", "1.50"], ["[]", "null"], ["7", "null"], ["null", "null"]],
    );
    written(JsonGet, "json", &[""], "json", &[[" [ 1 ] ", "[ 1 ]"]]);
    written(
        JsonHas,
        "json",
        &["/n"],
        "bool",
        &[[DOCUMENT, "true"], ["{}", "false"], ["[]", "false"], ["null", "null"]],
    );
    refused(JsonGet, &["json", "text"], "json");
}

#[test]
fn values_are_taken_out_by_kind() {
    written(
        JsonText,
        "json",
        &["/a"],
        "text",
        &[
            [r#"{"a": "x\u00e9\n"}"#, "xé\n"],
            [r#"{"a": null}"#, "null"],
            ["{}", "null"],
            [r#"{"a": 1}"#, "! 1: it is a number, not a text"],
            [r#"{"a": [1]}"#, "! [1]: it is an array, not a text"],
        ],
    );
    written(
        JsonInt,
        "json",
        &["/a"],
        "int64",
        &[
            [r#"{"a": -12}"#, "-12"],
            [r#"{"a": 1e3}"#, "1000"],
            [r#"{"a": 2.0}"#, "2"],
            [r#"{"a": 9223372036854775807}"#, "9223372036854775807"],
            [r#"{"a": 9223372036854775808}"#, "! 9223372036854775808: int64 does not hold it without loss"],
            [r#"{"a": 1.5}"#, "! 1.5: int64 does not hold it without loss"],
            [r#"{"a": 1e400}"#, "! 1e400: int64 does not hold it without loss"],
            [r#"{"a": "1"}"#, "! \"1\": it is a text, not a whole number"],
            [r#"{"a": null}"#, "null"],
        ],
    );
    written(
        JsonDecimal,
        "json",
        &["/a"],
        "decimal(6, 2)",
        &[
            [r#"{"a": 1.50}"#, "1.50"],
            [r#"{"a": 15e-1}"#, "1.50"],
            [r#"{"a": 1.505}"#, "! 1.505: decimal(6, 2) does not hold it without loss"],
            [r#"{"a": 12345}"#, "! 12345: decimal(6, 2) does not hold it without loss"],
            ["{}", "null"],
        ],
    );
    written(
        JsonBool,
        "json",
        &["/a"],
        "bool",
        &[
            [r#"{"a": true}"#, "true"],
            [r#"{"a": null}"#, "null"],
            [r#"{"a": 0}"#, "! 0: it is a number, not a boolean"],
        ],
    );
}

#[test]
fn every_value_is_some_json() {
    table(ToJson, &["text"], "json", &[&["a \"b\"\n", "\"a \\\"b\\\"\\n\""], &["null", "null"]]);
    table(ToJson, &["int64"], "json", &[&["-12", "-12"]]);
    table(ToJson, &["decimal(6, 2)"], "json", &[&["1.50", "1.50"]]);
    table(ToJson, &["bool"], "json", &[&["true", "true"]]);
    table(ToJson, &["date"], "json", &[&["2024-02-29", "\"2024-02-29\""]]);
    table(ToJson, &["json"], "json", &[&["{\"a\": 1.0}", "{\"a\": 1.0}"]]);
    table(
        ToJson,
        &["float64"],
        "json",
        &[
            &["0.1", "0.1"],
            &["-0", "-0"],
            &["NaN", "! NaN: JSON has no such number"],
            &["-Infinity", "! -Infinity: JSON has no such number"],
        ],
    );
}
