//! The layers of a wave: what it does, in the order in which it does it.

use std::collections::BTreeMap;

use mig_plan::{Action, CheckRule, Op, Undo};

use super::draft::{Draft, Layer};
use crate::check::{Checked, CheckedDataset};

/// Rows that a dry run evaluates.
const DRY_RUN_ROWS: u64 = 1_000;

/// The stages of each dataset up to its validation, and once more the validation of datasets that were
/// moved before.
pub(super) fn stages(checked: &Checked, draft: &mut Draft) {
    for (place, wave) in checked.waves.iter().enumerate() {
        let mut layer = Layer { done: "validated".to_owned(), ..Layer::default() };
        for (number, rules) in &wave.own {
            let Some(CheckedDataset { name: dataset, .. }) = checked.datasets.get(*number) else { continue };
            let named = || dataset.clone();
            let steps = [
                ("prepare", Op::Prepare { dataset: named() }, Undo::DropTable),
                ("dry_run", Op::DryRun { dataset: named(), rows: DRY_RUN_ROWS }, Undo::Nothing),
                ("copy", Op::Copy { dataset: named() }, Undo::DeleteRows),
                ("validate", validate(dataset, rules), Undo::Nothing),
            ];
            let [prepare, dry_run, copy, validated] =
                steps.map(|(stage, op, undo)| draft.step(place, format!("{dataset}/{stage}"), op, undo));
            draft.link(prepare, dry_run);
            draft.link(dry_run, copy);
            draft.link(copy, validated);
            draft.datasets.insert(*number, (prepare, validated));
            layer.first.push(prepare);
            layer.last.push(validated);
        }
        for (number, rules) in &wave.again {
            let Some(CheckedDataset { name: dataset, .. }) = checked.datasets.get(*number) else { continue };
            let id = format!("{dataset}/validate/{}", wave.wave.name);
            let step = draft.step(place, id, validate(dataset, rules), Undo::Nothing);
            layer.first.push(step);
            layer.last.push(step);
        }
        draft.layer(place, layer);
    }
}

fn validate(dataset: &str, rules: &[CheckRule]) -> Op {
    Op::Validate { dataset: dataset.to_owned(), rules: rules.to_vec() }
}

/// The approval that a wave waits for before its first cut-over.
pub(super) fn approvals(checked: &Checked, draft: &mut Draft) {
    for (place, wave) in checked.waves.iter().enumerate() {
        let Some(approval) = &wave.wave.approval else { continue };
        let op = Op::Approve { approval: approval.clone() };
        let step = draft.step(place, format!("{}/approve", wave.wave.name), op, Undo::Nothing);
        draft.layer(place, Layer { done: "approved".to_owned(), first: vec![step], last: vec![step] });
    }
}

/// The cut-overs of a wave's datasets.
pub(super) fn dataset_cut_overs(checked: &Checked, draft: &mut Draft) {
    for (place, wave) in checked.waves.iter().enumerate() {
        let datasets = wave.own.iter().filter_map(|(dataset, _)| checked.datasets.get(*dataset));
        let subjects = datasets.map(|dataset| {
            let actions = dataset.cut_over.iter().map(|(action, undo)| (action, undo));
            (&dataset.name, actions)
        });
        cut_overs(draft, place, "datasets_cut_over".to_owned(), subjects);
    }
}

/// The cut-overs of a wave's consumers, each batch a layer of its own.
pub(super) fn consumer_cut_overs(checked: &Checked, draft: &mut Draft) {
    for (place, wave) in checked.waves.iter().enumerate() {
        let all = wave.consumers.len().max(1);
        let batch = wave.wave.batch.and_then(|batch| usize::try_from(batch).ok()).unwrap_or(all);
        for (number, consumers) in wave.consumers.chunks(batch.max(1)).enumerate() {
            let consumers = consumers.iter().filter_map(|consumer| checked.consumers.get(*consumer));
            let subjects = consumers.map(|consumer| {
                let actions = consumer.consumer.cut_over.iter().zip(&consumer.undo);
                (&consumer.name, actions)
            });
            cut_overs(draft, place, format!("batch-{}", number + 1), subjects);
        }
    }
}

/// A layer of cut-overs: the actions of each subject follow one another.
fn cut_overs<'c, A: Iterator<Item = (&'c Action, &'c Undo)>>(
    draft: &mut Draft,
    wave: usize,
    done: String,
    subjects: impl Iterator<Item = (&'c String, A)>,
) {
    let mut layer = Layer { done, ..Layer::default() };
    for (subject, actions) in subjects {
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        let mut last = None;
        for (action, undo) in actions {
            let count = seen.entry(action.keyword()).or_default();
            *count += 1;
            let id = match *count {
                1 => format!("{subject}/cut_over/{}", action.keyword()),
                again => format!("{subject}/cut_over/{}-{again}", action.keyword()),
            };
            let op = Op::CutOver { subject: subject.clone(), action: action.clone() };
            let step = draft.step(wave, id, op, undo.clone());
            match last {
                Some(before) => draft.link(before, step),
                None => layer.first.push(step),
            }
            last = Some(step);
        }
        layer.last.extend(last);
    }
    draft.layer(wave, layer);
}

/// The time in which a wave is watched.
pub(super) fn soaks(checked: &Checked, draft: &mut Draft) {
    for (place, wave) in checked.waves.iter().enumerate() {
        if wave.wave.soak_seconds == 0 {
            continue;
        }
        let op = Op::Soak { seconds: wave.wave.soak_seconds };
        let step = draft.step(place, format!("{}/soak", wave.wave.name), op, Undo::Nothing);
        draft.layer(place, Layer { done: "soaked".to_owned(), first: vec![step], last: vec![step] });
    }
}
