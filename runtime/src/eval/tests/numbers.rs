use mig_plan::Function::*;

use super::{refused, table};

#[test]
fn integers_are_checked() {
    table(
        Add,
        &["int64", "int64"],
        "int64",
        &[
            &["1", "2", "3"],
            &["null", "2", "null"],
            &["1", "null", "null"],
            &["9223372036854775807", "1", "! 9223372036854775807 + 1: the result does not fit int64"],
            &["-9223372036854775808", "-1", "! -9223372036854775808 + -1: the result does not fit int64"],
        ],
    );
    table(
        Add,
        &["int8", "int8"],
        "int8",
        &[&["100", "27", "127"], &["100", "28", "! 100 + 28: the result does not fit int8"]],
    );
    table(
        Subtract,
        &["int16", "int16"],
        "int16",
        &[&["-32768", "0", "-32768"], &["-32768", "1", "! -32768 - 1: the result does not fit int16"]],
    );
    table(
        Multiply,
        &["int32", "int32"],
        "int32",
        &[
            &["46340", "46340", "2147395600"],
            &["46341", "46341", "! 46341 * 46341: the result does not fit int32"],
            &["-1", "-2147483648", "! -1 * -2147483648: the result does not fit int32"],
        ],
    );
    table(
        Divide,
        &["int64", "int64"],
        "int64",
        &[
            &["-12", "4", "-3"],
            &["7", "2", "! 7 / 2: the result is not exact in int64; `round` and `divide` say where to round"],
            &["7", "0", "! 7 / 0: division by zero"],
            &["0", "0", "! 0 / 0: division by zero"],
            &["-9223372036854775808", "-1", "! -9223372036854775808 / -1: the result does not fit int64"],
        ],
    );
    table(
        Remainder,
        &["int64", "int64"],
        "int64",
        &[
            &["-7", "2", "-1"],
            &["7", "-2", "1"],
            &["-9223372036854775808", "-1", "0"],
            &["7", "0", "! 7 % 0: division by zero"],
        ],
    );
    table(Negate, &["int8"], "int8", &[&["5", "-5"], &["-128", "! -128: the result does not fit int8"]]);
    table(
        Abs,
        &["int64"],
        "int64",
        &[
            &["-5", "5"],
            &["null", "null"],
            &["-9223372036854775808", "! -9223372036854775808: the result does not fit int64"],
        ],
    );
    table(Floor, &["int32"], "int32", &[&["-7", "-7"]]);
    table(
        Round,
        &["int32", "int64"],
        "int32",
        &[
            &["1250", "-2", "1300"],
            &["-1250", "-2", "-1300"],
            &["1249", "-2", "1200"],
            &["1250", "3", "1250"],
            &["2147483647", "-1", "! 2147483647 to digits -1: the result does not fit int32"],
        ],
    );
    table(
        DivideRounded,
        &["int64", "int64", "int64"],
        "int64",
        &[&["7", "2", "0", "4"], &["-7", "2", "0", "-4"]],
    );
    refused(Add, &["int64", "text"], "int64");
    refused(Add, &["int64", "float64"], "float64");
    refused(Add, &["int64"], "int64");
    refused(Floor, &["float64"], "int64");
}

#[test]
fn floats_overflow_only_out_of_the_finite() {
    table(
        Add,
        &["float64", "float64"],
        "float64",
        &[
            &["0.1", "0.2", "0.30000000000000004"],
            &["Infinity", "1", "Infinity"],
            &["Infinity", "-Infinity", "NaN"],
            &["NaN", "null", "null"],
        ],
    );
    let max = f64::MAX.to_string();
    table(
        Multiply,
        &["float64", "float64"],
        "float64",
        &[
            &["2", "0.5", "1"],
            &[
                &max,
                "2",
                "! 17976931348623157000000000000000000000000000000000000000000000000000000000000000… * 2: the result does not fit float64",
            ],
        ],
    );
    table(
        Multiply,
        &["float32", "float32"],
        "float32",
        &[
            &["0.1", "0.2", "0.020000001"],
            &[
                "300000000000000000000000000000000000000",
                "2",
                "! 300000000000000000000000000000000000000 * 2: the result does not fit float32",
            ],
        ],
    );
    table(
        Divide,
        &["float64", "float64"],
        "float64",
        &[
            &["1", "4", "0.25"],
            &["1", "0", "! 1 / 0: division by zero"],
            &["0", "-0", "! 0 / -0: division by zero"],
        ],
    );
    table(
        Round,
        &["float64", "int64"],
        "float64",
        &[
            &["2.675", "2", "2.68"],
            &["-2.5", "0", "-3"],
            &["2.5", "0", "3"],
            &["1234.5", "-2", "1200"],
            &["0.1", "17", "0.1"],
            &["1e25", "2", "10000000000000000000000000"],
            &["1e-300", "2", "0"],
            &["NaN", "2", "NaN"],
            &["-Infinity", "2", "-Infinity"],
        ],
    );
    table(Round, &["float32", "int64"], "float32", &[&["0.15", "1", "0.2"]]);
    table(Floor, &["float64"], "float64", &[&["-0.5", "-1"], &["NaN", "NaN"]]);
    table(Ceil, &["float64"], "float64", &[&["-1.5", "-1"], &["1.2", "2"]]);
    table(Negate, &["float64"], "float64", &[&["0", "-0"], &["Infinity", "-Infinity"]]);
    table(Abs, &["float32"], "float32", &[&["-0.5", "0.5"]]);
}

const NINES: &str = "99999999999999999999999999999999999999";

#[test]
fn decimals_are_exact() {
    table(
        Add,
        &["decimal(4, 2)", "decimal(4, 2)"],
        "decimal(4, 2)",
        &[
            &["1.25", "-0.25", "1.00"],
            &["99.99", "0.01", "! 99.99 + 0.01: the result does not fit decimal(4, 2)"],
            &["null", "0.01", "null"],
        ],
    );
    table(
        Subtract,
        &["decimal(38, 0)", "decimal(38, 0)"],
        "decimal(38, 0)",
        &[
            &[NINES, "1", "99999999999999999999999999999999999998"],
            &[&format!("-{NINES}"), "1", &format!("! -{NINES} - 1: the result does not fit decimal(38, 0)")],
        ],
    );
    table(
        Add,
        &["decimal(38, 0)", "decimal(3, 2)"],
        "decimal(38, 1)",
        &[
            &["5", "0.10", "5.1"],
            &[
                "5",
                "0.15",
                "! 5 + 0.15: the result is not exact in decimal(38, 1); `round` and `divide` say where to round",
            ],
        ],
    );
    table(
        Multiply,
        &["decimal(12, 2)", "decimal(4, 3)"],
        "decimal(12, 2)",
        &[
            &["10.00", "1.190", "11.90"],
            &[
                "10.01",
                "1.190",
                "! 10.01 * 1.190: the result is not exact in decimal(12, 2); `round` and `divide` say where to round",
            ],
        ],
    );
    table(Multiply, &["decimal(12, 2)", "int64"], "decimal(12, 2)", &[&["0.01", "12", "0.12"]]);
    table(
        Divide,
        &["decimal(12, 2)", "int64"],
        "decimal(12, 2)",
        &[
            &["1999.00", "100", "19.99"],
            &[
                "1.99",
                "100",
                "! 1.99 / 100: the result is not exact in decimal(12, 2); `round` and `divide` say where to round",
            ],
            &["1.00", "0", "! 1.00 / 0: division by zero"],
        ],
    );
    table(
        DivideRounded,
        &["decimal(12, 2)", "decimal(12, 2)", "int64"],
        "decimal(12, 4)",
        &[
            &["1.00", "3.00", "4", "0.3333"],
            &["2.00", "3.00", "4", "0.6667"],
            &["-1.00", "-8.00", "4", "0.1250"],
            &["null", "3.00", "4", "null"],
            &["1.00", "0.00", "4", "! 1.00 / 0.00: division by zero"],
        ],
    );
    table(Remainder, &["decimal(4, 2)", "decimal(4, 2)"], "decimal(4, 2)", &[&["-1.25", "0.50", "-0.25"]]);
    table(Negate, &["decimal(38, 0)"], "decimal(38, 0)", &[&[NINES, &format!("-{NINES}")]]);
    table(Abs, &["decimal(4, 2)"], "decimal(4, 2)", &[&["-1.25", "1.25"]]);
    table(
        Round,
        &["decimal(5, 3)", "int64"],
        "decimal(4, 1)",
        &[
            &["1.250", "1", "1.3"],
            &["-1.250", "1", "-1.3"],
            &["1.249", "1", "1.2"],
            &["1.250", "0", "1.0"],
            &["15.000", "-1", "20.0"],
        ],
    );
    table(Floor, &["decimal(5, 2)"], "decimal(5, 0)", &[&["-1.25", "-2"], &["1.25", "1"]]);
    table(Ceil, &["decimal(5, 2)"], "int64", &[&["-1.25", "-1"], &["1.25", "2"]]);
}

#[test]
fn whole_quotients_and_remainders() {
    table(
        Quotient,
        &["int64", "int64"],
        "int64",
        &[
            &["7", "2", "3"],
            &["-7", "2", "-3"],
            &["7", "-2", "-3"],
            &["1", "0", "! 1 / 0: division by zero"],
            &["-9223372036854775808", "-1", "! -9223372036854775808 / -1: the result does not fit int64"],
            &["null", "0", "null"],
        ],
    );
    table(
        Modulo,
        &["int64", "int64"],
        "int64",
        &[
            &["7", "3", "1"],
            &["-7", "3", "2"],
            &["7", "-3", "-2"],
            &["-6", "3", "0"],
            &["-9223372036854775808", "-1", "0"],
            &["1", "0", "! 1 modulo 0: division by zero"],
        ],
    );
}

#[test]
fn digits_are_left_out() {
    table(
        Truncate,
        &["decimal(6, 3)", "int64"],
        "decimal(5, 2)",
        &[&["2.679", "2", "2.67"], &["-2.679", "2", "-2.67"]],
    );
    table(Truncate, &["int64", "int64"], "int64", &[&["-12", "2", "-12"]]);
    table(
        Truncate,
        &["float64", "int64"],
        "float64",
        &[&["2.679", "2", "2.67"], &["-0.9", "0", "0"], &["NaN", "1", "NaN"]],
    );
}

#[test]
fn signs_are_minus_one_zero_or_one() {
    table(Sign, &["int16"], "int8", &[&["-3", "-1"], &["0", "0"], &["null", "null"]]);
    table(Sign, &["decimal(4, 2)"], "int8", &[&["0.01", "1"]]);
    table(
        Sign,
        &["float64"],
        "int8",
        &[&["-0", "0"], &["-Infinity", "-1"], &["NaN", "! NaN: it has no sign"]],
    );
}

#[test]
fn the_nearest_float_is_asked_for_by_name() {
    table(
        NearestFloat64,
        &["int64"],
        "float64",
        &[&["9007199254740993", "9007199254740992"], &["null", "null"]],
    );
    table(NearestFloat64, &["decimal(38, 20)"], "float64", &[&["0.10000000000000000001", "0.1"]]);
    table(
        NearestFloat32,
        &["float64"],
        "float32",
        &[
            &["0.1", "0.1"],
            &["1e39", "! 1000000000000000000000000000000000000000: the result does not fit float32"],
            &["Infinity", "Infinity"],
            &["NaN", "NaN"],
        ],
    );
    // Rounded once: by way of 64 bits it would be 16777216.
    table(NearestFloat32, &["decimal(38, 20)"], "float32", &[&["16777217.00000000000000000001", "16777218"]]);
}
