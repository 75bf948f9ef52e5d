//! What a selection grows to from the cursor: the token, the call or path around it, the expression, the statement, the
//! block, the item, the file.
//!
//! Places come from the tree where there is one and from brackets and lines everywhere, so that it works in text that
//! cannot be read.

use mig_lang::Span;
use mig_lang::ast::{Check, Expr, ExprKind, Header, Item, Statement, TypeArgument, TypeName};
use mig_lang::token::{TokenKind, Tokens};

use crate::snapshot::{Cursor, holds};

/// The places that hold the cursor, each inside the next; the last is the whole file.
pub(crate) fn selection(cursor: Cursor<'_>) -> Vec<Span> {
    let document = cursor.document;
    let mut around = Around { cursor, places: Vec::new() };
    around.tokens();
    around.line();
    for item in &document.tree().items {
        if holds(item.span, cursor.byte) {
            around.item(item);
        }
    }
    for broken in &document.tree().broken {
        around.add(*broken);
    }
    around.add(Span { file: document.id, start: 0, end: document.text.end() });
    let mut places = around.places;
    places.sort_by_key(|place| (place.end - place.start, place.start));
    let mut chain: Vec<Span> = Vec::new();
    for place in places {
        let grows = chain
            .last()
            .is_none_or(|inner| place.start <= inner.start && inner.end <= place.end && place != *inner);
        if grows {
            chain.push(place);
        }
    }
    chain
}

struct Around<'s> {
    cursor: Cursor<'s>,
    places: Vec<Span>,
}

impl Around<'_> {
    fn add(&mut self, place: Span) {
        if place.start < place.end && holds(place, self.cursor.byte) {
            self.places.push(place);
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let count = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.cursor.document.id, start: count(start), end: count(end) }
    }

    /// The token, what stands between brackets, the brackets with it, and comments below one another.
    fn tokens(&mut self) {
        let text = self.cursor.document.text.clone();
        let byte = self.cursor.byte as usize;
        let mut open: Vec<(usize, &str)> = Vec::new();
        let mut comments: Option<(usize, usize)> = None;
        let mut under: Option<(usize, usize)> = None;
        for token in Tokens::new(text.as_str()) {
            let (start, end) = (token.start, token.end());
            // Of two tokens that touch, the one that begins under the cursor, unless it is a mark.
            if start <= byte && byte <= end && token.kind != TokenKind::Newline {
                let better = under.is_none() || token.kind != TokenKind::Mark;
                if better {
                    under = Some((start, end));
                }
            }
            match token.kind {
                TokenKind::Comment => comments = Some((comments.map_or(start, |(first, _)| first), end)),
                TokenKind::Newline => {}
                TokenKind::Word
                | TokenKind::Backticked
                | TokenKind::Number
                | TokenKind::Text
                | TokenKind::Entity
                | TokenKind::Mark
                | TokenKind::Unknown => {
                    if let Some((start, end)) = comments.take() {
                        self.add(self.span(start, end));
                    }
                }
            }
            match token.text {
                "(" | "[" | "{" => open.push((start, token.text)),
                ")" | "]" | "}" => {
                    let opens = match token.text {
                        ")" => "(",
                        "]" => "[",
                        _ => "{",
                    };
                    // A bracket that nothing closes is passed over.
                    let Some(at) = open.iter().rposition(|(_, bracket)| *bracket == opens) else { continue };
                    let from = open[at].0;
                    open.truncate(at);
                    if from <= byte && byte <= end {
                        let inner = text.as_str().get(from + 1..start).unwrap_or_default();
                        let blanks = inner.len() - inner.trim_start().len();
                        let inside = from + 1 + blanks;
                        self.add(self.span(inside, inside + inner.trim().len()));
                        self.add(self.span(from, end));
                    }
                }
                _ => {}
            }
        }
        if let Some((start, end)) = comments {
            self.add(self.span(start, end));
        }
        if let Some((start, end)) = under {
            self.add(self.span(start, end));
        }
    }

    /// What stands in the line.
    fn line(&mut self) {
        let document = self.cursor.document;
        let number = document.text.line_of(self.cursor.byte);
        let line = document.text.line(number);
        let start = document.text.line_start(number) as usize + line.len() - line.trim_start().len();
        self.add(self.span(start, start + line.trim().len()));
    }

    fn item(&mut self, item: &Item) {
        self.add(item.span);
        self.documented(item.span, &item.doc);
        match &item.header {
            Header::None => {}
            Header::Kind(name) => self.add(name.span),
            Header::Move { old, new } => {
                self.add(old.span);
                self.add(new.span);
                self.add(old.span.to(new.span));
            }
            Header::Entity(entity) => self.add(entity.span),
            Header::Select(expr) => self.expr(expr),
            Header::On(paths) => paths.iter().for_each(|path| self.expr(path)),
            Header::After(names) => {
                if let (Some(first), Some(last)) = (names.first(), names.last()) {
                    self.add(first.span.to(last.span));
                }
            }
            Header::Broken(span) => self.add(*span),
        }
        for statement in &item.body {
            self.statement(statement);
        }
    }

    /// A place with the doc comment above it, whose lines directly precede it.
    fn documented(&mut self, place: Span, doc: &str) {
        if doc.is_empty() {
            return;
        }
        let text = &self.cursor.document.text;
        let mut first = text.line_of(place.start);
        while first > 0 && text.line(first - 1).trim_start().starts_with("///") {
            first -= 1;
        }
        let line = text.line(first);
        let blanks = u32::try_from(line.len() - line.trim_start().len()).unwrap_or(0);
        let start = (text.line_start(first) + blanks).min(place.start);
        self.add(Span { start, ..place });
    }

    fn statement(&mut self, statement: &Statement) {
        self.add(statement.span());
        match statement {
            Statement::Attribute(attribute) => {
                attribute.values.iter().for_each(|value| self.expr(value));
                if let (Some(first), Some(last)) = (attribute.values.first(), attribute.values.last()) {
                    self.add(first.span.to(last.span));
                }
            }
            Statement::Columns(columns) => {
                for column in &columns.columns {
                    self.add(column.span);
                    self.documented(column.span, &column.doc);
                    if let Some(ty) = &column.ty {
                        self.ty(ty);
                    }
                    if let Some(value) = &column.value {
                        self.expr(value);
                    }
                }
            }
            Statement::Check(Check::Freshness { within, .. }) => self.expr(within),
            Statement::Check(Check::Require { condition, .. }) => self.expr(condition),
            Statement::When(when) => {
                self.expr(&when.condition);
                when.hold.iter().chain(&when.minimum).for_each(|part| self.expr(part));
            }
            Statement::Then(then) => {
                for (verb, object) in &then.reactions {
                    self.add(verb.span.to(object.span));
                }
            }
            Statement::Drop(_)
            | Statement::Check(Check::RowCount(_) | Check::Checksum { .. })
            | Statement::Irreversible { .. }
            | Statement::Allow(_)
            | Statement::Broken(_) => {}
        }
    }

    fn ty(&mut self, ty: &TypeName) {
        self.add(ty.span);
        for argument in &ty.arguments {
            match argument {
                TypeArgument::Number(_) | TypeArgument::Text(_) => {}
                TypeArgument::Type(inner) => self.ty(inner),
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if !holds(expr.span, self.cursor.byte) {
            return;
        }
        self.add(expr.span);
        if let ExprKind::Call { arguments, .. } = &expr.kind {
            for argument in arguments {
                let name = argument.name.as_ref().map_or(argument.value.span, |name| name.span);
                self.add(name.to(argument.value.span));
            }
        }
        expr.children().into_iter().for_each(|part| self.expr(part));
    }
}

#[cfg(test)]
mod tests {
    use super::selection;
    use crate::fixture::Fixture;
    use crate::snapshot::Cursor;

    fn shown(text: &str) -> Vec<String> {
        let fixture = Fixture::file(text);
        let cursor = fixture.cursor();
        let places = selection(cursor).into_iter();
        places.map(|span| cursor.folder.slice(span).replace('\n', "⏎")).collect()
    }

    #[test]
    fn it_grows_from_the_token_to_the_file() {
        let text = "/// Doc.
dataset a: s.a -> t.a {
  columns {
    status: text = lower(trim(st$0ate)) else \"none\"
    other
  }
}
";
        insta::assert_snapshot!(shown(text).join("\n"), @r#"
        state
        (state)
        trim(state)
        (trim(state))
        lower(trim(state))
        lower(trim(state)) else "none"
        status: text = lower(trim(state)) else "none"
        status: text = lower(trim(state)) else "none"⏎    other
        {⏎    status: text = lower(trim(state)) else "none"⏎    other⏎  }
        columns {⏎    status: text = lower(trim(state)) else "none"⏎    other⏎  }
        {⏎  columns {⏎    status: text = lower(trim(state)) else "none"⏎    other⏎  }⏎}
        dataset a: s.a -> t.a {⏎  columns {⏎    status: text = lower(trim(state)) else "none"⏎    other⏎  }⏎}
        /// Doc.⏎dataset a: s.a -> t.a {⏎  columns {⏎    status: text = lower(trim(state)) else "none"⏎    other⏎  }⏎}
        /// Doc.⏎dataset a: s.a -> t.a {⏎  columns {⏎    status: text = lower(trim(state)) else "none"⏎    other⏎  }⏎}⏎
        "#);
    }

    #[test]
    fn broken_text_has_its_brackets_and_lines() {
        insta::assert_snapshot!(shown("wave one {\n  move = = f(a, b$0 c)\n}\n").join("\n"), @"
        b
        a, b c
        (a, b c)
        = f(a, b c)
        move = = f(a, b c)
        {⏎  move = = f(a, b c)⏎}
        wave one {⏎  move = = f(a, b c)⏎}
        wave one {⏎  move = = f(a, b c)⏎}⏎
        ");
        insta::assert_snapshot!(shown("§ nothing (but $0this\nwave one {\n}\n").join("\n"), @"
        this
        § nothing (but this
        § nothing (but this⏎wave one {⏎}⏎
        ");
    }

    #[test]
    fn every_place_is_in_the_next() {
        for text in [
            include_str!("../../../examples/orders/orders.mig"),
            include_str!("../../../lang/tests/fixtures/everything.mig"),
            "wave é { move = `x\n\"\n@\n}}}}\n{ {",
        ] {
            let fixture = Fixture::file(&format!("{text}$0"));
            for (byte, _) in text.char_indices() {
                let at = u32::try_from(byte).unwrap();
                let places = selection(Cursor { byte: at, ..fixture.cursor() });
                assert!(
                    places.iter().all(|place| place.start as usize <= byte && byte <= place.end as usize)
                );
                assert!(places.windows(2).all(|pair| {
                    pair[1].start <= pair[0].start && pair[0].end <= pair[1].end && pair[0] != pair[1]
                }));
                assert_eq!(places.last().map(|place| place.end as usize), Some(text.len()));
            }
        }
    }
}
