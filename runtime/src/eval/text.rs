//! Kernels of the functions on text and bytes. Positions and lengths of text are in code points.

use std::sync::Arc;

use arrow::array::{AsArray, StringArray, StringBuilder};
use arrow::datatypes::Int64Type;
use mig_plan::Type;

use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, fill_bool, fill_text, validity};
use super::list;

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

/// `trim_start(t)`
pub(super) fn trim_start(args: &[Type]) -> Result<Kernel, String> {
    map("trim_start", args, |text, out| out.push_str(text.trim_start()))
}

/// `trim_end(t)`
pub(super) fn trim_end(args: &[Type]) -> Result<Kernel, String> {
    map("trim_end", args, |text, out| out.push_str(text.trim_end()))
}

/// `reverse(t)`
pub(super) fn reverse(args: &[Type]) -> Result<Kernel, String> {
    map("reverse", args, |text, out| out.extend(text.chars().rev()))
}

/// `length(t)`
pub(super) fn length(args: &[Type]) -> Result<Kernel, String> {
    if matches!(args, [Type::List(_)]) {
        return Ok(list::length());
    }
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

/// `contains(t, part)`, `contains(l, item)`
pub(super) fn contains(args: &[Type]) -> Result<Kernel, String> {
    if let [Type::List(item), value] = args {
        return list::contains(&item.ty, value);
    }
    test("contains", args, |text, part| text.contains(part))
}

/// `position(t, part)`
pub(super) fn position(args: &[Type]) -> Result<Kernel, String> {
    takes("position", args, &[Type::Text, Type::Text])?;
    Ok(Box::new(|args, rows| {
        let (text, part) = (Texts::of(args, 0)?, Texts::of(args, 1)?);
        let place = |row| {
            let text = text.value(row);
            let before = text.find(part.value(row)).map(|at| text[..at].chars().count());
            Ok(before.map_or(0, |before| before.cast_signed() as i64 + 1))
        };
        Ok(Arc::new(fill::<Int64Type>(rows, validity(args, rows), place)?))
    }))
}

fn text_and_integer(name: &str, args: &[Type]) -> Result<(), String> {
    match args {
        [Type::Text, number] if number.is_integer() => Ok(()),
        _ => Err(format!("`{name}` takes a text and a number")),
    }
}

/// `left(t, length)` and, where `from_end`, `right(t, length)`
pub(super) fn end_of(from_end: bool, args: &[Type]) -> Result<Kernel, String> {
    text_and_integer(if from_end { "right" } else { "left" }, args)?;
    Ok(Box::new(move |args, rows| {
        let text = Texts::of(args, 0)?;
        let lengths =
            args.get(1).ok_or_else(|| Trouble::plain("a function without its length").at(0))?.integers()?;
        let write = |row, out: &mut String| {
            let (text, length) = (text.value(row), lengths.value(row));
            let Ok(length) = usize::try_from(length) else {
                return Err(Trouble::with(format!("length {length}"), "a length is not negative"));
            };
            let skip = if from_end { text.chars().count().saturating_sub(length) } else { 0 };
            out.extend(text.chars().skip(skip).take(length));
            Ok(())
        };
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}

/// The longest text that padding makes, in code points.
const LONGEST: i64 = 10_000;

/// `pad_start(t, length, fill)` and, where `behind`, `pad_end(t, length, fill)`
pub(super) fn pad(behind: bool, args: &[Type]) -> Result<Kernel, String> {
    match args {
        [Type::Text, length, Type::Text] if length.is_integer() => {}
        _ => return Err("padding takes a text, a length and a text".to_owned()),
    }
    Ok(Box::new(move |args, rows| {
        let (text, with) = (Texts::of(args, 0)?, Texts::of(args, 2)?);
        let lengths =
            args.get(1).ok_or_else(|| Trouble::plain("a function without its length").at(0))?.integers()?;
        let write = |row, out: &mut String| {
            let (text, with, length) = (text.value(row), with.value(row), lengths.value(row));
            if length > LONGEST {
                return Err(Trouble::with(
                    format!("length {length}"),
                    format!("a text is padded to {LONGEST} code points at the most"),
                ));
            }
            let missing = usize::try_from(length).unwrap_or(0).saturating_sub(text.chars().count());
            if missing > 0 && with.is_empty() {
                return Err(Trouble::with(format!("{text:?}"), "an empty text fills nothing"));
            }
            let padding = with.chars().cycle().take(missing);
            if behind {
                out.push_str(text);
                out.extend(padding);
            } else {
                out.extend(padding);
                out.push_str(text);
            }
            Ok(())
        };
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}

/// `split_part(t, separator, part)`
pub(super) fn split_part(args: &[Type]) -> Result<Kernel, String> {
    match args {
        [Type::Text, Type::Text, part] if part.is_integer() => {}
        _ => return Err("`split_part` takes a text, a separator and a number".to_owned()),
    }
    Ok(Box::new(|args, rows| {
        let (text, separator) = (Texts::of(args, 0)?, Texts::of(args, 1)?);
        let parts =
            args.get(2).ok_or_else(|| Trouble::plain("`split_part` without its part").at(0))?.integers()?;
        let valid = validity(args, rows);
        let mut found = StringBuilder::new();
        for row in 0..rows {
            if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                found.append_null();
                continue;
            }
            let (by, part) = (separator.value(row), parts.value(row));
            if by.is_empty() {
                return Err(Trouble::plain("an empty separator separates nothing").at(row));
            }
            if part < 1 {
                return Err(Trouble::with(format!("part {part}"), "the first part is 1").at(row));
            }
            let skip = usize::try_from(part - 1).unwrap_or(usize::MAX);
            found.append_option(text.value(row).split(by).nth(skip));
        }
        Ok(Arc::new(found.finish()))
    }))
}
