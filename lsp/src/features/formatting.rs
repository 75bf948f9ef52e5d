//! Formatting: the one style of `mig fmt`, as the fewest lines that have to change.

use mig_lang::Span;
use similar::{DiffTag, TextDiff};

use crate::snapshot::Document;

/// One replacement of whole lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// What is replaced.
    pub(crate) span: Span,
    /// By what.
    pub(crate) text: String,
}

/// The replacements that bring the file into the one style; those of the lines that it is asked for, with `lines`,
/// both counted from 0 and inclusive.
pub(crate) fn formatting(document: &Document, lines: Option<(u32, u32)>) -> Vec<Replacement> {
    let old = document.text.as_str();
    let new = mig_lang::format(old);
    let mut replacements = Vec::new();
    for (from, to, by) in differences(old, &new) {
        let first = document.text.line_of(from);
        let last = document.text.line_of(if to > from { to - 1 } else { to });
        let wanted = lines.is_none_or(|(start, end)| first <= end && start <= last);
        if wanted {
            let span = Span { file: document.id, start: from, end: to };
            replacements.push(Replacement { span, text: by.to_owned() });
        }
    }
    replacements
}

/// Runs of lines that differ: their bytes in the old text, and what stands there in the new one.
fn differences<'n>(old: &str, new: &'n str) -> Vec<(u32, u32, &'n str)> {
    let (before, after) = (starts(old), starts(new));
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let place = |starts: &[usize], line: usize| starts.get(line).copied().unwrap_or_default();
    let diff = TextDiff::from_lines(old, new);
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    changed
        .map(|op| {
            let (left, right) = (op.old_range(), op.new_range());
            let text = new.get(place(&after, right.start)..place(&after, right.end)).unwrap_or_default();
            (byte(place(&before, left.start)), byte(place(&before, left.end)), text)
        })
        .collect()
}

/// The byte at which each line starts, and the text's end.
fn starts(text: &str) -> Vec<usize> {
    let ends = text.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some(*at)
    });
    std::iter::once(0).chain(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::formatting;
    use crate::fixture::Fixture;

    fn applied(text: &str, lines: Option<(u32, u32)>) -> String {
        let fixture = Fixture::file(text);
        let mut edits = formatting(&fixture.snapshot().folders[0].files[0], lines);
        edits.reverse();
        let mut text = text.to_owned();
        for edit in edits {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        text
    }

    const TEXT: &str = "store a: sqlite {url=env.A}\n\n\n\nwave one {\nmove=datasets\n  soak     = 5m\n}\n\nwave two after   one {\n  soak = 1h\n}\n";

    #[test]
    fn replacements_make_what_the_formatter_makes() {
        assert_eq!(applied(TEXT, None), mig_lang::format(TEXT));
        let formatted = mig_lang::format(TEXT);
        assert_eq!(applied(&formatted, None), formatted);
        let fixture = Fixture::file(&formatted);
        assert_eq!(formatting(&fixture.snapshot().folders[0].files[0], None), []);
    }

    #[test]
    fn only_the_lines_asked_for_change() {
        let only = applied(TEXT, Some((9, 9)));
        assert_eq!(only, TEXT.replace("after   one", "after one"));
    }
}
