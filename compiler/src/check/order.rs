//! No wave switches a consumer before the datasets that it reads are moved.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, Span};

use super::Scene;
use crate::prose::some_of;
use crate::source::identifier;

/// Consumers that one wave switches before another moves what they read.
#[derive(Default)]
struct Early<'s> {
    consumers: Vec<&'s str>,
    datasets: BTreeSet<&'s str>,
    /// Where the first of them stands.
    span: Option<Span>,
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    // Consumers that are too early between the same two waves are one mistake.
    let mut early: BTreeMap<(&str, &str), Early> = BTreeMap::new();
    // Thousands are switched by few waves.
    let mut known: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for (place, case) in scene.consumers.cases.iter().enumerate() {
        let Some(wave) = scene.waves.consumer(place) else { continue };
        for read in &*case.reads {
            let (Some(dataset), Some(moved)) = (scene.datasets.get(*read), scene.waves.dataset(*read)) else {
                continue;
            };
            if !*known.entry((moved, wave)).or_insert_with(|| scene.waves.not_after(moved, wave)) {
                let early = early.entry((wave, moved)).or_default();
                if early.consumers.last() != Some(&&*case.name) {
                    early.consumers.push(&case.name);
                }
                early.datasets.insert(&dataset.name);
                early.span.get_or_insert(case.name_span());
            }
        }
    }
    for ((wave, moved), Early { consumers, datasets, span }) in early {
        let (Some(case), Some(source)) = (scene.waves.cases.get(wave), scene.waves.cases.get(moved)) else {
            continue;
        };
        let verb = if consumers.len() == 1 { "is" } else { "are" };
        let moves = if datasets.len() == 1 { "moves" } else { "move" };
        let error = Diagnostic::error(
            "consumer-before-dataset",
            case.wave.title.name_span,
            format!(
                "{} {verb} switched in `{wave}`, before {} {moves} in `{moved}`",
                some_of(consumers, 5),
                some_of(datasets, 5)
            ),
        )
        .label(source.wave.title.name_span, "moved here")
        .label(span.unwrap_or(case.wave.title.name_span), "switched too early");
        // The other way round there would be no first wave.
        if scene.waves.before(wave, moved) {
            out.push(error.help(format!(
                "Move the dataset in `{wave}` or before it, or switch the consumer in `{moved}` or after it."
            )));
            continue;
        }
        let (at, text) = match case.wave.after.last() {
            Some(last) => (last.span, format!(", {}", identifier(moved))),
            None => (case.wave.title.name_span, format!(" after {}", identifier(moved))),
        };
        let at = Span { start: at.end, ..at };
        out.push(error.help(format!("Let `{wave}` come after `{moved}`, or move them in one wave.")).fix(
            format!("let `{wave}` come after `{moved}`"),
            at,
            text,
        ));
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    const WORLD: &str = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:totals
  columns = same
}
consumers others: catalog where kind == \"Component\" { cut_over = notify }
";

    #[test]
    fn a_wave_that_could_come_later_is_told_so() {
        let waves = "
wave pilot { move = orders, others.billing-api }
wave early after pilot { move = others.reports }
wave late after pilot { move = totals }
";
        assert_snapshot!(said(&format!("{WORLD}{waves}").replace("billing-api", "`billing-api`")), @"
        error[consumer-before-dataset]: `others.reports` is switched in `early`, before `totals` moves in `late`
          12:6 early
          13:6 late  <- moved here
          9:11 others  <- switched too early
          help: Let `early` come after `late`, or move them in one wave.
          fix: let `early` come after `late`
        ");
    }

    #[test]
    fn where_the_order_cannot_turn_the_wave_must_change() {
        let waves = "
wave early { move = consumers }
wave late after early { move = datasets }
";
        assert_snapshot!(said(&format!("{WORLD}{waves}")), @"
        error[consumer-before-dataset]: `others.billing-api` and `others.reports` are switched in `early`, before `orders` and `totals` move in `late`
          11:6 early
          12:6 late  <- moved here
          9:11 others  <- switched too early
          help: Move the dataset in `early` or before it, or switch the consumer in `late` or after it.
        ");
    }

    #[test]
    fn any_wave_before_is_early_enough() {
        let waves = "
wave one { move = datasets }
wave two after one { move = others.`billing-api` }
wave three after two { move = others.reports }
";
        assert_snapshot!(said(&format!("{WORLD}{waves}")), @"");
    }
}
