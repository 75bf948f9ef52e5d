//! The end of each dataset, which only `mig complete` takes: behind every wave that has to do with it.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::{OldTable, Op, Undo};
use petgraph::graph::NodeIndex;

use super::draft::Draft;
use crate::check::Checked;

/// One cleanup for each dataset that moves: after the last steps of the wave that moves it, of those that switch
/// who reads it, and of those that validate it once more. It belongs to the last of them.
pub(super) fn cleanups(checked: &Checked, draft: &mut Draft) {
    let mut waves: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (place, wave) in checked.waves.iter().enumerate() {
        let consumers = wave.wave.consumers.iter().filter_map(|consumer| checked.consumers.get(consumer));
        let read = consumers.flat_map(|consumer| &consumer.reads);
        for dataset in read.chain(wave.own.keys()).chain(wave.again.keys()) {
            waves.entry(dataset).or_default().insert(place);
        }
    }
    let mut ends: BTreeMap<usize, NodeIndex> = BTreeMap::new();
    for (dataset, waves) in waves {
        let (Some(old), Some(last)) = (checked.cleanups.get(dataset), waves.last()) else { continue };
        let reason = match old {
            OldTable::Keep => "the receipts are gone that tell which rows mig wrote".to_owned(),
            OldTable::Drop => {
                let table = checked.datasets.get(dataset).map(|dataset| dataset.old.to_string());
                format!("{} is dropped", table.unwrap_or_default())
            }
        };
        let op = Op::Cleanup { dataset: dataset.to_owned(), old: *old };
        let id = format!("{dataset}/cleanup");
        let cleanup = draft.step(checked, *last, id, op, Undo::Irreversible { reason });
        for wave in &waves {
            let end = match ends.get(wave) {
                Some(end) => Some(*end),
                None => draft.end(checked, *wave),
            };
            if let Some(end) = end {
                ends.insert(*wave, end);
                draft.link(end, cleanup);
            }
        }
    }
}
