//! A plan's steps by wave and by what they work on: the one walk over the steps that the plan's text and
//! the graph share, so that what is shown is what is run.

use std::collections::BTreeMap;

use mig_plan::{Action, Approval, CheckRule, Consumer, Dataset, OldTable, Op, Plan, Step, Undo, Wave};

/// One wave.
#[derive(Debug)]
pub(crate) struct WaveOutline<'a> {
    /// The wave.
    pub(crate) wave: &'a Wave,
    /// What is moved, by name.
    pub(crate) datasets: BTreeMap<&'a str, DatasetOutline<'a>>,
    /// What is validated again although an earlier wave moved it, by name.
    pub(crate) again: BTreeMap<&'a str, Vec<&'a CheckRule>>,
    /// The approvals that are waited for, by name.
    pub(crate) approvals: BTreeMap<&'a str, Option<&'a Approval>>,
    /// Whose consumers are switched, by name.
    pub(crate) consumers: BTreeMap<&'a str, ConsumerOutline<'a>>,
    /// Seconds of soaking.
    pub(crate) soak: u64,
    /// The datasets whose move can be made final once the wave has ended, with what becomes of the old table.
    pub(crate) cleanups: BTreeMap<&'a str, OldTable>,
    /// Every step, in the plan's order.
    pub(crate) steps: Vec<&'a Step>,
}

/// What happens to a dataset.
#[derive(Debug, Default)]
pub(crate) struct DatasetOutline<'a> {
    /// The dataset; `None` in a plan that does not describe it.
    pub(crate) dataset: Option<&'a Dataset>,
    /// Whether there is a step that makes the new table ready.
    pub(crate) prepared: bool,
    /// Rows that the mapping is tried on first.
    pub(crate) dry_run: Option<u64>,
    /// Whether rows are copied.
    pub(crate) copied: bool,
    /// What must hold.
    pub(crate) rules: Vec<&'a CheckRule>,
    /// How it is cut over, in order.
    pub(crate) cut_over: Vec<&'a Action>,
}

/// What happens to a consumer.
#[derive(Debug, Default)]
pub(crate) struct ConsumerOutline<'a> {
    /// The consumer; `None` in a plan that does not describe it.
    pub(crate) consumer: Option<&'a Consumer>,
    /// How it is cut over, in order.
    pub(crate) cut_over: Vec<&'a Action>,
}

/// Walks the steps of a plan.
pub(crate) fn outline(plan: &Plan) -> Vec<WaveOutline<'_>> {
    let mut waves: Vec<WaveOutline<'_>> = plan.waves.iter().map(WaveOutline::new).collect();
    let index: BTreeMap<&str, usize> =
        plan.waves.iter().enumerate().map(|(index, wave)| (wave.name.as_str(), index)).collect();
    for step in &plan.steps {
        if let Some(wave) = index.get(step.wave.as_str()).and_then(|index| waves.get_mut(*index)) {
            wave.place(plan, step);
        }
    }
    waves
}

impl<'a> WaveOutline<'a> {
    fn new(wave: &'a Wave) -> Self {
        Self {
            wave,
            datasets: BTreeMap::new(),
            again: BTreeMap::new(),
            approvals: BTreeMap::new(),
            consumers: BTreeMap::new(),
            soak: 0,
            cleanups: BTreeMap::new(),
            steps: Vec::new(),
        }
    }

    fn place(&mut self, plan: &'a Plan, step: &'a Step) {
        self.steps.push(step);
        match &step.op {
            Op::Prepare { dataset } => self.dataset(plan, dataset).prepared = true,
            Op::DryRun { dataset, rows } => self.dataset(plan, dataset).dry_run = Some(*rows),
            Op::Copy { dataset } => self.dataset(plan, dataset).copied = true,
            Op::Validate { dataset, rules, .. } => {
                if self.wave.datasets.contains(dataset) {
                    self.dataset(plan, dataset).rules.extend(rules);
                } else {
                    self.again.entry(dataset).or_default().extend(rules);
                }
            }
            Op::Approve { approval } => {
                self.approvals.insert(approval, plan.approvals.get(approval));
            }
            Op::CutOver { subject, action } => {
                if plan.datasets.contains_key(subject) {
                    self.dataset(plan, subject).cut_over.push(action);
                } else {
                    let place = self.consumers.entry(subject).or_default();
                    place.consumer = plan.consumers.get(subject);
                    place.cut_over.push(action);
                }
            }
            Op::Soak { seconds } => self.soak += seconds,
            Op::Gate => {}
            Op::Cleanup { dataset, old } => {
                self.cleanups.insert(dataset, *old);
            }
        }
    }

    fn dataset(&mut self, plan: &'a Plan, name: &'a str) -> &mut DatasetOutline<'a> {
        let place = self.datasets.entry(name).or_default();
        place.dataset = plan.datasets.get(name);
        place
    }

    /// The steps of `apply` that cannot be undone, each with the reason.
    pub(crate) fn irreversible(&self) -> impl Iterator<Item = (&'a Step, &'a str)> {
        self.steps.iter().filter(|step| !step.op.is_cleanup()).filter_map(|step| match &step.undo {
            Undo::Irreversible { reason } => Some((*step, reason.as_str())),
            Undo::Nothing | Undo::DropTable | Undo::DeleteRows | Undo::Restore | Undo::Reverse => None,
        })
    }
}

/// The name of the family that a member belongs to: `archive` for `archive.customers`.
pub(crate) fn family(name: &str) -> Option<&str> {
    name.split_once('.').map(|(family, _)| family)
}

/// The dataset or the consumer that a step works on.
pub(crate) fn subject(step: &Step) -> Option<&str> {
    match &step.op {
        Op::CutOver { subject, .. } => Some(subject),
        Op::Prepare { .. }
        | Op::DryRun { .. }
        | Op::Copy { .. }
        | Op::Validate { .. }
        | Op::Cleanup { .. } => step.op.dataset(),
        Op::Approve { .. } | Op::Soak { .. } | Op::Gate => None,
    }
}
