//! Applies changes: takes a text and the edits of a fix in it, gives the text as it is then, and where its places went.

use std::ops::Range;

use crate::token::{TokenKind, Tokens};
use crate::{Edit, Span};

/// The text with these edits, which may stand in any order. A line that an edit empties goes with it, and a new line
/// is begun behind the comment of the one before. `None` when two of them overlap, or one lies outside the text.
pub fn apply(text: &str, edits: &[&Edit]) -> Option<String> {
    Applied::new(text, edits).map(|applied| applied.text)
}

/// A text that was changed, and where its places went.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The text as it is now.
    pub text: String,
    /// What was replaced, and by what, in order.
    replaced: Vec<(Range<usize>, Range<usize>)>,
}

impl Applied {
    /// The text with these edits, as [`apply`] gives it.
    pub fn new(text: &str, edits: &[&Edit]) -> Option<Self> {
        let mut ordered = edits.to_vec();
        ordered.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut out = String::with_capacity(text.len());
        let mut replaced = Vec::with_capacity(ordered.len());
        let mut at = 0;
        for edit in ordered {
            let (start, end) = (edit.span.start as usize, edit.span.end as usize);
            if start < at || end < start {
                return None;
            }
            text.get(start..end)?;
            let (start, end) = if edit.text.is_empty() {
                widened(text, at, start, end)
            } else {
                let behind = behind_comment(text, edit) as usize;
                if start == end { (behind, behind) } else { (start, end) }
            };
            out.push_str(text.get(at..start)?);
            let from = out.len();
            out.push_str(&edit.text);
            replaced.push((start..end, from..out.len()));
            at = end;
        }
        out.push_str(text.get(at..)?);
        Some(Self { text: out, replaced })
    }

    /// Where a place of the old text is now; the start of what replaced it, if it was replaced.
    pub fn place(&self, at: u32) -> u32 {
        let at = at as usize;
        let now = match self.replaced.iter().rfind(|(old, _)| old.start <= at) {
            Some((old, new)) if at < old.end => new.start,
            Some((old, new)) => new.end + (at - old.end),
            None => at,
        };
        u32::try_from(now).unwrap_or(u32::MAX)
    }
}

/// Where an edit begins that is to begin a new line: behind the comment that ends the line, if there is one, so that the
/// comment stays with what it is about. Any other edit begins where it says.
pub fn behind_comment(text: &str, edit: &Edit) -> u32 {
    let Span { start, end, .. } = edit.span;
    let rest = text.get(end as usize..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
    if start != end || !edit.text.starts_with('\n') || !rest.trim_start_matches([' ', '\t']).starts_with("//")
    {
        return start;
    }
    end + u32::try_from(rest.trim_end_matches('\r').len()).unwrap_or_default()
}

/// Whether two places have a byte in common, or one inserts inside the other; insertions at one point overlap,
/// since their order would be a guess.
pub fn overlap(a: Span, b: Span) -> bool {
    a.file == b.file && (a == b || (a.start < b.end && b.start < a.end))
}

/// The comments of a text, in order, without what stands around them.
pub fn comments(text: &str) -> Vec<&str> {
    Tokens::new(text).filter(|token| token.kind == TokenKind::Comment).map(|token| token.text).collect()
}

/// The whole lines that a removal would leave empty, else what it removes.
fn widened(text: &str, from: usize, start: usize, end: usize) -> (usize, usize) {
    let before = text.get(from..start).unwrap_or_default();
    let line = before.rfind('\n').map(|at| from + at + 1).or((from == 0).then_some(0));
    let behind = text.get(end..).unwrap_or_default();
    let Some(line) = line else { return (start, end) };
    let blank = |part: &str| part.chars().all(|letter| matches!(letter, ' ' | '\t' | '\r'));
    let rest = behind.split('\n').next().unwrap_or_default();
    if start == end || !blank(text.get(line..start).unwrap_or_default()) || !blank(rest) {
        return (start, end);
    }
    (line, (end + rest.len() + 1).min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::{Applied, apply, overlap};
    use crate::{Edit, FileId, Span};

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { span: Span { file: FileId(0), start, end }, text: text.to_owned() }
    }

    fn applied(text: &str, edits: &[Edit]) -> Option<String> {
        apply(text, &edits.iter().collect::<Vec<_>>())
    }

    #[test]
    fn edits_may_stand_in_any_order() {
        let edits = [edit(4, 5, "y"), edit(0, 1, "xx"), edit(2, 2, "+")];
        assert_eq!(applied("a b c", &edits).as_deref(), Some("xx +b y"));
    }

    #[test]
    fn a_line_that_is_emptied_goes() {
        assert_eq!(applied("{\n  a\n  b\n}\n", &[edit(4, 5, "")]).as_deref(), Some("{\n  b\n}\n"));
        assert_eq!(applied("a, b\n", &[edit(1, 4, "")]).as_deref(), Some("a\n"));
        assert_eq!(applied("a // why\nb\n", &[edit(0, 1, "")]).as_deref(), Some(" // why\nb\n"));
    }

    #[test]
    fn a_comment_stays_with_its_line() {
        let text = "  a // why\n  b\n";
        assert_eq!(applied(text, &[edit(3, 3, "\n  c")]).as_deref(), Some("  a // why\n  c\n  b\n"));
        assert_eq!(applied(text, &[edit(3, 3, ", c")]).as_deref(), Some("  a, c // why\n  b\n"));
    }

    #[test]
    fn places_move_with_what_is_before_them() {
        let edits = [edit(0, 1, "xxx"), edit(2, 2, "+")];
        let applied = Applied::new("a b c", &edits.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(applied.text, "xxx +b c");
        assert_eq!([0, 1, 2, 4].map(|at| applied.place(at)), [0, 3, 5, 7]);
    }

    #[test]
    fn what_cannot_be_applied_is_not() {
        assert_eq!(applied("abc", &[edit(0, 2, ""), edit(1, 3, "")]), None);
        assert_eq!(applied("abc", &[edit(2, 9, "")]), None);
        assert_eq!(applied("é", &[edit(1, 2, "")]), None);
        assert_eq!(applied("abc", &[edit(2, 1, "")]), None);
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let span = |start, end| Span { file: FileId(0), start, end };
        assert!(overlap(span(0, 2), span(1, 3)));
        assert!(overlap(span(1, 1), span(0, 2)));
        assert!(overlap(span(1, 1), span(1, 1)));
        assert!(!overlap(span(0, 2), span(2, 4)));
        assert!(!overlap(span(2, 2), span(2, 4)));
    }
}
