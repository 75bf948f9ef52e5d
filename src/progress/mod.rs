//! What a person sees while a run goes on: bars on a terminal, plain lines elsewhere. Takes the run's
//! events and the time; never touches the run.

mod alike;
mod bars;
mod counting;
mod meter;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use console::style;
use mig_plan::{Event, PlanFile, StepId, Verdict};
use mig_runtime::observer::Observer;
use mig_runtime::progress::Progress as Counters;
use mig_runtime::state::{RunState, UnixMillis};

use crate::console::Console;
use crate::render::status::verdicts_text;
use crate::render::words::{safe, seconds};
use alike::{Alike, Failing};
use bars::Bars;
pub(crate) use counting::Counting;
use meter::{Meter, Shown, Told};

/// Between two lines about running copies, where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(5);
/// A plan with more steps than this does not tell of each member of a family on a terminal.
const MANY: usize = 200;

/// Watches a run for a person, from whatever thread it is told.
pub(crate) struct Watch(Mutex<Progress>);

impl Watch {
    /// Nothing happened yet.
    pub(crate) fn new(plan: &PlanFile, console: Console) -> Self {
        Self(Mutex::new(Progress::new(plan, console, Instant::now())))
    }

    /// Time went by.
    pub(crate) fn tick(&self) {
        self.lock().tick(Instant::now());
    }

    /// Says something that is no event.
    pub(crate) fn remark(&self, text: &str) {
        self.lock().remark(text, Instant::now());
    }

    /// Takes the bars away; what was told stays.
    pub(crate) fn finish(&self) {
        self.lock().finish();
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        // A panic while a bar was drawn is no reason not to draw the next.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn happened(&self, _at: UnixMillis, event: &Event, state: &RunState) {
        self.lock().event(event, state, Instant::now());
    }

    fn retries(&self, step: &StepId, failed: usize, error: &str, pause: Duration) {
        let times = if failed == 1 { "once".to_owned() } else { format!("{failed} times") };
        let failing = Failing {
            mark: style("!").yellow().to_string(),
            what: format!("failed {times}, next try in {}", seconds(pause)),
            error: error.to_owned(),
        };
        self.lock().fails(step, failing, Instant::now());
    }

    fn measures(&self, step: &StepId, progress: &Arc<Counters>) {
        self.lock().meter.measures(step, progress);
    }

    fn noted(&self, step: &StepId, text: &str) {
        self.remark(&format!("{} {}: {}", style("!").yellow(), safe(&step.0), safe(text)));
    }
}

/// The progress of one run.
struct Progress {
    meter: Meter,
    console: Console,
    bars: Option<Bars>,
    /// Whether members of families are told of only when something is wrong with them.
    terse: bool,
    alike: Alike,
    last_lines: Instant,
    /// When the bars are brought up to date again.
    next_look: Instant,
}

impl Progress {
    /// Nothing happened yet.
    fn new(plan: &PlanFile, console: Console, now: Instant) -> Self {
        let meter = Meter::new(plan, now);
        let bars = console.err().is_terminal.then(|| Bars::new(&meter));
        let terse = bars.is_some() && plan.plan.steps.len() > MANY;
        Self { meter, console, bars, terse, alike: Alike::default(), last_lines: now, next_look: now }
    }

    /// Something happened.
    fn event(&mut self, event: &Event, state: &RunState, now: Instant) {
        if let Event::RunStarted { .. } = event {
            self.meter.resume(state);
        }
        let told = self.meter.event(event, now);
        if let Some(told) = told {
            self.tell(&told, now);
        }
        if let Event::StepFailed { step, error, .. } = event {
            let mark = style("✗").red().to_string();
            self.fails(step, Failing { mark, what: "failed".to_owned(), error: error.clone() }, now);
        }
        // What did not hold is told now: once it is undone, the state has it no longer.
        if let Event::Validated { verdicts, .. } = event {
            let broken: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.passed).collect();
            if !broken.is_empty() {
                self.block(&verdicts_text(&broken, self.console.width()));
            }
        }
    }

    fn tell(&mut self, told: &Told, now: Instant) {
        match &mut self.bars {
            Some(bars) if told.on_terminal && !(self.terse && told.of_family) => bars.line(&told.line),
            Some(_) => {}
            None => self.say(&told.line, now),
        }
    }

    /// A step failed, alone or as one of many that fail alike.
    fn fails(&mut self, step: &StepId, failing: Failing, now: Instant) {
        for line in self.alike.fails(&step.0, failing) {
            self.remark(&line, now);
        }
    }

    /// Lines that belong to what was just told.
    fn block(&mut self, text: &str) {
        match &mut self.bars {
            Some(bars) => text.lines().for_each(|line| bars.line(line)),
            None => self.console.say(text),
        }
    }

    /// Time went by.
    fn tick(&mut self, now: Instant) {
        self.tell_alike(now);
        if let Some(bars) = &mut self.bars {
            // All steps are looked at for it, of which there may be millions: at the most a twentieth of the time goes there.
            if now >= self.next_look {
                bars.update(&self.meter);
                self.next_look = now + now.elapsed() * 20;
            }
        } else if now.duration_since(self.last_lines) >= INTERVAL {
            for Shown { step, text, .. } in self.meter.under_way(now) {
                self.say(&format!("{} {text}", safe(&step.0)), now);
            }
            self.last_lines = now;
        }
    }

    /// Takes the bars away; what was told stays.
    fn finish(&mut self) {
        self.tell_alike(Instant::now());
        if let Some(bars) = self.bars.take() {
            bars.clear();
        }
    }

    /// Tells which steps failed alike since the last time.
    fn tell_alike(&mut self, now: Instant) {
        if let Some(line) = self.alike.rest() {
            self.remark(&line, now);
        }
    }

    /// Says something that is no event, above the bars.
    fn remark(&mut self, text: &str, now: Instant) {
        match &mut self.bars {
            Some(bars) => bars.line(text),
            None => self.say(text, now),
        }
    }

    fn say(&self, line: &str, now: Instant) {
        let elapsed = self.meter.elapsed(now).as_secs_f64();
        self.console.say(&format!("[{elapsed:>7.1}s] {line}\n"));
    }
}
