//! Soak: passes the time from the step's first start, over restarts of the run, and watches the conditions of
//! the wave's rollback policy meanwhile. What is read goes to the journal; what follows from it is decided
//! elsewhere.

use std::time::Duration;

use mig_plan::{Event, RollbackPolicy};

use super::{Act, Done, Failure};
use crate::decide::has_soaked;
use crate::metrics::{Source, questions};
use crate::state::UnixMillis;

/// The pause behind the first try of a source that is silent; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(super) async fn act(act: &Act, seconds: u64) -> Result<Done, Failure> {
    let plan = act.plan();
    let wave = &act.step().wave;
    let clock = &act.world().clock;
    let started = act.record().started.unwrap_or_else(|| clock.now());
    let until = started.saturating_add_unsigned(seconds.saturating_mul(1_000));
    match plan.watched(wave) {
        Some(policy) if !questions(plan, wave, policy).is_empty() => watch(act, policy, until).await,
        Some(_) => {
            let text = "the wave has no consumer that the rollback conditions could be looked at for";
            act.run.observer.noted(&act.step().id, text);
            pass(act, until).await
        }
        None => {
            if plan.policy(wave).is_some_and(|policy| !policy.conditions.is_empty()) {
                let text = "the migration has no source of metrics: nobody watches the rollback conditions \
                            while the wave soaks, and `mig rollback` is up to you";
                act.run.observer.noted(&act.step().id, text);
            }
            pass(act, until).await
        }
    }
}

async fn pass(act: &Act, until: UnixMillis) -> Result<Done, Failure> {
    tokio::select! {
        () = act.world().clock.sleep_until(until) => Ok(Done::Succeeded),
        () = act.stop.cancelled() => Ok(Done::Stopped),
    }
}

/// Reads the metrics again and again, until the time is over and nothing that was read is in question.
async fn watch(act: &Act, policy: &RollbackPolicy, until: UnixMillis) -> Result<Done, Failure> {
    let (plan, clock) = (act.plan(), &act.world().clock);
    let Some(source) = &plan.metric_source else {
        return Err(Failure::refused("the plan has no source of metrics; make the plan again"));
    };
    let questions = questions(plan, &act.step().wave, policy);
    let client = act.world().client().await?;
    let asked = Source::open(source, client, &act.world().environment).map_err(Failure::broken)?;
    loop {
        let round = tokio::select! {
            round = asked.read(&questions) => round.map_err(Failure::broken)?,
            () = act.stop.cancelled() => return Ok(Done::Stopped),
        };
        let step = act.step().id.clone();
        act.journal(vec![Event::MetricsRead { step, readings: round.readings, silent: round.silent }])
            .await?;
        if act.with_state(|state| has_soaked(plan, state, act.position, until)) {
            return Ok(Done::Succeeded);
        }
        let now = clock.now();
        let next = match act.with_state(|state| state.record(act.position).watch.silence.clone()) {
            Some(silence) => {
                // Asked once more when patience ends, so that it ends when it should.
                let patience = source.patience_seconds().saturating_mul(1_000);
                let ends = silence.since.saturating_add_unsigned(patience);
                let next = later(now, pause_behind(silence.tries));
                if now < ends { next.min(ends) } else { next }
            }
            None => {
                let next = later(now, Duration::from_secs(source.every_seconds()));
                if now < until { next.min(until) } else { next }
            }
        };
        tokio::select! {
            () = clock.sleep_until(next) => {}
            () = act.stop.cancelled() => return Ok(Done::Stopped),
        }
    }
}

/// The pause behind the n-th try in vain, from 1.
fn pause_behind(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_PAUSE)
}

fn later(now: UnixMillis, pause: Duration) -> UnixMillis {
    now.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses: Vec<u64> = [1, 2, 3, 5, 6, 40, u32::MAX].map(|n| pause_behind(n).as_secs()).to_vec();
        assert_eq!(pauses, [1, 2, 4, 16, 30, 30, 30]);
    }
}
