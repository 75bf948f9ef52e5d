//! The rows of one short range, paired by key: which are equal, which differ, which are on one side alone.
//!
//! Takes all rows of the old side, then all of the new. Holds the old rows of the range, and of the new ones at
//! most as many besides those it describes: however many rows the new side has there, they are only counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use mig_plan::KeyBound;

use super::rows::{Differences, Row, describe};
use super::sides::{Rows, Selection};
use super::survey::Side;
use crate::eval::Mapping;
use crate::key::key_of;
use crate::transfer::TransferError;

/// See the module.
pub(super) struct Pairs {
    limit: usize,
    /// By the hash of their key.
    keys: BTreeMap<u128, Same>,
    /// Rows of keys that the old side does not have: how many, and the first of them.
    alone: (u64, Vec<Place>),
    /// How many new rows of the keys are kept for which there may be no old one.
    surplus: usize,
}

/// A row of a batch.
#[derive(Clone)]
struct Place {
    rows: Arc<Rows>,
    row: usize,
}

/// The rows of one key.
#[derive(Default)]
struct Same {
    /// The old rows that no new one was equal to yet, with their hashes.
    old: Vec<(u128, Place)>,
    /// How many new rows were equal to none of the old.
    others: u64,
    /// Those of them that are kept: as many as there are old rows to pair them with, and some to describe.
    new: Vec<Place>,
}

impl Pairs {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, keys: BTreeMap::new(), alone: (0, Vec::new()), surplus: 0 }
    }

    /// Adds rows of one side.
    pub(super) fn add(
        &mut self,
        side: Side,
        rows: &Rows,
        selection: &Selection,
        mapping: &Mapping,
    ) -> Result<(), TransferError> {
        let keys = selection.keys(rows, mapping)?;
        let hashes = selection.hasher.rows(&rows.compared).map_err(|error| mapping.broken(&error))?;
        let shared =
            Arc::new(Rows { whole: rows.whole.clone(), compared: rows.compared.clone(), tally: rows.tally });
        for (row, (key, hash)) in keys.into_iter().zip(hashes).enumerate() {
            let place = || Place { rows: Arc::clone(&shared), row };
            match (side, self.keys.get_mut(&key)) {
                (Side::Old, _) => self.keys.entry(key).or_default().old.push((hash, place())),
                (Side::New, Some(same)) => {
                    let room = self.surplus < self.limit;
                    self.surplus += usize::from(same.meet(hash, room, place));
                }
                (Side::New, None) => {
                    self.alone.0 += 1;
                    if self.alone.1.len() < self.limit {
                        self.alone.1.push(place());
                    }
                }
            }
        }
        Ok(())
    }

    /// What differs.
    pub(super) fn end(self, selection: &Selection) -> Differences {
        let (count, first) = self.alone;
        let mut found = Differences { extra: count, ..Differences::none() };
        let mut shown: Vec<(KeyBound, Option<Place>, Option<Place>)> = Vec::new();
        let mut show = |old: Option<Place>, new: Option<Place>| {
            if let Some(Place { rows, row }) = old.as_ref().or(new.as_ref()) {
                shown.push((key_of(&rows.whole, *row, &selection.key), old, new));
            }
        };
        first.into_iter().for_each(|place| show(None, Some(place)));
        for Same { old, others, new } in self.keys.into_values() {
            let (left, changed) = (old.len() as u64, others.min(old.len() as u64));
            found.changed += changed;
            found.missing += left - changed;
            found.extra += others - changed;
            let mut new = new.into_iter();
            // A new row that was kept and has no old one left to be paired with is there alone.
            let paired: Vec<_> = old.into_iter().map(|(_, old)| (old, new.next())).collect();
            paired.into_iter().for_each(|(old, new)| show(Some(old), new));
            new.for_each(|new| show(None, Some(new)));
        }
        shown.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let row = |place: &Place| Row::new(&place.rows, place.row, selection);
        found.rows = shown
            .iter()
            .take(self.limit)
            .map(|(_, old, new)| {
                let (old, new) = (old.as_ref().map(row), new.as_ref().map(row));
                describe(old.as_ref(), new.as_ref(), &selection.fields)
            })
            .collect();
        found
    }
}

impl Same {
    /// A new row of this key. Says whether it was kept without an old one to pair it with, which it is where there is
    /// `room`.
    fn meet(&mut self, hash: u128, room: bool, place: impl FnOnce() -> Place) -> bool {
        if let Some(equal) = self.old.iter().position(|(old, _)| *old == hash) {
            self.old.swap_remove(equal);
            return false;
        }
        self.others += 1;
        let surplus = self.new.len() >= self.old.len();
        if !surplus || room {
            self.new.push(place());
        }
        surplus && room
    }
}
