//! Waves that nobody watches: no soak behind what was switched, or a soak in which nothing is looked at.

use mig_lang::{Diagnostic, Span};

use super::Scene;
use super::waves::WaveCase;
use crate::hir::{ActionKind, CutOver};

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    for case in scene.waves.cases.values() {
        let wave = case.wave;
        let at = wave.title.name_span;
        let policy = wave.rollback.as_ref().and_then(|name| {
            let policy = scene.program.rollbacks.get(&name.value)?;
            Some((policy, name.span))
        });
        if wave.soak_seconds > 0 {
            if wave.rollback.is_none() {
                out.push(unwatched(case, at));
            }
            continue;
        }
        let conditions = policy.filter(|(policy, _)| !policy.conditions.is_empty());
        if conditions.is_none() && !switches(scene, case) {
            continue;
        }
        let name = &wave.title.name;
        let warning = match conditions {
            Some((policy, span)) => Diagnostic::warning(
                "no-soak",
                at,
                format!("`{name}` ends before the conditions of `{}` could hold", policy.title.name),
            )
            .label(span, "conditions are looked at while a wave soaks"),
            None => Diagnostic::warning("no-soak", at, format!("`{name}` ends as soon as it has switched")),
        };
        out.push(warning.help(
            "What goes wrong behind a cut-over shows after a while, and an ended wave is not taken back by itself. Let it soak: `soak = 2h`.",
        ));
    }
}

fn unwatched(case: &WaveCase, at: Span) -> Diagnostic {
    Diagnostic::warning("no-rollback", at, format!("nothing is looked at while `{}` soaks", case.wave.title.name))
        .help("A wave is taken back by itself only for the conditions of a `rollback` policy; without one its soak is a pause for people. Name a policy: `rollback = cautious`.")
}

/// Whether the wave switches anything by itself. Who is only told switches in their own time, and a soak would
/// say nothing of it.
fn switches(scene: &Scene, case: &WaveCase) -> bool {
    let acts =
        |cut_over: &CutOver| cut_over.actions.iter().any(|action| !matches!(action.kind, ActionKind::Notify));
    let datasets = case.datasets.keys().filter_map(|place| scene.datasets.get(*place));
    let consumers = case.consumers.keys().filter_map(|place| scene.consumers.get(*place));
    datasets.map(|case| case.from.cut_over()).any(acts)
        || consumers.map(|case| case.from.cut_over()).any(acts)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed};

    /// What is said of soaking.
    fn doubts(cut_over: &str, wave: &str) -> String {
        let fixture = Fixture::shop(&framed(&format!(
            "consumer website: @component:website {{\n  reads    = customers\n  cut_over = {cut_over}\n}}\nrollback cautious {{\n  when error_rate > 1% for 5m and attempts >= 200\n  no_data = pause\n  then revert wave\n}}\nwave all {{\n  move = datasets, consumers\n  {wave}\n}}\n"
        )));
        let (_, mut said) = fixture.compile();
        said.retain(|found| matches!(found.code, "no-soak" | "no-rollback"));
        fixture.shown(&said)
    }

    #[test]
    fn what_is_switched_is_watched() {
        let http = "http(post: env.SWITCH_URL)";
        assert_snapshot!(doubts(http, "soak = 2h, rollback = cautious"), @"");
        assert_snapshot!(doubts(http, "rollback = cautious"), @"
        warning[no-soak]: `all` ends before the conditions of `cautious` could hold
          10:6 all
          12:14 cautious  <- conditions are looked at while a wave soaks
          help: What goes wrong behind a cut-over shows after a while, and an ended wave is not taken back by itself. Let it soak: `soak = 2h`.
        ");
        assert_snapshot!(doubts(http, "soak = 2h"), @"
        warning[no-rollback]: nothing is looked at while `all` soaks
          10:6 all
          help: A wave is taken back by itself only for the conditions of a `rollback` policy; without one its soak is a pause for people. Name a policy: `rollback = cautious`.
        ");
        assert_snapshot!(doubts(http, ""), @"
        warning[no-soak]: `all` ends as soon as it has switched
          10:6 all
          help: What goes wrong behind a cut-over shows after a while, and an ended wave is not taken back by itself. Let it soak: `soak = 2h`.
        ");
    }

    /// Who is told switches in their own time.
    #[test]
    fn a_wave_that_only_tells_needs_no_soak() {
        assert_snapshot!(doubts("notify", ""), @"");
    }
}
