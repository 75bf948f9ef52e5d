//! Bodies: takes the pairs between an item's braces, gives its statements and columns; a broken line or
//! value is reported and stays in the tree as `Broken`, so that its neighbours are read.

use pest::iterators::Pair;

use super::items::doc_line;
use super::{Reader, Rule};
use crate::ast::{
    Allow, Attribute, Check, Column, Columns, Drop, Expr, ExprKind, Keyword, Literal, Name, Statement, Then,
    TypeArgument, TypeName, When,
};
use crate::items::item;
use crate::token::{BLANKS, Token, TokenKind, Tokens};
use crate::{Diagnostic, Span, Spanned};

impl Reader<'_> {
    /// The statements of an item with that keyword, if it is one.
    pub(super) fn body(&mut self, pair: Pair<'_, Rule>, of: Option<Keyword>) -> Vec<Statement> {
        let behind = self.trimmed(&pair);
        let mut statements = Vec::new();
        self.spilt = false;
        let mut open = None;
        let mut closed = false;
        let mut unclosed_inside = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::open => open = Some(self.span_of(&part)),
                Rule::close => closed = true,
                Rule::columns => {
                    unclosed_inside |= self.columns(part, &mut statements);
                }
                // A block that was not opened leaves its lines here.
                Rule::broken_line
                    if of == Some(Keyword::Dataset) && (self.spilt || is_column(part.as_str())) =>
                {
                    let span = self.trimmed(&part);
                    // What broke the line above is why.
                    if !self.spilt && !matches!(statements.last(), Some(Statement::Broken(_))) {
                        self.no_block(span);
                    }
                    self.spilt = true;
                    statements.push(Statement::Broken(span));
                }
                _ => statements.extend(self.statement(part)),
            }
        }
        if let (Some(open), false, false) = (open, closed, unclosed_inside) {
            self.unclosed(open, behind);
        }
        statements
    }

    /// Reports a brace whose body goes as far as it could be read.
    fn unclosed(&mut self, open: Span, body: Span) {
        // What stands behind the `//` of a URL without quotes reads as a comment, and the URL is reported.
        let inside = self.text.get(open.start as usize..body.end as usize).unwrap_or_default();
        let hidden = |token: Token<'_>| {
            token.kind == TokenKind::Comment
                && token.text.contains('}')
                && inside.get(..token.start).is_some_and(|before| before.ends_with(':'))
        };
        if Tokens::new(inside).any(hidden) {
            return;
        }
        let before = self.text.get(..open.start as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let end = Span { start: body.end, ..body };
        let diagnostic = Diagnostic::error("unclosed-brace", open, "this `{` is never closed");
        self.report(
            diagnostic.here("opened here").help("write `}` behind the last line that belongs to it").fix(
                "close it",
                end,
                format!("\n{indent}}}"),
            ),
        );
    }

    /// Reports a column outside of a block.
    fn no_block(&mut self, line: Span) {
        let diagnostic = Diagnostic::error("syntax", line, "a column stands in no `columns` block");
        self.report(diagnostic.help("the columns of a dataset stand in `columns { … }`"));
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        let span = self.span_of(&pair);
        Some(match pair.as_rule() {
            Rule::attribute => self.attribute(pair)?,
            Rule::drop => self.drop(pair, span)?,
            Rule::row_count => Statement::Check(Check::RowCount(span)),
            Rule::checksum => {
                let reread = pair.into_inner().any(|part| part.as_rule() == Rule::reread);
                Statement::Check(Check::Checksum { reread, span })
            }
            Rule::freshness => self.freshness(pair, span)?,
            Rule::require => self.require(pair, span)?,
            Rule::when => self.when(pair, span)?,
            Rule::then => Statement::Then(Then { reactions: self.name_pairs(pair.into_inner()), span }),
            Rule::irreversible => {
                let because = pair.into_inner().find(|part| part.as_rule() == Rule::text)?;
                Statement::Irreversible { because: self.text(&because), span }
            }
            Rule::allow => self.allow(pair, span)?,
            Rule::broken_line => {
                let span = self.trimmed(&pair);
                self.explain(Rule::statement_again, span);
                Statement::Broken(span)
            }
            _ => return None,
        })
    }

    fn attribute(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        let span = self.trimmed(&pair);
        let mut name = None;
        let mut values = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::expression => values.push(self.attribute_value(part)),
                Rule::broken_value => {
                    if let Some(drop) = name.as_ref().filter(|name| name.text == "drop") {
                        self.drop_with_equals(drop.span, part.as_span().start());
                        return Some(Statement::Broken(span));
                    }
                    values.push(self.broken_value(&part, Rule::values_again));
                }
                _ => {}
            }
        }
        Some(Statement::Attribute(Attribute { name: name?, values, span }))
    }

    /// `drop = column because "…"`
    fn drop_with_equals(&mut self, drop: Span, value: usize) {
        let end = drop.end as usize;
        let equals = self.text.get(end..value).and_then(|between| between.find('='));
        let at = end + equals.unwrap_or_default();
        let diagnostic =
            Diagnostic::error("syntax", self.span(at, at + 1), "`drop` is a statement, and has no `=`");
        let diagnostic = diagnostic.help("written `drop column because \"…\"`");
        self.report(diagnostic.certain("remove it", self.span(end, value), " "));
    }

    fn broken_value(&mut self, pair: &Pair<'_, Rule>, again: Rule) -> Expr {
        let span = self.trimmed(pair);
        self.explain(again, span);
        Expr { kind: ExprKind::Broken, span }
    }

    /// Reads a `columns` block into `statements`; tells whether it is left unclosed, which is then reported.
    fn columns(&mut self, pair: Pair<'_, Rule>, statements: &mut Vec<Statement>) -> bool {
        let (span, trimmed) = (self.span_of(&pair), self.trimmed(&pair));
        let mut columns = Vec::new();
        let mut broken = Vec::new();
        let mut begun = Vec::new();
        let mut docs = Vec::new();
        let (mut keyword, mut open, mut closed) = (span, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::columns_word => keyword = self.span_of(&part),
                Rule::open => open = Some(self.span_of(&part)),
                Rule::close => closed = true,
                Rule::doc => docs.push(doc_line(part.as_str())),
                Rule::column => {
                    let doc = std::mem::take(&mut docs).join("\n");
                    columns.extend(self.column(part, doc));
                }
                Rule::broken_column => {
                    docs.clear();
                    let span = self.trimmed(&part);
                    self.explain(Rule::column_again, span);
                    begun.extend(self.begun(span));
                    broken.push(Statement::Broken(span));
                }
                _ => {}
            }
        }
        match open {
            None => {
                let at = Span { start: keyword.end, ..keyword };
                let diagnostic = Diagnostic::error("syntax", at, "expected `{` after `columns`");
                self.report(diagnostic.certain("write `{`", at, " {"));
            }
            Some(open) if !closed => self.unclosed(open, trimmed),
            Some(_) => {}
        }
        statements.push(Statement::Columns(Columns { columns, begun, keyword, span }));
        statements.append(&mut broken);
        !closed
    }

    /// The name that a line which could not be read begins with, in quotes too.
    fn begun(&self, line: Span) -> Option<Name> {
        let text = self.text.get(line.start as usize..line.end as usize)?;
        let first = Tokens::new(text).next()?;
        let start = line.start as usize + first.start;
        match first.kind {
            TokenKind::Word | TokenKind::Backticked => Some(self.name_at(first.text, start)),
            TokenKind::Text => {
                let text = first.text.trim_matches('"').to_owned();
                Some(Name { text, quoted: true, span: self.span(start, start + first.text.len()) })
            }
            TokenKind::Number
            | TokenKind::Entity
            | TokenKind::Mark
            | TokenKind::Comment
            | TokenKind::Newline
            | TokenKind::Unknown => None,
        }
    }

    fn column(&mut self, pair: Pair<'_, Rule>, doc: String) -> Option<Column> {
        let span = self.trimmed(&pair);
        let mut name = None;
        let mut ty = None;
        let mut value = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::type_name => ty = self.type_name(part),
                Rule::expression => value = Some(self.expression(part)),
                Rule::broken_value => value = Some(self.broken_value(&part, Rule::value_again)),
                _ => {}
            }
        }
        Some(Column { doc, name: name?, ty, value, span })
    }

    fn type_name(&mut self, pair: Pair<'_, Rule>) -> Option<TypeName> {
        let span = self.span_of(&pair);
        let mut name = None;
        let mut arguments = Vec::new();
        let mut nullable = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::nullable => nullable = true,
                Rule::type_argument => arguments.extend(self.type_argument(part)),
                _ => {}
            }
        }
        Some(TypeName { name: name?, arguments, nullable, span })
    }

    fn type_argument(&mut self, pair: Pair<'_, Rule>) -> Option<TypeArgument> {
        let part = pair.into_inner().next()?;
        if part.as_rule() == Rule::type_name {
            return self.type_name(part).map(TypeArgument::Type);
        }
        if part.as_rule() == Rule::text {
            return Some(TypeArgument::Text(self.text(&part)));
        }
        // A number that does not fit is out of every type's range as well.
        let number = part.as_str().parse().unwrap_or(u64::MAX);
        Some(TypeArgument::Number(self.spanned(&part, number)))
    }

    fn drop(&mut self, pair: Pair<'_, Rule>, span: Span) -> Option<Statement> {
        let mut column = None;
        let mut texts = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => column = Some(self.name(&part)),
                Rule::text => texts.push(self.text(&part)),
                _ => {}
            }
        }
        let mut texts = texts.into_iter();
        Some(Statement::Drop(Drop { column: column?, because: texts.next()?, see: texts.next(), span }))
    }

    fn allow(&mut self, pair: Pair<'_, Rule>, span: Span) -> Option<Statement> {
        let (mut code, mut because) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::code => code = Some(self.spanned(&part, part.as_str().to_owned())),
                Rule::text => because = Some(self.text(&part)),
                _ => {}
            }
        }
        Some(Statement::Allow(Allow { code: code?, because: because?, span }))
    }

    fn freshness(&mut self, pair: Pair<'_, Rule>, span: Span) -> Option<Statement> {
        let (mut within, mut column): (Option<Expr>, Option<Name>) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::operand => within = Some(self.expression(part)),
                Rule::name => column = Some(self.name(&part)),
                _ => {}
            }
        }
        Some(Statement::Check(Check::Freshness { within: within?, column: column?, span }))
    }

    fn require(&mut self, pair: Pair<'_, Rule>, span: Span) -> Option<Statement> {
        let chain = pair.into_inner().find(|part| part.as_rule() == Rule::expression)?;
        Some(match self.condition_and_message(chain) {
            Some((condition, message)) => Statement::Check(Check::Require { condition, message, span }),
            None => Statement::Broken(span),
        })
    }

    fn when(&mut self, pair: Pair<'_, Rule>, span: Span) -> Option<Statement> {
        let mut expressions = Vec::new();
        let mut hold = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::expression => expressions.push(self.expression(part)),
                Rule::operand => hold = Some(self.expression(part)),
                _ => {}
            }
        }
        let mut expressions = expressions.into_iter();
        Some(Statement::When(When {
            condition: expressions.next()?,
            hold,
            minimum: expressions.next(),
            span,
        }))
    }

    pub(super) fn text(&mut self, pair: &Pair<'_, Rule>) -> Spanned<String> {
        let value = self.unescaped(pair.as_str(), pair.as_span().start());
        self.spanned(pair, value)
    }

    /// A text that stands as an expression.
    pub(super) fn text_of(expr: &Expr) -> Option<Spanned<String>> {
        match &expr.kind {
            ExprKind::Literal(Literal::Text(value)) => {
                Some(Spanned { value: value.clone(), span: expr.span })
            }
            _ => None,
        }
    }

    /// A pair's span without the blanks at its end.
    fn trimmed(&self, pair: &Pair<'_, Rule>) -> Span {
        let start = pair.as_span().start();
        self.span(start, start + pair.as_str().trim_end_matches(BLANKS).len())
    }
}

/// Whether a line reads like one of a `columns` block: a name that no attribute has, and its type.
fn is_column(line: &str) -> bool {
    let mut tokens = Tokens::new(line);
    let name = tokens.next().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Backticked));
    let is_free = |name: Token<'_>| item(Keyword::Dataset).attribute(name.text).is_none();
    name.is_some_and(is_free)
        && tokens.next().is_some_and(|token| token.text == ":")
        && tokens.next().is_some_and(|token| token.kind == TokenKind::Word)
}
