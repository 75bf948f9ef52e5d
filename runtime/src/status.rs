//! Where a migration stands, for people and programs: read from the plan and the journal alone. It takes no
//! lease, changes nothing, and can be asked while a run is under way.

use std::collections::BTreeMap;

use mig_plan::{Digest, EntityRef, Op, Outcome, Plan, PlanFile, Sample, StepId, TableRef, Verdict};
use serde::Serialize;

use crate::act::approve;
use crate::execute::{Context, ExecuteError};
use crate::journal::Journal;
use crate::lease::{Holder, Owner};
use crate::state::{
    Chunks, Finding, LATENCY_MILLIS, Phase, RunState, StepRecord, StepStatus, UnixMillis, Watch,
};

/// Where a run of a plan stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The version of this form; 1.
    pub version: u32,
    /// The migration's name.
    pub migration: String,
    /// The plan.
    pub plan: Digest,
    /// What the run is doing.
    pub phase: RunPhase,
    /// How its last process left it; `None` while one has it, and before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The process that has the migration now, with this or another plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// The waves, in the plan's order.
    pub waves: Vec<WaveStatus>,
    /// The datasets, by name.
    pub datasets: Vec<DatasetStatus>,
    /// The consumers, by name.
    pub consumers: Vec<ConsumerStatus>,
    /// The approvals that are not complete.
    pub approvals: Vec<OpenApproval>,
    /// The steps that have given up, and those whose undo has.
    pub failures: Vec<Failed>,
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// It was never started.
    New,
    /// It goes forward, or was left while it did.
    Forward,
    /// It undoes, or was left while it did.
    RollingBack,
    /// It is made final, or was left while it was.
    Completing,
    /// It was made final: there is no way back.
    Final,
    /// It has completed.
    Completed,
    /// It was rolled back.
    RolledBack,
}

/// The process that has a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// User, host and process.
    pub owner: String,
    /// Since when, in Unix milliseconds.
    pub since: UnixMillis,
}

impl From<Holder> for Process {
    fn from(holder: Holder) -> Self {
        Self { owner: holder.owner, since: holder.since }
    }
}

/// How far something has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nothing was done.
    Pending,
    /// It is under way, or was when its process left.
    UnderWay,
    /// It waits for a person.
    Waiting,
    /// All is done.
    Done,
    /// It has failed.
    Failed,
    /// It was undone.
    Undone,
}

/// Where a wave stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaveStatus {
    /// Its name.
    pub name: String,
    /// How far it has got.
    pub progress: Progress,
    /// Its steps that are done.
    pub done: usize,
    /// All its steps.
    pub steps: usize,
    /// What was last read of the metrics while it soaked; `None` where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch: Option<WatchStatus>,
}

/// What was last read of the metrics of a wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WatchStatus {
    /// Since when everything has been read without a break, in Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixMillis>,
    /// When everything was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<UnixMillis>,
    /// The silence of the source that lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<SilenceStatus>,
    /// The last reading of each condition, by consumer.
    pub readings: Vec<ReadingStatus>,
}

/// A source of metrics that does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SilenceStatus {
    /// Since when.
    pub since: UnixMillis,
    /// How often it was asked in vain.
    pub tries: u32,
    /// Why, the last time.
    pub error: String,
}

/// The last reading of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadingStatus {
    /// The condition, as the source has it.
    pub condition: String,
    /// The consumer that it was asked about; `None` for the wave as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
    /// What it says.
    pub finding: ReadingFinding,
    /// The metric.
    pub value: Sample,
    /// The attempts behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Sample>,
    /// When it was taken.
    pub at: UnixMillis,
    /// Since when readings have said so without a break.
    pub since: UnixMillis,
}

/// What a reading says of its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingFinding {
    /// The metric is within its limit.
    Within,
    /// There are not enough attempts for the metric to count.
    TooFew,
    /// The metric is beyond its limit.
    Beyond,
    /// The source has no number.
    Missing,
}

impl From<Finding> for ReadingFinding {
    fn from(finding: Finding) -> Self {
        match finding {
            Finding::Within => Self::Within,
            Finding::TooFew => Self::TooFew,
            Finding::Beyond => Self::Beyond,
            Finding::Missing => Self::Missing,
        }
    }
}

/// Where a dataset stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatasetStatus {
    /// Its name.
    pub name: String,
    /// Its wave.
    pub wave: String,
    /// Where its rows come from.
    pub old: String,
    /// Where they go.
    pub new: String,
    /// How far it has got.
    pub progress: Progress,
    /// The stage it is in: of the step that comes next or acts, or of the last one.
    pub stage: String,
    /// Rows in the new store.
    pub rows: u64,
    /// Bytes of these rows, as Arrow batches.
    pub bytes: u64,
    /// Chunks in the new store.
    pub chunks: u64,
    /// All its chunks, once they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks_planned: Option<u64>,
    /// How fast it is copied, or was; `None` before its first chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace: Option<PaceStatus>,
    /// How often its steps were tried again because the world was in their way.
    pub retries: u32,
    /// What its last validation found; empty before one.
    pub verdicts: Vec<Verdict>,
}

/// How fast a dataset is copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PaceStatus {
    /// Milliseconds in which it was copied, over all processes.
    pub active_millis: u64,
    /// Rows a second in that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_per_second: Option<u64>,
    /// Bytes a second in that time, as Arrow batches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// How far it lags behind the old table, in rows, by what that had when the plan was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_rows: Option<u64>,
    /// How long chunks took, from the first read to the commit, as Prometheus counts a histogram.
    pub chunk_millis: Histogram,
}

/// A histogram.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Histogram {
    /// How many there are.
    pub count: u64,
    /// All of them together.
    pub sum: u64,
    /// How many are at most so large; each has those before it.
    pub buckets: Vec<Bucket>,
}

/// A bucket of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// At most.
    pub le: u64,
    /// So many.
    pub count: u64,
}

/// Where a consumer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsumerStatus {
    /// Its name.
    pub name: String,
    /// Its catalog entity.
    pub entity: EntityRef,
    /// Its wave.
    pub wave: String,
    /// How far it has got.
    pub progress: Progress,
    /// The datasets it reads.
    pub reads: Vec<String>,
}

/// An approval that is not complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenApproval {
    /// Its name.
    pub approval: String,
    /// For whom nobody has approved, or too long ago.
    pub missing: Vec<EntityRef>,
}

/// A step that has given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// Which.
    pub step: StepId,
    /// Why.
    pub error: String,
}

/// The run of a plan so far, as the journal has it.
///
/// # Errors
/// When the journal cannot be read, or does not fit the plan.
pub fn run_state(file: &PlanFile, context: &Context) -> Result<RunState, ExecuteError> {
    let events = match Journal::open_existing(&context.state)? {
        Some(journal) => journal.events(file.digest, 0)?,
        None => Vec::new(),
    };
    Ok(RunState::fold(&file.plan, events.iter().map(|entry| (entry.at, &entry.event)))?)
}

/// Where the run of a plan stands.
///
/// # Errors
/// As for [`run_state`].
pub fn status(file: &PlanFile, context: &Context) -> Result<Status, ExecuteError> {
    let state = run_state(file, context)?;
    let here = Owner::this_process(&context.environment);
    let now = context.clock.now();
    let process = match Journal::open_existing(&context.state)? {
        Some(mut journal) => journal.holder(&here, now)?,
        None => None,
    };
    Ok(summary(file, &state, process.map(Process::from), now))
}

fn summary(file: &PlanFile, state: &RunState, process: Option<Process>, now: UnixMillis) -> Status {
    let plan = &file.plan;
    let (phase, outcome) = match state.phase() {
        Phase::New => (RunPhase::New, None),
        Phase::Forward => (RunPhase::Forward, None),
        Phase::RollingBack(_) => (RunPhase::RollingBack, None),
        Phase::Completing => (RunPhase::Completing, None),
        Phase::Ended { outcome, rollback } => {
            let phase = match (outcome, rollback) {
                (Outcome::Completed, _) if state.is_final() => RunPhase::Final,
                (Outcome::Completed, _) => RunPhase::Completed,
                (Outcome::RolledBack { .. }, _) => RunPhase::RolledBack,
                (Outcome::Stuck { .. } | Outcome::Waiting { .. } | Outcome::Interrupted, Some(_)) => {
                    RunPhase::RollingBack
                }
                (Outcome::Stuck { .. } | Outcome::Waiting { .. } | Outcome::Interrupted, None)
                    if state.is_completing() =>
                {
                    RunPhase::Completing
                }
                (Outcome::Stuck { .. } | Outcome::Waiting { .. } | Outcome::Interrupted, None) => {
                    RunPhase::Forward
                }
            };
            (phase, Some(outcome.clone()))
        }
    };
    let subjects = subjects(plan, state);
    let steps_of = |name: &str| subjects.get(name).map_or(&[][..], Vec::as_slice);
    let datasets = plan
        .datasets
        .iter()
        .map(|(name, dataset)| dataset_status(file, state, steps_of(name), name, &dataset.old, &dataset.new));
    let consumers = plan.consumers.iter().map(|(name, consumer)| ConsumerStatus {
        name: name.clone(),
        entity: consumer.entity.clone(),
        wave: steps_of(name).first().map(|&step| plan.steps[step].wave.clone()).unwrap_or_default(),
        progress: progress(steps_of(name).iter().map(|&step| state.record(step))),
        reads: consumer.reads.clone(),
    });
    let mut by_wave: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    // Cleanups are no part of what a wave does: they come when a person makes the run final.
    let moving = |step: &mig_plan::Step| state.is_completing() || !step.op.is_cleanup();
    for (at, step) in plan.steps.iter().enumerate().filter(|(_, step)| moving(step)) {
        by_wave.entry(&step.wave).or_default().push(at);
    }
    let waves = plan.waves.iter().map(|wave| {
        let steps = by_wave.get(wave.name.as_str()).map_or(&[][..], Vec::as_slice);
        let records = || steps.iter().map(|&step| state.record(step));
        WaveStatus {
            name: wave.name.clone(),
            progress: progress(records()),
            done: records().filter(|record| record.status == StepStatus::Done).count(),
            steps: steps.len(),
            watch: records().find_map(|record| watch_status(plan, &wave.name, &record.watch)),
        }
    });
    let approvals = plan.approvals.iter().filter_map(|(name, approval)| {
        let open = approve::open(name, approval, state.approvals(), now);
        let missing: Vec<EntityRef> = open.into_iter().cloned().collect();
        (!missing.is_empty()).then(|| OpenApproval { approval: name.clone(), missing })
    });
    let failures = (0..plan.steps.len()).filter_map(|step| {
        let error = state.record(step).error.clone()?;
        Some(Failed { step: plan.steps[step].id.clone(), error })
    });
    Status {
        version: 1,
        migration: plan.migration.name.clone(),
        plan: file.digest,
        phase,
        outcome,
        process,
        waves: waves.collect(),
        datasets: datasets.collect(),
        consumers: consumers.collect(),
        approvals: approvals.collect(),
        failures: failures.collect(),
    }
}

fn watch_status(plan: &Plan, wave: &str, watch: &Watch) -> Option<WatchStatus> {
    if watch.watched.is_empty() && watch.silence.is_none() {
        return None;
    }
    let conditions = &plan.watched(wave)?.conditions;
    let readings = watch.watched.iter().filter_map(|((condition, consumer), watched)| {
        Some(ReadingStatus {
            condition: conditions.get(*condition)?.source.clone(),
            consumer: consumer.clone(),
            finding: watched.finding.into(),
            value: watched.reading.value.clone(),
            attempts: watched.reading.attempts.clone(),
            at: watched.at,
            since: watched.since,
        })
    });
    let silence = watch.silence.as_ref().map(|silence| SilenceStatus {
        since: silence.since,
        tries: silence.tries,
        error: silence.error.clone(),
    });
    Some(WatchStatus { since: watch.since, last: watch.last, silence, readings: readings.collect() })
}

/// The steps of each dataset and consumer, in the plan's order; cleanups only once they have begun.
fn subjects<'p>(plan: &'p Plan, state: &RunState) -> BTreeMap<&'p str, Vec<usize>> {
    let mut subjects: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let moving = |step: &mig_plan::Step| state.is_completing() || !step.op.is_cleanup();
    for (at, step) in plan.steps.iter().enumerate().filter(|(_, step)| moving(step)) {
        let cut_over = if let Op::CutOver { subject, .. } = &step.op { Some(subject.as_str()) } else { None };
        if let Some(subject) = cut_over.or(step.op.dataset()) {
            subjects.entry(subject).or_default().push(at);
        }
    }
    subjects
}

fn dataset_status(
    file: &PlanFile,
    state: &RunState,
    steps: &[usize],
    name: &str,
    old: &TableRef,
    new: &TableRef,
) -> DatasetStatus {
    let plan = &file.plan;
    let current =
        steps.iter().find(|&&step| state.record(step).status != StepStatus::Done).or(steps.last()).copied();
    let chunks = steps.iter().map(|&step| &state.record(step).chunks);
    let copied = chunks.clone().find(|chunks| !chunks.planned.is_empty());
    let verdicts = steps.iter().rev().map(|&step| &state.record(step).verdicts).find(|all| !all.is_empty());
    DatasetStatus {
        name: name.to_owned(),
        wave: steps.first().map(|&step| plan.steps[step].wave.clone()).unwrap_or_default(),
        old: old.to_string(),
        new: new.to_string(),
        progress: progress(steps.iter().map(|&step| state.record(step))),
        stage: current.map(|step| plan.steps[step].op.stage().to_owned()).unwrap_or_default(),
        rows: copied.map_or(0, |chunks| chunks.digest.rows),
        bytes: copied.map_or(0, |chunks| chunks.bytes),
        chunks: copied.map_or(0, |chunks| chunks.copied.len() as u64),
        chunks_planned: copied.filter(|chunks| chunks.all_planned).map(|chunks| chunks.planned.len() as u64),
        pace: copied
            .filter(|chunks| !chunks.copied.is_empty())
            .map(|chunks| pace(chunks, file.estimates.get(name).map(|estimate| estimate.rows))),
        retries: steps.iter().map(|&step| state.record(step).retries).sum(),
        verdicts: verdicts.cloned().unwrap_or_default(),
    }
}

fn pace(chunks: &Chunks, expected: Option<u64>) -> PaceStatus {
    let (pace, rows) = (&chunks.pace, chunks.digest.rows);
    let all = chunks.all_planned && chunks.copied.len() == chunks.planned.len();
    let mut count = 0;
    let buckets = LATENCY_MILLIS.iter().zip(&pace.latency.counts).map(|(le, chunks)| {
        count += chunks;
        Bucket { le: *le, count }
    });
    let buckets = buckets.collect();
    PaceStatus {
        active_millis: pace.active_millis,
        rows_per_second: pace.per_second(rows),
        bytes_per_second: pace.per_second(chunks.bytes),
        lag_rows: if all { Some(0) } else { expected.map(|expected| expected.saturating_sub(rows)) },
        chunk_millis: Histogram {
            count: pace.latency.counts.iter().sum(),
            sum: pace.latency.sum_millis,
            buckets,
        },
    }
}

/// How far steps have got together.
fn progress<'a>(records: impl Iterator<Item = &'a StepRecord>) -> Progress {
    let mut all_done = true;
    let mut touched = false;
    let mut undone = false;
    let mut waiting = false;
    for record in records {
        match record.status {
            StepStatus::Failed(_) | StepStatus::UndoFailed => return Progress::Failed,
            StepStatus::Waiting => waiting = true,
            StepStatus::Undone => undone = true,
            StepStatus::Pending
            | StepStatus::Running
            | StepStatus::Stopped
            | StepStatus::Done
            | StepStatus::Undoing => {}
        }
        all_done &= record.status == StepStatus::Done;
        touched |= record.status.is_touched();
    }
    match (waiting, touched && all_done, touched, undone) {
        (true, ..) => Progress::Waiting,
        (_, true, ..) => Progress::Done,
        (_, _, true, _) => Progress::UnderWay,
        (_, _, _, true) => Progress::Undone,
        (_, _, _, false) => Progress::Pending,
    }
}
