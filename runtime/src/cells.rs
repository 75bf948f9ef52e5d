//! One typed view of a column of a batch, shared by everything that looks at single values.
//!
//! Takes an Arrow array of one of the types in [`crate::arrow_types`], gives the values' canonical text
//! and their form in a key. It never converts a value and never fails on one.

use std::fmt::Write;

use arrow::array::{
    Array, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use mig_plan::KeyValue;

use crate::eval::write;

/// How much of a value a message shows, in characters.
const SHOWN: usize = 80;

/// A column with its type known. `json` travels as text and is [`Cells::Text`] here.
#[derive(Clone)]
pub(crate) enum Cells<'a> {
    Bool(&'a BooleanArray),
    Int8(&'a Int8Array),
    Int16(&'a Int16Array),
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Date(&'a Date32Array),
    Time(&'a Time64MicrosecondArray),
    Timestamp(&'a TimestampMicrosecondArray),
    Datetime(&'a TimestampMicrosecondArray),
    Uuid(&'a FixedSizeBinaryArray),
    List(&'a ListArray, Box<Self>),
}

impl<'a> Cells<'a> {
    /// The view of an array, `None` when its type is none of the language's.
    pub(crate) fn of(array: &'a dyn Array) -> Option<Self> {
        let zoned = matches!(array.data_type(), DataType::Timestamp(_, Some(_)));
        if let Some(cells) = array.as_boolean_opt() {
            Some(Self::Bool(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Int8Type>() {
            Some(Self::Int8(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Int16Type>() {
            Some(Self::Int16(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Int32Type>() {
            Some(Self::Int32(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Int64Type>() {
            Some(Self::Int64(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Float32Type>() {
            Some(Self::Float32(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Float64Type>() {
            Some(Self::Float64(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Decimal128Type>() {
            Some(Self::Decimal(cells, u8::try_from(cells.scale()).ok()?))
        } else if let Some(cells) = array.as_string_opt::<i32>() {
            Some(Self::Text(cells))
        } else if let Some(cells) = array.as_binary_opt::<i32>() {
            Some(Self::Bytes(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Date32Type>() {
            Some(Self::Date(cells))
        } else if let Some(cells) = array.as_primitive_opt::<Time64MicrosecondType>() {
            Some(Self::Time(cells))
        } else if let Some(cells) = array.as_primitive_opt::<TimestampMicrosecondType>() {
            Some(if zoned { Self::Timestamp(cells) } else { Self::Datetime(cells) })
        } else if let Some(cells) = array.as_fixed_size_binary_opt() {
            Some(Self::Uuid(cells))
        } else {
            let cells = array.as_list_opt::<i32>()?;
            Some(Self::List(cells, Box::new(Self::of(cells.values().as_ref())?)))
        }
    }

    /// The array itself.
    pub(crate) fn array(&self) -> &'a dyn Array {
        match self {
            Self::Bool(cells) => *cells,
            Self::Int8(cells) => *cells,
            Self::Int16(cells) => *cells,
            Self::Int32(cells) => *cells,
            Self::Int64(cells) => *cells,
            Self::Float32(cells) => *cells,
            Self::Float64(cells) => *cells,
            Self::Decimal(cells, _) => *cells,
            Self::Text(cells) => *cells,
            Self::Bytes(cells) => *cells,
            Self::Date(cells) => *cells,
            Self::Time(cells) => *cells,
            Self::Timestamp(cells) | Self::Datetime(cells) => *cells,
            Self::Uuid(cells) => *cells,
            Self::List(cells, _) => *cells,
        }
    }

    /// Whether the value of a row is missing.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.array().is_null(row)
    }

    /// Appends the canonical text of a row's value, which a cast from text reads back; `null` when it is
    /// missing, and for lists `[a, b]`.
    pub(crate) fn write(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            out.push_str("null");
            return;
        }
        // Writing into a String cannot fail.
        let _ = match self {
            Self::Bool(cells) => write!(out, "{}", cells.value(row)),
            Self::Int8(cells) => write!(out, "{}", cells.value(row)),
            Self::Int16(cells) => write!(out, "{}", cells.value(row)),
            Self::Int32(cells) => write!(out, "{}", cells.value(row)),
            Self::Int64(cells) => write!(out, "{}", cells.value(row)),
            Self::Float32(cells) => write::float32(cells.value(row), out),
            Self::Float64(cells) => write::float64(cells.value(row), out),
            Self::Decimal(cells, scale) => write::decimal(cells.value(row), *scale, out),
            Self::Text(cells) => out.write_str(cells.value(row)),
            Self::Bytes(cells) => write::hex(cells.value(row), out),
            Self::Date(cells) => write::date(cells.value(row), out),
            Self::Time(cells) => write::time(cells.value(row), out),
            Self::Timestamp(cells) => write::timestamp(cells.value(row), out),
            Self::Datetime(cells) => write::datetime(cells.value(row), out),
            Self::Uuid(cells) => write::uuid(cells.value(row), out),
            Self::List(cells, items) => {
                write_list(cells, row, out, |item, out| items.write(item, out));
                Ok(())
            }
        };
    }

    /// The canonical text of a row's value, `null` when it is missing, cut to what a message can show.
    pub(crate) fn shown(&self, row: usize) -> String {
        let mut text = String::new();
        self.write(row, &mut text);
        shorten(text)
    }

    /// The same for values that stand beside each other: a text is quoted where it could be misread for another, or for
    /// a value that is missing, so that what differs looks different.
    pub(crate) fn shown_apart(&self, row: usize) -> String {
        let mut text = String::new();
        self.write_apart(row, false, &mut text);
        shorten(text)
    }

    fn write_apart(&self, row: usize, in_list: bool, out: &mut String) {
        if let Self::List(cells, items) = self
            && !cells.is_null(row)
        {
            write_list(cells, row, out, |item, out| items.write_apart(item, true, out));
        } else if let Self::Text(cells) = self
            && !cells.is_null(row)
        {
            let text = cells.value(row);
            // More than this is cut off anyhow.
            let text = text.char_indices().nth(SHOWN + 1).map_or(text, |(end, _)| &text[..end]);
            if is_misread(text) || in_list && text.contains([',', '[', ']']) {
                // Writing into a String cannot fail.
                let _ = write!(out, "{text:?}");
            } else {
                out.push_str(text);
            }
        } else {
            self.write(row, out);
        }
    }

    /// The value of a row that is there, in a column of integers; `None` in every other column.
    pub(crate) fn integer(&self, row: usize) -> Option<i64> {
        match self {
            Self::Int8(cells) => Some(cells.value(row).into()),
            Self::Int16(cells) => Some(cells.value(row).into()),
            Self::Int32(cells) => Some(cells.value(row).into()),
            Self::Int64(cells) => Some(cells.value(row)),
            Self::Bool(_)
            | Self::Float32(_)
            | Self::Float64(_)
            | Self::Decimal(..)
            | Self::Text(_)
            | Self::Bytes(_)
            | Self::Date(_)
            | Self::Time(_)
            | Self::Timestamp(_)
            | Self::Datetime(_)
            | Self::Uuid(_)
            | Self::List(..) => None,
        }
    }

    /// The value of a row as a key has it.
    pub(crate) fn key_value(&self, row: usize) -> KeyValue {
        if self.is_null(row) {
            return KeyValue::Null;
        }
        let text = || {
            let mut text = String::new();
            self.write(row, &mut text);
            text
        };
        match self {
            Self::Bool(cells) => KeyValue::Bool(cells.value(row)),
            Self::Int8(cells) => KeyValue::Int(cells.value(row).into()),
            Self::Int16(cells) => KeyValue::Int(cells.value(row).into()),
            Self::Int32(cells) => KeyValue::Int(cells.value(row).into()),
            Self::Int64(cells) => KeyValue::Int(cells.value(row)),
            Self::Float32(_)
            | Self::Float64(_)
            | Self::Decimal(..)
            | Self::Text(_)
            | Self::Date(_)
            | Self::Time(_)
            | Self::Timestamp(_)
            | Self::Datetime(_)
            | Self::Uuid(_)
            | Self::List(..) => KeyValue::Text(text()),
            Self::Bytes(cells) => KeyValue::Hex(hex(cells.value(row))),
        }
    }
}

/// Appends a row's list, each item by `item`.
fn write_list(list: &ListArray, row: usize, out: &mut String, item: impl Fn(usize, &mut String)) {
    let offsets = list.value_offsets();
    let (Some(from), Some(to)) = (offsets.get(row), offsets.get(row + 1)) else { return };
    let range = usize::try_from(*from).unwrap_or(0)..usize::try_from(*to).unwrap_or(0);
    out.push('[');
    for (place, at) in range.enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        item(at, out);
    }
    out.push(']');
}

/// Whether a text looks like another, or like something else, unless it is quoted: what is empty, has a blank at an end or
/// a character that is not seen, or looks like a quoted text or like a value that is missing.
fn is_misread(text: &str) -> bool {
    // Quotes and backslashes are seen as they are.
    let seen = text.len() + text.matches(['"', '\\']).count() + 2;
    text.is_empty()
        || text == "null"
        || text.starts_with(['"', ' '])
        || text.ends_with(' ')
        || format!("{text:?}").len() != seen
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    // Writing into a String cannot fail.
    let _ = write::hex(bytes, &mut text);
    text
}

/// Cuts a text to what a message can show; the cut is marked with `…`.
pub(crate) fn shorten(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(SHOWN)
        && text.chars().count() > SHOWN
    {
        text.truncate(cut);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_stand_beside_each_other_are_told_apart() {
        let texts = [
            Some("null"),
            None,
            Some("plain text"),
            Some(r#"a "word" of C:\temp, c'est ça"#),
            Some(r#"{"a": 1}"#),
            Some(""),
            Some(" "),
            Some("x "),
            Some("\"x \""),
            Some("a\nb\tc\u{1b}"),
            Some("a\u{a0}b\u{202e}c"),
        ];
        let texts = StringArray::from(texts.to_vec());
        let cells = Cells::of(&texts).unwrap();
        let shown: Vec<String> = (0..texts.len()).map(|row| cells.shown_apart(row)).collect();
        let expected = [
            r#""null""#,
            "null",
            "plain text",
            r#"a "word" of C:\temp, c'est ça"#,
            r#"{"a": 1}"#,
            r#""""#,
            r#"" ""#,
            r#""x ""#,
            r#""\"x \"""#,
            r#""a\nb\tc\u{1b}""#,
            r#""a\u{a0}b\u{202e}c""#,
        ];
        assert_eq!(shown, expected);
        let long = StringArray::from(vec!["é".repeat(80), "é".repeat(5_000), "\t".repeat(5_000)]);
        let cells = Cells::of(&long).unwrap();
        assert_eq!(cells.shown_apart(0), "é".repeat(80));
        assert_eq!(cells.shown_apart(1), "é".repeat(80) + "…");
        assert!(cells.shown_apart(2).starts_with(r#""\t\t"#));
    }

    #[test]
    fn items_of_a_list_are_told_apart() {
        let mut lists = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
        lists.append_value([Some("a"), Some("b")]);
        lists.append_value([Some("a, b")]);
        lists.append_value([Some("null"), None, Some("")]);
        lists.append_null();
        let lists = lists.finish();
        let cells = Cells::of(&lists).unwrap();
        let shown: Vec<String> = (0..lists.len()).map(|row| cells.shown_apart(row)).collect();
        assert_eq!(shown, ["[a, b]", r#"["a, b"]"#, r#"["null", null, ""]"#, "null"]);
    }
}
