//! Messages: takes a part that the grammar's `broken_*` rules took, reads it again with the rule that it
//! should have been, and says what was expected where it stopped.

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;

use super::depth::{MAX_DEPTH, too_deep};
use super::items::unknown_item;
use super::{Grammar, Reader, Rule};
use crate::ast::Keyword;
use crate::items::StatementForm;
use crate::token::{Token, TokenKind, Tokens};
use crate::{Diagnostic, Span, Spanned, nearest};

impl Reader<'_> {
    /// The text with items that nest too deep blanked out, each reported; `None` when there are none.
    pub(super) fn without_deep_items(&mut self) -> Option<String> {
        let found = too_deep(self.text);
        if found.is_empty() {
            return None;
        }
        let mut bytes = self.text.as_bytes().to_vec();
        for item in found {
            let message = format!("brackets nest deeper than {MAX_DEPTH} levels");
            let span = self.span(item.bracket, item.bracket + 1);
            let diagnostic = Diagnostic::error("too-deep", span, message);
            self.report(
                diagnostic.here("one bracket too many").help("close the brackets before it, or nest less"),
            );
            self.broken.push(self.span(item.region.start, item.region.end));
            bytes[item.region].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        // A region begins and ends at a line's start, so that no character is cut.
        String::from_utf8(bytes).ok()
    }

    /// Reports a text that the grammar refused as a whole, which it does not do by itself.
    pub(super) fn unreadable(&mut self, error: &Error<Rule>) {
        let at = error_start(error).min(self.text.len());
        self.broken.push(self.span(0, self.text.len()));
        self.report(Diagnostic::error(
            "syntax",
            self.span(at, at),
            "this file could not be read from here on",
        ));
    }

    pub(super) fn broken_item(&mut self, pair: &Pair<'_, Rule>) {
        let start = pair.as_span().start();
        let slice = pair.as_str().trim_end();
        self.broken.push(self.span(start, start + slice.len()));
        let first = Tokens::new(slice).next();
        if let Some(first) = first.filter(|first| first.kind == TokenKind::Word)
            && Keyword::of(first.text).is_none()
        {
            let span = self.span(start, start + first.text.len());
            let (diagnostic, _) = unknown_item(Spanned { value: first.text, span });
            return self.report(diagnostic);
        }
        if slice.starts_with('}') {
            let span = self.span(start, start + 1);
            let diagnostic = Diagnostic::error("syntax", span, "this `}` closes nothing");
            return self.report(diagnostic.help("remove it, or look for a `{` that is missing above"));
        }
        self.explain(Rule::item_again, self.span(start, start + slice.len()));
    }

    pub(super) fn explain_header(&mut self, item: &Pair<'_, Rule>) {
        self.explain(Rule::item_again, self.span_of(item));
    }

    /// Reads a part again and reports what was expected where it stopped.
    pub(super) fn explain(&mut self, rule: Rule, part: Span) {
        let (start, end) = (part.start as usize, part.end as usize);
        let slice = &self.text[start..end];
        let (at, expected) = match Grammar::parse(rule, slice) {
            Ok(_) => (0, Vec::new()),
            Err(error) => (error_start(&error), positives(&error)),
        };
        let stop = Stop::new(slice, at);
        let diagnostic = self.worded(rule, start, &stop, &expected);
        self.report(diagnostic);
    }

    fn worded(&self, rule: Rule, offset: usize, stop: &Stop<'_>, expected: &[Rule]) -> Diagnostic {
        let place = match stop.found {
            Some(found) => self.span(offset + found.start, offset + found.end()),
            None => self.span(offset + stop.end, offset + stop.end),
        };
        if let Some(diagnostic) = known_slip(stop, place) {
            return diagnostic;
        }
        if let Some(open) = stop.open_bracket
            && stop.found.is_none()
        {
            let span = self.span(offset + open.start, offset + open.end());
            let close = if open.text == "(" { ")" } else { "]" };
            return Diagnostic::error(
                "unclosed-bracket",
                span,
                format!("this `{}` is never closed", open.text),
            )
            .here("opened here")
            .help(format!("write `{close}` behind what belongs to it"));
        }
        if rule == Rule::statement_again
            && let Some(diagnostic) = self.unknown_statement(offset, stop)
        {
            return diagnostic;
        }
        let after = stop.before.map(|before| described(rule, stop, before));
        let wanted = wanted(expected);
        let message = match (wanted.is_empty(), after, stop.found) {
            (false, Some(after), _) => format!("expected {wanted} after {after}"),
            (false, None, _) if rule == Rule::values_again || rule == Rule::value_again => {
                format!("expected {wanted} after `=`")
            }
            (false, None, _) => format!("expected {wanted}"),
            (true, Some(after), Some(found)) => format!("unexpected `{}` after {after}", shown(found)),
            (true, None, Some(found)) => format!("unexpected `{}`", shown(found)),
            (true, _, None) => "this line could not be read".to_owned(),
        };
        let diagnostic = Diagnostic::error("syntax", place, message);
        match stop.found {
            Some(found) if wanted.is_empty() => diagnostic.help(format!(
                "a statement ends with its line; before `{}` an operator, a comma or a new line could stand",
                shown(found)
            )),
            Some(_) | None => diagnostic,
        }
    }

    /// A line whose first word begins no statement.
    fn unknown_statement(&self, offset: usize, stop: &Stop<'_>) -> Option<Diagnostic> {
        let first = stop.first.filter(|first| first.kind == TokenKind::Word)?;
        if stop.before != Some(first) || StatementForm::ALL.iter().any(|form| form.word() == first.text) {
            return None;
        }
        let span = self.span(offset + first.start, offset + first.end());
        if stop.found.is_some_and(|found| found.text == ":") {
            let found = span.end + 1;
            let place = Span { start: span.end, end: found, ..span };
            return Some(
                Diagnostic::error("syntax", place, format!("expected `=` after `{}`", first.text))
                    .help("`:` gives a type or a kind; `=` defines")
                    .fix("write `=`", place, " ="),
            );
        }
        let diagnostic =
            Diagnostic::error("unknown-statement", span, format!("`{}` begins no statement", first.text));
        Some(match nearest(first.text, StatementForm::ALL.map(StatementForm::word)) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                span,
                meant,
            ),
            None => diagnostic.help(format!("an attribute is written `{} = value`", first.text)),
        })
    }
}

/// Where reading stopped.
struct Stop<'t> {
    first: Option<Token<'t>>,
    before: Option<Token<'t>>,
    found: Option<Token<'t>>,
    /// The innermost bracket that is open there.
    open_bracket: Option<Token<'t>>,
    /// The byte behind the last token before the stop.
    end: usize,
}

impl<'t> Stop<'t> {
    fn new(slice: &'t str, at: usize) -> Self {
        let mut stop = Self { first: None, before: None, found: None, open_bracket: None, end: 0 };
        let mut open = Vec::new();
        let meant = |token: &Token<'_>| !matches!(token.kind, TokenKind::Newline | TokenKind::Comment);
        for token in Tokens::new(slice).filter(meant) {
            stop.first = stop.first.or(Some(token));
            if token.end() > at {
                stop.found = Some(token);
                break;
            }
            match token.text {
                "(" | "[" => open.push(token),
                ")" | "]" => drop(open.pop()),
                _ => {}
            }
            stop.end = token.end();
            stop.before = Some(token);
        }
        stop.open_bracket = open.pop();
        stop
    }
}

fn error_start(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

fn positives(error: &Error<Rule>) -> Vec<Rule> {
    match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    }
}

/// Mistakes that have a message of their own, by the token at which reading stopped.
fn known_slip(stop: &Stop<'_>, place: Span) -> Option<Diagnostic> {
    let found = stop.found?;
    let error = |message: &str, help: &str| Some(Diagnostic::error("syntax", place, message).help(help));
    match (found.kind, found.text) {
        (TokenKind::Unknown, text) if text.starts_with('"') => Some(
            Diagnostic::error("unclosed-text", place, "this text is never closed")
                .help("write `\"` at its end; a line break in a text is written `\\n`"),
        ),
        (TokenKind::Unknown, "'") => {
            error("a text stands between double quotes", "write `\"` in place of `'`")
        }
        (TokenKind::Unknown, "`") => {
            error("this backtick has no other", "a name is written `` `between backticks` ``")
        }
        (TokenKind::Unknown, "&") => error("unexpected `&`", "conditions are joined with `and`"),
        (TokenKind::Unknown, "|") => {
            error("unexpected `|`", "conditions are joined with `or`, texts with `++`")
        }
        (TokenKind::Unknown, "!") => error("unexpected `!`", "a condition is denied with `not`"),
        (TokenKind::Unknown, ";") => {
            error("unexpected `;`", "a statement ends with its line, or with a comma")
        }
        (TokenKind::Unknown, text) if text.chars().all(char::is_alphabetic) => error(
            &format!("unexpected `{text}`"),
            "a name with other letters than a–z, digits and `_` stands between backticks",
        ),
        (TokenKind::Unknown, text) => {
            let character = text.chars().next()?;
            let name = if character.is_control() || character.is_whitespace() {
                format!("unexpected character U+{:04X}", u32::from(character))
            } else {
                format!("unexpected `{text}`")
            };
            Some(Diagnostic::error("syntax", place, name))
        }
        (TokenKind::Mark, "=")
            if stop.before.is_some_and(|before| is_value(&before)) && stop.first != stop.before =>
        {
            Some(
                Diagnostic::error("syntax", place, "`=` defines and does not compare")
                    .help("compare with `==`")
                    .fix("write `==`", place, "=="),
            )
        }
        (TokenKind::Word, word)
            if RESERVED.contains(&word) && stop.before.is_none_or(|before| !is_value(&before)) =>
        {
            Some(
                Diagnostic::error("syntax", place, format!("`{word}` is a word of the language"))
                    .help(format!("as a name it stands between backticks: `` `{word}` ``")),
            )
        }
        _ => None,
    }
}

/// Words that are no names without backticks.
const RESERVED: [&str; 12] =
    ["and", "or", "not", "in", "if", "then", "else", "where", "for", "true", "false", "null"];

fn is_value(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word => !RESERVED.contains(&token.text),
        TokenKind::Backticked | TokenKind::Number | TokenKind::Text | TokenKind::Entity => true,
        TokenKind::Mark => token.text == ")" || token.text == "]",
        TokenKind::Comment | TokenKind::Newline | TokenKind::Unknown => false,
    }
}

/// What could have stood there, in words; empty when it is only that a value could have gone on.
fn wanted(rules: &[Rule]) -> String {
    let mut phrases: Vec<&str> = Vec::new();
    for phrase in rules.iter().filter_map(|rule| phrase(*rule)) {
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    match phrases.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

fn phrase(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::colon => "`:`",
        Rule::equals => "`=`",
        Rule::arrow => "`->`",
        Rule::open => "`{`",
        Rule::because => "`because`",
        Rule::within => "`within`",
        Rule::of => "`of`",
        Rule::name | Rule::names => "a name",
        Rule::place | Rule::r#move => "a place",
        Rule::type_name => "a type",
        Rule::type_argument => "a type or a number",
        Rule::text => "a text in double quotes",
        Rule::expression | Rule::operand | Rule::subject => "a value",
        Rule::path | Rule::number | Rule::entity | Rule::list | Rule::parens | Rule::prefix => "a value",
        _ => return None,
    })
}

/// The token before the stop, in words.
fn described(rule: Rule, stop: &Stop<'_>, before: Token<'_>) -> String {
    if rule == Rule::column_again && stop.first == Some(before) {
        return "the column name".to_owned();
    }
    format!("`{}`", shown(before))
}

/// A token as a message shows it, shortened.
fn shown(token: Token<'_>) -> String {
    let line: String = token.text.chars().take(24).collect();
    if line.len() < token.text.len() { format!("{line}…") } else { line }
}
