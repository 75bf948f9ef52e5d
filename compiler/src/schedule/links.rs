//! What comes after what: within a wave, between waves, and between datasets that are made of others.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use petgraph::graph::NodeIndex;

use super::draft::Draft;
use crate::check::{Checked, CheckedWave};

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

/// The first layer of a wave comes after the last layers of the waves that it waits for. A wave that does nothing hands on the
/// ends of those that it waits for.
pub(super) fn waves(checked: &Checked, draft: &mut Draft) {
    let mut ends: BTreeMap<&str, Rc<BTreeSet<NodeIndex>>> = BTreeMap::new();
    for (place, CheckedWave { wave, .. }) in checked.waves.iter().enumerate() {
        // They stand behind those that they wait for.
        let mut waited = wave.after.iter().filter_map(|after| ends.get(after.as_str()));
        let before = match (waited.next(), waited.next()) {
            (None, _) => Rc::default(),
            (Some(only), None) => Rc::clone(only),
            (Some(one), Some(two)) => {
                Rc::new([one, two].into_iter().chain(waited).flat_map(|ends| ends.iter().copied()).collect())
            }
        };
        let layers = draft.waves.get(place).map_or(&[][..], Vec::as_slice);
        let (Some(first), Some(last)) = (layers.first(), layers.last()) else {
            ends.insert(&wave.name, before);
            continue;
        };
        ends.insert(&wave.name, Rc::new(last.last.iter().copied().collect()));
        let first = first.first.clone();
        if !before.is_empty() {
            let before: Vec<NodeIndex> = before.iter().copied().collect();
            draft.join((&before, &first), (place, 0), format!("{}/begin", wave.name));
        }
    }
}
