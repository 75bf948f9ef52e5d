//! Finds what is wrong in a program after an edit, with what was found before it, so that an editor can say it at every
//! keystroke. What is found is what [`super::check`] finds in the same program.
//!
//! A dataset's mapping is looked at again when the dataset has changed, a validation's rules when it or such a mapping
//! has. What looks at more than one item is looked at again only when an item looks different from outside ([`Part::alike`]);
//! else what was found stands where the items stand now.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use mig_lang::ast::Keyword;
use mig_lang::{Diagnostic, FileId, Span};
use rayon::prelude::*;

use super::cases::DatasetItem;
use super::mapping::{self, Mapping};
use super::memory::Memory;
use super::{
    CHECKS, DOUBTS, Expansion, OF_PROGRAM, Scene, World, actions, each, echoes, expand, families, has_error,
    partitions, scene, shortened, validations, views,
};
use crate::hir::{Dataset, Program, Validation};
use crate::part::Part;

/// What was found in a program, from which what is in the one after the next edit is found.
#[derive(Debug)]
pub struct Findings {
    found: Vec<Diagnostic>,
    /// The datasets of their own, by name.
    mapped: Vec<Mapped>,
    /// What the catalog's entities have answered.
    memory: Arc<Memory>,
    /// The validations, by name.
    ruled: Vec<Ruled>,
    whole: Whole,
}

/// A mapping and what was said of it.
type Looked = (Option<Mapping>, Vec<Diagnostic>);

/// A dataset of its own, looked at.
#[derive(Clone, Debug)]
struct Mapped {
    dataset: Arc<Dataset>,
    looked: Arc<Looked>,
}

/// A validation, its rules looked at for each of its datasets.
#[derive(Clone, Debug)]
struct Ruled {
    validation: Arc<Validation>,
    /// The mappings of its datasets.
    of: Vec<Arc<Looked>>,
    said: Arc<Vec<Diagnostic>>,
}

/// A dataset that a validation is about.
#[derive(Clone, Copy, Debug)]
enum Validated {
    /// One of its own, by its place among those.
    Single(usize),
    /// A member of a family, by its place among those.
    Member(usize),
}

/// A member of a family.
#[derive(Debug)]
struct Member {
    /// How messages call its new table.
    shown: String,
    looked: Arc<Looked>,
}

/// What was found by looking at more than one item.
#[derive(Clone, Debug)]
struct Whole {
    /// The items, as they were.
    parts: Vec<Arc<Part>>,
    left_out: Vec<Keyword>,
    /// What the checks said: those of the scene, of the members' mappings, of actions.
    said: [Vec<Diagnostic>; 3],
    /// The doubts, looked for once nothing was wrong.
    doubts: Option<Vec<Diagnostic>>,
    /// The members of families, by name.
    members: Arc<Vec<Member>>,
    /// The datasets of each validation, sorted by name; the validations by name.
    validated: Arc<Vec<Vec<Validated>>>,
    /// Made when it is first asked for: nothing that is found needs it.
    expansion: Arc<OnceLock<Expansion>>,
}

impl Findings {
    /// Finds what is wrong in a program. What was found before must be of the same world.
    pub fn new(program: &Program, world: &World, before: Option<&Self>) -> Self {
        let memory = before.map(|before| Arc::clone(&before.memory)).unwrap_or_default();
        let whole = || {
            before
                .and_then(|before| before.whole.at(program))
                .unwrap_or_else(|| Whole::new(program, world, &memory))
        };
        let (mut whole, mapped) = rayon::join(whole, || mapped(program, world, before));
        let ruled = ruled(program, &mapped, &whole, before);
        let mut found = Vec::new();
        for check in OF_PROGRAM {
            check(program, &mut found);
        }
        let [scene, members, actions] = &whole.said;
        found.extend(scene.iter().cloned());
        found.extend(mapped.iter().flat_map(|mapped| &mapped.looked.1).chain(members).cloned());
        for mapped in &mapped {
            if let (Some(new), (Some(mapping), _)) = (&mapped.dataset.new, mapped.looked.as_ref()) {
                partitions::check(program, new, mapping, &mut found);
            }
        }
        found.extend(ruled.iter().flat_map(|ruled| ruled.said.iter()).cloned());
        found.extend(actions.iter().cloned());
        if program.whole && !has_error(&found) {
            found.extend_from_slice(whole.doubts(program, world, &memory));
        }
        crate::resolve::sort(&mut found);
        let found = shortened(echoes::silenced(program, found));
        Self { found, mapped, memory, ruled, whole }
    }

    /// What was found, in source order.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// The program with its families expanded and its waves filled. Program and world are those that this was found in.
    pub fn expansion(&self, program: &Program, world: &World) -> &Expansion {
        self.whole.expansion.get_or_init(|| expand(program, world))
    }
}

/// The mappings of the datasets that are no members of a family.
fn mapped(program: &Program, world: &World, before: Option<&Findings>) -> Vec<Mapped> {
    let mut known =
        Known::new(before.map_or(&[][..], |before| &before.mapped), |mapped| &mapped.dataset.title.name);
    let all: Vec<(&Arc<Dataset>, Option<&Mapped>)> = program
        .datasets
        .iter()
        .map(|(name, dataset)| (dataset, known.of(name).filter(|known| Arc::ptr_eq(&known.dataset, dataset))))
        .collect();
    let anew: Vec<&Arc<Dataset>> =
        all.iter().filter(|(_, known)| known.is_none()).map(|(dataset, _)| *dataset).collect();
    let mut anew = anew.into_par_iter().map(|dataset| map(dataset, world)).collect::<Vec<_>>().into_iter();
    all.into_iter().filter_map(|(_, known)| known.cloned().or_else(|| anew.next())).collect()
}

fn map(dataset: &Arc<Dataset>, world: &World) -> Mapped {
    let mut out = Vec::new();
    let mapping = mapping::map(&families::single(dataset, None, world.schemas), &mut out);
    Mapped { dataset: Arc::clone(dataset), looked: Arc::new((mapping, out)) }
}

/// The rules of the validations.
fn ruled(program: &Program, mapped: &[Mapped], whole: &Whole, before: Option<&Findings>) -> Vec<Ruled> {
    let mut known =
        Known::new(before.map_or(&[][..], |before| &before.ruled), |ruled| &ruled.validation.title.name);
    let looked = |dataset: &Validated| match dataset {
        Validated::Single(place) => mapped.get(*place).map(|mapped| &mapped.looked),
        Validated::Member(place) => whole.members.get(*place).map(|member| &member.looked),
    };
    let shown = |dataset: &Validated| match dataset {
        Validated::Single(place) => {
            let dataset = mapped.get(*place).map(|mapped| &mapped.dataset);
            dataset.map(|dataset| validations::shown(&dataset.title.name, dataset.new.as_ref()))
        }
        Validated::Member(place) => whole.members.get(*place).map(|member| member.shown.clone()),
    };
    let all = program.validations.iter().zip(whole.validated.iter());
    all.map(|((name, validation), datasets)| {
        let is_same = |known: &&Ruled| {
            Arc::ptr_eq(&known.validation, validation)
                && known.of.len() == datasets.len()
                && known
                    .of
                    .iter()
                    .zip(datasets)
                    .all(|(old, new)| looked(new).is_some_and(|new| Arc::ptr_eq(old, new)))
        };
        if let Some(known) = known.of(name).filter(is_same) {
            return known.clone();
        }
        let mut said = Vec::new();
        for dataset in datasets {
            if let (Some((Some(mapping), _)), Some(shown)) =
                (looked(dataset).map(Arc::as_ref), shown(dataset))
            {
                validations::typed(validation, &shown, mapping, &mut said);
            }
        }
        let of = datasets.iter().filter_map(looked).cloned().collect();
        Ruled { validation: Arc::clone(validation), of, said: Arc::new(said) }
    })
    .collect()
}

/// What was known of items, sorted by name, while items are gone through in the order of their names.
struct Known<'k, T, N> {
    rest: &'k [T],
    name: N,
}

impl<'k, T, N: Fn(&T) -> &String> Known<'k, T, N> {
    fn new(known: &'k [T], name: N) -> Self {
        Self { rest: known, name }
    }

    /// What was known of the item of that name.
    fn of(&mut self, name: &String) -> Option<&'k T> {
        while let Some((first, rest)) = self.rest.split_first() {
            match (self.name)(first).cmp(name) {
                Ordering::Less => self.rest = rest,
                Ordering::Equal => return Some(first),
                Ordering::Greater => return None,
            }
        }
        None
    }
}

impl Whole {
    /// Looks at the whole program.
    fn new(program: &Program, world: &World, memory: &Memory) -> Self {
        let mut said: [Vec<Diagnostic>; 3] = Default::default();
        let [of_scene, of_members, of_actions] = &mut said;
        let scene = scene(program, world, Some(memory), of_scene);
        let ((), members) = rayon::join(
            || drop(each(CHECKS, of_scene, |check, out| check(&scene, out))),
            || {
                let actions = actions::actions(&scene, actions::may_be_wrong, of_actions);
                views::check(&scene, &actions, of_actions);
                members(&scene, of_members)
            },
        );
        let wrong = !program.whole || said.iter().any(|said| has_error(said));
        let doubts = (!wrong).then(|| doubts(&scene));
        // Both kinds are sorted by name among themselves, as they are together.
        let (mut singles, mut others) = (0.., 0..);
        let kinds = scene.datasets.cases.iter().map(|case| match case.from {
            DatasetItem::Single(_) => singles.next().map(Validated::Single),
            DatasetItem::Member(_) => others.next().map(Validated::Member),
        });
        let kinds: Vec<Option<Validated>> = kinds.collect();
        let dataset = |place: usize| kinds.get(place).copied().flatten();
        let validated =
            scene.validated.iter().map(|datasets| datasets.iter().copied().filter_map(dataset).collect());
        Self {
            parts: program.parts.clone(),
            left_out: program.left_out.clone(),
            members: Arc::new(members),
            validated: Arc::new(validated.collect()),
            expansion: Arc::default(),
            said,
            doubts,
        }
    }

    /// What is doubtful in a program in which nothing is wrong.
    fn doubts(&mut self, program: &Program, world: &World, memory: &Memory) -> &[Diagnostic] {
        // It was looked at when something was wrong in an item alone.
        self.doubts.get_or_insert_with(|| doubts(&scene(program, world, Some(memory), &mut Vec::new())))
    }

    /// The same for a program whose items look the same from outside, wherever they stand in it.
    fn at(&self, program: &Program) -> Option<Self> {
        if self.parts.len() != program.parts.len() || self.left_out != program.left_out {
            return None;
        }
        let mut moved = Moved::default();
        for (old, new) in self.parts.iter().zip(&program.parts) {
            if !Arc::ptr_eq(old, new) {
                moved.add(&old.alike(new)?);
            }
        }
        let mut at = Self { parts: program.parts.clone(), ..self.clone() };
        let said = at.said.iter_mut().flatten().chain(at.doubts.iter_mut().flatten());
        let mut places = said.flat_map(places);
        places.all(|place| moved.mended(place)).then_some(())?;
        drop(places);
        Some(at)
    }
}

fn doubts(scene: &Scene) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    drop(each(DOUBTS, &mut said, |doubt, out| doubt(scene, out)));
    said
}

/// The mappings of the members of families.
fn members(scene: &Scene, out: &mut Vec<Diagnostic>) -> Vec<Member> {
    let members = scene.datasets.cases.par_iter().filter(|case| matches!(case.from, DatasetItem::Member(_)));
    let mapped: Vec<(String, Option<Mapping>, Vec<Diagnostic>)> = members
        .map(|case| {
            let mut said = Vec::new();
            let mapping = mapping::map(case, &mut said);
            if let (Some(new), Some(mapping)) = (&case.new, &mapping) {
                partitions::check(scene.program, new, mapping, &mut said);
            }
            (validations::shown(&case.name, case.new.as_deref()), mapping, said)
        })
        .collect();
    let kept = mapped.into_iter().map(|(shown, mapping, said)| {
        out.extend(said);
        Member { shown, looked: Arc::new((mapping, Vec::new())) }
    });
    kept.collect()
}

/// Where the places of items are now.
#[derive(Default)]
struct Moved {
    /// The files of the items that were looked at.
    files: BTreeSet<FileId>,
    /// The new place of each old one; `None` where two old ones were one and are not any more.
    places: BTreeMap<Span, Option<Span>>,
    /// The same of the places that are empty and where an old one ends.
    ends: BTreeMap<(FileId, u32), Option<u32>>,
}

impl Moved {
    fn add(&mut self, places: &[(Span, Span)]) {
        for (old, new) in places {
            self.files.insert(old.file);
            let same_file = (old.file == new.file).then_some(*new);
            let place = self.places.entry(*old).or_insert(same_file);
            *place = place.filter(|place| Some(*place) == same_file);
            let end = same_file.map(|new| new.end);
            let known = self.ends.entry((old.file, old.end)).or_insert(end);
            *known = known.filter(|known| Some(*known) == end);
        }
    }

    /// Puts a place to where it is now; `false` where that is not known.
    fn mended(&self, place: &mut Span) -> bool {
        if !self.files.contains(&place.file) {
            return true;
        }
        let end = || {
            let end = *self.ends.get(&(place.file, place.end)).filter(|_| place.start == place.end)?;
            end.map(|end| Span { start: end, end, ..*place })
        };
        let now = self.places.get(place).copied().flatten().or_else(end);
        now.map(|now| *place = now).is_some()
    }
}

/// Every place that a diagnostic names.
fn places(diagnostic: &mut Diagnostic) -> impl Iterator<Item = &mut Span> {
    let Diagnostic { labels, fixes, allow, .. } = diagnostic;
    let edits = fixes.iter_mut().chain(allow).flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
    labels.iter_mut().map(|label| &mut label.span).chain(edits)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mig_lang::{FileId, ast};

    use super::Findings;
    use crate::fixture::Fixture;
    use crate::resilience::damage;
    use crate::{Resolved, check, expand, resolve};

    /// Items of every kind, in the shop's world.
    const WHOLE: &str = include_str!("../../tests/fixtures/shop.mig");

    /// What is kept from edit to edit.
    struct Session {
        world: Fixture,
        texts: Vec<String>,
        trees: Vec<Arc<ast::File>>,
        known: Option<(Resolved, Findings)>,
    }

    impl Session {
        /// The items of a migration, over several files.
        fn new(files: usize) -> Self {
            let mut texts = vec![String::new(); files];
            for (place, item) in WHOLE.split_inclusive("\n\n").enumerate() {
                texts[place % files].push_str(item);
            }
            let trees = (0_u32..).zip(&texts).map(|(file, text)| tree(file, text)).collect();
            let mut session = Self { world: Fixture::shop(""), texts, trees, known: None };
            session.look("as it was");
            session
        }

        fn edit(&mut self, file: usize, text: String, what: &str) {
            self.trees[file] = tree(u32::try_from(file).unwrap(), &text);
            self.texts[file] = text;
            self.look(what);
        }

        /// What is found after an edit is what is found in the texts that it leaves.
        fn look(&mut self, what: &str) {
            let before = self.known.take();
            let resolved = Resolved::new(&self.trees, before.as_ref().map(|(resolved, _)| resolved));
            let world = self.world.world();
            let findings =
                Findings::new(&resolved.program, &world, before.as_ref().map(|(_, findings)| findings));
            let (program, said) = resolve(self.trees.iter().map(Arc::as_ref));
            assert_eq!(resolved.diagnostics, said, "{what}\n{}", self.texts.join("\n-----\n"));
            assert!(*resolved.program == program, "{what}\n{}", self.texts.join("\n-----\n"));
            let found = check(&program, &world).1;
            assert_eq!(findings.found(), found, "{what}\n{}", self.texts.join("\n-----\n"));
            assert!(*findings.expansion(&resolved.program, &world) == expand(&program, &world), "{what}");
            self.known = Some((resolved, findings));
        }
    }

    fn tree(file: u32, text: &str) -> Arc<ast::File> {
        Arc::new(mig_lang::parse(FileId(file), text).0)
    }

    #[test]
    fn after_every_edit_it_is_what_it_is_from_the_start() {
        for seed in 1..=60_u64 {
            let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed);
            let mut session = Session::new(1 + (seed % 4) as usize);
            let whole = session.texts.clone();
            for step in 0..12 {
                let file = (damage::next(&mut state) % session.texts.len() as u64) as usize;
                // Now and then everything is as it was: what is sound again is found to be.
                let text = if damage::next(&mut state).is_multiple_of(4) {
                    whole[file].clone()
                } else {
                    let mut text = session.texts[file].clone();
                    damage::damage(&mut text, || damage::next(&mut state));
                    text
                };
                session.edit(file, text, &format!("seed {seed}, step {step}"));
            }
        }
    }

    #[test]
    fn every_word_typed_letter_by_letter() {
        let mut session = Session::new(3);
        for file in 0..3 {
            let whole = session.texts[file].clone();
            for (start, end) in damage::pieces(&whole).into_iter().filter(|(start, end)| start + 2 < *end) {
                // The word, half of it, and none.
                for until in [start, usize::midpoint(start, end)] {
                    let text = [&whole[..until], &whole[end..]].concat();
                    session.edit(file, text, &format!("{:?} at {start}", &whole[start..end]));
                }
            }
            session.edit(file, whole, "whole again");
        }
    }

    #[test]
    fn what_an_edit_does_not_touch_is_kept() {
        let mut session = Session::new(2);
        let file = session.texts.iter().position(|text| text.contains("lower(trim(state))")).unwrap();
        let dataset = |session: &Session| {
            session.known.as_ref().map(|(resolved, _)| Arc::clone(&resolved.program.waves["core"]))
        };
        let before = dataset(&session);
        let text = session.texts[file].replace("lower(trim(state))", "upper(state)");
        session.edit(file, text, "another column");
        let elsewhere = !session.texts[file].contains("wave core");
        assert_eq!(elsewhere, Arc::ptr_eq(&before.unwrap(), &dataset(&session).unwrap()));
    }
}
