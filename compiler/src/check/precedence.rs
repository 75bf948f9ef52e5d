//! Which wave comes before which: takes the waves that each wave names in `after`, gives an order of all, and an answer for
//! any two. Never lists all pairs, of which thousands of waves have millions.
//!
//! Waves that wait for one another count as one here, a circle; a wave that is in none is a circle of itself. Most questions are
//! answered by two intervals: a tree in which each circle hangs under the last of those before it says *yes*, and the
//! ranks of a walk say *no* (as in GRAIL, Yıldırım et al. 2010). What neither says is looked for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::Range;

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::hir::Program;

/// What comes before what. Waves are meant by their places among the program's, which are sorted by name.
#[derive(Default)]
pub(super) struct Precedence {
    /// The waves in an order in which each comes after those it waits for; of several that could be next the first by
    /// name is. Waves in a circle, and what comes after them, are not in it.
    pub(super) order: Vec<usize>,
    /// The circle of each wave. Circles are in an order in which each comes after those it waits for.
    circles: Vec<usize>,
    /// The circles that each circle names.
    after: Vec<Vec<usize>>,
    /// Where each circle and all that hang under it stand in the tree.
    trees: Vec<Range<usize>>,
    /// The ranks of each circle and of all that come after it lie in here; its own is the last.
    ranks: Vec<Range<usize>>,
}

impl Precedence {
    /// The precedence of a program's waves.
    pub(super) fn new(program: &Program) -> Self {
        let places: BTreeMap<&str, usize> =
            program.waves.keys().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let waves = program.waves.values().map(|wave| {
            wave.after.iter().filter_map(|after| places.get(after.value.as_str()).copied()).collect()
        });
        Self::of(&waves.collect::<Vec<Vec<usize>>>())
    }

    /// The precedence of waves, each given by those it names.
    fn of(waves: &[Vec<usize>]) -> Self {
        let mut graph: DiGraphMap<usize, ()> = DiGraphMap::with_capacity(waves.len(), waves.len());
        for (wave, after) in waves.iter().enumerate() {
            graph.add_node(wave);
            for first in after {
                graph.add_edge(*first, wave, ());
            }
        }
        // They come with those that others wait for last.
        let found = kosaraju_scc(&graph);
        let mut circles = vec![0; waves.len()];
        for (circle, members) in found.iter().rev().enumerate() {
            for wave in members {
                circles[*wave] = circle;
            }
        }
        let after: Vec<Vec<usize>> = found
            .iter()
            .rev()
            .enumerate()
            .map(|(circle, members)| {
                let named = members.iter().flat_map(|wave| &waves[*wave]).map(|wave| circles[*wave]);
                let named: BTreeSet<usize> = named.filter(|other| *other != circle).collect();
                named.into_iter().collect()
            })
            .collect();
        Self { order: order(waves), trees: trees(&after), ranks: ranks(&after), circles, after }
    }

    /// Whether one wave comes before another, however far; in a circle each does.
    pub(super) fn before(&self, first: usize, second: usize) -> bool {
        let (Some(from), Some(to)) = (self.circles.get(first), self.circles.get(second)) else {
            return false;
        };
        if from == to {
            return first != second;
        }
        if !self.could(*from, *to) {
            return false;
        }
        if self.trees[*from].contains(&self.trees[*to].start) {
            return true;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![*to];
        while let Some(next) = open.pop() {
            if self.trees[*from].contains(&self.trees[next].start) {
                return true;
            }
            open.extend(
                self.after[next]
                    .iter()
                    .copied()
                    .filter(|other| self.could(*from, *other) && seen.insert(*other)),
            );
        }
        false
    }

    /// Whether nothing speaks against it that one circle comes before another, or is it.
    fn could(&self, first: usize, second: usize) -> bool {
        let (first, second) = (&self.ranks[first], &self.ranks[second]);
        first.start <= second.start && second.end <= first.end
    }
}

/// Waves in the order in which they can run.
fn order(waves: &[Vec<usize>]) -> Vec<usize> {
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); waves.len()];
    let mut open: Vec<usize> = vec![0; waves.len()];
    for (wave, after) in waves.iter().enumerate() {
        open[wave] = after.len();
        for first in after {
            followers[*first].push(wave);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..waves.len()).filter(|wave| open[*wave] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(waves.len());
    while let Some(Reverse(wave)) = ready.pop() {
        order.push(wave);
        for follower in &followers[wave] {
            open[*follower] -= 1;
            if open[*follower] == 0 {
                ready.push(Reverse(*follower));
            }
        }
    }
    order
}

/// A place for each circle in a tree in which it hangs under the last of those that it names, and the places behind that of all
/// that hang under it.
fn trees(after: &[Vec<usize>]) -> Vec<Range<usize>> {
    let mut sizes = vec![1; after.len()];
    for (circle, named) in after.iter().enumerate().rev() {
        if let Some(parent) = named.last() {
            sizes[*parent] += sizes[circle];
        }
    }
    // Where the next that hangs under each has its place; and the next that hangs under none.
    let mut free: Vec<usize> = Vec::with_capacity(after.len());
    let mut root = 0;
    let mut trees = Vec::with_capacity(after.len());
    for (circle, named) in after.iter().enumerate() {
        let next = match named.last() {
            Some(parent) => &mut free[*parent],
            None => &mut root,
        };
        let place = *next;
        *next += sizes[circle];
        free.push(place + 1);
        trees.push(place..place + sizes[circle]);
    }
    trees
}

/// A rank for each circle that is higher than those of all that come after it, with the lowest of theirs. The ranks are those of
/// a walk that goes on as long as it can, so that what lies on other ways has ranks apart.
fn ranks(after: &[Vec<usize>]) -> Vec<Range<usize>> {
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); after.len()];
    for (circle, named) in after.iter().enumerate() {
        for first in named {
            followers[*first].push(circle);
        }
    }
    let mut ranks: Vec<Range<usize>> = vec![0..0; after.len()];
    let mut seen = vec![false; after.len()];
    let mut next_rank = 0;
    for root in (0..after.len()).filter(|circle| after[*circle].is_empty()) {
        // Each on the way with how many of its followers were walked to.
        let mut way: Vec<(usize, usize)> = vec![(root, 0)];
        seen[root] = true;
        while let Some((circle, walked)) = way.last_mut() {
            if let Some(follower) = followers[*circle].get(*walked) {
                *walked += 1;
                if !seen[*follower] {
                    seen[*follower] = true;
                    way.push((*follower, 0));
                }
                continue;
            }
            let lowest = followers[*circle].iter().map(|follower| ranks[*follower].start).min();
            ranks[*circle] = lowest.map_or(next_rank, |lowest| lowest.min(next_rank))..next_rank + 1;
            next_rank += 1;
            way.pop();
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Precedence;

    /// The waves before one, by walking.
    fn walked(waves: &[Vec<usize>], second: usize) -> BTreeSet<usize> {
        let mut before = BTreeSet::new();
        let mut open = vec![second];
        while let Some(next) = open.pop() {
            open.extend(waves[next].iter().copied().filter(|first| before.insert(*first)));
        }
        before.remove(&second);
        before
    }

    #[test]
    fn any_two_waves_are_told_apart_in_an_order_and_in_circles() {
        let mut state = 7_u64;
        let mut chance = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for round in 0..200 {
            let count = 1 + chance(14);
            let links = chance(2 * count + 1);
            let mut waves: Vec<Vec<usize>> = vec![Vec::new(); count];
            for _ in 0..links {
                let (one, other) = (chance(count), chance(count));
                // Every other time there is no circle.
                let (first, second) =
                    if round % 2 == 0 { (one.min(other), one.max(other)) } else { (one, other) };
                if (round % 2 == 1 || first != second) && !waves[second].contains(&first) {
                    waves[second].push(first);
                }
            }
            let precedence = Precedence::of(&waves);
            for second in 0..count {
                let before: BTreeSet<usize> =
                    (0..count).filter(|first| precedence.before(*first, second)).collect();
                assert_eq!(before, walked(&waves, second), "before {second} of {waves:?}");
            }
            let place = |wave: &usize| precedence.order.iter().position(|other| other == wave);
            for (at, wave) in precedence.order.iter().enumerate() {
                assert!(waves[*wave].iter().all(|first| place(first).is_some_and(|first| first < at)));
            }
            assert!(round % 2 == 1 || precedence.order.len() == count, "{waves:?}");
        }
    }

    #[test]
    fn a_hundred_thousand_waves_need_no_list_of_pairs() {
        let count = 100_000;
        let chain: Vec<Vec<usize>> =
            (0..count).map(|wave| (wave > 0).then(|| wave - 1).into_iter().collect()).collect();
        let precedence = Precedence::of(&chain);
        assert!((1..count).all(|wave| precedence.before(0, wave) && !precedence.before(wave, wave - 1)));
        let circle: Vec<Vec<usize>> = (0..count).map(|wave| vec![(wave + 1) % count]).collect();
        let precedence = Precedence::of(&circle);
        assert!((1..count).all(|wave| precedence.before(0, wave) && precedence.before(wave, 0)));
        assert!(precedence.order.is_empty());
    }
}
