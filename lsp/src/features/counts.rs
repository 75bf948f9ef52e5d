//! What stands above an item in a few numbers: which wave it is, how many datasets and consumers it is about, and about
//! how many rows, where a snapshot tells.
//!
//! Counted in the program with its families expanded, so that it is said of a folder with errors, too: of what could be
//! resolved in it.

use std::collections::BTreeMap;

use mig_compiler::hir::Program;
use mig_compiler::{ExpandedDataset, ExpandedWave, Expansion};
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
        .filter_map(|item| Some(Count { span: item.name.span, text: text(folder, expansion, &waves, item)? }))
        .collect()
}

fn text(folder: &Folder, expansion: &Expansion, waves: &Waves, item: &Item) -> Option<String> {
    let name = item.name.text.as_str();
    let of_names =
        |names: &[String]| rows(folder, names.iter().filter_map(|name| expansion.datasets.get(name)));
    let moving = |is_moved: &dyn Fn(&ExpandedWave) -> bool| numbers(waves, is_moved);
    let parts = match item.keyword.value {
        Keyword::Migration => vec![
            counted(waves.len(), "wave"),
            counted(expansion.datasets.len(), "dataset"),
            counted(expansion.consumers.len(), "consumer"),
            rows(folder, expansion.datasets.values()),
        ],
        Keyword::Wave => {
            let (place, (_, wave)) = waves.iter().enumerate().find(|(_, (wave, _))| *wave == name)?;
            vec![
                format!("wave {} of {}", place + 1, waves.len()),
                counted(wave.datasets.len(), "dataset"),
                counted(wave.consumers.len(), "consumer"),
                of_names(&wave.datasets),
            ]
        }
        Keyword::Dataset => {
            let dataset = expansion.datasets.get(name)?;
            let readers =
                expansion.consumers.values().filter(|reader| reader.reads.iter().any(|read| read == name));
            vec![
                moving(&|wave| wave.datasets.iter().any(|dataset| dataset == name)),
                counted(readers.count(), "consumer"),
                rows(folder, [dataset]),
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
            let members = || expansion.datasets.values().filter(|member| member.item == name);
            vec![
                moving(&|wave| wave.datasets.iter().any(|member| is_of(member, name))),
                counted(members().count(), "dataset"),
                rows(folder, members()),
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

/// About how many rows datasets have together; nothing where that is not known of each of them.
fn rows<'e>(folder: &Folder, datasets: impl IntoIterator<Item = &'e ExpandedDataset>) -> String {
    let of = |dataset: &ExpandedDataset| folder.rows(dataset.old.as_ref()?);
    let all: Option<Vec<u64>> = datasets.into_iter().map(of).collect();
    let sum = |all: Vec<u64>| all.into_iter().fold(0, u64::saturating_add);
    all.filter(|all| !all.is_empty()).map(sum).map(about).unwrap_or_default()
}

/// A number of rows of which two digits are known: `1.2 M rows`.
pub(crate) fn about(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{} rows", short(rows)) }
}

/// A number of which two digits are known: `1.2 M`.
pub(crate) fn short(number: u64) -> String {
    let scaled = |unit: u64, letter: &str| {
        let tenths = number / (unit / 10);
        match (tenths / 10, tenths % 10) {
            (whole @ 0..10, tenth @ 1..) => format!("{whole}.{tenth} {letter}"),
            (whole, _) => format!("{whole} {letter}"),
        }
    };
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => scaled(1_000, "k"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "M"),
        1_000_000_000.. => scaled(1_000_000_000, "G"),
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
    use super::{about, counts};
    use std::collections::BTreeMap;

    use mig_plan::TableRef;

    use crate::fixture::{Fixture, SHOP, shop};
    use crate::host::Known;

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
    fn rows_are_told_where_each_table_is_known() {
        let orders = TableRef { store: "legacy".to_owned(), path: vec!["orders".to_owned()] };
        let known = Known { rows: BTreeMap::from([(orders, 1_200_000)]), ..shop() };
        let fixture = Fixture::files(&[("main.mig", SHOP)], known);
        let folder = &fixture.snapshot().folders[0];
        let lines: Vec<_> = counts(folder, &folder.files[0]).into_iter().map(|count| count.text).collect();
        assert_eq!(
            lines,
            [
                "1 wave · 1 dataset · 1 consumer · 1.2 M rows",
                "wave 1 · 1 consumer · 1.2 M rows",
                "wave 1 · reads 1 dataset",
                "wave 1 of 1 · 1 dataset · 1 consumer · 1.2 M rows",
            ]
        );
        assert_eq!(
            [0, 1, 990, 1_000, 12_000, 999_999, 1_000_000, 7_300_000_000].map(about),
            ["0 rows", "1 row", "990 rows", "1 k rows", "12 k rows", "999 k rows", "1 M rows", "7.3 G rows"]
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
