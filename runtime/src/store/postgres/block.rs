//! The binary form of a few rows at a time, written column by column.
//!
//! Gives the bytes that [`Column::write`] gives value by value; what a column is made of is then decided once for the block.
//! Pure.

use std::ops::Range;

use arrow::buffer::NullBuffer;

use super::decode::fixed;
use super::encode::{Column, day, instant, rounded};

/// Rows in a block, at the most: few, so that their bytes stay near while the columns are written into them.
pub(super) const ROWS: usize = 256;

/// What is used again from block to block.
#[derive(Default)]
pub(super) struct Block {
    /// How long each row is, then where its next value goes.
    at: Vec<usize>,
    /// The values of each column whose lengths are known only when they are written.
    written: Vec<Written>,
}

/// Values of a column with their lengths before them, one behind the other.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// A value that PostgreSQL cannot keep as it is.
pub(super) struct Refused {
    pub(super) row: usize,
    /// The place of its column.
    pub(super) place: usize,
    pub(super) reason: &'static str,
}

impl Block {
    /// Appends rows to a message.
    ///
    /// # Errors
    /// A value that cannot be kept; the message is then of no use.
    pub(super) fn append(
        &mut self,
        columns: &[Column],
        rows: Range<usize>,
        message: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        self.written.resize_with(columns.len(), Written::default);
        self.at.clear();
        self.at.resize(rows.len(), 2);
        let places = || columns.iter().enumerate();
        for ((place, column), written) in places().zip(&mut self.written) {
            let measured = measure(column, rows.clone(), written, &mut self.at);
            measured.map_err(|(row, reason)| Refused { row, place, reason })?;
        }
        let mut end = message.len();
        for at in &mut self.at {
            end += std::mem::replace(at, end);
        }
        message.resize(end, 0);
        let count = (columns.len() as u16).to_be_bytes();
        for at in &mut self.at {
            message[*at..*at + 2].copy_from_slice(&count);
            *at += 2;
        }
        for ((place, column), written) in places().zip(&self.written) {
            let slots =
                Slots { nulls: column.array().nulls(), rows: rows.clone(), message, at: &mut self.at };
            slots.write(column, written).map_err(|(row, reason)| Refused { row, place, reason })?;
        }
        Ok(())
    }
}

/// A row, and why its value cannot be kept.
type Wrong = (usize, &'static str);

/// Adds how long each value is, with its length before it.
fn measure(
    column: &Column,
    rows: Range<usize>,
    written: &mut Written,
    lengths: &mut [usize],
) -> Result<(), Wrong> {
    let width = match column {
        Column::Bool(_) => 1,
        Column::Int8(_) | Column::Int16(_) => 2,
        Column::Int32(_) | Column::Float32(_) | Column::Date(_) => 4,
        Column::Int64(_) | Column::Float64(_) | Column::Time(..) | Column::Timestamp(..) => 8,
        Column::Uuid(_) => 16,
        Column::Decimal(..) | Column::Text(..) | Column::Bytes(_) | Column::List { .. } => {
            written.bytes.clear();
            written.ends.clear();
            for (length, row) in lengths.iter_mut().zip(rows) {
                let start = written.bytes.len();
                column.write(&mut written.bytes, row).map_err(|reason| (row, reason))?;
                written.ends.push(written.bytes.len());
                *length += written.bytes.len() - start;
            }
            return Ok(());
        }
    };
    match column.array().nulls() {
        None => lengths.iter_mut().for_each(|length| *length += 4 + width),
        Some(nulls) => {
            for (length, row) in lengths.iter_mut().zip(rows) {
                *length += if nulls.is_null(row) { 4 } else { 4 + width };
            }
        }
    }
    Ok(())
}

/// Where the values of a column go.
struct Slots<'a> {
    nulls: Option<&'a NullBuffer>,
    rows: Range<usize>,
    message: &'a mut [u8],
    at: &'a mut [usize],
}

impl Slots<'_> {
    /// Writes each value where it belongs, and moves the place behind it.
    fn write(mut self, column: &Column, written: &Written) -> Result<(), Wrong> {
        match column {
            Column::Bool(array) => self.fixed(|row| Ok([u8::from(array.value(row))])),
            Column::Int8(array) => self.fixed(|row| Ok(i16::from(array.value(row)).to_be_bytes())),
            Column::Int16(array) => self.fixed(|row| Ok(array.value(row).to_be_bytes())),
            Column::Int32(array) => self.fixed(|row| Ok(array.value(row).to_be_bytes())),
            Column::Int64(array) => self.fixed(|row| Ok(array.value(row).to_be_bytes())),
            Column::Float32(array) => self.fixed(|row| Ok(array.value(row).to_be_bytes())),
            Column::Float64(array) => self.fixed(|row| Ok(array.value(row).to_be_bytes())),
            Column::Date(array) => self.fixed(|row| Ok(day(array.value(row))?.to_be_bytes())),
            Column::Time(array, unit) => {
                self.fixed(|row| Ok(rounded(array.value(row), *unit)?.to_be_bytes()))
            }
            Column::Timestamp(array, unit) => {
                self.fixed(|row| Ok(instant(array.value(row), *unit)?.to_be_bytes()))
            }
            Column::Uuid(array) => self.fixed(|row| fixed::<16>(array.value(row))),
            Column::Decimal(..) | Column::Text(..) | Column::Bytes(_) | Column::List { .. } => {
                self.copy(written);
                Ok(())
            }
        }
    }

    fn fixed<const N: usize>(
        &mut self,
        value: impl Fn(usize) -> Result<[u8; N], &'static str>,
    ) -> Result<(), Wrong> {
        for (at, row) in self.at.iter_mut().zip(self.rows.clone()) {
            if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
                self.message[*at..*at + 4].copy_from_slice(&(-1_i32).to_be_bytes());
                *at += 4;
            } else {
                let value = value(row).map_err(|reason| (row, reason))?;
                let slot = &mut self.message[*at..*at + 4 + N];
                slot[..4].copy_from_slice(&(N as u32).to_be_bytes());
                slot[4..].copy_from_slice(&value);
                *at += 4 + N;
            }
        }
        Ok(())
    }

    fn copy(&mut self, written: &Written) {
        let mut start = 0;
        for (at, &end) in self.at.iter_mut().zip(&written.ends) {
            let value = &written.bytes[start..end];
            self.message[*at..*at + value.len()].copy_from_slice(value);
            *at += value.len();
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array,
        Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, StringArray, Time64MicrosecondArray,
        TimestampMicrosecondArray,
    };

    use super::super::types::Native;
    use super::*;

    fn column(array: impl arrow::array::Array + 'static, ty: &str, native: &Native) -> Column {
        let ty = ty.parse::<mig_plan::ColumnType>().unwrap().ty;
        Column::new(&(Arc::new(array) as ArrayRef), &ty, native).unwrap()
    }

    #[test]
    fn a_block_has_the_bytes_of_its_values() {
        let numbers = || (0..700_i16).map(|n| (n % 9 > 0).then_some(n));
        let decimals: Decimal128Array = numbers().map(|n| n.map(i128::from)).collect();
        let uuids = (0..700_u128).map(|n| (n % 7 > 0).then(|| (n << 64).to_le_bytes()));
        let numeric = Native::Numeric { precision: 12, scale: 2 };
        let columns = [
            column(numbers().map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>(), "bool", &Native::Bool),
            column(numbers().map(|n| n.map(|n| n as i8)).collect::<Int8Array>(), "int8", &Native::Int2),
            column(numbers().collect::<Int16Array>(), "int16", &Native::Int2),
            column(numbers().map(|n| n.map(i32::from)).collect::<Int32Array>(), "int32", &Native::Int4),
            column((0..700).collect::<Int64Array>(), "int64", &Native::Int8),
            column(numbers().map(|n| n.map(f32::from)).collect::<Float32Array>(), "float32", &Native::Float4),
            column(numbers().map(|n| n.map(f64::from)).collect::<Float64Array>(), "float64", &Native::Float8),
            column(decimals.with_precision_and_scale(12, 2).unwrap(), "decimal(12, 2)", &numeric),
            column(
                numbers().map(|n| n.map(|n| "é".repeat(n as usize % 40))).collect::<StringArray>(),
                "text",
                &Native::Text,
            ),
            column(numbers().map(|n| n.map(i32::from)).collect::<Date32Array>(), "date", &Native::Date),
            column(
                numbers().map(|n| n.map(i64::from)).collect::<Time64MicrosecondArray>(),
                "time",
                &Native::Time(1),
            ),
            column(
                numbers().map(|n| n.map(i64::from)).collect::<TimestampMicrosecondArray>(),
                "datetime",
                &Native::Timestamp(1),
            ),
            column(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).unwrap(),
                "uuid",
                &Native::Uuid,
            ),
        ];
        let mut block = Block::default();
        for rows in [0..0, 0..256, 256..300, 44..700] {
            let (mut message, mut expected) = (vec![7], vec![7]);
            assert!(block.append(&columns, rows.clone(), &mut message).is_ok());
            for row in rows {
                expected.extend_from_slice(&(columns.len() as u16).to_be_bytes());
                for column in &columns {
                    column.write(&mut expected, row).unwrap();
                }
            }
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn a_value_that_cannot_be_kept_is_told_with_its_place() {
        let ids = column((0..9).collect::<Int64Array>(), "int64", &Native::Int8);
        let instants: TimestampMicrosecondArray = (0..9).map(|n| Some(n / 8)).collect();
        let columns = [ids, column(instants, "datetime", &Native::Timestamp(1_000))];
        let refused = Block::default().append(&columns, 2..9, &mut Vec::new()).err().unwrap();
        assert_eq!((refused.row, refused.place), (8, 1));
        assert!(refused.reason.contains("round"));
    }
}
