//! The encodings of a few rows at a time, written column by column.
//!
//! Gives the bytes that [`super::encode`] gives row by row: which of them is written next is decided once for a column
//! and not once for a value. Holds one block's bytes, and grows to the longest.

use std::ops::Range;

use arrow::buffer::NullBuffer;
use mig_plan::Type;

use super::{canonical32, canonical64, encode};
use crate::cells::Cells;

/// Rows in a block: few, so that their bytes stay near while the columns are written into them.
const ROWS: usize = 256;

/// A block that is filled again and again.
#[derive(Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// How long each row is, then where its next value goes, and in the end where it ends.
    at: Vec<usize>,
    /// The encodings of each column whose values are not put down as they lie in the array.
    encoded: Vec<Encoded>,
}

/// The encodings of a column's values, one behind the other.
#[derive(Default)]
struct Encoded {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Block {
    /// Calls `each` with the encoding of every row of some columns.
    pub(super) fn visit(&mut self, columns: &[(&Type, Cells<'_>)], rows: usize, mut each: impl FnMut(&[u8])) {
        let mut from = 0;
        while from < rows {
            let to = rows.min(from + ROWS);
            self.fill(columns, from..to);
            let mut start = 0;
            for &end in &self.at {
                each(&self.bytes[start..end]);
                start = end;
            }
            from = to;
        }
    }

    fn fill(&mut self, columns: &[(&Type, Cells<'_>)], rows: Range<usize>) {
        self.encoded.resize_with(columns.len(), Encoded::default);
        self.at.clear();
        self.at.resize(rows.len(), 0);
        for ((ty, cells), encoded) in columns.iter().zip(&mut self.encoded) {
            measure(ty, cells, rows.clone(), encoded, &mut self.at);
        }
        let mut length = 0;
        for at in &mut self.at {
            length += std::mem::replace(at, length);
        }
        // What is longer from before is written over.
        if self.bytes.len() < length {
            self.bytes.resize(length, 0);
        }
        for ((ty, cells), encoded) in columns.iter().zip(&self.encoded) {
            let slots = Slots {
                nulls: cells.array().nulls(),
                rows: rows.clone(),
                bytes: &mut self.bytes,
                at: &mut self.at,
            };
            slots.write(ty, cells, encoded);
        }
    }
}

/// Adds how long the encoding of each value is.
fn measure(ty: &Type, cells: &Cells<'_>, rows: Range<usize>, encoded: &mut Encoded, lengths: &mut [usize]) {
    let nulls = cells.array().nulls();
    match cells {
        Cells::Text(cells) if *ty != Type::Json => {
            sized_lengths(cells.value_offsets(), nulls, rows, lengths);
        }
        Cells::Bytes(cells) => sized_lengths(cells.value_offsets(), nulls, rows, lengths),
        Cells::Text(_) | Cells::List(..) => {
            encoded.bytes.clear();
            encoded.ends.clear();
            for (length, row) in lengths.iter_mut().zip(rows) {
                let start = encoded.bytes.len();
                encode(ty, cells, row, &mut encoded.bytes);
                encoded.ends.push(encoded.bytes.len());
                *length += encoded.bytes.len() - start;
            }
        }
        Cells::Bool(_) | Cells::Int8(_) => fixed_lengths(1, nulls, rows, lengths),
        Cells::Int16(_) => fixed_lengths(2, nulls, rows, lengths),
        Cells::Int32(_) | Cells::Float32(_) | Cells::Date(_) => fixed_lengths(4, nulls, rows, lengths),
        Cells::Int64(_) | Cells::Float64(_) | Cells::Time(_) | Cells::Timestamp(_) | Cells::Datetime(_) => {
            fixed_lengths(8, nulls, rows, lengths);
        }
        Cells::Decimal(..) | Cells::Uuid(_) => fixed_lengths(16, nulls, rows, lengths),
    }
}

fn fixed_lengths(width: usize, nulls: Option<&NullBuffer>, rows: Range<usize>, lengths: &mut [usize]) {
    match nulls {
        None => lengths.iter_mut().for_each(|length| *length += 1 + width),
        Some(nulls) => {
            for (length, row) in lengths.iter_mut().zip(rows) {
                *length += if nulls.is_null(row) { 1 } else { 1 + width };
            }
        }
    }
}

fn sized_lengths(offsets: &[i32], nulls: Option<&NullBuffer>, rows: Range<usize>, lengths: &mut [usize]) {
    let ends = offsets.get(rows.start..=rows.end).unwrap_or_default();
    for ((length, ends), row) in lengths.iter_mut().zip(ends.windows(2)).zip(rows) {
        let is_null = nulls.is_some_and(|nulls| nulls.is_null(row));
        // Offsets of an array never fall.
        *length += if is_null { 1 } else { 9 + ends[1].abs_diff(ends[0]) as usize };
    }
}

/// Where the values of a column go.
struct Slots<'a> {
    nulls: Option<&'a NullBuffer>,
    rows: Range<usize>,
    bytes: &'a mut [u8],
    /// For each row, the place of its next value.
    at: &'a mut [usize],
}

impl Slots<'_> {
    /// Writes the encoding of each value where it belongs, and moves the place behind it.
    fn write(mut self, ty: &Type, cells: &Cells<'_>, encoded: &Encoded) {
        let rows = self.rows.clone();
        match cells {
            Cells::Bool(cells) => self.fixed(rows.map(|row| [u8::from(cells.value(row))])),
            Cells::Int8(cells) => self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes())),
            Cells::Int16(cells) => self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes())),
            Cells::Int32(cells) => self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes())),
            Cells::Int64(cells) => self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes())),
            Cells::Float32(cells) => {
                self.fixed(cells.values()[rows].iter().map(|value| canonical32(*value).to_le_bytes()));
            }
            Cells::Float64(cells) => {
                self.fixed(cells.values()[rows].iter().map(|value| canonical64(*value).to_le_bytes()));
            }
            Cells::Decimal(cells, _) => {
                self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes()));
            }
            Cells::Date(cells) => self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes())),
            Cells::Time(cells) => self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes())),
            Cells::Timestamp(cells) | Cells::Datetime(cells) => {
                self.fixed(cells.values()[rows].iter().map(|value| value.to_le_bytes()));
            }
            Cells::Uuid(cells) => self.fixed(rows.map(|row| {
                let value: Result<[u8; 16], _> = cells.value(row).try_into();
                // That it has 16 bytes was seen by its type.
                value.unwrap_or_default()
            })),
            Cells::Text(cells) if *ty != Type::Json => {
                self.sized(rows.map(|row| cells.value(row).as_bytes()));
            }
            Cells::Bytes(cells) => self.sized(rows.map(|row| cells.value(row))),
            Cells::Text(_) | Cells::List(..) => self.encoded(encoded),
        }
    }

    fn each<T>(&mut self, values: impl Iterator<Item = T>, put: impl Fn(&mut [u8], T) -> usize) {
        for ((at, row), value) in self.at.iter_mut().zip(self.rows.clone()).zip(values) {
            let slot = &mut self.bytes[*at..];
            if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
                slot[0] = 0;
                *at += 1;
            } else {
                slot[0] = 1;
                *at += 1 + put(&mut slot[1..], value);
            }
        }
    }

    fn fixed<const N: usize>(&mut self, values: impl Iterator<Item = [u8; N]>) {
        self.each(values, |slot, value| {
            slot[..N].copy_from_slice(&value);
            N
        });
    }

    fn sized<'v>(&mut self, values: impl Iterator<Item = &'v [u8]>) {
        self.each(values, |slot, value| {
            slot[..8].copy_from_slice(&(value.len() as u64).to_le_bytes());
            slot[8..8 + value.len()].copy_from_slice(value);
            8 + value.len()
        });
    }

    fn encoded(&mut self, encoded: &Encoded) {
        let mut start = 0;
        for (at, &end) in self.at.iter_mut().zip(&encoded.ends) {
            let value = &encoded.bytes[start..end];
            self.bytes[*at..*at + value.len()].copy_from_slice(value);
            *at += value.len();
            start = end;
        }
    }
}
