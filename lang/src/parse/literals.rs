//! Literals: takes a number or a text as written, gives its value; a wrong unit, a number that does not
//! fit and a broken escape are reported and stand in the tree as the nearest value that can.

use pest::iterators::Pair;

use super::{Reader, Rule};
use crate::ast::Literal;
use crate::words::{DURATIONS, SIZES};
use crate::{Diagnostic, Span};

impl Reader<'_> {
    /// The value of a number; none when it has no value, which is then reported.
    pub(super) fn number(&mut self, pair: &Pair<'_, Rule>) -> Option<Literal> {
        let written = pair.as_str();
        let span = self.span_of(pair);
        let length = written.find(|letter: char| !(letter.is_ascii_digit() || "_.".contains(letter)));
        let (digits, unit) = written.split_at(length.unwrap_or(written.len()));
        let digits = digits.replace('_', "");
        let unit = unit.trim_start();
        if unit == "%" {
            return Some(Literal::Percent(digits));
        }
        if unit.is_empty() && digits.contains('.') {
            return Some(Literal::Decimal(digits));
        }
        if unit.starts_with("rows") && digits.contains('.') {
            self.rows_with_point(&digits, unit, span);
            return None;
        }
        if unit.is_empty() || unit == "rows" {
            let value = self.scaled(&digits, 1, "rows", span)?;
            return i64::try_from(value).ok().map(|value| Literal::Integer { value, rows: unit == "rows" });
        }
        if unit == "rows/s" {
            return self.scaled(&digits, 1, "rows", span).map(Literal::RowsPerSecond);
        }
        if let Some(known) = DURATIONS.iter().find(|known| known.unit == unit) {
            let seconds = self.scaled(&digits, known.scale, "seconds", span)?;
            return Some(Literal::Duration { seconds });
        }
        let (size, per_second) = match unit.strip_suffix("/s") {
            Some(size) => (size, true),
            None => (unit, false),
        };
        if let Some(known) = SIZES.iter().find(|known| known.unit == size) {
            let bytes = self.scaled(&digits, known.scale, "bytes", span)?;
            return Some(Literal::Size { bytes, per_second });
        }
        self.unknown_unit(unit, span);
        None
    }

    /// `50.000 rows`, where a point may stand between thousands, and means a fraction here.
    fn rows_with_point(&mut self, digits: &str, unit: &str, span: Span) {
        let error = Diagnostic::error("bad-number", span, "a number of rows has no point");
        let groups: Vec<&str> = digits.split('.').collect();
        let thousands = groups.iter().skip(1).all(|group| group.len() == 3);
        self.report(if thousands {
            let written = format!("{} {unit}", groups.join("_"));
            error.help(format!("thousands are told apart by `_`: `{written}`")).fix(
                format!("write `{written}`"),
                span,
                written,
            )
        } else {
            error.help("write a whole number")
        });
    }

    /// `digits` times `scale`, which must come out whole and fit into 64 bits with a sign.
    fn scaled(&mut self, digits: &str, scale: u64, unit: &str, span: Span) -> Option<u64> {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let scaled = format!("{whole}{fraction}")
            .parse::<u128>()
            .ok()
            .and_then(|number| number.checked_mul(scale.into()));
        let power = u32::try_from(fraction.len()).ok().and_then(|places| 10_u128.checked_pow(places));
        let (Some(scaled), Some(power)) = (scaled, power) else {
            self.number_too_large(span);
            return None;
        };
        if scaled % power != 0 {
            let diagnostic =
                Diagnostic::error("bad-number", span, format!("this is no whole number of {unit}"));
            self.report(diagnostic.help("write it in a smaller unit, without a fraction"));
            return None;
        }
        let value = i64::try_from(scaled / power).ok().and_then(|value| u64::try_from(value).ok());
        if value.is_none() {
            self.number_too_large(span);
        }
        value
    }

    fn number_too_large(&mut self, span: Span) {
        let diagnostic = Diagnostic::error("bad-number", span, "this number is too large");
        self.report(diagnostic.help(format!("the largest number is {}", i64::MAX)));
    }

    fn unknown_unit(&mut self, unit: &str, span: Span) {
        let start = span.end - u32::try_from(unit.len()).unwrap_or(0);
        let place = Span { start, ..span };
        let units: Vec<String> = known_units().map(|unit| format!("`{unit}`")).collect();
        let diagnostic = Diagnostic::error("unknown-unit", place, format!("`{unit}` is not a unit"))
            .help(format!("units are `%`, {}", units.join(", ")));
        self.report(match unit_meant(unit) {
            Some(meant) => diagnostic.fix(format!("write `{meant}`"), place, meant),
            None => diagnostic,
        });
    }

    /// The text between quotes, escapes resolved; `start` is where the opening quote stands.
    pub(super) fn unescaped(&mut self, written: &str, start: usize) -> String {
        let inner = &written[1..written.len().saturating_sub(1).max(1)];
        if !inner.contains('\\') {
            return inner.to_owned();
        }
        let mut value = String::with_capacity(inner.len());
        let mut rest = inner;
        while let Some(at) = rest.find('\\') {
            value.push_str(&rest[..at]);
            let escape = &rest[at..];
            let (character, length) = escaped(escape);
            match character {
                Some(character) => value.push(character),
                None => {
                    let from = start + 1 + (inner.len() - escape.len());
                    self.bad_escape(&escape[..length], self.span(from, from + length));
                }
            }
            rest = &escape[length..];
        }
        value.push_str(rest);
        value
    }

    fn bad_escape(&mut self, written: &str, span: Span) {
        let diagnostic = Diagnostic::error("bad-escape", span, format!("`{written}` is not an escape"));
        let help =
            "escapes are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{…}` with a character's number in hexadecimal";
        self.report(diagnostic.help(help).certain(
            "write the backslash itself",
            span,
            format!("\\{written}"),
        ));
    }
}

/// How many bytes behind the `{` of an escape its `}` is looked for.
const FARTHEST_BRACE: usize = 16;

/// The character that an escape stands for, and the escape's length.
fn escaped(escape: &str) -> (Option<char>, usize) {
    let Some(letter) = escape[1..].chars().next() else { return (None, 1) };
    let character = match letter {
        'n' => Some('\n'),
        't' => Some('\t'),
        '"' | '\\' => Some(letter),
        'u' => match escape[2..].strip_prefix('{').and_then(in_braces) {
            Some(digits) => {
                let legal =
                    (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let number = if legal { u32::from_str_radix(digits, 16).ok() } else { None };
                return (number.and_then(char::from_u32), 2 + digits.len() + 2);
            }
            None => None,
        },
        _ => None,
    };
    (character, 1 + letter.len_utf8())
}

/// What stands before a `}` that is near: one that is far away belongs to something else.
fn in_braces(rest: &str) -> Option<&str> {
    let end = rest.bytes().take(FARTHEST_BRACE).position(|byte| byte == b'}')?;
    rest.get(..end)
}

fn known_units() -> impl Iterator<Item = &'static str> {
    DURATIONS.iter().chain(&SIZES).map(|known| known.unit).chain(["rows"])
}

/// The unit that is meant by a word which may be none: `min` is `m`, `mib` is `MiB`.
pub(super) fn unit_meant(word: &str) -> Option<&'static str> {
    let spelled = [
        ("percent", "%"),
        ("pct", "%"),
        ("min", "m"),
        ("sec", "s"),
        ("hour", "h"),
        ("hr", "h"),
        ("day", "d"),
        ("row", "rows"),
    ];
    let lower = word.to_lowercase();
    known_units()
        .find(|unit| unit.eq_ignore_ascii_case(word))
        .or_else(|| spelled.into_iter().find(|(start, _)| lower.starts_with(start)).map(|(_, unit)| unit))
}
