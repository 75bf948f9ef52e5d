//! Types lists: `[a, b]` as a value, and the functions that look into one.

use mig_lang::{Span, ast};
use mig_plan::{ColumnType, Expr, Function, Type};

use super::coerce::{bring, cast};
use super::operators::{Purpose, call, shown};
use super::{Typer, literals};

impl Typer<'_> {
    /// `[a, b]`: a list of the type that the values have in common. An empty one has no type of its own.
    pub(super) fn list(&mut self, items: &[ast::Expr], span: Span) -> Option<Expr> {
        let typed: Vec<Option<Expr>> = items.iter().map(|item| self.infer(item)).collect();
        let typed = typed.into_iter().collect::<Option<Vec<_>>>()?;
        let values = items.iter().map(|item| item.span).zip(typed).collect();
        Some(list_of(self.common(values, span)?))
    }

    /// Values brought to the type that they have in common.
    pub(super) fn common(&mut self, values: Vec<(Span, Expr)>, span: Span) -> Option<Vec<Expr>> {
        let mut brought: Vec<(Span, Expr)> = Vec::new();
        for next in values {
            match brought.pop() {
                Some(last) => {
                    let at = (last.0, next.0);
                    let (last, typed) = self.unify(last, next, span, Purpose::Choice)?;
                    brought.extend([(at.0, last), (at.1, typed)]);
                }
                None => brought.push(next),
            }
        }
        let Some((_, last)) = brought.last() else { return Some(Vec::new()) };
        let ty = last.ty().ty.clone();
        Some(brought.into_iter().map(|(_, value)| bring(&value, &ty).unwrap_or(value)).collect())
    }

    /// `contains(value, part)`: a text in a text, or an item in a list.
    pub(super) fn found(
        &mut self,
        (at, container): (Span, Expr),
        (part_at, part): (Span, Expr),
    ) -> Option<Expr> {
        let container =
            if matches!(container.ty().ty, Type::Enum(_)) { cast(container, Type::Text) } else { container };
        let ty = &container.ty().ty;
        let wanted = if let Type::List(item) = ty { &item.ty } else { ty };
        let nested = matches!(ty, Type::List(_)) && matches!(wanted, Type::List(_));
        if nested || (!matches!(ty, Type::List(_)) && *ty != Type::Text) {
            let message = if nested {
                "lists are not compared".to_owned()
            } else {
                format!("`contains` takes a text or a list, and this is `{ty}`")
            };
            self.mismatch(at, &message, None);
            return None;
        }
        let wanted = wanted.clone();
        let Some(brought) = bring(&part, &wanted).filter(|_| !literals::is_null(&part)) else {
            let message = format!("a `{wanted}` is looked for, and this is `{}`", shown(&part));
            self.mismatch(part_at, &message, None);
            return None;
        };
        Some(call(Function::Contains, vec![container, brought], Type::Bool))
    }
}

/// A list of values of one type.
fn list_of(items: Vec<Expr>) -> Expr {
    let item = ColumnType {
        ty: items.first().map_or(Type::Bool, |item| item.ty().ty.clone()),
        nullable: items.iter().any(|item| item.ty().nullable),
    };
    Expr::Call { function: Function::List, args: items, ty: Type::List(Box::new(item)).required() }
}
