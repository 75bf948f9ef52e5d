//! Plans for tests, built from a few words. Takes waves and steps, gives a [`Plan`] that the fold accepts.

pub(crate) mod faulty;

use std::collections::BTreeMap;

use mig_plan::{
    Action, Approval, CheckRule, Consumer, Digest, EntityRef, Inputs, Migration, NoData, OldTable, Op, Plan,
    RollbackPolicy, RollbackScope, Step, StepId, Undo, Wave,
};

/// A plan without datasets and stores: enough for the fold and the decisions.
pub(crate) fn plan(waves: Vec<Wave>, steps: Vec<Step>) -> Plan {
    let consumers = steps.iter().filter_map(|step| match &step.op {
        Op::CutOver { subject, action } => {
            let consumer = Consumer {
                entity: EntityRef::new("component", "default", subject),
                owner: None,
                reads: Vec::new(),
                criticality: None,
                cut_over: vec![action.clone()],
            };
            Some((subject.clone(), consumer))
        }
        Op::Prepare { .. }
        | Op::DryRun { .. }
        | Op::Copy { .. }
        | Op::Validate { .. }
        | Op::Approve { .. }
        | Op::Soak { .. }
        | Op::Gate
        | Op::Cleanup { .. } => None,
    });
    let policy = |revert| RollbackPolicy {
        conditions: Vec::new(),
        no_data: NoData::Proceed,
        revert,
        notify_owners: false,
    };
    let commerce = EntityRef::new("group", "default", "commerce");
    Plan {
        migration: Migration {
            name: "shop".to_owned(),
            doc: String::new(),
            owner: EntityRef::new("group", "default", "data"),
            catalog_files: Vec::new(),
        },
        inputs: Inputs { sources: Vec::new(), catalog: Digest::of(b""), schemas: Digest::of(b"") },
        stores: BTreeMap::new(),
        datasets: BTreeMap::new(),
        consumers: consumers.collect(),
        waves,
        approvals: BTreeMap::from([(
            "money".to_owned(),
            Approval {
                from: vec![commerce.clone()],
                members: BTreeMap::from([(commerce.clone(), vec![commerce])]),
                valid_seconds: 3600,
            },
        )]),
        rollbacks: BTreeMap::from([
            ("one".to_owned(), policy(RollbackScope::Wave)),
            ("all".to_owned(), policy(RollbackScope::Migration)),
        ]),
        metric_source: None,
        metrics: BTreeMap::new(),
        allowed: Vec::new(),
        steps,
    }
}

/// A wave after others, with the rollback policy `one` or `all`.
pub(crate) fn wave(name: &str, after: &[&str], rollback: &str) -> Wave {
    Wave {
        name: name.to_owned(),
        after: after.iter().map(|&wave| wave.to_owned()).collect(),
        datasets: Vec::new(),
        consumers: Vec::new(),
        batch: None,
        approval: None,
        rollback: Some(rollback.to_owned()),
        soak_seconds: 0,
    }
}

/// A step named `subject/stage` of a wave; the stage gives op and undo (`final` is an irreversible command).
pub(crate) fn step(wave: &str, id: &str, after: &[&str]) -> Step {
    let (subject, stage) = id.rsplit_once('/').expect("a step is named subject/stage");
    let dataset = subject.to_owned();
    let cut_over = |action| Op::CutOver { subject: subject.to_owned(), action };
    let (op, undo) = match stage {
        "prepare" => (Op::Prepare { dataset }, Undo::DropTable),
        "dry_run" => (Op::DryRun { dataset, rows: 1_000 }, Undo::Nothing),
        "copy" => (Op::Copy { dataset }, Undo::DeleteRows),
        "validate" => (
            Op::Validate { dataset, rules: vec![CheckRule::RowCount, CheckRule::Checksum { reread: false }] },
            Undo::Nothing,
        ),
        "approve" => (Op::Approve { approval: "money".to_owned() }, Undo::Nothing),
        "soak" => (Op::Soak { seconds: 60 }, Undo::Nothing),
        "gate" => (Op::Gate, Undo::Nothing),
        "cleanup" => (
            Op::Cleanup { dataset, old: OldTable::Drop },
            Undo::Irreversible { reason: "the old table is dropped".to_owned() },
        ),
        "notify" => (cut_over(Action::Notify), Undo::Reverse),
        "final" => (
            cut_over(Action::Command { run: Vec::new(), undo: None }),
            Undo::Irreversible { reason: "the mail is sent".to_owned() },
        ),
        other => panic!("no such stage: {other}"),
    };
    Step {
        id: StepId::from(id),
        wave: wave.to_owned(),
        op,
        undo,
        after: after.iter().map(|&id| StepId::from(id)).collect(),
    }
}

/// A consumer's cut-over that cannot be named by a stage alone.
pub(crate) fn cut_over(wave: &str, id: &str, action: Action, undo: Undo, after: &[&str]) -> Step {
    let (subject, _) = id.rsplit_once('/').expect("a step is named subject/stage");
    let op = Op::CutOver { subject: subject.to_owned(), action };
    Step { id: StepId::from(id), op, undo, ..step(wave, &format!("{subject}/notify"), after) }
}

/// The four steps of a dataset, the first after these.
pub(crate) fn dataset(wave: &str, name: &str, after: &[&str]) -> Vec<Step> {
    let id = |stage: &str| format!("{name}/{stage}");
    vec![
        step(wave, &id("prepare"), after),
        step(wave, &id("dry_run"), &[&id("prepare")]),
        step(wave, &id("copy"), &[&id("dry_run")]),
        step(wave, &id("validate"), &[&id("copy")]),
    ]
}

/// Two datasets and a consumer in a first wave with a soak, then an approved wave with two consumers, and
/// a wave of its own beside them. The first wave is reverted alone, the second with everything.
pub(crate) fn shop() -> Plan {
    let mut steps = dataset("pilot", "orders", &[]);
    steps.extend(dataset("pilot", "customers", &[]));
    steps.push(step("pilot", "search/notify", &["customers/validate", "orders/validate"]));
    steps.push(step("pilot", "pilot/soak", &["search/notify"]));
    steps.push(step("core", "core/approve", &["pilot/soak"]));
    steps.push(step("core", "billing/notify", &["core/approve"]));
    steps.push(step("core", "portal/notify", &["core/approve"]));
    steps.extend(dataset("beside", "audit", &[]));
    steps.push(step("beside", "beside/soak", &["audit/validate"]));
    plan(vec![wave("pilot", &[], "one"), wave("core", &["pilot"], "all"), wave("beside", &[], "one")], steps)
}

/// A temporary folder, in memory where the system has such a place, since these tests wait for many flushes.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}
