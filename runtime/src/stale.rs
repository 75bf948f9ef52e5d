//! Whether a plan still fits the world it was made from. Pure: whoever asks has read the world.
//!
//! A run under way has changed the world itself: it made tables, filled them, wrote annotations. What it
//! did so far is not held against the plan.

use std::collections::BTreeSet;

use mig_plan::{Action, CanonicalError, Digest, Op, Plan, Schemas, SourceFile, TableSchema};

use crate::state::RunState;

/// Why the plan is stale, in sentences; empty when it is not. `schemas` are of the plan's tables; `state`
/// is the plan's run so far.
///
/// # Errors
/// Never for schemas that a store gave.
pub fn stale(
    plan: &Plan,
    state: &RunState,
    sources: &[SourceFile],
    catalog: Digest,
    schemas: &Schemas,
) -> Result<Vec<String>, CanonicalError> {
    let mut reasons = Vec::new();
    for planned in &plan.inputs.sources {
        match sources.iter().find(|now| now.path == planned.path) {
            None => reasons.push(format!("{} is gone", planned.path)),
            Some(now) if now.digest != planned.digest => reasons.push(format!("{} changed", planned.path)),
            Some(_) => {}
        }
    }
    for now in sources {
        if !plan.inputs.sources.iter().any(|planned| planned.path == now.path) {
            reasons.push(format!("{} is new", now.path));
        }
    }
    let touched = || {
        let steps = plan.steps.iter().enumerate();
        steps.filter(|(at, _)| state.record(*at).status.is_touched()).map(|(_, step)| &step.op)
    };
    let annotates = |op: &Op| matches!(op, Op::CutOver { action: Action::Annotate { .. }, .. });
    if catalog != plan.inputs.catalog && !touched().any(annotates) {
        reasons.push("the catalog changed".to_owned());
    }
    if schemas.digest_of(plan.tables())? != plan.inputs.schemas {
        let prepared = touched().filter(|op| matches!(op, Op::Prepare { .. }));
        let prepared: BTreeSet<&str> = prepared.filter_map(Op::dataset).collect();
        let mut made = false;
        for (name, dataset) in &plan.datasets {
            let ours = prepared.contains(name.as_str());
            made |= ours;
            let mut compare = |table, planned: Option<&TableSchema>| match (planned, schemas.table(table)) {
                (Some(_), None) => reasons.push(format!("{table} is gone")),
                (None, Some(_)) => reasons.push(format!("{table} is there now")),
                (Some(planned), Some(now)) => {
                    reasons
                        .extend(planned.changes(now).into_iter().map(|change| format!("{table}: {change}")));
                }
                (None, None) => {}
            };
            compare(&dataset.old, Some(&dataset.old_schema));
            if !ours {
                compare(&dataset.new, dataset.new_schema.as_ref());
            }
        }
        if reasons.is_empty() && !made {
            reasons.push("the order of a table's columns, or its unique keys, changed".to_owned());
        }
    }
    Ok(reasons)
}
