//! What an expression is, where one shape is wanted: a name, a path, a text, a list.

use mig_lang::ast::{Expr, ExprKind, Literal, Name};

/// The parts of a dotted name.
pub(crate) fn path(expr: &Expr) -> Option<&[Name]> {
    if let ExprKind::Path(parts) = &expr.kind { Some(parts) } else { None }
}

/// A name without dots.
pub(crate) fn name(expr: &Expr) -> Option<&Name> {
    if let Some([name]) = path(expr) { Some(name) } else { None }
}

/// A text constant.
pub(crate) fn text(expr: &Expr) -> Option<&str> {
    if let ExprKind::Literal(Literal::Text(text)) = &expr.kind { Some(text) } else { None }
}

/// The elements of a list.
pub(crate) fn list(expr: &Expr) -> Option<&[Expr]> {
    if let ExprKind::List(items) = &expr.kind { Some(items) } else { None }
}

/// A whole number without unit.
pub(crate) fn integer(expr: &Expr) -> Option<i64> {
    if let ExprKind::Literal(Literal::Integer { value, rows: false }) = &expr.kind {
        Some(*value)
    } else {
        None
    }
}
