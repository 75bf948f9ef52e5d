//! The entities of datasets and consumers lead to nothing that the catalog does not have: a reader that is named
//! and not described would be nobody's to move.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, Span};
use mig_plan::catalog::Entry;

use super::{Scene, entities};
use crate::prose::some_of;

/// A missing owner is an error of its own.
const OWNED_BY: &str = "ownedBy";

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    // The entities of one family are one finding.
    let mut found: BTreeMap<Span, BTreeSet<String>> = BTreeMap::new();
    let look = |span: Span, entry: Option<Entry>| {
        let Some(entry) = entry else { return };
        for relation in entry.dangling().filter(|relation| *relation.kind != *OWNED_BY) {
            let (name, target) = (entry.name.source_form(), relation.target.source_form());
            found.entry(span).or_default().insert(format!("{name} {} {target}", relation.kind));
        }
    };
    entities::each(scene, look);
    for (span, lost) in found {
        let what = if lost.len() == 1 { "a relation leads" } else { "relations lead" };
        out.push(
            Diagnostic::warning("dangling-reference", span, format!("{what} to what the catalog does not have"))
                .here(some_of(lost.iter().map(String::as_str), 5))
                .help("Correct the reference in the descriptor, or register what it names: nobody is told of the move, and nothing follows it, while it is missing."),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed};

    #[test]
    fn a_reader_that_nobody_describes_is_told_at_its_dataset() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders
  columns = same
}
datasets rest: legacy.* -> lake.rest.* { select = catalog where metadata.name == \"places\" }
consumer website: @component:website { cut_over = notify }
";
        let catalog = "
            group:platform members user:ann
            user:ann
            resource:orders owner group:platform
            resource:places owner group:platform reads resource:gone
            component:website owner group:platform reads resource:orders,api:lost
        ";
        let schemas = "
            legacy.orders: id int64 key
            legacy.places: id int64 key
            lake:
        ";
        assert_snapshot!(Fixture::new(&framed(source), catalog, schemas).said());
    }
}
