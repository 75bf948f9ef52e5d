//! Kernels of the functions on text and bytes. Positions and lengths of text are in code points.

use std::sync::Arc;

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::Int64Type;
use mig_plan::Type;
use sha2::{Digest, Sha256};

use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, fill_bool, fill_text, validity};
use super::write;

fn takes(name: &str, args: &[Type], expected: &[Type]) -> Result<(), String> {
    if args == expected {
        return Ok(());
    }
    let list = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    Err(format!("`{name}` takes ({}), not ({})", list(expected), list(args)))
}

/// A text operand with its type known.
struct Texts<'a> {
    array: &'a StringArray,
    operand: &'a Operand,
}

impl<'a> Texts<'a> {
    fn of(args: &'a [Operand], place: usize) -> Result<Self, Fault> {
        let text = args
            .get(place)
            .and_then(|operand| Some(Self { array: operand.array.as_string_opt::<i32>()?, operand }));
        text.ok_or_else(|| Trouble::plain("a function without its text argument").at(0))
    }

    fn value(&self, row: usize) -> &'a str {
        self.array.value(self.operand.at(row))
    }
}

/// A function of one text that gives a text.
fn map(name: &str, args: &[Type], f: fn(&str, &mut String)) -> Result<Kernel, String> {
    takes(name, args, &[Type::Text])?;
    Ok(Box::new(move |args, rows| {
        let text = Texts::of(args, 0)?;
        let write = |row, out: &mut String| {
            f(text.value(row), out);
            Ok(())
        };
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}

/// `lower(t)`
pub(super) fn lower(args: &[Type]) -> Result<Kernel, String> {
    map("lower", args, |text, out| {
        if text.is_ascii() {
            out.extend(text.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            out.push_str(&text.to_lowercase());
        }
    })
}

/// `upper(t)`
pub(super) fn upper(args: &[Type]) -> Result<Kernel, String> {
    map("upper", args, |text, out| {
        if text.is_ascii() {
            out.extend(text.chars().map(|c| c.to_ascii_uppercase()));
        } else {
            out.push_str(&text.to_uppercase());
        }
    })
}

/// `trim(t)`
pub(super) fn trim(args: &[Type]) -> Result<Kernel, String> {
    map("trim", args, |text, out| out.push_str(text.trim()))
}

/// `length(t)`
pub(super) fn length(args: &[Type]) -> Result<Kernel, String> {
    if args == [Type::Bytes] {
        return Ok(Box::new(|args, rows| {
            let bytes = bytes(args)?;
            let length = |row| Ok(bytes.0.value(bytes.1.at(row)).len().cast_signed() as i64);
            Ok(Arc::new(fill::<Int64Type>(rows, validity(args, rows), length)?))
        }));
    }
    takes("length", args, &[Type::Text])?;
    Ok(Box::new(|args, rows| {
        let text = Texts::of(args, 0)?;
        let length = |row| Ok(text.value(row).chars().count().cast_signed() as i64);
        Ok(Arc::new(fill::<Int64Type>(rows, validity(args, rows), length)?))
    }))
}

fn bytes(args: &[Operand]) -> Result<(&arrow::array::BinaryArray, &Operand), Fault> {
    args.first()
        .and_then(|operand| Some((operand.array.as_binary_opt::<i32>()?, operand)))
        .ok_or_else(|| Trouble::plain("a function without its argument of bytes").at(0))
}

/// `concat(a, b, …)`
pub(super) fn concat(args: &[Type]) -> Result<Kernel, String> {
    takes("concat", args, &vec![Type::Text; args.len()])?;
    Ok(Box::new(|args, rows| {
        let texts = (0..args.len()).map(|place| Texts::of(args, place)).collect::<Result<Vec<_>, _>>()?;
        let write = |row, out: &mut String| {
            texts.iter().for_each(|text| out.push_str(text.value(row)));
            Ok(())
        };
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}

/// `replace(t, from, to)`; an empty `from` occurs nowhere.
pub(super) fn replace(args: &[Type]) -> Result<Kernel, String> {
    takes("replace", args, &[Type::Text, Type::Text, Type::Text])?;
    Ok(Box::new(|args, rows| {
        let (text, from, to) = (Texts::of(args, 0)?, Texts::of(args, 1)?, Texts::of(args, 2)?);
        let write = |row, out: &mut String| {
            let (mut rest, from) = (text.value(row), from.value(row));
            while let Some((before, after)) = rest.split_once(from).filter(|_| !from.is_empty()) {
                out.push_str(before);
                out.push_str(to.value(row));
                rest = after;
            }
            out.push_str(rest);
            Ok(())
        };
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}

/// `substring(t, start, length)`; a start before 1 or a negative length is an error of the row.
pub(super) fn substring(args: &[Type]) -> Result<Kernel, String> {
    let integers = args.iter().skip(1).all(Type::is_integer);
    if args.len() != 3 || args.first() != Some(&Type::Text) || !integers {
        return Err("`substring` takes a text, a start and a length".to_owned());
    }
    Ok(Box::new(|args, rows| {
        let text = Texts::of(args, 0)?;
        let [_, start, length] = args else {
            return Err(Trouble::plain("`substring` without its arguments").at(0));
        };
        let (start, length) = (start.integers()?, length.integers()?);
        let write = |row, out: &mut String| {
            let (start, length) = (start.value(row), length.value(row));
            let (Ok(skip), Ok(take)) = (usize::try_from(start.saturating_sub(1)), usize::try_from(length))
            else {
                return Err(Trouble::with(
                    format!("start {start}, length {length}"),
                    "a substring starts at 1 or later and has no negative length",
                ));
            };
            out.extend(text.value(row).chars().skip(skip).take(take));
            Ok(())
        };
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}

fn test(name: &str, args: &[Type], f: fn(&str, &str) -> bool) -> Result<Kernel, String> {
    takes(name, args, &[Type::Text, Type::Text])?;
    Ok(Box::new(move |args, rows| {
        let (text, part) = (Texts::of(args, 0)?, Texts::of(args, 1)?);
        let holds = |row| Ok(f(text.value(row), part.value(row)));
        Ok(Arc::new(fill_bool(rows, validity(args, rows), holds)?))
    }))
}

/// `starts_with(t, prefix)`
pub(super) fn starts_with(args: &[Type]) -> Result<Kernel, String> {
    test("starts_with", args, |text, prefix| text.starts_with(prefix))
}

/// `ends_with(t, suffix)`
pub(super) fn ends_with(args: &[Type]) -> Result<Kernel, String> {
    test("ends_with", args, |text, suffix| text.ends_with(suffix))
}

/// `contains(t, part)`
pub(super) fn contains(args: &[Type]) -> Result<Kernel, String> {
    test("contains", args, |text, part| text.contains(part))
}

/// `sha256(t)`
pub(super) fn sha256(args: &[Type]) -> Result<Kernel, String> {
    fn put(bytes: &[u8], out: &mut String) -> Result<(), Trouble> {
        let _ = write::hex(&Sha256::digest(bytes), out);
        Ok(())
    }
    if args == [Type::Bytes] {
        return Ok(Box::new(|args, rows| {
            let (array, operand) = bytes(args)?;
            let write = |row, out: &mut String| put(array.value(operand.at(row)), out);
            Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
        }));
    }
    takes("sha256", args, &[Type::Text])?;
    Ok(Box::new(|args, rows| {
        let text = Texts::of(args, 0)?;
        let write = |row, out: &mut String| put(text.value(row).as_bytes(), out);
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}
