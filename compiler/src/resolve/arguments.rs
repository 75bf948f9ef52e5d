//! Binds the arguments of calls that are attribute values: `files(…)`, `http(…)`, `metric(…)`.

use mig_lang::ast::{Argument, Expr, ExprKind, Name};
use mig_lang::{Diagnostic, nearest};

use super::Resolver;
use crate::forms::Form;
use crate::shape;

/// A call's name and arguments; a bare name is a call without any.
pub(super) fn call(value: &Expr) -> Option<(&Name, &[Argument])> {
    if let ExprKind::Call { function, arguments } = &value.kind {
        return Some((function, arguments));
    }
    shape::name(value).map(|name| (name, &[][..]))
}

impl Resolver {
    /// The arguments in the order of the parameters, `None` where one is left out; nothing when the call
    /// does not fit, which is said.
    pub(super) fn bind<'a>(
        &mut self,
        form: &Form,
        name: &Name,
        arguments: &'a [Argument],
    ) -> Option<Vec<Option<&'a Expr>>> {
        let wrong = |span, message: String| {
            Diagnostic::error("wrong-arguments", span, message).help(format!("As in `{}`.", form.example))
        };
        let mut bound: Vec<Option<&'a Expr>> = vec![None; form.parameters.len()];
        for (place, argument) in arguments.iter().enumerate() {
            let value = &argument.value;
            if matches!(value.kind, ExprKind::Broken) {
                return None;
            }
            let index = match &argument.name {
                None => place,
                Some(label) => {
                    match form.parameters.iter().position(|parameter| parameter.name == label.text) {
                        Some(index) => index,
                        None => {
                            let names = form.parameters.iter().map(|parameter| parameter.name);
                            let error = wrong(
                                label.span,
                                format!("`{}` has no argument `{}`", form.name, label.text),
                            );
                            self.out.push(match nearest(&label.text, names) {
                                Some(near) => error.fix(format!("write `{near}`"), label.span, near),
                                None => error,
                            });
                            return None;
                        }
                    }
                }
            };
            match bound.get_mut(index) {
                Some(slot @ None) => *slot = Some(value),
                Some(Some(_)) => {
                    self.out.push(wrong(value.span, "this argument is given twice".to_owned()));
                    return None;
                }
                None => {
                    self.out.push(wrong(value.span, format!("`{}` takes no further argument", form.name)));
                    return None;
                }
            }
        }
        let missing = form
            .parameters
            .iter()
            .zip(&bound)
            .find(|(parameter, value)| parameter.required && value.is_none());
        if let Some((parameter, _)) = missing {
            let message = format!("`{}` lacks its argument `{}`", form.name, parameter.name);
            self.out.push(wrong(name.span, message));
            return None;
        }
        Some(bound)
    }
}
