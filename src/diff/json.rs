//! A comparison for programs. `docs/cli.md` describes the form.

use mig_plan::{KeyValue, RowDifference};
use mig_runtime::compare::Compared;
use serde_json::{Value, json};

use super::{Report, Verdict};

/// The version of the form.
const VERSION: u32 = 1;

/// All reports, and what they come to together.
pub(crate) fn json(reports: &[Report], verdict: Verdict) -> Value {
    json!({
        "version": VERSION,
        "verdict": verdict.word(),
        "comparisons": reports.iter().map(one).collect::<Vec<_>>(),
    })
}

fn one(report: &Report) -> Value {
    let found = &report.found;
    let columns = report.columns.iter().map(|column| {
        let (old, new) = column.cast.clone().unwrap_or_else(|| (column.ty.clone(), column.ty.clone()));
        json!({ "name": column.name, "type": column.ty, "old_type": old, "new_type": new })
    });
    let skipped = report
        .skipped
        .iter()
        .map(|column| json!({ "name": column.name, "why": column.why, "asked_for": column.asked }));
    let differences = &found.differences;
    json!({
        "dataset": report.dataset,
        "old": report.old,
        "new": report.new,
        "verdict": report.verdict().word(),
        "key": report.key,
        "columns": columns.collect::<Vec<_>>(),
        "skipped_columns": skipped.collect::<Vec<_>>(),
        "where": report.condition,
        "sample": report.sample,
        "rows": { "old": side(found.old), "new": side(found.new) },
        "changed": differences.changed,
        "missing": differences.missing,
        "extra": differences.extra,
        "counted_all": differences.complete,
        "changed_while_read": found.unstable,
        "method": if found.by_ranges { "ranges" } else { "buckets" },
        "rows_by_store_checksums": found.in_store,
        "seconds": report.took.as_secs_f64(),
        "differences": differences.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn side(of: Compared) -> Value {
    json!({
        "read": of.read,
        "compared": of.digest.rows,
        "outside_where": of.outside,
        "outside_sample": of.unsampled,
        "checksum": format!("{:032x}", of.digest.sum),
    })
}

fn row(row: &RowDifference) -> Value {
    let key: Vec<Value> = row
        .key
        .iter()
        .map(|value| match value {
            KeyValue::Null => Value::Null,
            KeyValue::Bool(value) => json!(value),
            KeyValue::Int(value) => json!(value),
            KeyValue::Text(text) | KeyValue::Hex(text) => json!(text),
        })
        .collect();
    let columns: Vec<Value> = row
        .columns
        .iter()
        .map(|column| json!({ "column": column.column, "old": column.old, "new": column.new }))
        .collect();
    json!({ "key": key, "columns": columns })
}
