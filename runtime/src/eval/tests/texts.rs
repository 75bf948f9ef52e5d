use mig_plan::Function::*;

use super::{refused, table, written};

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
fn ends_of_texts_are_cut_and_filled() {
    table(TrimStart, &["text"], "text", &[&[" \t a ", "a "], &["\u{a0}b", "b"], &["null", "null"]]);
    table(TrimEnd, &["text"], "text", &[&[" a \n", " a"], &["", ""]]);
    table(Reverse, &["text"], "text", &[&["añ😀", "😀ña"], &["", ""]]);
    table(
        Left,
        &["text", "int64"],
        "text",
        &[
            &["añ😀z", "2", "añ"],
            &["a", "9", "a"],
            &["a", "0", ""],
            &["a", "-1", "! length -1: a length is not negative"],
            &["null", "-1", "null"],
        ],
    );
    table(Right, &["text", "int32"], "text", &[&["añ😀z", "2", "😀z"], &["a", "9", "a"], &["a", "0", ""]]);
    table(
        PadStart,
        &["text", "int64", "text"],
        "text",
        &[
            &["7", "3", "0", "007"],
            &["7", "6", "ab", "ababa7"],
            &["12345", "3", "0", "12345"],
            &["ñ", "2", "😀", "😀ñ"],
            &["a", "-5", "0", "a"],
            &["abc", "2", "", "abc"],
            &["a", "2", "", "! \"a\": an empty text fills nothing"],
            &["a", "10001", "0", "! length 10001: a text is padded to 10000 code points at the most"],
            &["a", "2", "null", "null"],
        ],
    );
    table(PadEnd, &["text", "int64", "text"], "text", &[&["7", "4", "ab", "7aba"]]);
}

#[test]
fn parts_have_places() {
    table(
        Position,
        &["text", "text"],
        "int64",
        &[&["añ@b", "@", "3"], &["aa", "a", "1"], &["a", "b", "0"], &["a", "", "1"], &["null", "a", "null"]],
    );
    table(
        SplitPart,
        &["text", "text", "int64"],
        "text",
        &[
            &["a,b,,c", ",", "2", "b"],
            &["a,b,,c", ",", "3", ""],
            &["a,b", ",", "3", "null"],
            &["", ",", "1", ""],
            &["a", ",", "9223372036854775807", "null"],
            &["a", "", "1", "! an empty separator separates nothing"],
            &["a", ",", "0", "! part 0: the first part is 1"],
            &["null", ",", "0", "null"],
        ],
    );
}

#[test]
fn regular_expressions_are_found_and_replaced() {
    written(
        Matches,
        "text",
        &["^[A-Z]{2}-\\d+$"],
        "bool",
        &[["FR-1042", "true"], ["xFR-1", "false"], ["null", "null"]],
    );
    // Time is linear in the text: this one is what makes others hang.
    let long = format!("{}b", "a".repeat(5_000));
    written(Matches, "text", &["^(a+)+$"], "bool", &[[&long, "false"]]);
    written(RegexFind, "text", &["\\d+"], "text", &[["a 12 b 3", "12"], ["a", "null"], ["null", "null"]]);
    written(RegexFind, "text", &["id=(\\w*)"], "text", &[["id=x;id=y", "x"], ["id=", ""], ["x", "null"]]);
    written(
        RegexReplace,
        "text",
        &["(\\w)-(\\w)?", "$2$$$1$0"],
        "text",
        &[["a-b c-", "b$aa-b $cc-"], ["none", "none"], ["null", "null"]],
    );
    written(RegexReplace, "text", &["", "."], "text", &[["ñ", ".ñ."]]);
    refused(Matches, &["text", "text"], "bool");
}
