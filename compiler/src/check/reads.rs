//! What a consumer's `reads` leaves out: datasets that the catalog says it reads. It is legal, for a catalog can be old; and
//! doubtful, for nothing switches the consumer away from them, and its wave does not wait for them.

use mig_lang::{Applicability, Diagnostic};

use super::Scene;
use super::cases::{ConsumerCase, ConsumerItem, DatasetCase};
use crate::hir::ItemRef;
use crate::prose::some_of;

/// A consumer, its place, and the places of the datasets that its `reads` leaves out.
pub(super) struct LeftOut<'s> {
    pub(super) place: usize,
    pub(super) consumer: &'s ConsumerCase<'s>,
    pub(super) datasets: Vec<usize>,
}

/// Every consumer that leaves something out. Whoever is in no consumer at all is forgotten, which is said elsewhere.
pub(super) fn left_out<'s>(scene: &'s Scene) -> impl Iterator<Item = LeftOut<'s>> {
    scene.consumers.readers.iter().filter_map(|reader| {
        let place = reader.consumer?;
        let consumer = scene.consumers.get(place)?;
        // A table that two datasets move is read once.
        let table = |place: &usize| scene.datasets.get(*place)?.old.as_ref().map(|old| &old.table);
        let is_left = |place: &usize| {
            consumer.reads.binary_search(place).is_err()
                && (table(place).is_none() || consumer.reads.iter().all(|read| table(read) != table(place)))
        };
        let datasets: Vec<usize> = reader.reads.iter().copied().filter(is_left).collect();
        (!datasets.is_empty()).then_some(LeftOut { place, consumer, datasets })
    })
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    for LeftOut { place, consumer, datasets } in left_out(scene) {
        let ConsumerItem::Single(item) = consumer.from else { continue };
        let (Some(span), Some(entity)) = (item.reads_span, consumer.entity) else { continue };
        let cases: Vec<&DatasetCase> =
            datasets.iter().filter_map(|place| scene.datasets.get(*place)).collect();
        let names = some_of(cases.iter().map(|case| case.name.as_str()), 5);
        let message = format!("`{}` leaves out {names}, which the catalog says it reads", consumer.name);
        let mut warning = Diagnostic::warning("reads-left-out", span, message).help(format!(
            "Nothing switches it away from what is left out, and its wave does not wait for it. Add it here; or take the relation of `{}` out of the catalog; or say why it is no longer read: `allow reads-left-out because \"…\"`.",
            entity.source_form()
        ));
        if let Some(wave) = scene.waves.consumer(place) {
            let waves = datasets.iter().filter_map(|dataset| scene.waves.dataset(*dataset));
            let mut later: Vec<&str> = waves.filter(|moved| !scene.waves.not_after(moved, wave)).collect();
            later.sort_unstable();
            later.dedup();
            for case in later.into_iter().filter_map(|later| scene.waves.cases.get(later)) {
                let text = format!("moved here, when `{}` is switched already", consumer.name);
                warning = warning.label(case.wave.title.name_span, text);
            }
        }
        let named = item.reads.iter().flatten().map(ItemRef::source_form);
        let added = cases.iter().map(|case| case.item().source_form());
        let all: Vec<String> = named.chain(added).collect();
        let fixed = format!("reads = [{}]", all.join(", "));
        out.push(warning.offer(Applicability::Likely, format!("write `{fixed}`"), [(span, fixed)]));
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed};

    const ORDERS: &str = "
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
consumers others: catalog where kind in [\"Component\", \"Resource\"] { cut_over = notify }
";

    /// What is said of left out datasets.
    fn doubts(rest: &str) -> String {
        let fixture = Fixture::shop(&framed(&format!("{ORDERS}{rest}")));
        let (_, mut said) = fixture.compile();
        said.retain(|found| found.code == "reads-left-out");
        fixture.shown(&said)
    }

    #[test]
    fn a_dataset_that_the_catalog_relates_is_not_left_out_without_a_word() {
        assert_snapshot!(doubts("
consumer billing: @component:billing-api {
  reads    = customers
  cut_over = notify
}
"), @r#"
        warning[reads-left-out]: `billing` leaves out `orders`, which the catalog says it reads
          12:3 reads    = customers
          help: Nothing switches it away from what is left out, and its wave does not wait for it. Add it here; or take the relation of `@component:billing-api` out of the catalog; or say why it is no longer read: `allow reads-left-out because "…"`.
          fix: write `reads = [customers, orders]`
        "#);
    }

    #[test]
    fn a_wave_that_does_not_wait_for_it_is_shown() {
        assert_snapshot!(doubts("
consumer billing: @component:billing-api {
  reads    = customers
  cut_over = notify
}
wave first { move = customers, billing }
wave second after first { move = orders, others }
"), @r#"
        warning[reads-left-out]: `billing` leaves out `orders`, which the catalog says it reads
          12:3 reads    = customers
          16:6 second  <- moved here, when `billing` is switched already
          help: Nothing switches it away from what is left out, and its wave does not wait for it. Add it here; or take the relation of `@component:billing-api` out of the catalog; or say why it is no longer read: `allow reads-left-out because "…"`.
          fix: write `reads = [customers, orders]`
        "#);
    }

    #[test]
    fn what_is_read_besides_the_catalog_is_no_doubt() {
        assert_snapshot!(doubts("
consumer billing: @component:billing-api {
  reads    = [customers, orders]
  cut_over = notify
}
"), @"");
    }
}
