//! Spacing: takes tokens, gives them on one line with the blanks that the style wants between them.

use std::borrow::Cow;

use crate::token::{Token, TokenKind, is_spaced_unit};
use crate::words::{OPERATORS, needs_backticks};

/// Tokens on one line. `statement` says that the first word is a statement's, as `require` is, and no
/// function's; a comma before a closing bracket is left out.
pub(super) fn flat(tokens: &[Token<'_>], statement: bool) -> String {
    let mut out = String::new();
    let mut spacing = Spacing::new(statement);
    let mut tokens = tokens.iter().filter(|token| token.kind != TokenKind::Newline).peekable();
    while let Some(token) = tokens.next() {
        let closes = tokens.peek().is_some_and(|next| matches!(next.text, ")" | "]"));
        if !(token.text == "," && closes) {
            spacing.push(&mut out, token);
        }
    }
    out
}

/// What the next blank depends on.
pub(super) struct Spacing<'t> {
    before: Option<Token<'t>>,
    /// Whether what is before is a prefix, to which its operand sticks.
    prefix: bool,
    /// Whether the next word is a statement's.
    statement: bool,
    /// Whether what is before is a value, behind which `-` subtracts and `(` calls.
    value: bool,
}

impl<'t> Spacing<'t> {
    pub(super) fn new(statement: bool) -> Self {
        Self { before: None, prefix: false, statement, value: false }
    }

    /// Prints a token with the blank before it, if it has one.
    pub(super) fn push(&mut self, out: &mut String, token: &Token<'t>) {
        if self.wants_blank(token) {
            out.push(' ');
        }
        self.push_first(out, token);
    }

    /// Prints a token that is the first of its line.
    pub(super) fn push_first(&mut self, out: &mut String, token: &Token<'t>) {
        out.push_str(&canonical(token));
        self.prefix = token.text == "-" && !self.value;
        self.value = !self.statement && ends_value(self.before.as_ref(), token);
        // `freshness within (…)` has two words before its value.
        let two = self.statement && token.text == "freshness";
        self.statement = two;
        self.before = Some(*token);
    }

    /// Whether a bracket that comes next belongs to the value before it, as that of a call does.
    pub(super) fn calls(&self) -> bool {
        self.value
    }

    fn wants_blank(&self, token: &Token<'_>) -> bool {
        let Some(before) = self.before else { return false };
        match (before.text, token.text) {
            _ if self.prefix => false,
            ("(" | "[" | ".", _) | (_, ")" | "]" | "," | "." | ":" | "?") => false,
            (_, "(" | "[") => !self.value,
            _ => true,
        }
    }
}

/// Whether a value may end with a token, given the one before it.
pub(super) fn ends_value(before: Option<&Token<'_>>, token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word => {
            !OPERATORS.contains(&token.text) || before.is_some_and(|before| before.text == ".")
        }
        TokenKind::Mark => matches!(token.text, ")" | "]"),
        TokenKind::Backticked | TokenKind::Number | TokenKind::Text | TokenKind::Entity => true,
        TokenKind::Comment | TokenKind::Newline | TokenKind::Unknown => false,
    }
}

/// A token as the style writes it: names without needless backticks, one blank before a unit that has one.
fn canonical<'t>(token: &Token<'t>) -> Cow<'t, str> {
    let text = token.text;
    match token.kind {
        TokenKind::Backticked => {
            let name = text.trim_matches('`');
            Cow::Borrowed(if needs_backticks(name) { text } else { name })
        }
        TokenKind::Number => {
            let Some(at) = text.find(|letter: char| !(letter.is_ascii_digit() || "_.".contains(letter)))
            else {
                return Cow::Borrowed(text);
            };
            let (digits, unit) = text.split_at(at);
            let unit = unit.trim_start();
            if is_spaced_unit(unit) { Cow::Owned(format!("{digits} {unit}")) } else { Cow::Borrowed(text) }
        }
        TokenKind::Word
        | TokenKind::Text
        | TokenKind::Entity
        | TokenKind::Mark
        | TokenKind::Comment
        | TokenKind::Newline
        | TokenKind::Unknown => Cow::Borrowed(text),
    }
}
