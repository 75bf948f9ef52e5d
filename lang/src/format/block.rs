//! Bodies: takes what stands between two braces, gives its lines, with `:`, `=` and `because` aligned.
//!
//! Consecutive lines of one kind are aligned with one another. A blank line or a line of another kind ends
//! the alignment; a comment and a line that could not be read do not.

use super::align::{Cells, Kind, Left, one_line};
use super::{Source, WIDTH, push_blanks, push_comment, width};
use crate::ast::{Columns, Statement};
use crate::token::{Token, TokenKind};

/// What stands between two braces, braces included.
pub(super) struct Block<'a, 't> {
    /// The comment behind the opening brace.
    comment: Option<&'t str>,
    lines: Vec<Line<'a, 't>>,
    /// Whether both braces stand on one line of the text.
    one_line: bool,
}

/// One line of a body.
struct Line<'a, 't> {
    /// Whether a blank line stands before it.
    blank: bool,
    entry: Entry<'a, 't>,
    /// Whether the comma behind it is kept: without it the next line could be read as its continuation.
    comma: bool,
    /// The comment behind it.
    comment: Option<&'t str>,
}

enum Entry<'a, 't> {
    /// A comment on a line of its own.
    Comment(&'t str),
    /// What could not be read, as it stands, with the comment behind it.
    Verbatim(usize, usize),
    /// A statement or a column.
    Tokens(Kind, &'a [Token<'t>]),
    /// `columns { … }`
    Columns(Block<'a, 't>),
}

/// A part of a body and where it stands.
pub(super) struct Part<'a> {
    start: usize,
    end: usize,
    form: Form<'a>,
}

impl Part<'_> {
    /// Whether it could be read as the end of an expression before it.
    fn may_continue(&self, source: &Source<'_>) -> bool {
        let first = source.between(self.start, self.end).first();
        matches!(self.form, Form::Verbatim) || first.is_some_and(|first| first.text == "then")
    }
}

/// The commas before a part that could be read as the end of an expression without them.
enum Commas {
    None,
    /// One, at the end of the line before.
    OneBehind,
    /// Others, the first of which is that token; they stay with the part.
    Before(usize),
}

impl Commas {
    fn of(between: &[Token<'_>]) -> Self {
        let Some(first) = between.iter().position(|token| token.text == ",") else { return Self::None };
        let breaks = |tokens: &[Token<'_>]| tokens.iter().any(|token| token.kind == TokenKind::Newline);
        let (before, behind) = between.split_at(first);
        let one = behind.iter().filter(|token| token.text == ",").count() == 1;
        if one && !breaks(before) && breaks(behind) { Self::OneBehind } else { Self::Before(first) }
    }
}

#[derive(Clone, Copy)]
enum Form<'a> {
    Tokens(Kind),
    Columns(&'a Columns),
    Verbatim,
}

/// The parts of an item's body, in order; those inside `columns` come with it and by themselves.
pub(super) fn statements(body: &[Statement]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = body.iter().map(statement).collect();
    parts.sort_by_key(|part| (part.start, std::cmp::Reverse(part.end)));
    parts
}

fn statement(statement: &Statement) -> Part<'_> {
    let form = match statement {
        Statement::Attribute(_) => Form::Tokens(Kind::Attribute),
        Statement::Columns(columns) => Form::Columns(columns),
        Statement::Drop(_) => Form::Tokens(Kind::Drop),
        Statement::Allow(_) => Form::Tokens(Kind::Allow),
        Statement::Check(_) | Statement::When(_) | Statement::Then(_) | Statement::Irreversible { .. } => {
            Form::Tokens(Kind::Other)
        }
        Statement::Broken(_) => Form::Verbatim,
    };
    let span = statement.span();
    let whole = matches!(form, Form::Columns(_)) || statement.is_whole();
    let form = if whole { form } else { Form::Verbatim };
    Part { start: span.start as usize, end: span.end as usize, form }
}

impl<'a, 't> Block<'a, 't> {
    /// The lines between two braces: `parts` and the comments around them. `remarks` are comments that
    /// stand before the opening brace and are moved behind it.
    pub(super) fn new(
        source: &'a Source<'t>,
        (open, close): (Token<'t>, Token<'t>),
        parts: Vec<Part<'a>>,
        remarks: Vec<&'t str>,
    ) -> Self {
        let one_line = !source.text[open.start..close.end()].contains('\n');
        let mut block = Self { comment: None, lines: Vec::new(), one_line };
        let mut remarks = remarks.into_iter();
        block.comment = remarks.next();
        for remark in remarks {
            block.push(0, Entry::Comment(remark));
        }
        let mut newlines = 0;
        let mut at = open.end();
        let mut parts = parts.into_iter().peekable();
        while let Some(part) = parts.next() {
            let mut part = part;
            let mut between = source.between(at, part.start);
            if part.may_continue(source) {
                match Commas::of(between) {
                    Commas::None => {}
                    Commas::OneBehind => block.keep_comma(),
                    Commas::Before(first) => {
                        part = Part { start: between[first].start, form: Form::Verbatim, ..part };
                        between = &between[..first];
                    }
                }
            }
            newlines = block.comments(between, newlines);
            at = part.end;
            let entry = match part.form {
                Form::Columns(columns) => {
                    let mut inner: Vec<Part<'a>> = columns.columns.iter().map(column).collect();
                    while let Some(broken) = parts.next_if(|broken| broken.end <= part.end) {
                        inner.push(broken);
                    }
                    inner.sort_by_key(|part| part.start);
                    columns_block(source, part.start, part.end, inner)
                }
                Form::Tokens(kind) => Entry::Tokens(kind, source.between(part.start, part.end)),
                Form::Verbatim => {
                    at = source.end_of_comment(part.end);
                    Entry::Verbatim(part.start, at)
                }
            };
            block.push(newlines, entry);
            newlines = 0;
        }
        block.comments(source.between(at, close.start), newlines);
        block
    }

    /// Adds the comments between two parts; gives the number of line ends behind the last of them.
    fn comments(&mut self, tokens: &[Token<'t>], mut newlines: usize) -> usize {
        for token in tokens {
            let text = token.text;
            match token.kind {
                TokenKind::Newline => newlines += 1,
                TokenKind::Comment if newlines == 0 && self.behind().is_none() => *self.behind() = Some(text),
                TokenKind::Comment => {
                    self.push(newlines, Entry::Comment(text));
                    newlines = 0;
                }
                // Commas between lines are the only other tokens here.
                TokenKind::Word
                | TokenKind::Backticked
                | TokenKind::Number
                | TokenKind::Text
                | TokenKind::Entity
                | TokenKind::Mark
                | TokenKind::Unknown => {}
            }
        }
        newlines
    }

    /// Adds a line behind that many line ends.
    fn push(&mut self, newlines: usize, entry: Entry<'a, 't>) {
        let blank = newlines > 1 && !self.lines.is_empty();
        self.lines.push(Line { blank, entry, comma: false, comment: None });
    }

    /// Keeps the comma behind the last line that is no comment.
    fn keep_comma(&mut self) {
        let last = self.lines.iter_mut().rev().find(|line| !matches!(line.entry, Entry::Comment(_)));
        if let Some(line) = last {
            line.comma = true;
        }
    }

    /// The comment behind the last line.
    fn behind(&mut self) -> &mut Option<&'t str> {
        self.lines.last_mut().map_or(&mut self.comment, |line| &mut line.comment)
    }

    /// The block on one line, if it was on one.
    pub(super) fn on_one_line(&self, source: &Source<'t>) -> Option<String> {
        if self.lines.is_empty() && self.comment.is_none() {
            return Some("{}".to_owned());
        }
        if !self.one_line || self.comment.is_some() {
            return None;
        }
        let mut out = "{".to_owned();
        for (at, line) in self.lines.iter().enumerate() {
            let part = match &line.entry {
                Entry::Comment(_) => return None,
                Entry::Verbatim(start, end) => source.verbatim(*start, *end),
                Entry::Tokens(kind, tokens) => one_line(*kind, tokens),
                Entry::Columns(block) => format!("columns {}", block.on_one_line(source)?),
            };
            // What could not be read may bring its comma along.
            out.push_str(if at == 0 {
                " "
            } else if part.starts_with(',') {
                ""
            } else {
                ", "
            });
            out.push_str(&part);
        }
        out.push_str(" }");
        Some(out)
    }

    /// Prints the block with one line each, braces included; `indent` is that of the line it ends.
    pub(super) fn print(&self, source: &Source<'t>, out: &mut String, indent: usize) {
        out.push('{');
        if let Some(comment) = self.comment {
            push_comment(out, comment);
        }
        out.push('\n');
        let lefts = self.alignments();
        for (line, left) in self.lines.iter().zip(lefts) {
            if line.blank {
                out.push('\n');
            }
            push_blanks(out, indent + 2);
            line.print(source, out, indent + 2, left);
            if line.comma {
                out.push(',');
            }
            if let Some(comment) = line.comment {
                push_comment(out, comment);
            }
            out.push('\n');
        }
        push_blanks(out, indent);
        out.push('}');
    }

    /// For each line the width of what stands left of its alignment.
    fn alignments(&self) -> Vec<Left> {
        let mut lefts = vec![Left::default(); self.lines.len()];
        let mut group: Vec<usize> = Vec::new();
        let mut kind = None;
        for at in 0..=self.lines.len() {
            let this = self.lines.get(at).and_then(|line| match &line.entry {
                Entry::Comment(_) | Entry::Verbatim(..) => kind,
                Entry::Tokens(this, _) => Some(*this),
                Entry::Columns(_) => None,
            });
            let goes_on = this == kind && self.lines.get(at).is_some_and(|line| !line.blank);
            if !goes_on {
                let widest =
                    group.iter().fold(Left::default(), |widest, member| match &self.lines[*member].entry {
                        Entry::Tokens(kind, tokens) => widest.or(Left::of(*kind, tokens)),
                        Entry::Comment(_) | Entry::Verbatim(..) | Entry::Columns(_) => widest,
                    });
                group.drain(..).for_each(|member| lefts[member] = widest);
                kind = this;
            }
            group.push(at);
        }
        lefts
    }
}

fn column(column: &crate::ast::Column) -> Part<'_> {
    let whole = column.value.as_ref().is_none_or(crate::ast::Expr::is_whole);
    let form = if whole { Form::Tokens(Kind::Column) } else { Form::Verbatim };
    Part { start: column.span.start as usize, end: column.span.end as usize, form }
}

fn columns_block<'a, 't>(
    source: &'a Source<'t>,
    start: usize,
    end: usize,
    parts: Vec<Part<'a>>,
) -> Entry<'a, 't> {
    let tokens = source.between(start, end);
    let open = tokens.iter().find(|token| token.text == "{");
    // On a line of its own a `drop` would end the block.
    let starts_with_drop = |part: &Part<'_>| source.text[part.start..].starts_with("drop");
    if parts.iter().any(|part| matches!(part.form, Form::Verbatim) && starts_with_drop(part)) {
        return Entry::Verbatim(start, end);
    }
    match (open, tokens.last().filter(|close| close.text == "}")) {
        (Some(open), Some(close)) => Entry::Columns(Block::new(source, (*open, *close), parts, Vec::new())),
        _ => Entry::Verbatim(start, end),
    }
}

impl<'t> Line<'_, 't> {
    fn print(&self, source: &Source<'t>, out: &mut String, indent: usize, left: Left) {
        match &self.entry {
            Entry::Comment(text) => out.push_str(text),
            Entry::Verbatim(start, end) => out.push_str(&source.verbatim(*start, *end)),
            Entry::Columns(block) => {
                out.push_str("columns ");
                match block
                    .on_one_line(source)
                    .filter(|line| indent + width("columns ") + width(line) <= WIDTH)
                {
                    Some(line) => out.push_str(&line),
                    None => block.print(source, out, indent),
                }
            }
            Entry::Tokens(kind, tokens) => Cells::of(*kind, tokens).print(out, indent, left),
        }
    }
}
