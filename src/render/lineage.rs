//! Which old columns every new one is made from: as a text for people, and as JSON.

use console::style;
use mig_compiler::lineage::{Influence, inputs, is_same};
use mig_plan::{Column, Dataset, Plan};
use serde_json::{Value, json};

use super::expr::{expr, name};
use super::layout::{table, wrap};
use super::outline::family;
use super::plan::ends;
use super::words::{counted_len, entity, safe};

/// The version of the JSON form.
const VERSION: u32 = 1;
/// The widest cell that the others line up with.
const CELL: usize = 30;

/// For people: a block for each dataset; members of a family whose columns stay as they are share one.
pub(crate) fn lineage(plan: &Plan, datasets: &[&str], all: bool, width: usize) -> String {
    let found = || datasets.iter().filter_map(|name| plan.datasets.get_key_value(*name));
    let mut out = String::new();
    let mut told: Option<&str> = None;
    for (name, dataset) in found() {
        let shared = family(name).filter(|_| !all && is_same(dataset));
        if let Some(shared) = shared {
            if told != Some(shared) {
                told = Some(shared);
                let members: Vec<_> = found()
                    .filter(|(name, dataset)| family(name) == Some(shared) && is_same(dataset))
                    .collect();
                out.push_str(&same(shared, &members, width));
            }
            continue;
        }
        out.push_str(&block(name, dataset, width));
    }
    out
}

fn same(family: &str, members: &[(&String, &Dataset)], width: usize) -> String {
    let mut out = ends(
        &style(safe(family)).green().bold().to_string(),
        &format!("{}, every column as it is", counted_len(members.len(), "dataset")),
        width,
    );
    let rows: Vec<Vec<String>> = members
        .iter()
        .map(|(_, dataset)| {
            let columns = counted_len(dataset.columns.len(), "column");
            vec![format!("{} -> {}", safe(&dataset.old.to_string()), safe(&dataset.new.to_string())), columns]
        })
        .collect();
    out.push_str(&table(&rows, 2, 60, width));
    out.push('\n');
    out
}

fn block(name: &str, dataset: &Dataset, width: usize) -> String {
    let path = format!("{} -> {}", safe(&dataset.old.to_string()), safe(&dataset.new.to_string()));
    let owner = dataset.owner.as_ref().map(entity).unwrap_or_default();
    let mut out = ends(&format!("{}  {path}", style(safe(name)).green().bold()), &owner, width);
    let rows: Vec<Vec<String>> = dataset.columns.iter().map(row).collect();
    out.push_str(&table(&rows, 2, CELL, width));
    for drop in &dataset.dropped {
        let text = format!("{} ends: {}", self::name(&drop.name), safe(&drop.because));
        for line in wrap(&text, width.saturating_sub(2)) {
            out.push_str(&format!("  {}\n", style(line).dim()));
        }
    }
    out.push('\n');
    out
}

/// `total  <- total_cents  decimal(total_cents, 12, 2) / 100`
fn row(column: &Column) -> Vec<String> {
    let inputs = inputs(column);
    let parts: Vec<String> = inputs
        .iter()
        .map(|(old, how)| {
            let only_decides = how.iter().all(|how| *how == Influence::Condition);
            let masked = how.iter().all(|how| matches!(how, Influence::Transformation { masked: true }));
            match (only_decides, masked) {
                (true, _) => format!("{} (decides)", self::name(old)),
                (false, true) => format!("{} (masked)", self::name(old)),
                (false, false) => self::name(old),
            }
        })
        .collect();
    let from = if parts.is_empty() { "no column".to_owned() } else { parts.join(", ") };
    let made = match column.expr.as_column() {
        Some(_) => String::new(),
        None => expr(&column.expr),
    };
    vec![format!("{} {}", self::name(&column.name), style(&column.ty).dim()), format!("<- {from}"), made]
}

/// For programs.
pub(crate) fn json(plan: &Plan, datasets: &[&str]) -> Value {
    let found = datasets.iter().filter_map(|name| plan.datasets.get_key_value(*name));
    let datasets: Vec<Value> = found
        .map(|(name, dataset)| {
            json!({
                "name": name,
                "old": dataset.old,
                "new": dataset.new,
                "old_entity": dataset.old_entity,
                "new_entity": dataset.new_entity,
                "columns": dataset.columns.iter().map(column).collect::<Vec<_>>(),
                "dropped": dataset.dropped,
            })
        })
        .collect();
    json!({"version": VERSION, "migration": plan.migration.name, "datasets": datasets})
}

fn column(column: &Column) -> Value {
    let inputs: Vec<Value> = inputs(column)
        .into_iter()
        .map(|(old, how)| {
            let uses: Vec<Value> = how.into_iter().map(influence).collect();
            json!({"column": old, "uses": uses})
        })
        .collect();
    json!({"name": column.name, "type": column.ty, "value": expr(&column.expr), "inputs": inputs})
}

/// An influence in OpenLineage's words.
pub(super) fn influence(how: Influence) -> Value {
    let (kind, subtype, masking) = match how {
        Influence::Identity => ("DIRECT", "IDENTITY", false),
        Influence::Transformation { masked } => ("DIRECT", "TRANSFORMATION", masked),
        Influence::Condition => ("INDIRECT", "CONDITIONAL", false),
    };
    json!({"type": kind, "subtype": subtype, "masking": masking})
}
