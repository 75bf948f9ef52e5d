//! Types operators, `else` and `if`.

use mig_lang::ast::{self, BinaryOperator, ExprKind, UnaryOperator};
use mig_lang::{Diagnostic, Span, Spanned};
use mig_plan::{ColumnType, Expr, Function, Literal, Type};

use super::coerce::{bring, cast, spelling, unfit_literal};
use super::{Typer, casts, doomed, literals, numbers};

/// What two values are brought to one type for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// To be compared.
    Comparison,
    /// To stand for each other, as the branches of an `if` do.
    Choice,
}

impl Typer<'_> {
    pub(super) fn unary(
        &mut self,
        operator: &Spanned<UnaryOperator>,
        operand: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        match operator.value {
            UnaryOperator::Not => {
                let condition = self.truth(operand)?;
                Some(call(Function::Not, vec![condition], Type::Bool))
            }
            UnaryOperator::Negate => {
                let value = self.infer(operand)?;
                if let Some(negated) = literals::negated(&value) {
                    return Some(negated);
                }
                if !value.ty().ty.is_numeric() || literals::is_null(&value) {
                    self.mismatch(
                        span,
                        &format!("`-` takes a number, and this is `{}`", shown(&value)),
                        None,
                    );
                    return None;
                }
                let ty = value.ty().ty.clone();
                Some(call(Function::Negate, vec![value], ty))
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        operator: &Spanned<BinaryOperator>,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        match operator.value {
            BinaryOperator::And => self.logic(Function::And, left, right),
            BinaryOperator::Or => self.logic(Function::Or, left, right),
            BinaryOperator::In => self.within(left, right),
            BinaryOperator::Concat => self.concat(left, right),
            BinaryOperator::Add => self.arithmetic(Function::Add, operator.span, left, right, span),
            BinaryOperator::Subtract => self.arithmetic(Function::Subtract, operator.span, left, right, span),
            BinaryOperator::Multiply => self.arithmetic(Function::Multiply, operator.span, left, right, span),
            BinaryOperator::Divide => self.arithmetic(Function::Divide, operator.span, left, right, span),
            BinaryOperator::Remainder => {
                self.arithmetic(Function::Remainder, operator.span, left, right, span)
            }
            BinaryOperator::Equal => self.compare(Function::Equal, left, right, span),
            BinaryOperator::NotEqual => self.compare(Function::NotEqual, left, right, span),
            BinaryOperator::Less => self.compare(Function::Less, left, right, span),
            BinaryOperator::LessOrEqual => self.compare(Function::LessOrEqual, left, right, span),
            BinaryOperator::Greater => self.compare(Function::Greater, left, right, span),
            BinaryOperator::GreaterOrEqual => self.compare(Function::GreaterOrEqual, left, right, span),
        }
    }

    fn logic(&mut self, function: Function, left: &ast::Expr, right: &ast::Expr) -> Option<Expr> {
        let (left, right) = (self.truth(left), self.spared(|typer| typer.truth(right)));
        Some(call(function, vec![left?, right?], Type::Bool))
    }

    fn concat(&mut self, left: &ast::Expr, right: &ast::Expr) -> Option<Expr> {
        let mut text = |side: &ast::Expr| {
            let typed = self.infer(side)?;
            let adapted = bring(&typed, &Type::Text);
            if adapted.is_none() {
                let help = "Take its text first: `text(value)`.";
                self.mismatch(
                    side.span,
                    &format!("`++` joins texts, and this is `{}`", shown(&typed)),
                    Some(help),
                );
            }
            adapted
        };
        let (left, right) = (text(left), text(right));
        Some(call(Function::Concat, vec![left?, right?], Type::Text))
    }

    fn arithmetic(
        &mut self,
        function: Function,
        sign: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let (a, b) = (self.infer(left), self.infer(right));
        let (mut a, mut b) = (a?, b?);
        if function == Function::Add && a.ty().ty == Type::Text && b.ty().ty == Type::Text {
            let error =
                Diagnostic::error("type-mismatch", sign, "`+` adds numbers; texts are joined with `++`");
            self.out.push(error.certain("write `++`", sign, "++"));
            return None;
        }
        // A constant beside a float or a narrow integer becomes one of its kind; beside a decimal it
        // keeps the few digits that it has. One whose cast is spelled has its type.
        let adapts = |ty: &Type| ty.is_integer() || numbers::is_float(ty);
        let (bare_left, bare_right) = (is_bare(left), is_bare(right));
        if bare_left
            && adapts(&b.ty().ty)
            && let Some(adapted) = constant(&a, &b.ty().ty)
        {
            a = adapted;
        } else if bare_right
            && adapts(&a.ty().ty)
            && let Some(adapted) = constant(&b, &a.ty().ty)
        {
            b = adapted;
        }
        if bare_left && numbers::is_decimal(&b.ty().ty) {
            a = as_written(a);
        } else if bare_right && numbers::is_decimal(&a.ty().ty) {
            b = as_written(b);
        }
        for (side, typed) in [(left, &a), (right, &b)] {
            if !typed.ty().ty.is_numeric() || literals::is_null(typed) {
                self.mismatch(
                    side.span,
                    &format!("arithmetic takes numbers, and this is `{}`", shown(typed)),
                    None,
                );
                return None;
            }
        }
        let (left_ty, right_ty) = (a.ty().ty.clone(), b.ty().ty.clone());
        let result = if function == Function::Multiply {
            numbers::product(&left_ty, &right_ty)
        } else if function == Function::Divide {
            numbers::quotient(&left_ty, &right_ty)
        } else if function == Function::Remainder {
            numbers::common(&left_ty, &right_ty).filter(Type::is_integer)
        } else {
            numbers::sum(&left_ty, &right_ty)
        };
        let Some(result) = result else {
            self.unrelated(function, span, (left.span, &left_ty), (right.span, &right_ty));
            return None;
        };
        let doomed = doomed::arithmetic((function, &result), (&a, &b), (right.span, span));
        if let Some(error) = doomed.filter(|_| !self.spared) {
            self.out.push(error);
            return None;
        }
        // Factors and quotients of decimals keep their own scales: the result's is made of both.
        let scaled =
            numbers::is_decimal(&result) && matches!(function, Function::Multiply | Function::Divide);
        let fit = |operand: Expr| {
            if !scaled {
                return fit_operand(operand, &result);
            }
            match numbers::Digits::of(&operand.ty().ty) {
                Some(digits) => fit_operand(operand, &digits.decimal()),
                None => operand,
            }
        };
        Some(call(function, vec![fit(a), fit(b)], result.clone()))
    }

    fn compare(
        &mut self,
        function: Function,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        for (null, other) in [(left, right), (right, left)] {
            if matches!(null.kind, ExprKind::Literal(ast::Literal::Null)) {
                self.null_comparison(function, span, other);
                return None;
            }
        }
        let (a, b) = (self.infer(left), self.infer(right));
        let (a, b) = self.unify((left.span, a?), (right.span, b?), span, Purpose::Comparison)?;
        let ty = &a.ty().ty;
        if matches!(function, Function::Equal | Function::NotEqual) {
            if matches!(ty, Type::List(_)) {
                self.mismatch(span, "lists are not compared", None);
                return None;
            }
        } else if !ordered(ty) {
            let help = if matches!(ty, Type::Enum(_)) {
                "They are equal or not: `==`, `!=`. Their texts have an order: `text(value)`."
            } else {
                "They are equal or not: `==`, `!=`."
            };
            self.mismatch(span, &format!("`{ty}` values have no order"), Some(help));
            return None;
        }
        Some(call(function, vec![a, b], Type::Bool))
    }

    fn null_comparison(&mut self, function: Function, span: Span, other: &ast::Expr) {
        let shown = crate::source::expression(other);
        let error = Diagnostic::error("null-comparison", span, "a comparison with `null` is never true");
        if !matches!(function, Function::Equal | Function::NotEqual) {
            self.out.push(error.help("Test for it with `is_null(value)`."));
            return;
        }
        let not = if function == Function::Equal { "" } else { "not " };
        let test = format!("{not}is_null({shown})");
        self.out.push(error.help(format!("Test for it with `{test}`.")).certain(
            format!("write `{test}`"),
            span,
            test,
        ));
    }

    fn within(&mut self, value: &ast::Expr, list: &ast::Expr) -> Option<Expr> {
        let ExprKind::List(items) = &list.kind else {
            let (value_typed, typed) = (self.infer(value), self.infer(list));
            let typed = typed?;
            if matches!(typed.ty().ty, Type::List(_)) {
                return self.found((list.span, typed), (value.span, value_typed?));
            }
            self.mismatch(
                list.span,
                "`in` takes a list",
                Some("Write the values: `state in [\"open\", \"paid\"]`."),
            );
            return None;
        };
        let typed = self.infer(value);
        let candidates: Vec<Option<Expr>> = items.iter().map(|item| self.infer(item)).collect();
        let typed = typed?;
        let mut args = vec![typed];
        for (item, candidate) in items.iter().zip(candidates) {
            let candidate = candidate?;
            if literals::is_null(&candidate) {
                let error = Diagnostic::error("null-comparison", item.span, "no value is equal to `null`");
                self.out.push(error.help("Test for it with `is_null(value)`."));
                return None;
            }
            let wanted = args.first()?.ty().ty.clone();
            let Some(candidate) = bring(&candidate, &wanted) else {
                let error = match &candidate {
                    Expr::Literal { value, .. } => unfit_literal(value, &wanted, item.span),
                    Expr::Column { .. } | Expr::Call { .. } => None,
                };
                match error {
                    Some(error) => self.out.push(error.label(value.span, format!("this is `{wanted}`"))),
                    None => self.unrelated(
                        Function::In,
                        item.span,
                        (value.span, &wanted),
                        (item.span, &candidate.ty().ty),
                    ),
                }
                return None;
            };
            args.push(candidate);
        }
        if args.len() == 1 {
            self.mismatch(list.span, "nothing is in an empty list", None);
            return None;
        }
        Some(call(Function::In, args, Type::Bool))
    }

    pub(super) fn otherwise(&mut self, value: &ast::Expr, default: &ast::Expr, span: Span) -> Option<Expr> {
        let (a, b) = (self.infer(value), self.spared(|typer| typer.infer(default)));
        let (a, b) = self.unify((value.span, a?), (default.span, b?), span, Purpose::Choice)?;
        Some(first_of(vec![a, b]))
    }

    pub(super) fn choice(
        &mut self,
        condition: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let condition = self.truth(condition);
        let (a, b) = self.spared(|typer| (typer.infer(then), typer.infer(otherwise)));
        let (a, b) = self.unify((then.span, a?), (otherwise.span, b?), span, Purpose::Choice)?;
        let ty = ColumnType { ty: a.ty().ty.clone(), nullable: a.ty().nullable || b.ty().nullable };
        Some(Expr::Call { function: Function::If, args: vec![condition?, a, b], ty })
    }

    /// Brings two expressions to one type without loss.
    pub(super) fn unify(
        &mut self,
        (left_span, left): (Span, Expr),
        (right_span, right): (Span, Expr),
        span: Span,
        purpose: Purpose,
    ) -> Option<(Expr, Expr)> {
        // Two nulls have no type; which is said where one is wanted.
        if literals::is_null(&left) && literals::is_null(&right) {
            return Some((left, right));
        }
        let (a, b) = (left.ty().ty.clone(), right.ty().ty.clone());
        if let Some(right) = literals::adapt(&right, &a).filter(|_| !literals::is_null(&left)) {
            return Some((left, right));
        }
        if let Some(left) = literals::adapt(&left, &b).filter(|_| !literals::is_null(&right)) {
            return Some((left, right));
        }
        if a == b {
            return Some((left, right));
        }
        if let Some(common) = numbers::common(&a, &b) {
            return Some((fit_operand(left, &common), fit_operand(right, &common)));
        }
        // A constant beside an enum is one of its labels, or wrong.
        let literal = |expr: &Expr| matches!(expr, Expr::Literal { .. });
        if !literal(&right) && casts::widens(&a, &b) {
            return Some((cast(left, b), right));
        }
        if !literal(&left) && casts::widens(&b, &a) {
            return Some((left, cast(right, a)));
        }
        for (constant, at, other, beside) in
            [(&left, left_span, &b, right_span), (&right, right_span, &a, left_span)]
        {
            if let Expr::Literal { value, .. } = constant
                && let Some(error) = unfit_literal(value, other, at)
            {
                self.out.push(error.label(beside, format!("this is `{other}`")));
                return None;
            }
        }
        let error = Diagnostic::error(
            "type-mismatch",
            span,
            match purpose {
                Purpose::Comparison => format!("`{a}` and `{b}` cannot be compared"),
                Purpose::Choice => format!("`{a}` and `{b}` cannot stand for each other"),
            },
        )
        .label(left_span, format!("this is `{a}`"))
        .label(right_span, format!("this is `{b}`"));
        self.out.push(match (casts::spelled(&b, &a), casts::spelled(&a, &b)) {
            (Ok(()), _) => error.help(format!("Cast one: `{}`.", spelled_example(&a))),
            (Err(_), Ok(())) => error.help(format!("Cast one: `{}`.", spelled_example(&b))),
            (Err(Some(help)), Err(_)) | (Err(None), Err(Some(help))) => error.help(help),
            (Err(None), Err(None)) => error,
        });
        None
    }

    pub(super) fn mismatch(&mut self, span: Span, message: &str, help: Option<&str>) {
        let error = Diagnostic::error("type-mismatch", span, message);
        self.out.push(match help {
            Some(help) => error.help(help),
            None => error,
        });
    }

    fn unrelated(
        &mut self,
        function: Function,
        span: Span,
        (left_span, left): (Span, &Type),
        (right_span, right): (Span, &Type),
    ) {
        let error = if function == Function::Remainder {
            Diagnostic::error("type-mismatch", span, "`%` takes integers")
        } else if numbers::is_float(left) || numbers::is_float(right) {
            Diagnostic::error("type-mismatch", span, format!("`{left}` and `{right}` meet only after a cast"))
                .help("A float is inexact: say which of both the result is, with `float64(value)` or `decimal(value, precision, scale)`.")
        } else {
            Diagnostic::error("type-mismatch", span, format!("`{left}` and `{right}` have no type in common"))
                .help(if left.is_numeric() && right.is_numeric() {
                    "Bring one to fewer digits with `round(value, digits)` or `decimal(value, precision, scale)`."
                } else {
                    "Bring one to the type of the other with a cast, as `text(value)`; or write the constant as the other is."
                })
        };
        self.out.push(
            error
                .label(left_span, format!("this is `{left}`"))
                .label(right_span, format!("this is `{right}`")),
        );
    }
}

/// A call whose result is null when an argument is.
pub(super) fn call(function: Function, args: Vec<Expr>, ty: Type) -> Expr {
    let nullable = args.iter().any(|arg| arg.ty().nullable);
    Expr::Call { function, args, ty: ColumnType { ty, nullable } }
}

/// The first of these that is not null; all have one type.
pub(super) fn first_of(args: Vec<Expr>) -> Expr {
    let nullable = args.iter().all(|arg| arg.ty().nullable);
    let ty = args
        .iter()
        .find(|arg| !literals::is_null(arg))
        .or(args.first())
        .map_or(Type::Bool, |arg| arg.ty().ty.clone());
    Expr::Call { function: Function::Else, args, ty: ColumnType { ty, nullable } }
}

/// Whether values of the type have an order.
pub(super) fn ordered(ty: &Type) -> bool {
    ty.is_numeric()
        || matches!(ty, Type::Bool | Type::Text | Type::Date | Type::Time | Type::Timestamp | Type::Datetime)
}

/// Whether it is a constant as it is written, without a cast.
fn is_bare(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Unary { operand, .. } => is_bare(operand),
        ExprKind::Path(_)
        | ExprKind::Env(_)
        | ExprKind::Entity(_)
        | ExprKind::List(_)
        | ExprKind::Index { .. }
        | ExprKind::Call { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Else { .. }
        | ExprKind::If { .. }
        | ExprKind::Pair { .. }
        | ExprKind::Where { .. }
        | ExprKind::Move { .. }
        | ExprKind::Broken => false,
    }
}

/// A number constant as a value of the other's type.
fn constant(expr: &Expr, to: &Type) -> Option<Expr> {
    let is_number =
        matches!(expr, Expr::Literal { ty, .. } if ty.ty.is_numeric()) && !literals::is_null(expr);
    if is_number { literals::adapt(expr, to) } else { None }
}

/// An integer constant as the decimal of just its digits; any other expression as it is.
fn as_written(expr: Expr) -> Expr {
    if let Expr::Literal { value: Literal::Int(number), .. } = &expr
        && let Some(digits) = literals::digits_of(&number.to_string())
        && let Some(adapted) = literals::adapt(&expr, &digits.decimal())
    {
        return adapted;
    }
    expr
}

/// An operand as a value of the type, a constant without a cast.
fn fit_operand(expr: Expr, to: &Type) -> Expr {
    literals::adapt(&expr, to).unwrap_or_else(|| cast(expr, to.clone()))
}

/// What an expression's type is called in messages.
pub(super) fn shown(expr: &Expr) -> String {
    if literals::is_null(expr) { "null".to_owned() } else { expr.ty().to_string() }
}

fn spelled_example(ty: &Type) -> String {
    let (before, behind) = spelling(ty);
    format!("{before}value{behind}")
}
