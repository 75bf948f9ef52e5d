//! Parsing: takes the text of one file, gives its tree and what is wrong with it. Every text gives a
//! tree; what could not be read is broken in it and has one diagnostic. Resolves no name.
//!
//! `grammar.pest` is read by `pest`, whose pairs never leave this module. The grammar matches any text,
//! because what nothing else can read is taken by its `broken_*` rules; `recovery` words the message.

#![expect(clippy::wildcard_enum_match_arm, reason = "a node holds few of the grammar's many rules")]

use pest::Parser as _;
use pest::iterators::Pair;

use crate::ast::{Expr, File, Name};
use crate::{Diagnostic, FileId, Severity, Span, Spanned};

mod characters;
mod depth;
mod expression;
mod items;
mod literals;
mod recovery;
mod slips;
mod statements;

/// What `pest` makes of the grammar.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub(super) struct Grammar;
}

use grammar::{Grammar, Rule};

/// The tree of a file, and what is wrong with it.
///
/// Never fails and never panics: a part that cannot be read is left out or `Broken` in the tree and has
/// exactly one diagnostic.
pub fn parse(id: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let mut reader = Reader::new(id, text);
    let blanked = reader.without_deep_items();
    let source = blanked.as_deref().unwrap_or(text);
    let items = match Grammar::parse(Rule::file, source) {
        Ok(mut pairs) => pairs.next().map(|file| reader.items(file.into_inner())).unwrap_or_default(),
        Err(error) => {
            reader.unreadable(&error);
            Vec::new()
        }
    };
    reader.deceptive();
    let Reader { mut diagnostics, mut broken, .. } = reader;
    diagnostics.sort_by_key(|diagnostic| diagnostic.span().start);
    broken.sort_by_key(|span| span.start);
    let sound = diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
    (File { id, items, broken, sound }, diagnostics)
}

/// The tree of one expression that stands alone, as on a command line, and what is wrong with it; no tree
/// without a diagnostic. `text` has no blanks around it.
pub fn parse_expression(id: FileId, text: &str) -> (Option<Expr>, Vec<Diagnostic>) {
    let mut reader = Reader::new(id, text);
    let mut expr = None;
    if reader.without_deep_items().is_none() {
        match Grammar::parse(Rule::value_again, text) {
            Ok(mut pairs) => {
                let whole = pairs.next().and_then(|pair| pair.into_inner().next());
                expr = whole.map(|pair| reader.expression(pair));
            }
            Err(_) => reader.explain(Rule::value_again, reader.span(0, text.len())),
        }
    }
    (expr.filter(|_| reader.diagnostics.is_empty()), reader.diagnostics)
}

/// Turns pairs into the tree and keeps what is wrong.
struct Reader<'t> {
    id: FileId,
    text: &'t str,
    diagnostics: Vec<Diagnostic>,
    broken: Vec<Span>,
    /// Where what nests too deep begins, which is broken and reported already.
    deep: Vec<usize>,
    /// Whether the last item ended with a brace that may have been meant for a block in it.
    spilt: bool,
}

impl<'t> Reader<'t> {
    fn new(id: FileId, text: &'t str) -> Self {
        Self { id, text, diagnostics: Vec::new(), broken: Vec::new(), deep: Vec::new(), spilt: false }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.id, start: byte(start), end: byte(end) }
    }

    fn span_of(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.span(span.start(), span.end())
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A name as it stands, with or without backticks.
    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        self.name_at(pair.as_str(), pair.as_span().start())
    }

    fn name_at(&self, written: &str, start: usize) -> Name {
        let span = self.span(start, start + written.len());
        match written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
            Some(text) => Name { text: text.to_owned(), quoted: true, span },
            None => Name { text: written.to_owned(), quoted: false, span },
        }
    }

    /// The names of a path, whose dots are those outside backticks.
    fn path(&self, written: &str, start: usize) -> Vec<Name> {
        let mut names = Vec::new();
        let mut from = 0;
        let mut quoted = false;
        for (at, byte) in written.bytes().enumerate() {
            match byte {
                b'`' => quoted = !quoted,
                b'.' if !quoted => {
                    names.push(self.name_at(&written[from..at], start + from));
                    from = at + 1;
                }
                _ => {}
            }
        }
        names.push(self.name_at(&written[from..], start + from));
        names
    }

    fn spanned<T>(&self, pair: &Pair<'_, Rule>, value: T) -> Spanned<T> {
        Spanned { value, span: self.span_of(pair) }
    }
}
