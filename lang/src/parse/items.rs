//! Items: takes the pairs of a file, gives its items with their docs; broken ones are reported.

use pest::Parser as _;
use pest::iterators::{Pair, Pairs};

use super::slips::written_name;
use super::{Grammar, Reader, Rule};
use crate::ast::{
    BinaryOperator, EntityName, Expr, ExprKind, Header, Item, Keyword, Name, Place, UnaryOperator,
};
use crate::token::{BLANKS, TokenKind, Tokens, is_word};
use crate::{Applicability, Diagnostic, Span, Spanned, nearest};

impl Reader<'_> {
    pub(super) fn items(&mut self, pairs: Pairs<'_, Rule>) -> Vec<Item> {
        let mut items = Vec::new();
        let mut docs = Vec::new();
        for pair in pairs {
            match pair.as_rule() {
                Rule::doc => docs.push(doc_line(pair.as_str())),
                Rule::item => {
                    let doc = std::mem::take(&mut docs).join("\n");
                    items.extend(self.item(pair, doc));
                }
                Rule::broken_item => {
                    docs.clear();
                    self.broken_item(&pair);
                }
                _ => {}
            }
        }
        items
    }

    fn item(&mut self, pair: Pair<'_, Rule>, doc: String) -> Option<Item> {
        let span = self.span_of(&pair);
        let mut keyword = None;
        let mut name = None;
        let mut header = Header::None;
        let mut body = Vec::new();
        let whole = pair.clone();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::keyword => keyword = Some(part),
                Rule::name => name = Some(self.name(&part)),
                Rule::header => header = self.header(part),
                Rule::broken_header => {
                    let written = part.as_str().trim_end_matches(BLANKS);
                    let start = part.as_span().start();
                    if let (Some(keyword), Some(name)) = (&keyword, &name)
                        && let Some(diagnostic) = nameless(keyword.as_str(), name)
                    {
                        self.report(diagnostic);
                        self.broken.push(span);
                        return None;
                    }
                    let place =
                        written.strip_prefix(':').and_then(|place| self.quoted_place(place, start + 1));
                    match place {
                        Some(diagnostic) => self.report(diagnostic),
                        None => self.explain_header(&whole),
                    }
                    header = Header::Broken(self.span(start, start + written.len()));
                }
                Rule::body => {
                    let of = keyword.as_ref().and_then(|word: &Pair<'_, Rule>| Keyword::of(word.as_str()));
                    body = self.body(part, of);
                }
                _ => {}
            }
        }
        let word = keyword?;
        match self.keyword(&word) {
            Some(keyword) => {
                let keyword = self.spanned(&word, keyword);
                let last = body.last().map(|statement| statement.span().end);
                let body_end = last.unwrap_or_else(|| span.end.saturating_sub(1));
                Some(Item { doc, keyword, name: name?, header, body, span, body_end })
            }
            None => {
                self.broken.push(span);
                None
            }
        }
    }

    /// The keyword that was written, or the one that was meant.
    fn keyword(&mut self, pair: &Pair<'_, Rule>) -> Option<Keyword> {
        let word = pair.as_str();
        if let Some(keyword) = Keyword::of(word) {
            return Some(keyword);
        }
        let (diagnostic, meant) = unknown_item(self.spanned(pair, word));
        self.report(diagnostic);
        meant
    }

    fn header(&mut self, pair: Pair<'_, Rule>) -> Header {
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::r#move => return self.move_header(part.into_inner()),
                Rule::subject => return self.subject(part),
                Rule::members => {
                    let members = part.into_inner().filter(|part| part.as_rule() == Rule::member);
                    return Header::On(members.map(|member| self.member(&member)).collect());
                }
                Rule::names => {
                    let names = part.into_inner().filter(|part| part.as_rule() == Rule::name);
                    return Header::After(names.map(|name| self.name(&name)).collect());
                }
                _ => {}
            }
        }
        Header::None
    }

    /// A dataset, or a member of a family.
    fn member(&self, pair: &Pair<'_, Rule>) -> Expr {
        let path = self.path(pair.as_str(), pair.as_span().start());
        Expr { kind: ExprKind::Path(path), span: self.span_of(pair) }
    }

    fn move_header(&self, pairs: Pairs<'_, Rule>) -> Header {
        let mut places = pairs.filter(|part| part.as_rule() == Rule::place).map(|part| self.place(&part));
        match (places.next(), places.next()) {
            (Some(old), Some(new)) => Header::Move { old, new },
            _ => Header::None,
        }
    }

    fn place(&self, pair: &Pair<'_, Rule>) -> Place {
        let span = pair.as_span();
        let (written, star) = match pair.as_str().strip_suffix(".*") {
            Some(written) => (written, Some(self.span(span.end() - 1, span.end()))),
            None => (pair.as_str(), None),
        };
        Place { parts: self.path(written, span.start()), star, span: self.span_of(pair) }
    }

    /// What stands behind a header's colon when it is not a move: a kind, an entity or a selection.
    fn subject(&mut self, pair: Pair<'_, Rule>) -> Header {
        let span = self.span_of(&pair);
        if let Some(diagnostic) = self.quoted_place(pair.as_str(), pair.as_span().start()) {
            self.report(diagnostic);
            return Header::Broken(span);
        }
        let Some(expression) = pair.into_inner().next() else { return Header::Broken(span) };
        let expr = self.expression(expression);
        match expr.kind {
            ExprKind::Path(mut path) if path.len() == 1 => {
                path.pop().map_or(Header::Broken(span), Header::Kind)
            }
            ExprKind::Entity(entity) => Header::Entity(entity),
            ExprKind::Where { .. } => Header::Select(expr),
            ExprKind::Broken => Header::Broken(span),
            ExprKind::Path(_) => {
                let diagnostic = Diagnostic::error(
                    "syntax",
                    expr.span,
                    "expected `->` and the new place after the old one",
                );
                self.report(diagnostic.help("a move is written `legacy.orders -> lake.sales.orders`"));
                Header::Broken(span)
            }
            ExprKind::Binary { operator, left, right } if is_back_arrow(&operator, &right) => {
                let arrow = Span { end: operator.span.start + 2, ..operator.span };
                let diagnostic = Diagnostic::error("syntax", arrow, "unexpected `<-`");
                let slice =
                    |span: Span| self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
                let behind = Span { start: arrow.end, ..right.span };
                let swapped = format!("{} -> {}", slice(behind).trim(), slice(left.span));
                let diagnostic = diagnostic
                    .help("from old to new is written `->`")
                    .fix(format!("write `{swapped}`"), expr.span, swapped)
                    .fix("write `->`", arrow, "->");
                self.report(diagnostic);
                Header::Broken(span)
            }
            _ => {
                let message = "expected a kind, a place, an entity or a selection after `:`";
                let diagnostic = Diagnostic::error("syntax", expr.span, message);
                let text = Self::text_of(&expr).map(|text| text.value);
                let entity = text.as_deref().and_then(quoted_entity);
                let kind = text.filter(|text| is_word(text));
                self.report(match (entity, kind) {
                    (Some(entity), _) => diagnostic
                        .help("an entity is written without quotes, behind an `@`")
                        .certain(format!("write `{entity}`"), expr.span, entity),
                    (None, Some(kind)) => diagnostic.help("a kind is written without quotes").certain(
                        format!("write `{kind}`"),
                        expr.span,
                        kind,
                    ),
                    (None, None) => diagnostic,
                });
                Header::Broken(span)
            }
        }
    }

    /// What to say of `"legacy.orders" -> lake.sales.orders`, a move of which a place, or a part of one, stands in quotes.
    fn quoted_place(&self, written: &str, start: usize) -> Option<Diagnostic> {
        let (mut plain, mut at, mut edits) = (String::new(), 0, Vec::new());
        for token in Tokens::new(written).filter(|token| token.kind == TokenKind::Text) {
            let name = written_name(token.text, true)?;
            plain.push_str(&written[at..token.start]);
            plain.push_str(&name);
            at = token.end();
            edits.push((self.span(start + token.start, start + at), name));
        }
        plain.push_str(&written[at..]);
        let plain = plain.trim_matches(BLANKS);
        let (first, name) = edits.first()?;
        let read = Grammar::parse(Rule::r#move, plain).ok()?;
        if read.as_str().len() < plain.len() {
            return None;
        }
        let title =
            if edits.len() == 1 { format!("write `{name}`") } else { "write them without quotes".to_owned() };
        let diagnostic = Diagnostic::error("syntax", *first, "a place is written without quotes");
        Some(diagnostic.help(format!("written `{plain}`")).offer(Applicability::Certain, title, edits))
    }

    pub(super) fn entity(&self, pair: &Pair<'_, Rule>) -> EntityName {
        let start = pair.as_span().start();
        let part = |from: usize, to: usize| Spanned {
            value: pair.as_str()[from..to].to_owned(),
            span: self.span(start + from, start + to),
        };
        let text = pair.as_str();
        let colon = text.find(':').unwrap_or(text.len() - 1);
        let slash = text.find('/');
        let namespace = slash.map(|slash| part(colon + 1, slash));
        EntityName {
            kind: part(1, colon),
            namespace,
            name: part(slash.unwrap_or(colon) + 1, text.len()),
            span: self.span_of(pair),
        }
    }

    /// Two names, the second of which may be missing in text that no grammar rule gives.
    pub(super) fn name_pairs(&self, pairs: Pairs<'_, Rule>) -> Vec<(Name, Name)> {
        let names: Vec<Name> =
            pairs.filter(|part| part.as_rule() == Rule::name).map(|part| self.name(&part)).collect();
        names.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    }
}

/// The entity that a text names: `component:billing-api` or `@component:billing-api`.
fn quoted_entity(text: &str) -> Option<String> {
    let entity = format!("@{}", text.trim_start_matches('@'));
    let token = Tokens::new(&entity).next()?;
    (token.kind == TokenKind::Entity && token.text == entity).then_some(entity)
}

/// Whether an operator is the head of `<-`, and its right side what the `-` begins.
fn is_back_arrow(operator: &Spanned<BinaryOperator>, right: &Expr) -> bool {
    operator.value == BinaryOperator::Less
        && operator.span.end == right.span.start
        && matches!(&right.kind, ExprKind::Unary { operator, .. } if operator.value == UnaryOperator::Negate)
}

/// What to say where the word of a header stands in place of a name: `wave after pilot {`.
fn nameless(keyword: &str, name: &Name) -> Option<Diagnostic> {
    let header = match keyword {
        "wave" => "after",
        "validation" => "on",
        _ => return None,
    };
    (name.text == header && !name.quoted).then(|| {
        let place = Span { end: name.span.start, ..name.span };
        Diagnostic::error("syntax", place, format!("expected a name after `{keyword}`"))
            .help(format!("written `{keyword} name {header} … {{ … }}`"))
    })
}

/// The text of a doc line, without `///` and the blank behind it.
pub(super) fn doc_line(written: &str) -> &str {
    let text = written.trim_start_matches('/').trim_end();
    text.strip_prefix(' ').unwrap_or(text)
}

/// What to say of a word that opens no item, and the keyword that was meant, if one is near.
pub(super) fn unknown_item(word: Spanned<&str>) -> (Diagnostic, Option<Keyword>) {
    let message = format!("`{}` is not an item", word.value);
    let diagnostic = Diagnostic::error("unknown-item", word.span, message);
    match nearest(word.value, Keyword::ALL.map(Keyword::word)) {
        Some(meant) => (
            diagnostic.here("no item begins with this word").help(format!("did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                word.span,
                meant,
            ),
            Keyword::of(meant),
        ),
        None => {
            let words: Vec<String> =
                Keyword::ALL.iter().map(|keyword| format!("`{}`", keyword.word())).collect();
            let help = format!("a file holds items: {}", words.join(", "));
            (diagnostic.here("no item begins with this word").help(help), None)
        }
    }
}
