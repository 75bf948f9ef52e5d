//! Waves that come after themselves.

use mig_lang::Diagnostic;
use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::hir::Program;

/// Says where waves come after one another in a circle. The waves of a circle are cut out of each
/// other's `after` by nobody: a program with one is not whole.
pub(super) fn waves(program: &Program, out: &mut Vec<Diagnostic>) {
    let mut graph: DiGraphMap<&str, ()> = DiGraphMap::new();
    for (name, wave) in program.waves.iter() {
        graph.add_node(name);
        for after in &wave.after {
            graph.add_edge(after.value.as_str(), name, ());
        }
    }
    for mut circle in kosaraju_scc(&graph) {
        circle.sort_unstable();
        let in_circle = |name: &str| circle.binary_search(&name).is_ok();
        let around = circle.len() > 1 || circle.first().is_some_and(|name| graph.contains_edge(name, name));
        if !around {
            continue;
        }
        // One diagnostic for the circle, with a label on each `after` that closes it.
        let edges = circle.iter().filter_map(|name| program.waves.get(*name)).flat_map(|wave| {
            wave.after.iter().filter(|after| in_circle(&after.value)).map(move |after| {
                (after.span, format!("`{}` comes after `{}`", wave.title.name, after.value))
            })
        });
        let mut edges: Vec<_> = edges.collect();
        edges.sort();
        let Some(((first, text), more)) = edges.split_first() else { continue };
        let mut error =
            Diagnostic::error("wave-cycle", *first, "these waves wait for one another").here(text.clone());
        for (span, text) in more {
            error = error.label(*span, text.clone());
        }
        out.push(error.help("Take one of the `after` out, so that there is a first wave."));
    }
}
