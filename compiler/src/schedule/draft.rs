//! The schedule while it is built: a graph of steps, and the layers of each wave.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use mig_plan::{Op, Step, StepId, Undo};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::check::Checked;

/// A step before it is known what it comes after, with its place among the steps that could run as well.
struct Node {
    id: StepId,
    wave: String,
    op: Op,
    undo: Undo,
    order: Order,
}

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
    graph: DiGraph<Node, ()>,
    /// The layers of each wave, in the order of the plan's waves.
    pub(super) waves: Vec<Vec<Layer>>,
    /// The step that each dataset begins with, and the one that validates it.
    pub(super) datasets: BTreeMap<String, (NodeIndex, NodeIndex)>,
}

/// Up to so many links between two sets of steps are written out; above it a gate stands between them.
const LINKS: usize = 64;

impl Draft {
    pub(super) fn new(checked: &Checked) -> Self {
        Self {
            graph: DiGraph::new(),
            waves: checked.waves.iter().map(|_| Vec::new()).collect(),
            datasets: BTreeMap::new(),
        }
    }

    /// Adds a step to the layer that a wave gets next.
    pub(super) fn step(
        &mut self,
        checked: &Checked,
        wave: usize,
        id: String,
        op: Op,
        undo: Undo,
    ) -> NodeIndex {
        let layer = self.waves.get(wave).map_or(0, Vec::len) + 1;
        let order = (wave, layer, self.graph.node_count());
        self.add(checked, id, op, undo, order)
    }

    fn add(&mut self, checked: &Checked, id: String, op: Op, undo: Undo, order: Order) -> NodeIndex {
        let wave = checked.waves.get(order.0).map_or_else(String::new, |wave| wave.wave.name.clone());
        self.graph.add_node(Node { id: StepId(id), wave, op, undo, order })
    }

    /// Closes the layer that a wave's last steps were added to, unless it has none.
    pub(super) fn layer(&mut self, wave: usize, layer: Layer) {
        if let Some(layers) = self.waves.get_mut(wave).filter(|_| !layer.first.is_empty()) {
            layers.push(layer);
        }
    }

    /// Lets one step come after another.
    pub(super) fn link(&mut self, before: NodeIndex, after: NodeIndex) {
        self.graph.update_edge(before, after, ());
    }

    /// Lets every one of some steps come after every one of others. A gate with that name stands between
    /// them where that would be many links; it is one of the wave, behind its layer of that number.
    pub(super) fn join(
        &mut self,
        checked: &Checked,
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
        let gate = self.add(checked, gate, Op::Gate, Undo::Nothing, (wave, layer, usize::MAX));
        for first in before {
            self.graph.add_edge(*first, gate, ());
        }
        for second in after {
            self.graph.add_edge(gate, *second, ());
        }
    }

    /// The one step with which a wave ends: its last, or a gate behind several. `None` for a wave that does
    /// nothing.
    pub(super) fn end(&mut self, checked: &Checked, wave: usize) -> Option<NodeIndex> {
        let layers = self.waves.get(wave)?;
        let (count, last) = (layers.len(), layers.last()?.last.clone());
        if let [only] = last.as_slice() {
            return Some(*only);
        }
        let name = checked.waves.get(wave).map_or("", |wave| &wave.wave.name);
        let order = (wave, count, usize::MAX);
        let gate = self.add(checked, format!("{name}/end"), Op::Gate, Undo::Nothing, order);
        for step in last {
            self.graph.add_edge(step, gate, ());
        }
        Some(gate)
    }

    /// The steps in a topological order; of several that could be next, the first by wave, layer and place.
    pub(super) fn into_steps(self) -> Vec<Step> {
        let graph = self.graph;
        let befores = |node| graph.neighbors_directed(node, Direction::Incoming);
        let mut open: Vec<usize> = graph.node_indices().map(|node| befores(node).count()).collect();
        let ready =
            |node: NodeIndex| graph.node_weight(node).map(|weight| Reverse((weight.order, node.index())));
        let mut heap: BinaryHeap<_> = graph
            .node_indices()
            .filter(|node| open.get(node.index()) == Some(&0))
            .filter_map(ready)
            .collect();
        let mut order: Vec<(usize, Vec<StepId>)> = Vec::with_capacity(graph.node_count());
        while let Some(Reverse((_, index))) = heap.pop() {
            let node = NodeIndex::new(index);
            let mut after: Vec<StepId> = befores(node)
                .filter_map(|before| graph.node_weight(before))
                .map(|before| before.id.clone())
                .collect();
            after.sort_unstable();
            after.dedup();
            order.push((index, after));
            for next in graph.neighbors_directed(node, Direction::Outgoing) {
                let Some(count) = open.get_mut(next.index()) else { continue };
                *count -= 1;
                if *count == 0 {
                    heap.extend(ready(next));
                }
            }
        }
        let (nodes, _) = graph.into_nodes_edges();
        let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(|node| Some(node.weight)).collect();
        let written = order.into_iter().filter_map(|(index, after)| {
            let Node { id, wave, op, undo, order: _ } = nodes.get_mut(index)?.take()?;
            Some(Step { id, wave, op, undo, after })
        });
        written.collect()
    }
}
