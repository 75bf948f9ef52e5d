//! What a plain scalar means in YAML 1.2's core schema, as JSON.
//!
//! Takes the scalar's text, gives the value that the `yaml` package of npm gives to Backstage. Pure.

use serde_json::{Number, Value};

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
    match u64::from_str_radix(digits, radix) {
        Ok(value) => Value::from(value),
        Err(_) => {
            let value = digits
                .chars()
                .filter_map(|c| c.to_digit(radix))
                .fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit));
            Number::from_f64(value).map_or(Value::Null, Value::Number)
        }
    }
}

fn number(text: &str) -> Value {
    if let Ok(value) = text.parse::<i64>() {
        return Value::from(value);
    }
    let value = text.parse::<f64>().unwrap_or(f64::NAN);
    // Within ±2^53 every whole number is exact.
    if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
        return serde_json::from_str(&format!("{value:.0}")).unwrap_or(Value::Null);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
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
            ("9223372036854775807", json!(9_223_372_036_854_775_807_i64)),
        ] {
            assert_eq!(core_value(text), value, "{text}");
        }
    }
}
