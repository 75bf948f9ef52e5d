//! The formatter: takes the text of a file, gives it in the one style. It has no options, never fails,
//! gives its own output back unchanged, and loses nothing: every token and comment of the text is in its
//! output in the same order, but for commas that separate lines. What could not be read stays as it is.
//!
//! It prints tokens, not the tree; the tree only says where items, statements and broken parts are.

use crate::ast::{Header, Item};
use crate::token::{BLANKS, Token, TokenKind, Tokens};
use crate::{FileId, Span, parse};

mod align;
mod block;
mod spacing;
mod value;

use block::Block;
use spacing::flat;

/// How long a line may be before it is broken, where it can be.
const WIDTH: usize = 100;

/// Where a comment behind code starts, from 0, unless the code reaches that far.
const COMMENT: usize = 48;

/// The text in the one style.
pub fn format(text: &str) -> String {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n");
    let (file, _) = parse(FileId::default(), &text);
    let source = Source { text: &text, tokens: Tokens::new(&text).collect() };
    let mut units = units(&source, &file.items, &file.broken);
    separate(&mut units);
    print(&source, &units)
}

/// A text and its tokens.
struct Source<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
}

impl<'t> Source<'t> {
    /// The tokens from one byte to another.
    fn between(&self, start: usize, end: usize) -> &[Token<'t>] {
        let first = self.tokens.partition_point(|token| token.start < start);
        let last = self.tokens.partition_point(|token| token.start < end);
        self.tokens.get(first..last).unwrap_or_default()
    }

    /// The end of the comment that stands behind `at` on its line, or `at`.
    fn end_of_comment(&self, at: usize) -> usize {
        let behind = self.tokens.partition_point(|token| token.start < at);
        match self.tokens.get(behind) {
            Some(token) if token.kind == TokenKind::Comment => token.end(),
            Some(_) | None => at,
        }
    }

    /// A part as it stands, without blanks at the ends of its lines.
    fn verbatim(&self, start: usize, end: usize) -> String {
        let lines: Vec<&str> =
            self.text[start..end].split('\n').map(|line| line.trim_end_matches(BLANKS)).collect();
        lines.join("\n")
    }
}

/// A part of a file: what has a line of its own outside all items.
struct Unit<'a, 't> {
    /// Whether a blank line stands before it.
    blank: bool,
    part: Part<'a, 't>,
    /// The comment behind it.
    comment: Option<&'t str>,
}

enum Part<'a, 't> {
    Comment(&'t str),
    Broken(usize, usize),
    Item(ItemParts<'a, 't>),
}

/// An item that can be printed.
struct ItemParts<'a, 't> {
    item: &'a Item,
    /// `store lake:`
    name: String,
    /// `postgres`
    header: String,
    body: Block<'a, 't>,
    /// The body on one line, where it was on one and fits.
    line: Option<String>,
}

fn units<'a, 't>(source: &'a Source<'t>, items: &'a [Item], broken: &[Span]) -> Vec<Unit<'a, 't>> {
    let mut parts: Vec<(usize, usize, Option<&Item>)> = Vec::new();
    parts.extend(items.iter().map(|item| (item.span.start as usize, item.span.end as usize, Some(item))));
    parts.extend(broken.iter().map(|span| (span.start as usize, span.end as usize, None)));
    parts.sort_by_key(|(start, _, _)| *start);
    let mut units: Vec<Unit<'a, 't>> = Vec::new();
    let mut at = 0;
    for (start, end, item) in parts {
        let newlines = comments(source.between(at, start), &mut units);
        let end = start + source.text[start..end].trim_end_matches(BLANKS).len();
        let start = end - source.text[start..end].trim_start_matches(BLANKS).len();
        let part = match item.and_then(|item| item_parts(source, item, end)) {
            Some(item) => Part::Item(item),
            None => Part::Broken(start, end),
        };
        units.push(Unit { blank: newlines > 1, part, comment: None });
        at = end;
    }
    comments(source.between(at, source.text.len()), &mut units);
    units
}

/// Adds what stands between items; gives the number of line ends behind the last of it.
fn comments<'t>(tokens: &[Token<'t>], units: &mut Vec<Unit<'_, 't>>) -> usize {
    let mut newlines = 0;
    for token in tokens {
        if token.kind != TokenKind::Comment {
            newlines += 1;
            continue;
        }
        match units.last_mut() {
            Some(last) if newlines == 0 => last.comment = Some(token.text),
            Some(_) | None => {
                let part = Part::Comment(token.text);
                units.push(Unit { blank: newlines > 1, part, comment: None });
            }
        }
        newlines = 0;
    }
    newlines
}

/// What an item is printed from; `None` when it is to be left as it stands.
fn item_parts<'a, 't>(source: &'a Source<'t>, item: &'a Item, end: usize) -> Option<ItemParts<'a, 't>> {
    let tokens = source.between(item.span.start as usize, end);
    let count = |mark: &str| tokens.iter().filter(|token| token.text == mark).count();
    let open = tokens.iter().position(|token| token.text == "{")?;
    let close = tokens.last().filter(|last| last.text == "}")?;
    if matches!(item.header, Header::Broken(_)) || count("{") != count("}") {
        return None;
    }
    let header: Vec<Token<'t>> =
        tokens[..open].iter().filter(|token| token.kind != TokenKind::Newline).copied().collect();
    let remarks = header.iter().filter(|token| token.kind == TokenKind::Comment).map(|token| token.text);
    let body = Block::new(source, (tokens[open], *close), block::statements(&item.body), remarks.collect());
    let header: Vec<Token<'t>> =
        header.into_iter().filter(|token| token.kind != TokenKind::Comment).collect();
    let named = if header.get(2).is_some_and(|token| token.text == ":") { 3 } else { 2 };
    let (name, header) = header.split_at_checked(named)?;
    let (name, header) = (flat(name, false), flat(header, false));
    let line = body.on_one_line(source).filter(|line| {
        let header_width = if header.is_empty() { 0 } else { 1 + width(&header) };
        width(&name) + header_width + 1 + width(line) <= WIDTH
    });
    Some(ItemParts { item, name, header, body, line })
}

/// Decides where blank lines stand: one around each item of several lines and the comments right above it,
/// none between a doc comment and its item, elsewhere as it was.
fn separate(units: &mut [Unit<'_, '_>]) {
    let mut tall = vec![false; units.len()];
    for at in (0..units.len()).rev() {
        tall[at] = match &units[at].part {
            Part::Item(item) => item.line.is_none(),
            Part::Broken(..) => false,
            Part::Comment(text) => {
                units.get(at + 1).is_some_and(|below| is_doc(text) || !below.blank) && tall[at + 1]
            }
        };
    }
    for at in 1..units.len() {
        let blank = units[at].blank;
        units[at].blank = match (&units[at - 1].part, &units[at].part) {
            (Part::Comment(above), _) if is_doc(above) => false,
            (Part::Comment(_), _) | (Part::Broken(..), _) | (_, Part::Broken(..)) => blank,
            (Part::Item(above), _) => blank || above.line.is_none() || tall[at],
        };
    }
}

fn is_doc(comment: &str) -> bool {
    comment.starts_with("///") && !comment.starts_with("////")
}

fn print(source: &Source<'_>, units: &[Unit<'_, '_>]) -> String {
    let mut out = String::with_capacity(source.text.len());
    let widths = aligned(units);
    for (at, unit) in units.iter().enumerate() {
        if unit.blank && at > 0 {
            out.push('\n');
        }
        match &unit.part {
            Part::Comment(text) => out.push_str(text),
            Part::Broken(start, end) => out.push_str(&source.verbatim(*start, *end)),
            Part::Item(item) => print_item(source, &mut out, item, widths[at]),
        }
        if let Some(comment) = unit.comment {
            push_comment(&mut out, comment);
        }
        out.push('\n');
    }
    out
}

/// How wide names and headers of items are printed: items of one line and one kind are aligned, if no blank
/// line and nothing but comments stands between them.
fn aligned(units: &[Unit<'_, '_>]) -> Vec<(usize, usize)> {
    let mut widths = vec![(0, 0); units.len()];
    let mut group: Vec<usize> = Vec::new();
    let mut kind = None;
    for at in 0..=units.len() {
        let this = units.get(at).map(|unit| match &unit.part {
            Part::Comment(_) => kind,
            Part::Item(item) if item.line.is_some() => Some(item.item.keyword.value),
            Part::Item(_) | Part::Broken(..) => None,
        });
        let goes_on = this.is_some_and(|this| this == kind) && !units[at].blank;
        if !goes_on {
            let widest =
                group.iter().fold((0, 0), |widest: (usize, usize), member| match &units[*member].part {
                    Part::Item(item) => (widest.0.max(width(&item.name)), widest.1.max(width(&item.header))),
                    Part::Comment(_) | Part::Broken(..) => widest,
                });
            group.drain(..).for_each(|member| widths[member] = widest);
            kind = this.flatten();
        }
        group.push(at);
    }
    widths
}

fn print_item(
    source: &Source<'_>,
    out: &mut String,
    item: &ItemParts<'_, '_>,
    (name, header): (usize, usize),
) {
    let Some(line) = &item.line else {
        out.push_str(&item.name);
        if !item.header.is_empty() {
            out.push(' ');
            out.push_str(&item.header);
        }
        out.push(' ');
        return item.body.print(source, out, 0);
    };
    push_padded(out, &item.name, name);
    if header > 0 {
        out.push(' ');
        push_padded(out, &item.header, header);
    }
    out.push(' ');
    out.push_str(line);
}

/// How many columns a text takes.
fn width(text: &str) -> usize {
    text.chars().count()
}

fn push_padded(out: &mut String, text: &str, to: usize) {
    out.push_str(text);
    push_blanks(out, to.saturating_sub(width(text)));
}

fn push_blanks(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// The column at which the next character is printed.
fn column(out: &str) -> usize {
    width(out.rsplit('\n').next().unwrap_or_default())
}

/// A comment behind code.
fn push_comment(out: &mut String, comment: &str) {
    let column = column(out);
    push_blanks(out, COMMENT.saturating_sub(column).max(2));
    out.push_str(comment);
}
