//! Rollback conditions that nobody watches: without a source of metrics, or about consumers where there are none.

use mig_lang::Diagnostic;
use mig_plan::Placeholder;

use super::Scene;
use crate::hir::{Metrics, Program};

pub(super) fn check(program: &Program, out: &mut Vec<Diagnostic>) {
    // It is said of a plan; of sources that give none there is more to say.
    let Some(migration) = program.migration.as_ref().filter(|_| program.whole) else { return };
    if migration.metrics != Metrics::Nowhere {
        return;
    }
    for rollback in program.rollbacks.values() {
        let Some((first, more)) = rollback.conditions.split_first() else { continue };
        let mut warning = Diagnostic::warning(
            "rollback-conditions-not-watched",
            *first,
            format!("nobody but you watches the conditions of `{}`", rollback.title.name),
        );
        for span in more {
            warning = warning.label(*span, "nor this one");
        }
        out.push(warning.help(
            "The `migration` names no source of metrics. Write `metrics = prometheus(env.PROMETHEUS_URL)` there, and a `metric` for each that a condition names; without them a person looks while a wave soaks, and decides with `mig rollback`.",
        ));
    }
}

/// Conditions that are asked for each consumer, of a wave that switches none: nothing would be looked at.
pub(super) fn without_consumers(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let program = scene.program;
    let has_source =
        program.migration.as_ref().is_some_and(|migration| matches!(migration.metrics, Metrics::From { .. }));
    let waves = scene
        .waves
        .cases
        .values()
        .filter(|case| has_source && case.wave.soak_seconds > 0 && case.consumers.is_empty());
    for case in waves {
        let Some(used) = &case.wave.rollback else { continue };
        let Some(rollback) = program.rollbacks.get(&used.value) else { continue };
        for (condition, span) in rollback.policy.conditions.iter().zip(&rollback.conditions) {
            let Some(metric) = program.metrics.get(&condition.metric) else { continue };
            let asked = metric.query.iter().chain(&metric.attempts).flat_map(|query| &query.placeholders);
            if !asked.into_iter().any(|one| matches!(one, Placeholder::Consumer | Placeholder::Consumers)) {
                continue;
            }
            let name = &case.wave.title.name;
            out.push(
                Diagnostic::warning(
                    "condition-without-consumers",
                    used.span,
                    format!("`{name}` has no consumer of which `{}` could be asked", condition.metric),
                )
                .label(*span, "this is looked at for each consumer")
                .label(metric.title.name_span, "it names `$consumer`")
                .help("Give the wave a policy whose metrics are about the wave as a whole."),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed};

    fn said(metric: &str, moves: &str) -> String {
        let source = format!(
            "migration m {{\n  owner   = @group:platform\n  catalog = files(\"x\")\n  metrics = prometheus(env.PROMETHEUS_URL)\n}}\n\
             consumer website: @component:website {{\n  reads    = customers\n  cut_over = http(post: env.SWITCH_URL)\n}}\n\
             metric busy: number {{ query = \"{metric}\" }}\n\
             rollback cautious {{\n  when busy > 1 for 5m\n  no_data = pause\n  then revert wave\n}}\n{moves}"
        );
        let fixture = Fixture::shop(&framed(&source));
        fixture.shown(&fixture.compile().1)
    }

    #[test]
    fn what_is_asked_of_each_consumer_needs_one() {
        let apart = "wave data {\n  move = datasets\n  rollback = cautious\n  soak = 1h\n}\nwave code after data {\n  move = consumers\n  rollback = cautious\n  soak = 1h\n}\n";
        assert_snapshot!(said("busy{app='$consumer'}", apart), @"
        warning[condition-without-consumers]: `data` has no consumer of which `busy` could be asked
          18:14 cautious
          12:3 when busy > 1 for 5m  <- this is looked at for each consumer
          10:8 busy  <- it names `$consumer`
          help: Give the wave a policy whose metrics are about the wave as a whole.
        ");
        assert_snapshot!(said("busy", apart), @"");
    }
}
