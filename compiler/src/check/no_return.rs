//! Rollback policies that could not do what they say, since a step of their wave cannot be undone.

use mig_lang::{Diagnostic, Span};

use super::Scene;
use crate::hir::{ActionKind, CutOver};

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    for case in scene.waves.cases.values() {
        let Some(policy) = &case.wave.rollback else { continue };
        let datasets = case.datasets.keys().filter_map(|place| scene.datasets.get(*place));
        let consumers = case.consumers.keys().filter_map(|place| scene.consumers.get(*place));
        let moved = datasets
            .map(|case| (case.name.as_str(), case.from.cut_over()))
            .chain(consumers.map(|case| (&*case.name, case.from.cut_over())));
        let Some((name, reason)) =
            moved.filter_map(|(name, cut_over)| Some((name, one_way(cut_over)?))).min()
        else {
            continue;
        };
        let wave = &case.wave.title.name;
        out.push(
            Diagnostic::warning(
                "rollback-over-irreversible",
                policy.span,
                format!("`{wave}` cannot be taken back once `{name}` is switched"),
            )
            .label(reason, "it cannot be undone")
            .help("A rollback over a step that cannot be undone is not begun: the run stops and waits for a person. Give the command an `undo`, or move it to a wave of its own behind this one."),
        );
    }
}

/// Where it is said that a cut-over cannot be undone, when one of its actions cannot.
fn one_way(cut_over: &CutOver) -> Option<Span> {
    let one_way = |kind: &ActionKind| matches!(kind, ActionKind::Command { undo: None, .. });
    let reason = cut_over.irreversible.as_ref()?;
    cut_over.actions.iter().any(|action| one_way(&action.kind)).then_some(reason.span)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn a_policy_over_a_point_of_no_return_is_doubtful() {
        let source = "
consumer website: @component:website {
  reads    = customers
  cut_over = command(run: [\"./purge\"])
  irreversible because \"a purged cache cannot be filled again\"
}
rollback cautious {
  when error_rate > 1% for 5m and attempts >= 200
  no_data = pause
  then revert wave
}
wave all {
  move     = datasets, consumers
  rollback = cautious
  soak     = 2h
}
";
        let found = said(source);
        assert_snapshot!(found[found.find("warning[rollback-over").unwrap_or(0)..], @r#"
        warning[rollback-over-irreversible]: `all` cannot be taken back once `website` is switched
          13:14 cautious
          4:24 "a purged cache cannot be filled again"  <- it cannot be undone
          help: A rollback over a step that cannot be undone is not begun: the run stops and waits for a person. Give the command an `undo`, or move it to a wave of its own behind this one.
        "#);
        let undone = source
            .replace("run: [\"./purge\"]", "run: [\"./purge\"], undo: [\"./fill\"]")
            .replace("  irreversible because \"a purged cache cannot be filled again\"\n", "");
        assert!(!said(&undone).contains("over-irreversible"));
    }
}
