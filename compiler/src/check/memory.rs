//! What entities of a catalog have answered: which predicates hold for them, how critical they are. Kept from edit to edit,
//! since the catalog is the same and most predicates are; a program that is checked once keeps nothing.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mig_plan::catalog::Entry;

use super::predicate;
use crate::hir::{Predicate, Scale};

/// How many questions are remembered: those that were asked last.
const MOST: usize = 32;

/// What entities of one catalog have answered.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Vec<Arc<Answers>>>);

/// What all entities have answered to one question.
#[derive(Debug)]
struct Answers {
    /// `None` for how critical they are.
    predicate: Option<Predicate>,
    scale: Option<Scale>,
    /// By the entities' places: 0 where nobody has asked, 1 for no, and 2 and the rank for yes.
    known: Box<[AtomicU32]>,
}

/// A question to entities of one catalog.
pub(super) struct Question<'q> {
    /// `None` for how critical they are.
    predicate: Option<&'q Predicate>,
    scale: Option<&'q Scale>,
    answers: Option<Arc<Answers>>,
}

/// No, and the least that is yes.
const NO: u32 = 1;
const YES: u32 = 2;

impl Memory {
    /// What was answered to a question; of so many entities.
    fn of(&self, predicate: Option<&Predicate>, scale: Option<&Scale>, entities: usize) -> Arc<Answers> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &Arc<Answers>| {
            known.predicate.as_ref() == predicate
                && known.scale.as_ref() == scale
                && known.known.len() == entities
        };
        let answers = match all.iter().position(same) {
            Some(place) => all.remove(place),
            None => Arc::new(Answers {
                predicate: predicate.cloned(),
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

impl<'q> Question<'q> {
    /// Whether a predicate holds. With a memory the answers of its catalog, of so many entities, are remembered.
    pub(super) fn whether(
        predicate: &'q Predicate,
        scale: Option<&'q Scale>,
        memory: Option<(&Memory, usize)>,
    ) -> Self {
        let answers = memory.map(|(memory, entities)| memory.of(Some(predicate), scale, entities));
        Self { predicate: Some(predicate), scale, answers }
    }

    /// How critical it is.
    pub(super) fn criticality(scale: Option<&'q Scale>, memory: Option<(&Memory, usize)>) -> Self {
        let answers = memory.map(|(memory, entities)| memory.of(None, scale, entities));
        Self { predicate: None, scale, answers }
    }

    /// Whether the predicate holds for an entity.
    pub(super) fn holds(&self, entry: Entry) -> bool {
        let asked = || self.predicate.is_some_and(|asked| predicate::holds(asked, entry.entity, self.scale));
        self.answer(entry, || if asked() { YES } else { NO }) == YES
    }

    /// The same for an entity whose criticality has been looked up.
    pub(super) fn holds_at(&self, entry: Entry, rank: Option<u32>) -> bool {
        let asked = || self.predicate.is_some_and(|asked| predicate::holds_at(asked, entry.entity, rank));
        self.answer(entry, || if asked() { YES } else { NO }) == YES
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
        assert_eq!(memory.0.lock().unwrap().len(), MOST);
        assert_eq!(Question::criticality(None, known).rank(entry), None);
    }
}
