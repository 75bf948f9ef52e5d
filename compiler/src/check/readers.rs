//! Readers: takes the catalog and the datasets that move, gives every entity that the catalog relates to one of them, with
//! what it reads.

use std::sync::Arc;

use mig_plan::Catalog;
use mig_plan::catalog::Entry;
use rayon::prelude::*;

use super::cases::Datasets;
use super::memory::{Memory, Moved, Reads};
use super::portal;

/// An entity that the catalog relates to a moved dataset.
pub(super) struct Reader<'a> {
    pub(super) entry: Entry<'a>,
    /// The datasets that it reads, sorted.
    pub(super) reads: Arc<[usize]>,
    /// The consumer that it is, where an item names or selects it.
    pub(super) consumer: Option<usize>,
}

/// Every reader.
pub(super) struct Readers<'a> {
    /// In the catalog's order.
    pub(super) all: Vec<Reader<'a>>,
    /// Where among them an entity stands, by its place in the catalog: there are many.
    by_entry: Vec<usize>,
}

impl<'a> Readers<'a> {
    /// Every entity that the catalog relates to a moved dataset. The entities of moved datasets themselves are none: they
    /// are derived datasets, or the new side of an old one.
    pub(super) fn new(
        catalog: &'a Catalog,
        datasets: &Datasets<'a>,
        memory: Option<(&Memory, usize)>,
    ) -> Self {
        let cases = datasets.cases.iter();
        let new = cases.clone().filter_map(|case| catalog.find(case.new_entity?)).map(|entry| entry.place);
        let old = cases.map(|case| case.entry.map(|entry| entry.place));
        let moved = Moved { new: new.collect(), old: old.collect() };
        let found = match memory {
            Some((memory, _)) => memory.readers(moved, |moved| reads(catalog, moved)),
            None => reads(catalog, &moved).into(),
        };
        let reader = |(place, reads): &(usize, Arc<[usize]>)| {
            Some(Reader { entry: catalog.at(*place)?, reads: Arc::clone(reads), consumer: None })
        };
        let all: Vec<Reader> = found.iter().filter_map(reader).collect();
        let mut by_entry = vec![usize::MAX; all.last().map_or(0, |last| last.entry.place + 1)];
        for (at, reader) in all.iter().enumerate() {
            by_entry[reader.entry.place] = at;
        }
        Self { all, by_entry }
    }

    /// The reader that an entity is.
    pub(super) fn of(&self, entry: Entry) -> Option<&Reader<'a>> {
        self.all.get(*self.by_entry.get(entry.place)?)
    }

    /// The same, to be changed.
    pub(super) fn of_mut(&mut self, entry: Entry) -> Option<&mut Reader<'a>> {
        self.all.get_mut(*self.by_entry.get(entry.place)?)
    }
}

/// Who reads what moves.
fn reads(catalog: &Catalog, moved: &Moved) -> Reads {
    let mut own = vec![false; catalog.len()];
    for place in moved.old.iter().flatten().chain(&moved.new) {
        own.get_mut(*place).into_iter().for_each(|own| *own = true);
    }
    let mut reads: Vec<(usize, usize)> = Vec::new();
    for (place, old) in moved.old.iter().enumerate() {
        let readers = old.and_then(|old| catalog.at(old)).into_iter().flat_map(portal::readers);
        let readers = readers.filter(|reader| own.get(reader.place) == Some(&false));
        reads.extend(readers.map(|reader| (reader.place, place)));
    }
    reads.par_sort_unstable();
    // Several relations may say the same.
    reads.dedup();
    let readers = reads.chunk_by(|(one, _), (other, _)| one == other);
    let reads = |reads: &[(usize, usize)]| {
        Some((reads.first()?.0, reads.iter().map(|(_, dataset)| *dataset).collect()))
    };
    readers.filter_map(reads).collect()
}
