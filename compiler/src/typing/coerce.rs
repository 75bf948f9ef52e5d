//! Brings an expression to the type that is wanted of it: as it is, adapted, widened, or refused with
//! the cast or the `else` that would mend it.

use mig_lang::ast::{self, BinaryOperator, ExprKind};
use mig_lang::{Applicability, Diagnostic, Edit, Fix, Span, nearest};
use mig_plan::{ColumnType, Expr, Function, Literal, Type};

use super::{casts, literals};

/// What is wanted of an expression, and the places that say so.
pub(crate) struct Goal<'a> {
    /// The type.
    pub(crate) ty: &'a ColumnType,
    /// What wants it, for messages: ``column `total` ``.
    pub(crate) of: String,
    /// Where the type is written, if it is, and what to say there.
    pub(crate) because: Option<(Span, String)>,
    /// What to say where the type is written nowhere in the source.
    pub(crate) note: Option<String>,
    /// How to change the source.
    pub(crate) place: Place<'a>,
}

/// Where the expression stands in the source.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// It is written.
    Written(&'a ast::Expr),
    /// It is a column carried by its bare name; the span is the whole line's.
    Carried(&'a str, Span),
    /// It comes from `columns = same`, and is not written at all.
    Same(Span),
}

impl Place<'_> {
    /// The span to point to.
    pub(crate) fn span(self) -> Span {
        match self {
            Self::Written(expr) => expr.span,
            Self::Carried(_, span) | Self::Same(span) => span,
        }
    }

    /// The edits that put text before and behind the expression. `else` binds loosest, so that an `if`
    /// alone needs parentheses before one.
    fn around(self, before: &str, behind: &str) -> Option<Vec<Edit>> {
        let insert =
            |span: Span, at: u32, text: String| Edit { span: Span { start: at, end: at, ..span }, text };
        match self {
            Self::Written(expr) => {
                let choice = matches!(expr.kind, ExprKind::If { .. }) && before.is_empty();
                let (open, close) = if choice { ("(", ")") } else { ("", "") };
                let mut edits = vec![insert(expr.span, expr.span.end, format!("{close}{behind}"))];
                if !before.is_empty() || choice {
                    edits.insert(0, insert(expr.span, expr.span.start, format!("{before}{open}")));
                }
                Some(edits)
            }
            Self::Carried(name, span) => {
                let name = crate::source::identifier(name);
                Some(vec![insert(span, span.end, format!(" = {before}{name}{behind}"))])
            }
            Self::Same(_) => None,
        }
    }
}

/// The expression as a value of the goal's type; `None` when it is none, which then has been said.
pub(crate) fn coerce(expr: Expr, goal: &Goal, out: &mut Vec<Diagnostic>) -> Option<Expr> {
    let Some(typed) = bring(&expr, &goal.ty.ty) else {
        out.push(refusal(&expr, goal));
        return None;
    };
    if typed.ty().nullable && !goal.ty.nullable {
        out.push(nullable(&typed, goal));
        return None;
    }
    Some(typed)
}

/// The expression as a value of another type where nothing can be lost: adapted when it is a constant,
/// widened otherwise.
pub(super) fn bring(expr: &Expr, to: &Type) -> Option<Expr> {
    if let Some(adapted) = literals::adapt(expr, to) {
        return Some(adapted);
    }
    if literals::is_null(expr) || !casts::widens(&expr.ty().ty, to) {
        return None;
    }
    Some(cast(expr.clone(), to.clone()))
}

/// The expression cast to a type, unless it has it.
pub(super) fn cast(expr: Expr, to: Type) -> Expr {
    if expr.ty().ty == to {
        return expr;
    }
    let ty = ColumnType { ty: to, nullable: expr.ty().nullable };
    Expr::Call { function: Function::Cast, args: vec![expr], ty }
}

fn refusal(expr: &Expr, goal: &Goal) -> Diagnostic {
    let (from, to) = (&expr.ty().ty, &goal.ty.ty);
    let span = goal.place.span();
    if let Expr::Literal { value, .. } = expr
        && let Some(diagnostic) = unfit_literal(value, to, span)
    {
        return because(diagnostic, goal);
    }
    if let (Type::Enum(labels), Place::Written(written)) = (to, goal.place)
        && let Some((text, span)) = stranger(written, labels)
    {
        return because(no_label(text, to, labels, span), goal);
    }
    let numbers = from.is_numeric() && to.is_numeric();
    let (code, message) = if numbers {
        ("lossy-cast", format!("{} is `{to}`, and not every `{from}` is one", goal.of))
    } else {
        ("type-mismatch", format!("{} is `{to}`, and this is `{from}`", goal.of))
    };
    let diagnostic =
        because(Diagnostic::error(code, span, message).here(format!("this is `{}`", expr.ty())), goal);
    match casts::spelled(from, to) {
        Ok(()) => {
            let (before, behind) = spelling(to);
            // A quotient of whole numbers that is none stops the row, whatever it is cast to behind that.
            let dividend = match goal.place {
                Place::Written(ast::Expr { kind: ExprKind::Binary { operator, left, .. }, .. })
                    if operator.value == BinaryOperator::Divide && from.is_integer() && !to.is_integer() =>
                {
                    Some(left)
                }
                Place::Written(_) | Place::Carried(..) | Place::Same(_) => None,
            };
            if let Some(dividend) = dividend.filter(|_| numbers) {
                return with_edits(
                    diagnostic.help(format!("Whole numbers are divided without a rest, or the row stops. Spell the cast before: `{before}…{behind} / …`.")),
                    Applicability::Likely,
                    format!("cast what is divided to `{to}`"),
                    Place::Written(dividend).around(&before, &behind),
                );
            }
            let what = if numbers {
                "A value that does not fit then stops the row"
            } else {
                "A value that is none then stops the row"
            };
            let diagnostic = match &goal.note {
                Some(note) => diagnostic.help(format!("{note} Spell the cast: `{before}…{behind}`. {what}.")),
                None => diagnostic.help(format!("Spell the cast: `{before}…{behind}`. {what}.")),
            };
            with_edits(
                diagnostic,
                Applicability::Likely,
                format!("cast it to `{to}`"),
                goal.place.around(&before, &behind),
            )
        }
        Err(instead) => {
            let help = [goal.note.as_deref(), instead].into_iter().flatten().collect::<Vec<_>>().join(" ");
            if help.is_empty() { diagnostic } else { diagnostic.help(help) }
        }
    }
}

/// The error for a constant that is no value of the type, where it is the constant that is wrong.
pub(super) fn unfit_literal(value: &Literal, to: &Type, span: Span) -> Option<Diagnostic> {
    let error = |message: String| Some(Diagnostic::error("literal-does-not-fit", span, message));
    match value {
        Literal::Int(_) | Literal::Decimal(_) if to.is_numeric() => {
            let shown = match value {
                Literal::Int(number) => number.to_string(),
                Literal::Decimal(digits) => digits.clone(),
                Literal::Null | Literal::Bool(_) | Literal::Text(_) => String::new(),
            };
            match to.integer_range() {
                Some((low, high)) => error(format!("{shown} is no `{to}`: those go from {low} to {high}")),
                None => error(format!("{shown} is no `{to}`")),
            }
        }
        Literal::Text(text) => {
            if let Type::Enum(labels) = to {
                return Some(no_label(text, to, labels, span));
            }
            let (form, _) = literals::canonical_form(to)?;
            error(format!("{text:?} is no `{to}`: those are written \"{form}\""))
        }
        Literal::Null | Literal::Bool(_) | Literal::Int(_) | Literal::Decimal(_) => None,
    }
}

/// The first text constant among those that an expression may become that is none of the labels.
fn stranger<'e>(expr: &'e ast::Expr, labels: &[String]) -> Option<(&'e str, Span)> {
    match &expr.kind {
        ExprKind::Literal(ast::Literal::Text(text)) => {
            (!labels.contains(text)).then_some((text.as_str(), expr.span))
        }
        ExprKind::If { then, otherwise, .. } => {
            stranger(then, labels).or_else(|| stranger(otherwise, labels))
        }
        ExprKind::Else { value, default } => stranger(value, labels).or_else(|| stranger(default, labels)),
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "map" | "coalesce") => {
            arguments.iter().find_map(|argument| stranger(&argument.value, labels))
        }
        ExprKind::Pair { value, .. } => stranger(value, labels),
        ExprKind::Literal(_)
        | ExprKind::Call { .. }
        | ExprKind::Path(_)
        | ExprKind::Env(_)
        | ExprKind::Entity(_)
        | ExprKind::List(_)
        | ExprKind::Index { .. }
        | ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Where { .. }
        | ExprKind::Move { .. }
        | ExprKind::Broken => None,
    }
}

/// The error for a text constant that is none of an enum's labels.
fn no_label(text: &str, ty: &Type, labels: &[String], span: Span) -> Diagnostic {
    let error = Diagnostic::error("literal-does-not-fit", span, format!("{text:?} is no label of `{ty}`"));
    match nearest(text, labels.iter().map(String::as_str)) {
        Some(near) => {
            let near = crate::source::text(near);
            error.here(format!("did you mean {near}?")).fix(format!("write {near}"), span, near)
        }
        None => error.help(
            "Write one of its labels, add this one to the type, or take the value's text: `text(value)`.",
        ),
    }
}

/// What stands before and behind a value that is cast.
pub(super) fn spelling(to: &Type) -> (String, String) {
    if let Type::Decimal { precision, scale } = to {
        return ("decimal(".to_owned(), format!(", {precision}, {scale})"));
    }
    if let Type::Enum(labels) = to {
        let labels: Vec<String> = labels.iter().map(|label| crate::source::text(label)).collect();
        return ("enum(".to_owned(), format!(", {})", labels.join(", ")));
    }
    (format!("{to}("), ")".to_owned())
}

fn nullable(expr: &Expr, goal: &Goal) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "nullable-into-required",
        goal.place.span(),
        format!("{} must have a value, and this may be null", goal.of),
    )
    .here(format!("this is `{}`", expr.ty()));
    let note = goal.note.as_ref().map_or_else(String::new, |note| format!("{note} "));
    let mut diagnostic = because(diagnostic, goal).help(format!(
        "{note}Say what stands in for null with `else VALUE`, or let the column be `{}?`.",
        goal.ty.ty
    ));
    if let Some(value) = stand_in(&goal.ty.ty) {
        let edits = goal.place.around("", &format!(" else {value}"));
        // Only a person knows what a missing value stands for.
        diagnostic = with_edits(diagnostic, Applicability::Draft, format!("write `else {value}`"), edits);
    }
    if let Some((written, _)) = goal.because {
        let end = Span { start: written.end, ..written };
        diagnostic = diagnostic.fix(format!("let it be `{}?`", goal.ty.ty), end, "?");
    }
    diagnostic
}

/// A constant of the type that people take for "nothing", where there is one.
fn stand_in(ty: &Type) -> Option<&'static str> {
    if ty.is_numeric() {
        Some("0")
    } else if *ty == Type::Text {
        Some("\"\"")
    } else if *ty == Type::Bool {
        Some("false")
    } else {
        None
    }
}

fn because(diagnostic: Diagnostic, goal: &Goal) -> Diagnostic {
    match &goal.because {
        Some((span, text)) => diagnostic.label(*span, text.clone()),
        None => diagnostic,
    }
}

fn with_edits(
    mut diagnostic: Diagnostic,
    applicability: Applicability,
    title: String,
    edits: Option<Vec<Edit>>,
) -> Diagnostic {
    if let Some(edits) = edits {
        diagnostic.fixes.push(Fix { title, applicability, edits });
    }
    diagnostic
}
