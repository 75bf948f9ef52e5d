//! What it means that two rows are equal: the canonical encoding of a row, its hash, and the checksum of
//! a set of rows. `docs/equality.md` says the same for users; the two change together.
//!
//! A row is encoded column after column, in the order of the fields, without the fields' names or types
//! (both sides of a comparison have the same). A missing value is the byte 0. A value is the byte 1 and
//! then, all numbers little-endian:
//!
//! | type | bytes |
//! |---|---|
//! | `bool` | one, 0 or 1 |
//! | `int8` … `int64` | the integer in its width |
//! | `float32`, `float64` | the IEEE bits; every NaN is the quiet one, and -0.0 is 0.0 |
//! | `decimal(p, s)` | the unscaled integer, 16 bytes |
//! | `text`, `enum(a, b)`, `bytes` | how many bytes (8), then the bytes |
//! | `json` | as `text`, after white space outside strings is removed |
//! | `date` | days since 1970-01-01, 4 bytes |
//! | `time`, `timestamp`, `datetime` | microseconds, 8 bytes |
//! | `uuid` | its 16 bytes |
//! | `list(T)` | how many items (8), then each item as a column is |
//!
//! Every value says where it ends, so that no two different rows have one encoding. The hash is the
//! 128-bit XXH3 of the encoding with seed 0; the checksum is the count and the sum of the hashes modulo
//! 2^128, which no order and no grouping of the rows changes. It finds accidents; it does not withstand
//! somebody who constructs rows to deceive it.

mod block;

use arrow::array::Array;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkDigest, Type};
use xxhash_rust::xxh3::xxh3_128;

use self::block::Block;
use crate::cells::Cells;
use crate::store::Field;

/// Hashes rows of one table. Cheap to clone; holds no rows.
#[derive(Clone, Debug)]
pub struct RowHasher {
    columns: Vec<(String, Type)>,
}

impl RowHasher {
    /// A hasher of rows with these fields.
    pub fn new(fields: &[Field]) -> Self {
        Self { columns: fields.iter().map(|field| (field.name.clone(), field.ty.ty.clone())).collect() }
    }

    /// The checksum of all rows of a batch.
    ///
    /// # Errors
    /// When the batch's columns are not the hasher's fields in their order and number.
    pub fn digest(&self, batch: &RecordBatch) -> Result<ChunkDigest, ArrowError> {
        let mut sum = 0_u128;
        self.visit(batch, |hash| sum = sum.wrapping_add(hash))?;
        Ok(ChunkDigest { rows: batch.num_rows() as u64, sum })
    }

    /// The hash of each row of a batch.
    ///
    /// # Errors
    /// As for [`RowHasher::digest`].
    pub fn rows(&self, batch: &RecordBatch) -> Result<Vec<u128>, ArrowError> {
        let mut hashes = Vec::with_capacity(batch.num_rows());
        self.visit(batch, |hash| hashes.push(hash))?;
        Ok(hashes)
    }

    /// The hash of each value of one row, by column: equal for values that are equal in a row.
    ///
    /// # Errors
    /// As for [`RowHasher::digest`].
    pub(crate) fn values(&self, batch: &RecordBatch, row: usize) -> Result<Vec<u128>, ArrowError> {
        let mut value_bytes = Vec::new();
        let hash = |(ty, cells): &(&Type, Cells<'_>)| {
            value_bytes.clear();
            encode(ty, cells, row, &mut value_bytes);
            self::hash(&value_bytes)
        };
        Ok(self.columns(batch)?.iter().map(hash).collect())
    }

    /// Calls `each` with the hash of each row of a batch, in order.
    ///
    /// # Errors
    /// As for [`RowHasher::digest`].
    pub(crate) fn visit(&self, batch: &RecordBatch, mut each: impl FnMut(u128)) -> Result<(), ArrowError> {
        let columns = self.columns(batch)?;
        Block::default().visit(&columns, batch.num_rows(), |row_bytes| each(hash(row_bytes)));
        Ok(())
    }

    fn columns<'a>(&'a self, batch: &'a RecordBatch) -> Result<Vec<(&'a Type, Cells<'a>)>, ArrowError> {
        let wrong = |what: String| Err(ArrowError::SchemaError(what));
        if batch.num_columns() != self.columns.len() {
            return wrong(format!(
                "a batch of {} columns where {} are hashed",
                batch.num_columns(),
                self.columns.len()
            ));
        }
        let mut columns = Vec::with_capacity(self.columns.len());
        for ((name, ty), array) in self.columns.iter().zip(batch.columns()) {
            let expected = crate::arrow_types::arrow_type(ty);
            match Cells::of(array.as_ref()) {
                Some(cells) if array.data_type().equals_datatype(&expected) => columns.push((ty, cells)),
                _ => {
                    return wrong(format!("column `{name}` is {} where {ty} is hashed", array.data_type()));
                }
            }
        }
        Ok(columns)
    }
}

/// The hash of a row, given its encoding.
pub(crate) fn hash(row_bytes: &[u8]) -> u128 {
    xxh3_128(row_bytes)
}

/// Appends the encoding of one value.
fn encode(ty: &Type, cells: &Cells<'_>, row: usize, out: &mut Vec<u8>) {
    if cells.is_null(row) {
        put_null(out);
        return;
    }
    match cells {
        Cells::Bool(cells) => put(out, [u8::from(cells.value(row))]),
        Cells::Int8(cells) => put(out, cells.value(row).to_le_bytes()),
        Cells::Int16(cells) => put(out, cells.value(row).to_le_bytes()),
        Cells::Int32(cells) => put(out, cells.value(row).to_le_bytes()),
        Cells::Int64(cells) => put(out, cells.value(row).to_le_bytes()),
        Cells::Float32(cells) => put(out, canonical32(cells.value(row)).to_le_bytes()),
        Cells::Float64(cells) => put(out, canonical64(cells.value(row)).to_le_bytes()),
        Cells::Decimal(cells, _) => put(out, cells.value(row).to_le_bytes()),
        Cells::Text(cells) if *ty == Type::Json => {
            put_bytes(out, strip_json(cells.value(row)).as_bytes());
        }
        Cells::Text(cells) => put_bytes(out, cells.value(row).as_bytes()),
        Cells::Bytes(cells) => put_bytes(out, cells.value(row)),
        Cells::Date(cells) => put(out, cells.value(row).to_le_bytes()),
        Cells::Time(cells) => put(out, cells.value(row).to_le_bytes()),
        Cells::Timestamp(cells) | Cells::Datetime(cells) => put(out, cells.value(row).to_le_bytes()),
        Cells::Uuid(cells) => {
            out.push(1);
            out.extend_from_slice(cells.value(row));
        }
        Cells::List(cells, items) => {
            let length = usize::try_from(cells.value_length(row)).unwrap_or(0);
            let from = usize::try_from(cells.value_offsets()[row]).unwrap_or(0);
            put(out, (length as u64).to_le_bytes());
            let Type::List(item) = ty else { return };
            for place in from..from + length {
                encode(&item.ty, items, place, out);
            }
        }
    }
}

/// A missing value.
pub(crate) fn put_null(out: &mut Vec<u8>) {
    out.push(0);
}

/// Tag and payload at once: one growth check for a value of fixed width.
pub(crate) fn put<const N: usize>(out: &mut Vec<u8>, payload: [u8; N]) {
    out.push(1);
    out.extend_from_slice(&payload);
}

/// A value that has its length before it.
pub(crate) fn put_bytes(out: &mut Vec<u8>, payload: &[u8]) {
    put(out, (payload.len() as u64).to_le_bytes());
    out.extend_from_slice(payload);
}

/// As [`canonical64`], in half the bits.
pub(crate) fn canonical32(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value + 0.0 }
}

/// Every NaN as one, and -0.0 as 0.0: a text column loses the sign of NaN, SQLite that of zero, and the
/// language's `==` tells neither apart.
pub(crate) fn canonical64(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { value + 0.0 }
}

/// A JSON text without the white space outside its strings. Text that is not JSON gives some text, and
/// equal texts give equal texts.
pub(crate) fn strip_json(text: &str) -> String {
    let mut stripped = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string {
            stripped.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            stripped.push(c);
            in_string = c == '"';
        }
    }
    stripped
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
        Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, StringArray,
        Time64MicrosecondArray, TimestampMicrosecondArray, UInt32Array,
    };
    use arrow::buffer::OffsetBuffer;
    use arrow::compute::take_record_batch;

    use super::*;
    use crate::arrow_types::{arrow_field, arrow_schema};

    /// A generator of the same numbers every time (SplitMix64).
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }

        fn maybe<T>(&mut self, value: impl FnOnce(u64) -> T) -> Option<T> {
            let number = self.next();
            (!number.is_multiple_of(7)).then(|| value(number))
        }
    }

    fn fields(types: &[&str]) -> Vec<Field> {
        let field = |(place, ty): (usize, &&str)| Field {
            name: format!("c{place}"),
            ty: ty.parse().unwrap(),
            secret: false,
        };
        types.iter().enumerate().map(field).collect()
    }

    fn batch(types: &[&str], columns: Vec<ArrayRef>) -> (RowHasher, RecordBatch) {
        let fields = fields(types);
        (RowHasher::new(&fields), RecordBatch::try_new(arrow_schema(&fields), columns).unwrap())
    }

    fn random(rows: usize) -> (RowHasher, RecordBatch) {
        let mut numbers = Numbers(7);
        let mut column = |of: &dyn Fn(Vec<Option<u64>>) -> ArrayRef| -> ArrayRef {
            of((0..rows).map(|_| numbers.maybe(|number| number)).collect())
        };
        let text = |number: u64| "é".repeat((number % 5) as usize) + &(number % 11).to_string();
        let columns = vec![
            column(&|v| Arc::new(v.iter().map(|n| n.map(|n| n as i64)).collect::<Int64Array>())),
            column(&|v| Arc::new(v.iter().map(|n| n.map(text)).collect::<StringArray>())),
            column(&|v| Arc::new(v.iter().map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>())),
            column(&|v| Arc::new(v.iter().map(|n| n.map(|n| n as f64 / 3.0)).collect::<Float64Array>())),
            column(&|v| {
                let decimals: Decimal128Array = v.iter().map(|n| n.map(i128::from)).collect();
                Arc::new(decimals.with_precision_and_scale(38, 2).unwrap())
            }),
            column(&|v| Arc::new(v.iter().map(|n| n.map(|n| n as i32)).collect::<Date32Array>())),
            column(&|v| Arc::new(v.iter().map(|n| n.map(u64::to_le_bytes)).collect::<BinaryArray>())),
            column(&|v| {
                let instants: TimestampMicrosecondArray = v.iter().map(|n| n.map(|n| n as i64)).collect();
                Arc::new(instants.with_timezone("UTC"))
            }),
        ];
        let types =
            ["int64?", "text?", "bool?", "float64?", "decimal(38, 2)?", "date?", "bytes?", "timestamp?"];
        batch(&types, columns)
    }

    #[test]
    fn the_checksum_does_not_depend_on_order_or_grouping() {
        let (hasher, rows) = random(1000);
        let whole = hasher.digest(&rows).unwrap();
        assert_eq!(whole.rows, 1000);
        let mut numbers = Numbers(1);
        for _ in 0..20 {
            let (mut from, mut sum) = (0, ChunkDigest::default());
            while from < 1000 {
                let length = ((numbers.next() % 300) as usize).min(1000 - from);
                sum = sum.merge(hasher.digest(&rows.slice(from, length)).unwrap());
                from += length;
            }
            assert_eq!(sum, whole);
            let mut order: Vec<u32> = (0..1000).collect();
            order.sort_by_cached_key(|_| numbers.next());
            let shuffled = take_record_batch(&rows, &UInt32Array::from(order)).unwrap();
            assert_eq!(hasher.digest(&shuffled).unwrap(), whole);
        }
        let hashes = hasher.rows(&rows).unwrap();
        assert_eq!(hashes.iter().fold(0_u128, |sum, hash| sum.wrapping_add(*hash)), whole.sum);
        let distinct: std::collections::BTreeSet<u128> = hashes.into_iter().collect();
        assert_eq!(distinct.len(), 1000);
    }

    #[test]
    fn the_hash_is_that_of_the_documented_encoding() {
        let (hasher, rows) = batch(
            &["int32", "text?", "text?"],
            vec![
                Arc::new(Int32Array::from(vec![-2])),
                Arc::new(StringArray::from(vec![Some("é")])),
                Arc::new(StringArray::from(vec![None::<&str>])),
            ],
        );
        let encoding =
            [&[1, 0xfe, 0xff, 0xff, 0xff][..], &[1, 2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9], &[0]].concat();
        assert_eq!(hasher.rows(&rows).unwrap(), [xxh3_128(&encoding)]);
        // Journals hold these sums: the encoding never changes under a plan of the same version.
        assert_eq!(
            hasher.digest(&rows).unwrap().to_string(),
            format!("1 rows, {:032x}", xxh3_128(&encoding))
        );
    }

    #[test]
    fn columns_are_encoded_as_their_rows_are() {
        let (hasher, rows) = random(1000);
        let json: StringArray = (0..1000).map(|n| (n % 3 > 0).then(|| format!("[ {n}, null ]"))).collect();
        let item = Arc::new(arrow_field("item", &"int64?".parse().unwrap()));
        let lists = ListArray::new(
            item,
            OffsetBuffer::from_lengths((0..1000).map(|n| n % 4)),
            Arc::new((0..1500).map(|n| (n % 5 > 0).then_some(n)).collect::<Int64Array>()),
            Some((0..1000).map(|n| n % 6 > 0).collect::<Vec<bool>>().into()),
        );
        let uuids = (0..1000_u128).map(|n| (n % 7 > 0).then(|| (n << 64).to_le_bytes()));
        let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).unwrap();
        let numbers = || (0..1000_i16).map(|n| (n % 8 > 0).then_some(n));
        let (others, other_rows) = batch(
            &[
                "json?",
                "list(int64?)?",
                "uuid?",
                "int8?",
                "int16?",
                "int32?",
                "float32?",
                "time?",
                "datetime",
            ],
            vec![
                Arc::new(json),
                Arc::new(lists),
                Arc::new(uuids),
                Arc::new(numbers().map(|n| n.map(|n| n as i8)).collect::<Int8Array>()),
                Arc::new(numbers().collect::<Int16Array>()),
                Arc::new(numbers().map(|n| n.map(i32::from)).collect::<Int32Array>()),
                Arc::new(numbers().map(|n| n.map(|n| -f32::from(n))).collect::<Float32Array>()),
                Arc::new(numbers().map(|n| n.map(i64::from)).collect::<Time64MicrosecondArray>()),
                Arc::new((0..1000).map(Some).collect::<TimestampMicrosecondArray>()),
            ],
        );
        for (hasher, rows) in [(hasher, rows), (others, other_rows)] {
            for rows in [rows.slice(0, 0), rows.slice(3, 700), rows] {
                let row_by_row = (0..rows.num_rows()).map(|row| {
                    let mut row_bytes = Vec::new();
                    for (ty, cells) in hasher.columns(&rows).unwrap() {
                        encode(ty, &cells, row, &mut row_bytes);
                    }
                    hash(&row_bytes)
                });
                assert_eq!(hasher.rows(&rows).unwrap(), row_by_row.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        let text = |a: Option<&str>, b: Option<&str>| {
            let columns: Vec<ArrayRef> =
                vec![Arc::new(StringArray::from(vec![a])), Arc::new(StringArray::from(vec![b]))];
            let (hasher, rows) = batch(&["text?", "text?"], columns);
            hasher.rows(&rows).unwrap()[0]
        };
        let all = [
            text(Some("ab"), Some("c")),
            text(Some("a"), Some("bc")),
            text(Some(""), Some("abc")),
            text(None, Some("abc")),
            text(Some("abc"), None),
            text(Some(""), None),
            text(None, Some("")),
            text(None, None),
            text(Some("\0"), Some("")),
        ];
        let distinct: std::collections::BTreeSet<u128> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn floats_are_equal_by_value() {
        let negative_nan = f64::from_bits(0xfff8_0000_0000_0001);
        let (hasher, rows) = batch(
            &["float64"],
            vec![Arc::new(Float64Array::from(vec![0.0, -0.0, f64::NAN, negative_nan, 1.0]))],
        );
        let hashes = hasher.rows(&rows).unwrap();
        assert_eq!(hashes[0], hashes[1]);
        assert_eq!(hashes[2], hashes[3]);
        assert_ne!(hashes[0], hashes[4]);
    }

    #[test]
    fn json_is_equal_without_its_white_space() {
        let texts = [
            "{\"a b\": [1,\t2],\n\"\\\" \": 1}",
            "{\"a b\":[1,2],\"\\\" \":1}",
            "{\"ab\":[1,2],\"\\\" \":1}",
        ];
        let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        let (json, rows) = batch(&["json"], vec![Arc::clone(&column)]);
        let hashes = json.rows(&rows).unwrap();
        assert_eq!(hashes[0], hashes[1]);
        assert_ne!(hashes[1], hashes[2]);
        let (text, rows) = batch(&["text"], vec![column]);
        let hashes = text.rows(&rows).unwrap();
        assert_ne!(hashes[0], hashes[1]);
    }

    #[test]
    fn lists_and_uuids_have_their_own_ends() {
        let item = Arc::new(arrow_field("item", &"text?".parse().unwrap()));
        let lists = ListArray::try_new(
            item,
            OffsetBuffer::new(vec![0, 2, 3, 3, 4].into()),
            Arc::new(StringArray::from(vec![Some("a"), Some("b"), Some("ab"), None])),
            None,
        )
        .unwrap();
        let uuids = FixedSizeBinaryArray::try_from_iter([[1_u8; 16]; 4].iter()).unwrap();
        let (hasher, rows) = batch(&["list(text?)", "uuid"], vec![Arc::new(lists), Arc::new(uuids)]);
        let hashes = hasher.rows(&rows).unwrap();
        let distinct: std::collections::BTreeSet<u128> = hashes.iter().copied().collect();
        assert_eq!(distinct.len(), 4);
        assert_eq!(hasher.rows(&rows.slice(1, 2)).unwrap(), hashes[1..3]);
    }

    #[test]
    fn a_batch_of_other_columns_is_refused() {
        let (hasher, _) = batch(&["int64"], vec![Arc::new(Int64Array::from(vec![1]))]);
        let (_, other) = batch(&["int32"], vec![Arc::new(Int32Array::from(vec![1]))]);
        assert!(hasher.digest(&other).is_err());
        let (_, two) = batch(
            &["int64", "int64"],
            vec![Arc::new(Int64Array::from(vec![1])), Arc::new(Int64Array::from(vec![1]))],
        );
        assert!(hasher.digest(&two).is_err());
    }
}
