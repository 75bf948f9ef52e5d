//! The graph as one SVG file that a browser opens: light and dark, no script, no font, nothing fetched.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::model::{Graph, Kind};
use super::place::{GUTTER, MARGIN, Places, Rectangle, TITLE, place};

const STYLE: &str = "\
svg{--back:#fff;--band:#f6f8fa;--line:#d0d7de;--ink:#1f2328;--soft:#59636e;--data:#0969da;--user:#8250df;--stop:#d1242f;\
background:var(--back);font-family:system-ui,sans-serif}\
@media(prefers-color-scheme:dark){svg{--back:#0d1117;--band:#151b23;--line:#3d444d;--ink:#f0f6fc;--soft:#9198a1;\
--data:#4493f8;--user:#ab7df8;--stop:#f85149}}\
text{fill:var(--ink)}.soft{fill:var(--soft)}\
.band{fill:var(--band);stroke:var(--line)}\
.node rect{fill:var(--back);stroke-width:1.5}.data rect{stroke:var(--data)}.user rect{stroke:var(--user)}\
.stop rect{stroke:var(--stop);stroke-dasharray:5 3}\
path{fill:none;stroke:var(--soft);stroke-width:1.2;opacity:.65}path:hover{stroke:var(--ink);stroke-width:2.5;opacity:1}\
.order{stroke-dasharray:4 4;opacity:1}#tip path{fill:var(--soft);stroke:none;opacity:1}";

/// The graph as an SVG document.
pub(crate) fn svg(graph: &Graph) -> String {
    let places = place(graph);
    let (width, height) = places.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <text x=\"{MARGIN}\" y=\"{y}\" font-size=\"18\" font-weight=\"600\">{title}</text>\n",
        title = escaped(&graph.title),
        y = MARGIN + 14.0,
    );
    bands(graph, &places, &mut out);
    edges(graph, &places, &mut out);
    for (node, place) in graph.nodes.iter().zip(&places.nodes) {
        let kind = match node.kind {
            Kind::Dataset => "data",
            Kind::Consumer => "user",
        };
        let stop = if node.irreversible { " stop" } else { "" };
        let Rectangle { x, y, width, height } = place;
        let round = match node.kind {
            Kind::Dataset => 4.0,
            Kind::Consumer => height / 2.0,
        };
        let (name_y, note_y) = (if node.note.is_empty() { y + 28.0 } else { y + 20.0 }, y + 36.0);
        let middle = x + width / 2.0;
        let mut tip = format!("{}\n{}", node.name, node.note);
        if node.irreversible {
            tip.push_str("\ncannot be undone");
        }
        // Writing into a String cannot fail.
        let _ = writeln!(
            out,
            "<g class=\"node {kind}{stop}\"><title>{}</title>\
             <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round:.1}\"/>\
             <text x=\"{middle:.1}\" y=\"{name_y:.1}\" text-anchor=\"middle\" font-size=\"14\">{}</text>\
             <text x=\"{middle:.1}\" y=\"{note_y:.1}\" text-anchor=\"middle\" font-size=\"11\" class=\"soft\">{}</text></g>",
            escaped(tip.trim_end()),
            escaped(&node.name),
            escaped(&node.note),
        );
    }
    out.push_str("</svg>\n");
    out
}

/// The waves, and the lines that say which comes after which.
fn bands(graph: &Graph, places: &Places, out: &mut String) {
    for (wave, place) in graph.waves.iter().zip(&places.waves) {
        let Rectangle { x, y, width, height } = place;
        let after: Vec<&str> = wave
            .after
            .iter()
            .filter_map(|index| graph.waves.get(*index))
            .map(|wave| wave.name.as_str())
            .collect();
        let mut note = wave.note.clone();
        if !after.is_empty() {
            let after = format!("after {}", after.join(", "));
            note = if note.is_empty() { after } else { format!("{after}, {note}") };
        }
        let _ = writeln!(
            out,
            "<rect class=\"band\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"10\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"15\" font-weight=\"600\">{}\
             <tspan dx=\"12\" font-size=\"12\" font-weight=\"400\" class=\"soft\">{}</tspan></text>",
            x + 16.0,
            y + TITLE - 11.0,
            escaped(&wave.name),
            escaped(&note),
        );
    }
    for (index, wave) in graph.waves.iter().enumerate() {
        for before in &wave.after {
            let (Some(from), Some(to)) = (places.waves.get(*before), places.waves.get(index)) else {
                continue;
            };
            let (start, end, bend) = (from.y + from.height - 16.0, to.y + 16.0, from.x - GUTTER + 6.0);
            let _ = writeln!(
                out,
                "<path class=\"order\" marker-end=\"url(#tip)\" d=\"M{x:.1} {start:.1}C{bend:.1} {start:.1} {bend:.1} {end:.1} {x:.1} {end:.1}\"/>",
                x = from.x,
            );
        }
    }
}

/// The edges, spread over the sides of their boxes so that each can be followed.
fn edges(graph: &Graph, places: &Places, out: &mut String) {
    let mut leaving: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    let mut arriving: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    for (edge, (from, to)) in graph.edges.iter().enumerate() {
        let (Some(a), Some(b)) = (places.nodes.get(*from), places.nodes.get(*to)) else { continue };
        leaving.entry(*from).or_default().push((b.y, edge));
        arriving.entry(*to).or_default().push((a.y, edge));
    }
    let ports = |sides: BTreeMap<usize, Vec<(f64, usize)>>| -> BTreeMap<usize, f64> {
        let mut ports = BTreeMap::new();
        for (node, mut ends) in sides {
            let Some(place) = places.nodes.get(node) else { continue };
            ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut y = place.y;
            #[expect(clippy::cast_precision_loss, reason = "a drawing of 2^52 edges is not made")]
            let step = place.height / (ends.len() + 1) as f64;
            for (_, edge) in ends {
                y += step;
                ports.insert(edge, y);
            }
        }
        ports
    };
    let (leaving, arriving) = (ports(leaving), ports(arriving));
    for (edge, (from, to)) in graph.edges.iter().enumerate() {
        let (Some(a), Some(b)) = (places.nodes.get(*from), places.nodes.get(*to)) else { continue };
        let (Some(start), Some(end)) = (leaving.get(&edge), arriving.get(&edge)) else { continue };
        let (x1, x2) = (a.x + a.width, b.x);
        let bend = f64::midpoint(x1, x2);
        let names = [from, to].map(|node| graph.nodes.get(*node).map_or("", |node| node.name.as_str()));
        let _ = writeln!(
            out,
            "<path marker-end=\"url(#tip)\" d=\"M{x1:.1} {start:.1}C{bend:.1} {start:.1} {bend:.1} {end:.1} {x2:.1} {end:.1}\">\
             <title>{} is read by {}</title></path>",
            escaped(names[0]),
            escaped(names[1]),
        );
    }
}

/// Text that XML takes for text. Control characters, which XML does not allow, were made visible before.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.to_string(),
            plain => plain.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_element() {
        assert_eq!(escaped("<a title=\"&'\">"), "&lt;a title=&quot;&amp;&#39;&quot;&gt;");
    }
}
