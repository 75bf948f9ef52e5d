//! A plan's steps as indices: takes a [`Plan`], gives who comes after whom. Never changes after it is built.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::{Op, Plan, StepId};

use super::StateError;
use super::watch::Conditions;

/// What the fold must know about a step's op.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A preparation, which is taken before anything else that could be.
    Prepare,
    /// A copy, which has chunks.
    Copy,
    /// A validation, which has verdicts.
    Validate,
    /// A wait for this approval.
    Approve(String),
    /// A soak, and what is watched meanwhile.
    Soak(Option<Conditions>),
    /// A cleanup, which is taken only while a run is made final.
    Cleanup,
    /// Anything else.
    Other,
}

/// The steps of a plan by their place in [`Plan::steps`], with edges both ways.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) ids: Vec<StepId>,
    pub(super) kinds: Vec<Kind>,
    /// The steps that each step comes after.
    pub(super) after: Vec<Vec<usize>>,
    /// The steps that come after each step.
    pub(super) before: Vec<Vec<usize>>,
    /// Each step's wave, as a place in `wave_names`.
    wave_of: Vec<usize>,
    wave_names: Vec<String>,
    /// The waves that cannot stand once a wave is gone: those after it, and those with a step after one
    /// of its steps.
    wave_dependents: Vec<BTreeSet<usize>>,
    index: BTreeMap<StepId, usize>,
}

impl Graph {
    pub(super) fn of(plan: &Plan) -> Result<Self, StateError> {
        let defect = |text: String| StateError::Plan(text);
        let mut wave_names: Vec<String> = plan.waves.iter().map(|wave| wave.name.clone()).collect();
        let mut wave_index: BTreeMap<String, usize> =
            wave_names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        let mut index = BTreeMap::new();
        let mut wave_of = Vec::with_capacity(plan.steps.len());
        let mut kinds = Vec::with_capacity(plan.steps.len());
        for (at, step) in plan.steps.iter().enumerate() {
            if index.insert(step.id.clone(), at).is_some() {
                return Err(defect(format!("two steps are named {}", step.id)));
            }
            let wave = *wave_index.entry(step.wave.clone()).or_insert_with(|| {
                wave_names.push(step.wave.clone());
                wave_names.len() - 1
            });
            wave_of.push(wave);
            kinds.push(match &step.op {
                Op::Copy { .. } => Kind::Copy,
                Op::Validate { .. } => Kind::Validate,
                Op::Approve { approval } => Kind::Approve(approval.clone()),
                Op::Cleanup { .. } => Kind::Cleanup,
                Op::Soak { .. } => Kind::Soak(Conditions::of(plan, &step.wave)),
                Op::Prepare { .. } => Kind::Prepare,
                Op::DryRun { .. } | Op::CutOver { .. } | Op::Gate => Kind::Other,
            });
        }
        let mut after = Vec::with_capacity(plan.steps.len());
        let mut before = vec![Vec::new(); plan.steps.len()];
        let mut wave_dependents = vec![BTreeSet::new(); wave_names.len()];
        for wave in &plan.waves {
            for earlier in &wave.after {
                let Some(&earlier_at) = wave_index.get(earlier) else {
                    return Err(defect(format!(
                        "wave {} is after {earlier}, which is not in the plan",
                        wave.name
                    )));
                };
                wave_dependents[earlier_at].insert(wave_index[&wave.name]);
            }
        }
        for (at, step) in plan.steps.iter().enumerate() {
            let mut sources = Vec::with_capacity(step.after.len());
            for id in &step.after {
                let Some(&source) = index.get(id) else {
                    return Err(defect(format!("{} is after {id}, which is not in the plan", step.id)));
                };
                sources.push(source);
                before[source].push(at);
                // A cleanup waits for all waves that its dataset has to do with; that makes none of them depend
                // on another.
                if wave_of[source] != wave_of[at] && kinds[at] != Kind::Cleanup {
                    wave_dependents[wave_of[source]].insert(wave_of[at]);
                }
            }
            sources.sort_unstable();
            sources.dedup();
            after.push(sources);
        }
        for list in &mut before {
            list.dedup();
        }
        let ids = plan.steps.iter().map(|step| step.id.clone()).collect();
        Ok(Self { ids, kinds, after, before, wave_of, wave_names, wave_dependents, index })
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn position(&self, id: &StepId) -> Option<usize> {
        self.index.get(id).copied()
    }

    pub(super) fn wave(&self, step: usize) -> &str {
        &self.wave_names[self.wave_of[step]]
    }

    /// These waves and all that depend on them, in the plan's order.
    pub(super) fn closure<'a>(&self, waves: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut open: Vec<usize> = waves
            .into_iter()
            .filter_map(|name| self.wave_names.iter().position(|wave| wave == name))
            .collect();
        let mut closed = BTreeSet::new();
        while let Some(wave) = open.pop() {
            if closed.insert(wave) {
                open.extend(&self.wave_dependents[wave]);
            }
        }
        closed.into_iter().map(|wave| self.wave_names[wave].clone()).collect()
    }
}
