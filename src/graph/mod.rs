//! A plan as a graph: datasets and the consumers that read them, wave by wave.
//!
//! [`model`] makes the graph out of a plan once; each format writes that one graph.

mod dot;
mod mermaid;
mod model;
mod place;
mod svg;

pub(crate) use dot::dot;
pub(crate) use mermaid::mermaid;
pub(crate) use model::graph;
pub(crate) use svg::svg;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_graph_in_each_language() {
        let graph = graph(&crate::sample::plan(), false);
        insta::assert_snapshot!("dot", dot(&graph));
        insta::assert_snapshot!("mermaid", mermaid(&graph));
        insta::assert_snapshot!("svg", svg(&graph));
    }
}
