//! The outline of a file, and the items of a workspace by name.

use mig_lang::Span;
use mig_lang::ast::{Item, Keyword, Statement};

use crate::snapshot::{Document, Folder};

/// One line of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    /// The name.
    pub(crate) name: String,
    /// What it is, in a few words.
    pub(crate) detail: String,
    /// What kind of thing it is.
    pub(crate) kind: OutlineKind,
    /// Where its name stands.
    pub(crate) name_span: Span,
    /// The whole of it.
    pub(crate) span: Span,
    /// What is in it.
    pub(crate) parts: Vec<Outline>,
}

/// What kind of thing a line of the outline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutlineKind {
    /// An item of that keyword.
    Item(Keyword),
    /// A new column.
    Column,
    /// An old column that is dropped.
    Dropped,
}

/// The outline of a file, in source order.
pub(crate) fn outline(folder: &Folder, document: &Document) -> Vec<Outline> {
    document.tree().items.iter().map(|item| item_outline(folder, item)).collect()
}

/// The items of a folder whose names hold the letters of a query in their order, whatever their case.
pub(crate) fn matching<'s>(folder: &'s Folder, query: &str) -> Vec<&'s Item> {
    let items = folder.files.iter().flat_map(|document| &document.tree().items);
    items.filter(|item| fits(&item.name.text, query)).collect()
}

fn item_outline(folder: &Folder, item: &Item) -> Outline {
    let header = Span { start: item.name.span.end, ..item.span };
    let detail = folder.slice(header).split('{').next().unwrap_or_default();
    let detail = detail.trim().trim_start_matches(':').trim();
    let mut parts = Vec::new();
    for statement in &item.body {
        match statement {
            Statement::Columns(columns) => parts.extend(columns.columns.iter().map(|column| Outline {
                name: column.name.text.clone(),
                detail: column.ty.as_ref().map_or("", |ty| folder.slice(ty.span)).to_owned(),
                kind: OutlineKind::Column,
                name_span: column.name.span,
                span: column.span,
                parts: Vec::new(),
            })),
            Statement::Drop(drop) => parts.push(Outline {
                name: drop.column.text.clone(),
                detail: drop.because.value.clone(),
                kind: OutlineKind::Dropped,
                name_span: drop.column.span,
                span: drop.span,
                parts: Vec::new(),
            }),
            Statement::Attribute(_)
            | Statement::Check(_)
            | Statement::When(_)
            | Statement::Then(_)
            | Statement::Irreversible { .. }
            | Statement::Allow(_)
            | Statement::Broken(_) => {}
        }
    }
    Outline {
        name: item.name.text.clone(),
        detail: format!("{} {detail}", item.keyword.value.word()).trim_end().to_owned(),
        kind: OutlineKind::Item(item.keyword.value),
        name_span: item.name.span,
        span: item.span,
        parts,
    }
}

/// Whether the letters of a query stand in a name in their order.
fn fits(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted))
}

#[cfg(test)]
mod tests {
    use super::{matching, outline};
    use crate::fixture::Fixture;

    const TEXT: &str = "
store lake: postgres { url = env.LAKE }
dataset orders: legacy.orders -> lake.sales.orders {
  columns {
    id: int64 = no
    state
  }
  drop flag because \"unused\"
}
wave last_one after first {
}
";

    #[test]
    fn a_file_has_an_outline() {
        let fixture = Fixture::file(TEXT);
        let folder = &fixture.snapshot().folders[0];
        let mut lines = Vec::new();
        for item in outline(folder, &folder.files[0]) {
            lines.push(format!("{} - {}", item.name, item.detail));
            lines.extend(item.parts.iter().map(|part| format!("  {} - {}", part.name, part.detail)));
        }
        insta::assert_snapshot!(lines.join("\n"), @"
        lake - store postgres
        orders - dataset legacy.orders -> lake.sales.orders
          id - int64
          state - 
          flag - unused
        last_one - wave after first
        ");
    }

    #[test]
    fn items_are_found_by_their_letters() {
        let fixture = Fixture::file(TEXT);
        let folder = &fixture.snapshot().folders[0];
        let names = |query: &str| -> Vec<&str> {
            matching(folder, query).into_iter().map(|item| item.name.text.as_str()).collect()
        };
        assert_eq!(names("Or"), ["orders"]);
        assert_eq!(names("la"), ["lake", "last_one"]);
        assert_eq!(names(""), ["lake", "orders", "last_one"]);
        assert_eq!(names("x"), Vec::<&str>::new());
    }
}
