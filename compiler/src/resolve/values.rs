//! Reads attribute values: settings, entities, names, and numbers with their units. A value of the wrong
//! kind or unit is said with the one that is wanted, and where possible written.

use std::collections::BTreeMap;

use mig_lang::ast::{Attribute, EntityName, Expr, ExprKind, Literal, Name};
use mig_lang::{Diagnostic, Span, Spanned, nearest};
use mig_plan::{EntityRef, Setting};

use super::Resolver;
use crate::hir::EntityUse;
use crate::shape;
use crate::source::{expression, percent_of_share};

impl Resolver {
    /// The attribute's one value.
    pub(super) fn single<'a>(&mut self, attribute: &'a Attribute) -> Option<&'a Expr> {
        self.one(attribute, false)
    }

    /// The elements of a list, or the one value that stands for a list of one.
    pub(super) fn list<'a>(&mut self, attribute: &'a Attribute) -> Option<Vec<&'a Expr>> {
        let value = self.one(attribute, true)?;
        Some(shape::list(value).map_or_else(|| vec![value], |items| items.iter().collect()))
    }

    /// The attribute's one value, which several may be meant to be as a `list`.
    fn one<'a>(&mut self, attribute: &'a Attribute, list: bool) -> Option<&'a Expr> {
        let (first, last) = match attribute.values.as_slice() {
            [] => return None,
            [value] if matches!(value.kind, ExprKind::Broken) => return None,
            [value] => return Some(value),
            [first, .., last] => (first, last),
        };
        let whole = attribute.values.iter().all(Expr::is_whole);
        // A value that could not be read has been said, and may be why there are several.
        if !list && !whole {
            return None;
        }
        let span = first.span.to(last.span);
        let message = format!("`{}` takes one value", attribute.name.text);
        let error = Diagnostic::error("wrong-value", span, message);
        let values: Vec<String> = attribute.values.iter().map(expression).collect();
        self.out.push(if list && whole {
            error.certain("make it a list", span, format!("[{}]", values.join(", ")))
        } else {
            error
        });
        None
    }

    /// Says that a value is not what is wanted; a broken one has its diagnostic.
    pub(super) fn wrong(&mut self, value: &Expr, wanted: &str, example: &str) {
        if value.is_whole() {
            self.out.push(
                Diagnostic::error("wrong-value", value.span, format!("{wanted} is wanted"))
                    .here(format!("this is {}", kind_of(value)))
                    .help(format!("As in `{example}`.")),
            );
        }
    }

    /// [`Self::wrong`], where a text may hold what is wanted.
    fn quoted(&mut self, value: &Expr, wanted: &str, example: &str, is_it: impl Fn(&str) -> bool) {
        self.wrong(value, wanted, example);
        if let Some(text) = shape::text(value).filter(|text| is_it(text))
            && let Some(said) = self.out.pop()
        {
            self.out.push(said.certain(format!("write `{text}`"), value.span, text));
        }
    }

    /// A text, or the name of an environment variable. `variable` is the one offered for a secret.
    pub(super) fn setting(&mut self, value: &Expr, variable: &str) -> Option<Setting> {
        if let ExprKind::Env(name) = &value.kind {
            return Some(Setting::Env(name.text.clone()));
        }
        let said = |message: &str, name: &str| {
            Diagnostic::error("wrong-value", value.span, message).certain(
                format!("write `env.{name}`"),
                value.span,
                format!("env.{name}"),
            )
        };
        if let Some(name) = variable_called(value) {
            self.out.push(said("a variable is written `env.NAME`", name));
            return None;
        }
        if let Some(text) = shape::text(value) {
            let quoted = text.strip_prefix("env.").filter(|name| !mig_lang::words::needs_backticks(name));
            if let Some(name) = quoted.or_else(|| variable_in(text)) {
                self.out.push(said("a variable is written without quotes", name));
                return None;
            }
            return self.public(text, value.span, variable).then(|| Setting::Text(text.to_owned()));
        }
        self.wrong(value, "a text or an environment variable", &format!("env.{variable}"));
        None
    }

    /// A text.
    pub(super) fn text(&mut self, value: &Expr, example: &str) -> Option<String> {
        if let Some(text) = shape::text(value) {
            return Some(text.to_owned());
        }
        self.wrong(value, "a text", example);
        None
    }

    /// Seconds.
    pub(super) fn duration(&mut self, value: &Expr, example: &str) -> Option<u64> {
        if let ExprKind::Literal(Literal::Duration { seconds }) = &value.kind {
            return Some(*seconds);
        }
        let Some(number) = shape::integer(value) else {
            self.quoted(value, "a duration", example, |text| {
                let digits = text.trim_end_matches(['s', 'm', 'h', 'd']);
                digits.len() + 1 == text.len() && digits.parse::<u32>().is_ok()
            });
            return None;
        };
        let mut error =
            Diagnostic::error("wrong-unit", value.span, format!("{number} of what? A duration has a unit"));
        for unit in ["s", "m", "h"] {
            error = error.fix(format!("write `{number}{unit}`"), value.span, format!("{number}{unit}"));
        }
        self.out.push(error.help(format!("As in `{example}`: `s`, `m`, `h` or `d`.")));
        None
    }

    /// A number of rows, at least one.
    pub(super) fn rows(&mut self, value: &Expr, example: &str) -> Option<u64> {
        let ExprKind::Literal(Literal::Integer { value: number, rows }) = &value.kind else {
            self.wrong(value, "a number of rows", example);
            return None;
        };
        if !rows {
            let number = crate::source::number(*number);
            self.out.push(
                Diagnostic::error(
                    "wrong-unit",
                    value.span,
                    format!("{number} of what? A number of rows has its unit"),
                )
                .certain(
                    format!("write `{number} rows`"),
                    value.span,
                    format!("{number} rows"),
                ),
            );
            return None;
        }
        self.at_least_one(*number, value.span)
    }

    /// A whole number without unit, at least one.
    pub(super) fn count(&mut self, value: &Expr, example: &str) -> Option<u64> {
        if let Some(number) = shape::integer(value) {
            return self.at_least_one(number, value.span);
        }
        let ExprKind::Literal(Literal::Integer { value: number, .. }) = &value.kind else {
            self.quoted(value, "a whole number", example, |text| text.parse::<u32>().is_ok());
            return None;
        };
        self.out.push(Diagnostic::error("wrong-unit", value.span, "rows are not counted here").certain(
            format!("write `{number}`"),
            value.span,
            number.to_string(),
        ));
        None
    }

    fn at_least_one(&mut self, number: i64, span: Span) -> Option<u64> {
        if number < 1 {
            self.out.push(Diagnostic::error("wrong-value", span, "at least 1 is wanted"));
            return None;
        }
        u64::try_from(number).ok()
    }

    /// A share of 1, from a percentage, as a decimal number: `0.01`.
    pub(super) fn share(&mut self, value: &Expr) -> Option<String> {
        if let ExprKind::Literal(Literal::Percent(digits)) = &value.kind {
            return Some(crate::source::share_of_percent(digits));
        }
        if let ExprKind::Literal(Literal::Decimal(digits)) = &value.kind {
            self.bare_share(value.span, digits, &percent_of_share(digits));
        } else if let Some(number) = shape::integer(value) {
            let number = number.to_string();
            self.bare_share(value.span, &number, &number);
        } else {
            self.wrong(value, "a share", "1%");
        }
        None
    }

    fn bare_share(&mut self, span: Span, number: &str, percent: &str) {
        self.out.push(
            Diagnostic::error("wrong-unit", span, format!("{number} of what? A share has its sign")).fix(
                format!("write `{percent}%`"),
                span,
                format!("{percent}%"),
            ),
        );
    }

    /// One of these words.
    pub(super) fn word(&mut self, value: &Expr, words: &[&'static str]) -> Option<&'static str> {
        let named = shape::name(value).map(|name| name.text.as_str());
        if let Some(word) = words.iter().find(|word| Some(**word) == named) {
            return Some(word);
        }
        // A word in quotes is not a word, but what is meant is clear.
        let written = named.or(shape::text(value));
        if !value.is_whole() {
            return None;
        }
        let error = Diagnostic::error("wrong-value", value.span, format!("{} is wanted", one_of(words)));
        // Where one word alone is possible, it is the one.
        let only = if let [only] = words { Some(*only) } else { None };
        let near = written.and_then(|written| {
            words
                .iter()
                .copied()
                .find(|word| *word == written)
                .or_else(|| nearest(written, words.iter().copied()))
                .or(only)
        });
        self.out.push(match near {
            Some(near) => error.fix(format!("write `{near}`"), value.span, near),
            None => error,
        });
        None
    }

    /// The entity that a value names.
    pub(super) fn entity(&mut self, value: &Expr, example: &str) -> Option<EntityUse> {
        if let ExprKind::Entity(name) = &value.kind {
            return Some(entity_use(name));
        }
        if let Some(text) = shape::text(value)
            && let Ok(entity) = text.parse::<EntityRef>()
        {
            let written = entity.source_form();
            self.out.push(
                Diagnostic::error(
                    "wrong-value",
                    value.span,
                    "an entity is written without quotes, behind an `@`",
                )
                .certain(format!("write `{written}`"), value.span, written),
            );
            return None;
        }
        self.wrong(value, "an entity of the catalog", example);
        // A bare name lacks what the example has before it.
        let kind = example.find('@').and_then(|at| example.get(at..)).and_then(|from| from.split_once(':'));
        if let (Some(name), Some((kind, _))) = (shape::name(value), kind)
            && let Some(said) = self.out.pop()
        {
            let written = format!("{kind}:{}", name.text);
            self.out.push(said.fix(format!("write `{written}`"), value.span, written));
        }
        None
    }

    /// The one name that a value is.
    pub(super) fn name<'a>(&mut self, value: &'a Expr, wanted: &str, example: &str) -> Option<&'a Name> {
        if let Some(name) = shape::name(value) {
            return Some(name);
        }
        if let Some(text) = shape::text(value) {
            let written = crate::source::identifier(text);
            self.out.push(
                Diagnostic::error("wrong-value", value.span, "a name is written without quotes").certain(
                    format!("write `{written}`"),
                    value.span,
                    written,
                ),
            );
            return None;
        }
        self.wrong(value, wanted, example);
        None
    }

    /// The names that a list has, each once.
    pub(super) fn distinct(&mut self, names: Vec<Spanned<String>>) -> Vec<Spanned<String>> {
        let mut kept: Vec<Spanned<String>> = Vec::new();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for name in names {
            if let Some(first) = seen.get(&name.value) {
                self.out.push(
                    Diagnostic::error("wrong-value", name.span, format!("`{}` is named twice", name.value))
                        .label(*first, "the first time"),
                );
            } else {
                seen.insert(name.value.clone(), name.span);
                kept.push(name);
            }
        }
        kept
    }
}

/// The name of a variable in a text that is nothing else, as shells have it: `${NAME}` or `$NAME`.
fn variable_in(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let name = name.strip_prefix('{').map_or(Some(name), |inner| inner.strip_suffix('}'))?;
    (!mig_lang::words::needs_backticks(name)).then_some(name)
}

/// The name of a variable in another language's words: `env("NAME")` or `ENV.NAME`.
fn variable_called(value: &Expr) -> Option<&str> {
    let is_env = |name: &Name| name.text.eq_ignore_ascii_case("env");
    let name = if let ExprKind::Call { function, arguments } = &value.kind
        && let [argument] = arguments.as_slice()
        && is_env(function)
    {
        let bare = || shape::name(&argument.value).map(|name| name.text.as_str());
        shape::text(&argument.value).or_else(bare)?
    } else if let Some([env, name]) = shape::path(value)
        && is_env(env)
    {
        name.text.as_str()
    } else {
        return None;
    };
    (!mig_lang::words::needs_backticks(name)).then_some(name)
}

/// The entity of a name, and its place.
pub(super) fn entity_use(name: &EntityName) -> EntityUse {
    let namespace = name.namespace.as_ref().map_or("default", |namespace| &namespace.value);
    let entity = EntityRef::new(&name.kind.value, namespace, &name.name.value);
    EntityUse { entity, span: name.span }
}

/// What a value is, in words.
fn kind_of(value: &Expr) -> &'static str {
    match &value.kind {
        ExprKind::Path(_) => "a name",
        ExprKind::Env(_) => "an environment variable",
        ExprKind::Entity(_) => "an entity",
        ExprKind::Literal(literal) => match literal {
            Literal::Text(_) => "a text",
            Literal::Integer { rows: false, .. } | Literal::Decimal(_) => "a number",
            Literal::Integer { rows: true, .. } => "a number of rows",
            Literal::Percent(_) => "a share",
            Literal::Duration { .. } => "a duration",
            Literal::Size { per_second: false, .. } => "a size",
            Literal::Size { per_second: true, .. } | Literal::RowsPerSecond(_) => "a rate",
            Literal::Bool(_) => "a truth value",
            Literal::Null => "`null`",
        },
        ExprKind::List(_) => "a list",
        ExprKind::Call { .. } => "a call",
        ExprKind::Index { .. } => "a part of an entity",
        ExprKind::Unary { .. } | ExprKind::Binary { .. } | ExprKind::Else { .. } | ExprKind::If { .. } => {
            "an expression"
        }
        ExprKind::Where { .. } => "a selection",
        ExprKind::Pair { .. } => "a pair",
        ExprKind::Move { .. } => "a move",
        ExprKind::Broken => "unreadable",
    }
}

fn one_of(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => {
            let before: Vec<String> = before.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", before.join(", "))
        }
        Some((last, _)) => format!("`{last}`"),
        None => "nothing".to_owned(),
    }
}
