//! Says what becomes of rollback conditions as long as nothing watches metrics.

use mig_lang::Diagnostic;

use crate::hir::Program;

pub(super) fn check(program: &Program, out: &mut Vec<Diagnostic>) {
    // It is said of a plan; of sources that give none there is more to say.
    if !program.whole {
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
            "There is no source of metrics yet. The conditions are kept in the plan; while a wave soaks, a person looks and decides with `mig rollback`.",
        ));
    }
}
