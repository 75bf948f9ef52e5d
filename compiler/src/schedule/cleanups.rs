//! The end of each dataset, which only `mig complete` takes: behind every wave that has to do with it.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::{OldTable, Op, Undo};
use petgraph::graph::NodeIndex;

use super::draft::Draft;
use crate::check::{Checked, CheckedDataset};

/// One cleanup for each dataset that moves: after the last steps of the wave that moves it, of those that switch
/// who reads it, and of those that validate it once more. It belongs to the last of them.
pub(super) fn cleanups(checked: &Checked, draft: &mut Draft) {
    let mut waves: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); checked.datasets.len()];
    for (place, wave) in checked.waves.iter().enumerate() {
        let consumers = wave.consumers.iter().filter_map(|consumer| checked.consumers.get(*consumer));
        let read = consumers.flat_map(|consumer| consumer.reads.iter().copied());
        let validated = wave.own.iter().chain(&wave.again).map(|(dataset, _)| *dataset);
        for dataset in read.chain(validated) {
            if let Some(waves) = waves.get_mut(dataset) {
                waves.insert(place);
            }
        }
    }
    let mut ends: BTreeMap<usize, NodeIndex> = BTreeMap::new();
    for (CheckedDataset { name, dataset, cleanup: old, .. }, waves) in checked.datasets.iter().zip(waves) {
        let Some(last) = waves.last() else { continue };
        let reason = match old {
            OldTable::Keep => "the receipts are gone that tell which rows mig wrote".to_owned(),
            OldTable::Drop => format!("{} is dropped", dataset.old),
        };
        let op = Op::Cleanup { dataset: name.clone(), old: *old };
        let cleanup = draft.step(*last, format!("{name}/cleanup"), op, Undo::Irreversible { reason });
        for wave in &waves {
            let end = match ends.get(wave) {
                Some(end) => Some(*end),
                None => draft.end(*wave),
            };
            if let Some(end) = end {
                ends.insert(*wave, end);
                draft.link(end, cleanup);
            }
        }
    }
}
