//! Cases: every dataset that moves and every consumer that follows, single or member of a family, in one
//! list each. What checks and the schedule look at.

use std::borrow::Cow;
use std::sync::Arc;

use mig_lang::Span;
use mig_plan::catalog::Entry;
use mig_plan::{EntityRef, TableSchema};
use rayon::prelude::*;

use super::HashMap;
use super::readers::{Reader, Readers};
use crate::hir::{self, CutOver, Place};

/// A dataset that moves.
pub(super) struct DatasetCase<'a> {
    /// Its name in the plan.
    pub(super) name: String,
    /// The item it comes from.
    pub(super) from: DatasetItem<'a>,
    /// Where the rows come from.
    pub(super) old: Option<Cow<'a, Place>>,
    /// Where they go.
    pub(super) new: Option<Cow<'a, Place>>,
    /// The old entity.
    pub(super) old_entity: Option<&'a EntityRef>,
    /// What the catalog has of it.
    pub(super) entry: Option<Entry<'a>>,
    /// The new entity, where it is another.
    pub(super) new_entity: Option<&'a EntityRef>,
    /// The old table, where it is known.
    pub(super) old_schema: Option<&'a TableSchema>,
    /// The new table.
    pub(super) new_schema: NewTable<'a>,
}

/// What is known of the table that rows go to.
#[derive(Clone, Copy)]
pub(super) enum NewTable<'a> {
    /// Nothing: its store could not be read, or its place is wrong.
    Unknown,
    /// It is not there and will be made.
    ToBeMade,
    /// It is there.
    Exists(&'a TableSchema),
}

/// The item that a dataset comes from.
#[derive(Clone, Copy)]
pub(super) enum DatasetItem<'a> {
    Single(&'a hir::Dataset),
    Member(&'a hir::DatasetFamily),
}

impl<'a> DatasetItem<'a> {
    pub(super) fn title(self) -> &'a hir::Title {
        match self {
            Self::Single(dataset) => &dataset.title,
            Self::Member(family) => &family.title,
        }
    }

    pub(super) fn cut_over(self) -> &'a CutOver {
        match self {
            Self::Single(dataset) => &dataset.cut_over,
            Self::Member(family) => &family.cut_over,
        }
    }

    pub(super) fn cleanup(self) -> &'a hir::Cleanup {
        match self {
            Self::Single(dataset) => &dataset.cleanup,
            Self::Member(family) => &family.cleanup,
        }
    }

    pub(super) fn secret(self) -> &'a [mig_lang::ast::Name] {
        match self {
            Self::Single(dataset) => &dataset.secret,
            Self::Member(family) => &family.secret,
        }
    }

    pub(super) fn chunk_rows(self) -> u64 {
        match self {
            Self::Single(dataset) => dataset.chunk_rows,
            Self::Member(family) => family.chunk_rows,
        }
    }
}

impl DatasetCase<'_> {
    /// Where to point to when the dataset is meant.
    pub(super) fn name_span(&self) -> Span {
        self.from.title().name_span
    }

    /// How an item names it.
    pub(super) fn item(&self) -> hir::ItemRef {
        let title = self.from.title();
        let member = member_of(&self.name, &title.name).map(str::to_owned);
        hir::ItemRef { name: title.name.clone(), member, span: title.name_span }
    }
}

/// A consumer that follows.
pub(super) struct ConsumerCase<'a> {
    /// Its name in the plan.
    pub(super) name: Arc<str>,
    /// The item it comes from.
    pub(super) from: ConsumerItem<'a>,
    /// The entity, where it could be resolved.
    pub(super) entity: Option<&'a EntityRef>,
    /// What the catalog has of it.
    pub(super) entry: Option<Entry<'a>>,
    /// The datasets it reads, as places in the list of datasets, sorted.
    pub(super) reads: Arc<[usize]>,
    /// The rank of its level of criticality, where that is known.
    pub(super) rank: Option<u32>,
}

/// The item that a consumer comes from.
#[derive(Clone, Copy)]
pub(super) enum ConsumerItem<'a> {
    Single(&'a hir::Consumer),
    Member(&'a hir::ConsumerFamily),
}

impl<'a> ConsumerItem<'a> {
    pub(super) fn title(self) -> &'a hir::Title {
        match self {
            Self::Single(consumer) => &consumer.title,
            Self::Member(family) => &family.title,
        }
    }

    pub(super) fn cut_over(self) -> &'a CutOver {
        match self {
            Self::Single(consumer) => &consumer.cut_over,
            Self::Member(family) => &family.cut_over,
        }
    }
}

impl ConsumerCase<'_> {
    /// Where to point to when the consumer is meant.
    pub(super) fn name_span(&self) -> Span {
        self.from.title().name_span
    }
}

/// All datasets. A dataset is meant by its place in the list, which is sorted by name.
#[derive(Default)]
pub(super) struct Datasets<'a> {
    pub(super) cases: Vec<DatasetCase<'a>>,
    by_item: HashMap<&'a str, Vec<usize>>,
    /// The places of old entities in the catalog, each with a dataset that it is, sorted.
    by_entry: Vec<(usize, usize)>,
    /// Whether every member of every family is among them: not so when a selection could not be read.
    pub(super) whole: bool,
}

impl<'a> Datasets<'a> {
    pub(super) fn new(mut cases: Vec<DatasetCase<'a>>, whole: bool) -> Self {
        cases.par_sort_by(|a, b| a.name.cmp(&b.name));
        let mut by_item: HashMap<&str, Vec<usize>> = HashMap::default();
        let mut by_entry = Vec::new();
        for (place, case) in cases.iter().enumerate() {
            by_item.entry(&case.from.title().name).or_default().push(place);
            by_entry.extend(case.entry.map(|entry| (entry.place, place)));
        }
        by_entry.sort_unstable();
        Self { cases, by_item, by_entry, whole }
    }

    /// The dataset at a place.
    pub(super) fn get(&self, place: usize) -> Option<&DatasetCase<'a>> {
        self.cases.get(place)
    }

    /// What an item, or a member of it, stands for; `None` when there is no such member.
    pub(super) fn of(&self, item: &hir::ItemRef) -> Option<Cow<'_, [usize]>> {
        places(&self.cases, |case| &case.name, &self.by_item, item)
    }

    /// The names of a family's members.
    pub(super) fn members(&self, family: &str) -> impl Iterator<Item = &str> {
        members(&self.cases, |case| &case.name, &self.by_item, family)
    }

    /// The datasets whose old entity that is.
    pub(super) fn of_entry(&self, entry: Entry) -> impl Iterator<Item = usize> {
        let first = self.by_entry.partition_point(|(other, _)| *other < entry.place);
        let of = self.by_entry.iter().skip(first).take_while(move |(other, _)| *other == entry.place);
        of.map(|(_, dataset)| *dataset)
    }
}

/// All consumers. A consumer is meant by its place in the list, which is sorted by name.
#[derive(Default)]
pub(super) struct Consumers<'a> {
    pub(super) cases: Vec<ConsumerCase<'a>>,
    by_item: HashMap<&'a str, Vec<usize>>,
    /// Every entity that the catalog relates to a moved dataset, in the catalog's order.
    pub(super) readers: Vec<Reader<'a>>,
    /// Whether every member of every family is among them.
    pub(super) whole: bool,
}

impl<'a> Consumers<'a> {
    pub(super) fn new(mut cases: Vec<ConsumerCase<'a>>, mut readers: Readers<'a>, whole: bool) -> Self {
        cases.par_sort_by(|a, b| a.name.cmp(&b.name));
        let mut by_item: HashMap<&str, Vec<usize>> = HashMap::default();
        for (place, case) in cases.iter().enumerate() {
            by_item.entry(&case.from.title().name).or_default().push(place);
            let reader = case.entry.and_then(|entry| readers.of_mut(entry));
            // Two items that name one entity are an error; it is the first of them.
            reader.into_iter().for_each(|reader| reader.consumer = reader.consumer.or(Some(place)));
        }
        Self { cases, by_item, readers: readers.all, whole }
    }

    /// The consumer at a place.
    pub(super) fn get(&self, place: usize) -> Option<&ConsumerCase<'a>> {
        self.cases.get(place)
    }

    /// The names of a family's members.
    pub(super) fn members(&self, family: &str) -> impl Iterator<Item = &str> {
        members(&self.cases, |case| &case.name, &self.by_item, family)
    }

    /// What an item, or a member of it, stands for; `None` when there is no such member.
    pub(super) fn of(&self, item: &hir::ItemRef) -> Option<Cow<'_, [usize]>> {
        places(&self.cases, |case| &case.name, &self.by_item, item)
    }
}

/// The names of the members of a family.
fn members<'c, C>(
    cases: &'c [C],
    name: impl Fn(&C) -> &str,
    by_item: &HashMap<&str, Vec<usize>>,
    family: &str,
) -> impl Iterator<Item = &'c str> {
    let places = by_item.get(family).into_iter().flatten();
    places.filter_map(move |place| member_of(name(cases.get(*place)?), family))
}

/// The name of a member alone.
fn member_of<'n>(name: &'n str, family: &str) -> Option<&'n str> {
    name.strip_prefix(family)?.strip_prefix('.')
}

/// Of cases that are sorted by name, those that an item or a member of it stands for.
fn places<'c, C>(
    cases: &[C],
    name: impl Fn(&C) -> &str,
    by_item: &'c HashMap<&str, Vec<usize>>,
    item: &hir::ItemRef,
) -> Option<Cow<'c, [usize]>> {
    match &item.member {
        Some(member) => {
            let wanted = member_name(&item.name, member);
            // Of several with one name, which is an error, it is the last.
            let place = cases.partition_point(|case| *name(case) <= *wanted).checked_sub(1)?;
            (*name(cases.get(place)?) == *wanted).then(|| vec![place].into())
        }
        // A family may have no members.
        None => Some(by_item.get(item.name.as_str()).map_or(&[][..], Vec::as_slice).into()),
    }
}

/// The name of a family's member.
pub(super) fn member_name(family: &str, member: &str) -> String {
    [family, ".", member].concat()
}
