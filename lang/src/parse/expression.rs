//! Expressions: takes the flat list of operands and operators that the grammar gives, climbs the
//! precedences, gives one tree. Loosest first:
//!
//! `->` · `where` · `else`, `if` · `or` · `and` · `not` · comparisons, `in` · `++` · `+ -` · `* / %` · `-x` · call, index
//!
//! Comparisons do not chain. The height of a tree is capped, because whoever walks it recurses.

use std::iter::{Filter, Peekable};

use pest::iterators::{Pair, Pairs};

use super::depth::MAX_DEPTH;
use super::slips::listed_with_comma;
use super::{Reader, Rule};
use crate::ast::{Argument, BinaryOperator, Expr, ExprKind, Literal, Name, UnaryOperator};
use crate::words::CONSTANTS;
use crate::{Diagnostic, Span, Spanned};

/// How high a tree may grow.
const MAX_HEIGHT: u16 = 256;

/// How tight an operator binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Move,
    Where,
    Else,
    Or,
    And,
    Not,
    Compare,
    Concat,
    Add,
    Multiply,
    Negate,
}

impl Level {
    /// The next tighter level.
    fn tighter(self) -> Self {
        match self {
            Self::Move => Self::Where,
            Self::Where => Self::Else,
            Self::Else => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Compare,
            Self::Compare => Self::Concat,
            Self::Concat => Self::Add,
            Self::Add => Self::Multiply,
            Self::Multiply | Self::Negate => Self::Negate,
        }
    }
}

/// What an infix operator makes.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOperator),
    NotIn,
    Else,
    Where,
    Move,
}

fn infix(written: &str) -> Option<(Infix, Level)> {
    use BinaryOperator as Op;
    Some(match written {
        "->" => (Infix::Move, Level::Move),
        "where" => (Infix::Where, Level::Where),
        "else" => (Infix::Else, Level::Else),
        "or" => (Infix::Binary(Op::Or), Level::Or),
        "and" => (Infix::Binary(Op::And), Level::And),
        "==" => (Infix::Binary(Op::Equal), Level::Compare),
        "!=" => (Infix::Binary(Op::NotEqual), Level::Compare),
        "<" => (Infix::Binary(Op::Less), Level::Compare),
        "<=" => (Infix::Binary(Op::LessOrEqual), Level::Compare),
        ">" => (Infix::Binary(Op::Greater), Level::Compare),
        ">=" => (Infix::Binary(Op::GreaterOrEqual), Level::Compare),
        "in" => (Infix::Binary(Op::In), Level::Compare),
        "++" => (Infix::Binary(Op::Concat), Level::Concat),
        "+" => (Infix::Binary(Op::Add), Level::Add),
        "-" => (Infix::Binary(Op::Subtract), Level::Add),
        "*" => (Infix::Binary(Op::Multiply), Level::Multiply),
        "/" => (Infix::Binary(Op::Divide), Level::Multiply),
        "%" => (Infix::Binary(Op::Remainder), Level::Multiply),
        _ if written.starts_with("not") => (Infix::NotIn, Level::Compare),
        _ => return None,
    })
}

/// An expression and how high its tree is.
struct Built {
    expr: Expr,
    height: u16,
}

/// The expression is reported and given up.
struct GivenUp;

type Climbed = Result<Built, GivenUp>;

/// The pairs of a list without its comments.
type Parts<'p> = Filter<Pairs<'p, Rule>, fn(&Pair<'p, Rule>) -> bool>;

fn parts<'p>(pair: Pair<'p, Rule>) -> Parts<'p> {
    pair.into_inner().filter(|part| part.as_rule() != Rule::comment)
}

/// A walk over one flat list.
struct Climb<'r, 't, 'p> {
    reader: &'r mut Reader<'t>,
    parts: Peekable<Parts<'p>>,
    whole: Span,
    /// How deep the walk is inside `if`, `else` and brackets, which recurse before any height is known.
    depth: usize,
    /// Whether an `else` belongs to the value on its left; not so in the `then` branch of an `if`.
    else_is_mine: bool,
}

impl<'t> Reader<'t> {
    /// One value of an attribute: an expression, or `old -> new`.
    pub(super) fn attribute_value(&mut self, pair: Pair<'_, Rule>) -> Expr {
        self.climb(pair, Level::Move)
    }

    /// An expression.
    pub(super) fn expression(&mut self, pair: Pair<'_, Rule>) -> Expr {
        self.climb(pair, Level::Where)
    }

    fn climb(&mut self, pair: Pair<'_, Rule>, level: Level) -> Expr {
        self.built(pair, level, 0)
            .map_or_else(|whole| Expr { kind: ExprKind::Broken, span: whole }, |built| built.expr)
    }

    fn built(&mut self, pair: Pair<'_, Rule>, level: Level, depth: usize) -> Result<Built, Span> {
        let whole = self.span_of(&pair);
        let mut climb =
            Climb { reader: self, parts: parts(pair).peekable(), whole, depth, else_is_mine: true };
        climb.all(level).map_err(|GivenUp| whole)
    }

    /// `condition else "message"`, as `require` has it: the `else` is not the condition's.
    pub(super) fn condition_and_message(&mut self, pair: Pair<'_, Rule>) -> Option<(Expr, Spanned<String>)> {
        let whole = self.span_of(&pair);
        let mut climb =
            Climb { reader: self, parts: parts(pair).peekable(), whole, depth: 0, else_is_mine: false };
        let condition = climb.level(Level::Or).ok()?.expr;
        let behind = Span { start: condition.span.end, end: condition.span.end, ..whole };
        match climb.parts.next() {
            Some(part) if part.as_str() == "else" => {
                climb.else_is_mine = true;
                let message = climb.all(Level::Else).ok()?.expr;
                if let Some(text) = Reader::text_of(&message) {
                    return Some((condition, text));
                }
                let wrong =
                    Diagnostic::error("syntax", message.span, "expected the message, a text, after `else`");
                let help = "what follows `else` is said when the condition does not hold; an `else` of the condition needs brackets";
                self.report(wrong.help(help));
                None
            }
            Some(part) => {
                climb.leftover(&part);
                None
            }
            None => {
                let wrong =
                    Diagnostic::error("syntax", behind, "expected `else` and a message after the condition");
                let help = "write `else \"…\"` with what to say when the condition does not hold";
                self.report(wrong.help(help));
                None
            }
        }
    }
}

impl Climb<'_, '_, '_> {
    /// The whole list.
    fn all(&mut self, level: Level) -> Climbed {
        let built = self.level(level)?;
        match self.parts.next() {
            None => Ok(built),
            Some(part) => {
                self.leftover(&part);
                Err(GivenUp)
            }
        }
    }

    /// Reports an operator that has no place where it stands.
    fn leftover(&mut self, part: &Pair<'_, Rule>) {
        let span = self.reader.span_of(part);
        let diagnostic = match part.as_str() {
            "then" => Diagnostic::error("syntax", span, "`then` without an `if` before it")
                .help("a choice is written `if condition then value else other`"),
            "else" => Diagnostic::error("syntax", span, "this `else` belongs to no value")
                .help("put brackets around the value and its `else`"),
            "where" => Diagnostic::error("syntax", span, "a selection has one `where`")
                .help("join the conditions with `and`"),
            "->" => Diagnostic::error(
                "syntax",
                span,
                "`->` stands only between an old and a new entity or place",
            )
            .help("compare with `>`; a move is the whole value of an attribute: `entity = @old -> @new`"),
            other => Diagnostic::error("syntax", span, format!("unexpected `{other}`")),
        };
        self.reader.report(diagnostic);
    }

    fn peek_infix(&mut self) -> Option<(Infix, Level)> {
        let part = self.parts.peek()?;
        if part.as_rule() == Rule::operator { infix(part.as_str()) } else { None }
    }

    /// Operators of this level and tighter ones.
    fn level(&mut self, least: Level) -> Climbed {
        let mut left = self.operand(least)?;
        let mut compared: Option<Span> = None;
        while let Some((operator, level)) = self.peek_infix() {
            if level < least || (matches!(operator, Infix::Else) && !self.else_is_mine) {
                break;
            }
            let Some(part) = self.parts.next() else { break };
            let span = self.reader.span_of(&part);
            if level == Level::Compare {
                if let Some(before) = compared {
                    self.chained(before, span);
                    return Err(GivenUp);
                }
                compared = Some(span);
            } else {
                compared = None;
            }
            // `else` takes what is on its right whole: `a else b else c` is `a else (b else c)`.
            let right = if level == Level::Else { self.deeper(level)? } else { self.level(level.tighter())? };
            left = self.join(left, operator, span, right)?;
            if level <= Level::Where {
                break;
            }
        }
        Ok(left)
    }

    /// A part that recurses as deep as the text wants.
    fn deeper(&mut self, least: Level) -> Climbed {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_high());
        }
        self.depth += 1;
        let built = self.level(least);
        self.depth -= 1;
        built
    }

    fn chained(&mut self, before: Span, again: Span) {
        let diagnostic = Diagnostic::error("chained-comparison", again, "comparisons do not chain")
            .here("a second comparison")
            .label(before, "the first one")
            .help("compare twice and join with `and`: `a < b and b < c`");
        let between =
            self.reader.text.get(before.end as usize..again.start as usize).unwrap_or_default().trim();
        // Only of a range is it known what is meant, and that no bracket is missing.
        let sign =
            |span: Span| self.reader.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let is_range = [['<', '='], ['>', '=']].iter().any(|signs| {
            [before, again]
                .iter()
                .all(|span| sign(*span).starts_with(signs[0]) && sign(*span).ends_with(signs))
        });
        if !is_range {
            return self.reader.report(diagnostic);
        }
        let at = Span { end: again.start, ..again };
        self.reader.report(diagnostic.certain("compare twice", at, format!("and {between} ")));
    }

    fn join(&mut self, left: Built, operator: Infix, at: Span, right: Built) -> Climbed {
        let span = left.expr.span.to(right.expr.span);
        let height = left.height.max(right.height);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        let binary =
            |value, left, right| ExprKind::Binary { operator: Spanned { value, span: at }, left, right };
        let kind = match operator {
            Infix::Binary(value) => binary(value, left, right),
            Infix::Else => ExprKind::Else { value: left, default: right },
            Infix::Where => ExprKind::Where { source: left, predicate: right },
            Infix::Move => ExprKind::Move { old: left, new: right },
            Infix::NotIn => {
                let inside = Expr { kind: binary(BinaryOperator::In, left, right), span };
                let operator = Spanned { value: UnaryOperator::Not, span: Span { end: at.start + 3, ..at } };
                ExprKind::Unary { operator, operand: Box::new(inside) }
            }
        };
        self.grown(kind, span, height)
    }

    /// A node over parts of that height.
    fn grown(&mut self, kind: ExprKind, span: Span, height: u16) -> Climbed {
        if height >= MAX_HEIGHT {
            return Err(self.too_high());
        }
        Ok(Built { expr: Expr { kind, span }, height: height + 1 })
    }

    fn too_high(&mut self) -> GivenUp {
        let message = format!("this expression nests deeper than {MAX_HEIGHT} operators");
        let diagnostic = Diagnostic::error("too-deep", self.whole, message);
        self.reader.report(diagnostic.help("use a list with `in`, or split the value over several columns"));
        GivenUp
    }

    /// An operand with what stands before it; `least` says what may follow it.
    fn operand(&mut self, least: Level) -> Climbed {
        let mut prefixes: Vec<Pair<'_, Rule>> = Vec::new();
        while let Some(prefix) = self.parts.next_if(|part| part.as_rule() == Rule::prefix) {
            if prefix.as_str() == "if" {
                let built = self.choice(&prefix)?;
                return self.negated(built, prefixes);
            }
            let not = prefix.as_str() == "not";
            prefixes.push(prefix);
            if prefixes.len() > usize::from(MAX_HEIGHT) {
                return Err(self.too_high());
            }
            if not {
                // `not a == b` denies the comparison.
                while let Some(another) =
                    self.parts.next_if(|part| part.as_rule() == Rule::prefix && part.as_str() == "not")
                {
                    prefixes.push(another);
                    if prefixes.len() > usize::from(MAX_HEIGHT) {
                        return Err(self.too_high());
                    }
                }
                let operand = self.level(Level::Compare.max(least))?;
                return self.negated(operand, prefixes);
            }
        }
        let primary = self.postfixed()?;
        self.negated(primary, prefixes)
    }

    /// Puts prefixes around an operand, the last one innermost.
    fn negated(&mut self, mut built: Built, prefixes: Vec<Pair<'_, Rule>>) -> Climbed {
        for prefix in prefixes.into_iter().rev() {
            let value = if prefix.as_str() == "-" { UnaryOperator::Negate } else { UnaryOperator::Not };
            let operator = self.reader.spanned(&prefix, value);
            let span = operator.span.to(built.expr.span);
            built =
                self.grown(ExprKind::Unary { operator, operand: Box::new(built.expr) }, span, built.height)?;
        }
        Ok(built)
    }

    /// `condition then value else other`, behind its `if`.
    fn choice(&mut self, keyword: &Pair<'_, Rule>) -> Climbed {
        let start = self.reader.span_of(keyword);
        let outer = std::mem::replace(&mut self.else_is_mine, true);
        let condition = self.deeper(Level::Else)?;
        self.expect(Rule::then_word, "then", &condition.expr, "`then` and a value after the condition")?;
        self.else_is_mine = false;
        let then = self.deeper(Level::Else)?;
        self.expect(Rule::operator, "else", &then.expr, "`else` and another value")?;
        self.else_is_mine = outer;
        let otherwise = self.deeper(Level::Else)?;
        let span = start.to(otherwise.expr.span);
        let height = condition.height.max(then.height).max(otherwise.height);
        let [condition, then, otherwise] = [condition, then, otherwise].map(|built| Box::new(built.expr));
        self.grown(ExprKind::If { condition, then, otherwise }, span, height)
    }

    fn expect(&mut self, rule: Rule, word: &str, before: &Expr, what: &str) -> Result<(), GivenUp> {
        if self.parts.next_if(|part| part.as_rule() == rule && part.as_str() == word).is_some() {
            return Ok(());
        }
        let end = Span { start: before.span.end, ..before.span };
        let place = self.parts.peek().map_or(end, |part| self.reader.span_of(part));
        let diagnostic = Diagnostic::error("syntax", place, format!("expected {what}"))
            .help("a choice is written `if condition then value else other`");
        self.reader.report(diagnostic);
        Err(GivenUp)
    }

    fn postfixed(&mut self) -> Climbed {
        let Some(primary) = self.parts.next() else { return Err(GivenUp) };
        let mut called = false;
        let mut built = if primary.as_rule() == Rule::path {
            match self.parts.next_if(|part| part.as_rule() == Rule::arguments) {
                Some(arguments) => {
                    called = true;
                    self.call(&primary, arguments)?
                }
                None => Built { expr: self.reader.path_expr(&primary), height: 1 },
            }
        } else {
            self.primary(primary)?
        };
        while let Some(part) =
            self.parts.next_if(|part| matches!(part.as_rule(), Rule::index | Rule::arguments))
        {
            let span = self.reader.span_of(&part);
            if part.as_rule() == Rule::arguments {
                let message = if called {
                    "what a function gives cannot be called"
                } else {
                    "only a function can be called"
                };
                self.reader.report(Diagnostic::error("syntax", span, message));
                return Err(GivenUp);
            }
            let Some(key) = parts(part).next() else { return Err(GivenUp) };
            let key = self.nested(key)?;
            let whole = built.expr.span.to(span);
            let height = built.height.max(key.height);
            let kind = ExprKind::Index { base: Box::new(built.expr), key: Box::new(key.expr) };
            built = self.grown(kind, whole, height)?;
        }
        Ok(built)
    }

    fn nested(&mut self, pair: Pair<'_, Rule>) -> Climbed {
        self.reader.built(pair, Level::Where, self.depth + 1).map_err(|_| GivenUp)
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Climbed {
        let span = self.reader.span_of(&pair);
        let kind = match pair.as_rule() {
            Rule::number => self.reader.number(&pair).map_or(ExprKind::Broken, ExprKind::Literal),
            Rule::text => ExprKind::Literal(Literal::Text(self.reader.text(&pair).value)),
            Rule::entity => ExprKind::Entity(self.reader.entity(&pair)),
            Rule::parens => {
                let Some(inner) = parts(pair).next() else { return Err(GivenUp) };
                let built = self.nested(inner)?;
                // The brackets belong to the span, so that an edit of the value takes them along.
                return Ok(Built { expr: Expr { span, ..built.expr }, height: built.height });
            }
            Rule::list => {
                if let Some(diagnostic) = listed_with_comma(pair.as_str(), span) {
                    self.reader.report(diagnostic);
                    return Err(GivenUp);
                }
                let mut height = 0;
                let mut elements = Vec::new();
                for element in parts(pair) {
                    let element = self.nested(element)?;
                    height = height.max(element.height);
                    elements.push(element.expr);
                }
                return self.grown(ExprKind::List(elements), span, height);
            }
            _ => return Err(GivenUp),
        };
        Ok(Built { expr: Expr { kind, span }, height: 1 })
    }

    fn call(&mut self, path: &Pair<'_, Rule>, arguments: Pair<'_, Rule>) -> Climbed {
        let start = self.reader.span_of(path);
        let span = start.to(self.reader.span_of(&arguments));
        let mut names = self.reader.path(path.as_str(), path.as_span().start());
        let (Some(function), true) = (names.pop(), names.is_empty()) else {
            self.reader.report(Diagnostic::error("syntax", start, "the name of a function has no dots"));
            return Err(GivenUp);
        };
        let mut height = 0;
        let mut name: Option<Name> = None;
        let mut read: Vec<Argument> = Vec::new();
        let mut paired = false;
        for part in parts(arguments) {
            match part.as_rule() {
                Rule::argument_name => {
                    let written = part.as_str().trim_end_matches(':').trim_end();
                    name = Some(self.reader.name_at(written, part.as_span().start()));
                }
                Rule::becomes => paired = true,
                _ => {
                    let mut value = self.nested(part)?;
                    // A constant that is a word reads like a name: `true: "yes"`.
                    let word = name.take_if(|name| !name.quoted && is_constant(&name.text));
                    if let Some(word) = word {
                        let key = Built { expr: self.reader.constant(&word), height: 1 };
                        value = self.pair(key, value)?;
                    } else if std::mem::take(&mut paired)
                        && let Some(key) = read.pop()
                    {
                        name = key.name;
                        value = self.pair(Built { expr: key.value, height }, value)?;
                    }
                    height = height.max(value.height);
                    read.push(Argument { name: name.take(), value: value.expr });
                }
            }
        }
        self.grown(ExprKind::Call { function, arguments: read }, span, height)
    }

    /// `key: value`
    fn pair(&mut self, key: Built, value: Built) -> Climbed {
        let span = key.expr.span.to(value.expr.span);
        let height = key.height.max(value.height);
        let kind = ExprKind::Pair { key: Box::new(key.expr), value: Box::new(value.expr) };
        self.grown(kind, span, height)
    }
}

/// Whether a word is a value.
fn is_constant(word: &str) -> bool {
    CONSTANTS.contains(&word)
}

impl Reader<'_> {
    /// A word that is a value.
    fn constant(&self, word: &Name) -> Expr {
        let value = match word.text.as_str() {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            _ => Literal::Null,
        };
        Expr { kind: ExprKind::Literal(value), span: word.span }
    }

    /// A path, or one of the words that a path of one part may be.
    fn path_expr(&mut self, pair: &Pair<'_, Rule>) -> Expr {
        let span = self.span_of(pair);
        let kind = match pair.as_str() {
            "true" => ExprKind::Literal(Literal::Bool(true)),
            "false" => ExprKind::Literal(Literal::Bool(false)),
            "null" => ExprKind::Literal(Literal::Null),
            written => {
                let mut names = self.path(written, pair.as_span().start());
                let secret =
                    names.len() > 1 && names.first().is_some_and(|name| name.text == "env" && !name.quoted);
                match (secret, names.len()) {
                    (true, 2) => names.pop().map_or(ExprKind::Broken, ExprKind::Env),
                    (true, _) => {
                        let diagnostic =
                            Diagnostic::error("syntax", span, "the name of a variable has no dots");
                        self.report(diagnostic.help("an environment variable is written `env.NAME`"));
                        ExprKind::Broken
                    }
                    (false, _) => ExprKind::Path(names),
                }
            }
        };
        Expr { kind, span }
    }
}
