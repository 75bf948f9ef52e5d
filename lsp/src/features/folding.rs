//! What can be folded away: items, blocks, lists over several lines, doc comments.

use mig_lang::Span;
use mig_lang::ast::{Attribute, Statement};

use crate::snapshot::Document;

/// A range of lines, both counted from 0, of which the first stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fold {
    /// The line that stays.
    pub(crate) first: u32,
    /// The last line that is folded away.
    pub(crate) last: u32,
    /// Whether it is a comment.
    pub(crate) comment: bool,
}

/// The folds of a file, from top to bottom.
pub(crate) fn folds(document: &Document) -> Vec<Fold> {
    let mut folds = Vec::new();
    for item in &document.tree().items {
        add(document, item.span, &mut folds);
        for statement in &item.body {
            match statement {
                Statement::Columns(columns) => add(document, columns.span, &mut folds),
                Statement::Attribute(Attribute { span, .. }) => add(document, *span, &mut folds),
                Statement::Drop(_)
                | Statement::Check(_)
                | Statement::When(_)
                | Statement::Then(_)
                | Statement::Irreversible { .. }
                | Statement::Allow(_)
                | Statement::Broken(_) => {}
            }
        }
    }
    comments(document, &mut folds);
    folds.sort();
    folds
}

fn add(document: &Document, span: Span, folds: &mut Vec<Fold>) {
    let (first, last) = (document.text.line_of(span.start), document.text.line_of(span.end));
    if last > first {
        folds.push(Fold { first, last, comment: false });
    }
}

/// Lines of comments below one another.
fn comments(document: &Document, folds: &mut Vec<Fold>) {
    let mut first = None;
    for line in 0..=document.text.lines() {
        let is_comment = document.text.line(line).trim_start().starts_with("//");
        match (first, is_comment) {
            (None, true) => first = Some(line),
            (Some(start), false) => {
                if line - start > 1 {
                    folds.push(Fold { first: start, last: line - 1, comment: true });
                }
                first = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::folds;
    use crate::fixture::Fixture;

    #[test]
    fn blocks_and_comments_fold() {
        let fixture = Fixture::file(
            "/// What it is\n/// for.\ndataset a: s.a -> t.a {\n  columns {\n    id\n  }\n  // one line\n}\nstore s: sqlite { url = env.S }\n",
        );
        let document = &fixture.snapshot().folders[0].files[0];
        let lines: Vec<_> =
            folds(document).iter().map(|fold| (fold.first, fold.last, fold.comment)).collect();
        assert_eq!(lines, [(0, 1, true), (2, 7, false), (3, 5, false)]);
    }
}
