use mig_plan::Function::*;

use super::{refused, table};

#[test]
fn text_is_unicode() {
    table(
        Lower,
        &["text"],
        "text",
        &[
            &["ABC", "abc"],
            &["ÀÉß", "àéß"],
            &["ΟΔΟΣ", "οδος"],
            &["İ", "i\u{307}"],
            &["null", "null"],
            &["", ""],
        ],
    );
    table(Upper, &["text"], "text", &[&["straße", "STRASSE"], &["abc", "ABC"]]);
    table(
        Trim,
        &["text"],
        "text",
        &[
            &[" \t a b \u{a0}\u{3000}\r\n", "a b"],
            &["   ", ""],
            // A zero-width space is not white space.
            &["\u{200b}a", "\u{200b}a"],
        ],
    );
    table(Length, &["text"], "int64", &[&["añ😀", "3"], &["", "0"], &["null", "null"]]);
    table(Length, &["bytes"], "int64", &[&["x'00ff'", "2"], &["null", "null"]]);
    refused(Lower, &["json"], "text");
    refused(Length, &["int64"], "int64");
}

#[test]
fn texts_are_joined_and_cut() {
    table(
        Concat,
        &["text", "text", "text"],
        "text",
        &[&["a", "", "c", "ac"], &["a", "null", "c", "null"], &["é", "😀", "!", "é😀!"]],
    );
    table(
        Replace,
        &["text", "text", "text"],
        "text",
        &[
            &["banana", "an", "AN", "bANANa"],
            &["aaa", "aa", "b", "ba"],
            &["abc", "", "x", "abc"],
            &["abc", "b", "", "ac"],
            &["abc", "b", "null", "null"],
        ],
    );
    table(
        Substring,
        &["text", "int64", "int64"],
        "text",
        &[
            &["añ😀z", "2", "2", "ñ😀"],
            &["abc", "2", "99", "bc"],
            &["abc", "4", "1", ""],
            &["abc", "9223372036854775807", "9223372036854775807", ""],
            &["abc", "1", "0", ""],
            &[
                "abc",
                "0",
                "1",
                "! start 0, length 1: a substring starts at 1 or later and has no negative length",
            ],
            &[
                "abc",
                "1",
                "-1",
                "! start 1, length -1: a substring starts at 1 or later and has no negative length",
            ],
            &["null", "0", "1", "null"],
        ],
    );
}

#[test]
fn parts_are_found() {
    table(
        StartsWith,
        &["text", "text"],
        "bool",
        &[&["abc", "ab", "true"], &["abc", "", "true"], &["a", "ab", "false"]],
    );
    table(
        EndsWith,
        &["text", "text"],
        "bool",
        &[&["abc", "bc", "true"], &["abc", "ab", "false"], &["null", "a", "null"]],
    );
    table(
        Contains,
        &["text", "text"],
        "bool",
        &[&["a%b", "%", "true"], &["abc", "B", "false"], &["abc", "null", "null"]],
    );
}

#[test]
fn sha256_is_that_of_the_bytes() {
    // FIPS 180-4's own example, and the empty message.
    table(
        Sha256,
        &["text"],
        "text",
        &[
            &["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
            &["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
            &["null", "null"],
        ],
    );
    table(
        Sha256,
        &["bytes"],
        "text",
        &[&["x'616263'", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]],
    );
}
