//! Did you mean: takes what was written and what could have been, gives the nearest of them, if one is near.
//!
//! [`nearest`] compares with every candidate, which is for a handful of words. [`NameIndex`] is for names that a source or a
//! table has any number of, and that are missed any number of times.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

/// The longest name that is compared, in characters: comparing costs their product.
const LONGEST: usize = 200;

/// How many comparisons an index makes in all for names that differ from each of its own in more than one character; every
/// one of so many misses is still compared with all, whatever that comes to.
const COMPARISONS: usize = 100_000;
const SEARCHES: usize = 20;

/// So many names are looked for before it is worth it to prepare for more: a text that is being typed has one.
const FIRST: usize = 4;

/// The candidate nearest to `written`, if it is near enough to be what was meant: a third of its
/// characters may differ, a swap of two neighbours counting as one. Of equals the first one is given.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = Wanted::new(written)?;
    candidates
        .into_iter()
        .filter(|candidate| !wanted.is_far(candidate))
        .filter_map(|candidate| Some((wanted.distance(candidate, &candidate.to_lowercase())?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What was written.
struct Wanted<'w> {
    written: &'w str,
    lower: String,
    length: usize,
    /// How many characters may differ.
    allowed: usize,
    /// How often it has each letter.
    letters: Letters,
}

/// How often a text has each letter; letters that are alike in their last bits are counted as one.
type Letters = [u8; 64];

impl<'w> Wanted<'w> {
    /// `None` when it is too long for a name.
    fn new(written: &'w str) -> Option<Self> {
        let lower = written.to_lowercase();
        let length = lower.chars().count();
        let allowed = (written.chars().count() / 3).max(1);
        let letters = letters(&lower);
        (length <= LONGEST).then_some(Self { written, lower, length, allowed, letters })
    }

    /// How much a candidate differs, if it is near enough.
    fn distance(&self, candidate: &str, lower: &str) -> Option<usize> {
        let length = lower.chars().count();
        if candidate == self.written
            || length > LONGEST
            || length.abs_diff(self.length) > self.allowed
            || self.strangers(lower) > self.allowed
        {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&self.lower, lower);
        (distance <= self.allowed && distance < candidate.chars().count()).then_some(distance)
    }

    /// How many letters one of the two has and the other has not, at the least: each differs in one character or more.
    fn strangers(&self, lower: &str) -> usize {
        let (mut mine, mut its) = (0_usize, 0_usize);
        for (my, other) in self.letters.iter().zip(letters(lower)) {
            mine += usize::from(my.saturating_sub(other));
            its += usize::from(other.saturating_sub(*my));
        }
        mine.max(its)
    }

    /// Whether a candidate is so long or so short that it cannot be near, as is told without its lower-case form.
    fn is_far(&self, candidate: &str) -> bool {
        candidate.is_ascii() && candidate.len().abs_diff(self.length) > self.allowed
    }
}

fn letters(text: &str) -> Letters {
    let mut letters: Letters = [0; 64];
    for letter in text.chars() {
        let count = letters.get_mut(letter as usize % 64);
        count.into_iter().for_each(|count| *count = count.saturating_add(1));
    }
    letters
}

/// Names among which the nearest to a wrong one is found without comparing it with each.
///
/// A name with one slip shares with what was meant all but one character of either, so that both are found under the same
/// rest. What differs in more is compared with every name, but only so often: a source in which thousands of names
/// are that wrong is told of some.
#[derive(Clone, Debug)]
pub struct NameIndex {
    names: Vec<String>,
    /// Their lower-case forms.
    lower: Vec<String>,
    /// What each name and all its rests come to, with the name's place; sorted. Worked out once some names were missed.
    rests: OnceCell<Vec<(u64, usize)>>,
    searched: RefCell<Searched>,
}

/// What was searched for so far.
#[derive(Clone, Debug)]
struct Searched {
    found: BTreeMap<String, Option<usize>>,
    /// How many searches among all names are left.
    left: usize,
}

impl NameIndex {
    /// An index of these names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let left = (COMPARISONS / names.len().max(1)).max(SEARCHES);
        Self {
            names,
            lower,
            rests: OnceCell::new(),
            searched: RefCell::new(Searched { found: BTreeMap::new(), left }),
        }
    }

    /// The names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.names.iter().map(String::as_str)
    }

    /// The name nearest to `written`, as [`nearest`] finds it.
    pub fn nearest(&self, written: &str) -> Option<&str> {
        let mut searched = self.searched.borrow_mut();
        let place = match searched.found.get(written) {
            Some(found) => *found,
            None => {
                let found = if searched.found.len() < FIRST {
                    Wanted::new(written)
                        .and_then(|wanted| self.best(&wanted, 0..self.names.len()))
                        .map(|(_, place)| place)
                } else {
                    self.search(written, &mut searched.left)
                };
                searched.found.insert(written.to_owned(), found);
                found
            }
        };
        self.names.get(place?).map(String::as_str)
    }

    fn search(&self, written: &str, left: &mut usize) -> Option<usize> {
        let wanted = Wanted::new(written)?;
        let known = self.rests.get_or_init(|| {
            let of = |(place, name)| rests(name).map(move |rest| (rest, place));
            let mut rests: Vec<(u64, usize)> =
                self.lower.iter().map(String::as_str).enumerate().flat_map(of).collect();
            rests.sort_unstable();
            rests.dedup();
            rests
        });
        let one_slip = rests(&wanted.lower).flat_map(|rest| {
            let first = known.partition_point(|(other, _)| *other < rest);
            known.iter().skip(first).take_while(move |(other, _)| *other == rest).map(|(_, place)| *place)
        });
        let (near, place) = self.best(&wanted, one_slip).unzip();
        if near.is_some_and(|distance| distance <= 1) {
            return place;
        }
        *left = left.checked_sub(1)?;
        self.best(&wanted, 0..self.names.len()).map(|(_, place)| place)
    }

    /// The nearest of some names, and how near it is.
    fn best(&self, wanted: &Wanted, places: impl Iterator<Item = usize>) -> Option<(usize, usize)> {
        let near = places.filter_map(|place| {
            Some((wanted.distance(self.names.get(place)?, self.lower.get(place)?)?, place))
        });
        near.min()
    }
}

/// What a text comes to, and what it comes to without each of its characters. Others may come to the same.
fn rests(text: &str) -> impl Iterator<Item = u64> {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    let letters: Vec<u64> =
        text.chars().take(LONGEST + 1).map(|letter| u64::from(u32::from(letter)) + 1).collect();
    // What stands before each place comes to, and how much a letter counts there from the end.
    let mut before = vec![0_u64];
    let mut weights = vec![1_u64];
    for letter in &letters {
        before.push(before.last().unwrap_or(&0).wrapping_mul(BASE).wrapping_add(*letter));
        weights.push(weights.last().unwrap_or(&1).wrapping_mul(BASE));
    }
    let at = |values: &[u64], place: usize| values.get(place).copied().unwrap_or_default();
    let count = letters.len();
    let without = move |place: usize| {
        let weight = at(&weights, count - place - 1);
        let behind = at(&before, count).wrapping_sub(at(&before, place + 1).wrapping_mul(weight));
        at(&before, place).wrapping_mul(weight).wrapping_add(behind)
    };
    let whole = letters.iter().fold(0_u64, |sum, letter| sum.wrapping_mul(BASE).wrapping_add(*letter));
    std::iter::once(whole).chain((0..count).map(without))
}

#[cfg(test)]
mod tests {
    use super::{NameIndex, nearest};

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let words = ["dataset", "datasets", "store", "wave"];
        let index = NameIndex::new(words);
        let found = |written| {
            assert_eq!(index.nearest(written), nearest(written, words), "{written}");
            nearest(written, words)
        };
        assert_eq!(found("dataste"), Some("dataset"));
        assert_eq!(found("Store"), Some("store"));
        assert_eq!(found("wav"), Some("wave"));
        assert_eq!(found("table"), None);
        assert_eq!(found(""), None);
        assert_eq!(found(&"wave".repeat(1_000)), None);
    }

    /// Every text of up to five of three letters is looked for among some of them.
    #[test]
    fn an_index_finds_what_a_comparison_with_each_finds() {
        let mut texts = vec![String::new()];
        for place in 0.. {
            let Some(text) = texts.get(place).filter(|text| text.len() < 5).cloned() else { break };
            texts.extend(["a", "b", "X"].map(|letter| format!("{text}{letter}")));
        }
        for (first, step) in [(1, 7), (3, 11), (200, 23)] {
            let names: Vec<&str> = texts.iter().skip(first).step_by(step).map(String::as_str).collect();
            let index = NameIndex::new(names.iter().copied());
            for text in &texts {
                let wanted = nearest(text, names.iter().copied());
                assert_eq!(index.nearest(text), wanted, "{text} among {names:?}");
            }
        }
    }

    #[test]
    fn thousands_that_are_far_off_are_not_all_searched_for() {
        let names: Vec<String> = (0..10_000).map(|number| format!("customer{number}")).collect();
        let index = NameIndex::new(names.iter().map(String::as_str));
        let told = |shape: &dyn Fn(usize) -> String| {
            (0..10_000).filter(|number| index.nearest(&shape(*number)).is_some()).count()
        };
        assert_eq!(told(&|number| format!("custmer{number}")), 10_000);
        assert_eq!(told(&|number| format!("customr{number}xx")), 20);
    }
}
