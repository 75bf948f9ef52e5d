//! Every place that means the same as what stands under the cursor.

use mig_lang::Span;

use crate::snapshot::Cursor;
use crate::symbol::{self, Meaning};

/// The places that mean the same, in source order, the definition among them; empty where nothing can be meant.
pub(crate) fn references(cursor: Cursor<'_>) -> Vec<Span> {
    let Some(wanted) = symbol::at(cursor) else { return Vec::new() };
    let mut places = Vec::new();
    symbol::visit(cursor.folder, &mut |symbol| {
        if same(&symbol.meaning, &wanted.meaning) {
            places.push(symbol.span);
        }
    });
    places.sort();
    places.dedup();
    places
}

/// Whether two names mean the same thing. A column that is carried over is both old and new, and each is its own.
fn same(one: &Meaning, other: &Meaning) -> bool {
    one == other
}

#[cfg(test)]
mod tests {
    use super::references;
    use crate::fixture::Fixture;

    #[test]
    fn an_item_is_found_in_every_file() {
        let fixture = Fixture::files(
            &[
                ("a.mig", "migration m {\n  owner = @group:x\n}\nvalidation ok$0 on a {\n  row_count\n}\n"),
                ("b.mig", "wave one {\n  validation = [ok]\n}\nwave two after one {\n  validation = ok\n}\n"),
            ],
            Default::default(),
        );
        let places: Vec<_> =
            references(fixture.cursor()).into_iter().map(|span| fixture.shown(span)).collect();
        assert_eq!(places, ["a.mig:4 ok", "b.mig:2 ok", "b.mig:5 ok"]);
    }

    #[test]
    fn a_new_column_is_its_datasets_own() {
        let text = "
dataset a: s.a -> t.a {
  key = id
  columns {
    id = no
    no
  }
}
dataset b: s.b -> t.b {
  columns {
    id
  }
}
validation ok on a {
  require count(i$0d < 0) == 0 else \"negative\"
}
";
        let fixture = Fixture::file(text);
        let places: Vec<_> =
            references(fixture.cursor()).into_iter().map(|span| fixture.shown(span)).collect();
        assert_eq!(places, ["main.mig:3 id", "main.mig:5 id", "main.mig:15 id"]);
    }
}
