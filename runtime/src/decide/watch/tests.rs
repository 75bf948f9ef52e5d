//! What is decided from readings: runs in which a wave has switched and soaks, and the source says these things at
//! these times.

use mig_plan::{Digest, Event, Metric, MetricSource, MetricUnit, Outcome, Reading, Sample, Setting, StepId};

use super::*;
use crate::decide::{Command, decide};
use crate::fixture::{plan as plan_of, step, wave};

/// One wave with a consumer, a soak of a minute that is looked at every ten seconds, and two conditions.
fn plan(no_data: NoData, revert: RollbackScope) -> Plan {
    let steps = vec![
        step("pilot", "billing/notify", &[]),
        step("pilot", "pilot/soak", &["billing/notify"]),
        step("beside", "search/notify", &[]),
    ];
    let mut plan = plan_of(vec![wave("pilot", &[], "one"), wave("beside", &[], "one")], steps);
    let condition = |metric: &str, threshold: &str, for_seconds, minimum_attempts, source: &str| Condition {
        metric: metric.to_owned(),
        operator: ">".to_owned(),
        threshold: threshold.to_owned(),
        for_seconds,
        minimum_attempts,
        source: source.to_owned(),
    };
    let policy = RollbackPolicy {
        conditions: vec![
            condition("error_rate", "0.01", 20, 200, "error_rate > 1% for 20s and attempts >= 200"),
            condition("p99", "800", 0, 0, "p99 > 800"),
        ],
        no_data,
        revert,
        notify_owners: false,
    };
    plan.rollbacks.insert("one".to_owned(), policy);
    let metric = |unit| Metric { doc: String::new(), unit, query: "x".to_owned(), attempts: None };
    plan.metrics.insert("error_rate".to_owned(), metric(MetricUnit::Share));
    plan.metrics.insert("p99".to_owned(), metric(MetricUnit::Number));
    plan.metric_source = Some(MetricSource::Prometheus {
        url: Setting::Env("PROMETHEUS_URL".to_owned()),
        token: None,
        every_seconds: 10,
        patience_seconds: 30,
    });
    plan
}

fn soak() -> StepId {
    StepId::from("pilot/soak")
}

/// A run in which the wave began to soak at second 0.
struct Run {
    plan: Plan,
    state: RunState,
}

impl Run {
    fn soaking(plan: Plan) -> Self {
        let mut run = Self { state: RunState::new(&plan).unwrap(), plan };
        let cut_over = StepId::from("billing/notify");
        run.happens(0, Event::RunStarted { plan: Digest::of(b"plan"), owner: "me@here".to_owned() });
        run.happens(0, Event::StepStarted { step: cut_over.clone() });
        run.happens(0, Event::StepSucceeded { step: cut_over });
        run.happens(0, Event::StepStarted { step: soak() });
        run
    }

    fn happens(&mut self, second: i64, event: Event) {
        self.state.apply(second * 1_000, &event).unwrap();
    }

    /// The error rate of billing with its attempts, and the p99 of the wave.
    fn reads(&mut self, second: i64, rate: &str, attempts: &str, p99: &str) {
        let sample = |text: &str| match text {
            "-" => Sample::NoSeries,
            text => Sample::Number(text.to_owned()),
        };
        let readings = vec![
            Reading {
                condition: 0,
                consumer: Some("billing".to_owned()),
                value: sample(rate),
                attempts: Some(sample(attempts)),
            },
            Reading { condition: 1, consumer: None, value: sample(p99), attempts: None },
        ];
        self.happens(second, Event::MetricsRead { step: soak(), readings, silent: None });
    }

    fn is_silent(&mut self, second: i64) {
        let silent = Some("no route to host".to_owned());
        self.happens(second, Event::MetricsRead { step: soak(), readings: Vec::new(), silent });
    }

    fn decides(&self) -> Vec<Command> {
        decide(&self.plan, &self.state, 8)
    }

    /// Nothing but what is to be done in any case.
    fn goes_on(&self) -> bool {
        self.decides() == [Command::Start(StepId::from("search/notify"))]
    }

    fn has_soaked(&self, until: i64) -> bool {
        has_soaked(&self.plan, &self.state, 1, until * 1_000)
    }

    /// Why a person is wanted, once the other waves are at rest.
    fn stuck(&mut self, second: i64) -> String {
        assert_eq!(self.decides(), [Command::Stop(soak())]);
        self.happens(second, Event::StepStopped { step: soak() });
        let [Command::End(Outcome::Stuck { reason })] = &self.decides()[..] else { panic!("it goes on") };
        let reason = reason.clone();
        // Whoever comes back looks anew.
        self.happens(second + 1, Event::RunEnded { outcome: Outcome::Stuck { reason: reason.clone() } });
        let plan = Digest::of(b"plan");
        self.happens(second + 2, Event::RunStarted { plan, owner: "me@here".to_owned() });
        let starts = self.decides();
        assert!(starts.contains(&Command::Start(soak())), "{starts:?}");
        reason
    }
}

#[test]
fn a_condition_that_holds_for_its_time_takes_the_wave_back() {
    let mut run = Run::soaking(plan(NoData::Pause, RollbackScope::Wave));
    for second in [1, 11, 20] {
        run.reads(second, "0.024", "532", "100");
        assert!(run.goes_on(), "at {second}");
    }
    run.reads(21, "0.024", "532", "100");
    let rollback = Command::BeginRollback {
        scope: Scope::Waves(vec!["pilot".to_owned()]),
        reason: "while pilot soaked, error_rate > 1% for 20s and attempts >= 200 held for billing: 2.4% of 532 attempts"
            .to_owned(),
        cause: None,
    };
    assert_eq!(run.decides(), std::slice::from_ref(&rollback));
    // Once begun, the soak lets go and what was switched is undone.
    let Command::BeginRollback { scope, reason, cause } = rollback else { panic!("as above") };
    run.happens(21, Event::RollbackStarted { scope, reason, cause });
    assert_eq!(run.decides(), [Command::Stop(soak())]);
}

#[test]
fn a_break_or_too_few_attempts_begin_it_anew() {
    let mut run = Run::soaking(plan(NoData::Pause, RollbackScope::Wave));
    run.reads(1, "0.024", "532", "100");
    run.reads(11, "0.009", "532", "100");
    run.reads(21, "0.024", "532", "100");
    run.reads(31, "0.5", "199", "100");
    run.reads(40, "0.5", "200", "100");
    run.reads(50, "0.5", "200", "100");
    assert!(run.goes_on());
    // Nobody looked for longer than three pauses.
    run.reads(90, "0.5", "200", "100");
    assert!(run.goes_on());
    run.reads(110, "0.5", "200", "100");
    assert!(matches!(run.decides().as_slice(), [Command::BeginRollback { .. }]));
}

#[test]
fn without_a_time_three_readings_in_a_row_are_enough_and_the_policy_says_how_far_back() {
    let mut run = Run::soaking(plan(NoData::Pause, RollbackScope::Migration));
    run.reads(1, "0", "500", "801");
    run.reads(11, "0", "500", "+Inf");
    assert!(run.goes_on());
    run.reads(21, "0", "500", "900");
    let rollback = Command::BeginRollback {
        scope: Scope::Migration,
        reason: "while pilot soaked, p99 > 800 held: 900".to_owned(),
        cause: None,
    };
    assert_eq!(run.decides(), [rollback]);
}

#[test]
fn missing_data_means_what_the_policy_says() {
    let missing = |no_data| {
        let mut run = Run::soaking(plan(no_data, RollbackScope::Wave));
        for second in [1, 11] {
            run.reads(second, "0", "-", "100");
            assert!(run.goes_on(), "at {second}");
        }
        run.reads(21, "0", "-", "100");
        run
    };
    let mut pauses = missing(NoData::Pause);
    insta::assert_snapshot!(pauses.stuck(22), @"while pilot soaked, there was no data for error_rate > 1% for 20s and attempts >= 200 for billing: 0%, attempts: no series (no_data = pause). Look after the metric, then run the same command again to go on watching; `mig rollback` takes the wave back");
    let reverts = missing(NoData::Revert);
    let [Command::BeginRollback { reason, .. }] = &reverts.decides()[..] else { panic!("a rollback") };
    insta::assert_snapshot!(reason, @"while pilot soaked, there was no data for error_rate > 1% for 20s and attempts >= 200 for billing: 0%, attempts: no series (no_data = revert)");
    let mut proceeds = missing(NoData::Proceed);
    assert!(proceeds.goes_on());
    for second in [31, 41, 51, 61] {
        proceeds.reads(second, "0", "-", "100");
    }
    assert!(proceeds.has_soaked(60));
}

#[test]
fn a_silent_source_is_waited_for_and_then_a_person_is() {
    for no_data in [NoData::Pause, NoData::Proceed, NoData::Revert] {
        let mut run = Run::soaking(plan(no_data, RollbackScope::Wave));
        run.reads(1, "0", "500", "100");
        for second in [11, 12, 14, 18, 26, 40] {
            run.is_silent(second);
            assert!(run.goes_on(), "at {second}");
            assert!(!run.has_soaked(10));
        }
        run.is_silent(41);
        if no_data == NoData::Pause {
            insta::assert_snapshot!(run.stuck(42), @"while pilot soaked, the source of metrics was silent for 30s: no route to host. Nobody knows how the wave does: bring the source back, then run the same command again to go on watching; `mig rollback` takes the wave back");
        } else {
            run.stuck(42);
        }
    }
}

#[test]
fn a_source_that_answers_again_is_no_longer_silent() {
    let mut run = Run::soaking(plan(NoData::Pause, RollbackScope::Wave));
    run.is_silent(1);
    run.is_silent(30);
    run.reads(31, "0", "500", "100");
    run.is_silent(32);
    assert!(run.goes_on());
}

#[test]
fn a_soak_ends_behind_its_time_with_everything_read_and_nothing_in_question() {
    let mut run = Run::soaking(plan(NoData::Pause, RollbackScope::Wave));
    assert!(!run.has_soaked(0), "nothing was read");
    for second in [0, 10, 20, 30, 40, 50] {
        run.reads(second, "0", "500", "100");
        assert!(!run.has_soaked(60), "at {second}");
    }
    run.reads(60, "0.02", "500", "100");
    assert!(!run.has_soaked(60), "it is beyond its limit, and nobody knows for how long");
    run.reads(70, "0", "500", "100");
    assert!(run.has_soaked(60));
    run.reads(80, "-", "500", "100");
    assert!(!run.has_soaked(60), "it has no data");
    run.reads(90, "-", "10", "100");
    assert!(run.has_soaked(60), "with so few attempts it does not count");
}

/// A process that comes back behind the end of the time has seen nothing of it.
#[test]
fn who_was_away_looks_for_as_long_as_a_condition_must_hold() {
    let mut run = Run::soaking(plan(NoData::Pause, RollbackScope::Wave));
    run.reads(1, "0.02", "500", "100");
    run.reads(11, "0.02", "500", "100");
    run.happens(500, Event::RunStarted { plan: Digest::of(b"plan"), owner: "me@here".to_owned() });
    run.happens(500, Event::StepStarted { step: soak() });
    assert!(run.state.record(1).watch.watched.is_empty());
    for (second, ends) in [(500, false), (510, false), (519, false), (520, true)] {
        run.reads(second, "0", "500", "100");
        assert_eq!(run.has_soaked(60), ends, "at {second}");
    }
}

#[test]
fn what_cannot_be_undone_is_not_undone_by_half() {
    let mut plan = plan(NoData::Pause, RollbackScope::Wave);
    plan.steps[0].undo = mig_plan::Undo::Irreversible { reason: "the mail is sent".to_owned() };
    let mut run = Run::soaking(plan);
    for second in [1, 11, 21] {
        run.reads(second, "0.02", "500", "100");
    }
    let reason = run.stuck(22);
    assert!(reason.contains("billing/notify cannot be undone: the mail is sent"), "{reason}");
}

#[test]
fn a_reading_of_what_is_not_watched_is_no_event_of_this_plan() {
    let mut run = Run::soaking(plan(NoData::Pause, RollbackScope::Wave));
    let reading = |condition| Reading { condition, consumer: None, value: Sample::NoSeries, attempts: None };
    let read = |step: &str, condition| Event::MetricsRead {
        step: StepId::from(step),
        readings: vec![reading(condition)],
        silent: None,
    };
    for event in [read("pilot/soak", 2), read("billing/notify", 0), read("nobody/soak", 0)] {
        assert!(run.state.apply(1_000, &event).is_err(), "{event:?}");
    }
    run.happens(1, Event::StepSucceeded { step: soak() });
    assert!(run.state.apply(2_000, &read("pilot/soak", 1)).is_err());
}
