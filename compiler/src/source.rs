//! Writes source text: names, and expressions as messages show them and plans keep them.
//!
//! The text of an expression is the formatter's for a line of its own, made from the tree; it reads no source.

use mig_lang::ast::{BinaryOperator, EntityName, Expr, ExprKind, Keyword, Literal, Name, UnaryOperator};
use mig_plan::StoreKind;

pub(crate) use mig_lang::words::identifier;

/// A text constant as the source writes it.
pub(crate) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// The attribute that says where a store of that kind is.
pub(crate) fn location_attribute(kind: StoreKind) -> &'static str {
    let store = mig_lang::items::item(Keyword::Store);
    let takes = |name: &&str| store.attribute(name).is_some_and(|spec| spec.kinds.contains(&kind.keyword()));
    ["url", "path"].into_iter().find(takes).unwrap_or("url")
}

/// The share of 1 that a percentage is: `0.01` of `1`, on the digits as written.
pub(crate) fn share_of_percent(digits: &str) -> String {
    shifted(digits, -2)
}

/// The percentage that a share of 1 is: `1` of `0.01`.
pub(crate) fn percent_of_share(digits: &str) -> String {
    shifted(digits, 2)
}

/// A decimal number with its point moved so many places to the right.
fn shifted(number: &str, places: i32) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: Vec<char> = whole.chars().chain(fraction.chars()).collect();
    let point = i32::try_from(whole.len()).unwrap_or(i32::MAX).saturating_add(places);
    let digit =
        |place: i32| usize::try_from(place).ok().and_then(|place| digits.get(place)).copied().unwrap_or('0');
    let whole: String = (0.min(point)..point).map(digit).collect();
    let fraction: String = (point..i32::try_from(digits.len()).unwrap_or(i32::MAX)).map(digit).collect();
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// A whole number as people write it: `50_000`.
pub(crate) fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let sign = if value < 0 { "-" } else { "" };
    if digits.len() < 5 {
        return format!("{sign}{digits}");
    }
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}")
}

/// A span of time in its largest whole unit: `2h`.
pub(crate) fn duration(seconds: u64) -> String {
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds >= length && seconds.is_multiple_of(length) {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}

/// An entity as written.
pub(crate) fn entity(name: &EntityName) -> String {
    match &name.namespace {
        Some(namespace) => format!("@{}:{}/{}", name.kind.value, namespace.value, name.name.value),
        None => format!("@{}:{}", name.kind.value, name.name.value),
    }
}

/// An expression as the source writes it.
pub(crate) fn expression(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, 0, &mut out);
    out
}

/// How tight an expression's outermost operator binds; parentheses go around what binds looser than
/// its place. The order is the parser's.
fn level(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Move { .. } => 0,
        ExprKind::Where { .. } => 1,
        ExprKind::Else { .. } | ExprKind::If { .. } => 2,
        ExprKind::Binary { operator, .. } => binary_level(operator.value),
        ExprKind::Unary { operator, .. } => match operator.value {
            UnaryOperator::Not => 5,
            UnaryOperator::Negate => 10,
        },
        ExprKind::Path(_)
        | ExprKind::Env(_)
        | ExprKind::Entity(_)
        | ExprKind::Literal(_)
        | ExprKind::List(_)
        | ExprKind::Call { .. }
        | ExprKind::Index { .. }
        | ExprKind::Pair { .. }
        | ExprKind::Broken => 11,
    }
}

fn binary_level(operator: BinaryOperator) -> u8 {
    match operator {
        BinaryOperator::Or => 3,
        BinaryOperator::And => 4,
        BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual
        | BinaryOperator::In => 6,
        BinaryOperator::Concat => 7,
        BinaryOperator::Add | BinaryOperator::Subtract => 8,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => 9,
    }
}

/// An operator between its operands, as written.
pub(crate) fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
        BinaryOperator::Concat => "++",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::In => "in",
        BinaryOperator::And => "and",
        BinaryOperator::Or => "or",
    }
}

fn write(expr: &Expr, least: u8, out: &mut String) {
    let own = level(expr);
    if own < least {
        out.push('(');
        write(expr, 0, out);
        out.push(')');
        return;
    }
    match &expr.kind {
        ExprKind::Path(parts) => {
            let parts: Vec<String> = parts.iter().map(name).collect();
            out.push_str(&parts.join("."));
        }
        ExprKind::Env(variable) => {
            out.push_str("env.");
            out.push_str(&name(variable));
        }
        ExprKind::Entity(of) => out.push_str(&entity(of)),
        ExprKind::Literal(value) => out.push_str(&literal(value)),
        ExprKind::List(items) => {
            out.push('[');
            separated(items, out);
            out.push(']');
        }
        ExprKind::Call { function, arguments } => {
            out.push_str(&name(function));
            out.push('(');
            for (place, argument) in arguments.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                if let Some(label) = &argument.name {
                    out.push_str(&name(label));
                    out.push_str(": ");
                }
                write(&argument.value, 0, out);
            }
            out.push(')');
        }
        ExprKind::Pair { key, value } => {
            write(key, 0, out);
            out.push_str(": ");
            write(value, 0, out);
        }
        ExprKind::Index { base, key } => {
            write(base, 11, out);
            out.push('[');
            write(key, 0, out);
            out.push(']');
        }
        ExprKind::Unary { operator, operand } => match operator.value {
            UnaryOperator::Not => {
                out.push_str("not ");
                write(operand, own, out);
            }
            UnaryOperator::Negate => {
                out.push('-');
                write(operand, own, out);
            }
        },
        ExprKind::Binary { operator, left, right } => {
            // Comparisons do not chain, so that both sides of one bind tighter than it.
            write(left, if own == 6 { 7 } else { own }, out);
            out.push(' ');
            out.push_str(sign(operator.value));
            out.push(' ');
            write(right, own + 1, out);
        }
        ExprKind::Else { value, default } => {
            write(value, 3, out);
            out.push_str(" else ");
            write(default, 2, out);
        }
        ExprKind::If { condition, then, otherwise } => {
            out.push_str("if ");
            write(condition, 3, out);
            out.push_str(" then ");
            write(then, 3, out);
            out.push_str(" else ");
            write(otherwise, 2, out);
        }
        ExprKind::Where { source, predicate } => {
            write(source, 2, out);
            out.push_str(" where ");
            write(predicate, 2, out);
        }
        ExprKind::Move { old, new } => {
            write(old, 1, out);
            out.push_str(" -> ");
            write(new, 1, out);
        }
        ExprKind::Broken => out.push('…'),
    }
}

fn separated(items: &[Expr], out: &mut String) {
    for (place, item) in items.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        write(item, 0, out);
    }
}

fn name(name: &Name) -> String {
    if name.quoted { format!("`{}`", name.text) } else { name.text.clone() }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(value) => text(value),
        Literal::Integer { value, rows: false } => number(*value),
        Literal::Integer { value, rows: true } => format!("{} rows", number(*value)),
        Literal::RowsPerSecond(rows) => {
            format!("{} rows/s", i64::try_from(*rows).map_or_else(|_| rows.to_string(), number))
        }
        Literal::Decimal(digits) => digits.clone(),
        Literal::Percent(digits) => format!("{digits}%"),
        Literal::Duration { seconds } => duration(*seconds),
        Literal::Size { bytes, per_second } => format!("{bytes} B{}", if *per_second { "/s" } else { "" }),
        Literal::Bool(value) => value.to_string(),
        Literal::Null => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_moves_between_shares_and_percentages() {
        for (percent, share) in
            [("1", "0.01"), ("0.5", "0.005"), ("150", "1.5"), ("100", "1"), ("12.25", "0.1225")]
        {
            assert_eq!(share_of_percent(percent), share);
            assert_eq!(percent_of_share(share), percent);
        }
    }

    #[test]
    fn names_that_are_no_words_stand_between_backticks() {
        assert_eq!(identifier("order_no"), "order_no");
        assert_eq!(identifier("order no"), "`order no`");
        assert_eq!(identifier("where"), "`where`");
        assert_eq!(identifier("2nd"), "`2nd`");
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 9_999, 10_000, -1_234_567].map(number), ["0", "9999", "10_000", "-1_234_567"]);
    }

    #[test]
    fn durations_are_in_their_largest_whole_unit() {
        assert_eq!([300, 86_400, 90, 0].map(duration), ["5m", "1d", "90s", "0s"]);
    }

    /// What is written reads back as the same tree, with no parentheses that are not needed.
    #[test]
    fn an_expression_is_written_as_it_was_read() {
        for source in [
            "a + b * c",
            "(a + b) * c",
            "a - (b - c)",
            "not (a or b) and c",
            "not a == 1",
            "(a == b) == c",
            "if a then b else c",
            "(if a then b else c) else d",
            "(a else b) + 1",
            "a else b else c",
            "-a + -1",
            "count(total < 0) == 0",
            "metadata.annotations[\"acme.io/tier\"] in [low, `my level`]",
            "utc(placed, zone: \"Europe/Paris\")",
            "map(state, \"o\": \"open\", \"c\": \"closed\") else \"unknown\"",
            "map(active, true: 1, false: 0)",
            "error_rate > 1% and x != \"a \\\"b\\\"\\n\"",
        ] {
            let file = format!("wave w {{\n  x = {source}\n}}\n");
            let (tree, diagnostics) = mig_lang::parse(mig_lang::FileId(0), &file);
            assert_eq!(diagnostics, [], "{source}");
            let mig_lang::ast::Statement::Attribute(attribute) = &tree.items[0].body[0] else {
                panic!("{source}")
            };
            assert_eq!(expression(&attribute.values[0]), source);
        }
    }
}
