//! What a plain scalar means in YAML 1.2's core schema, as JSON.
//!
//! Takes the scalar's text, gives the value that the `yaml` package of npm gives to Backstage. Pure.

use serde_json::Value;

/// What a plain scalar means in the core schema. Numbers are JavaScript's: whole ones are integers however they are
/// written, and what JSON has no number for (infinity, not-a-number) is a null.
pub(super) fn core_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Null,
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Value::Null;
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| is_all(digits, |c| c.is_digit(8))) {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| is_all(digits, |c| c.is_ascii_hexdigit())) {
        return radix(digits, 16);
    }
    if is_decimal(unsigned) {
        return number(text.strip_prefix('+').unwrap_or(text));
    }
    Value::String(text.to_owned())
}

fn is_all(text: &str, test: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(test)
}

/// Digits with at the most one point among, before or behind them, and perhaps an exponent.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", behind)) => !behind.is_empty() && digits(behind),
        Some((before, behind)) => digits(before) && digits(behind),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    mantissa && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

fn radix(digits: &str, radix: u32) -> Value {
    let value = digits.chars().filter_map(|c| c.to_digit(radix));
    javascript(value.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit)))
}

fn number(text: &str) -> Value {
    javascript(text.parse().unwrap_or(f64::NAN))
}

/// The number as JavaScript writes it: whole numbers without a point, a zero without a sign.
fn javascript(value: f64) -> Value {
    if value == 0.0 {
        return Value::from(0);
    }
    // Both languages write the shortest digits that give the same number back.
    serde_json::from_str(&value.to_string()).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_have_the_core_schemas_types() {
        for (text, value) in [
            ("1", json!(1)),
            ("+12", json!(12)),
            ("-0", json!(0)),
            ("007", json!(7)),
            ("0o17", json!(15)),
            ("0xfF", json!(255)),
            ("1.0", json!(1)),
            ("1.50", json!(1.5)),
            (".5", json!(0.5)),
            ("5.", json!(5)),
            ("1e3", json!(1000)),
            ("12e03", json!(12000)),
            ("1e-1", json!(0.1)),
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("~", json!(null)),
            ("Null", json!(null)),
            (".inf", json!(null)),
            (".NaN", json!(null)),
            ("yes", json!("yes")),
            ("off", json!("off")),
            ("tRUE", json!("tRUE")),
            ("2024-01-31", json!("2024-01-31")),
            ("12:30:45", json!("12:30:45")),
            ("1_000", json!("1_000")),
            ("0b1", json!("0b1")),
            ("1.2.3", json!("1.2.3")),
            (".", json!(".")),
            ("e3", json!("e3")),
            ("1e", json!("1e")),
            ("-", json!("-")),
            ("+.5", json!(0.5)),
            ("9007199254740993", json!(9_007_199_254_740_992_i64)),
            ("-9223372036854775807", json!(-9_223_372_036_854_776_000.0)),
            ("18446744073709551615", json!(18_446_744_073_709_552_000.0)),
            ("0xffffffffffffff", json!(72_057_594_037_927_940_i64)),
            ("1e21", json!(1e21)),
            ("1e400", json!(null)),
        ] {
            assert_eq!(core_value(text), value, "{text}");
        }
    }
}
