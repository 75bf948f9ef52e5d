//! Every dataset and consumer has an owner in the catalog: somebody to notify and to ask.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span};
use mig_plan::EntityRef;
use mig_plan::catalog::Entry;

use super::{Scene, entities, portal};
use crate::prose::some_of;

pub(super) fn check<'s>(scene: &'s Scene, out: &mut Vec<Diagnostic>) {
    // The entities of one family are one mistake: its selection takes what has no owner.
    let mut without: BTreeMap<Span, Vec<&EntityRef>> = BTreeMap::new();
    let look = |span: Span, entry: Option<Entry<'s>>| {
        // A group or a user where a thing is wanted is another mistake.
        let unowned = |entry: &Entry| !scene.owned.holds(*entry) && !portal::can_own(entry.name);
        if let Some(entry) = entry.filter(unowned) {
            without.entry(span).or_default().push(entry.name);
        }
    };
    entities::each(scene, look);
    for (span, unowned) in without {
        let names: Vec<String> = unowned.iter().map(|entity| entity.source_form()).collect();
        let names = some_of(names.iter().map(String::as_str), 5);
        let verb = if unowned.len() == 1 { "has" } else { "have" };
        out.push(
            Diagnostic::error("unowned-entity", span, format!("{names} {verb} no owner in the catalog"))
                .help("Give the entity a `spec.owner` that is a group or a user of the catalog: somebody must be told and asked."),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn members_of_a_family_without_owner_are_one_mistake() {
        let source = "
datasets all: legacy.* -> lake.all.* { select = catalog where metadata.name in [\"customers\", \"lost\", \"events\"] }
dataset events: legacy.events -> lake.sales.events {
  entity  = @resource:events
  columns = same
}
consumers others: catalog where kind == \"Component\" { cut_over = notify }
";
        assert_snapshot!(said(source), @r#"
        error[unowned-entity]: `@resource:lost` has no owner in the catalog
          1:10 all
          help: Give the entity a `spec.owner` that is a group or a user of the catalog: somebody must be told and asked.
        error[no-table-for-entity]: `legacy` has no table for `resource:default/lost` (`lost`)
          1:15 legacy.*
          1:49 catalog where metadata.name in ["customers", "lost", "events"]  <- selected here
          help: A table is found by the entity's annotation `mig.dev/table`, or else by its name with `-` read as `_`. Annotate the entity, select fewer, or write a `dataset` of its own.
        error[unowned-entity]: `@component:orphan` has no owner in the catalog
          6:11 others
          help: Give the entity a `spec.owner` that is a group or a user of the catalog: somebody must be told and asked.
        "#);
    }
}
