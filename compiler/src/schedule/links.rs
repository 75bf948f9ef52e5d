//! What comes after what: within a wave, between waves, and between datasets that are made of others.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;

use super::draft::Draft;
use crate::check::Checked;

/// A dataset that is derived from another of its wave is prepared when the other is validated.
pub(super) fn derived(checked: &Checked, draft: &mut Draft) {
    for (source, derived) in &checked.derived {
        if let (Some((_, validated)), Some((prepare, _))) =
            (draft.datasets.get(source).copied(), draft.datasets.get(derived).copied())
        {
            draft.link(validated, prepare);
        }
    }
}

/// Each layer of a wave comes after the one before.
pub(super) fn layers(checked: &Checked, draft: &mut Draft) {
    for (place, wave) in checked.waves.iter().enumerate() {
        let joins: Vec<_> = draft.waves.get(place).map_or_else(Vec::new, |layers| {
            let pairs = layers.iter().zip(layers.iter().skip(1));
            pairs.map(|(one, next)| (one.done.clone(), one.last.clone(), next.first.clone())).collect()
        });
        for (number, (done, last, first)) in joins.into_iter().enumerate() {
            let gate = format!("{}/{done}", wave.wave.name);
            draft.join((&last, &first), (place, number + 1), gate);
        }
    }
}

/// The first layer of a wave comes after the last layers of the waves that it waits for.
pub(super) fn waves(checked: &Checked, draft: &mut Draft) {
    for (place, wave) in checked.waves.iter().enumerate() {
        let Some(first) = draft.waves.get(place).and_then(|layers| layers.first()) else { continue };
        let first = first.first.clone();
        let before: Vec<NodeIndex> = ends(checked, draft, place).into_iter().collect();
        if !before.is_empty() {
            draft.join((&before, &first), (place, 0), format!("{}/begin", wave.wave.name));
        }
    }
}

/// The last steps before a wave. A wave that does nothing hands on the end of those that it waits for.
fn ends(checked: &Checked, draft: &Draft, wave: usize) -> BTreeSet<NodeIndex> {
    let mut ends = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![wave];
    while let Some(next) = open.pop() {
        let Some(after) = checked.waves.get(next).map(|wave| &wave.wave.after) else { continue };
        for (place, _) in
            checked.waves.iter().enumerate().filter(|(_, other)| after.contains(&other.wave.name))
        {
            match draft.waves.get(place).and_then(|layers| layers.last()) {
                Some(layer) => ends.extend(layer.last.iter().copied()),
                None if seen.insert(place) => open.push(place),
                None => {}
            }
        }
    }
    ends
}
