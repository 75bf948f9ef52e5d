//! What each wave moves, and which waves come before it.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::ast::Keyword;
use mig_lang::{Diagnostic, Span};
use mig_plan::catalog::Entry;
use rayon::prelude::*;

use super::cases::{ConsumerCase, Consumers, Datasets};
use super::families::unknown_member;
use super::memory::{Memory, Question};
use super::precedence::Precedence;
use crate::hir::{self, ItemRef, Moved, Program};

/// A wave with what it moves.
pub(super) struct WaveCase<'a> {
    pub(super) wave: &'a hir::Wave,
    /// The datasets it moves, each with the part of `move` that names it.
    pub(super) datasets: BTreeMap<usize, Span>,
    /// The consumers it switches, each with the part of `move` that names it.
    pub(super) consumers: BTreeMap<usize, Span>,
    /// The parts of `move` that have a predicate and select nothing.
    pub(super) empty: Vec<Span>,
    /// Its place among all.
    place: usize,
}

/// All waves, by name.
pub(super) struct Waves<'a> {
    pub(super) cases: BTreeMap<&'a str, WaveCase<'a>>,
    /// The waves that move each dataset.
    pub(super) of_dataset: Vec<Vec<&'a str>>,
    /// The waves that switch each consumer.
    pub(super) of_consumer: Vec<Vec<&'a str>>,
    /// Whether every wave's `move` could be read, so that what no wave names is moved by none.
    pub(super) whole: bool,
    precedence: Precedence,
    /// The waves of which it is not known what they come after: one that could not be found may be any.
    unsure: Vec<&'a str>,
}

impl<'a> Waves<'a> {
    /// The one wave that moves a dataset.
    pub(super) fn dataset(&self, place: usize) -> Option<&'a str> {
        one(self.of_dataset.get(place))
    }

    /// The one wave that switches a consumer.
    pub(super) fn consumer(&self, place: usize) -> Option<&'a str> {
        one(self.of_consumer.get(place))
    }

    /// Whether what the first wave does is done when the second begins, or is done in the same wave; or may be, as far as
    /// can be known.
    pub(super) fn not_after(&self, first: &str, second: &str) -> bool {
        let unsure = |wave: &&str| *wave == second || self.before(wave, second);
        first == second || self.before(first, second) || self.unsure.iter().any(unsure)
    }

    /// Whether one wave comes before another, however far. In a circle of waves each comes before the others.
    pub(super) fn before(&self, first: &str, second: &str) -> bool {
        match (self.cases.get(first), self.cases.get(second)) {
            (Some(first), Some(second)) => self.precedence.before(first.place, second.place),
            (None, _) | (_, None) => false,
        }
    }

    /// The waves in an order in which each comes after those it waits for; of several that could be next the first by
    /// name is.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &WaveCase<'a>> {
        let cases: Vec<&WaveCase> = self.cases.values().collect();
        self.precedence.order.iter().filter_map(move |place| cases.get(*place).copied())
    }
}

fn one<'a>(waves: Option<&Vec<&'a str>>) -> Option<&'a str> {
    match waves.map(Vec::as_slice) {
        Some([wave]) => Some(wave),
        Some(_) | None => None,
    }
}

/// Selects what each wave moves.
pub(super) fn select<'a>(
    program: &'a Program,
    (datasets, consumers): (&Datasets<'a>, &Consumers<'a>),
    memory: Option<(&Memory, usize)>,
    out: &mut Vec<Diagnostic>,
) -> Waves<'a> {
    let mut waves = Waves {
        cases: BTreeMap::new(),
        of_dataset: vec![Vec::new(); datasets.cases.len()],
        of_consumer: vec![Vec::new(); consumers.cases.len()],
        whole: program.waves.values().all(|wave| wave.moves_whole)
            && !program.left_out.contains(&Keyword::Wave),
        precedence: Precedence::new(program),
        unsure: (program.waves.iter().filter(|(_, wave)| !wave.after_whole))
            .map(|(name, _)| name.as_str())
            .collect(),
    };
    // Of waves that wait for one another nobody knows which was meant to come first.
    let ordered: BTreeSet<usize> = waves.precedence.order.iter().copied().collect();
    let circular = program.waves.keys().enumerate().filter(|(place, _)| !ordered.contains(place));
    waves.unsure.extend(circular.map(|(_, name)| name.as_str()));
    let scale = program.migration.as_ref().and_then(|migration| migration.scale.as_ref());
    // What has no entity is in none of those that a predicate selects.
    let fits = |selection: &Option<Question>, entry: Option<Entry>| match (selection, entry) {
        (Some(selection), Some(entry)) => selection.holds(entry),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let switches = |selection: &Option<Question>, case: &ConsumerCase| match (selection, case.entry) {
        (Some(selection), Some(entry)) => selection.holds_at(entry, case.rank),
        (Some(_), None) => false,
        (None, _) => true,
    };
    for (place, (name, wave)) in program.waves.iter().enumerate() {
        let mut case = WaveCase {
            wave,
            datasets: BTreeMap::new(),
            consumers: BTreeMap::new(),
            empty: Vec::new(),
            place,
        };
        for part in &wave.moves {
            let Some((some_datasets, some_consumers)) = named(&part.what, datasets, consumers, out) else {
                waves.whole = false;
                continue;
            };
            let selection =
                part.predicate.as_ref().map(|predicate| Question::whether(predicate, scale, memory));
            let moved: Vec<usize> = some_datasets
                .into_par_iter()
                .with_min_len(256)
                .filter(|place| datasets.get(*place).is_some_and(|case| fits(&selection, case.entry)))
                .collect();
            let switched: Vec<usize> = some_consumers
                .into_par_iter()
                .with_min_len(256)
                .filter(|place| consumers.get(*place).is_some_and(|case| switches(&selection, case)))
                .collect();
            if part.predicate.is_some()
                && moved.is_empty()
                && switched.is_empty()
                && datasets.whole
                && consumers.whole
            {
                case.empty.push(part.span);
            }
            add(&mut case.datasets, moved, part.span);
            add(&mut case.consumers, switched, part.span);
        }
        for place in case.datasets.keys() {
            waves.of_dataset.get_mut(*place).into_iter().for_each(|of| of.push(name));
        }
        for place in case.consumers.keys() {
            waves.of_consumer.get_mut(*place).into_iter().for_each(|of| of.push(name));
        }
        waves.cases.insert(name, case);
    }
    waves
}

/// Adds what a part of `move` names to what others have named; each belongs to the first that does.
fn add(moved: &mut BTreeMap<usize, Span>, places: Vec<usize>, part: Span) {
    if moved.is_empty() {
        // Thousands are added at once.
        *moved = places.into_iter().map(|place| (place, part)).collect();
        return;
    }
    for place in places {
        moved.entry(place).or_insert(part);
    }
}

/// The datasets and consumers that a part of `move` names, before its predicate.
fn named(
    what: &Moved,
    datasets: &Datasets,
    consumers: &Consumers,
    out: &mut Vec<Diagnostic>,
) -> Option<(Vec<usize>, Vec<usize>)> {
    let item: &ItemRef = match what {
        Moved::Datasets => return Some(((0..datasets.cases.len()).collect(), Vec::new())),
        Moved::Consumers => return Some((Vec::new(), (0..consumers.cases.len()).collect())),
        Moved::Item(item) => item,
    };
    let (some_datasets, some_consumers) = (datasets.of(item), consumers.of(item));
    if some_datasets.is_none() && some_consumers.is_none() {
        // Only a member can be missing: items are resolved.
        if datasets.whole && consumers.whole {
            let members = datasets.members(&item.name).chain(consumers.members(&item.name));
            out.push(unknown_member(item, members));
        }
        return None;
    }
    Some((some_datasets.unwrap_or_default().into_owned(), some_consumers.unwrap_or_default().into_owned()))
}
