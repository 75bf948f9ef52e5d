//! Types calls by the table of functions: binds arguments to parameters, checks them, and says what the
//! call gives.

use mig_lang::ast::{self, Argument, Name};
use mig_lang::{Diagnostic, Span, nearest};
use mig_plan::{ColumnType, Expr, Function, Literal, MAX_PRECISION, Type};

use super::coerce::{bring, cast, unfit_literal};
use super::foreign::{CLOCKS, alias};
use super::operators::{Purpose, call, first_of, ordered, shown};
use super::{Typer, casts, doomed, literals, numbers};
use crate::functions::{Accepts, FunctionInfo, Gives, Meaning, Parameter, function, functions};

/// An argument with the parameter that it is for.
pub(super) struct Bound<'a> {
    pub(super) parameter: &'static Parameter,
    pub(super) value: &'a ast::Expr,
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
        let clock = CLOCKS.contains(&name.text.to_lowercase().as_str());
        let near = alias(&name.text).or_else(|| nearest(&name.text, functions().map(|info| info.name)));
        self.out.push(match near.filter(|_| !clock) {
            Some(near) => {
                error.here(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
            }
            None if clock => error.help(
                "An expression knows no clock and no chance: it means the same for the same row, whenever and wherever it runs.",
            ),
            None => error
                .help(format!("There is {}.", crate::prose::some_of(functions().map(|info| info.name), 24))),
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
                info.example()
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
            Gives::CastEnum => {
                let (value, labels) = bound.split_first()?;
                let to = self.enum_of(labels)?;
                self.spelled_cast(value.value, to, span)
            }
            Gives::Common => Some(first_of(self.all_alike(bound, span)?)),
            Gives::CommonStrict => {
                let values = self.all_alike(bound, span)?;
                let ty = values.iter().find(|value| !literals::is_null(value))?.ty().ty.clone();
                if !ordered(&ty) {
                    self.mismatch(span, &format!("`{ty}` values have no order"), None);
                    return None;
                }
                Some(call(function, values, ty))
            }
            Gives::Tried => {
                let [value] = bound else { return None };
                let value = self.spared(|typer| typer.infer(value.value))?;
                let ty = ColumnType { ty: value.ty().ty.clone(), nullable: true };
                Some(Expr::Call { function, args: vec![value], ty })
            }
            Gives::LookedUp => self.lookup(bound, span),
            Gives::Found => {
                let [container, part] = bound else { return None };
                let (a, b) = (self.infer(container.value), self.infer(part.value));
                self.found((container.value.span, a?), (part.value.span, b?))
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
            Gives::Always(_)
            | Gives::Maybe(_)
            | Gives::MaybeDecimal
            | Gives::Item
            | Gives::Parts
            | Gives::LikeFirst
            | Gives::Whole
            | Gives::Rounded
            | Gives::Divided => {
                let args = self.arguments(function, info, bound, span)?;
                let ty = self.result(info, &args, span)?;
                self.fits(function, bound, &args)?;
                let nullable = matches!(info.gives, Gives::Maybe(_) | Gives::MaybeDecimal | Gives::Item);
                let mut args = args;
                if info.gives == Gives::MaybeDecimal {
                    // The type says the precision and the scale.
                    args.truncate(2);
                }
                let nullable = nullable || args.iter().any(|arg| arg.ty().nullable);
                Some(Expr::Call { function, args, ty: ColumnType { ty, nullable } })
            }
            Gives::Count | Gives::Sum | Gives::Extreme => None,
        }
    }

    /// The arguments brought to the type that they have in common.
    fn all_alike(&mut self, bound: &[Bound], span: Span) -> Option<Vec<Expr>> {
        let mut values = Vec::new();
        for argument in bound {
            values.push((argument.value.span, self.infer(argument.value)?));
        }
        self.common(values, span)
    }

    /// The arguments, each checked against its parameter.
    fn arguments(
        &mut self,
        function: Function,
        info: &'static FunctionInfo,
        bound: &[Bound],
        span: Span,
    ) -> Option<Vec<Expr>> {
        if function == Function::SecondsBetween {
            let [from, to] = bound else { return None };
            let (a, b) = (self.infer(from.value), self.infer(to.value));
            let at = (from.value.span, to.value.span);
            let (a, b) = self.unify((at.0, a?), (at.1, b?), span, Purpose::Comparison)?;
            return Some(vec![self.accept(info, from, &a)?, self.accept(info, to, &b)?]);
        }
        let args: Vec<Option<Expr>> = bound.iter().map(|argument| self.argument(info, argument)).collect();
        args.into_iter().collect()
    }

    /// Whether constants among the arguments fit the other arguments.
    fn fits(&mut self, function: Function, bound: &[Bound], args: &[Expr]) -> Option<()> {
        let first = &args.first()?.ty().ty;
        let at = bound.last()?.value;
        if function == Function::RegexReplace {
            self.groups_fit(at, args.get(1)?, args.get(2)?)
        } else if function == Function::FormatTime {
            self.pattern_fits(at, first, args.get(1)?)
        } else if function == Function::StartOf {
            self.unit_fits(at, first, args.get(1)?)
        } else {
            Some(())
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
            Gives::Always(ty) | Gives::Maybe(ty) => Some(ty.clone()),
            Gives::MaybeDecimal => self.decimal(constant(2)?, constant(3)?, span),
            Gives::Item => {
                if let Type::List(item) = first {
                    Some(item.ty)
                } else {
                    None
                }
            }
            Gives::Parts => Some(Type::List(Box::new(Type::Text.required()))),
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
            | Gives::CastEnum
            | Gives::Tried
            | Gives::LookedUp
            | Gives::Found
            | Gives::CommonStrict
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
            Accepts::Pattern
            | Accepts::Template
            | Accepts::TimePattern(_)
            | Accepts::Unit
            | Accepts::Label
            | Accepts::JsonPath => return self.written_as(bound),
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
            | Accepts::Pair
            | Accepts::Ordered => {}
        }
        let typed = self.infer(bound.value)?;
        if bound.parameter.name == "divisor"
            && let Some(error) = doomed::divisor(&typed, bound.value.span).filter(|_| !self.spared)
        {
            self.out.push(error);
            return None;
        }
        if let Some(least) = least(info.name, bound.parameter.name)
            && doomed::whole_number(&typed).is_some_and(|number| number < least)
            && !self.spared
        {
            let message = format!("`{}` of `{}` is at least {least}", bound.parameter.name, info.name);
            let help = "It is an error of every row.";
            self.out.push(Diagnostic::error("wrong-arguments", bound.value.span, message).help(help));
            return None;
        }
        self.accept(info, bound, &typed)
    }

    /// A typed argument as what its parameter takes.
    fn accept(&mut self, info: &FunctionInfo, bound: &Bound, typed: &Expr) -> Option<Expr> {
        if literals::is_null(typed) {
            let error = Diagnostic::error(
                "type-mismatch",
                bound.value.span,
                format!("`{}` of `null` is null", info.name),
            );
            self.out.push(error.help("Write `null` alone."));
            return None;
        }
        if let Some(accepted) = accepted(bound.parameter.accepts, typed) {
            return Some(accepted);
        }
        let wanted = bound.parameter.accepts.words();
        let message = format!("`{}` takes {wanted}, and this is `{}`", info.name, shown(typed));
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
        if let (Expr::Literal { value: literal, .. }, Type::Enum(_)) = (&typed, &to)
            && let Some(error) = unfit_literal(literal, &to, value.span)
        {
            self.out.push(error);
            return None;
        }
        if let Some(error) = doomed::cast(&typed, &to, value.span).filter(|_| !self.spared) {
            self.out.push(error);
            return None;
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
    if matches!(ty, Type::Enum(_)) && matches!(accepts, Accepts::TextOrBytes | Accepts::Sized) {
        return bring(typed, &Type::Text);
    }
    match accepts {
        Accepts::Any => as_is(true),
        Accepts::Text => bring(typed, &Type::Text),
        Accepts::TextOrBytes => as_is(matches!(ty, Type::Text | Type::Bytes)),
        Accepts::Number => as_is(ty.is_numeric()),
        Accepts::Exact => as_is(ty.is_integer() || numbers::is_decimal(ty)),
        Accepts::Integer => bring(typed, &Type::Int64),
        Accepts::Bool => bring(typed, &Type::Bool),
        Accepts::OneOf(types) => types.iter().find_map(|ty| bring(typed, ty)),
        Accepts::Sized => as_is(matches!(ty, Type::Text | Type::Bytes | Type::List(_))),
        Accepts::List => as_is(matches!(ty, Type::List(_))),
        Accepts::Texts => {
            let Type::List(item) = ty else { return None };
            let text = ColumnType { ty: Type::Text, nullable: item.nullable };
            bring(typed, &Type::List(Box::new(text)))
        }
        Accepts::Ordered => as_is(ordered(ty)),
        Accepts::Constant { .. }
        | Accepts::Zone
        | Accepts::Pattern
        | Accepts::Template
        | Accepts::TimePattern(_)
        | Accepts::Unit
        | Accepts::Label
        | Accepts::JsonPath
        | Accepts::Pair => None,
    }
}

/// Whether a column of this type can be an argument for the parameter.
pub(crate) fn takes(accepts: Accepts, ty: &ColumnType) -> bool {
    accepted(accepts, &Expr::Column { name: String::new(), ty: ty.clone() }).is_some()
}

/// The least number that is no error of the row, where there is one.
fn least(function: &str, parameter: &str) -> Option<i64> {
    match (function, parameter) {
        ("left" | "right" | "substring", "length") => Some(0),
        ("substring", "start") | ("element", "place") => Some(1),
        _ => None,
    }
}

/// The type to cast to for a parameter, where one is meant.
fn target(accepts: Accepts) -> Option<Type> {
    match accepts {
        Accepts::Text | Accepts::TextOrBytes => Some(Type::Text),
        Accepts::Number | Accepts::Exact | Accepts::Integer => Some(Type::Int64),
        Accepts::OneOf(types) => types.first().cloned(),
        Accepts::Any
        | Accepts::Bool
        | Accepts::Sized
        | Accepts::List
        | Accepts::Texts
        | Accepts::Ordered
        | Accepts::Constant { .. }
        | Accepts::Zone
        | Accepts::Pattern
        | Accepts::Template
        | Accepts::TimePattern(_)
        | Accepts::Unit
        | Accepts::Label
        | Accepts::JsonPath
        | Accepts::Pair => None,
    }
}

fn count(info: &FunctionInfo) -> String {
    match info.parameters.len() {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        several => format!("{several} arguments"),
    }
}
