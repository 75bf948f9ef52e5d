//! Makes the plan of a checked program: which steps there are, and what each comes after.
//!
//! A wave is a list of layers: its datasets' stages, its approval, its cut-overs, batch by batch, its
//! soak. Every step of a layer comes after every step of the layer before. [`TRANSFORMS`] lists what builds
//! the layers and what links them. It cannot fail, and gives the same plan for the same program, byte for
//! byte.

mod cleanups;
mod draft;
mod layers;
mod links;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::orders;

use mig_plan::{Inputs, Plan, SourceFile};

use crate::check::Checked;
use draft::Draft;

/// One step of building the schedule.
type Transform = fn(&Checked, &mut Draft);

/// Everything that builds the schedule, in order.
const TRANSFORMS: &[Transform] = &[
    // Layers, first to last.
    layers::stages,
    layers::approvals,
    layers::dataset_cut_overs,
    layers::consumer_cut_overs,
    layers::soaks,
    // Links.
    links::derived,
    links::layers,
    links::waves,
    // What only `complete` does, behind all of it.
    cleanups::cleanups,
];

/// The plan of a checked program, of which it is made. `sources` are its files.
pub fn plan(checked: Checked, mut sources: Vec<SourceFile>) -> Plan {
    let mut draft = Draft::new(&checked);
    for transform in TRANSFORMS {
        transform(&checked, &mut draft);
    }
    let Checked { datasets, consumers, .. } = checked;
    let (steps, (datasets, consumers)) = rayon::join(
        || draft.into_steps(),
        || {
            let datasets = datasets.into_iter().map(|checked| (checked.name, checked.dataset));
            let consumers = consumers.into_iter().map(|checked| (checked.name, checked.consumer));
            (datasets.collect(), consumers.collect())
        },
    );
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Plan {
        migration: checked.migration,
        inputs: Inputs { sources, catalog: checked.catalog, schemas: checked.schemas },
        stores: checked.stores,
        datasets,
        consumers,
        waves: checked.waves.into_iter().map(|wave| wave.wave).collect(),
        approvals: checked.approvals,
        rollbacks: checked.rollbacks,
        metric_source: checked.metric_source,
        metrics: checked.metrics,
        allowed: Vec::new(),
        steps,
    }
}
