//! The binary form of COPY into Arrow builders: rows out of the stream's bytes, values out of rows.
//!
//! Pure. Rows may be cut anywhere by the messages that bring them.

use mig_plan::{KeyBound, KeyValue};

use super::numeric;
use super::types::Native;
use crate::cells::Cells;
use crate::store::builders::ColumnBuilder;
use crate::store::refusal::shorten_bytes;

/// What every binary copy begins with; flags and the length of an extension follow.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const HEADER: usize = SIGNATURE.len() + 8;

/// Days and microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
pub(super) const EPOCH_DAYS: i32 = 10_957;
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// Bytes of the stream that are not yet whole rows, and whether the header has been seen.
#[derive(Default)]
pub(super) struct Stream {
    rest: Vec<u8>,
    begun: bool,
}

impl Stream {
    /// Takes a message and gives each whole row in it; see [`Row::values`].
    ///
    /// # Errors
    /// Whatever `each` gives, or that the bytes are not a binary copy.
    pub(super) fn feed<E: From<Broken>>(
        &mut self,
        message: &[u8],
        mut each: impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // A message mostly is one whole row; only what is cut is put together first.
        let joined;
        let mut bytes = if self.rest.is_empty() {
            message
        } else {
            joined = [&std::mem::take(&mut self.rest), message].concat();
            &joined
        };
        if !self.begun {
            if bytes.len() < HEADER {
                self.rest = bytes.to_vec();
                return Ok(());
            }
            let extension = bytes.get(HEADER - 4..HEADER).and_then(|bytes| bytes.try_into().ok());
            if !bytes.starts_with(SIGNATURE) || extension.map(u32::from_be_bytes) != Some(0) {
                return Err(Broken.into());
            }
            bytes = &bytes[HEADER..];
            self.begun = true;
        }
        while let Some((row, behind)) = Row::first_of(bytes)? {
            // The end of a copy is a row without values.
            if row.count > 0 {
                each(row)?;
            }
            bytes = behind;
        }
        self.rest = bytes.to_vec();
        Ok(())
    }
}

/// The stream is not a binary copy of the columns that were asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken;

/// A whole row of a copy.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// How many values it has.
    pub(super) count: usize,
    /// Its bytes as they came, the number of its values first.
    pub(super) bytes: &'a [u8],
}

impl<'a> Row<'a> {
    /// The row at the start of the bytes, and what is behind it; `None` when it is cut.
    fn first_of(bytes: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, Broken> {
        let Some((count, _)) = bytes.split_first_chunk::<2>() else { return Ok(None) };
        let count = usize::from(i16::from_be_bytes(*count).max(0).cast_unsigned());
        let mut at = 2;
        for _ in 0..count {
            let Some(length) = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()) else {
                return Ok(None);
            };
            at += 4;
            at += match i32::from_be_bytes(length) {
                -1 => 0,
                length => usize::try_from(length).map_err(|_| Broken)?,
            };
        }
        Ok(bytes.split_at_checked(at).map(|(bytes, behind)| (Self { count, bytes }, behind)))
    }

    /// Its values; `None` for null.
    pub(super) fn values(self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let mut rest = self.bytes.get(2..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
                rest = behind;
                return Some(None);
            };
            let (value, behind) = behind.split_at_checked(length)?;
            rest = behind;
            Some(Some(value))
        })
    }
}

/// A value of a type whose values have all the same length.
pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], &'static str> {
    bytes.try_into().map_err(|_| "bytes of another length than its type has")
}

/// A text, which PostgreSQL sends in UTF-8.
pub(super) fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| "text that is not UTF-8")
}

/// Days since 1970-01-01.
pub(super) fn date(bytes: &[u8]) -> Result<i32, &'static str> {
    let days = i32::from_be_bytes(fixed(bytes)?);
    if matches!(days, i32::MIN | i32::MAX) {
        return Err("an infinity, which a date has not");
    }
    days.checked_add(EPOCH_DAYS).ok_or("a day out of range")
}

/// Microseconds of the day.
pub(super) fn time(bytes: &[u8]) -> Result<i64, &'static str> {
    let micros = i64::from_be_bytes(fixed(bytes)?);
    if micros == DAY {
        return Err("24:00, which is not a time of day");
    }
    Ok(micros)
}

/// Microseconds since 1970-01-01, of both kinds of timestamp.
pub(super) fn timestamp(bytes: &[u8]) -> Result<i64, &'static str> {
    let micros = i64::from_be_bytes(fixed(bytes)?);
    if matches!(micros, i64::MIN | i64::MAX) {
        return Err("an infinity, which a timestamp has not");
    }
    micros.checked_add(EPOCH_MICROS).ok_or("a year behind 294246")
}

/// Appends a value.
///
/// # Errors
/// Why Arrow has no such value.
pub(super) fn append(column: &mut ColumnBuilder, native: &Native, bytes: &[u8]) -> Result<(), &'static str> {
    match (column, native) {
        (ColumnBuilder::Bool(builder), _) => builder.append_value(fixed::<1>(bytes)? != [0]),
        (ColumnBuilder::Int8(builder), _) => {
            let value = i16::from_be_bytes(fixed(bytes)?);
            builder.append_value(i8::try_from(value).map_err(|_| "a number out of int8's range")?);
        }
        (ColumnBuilder::Int16(builder), _) => builder.append_value(i16::from_be_bytes(fixed(bytes)?)),
        (ColumnBuilder::Int32(builder), _) => builder.append_value(i32::from_be_bytes(fixed(bytes)?)),
        (ColumnBuilder::Int64(builder), _) => builder.append_value(i64::from_be_bytes(fixed(bytes)?)),
        (ColumnBuilder::Float32(builder), _) => builder.append_value(f32::from_be_bytes(fixed(bytes)?)),
        (ColumnBuilder::Float64(builder), _) => builder.append_value(f64::from_be_bytes(fixed(bytes)?)),
        (ColumnBuilder::Decimal { builder, precision, scale }, _) => {
            builder.append_value(numeric::decode(bytes, *precision, *scale)?);
        }
        (ColumnBuilder::Json(builder), Native::Jsonb) => {
            let [1, json @ ..] = bytes else { return Err("jsonb of a version that is not known") };
            builder.append_value(text(json)?);
        }
        (ColumnBuilder::Text(builder) | ColumnBuilder::Json(builder), _) => {
            builder.append_value(text(bytes)?)
        }
        (ColumnBuilder::Enum { builder, labels }, _) => {
            let label = labels.iter().find(|label| label.as_bytes() == bytes);
            builder.append_value(label.ok_or("a text that is no label of the column's enum")?);
        }
        (ColumnBuilder::Bytes(builder), _) => builder.append_value(bytes),
        (ColumnBuilder::Date(builder), _) => builder.append_value(date(bytes)?),
        (ColumnBuilder::Time(builder), _) => builder.append_value(time(bytes)?),
        (ColumnBuilder::Timestamp(builder) | ColumnBuilder::Datetime(builder), _) => {
            builder.append_value(timestamp(bytes)?);
        }
        (ColumnBuilder::Uuid(builder), _) => {
            builder.append_value(fixed::<16>(bytes)?).map_err(|_| "bytes that are not a UUID")?;
        }
        (ColumnBuilder::List(list), native) => {
            let Native::Array(element, _) = native else { return Err("a value that is not an array") };
            let nullable = list.nullable_items;
            let items = array(bytes, |item| match item {
                None if nullable => {
                    list.items.append_null();
                    Ok(())
                }
                None => Err("an array with a null among its elements"),
                Some(item) => append(&mut list.items, element, item),
            })?;
            list.end(items);
        }
    }
    Ok(())
}

/// Gives each element of an array; how many there are.
fn array<'a>(
    bytes: &'a [u8],
    mut element: impl FnMut(Option<&'a [u8]>) -> Result<(), &'static str>,
) -> Result<i32, &'static str> {
    const BROKEN: &str = "bytes that are not an array";
    let mut rest = bytes;
    let mut word = || -> Result<i32, &'static str> {
        let (word, behind) = rest.split_first_chunk::<4>().ok_or(BROKEN)?;
        rest = behind;
        Ok(i32::from_be_bytes(*word))
    };
    let dimensions = word()?;
    word()?;
    word()?;
    match dimensions {
        0 => return Ok(0),
        1 => {}
        _ => return Err("an array of several dimensions"),
    }
    let length = word()?;
    if word()? != 1 {
        return Err("an array that does not begin at place 1");
    }
    for _ in 0..length {
        let (size, behind) = rest.split_first_chunk::<4>().ok_or(BROKEN)?;
        rest = behind;
        match i32::from_be_bytes(*size) {
            -1 => element(None)?,
            size => {
                let size = usize::try_from(size).map_err(|_| BROKEN)?;
                let (value, behind) = rest.split_at_checked(size).ok_or(BROKEN)?;
                rest = behind;
                element(Some(value))?;
            }
        }
    }
    Ok(length)
}

/// A value for people, shortened: the text that the language has for it, or its bytes where it has none.
pub(super) fn show(native: &Native, bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else { return "null".into() };
    let mut column = ColumnBuilder::new(&native.language_type());
    let array = append(&mut column, native, bytes).ok().and_then(|()| column.finish().ok());
    match array.as_ref().and_then(|array| Cells::of(array.as_ref())) {
        Some(cells) => cells.shown(0),
        None => shorten_bytes(bytes),
    }
}

/// The key of a row for people.
pub(super) fn shown_key<'a>(parts: impl Iterator<Item = (&'a Native, Option<&'a [u8]>)>) -> KeyBound {
    let value = |(native, bytes): (&Native, Option<&[u8]>)| {
        let Some(bytes) = bytes else { return KeyValue::Null };
        if matches!(native, Native::Text | Native::Varchar(_) | Native::Char(_) | Native::Enum(_)) {
            return KeyValue::Text(String::from_utf8_lossy(bytes).into_owned());
        }
        let shown = show(native, Some(bytes));
        shown.parse().map_or(KeyValue::Text(shown), KeyValue::Int)
    };
    parts.map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl From<Broken> for String {
        fn from(_: Broken) -> Self {
            "broken".into()
        }
    }

    fn rows(messages: &[&[u8]]) -> Result<Vec<Vec<Option<Vec<u8>>>>, String> {
        let mut stream = Stream::default();
        let mut rows = Vec::new();
        for message in messages {
            stream.feed::<String>(message, |row| {
                let values: Vec<_> = row.values().map(|value| value.map(<[u8]>::to_vec)).collect();
                assert_eq!(values.len(), row.count);
                rows.push(values);
                Ok(())
            })?;
        }
        Ok(rows)
    }

    #[test]
    fn rows_may_be_cut_anywhere() {
        let mut copy = SIGNATURE.to_vec();
        copy.extend([0; 8]);
        copy.extend([0, 2, 0, 0, 0, 1, 7, 255, 255, 255, 255]);
        copy.extend([0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 8, 9]);
        copy.extend([255, 255]);
        let expected = vec![vec![Some(vec![7]), None], vec![Some(vec![]), Some(vec![8, 9])]];
        assert_eq!(rows(&[&copy]).unwrap(), expected);
        let bytes: Vec<_> = copy.chunks(1).collect();
        assert_eq!(rows(&bytes).unwrap(), expected);
        for at in 0..copy.len() {
            let (one, two) = copy.split_at(at);
            assert_eq!(rows(&[one, two]).unwrap(), expected, "cut at {at}");
        }
        assert!(rows(&[b"this is no copy of anything"]).is_err());
    }

    #[test]
    fn an_array_has_one_dimension_and_begins_at_one() {
        let words = |words: &[i32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
        let items = |bytes: &[u8]| {
            let mut items = Vec::new();
            array(bytes, |item| {
                items.push(item.map(<[u8]>::len));
                Ok(())
            })
            .map(|_| items)
        };
        assert_eq!(items(&words(&[0, 0, 23])), Ok(vec![]));
        assert_eq!(items(&words(&[1, 1, 23, 2, 1, 4, 99, -1])), Ok(vec![Some(4), None]));
        assert!(items(&words(&[2, 0, 23, 1, 1, 1, 1, 4, 99])).is_err());
        assert!(items(&words(&[1, 0, 23, 1, 0, 4, 99])).is_err());
        assert!(items(&words(&[1, 0, 23, 5, 1, 4, 99])).is_err());
    }
}
