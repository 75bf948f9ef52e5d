//! Compiles a typed expression: columns become places, functions become kernels, constants values.
//!
//! A plan that the compiler built always compiles; the checks here are against a plan that it did not
//! build. They never look at data.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int64Array, StringArray,
    new_null_array,
};
use mig_plan::{ColumnType, Expr, Function, Literal, Type};

use super::comparison::{self, Comparison};
use super::kernel::{Kernel, Operand};
use super::node::Node;
use super::write::SECOND;
use super::{
    arithmetic, calendar, cast, choose, clock_format, encoding, exact, json, list, logic, pattern, read,
    text, time,
};
use crate::arrow_types::arrow_type;
use crate::store::Field;

/// Compiles an expression over batches of these fields.
///
/// # Errors
/// Why it is not an expression over them.
pub(super) fn compile(expr: &Expr, fields: &[Field]) -> Result<Node, String> {
    match expr {
        Expr::Column { name, ty } => {
            let place = fields.iter().position(|field| field.name == *name);
            let place = place.ok_or_else(|| format!("there is no column `{name}`"))?;
            if fields[place].ty.ty != ty.ty {
                return Err(format!("column `{name}` is {}, not {}", fields[place].ty.ty, ty.ty));
            }
            Ok(Node::Column(place))
        }
        Expr::Literal { value, ty } => Ok(Node::Constant(constant(value, &ty.ty)?)),
        Expr::Call { function, args, ty } => call(*function, args, ty, fields),
    }
}

fn call(function: Function, args: &[Expr], ty: &ColumnType, fields: &[Field]) -> Result<Node, String> {
    let types: Vec<Type> = args.iter().map(|arg| arg.ty().ty.clone()).collect();
    let mut nodes = args.iter().map(|arg| compile(arg, fields)).collect::<Result<Vec<_>, _>>()?;
    let result = &ty.ty;
    let wrong = || {
        let types: Vec<String> = types.iter().map(Type::to_string).collect();
        format!("{function:?} does not make {result} of ({})", types.join(", "))
    };
    let gives = |expected: &Type| if result == expected { Ok(()) } else { Err(wrong()) };
    let unary = || if types.len() == 1 { Ok(()) } else { Err(wrong()) };
    let number = |arity: usize, of: &'static arithmetic::Arithmetic| {
        if types.len() == arity { arithmetic::kernel(of, &types, result) } else { Err(wrong()) }
    };
    let compare = |comparison| gives(&Type::Bool).and_then(|()| comparison::kernel(comparison, &types));
    let first = || types.first().ok_or_else(wrong);
    // The text that stands in the plan as the second argument.
    let written = || constant_text(function, args, 1);
    let kernel: Kernel = match function {
        Function::If => {
            let expected = types.first() == Some(&Type::Bool) && types.iter().skip(1).all(|ty| ty == result);
            let parts: Box<[Node; 3]> = nodes.try_into().map_err(|_| wrong())?;
            return if expected { Ok(Node::If(parts)) } else { Err(wrong()) };
        }
        Function::Else => {
            if types.iter().any(|ty| ty != result) {
                return Err(wrong());
            }
            let last = nodes.pop().ok_or_else(wrong)?;
            // From the right: a else (b else c).
            let chain = |rest, first| Node::Else(Box::new(first), Box::new(rest));
            return Ok(nodes.into_iter().rev().fold(last, chain));
        }
        Function::And | Function::Or => {
            let expected = types.iter().chain([result]).all(|ty| *ty == Type::Bool);
            let parts: Box<[Node; 2]> = nodes.try_into().map_err(|_| wrong())?;
            return match (expected, function == Function::And) {
                (false, _) => Err(wrong()),
                (true, true) => Ok(Node::And(parts)),
                (true, false) => Ok(Node::Or(parts)),
            };
        }
        Function::Try => {
            let [node] = <[Node; 1]>::try_from(nodes).map_err(|_| wrong())?;
            let expected = types.first() == Some(result);
            return if expected { Ok(Node::Try(Box::new(node), arrow_type(result))) } else { Err(wrong()) };
        }
        Function::Utc | Function::Local => {
            let zone = time::zone(constant_text(function, args, 1)?)?;
            let arg = types.first().ok_or_else(wrong)?;
            nodes.truncate(1);
            if function == Function::Utc {
                gives(&Type::Timestamp)?;
                time::utc(arg, zone)?
            } else {
                gives(&Type::Datetime)?;
                time::local(arg, zone)?
            }
        }
        Function::Add => number(2, &arithmetic::ADD)?,
        Function::Subtract => number(2, &arithmetic::SUBTRACT)?,
        Function::Multiply => number(2, &arithmetic::MULTIPLY)?,
        Function::Divide => number(2, &arithmetic::DIVIDE)?,
        Function::Remainder => number(2, &arithmetic::REMAINDER)?,
        Function::Negate => number(1, &arithmetic::NEGATE)?,
        Function::Abs => number(1, &arithmetic::ABS)?,
        Function::Round => number(2, &arithmetic::ROUND)?,
        Function::Floor => number(1, &arithmetic::FLOOR)?,
        Function::Ceil => number(1, &arithmetic::CEIL)?,
        Function::DivideRounded => number(3, &arithmetic::DIVIDE_ROUNDED)?,
        Function::Equal => compare(Comparison::Equal)?,
        Function::NotEqual => compare(Comparison::NotEqual)?,
        Function::Less => compare(Comparison::Less)?,
        Function::LessOrEqual => compare(Comparison::LessOrEqual)?,
        Function::Greater => compare(Comparison::Greater)?,
        Function::GreaterOrEqual => compare(Comparison::GreaterOrEqual)?,
        Function::In => gives(&Type::Bool).and_then(|()| comparison::among(&types))?,
        Function::NullIf => {
            gives(types.first().ok_or_else(wrong)?)?;
            comparison::null_if(&types)?
        }
        Function::Not => gives(&Type::Bool).and_then(|()| logic::not(&types))?,
        Function::IsNull => gives(&Type::Bool).and_then(|()| unary()).map(|()| logic::is_null())?,
        Function::Cast => {
            unary()?;
            cast::kernel(&types[0], result)?
        }
        Function::Lower => gives(&Type::Text).and_then(|()| text::lower(&types))?,
        Function::Upper => gives(&Type::Text).and_then(|()| text::upper(&types))?,
        Function::Trim => gives(&Type::Text).and_then(|()| text::trim(&types))?,
        Function::Length => gives(&Type::Int64).and_then(|()| text::length(&types))?,
        Function::Concat => gives(&Type::Text).and_then(|()| text::concat(&types))?,
        Function::Replace => gives(&Type::Text).and_then(|()| text::replace(&types))?,
        Function::Substring => gives(&Type::Text).and_then(|()| text::substring(&types))?,
        Function::StartsWith => gives(&Type::Bool).and_then(|()| text::starts_with(&types))?,
        Function::EndsWith => gives(&Type::Bool).and_then(|()| text::ends_with(&types))?,
        Function::Contains => gives(&Type::Bool).and_then(|()| text::contains(&types))?,
        Function::FromUnix => gives(&Type::Timestamp).and_then(|()| time::from_unix(&types, SECOND))?,
        Function::ToUnix => gives(&Type::Int64).and_then(|()| time::to_unix(&types, SECOND))?,
        Function::FromUnixMillis => {
            gives(&Type::Timestamp).and_then(|()| time::from_unix(&types, SECOND / 1000))?
        }
        Function::ToUnixMillis => gives(&Type::Int64).and_then(|()| time::to_unix(&types, SECOND / 1000))?,
        Function::Sha256 => gives(&Type::Text).and_then(|()| encoding::sha256(&types))?,
        Function::Md5 => gives(&Type::Text).and_then(|()| encoding::md5(&types))?,
        Function::Crc32 => gives(&Type::Int64).and_then(|()| encoding::crc32(&types))?,
        Function::Hex => gives(&Type::Text).and_then(|()| encoding::hex(&types))?,
        Function::FromHex => gives(&Type::Bytes).and_then(|()| encoding::from_hex(&types))?,
        Function::Base64 => gives(&Type::Text).and_then(|()| encoding::base64(&types))?,
        Function::FromBase64 => gives(&Type::Bytes).and_then(|()| encoding::from_base64(&types))?,
        Function::UuidV5 => gives(&Type::Uuid).and_then(|()| encoding::uuid_v5(&types))?,
        Function::TrimStart => gives(&Type::Text).and_then(|()| text::trim_start(&types))?,
        Function::TrimEnd => gives(&Type::Text).and_then(|()| text::trim_end(&types))?,
        Function::Reverse => gives(&Type::Text).and_then(|()| text::reverse(&types))?,
        Function::PadStart => gives(&Type::Text).and_then(|()| text::pad(false, &types))?,
        Function::PadEnd => gives(&Type::Text).and_then(|()| text::pad(true, &types))?,
        Function::Left => gives(&Type::Text).and_then(|()| text::end_of(false, &types))?,
        Function::Right => gives(&Type::Text).and_then(|()| text::end_of(true, &types))?,
        Function::Position => gives(&Type::Int64).and_then(|()| text::position(&types))?,
        Function::SplitPart => gives(&Type::Text).and_then(|()| text::split_part(&types))?,
        Function::Sign => gives(&Type::Int8).and_then(|()| arithmetic::sign(&types))?,
        Function::Truncate => number(2, &arithmetic::TRUNCATE)?,
        Function::Quotient => number(2, &arithmetic::QUOTIENT)?,
        Function::Modulo => number(2, &arithmetic::MODULO)?,
        Function::NearestFloat32 | Function::NearestFloat64 => arithmetic::nearest_float(&types, result)?,
        Function::Least => choose::extreme(Comparison::Less, &types, result)?,
        Function::Greatest => choose::extreme(Comparison::Greater, &types, result)?,
        Function::Lookup => choose::lookup(&types, result)?,
        Function::Year
        | Function::Month
        | Function::Day
        | Function::Weekday
        | Function::Hour
        | Function::Minute
        | Function::Second => gives(&Type::Int32).and_then(|()| calendar::part(function, &types))?,
        Function::DateOf => gives(&Type::Date).and_then(|()| calendar::date_of(&types))?,
        Function::TimeOf => gives(&Type::Time).and_then(|()| calendar::time_of(&types))?,
        Function::AddDays | Function::AddMonths => {
            gives(types.first().ok_or_else(wrong)?)?;
            calendar::add_to_date(function, &types)?
        }
        Function::AddSeconds => {
            gives(types.first().ok_or_else(wrong)?)?;
            calendar::add_seconds(&types)?
        }
        Function::DaysBetween => gives(&Type::Int64).and_then(|()| calendar::days_between(&types))?,
        Function::SecondsBetween => gives(&Type::Int64).and_then(|()| calendar::seconds_between(&types))?,
        Function::ToJson => gives(&Type::Json).and_then(|()| json::of_value(&types))?,
        Function::List => {
            // A list without items depends on no row: one value stands for all.
            if nodes.is_empty() {
                return Ok(Node::Constant(list::make(&types, result)?(&[], 1).map_err(|_| wrong())?));
            }
            list::make(&types, result)?
        }
        Function::Element => list::element(&types, result)?,
        Function::Join => gives(&Type::Text).and_then(|()| list::join(&types))?,
        Function::Split => list::split(&types, result)?,
        Function::Matches => gives(&Type::Bool).and_then(|()| pattern::matches(first()?, written()?))?,
        Function::RegexFind => gives(&Type::Text).and_then(|()| pattern::find(first()?, written()?))?,
        Function::RegexReplace => {
            gives(&Type::Text)?;
            pattern::replace(first()?, written()?, constant_text(function, args, 2)?)?
        }
        Function::StartOf => gives(first()?).and_then(|()| calendar::start_of(first()?, written()?))?,
        Function::FormatTime => {
            gives(&Type::Text).and_then(|()| clock_format::format(first()?, written()?))?
        }
        Function::ParseDate => {
            gives(&Type::Date).and_then(|()| clock_format::parse(first()?, written()?, result))?
        }
        Function::ParseTime => {
            gives(&Type::Time).and_then(|()| clock_format::parse(first()?, written()?, result))?
        }
        Function::ParseDatetime => {
            gives(&Type::Datetime).and_then(|()| clock_format::parse(first()?, written()?, result))?
        }
        Function::JsonGet => gives(&Type::Json).and_then(|()| json::get(&types, written()?))?,
        Function::JsonHas => gives(&Type::Bool).and_then(|()| json::has(&types, written()?))?,
        Function::JsonText => gives(&Type::Text).and_then(|()| json::text(&types, written()?))?,
        Function::JsonInt => gives(&Type::Int64).and_then(|()| json::int(&types, written()?))?,
        Function::JsonDecimal => json::decimal(&types, written()?, result)?,
        Function::JsonBool => gives(&Type::Bool).and_then(|()| json::boolean(&types, written()?))?,
    };
    if takes_written(function) {
        nodes.truncate(1);
    }
    Ok(Node::Call(kernel, nodes))
}

/// Whether all arguments but the first stand in the plan and are no values of a row.
fn takes_written(function: Function) -> bool {
    matches!(
        function,
        Function::Matches
            | Function::RegexFind
            | Function::RegexReplace
            | Function::StartOf
            | Function::FormatTime
            | Function::ParseDate
            | Function::ParseTime
            | Function::ParseDatetime
            | Function::JsonGet
            | Function::JsonHas
            | Function::JsonText
            | Function::JsonInt
            | Function::JsonDecimal
            | Function::JsonBool
    )
}

/// An argument that is a text literal.
fn constant_text(function: Function, args: &[Expr], place: usize) -> Result<&str, String> {
    match args.get(place) {
        Some(Expr::Literal { value: Literal::Text(text), .. }) => Ok(text),
        _ => Err(format!("{function:?} takes an argument {} that is a text literal", place + 1)),
    }
}

fn nearest<T: FromStr>(text: &str) -> Result<T, String> {
    let plain = read::decimal(text).and_then(|_| text.parse().ok());
    plain.ok_or_else(|| format!("`{text}` is not a number"))
}

/// An array of one value: the constant as `ty`.
fn constant(value: &Literal, ty: &Type) -> Result<ArrayRef, String> {
    let (array, natural): (ArrayRef, Type) = match value {
        Literal::Null => return Ok(new_null_array(&arrow_type(ty), 1)),
        Literal::Bool(value) => (Arc::new(BooleanArray::from(vec![*value])), Type::Bool),
        Literal::Int(value) => (Arc::new(Int64Array::from(vec![*value])), Type::Int64),
        Literal::Text(value) => (Arc::new(StringArray::from(vec![value.as_str()])), Type::Text),
        // The nearest float, as the source means it; every other type holds the number exactly.
        Literal::Decimal(text) if *ty == Type::Float64 => {
            return Ok(Arc::new(Float64Array::from(vec![nearest::<f64>(text)?])));
        }
        Literal::Decimal(text) if *ty == Type::Float32 => {
            return Ok(Arc::new(Float32Array::from(vec![nearest::<f32>(text)?])));
        }
        Literal::Decimal(text) => {
            let number = read::decimal(text).ok_or_else(|| format!("`{text}` is not a number"))?;
            // The fewest digits that hold it; the cast below brings it to its type.
            let scale = u8::try_from(number.exponent.min(0).unsigned_abs()).unwrap_or(u8::MAX);
            let unscaled = number.at_scale(scale.min(38)).and_then(|unscaled| exact::fit(unscaled, 38));
            let unscaled = unscaled.map_err(|_| format!("`{text}` has more than 38 digits"))?;
            let natural = Type::Decimal { precision: 38, scale: scale.min(38) };
            let array = Decimal128Array::from(vec![unscaled]).with_data_type(arrow_type(&natural));
            (Arc::new(array), natural)
        }
    };
    let converted = cast::kernel(&natural, ty)?(&[Operand { array, scalar: true }], 1)
        .map_err(|fault| fault.in_column("").to_string())?;
    debug_assert_eq!(converted.len(), 1);
    Ok(converted)
}
