//! A comparison as one page for a browser: light and dark, readable without a script, nothing from outside.

use std::fmt::Write as _;

use mig_plan::{ColumnDifference, RowDifference};

use super::{Report, Verdict};
use crate::render::words::{count, seconds};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#5b6571;--paper:#fff;--line:#d7dce2;--band:#f5f7f9;--old:#a4262c;--old-band:#fdeceb;--new:#116329;--new-band:#e6f6ea;--some:#7d5300}
@media(prefers-color-scheme:dark){:root{--ink:#e3e8ee;--dim:#98a3b0;--paper:#14181d;--line:#323a44;--band:#1c2229;--old:#ff9a94;--old-band:#3a1d1e;--new:#7ee2a0;--new-band:#15321f;--some:#e8b75a}}
*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;padding:2rem 1rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:0 0 1.5rem}h2{font-size:1.1rem;margin:2.5rem 0 .5rem;overflow-wrap:anywhere}
.verdict{font-weight:600}.equal{color:var(--new)}.part{color:var(--some)}.different{color:var(--old)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0 0 1rem}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th{text-align:left;color:var(--dim);font-weight:500;background:var(--band)}th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td{font-family:ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}td.old{background:var(--old-band);color:var(--old)}td.new{background:var(--new-band);color:var(--new)}
.none{font-family:system-ui,sans-serif;font-style:italic}.dim{color:var(--dim)}";

/// The page.
pub(crate) fn page(reports: &[Report], verdict: Verdict) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    let title = format!("mig diff: {}", verdict.title());
    let of = |verdict: Verdict| match verdict {
        Verdict::Equal => "equal",
        Verdict::EqualAsFarAsCompared => "part",
        Verdict::Different => "different",
    };
    // Writing into a String cannot fail.
    let _ = write!(
        out,
        "<title>{}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n<h1>Comparison: <span class=\"{}\">{}</span></h1>\n",
        escaped(&title),
        of(verdict),
        verdict.title()
    );
    for report in reports {
        let verdict = report.verdict();
        let figures = report.figures();
        let _ = writeln!(out, "<section>\n<h2>{}</h2>\n<dl>", escaped(&report.title()));
        let said = if figures.is_empty() {
            verdict.title().to_owned()
        } else {
            format!("{}: {figures}", verdict.title())
        };
        let _ =
            writeln!(out, "<dt>Verdict</dt><dd class=\"verdict {}\">{}</dd>", of(verdict), escaped(&said));
        let mut line = |label: &str, text: &str| {
            let _ = writeln!(out, "<dt>{label}</dt><dd>{}</dd>", escaped(text));
        };
        line("Compared", &format!("{}, {}", report.extent(), seconds(report.took)));
        report.casts().iter().for_each(|cast| line("Types", cast));
        report.left_out().iter().for_each(|left_out| line("Skipped", left_out));
        if !report.remark().is_empty() {
            line("Note", report.remark());
        }
        out.push_str("</dl>\n");
        rows(report, &mut out);
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn rows(report: &Report, out: &mut String) {
    let differences = &report.found.differences;
    if differences.rows.is_empty() {
        return;
    }
    let key = if report.key.is_empty() { "row".to_owned() } else { report.key.join(", ") };
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    for cell in [key.as_str(), "column", "old", "new"] {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(cell));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    differences.rows.iter().for_each(|difference| row(difference, out));
    out.push_str("</tbody>\n</table></div>\n");
    let more = differences.count().saturating_sub(differences.rows.len() as u64);
    if more > 0 {
        let _ = writeln!(out, "<p class=\"dim\">… and {} more that are not shown.</p>", count(more));
    }
}

fn row(of: &RowDifference, out: &mut String) {
    let key: Vec<String> = of.key.iter().map(ToString::to_string).collect();
    for (place, ColumnDifference { column, old, new }) in of.columns.iter().enumerate() {
        out.push_str("<tr>");
        if place == 0 {
            let _ = write!(out, "<td rowspan=\"{}\">{}</td>", of.columns.len(), escaped(&key.join(", ")));
        }
        let _ = write!(out, "<td>{}</td>", escaped(column));
        for (side, value) in [("old", old), ("new", new)] {
            let _ = match value {
                Some(value) => write!(out, "<td class=\"{side}\">{}</td>", escaped(value)),
                None => write!(out, "<td class=\"dim none\">no such row</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
}

/// Text as a page holds it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // What a page must not hold.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_cell() {
        assert_eq!(escaped("<b a='\"'>&\u{0}\u{1b}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_page_has_nothing_from_outside() {
        let page = page(&[], Verdict::Equal);
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        for outside in ["http", "<script", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
