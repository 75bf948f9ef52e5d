//! What is said of an item because of what is said of it already: takes findings in source order, gives them without such
//! echoes. One mistake, one diagnostic.

use mig_lang::{Diagnostic, Span};

use crate::hir::Program;

/// A finding that explains others of the items in which its places lie.
struct Cause {
    code: &'static str,
    explains: &'static [&'static str],
}

const CAUSES: [Cause; 2] = [
    // The new table is the old one, whose columns are others.
    Cause {
        code: "moved-onto-itself",
        explains: &["missing-new-column", "unknown-new-column", "new-column-differs", "target-is-view"],
    },
    // Whoever comes first in the circle, its old table is not there yet.
    Cause { code: "dataset-cycle", explains: &["unknown-table"] },
];

/// The findings without those that others explain.
pub(super) fn silenced(program: &Program, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut explained: Vec<(Span, &Cause)> = Vec::new();
    for cause in &CAUSES {
        for one in found.iter().filter(|one| one.code == cause.code) {
            let items = one.labels.iter().filter_map(|label| item_around(program, label.span));
            explained.extend(items.map(|item| (item, cause)));
        }
    }
    if explained.is_empty() {
        return found;
    }
    let is_echo = |one: &Diagnostic| {
        explained.iter().any(|(item, cause)| cause.explains.contains(&one.code) && holds(*item, one.span()))
    };
    found.into_iter().filter(|one| !is_echo(one)).collect()
}

fn item_around(program: &Program, place: Span) -> Option<Span> {
    program.definitions.values().map(|definition| definition.item).find(|item| holds(*item, place))
}

fn holds(item: Span, place: Span) -> bool {
    item.file == place.file && item.start <= place.start && place.end <= item.end
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn what_is_moved_onto_itself_has_no_other_columns() {
        let source = "
dataset customers: legacy.customers -> legacy.customers {
  entity = @resource:customers
  columns {
    customer_id = id
    name
    email
    city
  }
}
";
        assert_snapshot!(said(source), @"
        error[moved-onto-itself]: `customers` is moved onto itself
          1:40 legacy.customers
          help: The new place is the old one. Give the new table another name, or is its store where it should be?
        ");
    }

    #[test]
    fn what_is_read_in_a_circle_is_not_missing_too() {
        let source = "
dataset ahead: lake.sales.behind -> lake.sales.ahead {
  entity  = @resource:customers
  columns = same
}
dataset behind: lake.sales.ahead -> lake.sales.behind {
  entity  = @resource:places
  columns = same
}
";
        assert_snapshot!(said(source), @"
        error[dataset-cycle]: `ahead` and `behind` are derived from one another
          1:9 ahead
          5:9 behind  <- and this one
          help: One must move first. Datasets are derived where one is read from the other's new table, or depends on it in the catalog.
        ");
    }
}
