//! Arguments that stand in the source as constants: numbers in a range, zones, patterns, units and paths.
//! A mistake in one is told when the source is checked, not row by row.

use std::collections::BTreeSet;
use std::str::FromStr;

use mig_lang::{Diagnostic, ast, nearest};
use mig_plan::{Expr, JsonPath, Literal, PatternError, Template, TimePattern, TimeUnit, Type};

use super::Typer;
use super::calls::Bound;
use crate::functions::{Accepts, Parts};
use crate::{shape, source};

impl Typer<'_> {
    /// A whole number that stands in the source.
    pub(super) fn constant(&mut self, bound: &Bound) -> Option<u8> {
        let Accepts::Constant { least, most } = bound.parameter.accepts else { return None };
        if !bound.value.is_whole() {
            return None;
        }
        let value = shape::integer(bound.value);
        let value = value.filter(|value| (least..=most).contains(value));
        if value.is_none() {
            let message =
                format!("`{}` is a number from {least} to {most}, written here", bound.parameter.name);
            self.out.push(Diagnostic::error("wrong-arguments", bound.value.span, message));
        }
        u8::try_from(value?).ok()
    }

    /// The name of a time zone, a text that stands in the source.
    pub(super) fn zone(&mut self, value: &ast::Expr) -> Option<Expr> {
        let text = self.written(value, "a time zone", "As in `zone: \"Europe/Paris\"`.")?;
        if text.parse::<chrono_tz::Tz>().is_ok() {
            return Some(Expr::text(text));
        }
        let error = Diagnostic::error("unknown-zone", value.span, format!("there is no time zone {text:?}"));
        self.out.push(match nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(near) => error.here(format!("did you mean \"{near}\"?")).fix(
                format!("write \"{near}\""),
                value.span,
                format!("\"{near}\""),
            ),
            None => error.help("Name it as the IANA database does: \"Europe/Paris\", \"UTC\"."),
        });
        None
    }

    /// A text that stands in the source, in a language of its own.
    pub(super) fn written_as(&mut self, bound: &Bound) -> Option<Expr> {
        let value = bound.value;
        match bound.parameter.accepts {
            Accepts::Pattern => {
                let text = self.written(value, "a regular expression", "As in `\"^[A-Z]{2}$\"`.")?;
                if let Err(error) = regex::Regex::new(text) {
                    // The last line says what is wrong; those before it show the expression again.
                    let whole = error.to_string();
                    let reason = whole.lines().last().unwrap_or_default();
                    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
                    self.wrong_constant(value, format!("this is no regular expression: {reason}"), REGEX);
                    return None;
                }
                Some(Expr::text(text))
            }
            Accepts::Template => {
                let help = "`$1` is what the first group matched, `$0` the whole match, `$$` a dollar sign.";
                let text = self.written(value, "what stands for a match", help)?;
                self.parsed::<Template>(value, text, help)?;
                Some(Expr::text(text))
            }
            Accepts::TimePattern(parts) => {
                let text = self.written(value, "a pattern", "As in `\"%d.%m.%Y\"`.")?;
                let help = format!("A pattern has {}.", TimePattern::PIECES);
                let pattern = self.parsed::<TimePattern>(value, text, &help)?;
                if let Some(parts) = parts
                    && let Err(error) = pattern.reads(parts.date(), parts.clock())
                {
                    self.wrong_constant(value, format!("this reads no {}: {error}", what(parts)), &help);
                    return None;
                }
                Some(Expr::text(text))
            }
            Accepts::Unit => {
                let words: Vec<&str> = TimeUnit::ALL.iter().map(|(word, _)| *word).collect();
                let quoted: Vec<String> = words.iter().map(|word| source::text(word)).collect();
                let help = format!("The units are {}.", quoted.join(", "));
                if let Some(word) = shape::name(value).filter(|name| words.contains(&name.text.as_str())) {
                    let written = source::text(&word.text);
                    let error =
                        Diagnostic::error("wrong-arguments", value.span, "a unit is written in quotes");
                    self.out.push(error.help(help).certain(format!("write {written}"), value.span, written));
                    return None;
                }
                let text = self.written(value, "a unit", &help)?;
                if text.parse::<TimeUnit>().is_ok() {
                    return Some(Expr::text(text));
                }
                let error =
                    Diagnostic::error("wrong-arguments", value.span, format!("there is no unit {text:?}"));
                self.out.push(match nearest(text, words) {
                    Some(near) => error.here(format!("did you mean \"{near}\"?")).fix(
                        format!("write \"{near}\""),
                        value.span,
                        source::text(near),
                    ),
                    None => error.help(help),
                });
                None
            }
            Accepts::Label => {
                self.written(value, "a label", "As in `enum(state, \"open\", \"paid\")`.").map(Expr::text)
            }
            Accepts::JsonPath => {
                let help = "A path names members and places from 0: \"/customer/lines/0\".";
                let text = self.written(value, "a path", help)?;
                self.parsed::<JsonPath>(value, text, help)?;
                Some(Expr::text(text))
            }
            Accepts::Any
            | Accepts::Text
            | Accepts::TextOrBytes
            | Accepts::Sized
            | Accepts::List
            | Accepts::Texts
            | Accepts::Number
            | Accepts::Exact
            | Accepts::Integer
            | Accepts::Bool
            | Accepts::OneOf(_)
            | Accepts::Ordered
            | Accepts::Constant { .. }
            | Accepts::Zone
            | Accepts::Pair => None,
        }
    }

    /// The enum of these labels, texts that stand in the source.
    pub(super) fn enum_of(&mut self, bound: &[Bound]) -> Option<Type> {
        let mut labels: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        for argument in bound {
            let label = self.written_as(argument)?;
            let label = text_of(&label)?;
            let wrong = if !seen.insert(label.to_owned()) {
                Some("this label stands here twice")
            } else if label.is_empty() || label.contains(['`', '\n']) {
                Some("a label has a character at the least, no backtick and no line end")
            } else {
                None
            };
            if let Some(wrong) = wrong {
                self.wrong_constant(argument.value, wrong.to_owned(), "");
                return None;
            }
            labels.push(label.to_owned());
        }
        Type::of_labels(labels)
    }

    /// Whether what stands for a match names only groups that the pattern has.
    pub(super) fn groups_fit(&mut self, value: &ast::Expr, pattern: &Expr, template: &Expr) -> Option<()> {
        let (pattern, template) = (text_of(pattern)?, text_of(template)?);
        let there = regex::Regex::new(pattern).ok()?.captures_len().saturating_sub(1);
        let named = template.parse::<Template>().ok()?.highest_group();
        if named > there {
            let message = format!("there is no group `${named}`: the pattern has {there}");
            self.wrong_constant(value, message, "A group stands in parentheses: `(\\d+)`.");
            return None;
        }
        Some(())
    }

    /// Whether a pattern fits what it writes.
    pub(super) fn pattern_fits(&mut self, value: &ast::Expr, ty: &Type, pattern: &Expr) -> Option<()> {
        let parts = Parts::of(ty)?;
        let pattern: TimePattern = text_of(pattern)?.parse().ok()?;
        if let Err(error) = pattern.writes(parts.date(), parts.clock()) {
            let message = format!("this is no pattern of a {}: {error}", what(parts));
            self.wrong_constant(value, message, "");
            return None;
        }
        Some(())
    }

    /// Whether a unit begins somewhere in every value of a type.
    pub(super) fn unit_fits(&mut self, value: &ast::Expr, ty: &Type, unit: &Expr) -> Option<()> {
        let text = text_of(unit)?;
        let unit: TimeUnit = text.parse().ok()?;
        let (fits, help) = if *ty == Type::Date {
            (unit >= TimeUnit::Week, "A date has `week`, `month`, `quarter` and `year`.")
        } else if *ty == Type::Timestamp {
            let help = "What is coarser begins at another instant in every zone: take `local` first.";
            (unit <= TimeUnit::Second, help)
        } else {
            (true, "")
        };
        if !fits {
            self.wrong_constant(value, format!("a {ty} is not cut down to its {text}"), help);
            return None;
        }
        Some(())
    }

    /// A text constant, which is wanted here.
    fn written<'e>(&mut self, value: &'e ast::Expr, what: &str, help: &str) -> Option<&'e str> {
        let text = shape::text(value);
        if text.is_none() && value.is_whole() {
            self.wrong_constant(value, format!("{what} is a text written here"), help);
        }
        text
    }

    fn parsed<T: FromStr<Err = PatternError>>(
        &mut self,
        value: &ast::Expr,
        text: &str,
        help: &str,
    ) -> Option<T> {
        match text.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.wrong_constant(value, error.message, help);
                None
            }
        }
    }

    fn wrong_constant(&mut self, value: &ast::Expr, message: String, help: &str) {
        let error = Diagnostic::error("wrong-arguments", value.span, message);
        self.out.push(if help.is_empty() { error } else { error.help(help) });
    }
}

const REGEX: &str = "Expressions are those of the Rust crate `regex`: no look-around and no references back, so that \
                     they take time in proportion to the text. A `\\` is written `\\\\` in a text.";

fn what(parts: Parts) -> &'static str {
    match parts {
        Parts::Date => "date",
        Parts::Clock => "time of day",
        Parts::Both => "date and time",
    }
}

fn text_of(expr: &Expr) -> Option<&str> {
    if let Expr::Literal { value: Literal::Text(text), .. } = expr { Some(text) } else { None }
}
