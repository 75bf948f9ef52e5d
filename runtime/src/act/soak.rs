//! Soak: passes the time from the step's first start, over restarts of the run.

use super::{Act, Done, Failure};

pub(super) async fn act(act: &Act, seconds: u64) -> Result<Done, Failure> {
    let policy = act
        .plan()
        .waves
        .iter()
        .find(|wave| wave.name == act.step().wave)
        .and_then(|wave| act.plan().rollbacks.get(wave.rollback.as_ref()?));
    if policy.is_some_and(|policy| !policy.conditions.is_empty()) {
        let text = "this version of mig has no source of metrics: nobody watches the rollback conditions \
                    while the wave soaks, and `mig rollback` is up to you";
        act.run.observer.noted(&act.step().id, text);
    }
    let clock = &act.world().clock;
    let started = act.record().started.unwrap_or_else(|| clock.now());
    let until = started.saturating_add_unsigned(seconds.saturating_mul(1_000));
    tokio::select! {
        () = clock.sleep_until(until) => Ok(Done::Succeeded),
        () = act.stop.cancelled() => Ok(Done::Stopped),
    }
}
