//! The schedule while it is built: a graph of steps, and the layers of each wave.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use mig_plan::{Op, Step, StepId, Undo};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;

use crate::check::Checked;

/// Where a step stands among those that could run as well: by wave, layer, and place in the layer.
type Order = (usize, usize, usize);

/// A part of a wave that comes after the part before it as a whole.
#[derive(Default)]
pub(super) struct Layer {
    /// What is done when it is done, for the name of the gate behind it.
    pub(super) done: String,
    /// Its steps that come after no other of its own.
    pub(super) first: Vec<NodeIndex>,
    /// Its steps that no other of its own comes after.
    pub(super) last: Vec<NodeIndex>,
}

/// The schedule while it is built.
pub(super) struct Draft {
    /// The steps, of which is not yet said what each comes after.
    graph: DiGraph<Step, ()>,
    /// Where each of them stands among those that could run as well.
    orders: Vec<Order>,
    /// The names of the waves.
    names: Vec<String>,
    /// The layers of each wave, in the order of the plan's waves.
    pub(super) waves: Vec<Vec<Layer>>,
    /// The step that each dataset begins with, and the one that validates it.
    pub(super) datasets: BTreeMap<usize, (NodeIndex, NodeIndex)>,
}

/// Up to so many links between two sets of steps are written out; above it a gate stands between them.
const LINKS: usize = 64;

impl Draft {
    pub(super) fn new(checked: &Checked) -> Self {
        Self {
            graph: DiGraph::new(),
            orders: Vec::new(),
            names: checked.waves.iter().map(|wave| wave.wave.name.clone()).collect(),
            waves: checked.waves.iter().map(|_| Vec::new()).collect(),
            datasets: BTreeMap::new(),
        }
    }

    /// Adds a step to the layer that a wave gets next.
    pub(super) fn step(&mut self, wave: usize, id: String, op: Op, undo: Undo) -> NodeIndex {
        let layer = self.waves.get(wave).map_or(0, Vec::len) + 1;
        let order = (wave, layer, self.graph.node_count());
        self.add(id, op, undo, order)
    }

    fn add(&mut self, id: String, op: Op, undo: Undo, order: Order) -> NodeIndex {
        self.orders.push(order);
        let wave = self.names.get(order.0).cloned().unwrap_or_default();
        self.graph.add_node(Step { id: StepId(id), wave, op, undo, after: Vec::new() })
    }

    /// Closes the layer that a wave's last steps were added to, unless it has none.
    pub(super) fn layer(&mut self, wave: usize, layer: Layer) {
        if let Some(layers) = self.waves.get_mut(wave).filter(|_| !layer.first.is_empty()) {
            layers.push(layer);
        }
    }

    /// Lets one step come after another. To say it twice is to say it once, and costs less than to look whether it was
    /// said: a step may come before thousands.
    pub(super) fn link(&mut self, before: NodeIndex, after: NodeIndex) {
        self.graph.add_edge(before, after, ());
    }

    /// Lets every one of some steps come after every one of others. A gate with that name stands between
    /// them where that would be many links; it is one of the wave, behind its layer of that number.
    pub(super) fn join(
        &mut self,
        (before, after): (&[NodeIndex], &[NodeIndex]),
        (wave, layer): (usize, usize),
        gate: String,
    ) {
        if before.len() * after.len() <= LINKS || before.len() == 1 || after.len() == 1 {
            for first in before {
                for second in after {
                    self.graph.add_edge(*first, *second, ());
                }
            }
            return;
        }
        let gate = self.add(gate, Op::Gate, Undo::Nothing, (wave, layer, usize::MAX));
        for first in before {
            self.graph.add_edge(*first, gate, ());
        }
        for second in after {
            self.graph.add_edge(gate, *second, ());
        }
    }

    /// The one step with which a wave ends: its last, or a gate behind several. `None` for a wave that does
    /// nothing.
    pub(super) fn end(&mut self, wave: usize) -> Option<NodeIndex> {
        let layers = self.waves.get(wave)?;
        let (count, last) = (layers.len(), layers.last()?.last.clone());
        if let [only] = last.as_slice() {
            return Some(*only);
        }
        let name = self.names.get(wave).map_or("", String::as_str);
        let order = (wave, count, usize::MAX);
        let gate = self.add(format!("{name}/end"), Op::Gate, Undo::Nothing, order);
        for step in last {
            self.graph.add_edge(step, gate, ());
        }
        Some(gate)
    }

    /// The steps in a topological order; of several that could be next, the first by wave, layer and place.
    pub(super) fn into_steps(self) -> Vec<Step> {
        let Self { graph, orders, .. } = self;
        let befores = |node| graph.neighbors_directed(node, Direction::Incoming);
        let mut open: Vec<usize> = graph.node_indices().map(|node| befores(node).count()).collect();
        let ready = |node: NodeIndex| orders.get(node.index()).map(|order| Reverse((*order, node.index())));
        let mut heap: BinaryHeap<_> = graph
            .node_indices()
            .filter(|node| open.get(node.index()) == Some(&0))
            .filter_map(ready)
            .collect();
        // Where each step comes to stand.
        let mut places = vec![0; graph.node_count()];
        let mut next_place = 0..;
        while let Some(Reverse((_, index))) = heap.pop() {
            if let (Some(place), Some(next)) = (places.get_mut(index), next_place.next()) {
                *place = next;
            }
            for next in graph.neighbors_directed(NodeIndex::new(index), Direction::Outgoing) {
                let Some(count) = open.get_mut(next.index()) else { continue };
                *count -= 1;
                if *count == 0 {
                    heap.extend(ready(next));
                }
            }
        }
        let after = |node: usize| {
            let befores = befores(NodeIndex::new(node)).filter_map(|before| graph.node_weight(before));
            let mut after: Vec<StepId> = befores.map(|before| before.id.clone()).collect();
            after.sort_unstable();
            after.dedup();
            // Most steps come after one, and a list has room for four.
            after.shrink_to_fit();
            after
        };
        let afters: Vec<Vec<StepId>> =
            (0..graph.node_count()).into_par_iter().with_min_len(256).map(after).collect();
        let (nodes, _) = graph.into_nodes_edges();
        let steps = nodes.into_iter().zip(afters).map(|(node, after)| Step { after, ..node.weight });
        let mut steps: Vec<Step> = steps.collect();
        steps.shrink_to_fit();
        put(&mut steps, &mut places);
        steps
    }
}

/// Puts everything to its place, where it stands: there are many, and a second list of them would be the most that a
/// plan ever takes.
fn put<T>(things: &mut [T], places: &mut [usize]) {
    for here in 0..things.len() {
        // Each exchange brings one thing home that was not there.
        while let Some(home) = places.get(here).copied().filter(|home| places.get(*home) != Some(home)) {
            things.swap(here, home);
            places.swap(here, home);
        }
    }
}
