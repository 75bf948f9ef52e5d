//! The graph in Mermaid's language, which code hosts draw in a description.

use std::fmt::Write as _;

use super::model::{Graph, Kind};

/// The graph as a Mermaid flowchart.
pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (index, wave) in graph.waves.iter().enumerate() {
        let mut label = format!("wave {}", wave.name);
        if !wave.note.is_empty() {
            label.push_str(&format!(": {}", wave.note));
        }
        // Writing into a String cannot fail.
        let _ = writeln!(out, "  subgraph w{index}[\"{}\"]\n    direction LR", escaped(&label));
        for node in wave.datasets.iter().chain(&wave.consumers) {
            let Some(content) = graph.nodes.get(*node) else { continue };
            let mut label = escaped(&content.name);
            if !content.note.is_empty() {
                label.push_str(&format!("<br/>{}", escaped(&content.note)));
            }
            let (open, close) = match content.kind {
                Kind::Dataset => ("[(", ")]"),
                Kind::Consumer => ("(", ")"),
            };
            let _ = writeln!(out, "    n{node}{open}\"{label}\"{close}");
        }
        out.push_str("  end\n");
    }
    for (index, wave) in graph.waves.iter().enumerate() {
        for before in &wave.after {
            let _ = writeln!(out, "  w{before} -.-> w{index}");
        }
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(out, "  n{from} --> n{to}");
    }
    let red: Vec<String> = (0..)
        .zip(&graph.nodes)
        .filter(|(_, node)| node.irreversible)
        .map(|(index, _): (usize, _)| format!("n{index}"))
        .collect();
    if !red.is_empty() {
        let _ = writeln!(
            out,
            "  classDef irreversible stroke:#d1242f,stroke-width:2px\n  class {} irreversible",
            red.join(",")
        );
    }
    out
}

/// Every character that Mermaid or the page around it could take for its own, by its number.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' | '[' | ']' | '{' | '}' | '|' | '*' | '_'
            | '~' => {
                format!("#{};", u32::from(c))
            }
            '\n' => " ".to_owned(),
            plain => plain.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(escaped("a\"]<b> -> c"), "a#34;#93;#60;b#62; -#62; c");
    }
}
