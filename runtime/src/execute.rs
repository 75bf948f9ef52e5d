//! The one loop of a run: asks what comes next, makes the intent durable, lets it act, makes the result
//! durable. Takes a plan that was reviewed and its surroundings, gives an outcome. It decides nothing and
//! never plans; it alone writes the journal.
//!
//! Events that come at the same time are appended together, with the intents that follow from them: an append waits for the
//! disk, which takes longer than all else. Acts run beside each other as tasks and speak to the loop through one channel, so
//! that the order of the journal is the order of what happened.

mod orders;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt as _;
use mig_plan::{Event, Op, Outcome, Plan, PlanFile, Scope, StepId, Undo};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::act::cleanup::Sources;
use crate::act::{self, Act, Done, Failure, Message, Run};
use crate::clock::{Clock, SystemClock};
use crate::decide::{Command, decide, irreversible};
use crate::journal::{Journal, JournalError};
use crate::lease::{HEARTBEAT_MILLIS, Owner};
use crate::notifications::Notifications;
use crate::observer::Observer;
use crate::retry::Retry;
use crate::rollback_notice;
use crate::settings::Environment;
use crate::state::{Phase, RunState, StateError};
use crate::world::World;
use orders::Orders;

/// How many steps act at the same time, soaks not counted. What they do to the stores is limited by the
/// stores' own budgets.
const PARALLEL_STEPS: usize = 64;

/// While more steps than this act at the same time, a message waits a little for others: each append waits for the disk
/// once, and so much of small tables' time would go there.
const MANY_STEPS: usize = 8;

/// How long that is.
const LINGER: Duration = Duration::from_millis(8);

/// How many messages of acts become one append at the most.
const BATCH: usize = 1_000;

/// What a run is given besides its plan.
pub struct Context {
    /// The migration's folder.
    pub folder: PathBuf,
    /// Where the journal and the notifications are.
    pub state: PathBuf,
    /// The environment, for settings that name a variable.
    pub environment: Environment,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How often and when an act is tried again that found the world in its way.
    pub retry: Retry,
    /// Asks the run to let go: nothing new is started, what acts comes to a safe end.
    pub cancel: CancellationToken,
    /// Lets the stores of a test fail.
    #[cfg(test)]
    pub(crate) faults: Option<Arc<crate::fixture::faulty::Faults>>,
}

impl Context {
    /// With the machine's clock and the usual retries.
    pub fn new(folder: PathBuf, state: PathBuf, environment: Environment) -> Self {
        Self {
            folder,
            state,
            environment,
            clock: Arc::new(SystemClock),
            retry: Retry::default(),
            cancel: CancellationToken::new(),
            #[cfg(test)]
            faults: None,
        }
    }
}

/// Why a run could not be taken up, or had to be left as it is.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The journal is locked, out of reach, or no journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal and the plan do not fit together.
    #[error(transparent)]
    State(#[from] StateError),
    /// A run of another plan is not finished.
    #[error(
        "a run of another plan, {plan}, is not finished ({how}); go on with it, or roll it back, before \
         this one"
    )]
    Unfinished {
        /// The other plan's digest, short.
        plan: String,
        /// How its last process left it.
        how: String,
    },
    /// A person asked for the rollback of a wave that the plan does not have.
    #[error("the plan has no wave {name}; it has {}", waves.join(", "))]
    NoSuchWave {
        /// What was asked for.
        name: String,
        /// What there is.
        waves: Vec<String>,
    },
    /// A person asked to make a run final that has not completed.
    #[error("the run of this plan has not completed, and only a completed one is made final")]
    NotCompleted,
    /// A person asked for a rollback of a run that was made final.
    #[error(
        "nothing was rolled back, since the run is past the point of no return: `mig complete` has made it \
         final, and {reason} ({step})"
    )]
    PastReturn {
        /// The first cleanup.
        step: StepId,
        /// Why it cannot be undone.
        reason: String,
    },
    /// A person asked for a rollback that cannot be.
    #[error("nothing was rolled back, since {step} cannot be undone: {reason}")]
    Irreversible {
        /// The first step that cannot be undone.
        step: StepId,
        /// Why.
        reason: String,
    },
}

/// Executes a plan, or goes on with it, to an outcome. A plan whose run has completed gives
/// [`Outcome::Completed`] again, and nothing happens.
///
/// # Errors
/// When the run cannot be taken up, or another process took it over. Whatever happened until then is in
/// the journal, and the same call goes on from there.
pub async fn apply(
    file: &PlanFile,
    context: Context,
    observer: Arc<dyn Observer>,
) -> Result<Outcome, ExecuteError> {
    let mut taken = Taken::up(file, &context)?;
    if has_completed(&taken.state) {
        taken.journal.release()?;
        return Ok(Outcome::Completed);
    }
    let mut execution = Execution::new(file, context, taken, observer);
    execution.begin()?;
    execution.run().await
}

/// Whether `apply` has nothing left to do: the run has completed, and perhaps is being made final.
pub(crate) fn has_completed(state: &RunState) -> bool {
    match state.phase() {
        Phase::Ended { outcome: Outcome::Completed, .. } | Phase::Completing => true,
        Phase::Ended { rollback, .. } => state.is_completing() && rollback.is_none(),
        Phase::New | Phase::Forward | Phase::RollingBack(_) => false,
    }
}

/// Makes a completed run final, or goes on with it: old tables are dropped where the plan says so and they are
/// as they were copied, and the receipts are deleted. Nothing is rolled back from then on.
///
/// # Errors
/// As for [`apply`]; and when the run has not completed.
pub async fn complete(
    file: &PlanFile,
    context: Context,
    observer: Arc<dyn Observer>,
) -> Result<Outcome, ExecuteError> {
    let mut taken = Taken::up(file, &context)?;
    if !has_completed(&taken.state) {
        taken.journal.release()?;
        return Err(ExecuteError::NotCompleted);
    }
    let ended = matches!(taken.state.phase(), Phase::Ended { outcome: Outcome::Completed, .. });
    if ended && taken.state.is_final() {
        taken.journal.release()?;
        return Ok(Outcome::Completed);
    }
    let mut execution = Execution::new(file, context, taken, observer);
    // What needs what may be another thing than when it was last begun.
    let state = execution.with_state(RunState::clone);
    let drops = crate::completion::drops(&execution.run.world, &file.plan, &state).await;
    let drops = drops.into_iter().map(|step| file.plan.steps[step].id.clone()).collect();
    execution.append(vec![execution.run_started(), Event::CompletionStarted { drops }], Then::Wait)?;
    execution.run().await
}

/// Undoes what a run of this plan did, newest first. Nothing happens when nothing is done.
///
/// # Errors
/// As for [`apply`]; and when a step of the scope cannot be undone, before anything is.
pub async fn rollback(
    file: &PlanFile,
    scope: Scope,
    reason: String,
    context: Context,
    observer: Arc<dyn Observer>,
) -> Result<Outcome, ExecuteError> {
    if let Scope::Waves(wanted) = &scope {
        let waves: Vec<String> = file.plan.waves.iter().map(|wave| wave.name.clone()).collect();
        if let Some(name) = wanted.iter().find(|name| !waves.contains(name)) {
            return Err(ExecuteError::NoSuchWave { name: name.clone(), waves });
        }
    }
    let mut taken = Taken::up(file, &context)?;
    let scope = match scope {
        Scope::Waves(waves) => taken.state.scope_of(waves.iter().map(String::as_str)),
        Scope::Migration => Scope::Migration,
    };
    if taken.state.touched_in(&scope).is_empty() {
        taken.journal.release()?;
        return Ok(Outcome::RolledBack { reason: "nothing was to be undone".to_owned() });
    }
    if let Some(step) = taken.state.past_return() {
        let step = &file.plan.steps[step];
        let reason = match &step.undo {
            Undo::Irreversible { reason } => reason.clone(),
            Undo::Nothing | Undo::DropTable | Undo::DeleteRows | Undo::Restore | Undo::Reverse => {
                String::new()
            }
        };
        taken.journal.release()?;
        return Err(ExecuteError::PastReturn { step: step.id.clone(), reason });
    }
    if let Some((step, why)) = irreversible(&file.plan, &taken.state, &scope) {
        return Err(ExecuteError::Irreversible { step: step.clone(), reason: why.to_owned() });
    }
    let mut execution = Execution::new(file, context, taken, observer);
    execution.begin()?;
    let covered = execution.with_state(|state| match state.phase() {
        Phase::RollingBack(rollback) => {
            rollback.scope == Scope::Migration
                || state.touched_in(&scope).iter().all(|&step| state.is_in_scope(step))
        }
        Phase::New | Phase::Forward | Phase::Completing | Phase::Ended { .. } => false,
    });
    if !covered {
        let scope = execution.with_state(|state| match (state.phase(), &scope) {
            // A rollback under way is widened, never narrowed.
            (Phase::RollingBack(rollback), Scope::Waves(waves)) => match &rollback.scope {
                Scope::Migration => Scope::Migration,
                Scope::Waves(before) => state.scope_of(before.iter().chain(waves).map(String::as_str)),
            },
            (
                Phase::New | Phase::Forward | Phase::Completing | Phase::RollingBack(_) | Phase::Ended { .. },
                scope,
            ) => scope.clone(),
        });
        execution.append(vec![Event::RollbackStarted { scope, reason, cause: None }], Then::Wait)?;
    }
    execution.run().await
}

/// A run that this process has the lease of.
struct Taken {
    journal: Journal,
    state: RunState,
    /// The last event that the state has.
    last: i64,
    owner: Owner,
}

impl Taken {
    fn up(file: &PlanFile, context: &Context) -> Result<Self, ExecuteError> {
        let mut journal = Journal::open(&context.state)?;
        let owner = Owner::this_process(&context.environment);
        journal.take(&owner, context.clock.now())?;
        if let Some((run, outcome)) = journal.last_run()?
            && run != file.digest
            && let Some(how) = unfinished(outcome.as_ref())
        {
            return Err(ExecuteError::Unfinished { plan: run.short(), how: how.to_owned() });
        }
        journal.keep_plan(file)?;
        let entries = journal.events(file.digest, 0)?;
        let state = RunState::fold(&file.plan, entries.iter().map(|entry| (entry.at, &entry.event)))?;
        let last = entries.last().map_or(0, |entry| entry.seq);
        Ok(Self { journal, state, last, owner })
    }
}

/// Why a run that was left like this is not finished.
fn unfinished(outcome: Option<&Outcome>) -> Option<&'static str> {
    match outcome {
        None => Some("its process ended in the middle"),
        Some(Outcome::Stuck { .. }) => Some("it is stuck"),
        Some(Outcome::Waiting { .. }) => Some("it waits for approvals"),
        Some(Outcome::Interrupted) => Some("it was interrupted"),
        Some(Outcome::Completed | Outcome::RolledBack { .. }) => None,
    }
}

/// A run under way.
struct Execution {
    run: Arc<Run>,
    journal: Journal,
    last: i64,
    owner: Owner,
    retry: Retry,
    cancel: CancellationToken,
    messages: mpsc::Receiver<Message>,
    tasks: JoinSet<()>,
    /// The steps that act in this process, by position, with what asks them to let go.
    acting: BTreeMap<usize, CancellationToken>,
}

impl Execution {
    fn new(file: &PlanFile, context: Context, taken: Taken, observer: Arc<dyn Observer>) -> Self {
        let (sender, messages) = mpsc::channel(BATCH);
        let notifications = Notifications::at(context.state.join("notifications.log"));
        let world = World::new(&file.plan, context.folder, context.environment, context.clock, notifications);
        #[cfg(test)]
        let world = world.with_faults(context.faults);
        let run = Run {
            plan: file.plan.clone(),
            digest: file.digest,
            estimates: file.estimates.clone(),
            copies: copies(&file.plan),
            sources: Sources::new(&file.plan),
            world,
            state: RwLock::new(taken.state),
            journal: sender,
            observer,
        };
        Self {
            run: Arc::new(run),
            journal: taken.journal,
            last: taken.last,
            owner: taken.owner,
            retry: context.retry,
            cancel: context.cancel,
            messages,
            tasks: JoinSet::new(),
            acting: BTreeMap::new(),
        }
    }

    fn begin(&mut self) -> Result<(), ExecuteError> {
        self.append(vec![self.run_started()], Then::Wait)
    }

    fn run_started(&self) -> Event {
        Event::RunStarted { plan: self.run.digest, owner: self.owner.to_string() }
    }

    async fn run(mut self) -> Result<Outcome, ExecuteError> {
        let mut heartbeat = tokio::time::interval(Duration::from_millis(HEARTBEAT_MILLIS));
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if self.cancel.is_cancelled() {
                self.acting.values().for_each(CancellationToken::cancel);
                if self.acting.is_empty() {
                    return self.end(Outcome::Interrupted);
                }
            } else if let Some(outcome) = self.advance()? {
                // Somebody may have approved since.
                if self.catch_up()? {
                    continue;
                }
                return self.end(outcome);
            }
            while self.tasks.try_join_next().is_some() {}
            tokio::select! {
                Some(message) = self.messages.recv() => self.settle(message).await?,
                _ = heartbeat.tick() => {
                    self.catch_up()?;
                }
                () = self.cancel.cancelled(), if !self.cancel.is_cancelled() => {}
            }
        }
    }

    /// Carries commands out until there is nothing to do but wait, or the run has come to an end.
    fn advance(&mut self) -> Result<Option<Outcome>, ExecuteError> {
        loop {
            let (plan, room) = (&self.run.plan, self.room());
            let commands = self.with_state(|state| decide(plan, state, room));
            let mut goes_on = false;
            for command in commands {
                match command {
                    Command::Start(_) | Command::Undo(_) | Command::BeginRollback { .. } => goes_on = true,
                    Command::Stop(step) => {
                        if let Some(step) = self.with_state(|state| state.position(&step)) {
                            self.stop(step);
                        }
                    }
                    Command::End(outcome) => return Ok(Some(outcome)),
                }
            }
            if !goes_on {
                return Ok(None);
            }
            self.append(Vec::new(), Then::GoOn)?;
        }
    }

    /// How many steps may be started.
    fn room(&self) -> usize {
        let busy = self.acting.keys().filter(|&&step| !passes_time(&self.run.plan, step)).count();
        PARALLEL_STEPS.saturating_sub(busy)
    }

    fn stop(&self, step: usize) {
        if let Some(stop) = self.acting.get(&step) {
            stop.cancel();
        }
    }

    fn start(&mut self, position: usize, forward: bool) {
        let stop = CancellationToken::new();
        self.acting.insert(position, stop.clone());
        let act = Act { run: Arc::clone(&self.run), position, stop };
        let retry = self.retry.clone();
        self.tasks.spawn(async move {
            let event = to_event(&act, &retry, forward).await;
            // Nobody listens when the run has ended with an error, and then the journal has no end of it.
            let _ = act.run.journal.send(Message::Ended { step: position, event }).await;
        });
    }

    /// Appends what acts report, together with all that is waiting in the channel behind it, or comes at once.
    async fn settle(&mut self, first: Message) -> Result<(), ExecuteError> {
        if self.acting.len() > MANY_STEPS {
            tokio::time::sleep(LINGER).await;
        }
        let mut events = Vec::new();
        let mut durable: Vec<oneshot::Sender<()>> = Vec::new();
        let then = if self.cancel.is_cancelled() { Then::Wait } else { Then::GoOn };
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Record(recorded, done) => {
                    events.extend(recorded);
                    durable.extend(done);
                }
                Message::Ended { step, event } => {
                    self.acting.remove(&step);
                    events.push(event);
                }
            }
            next = if events.len() < BATCH { self.messages.try_recv().ok() } else { None };
        }
        self.append(events, then)?;
        for done in durable {
            // An act that was broken off does not wait for its answer.
            let _ = done.send(());
        }
        Ok(())
    }

    /// Proves that the events are legal, makes them durable, with what follows from them, tells the observer, and only then
    /// lets act what is to act.
    fn append(&mut self, mut events: Vec<Event>, then: Then) -> Result<(), ExecuteError> {
        let at = self.run.world.clock.now();
        let run = Arc::clone(&self.run);
        let mut others = Vec::new();
        let mut orders = Orders::default();
        let room = self.room();
        let (last, events) = self.journal.append(run.digest, self.last, at, |meanwhile| {
            let mut state = run.state.write().unwrap_or_else(PoisonError::into_inner);
            for entry in meanwhile {
                state.apply(entry.at, &entry.event)?;
            }
            others.extend_from_slice(meanwhile);
            events.iter().try_for_each(|event| state.apply(at, event))?;
            if then == Then::GoOn {
                orders = Orders::follow(&run.plan, &mut state, at, room, &mut events)?;
            }
            Ok::<_, ExecuteError>(events)
        })?;
        self.last = last;
        self.with_state(|state| {
            others.iter().for_each(|entry| run.observer.happened(entry.at, &entry.event, state));
            events.iter().for_each(|event| run.observer.happened(at, event, state));
        });
        orders.stops.into_iter().for_each(|step| self.stop(step));
        for (step, forward) in orders.starts {
            self.start(step, forward);
        }
        Ok(())
    }

    /// Takes in what others wrote: approvals. Whether there was anything.
    fn catch_up(&mut self) -> Result<bool, ExecuteError> {
        let before = self.last;
        self.append(Vec::new(), Then::Wait)?;
        Ok(self.last != before)
    }

    fn end(mut self, mut outcome: Outcome) -> Result<Outcome, ExecuteError> {
        if matches!(outcome, Outcome::RolledBack { .. })
            && let Err(failure) = self.with_state(|state| rollback_notice::tell(&self.run, state))
        {
            outcome = Outcome::Stuck { reason: format!("all is undone, but {failure}") };
        }
        self.append(vec![Event::RunEnded { outcome: outcome.clone() }], Then::Wait)?;
        self.journal.release()?;
        Ok(outcome)
    }

    fn with_state<T>(&self, look: impl FnOnce(&RunState) -> T) -> T {
        look(&self.run.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is done behind an append.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Nothing: whoever appends says what comes next.
    Wait,
    /// What follows from the state, but for an end of the run.
    GoOn,
}

/// The copy step of each dataset.
pub(crate) fn copies(plan: &Plan) -> BTreeMap<String, usize> {
    let steps = plan.steps.iter().enumerate().filter(|(_, step)| matches!(step.op, Op::Copy { .. }));
    steps.filter_map(|(at, step)| Some((step.op.dataset()?.to_owned(), at))).collect()
}

fn passes_time(plan: &Plan, step: usize) -> bool {
    matches!(plan.steps[step].op, Op::Soak { .. })
}

async fn to_event(act: &Act, retry: &Retry, forward: bool) -> Event {
    let step = act.step().id.clone();
    // A defect of mig itself must not lose the run.
    let result = AssertUnwindSafe(persist(act, retry, forward)).catch_unwind().await;
    match (result.unwrap_or_else(|panic| Err(act::defect(panic.as_ref()))), forward) {
        (Ok(Done::Succeeded), true) => Event::StepSucceeded { step },
        (Ok(Done::Waiting), true) => Event::StepWaiting { step },
        (Err(failure), true) => Event::StepFailed { step, kind: failure.kind, error: failure.error },
        (Ok(Done::Succeeded), false) => Event::UndoSucceeded { step },
        (Err(failure), false) => Event::UndoFailed { step, error: failure.error },
        (Ok(Done::Stopped), _) | (Ok(Done::Waiting), false) => Event::StepStopped { step },
    }
}

/// Tries again as long as the world may get out of the way by itself. Tries are counted anew whenever the
/// step has got on, so that a copy of many hours is not given up for a few broken connections.
async fn persist(act: &Act, retry: &Retry, forward: bool) -> Result<Done, Failure> {
    let mut failed = 0;
    let mut got_to = progress(act);
    loop {
        let result = if forward { act::act(act).await } else { act::undo(act).await };
        let failure = match result {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        let now = progress(act);
        if now != got_to {
            (failed, got_to) = (0, now);
        }
        failed += 1;
        let Some(pause) = retry.pause(failed).filter(|_| failure.passes) else { return Err(failure) };
        act.run.observer.retries(&act.step().id, failed, &failure.error, pause);
        if forward {
            let (step, error) = (act.step().id.clone(), failure.error.clone());
            act.journal(vec![Event::StepRetried { step, error }]).await?;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = act.stop.cancelled() => return Ok(Done::Stopped),
        }
    }
}

fn progress(act: &Act) -> usize {
    act.with_state(|state| state.record(act.position).chunks.copied.len())
}

#[cfg(test)]
mod tests;
