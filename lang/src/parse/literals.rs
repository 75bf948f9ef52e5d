//! Literals: takes a number or a text as written, gives its value; a wrong unit, a number that does not
//! fit and a broken escape are reported and stand in the tree as the nearest value that can.

use pest::iterators::Pair;

use super::{Reader, Rule};
use crate::ast::Literal;
use crate::{Diagnostic, Span, nearest};

/// Units of time, in seconds.
const DURATIONS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];

/// Units of size, in bytes.
const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl Reader<'_> {
    pub(super) fn number(&mut self, pair: &Pair<'_, Rule>) -> Literal {
        let written = pair.as_str();
        let span = self.span_of(pair);
        let length = written.find(|letter: char| !(letter.is_ascii_digit() || "_.".contains(letter)));
        let (digits, unit) = written.split_at(length.unwrap_or(written.len()));
        let digits = digits.replace('_', "");
        let unit = unit.trim_start();
        if unit == "%" {
            return Literal::Percent(digits);
        }
        if unit.is_empty() && digits.contains('.') {
            return Literal::Decimal(digits);
        }
        if unit.is_empty() || unit == "rows" {
            let value = self.whole(&digits, span);
            return Literal::Integer { value, rows: unit == "rows" };
        }
        if let Some((_, seconds)) = DURATIONS.iter().find(|(name, _)| *name == unit) {
            return Literal::Duration { seconds: self.scaled(&digits, *seconds, "seconds", span) };
        }
        let (size, per_second) = match unit.strip_suffix("/s") {
            Some(size) => (size, true),
            None => (unit, false),
        };
        if let Some((_, bytes)) = SIZES.iter().find(|(name, _)| *name == size) {
            return Literal::Size { bytes: self.scaled(&digits, *bytes, "bytes", span), per_second };
        }
        self.unknown_unit(unit, span);
        Literal::Integer { value: 0, rows: false }
    }

    fn whole(&mut self, digits: &str, span: Span) -> i64 {
        if digits.contains('.') {
            self.report(
                Diagnostic::error("bad-number", span, "there is no part of a row")
                    .help("write a whole number"),
            );
            return 0;
        }
        digits.parse().unwrap_or_else(|_| {
            self.number_too_large(span);
            i64::MAX
        })
    }

    pub(super) fn number_too_large(&mut self, span: Span) {
        let diagnostic = Diagnostic::error("bad-number", span, "this number is too large");
        self.report(diagnostic.help(format!("the largest number is {}", i64::MAX)));
    }

    /// `digits` times `scale`, which must come out whole.
    fn scaled(&mut self, digits: &str, scale: u64, unit: &str, span: Span) -> u64 {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let places = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
        let exact = 10_u128.checked_pow(places).and_then(|power| {
            let number = format!("{whole}{fraction}").parse::<u128>().ok()?.checked_mul(scale.into())?;
            (number % power == 0).then_some(number / power)
        });
        match exact.map(u64::try_from) {
            Some(Ok(value)) if i64::try_from(value).is_ok() => value,
            Some(_) => {
                self.number_too_large(span);
                u64::MAX
            }
            None => {
                let diagnostic =
                    Diagnostic::error("bad-number", span, format!("this is no whole number of {unit}"));
                self.report(diagnostic.help("write it in a smaller unit"));
                0
            }
        }
    }

    fn unknown_unit(&mut self, unit: &str, span: Span) {
        let start = span.end - u32::try_from(unit.len()).unwrap_or(0);
        let place = Span { start, ..span };
        let known: Vec<&str> =
            DURATIONS.iter().chain(&SIZES).map(|(name, _)| *name).chain(["rows"]).collect();
        let diagnostic =
            Diagnostic::error("unknown-unit", place, format!("`{unit}` is not a unit")).help(format!(
                "units are `%`, {}",
                known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ));
        let same = known.iter().find(|name| name.eq_ignore_ascii_case(unit)).copied();
        let meant = same.or_else(|| nearest(unit, known.iter().copied().filter(|name| name.len() > 1)));
        self.report(match meant {
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
        self.report(diagnostic.help(help).fix("write the backslash itself", span, format!("\\{written}")));
    }
}

/// The character that an escape stands for, and the escape's length.
fn escaped(escape: &str) -> (Option<char>, usize) {
    let Some(letter) = escape[1..].chars().next() else { return (None, 1) };
    let character = match letter {
        'n' => Some('\n'),
        't' => Some('\t'),
        '"' | '\\' => Some(letter),
        'u' => match escape[2..].strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((digits, _)) => {
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
