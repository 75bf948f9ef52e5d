//! What stands above an item in a few numbers: which wave it is, how many datasets and consumers it is about.
//!
//! Counted in the plan that the folder gives, so that nothing is said of a folder with errors. How many rows there are is
//! not known without asking a store.

use mig_lang::Span;
use mig_lang::ast::{Item, Keyword};
use mig_plan::Plan;

use crate::snapshot::{Document, Folder};

/// A line above an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// The item's name.
    pub(crate) span: Span,
    /// What is said.
    pub(crate) text: String,
}

/// The lines above the items of a file, from top to bottom.
pub(crate) fn counts(folder: &Folder, document: &Document) -> Vec<Count> {
    let Some(plan) = folder.plan() else { return Vec::new() };
    let items = document.tree().items.iter();
    items.filter_map(|item| Some(Count { span: item.name.span, text: text(plan, item)? })).collect()
}

fn text(plan: &Plan, item: &Item) -> Option<String> {
    let name = item.name.text.as_str();
    let parts = match item.keyword.value {
        Keyword::Migration => vec![
            counted(plan.waves.len(), "wave"),
            counted(plan.datasets.len(), "dataset"),
            counted(plan.consumers.len(), "consumer"),
        ],
        Keyword::Wave => {
            let (place, wave) = plan.waves.iter().enumerate().find(|(_, wave)| wave.name == name)?;
            vec![
                format!("wave {} of {}", place + 1, plan.waves.len()),
                counted(wave.datasets.len(), "dataset"),
                counted(wave.consumers.len(), "consumer"),
            ]
        }
        Keyword::Dataset => {
            let readers =
                plan.consumers.values().filter(|reader| reader.reads.iter().any(|read| read == name));
            vec![
                waves(plan, |wave| wave.datasets.iter().any(|dataset| dataset == name)),
                counted(readers.count(), "consumer"),
            ]
        }
        Keyword::Consumer => {
            let reads = plan.consumers.get(name)?.reads.len();
            vec![
                waves(plan, |wave| wave.consumers.iter().any(|consumer| consumer == name)),
                format!("reads {}", counted(reads, "dataset")),
            ]
        }
        Keyword::Datasets => {
            let members = plan.datasets.keys().filter(|member| is_of(member, name)).count();
            vec![
                waves(plan, |wave| wave.datasets.iter().any(|member| is_of(member, name))),
                counted(members, "dataset"),
            ]
        }
        Keyword::Consumers => {
            let members = plan.consumers.keys().filter(|member| is_of(member, name)).count();
            vec![
                waves(plan, |wave| wave.consumers.iter().any(|member| is_of(member, name))),
                counted(members, "consumer"),
            ]
        }
        Keyword::Store | Keyword::Validation | Keyword::Approval | Keyword::Rollback => return None,
    };
    Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "))
}

/// The numbers of the waves that do something: `wave 2`, `waves 1, 2`.
fn waves(plan: &Plan, does: impl Fn(&mig_plan::Wave) -> bool) -> String {
    let numbers = plan.waves.iter().zip(1_usize..).filter(|(wave, _)| does(wave));
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
    fn nothing_is_counted_where_something_is_wrong() {
        let text = SHOP.replace("move       = datasets, consumers", "move = datasets");
        let fixture = Fixture::files(&[("main.mig", text.as_str())], shop());
        let folder = &fixture.snapshot().folders[0];
        assert_eq!(counts(folder, &folder.files[0]), []);
    }
}
