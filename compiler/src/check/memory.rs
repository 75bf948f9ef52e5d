//! What entities of a catalog have answered: which predicates hold for them, how critical they are, whether somebody owns them;
//! and what families last were. Kept from edit to edit, since the catalog is the same and most of what is asked is; a program
//! that is checked once keeps nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mig_plan::catalog::Entry;

use super::{portal, predicate};
use crate::hir::{Predicate, Scale};

/// How many questions are remembered: those that were asked last.
const MOST: usize = 32;

/// How many families are remembered.
const FAMILIES: usize = 256;

/// What entities of one catalog have answered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    answers: Mutex<Vec<Arc<Answers>>>,
    readers: Mutex<Option<(Moved, Arc<Reads>)>>,
    /// The last members of each family, by its name.
    families: Mutex<BTreeMap<String, Members>>,
}

/// Members of a family.
#[derive(Debug)]
struct Members {
    /// Their entities' places in the catalog.
    places: Vec<usize>,
    names: Names,
}

/// The names of a family's members.
pub(super) type Names = Arc<[Arc<str>]>;

/// Which entities move, as their places in the catalog.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved {
    /// The old entity of each dataset.
    pub(super) old: Vec<Option<usize>>,
    /// All new entities.
    pub(super) new: Vec<usize>,
}

/// Entities by their places in the catalog, sorted, each with the datasets that it reads.
pub(super) type Reads = Vec<(usize, Arc<[usize]>)>;

/// What all entities have answered to one question.
#[derive(Debug)]
struct Answers {
    asked: Asked<Predicate>,
    scale: Option<Scale>,
    /// By the entities' places: 0 where nobody has asked, 1 for no, and 2 and the rank for yes.
    known: Box<[AtomicU32]>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked<P> {
    /// Whether a predicate holds.
    Whether(P),
    /// How critical it is.
    Criticality,
    /// Whether somebody owns it.
    Owner,
}

/// A question to entities of one catalog.
pub(super) struct Question<'q> {
    asked: Asked<&'q Predicate>,
    scale: Option<&'q Scale>,
    answers: Option<Arc<Answers>>,
}

/// No, and the least that is yes.
const NO: u32 = 1;
const YES: u32 = 2;

impl Memory {
    /// Who reads what moves; found when something else moved before.
    pub(super) fn readers(&self, moved: Moved, find: impl FnOnce(&Moved) -> Reads) -> Arc<Reads> {
        if let Some((same, readers)) = &*lock(&self.readers)
            && *same == moved
        {
            return Arc::clone(readers);
        }
        // Not under the lock: what is found side by side may ask again.
        let readers = Arc::new(find(&moved));
        *lock(&self.readers) = Some((moved, Arc::clone(&readers)));
        readers
    }

    /// The names of a family's members; made when they were others before.
    pub(super) fn names(&self, family: &str, places: Vec<usize>, make: impl FnOnce() -> Names) -> Names {
        if let Some(known) = lock(&self.families).get(family)
            && known.places == places
        {
            return Arc::clone(&known.names);
        }
        let names = make();
        let mut all = lock(&self.families);
        if all.len() >= FAMILIES {
            all.clear();
        }
        all.insert(family.to_owned(), Members { places, names: Arc::clone(&names) });
        names
    }

    /// What was answered to a question; of so many entities.
    fn of(&self, asked: Asked<&Predicate>, scale: Option<&Scale>, entities: usize) -> Arc<Answers> {
        let mut all = lock(&self.answers);
        let same = |known: &Arc<Answers>| {
            known.asked.as_ref() == asked && known.scale.as_ref() == scale && known.known.len() == entities
        };
        let answers = match all.iter().position(same) {
            Some(place) => all.remove(place),
            None => Arc::new(Answers {
                asked: asked.cloned(),
                scale: scale.cloned(),
                known: (0..entities).map(|_| AtomicU32::new(0)).collect(),
            }),
        };
        all.push(Arc::clone(&answers));
        let old = all.len().saturating_sub(MOST);
        all.drain(..old);
        answers
    }
}

fn lock<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Asked<Predicate> {
    fn as_ref(&self) -> Asked<&Predicate> {
        match self {
            Self::Whether(predicate) => Asked::Whether(predicate),
            Self::Criticality => Asked::Criticality,
            Self::Owner => Asked::Owner,
        }
    }
}

impl Asked<&Predicate> {
    fn cloned(self) -> Asked<Predicate> {
        match self {
            Self::Whether(predicate) => Asked::Whether(predicate.clone()),
            Self::Criticality => Asked::Criticality,
            Self::Owner => Asked::Owner,
        }
    }
}

impl<'q> Question<'q> {
    fn new(asked: Asked<&'q Predicate>, scale: Option<&'q Scale>, memory: Option<(&Memory, usize)>) -> Self {
        let answers = memory.map(|(memory, entities)| memory.of(asked, scale, entities));
        Self { asked, scale, answers }
    }

    /// Whether a predicate holds. With a memory the answers of its catalog, of so many entities, are remembered.
    pub(super) fn whether(
        predicate: &'q Predicate,
        scale: Option<&'q Scale>,
        memory: Option<(&Memory, usize)>,
    ) -> Self {
        Self::new(Asked::Whether(predicate), scale, memory)
    }

    /// How critical it is.
    pub(super) fn criticality(scale: Option<&'q Scale>, memory: Option<(&Memory, usize)>) -> Self {
        Self::new(Asked::Criticality, scale, memory)
    }

    /// Whether somebody owns it.
    pub(super) fn owner(memory: Option<(&Memory, usize)>) -> Self {
        Self::new(Asked::Owner, None, memory)
    }

    /// Whether the predicate holds for an entity.
    pub(super) fn holds(&self, entry: Entry) -> bool {
        let asked = || match self.asked {
            Asked::Whether(asked) => predicate::holds(asked, entry.entity, self.scale),
            Asked::Criticality => false,
            Asked::Owner => portal::owner(entry).is_some(),
        };
        self.answer(entry, || if asked() { YES } else { NO }) == YES
    }

    /// The same for an entity whose criticality has been looked up.
    pub(super) fn holds_at(&self, entry: Entry, rank: Option<u32>) -> bool {
        match self.asked {
            Asked::Whether(asked) => {
                let holds = || predicate::holds_at(asked, entry.entity, rank);
                self.answer(entry, || if holds() { YES } else { NO }) == YES
            }
            Asked::Criticality | Asked::Owner => self.holds(entry),
        }
    }

    /// The rank of an entity's level.
    pub(super) fn rank(&self, entry: Entry) -> Option<u32> {
        let asked = || predicate::criticality(entry.entity, self.scale?).ok();
        self.answer(entry, || asked().map_or(NO, |rank| rank.saturating_add(YES))).checked_sub(YES)
    }

    fn answer(&self, entry: Entry, ask: impl FnOnce() -> u32) -> u32 {
        let known = self.answers.as_ref().and_then(|answers| answers.known.get(entry.place));
        if let Some(answer @ NO..) = known.map(|known| known.load(Ordering::Relaxed)) {
            return answer;
        }
        let answer = ask();
        // Whoever asks at the same time finds the same.
        known.into_iter().for_each(|known| known.store(answer, Ordering::Relaxed));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Memory, Question};
    use crate::fixture::Fixture;
    use crate::hir::{Operand, Predicate};

    #[test]
    fn what_was_answered_is_remembered_of_the_latest_questions() {
        let fixture = Fixture::shop("");
        let (catalog, memory) = (&fixture.catalog, Memory::default());
        let entry = catalog.entries().next().unwrap();
        let known = Some((&memory, catalog.len()));
        for number in 0..2 * MOST {
            let is_missing = Predicate::IsNull(Operand::Path(vec!["spec".to_owned(), format!("x{number}")]));
            let question = Question::whether(&is_missing, None, known);
            assert!(question.holds(entry) && question.holds(entry));
            let is_there = Predicate::Not(Box::new(is_missing));
            assert!(!Question::whether(&is_there, None, known).holds(entry));
        }
        assert_eq!(memory.answers.lock().unwrap().len(), MOST);
        assert_eq!(Question::criticality(None, known).rank(entry), None);
    }
}
