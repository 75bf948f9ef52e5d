//! Counts a run's events: rows and bytes of every copy, steps done, speeds, and what to say of each event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use console::style;
use mig_plan::{Event, OldTable, Op, PlanFile, Scope, StepId, Verdict};
use mig_runtime::progress::{Moved, Progress};
use mig_runtime::state::{RunState, StepStatus};

use crate::render::words::{bytes, count, counted, counted_len, listed, safe, seconds};

/// What is counted of a step.
#[derive(Debug)]
struct Work {
    op: Op,
    /// When this process took it up; `None` when it is not under way.
    since: Option<Instant>,
    /// The rows that this process moves or compares.
    counters: Option<Arc<Progress>>,
    /// Rows that a copy is expected to have; 0 when nobody counted.
    expected: u64,
    /// Rows that a copy has brought into the new store for good, in every process.
    rows: u64,
    /// Their bytes.
    bytes: u64,
    /// Those of the rows that the counters do not have.
    before: u64,
    /// Whether the source of metrics was silent when it was last asked for it.
    unread: bool,
}

/// A step under way, for a bar or a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown<'a> {
    /// Which.
    pub(crate) step: &'a StepId,
    /// Rows so far, and rows in all, where rows are counted.
    pub(crate) rows: Option<(u64, u64)>,
    /// In words.
    pub(crate) text: String,
}

/// What is said of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The line.
    pub(crate) line: String,
    /// Whether it is worth a line of a terminal that shows bars as well.
    pub(crate) on_terminal: bool,
    /// Whether all is well with a member of a family.
    pub(crate) of_family: bool,
}

impl Told {
    pub(crate) fn line(line: String) -> Self {
        Self { line, on_terminal: true, of_family: false }
    }
}

/// The counts.
#[derive(Debug)]
pub(crate) struct Meter {
    began: Instant,
    steps: BTreeMap<StepId, Work>,
    done: BTreeSet<StepId>,
    undoing: bool,
    completing: bool,
}

impl Meter {
    /// Nothing happened yet.
    pub(crate) fn new(file: &PlanFile, now: Instant) -> Self {
        let work = |op: &Op| Work {
            op: op.clone(),
            since: None,
            counters: None,
            expected: match op {
                Op::Copy { dataset } => file.estimates.get(dataset).map_or(0, |estimate| estimate.rows),
                Op::Prepare { .. }
                | Op::DryRun { .. }
                | Op::Validate { .. }
                | Op::Approve { .. }
                | Op::CutOver { .. }
                | Op::Soak { .. }
                | Op::Gate
                | Op::Cleanup { .. } => 0,
            },
            rows: 0,
            bytes: 0,
            before: 0,
            unread: false,
        };
        let steps = file.plan.steps.iter().map(|step| (step.id.clone(), work(&step.op))).collect();
        Self { began: now, steps, done: BTreeSet::new(), undoing: false, completing: false }
    }

    /// Takes over what earlier processes did: rows copied and steps done.
    pub(crate) fn resume(&mut self, state: &RunState) {
        self.completing = state.is_completing();
        for (step, work) in &mut self.steps {
            let Some(record) = state.position(step).map(|position| state.record(position)) else { continue };
            if record.status == StepStatus::Done {
                self.done.insert(step.clone());
            }
            work.rows = record.chunks.digest.rows;
            work.bytes = record.chunks.bytes;
        }
    }

    /// A step has begun to count rows.
    pub(crate) fn measures(&mut self, step: &StepId, counters: &Arc<Progress>) {
        if let Some(work) = self.steps.get_mut(step) {
            work.before = work.rows;
            work.counters = Some(Arc::clone(counters));
        }
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.duration_since(self.began)
    }

    /// All copies together: rows that went over, and rows expected.
    pub(crate) fn total(&self) -> (u64, u64) {
        self.steps.values().filter(|work| matches!(work.op, Op::Copy { .. })).fold(
            (0, 0),
            |(rows, expected), work| {
                let reached = work.reached();
                (rows + reached, expected + work.expected.max(reached))
            },
        )
    }

    /// Steps done, and steps in all: of what is going on, which is moving or making it final.
    pub(crate) fn steps(&self) -> (usize, usize) {
        let going_on = |work: &Work| work.op.is_cleanup() == self.completing;
        let done = self.done.iter().filter(|step| self.steps.get(step).is_some_and(going_on)).count();
        (done, self.steps.values().filter(|work| going_on(work)).count())
    }

    /// Whether the run goes back.
    pub(crate) fn undoing(&self) -> bool {
        self.undoing
    }

    /// Every step under way; gates are nothing to see.
    pub(crate) fn under_way(&self, now: Instant) -> Vec<Shown<'_>> {
        let shown = self.steps.iter().filter_map(|(step, work)| {
            let spent = now.duration_since(work.since?);
            let measured = work.measured();
            let text = match (&work.op, &measured) {
                (Op::Gate, _) => return None,
                (Op::Soak { seconds: wanted }, _) => {
                    format!(
                        "{} left at the most",
                        seconds(Duration::from_secs(*wanted).saturating_sub(spent))
                    )
                }
                (_, Some((_, text))) => text.clone(),
                (_, None) => format!("under way, {}", seconds(spent)),
            };
            Some(Shown { step, rows: measured.map(|(rows, _)| rows), text })
        });
        shown.collect()
    }

    /// Counts an event and says what there is to say of it.
    pub(crate) fn event(&mut self, event: &Event, now: Instant) -> Option<Told> {
        match event {
            Event::StepStarted { step } => self.started(step, now),
            Event::ChunkCopied { step, digest, bytes, .. } => {
                if let Some(work) = self.steps.get_mut(step) {
                    work.rows += digest.rows;
                    work.bytes += bytes;
                }
                None
            }
            Event::StepSucceeded { step } => self.succeeded(step, now),
            Event::Validated { step, verdicts } => validated(step, verdicts),
            Event::MetricsRead { step, silent, .. } => self.metrics_read(step, silent.as_deref()),
            Event::StepWaiting { step } => {
                self.rest(step);
                let what = match self.op(step)? {
                    Op::Approve { approval } => format!("waits for the approval {}", safe(approval)),
                    Op::Prepare { .. }
                    | Op::DryRun { .. }
                    | Op::Copy { .. }
                    | Op::Validate { .. }
                    | Op::CutOver { .. }
                    | Op::Soak { .. }
                    | Op::Gate
                    | Op::Cleanup { .. } => "waits for a person".to_owned(),
                };
                Some(Told::line(format!("{} {} {what}", style("…").yellow(), safe(&step.0))))
            }
            // Failures are told together with those that are alike.
            Event::StepStopped { step } | Event::StepFailed { step, .. } => {
                self.rest(step);
                None
            }
            Event::RollbackStarted { scope, reason, cause } => {
                self.undoing = true;
                let what = match scope {
                    Scope::Migration => "everything".to_owned(),
                    Scope::Waves(waves) => {
                        let waves: Vec<String> = waves.iter().map(|wave| safe(wave)).collect();
                        format!("{} {}", if waves.len() == 1 { "wave" } else { "waves" }, listed(&waves))
                    }
                };
                // A failure was told of just before; a person's wish was not.
                let why = if cause.is_some() { String::new() } else { format!(": {}", safe(reason)) };
                Some(Told::line(format!("{} undoing {what}{why}", style("↩").yellow())))
            }
            Event::UndoStarted { .. } => None,
            Event::StepRetried { step, .. } => {
                // A copy goes on where it was; what anything else has read it reads again.
                if let Some(work) = self.steps.get_mut(step)
                    && !matches!(work.op, Op::Copy { .. })
                {
                    work.counters = None;
                }
                None
            }
            Event::UndoSucceeded { step } => {
                self.done.remove(step);
                if let Some(work) = self.steps.get_mut(step) {
                    (work.rows, work.bytes, work.before, work.counters) = (0, 0, 0, None);
                }
                let line = format!("{} {} undone", style("↩").yellow(), safe(&step.0));
                let quiet = matches!(self.op(step)?, Op::Gate | Op::DryRun { .. } | Op::Validate { .. });
                Some(Told { line, on_terminal: !quiet, of_family: step.0.contains('.') })
            }
            Event::UndoFailed { step, error } => {
                let mark = style("✗").red();
                Some(Told::line(format!("{mark} {} could not be undone: {}", safe(&step.0), safe(error))))
            }
            Event::CompletionStarted { .. } => {
                self.completing = true;
                let mark = style("!").red().bold();
                Some(Told::line(format!("{mark} making the run final: from here on there is no way back")))
            }
            Event::RunStarted { .. }
            | Event::Approved { .. }
            | Event::BeforeImage { .. }
            | Event::ChunkPlanned { .. }
            | Event::ChunksPlanned { .. }
            | Event::RunEnded { .. } => None,
        }
    }

    /// Readings are for `mig status`; here it is told when they fail, and when they come again.
    fn metrics_read(&mut self, step: &StepId, silent: Option<&str>) -> Option<Told> {
        let work = self.steps.get_mut(step)?;
        let before = std::mem::replace(&mut work.unread, silent.is_some());
        match silent {
            Some(error) if !before => Some(Told::line(format!(
                "{} {} cannot read its metrics: {}",
                style("!").yellow(),
                safe(&step.0),
                safe(error)
            ))),
            None if before => {
                Some(Told::line(format!("{} {} reads its metrics again", style("✓").green(), safe(&step.0))))
            }
            Some(_) | None => None,
        }
    }

    fn op(&self, step: &StepId) -> Option<&Op> {
        self.steps.get(step).map(|work| &work.op)
    }

    fn started(&mut self, step: &StepId, now: Instant) -> Option<Told> {
        if let Some(work) = self.steps.get_mut(step) {
            work.since = Some(now);
            work.before = work.rows;
        }
        let quiet = matches!(self.op(step)?, Op::Gate);
        (!quiet).then(|| Told {
            line: format!("{} started", safe(&step.0)),
            on_terminal: false,
            of_family: step.0.contains('.'),
        })
    }

    fn succeeded(&mut self, step: &StepId, now: Instant) -> Option<Told> {
        self.done.insert(step.clone());
        let since = self.rest(step);
        let work = self.steps.get(step)?;
        let took =
            since.map(|since| now.duration_since(since)).filter(|took| took.as_millis() >= 50).map(seconds);
        let (facts, on_terminal) = match &work.op {
            // A validation was told with its verdicts.
            Op::Gate | Op::Validate { .. } => return None,
            Op::Copy { .. } => (vec![counted(work.rows, "row"), bytes(work.bytes)], true),
            Op::Prepare { .. } | Op::DryRun { .. } => (Vec::new(), false),
            Op::Approve { .. } | Op::CutOver { .. } | Op::Soak { .. } => (Vec::new(), true),
            Op::Cleanup { old, .. } => (Vec::new(), *old == OldTable::Drop),
        };
        let facts: Vec<String> = facts.into_iter().chain(took).collect();
        Some(Told { line: done_line(step, &facts.join(", ")), on_terminal, of_family: step.0.contains('.') })
    }

    /// The step is no longer under way; since when it was.
    fn rest(&mut self, step: &StepId) -> Option<Instant> {
        let work = self.steps.get_mut(step)?;
        work.counters = None;
        work.since.take()
    }
}

impl Work {
    /// Rows in the new store, or on their way there; a chunk that is tried again is not counted twice.
    fn reached(&self) -> u64 {
        let moved = self.counters.as_ref().map_or(0, |counters| counters.moved().rows);
        self.rows.max((self.before + moved).min(self.expected))
    }

    /// Rows so far and in all, and the pace in words: `40,000 of 100,000 rows, 52,000 rows/s, 4.1 MiB/s,
    /// 2s left`.
    fn measured(&self) -> Option<((u64, u64), String)> {
        let moved = self.counters.as_ref()?.moved();
        let (reached, all) = match self.op {
            Op::Copy { .. } => (self.reached(), self.expected),
            Op::Prepare { .. }
            | Op::DryRun { .. }
            | Op::Validate { .. }
            | Op::Approve { .. }
            | Op::CutOver { .. }
            | Op::Soak { .. }
            | Op::Gate
            | Op::Cleanup { .. } => (moved.rows, moved.total_rows.unwrap_or(0)),
        };
        let mut parts = Vec::new();
        if all >= reached && all > 0 {
            parts.push(format!("{} of {}", count(reached), counted(all, "row")));
        } else {
            parts.push(counted(reached, "row"));
        }
        // A copy of which all rows are there waits for the table's key alone.
        let all_there = all > 0 && self.rows >= all;
        if !all_there || moved.stalled().is_none() {
            parts.extend(pace(&moved, all.saturating_sub(reached)));
        }
        Some(((reached, all.max(reached)), parts.join(", ")))
    }
}

/// `52,000 rows/s`, `4.1 MiB/s`, `2.0s left` of so many rows; or that nothing moves.
fn pace(moved: &Moved, left: u64) -> Vec<String> {
    if let Some(idle) = moved.stalled() {
        return vec![format!("nothing has moved for {}", seconds(idle))];
    }
    let speed = moved.rows_per_second();
    if speed < 1.0 {
        return Vec::new();
    }
    let mut parts = vec![
        format!("{} rows/s", count(whole(speed))),
        format!("{}/s", bytes(whole(moved.bytes_per_second()))),
    ];
    let rest = Duration::try_from_secs_f64(left as f64 / speed).ok();
    // Of less nobody needs to know, and what is being written is no row that is left.
    if let Some(rest) = rest.filter(|rest| rest.as_millis() >= 100) {
        parts.push(format!("{} left", seconds(rest)));
    }
    parts
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a speed for people, never negative"
)]
fn whole(speed: f64) -> u64 {
    speed as u64
}

/// `✓ orders/copy 100,000 rows, 8.2 MiB, 1.9s`
fn done_line(step: &StepId, facts: &str) -> String {
    let mark = style("✓").green();
    if facts.is_empty() {
        format!("{mark} {}", safe(&step.0))
    } else {
        format!("{mark} {} {}", safe(&step.0), style(facts).dim())
    }
}

fn validated(step: &StepId, verdicts: &[Verdict]) -> Option<Told> {
    let broken: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.passed).collect();
    let line = if broken.is_empty() {
        let hold = if verdicts.len() == 1 { "holds" } else { "hold" };
        let facts = format!("{} {hold}", counted_len(verdicts.len(), "rule"));
        done_line(step, &facts)
    } else {
        let rules: Vec<String> = broken.iter().map(|verdict| safe(&verdict.rule)).collect();
        format!("{} {} does not hold: {}", style("✗").red(), safe(&step.0), rules.join(", "))
    };
    Some(Told { line, on_terminal: true, of_family: broken.is_empty() && step.0.contains('.') })
}

#[cfg(test)]
mod tests {
    use mig_plan::{ChunkBounds, ChunkDigest};

    use super::*;

    #[test]
    fn a_copy_is_counted_over_processes_and_timed_within_one() {
        let start = Instant::now();
        let plan = crate::sample::plan();
        let mut meter = Meter::new(&plan, start);
        let step = StepId::from("orders/copy");
        let copied = |chunk, rows| Event::ChunkCopied {
            step: StepId::from("orders/copy"),
            chunk,
            digest: ChunkDigest { rows, sum: 0 },
            bytes: rows * 100,
            millis: Some(5),
        };
        let earlier = [
            Event::RunStarted { plan: plan.digest, owner: "me".to_owned() },
            Event::StepStarted { step: step.clone() },
            Event::ChunkPlanned { step: step.clone(), chunk: 0, bounds: ChunkBounds::default() },
            copied(0, 50_000),
        ];
        let state = RunState::fold(&plan.plan, earlier.iter().map(|event| (0, event))).unwrap();
        meter.resume(&state);
        assert_eq!(meter.under_way(start), []);
        meter.event(&Event::StepStarted { step: step.clone() }, start);
        let counters = Arc::new(Progress::new());
        meter.measures(&step, &counters);
        counters.add_batch(30_000, 3_000_000);
        meter.event(&copied(1, 25_000), start);
        let shown = meter.under_way(start);
        assert_eq!(shown[0].rows, Some((80_000, 100_000)));
        assert!(shown[0].text.starts_with("80,000 of 100,000 rows, "), "{}", shown[0].text);
        assert_eq!(meter.total().0, 80_000);
        let told = meter.event(&Event::StepSucceeded { step: step.clone() }, start + Duration::from_secs(2));
        console::set_colors_enabled(false);
        assert_eq!(told.unwrap().line, "✓ orders/copy 75,000 rows, 7.2 MiB, 2.0s");
        assert_eq!(meter.steps(), (1, 41));
        meter.event(&Event::UndoSucceeded { step }, start);
        assert_eq!((meter.total().0, meter.steps().0), (0, 0));
    }

    #[test]
    fn what_is_left_is_told_only_while_something_moves() {
        let moved = Moved {
            rows: 5_000,
            bytes: 5 << 20,
            chunks: 0,
            total_rows: None,
            elapsed: Duration::from_secs(10),
            idle: Duration::from_secs(1),
        };
        assert_eq!(pace(&moved, 2_000).join(", "), "500 rows/s, 512.0 KiB/s, 4.0s left");
        assert_eq!(pace(&moved, 10).join(", "), "500 rows/s, 512.0 KiB/s");
        let idle = Duration::from_secs(12);
        assert_eq!(pace(&Moved { idle, ..moved }, 10), ["nothing has moved for 12s"]);
        let nothing = Moved { rows: 0, bytes: 0, ..moved };
        assert_eq!(pace(&nothing, 2_000), Vec::<String>::new());
        assert_eq!(pace(&Moved { idle, ..nothing }, 2_000), ["nothing has moved for 12s"]);
    }

    #[test]
    fn a_broken_rule_is_named() {
        let verdict = |rule: &str, passed| Verdict {
            rule: rule.to_owned(),
            passed,
            detail: String::new(),
            differences: Vec::new(),
        };
        let told = validated(
            &StepId::from("a.b/validate"),
            &[verdict("row count", true), verdict("checksum", false)],
        );
        let told = told.unwrap();
        assert!(told.line.ends_with("a.b/validate does not hold: checksum"), "{}", told.line);
        assert!(!told.of_family);
    }
}
