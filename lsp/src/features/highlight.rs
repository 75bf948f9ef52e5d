//! The places of a file that mean the same as what stands under the cursor: where it is made, and where it is read.

use mig_lang::Span;

use super::definition::definition;
use super::references::references;
use crate::snapshot::Cursor;
use crate::symbol::{self, Meaning};

/// A place, and whether it makes what the others read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Highlight {
    /// Where.
    pub(crate) span: Span,
    /// Whether it is made here.
    pub(crate) made: bool,
}

/// The places of the cursor's file, in source order.
pub(crate) fn highlights(cursor: Cursor<'_>) -> Vec<Highlight> {
    // What the sources name alone is made by none of them.
    let makes = symbol::at(cursor)
        .is_some_and(|symbol| matches!(symbol.meaning, Meaning::Item(_) | Meaning::NewColumn { .. }));
    let made = if makes { definition(cursor) } else { Vec::new() };
    let places = references(cursor).into_iter().filter(|place| place.file == cursor.document.id);
    places.map(|span| Highlight { span, made: made.contains(&span) }).collect()
}

#[cfg(test)]
mod tests {
    use super::highlights;
    use crate::fixture::Fixture;

    fn shown(text: &str) -> Vec<String> {
        let fixture = Fixture::file(text);
        let places = highlights(fixture.cursor()).into_iter();
        places
            .map(|found| format!("{}{}", fixture.shown(found.span), if found.made { " made" } else { "" }))
            .collect()
    }

    #[test]
    fn names_are_made_once_and_read_elsewhere() {
        let text = "wave one {\n}\nwave two after o$0ne {\n}\n";
        assert_eq!(shown(text), ["main.mig:1 one made", "main.mig:3 one"]);
        let text = "dataset a: s.a -> t.a {\n  key = $0id\n  columns {\n    id = no\n    n = no\n  }\n}\n";
        assert_eq!(shown(text), ["main.mig:2 id", "main.mig:4 id made"]);
        let text = "dataset a: s.a -> t.a {\n  columns {\n    id = n$0o\n    n = no\n  }\n}\n";
        assert_eq!(shown(text), ["main.mig:3 no", "main.mig:4 no"]);
    }
}
