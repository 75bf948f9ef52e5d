//! Types expressions: a tree and the columns in scope become a typed expression of the plan, with every
//! cast written out, or diagnostics.
//!
//! Whatever could not be typed is `None`, and stays silent from there on: one mistake, one diagnostic.
//! Knows no dataset, no store and no catalog.

mod calls;
mod casts;
mod coerce;
mod constants;
mod doomed;
mod foreign;
mod lists;
mod literals;
mod lookup;
mod numbers;
mod operators;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use mig_lang::ast::{self, ExprKind, Literal as Written, Name};
use mig_lang::{Diagnostic, NameIndex, Span};
use mig_plan::{ColumnType, Expr, Literal, StoreKind, Type, Views};

pub(crate) use calls::takes;
pub(crate) use casts::{spelled, widens};
pub(crate) use coerce::{Goal, Place, coerce};
pub(crate) use literals::{is_null, is_untyped};

use crate::prose::some_of;

/// What is known of a column that an expression may name.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// Its type.
    Type(ColumnType),
    /// The store's own type, which has no counterpart in the language.
    Unsupported(String, Remedy),
    /// Nothing, and that has been said elsewhere.
    Silent,
}

/// What else than leaving it behind can be done about a column whose type the language does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// A view of the old store.
    View,
    /// Other files: the old store has no views.
    Files,
    /// Another column: it is the new table's.
    NewTable,
}

impl Remedy {
    /// For a column of an old table in a store of the kind.
    pub(crate) fn of(kind: StoreKind) -> Self {
        match kind.abilities().views {
            Views::None => Self::Files,
            Views::Transaction | Views::Statement => Self::View,
        }
    }
}

/// The columns that an expression may name.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Whose columns they are, for messages: ``the old table `legacy.orders` ``.
    pub(crate) of: String,
    /// The columns in the table's order.
    columns: Vec<(String, Known)>,
    /// Their places, sorted by name.
    by_name: Vec<usize>,
    /// What is said of a name that is none of theirs, once there is one.
    choices: OnceCell<Choices>,
    /// Whether there may be others: a line that makes one could not be read.
    partial: bool,
}

/// What a wrong name may have meant.
#[derive(Clone, Debug)]
struct Choices {
    index: NameIndex,
    /// What there is, in words.
    listing: String,
}

impl Scope {
    /// The columns of a table, in its order.
    pub(crate) fn new(of: String, columns: impl IntoIterator<Item = (String, Known)>) -> Self {
        let columns: Vec<(String, Known)> = columns.into_iter().collect();
        let mut by_name: Vec<usize> = (0..columns.len()).collect();
        by_name.sort_by(|a, b| columns[*a].0.cmp(&columns[*b].0));
        Self { of, columns, by_name, choices: OnceCell::new(), partial: false }
    }

    /// The same, with others that are not known.
    pub(crate) fn partial(self) -> Self {
        Self { partial: true, ..self }
    }

    /// What is known of a column.
    pub(crate) fn get(&self, name: &str) -> Option<&Known> {
        // Of several with one name, which is an error, it is the last.
        let behind = self.by_name.partition_point(|place| self.columns[*place].0.as_str() <= name);
        let (found, known) = self.columns.get(*self.by_name.get(behind.checked_sub(1)?)?)?;
        (found == name).then_some(known)
    }

    /// The error for a name that is no column here; nothing where it may be one that is not known.
    pub(crate) fn unknown(&self, name: &Name) -> Option<Diagnostic> {
        let error = Diagnostic::error(
            "unknown-column",
            name.span,
            format!("{} has no column `{}`", self.of, name.text),
        );
        let error = error.help(&self.choices().listing);
        match self.nearest(&name.text) {
            Some(near) => Some(error.here(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                name.span,
                crate::source::identifier(near),
            )),
            None => (!self.partial).then_some(error),
        }
    }

    /// The column that a name which is none probably means.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        self.choices().index.nearest(name)
    }

    fn choices(&self) -> &Choices {
        self.choices.get_or_init(|| {
            let index = NameIndex::new(self.columns.iter().map(|(name, _)| name.as_str()));
            let listing = match some_of(index.names(), 12) {
                names if names.is_empty() => format!("{} has no columns.", self.of),
                names => format!("It has {names}."),
            };
            Choices { index, listing }
        })
    }
}

/// What an aggregate condition reads: the function and its argument over the new columns.
pub(crate) type Aggregates = Vec<(String, Option<Expr>)>;

/// Types expressions over one scope.
pub(crate) struct Typer<'a> {
    scope: &'a Scope,
    out: &'a mut Vec<Diagnostic>,
    /// The aggregates found so far, while a condition over all rows is typed; `None` over one row.
    aggregates: Option<Aggregates>,
    /// Whether an error of the value may never come to be: it is tried, or stands in a branch.
    spared: bool,
}

impl<'a> Typer<'a> {
    /// Types expressions over the columns of one row.
    pub(crate) fn new(scope: &'a Scope, out: &'a mut Vec<Diagnostic>) -> Self {
        Self { scope, out, aggregates: None, spared: false }
    }

    /// Types what may never be computed, or whose error is wanted to be null.
    fn spared<T>(&mut self, typed: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.spared, true);
        let typed = typed(self);
        self.spared = outer;
        typed
    }

    /// Types a condition over all rows: columns stand inside of aggregates alone, and column `$n` of the
    /// result is the n-th aggregate's value.
    pub(crate) fn condition(
        scope: &'a Scope,
        out: &'a mut Vec<Diagnostic>,
        condition: &ast::Expr,
    ) -> Option<(Expr, Aggregates)> {
        let mut typer = Self { scope, out, aggregates: Some(Vec::new()), spared: false };
        let typed = typer.truth(condition)?;
        let aggregates = typer.aggregates.unwrap_or_default();
        if aggregates.is_empty() {
            typer.out.push(
                Diagnostic::error("no-aggregate", condition.span, "the condition looks at no row")
                    .help("Say what must hold over all rows with `count`, `sum`, `min` or `max`, as in `count(total < 0) == 0`."),
            );
            return None;
        }
        Some((typed, aggregates))
    }

    /// The typed expression, or `None` when something in it is wrong and has been said.
    pub(crate) fn infer(&mut self, expr: &ast::Expr) -> Option<Expr> {
        match &expr.kind {
            ExprKind::Path(parts) => self.column(parts, expr.span),
            ExprKind::Literal(literal) => self.literal(literal, expr.span),
            ExprKind::Call { function, arguments } => self.call(function, arguments, expr.span),
            ExprKind::Unary { operator, operand } => self.unary(operator, operand, expr.span),
            ExprKind::Binary { operator, left, right } => self.binary(operator, left, right, expr.span),
            ExprKind::Else { value, default } => self.otherwise(value, default, expr.span),
            ExprKind::If { condition, then, otherwise } => self.choice(condition, then, otherwise, expr.span),
            ExprKind::Env(name) => self.refuse(
                expr.span,
                format!("`env.{}` is a setting, and no value of a row", name.text),
                "An expression has columns, constants and functions of them.",
            ),
            ExprKind::Entity(_) => self.refuse(
                expr.span,
                "an entity of the catalog is no value of a row".to_owned(),
                "An expression has columns, constants and functions of them.",
            ),
            ExprKind::List(items) => self.list(items, expr.span),
            ExprKind::Index { .. } => self.refuse(
                expr.span,
                "a value has no parts to look up".to_owned(),
                "A part of a JSON document is `json_text(value, \"/customer/name\")`, one of a list `element(value, 1)`.",
            ),
            ExprKind::Pair { .. } => self.refuse(
                expr.span,
                "a constant and what it becomes stand only in `map`".to_owned(),
                "As in `map(state, \"o\": \"open\", \"c\": \"closed\")`.",
            ),
            ExprKind::Where { .. } => self.refuse(
                expr.span,
                "a selection from the catalog is no value of a row".to_owned(),
                "An expression has columns, constants and functions of them.",
            ),
            ExprKind::Move { .. } => self.refuse(
                expr.span,
                "`->` moves datasets and entities, and gives no value of a row".to_owned(),
                "An expression has columns, constants and functions of them.",
            ),
            ExprKind::Broken => None,
        }
    }

    /// A column carried by its bare name.
    pub(crate) fn carry(&mut self, name: &Name) -> Option<Expr> {
        self.column(std::slice::from_ref(name), name.span)
    }

    /// A condition: a boolean.
    pub(crate) fn truth(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let typed = self.infer(expr)?;
        match literals::adapt(&typed, &Type::Bool) {
            Some(adapted) => Some(adapted),
            None if typed.ty().ty == Type::Bool => Some(typed),
            None => {
                let ty = typed.ty();
                self.out.push(
                    Diagnostic::error(
                        "type-mismatch",
                        expr.span,
                        format!("a condition is wanted, and this is `{ty}`"),
                    )
                    .help("Compare it: `value == 1`, `not is_null(value)`."),
                );
                None
            }
        }
    }

    fn refuse(&mut self, span: Span, message: String, help: &str) -> Option<Expr> {
        self.out.push(Diagnostic::error("not-a-value", span, message).help(help));
        None
    }

    fn column(&mut self, parts: &[Name], span: Span) -> Option<Expr> {
        let [name] = parts else {
            let last = parts.last()?;
            let error =
                Diagnostic::error("unknown-column", span, "a column is named alone, without its table");
            self.out.push(match self.scope.get(&last.text) {
                Some(_) => error.certain(
                    format!("write `{}`", last.text),
                    span,
                    crate::source::identifier(&last.text),
                ),
                None => error.help(&self.scope.choices().listing),
            });
            return None;
        };
        if self.aggregates.is_some() {
            self.out.push(
                Diagnostic::error(
                    "column-outside-aggregate",
                    name.span,
                    format!("which row's `{}`? The condition is about all rows", name.text),
                )
                .help(
                    "Put it into `count(…)`, `sum(…)`, `min(…)` or `max(…)`, as in `count(total < 0) == 0`.",
                ),
            );
            return None;
        }
        match self.scope.get(&name.text) {
            Some(Known::Type(ty)) => Some(Expr::Column { name: name.text.clone(), ty: ty.clone() }),
            Some(Known::Silent) => None,
            Some(Known::Unsupported(native, remedy)) => {
                self.out.push(unsupported((&self.scope.of, *remedy), &name.text, native, name.span));
                None
            }
            None => {
                self.out.extend(self.scope.unknown(name));
                None
            }
        }
    }

    fn literal(&mut self, literal: &Written, span: Span) -> Option<Expr> {
        let unit =
            |what: &str| Diagnostic::error("wrong-unit", span, format!("a {what} is no value of a row"));
        let typed = |value, ty: Type| Some(Expr::Literal { value, ty: ty.required() });
        match literal {
            Written::Text(text) => Some(Expr::text(text)),
            Written::Integer { value, rows: false } => Some(Expr::int(*value)),
            Written::Integer { value, rows: true } => {
                self.out.push(unit("number of rows").fix("leave the unit out", span, value.to_string()));
                None
            }
            Written::Decimal(digits) => {
                let typed = literals::decimal(digits);
                if typed.is_none() {
                    self.out.push(
                        Diagnostic::error("literal-does-not-fit", span, "a number has 38 digits at the most")
                            .help("Round it, or carry it as text."),
                    );
                }
                typed
            }
            Written::Percent(digits) => {
                let share = crate::source::share_of_percent(digits);
                self.out.push(unit("percentage").fix(format!("write `{share}`"), span, share));
                None
            }
            Written::Duration { seconds } => {
                self.out.push(
                    unit("duration")
                        .help("Times are compared as they are, or as seconds: `to_unix(value)`.")
                        .fix(format!("write `{seconds}`, the seconds"), span, seconds.to_string()),
                );
                None
            }
            Written::RowsPerSecond(rows) => {
                self.out.push(unit("rate").fix(format!("write `{rows}`"), span, rows.to_string()));
                None
            }
            Written::Size { bytes, per_second: _ } => {
                self.out.push(unit("size").fix(
                    format!("write `{bytes}`, the bytes"),
                    span,
                    bytes.to_string(),
                ));
                None
            }
            Written::Bool(value) => typed(Literal::Bool(*value), Type::Bool),
            Written::Null => Some(literals::null()),
        }
    }
}

/// The error for a column whose type the language does not have.
pub(crate) fn unsupported((of, remedy): (&str, Remedy), name: &str, native: &str, span: Span) -> Diagnostic {
    let leave = format!("Leave it behind with `drop {} because \"…\"`", crate::source::identifier(name));
    Diagnostic::error(
        "unsupported-column",
        span,
        format!("`{name}` of {of} has the type `{native}`, which mig cannot carry without loss"),
    )
    .help(match remedy {
        Remedy::View => format!("{leave}, or give the old store a view that casts it."),
        Remedy::Files => format!("{leave}, or write the files anew with a type that mig carries."),
        Remedy::NewTable => {
            "The table is already there: give the column a type that mig carries, or drop the table."
                .to_owned()
        }
    })
}

/// The names that an expression takes for columns, whether it can be typed or not: what it uses, so that
/// a mistake in an expression does not make its columns unmapped.
pub(crate) fn columns_named<'a>(expr: &'a ast::Expr, names: &mut BTreeSet<&'a str>) {
    match &expr.kind {
        // In `orders.total` a person means the last part.
        ExprKind::Path(parts) => names.extend(parts.last().map(|name| name.text.as_str())),
        ExprKind::Env(_) | ExprKind::Entity(_) | ExprKind::Literal(_) | ExprKind::Broken => {}
        ExprKind::List(items) => items.iter().for_each(|item| columns_named(item, names)),
        ExprKind::Call { arguments, .. } => {
            arguments.iter().for_each(|argument| columns_named(&argument.value, names));
        }
        ExprKind::Unary { operand, .. } => columns_named(operand, names),
        ExprKind::Pair { key: left, value: right }
        | ExprKind::Index { base: left, key: right }
        | ExprKind::Binary { left, right, .. }
        | ExprKind::Else { value: left, default: right }
        | ExprKind::Where { source: left, predicate: right }
        | ExprKind::Move { old: left, new: right } => {
            columns_named(left, names);
            columns_named(right, names);
        }
        ExprKind::If { condition, then, otherwise } => {
            for part in [condition, then, otherwise] {
                columns_named(part, names);
            }
        }
    }
}
