//! Types calls by the table of functions: binds arguments to parameters, checks them, and says what the
//! call gives.

use mig_lang::ast::{self, Argument, Name};
use mig_lang::{Diagnostic, Span, nearest};
use mig_plan::{ColumnType, Expr, Function, Literal, MAX_PRECISION, Type};

use super::coerce::{bring, cast};
use super::operators::{Purpose, call, first_of, ordered, shown};
use super::{Typer, casts, literals, numbers};
use crate::functions::{Accepts, FUNCTIONS, FunctionInfo, Gives, Meaning, Parameter, function};
use crate::shape;

/// An argument with the parameter that it is for.
struct Bound<'a> {
    parameter: &'static Parameter,
    value: &'a ast::Expr,
}

impl Typer<'_> {
    pub(super) fn call(&mut self, name: &Name, arguments: &[Argument], span: Span) -> Option<Expr> {
        let Some(info) = function(&name.text) else {
            self.unknown_function(name);
            return None;
        };
        match info.meaning {
            Meaning::Row(function) => {
                let bound = self.bind(info, arguments, name.span, span)?;
                self.row_function(function, info, &bound, span)
            }
            Meaning::Aggregate => self.aggregate(info, name, arguments, span),
        }
    }

    fn unknown_function(&mut self, name: &Name) {
        let error =
            Diagnostic::error("unknown-function", name.span, format!("there is no function `{}`", name.text));
        let near = alias(&name.text).or_else(|| nearest(&name.text, FUNCTIONS.iter().map(|info| info.name)));
        self.out.push(match near {
            Some(near) => {
                error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
            }
            None => error.help(format!(
                "There is {}.",
                crate::prose::some_of(FUNCTIONS.iter().map(|info| info.name), 24)
            )),
        });
    }

    /// Each argument with its parameter, in parameter order.
    fn bind<'e>(
        &mut self,
        info: &'static FunctionInfo,
        arguments: &'e [Argument],
        name: Span,
        span: Span,
    ) -> Option<Vec<Bound<'e>>> {
        let wrong = |at: Span, message: String| {
            Diagnostic::error("wrong-arguments", at, message).help(format!(
                "It is `{}`, as in `{}`.",
                info.signature(),
                info.example
            ))
        };
        let mut slots: Vec<Option<Bound<'e>>> = info.parameters.iter().map(|_| None).collect();
        let mut more = Vec::new();
        for (place, argument) in arguments.iter().enumerate() {
            let value = &argument.value;
            let index = match &argument.name {
                None => place,
                Some(label) => {
                    let Some(index) =
                        info.parameters.iter().position(|parameter| parameter.name == label.text)
                    else {
                        let error =
                            wrong(label.span, format!("`{}` has no argument `{}`", info.name, label.text));
                        let names = info.parameters.iter().map(|parameter| parameter.name);
                        self.out.push(match nearest(&label.text, names) {
                            Some(near) => error.fix(format!("write `{near}`"), label.span, near),
                            None => error,
                        });
                        return None;
                    };
                    index
                }
            };
            match slots.get_mut(index) {
                Some(slot @ None) => {
                    *slot = info.parameters.get(index).map(|parameter| Bound { parameter, value });
                }
                Some(Some(_)) => {
                    self.out.push(wrong(value.span, "this argument is given twice".to_owned()));
                    return None;
                }
                None if info.variadic => {
                    more.extend(info.parameters.last().map(|parameter| Bound { parameter, value }));
                }
                None => {
                    self.out.push(wrong(value.span, format!("`{}` takes {}", info.name, count(info))));
                    return None;
                }
            }
        }
        let missing = slots.iter().zip(info.parameters).take(info.required).find(|(slot, _)| slot.is_none());
        if let Some((_, parameter)) = missing {
            let at = if arguments.is_empty() { span } else { name };
            self.out.push(wrong(at, format!("`{}` lacks its argument `{}`", info.name, parameter.name)));
            return None;
        }
        Some(slots.into_iter().flatten().chain(more).collect())
    }

    fn row_function(
        &mut self,
        function: Function,
        info: &'static FunctionInfo,
        bound: &[Bound],
        span: Span,
    ) -> Option<Expr> {
        match &info.gives {
            Gives::Cast(to) => {
                let [value] = bound else { return None };
                self.spelled_cast(value.value, to.clone(), span)
            }
            Gives::CastDecimal => {
                let [value, precision, scale] = bound else { return None };
                let (precision, scale) = (self.constant(precision), self.constant(scale));
                let to = self.decimal(precision?, scale?, span)?;
                self.spelled_cast(value.value, to, span)
            }
            Gives::Common => {
                let (first, rest) = bound.split_first()?;
                let mut values = vec![(first.value.span, self.infer(first.value)?)];
                for next in rest {
                    let typed = self.infer(next.value)?;
                    let (at, last) = values.pop()?;
                    let (last, typed) =
                        self.unify((at, last), (next.value.span, typed), span, Purpose::Choice)?;
                    values.push((at, last));
                    values.push((next.value.span, typed));
                }
                let ty = values.last()?.1.ty().ty.clone();
                Some(first_of(
                    values.into_iter().map(|(_, value)| bring(&value, &ty).unwrap_or(value)).collect(),
                ))
            }
            Gives::NullableFirst => {
                let [value, nothing] = bound else { return None };
                let (a, b) = (self.infer(value.value), self.infer(nothing.value));
                let (a, b) =
                    self.unify((value.value.span, a?), (nothing.value.span, b?), span, Purpose::Comparison)?;
                let ty = ColumnType { ty: a.ty().ty.clone(), nullable: true };
                Some(Expr::Call { function, args: vec![a, b], ty })
            }
            Gives::Known => {
                let [value] = bound else { return None };
                let value = self.infer(value.value)?;
                Some(Expr::Call { function, args: vec![value], ty: Type::Bool.required() })
            }
            Gives::Always(_) | Gives::LikeFirst | Gives::Whole | Gives::Rounded | Gives::Divided => {
                let args: Vec<Option<Expr>> =
                    bound.iter().map(|argument| self.argument(info, argument)).collect();
                let args = args.into_iter().collect::<Option<Vec<_>>>()?;
                let ty = self.result(info, &args, span)?;
                Some(call(function, args, ty))
            }
            Gives::Count | Gives::Sum | Gives::Extreme => None,
        }
    }

    /// What a call gives whose arguments are all checked one by one.
    fn result(&mut self, info: &FunctionInfo, args: &[Expr], span: Span) -> Option<Type> {
        let first = args.first()?.ty().ty.clone();
        let constant = |place: usize| match args.get(place) {
            Some(Expr::Literal { value: Literal::Int(value), .. }) => u8::try_from(*value).ok(),
            _ => None,
        };
        let scaled = |scale: u8| {
            let digits = numbers::Digits::of(&first)?;
            Some(numbers::Digits { scale, ..digits }.decimal())
        };
        match &info.gives {
            Gives::Always(ty) => Some(ty.clone()),
            Gives::Whole if numbers::is_decimal(&first) => scaled(0),
            Gives::Rounded if numbers::is_decimal(&first) => scaled(constant(1)?),
            Gives::Divided => {
                let scale = constant(2)?;
                let room = numbers::Digits::of(&first)?;
                if room.whole + scale > MAX_PRECISION {
                    let most = MAX_PRECISION - room.whole;
                    let message = format!("`{first}` has room for {most} digits after the point");
                    self.mismatch(span, &message, Some("A decimal has 38 digits at the most."));
                    return None;
                }
                scaled(scale)
            }
            Gives::LikeFirst | Gives::Whole | Gives::Rounded => Some(first),
            Gives::Cast(_)
            | Gives::CastDecimal
            | Gives::Common
            | Gives::NullableFirst
            | Gives::Known
            | Gives::Count
            | Gives::Sum
            | Gives::Extreme => None,
        }
    }

    /// One argument, checked against its parameter.
    fn argument(&mut self, info: &FunctionInfo, bound: &Bound) -> Option<Expr> {
        match bound.parameter.accepts {
            Accepts::Constant { .. } => return self.constant(bound).map(|value| Expr::int(value.into())),
            Accepts::Zone => return self.zone(bound.value),
            Accepts::Any
            | Accepts::Text
            | Accepts::TextOrBytes
            | Accepts::Number
            | Accepts::Exact
            | Accepts::Integer
            | Accepts::Bool
            | Accepts::Datetime
            | Accepts::Timestamp
            | Accepts::Ordered => {}
        }
        let typed = self.infer(bound.value)?;
        if literals::is_null(&typed) {
            let error = Diagnostic::error(
                "type-mismatch",
                bound.value.span,
                format!("`{}` of `null` is null", info.name),
            );
            self.out.push(error.help("Write `null` alone."));
            return None;
        }
        if let Some(accepted) = accepted(bound.parameter.accepts, &typed) {
            return Some(accepted);
        }
        let wanted = bound.parameter.accepts.words();
        let message = format!("`{}` takes {wanted}, and this is `{}`", info.name, shown(&typed));
        let from = &typed.ty().ty;
        let help = target(bound.parameter.accepts).and_then(|to| match casts::spelled(from, &to) {
            Ok(()) => Some(format!("Cast it first: `{to}(value)`.")),
            Err(instead) => instead.map(str::to_owned),
        });
        self.mismatch(bound.value.span, &message, help.as_deref());
        None
    }

    fn spelled_cast(&mut self, value: &ast::Expr, to: Type, span: Span) -> Option<Expr> {
        let typed = self.infer(value)?;
        if let Some(brought) = bring(&typed, &to) {
            return Some(brought);
        }
        let from = typed.ty().ty.clone();
        match casts::spelled(&from, &to) {
            Ok(()) => Some(cast(typed, to)),
            Err(instead) => {
                let error =
                    Diagnostic::error("impossible-cast", span, format!("`{from}` cannot be cast to `{to}`"))
                        .label(value.span, format!("this is `{from}`"));
                self.out.push(match instead {
                    Some(instead) => error.help(instead),
                    None => error,
                });
                None
            }
        }
    }

    fn decimal(&mut self, precision: u8, scale: u8, span: Span) -> Option<Type> {
        if scale > precision {
            let message =
                format!("a decimal of {precision} digits cannot have {scale} of them after the point");
            self.out.push(Diagnostic::error("wrong-arguments", span, message));
            return None;
        }
        Some(Type::Decimal { precision, scale })
    }

    /// A whole number that stands in the source.
    fn constant(&mut self, bound: &Bound) -> Option<u8> {
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
    fn zone(&mut self, value: &ast::Expr) -> Option<Expr> {
        let Some(text) = shape::text(value) else {
            if value.is_whole() {
                let message = "a time zone is a text written here";
                let error = Diagnostic::error("wrong-arguments", value.span, message);
                self.out.push(error.help("As in `zone: \"Europe/Paris\"`."));
            }
            return None;
        };
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

    fn aggregate(
        &mut self,
        info: &'static FunctionInfo,
        name: &Name,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Expr> {
        if self.aggregates.is_none() {
            self.out.push(
                Diagnostic::error("aggregate-outside-require", name.span, format!("`{}` looks at all rows", info.name))
                    .help("A column is made from one row. Conditions over all rows stand in a validation: `require`."),
            );
            return None;
        }
        let bound = self.bind(info, arguments, name.span, span)?;
        // Inside of an aggregate the columns of one row are in scope.
        let outer = self.aggregates.take();
        let argument = bound.first().map(|argument| {
            let condition = argument.parameter.accepts == Accepts::Bool;
            if condition { self.truth(argument.value) } else { self.argument(info, argument) }
        });
        self.aggregates = outer;
        let argument = match argument {
            Some(argument) => Some(argument?),
            None => None,
        };
        let (function, ty) = match (&info.gives, &argument) {
            (Gives::Count, None) => ("count", Type::Int64.required()),
            (Gives::Count, Some(_)) => ("count_if", Type::Int64.required()),
            (Gives::Sum, Some(argument)) => (info.name, total(&argument.ty().ty).optional()),
            (_, Some(argument)) => (info.name, argument.ty().ty.clone().optional()),
            (_, None) => return None,
        };
        let aggregates = self.aggregates.as_mut()?;
        let aggregate = (function.to_owned(), argument);
        let place = aggregates.iter().position(|known| *known == aggregate).unwrap_or_else(|| {
            aggregates.push(aggregate);
            aggregates.len() - 1
        });
        Some(Expr::Column { name: format!("${place}"), ty })
    }
}

/// A type that the sum of many values has room in.
fn total(ty: &Type) -> Type {
    if let Type::Decimal { scale, .. } = ty {
        return Type::Decimal { precision: MAX_PRECISION, scale: *scale };
    }
    if numbers::is_float(ty) { Type::Float64 } else { Type::Int64 }
}

/// The argument as what the parameter takes, where it is.
fn accepted(accepts: Accepts, typed: &Expr) -> Option<Expr> {
    let ty = &typed.ty().ty;
    let as_is = |fits: bool| fits.then(|| typed.clone());
    match accepts {
        Accepts::Any => as_is(true),
        Accepts::Text => bring(typed, &Type::Text),
        Accepts::TextOrBytes => as_is(matches!(ty, Type::Text | Type::Bytes)),
        Accepts::Number => as_is(ty.is_numeric()),
        Accepts::Exact => as_is(ty.is_integer() || numbers::is_decimal(ty)),
        Accepts::Integer => bring(typed, &Type::Int64),
        Accepts::Bool => bring(typed, &Type::Bool),
        Accepts::Datetime => bring(typed, &Type::Datetime),
        Accepts::Timestamp => bring(typed, &Type::Timestamp),
        Accepts::Ordered => as_is(ordered(ty)),
        Accepts::Constant { .. } | Accepts::Zone => None,
    }
}

/// The type to cast to for a parameter, where one is meant.
fn target(accepts: Accepts) -> Option<Type> {
    match accepts {
        Accepts::Text | Accepts::TextOrBytes => Some(Type::Text),
        Accepts::Number | Accepts::Exact | Accepts::Integer => Some(Type::Int64),
        Accepts::Datetime => Some(Type::Datetime),
        Accepts::Timestamp => Some(Type::Timestamp),
        Accepts::Any | Accepts::Bool | Accepts::Ordered | Accepts::Constant { .. } | Accepts::Zone => None,
    }
}

fn count(info: &FunctionInfo) -> String {
    match info.parameters.len() {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        several => format!("{several} arguments"),
    }
}

/// What other languages call a function.
fn alias(name: &str) -> Option<&'static str> {
    let aliases: [(&str, &'static str); 20] = [
        ("lowercase", "lower"),
        ("uppercase", "upper"),
        ("lcase", "lower"),
        ("ucase", "upper"),
        ("strip", "trim"),
        ("len", "length"),
        ("char_length", "length"),
        ("substr", "substring"),
        ("ifnull", "coalesce"),
        ("nvl", "coalesce"),
        ("isnull", "is_null"),
        ("ceiling", "ceil"),
        ("int", "int64"),
        ("bigint", "int64"),
        ("integer", "int32"),
        ("float", "float64"),
        ("double", "float64"),
        ("string", "text"),
        ("varchar", "text"),
        ("numeric", "decimal"),
    ];
    let lower = name.to_lowercase();
    aliases.iter().find(|(known, _)| *known == lower).map(|(_, ours)| *ours)
}
