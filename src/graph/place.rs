//! Where everything stands in the drawing: waves below each other, datasets on the left of each, the
//! consumers that read them on the right, so that every edge runs through the free space between.

use super::model::Graph;

/// A rectangle, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rectangle {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The places.
#[derive(Debug, PartialEq)]
pub(crate) struct Places {
    /// The whole drawing.
    pub(crate) size: (f64, f64),
    /// Each wave's band.
    pub(crate) waves: Vec<Rectangle>,
    /// Each node's box.
    pub(crate) nodes: Vec<Rectangle>,
}

/// Around the drawing, and between waves.
pub(crate) const MARGIN: f64 = 24.0;
/// Between a wave's edge and its nodes.
const PADDING: f64 = 20.0;
/// The height of a wave's title.
pub(crate) const TITLE: f64 = 34.0;
/// The height of a node.
const NODE: f64 = 46.0;
/// Between two nodes.
const BETWEEN: f64 = 14.0;
/// The width of the free space that edges run through.
const CHANNEL: f64 = 180.0;
/// On the left of the waves, for the lines that join them.
pub(crate) const GUTTER: f64 = 28.0;
/// So many rounds bring the order of the nodes to rest in practice.
const ROUNDS: usize = 4;

/// Places every node. The width of a character is estimated, since there is no font to ask.
pub(crate) fn place(graph: &Graph) -> Places {
    let columns = order(graph);
    let widest = |nodes: &mut dyn Iterator<Item = usize>| {
        nodes
            .filter_map(|node| graph.nodes.get(node))
            .map(|node| {
                let name = text_width(&node.name, 14.0);
                name.max(text_width(&node.note, 11.0)) + 28.0
            })
            .fold(140.0, f64::max)
    };
    let left = widest(&mut columns.iter().flat_map(|(datasets, _)| datasets.iter().copied()));
    let right = widest(&mut columns.iter().flat_map(|(_, consumers)| consumers.iter().copied()));
    let band = PADDING * 2.0 + left + CHANNEL + right;
    let titles = graph
        .waves
        .iter()
        .map(|wave| text_width(&wave.name, 15.0) + text_width(&wave.note, 12.0) + 120.0)
        .fold(band, f64::max);
    let mut places = Places {
        size: (MARGIN * 2.0 + GUTTER + titles, 0.0),
        waves: Vec::new(),
        nodes: vec![Rectangle::default(); graph.nodes.len()],
    };
    let mut y = MARGIN + TITLE;
    for (datasets, consumers) in &columns {
        let x = MARGIN + GUTTER;
        let rows = datasets.len().max(consumers.len()).max(1);
        let inner = stack(rows);
        places.waves.push(Rectangle { x, y, width: titles, height: TITLE + inner + PADDING });
        for (nodes, x, width) in
            [(datasets, x + PADDING, left), (consumers, x + titles - PADDING - right, right)]
        {
            // The shorter column stands in the middle of the longer one's height.
            let mut top = y + TITLE + (inner - stack(nodes.len())) / 2.0;
            for node in nodes {
                if let Some(place) = places.nodes.get_mut(*node) {
                    *place = Rectangle { x, y: top, width, height: NODE };
                }
                top += NODE + BETWEEN;
            }
        }
        y += TITLE + inner + PADDING + MARGIN;
    }
    places.size.1 = y;
    places
}

/// The height of so many nodes below each other.
#[expect(clippy::cast_precision_loss, reason = "a drawing of 2^52 nodes is not made")]
fn stack(nodes: usize) -> f64 {
    let nodes = nodes as f64;
    (nodes * (NODE + BETWEEN) - BETWEEN).max(0.0)
}

/// About how wide a text is in a sans-serif font of that size.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let columns = u32::try_from(console::measure_text_width(text)).unwrap_or(u32::MAX);
    f64::from(columns) * size * 0.58
}

/// The order of each wave's columns with few crossings: each node moves to the middle of those it is
/// joined with, turn by turn on both sides. Ties keep the order they had, so that it is always the same.
fn order(graph: &Graph) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut columns: Vec<(Vec<usize>, Vec<usize>)> =
        graph.waves.iter().map(|wave| (wave.datasets.clone(), wave.consumers.clone())).collect();
    let mut joined: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (from, to) in &graph.edges {
        for (one, other) in [(*from, *to), (*to, *from)] {
            if let Some(list) = joined.get_mut(one) {
                list.push(other);
            }
        }
    }
    for round in 0..ROUNDS {
        let rank = ranks(&columns, graph.nodes.len());
        for (datasets, consumers) in &mut columns {
            let side = if round % 2 == 0 { consumers } else { datasets };
            side.sort_by(|a, b| middle(*a, &joined, &rank).total_cmp(&middle(*b, &joined, &rank)));
        }
    }
    columns
}

/// The height at which each node stands, counted in nodes of its own side.
fn ranks(columns: &[(Vec<usize>, Vec<usize>)], nodes: usize) -> Vec<f64> {
    let mut rank = vec![0.0; nodes];
    let (mut left, mut right) = (0.0, 0.0);
    for (datasets, consumers) in columns {
        for (side, next) in [(datasets, &mut left), (consumers, &mut right)] {
            for node in side {
                if let Some(place) = rank.get_mut(*node) {
                    *place = *next;
                }
                *next += 1.0;
            }
        }
    }
    rank
}

/// The mean height of what a node is joined with; its own height when it is alone.
#[expect(clippy::cast_precision_loss, reason = "a drawing of 2^52 nodes is not made")]
fn middle(node: usize, joined: &[Vec<usize>], rank: &[f64]) -> f64 {
    let others = joined.get(node).map(Vec::as_slice).unwrap_or_default();
    if others.is_empty() {
        return rank.get(node).copied().unwrap_or_default();
    }
    others.iter().filter_map(|other| rank.get(*other)).sum::<f64>() / others.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::model::{Cluster, Kind, Node};

    fn node(kind: Kind) -> Node {
        Node { kind, name: "n".to_owned(), note: String::new(), irreversible: false }
    }

    #[test]
    fn crossed_edges_are_untangled_and_boxes_do_not_overlap() {
        let wave = |datasets, consumers| Cluster {
            name: "w".to_owned(),
            note: String::new(),
            after: Vec::new(),
            datasets,
            consumers,
        };
        let graph = Graph {
            title: "t".to_owned(),
            waves: vec![wave(vec![0, 1], vec![2, 3]), wave(vec![], vec![4])],
            nodes: vec![
                node(Kind::Dataset),
                node(Kind::Dataset),
                node(Kind::Consumer),
                node(Kind::Consumer),
                node(Kind::Consumer),
            ],
            edges: vec![(0, 3), (0, 4), (1, 2)],
        };
        let places = place(&graph);
        assert!(places.nodes[3].y < places.nodes[2].y, "{places:?}");
        for (index, a) in places.nodes.iter().enumerate() {
            for b in &places.nodes[index + 1..] {
                let apart = a.x + a.width <= b.x
                    || b.x + b.width <= a.x
                    || a.y + a.height <= b.y
                    || b.y + b.height <= a.y;
                assert!(apart, "{a:?} {b:?}");
            }
        }
    }
}
