//! A comparison for a terminal.

use console::style;
use mig_plan::RowDifference;

use super::{Report, Verdict};
use crate::render::layout::{labelled, paragraph, table};
use crate::render::words::{count, safe, seconds};

/// The width of the labels.
const LABEL: usize = 9;
/// The widest cell that the others line up with.
const CELL: usize = 28;

/// The reports, one below the other.
pub(crate) fn human(reports: &[Report], width: usize) -> String {
    reports.iter().map(|report| one(report, width)).collect::<Vec<_>>().join("\n")
}

fn one(report: &Report, width: usize) -> String {
    let verdict = report.verdict();
    let mark = match verdict {
        Verdict::Equal => style("=").green(),
        Verdict::EqualAsFarAsCompared => style("≈").yellow(),
        Verdict::Different => style("≠").red(),
    };
    let mut out = format!("{mark} {}\n", style(safe(&report.title())).bold());
    let mut line = |label: &str, text: &str| out.push_str(&labelled(2, label, LABEL, &safe(text), width));
    let figures = report.figures();
    let title = verdict.title();
    line("verdict", &if figures.is_empty() { title.to_owned() } else { format!("{title}: {figures}") });
    line("compared", &format!("{}, {}", report.extent(), seconds(report.took)));
    for (place, cast) in report.casts().iter().enumerate() {
        line(if place == 0 { "types" } else { "" }, cast);
    }
    for (place, left_out) in report.left_out().iter().enumerate() {
        line(if place == 0 { "skipped" } else { "" }, left_out);
    }
    if !report.remark().is_empty() {
        out.push_str(&paragraph(2, report.remark(), width));
    }
    let differences = &report.found.differences;
    if !differences.rows.is_empty() {
        let key = if report.key.is_empty() { "row".to_owned() } else { safe(&report.key.join(", ")) };
        let head = [key.as_str(), "column", "old", "new"].map(|cell| style(cell).dim().to_string());
        let rows: Vec<Vec<String>> =
            std::iter::once(head.to_vec()).chain(differences.rows.iter().flat_map(cells)).collect();
        out.push('\n');
        out.push_str(&table(&rows, 4, CELL, width));
    }
    let more = differences.count().saturating_sub(differences.rows.len() as u64);
    if more > 0 {
        out.push_str(&format!("    … and {} more; --limit shows more\n", count(more)));
    }
    out
}

/// A line for each column that differs; the key stands in the first.
fn cells(row: &RowDifference) -> Vec<Vec<String>> {
    let key: Vec<String> = row.key.iter().map(|value| safe(&value.to_string())).collect();
    let key = key.join(", ");
    let one_sided = |side: fn(&mig_plan::ColumnDifference) -> &Option<String>| {
        row.columns.iter().all(|column| side(column).is_none())
    };
    if one_sided(|column| &column.new) {
        return vec![vec![key, String::new(), String::new(), style("no such row").red().to_string()]];
    }
    if one_sided(|column| &column.old) {
        return vec![vec![key, String::new(), style("no such row").green().to_string(), String::new()]];
    }
    let value = |value: &Option<String>| safe(value.as_deref().unwrap_or_default());
    let line = |(place, column): (usize, &mig_plan::ColumnDifference)| {
        let key = if place == 0 { key.clone() } else { String::new() };
        vec![key, safe(&column.column), value(&column.old), value(&column.new)]
    };
    row.columns.iter().enumerate().map(line).collect()
}
