//! The rules between steps: order, scope, phase, chunks. The table itself is tested beside it.

use mig_plan::{ChunkBounds, ChunkDigest, Digest, EntityRef, KeyValue};

use super::*;
use crate::fixture::{dataset, plan, shop, wave};

fn id(text: &str) -> StepId {
    StepId::from(text)
}

fn run_started() -> Event {
    Event::RunStarted { plan: Digest::of(b"plan"), owner: "me@here".to_owned() }
}

fn started(step: &str) -> Event {
    Event::StepStarted { step: id(step) }
}

fn succeeded(step: &str) -> Event {
    Event::StepSucceeded { step: id(step) }
}

fn planned(chunk: u64) -> Event {
    let up_to = Some(vec![KeyValue::Int(chunk as i64)]);
    Event::ChunkPlanned { step: id("orders/copy"), chunk, bounds: ChunkBounds { after: None, up_to } }
}

fn copied(chunk: u64) -> Event {
    let digest = ChunkDigest { rows: 10, sum: u128::from(chunk) + 1 };
    Event::ChunkCopied { step: id("orders/copy"), chunk, digest, bytes: 100, millis: Some(7) }
}

/// A run whose copy of `orders` is acting.
fn copying() -> RunState {
    let plan = plan(vec![wave("pilot", &[], "one")], dataset("pilot", "orders", &[]));
    let mut state = RunState::new(&plan).unwrap();
    let events = [
        run_started(),
        started("orders/prepare"),
        Event::BeforeImage { step: id("orders/prepare"), before: None },
        succeeded("orders/prepare"),
        started("orders/dry_run"),
        succeeded("orders/dry_run"),
        started("orders/copy"),
    ];
    for (at, event) in events.iter().enumerate() {
        state.apply(at as UnixMillis, event).unwrap();
    }
    state
}

fn refused(state: &mut RunState, event: &Event) -> String {
    let before = state.clone();
    let error = state.apply(99, event).expect_err("the event cannot follow");
    assert!(*state == before, "a refused event changes nothing: {event:?}");
    error.to_string()
}

#[test]
fn no_step_moves_before_a_process_has_the_run() {
    let mut state = RunState::new(&shop()).unwrap();
    assert!(refused(&mut state, &started("orders/prepare")).contains("does not go forward"));
    assert!(refused(&mut state, &succeeded("orders/prepare")).contains("no process has the run"));
    let end = Event::RunEnded { outcome: Outcome::Completed };
    assert!(refused(&mut state, &end).contains("no process has the run"));
}

#[test]
fn a_step_starts_only_after_all_that_it_comes_after() {
    let mut state = RunState::new(&shop()).unwrap();
    state.apply(0, &run_started()).unwrap();
    assert!(refused(&mut state, &started("orders/copy")).contains("not all is done"));
    assert!(refused(&mut state, &started("orders/paint")).contains("no such step"));
}

#[test]
fn an_undo_comes_only_after_all_that_came_after() {
    let mut state = copying();
    let undo = |step: &str| Event::UndoStarted { step: id(step) };
    assert!(refused(&mut state, &undo("orders/dry_run")).contains("nothing is rolled back"));
    let scope = Scope::Waves(vec!["pilot".to_owned()]);
    state.apply(9, &Event::RollbackStarted { scope, reason: "asked".to_owned(), cause: None }).unwrap();
    assert!(refused(&mut state, &undo("orders/dry_run")).contains("not all is undone"));
    assert!(refused(&mut state, &undo("orders/copy")).contains("the step is Running"));
    assert!(refused(&mut state, &started("orders/validate")).contains("does not go forward"));
    state.apply(10, &Event::StepStopped { step: id("orders/copy") }).unwrap();
    state.apply(11, &undo("orders/copy")).unwrap();
    let end = Event::RunEnded { outcome: Outcome::RolledBack { reason: String::new() } };
    assert!(refused(&mut state, &end).contains("steps are acting"));
    state.apply(12, &Event::UndoSucceeded { step: id("orders/copy") }).unwrap();
    assert!(refused(&mut state, &end).contains("not all is undone"));
    assert_eq!(state.undoable().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_rollback_covers_the_waves_that_depend_on_its_own() {
    let plan = shop();
    let state = RunState::new(&plan).unwrap();
    let names = |scope: Scope| match scope {
        Scope::Waves(waves) => waves,
        Scope::Migration => panic!("a wave is asked for"),
    };
    assert_eq!(names(state.scope_of(["pilot"])), ["pilot", "core"]);
    assert_eq!(names(state.scope_of(["core"])), ["core"]);
    assert_eq!(names(state.scope_of(["beside"])), ["beside"]);
}

#[test]
fn a_rollback_is_never_narrowed() {
    let mut state = copying();
    let rollback = |scope| Event::RollbackStarted { scope, reason: "asked".to_owned(), cause: None };
    state.apply(9, &rollback(Scope::Migration)).unwrap();
    assert!(refused(&mut state, &rollback(Scope::Waves(Vec::new()))).contains("covers more"));
}

#[test]
fn chunks_are_planned_without_gaps_and_copied_once() {
    let mut state = copying();
    assert!(refused(&mut state, &planned(1)).contains("without gaps"));
    assert!(refused(&mut state, &copied(0)).contains("not planned"));
    state.apply(9, &planned(0)).unwrap();
    assert!(refused(&mut state, &planned(0)).contains("without gaps"));
    state.apply(10, &copied(0)).unwrap();
    assert!(refused(&mut state, &copied(0)).contains("the chunk is copied"));
    state.apply(11, &planned(1)).unwrap();
    let all = |chunks| Event::ChunksPlanned { step: id("orders/copy"), chunks };
    assert!(refused(&mut state, &all(3)).contains("as many are not planned"));
    state.apply(12, &all(2)).unwrap();
    assert!(refused(&mut state, &planned(2)).contains("all chunks are planned"));
    state.apply(13, &copied(1)).unwrap();
    let chunks = &state.record(2).chunks;
    assert_eq!((chunks.digest, chunks.bytes), (ChunkDigest { rows: 20, sum: 3 }, 200));
}

#[test]
fn what_a_step_reports_must_fit_its_op() {
    let mut state = copying();
    let verdicts = Event::Validated { step: id("orders/copy"), verdicts: Vec::new() };
    assert!(refused(&mut state, &verdicts).contains("validates nothing"));
    let chunk = ChunkBounds::default();
    let wrong = Event::ChunkPlanned { step: id("orders/prepare"), chunk: 0, bounds: chunk };
    assert!(refused(&mut state, &wrong).contains("the step is no copy"));
}

#[test]
fn only_the_first_before_image_and_the_first_start_count() {
    let mut state = copying();
    state.apply(20, &planned(0)).unwrap();
    let image =
        |before: &str| Event::BeforeImage { step: id("orders/copy"), before: Some(before.to_owned()) };
    state.apply(21, &image("first")).unwrap();
    state.apply(22, &run_started()).unwrap();
    assert_eq!(state.record(2).status, StepStatus::Stopped);
    state.apply(23, &started("orders/copy")).unwrap();
    state.apply(24, &image("second")).unwrap();
    let record = state.record(2);
    assert_eq!(record.before, Some(Some("first".to_owned())));
    assert_eq!((record.started, record.changed), (Some(6), Some(23)));
    assert_eq!(record.chunks.planned.len(), 1, "what was planned stays planned");
}

#[test]
fn an_undone_step_has_forgotten_all_but_that_it_was_undone() {
    let mut state = copying();
    state.apply(9, &planned(0)).unwrap();
    let scope = Scope::Migration;
    state.apply(10, &Event::RollbackStarted { scope, reason: "asked".to_owned(), cause: None }).unwrap();
    state.apply(11, &Event::StepStopped { step: id("orders/copy") }).unwrap();
    state.apply(12, &Event::UndoStarted { step: id("orders/copy") }).unwrap();
    state.apply(13, &Event::UndoSucceeded { step: id("orders/copy") }).unwrap();
    let record = state.record(2);
    assert_eq!((&record.chunks, record.started, record.undone), (&Chunks::default(), None, 1));
}

#[test]
fn a_plan_whose_steps_do_not_hang_together_is_refused() {
    let mut steps = dataset("pilot", "orders", &["nobody/soak"]);
    let waves = vec![wave("pilot", &[], "one")];
    let error = RunState::new(&plan(waves.clone(), steps.clone())).unwrap_err();
    assert!(error.to_string().contains("orders/prepare is after nobody/soak"), "{error}");
    steps[0].after.clear();
    steps.push(steps[0].clone());
    let error = RunState::new(&plan(waves, steps)).unwrap_err();
    assert!(error.to_string().contains("two steps are named orders/prepare"), "{error}");
}

#[test]
fn an_approval_wakes_the_step_that_waits_for_it_even_when_it_comes_just_before_the_wait() {
    let approve = crate::fixture::step("pilot", "pilot/approve", &[]);
    let plan = plan(vec![wave("pilot", &[], "one")], vec![approve]);
    let commerce = EntityRef::new("group", "default", "commerce");
    let given = |approval: &str| Event::Approved {
        approval: approval.to_owned(),
        from: commerce.clone(),
        by: commerce.clone(),
    };
    let waits = Event::StepWaiting { step: id("pilot/approve") };
    let after = |events: &[Event]| {
        let mut state = RunState::new(&plan).unwrap();
        for event in [run_started(), started("pilot/approve")].iter().chain(events) {
            state.apply(1, event).unwrap();
        }
        state.record(0).status
    };
    assert_eq!(after(std::slice::from_ref(&waits)), StepStatus::Waiting);
    assert_eq!(after(&[waits.clone(), given("other")]), StepStatus::Waiting);
    assert_eq!(after(&[waits.clone(), given("money")]), StepStatus::Stopped);
    assert_eq!(after(&[given("money"), waits]), StepStatus::Stopped);
}

fn completion() -> Event {
    Event::CompletionStarted { drops: vec![id("orders/cleanup")] }
}

/// A run that has completed and waits to be made final.
fn completed() -> RunState {
    let mut steps = dataset("pilot", "orders", &[]);
    steps.push(crate::fixture::step("pilot", "orders/cleanup", &["orders/validate"]));
    let mut state = RunState::new(&plan(vec![wave("pilot", &[], "one")], steps)).unwrap();
    state.apply(0, &run_started()).unwrap();
    for stage in ["prepare", "dry_run", "copy", "validate"] {
        let step = format!("orders/{stage}");
        state.apply(1, &started(&step)).unwrap();
        state.apply(2, &succeeded(&step)).unwrap();
    }
    state
}

#[test]
fn a_cleanup_starts_only_while_a_completed_run_is_made_final() {
    let mut early = copying();
    assert!(refused(&mut early, &completion()).contains("not all is done"));
    let mut state = completed();
    assert!(state.is_complete() && !state.is_final() && state.ready().next().is_none());
    assert!(refused(&mut state, &started("orders/cleanup")).contains("the run is not made final"));
    let end = Event::RunEnded { outcome: Outcome::Completed };
    state.apply(3, &end).unwrap();
    assert!(refused(&mut state, &completion()).contains("no process has the run"));
    state.apply(4, &run_started()).unwrap();
    state.apply(5, &completion()).unwrap();
    assert_eq!(state.ready().collect::<Vec<_>>(), [4]);
    assert!(refused(&mut state, &end).contains("not all is done"));
    state.apply(6, &started("orders/cleanup")).unwrap();
    state.apply(7, &succeeded("orders/cleanup")).unwrap();
    state.apply(8, &end).unwrap();
    assert!(state.is_final());
}

#[test]
fn a_run_is_rolled_back_until_a_cleanup_has_begun_to_do_something() {
    let rollback = |scope| Event::RollbackStarted { scope, reason: "asked".to_owned(), cause: None };
    let image = Event::BeforeImage { step: id("orders/cleanup"), before: Some("old.orders".to_owned()) };
    for begun in [false, true] {
        let mut state = completed();
        state.apply(3, &completion()).unwrap();
        state.apply(4, &started("orders/cleanup")).unwrap();
        if begun {
            state.apply(5, &image).unwrap();
            assert!(refused(&mut state, &rollback(Scope::Migration)).contains("point of no return"));
            assert_eq!(state.past_return(), Some(4));
            // A process that takes it up can only go on.
            state.apply(6, &run_started()).unwrap();
            assert_eq!(*state.phase(), Phase::Completing);
        } else {
            // The refused cleanup is in the way of its wave, and is undone first.
            state.apply(6, &Event::StepStopped { step: id("orders/cleanup") }).unwrap();
            state.apply(7, &rollback(Scope::Waves(vec!["pilot".to_owned()]))).unwrap();
            assert_eq!(state.undoable().collect::<Vec<_>>(), [4]);
        }
    }
}
