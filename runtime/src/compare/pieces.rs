//! The pieces of a chunk: short ranges of its keys, with the checksum of each on both sides.
//!
//! Cut while the old side is read, every so many rows; the new side's rows fall into them by their keys. A store
//! that gives rows out of order leaves the chunk in one piece.

use arrow::array::{Array as _, ArrayRef};
use arrow::error::ArrowError;
use mig_plan::ChunkDigest;

use super::sides::{Rows, Selection};
use super::survey::Side;
use crate::cells::Cells;

/// A key of integers.
pub(super) type Key = Vec<i64>;

/// Rows of the old side in a piece. As many are read again for one that differs.
const PIECE_ROWS: u64 = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// The last key of every piece but the last, which goes to the chunk's end.
    ends: Vec<Key>,
    /// The checksums of both sides, one more than there are ends once the first row is there.
    sums: Vec<[ChunkDigest; 2]>,
    /// The old side's last key so far; empty, which is below every key, before the first.
    last: Key,
    out_of_order: bool,
}

impl Pieces {
    /// Adds rows of one side; first all of the old, then all of the new. Gives their checksum.
    pub(super) fn add(
        &mut self,
        side: Side,
        rows: &Rows,
        selection: &Selection,
    ) -> Result<ChunkDigest, ArrowError> {
        let keys = Keys::of(rows, selection)?;
        let mut all = ChunkDigest::default();
        let (mut row, mut place) = (0, 0);
        if self.sums.is_empty() {
            self.sums.push([ChunkDigest::default(); 2]);
        }
        selection.hasher.visit(&rows.compared, |sum| {
            let one = ChunkDigest { rows: 1, sum };
            all = all.merge(one);
            match side {
                Side::Old => self.cut(&keys, row),
                Side::New if !self.is_in(place, &keys, row) => {
                    place = self.ends.partition_point(|end| keys.cmp(row, end).is_gt());
                }
                Side::New => {}
            }
            let piece = if side == Side::Old { self.sums.last_mut() } else { self.sums.get_mut(place) };
            if let Some(sums) = piece {
                let sum = &mut sums[usize::from(side == Side::New)];
                *sum = sum.merge(one);
            }
            row += 1;
        })?;
        Ok(all)
    }

    /// Begins another piece where the old side's row is the first behind a full one.
    fn cut(&mut self, keys: &Keys<'_>, row: usize) {
        let order = keys.cmp(row, &self.last);
        let full = self.sums.last().is_some_and(|[old, _]| old.rows >= PIECE_ROWS);
        self.out_of_order |= order.is_lt();
        if full && order.is_gt() && !self.out_of_order {
            self.ends.push(std::mem::take(&mut self.last));
            self.sums.push([ChunkDigest::default(); 2]);
        }
        keys.write(row, &mut self.last);
    }

    /// Whether a row's key lies in a piece.
    fn is_in(&self, place: usize, keys: &Keys<'_>, row: usize) -> bool {
        let above = place.checked_sub(1).is_none_or(|before| keys.cmp(row, &self.ends[before]).is_gt());
        above && self.ends.get(place).is_none_or(|end| keys.cmp(row, end).is_le())
    }

    /// All rows of the old side are there.
    pub(super) fn end_of_old(&mut self) {
        if self.out_of_order {
            let all = self.sums.iter().fold(ChunkDigest::default(), |all, [old, _]| all.merge(*old));
            self.ends.clear();
            self.sums = vec![[all, ChunkDigest::default()]];
        }
    }

    /// The ranges whose sums differ, at most so many pieces each: the key they begin behind and their last key,
    /// `None` for the chunk's own ends.
    pub(super) fn differing(&self, most: usize) -> Vec<(Option<Key>, Option<Key>)> {
        let differs = |place: usize| self.sums[place][0] != self.sums[place][1];
        let mut ranges = Vec::new();
        let mut place = 0;
        while place < self.sums.len() {
            if !differs(place) {
                place += 1;
                continue;
            }
            let from = place;
            while place < self.sums.len() && place - from < most && differs(place) {
                place += 1;
            }
            let end = |place: usize| self.ends.get(place).cloned();
            ranges.push((from.checked_sub(1).and_then(end), end(place - 1)));
        }
        ranges
    }
}

/// The keys of a batch, column by column.
struct Keys<'a>(Vec<Cells<'a>>);

impl<'a> Keys<'a> {
    fn of(rows: &'a Rows, selection: &Selection) -> Result<Self, ArrowError> {
        let column = |name: &String| {
            let column = rows.whole.column_by_name(name);
            let cells = column.and_then(|column: &ArrayRef| Cells::of(column.as_ref()));
            let wrong = || ArrowError::SchemaError(format!("no integers in the key's column `{name}`"));
            let nulls = column.is_none_or(|column| column.null_count() > 0);
            let empty = rows.whole.num_rows() == 0;
            cells.filter(|cells| empty || (!nulls && cells.integer(0).is_some())).ok_or_else(wrong)
        };
        selection.key.iter().map(column).collect::<Result<_, _>>().map(Self)
    }

    fn values(&self, row: usize) -> impl Iterator<Item = i64> {
        // That they are integers was seen when they were taken.
        self.0.iter().map(move |cells| cells.integer(row).unwrap_or_default())
    }

    fn cmp(&self, row: usize, key: &Key) -> std::cmp::Ordering {
        self.values(row).cmp(key.iter().copied())
    }

    fn write(&self, row: usize, key: &mut Key) {
        key.clear();
        key.extend(self.values(row));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::record_batch::RecordBatch;

    use super::*;
    use crate::arrow_types::arrow_schema;
    use crate::compare::sides::Compared;
    use crate::eval::Mapping;
    use crate::eval::tests::{dataset, ty};
    use mig_plan::{Column, Expr};

    fn selection() -> Selection {
        let expr = Expr::Column { name: "id".to_owned(), ty: ty("int64") };
        let column = Column { name: "id".to_owned(), ty: ty("int64"), expr, secret: false };
        let dataset = dataset(&[("id", "int64")], vec![column], &[("id", "id")]);
        Selection::all(&Mapping::new(&dataset).unwrap())
    }

    fn rows(selection: &Selection, ids: impl IntoIterator<Item = i64>) -> Rows {
        let ids: Int64Array = ids.into_iter().collect();
        let whole = RecordBatch::try_new(arrow_schema(&selection.fields), vec![Arc::new(ids)]).unwrap();
        Rows { compared: whole.clone(), whole, tally: Compared::default() }
    }

    fn differing(old: Vec<i64>, new: Vec<i64>) -> Vec<(Option<Key>, Option<Key>)> {
        let selection = selection();
        let mut pieces = Pieces::default();
        for part in old.chunks(700) {
            pieces.add(Side::Old, &rows(&selection, part.iter().copied()), &selection).unwrap();
        }
        pieces.end_of_old();
        for part in new.chunks(700) {
            pieces.add(Side::New, &rows(&selection, part.iter().copied()), &selection).unwrap();
        }
        pieces.differing(2)
    }

    #[test]
    fn only_pieces_that_differ_are_named() {
        let all: Vec<i64> = (1..=5_000).collect();
        let without = |gone: &[i64]| all.iter().copied().filter(|id| !gone.contains(id)).collect::<Vec<_>>();
        let end = |key: i64| Some(vec![key]);
        assert_eq!(differing(all.clone(), all.clone()), []);
        assert_eq!(differing(all.clone(), without(&[1_024])), [(None, end(1_024))]);
        assert_eq!(
            differing(all.clone(), without(&[1_025, 4_999])),
            [(end(1_024), end(2_048)), (end(4_096), None)]
        );
        // Neighbours are one range, up to as many as are read at once.
        assert_eq!(
            differing(all.clone(), Vec::new()),
            [(None, end(2_048)), (end(2_048), end(4_096)), (end(4_096), None)]
        );
        assert_eq!(differing(Vec::new(), vec![7]), [(None, None)]);
        assert_eq!(differing(Vec::new(), Vec::new()), []);
    }

    #[test]
    fn a_key_that_is_there_often_is_in_one_piece() {
        let old = vec![1; 3_000];
        assert_eq!(differing(old.clone(), vec![1; 2_999]), [(None, None)]);
        assert_eq!(differing(old.clone(), old), []);
    }

    #[test]
    fn rows_out_of_order_are_one_piece() {
        let old: Vec<i64> = (1..=3_000).rev().collect();
        assert_eq!(differing(old.clone(), (1..=3_000).collect()), []);
        assert_eq!(differing(old, (1..=2_999).collect()), [(None, None)]);
    }
}
