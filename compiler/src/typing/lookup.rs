//! Types `map(value, key: what it becomes, …)`: a small table of constants.

use std::collections::BTreeMap;

use mig_lang::ast::{self, ExprKind};
use mig_lang::{Diagnostic, Span};
use mig_plan::{Expr, Function, Literal, Type};

use super::calls::Bound;
use super::coerce::{bring, unfit_literal};
use super::{Typer, literals};

impl Typer<'_> {
    /// A table: keys of the value's type, each once, and values that have a type in common.
    pub(super) fn lookup(&mut self, bound: &[Bound], span: Span) -> Option<Expr> {
        let (value, table) = bound.split_first()?;
        let looked_up = self.infer(value.value)?;
        let ty = looked_up.ty().ty.clone();
        if literals::is_untyped(&looked_up) || matches!(ty, Type::List(_) | Type::Json) {
            let message = format!("a table has no keys of `{ty}`");
            self.mismatch(value.value.span, &message, Some("Take its text first, or a part of it."));
            return None;
        }
        let mut keys: Vec<Expr> = Vec::new();
        let mut written: BTreeMap<String, Span> = BTreeMap::new();
        let mut values: Vec<(Span, Expr)> = Vec::new();
        for row in table {
            let ExprKind::Pair { key, value: becomes } = &row.value.kind else {
                if row.value.is_whole() {
                    self.not_in_a_table(row.value.span, "a key with what it becomes is wanted here");
                }
                return None;
            };
            let (typed, becomes_typed) = (self.infer(key), self.spared(|typer| typer.infer(becomes)));
            let brought = self.table_key(key, typed?, (value.value.span, &ty))?;
            if let Some(first) = written.insert(value_text(&brought), key.span) {
                let error =
                    Diagnostic::error("wrong-arguments", key.span, "this key stands in the table twice");
                self.out.push(error.label(first, "it stands here first"));
                return None;
            }
            keys.push(brought);
            let becomes_typed = becomes_typed?;
            if !is_constant(&becomes_typed) {
                self.not_in_a_table(becomes.span, "a table has constants alone");
                return None;
            }
            values.push((becomes.span, becomes_typed));
        }
        let values = self.common(values, span)?;
        let ty = values.iter().find(|value| !literals::is_null(value)).map(|value| value.ty().ty.clone())?;
        let mut args = vec![looked_up];
        for (key, value) in keys.into_iter().zip(values) {
            args.extend([key, value]);
        }
        Some(Expr::Call { function: Function::Lookup, args, ty: ty.optional() })
    }

    /// A key as a value of the type that is looked up.
    fn table_key(&mut self, key: &ast::Expr, typed: Expr, (at, wanted): (Span, &Type)) -> Option<Expr> {
        if literals::is_null(&typed) {
            let error = Diagnostic::error("null-comparison", key.span, "no value is equal to `null`");
            self.out.push(error.help("Say what stands in for null with `else VALUE` behind the table."));
            return None;
        }
        if !is_constant(&typed) {
            self.not_in_a_table(key.span, "a table has constants alone");
            return None;
        }
        if let Some(brought) = bring(&typed, wanted) {
            return Some(brought);
        }
        let unfit = match &typed {
            Expr::Literal { value, .. } => unfit_literal(value, wanted, key.span),
            Expr::Column { .. } | Expr::Call { .. } => None,
        };
        let error = unfit.unwrap_or_else(|| {
            let message = format!("keys are `{wanted}` here, and this is `{}`", typed.ty().ty);
            Diagnostic::error("type-mismatch", key.span, message)
        });
        self.out.push(error.label(at, format!("this is `{wanted}`")));
        None
    }

    fn not_in_a_table(&mut self, span: Span, message: &str) {
        let error = Diagnostic::error("wrong-arguments", span, message);
        self.out.push(error.help("As in `map(state, \"o\": \"open\", \"c\": \"closed\") else \"unknown\"`."));
    }
}

/// Whether an expression reads no column.
fn is_constant(expr: &Expr) -> bool {
    let mut reads = false;
    expr.visit_columns(&mut |_| reads = true);
    !reads
}

/// What two constants of one type have in common that are one value: what is written, zeros behind the point aside.
fn value_text(expr: &Expr) -> String {
    match expr {
        Expr::Literal { value: Literal::Decimal(digits), .. } if digits.contains('.') => {
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Expr::Literal { value: Literal::Decimal(digits), .. } => digits.clone(),
        Expr::Literal { value: Literal::Int(number), .. } => number.to_string(),
        Expr::Literal { .. } | Expr::Column { .. } | Expr::Call { .. } => format!("{expr:?}"),
    }
}
