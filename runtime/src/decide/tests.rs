//! Walks through whole runs in memory: a world that remembers what steps did, faults at chosen steps,
//! random order of whatever may happen at the same time, and crashes after any event.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::{Digest, EntityRef, Event};

use super::*;
use crate::fixture::{dataset, plan, shop, step, wave};
use crate::state::UnixMillis;

/// What goes wrong, by step.
#[derive(Clone, Default)]
struct Faults {
    forward: BTreeMap<StepId, FailureKind>,
    undo: BTreeSet<StepId>,
    unapproved: bool,
}

/// A run in memory.
struct Walk<'a> {
    plan: &'a Plan,
    state: RunState,
    events: Vec<(UnixMillis, Event)>,
    /// The steps whose effects are in the world.
    effects: BTreeSet<StepId>,
    acting: Vec<(StepId, bool)>,
    random: u64,
}

impl<'a> Walk<'a> {
    fn new(plan: &'a Plan, random: u64) -> Self {
        let state = RunState::new(plan).unwrap();
        Self { plan, state, events: Vec::new(), effects: BTreeSet::new(), acting: Vec::new(), random }
    }

    fn pick(&mut self, count: usize) -> usize {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % count
    }

    fn append(&mut self, event: Event) {
        let at = self.events.len() as UnixMillis;
        self.state.apply(at, &event).unwrap_or_else(|error| panic!("{error}\n{:#?}", self.events));
        self.events.push((at, event));
    }

    /// Goes on until the run ends; gives the outcome.
    fn go(&mut self, faults: &Faults) -> Outcome {
        self.append(Event::RunStarted { plan: Digest::of(b"plan"), owner: "me@here".to_owned() });
        loop {
            let commands = decide(self.plan, &self.state, 3);
            let before = self.events.len();
            for command in commands {
                match command {
                    Command::Start(step) => {
                        self.append(Event::StepStarted { step: step.clone() });
                        self.acting.push((step, true));
                    }
                    Command::Undo(step) => {
                        self.append(Event::UndoStarted { step: step.clone() });
                        self.acting.push((step, false));
                    }
                    Command::Stop(step) => {
                        self.acting.retain(|(acting, _)| *acting != step);
                        self.append(Event::StepStopped { step });
                    }
                    Command::BeginRollback { scope, reason, cause } => {
                        self.append(Event::RollbackStarted { scope, reason, cause });
                    }
                    Command::End(outcome) => {
                        self.append(Event::RunEnded { outcome: outcome.clone() });
                        return outcome;
                    }
                }
            }
            if self.events.len() == before {
                assert!(!self.acting.is_empty(), "nothing acts and nothing is to do: {:#?}", self.state);
                let chosen = self.pick(self.acting.len());
                let (step, forward) = self.acting.swap_remove(chosen);
                if forward { self.finish(step, faults) } else { self.finish_undo(step, faults) }
            }
        }
    }

    fn finish(&mut self, step: StepId, faults: &Faults) {
        let op = &self.plan.step(&step).unwrap().op;
        if matches!(op, Op::Approve { .. }) && faults.unapproved {
            self.append(Event::StepWaiting { step });
            return;
        }
        self.effects.insert(step.clone());
        match faults.forward.get(&step) {
            Some(&kind) => {
                let error = "fault".to_owned();
                self.append(Event::StepFailed { step, kind, error });
            }
            None => self.append(Event::StepSucceeded { step }),
        }
    }

    fn finish_undo(&mut self, step: StepId, faults: &Faults) {
        let irreversible = matches!(self.plan.step(&step).unwrap().undo, Undo::Irreversible { .. });
        if irreversible || faults.undo.contains(&step) {
            self.append(Event::UndoFailed { step, error: "fault".to_owned() });
        } else {
            self.effects.remove(&step);
            self.append(Event::UndoSucceeded { step });
        }
    }

    /// The same run, taken up by another process after a crash behind the first `count` events. What was
    /// acting then may have left its effects: all that was ever touched has.
    fn crashed(&self, count: usize) -> Walk<'a> {
        let events = self.events[..count].to_vec();
        let state = RunState::fold(self.plan, events.iter().map(|(at, event)| (*at, event))).unwrap();
        let effects = self
            .plan
            .steps
            .iter()
            .enumerate()
            .filter(|(at, _)| state.record(*at).status.is_touched())
            .map(|(_, step)| step.id.clone())
            .collect();
        Walk {
            plan: self.plan,
            state,
            events,
            effects,
            acting: Vec::new(),
            random: self.random ^ count as u64,
        }
    }

    fn statuses(&self) -> Vec<StepStatus> {
        (0..self.plan.steps.len()).map(|step| self.state.record(step).status).collect()
    }
}

fn fault(step: &StepId, kind: FailureKind) -> Faults {
    Faults { forward: BTreeMap::from([(step.clone(), kind)]), ..Faults::default() }
}

fn kind_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::RolledBack { .. } => "rolled back",
        Outcome::Stuck { .. } => "stuck",
        Outcome::Waiting { .. } => "waiting",
        Outcome::Interrupted => "interrupted",
    }
}

const SEEDS: u64 = 6;

#[test]
fn a_run_without_faults_completes_in_any_order() {
    let plan = shop();
    for seed in 0..20 {
        let mut walk = Walk::new(&plan, seed);
        assert_eq!(walk.go(&Faults::default()), Outcome::Completed);
        assert_eq!(walk.effects.len(), plan.steps.len());
    }
}

#[test]
fn a_plan_without_steps_completes() {
    let plan = plan(Vec::new(), Vec::new());
    assert_eq!(Walk::new(&plan, 0).go(&Faults::default()), Outcome::Completed);
}

#[test]
fn failing_every_step_in_turn_rolls_its_wave_back_and_the_same_command_then_completes() {
    let plan = shop();
    for failing in &plan.steps {
        for kind in [FailureKind::Validation, FailureKind::Refused] {
            for seed in 0..SEEDS {
                let mut walk = Walk::new(&plan, seed);
                let outcome = walk.go(&fault(&failing.id, kind));
                assert_eq!(kind_of(&outcome), "rolled back", "{} {outcome:?}", failing.id);
                let left: Vec<_> = walk
                    .effects
                    .iter()
                    .filter(|id| {
                        let wave = plan.step(id).unwrap().wave.as_str();
                        failing.wave == "core"
                            || wave == failing.wave
                            || failing.wave == "pilot" && wave == "core"
                    })
                    .collect();
                assert!(left.is_empty(), "{} leaves {left:?}", failing.id);
                assert_eq!(walk.go(&Faults::default()), Outcome::Completed);
            }
        }
    }
}

#[test]
fn an_unavailable_step_leaves_the_run_stuck_with_nothing_undone_and_the_same_command_completes() {
    let plan = shop();
    for failing in &plan.steps {
        for seed in 0..SEEDS {
            let mut walk = Walk::new(&plan, seed);
            let outcome = walk.go(&fault(&failing.id, FailureKind::Unavailable));
            let Outcome::Stuck { reason } = &outcome else { panic!("{outcome:?}") };
            assert!(reason.starts_with(&format!("{} failed: fault", failing.id)), "{reason}");
            assert!(!walk.events.iter().any(|(_, event)| matches!(event, Event::UndoStarted { .. })));
            assert_eq!(walk.go(&Faults::default()), Outcome::Completed);
        }
    }
}

#[test]
fn what_to_do_about_a_failure_is_said_once() {
    let same = |reason: &str| to_mend(reason.to_owned(), "run the same command again");
    assert_eq!(
        same("the disk is full; free some and run again"),
        "the disk is full; free some and run again"
    );
    assert_eq!(same("no such column"), "no such column. Mend it, then run the same command again");
    let complete = |reason: &str| to_mend(reason.to_owned(), "run `mig complete` again");
    assert_eq!(complete("drop it, then run `mig complete` again"), "drop it, then run `mig complete` again");
}

#[test]
fn an_undo_that_fails_leaves_the_run_stuck_and_the_same_command_goes_on_undoing() {
    let plan = shop();
    for failing in ["customers/validate", "billing/notify", "audit/copy"].map(StepId::from) {
        for broken in &plan.steps {
            let mut faults = fault(&failing, FailureKind::Validation);
            faults.undo.insert(broken.id.clone());
            let mut walk = Walk::new(&plan, 1);
            let outcome = walk.go(&faults);
            let tried = walk
                .events
                .iter()
                .any(|(_, event)| matches!(event, Event::UndoFailed { step, .. } if *step == broken.id));
            if tried {
                let Outcome::Stuck { reason } = &outcome else { panic!("{outcome:?}") };
                assert!(reason.contains(&broken.id.0), "{reason}");
                faults.undo.clear();
                assert_eq!(kind_of(&walk.go(&faults)), "rolled back");
            } else {
                assert_eq!(kind_of(&outcome), "rolled back");
            }
        }
    }
}

#[test]
fn a_crash_after_any_event_changes_nothing_about_the_end() {
    let plan = shop();
    let validate = StepId::from("orders/validate");
    let portal = StepId::from("portal/notify");
    for faults in [
        Faults::default(),
        fault(&validate, FailureKind::Validation),
        fault(&portal, FailureKind::Refused),
        fault(&validate, FailureKind::Unavailable),
    ] {
        for seed in 0..SEEDS {
            let mut whole = Walk::new(&plan, seed);
            let expected = whole.go(&faults);
            for count in 0..whole.events.len() {
                let mut resumed = whole.crashed(count);
                let outcome = resumed.go(&faults);
                assert_eq!(kind_of(&outcome), kind_of(&expected), "after {count} events");
                if expected == Outcome::Completed {
                    assert_eq!(resumed.statuses(), whole.statuses());
                }
                // What the fold says and what a fold from the start says is the same.
                let again =
                    RunState::fold(&plan, resumed.events.iter().map(|(at, event)| (*at, event))).unwrap();
                assert!(again == resumed.state);
                // Whatever happened, mending the fault and trying again gets there.
                let mut mended = resumed.go(&Faults::default());
                if kind_of(&mended) == "rolled back" {
                    mended = resumed.go(&Faults::default());
                }
                assert_eq!(mended, Outcome::Completed);
            }
        }
    }
}

#[test]
fn a_missing_approval_waits_and_one_given_lets_it_go_on() {
    let plan = shop();
    let faults = Faults { unapproved: true, ..Faults::default() };
    let mut walk = Walk::new(&plan, 3);
    assert_eq!(walk.go(&faults), Outcome::Waiting { approvals: vec!["money".to_owned()] });
    assert_eq!(walk.go(&faults), Outcome::Waiting { approvals: vec!["money".to_owned()] });
    let commerce = EntityRef::new("group", "default", "commerce");
    walk.append(Event::Approved { approval: "money".to_owned(), from: commerce.clone(), by: commerce });
    assert_eq!(walk.go(&Faults::default()), Outcome::Completed);
}

#[test]
fn a_rollback_that_a_person_asks_for_undoes_a_completed_run() {
    let plan = shop();
    let mut walk = Walk::new(&plan, 4);
    walk.go(&Faults::default());
    walk.append(Event::RunStarted { plan: Digest::of(b"plan"), owner: "me@here".to_owned() });
    let reason = "asked".to_owned();
    walk.append(Event::RollbackStarted { scope: Scope::Migration, reason, cause: None });
    assert_eq!(walk.go(&Faults::default()), Outcome::RolledBack { reason: "asked".to_owned() });
    assert_eq!(walk.effects, BTreeSet::new());
}

#[test]
fn a_rollback_over_a_step_that_cannot_be_undone_is_not_begun() {
    let mut steps = dataset("pilot", "orders", &[]);
    steps.push(step("pilot", "mail/final", &["orders/validate"]));
    steps.push(step("pilot", "search/notify", &["mail/final"]));
    let plan = plan(vec![wave("pilot", &[], "one")], steps);
    let mut walk = Walk::new(&plan, 5);
    let outcome = walk.go(&fault(&StepId::from("search/notify"), FailureKind::Refused));
    let Outcome::Stuck { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("mail/final cannot be undone: the mail is sent"), "{reason}");
    assert_eq!(walk.effects.len(), plan.steps.len(), "nothing is undone");
    assert_eq!(walk.go(&Faults::default()), Outcome::Completed);
}

#[test]
fn steps_that_wait_for_each_other_are_stuck() {
    let steps = vec![step("pilot", "a/soak", &["b/soak"]), step("pilot", "b/soak", &["a/soak"])];
    let plan = plan(vec![wave("pilot", &[], "one")], steps);
    assert_eq!(kind_of(&Walk::new(&plan, 0).go(&Faults::default())), "stuck");
}

/// A plan of up to four waves and fifteen steps, each after a few earlier ones of any wave that does not
/// come later.
fn random_plan(random: &mut impl FnMut(usize) -> usize) -> Plan {
    let names = ["w0", "w1", "w2", "w3"];
    let count = 1 + random(4);
    let mut waves = Vec::new();
    for (at, name) in names.iter().enumerate().take(count) {
        let after: Vec<&str> = names[..at].iter().copied().filter(|_| random(2) == 0).collect();
        waves.push(wave(name, &after, if random(3) == 0 { "all" } else { "one" }));
    }
    let mut steps: Vec<mig_plan::Step> = Vec::new();
    for (at, name) in names.iter().enumerate().take(count) {
        for number in 0..1 + random(4) {
            let before: Vec<String> =
                steps.iter().filter(|_| random(3) == 0).map(|step| step.id.0.clone()).collect();
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let stage = ["notify", "gate", "soak"][random(3)];
            steps.push(step(name, &format!("{at}-{number}/{stage}"), &before));
        }
    }
    plan(waves, steps)
}

#[test]
fn whatever_the_plan_a_failure_leaves_nothing_of_its_scope_and_a_crash_changes_nothing() {
    let mut seed = 7_u64;
    let mut random = |count: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % count
    };
    for _ in 0..400 {
        let plan = random_plan(&mut random);
        let failing = &plan.steps[random(plan.steps.len())];
        let faults = fault(&failing.id, FailureKind::Refused);
        let mut walk = Walk::new(&plan, random(1_000) as u64);
        let end = walk.go(&faults);
        assert_eq!(kind_of(&end), "rolled back", "{failing:?} in {plan:#?}");
        let dependents = |wave: &str| match walk.state.scope_of([wave]) {
            Scope::Waves(waves) => waves,
            Scope::Migration => panic!("a wave is asked for"),
        };
        let left = |id: &StepId| dependents(&failing.wave).contains(&plan.step(id).unwrap().wave);
        assert!(!walk.effects.iter().any(left), "{failing:?} leaves {:?} in {plan:#?}", walk.effects);
        let mut resumed = walk.crashed(random(walk.events.len()));
        assert_eq!(kind_of(&resumed.go(&faults)), "rolled back", "{failing:?} in {plan:#?}");
        assert_eq!(resumed.go(&Faults::default()), Outcome::Completed);
        assert_eq!(walk.go(&Faults::default()), Outcome::Completed);
    }
}

#[test]
fn fifty_thousand_steps_are_decided_several_at_a_time() {
    let count = 12_500;
    let mut steps = Vec::new();
    for number in 0..count {
        steps.extend(dataset("pilot", &format!("d{number:05}"), &[]));
    }
    let plan = plan(vec![wave("pilot", &[], "one")], steps);
    // The world of this walk looks steps up by scanning, which so many would take too long.
    let mut state = RunState::new(&plan).unwrap();
    state.apply(0, &Event::RunStarted { plan: Digest::of(b"plan"), owner: "me".to_owned() }).unwrap();
    let mut decisions = 0;
    loop {
        let commands = decide(&plan, &state, 8);
        decisions += 1;
        for command in commands {
            match command {
                Command::Start(step) => {
                    state.apply(1, &Event::StepStarted { step: step.clone() }).unwrap();
                    state.apply(2, &Event::StepSucceeded { step }).unwrap();
                }
                Command::End(outcome) => {
                    assert_eq!(outcome, Outcome::Completed);
                    assert!(decisions < count, "{decisions} decisions");
                    return;
                }
                Command::Stop(_) | Command::Undo(_) | Command::BeginRollback { .. } => panic!("{command:?}"),
            }
        }
    }
}
