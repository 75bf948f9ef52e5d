//! Messages: takes a part that the grammar's `broken_*` rules took, reads it again with the rule that it
//! should have been, and says what was expected where it stopped.

use std::ops::Range;

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;

use super::depth::{MAX_DEPTH, item_start, too_deep};
use super::items::unknown_item;
use super::slips::slip;
use super::{Grammar, Reader, Rule};
use crate::ast::Keyword;
use crate::items::{self, StatementForm};
use crate::token::{BLANKS, Token, TokenKind, Tokens};
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
            let Range { start, end } = item.region;
            self.broken.push(self.span(start, end));
            self.deep.push(start);
            let name = item_start(&self.text[start..]).map(|name| start + name);
            bytes[name.unwrap_or(start)..end]
                .iter_mut()
                .filter(|byte| **byte != b'\n')
                .for_each(|byte| *byte = b' ');
            // The keyword stays, and a name that no rule reads, so that what is open before it ends there.
            if let Some(name) = name {
                bytes[name] = b'`';
            }
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
        let slice = pair.as_str().trim_end_matches(BLANKS);
        if self.deep.binary_search(&start).is_ok() {
            return;
        }
        let span = self.span(start, start + slice.len());
        self.broken.push(span);
        // What stands behind such a brace was meant to stand before it.
        if std::mem::take(&mut self.spilt) {
            return;
        }
        let Some(first) = Tokens::new(slice).next() else { return self.explain(Rule::item_again, span) };
        let place = self.span(start + first.start, start + first.end());
        if first.kind == TokenKind::Word && Keyword::of(first.text).is_none() {
            let (diagnostic, _) = unknown_item(Spanned { value: first.text, span: place });
            return self.report(diagnostic);
        }
        if first.text == "}" {
            let diagnostic = Diagnostic::error("syntax", place, "this `}` closes nothing");
            let diagnostic = diagnostic.help("remove it, or look for a `{` that is missing above");
            return self.report(diagnostic.fix("remove it", place, ""));
        }
        self.explain(Rule::item_again, span);
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
        let stop = Stop::new(rule, slice, at, expected);
        let diagnostic = self.worded(start, &stop);
        self.report(diagnostic);
    }

    fn worded(&self, offset: usize, stop: &Stop<'_>) -> Diagnostic {
        let span = |token: Token<'_>| self.span(offset + token.start, offset + token.end());
        let place = stop.found.map_or_else(|| self.span(offset + stop.end, offset + stop.end), span);
        if let Some(diagnostic) = slip(stop, place) {
            return diagnostic;
        }
        if let Some(open) = stop.unclosed {
            let close = if open.text == "(" { ")" } else { "]" };
            let diagnostic = Diagnostic::error(
                "unclosed-bracket",
                span(open),
                format!("this `{}` is never closed", open.text),
            )
            .here("opened here")
            .help(format!("write `{close}` behind what belongs to it"));
            // Where it closes is known only if something is in it, and nothing behind it can be meant to stand outside.
            return if stop.may_close_before || stop.end == open.end() {
                diagnostic
            } else {
                diagnostic.fix("close it", self.span(offset + stop.end, offset + stop.end), close)
            };
        }
        if let (Rule::statement_again, Some(first)) = (stop.rule, stop.first)
            && let Some(diagnostic) = unknown_statement(stop, first, span(first), place)
        {
            return diagnostic;
        }
        let wanted = stop.wanted();
        let message = match (wanted.is_empty(), stop.after(), stop.found) {
            (false, Some(after), _) => format!("expected {wanted} after {after}"),
            (false, None, _) => format!("expected {wanted}"),
            (true, Some(after), Some(found)) => format!("unexpected `{}` after {after}", shown(found)),
            (true, None, Some(found)) => format!("unexpected `{}`", shown(found)),
            (true, _, None) => "this line could not be read".to_owned(),
        };
        let mut diagnostic = Diagnostic::error("syntax", place, message);
        let end = self.span(offset + stop.end, offset + stop.end);
        match (stop.rule, wanted.as_str(), stop.found) {
            // `soak 2h`
            (Rule::statement_again, "`=`", Some(found))
                if stop.before == stop.first && starts_value(found) && !stop.defines() =>
            {
                diagnostic = diagnostic.certain("write `=`", end, " =");
            }
            // `freshness 5m of placed_at`
            (Rule::statement_again, "`within`", Some(found)) if found.kind == TokenKind::Number => {
                diagnostic = diagnostic.certain("write `within`", end, " within");
            }
            // `then revert wave and notify owners`
            (Rule::statement_again, _, Some(found))
                if found.text == "and" && stop.first.is_some_and(|first| first.text == "then") =>
            {
                diagnostic = diagnostic.help("one reaction is parted from the next by a comma").certain(
                    "write a comma",
                    Span { start: end.start, ..place },
                    ",",
                );
            }
            // `then revert`
            (Rule::statement_again, "a name", _) if stop.first.is_some_and(|first| first.text == "then") => {
                diagnostic =
                    diagnostic.help("reactions are `revert wave`, `revert migration` and `notify owners`");
            }
            // `drop city`
            (Rule::statement_again, "`because`", None) => {
                diagnostic = diagnostic.draft("say why", end, " because \"…\"");
            }
            // `[a b]`, and `a = 1 b = 2` on one line
            (Rule::values_again | Rule::value_again, "", Some(found))
                if starts_value(found) && (stop.inside || stop.defines()) =>
            {
                diagnostic = diagnostic.fix("write a comma before it", end, ",");
            }
            // `money-path`
            (Rule::item_again, _, Some(found)) if found.text == "-" && stop.read == 2 => {
                diagnostic =
                    diagnostic.help("a name has letters, digits and `_`; any other stands between backticks");
            }
            (Rule::column_again, _, Some(found))
                if stop.before == stop.first && found.kind == TokenKind::Word =>
            {
                diagnostic =
                    diagnostic.help("a name with a blank in it stands between backticks: `` `order no` ``");
            }
            _ => {}
        }
        if diagnostic.help.is_some() {
            return diagnostic;
        }
        match (stop.rule, stop.first.and_then(|first| Keyword::of(first.text))) {
            (Rule::item_again, Some(keyword)) => {
                let form = items::item(keyword).header.example();
                diagnostic.help(format!("written `{} name{form} {{ … }}`", keyword.word()))
            }
            (Rule::statement_again, _) if stop.first.is_some_and(|first| first.text == "allow") => diagnostic
                .help("written `allow no-soak because \"…\"`, with the code of a warning and a reason"),
            (Rule::values_again | Rule::value_again, _) if wanted.is_empty() => {
                diagnostic.help("an operator or a comma may be missing before it, or a new line")
            }
            _ => diagnostic,
        }
    }
}

/// A line whose first word begins no statement, or begins one and is misread as an attribute.
fn unknown_statement(stop: &Stop<'_>, first: Token<'_>, span: Span, place: Span) -> Option<Diagnostic> {
    if first.kind != TokenKind::Word {
        let message = format!("unexpected `{}`", shown(first));
        return (stop.before.is_none())
            .then(|| Diagnostic::error("syntax", span, message).help("a line of a body begins with a word"));
    }
    if stop.before != Some(first) || is_statement(first.text) {
        return None;
    }
    if stop.found.is_some_and(|found| found.text == ":") {
        return Some(
            Diagnostic::error("syntax", place, format!("expected `=` after `{}`", first.text))
                .help("`:` gives a type or a kind; `=` defines")
                .certain("write `=`", place, " ="),
        );
    }
    let attributes =
        || Keyword::ALL.into_iter().flat_map(|keyword| items::item(keyword).attributes).map(|spec| spec.name);
    if attributes().any(|name| name == first.text) {
        return None;
    }
    let diagnostic =
        Diagnostic::error("unknown-statement", span, format!("`{}` begins no statement", first.text));
    let words = StatementForm::ALL.map(StatementForm::word).into_iter().chain(attributes());
    Some(match nearest(first.text, words) {
        Some(meant) => {
            diagnostic.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), span, meant)
        }
        None => diagnostic.help(format!("an attribute is written `{} = value`", first.text)),
    })
}

/// Whether a value may begin with a token.
fn starts_value(token: Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word | TokenKind::Backticked | TokenKind::Number | TokenKind::Text | TokenKind::Entity => {
            true
        }
        TokenKind::Mark => matches!(token.text, "[" | "("),
        TokenKind::Comment | TokenKind::Newline | TokenKind::Unknown => false,
    }
}

/// Whether a word opens an item whose header is a move.
fn is_move(first: Option<Token<'_>>) -> bool {
    let keyword = first.and_then(|first| Keyword::of(first.text));
    keyword.is_none_or(|keyword| matches!(keyword, Keyword::Dataset | Keyword::Datasets))
}

fn is_statement(word: &str) -> bool {
    StatementForm::ALL.iter().any(|form| form.word() == word)
}

/// Where reading stopped.
pub(super) struct Stop<'t> {
    /// The rule that was tried.
    pub(super) rule: Rule,
    /// The first token of the part.
    pub(super) first: Option<Token<'t>>,
    /// The last token that was read.
    pub(super) before: Option<Token<'t>>,
    /// The one before it.
    pub(super) earlier: Option<Token<'t>>,
    /// The token that was not expected; none at the end.
    pub(super) found: Option<Token<'t>>,
    /// The rest of the line from that token on.
    pub(super) rest: &'t str,
    /// A bracket before the stop that the part never closes.
    pub(super) unclosed: Option<Token<'t>>,
    /// Whether a bracket is open at the stop, closed behind it or not.
    pub(super) inside: bool,
    /// How many tokens were read.
    read: usize,
    /// Whether a value stands here.
    pub(super) value: bool,
    /// Whether a value may be compared here, so that `=` is a slip for `==`.
    pub(super) compares: bool,
    /// Whether the bracket that is not closed may have been meant to close before its last operator.
    may_close_before: bool,
    /// The rules that could have stood there.
    expected: Vec<Rule>,
    /// The byte behind the last token that was read.
    pub(super) end: usize,
}

impl<'t> Stop<'t> {
    fn new(rule: Rule, slice: &'t str, at: usize, expected: Vec<Rule>) -> Self {
        let mut stop = Self {
            rule,
            first: None,
            before: None,
            earlier: None,
            found: None,
            rest: "",
            unclosed: None,
            inside: false,
            read: 0,
            value: matches!(rule, Rule::values_again | Rule::value_again),
            compares: rule == Rule::value_again,
            may_close_before: false,
            expected,
            end: 0,
        };
        let mut open = Vec::new();
        let meant = |token: &Token<'_>| !matches!(token.kind, TokenKind::Newline | TokenKind::Comment);
        for token in Tokens::new(slice).filter(meant) {
            stop.first = stop.first.or(Some(token));
            if token.end() > at {
                if stop.found.is_none() {
                    stop.found = Some(token);
                    stop.inside = !open.is_empty();
                    stop.rest = slice[token.start..].split('\n').next().unwrap_or_default();
                }
            } else {
                stop.compares |= matches!(token.text, "where" | "when" | "require" | "if");
                stop.end = token.end();
                stop.earlier = stop.before.replace(token);
                stop.read += 1;
            }
            match token.text {
                "(" | "[" => open.push(token),
                ")" | "]" => drop(open.pop()),
                _ => {}
            }
        }
        stop.unclosed = open.pop().filter(|open| open.start <= at);
        if let Some(open) = stop.unclosed {
            let behind = || Tokens::new(&slice[open.start..]);
            let compares = |token: &Token<'_>| matches!(token.text, "==" | "!=" | "<" | "<=" | ">" | ">=");
            stop.may_close_before =
                behind().any(|token| token.text == "else") || behind().filter(compares).count() > 1;
        }
        stop
    }

    /// Whether a name could have stood there, and no value.
    pub(super) fn wants_only_name(&self) -> bool {
        let wants = |what: &str| self.expected.iter().any(|rule| phrase(*rule) == Some(what));
        (wants("a name") || wants("a place")) && !wants("a value")
    }

    /// Whether the name that could have stood there may have dots.
    pub(super) fn wants_path(&self) -> bool {
        self.expected.iter().any(|rule| matches!(rule, Rule::member | Rule::members | Rule::place))
    }

    /// Whether the word that was not expected is the name of something that is defined.
    fn defines(&self) -> bool {
        let behind = self.found.and_then(|found| self.rest.get(found.text.len()..)).unwrap_or_default();
        let behind = behind.trim_start_matches(BLANKS);
        behind.starts_with('=') && !behind.starts_with("==")
    }

    /// Where a byte of the part stands, `place` being where reading stopped.
    pub(super) fn place_of(&self, byte: usize, place: Span) -> u32 {
        let stopped = self.found.map_or(self.end, |found| found.start);
        place.start.saturating_sub(u32::try_from(stopped.saturating_sub(byte)).unwrap_or_default())
    }

    /// What could have stood there, in words; empty when it is only that a value could have gone on.
    fn wanted(&self) -> String {
        let mut phrases: Vec<&str> = Vec::new();
        for phrase in self.expected.iter().filter_map(|rule| phrase(*rule)) {
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        let before = self.before.map_or("", |before| before.text);
        match self.rule {
            Rule::item_again if before == ":" => {
                return "a kind, a place, an entity or a selection".to_owned();
            }
            Rule::item_again if self.read == 2 => {
                if let Some(keyword) = self.first.and_then(|first| Keyword::of(first.text)) {
                    return items::item(keyword).header.begins().to_owned();
                }
            }
            Rule::item_again if !is_move(self.first) => phrases.retain(|phrase| *phrase != "`->`"),
            Rule::column_again if before == ":" => return "a type".to_owned(),
            // A word that begins a statement could also have been an attribute's name.
            Rule::statement_again if is_statement(before) && phrases.len() > 1 => {
                phrases.retain(|phrase| *phrase != "`=`");
            }
            _ => {}
        }
        if phrases.contains(&"a place") {
            phrases = vec!["a place"];
        }
        if phrases.contains(&"a value") {
            phrases.retain(|phrase| *phrase != "a text in double quotes");
        }
        match phrases.split_last() {
            None => String::new(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        }
    }

    /// The last token that was read, in words.
    fn after(&self) -> Option<String> {
        match (self.before, self.rule) {
            (Some(before), Rule::column_again) if self.first == Some(before) => {
                Some("the column name".to_owned())
            }
            (Some(before), _) => Some(format!("`{}`", shown(before))),
            (None, Rule::values_again | Rule::value_again) => Some("`=`".to_owned()),
            (None, _) => None,
        }
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

/// A rule as a message names it; none for what may always go on.
fn phrase(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::colon => "`:`",
        Rule::equals => "`=`",
        Rule::arrow => "`->`",
        Rule::open => "`{`",
        Rule::because => "`because`",
        Rule::within => "`within`",
        Rule::of => "`of`",
        Rule::name | Rule::names | Rule::member | Rule::members => "a name",
        Rule::place | Rule::r#move => "a place",
        Rule::type_name => "a type",
        Rule::type_argument => "a type or a number",
        Rule::code => "the code of a warning",
        Rule::text => "a text in double quotes",
        Rule::expression | Rule::operand | Rule::subject => "a value",
        Rule::path | Rule::number | Rule::entity | Rule::list | Rule::parens | Rule::prefix => "a value",
        _ => return None,
    })
}

/// A token as a message shows it, shortened.
fn shown(token: Token<'_>) -> String {
    let line: String = token.text.chars().take(24).collect();
    if line.len() < token.text.len() { format!("{line}…") } else { line }
}
