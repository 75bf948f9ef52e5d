//! Alignment: takes the tokens of a line, cuts them into the cells that are aligned with those of its
//! neighbours, and prints them as wide as the group wants.

use super::spacing::flat;
use super::value::{self, Place};
use super::{push_blanks, push_padded, width};
use crate::token::{Token, TokenKind};

/// What a line is aligned with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Attribute,
    Column,
    Drop,
    Allow,
    Other,
}

/// The parts of a line that are aligned with those of other lines.
pub(super) struct Cells<'s, 't> {
    /// `name`, `name:`, `drop name` or `allow code`
    name: &'s [Token<'t>],
    /// Whether the name ends with a code, whose parts stand without blanks.
    code: bool,
    /// The type between `:` and `=`.
    ty: &'s [Token<'t>],
    /// `=`, where the line has one.
    mark: &'static str,
    /// The rest.
    value: &'s [Token<'t>],
    /// Whether the rest begins with a statement's word.
    statement: bool,
}

impl<'s, 't> Cells<'s, 't> {
    pub(super) fn of(kind: Kind, tokens: &'s [Token<'t>]) -> Self {
        let none: &'s [Token<'t>] = &[];
        let whole = Self {
            name: none,
            code: false,
            ty: none,
            mark: "",
            value: tokens,
            statement: kind == Kind::Other,
        };
        let remark = |tokens: &[Token<'_>]| tokens.iter().any(|token| token.kind == TokenKind::Comment);
        match kind {
            Kind::Other => whole,
            Kind::Drop => match tokens.split_at_checked(2) {
                Some((name, value)) if !remark(tokens) => {
                    Self { name, code: false, ty: none, mark: "", value, statement: false }
                }
                Some(_) | None => whole,
            },
            Kind::Allow => {
                let (name, value) = tokens.split_at(because(tokens));
                Self { name, code: true, ty: none, mark: "", value, statement: false }
            }
            Kind::Attribute | Kind::Column => {
                // A type has no `=` in it.
                let mark = tokens.iter().position(|token| token.text == "=").unwrap_or(tokens.len());
                let (left, right) = tokens.split_at(mark);
                if remark(left) {
                    return whole;
                }
                let named = if left.get(1).is_some_and(|token| token.text == ":") { 2 } else { 1 };
                let (name, ty) = left.split_at(named.min(left.len()));
                let (mark, value) = right.split_first().map_or(("", none), |(_, value)| ("=", value));
                Self { name, code: false, ty, mark, value, statement: false }
            }
        }
    }

    fn name(&self) -> String {
        if self.code { coded(self.name) } else { flat(self.name, false) }
    }

    pub(super) fn print(&self, out: &mut String, indent: usize, left: Left) {
        let start = out.len();
        let name = self.name();
        let ty = flat(self.ty, false);
        if ty.is_empty() {
            out.push_str(&name);
        } else {
            push_padded(out, &name, left.typed);
            out.push(' ');
            out.push_str(&ty);
        }
        if self.value.is_empty() {
            return;
        }
        if !name.is_empty() {
            let printed = width(&out[start..]);
            push_blanks(out, left.all().saturating_sub(printed) + 1);
        }
        if !self.mark.is_empty() {
            out.push_str(self.mark);
            out.push(' ');
        }
        let column = indent + width(&out[start..]);
        value::print(out, self.value, Place { column, indent, statement: self.statement });
    }
}

/// A statement on one line.
pub(super) fn one_line(kind: Kind, tokens: &[Token<'_>]) -> String {
    if kind != Kind::Allow {
        return flat(tokens, kind == Kind::Other);
    }
    let (name, value) = tokens.split_at(because(tokens));
    format!("{} {}", coded(name), flat(value, false))
}

/// Where the reason of an `allow` begins, behind its code.
fn because(tokens: &[Token<'_>]) -> usize {
    tokens.iter().rposition(|token| token.text == "because").unwrap_or(tokens.len())
}

/// `allow no-soak`: to the tokens, a code is words with marks between them.
fn coded(tokens: &[Token<'_>]) -> String {
    let Some((word, code)) = tokens.split_first() else { return String::new() };
    let code: String = code.iter().map(|token| token.text).collect();
    format!("{} {code}", word.text)
}

/// How wide the cells left of `=` or `because` are in a group of lines.
#[derive(Clone, Copy, Default)]
pub(super) struct Left {
    /// `name:`
    typed: usize,
    /// A type with a value behind it.
    ty: usize,
    /// `name` or `drop name` without type.
    untyped: usize,
}

impl Left {
    pub(super) fn of(kind: Kind, tokens: &[Token<'_>]) -> Self {
        let cells = Cells::of(kind, tokens);
        let name = width(&cells.name());
        let valued = !cells.value.is_empty();
        match cells.ty {
            [] => Self { untyped: if valued { name } else { 0 }, ..Self::default() },
            ty => Self { typed: name, ty: if valued { width(&flat(ty, false)) } else { 0 }, untyped: 0 },
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            typed: self.typed.max(other.typed),
            ty: self.ty.max(other.ty),
            untyped: self.untyped.max(other.untyped),
        }
    }

    /// All that stands left of the mark.
    fn all(self) -> usize {
        let typed = if self.ty > 0 { self.typed + 1 + self.ty } else { 0 };
        typed.max(self.untyped)
    }
}
