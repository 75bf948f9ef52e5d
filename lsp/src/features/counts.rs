//! What stands above an item in a few numbers: which wave it is, how many datasets and consumers it is about.
//!
//! Counted in the program with its families expanded, so that it is said of a folder with errors, too: of what could be
//! resolved in it.

use std::collections::BTreeMap;

use mig_compiler::hir::Program;
use mig_compiler::{ExpandedWave, Expansion};
use mig_lang::Span;
use mig_lang::ast::{Item, Keyword};

use crate::snapshot::{Document, Folder};

/// A line above an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// The item's name.
    pub(crate) span: Span,
    /// What is said.
    pub(crate) text: String,
}

/// The waves in the order in which they run, each with what it moves.
type Waves<'f> = Vec<(&'f str, &'f ExpandedWave)>;

/// The lines above the items of a file, from top to bottom; none where the catalog is not known.
pub(crate) fn counts(folder: &Folder, document: &Document) -> Vec<Count> {
    let Some(expansion) = folder.expansion() else { return Vec::new() };
    let waves = waves(folder.program(), expansion);
    let items = document.tree().items.iter();
    items
        .filter_map(|item| Some(Count { span: item.name.span, text: text(expansion, &waves, item)? }))
        .collect()
}

fn text(expansion: &Expansion, waves: &Waves, item: &Item) -> Option<String> {
    let name = item.name.text.as_str();
    let moving = |is_moved: &dyn Fn(&ExpandedWave) -> bool| numbers(waves, is_moved);
    let parts = match item.keyword.value {
        Keyword::Migration => vec![
            counted(waves.len(), "wave"),
            counted(expansion.datasets.len(), "dataset"),
            counted(expansion.consumers.len(), "consumer"),
        ],
        Keyword::Wave => {
            let (place, (_, wave)) = waves.iter().enumerate().find(|(_, (wave, _))| *wave == name)?;
            vec![
                format!("wave {} of {}", place + 1, waves.len()),
                counted(wave.datasets.len(), "dataset"),
                counted(wave.consumers.len(), "consumer"),
            ]
        }
        Keyword::Dataset => {
            expansion.datasets.get(name)?;
            let readers =
                expansion.consumers.values().filter(|reader| reader.reads.iter().any(|read| read == name));
            vec![
                moving(&|wave| wave.datasets.iter().any(|dataset| dataset == name)),
                counted(readers.count(), "consumer"),
            ]
        }
        Keyword::Consumer => {
            let reads = expansion.consumers.get(name)?.reads.len();
            vec![
                moving(&|wave| wave.consumers.iter().any(|consumer| consumer == name)),
                format!("reads {}", counted(reads, "dataset")),
            ]
        }
        Keyword::Datasets => {
            let members = expansion.datasets.values().filter(|member| member.item == name).count();
            vec![
                moving(&|wave| wave.datasets.iter().any(|member| is_of(member, name))),
                counted(members, "dataset"),
            ]
        }
        Keyword::Consumers => {
            let members = expansion.consumers.values().filter(|member| member.item == name).count();
            vec![
                moving(&|wave| wave.consumers.iter().any(|member| is_of(member, name))),
                counted(members, "consumer"),
            ]
        }
        Keyword::Store | Keyword::Validation | Keyword::Approval | Keyword::Metric | Keyword::Rollback => {
            return None;
        }
    };
    Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "))
}

/// The waves in the order in which they run: each comes behind those it waits for, and of several that could be next the
/// first by name. Waves in a circle, which is an error, come last.
fn waves<'f>(program: &'f Program, expansion: &'f Expansion) -> Waves<'f> {
    let mut open: BTreeMap<&str, &ExpandedWave> =
        expansion.waves.iter().map(|(name, wave)| (name.as_str(), wave)).collect();
    let mut done = Waves::new();
    while !open.is_empty() {
        let is_ready = |name: &&str| {
            let wave = program.waves.get(*name);
            let mut after = wave.into_iter().flat_map(|wave| &wave.after);
            after.all(|after| !open.contains_key(after.value.as_str()))
        };
        let Some(next) = open.keys().copied().find(is_ready).or_else(|| open.keys().next().copied()) else {
            break;
        };
        done.extend(open.remove_entry(next));
    }
    done
}

/// The numbers of the waves that move something: `wave 2`, `waves 1, 2`.
fn numbers(waves: &Waves, is_moved: &dyn Fn(&ExpandedWave) -> bool) -> String {
    let numbers = waves.iter().zip(1_usize..).filter(|((_, wave), _)| is_moved(wave));
    let numbers: Vec<String> = numbers.map(|(_, number)| number.to_string()).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [only] => format!("wave {only}"),
        several => format!("waves {}", several.join(", ")),
    }
}

/// Whether a name is of a member of a family.
fn is_of(member: &str, family: &str) -> bool {
    member.strip_prefix(family).is_some_and(|rest| rest.starts_with('.'))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::counts;
    use crate::fixture::{Fixture, SHOP, shop};

    #[test]
    fn items_of_a_sound_folder_are_counted() {
        let fixture = Fixture::files(&[("main.mig", SHOP)], shop());
        let folder = &fixture.snapshot().folders[0];
        let lines = counts(folder, &folder.files[0]).into_iter();
        let lines: Vec<_> =
            lines.map(|count| format!("{}: {}", fixture.shown(count.span), count.text)).collect();
        assert_eq!(
            lines,
            [
                "main.mig:1 shop: 1 wave · 1 dataset · 1 consumer",
                "main.mig:9 orders: wave 1 · 1 consumer",
                "main.mig:20 billing: wave 1 · reads 1 dataset",
                "main.mig:31 all: wave 1 of 1 · 1 dataset · 1 consumer",
            ]
        );
    }

    #[test]
    fn what_is_there_is_counted_where_something_is_wrong_too() {
        let text = SHOP.replace("move       = datasets, consumers", "move = datasets");
        let text = format!("{text}\nwave earlier {{\n  move = nothing\n}}\n");
        let text = text.replace("wave all", "wave all after earlier");
        let fixture = Fixture::files(&[("main.mig", text.as_str())], shop());
        let folder = &fixture.snapshot().folders[0];
        let lines: Vec<_> = counts(folder, &folder.files[0]).into_iter().map(|count| count.text).collect();
        assert_eq!(
            lines,
            [
                "2 waves · 1 dataset · 1 consumer",
                "wave 2 · 1 consumer",
                "reads 1 dataset",
                "wave 2 of 2 · 1 dataset · 0 consumers",
                "wave 1 of 2 · 0 datasets · 0 consumers",
            ]
        );
    }
}
