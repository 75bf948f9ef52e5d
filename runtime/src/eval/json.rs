//! Kernels of the functions on JSON. A document is walked as text, so that a value keeps its spelling and a
//! number its digits; of members of one name the last one counts.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanBuilder, Decimal128Builder, Int64Builder, StringBuilder};
use mig_plan::{JsonPath, Type};

use super::exact::{self, Shortest};
use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill_bool, fill_text, validity};
use super::read;
use crate::arrow_types::arrow_type;
use crate::cells::Cells;
use crate::json::{self, Flaw, Kind, Value};

fn path(args: &[Type], text: &str) -> Result<JsonPath, String> {
    if args.first() != Some(&Type::Json) {
        return Err("a path leads through JSON".to_owned());
    }
    text.parse().map_err(|error: mig_plan::PatternError| error.message)
}

/// What is at a path; `None` when nothing is.
fn at<'a>(document: &'a str, path: &JsonPath) -> Result<Option<Value<'a>>, Flaw> {
    let mut value = json::value(document)?;
    for step in &path.steps {
        let mut found = None;
        match value.kind {
            Kind::Object => json::members::<Flaw>(value.raw, |name, member| {
                if name == step.as_str() {
                    found = Some(member);
                }
                Ok(())
            })?,
            Kind::Array => {
                let plain = !step.is_empty()
                    && step.bytes().all(|byte| byte.is_ascii_digit())
                    && (step == "0" || !step.starts_with('0'));
                let place: Option<usize> = if plain { step.parse().ok() } else { None };
                let mut here = 0;
                json::elements::<Flaw>(value.raw, |element| {
                    if Some(here) == place {
                        found = Some(element);
                    }
                    here += 1;
                    Ok(())
                })?;
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::Text => {}
        }
        let Some(next) = found else { return Ok(None) };
        value = next;
    }
    Ok(Some(value))
}

fn document(args: &[Operand], row: usize) -> &str {
    args.first().map_or("", |operand| operand.array.as_string::<i32>().value(operand.at(row)))
}

fn found<'a>(args: &'a [Operand], row: usize, path: &JsonPath) -> Result<Option<Value<'a>>, Trouble> {
    at(document(args, row), path).map_err(|flaw| {
        let shown = args.first().map_or_else(String::new, |arg| arg.shown(row));
        Trouble::with(shown, format!("it is not JSON: {}", flaw.what))
    })
}

fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number => "a number",
        Kind::Text => "a text",
        Kind::Array => "an array",
        Kind::Object => "an object",
    }
}

/// The error for a value of another kind than the one wanted.
fn other(value: Value<'_>, wanted: &str) -> Trouble {
    let shown = crate::cells::shorten(value.raw.to_owned());
    Trouble::with(shown, format!("it is {}, not {wanted}", named(value.kind)))
}

/// Calls `value` with what is at the path in each valid row, JSON's `null` and nothing told as `None`.
fn each(
    args: &[Operand],
    rows: usize,
    path: &JsonPath,
    mut value: impl FnMut(Option<Value<'_>>) -> Result<(), Trouble>,
) -> Result<(), Fault> {
    let valid = validity(args, rows);
    for row in 0..rows {
        let there = valid.as_ref().is_none_or(|valid| valid.is_valid(row));
        let step = |value: &mut dyn FnMut(Option<Value<'_>>) -> Result<(), Trouble>| {
            let found = if there { found(args, row, path)? } else { None };
            value(found.filter(|found| found.kind != Kind::Null))
        };
        step(&mut value).map_err(|trouble| trouble.at(row))?;
    }
    Ok(())
}

/// `json_get(j, path)`
pub(super) fn get(args: &[Type], text: &str) -> Result<Kernel, String> {
    let path = path(args, text)?;
    Ok(Box::new(move |args, rows| {
        let valid = validity(args, rows);
        let mut values = StringBuilder::new();
        for row in 0..rows {
            let there = valid.as_ref().is_none_or(|valid| valid.is_valid(row));
            let value =
                if there { found(args, row, &path).map_err(|trouble| trouble.at(row))? } else { None };
            values.append_option(value.map(|value| value.raw));
        }
        Ok(Arc::new(values.finish()))
    }))
}

/// `json_has(j, path)`
pub(super) fn has(args: &[Type], text: &str) -> Result<Kernel, String> {
    let path = path(args, text)?;
    Ok(Box::new(move |args, rows| {
        let there = |row| Ok(found(args, row, &path)?.is_some());
        Ok(Arc::new(fill_bool(rows, validity(args, rows), there)?))
    }))
}

/// `json_text(j, path)`
pub(super) fn text(args: &[Type], text: &str) -> Result<Kernel, String> {
    let path = path(args, text)?;
    Ok(Box::new(move |args, rows| {
        let mut texts = StringBuilder::new();
        each(args, rows, &path, |value| {
            let Some(value) = value else {
                texts.append_null();
                return Ok(());
            };
            if value.kind != Kind::Text {
                return Err(other(value, "a text"));
            }
            let text = value.text().map_err(|flaw| Trouble::with(value.raw.to_owned(), flaw.what))?;
            texts.append_value(text);
            Ok(())
        })?;
        Ok(Arc::new(texts.finish()))
    }))
}

/// A JSON number by its digits.
fn number(value: Value<'_>, wanted: &str) -> Result<Shortest, Trouble> {
    let read = if value.kind == Kind::Number { read::number(value.raw) } else { None };
    read.ok_or_else(|| other(value, wanted))
}

/// `json_int(j, path)`
pub(super) fn int(args: &[Type], text: &str) -> Result<Kernel, String> {
    let path = path(args, text)?;
    Ok(Box::new(move |args, rows| {
        let mut values = Int64Builder::with_capacity(rows);
        each(args, rows, &path, |value| {
            let Some(value) = value else {
                values.append_null();
                return Ok(());
            };
            let whole = number(value, "a whole number")?.at_scale(0).ok();
            let whole = whole.and_then(|whole| i64::try_from(whole).ok());
            values.append_value(whole.ok_or_else(|| does_not_hold(value, &Type::Int64))?);
            Ok(())
        })?;
        Ok(Arc::new(values.finish()))
    }))
}

fn does_not_hold(value: Value<'_>, ty: &Type) -> Trouble {
    let shown = crate::cells::shorten(value.raw.to_owned());
    Trouble::with(shown, format!("{ty} does not hold it without loss"))
}

/// `json_decimal(j, path, p, s)`
pub(super) fn decimal(args: &[Type], text: &str, result: &Type) -> Result<Kernel, String> {
    let path = path(args, text)?;
    let Type::Decimal { precision, scale } = *result else {
        return Err(format!("`json_decimal` does not give {result}"));
    };
    let result = result.clone();
    Ok(Box::new(move |args, rows| {
        let mut values = Decimal128Builder::with_capacity(rows);
        each(args, rows, &path, |value| {
            let Some(value) = value else {
                values.append_null();
                return Ok(());
            };
            let unscaled = number(value, "a number")?.at_scale(scale);
            let unscaled = unscaled.and_then(|unscaled| exact::fit(unscaled, precision));
            values.append_value(unscaled.map_err(|_| does_not_hold(value, &result))?);
            Ok(())
        })?;
        Ok(Arc::new(values.finish().with_data_type(arrow_type(&result))))
    }))
}

/// `json_bool(j, path)`
pub(super) fn boolean(args: &[Type], text: &str) -> Result<Kernel, String> {
    let path = path(args, text)?;
    Ok(Box::new(move |args, rows| {
        let mut values = BooleanBuilder::with_capacity(rows);
        each(args, rows, &path, |value| {
            match value {
                None => values.append_null(),
                Some(value) if value.kind == Kind::Bool => values.append_value(value.raw == "true"),
                Some(value) => return Err(other(value, "a boolean")),
            }
            Ok(())
        })?;
        Ok(Arc::new(values.finish()))
    }))
}

/// `to_json(a)`
pub(super) fn of_value(args: &[Type]) -> Result<Kernel, String> {
    let [ty] = args else { return Err("`to_json` takes one value".to_owned()) };
    let ty = ty.clone();
    Ok(Box::new(move |args, rows| {
        let [arg] = args else { return Err(Trouble::plain("`to_json` without its argument").at(0)) };
        let cells = Cells::of(arg.array.as_ref());
        let texts = fill_text(rows, validity(args, rows), |row, out| {
            let Some(cells) = &cells else { return Ok(()) };
            put(&ty, cells, arg.at(row), out)
        })?;
        Ok(Arc::new(texts) as ArrayRef)
    }))
}

/// Appends a value as JSON.
fn put(ty: &Type, cells: &Cells<'_>, at: usize, out: &mut String) -> Result<(), Trouble> {
    if cells.is_null(at) {
        out.push_str("null");
        return Ok(());
    }
    match (ty, cells) {
        (Type::List(item), Cells::List(lists, items)) => {
            let offsets = lists.value_offsets();
            let end =
                |place: usize| offsets.get(place).and_then(|end| usize::try_from(*end).ok()).unwrap_or(0);
            out.push('[');
            for (place, from) in (end(at)..end(at + 1)).enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                put(&item.ty, items, from, out)?;
            }
            out.push(']');
            return Ok(());
        }
        (Type::Float32 | Type::Float64, _) => {
            let from = out.len();
            cells.write(at, out);
            let finite = out[from..].bytes().all(|byte| !byte.is_ascii_alphabetic());
            if !finite {
                return Err(Trouble::with(out.split_off(from), "JSON has no such number"));
            }
            return Ok(());
        }
        _ => {}
    }
    let plain = matches!(ty, Type::Bool | Type::Json | Type::Decimal { .. }) || ty.is_integer();
    if plain {
        cells.write(at, out);
        return Ok(());
    }
    let mut text = String::new();
    cells.write(at, &mut text);
    let mut quoted = Vec::with_capacity(text.len() + 2);
    json::put_text(&text, &mut quoted);
    out.push_str(&String::from_utf8_lossy(&quoted));
    Ok(())
}
