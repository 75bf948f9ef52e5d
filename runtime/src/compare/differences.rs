//! Which rows differ, when the checksums say that some do.
//!
//! Two passes over both tables, in any order of rows and with bounded memory. The first adds up the rows'
//! hashes in buckets, by a hash of the row's key: only buckets with other sums can hold a difference. The
//! second keeps the rows of the first few of those, and pairs them by key.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use mig_plan::{ColumnDifference, KeyBound, KeyValue, RowDifference};

use super::survey::Side;
use crate::cells::{Cells, shorten};
use crate::eval::Mapping;
use crate::key::key_of;
use crate::progress::Progress;
use crate::row_hash::RowHasher;
use crate::scan::scan;
use crate::store::{Field, Store};
use crate::transfer::{TransferError, apply};

/// How many buckets there are at the least, and at the most (32 MiB for each side).
const BUCKETS: (usize, usize) = (1 << 12, 1 << 20);

/// How many rows a bucket should have in a table that is large enough.
const ROWS_IN_BUCKET: u64 = 64;

/// How many rows of differing buckets are kept, unless a single bucket has more.
const ROWS_KEPT: u64 = 20_000;

/// The rows that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Differences {
    /// The first of them by key.
    pub(super) rows: Vec<RowDifference>,
    /// How many were found to differ in a column, to be missing in the new table, and to be there alone.
    pub(super) changed: u64,
    pub(super) missing: u64,
    pub(super) extra: u64,
    /// Whether these are all.
    pub(super) complete: bool,
}

/// Both sides of a comparison.
pub(super) struct Sides<'a> {
    pub(super) old: &'a Store,
    pub(super) new: &'a Store,
    pub(super) mapping: &'a Arc<Mapping>,
    pub(super) chunk_rows: u64,
    pub(super) progress: &'a Arc<Progress>,
}

/// Finds differing rows of two tables of about `rows` rows, and describes at most `limit` of them.
///
/// # Errors
/// When a store cannot be read, or the mapping has no value for a row.
pub(super) async fn find(sides: &Sides<'_>, rows: u64, limit: usize) -> Result<Differences, TransferError> {
    let wanted = usize::try_from(rows / ROWS_IN_BUCKET).unwrap_or(usize::MAX);
    let count = wanted.clamp(BUCKETS.0, BUCKETS.1).next_power_of_two();
    let (old, new) = tokio::try_join!(sides.buckets(Side::Old, count), sides.buckets(Side::New, count))?;
    let (chosen, complete) = choose(&old, &new);
    let chosen = Arc::new(chosen);
    let kept = Arc::new(Mutex::new(Kept::default()));
    tokio::try_join!(sides.keep(Side::Old, &chosen, &kept), sides.keep(Side::New, &chosen, &kept))?;
    let kept = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(kept.pair(sides.mapping.new_fields(), limit, complete))
}

/// The rows of one bucket: how many, and the sum of their hashes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    rows: u64,
    sum: u128,
}

/// Which buckets differ, as many as may be kept, marked among all; and whether that is all of them.
fn choose(old: &[Bucket], new: &[Bucket]) -> (Vec<bool>, bool) {
    let mut chosen = vec![false; old.len()];
    let (mut rows, mut complete) = (0, true);
    for (place, (old, new)) in old.iter().zip(new).enumerate() {
        if old == new {
            continue;
        }
        if rows > 0 && rows + old.rows + new.rows > ROWS_KEPT {
            complete = false;
            break;
        }
        rows += old.rows + new.rows;
        chosen[place] = true;
    }
    (chosen, complete)
}

/// The bucket that a key's hash falls into, of a power of two of them.
fn bucket_of(key: u128, count: usize) -> usize {
    key as usize & (count - 1)
}

/// What identifies the rows of a mapping, and what they are.
struct Hashers {
    row: RowHasher,
    /// Over the key's columns, and their places; `None` for a table without a key, in which a row is its
    /// own key.
    key: Option<(RowHasher, Vec<usize>)>,
}

impl Hashers {
    fn new(mapping: &Mapping) -> Self {
        let fields = mapping.new_fields();
        let places: Vec<usize> = mapping
            .new_table()
            .key
            .iter()
            .filter_map(|name| fields.iter().position(|field| field.name == *name))
            .collect();
        let key_fields: Vec<Field> = places.iter().map(|place| fields[*place].clone()).collect();
        let key = (!places.is_empty()).then(|| (RowHasher::new(&key_fields), places));
        Self { row: RowHasher::new(fields), key }
    }

    /// The hash of each row's key, and of each row.
    fn rows(&self, batch: &RecordBatch, mapping: &Mapping) -> Result<(Vec<u128>, Vec<u128>), TransferError> {
        let wrong = |error| mapping.broken(&error);
        let rows = self.row.rows(batch).map_err(wrong)?;
        let keys = match &self.key {
            Some((hasher, places)) => {
                batch.project(places).and_then(|key| hasher.rows(&key)).map_err(wrong)?
            }
            None => rows.clone(),
        };
        Ok((keys, rows))
    }
}

impl Sides<'_> {
    /// Calls `each` with the new rows of one side, and the hashes of their keys and of themselves.
    async fn visit(
        &self,
        side: Side,
        each: impl Fn(&RecordBatch, &[u128], &[u128]) + Send + Sync + 'static,
    ) -> Result<(), TransferError> {
        let (store, place, table) = match side {
            Side::Old => (self.old, self.mapping.old_place(), self.mapping.old_table()),
            Side::New => (self.new, self.mapping.new_place(), self.mapping.new_table()),
        };
        let mapping = Arc::clone(self.mapping);
        let hashers = Hashers::new(&mapping);
        scan(store, place, table, self.chunk_rows, self.progress, move |part| {
            let mapped = match side {
                Side::Old => &apply(&mapping, part.batch, part.before)?,
                Side::New => part.batch,
            };
            let (keys, rows) = hashers.rows(mapped, &mapping)?;
            each(mapped, &keys, &rows);
            Ok(())
        })
        .await
    }

    /// The first pass over one side.
    async fn buckets(&self, side: Side, count: usize) -> Result<Vec<Bucket>, TransferError> {
        let buckets = Arc::new(Mutex::new(vec![Bucket::default(); count]));
        let sums = Arc::clone(&buckets);
        self.visit(side, move |_, keys, rows| {
            let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, row) in keys.iter().zip(rows) {
                let bucket = &mut sums[bucket_of(*key, count)];
                bucket.rows += 1;
                bucket.sum = bucket.sum.wrapping_add(*row);
            }
        })
        .await?;
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *buckets))
    }

    /// The second pass over one side.
    async fn keep(
        &self,
        side: Side,
        chosen: &Arc<Vec<bool>>,
        kept: &Arc<Mutex<Kept>>,
    ) -> Result<(), TransferError> {
        let (chosen, kept) = (Arc::clone(chosen), Arc::clone(kept));
        let key = self.mapping.new_table().key.clone();
        let hasher = RowHasher::new(self.mapping.new_fields());
        self.visit(side, move |batch, keys, rows| {
            let count = chosen.len();
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            for (place, (key_hash, row_hash)) in keys.iter().zip(rows).enumerate() {
                if chosen[bucket_of(*key_hash, count)] {
                    kept.add(side, *key_hash, *row_hash, || Row::new(batch, place, &key, &hasher));
                }
            }
        })
        .await
    }
}

/// A row as a message shows it, and hashes by which its columns are compared.
#[derive(Debug)]
struct Row {
    key: KeyBound,
    /// The hash of the value, and the value shortened, by column.
    columns: Vec<(u128, String)>,
}

impl Row {
    fn new(batch: &RecordBatch, row: usize, key: &[String], hasher: &RowHasher) -> Self {
        let shown =
            |array: &ArrayRef| Cells::of(array.as_ref()).map_or_else(String::new, |cells| cells.shown(row));
        // The rows of this batch were hashed before, so that its values can be.
        let hashes = hasher.values(batch, row).unwrap_or_default();
        Self {
            key: key_of(batch, row, key),
            columns: hashes.into_iter().zip(batch.columns().iter().map(shown)).collect(),
        }
    }

    /// The key, or where the table has none the row's text.
    fn key(&self, fields: &[Field]) -> KeyBound {
        if !self.key.is_empty() {
            return self.key.clone();
        }
        let column = |(field, (_, text)): (&Field, &(u128, String))| format!("{} {text}", field.name);
        let texts: Vec<String> = fields.iter().zip(&self.columns).map(column).collect();
        vec![KeyValue::Text(shorten(texts.join(", ")))]
    }
}

/// Rows with one hash.
#[derive(Debug)]
struct Same {
    /// How many more there are on the old side than on the new.
    surplus: i64,
    row: Row,
}

/// The rows of the chosen buckets that are not on both sides: by key, and by the rows' own hashes.
#[derive(Debug, Default)]
struct Kept(BTreeMap<u128, BTreeMap<u128, Same>>);

impl Kept {
    fn add(&mut self, side: Side, key: u128, row: u128, of: impl FnOnce() -> Row) {
        let step = if side == Side::Old { 1 } else { -1 };
        let rows = self.0.entry(key).or_default();
        let same = rows.entry(row).or_insert_with(|| Same { surplus: 0, row: of() });
        same.surplus += step;
        // A row that both sides have is of no interest any more.
        if same.surplus == 0 {
            rows.remove(&row);
            if rows.is_empty() {
                self.0.remove(&key);
            }
        }
    }

    /// Pairs rows of one key: a pair is a changed row, what is left is missing or extra.
    fn pair(self, fields: &[Field], limit: usize, complete: bool) -> Differences {
        let mut found = Differences { rows: Vec::new(), changed: 0, missing: 0, extra: 0, complete };
        for rows in self.0.into_values() {
            let (old, new): (Vec<Same>, Vec<Same>) = rows.into_values().partition(|same| same.surplus > 0);
            let mut sides = (Runs::new(&old), Runs::new(&new));
            while let Some((count, old, new)) = next_run(&mut sides.0, &mut sides.1) {
                *match (old, new) {
                    (Some(_), Some(_)) => &mut found.changed,
                    (Some(_), None) => &mut found.missing,
                    _ => &mut found.extra,
                } += count;
                let difference = describe(old, new, fields);
                let copies = usize::try_from(count).unwrap_or(usize::MAX).min(limit);
                found.rows.extend(std::iter::repeat_n(difference, copies));
            }
        }
        found.rows.sort_by(|a, b| a.key.cmp(&b.key));
        found.rows.truncate(limit);
        found
    }
}

/// The rows of one side and one key that have no equal on the other side, each as often as it is there.
struct Runs<'a> {
    rows: std::slice::Iter<'a, Same>,
    /// The row that is being handed out, and how often it still is there.
    now: Option<(u64, &'a Row)>,
}

impl<'a> Runs<'a> {
    fn new(rows: &'a [Same]) -> Self {
        Self { rows: rows.iter(), now: None }
    }

    fn peek(&mut self) -> Option<(u64, &'a Row)> {
        if self.now.is_none() {
            self.now = self.rows.next().map(|same| (same.surplus.unsigned_abs(), &same.row));
        }
        self.now
    }

    fn take(&mut self, count: u64) {
        self.now = self.now.and_then(|(left, row)| (left > count).then(|| (left - count, row)));
    }
}

/// The next pair of rows, or row without a counterpart, and how often it comes.
fn next_run<'a>(old: &mut Runs<'a>, new: &mut Runs<'a>) -> Option<(u64, Option<&'a Row>, Option<&'a Row>)> {
    let run = match (old.peek(), new.peek()) {
        (None, None) => return None,
        (Some((count, row)), None) => (count, Some(row), None),
        (None, Some((count, row))) => (count, None, Some(row)),
        (Some((old_count, old)), Some((new_count, new))) => (old_count.min(new_count), Some(old), Some(new)),
    };
    old.take(run.0);
    new.take(run.0);
    Some(run)
}

/// What differs between two rows of one key, or all of a row that is on one side alone.
fn describe(old: Option<&Row>, new: Option<&Row>, fields: &[Field]) -> RowDifference {
    let value = |row: Option<&Row>, place: usize| row.and_then(|row| row.columns.get(place)).cloned();
    let columns = fields.iter().enumerate().filter_map(|(place, field)| {
        let (old, new) = (value(old, place), value(new, place));
        let differs = old.as_ref().map(|(hash, _)| hash) != new.as_ref().map(|(hash, _)| hash);
        let text = |value: Option<(u128, String)>| value.map(|(_, text)| text);
        differs.then(|| ColumnDifference { column: field.name.clone(), old: text(old), new: text(new) })
    });
    let key = old.or(new).map_or_else(Vec::new, |row| row.key(fields));
    RowDifference { key, columns: columns.collect() }
}
