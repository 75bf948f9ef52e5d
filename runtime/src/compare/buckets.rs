//! Which rows differ, whatever the key and its order: for text keys that two stores sort differently, for tables
//! without a key, for stores that do not read by key.
//!
//! Two passes over both tables, in any order of rows and with bounded memory. The first adds up the rows'
//! hashes in buckets, by a hash of the row's key: only buckets with other sums can hold a difference. The
//! second keeps the rows of the first few of those, and pairs them by key.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mig_plan::ChunkDigest;

use super::Comparison;
use super::rows::{Differences, Row, describe};
use super::sides::{Compared, Rows, Sides};
use super::survey::Side;
use crate::store::Field;
use crate::transfer::TransferError;

/// How many buckets there are at the least, and at the most (32 MiB for each side).
const BUCKETS: (usize, usize) = (1 << 12, 1 << 20);

/// How many rows a bucket should have in a table that is large enough.
const ROWS_IN_BUCKET: u64 = 64;

/// How many rows of differing buckets are kept, unless a single bucket has more.
const ROWS_KEPT: u64 = 20_000;

/// Compares two tables of about `rows` rows, and describes the first rows that differ.
///
/// # Errors
/// When a store cannot be read, or a mapping has no value for a row.
pub(super) async fn compare(sides: &Arc<Sides>, rows: u64) -> Result<Comparison, TransferError> {
    let wanted = usize::try_from(rows / ROWS_IN_BUCKET).unwrap_or(usize::MAX);
    let count = wanted.clamp(BUCKETS.0, BUCKETS.1).next_power_of_two();
    let ((old, old_buckets), (new, new_buckets)) =
        tokio::try_join!(fill(sides, Side::Old, count), fill(sides, Side::New, count))?;
    let (chosen, complete) = choose(&old_buckets, &new_buckets);
    let mut found = Comparison {
        old,
        new,
        differences: Differences::none(),
        unstable: false,
        by_ranges: false,
        in_store: 0,
    };
    if old_buckets == new_buckets {
        return Ok(found);
    }
    let chosen = Arc::new(chosen);
    let kept = Arc::new(Mutex::new(Kept::default()));
    tokio::try_join!(keep(sides, Side::Old, &chosen, &kept), keep(sides, Side::New, &chosen, &kept))?;
    let kept = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    found.differences = kept.pair(&sides.selection.fields, sides.limit, complete);
    found.unstable = found.differences.count() == 0;
    Ok(found)
}

/// Which buckets differ, as many as may be kept, marked among all; and whether that is all of them.
fn choose(old: &[ChunkDigest], new: &[ChunkDigest]) -> (Vec<bool>, bool) {
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

/// The first pass over one side.
async fn fill(
    sides: &Arc<Sides>,
    side: Side,
    count: usize,
) -> Result<(Compared, Vec<ChunkDigest>), TransferError> {
    let sums = Arc::new(Mutex::new((Compared::default(), vec![ChunkDigest::default(); count])));
    let (of, into) = (Arc::clone(sides), Arc::clone(&sums));
    sides
        .scan(side, move |rows| {
            let (keys, hashes) = hashes(&of, side, rows)?;
            let mut sums = into.lock().unwrap_or_else(PoisonError::into_inner);
            let (seen, buckets) = &mut *sums;
            *seen = seen.merge(rows.tally);
            for (key, hash) in keys.iter().zip(hashes) {
                let one = ChunkDigest { rows: 1, sum: hash };
                let bucket = &mut buckets[bucket_of(*key, count)];
                *bucket = bucket.merge(one);
                seen.digest = seen.digest.merge(one);
            }
            Ok(())
        })
        .await?;
    let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *sums))
}

/// The second pass over one side.
async fn keep(
    sides: &Arc<Sides>,
    side: Side,
    chosen: &Arc<Vec<bool>>,
    kept: &Arc<Mutex<Kept>>,
) -> Result<(), TransferError> {
    let (of, chosen, kept) = (Arc::clone(sides), Arc::clone(chosen), Arc::clone(kept));
    sides
        .scan(side, move |rows| {
            let (keys, hashes) = hashes(&of, side, rows)?;
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            for (place, (key, hash)) in keys.iter().zip(hashes).enumerate() {
                if chosen[bucket_of(*key, chosen.len())] {
                    kept.add(side, *key, hash, || Row::new(rows, place, &of.selection));
                }
            }
            Ok(())
        })
        .await
}

/// The hash of each row's key, and of each row.
fn hashes(sides: &Sides, side: Side, rows: &Rows) -> Result<(Vec<u128>, Vec<u128>), TransferError> {
    let (selection, mapping) = (&sides.selection, &sides.input(side).mapping);
    let keys = selection.keys(rows, mapping)?;
    let hashes = selection.hasher.rows(&rows.compared).map_err(|error| mapping.broken(&error))?;
    Ok((keys, hashes))
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
        found.cut(limit);
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
