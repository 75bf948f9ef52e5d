//! The graph in Graphviz' language.

use std::fmt::Write as _;

use super::model::{Graph, Kind};

/// The graph as a DOT document.
pub(crate) fn dot(graph: &Graph) -> String {
    let mut out = format!("digraph {} {{\n", quoted(&graph.title));
    out.push_str(
        "  rankdir=LR;\n  compound=true;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
    );
    out.push_str("  graph [fontname=\"sans-serif\"];\n");
    for (index, wave) in graph.waves.iter().enumerate() {
        let mut label = format!("wave {}", wave.name);
        if !wave.note.is_empty() {
            label.push_str(&format!("\n{}", wave.note));
        }
        // Writing into a String cannot fail.
        let _ = writeln!(out, "  subgraph cluster_{index} {{\n    label={};", quoted(&label));
        // An invisible point, so that a wave without nodes is drawn and waves can be joined.
        let _ = writeln!(out, "    w{index} [shape=point, style=invis];");
        for node in wave.datasets.iter().chain(&wave.consumers) {
            let Some(content) = graph.nodes.get(*node) else { continue };
            let mut label = content.name.clone();
            if !content.note.is_empty() {
                label.push_str(&format!("\n{}", content.note));
            }
            let shape = match content.kind {
                Kind::Dataset => "",
                Kind::Consumer => ", shape=ellipse",
            };
            let color = if content.irreversible { ", color=red" } else { "" };
            let _ = writeln!(out, "    n{node} [label={}{shape}{color}];", quoted(&label));
        }
        out.push_str("  }\n");
    }
    for (index, wave) in graph.waves.iter().enumerate() {
        for before in &wave.after {
            let _ = writeln!(
                out,
                "  w{before} -> w{index} [ltail=cluster_{before}, lhead=cluster_{index}, style=dashed];"
            );
        }
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(out, "  n{from} -> n{to};");
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(quoted("a\"; b\\\n"), r#""a\"; b\\\n""#);
    }
}
