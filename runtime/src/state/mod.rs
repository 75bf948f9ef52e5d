//! The state of a run: a fold of its journal's events, and nothing else.
//!
//! Takes a plan and `(time, event)` pairs, gives where each step stands, what is ready, and in which phase
//! the run is. An event that cannot follow from the state is an error: it means a broken journal or a bug,
//! and nothing is guessed. No I/O, no clock. Applying an event costs as much as the step has neighbours, so
//! that a plan of many thousand steps folds in linear time.

mod graph;
mod look;
mod pace;
mod record;
mod table;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mig_plan::{Event, FailureKind, Outcome, Plan, Scope, StepId};

use graph::{Graph, Kind};
pub use pace::{LATENCY_MILLIS, Latency, Pace};
pub use record::{Chunks, GivenApproval, Phase, Rollback, StepRecord};
pub use table::StepStatus;
use table::{Happening, Left, next};
pub use watch::{Finding, Silence, Watch, Watched};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type UnixMillis = i64;

/// Why a state could not be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The plan's steps do not hang together; no compiler makes such a plan.
    #[error("the plan cannot be run: {0}")]
    Plan(String),
    /// The event cannot follow from the events before it.
    #[error("the journal does not fit the plan: {event} cannot follow, since {why}; nothing was done")]
    Illegal {
        /// The event, in words.
        event: String,
        /// What rules it out.
        why: String,
    },
}

/// Steps by what can be done with them, kept up to date event by event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sets {
    /// With whether something else is to be started before.
    ready: BTreeSet<(bool, usize)>,
    /// Of these, the cleanups that drop a table, with their places in the order in which they do.
    drops: BTreeSet<(usize, usize)>,
    running: BTreeSet<usize>,
    waiting: BTreeSet<usize>,
    soaking: BTreeSet<usize>,
    failed: BTreeSet<usize>,
    undoable: BTreeSet<usize>,
    undoing: BTreeSet<usize>,
    undo_failed: BTreeSet<usize>,
    to_undo: BTreeSet<usize>,
    unfinished: BTreeSet<usize>,
    uncleaned: BTreeSet<usize>,
}

/// The state of a run. Steps are numbered by their place in [`Plan::steps`].
#[derive(Clone, Debug)]
pub struct RunState {
    graph: Arc<Graph>,
    records: Vec<StepRecord>,
    phase: Phase,
    /// Whether a person has begun to make the run final.
    completing: bool,
    /// By cleanup that drops a table: its place in the order in which they do.
    drops: BTreeMap<usize, usize>,
    approvals: Vec<GivenApproval>,
    /// By step: how many of the steps that it comes after are not done.
    missing: Vec<usize>,
    /// By step: how many of the steps that come after it may have effects.
    blockers: Vec<usize>,
    /// By step: whether the rollback covers it.
    in_scope: Vec<bool>,
    /// By step: how many approvals had been given when it was last started.
    approvals_seen: Vec<usize>,
    sets: Sets,
}

impl PartialEq for RunState {
    fn eq(&self, other: &Self) -> bool {
        self.graph.ids == other.graph.ids
            && self.records == other.records
            && self.phase == other.phase
            && self.completing == other.completing
            && self.drops == other.drops
            && self.approvals == other.approvals
            && self.in_scope == other.in_scope
            && self.sets == other.sets
    }
}

impl RunState {
    /// The state before the first event.
    ///
    /// # Errors
    /// When the plan's steps do not hang together.
    pub fn new(plan: &Plan) -> Result<Self, StateError> {
        let graph = Arc::new(Graph::of(plan)?);
        let count = graph.len();
        let mut state = Self {
            records: vec![StepRecord::new(); count],
            phase: Phase::New,
            completing: false,
            drops: BTreeMap::new(),
            approvals: Vec::new(),
            missing: graph.after.iter().map(Vec::len).collect(),
            blockers: vec![0; count],
            in_scope: vec![false; count],
            approvals_seen: vec![0; count],
            sets: Sets::default(),
            graph,
        };
        (0..count).for_each(|step| state.refresh(step));
        Ok(state)
    }

    /// The state after these events.
    ///
    /// # Errors
    /// When the plan does not hang together, or an event cannot follow.
    pub fn fold<'a>(
        plan: &Plan,
        events: impl IntoIterator<Item = (UnixMillis, &'a Event)>,
    ) -> Result<Self, StateError> {
        let mut state = Self::new(plan)?;
        for (at, event) in events {
            state.apply(at, event)?;
        }
        Ok(state)
    }

    fn coverage(&self, scope: &Scope) -> Vec<bool> {
        match scope {
            Scope::Migration => vec![true; self.graph.len()],
            Scope::Waves(waves) => {
                let waves: BTreeSet<String> =
                    self.graph.closure(waves.iter().map(String::as_str)).into_iter().collect();
                // A cleanup that has begun is in the way of whatever is undone, and comes first.
                let begun = |step: usize| {
                    self.graph.kinds[step] == Kind::Cleanup && self.records[step].status.is_touched()
                };
                (0..self.graph.len())
                    .map(|step| waves.contains(self.graph.wave(step)) || begun(step))
                    .collect()
            }
        }
    }

    /// Adds an event.
    ///
    /// # Errors
    /// When it cannot follow; the state is then as it was.
    pub fn apply(&mut self, at: UnixMillis, event: &Event) -> Result<(), StateError> {
        match event {
            Event::RunStarted { .. } => self.take_up(at),
            Event::Approved { approval, from, by } => {
                let given =
                    GivenApproval { at, approval: approval.clone(), from: from.clone(), by: by.clone() };
                self.approvals.push(given);
                let waiting: Vec<usize> = self.waiting().collect();
                waiting.into_iter().try_for_each(|step| self.wake(step, at))
            }
            Event::StepStarted { step } => {
                let step = self.find(step, "a start")?;
                let name = || format!("the start of {}", self.graph.ids[step]);
                let (goes, why) = match self.graph.kinds[step] {
                    Kind::Cleanup => (self.phase == Phase::Completing, "the run is not made final"),
                    Kind::Prepare
                    | Kind::Copy
                    | Kind::Validate
                    | Kind::Approve(_)
                    | Kind::Soak(_)
                    | Kind::Other => (self.phase == Phase::Forward, "the run does not go forward"),
                };
                self.require(goes, name, why)?;
                self.require(self.missing[step] == 0, name, "not all is done that it comes after")?;
                self.happen(step, Happening::Started, at, "the start")?;
                self.approvals_seen[step] = self.approvals.len();
                let record = &mut self.records[step];
                record.started.get_or_insert(at);
                record.error = None;
                // What was read before nobody looked says nothing of the time since.
                record.watch = Watch::default();
                record.chunks.pace.goes_on(at);
                Ok(())
            }
            Event::BeforeImage { step, before } => {
                let step = self.report(step, at, "a before image")?;
                self.records[step].before.get_or_insert_with(|| before.clone());
                Ok(())
            }
            Event::ChunkPlanned { step, chunk, bounds } => {
                let step = self.find(step, "a planned chunk")?;
                let name = || format!("the plan of chunk {chunk} of {}", self.graph.ids[step]);
                let chunks = &self.records[step].chunks;
                self.require(self.graph.kinds[step] == Kind::Copy, name, "the step is no copy")?;
                self.require(!chunks.all_planned, name, "all chunks are planned")?;
                self.require(
                    *chunk == chunks.planned.len() as u64,
                    name,
                    "chunks are numbered without gaps",
                )?;
                self.happen(step, Happening::Reported, at, "a planned chunk")?;
                self.records[step].chunks.planned.push(bounds.clone());
                Ok(())
            }
            Event::ChunksPlanned { step, chunks: count } => {
                let step = self.find(step, "the number of chunks")?;
                let name = || format!("the number of chunks of {}", self.graph.ids[step]);
                let chunks = &self.records[step].chunks;
                self.require(self.graph.kinds[step] == Kind::Copy, name, "the step is no copy")?;
                self.require(!chunks.all_planned, name, "all chunks are planned")?;
                self.require(*count == chunks.planned.len() as u64, name, "as many are not planned")?;
                self.happen(step, Happening::Reported, at, "the number of chunks")?;
                self.records[step].chunks.all_planned = true;
                Ok(())
            }
            Event::ChunkCopied { step, chunk, digest, bytes, millis } => {
                let step = self.find(step, "a copied chunk")?;
                let name = || format!("the copy of chunk {chunk} of {}", self.graph.ids[step]);
                let chunks = &self.records[step].chunks;
                self.require(*chunk < chunks.planned.len() as u64, name, "the chunk is not planned")?;
                self.require(!chunks.copied.contains_key(chunk), name, "the chunk is copied")?;
                self.happen(step, Happening::Reported, at, "a copied chunk")?;
                let chunks = &mut self.records[step].chunks;
                chunks.copied.insert(*chunk, *digest);
                chunks.digest = chunks.digest.merge(*digest);
                chunks.bytes += bytes;
                chunks.pace.copied(at, *millis);
                Ok(())
            }
            Event::Validated { step, verdicts } => {
                let position = self.find(step, "verdicts")?;
                let name = || format!("the verdicts of {step}");
                self.require(
                    self.graph.kinds[position] == Kind::Validate,
                    name,
                    "the step validates nothing",
                )?;
                let position = self.report(step, at, "verdicts")?;
                self.records[position].verdicts = verdicts.clone();
                Ok(())
            }
            Event::MetricsRead { step, readings, silent } => {
                let position = self.find(step, "a reading of metrics")?;
                let name = || format!("a reading of metrics of {step}");
                let graph = Arc::clone(&self.graph);
                let Kind::Soak(Some(watched)) = &graph.kinds[position] else {
                    return self.require(false, name, "nothing is watched there");
                };
                let known = readings.iter().all(|reading| reading.condition < watched.conditions.len());
                self.require(known, name, "the policy has no such condition")?;
                let position = self.report(step, at, "a reading of metrics")?;
                self.records[position].watch.read(at, watched, readings, silent.as_deref());
                Ok(())
            }
            Event::StepRetried { step, .. } => {
                let step = self.report(step, at, "another try")?;
                self.records[step].retries += 1;
                Ok(())
            }
            Event::StepWaiting { step } => {
                let step = self.find(step, "a wait")?;
                self.happen(step, Happening::Waits, at, "the wait")?;
                self.wake(step, at)
            }
            Event::StepStopped { step } => {
                let step = self.find(step, "a stop")?;
                self.happen(step, Happening::Stopped, at, "the stop")
            }
            Event::StepSucceeded { step } => {
                let step = self.find(step, "a success")?;
                self.happen(step, Happening::Succeeded, at, "the success")
            }
            Event::StepFailed { step, kind, error } => {
                let step = self.find(step, "a failure")?;
                self.happen(step, Happening::Failed(*kind), at, "the failure")?;
                self.records[step].error = Some(error.clone());
                Ok(())
            }
            Event::RollbackStarted { scope, reason, cause } => self.roll_back(at, scope, reason, *cause),
            Event::CompletionStarted { drops } => self.complete(drops),
            Event::UndoStarted { step } => {
                let step = self.find(step, "an undo")?;
                let name = || format!("the undo of {}", self.graph.ids[step]);
                let rolling = matches!(self.phase, Phase::RollingBack(_));
                self.require(rolling, name, "nothing is rolled back")?;
                self.require(self.in_scope[step], name, "the rollback does not cover it")?;
                self.require(self.blockers[step] == 0, name, "not all is undone that came after it")?;
                self.happen(step, Happening::UndoStarted, at, "the undo")?;
                self.records[step].error = None;
                Ok(())
            }
            Event::UndoSucceeded { step } => {
                let step = self.find(step, "an undo's success")?;
                self.happen(step, Happening::UndoSucceeded, at, "the undo's success")?;
                let record = &mut self.records[step];
                *record = StepRecord {
                    status: record.status,
                    changed: record.changed,
                    undone: record.undone + 1,
                    ..StepRecord::new()
                };
                Ok(())
            }
            Event::UndoFailed { step, error } => {
                let step = self.find(step, "an undo's failure")?;
                self.happen(step, Happening::UndoFailed, at, "the undo's failure")?;
                self.records[step].error = Some(error.clone());
                Ok(())
            }
            Event::RunEnded { outcome } => self.end(outcome),
        }
    }

    /// Lets a waiting step look again if its approval was given by somebody since it was started.
    fn wake(&mut self, step: usize, at: UnixMillis) -> Result<(), StateError> {
        let Kind::Approve(name) = &self.graph.kinds[step] else { return Ok(()) };
        if self.approvals[self.approvals_seen[step]..].iter().any(|given| given.approval == *name) {
            self.happen(step, Happening::Approved, at, "an approval")?;
        }
        Ok(())
    }

    /// From here on cleanups are ready, and nothing else is.
    fn complete(&mut self, drops: &[StepId]) -> Result<(), StateError> {
        let name = || "the start of a completion".to_owned();
        let under_way = matches!(self.phase, Phase::Forward | Phase::Completing);
        self.require(under_way, name, "no process has the run, or it is rolled back")?;
        self.require(self.is_complete(), name, "not all is done")?;
        let numbered = drops.iter().enumerate().map(|(place, step)| Ok((self.find(step, "a drop")?, place)));
        self.drops = numbered.collect::<Result<_, _>>()?;
        self.sets.drops.clear();
        self.phase = Phase::Completing;
        self.completing = true;
        (0..self.graph.len()).for_each(|step| self.refresh(step));
        Ok(())
    }

    fn take_up(&mut self, at: UnixMillis) -> Result<(), StateError> {
        let forward = if self.completing { Phase::Completing } else { Phase::Forward };
        let (phase, left) = match &self.phase {
            Phase::New | Phase::Forward | Phase::Completing => (forward, Left::Midway),
            Phase::RollingBack(rollback) => (Phase::RollingBack(rollback.clone()), Left::Midway),
            Phase::Ended { outcome, rollback } => {
                let phase = rollback.clone().map_or(forward, Phase::RollingBack);
                match outcome {
                    Outcome::RolledBack { .. } => (Phase::Forward, Left::RolledBack),
                    Outcome::Stuck { .. } => (phase, Left::Stuck),
                    Outcome::Completed | Outcome::Waiting { .. } | Outcome::Interrupted => {
                        (phase, Left::Midway)
                    }
                }
            }
        };
        if matches!(phase, Phase::Forward | Phase::Completing) {
            self.in_scope.fill(false);
        }
        self.phase = phase;
        for step in 0..self.graph.len() {
            if matches!(self.graph.kinds[step], Kind::Soak(_)) {
                // It was decided upon by the process that read it.
                self.records[step].watch = Watch::default();
            }
            self.happen(step, Happening::TakenUp(left), at, "a start of the run")?;
        }
        Ok(())
    }

    fn roll_back(
        &mut self,
        at: UnixMillis,
        scope: &Scope,
        reason: &str,
        cause: Option<FailureKind>,
    ) -> Result<(), StateError> {
        let name = || "the start of a rollback".to_owned();
        let under_way = matches!(self.phase, Phase::Forward | Phase::RollingBack(_) | Phase::Completing);
        self.require(under_way, name, "no process has the run")?;
        self.require(self.past_return().is_none(), name, "the run is past the point of no return")?;
        let covered = self.coverage(scope);
        let narrower = self.in_scope.iter().zip(&covered).any(|(before, now)| *before && !now);
        self.require(!narrower, name, "the rollback under way covers more")?;
        self.in_scope = covered;
        self.phase =
            Phase::RollingBack(Rollback { at, scope: scope.clone(), reason: reason.to_owned(), cause });
        (0..self.graph.len()).for_each(|step| self.refresh(step));
        Ok(())
    }

    fn end(&mut self, outcome: &Outcome) -> Result<(), StateError> {
        let name = || format!("an end with {outcome:?}");
        let rollback = match &self.phase {
            Phase::Forward | Phase::Completing => None,
            Phase::RollingBack(rollback) => Some(rollback.clone()),
            Phase::New | Phase::Ended { .. } => {
                return self.require(false, name, "no process has the run");
            }
        };
        let resting = self.sets.running.is_empty() && self.sets.undoing.is_empty();
        self.require(resting, name, "steps are acting")?;
        let rollback = match outcome {
            Outcome::Completed => {
                let done = self.is_complete() && (!self.completing || self.is_final());
                self.require(rollback.is_none() && done, name, "not all is done")?;
                None
            }
            Outcome::RolledBack { .. } => {
                let undone = rollback.is_some() && self.sets.to_undo.is_empty();
                self.require(undone, name, "not all is undone")?;
                self.completing = false;
                None
            }
            Outcome::Waiting { .. } => {
                // An approval may have come at the last moment, so that no step waits any more.
                self.require(rollback.is_none(), name, "the run is rolled back")?;
                None
            }
            Outcome::Stuck { .. } | Outcome::Interrupted => rollback,
        };
        self.phase = Phase::Ended { outcome: outcome.clone(), rollback };
        Ok(())
    }

    fn find(&self, id: &StepId, what: &str) -> Result<usize, StateError> {
        self.graph.position(id).ok_or_else(|| StateError::Illegal {
            event: format!("{what} of {id}"),
            why: "the plan has no such step".to_owned(),
        })
    }

    fn require(&self, holds: bool, event: impl Fn() -> String, why: &str) -> Result<(), StateError> {
        if holds { Ok(()) } else { Err(StateError::Illegal { event: event(), why: why.to_owned() }) }
    }

    fn report(&mut self, id: &StepId, at: UnixMillis, what: &str) -> Result<usize, StateError> {
        let step = self.find(id, what)?;
        self.happen(step, Happening::Reported, at, what)?;
        Ok(step)
    }

    /// The one place where a step's status changes.
    fn happen(
        &mut self,
        step: usize,
        happening: Happening,
        at: UnixMillis,
        what: &str,
    ) -> Result<(), StateError> {
        let before = self.records[step].status;
        let illegal =
            |why: String| StateError::Illegal { event: format!("{what} of {}", self.graph.ids[step]), why };
        let under_way = matches!(self.phase, Phase::Forward | Phase::RollingBack(_) | Phase::Completing);
        if !under_way && happening != Happening::Approved {
            return Err(illegal("no process has the run".to_owned()));
        }
        let after = next(before, happening).ok_or_else(|| illegal(format!("the step is {before:?}")))?;
        if before != after {
            self.records[step].status = after;
            self.records[step].changed = Some(at);
            self.tell_neighbours(step, before, after);
        }
        self.refresh(step);
        Ok(())
    }

    fn tell_neighbours(&mut self, step: usize, before: StepStatus, after: StepStatus) {
        let graph = Arc::clone(&self.graph);
        let was_done = before == StepStatus::Done;
        let is_done = after == StepStatus::Done;
        if was_done != is_done {
            for &later in &graph.before[step] {
                if is_done {
                    self.missing[later] -= 1;
                } else {
                    self.missing[later] += 1;
                }
                self.refresh(later);
            }
        }
        if before.is_touched() != after.is_touched() {
            for &earlier in &graph.after[step] {
                if after.is_touched() {
                    self.blockers[earlier] += 1;
                } else {
                    self.blockers[earlier] -= 1;
                }
                self.refresh(earlier);
            }
        }
    }

    fn refresh(&mut self, step: usize) {
        let status = self.records[step].status;
        let covered = self.in_scope[step];
        let cleanup = self.graph.kinds[step] == Kind::Cleanup;
        let watched = matches!(self.graph.kinds[step], Kind::Soak(Some(_)));
        let turn = cleanup == (self.phase == Phase::Completing);
        let later = self.graph.kinds[step] != Kind::Prepare;
        let sets = &mut self.sets;
        let ready = turn && status.is_startable() && self.missing[step] == 0;
        if ready {
            sets.ready.insert((later, step));
        } else {
            sets.ready.remove(&(later, step));
        }
        if let Some(&place) = self.drops.get(&step) {
            if ready {
                sets.drops.insert((place, step));
            } else {
                sets.drops.remove(&(place, step));
            }
        }
        let mut put = |set: fn(&mut Sets) -> &mut BTreeSet<usize>, holds: bool| {
            if holds {
                set(sets).insert(step);
            } else {
                set(sets).remove(&step);
            }
        };
        put(|sets| &mut sets.running, status == StepStatus::Running);
        put(|sets| &mut sets.waiting, status == StepStatus::Waiting);
        put(|sets| &mut sets.soaking, watched && matches!(status, StepStatus::Running | StepStatus::Stopped));
        put(|sets| &mut sets.failed, matches!(status, StepStatus::Failed(_)));
        put(|sets| &mut sets.undoable, covered && status.is_undoable() && self.blockers[step] == 0);
        put(|sets| &mut sets.undoing, status == StepStatus::Undoing);
        put(|sets| &mut sets.undo_failed, status == StepStatus::UndoFailed);
        put(|sets| &mut sets.to_undo, covered && status.is_touched());
        put(|sets| &mut sets.unfinished, !cleanup && status != StepStatus::Done);
        put(|sets| &mut sets.uncleaned, cleanup && status != StepStatus::Done);
    }
}

#[cfg(test)]
mod tests;
