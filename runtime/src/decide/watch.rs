//! What the readings of a wave that soaks ask for, by its rollback policy: going on, taking back, or a person.
//!
//! A source that is silent and a metric without data are never taken for good: a soak ends only when everything
//! was read behind its time, without a break for as long as a condition must hold, and nothing is beyond its limit.

use mig_plan::{Condition, NoData, Op, Plan, RollbackPolicy, RollbackScope, Scope};

use crate::clock::span;
use crate::state::{Finding, RunState, UnixMillis, Watch, Watched};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// A rollback.
    Revert {
        /// Of what.
        scope: Scope,
        /// Why.
        reason: String,
    },
    /// A person.
    Pause {
        /// Why.
        reason: String,
    },
}

/// What the waves that soak ask for; a rollback before a person.
pub(super) fn asked(plan: &Plan, state: &RunState) -> Option<Asks> {
    let asks: Vec<Asks> = state
        .soaking()
        .filter_map(|step| {
            let wave = plan.steps[step].wave.as_str();
            of_wave(plan, state, wave, &state.record(step).watch)
        })
        .collect();
    let revert = asks.iter().position(|asks| matches!(asks, Asks::Revert { .. }));
    asks.into_iter().nth(revert.unwrap_or(0))
}

fn of_wave(plan: &Plan, state: &RunState, wave: &str, watch: &Watch) -> Option<Asks> {
    let policy = plan.watched(wave)?;
    let lasting = |wanted: Finding| {
        watch.watched.iter().find_map(|((at, consumer), watched)| {
            let condition = policy.conditions.get(*at)?;
            let lasts = watched.finding == wanted && watched.has_lasted(condition);
            lasts.then_some((condition, consumer.as_deref(), watched))
        })
    };
    let revert = |reason: String| {
        let scope = match policy.revert {
            RollbackScope::Wave => state.scope_of([wave]),
            RollbackScope::Migration => Scope::Migration,
        };
        Asks::Revert { scope, reason }
    };
    if let Some((condition, consumer, watched)) = lasting(Finding::Beyond) {
        let reading = words(plan, condition, watched);
        return Some(revert(format!(
            "while {wave} soaked, {} held{}: {reading}",
            condition.source,
            about(consumer)
        )));
    }
    if policy.no_data != NoData::Proceed
        && let Some((condition, consumer, watched)) = lasting(Finding::Missing)
    {
        let what = format!(
            "while {wave} soaked, there was no data for {}{}: {}",
            condition.source,
            about(consumer),
            words(plan, condition, watched)
        );
        return Some(match policy.no_data {
            NoData::Revert => revert(format!("{what} (no_data = revert)")),
            NoData::Pause | NoData::Proceed => Asks::Pause {
                reason: format!(
                    "{what} (no_data = pause). Look after the metric, then run the same command again to go on \
                     watching; `mig rollback` takes the wave back"
                ),
            },
        });
    }
    let silence = watch.silence.as_ref()?;
    let patience = plan.metric_source.as_ref()?.patience_seconds();
    let silent = u64::try_from(silence.last.saturating_sub(silence.since)).unwrap_or(0);
    (silent >= patience.saturating_mul(1_000)).then(|| Asks::Pause {
        reason: format!(
            "while {wave} soaked, the source of metrics was silent for {}: {}. Nobody knows how the wave does: \
             bring the source back, then run the same command again to go on watching; `mig rollback` takes the \
             wave back",
            span(silent / 1_000),
            silence.error
        ),
    })
}

fn about(consumer: Option<&str>) -> String {
    consumer.map_or_else(String::new, |consumer| format!(" for {consumer}"))
}

fn words(plan: &Plan, condition: &Condition, watched: &Watched) -> String {
    watched.words(plan.metrics.get(&condition.metric).map(|metric| metric.unit))
}

/// See [`super::has_soaked`].
pub(super) fn has_soaked(plan: &Plan, state: &RunState, step: usize, until: UnixMillis) -> bool {
    let Some(step_of_plan) = plan.steps.get(step) else { return false };
    let (Op::Soak { seconds }, Some(policy)) = (&step_of_plan.op, plan.watched(&step_of_plan.wave)) else {
        return true;
    };
    let watch = &state.record(step).watch;
    let (Some(since), Some(last)) = (watch.since, watch.last) else { return false };
    let wanted = longest(plan, policy).min(*seconds).saturating_mul(1_000);
    let unbroken = u64::try_from(last.saturating_sub(since)).unwrap_or(0);
    let settled = |finding: Finding| match finding {
        Finding::Within | Finding::TooFew => true,
        Finding::Beyond => false,
        Finding::Missing => policy.no_data == NoData::Proceed,
    };
    last >= until
        && unbroken >= wanted
        && watch.silence.is_none()
        && watch.watched.values().all(|watched| settled(watched.finding))
}

/// The longest time, in seconds, for which a condition must hold.
fn longest(plan: &Plan, policy: &RollbackPolicy) -> u64 {
    let every = plan.metric_source.as_ref().map_or(0, mig_plan::MetricSource::every_seconds);
    let counted = every.saturating_mul(u64::from(Condition::READINGS - 1));
    let lasting = |condition: &Condition| match condition.for_seconds {
        0 => counted,
        seconds => seconds,
    };
    policy.conditions.iter().map(lasting).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
