//! Values: takes the tokens of a value or a statement, gives them on one line, or on several where they do
//! not fit: an expression before its loosest operators, a list with one element per line.

use super::spacing::{Spacing, ends_value, flat};
use super::{WIDTH, column, push_blanks, push_comment, width};
use crate::token::{Token, TokenKind};

/// Where and as what tokens are printed.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The column at which the first of them starts.
    pub(super) column: usize,
    /// The column at which their statement starts.
    pub(super) indent: usize,
    /// Whether the first word is a statement's.
    pub(super) statement: bool,
}

/// Prints a value or a statement at the end of `out`.
pub(super) fn print(out: &mut String, tokens: &[Token<'_>], place: Place) {
    if tokens.iter().any(|token| token.kind == TokenKind::Comment) {
        return as_lines(out, tokens, place);
    }
    let tokens: Vec<Token<'_>> =
        tokens.iter().filter(|token| token.kind != TokenKind::Newline).copied().collect();
    expression(out, &tokens, place);
}

/// Keeps the lines as they were broken, because comments stand between them.
fn as_lines(out: &mut String, tokens: &[Token<'_>], place: Place) {
    let mut depth = 0_usize;
    let mut spacing = Spacing::new(place.statement);
    let mut fresh = false;
    for token in tokens {
        if token.kind == TokenKind::Newline {
            fresh = true;
            continue;
        }
        let closes = matches!(token.text, ")" | "]");
        depth -= usize::from(closes && depth > 0);
        if fresh {
            out.push('\n');
            push_blanks(out, place.indent + 2 * if closes { depth } else { depth.max(1) });
        }
        match (token.kind == TokenKind::Comment, fresh) {
            (true, true) => out.push_str(token.text),
            (true, false) => push_comment(out, token.text),
            (false, true) => spacing.push_first(out, token),
            (false, false) => spacing.push(out, token),
        }
        depth += usize::from(matches!(token.text, "(" | "["));
        fresh = false;
    }
}

/// An expression, or several between commas.
fn expression(out: &mut String, tokens: &[Token<'_>], place: Place) {
    let begin = tokens.get(usize::from(place.statement));
    let choice = begin.is_some_and(|first| first.text == "if");
    part(out, tokens, place, choice);
}

/// A part of an expression. `choice` says that the whole expression begins with `if`, where alone a line
/// may begin with `then`.
fn part(out: &mut String, tokens: &[Token<'_>], place: Place, choice: bool) {
    let line = flat(tokens, place.statement);
    if place.column + width(&line) <= WIDTH {
        return out.push_str(&line);
    }
    let mut pieces = split(tokens, choice).into_iter();
    let (Some(first), Some(second)) = (pieces.next(), pieces.next()) else {
        return brackets(out, tokens, place);
    };
    let listed = first.last().is_some_and(|last| last.text == ",");
    part(out, first, place, choice);
    let indent = place.indent + 2;
    for piece in std::iter::once(second).chain(pieces) {
        out.push('\n');
        push_blanks(out, indent);
        let place = Place { column: indent, indent, statement: false };
        if listed {
            expression(out, piece, place);
            continue;
        }
        // The operator that begins the piece is printed with it and is no place to break.
        let words = if piece[0].text == "not" { 2 } else { 1 };
        let (operator, operand) = piece.split_at(words.min(piece.len()));
        let operator = flat(operator, false);
        out.push_str(&operator);
        out.push(' ');
        part(out, operand, Place { column: indent + width(&operator) + 1, ..place }, choice);
    }
}

/// Breaks the brackets that do not fit: one element per line, with a comma behind each, or what brackets
/// hold together.
fn brackets(out: &mut String, tokens: &[Token<'_>], place: Place) {
    let mut spacing = Spacing::new(place.statement);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        // Behind a value `(` holds arguments and `[` a key; elsewhere `[` holds elements.
        let listed = (token.text == "(") == spacing.calls();
        spacing.push(out, token);
        at += 1;
        if !matches!(token.text, "(" | "[") {
            continue;
        }
        let close = (at + closing(&tokens[at..])).min(tokens.len());
        let (inside, behind) = (&tokens[at..close], &tokens[(close + 1).min(tokens.len())..]);
        let fits = column(out) + width(&flat(inside, false)) < WIDTH;
        let others = behind.iter().any(|token| matches!(token.text, "(" | "["));
        if inside.is_empty() || fits && others {
            out.push_str(&flat(inside, false));
        } else {
            let indent = place.indent + 2;
            for element in elements(inside) {
                out.push('\n');
                push_blanks(out, indent);
                // The comma takes a column too.
                let place = Place { column: indent + usize::from(listed), indent, statement: false };
                expression(out, element, place);
                if listed {
                    out.push(',');
                }
            }
            out.push('\n');
            push_blanks(out, place.indent);
        }
        if let Some(close) = tokens.get(close) {
            spacing.push_first(out, close);
        }
        at = close + 1;
    }
}

/// How many tokens stand before the bracket that closes what is open.
fn closing(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" if depth == 0 => return at,
            ")" | "]" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The parts between commas outside inner brackets, without the commas.
fn elements<'s, 't>(tokens: &'s [Token<'t>]) -> Vec<&'s [Token<'t>]> {
    let mut depth = 0_usize;
    let parts = tokens.split(|token| {
        depth = deeper(depth, token);
        depth == 0 && token.text == ","
    });
    parts.filter(|part| !part.is_empty()).collect()
}

fn deeper(depth: usize, token: &Token<'_>) -> usize {
    match token.text {
        "(" | "[" => depth + 1,
        ")" | "]" => depth.saturating_sub(1),
        _ => depth,
    }
}

/// Where a line may be broken, the loosest first: behind a comma, before an operator.
const LOOSEST_FIRST: [&[&str]; 9] = [
    &[","],
    &["->", "for", "see"],
    &["where"],
    &["then", "else"],
    &["or"],
    &["and"],
    &["++"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Cuts at the loosest operators outside brackets.
fn split<'s, 't>(tokens: &'s [Token<'t>], choice: bool) -> Vec<&'s [Token<'t>]> {
    let mut depth = 0_usize;
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [before, token] = pair else { continue };
        depth = deeper(depth, before);
        if depth > 0 {
            continue;
        }
        let operates = match token.kind {
            TokenKind::Word if token.text == "then" => choice,
            // A word behind a dot is a name whatever it is, and `see` is no operator.
            TokenKind::Word if token.text == "see" => before.kind == TokenKind::Text,
            TokenKind::Word => before.text != ".",
            TokenKind::Mark => ends_value(tokens.get(at.wrapping_sub(1)), before),
            TokenKind::Backticked
            | TokenKind::Number
            | TokenKind::Text
            | TokenKind::Entity
            | TokenKind::Comment
            | TokenKind::Newline
            | TokenKind::Unknown => false,
        };
        let class = LOOSEST_FIRST.iter().position(|class| operates && class.contains(&token.text));
        let Some(class) = class else { continue };
        let cut = at + if token.text == "," { 2 } else { 1 };
        if cut < tokens.len() {
            cuts.push((class, cut));
        }
    }
    let loosest = cuts.iter().map(|(class, _)| *class).min();
    let mut pieces = Vec::new();
    let mut from = 0;
    for (_, cut) in cuts.into_iter().filter(|(class, _)| Some(*class) == loosest) {
        pieces.push(&tokens[from..cut]);
        from = cut;
    }
    pieces.push(&tokens[from..]);
    pieces
}
